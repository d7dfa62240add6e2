package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// defaultSocket is where the daemon listens.
const defaultSocket = "/run/traceloop/traceloop.sock"

// listen listens on a unix socket of a mode and a group. What a daemon left
// there that died is replaced, what another listens on is not. Closing the
// listener removes the socket. It must be called before other goroutines
// create files: it changes the umask for a moment.
func listen(path string, mode os.FileMode, group int) (*net.UnixListener, error) {
	if err := removeStale(path); err != nil {
		return nil, fmt.Errorf("listening on %s: %w", path, err)
	}
	// Root's alone until it is whose it is to be.
	before := unix.Umask(0o177)
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	unix.Umask(before)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", path, err)
	}
	if err := giveTo(path, mode, group); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

// giveTo sets a socket's group, and then what the group may.
func giveTo(path string, mode os.FileMode, group int) error {
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("looking at the socket: %w", err)
	}
	if about, ok := info.Sys().(*syscall.Stat_t); !ok || int(about.Gid) != group {
		if err := os.Lchown(path, -1, group); err != nil {
			return fmt.Errorf("giving the socket to group %d: %w (it takes CAP_CHOWN, or that the daemon is in the group)", group, err)
		}
	}
	if err := os.Chmod(path, mode); err != nil {
		return fmt.Errorf("setting the socket's mode: %w", err)
	}
	return nil
}

// removeStale removes a socket that nobody listens on.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return errors.New("something that is no socket is there: remove it, or choose another --socket")
	}
	connection, err := net.DialTimeout("unix", path, time.Second)
	switch {
	case err == nil:
		return errors.Join(errors.New("another program listens there: end it, or choose another --socket"), connection.Close())
	case errors.Is(err, unix.ECONNREFUSED):
		return os.Remove(path)
	}
	// A full queue (EAGAIN) is a live one's.
	return fmt.Errorf("finding out whether another program listens there: %w", err)
}
