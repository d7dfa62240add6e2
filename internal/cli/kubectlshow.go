package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/internal/nodes"
)

// kubectlReader are the flags of commands that read one recording.
type kubectlReader struct {
	cluster   *cluster
	container string
	previous  bool
	timeout   durationValue
}

func (r *kubectlReader) add(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVarP(&r.container, "container", "c", "", "the container of the pod, by its `NAME`")
	flags.BoolVar(&r.previous, "previous", false, "the recording of the attempt before, of a container that was restarted")
	addTimeout(flags, &r.timeout, answerTime)
	r.cluster.completeFlag(command, "container", r.cluster.completeContainers)
}

// find finds a recording and reads it. Like recording.Open it may return a
// recording and an error, a *recording.DamageError.
func (r *kubectlReader) find(ctx context.Context, reference string) (*client, *found, error) {
	l, err := r.cluster.locate(ctx, &wanted{r.cluster.namespace, reference, r.container, r.previous}, time.Duration(r.timeout))
	if err != nil {
		return nil, nil, err
	}
	return r.cluster.read(ctx, l)
}

func newKubectlShow(k *cluster) *cobra.Command {
	show, reader := &showCommand{}, &kubectlReader{cluster: k}
	command := &cobra.Command{
		Use:   "show REF",
		Short: "Print a recording",
		Long:  "Prints a recording, of a container that runs or is gone.\n\n" + kubectlReferenceHelp,
		Example: "  kubectl traceloop show web-1\n" +
			"  kubectl traceloop show -n shop web-1 -c server --failed --tail 20\n" +
			"  kubectl traceloop show web-1 --previous -o json",
		Args:              exactly("REF"),
		ValidArgsFunction: k.completeReferences(false),
		RunE: k.command(func(ctx context.Context, arguments []string) error {
			if err := show.checkAll(); err != nil {
				return err
			}
			c, r, damage := reader.find(ctx, arguments[0])
			if r == nil {
				return damage
			}
			return show.showFound(ctx, c, arguments[0], r, damage)
		}),
	}
	// What there is to decode is that of traceloop show, but for one letter.
	decoding := &cobra.Command{}
	show.add(decoding)
	flags := command.Flags()
	flags.SortFlags = false
	reader.add(command)
	decoding.Flags().VisitAll(func(flag *pflag.Flag) {
		if flag.Shorthand == "c" {
			flag.Shorthand = ""
		}
		flags.AddFlag(flag)
	})
	flags.BoolVarP(&show.follow, "follow", "f", false, "print what is there and then what comes, in the order of its end, until the container has exited")
	flags.BoolVar(&show.setUp, "with-setup", false, "also what the container's runtime did to set it up, before the container's own execve")
	return command
}

func newKubectlSave(k *cluster) *cobra.Command {
	save, reader := &saveCommand{}, &kubectlReader{cluster: k}
	command := &cobra.Command{
		Use:   "save REF -o FILE",
		Short: "Write a recording as a file",
		Long: "Writes a recording as a file, which traceloop show prints on any machine.\n\n" +
			kubectlReferenceHelp,
		Example: "  kubectl traceloop save web-1 -o web.traceloop\n" +
			"  traceloop show web.traceloop",
		Args:              exactly("REF"),
		ValidArgsFunction: k.completeReferences(false),
		RunE: k.command(func(ctx context.Context, arguments []string) error {
			if save.file == "" {
				return usage(errNoOutput)
			}
			_, r, damage := reader.find(ctx, arguments[0])
			if r == nil {
				return damage
			}
			return save.saveFound(arguments[0], r, damage)
		}),
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVarP(&save.file, "output", "o", "", "the `FILE` to write (required)")
	save.redact.add(flags)
	reader.add(command)
	return command
}

func newKubectlDelete(k *cluster) *cobra.Command {
	var timeout durationValue
	var container string
	command := &cobra.Command{
		Use:   "delete REF...",
		Short: "Delete recordings",
		Long: "Deletes recordings and frees their memory, and prints their IDs. If one REF matches none or several,\n" +
			"nothing is deleted. A container that still runs is not recorded any more.\n\n" +
			strings.Split(kubectlReferenceHelp, ";")[0] + ".",
		Example: "  kubectl traceloop delete web-1\n" +
			"  kubectl traceloop list -o name | xargs kubectl traceloop delete",
		Args: func(command *cobra.Command, arguments []string) error {
			if len(arguments) == 0 {
				return fmt.Errorf("nothing to delete: want %s", command.UseLine())
			}
			return nil
		},
		ValidArgsFunction: k.completeReferences(true),
		RunE: k.command(func(ctx context.Context, arguments []string) error {
			all := make([]*wanted, len(arguments))
			for i, reference := range arguments {
				all[i] = &wanted{namespace: k.namespace, reference: reference, container: container}
			}
			chosen, err := k.locateAll(ctx, all, time.Duration(timeout))
			if err != nil {
				return err
			}
			return k.deleteRecordings(ctx, chosen, time.Duration(timeout))
		}),
	}
	flags := command.Flags()
	flags.StringVarP(&container, "container", "c", "", "the container of the pod, by its `NAME`")
	addTimeout(flags, &timeout, answerTime)
	k.completeFlag(command, "container", k.completeContainers)
	return command
}

// deleteRecordings has each node delete what is chosen of its recordings.
func (k *cluster) deleteRecordings(ctx context.Context, chosen []*located, patience time.Duration) error {
	ids := make(map[string][]string)
	var agents []nodes.Agent
	for _, l := range chosen {
		if ids[l.agent.Node] == nil {
			agents = append(agents, l.agent)
		}
		ids[l.agent.Node] = append(ids[l.agent.Node], l.exactID())
	}
	results := askAll(ctx, k, agents, patience, func(ctx context.Context, c *client) (*traceloopv1.DeleteResponse, error) {
		return call(ctx, c, c.api.Delete, &traceloopv1.DeleteRequest{References: ids[c.agent.Node]})
	})
	var errs []error
	for _, result := range results {
		errs = append(errs, result.Err)
		if result.Value != nil {
			errs = append(errs, printIDs(result.Value.Deleted...))
		}
	}
	return errors.Join(errs...)
}

// printHelp is what a command does that has nothing else to do.
func printHelp(command *cobra.Command, _ []string) error {
	command.SetOut(os.Stdout)
	if err := command.Help(); err != nil {
		return fmt.Errorf("printing help: %w", err)
	}
	return nil
}
