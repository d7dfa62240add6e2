package recorder_test

import (
	"fmt"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"traceloop/event"
	"traceloop/ring"
)

func bootTime(t *testing.T) uint64 {
	t.Helper()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		t.Fatal(err)
	}
	return uint64(now.Nano())
}

// A new task returns from the call that its parent made. It made none.
func TestNewTasksHaveNoPhantomCall(t *testing.T) {
	h, p := record(t, roomy, program(t, "tasks"), "forks")
	var children []uint32
	for _, e := range ofType(h, ring.TypeFork) {
		same(t, "parent", e.TID, p.pid())
		same(t, "child's process", e.Fork.ChildPID, e.Fork.ChildTID)
		children = append(children, e.Fork.ChildTID)
	}
	if len(children) != 4 {
		t.Fatalf("there are %d forks, want 4", len(children))
	}
	for i, child := range children {
		calls := those(h, func(e *event.Event) bool { return e.Type == ring.TypeCall && e.TID == child })
		if len(calls) == 0 || !isMark(calls[0]) || calls[0].Call.Arguments[2] != uint64(i+1) {
			t.Errorf("child %d does not begin with its mark: %s", i+1, describe(calls))
		}
	}
	for _, e := range those(h, func(e *event.Event) bool { return e.Type == ring.TypeCall && e.Call.State == ring.StateNoEntry }) {
		t.Errorf("a call without an entry: %s", describe([]*event.Event{e}))
	}
	var returned []uint32
	for _, e := range those(h, func(e *event.Event) bool {
		return e.Type == ring.TypeCall && (e.Name() == "fork" || e.Name() == "vfork" || e.Name() == "clone" || e.Name() == "clone3")
	}) {
		same(t, "caller", e.TID, p.pid())
		returned = append(returned, uint32(e.Call.Return))
	}
	same(t, "what the parent's calls returned", returned, children)
}

func TestThreadsHaveTheirProcess(t *testing.T) {
	path := program(t, "tasks")
	r := attachChildren(t, roomy)
	p := run(t, path, "numbers")
	var pid, tid uint32
	if _, err := fmt.Sscan(p.line(t), &pid, &tid); err != nil {
		t.Fatal(err)
	}
	p.wait(t, 0)
	h := history(t, r, t.Name())
	fork := one(t, "fork", ofType(h, ring.TypeFork))
	same(t, "new thread", *fork.Fork, ring.Fork{ChildTID: tid, ChildPID: pid})
	same(t, "marks", marks(h, 2), []int64{int64(tid)})
	mark := one(t, "mark", callsWith(h, "lseek", 2, 2))
	same(t, "thread", *mark.Task, ring.Task{PID: pid, ContainerTID: tid, ContainerPID: pid, Comm: mark.Task.Comm})
}

func TestTimesAreBootTime(t *testing.T) {
	path := program(t, "tasks")
	r := attachChildren(t, roomy)
	p := run(t, path, "marker")
	p.awaitReady(t, 1)
	const count = 20
	var before, after []uint64
	for range count {
		before = append(before, bootTime(t))
		p.step(t, "x")
		after = append(after, bootTime(t))
	}
	p.wait(t, 0)
	h := history(t, r, t.Name())
	found := those(h, isMark)
	if len(found) != count {
		t.Fatalf("there are %d marks, want %d", len(found), count)
	}
	for i, e := range found {
		if e.Start < before[i] || e.End > after[i] || e.Start > e.End {
			t.Errorf("mark %d is from %d to %d, and was made between %d and %d", i, e.Start, e.End, before[i], after[i])
		}
	}
	// The calls of one thread do not overlap.
	var last *event.Event
	for _, e := range those(h, func(e *event.Event) bool { return e.Type == ring.TypeCall }) {
		if last != nil && e.Start < last.End {
			t.Errorf("two calls at once: %s", describe([]*event.Event{last, e}))
		}
		last = e
	}
}

// A process whose clocks are a day ahead is recorded by the host's clock.
func TestTimeNamespaceDoesNotMatter(t *testing.T) {
	before := bootTime(t)
	h, _ := record(t, roomy, program(t, "tasks"), "time namespace")
	after := bootTime(t)
	mark := one(t, "mark", those(h, isMark))
	if mark.Start < before || mark.End > after {
		t.Errorf("the mark is from %d to %d, and was made between %d and %d", mark.Start, mark.End, before, after)
	}
	if own := mark.Call.Arguments[1] * 1e9; own < after {
		t.Errorf("the process's own clock was at %d: it is in no time namespace", own)
	}
}

func TestNumbersInsideAndOutsideAPIDNamespace(t *testing.T) {
	path := program(t, "tasks")
	r := attachChildren(t, roomy)
	command := exec.Command(path, "numbers")
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	p := start(t, command)
	var containerPID, containerTID uint32
	if _, err := fmt.Sscan(p.line(t), &containerPID, &containerTID); err != nil {
		t.Fatal(err)
	}
	p.wait(t, 0)
	h := history(t, r, t.Name())
	leader := one(t, "leader's mark", callsWith(h, "lseek", 2, 1))
	same(t, "leader's thread ID", leader.TID, p.pid())
	same(t, "leader", *leader.Task, ring.Task{PID: p.pid(), ContainerTID: 1, ContainerPID: 1, Comm: leader.Task.Comm})
	same(t, "leader's own thread ID", leader.Call.Arguments[1], uint64(1))
	thread := one(t, "thread's mark", callsWith(h, "lseek", 2, 2))
	same(t, "thread", *thread.Task, ring.Task{PID: p.pid(), ContainerTID: containerTID, ContainerPID: containerPID, Comm: thread.Task.Comm})
	same(t, "thread's own thread ID", thread.Call.Arguments[1], uint64(containerTID))
	fork := one(t, "fork", ofType(h, ring.TypeFork))
	same(t, "thread's ID outside", thread.TID, fork.Fork.ChildTID)
	if thread.TID == containerTID || containerPID != 1 {
		t.Errorf("the process is in no PID namespace: %d is %d inside", thread.TID, containerTID)
	}
}
