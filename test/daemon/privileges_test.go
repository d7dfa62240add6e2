package daemon

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/test/host"
)

// capabilities are all that the daemon is to need.
var capabilities = []string{"bpf", "perfmon", "sys_ptrace", "dac_read_search"}

// confined is a command that starts with these capabilities and can get no more.
func confined(command *exec.Cmd, capabilities []string) *exec.Cmd {
	set := "-all,+" + strings.Join(capabilities, ",+")
	arguments := []string{"--no-new-privs", "--bounding-set=" + set, "--inh-caps=" + set, "--", command.Path}
	wrapped := exec.Command("setpriv", append(arguments, command.Args[1:]...)...)
	wrapped.Env = command.Env
	return wrapped
}

// The daemon does all it does with four capabilities.
func TestPrivileges(t *testing.T) {
	h := place(t)
	state := h.Path("state")
	h.SetFlags(append(endpoints(), "--state-dir", state)...)
	shared.docker.StartWith(t, []string{"--user", "65534"}, "earlier", "sh", "-c", "while sleep 0.1; do echo x >/dev/null; done")
	must(t, h.StartCommand(confined(h.DaemonCommand(), capabilities)))
	wantCapabilities(t, h, 1<<unix.CAP_BPF|1<<unix.CAP_PERFMON|1<<unix.CAP_SYS_PTRACE|1<<unix.CAP_DAC_READ_SEARCH)

	one(t, h, "earlier", func(r *traceloopv1.Recording) bool { return r.Calls > 5 })
	for _, runtime := range all() {
		name := "least-" + runtime.Name()
		run(t, runtime.CommandRun(name, "true"))
		if r := one(t, h, name, exited); r.Runtime != runtime.Name() || r.ExitCode == nil || *r.ExitCode != 0 {
			t.Errorf("%v", r)
		}
		wantWhole(t, show(t, h, name), `"/bin/true"`)
	}
	wantInFlight(t, h, "in-flight", `poll([{fd=0, events=POLLIN}], 1, `)

	// The next takes up what this one leaves.
	must(t, h.Kill())
	run(t, shared.containerd.CommandRun("least-meanwhile", "true"))
	must(t, h.StartCommand(confined(h.DaemonCommand(), capabilities)))
	wantWhole(t, show(t, h, "least-docker"), `"/bin/true"`)
	one(t, h, "least-meanwhile", exited)
	wantWhole(t, show(t, h, "least-meanwhile"), `"/bin/true"`)
	one(t, h, "in-flight", isRecording)

	// Rings are made and given back, and a process of another user's attached.
	sleeper := other(t, "sleep", "1000")
	for _, flags := range [][]string{
		{"--pid", strconv.Itoa(sleeper)}, {"--mntns", mountNamespace(t, sleeper)},
	} {
		_, err := h.Run(append([]string{"attach", "--name", "by-hand"}, flags...)...)
		must(t, err)
		_, err = h.Run("detach", "by-hand")
		must(t, err)
		_, err = h.Run("delete", "by-hand")
		must(t, err)
	}
	file := filepath.Join(t.TempDir(), "saved")
	_, err := h.Run("save", "least-podman", "-o", file)
	must(t, err)
	wantWhole(t, show(t, h, file), `"/bin/true"`)
	_, err = h.Run("delete", "least-podman", "earlier")
	must(t, err)
	eventually(t, "they are deleted", func() bool { return len(named(t, h, "least-podman"))+len(named(t, h, "earlier")) == 0 })
	run(t, shared.docker.CommandRun("least-again", "true"))
	one(t, h, "least-again", exited)
	must(t, h.Stop())
}

// What is missing without each of them.
func TestEachPrivilege(t *testing.T) {
	without := func(t *testing.T, missing string) []string {
		t.Helper()
		rest := slices.DeleteFunc(slices.Clone(capabilities), func(name string) bool { return name == missing })
		if len(rest) != len(capabilities)-1 {
			t.Fatalf("%s is none of %v", missing, capabilities)
		}
		return rest
	}
	for _, missing := range []string{"bpf", "perfmon"} {
		t.Run(missing, func(t *testing.T) {
			h := place(t)
			output, err := confined(h.DaemonCommand(), without(t, missing)).CombinedOutput()
			var ended *exec.ExitError
			if !errors.As(err, &ended) || ended.ExitCode() != 1 {
				t.Errorf("it ended with %v", err)
			}
			other := map[string]string{"bpf": "CAP_PERFMON", "perfmon": "CAP_BPF"}[missing]
			if text, name := string(output), "CAP_"+strings.ToUpper(missing); !strings.Contains(text, "missing "+name) || strings.Contains(text, other) {
				t.Errorf("it does not say that %s is missing, and no other: %s", name, text)
			}
		})
	}
	t.Run("sys_ptrace", func(t *testing.T) {
		h := place(t)
		must(t, h.StartCommand(confined(h.DaemonCommand(), without(t, "sys_ptrace"))))
		// The call is there, but not what it points to.
		wantInFlight(t, h, "in-flight", `poll(0x`)
		_, err := h.Run("attach", "--mntns", mountNamespace(t, other(t, "sleep", "1000")))
		if err == nil {
			t.Error("a namespace of another user's is found without it, too")
		}
		// All else is as ever.
		run(t, shared.docker.CommandRun("least", "true"))
		one(t, h, "least", exited)
		wantWhole(t, show(t, h, "least"), `"/bin/true"`)
	})
	t.Run("dac_read_search", func(t *testing.T) {
		// Where Podman keeps a user's containers only the user can look.
		home := filepath.Join(t.TempDir(), "home")
		must(t, os.Mkdir(home, 0o700))
		must(t, os.Symlink(shared.podman.Storage(), filepath.Join(home, "storage")))
		must(t, os.Chown(home, 65534, 65534))
		h, err := host.New("--runtime-endpoint", "podman-storage="+filepath.Join(home, "storage"))
		must(t, err)
		t.Cleanup(func() {
			if err := h.Close(); err != nil {
				t.Error(err)
			}
		})
		must(t, h.StartCommand(confined(h.DaemonCommand(), without(t, "dac_read_search"))))
		eventually(t, "the status says what is denied", func() bool {
			status, err := h.Status()
			return err == nil && len(status.Runtimes) == 1 && !status.Runtimes[0].Connected && strings.Contains(status.Runtimes[0].Error, "permission denied")
		})
		_, err = h.Run("attach", "--mntns", mountNamespace(t, other(t, "sleep", "1000")))
		if err == nil {
			t.Error("a namespace of another user's is found without it, too")
		}
		run(t, shared.containerd.CommandRun("least", "true"))
		one(t, h, "least", exited)
		wantWhole(t, show(t, h, "least"), `"/bin/true"`)
		must(t, h.Stop())
		must(t, h.StartCommand(confined(h.DaemonCommand(), capabilities)))
		eventually(t, "the storage is read", func() bool {
			status, err := h.Status()
			return err == nil && len(status.Runtimes) == 1 && status.Runtimes[0].Connected
		})
	})
}

// wantCapabilities checks what the daemon may do.
func wantCapabilities(t *testing.T, h *host.Host, want uint64) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.PID()))
	must(t, err)
	for _, set := range []string{"CapPrm", "CapEff", "CapBnd"} {
		if line := fmt.Sprintf("%s:\t%016x\n", set, want); !strings.Contains(string(text), line) {
			t.Errorf("want %q of the daemon:\n%s", line, text)
		}
	}
	if !strings.Contains(string(text), "NoNewPrivs:\t1\n") {
		t.Errorf("it can get new privileges:\n%s", text)
	}
}

// wantInFlight starts a container of another user's and checks what is shown of
// the call that it waits in: its memory is to be read from its process.
func wantInFlight(t *testing.T, h *host.Host, name, want string) {
	t.Helper()
	// poll writes what its array has when it returns; until then that is in the process alone.
	shared.docker.StartWith(t, []string{"--user", "65534", "--interactive"}, name, "sh", "-c", "read -t 1000 x")
	one(t, h, name, isRecording)
	var text string
	defer func() {
		if t.Failed() {
			t.Logf("want %s:\n%s", want, text)
		}
	}()
	eventually(t, name+" waits in its call", func() bool {
		text = show(t, h, name)
		return strings.Contains(text, want)
	})
}

// other starts a process of another user's in a mount namespace of its own, which
// the test's end ends, and returns its ID.
func other(t *testing.T, arguments ...string) int {
	t.Helper()
	line := []string{"--mount", "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"}
	command := exec.Command("unshare", append(line, arguments...)...)
	must(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	eventually(t, "it is another user's", func() bool {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", command.Process.Pid))
		return err == nil && strings.TrimSpace(string(text)) == arguments[0]
	})
	return command.Process.Pid
}

func mountNamespace(t *testing.T, pid int) string {
	t.Helper()
	link, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", pid))
	must(t, err)
	return strings.Trim(link, "mnt:[]")
}
