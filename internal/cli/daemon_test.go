package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"
	"golang.org/x/sys/unix"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/recording"
)

// place is where daemons of one test have their socket, pins and files.
type place struct {
	directory string
	flags     []string
}

func newPlace(t *testing.T, flags ...string) *place {
	t.Helper()
	needRoot(t)
	directory := t.TempDir()
	p := &place{directory, append([]string{
		"--config=" + os.DevNull,
		"--bpffs=" + filepath.Join(directory, "bpf"),
		"--socket=" + filepath.Join(directory, "run", "traceloop.sock"),
		"--ready-rings=2",
	}, flags...)}
	t.Cleanup(func() {
		unpin := exec.Command(programPath, p.with("--unpin")...)
		if output, err := unpin.CombinedOutput(); err != nil {
			t.Errorf("unpinning: %v\n%s", err, output)
		}
		if mounts, err := os.ReadFile("/proc/self/mountinfo"); err != nil || strings.Contains(string(mounts), directory) {
			t.Errorf("something is mounted in %s still (%v)", directory, err)
			unix.Unmount(p.path("bpf"), unix.MNT_DETACH)
		}
	})
	return p
}

func (p *place) path(names ...string) string {
	return filepath.Join(append([]string{p.directory}, names...)...)
}
func (p *place) socket() string { return p.path("run", "traceloop.sock") }
func (p *place) with(flags ...string) []string {
	return slices.Concat([]string{"daemon"}, p.flags, flags)
}

// daemonProcess is a daemon that runs.
type daemonProcess struct {
	t       *testing.T
	command *exec.Cmd
	log     *os.File
	ended   chan error
}

// start starts a daemon and waits until it tells that it is ready.
func (p *place) start(t *testing.T, program string, flags ...string) *daemonProcess {
	t.Helper()
	notifications, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: p.path(fmt.Sprintf("notify-%d", time.Now().UnixNano())), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer notifications.Close()
	log, err := os.CreateTemp(p.directory, "log-*")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, p.with(flags...)...)
	command.Env = append(os.Environ(), "NOTIFY_SOCKET="+notifications.LocalAddr().String())
	command.Stderr = log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	d := &daemonProcess{t, command, log, make(chan error, 1)}
	go func() { d.ended <- command.Wait() }()
	t.Cleanup(func() {
		if d.ended != nil {
			d.end(syscall.SIGKILL)
		}
		if t.Failed() {
			t.Logf("the daemon's log:\n%s", d.text())
		}
		log.Close()
	})
	deadline := time.Now().Add(patienceOfTests)
	buffer := make([]byte, 4<<10)
	for time.Now().Before(deadline) {
		if err := notifications.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if count, err := notifications.Read(buffer); err == nil && strings.Contains(string(buffer[:count]), "READY=1") {
			return d
		}
		select {
		case err := <-d.ended:
			d.ended = nil
			t.Fatalf("the daemon ended before it was ready: %v", err)
		default:
		}
	}
	t.Fatal("the daemon is not ready")
	return nil
}

func (d *daemonProcess) text() string {
	text, err := os.ReadFile(d.log.Name())
	if err != nil {
		d.t.Error(err)
	}
	return string(text)
}

// end sends a signal and waits for the daemon's end.
func (d *daemonProcess) end(signal syscall.Signal) error {
	d.t.Helper()
	if err := d.command.Process.Signal(signal); err != nil {
		d.t.Error(err)
	}
	select {
	case err := <-d.ended:
		d.ended = nil
		return err
	case <-time.After(patienceOfTests):
		d.t.Fatalf("the daemon does not end on %v", signal)
		return nil
	}
}

// recordingOf asks a daemon for a recording by its name; nil if it has none.
func recordingOf(t *testing.T, socket, name string) *traceloopv1.Recording {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patienceOfTests)
	defer cancel()
	answer, err := newClient(socket).api.List(ctx, connect.NewRequest(&traceloopv1.ListRequest{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range answer.Msg.Recordings {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// busy is a process that makes calls until the test ends.
func busy(t *testing.T) *os.Process {
	t.Helper()
	command := exec.Command("sh", "-c", "while :; do : < /dev/null; sleep 0.01; done")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		command.Wait()
	})
	return command.Process
}

func attachTo(t *testing.T, socket, name string, process *os.Process) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patienceOfTests)
	defer cancel()
	if _, err := newClient(socket).api.Attach(ctx, connect.NewRequest(&traceloopv1.AttachRequest{
		Name:  name,
		Scope: &traceloopv1.AttachRequest_Pid{Pid: uint32(process.Pid)},
	})); err != nil {
		t.Fatal(err)
	}
}

// waitForCalls waits until more than so many calls are recorded, and returns how many.
func waitForCalls(t *testing.T, socket, name string, more uint64) uint64 {
	t.Helper()
	for deadline := time.Now().Add(patienceOfTests); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		r := recordingOf(t, socket, name)
		if r == nil {
			t.Fatalf("there is no recording %s", name)
		}
		if r.Calls > more {
			return r.Calls
		}
	}
	t.Fatalf("%s has no more than %d calls", name, more)
	return 0
}

func fails(t *testing.T, arguments []string, wants ...string) {
	t.Helper()
	r := run(t, arguments...)
	wantStatus(t, r, statusFailed)
	for _, want := range wants {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("%q: want %q in %s", arguments, want, r.stderr)
		}
	}
}

// The recording goes on while there is no daemon, whichever way it ended, and
// --unpin ends it.
func TestDaemonMayDie(t *testing.T) {
	t.Parallel()
	p := newPlace(t, "--metrics-address=127.0.0.1:0")
	d := p.start(t, programPath)
	process := busy(t)
	attachTo(t, p.socket(), "busy", process)
	calls := waitForCalls(t, p.socket(), "busy", 0)

	if info, err := os.Lstat(p.socket()); err != nil || info.Mode() != os.ModeSocket|0o660 {
		t.Errorf("the socket: %v, %v", info, err)
	}
	if info, err := os.Lstat(filepath.Dir(p.socket())); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("its directory: %v, %v", info, err)
	}
	checkMetrics(t, d.text())
	pid := fmt.Sprintf("process %d", d.command.Process.Pid)
	fails(t, p.with(), pid, "since", p.socket())
	fails(t, p.with("--socket="+p.path("run", "other.sock")), pid, p.path("bpf", "traceloop"))
	fails(t, p.with("--unpin"), pid)

	if err := d.end(syscall.SIGTERM); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	if !strings.Contains(d.text(), "the kernel goes on recording") || !strings.Contains(d.text(), "--unpin") {
		t.Errorf("the log does not say that recordings go on:\n%s", d.text())
	}
	if entries, err := os.ReadDir(p.path("run")); err != nil || len(entries) > 0 {
		t.Errorf("it leaves %v, %v", entries, err)
	}
	fails(t, []string{"list", "--socket", p.socket()}, "daemon")

	d = p.start(t, programPath)
	calls = waitForCalls(t, p.socket(), "busy", calls)
	if err := d.end(syscall.SIGKILL); err == nil {
		t.Error("killed, it exits with 0")
	}
	if _, err := os.Lstat(p.socket()); err != nil {
		t.Errorf("this test wants a socket that a dead daemon left: %v", err)
	}
	d = p.start(t, programPath)
	waitForCalls(t, p.socket(), "busy", calls)
	if err := d.command.Process.Signal(syscall.SIGHUP); err != nil {
		t.Error(err)
	}
	waitForCalls(t, p.socket(), "busy", calls+1)
	if err := d.end(syscall.SIGINT); err != nil {
		t.Errorf("after SIGINT: %v", err)
	}

	r := run(t, p.with("--unpin")...)
	wantStatus(t, r, 0)
	if !strings.Contains(r.stdout, "all recordings are ended") {
		t.Errorf("--unpin says %q", r.stdout)
	}
	r = run(t, p.with("--unpin")...)
	wantStatus(t, r, 0)
	if !strings.Contains(r.stdout, "nothing is pinned") {
		t.Errorf("--unpin a second time says %q", r.stdout)
	}
	p.start(t, programPath)
	if r := recordingOf(t, p.socket(), "busy"); r != nil {
		t.Errorf("unpinned, it is still there: %v", r)
	}
}

// checkMetrics asks the address that the log has for metrics.
func checkMetrics(t *testing.T, log string) {
	t.Helper()
	address := regexp.MustCompile(`"?serving metrics"? address=(\S+)`).FindStringSubmatch(log)
	if address == nil {
		t.Errorf("the log has no address of metrics:\n%s", log)
		return
	}
	for path, want := range map[string]string{"/metrics": "traceloop_recorder_up 1\n", "/healthz": "ok\n"} {
		response, err := http.Get("http://" + address[1] + path)
		if err != nil {
			t.Error(err)
			continue
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(want)) {
			t.Errorf("%s: %d, %v\n%s", path, response.StatusCode, err, body)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// otherVersion builds a program whose BPF programs are another build's.
func otherVersion(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "traceloop")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "-ldflags", "-X traceloop/recorder.buildVersion=other", "traceloop/cmd/traceloop")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return program
}

// What another version left is saved, masked, before it is replaced.
func TestDaemonIsUpgraded(t *testing.T) {
	t.Parallel()
	other := otherVersion(t)
	p := newPlace(t)
	state := p.path("state")
	d := p.start(t, programPath)
	attachTo(t, p.socket(), "busy", busy(t))
	waitForCalls(t, p.socket(), "busy", 10)
	if err := d.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	d = p.start(t, other, "--state-dir="+state, "--redact=/dev/nul(l)")
	if r := recordingOf(t, p.socket(), "busy"); r == nil || r.State != traceloopv1.State_STATE_SAVED || r.Calls == 0 {
		t.Errorf("of the old programs' recording it has %v", r)
	}
	files, err := filepath.Glob(filepath.Join(state, "*.traceloop"))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, file := range files {
		r, err := recording.Open(file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v: others can read it", file, info.Mode(), err)
		}
		if r.Name != "busy" {
			continue // a container that another test runs
		}
		found = true
		shown := run(t, "show", "-o", "strace", file)
		wantStatus(t, shown, 0)
		if !strings.Contains(shown.stdout, `"/dev/nul*"`) || strings.Contains(shown.stdout, "/dev/null") {
			t.Errorf("the file is not masked:\n%.1000s", shown.stdout)
		}
	}
	if !found {
		t.Errorf("no file of %q has the recording", files)
	}
	for _, want := range []string{"another version", "recording saved", state} {
		if !strings.Contains(d.text(), want) {
			t.Errorf("want %q in the log\n%s", want, d.text())
		}
	}
}

// A full disk costs recordings, and not the daemon.
func TestDaemonIsUpgradedOnAFullDisk(t *testing.T) {
	t.Parallel()
	other := otherVersion(t)
	p := newPlace(t)
	state := p.path("state")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("full", state, "tmpfs", 0, "size=4k,mode=0700"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount(state, unix.MNT_DETACH) })
	if err := os.WriteFile(filepath.Join(state, "filler"), make([]byte, 4<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	d := p.start(t, programPath)
	attachTo(t, p.socket(), "busy", busy(t))
	waitForCalls(t, p.socket(), "busy", 10)
	if err := d.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	d = p.start(t, other, "--state-dir="+state)
	for _, want := range []string{"a recording is lost", "recording=busy", "no space left on device"} {
		if !strings.Contains(d.text(), want) {
			t.Errorf("want %q in the log\n%s", want, d.text())
		}
	}
	if r := recordingOf(t, p.socket(), "busy"); r != nil {
		t.Errorf("it is there still: %v", r)
	}
}

// Without pins nothing outlives the daemon, and nothing is mounted.
func TestDaemonWithoutPins(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	d := p.start(t, programPath, "--bpffs=", "--log-format=json")
	attachTo(t, p.socket(), "busy", busy(t))
	waitForCalls(t, p.socket(), "busy", 0)
	if err := d.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if !strings.Contains(d.text(), `"msg":"ending: the recordings end with it`) {
		t.Errorf("the log:\n%s", d.text())
	}
	if _, err := os.Lstat(p.path("bpf")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it made a directory of pins: %v", err)
	}
	r := run(t, p.with("--bpffs=", "--unpin")...)
	wantStatus(t, r, statusUsage)
}

// Where a socket cannot be trusted, there is none.
func TestDaemonRefusesAnUnsafeDirectory(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	if err := errors.Join(os.Mkdir(p.path("run"), 0o755), os.Chmod(p.path("run"), 0o777)); err != nil {
		t.Fatal(err)
	}
	fails(t, p.with(), "can be written by others", p.path("run"))
	if err := os.Chmod(p.path("run"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(p.path("bpf")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it made a directory of pins: %v", err)
	}
}

// A daemon that cannot begin leaves nothing that goes on recording.
func TestDaemonThatCannotBegin(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	fails(t, p.with("--metrics-address="+taken.Addr().String()), "--metrics-address", "address already in use")
	if entries, err := os.ReadDir(p.path("bpf")); err != nil || len(entries) > 0 {
		t.Errorf("it leaves %v pinned, %v", entries, err)
	}
	if entries, err := os.ReadDir(p.path("run")); err != nil || len(entries) > 0 {
		t.Errorf("it leaves %v, %v", entries, err)
	}
	// What was there before stays.
	d := p.start(t, programPath)
	attachTo(t, p.socket(), "busy", busy(t))
	if err := d.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	fails(t, p.with("--metrics-address="+taken.Addr().String()), "--metrics-address")
	p.start(t, programPath)
	waitForCalls(t, p.socket(), "busy", 0)
}

// Wrong settings change nothing and start nothing.
func TestDaemonRefusesWrongSettings(t *testing.T) {
	t.Parallel()
	file := written(t, "memory: lots\nsocket: /run/a\n")
	r := run(t, "daemon", "--config", file)
	wantStatus(t, r, statusUsage)
	if want := file + `, line 1: invalid memory "lots": want a number of bytes`; !strings.Contains(r.stderr, want) {
		t.Errorf("want %q in %s", want, r.stderr)
	}
	r = run(t, "daemon", "--config", "/nonexistent.yaml")
	wantStatus(t, r, statusFailed)
	r = run(t, "daemon", "--print-config", "--config", os.DevNull, "--memory", "64MiB")
	wantStatus(t, r, 0)
	if !strings.Contains(r.stdout, "memory: 64MiB # flag\n") {
		t.Errorf("it prints\n%s", r.stdout)
	}
	again := run(t, "daemon", "--print-config", "--config", written(t, r.stdout))
	wantStatus(t, again, 0)
	if !strings.Contains(again.stdout, "memory: 64MiB # ") {
		t.Errorf("of what it printed it prints\n%s", again.stdout)
	}
}
