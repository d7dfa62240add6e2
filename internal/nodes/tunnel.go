package nodes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/portforward"
	"k8s.io/client-go/rest"
	tunnel "k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/client-go/transport/websocket"
	"k8s.io/streaming/pkg/httpstream"
	streamspdy "k8s.io/streaming/pkg/httpstream/spdy"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var (
	// ErrNotReady is of an agent whose pod is not ready, which is not asked.
	ErrNotReady = errors.New("its agent is not ready")
	// ErrNoAgent is of a node whose agent's pod is gone.
	ErrNoAgent = errors.New("it has no agent")
	// ErrForward is of a node that cannot forward to the agent's pod, which has
	// perhaps ended.
	ErrForward = errors.New("its node cannot forward to the agent's pod")
	// ErrRefused is of a pod in which nobody listens on the port.
	ErrRefused = errors.New("nobody listens on the port of its agent's API: it has just been started, or is not an agent of this traceloop")
)

// Error is why an agent did not do what it was asked.
type Error struct {
	Agent Agent
	Err   error
}

func (e *Error) Error() string { return fmt.Sprintf("node %s: %v", e.Agent.Node, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Tunnel is a connection through the API server to the agent of one node, which
// carries any number of connections. It is opened by the first of them, and
// anew by the next after it was lost, then perhaps to the agent's new pod.
type Tunnel struct {
	config *rest.Config
	reader client.Reader

	mutex      sync.Mutex
	agent      Agent
	connection httpstream.Connection // nil: not open
	requests   int
}

// NewTunnel makes a tunnel to an agent. Nothing is sent before it is used.
func NewTunnel(config *rest.Config, reader client.Reader, agent Agent) *Tunnel {
	return &Tunnel{config: config, reader: reader, agent: agent}
}

// Close ends the tunnel and all connections in it.
func (t *Tunnel) Close() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.drop()
}

func (t *Tunnel) drop() {
	if t.connection != nil {
		// It ends with or without the other side's consent.
		_ = t.connection.Close()
		t.connection = nil
	}
}

// Dial connects to the agent's API. The errors, also those of the connection
// when the agent does not accept it, are *Error.
func (t *Tunnel) Dial(ctx context.Context) (net.Conn, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	reused := t.connection != nil
	c, err := t.dial(ctx)
	// One that was open may have been ending, which a write may tell in many ways.
	if err != nil && ctx.Err() == nil && (reused || errors.Is(err, errLost)) {
		c, err = t.dial(ctx)
	}
	if err != nil {
		return nil, &Error{t.agent, err}
	}
	return c, nil
}

// errLost is of a tunnel that ends while a stream is opened.
var errLost = errors.New("the connection to the API server was lost")

// dial is Dial without a second attempt. The caller holds the mutex.
func (t *Tunnel) dial(ctx context.Context) (*conn, error) {
	if err := t.open(ctx); err != nil {
		return nil, err
	}
	t.requests++
	type created struct {
		connection *conn
		err        error
	}
	// The other side has half a minute to accept a stream, whatever the context says.
	done := make(chan created, 1)
	go func(connection httpstream.Connection, agent Agent, request int) {
		c, err := connect(connection, agent, request)
		done <- created{c, err}
	}(t.connection, t.agent, t.requests)
	var err error
	select {
	case c := <-done:
		if c.err == nil {
			return c.connection, nil
		}
		err = c.err
	case <-t.connection.CloseChan():
		err = errLost
	case <-ctx.Done():
		err = ctx.Err()
	}
	t.drop()
	return nil, fmt.Errorf("opening a stream: %w", err)
}

// open opens the tunnel if it is not open. The caller holds the mutex.
func (t *Tunnel) open(ctx context.Context) error {
	if t.connection != nil {
		select {
		case <-t.connection.CloseChan():
			t.drop()
		default:
			return nil
		}
	}
	connection, err := forward(ctx, t.config, &t.agent)
	if apierrors.IsNotFound(err) {
		if err := t.findAgain(ctx); err != nil {
			return err
		}
		connection, err = forward(ctx, t.config, &t.agent)
	}
	if err != nil {
		return err
	}
	t.connection = connection
	return nil
}

// findAgain finds the pod that has taken the place of the agent's.
func (t *Tunnel) findAgain(ctx context.Context) error {
	agents, err := Find(ctx, t.reader, t.agent.Namespace)
	if err != nil {
		return err
	}
	for _, agent := range agents {
		switch {
		case agent.Node != t.agent.Node:
		case !agent.Ready:
			return fmt.Errorf("%w: %s", ErrNotReady, agent.Reason)
		default:
			t.agent = agent
			return nil
		}
	}
	return ErrNoAgent
}

// forward opens a connection that forwards to a pod's ports: a WebSocket or, by
// a server or proxy that knows none for this, SPDY. The error may be an API status.
func forward(ctx context.Context, config *rest.Config, agent *Agent) (httpstream.Connection, error) {
	address, err := forwardURL(config, agent)
	if err != nil {
		return nil, err
	}
	connection, err := forwardByWebSocket(ctx, config, address)
	if err != nil && ctx.Err() == nil && (httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)) {
		// What the server said lies within an error that does not show it.
		var said error
		if upgrade := (*httpstream.UpgradeFailureError)(nil); errors.As(err, &upgrade) {
			said = upgrade.Cause
		}
		connection, err = forwardBySPDY(ctx, config, address)
		// Of SPDY's answer there is but text. That a pod is not there, or somebody
		// has no right, is to be known.
		if status := apierrors.APIStatus(nil); err != nil && errors.As(said, &status) {
			err = said
		}
	}
	switch {
	case err == nil:
		return connection, nil
	// And not what became of a socket by it.
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = context.DeadlineExceeded
	case ctx.Err() != nil:
		err = ctx.Err()
	}
	return nil, fmt.Errorf("forwarding to pod %s/%s: %w", agent.Namespace, agent.Pod, err)
}

func forwardURL(config *rest.Config, agent *Agent) (*url.URL, error) {
	address, _, err := rest.DefaultServerURL(config.Host, "/api", corev1.SchemeGroupVersion, config.CAData != nil || config.CAFile != "" || config.Insecure)
	if err != nil {
		return nil, fmt.Errorf("the API server's address %q: %w", config.Host, err)
	}
	return address.JoinPath("api", corev1.SchemeGroupVersion.Version, "namespaces", url.PathEscape(agent.Namespace), "pods", url.PathEscape(agent.Pod), "portforward"), nil
}

func forwardByWebSocket(ctx context.Context, config *rest.Config, address *url.URL) (httpstream.Connection, error) {
	transport, holder, err := websocket.RoundTripperFor(config)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, err
	}
	socket, err := websocket.Negotiate(transport, holder, request, portforward.WebsocketsSPDYTunnelingPortForwardV1)
	if err != nil {
		return nil, err
	}
	return streamspdy.NewClientConnectionWithPings(tunnel.NewTunnelingConnection("traceloop", socket), tunnel.PingPeriod)
}

func forwardBySPDY(ctx context.Context, config *rest.Config, address *url.URL) (httpstream.Connection, error) {
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), nil)
	if err != nil {
		return nil, err
	}
	connection, protocol, err := spdy.NegotiateStreaming(upgrader, &http.Client{Transport: transport}, request, portforward.PortForwardV1Name)
	if err != nil {
		return nil, err
	}
	if protocol != portforward.PortForwardV1Name {
		_ = connection.Close() // it is of no use
		return nil, fmt.Errorf("the server speaks %q: want %q", protocol, portforward.PortForwardV1Name)
	}
	return connection, nil
}

// connect opens the two streams that are one connection: one for the data, and
// one on which the node says why there is none.
func connect(connection httpstream.Connection, agent Agent, request int) (*conn, error) {
	headers := http.Header{}
	headers.Set(corev1.PortHeader, strconv.Itoa(int(agent.Port)))
	headers.Set(corev1.PortForwardRequestIDHeader, strconv.Itoa(request))
	headers.Set(corev1.StreamType, corev1.StreamTypeError)
	failures, err := connection.CreateStream(headers)
	if err != nil {
		return nil, err
	}
	// Nothing is written to it.
	_ = failures.Close()
	headers.Set(corev1.StreamType, corev1.StreamTypeData)
	data, err := connection.CreateStream(headers)
	if err != nil {
		connection.RemoveStreams(failures)
		return nil, err
	}
	c := &conn{connection: connection, agent: agent, data: data, failures: failures, told: make(chan struct{}), closed: make(chan struct{})}
	go c.listen()
	return c, nil
}

// explain makes an error of what a node says of a connection that failed.
func explain(agent Agent, text string) error {
	if strings.Contains(text, "connection refused") {
		return fmt.Errorf("%w (pod %s/%s, port %d)", ErrRefused, agent.Namespace, agent.Pod, agent.Port)
	}
	return fmt.Errorf("%w %s/%s: %s", ErrForward, agent.Namespace, agent.Pod, text)
}
