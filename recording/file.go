package recording

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Save writes a recording to a file, whole or not at all: to a temporary file
// in the same directory, which it renames when all of it is on the disk. What
// had the name before is replaced, also if it was a symbolic link. Only the
// owner may read the file, as it holds what programs read and wrote.
//
// What is there and is no regular file, such as a terminal or a pipe, cannot
// be replaced and is an error: use [Write].
func Save(path string, r *Recording) error {
	if err := save(path, r); err != nil {
		return fmt.Errorf("saving recording %s: %w", path, err)
	}
	return nil
}

func save(path string, r *Recording) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("it exists and is no regular file (%s)", info.Mode())
	}
	directory := filepath.Dir(path)
	file, err := os.CreateTemp(directory, ".traceloop-*") // mode 0600
	if err != nil {
		return fmt.Errorf("creating temporary file: %w", err)
	}
	if err := writeAndName(file, path, r); err != nil {
		_ = file.Close() // it may be closed already
		return errors.Join(err, os.Remove(file.Name()))
	}
	return syncDirectory(directory)
}

// writeAndName puts a recording into a temporary file and renames it.
func writeAndName(file *os.File, path string, r *Recording) error {
	if err := Write(file, r); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("waiting for the disk: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("closing temporary file: %w", err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("giving it its name: %w", err)
	}
	return nil
}

// syncDirectory waits until a file's new name is on the disk.
func syncDirectory(path string) error {
	directory, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil // one may create files in a directory that one may not read
	}
	if err != nil {
		return fmt.Errorf("opening directory: %w", err)
	}
	defer directory.Close()
	err = directory.Sync()
	// File systems that cannot do it say so in one of these ways.
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("waiting for the disk to have the name: %w", err)
	}
	return nil
}

// Open reads a recording from a file, as [Read] does. Its errors name path.
func Open(path string) (*Recording, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening recording: %w", err)
	}
	defer file.Close()
	r, err := Read(file)
	if err != nil {
		return r, fmt.Errorf("reading recording %s: %w", path, err)
	}
	return r, nil
}
