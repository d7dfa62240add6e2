package runtimes

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"traceloop/test/host"
)

// Others' tests count containers.
func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	release, err := host.Alone()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer release()
	return m.Run()
}

// Every runtime runs, starts, kills, removes, survives its daemon and leaves
// nothing behind.
func TestRuntimes(t *testing.T) {
	for name, start := range map[string]func() (*Runtime, error){
		"containerd": StartContainerd, "docker": StartDocker, "podman": StartPodman,
	} {
		t.Run(name, func(t *testing.T) {
			r, err := start()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { r.Close() })
			if got := r.Run(t, "greeter", "echo", "hello"); got != "hello\n" {
				t.Errorf("a container said %q", got)
			}
			r.Start(t, "first", "sleep", "1000")
			r.Kill(t, "first")
			r.Remove(t, "first")
			r.Start(t, "second", "sleep", "1000")
			pid := r.ContainerPID(t, "second")
			r.StopDaemon(t)
			if !alive(pid) {
				t.Error("a container ended with its runtime's daemon")
			}
			r.StartDaemon(t)
			r.KillDaemon(t)
			r.StartDaemon(t)
			if got := r.ContainerPID(t, "second"); got != pid {
				t.Errorf("the container's process is %d after the daemon's restart, was %d", got, pid)
			}
			if name == "containerd" {
				pod := r.StartPod(t, "shop", "web", "server", "sleep", "1000")
				if pod.Sandbox == "" || pod.Container == "" {
					t.Errorf("a pod without IDs: %+v", pod)
				}
			}

			if err := r.Close(); err != nil {
				t.Error(err)
			}
			if alive(pid) {
				t.Error("a container outlived Close")
			}
			if pids, err := processesOf(r.directory); err != nil || len(pids) > 0 {
				t.Errorf("processes left: %v, %v", pids, err)
			}
			mounts, err := os.ReadFile("/proc/self/mountinfo")
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(mounts), r.directory) {
				t.Error("mounts left")
			}
			if _, err := os.Stat(r.directory); err == nil {
				t.Error("its directory is left")
			}
		})
	}
}

// What a killed test binary left is taken away by the next.
func TestSweep(t *testing.T) {
	r := Podman(t)
	r.Start(t, "left", "sleep", "1000")
	pid := r.ContainerPID(t, "left")
	// As if it were of a process that is gone: there is none of this number.
	dead := filepath.Join(os.TempDir(), fmt.Sprintf("runtimes-podman-%d-left", 1<<30))
	if err := os.Mkdir(dead, 0o700); err != nil {
		t.Fatal(err)
	}
	sweep()
	if _, err := os.Stat(dead); err == nil {
		t.Error("the directory is left")
	}
	if !alive(pid) {
		t.Error("a container of a living test was killed")
	}
}

// What runs containers without a daemon.
func TestPlain(t *testing.T) {
	for name, command := range map[string]*exec.Cmd{
		"runc":       CommandOCI(t, "runc", "runtimes-plain", "echo", "hello"),
		"bubblewrap": CommandBubblewrap(t, "/bin/echo", "hello"),
		"nspawn":     CommandNspawn(t, "plain", "/bin/echo", "hello"),
	} {
		if got := must(t, command); got != "hello\n" {
			t.Errorf("%s: %q", name, got)
		}
	}
}
