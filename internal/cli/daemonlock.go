package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// holder is what a daemon writes into its lock file.
type holder struct {
	PID    int       `json:"pid"`
	Since  time.Time `json:"since"`
	Socket string    `json:"socket"`
}

// heldError says that another daemon runs, and which.
type heldError struct {
	what string // that is locked
	holder
}

func (e *heldError) Error() string {
	text := "another traceloop daemon"
	if e.PID > 0 {
		text += fmt.Sprintf(" (process %d)", e.PID)
	}
	text += " runs on this host"
	if !e.Since.IsZero() {
		text += " since " + e.Since.UTC().Format(time.RFC3339)
	}
	if e.Socket != "" {
		text += fmt.Sprintf(", with its socket at %s", e.Socket)
	}
	return text + fmt.Sprintf(": it holds %s", e.what)
}

// lock is a file or directory that one process holds. It is the kernel's
// (flock(2)), and so ends with the process, however that ends.
type lock struct{ file *os.File }

// lockFile locks a file that says who has it. The file is made, and must not
// be a symbolic link. The error is a *heldError if another process has it.
func lockFile(path string, who holder) (*lock, error) {
	// Readable by root alone: who can open it could lock it.
	held, err := acquire(path, unix.O_CREAT|unix.O_RDWR)
	var other *heldError
	if errors.As(err, &other) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	if err := held.write(who); err != nil {
		return nil, errors.Join(fmt.Errorf("writing the lock file %s: %w", path, err), held.release())
	}
	return held, nil
}

// lockDirectory locks a directory, which must exist.
func lockDirectory(path string) (*lock, error) {
	held, err := acquire(path, unix.O_DIRECTORY|unix.O_RDONLY)
	var other *heldError
	if err != nil && !errors.As(err, &other) {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return held, err
}

// acquire opens and locks. Its holder may remove what it has locked, so that
// the path has to lead to what was locked still.
func acquire(path string, flags int) (*lock, error) {
	for {
		file, err := os.OpenFile(path, flags|unix.O_NOFOLLOW, 0o600)
		if err != nil {
			return nil, err
		}
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = &heldError{path, readHolder(file)}
		}
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		locked, err := file.Stat()
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if there, err := os.Lstat(path); err == nil && os.SameFile(there, locked) {
			return &lock{file}, nil
		}
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
}

func (l *lock) write(who holder) error {
	text, err := json.Marshal(who)
	if err != nil {
		return err
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err = l.file.WriteAt(append(text, '\n'), 0)
	return err
}

// release ends the lock and leaves what was locked.
func (l *lock) release() error { return l.file.Close() }

// remove removes the file that was locked, and ends the lock. Others that wait
// for the lock make a new file.
func (l *lock) remove() error { return errors.Join(os.Remove(l.file.Name()), l.file.Close()) }

// readHolder finds out who has locked a file, as far as that can be known: a
// directory says nothing, and its holder may be starting.
func readHolder(file *os.File) holder {
	var who holder
	if text, err := io.ReadAll(io.NewSectionReader(file, 0, 4<<10)); err == nil {
		_ = json.Unmarshal(text, &who)
	}
	// What the kernel says of the process goes before what a file says.
	if pid := lockedBy(file); pid > 0 && pid != who.PID {
		who = holder{PID: pid}
	}
	return who
}

// lockedBy finds the process that has locked a file in the kernel's list; 0 if
// it is not there, or in a PID namespace that this process does not see.
func lockedBy(file *os.File) int {
	info, err := file.Stat()
	if err != nil {
		return 0
	}
	about, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	locks, err := os.Open("/proc/locks")
	if err != nil {
		return 0
	}
	defer locks.Close()
	which := fmt.Sprintf("%02x:%02x:%d", unix.Major(about.Dev), unix.Minor(about.Dev), about.Ino)
	for lines := bufio.NewScanner(locks); lines.Scan(); {
		// 1: FLOCK  ADVISORY  WRITE 1234 00:2c:23 0 EOF
		fields := strings.Fields(lines.Text())
		if len(fields) == 8 && fields[1] == "FLOCK" && fields[5] == which {
			pid, _ := strconv.Atoi(fields[4])
			return pid
		}
	}
	return 0
}

// secureDirectory makes a directory with a mode, and those above it, and checks
// that nobody but root and this process's user can replace what is in it. It
// returns its path without symbolic links.
func secureDirectory(path string, mode os.FileMode) (string, error) {
	real, err := makeDirectory(path, mode)
	if err != nil {
		return "", err
	}
	info, err := os.Lstat(real)
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o022 != 0 {
		return "", writableError(real, info)
	}
	return real, checkOwners(real)
}

// makeDirectory makes a directory unless it is there, and returns its path
// without symbolic links. It makes none where others could replace it.
func makeDirectory(path string, mode os.FileMode) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, os.ErrNotExist) {
		return real, err
	}
	parent, err := makeDirectory(filepath.Dir(path), 0o755)
	if err != nil {
		return "", err
	}
	if err := checkOwners(parent); err != nil {
		return "", err
	}
	real = filepath.Join(parent, filepath.Base(path))
	if err := os.Mkdir(real, mode); err != nil {
		return "", err
	}
	return real, os.Chmod(real, mode) // whatever the umask
}

// checkOwners checks that a directory and all above it are root's or this
// process's user's. Others may make files in them, but only where they cannot
// replace what is not theirs.
func checkOwners(directory string) error {
	for {
		info, err := os.Lstat(directory)
		if err != nil {
			return err
		}
		about, ok := info.Sys().(*syscall.Stat_t)
		switch {
		case !info.IsDir() || !ok:
			return fmt.Errorf("%s is no directory", directory)
		case about.Uid != 0 && int(about.Uid) != os.Geteuid():
			return fmt.Errorf("%s belongs to user %d: want a directory of root's, in directories of root's", directory, about.Uid)
		case info.Mode().Perm()&0o022 != 0 && info.Mode()&os.ModeSticky == 0:
			return writableError(directory, info)
		}
		if directory == filepath.Dir(directory) {
			return nil
		}
		directory = filepath.Dir(directory)
	}
}

func writableError(directory string, info os.FileInfo) error {
	return fmt.Errorf("%s can be written by others (its mode is %04o): want a directory that only root can write", directory, info.Mode().Perm())
}
