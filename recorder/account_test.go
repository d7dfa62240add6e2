package recorder_test

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"traceloop/event"
	"traceloop/recorder"
	"traceloop/ring"
	"traceloop/syscalls"
)

// The program flood marks with its threads' numbers from this on.
const firstThread = 1000

// flood is which numbers are there of each thread of the program flood, in the
// order in which they stand in the history.
func flood(h *event.History, threads int) [][]uint64 {
	found := make([][]uint64, threads)
	for i := range h.Events {
		e := &h.Events[i]
		if !isMark(e) || e.Call.Arguments[2] < firstThread {
			continue
		}
		thread := e.Call.Arguments[2] - firstThread
		found[thread] = append(found[thread], e.Call.Arguments[1])
	}
	return found
}

// contiguous fails unless each thread's numbers follow each other, and returns
// how many there are.
func contiguous(t *testing.T, found [][]uint64) int {
	t.Helper()
	count := 0
	for thread, numbers := range found {
		count += len(numbers)
		for i := 1; i < len(numbers); i++ {
			if numbers[i] != numbers[i-1]+1 {
				t.Errorf("thread %d: %d follows %d", thread, numbers[i], numbers[i-1])
				break
			}
		}
	}
	return count
}

func filter(t *testing.T, expression string) *syscalls.Filter {
	t.Helper()
	f, err := syscalls.ParseFilter(expression)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestEveryCallOfSixteenThreadsIsThere(t *testing.T) {
	path := program(t, "flood")
	r := attachChildren(t, recorder.Options{RingSize: 96 << 20, Filter: filter(t, "lseek")})
	attach(t, r, "small", recorder.Children(os.Getpid()), recorder.Options{RingSize: 1 << 20, Filter: filter(t, "lseek")})
	const threads, calls = 16, 100_000
	before := snapshot(t, r, t.Name())
	run(t, path, "flood", strconv.Itoa(threads), strconv.Itoa(calls)).wait(t, 0)
	after := snapshot(t, r, t.Name())
	noFailures(t, before, after)

	// Records and not events, of which so many take their time.
	all := after.History()
	same(t, "calls kept", all.Account.Kept, uint64(threads*calls))
	same(t, "calls overwritten", all.Account.Overwritten, uint64(0))
	same(t, "calls lost", all.Account.Lost, uint64(0))
	same(t, "complete since", all.Account.CompleteSince, uint64(0))
	var next [threads]uint64
	for i := range all.Records {
		call := &all.Records[i].Call
		if all.Records[i].Type != ring.TypeCall || call.Arguments[2] < firstThread {
			continue
		}
		thread := call.Arguments[2] - firstThread
		if call.Arguments[1] != next[thread] {
			t.Fatalf("thread %d: call %d is where %d belongs", thread, call.Arguments[1], next[thread])
		}
		next[thread]++
	}
	for thread, count := range next {
		same(t, fmt.Sprintf("calls of thread %d", thread), count, uint64(calls))
	}

	// The same calls in a small ring: the newest, without holes.
	small := history(t, r, "small")
	same(t, "calls accounted for", small.Account.Kept+small.Account.Overwritten, uint64(threads*calls))
	same(t, "calls made", small.Account.Made-small.Account.Filtered, uint64(threads*calls))
	newest(t, all, small)
	contiguous(t, flood(small, threads))
	if small.Account.Kept < 4000 {
		t.Errorf("a ring of a MiB keeps %d calls", small.Account.Kept)
	}
}

// newest fails unless the kept calls are those of all calls that ended after
// the time since which the account says that the history is complete. The two
// recordings have the same end of a call, since one program writes both.
func newest(t *testing.T, all *ring.History, kept *event.History) {
	t.Helper()
	type key struct {
		tid uint32
		end uint64
	}
	there := map[key]bool{}
	for i := range kept.Events {
		e := &kept.Events[i]
		if e.Type != ring.TypeCall {
			continue
		}
		k := key{e.TID, e.End}
		if there[k] {
			t.Errorf("a call of %d is there twice", e.TID)
		}
		there[k] = true
		if e.End <= kept.Account.CompleteSince {
			t.Errorf("a call is from before the time since which the history is complete")
		}
	}
	missing := 0
	for i := range all.Records {
		record := &all.Records[i]
		if record.Type != ring.TypeCall || record.End <= kept.Account.CompleteSince {
			continue
		}
		if !there[key{record.TID, record.End}] {
			missing++
		}
		delete(there, key{record.TID, record.End})
	}
	if missing > 0 {
		t.Errorf("%d calls are missing behind the time since which the history is complete", missing)
	}
	if len(there) > 0 {
		t.Errorf("%d calls are there that were never made", len(there))
	}
}

// A history that begins at the first call says so; one that does not, since
// when it is whole and how much went before.
func TestGapIsExact(t *testing.T) {
	path := program(t, "flood")
	r := attachChildren(t, roomy)
	attach(t, r, "small", recorder.Children(os.Getpid()), recorder.Options{RingSize: minimumRingSize(t), StringLimit: 64})
	for _, calls := range []int{10, 1000, 20_000} {
		run(t, path, "flood", "2", strconv.Itoa(calls)).wait(t, 0)
		all, kept := snapshot(t, r, t.Name()).History(), history(t, r, "small")
		same(t, "gap of the large ring", []uint64{all.Account.Overwritten, all.Account.CompleteSince}, []uint64{0, 0})
		same(t, "calls made", kept.Account.Made, all.Account.Made)
		same(t, "something is overwritten", kept.Account.Overwritten > 0, calls >= 1000)
		same(t, "there is a time since which it is complete", kept.Account.CompleteSince > 0, calls >= 1000)
		newest(t, all, kept)
	}
}

// A CPU whose chunk lies behind must not keep it while the others write laps
// around it: the history would begin where that chunk began.
func TestQuietCPUDoesNotHoldTheHistoryBack(t *testing.T) {
	path := program(t, "flood")
	r := attachChildren(t, recorder.Options{RingSize: 64 << 20})
	attach(t, r, "small", recorder.Children(os.Getpid()), recorder.Options{RingSize: 128 << 10})
	for cpu := range 2 {
		var set unix.CPUSet
		set.Set(cpu)
		pinned := run(t, "/usr/bin/taskset", "-c", strconv.Itoa(cpu), path, "flood", "1", strconv.Itoa(50*(1+cpu*1000)))
		pinned.wait(t, 0)
	}
	small := history(t, r, "small")
	newest(t, snapshot(t, r, t.Name()).History(), small)
	if kept := small.Account.Kept; kept < 500 {
		t.Errorf("a ring of 128 KiB keeps %d calls", kept)
	}
}

func TestFilteredCallsAreCounted(t *testing.T) {
	path := program(t, "flood")
	r := attachChildren(t, roomy)
	for name, expression := range map[string]string{"some": "lseek,exit", "others": "!lseek", "none": "none", "set": "%desc"} {
		attach(t, r, name, recorder.Children(os.Getpid()), recorder.Options{RingSize: 256 << 10, Filter: filter(t, expression)})
	}
	run(t, path, "flood", "3", "700").wait(t, 0)
	all := history(t, r, t.Name())
	same(t, "calls filtered of all", all.Account.Filtered, uint64(0))
	for name, want := range map[string]func(e *event.Event) bool{
		"some":   func(e *event.Event) bool { return e.Name() == "lseek" || e.Name() == "exit" },
		"others": func(e *event.Event) bool { return e.Name() != "lseek" },
		"none":   func(e *event.Event) bool { return false },
		"set":    func(e *event.Event) bool { return e.Row.Sets&syscalls.SetDescriptor != 0 },
	} {
		h := history(t, r, name)
		wanted := those(all, func(e *event.Event) bool { return e.Type == ring.TypeCall && want(e) })
		got := those(h, func(e *event.Event) bool { return e.Type == ring.TypeCall })
		same(t, name+": calls", len(got), len(wanted))
		for i := range min(len(got), len(wanted)) {
			if got[i].Start != wanted[i].Start || got[i].Name() != wanted[i].Name() {
				t.Errorf("%s: call %d is %s, want %s", name, i, got[i].Name(), wanted[i].Name())
				break
			}
		}
		same(t, name+": calls made", h.Account.Made, all.Account.Made)
		same(t, name+": calls filtered", h.Account.Filtered, all.Account.Made-uint64(len(wanted)))
		// Signals, execs, forks and ends are no calls, and no filter's.
		same(t, name+": ends", len(ofType(h, ring.TypeExit)), len(ofType(all, ring.TypeExit)))
	}
}

func TestOverwrittenAndFilteredAddUp(t *testing.T) {
	path := program(t, "flood")
	r := attachChildren(t, recorder.Options{RingSize: 64 << 20})
	attach(t, r, "both", recorder.Children(os.Getpid()), recorder.Options{RingSize: 64 << 10, Filter: filter(t, "lseek")})
	const threads, calls = 4, 20_000
	run(t, path, "flood", strconv.Itoa(threads), strconv.Itoa(calls)).wait(t, 0)
	all, both := history(t, r, t.Name()), history(t, r, "both")
	if both.Account.Overwritten == 0 || both.Account.Filtered == 0 {
		t.Errorf("nothing to add up: %+v", both.Account)
	}
	same(t, "calls made", both.Account.Made, all.Account.Made)
	contiguous(t, flood(both, threads))
}

// A reader in a loop neither stops the writers nor sees what they are at.
func TestReadingWhileItIsWritten(t *testing.T) {
	path := program(t, "flood")
	r := sharedRecorder(t)
	for _, size := range []int{minimumRingSize(t), 1 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			attach(t, r, t.Name(), recorder.Children(os.Getpid()), recorder.Options{RingSize: size, Filter: filter(t, "lseek")})
			const threads, calls = 16, 100_000
			p := run(t, path, "flood", strconv.Itoa(threads), strconv.Itoa(calls))
			done := make(chan struct{})
			var readers sync.WaitGroup
			for range 2 {
				readers.Go(func() {
					var made, since uint64
					for reads := 0; ; reads++ {
						s, err := r.Read(t.Name())
						if err != nil {
							t.Error(err)
							return
						}
						h := decode(t, s)
						contiguous(t, flood(h, threads))
						now := h.Account.Made - h.Account.Filtered
						if now < made || h.Account.CompleteSince < since {
							t.Errorf("the account went backwards: %+v after %d calls made, complete since %d", h.Account, made, since)
						}
						if made = now; made > threads*calls {
							t.Errorf("%d calls seem to be made, of %d", made, threads*calls)
						}
						since = h.Account.CompleteSince
						select {
						case <-done:
							t.Logf("%d snapshots", reads)
							return
						default:
						}
						if t.Failed() {
							return
						}
					}
				})
			}
			p.wait(t, 0)
			close(done)
			readers.Wait()
			account := history(t, r, t.Name()).Account
			same(t, "calls made", account.Made-account.Filtered, uint64(threads*calls))
		})
	}
}

// A fixed table of calls in flight overflows here, and loses what one looks for.
func TestThousandsOfThreadsBlockedAtOnce(t *testing.T) {
	path := program(t, "flood")
	r := attachChildren(t, recorder.Options{RingSize: 16 << 20, StringLimit: 64, Filter: filter(t, "futex")})
	before := snapshot(t, r, t.Name())
	const threads = 5000
	p := run(t, path, "blocked", strconv.Itoa(threads))
	p.awaitReady(t, 1)
	blocked := func(e *event.Event) bool {
		return e.Type == ring.TypeCall && e.Name() == "futex" && e.Call.Arguments[5] == 0x5ca1e
	}
	var after *ring.Snapshot
	var h *event.History
	eventually(t, "all threads are blocked", func() bool {
		after = snapshot(t, r, t.Name())
		h = decode(t, after)
		return len(those(h, blocked)) >= threads
	})
	noFailures(t, before, after)
	seen := map[uint64]uint32{}
	for _, e := range those(h, blocked) {
		if e.Call.State != ring.StateInFlight {
			t.Errorf("a blocked call is in state %d", e.Call.State)
		}
		if e.Task.PID != p.pid() || e.Call.Arguments[1] != 0x80 || e.End < e.Start {
			t.Errorf("a blocked call is %s of %+v", describe([]*event.Event{e}), e.Task)
		}
		if other := seen[e.Call.Arguments[4]]; other != 0 {
			t.Errorf("threads %d and %d have the same argument", other, e.TID)
		}
		seen[e.Call.Arguments[4]] = e.TID
	}
	for i := range uint64(threads) {
		if seen[i+1] == 0 {
			t.Fatalf("thread %d is not there, with %d others", i+1, len(seen))
		}
	}
	p.tell(t, "x")
	p.wait(t, 0)
	last := snapshot(t, r, t.Name())
	noFailures(t, before, last)
	h = decode(t, last)
	same(t, "calls that ended", len(those(h, blocked)), threads)
	same(t, "calls in flight", h.Account.InFlight, uint64(0))
	same(t, "ends", len(ofType(h, ring.TypeExit)), threads+1)
}

// Records of three kilobytes, of which one fits a chunk, in the smallest ring.
func TestLargeRecordsInTheSmallestRing(t *testing.T) {
	path := program(t, "tasks")
	r := attachChildren(t, recorder.Options{RingSize: minimumRingSize(t), StringLimit: ring.StringLimitMax, Filter: filter(t, "write")})
	var all []*process
	before := snapshot(t, r, t.Name())
	for range 4 {
		all = append(all, run(t, path, "busy"))
	}
	for _, p := range all {
		p.awaitReady(t, 1)
	}
	for range 200 {
		history(t, r, t.Name())
	}
	for _, p := range all {
		p.wait(t, 0)
	}
	after := snapshot(t, r, t.Name())
	noFailures(t, before, after)
	h := decode(t, after)
	if h.Account.Kept == 0 {
		t.Errorf("nothing is kept: %+v", h.Account)
	}
	for _, e := range callsWith(h, "write", 2, 3000) {
		if data := firstCapture(e, 1); len(data) != 3000 || data[0] != 'w' || data[2999] != 'w' {
			t.Errorf("a buffer of %d bytes", len(data))
		}
	}
}
