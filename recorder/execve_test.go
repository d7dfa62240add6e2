package recorder_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"traceloop/event"
	"traceloop/ring"
)

func errno(number unix.Errno) int64 { return -int64(number) }

// execves returns the calls of execve, the one that starts the program first.
func execves(h *event.History) []*event.Event { return callsNamed(h, "execve") }

// pathOf is what the history says that a call's path was; "-" for none.
func pathOf(e *event.Event, argument int) string {
	capture := e.Capture(argument, true)
	if capture == nil {
		capture = e.Capture(argument, false)
	}
	if capture == nil {
		return "-"
	}
	return string(capture.Data)
}

func argumentsOf(e *event.Event) []string {
	return strings.Split(strings.TrimSuffix(string(e.Exec.Arguments), "\x00"), "\x00")
}

func TestChildIsRecordedFromItsExecve(t *testing.T) {
	path := program(t, "execution")
	h, p := record(t, roomy, path, "done", "more")
	first := &h.Events[0]
	if first.Type != ring.TypeCall || first.Name() != "execve" || first.TID != p.pid() {
		t.Errorf("the first event is not the execve of %d: %s", p.pid(), describe([]*event.Event{first}))
	}
	same(t, "path", pathOf(first, 0), path)
	exec := one(t, "exec", ofType(h, ring.TypeExec))
	same(t, "new image's path", exec.Exec.Path, path)
	same(t, "new image's arguments", argumentsOf(exec), []string{path, "done", "more"})
	same(t, "argc", exec.Exec.Argc, uint32(3))
	same(t, "envc", exec.Exec.Envc, uint32(len(os.Environ())))
	same(t, "marks", marks(h, 1), []int64{3})
	last := &h.Events[len(h.Events)-1]
	if last.Type != ring.TypeExit || last.Exit.Code != 0 {
		t.Errorf("the last event is not the process's end: %s", describe([]*event.Event{last}))
	}
}

// A literal of a fresh program is on no page when execve reads it, and gone
// when it has succeeded.
func TestSuccessfulExecveShowsColdPathAndArguments(t *testing.T) {
	h, _ := record(t, roomy, program(t, "execution"), "cold success")
	calls := execves(h)
	if len(calls) != 2 {
		t.Fatalf("execve: %s", describe(calls))
	}
	same(t, "path", pathOf(calls[1], 0), "/proc/self/exe")
	same(t, "return", calls[1].Call.Return, int64(0))
	execs := ofType(h, ring.TypeExec)
	if len(execs) != 2 {
		t.Fatalf("there are %d execs", len(execs))
	}
	same(t, "new image's path", execs[1].Exec.Path, "/proc/self/exe")
	same(t, "new image's arguments", argumentsOf(execs[1]), []string{"renamed", "done", "third"})
	same(t, "marks", marks(h, 1), []int64{3})
}

// What a failed execve was given is where it was. The kernel has looked at the
// path by then, and at the arguments if the file was there at all.
func TestFailedExecveShowsPathAndArguments(t *testing.T) {
	path := program(t, "execution")
	noProgram := filepath.Join(t.TempDir(), "no-program")
	if err := os.WriteFile(noProgram, []byte("neither ELF nor a script\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		scene, path string
		want        unix.Errno
	}{
		{"cold path", "/nonexistent/program", unix.ENOENT},
		{"cold arguments", noProgram, unix.ENOEXEC},
	} {
		t.Run(test.scene, func(t *testing.T) {
			h, _ := record(t, roomy, path, test.scene, test.path)
			calls := execves(h)
			if len(calls) != 2 {
				t.Fatalf("execve: %s", describe(calls))
			}
			same(t, "return", calls[1].Call.Return, errno(test.want))
			same(t, "path", pathOf(calls[1], 0), test.path)
			for _, capture := range calls[1].Call.Captures {
				if capture.Argument == 1 {
					same(t, "argv", vector(t, capture.Data), []string{"one", "two"})
					same(t, "argv is cut", capture.Truncated, false)
					return
				}
			}
			t.Error("argv was not captured")
		})
	}
}

// After a success the addresses that execve was given are those of another
// program: what stands there must not be shown.
func TestExecveNeverShowsTheNewImagesMemory(t *testing.T) {
	stranger := program(t, "stranger", "-static", "-nostdlib", "-no-pie", "-Wl,-Tdata=0x10000000")
	path := program(t, "execution")
	r := attachChildren(t, roomy)
	run(t, path, "collision", stranger).wait(t, 0)
	h := history(t, r, t.Name())
	calls := execves(h)
	if len(calls) != 2 {
		t.Fatalf("execve: %s", describe(calls))
	}
	same(t, "path", pathOf(calls[1], 0), stranger)
}

// A success must count no failure either: nothing went wrong.
func TestExecveOfColdStringsCountsNothingReadInTheNewImage(t *testing.T) {
	path := program(t, "execution")
	r := attachChildren(t, roomy)
	before := snapshot(t, r, t.Name())
	run(t, path, "cold success").wait(t, 0)
	after := snapshot(t, r, t.Name())
	// Two cold strings and a cold vector may fail at the entry; reading the
	// same addresses in the image that took their place may not be tried.
	for _, place := range []string{"read a string of a task", "read a vector of a task"} {
		if n := failuresAt(after, place) - failuresAt(before, place); n > 1 {
			t.Errorf("%s failed %d times", place, n)
		}
	}
}

func TestLongArguments(t *testing.T) {
	path := program(t, "execution")
	for _, test := range []struct {
		name, path string
		arguments  int
		want       int64
	}{
		{"success", path, 200, 0},
		{"failure", "/nonexistent", 200, errno(unix.ENOENT)},
		{"failure of as many as are kept", "/nonexistent", 32, errno(unix.ENOENT)},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, _ := record(t, roomy, path, "many", test.path, strconv.Itoa(test.arguments))
			var want []string
			for i := range test.arguments {
				want = append(want, fmt.Sprintf("argument%02d", i))
			}
			want[1] = "done"
			call := execves(h)[1]
			same(t, "return", call.Call.Return, test.want)
			same(t, "path", pathOf(call, 0), test.path)
			if test.want == 0 {
				exec := ofType(h, ring.TypeExec)[1]
				same(t, "argc", exec.Exec.Argc, uint32(test.arguments))
				all := strings.Join(want, "\x00") + "\x00"
				if got := string(exec.Exec.Arguments); len(got) < 1000 || !strings.HasPrefix(all, got) {
					t.Errorf("the new image's arguments are %q", got)
				}
				return
			}
			for _, capture := range call.Call.Captures {
				if capture.Argument == 1 {
					kept := want[:min(len(want), ring.VectorLimit)]
					same(t, "argv", vector(t, capture.Data), kept)
					same(t, "argv is cut", capture.Truncated, len(kept) < len(want))
					return
				}
			}
			t.Error("argv was not captured")
		})
	}
}

func TestScriptsExecve(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh -e\nexit 0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	h, _ := record(t, roomy, program(t, "execution"), "script", script)
	call := execves(h)[1]
	same(t, "path", pathOf(call, 0), script)
	same(t, "return", call.Call.Return, int64(0))
	exec := ofType(h, ring.TypeExec)[1]
	same(t, "new image's path", exec.Exec.Path, script)
	same(t, "new image's arguments", argumentsOf(exec), []string{"/bin/sh", "-e", script, "with", "arguments"})
}

// The thread takes over the leader's thread ID in its execve: the call is
// still its own, under the number that it had.
func TestExecveByAnotherThread(t *testing.T) {
	path := program(t, "execution")
	r := attachChildren(t, roomy)
	p := run(t, path, "by thread")
	thread, err := strconv.Atoi(p.line(t))
	if err != nil {
		t.Fatal(err)
	}
	const pauseOnAMD64 = 34 // arm64 has no unix.SYS_PAUSE, and this file is vetted for it too
	awaitInCall(t, p.pid(), p.pid(), pauseOnAMD64)
	p.tell(t, "x")
	p.wait(t, 0)
	h := history(t, r, t.Name())

	calls := execves(h)
	if len(calls) != 2 {
		t.Fatalf("execve: %s", describe(calls))
	}
	call := calls[1]
	same(t, "thread of the execve", call.TID, uint32(thread))
	same(t, "process of the execve", call.Task.PID, p.pid())
	same(t, "state", call.Call.State, ring.StateReturned)
	same(t, "return", call.Call.Return, int64(0))
	same(t, "path", pathOf(call, 0), "/proc/self/exe")
	exec := ofType(h, ring.TypeExec)[1]
	same(t, "thread that called execve", exec.Exec.OldTID, uint32(thread))
	same(t, "thread after the execve", exec.TID, p.pid())
	// The leader was in a call that never returned.
	pause := one(t, "pause", callsNamed(h, "pause"))
	same(t, "thread of the pause", pause.TID, p.pid())
	same(t, "state of the pause", pause.Call.State, ring.StateUnfinished)
	mark := one(t, "mark", those(h, isMark))
	same(t, "thread of the new image", mark.TID, p.pid())
	// Of each task there is one end: the old leader's, and the new one's.
	same(t, "ends", len(ofType(h, ring.TypeExit)), 2)
}
