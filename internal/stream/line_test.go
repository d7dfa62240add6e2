package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"traceloop/event"
	"traceloop/recording"
	"traceloop/ring"
	"traceloop/syscalls"
)

// boot and wall are the same moment.
const (
	boot = 5_000_000_000
	wall = 1_790_000_000_123_456_789
)

const currentDirectory = 1<<64 - 100 // AT_FDCWD

var shell = &ring.Task{PID: 100, ContainerPID: 7, ContainerTID: 7, Comm: "sh"}

func testRecording() *recording.Recording {
	return &recording.Recording{
		Architecture: "amd64",
		Clock:        recording.Clock{{Boot: boot, Wall: wall}},
		Container:    recording.Container{ID: "0123", Name: "k8s_web", Namespace: "shop", Pod: "web-1", ContainerName: "web"},
	}
}

// call makes a call of an ABI.
func call(t *testing.T, abi syscalls.ABI, name string, result int64, arguments ...uint64) event.Event {
	t.Helper()
	number, known := syscalls.Number(abi, name)
	if !known {
		t.Fatalf("no system call %q", name)
	}
	e := event.Event{
		Record: &ring.Record{
			Type: ring.TypeCall, CPU: 3, Task: shell, TID: 101, Start: boot + 1000, End: boot + 2000,
			Call: ring.Call{Number: number, Arguments: arguments, Return: result},
		},
		ABI: abi,
		Row: syscalls.Lookup(abi, number).Variant(arguments),
	}
	if abi == syscalls.I386 {
		e.Call.ABI = ring.ABICompat
	}
	return e
}

func with(e event.Event, captures ...ring.Capture) event.Event {
	e.Call.Captures = captures
	return e
}

func in(e event.Event, state ring.State) event.Event {
	e.Call.State = state
	return e
}

func captured(argument uint8, layout ring.Layout, data string) ring.Capture {
	return ring.Capture{Argument: argument, Layout: layout, Data: []byte(data)}
}

// convert returns the line of events, parsed.
func convert(t *testing.T, origin Origin, events ...event.Event) []oldEvent {
	t.Helper()
	text, err := line(testRecording(), &event.History{Events: events}, origin, MaximumBytes)
	if err != nil {
		t.Fatal(err)
	}
	var all []oldEvent
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return all
}

// TestLine checks the names of the members, and the whole of an event.
func TestLine(t *testing.T) {
	events := &event.History{Events: []event.Event{
		with(call(t, syscalls.AMD64, "openat", -2, currentDirectory, 0x7ffd10, 0, 0), captured(1, ring.LayoutPath, "/etc/passwd")),
		in(call(t, syscalls.AMD64, "exit_group", 0, 1), ring.StateUnfinished),
	}}
	text, err := line(testRecording(), events, Origin{Node: "node-1", MountNamespace: 4026532000}, MaximumBytes)
	if err != nil {
		t.Fatal(err)
	}
	const common = `"type":"normal","cpu":3,"pid":100,"comm":"sh","mountnsid":4026532000,`
	const of = `"k8s":{"node":"node-1","namespace":"shop","podName":"web-1","containerName":"web"}`
	want := `[{"timestamp":1790000000123457789,` + common + `"syscall":"openat","parameters":[` +
		`{"name":"dfd","value":"-100"},{"name":"filename","value":"0x7ffd10","content":"\"/etc/passwd\""},` +
		`{"name":"flags","value":"0"},{"name":"mode","value":"0"}],"ret":"-1 (no such file or directory)",` + of + `},` +
		`{"timestamp":1790000000123457789,` + common + `"syscall":"exit_group","parameters":[{"name":"error_code","value":"1"}],"ret":"X",` + of + `}]`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLineEmpty(t *testing.T) {
	text, err := line(testRecording(), &event.History{}, Origin{}, MaximumBytes)
	if err != nil || string(text) != "[]" {
		t.Errorf("%s, %v; want []", text, err)
	}
}

func TestParameters(t *testing.T) {
	tests := []struct {
		name string
		e    event.Event
		want []parameter
	}{
		{"a string with everything in it", with(call(t, syscalls.AMD64, "write", 9, 1, 0x10, 9), captured(1, ring.LayoutBytes, "a\"\\\n\x00\xff\u009bz")), []parameter{
			{Name: "fd", Value: "1"}, {Name: "buf", Value: "0x10", Content: `"a\"\\\n\0\377\302\233z"`}, {Name: "count", Value: "9"},
		}},
		{"a long string is whole", with(call(t, syscalls.AMD64, "write", 3000, 1, 0x10, 3000), captured(1, ring.LayoutBytes, strings.Repeat("x", 3000))), []parameter{
			{Name: "fd", Value: "1"}, {Name: "buf", Value: "0x10", Content: `"` + strings.Repeat("x", 3000) + `"`}, {Name: "count", Value: "3000"},
		}},
		{"memory that could not be read", call(t, syscalls.AMD64, "write", -14, 1, 0x10, 9), []parameter{
			{Name: "fd", Value: "1"}, {Name: "buf", Value: "0x10"}, {Name: "count", Value: "9"},
		}},
		{"a null pointer", call(t, syscalls.AMD64, "write", -14, 1, 0, 9), []parameter{
			{Name: "fd", Value: "1"}, {Name: "buf", Value: "0x0"}, {Name: "count", Value: "9"},
		}},
		{"a descriptor's capture is no content", with(call(t, syscalls.AMD64, "close", 0, 3), captured(0, ring.LayoutDescriptor, "\x03\x00\x00\x00")), []parameter{
			{Name: "fd", Value: "3"},
		}},
		{"what is no string is in quotes", with(call(t, syscalls.AMD64, "pipe", 0, 0x20), captured(0, ring.LayoutStruct, "\x03\x00\x00\x00\x04\x00\x00\x00")), []parameter{
			{Name: "fildes", Value: "0x20", Content: `"[3, 4]"`},
		}},
		{"a struct of which too little was captured", with(call(t, syscalls.AMD64, "fstat", 0, 3, 0x20), captured(1, ring.LayoutStruct, "x")), []parameter{
			{Name: "fd", Value: "3"}, {Name: "statbuf", Value: "0x20"},
		}},
		{"a pointer that is never followed", call(t, syscalls.AMD64, "munmap", 0, 0x7f0000001000, 4096), []parameter{
			{Name: "addr", Value: "0x7f0000001000"}, {Name: "len", Value: "4096"},
		}},
		{"negative numbers", call(t, syscalls.AMD64, "lseek", 5, 3, 1<<64-5, 2), []parameter{
			{Name: "fd", Value: "3"}, {Name: "offset", Value: "-5"}, {Name: "whence", Value: "2"},
		}},
		{"a user that is none", call(t, syscalls.AMD64, "setuid", 0, 0xffffffff), []parameter{{Name: "uid", Value: "-1"}}},
		{"64 bits of a 32-bit caller", call(t, syscalls.I386, "ftruncate64", 0, 3, 0xffffffff, 1), []parameter{
			{Name: "fd", Value: "3"}, {Name: "length", Value: "8589934591"},
		}},
		{"a pointer of a 32-bit caller", call(t, syscalls.I386, "munmap", 0, 0xffffffff_f0001000, 4096), []parameter{
			{Name: "addr", Value: "0xf0001000"}, {Name: "len", Value: "4096"},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, convert(t, Origin{}, test.e)[0].Parameters); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReturn(t *testing.T) {
	tests := []struct {
		name string
		e    event.Event
		want string
	}{
		{"a number", call(t, syscalls.AMD64, "read", 3, 0, 0, 10), "3"},
		{"zero", call(t, syscalls.AMD64, "close", 0, 3), "0"},
		{"an address", call(t, syscalls.AMD64, "mmap", 0x7f0000001000, 0, 4096, 3, 0x22, 0xffffffff, 0), "139637976731648"},
		{"an address of a 32-bit caller", call(t, syscalls.I386, "mmap2", -0x10000000, 0, 4096, 3, 0x22, 0xffffffff, 0), "4026531840"},
		{"a negative number that is no error", call(t, syscalls.AMD64, "lseek", -5000, 3, 0, 0), "-5000"},
		{"an error", call(t, syscalls.AMD64, "openat", -13, 0, 0, 0, 0), "-1 (permission denied)"},
		{"an error without a name", call(t, syscalls.AMD64, "openat", -4000, 0, 0, 0, 0), "-1 (errno 4000)"},
		{"only the end was seen", in(call(t, syscalls.AMD64, "read", -1, 0, 0, 0), ring.StateNoEntry), "-1 (operation not permitted)"},
		{"never returns", in(call(t, syscalls.AMD64, "exit", 0, 0), ring.StateUnfinished), "X"},
		{"never returns, all threads", in(call(t, syscalls.AMD64, "exit_group", 0, 0), ring.StateInFlight), "X"},
		{"returns elsewhere", call(t, syscalls.AMD64, "rt_sigreturn", -4), "X"},
		{"in progress", in(call(t, syscalls.AMD64, "read", 0, 0, 0, 0), ring.StateInFlight), "unfinished"},
		{"the task ended in it", in(call(t, syscalls.AMD64, "read", 0, 0, 0, 0), ring.StateUnfinished), "unfinished"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := convert(t, Origin{}, test.e)[0].Return; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestLineLeavesOut checks what the old schema has no event for, and what was not asked for.
func TestLineLeavesOut(t *testing.T) {
	filter, err := syscalls.ParseFilter("openat,close")
	if err != nil {
		t.Fatal(err)
	}
	setUp := call(t, syscalls.AMD64, "openat", 3, 0, 0, 0, 0)
	setUp.SetUp = true
	signal := event.Event{Record: &ring.Record{Type: ring.TypeSignal, Task: shell, Signal: &ring.Signal{Number: 11}}}
	exit := event.Event{Record: &ring.Record{Type: ring.TypeExit, Task: shell, Exit: &ring.Exit{}}}
	unknown := call(t, syscalls.AMD64, "close", 0, 1, 2)
	unknown.Row, unknown.Call.Number = nil, 0x1d3
	events := []event.Event{setUp, signal, call(t, syscalls.AMD64, "close", 0, 3), exit, call(t, syscalls.AMD64, "getpid", 7), unknown}

	names := func(origin Origin) (names []string) {
		for _, e := range convert(t, origin, events...) {
			names = append(names, e.Syscall)
		}
		return names
	}
	if diff := cmp.Diff([]string{"close", "getpid", "syscall_0x1d3"}, names(Origin{})); diff != "" {
		t.Errorf("all calls (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"close"}, names(Origin{Calls: filter})); diff != "" {
		t.Errorf("with a filter (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]parameter{{Name: "arg0", Value: "1"}, {Name: "arg1", Value: "2"}}, convert(t, Origin{}, unknown)[0].Parameters); diff != "" {
		t.Errorf("arguments of an unknown call (-want +got):\n%s", diff)
	}
}

// TestLineHostile checks that nothing of a task's name reaches a terminal raw, and
// that it can be had from the line.
func TestLineHostile(t *testing.T) {
	const name = "\x1b[2J\n\x7f\u009b\u2028\U0001f600\"\\"
	e := call(t, syscalls.AMD64, "getpid", 7)
	e.Task = &ring.Task{PID: 100, Comm: name}
	broken := call(t, syscalls.AMD64, "getpid", 7)
	broken.Task = &ring.Task{PID: 100, Comm: "a\xffb"}
	text, err := line(testRecording(), &event.History{Events: []event.Event{e, broken}}, Origin{}, MaximumBytes)
	if err != nil {
		t.Fatal(err)
	}
	if i := bytes.IndexFunc(text, func(c rune) bool { return c < ' ' || c > '~' }); i >= 0 {
		t.Errorf("%q at %d of %q is not printable ASCII", text[i], i, text)
	}
	var all []oldEvent
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if diff := cmp.Diff([]string{name, "a\ufffdb"}, []string{all[0].Comm, all[1].Comm}); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestLineWithoutClock(t *testing.T) {
	r := testRecording()
	r.Clock = nil
	text, err := line(r, &event.History{Events: []event.Event{call(t, syscalls.AMD64, "getpid", 7)}}, Origin{}, MaximumBytes)
	if err != nil || !bytes.Contains(text, []byte(`"timestamp":5000001000,`)) {
		t.Errorf("%s, %v; want the time since boot", text, err)
	}
}

func TestLineTooLong(t *testing.T) {
	history := &event.History{Events: []event.Event{call(t, syscalls.AMD64, "getpid", 7), call(t, syscalls.AMD64, "getpid", 7)}}
	text, err := line(testRecording(), history, Origin{}, 300)
	if !errors.Is(err, errTooLong) || text != nil {
		t.Errorf("%d bytes, %v; want %v", len(text), err, errTooLong)
	}
}

// snapshot is a recording whose ring has calls that were going on.
func snapshot(t *testing.T, calls ...event.Event) *recording.Recording {
	t.Helper()
	var records []ring.Record
	for _, e := range calls {
		e.Call.State = ring.StateInFlight
		records = append(records, *e.Record)
	}
	r := testRecording()
	r.Snapshot.InFlight = ring.EncodeCalls(records)
	return r
}

// TestLineOfRing converts what a ring holds.
func TestLineOfRing(t *testing.T) {
	r := snapshot(t, with(call(t, syscalls.AMD64, "openat", 0, currentDirectory, 0x10, 0, 0), ring.Capture{Argument: 1, Layout: ring.LayoutPath, Entry: true, Data: []byte("/etc/passwd")}))
	text, err := Line(r, Origin{Node: "node-1"})
	if err != nil {
		t.Fatal(err)
	}
	var all []oldEvent
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || all[0].Syscall != "openat" || all[0].Return != "unfinished" || all[0].Parameters[1].Content != `"/etc/passwd"` {
		t.Errorf("got %s", text)
	}
}

// TestPointers checks against the sources of the tables that each kind whose
// memory they describe counts as a pointer.
func TestPointers(t *testing.T) {
	names, err := os.ReadDir("../../syscalls")
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]bool)
	for kind := range pointers() {
		found[kind.String()] = true
	}
	checked := 0
	for _, name := range names {
		if !strings.HasPrefix(name.Name(), "kinds") || !strings.HasSuffix(name.Name(), ".txt") {
			continue
		}
		text, err := os.ReadFile("../../syscalls/" + name.Name())
		if err != nil {
			t.Fatal(err)
		}
		for kind := range strings.Lines(string(text)) {
			kind, comment, _ := strings.Cut(kind, "#")
			words := strings.Fields(kind)
			if len(words) == 0 || strings.HasPrefix(words[0], ".") {
				continue
			}
			checked++
			layout := len(words) > 1
			if layout && !found[words[0]] {
				t.Errorf("%s (%s) has memory and is no pointer", words[0], strings.TrimSpace(comment))
			}
		}
	}
	if checked < 100 {
		t.Errorf("only %d kinds in the sources", checked)
	}
}

func BenchmarkLine(b *testing.B) {
	number, _ := syscalls.Number(syscalls.AMD64, "write")
	history := &event.History{}
	for range 10_000 { // about what a ring of 1 MiB has
		history.Events = append(history.Events, event.Event{
			Record: &ring.Record{Type: ring.TypeCall, Task: shell, Start: boot, End: boot, Call: ring.Call{
				Number: number, Arguments: []uint64{1, 0x10, 64},
				Captures: []ring.Capture{captured(1, ring.LayoutBytes, strings.Repeat("x", 64))},
			}},
			ABI: syscalls.AMD64, Row: syscalls.Lookup(syscalls.AMD64, number),
		})
	}
	for b.Loop() {
		if _, err := line(testRecording(), history, Origin{}, MaximumBytes); err != nil {
			b.Fatal(err)
		}
	}
}
