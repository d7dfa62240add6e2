//go:build cluster

package cluster

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"traceloop/test/host"
	"traceloop/test/runtimes"
)

// TestNothingRemains has all of a cluster's life: nodes come and go, its programs
// are stopped and started, it is ended while pods run, also by somebody else than
// who started it.
func TestNothingRemains(t *testing.T) {
	release, err := host.Alone()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	ctx := t.Context()
	directory := filepath.Join(t.TempDir(), "cluster")
	hostFiles := filesOfNodes(t)

	killed := start(t, directory)
	runPod(t, killed, "node1")
	remains := remainsOf(t, killed)

	// Nobody has stopped the first one.
	c := start(t, directory)
	remains.check(t)

	runPod(t, c, "node1")
	if _, err := c.AddNode(ctx, "node2"); err != nil {
		t.Fatal(err)
	}
	runPod(t, c, "node2")
	if err := c.RestartRuntime(ctx, "node1"); err != nil {
		t.Fatal(err)
	}
	if err := c.StopAPIServer(ctx); err != nil {
		t.Fatal(err)
	}
	if output, err := c.Kubectl(ctx, "get", "pods", "--request-timeout", "1s"); err == nil {
		t.Errorf("a stopped API server answers: %s", output)
	}
	if err := c.StartAPIServer(ctx); err != nil {
		t.Fatal(err)
	}
	phase(t, c, "on-node1", "Running")
	phase(t, c, "on-node2", "Running")
	if text, err := c.Kubectl(ctx, "--kubeconfig", c.VisitorKubeconfig(), "get", "pods"); err == nil ||
		!strings.Contains(err.Error(), `User "visitor" cannot list resource "pods"`) {
		t.Errorf("a user without rights got %q, %v", text, err)
	}

	other, err := Open(ctx, directory)
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range other.Nodes() {
		tasks, err := output(node.Command("ctr", "--namespace", "k8s.io", "tasks", "list", "--quiet"))
		if count := len(strings.Fields(tasks)); err != nil || count != 2 {
			t.Errorf("%s has %d tasks, want those of one pod, its own: %v", node.Name(), count, err)
		}
	}

	second := remainsOf(t, c)
	if err := c.RemoveNode(ctx, "node2"); err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	second.check(t)
	if after := filesOfNodes(t); !slices.Equal(hostFiles, after) {
		t.Errorf("files of the host were %v, and are %v", hostFiles, after)
	}
	if err := Remove(ctx, directory); err != nil {
		t.Errorf("removing what is not there: %v", err)
	}
}

// TestStrangersDirectory does not take a directory for a cluster's that is not.
func TestStrangersDirectory(t *testing.T) {
	directory := t.TempDir()
	file := filepath.Join(directory, "precious")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Remove(t.Context(), directory); err == nil {
		t.Error("a directory that is no cluster's was removed")
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func start(t *testing.T, directory string) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), Options{Directory: directory, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(c.Logs())
		}
		if err := Remove(context.Background(), directory); err != nil {
			t.Error(err)
		}
	})
	return c
}

// runPod runs a pod that does not end when it is asked to.
func runPod(t *testing.T, c *Cluster, node string) {
	t.Helper()
	name := "on-" + node
	if _, err := c.Kubectl(t.Context(), "run", name, "--image", runtimes.Image, "--restart", "Never",
		"--overrides", fmt.Sprintf(`{"spec":{"nodeName":%q}}`, node), "--", "sh", "-c", "trap '' TERM; while :; do sleep 1; done"); err != nil {
		t.Fatal(err)
	}
	phase(t, c, name, "Running")
}

func phase(t *testing.T, c *Cluster, pod, want string) {
	t.Helper()
	if err := wait(t.Context(), "pod "+pod, func() error {
		phase, err := c.Kubectl(t.Context(), "get", "pod", pod, "--output", "jsonpath={.status.phase}")
		if err == nil && phase != want {
			err = fmt.Errorf("its phase is %q, want %q", phase, want)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// filesOfNodes are the host's files where a node has its own, and where the
// programs of a node write if nobody tells them otherwise.
func filesOfNodes(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{
		"/run/netns/*", "/var/lib/cni*", "/var/lib/kubelet*", "/var/lib/traceloop*", "/var/log/pods*", "/var/log/containers*",
		"/etc/cni/net.d/*", "/etc/kubernetes*", "/usr/libexec/kubernetes*", "/sys/fs/bpf/*",
	} {
		matches, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, matches...)
	}
	return files
}

// remains are what must be gone when a cluster is.
type remains struct {
	place
	processes  map[string]string // the start times of the cluster's processes
	namespaces map[string]bool   // theirs, and not this one's
}

func remainsOf(t *testing.T, c *Cluster) remains {
	t.Helper()
	processes, err := c.cgroup.processes()
	if err != nil {
		t.Fatal(err)
	}
	r := remains{place: c.place, processes: make(map[string]string), namespaces: make(map[string]bool)}
	for _, pid := range processes {
		r.processes[pid] = startTime(pid)
		maps.Copy(r.namespaces, namespacesOf(pid))
	}
	for namespace := range namespacesOf("self") {
		delete(r.namespaces, namespace)
	}
	// The control plane's four programs, a machine's process for it and each node, a
	// kubelet and a containerd, a shim and two processes of a pod.
	if want := 5 + 6*len(c.nodes); len(r.processes) < want {
		t.Errorf("%d processes, want at least %d", len(r.processes), want)
	}
	if want := 2 + 2*len(c.nodes); len(r.namespaces) < want {
		t.Errorf("%d namespaces, want at least %d", len(r.namespaces), want)
	}
	return r
}

func (r remains) check(t *testing.T) {
	t.Helper()
	for pid, started := range r.processes {
		if now := startTime(pid); now != "" && now == started {
			t.Errorf("process %s is still there", pid)
		}
	}
	// One that has this place anew may have all the rest again, the namespaces' numbers too.
	if _, err := os.Stat(r.path(marker)); err == nil {
		return
	}
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, process := range processes {
		for namespace := range namespacesOf(filepath.Base(process)) {
			if r.namespaces[namespace] {
				t.Errorf("process %s is in %s of the cluster", process, namespace)
			}
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mounts), r.directory) {
		t.Errorf("there is a mount of %s:\n%s", r.directory, mounts)
	}
	all, _, err := hierarchies()
	if err != nil {
		t.Fatal(err)
	}
	for _, hierarchy := range all {
		if _, err := os.Stat(filepath.Join(hierarchy, string(r.cgroup))); err == nil {
			t.Errorf("there is a cgroup %s in %s", r.cgroup, hierarchy)
		}
	}
	if _, err := os.Stat("/sys/class/net/" + r.link); err == nil {
		t.Errorf("there is a network interface %s", r.link)
	}
	if _, err := os.Stat(r.directory); err == nil {
		t.Errorf("there is a directory %s", r.directory)
	}
}

// startTime is when a process started; empty if there is none, or none but a zombie.
func startTime(pid string) string {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return ""
	}
	// The command's name, in brackets, may hold anything.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if fields[0] == "Z" {
		return ""
	}
	return fields[19]
}

func namespacesOf(pid string) map[string]bool {
	found := make(map[string]bool)
	for _, kind := range []string{"mnt", "net"} {
		if name, err := os.Readlink(filepath.Join("/proc", pid, "ns", kind)); err == nil {
			found[name] = true
		}
	}
	return found
}
