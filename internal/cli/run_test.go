package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"traceloop/recording"
)

// patienceOfTests is when a test gives up: far more than anything takes.
const patienceOfTests = time.Minute

// programPath is the program under test. These tests run it for real, which takes
// root and a kernel that can record. Nearly all of their time goes into loading
// the BPF programs, a second of one CPU: hence they run in parallel, and those
// that only show a recording share one.
var programPath string

func TestMain(m *testing.M) {
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	directory, err := os.MkdirTemp("", "traceloop-cli-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(directory)
	// One test runs the program as another user.
	if err := os.Chmod(directory, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	programPath = filepath.Join(directory, "traceloop")
	build := exec.Command("go", "build", "-o", programPath, "traceloop/cmd/traceloop")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the program: %v\n%s", err, output)
		return 1
	}
	return m.Run()
}

// needRoot fails a test that cannot be carried out: skipping it would hide
// that nothing was tested.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("recording needs root: run the tests as root")
	}
}

// traceloop makes a command of the program under test.
func traceloop(t *testing.T, arguments ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patienceOfTests)
	t.Cleanup(cancel)
	command := exec.CommandContext(ctx, programPath, arguments...)
	// Messages of other languages, and locale files, are not what is tested.
	command.Env = append(os.Environ(), "LC_ALL=C")
	return command
}

type result struct {
	stdout, stderr string
	status         int
}

func finish(t *testing.T, command *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if command.Stdout == nil {
		command.Stdout = &stdout
	}
	command.Stderr = &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), command.ProcessState.ExitCode()}
}

func run(t *testing.T, arguments ...string) result {
	t.Helper()
	return finish(t, traceloop(t, arguments...))
}

// record runs traceloop run with its recording apart from the command's output.
func record(t *testing.T, arguments ...string) (recorded string, r result) {
	t.Helper()
	needRoot(t)
	file := filepath.Join(t.TempDir(), "output")
	r = run(t, append([]string{"run", "--output-file", file}, arguments...)...)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: %s", err, r.stderr)
	}
	return string(text), r
}

func wantIn(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func wantMatch(t *testing.T, text string, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		if !regexp.MustCompile("(?m)" + pattern).MatchString(text) {
			t.Errorf("nothing matches %q in\n%s", pattern, text)
		}
	}
}

func wantStatus(t *testing.T, r result, status int) {
	t.Helper()
	if r.status != status {
		t.Errorf("status %d, want %d: %s", r.status, status, r.stderr)
	}
}

func TestRunShowsWhyACommandFailed(t *testing.T) {
	t.Parallel()
	needRoot(t)
	r := run(t, "run", "-o", "strace", "--", "cat", "/nonexistent")
	wantStatus(t, r, 1)
	wantMatch(t, r.stdout,
		`\A\d+ +execve\(".*/cat", \["cat", "/nonexistent"\], .*\) = 0$`,
		`^\d+ +openat\(AT_FDCWD, "/nonexistent", O_RDONLY\) = -1 ENOENT \(No such file or directory\)$`,
		`^\d+ +exit_group\(1\) += \?\n\d+ +\+\+\+ exited with 1 \+\+\+\n\z`)
	if strings.Contains(r.stderr, "traceloop:") {
		t.Errorf("unexpected message: %s", r.stderr)
	}
	// One process, and nothing of ours before its execve.
	pid, _, _ := strings.Cut(r.stdout, " ")
	for line := range strings.Lines(r.stdout) {
		if !strings.HasPrefix(line, pid+" ") {
			t.Errorf("of another process than %s: %s", pid, line)
		}
	}
}

func TestRunExitsAsTheCommandDid(t *testing.T) {
	t.Parallel()
	needRoot(t)
	tests := []struct {
		script string
		status int
		line   string
	}{
		{"exit 0", 0, "+++ exited with 0 +++"},
		{"exit 7", 7, "+++ exited with 7 +++"},
		{"exit 255", 255, "+++ exited with 255 +++"},
		{"kill -TERM $$", 128 + 15, "+++ killed by SIGTERM +++"},
		// These end the recording too: a command's 2 is not a wrong command line.
		{"exit 2", 2, "+++ exited with 2 +++"},
		{"kill -KILL $$", 128 + 9, "+++ killed by SIGKILL +++"},
	}
	var scripts []string
	for _, test := range tests {
		process, err := startProgram("/bin/sh", []string{"sh", "-c", test.script})
		if err != nil {
			t.Fatal(err)
		}
		state, err := process.Wait()
		if err != nil {
			t.Fatal(err)
		}
		if got := statusOf(state); got != test.status {
			t.Errorf("%s: status %d, want %d", test.script, got, test.status)
		}
		scripts = append(scripts, "sh -c '"+test.script+"'")
	}
	// A shell says of some of its children how they ended.
	before := "exec 3>&2 2>/dev/null; " + strings.Join(scripts[:4], "; ") + "; exec 2>&3; "
	for _, test := range tests[4:] {
		recorded, r := record(t, "--", "sh", "-c", before+test.script)
		wantStatus(t, r, test.status)
		wantMatch(t, recorded, regexp.QuoteMeta(test.line)+`\n\z`)
		for _, child := range tests[:4] {
			wantIn(t, recorded, child.line)
		}
		if r.stdout != "" || r.stderr != "" {
			t.Errorf("unexpected output: %+v", r)
		}
	}
}

func TestRunWhatCannotRun(t *testing.T) {
	t.Parallel()
	needRoot(t)
	directory := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(directory, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	plain := write("plain", "#!/bin/sh\n", 0o644)
	text := write("text", "echo no first line\n", 0o755)
	orphan := write("orphan", "#!/nonexistent/interpreter\n", 0o755)
	for _, test := range []struct {
		command string
		status  int
		message string
	}{
		{"no-such-command", 127, "no-such-command: command not found"},
		{"/no/such/file", 127, "cannot run /no/such/file: no such file"},
		{plain + "/below", 127, "not a directory"},
		{"", 127, "empty"},
		{plain, 126, "permission denied"},
		{"plain", 126, "permission denied"}, // found by way of PATH
		{directory, 126, "is a directory"},
		{text, 126, "exec format error"},
		{orphan, 126, "interpreter"},
	} {
		t.Run(test.command, func(t *testing.T) {
			command := traceloop(t, "run", "--", test.command)
			command.Env = append(command.Env, "PATH="+os.Getenv("PATH")+":"+directory)
			r := finish(t, command)
			wantStatus(t, r, test.status)
			wantIn(t, r.stderr, "traceloop: ", test.message)
			if r.stdout != "" {
				t.Errorf("printed %s", r.stdout)
			}
		})
	}
}

func TestRunFindsCommandInRelativePath(t *testing.T) {
	t.Parallel()
	needRoot(t)
	directory := t.TempDir()
	if err := os.WriteFile(filepath.Join(directory, "here"), []byte("#!/bin/sh\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	command := traceloop(t, "run", "--output-file", os.DevNull, "--", "here")
	command.Dir = directory
	command.Env = append(command.Env, "PATH=:"+os.Getenv("PATH"))
	wantStatus(t, finish(t, command), 3)
}

// What the command gets and gives is the same as without us.
func TestRunLeavesTheCommandAlone(t *testing.T) {
	t.Parallel()
	needRoot(t)
	const script = `cat; pwd; echo "$0 $@"; env -0; umask; ulimit -a; ls /proc/self/fd | wc -l
		grep -E "^(Sig|Shd|Cap|NoNewPrivs|Seccomp|Cpus_allowed|Uid|Gid|Groups)" /proc/self/status | grep -v SigQ
		echo error >&2; exit 5`
	input := strings.Repeat("\x00\xff\x1b\n bytes", 5000)
	directory := t.TempDir()
	outcome := func(command *exec.Cmd) result {
		command.Stdin = strings.NewReader(input)
		command.Dir = directory
		command.Env = []string{"PATH=" + os.Getenv("PATH"), "ODD=\n\x1b", "EMPTY=", "LC_ALL=C"}
		return finish(t, command)
	}
	arguments := []string{"sh", "-c", script, "name", "-o", "--", "two words", ""}
	recorded := filepath.Join(directory, "recorded")
	want := outcome(exec.Command(arguments[0], arguments[1:]...))
	for _, dashes := range [][]string{{"--"}, nil} {
		flags := append([]string{"run", "--output-file", recorded, "--ring-size", "16MiB"}, dashes...)
		got := outcome(traceloop(t, append(flags, arguments...)...))
		if got != want {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
	}
	text, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	wantMatch(t, string(text), `execve\(".*/sh", \["sh", "-c", .*, "name", "-o", "--", "two words", ""\]`)
}

// Signals that are ignored stay so, as for nohup.
func TestRunKeepsIgnoredSignals(t *testing.T) {
	t.Parallel()
	needRoot(t)
	command := exec.Command("sh", "-c", `trap "" HUP INT; exec "$0" run --output-file /dev/null -- grep SigIgn /proc/self/status`, programPath)
	r := finish(t, command)
	var ignored uint64
	if _, err := fmt.Sscanf(r.stdout, "SigIgn: %x", &ignored); err != nil {
		t.Fatalf("%q: %v", r.stdout, err)
	}
	// What make starts ignores signals 32 and 33 too, which are the C library's own.
	const standardSignals = 1<<31 - 1
	const hangUpAndInterrupt = 1<<(unix.SIGHUP-1) | 1<<(unix.SIGINT-1)
	if got := ignored & standardSignals; got != hangUpAndInterrupt {
		t.Errorf("%#x are ignored, want %#x", got, hangUpAndInterrupt)
	}
}

func TestRunRecordsDescendants(t *testing.T) {
	t.Parallel()
	recorded, r := record(t, "-e", "execve,openat", "--", "sh", "-c", "cat /nonexistent/1; (cat /nonexistent/2; :); exit 0")
	wantStatus(t, r, 0)
	wantMatch(t, recorded, `openat\(AT_FDCWD, "/nonexistent/1"`, `openat\(AT_FDCWD, "/nonexistent/2"`)
	if strings.Contains(recorded, "read(") {
		t.Errorf("more than was asked for:\n%s", recorded)
	}
	if count := strings.Count(recorded, "+++ exited with"); count < 3 {
		t.Errorf("%d ends of processes, want at least 3:\n%s", count, recorded)
	}
}

// fifo makes a named pipe.
func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A daemon that the command leaves behind is recorded to its end.
func TestRunWaitsForWhatIsLeftBehind(t *testing.T) {
	t.Parallel()
	needRoot(t)
	pipe, file := fifo(t), filepath.Join(t.TempDir(), "output")
	command := traceloop(t, "run", "--output-file", file, "--",
		"sh", "-c", `setsid cat "$0" >/dev/null 2>&1 & echo $$`, pipe)
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(stdout, &pid); err != nil {
		t.Fatal(err)
	}
	// Only when the command itself is gone is there something left behind.
	for syscall.Kill(pid, 0) == nil {
		time.Sleep(time.Millisecond)
	}
	if err := os.WriteFile(pipe, []byte("late words"), 0); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Fatal(err)
	}
	recorded, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wantMatch(t, string(recorded), `read\(\d+, "late words", \d+\) += 10$`)
	if count := strings.Count(string(recorded), "+++ exited with 0 +++"); count != 2 {
		t.Errorf("%d ends of processes, want 2:\n%s", count, recorded)
	}
}

func TestControlCStopsWaiting(t *testing.T) {
	t.Parallel()
	needRoot(t)
	pipe, file := fifo(t), filepath.Join(t.TempDir(), "output")
	// Left in the session but not in the foreground: Ctrl-C is not for it.
	command := traceloop(t, "run", "--output-file", file, "--", "sh", "-c", `setsid cat "$0" >/dev/null 2>&1 </dev/null & exit 4`, pipe)
	terminal := startInTerminal(t, command)
	terminal.expect(t, "Ctrl-C stops waiting")
	terminal.press(t, "\x03")
	_, status := terminal.wait(t)
	if status != 4 {
		t.Errorf("status %d, want 4", status)
	}
	// Releases the reader, which nobody waits for.
	if err := os.WriteFile(pipe, nil, 0); err != nil {
		t.Fatal(err)
	}
	recorded, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wantMatch(t, string(recorded), `exited with 4`, `openat\(AT_FDCWD, ".*/fifo", O_RDONLY <unfinished \.\.\.>$`)
}

func TestControlCReachesTheCommand(t *testing.T) {
	t.Parallel()
	needRoot(t)
	pipe, file := fifo(t), filepath.Join(t.TempDir(), "output")
	// The shell waits for a cat that only a signal ends. The cat itself says that it is
	// ready: a shell that is interrupted before it starts one waits for it nevertheless.
	command := traceloop(t, "run", "-o", "strace", "--output-file", file, "--",
		"sh", "-c", `trap "echo got it; exit 9" INT; while :; do echo ready | cat - "$0"; done`, pipe)
	terminal := startInTerminal(t, command)
	terminal.expect(t, "ready")
	terminal.press(t, "\x03")
	shown, status := terminal.wait(t)
	if status != 9 {
		t.Errorf("status %d, want 9:\n%s", status, shown)
	}
	wantIn(t, shown, "got it")
	recorded, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wantIn(t, string(recorded), "--- SIGINT {si_signo=SIGINT, si_code=SI_KERNEL} ---", "+++ exited with 9 +++")
}

// Ctrl-Z stops the command and us, as one job.
func TestControlZ(t *testing.T) {
	t.Parallel()
	needRoot(t)
	file := filepath.Join(t.TempDir(), "output")
	// Interactive, so that the shell has job control.
	command := exec.Command("bash", "--norc", "--noediting", "-i")
	command.Env = append(os.Environ(), "PS1=prompt> ", "TRACELOOP="+programPath, "OUTPUT="+file)
	terminal := startInTerminal(t, command)
	terminal.expect(t, "prompt>")
	terminal.press(t, `"$TRACELOOP" run --output-file "$OUTPUT" -- sh -c 'echo rea""dy $$.; read line; echo "got: $line"; exit 6'`+"\n")
	terminal.expect(t, ".\r\n")
	match := regexp.MustCompile(`\nready (\d+)\.`).FindStringSubmatch(terminal.shown())
	if match == nil {
		t.Fatalf("no process ID in\n%s", terminal.shown())
	}
	terminal.press(t, "\x1a")
	terminal.expect(t, "Stopped")
	// The shell says so of us; a command that is continued before it has
	// stopped too never sees the signal.
	awaitStop(t, match[1])
	terminal.press(t, "fg\n")
	terminal.press(t, "words\n")
	terminal.expect(t, "got: words")
	terminal.press(t, "echo status=$?\n")
	terminal.expect(t, "status=6")
	terminal.press(t, "exit\n")
	terminal.wait(t)
	recorded, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wantIn(t, string(recorded), "--- SIGTSTP {si_signo=SIGTSTP, si_code=SI_KERNEL} ---", "+++ exited with 6 +++")
}

func TestRunPassesSignalsOn(t *testing.T) {
	t.Parallel()
	needRoot(t)
	file := filepath.Join(t.TempDir(), "output")
	command := traceloop(t, "run", "-o", "strace", "--output-file", file, "--",
		"sh", "-c", `for s in HUP USR1 USR2; do trap "echo SIG$s" $s; done; echo ready; while :; do read -r line; done`)
	// The shell reads what nobody writes.
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	expect := func(want string) {
		t.Helper()
		var said string
		if _, err := fmt.Fscan(stdout, &said); err != nil || said != want {
			t.Fatalf("the command said %q, %v, want %q", said, err, want)
		}
	}
	expect("ready")
	for _, signal := range []syscall.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2} {
		if err := command.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		expect(unix.SignalName(signal))
	}
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	command.Wait()
	if status := command.ProcessState.ExitCode(); status != 128+int(syscall.SIGTERM) {
		t.Errorf("status %d, want %d", status, 128+int(syscall.SIGTERM))
	}
	recorded, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wantIn(t, string(recorded), "--- SIGHUP {", "--- SIGUSR1 {", "--- SIGUSR2 {", "+++ killed by SIGTERM +++")
}

// A reader that has seen enough is no error, and hides no status.
func TestRunIntoClosedPipe(t *testing.T) {
	t.Parallel()
	needRoot(t)
	command := exec.Command("bash", "-c",
		`"$0" run --ring-size 16MiB -- sh -c 'i=0; while [ $i -lt 5000 ]; do : </dev/null; i=$((i+1)); done; exit 3' | head -n 1; echo "status ${PIPESTATUS[0]}"`, programPath)
	r := finish(t, command)
	wantMatch(t, r.stdout, `\A\d+ +execve\(.*\nstatus 3\n\z`)
	if r.stderr != "" {
		t.Errorf("unexpected message: %s", r.stderr)
	}
}

func TestRunUnwritableOutput(t *testing.T) {
	t.Parallel()
	needRoot(t)
	directory := t.TempDir()
	// What is no directory, also for the name of a file in it.
	for _, path := range []string{directory, "/nonexistent/file", "/proc/file", "/dev/null/file"} {
		for flag, command := range map[string]*runCommand{"--output-file": {view: view{file: path}}, "--save": {saveFile: path}} {
			outputs, err := command.openOutputs()
			if err == nil {
				t.Errorf("%s %s: no error", flag, path)
				outputs.close()
				continue
			}
			wantIn(t, err.Error(), path)
		}
	}
	witness := filepath.Join(directory, "witness")
	for flag, path := range map[string]string{"--output-file": directory, "--save": "/proc/file"} {
		r := run(t, "run", flag, path, "--", "touch", witness)
		wantStatus(t, r, 1)
		wantIn(t, r.stderr, "traceloop: ", path)
		if _, err := os.Stat(witness); err == nil {
			t.Fatalf("%s %s: the command was started", flag, path)
		}
	}
	if entries, err := os.ReadDir(directory); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestRunOutputFileFull(t *testing.T) {
	t.Parallel()
	needRoot(t)
	r := run(t, "run", "--output-file", "/dev/full", "--", "true")
	wantStatus(t, r, 1)
	wantIn(t, r.stderr, "no space left on device")
}

func TestRunWithoutPrivilege(t *testing.T) {
	t.Parallel()
	needRoot(t)
	witness := filepath.Join(t.TempDir(), "witness")
	command := traceloop(t, "run", "--", "touch", witness)
	const nobody = 65534
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	command.Dir = "/"
	r := finish(t, command)
	wantStatus(t, r, 1)
	wantIn(t, r.stderr, "traceloop: ", "CAP_BPF", "CAP_PERFMON", "was not started")
	if _, err := os.Stat(witness); err == nil {
		t.Error("the command was started")
	}
}

func TestWrongCommandLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		arguments []string
		message   string
	}{
		{[]string{"nonsense"}, `"nonsense"`},
		{[]string{"--nonsense"}, "--nonsense"},
		{[]string{"run"}, "run [flags] -- CMD"},
		{[]string{"run", "--nonsense", "true"}, "--nonsense"},
		{[]string{"run", "-e", "opena", "true"}, "did you mean open, openat?"},
		{[]string{"run", "--ring-size", "1KiB", "true"}, "invalid --ring-size of 1 KiB: on this machine it can be from "},
		{[]string{"run", "--ring-size", "2GiB", "true"}, "to 1 GiB"},
		{[]string{"run", "--ring-size", "many", "true"}, "512KiB"},
		{[]string{"run", "-tttt", "true"}, "-ttt"},
		{[]string{"run", "--capture", "none", "true"}, "want paths, strings, all"},
		{[]string{"show", "--capture", "all", "file"}, "--capture"},
		{[]string{"show"}, "show REF"},
		{[]string{"show", "a", "b"}, "show REF"},
		{[]string{"save", "a"}, "-o FILE"},
		{[]string{"version", "a"}, `"a"`},
	} {
		r := run(t, test.arguments...)
		wantStatus(t, r, 2)
		wantIn(t, r.stderr, "traceloop: ", test.message, "--help")
		if r.stdout != "" {
			t.Errorf("%q printed %s", test.arguments, r.stdout)
		}
	}
}

// Nothing that a traced program names reaches the terminal raw.
func TestRunHostileProgram(t *testing.T) {
	t.Parallel()
	needRoot(t)
	directory := t.TempDir()
	const hostile = "\x1b[31m\n\"\\\xff"
	program := filepath.Join(directory, hostile)
	if err := os.Symlink("/bin/cat", program); err != nil {
		t.Fatal(err)
	}
	// Not busybox or coreutils in one file: the name must not matter.
	file := filepath.Join(directory, "recording")
	first, r := record(t, "-o", "columns", "--save", file, "--", program, hostile+"/missing")
	wantStatus(t, r, 1)
	for _, format := range []string{"columns", "strace", "json"} {
		recorded := run(t, "show", "-o", format, file).stdout
		if format == "columns" && recorded != first {
			t.Errorf("show prints\n%s\nrun printed\n%s", recorded, first)
		}
		for i, c := range []byte(recorded) {
			if (c < ' ' || c > '~') && c != '\n' {
				t.Fatalf("%s: byte %#x at %d", format, c, i)
			}
		}
		if format != "json" {
			wantIn(t, recorded, `"\33[31m\n\"\\\377/missing"`)
			continue
		}
		comm := false
		for line := range strings.Lines(recorded) {
			var e struct{ Type, Comm string }
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			comm = comm || e.Comm == "\x1b[31m\n\"\\\ufffd"
		}
		if !comm {
			t.Errorf("no event of a task of that name:\n%s", recorded)
		}
	}
}

func TestRunOverwritten(t *testing.T) {
	t.Parallel()
	recorded, r := record(t, "--ring-size", "64KiB", "--", "sh", "-c", "i=0; while [ $i -lt 20000 ]; do : </dev/null; i=$((i+1)); done")
	wantStatus(t, r, 0)
	wantMatch(t, recorded, `\A\d+ +--- \d+ of \d+ calls were overwritten, complete since \d{4}-\S+ ---$`, `exited with 0 \+\+\+\n\z`)
	wantMatch(t, r.stderr, `^traceloop: \d+ of \d+ calls were overwritten \(ring 64 KiB; --ring-size makes it larger\)$`)
}

func TestRunOnTerminal(t *testing.T) {
	t.Parallel()
	needRoot(t)
	command := traceloop(t, "run", "--failed", "--", "cat", "/nonexistent")
	command.Env = append(command.Env, "NO_COLOR=", "TERM=xterm")
	shown, status := startInTerminal(t, command).wait(t)
	if status != 1 {
		t.Errorf("status %d", status)
	}
	wantMatch(t, shown, `TIME +PID +COMM +DURATION +CALL`, `openat\(AT_FDCWD, .*\x1b\[31m-1 ENOENT`)
	for line := range strings.Lines(shown) {
		text := regexp.MustCompile(`\x1b\[\d*m|[\r\n]`).ReplaceAllString(line, "")
		if len(text) > 80 {
			t.Errorf("%d columns: %s", len(text), text)
		}
	}

	command = traceloop(t, "show", "--failed", saved(t))
	command.Env = append(command.Env, "NO_COLOR=1")
	shown, _ = startInTerminal(t, command).wait(t)
	wantIn(t, shown, "-1 ENOENT")
	if strings.Contains(shown, "\x1b") {
		t.Errorf("coloured:\n%s", shown)
	}
}

// What is not to be captured is nowhere in the file.
func TestCapture(t *testing.T) {
	t.Parallel()
	needRoot(t)
	const written, argued = "w0rd-that-is-written", "w0rd-that-is-an-argument"
	directory := t.TempDir()
	path := filepath.Join(directory, "name of a file")
	if err := os.WriteFile(path, []byte(written), 0o600); err != nil {
		t.Fatal(err)
	}
	for level, want := range map[string]struct{ written, argued bool }{
		"paths": {false, false}, "strings": {false, true}, "all": {true, true},
	} {
		file := filepath.Join(directory, level)
		r := run(t, "run", "--capture", level, "--save", file, "--", "sh", "-c", `cat "$1"; cat "$1" | sort >/dev/null`, argued, path)
		wantStatus(t, r, 0)
		kept, err := recording.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		all, err := json.Marshal(kept) // but for what it has of bytes
		if err != nil {
			t.Fatal(err)
		}
		all = append(append(all, bytes.Join(kept.Snapshot.Chunks, nil)...), kept.Snapshot.InFlight...)
		for text, want := range map[string]bool{written: want.written, argued: want.argued, path: true} {
			if bytes.Contains(all, []byte(text)) != want {
				t.Errorf("--capture %s: %q is in the file: %t, want %t", level, text, !want, want)
			}
		}
		shown := run(t, "show", file, "-e", "write,execve").stdout
		wantMatch(t, shown, `execve\(".*/cat", `)
		if count := strings.Count(shown, `"`+written); count != map[bool]int{true: 3}[want.written] {
			t.Errorf("--capture %s: %d calls show what was written:\n%s", level, count, shown)
		}
	}
}

// awaitStop waits until a process is stopped.
func awaitStop(t *testing.T, pid string) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < patienceOfTests; time.Sleep(time.Millisecond) {
		status, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil {
			t.Fatal(err)
		}
		// The state follows the name, which stands in parentheses.
		if _, state, _ := bytes.Cut(status, []byte(") ")); bytes.HasPrefix(state, []byte("T ")) {
			return
		}
	}
	t.Fatalf("process %s did not stop", pid)
}
