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
	if os.Getenv(role) == "child" {
		child()
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
	if err := record(r); err != nil {
		return errors.Join(err, r.Close())
	}
	return r.Close()
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
