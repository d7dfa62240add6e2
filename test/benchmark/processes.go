package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// command prepares a process that is killed, with all that it started, when
// the context ends.
func command(ctx context.Context, t *tracing, words ...string) *exec.Cmd {
	words = append(append([]string{}, t.prefix...), words...)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if t.mounts {
		cmd.SysProcAttr.Unshareflags = syscall.CLONE_NEWNS
	}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	// In its roles this program makes the calls of its loops and no others:
	// the runtime would interrupt them with signals.
	cmd.Env = append(os.Environ(), "GODEBUG=asyncpreemptoff=1")
	return cmd
}

// runCommand runs a process to its end and returns its output and how long it took.
func runCommand(ctx context.Context, t *tracing, words ...string) (string, time.Duration, error) {
	cmd := command(ctx, t, words...)
	var output, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &complaint
	return finish(cmd, &output, &complaint)
}

// runSilently runs a process whose output nobody takes.
func runSilently(ctx context.Context, t *tracing, words ...string) (time.Duration, error) {
	cmd := command(ctx, t, words...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint // Stdout nil is the null device
	_, took, err := finish(cmd, &bytes.Buffer{}, &complaint)
	return took, err
}

func finish(cmd *exec.Cmd, output, complaint *bytes.Buffer) (string, time.Duration, error) {
	start := time.Now()
	err := cmd.Run()
	took := time.Since(start)
	if err != nil {
		return "", took, fmt.Errorf("running %s: %w%s", strings.Join(cmd.Args, " "), err, quoteEnd(complaint.String()))
	}
	return output.String(), took, nil
}

// quoteEnd returns a complaint's last line as the end of an error message.
func quoteEnd(complaint string) string {
	lines := strings.Split(strings.TrimSpace(complaint), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return fmt.Sprintf(": it said %q", last)
	}
	return ""
}

// timedOut says whether a process was ended because its time was over.
func timedOut(ctx context.Context) bool { return errors.Is(ctx.Err(), context.DeadlineExceeded) }

// executable is this program, for processes that play one of its roles.
func executable() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	return path, nil
}
