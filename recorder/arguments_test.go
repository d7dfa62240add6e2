package recorder_test

import (
	"encoding/binary"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"traceloop/event"
	"traceloop/ring"
)

// variablesOf is how many variables the history says that an execve gave; -1 if it does not.
func variablesOf(e *event.Event) int {
	if data := firstCapture(e, 2); len(data) == 4 {
		return int(binary.LittleEndian.Uint32([]byte(data)))
	}
	return -1
}

func TestEnormousArguments(t *testing.T) {
	path := program(t, "execution")
	for _, test := range []struct {
		name            string
		arguments       []string
		path            string
		argc, variables int
		want            int64
	}{
		{"ten thousand", []string{"many", path, "10000", "3"}, path, 10000, 3, 0},
		{"ten thousand for nothing", []string{"many", "/nonexistent", "10000", "3"}, "/nonexistent", 0, 3, errno(unix.ENOENT)},
		{"a megabyte", []string{"large", path}, path, 10, 3, 0},
		{"a megabyte for nothing", []string{"large", "/nonexistent"}, "/nonexistent", 0, 3, errno(unix.ENOENT)},
		{"five hundred variables", []string{"many", path, "5", "500"}, path, 5, 500, 0},
		{"two thousand variables", []string{"many", path, "5", "2000"}, path, 5, 2000, 0},
		{"two thousand variables for nothing", []string{"many", "/nonexistent", "5", "2000"}, "/nonexistent", 0, 2000, errno(unix.ENOENT)},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, _ := record(t, roomy, path, test.arguments...)
			calls := execves(h)
			if len(calls) != 2 {
				t.Fatalf("execve: %s", describe(calls))
			}
			same(t, "return", calls[1].Call.Return, test.want)
			same(t, "path", pathOf(calls[1], 0), test.path)
			if test.want != 0 {
				if argv := calls[1].Capture(1, false); argv == nil {
					t.Error("argv was not captured")
				} else if len(vector(t, argv.Data)) < 5 {
					t.Errorf("argv is %q", vector(t, argv.Data))
				}
				same(t, "variables", variablesOf(calls[1]), test.variables)
				return
			}
			exec := ofType(h, ring.TypeExec)[1]
			same(t, "argc", exec.Exec.Argc, uint32(test.argc))
			same(t, "envc", exec.Exec.Envc, uint32(test.variables))
			if len(exec.Exec.Arguments) > 1024 {
				t.Errorf("the new image's arguments have %d bytes", len(exec.Exec.Arguments))
			}
			same(t, "marks", marks(h, 1), []int64{int64(test.argc)})
			same(t, "variables", variablesOf(calls[1]), test.variables)
		})
	}
}

func TestHostileVectorsOfAnExecve(t *testing.T) {
	path := program(t, "execution")
	r := attachChildren(t, roomy)
	before := snapshot(t, r, t.Name())
	run(t, path, "hostile", path).wait(t, 0)
	after := snapshot(t, r, t.Name())
	h := decode(t, after)
	calls := execves(h)
	if len(calls) != 6 {
		t.Fatalf("execve: %s", describe(calls))
	}
	argv := func(e *event.Event) []string {
		if c := e.Capture(1, false); c != nil {
			return vector(t, c.Data)
		}
		return nil
	}
	fault := errno(unix.EFAULT)
	bad := binary.LittleEndian.AppendUint64(nil, kernel)
	same(t, "argv with a pointer into the kernel", argv(calls[1]), []string{"good", string(bad), "never"})
	same(t, "variables of no vector", variablesOf(calls[1]), -1)
	// A vector that does not end, whose last string does not either.
	if got := argv(calls[2]); len(got) != 2 || got[0] != "at the end" || len(got[1]) != 8 {
		t.Errorf("argv at the memory's end: %q", got)
	}
	if c := calls[2].Capture(1, false); c != nil && !c.Truncated {
		t.Error("argv at the memory's end seems to be whole")
	}
	same(t, "argv nowhere", argv(calls[3]), []string(nil))
	same(t, "variables in the kernel", variablesOf(calls[3]), -1)
	same(t, "path in the kernel", pathOf(calls[4], 0), "-")
	for _, e := range calls[4:] {
		if got := argv(e); len(got) != 1 || len(got[0]) == 0 || len(got[0]) > 8 {
			t.Errorf("a vector that leads to itself: %q", got)
		}
		same(t, "variables of a vector that leads to itself", variablesOf(e), 1)
	}
	for i, want := range []int64{0, fault, fault, fault, fault, errno(unix.EACCES)} {
		same(t, "return of execve "+strconv.Itoa(i), calls[i].Call.Return, want)
	}
	if n := failuresAt(after, "read a string of a task") - failuresAt(before, "read a string of a task"); n < 3 {
		t.Errorf("of the strings that could not be read %d are counted", n)
	}
}
