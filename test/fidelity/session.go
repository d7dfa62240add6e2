package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"traceloop/recorder"
)

// stringLimit is how much of a string both logs show.
const stringLimit = 64

// ringSize holds any workload whole.
const ringSize = 64 << 20

// mode is what both logs say of descriptors.
type mode string

// The modes, which are options of strace.
const (
	modePlain   mode = ""
	modePaths   mode = "-y"
	modeDetails mode = "-yy"
)

// logs are what both wrote of the same processes.
type logs struct{ theirs, ours string }

// session runs workloads, one after the other, under one recorder.
type session struct {
	recorder *recorder.Recorder
	builder  *builder
}

func newSession() (*session, error) {
	if err := adoptOrphans(); err != nil {
		return nil, err
	}
	builder, err := newBuilder()
	if err != nil {
		return nil, err
	}
	loaded, err := recorder.New()
	if err != nil {
		return nil, errors.Join(err, builder.remove())
	}
	return &session{loaded, builder}, nil
}

func (s *session) close() error { return errors.Join(s.recorder.Close(), s.builder.remove()) }

// run runs a workload recorded and traced, and ends whatever it leaves behind.
func (s *session) run(ctx context.Context, w *workload, m mode) (result logs, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, w.timeLimit(), fmt.Errorf("it took longer than %v", w.timeLimit()))
	defer cancel()
	r := &run{session: s, context: ctx, workload: w, mode: m}
	if r.credential, err = w.credential(); err != nil {
		return logs{}, err
	}
	if err := r.findPrograms(); err != nil {
		return logs{}, err
	}
	if r.directory, err = os.MkdirTemp("", "fidelity-"); err != nil {
		return logs{}, fmt.Errorf("making a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.directory)) }()
	defer func() { err = errors.Join(err, endDescendants()) }()
	if err = r.prepare(); err == nil {
		result, err = r.record()
	}
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return result, err
}

// run is one run of a workload.
type run struct {
	session    *session
	context    context.Context
	workload   *workload
	mode       mode
	credential *syscall.Credential
	words      []string // of the command
	directory  string
}

// findPrograms builds what the workload brings and fails if anything else is missing.
func (r *run) findPrograms() error {
	for _, program := range r.workload.programs {
		if err := r.session.builder.build(r.context, program); err != nil {
			return err
		}
	}
	r.words = append([]string{}, r.workload.command...)
	if program, ours := strings.CutPrefix(r.words[0], "@"); ours {
		r.words[0] = r.session.builder.path(program)
	}
	for at, program := range append([]string{r.words[0], "strace"}, r.workload.needs...) {
		path, err := lookUp(program)
		if err != nil {
			return fmt.Errorf("%w: scripts/install-packages fidelity installs it", err)
		}
		if at == 0 {
			r.words[0] = path
		}
	}
	return nil
}

// prepare makes the directory ready for the workload.
func (r *run) prepare() error {
	if err := os.Chmod(r.directory, 0o755); err != nil {
		return err
	}
	if r.credential != nil {
		if err := os.Chown(r.directory, int(r.credential.Uid), int(r.credential.Gid)); err != nil {
			return err
		}
	}
	if r.workload.prepare == "" {
		return nil
	}
	if err := r.script("preparing", r.workload.prepare).Run(); err != nil {
		return fmt.Errorf("preparing: %w: it said %q", err, r.said("preparing"))
	}
	return nil
}

// command prepares a process in the workload's directory whose output goes to
// files there.
func (r *run) command(name string, words ...string) *exec.Cmd {
	cmd := exec.CommandContext(r.context, words[0], words[1:]...)
	cmd.Dir = r.directory
	cmd.Env = r.environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: r.credential}
	cmd.WaitDelay = time.Second
	if output, err := os.Create(r.file(name)); err == nil {
		cmd.Stdout, cmd.Stderr = output, output
	} else {
		cmd.Err = err
	}
	return cmd
}

func (r *run) script(name, text string) *exec.Cmd {
	return r.command(name, "/bin/sh", "-eu", "-c", text)
}

// file is where the output of a process goes. What a workload makes in its
// directory has no such name.
func (r *run) file(name string) string { return filepath.Join(r.directory, "."+name) }

// said is the end of what a process wrote.
func (r *run) said(name string) string {
	output, _ := os.ReadFile(r.file(name))
	return string(output[max(0, len(output)-1000):])
}

// waitingShell becomes the command when its descriptor 3 is closed.
const waitingShell = `read x <&3; exec 3<&-; exec "$@"`

// record starts the command, stopped before its execve, attaches both, and
// lets it go.
func (r *run) record() (logs, error) {
	command := r.command("output", append([]string{"/bin/sh", "-c", waitingShell, "sh"}, r.words...)...)
	gate, release, err := os.Pipe()
	if err != nil {
		return logs{}, fmt.Errorf("making a pipe: %w", err)
	}
	defer release.Close()
	command.ExtraFiles = []*os.File{gate}
	if r.workload.input != "" {
		input, err := os.OpenFile(filepath.Join(r.directory, r.workload.input), os.O_RDWR, 0) // a FIFO is not waited for
		if err != nil {
			return logs{}, err
		}
		defer input.Close()
		command.Stdin = input
	}
	err = command.Start()
	gate.Close()
	if err != nil {
		return logs{}, fmt.Errorf("starting the command: %w", err)
	}
	pid := command.Process.Pid

	tracer, err := r.attachStrace(pid)
	if err != nil {
		return logs{}, errors.Join(err, command.Process.Kill(), ignoreStatus(command.Wait()))
	}
	const name = "fidelity"
	options := recorder.Options{RingSize: ringSize, StringLimit: stringLimit}
	if err := r.session.recorder.Attach(name, recorder.ProcessTree(pid), options); err != nil {
		return logs{}, errors.Join(err, command.Process.Kill(), ignoreStatus(tracer.Wait()), ignoreStatus(command.Wait()))
	}
	release.Close()
	err = r.drive()
	// strace ends when all processes have ended that it follows.
	err = errors.Join(err, ignoreStatus(tracer.Wait()), ignoreStatus(command.Wait()))
	if err == nil && r.context.Err() != nil {
		err = r.context.Err()
	}
	var ours string
	if err == nil {
		ours, err = printRecording(r.session.recorder, name, r.mode)
	}
	if err = errors.Join(err, r.session.recorder.Delete(name)); err != nil {
		return logs{}, fmt.Errorf("%w: it said %q", err, r.said("output"))
	}
	theirs, err := os.ReadFile(r.file("strace"))
	return logs{string(theirs), ours}, err
}

// ignoreStatus passes over that a process failed: what a workload's status is
// does not matter, only whether the logs agree.
func ignoreStatus(err error) error {
	var status *exec.ExitError
	if errors.As(err, &status) {
		return nil
	}
	return err
}

// attachStrace starts strace and returns when it has seized the process.
func (r *run) attachStrace(pid int) (*exec.Cmd, error) {
	words := []string{"strace", "-f", "-s", strconv.Itoa(stringLimit), "-o", r.file("strace"), "-p", strconv.Itoa(pid)}
	if r.mode != modePlain {
		words = append(words, string(r.mode))
	}
	tracer := exec.CommandContext(r.context, words[0], words[1:]...)
	stderr, writer, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	tracer.Stderr = writer
	err = tracer.Start()
	writer.Close()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting strace: %w", err), stderr.Close())
	}
	text, err := bufio.NewReader(stderr).ReadString('\n')
	if err != nil || !bytes.HasSuffix([]byte(text), []byte(" attached\n")) {
		return nil, errors.Join(fmt.Errorf("strace did not attach: it said %q", text), ignoreStatus(tracer.Wait()))
	}
	go func() {
		_, _ = io.Copy(io.Discard, stderr) // it reports every further process
		stderr.Close()
	}()
	return tracer, nil
}

// drive runs what makes the command work.
func (r *run) drive() error {
	if r.workload.drive == "" {
		return nil
	}
	if err := r.script("driver", r.workload.drive).Run(); err != nil {
		return fmt.Errorf("driving it: %w: the driver said %q", err, r.said("driver"))
	}
	return nil
}
