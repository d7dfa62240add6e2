package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// cgroup is the path of a cgroup. In the version 2 hierarchy it has all processes
// of a cluster, or of one machine of it, the containers' too: by it they are
// found, and killed at once, even if whoever started them is dead. In the
// version 1 hierarchies, where there are any, it is where the containers' are.
type cgroup string

// hierarchies are the directories where cgroups are mounted, and the one among
// them that is of version 2.
func hierarchies() (all []string, unified string, err error) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, "", fmt.Errorf("looking for cgroups: %w", err)
	}
	devices := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		mount, kind, _ := strings.Cut(line, " - ")
		fields := strings.Fields(mount)
		if len(fields) < 5 || devices[fields[2]] {
			continue
		}
		kind, _, _ = strings.Cut(kind, " ")
		if kind != "cgroup" && kind != "cgroup2" {
			continue
		}
		devices[fields[2]] = true
		all = append(all, fields[4])
		if kind == "cgroup2" {
			unified = fields[4]
		}
	}
	if unified == "" {
		return nil, "", errors.New("no cgroup2 file system is mounted: the cluster's processes are kept in one")
	}
	return all, unified, nil
}

// create makes the cgroup in all hierarchies.
func (c cgroup) create() error {
	all, _, err := hierarchies()
	for _, hierarchy := range all {
		err = errors.Join(err, os.MkdirAll(filepath.Join(hierarchy, string(c)), 0o755))
	}
	return err
}

// open opens the cgroup for a process to be started in it.
func (c cgroup) open() (*os.File, error) {
	_, unified, err := hierarchies()
	if err != nil {
		return nil, err
	}
	return os.Open(filepath.Join(unified, string(c)))
}

// remove kills all that is in the cgroup and in those beneath it and removes
// them. There may be none.
func (c cgroup) remove(ctx context.Context) error {
	all, unified, err := hierarchies()
	if err != nil {
		return err
	}
	path := filepath.Join(unified, string(c))
	err = wait(ctx, "the end of the processes in "+path, func() error {
		if err := os.WriteFile(filepath.Join(path, "cgroup.kill"), []byte("1"), 0); err != nil {
			if errors.Is(err, os.ErrNotExist) {
				return nil
			}
			return err
		}
		events, err := os.ReadFile(filepath.Join(path, "cgroup.events"))
		if err != nil || !strings.Contains(string(events), "populated 0") {
			processes, _ := c.processes()
			return errors.Join(fmt.Errorf("there are some: %v", processes), err)
		}
		return nil
	})
	for _, hierarchy := range all {
		path := filepath.Join(hierarchy, string(c))
		// A process that has just ended may still hold its cgroup.
		err = errors.Join(err, wait(ctx, "the removal of "+path, func() error {
			directories := directoriesIn(path)
			var errs []error
			for _, directory := range slices.Backward(directories) {
				if err := os.Remove(directory); err != nil && !errors.Is(err, os.ErrNotExist) {
					errs = append(errs, err)
				}
			}
			return errors.Join(errs...)
		}))
	}
	return err
}

// directoriesIn are a directory and all beneath it, from the top.
func directoriesIn(path string) []string {
	var directories []string
	// What disappears meanwhile is what is wanted.
	_ = filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			directories = append(directories, path)
		}
		return nil
	})
	return directories
}

// processes are the IDs of the processes in the cgroup and those beneath it.
func (c cgroup) processes() ([]string, error) {
	_, unified, err := hierarchies()
	if err != nil {
		return nil, err
	}
	var processes []string
	for _, directory := range directoriesIn(filepath.Join(unified, string(c))) {
		text, err := os.ReadFile(filepath.Join(directory, "cgroup.procs"))
		if err == nil { // else it has gone
			processes = append(processes, strings.Fields(string(text))...)
		}
	}
	return processes, nil
}
