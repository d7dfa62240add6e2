package controller

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"traceloop/api/gadget/v1alpha1"
	"traceloop/internal/stream"
	"traceloop/internal/traces"
	"traceloop/internal/traces/tracestest"
)

// apiServer serves Traces and pods as an API server does, as far as a controller
// needs it. What it has outlives the listeners.
type apiServer struct {
	t *testing.T

	mutex    sync.Mutex
	version  int
	trace    map[string]any // the one Trace
	changed  chan struct{}  // closed at each change
	queries  map[string]bool
	patches  []string
	requests int
}

func newAPIServer(t *testing.T, trace *v1alpha1.Trace) *apiServer {
	t.Helper()
	s := &apiServer{t: t, changed: make(chan struct{}), queries: make(map[string]bool)}
	text, err := json.Marshal(trace)
	if err != nil {
		t.Fatal(err)
	}
	s.set(text)
	return s
}

// set replaces the Trace. The caller holds the mutex.
func (s *apiServer) set(text []byte) {
	s.trace = nil
	if err := json.Unmarshal(text, &s.trace); err != nil {
		s.t.Error(err)
		return
	}
	s.version++
	s.trace["apiVersion"], s.trace["kind"] = "gadget.kinvolk.io/v1alpha1", "Trace"
	s.trace["metadata"].(map[string]any)["resourceVersion"] = strconv.Itoa(s.version)
	close(s.changed)
	s.changed = make(chan struct{})
}

// change applies a patch; false if it is about an older version.
func (s *apiServer) change(kind types.PatchType, patch []byte) ([]byte, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	before, err := json.Marshal(s.trace)
	if err != nil {
		s.t.Error(err)
	}
	var after []byte
	if kind == types.JSONPatchType {
		var operations jsonpatch.Patch
		if operations, err = jsonpatch.DecodePatch(patch); err == nil {
			after, err = operations.Apply(before)
		}
	} else {
		var given struct {
			Metadata struct{ ResourceVersion string }
		}
		if err := json.Unmarshal(patch, &given); err != nil {
			s.t.Error(err)
		}
		if v := given.Metadata.ResourceVersion; v != "" && v != strconv.Itoa(s.version) {
			return nil, false
		}
		after, err = jsonpatch.MergePatch(before, patch)
	}
	if err != nil {
		s.t.Error(err)
		return nil, false
	}
	s.set(after)
	after, err = json.Marshal(s.trace)
	if err != nil {
		s.t.Error(err)
	}
	return after, true
}

func (s *apiServer) current() (trace v1alpha1.Trace) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	text, err := json.Marshal(s.trace)
	if err == nil {
		err = json.Unmarshal(text, &trace)
	}
	if err != nil {
		s.t.Error(err)
	}
	return trace
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	s.mutex.Lock()
	s.requests++
	if r.Method == http.MethodGet {
		s.queries[r.URL.Path+" "+query.Get("fieldSelector")+" "+r.Header.Get("Accept")] = true
	}
	s.mutex.Unlock()
	switch {
	case r.Method == http.MethodPatch:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s.mutex.Lock()
		s.patches = append(s.patches, r.URL.Path)
		s.mutex.Unlock()
		after, ok := s.change(types.PatchType(r.Header.Get("Content-Type")), body)
		if !ok {
			refuse(w, http.StatusConflict, metav1.StatusReasonConflict)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(after)
	case query.Get("sendInitialEvents") != "": // as servers do that know no streaming lists
		refuse(w, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid)
	case query.Get("watch") != "":
		s.watch(w, r)
	default:
		w.Header().Set("Content-Type", "application/json")
		s.mutex.Lock()
		defer s.mutex.Unlock()
		list := map[string]any{"metadata": map[string]any{"resourceVersion": strconv.Itoa(s.version)}, "items": []any{}}
		if strings.HasSuffix(r.URL.Path, "/traces") {
			list["apiVersion"], list["kind"], list["items"] = "gadget.kinvolk.io/v1alpha1", "TraceList", []any{s.trace}
		} else {
			list["apiVersion"], list["kind"] = "meta.k8s.io/v1", "PartialObjectMetadataList"
		}
		_ = json.NewEncoder(w).Encode(list)
	}
}

func refuse(w http.ResponseWriter, code int, reason metav1.StatusReason) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Code: int32(code), Reason: reason,
	})
}

func (s *apiServer) watch(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	control := http.NewResponseController(w)
	_ = control.Flush()
	since, err := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
	if err != nil {
		s.t.Error(err)
	}
	for {
		s.mutex.Lock()
		changed := s.changed
		if s.version > since && strings.HasSuffix(r.URL.Path, "/traces") {
			since = s.version
			_ = json.NewEncoder(w).Encode(map[string]any{"type": "MODIFIED", "object": s.trace})
			_ = control.Flush()
		}
		s.mutex.Unlock()
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

// listen serves at an address until the returned function is called.
func (s *apiServer) listen(address string) (stop func()) {
	s.t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		s.t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(s)
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	return sync.OnceFunc(func() {
		server.CloseClientConnections()
		server.Close()
	})
}

// until waits for a condition.
func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !met(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}

// logs are what was logged.
type logs struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *logs) Write(text []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(text)
}

// has is how often something was logged.
func (l *logs) has(text string) int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return strings.Count(l.text.String(), text)
}

// TestRun has the API server be away at the start, come, go and come again.
func TestRun(t *testing.T) {
	trace := tracestest.Trace("all", v1alpha1.OutputModeStatus)
	trace.Annotations = map[string]string{v1alpha1.OperationAnnotation: "start"}
	server := newAPIServer(t, trace)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()

	before := runtime.NumGoroutine()
	logged := &logs{}
	recordings, pods := tracestest.New(), traces.NewPods()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, Config{
			REST: &rest.Config{Host: "http://" + address}, Node: "node-1",
			Traces: traces.New(traces.Config{Node: "node-1", Recordings: recordings, Pods: pods, Streams: stream.NewHub()}),
			Pods:   pods, Changed: recordings.ClaimsChanged(), Log: slog.New(slog.NewTextHandler(logged, nil)),
		})
	}()
	until(t, "word that there is no API server", func() bool { return logged.has("cannot be reached") == 1 })
	stop := server.listen(address)
	defer func() { stop() }()
	until(t, "the first operation", func() bool { return server.current().Status.State == "Started" })
	if got := server.current(); len(got.Annotations) != 0 || len(got.Finalizers) != 1 {
		t.Errorf("annotations %v, finalizers %q", got.Annotations, got.Finalizers)
	}
	server.mutex.Lock()
	for query := range server.queries {
		if path, rest, _ := strings.Cut(query, " "); path == "/api/v1/pods" && !strings.HasPrefix(rest, "spec.nodeName=node-1 ") ||
			strings.HasSuffix(path, "/traces") && !strings.HasPrefix(rest, "spec.node=node-1 ") ||
			path == "/api/v1/pods" && !strings.Contains(rest, "PartialObjectMetadata") {
			t.Errorf("it asks for %s", query)
		}
	}
	requests := server.requests
	server.mutex.Unlock()
	if requests > 20 {
		t.Errorf("%d requests", requests)
	}
	recordings.Start(tracestest.Container("a", "web-1", "web"))
	until(t, "the first recording", func() bool { return strings.Contains(server.current().Status.Output, tracestest.ID("a")) })

	stop()
	until(t, "word that the API server is gone", func() bool { return logged.has("cannot be reached") == 2 })
	recordings.Start(tracestest.Container("b", "web-1", "web"))
	if _, ok := server.change(types.MergePatchType, []byte(`{"metadata":{"annotations":{"`+v1alpha1.OperationAnnotation+`":"begin"}}}`)); !ok {
		t.Fatal("it is not changed")
	}
	stop = server.listen(address)
	until(t, "what happened meanwhile", func() bool {
		status := server.current().Status
		return strings.Contains(status.Output, tracestest.ID("b")) && strings.HasPrefix(status.OperationError, "unknown operation")
	})

	if logged.has("the API server is back") != 2 {
		t.Error("it does not say that the API server is back")
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
	stop()
	until(t, fmt.Sprintf("%d goroutines", before), func() bool { return runtime.NumGoroutine() <= before+1 })
}

func TestQuiet(t *testing.T) {
	var text strings.Builder
	log := slog.New(quiet{slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelInfo})}).With("a", 1).WithGroup("g")
	log.Info("starting workers")
	log.Error("no watch", "b", 2)
	if got := text.String(); strings.Contains(got, "starting") || !strings.Contains(got, `level=ERROR msg="no watch" a=1 g.b=2`) {
		t.Errorf("logged: %s", got)
	}
}
