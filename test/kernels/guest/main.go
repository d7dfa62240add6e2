// Command guest is the only process of a virtual machine: it records a child on
// the machine's kernel, checks what came out, says so on the console and
// switches the machine off.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"traceloop/event"
	"traceloop/recorder"
	"traceloop/ring"
)

const (
	role  = "TRACELOOP_GUEST_ROLE"
	calls = 10_000
	path  = "/a path that does not exist"
)

func main() {
	switch os.Getenv(role) {
	case "child":
		child()
		return
	case "container":
		return
	}
	if err := boot(); err != nil {
		fmt.Printf("guest: FAILED: %v\n", err)
		if refusal := (*ebpf.VerifierError)(nil); errors.As(err, &refusal) {
			fmt.Printf("%+v\n", refusal)
		}
	} else {
		fmt.Println("guest: PASSED")
	}
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF); err != nil {
		fmt.Printf("guest: switching off: %v\n", err)
	}
}

// child makes the calls that check expects.
func child() {
	for range calls {
		syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0)
	}
	_, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		os.Exit(3)
	}
}

func boot() error {
	for _, mount := range [][2]string{{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}} {
		if err := os.MkdirAll(mount[1], 0o755); err != nil {
			return err
		}
		if err := unix.Mount(mount[0], mount[1], mount[0], 0, ""); err != nil {
			return fmt.Errorf("mounting %s: %w", mount[1], err)
		}
	}
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return err
	}
	fmt.Printf("guest: Linux %s %s, %d CPUs\n", unix.ByteSliceToString(name.Release[:]), runtime.GOARCH, runtime.NumCPU())

	r, err := recorder.New()
	if err != nil {
		return fmt.Errorf("making a recorder: %w", err)
	}
	if err := errors.Join(record(r), adopt(r)); err != nil {
		return errors.Join(err, r.Close())
	}
	return r.Close()
}

// adopt has the programs adopt a container: this program in namespaces and a
// root directory of its own.
func adopt(r *recorder.Recorder) error {
	const root = "/container"
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return err
	}
	if err := errors.Join(os.Mkdir(root, 0o755), os.WriteFile(root+"/program", program, 0o755)); err != nil {
		return err
	}
	if err := r.SetAdoption(recorder.Options{RingSize: 1 << 20, StringLimit: 64}); err != nil {
		return err
	}
	if _, err := r.Stock(1); err != nil {
		return err
	}
	command := exec.Command("/program")
	command.Env = []string{role + "=container"}
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID, Chroot: root}
	if err := command.Run(); err != nil {
		return fmt.Errorf("running a container: %w", err)
	}
	all, err := r.List()
	if err != nil {
		return err
	}
	for _, info := range all {
		if info.Adopted {
			return checkAdopted(r, info, uint32(command.Process.Pid))
		}
	}
	return errors.New("no container was adopted")
}

func checkAdopted(r *recorder.Recorder, info recorder.Info, pid uint32) error {
	if info.PID != pid || info.Executed == 0 || info.Tasks != 0 || !info.Exited || info.Status != 0 || !info.OwnPIDs {
		return fmt.Errorf("the container of process %d is %+v", pid, info)
	}
	snapshot, err := r.Read(info.Name)
	if err != nil {
		return err
	}
	var own []string
	for _, e := range event.Decode(snapshot, runtime.GOARCH).Events {
		if e.Type == ring.TypeCall && !e.SetUp {
			own = append(own, e.Name())
		}
	}
	if len(own) < 2 || own[0] != "execve" || own[len(own)-1] != "exit_group" {
		return fmt.Errorf("the container's calls are %q", own)
	}
	fmt.Printf("guest: a container was adopted, cgroup %q\n", info.CgroupNames)
	return r.Sweep()
}

func record(r *recorder.Recorder) error {
	options := recorder.Options{RingSize: 4 << 20, StringLimit: 64}
	if err := r.Attach("guest", recorder.Children(os.Getpid()), options); err != nil {
		return err
	}
	command := exec.Command("/proc/self/exe")
	command.Env = []string{role + "=child"}
	err := command.Run()
	if err == nil {
		return errors.New("the child ended with status 0, not 3")
	}
	if command.ProcessState.ExitCode() != 3 {
		return fmt.Errorf("the child did not end with status 3: %w", err)
	}
	snapshot, err := r.Read("guest")
	if err != nil {
		return err
	}
	return check(event.Decode(snapshot, runtime.GOARCH), snapshot, uint32(command.Process.Pid))
}

func check(history *event.History, snapshot *ring.Snapshot, pid uint32) error {
	var getppid, opens, exits int
	var errs []error
	for i := range history.Events {
		e := &history.Events[i]
		if e.Task.PID != pid {
			errs = append(errs, fmt.Errorf("an event of process %d, which is not the child %d", e.Task.PID, pid))
		}
		switch {
		case e.Type == ring.TypeExit && e.TID == pid:
			exits++
			if e.Exit.Code != 3<<8 {
				errs = append(errs, fmt.Errorf("the child's exit code is %#x, not 0x300", e.Exit.Code))
			}
		case e.Name() == "getppid":
			getppid++
		case e.Name() == "openat":
			if capture := e.Capture(1, false); capture != nil && string(capture.Data) == path {
				opens++
				if e.Call.Return != -int64(unix.ENOENT) {
					errs = append(errs, fmt.Errorf("openat of the missing path returned %d", e.Call.Return))
				}
			}
		}
	}
	if len(history.Events) == 0 || history.Events[0].Name() != "execve" {
		errs = append(errs, errors.New("the first event is not the child's execve"))
	}
	if getppid != calls || opens != 1 || exits != 1 {
		errs = append(errs, fmt.Errorf("%d getppid, %d failed openat, %d exits: want %d, 1, 1", getppid, opens, exits, calls))
	}
	account := history.Account
	if account.Overwritten != 0 || account.Lost != 0 || account.Filtered != 0 || account.Malformed != 0 {
		errs = append(errs, fmt.Errorf("not everything was kept: %+v, failures %v", account, snapshot.Failures))
	}
	return errors.Join(errs...)
}
