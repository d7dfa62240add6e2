//go:build cluster

package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"traceloop/api/gadget/v1alpha1"
)

// node is where the contract is tested.
const node = "node1"

// keep creates a Trace that goes when the test ends, with what it holds.
func keep(t *testing.T, trace *v1alpha1.Trace) *v1alpha1.Trace {
	t.Helper()
	create(t, trace)
	t.Cleanup(func() {
		current := trace.DeepCopy()
		if err := client.IgnoreNotFound(objects.Delete(context.Background(), current)); err != nil {
			t.Error(err)
		}
		eventually(t, "the end of Trace "+trace.Name, func() error { return gone(context.Background(), current) })
	})
	return trace
}

// prepared is a Trace of the containers in the test's namespace, to which nothing
// was done yet. It is changed before it is created.
func prepared(t *testing.T, name string, change func(*v1alpha1.Trace)) *v1alpha1.Trace {
	t.Helper()
	trace := newTrace(name, node, "", v1alpha1.OutputModeStatus)
	trace.Spec.Filter = &v1alpha1.ContainerFilter{Namespace: namespace(t)}
	if change != nil {
		change(trace)
	}
	return keep(t, trace)
}

// start is such a Trace, started.
func start(t *testing.T, name string, change func(*v1alpha1.Trace)) *v1alpha1.Trace {
	t.Helper()
	return operate(t, prepared(t, name, change), v1alpha1.OperationStart, inState(v1alpha1.StateStarted))
}

// all is the condition that all conditions hold.
func all(conditions ...func(*v1alpha1.Trace) error) func(*v1alpha1.Trace) error {
	return func(trace *v1alpha1.Trace) error {
		for _, condition := range conditions {
			if err := condition(trace); err != nil {
				return err
			}
		}
		return nil
	}
}

// failed is the condition that a Trace's operation has failed with a text.
func failed(text string) func(*v1alpha1.Trace) error {
	return func(trace *v1alpha1.Trace) error {
		if trace.Status.OperationError != text {
			return fmt.Errorf("the error is %q, want %q", trace.Status.OperationError, text)
		}
		return nil
	}
}

// unknownOperation is the text of the error of such.
func unknownOperation(name string) string {
	return fmt.Sprintf("unknown operation %q: want one of start, collect, delete, stop", name)
}

// asks is the Trace of an operation on a recording of another Trace, to which
// nothing was done yet.
func asks(t *testing.T, name string, mode v1alpha1.OutputMode, about *v1alpha1.Trace, container string) *v1alpha1.Trace {
	t.Helper()
	trace := newTrace(name, node, "", mode)
	trace.Spec.Parameters = map[string]string{
		v1alpha1.ParameterName: about.Namespace + "/" + about.Name, v1alpha1.ParameterContainerID: container,
	}
	return keep(t, trace)
}

// look has a container that runs look for a file that is not there.
func look(t *testing.T, pod *corev1.Pod, name string) {
	t.Helper()
	if _, err := shared.Kubectl(t.Context(), "exec", "--namespace", pod.Namespace, pod.Name, "--", "cat", name); err == nil {
		t.Fatalf("%s is there", name)
	}
}

// looked are the files of a directory that a container has looked for, in order.
func looked(events []oldEvent, directory string) []string {
	var names []string
	for _, e := range events {
		name := strings.Trim(e.content("filename"), `"`)
		if name, found := strings.CutPrefix(name, directory); found && e.Syscall == "openat" && e.Return == "-1 (no such file or directory)" {
			names = append(names, name)
		}
	}
	return names
}

// has checks which files of /test/ a container has looked for, as a Trace has it.
func (c *collector) has(t *testing.T, from *v1alpha1.Trace, container string, want ...string) {
	t.Helper()
	if got := looked(c.collect(t, from, container), "/test/"); !slices.Equal(got, want) {
		t.Errorf("by Trace %s the container has looked for %q, want %q", from.Name, got, want)
	}
}

// records checks that the agent has rings of some pods of the test's namespace,
// and of no others.
func records(t *testing.T, pods ...string) {
	t.Helper()
	d := daemonOf(t, shared.Node(node))
	eventually(t, fmt.Sprintf("the agent has recordings of %q alone", pods), func() error {
		recordings, err := d.recordings(t, namespace(t))
		if err != nil {
			return err
		}
		var names []string
		for _, one := range recordings {
			names = append(names, one.Pod)
		}
		slices.Sort(names)
		if !slices.Equal(names, pods) {
			return fmt.Errorf("it has some of %q", names)
		}
		return nil
	})
}

// TestContractStart: the list is empty, then has those that run and those that
// come, and those that have ended.
func TestContractStart(t *testing.T) {
	t.Parallel()
	agent(t)
	first := prepared(t, "first", nil)
	current := operate(t, first, v1alpha1.OperationStart, inState(v1alpha1.StateStarted))
	if current.Status != (v1alpha1.TraceStatus{State: v1alpha1.StateStarted, Output: "[]"}) {
		t.Errorf("the status is %+v, want it to be Started and to have an empty list", current.Status)
	}
	if !slices.Equal(current.Finalizers, []string{v1alpha1.Finalizer}) {
		t.Errorf("the finalizers are %q", current.Finalizers)
	}

	running := run(t, newPod("running", "sleep", "1000000"))
	current = until(t, first, lists(*running))
	want := fmt.Sprintf(`[{"namespace":%q,"podname":"running","containername":"running","containerID":%q,"node":%q}]`,
		running.Namespace, containerID(running, "running"), node)
	if current.Status.Output != want {
		t.Errorf("the list is %s, want %s", current.Status.Output, want)
	}
	ended := finish(t, newPod("ended", "cat", "/test/short"))
	until(t, first, all(inState(v1alpha1.StateStarted), lists(*running, *ended)))

	// Another finds one that runs. One that has ended was not there for it.
	second := prepared(t, "second", nil)
	operate(t, second, v1alpha1.OperationStart, all(inState(v1alpha1.StateStarted), lists(*running)))

	// Started once more it has what it had, also after an error.
	operate(t, first, "begin", failed(unknownOperation("begin")))
	again := operate(t, first, v1alpha1.OperationStart, inState(v1alpha1.StateStarted))
	if err := lists(*running, *ended)(again); err != nil {
		t.Errorf("after it was started again: %v", err)
	}
	c := newCollector(t, "collecting")
	c.has(t, first, containerID(ended, "ended"), "short")

	// A container in its list is there until the Trace goes, whatever becomes of the pod.
	remove(t, ended.DeepCopy())
	c.has(t, first, containerID(ended, "ended"), "short")
	until(t, second, lists(*running))
	kubectl(t, "delete", "--namespace", first.Namespace, "traces.gadget.kinvolk.io", first.Name)
	records(t, "running")
	remove(t, second.DeepCopy())
	records(t)
}

// TestContractCollect: to read a recording does not end it.
func TestContractCollect(t *testing.T) {
	t.Parallel()
	agent(t)
	started := start(t, "started", nil)
	pod := run(t, newPod("web", "sleep", "1000000"))
	until(t, started, lists(*pod))
	id := containerID(pod, "web")

	look(t, pod, "/test/one")
	first := asks(t, "collect-1", v1alpha1.OutputModeStream, started, id)
	current := operate(t, first, v1alpha1.OperationCollect, inState(v1alpha1.StateCompleted))
	if current.Status != (v1alpha1.TraceStatus{State: v1alpha1.StateCompleted}) || !slices.Equal(current.Finalizers, []string{v1alpha1.Finalizer}) {
		t.Errorf("the status is %+v and the finalizers are %q", current.Status, current.Finalizers)
	}
	stream := readOld(t, first)
	if names := looked(stream.next(t), "/test/"); !slices.Equal(names, []string{"one"}) {
		t.Errorf("it looked for %q", names)
	}

	look(t, pod, "/test/two")
	second := asks(t, "collect-2", v1alpha1.OutputModeStream, started, id)
	operate(t, second, v1alpha1.OperationCollect, inState(v1alpha1.StateCompleted))
	if names := looked(readOld(t, second).next(t), "/test/"); !slices.Equal(names, []string{"one", "two"}) {
		t.Errorf("it looked for %q the second time", names)
	}
	// The same Trace collects again. The beginning of the ID is enough.
	annotate(t, first, v1alpha1.OperationAnnotation+"="+v1alpha1.OperationCollect,
		v1alpha1.OperationArgumentPrefix+v1alpha1.ParameterContainerID+"="+id[:12])
	if names := looked(stream.next(t), "/test/"); !slices.Equal(names, []string{"one", "two"}) {
		t.Errorf("it looked for %q when the first collects again", names)
	}
	until(t, started, all(inState(v1alpha1.StateStarted), lists(*pod)))
	remove(t, first.DeepCopy())
	stream.end(t)
}

// TestContractDelete: a recording goes from one Trace, and its ring if no other has it.
func TestContractDelete(t *testing.T) {
	t.Parallel()
	agent(t)
	started, other := start(t, "started", nil), start(t, "other", func(trace *v1alpha1.Trace) { trace.Spec.Filter.Podname = "shared" })
	kept, lone, both := run(t, newPod("kept", "sleep", "1000000")), run(t, newPod("lone", "sleep", "1000000")), run(t, newPod("shared", "sleep", "1000000"))
	ended := finish(t, newPod("ended", "true"))
	until(t, started, lists(*kept, *lone, *both, *ended))
	until(t, other, lists(*both))
	records(t, "ended", "kept", "lone", "shared")

	// What runs is detached.
	trace := asks(t, "delete", v1alpha1.OutputModeStatus, started, containerID(lone, "lone"))
	current := operate(t, trace, v1alpha1.OperationDelete, inState(v1alpha1.StateCompleted))
	if current.Status != (v1alpha1.TraceStatus{State: v1alpha1.StateCompleted}) {
		t.Errorf("the status is %+v", current.Status)
	}
	// The list is without it before the other Trace is Completed.
	must(t, objects.Get(t.Context(), client.ObjectKeyFromObject(started), current))
	must(t, all(inState(v1alpha1.StateStarted), lists(*kept, *both, *ended))(current))
	records(t, "ended", "kept", "shared")
	look(t, lone, "/test/unseen")
	look(t, kept, "/test/seen")
	newCollector(t, "collecting").has(t, started, containerID(kept, "kept"), "seen")
	records(t, "ended", "kept", "shared")

	// What has ended is freed; what another Trace has too is not.
	for _, id := range []string{containerID(ended, "ended"), containerID(both, "shared")} {
		operate(t, asks(t, "delete-"+id[:12], v1alpha1.OutputModeStatus, started, id), v1alpha1.OperationDelete, inState(v1alpha1.StateCompleted))
	}
	until(t, started, lists(*kept))
	until(t, other, all(inState(v1alpha1.StateStarted), lists(*both)))
	records(t, "kept", "shared")
	until(t, started, lists(*kept))
}

// TestContractStop: what a Trace has is given back, but for what another has.
func TestContractStop(t *testing.T) {
	t.Parallel()
	agent(t)
	// Two Traces over two containers, one of which both have.
	wide, narrow := start(t, "wide", nil), start(t, "narrow", func(trace *v1alpha1.Trace) { trace.Spec.Filter.Podname = "shared" })
	lone, both := run(t, newPod("lone", "sleep", "1000000")), run(t, newPod("shared", "sleep", "1000000"))
	until(t, wide, lists(*lone, *both))
	until(t, narrow, lists(*both))
	look(t, both, "/test/before")

	current := operate(t, wide, v1alpha1.OperationStop, inState(v1alpha1.StateStopped))
	if current.Status != (v1alpha1.TraceStatus{State: v1alpha1.StateStopped, Output: "[]"}) {
		t.Errorf("the status is %+v, want it to be Stopped and to have an empty list", current.Status)
	}
	records(t, "shared")
	look(t, both, "/test/after")
	c := newCollector(t, "collecting")
	c.has(t, narrow, containerID(both, "shared"), "before", "after")
	until(t, narrow, all(inState(v1alpha1.StateStarted), lists(*both)))

	// It can be started again, and begins anew.
	operate(t, wide, v1alpha1.OperationStart, all(inState(v1alpha1.StateStarted), lists(*lone, *both)))
	operate(t, narrow, v1alpha1.OperationStop, inState(v1alpha1.StateStopped))
	look(t, lone, "/test/again")
	c.has(t, wide, containerID(lone, "lone"), "again")
	operate(t, wide, v1alpha1.OperationStop, inState(v1alpha1.StateStopped))
	records(t)
}

// TestContractAnnotationsGoFirst follows a Trace through an operation with
// arguments: one patch takes all annotations off, and only then the status changes.
func TestContractAnnotationsGoFirst(t *testing.T) {
	t.Parallel()
	agent(t)
	trace := prepared(t, "argued", nil)
	configuration, err := shared.Config()
	must(t, err)
	watcher, err := client.NewWithWatch(configuration, client.Options{Scheme: objects.Scheme()})
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	watch, err := watcher.Watch(ctx, &v1alpha1.TraceList{}, client.InNamespace(trace.Namespace))
	must(t, err)
	defer watch.Stop()
	annotate(t, trace, v1alpha1.OperationAnnotation+"="+v1alpha1.OperationStart, "example.com/operation=stays",
		v1alpha1.OperationArgumentPrefix+v1alpha1.ParameterSyscallFilters+"=mkdir", v1alpha1.OperationArgumentPrefix+"other=nothing")
	var versions []string
	for event := range watch.ResultChan() {
		current, ok := event.Object.(*v1alpha1.Trace)
		if !ok {
			t.Fatalf("the watch says %v", event)
		}
		var waiting []string
		for _, key := range slices.Sorted(maps.Keys(current.Annotations)) {
			if strings.HasPrefix(key, v1alpha1.OperationAnnotation) {
				waiting = append(waiting, strings.TrimPrefix(key, v1alpha1.OperationAnnotation))
			}
		}
		versions = append(versions, fmt.Sprintf("%s %s", waiting, current.Status.State))
		if current.Status.State != "" {
			if current.Annotations["example.com/operation"] != "stays" {
				t.Errorf("an annotation of somebody else is gone: %q", current.Annotations)
			}
			break
		}
	}
	versions = slices.Compact(versions) // the finalizer's is one of them
	if want := []string{"[] ", "[ -other -syscall-filters] ", "[] ", "[] Started"}; !slices.Equal(versions, want) {
		t.Errorf("its annotations and state were %q, want %q", versions, want)
	}

	// The argument was one.
	pod := finish(t, newPod("calls", "sh", "-c", "cat /test/none; mkdir /test-directory"))
	until(t, trace, lists(*pod))
	events := newCollector(t, "collecting").collect(t, trace, containerID(pod, "calls"))
	if len(events) != 1 || events[0].Syscall != "mkdir" || events[0].content("pathname") != `"/test-directory"` {
		t.Errorf("the calls are %+v, want mkdir alone", events)
	}
}

// TestContractFilters: each filter has its containers, both that run already and
// that come.
func TestContractFilters(t *testing.T) {
	t.Parallel()
	agent(t)
	ns := namespace(t)
	labelled := func(name string, labels map[string]string, more ...string) *corev1.Pod {
		pod := newPod(name, "sleep", "1000000")
		pod.Labels = labels
		for _, container := range more {
			pod.Spec.Containers = append(pod.Spec.Containers, newContainer(container, "sleep", "1000000"))
		}
		return pod
	}
	elsewhere := labelled("web-1", map[string]string{"app": "web", "test": ns})
	elsewhere.Namespace = "default"
	t.Cleanup(func() {
		must(t, client.IgnoreNotFound(objects.Delete(context.Background(), elsewhere)))
		eventually(t, "the end of the pod", func() error { return gone(context.Background(), elsewhere) })
	})

	type pods map[string]*corev1.Pod
	// only is a pod with one of its containers.
	only := func(pod *corev1.Pod, container string) corev1.Pod {
		part := *pod.DeepCopy()
		part.Spec.Containers = slices.DeleteFunc(part.Spec.Containers, func(c corev1.Container) bool { return c.Name != container })
		return part
	}
	cases := []struct {
		name   string
		filter *v1alpha1.ContainerFilter
		want   func(pods) []corev1.Pod // nil: all of them, and whatever else there is
	}{
		{"absent", nil, nil},
		{"empty", &v1alpha1.ContainerFilter{}, nil},
		{"namespace", &v1alpha1.ContainerFilter{Namespace: ns}, func(p pods) []corev1.Pod {
			return []corev1.Pod{*p["web-1"], *p["web-2"]}
		}},
		{"namespaces", &v1alpha1.ContainerFilter{Namespace: "nobodys," + ns + ", default", Labels: map[string]string{"test": ns}}, func(p pods) []corev1.Pod {
			return []corev1.Pod{*p["web-1"], *p["web-2"], *p["elsewhere"]}
		}},
		{"podname", &v1alpha1.ContainerFilter{Namespace: ns + ",default", Podname: "web-1"}, func(p pods) []corev1.Pod {
			return []corev1.Pod{*p["web-1"], *p["elsewhere"]}
		}},
		{"labels", &v1alpha1.ContainerFilter{Labels: map[string]string{"app": "web", "test": ns, "tier": "front"}}, func(p pods) []corev1.Pod {
			return []corev1.Pod{*p["web-1"]}
		}},
		{"container", &v1alpha1.ContainerFilter{Namespace: ns, ContainerName: "sidecar"}, func(p pods) []corev1.Pod {
			return []corev1.Pod{only(p["web-1"], "sidecar")}
		}},
		{"part", &v1alpha1.ContainerFilter{Namespace: ns, Podname: "web"}, func(pods) []corev1.Pod { return nil }},
		{"value", &v1alpha1.ContainerFilter{Labels: map[string]string{"test": ns, "tier": "back"}}, func(pods) []corev1.Pod { return nil }},
		{"nothing", &v1alpha1.ContainerFilter{Namespace: "nobodys"}, func(pods) []corev1.Pod { return nil }},
	}
	var traces [][]*v1alpha1.Trace // those that are started before and after the pods
	begin := func(when string) {
		var begun []*v1alpha1.Trace
		for _, c := range cases {
			trace := newTrace(when+"-"+c.name, node, v1alpha1.OperationStart, v1alpha1.OutputModeStatus)
			trace.Spec.Filter = c.filter
			begun = append(begun, keep(t, trace))
		}
		for _, trace := range begun {
			until(t, trace, inState(v1alpha1.StateStarted))
		}
		traces = append(traces, begun)
	}
	begin("before")
	known := pods{
		"web-1":     create(t, labelled("web-1", map[string]string{"app": "web", "test": ns, "tier": "front"}, "sidecar")),
		"web-2":     create(t, labelled("web-2", map[string]string{"app": "web", "test": ns})),
		"elsewhere": create(t, elsewhere),
	}
	for name, pod := range known {
		known[name] = phase(t, pod, corev1.PodRunning)
	}
	begin("after")
	// Twice: one that is wrongly there may come late.
	for range 2 {
		for _, begun := range traces {
			for i, c := range cases {
				if c.want != nil {
					until(t, begun[i], all(inState(v1alpha1.StateStarted), lists(c.want(known)...)))
					continue
				}
				until(t, begun[i], func(trace *v1alpha1.Trace) error {
					for _, pod := range known {
						for _, container := range pod.Spec.Containers {
							if !strings.Contains(trace.Status.Output, strconv.Quote(containerID(pod, container.Name))) {
								return fmt.Errorf("%s of %s is not listed", container.Name, pod.Name)
							}
						}
					}
					return nil
				})
			}
		}
	}
}

// TestContractEachTraceHasItsOwn: several Traces over one container have their own
// choice of calls, in whatever order they come and go.
func TestContractEachTraceHasItsOwn(t *testing.T) {
	t.Parallel()
	agent(t)
	calls := func(names string) func(*v1alpha1.Trace) {
		return func(trace *v1alpha1.Trace) {
			trace.Spec.Parameters = map[string]string{v1alpha1.ParameterSyscallFilters: names}
		}
	}
	opens, directories := start(t, "opens", calls("openat")), start(t, "directories", calls("mkdir,rmdir"))
	pod := run(t, newPod("calls", "sleep", "1000000"))
	id := containerID(pod, "calls")
	until(t, opens, lists(*pod))
	until(t, directories, lists(*pod))
	act := func(name string) {
		kubectl(t, "exec", "--namespace", pod.Namespace, pod.Name, "--", "sh", "-c",
			fmt.Sprintf("mkdir /test-%[1]s; cat /test/%[1]s; rmdir /test-%[1]s; true", name))
	}
	c := newCollector(t, "collecting")
	// check checks the calls that concern the test's names; what none has is not there.
	check := func(trace *v1alpha1.Trace, others bool, want ...string) {
		t.Helper()
		var got []string
		other := 0
		for _, e := range c.collect(t, trace, id) {
			if e.Syscall != "openat" && e.Syscall != "mkdir" && e.Syscall != "rmdir" {
				other++
				continue
			}
			for _, name := range []string{e.content("filename"), e.content("pathname")} {
				if strings.HasPrefix(name, `"/test`) {
					got = append(got, e.Syscall+" "+strings.Trim(name, `"`))
				}
			}
		}
		if !slices.Equal(got, want) || (other > 0) != others {
			t.Errorf("Trace %s has %q and %d other calls, want %q", trace.Name, got, other, want)
		}
	}
	act("1")
	check(opens, false, "openat /test/1")
	check(directories, false, "mkdir /test-1", "rmdir /test-1")

	// One without a filter changes nothing for them. What was not recorded before it
	// came nobody has.
	everything := start(t, "everything", nil)
	until(t, everything, lists(*pod))
	act("2")
	check(opens, false, "openat /test/1", "openat /test/2")
	check(directories, false, "mkdir /test-1", "rmdir /test-1", "mkdir /test-2", "rmdir /test-2")
	check(everything, true, "mkdir /test-1", "openat /test/1", "rmdir /test-1", "mkdir /test-2", "openat /test/2", "rmdir /test-2")

	// The first goes, and the others have all that they had, and what comes.
	operate(t, opens, v1alpha1.OperationStop, inState(v1alpha1.StateStopped))
	act("3")
	check(directories, false, "mkdir /test-1", "rmdir /test-1", "mkdir /test-2", "rmdir /test-2", "mkdir /test-3", "rmdir /test-3")
	remove(t, everything.DeepCopy())
	act("4")
	check(directories, false, "mkdir /test-1", "rmdir /test-1", "mkdir /test-2", "rmdir /test-2", "mkdir /test-3", "rmdir /test-3",
		"mkdir /test-4", "rmdir /test-4")
	until(t, directories, all(inState(v1alpha1.StateStarted), lists(*pod)))
}

// TestContractContainersThatStartAtOnce: all are listed, each once, and each has
// its own calls although one comes where another was.
func TestContractContainersThatStartAtOnce(t *testing.T) {
	t.Parallel()
	const count, rounds = 10, 2
	agent(t)
	traces := []*v1alpha1.Trace{start(t, "one", nil), start(t, "two", nil)}
	var ended []corev1.Pod
	for round := range rounds {
		var begun []*corev1.Pod
		for i := range count {
			name := fmt.Sprintf("pod-%d-%d", round, i)
			begun = append(begun, create(t, newPod(name, "cat", "/test/"+name)))
		}
		for _, pod := range begun {
			ended = append(ended, *phase(t, pod, corev1.PodSucceeded, corev1.PodFailed))
		}
		for _, trace := range traces {
			until(t, trace, all(inState(v1alpha1.StateStarted), lists(ended...)))
		}
	}
	c := newCollector(t, "collecting")
	mounts := make(map[uint64]bool)
	for _, pod := range ended {
		events := c.collect(t, traces[1], containerID(&pod, pod.Name))
		if names := looked(events, "/test/"); !slices.Equal(names, []string{pod.Name}) {
			t.Errorf("%s has looked for %q", pod.Name, names)
			continue
		}
		mounts[events[0].MountNamespace] = true
		if of := events[0].Kubernetes.Pod; of != pod.Name {
			t.Errorf("the recording of %s says that it is of %s", pod.Name, of)
		}
	}
	t.Logf("%d containers had %d IDs of mount namespaces", len(ended), len(mounts))
}

// TestContractAgentRestarts: started Traces go on with their recordings, and what
// happens while there is no agent is recorded. Not parallel: others use the agent.
func TestContractAgentRestarts(t *testing.T) {
	agent(t)
	trace := start(t, "started", nil)
	filtered := prepared(t, "filtered", nil)
	annotate(t, filtered, v1alpha1.OperationAnnotation+"="+v1alpha1.OperationStart,
		v1alpha1.OperationArgumentPrefix+v1alpha1.ParameterSyscallFilters+"=openat")
	until(t, filtered, inState(v1alpha1.StateStarted))
	stopped := start(t, "stopped", nil)
	operate(t, stopped, v1alpha1.OperationStop, inState(v1alpha1.StateStopped))
	pod, ended := run(t, newPod("runs", "sleep", "1000000")), finish(t, newPod("ended", "cat", "/test/short"))
	until(t, trace, lists(*pod, *ended))
	until(t, filtered, lists(*pod, *ended))
	look(t, pod, "/test/before")

	before := agentProcess(t, node)
	must(t, syscall.Kill(before, syscall.SIGKILL))
	look(t, pod, "/test/meanwhile")
	meanwhile := finish(t, newPod("meanwhile", "cat", "/test/without"))
	eventually(t, "another agent runs", func() error {
		if agentProcess(t, node) == before {
			return errors.New("it is the one before")
		}
		return nil
	})
	agentReady(t)
	look(t, pod, "/test/after")
	after := finish(t, newPod("after", "cat", "/test/new"))

	c := newCollector(t, "collecting")
	for _, started := range []*v1alpha1.Trace{trace, filtered} {
		until(t, started, all(inState(v1alpha1.StateStarted), lists(*pod, *ended, *meanwhile, *after)))
		c.has(t, started, containerID(pod, "runs"), "before", "meanwhile", "after")
		c.has(t, started, containerID(ended, "ended"), "short")
		c.has(t, started, containerID(meanwhile, "meanwhile"), "without")
		c.has(t, started, containerID(after, "after"), "new")
	}
	if e := find(c.collect(t, filtered, containerID(pod, "runs")), func(e *oldEvent) bool { return e.Syscall != "openat" }); e != nil {
		t.Errorf("the calls that it was started with are forgotten: there is %s", e.Syscall)
	}
	until(t, stopped, all(inState(v1alpha1.StateStopped), lists()))
	operate(t, trace, v1alpha1.OperationStop, inState(v1alpha1.StateStopped))
	operate(t, filtered, v1alpha1.OperationStop, inState(v1alpha1.StateStopped))
	records(t)
}

// changeAgent changes the agent's container until the test ends, or what is
// returned is called.
func changeAgent(t *testing.T, patch string) (back func()) {
	t.Helper()
	ctx := context.Background()
	before, err := shared.Kubectl(ctx, "get", "daemonset", "--namespace", agentNamespace, agentName, "--output", "jsonpath={.spec.template.spec.containers[0]}")
	must(t, err)
	change := func(patch string) {
		t.Helper()
		_, err := shared.Kubectl(ctx, "patch", "daemonset", "--namespace", agentNamespace, agentName, "--type", "json", "--patch", patch)
		must(t, err)
	}
	changed := true
	back = func() {
		if changed {
			changed = false
			change(`[{"op": "replace", "path": "/spec/template/spec/containers/0", "value": ` + before + `}]`)
		}
	}
	t.Cleanup(back)
	change(patch)
	agentReady(t)
	return back
}

// TestContractContainersThatCannotBeRecorded: the warning and an Event say which
// and why. Not parallel: its agent has no memory for others.
func TestContractContainersThatCannotBeRecorded(t *testing.T) {
	agent(t)
	// Recordings that are there take some.
	back := changeAgent(t, `[{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--memory=4MiB"}]`)
	trace := start(t, "started", nil)
	pod := newPod("many", "sleep", "1000000")
	for i := range 6 {
		pod.Spec.Containers = append(pod.Spec.Containers, newContainer(fmt.Sprintf("more-%d", i), "sleep", "1000000"))
	}
	pod = run(t, pod)
	until(t, trace, all(inState(v1alpha1.StateStarted), func(trace *v1alpha1.Trace) error {
		entries, err := entriesOf(trace)
		if err == nil && (len(entries) == 0 || !strings.HasPrefix(trace.Status.OperationWarning, "not recorded: ")) {
			err = errors.New("want a part to be recorded, and a warning")
		}
		return err
	}))
	eventually(t, "an Event for each that is not recorded", func() error {
		current := &v1alpha1.Trace{}
		if err := objects.Get(t.Context(), client.ObjectKeyFromObject(trace), current); err != nil {
			return err
		}
		entries, err := entriesOf(current)
		if err != nil {
			return err
		}
		list := &eventsv1.EventList{}
		if err := objects.List(t.Context(), list, client.InNamespace(trace.Namespace)); err != nil {
			return err
		}
		told := make(map[string]bool)
		for _, event := range list.Items {
			if event.Regarding.Kind != "Trace" {
				continue
			}
			if event.Regarding.UID != trace.UID || event.Type != corev1.EventTypeWarning || event.Reason != "AttachFailed" {
				return fmt.Errorf("there is %+v", event)
			}
			for _, container := range pod.Spec.Containers {
				if strings.HasPrefix(event.Note, fmt.Sprintf("Container %q is not recorded: ", pod.Namespace+"/"+pod.Name+"/"+container.Name)) {
					told[container.Name] = true
				}
			}
		}
		// One that was told of may be recorded by now.
		either := maps.Clone(told)
		for _, entry := range entries {
			either[entry.Containername] = true
		}
		if len(told) == 0 || len(entries) == len(pod.Spec.Containers) || len(either) != len(pod.Spec.Containers) {
			return fmt.Errorf("of %d containers %d are recorded, and %d have an Event", len(pod.Spec.Containers), len(entries), len(told))
		}
		return nil
	})
	back()
	agentReady(t)
	until(t, trace, all(inState(v1alpha1.StateStarted), lists(*pod), func(trace *v1alpha1.Trace) error {
		if trace.Status.OperationWarning != "" {
			return errors.New("there is still a warning")
		}
		return nil
	}))
}
