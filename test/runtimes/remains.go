package runtimes

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// sweep takes away what test binaries left that were killed before they could
// close their runtimes; the directories' names have their process IDs.
func sweep() {
	directories, err := filepath.Glob(filepath.Join(os.TempDir(), "runtimes-*-*-*"))
	if err != nil {
		return
	}
	for _, directory := range directories {
		pid, err := strconv.Atoi(strings.Split(filepath.Base(directory), "-")[2])
		if err != nil || alive(pid) {
			continue
		}
		// Another may be at it.
		_ = errors.Join(killAll(directory), unmountAll(directory), os.RemoveAll(directory))
	}
}

// processesOf are the processes that work for the runtime of a directory, which
// their command lines name, and all their descendants: the containers'. The
// test's own that name it too are not among them.
func processesOf(directory string) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	children := make(map[int][]int)
	var found []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		parent, state := processState(pid)
		if state == 0 || state == 'Z' {
			continue
		}
		children[parent] = append(children[parent], pid)
		line, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		if err != nil || !strings.Contains(string(line), directory) {
			continue
		}
		program, _, _ := strings.Cut(string(line), "\x00")
		switch filepath.Base(program) {
		case "containerd", "containerd-shim-runc-v2", "ctr", "dockerd", "docker", "podman", "conmon", "runc":
			found = append(found, pid)
		}
	}
	for i := 0; i < len(found); i++ {
		for _, child := range children[found[i]] {
			if !slices.Contains(found, child) {
				found = append(found, child)
			}
		}
	}
	return found, nil
}

// processState is a process's parent and state letter; 0 if there is none.
func processState(pid int) (parent int, state byte) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0
	}
	// The command's name, in brackets, may hold anything.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 2 {
		return 0, 0
	}
	parent, _ = strconv.Atoi(fields[1])
	return parent, fields[0][0]
}

func alive(pid int) bool {
	_, state := processState(pid)
	return state != 0 && state != 'Z' && state != 'X'
}

// killAll kills what processesOf finds, and removes their cgroups.
func killAll(directory string) error {
	cgroups := make(map[string]bool)
	err := wait(func() error {
		pids, err := processesOf(directory)
		if err != nil {
			return err
		}
		for _, pid := range pids {
			for _, cgroup := range cgroupsOf(pid) {
				cgroups[cgroup] = true
			}
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if len(pids) > 0 {
			return fmt.Errorf("processes that cannot be killed: %v", pids)
		}
		return nil
	})
	// None but empty ones can be removed: the test's own, and those above, stay.
	for cgroup := range cgroups {
		_ = os.Remove(cgroup)
	}
	return err
}

// cgroupsOf are the directories of a process's cgroups.
func cgroupsOf(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return nil
	}
	var found []string
	for _, line := range strings.Fields(string(text)) {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 || parts[2] == "/" {
			continue
		}
		for _, mount := range append(strings.Split(parts[1], ","), "unified", strings.TrimPrefix(parts[1], "name="), "") {
			path := filepath.Join("/sys/fs/cgroup", mount, parts[2])
			if _, err := os.Stat(path); err == nil {
				found = append(found, path)
			}
		}
	}
	return found
}

// unmountAll unmounts what is mounted in a directory, the last mount first.
func unmountAll(directory string) error {
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	defer file.Close()
	var mounts []string
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) > 4 && strings.HasPrefix(fields[4], directory+"/") {
			mounts = append(mounts, fields[4])
		}
	}
	failures := []error{lines.Err()}
	for _, mount := range slices.Backward(mounts) {
		if err := unix.Unmount(mount, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) {
			failures = append(failures, fmt.Errorf("unmounting %s: %w", mount, err))
		}
	}
	return errors.Join(failures...)
}
