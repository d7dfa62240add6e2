package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"

	"connectrpc.com/connect"
	"github.com/spf13/pflag"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/api/traceloop/v1/traceloopv1connect"
	"traceloop/internal/nodes"
	"traceloop/recording"
)

// answerTime is how long the daemon may take for an answer, or for the next
// piece of one.
const answerTime = 10 * time.Second

// client speaks to the daemon, of this host or of a node.
type client struct {
	socket   string       // of this host's; empty: it is a node's
	agent    *nodes.Agent // of the node's; nil: it is this host's
	patience time.Duration
	progress func(bytes int) // hears of each piece of a recording; may be nil
	http     *http.Client
	api      traceloopv1connect.DaemonServiceClient
}

// addSocket gives a command the flag that says where the daemon is.
func addSocket(flags *pflag.FlagSet, socket *string) {
	name := variable("socket")
	flags.StringVar(socket, "socket", cmp.Or(os.Getenv(name), defaultSocket), "the daemon's `PATH`; also in the environment as "+name)
}

// newClient makes a client of the daemon that listens on a socket. Nothing is
// sent before the first call.
func newClient(socket string) *client {
	c := &client{socket: socket, patience: answerTime}
	return c.dialing(func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	})
}

// newNodeClient makes a client of a node's agent.
func newNodeClient(agent nodes.Agent, dial func(context.Context) (net.Conn, error)) *client {
	return (&client{agent: &agent, patience: answerTime}).dialing(dial)
}

// dialing has the client connect so.
func (c *client) dialing(dial func(context.Context) (net.Conn, error)) *client {
	c.http = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
	}}
	c.api = traceloopv1connect.NewDaemonServiceClient(c.http, "http://traceloop",
		// Recordings are compressed by themselves, and the socket is near.
		connect.WithAcceptCompression("gzip", nil, nil))
	return c
}

// close closes the connections.
func (c *client) close() { c.http.CloseIdleConnections() }

// call has the daemon do something. Its errors are for people.
func call[Request, Response any](ctx context.Context, c *client,
	method func(context.Context, *connect.Request[Request]) (*connect.Response[Response], error), request *Request) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	response, err := method(ctx, connect.NewRequest(request))
	if err != nil {
		return nil, c.explain(err)
	}
	return response.Msg, nil
}

// read reads a recording, without the chunks in which nothing ended later than
// the boot time. Like recording.Read it may return a recording and an error, a
// *recording.DamageError.
func (c *client) read(ctx context.Context, reference string, after uint64) (*traceloopv1.Recording, *recording.Recording, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// The answer may take as long as it likes, if only it goes on.
	pieces := &pieces{patience: c.patience, progress: c.progress}
	pieces.late = time.AfterFunc(c.patience, cancel)
	defer pieces.late.Stop()
	stream, err := c.api.Read(ctx, connect.NewRequest(&traceloopv1.ReadRequest{Reference: reference, AfterBootNanoseconds: after}))
	if err == nil {
		pieces.stream = stream
		var r *recording.Recording
		r, err = recording.Read(pieces)
		// The stream is at its end or of no more use.
		_ = stream.Close()
		if pieces.err == nil {
			if errors.Is(err, recording.ErrNotRecording) {
				err = fmt.Errorf("the daemon's answer of %s: %w", reference, err)
			}
			noteDamage(r, err)
			return pieces.of, r, err
		}
		err = pieces.err
	}
	if !pieces.late.Stop() && connect.CodeOf(err) == connect.CodeCanceled {
		err = context.DeadlineExceeded
	}
	return nil, nil, c.explain(err)
}

// pieces is a recording file as it comes from the daemon.
type pieces struct {
	stream   *connect.ServerStreamForClient[traceloopv1.ReadResponse]
	late     *time.Timer
	patience time.Duration
	progress func(bytes int)
	of       *traceloopv1.Recording
	data     []byte
	err      error // why there is no more, if that is not the end
}

func (p *pieces) Read(to []byte) (int, error) {
	for len(p.data) == 0 {
		if p.err != nil {
			return 0, p.err
		}
		if !p.stream.Receive() {
			if p.err = p.stream.Err(); p.err != nil {
				return 0, p.err
			}
			return 0, io.EOF
		}
		p.late.Reset(p.patience)
		message := p.stream.Msg()
		if p.of == nil {
			p.of = message.Recording
		}
		p.data = message.Data
		if p.progress != nil {
			p.progress(len(p.data))
		}
	}
	count := copy(to, p.data)
	p.data = p.data[count:]
	return count, nil
}

// What the daemon's absence is to who waits for it.
var errNoDaemon = errors.New("the daemon is not running: start it with traceloop daemon, or systemctl start traceloop")

// errWentAway: it was there when it was asked.
var errWentAway = errors.New("the daemon went away before it had answered")

// errNotFound is what is said of a reference that matches no recording.
var errNotFound = errors.New("no such recording")

// explain makes a call's error one that says what to do and, of a node's
// agent, which node it is: a *nodes.Error.
func (c *client) explain(err error) error {
	if c.agent == nil {
		return c.explainAnswer(err)
	}
	var unreachable *nodes.Error
	if errors.As(err, &unreachable) && !errors.Is(err, context.DeadlineExceeded) {
		return &nodes.Error{Agent: unreachable.Agent, Err: explainCluster(unreachable.Err)}
	}
	return &nodes.Error{Agent: *c.agent, Err: c.explainAnswer(err)}
}

// on says where the daemon is, for messages that do not say which node's it is.
func (c *client) on() string {
	if c.agent != nil {
		return ""
	}
	return " on " + c.socket
}

func (c *client) explainAnswer(err error) error {
	var failure *connect.Error
	switch {
	case c.agent != nil: // the next ones are a socket's
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w (there is no socket %s)", errNoDaemon, c.socket)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w (nobody listens on %s)", errNoDaemon, c.socket)
	case errors.Is(err, fs.ErrPermission):
		return c.explainPermission()
	}
	switch {
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, context.DeadlineExceeded), connect.CodeOf(err) == connect.CodeDeadlineExceeded:
		return fmt.Errorf("the daemon does not answer%s: waited %v", c.on(), c.patience)
	case !errors.As(err, &failure):
		return fmt.Errorf("speaking to the daemon%s: %w", c.on(), err)
	case failure.Code() == connect.CodeUnimplemented:
		return fmt.Errorf("the daemon%s does not know this request: it is of another version than this traceloop (%s); install the same one and restart it", c.on(), version())
	case !connect.IsWireError(err) && (failure.Code() == connect.CodeUnavailable || brokenOff(err)):
		return fmt.Errorf("%w%s: %w", errWentAway, c.on(), errors.Unwrap(failure))
	case failure.Code() == connect.CodeUnknown, failure.Code() == connect.CodeInternal:
		return fmt.Errorf("speaking to the daemon%s: %s", c.on(), failure.Message())
	}
	answer := &answerError{code: failure.Code(), text: failure.Message()}
	for _, detail := range failure.Details() {
		if value, err := detail.Value(); err == nil {
			if list, ok := value.(*traceloopv1.ListResponse); ok {
				answer.candidates = list.Recordings
			}
		}
	}
	return answer
}

// brokenOff says that whoever was spoken to hung up, be it while the request
// was written or in the middle of the answer.
func brokenOff(err error) bool {
	for _, end := range []error{syscall.EPIPE, syscall.ECONNRESET, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

func (c *client) explainPermission() error {
	const advice = "run as root, or as a member of %s"
	group := "the group of its directory"
	if info, err := os.Stat(c.socket); err == nil {
		if status, ok := info.Sys().(*syscall.Stat_t); ok {
			group = "group " + groupName(status.Gid)
		}
	}
	return fmt.Errorf("no permission to speak to the daemon on %s: "+advice, c.socket, group)
}

func groupName(id uint32) string {
	number := strconv.FormatUint(uint64(id), 10)
	if group, err := user.LookupGroupId(number); err == nil {
		return group.Name
	}
	return number
}

// answerError is what the daemon answered instead of doing what it was asked.
type answerError struct {
	code       connect.Code
	text       string
	candidates []*traceloopv1.Recording // that a reference matches
}

func (e *answerError) Error() string {
	if len(e.candidates) == 0 {
		return e.text
	}
	// The table says what the text's further lines do.
	text, _, _ := strings.Cut(e.text, "\n")
	var table strings.Builder
	table.WriteString(strings.TrimSuffix(text, ":"))
	table.WriteString(":\n")
	// A strings.Builder takes everything.
	_ = candidateTable(e.candidates).write(&table)
	return strings.TrimSuffix(table.String(), "\n")
}

func (e *answerError) Is(target error) bool {
	return target == errNotFound && e.code == connect.CodeNotFound
}
