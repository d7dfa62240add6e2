package main

import (
	"context"
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"traceloop/ring"
)

// TestPart runs the quick workloads, which need what other tests need anyway.
func TestPart(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("recording takes root")
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("the programs make calls that only amd64 has")
	}
	o := options{only: regexp.MustCompile(""), part: "ci"}
	results, err := runAll(context.Background(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + textReport(results))
	for _, missed := range goalsOf(o.mode).missed(results) {
		t.Error(missed)
	}
	if t.Failed() {
		t.Log("\n" + classesText(results))
	}
}

func texts(lines []line) []string {
	var all []string
	for _, l := range lines {
		all = append(all, l.text)
	}
	return all
}

func TestParseLog(t *testing.T) {
	log := `10    read(3,  <unfinished ...>
11    close(3 <unfinished ...>
11    <... close resumed>)              = 0
10    <... read resumed>"a  b", 10)     = 4
10    write(1, "x  <unfinished ...>", 5)          = 5
10    --- SIGCHLD {si_signo=SIGCHLD} ---
10    futex(0x1, FUTEX_WAIT, 0, NULL <unfinished ...>
11    nanosleep({tv_sec=1},  <unfinished ...>) = ?
10    <... futex resumed>)              = ?
10    +++ exited with 0 +++
11    pause( <unfinished ...>
12    [ Process PID=12 runs in 32 bit mode. ]
`
	lines := parseLog(log)
	want := []string{
		`read(3, "a  b", 10) = 4`, `close(3) = 0`, `write(1, "x  <unfinished ...>", 5) = 5`,
		`--- SIGCHLD {si_signo=SIGCHLD} ---`, `futex(0x1, FUTEX_WAIT, 0, NULL) = ?`, `nanosleep({tv_sec=1},) = ?`,
		`+++ exited with 0 +++`, `pause( <unfinished ...>`,
	}
	if diff := cmp.Diff(want, texts(lines)); diff != "" {
		t.Error(diff)
	}
	if lines[1].thread != 11 || lines[1].name != "close" || lines[3].name != signalName || lines[6].name != endName {
		t.Errorf("threads or names are wrong: %+v", lines)
	}
}

func TestExecveOfAnotherThread(t *testing.T) {
	lines := parseLog(`20    execve("/bin/echo", ["echo"], 0x1 <unfinished ...>
19    pause( <unfinished ...>
19    +++ superseded by execve in pid 20 +++
19    <... execve resumed>)             = 0
19    brk(NULL)                         = 0x1
`)
	want := []string{`execve("/bin/echo", ["echo"], 0x1) = 0`, `pause( <unfinished ...>`, `+++ superseded by execve in pid 20 +++`, `brk(NULL) = 0x1`}
	if diff := cmp.Diff(want, texts(lines)); diff != "" {
		t.Error(diff)
	}
}

const someLog = `7     execve("/bin/true", ["true"], 0x1 /* 2 vars */) = 0
7     openat(AT_FDCWD, "a", O_RDONLY) = 3
7     read(3, "1", 10)                  = 1
8     getpid()                          = 7
7     read(3, "2", 10)                  = 1
7     read(3, "", 10)                   = 0
7     close(3)                          = 0
8     +++ exited with 0 +++
7     exit_group(0)                     = ?
7     +++ exited with 0 +++
`

func TestCompareSame(t *testing.T) {
	c := compare(parseLog(someLog), parseLog(someLog))
	if n := c.count(); n.identical != 10 || n.lines != 10 || n.share() != 1 {
		t.Errorf("%+v", n)
	}
}

// TestCompareChanged changes the log in one place: only what was changed may
// differ.
func TestCompareChanged(t *testing.T) {
	for _, test := range []struct {
		name, old, new string
		want           counts
	}{
		{"text", `read(3, "2", 10) `, `read(3, "3", 10) `, counts{lines: 10, identical: 9}},
		{"bare", `"a", O_RDONLY`, `"a", 0`, counts{lines: 10, identical: 9, bare: 1}},
		{"missing", "7     read(3, \"1\", 10)                  = 1\n", "", counts{lines: 10, identical: 9, onlyTheirs: 1}},
		{"more", "7     close(3)", "7     dup(3) = 4\n7     close(3)", counts{lines: 11, identical: 10, onlyOurs: 1}},
		{"another call", "getpid", "getppid", counts{lines: 11, identical: 9, onlyTheirs: 1, onlyOurs: 1}},
		{"a thread gone", "8     getpid()                          = 7\n", "", counts{lines: 10, identical: 9, onlyTheirs: 1}},
		{"spaces in a string", `"/bin/true"`, `"/bin/true  "`, counts{lines: 10, identical: 9}},
		{"spaces elsewhere", `, 10)                  = 1`, `, 10) = 1`, counts{lines: 10, identical: 10}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if !strings.Contains(someLog, test.old) {
				t.Fatal("nothing changed")
			}
			c := compare(parseLog(someLog), parseLog(strings.Replace(someLog, test.old, test.new, 1)))
			if got := c.count(); got != test.want {
				t.Errorf("%+v, want %+v\n%s", got, test.want, differencesText(c.differences))
			}
		})
	}
}

func TestCompareNothingInCommon(t *testing.T) {
	c := compare(parseLog(someLog), nil)
	if n := c.count(); n.identical != 0 || n.onlyTheirs != 10 {
		t.Errorf("%+v", n)
	}
	if missed := goalsOf(modePlain).missed([]result{{workload: &workload{name: "some"}, comparison: c}}); len(missed) != 2 {
		t.Errorf("missed goals are %q", missed)
	}
	if missed := goalsOf(modePlain).missed(nil); len(missed) == 0 {
		t.Error("no results, and no goal is missed")
	}
}

func TestBare(t *testing.T) {
	for _, test := range []struct {
		theirs, ours string
		want         bool
	}{
		{`f({a=1}) = 0`, `f(0x1) = 0`, true},
		{`f(1, [{a={b="x"}, c=1}]) = 0`, `f(1, [{a=0x5, c=1}]) = 0`, true},
		{`f(1, NAME) = 0`, `f(1, 5) = 0`, true},
		{`f(1, NAME) = 0`, `f(1, OTHER) = 0`, false},
		{`f(7) = 0`, `f(8) = 0`, false},
		{`f(0x10 /* F_??? */) = 0`, `f(0x10) = 0`, false},
		{`f(1) = 0x1 (flags X)`, `f(1) = 0x1`, true},
		{`f(1) = 3</a>`, `f(1) = 3`, true},
		{`f(3</a>) = 0`, `f(3) = 0`, true},
		{`f(1) = 30`, `f(1) = 3`, false},
		{`f("a", {b, c}) = 0`, `f("a", {b, 0x1}) = 0`, true},
		{`f({a=1, ...}) = 0`, `f({a=1, b=2}) = 0`, false},
		{`f("x, 5") = 0`, `f("x, y") = 0`, false},
	} {
		if got := isBare(test.theirs, test.ours); got != test.want {
			t.Errorf("isBare(%q, %q) = %v", test.theirs, test.ours, got)
		}
	}
}

func TestNature(t *testing.T) {
	for _, test := range []struct {
		theirs, ours string
		want         string
	}{
		{"1 nanosleep({tv_sec=1},  <unfinished ...>) = ?\n1 +++ exited with 0 +++\n", "1 nanosleep({tv_sec=1}, NULL) = 0\n1 +++ exited with 0 +++\n", natures[0].name},
		{"1 kill(5, SIGKILL) = ?\n1 +++ killed by SIGKILL +++\n", "1 kill(5, SIGKILL) = 0\n1 +++ killed by SIGKILL +++\n", natures[0].name},
		{"1 +++ exited with 0 +++\n", "1 pause() = -1 ENOSYS (Function not implemented)\n1 +++ exited with 0 +++\n", natures[0].name},
		{"1 exit_group(0 <unfinished ...>\n1 +++ exited with 0 +++\n", "1 pause() = -1 ENOSYS (Function not implemented)\n1 +++ exited with 0 +++\n", natures[0].name},
		{"1 exit_group(0 <unfinished ...>\n1 +++ exited with 0 +++\n", "1 +++ exited with 0 +++\n", ""},
		{"1 +++ exited with 0 +++\n", "1 pause() = 0\n1 +++ exited with 0 +++\n", ""},
		{"1 nanosleep({tv_sec=1},  <unfinished ...>) = ?\n1 +++ exited with 0 +++\n", "1 nanosleep({tv_sec=2}, NULL) = 0\n1 +++ exited with 0 +++\n", ""},
		{"1 nanosleep({tv_sec=1},  <unfinished ...>) = ?\n1 +++ exited with 0 +++\n", "1 nanosleep({tv_sec=1}, NULL) = ?\n1 +++ exited with 0 +++\n", ""},
		{"1 pause( <unfinished ...>) = ?\n1 getpid() = 1\n", "1 pause() = 0\n1 getpid() = 1\n", ""},
		{"1 --- stopped by SIGSTOP ---\n", "", natures[1].name},
		{"1 --- SIGSTOP {si_signo=SIGSTOP} ---\n", "", ""},
		{"1 f(if_nametoindex(\"lo\"), {i=if_nametoindex(\"lo\")}, 3) = 0\n", "1 f(1, {i=1}, 3) = 0\n", natures[2].name},
		{"1 f(if_nametoindex(\"lo\"), 3) = 0\n", "1 f(1, 4) = 0\n", ""},
		{"1 f(5) = 0\n", "1 f(1) = 0\n", ""},
		{"1 f(0x4c /* SO_??? */) = 0\n", "1 f(SO_PASSPIDFD) = 0\n", natures[3].name},
		{"1 f(STATX_TYPE|0x1c000, 3) = 0\n", "1 f(STATX_TYPE|STATX_SUBVOL|STATX_MNT_ID_UNIQUE|0x10000, 3) = 0\n", natures[3].name},
		{"1 f(STATX_TYPE|0xc001, 3) = 0\n", "1 f(STATX_TYPE|STATX_SUBVOL|STATX_MNT_ID_UNIQUE, 3) = 0\n", ""},
		{"1 f(0x4c /* SO_??? */) = 0\n", "1 f(SO_PASSPIDFD) = 1\n", ""},
		{"1 f(0x4b /* SO_??? */) = 0\n", "1 f(SO_PASSPIDFD) = 0\n", ""},
		{"1 fcntl(3</a>, 0x40c /* F_??? */, 0x7fff) = 0\n", "1 fcntl(3</a>, F_SET_RW_HINT, [RWH_WRITE_LIFE_SHORT]) = 0\n", natures[3].name},
		{"1 fcntl(3</a>, 0x40b /* F_??? */, 0x7fff) = 0\n", "1 fcntl(3</a>, F_SET_RW_HINT, [RWH_WRITE_LIFE_SHORT]) = 0\n", ""},
		{"1 fcntl(4</a>, 0x40c /* F_??? */, 0x7fff) = 0\n", "1 fcntl(3</a>, F_SET_RW_HINT, [RWH_WRITE_LIFE_SHORT]) = 0\n", ""},
		{"1 open(\"" + strings.Repeat("a", 4095) + "\"..., 0) = -1\n", "1 open(\"" + strings.Repeat("a", ring.PathLimit) + "\"..., 0) = -1\n", natures[4].name},
		{"1 open(\"" + strings.Repeat("a", 4095) + "\"..., 0) = -1\n", "1 open(\"" + strings.Repeat("a", ring.PathLimit) + "\"..., 1) = -1\n", ""},
		{"1 open(\"aaaa\") = -1\n", "1 open(\"aa\"...) = -1\n", ""},
		{"1 recv(3, [{nlmsg_len=40}, {a=5, ifi_index=if_nametoindex(\"x\"), b=6}], 7) = 80\n", "1 recv(3, [{nlmsg_len=40}, {a=5, ifi_index=3, ...}], 7) = 80\n", natures[4].name},
		{"1 recv(3, [{nlmsg_len=40}, {a=5}], 7) = 40\n", "1 recv(3, [{nlmsg_len=40}, {...}], 7) = 40\n", ""},
		{"1 recv(3, [{nlmsg_len=40}, {a=5}], 7) = 80\n", "1 recv(3, [{nlmsg_len=40}, {a=4, ...}], 7) = 80\n", ""},
		{"1 execve(\"a\", [\"b\"" + strings.Repeat(", \"b\"", ring.VectorLimit) + "], 0x1) = 0\n", "1 execve(\"a\", [" + strings.Repeat("\"b\", ", ring.VectorLimit) + "...], 0x1) = 0\n", natures[4].name},
		{"1 execve(\"a\", [\"b\", \"b\"], 0x1) = 0\n", "1 execve(\"a\", [\"b\", ...], 0x1) = 0\n", ""},
		{"1 clone3({a=1} => {parent_tid=[0]}, 88) = 7\n", "1 clone3({a=1} => {parent_tid=[7]}, 88) = 7\n", natures[5].name},
		{"1 clone3({a=1} => {parent_tid=[8]}, 88) = 7\n", "1 clone3({a=1} => {parent_tid=[7]}, 88) = 7\n", ""},
		{"1 f({mr_ifindex=if_nametoindex(\"lo\"), mr_alen=0, mr_address=01:02}) = 0\n", "1 f({mr_ifindex=1, mr_alen=0, mr_address=00:00}) = 0\n", natures[6].name},
		{"1 msgrcv(6, {mtype=5, mtext=\"one\\0\\0\"}, 5, 0, 0) = 3\n", "1 msgrcv(6, {mtype=5, mtext=\"one\"}, 5, 0, 0) = 3\n", natures[7].name},
		{"1 msgrcv(6, {mtype=5, mtext=\"two\\0\\0\"}, 5, 0, 0) = 3\n", "1 msgrcv(6, {mtype=5, mtext=\"one\"}, 5, 0, 0) = 3\n", ""},
		{"1 f({mr_alen=2, mr_address=01:02}) = 0\n", "1 f({mr_alen=2, mr_address=01:03}) = 0\n", ""},
	} {
		c := compare(parseLog(test.theirs), parseLog(test.ours))
		if len(c.differences) == 0 {
			t.Errorf("%q and %q do not differ", test.theirs, test.ours)
		}
		for _, d := range c.differences {
			if d.nature != test.want {
				t.Errorf("%q and %q: nature %q, want %q", test.theirs, test.ours, d.nature, test.want)
			}
		}
	}
}

func TestDocument(t *testing.T) {
	path := t.TempDir() + "/document.md"
	if err := os.WriteFile(path, []byte("before\n<!-- fidelity:begin -->\nold\n<!-- fidelity:end -->\nafter\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := updateDocument(path, modePlain, "new\n"); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(path)
	if want := "before\n<!-- fidelity:begin -->\nnew\n<!-- fidelity:end -->\nafter\n"; string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
	if err := updateDocument(path, modePaths, "new\n"); err == nil {
		t.Error("a document without the markers was updated")
	}
}

// TestWorkloads checks the list: names are used as names of files and workloads
// of the part may not need what tests do not install.
func TestWorkloads(t *testing.T) {
	names := make(map[string]bool)
	for _, w := range workloads {
		if names[w.name] || w.name == "" || len(w.command) == 0 {
			t.Errorf("workload %q has no name, no command, or is there twice", w.name)
		}
		names[w.name] = true
	}
}
