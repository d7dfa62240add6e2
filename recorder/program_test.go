package recorder_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// programs are the test programs that were compiled, by their commands.
var programs struct {
	directory string
	paths     map[string]string
}

// program compiles a program of testprogram/, once for all tests, and returns
// its path. Compile before a recording is attached, or it has the compiler's
// calls too.
func program(t *testing.T, name string, flags ...string) string {
	t.Helper()
	key := fmt.Sprint(name, flags)
	if path := programs.paths[key]; path != "" {
		return path
	}
	if programs.directory == "" {
		directory, err := os.MkdirTemp("", "traceloop-testprogram-")
		if err != nil {
			t.Fatal(err)
		}
		programs.directory = directory
		programs.paths = map[string]string{}
	}
	path := filepath.Join(programs.directory, fmt.Sprintf("%s%d", name, len(programs.paths)))
	arguments := append([]string{"-O1", "-pthread", "-o", path, filepath.Join("testprogram", name+".c")}, flags...)
	if output, err := exec.Command("gcc", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("gcc %v: %v\n%s", arguments, err, output)
	}
	programs.paths[key] = path
	return path
}

// tooLong is when a test stops waiting for what must happen.
const tooLong = 30 * time.Second

// eventually looks at a condition until it holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(tooLong); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", tooLong, what)
		}
		time.Sleep(time.Millisecond)
	}
}

// process is a test program that runs.
type process struct {
	*exec.Cmd
	input       io.WriteCloser
	output      *bufio.Reader
	errorOutput bytes.Buffer
	ended       bool
}

// run starts a program; it ends at the latest when the test does.
func run(t *testing.T, path string, arguments ...string) *process {
	t.Helper()
	return start(t, exec.Command(path, arguments...))
}

func start(t *testing.T, command *exec.Cmd) *process {
	t.Helper()
	p := &process{Cmd: command}
	command.Stderr = &p.errorOutput
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	p.input, p.output = input, bufio.NewReader(output)
	t.Cleanup(func() {
		if !p.ended {
			command.Process.Kill()
			command.Wait()
		}
		if p.errorOutput.Len() > 0 {
			t.Errorf("%q said: %s", command.Args, p.errorOutput.String())
		}
	})
	return p
}

func (p *process) pid() uint32 { return uint32(p.Process.Pid) }

// awaitReady waits until the program has said so often that it is ready.
func (p *process) awaitReady(t *testing.T, times int) {
	t.Helper()
	said := make([]byte, times)
	if n, err := io.ReadFull(p.output, said); err != nil {
		t.Fatalf("%q said %q and ended: %v", p.Args, said[:n], err)
	}
	if strings.Trim(string(said), "r") != "" {
		t.Fatalf("%q said %q instead of that it is ready", p.Args, said)
	}
}

// line returns the next line that the program says.
func (p *process) line(t *testing.T) string {
	t.Helper()
	text, err := p.output.ReadString('\n')
	if err != nil {
		t.Fatalf("%q said %q and ended: %v", p.Args, text, err)
	}
	return strings.TrimSpace(text)
}

// tell writes to the program's standard input; most programs go on with each byte.
func (p *process) tell(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(p.input, text); err != nil {
		t.Fatal(err)
	}
}

// step has the program do one thing and waits until it is done.
func (p *process) step(t *testing.T, text string) {
	t.Helper()
	p.tell(t, text)
	p.awaitReady(t, 1)
}

// wait closes the program's input and waits for its end, which must be as
// given: an exit status << 8, or a signal.
func (p *process) wait(t *testing.T, want syscall.WaitStatus) {
	t.Helper()
	p.input.Close()
	p.reap(t, want)
}

// reap waits for the end of a program whose input stays open.
func (p *process) reap(t *testing.T, want syscall.WaitStatus) {
	t.Helper()
	rest, _ := io.ReadAll(p.output)
	p.ended = true
	var failed *exec.ExitError
	if err := p.Wait(); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	if got := p.ProcessState.Sys().(syscall.WaitStatus); got&^0x80 != want {
		t.Fatalf("%q ended with status %#x, want %#x; it said %q %s", p.Args, got, want, rest, p.errorOutput.String())
	}
}

// awaitInCall waits until a task is asleep in a system call of a number.
func awaitInCall(t *testing.T, pid, tid uint32, number int) {
	t.Helper()
	eventually(t, fmt.Sprintf("task %d is in system call %d", tid, number), func() bool {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/syscall", pid, tid))
		return err == nil && strings.HasPrefix(string(text), fmt.Sprint(number, " "))
	})
}

// awaitState waits until a process is in a state, a letter of proc(5).
func awaitState(t *testing.T, pid uint32, state string) {
	t.Helper()
	eventually(t, fmt.Sprintf("process %d is in state %s", pid, state), func() bool {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, rest, _ := strings.Cut(string(text), ") ")
		return err == nil && strings.HasPrefix(rest, state)
	})
}
