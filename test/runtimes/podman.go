package runtimes

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// StartPodman is [Podman] for what outlives a test: the caller closes it.
// Commands do not need the service: Podman has no daemon, each command starts
// its containers itself, with a conmon beside each.
func StartPodman() (*Runtime, error) {
	r, err := begin("podman", "podman", "conmon", "runc")
	if err != nil {
		return nil, err
	}
	// Debian's crun refuses hybrid cgroups. Limits that are above ours could not be
	// set without CAP_SYS_RESOURCE. Locks in files, as those in shared memory are
	// all Podmans' of the host.
	configuration := `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
`
	path := filepath.Join(r.directory, "containers.conf")
	if err := os.WriteFile(path, []byte(configuration), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("starting podman: %w", err), r.Close())
	}
	r.environment = []string{"CONTAINERS_CONF=" + path}
	r.client = []string{
		"podman", "--root", filepath.Join(r.directory, "root"), "--runroot", filepath.Join(r.directory, "run"),
		"--tmpdir", filepath.Join(r.directory, "tmp"),
	}
	r.daemonCommand = append(append([]string(nil), r.client...), "system", "service", "--time=0", "unix://"+r.socket)
	r.ready = func() error { return ping(r.socket) }
	return r.finish([]string{"load"})
}
