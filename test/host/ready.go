package host

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
)

// readiness hears a daemon say that it is ready, as systemd does (sd_notify(3)).
type readiness struct {
	path       string
	connection *net.UnixConn
	ready      chan error
}

func listenForReady(path string) (*readiness, error) {
	connection, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, fmt.Errorf("listening to the daemon: %w", err)
	}
	r := &readiness{path: path, connection: connection, ready: make(chan error, 1)}
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, err := connection.Read(buffer)
			if err != nil || strings.Contains(string(buffer[:n]), "READY=1") {
				r.ready <- err
				return
			}
		}
	}()
	return r, nil
}

// close ends it.
func (r *readiness) close() error {
	return errors.Join(r.connection.Close(), os.Remove(r.path))
}
