package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/api/traceloop/v1/traceloopv1connect"
	"traceloop/internal/containers"
	"traceloop/recording"
)

const kib = 1 << 10

// ringSize is of the tests' rings. It is no less than any machine's minimum.
const ringSize = 1024 * kib

// daemon is an agent that runs, and a client of it.
type daemon struct {
	*Agent
	fake     *fakeRecorder
	registry *containers.Registry
	source   *containers.Source
	client   traceloopv1connect.DaemonServiceClient
	socket   string
	log      *lockedBuffer
	stop     func()
}

// lockedBuffer is a log that a test may read meanwhile.
type lockedBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(data)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}

// begin runs an agent over a fake recorder; changes are made before it runs.
func begin(t *testing.T, fake *fakeRecorder, config Config, change ...func(*Agent)) *daemon {
	t.Helper()
	d := &daemon{fake: fake, registry: config.Registry, log: &lockedBuffer{}}
	if d.registry == nil {
		d.registry = containers.NewRegistry()
		t.Cleanup(d.registry.Close)
	}
	d.source = d.registry.NewSource("test", containers.RankEngine)
	config.Registry, config.Recorder = d.registry, fake
	config.Log = slog.New(slog.NewTextHandler(d.log, nil))
	if config.RingSize == 0 {
		config.RingSize = ringSize
	}
	if config.Memory == 0 {
		config.Memory = 64 * ringSize
	}
	if config.Ready == 0 {
		config.Ready = 4
	}
	a, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	d.Agent = a
	a.grace, a.idle, a.patience = 100*time.Millisecond, 50*time.Millisecond, time.Second
	for _, f := range change {
		f(a)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	serve := d.serve(t)
	var once sync.Once
	d.stop = func() {
		once.Do(func() {
			serve()
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("the agent ended: %v", err)
			}
		})
	}
	t.Cleanup(d.stop)
	if !config.Claims {
		eventually(t, "rings are ready", func() bool { ready, _ := fake.Ready(); return ready > 0 })
	}
	return d
}

// serve serves the API on a socket.
func (d *daemon) serve(t *testing.T) (stop func()) {
	t.Helper()
	d.socket = filepath.Join(t.TempDir(), "socket")
	listener, err := net.Listen("unix", d.socket)
	if err != nil {
		t.Fatal(err)
	}
	path, handler := d.Handler()
	mux := http.NewServeMux()
	mux.Handle(path, handler)
	server := &http.Server{Handler: mux, Protocols: new(http.Protocols)}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	transport := d.transport()
	d.client = traceloopv1connect.NewDaemonServiceClient(&http.Client{Transport: transport}, "http://traceloop")
	return func() {
		transport.CloseIdleConnections()
		server.Close()
		<-done
	}
}

func (d *daemon) transport() *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", d.socket)
	}}
}

func (d *daemon) recordings(t *testing.T) []*traceloopv1.Recording {
	t.Helper()
	return d.filtered(t, "")
}

func (d *daemon) filtered(t *testing.T, filter string) []*traceloopv1.Recording {
	t.Helper()
	response, err := d.client.List(t.Context(), connect.NewRequest(&traceloopv1.ListRequest{Filter: filter}))
	if err != nil {
		t.Fatal(err)
	}
	return response.Msg.Recordings
}

// ids are the recordings' IDs, shortened, with their states.
func (d *daemon) ids(t *testing.T) string {
	t.Helper()
	var all []string
	for _, r := range d.recordings(t) {
		all = append(all, abbreviate(r.Id)+" "+states[r.State])
	}
	return strings.Join(all, ", ")
}

// abbreviate cuts the zeros that the tests' container IDs end in.
func abbreviate(id string) string {
	base, generation, _ := strings.Cut(id, ".")
	if len(base) == 64 {
		base = strings.TrimRight(base, "0")
	}
	if generation != "" {
		base += "." + generation
	}
	return base
}

// awaitIDs waits until the recordings are these.
func (d *daemon) awaitIDs(t *testing.T, want string) {
	t.Helper()
	got := ""
	if !until(func() bool { got = d.ids(t); return got == want }) {
		t.Fatalf("recordings: %s\nwant: %s\nlog:\n%s", got, want, d.log)
	}
}

func (d *daemon) find1(t *testing.T, id string) *traceloopv1.Recording {
	t.Helper()
	for _, r := range d.recordings(t) {
		if abbreviate(r.Id) == id {
			return r
		}
	}
	t.Fatalf("no recording %s among %s", id, d.ids(t))
	return nil
}

// read reads a recording through the API.
func (d *daemon) read(ctx context.Context, request *traceloopv1.ReadRequest) (*traceloopv1.Recording, *recording.Recording, error) {
	stream, err := d.client.Read(ctx, connect.NewRequest(request))
	if err != nil {
		return nil, nil, err
	}
	defer stream.Close()
	var message *traceloopv1.Recording
	var file bytes.Buffer
	for stream.Receive() {
		if message == nil {
			message = stream.Msg().Recording
		}
		if len(stream.Msg().Data) > piece {
			return nil, nil, fmt.Errorf("a piece of %d bytes", len(stream.Msg().Data))
		}
		file.Write(stream.Msg().Data)
	}
	if err := stream.Err(); err != nil {
		return message, nil, err
	}
	r, err := recording.Read(&file)
	return message, r, err
}

func (d *daemon) status(t *testing.T) *traceloopv1.StatusResponse {
	t.Helper()
	response, err := d.client.Status(t.Context(), connect.NewRequest(&traceloopv1.StatusRequest{}))
	if err != nil {
		t.Fatal(err)
	}
	return response.Msg
}

func (d *daemon) warned(t *testing.T, text string) bool {
	t.Helper()
	return strings.Contains(strings.Join(d.status(t).Warnings, "\n"), text)
}

const deadline = time.Minute

// until waits for a condition, and says whether it came.
func until(condition func() bool) bool {
	for end := time.Now().Add(deadline); ; time.Sleep(5 * time.Millisecond) {
		if condition() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	if !until(condition) {
		t.Fatalf("in %v not so: %s", deadline, what)
	}
}

// code fails unless an error has the code, and says all of these.
func code(t *testing.T, err error, want connect.Code, texts ...string) {
	t.Helper()
	if err == nil || connect.CodeOf(err) != want {
		t.Errorf("error %v, want one of code %v", err, want)
		return
	}
	said := err.Error()
	for _, r := range candidates(t, err) {
		said += fmt.Sprintf("\n%s %s/%s/%s", r.Id, r.Namespace, r.Pod, r.Container)
	}
	for _, text := range texts {
		if !strings.Contains(said, text) {
			t.Errorf("error %q lacks %q", said, text)
		}
	}
}

// candidates are the recordings that an error has as its detail.
func candidates(t *testing.T, err error) []*traceloopv1.Recording {
	t.Helper()
	var all []*traceloopv1.Recording
	var failure *connect.Error
	if errors.As(err, &failure) {
		for _, detail := range failure.Details() {
			value, err := detail.Value()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, value.(*traceloopv1.ListResponse).Recordings...)
		}
	}
	return all
}

// ended says whether all goroutines of this package and of its servers have
// ended, and shows those that have not.
func ended() bool {
	var stacks []byte
	if until(func() bool {
		stacks = make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		return bytes.Count(stacks, []byte("\ngoroutine ")) == 0 || !bytes.Contains(bytes.SplitN(stacks, []byte("\n\n"), 2)[1], []byte("traceloop/"))
	}) {
		return true
	}
	_, _ = io.Copy(os.Stderr, bytes.NewReader(stacks))
	return false
}
