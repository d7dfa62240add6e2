// Package runtimes starts real container runtimes for tests: containerd (with
// its CRI), Docker and Podman, as Debian has them. Each has a directory and a
// socket of its own, so that it meets neither the host's nor another test's, and
// an image named [Image]: busybox with all its commands. It takes root.
//
// A test asks for one of its own,
//
//	docker := runtimes.Docker(t)
//	output := docker.Run(t, "greeter", "echo", "hello")
//	id := docker.Start(t, "sleeper", "sleep", "1000") // removed when the test ends
//
// or a whole test binary shares one, as starting takes a second or so:
//
//	func TestMain(m *testing.M) { os.Exit(testMain(m)) }
//
//	func testMain(m *testing.M) int {
//		docker, err := runtimes.StartDocker()
//		if err != nil { … return 1 }
//		defer docker.Close()
//		return m.Run()
//	}
//
// [Runtime.CommandRun] leaves starting and waiting to the caller, to have 200
// containers at once or to measure.
//
// [CommandOCI], [CommandBubblewrap] and [CommandNspawn] run containers that no
// runtime knows.
//
// Two things are as a host has them: containers live on while their runtime is
// stopped ([Runtime.StopDaemon], [Runtime.StartDaemon]), and cgroups have their
// usual names (/docker/ID, /default/NAME, /libpod_parent/libpod-ID, /k8s.io/ID).
package runtimes

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Image is what every runtime has, with a command that sleeps for long.
const Image = "docker.io/library/busybox:test"

// patience is when something that should have happened long ago has failed.
const patience = time.Minute

// Runtime is a container runtime that was started for tests. Its methods may be
// called at any time from any goroutine, but for Close, StopDaemon, KillDaemon
// and StartDaemon.
type Runtime struct {
	name        string   // "containerd", "docker" or "podman"
	directory   string   // all that it keeps
	socket      string   // where its API is served
	client      []string // its command line program with what all commands need
	environment []string // of the client and the daemon, beside our own

	daemonCommand []string
	ready         func() error // nil once the daemon serves
	daemon        *daemon      // nil: stopped
	containerd    *daemon      // Docker's, which is not stopped with it; else nil
}

// Containerd starts a containerd, with its CRI, that the test's end stops.
func Containerd(t testing.TB) *Runtime { return forTest(t, StartContainerd) }

// Docker starts a dockerd, with a containerd of its own, that the test's end stops.
func Docker(t testing.TB) *Runtime { return forTest(t, StartDocker) }

// Podman starts Podman's service, which the test's end stops.
func Podman(t testing.TB) *Runtime { return forTest(t, StartPodman) }

func forTest(t testing.TB, start func() (*Runtime, error)) *Runtime {
	t.Helper()
	r, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// begin makes the runtime's directory. Its name is short: a socket's path has
// 107 bytes at most.
func begin(name string, programs ...string) (*Runtime, error) {
	if os.Getuid() != 0 {
		return nil, fmt.Errorf("starting %s takes root", name)
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("starting %s: %w (scripts/install-packages test)", name, err)
		}
	}
	sweep()
	directory, err := os.MkdirTemp("", fmt.Sprintf("runtimes-%s-%d-", name, os.Getpid()))
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	return &Runtime{name: name, directory: directory, socket: filepath.Join(directory, name+".sock")}, nil
}

// finish starts the daemon and loads the image by the client's command; if that
// fails nothing is left behind.
func (r *Runtime) finish(load ...[]string) (*Runtime, error) {
	err := r.startDaemon()
	for _, arguments := range load {
		if err != nil {
			break
		}
		command := r.Command(arguments...)
		var archive []byte
		if archive, err = ImageArchive(); err == nil {
			command.Stdin = bytes.NewReader(archive)
			_, err = output(command)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", r.name, err), r.Close())
	}
	return r, nil
}

// Name is "containerd", "docker" or "podman".
func (r *Runtime) Name() string { return r.name }

// Socket is the path of the socket where the runtime's API is served;
// containerd's serves CRI too.
func (r *Runtime) Socket() string { return r.socket }

// Endpoint is the socket as --runtime-endpoint takes it: docker=unix:///….
func (r *Runtime) Endpoint() string { return r.name + "=unix://" + r.socket }

// Command is the runtime's own program (ctr, docker, podman) with arguments,
// not started yet, speaking to this runtime.
func (r *Runtime) Command(arguments ...string) *exec.Cmd {
	command := exec.Command(r.client[0], append(append([]string(nil), r.client[1:]...), arguments...)...)
	command.Env = append(os.Environ(), r.environment...)
	return command
}

// CommandRun is the command, not started yet, that runs a container in the
// foreground and removes it when it ends. Its exit status is the container's.
// The container has no network but its own loopback.
func (r *Runtime) CommandRun(name string, arguments ...string) *exec.Cmd {
	return r.commandRun([]string{"--rm"}, name, arguments)
}

// CommandStart is the command, not started yet, that starts a container and
// leaves it running.
func (r *Runtime) CommandStart(name string, arguments ...string) *exec.Cmd {
	return r.commandRun([]string{"--detach"}, name, arguments)
}

// CommandRunWith is CommandRun with flags of the runtime's program before the
// image ("--label", "a=b").
func (r *Runtime) CommandRunWith(flags []string, name string, arguments ...string) *exec.Cmd {
	return r.commandRun(append([]string{"--rm"}, flags...), name, arguments)
}

// CommandStartWith is CommandStart with flags of the runtime's program before
// the image.
func (r *Runtime) CommandStartWith(flags []string, name string, arguments ...string) *exec.Cmd {
	return r.commandRun(append([]string{"--detach"}, flags...), name, arguments)
}

func (r *Runtime) commandRun(flags []string, name string, arguments []string) *exec.Cmd {
	line := append([]string{"run"}, flags...)
	if r.name == "containerd" {
		line = append(line, Image, name)
	} else {
		line = append(line, "--network", "none", "--name", name, Image)
	}
	return r.Command(append(line, arguments...)...)
}

// Run runs a container to its end, removes it and returns its output. The test
// fails if its exit status is not 0.
func (r *Runtime) Run(t testing.TB, name string, arguments ...string) string {
	t.Helper()
	return must(t, r.CommandRun(name, arguments...))
}

// Start starts a container, leaves it running and returns its ID. It is removed
// when the test ends.
func (r *Runtime) Start(t testing.TB, name string, arguments ...string) string {
	t.Helper()
	return r.StartWith(t, nil, name, arguments...)
}

// StartWith is Start with flags of the runtime's program before the image.
func (r *Runtime) StartWith(t testing.TB, flags []string, name string, arguments ...string) string {
	t.Helper()
	t.Cleanup(func() {
		if r.daemon != nil {
			_ = r.remove(name)
		}
	})
	id := strings.TrimSpace(must(t, r.CommandStartWith(flags, name, arguments...)))
	if r.name == "containerd" {
		return name
	}
	return id
}

// Kill kills a container's first process and waits until it has ended. The
// container stays.
func (r *Runtime) Kill(t testing.TB, name string) {
	t.Helper()
	pid := r.ContainerPID(t, name)
	if r.name == "containerd" {
		must(t, r.Command("tasks", "kill", "--signal", "SIGKILL", name))
	} else {
		must(t, r.Command("kill", name))
	}
	if err := wait(func() error {
		if alive(pid) {
			return fmt.Errorf("process %d of %s runs on after its death", pid, name)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Remove removes a container, and kills it first if it runs.
func (r *Runtime) Remove(t testing.TB, name string) {
	t.Helper()
	if err := r.remove(name); err != nil {
		t.Fatal(err)
	}
}

func (r *Runtime) remove(name string) error {
	if r.name != "containerd" {
		_, err := output(r.Command(r.forceRemoval(name)...))
		return err
	}
	// Without a task there is none to delete.
	_, _ = output(r.Command("tasks", "delete", "--force", name))
	_, err := output(r.Command("containers", "delete", name))
	return err
}

// forceRemoval is Docker's and Podman's command; Podman's would wait ten seconds
// for a first process that ignores SIGTERM.
func (r *Runtime) forceRemoval(containers ...string) []string {
	line := []string{"rm", "--force"}
	if r.name == "podman" {
		line = append(line, "--time", "0")
	}
	return append(line, containers...)
}

// ContainerPID is the process ID of a running container's first process.
func (r *Runtime) ContainerPID(t testing.TB, name string) int {
	t.Helper()
	var text string
	if r.name == "containerd" {
		for _, line := range strings.Split(must(t, r.Command("tasks", "list")), "\n") {
			if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == name {
				text = fields[1]
			}
		}
	} else {
		text = strings.TrimSpace(must(t, r.Command("inspect", "--format", "{{.State.Pid}}", name)))
	}
	pid, err := strconv.Atoi(text)
	if err != nil || pid == 0 {
		t.Fatalf("container %s has no process: %q", name, text)
	}
	return pid
}

// ContainerdSocket is the path of the socket of the containerd beneath Docker,
// where its containers are in the namespace "moby"; of containerd its own; of
// Podman empty.
func (r *Runtime) ContainerdSocket() string {
	switch r.name {
	case "containerd":
		return r.socket
	case "docker":
		return filepath.Join(r.directory, "containerd.sock")
	}
	return ""
}

// Storage is the directory where Podman keeps its images and containers.
func (r *Runtime) Storage() string { return filepath.Join(r.directory, "root") }

// PID is the daemon's process ID, for signals; 0 if it is stopped.
func (r *Runtime) PID() int {
	if r.daemon == nil {
		return 0
	}
	return r.daemon.process.Pid
}

// StopDaemon stops the runtime's daemon by SIGTERM. Containers run on.
func (r *Runtime) StopDaemon(t testing.TB) {
	t.Helper()
	d := r.daemon
	r.daemon = nil
	if err := d.stop(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// KillDaemon kills the runtime's daemon. Containers run on.
func (r *Runtime) KillDaemon(t testing.TB) {
	t.Helper()
	d := r.daemon
	r.daemon = nil
	if err := d.stop(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// StartDaemon starts the daemon again after StopDaemon or KillDaemon.
func (r *Runtime) StartDaemon(t testing.TB) {
	t.Helper()
	if err := r.startDaemon(); err != nil {
		t.Fatal(err)
	}
}

// Close removes all containers, stops the runtime and leaves nothing behind: no
// process, mount or file.
func (r *Runtime) Close() error {
	var failures []error
	if r.daemon != nil {
		// One that a test has stopped.
		_ = r.daemon.process.Signal(syscall.SIGCONT)
		r.removeAll()
	}
	failures = append(failures, r.daemon.stop(syscall.SIGTERM), r.containerd.stop(syscall.SIGTERM))
	r.daemon, r.containerd = nil, nil
	failures = append(failures, killAll(r.directory), unmountAll(r.directory), os.RemoveAll(r.directory))
	if err := errors.Join(failures...); err != nil {
		return fmt.Errorf("stopping %s: %w", r.name, err)
	}
	return nil
}

// removeAll removes the containers in the runtime's own way, so that it takes
// their cgroups and mounts away too. What it cannot remove is killed by Close.
func (r *Runtime) removeAll() {
	if r.name != "containerd" {
		list, err := output(r.Command("ps", "--all", "--quiet"))
		if containers := strings.Fields(list); err == nil && len(containers) > 0 {
			_, _ = output(r.Command(r.forceRemoval(containers...)...))
		}
		return
	}
	namespaces, err := output(r.Command("namespaces", "list", "--quiet"))
	if err != nil {
		return
	}
	for _, namespace := range strings.Fields(namespaces) {
		list, err := output(r.Command("--namespace", namespace, "containers", "list", "--quiet"))
		if err != nil {
			continue
		}
		for _, container := range strings.Fields(list) {
			_, _ = output(r.Command("--namespace", namespace, "tasks", "delete", "--force", container))
			_, _ = output(r.Command("--namespace", namespace, "containers", "delete", container))
		}
	}
}

// must runs a command and returns its standard output.
func must(t testing.TB, command *exec.Cmd) string {
	t.Helper()
	text, err := output(command)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// output is a command's standard output; an error has its standard error.
func output(command *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s: %w\n%s", strings.Join(command.Args, " "), err, stderr.String())
	}
	return stdout.String(), nil
}

// wait asks until there is no error, for as long as patience lasts.
func wait(condition func() error) error {
	deadline := time.Now().Add(patience)
	for {
		err := condition()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}
