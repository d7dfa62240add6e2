package runtimes

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// StartDocker is [Docker] for what outlives a test: the caller closes it.
func StartDocker() (*Runtime, error) {
	r, err := begin("docker", "dockerd", "docker", "containerd", "ctr", "runc")
	if err != nil {
		return nil, err
	}
	// A containerd of its own process, as on Debian: the one that dockerd itself
	// would start dies with it.
	configuration := filepath.Join(r.directory, "containerd.toml")
	err = r.configureContainerd(configuration)
	if err == nil {
		r.containerd, err = r.start([]string{"containerd", "--config", configuration}, func() error {
			return containerdReady(r.ContainerdSocket())
		})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting docker: %w", err), r.Close())
	}
	// The host's network is left alone.
	r.daemonCommand = []string{
		"dockerd", "--data-root", filepath.Join(r.directory, "data"), "--exec-root", filepath.Join(r.directory, "run"),
		"--pidfile", filepath.Join(r.directory, "pid"), "--host", "unix://" + r.socket, "--group", "0", "--live-restore",
		"--containerd", r.ContainerdSocket(),
		"--bridge", "none", "--iptables=false", "--ip-forward=false", "--ip-masq=false",
	}
	program := "docker"
	if _, err := os.Stat("/usr/bin/docker"); err == nil {
		program = "/usr/bin/docker" // Debian's, of the same version
	}
	r.client = []string{program, "--host", "unix://" + r.socket}
	r.environment = []string{"DOCKER_CONFIG=" + filepath.Join(r.directory, "client")}
	r.ready = func() error { return ping(r.socket) }
	return r.finish([]string{"load"})
}
