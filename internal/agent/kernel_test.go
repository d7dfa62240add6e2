package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"golang.org/x/sys/unix"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/event"
	"traceloop/internal/containers"
	"traceloop/recorder"
	"traceloop/recording"
	"traceloop/ring"
	testhost "traceloop/test/host"
)

var _ Recorder = (*recorder.Recorder)(nil)

// bpffs mounts one of the test's own.
func bpffs(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("recording needs root: run the tests as root")
	}
	// Other tests' containers would be recorded, too, and take the rings.
	release, err := testhost.Alone()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	directory := t.TempDir()
	if err := unix.Mount("bpf", directory, "bpf", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(directory, 0); err != nil {
			t.Error(err)
		}
	})
	pinned := filepath.Join(directory, "traceloop")
	t.Cleanup(func() {
		if err := recorder.Unpin(pinned); err != nil {
			t.Error(err)
		}
	})
	return pinned
}

// kernelDaemon is an agent over what the kernel records.
func kernelDaemon(t *testing.T, pinned string, config Config) *daemon {
	t.Helper()
	r, err := recorder.Open(pinned)
	if err != nil {
		t.Fatal(err)
	}
	config.Recorder, config.Pinned = r, pinned
	d := &daemon{registry: containers.NewRegistry()}
	config.Registry = d.registry
	config.RingSize, config.StringLimit = recorder.DefaultRingSize, recorder.DefaultStringLimit
	if d.Agent, err = New(config); err != nil {
		t.Fatal(errors.Join(err, r.Close()))
	}
	d.grace = 50 * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	serve := d.serve(t)
	stopped := false
	d.stop = func() {
		if !stopped {
			stopped = true
			serve()
			cancel()
			if err := errors.Join(<-ended, r.Close()); err != nil {
				t.Error(err)
			}
			d.registry.Close()
		}
	}
	t.Cleanup(d.stop)
	eventually(t, "rings are ready", func() bool { ready, err := r.Ready(); return err == nil && ready == config.Ready })
	return d
}

// contain runs a command in namespaces of its own, which is what a container is
// to the kernel, in a cgroup if that is not empty.
func contain(t *testing.T, cgroup string, command ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command("unshare", append([]string{"--mount", "--pid", "--fork"}, command...)...)
	if cgroup != "" {
		directory, err := os.Open(cgroup)
		if err != nil {
			t.Fatal(err)
		}
		defer directory.Close()
		c.SysProcAttr = &unix.SysProcAttr{UseCgroupFD: true, CgroupFD: int(directory.Fd())}
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// ownCgroup makes a cgroup of version 2 whose name has a container's ID.
func ownCgroup(t *testing.T, a *Agent, name string) string {
	t.Helper()
	mount := a.cgroupMount()
	if mount == "" {
		t.Skip("no hierarchy of version 2")
	}
	directory := filepath.Join(mount, name)
	if err := os.Mkdir(directory, 0o755); err != nil {
		t.Skip("no cgroup can be made: ", err)
	}
	t.Cleanup(func() {
		if !until(func() bool { return os.Remove(directory) == nil }) {
			t.Errorf("%s is left", directory)
		}
	})
	return directory
}

// mine are the recordings in a cgroup: the machine may have other containers.
func mine(t *testing.T, d *daemon, cgroup string) []*traceloopv1.Recording {
	t.Helper()
	var all []*traceloopv1.Recording
	for _, r := range d.recordings(t) {
		if strings.HasPrefix(r.Cgroup, cgroup) {
			all = append(all, r)
		}
	}
	return all
}

func TestContainersOfTheKernel(t *testing.T) {
	pinned := bpffs(t)
	state := t.TempDir()
	config := Config{Memory: 256 << 20, Ready: 8, StateDirectory: state}
	d := kernelDaemon(t, pinned, config)
	short := fmt.Sprintf("%x", os.Getpid())
	name := "docker-" + id("abc"+short) + ".scope"
	cgroup := ownCgroup(t, d.Agent, name)
	source := d.registry.NewSource("test", containers.RankEngine)
	source.Put(containers.Container{ID: id("abc" + short), Name: "job-" + short, Runtime: "docker", Image: "busybox"})

	if err := contain(t, cgroup, "true").Wait(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is recorded, has ended and has its name", func() bool {
		all := mine(t, d, "/"+name)
		return len(all) == 1 && all[0].State == done && all[0].Name == "job-"+short && all[0].Executed != nil
	})
	_, r, err := d.read(t.Context(), &traceloopv1.ReadRequest{Reference: "job-" + short})
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]bool{}
	for _, e := range event.Decode(&r.Snapshot, r.Architecture).Events {
		if e.Type == ring.TypeCall {
			calls[e.Name()] = true
		}
	}
	if !calls["execve"] || !calls["exit_group"] {
		t.Errorf("the calls are %v", calls)
	}

	// One runs while the daemon goes and comes, and ends meanwhile; one is new.
	long := contain(t, cgroup, "sleep", "1000")
	eventually(t, "it is recorded", func() bool { return len(mine(t, d, "/"+name)) == 2 })
	eventually(t, "it has its name", func() bool {
		for _, r := range mine(t, d, "/"+name) {
			if r.Name != "job-"+short {
				return false
			}
		}
		return true
	})
	eventually(t, "that is noted", func() bool {
		infos, err := d.recorder.List()
		if err != nil {
			t.Fatal(err)
		}
		noted := 0
		for _, info := range infos {
			if bytes.Contains(info.Note, []byte("job-"+short)) {
				noted++
			}
		}
		return noted == 2
	})
	d.stop()
	if err := killInside(long); err != nil {
		t.Fatal(err)
	}
	if err := contain(t, cgroup, "false").Wait(); err == nil {
		t.Error("false did not fail")
	}
	d = kernelDaemon(t, pinned, config)
	eventually(t, "all three have ended", func() bool {
		all := mine(t, d, "/"+name)
		return len(all) == 3 && all[0].State == done && all[1].State == done && all[2].State == done
	})
	all := mine(t, d, "/"+name)
	if all[0].Name != "job-"+short || all[1].Name != "job-"+short || all[1].ExitSignal != uint32(unix.SIGKILL) || all[2].GetExitCode() != 1 {
		t.Errorf("%v", all)
	}
	if all[0].ExactId != id("abc"+short)+".1" || all[1].ExactId != id("abc"+short)+".2" || all[2].Id != id("abc"+short) {
		t.Errorf("IDs %s, %s, %s", all[0].ExactId, all[1].ExactId, all[2].Id)
	}
	response, err := d.client.Delete(t.Context(), connect.NewRequest(&traceloopv1.DeleteRequest{References: []string{all[0].ExactId, all[1].ExactId, all[2].ExactId}}))
	if err != nil || len(response.Msg.Deleted) != 3 || len(mine(t, d, "/"+name)) != 0 {
		t.Errorf("%v, %v", response, err)
	}
	if s := d.status(t); s.SaveFailures != 0 || len(s.Features) == 0 {
		t.Errorf("%v", s)
	}
}

// killInside kills the process that unshare began, and waits for both.
func killInside(command *exec.Cmd) error {
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", command.Process.Pid, command.Process.Pid))
	if err != nil {
		return err
	}
	var pid int
	if _, err := fmt.Sscan(string(children), &pid); err != nil {
		return err
	}
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		return err
	}
	_ = command.Wait() // it says that it was killed
	return nil
}

func TestEvictionsOfTheKernel(t *testing.T) {
	pinned := bpffs(t)
	state := t.TempDir()
	d := kernelDaemon(t, pinned, Config{Memory: 10 << 20, Ready: 4, StateDirectory: state})
	name := fmt.Sprint("traceloop-evictions-", os.Getpid())
	cgroup := ownCgroup(t, d.Agent, name)
	const many = 20
	for range many {
		if err := contain(t, cgroup, "true").Wait(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "there is a ring for the next", func() bool { ready, err := d.recorder.Ready(); return err == nil && ready > 0 })
	}
	eventually(t, "all are there, in rings or in files", func() bool {
		all := mine(t, d, "/"+name)
		ended := 0
		for _, r := range all {
			if r.State != runs {
				ended++
			}
		}
		return ended == many
	})
	status := d.status(t)
	if status.Memory.Used > status.Memory.Limit || status.Recordings["saved"] < many-10 || status.SaveFailures != 0 {
		t.Errorf("%v", status)
	}
	files, err := filepath.Glob(filepath.Join(state, "*"+FileSuffix))
	if err != nil || len(files) < many-10 {
		t.Errorf("%d files, %v", len(files), err)
	}
	for _, r := range mine(t, d, "/"+name) {
		_, file, err := d.read(t.Context(), &traceloopv1.ReadRequest{Reference: r.ExactId})
		if err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if (file.Ending == recording.Ending{}) || len(file.Snapshot.Chunks) == 0 {
			t.Errorf("%s: %+v", r.Id, file.Ending)
		}
	}
}
