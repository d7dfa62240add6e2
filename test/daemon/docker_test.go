package daemon

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/test/runtimes"
)

// What is executed in a container belongs to it, from its execve on, also where
// the container ran before the daemon did.
func TestExec(t *testing.T) {
	h := place(t)
	shared.docker.Start(t, "exec-late", "sleep", "1000")
	must(t, h.Start())
	shared.docker.Start(t, "exec-new", "sleep", "1000")
	one(t, h, "exec-new", isRecording)
	one(t, h, "exec-late", func(*traceloopv1.Recording) bool { return true })
	for _, name := range []string{"exec-late", "exec-new"} {
		run(t, shared.docker.Command("exec", name, "echo", "from outside"))
		text := show(t, h, name)
		if !strings.Contains(text, `execve("/bin/echo", ["echo", "from outside"]`) || !strings.Contains(text, `write(1, "from outside\n", 13)`) {
			t.Errorf("%s: what was executed is not there:\n%s", name, text)
		}
		if strings.Contains(text, "setns(") || strings.Contains(text, "/proc/self/exe\", [\"runc\"") {
			t.Errorf("%s: the way there is shown:\n%s", name, text)
		}
		if name == "exec-new" && !strings.Contains(strings.SplitN(text, "\n", 2)[0], `execve("/bin/sleep"`) {
			t.Errorf("%s: it does not begin with its own execve:\n%s", name, text)
		}
		one(t, h, name, func(r *traceloopv1.Recording) bool { return r.State == traceloopv1.State_STATE_RECORDING })
	}
}

// A container that was started again has two recordings; its name means the newer one.
func TestDockerRestart(t *testing.T) {
	h := start(t)
	id := shared.docker.Start(t, "phoenix", "sh", "-c", "echo x >>/tmp/lives; echo life $(wc -l </tmp/lives); exec sleep 1000")
	one(t, h, "phoenix", isRecording)
	run(t, shared.docker.Command("restart", "--time", "0", "phoenix"))
	var lives []*traceloopv1.Recording
	eventually(t, "there are two, of which the first has ended", func() bool {
		lives = named(t, h, "phoenix")
		return len(lives) == 2 && exited(lives[0]) && isRecording(lives[1])
	})
	if lives[0].ExactId == lives[1].ExactId || lives[0].Id == lives[1].Id || lives[1].Id != id || !strings.HasPrefix(lives[0].Id, id) {
		t.Errorf("%v", lives)
	}
	wantLife := func(reference string, life int) {
		t.Helper()
		var text string
		eventually(t, fmt.Sprintf("%s is life %d", reference, life), func() bool {
			text = show(t, h, reference)
			return strings.Contains(text, fmt.Sprintf(`write(1, "life %d\n"`, life))
		})
		if other := fmt.Sprintf(`write(1, "life %d\n"`, 3-life); strings.Contains(text, other) {
			t.Errorf("%s has both lives:\n%s", reference, text)
		}
	}
	for _, reference := range []string{"phoenix", id, id[:12], lives[1].ExactId} {
		wantLife(reference, 2)
	}
	for _, reference := range []string{lives[0].Id, lives[0].ExactId} {
		wantLife(reference, 1)
	}
	t.Cleanup(func() { shared.docker.Remove(t, "griffin") })
	run(t, shared.docker.Command("rename", "phoenix", "griffin"))
	// A recording has the name that its container had at last.
	eventually(t, "it has its new name", func() bool {
		renamed := named(t, h, "griffin")
		return len(renamed) > 0 && isRecording(renamed[len(renamed)-1])
	})
	_, err := h.Run("delete", lives[0].ExactId)
	must(t, err)
	one(t, h, "griffin", isRecording)
	wantLife("griffin", 2)
}

// Containers that differ from others are recorded as these are.
func TestUnusualContainers(t *testing.T) {
	h := start(t)
	tests := []struct {
		name   string
		flags  []string
		script string
		want   string
	}{
		{"host-processes", []string{"--pid", "host"}, "echo begun", `write(1, "begun\n", 6)`},
		{"read-only", []string{"--read-only"}, "echo x >/tmp/x", `openat(AT_FDCWD, "/tmp/x", O_WRONLY|O_CREAT|O_TRUNC, 0666) = -1 EROFS`},
		{"another-user", []string{"--user", "65534", "--cap-drop", "ALL"}, "cat /etc/none", `"/etc/none"`},
		{"changes-root", []string{"--cap-add", "SYS_ADMIN"}, "unshare -m chroot / /bin/echo within", `write(1, "within\n", 7)`},
		{"host-names", []string{"--ipc", "host", "--uts", "host"}, "echo named", `write(1, "named\n", 6)`},
		{"with-init", []string{"--tmpfs", "/mnt", "--workdir", "/mnt"}, "echo y >z; cat z", `write(1, "y\n", 2)`},
	}
	var running sync.WaitGroup
	for _, test := range tests {
		running.Go(func() {
			// Some end with another status than 0.
			_ = shared.docker.CommandRunWith(test.flags, test.name, "sh", "-c", test.script).Run()
		})
	}
	running.Wait()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := one(t, h, test.name, exited)
			if r.Runtime != "docker" || r.ExitCode == nil || r.Overwritten+r.Lost != 0 {
				t.Errorf("%v", r)
			}
			text := show(t, h, test.name)
			wantWhole(t, text, `"/bin/sh"`)
			if !strings.Contains(text, test.want) {
				t.Errorf("no %s:\n%s", test.want, text)
			}
		})
	}
	t.Run("paused", func(t *testing.T) {
		shared.docker.Start(t, "paused", "sh", "-c", "while :; do : </dev/null; done")
		one(t, h, "paused", isRecording)
		if output := run(t, shared.docker.Command("pause", "paused")); !strings.Contains(output, "paused") {
			t.Skipf("docker cannot pause here: %s", output)
		}
		began := time.Now()
		if text := show(t, h, "--tail", "100", "paused"); !strings.Contains(text, "/dev/null") {
			t.Errorf("%s", text)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("show took %v", took)
		}
		calls := one(t, h, "paused", isRecording).Calls
		run(t, shared.docker.Command("unpause", "paused"))
		one(t, h, "paused", func(r *traceloopv1.Recording) bool { return isRecording(r) && r.Calls > calls })
	})
	t.Run("healthcheck", func(t *testing.T) {
		flags := []string{"--health-cmd", "echo well $((6*7))", "--health-interval", "500ms"}
		shared.docker.StartWith(t, flags, "healthy", "sleep", "1000")
		one(t, h, "healthy", isRecording)
		eventually(t, "three checks are there", func() bool {
			return strings.Count(show(t, h, "healthy"), `write(1, "well 42\n", 8)`) >= 3
		})
		one(t, h, "healthy", isRecording)
	})
}

// The container that holds a Podman pod's namespaces is none of its user's,
// whatever image it is of.
func TestPodmanPod(t *testing.T) {
	h := start(t)
	// Podman builds an image of this name, of a program that not every host has.
	version := strings.TrimSpace(run(t, shared.podman.Command("version", "--format", "{{.Client.Version}}-{{.Client.Built}}")))
	run(t, shared.podman.Command("tag", runtimes.Image, "localhost/podman-pause:"+version))
	for name, flags := range map[string][]string{"usual": nil, "own-image": {"--infra-image", runtimes.Image}} {
		t.Run(name, func(t *testing.T) {
			create := append([]string{"pod", "create", "--name", "pod-" + name, "--network", "none"}, flags...)
			if output, err := shared.podman.Command(create...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, output)
			}
			t.Cleanup(func() { run(t, shared.podman.Command("pod", "rm", "--force", "--time", "0", "pod-"+name)) })
			command := shared.podman.Command("run", "--detach", "--pod", "pod-"+name, "--name", "in-"+name, runtimes.Image, "sleep", "1000")
			if output, err := command.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, output)
			}
			one(t, h, "in-"+name, func(r *traceloopv1.Recording) bool { return isRecording(r) && r.Runtime == "podman" })
			infra := strings.TrimSpace(run(t, shared.podman.Command("pod", "inspect", "--format", "{{.InfraContainerID}}", "pod-"+name)))
			if infra == "" {
				t.Fatal("the pod has no container of its own")
			}
			eventually(t, "the pod's own container is left out", func() bool {
				return !slices.ContainsFunc(list(t, h), func(r *traceloopv1.Recording) bool { return r.Id == infra || strings.Contains(r.Cgroup, infra) })
			})
		})
	}
}
