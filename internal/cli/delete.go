package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	traceloopv1 "traceloop/api/traceloop/v1"
)

func newDelete() *cobra.Command {
	var socket string
	command := &cobra.Command{
		Use:   "delete REF...",
		Short: "Delete recordings of the daemon",
		Long: "Deletes recordings and frees their memory, and prints their IDs. If one REF matches none or several,\n" +
			"nothing is deleted. A container that still runs is not recorded any more.\n\n" +
			"REF is a container's ID or the beginning of one, its name, or NAMESPACE/POD[/CONTAINER].",
		Example: "  traceloop delete web\n" +
			"  traceloop list -o name --filter name=job-* | xargs traceloop delete",
		Args: func(command *cobra.Command, arguments []string) error {
			if len(arguments) == 0 {
				return fmt.Errorf("nothing to delete: want %s", command.UseLine())
			}
			return nil
		},
		ValidArgsFunction: completeReferences(false, true),
		RunE: func(command *cobra.Command, arguments []string) error {
			c := newClient(socket)
			response, err := call(command.Context(), c, c.api.Delete, &traceloopv1.DeleteRequest{References: arguments})
			if err != nil {
				return err
			}
			return printIDs(response.Deleted...)
		},
	}
	addSocket(command.Flags(), &socket)
	return command
}

// printIDs prints recordings' IDs, a line each.
func printIDs(recordings ...*traceloopv1.Recording) error {
	var text strings.Builder
	for _, r := range recordings {
		text.WriteString(cell(r.GetId()) + "\n")
	}
	if _, err := os.Stdout.WriteString(text.String()); err != nil {
		return fmt.Errorf("printing the recordings' IDs: %w", err)
	}
	return nil
}
