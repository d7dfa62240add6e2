package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"traceloop/api/gadget/v1alpha1"
	"traceloop/internal/traces"
)

// callsAnnotation keeps the system calls that a Trace was started with, where an
// argument gave them: that is removed, and who resumes the Trace needs them.
const callsAnnotation = "gadget.kinvolk.io/started-syscall-filters"

// reconciler does what Traces ask for. Reconcile is called by one at a time.
type reconciler struct {
	node    string
	traces  *traces.Traces
	changed <-chan struct{}
	client  client.Client // reads from the cache
	live    client.Reader // asks the API server
	events  events.EventRecorder
	log     *slog.Logger
	resumed chan struct{} // closed when all is resumed that was started before

	// results are statuses that operations had and that are not written yet.
	results map[types.NamespacedName]result
}

// result is the status that an operation on a Trace had.
type result struct {
	of     types.UID
	status v1alpha1.TraceStatus
}

func newReconciler(c *Config, cached client.Client, live client.Reader, recorder events.EventRecorder) *reconciler {
	return &reconciler{
		node: c.Node, traces: c.Traces, changed: c.Changed, client: cached, live: live, events: recorder, log: c.Log,
		resumed: make(chan struct{}), results: make(map[types.NamespacedName]result),
	}
}

// resume goes on with the Traces that an earlier agent had started. Nothing is
// reconciled before.
func (r *reconciler) resume(ctx context.Context) error {
	var all v1alpha1.TraceList
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		// Not from the cache: one that is behind may have what was stopped.
		err := r.list(ctx, &all)
		if err == nil {
			break
		}
		r.log.Warn("listing the Traces to go on with, and trying again", "error", err)
		if !pause(ctx, wait) {
			return nil
		}
	}
	var mine []*v1alpha1.Trace
	for i := range all.Items {
		if trace := &all.Items[i]; trace.Spec.Node == r.node {
			restoreArguments(trace)
			mine = append(mine, trace)
		}
	}
	failed := r.traces.Resume(ctx, mine...)
	for _, trace := range mine {
		if status, ok := failed[trace.UID]; ok {
			r.results[client.ObjectKeyFromObject(trace)] = result{trace.UID, status}
		}
	}
	close(r.resumed)
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		err := r.traces.Complete()
		if err == nil {
			return nil
		}
		r.log.Warn("going on with what was started before", "error", err)
		if !pause(ctx, wait) {
			return nil
		}
	}
}

func (r *reconciler) list(ctx context.Context, all *v1alpha1.TraceList) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return r.live.List(ctx, all, client.MatchingFields{"spec.node": r.node})
}

// pause waits; false says that the context ended.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// watchChanges has the started Traces reconciled whenever what their statuses say
// may have changed.
func (r *reconciler) watchChanges(ctx context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-r.changed:
			}
			for _, name := range r.traces.Started() {
				queue.Add(reconcile.Request{NamespacedName: name})
			}
			if !pause(ctx, changeInterval) {
				return
			}
		}
	}()
	return nil
}

// Reconcile brings a Trace to where it should be.
func (r *reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	select {
	case <-r.resumed:
	case <-ctx.Done():
		return reconcile.Result{}, nil
	}
	trace := &v1alpha1.Trace{}
	err := r.client.Get(ctx, request.NamespacedName, trace)
	switch {
	case apierrors.IsNotFound(err) || err == nil && trace.Spec.Node != r.node:
		delete(r.results, request.NamespacedName)
		return reconcile.Result{}, r.traces.Forget(request.NamespacedName, "")
	case err != nil:
		return reconcile.Result{}, fmt.Errorf("reading Trace %s: %w", request, err)
	}
	if err := r.traces.Forget(request.NamespacedName, trace.UID); err != nil {
		return reconcile.Result{}, err
	}
	if !trace.DeletionTimestamp.IsZero() {
		err = r.finish(ctx, trace)
	} else {
		err = r.drive(ctx, trace)
	}
	switch {
	case apierrors.IsConflict(err): // it has changed meanwhile
		return reconcile.Result{RequeueAfter: staleTime}, nil
	case apierrors.IsNotFound(err):
		return reconcile.Result{}, nil
	case errors.Is(err, errNotResumed):
		return reconcile.Result{RequeueAfter: lastRetry}, nil
	}
	return reconcile.Result{}, err
}

// staleTime is how long a newer version of a Trace than that which was read may
// take to come.
const staleTime = 100 * time.Millisecond

// errNotResumed: a Trace's status says that it is started and why it is not. It is
// tried again, but not soon.
var errNotResumed = errors.New("the Trace is not resumed")

// finish releases what a Trace that is being deleted holds, and lets it go.
func (r *reconciler) finish(ctx context.Context, trace *v1alpha1.Trace) error {
	if err := r.traces.Release(trace); err != nil {
		return err
	}
	delete(r.results, client.ObjectKeyFromObject(trace))
	before := trace.DeepCopy()
	if !controllerutil.RemoveFinalizer(trace, v1alpha1.Finalizer) {
		return nil
	}
	return r.patch(ctx, trace, before)
}

// drive runs the operation that a Trace asks for, if there is one, and writes its
// status.
//
// An agent that ends between the removal of the annotation and the operation
// leaves it undone: that an operation never runs twice is worth more. The client
// sees no state that it waits for, and can ask again.
func (r *reconciler) drive(ctx context.Context, trace *v1alpha1.Trace) error {
	operation, asked := trace.Annotations[v1alpha1.OperationAnnotation]
	arguments := argumentsOf(trace)
	if err := r.accept(ctx, trace, operation, asked, arguments); err != nil {
		return err
	}
	status := r.statusOf(trace)
	var notResumed error
	switch {
	case asked:
		status = r.run(ctx, operation, trace, status, arguments)
		r.results[client.ObjectKeyFromObject(trace)] = result{trace.UID, status}
	case status.State == v1alpha1.StateStarted && !r.traces.IsStarted(trace):
		status, notResumed = r.resumeLate(ctx, trace, status)
	}
	if err := r.write(ctx, trace, status); err != nil {
		return err
	}
	return notResumed
}

// statusOf is the status that a Trace has, or is to have after an operation.
func (r *reconciler) statusOf(trace *v1alpha1.Trace) v1alpha1.TraceStatus {
	if waiting, ok := r.results[client.ObjectKeyFromObject(trace)]; ok && waiting.of == trace.UID {
		return waiting.status
	}
	return trace.Status
}

// argumentsOf are an operation's, of a Trace's annotations.
func argumentsOf(trace *v1alpha1.Trace) map[string]string {
	arguments := make(map[string]string)
	for key, value := range trace.Annotations {
		if name, ok := strings.CutPrefix(key, v1alpha1.OperationArgumentPrefix); ok {
			arguments[name] = value
		}
	}
	return arguments
}

// accept takes an operation's annotations off a Trace and puts the finalizer on
// it, in one patch, which fails if the Trace has changed since it was read.
func (r *reconciler) accept(ctx context.Context, trace *v1alpha1.Trace, operation string, asked bool, arguments map[string]string) error {
	before := trace.DeepCopy()
	changed := asked
	if asked {
		maps.DeleteFunc(trace.Annotations, func(key, _ string) bool {
			return key == v1alpha1.OperationAnnotation || strings.HasPrefix(key, v1alpha1.OperationArgumentPrefix)
		})
		if operation == v1alpha1.OperationStart && !r.traces.IsStarted(trace) {
			delete(trace.Annotations, callsAnnotation)
			if calls, given := arguments[v1alpha1.ParameterSyscallFilters]; given {
				trace.Annotations[callsAnnotation] = calls
			}
		}
	}
	if traces.Check(&trace.Spec) == nil && controllerutil.AddFinalizer(trace, v1alpha1.Finalizer) {
		changed = true
	}
	if !changed {
		return nil
	}
	return r.patch(ctx, trace, before)
}

// restoreArguments gives a Trace the arguments that it was started with, as parameters.
func restoreArguments(trace *v1alpha1.Trace) {
	if calls, given := trace.Annotations[callsAnnotation]; given {
		addParameters(trace, map[string]string{v1alpha1.ParameterSyscallFilters: calls})
	}
}

// addParameters has arguments stand for parameters.
func addParameters(trace *v1alpha1.Trace, arguments map[string]string) {
	if trace.Spec.Parameters == nil {
		trace.Spec.Parameters = make(map[string]string)
	}
	maps.Copy(trace.Spec.Parameters, arguments)
}

// patch writes what has changed of a Trace, but for its status, if nobody else has
// changed it.
func (r *reconciler) patch(ctx context.Context, trace, before *v1alpha1.Trace) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	err := r.client.Patch(ctx, trace, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if err != nil {
		return fmt.Errorf("patching Trace %s: %w", client.ObjectKeyFromObject(trace), err)
	}
	return nil
}

// run carries out an operation on a Trace that has a status.
func (r *reconciler) run(ctx context.Context, operation string, trace *v1alpha1.Trace, status v1alpha1.TraceStatus, arguments map[string]string) v1alpha1.TraceStatus {
	asked := trace.DeepCopy()
	asked.Status = status
	addParameters(asked, arguments)
	status = r.traces.Run(ctx, operation, asked)
	name := client.ObjectKeyFromObject(trace)
	if status.OperationError != "" {
		r.log.Warn("an operation on a Trace failed", "trace", name, "operation", shortened(operation), "error", status.OperationError)
		return status
	}
	r.log.Info("carried out an operation on a Trace", "trace", name, "operation", operation)
	if operation == v1alpha1.OperationDelete {
		r.writeOther(ctx, asked)
	}
	return status
}

// shortened is the beginning of what a client gave.
func shortened(text string) string { return text[:min(len(text), 64)] }

// writeOther writes the status of the Trace whose recording was deleted, before
// the other one says that it is done. If it fails, the change is news as well, and
// is written then.
func (r *reconciler) writeOther(ctx context.Context, asked *v1alpha1.Trace) {
	name, err := traces.TraceNamed(asked)
	other := &v1alpha1.Trace{}
	if err == nil && name != client.ObjectKeyFromObject(asked) {
		if err = r.client.Get(ctx, name, other); err == nil {
			err = r.write(ctx, other, r.statusOf(other))
		}
	}
	if err != nil {
		r.log.Warn("writing the status of a Trace of which a recording was deleted", "trace", name, "error", err)
	}
}

// resumeLate goes on with a Trace that says that it is started and is not: it came
// from another node, or its claim could not be set when the agent started.
func (r *reconciler) resumeLate(ctx context.Context, trace *v1alpha1.Trace, status v1alpha1.TraceStatus) (v1alpha1.TraceStatus, error) {
	limited, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	fresh := &v1alpha1.Trace{}
	// The cache may be behind, and the Trace have been stopped.
	if err := r.live.Get(limited, client.ObjectKeyFromObject(trace), fresh); err != nil {
		return status, fmt.Errorf("reading Trace %s: %w", client.ObjectKeyFromObject(trace), err)
	}
	if fresh.UID != trace.UID || fresh.Status.State != v1alpha1.StateStarted {
		return trace.Status, nil
	}
	restoreArguments(fresh)
	if failed, ok := r.traces.Resume(ctx, fresh)[fresh.UID]; ok {
		if failed.State == v1alpha1.StateStarted {
			return failed, errNotResumed
		}
		return failed, nil
	}
	status.OperationError = ""
	return status, nil
}

// write writes a Trace's status, if it is not what it has: that which is given, and
// of a started Trace what it records now.
func (r *reconciler) write(ctx context.Context, trace *v1alpha1.Trace, status v1alpha1.TraceStatus) error {
	report, started, err := r.traces.Report(trace)
	if err != nil {
		return err
	}
	if started {
		status.State, status.Output, status.OperationWarning = v1alpha1.StateStarted, report.Output, report.Warning
		r.tell(trace, report.Failures)
	} else if err := traces.Check(&trace.Spec); err != nil {
		status.OperationError = err.Error()
	}
	name := client.ObjectKeyFromObject(trace)
	if status != trace.Status {
		err := r.patchStatus(ctx, trace, status)
		if apierrors.IsInvalid(err) {
			// Another Trace has the name by now, or nobody can write this one's status.
			r.log.Error("writing the status of a Trace", "trace", name, "error", err)
			err = nil
		}
		if err != nil {
			return fmt.Errorf("writing the status of Trace %s: %w", name, err)
		}
	}
	delete(r.results, name)
	return nil
}

// patchStatus writes a status whatever was there before, for nobody else knows it;
// but not to another Trace that has the name by now.
func (r *reconciler) patchStatus(ctx context.Context, trace *v1alpha1.Trace, status v1alpha1.TraceStatus) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	// A merge patch would do with the UID what it does with all metadata here: nothing.
	body, err := json.Marshal([]any{
		map[string]any{"op": "test", "path": "/metadata/uid", "value": trace.UID},
		map[string]any{"op": "add", "path": "/status", "value": status},
	})
	if err != nil {
		return fmt.Errorf("encoding the status: %w", err)
	}
	patched := &v1alpha1.Trace{}
	patched.Namespace, patched.Name = trace.Namespace, trace.Name
	return r.client.Status().Patch(ctx, patched, client.RawPatch(types.JSONPatchType, body))
}

// maximumNote is how many bytes the text of an Event may have.
const maximumNote = 1024

// tell has Events say what a Trace cannot record. Those of one Trace that are
// related to the same, or to nothing, would be one Event with the first one's note.
func (r *reconciler) tell(trace *v1alpha1.Trace, failures []traces.Failure) {
	for _, failure := range failures {
		note := fmt.Sprintf("Container %s is not recorded: %s", failure.Container, failure.Reason)
		note = strings.ToValidUTF8(note[:min(len(note), maximumNote)], "")
		r.events.Eventf(trace, failure.Related, corev1.EventTypeWarning, "AttachFailed", "Attach", "%s", note)
	}
}
