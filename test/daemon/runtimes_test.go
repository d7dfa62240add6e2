package daemon

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/test/host"
	"traceloop/test/runtimes"
)

// What lives for milliseconds is there whole, and under its name.
func TestShortContainers(t *testing.T) {
	const count = 5
	h := start(t)
	for _, runtime := range all() {
		t.Run(runtime.Name(), func(t *testing.T) {
			for i := range count {
				name := fmt.Sprintf("short-%s-%d", runtime.Name(), i)
				if output, err := runtime.CommandRun(name, "true").CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, output)
				}
			}
			for i := range count {
				name := fmt.Sprintf("short-%s-%d", runtime.Name(), i)
				r := one(t, h, name, exited)
				if r.Runtime != runtime.Name() || r.ExitCode == nil || *r.ExitCode != 0 || r.Executed == nil || r.Ended == nil || r.Overwritten != 0 {
					t.Errorf("%v", r)
				}
				if !strings.Contains(r.Image, "busybox:test") {
					t.Errorf("%s: image %q", name, r.Image)
				}
				wantWhole(t, show(t, h, name), `"/bin/true"`)
				with := show(t, h, "--with-setup", name)
				if !strings.Contains(with, "pivot_root(") {
					t.Errorf("%s: the runtime's set-up is not there:\n%s", name, with)
				}
			}
		})
	}
}

// A container that ran before the daemon is recorded from then on.
func TestContainersThatRanBefore(t *testing.T) {
	h := place(t)
	for _, runtime := range all() {
		runtime.Start(t, "before-"+runtime.Name(), "sh", "-c", "while sleep 0.1; do echo x >/tmp/x; done")
	}
	must(t, h.Start())
	for _, runtime := range all() {
		r := one(t, h, "before-"+runtime.Name(), func(r *traceloopv1.Recording) bool { return r.Calls > 50 })
		if r.State != traceloopv1.State_STATE_RECORDING || r.Executed != nil || r.Pid != uint32(runtime.ContainerPID(t, "before-"+runtime.Name())) {
			t.Errorf("%v", r)
		}
		if text := show(t, h, r.Id[:min(len(r.Id), 12)]); !strings.Contains(text, `openat(AT_FDCWD, "/tmp/x"`) {
			t.Errorf("%s", text)
		}
	}
}

// What no runtime knows has its cgroup's name.
func TestContainersThatNoRuntimeKnows(t *testing.T) {
	h := start(t)
	root := rootDirectory(t)
	for _, program := range []string{"runc", "crun"} {
		t.Run(program, func(t *testing.T) {
			name := "plain-" + program
			bundle := t.TempDir()
			must(t, os.WriteFile(filepath.Join(bundle, "config.json"), []byte(fmt.Sprintf(specification, root, name)), 0o600))
			state := filepath.Join(bundle, "state")
			output, err := exec.Command(program, "--root", state, "run", "--bundle", bundle, name).CombinedOutput()
			if program == "crun" && strings.Contains(string(output), "hybrid mode not supported") {
				t.Skip("crun does nothing where controllers of version 1 are beside version 2")
			}
			if err != nil {
				t.Fatalf("%v: %s", err, output)
			}
			r := one(t, h, name, exited)
			if r.Runtime != "" || !strings.HasSuffix(r.Cgroup, "/"+name) {
				t.Errorf("%v", r)
			}
			wantWhole(t, show(t, h, name), `"/bin/true"`)
		})
	}
	t.Run("bwrap", func(t *testing.T) {
		command := exec.Command("bwrap", "--bind", root, "/", "--unshare-pid", "/bin/busybox", "echo", "within bubblewrap")
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, output)
		}
		wantFound(t, h, `write(1, "within bubblewrap\n", 18)`)
	})
	t.Run("nspawn", func(t *testing.T) {
		command := exec.Command("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--directory", root, "/bin/busybox", "echo", "within nspawn")
		if output, err := command.CombinedOutput(); err != nil {
			t.Skipf("systemd-nspawn does not run here: %v: %s", err, output)
		}
		wantFound(t, h, `write(1, "within nspawn\n", 14)`)
	})
	// A mount namespace alone makes no container.
	unknown := func() int {
		return len(slices.DeleteFunc(list(t, h), func(r *traceloopv1.Recording) bool { return r.Executed == nil }))
	}
	before := unknown()
	for range 10 {
		must(t, exec.Command("unshare", "-m", "true").Run())
	}
	if after := unknown(); after != before {
		t.Errorf("unshare -m was taken for %d containers", after-before)
	}
}

// wantFound checks that a recording of a container without a runtime has a call.
func wantFound(t *testing.T, h *host.Host, call string) {
	t.Helper()
	eventually(t, "a recording has "+call, func() bool {
		for _, r := range list(t, h) {
			// It may be a namespace that proves to be none, and be gone.
			text, err := h.Run("show", "-o", "strace", r.ExactId)
			if err == nil && r.Runtime == "" && strings.Contains(text, call) {
				return true
			}
		}
		return false
	})
}

// rootDirectory is one with busybox.
func rootDirectory(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, directory := range []string{"bin", "proc", "sys", "dev", "tmp", "etc", "usr", "run", "var"} {
		must(t, os.Mkdir(filepath.Join(root, directory), 0o755))
	}
	busybox, err := os.ReadFile("/bin/busybox")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(root, "bin/busybox"), busybox, 0o755))
	must(t, os.WriteFile(filepath.Join(root, "etc/os-release"), []byte("ID=test\n"), 0o644))
	for _, name := range []string{"sh", "true", "sleep", "echo"} {
		must(t, os.Symlink("busybox", filepath.Join(root, "bin", name)))
	}
	return root
}

// specification is an OCI runtime's config.json: root and cgroup are to be filled in.
const specification = `{
	"ociVersion": "1.0.2",
	"process": {"user": {"uid": 0, "gid": 0}, "args": ["/bin/true"], "env": ["PATH=/bin"], "cwd": "/"},
	"root": {"path": %q},
	"mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
	"linux": {"cgroupsPath": "/plain/%s", "namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"}]}
}`

// A pod's containers have Kubernetes' names; its sandbox is left out.
func TestPods(t *testing.T) {
	h := start(t)
	pod := shared.containerd.StartPod(t, "shop", "web", "server", "sh", "-c", "echo '3*7*2' | bc; sleep 1000")
	r := one(t, h, "server", isRecording)
	if r.Namespace != "shop" || r.Pod != "web" || r.Container != "server" || r.Id != pod.Container || r.Sandbox {
		t.Errorf("%v", r)
	}
	for _, reference := range []string{"shop/web", "shop/web/server", pod.Container[:10]} {
		if text := show(t, h, reference); !strings.Contains(text, `write(1, "42\n", 3)`) {
			t.Errorf("show %s:\n%s", reference, text)
		}
	}
	eventually(t, "the sandbox is left out", func() bool {
		for _, r := range list(t, h) {
			if r.Id == pod.Sandbox || strings.Contains(r.Cgroup, pod.Sandbox) {
				return false
			}
		}
		return true
	})
	// exec shows where it belongs, without how it got there.
	run(t, shared.containerd.Command("-n", "k8s.io", "task", "exec", "--exec-id", "e1", pod.Container, "echo", "from outside"))
	text := show(t, h, "shop/web")
	if !strings.Contains(text, `execve("/bin/echo", ["echo", "from outside"]`) || strings.Contains(text, "setns(") {
		t.Errorf("an exec in the pod:\n%s", text)
	}

	// Unless they are asked for.
	other := start(t, "--sandboxes")
	eventually(t, "the sandbox is recorded", func() bool {
		for _, r := range list(t, other) {
			if r.Id == pod.Sandbox && r.Sandbox {
				return true
			}
		}
		return false
	})
}

// Only containers that a filter lets through are kept.
func TestFilter(t *testing.T) {
	h := start(t, "--filter", "name=wanted-*,label=team=red")
	labels := map[string][]string{
		"wanted-red": {"--label", "team=red"}, "wanted-blue": {"--label", "team=blue"}, "other-red": {"--label", "team=red"},
	}
	for name, flags := range labels {
		shared.docker.StartWith(t, flags, name, "sleep", "1000")
	}
	r := one(t, h, "wanted-red", isRecording)
	if r.Labels["team"] != "red" {
		t.Errorf("%v", r)
	}
	eventually(t, "the others gave their rings back", func() bool { return len(list(t, h)) == 1 })
	text, err := h.Run("list", "--filter", "name=other-*", "-o", "name")
	if err != nil || strings.TrimSpace(text) != "" {
		t.Errorf("%q, %v", text, err)
	}
}

// A runtime that ends and comes back is no error, and neither is one that is not there.
func TestRuntimeComesAndGoes(t *testing.T) {
	docker := runtimes.Docker(t)
	h, err := host.New("--runtime-endpoint", docker.Endpoint(), "--runtime-endpoint", "containerd=unix:///nowhere/containerd.sock")
	must(t, err)
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	must(t, h.Start())
	docker.Start(t, "lives-on", "sleep", "1000")
	one(t, h, "lives-on", isRecording)
	docker.StopDaemon(t)
	eventually(t, "the status says that Docker is away", func() bool { return !connected(t, h, "docker") })
	one(t, h, "lives-on", isRecording)
	docker.StartDaemon(t)
	eventually(t, "the status says that Docker is back", func() bool { return connected(t, h, "docker") })
	one(t, h, "lives-on", isRecording)
	docker.Start(t, "after", "sleep", "1000")
	one(t, h, "after", isRecording)
	if connected(t, h, "containerd") {
		t.Error("connected to a containerd that is not there")
	}
}

func connected(t *testing.T, h *host.Host, name string) bool {
	t.Helper()
	status, err := h.Status()
	must(t, err)
	for _, runtime := range status.Runtimes {
		if runtime.Name == name {
			return runtime.Connected
		}
	}
	t.Errorf("the status has no %s", name)
	return false
}
