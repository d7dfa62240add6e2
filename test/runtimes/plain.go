package runtimes

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// RootFilesystem makes a directory with the files of Image, for programs that run
// containers without any runtime's daemon. The test's end removes it.
func RootFilesystem(t testing.TB) string {
	t.Helper()
	files, err := imageFiles()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, directory := range []string{"proc", "sys", "dev", "etc", "tmp", "root", "bin", "usr"} {
		if err := os.MkdirAll(filepath.Join(root, directory), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range files {
		path := filepath.Join(root, file.name)
		if file.link != "" {
			err = os.Symlink(file.link, path)
		} else {
			err = os.WriteFile(path, file.data, os.FileMode(file.mode))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// CommandOCI is the command, not started yet, that runs a container in the
// foreground by an OCI runtime's program alone ("runc"). Its cgroup is /NAME.
func CommandOCI(t testing.TB, program, name string, arguments ...string) *exec.Cmd {
	t.Helper()
	bundle := t.TempDir()
	specification := exec.Command(program, "spec")
	specification.Dir = bundle
	must(t, specification)
	path := filepath.Join(bundle, "config.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	process, ok := all["process"].(map[string]any)
	if !ok {
		t.Fatalf("%s spec describes no process", program)
	}
	process["terminal"] = false
	process["args"] = arguments
	process["env"] = []string{"PATH=/bin"}
	// Limits above ours take CAP_SYS_RESOURCE.
	delete(process, "rlimits")
	all["root"] = map[string]any{"path": RootFilesystem(t)}
	if linux, ok := all["linux"].(map[string]any); ok {
		linux["cgroupsPath"] = "/" + name
	}
	if text, err = json.Marshal(all); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return exec.Command(program, "--root", filepath.Join(bundle, "state"), "run", "--bundle", bundle, name)
}

// CommandBubblewrap is the command, not started yet, that runs arguments in new
// namespaces of all kinds by bubblewrap. It has no cgroup of its own.
func CommandBubblewrap(t testing.TB, arguments ...string) *exec.Cmd {
	t.Helper()
	line := []string{"--unshare-all", "--die-with-parent", "--bind", RootFilesystem(t), "/", "--proc", "/proc", "--dev", "/dev"}
	return exec.Command("bwrap", append(line, arguments...)...)
}

// CommandNspawn is the command, not started yet, that runs arguments as a machine
// of systemd-nspawn, without the systemd of the host. Its cgroup is /NAME, which
// systemd would remove, and here the test's end does.
func CommandNspawn(t testing.TB, name string, arguments ...string) *exec.Cmd {
	t.Helper()
	t.Cleanup(func() {
		for _, pattern := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/*"} {
			for _, below := range []string{"supervisor", "payload", ""} {
				cgroups, _ := filepath.Glob(filepath.Join(pattern, name, below))
				for _, cgroup := range cgroups {
					_ = os.Remove(cgroup)
				}
			}
		}
	})
	line := []string{
		"--quiet", "--register=no", "--keep-unit", "--pipe", fmt.Sprint("--machine=", name), "--directory", RootFilesystem(t), "--",
	}
	return exec.Command("systemd-nspawn", append(line, arguments...)...)
}
