package cli

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiwatch "k8s.io/apimachinery/pkg/watch"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/utils/ptr"
	kubernetes "sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	gadget "traceloop/api/gadget/v1alpha1"
)

// behaviour is what an agent of tests does with its Traces.
type behaviour int

const (
	agentObeys  behaviour = iota
	agentFails            // each operation
	agentSleeps           // does nothing
	agentNotReady
)

// newTracesOfTests makes a cluster of nodes whose agents behave so.
func newTracesOfTests(t *testing.T, agents map[string]behaviour) *cluster {
	t.Helper()
	known, err := scheme()
	if err != nil {
		t.Fatal(err)
	}
	builder := fake.NewClientBuilder().WithScheme(known).WithStatusSubresource(&gadget.Trace{})
	for node, how := range agents {
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: "gadget", Name: "gadget-" + node, Labels: map[string]string{"k8s-app": "gadget"}},
			Spec:       corev1.PodSpec{NodeName: node},
			Status:     corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}},
		}
		if how == agentNotReady {
			pod.Status.Conditions[0].Status = corev1.ConditionFalse
		}
		builder = builder.WithObjects(pod)
	}
	api := builder.Build()
	watcher, err := api.Watch(t.Context(), &gadget.TraceList{}, kubernetes.InNamespace("gadget"))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for event := range watcher.ResultChan() {
			if trace, ok := event.Object.(*gadget.Trace); ok && event.Type != apiwatch.Deleted {
				if err := handle(context.WithoutCancel(t.Context()), api, trace.DeepCopy(), agents[trace.Spec.Node]); err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
					t.Error(err)
				}
			}
		}
	}()
	t.Cleanup(func() {
		watcher.Stop()
		<-ended
	})
	return &cluster{options: genericclioptions.NewConfigFlags(true), api: api, namespace: "default", gadgetNamespace: "gadget"}
}

// handle is what an agent does with a Trace.
func handle(ctx context.Context, api kubernetes.Client, trace *gadget.Trace, how behaviour) error {
	if how == agentSleeps || how == agentNotReady {
		return nil
	}
	if trace.DeletionTimestamp != nil {
		trace.Finalizers = nil
		return api.Update(ctx, trace)
	}
	operation, ok := trace.Annotations[gadget.OperationAnnotation]
	if !ok {
		return nil
	}
	delete(trace.Annotations, gadget.OperationAnnotation)
	trace.Finalizers = []string{gadget.Finalizer}
	if err := api.Update(ctx, trace); err != nil {
		return err
	}
	switch {
	case how == agentFails:
		trace.Status.OperationError = "it does not work"
	case operation == gadget.OperationStart:
		trace.Status.State = gadget.StateStarted
	case operation == gadget.OperationStop:
		trace.Status.State = gadget.StateStopped
	}
	return api.Status().Update(ctx, trace)
}

func tracesOf(t *testing.T, k *cluster) []gadget.Trace {
	t.Helper()
	traces, err := k.listTraces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return traces
}

func nodesOf(traces []gadget.Trace) string {
	var names []string
	for i := range traces {
		names = append(names, traces[i].Spec.Node)
	}
	return strings.Join(names, " ")
}

// startOfTests is a start whose flags are parsed from arguments.
func startOfTests(t *testing.T, k *cluster, arguments ...string) error {
	t.Helper()
	command := newKubectlStart(k)
	return runOfTests(t, command, arguments...)
}

// runOfTests runs a command of a cluster that is connected already.
func runOfTests(t *testing.T, command *cobra.Command, arguments ...string) error {
	t.Helper()
	command.SetArgs(append([]string{}, arguments...))
	command.SilenceErrors, command.SilenceUsage = true, true
	return command.ExecuteContext(t.Context())
}

func TestKubectlStart(t *testing.T) {
	t.Parallel()
	k := newTracesOfTests(t, map[string]behaviour{"a": agentObeys, "b": agentObeys})
	if err := startOfTests(t, k, "-p", "web-1", "-c", "server", "-l", "app=web, tier==front", "-e", "open,%network"); err != nil {
		t.Fatal(err)
	}
	traces := tracesOf(t, k)
	if nodesOf(traces) != "a b" {
		t.Fatalf("%s", nodesOf(traces))
	}
	id := traces[0].Labels[gadget.LabelGlobalTraceID]
	if len(id) != 16 || traces[1].Labels[gadget.LabelGlobalTraceID] != id {
		t.Errorf("IDs %q, %q", id, traces[1].Labels[gadget.LabelGlobalTraceID])
	}
	for i, node := range []string{"a", "b"} {
		trace := &traces[i]
		want := gadget.TraceSpec{
			Node: node, Gadget: "traceloop", RunMode: "Manual", OutputMode: "Status",
			Filter:     &gadget.ContainerFilter{Namespace: "default", Podname: "web-1", ContainerName: "server", Labels: map[string]string{"app": "web", "tier": "front"}},
			Parameters: map[string]string{"syscall-filters": "open,%network"},
		}
		if !reflect.DeepEqual(trace.Spec, want) {
			t.Errorf("%+v, want %+v", trace.Spec, want)
		}
		if trace.Namespace != "gadget" || !strings.HasPrefix(trace.Name, "traceloop-") || trace.Status.State != gadget.StateStarted ||
			trace.Labels["gadgetName"] != "traceloop" || trace.Labels["type"] != "global" {
			t.Errorf("%+v", trace)
		}
	}
	if err := startOfTests(t, k, "-A", "--node", "b"); err != nil {
		t.Fatal(err)
	}
	traces = slices.DeleteFunc(tracesOf(t, k), func(trace gadget.Trace) bool { return trace.Labels[gadget.LabelGlobalTraceID] == id })
	if nodesOf(traces) != "b" || traces[0].Spec.Filter != nil || traces[0].Spec.Parameters != nil {
		t.Errorf("%+v", traces)
	}
	if err := startOfTests(t, k, "--node", "z"); err == nil || !strings.Contains(err.Error(), "there is no agent on node z: want one of a, b") {
		t.Errorf("%v", err)
	}
	k.options.Namespace = ptr.To("shop")
	if err := startOfTests(t, k, "-A"); !errors.Is(err, errAllNamespaces) {
		t.Errorf("%v", err)
	}
}

// What is recorded already stays as it is; a node that is new joins it.
func TestKubectlStartTwice(t *testing.T) {
	t.Parallel()
	k := newTracesOfTests(t, map[string]behaviour{"a": agentObeys, "b": agentObeys})
	for _, arguments := range [][]string{{"--node", "a"}, {}, {}} {
		if err := startOfTests(t, k, arguments...); err != nil {
			t.Fatal(err)
		}
	}
	traces := tracesOf(t, k)
	if nodesOf(traces) != "a b" || traces[0].Labels[gadget.LabelGlobalTraceID] != traces[1].Labels[gadget.LabelGlobalTraceID] {
		t.Errorf("%+v", traces)
	}
	if err := startOfTests(t, k, "-e", "%file"); err != nil {
		t.Fatal(err)
	}
	if traces := tracesOf(t, k); nodesOf(traces) != "a a b b" {
		t.Errorf("%s", nodesOf(traces))
	}
}

func TestKubectlStartFails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		agents map[string]behaviour
		left   string // nodes whose Traces are left
		fails  bool
	}{
		{map[string]behaviour{"a": agentObeys, "b": agentFails}, "a", false},
		{map[string]behaviour{"a": agentObeys, "b": agentSleeps}, "a b", false},
		{map[string]behaviour{"a": agentObeys, "b": agentNotReady}, "a", false},
		{map[string]behaviour{"a": agentFails, "b": agentFails}, "", true},
		{map[string]behaviour{"a": agentSleeps, "b": agentFails}, "", true},
		{map[string]behaviour{"a": agentNotReady}, "", true},
		{nil, "", true},
	} {
		k := newTracesOfTests(t, test.agents)
		err := startOfTests(t, k, "--timeout", "300ms")
		if (err != nil) != test.fails {
			t.Errorf("%v: %v", test.agents, err)
		}
		// The agents take their finalizers away when they hear of the end.
		waitForTraces(t, k, func(traces []gadget.Trace) bool { return nodesOf(traces) == test.left })
	}
}

// waitForTraces waits until the Traces are as they should be.
func waitForTraces(t *testing.T, k *cluster, done func([]gadget.Trace) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patienceOfTests)
	defer cancel()
	if _, err := k.await(ctx, func(map[string]*gadget.Trace) bool { return done(tracesOf(t, k)) }); err != nil {
		t.Errorf("%v: left are %s", err, nodesOf(tracesOf(t, k)))
	}
}

func TestKubectlStop(t *testing.T) {
	t.Parallel()
	k := newTracesOfTests(t, map[string]behaviour{"a": agentObeys, "b": agentObeys})
	var operations []string
	k.api = interceptor.NewClient(k.api, interceptor.Funcs{Patch: func(ctx context.Context, api kubernetes.WithWatch, object kubernetes.Object, patch kubernetes.Patch, options ...kubernetes.PatchOption) error {
		operations = append(operations, object.GetAnnotations()[gadget.OperationAnnotation])
		return api.Patch(ctx, object, patch, options...)
	}})
	for _, set := range []string{"open", "read"} {
		if err := startOfTests(t, k, "-e", set); err != nil {
			t.Fatal(err)
		}
	}
	id := tracesOf(t, k)[0].Labels[gadget.LabelGlobalTraceID]
	if err := runOfTests(t, newKubectlStop(k), "nothing"); err == nil || !strings.Contains(err.Error(), "nothing was started with the ID nothing: want one of ") || !strings.Contains(err.Error(), id) {
		t.Errorf("%v", err)
	}
	if err := runOfTests(t, newKubectlStop(k), id[:15]); err != nil {
		t.Fatal(err)
	}
	traces := tracesOf(t, k)
	if nodesOf(traces) != "a b" || traces[0].Labels[gadget.LabelGlobalTraceID] == id || traces[0].Status.State != gadget.StateStarted {
		t.Errorf("%+v", traces)
	}
	if !slices.Equal(operations, []string{"stop", "stop"}) {
		t.Errorf("%v", operations)
	}
	for range 2 {
		if err := runOfTests(t, newKubectlStop(k)); err != nil {
			t.Fatal(err)
		}
		if traces := tracesOf(t, k); len(traces) != 0 {
			t.Errorf("%+v", traces)
		}
	}
}

// A node that does not answer keeps its Trace, which ends when it is back.
func TestKubectlStopOfSilentNodes(t *testing.T) {
	t.Parallel()
	for _, how := range []behaviour{agentSleeps, agentNotReady} {
		k := newTracesOfTests(t, map[string]behaviour{"a": agentObeys, "b": how})
		if err := startOfTests(t, k, "--node", "a"); err != nil {
			t.Fatal(err)
		}
		for _, pending := range []bool{true, false} {
			trace := &gadget.Trace{ObjectMeta: metav1.ObjectMeta{GenerateName: "traceloop-", Namespace: "gadget", Finalizers: []string{gadget.Finalizer},
				Labels: map[string]string{"gadgetName": "traceloop", "type": "global", "global-trace-id": "b"}}, Spec: gadget.TraceSpec{Node: "b"}}
			if pending {
				trace.Annotations = map[string]string{gadget.OperationAnnotation: gadget.OperationStart}
			}
			if err := k.api.Create(t.Context(), trace); err != nil {
				t.Fatal(err)
			}
			trace.Status.State = gadget.StateStarted
			if err := k.api.Status().Update(t.Context(), trace); err != nil {
				t.Fatal(err)
			}
		}
		begin := time.Now()
		if err := runOfTests(t, newKubectlStop(k), "--timeout", "300ms"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); how == agentNotReady && took > 10*time.Second {
			t.Errorf("waited %v for a node that is not ready", took)
		}
		traces := tracesOf(t, k)
		if nodesOf(traces) != "b b" || traces[0].DeletionTimestamp == nil || traces[1].DeletionTimestamp == nil {
			t.Errorf("%+v", traces)
		}
	}
}

func TestKubectlStopThatFails(t *testing.T) {
	t.Parallel()
	k := newTracesOfTests(t, map[string]behaviour{"a": agentFails})
	trace := &gadget.Trace{ObjectMeta: metav1.ObjectMeta{Name: "t", Namespace: "gadget", Labels: map[string]string{"gadgetName": "traceloop", "type": "global"}}, Spec: gadget.TraceSpec{Node: "a"}}
	if err := k.api.Create(t.Context(), trace); err != nil {
		t.Fatal(err)
	}
	trace.Status.State = gadget.StateStarted
	if err := k.api.Status().Update(t.Context(), trace); err != nil {
		t.Fatal(err)
	}
	if err := runOfTests(t, newKubectlStop(k)); err != nil {
		t.Fatal(err)
	}
	if traces := tracesOf(t, k); len(traces) != 0 {
		t.Errorf("%+v", traces)
	}
}

// A watch that ends, as those of a real server do, is begun anew.
func TestAwaitBeginsAnewWhenAWatchEnds(t *testing.T) {
	t.Parallel()
	k := newTracesOfTests(t, map[string]behaviour{"a": agentSleeps})
	watches := 0
	k.api = interceptor.NewClient(k.api, interceptor.Funcs{Watch: func(ctx context.Context, api kubernetes.WithWatch, list kubernetes.ObjectList, options ...kubernetes.ListOption) (apiwatch.Interface, error) {
		watches++
		watcher := apiwatch.NewFake()
		if watches == 2 {
			if err := api.Create(ctx, &gadget.Trace{ObjectMeta: metav1.ObjectMeta{Name: "t", Namespace: "gadget", Labels: globalTraces}}); err != nil {
				return nil, err
			}
		}
		watcher.Stop()
		return watcher, nil
	}})
	traces, err := k.await(t.Context(), func(traces map[string]*gadget.Trace) bool { return len(traces) == 1 })
	if err != nil || traces["t"] == nil || watches != 2 {
		t.Errorf("%v, %v, %d watches", traces, err, watches)
	}
}

func TestSelectors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]string{
		"app=web":                          {"app": "web"},
		"app==web, example.com/tier=":      {"app": "web", "example.com/tier": ""},
		"app=web,app=web":                  {"app": "web"},
		"app.kubernetes.io/name=traceloop": {"app.kubernetes.io/name": "traceloop"},
	} {
		var labels labelsValue
		if err := labels.Set(text); err != nil || !reflect.DeepEqual(map[string]string(labels), want) {
			t.Errorf("%s: %v, %v", text, labels, err)
		}
	}
	for _, text := range []string{"", "app", "app!=web", "app in (web)", "app in (web, other)", "!app", "=web", "app=a b", "app=web,", "app=web\x1b"} {
		var labels labelsValue
		if err := labels.Set(text); err == nil || !strings.Contains(err.Error(), "want KEY=VALUE, several with commas between them") {
			t.Errorf("%q: %v, %v", text, labels, err)
		}
	}
	var labels labelsValue
	if err := labels.Set("app=web,app=other"); err == nil || !strings.Contains(err.Error(), "no pod has app=web and app=other") {
		t.Errorf("%v", err)
	}
}

func TestStartSaysWhatIsRecorded(t *testing.T) {
	t.Parallel()
	start := &kubectlStart{cluster: &cluster{options: genericclioptions.NewConfigFlags(true), namespace: "shop"}}
	if got := start.String(); got != "containers in namespace shop" {
		t.Error(got)
	}
	start = &kubectlStart{cluster: start.cluster, allNamespaces: true, pod: "web-1", container: "server", labels: labelsValue{"app": "web"}, calls: "%file"}
	if got := start.String(); got != "containers server of pod web-1 in all namespaces with labels app=web, system calls %file" {
		t.Error(got)
	}
}
