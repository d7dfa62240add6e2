package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// What daemons saved is deleted; what others put there stays.
func TestPurge(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside.traceloop")
	if err := os.WriteFile(outside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	directory := filepath.Join(t.TempDir(), "state")
	o := newDaemonOptions()
	o.stateDirectory.path = directory
	if err := o.purge(); err != nil {
		t.Errorf("purging what does not exist: %v", err)
	}
	if err := os.Mkdir(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	there := func(name string) bool { _, err := os.Lstat(filepath.Join(directory, name)); return err == nil }
	for _, name := range []string{"a.traceloop", "b.traceloop", ".traceloop-123", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(directory, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(directory, "link.traceloop")); err != nil {
		t.Fatal(err)
	}
	if err := o.purge(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"a.traceloop": false, "b.traceloop": false, ".traceloop-123": false, "notes.txt": true, "link.traceloop": true} {
		if got := there(name); got != want {
			t.Errorf("%s is there: %t, want %t", name, got, want)
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Errorf("what a link leads to: %v", err)
	}
	for _, name := range []string{"notes.txt", "link.traceloop"} {
		if err := os.Remove(filepath.Join(directory, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.purge(); err != nil {
		t.Fatal(err)
	}
	if there(".") {
		t.Error("the directory is there although nothing is in it")
	}
}
