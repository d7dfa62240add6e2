package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestLockFileSaysWhoHasIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "traceloop.sock.lock")
	who := holder{PID: os.Getpid(), Since: time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC), Socket: "/run/traceloop/traceloop.sock"}
	first, err := lockFile(path, who)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode: %v, %v: who may read it may lock it", info.Mode(), err)
	}
	_, err = lockFile(path, who)
	var held *heldError
	if !errors.As(err, &held) || held.holder != who {
		t.Fatalf("%v, want a *heldError of %+v", err, who)
	}
	for _, want := range []string{fmt.Sprint(os.Getpid()), "2026-11-23T01:02:03Z", who.Socket} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %s in it", err, want)
		}
	}
	if err := first.remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
	second, err := lockFile(path, who)
	if err != nil {
		t.Fatalf("after its end: %v", err)
	}
	if err := second.release(); err != nil {
		t.Error(err)
	}
	// What a process that was killed leaves behind is no lock, and its longer text is gone.
	third, err := lockFile(path, holder{PID: 1})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || !json.Valid(text) {
		t.Errorf("the file has %q, %v", text, err)
	}
	if err := third.remove(); err != nil {
		t.Error(err)
	}
}

// The file's text may be anyone's; the kernel knows who has locked it.
func TestLockBelievesTheKernel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	held, err := lockFile(path, holder{PID: 1, Socket: "elsewhere"})
	if err != nil {
		t.Fatal(err)
	}
	defer held.release()
	var other *heldError
	if _, err := lockFile(path, holder{}); !errors.As(err, &other) || other.PID != os.Getpid() || other.Socket != "" {
		t.Errorf("%v, want this process, and nothing of what the file says", err)
	}
}

func TestLockDirectory(t *testing.T) {
	path := t.TempDir()
	held, err := lockDirectory(path)
	if err != nil {
		t.Fatal(err)
	}
	var other *heldError
	if _, err := lockDirectory(path); !errors.As(err, &other) || other.PID != os.Getpid() {
		t.Errorf("%v, want a *heldError of this process", err)
	}
	// Who holds it may remove it: another then locks what is there now.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	again, err := lockDirectory(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []*lock{held, again} {
		if err := l.release(); err != nil {
			t.Error(err)
		}
	}
}

func TestLockFollowsNoLink(t *testing.T) {
	directory := t.TempDir()
	target, link := filepath.Join(directory, "target"), filepath.Join(directory, "link")
	if err := os.WriteFile(target, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if _, err := lockFile(link, holder{}); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("%v, want that it is a link", err)
	}
	if text, err := os.ReadFile(target); string(text) != "precious" || err != nil {
		t.Errorf("what it leads to has %q, %v", text, err)
	}
}

func TestSecureDirectory(t *testing.T) {
	top := t.TempDir()
	within := func(names ...string) string { return filepath.Join(append([]string{top}, names...)...) }

	if err := os.Mkdir(within("run"), 0o755); err != nil {
		t.Fatal(err)
	}
	before := syscall.Umask(0o077)
	made, err := secureDirectory(within("run", "traceloop"), 0o755)
	syscall.Umask(before)
	if err != nil || made != within("run", "traceloop") {
		t.Fatalf("%s, %v", made, err)
	}
	if info, err := os.Stat(made); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := secureDirectory(made, 0o755); err != nil {
		t.Errorf("one that is there: %v", err)
	}
	if _, err := secureDirectory(within("several", "of", "them"), 0o755); err != nil {
		t.Errorf("with those above it: %v", err)
	}

	if err := os.Symlink("run", within("link")); err != nil {
		t.Fatal(err)
	}
	if real, err := secureDirectory(within("link", "traceloop"), 0o755); err != nil || real != made {
		t.Errorf("through root's own link: %s, %v", real, err)
	}

	for _, test := range []struct {
		name   string
		spoil  func(directory string) error
		reason string
	}{
		{"writable by others", func(d string) error { return os.Chmod(d, 0o757) }, "can be written by others"},
		{"writable by a group", func(d string) error { return os.Chmod(d, 0o775) }, "can be written by others"},
		{"sticky", func(d string) error { return os.Chmod(d, 0o777|os.ModeSticky) }, "can be written by others"},
		{"another's", func(d string) error { return os.Chown(d, 65534, -1) }, "belongs to user 65534"},
	} {
		directory := within(test.name)
		if err := errors.Join(os.Mkdir(directory, 0o755), test.spoil(directory)); err != nil {
			t.Fatal(err)
		}
		if _, err := secureDirectory(directory, 0o755); err == nil || !strings.Contains(err.Error(), test.reason) {
			t.Errorf("%s: %v, want that it %s", test.name, err, test.reason)
		}
		below := filepath.Join(directory, "below")
		_, err := secureDirectory(below, 0o755)
		if _, made := os.Lstat(below); err != nil && made == nil {
			t.Errorf("below one that is %s: made all the same", test.name)
		}
		if sticky := test.name == "sticky"; sticky != (err == nil) {
			t.Errorf("below one that is %s: %v", test.name, err)
		}
	}
	file := within("file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := secureDirectory(file, 0o755); err == nil {
		t.Error("a file is taken for a directory")
	}
}

func TestSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "traceloop.sock")
	const group = 4242
	before := syscall.Umask(0o002)
	defer syscall.Umask(before)
	listener, err := listen(path, 0o660, group)
	if err != nil {
		t.Fatal(err)
	}
	if umask := syscall.Umask(0o002); umask != 0o002 {
		t.Errorf("afterwards the umask is %04o", umask)
	}
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if about := info.Sys().(*syscall.Stat_t); info.Mode() != os.ModeSocket|0o660 || about.Gid != group || about.Uid != 0 {
		t.Errorf("mode %v, group %d, user %d", info.Mode(), about.Gid, about.Uid)
	}
	if _, err := listen(path, 0o660, group); err == nil || !strings.Contains(err.Error(), "another program listens there") {
		t.Errorf("where another listens: %v", err)
	}
	if err := listener.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("closed, it is still there: %v", err)
	}
}

func TestSocketOfADeadDaemonIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "traceloop.sock")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	listener, err := listen(path, 0o600, os.Getgid())
	if err != nil {
		t.Fatal(err)
	}
	connection, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	connection.Close()
	listener.Close()
}

func TestSocketReplacesNothingElse(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "traceloop.sock")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listen(path, 0o600, os.Getgid()); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("a file: %v", err)
	}
	if text, err := os.ReadFile(path); string(text) != "precious" || err != nil {
		t.Errorf("the file has %q, %v", text, err)
	}
	link := filepath.Join(directory, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if _, err := listen(link, 0o600, os.Getgid()); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("a link: %v", err)
	}
}
