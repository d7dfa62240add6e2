package traces

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"traceloop/api/gadget/v1alpha1"
	"traceloop/internal/agent"
	"traceloop/internal/containers"
	"traceloop/internal/stream"
	"traceloop/internal/traces/tracestest"
	"traceloop/recording"
	"traceloop/ring"
	"traceloop/syscalls"
)

const (
	statusMode = v1alpha1.OutputModeStatus
	streamMode = v1alpha1.OutputModeStream
)

// world is Traces with recordings that a test makes.
type world struct {
	t          *testing.T
	recordings *tracestest.Recordings
	pods       *Pods
	streams    *stream.Hub
	traces     *Traces
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, recordings: tracestest.New(), pods: NewPods(), streams: stream.NewHub()}
	w.traces = New(Config{Node: "node-1", Recordings: w.recordings, Pods: w.pods, Streams: w.streams})
	return w
}

// run runs an operation, and gives the Trace the status that it is to have.
func (w *world) run(operation string, trace *v1alpha1.Trace) v1alpha1.TraceStatus {
	w.t.Helper()
	trace.Status = w.traces.Run(w.t.Context(), operation, trace)
	return trace.Status
}

// must runs an operation that does not fail.
func (w *world) must(operation string, trace *v1alpha1.Trace) {
	w.t.Helper()
	if status := w.run(operation, trace); status.OperationError != "" {
		w.t.Fatalf("%s of %s: %s", operation, trace.Name, status.OperationError)
	}
}

// start starts a Trace of all containers.
func (w *world) start(name string) *v1alpha1.Trace {
	w.t.Helper()
	trace := tracestest.Trace(name, statusMode)
	w.must("start", trace)
	return trace
}

func (w *world) report(trace *v1alpha1.Trace) Report {
	w.t.Helper()
	report, started, err := w.traces.Report(trace)
	if err != nil || !started {
		w.t.Fatalf("Report of %s: started %t, %v", trace.Name, started, err)
	}
	return report
}

// listed are the letters of the IDs that a Trace's status lists.
func (w *world) listed(trace *v1alpha1.Trace) string {
	w.t.Helper()
	var entries []v1alpha1.Entry
	if err := json.Unmarshal([]byte(w.report(trace).Output), &entries); err != nil {
		w.t.Fatal(err)
	}
	letters := ""
	for _, entry := range entries {
		letters += entry.ContainerID[:1]
	}
	return letters
}

// about makes a Trace that collects or deletes a container's recording of a Trace.
func about(name string, mode v1alpha1.OutputMode, of, id string) *v1alpha1.Trace {
	trace := tracestest.Trace(name, mode)
	trace.Spec.Parameters = map[string]string{"name": of, "containerID": id}
	return trace
}

// lines are those of a stream that has ended.
func (w *world) lines(id string) string {
	w.t.Helper()
	server := httptest.NewServer(w.streams.Handler())
	defer server.Close()
	response, err := server.Client().Get(server.URL + stream.Path + "?tracerid=" + id)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	w.streams.CloseAll()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

func TestStart(t *testing.T) {
	w := newWorld(t)
	trace := tracestest.Trace("all", statusMode)
	trace.Status = v1alpha1.TraceStatus{OperationError: "old", OperationWarning: "old"}
	want := v1alpha1.TraceStatus{State: "Started", Output: "[]"}
	if diff := cmp.Diff(want, w.run("start", trace)); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"SetClaim uid-of-all"}, w.recordings.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	claim, _ := w.recordings.Claim("uid-of-all")
	if claim.Calls != nil || claim.Held != nil {
		t.Errorf("the claim is %+v, want one of all calls that holds nothing", claim)
	}
	if !w.traces.IsStarted(trace) || !slices.Equal(w.traces.Started(), []types.NamespacedName{{Namespace: "shop", Name: "all"}}) {
		t.Errorf("started: %v", w.traces.Started())
	}
	if got := w.report(trace).Output; got != "[]" {
		t.Errorf("without a container: %s", got)
	}

	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	w.recordings.Start(tracestest.Container("b", "web-1", "log"))
	wantOutput := `[{"namespace":"shop","podname":"web-1","containername":"web","containerID":"` + tracestest.ID("a") + `","node":"node-1"},` +
		`{"namespace":"shop","podname":"web-1","containername":"log","containerID":"` + tracestest.ID("b") + `","node":"node-1"}]`
	report := w.report(trace)
	if diff := cmp.Diff(Report{Output: wantOutput}, report); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}

	// Once more changes nothing.
	trace.Status.Output, trace.Status.OperationError = report.Output, "old"
	want.Output = report.Output
	if diff := cmp.Diff(want, w.run("start", trace)); diff != "" {
		t.Errorf("status after the second start (-want +got):\n%s", diff)
	}
	if calls := w.recordings.Calls(); calls != nil {
		t.Errorf("the second start calls %q", calls)
	}
}

func TestStop(t *testing.T) {
	w := newWorld(t)
	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	trace := w.start("all")
	trace.Status.Output = w.report(trace).Output
	trace.Status.OperationWarning = "old"
	w.recordings.Calls()
	if diff := cmp.Diff(v1alpha1.TraceStatus{State: "Stopped", Output: "[]"}, w.run("stop", trace)); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"RemoveClaim uid-of-all"}, w.recordings.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if _, started, _ := w.traces.Report(trace); started || w.traces.IsStarted(trace) || len(w.traces.Started()) != 0 {
		t.Error("it is still started")
	}
	if status := w.run("stop", trace); status.State != "Stopped" || !strings.HasPrefix(status.OperationError, "this Trace is not started") {
		t.Errorf("stopped twice: %+v", status)
	}
	w.must("start", trace) // begins anew
	if trace.Status.State != "Started" || w.listed(trace) != "a" {
		t.Errorf("after the second start: %+v", trace.Status)
	}
}

func TestCollect(t *testing.T) {
	w := newWorld(t)
	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	w.start("all")
	w.recordings.Calls()
	collect := about("show", streamMode, "shop/all", tracestest.ID("a"))
	collect.Status.OperationError = "old"
	if diff := cmp.Diff(v1alpha1.TraceStatus{State: "Completed"}, w.run("collect", collect)); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ReadClaimed uid-of-all " + tracestest.ID("a")}, w.recordings.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if got := w.lines("trace_shop_show"); got != "[]\n" {
		t.Errorf("the stream has %q, want one line", got)
	}
}

// TestCollectOwnCalls checks that the line has the calls alone that the started
// Trace asked for, whatever others have the ring record.
func TestCollectOwnCalls(t *testing.T) {
	w := newWorld(t)
	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	task := &ring.Task{PID: 1, Comm: "sh"}
	var records []ring.Record
	for i, name := range []string{"openat", "close", "getpid"} {
		number, _ := syscalls.Number(syscalls.AMD64, name)
		records = append(records, ring.Record{Type: ring.TypeCall, Task: task, TID: uint32(i + 1), Start: 1, End: 1,
			Call: ring.Call{Number: number, State: ring.StateInFlight, Arguments: make([]uint64, len(syscalls.Lookup(syscalls.AMD64, number).Arguments))}})
	}
	w.recordings.Read(func(string) *recording.Recording {
		return &recording.Recording{
			Architecture: "amd64", Container: recording.Container{Namespace: "shop", Pod: "web-1", ContainerName: "web"},
			Snapshot: ring.Snapshot{InFlight: ring.EncodeCalls(records)},
		}
	})
	trace := tracestest.Trace("some", statusMode)
	trace.Spec.Parameters = map[string]string{"syscall-filters": "openat,getpid"}
	w.must("start", trace)
	w.must("collect", about("show", streamMode, "shop/some", tracestest.ID("a")))
	var events []struct {
		Syscall    string
		Kubernetes struct{ Node, Namespace, PodName, ContainerName string } `json:"k8s"`
	}
	if err := json.Unmarshal([]byte(w.lines("trace_shop_show")), &events); err != nil {
		t.Fatal(err)
	}
	if len(events) != 2 || events[0].Syscall != "openat" || events[1].Syscall != "getpid" {
		t.Errorf("got %+v, want openat and getpid", events)
	}
	for _, e := range events {
		if k := e.Kubernetes; k.Node != "node-1" || k.Namespace != "shop" || k.PodName != "web-1" || k.ContainerName != "web" {
			t.Errorf("it is of %+v", k)
		}
	}
}

func TestDelete(t *testing.T) {
	w := newWorld(t)
	for _, letter := range []string{"a", "b"} {
		w.recordings.Start(tracestest.Container(letter, "web-1", letter))
	}
	all, other := w.start("all"), w.start("other")
	w.recordings.Calls()
	remove := about("remove", statusMode, "shop/all", tracestest.ID("a"))
	if diff := cmp.Diff(v1alpha1.TraceStatus{State: "Completed"}, w.run("delete", remove)); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Release uid-of-all " + tracestest.ID("a")}, w.recordings.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if got := w.listed(all); got != "b" {
		t.Errorf("its Trace lists %q, want b", got)
	}
	if got := w.listed(other); got != "ab" {
		t.Errorf("the other Trace lists %q, want ab", got)
	}
	if status := w.run("delete", remove); status.State != "Completed" || !strings.Contains(status.OperationError, "which the Trace does not hold") {
		t.Errorf("deleted twice: %+v", status)
	}
}

// TestDeleteOfOwn has a started Trace delete a recording of its own: it stays started.
func TestDeleteOfOwn(t *testing.T) {
	w := newWorld(t)
	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	trace := w.start("all")
	trace.Spec.Parameters = map[string]string{"name": "shop/all", "containerID": tracestest.ID("a")}
	w.must("delete", trace)
	if trace.Status.State != "Started" || !w.traces.IsStarted(trace) || w.listed(trace) != "" {
		t.Errorf("%+v, lists %q", trace.Status, w.listed(trace))
	}
}

func TestContainerIDs(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"0123456789abcdef", "0123456789abcdef.1", "0123456789abff00", "fedcba9876543210"} {
		c := tracestest.Container("a", "web-1", "web")
		c.ID = id
		w.recordings.Start(c)
	}
	w.start("all")
	tests := []struct{ given, want, wrong string }{
		{given: "0123456789abcdef", want: "0123456789abcdef"},
		{given: "0123456789abcdef.1", want: "0123456789abcdef.1"},
		{given: "fedcba987654", want: "fedcba9876543210"},
		{given: "0123456789abf", want: "0123456789abff00"},
		{given: "fedcba98765", wrong: "which the Trace does not hold"}, // too short
		{given: "0123456789ab", wrong: "with which several of its recordings begin"},
		{given: "fedcba98765432100", wrong: "which the Trace does not hold"},
	}
	for _, test := range tests {
		t.Run(test.given, func(t *testing.T) {
			w.recordings.Calls()
			status := w.run("collect", about("show", streamMode, "shop/all", test.given))
			if test.wrong == "" {
				if calls := w.recordings.Calls(); status.OperationError != "" || len(calls) != 1 || calls[0] != "ReadClaimed uid-of-all "+test.want {
					t.Errorf("%q, %q", status.OperationError, calls)
				}
				return
			}
			want := fmt.Sprintf(`the parameter "containerID" is %q, %s: Trace "shop/all" holds 0123456789abcdef, 0123456789abcdef.1, 0123456789abff00, fedcba9876543210`, test.given, test.wrong)
			if diff := cmp.Diff(want, status.OperationError); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestErrors has every error that an operation may be given for what was asked.
// None changes what a Trace has or does.
func TestErrors(t *testing.T) {
	id := tracestest.ID("a")
	change := func(mode v1alpha1.OutputMode, change func(*v1alpha1.TraceSpec)) *v1alpha1.Trace {
		trace := about("asking", mode, "shop/all", id)
		change(&trace.Spec)
		return trace
	}
	calls := func(text string) *v1alpha1.Trace {
		return change(statusMode, func(s *v1alpha1.TraceSpec) { s.Parameters["syscall-filters"] = text })
	}
	nothing := func(*v1alpha1.TraceSpec) {}
	without := func(mode v1alpha1.OutputMode, key string) *v1alpha1.Trace {
		return change(mode, func(s *v1alpha1.TraceSpec) { delete(s.Parameters, key) })
	}
	names := func(name string) *v1alpha1.Trace {
		return change(streamMode, func(s *v1alpha1.TraceSpec) { s.Parameters["name"] = name })
	}
	tests := []struct {
		name      string
		operation string
		trace     *v1alpha1.Trace
		want      string
	}{
		{"another gadget", "start", change(statusMode, func(s *v1alpha1.TraceSpec) { s.Gadget = "dns\x1b" }), `unknown gadget "dns\x1b": this agent has "traceloop"`},
		{"no gadget", "start", change(statusMode, func(s *v1alpha1.TraceSpec) { s.Gadget = "" }), `unknown gadget "": this agent has "traceloop"`},
		{"Auto", "start", change(statusMode, func(s *v1alpha1.TraceSpec) { s.RunMode = "Auto" }), `runMode "Auto" is not supported: want "Manual"`},
		{"no run mode", "start", change(statusMode, func(s *v1alpha1.TraceSpec) { s.RunMode = "" }), `runMode "" is not supported: want "Manual"`},
		{"File", "start", change("File", nothing), `outputMode "File" is not supported: want "Status" or, to collect, "Stream"`},
		{"ExternalResource", "collect", change("ExternalResource", nothing), `outputMode "ExternalResource" is not supported: want "Status" or, to collect, "Stream"`},
		{"no output mode", "start", change("", nothing), `outputMode "" is not supported: want "Status" or, to collect, "Stream"`},
		{"start to a stream", "start", change(streamMode, nothing), `the operation "start" wants outputMode "Status", and this Trace has "Stream"`},
		{"delete to a stream", "delete", change(streamMode, nothing), `the operation "delete" wants outputMode "Status", and this Trace has "Stream"`},
		{"stop to a stream", "stop", change(streamMode, nothing), `the operation "stop" wants outputMode "Status", and this Trace has "Stream"`},
		{"collect to the status", "collect", change(statusMode, nothing), `the operation "collect" wants outputMode "Stream", and this Trace has "Status"`},
		{"an unknown operation", "begin", change(statusMode, nothing), `unknown operation "begin": want one of start, collect, delete, stop`},
		{"no operation", "", change(statusMode, nothing), `unknown operation "": want one of start, collect, delete, stop`},
		{"an operation in other letters", "Start", change(statusMode, nothing), `unknown operation "Start": want one of start, collect, delete, stop`},
		{"stop of what is not started", "stop", change(statusMode, nothing), `this Trace is not started, so it cannot be stopped: the operation "start" starts it`},
		{"collect without a name", "collect", without(streamMode, "name"), `the parameter "name" is missing: want NAMESPACE/NAME of a started Trace`},
		{"delete without a name", "delete", without(statusMode, "name"), `the parameter "name" is missing: want NAMESPACE/NAME of a started Trace`},
		{"a name without a namespace", "collect", names("all"), `the parameter "name" is "all": want NAMESPACE/NAME of a started Trace`},
		{"a name with an empty namespace", "collect", names("/all"), `the parameter "name" is "/all": want NAMESPACE/NAME of a started Trace`},
		{"an empty name", "collect", names("shop/"), `the parameter "name" is "shop/": want NAMESPACE/NAME of a started Trace`},
		{"a name with more", "collect", names("shop/all/web"), `the parameter "name" is "shop/all/web": want NAMESPACE/NAME of a started Trace`},
		{"a Trace that is not there", "collect", names("other/all"), `the parameter "name" is "other/all": no Trace of this name is started on node "node-1"`},
		{"a Trace that is stopped", "collect", names("shop/stopped"), `the parameter "name" is "shop/stopped": no Trace of this name is started on node "node-1"`},
		{"a Trace that has collected", "collect", names("shop/collected"), `the parameter "name" is "shop/collected": no Trace of this name is started on node "node-1"`},
		{"collect without a container", "collect", without(streamMode, "containerID"), `the parameter "containerID" is missing: Trace "shop/all" holds ` + id},
		{"delete without a container", "delete", without(statusMode, "containerID"), `the parameter "containerID" is missing: Trace "shop/all" holds ` + id},
		{"collect of another container", "collect", change(streamMode, func(s *v1alpha1.TraceSpec) { s.Parameters["containerID"] = "x\n" }),
			`the parameter "containerID" is "x\n", which the Trace does not hold: Trace "shop/all" holds ` + id},
		{"delete of another container", "delete", change(statusMode, func(s *v1alpha1.TraceSpec) { s.Parameters["containerID"] = "x" }),
			`the parameter "containerID" is "x", which the Trace does not hold: Trace "shop/all" holds ` + id},
		{"collect of a Trace without recordings", "collect", change(streamMode, func(s *v1alpha1.TraceSpec) { s.Parameters["name"] = "shop/empty" }),
			`the parameter "containerID" is "` + id + `", which the Trace does not hold: Trace "shop/empty" holds no recordings`},
		{"a call that does not exist", "start", calls("open,opnat"), `the parameter "syscall-filters" is "open,opnat": unknown system call "opnat": did you mean openat?`},
		{"a set that does not exist", "start", calls("%fil"), `the parameter "syscall-filters" is "%fil": unknown set of system calls "%fil": want one of %file, %network, %process, %desc, %memory, %signal, %ipc, %stat, %lstat, %fstat, %%stat, %statfs, %fstatfs, %%statfs, %creds, %clock, %pure`},
		{"namespaces that are none", "start", change(statusMode, func(s *v1alpha1.TraceSpec) { s.Filter = &v1alpha1.ContainerFilter{Namespace: " ,"} }),
			`filter.namespace is " ,": want namespaces with commas between them, or nothing for all`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.recordings.Start(tracestest.Container("a", "web-1", "web"))
			all, stopped, empty := w.start("all"), w.start("stopped"), tracestest.Trace("empty", statusMode)
			w.must("stop", stopped)
			empty.Spec.Filter = &v1alpha1.ContainerFilter{Namespace: "none"}
			w.must("start", empty)
			w.must("collect", about("collected", streamMode, "shop/all", id))
			w.recordings.Calls()

			before := v1alpha1.TraceStatus{State: "Completed", Output: "[1]", OperationError: "old", OperationWarning: "old"}
			test.trace.Status = before
			want := before
			want.OperationError, want.OperationWarning = test.want, ""
			if diff := cmp.Diff(want, w.run(test.operation, test.trace)); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			if calls := w.recordings.Calls(); calls != nil {
				t.Errorf("it calls %q", calls)
			}
			if got := w.listed(all); got != "a" {
				t.Errorf("the started Trace lists %q", got)
			}
		})
	}
}

// TestErrorsAreBounded checks messages of what a client may make long.
func TestErrorsAreBounded(t *testing.T) {
	w := newWorld(t)
	for i := range 100 {
		c := tracestest.Container("a", "web", "web")
		c.ID = fmt.Sprintf("%064d", i)
		w.recordings.Start(c)
	}
	w.start("all")
	status := w.run("collect", about("show", streamMode, "shop/all", strings.Repeat("x", 100_000)))
	if got := status.OperationError; len(got) > 4096 || !strings.HasSuffix(got, ", and 80 more") {
		t.Errorf("%d bytes: %.500s", len(got), got)
	}
	long := tracestest.Trace("long", statusMode)
	long.Spec.Parameters = map[string]string{"syscall-filters": strings.Repeat("x", 100_000)}
	for _, operation := range []string{"start", strings.Repeat("y", 100_000)} {
		if got := w.run(operation, long).OperationError; len(got) > maximumError+3 {
			t.Errorf("%d bytes: %.500s", len(got), got)
		}
	}
}

// TestFailures has the recordings fail: the status says how and is as it was.
func TestFailures(t *testing.T) {
	failure := errors.New("no more rings")
	id := tracestest.ID("a")
	tests := []struct{ operation, method, want string }{
		{"start", "SetClaim", "beginning to record: no more rings"},
		{"stop", "RemoveClaim", "releasing recordings: no more rings"},
		{"collect", "ReadClaimed", `reading the recording of container "` + id + `": no more rings`},
		{"collect", "Claimed", `listing the recordings of Trace "shop/all": no more rings`},
		{"delete", "Release", `deleting the recording of container "` + id + `": no more rings`},
	}
	for _, test := range tests {
		t.Run(test.operation+" "+test.method, func(t *testing.T) {
			w := newWorld(t)
			w.recordings.Start(tracestest.Container("a", "web-1", "web"))
			trace := w.start("all")
			switch test.operation {
			case "start":
				trace = tracestest.Trace("other", statusMode)
			case "collect":
				trace = about("show", streamMode, "shop/all", id)
			case "delete":
				trace = about("remove", statusMode, "shop/all", id)
			}
			before := trace.Status
			w.recordings.Fail(test.method, failure)
			before.OperationError = test.want
			if diff := cmp.Diff(before, w.run(test.operation, trace)); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			w.recordings.Fail(test.method, nil)
			w.must(test.operation, trace)
		})
	}
}

func TestReportFails(t *testing.T) {
	for _, method := range []string{"Claimed", "Unrecorded"} {
		w := newWorld(t)
		trace := w.start("all")
		failure := errors.New("no more rings")
		w.recordings.Fail(method, failure)
		if _, started, err := w.traces.Report(trace); !started || !errors.Is(err, failure) {
			t.Errorf("%s: started %t, %v", method, started, err)
		}
	}
}

func TestUnavailable(t *testing.T) {
	reason := errors.New("the kernel has no BTF")
	traces := New(Config{Node: "node-1", Unavailable: reason, Pods: NewPods(), Streams: stream.NewHub()})
	trace := tracestest.Trace("all", statusMode)
	want := v1alpha1.TraceStatus{OperationError: `nothing can be recorded on node "node-1": the kernel has no BTF`}
	if diff := cmp.Diff(want, traces.Run(t.Context(), "start", trace)); diff != "" {
		t.Errorf("start (-want +got):\n%s", diff)
	}
	// What an earlier agent had started is not given up.
	trace.Status = v1alpha1.TraceStatus{State: "Started", Output: "[]"}
	want = v1alpha1.TraceStatus{State: "Started", Output: "[]", OperationError: "resuming after a restart of the agent: " + want.OperationError}
	if diff := cmp.Diff(map[types.UID]v1alpha1.TraceStatus{trace.UID: want}, traces.Resume(t.Context(), trace)); diff != "" {
		t.Errorf("resume (-want +got):\n%s", diff)
	}
	if err := traces.Complete(); err != nil {
		t.Error(err)
	}
	if status := traces.Run(t.Context(), "stop", trace); status.State != "Stopped" || status.OperationError != "" {
		t.Errorf("stop: %+v", status)
	}
	if err := errors.Join(traces.Release(trace), traces.Forget(types.NamespacedName{Namespace: "shop", Name: "all"}, "")); err != nil {
		t.Error(err)
	}
}

// TestTracesAreIndependent checks that each has its own containers and calls, and
// that the end of one leaves the other.
func TestTracesAreIndependent(t *testing.T) {
	w := newWorld(t)
	for _, letter := range []string{"a", "b"} {
		w.recordings.Start(tracestest.Container(letter, "pod-"+letter, letter))
	}
	files, network := tracestest.Trace("files", statusMode), tracestest.Trace("network", statusMode)
	files.Spec.Parameters = map[string]string{"syscall-filters": "openat,%file"}
	network.Spec.Parameters = map[string]string{"syscall-filters": "%network"}
	network.Spec.Filter = &v1alpha1.ContainerFilter{Podname: "pod-b"}
	w.must("start", files)
	w.must("start", network)
	for trace, want := range map[*v1alpha1.Trace]string{files: "openat,%file", network: "%network"} {
		if claim, _ := w.recordings.Claim(string(trace.UID)); claim.Calls.String() != want {
			t.Errorf("%s claims the calls %s", trace.Name, claim.Calls)
		}
	}
	if files, network := w.listed(files), w.listed(network); files != "ab" || network != "b" {
		t.Errorf("they list %q and %q", files, network)
	}
	w.must("stop", files)
	if got := w.listed(network); got != "b" {
		t.Errorf("after the other's stop it lists %q", got)
	}
	w.must("start", files)
	if err := w.traces.Release(network); err != nil {
		t.Fatal(err)
	}
	if got := w.listed(files); got != "ab" {
		t.Errorf("after the other's deletion it lists %q", got)
	}
}

func TestUnrecorded(t *testing.T) {
	w := newWorld(t)
	trace := tracestest.Trace("all", statusMode)
	trace.Spec.Filter = &v1alpha1.ContainerFilter{Namespace: "shop"}
	w.must("start", trace)
	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	elsewhere := tracestest.Container("e", "other", "other")
	elsewhere.Namespace = "elsewhere"
	w.recordings.Miss(elsewhere, "no ring")
	w.recordings.Miss(tracestest.Container("b", "web\x1b", "log"), `no "ring\n" was `+"\x1b ready")
	report := w.report(trace)
	want := `not recorded: "shop/web\x1b/log" (no "ring\n" was \x1b ready)`
	if report.Warning != want {
		t.Errorf("warning: %s", report.Warning)
	}
	related := &corev1.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: "shop", Name: "web\x1b", UID: "uid-of-web\x1b", FieldPath: "spec.containers{log}"}
	if diff := cmp.Diff([]Failure{{Container: `"shop/web\x1b/log"`, Reason: `no "ring\n" was \x1b ready`, Related: related}}, report.Failures); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	if report = w.report(trace); report.Warning != want || report.Failures != nil {
		t.Errorf("the second time: %+v", report)
	}
	for i := range 9 {
		c := tracestest.Container("c", fmt.Sprintf("pod-%d", i), "web")
		c.ID = fmt.Sprint(i)
		w.recordings.Miss(c, strings.Repeat("long ", 1000))
	}
	if report = w.report(trace); len(report.Failures) != 9 || len(report.Warning) > 4096 || !strings.HasSuffix(report.Warning, ", and 7 more") {
		t.Errorf("%d failures, warning of %d bytes: %s", len(report.Failures), len(report.Warning), report.Warning)
	}
	w.recordings.EndMissing()
	if report = w.report(trace); report.Warning != "" || report.Failures != nil {
		t.Errorf("when they have ended: %+v", report)
	}
}

// TestOutputIsBounded checks what is listed of more recordings than a resource has
// room for.
func TestOutputIsBounded(t *testing.T) {
	w := newWorld(t)
	trace := w.start("all")
	const count = 5000
	for i := range count {
		c := tracestest.Container("a", strings.Repeat("p", 253), strings.Repeat("c", 63))
		c.ID = fmt.Sprintf("%064d", i)
		w.recordings.Start(c)
	}
	report := w.report(trace)
	stored, err := json.Marshal(report.Output)
	if err != nil {
		t.Fatal(err)
	}
	if len(stored) > maximumOutput+100 || len(stored) < maximumOutput-1000 {
		t.Errorf("the output takes %d bytes, want nearly %d", len(stored), maximumOutput)
	}
	var entries []v1alpha1.Entry
	if err := json.Unmarshal([]byte(report.Output), &entries); err != nil {
		t.Fatal(err)
	}
	if last := entries[len(entries)-1].ContainerID; last != fmt.Sprintf("%064d", count-1) {
		t.Errorf("the last one is %s", last)
	}
	want := fmt.Sprintf("the oldest %d of %d recordings are not listed, as there is no room for more", count-len(entries), count)
	if report.Warning != want {
		t.Errorf("warning: %s, want %s", report.Warning, want)
	}
}

// TestOutputOrder checks that the order is that of the recordings' ages whatever
// the order in which they are told.
func TestOutputOrder(t *testing.T) {
	w := newWorld(t)
	w.start("all")
	claimed := func(letter string, container containers.Container, after int) agent.Claimed {
		w.recordings.Start(container)
		all, err := w.recordings.Claimed("uid-of-all")
		if err != nil {
			t.Fatal(err)
		}
		one := all[0]
		one.ID, one.Started = letter, one.Started.AddDate(0, 0, after)
		return one
	}
	c := tracestest.Container("a", "web", "web")
	unordered := []agent.Claimed{claimed("d", c, 2), claimed("c", c, 1), claimed("a", c, 1), claimed("b", c, 0)}
	text, _, err := w.traces.output(unordered)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b", "a", "c", "d"}, listed(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if unordered[0].ID != "d" {
		t.Error("it orders what it was given")
	}
}

func TestRelease(t *testing.T) {
	w := newWorld(t)
	w.recordings.Start(tracestest.Container("a", "web-1", "web"))
	trace := w.start("all")
	collected := about("show", streamMode, "shop/all", tracestest.ID("a"))
	w.must("collect", collected)
	w.recordings.Calls()
	failure := errors.New("no more rings")
	w.recordings.Fail("RemoveClaim", failure)
	if err := w.traces.Release(trace); !errors.Is(err, failure) || !w.traces.IsStarted(trace) {
		t.Errorf("%v, started %t", err, w.traces.IsStarted(trace))
	}
	w.recordings.Fail("RemoveClaim", nil)
	w.recordings.Calls()
	if err := errors.Join(w.traces.Release(trace), w.traces.Release(collected)); err != nil {
		t.Fatal(err)
	}
	if calls := w.recordings.Calls(); !slices.Contains(calls, "RemoveClaim uid-of-all") || w.traces.IsStarted(trace) {
		t.Errorf("it calls %q", calls)
	}
	if got := w.lines("trace_shop_show"); !strings.HasPrefix(got, "no stream") {
		t.Errorf("its stream has %q", got)
	}
	// One that this agent does not know, of a specification that nobody understands.
	strange := &v1alpha1.Trace{}
	strange.UID = "strange"
	if err := w.traces.Release(strange); err != nil {
		t.Error(err)
	}
	if calls := w.recordings.Calls(); !slices.Equal(calls, []string{"RemoveClaim strange"}) {
		t.Errorf("it calls %q", calls)
	}
}

// TestForget has a Trace be replaced by another one of its name.
func TestForget(t *testing.T) {
	w := newWorld(t)
	trace := w.start("all")
	name := types.NamespacedName{Namespace: "shop", Name: "all"}
	w.recordings.Calls()
	if err := w.traces.Forget(name, trace.UID); err != nil || w.recordings.Calls() != nil || !w.traces.IsStarted(trace) {
		t.Errorf("itself: %v", err)
	}
	again := tracestest.Trace("all", statusMode)
	again.UID = "another"
	if w.traces.IsStarted(again) {
		t.Error("another of its name is started")
	}
	if err := w.traces.Forget(name, again.UID); err != nil {
		t.Fatal(err)
	}
	if calls := w.recordings.Calls(); !slices.Equal(calls, []string{"RemoveClaim uid-of-all"}) || w.traces.IsStarted(trace) {
		t.Errorf("it calls %q", calls)
	}
	w.must("start", again)
	if !w.traces.IsStarted(again) {
		t.Error("another of its name is not started")
	}
}

func TestResume(t *testing.T) {
	w := newWorld(t)
	started := tracestest.Trace("started", statusMode)
	started.Status = v1alpha1.TraceStatus{State: "Started", Output: `[{"containerID":"a"},{"containerID":"b"}]`}
	started.Spec.Parameters = map[string]string{"syscall-filters": "%file"}
	torn := tracestest.Trace("torn", statusMode)
	torn.Status = v1alpha1.TraceStatus{State: "Started", Output: `[{"contai`}
	stopped := tracestest.Trace("stopped", statusMode)
	stopped.Status.State = "Stopped"
	deleted := tracestest.Trace("deleted", statusMode)
	deleted.Status.State = "Started"
	deleted.DeletionTimestamp = &deletionTime
	wrong := tracestest.Trace("wrong", statusMode)
	wrong.Status = v1alpha1.TraceStatus{State: "Started", Output: "[1]"}
	wrong.Spec.Parameters = map[string]string{"syscall-filters": "nosuchcall"}

	if err := w.traces.Complete(); err == nil {
		t.Error("what there was is given up before it was looked at")
	}
	failed := w.traces.Resume(t.Context(), started, torn, stopped, deleted, wrong)
	want := map[types.UID]v1alpha1.TraceStatus{wrong.UID: {State: "Stopped", Output: "[]",
		OperationError: `resuming after a restart of the agent: the parameter "syscall-filters" is "nosuchcall": unknown system call "nosuchcall"`}}
	if diff := cmp.Diff(want, failed); diff != "" {
		t.Errorf("failed (-want +got):\n%s", diff)
	}
	for range 2 { // the second time does nothing
		if err := w.traces.Complete(); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"SetClaim uid-of-started", "SetClaim uid-of-torn", "CompleteClaims"}, w.recordings.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	claim, _ := w.recordings.Claim("uid-of-started")
	if diff := cmp.Diff([]string{"a", "b"}, claim.Held); diff != "" || claim.Calls.String() != "%file" {
		t.Errorf("the claim is of %s and has (-want +got):\n%s", claim.Calls, diff)
	}
	if failed := w.traces.Resume(t.Context(), started); len(failed) != 0 || w.recordings.Calls() != nil {
		t.Errorf("resumed twice: %v", failed)
	}
	w.recordings.Start(tracestest.Container("c", "web-1", "web"))
	if got := w.listed(started); got != "c" {
		t.Errorf("it lists %q", got)
	}
}

// TestResumeFails checks that nothing is given back while a Trace could not be resumed.
func TestResumeFails(t *testing.T) {
	failure := errors.New("no more rings")
	started := func(w *world) *v1alpha1.Trace {
		trace := tracestest.Trace("all", statusMode)
		trace.Status = v1alpha1.TraceStatus{State: "Started", Output: `[{"containerID":"a"}]`, OperationWarning: "old"}
		w.recordings.Fail("SetClaim", failure)
		failed := w.traces.Resume(w.t.Context(), trace)
		want := v1alpha1.TraceStatus{State: "Started", Output: trace.Status.Output,
			OperationError: "resuming after a restart of the agent: beginning to record: no more rings"}
		if diff := cmp.Diff(map[types.UID]v1alpha1.TraceStatus{trace.UID: want}, failed); diff != "" {
			w.t.Errorf("failed (-want +got):\n%s", diff)
		}
		if err := w.traces.Complete(); err == nil || !strings.HasPrefix(err.Error(), "1 Traces that were started could not be resumed yet") {
			w.t.Errorf("Complete: %v", err)
		}
		w.recordings.Fail("SetClaim", nil)
		trace.Status = want
		return trace
	}
	ways := map[string]func(w *world, trace *v1alpha1.Trace){
		"resumed later": func(w *world, trace *v1alpha1.Trace) { w.traces.Resume(w.t.Context(), trace) },
		"started":       func(w *world, trace *v1alpha1.Trace) { w.must("start", trace) },
		"stopped":       func(w *world, trace *v1alpha1.Trace) { w.must("stop", trace) },
		"deleted": func(w *world, trace *v1alpha1.Trace) {
			if err := w.traces.Release(trace); err != nil {
				w.t.Error(err)
			}
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			trace := started(w)
			way(w, trace)
			w.recordings.Fail("CompleteClaims", failure)
			if err := w.traces.Complete(); !errors.Is(err, failure) {
				t.Errorf("Complete: %v", err)
			}
			w.recordings.Fail("CompleteClaims", nil)
			if err := w.traces.Complete(); err != nil {
				t.Errorf("Complete: %v", err)
			}
			if claim, ok := w.recordings.Claim("uid-of-all"); ok && !slices.Equal(claim.Held, []string{"a"}) {
				t.Errorf("the claim holds %q, want a", claim.Held)
			}
		})
	}
}

// TestConcurrent has everybody use Traces at once, for the race detector.
func TestConcurrent(t *testing.T) {
	w := newWorld(t)
	var all sync.WaitGroup
	for i := range 4 {
		name := fmt.Sprintf("trace-%d", i)
		all.Go(func() {
			for range 20 {
				trace := tracestest.Trace(name, statusMode)
				trace.Spec.Filter = &v1alpha1.ContainerFilter{Labels: map[string]string{"app": "web"}}
				trace.Status = w.traces.Run(context.Background(), "start", trace)
				if _, _, err := w.traces.Report(trace); err != nil {
					t.Error(err)
				}
				if status := w.traces.Run(context.Background(), "stop", trace); status.OperationError != "" {
					t.Error(status.OperationError)
				}
				w.traces.Started()
			}
		})
	}
	all.Go(func() {
		for i := range 50 {
			pod := fmt.Sprintf("pod-%d", i)
			w.pods.Set("uid-of-"+pod, map[string]string{"app": "web"})
			w.recordings.Start(tracestest.Container("a", pod, "web"))
			w.pods.Delete("uid-of-" + pod)
		}
	})
	all.Wait()
	if left := w.traces.Started(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}
