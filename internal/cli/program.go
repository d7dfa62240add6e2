package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// findProgram finds what a shell would run for a name. Its errors have a
// shell's status: 127 if there is no such program, 126 if it cannot be executed.
func findProgram(name string) (string, error) {
	if strings.Contains(name, "/") {
		if err := checkExecutable(name); err != nil {
			return "", notStarted(name, err)
		}
		return name, nil
	}
	if name == "" {
		return "", &statusError{statusNotFound, errors.New("the command's name is empty")}
	}
	var found error
	for _, directory := range filepath.SplitList(os.Getenv("PATH")) {
		if directory == "" {
			directory = "." // as a shell has it
		}
		// Not joined by filepath.Join: that would make ./name of "." into name.
		path := directory + "/" + name
		err := checkExecutable(path)
		if err == nil {
			return path, nil
		}
		if found == nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			found = notStarted(path, err)
		}
	}
	if found != nil {
		return "", found
	}
	return "", &statusError{statusNotFound, fmt.Errorf("%s: command not found", name)}
}

// checkExecutable says why a file cannot be executed.
func checkExecutable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return syscall.EISDIR
	}
	return unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS)
}

// notStarted says why a program was not started.
func notStarted(path string, err error) error {
	var inner *fs.PathError
	if errors.As(err, &inner) {
		err = inner.Err // the path is said once
	}
	status := statusNotExecutable
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		status = statusNotFound
	}
	return &statusError{status, fmt.Errorf("cannot run %s: %w", path, err)}
}

// startProgram starts a program on the same terminal, streams, environment and
// directory, in the same process group.
func startProgram(path string, arguments []string) (*os.Process, error) {
	process, err := os.StartProcess(path, arguments, &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return nil, &statusError{statusNotExecutable, fmt.Errorf("cannot run %s: %w (a script begins with a line such as #!/bin/sh)", path, syscall.ENOEXEC)}
	case errors.Is(err, fs.ErrNotExist):
		// The file was there a moment ago: what it asks for is not.
		return nil, &statusError{statusNotExecutable, fmt.Errorf("cannot run %s: its interpreter or loader does not exist: %w", path, syscall.ENOENT)}
	case err != nil:
		return nil, notStarted(path, err)
	}
	return process, nil
}

// statusOf is the status of a shell whose command ended so.
func statusOf(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return statusSignal + int(status.Signal())
	}
	return state.ExitCode()
}
