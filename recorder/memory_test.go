package recorder_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"traceloop/event"
	"traceloop/recorder"
	"traceloop/ring"
	"traceloop/syscalls"
)

// The descriptors of testprogram/memory.c.
const (
	readerFD = 100
	writerFD = 101
)

// noPointers replaces the addresses among arguments, which differ from run to
// run. An int of -1 may stand in a register as 0xffffffff and is none.
func noPointers(events []*event.Event) []*event.Event {
	for _, e := range events {
		for i, argument := range e.Call.Arguments {
			if argument >= 1<<16 && argument < 1<<47 && argument != 1<<32-1 {
				e.Call.Arguments[i] = 0xadd7e55
			}
		}
	}
	return events
}

const somewhere = 0xadd7e55

func TestColdPagesAreReadAtExit(t *testing.T) {
	h, _ := record(t, roomy, program(t, "memory"), "cold pages")
	shows(t, "openat", noPointers(those(h, func(e *event.Event) bool {
		return e.Type == ring.TypeCall && e.Name() == "openat" && strings.HasSuffix(pathOf(e, 1), "cold")
	})), call{
		Name: "openat", Arguments: []uint64{1<<64 - 100, somewhere, 0, 0}, Return: errno(unix.ENOENT),
		Memory: []memory{{Argument: 1, Data: "/nonexistent/cold"}},
	})
	sleep := one(t, "nanosleep", callsNamed(h, "nanosleep"))
	same(t, "moment", firstCapture(sleep, 0), "\x00\x00\x00\x00\x00\x00\x00\x00\xd2\x04\x00\x00\x00\x00\x00\x00")
	mask := callsNamed(h, "rt_sigprocmask")
	same(t, "signal set", firstCapture(mask[len(mask)-1], 1), "\x00\x08\x00\x00\x00\x00\x00\x00")
	write := one(t, "write", callsWith(h, "write", 0, writerFD))
	same(t, "buffer", firstCapture(write, 1), "cold buffer")
}

// firstCapture is the first memory that was captured of an argument, "-" for none.
func firstCapture(e *event.Event, argument uint8) string {
	for _, capture := range e.Call.Captures {
		if capture.Argument == argument && capture.Layout != ring.LayoutDescriptor {
			return string(capture.Data)
		}
	}
	return "-"
}

// What the kernel could not read either is shown as an address, and whoever
// points into the kernel learns nothing.
func TestBadPointersShowNothing(t *testing.T) {
	path := program(t, "memory")
	r := attachChildren(t, roomy)
	before := snapshot(t, r, t.Name())
	run(t, path, "bad pointers").wait(t, 0)
	after := snapshot(t, r, t.Name())
	h := decode(t, after)
	bad := those(h, func(e *event.Event) bool {
		return e.Type == ring.TypeCall && e.Call.Return == errno(unix.EFAULT)
	})
	const at = 1<<64 - 100
	shows(t, "calls with bad pointers", bad,
		call{Name: "openat", Arguments: []uint64{at, 0x10, 0, 0}, Return: errno(unix.EFAULT)},
		call{Name: "openat", Arguments: []uint64{at, 0xffffffff81000000, 0, 0}, Return: errno(unix.EFAULT)},
		call{Name: "openat", Arguments: []uint64{at, 1 << 63, 0, 0}, Return: errno(unix.EFAULT)},
		call{Name: "openat", Arguments: []uint64{at, 0, 0, 0}, Return: errno(unix.EFAULT)},
		call{Name: "write", Arguments: []uint64{writerFD, 0x10, 8}, Return: errno(unix.EFAULT)},
		call{Name: "nanosleep", Arguments: []uint64{0x10, 0}, Return: errno(unix.EFAULT)},
	)
	if n := failuresAt(after, "read a string of a task") - failuresAt(before, "read a string of a task"); n < 3 {
		t.Errorf("of the strings that could not be read %d are counted", n)
	}
}

func TestBuffersAreCapturedExactly(t *testing.T) {
	h, _ := record(t, roomy, program(t, "memory"), "exact bytes")
	writes := noPointers(callsWith(h, "write", 0, writerFD))
	write := func(count uint64, data string) call {
		return call{Name: "write", Arguments: []uint64{writerFD, somewhere, count}, Return: int64(count),
			Memory: []memory{{Argument: 1, Data: data}}}
	}
	shows(t, "writes", writes,
		write(6, "a\x00b\x00\x00c"),
		write(10, "0123456789"),
		write(0, ""),
		write(8, "\x00\x00\x00\x00\x00\x00\x00\x00"))
	shows(t, "reads", noPointers(callsWith(h, "read", 0, readerFD)),
		// Not one of the 58 bytes that stand behind in the same buffer.
		call{Name: "read", Arguments: []uint64{readerFD, somewhere, 64}, Return: 6,
			Memory: []memory{{Argument: 1, Data: "a\x00b\x00\x00c"}}},
		call{Name: "read", Arguments: []uint64{readerFD, somewhere, 10}, Return: 10,
			Memory: []memory{{Argument: 1, Data: "0123456789"}}})
	for _, e := range h.Events {
		for _, capture := range e.Call.Captures {
			if strings.Contains(string(capture.Data), "SSSS") {
				t.Errorf("the neighbour's memory was captured: %s", describe([]*event.Event{&e}))
			}
		}
	}
}

func TestStringsEndWhereTheyEnd(t *testing.T) {
	h, _ := record(t, recorder.Options{RingSize: 4 << 20, StringLimit: 16}, program(t, "memory"), "strings")
	shows(t, "memfd_create", noPointers(callsWith(h, "memfd_create", 1, 0x8000)),
		call{Name: "memfd_create", Arguments: []uint64{somewhere, 0x8000}, Return: errno(unix.EINVAL),
			Memory: []memory{{Argument: 0, Data: "short"}}},
		call{Name: "memfd_create", Arguments: []uint64{somewhere, 0x8000}, Return: errno(unix.EINVAL),
			Memory: []memory{{Argument: 0, Data: "exactly-sixteen."}}},
		call{Name: "memfd_create", Arguments: []uint64{somewhere, 0x8000}, Return: errno(unix.EINVAL),
			Memory: []memory{{Argument: 0, Data: "seventeen-letter", Cut: true}}})

	const at = 1<<64 - 100
	opens := callsWith(h, "openat", 2, 0)
	long := "/" + strings.Repeat("p", ring.PathLimit-1)
	open := func(number unix.Errno, memory ...memory) call {
		return call{Name: "openat", Arguments: []uint64{at, somewhere, 0, 0}, Return: errno(number), Memory: memory}
	}
	shows(t, "openat", noPointers(opens),
		open(unix.ENOENT, memory{Argument: 1, Data: "/nonexistent/tail"}),
		open(unix.ENOENT, memory{Argument: 1, Data: ""}),
		open(unix.EFAULT),
		open(unix.ENAMETOOLONG, memory{Argument: 1, Data: long, Cut: true}),
		open(unix.ENAMETOOLONG, memory{Argument: 1, Data: long}))
}

// The kernel stores how long an address is, also where it had less room.
func TestSocketAddressesAreNeverLongerThanTheirRoom(t *testing.T) {
	h, _ := record(t, roomy, program(t, "memory"), "addresses")
	names := callsWith(h, "getsockname", 0, readerFD)
	if len(names) != 2 {
		t.Fatalf("getsockname: %s", describe(names))
	}
	address := firstCapture(names[0], 1)
	if len(address) != 16 || !strings.HasPrefix(address, "\x02\x00") || strings.Contains(address, "S") {
		t.Errorf("the address is %q", address)
	}
	same(t, "address that had room for four bytes", firstCapture(names[1], 1), address[:4])
	same(t, "length before and after", lengths(names[1], 2), []string{"\x04\x00\x00\x00", "\x10\x00\x00\x00"})

	received := one(t, "recvfrom", callsWith(h, "recvfrom", 0, readerFD))
	same(t, "datagram", firstCapture(received, 1), "datagram")
	if sender := firstCapture(received, 4); len(sender) != 16 || !strings.HasPrefix(sender, "\x02\x00") {
		t.Errorf("the sender's address is %q", sender)
	}
	same(t, "length before and after", lengths(received, 5), []string{"\x80\x00\x00\x00", "\x10\x00\x00\x00"})
}

func lengths(e *event.Event, argument int) []string {
	values := []string{"-", "-"}
	if capture := e.Capture(argument, true); capture != nil {
		values[0] = string(capture.Data)
	}
	if capture := e.Capture(argument, false); capture != nil {
		values[1] = string(capture.Data)
	}
	return values
}

func TestVectorsHoldWhatWasMoved(t *testing.T) {
	path := program(t, "memory")
	r := attachChildren(t, roomy)
	p := run(t, path, "vectors")
	var one1, three, first, second, third uint64
	if _, err := fmt.Sscanf(p.line(t), "%x %x %x %x %x", &one1, &three, &first, &second, &third); err != nil {
		t.Fatal(err)
	}
	p.wait(t, 0)
	h := history(t, r, t.Name())
	write := one(t, "writev", callsWith(h, "writev", 0, writerFD))
	same(t, "written", buffers(t, []byte(firstCapture(write, 1))), []buffer{{one1, 3, "one"}, {0, 0, ""}, {three, 3, "t\x00o"}})
	read := one(t, "readv", callsWith(h, "readv", 0, readerFD))
	same(t, "return", read.Call.Return, int64(6))
	same(t, "read", buffers(t, []byte(firstCapture(read, 1))), []buffer{{first, 4, "onet"}, {second, 8, "\x00o"}, {third, 8, ""}})
}

func TestUnknownNumbersAreRecordedRaw(t *testing.T) {
	h, _ := record(t, roomy, program(t, "memory"), "numbers")
	mark := one(t, "mark", those(h, isMark))
	var unknown []*event.Event
	for i := range h.Events {
		e := &h.Events[i]
		if e.Type == ring.TypeCall && e.Start < mark.Start && (e.Row == nil || e.ABI == syscalls.X32) {
			unknown = append(unknown, e)
		}
	}
	small := []uint64{1, 2, 3, 4, 5, 6}
	nosys := errno(unix.ENOSYS)
	shows(t, "unknown calls", unknown,
		call{Name: "0x1ff", Arguments: small, Return: nosys},
		call{Name: "0x12345678", Arguments: []uint64{7, 8, 9, 10, 11, 0x123456789abc}, Return: nosys},
		call{Name: "0xffffffff", Arguments: small, Return: nosys},
		call{Name: "0x200", Arguments: small, Return: nosys},
		call{Name: "0x3ff", Arguments: small, Return: nosys},
		call{Name: "getpid", ABI: syscalls.X32, Arguments: []uint64{}, Return: nosys},
		call{Name: "0x400002bc", ABI: syscalls.X32, Arguments: small, Return: nosys})
	same(t, "what follows", marks(h, 0), []int64{20})
}

// A failure is counted under its place, and a recording that nothing went
// wrong for is clean: see also TestThousandsOfThreadsBlockedAtOnce.
func TestStringLimitOfZeroKeepsPaths(t *testing.T) {
	h, _ := record(t, recorder.Options{RingSize: 1 << 20}, program(t, "memory"), "cold pages")
	write := one(t, "write", callsWith(h, "write", 0, writerFD))
	same(t, "memory", show(write).Memory, []memory{{Argument: 1, Cut: true}})
	found := those(h, func(e *event.Event) bool {
		return e.Type == ring.TypeCall && e.Name() == "openat" && pathOf(e, 1) == "/nonexistent/cold"
	})
	same(t, "openat of the path", len(found), 1)
}
