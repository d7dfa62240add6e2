package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apiwatch "k8s.io/apimachinery/pkg/watch"
	kubernetes "sigs.k8s.io/controller-runtime/pkg/client"

	gadget "traceloop/api/gadget/v1alpha1"
)

// globalTraces are the labels of the Traces that record.
var globalTraces = kubernetes.MatchingLabels{gadget.LabelGadgetName: gadget.GadgetName, gadget.LabelType: gadget.TypeGlobal}

// listTraces lists the Traces that record.
func (k *cluster) listTraces(ctx context.Context) ([]gadget.Trace, error) {
	var list gadget.TraceList
	if err := k.api.List(ctx, &list, kubernetes.InNamespace(k.gadgetNamespace), globalTraces); err != nil {
		return nil, fmt.Errorf("listing the Traces in namespace %s: %w", k.gadgetNamespace, explainCluster(err))
	}
	slices.SortFunc(list.Items, func(a, b gadget.Trace) int {
		return cmp.Or(strings.Compare(a.Spec.Node, b.Spec.Node), strings.Compare(a.Name, b.Name))
	})
	return list.Items, nil
}

// sortedByNode are the names of Traces in the order of their nodes.
func sortedByNode(traces map[string]*gadget.Trace) []string {
	return slices.SortedFunc(maps.Keys(traces), func(a, b string) int {
		return cmp.Or(strings.Compare(traces[a].Spec.Node, traces[b].Spec.Node), strings.Compare(a, b))
	})
}

// await follows the Traces that record until they are as they should be, and
// returns them, by name, as they were then or when the context ended.
func (k *cluster) await(ctx context.Context, done func(traces map[string]*gadget.Trace) bool) (map[string]*gadget.Trace, error) {
	traces := make(map[string]*gadget.Trace)
	for {
		finished, err := k.followTraces(ctx, traces, done)
		if finished || err != nil {
			return traces, err
		}
		// A watch ends now and then.
		timer := time.NewTimer(idleInterval)
		select {
		case <-ctx.Done():
			timer.Stop()
			return traces, ctx.Err()
		case <-timer.C:
		}
	}
}

// followTraces is await as far as one watch lasts.
func (k *cluster) followTraces(ctx context.Context, traces map[string]*gadget.Trace, done func(map[string]*gadget.Trace) bool) (bool, error) {
	// The watch comes first, so that nothing happens between it and the list.
	watcher, err := k.api.Watch(ctx, &gadget.TraceList{}, kubernetes.InNamespace(k.gadgetNamespace), globalTraces)
	if err != nil {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		return false, fmt.Errorf("watching the Traces in namespace %s: %w", k.gadgetNamespace, explainCluster(err))
	}
	defer watcher.Stop()
	list, err := k.listTraces(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		return false, err
	}
	clear(traces)
	for i := range list {
		traces[list[i].Name] = &list[i]
	}
	for !done(traces) {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case event, open := <-watcher.ResultChan():
			if !open {
				return false, nil
			}
			trace, ok := event.Object.(*gadget.Trace)
			switch {
			case !ok: // an error, after which a new watch is needed
				return false, nil
			case event.Type == apiwatch.Deleted:
				delete(traces, trace.Name)
			default:
				traces[trace.Name] = trace
			}
		}
	}
	return true, nil
}

// isPending says that an operation has been asked for and not been begun.
func isPending(trace *gadget.Trace) bool {
	_, pending := trace.Annotations[gadget.OperationAnnotation]
	return pending
}

// entries are the recordings that a Trace's status lists. What cannot be read
// is none: the status is text that others may write.
func entries(trace *gadget.Trace) []gadget.Entry {
	var result []gadget.Entry
	if err := json.Unmarshal([]byte(trace.Status.Output), &result); err != nil {
		return nil
	}
	return result
}

// deleteTrace deletes a Trace. One that is gone is no error.
func (k *cluster) deleteTrace(ctx context.Context, trace *gadget.Trace) error {
	if err := k.api.Delete(ctx, trace); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("deleting Trace %s/%s: %w", trace.Namespace, trace.Name, explainCluster(err))
	}
	return nil
}

// isTimeout says that a wait ended since its time was up.
func isTimeout(err error) bool { return errors.Is(err, context.DeadlineExceeded) }
