package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"traceloop/event"
	"traceloop/recording"
	"traceloop/ring"
	"traceloop/syscalls"
)

// hostile is a name that would clear a terminal, end a line, end a JSON string
// and a column, and is not UTF-8.
const hostile = "\x1b[2J\n\"\\\xff\u009b"

// boot is when the events of these tests begin, and wall what the clock shows then.
const boot = 5_000_000_000

var wall = time.Date(2026, 11, 22, 20, 0, 0, 123456789, time.UTC)

func testRecording() *recording.Recording {
	return &recording.Recording{
		Architecture: "amd64",
		Clock:        recording.Clock{{Boot: boot, Wall: wall.UnixNano()}},
	}
}

func task(pid uint32, comm string) *ring.Task {
	return &ring.Task{PID: pid, ContainerPID: pid, ContainerTID: pid, Comm: comm}
}

// call makes a call of amd64 that began so many microseconds after boot.
func call(t *testing.T, of *ring.Task, after uint64, name string, result int64, arguments ...uint64) event.Event {
	t.Helper()
	number, known := syscalls.Number(syscalls.AMD64, name)
	if !known {
		t.Fatalf("no system call %q", name)
	}
	return event.Event{
		Record: &ring.Record{
			Type: ring.TypeCall, CPU: 1, Task: of, TID: of.PID,
			Start: boot + after*1000, End: boot + after*1000 + 1234,
			Call: ring.Call{Number: number, Arguments: arguments, Return: result},
		},
		ABI: syscalls.AMD64,
		Row: syscalls.Lookup(syscalls.AMD64, number),
	}
}

func with(e event.Event, captures ...ring.Capture) event.Event {
	e.Call.Captures = captures
	return e
}

func in(e event.Event, state ring.State) event.Event {
	e.Call.State = state
	return e
}

func path(argument uint8, text string) ring.Capture {
	return ring.Capture{Argument: argument, Layout: ring.LayoutPath, Data: []byte(text)}
}

const currentDirectory = 1<<64 - 100 // AT_FDCWD

// history has an event of each kind, one of them hostile.
func testHistory(t *testing.T) *event.History {
	t.Helper()
	cat, thread := task(100, "cat"), task(100, hostile)
	inContainer := &ring.Task{PID: 200, ContainerPID: 1, ContainerTID: 1, Comm: "sh"}

	execve := with(call(t, cat, 0, "execve", 0, 0x1000, 0x2000, 0x3000), path(0, "/bin/cat"))
	missing := with(call(t, cat, 10, "openat", -2, currentDirectory, 0x1000, 0, 0), path(1, "/nonexistent"))
	nasty := with(call(t, thread, 20, "openat", 3, currentDirectory, 0x1000, 0, 0), path(1, hostile))
	nasty.TID = 101
	unknown := call(t, inContainer, 30, "close", -38, 1, 2)
	unknown.Row, unknown.Call.Number = nil, 0x1d3
	narrow := call(t, cat, 35, "close", 0, 4)
	narrow.ABI, narrow.Call.ABI = syscalls.I386, ring.ABICompat
	number, _ := syscalls.Number(syscalls.I386, "close")
	narrow.Row, narrow.Call.Number = syscalls.Lookup(syscalls.I386, number), number

	info := make([]byte, 48)
	info[0] = 11  // SIGSEGV, si_code 0: SI_USER
	info[16] = 77 // si_pid
	at := func(kind ring.Type, of *ring.Task, after uint64) event.Event {
		moment := boot + after*1000
		return event.Event{Record: &ring.Record{Type: kind, CPU: 1, Task: of, TID: of.PID, Start: moment, End: moment}}
	}
	exec := at(ring.TypeExec, cat, 1)
	exec.Exec = &ring.Exec{OldTID: 100, Path: "/bin/cat", Arguments: []byte("cat\x00" + hostile + "\x00"), Argc: 3, Envc: 2}
	fork := at(ring.TypeFork, cat, 40)
	fork.Fork = &ring.Fork{ChildPID: 102, ChildTID: 102}
	signal := at(ring.TypeSignal, cat, 60)
	signal.Signal = &ring.Signal{Number: 11, Info: info}
	killed := at(ring.TypeExit, cat, 70)
	killed.Exit = &ring.Exit{Code: 11 | 0x80}
	exited := at(ring.TypeExit, inContainer, 80)
	exited.Exit = &ring.Exit{Code: 1 << 8}

	return &event.History{
		Events: []event.Event{
			execve, exec, missing, nasty, unknown, narrow, fork,
			in(call(t, cat, 50, "getppid", 0), ring.StateInFlight),
			signal, killed,
			in(call(t, inContainer, 75, "exit_group", 0, 1), ring.StateUnfinished),
			exited,
		},
		Account: ring.Account{Made: 107, Kept: 7, Overwritten: 100, CompleteSince: boot - 1},
	}
}

// print prints into a string, which must be printable whatever was printed.
func print(t *testing.T, r *recording.Recording, history *event.History, selection *Selection, options *Options) string {
	t.Helper()
	if options.StringLimit == 0 {
		options.StringLimit = 64
	}
	var text bytes.Buffer
	if err := Print(&text, r, history, selection, options); err != nil {
		t.Fatal(err)
	}
	for i, c := range text.Bytes() {
		if (c < ' ' || c > '~') && c != '\n' && !options.Colour {
			t.Fatalf("byte %#x at %d of\n%s", c, i, text.String())
		}
	}
	return text.String()
}

func compare(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%s\nwant\n%s\ndifference\n%s", got, want, cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
	}
}

func TestStrace(t *testing.T) {
	got := print(t, testRecording(), testHistory(t), &Selection{}, &Options{Format: Strace})
	compare(t, got, `100   --- 100 of 107 calls were overwritten, complete since 2026-11-22T20:00:00.123456Z ---
100   execve("/bin/cat", 0x2000, 0x3000) = 0
100   openat(AT_FDCWD, "/nonexistent", O_RDONLY) = -1 ENOENT (No such file or directory)
101   openat(AT_FDCWD, "\33[2J\n\"\\\377\302\233", O_RDONLY) = 3
200   syscall_0x1d3(0x1, 0x2)           = -1 ENOSYS (Function not implemented)
100   close(4)                          = 0
100   getppid( <unfinished ...>
100   --- SIGSEGV {si_signo=SIGSEGV, si_code=SI_USER, si_pid=77, si_uid=0} ---
100   +++ killed by SIGSEGV (core dumped) +++
200   exit_group(1)                     = ?
200   +++ exited with 1 +++
`)
}

func TestStraceTimes(t *testing.T) {
	history := testHistory(t)
	history.Account = ring.Account{}
	history.Events = history.Events[4:6]
	for _, test := range []struct {
		options Options
		want    string
	}{
		{Options{Timestamps: TimestampsSeconds},
			"200   20:00:00 syscall_0x1d3(0x1, 0x2)  = -1 ENOSYS (Function not implemented)\n" +
				"100   20:00:00 close(4)                 = 0\n"},
		{Options{Timestamps: TimestampsMicroseconds, Location: time.FixedZone("", 3600)},
			"200   21:00:00.123486 syscall_0x1d3(0x1, 0x2) = -1 ENOSYS (Function not implemented)\n" +
				"100   21:00:00.123491 close(4)          = 0\n"},
		{Options{Timestamps: TimestampsEpoch},
			"200   1795377600.123486 syscall_0x1d3(0x1, 0x2) = -1 ENOSYS (Function not implemented)\n" +
				"100   1795377600.123491 close(4)        = 0\n"},
		{Options{Durations: true},
			"200   syscall_0x1d3(0x1, 0x2)           = -1 ENOSYS (Function not implemented) <0.000001>\n" +
				"100   close(4)                          = 0 <0.000001>\n"},
	} {
		test.options.Format = Strace
		compare(t, print(t, testRecording(), history, &Selection{}, &test.options), test.want)
	}
}

// A string in a call's arguments may look like the end of the call.
func TestStraceTimesAmbiguousArgument(t *testing.T) {
	e := with(call(t, task(100, "cat"), 0, "openat", 3, currentDirectory, 0x1000, 0, 0), path(1, "/a)      = 3 "))
	got := print(t, testRecording(), &event.History{Events: []event.Event{e}}, &Selection{},
		&Options{Format: Strace, Timestamps: TimestampsSeconds})
	compare(t, got, "100   20:00:00 openat(AT_FDCWD, \"/a)      = 3 \", O_RDONLY) = 3\n")
}

func TestColumns(t *testing.T) {
	got := print(t, testRecording(), testHistory(t), &Selection{}, &Options{Format: Columns})
	compare(t, got, `100 of 107 calls were overwritten, complete since 2026-11-22T20:00:00.123456Z
TIME             PID      COMM                        DURATION CALL
20:00:00.123456  100      cat                         1.2us    execve("/bin/cat", 0x2000, 0x3000) = 0
20:00:00.123466  100      cat                         1.2us    openat(AT_FDCWD, "/nonexistent", O_RDONLY) = -1 ENOENT (No such file or directory)
20:00:00.123476  100/101  \x1b[2J\x0a"\\\xff\xc2\x9b  1.2us    openat(AT_FDCWD, "\33[2J\n\"\\\377\302\233", O_RDONLY) = 3
20:00:00.123486  200      sh                          1.2us    syscall_0x1d3(0x1, 0x2) = -1 ENOSYS (Function not implemented)
20:00:00.123491  100      cat                         1.2us    close(4) = 0
20:00:00.123506  100      cat                                  getppid( <unfinished ...>
20:00:00.123516  100      cat                                  --- SIGSEGV {si_signo=SIGSEGV, si_code=SI_USER, si_pid=77, si_uid=0} ---
20:00:00.123526  100      cat                                  +++ killed by SIGSEGV (core dumped) +++
20:00:00.123531  200      sh                                   exit_group(1) = ?
20:00:00.123536  200      sh                                   +++ exited with 1 +++
`)
}

func TestColumnsOnTerminal(t *testing.T) {
	history := testHistory(t)
	history.Account = ring.Account{}
	history.Events = history.Events[2:3]
	got := print(t, testRecording(), history, &Selection{}, &Options{Format: Columns, Width: 80, Colour: true})
	compare(t, got, "\x1b[1mTIME             PID  COMM  DURATION CALL\x1b[0m\n"+
		"20:00:00.123466  100  cat   1.2us    openat(AT_FDCWD, \"/nonexist...) = \x1b[31m-1 ENOENT\x1b[0m\n")

	for width := 1; width < 200; width++ {
		plain := print(t, testRecording(), history, &Selection{}, &Options{Format: Columns, Width: width})
		for line := range strings.Lines(plain) {
			if got := len(strings.TrimSuffix(line, "\n")); got > max(width, 60) {
				t.Errorf("a line of %d columns on a terminal of %d: %s", got, width, line)
			}
		}
	}
}

func TestDuration(t *testing.T) {
	for duration, want := range map[time.Duration]string{
		0: "0ns", 999: "999ns", 1000: "1.0us", 999_949: "999.9us", 1_500_000: "1.5ms", 2 * time.Second: "2.0s",
		9999 * time.Second: "9999.0s", 30 * time.Hour: "30h",
	} {
		if got := string(appendDuration(nil, duration)); got != want || len(got) >= durationWidth {
			t.Errorf("%d ns: %q, want %q", duration, got, want)
		}
	}
}

func TestJSON(t *testing.T) {
	r := testRecording()
	r.Container = recording.Container{ID: "abc", Name: hostile, Pod: "p"}
	got := print(t, r, testHistory(t), &Selection{}, &Options{Format: JSON})
	// What is the same in every line.
	const container = `,"container":{"id":"abc","name":"\u001b[2J\n\"\\\ufffd\u009b","pod":"p"}}` + "\n"
	const comm = `"comm":"\u001b[2J\n\"\\\ufffd\u009b"`
	compare(t, got, strings.Join([]string{
		`{"type":"gap","time":"2026-11-22T20:00:00.123456788Z","overwritten":100`,
		`{"type":"syscall","time":"2026-11-22T20:00:00.123456789Z","durationNs":1234,"cpu":1,"pid":100,"tid":100,"comm":"cat","syscall":"execve","args":[{"name":"filename","value":"\"/bin/cat\"","raw":4096},{"name":"argv","value":"0x2000","raw":8192},{"name":"envp","value":"0x3000","raw":12288}],"ret":0`,
		`{"type":"exec","time":"2026-11-22T20:00:00.123457789Z","cpu":1,"pid":100,"tid":100,"comm":"cat","path":"/bin/cat","argv":["cat","\u001b[2J\n\"\\\ufffd\u009b"],"argc":3`,
		`{"type":"syscall","time":"2026-11-22T20:00:00.123466789Z","durationNs":1234,"cpu":1,"pid":100,"tid":100,"comm":"cat","syscall":"openat","args":[{"name":"dfd","value":"AT_FDCWD","raw":18446744073709551516},{"name":"filename","value":"\"/nonexistent\"","raw":4096},{"name":"flags","value":"O_RDONLY","raw":0}],"ret":-1,"errno":"ENOENT"`,
		`{"type":"syscall","time":"2026-11-22T20:00:00.123476789Z","durationNs":1234,"cpu":1,"pid":100,"tid":101,"containerTid":100,` + comm + `,"syscall":"openat","args":[{"name":"dfd","value":"AT_FDCWD","raw":18446744073709551516},{"name":"filename","value":"\"\\33[2J\\n\\\"\\\\\\377\\302\\233\"","raw":4096},{"name":"flags","value":"O_RDONLY","raw":0}],"ret":3`,
		`{"type":"syscall","time":"2026-11-22T20:00:00.123486789Z","durationNs":1234,"cpu":1,"pid":200,"tid":200,"containerPid":1,"containerTid":1,"comm":"sh","syscall":"syscall_0x1d3","args":[{"name":"arg0","value":"0x1","raw":1},{"name":"arg1","value":"0x2","raw":2}],"ret":-1,"errno":"ENOSYS"`,
		`{"type":"syscall","time":"2026-11-22T20:00:00.123491789Z","durationNs":1234,"cpu":1,"pid":100,"tid":100,"comm":"cat","abi":"i386","syscall":"close","args":[{"name":"fd","value":"4","raw":4}],"ret":0`,
		`{"type":"fork","time":"2026-11-22T20:00:00.123496789Z","cpu":1,"pid":100,"tid":100,"comm":"cat","childPid":102,"childTid":102`,
		`{"type":"syscall","time":"2026-11-22T20:00:00.123506789Z","durationNs":1234,"cpu":1,"pid":100,"tid":100,"comm":"cat","syscall":"getppid","args":[],"state":"unfinished"`,
		`{"type":"signal","time":"2026-11-22T20:00:00.123516789Z","cpu":1,"pid":100,"tid":100,"comm":"cat","signal":"SIGSEGV","code":"SI_USER","sender":77`,
		`{"type":"exit","time":"2026-11-22T20:00:00.123526789Z","cpu":1,"pid":100,"tid":100,"comm":"cat","signal":"SIGSEGV","coreDumped":true`,
		`{"type":"syscall","time":"2026-11-22T20:00:00.123531789Z","durationNs":1234,"cpu":1,"pid":200,"tid":200,"containerPid":1,"containerTid":1,"comm":"sh","syscall":"exit_group","args":[{"name":"error_code","value":"1","raw":1}],"state":"noreturn"`,
		`{"type":"exit","time":"2026-11-22T20:00:00.123536789Z","cpu":1,"pid":200,"tid":200,"containerPid":1,"containerTid":1,"comm":"sh","status":1`,
		"",
	}, container))
	for line := range strings.Lines(got) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

// Whatever the bytes, the string is JSON, ASCII, and what encoding/json reads.
func FuzzJSONString(f *testing.F) {
	for _, seed := range []string{"", hostile, "a\tb\r\x7f", "\U0001f600", "\xed\xa0\x80", "\xf0\x9f\x98", "\u2028"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		encoded := appendJSONString(nil, text)
		var decoded string
		if err := json.Unmarshal(encoded, &decoded); err != nil {
			t.Fatalf("%q: %v: %s", text, err, encoded)
		}
		// Byte by byte, unlike strings.ToValidUTF8.
		var want strings.Builder
		for _, character := range string(text) {
			want.WriteRune(character)
		}
		if decoded != want.String() {
			t.Errorf("%q became %q", want.String(), decoded)
		}
		for _, c := range encoded {
			if c < ' ' || c > '~' {
				t.Errorf("%q: byte %#x in %s", text, c, encoded)
			}
		}
	})
}

func TestSelection(t *testing.T) {
	filter, err := syscalls.ParseFilter("openat,exit_group")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name      string
		selection Selection
		want      string // the first word of each line, without the PID
	}{
		{"all", Selection{}, "execve openat openat syscall_0x1d3 close getppid --- +++ exit_group +++"},
		{"filter", Selection{Filter: filter}, "openat openat --- +++ exit_group +++"},
		{"failed", Selection{Statuses: OnlyStatus(StatusFailed)}, "openat syscall_0x1d3 --- +++ +++"},
		{"process", Selection{PIDs: []int{200}}, "syscall_0x1d3 exit_group +++"},
		{"thread", Selection{PIDs: []int{101, 7}}, "openat"},
		{"comm", Selection{Comms: []string{"sh", "x"}}, "syscall_0x1d3 exit_group +++"},
		{"since", Selection{Since: 20 * time.Microsecond}, "--- +++ exit_group +++"},
		{"tail", Selection{Tail: 2}, "exit_group +++"},
		// The fork between them is no line, and so is not counted.
		{"tail of a process", Selection{PIDs: []int{100}, Tail: 4}, "close getppid --- +++"},
		{"none", Selection{PIDs: []int{9}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			history := testHistory(t)
			history.Account = ring.Account{}
			var words []string
			for line := range strings.Lines(print(t, testRecording(), history, &test.selection, &Options{Format: Strace})) {
				word, _, _ := strings.Cut(strings.Fields(line)[1], "(")
				words = append(words, word)
			}
			compare(t, strings.Join(words, " "), test.want)
		})
	}
}

// The kernel cuts names, so a longer one that is asked for means the cut one.
func TestSelectionOfLongComm(t *testing.T) {
	e := call(t, task(1, "a-name-that-is-"), 0, "getppid", 1)
	selection := Selection{Comms: []string{"a-name-that-is-long"}}
	if got := print(t, testRecording(), &event.History{Events: []event.Event{e}}, &selection, &Options{Format: Strace}); got == "" {
		t.Error("not found")
	}
}

func TestNothingRecorded(t *testing.T) {
	empty := &event.History{Account: ring.Account{Overwritten: 3, Made: 3, Lost: 1, Malformed: 2}}
	r := &recording.Recording{}
	compare(t, print(t, r, empty, &Selection{}, &Options{Format: Strace}),
		"0     --- 3 of 3 calls were overwritten; 1 could not be recorded; 2 chunks are damaged ---\n")
	damaged := &event.History{Account: ring.Account{Overwritten: 3, Made: 3, CompleteSince: 5, Damaged: true}}
	compare(t, print(t, r, damaged, &Selection{}, &Options{Format: Strace}),
		"0     --- 3 of 3 calls were overwritten or lost with the damaged parts of the file ---\n")
	compare(t, print(t, r, damaged, &Selection{}, &Options{Format: JSON}), `{"type":"gap","overwritten":3,"damaged":true}`+"\n")
	compare(t, print(t, r, empty, &Selection{}, &Options{Format: JSON}),
		`{"type":"gap","overwritten":3,"lost":1,"malformed":2}`+"\n")
	compare(t, print(t, r, &event.History{}, &Selection{}, &Options{Format: Columns}), "TIME  PID  COMM  DURATION CALL\n")
}

func TestUnknownFormat(t *testing.T) {
	if err := Print(&bytes.Buffer{}, testRecording(), &event.History{}, &Selection{}, &Options{Format: "xml"}); err == nil {
		t.Error("no error")
	}
}

// strace sees no SIGKILL, only what it does.
func TestKillIsNoLine(t *testing.T) {
	kill := event.Event{Record: &ring.Record{Type: ring.TypeSignal, Task: task(1, "a"), TID: 1, Signal: &ring.Signal{Number: 9}}}
	end := event.Event{Record: &ring.Record{Type: ring.TypeExit, Task: task(1, "a"), TID: 1, Exit: &ring.Exit{Code: 9}}}
	history := &event.History{Events: []event.Event{kill, end}}
	compare(t, print(t, testRecording(), history, &Selection{}, &Options{Format: Strace}), "1     +++ killed by SIGKILL +++\n")
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestWriterFails(t *testing.T) {
	broken := errors.New("broken")
	history := &event.History{}
	for range 5000 { // more than is written at once
		history.Events = append(history.Events, call(t, task(1, "a"), 0, "getppid", 1))
	}
	for _, name := range Formats() {
		if err := Print(failingWriter{broken}, testRecording(), history, &Selection{}, &Options{Format: Format(name)}); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkPrint(b *testing.B) {
	t := &testing.T{}
	history := &event.History{}
	for i := range uint64(10_000) {
		e := with(call(t, task(100, "cat"), i, "openat", -2, currentDirectory, 0x1000, 0, 0), path(1, "/usr/share/locale/C/LC_MESSAGES/libc.mo"))
		history.Events = append(history.Events, e)
	}
	for _, name := range Formats() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				var sink countingWriter
				if err := Print(&sink, testRecording(), history, &Selection{}, &Options{Format: Format(name), StringLimit: 64}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(len(history.Events))/b.Elapsed().Seconds(), "events/s")
		})
	}
}

type countingWriter int

func (w *countingWriter) Write(data []byte) (int, error) {
	*w += countingWriter(len(data))
	return len(data), nil
}

func ExampleFormats() {
	fmt.Println(Formats())
	// Output: [columns strace json]
}

// What a runtime did before the container's execve is no part of what the
// container did.
func TestSetUp(t *testing.T) {
	runc, cat := task(100, "runc"), task(100, "cat")
	history := func() *event.History {
		h := &event.History{Events: []event.Event{call(t, runc, 1, "getppid", 1), call(t, runc, 2, "close", 0, 3), call(t, cat, 3, "execve", 0, 0, 0, 0), call(t, cat, 4, "close", 0, 4)}}
		h.Events[0].SetUp, h.Events[1].SetUp = true, true
		return h
	}
	for _, test := range []struct {
		name      string
		selection Selection
		calls     int
	}{
		{"container", Selection{}, 2},
		{"all", Selection{SetUp: true}, 4},
		{"tail", Selection{Tail: 3}, 2},
		{"tail of all", Selection{SetUp: true, Tail: 3}, 3},
		{"of a name", Selection{Comms: []string{"runc"}}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, format := range []Format{Strace, JSON} {
				if got := strings.Count(print(t, testRecording(), history(), &test.selection, &Options{Format: format}), "\n"); got != test.calls {
					t.Errorf("%s: %d calls, want %d", format, got, test.calls)
				}
			}
			table := print(t, testRecording(), history(), &test.selection, &Options{Format: Strace, Summary: SummaryOnly})
			if test.calls > 0 && !strings.HasSuffix(table, fmt.Sprintf(" %d           total\n", test.calls)) {
				t.Errorf("no %d calls in\n%s", test.calls, table)
			}
		})
	}
	lines := print(t, testRecording(), history(), &Selection{SetUp: true}, &Options{Format: JSON})
	if got := strings.Count(lines, `"setup":true`); got != 2 {
		t.Errorf("%d of the set-up in\n%s", got, lines)
	}
	followSchema(t, schemaOf(t), lines)
}

func TestPrinterInParts(t *testing.T) {
	parts := []*event.History{
		{Events: []event.Event{call(t, task(100, "a"), 1, "getppid", 1)}, Account: ring.Account{Overwritten: 3, Made: 4, CompleteSince: boot}},
		{},
		{Events: []event.Event{call(t, task(1234567, "a-longer-name"), 5, "getppid", 2)}},
		{Account: ring.Account{Overwritten: 2, Made: 2, CompleteSince: boot}},
	}
	for _, test := range []struct {
		options Options
		want    string
	}{
		{Options{Format: Strace, Relative: true, StringLimit: 64},
			`100        0.000000 --- 3 of 4 calls were overwritten, complete since 2026-11-22T20:00:00.123456Z ---
100        0.000000 getppid()           = 1
1234567      0.000004 getppid()         = 2
0          0.000000 --- 2 of 2 calls were overwritten, complete since 2026-11-22T20:00:00.123456Z ---
`},
		{Options{Format: Columns, Growing: true, StringLimit: 64},
			`3 of 4 calls were overwritten, complete since 2026-11-22T20:00:00.123456Z
TIME             PID      COMM             DURATION CALL
20:00:00.123457  100      a                1.2us    getppid() = 1
20:00:00.123461  1234567  a-longer-name    1.2us    getppid() = 2
2 of 2 calls were overwritten, complete since 2026-11-22T20:00:00.123456Z
`},
	} {
		var text bytes.Buffer
		printer, err := NewPrinter(&text, testRecording(), &test.options)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			count, err := printer.Print(part, &Selection{})
			if err != nil || count != len(part.Events) {
				t.Errorf("printed %d, %v", count, err)
			}
		}
		compare(t, text.String(), test.want)
	}
}
