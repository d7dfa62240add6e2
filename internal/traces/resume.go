package traces

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/types"

	"traceloop/api/gadget/v1alpha1"
)

// Resume goes on with what an earlier agent had started. Given are all the Traces
// of this node, once, before any other operation; or later one that says that it
// is started and is not. Complete must follow.
//
// What it returns are the statuses of Traces that could not be resumed: of those
// that never will be they say that they are stopped.
func (t *Traces) Resume(ctx context.Context, traces ...*v1alpha1.Trace) map[types.UID]v1alpha1.TraceStatus {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.resuming = true
	failed := make(map[types.UID]v1alpha1.TraceStatus)
	for _, trace := range traces {
		if trace.Status.State != v1alpha1.StateStarted || !trace.DeletionTimestamp.IsZero() || t.startedOf(trace) != nil {
			continue
		}
		err := Check(&trace.Spec)
		if err != nil {
			err = wrongSpec{err}
		} else {
			err = t.claim(ctx, trace, listed(trace.Status.Output))
		}
		delete(t.unresumed, trace.UID)
		if err == nil {
			continue
		}
		status := trace.Status
		status.OperationError = cut(fmt.Sprintf("resuming after a restart of the agent: %v", err), maximumError)
		status.OperationWarning = ""
		if errors.As(err, &wrongSpec{}) {
			status.State, status.Output = v1alpha1.StateStopped, emptyOutput
		} else {
			t.unresumed[trace.UID] = true
		}
		failed[trace.UID] = status
	}
	return failed
}

// listed are the IDs in status.output. One that somebody else wrote says nothing.
func listed(output string) []string {
	var entries []v1alpha1.Entry
	if json.Unmarshal([]byte(output), &entries) != nil {
		return nil
	}
	var ids []string
	for _, entry := range entries {
		ids = append(ids, entry.ContainerID)
	}
	return ids
}

// Complete gives back what an earlier agent left and no Trace has resumed. While
// some could not be resumed it does not, and is an error; when it has, it does
// nothing more.
func (t *Traces) Complete() error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	switch {
	case t.complete || t.config.Unavailable != nil:
		return nil
	case !t.resuming:
		return errors.New("Traces were not resumed yet")
	case len(t.unresumed) > 0:
		return fmt.Errorf("%d Traces that were started could not be resumed yet: what they may have recorded is kept", len(t.unresumed))
	}
	if err := t.config.Recordings.CompleteClaims(); err != nil {
		return fmt.Errorf("giving back what no Trace has: %w", err)
	}
	t.complete = true
	return nil
}
