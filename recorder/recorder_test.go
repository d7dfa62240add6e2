package recorder_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"traceloop/event"
	"traceloop/recorder"
	"traceloop/ring"
)

func TestErrorsSayWhatToDo(t *testing.T) {
	r := sharedRecorder(t)
	attach(t, r, "taken", recorder.Children(os.Getpid()), roomy)
	ended := run(t, "/bin/true")
	ended.wait(t, 0)
	tree := recorder.ProcessTree(os.Getpid())
	for _, test := range []struct {
		name string
		do   func() error
		want error
		says string
	}{
		{"attach twice", func() error { return r.Attach("taken", tree, roomy) }, recorder.ErrExists, `"taken"`},
		{"attach to a process that ended", func() error { return r.Attach("x", recorder.ProcessTree(ended.Process.Pid), roomy) }, recorder.ErrNoProcess, strconv.Itoa(ended.Process.Pid)},
		{"attach to no process", func() error { return r.Attach("x", recorder.ProcessTree(0), roomy) }, nil, "positive"},
		{"attach to a negative process", func() error { return r.Attach("x", recorder.ProcessTree(-1), roomy) }, nil, "positive"},
		{"attach to no process's children", func() error { return r.Attach("x", recorder.Children(0), roomy) }, nil, "positive"},
		{"too small a ring", func() error {
			return r.Attach("x", tree, recorder.Options{RingSize: minimumRingSize(t) - 1})
		}, nil, strconv.Itoa(minimumRingSize(t))},
		{"no ring size", func() error { return r.Attach("x", tree, recorder.Options{}) }, nil, "ring size"},
		{"too large a ring", func() error {
			return r.Attach("x", tree, recorder.Options{RingSize: recorder.MaximumRingSize + 1})
		}, nil, "ring size"},
		{"negative string limit", func() error {
			return r.Attach("x", tree, recorder.Options{RingSize: 1 << 20, StringLimit: -1})
		}, nil, "string limit"},
		{"too large a string limit", func() error {
			return r.Attach("x", tree, recorder.Options{RingSize: 1 << 20, StringLimit: ring.StringLimitMax + 1})
		}, nil, "string limit"},
		{"detach nothing", func() error { return r.Detach("x") }, recorder.ErrNotFound, `"x"`},
		{"delete nothing", func() error { return r.Delete("x") }, recorder.ErrNotFound, `"x"`},
		{"read nothing", func() error { _, err := r.Read("x"); return err }, recorder.ErrNotFound, `"x"`},
		{"tasks of nothing", func() error { _, err := r.Tasks("x"); return err }, recorder.ErrNotFound, `"x"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.do()
			if err == nil {
				t.Fatal("no error")
			}
			if test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("the error is %v, want %v", err, test.want)
			}
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("the error %q does not say %q", err, test.says)
			}
		})
	}
	// What failed left nothing behind.
	if _, err := r.Read("x"); !errors.Is(err, recorder.ErrNotFound) {
		t.Errorf("a recording that could not be attached can be read: %v", err)
	}
}

func TestRingSizeIsRoundedUp(t *testing.T) {
	r := sharedRecorder(t)
	for _, size := range []int{minimumRingSize(t), minimumRingSize(t) + 1, 1<<20 - 1, 1 << 20} {
		attach(t, r, fmt.Sprint(t.Name(), size), recorder.Children(os.Getpid()), recorder.Options{RingSize: size})
		run(t, "/bin/true").wait(t, 0)
		if h := history(t, r, fmt.Sprint(t.Name(), size)); h.Account.Made == 0 {
			t.Errorf("a ring of %d bytes records nothing", size)
		}
	}
}

func TestEndedRecorderSaysSo(t *testing.T) {
	r, err := recorder.New()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Attach("x", recorder.Children(os.Getpid()), roomy); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	}
	_, readError := r.Read("x")
	_, tasksError := r.Tasks("x")
	for name, err := range map[string]error{
		"attach": r.Attach("y", recorder.Children(os.Getpid()), roomy),
		"detach": r.Detach("x"), "delete": r.Delete("x"), "read": readError, "tasks": tasksError,
	} {
		if !errors.Is(err, recorder.ErrClosed) {
			t.Errorf("%s: %v, want %v", name, err, recorder.ErrClosed)
		}
	}
}

func TestReadChangesNothing(t *testing.T) {
	path := program(t, "flood")
	r := attachChildren(t, roomy)
	run(t, path, "flood", "2", "100").wait(t, 0)
	first := history(t, r, t.Name())
	for range 3 {
		same(t, "history", history(t, r, t.Name()), first)
	}
	if err := r.Detach(t.Name()); err != nil {
		t.Fatal(err)
	}
	if err := r.Detach(t.Name()); err != nil {
		t.Errorf("detaching what is detached: %v", err)
	}
	same(t, "history after detach", history(t, r, t.Name()), first)
	run(t, path, "flood", "2", "100").wait(t, 0)
	same(t, "history after others ran", history(t, r, t.Name()), first)
	if err := r.Attach(t.Name(), recorder.Children(os.Getpid()), roomy); !errors.Is(err, recorder.ErrExists) {
		t.Errorf("attaching over a detached recording: %v, want %v", err, recorder.ErrExists)
	}
	if err := r.Delete(t.Name()); err != nil {
		t.Fatal(err)
	}
	attach(t, r, t.Name(), recorder.Children(os.Getpid()), roomy)
	same(t, "events of a new recording", len(history(t, r, t.Name()).Events), 0)
}

func TestDetachedRecordingHasTheCallsThatWereInFlight(t *testing.T) {
	path := program(t, "tasks")
	for name, scope := range map[string]func(p *process) recorder.Scope{
		"children":        func(*process) recorder.Scope { return recorder.Children(os.Getpid()) },
		"process tree":    func(p *process) recorder.Scope { return recorder.ProcessTree(p.Process.Pid) },
		"mount namespace": func(p *process) recorder.Scope { return recorder.MountNamespace(mountNamespaceOf(t, p.pid())) },
	} {
		t.Run(name, func(t *testing.T) {
			r := sharedRecorder(t)
			var p *process
			if name == "children" {
				attach(t, r, t.Name(), scope(nil), roomy)
				p = inMountNamespace(t, path, "marker")
				p.awaitReady(t, 1)
			} else {
				p = inMountNamespace(t, path, "marker")
				p.awaitReady(t, 1)
				attach(t, r, t.Name(), scope(p), roomy)
				p.step(t, "x")
			}
			awaitInCall(t, p.pid(), p.pid(), unix.SYS_READ)
			if err := r.Detach(t.Name()); err != nil {
				t.Fatal(err)
			}
			inFlight := func() *event.Event {
				return one(t, "call in flight", those(history(t, r, t.Name()), func(e *event.Event) bool {
					return e.Type == ring.TypeCall && e.Call.State == ring.StateInFlight
				}))
			}
			first := inFlight()
			same(t, "name", first.Name(), "read")
			same(t, "arguments", []uint64{first.Call.Arguments[0], first.Call.Arguments[2]}, []uint64{0, 1})
			p.step(t, "x")
			p.wait(t, 0)
			same(t, "call in flight after the process's end", show(inFlight()), show(first))
		})
	}
}

// The file that a process hangs at is what one wants to know of it.
func TestCallInFlightShowsItsMemory(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	r := attachChildren(t, roomy)
	p := run(t, "/bin/cat", fifo)
	awaitInCall(t, p.pid(), p.pid(), unix.SYS_OPENAT)
	s := snapshot(t, r, t.Name())
	h := decode(t, s)
	open := one(t, "call in flight", those(h, func(e *event.Event) bool {
		return e.Type == ring.TypeCall && e.Call.State == ring.StateInFlight
	}))
	same(t, "name", open.Name(), "openat")
	same(t, "path", pathOf(open, 1), fifo)
	if open.End < s.Taken || open.Start > s.Taken {
		t.Errorf("the call is from %d to %d, the snapshot of %d", open.Start, open.End, s.Taken)
	}
	writer, err := os.OpenFile(fifo, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	writer.Close()
	p.wait(t, 0)
	h = history(t, r, t.Name())
	ended := one(t, "openat", those(h, func(e *event.Event) bool {
		return e.Type == ring.TypeCall && pathOf(e, 1) == fifo && e.Name() == "openat"
	}))
	same(t, "start", ended.Start, open.Start)
	same(t, "state", ended.Call.State, ring.StateReturned)
}

// A call that was going on when its recording began has no entry. It is not
// filtered, whoever else records the task.
func TestCallThatBeganBeforeItsRecording(t *testing.T) {
	path := program(t, "tasks")
	for _, recordedBefore := range []bool{false, true} {
		t.Run(fmt.Sprint("recorded before: ", recordedBefore), func(t *testing.T) {
			r := sharedRecorder(t)
			p := inMountNamespace(t, path, "marker")
			p.awaitReady(t, 1)
			scope := recorder.MountNamespace(mountNamespaceOf(t, p.pid()))
			if recordedBefore {
				attach(t, r, "other", scope, roomy)
				p.step(t, "x")
			}
			awaitInCall(t, p.pid(), p.pid(), unix.SYS_READ)
			attach(t, r, t.Name(), scope, roomy)
			p.step(t, "x")
			h := history(t, r, t.Name())
			same(t, "calls filtered", h.Account.Filtered, uint64(0))
			first := &h.Events[0]
			same(t, "name of the first call", first.Name(), "read")
			same(t, "its return", first.Call.Return, int64(1))
		})
	}
}

// The end of input is a return of 0, which is the number of read; one byte
// written is a 1, the number of write.
func TestReadThatBeganBeforeItsRecordingReturnsZero(t *testing.T) {
	path := program(t, "tasks")
	r := sharedRecorder(t)
	p := inMountNamespace(t, path, "marker")
	p.awaitReady(t, 1)
	awaitInCall(t, p.pid(), p.pid(), unix.SYS_READ)
	attach(t, r, t.Name(), recorder.MountNamespace(mountNamespaceOf(t, p.pid())), roomy)
	p.wait(t, 0)
	h := history(t, r, t.Name())
	read := one(t, "read", callsNamed(h, "read"))
	same(t, "state", read.Call.State, ring.StateNoEntry)
	same(t, "return", read.Call.Return, int64(0))
}

// When one of a task's recordings goes in the midst of a call, the others must
// have that call.
func TestDetachInACallDoesNotTouchOtherRecordings(t *testing.T) {
	path := program(t, "tasks")
	r := sharedRecorder(t)
	p := inMountNamespace(t, path, "marker")
	p.awaitReady(t, 1)
	scope := recorder.MountNamespace(mountNamespaceOf(t, p.pid()))
	// The first wants no read, the second nothing else.
	attach(t, r, "first", scope, recorder.Options{RingSize: 1 << 20, Filter: filter(t, "!read")})
	attach(t, r, "second", scope, recorder.Options{RingSize: 1 << 20, Filter: filter(t, "read")})
	p.step(t, "x")
	awaitInCall(t, p.pid(), p.pid(), unix.SYS_READ)
	before := history(t, r, "second")
	if err := r.Delete("first"); err != nil {
		t.Fatal(err)
	}
	p.step(t, "x")
	after := history(t, r, "second")
	same(t, "calls that the second recording got", after.Account.Kept-before.Account.Kept, uint64(1))
	last := callsNamed(after, "read")
	same(t, "reads that ended", len(last)-int(after.Account.InFlight), len(callsNamed(before, "read"))-int(before.Account.InFlight)+1)
}

func TestEightRecordingsOfOneTaskHaveTheirOwnOptions(t *testing.T) {
	path := program(t, "memory")
	r := sharedRecorder(t)
	directory, id := makeCgroup(t, cgroupRoot(t), "traceloop-test-"+strconv.Itoa(os.Getpid()))
	expressions := []string{"all", "openat", "write", "!write", "openat,write", "%file", "none", "nanosleep"}
	scope := recorder.Children(os.Getpid())
	for i, expression := range expressions {
		attach(t, r, expression, scope, recorder.Options{RingSize: 1 << 20, StringLimit: 1 + i, Filter: filter(t, expression)})
	}
	if err := r.Attach("ninth", scope, roomy); !errors.Is(err, recorder.ErrTooMany) {
		t.Errorf("a ninth recording of one scope: %v, want %v", err, recorder.ErrTooMany)
	}
	// Of another scope it is no error, but a task cannot be in it.
	attach(t, r, "ninth", recorder.Cgroup(id), roomy)
	const place = "put a task into one more recording"
	before := failuresAt(snapshot(t, r, "ninth"), place)
	run(t, "/bin/sh", "-c", `echo $$ > "$0"/cgroup.procs; exec "$1" "cold pages"`, directory, path).wait(t, 0)
	if after := failuresAt(snapshot(t, r, "ninth"), place); after <= before {
		t.Errorf("a task in nine recordings is not counted: %d and %d", before, after)
	}
	same(t, "events of the ninth", len(history(t, r, "ninth").Events), 0)

	all := history(t, r, "all")
	for i, expression := range expressions {
		h := history(t, r, expression)
		same(t, expression+": calls made", h.Account.Made, all.Account.Made)
		chosen := filter(t, expression)
		wanted := those(all, func(e *event.Event) bool { return e.Type == ring.TypeCall && chosen.Match(e.Row) })
		got := those(h, func(e *event.Event) bool { return e.Type == ring.TypeCall })
		if len(got) != len(wanted) {
			t.Errorf("%s: %d calls, want %d", expression, len(got), len(wanted))
		}
		for _, e := range callsWith(h, "write", 0, writerFD) {
			same(t, expression+": buffer", firstCapture(e, 1), "cold buffer"[:1+i])
		}
	}
}

// What is captured at a call's entry is captured once, for the recording that
// wants most of it; the others may not have more than they asked for.
func TestStringLimitsOfOneTaskAreTheirOwn(t *testing.T) {
	path := program(t, "execution")
	r := sharedRecorder(t)
	scope := recorder.Children(os.Getpid())
	attach(t, r, "short", scope, recorder.Options{RingSize: 1 << 20, StringLimit: 4})
	attach(t, r, "long", scope, recorder.Options{RingSize: 1 << 20, StringLimit: 400})
	run(t, path, "many", "/nonexistent", "3").wait(t, 0)
	for name, want := range map[string][]string{
		"short": {"argu...", "done", "argu..."},
		"long":  {"argument00", "done", "argument02"},
	} {
		call := execves(history(t, r, name))[1]
		same(t, name+": argv", vector(t, []byte(firstCapture(call, 1))), want)
	}
}

// The ninth recording of a process tree cannot have the process.
func TestNinthProcessTree(t *testing.T) {
	path := program(t, "tasks")
	r := sharedRecorder(t)
	p := run(t, path, "marker")
	p.awaitReady(t, 1)
	for i := range 8 {
		attach(t, r, fmt.Sprint(i), recorder.ProcessTree(p.Process.Pid), roomy)
	}
	if err := r.Attach("ninth", recorder.ProcessTree(p.Process.Pid), roomy); !errors.Is(err, recorder.ErrTooMany) {
		t.Errorf("a ninth recording of a process: %v, want %v", err, recorder.ErrTooMany)
	}
	if err := r.Delete("0"); err != nil {
		t.Fatal(err)
	}
	if err := r.Attach("ninth", recorder.ProcessTree(p.Process.Pid), roomy); err != nil {
		t.Errorf("a process that is in seven recordings takes no eighth: %v", err)
	}
	defer r.Delete("ninth")
	p.step(t, "x")
	for _, name := range []string{"1", "7", "ninth"} {
		same(t, "marks in "+name, marks(history(t, r, name), 41), []int64{1})
	}
}

// The index of a deleted recording goes to a new one; its tasks do not.
func TestTasksOfADeletedRecordingAreNotInTheNext(t *testing.T) {
	path := program(t, "tasks")
	r := sharedRecorder(t)
	p := run(t, path, "marker")
	p.awaitReady(t, 1)
	other := run(t, path, "marker")
	other.awaitReady(t, 1)
	attach(t, r, "old", recorder.ProcessTree(p.Process.Pid), roomy)
	p.step(t, "x")
	same(t, "marks", marks(history(t, r, "old"), 41), []int64{1})
	if err := r.Delete("old"); err != nil {
		t.Fatal(err)
	}
	attach(t, r, "new", recorder.ProcessTree(other.Process.Pid), roomy)
	p.step(t, "x")
	same(t, "events in the new recording", len(history(t, r, "new").Events), 0)
	other.step(t, "x")
	for _, e := range history(t, r, "new").Events {
		same(t, "process", e.Task.PID, other.pid())
	}
	same(t, "marks in the new recording", marks(history(t, r, "new"), 41), []int64{1})
	// Detached and deleted are the same to a task.
	if err := r.Detach("new"); err != nil {
		t.Fatal(err)
	}
	other.step(t, "x")
	same(t, "marks after the detach", marks(history(t, r, "new"), 41), []int64{1})
}

// Detaching under tasks that are writing that very moment leaves every other
// ring as it was: above all that of index 0, which is what a recording's number
// says when it has been voided.
func TestDetachWhileTasksAreWriting(t *testing.T) {
	path := program(t, "tasks")
	r := sharedRecorder(t)
	quiet := run(t, path, "marker")
	quiet.awaitReady(t, 1)
	attach(t, r, "quiet", recorder.ProcessTree(quiet.Process.Pid), roomy)
	quiet.step(t, "x")
	awaitInCall(t, quiet.pid(), quiet.pid(), unix.SYS_READ)
	before := history(t, r, "quiet")

	// One, so that it has a CPU to itself while the test has the other.
	busy := inMountNamespace(t, path, "busy")
	busy.awaitReady(t, 1)
	options := recorder.Options{RingSize: 1 << 20, StringLimit: ring.StringLimitMax}
	for round := range 100 {
		scope := recorder.ProcessTree(busy.Process.Pid)
		if round%4 == 0 {
			scope = recorder.MountNamespace(mountNamespaceOf(t, busy.pid()))
		}
		attach(t, r, "busy", scope, options)
		eventually(t, "calls are recorded", func() bool { return history(t, r, "busy").Account.Made > 100 })
		if round%3 != 0 {
			if err := r.Detach("busy"); err != nil {
				t.Fatal(err)
			}
			history(t, r, "busy")
		}
		if err := r.Delete("busy"); err != nil {
			t.Fatal(err)
		}
	}
	after := history(t, r, "quiet")
	same(t, "account of a recording whose task did nothing", after.Account, before.Account)
	for _, e := range after.Events {
		if e.Task.PID != quiet.pid() {
			t.Fatalf("a stranger is in the ring: %s of %+v", e.Name(), e.Task)
		}
	}
	busy.wait(t, 0)
}

func TestTwoRecordersDoNotSeeEachOther(t *testing.T) {
	path := program(t, "flood")
	first := sharedRecorder(t)
	second, err := recorder.New()
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	for _, r := range []*recorder.Recorder{first, second} {
		attach(t, r, "same name", recorder.Children(os.Getpid()), roomy)
	}
	run(t, path, "flood", "2", "1000").wait(t, 0)
	one, other := history(t, first, "same name"), history(t, second, "same name")
	same(t, "calls made", other.Account.Made, one.Account.Made)
	contiguous(t, flood(one, 2))
	contiguous(t, flood(other, 2))
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	run(t, path, "flood", "2", "1000").wait(t, 0)
	if after := history(t, first, "same name"); after.Account.Made <= one.Account.Made {
		t.Error("the first recorder stopped with the second")
	}
}

// Attach, Detach, Read and Delete come from many goroutines at once.
func TestRecorderIsUsedByManyAtOnce(t *testing.T) {
	path := program(t, "tasks")
	r := sharedRecorder(t)
	p := run(t, path, "busy")
	p.awaitReady(t, 1)
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			name := fmt.Sprint(t.Name(), i)
			for range 15 {
				if err := r.Attach(name, recorder.ProcessTree(p.Process.Pid), recorder.Options{RingSize: 128 << 10, StringLimit: i}); err != nil {
					t.Error(err)
					return
				}
				for range 3 {
					s, err := r.Read(name)
					if err != nil {
						t.Error(err)
						return
					}
					decode(t, s)
				}
				if err := errors.Join(r.Detach(name), r.Delete(name)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	p.wait(t, 0)
}

// descriptors is how many this process has.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// mapsOf is how many BPF maps of so many elements the kernel has. A number that
// nobody else takes tells this test's rings from everybody's.
func mapsOf(t *testing.T, elements uint32) int {
	t.Helper()
	count := 0
	for id := ebpf.MapID(0); ; {
		next, err := ebpf.MapGetNextID(id)
		if errors.Is(err, os.ErrNotExist) {
			return count
		}
		if err != nil {
			t.Fatal(err)
		}
		id = next
		m, err := ebpf.NewMapFromID(id)
		if err != nil {
			continue // It went in the meantime.
		}
		if m.MaxEntries() == elements {
			count++
		}
		m.Close()
	}
}

func TestDeleteFreesWhatAttachTook(t *testing.T) {
	path := program(t, "tasks")
	r := sharedRecorder(t)
	p := inMountNamespace(t, path, "marker")
	p.awaitReady(t, 1)
	const elements, count = 1237, 200
	options := recorder.Options{RingSize: elements * ring.ChunkSize, StringLimit: 64}
	// The first time around the run-time system opens files of its own.
	attach(t, r, t.Name(), recorder.ProcessTree(p.Process.Pid), options)
	before := descriptors(t)
	if n := mapsOf(t, elements); n != 1 {
		t.Fatalf("there are %d rings, want 1", n)
	}
	if err := r.Delete(t.Name()); err != nil {
		t.Fatal(err)
	}
	mount := recorder.MountNamespace(mountNamespaceOf(t, p.pid()))
	scopes := []recorder.Scope{recorder.ProcessTree(p.Process.Pid), recorder.Children(p.Process.Pid), mount, recorder.Cgroup(1)}
	for i := range count {
		attach(t, r, t.Name(), scopes[i%len(scopes)], options)
		if got := descriptors(t); got > before {
			t.Fatalf("recording %d takes %d descriptors", i, got-before)
		}
		if err := r.Delete(t.Name()); err != nil {
			t.Fatal(err)
		}
	}
	// A failed attach gives back what it took as well.
	for range 50 {
		if err := r.Attach(t.Name(), recorder.ProcessTree(1<<30), options); err == nil {
			t.Fatal("attached to no process")
		}
	}
	// The kernel frees a map when no program can be using it any more.
	eventually(t, "the rings are gone", func() bool { return mapsOf(t, elements) == 0 })
	if got := descriptors(t); got > before {
		t.Errorf("there are %d descriptors, before %d", got, before)
	}
}

func TestCloseFreesEverything(t *testing.T) {
	const elements = 1249
	before := descriptors(t)
	r, err := recorder.New()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := r.Attach(fmt.Sprint(i), recorder.Children(os.Getpid()), recorder.Options{RingSize: elements * ring.ChunkSize}); err != nil {
			t.Fatal(err)
		}
	}
	during := descriptors(t)
	if during-before > 64 {
		t.Errorf("a recorder takes %d descriptors", during-before)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the rings are gone", func() bool { return mapsOf(t, elements) == 0 })
	// The run-time system opens its poller's descriptors once.
	if after := descriptors(t); after > before+2 {
		t.Errorf("there are %d descriptors, before %d", after, before)
	}
}

// Each takes a ring's memory and nothing else. The recorder is one of its own:
// closing it is faster than a thousand deletes, which each wait for the
// kernel's programs to have left the ring.
func TestManyRecordingsAtOnce(t *testing.T) {
	r, err := recorder.New()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	before := descriptors(t)
	options := recorder.Options{RingSize: minimumRingSize(t)}
	count := 0
	for ; count < 2000 && err == nil; count++ {
		err = r.Attach(fmt.Sprint(count), recorder.Cgroup(uint64(1<<40+count)), options)
	}
	if !errors.Is(err, recorder.ErrTooMany) || count < 1000 {
		t.Errorf("recording %d: %v, want at least 1000 and then %v", count, err, recorder.ErrTooMany)
	}
	if got := descriptors(t) - before; got > 2 {
		t.Errorf("%d recordings take %d descriptors", count, got)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestFailuresHaveNames(t *testing.T) {
	path := program(t, "memory")
	r := attachChildren(t, roomy)
	run(t, path, "bad pointers").wait(t, 0)
	var found []ring.Failure
	for _, failure := range snapshot(t, r, t.Name()).Failures {
		if failure.Place == "" {
			t.Errorf("a failure without a place: %+v", failure)
		}
		if failure.Errno == int32(unix.EFAULT) {
			found = append(found, failure)
		}
	}
	if !slices.ContainsFunc(found, func(f ring.Failure) bool { return f.Place == "read a string of a task" && f.Count > 0 }) {
		t.Errorf("an unreadable string is not counted: %+v", found)
	}
}
