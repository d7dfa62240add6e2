// Package nodestest is an API server for tests of what speaks to agents: it
// forwards to pods as a real one does, and can be told to fail.
package nodestest

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/portforward"
	tunnel "k8s.io/client-go/tools/portforward"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
)

// Pod is where connections to a pod's ports go: a network and an address of it,
// as net.Dial has them.
type Pod struct{ Network, Address string }

// Server is an API server that has what it is given. Its fields are not changed
// while it serves, but by its methods.
type Server struct {
	*httptest.Server
	// Objects are what it answers to GET, by path.
	Objects map[string]any
	// Pods are those that it forwards to, by NAMESPACE/NAME.
	Pods map[string]Pod
	// Forbidden are paths that nobody may GET or POST.
	Forbidden map[string]bool
	// NoWebSockets has it forward by SPDY alone, as old servers do.
	NoWebSockets bool

	mutex       sync.Mutex
	connections []io.Closer
	opened      int
}

// New makes a server, to be started by Start.
func New() *Server {
	return &Server{Objects: make(map[string]any), Pods: make(map[string]Pod), Forbidden: make(map[string]bool)}
}

// Start begins to serve, until the test is done.
func (s *Server) Start(t *testing.T) {
	t.Helper()
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() {
		s.Break()
		s.Close()
	})
}

// Break breaks all forwarded connections.
func (s *Server) Break() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, connection := range s.connections {
		_ = connection.Close()
	}
	s.connections = nil
}

// Opened is how often a connection was opened to forward by.
func (s *Server) Opened() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.opened
}

// SetPod changes where a pod is; an empty Pod: it is gone.
func (s *Server) SetPod(name string, pod Pod) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.Pods[name] = pod
}

// SetObject changes what is answered to GET.
func (s *Server) SetObject(path string, object any) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.Objects[path] = object
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.Forbidden[r.URL.Path] {
		resource := strings.TrimPrefix(r.URL.Path[strings.Index(r.URL.Path, "/namespaces/")+1:], "namespaces/gadget/")
		details := &metav1.StatusDetails{Kind: strings.Split(resource, "/")[0]}
		answer(w, http.StatusForbidden, metav1.Status{
			TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Code: http.StatusForbidden,
			Reason: metav1.StatusReasonForbidden, Details: details, Message: fmt.Sprintf("%s is forbidden: User \"jane\" cannot do this to %s", details.Kind, resource),
		})
		return
	}
	if path, ok := strings.CutPrefix(r.URL.Path, "/api/v1/namespaces/"); ok && strings.HasSuffix(path, "/portforward") {
		s.forward(w, r, strings.Replace(strings.TrimSuffix(path, "/portforward"), "/pods/", "/", 1))
		return
	}
	s.mutex.Lock()
	object, ok := s.Objects[r.URL.Path]
	s.mutex.Unlock()
	if !ok {
		notFound(w)
		return
	}
	answer(w, http.StatusOK, object)
}

func notFound(w http.ResponseWriter) {
	answer(w, http.StatusNotFound, metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Code: http.StatusNotFound,
		Reason: metav1.StatusReasonNotFound, Message: "the server could not find the requested resource",
	})
}

func answer(w http.ResponseWriter, code int, object any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	// Whoever asked may be gone.
	_ = json.NewEncoder(w).Encode(object)
}

func (s *Server) forward(w http.ResponseWriter, r *http.Request, name string) {
	s.mutex.Lock()
	pod := s.Pods[name]
	s.mutex.Unlock()
	if pod == (Pod{}) {
		notFound(w)
		return
	}
	f := &forwarder{pod: pod, failures: make(map[string]httpstream.Stream)}
	if websocket.IsWebSocketUpgrade(r) {
		if s.NoWebSockets {
			http.Error(w, "no WebSockets here", http.StatusBadRequest)
			return
		}
		upgrader := websocket.Upgrader{Subprotocols: []string{portforward.WebsocketsSPDYTunnelingPortForwardV1}}
		socket, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // the answer has been given
		}
		connection, err := spdy.NewServerConnection(tunnel.NewTunnelingConnection("server", socket), f.accept)
		if err != nil {
			return
		}
		s.keep(connection)
		<-connection.CloseChan()
		return
	}
	if _, err := httpstream.Handshake(r, w, []string{portforward.PortForwardV1Name}); err != nil {
		return // the answer has been given
	}
	connection := spdy.NewResponseUpgrader().UpgradeResponse(w, r, f.accept)
	if connection == nil {
		return
	}
	s.keep(connection)
	<-connection.CloseChan()
}

func (s *Server) keep(connection io.Closer) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.opened++
	s.connections = append(s.connections, connection)
}

// forwarder joins the streams of a connection to a pod.
type forwarder struct {
	pod      Pod
	mutex    sync.Mutex
	failures map[string]httpstream.Stream // by their request
}

func (f *forwarder) accept(stream httpstream.Stream, _ <-chan struct{}) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	request := stream.Headers().Get(corev1.PortForwardRequestIDHeader)
	if stream.Headers().Get(corev1.StreamType) == corev1.StreamTypeError {
		f.failures[request] = stream
		return nil
	}
	go f.join(stream, f.failures[request])
	return nil
}

// join is what a node does. The streams may be gone at any moment.
func (f *forwarder) join(data, failures httpstream.Stream) {
	defer data.Close()
	defer failures.Close()
	connection, err := net.Dial(f.pod.Network, f.pod.Address)
	if err != nil {
		_, _ = fmt.Fprintf(failures, "error forwarding port %s: %v", data.Headers().Get(corev1.PortHeader), err)
		return
	}
	defer connection.Close()
	go func() {
		_, _ = io.Copy(connection, data)
		_ = connection.Close() // and with it the other direction
	}()
	_, _ = io.Copy(data, connection)
}
