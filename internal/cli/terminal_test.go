package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal with a command in its foreground.
type terminal struct {
	master  *os.File
	command *exec.Cmd

	mutex   sync.Mutex
	changed *sync.Cond
	output  bytes.Buffer
	ended   bool // the last process has closed the terminal
}

// startInTerminal starts a command as the leader of a session of its own on a
// terminal of 80 columns. Streams that the command has set already are left.
func startInTerminal(t *testing.T, command *exec.Cmd) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	connection, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var number int
	// Not by master.Fd(), after which reads could not be interrupted.
	controlErr := connection.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err != nil {
			return
		}
		if err = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
			return
		}
		number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
	})
	if err != nil || controlErr != nil {
		t.Fatal(err, controlErr)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	if command.Stdout == nil {
		command.Stdout = slave
	}
	command.Stdin, command.Stderr = slave, slave
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	result := &terminal{master: master, command: command}
	result.changed = sync.NewCond(&result.mutex)
	go result.read()
	return result
}

func (c *terminal) read() {
	buffer := make([]byte, 4096)
	for {
		count, err := c.master.Read(buffer)
		c.mutex.Lock()
		c.output.Write(buffer[:count])
		c.ended = err != nil
		c.changed.Broadcast()
		c.mutex.Unlock()
		if err != nil {
			return
		}
	}
}

// expect waits until the terminal has shown a text.
func (c *terminal) expect(t *testing.T, text string) {
	t.Helper()
	defer c.deadline(t)()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for !bytes.Contains(c.output.Bytes(), []byte(text)) {
		if c.ended {
			t.Fatalf("the terminal showed\n%s\nand not %q", c.output.String(), text)
		}
		c.changed.Wait()
	}
}

// shown returns what the terminal has shown so far.
func (c *terminal) shown() string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.output.String()
}

// press sends what a keyboard would.
func (c *terminal) press(t *testing.T, keys string) {
	t.Helper()
	if _, err := c.master.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

// wait waits for the command's end, and returns what the terminal showed and
// the exit status.
func (c *terminal) wait(t *testing.T) (string, int) {
	t.Helper()
	defer c.deadline(t)()
	c.command.Wait()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for !c.ended {
		c.changed.Wait()
	}
	return c.output.String(), c.command.ProcessState.ExitCode()
}

// deadline ends a command that does not do what is waited for.
func (c *terminal) deadline(t *testing.T) (done func()) {
	timer := time.AfterFunc(patienceOfTests, func() {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		t.Errorf("nothing more happened; the terminal showed\n%s", c.output.String())
		c.ended = true
		c.changed.Broadcast()
		c.command.Process.Kill()
	})
	return func() { timer.Stop() }
}
