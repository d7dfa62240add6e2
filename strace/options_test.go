package strace

import (
	"testing"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/syscalls"
)

// printed is a call as the options have it.
func printed(e *event.Event, o *Options) string { return string(AppendCall(nil, e, o)) }

// What strace 6.1 printed of these calls with -X raw and -X verbose.
func TestConstants(t *testing.T) {
	const (
		amd64 = syscalls.AMD64
		here  = 0x7ffe00000000
	)
	for _, test := range []struct {
		event                        *event.Event
		raw, rawResult, both, result string
	}{
		{made(t, amd64, "openat", 3, arguments(minus(100), here, 0o2000000, 0), late(1, "/etc/passwd")),
			`openat(-100, "/etc/passwd", 0x80000)`, "3", `openat(-100 /* AT_FDCWD */, "/etc/passwd", 0x80000 /* O_RDONLY|O_CLOEXEC */)`, "3"},
		{made(t, amd64, "openat", 4, arguments(minus(100), here, 0x40000042, 0o644), late(1, "x")),
			`openat(-100, "x", 0x40000042, 0644)`, "4", `openat(-100 /* AT_FDCWD */, "x", 0x40000042 /* O_RDWR|O_CREAT|0x40000000 */, 0644)`, "4"},
		{made(t, amd64, "access", -2, arguments(here, 0), late(0, "/x")),
			`access("/x", 0)`, "-1 ENOENT (No such file or directory)", `access("/x", 0 /* F_OK */)`, "-1 ENOENT (No such file or directory)"},
		{made(t, amd64, "fcntl", 0x8000, arguments(3, 3)),
			`fcntl(3, 0x3)`, "0x8000 (flags O_RDONLY|O_LARGEFILE)", `fcntl(3, 0x3 /* F_GETFL */)`, "0x8000 (flags O_RDONLY|O_LARGEFILE)"},
		{made(t, amd64, "fcntl", 1, arguments(3, 1)),
			`fcntl(3, 0x1)`, "0x1 (flags 0x1)", `fcntl(3, 0x1 /* F_GETFD */)`, "0x1 (flags 0x1 /* FD_CLOEXEC */)"},
		{made(t, amd64, "fcntl", 0, arguments(3, 4, 0x8800)),
			`fcntl(3, 0x4, 0x8800)`, "0", `fcntl(3, 0x4 /* F_SETFL */, 0x8800 /* O_RDONLY|O_NONBLOCK|O_LARGEFILE */)`, "0"},
		{made(t, amd64, "fcntl", 0, arguments(3, 2, 0)),
			`fcntl(3, 0x2, 0)`, "0", `fcntl(3, 0x2 /* F_SETFD */, 0)`, "0"},
		{made(t, amd64, "fcntl", -22, arguments(3, 0x777, 9)),
			`fcntl(3, 0x777, 0x9)`, "-1 EINVAL (Invalid argument)", `fcntl(3, 0x777 /* F_??? */, 0x9)`, "-1 EINVAL (Invalid argument)"},
		{made(t, amd64, "mmap", here, arguments(0, 4096, 0, 0x80000022, minus(1), 0)),
			`mmap(NULL, 4096, 0, 0x80000022, -1, 0)`, "0x7ffe00000000", `mmap(NULL, 4096, 0 /* PROT_NONE */, 0x80000022 /* MAP_PRIVATE|MAP_ANONYMOUS|32<<MAP_HUGE_SHIFT */, -1, 0)`, "0x7ffe00000000"},
		{made(t, amd64, "mprotect", 0, arguments(here, 1, 0x105)),
			`mprotect(0x7ffe00000000, 1, 0x105)`, "0", `mprotect(0x7ffe00000000, 1, 0x105 /* PROT_READ|PROT_EXEC|0x100 */)`, "0"},
		{made(t, amd64, "rt_sigaction", 0, arguments(17, here, 0, 8), late(1, uint64(1), uint64(0x14000000), uint64(here), uint64(2))),
			`rt_sigaction(17, {sa_handler=0x1, sa_mask=[2], sa_flags=0x14000000, sa_restorer=0x7ffe00000000}, NULL, 8)`, "0",
			`rt_sigaction(17 /* SIGCHLD */, {sa_handler=0x1 /* SIG_IGN */, sa_mask=[2 /* INT */], sa_flags=0x14000000 /* SA_RESTORER|SA_RESTART */, sa_restorer=0x7ffe00000000}, NULL, 8)`, "0"},
		{made(t, amd64, "rt_sigprocmask", 0, arguments(0, here, 0, 8), late(1, ^uint64(0)&^(3<<31))),
			`rt_sigprocmask(0, ~[32 33], NULL, 8)`, "0", `rt_sigprocmask(0 /* SIG_BLOCK */, ~[32 /* RTMIN */ 33 /* RT_1 */], NULL, 8)`, "0"},
		{made(t, amd64, "kill", 0, arguments(1, 0)), `kill(1, 0)`, "0", `kill(1, 0)`, "0"},
		{made(t, amd64, "kill", 0, arguments(1, 17)), `kill(1, 17)`, "0", `kill(1, 17 /* SIGCHLD */)`, "0"},
		{made(t, amd64, "socket", 5, arguments(2, 0x80001, 6)),
			`socket(0x2, 0x1|0x80000, 0x6)`, "5", `socket(0x2 /* AF_INET */, 0x1 /* SOCK_STREAM */|0x80000 /* SOCK_CLOEXEC */, 0x6 /* IPPROTO_TCP */)`, "5"},
		{made(t, amd64, "socket", -22, arguments(0x63, 0x4d, 5)),
			`socket(0x63, 0x4d, 5)`, "-1 EINVAL (Invalid argument)", `socket(0x63 /* AF_??? */, 0x4d /* SOCK_??? */, 5)`, "-1 EINVAL (Invalid argument)"},
		{made(t, amd64, "connect", 0, arguments(5, here, 16), late(1, uint16(2), "\x00\x50\x7f\x00\x00\x01", 8)),
			`connect(5, {sa_family=0x2, sin_port="\x00\x50", sin_addr="\x7f\x00\x00\x01"}, 16)`, "0",
			`connect(5, {sa_family=0x2 /* AF_INET */, sin_port="\x00\x50" /* htons(80) */, sin_addr="\x7f\x00\x00\x01" /* inet_addr("127.0.0.1") */}, 16)`, "0"},
		{made(t, amd64, "connect", 0, arguments(5, here, 28), late(1, uint16(10), "\x00\x50", 24)),
			`connect(5, {sa_family=0xa, sin6_port="\x00\x50", sin6_flowinfo="\x00\x00\x00\x00", sin6_addr="\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", sin6_scope_id=0}, 28)`, "0",
			`connect(5, {sa_family=0xa /* AF_INET6 */, sin6_port="\x00\x50" /* htons(80) */, sin6_flowinfo="\x00\x00\x00\x00" /* htonl(0) */, sin6_addr="\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" /* inet_pton(AF_INET6, "::") */, sin6_scope_id=0}, 28)`, "0"},
		{made(t, amd64, "clone", 7, arguments(0x1200011, 0, 0, here, 0)),
			`clone(child_stack=NULL, flags=0x1200000|17, child_tidptr=0x7ffe00000000)`, "7",
			`clone(child_stack=NULL, flags=0x1200000 /* CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID */|17 /* SIGCHLD */, child_tidptr=0x7ffe00000000)`, "7"},
		{made(t, amd64, "wait4", 7, arguments(minus(1), here, 2, 0), late(1, uint32(9))),
			`wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}], 0x2, NULL)`, "7",
			`wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}], 0x2 /* WSTOPPED */, NULL)`, "7"},
		{made(t, amd64, "mknodat", -2, arguments(minus(100), here, 0o20644, 0x103), late(1, "/x")),
			`mknodat(-100, "/x", 020644, 0x103)`, "-1 ENOENT (No such file or directory)",
			`mknodat(-100 /* AT_FDCWD */, "/x", 020644 /* S_IFCHR|0644 */, 0x103 /* makedev(0x1, 0x3) */)`, "-1 ENOENT (No such file or directory)"},
		{made(t, amd64, "futex", 0, arguments(here, 0x81, 1)),
			`futex(0x7ffe00000000, 0x81, 1)`, "0", `futex(0x7ffe00000000, 0x81 /* FUTEX_WAKE_PRIVATE */, 1)`, "0"},
		{made(t, amd64, "ioctl", -25, arguments(0, 0x5401, here)),
			`ioctl(0, 0x5401, 0x7ffe00000000)`, "-1 ENOTTY (Inappropriate ioctl for device)", `ioctl(0, 0x5401 /* TCGETS */, 0x7ffe00000000)`, "-1 ENOTTY (Inappropriate ioctl for device)"},
		{made(t, amd64, "ioctl", -25, arguments(3, 0x12345, 0)),
			`ioctl(3, 0x12345, 0)`, "-1 ENOTTY (Inappropriate ioctl for device)", `ioctl(3, 0x12345 /* _IOC(_IOC_NONE, 0x23, 0x45, 0x1) */, 0)`, "-1 ENOTTY (Inappropriate ioctl for device)"},
		{made(t, amd64, "shmget", 2, arguments(0, 5, 0o1600)),
			`shmget(0, 5, 0x200|0600)`, "2", `shmget(0 /* IPC_PRIVATE */, 5, 0x200 /* IPC_CREAT */|0600)`, "2"},
		{made(t, amd64, "prlimit64", 0, arguments(0, 3, 0, here), late(3, uint64(8<<20), ^uint64(0))),
			`prlimit64(0, 0x3, NULL, {rlim_cur=8388608, rlim_max=18446744073709551615})`, "0",
			`prlimit64(0, 0x3 /* RLIMIT_STACK */, NULL, {rlim_cur=8388608 /* 8192*1024 */, rlim_max=18446744073709551615 /* RLIM64_INFINITY */})`, "0"},
		{made(t, amd64, "ioprio_get", 0, arguments(1, 0)),
			`ioprio_get(0x1, 0)`, "0", `ioprio_get(0x1 /* IOPRIO_WHO_PROCESS */, 0)`, "0 (IOPRIO_PRIO_VALUE(0 /* IOPRIO_CLASS_NONE */, 0))"},
		{made(t, amd64, "personality", 0, arguments(0xffffffff)), `personality(0xffffffff)`, "0 (0)", `personality(0xffffffff)`, "0 (0 /* PER_LINUX */)"},
	} {
		if got, want := printed(test.event, &Options{StringLimit: 64, Constants: ConstantsRaw}), line(test.raw, test.rawResult); got != want {
			t.Errorf("raw\ngot  %s\nwant %s", got, want)
		}
		if got, want := printed(test.event, &Options{StringLimit: 64, Constants: ConstantsBoth}), line(test.both, test.result); got != want {
			t.Errorf("both\ngot  %s\nwant %s", got, want)
		}
	}
}

// In the lines that are no calls a signal has its name in every style, its
// siginfo_t has not.
func TestConstantsOfSignals(t *testing.T) {
	info := bytes(uint32(17), 4, uint32(1), 4, uint32(7), uint32(0), uint32(3), 4, uint64(0), uint64(0))
	delivered := &event.Event{Record: &ring.Record{Type: ring.TypeSignal, TID: 10000, Signal: &ring.Signal{Number: 17, Info: info}}}
	killed := &event.Event{Record: &ring.Record{Type: ring.TypeExit, TID: 10000, Exit: &ring.Exit{Code: 9}}}
	for style, want := range map[Constants]string{
		ConstantsRaw:  "10000 --- SIGCHLD {si_signo=17, si_code=0x1, si_pid=7, si_uid=0, si_status=3, si_utime=0, si_stime=0} ---",
		ConstantsBoth: "10000 --- SIGCHLD {si_signo=17 /* SIGCHLD */, si_code=0x1 /* CLD_EXITED */, si_pid=7, si_uid=0, si_status=3, si_utime=0, si_stime=0} ---",
	} {
		if got := string(AppendEvent(nil, delivered, &Options{Constants: style})); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got, want := string(AppendEvent(nil, killed, &Options{Constants: style})), "10000 +++ killed by SIGKILL +++"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// What strace 6.1 printed of these strings with -x and with -xx.
func TestEscape(t *testing.T) {
	for _, test := range []struct{ text, plain, nonASCII, all string }{
		{"", `""`, `""`, `""`},
		{"plain\n\t\r\v\f\"\\", `"plain\n\t\r\v\f\"\\"`, `"plain\n\t\r\v\f\"\\"`, `"\x70\x6c\x61\x69\x6e\x0a\x09\x0d\x0b\x0c\x22\x5c"`},
		{"h\xc3\xa9llo\n", `"h\303\251llo\n"`, `"\x68\xc3\xa9\x6c\x6c\x6f\x0a"`, `"\x68\xc3\xa9\x6c\x6c\x6f\x0a"`},
		{"\x00\x01\x02", `"\0\1\2"`, `"\x00\x01\x02"`, `"\x00\x01\x02"`},
		{"\x00\x017", `"\0\0017"`, `"\x00\x01\x37"`, `"\x00\x01\x37"`},
		{"\x1b[0m", `"\33[0m"`, `"\x1b\x5b\x30\x6d"`, `"\x1b\x5b\x30\x6d"`},
		{"\x7f", `"\177"`, `"\x7f"`, `"\x7f"`},
	} {
		for escape, want := range map[Escape]string{EscapeNone: test.plain, EscapeNonASCII: test.nonASCII, EscapeAll: test.all} {
			if got := string(appendQuoted(nil, []byte(test.text), false, &Options{Escape: escape})); got != want {
				t.Errorf("%d of %q: %s, want %s", escape, test.text, got, want)
			}
		}
	}
	// Only what is shown decides.
	o := &Options{StringLimit: 4, Escape: EscapeNonASCII}
	if got, want := string(appendLimited(nil, []byte("text\xff"), false, o)), `"text"...`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// Names of files are strings too.
	e := made(t, syscalls.AMD64, "chdir", 0, arguments(0x1000), late(0, "/a"))
	if got, want := printed(e, &Options{Escape: EscapeAll}), line(`chdir("\x2f\x61")`, "0"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// As with strace -v, arrays are not cut, strings are.
func TestUnabbreviatedArrays(t *testing.T) {
	e := made(t, syscalls.AMD64, "execve", -2, arguments(0x1000, 0x2000, 0), late(0, "/x"), late(1, words("a", "bcd", "e")))
	for unabbreviated, want := range map[bool]string{
		false: `execve("/x", ["a", "bc"..., ...], NULL)`,
		true:  `execve("/x", ["a", "bc"..., "e"], NULL)`,
	} {
		if got := printed(e, &Options{StringLimit: 2, Unabbreviated: unabbreviated}); got != line(want, "-1 ENOENT (No such file or directory)") {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
