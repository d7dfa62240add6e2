// Package host runs the traceloop daemon for tests and measurements: the real
// program, with a bpf file system, a socket and a directory of its own, so that
// it meets neither the host's daemon nor another test's. It takes root.
//
// Containers are the host's all the same: a daemon records every container that
// anyone starts meanwhile. Who looks for its own looks for their names.
package host

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/encoding/protojson"

	traceloopv1 "traceloop/api/traceloop/v1"
)

// patience is when something that should have happened long ago has failed.
const patience = time.Minute

// Host is a place for one daemon.
type Host struct {
	directory string
	flags     []string
	log       *os.File
	daemon    *exec.Cmd  // nil: there is none
	ended     chan error // what it ended with
}

// built is the program, built once for a process.
var built struct {
	once sync.Once
	path string
	err  error
}

// program builds traceloop, with the race detector if this program has it.
func program() (string, error) {
	built.once.Do(func() {
		directory, err := os.MkdirTemp("", "traceloop-program-")
		if err != nil {
			built.err = err
			return
		}
		built.path = filepath.Join(directory, "traceloop")
		arguments := append([]string{"build", "-o", built.path}, raceFlags...)
		build := exec.Command("go", append(arguments, "traceloop/cmd/traceloop")...)
		if len(raceFlags) == 0 {
			build.Env = append(os.Environ(), "CGO_ENABLED=0") // as the one that people have
		}
		output, err := build.CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("building traceloop: %w\n%s", err, output)
		}
	})
	return built.path, built.err
}

// RemoveProgram removes what New built. A process calls it at its end.
func RemoveProgram() {
	if built.path != "" {
		// What remains is in the directory for temporary files.
		_ = os.RemoveAll(filepath.Dir(built.path))
	}
}

// New makes a place for a daemon that takes these flags. Close removes it.
func New(flags ...string) (*Host, error) {
	if _, err := program(); err != nil {
		return nil, err
	}
	directory, err := os.MkdirTemp("", "traceloop-host-")
	if err != nil {
		return nil, err
	}
	h := &Host{directory: directory, flags: flags}
	if h.log, err = os.Create(filepath.Join(directory, "log")); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	mount := h.path("bpf")
	if err := os.Mkdir(mount, 0o755); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	if err := unix.Mount("bpf", mount, "bpf", 0, ""); err != nil {
		return nil, errors.Join(fmt.Errorf("mounting a bpf file system: %w", err), h.Close())
	}
	return h, nil
}

func (h *Host) path(name string) string { return filepath.Join(h.directory, name) }

// Path is a path for a file of the caller's, which Close removes.
func (h *Host) Path(name string) string { return h.path("of-" + name) }

// Socket is where the daemon serves its API.
func (h *Host) Socket() string { return h.path("run/traceloop.sock") }

// Pins is the bpf file system in which the daemon leaves what outlives it.
func (h *Host) Pins() string { return h.path("bpf") }

// SetFlags has the next daemon take other flags.
func (h *Host) SetFlags(flags ...string) { h.flags = flags }

// DaemonCommand is the command that starts the daemon, not started yet.
func (h *Host) DaemonCommand(flags ...string) *exec.Cmd {
	arguments := []string{"daemon", "--socket", h.Socket(), "--bpffs", h.Pins()}
	command := exec.Command(built.path, append(append(arguments, h.flags...), flags...)...)
	command.Env = environment()
	return command
}

// environment is that of all programs. With the race detector each would wait a
// second at its end for races yet to come.
func environment() []string {
	return append(os.Environ(), "GORACE="+os.Getenv("GORACE")+" atexit_sleep_ms=0")
}

// Start starts the daemon and waits until it records.
func (h *Host) Start() error { return h.StartCommand(h.DaemonCommand()) }

// StartCommand is Start for a command that the caller has changed.
func (h *Host) StartCommand(command *exec.Cmd) (err error) {
	ready, err := listenForReady(h.path("notify"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ready.close()) }()
	command.Env = append(command.Env, "NOTIFY_SOCKET="+h.path("notify"))
	command.Stdout, command.Stderr = h.log, h.log
	if err := command.Start(); err != nil {
		return fmt.Errorf("starting the daemon: %w", err)
	}
	h.daemon, h.ended = command, make(chan error, 1)
	go func(ended chan<- error) { ended <- command.Wait() }(h.ended)
	select {
	case err = <-ready.ready:
		if err == nil {
			return nil
		}
	case err = <-h.ended:
		h.daemon = nil
		return fmt.Errorf("the daemon ended: %w\n%s", err, h.Log())
	case <-time.After(patience):
		err = fmt.Errorf("it was not ready after %v", patience)
	}
	return errors.Join(fmt.Errorf("waiting for the daemon: %w\n%s", err, h.Log()), h.Kill())
}

// PID is the daemon's process ID.
func (h *Host) PID() int { return h.daemon.Process.Pid }

// Signal sends the daemon a signal.
func (h *Host) Signal(signal syscall.Signal) error { return h.daemon.Process.Signal(signal) }

// Kill kills the daemon as kill -9 does and waits until it is gone.
func (h *Host) Kill() error { return h.end(syscall.SIGKILL) }

// Stop asks the daemon to end and waits until it has. What it recorded stays.
// The error says so if it ended with another status than 0.
func (h *Host) Stop() error { return h.end(syscall.SIGTERM) }

func (h *Host) end(signal syscall.Signal) error {
	if h.daemon == nil {
		return nil
	}
	defer func() { h.daemon = nil }()
	if err := h.daemon.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case err := <-h.ended:
		if signal == syscall.SIGKILL {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the daemon ended: %w\n%s", err, h.Log())
		}
		return nil
	case <-time.After(patience):
		return errors.Join(fmt.Errorf("the daemon did not end within %v of a signal\n%s", patience, h.Log()), h.daemon.Process.Kill())
	}
}

// Log is what the daemons have logged.
func (h *Host) Log() string {
	text, err := os.ReadFile(h.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Command is a command of traceloop's that speaks to the daemon, not started yet.
func (h *Host) Command(arguments ...string) *exec.Cmd {
	command := exec.Command(built.path, arguments...)
	command.Env = append(environment(), "TRACELOOP_SOCKET="+h.Socket(), "NO_COLOR=1")
	return command
}

// Run runs a command of traceloop's and returns its standard output. The error
// has its standard error.
func (h *Host) Run(arguments ...string) (string, error) {
	command := h.Command(arguments...)
	var output, errorOutput bytes.Buffer
	command.Stdout, command.Stderr = &output, &errorOutput
	if err := command.Run(); err != nil {
		return output.String(), fmt.Errorf("traceloop %s: %w: %s", strings.Join(arguments, " "), err, errorOutput.String())
	}
	return output.String(), nil
}

// List returns the recordings.
func (h *Host) List() ([]*traceloopv1.Recording, error) {
	text, err := h.Run("list", "-o", "json")
	if err != nil {
		return nil, err
	}
	response := &traceloopv1.ListResponse{}
	if err := protojson.Unmarshal([]byte(text), response); err != nil {
		return nil, fmt.Errorf("traceloop list: %w", err)
	}
	return response.Recordings, nil
}

// Status returns the daemon's status.
func (h *Host) Status() (*traceloopv1.StatusResponse, error) {
	text, err := h.Run("status", "-o", "json")
	if err != nil {
		return nil, err
	}
	response := &traceloopv1.StatusResponse{}
	if err := protojson.Unmarshal([]byte(text), response); err != nil {
		return nil, fmt.Errorf("traceloop status: %w", err)
	}
	return response, nil
}

// Unload ends the daemon and all that it recorded: nothing of it is in the
// kernel then.
func (h *Host) Unload() error {
	var errs []error
	if h.daemon != nil {
		errs = append(errs, h.Kill())
	}
	if _, err := os.Stat(filepath.Join(h.Pins(), "traceloop")); err == nil {
		output, err := h.DaemonCommand("--unpin").CombinedOutput()
		if err != nil {
			err = fmt.Errorf("traceloop daemon --unpin: %w: %s", err, output)
		}
		errs = append(errs, err)
		if _, err := os.Stat(filepath.Join(h.Pins(), "traceloop")); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("traceloop daemon --unpin left its directory: %w", err))
		}
	}
	return errors.Join(errs...)
}

// Close is Unload, and removes the place.
func (h *Host) Close() error {
	errs := []error{h.Unload()}
	if err := unix.Unmount(h.Pins(), 0); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		errs = append(errs, fmt.Errorf("unmounting %s: %w", h.Pins(), err))
	}
	if h.log != nil {
		errs = append(errs, h.log.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(h.directory))...)
}
