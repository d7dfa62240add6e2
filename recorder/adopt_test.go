package recorder_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"traceloop/event"
	"traceloop/recorder"
	"traceloop/ring"
	"traceloop/test/host"
)

// adopting makes a recorder of its own that adopts containers, with so many
// ready rings. Other containers of the host take from them too.
func adopting(t *testing.T, ready int) *recorder.Recorder {
	t.Helper()
	alone(t)
	r, err := recorder.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	adopt(t, r, ready)
	return r
}

// alone keeps other tests' containers from taking this one's rings.
func alone(t *testing.T) {
	t.Helper()
	release, err := host.Alone()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
}

func adopt(t *testing.T, r *recorder.Recorder, ready int) {
	t.Helper()
	if err := r.SetAdoption(roomy); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Stock(ready); err != nil || got != ready {
		t.Fatalf("%d rings are ready, want %d: %v", got, ready, err)
	}
}

// container is a command in a mount namespace, a PID namespace and a root
// directory of its own, which has busybox.
func container(t *testing.T, command ...string) *exec.Cmd {
	t.Helper()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	busybox, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "bin/busybox"), busybox, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "proc"), 0o755); err != nil {
		t.Fatal(err)
	}
	// A mount point, so that what runs there can make namespaces of its own.
	if err := syscall.Mount(root, root, "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(root, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmounting %s: %v", root, err)
		}
	})
	cmd := exec.Command("/bin/busybox", command...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID, Chroot: root}
	return cmd
}

// adoptedOf returns the recording of the container whose first process this is.
func adoptedOf(t *testing.T, r *recorder.Recorder, pid int) (recorder.Info, bool) {
	t.Helper()
	all, err := r.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range all {
		if info.Adopted && info.PID == uint32(pid) {
			return info, true
		}
	}
	return recorder.Info{}, false
}

func wantAdopted(t *testing.T, r *recorder.Recorder, pid int) recorder.Info {
	t.Helper()
	info, found := adoptedOf(t, r, pid)
	if !found {
		t.Fatalf("the container of process %d was not adopted", pid)
	}
	return info
}

// ownCalls are the names of the calls that a recording has of a container's own
// program, without its set-up.
func ownCalls(t *testing.T, r *recorder.Recorder, name string) string {
	t.Helper()
	var names []string
	for _, e := range history(t, r, name).Events {
		if e.Type == ring.TypeCall && !e.SetUp {
			names = append(names, e.Name())
		}
	}
	return strings.Join(names, " ")
}

// written is what a recording's tasks wrote.
func written(t *testing.T, r *recorder.Recorder, name string) string {
	t.Helper()
	var text strings.Builder
	for _, e := range history(t, r, name).Events {
		if captures := e.Call.Captures; e.Type == ring.TypeCall && e.Name() == "write" && len(captures) > 0 {
			text.Write(captures[len(captures)-1].Data) // the descriptor's may be before it
		}
	}
	return text.String()
}

func setUpCalls(h *event.History) (count int) {
	for _, e := range h.Events {
		if e.Type == ring.TypeCall && e.SetUp {
			count++
		}
	}
	return count
}

func TestContainerIsAdoptedFromItsFirstCall(t *testing.T) {
	r := adopting(t, 8)
	c := container(t, "true")
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	info := wantAdopted(t, r, c.Process.Pid)
	calls := ownCalls(t, r, info.Name)
	if !strings.HasPrefix(calls, "execve ") || !strings.HasSuffix(calls, " exit_group") {
		t.Errorf("its calls are %s", calls)
	}
	h := history(t, r, info.Name)
	if setUpCalls(h) == 0 {
		t.Error("its set-up was not recorded")
	}
	if info.Late || info.Executed <= info.Began || info.Ended <= info.Executed || info.Tasks != 0 {
		t.Errorf("%+v", info)
	}
	if !info.Exited || info.Status != 0 || info.OOMKills != 0 {
		t.Errorf("it ended with %+v", info)
	}
	if info.Calls != h.Account.Made {
		t.Errorf("it made %d calls, of which the list says %d", h.Account.Made, info.Calls)
	}
}

func TestAdoptedContainerSaysHowItEnded(t *testing.T) {
	r := adopting(t, 8)
	for _, test := range []struct {
		script string
		status uint32
	}{
		{"exit 3", 3 << 8},
		{"(exit 4); exit 5", 5 << 8},
		{"kill -9 $$; exit 1", 0}, // the kernel keeps a namespace's first process from killing itself
	} {
		c := container(t, "sh", "-c", test.script)
		err := c.Run()
		info := wantAdopted(t, r, c.Process.Pid)
		if test.status != 0 && info.Status != test.status {
			t.Errorf("%s: status %#x, want %#x (%v)", test.script, info.Status, test.status, err)
		}
		if !info.Exited || info.Tasks != 0 {
			t.Errorf("%s: %+v", test.script, info)
		}
	}
	c := container(t, "sleep", "1000")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is adopted", func() bool { info, found := adoptedOf(t, r, c.Process.Pid); return found && info.Executed != 0 })
	if info := wantAdopted(t, r, c.Process.Pid); info.Tasks != 1 || info.Exited {
		t.Errorf("it runs: %+v", info)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	eventually(t, "it ended", func() bool { return wantAdopted(t, r, c.Process.Pid).Tasks == 0 })
	if info := wantAdopted(t, r, c.Process.Pid); info.Status != 9 || !info.Exited {
		t.Errorf("it was killed: %+v", info)
	}
}

func TestNamespaceThatIsNoContainerTakesNoRing(t *testing.T) {
	r := adopting(t, 8)
	before, err := r.List()
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		run(t, "/usr/bin/unshare", "-m", "/bin/true").wait(t, 0)
	}
	all, err := r.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range all[len(before):] {
		for _, e := range history(t, r, info.Name).Events {
			if e.Task.Comm == "unshare" {
				t.Errorf("unshare -m was taken for a container: %+v", info)
				break
			}
		}
	}
}

func TestNamespacesInAContainerAreItsOwn(t *testing.T) {
	r := adopting(t, 8)
	const count = 50
	c := container(t, "sh", "-c", fmt.Sprintf("i=0; while [ $i -lt %d ]; do /bin/busybox unshare -m /bin/busybox true; /bin/busybox unshare -mpf /bin/busybox true; i=$((i+1)); done", count))
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	info := wantAdopted(t, r, c.Process.Pid)
	if info.Tasks != 0 || info.Ended == 0 {
		t.Errorf("it ended, but %+v", info)
	}
	executed := 0
	for _, e := range history(t, r, info.Name).Events {
		if e.Type == ring.TypeExec && !e.SetUp {
			executed++
		}
	}
	if want := 1 + 4*count; executed != want {
		t.Errorf("%d executions are in its recording, want %d", executed, want)
	}
	if ready, err := r.Ready(); err != nil || ready < 4 {
		t.Errorf("%d rings are left: %v", ready, err)
	}
}

func TestRefusedContainerIsCountedAndTakenInLater(t *testing.T) {
	r := adopting(t, 0)
	before, err := r.Refused()
	if err != nil {
		t.Fatal(err)
	}
	c := container(t, "sh", "-c", "read x; read y; true")
	input, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is refused", func() bool { n, err := r.Refused(); return err == nil && n > before })
	if _, found := adoptedOf(t, r, c.Process.Pid); found {
		t.Error("adopted without a ring")
	}
	adopt(t, r, 4)
	if _, err := r.AdoptRunning(); err != nil {
		t.Fatal(err)
	}
	info := wantAdopted(t, r, c.Process.Pid)
	if !info.Late || info.Tasks != 1 {
		t.Errorf("%+v", info)
	}
	if _, err := input.Write([]byte("x\ny\n")); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	// What ran there before is no set-up.
	if calls := ownCalls(t, r, info.Name); !strings.Contains(calls, "read ") || !strings.HasSuffix(calls, " exit_group") {
		t.Errorf("its calls are %s", calls)
	}
}

func TestProcessThatEntersAContainerSetsItselfUp(t *testing.T) {
	r := adopting(t, 8)
	c := container(t, "sleep", "1000")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Wait() }()
	defer func() { _ = c.Process.Kill() }()
	eventually(t, "it is adopted", func() bool { info, found := adoptedOf(t, r, c.Process.Pid); return found && info.Executed != 0 })
	run(t, "/usr/bin/nsenter", "-t", fmt.Sprint(c.Process.Pid), "-m", "-p", "-r", "/bin/busybox", "uname").wait(t, 0)
	info := wantAdopted(t, r, c.Process.Pid)
	if info.Tasks != 1 {
		t.Errorf("%d tasks", info.Tasks)
	}
	var own, setUp []string
	for _, e := range history(t, r, info.Name).Events {
		switch {
		case e.Type != ring.TypeCall:
		case e.SetUp && e.Task.Comm == "nsenter":
			setUp = append(setUp, e.Name())
		case !e.SetUp && e.Task.Comm == "busybox" && e.Task.ContainerPID != 1:
			own = append(own, e.Name())
		}
	}
	if text := strings.Join(own, " "); !strings.HasPrefix(text, "execve ") || !strings.HasSuffix(text, " exit_group") {
		t.Errorf("it did %s", text)
	}
	if len(setUp) == 0 {
		t.Error("how it got there was not recorded")
	}
}

func TestDeletedContainerIsNotAdoptedAgain(t *testing.T) {
	r := adopting(t, 4)
	// What it makes within itself is not adopted either.
	c := container(t, "sh", "-c", "while read x; do /bin/busybox unshare -mpf /bin/busybox true; done")
	input, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is adopted", func() bool { info, found := adoptedOf(t, r, c.Process.Pid); return found && info.Executed != 0 })
	info := wantAdopted(t, r, c.Process.Pid)
	if err := r.Delete(info.Name); err != nil {
		t.Fatal(err)
	}
	if _, err := input.Write([]byte("x\nx\n")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(input.Close(), c.Wait()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(info.Name); !errors.Is(err, recorder.ErrNotFound) {
		t.Errorf("reading it: %v", err)
	}
	all, err := r.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range all {
		if other.Began > info.Began && slices.Equal(other.CgroupNames, info.CgroupNames) {
			t.Errorf("adopted again: %+v", other)
		}
	}
	if err := r.Sweep(); err != nil {
		t.Error(err)
	}
}

// A container that ran before is not taken for a new one, although what is seen
// of it first is a process that it has just made.
func TestNewProcessOfAnOldContainer(t *testing.T) {
	alone(t)
	r, err := recorder.New()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c := container(t, "sh", "-c", "echo; read x; while :; do /bin/busybox true; done")
	input, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Wait() }()
	defer func() { _ = c.Process.Kill() }()
	if _, err := output.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	adopt(t, r, 4)
	if err := input.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is adopted", func() bool { all, err := r.List(); return err == nil && len(all) > 0 })
	if _, err := r.AdoptRunning(); err != nil {
		t.Fatal(err)
	}
	info := wantAdopted(t, r, c.Process.Pid)
	if refused, err := r.Refused(); !info.Late || info.Exited || info.Executed != 0 || err != nil || refused != 0 {
		t.Errorf("%+v, %d refused, %v", info, refused, err)
	}
}

// The kernel gives the number of a mount namespace that is gone to the next one.
// Neither is taken for the other, whichever ends or is deleted first.
func TestReusedNumberOfAMountNamespace(t *testing.T) {
	r := adopting(t, 8)
	numbers := make(map[uint32]recorder.Info)
	for range 20 {
		c := container(t, "sh", "-c", "exit 3")
		if err := c.Run(); err == nil {
			t.Fatal("it succeeded")
		}
		info := wantAdopted(t, r, c.Process.Pid)
		before, reused := numbers[info.MountNamespace]
		numbers[info.MountNamespace] = info
		if !reused {
			if _, err := r.Stock(8); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if before.NamespaceID == info.NamespaceID || before.Name == info.Name {
			t.Fatalf("two containers are one: %+v, %+v", before, info)
		}
		// Late news of the first must not touch the second, which has its number.
		running := container(t, "sleep", "1000")
		if err := running.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = running.Wait() }()
		defer func() { _ = running.Process.Kill() }()
		eventually(t, "it is adopted", func() bool { info, found := adoptedOf(t, r, running.Process.Pid); return found && info.Executed != 0 })
		if err := errors.Join(r.Delete(before.Name), r.Delete(info.Name), r.Sweep()); err != nil {
			t.Fatal(err)
		}
		if third := wantAdopted(t, r, running.Process.Pid); third.Tasks != 1 || third.Name == info.Name {
			t.Errorf("%+v", third)
		}
		return
	}
	t.Skip("this kernel gave no number twice in 20 containers")
}

func TestWaitSaysWhenThereIsNews(t *testing.T) {
	r := adopting(t, 4)
	ctx, cancel := context.WithTimeout(t.Context(), tooLong)
	defer cancel()
	c := container(t, "true")
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	if err := r.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	for {
		if err := r.Wait(short); err != nil {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			break
		}
	}
	// It works on after a wait that was broken off.
	c = container(t, "true")
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	if err := r.Wait(ctx); err != nil {
		t.Error(err)
	}
}

func TestNotesStayWithRecordings(t *testing.T) {
	r := sharedRecorder(t)
	attach(t, r, t.Name(), recorder.Children(os.Getpid()), roomy)
	for _, note := range []string{"", "a note", strings.Repeat("x", recorder.MaximumNote)} {
		if err := r.SetNote(t.Name(), []byte(note)); err != nil {
			t.Fatal(err)
		}
		if info, err := r.Stat(t.Name()); err != nil || string(info.Note) != note {
			t.Errorf("the note is %q, want %q: %v", info.Note, note, err)
		}
	}
	if err := r.SetNote(t.Name(), make([]byte, recorder.MaximumNote+1)); err == nil || !strings.Contains(err.Error(), "8193") {
		t.Errorf("too long a note: %v", err)
	}
	if err := r.SetNote("x", nil); !errors.Is(err, recorder.ErrNotFound) {
		t.Errorf("a note on nothing: %v", err)
	}
}

// Who wants a container recorded may change while it runs.
func TestAdoptionEndsAndBeginsAgain(t *testing.T) {
	r := adopting(t, 4)
	if on, err := r.Adopting(); err != nil || !on {
		t.Errorf("containers are adopted: %t, %v", on, err)
	}
	c := container(t, "sh", "-c", "while read x; do echo $x; done")
	input, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { errors.Join(input.Close(), c.Wait()) }()
	answer := make([]byte, 16)
	say := func(text string) {
		t.Helper()
		if _, err := input.Write([]byte(text + "\n")); err != nil {
			t.Fatal(err)
		}
		if count, err := output.Read(answer); err != nil || string(answer[:count]) != text+"\n" {
			t.Fatalf("the container says %q, want %q: %v", answer[:count], text, err)
		}
	}
	say("one")
	first := wantAdopted(t, r, c.Process.Pid)
	if err := r.SetFilter(first.Name, filter(t, "read")); err != nil {
		t.Fatal(err)
	}
	say("two")
	if err := r.SetFilter(first.Name, nil); err != nil {
		t.Fatal(err)
	}
	say("three")
	same(t, "what it wrote", written(t, r, first.Name), "one\nthree\n")

	if err := r.EndAdoption(); err != nil {
		t.Fatal(err)
	}
	say("four")
	same(t, "what it wrote until the end of adoption", written(t, r, first.Name), "one\nthree\n")
	if ready, err := r.Ready(); err != nil || ready != 0 {
		t.Errorf("%d rings are ready, want none: %v", ready, err)
	}
	if on, err := r.Adopting(); err != nil || on {
		t.Errorf("containers are adopted: %t, %v", on, err)
	}
	if err := r.Delete(first.Name); err != nil {
		t.Fatal(err)
	}

	adopt(t, r, 4)
	if err := r.Reconsider(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.AdoptRunning(); err != nil {
		t.Fatal(err)
	}
	var second recorder.Info
	eventually(t, "it is adopted again", func() bool {
		all, err := r.List()
		for _, info := range all {
			if slices.Equal(info.CgroupNames, first.CgroupNames) && info.NamespaceID == first.NamespaceID {
				second = info
			}
		}
		return err == nil && second.Name != ""
	})
	if !second.Late || second.Name == first.Name {
		t.Errorf("it is adopted as %+v, want late and under another name than %s", second, first.Name)
	}
	say("five")
	same(t, "what it wrote then", written(t, r, second.Name), "five\n")
}

// Ready rings are never taken away to be given another filter.
func TestFilterOfReadyRingsChangesInPlace(t *testing.T) {
	r := adopting(t, 4)
	narrow := roomy
	narrow.Filter = filter(t, "write,exit_group")
	if err := r.SetAdoption(narrow); err != nil {
		t.Fatal(err)
	}
	if ready, err := r.Ready(); err != nil || ready != 4 {
		t.Errorf("%d rings are ready, want the 4 there were: %v", ready, err)
	}
	c := container(t, "echo", "hello")
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	info := wantAdopted(t, r, c.Process.Pid)
	same(t, "its calls", ownCalls(t, r, info.Name), "write exit_group")
	if info.Filtered == 0 {
		t.Error("no call was filtered")
	}
	larger := roomy
	larger.RingSize *= 2
	if err := r.SetAdoption(larger); err != nil {
		t.Fatal(err)
	}
	if ready, err := r.Ready(); err != nil || ready != 0 {
		t.Errorf("%d rings are ready, want none of the smaller: %v", ready, err)
	}
}
