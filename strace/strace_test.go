package strace

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/syscalls"
)

func TestAppendEvent(t *testing.T) {
	info := func(values ...any) []byte { return bytes(values...) }
	signal := func(number uint32, info []byte) *event.Event {
		e := &event.Event{Record: &ring.Record{}}
		e.Type, e.TID = ring.TypeSignal, 5219
		e.Signal = &ring.Signal{Number: number, Info: info}
		return e
	}
	exit := func(tid, code uint32) *event.Event {
		e := &event.Event{Record: &ring.Record{}}
		e.Type, e.TID = ring.TypeExit, tid
		e.Exit = &ring.Exit{Code: code}
		return e
	}
	child := func(code, pid, status uint32) []byte {
		return info(uint32(17), uint32(0), code, 4, pid, uint32(0), status, 4, uint64(0), uint64(0))
	}
	short := made(t, syscalls.AMD64, "close", 0, arguments(3))
	short.TID = 2
	tests := []struct {
		event *event.Event
		want  string
	}{
		{made(t, syscalls.AMD64, "close", 0, arguments(3)), "4958  close(3)                          = 0"},
		{short, "2     close(3)                          = 0"},
		{made(t, syscalls.AMD64, "read", 0, arguments(3, 4, 5), state(ring.StateInFlight)), "4958  read(3,  <unfinished ...>"},
		{made(t, syscalls.AMD64, "futex", 0, arguments(0x10, 128, 2, 0), state(ring.StateInFlight)), "4958  futex(0x10, FUTEX_WAIT_PRIVATE, 2, NULL <unfinished ...>"},
		{signal(11, info(uint32(11), uint32(0), uint32(1), 4, uint64(0x10), 24)), "5219  --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---"},
		{signal(11, info(uint32(11), uint32(0), uint32(0), 4, uint32(4964), uint32(0), 24)), "5219  --- SIGSEGV {si_signo=SIGSEGV, si_code=SI_USER, si_pid=4964, si_uid=0} ---"},
		{signal(19, info(uint32(19), uint32(0), ^uint32(5), 4, uint32(5223), uint32(0), 24)), "5219  --- SIGSTOP {si_signo=SIGSTOP, si_code=SI_TKILL, si_pid=5223, si_uid=0} ---"},
		{signal(14, info(uint32(14), uint32(0), uint32(0x80), 36)), "5219  --- SIGALRM {si_signo=SIGALRM, si_code=SI_KERNEL} ---"},
		{signal(17, child(1, 5220, 3)), "5219  --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=5220, si_uid=0, si_status=3, si_utime=0, si_stime=0} ---"},
		{signal(17, child(2, 5221, 9)), "5219  --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=5221, si_uid=0, si_status=SIGKILL, si_utime=0, si_stime=0} ---"},
		{signal(17, child(6, 5223, 18)), "5219  --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_CONTINUED, si_pid=5223, si_uid=0, si_status=SIGCONT, si_utime=0, si_stime=0} ---"},
		{signal(34, info(uint32(34), uint32(0), ^uint32(0), 4, uint32(7), uint32(8), uint64(42), 16)), "5219  --- SIGRT_2 {si_signo=SIGRT_2, si_code=SI_QUEUE, si_pid=7, si_uid=8, si_int=42, si_ptr=0x2a} ---"},
		{signal(9, nil), "5219  --- SIGKILL ---"},
		{exit(5220, 3<<8), "5220  +++ exited with 3 +++"},
		{exit(5221, 9), "5221  +++ killed by SIGKILL +++"},
		{exit(123456, 11|0x80), "123456 +++ killed by SIGSEGV (core dumped) +++"},
		{&event.Event{Record: &ring.Record{Type: ring.TypeFork}}, ""},
		{&event.Event{Record: &ring.Record{Type: ring.TypeExec}}, ""},
		{&event.Event{ABI: syscalls.AMD64, Record: &ring.Record{Type: ring.TypeCall, TID: 1, Call: ring.Call{Number: 0x1d3, Arguments: []uint64{1, 2, 3, 4, 5, 6}, Return: -22}}},
			"1     syscall_0x1d3(0x1, 0x2, 0x3, 0x4, 0x5, 0x6) = -1 EINVAL (Invalid argument)"},
	}
	for _, test := range tests {
		if got := string(AppendEvent(nil, test.event, nil)); got != test.want {
			t.Errorf("\n got %s\nwant %s", got, test.want)
		}
	}
}

func TestAppendEscaped(t *testing.T) {
	tests := []struct{ data, want string }{
		{"plain", "plain"},
		{"\x00", `\0`},
		{"\x001", `\0001`},
		{"\x008", `\08`},
		{"\x1b[2J", `\33[2J`},
		{"\x1b7", `\0337`},
		{"\xff\xfe", `\377\376`},
		{"\a\b\t\n\v\f\r", `\7\10\t\n\v\f\r`},
		{`"\`, `\"\\`},
		{"\x7f\u00e9", `\177\303\251`},
	}
	for _, test := range tests {
		if got := string(appendEscaped(nil, []byte(test.data))); got != test.want {
			t.Errorf("%q: got %s, want %s", test.data, got, test.want)
		}
	}
}

func TestStringLimit(t *testing.T) {
	write := func(parts ...part) *event.Event {
		return made(t, syscalls.AMD64, "write", 6, append(parts, arguments(1, 0x10, 6))...)
	}
	tests := []struct {
		event *event.Event
		limit int
		want  string
	}{
		{write(late(1, "abcdef")), 6, `write(1, "abcdef", 6)                   = 6`},
		{write(late(1, "abcdef")), 3, `write(1, "abc"..., 6)                   = 6`},
		{write(late(1, "abcdef")), 0, `write(1, ""..., 6)                      = 6`},
		{write(late(1, "abcdef")), -1, `write(1, ""..., 6)                      = 6`},
		{write(cut(1, "abc")), 6, `write(1, "abc"..., 6)                   = 6`},
		// The digit that follows is not shown: the escape is short.
		{write(late(1, "ab\x0012")), 3, `write(1, "ab\0"..., 6)                  = 6`},
		{made(t, syscalls.AMD64, "unlink", 0, arguments(1), late(0, "abcdef")), 3, `unlink("abcdef")                        = 0`},
		{made(t, syscalls.AMD64, "execve", -2, arguments(1, 1, 0), early(0, "x"), early(1, words("a", "b", "cd"))), 2, `execve("x", ["a", "b", ...], NULL)      = -1 ENOENT (No such file or directory)`},
	}
	for _, test := range tests {
		if got := string(AppendCall(nil, test.event, &Options{StringLimit: test.limit})); got != test.want {
			t.Errorf("\n got %s\nwant %s", got, test.want)
		}
	}
}

func TestErrno(t *testing.T) {
	for number, want := range map[int64][2]string{
		2: {"ENOENT", "No such file or directory"}, 11: {"EAGAIN", "Resource temporarily unavailable"},
		133: {"EHWPOISON", "Memory page has hardware error"}, 512: {"ERESTARTSYS", "To be restarted if SA_RESTART is set"},
		0: {}, 41: {}, 4095: {}, -1: {},
	} {
		if name, text := Errno(number); name != want[0] || text != want[1] {
			t.Errorf("%d: got %q, %q", number, name, text)
		}
	}
}

func TestSignalNames(t *testing.T) {
	for number, want := range map[uint32]string{0: "0", 1: "SIGHUP", 31: "SIGSYS", 32: "SIGRTMIN", 33: "SIGRT_1", 64: "SIGRT_32", 65: "65"} {
		if got := SignalName(number); got != want {
			t.Errorf("%d: got %s, want %s", number, got, want)
		}
	}
	if got := SignalCode(11, 2); got != "SEGV_ACCERR" {
		t.Errorf("got %s", got)
	}
	if got := SignalCode(11, -6); got != "SI_TKILL" {
		t.Errorf("got %s", got)
	}
}

func TestResult(t *testing.T) {
	for _, test := range []struct {
		event        *event.Event
		value, errno int64
		ok           bool
	}{
		{made(t, syscalls.AMD64, "close", 0), 0, 0, true},
		{made(t, syscalls.AMD64, "close", -9), -1, 9, true},
		{made(t, syscalls.I386, "close", 0xfffffff7), -1, 9, true},
		{made(t, syscalls.I386, "brk", 0xf7fc8000), 0xf7fc8000, 0, true},
		{made(t, syscalls.AMD64, "read", 0, state(ring.StateUnfinished)), 0, 0, false},
		{made(t, syscalls.AMD64, "exit_group", 0), 0, 0, false},
	} {
		if value, errno, ok := Result(test.event); value != test.value || errno != test.errno || ok != test.ok {
			t.Errorf("%s: got %d, %d, %t", test.event.Row.Name, value, errno, ok)
		}
	}
}

// TestTables checks that a name of several bits stands before the names of its
// parts, and that the sorted table is sorted.
func TestTables(t *testing.T) {
	for _, table := range []*flags{&openFlags, &openFlagsARM, &statxMask, &mapFlags, &cloneFlagNames, &messageFlags} {
		for i, one := range table.names {
			for _, other := range table.names[:i] {
				if other.value != 0 && one.value&other.value == other.value {
					t.Errorf("%s stands before %s, of which it is a part", other.name, one.name)
				}
			}
		}
	}
	for i := 1; i < len(requests); i++ {
		last, r := &requests[i-1], &requests[i]
		if last.number > r.number || last.number == r.number && last.name >= r.name {
			t.Errorf("%s is out of order", r.name)
		}
	}
	for i := range capabilities.names {
		if capabilities.names[i].value != uint64(i) {
			t.Errorf("%s is not bit %d", capabilities.names[i].name, i)
		}
	}
}

// A tableRow is a row and how it is found; call is nil for a number without a row.
type tableRow struct {
	abi    syscalls.ABI
	number uint32
	call   *syscalls.Call
	// Of a variant: the argument that it goes by, and its value.
	variant  bool
	argument int
	value    uint32
}

func allRows() []tableRow {
	var rows []tableRow
	for _, abi := range syscalls.ABIs() {
		for number, call := range syscalls.Numbers(abi) {
			rows = append(rows, tableRow{abi: abi, number: number, call: call})
			argument, _ := call.VariantArgument()
			for value, variant := range call.Variants() {
				rows = append(rows, tableRow{abi, number, variant, true, argument, value})
			}
		}
		rows = append(rows, tableRow{abi: abi, number: 0x1d3})
	}
	return rows
}

// random makes an event of the row out of bytes: its arguments and what was captured.
func (row tableRow) random(data []byte, lengths uint16, shape uint8, result int64) *event.Event {
	e := &event.Event{Record: &ring.Record{}, ABI: row.abi, Row: row.call}
	e.Type = ring.TypeCall
	e.TID = uint32(lengths)
	e.Call.Number = row.number
	e.Call.Return = result
	e.Call.State = ring.State(shape & 3)
	rest := data
	take := func(n int) []byte {
		n = min(n, len(rest))
		taken := rest[:n]
		rest = rest[n:]
		return taken
	}
	for i := range int(shape >> 2 & 7) {
		var value [8]byte
		copy(value[:], take(8>>(lengths>>i&3)))
		e.Call.Arguments = append(e.Call.Arguments, binary.LittleEndian.Uint64(value[:]))
	}
	if row.variant && row.argument < len(e.Call.Arguments) {
		e.Call.Arguments[row.argument] = uint64(row.value)
	}
	for i := range 6 {
		c := ring.Capture{Argument: uint8(i), Truncated: lengths>>i&1 != 0, Data: data}
		if shape>>5&1 == 0 {
			c.Data = take(int(lengths) >> (2 * i) & 0x1ff)
		}
		c.Entry = shape>>6&1 != 0
		e.Call.Captures = append(e.Call.Captures, c)
		if shape>>7 != 0 {
			c.Entry = !c.Entry
			e.Call.Captures = append(e.Call.Captures, c)
		}
		for part := range lengths >> 3 & 3 {
			c.Part = uint8(part) + 1
			e.Call.Captures = append(e.Call.Captures, c)
		}
	}
	return e
}

// TestEveryRow decodes random bytes as events of every row of every table.
func TestEveryRow(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 640)
	results := [...]int64{0, 1, 7, -2, -512, 1 << 40, -1 << 40}
	for _, row := range allRows() {
		for range 40 {
			size := source.IntN(len(data))
			// Small numbers are what most arguments and fields are.
			small := source.IntN(2) == 0
			for i := range data[:size] {
				data[i] = byte(source.Uint32())
				if small && source.IntN(4) != 0 {
					data[i] = 0
				}
			}
			options := &Options{StringLimit: source.IntN(80), Unabbreviated: source.IntN(2) == 0}
			e := row.random(data[:size], uint16(source.Uint32()), uint8(source.Uint32()), results[source.IntN(len(results))])
			check(t, e, options, size)
		}
	}
}

// FuzzAppendEvent decodes bytes as an event of any row of any table, as a
// signal and as a task's end.
func FuzzAppendEvent(f *testing.F) {
	rows := allRows()
	data := make([]byte, 200)
	for i := range data {
		data[i] = byte(i * i * 13 >> (i & 7))
	}
	for i := range rows {
		f.Add(uint16(i), data, uint16(0x0123*i), uint8(i*29), int64(i&31-20), int64(i&63))
	}
	f.Fuzz(func(t *testing.T, which uint16, data []byte, lengths uint16, shape uint8, result, limit int64) {
		options := &Options{StringLimit: int(limit), Unabbreviated: limit&1 != 0}
		check(t, rows[int(which)%len(rows)].random(data, lengths, shape, result), options, len(data))
		e := &event.Event{Record: &ring.Record{}}
		e.Type = ring.TypeSignal
		e.Signal = &ring.Signal{Number: uint32(result), Info: data}
		check(t, e, options, len(data))
		e.Exit = &ring.Exit{Code: uint32(result)}
		e.Type = ring.Type(shape)
		check(t, e, options, len(data))
	})
}

// check checks what is true of every line: printable ASCII, of a length that
// the event bounds, appended to what there was.
func check(t *testing.T, e *event.Event, options *Options, size int) {
	t.Helper()
	const before = "before"
	text := AppendEvent([]byte(before), e, options)
	if string(text[:len(before)]) != before {
		t.Fatal("what was there is gone")
	}
	// Every byte of memory may be a number in an array, with its flags' names.
	if limit := 16384 + 12*64*(size+64); len(text) > limit {
		t.Fatalf("%d bytes of text of %d bytes of memory", len(text), size)
	}
	for i := range 8 {
		text = AppendArgument(text, e, i-1, options)
		Shown(e, i-1)
	}
	for _, c := range text {
		if c < ' ' || c > '~' {
			t.Fatalf("byte %#x in %q", c, text)
		}
	}
	Result(e)
}

// BenchmarkAppendEvent decodes what a program does that starts, reads files and serves.
func BenchmarkAppendEvent(b *testing.B) {
	const abi = syscalls.AMD64
	const here = 0x7ffd323b17a0
	elf := "\x7fELF\x02\x01\x01\x03\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00>\x00\x01\x00\x00\x00\x10t\x02\x00\x00\x00\x00\x00\x40\x00\x00\x00\x00\x00\x00\x00\x08\x2d\x1d\x00\x00\x00\x00\x00\x00\x00\x00\x00\x40\x00\x38\x00\x0e\x00\x40\x00\x40\x00\x3f\x00"
	http := "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent"
	events := []*event.Event{
		made(b, abi, "openat", 3, arguments(minus(100), here, 0o2000000), late(1, "/lib/x86_64-linux-gnu/libc.so.6")),
		made(b, abi, "read", 832, arguments(3, here, 832), cut(1, elf)),
		made(b, abi, "newfstatat", 0, arguments(3, here, here, 0x1000), late(1), late(2, 24, uint32(0o100755), 12, uint64(0), uint64(1926232), 64)),
		made(b, abi, "mmap", 0x7fb9d88b3000, arguments(0x7fb9d88d9000, 1400832, 5, 0x812, 3, 0x26000)),
		made(b, abi, "close", 0, arguments(3)),
		made(b, abi, "openat", -2, arguments(minus(100), here, 0), late(1, "/etc/ld.so.preload")),
		made(b, abi, "epoll_wait", 1, arguments(4, here, 1024, minus(1)), late(1, uint32(1), uint64(7))),
		made(b, abi, "accept4", 9, arguments(5, here, here, 0o2004000), late(1, uint16(2), "\xbc\xb0\x7f\x00\x00\x01", 8), early(2, uint32(16)), late(2, uint32(16))),
		made(b, abi, "recvfrom", 64, arguments(9, here, 4096, 0, 0, 0), late(1, "GET /index.html HTTP/1.1\r\nHost: example.org\r\nUser-Agent: curl/8\r")),
		made(b, abi, "sendto", 512, arguments(9, here, 512, 0x4000, 0, 0), cut(1, http)),
		made(b, abi, "futex", 0, arguments(0x7f0012345678, 129, 1)),
		made(b, abi, "futex", -11, arguments(0x7f0012345678, 128, 2, 0)),
		made(b, abi, "clock_gettime", 0, arguments(1, here), late(1, uint64(1566), uint64(420191362))),
		made(b, abi, "rt_sigprocmask", 0, arguments(2, here, 0, 8), early(1, uint64(0))),
		made(b, abi, "write", 24, arguments(1, here, 24), late(1, "some line of a log file\n")),
		made(b, abi, "poll", 1, arguments(here, 1, 1000), late(0, uint32(9), uint16(1), uint16(1))),
	}
	buffer := make([]byte, 0, 4096)
	options := &Options{StringLimit: 64}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		buffer = AppendEvent(buffer[:0], events[i&15], options)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
