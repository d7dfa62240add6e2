// Package daemon tests the daemon from end to end: the real program, real
// container runtimes, the commands that people use.
package daemon

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/test/host"
	"traceloop/test/runtimes"
)

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

// shared are the runtimes, started once for all tests.
var shared struct{ containerd, docker, podman *runtimes.Runtime }

func testMain(m *testing.M) int {
	release, err := host.Alone()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer release()
	defer host.RemoveProgram()
	for _, start := range []struct {
		runtime **runtimes.Runtime
		start   func() (*runtimes.Runtime, error)
	}{
		{&shared.containerd, runtimes.StartContainerd},
		{&shared.docker, runtimes.StartDocker},
		{&shared.podman, runtimes.StartPodman},
	} {
		if *start.runtime, err = start.start(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer (*start.runtime).Close()
	}
	return m.Run()
}

func all() []*runtimes.Runtime {
	return []*runtimes.Runtime{shared.containerd, shared.docker, shared.podman}
}

// endpoints are the flags that name the runtimes.
func endpoints() []string {
	var flags []string
	for _, runtime := range all() {
		flags = append(flags, "--runtime-endpoint", runtime.Endpoint())
	}
	// As everywhere, Podman's storage beside its service, which tells of a container
	// late: one of a few milliseconds may be gone by then.
	return append(flags, "--runtime-endpoint", "podman-storage="+shared.podman.Storage())
}

// place makes a place for a daemon that knows the runtimes, and starts none.
func place(t *testing.T, flags ...string) *host.Host {
	t.Helper()
	// Others' containers are recorded beside the test's.
	h, err := host.New(append(append(endpoints(), "--memory", "1GiB"), flags...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			lines := strings.Split(h.Log(), "\n")
			t.Logf("the daemon's log ends:\n%s", strings.Join(lines[max(len(lines)-50, 0):], "\n"))
		}
		if strings.Contains(h.Log(), "DATA RACE") {
			t.Errorf("the daemon has a data race:\n%s", h.Log())
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// start starts a daemon that knows the runtimes, and has all its rings ready.
func start(t *testing.T, flags ...string) *host.Host {
	t.Helper()
	h := place(t, flags...)
	must(t, h.Start())
	ready(t, h)
	return h
}

// ready waits until all rings are ready: the containers that ran already may
// have taken those that there were.
func ready(t *testing.T, h *host.Host) {
	t.Helper()
	eventually(t, "the rings are ready", func() bool {
		status, err := h.Status()
		return err == nil && status.RingsReady >= status.RingsWanted
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const patience = 30 * time.Second

// eventually looks at a condition until it holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func list(t *testing.T, h *host.Host) []*traceloopv1.Recording {
	t.Helper()
	recordings, err := h.List()
	must(t, err)
	return recordings
}

// named returns the recordings of containers whose name matches a pattern.
func named(t *testing.T, h *host.Host, pattern string) []*traceloopv1.Recording {
	t.Helper()
	return slices.DeleteFunc(list(t, h), func(r *traceloopv1.Recording) bool {
		matched, err := filepath.Match(pattern, r.Name)
		must(t, err)
		return !matched
	})
}

// one waits for the one recording of that name and a condition.
func one(t *testing.T, h *host.Host, name string, holds func(*traceloopv1.Recording) bool) *traceloopv1.Recording {
	t.Helper()
	var found []*traceloopv1.Recording
	defer func() {
		if t.Failed() {
			t.Logf("%s: found %v", name, found)
		}
	}()
	eventually(t, "one recording named "+name+" as it should be", func() bool {
		found = named(t, h, name)
		return len(found) == 1 && holds(found[0])
	})
	return found[0]
}

func exited(r *traceloopv1.Recording) bool { return r.State == traceloopv1.State_STATE_EXITED }

func isRecording(r *traceloopv1.Recording) bool {
	return r.State == traceloopv1.State_STATE_RECORDING && r.Executed != nil
}

func show(t *testing.T, h *host.Host, arguments ...string) string {
	t.Helper()
	text, err := h.Run(append([]string{"show", "-o", "strace"}, arguments...)...)
	must(t, err)
	return text
}

// wantWhole checks that a text is all that a container did: from its execve to
// its end.
func wantWhole(t *testing.T, text, execve string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(text), "\n")
	last := len(lines) - 1
	if !strings.Contains(lines[0], "execve("+execve) || last < 1 ||
		!strings.Contains(lines[last], "+++ exited with") || !strings.Contains(lines[last-1], "exit_group(") {
		t.Errorf("not from execve(%s to the end:\n%s", execve, text)
	}
}

// run runs a command to its end, whose status is not looked at.
func run(t *testing.T, command *exec.Cmd) string {
	t.Helper()
	output, err := command.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatalf("%v: %v", command, err)
	}
	return string(output)
}
