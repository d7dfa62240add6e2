package recording

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// names are the names in a directory.
func names(t *testing.T, directory string) []string {
	t.Helper()
	entries, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return all
}

func TestSaveAndOpen(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	path := filepath.Join(directory, "recording")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	want := large(100)
	if err := Save(path, want); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	got, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(want, got, wholeBytes); difference != "" {
		t.Errorf("-saved +opened:\n%s", difference)
	}
	if all := names(t, directory); len(all) != 1 {
		t.Errorf("left behind: %q", all)
	}
}

func TestSaveReplacesLinkAndNotItsTarget(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	target, link := filepath.Join(directory, "target"), filepath.Join(directory, "link")
	if err := os.WriteFile(target, []byte("not ours"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if err := Save(link, small()); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(target); err != nil || string(data) != "not ours" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := Open(link); err != nil {
		t.Error(err)
	}
}

// TestSaveFails has Save fail at each of its steps: what was there stays, and
// nothing is left behind.
func TestSaveFails(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	path := filepath.Join(directory, "recording")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	tooLarge := small()
	tooLarge.Snapshot.InFlight = make([]byte, maxInFlight+1)
	if err := Save(path, tooLarge); !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "old" {
		t.Errorf("%q, %v", data, err)
	}
	if all := names(t, directory); len(all) != 1 {
		t.Errorf("left behind: %q", all)
	}

	if err := Save(filepath.Join(directory, "none", "recording"), small()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	for _, special := range []string{directory, os.DevNull} {
		if err := Save(special, small()); err == nil || !strings.Contains(err.Error(), "no regular file") {
			t.Errorf("%s: %v", special, err)
		}
	}
}

// TestFailedRename has the last step of Save fail.
func TestFailedRename(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	file, err := os.CreateTemp(directory, "")
	if err != nil {
		t.Fatal(err)
	}
	err = writeAndName(file, filepath.Join(directory, "none", "recording"), small())
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "giving it its name") {
		t.Errorf("%v", err)
	}
}

// TestSaveOnFullDevice writes where the kernel itself says that there is no space.
func TestSaveOnFullDevice(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no device that is always full: ", err)
	}
	defer full.Close()
	err = Write(full, small())
	if err == nil || !strings.HasPrefix(err.Error(), "writing preamble at offset 0: ") {
		t.Errorf("%v", err)
	}
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	missing := filepath.Join(directory, "missing")
	if got, err := Open(missing); !errors.Is(err, fs.ErrNotExist) || got != nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("%v", err)
	}
	if got, err := Open(directory); err == nil || errors.Is(err, ErrNotRecording) || got != nil {
		t.Errorf("directory: %v", err)
	}
	text := filepath.Join(directory, "text")
	if err := os.WriteFile(text, []byte("some text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Open(text); !errors.Is(err, ErrNotRecording) || got != nil || !strings.Contains(err.Error(), text) {
		t.Errorf("%v", err)
	}
	cut := filepath.Join(directory, "cut")
	file := write(t, small())
	if err := os.WriteFile(cut, file[:len(file)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Open(cut)
	var damage *DamageError
	if !errors.As(err, &damage) || got == nil || !strings.Contains(err.Error(), cut) {
		t.Errorf("%v", err)
	}
}
