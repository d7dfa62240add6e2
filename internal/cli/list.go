package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/recording"
)

// listCommand is traceloop list.
type listCommand struct {
	socket string
	format choiceValue
	filter string
	whole  bool // IDs, names and all
}

// The formats of list.
const (
	formatWide = "wide"
	formatJSON = "json"
	formatYAML = "yaml"
	formatName = "name"
)

func newList() *cobra.Command {
	list := &listCommand{format: choiceValue{choices: []string{formatWide, formatJSON, formatYAML, formatName}, kind: "FORMAT"}}
	command := &cobra.Command{
		Use:   "list [FILE...]",
		Short: "List the recordings",
		Long: "Lists the daemon's recordings, the oldest first: of containers that run and of those that are gone.\n" +
			"Given recording files it lists these, and needs no daemon.",
		Example: "  traceloop list\n" +
			"  traceloop list --filter namespace=default -o wide\n" +
			"  traceloop list -o json | jq -r '.recordings[] | select(.exitCode > 0) | .id'",
		RunE: func(command *cobra.Command, arguments []string) error {
			return list.list(command.Context(), arguments)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.VarP(&list.format, "output", "o", "wide, with more columns; json or yaml, as the API has them; name, the IDs alone")
	flags.StringVar(&list.filter, "filter", "", "only recordings such as `name=WEB*`; or namespace=N, pod=P, runtime=R, image=I, label=K=V; several with commas\n"+
		"between them must all hold")
	flags.BoolVar(&list.whole, "no-trunc", false, "IDs and names in full")
	addSocket(flags, &list.socket)
	complete(command, "output", list.format.choices)
	return command
}

var errFilterFiles = errors.New("--filter is the daemon's, and chooses none of the files given: want one or the other")

func (l *listCommand) list(ctx context.Context, files []string) error {
	if len(files) > 0 {
		return l.listFiles(files)
	}
	c := newClient(l.socket)
	response, err := call(ctx, c, c.api.List, &traceloopv1.ListRequest{Filter: l.filter})
	if err != nil {
		return err
	}
	return l.print(response, nil)
}

// listFiles lists what recording files have. What can be listed is, whatever
// is wrong with others.
func (l *listCommand) listFiles(files []string) error {
	if l.filter != "" {
		return usage(errFilterFiles)
	}
	var errs []error
	var paths []string
	response := &traceloopv1.ListResponse{}
	for _, file := range files {
		r, err := openRecording(file)
		if err != nil {
			errs = append(errs, err)
		}
		if r != nil {
			response.Recordings = append(response.Recordings, describeFile(file, r))
			paths = append(paths, file)
		}
	}
	if len(paths) > 0 {
		errs = append(errs, l.print(response, paths))
	}
	return errors.Join(errs...)
}

// describeFile says of a recording file what the API says of a recording.
func describeFile(path string, r *recording.Recording) *traceloopv1.Recording {
	account := r.Snapshot.History().Account
	result := &traceloopv1.Recording{
		Id:          r.Container.ID,
		Name:        firstOf(r.Container.Name, r.Name),
		Namespace:   r.Container.Namespace,
		Pod:         r.Container.Pod,
		Runtime:     r.Container.Runtime,
		State:       traceloopv1.State_STATE_SAVED,
		Calls:       account.Kept + account.Overwritten,
		Overwritten: account.Overwritten,
		Filtered:    account.Filtered,
		Lost:        account.Lost,
	}
	if info, err := os.Stat(path); err == nil {
		result.Bytes = uint64(info.Size())
	}
	if !r.Started.IsZero() {
		result.Started = timestamppb.New(r.Started)
	}
	if !r.Taken.IsZero() {
		result.Ended = timestamppb.New(r.Taken)
	}
	return result
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// print prints recordings; paths are theirs, if they are files.
func (l *listCommand) print(response *traceloopv1.ListResponse, paths []string) error {
	switch l.format.value {
	case formatJSON:
		return writeJSON(os.Stdout, response)
	case formatYAML:
		return writeYAML(os.Stdout, response)
	case formatName:
		var names strings.Builder
		for i, r := range response.Recordings {
			name := r.Id
			if paths != nil {
				name = paths[i]
			}
			names.WriteString(cell(name) + "\n")
		}
		if _, err := os.Stdout.WriteString(names.String()); err != nil {
			return fmt.Errorf("printing the names: %w", err)
		}
		return nil
	}
	if len(response.Recordings) == 0 {
		if l.filter != "" {
			say("no recording is as --filter %s has it", l.filter)
		} else {
			say("there are no recordings")
		}
		return nil
	}
	t := l.table(response.Recordings, time.Now())
	if paths != nil {
		t.header = append([]string{"FILE"}, t.header...)
		for i := range t.rows {
			t.rows[i] = append([]string{paths[i]}, t.rows[i]...)
		}
	}
	if isTerminal(os.Stdout) && !l.whole {
		t.limit = 40
	}
	return t.write(os.Stdout)
}

func (l *listCommand) table(recordings []*traceloopv1.Recording, now time.Time) *table {
	t := &table{header: []string{"ID", "NAME", "NAMESPACE", "POD", "RUNTIME", "STATE", "AGE", "CALLS", "OVERWRITTEN", "BYTES"}}
	wide := l.format.value == formatWide
	if wide {
		t.header = append(t.header, "END", "FILTERED", "LOST", "TASKS", "PID", "SCOPE", "IMAGE", "CGROUP")
	}
	for _, r := range recordings {
		id := r.Id
		if !l.whole {
			id = shortID(id)
		}
		row := []string{id, r.Name, r.Namespace, r.Pod, r.Runtime, stateName(r.State), ageOf(r, now),
			number(r.Calls), number(r.Overwritten), formatBytes(r.Bytes)}
		if wide {
			row = append(row, endOf(r), number(r.Filtered), number(r.Lost), number(uint64(r.Tasks)), number(uint64(r.Pid)), r.Scope, r.Image, r.Cgroup)
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// candidateTable is the recordings among which a reference does not choose.
func candidateTable(recordings []*traceloopv1.Recording) *table {
	now := time.Now()
	t := &table{header: []string{"ID", "NAME", "NAMESPACE", "POD", "STATE", "AGE"}}
	for _, r := range recordings {
		t.rows = append(t.rows, []string{r.Id, r.Name, r.Namespace, r.Pod, stateName(r.State), ageOf(r, now)})
	}
	return t
}

func number(value uint64) string { return strconv.FormatUint(value, 10) }

// shortID is the part of a container's ID that people use. What is no such ID
// has nothing to spare.
func shortID(id string) string {
	const short, shortest = 12, 32
	// Behind a point stands which recording of the container it is.
	base, generation, several := strings.Cut(id, ".")
	if len(base) < shortest || strings.Trim(base, "0123456789abcdef") != "" {
		return id
	}
	if several {
		return base[:short] + "." + generation
	}
	return base[:short]
}

func stateName(state traceloopv1.State) string {
	return strings.ToLower(strings.TrimPrefix(state.String(), "STATE_"))
}

// ageOf is how long ago a recording began.
func ageOf(r *traceloopv1.Recording, now time.Time) string {
	if r.Started == nil {
		return "unknown"
	}
	return formatAge(now.Sub(r.Started.AsTime()))
}

// endOf is how a recording's first process ended.
func endOf(r *traceloopv1.Recording) string {
	var end string
	switch {
	case r.ExitSignal != 0:
		end = fmt.Sprintf("signal %d", r.ExitSignal)
	case r.ExitCode != nil:
		end = fmt.Sprintf("exit %d", *r.ExitCode)
	}
	if r.OomKills > 0 {
		end = strings.TrimSpace(end + " (out of memory)")
	}
	return end
}
