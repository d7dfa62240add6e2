package cli

import (
	"errors"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"traceloop/event"
	"traceloop/internal/output"
	"traceloop/recorder"
	"traceloop/recording"
	"traceloop/ring"
	"traceloop/strace"
	"traceloop/syscalls"
)

// view is how a recording is shown: the flags that mean the same everywhere.
type view struct {
	format formatValue
	file   string // to print into; empty for standard output
	redact redactValue

	// What is chosen.
	setUp    bool // also what a container's runtime did to set it up
	filter   filterValue
	statuses output.Set
	signals  output.Set
	paths    []string
	pids     pidsValue
	comms    []string
	since    durationValue
	tail     numberValue

	// How it is written.
	stringLimit   numberValue
	hexadecimal   int
	constants     choiceValue
	unabbreviated bool
	descriptors   int
	timestamps    int
	relative      bool
	durations     bool

	// The table of the calls.
	summaryOnly, summary, wallClock bool
	summarySort                     choiceValue
}

// The words of -X, which are strace's, and what they mean.
var constantStyles = map[string]strace.Constants{
	"abbrev":  strace.ConstantsNamed,
	"raw":     strace.ConstantsRaw,
	"verbose": strace.ConstantsBoth,
}

// countedFlags are switches that mean more the more often they are given.
var countedFlags = []string{"strings-in-hex", "decode-fds", "absolute-timestamps"}

// add gives a command the flags.
func (v *view) add(command *cobra.Command) {
	v.tail = numberValue{least: 1, most: math.MaxInt}
	v.stringLimit = numberValue{value: recorder.DefaultStringLimit, least: 0, most: ring.StringLimitMax}
	v.constants = choiceValue{choices: []string{"abbrev", "raw", "verbose"}, kind: "FORMAT"}
	v.summarySort = choiceValue{choices: output.SummarySorts(), kind: "ORDER"}
	flags := command.Flags()
	flags.SortFlags = false
	flags.VarP(&v.format, "output", "o", "columns, for people; strace, as strace -f -o FILE writes it; json, one event a line\n"+
		"(default columns on a terminal, strace elsewhere)")
	flags.StringVar(&v.file, "output-file", "", "print into `FILE` instead of on standard output")
	v.redact.add(flags)
	flags.VarP(&qualifierValue{v}, "trace", "e", "only the system calls of a set, in strace's syntax: names and sets (%file, %network, %process, %desc,\n"+
		"%memory, %signal) with commas between them, /REGEX, ! before all of it negates;\n"+
		"or signal=SET, status=SET, as below")
	flags.Var(&v.filter, "syscall-filters", "another name of --trace")
	flags.Var(&setValue{&v.statuses, output.ParseStatuses}, "status", "only calls that ended so: successful, failed, unfinished, unavailable, detached")
	flags.BoolFuncP("successful-only", "z", "only calls that succeeded, as --status successful", v.onlyStatus(output.StatusSuccessful))
	flags.BoolFuncP("failed", "Z", "only calls that failed, as --status failed", v.onlyStatus(output.StatusFailed))
	flags.BoolFunc("failed-only", "another name of --failed", v.onlyStatus(output.StatusFailed))
	flags.Var(&setValue{&v.signals, output.ParseSignals}, "signal", "of the signals' lines only those of these signals: names or numbers, all, none")
	flags.StringArrayVarP(&v.paths, "trace-path", "P", nil, "only calls that access this `PATH`; may be given again")
	flags.Var(&v.pids, "pid", "only these processes or threads; several with commas between them")
	flags.StringArrayVar(&v.comms, "comm", nil, "only tasks of this `NAME`; may be given again")
	flags.Var(&v.since, "since", "only what happened in so much time (such as 10s) before the recording's end")
	flags.Var(&v.tail, "tail", "only so many events, the last ones")
	flags.VarP(&v.stringLimit, "string-limit", "s", "how many bytes of a string are shown (run: and recorded)")
	flags.CountVarP(&v.hexadecimal, "strings-in-hex", "x", "strings with bytes that are no ASCII text in hexadecimal; -xx all strings")
	flags.VarP(&v.constants, "const-print-style", "X", "named constants and flags by name (abbrev, the default), as numbers (raw), or as both (verbose)")
	flags.BoolVarP(&v.unabbreviated, "no-abbrev", "v", false, "all members of structs and elements of arrays that were recorded")
	flags.CountVarP(&v.descriptors, "decode-fds", "y", "the paths behind file descriptors; -yy also sockets' addresses and devices' numbers")
	flags.CountVarP(&v.timestamps, "absolute-timestamps", "t", "strace: the time before each line; -tt with microseconds, -ttt since 1970")
	flags.BoolVarP(&v.durations, "syscall-times", "T", false, "strace: the time spent in each call")
	flags.BoolVarP(&v.relative, "relative-timestamps", "r", false, "the time since the line before began")
	flags.BoolVarP(&v.summaryOnly, "summary-only", "c", false, "instead of calls a table of how often they were made, how long they took and how often they failed")
	flags.BoolVarP(&v.summary, "summary", "C", false, "the table behind the calls")
	flags.VarP(&v.summarySort, "summary-sort-by", "S", "the table's order: "+strings.Join(output.SummarySorts(), ", ")+" (default "+output.SummarySorts()[0]+")")
	flags.BoolVarP(&v.wallClock, "summary-wall-clock", "w", false, "accepted for strace's sake: the table's times are always those of the wall clock")
	flags.Lookup("syscall-filters").Hidden = true
	flags.Lookup("failed-only").Hidden = true
	complete(command, "output", output.Formats())
	complete(command, "trace", append(syscalls.Names(), "%file", "%network", "%process", "%desc", "%memory", "%signal", "status=", "signal="))
	complete(command, "status", output.StatusNames())
	complete(command, "signal", append(output.SignalNames(), "all", "none"))
	complete(command, "const-print-style", v.constants.choices)
	complete(command, "summary-sort-by", v.summarySort.choices)
}

// complete has the shell complete a flag's value from a list.
func complete(command *cobra.Command, flag string, values []string) {
	// It fails only if the flag does not exist or is complete already.
	_ = command.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// onlyStatus is a flag without a value that chooses the calls of one status.
// As with strace, a later flag that chooses statuses replaces an earlier one.
func (v *view) onlyStatus(status int) func(string) error {
	return func(text string) error {
		wanted, err := strconv.ParseBool(text)
		if err != nil {
			return errBoolean
		}
		v.statuses = nil
		if wanted {
			v.statuses = output.OnlyStatus(status)
		}
		return nil
	}
}

var (
	errBoolean     = errors.New("want true or false")
	errTimestamps  = errors.New("-t can be given at most three times: -t, -tt or -ttt")
	errHexadecimal = errors.New("-x can be given at most twice: -x or -xx")
	errDescriptors = errors.New("-y can be given at most twice: -y or -yy")
	errSummaries   = errors.New("-c and -C exclude each other: -c prints the table alone, -C behind the calls")
	errSummaryJSON = errors.New("-c and -C print a table, which is no JSON: want -o strace or -o columns")
	errWallClock   = errors.New("-w is about the table of -c or -C: want one of them with it")
	errSummarySort = errors.New("-S is about the table of -c or -C: want one of them with it")
)

// check checks what flags do not check one by one.
func (v *view) check() error {
	summary := v.summaryOnly || v.summary
	switch {
	case v.timestamps > int(output.TimestampsEpoch):
		return usage(errTimestamps)
	case v.hexadecimal > int(strace.EscapeAll):
		return usage(errHexadecimal)
	case v.descriptors > int(strace.DescriptorsDetails):
		return usage(errDescriptors)
	case v.summaryOnly && v.summary:
		return usage(errSummaries)
	case summary && output.Format(v.format) == output.JSON:
		return usage(errSummaryJSON)
	case v.wallClock && !summary:
		return usage(errWallClock)
	case v.summarySort.value != "" && !summary:
		return usage(errSummarySort)
	}
	return nil
}

// selection is which events the flags choose.
func (v *view) selection() *output.Selection {
	return &output.Selection{
		SetUp:    v.setUp,
		Filter:   v.filter.filter,
		Statuses: v.statuses,
		Signals:  v.signals,
		Paths:    v.paths,
		PIDs:     v.pids,
		Comms:    v.comms,
		Since:    time.Duration(v.since),
		Tail:     v.tail.value,
	}
}

// print prints a recording on a file, which may be a terminal.
func (v *view) print(file *os.File, r *recording.Recording, history *event.History) error {
	return output.Print(file, r, history, v.selection(), v.options(file))
}

// options is how the flags have a recording printed on a file.
func (v *view) options(file *os.File) *output.Options {
	options := &output.Options{
		Format:        output.Format(v.format),
		StringLimit:   v.stringLimit.value,
		Escape:        strace.Escape(v.hexadecimal),
		Constants:     constantStyles[v.constants.value],
		Descriptors:   strace.Descriptors(v.descriptors),
		Unabbreviated: v.unabbreviated,
		Timestamps:    output.Timestamps(v.timestamps),
		Relative:      v.relative,
		Durations:     v.durations,
		SummarySort:   v.summarySort.value,
		Location:      time.Local,
	}
	switch {
	case v.summaryOnly:
		options.Summary = output.SummaryOnly
	case v.summary:
		options.Summary = output.SummaryToo
	}
	terminal := isTerminal(file)
	if options.Format == "" {
		options.Format = output.Strace
		if terminal {
			options.Format = output.Columns
		}
	}
	if terminal {
		options.Width = width(file)
		// See no-color.org.
		options.Colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return options
}

func isTerminal(file *os.File) bool {
	_, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
	return err == nil
}

// width is how many columns a terminal has; 0 if it does not know.
func width(file *os.File) int {
	window, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(window.Col)
}
