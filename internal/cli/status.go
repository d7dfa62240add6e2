package cli

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/internal/containers"
	"traceloop/strace"
)

func newStatus() *cobra.Command {
	var socket string
	format := choiceValue{choices: []string{formatJSON, formatYAML}, kind: "FORMAT"}
	command := &cobra.Command{
		Use:   "status",
		Short: "Say how the daemon is",
		Long: "Prints the daemon's health: what to look at first, then memory, recordings, what was lost, the runtimes\n" +
			"and the kernel. The exit status is 0 if the daemon answers, whatever it says.",
		Example: "  traceloop status\n" +
			"  traceloop status -o json | jq -r '.warnings[]?'",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			c := newClient(socket)
			response, err := call(command.Context(), c, c.api.Status, &traceloopv1.StatusRequest{})
			if err != nil {
				return err
			}
			switch format.value {
			case formatJSON:
				return writeJSON(os.Stdout, response)
			case formatYAML:
				return writeYAML(os.Stdout, response)
			}
			return writeStatus(os.Stdout, response)
		},
	}
	flags := command.Flags()
	flags.VarP(&format, "output", "o", "json or yaml, as the API has it")
	addSocket(flags, &socket)
	complete(command, "output", format.choices)
	return command
}

// writeStatus writes the page for people: what needs them first.
func writeStatus(to io.Writer, s *traceloopv1.StatusResponse) error {
	var page strings.Builder
	for _, warning := range s.Warnings {
		page.WriteString("WARNING: " + cell(warning) + "\n")
	}
	if len(s.Warnings) > 0 {
		page.WriteByte('\n')
	}
	for _, line := range statusLines(s) {
		fmt.Fprintf(&page, "%-13s%s\n", line[0], cell(line[1]))
	}
	for _, t := range []*table{runtimeTable(s.Runtimes), featureTable(s.Features), failureTable(s.Failures)} {
		if len(t.rows) == 0 {
			continue
		}
		page.WriteByte('\n')
		// A strings.Builder takes everything.
		_ = t.write(&page)
	}
	if _, err := io.WriteString(to, page.String()); err != nil {
		return fmt.Errorf("printing the status: %w", err)
	}
	return nil
}

// statusLines are the page's lines: a word, and what there is to say of it.
func statusLines(s *traceloopv1.StatusResponse) [][2]string {
	daemon := fmt.Sprintf("traceloop %s, process %d", s.Version, s.Pid)
	if s.Uptime != nil {
		daemon += ", for " + formatAge(s.Uptime.AsDuration())
	}
	host := s.Host + ", Linux " + s.Kernel
	memory := fmt.Sprintf("%s of %s used", formatBytes(s.Memory.GetUsed()), formatBytes(s.Memory.GetLimit()))
	if limit := s.Memory.GetLimit(); limit > 0 {
		memory += fmt.Sprintf(" (%.0f %%)", 100*float64(s.Memory.GetUsed())/float64(limit))
	}
	var recordings []string
	for _, state := range slices.Sorted(maps.Keys(s.Recordings)) {
		recordings = append(recordings, fmt.Sprintf("%d %s", s.Recordings[state], state))
	}
	if recordings == nil {
		recordings = []string{"none"}
	}
	lines := [][2]string{
		{"Daemon", daemon},
		{"Host", host},
	}
	if s.RecordingSince != nil {
		lines = append(lines, [2]string{"Since", s.RecordingSince.AsTime().Local().Format(time.RFC3339)})
	}
	if len(s.Runtimes) == 0 {
		lines = append(lines, [2]string{"Runtimes", "none is found where they usually are; containers are recorded under their cgroups' names"})
	}
	return append(lines,
		[2]string{"Memory", memory},
		[2]string{"Rings", fmt.Sprintf("%d of %d ready for new containers", s.RingsReady, s.RingsWanted)},
		[2]string{"Recordings", strings.Join(recordings, ", ")},
		[2]string{"Calls", fmt.Sprintf("%d recorded, %d overwritten, %d filtered, %d lost", s.CallsRecorded, s.CallsOverwritten, s.CallsFiltered, s.CallsLost)},
		[2]string{"Refused", counted(s.Refused, "container") + " for which no ring was ready"},
		[2]string{"Evicted", fmt.Sprintf("%s to make room: %d saved as files, %d failed to be", counted(s.Evicted, "recording"), s.Saved, s.SaveFailures)},
	)
}

func runtimeTable(runtimes []*traceloopv1.Runtime) *table {
	t := &table{header: []string{"RUNTIME", "CONNECTED", "CONTAINERS", "ENDPOINT", "ERROR"}}
	for _, one := range runtimes {
		connected := "no"
		if one.Connected {
			connected = "yes"
		}
		t.rows = append(t.rows, []string{one.Name, connected, number(uint64(one.Containers)), endpointPath(one), one.Error})
	}
	return t
}

// endpointPath is where a runtime is, without what kind it is, which its name says.
func endpointPath(one *traceloopv1.Runtime) string {
	if endpoint, err := containers.ParseEndpoint(one.Endpoint); err == nil {
		return endpoint.Path
	}
	return one.Endpoint
}

func featureTable(features []*traceloopv1.Feature) *table {
	t := &table{header: []string{"KERNEL FEATURE", "THERE", "NOTE"}}
	for _, one := range features {
		there := "no"
		if one.Present {
			there = "yes"
		}
		t.rows = append(t.rows, []string{one.Name, there, one.Note})
	}
	return t
}

func failureTable(failures []*traceloopv1.Failure) *table {
	t := &table{header: []string{"FAILED IN THE KERNEL", "ERROR", "TIMES"}}
	for _, one := range failures {
		name, _ := strace.Errno(int64(one.Errno))
		if name == "" {
			name = syscall.Errno(one.Errno).Error()
		}
		t.rows = append(t.rows, []string{one.Operation, name, number(one.Count)})
	}
	return t
}
