package nodes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"traceloop/internal/nodes/nodestest"
)

// patienceOfTests is how long is waited for what must happen.
const patienceOfTests = 30 * time.Second

func reader(t *testing.T, objects ...client.Object) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build()
}

// agentPod is a pod of an agent that is ready, but for what change does to it.
func agentPod(name, node string, change func(*corev1.Pod)) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: name, Labels: map[string]string{labelKey: labelValue}},
		Spec: corev1.PodSpec{NodeName: node, Containers: []corev1.Container{
			{Name: "other", Image: "other:v9"},
			{Name: container, Image: "registry.example:5000/traceloop:v1.2.3@sha256:0123"},
		}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}},
	}
	if change != nil {
		change(pod)
	}
	return pod
}

func TestFind(t *testing.T) {
	t.Parallel()
	ending := func(pod *corev1.Pod) {
		pod.Finalizers = []string{"tests/keep"} // the fake keeps no other pod that is being deleted
		pod.DeletionTimestamp = &metav1.Time{Time: time.Now()}
	}
	agents, err := Find(t.Context(), reader(t,
		agentPod("gadget-a", "a", func(pod *corev1.Pod) {
			pod.Spec.Containers[1].Ports = []corev1.ContainerPort{{Name: "metrics", ContainerPort: 1}, {Name: "api", ContainerPort: 1234}}
		}),
		agentPod("gadget-b-old", "b", ending), agentPod("gadget-b-new", "b", nil), agentPod("gadget-b-older", "b", ending),
		agentPod("gadget-c", "c", func(pod *corev1.Pod) {
			pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: container, State: corev1.ContainerState{
				Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off 5m0s"}}}}
		}),
		agentPod("gadget-d", "d", func(pod *corev1.Pod) {
			pod.Status.Conditions[0] = corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionFalse, Reason: "ContainersNotReady"}
		}),
		agentPod("gadget-e", "e", func(pod *corev1.Pod) { pod.Status.Phase = corev1.PodPending }),
		agentPod("gadget-f", "f", func(pod *corev1.Pod) { pod.Status.Conditions = nil }),
		agentPod("gadget-g", "g", func(pod *corev1.Pod) { pod.Status.Conditions[0].Status = corev1.ConditionFalse }),
		agentPod("nowhere", "", nil),
		agentPod("elsewhere", "g", func(pod *corev1.Pod) { pod.Namespace = "other" }),
		agentPod("another", "h", func(pod *corev1.Pod) { pod.Labels = nil }),
	), Namespace)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, agent := range agents {
		got = append(got, fmt.Sprintf("%s %s %d %t %s", agent.Node, agent.Pod, agent.Port, agent.Ready, agent.Reason))
	}
	want := []string{
		"a gadget-a 1234 true ",
		"b gadget-b-new 7543 true ",
		"c gadget-c 7543 false its container waits: CrashLoopBackOff: back-off 5m0s",
		"d gadget-d 7543 false ContainersNotReady",
		"e gadget-e 7543 false it is pending",
		"f gadget-f 7543 false it is not known to be ready",
		"g gadget-g 7543 false its probe fails",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for image, want := range map[string]string{
		"registry.example:5000/traceloop:v1.2.3@sha256:0123": "v1.2.3",
		"registry.example:5000/traceloop":                    "",
		"traceloop:v1":                                       "v1",
		"":                                                   "",
	} {
		if got := (&Agent{Image: image}).Version(); got != want {
			t.Errorf("%s: %q, want %q", image, got, want)
		}
	}
}

// echo is a pod that sends back what it gets.
func echo(t *testing.T) nodestest.Pod {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				buffer := make([]byte, 4096)
				for {
					count, err := connection.Read(buffer)
					if err != nil {
						return
					}
					if _, err := connection.Write(buffer[:count]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return nodestest.Pod{Network: "tcp", Address: listener.Addr().String()}
}

// say sends a text and waits for it to come back.
func say(connection net.Conn, text string) error {
	if err := connection.SetDeadline(time.Now().Add(patienceOfTests)); err != nil {
		return err
	}
	if _, err := connection.Write([]byte(text)); err != nil {
		return err
	}
	var got []byte
	for len(got) < len(text) {
		buffer := make([]byte, 100)
		count, err := connection.Read(buffer)
		if err != nil {
			return err
		}
		got = append(got, buffer[:count]...)
	}
	if string(got) != text {
		return fmt.Errorf("%q, want %q", got, text)
	}
	return connection.SetDeadline(time.Time{})
}

var agentOfTests = Agent{Node: "a", Namespace: Namespace, Pod: "gadget-a", Port: 7543, Ready: true}

// serve starts a server with one agent's pod, and a tunnel to it.
func serve(t *testing.T, server *nodestest.Server, pod nodestest.Pod) *Tunnel {
	t.Helper()
	server.Pods["gadget/gadget-a"] = pod
	server.Start(t)
	tunnel := NewTunnel(&rest.Config{Host: server.URL}, reader(t, agentPod("gadget-b", "a", nil)), agentOfTests)
	t.Cleanup(tunnel.Close)
	return tunnel
}

func TestDial(t *testing.T) {
	t.Parallel()
	for _, noWebSockets := range []bool{false, true} {
		t.Run(fmt.Sprintf("NoWebSockets=%t", noWebSockets), func(t *testing.T) {
			t.Parallel()
			server := nodestest.New()
			server.NoWebSockets = noWebSockets
			tunnel := serve(t, server, echo(t))
			var connections []net.Conn
			for i := range 3 {
				connection, err := tunnel.Dial(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				connections = append(connections, connection)
				if err := say(connection, fmt.Sprintf("first %d", i)); err != nil {
					t.Error(err)
				}
			}
			for i, connection := range connections {
				if err := say(connection, fmt.Sprintf("second %d", i)); err != nil {
					t.Error(err)
				}
				if err := connection.Close(); err != nil {
					t.Error(err)
				}
				if _, err := connection.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
					t.Errorf("read of a closed connection: %v", err)
				}
			}
			if opened := server.Opened(); opened != 1 {
				t.Errorf("opened %d times", opened)
			}
			// A connection that is lost is made anew.
			server.Break()
			if tunnel.connection != nil {
				select {
				case <-tunnel.connection.CloseChan():
				case <-time.After(patienceOfTests):
					t.Fatal("the loss goes unnoticed")
				}
			}
			connection, err := tunnel.Dial(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := say(connection, "third"); err != nil {
				t.Error(err)
			}
		})
	}
}

// After an upgrade the node's agent is another pod.
func TestDialFindsTheNewPod(t *testing.T) {
	t.Parallel()
	server := nodestest.New()
	tunnel := serve(t, server, nodestest.Pod{})
	if _, err := tunnel.Dial(t.Context()); !apierrors.IsNotFound(err) {
		t.Errorf("%v", err)
	}
	server.SetPod("gadget/gadget-b", echo(t))
	connection, err := tunnel.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := say(connection, "hello"); err != nil {
		t.Error(err)
	}
	none := NewTunnel(tunnel.config, reader(t), agentOfTests)
	if _, err := none.Dial(t.Context()); !errors.Is(err, ErrNoAgent) {
		t.Errorf("%v", err)
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	tunnel := serve(t, nodestest.New(), nodestest.Pod{Network: "tcp", Address: address})
	connection, err := tunnel.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = connection.Read(make([]byte, 1))
	var of *Error
	if !errors.As(err, &of) || of.Agent.Node != "a" || !errors.Is(err, ErrRefused) {
		t.Fatalf("%v", err)
	}
	if want := "node a: nobody listens on the port of its agent's API: it has just been started, or is not an agent of this traceloop (pod gadget/gadget-a, port 7543)"; err.Error() != want {
		t.Errorf("%v", err)
	}
	// The next one finds out whether there is another pod.
	connection, err = tunnel.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err = connection.Read(make([]byte, 1)); !errors.Is(err, ErrRefused) {
		t.Errorf("%v", err)
	}
}

func TestForbidden(t *testing.T) {
	t.Parallel()
	server := nodestest.New()
	server.Forbidden["/api/v1/namespaces/gadget/pods/gadget-a/portforward"] = true
	tunnel := serve(t, server, echo(t))
	_, err := tunnel.Dial(t.Context())
	var of *Error
	if !apierrors.IsForbidden(err) || !errors.As(err, &of) {
		t.Errorf("%v", err)
	}
}

// silent is a pod that takes connections and never says anything.
func silent(t *testing.T) nodestest.Pod {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return nodestest.Pod{Network: "tcp", Address: listener.Addr().String()}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	tunnel := serve(t, nodestest.New(), silent(t))
	connection, err := tunnel.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := connection.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Error(err)
	}
	if _, err := connection.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// A server that does not answer is waited for no longer than the context says.
func TestDialEndsWithItsContext(t *testing.T) {
	t.Parallel()
	pod := silent(t)
	tunnel := NewTunnel(&rest.Config{Host: "http://" + pod.Address}, reader(t), agentOfTests)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := tunnel.Dial(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestEach(t *testing.T) {
	t.Parallel()
	agents := []Agent{{Node: "a", Ready: true}, {Node: "b", Reason: "it is pending"}, {Node: "c", Ready: true}, {Node: "d", Ready: true}}
	wrong := errors.New("wrong")
	results := Each(t.Context(), agents, 20*time.Millisecond, func(ctx context.Context, agent Agent) (string, error) {
		switch agent.Node {
		case "c":
			<-ctx.Done()
			return "", ctx.Err()
		case "d":
			return "", &Error{agent, wrong}
		}
		return "answer of " + agent.Node, nil
	})
	if results[0].Value != "answer of a" || results[0].Err != nil {
		t.Errorf("%+v", results[0])
	}
	for i, want := range []string{"", "node b: its agent is not ready: it is pending", "node c: context deadline exceeded", "node d: wrong"} {
		if results[i].Agent.Node != agents[i].Node {
			t.Errorf("%d is %s", i, results[i].Agent.Node)
		}
		var of *Error
		if err := results[i].Err; want != "" && (!errors.As(err, &of) || err.Error() != want) {
			t.Errorf("%d: %v, want %s", i, err, want)
		}
	}
}

func TestEachAsksNotAllAtOnce(t *testing.T) {
	t.Parallel()
	agents := make([]Agent, 4*concurrency)
	for i := range agents {
		agents[i] = Agent{Node: fmt.Sprint(i), Ready: true}
	}
	var now, most atomic.Int64
	full := make(chan struct{})
	for i, result := range Each(t.Context(), agents, patienceOfTests, func(_ context.Context, agent Agent) (string, error) {
		count := now.Add(1)
		defer now.Add(-1)
		for {
			before := most.Load()
			if count <= before || most.CompareAndSwap(before, count) {
				break
			}
		}
		// The first ones stay until all places are taken.
		if count == concurrency {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		<-full
		return agent.Node, nil
	}) {
		if result.Value != fmt.Sprint(i) {
			t.Errorf("%d: %+v", i, result)
		}
	}
	if most.Load() != concurrency {
		t.Errorf("%d at one time, want %d", most.Load(), concurrency)
	}
}
