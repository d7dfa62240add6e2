package event

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"traceloop/ring"
	"traceloop/syscalls"
)

// call returns the record of a call of amd64 that took from start to end.
func call(tid uint32, start, end uint64, name string, result int64, arguments ...uint64) ring.Record {
	number, known := syscalls.Number(syscalls.AMD64, name)
	if !known {
		panic("no system call " + name)
	}
	return ring.Record{
		Type: ring.TypeCall, Task: &ring.Task{}, TID: tid, Start: start, End: end,
		Call: ring.Call{Number: number, Return: result, Arguments: arguments},
	}
}

func decodeRecords(records ...ring.Record) []Event {
	return decode(&ring.History{Records: records}, "amd64").Events
}

func TestDecodeFindsTheRowOfTheABI(t *testing.T) {
	const number = 3 // read on i386, close on amd64
	for _, test := range []struct {
		architecture string
		abi          ring.ABI
		wantABI      syscalls.ABI
		wantName     string
	}{
		{"amd64", ring.ABINative, syscalls.AMD64, "close"},
		{"amd64", ring.ABICompat, syscalls.I386, "read"},
		{"arm64", ring.ABINative, syscalls.ARM64, "io_cancel"},
		{"arm64", ring.ABICompat, syscalls.ARM, "read"},
		{"s390x", ring.ABINative, 0, ""},
	} {
		record := ring.Record{Type: ring.TypeCall, Task: &ring.Task{}, Call: ring.Call{ABI: test.abi, Number: number}}
		events := decode(&ring.History{Records: []ring.Record{record}}, test.architecture).Events
		if got := events[0]; got.ABI != test.wantABI || got.Name() != test.wantName {
			t.Errorf("%s, way %d: %s %q, want %s %q", test.architecture, test.abi, got.ABI, got.Name(), test.wantABI, test.wantName)
		}
	}
}

func TestUnknownNumberIsNoError(t *testing.T) {
	record := ring.Record{Type: ring.TypeCall, Task: &ring.Task{}, Call: ring.Call{Number: 0x1d3 << 8}}
	if event := decodeRecords(record)[0]; event.Row != nil || event.Name() != "" {
		t.Errorf("number %#x is %q", record.Call.Number, event.Name())
	}
}

// The kernel gives a thread that calls execve its leader's ID.
func TestExecveOfAThreadBelongsToTheThread(t *testing.T) {
	events := decodeRecords(
		call(10, 1, 5, "execve", 0, 1, 2, 3),
		ring.Record{Type: ring.TypeExec, Task: &ring.Task{}, TID: 10, Start: 3, End: 3, Exec: &ring.Exec{OldTID: 12, Path: "/bin/true"}},
		call(10, 6, 7, "brk", 0, 0),
	)
	var got []uint32
	for _, event := range events {
		got = append(got, event.TID)
	}
	if diff := cmp.Diff([]uint32{12, 10, 10}, got); diff != "" {
		t.Errorf("thread IDs (-want +got):\n%s", diff)
	}
}

// The leader ends, and the thread goes on under the leader's ID.
func TestLeaderIsSupersededByTheThreadThatExecutes(t *testing.T) {
	exit := func(tid uint32, start uint64) ring.Record {
		return ring.Record{Type: ring.TypeExit, Task: &ring.Task{}, TID: tid, Start: start, End: start, Exit: &ring.Exit{}}
	}
	events := decodeRecords(
		call(10, 1, 5, "execve", 0, 1, 2, 3),
		exit(11, 2),
		exit(10, 3),
		ring.Record{Type: ring.TypeExec, Task: &ring.Task{}, TID: 10, Start: 4, End: 4, Exec: &ring.Exec{OldTID: 12}},
		ring.Record{Type: ring.TypeExec, Task: &ring.Task{}, TID: 10, Start: 6, End: 6, Exec: &ring.Exec{OldTID: 10}},
		exit(10, 7),
	)
	var got []uint32
	for _, event := range events {
		got = append(got, event.SupersededBy)
	}
	if diff := cmp.Diff([]uint32{0, 0, 12, 0, 0, 0}, got); diff != "" {
		t.Errorf("who superseded them (-want +got):\n%s", diff)
	}
}

func TestRestartedCallIsTheThreadsLast(t *testing.T) {
	events := decodeRecords(
		call(10, 1, 2, "nanosleep", -516),
		call(11, 3, 4, "poll", 0),
		call(10, 5, 6, "restart_syscall", -516),
		call(10, 7, 8, "restart_syscall", 0),
		call(12, 9, 10, "restart_syscall", 0),
	)
	for i, want := range map[int]string{2: "nanosleep", 3: "nanosleep", 4: ""} {
		got := ""
		if row := events[i].Resumes; row != nil {
			got = row.Name
		}
		if got != want {
			t.Errorf("event %d resumes %q, want %q", i, got, want)
		}
	}
}

func TestExecveTakesItsPathFromTheNewImage(t *testing.T) {
	exec := ring.Record{Type: ring.TypeExec, Task: &ring.Task{}, TID: 10, Start: 3, End: 3, Exec: &ring.Exec{OldTID: 10, Path: "/bin/true"}}
	early := ring.Capture{Argument: 0, Layout: ring.LayoutPath, Entry: true, Data: []byte("./true")}

	unread := decodeRecords(call(10, 1, 5, "execve", 0, 1, 2, 3), exec)
	if capture := unread[0].Capture(0, false); capture == nil || string(capture.Data) != "/bin/true" {
		t.Errorf("path of an execve that could not be read at its entry: %+v, want that of the image", capture)
	}

	read := call(10, 1, 5, "execve", 0, 1, 2, 3)
	read.Call.Captures = []ring.Capture{early}
	events := decodeRecords(read, exec)
	if diff := cmp.Diff([]ring.Capture{early}, events[0].Call.Captures); diff != "" {
		t.Errorf("captures of an execve that was read at its entry (-want +got):\n%s", diff)
	}

	// The exec event is of a later call than the one that failed before it.
	failed := decodeRecords(call(10, 1, 2, "execve", -2, 1, 2, 3), exec)
	if len(failed[0].Call.Captures) != 0 {
		t.Errorf("an execve that failed has the path of another: %+v", failed[0].Call.Captures)
	}
}

func TestCallCutShortByTheEndOfItsTaskNeverReturned(t *testing.T) {
	const restart = -516
	signal := func(number uint32) ring.Record {
		return ring.Record{Type: ring.TypeSignal, Task: &ring.Task{}, TID: 10, Start: 8, End: 8, Signal: &ring.Signal{Number: number}}
	}
	exit := func(code uint32) ring.Record {
		return ring.Record{Type: ring.TypeExit, Task: &ring.Task{}, TID: 10, Start: 9, End: 9, Exit: &ring.Exit{Code: code}}
	}
	for _, test := range []struct {
		name   string
		result int64
		after  []ring.Record
		want   ring.State
		events int
	}{
		{"killed in the call", restart, []ring.Record{signal(9), exit(9)}, ring.StateUnfinished, 3},
		{"terminated in the call", restart, []ring.Record{signal(15), exit(15)}, ring.StateReturned, 3},
		{"killed after the call", 0, []ring.Record{signal(9), exit(9)}, ring.StateReturned, 3},
		{"ended by another thread's exit_group", restart, []ring.Record{signal(9), exit(1 << 8)}, ring.StateUnfinished, 2},
		{"ended by another thread's crash", restart, []ring.Record{signal(9), exit(11)}, ring.StateUnfinished, 2},
	} {
		events := decodeRecords(append([]ring.Record{call(10, 1, 5, "nanosleep", test.result, 1, 2)}, test.after...)...)
		if got := events[0].Call.State; got != test.want {
			t.Errorf("%s: state %d, want %d", test.name, got, test.want)
		}
		// The SIGKILL of a process that was not killed is no event.
		if len(events) != test.events {
			t.Errorf("%s: %d events, want %d", test.name, len(events), test.events)
		}
	}
}

func TestFailed(t *testing.T) {
	unfinished := call(10, 1, 5, "read", -4, 0)
	unfinished.Call.State = ring.StateUnfinished
	denied := call(10, 1, 1, "read", -1, 0)
	denied.Call.State = ring.StateNoEntry
	for _, test := range []struct {
		name   string
		record ring.Record
		want   bool
	}{
		{"success", call(10, 1, 5, "read", 4, 0), false},
		{"error", call(10, 1, 5, "read", -4, 0), true},
		{"to be restarted", call(10, 1, 5, "read", -512, 0), true},
		{"an address like an error's", call(10, 1, 5, "mmap", -4096, 0), false},
		{"unfinished", unfinished, false},
		{"denied", denied, true},
		{"a signal", ring.Record{Type: ring.TypeSignal, Task: &ring.Task{}, Signal: &ring.Signal{}}, false},
	} {
		if got := decodeRecords(test.record)[0].Failed(); got != test.want {
			t.Errorf("%s: failed is %t, want %t", test.name, got, test.want)
		}
	}
}
