package recorder_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"traceloop/event"
	"traceloop/recorder"
	"traceloop/ring"
	"traceloop/syscalls"
)

// roomy are the options of a recording that loses nothing to its size.
var roomy = recorder.Options{RingSize: 4 << 20, StringLimit: 64}

func minimumRingSize(t *testing.T) int {
	t.Helper()
	size, err := recorder.MinimumRingSize()
	if err != nil {
		t.Fatal(err)
	}
	return size
}

// attach begins a recording that ends at the latest when the test does.
func attach(t *testing.T, r *recorder.Recorder, name string, scope recorder.Scope, options recorder.Options) {
	t.Helper()
	if err := r.Attach(name, scope, options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Delete(name) })
}

// attachChildren records what the test starts, as traceloop run does.
func attachChildren(t *testing.T, options recorder.Options) *recorder.Recorder {
	t.Helper()
	r := sharedRecorder(t)
	attach(t, r, t.Name(), recorder.Children(os.Getpid()), options)
	return r
}

// history reads a recording and holds it to what every recording must be.
func history(t *testing.T, r *recorder.Recorder, name string) *event.History {
	t.Helper()
	snapshot, err := r.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, snapshot)
}

func decode(t *testing.T, snapshot *ring.Snapshot) *event.History {
	t.Helper()
	h := event.Decode(snapshot, runtime.GOARCH)
	account := h.Account
	if account.Malformed != 0 {
		t.Errorf("%d chunks are malformed", account.Malformed)
	}
	if account.Made != account.Kept+account.Overwritten+account.Filtered+account.Lost {
		t.Errorf("the account does not add up: %+v", account)
	}
	if account.Lost != 0 {
		t.Errorf("%d calls were lost: %+v", account.Lost, snapshot.Failures)
	}
	var kept, inFlight uint64
	for i := range h.Events {
		e := &h.Events[i]
		if e.Start > e.End {
			t.Errorf("event %d ends before it starts: %v", i, e.Record)
		}
		if i > 0 && h.Events[i-1].Start > e.Start {
			t.Errorf("event %d started before the one that precedes it", i)
		}
		if e.Type != ring.TypeCall {
			continue
		}
		if e.Call.State == ring.StateInFlight {
			inFlight++
		} else {
			kept++
		}
	}
	if kept != account.Kept || inFlight != account.InFlight {
		t.Errorf("%d calls are there and %d in flight, the account says %+v", kept, inFlight, account)
	}
	return h
}

// record runs a program to its end under a recording of its own.
func record(t *testing.T, options recorder.Options, path string, arguments ...string) (*event.History, *process) {
	t.Helper()
	r := attachChildren(t, options)
	p := run(t, path, arguments...)
	p.wait(t, 0)
	h := history(t, r, t.Name())
	if err := r.Delete(t.Name()); err != nil {
		t.Fatal(err)
	}
	return h, p
}

// call is a call as far as tests compare it.
type call struct {
	Name      string
	ABI       syscalls.ABI
	State     ring.State
	Arguments []uint64
	Return    int64
	Memory    []memory
}

type memory struct {
	Argument uint8
	Entry    bool
	Cut      bool
	Data     string
}

// show makes an event comparable.
func show(e *event.Event) call {
	c := call{Name: e.Name(), ABI: e.ABI, State: e.Call.State, Arguments: e.Call.Arguments, Return: e.Call.Return}
	if c.Name == "" {
		c.Name = fmt.Sprintf("%#x", e.Call.Number)
	}
	for _, capture := range e.Call.Captures {
		if capture.Layout == ring.LayoutDescriptor {
			continue
		}
		c.Memory = append(c.Memory, memory{
			Argument: capture.Argument, Entry: capture.Entry, Cut: capture.Truncated, Data: string(capture.Data),
		})
	}
	return c
}

// those returns the events for which a condition holds.
func those(h *event.History, holds func(e *event.Event) bool) []*event.Event {
	var found []*event.Event
	for i := range h.Events {
		if holds(&h.Events[i]) {
			found = append(found, &h.Events[i])
		}
	}
	return found
}

// ofType returns the events of a type.
func ofType(h *event.History, kind ring.Type) []*event.Event {
	return those(h, func(e *event.Event) bool { return e.Type == kind })
}

// callsNamed returns the calls of a name.
func callsNamed(h *event.History, name string) []*event.Event {
	return those(h, func(e *event.Event) bool { return e.Type == ring.TypeCall && e.Name() == name })
}

// callsWith returns the calls of a name whose argument has a value.
func callsWith(h *event.History, name string, argument int, value uint64) []*event.Event {
	return those(h, func(e *event.Event) bool {
		return e.Type == ring.TypeCall && e.Name() == name && len(e.Call.Arguments) > argument && e.Call.Arguments[argument] == value
	})
}

// marks returns the values of the marks of a kind (mark in program.h).
func marks(h *event.History, kind uint64) []int64 {
	var values []int64
	for _, e := range those(h, isMark) {
		if e.Call.Arguments[2] == kind {
			values = append(values, int64(e.Call.Arguments[1]))
		}
	}
	return values
}

func isMark(e *event.Event) bool {
	return e.Type == ring.TypeCall && e.Name() == "lseek" && uint32(e.Call.Arguments[0]) == 1<<32-1
}

// one returns the only event of some.
func one(t *testing.T, what string, events []*event.Event) *event.Event {
	t.Helper()
	if len(events) != 1 {
		t.Fatalf("%s: there are %d: %v", what, len(events), describe(events))
	}
	return events[0]
}

func describe(events []*event.Event) string {
	var text string
	for _, e := range events {
		switch e.Type {
		case ring.TypeCall:
			text += fmt.Sprintf("\n\t[%d] %+v", e.TID, show(e))
		default:
			text += fmt.Sprintf("\n\t[%d] type %d", e.TID, e.Type)
		}
	}
	return text
}

// byAddress compares rows of the one table, and leaves out what a whole history knows.
var byAddress = cmp.Options{
	cmp.Comparer(func(a, b *syscalls.Call) bool { return a == b }),
	cmpopts.IgnoreTypes(&event.Descriptors{}),
}

// same fails if two values differ.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if difference := cmp.Diff(want, got, cmpopts.EquateEmpty(), byAddress); difference != "" {
		t.Errorf("%s (-want +got):\n%s", what, difference)
	}
}

// shows fails unless the calls are as given, in this order.
func shows(t *testing.T, what string, events []*event.Event, want ...call) {
	t.Helper()
	var got []call
	for _, e := range events {
		got = append(got, show(e))
	}
	for i := range want {
		if want[i].ABI == 0 {
			want[i].ABI = syscalls.AMD64
		}
	}
	same(t, what, got, want)
}

// noFailures fails if the programs counted a failure between two snapshots: the
// count is of all recordings that there ever were.
func noFailures(t *testing.T, before, after *ring.Snapshot) {
	t.Helper()
	for _, failure := range after.Failures {
		if !slices.Contains(before.Failures, failure) {
			t.Errorf("a failure was counted: %+v, before: %+v", failure, before.Failures)
		}
	}
}

// failuresAt is how many failures of a place were counted.
func failuresAt(snapshot *ring.Snapshot, place string) uint64 {
	var count uint64
	for _, failure := range snapshot.Failures {
		if failure.Place == place {
			count += failure.Count
		}
	}
	return count
}

func snapshot(t *testing.T, r *recorder.Recorder, name string) *ring.Snapshot {
	t.Helper()
	s, err := r.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// vector splits the memory of a LayoutStrings: __u16 length with its two flags, then the bytes.
func vector(t *testing.T, data []byte) []string {
	t.Helper()
	var elements []string
	for len(data) >= 2 {
		length := binary.LittleEndian.Uint16(data)
		n := int(length &^ (ring.StringTruncated | ring.StringUnreadable))
		data = data[2:]
		if length&ring.StringUnreadable != 0 {
			n = 8
		}
		if n > len(data) {
			t.Errorf("a vector's element of %d bytes has only %d", n, len(data))
			break
		}
		text := string(data[:n])
		if length&ring.StringTruncated != 0 {
			text += "..."
		}
		elements = append(elements, text)
		data = data[n:]
	}
	return elements
}

// buffer is an element of a LayoutBuffers.
type buffer struct {
	Address, Length uint64
	Data            string
}

func buffers(t *testing.T, data []byte) []buffer {
	t.Helper()
	var elements []buffer
	for len(data) >= 18 {
		element := buffer{Address: binary.LittleEndian.Uint64(data), Length: binary.LittleEndian.Uint64(data[8:])}
		n := int(binary.LittleEndian.Uint16(data[16:]))
		data = data[18:]
		if n > len(data) {
			t.Fatalf("a buffer of %d bytes has only %d", n, len(data))
		}
		element.Data, data = string(data[:n]), data[n:]
		elements = append(elements, element)
	}
	return elements
}
