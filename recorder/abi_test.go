package recorder_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/syscalls"
)

func TestInterruptCallsInA64BitProcess(t *testing.T) {
	h, _ := record(t, roomy, program(t, "abi"), "interrupt")
	compat := those(h, func(e *event.Event) bool { return e.Type == ring.TypeCall && e.ABI == syscalls.I386 })
	if len(compat) > 0 && compat[0].Call.Return <= 0 {
		t.Errorf("getpid returned %d", compat[0].Call.Return)
	} else if len(compat) > 0 {
		compat[0].Call.Return = 1
	}
	shows(t, "32-bit calls", noPointers(compat),
		call{Name: "getpid", ABI: syscalls.I386, Arguments: []uint64{}, Return: 1},
		call{Name: "open", ABI: syscalls.I386, Arguments: []uint64{somewhere, 0, 0}, Return: errno(unix.ENOENT),
			Memory: []memory{{Argument: 0, Data: "/nonexistent/32"}}},
		call{Name: "lseek", ABI: syscalls.I386, Arguments: []uint64{1<<32 - 1, 2, 32}, Return: errno(unix.EBADF)})
	same(t, "64-bit calls around them", marks(h, 64), []int64{1, 3})
}

func TestProgramOf32Bits(t *testing.T) {
	h, p := record(t, roomy, program(t, "abi", "-m32"), "vector")
	write := one(t, "writev", callsWith(h, "writev", 0, 101))
	same(t, "ABI of writev", write.ABI, syscalls.I386)
	same(t, "return of writev", write.Call.Return, int64(12))
	var data []string
	for _, element := range buffers(t, []byte(firstCapture(write, 1))) {
		if element.Address == 0 || element.Address>>32 != 0 {
			t.Errorf("a buffer's address is %#x", element.Address)
		}
		data = append(data, element.Data)
	}
	same(t, "buffers", data, []string{"four", "eight..."})
	found := those(h, func(e *event.Event) bool {
		return e.Type == ring.TypeCall && e.Name() == "openat" && pathOf(e, 1) == "/nonexistent/vector"
	})
	same(t, "ABI of openat", one(t, "openat", found).ABI, syscalls.I386)
	same(t, "marks", marks(h, 0), []int64{4})
	for _, e := range those(h, func(e *event.Event) bool { return e.Type == ring.TypeCall && e.Name() != "execve" }) {
		if e.ABI != syscalls.I386 {
			t.Errorf("a call of another ABI: %s", describe([]*event.Event{e}))
		}
	}
	same(t, "end", exitOf(t, h, p.pid()), uint32(0))
}

// Between an execve's entry and its exit the task changes its ABI.
func TestExecveFrom64To32BitsAndBack(t *testing.T) {
	wide, narrow := program(t, "abi"), program(t, "abi", "-m32")
	h, _ := record(t, roomy, wide, "hop", narrow, wide, narrow, narrow)
	var got []syscalls.ABI
	for _, e := range callsNamed(h, "execve") {
		got = append(got, e.ABI)
		same(t, "return of execve", e.Call.Return, int64(0))
		same(t, "state of execve", e.Call.State, ring.StateReturned)
	}
	same(t, "ABI of each execve", got, []syscalls.ABI{
		syscalls.AMD64, syscalls.AMD64, syscalls.I386, syscalls.AMD64, syscalls.I386,
	})
	got = nil
	for _, e := range those(h, isMark) {
		got = append(got, e.ABI)
	}
	same(t, "ABI of each image's mark", got, []syscalls.ABI{
		syscalls.AMD64, syscalls.I386, syscalls.AMD64, syscalls.I386, syscalls.I386,
	})
	same(t, "execs", len(ofType(h, ring.TypeExec)), 5)
}
