package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"traceloop/recording"
)

// createOutput opens a file to print into, so that it is known to be writable
// before anything else happens.
func createOutput(path string) (*os.File, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("opening the output file: %w", err)
	}
	return file, nil
}

// target is where a recording file will be.
type target struct {
	path string
	// stream is what cannot be replaced as a file can: a pipe, a device.
	stream *os.File
}

// openTarget finds out whether a recording file can be written, without
// changing what is there.
func openTarget(path string) (*target, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("opening the recording file: %w", err)
	case info.IsDir():
		return nil, fmt.Errorf("opening the recording file: %s is a directory: want a file's name", path)
	case !info.Mode().IsRegular():
		stream, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("opening the recording file: %w", err)
		}
		return &target{path: path, stream: stream}, nil
	}
	// The recording is written beside the file and then takes its name. Only
	// trying tells whether the file system allows that.
	probe, err := os.CreateTemp(filepath.Dir(path), ".traceloop-*")
	if err != nil {
		return nil, fmt.Errorf("creating the recording file %s: %w", path, err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return nil, fmt.Errorf("creating the recording file %s: %w", path, err)
	}
	return &target{path: path}, nil
}

// save writes the recording.
func (t *target) save(r *recording.Recording) error {
	if t.stream == nil {
		return recording.Save(t.path, r)
	}
	if err := recording.Write(t.stream, r); err != nil {
		return fmt.Errorf("saving recording %s: %w", t.path, err)
	}
	return nil
}

func (t *target) close() error {
	if t.stream == nil {
		return nil
	}
	return t.stream.Close()
}
