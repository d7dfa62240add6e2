package cluster

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// patience is how long anything may take that is waited for.
const patience = 2 * time.Minute

// machine is what a computer of its own would be to the programs that run in it:
// a network namespace, a mount namespace and a cgroup. A process that does
// nothing else keeps the namespaces; they end with the last process in them.
type machine struct {
	directory string // its logs and files
	cgroup    cgroup // of its programs
	pid       int    // of the process that keeps the namespaces
}

// newMachine makes a machine. The script runs in its namespaces, with the
// arguments as $1 and so on, before anything else.
func newMachine(directory string, group cgroup, script string, arguments ...string) (*machine, error) {
	m := &machine{directory: directory, cgroup: group}
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return nil, err
	}
	if err := group.create(); err != nil {
		return nil, err
	}
	line := append([]string{"unshare", "--net", "--mount", "--propagation", "private",
		"sh", "-ec", script + "\necho ready\nexec sleep infinity", "sh"}, arguments...)
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	keeper, err := m.startProcess("machine", exec.Command(line[0], line[1:]...), writer)
	_ = writer.Close()
	if err != nil {
		return nil, err
	}
	if _, err := bufio.NewReader(reader).ReadString('\n'); err != nil {
		return nil, fmt.Errorf("making the namespaces of %s: %w", directory, keeper.died())
	}
	m.pid = keeper.pid()
	return m, os.WriteFile(m.pidFile(), []byte(strconv.Itoa(m.pid)), 0o644)
}

// openMachine finds a machine that another process has made.
func openMachine(directory string, group cgroup) (*machine, error) {
	m := &machine{directory: directory, cgroup: group}
	text, err := os.ReadFile(m.pidFile())
	if err != nil {
		return nil, err
	}
	if m.pid, err = strconv.Atoi(string(text)); err != nil {
		return nil, fmt.Errorf("%s: %w", m.pidFile(), err)
	}
	// It may be a stranger's by now.
	if processes, err := group.processes(); err != nil || !slices.Contains(processes, string(text)) {
		return nil, errors.Join(fmt.Errorf("process %d, which kept the namespaces of %s, has ended", m.pid, directory), err)
	}
	return m, nil
}

func (m *machine) pidFile() string { return filepath.Join(m.directory, "machine.pid") }

// command is a program in the machine's namespaces, not started yet.
func (m *machine) command(program string, arguments ...string) *exec.Cmd {
	line := []string{"--target", strconv.Itoa(m.pid), "--mount", "--net", "--", program}
	return exec.Command("nsenter", append(line, arguments...)...)
}

// run runs a shell's script in the machine, to its end.
func (m *machine) run(script string, arguments ...string) error {
	_, err := output(m.command("sh", append([]string{"-ec", script, "sh"}, arguments...)...))
	return err
}

// start starts a program in the machine. Its log has its name.
func (m *machine) start(name, program string, arguments ...string) (*process, error) {
	return m.startProcess(name, m.command(program, arguments...), nil)
}

// process is a program that was started.
type process struct {
	name    string
	log     string
	command *exec.Cmd
	ended   chan struct{} // closed when it has
}

// startProcess starts a program in the machine's cgroup and in a session of its
// own: it outlives this process. With no other standard output it has its log.
func (m *machine) startProcess(name string, command *exec.Cmd, stdout *os.File) (*process, error) {
	p := &process{name: name, log: filepath.Join(m.directory, name+".log"), command: command, ended: make(chan struct{})}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	group, err := m.cgroup.open()
	if err != nil {
		return nil, err
	}
	defer group.Close()
	command.Stdout, command.Stderr = log, log
	if stdout != nil {
		command.Stdout = stdout
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, UseCgroupFD: true, CgroupFD: int(group.Fd())}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go func() {
		_ = command.Wait() // how it ended is in ProcessState
		close(p.ended)
	}()
	return p, nil
}

func (p *process) pid() int { return p.command.Process.Pid }

// stop sends a signal and waits for the end. Having ended before is no error,
// nor is there being no process.
func (p *process) stop(ctx context.Context, signal syscall.Signal) error {
	if p == nil {
		return nil
	}
	if err := p.command.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping %s: %w", p.name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stopping %s, process %d, by %v: %w", p.name, p.pid(), signal, context.Cause(ctx))
	}
}

// died waits for a process's end and is the error that says so.
func (p *process) died() error {
	<-p.ended
	return fmt.Errorf("%s ended: %s; its log ends:\n%s", p.name, p.command.ProcessState, tail(p.log, 2<<10))
}

// wait asks until there is no error, as long as patience lasts and the processes
// live. The error says what was waited for.
func wait(ctx context.Context, what string, condition func() error, processes ...*process) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticks := time.NewTicker(50 * time.Millisecond)
	defer ticks.Stop()
	for {
		err := condition()
		if err == nil {
			return nil
		}
		for _, p := range processes {
			select {
			case <-p.ended:
				return fmt.Errorf("waiting for %s: %w", what, p.died())
			default:
			}
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			var logs strings.Builder
			for _, p := range processes {
				fmt.Fprintf(&logs, "\nthe log of %s ends:\n%s", p.name, tail(p.log, 2<<10))
			}
			return fmt.Errorf("waiting for %s: %w: %w%s", what, context.Cause(ctx), err, &logs)
		}
	}
}

// tail is the end of a log, for an error.
func tail(path string, length int64) string {
	file, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	if state, err := file.Stat(); err == nil && state.Size() > length {
		_, _ = file.Seek(-length, io.SeekEnd)
	}
	text, _ := io.ReadAll(file)
	return string(text)
}

// output is a command's standard output; an error has its standard error.
func output(command *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s: %w: %s", strings.Join(command.Args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}
