package recorder_test

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"traceloop/recorder"
	"traceloop/ring"
)

func capturing(level recorder.Capture) recorder.Options {
	options := roomy
	options.Capture = level
	return options
}

// What a recording is not to have is nowhere in it.
func TestCaptureLevels(t *testing.T) {
	path := program(t, "secrets")
	for _, test := range []struct {
		name             string
		level            recorder.Capture
		payload, strings bool
	}{
		{"all", recorder.CaptureAll, true, true},
		{"strings", recorder.CaptureStrings, false, true},
		{"paths", recorder.CapturePaths, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := attachChildren(t, capturing(test.level))
			run(t, path, "secrets").wait(t, 0)
			s := snapshot(t, r, t.Name())
			h := decode(t, s)
			same(t, "marks", marks(h, 1), []int64{1})
			if test.payload != hasBytes(s, "PAYLOAD") {
				t.Errorf("the recording has contents of buffers: %t", !test.payload)
			}
			if test.strings != hasBytes(s, "STRINGS") {
				t.Errorf("the recording has strings that are no paths: %t", !test.strings)
			}
			for _, e := range h.Events {
				for _, c := range e.Call.Captures {
					if !test.payload && strings.Contains(string(c.Data), "PAYLOAD") || !test.strings && strings.Contains(string(c.Data), "STRINGS") {
						t.Errorf("%s, argument %d, part %d, has %q", e.Name(), c.Argument, c.Part, c.Data)
					}
				}
				if e.Type == ring.TypeExec && !test.strings && len(e.Exec.Arguments) != 0 {
					t.Errorf("an exec has the arguments %q", e.Exec.Arguments)
				}
			}
			// Paths, structs and numbers remain.
			open := one(t, "openat", callsWith(h, "openat", 2, 0)[len(callsWith(h, "openat", 2, 0))-1:])
			same(t, "path", pathOf(open, 1), "/dev/null/path")
			calls := execves(h)
			same(t, "path of an execve that fails", pathOf(calls[1], 0), "/dev/null/path")
			same(t, "path of an execve", pathOf(calls[2], 0), "/proc/self/exe")
			same(t, "variables", firstCapture(calls[1], 2), "\x01\x00\x00\x00")
			message := one(t, "sendmsg", callsNamed(h, "sendmsg"))
			same(t, "length of a struct", len(firstCapture(message, 1)), 56)
		})
	}
}

// A call that is going on is read by other means.
func TestCaptureLevelsOfCallsInFlight(t *testing.T) {
	path := program(t, "secrets")
	for _, test := range []struct {
		name    string
		level   recorder.Capture
		payload bool
	}{
		{"all", recorder.CaptureAll, true},
		{"strings", recorder.CaptureStrings, false},
		{"paths", recorder.CapturePaths, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := attachChildren(t, capturing(test.level))
			p := run(t, path, "blocked")
			p.awaitReady(t, 1)
			awaitInCall(t, p.pid(), p.pid(), unix.SYS_WRITE)
			s := snapshot(t, r, t.Name())
			if got := hasBytes(s, "PAYLOAD"); got != test.payload {
				t.Errorf("the recording has contents of buffers: %t", got)
			}
			one(t, "write", callsWith(decode(t, s), "write", 2, 1<<20))
		})
	}
}

// What one recording is not to have it has not because another one has it.
func TestCaptureLevelsOfTwoRecordings(t *testing.T) {
	path := program(t, "secrets")
	r := sharedRecorder(t)
	attach(t, r, t.Name()+" all", recorder.Children(os.Getpid()), capturing(recorder.CaptureAll))
	attach(t, r, t.Name()+" paths", recorder.Children(os.Getpid()), capturing(recorder.CapturePaths))
	run(t, path, "secrets").wait(t, 0)
	all, paths := snapshot(t, r, t.Name()+" all"), snapshot(t, r, t.Name()+" paths")
	if !hasBytes(all, "PAYLOAD") {
		t.Error("the recording of all has no contents of buffers")
	}
	if hasBytes(paths, "PAYLOAD") || hasBytes(paths, "STRINGS") {
		t.Error("the recording of paths has more")
	}
}

func TestCaptureLevelsThatThereAreNot(t *testing.T) {
	r := sharedRecorder(t)
	for _, level := range []recorder.Capture{recorder.CapturePaths + 1, 255} {
		err := r.Attach(t.Name(), recorder.Children(os.Getpid()), capturing(level))
		if err == nil {
			r.Delete(t.Name())
		}
		if err == nil || !strings.Contains(err.Error(), "CapturePaths") {
			t.Errorf("level %d: %v", level, err)
		}
	}
}
