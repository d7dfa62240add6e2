package daemon

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	traceloopv1 "traceloop/api/traceloop/v1"
)

// While the daemon cannot do a thing, as many containers are recorded whole as
// there are ready rings, and the others are counted.
func TestDaemonThatStandsStill(t *testing.T) {
	const ready, more = 6, 4
	h := start(t, "--ready-rings", fmt.Sprint(ready))
	eventually(t, "the rings are ready", func() bool { status, err := h.Status(); return err == nil && status.RingsReady == ready })
	must(t, h.Signal(syscall.SIGSTOP))
	// Not all at once: podman itself makes namespaces that are none.
	for i := range ready + more {
		run(t, shared.containerd.CommandRun(fmt.Sprintf("still-%d", i), "true"))
	}
	must(t, h.Kill())
	must(t, h.Start())
	for i := range ready {
		// Containerd has forgotten them; their cgroups' names are theirs.
		name := fmt.Sprintf("still-%d", i)
		r := one(t, h, name, exited)
		if r.ExitCode == nil || *r.ExitCode != 0 {
			t.Errorf("%v", r)
		}
		wantWhole(t, show(t, h, name), `"/bin/true"`)
	}
	if rest := named(t, h, "still-*"); len(rest) != ready {
		t.Errorf("%d are recorded with %d rings", len(rest), ready)
	}
	status, err := h.Status()
	must(t, err)
	if status.Refused != more {
		t.Errorf("%d are counted as not recorded, want %d", status.Refused, more)
	}
}

// Recordings outlive kill -9, with all that is known of them, and go on.
func TestKilledDaemon(t *testing.T) {
	h := start(t)
	shared.docker.StartWith(t, []string{"--label", "team=red"}, "survivor", "sh", "-c", "while sleep 0.05; do echo alive >/tmp/x; done")
	run(t, shared.docker.CommandRunWith([]string{"--label", "team=blue"}, "fallen", "sh", "-c", "exit 7"))
	before := one(t, h, "survivor", isRecording)
	fallen := one(t, h, "fallen", exited)
	whole := show(t, h, "fallen")
	_, err := h.Run("attach", "--pid", fmt.Sprint(os.Getpid()), "--name", "by-hand")
	must(t, err)
	// What the daemon knows of a container is put down a moment after it has it.
	eventually(t, "it is noted", func() bool { return len(one(t, h, "fallen", exited).Labels) == 1 })
	time.Sleep(100 * time.Millisecond)
	must(t, h.Kill())
	run(t, shared.docker.CommandRun("meanwhile", "sh", "-c", "exit 9"))
	must(t, h.Start())

	after := one(t, h, "survivor", func(r *traceloopv1.Recording) bool { return isRecording(r) && r.Calls > before.Calls })
	if after.Id != before.Id || after.Labels["team"] != "red" || !after.Started.AsTime().Equal(before.Started.AsTime()) {
		t.Errorf("%v\nwas %v", after, before)
	}
	again := one(t, h, "fallen", exited)
	if again.Id != fallen.Id || *again.ExitCode != 7 || again.Labels["team"] != "blue" || again.Calls != fallen.Calls {
		t.Errorf("%v\nwas %v", again, fallen)
	}
	if got := show(t, h, "fallen"); got != whole {
		t.Errorf("it shows\n%s\nwas\n%s", got, whole)
	}
	wantFound(t, h, "exit_group(9)")
	calls := one(t, h, "by-hand", func(r *traceloopv1.Recording) bool { return r.State == traceloopv1.State_STATE_RECORDING }).Calls
	one(t, h, "by-hand", func(r *traceloopv1.Recording) bool { return r.Calls > calls })
	for _, name := range []string{"fallen", "by-hand"} {
		_, err := h.Run("delete", name)
		must(t, err)
	}
	if left := append(named(t, h, "fallen"), named(t, h, "by-hand")...); len(left) > 0 {
		t.Errorf("%v", left)
	}
}

// The exit status says how a container ended, and whether memory was why.
func TestHowContainersEnd(t *testing.T) {
	h := start(t)
	run(t, shared.docker.CommandRun("ends-with-3", "sh", "-c", "exit 3"))
	if r := one(t, h, "ends-with-3", exited); r.ExitCode == nil || *r.ExitCode != 3 || r.ExitSignal != 0 || r.OomKills != 0 {
		t.Errorf("%v", r)
	}
	shared.docker.Start(t, "killed", "sleep", "1000")
	one(t, h, "killed", isRecording)
	shared.docker.Kill(t, "killed")
	if r := one(t, h, "killed", exited); r.ExitSignal != 9 || *r.ExitCode != 137 || r.OomKills != 0 {
		t.Errorf("%v", r)
	}
	run(t, shared.docker.CommandRunWith([]string{"--memory", "8m"}, "hungry", "sh", "-c", "tail /dev/zero"))
	if r := one(t, h, "hungry", exited); r.OomKills == 0 {
		t.Errorf("%v", r)
	}
}

// The end of the runtime's own process, which sets the container up, is none of the container's.
func TestRunningContainerHasNotEnded(t *testing.T) {
	h := start(t)
	for _, runtime := range all() {
		name := "runs-" + runtime.Name()
		runtime.Start(t, name, "sleep", "1000")
		r := one(t, h, name, func(r *traceloopv1.Recording) bool { return isRecording(r) && r.Executed != nil })
		if r.ExitCode != nil || r.ExitSignal != 0 || r.Ended != nil {
			t.Errorf("%s runs, and is listed as ended: %v", name, r)
		}
	}
}

// When memory is short the oldest that ended make room, and are saved before.
func TestEviction(t *testing.T) {
	const rings = 6
	h := place(t, "--memory", "6MiB", "--ready-rings", "2")
	state := h.Path("state")
	h.SetFlags(append(endpoints(), "--memory", fmt.Sprint(rings, "MiB"), "--ready-rings", "2", "--state-dir", state)...)
	must(t, h.Start())
	shared.containerd.Start(t, "evict-runs", "sleep", "1000")
	one(t, h, "evict-runs", isRecording)
	const count = 9
	for i := range count {
		name := fmt.Sprintf("evict-%d", i)
		run(t, shared.containerd.CommandRun(name, "sh", "-c", "exit "+fmt.Sprint(i)))
		one(t, h, name, func(r *traceloopv1.Recording) bool { return !isRecording(r) })
	}
	eventually(t, "some are saved", func() bool {
		status, err := h.Status()
		return err == nil && status.Saved > 0 && status.RingsReady == 2
	})
	status, err := h.Status()
	must(t, err)
	if status.Memory.Used > status.Memory.Limit || status.Memory.Limit != rings<<20 {
		t.Errorf("memory %v", status.Memory)
	}
	if status.Evicted == 0 || status.Evicted != status.Saved || status.Refused != 0 || status.SaveFailures != 0 {
		t.Errorf("%v", status)
	}
	saved := 0
	for i := range count {
		// The oldest are files, the newest rings; all can be shown.
		name := fmt.Sprintf("evict-%d", i)
		r := one(t, h, name, func(*traceloopv1.Recording) bool { return true })
		if r.State == traceloopv1.State_STATE_SAVED {
			saved++
			if saved != i+1 {
				t.Errorf("%s is saved before an older one", name)
			}
		}
		text := show(t, h, name)
		wantWhole(t, text, `"/bin/sh"`)
		if !strings.Contains(text, fmt.Sprintf("exit_group(%d)", i)) {
			t.Errorf("%s:\n%s", name, text)
		}
	}
	if saved == 0 || saved == count {
		t.Errorf("%d of %d are saved", saved, count)
	}
	one(t, h, "evict-runs", isRecording)
	if _, err := h.Run("delete", "evict-0"); err != nil {
		t.Error(err)
	}
	files, err := filepath.Glob(filepath.Join(state, "*"))
	if err != nil || len(files) < saved-1 {
		t.Errorf("%q, %v", files, err)
	}
	// They are there after a restart, too.
	must(t, h.Stop())
	must(t, h.Start())
	wantWhole(t, show(t, h, "evict-1"), `"/bin/sh"`)
}

// What runs is never evicted: who comes is refused, and that is said.
func TestNoRoom(t *testing.T) {
	h := start(t, "--memory", "3MiB", "--ready-rings", "1")
	for i := range 5 {
		shared.containerd.Start(t, fmt.Sprintf("crowd-%d", i), "sleep", "1000")
	}
	var status *traceloopv1.StatusResponse
	defer func() {
		if t.Failed() {
			t.Logf("the status was %v", status)
		}
	}()
	eventually(t, "two are refused", func() bool {
		var err error
		status, err = h.Status()
		return err == nil && status.Refused == 2
	})
	if len(status.Warnings) == 0 || status.Evicted != 0 {
		t.Errorf("%v", status)
	}
	if text, err := h.Run("status"); err != nil || !strings.Contains(text, "not recorded") {
		t.Errorf("%s, %v", text, err)
	}
	if recordings := named(t, h, "crowd-*"); len(recordings) != 3 {
		t.Errorf("%v", recordings)
	}
	if !strings.Contains(h.Log(), "level=WARN") && !strings.Contains(h.Log(), "level=ERROR") {
		t.Error("the log does not say so")
	}
	// When one ends it makes room, and another is taken in.
	shared.containerd.Kill(t, "crowd-0")
	eventually(t, "a refused one is recorded", func() bool {
		for _, r := range named(t, h, "crowd-[34]") {
			if r.State == traceloopv1.State_STATE_RECORDING {
				return true
			}
		}
		return false
	})
}

// A full disk loses the files and nothing else.
func TestFullDisk(t *testing.T) {
	h := place(t)
	state := h.Path("state")
	must(t, os.Mkdir(state, 0o700))
	must(t, syscall.Mount("tmpfs", state, "tmpfs", 0, "size=8k,mode=0700"))
	t.Cleanup(func() {
		if err := syscall.Unmount(state, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	h.SetFlags(append(endpoints(), "--memory", "4MiB", "--ready-rings", "2", "--state-dir", state)...)
	must(t, h.Start())
	for i := range 5 {
		name := fmt.Sprintf("full-%d", i)
		run(t, shared.containerd.CommandRun(name, "true"))
	}
	eventually(t, "it says that it cannot save", func() bool {
		status, err := h.Status()
		return err == nil && status.SaveFailures > 0 && status.RingsReady == 2 && len(status.Warnings) > 0
	})
	wantWhole(t, show(t, h, "full-4"), `"/bin/true"`)
}

// Another version reads out what the one before it recorded.
func TestUpgrade(t *testing.T) {
	h := place(t)
	state := h.Path("state")
	h.SetFlags(append(endpoints(), "--state-dir", state)...)
	must(t, h.Start())
	run(t, shared.docker.CommandRun("of-old", "sh", "-c", "exit 5"))
	one(t, h, "of-old", exited)
	shared.docker.Start(t, "of-both", "sh", "-c", "while sleep 0.05; do echo x >/tmp/x; done")
	one(t, h, "of-both", isRecording)
	must(t, h.Stop())
	other := filepath.Join(t.TempDir(), "traceloop")
	output, err := exec.Command("go", "build", "-ldflags", "-X traceloop/recorder.buildVersion=other", "-o", other, "traceloop/cmd/traceloop").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	command := h.DaemonCommand()
	command.Path = other
	must(t, h.StartCommand(command))
	r := one(t, h, "of-old", func(r *traceloopv1.Recording) bool { return r.State == traceloopv1.State_STATE_SAVED })
	text := show(t, h, r.Id)
	wantWhole(t, text, `"/bin/sh"`)
	if !strings.Contains(text, "exit_group(5)") {
		t.Errorf("%s", text)
	}
	// What runs is recorded on, in a ring of the new version.
	eventually(t, "both of the one that runs are there", func() bool {
		states := map[traceloopv1.State]bool{}
		for _, r := range named(t, h, "of-both") {
			states[r.State] = true
		}
		return states[traceloopv1.State_STATE_SAVED] && states[traceloopv1.State_STATE_RECORDING]
	})
	must(t, h.Stop())
	// The one that is built now ends what the other left.
}
