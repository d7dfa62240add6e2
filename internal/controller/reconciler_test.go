package controller

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"traceloop/api/gadget/v1alpha1"
	"traceloop/internal/stream"
	"traceloop/internal/traces"
	"traceloop/internal/traces/tracestest"
)

const (
	statusMode = v1alpha1.OutputModeStatus
	streamMode = v1alpha1.OutputModeStream
)

// world is a reconciler with an API server and recordings that are none.
type world struct {
	t          *testing.T
	recordings *tracestest.Recordings
	streams    *stream.Hub
	traces     *traces.Traces
	api        client.WithWatch
	events     *events.FakeRecorder
	reconciler *reconciler

	// fail, if it is set, may fail a write, which is "patch" or "patch status", or
	// change the Trace before it.
	fail   func(what string, name types.NamespacedName) error
	writes []string // each with its body
}

func newWorld(t *testing.T, objects ...client.Object) *world {
	t.Helper()
	w := &world{t: t, recordings: tracestest.New(), streams: stream.NewHub(), events: events.NewFakeRecorder(100)}
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	write := func(what string, object client.Object, patch client.Patch) error {
		body, err := patch.Data(object)
		if err != nil {
			t.Fatal(err)
		}
		w.writes = append(w.writes, what+" "+object.GetName()+" "+string(body))
		if w.fail != nil {
			return w.fail(what, client.ObjectKeyFromObject(object))
		}
		return nil
	}
	w.api = fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&v1alpha1.Trace{}).WithObjects(objects...).
		WithIndex(&v1alpha1.Trace{}, "spec.node", func(o client.Object) []string { return []string{o.(*v1alpha1.Trace).Spec.Node} }).
		WithInterceptorFuncs(interceptor.Funcs{
			Patch: func(ctx context.Context, c client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
				if err := write("patch", object, patch); err != nil {
					return err
				}
				return c.Patch(ctx, object, patch, options...)
			},
			SubResourcePatch: func(ctx context.Context, c client.Client, sub string, object client.Object, patch client.Patch, options ...client.SubResourcePatchOption) error {
				if err := write("patch "+sub, object, patch); err != nil {
					return err
				}
				return c.SubResource(sub).Patch(ctx, object, patch, options...)
			},
		}).Build()
	w.restart()
	return w
}

// restart has another agent begin, with the recordings that there are.
func (w *world) restart() {
	w.t.Helper()
	pods := traces.NewPods()
	pods.Set("uid-of-web-1", map[string]string{"app": "web"})
	w.traces = traces.New(traces.Config{Node: "node-1", Recordings: w.recordings, Pods: pods, Streams: w.streams})
	w.reconciler = newReconciler(&Config{Node: "node-1", Traces: w.traces, Changed: w.recordings.ClaimsChanged(), Log: slog.New(slog.NewTextHandler(io.Discard, nil))}, w.api, w.api, w.events)
}

// resume has the agent go on with what was started.
func (w *world) resume() {
	w.t.Helper()
	if err := w.reconciler.resume(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// once reconciles a Trace once.
func (w *world) once(name string) (reconcile.Result, error) {
	w.t.Helper()
	return w.reconciler.Reconcile(w.t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Namespace: "shop", Name: name}})
}

// settle reconciles a Trace as often as the queue would, which is to end.
func (w *world) settle(name string) {
	w.t.Helper()
	before := ""
	for range 10 {
		result, err := w.once(name)
		trace := &v1alpha1.Trace{}
		version := "gone"
		if w.api.Get(w.t.Context(), types.NamespacedName{Namespace: "shop", Name: name}, trace) == nil {
			version = trace.ResourceVersion
		}
		if err == nil && result.RequeueAfter == 0 && version == before {
			return
		}
		before = version
	}
	w.t.Fatalf("reconciling %s does not end: %q", name, w.writes)
}

func (w *world) get(name string) *v1alpha1.Trace {
	w.t.Helper()
	trace := &v1alpha1.Trace{}
	if err := w.api.Get(w.t.Context(), types.NamespacedName{Namespace: "shop", Name: name}, trace); err != nil {
		w.t.Fatal(err)
	}
	return trace
}

// annotate is kubectl annotate --overwrite; of "key", "value".
func (w *world) annotate(name string, annotations ...string) {
	w.t.Helper()
	trace := w.get(name)
	if trace.Annotations == nil {
		trace.Annotations = make(map[string]string)
	}
	for i := 0; i < len(annotations); i += 2 {
		trace.Annotations[annotations[i]] = annotations[i+1]
	}
	if err := w.api.Update(w.t.Context(), trace); err != nil {
		w.t.Fatal(err)
	}
}

const operation = v1alpha1.OperationAnnotation

// do asks for an operation and has it done.
func (w *world) do(name, what string) v1alpha1.TraceStatus {
	w.t.Helper()
	w.annotate(name, operation, what)
	w.settle(name)
	return w.get(name).Status
}

// letters are those of the IDs that a Trace lists.
func (w *world) letters(name string) string {
	w.t.Helper()
	var entries []v1alpha1.Entry
	if err := json.Unmarshal([]byte(w.get(name).Status.Output), &entries); err != nil {
		w.t.Fatal(err)
	}
	letters := ""
	for _, entry := range entries {
		letters += entry.ContainerID[:1]
	}
	return letters
}

// changes reconciles what the recordings say has changed.
func (w *world) changes() {
	w.t.Helper()
	select {
	case <-w.recordings.ClaimsChanged():
	default:
		w.t.Fatal("nothing says that something changed")
	}
	for _, name := range w.traces.Started() {
		w.settle(name.Name)
	}
}

func about(name string, mode v1alpha1.OutputMode, of, id string) *v1alpha1.Trace {
	trace := tracestest.Trace(name, mode)
	trace.Spec.Parameters = map[string]string{"name": of, "containerID": id}
	return trace
}

// TestStory has an old client start, list, show, delete and stop.
func TestStory(t *testing.T) {
	a := tracestest.ID("a")
	w := newWorld(t, tracestest.Trace("all", statusMode), about("show", streamMode, "shop/all", a), about("remove", statusMode, "shop/all", a))
	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	w.resume()
	status := w.do("all", "start")
	want := v1alpha1.TraceStatus{State: "Started", Output: `[{"namespace":"shop","podname":"web-1","containername":"web","containerID":"` + a + `","node":"node-1"}]`}
	if diff := cmp.Diff(want, status); diff != "" {
		t.Errorf("start (-want +got):\n%s", diff)
	}
	w.recordings.Start(tracestest.Container("b", "web-2", "web"))
	w.changes()
	if got := w.letters("all"); got != "ab" {
		t.Errorf("it lists %q, want ab", got)
	}

	if diff := cmp.Diff(v1alpha1.TraceStatus{State: "Completed"}, w.do("show", "collect")); diff != "" {
		t.Errorf("collect (-want +got):\n%s", diff)
	}
	w.delete("show")
	w.settle("show")

	w.writes = nil
	if diff := cmp.Diff(v1alpha1.TraceStatus{State: "Completed"}, w.do("remove", "delete")); diff != "" {
		t.Errorf("delete (-want +got):\n%s", diff)
	}
	if got := w.letters("all"); got != "b" {
		t.Errorf("after the deletion it lists %q, want b", got)
	}
	// Who waits for the deletion's end finds the list without it.
	var order []string
	for _, write := range w.writes {
		order = append(order, strings.Join(strings.SplitN(write, " ", 4)[:3], " "))
	}
	if len(order) != 3 || !strings.HasPrefix(order[0], "patch remove") || order[1] != "patch status all" || order[2] != "patch status remove" {
		t.Errorf("writes: %q", order)
	}

	if diff := cmp.Diff(v1alpha1.TraceStatus{State: "Stopped", Output: "[]"}, w.do("all", "stop")); diff != "" {
		t.Errorf("stop (-want +got):\n%s", diff)
	}
	if _, held := w.recordings.Claim("uid-of-all"); held {
		t.Error("it is still recorded")
	}
	for _, name := range []string{"all", "remove"} {
		w.delete(name)
		w.settle(name)
		if err := w.api.Get(t.Context(), types.NamespacedName{Namespace: "shop", Name: name}, &v1alpha1.Trace{}); !apierrors.IsNotFound(err) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
}

func (w *world) delete(name string) {
	w.t.Helper()
	if err := w.api.Delete(w.t.Context(), w.get(name)); err != nil {
		w.t.Fatal(err)
	}
}

// TestRefusals has every refusal come as an operationError, once, with the
// annotations gone and the state as it was.
func TestRefusals(t *testing.T) {
	spec := func(mode v1alpha1.OutputMode, change func(*v1alpha1.TraceSpec)) *v1alpha1.Trace {
		trace := about("asking", mode, "shop/all", tracestest.ID("a"))
		change(&trace.Spec)
		return trace
	}
	nothing := func(*v1alpha1.TraceSpec) {}
	tests := []struct {
		name      string
		operation string
		trace     *v1alpha1.Trace
		want      string
		invalid   bool // whatever the operation
	}{
		{"another gadget", "start", spec(statusMode, func(s *v1alpha1.TraceSpec) { s.Gadget = "dns" }), `unknown gadget "dns"`, true},
		{"Auto", "start", spec(statusMode, func(s *v1alpha1.TraceSpec) { s.RunMode = "Auto" }), `runMode "Auto"`, true},
		{"File", "start", spec("File", nothing), `outputMode "File"`, true},
		{"ExternalResource", "start", spec("ExternalResource", nothing), `outputMode "ExternalResource"`, true},
		{"start to a stream", "start", spec(streamMode, nothing), `"start" wants outputMode "Status"`, false},
		{"delete to a stream", "delete", spec(streamMode, nothing), `"delete" wants outputMode "Status"`, false},
		{"stop to a stream", "stop", spec(streamMode, nothing), `"stop" wants outputMode "Status"`, false},
		{"collect to the status", "collect", spec(statusMode, nothing), `"collect" wants outputMode "Stream"`, false},
		{"an unknown operation", "begin", spec(statusMode, nothing), `unknown operation "begin"`, false},
		{"an empty operation", "", spec(statusMode, nothing), `unknown operation ""`, false},
		{"stop of what is not started", "stop", spec(statusMode, nothing), "this Trace is not started", false},
		{"no such Trace, collect", "collect", spec(streamMode, func(s *v1alpha1.TraceSpec) { s.Parameters["name"] = "shop/other" }), `no Trace of this name is started`, false},
		{"no such Trace, delete", "delete", spec(statusMode, func(s *v1alpha1.TraceSpec) { s.Parameters["name"] = "shop/other" }), `no Trace of this name is started`, false},
		{"no such container, collect", "collect", spec(streamMode, func(s *v1alpha1.TraceSpec) { s.Parameters["containerID"] = "x" }), `Trace "shop/all" holds ` + tracestest.ID("a"), false},
		{"no such container, delete", "delete", spec(statusMode, func(s *v1alpha1.TraceSpec) { s.Parameters["containerID"] = "x" }), `Trace "shop/all" holds ` + tracestest.ID("a"), false},
		{"no such call", "start", spec(statusMode, func(s *v1alpha1.TraceSpec) { s.Parameters["syscall-filters"] = "opnat" }), `unknown system call "opnat"`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.trace.Status = v1alpha1.TraceStatus{State: "Completed", Output: "[1]", OperationError: "old", OperationWarning: "old"}
			w := newWorld(t, tracestest.Trace("all", statusMode), test.trace)
			w.recordings.Start(tracestest.Container("a", "web-1", "web"))
			w.resume()
			w.do("all", "start")
			w.writes = nil
			w.annotate("asking", operation, test.operation, v1alpha1.OperationArgumentPrefix+"other", "x")
			w.settle("asking")
			got := w.get("asking")
			if got.Status.State != "Completed" || got.Status.Output != "[1]" || got.Status.OperationWarning != "" || !strings.Contains(got.Status.OperationError, test.want) {
				t.Errorf("status %+v, want an error with %s", got.Status, test.want)
			}
			if len(got.Annotations) != 0 {
				t.Errorf("annotations %v", got.Annotations)
			}
			if accepted := slices.Contains(got.Finalizers, v1alpha1.Finalizer); accepted == test.invalid {
				t.Errorf("finalizers %q", got.Finalizers)
			}
			if len(w.writes) != 2 {
				t.Errorf("writes: %q, want one of the annotations and one of the status", w.writes)
			}
			if got := w.letters("all"); got != "a" {
				t.Errorf("the started Trace lists %q", got)
			}
			w.delete("asking")
			w.settle("asking")
			if err := w.api.Get(t.Context(), client.ObjectKeyFromObject(test.trace), &v1alpha1.Trace{}); !apierrors.IsNotFound(err) {
				t.Errorf("it is still there: %v", err)
			}
		})
	}
}

// TestInvalidWithoutOperation checks that a Trace which nobody can drive says so
// by itself, once.
func TestInvalidWithoutOperation(t *testing.T) {
	trace := tracestest.Trace("wrong", statusMode)
	trace.Spec.RunMode = v1alpha1.RunModeAuto
	w := newWorld(t, trace)
	w.resume()
	w.settle("wrong")
	if got := w.get("wrong").Status.OperationError; got != `runMode "Auto" is not supported: want "Manual"` {
		t.Errorf("operationError %q", got)
	}
	if len(w.writes) != 1 {
		t.Errorf("writes: %q", w.writes)
	}
}

// TestInvalidWithFinalizer deletes a Trace whose specification has become invalid.
func TestInvalidWithFinalizer(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.resume()
	w.do("all", "start")
	trace := w.get("all")
	trace.Spec.Gadget, trace.Spec.OutputMode, trace.Spec.RunMode = "dns", "File", "Auto"
	if err := w.api.Update(t.Context(), trace); err != nil {
		t.Fatal(err)
	}
	w.settle("all")
	w.delete("all")
	w.settle("all")
	if err := w.api.Get(t.Context(), client.ObjectKeyFromObject(trace), trace); !apierrors.IsNotFound(err) {
		t.Errorf("it is still there: %v", err)
	}
	if _, held := w.recordings.Claim("uid-of-all"); held {
		t.Error("it is still recorded")
	}
}

// TestFinalizer checks that a Trace gets the finalizer when it is accepted and
// loses it when what it holds is released, and no sooner.
func TestFinalizer(t *testing.T) {
	trace := tracestest.Trace("all", statusMode)
	trace.Finalizers = []string{"somebody.else/finalizer"}
	w := newWorld(t, trace)
	w.resume()
	w.settle("all")
	if got := w.get("all").Finalizers; !slices.Equal(got, []string{"somebody.else/finalizer", v1alpha1.Finalizer}) {
		t.Errorf("accepted: finalizers %q", got)
	}
	w.do("all", "start")
	w.delete("all")
	failure := errors.New("no more rings")
	w.recordings.Fail("RemoveClaim", failure)
	if _, err := w.once("all"); !errors.Is(err, failure) {
		t.Errorf("it fails with %v", err)
	}
	if got := w.get("all").Finalizers; !slices.Contains(got, v1alpha1.Finalizer) {
		t.Errorf("not released: finalizers %q", got)
	}
	w.recordings.Fail("RemoveClaim", nil)
	w.settle("all")
	if got := w.get("all").Finalizers; !slices.Equal(got, []string{"somebody.else/finalizer"}) {
		t.Errorf("released: finalizers %q", got)
	}
	if _, held := w.recordings.Claim("uid-of-all"); held {
		t.Error("it is still recorded")
	}
	// An operation on what is being deleted is not run.
	w.recordings.Calls()
	w.annotate("all", operation, "start")
	w.settle("all")
	if calls := w.recordings.Calls(); slices.Contains(calls, "SetClaim uid-of-all") {
		t.Errorf("it calls %q", calls)
	}
}

// TestDeletedWhileAway deletes a Trace while there is no agent.
func TestDeletedWhileAway(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.resume()
	w.do("all", "start")
	w.delete("all")
	w.recordings.Calls()
	w.restart()
	w.resume()
	if diff := cmp.Diff([]string{"CompleteClaims"}, w.recordings.Calls()); diff != "" {
		t.Errorf("resuming (-want +got):\n%s", diff)
	}
	w.settle("all")
	if err := w.api.Get(t.Context(), types.NamespacedName{Namespace: "shop", Name: "all"}, &v1alpha1.Trace{}); !apierrors.IsNotFound(err) {
		t.Errorf("it is still there: %v", err)
	}
}

// TestOtherNode checks that another node's Traces are left alone, also if the API
// server sends them.
func TestOtherNode(t *testing.T) {
	trace := tracestest.Trace("other", statusMode)
	trace.Spec.Node = "node-2"
	trace.Annotations = map[string]string{operation: "start"}
	trace.Status.State = "Started"
	none := tracestest.Trace("none", statusMode)
	none.Spec.Node = ""
	none.Annotations = map[string]string{operation: "start"}
	gone := tracestest.Trace("gone", statusMode)
	gone.Spec.Node = "node-2"
	gone.Finalizers = []string{v1alpha1.Finalizer}
	w := newWorld(t, trace, none, gone)
	w.delete("gone")
	w.resume()
	for _, name := range []string{"other", "none", "gone"} {
		w.settle(name)
	}
	if len(w.writes) != 0 {
		t.Errorf("writes: %q", w.writes)
	}
	if diff := cmp.Diff([]string{"CompleteClaims"}, w.recordings.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// TestMovedToOtherNode gives a started Trace to another node.
func TestMovedToOtherNode(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.resume()
	w.do("all", "start")
	move := func(node string) {
		trace := w.get("all")
		trace.Spec.Node = node
		if err := w.api.Update(t.Context(), trace); err != nil {
			t.Fatal(err)
		}
		w.settle("all")
	}
	move("node-2")
	if _, held := w.recordings.Claim("uid-of-all"); held {
		t.Error("it is still recorded")
	}
	move("node-1")
	if _, held := w.recordings.Claim("uid-of-all"); !held {
		t.Error("it is started, and not recorded here")
	}
}

// TestOnePatch checks that the annotations of an operation go before it runs, all
// in one patch that fails if somebody has changed the Trace.
func TestOnePatch(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.resume()
	w.annotate("all", operation, "start", v1alpha1.OperationArgumentPrefix+"syscall-filters", "%file", v1alpha1.OperationArgumentPrefix+"x", "y", "mine", "stays")
	version := w.get("all").ResourceVersion
	w.fail = func(what string, _ types.NamespacedName) error {
		if calls := w.recordings.Calls(); what == "patch" && calls != nil && !slices.Equal(calls, []string{"CompleteClaims"}) {
			t.Errorf("before the annotations are removed it calls %q", calls)
		}
		return nil
	}
	w.settle("all")
	if diff := cmp.Diff(map[string]string{"mine": "stays", callsAnnotation: "%file"}, w.get("all").Annotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	if len(w.writes) != 2 || !strings.Contains(w.writes[0], `"resourceVersion":"`+version+`"`) {
		t.Errorf("writes: %q, want one with the version %s and one of the status", w.writes, version)
	}
	if claim, _ := w.recordings.Claim("uid-of-all"); claim.Calls.String() != "%file" {
		t.Errorf("it records %s, not what the argument says", claim.Calls)
	}
}

// TestArgumentsOverride checks that arguments stand for parameters, and for one
// operation alone.
func TestArgumentsOverride(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode), about("show", streamMode, "shop/other", "x"))
	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	w.resume()
	w.do("all", "start")
	w.annotate("show", operation, "collect", v1alpha1.OperationArgumentPrefix+"name", "shop/all", v1alpha1.OperationArgumentPrefix+"containerID", tracestest.ID("a"))
	w.settle("show")
	if status := w.get("show").Status; status.State != "Completed" || status.OperationError != "" {
		t.Errorf("with arguments: %+v", status)
	}
	if status := w.do("show", "collect"); !strings.Contains(status.OperationError, `"shop/other"`) {
		t.Errorf("without arguments: %+v", status)
	}
	if diff := cmp.Diff(map[string]string{"name": "shop/other", "containerID": "x"}, w.get("show").Spec.Parameters); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
}

// TestArgumentsAreResumed checks that a Trace which was started with arguments is
// resumed with them, and that the next start forgets them.
func TestArgumentsAreResumed(t *testing.T) {
	trace := tracestest.Trace("all", statusMode)
	trace.Spec.Parameters = map[string]string{"syscall-filters": "%network"}
	w := newWorld(t, trace)
	w.resume()
	w.annotate("all", operation, "start", v1alpha1.OperationArgumentPrefix+"syscall-filters", "%file")
	w.settle("all")
	w.do("all", "start") // is started already
	w.restart()
	w.resume()
	if claim, _ := w.recordings.Claim("uid-of-all"); claim.Calls.String() != "%file" {
		t.Errorf("resumed: it records %s", claim.Calls)
	}
	w.do("all", "stop")
	w.do("all", "start")
	if claim, _ := w.recordings.Claim("uid-of-all"); claim.Calls.String() != "%network" {
		t.Errorf("started anew: it records %s", claim.Calls)
	}
	if annotations := w.get("all").Annotations; len(annotations) != 0 {
		t.Errorf("annotations %v", annotations)
	}
}

// TestTwoQuickAnnotations has a client annotate again before the first annotation
// is removed: the newest operation runs, and once.
func TestTwoQuickAnnotations(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.resume()
	w.do("all", "start")
	w.recordings.Calls()
	w.annotate("all", operation, "begin")
	first := true
	w.fail = func(what string, _ types.NamespacedName) error {
		if what == "patch" && first {
			first = false
			w.annotate("all", operation, "stop")
		}
		return nil
	}
	result, err := w.once("all")
	if err != nil || result.RequeueAfter == 0 {
		t.Errorf("%+v, %v; want another look soon", result, err)
	}
	if status := w.get("all").Status; status.State != "Started" || status.OperationError != "" || w.recordings.Calls() != nil {
		t.Errorf("an operation was run that another one had replaced: %+v", status)
	}
	w.settle("all")
	if status := w.get("all").Status; status.State != "Stopped" {
		t.Errorf("status %+v", status)
	}
	if calls := w.recordings.Calls(); !slices.Equal(calls, []string{"RemoveClaim uid-of-all"}) {
		t.Errorf("it calls %q", calls)
	}
}

// TestAnnotatedDuringOperation has a client ask for the next operation while the
// status of the one before is written.
func TestAnnotatedDuringOperation(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.resume()
	first := true
	w.fail = func(what string, _ types.NamespacedName) error {
		if what == "patch status" && first {
			first = false
			w.annotate("all", operation, "stop")
		}
		return nil
	}
	w.do("all", "start")
	if trace := w.get("all"); trace.Status.State != "Stopped" || len(trace.Annotations) != 0 {
		t.Errorf("status %+v, annotations %v", trace.Status, trace.Annotations)
	}
	if diff := cmp.Diff([]string{"CompleteClaims", "SetClaim uid-of-all", "RemoveClaim uid-of-all"}, w.recordings.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

var resource = schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "traces"}

// TestStatusIsRetried has the API server fail for a while: the operation is not
// run again, and its status is written at last.
func TestStatusIsRetried(t *testing.T) {
	for name, failure := range map[string]error{
		"a conflict":           apierrors.NewConflict(resource, "all", errors.New("changed")),
		"an outage":            errors.New("connection refused"),
		"an overloaded server": apierrors.NewTooManyRequestsError("later"),
		"a broken server":      apierrors.NewInternalError(errors.New("no leader")),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tracestest.Trace("all", statusMode))
			w.resume()
			failing := true
			w.fail = func(what string, _ types.NamespacedName) error {
				if what == "patch status" && failing {
					return failure
				}
				return nil
			}
			w.annotate("all", operation, "start")
			for range 3 {
				if result, err := w.once("all"); err == nil && result.RequeueAfter == 0 {
					t.Error("nobody tries it again")
				}
			}
			w.recordings.Start(tracestest.Container("a", "web-1", "web"))
			failing = false
			w.settle("all")
			if status := w.get("all").Status; status.State != "Started" || w.letters("all") != "a" {
				t.Errorf("status %+v", status)
			}
			if diff := cmp.Diff([]string{"CompleteClaims", "SetClaim uid-of-all"}, w.recordings.Calls()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

// TestErrorIsRetried is the same with an operation that failed, of which only its
// status tells.
func TestErrorIsRetried(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.resume()
	failing := true
	w.fail = func(what string, _ types.NamespacedName) error {
		if what == "patch status" && failing {
			return errors.New("connection refused")
		}
		return nil
	}
	w.annotate("all", operation, "begin")
	if _, err := w.once("all"); err == nil {
		t.Error("nobody tries it again")
	}
	failing = false
	w.settle("all")
	if got := w.get("all").Status.OperationError; !strings.HasPrefix(got, `unknown operation "begin"`) {
		t.Errorf("operationError %q", got)
	}
	if len(w.reconciler.results) != 0 {
		t.Errorf("%d results are kept", len(w.reconciler.results))
	}
}

// TestAnnotationsAreRetried has the removal of the annotations fail: the operation
// is not run before.
func TestAnnotationsAreRetried(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.resume()
	failing := true
	w.fail = func(string, types.NamespacedName) error {
		if failing {
			return errors.New("connection refused")
		}
		return nil
	}
	w.recordings.Calls()
	w.annotate("all", operation, "start")
	if _, err := w.once("all"); err == nil || w.recordings.Calls() != nil {
		t.Errorf("%v, or it was run", err)
	}
	failing = false
	w.settle("all")
	if status := w.get("all").Status; status.State != "Started" {
		t.Errorf("status %+v", status)
	}
}

// TestInvalidStatus has the API server refuse a status: that is not tried for ever.
func TestInvalidStatus(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.resume()
	w.fail = func(what string, _ types.NamespacedName) error {
		if what == "patch status" {
			return apierrors.NewInvalid(v1alpha1.GroupVersion.WithKind("Trace").GroupKind(), "all", nil)
		}
		return nil
	}
	w.annotate("all", operation, "begin")
	if result, err := w.once("all"); err != nil || result.RequeueAfter != 0 {
		t.Errorf("%+v, %v", result, err)
	}
}

// TestReplaced has a Trace be replaced by another one of its name without the agent
// seeing the end of the first.
func TestReplaced(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.resume()
	w.do("all", "start")
	trace := w.get("all")
	trace.Finalizers = nil
	if err := w.api.Update(t.Context(), trace); err != nil {
		t.Fatal(err)
	}
	w.delete("all")
	again := tracestest.Trace("all", statusMode)
	again.UID = "another"
	if err := w.api.Create(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	w.settle("all")
	if _, held := w.recordings.Claim("uid-of-all"); held {
		t.Error("the first is still recorded")
	}
	if status := w.get("all").Status; status != (v1alpha1.TraceStatus{}) {
		t.Errorf("status %+v", status)
	}
}

// TestForcedAway deletes a Trace with the finalizer taken off by hand.
func TestForcedAway(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.resume()
	w.do("all", "start")
	trace := w.get("all")
	trace.Finalizers = nil
	if err := w.api.Update(t.Context(), trace); err != nil {
		t.Fatal(err)
	}
	w.delete("all")
	w.settle("all")
	if _, held := w.recordings.Claim("uid-of-all"); held {
		t.Error("it is still recorded")
	}
}

// TestStatusByOthers has somebody else write the status of a started Trace.
func TestStatusByOthers(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	w.resume()
	want := w.do("all", "start")
	trace := w.get("all")
	trace.Status.Output, trace.Status.State, trace.Status.OperationWarning = "none", "Completed", "nothing"
	if err := w.api.Status().Update(t.Context(), trace); err != nil {
		t.Fatal(err)
	}
	w.settle("all")
	if diff := cmp.Diff(want, w.get("all").Status); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

// TestErrorStays checks that the error of an operation on a started Trace stays
// while its list changes, until the next operation.
func TestErrorStays(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.resume()
	w.do("all", "start")
	w.do("all", "begin")
	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	w.changes()
	if status := w.get("all").Status; status.State != "Started" || w.letters("all") != "a" || !strings.HasPrefix(status.OperationError, "unknown operation") {
		t.Errorf("status %+v", status)
	}
	if status := w.do("all", "start"); status.OperationError != "" {
		t.Errorf("status after the next operation: %+v", status)
	}
}

// TestNoNews checks that a list which has not changed is not written.
func TestNoNews(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	w.resume()
	w.do("all", "start")
	w.writes = nil
	w.changes()
	if len(w.writes) != 0 {
		t.Errorf("writes: %q", w.writes)
	}
}

func TestTwoTraces(t *testing.T) {
	one, two := tracestest.Trace("one", statusMode), tracestest.Trace("two", statusMode)
	two.Spec.Filter = &v1alpha1.ContainerFilter{Labels: map[string]string{"app": "web"}}
	w := newWorld(t, one, two, about("remove", statusMode, "shop/one", tracestest.ID("a")))
	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	w.recordings.Start(tracestest.Container("b", "other", "web"))
	w.resume()
	w.do("one", "start")
	w.do("two", "start")
	check := func(when, one, two string) {
		t.Helper()
		if gotOne, gotTwo := w.letters("one"), w.letters("two"); gotOne != one || gotTwo != two {
			t.Errorf("%s: they list %q and %q, want %q and %q", when, gotOne, gotTwo, one, two)
		}
	}
	check("started", "ab", "a")
	w.do("remove", "delete")
	check("one has deleted", "b", "a")
	w.do("one", "stop")
	check("one is stopped", "", "a")
	w.do("one", "start")
	w.delete("two")
	w.settle("two")
	if got := w.get("one").Status.State; got != "Started" {
		t.Errorf("the other's deletion makes it %s", got)
	}
}

func TestResume(t *testing.T) {
	stopped := tracestest.Trace("stopped", statusMode)
	wrong := tracestest.Trace("wrong", statusMode)
	wrong.Spec.Parameters = map[string]string{"syscall-filters": "nosuchcall"}
	wrong.Status = v1alpha1.TraceStatus{State: "Started", Output: "[1]"}
	w := newWorld(t, tracestest.Trace("all", statusMode), stopped, wrong)
	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	w.resume()
	w.do("all", "start")
	w.do("stopped", "start")
	w.do("stopped", "stop")
	w.annotate("stopped", operation, "start") // asked for while nobody was there
	w.recordings.Calls()

	w.restart()
	w.resume()
	if diff := cmp.Diff([]string{"SetClaim uid-of-all", "CompleteClaims"}, w.recordings.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	claim, _ := w.recordings.Claim("uid-of-all")
	if diff := cmp.Diff([]string{tracestest.ID("a")}, claim.Held); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	for _, name := range []string{"all", "stopped", "wrong"} {
		w.settle(name)
	}
	if got := w.get("stopped").Status.State; got != "Started" {
		t.Errorf("what was asked for meanwhile: %s", got)
	}
	if status := w.get("wrong").Status; status.State != "Stopped" || !strings.Contains(status.OperationError, "nosuchcall") {
		t.Errorf("what cannot be resumed: %+v", status)
	}
	w.recordings.Start(tracestest.Container("b", "web-1", "web"))
	w.changes()
	if got := w.letters("all"); got != "ab" {
		t.Errorf("it lists %q", got)
	}
}

// TestResumeLate has a claim fail when the agent starts: the Trace says so, and is
// resumed when it can be.
func TestResumeLate(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	w.resume()
	w.do("all", "start")
	w.restart()
	w.recordings.Fail("SetClaim", errors.New("no more rings"))
	ctx, cancel := context.WithCancel(t.Context())
	var resuming sync.WaitGroup
	defer resuming.Wait()
	defer cancel()
	resuming.Go(func() {
		if err := w.reconciler.resume(ctx); err != nil {
			t.Error(err)
		}
	})
	<-w.reconciler.resumed
	if result, err := w.once("all"); err != nil || result.RequeueAfter != lastRetry {
		t.Errorf("%+v, %v; want another look", result, err)
	}
	if status := w.get("all").Status; status.State != "Started" || !strings.HasSuffix(status.OperationError, "no more rings") || w.letters("all") != "a" {
		t.Errorf("while it fails: %+v", status)
	}
	w.recordings.Fail("SetClaim", nil)
	w.settle("all")
	if status := w.get("all").Status; status.State != "Started" || status.OperationError != "" || !w.traces.IsStarted(w.get("all")) {
		t.Errorf("when it works: %+v", status)
	}
	resuming.Wait() // it gives back the rest, and ends
	if calls := w.recordings.Calls(); calls[len(calls)-1] != "CompleteClaims" {
		t.Errorf("calls %q", calls)
	}
}

// TestStaleCache checks that a Trace which was stopped is not taken up again by
// what the cache still has of it.
func TestStaleCache(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.resume()
	w.do("all", "start")
	stale := w.get("all")
	w.do("all", "stop")
	w.recordings.Calls()
	w.reconciler.client = interceptor.NewClient(w.api, interceptor.Funcs{
		Get: func(_ context.Context, _ client.WithWatch, _ client.ObjectKey, object client.Object, _ ...client.GetOption) error {
			stale.DeepCopyInto(object.(*v1alpha1.Trace))
			return nil
		},
	})
	if _, err := w.once("all"); err != nil {
		t.Fatal(err)
	}
	if calls := w.recordings.Calls(); calls != nil {
		t.Errorf("it calls %q", calls)
	}
	if got := w.get("all").Status.State; got != "Stopped" {
		t.Errorf("state %s", got)
	}
}

// TestListIsRetried has the API server be away when the agent starts.
func TestListIsRetried(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	tries := 0
	w.reconciler.live = interceptor.NewClient(w.api, interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			if tries++; tries < 3 {
				return errors.New("connection refused")
			}
			return c.List(ctx, list, options...)
		},
	})
	w.resume()
	if diff := cmp.Diff([]string{"CompleteClaims"}, w.recordings.Calls()); diff != "" || tries != 3 {
		t.Errorf("after %d tries (-want +got):\n%s", tries, diff)
	}
}

// TestNothingBeforeResume checks that no Trace is looked at before all are resumed.
func TestNothingBeforeResume(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.annotate("all", operation, "start")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.reconciler.Reconcile(ctx, reconcile.Request{NamespacedName: types.NamespacedName{Namespace: "shop", Name: "all"}}); err != nil {
		t.Fatal(err)
	}
	if calls := w.recordings.Calls(); calls != nil || len(w.writes) != 0 {
		t.Errorf("it calls %q, writes %q", calls, w.writes)
	}
}

func TestEvents(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode))
	w.resume()
	w.do("all", "start")
	w.recordings.Miss(tracestest.Container("a", "web-1", "web"), strings.Repeat("no ring ", 200))
	w.changes()
	if got := w.get("all").Status.OperationWarning; !strings.HasPrefix(got, `not recorded: "shop/web-1/web" (no ring `) {
		t.Errorf("operationWarning %q", got)
	}
	select {
	case got := <-w.events.Events:
		if !strings.HasPrefix(got, `Warning AttachFailed Container "shop/web-1/web" is not recorded: no ring `) || len(got) > maximumNote+100 {
			t.Errorf("event %q", got)
		}
	default:
		t.Error("no event")
	}
	w.settle("all")
	w.recordings.EndMissing()
	w.changes()
	if got := w.get("all").Status.OperationWarning; got != "" {
		t.Errorf("operationWarning of what has ended: %q", got)
	}
	select {
	case got := <-w.events.Events:
		t.Errorf("another event: %q", got)
	default:
	}
}

// TestStreamEnds checks that the stream is there until its Trace is deleted.
func TestStreamEnds(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode), about("show", streamMode, "shop/all", tracestest.ID("a")))
	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	w.resume()
	w.do("all", "start")
	w.do("show", "collect")
	server := httptest.NewServer(w.streams.Handler())
	defer server.Close()
	response, err := server.Client().Get(server.URL + stream.Path + "?tracerid=trace_shop_show")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	line := make([]byte, 3)
	if _, err := io.ReadFull(response.Body, line); err != nil || string(line) != "[]\n" {
		t.Fatalf("%q, %v", line, err)
	}
	w.delete("show")
	w.settle("show")
	if rest, err := io.ReadAll(response.Body); err != nil || len(rest) != 0 {
		t.Errorf("%q, %v", rest, err)
	}
}

// TestWatchChanges checks that news of the recordings have started Traces looked at.
func TestWatchChanges(t *testing.T) {
	w := newWorld(t, tracestest.Trace("all", statusMode), tracestest.Trace("stopped", statusMode))
	w.resume()
	w.do("all", "start")
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	defer queue.ShutDown()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := w.reconciler.watchChanges(ctx, queue); err != nil {
		t.Fatal(err)
	}
	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	got := make(chan reconcile.Request)
	go func() {
		request, _ := queue.Get()
		got <- request
	}()
	select {
	case request := <-got:
		if request.Name != "all" {
			t.Errorf("%v is looked at", request)
		}
	case <-time.After(10 * time.Second):
		t.Error("nothing is looked at")
	}
}

func TestStripPod(t *testing.T) {
	p := pod()
	p.ObjectMeta = metav1.ObjectMeta{
		Namespace: "shop", Name: "web", UID: "u", ResourceVersion: "1", Labels: map[string]string{"app": "web"},
		Annotations:   map[string]string{"large": "x", mirrorAnnotation: "m"},
		ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubelet"}}, OwnerReferences: []metav1.OwnerReference{{Name: "web"}},
	}
	want := pod()
	want.ObjectMeta = metav1.ObjectMeta{
		Namespace: "shop", Name: "web", UID: "u", ResourceVersion: "1", Labels: map[string]string{"app": "web"},
		Annotations: map[string]string{mirrorAnnotation: "m"},
	}
	got, err := stripPod(p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"u", "m"}, uids(want)); diff != "" {
		t.Errorf("UIDs (-want +got):\n%s", diff)
	}
}
