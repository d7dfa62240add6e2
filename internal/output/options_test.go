package output

import (
	"encoding/binary"
	"strings"
	"testing"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/strace"
)

// structured are calls with structs, arrays and changes among their arguments.
func structured(t *testing.T) []event.Event {
	t.Helper()
	cat := task(100, "cat")
	address := []byte("\x02\x00\x00\x50\x7f\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	set := make([]byte, 8)
	set[0] = 2 // SIGINT
	limits := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, 5), ^uint64(0))
	late := func(argument uint8, layout ring.Layout, data []byte) ring.Capture {
		return ring.Capture{Argument: argument, Layout: layout, Data: data}
	}
	early := func(argument uint8, layout ring.Layout, data []byte) ring.Capture {
		return ring.Capture{Argument: argument, Layout: layout, Data: data, Entry: true}
	}
	number := func(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }
	return []event.Event{
		with(call(t, cat, 100, "connect", -111, 3, 0x1000, 16), late(1, ring.LayoutStruct, address)),
		with(call(t, cat, 110, "rt_sigprocmask", 0, 0, 0x1000, 0, 8), late(1, ring.LayoutStruct, set)),
		with(call(t, cat, 120, "prlimit64", 0, 0, 4, 0x1000, 0), late(2, ring.LayoutStruct, limits)),
		with(call(t, cat, 130, "accept4", 5, 3, 0x1000, 0x2000, 0o2000000),
			early(2, ring.LayoutStruct, number(128)), late(1, ring.LayoutStruct, address), late(2, ring.LayoutStruct, number(16))),
	}
}

func TestJSONFields(t *testing.T) {
	got := print(t, testRecording(), &event.History{Events: structured(t)}, &Selection{}, &Options{
		// None of these changes JSON.
		Format: JSON, Escape: strace.EscapeAll, Constants: strace.ConstantsRaw, Descriptors: strace.DescriptorsPaths, Relative: true,
	})
	const sockaddr = `"{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}","raw":4096,"fields":[{"name":"sa_family","value":"AF_INET"},` +
		`{"name":"sin_port","value":"htons(80)"},{"name":"sin_addr","value":"inet_addr(\"127.0.0.1\")"}]}`
	for i, want := range []string{
		`"args":[{"name":"fd","value":"3","raw":3},{"name":"uservaddr","value":` + sockaddr + `,{"name":"addrlen","value":"16","raw":16}],"ret":-1,"errno":"ECONNREFUSED"}`,
		`"value":"[INT]","raw":4096,"fields":[{"value":"INT"}]}`,
		`"value":"{rlim_cur=5, rlim_max=RLIM64_INFINITY}","raw":4096,"fields":[{"name":"rlim_cur","value":"5"},{"name":"rlim_max","value":"RLIM64_INFINITY"}]}`,
		`"value":"[128 => 16]","raw":8192,"fields":[{"value":"128 => 16","fields":[{"name":"before","value":"128"},{"name":"after","value":"16"}]}]}`,
	} {
		if line := strings.Split(got, "\n")[i]; !strings.Contains(line, want) {
			t.Errorf("no\n%s\nin\n%s", want, line)
		}
	}
}

func TestStraceStyles(t *testing.T) {
	history := &event.History{Events: append(structured(t)[:1], testHistory(t).Events[3])}
	for _, test := range []struct {
		name    string
		options Options
		want    string
	}{
		{"hexadecimal", Options{Escape: strace.EscapeNonASCII},
			`100   connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 ECONNREFUSED (Connection refused)
101   openat(AT_FDCWD, "\x1b\x5b\x32\x4a\x0a\x22\x5c\xff\xc2\x9b", O_RDONLY) = 3
`},
		{"raw", Options{Constants: strace.ConstantsRaw},
			`100   connect(3, {sa_family=0x2, sin_port="\x00\x50", sin_addr="\x7f\x00\x00\x01"}, 16) = -1 ECONNREFUSED (Connection refused)
101   openat(-100, "\33[2J\n\"\\\377\302\233", 0) = 3
`},
		{"both", Options{Constants: strace.ConstantsBoth},
			`100   connect(3, {sa_family=0x2 /* AF_INET */, sin_port="\x00\x50" /* htons(80) */, sin_addr="\x7f\x00\x00\x01" /* inet_addr("127.0.0.1") */}, 16) = -1 ECONNREFUSED (Connection refused)
101   openat(-100 /* AT_FDCWD */, "\33[2J\n\"\\\377\302\233", 0 /* O_RDONLY */) = 3
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.options.Format = Strace
			compare(t, print(t, testRecording(), history, &Selection{}, &test.options), test.want)
		})
	}
}

func TestRelativeTimes(t *testing.T) {
	history := testHistory(t)
	history.Events = history.Events[2:6]
	late := call(t, task(100, "cat"), 2_000_000_000, "close", 0, 3)
	history.Events = append(history.Events, late)
	compare(t, print(t, testRecording(), history, &Selection{}, &Options{Format: Strace, Relative: true, Durations: true}),
		`100        0.000000 --- 100 of 107 calls were overwritten, complete since 2026-11-22T20:00:00.123456Z ---
100        0.000000 openat(AT_FDCWD, "/nonexistent", O_RDONLY) = -1 ENOENT (No such file or directory) <0.000001>
101        0.000010 openat(AT_FDCWD, "\33[2J\n\"\\\377\302\233", O_RDONLY) = 3 <0.000001>
200        0.000010 syscall_0x1d3(0x1, 0x2) = -1 ENOSYS (Function not implemented) <0.000001>
100        0.000005 close(4)            = 0 <0.000001>
100     1999.999965 close(3)            = 0 <0.000001>
`)
	history.Account = ring.Account{}
	history.Events = history.Events[2:4]
	compare(t, print(t, testRecording(), history, &Selection{}, &Options{Format: Strace, Relative: true, Timestamps: TimestampsMicroseconds}),
		`200   20:00:00.123486 (+     0.000000) syscall_0x1d3(0x1, 0x2) = -1 ENOSYS (Function not implemented)
100   20:00:00.123491 (+     0.000005) close(4) = 0
`)
	compare(t, print(t, testRecording(), history, &Selection{}, &Options{Format: Columns, Relative: true}),
		`TIME           PID  COMM  DURATION CALL
     0.000000  200  sh    1.2us    syscall_0x1d3(0x1, 0x2) = -1 ENOSYS (Function not implemented)
     0.000005  100  cat   1.2us    close(4) = 0
`)
}

func TestSeconds(t *testing.T) {
	for _, test := range []struct {
		nanoseconds uint64
		width       int
		want        string
	}{
		{0, 0, "0.000000"}, {0, 1, "0.000000"}, {1_999, 6, "     0.000001"}, {12_345_678_900, 6, "    12.345678"},
		{1_234_567_000_000_999, 6, "1234567.000000"}, {99_999_000_000_000, 6, " 99999.000000"},
	} {
		if got := string(appendSeconds(nil, test.nanoseconds, test.width)); got != test.want {
			t.Errorf("%d in %d: %q, want %q", test.nanoseconds, test.width, got, test.want)
		}
	}
}

// timed makes a call that took so long.
func timed(t *testing.T, name string, result int64, nanoseconds uint64) event.Event {
	t.Helper()
	e := call(t, task(1, "a"), 0, name, result)
	e.End = e.Start + nanoseconds
	return e
}

// The table of strace -c -w, strace 6.1, with these calls' times.
func TestSummary(t *testing.T) {
	history := &event.History{Events: []event.Event{
		timed(t, "openat", 3, 30_000), timed(t, "openat", -2, 10_900), timed(t, "read", 0, 100), timed(t, "close", 0, 100),
		timed(t, "sched_get_priority_max", 99, 20_000), timed(t, "read", 1, 2_000), timed(t, "read", -4, 100),
		in(timed(t, "exit_group", 0, 5), ring.StateUnfinished),
	}}
	const head = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- -----------------------
`
	const rule = "------ ----------- ----------- --------- --------- -----------------------\n"
	lines := map[string]string{
		"read":   "  3.48    0.000002           0         3         1 read\n",
		"close":  "  0.16    0.000000           0         1           close\n",
		"sched":  " 31.65    0.000020          20         1           sched_get_priority_max\n",
		"openat": " 64.72    0.000041          20         2         1 openat\n",
	}
	const total = "100.00    0.000063           9         7         2 total\n"
	for order, names := range map[string]string{
		"":          "openat sched read close",
		SortTime:    "openat sched read close",
		SortMinTime: "sched openat read close",
		SortMaxTime: "openat sched read close",
		SortAvgTime: "openat sched read close",
		SortCalls:   "read openat close sched",
		SortErrors:  "read openat close sched",
		SortName:    "close openat read sched",
		SortNothing: "read close sched openat",
	} {
		t.Run("by "+order, func(t *testing.T) {
			want := head
			for _, name := range strings.Fields(names) {
				want += lines[name]
			}
			want += rule + total
			got := print(t, testRecording(), history, &Selection{}, &Options{Format: Strace, Summary: SummaryOnly, SummarySort: order})
			compare(t, got, want)
		})
	}
	for _, format := range []Format{Strace, Columns} {
		both := print(t, testRecording(), history, &Selection{}, &Options{Format: format, Summary: SummaryToo})
		alone := print(t, testRecording(), history, &Selection{}, &Options{Format: format})
		table := print(t, testRecording(), history, &Selection{}, &Options{Format: format, Summary: SummaryOnly})
		compare(t, both, alone+table)
	}
	none := print(t, testRecording(), history, &Selection{Statuses: OnlyStatus(StatusUnfinished)}, &Options{Format: Strace, Summary: SummaryOnly})
	compare(t, none, "")
}

// What is wider than strace's columns makes them wider.
func TestSummaryWide(t *testing.T) {
	const hour = 3_600_000_000_000
	history := &event.History{Events: []event.Event{timed(t, "nanosleep", 0, 100_000*hour)}}
	compare(t, print(t, testRecording(), history, &Selection{}, &Options{Format: Strace, Summary: SummaryOnly}),
		`% time          seconds      usecs/call     calls    errors syscall
------ ---------------- --------------- --------- --------- ----------------
100.00 360000000.000000 360000000000000         1           nanosleep
------ ---------------- --------------- --------- --------- ----------------
100.00 360000000.000000 360000000000000         1           total
`)
}

func TestSelectionByStatus(t *testing.T) {
	for text, want := range map[string]string{
		"all":                   "execve exec openat openat syscall_0x1d3 close fork getppid signal exit exit_group exit",
		"successful":            "execve exec openat close fork signal exit exit",
		"failed":                "openat syscall_0x1d3 signal exit exit",
		"unfinished":            "signal exit exit_group exit",
		"detached":              "getppid signal exit exit",
		"unavailable":           "signal exit exit",
		"!successful,failed":    "getppid signal exit exit_group exit",
		"none":                  "signal exit exit",
		"unfinished , detached": "getppid signal exit exit_group exit",
	} {
		statuses, err := ParseStatuses(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		compare(t, kinds(t, &Selection{Statuses: statuses}), want)
	}
}

// kinds are the names of the calls and the types of the other events that are chosen.
func kinds(t *testing.T, selection *Selection) string {
	t.Helper()
	var words []string
	for _, e := range selection.choose(testHistory(t), func(*event.Event) bool { return true }) {
		switch e.Type {
		case ring.TypeCall:
			words = append(words, string(strace.AppendName(nil, e)))
		case ring.TypeExec:
			words = append(words, "exec")
		case ring.TypeFork:
			words = append(words, "fork")
		case ring.TypeSignal:
			words = append(words, "signal")
		case ring.TypeExit:
			words = append(words, "exit")
		}
	}
	return strings.Join(words, " ")
}

func TestSelectionByPath(t *testing.T) {
	for _, test := range []struct {
		paths []string
		want  string
	}{
		{[]string{"/nonexistent"}, "openat signal exit exit"},
		{[]string{"/nonexistent", "/bin/cat"}, "execve openat signal exit exit"},
		{[]string{"/nonexisten"}, "signal exit exit"},
	} {
		compare(t, kinds(t, &Selection{Paths: test.paths}), test.want)
	}
	cut := path(1, "/nonexistent")
	cut.Truncated = true
	e := with(call(t, task(1, "a"), 0, "openat", -2, currentDirectory, 0x1000, 0, 0), cut)
	if touches(&e, []string{"/nonexistent"}) {
		t.Error("a longer path is taken for one that it begins with")
	}
	e.Row = nil
	if touches(&e, []string{"/x"}) {
		t.Error("an unknown call touches /x")
	}
}

func TestSelectionBySignal(t *testing.T) {
	for text, shown := range map[string]bool{
		"all": true, "none": false, "SEGV": true, "sigsegv": true, "11": true, "int,segv": true, "!segv": false, "!int": true, "!all": false,
		"SIGRT_32": false, "RTMIN": false, "0": false, "64": false,
	} {
		signals, err := ParseSignals(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if got := strings.Contains(kinds(t, &Selection{Signals: signals}), "signal"); got != shown {
			t.Errorf("%s: shown %t, want %t", text, got, shown)
		}
	}
}

func TestSetsSayWhatIsRight(t *testing.T) {
	for _, test := range []struct {
		parse             func(string) (Set, error)
		text, part, right string
	}{
		{ParseStatuses, "succeeded", `"succeeded"`, "successful, failed, unfinished, unavailable, detached, all or none"},
		{ParseStatuses, "", `""`, "successful"},
		{ParseStatuses, "failed,,", `""`, "successful"},
		{ParseSignals, "65", `"65"`, "up to 64"},
		{ParseSignals, "-1", `"-1"`, "SIGINT"},
		{ParseSignals, "!foo", `"foo"`, "SIGINT"},
	} {
		set, err := test.parse(test.text)
		if err == nil {
			t.Errorf("%q: %v, want an error", test.text, set)
			continue
		}
		if !strings.Contains(err.Error(), test.part) || !strings.Contains(err.Error(), test.right) {
			t.Errorf("%q: %v", test.text, err)
		}
	}
}

// A recording as programs make them: what is printed the most, and how fast.
func BenchmarkStrace(b *testing.B) {
	t := &testing.T{}
	sh := task(100, "sh")
	status := make([]byte, 144)
	binary.LittleEndian.PutUint32(status[24:], 0o100644)
	binary.LittleEndian.PutUint64(status[48:], 12345)
	buffer := []byte("\x7fELF\x02\x01\x01\x03" + strings.Repeat("\x00", 24) + strings.Repeat("text ", 7))
	bytesOf := func(argument uint8) ring.Capture {
		return ring.Capture{Argument: argument, Layout: ring.LayoutBytes, Data: buffer}
	}
	mix := []event.Event{
		with(call(t, sh, 0, "openat", 3, currentDirectory, 0x1000, 0o2000000, 0), path(1, "/usr/lib/x86_64-linux-gnu/libc.so.6")),
		with(call(t, sh, 1, "read", 832, 3, 0x1000, 832), bytesOf(1)),
		with(call(t, sh, 2, "newfstatat", 0, 3, 0x1000, 0x2000, 0x1000), path(1, ""), ring.Capture{Argument: 2, Layout: ring.LayoutStruct, Data: status}),
		call(t, sh, 3, "mmap", 0x7f0000000000, 0, 1974096, 1, 2, 3, 0),
		call(t, sh, 4, "close", 0, 3),
		with(call(t, sh, 5, "openat", -2, currentDirectory, 0x1000, 0, 0), path(1, "/usr/share/locale/C/LC_MESSAGES/libc.mo")),
		with(call(t, sh, 6, "rt_sigprocmask", 0, 0, 0x1000, 0, 8), ring.Capture{Argument: 1, Layout: ring.LayoutStruct, Data: make([]byte, 8)}),
		with(call(t, sh, 7, "write", 67, 1, 0x1000, 67), bytesOf(1)),
		call(t, sh, 8, "getpid", 100),
		call(t, sh, 9, "futex", -11, 0x7f0000000000, 128, 2, 0),
	}
	history := &event.History{}
	for range 1000 {
		history.Events = append(history.Events, mix...)
	}
	for name, options := range map[string]Options{
		"plain": {}, "times": {Timestamps: TimestampsMicroseconds, Durations: true}, "both": {Constants: strace.ConstantsBoth},
	} {
		b.Run(name, func(b *testing.B) {
			options.Format, options.StringLimit = Strace, 64
			for b.Loop() {
				var sink countingWriter
				if err := Print(&sink, testRecording(), history, &Selection{}, &options); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(len(history.Events))/b.Elapsed().Seconds(), "calls/s")
		})
	}
}
