package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect"
	"github.com/go-logr/logr"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"traceloop/api/gadget/v1alpha1"
	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/api/traceloop/v1/traceloopv1connect"
	"traceloop/test/cluster"
	"traceloop/test/host"
	"traceloop/test/runtimes"
)

// The sections of the cluster's suite: pods of a real Kubernetes node, and its
// agent as the manifests install it.
var clusterSections = []section{
	{"pods", 0, measurePods},
	{"plugin", 0, measurePlugin},
	{"turnover", 0, measureTurnover},
}

// What the manifests of deploy/kubernetes have.
const agentImage, agentNamespace = "ghcr.io/traceloop/traceloop:v0.0.0", "gadget"

// clusterPatience is when something that should have happened long ago has failed.
const clusterPatience = 5 * time.Minute

// node is a cluster of one node, with the agent and a Trace that records all
// containers of the namespace default.
type node struct {
	cluster   *cluster.Cluster
	directory string
	objects   client.WithWatch
	trace     *v1alpha1.Trace
	daemon    traceloopv1connect.DaemonServiceClient
}

// onNode starts a cluster, does what is to be measured and ends it.
func onNode(b *benchmark, measure func(*node) error) (err error) {
	release, err := host.Alone()
	if err != nil {
		return err
	}
	defer release()
	log.SetLogger(logr.Discard())
	n := &node{}
	if n.directory, err = os.MkdirTemp("", "traceloop-benchmark-"); err != nil {
		return err
	}
	defer os.RemoveAll(n.directory)
	n.cluster, err = cluster.Start(b.context, cluster.Options{Directory: filepath.Join(n.directory, "cluster")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.cluster.Stop()) }()
	if err := n.connect(); err != nil {
		return err
	}
	if err := n.install(b); err != nil {
		return fmt.Errorf("installing the agent: %w", err)
	}
	if err := n.record(b); err != nil {
		return fmt.Errorf("starting a Trace: %w", err)
	}
	return measure(n)
}

// connect makes the clients of the API server and of the agent.
func (n *node) connect() error {
	configuration, err := n.cluster.Config()
	if err != nil {
		return err
	}
	configuration.QPS = -1 // no limit
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	if n.objects, err = client.NewWithWatch(configuration, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	socket := filepath.Join(n.cluster.Nodes()[0].Root(), "run/traceloop/traceloop.sock")
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	n.daemon = traceloopv1connect.NewDaemonServiceClient(&http.Client{Transport: transport}, "http://traceloop")
	return nil
}

// builtDirectory has what built makes; empty: nothing yet. removeBuilt removes it.
var builtDirectory string

func removeBuilt() {
	if builtDirectory != "" {
		// What remains is in the directory for temporary files.
		_ = os.RemoveAll(builtDirectory)
	}
}

// built makes, once, the agent's image and the plugin.
var built = sync.OnceValues(func() (directory string, err error) {
	if directory, err = os.MkdirTemp("", "traceloop-benchmark-built-"); err != nil {
		return "", err
	}
	builtDirectory = directory
	for _, arguments := range [][]string{
		{"run", "traceloop/deploy/image", "-o", filepath.Join(directory, "image.tar"), "-tag", agentImage},
		{"build", "-trimpath", "-o", filepath.Join(directory, "kubectl-traceloop"), "traceloop/cmd/traceloop"},
	} {
		command := exec.Command("go", arguments...)
		command.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := command.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go %s: %w%s", strings.Join(arguments, " "), err, quoteEnd(string(output)))
		}
	}
	return directory, nil
})

// install installs the agent and waits until it is ready.
func (n *node) install(b *benchmark) error {
	directory, err := built()
	if err != nil {
		return err
	}
	if err := n.cluster.LoadImage(filepath.Join(directory, "image.tar")); err != nil {
		return err
	}
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("finding the source: %w", err)
	}
	manifest := filepath.Join(strings.TrimSpace(string(root)), "deploy", "kubernetes", "traceloop.yaml")
	// What uses the namespace and the definition of Traces is refused the first time.
	for range 2 {
		_, err = n.cluster.Kubectl(b.context, "apply", "--server-side", "--filename", manifest)
	}
	if err != nil {
		return err
	}
	return b.await("the agent to be ready", func() error {
		set := &appsv1.DaemonSet{}
		if err := n.objects.Get(b.context, client.ObjectKey{Namespace: agentNamespace, Name: "gadget"}, set); err != nil {
			return err
		}
		if set.Status.NumberReady == 0 {
			return errors.New("it is not")
		}
		return nil
	})
}

// record starts the Trace.
func (n *node) record(b *benchmark) error {
	n.trace = &v1alpha1.Trace{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "default", Name: "all", Annotations: map[string]string{v1alpha1.OperationAnnotation: v1alpha1.OperationStart},
		},
		Spec: v1alpha1.TraceSpec{
			Node: n.cluster.Nodes()[0].Name(), Gadget: v1alpha1.GadgetName, RunMode: v1alpha1.RunModeManual,
			OutputMode: v1alpha1.OutputModeStatus, Filter: &v1alpha1.ContainerFilter{Namespace: "default"},
		},
	}
	if err := n.objects.Create(b.context, n.trace); err != nil {
		return err
	}
	return b.await("the Trace to be started", func() error {
		if err := n.objects.Get(b.context, client.ObjectKeyFromObject(n.trace), n.trace); err != nil {
			return err
		}
		if n.trace.Status.State != v1alpha1.StateStarted {
			return fmt.Errorf("its status is %+v", n.trace.Status)
		}
		return nil
	})
}

// await asks until there is no error.
func (b *benchmark) await(what string, condition func() error) error {
	for deadline := time.Now().Add(clusterPatience); ; time.Sleep(100 * time.Millisecond) {
		err := condition()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) || b.context.Err() != nil {
			return fmt.Errorf("waiting for %s: %w", what, cmp.Or(b.context.Err(), err))
		}
	}
}

// pod is a pod of one container that runs a shell's script.
func pod(name, script string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec: corev1.PodSpec{
			RestartPolicy:                 corev1.RestartPolicyNever,
			TerminationGracePeriodSeconds: ptr.To[int64](0),
			Containers: []corev1.Container{{
				Name: "main", Image: runtimes.Image, ImagePullPolicy: corev1.PullNever, Command: []string{"sh", "-c", script},
			}},
		},
	}
}

// recordings are those of the namespace default.
func (n *node) recordings(b *benchmark) ([]*traceloopv1.Recording, error) {
	response, err := n.daemon.List(b.context, connect.NewRequest(&traceloopv1.ListRequest{Filter: "namespace=default"}))
	if err != nil {
		return nil, err
	}
	var found []*traceloopv1.Recording
	for _, r := range response.Msg.Recordings {
		if r.Namespace == "default" { // of a pod, that is
			found = append(found, r)
		}
	}
	return found, nil
}

func (n *node) status(b *benchmark) (*traceloopv1.StatusResponse, error) {
	response, err := n.daemon.Status(b.context, connect.NewRequest(&traceloopv1.StatusRequest{}))
	if err != nil {
		return nil, err
	}
	return response.Msg, nil
}

// watchEntries notes when status.output first has an entry, for who watches the
// Trace. The result is sent when there are so many, or when the context ends.
func (n *node) watchEntries(ctx context.Context, want int) (<-chan map[string]time.Time, error) {
	watch, err := n.objects.Watch(ctx, &v1alpha1.TraceList{}, client.InNamespace("default"))
	if err != nil {
		return nil, err
	}
	result := make(chan map[string]time.Time, 1)
	go func() {
		defer watch.Stop()
		seen := make(map[string]time.Time)
		defer func() { result <- seen }()
		for event := range watch.ResultChan() {
			now := time.Now()
			trace, ok := event.Object.(*v1alpha1.Trace)
			var entries []v1alpha1.Entry
			if !ok || json.Unmarshal([]byte(trace.Status.Output), &entries) != nil {
				continue
			}
			for _, entry := range entries {
				if _, before := seen[entry.ContainerID]; !before {
					seen[entry.ContainerID] = now
				}
			}
			if len(seen) >= want {
				return
			}
		}
	}()
	return result, nil
}

// measurePods has 100 pods on the node: how soon they are listed, and what the
// agent takes then.
func measurePods(b *benchmark) error {
	const pods = 100
	return onNode(b, func(n *node) error {
		ctx, cancel := context.WithTimeout(b.context, clusterPatience)
		defer cancel()
		listed, err := n.watchEntries(ctx, pods)
		if err != nil {
			return err
		}
		begin := time.Now()
		for i := range pods {
			if err := n.objects.Create(ctx, pod(fmt.Sprintf("pod-%d", i), "while sleep 10; do :; done")); err != nil {
				return err
			}
		}
		seen := <-listed
		took := time.Since(begin)
		recordings, err := n.recordings(b)
		if err != nil {
			return err
		}
		var delays samples
		whole := 0
		for _, r := range recordings {
			at, found := seen[r.Id]
			if !found || r.Executed == nil {
				continue
			}
			whole++
			delays = append(delays, at.Sub(r.Executed.AsTime()).Seconds())
		}
		if len(delays) == 0 {
			return fmt.Errorf("of %d pods none is recorded from its first call", pods)
		}
		status, err := n.status(b)
		if err != nil {
			return err
		}
		pid := int(status.Pid)
		idle, err := b.idleCPU(pid, 30*time.Second)
		if err != nil {
			return err
		}
		own, all, err := memoryOf(pid)
		if err != nil {
			return err
		}
		t := table{title: fmt.Sprintf("%d pods on a node", pods), columns: []string{"what", "measured"}, texts: 1}
		t.add("until all are listed, of pods that are created at once", fmt.Sprintf("%.1f s", took.Seconds()))
		t.add("listed in `status.output`", count(float64(len(seen))))
		t.add("recorded from their first call", count(float64(whole)))
		t.add("from a container's execve to its entry, least", seconds(delays.minimum())+" s")
		t.add("from a container's execve to its entry, median", seconds(delays.median())+" s")
		t.add("from a container's execve to its entry, 99th of 100", seconds(delays.percentile(99))+" s")
		t.add("the agent's memory but for the rings", mebibytes(own))
		t.add("with the rings that it has mapped", mebibytes(all))
		t.add("rings", mebibytes(float64(status.Memory.Used)))
		t.add("CPU time of the agent while the containers sleep, 30 s", fmt.Sprintf("%.2f %% of a core", idle))
		b.report.tables = append(b.report.tables, t)
		b.report.atLeast(fmt.Sprintf("of %d pods, those in `status.output` and recorded from their first call", pods), count(pods), pods, float64(whole), count(float64(whole)))
		b.report.atMost("from a container's start to its entry in `status.output`, median", "1 s", 1, delays.median(), seconds(delays.median())+" s")
		b.report.atMost("the agent's memory beside the rings", "120 MiB", 120<<20, own, mebibytes(own))
		return nil
	})
}

// measurePlugin shows a full ring by the plugin, through the API server.
func measurePlugin(b *benchmark) error {
	return onNode(b, func(n *node) error {
		full := pod("full", "i=0; while [ $i -lt 30000 ]; do : </dev/null; i=$((i+1)); done")
		if err := n.objects.Create(b.context, full); err != nil {
			return err
		}
		err := b.await("the pod to end", func() error {
			recordings, err := n.recordings(b)
			switch {
			case err != nil:
				return err
			case len(recordings) != 1 || recordings[0].Ended == nil:
				return fmt.Errorf("recorded are %v", recordings)
			case recordings[0].Overwritten == 0:
				return fmt.Errorf("the ring is not full: %v", recordings[0])
			}
			return nil
		})
		if err != nil {
			return err
		}
		directory, err := built()
		if err != nil {
			return err
		}
		var times samples
		lines := 0
		for range 10 {
			command := exec.CommandContext(b.context, filepath.Join(directory, "kubectl-traceloop"), "show", "--namespace", "default", full.Name, "-o", "strace")
			command.Env = append(os.Environ(), n.cluster.Environment()...)
			start := time.Now()
			text, err := command.Output()
			if err != nil {
				return fmt.Errorf("%s: %w", strings.Join(command.Args, " "), err)
			}
			times = append(times, time.Since(start).Seconds())
			lines = strings.Count(string(text), "\n")
		}
		t := table{title: "`kubectl traceloop show` of a full ring of 1.0 MiB, as strace's text", columns: []string{"lines", "least", "median", "slowest of 10"}}
		t.add(count(float64(lines)), seconds(times.minimum())+" s", seconds(times.median())+" s", seconds(times.maximum())+" s")
		b.report.tables = append(b.report.tables, t)
		b.report.atMost("`kubectl traceloop show` of a ring of 1 MiB, with the program's start, median of 10", "1 s", 1, times.median(), seconds(times.median())+" s")
		return nil
	})
}

// measureTurnover starts and deletes pods, and looks what the agent keeps of that.
func measureTurnover(b *benchmark) error {
	const wave, waves, growth = 50, 10, 10
	return onNode(b, func(n *node) error {
		// What is made once and kept is there after the first.
		if err := n.wave(b, "first", wave); err != nil {
			return err
		}
		before, err := n.take(b)
		if err != nil {
			return err
		}
		for i := range waves {
			if err := n.wave(b, fmt.Sprintf("wave-%d", i), wave); err != nil {
				return err
			}
		}
		var after taken
		err = b.await("the agent to be idle", func() error {
			after, err = n.take(b)
			return err
		})
		// Connections close by and by.
		for deadline := time.Now().Add(30 * time.Second); err == nil && time.Now().Before(deadline) &&
			(after.goroutines > before.goroutines || after.descriptors > before.descriptors); time.Sleep(time.Second) {
			after, err = n.take(b)
		}
		if err != nil {
			return err
		}
		status, err := n.status(b)
		if err != nil {
			return err
		}
		t := table{title: fmt.Sprintf("%d pods started and deleted, %d at a time", wave*waves, wave), columns: []string{"", "goroutines", "descriptors", "memory but for the rings"}, texts: 1}
		t.add(fmt.Sprintf("after %d pods more, before", wave), count(before.goroutines), count(before.descriptors), mebibytes(before.memory))
		t.add("after", count(after.goroutines), count(after.descriptors), mebibytes(after.memory))
		t.notef("%d containers found no ring ready, %d recordings made room for others.", status.Refused, status.Evicted)
		b.report.tables = append(b.report.tables, t)
		b.report.atMost(fmt.Sprintf("goroutines more after %d pods", wave*waves), count(growth), growth, after.goroutines-before.goroutines, count(after.goroutines-before.goroutines))
		b.report.atMost(fmt.Sprintf("descriptors more after %d pods", wave*waves), count(growth), growth, after.descriptors-before.descriptors, count(after.descriptors-before.descriptors))
		return nil
	})
}

// wave starts pods, waits until the Trace lists them, and deletes them.
func (n *node) wave(b *benchmark, name string, pods int) error {
	b.logf("  %s", name)
	for i := range pods {
		one := pod(fmt.Sprintf("%s-%d", name, i), "echo line >/tmp/file; exec sleep 1000000")
		one.Labels = map[string]string{"wave": name}
		if err := n.objects.Create(b.context, one); err != nil {
			return err
		}
	}
	err := b.await("the pods to be listed", func() error {
		var entries []v1alpha1.Entry
		if err := n.objects.Get(b.context, client.ObjectKeyFromObject(n.trace), n.trace); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(n.trace.Status.Output), &entries); err != nil {
			return err
		}
		found := 0
		for _, entry := range entries {
			if strings.HasPrefix(entry.Podname, name+"-") {
				found++
			}
		}
		if found < pods {
			return fmt.Errorf("%d of %d are: %s", found, pods, n.trace.Status.OperationWarning)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = n.objects.DeleteAllOf(b.context, &corev1.Pod{}, client.InNamespace("default"), client.MatchingLabels{"wave": name})
	if err != nil {
		return err
	}
	return b.await("the pods to be gone", func() error {
		left := &corev1.PodList{}
		if err := n.objects.List(b.context, left, client.InNamespace("default")); err != nil {
			return err
		}
		if len(left.Items) > 0 {
			return fmt.Errorf("%d are left", len(left.Items))
		}
		return nil
	})
}

// taken is what the agent has in use.
type taken struct{ goroutines, descriptors, memory float64 }

// take asks the agent, as Prometheus does.
func (n *node) take(b *benchmark) (taken, error) {
	status, err := n.status(b)
	if err != nil {
		return taken{}, err
	}
	agents := &corev1.PodList{}
	if err := n.objects.List(b.context, agents, client.InNamespace(agentNamespace), client.MatchingLabels{"k8s-app": "gadget"}); err != nil {
		return taken{}, err
	}
	if len(agents.Items) != 1 {
		return taken{}, fmt.Errorf("there are %d agents", len(agents.Items))
	}
	text, err := n.cluster.Kubectl(b.context, "get", "--raw",
		fmt.Sprintf("/api/v1/namespaces/%s/pods/%s:7544/proxy/metrics", agentNamespace, agents.Items[0].Name))
	if err != nil {
		return taken{}, err
	}
	var t taken
	for line := range strings.Lines(text) {
		var name string
		var value float64
		if _, err := fmt.Sscan(line, &name, &value); err != nil {
			continue
		}
		switch name {
		case "go_goroutines":
			t.goroutines = value
		case "process_open_fds":
			t.descriptors = value
		}
	}
	if t.goroutines == 0 || t.descriptors == 0 {
		return taken{}, errors.New("the agent's metrics have no go_goroutines or process_open_fds")
	}
	t.memory, _, err = memoryOf(int(status.Pid))
	return t, err
}
