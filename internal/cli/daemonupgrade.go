package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"traceloop/internal/agent"
	"traceloop/internal/bpffs"
	"traceloop/recorder"
	"traceloop/recording"
	"traceloop/ring"
)

// defaultSalvage is where recordings go that another version left, if there is
// no state directory.
const defaultSalvage = "/var/lib/traceloop"

// openRecorder takes up what an earlier daemon left in a directory of pins, or
// begins anew. What another version of traceloop left is saved as files first.
func (o *daemonOptions) openRecorder(pins string, log *slog.Logger) (*recorder.Recorder, error) {
	if pins == "" {
		return recorder.New()
	}
	r, err := recorder.Open(pins)
	var other *recorder.LayoutError
	if !errors.As(err, &other) {
		return r, err
	}
	log.Info("another version of traceloop left recordings: they are saved as files, and recording begins anew", "pinned", pins)
	o.salvage(pins, log)
	if err := recorder.Unpin(pins); err != nil {
		return nil, err
	}
	return recorder.Open(pins)
}

// salvage saves the recordings in a directory of pins as files. What cannot be
// saved is said, and lost: a full disk must not keep the host unrecorded.
func (o *daemonOptions) salvage(pins string, log *slog.Logger) {
	directory := o.stateDirectory.path
	if directory == "" {
		directory = defaultSalvage
	}
	saved, lost := 0, 0
	_, err := secureDirectory(directory, 0o700)
	if err == nil {
		err = recorder.Salvage(pins, func(info recorder.Info, snapshot *ring.Snapshot) error {
			path, err := o.saveSalvaged(directory, saved+lost, &info, snapshot)
			if err != nil {
				lost++
				log.Error("a recording is lost", "recording", info.Name, "calls", info.Calls, "error", err)
				return nil
			}
			saved++
			log.Info("recording saved", "recording", info.Name, "calls", info.Calls, "file", path)
			return nil
		})
	}
	if err != nil {
		log.Error("what could not be read is lost", "error", err)
	}
	log.Info("recordings of another version", "saved", saved, "lost", lost, "directory", directory)
}

func (o *daemonOptions) saveSalvaged(directory string, number int, info *recorder.Info, snapshot *ring.Snapshot) (string, error) {
	r, err := agent.Salvaged(*info, snapshot)
	if err != nil {
		return "", err
	}
	r.TraceloopVersion = version() // of the program that read it
	// The ID is no secret, and without it nobody could tell whose it is.
	id := r.Container.ID
	r.Mask(o.redact.items)
	r.Container.ID = id
	path := filepath.Join(directory, fmt.Sprintf("%s-upgrade-%d.traceloop", time.Now().UTC().Format("20060102T150405Z"), number))
	return path, recording.Save(path, r)
}

// unpin ends what a daemon left behind, and says whether there was something.
func (o *daemonOptions) unpin() (err error) {
	if o.bpffs.path == "" {
		return usage(errors.New("--unpin needs --bpffs: where it is empty, nothing outlives the daemon"))
	}
	held, err := o.removeSocket()
	if err != nil {
		return err
	}
	if held != nil {
		defer func() {
			err = errors.Join(err, held.remove())
			if directory := filepath.Dir(held.file.Name()); directory == filepath.Dir(defaultSocket) {
				_ = os.Remove(directory) // if that was all
			}
		}()
	}
	ended, err := o.unpinAll()
	if err != nil {
		return err
	}
	if ended {
		fmt.Println("all recordings are ended, and nothing is left in", o.bpffs.path)
	} else {
		fmt.Println("nothing is pinned in", o.bpffs.path)
	}
	return nil
}

// purge deletes the recordings in the state directory, and the directory if
// nothing else is in it.
func (o *daemonOptions) purge() error {
	directory := cmp.Or(o.stateDirectory.path, defaultSalvage)
	// Nothing outside of it can be reached through this, by links neither.
	root, err := os.OpenRoot(directory)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Println("nothing is saved in", directory)
		return nil
	}
	if err != nil {
		return fmt.Errorf("deleting saved recordings: %w", err)
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return fmt.Errorf("deleting saved recordings: %w", err)
	}
	deleted := 0
	for _, entry := range entries {
		name := entry.Name()
		if !entry.Type().IsRegular() || !strings.HasSuffix(name, agent.FileSuffix) && !strings.HasPrefix(name, agent.TemporaryPrefix) {
			continue
		}
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("deleting saved recordings, %d of them deleted: %w", deleted, err)
		}
		deleted++
	}
	// What others put there stays, and so does what is mounted there.
	_ = os.Remove(directory)
	fmt.Println(counted(uint64(deleted), "saved recording"), "deleted in", directory)
	return nil
}

// removeSocket takes the place of a daemon at the socket, and removes what one
// left there. The lock is nil if there is nothing: what does not exist need not be
// made in order to be locked.
func (o *daemonOptions) removeSocket() (*lock, error) {
	directory, err := filepath.EvalSymlinks(filepath.Dir(o.socket.path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the socket's directory: %w", err)
	}
	socket := filepath.Join(directory, filepath.Base(o.socket.path))
	held, err := lockFile(socket+".lock", holder{PID: os.Getpid(), Since: time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return nil, err
	}
	if err := removeStale(socket); err != nil {
		return nil, errors.Join(fmt.Errorf("removing the socket %s: %w", socket, err), held.remove())
	}
	return held, nil
}

// unpinAll removes the directory of pins, and the file system if a daemon has
// mounted it. It says whether there was such a directory.
func (o *daemonOptions) unpinAll() (bool, error) {
	pins := filepath.Join(o.bpffs.path, pinsName)
	held, err := lockDirectory(pins)
	found := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if found {
		defer func() { _ = held.release() }()
		if err := recorder.Unpin(filepath.Join(pins, recorderName)); err != nil {
			return false, err
		}
		if err := os.Remove(pins); err != nil {
			return false, fmt.Errorf("unpinning: %w", err)
		}
		if err := held.release(); err != nil {
			return false, err
		}
	}
	if _, err := bpffs.Unmount(o.bpffs.path); err != nil {
		return false, err
	}
	return found, nil
}
