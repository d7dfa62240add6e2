package bpffs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// mount mounts a file system for the test's duration.
func mount(t *testing.T, directory string) {
	t.Helper()
	mounted, err := Mount(directory)
	if err != nil {
		t.Fatal(err)
	}
	if !mounted {
		t.Fatalf("%s is a BPF file system already", directory)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(directory, 0); err != nil && !errors.Is(err, unix.EINVAL) {
			t.Errorf("unmounting %s: %v", directory, err)
		}
	})
}

func TestMount(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "a directory", "bpf")
	if there, err := Is(directory); there || err != nil {
		t.Fatalf("before there is a directory: %v, %v", there, err)
	}
	mount(t, directory)
	if there, err := Is(directory); !there || err != nil {
		t.Errorf("mounted: %v, %v", there, err)
	}
	info, err := os.Stat(directory)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("its mode is %v: others could see the recordings", info.Mode())
	}

	below := filepath.Join(directory, "below")
	if mounted, err := Mount(below); mounted || err != nil {
		t.Errorf("a directory in a BPF file system: mounted %v, %v", mounted, err)
	}
	if unmounted, err := Unmount(directory); unmounted || err != nil {
		t.Errorf("one that is in use: unmounted %v, %v", unmounted, err)
	}
	if err := os.Remove(below); err != nil {
		t.Fatal(err)
	}
	if unmounted, err := Unmount(directory); !unmounted || err != nil {
		t.Errorf("an empty one: unmounted %v, %v", unmounted, err)
	}
	if there, err := Is(directory); there || err != nil {
		t.Errorf("unmounted: %v, %v", there, err)
	}
	if unmounted, err := Unmount(directory); unmounted || err != nil {
		t.Errorf("none: unmounted %v, %v", unmounted, err)
	}
}

func TestUnmountLeavesOthersAlone(t *testing.T) {
	directory := t.TempDir()
	if err := unix.Mount("bpf", directory, "bpf", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount(directory, 0) })
	if unmounted, err := Unmount(directory); unmounted || err != nil {
		t.Errorf("unmounted %v, %v", unmounted, err)
	}
	if there, err := Is(directory); !there || err != nil {
		t.Errorf("afterwards: %v, %v", there, err)
	}
}

func TestMountSaysWhatToDo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Mount(file)
	if err == nil || !strings.Contains(err.Error(), "mount -t bpf bpf "+file) {
		t.Errorf("%v, want the command that mounts it", err)
	}
}

func TestIsOurs(t *testing.T) {
	for _, test := range []struct {
		list string
		want bool
	}{
		{"36 35 0:30 / /a\\040b rw,nosuid shared:1 - bpf traceloop rw,mode=700", true},
		{"36 35 0:30 / /a\\040b rw,nosuid - bpf traceloop rw,mode=700", true},
		{"36 35 0:30 / /a\\040b rw - bpf bpf rw", false},
		{"36 35 0:30 / /a\\040b rw - tmpfs traceloop rw", false},
		{"36 35 0:30 / /a rw - bpf traceloop rw", false},
		{"36 35 0:30 / /a\\040b rw - bpf traceloop rw\n37 36 0:31 / /a\\040b rw - tmpfs none rw", false},
		{"nothing that is known - ", false},
	} {
		if got, err := isOurs(strings.NewReader(test.list), "/a b/"); got != test.want || err != nil {
			t.Errorf("%s: %v, %v", test.list, got, err)
		}
	}
}
