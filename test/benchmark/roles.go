package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What this program does if its first argument is one of these: it is then a
// process that another one measures.
const (
	roleLoop    = "role:loop"
	roleThreads = "role:threads"
	roleWait    = "role:wait"
	roleFlood   = "role:flood"
)

var roles map[string]func([]string) error

func init() {
	roles = map[string]func([]string) error{roleLoop: loopCalls, roleThreads: callFromThreads, roleWait: waitForEnd, roleFlood: floodFor}
}

// loop is a system call that is made over and over. Raw calls: Go's scheduler
// is not to be measured.
type loop struct {
	name string
	call func()
}

// calledLoops returns the loops, and prepares what they need.
func calledLoops() ([]loop, error) {
	missing, err := unix.BytePtrFromString("/nonexistent/file")
	if err != nil {
		return nil, err
	}
	null, err := unix.Open(os.DevNull, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", os.DevNull, err)
	}
	data := new([64]byte)
	copy(data[:], "sixty-four bytes, as a line of a log or a short answer may have.")
	here := unix.AT_FDCWD
	return []loop{
		{"getppid", func() { syscall.RawSyscall(unix.SYS_GETPPID, 0, 0, 0) }},
		{"openat", func() {
			syscall.RawSyscall6(unix.SYS_OPENAT, uintptr(here), uintptr(unsafe.Pointer(missing)), unix.O_RDONLY|unix.O_CLOEXEC, 0, 0, 0)
		}},
		{"write", func() {
			syscall.RawSyscall(unix.SYS_WRITE, uintptr(null), uintptr(unsafe.Pointer(data)), uintptr(len(data)))
		}},
	}, nil
}

// loopNames are the loops, in the order in which loopCalls prints them.
var loopNames = []string{"getppid", "openat", "write"}

// loopCalls is the role of a process that makes system calls for so long, in
// batches of so many, and prints the least and the median time of a call, a
// loop a line, in nanoseconds.
func loopCalls(arguments []string) error {
	if len(arguments) != 2 {
		return errors.New("a loop needs a duration and a batch's size")
	}
	duration, err := time.ParseDuration(arguments[0])
	if err != nil {
		return err
	}
	batch, err := strconv.Atoi(arguments[1])
	if err != nil {
		return err
	}
	loops, err := calledLoops()
	if err != nil {
		return err
	}
	debug.SetGCPercent(-1)
	runtime.LockOSThread()
	times := make(samples, 0, 1<<16)
	for _, loop := range loops {
		times = times[:0]
		for begun := time.Now(); len(times) < cap(times) && (len(times) == 0 || time.Since(begun) < duration); {
			start := time.Now()
			for range batch {
				loop.call()
			}
			times = append(times, float64(time.Since(start).Nanoseconds())/float64(batch))
		}
		fmt.Printf("%s %.2f %.2f\n", loop.name, times.minimum(), times.median())
	}
	return nil
}

// callFromThreads is the role of a process whose threads make so many calls of
// getppid each, all at the same time. It prints how many nanoseconds all took.
func callFromThreads(arguments []string) error {
	if len(arguments) != 2 {
		return errors.New("threads need their number and their calls' number")
	}
	threads, err := strconv.Atoi(arguments[0])
	if err != nil {
		return err
	}
	calls, err := strconv.Atoi(arguments[1])
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(threads + 1)
	var ready, done sync.WaitGroup
	begin := make(chan struct{})
	for range threads {
		ready.Add(1)
		done.Go(func() {
			runtime.LockOSThread()
			ready.Done()
			<-begin
			for range calls {
				syscall.RawSyscall(unix.SYS_GETPPID, 0, 0, 0)
			}
		})
	}
	ready.Wait()
	start := time.Now()
	close(begin)
	done.Wait()
	fmt.Println(time.Since(start).Nanoseconds())
	return nil
}
