package cli

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"traceloop/recorder"
)

// watch is a command's life, and the signals that come meanwhile.
type watch struct {
	recorder  *recorder.Recorder
	recording string
	signals   chan os.Signal
}

// The signals that must not end traceloop before it has printed. Those of the
// keyboard reach the command by themselves, as it is in the same process group.
var (
	keyboardSignals  = []os.Signal{syscall.SIGINT, syscall.SIGQUIT}
	forwardedSignals = []os.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2}
)

// newWatch begins to hold signals back. What was ignored stays ignored, and is
// so for the command too (nohup, a shell's background jobs).
func newWatch(r *recorder.Recorder, recording string) *watch {
	w := &watch{recorder: r, recording: recording, signals: make(chan os.Signal, 16)}
	for _, signals := range [][]os.Signal{keyboardSignals, forwardedSignals} {
		for _, one := range signals {
			if !signal.Ignored(one) {
				signal.Notify(w.signals, one)
			}
		}
	}
	// A reader that goes away (| head) is an error to the writer, no death.
	signal.Notify(w.signals, syscall.SIGPIPE)
	return w
}

// stop gives the signals back their usual effect, but for SIGPIPE.
func (w *watch) stop() {
	signal.Reset(keyboardSignals...)
	signal.Reset(forwardedSignals...)
}

// waitForProgram waits for the command's end and passes signals on to it.
func (w *watch) waitForProgram(process *os.Process) (*os.ProcessState, error) {
	type result struct {
		state *os.ProcessState
		err   error
	}
	ended := make(chan result, 1)
	go func() {
		state, err := process.Wait()
		ended <- result{state, err}
	}()
	for {
		select {
		case r := <-ended:
			if r.err != nil {
				return nil, fmt.Errorf("waiting for the command: %w", r.err)
			}
			return r.state, nil
		case s := <-w.signals:
			switch s {
			case syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2:
				// If it has just ended there is nobody to signal.
				_ = process.Signal(s)
			}
		}
	}
}

const (
	pollInterval = 10 * time.Millisecond
	// patience is how long the command's descendants may outlive it before a
	// person is told what is being waited for.
	patience = 300 * time.Millisecond
)

// waitForRest waits until the last task of the recording has ended, or a
// signal says that it is enough.
func (w *watch) waitForRest() error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	begin, told := time.Now(), false
	for {
		tasks, err := w.recorder.Tasks(w.recording)
		if err != nil {
			return err
		}
		if tasks <= 0 {
			return nil
		}
		if !told && time.Since(begin) >= patience && isTerminal(os.Stderr) {
			say("the command has ended, %s of its descendants not yet; Ctrl-C stops waiting for them", counted(uint64(tasks), "task"))
			told = true
		}
		select {
		case <-ticker.C:
		case s := <-w.signals:
			if s != syscall.SIGPIPE {
				return nil
			}
		}
	}
}
