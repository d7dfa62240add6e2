package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"traceloop/internal/bpffs"
	"traceloop/recorder"
)

// holding is what one daemon has alone.
type holding struct {
	socket string // its path, without symbolic links
	file   *lock  // beside the socket, says who has it

	pins      string // the recorder's directory; empty: nothing outlives the daemon
	directory *lock  // that pins is in
	mounted   string // the BPF file system, if it was mounted just now
	// fresh: nothing was pinned, and the daemon is not ready: if it fails now,
	// nothing is to stay.
	fresh bool
}

// pinsName is the directory in the BPF file system, and recorderName the
// recorder's in it. The lock is on the first: the recorder removes its own.
const pinsName, recorderName = "traceloop", "recorder"

// hold has this daemon be the only one. The error is a *heldError if it is not.
func (o *daemonOptions) hold() (*holding, error) {
	h := &holding{}
	err := h.take(o)
	if err == nil {
		return h, nil
	}
	if errors.Is(err, fs.ErrPermission) && os.Geteuid() != 0 {
		err = fmt.Errorf("%w (traceloop daemon runs as root)", err)
	}
	return nil, errors.Join(err, h.end())
}

func (h *holding) take(o *daemonOptions) error {
	run, err := secureDirectory(filepath.Dir(o.socket.path), 0o755)
	if err != nil {
		return fmt.Errorf("preparing the socket's directory: %w", err)
	}
	h.socket = filepath.Join(run, filepath.Base(o.socket.path))
	if h.file, err = lockFile(h.socket+".lock", holder{os.Getpid(), time.Now().UTC().Truncate(time.Second), h.socket}); err != nil {
		return err
	}
	if o.stateDirectory.path != "" {
		if _, err := secureDirectory(o.stateDirectory.path, 0o700); err != nil {
			return fmt.Errorf("preparing the state directory: %w", err)
		}
	}
	if o.bpffs.path == "" {
		return nil
	}
	mounted, err := bpffs.Mount(o.bpffs.path)
	if err != nil {
		return fmt.Errorf("%w; or give --bpffs \"\": then recordings end with the daemon", err)
	}
	if mounted {
		h.mounted = o.bpffs.path
	}
	directory, err := secureDirectory(filepath.Join(o.bpffs.path, pinsName), 0o700)
	if err != nil {
		return fmt.Errorf("preparing the directory of pins: %w", err)
	}
	if h.directory, err = lockDirectory(directory); err != nil {
		return err
	}
	h.pins = filepath.Join(directory, recorderName)
	_, err = os.Lstat(h.pins)
	h.fresh = errors.Is(err, fs.ErrNotExist)
	return nil
}

// since is when the programs were loaded: the directory changed last when the
// recorder made its own in it. Zero: just now.
func (h *holding) since() time.Time {
	if h.pins == "" {
		return time.Time{}
	}
	info, err := os.Stat(filepath.Dir(h.pins))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// end lets another daemon begin. The recorder is closed by now.
func (h *holding) end() error {
	var errs []error
	if h.fresh {
		errs = append(errs, recorder.Unpin(h.pins), os.Remove(filepath.Dir(h.pins)))
	}
	if h.directory != nil {
		errs = append(errs, h.directory.release())
	}
	if h.mounted != "" && (h.fresh || h.directory == nil) {
		_, err := bpffs.Unmount(h.mounted)
		errs = append(errs, err)
	}
	if h.file != nil {
		errs = append(errs, h.file.remove())
	}
	return errors.Join(errs...)
}
