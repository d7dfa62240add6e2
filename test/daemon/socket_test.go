package daemon

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/test/host"
)

// wantFailure checks that a command fails with status 1 and says all of that.
func wantFailure(t *testing.T, command *exec.Cmd, texts ...string) {
	t.Helper()
	var errorOutput strings.Builder
	command.Stderr = &errorOutput
	err := command.Run()
	var ended *exec.ExitError
	if !errors.As(err, &ended) || ended.ExitCode() != 1 || !strings.HasPrefix(errorOutput.String(), "traceloop: ") {
		t.Errorf("%v: %v: %s", command.Args, err, errorOutput.String())
	}
	for _, text := range texts {
		if !strings.Contains(errorOutput.String(), text) {
			t.Errorf("%v does not say %q: %s", command.Args, text, errorOutput.String())
		}
	}
}

// Who may speak to the daemon is decided by the socket.
func TestSocket(t *testing.T) {
	const group = 65533
	h := place(t, "--socket-group", fmt.Sprint(group))
	wantFailure(t, h.Command("list"), "traceloop daemon", h.Socket())
	must(t, h.Start())
	var information syscall.Stat_t
	must(t, syscall.Stat(h.Socket(), &information))
	if information.Mode != syscall.S_IFSOCK|0o660 || information.Uid != 0 || information.Gid != group {
		t.Errorf("mode %o, user %d, group %d", information.Mode, information.Uid, information.Gid)
	}

	wantNoListener(t, h)

	// There is one daemon, and who comes second is told who that is.
	wantFailure(t, h.DaemonCommand(), fmt.Sprintf("process %d", h.PID()), h.Socket())
	elsewhere := h.DaemonCommand("--socket", filepath.Join(t.TempDir(), "traceloop.sock"))
	wantFailure(t, elsewhere, fmt.Sprintf("process %d", h.PID()))
	if _, err := h.Run("list"); err != nil {
		t.Errorf("after that the first is gone: %v", err)
	}

	// The directory of tests is root's alone; the socket's own mode is to decide.
	open := func(path string) string {
		for directory := filepath.Dir(path); directory != os.TempDir() && len(directory) > 1; directory = filepath.Dir(directory) {
			must(t, os.Chmod(directory, 0o755))
		}
		return path
	}
	program := filepath.Join(t.TempDir(), "traceloop")
	text, err := os.ReadFile(h.Command("list").Path)
	must(t, err)
	must(t, os.WriteFile(program, text, 0o755))
	open(program)
	open(h.Socket())
	as := func(user, group uint32) *exec.Cmd {
		command := h.Command("list", "-o", "name")
		command.Path, command.Dir = program, "/"
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: group}}
		return command
	}
	wantFailure(t, as(65534, 65534), "no permission", h.Socket(), fmt.Sprint(group))
	if output, err := as(65534, group).CombinedOutput(); err != nil {
		t.Errorf("a member of the group: %v: %s", err, output)
	}
	must(t, h.Stop())
	wantFailure(t, h.Command("list"), "not running")
}

// A reference that means none or several is no guess.
func TestReferences(t *testing.T) {
	h := start(t)
	for _, which := range []string{"first", "second"} {
		shared.docker.StartWith(t, []string{"--hostname", "twin"}, "twin-"+which, "sleep", "1000")
		one(t, h, "twin-"+which, isRecording)
	}
	// Of the same name in two runtimes.
	shared.docker.Start(t, "twin", "sleep", "1000")
	shared.podman.Start(t, "twin", "sleep", "1000")
	var ids []string
	eventually(t, "both are there", func() bool {
		ids = nil
		for _, r := range named(t, h, "twin") {
			if r.Runtime != "" {
				ids = append(ids, r.Id)
			}
		}
		return len(ids) == 2
	})
	for _, command := range []string{"show", "delete", "save"} {
		arguments := []string{command, "twin"}
		missing := []string{command, "none-such"}
		if command == "save" {
			arguments, missing = append(arguments, "-o", h.Path("saved")), append(missing, "-o", h.Path("saved"))
		}
		wantFailure(t, h.Command(arguments...), "twin may mean 2 recordings", ids[0], ids[1])
		wantFailure(t, h.Command(missing...), "none-such", "traceloop list")
	}
	// Nothing of it is done if not all of it can be.
	wantFailure(t, h.Command("delete", "twin-first", "none-such"), "none-such")
	one(t, h, "twin-first", isRecording)
	for _, id := range ids {
		if text := show(t, h, id); !strings.Contains(text, `execve("/bin/sleep"`) {
			t.Errorf("%s", text)
		}
	}
}

// A client that stops reading holds up nobody else.
func TestClientThatStopsReading(t *testing.T) {
	h := start(t)
	shared.containerd.Start(t, "talks", "sh", "-c", "while :; do : </dev/null; done")
	one(t, h, "talks", func(r *traceloopv1.Recording) bool { return r.Overwritten > 0 })
	reader, writer, err := os.Pipe()
	must(t, err)
	defer reader.Close()
	var stalled []*exec.Cmd
	for range 8 {
		command := h.Command("show", "-f", "-o", "strace", "talks")
		command.Stdout = writer // nobody reads it
		must(t, command.Start())
		stalled = append(stalled, command)
		t.Cleanup(func() {
			_ = command.Process.Kill()
			_ = command.Wait()
		})
	}
	must(t, writer.Close())
	if _, err := reader.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	for _, command := range stalled {
		must(t, command.Process.Signal(syscall.SIGSTOP))
	}
	for i := range 3 {
		name := fmt.Sprintf("beside-%d", i)
		run(t, shared.containerd.CommandRun(name, "true"))
		one(t, h, name, exited)
		wantWhole(t, show(t, h, name), `"/bin/true"`)
	}
	if text := show(t, h, "--tail", "10", "talks"); !strings.Contains(text, "/dev/null") {
		t.Errorf("%s", text)
	}
	// It does not wait for them at its end, either.
	began := time.Now()
	must(t, h.Stop())
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v to end", took)
	}
}

// Who follows a container is done when the container is.
func TestFollowEndsByItself(t *testing.T) {
	h := start(t)
	shared.docker.StartWith(t, []string{"--interactive"}, "ends", "sh", "-c", "read x; exit 3")
	one(t, h, "ends", isRecording)
	follower := h.Command("show", "-f", "-o", "strace", "ends")
	output, err := follower.StdoutPipe()
	must(t, err)
	must(t, follower.Start())
	ended := make(chan string, 1)
	begun := make(chan struct{})
	go func() {
		var text strings.Builder
		buffer := make([]byte, 32<<10)
		for first := true; ; first = false {
			n, err := output.Read(buffer)
			text.Write(buffer[:n])
			if first {
				close(begun)
			}
			if err != nil {
				ended <- text.String()
				return
			}
		}
	}()
	select {
	case <-begun:
	case <-time.After(patience):
		t.Fatal("it shows nothing")
	}
	shared.docker.Kill(t, "ends")
	select {
	case text := <-ended:
		if err := follower.Wait(); err != nil {
			t.Error(err)
		}
		if !strings.Contains(text, `execve("/bin/sh"`) || strings.Count(text, "+++ killed by SIGKILL +++") != 1 {
			t.Errorf("%s", text)
		}
	case <-time.After(patience):
		_ = follower.Process.Kill()
		t.Fatal("it follows one that has ended")
	}
}

// A runtime that takes connections and never answers holds up nothing.
func TestRuntimeThatHangs(t *testing.T) {
	flags := []string{"--runtime-endpoint", shared.docker.Endpoint()}
	directory := t.TempDir()
	for _, kind := range []string{"containerd", "cri", "docker", "podman"} {
		path := filepath.Join(directory, kind)
		listener, err := net.Listen("unix", path)
		must(t, err)
		done := make(chan struct{})
		go func() {
			defer close(done)
			var held []net.Conn
			for {
				connection, err := listener.Accept()
				if err != nil {
					break
				}
				held = append(held, connection)
			}
			for _, connection := range held {
				_ = connection.Close()
			}
		}()
		t.Cleanup(func() {
			_ = listener.Close()
			<-done
		})
		flags = append(flags, "--runtime-endpoint", kind+"=unix://"+path)
	}
	h, err := host.New(flags...)
	must(t, err)
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	began := time.Now()
	must(t, h.Start())
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v to start", took)
	}
	run(t, shared.docker.CommandRun("beside-a-hanging-one", "true"))
	one(t, h, "beside-a-hanging-one", func(r *traceloopv1.Recording) bool { return exited(r) && r.Runtime == "docker" })
	wantWhole(t, show(t, h, "beside-a-hanging-one"), `"/bin/true"`)
	status, err := h.Status()
	must(t, err)
	for _, runtime := range status.Runtimes {
		if hangs := strings.HasPrefix(strings.TrimPrefix(runtime.Endpoint, runtime.Name+"=unix://"), directory); hangs && runtime.Connected {
			t.Errorf("connected: %v", runtime)
		}
	}
	began = time.Now()
	must(t, h.Stop())
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v to end", took)
	}
}
