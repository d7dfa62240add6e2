package cli

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/api/traceloop/v1/traceloopv1connect"
	"traceloop/recording"
)

// hostileName is what a container may be called if its runtime lets it.
const hostileName = "\x1b[2J\nweb\u202e\u009b"

// daemonOfTests serves the API with what a test gives it.
type daemonOfTests struct {
	traceloopv1connect.UnimplementedDaemonServiceHandler
	socket string

	// What it answers; not changed while it serves.
	recordings []*traceloopv1.Recording
	status     *traceloopv1.StatusResponse
	read       func(*traceloopv1.ReadRequest) (*traceloopv1.Recording, *recording.Recording, error)

	mutex    sync.Mutex // guards requests
	requests []any
}

// serve starts a daemon that is not one.
func serve(t *testing.T, d *daemonOfTests) *daemonOfTests {
	t.Helper()
	_, handler := traceloopv1connect.NewDaemonServiceHandler(d)
	serveHandler(t, d, handler)
	return d
}

func serveHandler(t *testing.T, d *daemonOfTests, handler http.Handler) {
	t.Helper()
	d.socket = filepath.Join(t.TempDir(), "socket")
	t.Cleanup(listenAndServe(t, d, handler))
}

// listenAndServe serves on the daemon's socket until it is stopped.
func listenAndServe(t *testing.T, d *daemonOfTests, handler http.Handler) (stop func()) {
	t.Helper()
	listener, err := net.Listen("unix", d.socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: patienceOfTests}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	return func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}
}

func (d *daemonOfTests) note(request any) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.requests = append(d.requests, request)
}

func (d *daemonOfTests) noted() []any {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.requests
}

func (d *daemonOfTests) List(_ context.Context, r *connect.Request[traceloopv1.ListRequest]) (*connect.Response[traceloopv1.ListResponse], error) {
	d.note(r.Msg)
	return connect.NewResponse(&traceloopv1.ListResponse{Recordings: d.recordings}), nil
}

func (d *daemonOfTests) Read(_ context.Context, r *connect.Request[traceloopv1.ReadRequest], stream *connect.ServerStream[traceloopv1.ReadResponse]) error {
	d.note(r.Msg)
	of, r1, err := d.read(r.Msg)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	if err := recording.Write(&file, r1); err != nil {
		return err
	}
	if err := stream.Send(&traceloopv1.ReadResponse{Recording: of}); err != nil {
		return err
	}
	for data := file.Bytes(); len(data) > 0; {
		piece := data[:min(len(data), 1000)]
		data = data[len(piece):]
		if err := stream.Send(&traceloopv1.ReadResponse{Data: piece}); err != nil {
			return err
		}
	}
	return nil
}

func (d *daemonOfTests) Delete(_ context.Context, r *connect.Request[traceloopv1.DeleteRequest]) (*connect.Response[traceloopv1.DeleteResponse], error) {
	d.note(r.Msg)
	if strings.Join(r.Msg.References, " ") == "web" {
		return nil, d.ambiguous("web")
	}
	return connect.NewResponse(&traceloopv1.DeleteResponse{Deleted: d.recordings}), nil
}

// ambiguous is the error of a reference that matches several.
func (d *daemonOfTests) ambiguous(reference string) error {
	err := connect.NewError(connect.CodeFailedPrecondition, errors.New(reference+" matches 2 recordings:\n  the list of them, as text"))
	detail, detailErr := connect.NewErrorDetail(&traceloopv1.ListResponse{Recordings: d.recordings})
	if detailErr != nil {
		return detailErr
	}
	err.AddDetail(detail)
	return err
}

func (d *daemonOfTests) Attach(_ context.Context, r *connect.Request[traceloopv1.AttachRequest]) (*connect.Response[traceloopv1.AttachResponse], error) {
	d.note(r.Msg)
	if r.Msg.Name == "there" {
		return nil, connect.NewError(connect.CodeAlreadyExists, errors.New("there is a recording there already: want another name"))
	}
	return connect.NewResponse(&traceloopv1.AttachResponse{Recording: &traceloopv1.Recording{Id: "attached-1", Name: r.Msg.Name}}), nil
}

func (d *daemonOfTests) Detach(_ context.Context, r *connect.Request[traceloopv1.DetachRequest]) (*connect.Response[traceloopv1.DetachResponse], error) {
	d.note(r.Msg)
	return connect.NewResponse(&traceloopv1.DetachResponse{Recording: &traceloopv1.Recording{Id: r.Msg.Reference}}), nil
}

func (d *daemonOfTests) Status(context.Context, *connect.Request[traceloopv1.StatusRequest]) (*connect.Response[traceloopv1.StatusResponse], error) {
	return connect.NewResponse(d.status), nil
}

const webID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func someRecordings() []*traceloopv1.Recording {
	code := uint32(137)
	return []*traceloopv1.Recording{
		{Id: webID, Name: "web", Namespace: "default", Pod: "web-1", Container: "server", Runtime: "containerd", State: traceloopv1.State_STATE_RECORDING,
			Started: timestamppb.New(time.Now().Add(-3 * time.Minute)), Calls: 1234, Overwritten: 34, Bytes: 1 << 20, Image: "nginx:1"},
		{Id: "system.slice-ssh.service-and-more-of-it", Name: hostileName, State: traceloopv1.State_STATE_EXITED, ExitCode: &code, ExitSignal: 9, OomKills: 1},
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	d := serve(t, &daemonOfTests{recordings: someRecordings()})
	r := run(t, "list", "--socket", d.socket, "--filter", "name=web*")
	wantStatus(t, r, 0)
	wantMatch(t, r.stdout,
		`\AID +NAME +NAMESPACE +POD +RUNTIME +STATE +AGE +CALLS +OVERWRITTEN +BYTES\n`,
		`^0123456789ab +web +default +web-1 +containerd +recording +3m\ds +1234 +34 +1.0MiB$`,
		`^system.slice-ssh.service-and-more-of-it +\\u001b\[2J\\nweb\\u202e\\u009b +<none> +<none> +<none> +exited +unknown +0 +0 +0B\n\z`)
	if request, ok := d.noted()[0].(*traceloopv1.ListRequest); !ok || request.Filter != "name=web*" {
		t.Errorf("%v", d.noted())
	}
	wantMatch(t, run(t, "list", "--socket", d.socket, "--no-trunc", "-o", "wide").stdout, "^"+webID+` .* nginx:1 `, `signal 9 \(out of memory\)`)
	wantMatch(t, run(t, "list", "--socket", d.socket, "-o", "name").stdout, `\A`+webID+`\nsystem.slice-ssh.service-and-more-of-it\n\z`)

	var document struct {
		Recordings []struct{ ID, Name, State, Calls string }
	}
	text := run(t, "list", "--socket", d.socket, "-o", "json").stdout
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	if len(document.Recordings) != 2 || document.Recordings[0].Calls != "1234" || document.Recordings[0].State != "STATE_RECORDING" || document.Recordings[1].Name != hostileName {
		t.Errorf("%+v", document)
	}
	wantIn(t, text, `\u001b[2J\nweb\u202e\u009b`)
	wantIn(t, run(t, "list", "--socket", d.socket, "-o", "yaml").stdout, "recordings:\n  - id: "+webID+"\n    name: web\n", `calls: "1234"`, `\u202e\x9B"`)

	// The environment says it as well as the flag.
	command := traceloop(t, "list", "-o", "name")
	command.Env = append(command.Env, "TRACELOOP_SOCKET="+d.socket)
	wantIn(t, finish(t, command).stdout, webID)

	empty := run(t, "list", "--socket", serve(t, &daemonOfTests{}).socket)
	wantStatus(t, empty, 0)
	wantIn(t, empty.stderr, "there are no recordings")
}

func TestListFiles(t *testing.T) {
	t.Parallel()
	file := saved(t)
	r := run(t, "list", "--socket", "/nonexistent", file, "/nonexistent/file")
	wantStatus(t, r, 1)
	wantMatch(t, r.stdout, `\AFILE +ID +NAME`, "^"+file+` +<none> +cat .* saved .* \d+ +0 +\d+\.\dKiB$`)
	wantIn(t, r.stderr, "/nonexistent/file")
	wantMatch(t, run(t, "list", file, file, "-o", "name").stdout, `\A`+file+`\n`+file+`\n\z`)
	wantStatus(t, run(t, "list", "--filter", "name=x", file), 2)
}

func TestDeleteAttachDetach(t *testing.T) {
	t.Parallel()
	d := serve(t, &daemonOfTests{recordings: someRecordings()})
	r := run(t, "delete", "--socket", d.socket, "a", "b")
	wantStatus(t, r, 0)
	if r.stdout != webID+"\nsystem.slice-ssh.service-and-more-of-it\n" {
		t.Errorf("printed %q", r.stdout)
	}
	several := run(t, "delete", "--socket", d.socket, "web")
	wantStatus(t, several, 1)
	wantMatch(t, several.stderr, `\Atraceloop: web matches 2 recordings:\nID +NAME +NAMESPACE +POD +STATE +AGE\n`+webID+` +web +default`, `\\u001b\[2J`)
	if strings.Contains(several.stderr, "the list of them, as text") || strings.Contains(several.stderr, "failed_precondition") {
		t.Error(several.stderr)
	}
	wantStatus(t, run(t, "delete", "--socket", d.socket), 2)

	for _, test := range []struct {
		arguments []string
		want      string
	}{
		{[]string{"--cgroup", "/system.slice/ssh.service", "--name", "ssh", "--ring-size", "2MiB"}, `name:"ssh" cgroup:"/system.slice/ssh.service" ring_size:2097152`},
		{[]string{"--pid", "4321"}, `pid:4321`},
		{[]string{"--mntns", "4026531840"}, `mount_namespace:4026531840`},
	} {
		r := run(t, append([]string{"attach", "--socket", d.socket}, test.arguments...)...)
		wantStatus(t, r, 0)
		requests := d.noted()
		request, _ := requests[len(requests)-1].(*traceloopv1.AttachRequest)
		// Its text has one space or two between the fields.
		if got := strings.Join(strings.Fields(request.String()), " "); r.stdout != "attached-1\n" || got != test.want {
			t.Errorf("%v: printed %q, asked for %s", test.arguments, r.stdout, got)
		}
	}
	for _, arguments := range [][]string{{}, {"--pid", "0"}, {"--pid", "1", "--mntns", "2"}, {"--cgroup", ""}, {"--mntns", "0"}, {"--pid", "1", "--ring-size", "x"}} {
		r := run(t, append([]string{"attach", "--socket", d.socket}, arguments...)...)
		wantStatus(t, r, 2)
		wantIn(t, r.stderr, "want")
	}
	there := run(t, "attach", "--socket", d.socket, "--pid", "1", "--name", "there")
	wantStatus(t, there, 1)
	if there.stderr != "traceloop: there is a recording there already: want another name\n" {
		t.Error(there.stderr)
	}
	wantIn(t, run(t, "detach", "--socket", d.socket, "ssh").stdout, "ssh\n")
}

func TestStatus(t *testing.T) {
	t.Parallel()
	d := serve(t, &daemonOfTests{status: &traceloopv1.StatusResponse{
		Version: "1.2.3", Pid: 77, Kernel: "6.12.0", Host: "node\x1b", Uptime: durationpb.New(time.Hour),
		Memory: &traceloopv1.Memory{Used: 64 << 20, Limit: 256 << 20}, RingsReady: 3, RingsWanted: 16,
		Recordings: map[string]uint32{"recording": 12, "exited": 30}, CallsRecorded: 5, CallsLost: 1, Refused: 2, Evicted: 7, Saved: 6, SaveFailures: 1,
		Runtimes: []*traceloopv1.Runtime{{Name: "docker", Endpoint: "docker=unix:///run/docker.sock", Error: "no such file"},
			{Name: "podman", Endpoint: "podman-storage=/srv/podman", Connected: true}, {Name: "cri", Endpoint: "another daemon's", Connected: true}, {Name: "containerd", Connected: true, Containers: 4}},
		Features: []*traceloopv1.Feature{{Name: "ring buffer", Present: true, Note: "wakes the daemon"}},
		Failures: []*traceloopv1.Failure{{Operation: "read string", Errno: 14, Count: 3}},
		Warnings: []string{"2 containers were not recorded\x07"},
	}})
	r := run(t, "status", "--socket", d.socket)
	wantStatus(t, r, 0)
	wantMatch(t, r.stdout,
		`\AWARNING: 2 containers were not recorded\\u0007\n\n`, `^Daemon +traceloop 1.2.3, process 77, for 60m$`, `^Host +node\\u001b, Linux 6.12.0$`,
		`^Memory +64.0MiB of 256.0MiB used \(25 %\)$`, `^Rings +3 of 16 ready`, `^Recordings +30 exited, 12 recording$`, `^Calls +5 recorded, 0 overwritten, 0 filtered, 1 lost$`,
		`^Refused +2 containers`, `^Evicted +7 recordings to make room: 6 saved as files, 1 failed`,
		`^docker +no +0 +/run/docker.sock +no such file$`, `^podman +yes +0 +/srv/podman +<none>$`, `^cri +yes +0 +another daemon's +<none>$`, `^containerd +yes +4 +<none> +<none>$`, `^ring buffer +yes +wakes the daemon$`, `^read string +EFAULT +3\n\z`)
	wantIn(t, run(t, "status", "--socket", d.socket, "-o", "json").stdout, `"refused": "2"`)
	wantIn(t, run(t, "status", "--socket", d.socket, "-o", "yaml").stdout, "memory:\n  used: \"67108864\"\n")
	// Of a daemon that says nothing there is still a page.
	wantMatch(t, run(t, "status", "--socket", serve(t, &daemonOfTests{status: &traceloopv1.StatusResponse{}}).socket).stdout, `^Runtimes +none is found`, `^Recordings +none$`)
}

func TestNoDaemon(t *testing.T) {
	t.Parallel()
	needRoot(t)
	// A socket to which nobody listens any more.
	deserted := filepath.Join(t.TempDir(), "socket")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: deserted, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range [][]string{{"list"}, {"status"}, {"show", "web"}, {"show", "-f", "default/web"}, {"save", "web", "-o", "/dev/null"}, {"delete", "web"}, {"attach", "--pid", "1"}, {"detach", "web"}} {
		for _, socket := range []string{"/nonexistent/socket", deserted} {
			r := run(t, append(arguments, "--socket", socket)...)
			wantStatus(t, r, 1)
			wantIn(t, r.stderr, "traceloop: ", "the daemon is not running: start it with traceloop daemon, or systemctl start traceloop", socket)
			if strings.Count(r.stderr, "\n") != 1 {
				t.Error(r.stderr)
			}
		}
	}
	wantIn(t, run(t, "show", "web", "--socket", deserted).stderr, "nor is there a file web")
}

func TestNoPermission(t *testing.T) {
	t.Parallel()
	needRoot(t)
	d := serve(t, &daemonOfTests{})
	// The way to the socket is free, the socket is not.
	for directory := filepath.Dir(d.socket); strings.HasPrefix(directory, os.TempDir()+"/"); directory = filepath.Dir(directory) {
		if err := os.Chmod(directory, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Chmod(d.socket, 0o660), os.Chown(d.socket, 0, 4)); err != nil {
		t.Fatal(err)
	}
	command := traceloop(t, "list", "--socket", d.socket)
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	r := finish(t, command)
	wantStatus(t, r, 1)
	wantIn(t, r.stderr, "no permission to speak to the daemon on "+d.socket+": run as root, or as a member of group "+groupName(4))
}

// hang is a server that takes requests and answers nothing.
func hang(t *testing.T) string {
	t.Helper()
	stop := make(chan struct{})
	d := &daemonOfTests{}
	serveHandler(t, d, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	}))
	t.Cleanup(func() { close(stop) })
	return d.socket
}

func TestDaemonHangs(t *testing.T) {
	t.Parallel()
	c := newClient(hang(t))
	defer c.close()
	c.patience = 50 * time.Millisecond
	if _, err := call(t.Context(), c, c.api.Status, &traceloopv1.StatusRequest{}); err == nil || !strings.Contains(err.Error(), "the daemon does not answer on "+c.socket+": waited 50ms") {
		t.Error(err)
	}
	if _, r, err := c.read(t.Context(), "web", 0); r != nil || err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("%v, %v", r, err)
	}
	// A shell that completes says nothing and does not wait for long.
	begin := time.Now()
	r := run(t, "__complete", "show", "--socket", c.socket, "we")
	wantStatus(t, r, 0)
	if took := time.Since(begin); took > patienceOfTests/4 || strings.Contains(r.stdout, "we") {
		t.Errorf("took %v: %s", took, r.stdout)
	}
}

func TestDaemonGoesAway(t *testing.T) {
	t.Parallel()
	d := &daemonOfTests{}
	serveHandler(t, d, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = connection.Close()
		}
	}))
	for _, arguments := range [][]string{{"status"}, {"show", "web"}} {
		r := run(t, append(arguments, "--socket", d.socket)...)
		wantStatus(t, r, 1)
		wantIn(t, r.stderr, "went away before it had answered")
	}
	// Also in the middle of an answer.
	half := &daemonOfTests{}
	serveHandler(t, half, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/connect+proto")
		_, _ = w.Write([]byte("\x00\x00\x00\x01\x00half"))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	r := run(t, "show", "web", "--socket", half.socket)
	wantStatus(t, r, 1)
	wantIn(t, r.stderr, "went away before it had answered", "unexpected EOF")
}

// It may hang up while the request is still being written.
func TestClientKnowsWhoHungUp(t *testing.T) {
	t.Parallel()
	c := newClient("socket")
	for _, cause := range []error{
		&net.OpError{Op: "write", Net: "unix", Err: os.NewSyscallError("write", syscall.EPIPE)},
		&net.OpError{Op: "read", Net: "unix", Err: os.NewSyscallError("read", syscall.ECONNRESET)},
		io.ErrUnexpectedEOF, io.EOF,
	} {
		for _, code := range []connect.Code{connect.CodeUnknown, connect.CodeUnavailable, connect.CodeInvalidArgument} {
			if err := c.explain(connect.NewError(code, cause)); !errors.Is(err, errWentAway) {
				t.Errorf("%v, %v: %v", code, cause, err)
			}
		}
	}
	if err := c.explain(connect.NewError(connect.CodeInvalidArgument, errors.New("EOF"))); errors.Is(err, errWentAway) {
		t.Error(err)
	}
}

func TestDaemonOfAnotherVersion(t *testing.T) {
	t.Parallel()
	d := &daemonOfTests{}
	serveHandler(t, d, http.NotFoundHandler())
	for _, arguments := range [][]string{{"list"}, {"show", "web"}} {
		r := run(t, append(arguments, "--socket", d.socket)...)
		wantStatus(t, r, 1)
		wantIn(t, r.stderr, "another version than this traceloop")
	}
	// It may be no daemon of ours at all.
	other := &daemonOfTests{}
	serveHandler(t, other, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<html>\x1b[2J"))
	}))
	for _, arguments := range [][]string{{"list"}, {"show", "web"}} {
		r := run(t, append(arguments, "--socket", other.socket)...)
		wantStatus(t, r, 1)
		wantIn(t, r.stderr, "speaking to the daemon on "+other.socket)
		if strings.Contains(r.stderr, "\x1b") {
			t.Errorf("%q", r.stderr)
		}
	}
}

func TestCompleteReferences(t *testing.T) {
	t.Parallel()
	d := serve(t, &daemonOfTests{recordings: someRecordings()})
	complete := func(arguments ...string) string {
		return run(t, append([]string{"__complete", arguments[0], "--socket", d.socket}, arguments[1:]...)...).stdout
	}
	for _, test := range []struct {
		arguments []string
		want      string
	}{
		{[]string{"show", ""}, "web\n0123456789ab\ndefault/web-1\nsystem.slice-ssh.service-and-more-of-it\n:0\n"},
		{[]string{"save", "def"}, "default/web-1\n:0\n"},
		{[]string{"delete", "web", "we"}, "web\n:4\n"},
		{[]string{"detach", "web", "we"}, ":4\n"},
		{[]string{"show", "./w"}, ":0\n"},
	} {
		if got := complete(test.arguments...); got != test.want {
			t.Errorf("%v: %q, want %q", test.arguments, got, test.want)
		}
	}
}

// People without traceloop read the API so, as docs/api.md says.
func TestCurl(t *testing.T) {
	t.Parallel()
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Fatal(err)
	}
	d := serve(t, &daemonOfTests{recordings: someRecordings(), read: endlessRead()})
	r := finish(t, exec.CommandContext(t.Context(), curl, "-sS", "--unix-socket", d.socket, "-H", "Content-Type: application/json",
		"-d", "{}", "http://traceloop/traceloop.v1.DaemonService/List"))
	wantStatus(t, r, 0)
	wantIn(t, r.stdout, `"name":"web"`)
	r = finish(t, exec.CommandContext(t.Context(), curl, "-sS", "--unix-socket", d.socket,
		"http://traceloop/traceloop.v1.DaemonService/List?connect=v1&encoding=json&message=%7B%7D"))
	wantIn(t, r.stdout, `"name":"web"`)

	// A stream: each message with a byte of flags and four of its length before it.
	command := exec.CommandContext(t.Context(), curl, "-sS", "--unix-socket", d.socket, "-H", "Content-Type: application/connect+json",
		"--data-binary", "@-", "http://traceloop/traceloop.v1.DaemonService/Read")
	command.Stdin = strings.NewReader("\x00\x00\x00\x00\x13{\"reference\":\"web\"}")
	r = finish(t, command)
	var file []byte
	for rest := []byte(r.stdout); ; {
		if len(rest) < 5 {
			t.Fatalf("cut off after %d bytes", len(r.stdout))
		}
		length := binary.BigEndian.Uint32(rest[1:])
		var message struct {
			Recording *struct{ ID string }
			Data      []byte
			Error     any
		}
		if err := json.Unmarshal(rest[5:5+length], &message); err != nil || message.Error != nil {
			t.Fatalf("%v, %v", err, message.Error)
		}
		if last := rest[0] == 2; last {
			break
		}
		if first := len(rest) == len(r.stdout); first != (message.Recording != nil) {
			t.Errorf("first message %t: %+v", first, message.Recording)
		}
		file = append(file, message.Data...)
		rest = rest[5+length:]
	}
	if got, err := recording.Read(bytes.NewReader(file)); err != nil || len(got.Snapshot.Chunks) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}
