package runtimes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// daemon is a runtime's daemon that runs.
type daemon struct {
	process *os.Process
	ended   chan struct{} // closed when it has
}

// startDaemon starts the daemon and waits until it serves.
func (r *Runtime) startDaemon() error {
	// What a killed daemon left there is not it.
	if err := os.Remove(r.socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	var err error
	r.daemon, err = r.start(r.daemonCommand, r.ready)
	return err
}

// start starts a daemon and waits until it is ready. Its log is kept beside the
// other's, and its end is in the error.
func (r *Runtime) start(line []string, ready func() error) (*daemon, error) {
	log, err := os.OpenFile(filepath.Join(r.directory, line[0]+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command := exec.Command(line[0], line[1:]...)
	command.Env = append(os.Environ(), r.environment...)
	command.Stdout, command.Stderr = log, log
	// An interrupt at the terminal is for the test, which stops the daemon.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		return nil, err
	}
	d := &daemon{process: command.Process, ended: make(chan struct{})}
	go func() {
		_ = command.Wait()
		close(d.ended)
	}()
	err = wait(func() error {
		select {
		case <-d.ended:
			return nil
		default:
			return ready()
		}
	})
	select {
	case <-d.ended:
		err = fmt.Errorf("%s ended: %s", line[0], command.ProcessState)
	default:
	}
	if err != nil {
		_ = d.stop(syscall.SIGKILL)
		return nil, fmt.Errorf("%w; its log ends:\n%s", err, tail(log.Name()))
	}
	return d, nil
}

// stop sends the signal and waits for the daemon's end. There may be no daemon.
func (d *daemon) stop(signal syscall.Signal) error {
	if d == nil {
		return nil
	}
	if err := d.process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-d.ended:
		return nil
	case <-time.After(patience / 2):
	}
	_ = d.process.Kill()
	<-d.ended
	return fmt.Errorf("process %d had to be killed: it did not end within %v of signal %v", d.process.Pid, patience/2, signal)
}

// ping asks a server that speaks HTTP on a socket, as Docker and Podman do.
func ping(socket string) error {
	client := http.Client{
		Timeout: 5 * time.Second,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				var dialer net.Dialer
				return dialer.DialContext(ctx, "unix", socket)
			},
		},
	}
	answer, err := client.Get("http://runtime/_ping")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", socket, answer.Status)
	}
	return nil
}

// tail is the end of a log, for an error.
func tail(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	const length = 4 << 10
	if state, err := file.Stat(); err == nil && state.Size() > length {
		_, _ = file.Seek(-length, io.SeekEnd)
	}
	text, _ := io.ReadAll(file)
	return string(text)
}
