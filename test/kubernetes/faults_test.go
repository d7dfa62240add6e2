//go:build cluster

package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"traceloop/api/gadget/v1alpha1"
	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/api/traceloop/v1/traceloopv1connect"
	"traceloop/event"
	"traceloop/recording"
	"traceloop/test/cluster"
)

// recorder starts a Trace of all containers in the test's namespace on a node. It
// goes when the test ends, with what it holds.
func recorder(t *testing.T, node string) *v1alpha1.Trace {
	t.Helper()
	trace := newTrace("recorder-"+node, node, v1alpha1.OperationStart, v1alpha1.OutputModeStatus)
	trace.Spec.Filter = &v1alpha1.ContainerFilter{Namespace: namespace(t)}
	create(t, trace)
	t.Cleanup(func() {
		if err := client.IgnoreNotFound(objects.Delete(context.Background(), trace)); err != nil {
			t.Error(err)
		}
		eventually(t, "the end of Trace "+trace.Name, func() error { return gone(context.Background(), trace) })
	})
	return until(t, trace, inState(v1alpha1.StateStarted))
}

// gone is an error as long as an object is there.
func gone(ctx context.Context, object client.Object) error {
	err := objects.Get(ctx, client.ObjectKeyFromObject(object), object)
	if err == nil {
		return fmt.Errorf("it is still there, with the finalizers %q", object.GetFinalizers())
	}
	return client.IgnoreNotFound(err)
}

// entriesOf is what a Trace's status lists. No recording may be in it twice.
func entriesOf(trace *v1alpha1.Trace) ([]v1alpha1.Entry, error) {
	var entries []v1alpha1.Entry
	if err := json.Unmarshal([]byte(trace.Status.Output), &entries); err != nil {
		return nil, fmt.Errorf("status.output is %.100q: %w", trace.Status.Output, err)
	}
	seen := make(map[string]bool)
	for _, entry := range entries {
		if seen[entry.ContainerID] {
			return nil, fmt.Errorf("status.output has %s twice", entry.ContainerID)
		}
		seen[entry.ContainerID] = true
	}
	return entries, nil
}

// lists is the condition that a Trace lists the containers of pods, each once, and
// nothing else.
func lists(pods ...corev1.Pod) func(*v1alpha1.Trace) error {
	return func(trace *v1alpha1.Trace) error {
		entries, err := entriesOf(trace)
		if err != nil {
			return err
		}
		listed := make(map[string]v1alpha1.Entry)
		for _, entry := range entries {
			listed[entry.ContainerID] = entry
		}
		missing := 0
		for _, pod := range pods {
			for _, container := range pod.Spec.Containers {
				id := containerID(&pod, container.Name)
				want := v1alpha1.Entry{
					Namespace: pod.Namespace, Podname: pod.Name, Containername: container.Name, ContainerID: id, Node: pod.Spec.NodeName,
				}
				if entry, found := listed[id]; !found {
					missing++
				} else if entry != want {
					return fmt.Errorf("it lists %+v, want %+v", entry, want)
				}
				delete(listed, id)
			}
		}
		if missing > 0 || len(listed) > 0 {
			return fmt.Errorf("of the containers of %d pods %d are missing, and it lists %d others: %v", len(pods), missing, len(listed), listed)
		}
		return nil
	}
}

// daemon is the agent of a node, asked by its socket on the node.
type daemon struct {
	api traceloopv1connect.DaemonServiceClient
}

func daemonOf(t *testing.T, node *cluster.Node) *daemon {
	t.Helper()
	socket := filepath.Join(node.Root(), "run/traceloop/traceloop.sock")
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &daemon{traceloopv1connect.NewDaemonServiceClient(&http.Client{Transport: transport, Timeout: patience}, "http://traceloop",
		connect.WithAcceptCompression("gzip", nil, nil))}
}

func (d *daemon) status(t *testing.T) (*traceloopv1.StatusResponse, error) {
	response, err := d.api.Status(t.Context(), connect.NewRequest(&traceloopv1.StatusRequest{}))
	if err != nil {
		return nil, err
	}
	return response.Msg, nil
}

// recordings are those of a namespace; "": all that there are, also such as nobody
// claims.
func (d *daemon) recordings(t *testing.T, namespace string) ([]*traceloopv1.Recording, error) {
	response, err := d.api.List(t.Context(), connect.NewRequest(&traceloopv1.ListRequest{}))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(response.Msg.Recordings, func(r *traceloopv1.Recording) bool {
		return namespace != "" && r.Namespace != namespace
	}), nil
}

// read is the calls of a recording, by their names.
func (d *daemon) read(t *testing.T, id string) (map[string]int, error) {
	stream, err := d.api.Read(t.Context(), connect.NewRequest(&traceloopv1.ReadRequest{Reference: id}))
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	var file strings.Builder
	for stream.Receive() {
		file.Write(stream.Msg().Data)
	}
	if err := stream.Err(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", id, err)
	}
	read, err := recording.Read(strings.NewReader(file.String()))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", id, err)
	}
	calls := make(map[string]int)
	for _, one := range event.Decode(&read.Snapshot, runtime.GOARCH).Events {
		if one.Row != nil {
			calls[one.Row.Name]++
		}
	}
	return calls, nil
}

// releasesAll waits until a node's agent has no recording at all and no ring.
func releasesAll(t *testing.T, node *cluster.Node) {
	t.Helper()
	d := daemonOf(t, node)
	eventually(t, "the agent of "+node.Name()+" has given all rings back", func() error {
		all, err := d.recordings(t, "")
		if err != nil {
			return err
		}
		status, err := d.status(t)
		if err != nil {
			return err
		}
		if len(all) > 0 || status.Memory.Used > 0 || status.RingsReady > 0 {
			return fmt.Errorf("it has %d recordings, %d rings ready, %d bytes of rings: %v", len(all), status.RingsReady, status.Memory.Used, all)
		}
		return nil
	})
}

// replicas creates a set of pods like one, on its node, in the test's namespace.
// The result deletes it and waits until the pods are gone; it is called when the
// test ends, too.
func replicas(t *testing.T, pod *corev1.Pod, count int) (end func()) {
	t.Helper()
	labels := map[string]string{"replicas": pod.Name}
	spec := pod.Spec
	spec.RestartPolicy = corev1.RestartPolicyAlways
	set := create(t, &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Name: pod.Name},
		Spec: appsv1.ReplicaSetSpec{
			Replicas: ptr.To(int32(count)),
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: spec},
		},
	})
	end = func() {
		if err := client.IgnoreNotFound(objects.Delete(context.Background(), set)); err != nil {
			t.Error(err)
		}
		within(t, 4*time.Minute, "the end of the pods of "+set.Name, func() error {
			pods := &corev1.PodList{}
			err := objects.List(context.Background(), pods, client.InNamespace(set.Namespace), client.MatchingLabels(labels))
			if err == nil && len(pods.Items) > 0 {
				err = fmt.Errorf("there are %d", len(pods.Items))
			}
			return err
		})
	}
	t.Cleanup(end)
	return end
}

// runningPods are those pods of the test's namespace whose containers run.
func runningPods(t *testing.T) ([]corev1.Pod, error) {
	pods := &corev1.PodList{}
	if err := objects.List(t.Context(), pods, client.InNamespace(namespace(t))); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(pods.Items, func(pod corev1.Pod) bool {
		return pod.Status.Phase != corev1.PodRunning || containerID(&pod, pod.Spec.Containers[0].Name) == ""
	}), nil
}

// awaitRunning waits until so many pods run, and returns them.
func awaitRunning(t *testing.T, count int) []corev1.Pod {
	t.Helper()
	var pods []corev1.Pod
	within(t, 4*time.Minute, fmt.Sprintf("%d pods run", count), func() (err error) {
		if pods, err = runningPods(t); err == nil && len(pods) < count {
			err = fmt.Errorf("%d do", len(pods))
		}
		return err
	})
	return pods
}

// TestAgentKilledAmongManyPods kills the agent while 100 pods are being started:
// what was recorded is recorded on, what starts meanwhile gets the ready rings, and
// each container is listed once.
func TestAgentKilledAmongManyPods(t *testing.T) {
	const pods = 100
	agent(t)
	node := shared.Nodes()[0]
	trace := recorder(t, node.Name())
	d := daemonOf(t, node)
	before, err := d.status(t)
	must(t, err)

	pod := newPod("many", "sh", "-c", "echo begun >/tmp/file; exec sleep 1000000")
	pod.Spec.NodeName = node.Name()
	replicas(t, pod, pods)
	awaitRunning(t, pods*2/5)
	early, err := d.recordings(t, trace.Namespace)
	must(t, err)
	must(t, syscall.Kill(agentProcess(t, node.Name()), syscall.SIGKILL))
	all := awaitRunning(t, pods)
	agentReady(t)

	within(t, 2*time.Minute, "all containers are listed", func() error {
		if err := objects.Get(t.Context(), client.ObjectKeyFromObject(trace), trace); err != nil {
			return err
		}
		return lists(all...)(trace)
	})
	must(t, inState(v1alpha1.StateStarted)(trace))
	if trace.Status.OperationWarning != "" {
		t.Errorf("there is a warning: %s", trace.Status.OperationWarning)
	}
	status, err := d.status(t)
	must(t, err)
	if status.RecordingSince.AsTime() != before.RecordingSince.AsTime() || !status.Started.AsTime().After(before.Started.AsTime()) {
		t.Errorf("the agent began at %v and records since %v, after one that began at %v and recorded since %v",
			status.Started.AsTime(), status.RecordingSince.AsTime(), before.Started.AsTime(), before.RecordingSince.AsTime())
	}

	recordings, err := d.recordings(t, trace.Namespace)
	must(t, err)
	if len(recordings) != pods {
		t.Errorf("the agent has %d recordings of %d containers", len(recordings), pods)
	}
	whole := make(map[string]*traceloopv1.Recording)
	for _, r := range recordings {
		calls, err := d.read(t, r.Id)
		if err != nil {
			t.Error(err)
			continue
		}
		if r.Executed == nil {
			continue
		}
		whole[r.Id] = r
		if calls["execve"] < 2 || calls["openat"] == 0 || calls["write"] == 0 || r.Lost > 0 || r.Overwritten > 0 {
			t.Errorf("the recording of %s lacks calls: it has %v, and lost %d, overwritten %d", r.Pod, calls, r.Lost, r.Overwritten)
		}
	}
	// What was recorded before goes on. Of the others those began late that found no
	// ring, and these are counted.
	for _, r := range early {
		if now := whole[r.Id]; r.Executed != nil && (now == nil || now.Started.AsTime() != r.Started.AsTime()) {
			t.Errorf("the recording of %s, which was there before the agent was killed, is %v", r.Pod, now)
		}
	}
	late, refused := len(recordings)-len(whole), int(status.Refused-before.Refused)
	if late > refused {
		t.Errorf("%d recordings began late, and %d containers were refused", late, refused)
	}
	t.Logf("%d of %d recordings were there when the agent was killed, %d began late, %d were refused", len(early), pods, late, refused)

	// The same by the plugin.
	first := all[0]
	if text := plugin(t, "show", "--namespace", first.Namespace, first.Name, "-o", "strace"); whole[containerID(&first, "many")] != nil && !strings.Contains(text, `"begun\n"`) {
		t.Errorf("show of %s does not have what it wrote:\n%s", first.Name, text)
	}
	remove(t, trace)
	releasesAll(t, node)
}

// attempts is the number of the newest attempt at a pod's container, by the logs
// that the kubelet makes on its node; -1: there is none.
func attempts(t *testing.T, node *cluster.Node, pod *corev1.Pod) int {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(node.Root(), "var/log/pods", pod.Namespace+"_"+pod.Name+"_*", pod.Spec.Containers[0].Name, "*.log"))
	must(t, err)
	newest := -1
	for _, path := range paths {
		if number, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(path), ".log")); err == nil {
			newest = max(newest, number)
		}
	}
	return newest
}

// TestAPIServerAway stops the API server for half a minute, in which containers
// crash and are started again. The agent of the second node is killed meanwhile,
// and the next one has no API server to ask for Traces.
func TestAPIServerAway(t *testing.T) {
	const outage = 30 * time.Second
	agent(t)
	addNode(t, "node2")
	agentReady(t)
	nodes := shared.Nodes()
	var traces []*v1alpha1.Trace
	var crashing []*corev1.Pod
	for _, node := range nodes {
		traces = append(traces, recorder(t, node.Name()))
		pod := newPod("crashing-"+node.Name(), "sh", "-c", "echo attempt >/tmp/file; sleep 4; exit 3")
		pod.Spec.NodeName, pod.Spec.RestartPolicy = node.Name(), corev1.RestartPolicyAlways
		crashing = append(crashing, create(t, pod))
	}
	for _, trace := range traces {
		until(t, trace, func(trace *v1alpha1.Trace) error {
			entries, err := entriesOf(trace)
			if err == nil && len(entries) == 0 {
				err = errors.New("nothing is recorded yet")
			}
			return err
		})
	}
	killed := agentProcess(t, "node2")
	second := daemonOf(t, nodes[1])

	must(t, shared.StopAPIServer(t.Context()))
	stopped := time.Now()
	away := true
	t.Cleanup(func() {
		if away {
			must(t, shared.StartAPIServer(context.Background()))
		}
	})
	must(t, syscall.Kill(killed, syscall.SIGKILL))
	eventually(t, "another agent on node2", func() error {
		status, err := second.status(t)
		if err == nil && int(status.Pid) == killed {
			err = errors.New("the old one answers")
		}
		return err
	})
	var before []int
	for i, node := range nodes {
		before = append(before, attempts(t, node, crashing[i]))
	}
	for i, node := range nodes {
		eventually(t, "the kubelet of "+node.Name()+" starts a container again", func() error {
			if now := attempts(t, node, crashing[i]); now <= before[i] {
				return fmt.Errorf("attempt %d was the last", now)
			}
			return nil
		})
	}
	time.Sleep(time.Until(stopped.Add(outage))) // so long it is to be away
	must(t, shared.StartAPIServer(t.Context()))
	away = false

	for i, node := range nodes {
		during := attempts(t, node, crashing[i])
		until(t, traces[i], func(trace *v1alpha1.Trace) error {
			if err := inState(v1alpha1.StateStarted)(trace); err != nil {
				return err
			}
			entries, err := entriesOf(trace)
			if err == nil && len(entries) < during+1 {
				err = fmt.Errorf("it lists %d recordings of the %d attempts", len(entries), during+1)
			}
			return err
		})
		// Each attempt has one recording, from its first call to its end.
		d := daemonOf(t, node)
		recordings, err := d.recordings(t, traces[i].Namespace)
		must(t, err)
		seen := make(map[uint32]int)
		for _, r := range recordings {
			seen[r.Attempt]++
			if r.State != traceloopv1.State_STATE_EXITED {
				continue
			}
			calls, err := d.read(t, r.ExactId)
			if err != nil {
				t.Error(err)
			}
			if r.Executed == nil || r.ExitCode == nil || *r.ExitCode != 3 || calls["write"] == 0 {
				t.Errorf("attempt %d of %s is not whole: executed %v, exit code %v, calls %v", r.Attempt, r.Pod, r.Executed, r.ExitCode, calls)
			}
		}
		for attempt := range during + 1 {
			if seen[uint32(attempt)] != 1 {
				t.Errorf("attempt %d of %s has %d recordings", attempt, crashing[i].Name, seen[uint32(attempt)])
			}
		}
		if trace := traces[i]; trace.Status.OperationWarning != "" {
			t.Errorf("Trace %s warns: %s", trace.Name, trace.Status.OperationWarning)
		}
	}
	agentReady(t)
}

// TestRuntimeRestarted restarts the runtime, while one container runs and others
// are asked for.
func TestRuntimeRestarted(t *testing.T) {
	agent(t)
	node := shared.Nodes()[0]
	trace := recorder(t, node.Name())
	d := daemonOf(t, node)
	writer := newPod("writer", "sh", "-c", "while sleep 0.1; do echo line >/tmp/file; done")
	writer.Spec.NodeName = node.Name()
	writer = run(t, writer)
	until(t, trace, lists(*writer))

	short := func(name string) *corev1.Pod {
		pod := newPod(name, "sh", "-c", "echo begun >/tmp/file")
		pod.Spec.NodeName = node.Name()
		return create(t, pod)
	}
	pods := []*corev1.Pod{}
	for i := range 5 {
		pods = append(pods, short(fmt.Sprintf("during-%d", i)))
	}
	must(t, shared.RestartRuntime(t.Context(), node.Name()))
	writes := func() int {
		calls, err := d.read(t, containerID(writer, "writer"))
		must(t, err)
		return calls["write"]
	}
	at := writes()
	for i := range 5 {
		pods = append(pods, short(fmt.Sprintf("after-%d", i)))
	}
	all := []corev1.Pod{*writer}
	for _, pod := range pods {
		all = append(all, *phase(t, pod, corev1.PodSucceeded))
	}
	until(t, trace, lists(all...))
	eventually(t, "the container goes on being recorded", func() error {
		if now := writes(); now <= at {
			return fmt.Errorf("it has %d writes, as before", now)
		}
		return nil
	})
	for _, pod := range all[6:] {
		calls, err := d.read(t, containerID(&pod, pod.Name))
		must(t, err)
		if calls["write"] == 0 || calls["exit_group"] == 0 {
			t.Errorf("the recording of %s, which began when the runtime was back, is not whole: %v", pod.Name, calls)
		}
	}
	eventually(t, "the agent is connected with the runtime", func() error {
		status, err := d.status(t)
		if err != nil {
			return err
		}
		for _, runtime := range status.Runtimes {
			if runtime.Connected {
				return nil
			}
		}
		return fmt.Errorf("%v", status.Runtimes)
	})
}

// keepAgent has agents only on nodes of a name until the result is called; "none"
// is no node's. It waits until the others have gone.
func keepAgent(t *testing.T, on string) (everywhere func()) {
	t.Helper()
	const label = "kubernetes.io/hostname"
	patch := func(ctx context.Context, value string) error {
		_, err := shared.Kubectl(ctx, "patch", "daemonset", "--namespace", agentNamespace, agentName, "--type", "merge", "--patch",
			fmt.Sprintf(`{"spec":{"template":{"spec":{"nodeSelector":{%q:%s}}}}}`, label, value))
		return err
	}
	once := false
	everywhere = func() {
		if !once {
			once = true
			must(t, patch(context.Background(), "null"))
		}
	}
	t.Cleanup(everywhere)
	must(t, patch(t.Context(), strconv.Quote(on)))
	eventually(t, "the agents have gone but for those on "+on, func() error {
		pods := &corev1.PodList{}
		if err := objects.List(t.Context(), pods, client.InNamespace(agentNamespace), client.MatchingLabels{"k8s-app": agentName}); err != nil {
			return err
		}
		for _, pod := range pods.Items {
			if pod.Spec.NodeName != on {
				return fmt.Errorf("%s is still there", pod.Name)
			}
		}
		return nil
	})
	return everywhere
}

// TestTraceDeletedWhileTheAgentIsAway: the Trace stays until an agent is back that
// gives back what it holds.
func TestTraceDeletedWhileTheAgentIsAway(t *testing.T) {
	agent(t)
	node := shared.Nodes()[0]
	trace := recorder(t, node.Name())
	// One stays, and keeps what is its own.
	other := newTrace("other", node.Name(), v1alpha1.OperationStart, v1alpha1.OutputModeStatus)
	other.Spec.Filter = &v1alpha1.ContainerFilter{Namespace: namespace(t), Podname: "kept"}
	create(t, other)
	t.Cleanup(func() { must(t, client.IgnoreNotFound(objects.Delete(context.Background(), other))) })
	until(t, other, inState(v1alpha1.StateStarted))
	given, kept := newPod("given", "sleep", "1000000"), newPod("kept", "sleep", "1000000")
	given.Spec.NodeName, kept.Spec.NodeName = node.Name(), node.Name()
	given, kept = run(t, given), run(t, kept)
	until(t, trace, lists(*given, *kept))
	until(t, other, lists(*kept))

	everywhere := keepAgent(t, "none")
	must(t, objects.Delete(t.Context(), trace))
	must(t, objects.Get(t.Context(), client.ObjectKeyFromObject(trace), trace))
	if trace.DeletionTimestamp.IsZero() || !slices.Contains(trace.Finalizers, v1alpha1.Finalizer) {
		t.Errorf("the Trace is being deleted at %v and has the finalizers %q", trace.DeletionTimestamp, trace.Finalizers)
	}
	everywhere()
	eventually(t, "the Trace goes", func() error { return gone(t.Context(), trace) })
	agentReady(t)
	d := daemonOf(t, node)
	eventually(t, "its ring alone is given back", func() error {
		recordings, err := d.recordings(t, other.Namespace)
		if err == nil && (len(recordings) != 1 || recordings[0].Pod != "kept" || recordings[0].State != traceloopv1.State_STATE_RECORDING) {
			err = fmt.Errorf("the agent has %v", recordings)
		}
		return err
	})
	until(t, other, lists(*kept))
	remove(t, other)
	releasesAll(t, node)
}

// TestContainersStartWhileTheirTraceStops: whatever a container that starts at
// that moment gets, it is given back.
func TestContainersStartWhileTheirTraceStops(t *testing.T) {
	const rounds, pods = 5, 8
	agent(t)
	node := shared.Nodes()[0]
	// With it rings are made ready all the time.
	beside := newTrace("beside", node.Name(), v1alpha1.OperationStart, v1alpha1.OutputModeStatus)
	beside.Spec.Filter = &v1alpha1.ContainerFilter{Namespace: namespace(t), Podname: "beside"}
	create(t, beside)
	t.Cleanup(func() { must(t, client.IgnoreNotFound(objects.Delete(context.Background(), beside))) })
	until(t, beside, inState(v1alpha1.StateStarted))
	pod := newPod("beside", "sleep", "1000000")
	pod.Spec.NodeName = node.Name()
	pod = run(t, pod)
	until(t, beside, lists(*pod))

	trace := newTrace("stopping", node.Name(), "", v1alpha1.OutputModeStatus)
	trace.Spec.Filter = &v1alpha1.ContainerFilter{Namespace: namespace(t)}
	create(t, trace)
	t.Cleanup(func() { must(t, client.IgnoreNotFound(objects.Delete(context.Background(), trace))) })
	var short []*corev1.Pod
	for round := range rounds {
		operate(t, trace, v1alpha1.OperationStart, inState(v1alpha1.StateStarted))
		for i := range pods {
			pod := newPod(fmt.Sprintf("short-%d-%d", round, i), "sh", "-c", "echo begun >/tmp/file")
			pod.Spec.NodeName = node.Name()
			short = append(short, create(t, pod))
		}
		// Each round stops with more of them on their way.
		until(t, trace, func(trace *v1alpha1.Trace) error {
			entries, err := entriesOf(trace)
			if err == nil && len(entries) < 1+round {
				err = fmt.Errorf("it lists %d", len(entries))
			}
			return err
		})
		operate(t, trace, v1alpha1.OperationStop, func(trace *v1alpha1.Trace) error {
			if trace.Status.Output != "[]" {
				return fmt.Errorf("status.output is %s", trace.Status.Output)
			}
			return inState(v1alpha1.StateStopped)(trace)
		})
	}
	for _, pod := range short {
		phase(t, pod, corev1.PodSucceeded)
	}
	d := daemonOf(t, node)
	eventually(t, "nobody's rings are given back", func() error {
		recordings, err := d.recordings(t, "")
		if err != nil {
			return err
		}
		if len(recordings) != 1 || recordings[0].Pod != "beside" {
			return fmt.Errorf("the agent has %d recordings: %v", len(recordings), recordings)
		}
		status, err := d.status(t)
		if err != nil {
			return err
		}
		// A ring is a little larger than its size says.
		if rings := uint64(status.RingsReady) + 1; status.RingsReady != status.RingsWanted || status.Memory.Used/rings > 2<<20 {
			return fmt.Errorf("%d rings are ready of %d, and they take %d bytes", status.RingsReady, status.RingsWanted, status.Memory.Used)
		}
		return nil
	})
	until(t, beside, lists(*pod))
	remove(t, trace)
	remove(t, beside)
	releasesAll(t, node)
}

// kernelObject is something of BPF's that is pinned.
type kernelObject struct {
	kind string
	id   uint32
}

// pinned are the programs, maps and links that are pinned on a node.
func pinned(t *testing.T, node *cluster.Node) map[kernelObject]string {
	t.Helper()
	found := make(map[kernelObject]string)
	root := filepath.Join(node.Root(), "sys/fs/bpf/traceloop")
	must(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		object, err := kernelObjectAt(path)
		if err == nil {
			found[object] = strings.TrimPrefix(path, root)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // rings come and go
		}
		return err
	}))
	return found
}

// kernelObjectAt is what is pinned at a path.
func kernelObjectAt(path string) (kernelObject, error) {
	if program, err := ebpf.LoadPinnedProgram(path, nil); err == nil {
		defer program.Close()
		info, err := program.Info()
		if err != nil {
			return kernelObject{}, err
		}
		id, _ := info.ID()
		return kernelObject{"program", uint32(id)}, nil
	}
	if pinned, err := link.LoadPinnedLink(path, nil); err == nil {
		defer pinned.Close()
		info, err := pinned.Info()
		if err != nil {
			return kernelObject{}, err
		}
		return kernelObject{"link", uint32(info.ID)}, nil
	}
	pinned, err := ebpf.LoadPinnedMap(path, &ebpf.LoadPinOptions{ReadOnly: true})
	if err != nil {
		return kernelObject{}, fmt.Errorf("looking at what is pinned at %s: %w", path, err)
	}
	defer pinned.Close()
	info, err := pinned.Info()
	if err != nil {
		return kernelObject{}, err
	}
	id, _ := info.ID()
	return kernelObject{"map", uint32(id)}, nil
}

// inKernel says whether something is still in the kernel.
func (o kernelObject) inKernel() bool {
	var err error
	switch o.kind {
	case "program":
		var program *ebpf.Program
		if program, err = ebpf.NewProgramFromID(ebpf.ProgramID(o.id)); err == nil {
			_ = program.Close()
		}
	case "link":
		var found link.Link
		if found, err = link.NewFromID(link.ID(o.id)); err == nil {
			_ = found.Close()
		}
	default:
		var found *ebpf.Map
		if found, err = ebpf.NewMapFromID(ebpf.MapID(o.id)); err == nil {
			_ = found.Close()
		}
	}
	return !errors.Is(err, os.ErrNotExist)
}

// TestUninstall removes the agent from a node, as the documentation says: nothing
// of it stays there.
func TestUninstall(t *testing.T) {
	agent(t)
	node := addNode(t, "node2")
	agentReady(t)
	trace := recorder(t, node.Name())
	pod := newPod("recorded", "sleep", "1000000")
	pod.Spec.NodeName = node.Name()
	pod = run(t, pod)
	until(t, trace, lists(*pod))
	objectsBefore := pinned(t, node)
	kinds := make(map[string]int)
	for object, path := range objectsBefore {
		kinds[object.kind]++
		if !object.inKernel() {
			t.Errorf("%s is pinned and not in the kernel", path)
		}
	}
	if kinds["link"] == 0 || kinds["map"] == 0 {
		t.Errorf("pinned are %v", kinds)
	}

	remove(t, trace)
	everywhere := keepAgent(t, "node1")
	manifest, err := os.ReadFile(filepath.Join("..", "..", "deploy", "kubernetes", "cleanup.yaml"))
	must(t, err)
	text := string(manifest)
	for _, change := range [][2]string{
		{`image: "ghcr\.io/traceloop/traceloop:[^"]*"`, "image: " + agentImage},
		{`image: registry\.k8s\.io/pause:\S*`, "image: " + pod.Spec.Containers[0].Image},
		{`kubernetes\.io/os: linux`, "kubernetes.io/hostname: " + node.Name()},
	} {
		expression := regexp.MustCompile(change[0])
		if !expression.MatchString(text) {
			t.Fatalf("deploy/kubernetes/cleanup.yaml has no %s", change[0])
		}
		text = expression.ReplaceAllString(text, change[1])
	}
	cleanup := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: agentNamespace, Name: "traceloop-cleanup"}}
	t.Cleanup(func() { must(t, client.IgnoreNotFound(objects.Delete(context.Background(), cleanup))) })
	apply(t, text)
	eventually(t, "the node is cleaned", func() error {
		if err := objects.Get(t.Context(), client.ObjectKeyFromObject(cleanup), cleanup); err != nil {
			return err
		}
		if s := cleanup.Status; s.ObservedGeneration != cleanup.Generation || s.DesiredNumberScheduled != 1 || s.NumberReady != 1 {
			return fmt.Errorf("%d of %d are ready", s.NumberReady, s.DesiredNumberScheduled)
		}
		return nil
	})

	eventually(t, "programs, maps and links are gone from the kernel", func() error {
		var left []string
		for object, path := range objectsBefore {
			if object.inKernel() {
				left = append(left, fmt.Sprintf("%s %d of %s", object.kind, object.id, path))
			}
		}
		if len(left) > 0 {
			return fmt.Errorf("%d are there: %v", len(left), left)
		}
		return nil
	})
	for _, directory := range []string{"sys/fs/bpf/traceloop", "run/traceloop", "var/lib/traceloop"} {
		if _, err := os.Stat(filepath.Join(node.Root(), directory)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("/%s is still there on the node: %v", directory, err)
		}
	}
	remove(t, cleanup)
	// Nothing is in the way of another agent.
	everywhere()
	agentReady(t)
}
