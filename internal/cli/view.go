package cli

import (
	"errors"
	"math"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"traceloop/event"
	"traceloop/internal/output"
	"traceloop/recorder"
	"traceloop/recording"
	"traceloop/ring"
	"traceloop/syscalls"
)

// view is how a recording is shown: the flags that mean the same everywhere.
type view struct {
	format      formatValue
	filter      filterValue
	failed      bool
	pids        pidsValue
	comms       []string
	since       durationValue
	tail        numberValue
	stringLimit numberValue
	timestamps  int
	durations   bool
	file        string // to print into; empty for standard output
}

// add gives a command the flags.
func (v *view) add(command *cobra.Command) {
	v.tail = numberValue{least: 1, most: math.MaxInt}
	v.stringLimit = numberValue{value: recorder.DefaultStringLimit, least: 0, most: ring.StringLimitMax}
	flags := command.Flags()
	flags.SortFlags = false
	flags.VarP(&v.format, "output", "o", "columns, for people; strace, as strace -f -o FILE writes it; json, one event a line\n"+
		"(default columns on a terminal, strace elsewhere)")
	flags.StringVar(&v.file, "output-file", "", "print into `FILE` instead of on standard output")
	flags.VarP(&v.filter, "trace", "e", "only the system calls of a set, in strace's syntax: names and sets (%file, %network, %process, %desc,\n"+
		"%memory, %signal) with commas between them, /REGEX, ! before all of it negates")
	flags.Var(&v.filter, "syscall-filters", "another name of --trace")
	flags.BoolVar(&v.failed, "failed", false, "only calls that failed")
	flags.Var(&v.pids, "pid", "only these processes or threads; several with commas between them")
	flags.StringArrayVar(&v.comms, "comm", nil, "only tasks of this `NAME`; may be given again")
	flags.Var(&v.since, "since", "only what happened in so much time (such as 10s) before the recording's end")
	flags.Var(&v.tail, "tail", "only so many events, the last ones")
	flags.VarP(&v.stringLimit, "string-limit", "s", "how many bytes of a string are shown (run: and recorded)")
	flags.CountVarP(&v.timestamps, "absolute-timestamps", "t", "strace: the time before each line; -tt with microseconds, -ttt since 1970")
	flags.BoolVarP(&v.durations, "syscall-times", "T", false, "strace: the time spent in each call")
	flags.Lookup("syscall-filters").Hidden = true
	complete(command, "output", output.Formats())
	complete(command, "trace", append(syscalls.Names(), "%file", "%network", "%process", "%desc", "%memory", "%signal"))
}

// complete has the shell complete a flag's value from a list.
func complete(command *cobra.Command, flag string, values []string) {
	// It fails only if the flag does not exist or is complete already.
	_ = command.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

var errTimestamps = errors.New("-t can be given at most three times: -t, -tt or -ttt")

// check checks what flags do not check one by one.
func (v *view) check() error {
	if v.timestamps > int(output.TimestampsEpoch) {
		return usage(errTimestamps)
	}
	return nil
}

// selection is which events the flags choose.
func (v *view) selection() *output.Selection {
	return &output.Selection{
		Filter: v.filter.filter,
		Failed: v.failed,
		PIDs:   v.pids,
		Comms:  v.comms,
		Since:  time.Duration(v.since),
		Tail:   v.tail.value,
	}
}

// print prints a recording on a file, which may be a terminal.
func (v *view) print(file *os.File, r *recording.Recording, history *event.History) error {
	options := &output.Options{
		Format:      output.Format(v.format),
		StringLimit: v.stringLimit.value,
		Timestamps:  output.Timestamps(v.timestamps),
		Durations:   v.durations,
		Location:    time.Local,
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
	return output.Print(file, r, history, v.selection(), options)
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
