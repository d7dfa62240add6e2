package containers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// stored is what Podman's storage has of a container: all but its process and
// its labels.
type stored struct {
	ID       string    `json:"id"`
	Names    []string  `json:"names"`
	Metadata string    `json:"metadata"` // JSON again
	Created  time.Time `json:"created"`
}

type storedMetadata struct {
	Image string `json:"image-name"`
	Name  string `json:"name"`
	Pod   string `json:"pod-id"`
}

// watchStorage has one session with the directory of Podman's storage. Podman has
// no daemon: its service, where it is enabled at all, starts when it is asked.
// Its storage has a list of the containers for each storage driver, which is
// replaced as a whole when one comes or goes.
func watchStorage(ctx context.Context, r *runtime) error {
	directories, err := filepath.Glob(filepath.Join(r.endpoint.Path, "*-containers"))
	if err != nil {
		return err
	}
	if len(directories) == 0 {
		return fmt.Errorf("looking for lists of containers in %s: %w", r.endpoint.Path, os.ErrNotExist)
	}
	descriptor, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return fmt.Errorf("watching for changes: %w", err)
	}
	changes := os.NewFile(uintptr(descriptor), "inotify")
	defer changes.Close()
	for _, directory := range directories {
		if _, err := unix.InotifyAddWatch(descriptor, directory, unix.IN_MOVED_TO|unix.IN_CLOSE_WRITE|unix.IN_ONLYDIR); err != nil {
			return fmt.Errorf("watching %s: %w", directory, err)
		}
	}
	// Closing ends the read below.
	stop := context.AfterFunc(ctx, func() { _ = changes.Close() })
	defer stop()

	all, err := listStorage(directories)
	if err != nil {
		return err
	}
	r.source.Replace(all)
	r.connected("podman")
	missing := make(map[string]time.Time)
	buffer := make([]byte, 64<<10)
	for {
		if _, err := changes.Read(buffer); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("waiting for changes: %w", err)
		}
		listed, err := listStorage(directories)
		if err != nil {
			return err
		}
		all = takeStored(r.source, all, listed, missing)
		if err := changes.SetReadDeadline(nextRemoval(missing)); err != nil {
			return fmt.Errorf("waiting for changes: %w", err)
		}
	}
}

// removalDelay is how long a container that is gone from the storage is kept. The
// service, if it runs, tells of events up to a quarter of a second late, and later on
// a busy machine: it would add a short container anew after its end.
const removalDelay = 4 * time.Second

// takeStored puts what is listed and removes what has been missing for long
// enough. It returns the containers that are still known.
func takeStored(source *Source, known, listed []Container, missing map[string]time.Time) []Container {
	present := make(map[string]bool)
	for _, c := range listed {
		present[c.ID] = true
		delete(missing, c.ID)
		source.Put(c)
	}
	now := time.Now()
	for _, c := range known {
		since, ok := missing[c.ID]
		switch {
		case present[c.ID]:
		case !ok:
			missing[c.ID] = now
			listed = append(listed, c)
		case now.Sub(since) < removalDelay:
			listed = append(listed, c)
		default:
			delete(missing, c.ID)
			source.Remove(c.ID)
		}
	}
	return listed
}

// nextRemoval is when the first of the missing is to be removed; zero: never.
func nextRemoval(missing map[string]time.Time) time.Time {
	var next time.Time
	for _, since := range missing {
		if due := since.Add(removalDelay); next.IsZero() || due.Before(next) {
			next = due
		}
	}
	return next
}

// listStorage reads the lists of all storage drivers.
func listStorage(directories []string) ([]Container, error) {
	var all []Container
	for _, directory := range directories {
		containers, err := readStorage(filepath.Join(directory, "containers.json"))
		if err != nil {
			return nil, fmt.Errorf("reading the list of containers: %w", err)
		}
		for _, one := range containers {
			var metadata storedMetadata
			// Containers of others, like buildah's, have none.
			if json.Unmarshal([]byte(one.Metadata), &metadata) != nil {
				continue
			}
			// CRI-O keeps its containers there too, and tells of them itself.
			if metadata.Pod != "" {
				continue
			}
			c := Container{ID: one.ID, Name: metadata.Name, Runtime: "podman", Image: metadata.Image, Created: one.Created}
			if c.Name == "" && len(one.Names) > 0 {
				c.Name = one.Names[0]
			}
			all = append(all, completed(c))
		}
	}
	return all, nil
}

// readStorage reads a list, which Podman replaces by renaming: it is always whole.
func readStorage(path string) ([]stored, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // there was no container yet
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var containers []stored
	if err := json.NewDecoder(io.LimitReader(file, maximumMessage)).Decode(&containers); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return containers, nil
}
