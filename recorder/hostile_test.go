package recorder_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"traceloop/event"
	"traceloop/recorder"
	"traceloop/ring"
	"traceloop/strace"
	"traceloop/syscalls"
)

// The arena of testprogram/hostile.c.
const (
	arena    = 0x20000000
	arenaEnd = arena + 0x10000
	kernel   = 0xffffffff81000000
	nowhere  = 0x10
	all      = 1<<64 - 1
)

// piece is a capture as far as these tests compare it.
type piece struct {
	Argument, Part uint8
	Entry, Cut     bool
	Data           string
}

func pieces(e *event.Event) []piece {
	var found []piece
	for _, c := range e.Call.Captures {
		if c.Layout != ring.LayoutDescriptor {
			found = append(found, piece{c.Argument, c.Part, c.Entry, c.Truncated, string(c.Data)})
		}
	}
	return found
}

// laid lays out numbers in their size, and strings as they are.
func laid(values ...any) string {
	var data []byte
	for _, value := range values {
		switch value := value.(type) {
		case string:
			data = append(data, value...)
		case int: // an untyped constant: a long
			data = binary.LittleEndian.AppendUint64(data, uint64(value))
		default:
			var err error
			if data, err = binary.Append(data, binary.LittleEndian, value); err != nil {
				panic(err)
			}
		}
	}
	return string(data)
}

// header is a struct msghdr.
func header(name, nameLength, vector, count, control, controlLength uint64) string {
	return laid(name, nameLength, vector, count, control, controlLength, uint64(0))
}

// filled is an element of a captured iovec array; with unreadable there is no memory.
func filled(address, length uint64, data string) string {
	if data == unreadable {
		return laid(address, length, uint16(ring.BufferUnreadable))
	}
	return laid(address, length, uint16(len(data)), data)
}

const unreadable = "\x00unreadable"

// marker is what hostile.c fills the memory with that nobody asked for.
const marker = "LEAKLEAK"

// noMarker fails if a recording has four bytes of the marker in a row, anywhere.
func noMarker(t *testing.T, s *ring.Snapshot) {
	t.Helper()
	for i := range 4 {
		if hasBytes(s, marker[i:i+4]) {
			t.Errorf("the recording has memory that no call used")
			return
		}
	}
}

func hasBytes(s *ring.Snapshot, text string) bool {
	has := func(memory []byte) bool { return bytes.Contains(memory, []byte(text)) }
	return slices.ContainsFunc(s.Chunks, has) || has(s.InFlight)
}

// recordHostile runs a scene of testprogram/hostile.c. No call of it is lost or
// damaged, and nothing that no call used is in the recording.
func recordHostile(t *testing.T, options recorder.Options, scene string) *event.History {
	t.Helper()
	h, _, _ := recordSnapshots(t, options, program(t, "hostile"), scene)
	return h
}

// recordSnapshots is record, with what the recording held before and after.
func recordSnapshots(t *testing.T, options recorder.Options, path string, arguments ...string) (h *event.History, before, after *ring.Snapshot) {
	t.Helper()
	r := attachChildren(t, options)
	before = snapshot(t, r, t.Name())
	run(t, path, arguments...).wait(t, 0)
	after = snapshot(t, r, t.Name())
	h = decode(t, after)
	if h.Account.Overwritten != 0 {
		t.Errorf("the recording is too small: %+v", h.Account)
	}
	for i := range h.Events {
		if n := len(h.Events[i].Call.Captures); n > ring.CapturesMax {
			t.Errorf("%s has %d captures", h.Events[i].Name(), n)
		}
	}
	noMarker(t, after)
	return h, before, after
}

// captures fails unless the calls have the captures as given, in this order.
func captures(t *testing.T, what string, events []*event.Event, want ...[]piece) {
	t.Helper()
	if len(events) != len(want) {
		t.Errorf("%s: there are %d calls, want %d: %s", what, len(events), len(want), describe(events))
		return
	}
	for i, e := range events {
		same(t, fmt.Sprintf("%s, call %d", what, i), pieces(e), want[i])
	}
}

func TestMessagesThatAreSent(t *testing.T) {
	h, before, after := recordSnapshots(t, roomy, program(t, "hostile"), "sent")
	sent := func(flags uint64) []*event.Event { return callsWith(h, "sendmsg", 2, flags) }
	whole := func(data string) piece { return piece{Argument: 1, Data: data} }
	part := func(number uint8, data ...string) piece {
		return piece{Argument: 1, Part: number, Data: strings.Join(data, "")}
	}
	const name, vector, control = 1, 2, 3
	const text, other, at = arena + 0x100, arena + 0x180, arena + 0x200
	oneBuffer := part(vector, filled(text, 3, "one"))

	captures(t, "a message with all parts", sent(1), []piece{
		whole(header(arena+0x400, 2, at, 2, arena+0x500, 16)),
		part(name, "\x01\x00"),
		part(vector, filled(text, 5, "first"), filled(other, 3, "a\x00b")),
		part(control, laid(0, "\x01\x00\x00\x00\x02\x00\x00\x00")),
	})
	captures(t, "a message at the memory's end, cut short, nowhere, in the kernel", sent(2),
		[]piece{whole(header(0, 0, at, 1, 0, 0)), part(vector, filled(text, 4, "last"))}, nil, nil, nil)
	captures(t, "a buffer of 2^64-1 bytes", sent(3),
		[]piece{whole(header(0, 0, arenaEnd-16, 1, 0, 0)), part(vector, filled(arenaEnd-32, all, unreadable))})
	buffers := part(vector, filled(text, 3, "one"), filled(other, 3, "two"))
	buffers.Cut = true
	captures(t, "2^64-1 buffers", sent(4), []piece{whole(header(0, 0, arenaEnd-32, all, 0, 0)), buffers})
	captures(t, "control messages of 2^64-1 bytes", sent(5),
		[]piece{whole(header(0, 0, at, 1, arenaEnd-16, all)), oneBuffer})
	captures(t, "a name of 2^32-1 bytes", sent(6), []piece{whole(header(arenaEnd-16, all, at, 1, 0, 0)), oneBuffer})
	captures(t, "bad pointers", sent(7),
		[]piece{whole(header(nowhere, 8, nowhere, 1, nowhere, 16))},
		[]piece{whole(header(kernel, 8, kernel, 1, kernel, 16))},
		[]piece{whole(header(0, 0, at, 1, 0, 0)), part(vector, filled(kernel, 8, unreadable))})
	const here = arena + 0x300
	itself := header(here, 56, here, 1, here, 56)
	captures(t, "a message that leads to itself", sent(8),
		[]piece{whole(itself), part(name, itself), part(vector, filled(here, 56, itself)), part(control, itself)})
	many := part(vector, strings.Repeat(filled(text, 1, "x"), ring.VectorLimit))
	many.Cut = true
	captures(t, "messages of 1024 and 1025 buffers", sent(9),
		[]piece{whole(header(0, 0, arena+0x2000, 1024, 0, 0)), many},
		[]piece{whole(header(0, 0, arena+0x2000, 1025, 0, 0)), many})
	many.Part = 0
	captures(t, "a vector of 1024 buffers", callsWith(h, "writev", 2, 1024), []piece{many})

	// Three structs, six parts, three buffers and one element of a vector.
	if n := failuresAt(after, "read a buffer or struct of a task") - failuresAt(before, "read a buffer or struct of a task"); n < 9 {
		t.Errorf("of the memory that could not be read %d are counted", n)
	}
	if n := failuresAt(after, "read a vector of a task") - failuresAt(before, "read a vector of a task"); n < 3 {
		t.Errorf("of the vectors that could not be read %d are counted", n)
	}
}

// An address has at most 128 bytes, and an int is what the lower half of its register says.
func TestNoMoreOfAnAddressThanTheCallUses(t *testing.T) {
	h := recordHostile(t, roomy, "long names")
	sent := pieces(one(t, "sendmsg", callsNamed(h, "sendmsg")))
	if len(sent) != 3 || !strings.HasPrefix("\x02\x00"+strings.Repeat("\x00", 126), sent[1].Data) {
		t.Errorf("a name of 500 bytes: %q", fmt.Sprint(sent))
	}
	named := func(length uint64) []*event.Event {
		return those(h, func(e *event.Event) bool {
			return (e.Name() == "connect" || e.Name() == "bind") && e.Call.Arguments[2] == length
		})
	}
	for _, length := range []uint64{all, 0x80000000} {
		e := one(t, "an address of a negative length", named(length))
		same(t, "an address of a negative length", strings.Trim(firstCapture(e, 1), "-"), "")
		if line := string(strace.AppendCall(nil, e, &strace.Options{})); !strings.Contains(line, "(101, 0x20000800, -") {
			t.Errorf("an address of a negative length: %s", line)
		}
	}
	captures(t, "an address whose length has an upper half", named(0x4100000010),
		[]piece{{Argument: 1, Data: "\x02\x00" + strings.Repeat("\x00", 14)}})
}

func TestMessagesThatAreReceived(t *testing.T) {
	h := recordHostile(t, roomy, "received")
	const at = arena + 0x200
	entry := func(data string) piece { return piece{Argument: 1, Entry: true, Data: data} }
	exit := func(part uint8, data ...string) piece {
		return piece{Argument: 1, Part: part, Data: strings.Join(data, "")}
	}
	before := header(0, 0, at, 3, arena+0x800, 64)
	captures(t, "fewer bytes than there is room for, then none, then a bad buffer", callsWith(h, "recvmsg", 2, unix.MSG_DONTWAIT),
		[]piece{
			entry(before),
			exit(0, header(0, 0, at, 3, arena+0x800, 0)),
			exit(2, filled(arena+0x100, 3, "one"), filled(arena+0x140, 60, "two"), filled(arena+0x180, 60, "")),
			exit(3, ""),
		},
		[]piece{entry(header(arena+0x400, 64, at, 1, arena+0x800, 64))},
		[]piece{entry(header(0, 0, at, 1, 0, 0))})
	captures(t, "more bytes than there is room for", callsWith(h, "recvmsg", 2, unix.MSG_DONTWAIT|unix.MSG_TRUNC),
		[]piece{
			entry(header(0, 0, at, 1, 0, 0)),
			exit(0, laid(uint64(0), uint64(0), uint64(at), uint64(1), uint64(0), uint64(0), uint64(unix.MSG_TRUNC))),
			exit(2, filled(arena+0x100, 4, "onet")),
		})
}

// The kernel says how long a name is, also where it had less room.
func TestNamesOfReceivedMessagesAreNeverLongerThanTheirRoom(t *testing.T) {
	h := recordHostile(t, roomy, "received names")
	var names []string
	for _, e := range callsNamed(h, "recvmsg") {
		for _, p := range pieces(e) {
			if p.Part == 1 {
				names = append(names, p.Data)
			}
		}
	}
	same(t, "names", names, []string{"\x01\x00\x00t", "\x01\x00\x00traceloop-hostile"})
}

// message is a struct mmsghdr of put_message in hostile.c, with its parts.
func message(i int, text string) []piece {
	at := uint64(arena + 0x4000 + 0x400*i)
	return []piece{
		{Argument: 1, Data: header(at+0x20, 6, at+0x10, 1, at+0x40, 16) + laid(0)},
		{Argument: 1, Part: 1, Data: "\x01\x00name"},
		{Argument: 1, Part: 2, Data: filled(at, 4, text)},
		{Argument: 1, Part: 3, Data: laid(16, uint32(1), uint32(1))},
	}
}

func TestManyMessagesThatAreSent(t *testing.T) {
	h := recordHostile(t, roomy, "many sent")
	sent := func(flags uint64) []*event.Event { return callsWith(h, "sendmmsg", 3, flags) }
	messages := func(texts ...string) []piece {
		var want []piece
		for i, text := range texts {
			want = append(want, message(i, text)...)
		}
		return want
	}
	captures(t, "six messages, then nine", sent(1),
		messages("six.", "six.", "six.", "six.", "six.", "six."),
		messages("nine", "nine", "nine", "nine", "nine", "nine", "nine"))
	captures(t, "two messages by a count with an upper half", sent(2), messages("two1", "two2"))
	captures(t, "no message", sent(3), nil)
	captures(t, "messages up to the memory's end", sent(4), messages("end1", "end2"))
	captures(t, "messages nowhere", sent(5), nil, nil)
}

func TestManyMessagesThatAreReceived(t *testing.T) {
	h := recordHostile(t, roomy, "many received")
	calls := callsNamed(h, "recvmmsg")
	if len(calls) != 3 {
		t.Fatalf("recvmmsg: %s", describe(calls))
	}
	same(t, "returns", []int64{calls[0].Call.Return, calls[1].Call.Return, calls[2].Call.Return}, []int64{2, errno(unix.EAGAIN), 7})
	// What was in the buffers of the third, which received nothing, is not the call's.
	same(t, "received", vectors(t, calls[0])[:2], []string{"one", "to"})
	for _, data := range vectors(t, calls[1]) {
		same(t, "received", data, "")
	}
	same(t, "received", vectors(t, calls[2]), []string{"many", "many", "many", "many", "many", "many", "many"})
	var names []string
	for _, p := range pieces(calls[2]) {
		if p.Argument == 1 && p.Part == 1 {
			names = append(names, p.Data)
		}
	}
	name := "\x01\x00\x00tra"
	same(t, "names", names, []string{name, name, name, name, name, name, name})
	if n := len(calls[2].Call.Captures); n > ring.CapturesMax || n < 4*7 {
		t.Errorf("there are %d captures", n)
	}
}

// vectors are the contents of the buffers of each of a call's messages.
func vectors(t *testing.T, e *event.Event) []string {
	t.Helper()
	var found []string
	for _, p := range pieces(e) {
		if p.Part != 2 {
			continue
		}
		text := ""
		for _, buffer := range buffers(t, []byte(p.Data)) {
			text += buffer.Data
		}
		found = append(found, text)
	}
	return found
}

// block is a struct iocb as hostile.c makes it. The kernel has set its key to zero.
func block(operation uint16, buffer, length uint64) string {
	return laid(uint64(7), uint64(0), operation, uint16(0), uint32(101), buffer, length, uint64(0), uint64(0), uint64(0))
}

func TestControlBlocks(t *testing.T) {
	h, before, after := recordSnapshots(t, roomy, program(t, "hostile"), "blocks")
	whole := func(data string) piece { return piece{Argument: 2, Data: data} }
	part := func(data string) piece { return piece{Argument: 2, Part: 1, Data: data} }
	const read, write, noop = 0, 1, 6
	first := []piece{whole(block(write, arena+0x300, 5)), part("first")}
	second := []piece{whole(block(write, arena+0x340, 6)), part("second")}
	both := slices.Concat(first, second)
	calls := callsNamed(h, "io_submit")
	if len(calls) != 12 {
		t.Fatalf("io_submit: %s", describe(calls))
	}
	captures(t, "two blocks", calls[:1], both)
	// What stands behind a block that cannot be read is not in its place.
	if line := string(strace.AppendCall(nil, calls[1], &strace.Options{StringLimit: 64})); !strings.Contains(line, `aio_buf="first"`) || strings.Contains(line, "}, {") {
		t.Errorf("a block nowhere between two: %s", line)
	}
	captures(t, "no block between two", calls[2:3], first)
	captures(t, "a vector that leads to itself", calls[3:4],
		[]piece{whole(laid(uint64(arena+0x100), "\x00\x00\x00\x00\x00\x00\x00\x00", strings.Repeat("\x00", 48)))})
	captures(t, "a block and a vector that are cut short", calls[4:5], nil)
	captures(t, "a buffer of 2^64-1 bytes", calls[5:6], []piece{whole(block(write, arenaEnd-16, all))})
	captures(t, "a buffer in the kernel", calls[6:7], []piece{whole(block(write, kernel, 8))})
	// What is in a buffer before it is read into is not the call's.
	for i, operation := range []uint16{read, noop} {
		got := pieces(calls[7+i])
		if len(got) == 0 || got[0].Data != block(operation, arena+0x1000, 64) {
			t.Errorf("operation %d: %q", operation, fmt.Sprint(got))
		}
	}
	captures(t, "no blocks and vectors nowhere", calls[9:], nil, nil, nil)
	if n := failuresAt(after, "read a buffer or struct of a task") - failuresAt(before, "read a buffer or struct of a task"); n < 4 {
		t.Errorf("of the memory that could not be read %d are counted", n)
	}
}

func TestVariantsOfHostileArguments(t *testing.T) {
	h := recordHostile(t, roomy, "variants")
	lock := laid(uint32(unix.F_WRLCK), uint32(0), 0, 5, 0)
	end := uint64(arenaEnd)
	by := func(name string, argument int, values ...uint64) []*event.Event {
		return those(h, func(e *event.Event) bool {
			return e.Type == ring.TypeCall && e.Name() == name && len(e.Call.Arguments) > argument && slices.Contains(values, e.Call.Arguments[argument])
		})
	}
	third := func(data string) []piece { return []piece{{Argument: 2, Data: data}} }
	captures(t, "locks", callsWith(h, "fcntl", 1, unix.F_SETLK), third(lock), nil, nil)
	captures(t, "no argument", callsWith(h, "fcntl", 1, unix.F_GETFD), nil)
	captures(t, "an upper half", callsWith(h, "fcntl", 1, 0x4100000000|unix.F_SETLK), third(lock))
	captures(t, "no command of fcntl", callsWith(h, "fcntl", 1, 0x7eadbeef), nil)
	captures(t, "no request of ioctl", callsWith(h, "ioctl", 1, 0x7eadbeef), nil)
	captures(t, "terminals", callsWith(h, "ioctl", 1, unix.TCGETS), nil, nil)
	second := func(data string) []piece { return []piece{{Argument: 1, Data: data}} }
	captures(t, "new names", callsWith(h, "prctl", 0, unix.PR_SET_NAME), nil, second("hostile"))
	captures(t, "names", callsWith(h, "prctl", 0, unix.PR_GET_NAME), second(laid("hostile\x00", 0)), nil)
	captures(t, "no option", callsWith(h, "prctl", 0, 0x7eadbeef), nil)

	path := piece{Argument: 1, Data: "/dev/null"}
	how := func(data string, cut bool) piece { return piece{Argument: 2, Cut: cut, Data: data} }
	captures(t, "openat2", by("openat2", 2, end-8, end-24, kernel),
		[]piece{path, how(laid(0), false)},
		[]piece{path, how(laid(0, 0, 0), false)},
		[]piece{path},
		[]piece{path},
		[]piece{path})
	attribute := func(data string) []piece { return []piece{{Argument: 1, Entry: true, Data: data}} }
	captures(t, "attributes of bpf", callsWith(h, "bpf", 0, 4),
		attribute(""), attribute("\xff\xff\xff\xff\x00\x00\x00\x00"), nil, nil)
	captures(t, "no command of bpf", callsWith(h, "bpf", 0, 0x7eadbeef), attribute(laid(0)))
	named := callsWith(h, "bpf", 0, 7)
	if len(named) != 3 {
		t.Fatalf("BPF_OBJ_GET: %s", describe(named))
	}
	captures(t, "a path's pointer that is cut, then one into the kernel", named[:2],
		attribute("\x00\x00\x00\x00"), attribute(laid(uint64(kernel), 0)))
	self := laid(uint64(arenaEnd-16), 0)
	captures(t, "a path that is the pointer to itself", named[2:],
		append(attribute(self), piece{Argument: 1, Part: 1, Entry: true, Data: "\xf0\xff"}))
	captures(t, "no command of keyctl", callsWith(h, "keyctl", 0, 0x7eadbeef), nil)
}

func TestMessagesOfQueuesAreCapturedExactly(t *testing.T) {
	h := recordHostile(t, roomy, "queues")
	want := []piece{{Argument: 1, Data: laid(1, "mail")}}
	captures(t, "msgsnd", callsNamed(h, "msgsnd"), want, []piece{{Argument: 1, Data: laid(1, "page")}})
	captures(t, "msgrcv", callsNamed(h, "msgrcv"), want)
}

func TestStringsOfAnyBytes(t *testing.T) {
	h := recordHostile(t, recorder.Options{RingSize: 1 << 20, StringLimit: 300}, "bytes")
	var any strings.Builder
	for c := range 255 {
		any.WriteByte(byte(c + 1))
	}
	text := any.String()
	captures(t, "memfd_create", callsWith(h, "memfd_create", 1, 0x8000), []piece{{Argument: 0, Data: text}})
	opens := those(h, func(e *event.Event) bool {
		return e.Type == ring.TypeCall && e.Name() == "openat" && e.Call.Arguments[1]-arena <= 0x10000
	})
	captures(t, "openat", opens, []piece{{Argument: 1, Data: text}}, []piece{{Argument: 1}}, nil)
	written := callsWith(h, "write", 0, all)
	captures(t, "write", written, []piece{{Argument: 1, Data: text + "\x00"}}, nil, nil)
}

// narrowHeader is a struct msghdr of 32 bits.
func narrowHeader(words ...uint32) string { return laid(words, make([]uint32, 7-len(words))) }

func TestMessagesOf32Bits(t *testing.T) {
	h := recordHostile(t, roomy, "narrow")
	whole := func(data string) piece { return piece{Argument: 1, Data: data} }
	part := func(number uint8, data ...string) piece {
		return piece{Argument: 1, Part: number, Data: strings.Join(data, "")}
	}
	first := filled(arena+0x100, 5, "first")
	sent := func(flags uint64) []*event.Event {
		return those(h, func(e *event.Event) bool {
			return e.Type == ring.TypeCall && e.ABI == syscalls.I386 && e.Name() == "sendmsg" && len(e.Call.Arguments) == 3 && e.Call.Arguments[2] == flags
		})
	}
	captures(t, "a message with all parts at the memory's end, then one that is cut short", sent(1),
		[]piece{
			whole(narrowHeader(arena+0x400, 6, arena+0x200, 2, arena+0x500, 8)),
			part(1, "\x01\x00name"), part(2, first, filled(arena+0x180, 3, "a\x00b")), part(3, "control."),
		}, nil)
	two := part(2, first, filled(arena+0x180, 3, "a\x00b"))
	two.Cut = true
	captures(t, "lengths of 2^32-1, then so many buffers", sent(2),
		[]piece{whole(narrowHeader(arenaEnd-16, 1<<32-1, arena+0x200, 1, arenaEnd-16, 1<<32-1)), part(2, first)},
		[]piece{whole(narrowHeader(0, 0, arenaEnd-16, 1<<32-1)), two})
	captures(t, "a message of socketcall", sent(3), []piece{whole(narrowHeader(0, 0, arena+0x200, 1)), part(2, first)})
	// Its first word is the socket, taken for the name's address.
	captures(t, "a message of socketcall that leads to itself", sent(4), []piece{whole(narrowHeader(101, arena+0x700, 4)), part(2)})
	bad := those(h, func(e *event.Event) bool { return e.Type == ring.TypeCall && e.Name() == "socketcall" })
	captures(t, "socketcall without its words", bad, nil, nil)
}

// A call that is going on is read by other means, and no further either.
func TestCallsInFlightShowNoMoreThanTheyUse(t *testing.T) {
	path := program(t, "hostile")
	for _, test := range []struct {
		scene, name string
		argument    uint8
		want        string
	}{
		{"waiting poll", "poll", 0, laid(int32(1), uint32(0))},
		{"waiting connect", "connect", 1, "\x01\x00\x00traceloop-waiting"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := attachChildren(t, roomy)
			p := run(t, path, test.scene)
			p.awaitReady(t, 1)
			awaitState(t, p.pid(), "S")
			var s *ring.Snapshot
			var waiting []*event.Event
			eventually(t, "the call is going on", func() bool {
				s = snapshot(t, r, t.Name())
				h := decode(t, s)
				waiting = those(h, func(e *event.Event) bool {
					return e.Type == ring.TypeCall && e.Call.State == ring.StateInFlight && e.Name() == test.name
				})
				return len(waiting) == 1
			})
			noMarker(t, s)
			same(t, "memory", firstCapture(waiting[0], test.argument), test.want)
		})
	}
}

// Of memory that a call writes there is as much as it wrote, of what it reads as
// much as it reads, and of what it does not look at there is nothing.
func TestNoMoreThanTheCallUses(t *testing.T) {
	for _, scene := range []string{"outputs", "sized", "ignored", "nodes", "handles"} {
		t.Run(scene, func(t *testing.T) {
			h := recordHostile(t, roomy, scene)
			for _, e := range h.Events {
				for _, c := range e.Call.Captures {
					if strings.Contains(string(c.Data), marker[:4]) {
						t.Errorf("%s, argument %d, part %d, has memory that it did not use: %q", e.Name(), c.Argument, c.Part, c.Data)
					}
				}
			}
		})
	}
}
