package stream

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const web = "trace_shop_web"

func newServer(t *testing.T, maximum int) (*Hub, *httptest.Server) {
	t.Helper()
	hub := NewHub()
	hub.maximum = maximum
	server := httptest.NewServer(hub.Handler())
	t.Cleanup(server.Close)
	t.Cleanup(hub.CloseAll)
	return hub, server
}

func publish(t *testing.T, hub *Hub, id string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if err := hub.Publish(id, []byte(line)); err != nil {
			t.Fatal(err)
		}
	}
}

// get begins to read a stream.
func get(t *testing.T, server *httptest.Server, id string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+Path+"?"+url.Values{IDParameter: {id}}.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

func read(t *testing.T, from io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestID(t *testing.T) {
	if got := ID("shop", "web"); got != web {
		t.Errorf("got %q, want %q", got, web)
	}
}

// TestStream checks that a reader gets what was published before and after it
// came, at once, and that the stream stays open until it is closed.
func TestStream(t *testing.T) {
	hub, server := newServer(t, MaximumBytes)
	publish(t, hub, web, "[1]", "[2]")
	publish(t, hub, "trace_shop_other", "[9]")
	response := get(t, server, web)
	if response.StatusCode != http.StatusOK {
		t.Fatal(response.Status)
	}
	lines := bufio.NewReader(response.Body)
	next := func() string {
		text, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if diff := cmp.Diff([]string{"[1]\n", "[2]\n"}, []string{next(), next()}); diff != "" {
		t.Errorf("what was there (-want +got):\n%s", diff)
	}
	publish(t, hub, web, "[3]")
	if got := next(); got != "[3]\n" {
		t.Errorf("what came: %q", got)
	}
	hub.Close(web)
	if rest := read(t, lines); rest != "" {
		t.Errorf("after the end: %q", rest)
	}
	if why := response.Trailer.Get(ErrorTrailer); why != "" {
		t.Errorf("it ended with %q", why)
	}
}

// TestStreamOfSeveral has several readers, each of whom gets everything.
func TestStreamOfSeveral(t *testing.T) {
	hub, server := newServer(t, MaximumBytes)
	publish(t, hub, web, strings.Repeat("x", 3<<20))
	var responses []*http.Response
	for range 3 {
		responses = append(responses, get(t, server, web))
	}
	publish(t, hub, web, "[2]")
	hub.Close(web)
	want := strings.Repeat("x", 3<<20) + "\n[2]\n"
	for i, response := range responses {
		if got := read(t, response.Body); got != want {
			t.Errorf("reader %d has %d bytes, want %d", i, len(got), len(want))
		}
	}
}

func TestStreamUnknown(t *testing.T) {
	hub, server := newServer(t, MaximumBytes)
	publish(t, hub, web, "[1]")
	hub.Close(web)
	hub.Close("trace_shop_other") // closing what is not there does nothing
	for _, id := range []string{"", web, "trace_shop_other", "\x1b[2J"} {
		response := get(t, server, id)
		text := read(t, response.Body)
		if response.StatusCode != http.StatusNotFound || !strings.Contains(text, "want trace_NAMESPACE_NAME") || strings.Contains(text, "\x1b") {
			t.Errorf("%q: %s %q", id, response.Status, text)
		}
	}
}

// TestStreamAgain checks that a Trace of the same name as a deleted one has a
// stream of its own.
func TestStreamAgain(t *testing.T) {
	hub, server := newServer(t, MaximumBytes)
	publish(t, hub, web, "[1]")
	hub.Close(web)
	publish(t, hub, web, "[2]")
	response := get(t, server, web)
	hub.Close(web)
	if got := read(t, response.Body); got != "[2]\n" {
		t.Errorf("got %q", got)
	}
}

// TestBounds checks which lines are dropped when there are too many, and that who
// comes for them is told.
func TestBounds(t *testing.T) {
	hub, server := newServer(t, 10)
	if err := hub.Publish(web, []byte("01234567890")); err == nil {
		t.Error("a line that is longer than all lines may be was taken")
	}
	publish(t, hub, "old", "0123")
	publish(t, hub, web, "0123")
	publish(t, hub, "new", "0123")
	if hub.bytes != 8 || len(hub.order) != 2 {
		t.Errorf("%d bytes of %d streams are kept, want 8 of 2", hub.bytes, len(hub.order))
	}
	if response := get(t, server, "old"); response.StatusCode != http.StatusGone {
		t.Errorf("the dropped one: %s", response.Status)
	} else if text := read(t, response.Body); !strings.HasPrefix(text, "1 lines of this stream were dropped") {
		t.Errorf("the dropped one: %q", text)
	}
	for _, id := range []string{web, "new"} {
		if response := get(t, server, id); response.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", id, response.Status)
		}
	}
	hub.CloseAll()
	if hub.bytes != 0 || len(hub.order) != 0 || len(hub.streams) != 0 {
		t.Errorf("%d bytes of %d streams are left, in %d places", hub.bytes, len(hub.streams), len(hub.order))
	}
}

// TestDropWhileRead checks what a reader is told whose next line was dropped.
func TestDropWhileRead(t *testing.T) {
	hub, server := newServer(t, 10)
	publish(t, hub, web, "0123")
	response := get(t, server, web)
	line, err := bufio.NewReader(io.LimitReader(response.Body, 5)).ReadString('\n')
	if err != nil || line != "0123\n" {
		t.Fatalf("%q, %v", line, err)
	}
	hub.mutex.Lock() // the reader is kept away until its line is gone
	stream := hub.streams[web]
	stream.lines = append(stream.lines, []byte("0123"))
	hub.bytes += 4
	hub.drop()
	hub.drop()
	hub.mutex.Unlock()
	if rest := read(t, response.Body); rest != "" {
		t.Errorf("got %q", rest)
	}
	if why := response.Trailer.Get(ErrorTrailer); !strings.Contains(why, "1 lines of this stream were dropped") {
		t.Errorf("the trailer says %q", why)
	}
}

// TestReaderGoes checks that a reader that goes away leaves nothing behind.
func TestReaderGoes(t *testing.T) {
	hub := NewHub()
	publish(t, hub, web, "[1]")
	served := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(served)
		hub.Handler().ServeHTTP(w, r)
	}))
	defer server.Close()
	response := get(t, server, web)
	if _, err := response.Body.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	select {
	case <-served:
	case <-time.After(10 * time.Second):
		t.Error("it is still served")
	}
}
