package daemon

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	traceloopv1 "traceloop/api/traceloop/v1"
)

// A flood of calls in one container takes nothing from another's history.
func TestQuietNeighbour(t *testing.T) {
	h := start(t)
	shared.containerd.Start(t, "flood", "sh", "-c", "while :; do : </dev/null; done")
	run(t, shared.containerd.CommandRun("quiet", "sh", "-c", "for i in 1 2 3 4 5; do echo $i >/dev/null; sleep 0.3; done"))
	r := one(t, h, "quiet", exited)
	if r.Overwritten != 0 || r.Lost != 0 {
		t.Errorf("%v", r)
	}
	text := show(t, h, "quiet")
	wantWhole(t, text, `"/bin/sh"`)
	for i := range 5 {
		if !strings.Contains(text, fmt.Sprintf(`write(1, "%d\n", 2)`, i+1)) {
			t.Errorf("write %d is missing:\n%s", i+1, text)
		}
	}
	if flood := one(t, h, "flood", isRecording); flood.Overwritten == 0 || flood.Lost != 0 {
		t.Errorf("%v", flood)
	}
	if text := show(t, h, "flood", "--tail", "100"); !strings.Contains(text, "/dev/null") {
		t.Errorf("%s", text)
	}
}

// Namespaces that a container makes are its own: they take no ring and evict nobody.
func TestUnshareInAContainer(t *testing.T) {
	const count = 200
	h := start(t, "--memory", "8MiB", "--ready-rings", "3")
	for i := range 3 {
		run(t, shared.docker.CommandRun(fmt.Sprintf("bystander-%d", i), "true"))
	}
	for i := range 3 {
		one(t, h, fmt.Sprintf("bystander-%d", i), exited)
	}
	script := fmt.Sprintf("i=0; while [ $i -lt %d ]; do unshare -m true; i=$((i+1)); done", count)
	output, err := shared.docker.CommandRunWith([]string{"--cap-add", "SYS_ADMIN"}, "unsharer", "sh", "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	r := one(t, h, "unsharer", exited)
	if r.Calls < 40*count {
		t.Errorf("%v", r)
	}
	for i := range 3 {
		wantWhole(t, show(t, h, fmt.Sprintf("bystander-%d", i)), `"/bin/true"`)
	}
	status, err := h.Status()
	must(t, err)
	if status.Evicted != 0 || status.Refused != 0 || status.RingsReady != 3 || status.Memory.Used > 8<<20 {
		t.Errorf("%v", status)
	}
	if recordings := list(t, h); len(recordings) != 4 {
		t.Errorf("%d recordings: %v", len(recordings), recordings)
	}
}

// What no runtime announces can be attached by hand.
func TestAttach(t *testing.T) {
	h := start(t)
	unified := "/sys/fs/cgroup/unified"
	if _, err := os.Stat(unified); err != nil {
		unified = "/sys/fs/cgroup"
	}
	unit := filepath.Join(unified, "traceloop-test.service")
	must(t, os.Mkdir(unit, 0o755))
	t.Cleanup(func() {
		if err := os.Remove(unit); err != nil {
			t.Error(err)
		}
	})
	for _, test := range []struct {
		name  string
		start func(t *testing.T) (flags []string, run func() error)
	}{
		{"cgroup", func(*testing.T) ([]string, func() error) {
			return []string{"--cgroup", unit}, func() error {
				return exec.Command("sh", "-c", "echo $$ >"+unit+"/cgroup.procs; cat /absent/of-cgroup").Run()
			}
		}},
		{"process", func(t *testing.T) ([]string, func() error) {
			shell := exec.Command("sh", "-c", "read x; cat /absent/of-process; exit 1")
			input, err := shell.StdinPipe()
			must(t, err)
			must(t, shell.Start())
			return []string{"--pid", fmt.Sprint(shell.Process.Pid)}, func() error {
				must(t, input.Close())
				return shell.Wait()
			}
		}},
		{"namespace", func(t *testing.T) ([]string, func() error) {
			shell := exec.Command("unshare", "-m", "sh", "-c", "echo ready; read x; cat /absent/of-namespace; exit 1")
			input, err := shell.StdinPipe()
			must(t, err)
			output, err := shell.StdoutPipe()
			must(t, err)
			must(t, shell.Start())
			if _, err := output.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			link, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", shell.Process.Pid))
			must(t, err)
			return []string{"--mntns", strings.Trim(link, "mnt:[]")}, func() error {
				must(t, input.Close())
				return shell.Wait()
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			name := "hand-" + test.name
			flags, run := test.start(t)
			if _, err := h.Run(append([]string{"attach", "--name", name}, flags...)...); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Run(append([]string{"attach", "--name", name}, flags...)...); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("attached twice: %v", err)
			}
			if err := run(); err == nil {
				t.Error("it succeeded")
			}
			text := show(t, h, "--failed", name)
			if want := `"/absent/of-` + test.name + `"`; !strings.Contains(text, want) {
				t.Errorf("no %s:\n%s", want, text)
			}
			if _, err := h.Run("detach", name); err != nil {
				t.Error(err)
			}
			if r := one(t, h, name, exited); r.Calls == 0 {
				t.Errorf("%v", r)
			}
			if _, err := h.Run("delete", name); err != nil {
				t.Error(err)
			}
			one := named(t, h, name)
			if len(one) != 0 {
				t.Errorf("deleted, but %v", one)
			}
		})
	}
	for _, wrong := range [][]string{
		{"--cgroup", "/sys/fs/cgroup/nothing"}, {"--cgroup", "/etc"}, {"--pid", "1073741824"}, {"--mntns", "1"},
	} {
		if _, err := h.Run(append([]string{"attach"}, wrong...)...); err == nil || !strings.Contains(err.Error(), wrong[1]) {
			t.Errorf("attach %q: %v", wrong, err)
		}
	}
	if left := list(t, h); len(left) != 0 {
		t.Errorf("%v", left)
	}
}

// show -f goes on until the container's end, and has every call once.
func TestFollow(t *testing.T) {
	h := start(t)
	shared.docker.Start(t, "followed", "sh", "-c", "i=0; while [ $i -lt 30 ]; do echo $i >/tmp/x; sleep 0.05; i=$((i+1)); done")
	one(t, h, "followed", func(r *traceloopv1.Recording) bool { return r.Executed != nil })
	text, err := h.Run("show", "-f", "-o", "strace", "followed")
	must(t, err)
	wantWhole(t, text, `"/bin/sh"`)
	for i := range 30 {
		if call := fmt.Sprintf("write(1, \"%d\\n\"", i); strings.Count(text, call) != 1 {
			t.Errorf("%s is there %d times", call, strings.Count(text, call))
		}
	}
}
