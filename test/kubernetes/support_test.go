//go:build cluster

package kubernetes

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"traceloop/api/gadget/v1alpha1"
	"traceloop/test/cluster"
	"traceloop/test/runtimes"
)

// patience is when something that should have happened long ago has failed.
const patience = time.Minute

// eventually asks until there is no error. If patience ends first, the test fails
// with the last error and the state of the cluster.
func eventually(t *testing.T, what string, condition func() error) {
	t.Helper()
	within(t, patience, what, condition)
}

// within is eventually, with a patience of its own.
func within(t *testing.T, patience time.Duration, what string, condition func() error) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		err := condition()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			diagnose(t)
			t.Fatalf("not within %v: %s: %v", patience, what, err)
		}
	}
}

// must ends the test, with the state of the cluster, if there is an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		diagnose(t)
		t.Fatal(err)
	}
}

// diagnose logs the state of the cluster, the agents' logs and the nodes'.
func diagnose(t *testing.T) {
	t.Helper()
	for _, arguments := range [][]string{
		{"get", "nodes,pods,daemonsets", "-A", "-o", "wide"},
		{"get", "traces.gadget.kinvolk.io", "-A", "-o", "yaml"},
		{"get", "events", "-A", "--sort-by", ".lastTimestamp"},
		{"describe", "pods", "-n", "gadget"},
		{"logs", "-n", "gadget", "-l", "k8s-app=gadget", "--tail", "100", "--prefix"},
		{"logs", "-n", "gadget", "-l", "k8s-app=gadget", "--tail", "100", "--prefix", "--previous"},
	} {
		text, err := shared.Kubectl(context.Background(), append(arguments, "--request-timeout", "10s")...)
		if err != nil {
			text += err.Error()
		}
		t.Logf("kubectl %s:\n%s", strings.Join(arguments, " "), text)
	}
	t.Log(shared.Logs())
}

// kubectl runs kubectl as the administrator and returns what it printed. The test
// fails if it fails.
func kubectl(t *testing.T, arguments ...string) string {
	t.Helper()
	text, err := shared.Kubectl(t.Context(), arguments...)
	must(t, err)
	return text
}

// apply creates or changes what a manifest says. Nothing of it is removed.
func apply(t *testing.T, manifest string) {
	t.Helper()
	command := shared.KubectlCommand("apply", "--server-side", "--filename", "-")
	command.Stdin = strings.NewReader(manifest)
	_, err := output(command)
	must(t, err)
}

// plugin runs "kubectl traceloop" as the administrator and returns what it
// printed. The test fails if it fails.
func plugin(t *testing.T, arguments ...string) string {
	t.Helper()
	text, err := output(pluginCommand(t, arguments...))
	must(t, err)
	return text
}

// pluginCommand is "kubectl traceloop", not started yet, as the administrator.
// With --kubeconfig and [cluster.Cluster.VisitorKubeconfig] it is somebody else's.
func pluginCommand(t *testing.T, arguments ...string) *exec.Cmd {
	t.Helper()
	must(t, buildPlugin())
	command := shared.KubectlCommand(append([]string{"traceloop"}, arguments...)...)
	path := ""
	for _, variable := range command.Env {
		if text, found := strings.CutPrefix(variable, "PATH="); found {
			path = text
		}
	}
	command.Env = append(command.Env, "PATH="+directory+string(filepath.ListSeparator)+path, "NO_COLOR=1",
		"GORACE="+os.Getenv("GORACE")+" atexit_sleep_ms=0")
	return command
}

// namespaces has the namespaces of the tests that run.
var namespaces sync.Map

// namespace is the test's own. It goes when the test ends, with all that is in
// it; its pods are gone then.
func namespace(t *testing.T) string {
	t.Helper()
	if name, found := namespaces.Load(t); found {
		return name.(string)
	}
	name := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(t.Name())), "-")
	name = strings.TrimRight(name[:min(len(name), 40)], "-") + "-" + strings.ToLower(rand.Text()[:6])
	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	must(t, objects.Create(t.Context(), object))
	namespaces.Store(t, name)
	t.Cleanup(func() {
		namespaces.Delete(t)
		must(t, objects.Delete(context.Background(), object))
		eventually(t, "the end of the pods in "+name, func() error {
			pods := &corev1.PodList{}
			if err := objects.List(context.Background(), pods, client.InNamespace(name)); err != nil {
				return err
			}
			if len(pods.Items) > 0 {
				return fmt.Errorf("there are %d, %s among them", len(pods.Items), pods.Items[0].Name)
			}
			return nil
		})
	})
	// No pod is admitted before.
	eventually(t, "the default service account of "+name, func() error {
		return objects.Get(t.Context(), client.ObjectKey{Namespace: name, Name: "default"}, &corev1.ServiceAccount{})
	})
	return name
}

// newPod is a pod of one container, named as the pod, that runs a command of
// busybox. Its end is final, and it is killed one second after it is asked to end.
func newPod(name string, command ...string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{
			RestartPolicy:                 corev1.RestartPolicyNever,
			TerminationGracePeriodSeconds: ptr.To[int64](1),
			Containers:                    []corev1.Container{newContainer(name, command...)},
		},
	}
}

// newContainer is a container that runs a command of busybox.
func newContainer(name string, command ...string) corev1.Container {
	return corev1.Container{Name: name, Image: runtimes.Image, ImagePullPolicy: corev1.PullNever, Command: command}
}

// create creates an object, in the test's namespace if it has none.
func create[Object client.Object](t *testing.T, object Object) Object {
	t.Helper()
	if object.GetNamespace() == "" {
		object.SetNamespace(namespace(t))
	}
	must(t, objects.Create(t.Context(), object))
	return object
}

// run creates a pod, in the test's namespace if it has none, and waits until it
// runs or has ended.
func run(t *testing.T, pod *corev1.Pod) *corev1.Pod {
	t.Helper()
	create(t, pod)
	return phase(t, pod, corev1.PodRunning, corev1.PodSucceeded, corev1.PodFailed)
}

// finish creates a pod and waits until all its containers have ended.
func finish(t *testing.T, pod *corev1.Pod) *corev1.Pod {
	t.Helper()
	create(t, pod)
	return phase(t, pod, corev1.PodSucceeded, corev1.PodFailed)
}

// phase waits until a pod is in one of the phases.
func phase(t *testing.T, pod *corev1.Pod, phases ...corev1.PodPhase) *corev1.Pod {
	t.Helper()
	current := &corev1.Pod{}
	eventually(t, fmt.Sprintf("pod %s is %v", pod.Name, phases), func() error {
		if err := objects.Get(t.Context(), client.ObjectKeyFromObject(pod), current); err != nil {
			return err
		}
		if !slices.Contains(phases, current.Status.Phase) {
			return fmt.Errorf("it is %s: %+v", current.Status.Phase, current.Status.ContainerStatuses)
		}
		return nil
	})
	return current
}

// remove deletes an object and waits until it is gone.
func remove(t *testing.T, object client.Object) {
	t.Helper()
	must(t, client.IgnoreNotFound(objects.Delete(t.Context(), object)))
	eventually(t, "the end of "+object.GetName(), func() error {
		err := objects.Get(t.Context(), client.ObjectKeyFromObject(object), object)
		if err == nil {
			return errors.New("it is still there")
		}
		return client.IgnoreNotFound(err)
	})
}

// containerID is the ID of a pod's container, without the runtime's name before
// it; empty as long as there is none.
func containerID(pod *corev1.Pod, container string) string {
	for _, statuses := range [][]corev1.ContainerStatus{
		pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses, pod.Status.EphemeralContainerStatuses,
	} {
		for _, status := range statuses {
			if status.Name == container {
				_, id, _ := strings.Cut(status.ContainerID, "://")
				return id
			}
		}
	}
	return ""
}

// newTrace is a Trace for a node, with the operation's annotation; "" is none.
func newTrace(name, node, operation string, mode v1alpha1.OutputMode) *v1alpha1.Trace {
	trace := &v1alpha1.Trace{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.TraceSpec{
			Node: node, Gadget: v1alpha1.GadgetName, RunMode: v1alpha1.RunModeManual, OutputMode: mode,
		},
	}
	if operation != "" {
		trace.Annotations = map[string]string{v1alpha1.OperationAnnotation: operation}
	}
	return trace
}

// annotate sets annotations, KEY=VALUE, as people do.
func annotate(t *testing.T, trace *v1alpha1.Trace, annotations ...string) {
	t.Helper()
	kubectl(t, append([]string{"annotate", "--overwrite", "--namespace", trace.Namespace, "traces.gadget.kinvolk.io", trace.Name},
		annotations...)...)
}

// operate has the agent run an operation on a Trace, and waits until a condition
// of the Trace holds.
func operate(t *testing.T, trace *v1alpha1.Trace, operation string, condition func(*v1alpha1.Trace) error) *v1alpha1.Trace {
	t.Helper()
	annotate(t, trace, v1alpha1.OperationAnnotation+"="+operation)
	return until(t, trace, func(trace *v1alpha1.Trace) error {
		if waiting := trace.Annotations[v1alpha1.OperationAnnotation]; waiting != "" {
			return fmt.Errorf("operation %s has not begun", waiting)
		}
		return condition(trace)
	})
}

// until waits until a condition of a Trace holds, and returns the Trace.
func until(t *testing.T, trace *v1alpha1.Trace, condition func(*v1alpha1.Trace) error) *v1alpha1.Trace {
	t.Helper()
	current := &v1alpha1.Trace{}
	eventually(t, "Trace "+trace.Name, func() error {
		if err := objects.Get(t.Context(), client.ObjectKeyFromObject(trace), current); err != nil {
			return err
		}
		if err := condition(current); err != nil {
			return fmt.Errorf("%w; its status is %+v", err, current.Status)
		}
		return nil
	})
	return current
}

// inState is the condition that a Trace is in a state, without an error.
func inState(state v1alpha1.State) func(*v1alpha1.Trace) error {
	return func(trace *v1alpha1.Trace) error {
		if trace.Status.State != state || trace.Status.OperationError != "" {
			return fmt.Errorf("want it to be %s, without an error", state)
		}
		return nil
	}
}

// The agent's place in the cluster.
const agentNamespace, agentName = "gadget", "gadget"

// agent installs the agent, unless it is there, and waits until it is ready on
// all nodes. No data race may be in its log when the test ends.
func agent(t *testing.T) {
	t.Helper()
	must(t, installAgent())
	t.Cleanup(func() {
		for _, node := range shared.Nodes() {
			checkRaces(t, node)
		}
	})
	agentReady(t)
}

// agentReady waits until the agent is ready on all nodes.
func agentReady(t *testing.T) {
	t.Helper()
	eventually(t, "the agents are ready", func() error {
		set := &appsv1.DaemonSet{}
		if err := objects.Get(t.Context(), client.ObjectKey{Namespace: agentNamespace, Name: agentName}, set); err != nil {
			return err
		}
		s := set.Status
		if s.ObservedGeneration != set.Generation || int(s.DesiredNumberScheduled) != len(shared.Nodes()) ||
			s.NumberReady != s.DesiredNumberScheduled || s.UpdatedNumberScheduled != s.DesiredNumberScheduled {
			return fmt.Errorf("%d of %d are, on %d nodes", s.NumberReady, s.DesiredNumberScheduled, len(shared.Nodes()))
		}
		return nil
	})
}

// agentPod is the agent's pod on a node.
func agentPod(t *testing.T, node string) *corev1.Pod {
	t.Helper()
	var found *corev1.Pod
	eventually(t, "there is an agent on "+node, func() error {
		pods := &corev1.PodList{}
		if err := objects.List(t.Context(), pods, client.InNamespace(agentNamespace), client.MatchingLabels{"k8s-app": agentName}); err != nil {
			return err
		}
		for _, pod := range pods.Items {
			if pod.Spec.NodeName == node && pod.DeletionTimestamp == nil {
				found = &pod
				return nil
			}
		}
		return fmt.Errorf("it is not among %d", len(pods.Items))
	})
	return found
}

// agentProcess is the process ID of the agent on a node, for kill -9.
func agentProcess(t *testing.T, node string) int {
	t.Helper()
	var pid int
	eventually(t, "the agent of "+node+" runs", func() error {
		id := containerID(agentPod(t, node), agentName)
		text, err := output(shared.Node(node).Command("ctr", "--namespace", "k8s.io", "tasks", "list"))
		if err != nil {
			return err
		}
		for line := range strings.Lines(text) {
			var task, state string
			if _, err := fmt.Sscan(line, &task, &pid, &state); err == nil && task == id && state == "RUNNING" {
				return nil
			}
		}
		return fmt.Errorf("container %q is not among the tasks:\n%s", id, text)
	})
	return pid
}

// checkRaces fails the test if the race detector has found something in an agent
// of the node. The kubelet keeps the logs of several.
func checkRaces(t *testing.T, node *cluster.Node) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(node.Root(), "var/log/pods", agentNamespace+"_"+agentName+"-*", agentName, "*.log"))
	must(t, err)
	for _, path := range logs {
		text, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
		if i := bytes.Index(text, []byte("DATA RACE")); i >= 0 {
			t.Errorf("the agent of %s has a data race:\n%s", node.Name(), text[i:min(len(text), i+16<<10)])
		}
	}
}

// addNode adds a node to the cluster, for this test alone.
func addNode(t *testing.T, name string) *cluster.Node {
	t.Helper()
	node, err := shared.AddNode(t.Context(), name)
	must(t, err)
	t.Cleanup(func() {
		checkRaces(t, node)
		if err := shared.RemoveNode(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return node
}

// output is a command's standard output; an error has its standard error.
func output(command *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s: %w: %s", strings.Join(command.Args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}
