package runtimes

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// StartContainerd is [Containerd] for what outlives a test: the caller closes it.
func StartContainerd() (*Runtime, error) {
	r, err := begin("containerd", "containerd", "ctr", "runc")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(r.directory, "containerd.toml")
	if err := r.configureContainerd(path); err != nil {
		return nil, errors.Join(fmt.Errorf("starting containerd: %w", err), r.Close())
	}
	r.daemonCommand = []string{"containerd", "--config", path}
	r.client = []string{"ctr", "--address", r.socket}
	r.ready = func() error { return containerdReady(r.socket) }
	return r.finish([]string{"image", "import", "-"}, []string{"--namespace", "k8s.io", "image", "import", "-"})
}

// configureContainerd writes a configuration of containerd, at the runtime's
// ContainerdSocket. Scores of the out-of-memory killer are restricted to what a
// process without CAP_SYS_RESOURCE may give.
func (r *Runtime) configureContainerd(path string) error {
	return os.WriteFile(path, fmt.Appendf(nil, `version = 2
root = %[1]q
state = %[2]q
[grpc]
  address = %[3]q
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %[4]q
  restrict_oom_score_adj = true
  disable_apparmor = true
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".cni]
    conf_dir = %[5]q
`, filepath.Join(r.directory, "root"), filepath.Join(r.directory, "state"), r.ContainerdSocket(), Image,
		filepath.Join(r.directory, "networks")), 0o600)
}

func containerdReady(socket string) error {
	// ctr itself would wait for ten seconds.
	if _, err := os.Stat(socket); err != nil {
		return err
	}
	_, err := output(exec.Command("ctr", "--address", socket, "version"))
	return err
}
