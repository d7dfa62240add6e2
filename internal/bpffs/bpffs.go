// Package bpffs finds, mounts and unmounts BPF file systems, in which programs
// and maps outlive the process that made them.
package bpffs

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// source is what the mounts of this package are called in the list of mounts:
// it tells them from those of others, which Unmount leaves alone.
const source = "traceloop"

// preloaded is what a kernel with CONFIG_BPF_PRELOAD puts into each new BPF
// file system.
var preloaded = []string{"maps.debug", "progs.debug"}

// Mount has a BPF file system at a directory: it makes the directory and mounts
// one there unless the directory is in one already. It says whether it did.
// The error of a process that may not mount says the command that does.
func Mount(directory string) (mounted bool, err error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return false, explain(directory, err)
	}
	there, err := Is(directory)
	if err != nil || there {
		return false, err
	}
	// Whoever may look at pinned objects may read what they record.
	err = unix.Mount(source, directory, "bpf", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "mode=0700")
	if err != nil {
		return false, explain(directory, err)
	}
	return true, nil
}

func explain(directory string, cause error) error {
	return fmt.Errorf("there is no BPF file system at %s, and mounting one failed: %w (do it with: mkdir -p %[1]s && mount -t bpf bpf %[1]s)", directory, cause)
}

// Is says whether a directory is in a BPF file system. A directory that does
// not exist is in none.
func Is(directory string) (bool, error) {
	var about unix.Statfs_t
	err := unix.Statfs(directory, &about)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for a BPF file system at %s: %w", directory, err)
	}
	// The member's type differs from one architecture to another.
	return uint32(about.Type) == unix.BPF_FS_MAGIC, nil
}

// Unmount undoes what Mount did: it unmounts the file system at a directory if
// it was mounted by this package, nothing is pinned there and the process may
// unmount it. It says whether it did.
func Unmount(directory string) (bool, error) {
	mounts, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return false, fmt.Errorf("reading the list of mounts: %w", err)
	}
	defer mounts.Close()
	ours, err := isOurs(mounts, directory)
	if err != nil || !ours {
		return false, err
	}
	entries, err := os.ReadDir(directory)
	if err != nil {
		return false, fmt.Errorf("unmounting %s: %w", directory, err)
	}
	for _, entry := range entries {
		if !slices.Contains(preloaded, entry.Name()) {
			return false, nil
		}
	}
	err = unix.Unmount(directory, 0)
	if errors.Is(err, unix.EPERM) {
		return false, nil // a container's, in which the host's is bound: it is the host's to unmount
	}
	if err != nil {
		return false, fmt.Errorf("unmounting %s: %w", directory, err)
	}
	return true, nil
}

// isOurs says whether the newest mount at a directory is of this package.
func isOurs(mountinfo io.Reader, directory string) (bool, error) {
	ours := false
	// The list has spaces and the like as octal numbers.
	name := strings.NewReplacer(`\`, `\134`, " ", `\040`, "\t", `\011`, "\n", `\012`).Replace(filepath.Clean(directory))
	lines := bufio.NewScanner(mountinfo)
	lines.Buffer(nil, 1<<20) // overlay mounts have long lines
	for lines.Scan() {
		// 36 35 98:0 /root /mount/point options optional... - type source options
		before, after, found := strings.Cut(lines.Text(), " - ")
		mount, about := strings.Fields(before), strings.Fields(after)
		if !found || len(mount) < 5 || len(about) < 2 || mount[4] != name {
			continue
		}
		ours = about[0] == "bpf" && about[1] == source
	}
	if err := lines.Err(); err != nil {
		return false, fmt.Errorf("reading the list of mounts: %w", err)
	}
	return ours, nil
}
