// Package stream has what the collect operation publishes: a recording's calls as
// one line in the events of old clients, and the streams that these clients read
// the lines from.
//
// A stream is bounded by nothing but the memory that all streams share: if that is
// full, the lines of the stream that was published to the longest ago are dropped,
// and who comes to read them is told.
package stream

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Path is where Hub's handler serves streams; the parameter IDParameter says which.
const (
	Path        = "/gadget/v1/stream"
	IDParameter = "tracerid"
)

// ErrorTrailer is the HTTP trailer that says why a stream ended too early.
const ErrorTrailer = "Stream-Error"

// MaximumBytes is how many bytes of lines are kept, of all streams together.
const MaximumBytes = 32 << 20

// writeTime is how long a reader may take for a line.
const writeTime = 2 * time.Minute

// ID is the name by which a Trace's stream is read. Neither name can have an
// underscore.
func ID(namespace, name string) string { return "trace_" + namespace + "_" + name }

// Hub has the streams. Its methods may be called at any time by anybody.
type Hub struct {
	maximum int // bytes of lines

	mutex   sync.Mutex
	streams map[string]*stream
	order   []*stream // that have lines, by when they were last published to
	bytes   int
}

// stream is a Trace's. What is in it is changed under the hub's lock.
type stream struct {
	lines   [][]byte
	dropped int           // of the first lines; they are nil
	changed chan struct{} // closed at each change, then another one
	closed  bool
}

// NewHub makes a Hub without streams.
func NewHub() *Hub { return &Hub{maximum: MaximumBytes, streams: make(map[string]*stream)} }

// Publish adds a line, without its newline, to a stream, which begins with its
// first one. The line is not to be changed any more. An error says that it is
// longer than what is kept in all.
func (h *Hub) Publish(id string, line []byte) error {
	if len(line) > h.maximum {
		return fmt.Errorf("a line of %d bytes is too long for a stream: at most %d are kept", len(line), h.maximum)
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	published := h.streams[id]
	if published == nil {
		published = &stream{changed: make(chan struct{})}
		h.streams[id] = published
	}
	published.lines = append(published.lines, line)
	h.bytes += len(line)
	h.leave(published)
	h.order = append(h.order, published)
	published.wake()
	for h.bytes > h.maximum {
		h.drop()
	}
	return nil
}

// drop makes room. The caller holds the lock, and there is a line.
func (h *Hub) drop() {
	oldest := h.order[0]
	h.bytes -= len(oldest.lines[oldest.dropped])
	oldest.lines[oldest.dropped] = nil
	oldest.dropped++
	if oldest.dropped == len(oldest.lines) {
		h.order = h.order[1:]
	}
	oldest.wake()
}

// leave takes a stream out of the order.
func (h *Hub) leave(leaving *stream) {
	for i, one := range h.order {
		if one == leaving {
			h.order = append(h.order[:i:i], h.order[i+1:]...)
			return
		}
	}
}

// wake tells the readers to look again.
func (s *stream) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Close ends a stream, which its readers are told, and forgets its lines.
func (h *Hub) Close(id string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.close(id)
}

// CloseAll ends all streams.
func (h *Hub) CloseAll() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for id := range h.streams {
		h.close(id)
	}
}

func (h *Hub) close(id string) {
	closing := h.streams[id]
	if closing == nil {
		return
	}
	delete(h.streams, id)
	h.leave(closing)
	for _, line := range closing.lines {
		h.bytes -= len(line)
	}
	closing.closed = true
	closing.wake()
}

// find returns a stream; nil if nothing was published on it.
func (h *Hub) find(id string) *stream {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.streams[id]
}

// next returns a stream's lines from a number on. Without any it returns what is
// closed when that may have changed; nil if none will come.
func (h *Hub) next(of *stream, from int) (lines [][]byte, changed <-chan struct{}, err error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	switch {
	case from < of.dropped:
		return nil, nil, fmt.Errorf("%d lines of this stream were dropped, as more than %d MiB were waiting to be read: collect again",
			of.dropped-from, h.maximum>>20)
	case from < len(of.lines):
		return of.lines[from:], of.changed, nil
	case of.closed:
		return nil, nil, nil
	default:
		return nil, of.changed, nil
	}
}

// Handler serves streams: those lines that were published, each with a newline,
// then those to come, until the stream is closed. Nothing was published on it: 404.
// Its lines were dropped: 410, or if that happens while it is read the trailer ErrorTrailer.
func (h *Hub) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path, h.serve)
	return mux
}

func (h *Hub) serve(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get(IDParameter)
	found := h.find(id)
	if found == nil {
		http.Error(w, fmt.Sprintf("no stream %.300q: want trace_NAMESPACE_NAME of a Trace of this node that has collected since the agent started, and is not deleted", id), http.StatusNotFound)
		return
	}
	if _, _, err := h.next(found, 0); err != nil {
		http.Error(w, err.Error(), http.StatusGone)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Trailer", ErrorTrailer)
	if err := h.copy(r.Context(), w, found); err != nil {
		w.Header().Set(ErrorTrailer, err.Error())
	}
}

// copy sends a stream's lines until its end. The error is for the reader; one
// that went away is told nothing.
func (h *Hub) copy(ctx context.Context, w http.ResponseWriter, of *stream) error {
	control := http.NewResponseController(w)
	for sent := 0; ; {
		lines, changed, err := h.next(of, sent)
		if err != nil {
			return err
		}
		for _, line := range lines {
			if !send(w, control, line) {
				return nil
			}
		}
		sent += len(lines)
		switch {
		case changed == nil:
			return nil
		case len(lines) > 0:
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
	}
}

// send writes a line; false says that the reader went away.
func send(w http.ResponseWriter, control *http.ResponseController, line []byte) bool {
	// What cannot have a deadline, such as a test's writer, is not slow.
	_ = control.SetWriteDeadline(time.Now().Add(writeTime))
	for _, part := range [][]byte{line, {'\n'}} {
		if _, err := w.Write(part); err != nil {
			return false
		}
	}
	if control.Flush() != nil {
		return false
	}
	_ = control.SetWriteDeadline(time.Time{})
	return true
}
