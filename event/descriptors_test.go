package event

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"traceloop/ring"
)

// described makes a capture of what a descriptor is; without a name nothing is open.
func described(argument uint8, number int32, name string) ring.Capture {
	var data []byte
	data = binary.LittleEndian.AppendUint32(data, uint32(number))
	mode := uint16(0)
	if name != "" {
		mode = 0o100644
	}
	data = append(data, make([]byte, 16)...)
	data = binary.LittleEndian.AppendUint16(data, mode)
	data = append(data, 0, 0)
	return ring.Capture{Argument: argument, Layout: ring.LayoutDescriptor, Data: append(data, name...)}
}

// with gives a call's record captures and a process.
func with(pid uint32, record ring.Record, captures ...ring.Capture) ring.Record {
	record.Task = &ring.Task{PID: pid}
	record.Call.Captures = captures
	return record
}

// at is what the descriptor of a process was at times, "-" for nothing.
func at(d *Descriptors, pid uint32, number int32, times ...uint64) []string {
	var names []string
	for _, time := range times {
		name := "-"
		if descriptor, ok := d.At(pid, number, time); ok {
			name = string(descriptor.Names)
		}
		names = append(names, name)
	}
	return names
}

func is(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if difference := cmp.Diff(want, got); difference != "" {
		t.Errorf("%s (-want +got):\n%s", what, difference)
	}
}

func TestDescriptorOfACallIsKnownBefore(t *testing.T) {
	// What was open when the recording began had been so all the time.
	d := decodeRecords(with(1, call(1, 10, 20, "read", 0, 3, 0, 0), described(0, 3, "a")))[0].Descriptors
	is(t, "descriptor 3", at(d, 1, 3, 0, 9, 10, 15, 20, 100), "a", "a", "a", "a", "a", "a")
	is(t, "descriptor 4", at(d, 1, 4, 0, 10, 100), "-", "-", "-")
	is(t, "descriptor 3 of another process", at(d, 2, 3, 0, 10, 100), "-", "-", "-")
}

func TestDescriptorThatACallMakes(t *testing.T) {
	d := decodeRecords(
		with(1, call(1, 10, 20, "openat", 3, 0, 0, 0, 0), described(ring.ReturnArgument, 3, "a")),
		with(1, call(1, 30, 40, "close", 0, 3), described(0, 3, "a")),
		with(1, call(1, 50, 60, "openat", 3, 0, 0, 0, 0), described(ring.ReturnArgument, 3, "b")),
	)[0].Descriptors
	// From when the call returned until the close returned.
	is(t, "descriptor 3", at(d, 1, 3, 0, 15, 19, 20, 30, 39, 40, 50, 59, 60, 70), "-", "-", "-", "a", "a", "a", "-", "-", "-", "b", "b")
}

func TestDescriptorThatACallFailsToClose(t *testing.T) {
	unfinished := with(1, call(1, 50, 60, "close", 0, 3))
	unfinished.Call.State = ring.StateUnfinished
	d := decodeRecords(
		with(1, call(1, 10, 20, "openat", 3, 0, 0, 0, 0), described(ring.ReturnArgument, 3, "a")),
		with(1, call(1, 30, 40, "close", -5, 3)),
		unfinished,
	)[0].Descriptors
	is(t, "descriptor 3", at(d, 1, 3, 20, 30, 40, 60, 70), "a", "a", "a", "a", "a")
}

func TestDescriptorThatIsReplaced(t *testing.T) {
	events := decodeRecords(
		with(1, call(1, 10, 20, "read", 0, 3, 0, 0), described(0, 3, "a")),
		with(1, call(1, 30, 40, "dup2", 3, 4, 3), described(1, 3, "a"), described(0, 4, "b"), described(ring.ReturnArgument, 3, "b")),
		with(1, call(1, 50, 60, "read", 0, 3, 0, 0)),
	)
	d := events[0].Descriptors
	is(t, "descriptor 3", at(d, 1, 3, 0, 29, 30, 39, 40, 50), "a", "a", "a", "a", "b", "b")
	is(t, "descriptor 4", at(d, 1, 4, 0, 40), "b", "b")
	// The call itself was given what was before.
	if old, ok := events[1].Descriptor(3); !ok || string(old.Names) != "a" {
		t.Errorf("what dup2 closed is %+v", old)
	}
	if made, ok := events[1].NewDescriptor(3); !ok || string(made.Names) != "b" {
		t.Errorf("what dup2 made is %+v", made)
	}
}

// A recording may not tell of an opening: then a use is the first that is known.
func TestDescriptorThatIsSomethingElseAtItsNextUse(t *testing.T) {
	events := decodeRecords(
		with(1, call(1, 10, 20, "read", 0, 3, 0, 0), described(0, 3, "a")),
		with(1, call(1, 30, 40, "recvmsg", 0, 5, 0, 0), described(0, 5, "socket")),
		with(1, call(1, 50, 60, "read", 0, 3, 0, 0), described(0, 3, "b")),
		with(1, call(1, 70, 80, "read", -9, 3, 0, 0), described(0, 3, "")),
		with(1, call(1, 90, 100, "read", -9, 3, 0, 0)),
	)
	is(t, "descriptor 3", at(events[0].Descriptors, 1, 3, 0, 20, 45, 50, 69, 70, 90), "a", "a", "a", "b", "b", "-", "-")
	if _, ok := events[4].Descriptor(3); ok {
		t.Error("a number that was nothing is something")
	}
}

// What came over a socket is told by the call that uses it first.
func TestDescriptorThatWasReceivedAfterItWasClosed(t *testing.T) {
	events := decodeRecords(
		with(1, call(1, 10, 20, "close", 0, 3), described(0, 3, "a")),
		with(1, call(1, 30, 40, "recvmsg", 0, 5, 0, 0)),
		with(1, call(1, 50, 60, "read", 0, 3, 0, 0), described(0, 3, "b")),
	)
	is(t, "descriptor 3", at(events[0].Descriptors, 1, 3, 10, 19, 20, 40, 50), "a", "a", "-", "-", "b")
	if received, ok := events[1].NewDescriptor(3); !ok || string(received.Names) != "b" {
		t.Errorf("what was received is %+v", received)
	}
}

func TestDescriptorsOfAPipe(t *testing.T) {
	d := decodeRecords(
		with(1, call(1, 10, 20, "read", 0, 3, 0, 0), described(0, 3, "a")),
		with(1, call(1, 30, 40, "pipe2", 0, 0, 0), described(0, 3, "pipe"), described(0, 4, "pipe")),
	)[0].Descriptors
	is(t, "descriptor 3", at(d, 1, 3, 10, 39, 40), "a", "a", "pipe")
	is(t, "descriptor 4", at(d, 1, 4, 10, 39, 40), "-", "-", "pipe")
}

// A call that changes its descriptor has it twice: before and after.
func TestDescriptorThatACallChanges(t *testing.T) {
	events := decodeRecords(
		with(1, call(1, 10, 20, "connect", 0, 3, 0, 0), described(0, 3, "socket"), described(0, 3, "connected")),
		with(1, call(1, 30, 40, "connect", 0, 3, 0, 0), described(0, 3, "again")),
	)
	d := events[0].Descriptors
	is(t, "descriptor 3", at(d, 1, 3, 0, 10, 19, 20, 39, 40), "socket", "socket", "socket", "connected", "connected", "again")
}

func TestDescriptorsOfThreadsAndProcesses(t *testing.T) {
	events := decodeRecords(
		with(1, call(1, 10, 20, "openat", 3, 0, 0, 0, 0), described(ring.ReturnArgument, 3, "a")),
		with(1, call(2, 30, 40, "read", 0, 3, 0, 0)),
		with(7, call(7, 50, 60, "openat", 3, 0, 0, 0, 0), described(ring.ReturnArgument, 3, "b")),
		with(1, call(2, 70, 80, "close", 0, 3)),
		with(7, call(7, 90, 100, "read", 0, 3, 0, 0)),
		with(1, call(1, 90, 100, "read", -9, 3, 0, 0)),
	)
	var names []string
	for _, e := range events[1:] {
		name := "-"
		if d, ok := e.Descriptor(3); ok {
			name = string(d.Names)
		}
		names = append(names, name)
	}
	// The close was given what it closed; the other process keeps its own.
	is(t, "descriptor 3", names, "a", "-", "a", "b", "-")
}

// Calls come in the order of their start; what they say is of their end.
func TestDescriptorsOfCallsThatOverlap(t *testing.T) {
	d := decodeRecords(
		with(1, call(1, 10, 90, "openat", 3, 0, 0, 0, 0), described(ring.ReturnArgument, 3, "late")),
		with(1, call(2, 20, 30, "openat", 3, 0, 0, 0, 0), described(ring.ReturnArgument, 3, "early")),
		with(1, call(2, 40, 50, "close", 0, 3)),
	)[0].Descriptors
	is(t, "descriptor 3", at(d, 1, 3, 20, 30, 49, 50, 89, 90), "-", "early", "early", "-", "-", "late")
}

// Captures of any bytes are no reason to fail.
func TestDescriptorsOfHostileCaptures(t *testing.T) {
	whole := described(0, 3, "a").Data
	var records []ring.Record
	for n := range len(whole) {
		for _, argument := range []uint8{0, 1, 5, 6, ring.ReturnArgument, 200} {
			records = append(records, with(1, call(1, uint64(n), uint64(n), "read", 0, 3),
				ring.Capture{Argument: argument, Part: uint8(n % 9), Layout: ring.LayoutDescriptor, Data: whole[:n]}))
		}
	}
	// A call that has no row, and one that has no arguments.
	records = append(records,
		with(1, ring.Record{Type: ring.TypeCall, Call: ring.Call{Number: 0xffff}}, described(0, 3, "b")),
		with(1, call(1, 99, 99, "close", 0)))
	for _, e := range decodeRecords(records...) {
		for _, number := range []int32{3, -100, -1, 1 << 30} {
			e.Descriptor(number)
			e.NewDescriptor(number)
		}
	}
	var none *Descriptors
	if _, ok := none.At(1, 3, 0); ok {
		t.Error("what is not there knows something")
	}
}

// FuzzDescriptors has calls say anything of descriptors.
func FuzzDescriptors(f *testing.F) {
	names := []string{"read", "close", "openat", "dup2", "pipe2", "connect", "recvmsg", "execve", "poll"}
	f.Add([]byte{0, 3, 10, 0, 1, 3, 20, 0, 2, 3, 30, 7, 3, 3, 40, 1})
	f.Add(bytes.Repeat([]byte{4, 5, 6, 7}, 9))
	f.Fuzz(func(t *testing.T, data []byte) {
		var records []ring.Record
		for ; len(data) >= 4; data = data[4:] {
			number, start := int32(data[1]&7), uint64(data[2])
			what := described(data[3]&7, number, string(data[3:4]))
			what.Data = what.Data[:max(0, len(what.Data)-int(data[1]>>3))]
			records = append(records, with(uint32(data[0]>>7), call(uint32(data[0]>>6), start, start+uint64(data[3]>>3),
				names[int(data[0]&63)%len(names)], int64(number), uint64(number), uint64(data[3]&7), 0), what))
		}
		for _, e := range decodeRecords(records...) {
			for number := range int32(8) {
				before, ok := e.Descriptor(number)
				if ok && (!before.Open || before.Number != number) {
					t.Errorf("descriptor %d is %+v", number, before)
				}
				if after, ok := e.NewDescriptor(number); ok && (!after.Open || after.Number != number) {
					t.Errorf("descriptor %d becomes %+v", number, after)
				}
			}
		}
	})
}
