package nodes

import (
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/streaming/pkg/httpstream"
)

const (
	// longestFailure is how much is read of why a connection failed, bytes.
	longestFailure = 4096
	// lastWords is how long after the data's end that is waited for.
	lastWords = time.Second
)

// conn is a connection to an agent's port, of two streams in a tunnel.
type conn struct {
	connection     httpstream.Connection
	agent          Agent
	data, failures httpstream.Stream

	told    chan struct{} // closed when failure is set, or there is none
	failure error

	close  sync.Once
	closed chan struct{}

	mutex   sync.Mutex // guards timer
	timer   *time.Timer
	expired atomic.Bool
}

// listen waits for what the node says of a connection that failed.
func (c *conn) listen() {
	defer close(c.told)
	// If it cannot be read, the data's end says enough.
	text, _ := io.ReadAll(io.LimitReader(c.failures, longestFailure))
	if len(text) > 0 {
		c.failure = &Error{c.agent, explain(c.agent, strings.TrimSpace(string(text)))}
		// The pod may be gone: the next connection finds out which there is now.
		_ = c.connection.Close()
	}
}

func (c *conn) Read(to []byte) (int, error) {
	count, err := c.data.Read(to)
	if err == nil || count > 0 {
		return count, nil
	}
	return 0, c.cause(err)
}

func (c *conn) Write(data []byte) (int, error) {
	count, err := c.data.Write(data)
	if err != nil {
		return count, c.cause(err)
	}
	return count, nil
}

// cause is why the data ended.
func (c *conn) cause(err error) error {
	select {
	case <-c.closed:
		return net.ErrClosed
	default:
	}
	if c.expired.Load() {
		return os.ErrDeadlineExceeded
	}
	timer := time.NewTimer(lastWords)
	defer timer.Stop()
	select {
	case <-c.closed:
		return net.ErrClosed
	case <-c.told:
		if c.failure != nil {
			return c.failure
		}
	case <-timer.C:
	}
	return err
}

// Close ends the connection. What was not read is lost.
func (c *conn) Close() error {
	c.close.Do(func() {
		close(c.closed)
		_ = c.SetDeadline(time.Time{}) // it never fails
		// A tunnel that is gone is reset already.
		_ = c.data.Reset()
		_ = c.failures.Reset()
		c.connection.RemoveStreams(c.data, c.failures)
	})
	return nil
}

// SetDeadline sets when the connection ends. Unlike a socket's, it does not
// work again after that with a later deadline.
func (c *conn) SetDeadline(deadline time.Time) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	if !deadline.IsZero() {
		c.timer = time.AfterFunc(time.Until(deadline), func() {
			c.expired.Store(true)
			_ = c.data.Reset()
		})
	}
	return nil
}

// SetReadDeadline is SetDeadline.
func (c *conn) SetReadDeadline(deadline time.Time) error { return c.SetDeadline(deadline) }

// SetWriteDeadline is SetDeadline.
func (c *conn) SetWriteDeadline(deadline time.Time) error { return c.SetDeadline(deadline) }

// address is a node's name, as an address.
type address string

func (address) Network() string  { return "portforward" }
func (a address) String() string { return string(a) }

func (c *conn) LocalAddr() net.Addr  { return address("") }
func (c *conn) RemoteAddr() net.Addr { return address(c.agent.Node) }
