package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	kubernetes "sigs.k8s.io/controller-runtime/pkg/client"

	gadget "traceloop/api/gadget/v1alpha1"
)

// kubectlStop is kubectl traceloop stop.
type kubectlStop struct {
	cluster *cluster
	timeout durationValue
}

func newKubectlStop(k *cluster) *cobra.Command {
	stop := &kubectlStop{cluster: k}
	command := &cobra.Command{
		Use:   "stop [ID]",
		Short: "End recording, and free the recordings",
		Long: "Ends what start began and frees its recordings: all of it, or what start has called ID, which may be\n" +
			"shortened. What is to be kept is saved before, with save.\n\n" +
			"A node whose agent does not answer is named in a warning; it frees its recordings when it is back.",
		Example: "  kubectl traceloop stop\n" +
			"  kubectl traceloop stop 1f0a",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: k.completeTraceIDs,
		RunE: k.command(func(ctx context.Context, arguments []string) error {
			return stop.run(ctx, strings.Join(arguments, ""))
		}),
	}
	addTimeout(command.Flags(), &stop.timeout, operationTime)
	return command
}

func (s *kubectlStop) run(ctx context.Context, id string) error {
	k := s.cluster
	all, err := k.listTraces(ctx)
	if err != nil {
		return err
	}
	chosen := make(map[string]*gadget.Trace)
	var ids []string
	for i := range all {
		its := all[i].Labels[gadget.LabelGlobalTraceID]
		if strings.HasPrefix(its, id) {
			chosen[all[i].Name] = &all[i]
		}
		ids = append(ids, its)
	}
	if len(chosen) == 0 {
		if id == "" || len(all) == 0 {
			say("nothing is recorded: there are no Traces in namespace %s", k.gadgetNamespace)
			return nil
		}
		slices.Sort(ids)
		return fmt.Errorf("nothing was started with the ID %s: want one of %s", id, strings.Join(slices.Compact(ids), ", "))
	}
	// A node without a ready agent need not be waited for.
	answering := make(map[string]bool)
	agents, err := k.findAgents(ctx, nil)
	if err != nil {
		return err
	}
	for i := range agents {
		answering[agents[i].Node] = agents[i].Ready
	}
	late, err := s.stop(ctx, chosen, func(trace *gadget.Trace) bool { return answering[trace.Spec.Node] })
	if err != nil {
		return err
	}
	left, err := s.delete(ctx, chosen, func(trace *gadget.Trace) bool { return answering[trace.Spec.Node] && !late[trace.Name] })
	if err != nil {
		return err
	}
	for _, name := range left {
		trace := chosen[name]
		say("node %s: its agent does not answer, and frees its recordings when it is back. If the node never returns:\n"+
			"  kubectl -n %s patch trace %s --type=merge -p '{\"metadata\":{\"finalizers\":null}}'", trace.Spec.Node, trace.Namespace, name)
	}
	stopped := make(map[string]bool)
	for name, trace := range chosen {
		if !slices.Contains(left, name) {
			stopped[trace.Spec.Node] = true
		}
	}
	if _, err := fmt.Printf("stopped on %s\n", counted(uint64(len(stopped)), "node")); err != nil {
		return fmt.Errorf("printing what was stopped: %w", err)
	}
	return nil
}

// stop has the agents stop their Traces, each as soon as no operation waits on
// it. It returns those that were late, and says which nodes failed.
func (s *kubectlStop) stop(ctx context.Context, chosen map[string]*gadget.Trace, answers func(*gadget.Trace) bool) (map[string]bool, error) {
	waiting, cancel := context.WithTimeout(ctx, time.Duration(s.timeout))
	defer cancel()
	asked := make(map[string]bool)
	late := make(map[string]bool)
	var failed error
	traces, err := s.cluster.await(waiting, func(traces map[string]*gadget.Trace) bool {
		done := true
		clear(late)
		for _, name := range sortedByNode(chosen) {
			trace := traces[name]
			if trace == nil || trace.DeletionTimestamp != nil || !answers(trace) {
				continue
			}
			switch {
			case isPending(trace):
			case asked[name] || trace.Status.State != gadget.StateStarted:
				// It is stopped, has failed to be, or never began.
				if trace.Status.State != gadget.StateStarted || trace.Status.OperationError != "" {
					continue
				}
			default:
				asked[name] = true
				if traces[name], failed = s.ask(waiting, trace); failed != nil {
					return true
				}
			}
			late[name], done = true, false
		}
		return done
	})
	if failed != nil {
		err = failed
	}
	if err != nil && (!isTimeout(err) || ctx.Err() != nil) {
		return nil, fmt.Errorf("stopping: %w", err)
	}
	for _, name := range sortedByNode(chosen) {
		if trace := traces[name]; trace != nil && asked[name] && trace.Status.OperationError != "" {
			say("node %s: %s", trace.Spec.Node, trace.Status.OperationError)
		}
	}
	return late, nil
}

// ask sets the operation, and returns the Trace with it.
func (s *kubectlStop) ask(ctx context.Context, trace *gadget.Trace) (*gadget.Trace, error) {
	changed := trace.DeepCopy()
	if changed.Annotations == nil {
		changed.Annotations = make(map[string]string)
	}
	changed.Annotations[gadget.OperationAnnotation] = gadget.OperationStop
	err := s.cluster.api.Patch(ctx, changed, kubernetes.MergeFrom(trace))
	if err != nil && !apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("setting the operation of Trace %s/%s: %w", trace.Namespace, trace.Name, explainCluster(err))
	}
	return changed, nil
}

// delete deletes Traces, waits for the agents that answer to let go of them,
// and returns the names of those that are still there.
func (s *kubectlStop) delete(ctx context.Context, chosen map[string]*gadget.Trace, answers func(*gadget.Trace) bool) ([]string, error) {
	var errs []error
	for _, name := range sortedByNode(chosen) {
		errs = append(errs, s.cluster.deleteTrace(ctx, chosen[name]))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, time.Duration(s.timeout))
	defer cancel()
	traces, err := s.cluster.await(waiting, func(traces map[string]*gadget.Trace) bool {
		for name, trace := range chosen {
			if traces[name] != nil && answers(trace) {
				return false
			}
		}
		return true
	})
	if err != nil && (!isTimeout(err) || ctx.Err() != nil) {
		return nil, fmt.Errorf("waiting for the Traces to be gone: %w", err)
	}
	var left []string
	for _, name := range sortedByNode(chosen) {
		if traces[name] != nil && traces[name].UID == chosen[name].UID {
			left = append(left, name)
		}
	}
	return left, nil
}
