package recorder_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"traceloop/event"
	"traceloop/ring"
)

// signalsOf returns the numbers of the signals that were delivered to a thread.
func signalsOf(h *event.History, tid uint32) []uint32 {
	var numbers []uint32
	for _, e := range ofType(h, ring.TypeSignal) {
		if e.TID == tid {
			numbers = append(numbers, e.Signal.Number)
		}
	}
	return numbers
}

// exitOf returns the code with which a thread ended.
func exitOf(t *testing.T, h *event.History, tid uint32) uint32 {
	t.Helper()
	return one(t, "end", those(h, func(e *event.Event) bool { return e.Type == ring.TypeExit && e.TID == tid })).Exit.Code
}

// The exit of rt_sigreturn carries the number and the result of the call that
// the signal interrupted, or none.
func TestSignalReturnsIntoItsOwnCall(t *testing.T) {
	h, p := record(t, roomy, program(t, "signals"), "handled")
	kill := one(t, "kill", callsNamed(h, "kill"))
	same(t, "arguments of kill", kill.Call.Arguments, []uint64{uint64(p.pid()), uint64(unix.SIGUSR1)})
	same(t, "return of kill", kill.Call.Return, int64(0))
	signal := one(t, "signal", ofType(h, ring.TypeSignal))
	same(t, "signal", signal.Signal.Number, uint32(unix.SIGUSR1))
	if info := signal.Signal.Info; len(info) < 20 {
		t.Errorf("siginfo has %d bytes", len(info))
	} else {
		same(t, "si_signo", binary.LittleEndian.Uint32(info), uint32(unix.SIGUSR1))
		same(t, "si_pid", binary.LittleEndian.Uint32(info[16:]), p.pid())
	}
	back := one(t, "rt_sigreturn", callsNamed(h, "rt_sigreturn"))
	same(t, "state of rt_sigreturn", back.Call.State, ring.StateReturned)
	same(t, "marks of the handler", marks(h, 1), []int64{int64(unix.SIGUSR1)})
	same(t, "marks after it", marks(h, 2), []int64{7})
	handler := one(t, "handler", callsWith(h, "lseek", 2, 1))
	after := one(t, "after", callsWith(h, "lseek", 2, 2))
	if kill.End > signal.Start || signal.Start > handler.Start || handler.End > back.Start || back.End > after.Start {
		t.Errorf("the calls are out of order: %s", describe([]*event.Event{kill, handler, back, after}))
	}
}

// A sleep that was stopped goes on by restart_syscall; both ends are internal.
func TestStoppedSleepIsRestarted(t *testing.T) {
	path := program(t, "signals")
	r := attachChildren(t, roomy)
	p := run(t, path, "sleeper")
	awaitInCall(t, p.pid(), p.pid(), unix.SYS_NANOSLEEP)
	if err := unix.Kill(p.Process.Pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	awaitState(t, p.pid(), "T")
	if err := unix.Kill(p.Process.Pid, unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	p.wait(t, 0)
	h := history(t, r, t.Name())
	const restartBlock = -516
	sleep := one(t, "nanosleep", callsNamed(h, "nanosleep"))
	same(t, "return of nanosleep", sleep.Call.Return, int64(restartBlock))
	restarted := one(t, "restart_syscall", callsNamed(h, "restart_syscall"))
	same(t, "return of restart_syscall", restarted.Call.Return, int64(0))
	same(t, "state of restart_syscall", restarted.Call.State, ring.StateReturned)
	if sleep.End > restarted.Start {
		t.Error("restart_syscall began before nanosleep ended")
	}
	same(t, "signals", signalsOf(h, p.pid()), []uint32{uint32(unix.SIGSTOP)})
}

func TestInterruptedReads(t *testing.T) {
	path := program(t, "signals")
	r := attachChildren(t, roomy)
	p := run(t, path, "interrupted")
	for _, signal := range []unix.Signal{unix.SIGUSR1, unix.SIGUSR2} {
		p.awaitReady(t, 1)
		awaitInCall(t, p.pid(), p.pid(), unix.SYS_READ)
		if err := unix.Kill(p.Process.Pid, signal); err != nil {
			t.Fatal(err)
		}
	}
	// The second read is made again when its handler has returned.
	eventually(t, "the handler has run", func() bool { return len(callsNamed(history(t, r, t.Name()), "rt_sigreturn")) == 2 })
	p.tell(t, "x")
	p.wait(t, 0)
	h := history(t, r, t.Name())
	const restart = -512
	var returns []int64
	for _, e := range callsWith(h, "read", 0, readerFD) {
		returns = append(returns, e.Call.Return)
	}
	same(t, "returns of read", returns, []int64{restart, restart, 1})
	reads := callsWith(h, "read", 0, readerFD)
	same(t, "what was read", firstCapture(reads[2], 1), "x")
	same(t, "memory of a read that read nothing", show(reads[0]).Memory, []memory(nil))
	same(t, "signals", signalsOf(h, p.pid()), []uint32{uint32(unix.SIGUSR1), uint32(unix.SIGUSR2)})
}

func TestExitsAreRecordedWithTheirArguments(t *testing.T) {
	path := program(t, "signals")
	r := attachChildren(t, roomy)
	p := run(t, path, "exits")
	p.wait(t, 5<<8)
	h := history(t, r, t.Name())
	shows(t, "exit", callsWith(h, "exit", 0, 7),
		call{Name: "exit", State: ring.StateUnfinished, Arguments: []uint64{7}})
	shows(t, "exit_group", callsNamed(h, "exit_group"),
		call{Name: "exit_group", State: ring.StateUnfinished, Arguments: []uint64{5}})
	same(t, "process's end", exitOf(t, h, p.pid()), uint32(5<<8))
	same(t, "ends", len(ofType(h, ring.TypeExit)), 2)
}

// What a killed process was in the midst of is why one looks at the recording.
func TestCallsOfAKilledProcessAreUnfinished(t *testing.T) {
	path := program(t, "signals")
	r := attachChildren(t, roomy)
	p := run(t, path, "killed")
	p.awaitReady(t, 2)
	awaitInCall(t, p.pid(), p.pid(), unix.SYS_READ)
	eventually(t, "both threads are in their calls", func() bool { return history(t, r, t.Name()).Account.InFlight == 2 })
	p.Process.Kill()
	p.reap(t, syscall.WaitStatus(unix.SIGKILL))
	h := history(t, r, t.Name())

	same(t, "calls in flight", h.Account.InFlight, uint64(0))
	read := one(t, "read", callsWith(h, "read", 0, readerFD))
	same(t, "state of read", read.Call.State, ring.StateUnfinished)
	same(t, "count of read", read.Call.Arguments[2], uint64(16))
	same(t, "memory of read", show(read).Memory, []memory(nil))
	futex := one(t, "futex", callsWith(h, "futex", 5, 0x5ca1e))
	same(t, "state of futex", futex.Call.State, ring.StateUnfinished)
	for _, e := range ofType(h, ring.TypeExit) {
		same(t, "a thread's end", e.Exit.Code, uint32(unix.SIGKILL))
	}
	same(t, "signals", signalsOf(h, p.pid()), []uint32{uint32(unix.SIGKILL)})
}

func TestCallsOfThreadsThatEndWithTheirProcess(t *testing.T) {
	path := program(t, "signals")
	r := attachChildren(t, roomy)
	p := run(t, path, "thread ended")
	p.awaitReady(t, 1)
	eventually(t, "the thread waits", func() bool {
		return len(callsWith(history(t, r, t.Name()), "futex", 5, 0x5ca1e)) == 1
	})
	p.tell(t, "x")
	p.wait(t, 3<<8)
	h := history(t, r, t.Name())
	futex := one(t, "futex", callsWith(h, "futex", 5, 0x5ca1e))
	same(t, "state of futex", futex.Call.State, ring.StateUnfinished)
	same(t, "state of exit_group", one(t, "exit_group", callsNamed(h, "exit_group")).Call.State, ring.StateUnfinished)
	same(t, "process's end", exitOf(t, h, p.pid()), uint32(3<<8))
}

// A filter refuses before the entry's tracepoint: only the exit is seen.
func TestSeccompErrorIsTheCallsReturn(t *testing.T) {
	h, _ := record(t, roomy, program(t, "signals"), "seccomp errno")
	shows(t, "mkdir", noPointers(callsNamed(h, "mkdir")), call{
		Name: "mkdir", State: ring.StateNoEntry, Arguments: []uint64{somewhere, 0o712}, Return: errno(unix.EACCES),
		Memory: []memory{{Argument: 0, Data: "/denied"}},
	})
	shows(t, "rmdir", noPointers(callsNamed(h, "rmdir")), call{
		Name: "rmdir", State: ring.StateNoEntry, Arguments: []uint64{somewhere},
		Memory: []memory{{Argument: 0, Data: "/pretended"}},
	})
	same(t, "what follows", marks(h, 1), []int64{1})
}

// read has the number 0, which a rolled-back call returns too.
func TestSeccompPretendsThatReadReturnedZero(t *testing.T) {
	h, _ := record(t, roomy, program(t, "signals"), "seccomp zero")
	read := one(t, "read", callsWith(h, "read", 0, 100))
	same(t, "state", read.Call.State, ring.StateNoEntry)
	same(t, "return", read.Call.Return, int64(0))
}

// A call for which its task is killed or trapped returns nothing; the signal
// says why.
func TestSeccompKillsAndTraps(t *testing.T) {
	path := program(t, "signals")
	for _, test := range []struct {
		scene    string
		status   syscall.WaitStatus
		trapped  bool // the signal is delivered, by the process's own wish
		byThread bool
	}{
		{scene: "seccomp kill process", status: syscall.WaitStatus(unix.SIGSYS)},
		{scene: "seccomp kill thread", byThread: true},
		{scene: "seccomp trap", trapped: true},
	} {
		t.Run(test.scene, func(t *testing.T) {
			r := attachChildren(t, roomy)
			p := run(t, path, test.scene)
			p.wait(t, test.status)
			h := history(t, r, t.Name())
			if test.byThread {
				// One thread of several ends within the filter: no tracepoint
				// but that of its end sees it.
				thread := one(t, "fork", ofType(h, ring.TypeFork)).Fork.ChildTID
				for _, e := range callsNamed(h, "mkdir") {
					same(t, "state of mkdir", e.Call.State, ring.StateUnfinished)
				}
				same(t, "end of the thread", exitOf(t, h, thread), uint32(unix.SIGSYS))
				same(t, "what follows", marks(h, 2), []int64{2})
				same(t, "process's end", exitOf(t, h, p.pid()), uint32(0))
				return
			}
			mkdir := one(t, "mkdir", callsNamed(h, "mkdir"))
			same(t, "mode of mkdir", mkdir.Call.Arguments[1], uint64(0o712))
			if mkdir.Returned() {
				t.Errorf("mkdir seems to have returned: %s", describe([]*event.Event{mkdir}))
			}
			switch {
			case test.trapped:
				same(t, "signals", signalsOf(h, p.pid()), []uint32{uint32(unix.SIGSYS)})
				same(t, "the handler's mark", marks(h, 1), []int64{int64(unix.SIGSYS)})
				same(t, "what follows", marks(h, 3), []int64{3})
			default:
				same(t, "signals", signalsOf(h, mkdir.TID), []uint32{uint32(unix.SIGSYS)})
				// A core dump is none of our business.
				same(t, "end of the thread", exitOf(t, h, mkdir.TID)&0x7f, uint32(unix.SIGSYS))
			}
		})
	}
}

// A process that the kernel killed for its memory looks like any that was
// killed, but for the flag.
func TestVictimOfTheOutOfMemoryKiller(t *testing.T) {
	group, limit := "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
	if _, err := os.Stat(filepath.Join(group, limit)); err != nil {
		group, limit = cgroupRoot(t), "memory.max"
	}
	directory, _ := makeCgroup(t, group, fmt.Sprint("traceloop-test-", os.Getpid()))
	if err := os.WriteFile(filepath.Join(directory, limit), []byte("20000000"), 0); err != nil {
		t.Fatal(err)
	}
	r := attachChildren(t, roomy)
	// tail keeps the last lines of what has no lines.
	p := run(t, "/bin/sh", "-c", `echo $$ > "$0"/cgroup.procs; exec tail /dev/zero`, directory)
	p.reap(t, syscall.WaitStatus(unix.SIGKILL))
	exit := one(t, "end", ofType(history(t, r, t.Name()), ring.TypeExit))
	same(t, "end", *exit.Exit, ring.Exit{Code: uint32(unix.SIGKILL), OOM: true})
}
