package cli

import (
	"bufio"
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
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// quietLog keeps what is logged, for tests that fail.
func quietLog(t *testing.T) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

// serving runs a server until the returned function ends it.
func serving(t *testing.T, server *http.Server, listener net.Listener) (end func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- serveHTTP(ctx, server, listener) }()
	return func() error {
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(patienceOfTests):
			return errors.New("the server does not end")
		}
	}
}

// The API's socket answers curl (HTTP/1.1) and gRPC (HTTP/2 without TLS), and
// is gone when the server has ended.
func TestAPIServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	listener, err := listen(path, 0o600, os.Getgid())
	if err != nil {
		t.Fatal(err)
	}
	end := serving(t, newAPIServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Proto)
	}), quietLog(t)), listener)
	for _, test := range []struct {
		protocol string
		choose   func(*http.Protocols)
	}{
		{"HTTP/1.1", func(p *http.Protocols) { p.SetHTTP1(true) }},
		{"HTTP/2.0", func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }},
	} {
		transport := &http.Transport{
			Protocols: &http.Protocols{},
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "unix", path)
			},
		}
		test.choose(transport.Protocols)
		response, err := (&http.Client{Transport: transport, Timeout: patienceOfTests}).Get("http://daemon/")
		if err != nil {
			t.Errorf("%s: %v", test.protocol, err)
			continue
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if string(body) != test.protocol || err != nil {
			t.Errorf("%s: the server saw %s, %v", test.protocol, body, err)
		}
		transport.CloseIdleConnections()
	}
	if err := end(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

// A client that stays neither keeps the daemon from ending nor outlives it.
func TestServerEndsWithAnAnswerGoingOn(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	end := serving(t, newAPIServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}), quietLog(t)), listener)
	response, err := http.Get("http://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	began := time.Now()
	if err := end(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > patienceOfEnd+10*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestMetricsServer(t *testing.T) {
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "traceloop_test", Help: "Of this test."})
	var sick error
	server, err := newMetricsServer(gauge, func() error { return sick }, quietLog(t))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	end := serving(t, server, listener)
	get := func(path string) (int, string) {
		response, err := http.Get("http://" + listener.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	if status, body := get("/metrics"); status != http.StatusOK || !strings.Contains(body, "traceloop_test 0") || !strings.Contains(body, "process_resident_memory_bytes") {
		t.Errorf("metrics: %d\n%s", status, body)
	}
	if status, body := get("/healthz"); status != http.StatusOK || body != "ok\n" {
		t.Errorf("well: %d %q", status, body)
	}
	if status, _ := get("/"); status != http.StatusNotFound {
		t.Errorf("another path: %d", status)
	}
	sick = errors.New("the recorder is closed")
	if status, body := get("/healthz"); status != http.StatusServiceUnavailable || !strings.Contains(body, sick.Error()) {
		t.Errorf("sick: %d %q", status, body)
	}
	http.DefaultClient.CloseIdleConnections()
	if err := end(); err != nil {
		t.Error(err)
	}
}

// notified is a socket such as systemd gives a service, and what it was told.
func notified(t *testing.T) chan string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	states := make(chan string, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 4<<10)
		for {
			count, err := socket.Read(buffer)
			if err != nil {
				return
			}
			states <- string(buffer[:count])
		}
	}()
	t.Cleanup(func() {
		socket.Close()
		<-done
	})
	t.Setenv("NOTIFY_SOCKET", path)
	return states
}

func TestKeepAlive(t *testing.T) {
	states := notified(t)
	t.Setenv("WATCHDOG_USEC", "20000")
	t.Setenv("WATCHDOG_PID", "")
	os.Unsetenv("WATCHDOG_PID")
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	done := make(chan error, 1)
	go func() {
		done <- keepAlive(ctx, func() error {
			if asked++; asked <= 2 {
				return errors.New("not yet")
			}
			return nil
		}, quietLog(t))
	}()
	select {
	case state := <-states:
		if state != "WATCHDOG=1" {
			t.Errorf("told %q", state)
		}
	case <-time.After(patienceOfTests):
		t.Error("nothing was told")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if asked < 3 {
		t.Errorf("told that all is well although it was not")
	}
}

func TestKeepAliveWithoutWatchdog(t *testing.T) {
	t.Setenv("WATCHDOG_USEC", "")
	os.Unsetenv("WATCHDOG_USEC")
	if err := keepAlive(t.Context(), nil, quietLog(t)); err != nil {
		t.Error(err)
	}
}

func TestLog(t *testing.T) {
	for _, test := range []struct {
		format  string
		journal bool
		want    []string
		not     []string
	}{
		{"text", false, []string{"time=", "level=INFO", `container="a\x1bb"`}, []string{"level=DEBUG"}},
		{"text", true, []string{"level=INFO"}, []string{"time=", "level=DEBUG"}},
		{"json", false, []string{`"time":`, `"level":"INFO"`, `"container":"a\u001bb"`}, []string{`"DEBUG"`}},
		{"json", true, []string{`"level":"INFO"`}, []string{`"time":`}},
	} {
		var text bytes.Buffer
		log := makeLog(&text, test.format, slog.LevelInfo, test.journal)
		log.Debug("less")
		log.Info("more", "container", "a\x1bb")
		for _, want := range test.want {
			if !strings.Contains(text.String(), want) {
				t.Errorf("%s: %s has no %s", test.format, text.String(), want)
			}
		}
		for _, not := range test.not {
			if strings.Contains(text.String(), not) {
				t.Errorf("%s: %s has %s", test.format, text.String(), not)
			}
		}
	}
}

func TestLogKnowsTheJournal(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if isJournal(file, "") || isJournal(file, "1:2") {
		t.Error("a file is the journal")
	}
	if !isJournal(file, device(t, file)) {
		t.Error("the journal's stream is not")
	}
	t.Setenv("JOURNAL_STREAM", device(t, file))
	newLog(file, "text", "warn").Warn("said", "by", "a test")
	newLog(file, "text", "warn").Info("not said")
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(file)
	if !lines.Scan() || lines.Text() != `level=WARN msg=said by="a test"` || lines.Scan() {
		t.Errorf("%q", lines.Text())
	}
}

// device is a file's device and inode, as JOURNAL_STREAM has them.
func device(t *testing.T, file *os.File) string {
	t.Helper()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	about := info.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d:%d", about.Dev, about.Ino)
}
