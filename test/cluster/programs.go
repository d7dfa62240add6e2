package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// programs are what is built of Kubernetes.
var programs = []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl"}

// Programs builds what is missing of Kubernetes, which takes minutes the first
// time, and returns the directory that has it: one in the user's cache. Nothing
// that is there in part is taken for a program.
func Programs(ctx context.Context) (string, error) {
	source, err := goList(ctx, ".", "-f", "{{.Dir}}", "traceloop/test/cluster")
	if err != nil {
		return "", err
	}
	source = filepath.Join(source, "kubernetes")
	version, err := goList(ctx, source, "-m", "-f", "{{.Version}}", "k8s.io/kubernetes")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding a place for the programs of Kubernetes: %w", err)
	}
	directory := filepath.Join(cache, "traceloop", "kubernetes-"+version)
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return "", fmt.Errorf("making a place for the programs of Kubernetes: %w", err)
	}

	lock, err := os.OpenFile(filepath.Join(directory, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", fmt.Errorf("waiting for another build of Kubernetes: %w", err)
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return "", fmt.Errorf("waiting for another build of Kubernetes: %w", err)
	}
	for _, program := range programs {
		path := filepath.Join(directory, program)
		if _, err := os.Stat(path); err == nil {
			continue
		} else if !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
		if err := build(ctx, source, version, program, path); err != nil {
			return "", err
		}
	}
	return directory, nil
}

// build builds a program. It gets its name when it is whole.
func build(ctx context.Context, source, version, program, path string) error {
	unfinished := path + ".unfinished"
	const variables = "k8s.io/component-base/version"
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", unfinished,
		"-ldflags", fmt.Sprintf("-s -w -X %[1]s.gitVersion=%[2]s -X %[1]s.gitMajor=%[3]s -X %[1]s.gitMinor=%[4]s",
			variables, version, part(version, 0), part(version, 1)),
		"k8s.io/kubernetes/cmd/"+program)
	command.Dir = source
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s %s: %w\n%s", program, version, err, output)
	}
	if err := os.Rename(unfinished, path); err != nil {
		return fmt.Errorf("building %s %s: %w", program, version, err)
	}
	return nil
}

// part is one of the numbers of a version such as v1.34.4.
func part(version string, n int) string {
	numbers := strings.Split(strings.TrimPrefix(version, "v"), ".")
	if n >= len(numbers) {
		return ""
	}
	return numbers[n]
}

// goList asks the go command something that it answers in a line.
func goList(ctx context.Context, directory string, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", append([]string{"list"}, arguments...)...)
	command.Dir = directory
	text, err := output(command)
	return strings.TrimSpace(text), err
}
