package containers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"traceloop/test/runtimes"
)

// quickTimes let a hanging runtime be noticed in a second.
var quickTimes = times{call: time.Second, heartbeat: time.Second, settling: 100 * time.Millisecond, poll: 100 * time.Millisecond}

// logged is a log that is read while it is written.
type logged struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (l *logged) Write(data []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.buffer.Write(data)
}

func (l *logged) count(text string) int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return strings.Count(l.buffer.String(), text)
}

// startWatch watches endpoints until the test ends.
func startWatch(t *testing.T, times times, endpoints ...Endpoint) (*Registry, *Watcher, *logged) {
	t.Helper()
	noLeak(t)
	log := new(logged)
	r := NewRegistry()
	ctx, cancel := context.WithCancel(context.Background())
	w := watch(ctx, r, endpoints, true, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), times)
	t.Cleanup(func() {
		cancel()
		w.Wait()
		r.Close()
		if t.Failed() {
			t.Logf("the log:\n%s", log.buffer.String())
		}
	})
	return r, w, log
}

func connected(t *testing.T, w *Watcher) {
	t.Helper()
	eventually(t, "the runtimes are connected", func() bool {
		for _, status := range w.Status() {
			if !status.Connected {
				return false
			}
		}
		return true
	})
}

func endpointOf(t *testing.T, r *runtimes.Runtime) Endpoint {
	t.Helper()
	endpoint, err := ParseEndpoint(r.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	return endpoint
}

// Each real runtime: what ran before, what comes, dies and goes, many at once,
// and the runtime's own restart.
func TestRuntime(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *runtimes.Runtime{
		"containerd": runtimes.Containerd, "docker": runtimes.Docker, "podman": runtimes.Podman,
	} {
		t.Run(name, func(t *testing.T) {
			host := start(t)
			before := host.Start(t, "before", "sleep", "1000")
			host.Start(t, "dead", "true")
			r, w, log := startWatch(t, usualTimes, endpointOf(t, host))
			connected(t, w)
			j := follow(r, "j", nil)
			if got, ok := r.Get(before); !ok || got.Name != "before" || got.Runtime != name || got.Image != runtimes.Image ||
				time.Since(got.Created) > patienceOfTests {
				t.Errorf("the container that ran before: %+v, %v", got, ok)
			}
			if len(r.All()) != 2 || w.Status()[0].Name != name || w.Status()[0].Containers != 2 {
				t.Errorf("containers %+v, status %+v", r.All(), w.Status())
			}
			wantPID(t, r, before, host.ContainerPID(t, "before"))

			long := host.StartWith(t, []string{"--label", "colour=red"}, "long", "sleep", "1000")
			wantPID(t, r, long, host.ContainerPID(t, "long"))
			if got, _ := r.Get(long); got.Name != "long" || got.Labels["colour"] != "red" {
				t.Errorf("a new container: %+v", got)
			}
			host.Kill(t, "long")
			wantPID(t, r, long, 0)
			if _, ok := r.Get(long); !ok {
				t.Error("a container is no more known as it has exited")
			}
			host.Remove(t, "long")
			eventually(t, "the removed container is gone", func() bool { _, ok := r.Get(long); return !ok })

			manyAtOnce(t, host, r)

			// The runtime stops: no container is gone, and what happens meanwhile is seen
			// when it is back.
			lasting := host.Start(t, "lasting", "sleep", "1000")
			wantPID(t, r, lasting, host.ContainerPID(t, "lasting"))
			pid := host.ContainerPID(t, "before")
			host.StopDaemon(t)
			eventually(t, "the runtime is lost", func() bool { return !w.Status()[0].Connected })
			if err := w.Status()[0].Err; err == nil {
				t.Error("the status does not say why the runtime is lost")
			}
			if _, ok := r.Get(lasting); !ok {
				t.Error("a container is gone with its runtime")
			}
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if name == "podman" { // its commands need no daemon
				host.Remove(t, "dead")
			}
			host.StartDaemon(t)
			connected(t, w)
			wantPID(t, r, before, 0)
			wantPID(t, r, lasting, host.ContainerPID(t, "lasting"))
			if name == "podman" && len(r.All()) != 2 {
				t.Errorf("after a removal without the service: %+v", r.All())
			}
			after := host.Start(t, "after", "sleep", "1000")
			wantPID(t, r, after, host.ContainerPID(t, "after"))

			for _, fault := range j.faults {
				t.Error(fault)
			}
			if log.count("runtime connected") != 2 || log.count("runtime lost") != 1 || log.count("\n") != 3 {
				t.Error("the log has other than a line for each change")
			}
		})
	}
}

func wantPID(t *testing.T, r *Registry, id string, pid int) {
	t.Helper()
	eventually(t, fmt.Sprintf("the process of %s is %d", id, pid), func() bool {
		c, ok := r.Get(id)
		return ok && c.PID == pid
	})
}

// manyAtOnce runs short containers: each is told of once, by name, and then gone.
func manyAtOnce(t *testing.T, host *runtimes.Runtime, r *Registry) {
	t.Helper()
	const count = 20
	var mutex sync.Mutex
	happened := make(map[string]int)
	r.Subscribe("many", func(c *Container) bool { return strings.HasPrefix(c.Name, "many-") }, func(event Event) {
		mutex.Lock()
		defer mutex.Unlock()
		if event.Kind != Changed {
			happened[event.Kind.String()+" "+event.Container.Name]++
		}
	})
	defer r.Unsubscribe("many")
	var group sync.WaitGroup
	for i := range count {
		group.Go(func() {
			if text, err := host.CommandRun(fmt.Sprint("many-", i), "true").CombinedOutput(); err != nil {
				t.Errorf("running a container: %v\n%s", err, text)
			}
		})
	}
	group.Wait()
	eventually(t, "each short container was added and removed", func() bool {
		mutex.Lock()
		defer mutex.Unlock()
		return len(happened) == 2*count
	})
	for what, times := range happened {
		if times != 1 {
			t.Errorf("%s: %d times", what, times)
		}
	}
}

// A container that Docker and the containerd beneath it know is one, under
// Docker's name.
func TestDockerAndItsContainerd(t *testing.T) {
	docker := runtimes.Docker(t)
	r, w, _ := startWatch(t, usualTimes, endpointOf(t, docker), Endpoint{"containerd", docker.ContainerdSocket()})
	connected(t, w)
	j := follow(r, "j", nil)
	id := docker.Start(t, "web", "sleep", "1000")
	eventually(t, "both know it", func() bool { return w.Status()[0].Containers == 1 && w.Status()[1].Containers == 1 })
	wantPID(t, r, id, docker.ContainerPID(t, "web"))
	eventually(t, "it has Docker's name", func() bool { c, _ := r.Get(id); return c.Name == "web" && c.Runtime == "docker" })

	// Docker is stopped: containerd tells of the death, but the container stays.
	docker.StopDaemon(t)
	eventually(t, "docker is lost", func() bool { return !w.Status()[0].Connected })
	docker.StartDaemon(t)
	connected(t, w)
	docker.Remove(t, "web")
	eventually(t, "it is gone", func() bool { _, ok := r.Get(id); return !ok })
	eventually(t, "that was told", func() bool { _, ok := j.get(id); return !ok })
	j.mutex.Lock()
	defer j.mutex.Unlock()
	text := strings.Join(j.events, ",")
	if strings.Count(text, "added") != 1 || strings.Count(text, "removed") != 1 || len(j.faults) > 0 {
		t.Errorf("events %v, faults %v", j.events, j.faults)
	}
}

// Pods, as CRI and as containerd tell of them.
func TestPods(t *testing.T) {
	host := runtimes.Containerd(t)
	for _, kinds := range [][]string{{"cri"}, {"containerd"}, {"containerd", "cri"}} {
		t.Run(strings.Join(kinds, " and "), func(t *testing.T) {
			var endpoints []Endpoint
			for _, kind := range kinds {
				endpoints = append(endpoints, Endpoint{kind, host.Socket()})
			}
			r, w, _ := startWatch(t, quickTimes, endpoints...)
			connected(t, w)
			j := follow(r, "j", func(c *Container) bool { return !c.Sandbox })
			pod := host.StartPod(t, "shop", "web", "server", "sleep", "1000")
			eventually(t, "all know the pod", func() bool {
				for _, status := range w.Status() {
					if status.Containers != 2 {
						return false
					}
				}
				sandbox, _ := r.Get(pod.Sandbox)
				server, _ := r.Get(pod.Container)
				return sandbox.PID != 0 && server.PID != 0
			})
			want := Container{
				ID: pod.Container, Name: "server", Runtime: "containerd", RuntimeNamespace: "k8s.io", Image: runtimes.Image,
				Namespace: "shop", Pod: "web", PodUID: pod.UID, ContainerName: "server", Attempt: 3,
			}
			got, _ := r.Get(pod.Container)
			if syscall.Kill(got.PID, 0) != nil || got.Labels["io.kubernetes.pod.name"] != "web" {
				t.Errorf("the container %+v", got)
			}
			got.PID, got.Labels, got.Created = 0, nil, time.Time{}
			if !got.equal(&want) {
				t.Errorf("the container %+v, want %+v", got, want)
			}
			if got, _ := r.Get(pod.Sandbox); !got.Sandbox || got.Pod != "web" || got.Namespace != "shop" || got.Name != "web" {
				t.Errorf("the sandbox %+v", got)
			}
			host.RemovePod(t, pod)
			eventually(t, "the pod is gone", func() bool { return len(r.All()) == 0 })
			eventually(t, "that was told", func() bool { _, ok := j.get(pod.Container); return !ok })
			j.mutex.Lock()
			defer j.mutex.Unlock()
			if text := strings.Join(j.events, ","); strings.Contains(text, pod.Sandbox) || len(j.faults) > 0 {
				t.Errorf("events %v, faults %v", j.events, j.faults)
			}
		})
	}
}

// Two of containerd's namespaces may have a container of one ID each.
func TestContainerdNamespaces(t *testing.T) {
	host := runtimes.Containerd(t)
	host.Start(t, "twin", "sleep", "1000")
	r, w, _ := startWatch(t, usualTimes, endpointOf(t, host))
	connected(t, w)
	ctr := func(arguments ...string) {
		t.Helper()
		if text, err := host.Command(append([]string{"--namespace", "k8s.io"}, arguments...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", arguments, err, text)
		}
	}
	ctr("run", "--detach", runtimes.Image, "twin", "sleep", "1000")
	eventually(t, "both are known", func() bool { return len(r.All()) == 2 && r.All()[1].PID != 0 })
	first, _ := r.Get("twin")
	second, _ := r.Get("k8s.io/twin")
	if first.RuntimeNamespace != "default" || second.RuntimeNamespace != "k8s.io" || first.PID == second.PID || second.Name != "twin" {
		t.Errorf("twins %+v and %+v", first, second)
	}
	host.Remove(t, "twin")
	eventually(t, "the first is gone", func() bool { return len(r.All()) == 1 })
	ctr("tasks", "delete", "--force", "twin")
	wantPID(t, r, "k8s.io/twin", 0)
	ctr("containers", "delete", "twin")
	eventually(t, "the second is gone", func() bool { return len(r.All()) == 0 })
}

// docker.sock is Podman's where Podman stands in for Docker.
func TestPodmanUnderDockersName(t *testing.T) {
	host := runtimes.Podman(t)
	r, w, _ := startWatch(t, usualTimes, Endpoint{"docker", host.Socket()})
	connected(t, w)
	id := host.Start(t, "web", "sleep", "1000")
	wantPID(t, r, id, host.ContainerPID(t, "web"))
	if got, _ := r.Get(id); got.Runtime != "podman" || w.Status()[0].Name != "podman" {
		t.Errorf("%+v, %+v", got, w.Status())
	}
}

// Without Podman's service its storage has the names.
func TestPodmanStorage(t *testing.T) {
	host := runtimes.Podman(t)
	host.StopDaemon(t)
	before := host.CommandStart("before", "sleep", "1000")
	if text, err := before.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	r, w, _ := startWatch(t, usualTimes, Endpoint{storageKind, host.Storage()}, endpointOf(t, host))
	eventually(t, "the storage is read", func() bool { return w.Status()[0].Connected })
	if all := r.All(); len(all) != 1 || all[0].Name != "before" || all[0].Image != runtimes.Image || all[0].Runtime != "podman" ||
		time.Since(all[0].Created) > patienceOfTests {
		t.Errorf("%+v", all)
	}
	manyAtOnce(t, host, r)
	host.Remove(t, "before")
	eventually(t, "it is gone", func() bool { return len(r.All()) == 0 })

	// With the service it knows more.
	host.StartDaemon(t)
	connected(t, w)
	id := host.Start(t, "web", "sleep", "1000")
	wantPID(t, r, id, host.ContainerPID(t, "web"))
	eventually(t, "both know it", func() bool { return w.Status()[0].Containers == 1 && w.Status()[1].Containers == 1 })
	manyAtOnce(t, host, r)
	host.Remove(t, "web")
	eventually(t, "both know that it is gone", func() bool { return len(r.All()) == 0 })
	host.StopDaemon(t) // as it was when the watch began
}

// A daemon that is stopped answers nothing and hangs up nothing.
func TestStoppedProcess(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *runtimes.Runtime{
		"containerd": runtimes.Containerd, "docker": runtimes.Docker,
	} {
		t.Run(name, func(t *testing.T) {
			host := start(t)
			id := host.Start(t, "web", "sleep", "1000")
			r, w, _ := startWatch(t, quickTimes, endpointOf(t, host))
			connected(t, w)
			if err := syscall.Kill(host.PID(), syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			eventually(t, "it is noticed", func() bool { return !w.Status()[0].Connected })
			if _, ok := r.Get(id); !ok {
				t.Error("the container is gone")
			}
			if err := syscall.Kill(host.PID(), syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			connected(t, w)
			wantPID(t, r, id, host.ContainerPID(t, "web"))
		})
	}
}

// A socket that accepts and never answers, one of another protocol, one that
// hangs up, none: no error, no busy loop, and nothing left.
func TestSocketsThatAreNoRuntimes(t *testing.T) {
	noLeak(t)
	descriptors := countDescriptors(t)
	t.Cleanup(func() {
		eventually(t, "descriptors are closed", func() bool { return countDescriptors(t) <= descriptors })
	})
	t.Run("kinds", func(t *testing.T) {
		for _, kind := range []string{"containerd", "cri", "docker", "podman"} {
			t.Run(kind, func(t *testing.T) {
				silent := listen(t, func(connection net.Conn) {})
				rude := listen(t, func(connection net.Conn) { connection.Close() })
				strange := listen(t, func(connection net.Conn) {
					// Not before it was asked: HTTP's client would tell the standard log.
					_, _ = connection.Read(make([]byte, 1))
					fmt.Fprint(connection, strings.Repeat("220 mail\r\n", 1000))
				})
				absent := filepath.Join(t.TempDir(), "absent.sock")
				file := filepath.Join(t.TempDir(), "file.sock")
				if err := os.WriteFile(file, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				r, w, log := startWatch(t, quickTimes, Endpoint{kind, silent.path}, Endpoint{kind, rude.path},
					Endpoint{kind, strange.path}, Endpoint{kind, absent}, Endpoint{kind, file})
				eventually(t, "the silent one was tried twice", func() bool { return silent.accepted() >= 2 })
				for i, status := range w.Status() {
					if status.Connected || status.Err == nil || errors.Is(status.Err, os.ErrNotExist) != (i == 3) {
						t.Errorf("%+v", status)
					}
				}
				if rude.accepted() > 30 {
					t.Errorf("one that hangs up was tried %d times", rude.accepted())
				}
				if got := log.count("\n"); got != 5 {
					t.Errorf("%d lines in the log, want one for each endpoint", got)
				}
				if len(r.All()) != 0 {
					t.Errorf("containers of nobody: %v", r.All())
				}
			})
		}
	})
}

// A runtime that is started after the watch.
func TestSocketAppears(t *testing.T) {
	path := filepath.Join(t.TempDir(), "late.sock")
	r, w, _ := startWatch(t, usualTimes, Endpoint{"cri", path})
	eventually(t, "its absence is noticed", func() bool { return w.Status()[0].Err != nil })
	serveCRI(t, path)
	connected(t, w)
	if _, ok := r.Get("existing"); !ok {
		t.Error("its container is not known")
	}
}

// listener is a socket that does with each connection what a test wants.
type listener struct {
	path  string
	mutex sync.Mutex
	count int
}

func (l *listener) accepted() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.count
}

func listen(t *testing.T, serve func(net.Conn)) *listener {
	t.Helper()
	directory, err := os.MkdirTemp("", "containers-") // a short name
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{path: filepath.Join(directory, "socket")}
	server, err := net.Listen("unix", l.path)
	if err != nil {
		t.Fatal(err)
	}
	var connections []net.Conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			connection, err := server.Accept()
			if err != nil {
				return
			}
			connections = append(connections, connection)
			l.mutex.Lock()
			l.count++
			l.mutex.Unlock()
			serve(connection)
		}
	}()
	t.Cleanup(func() {
		server.Close()
		<-done
		for _, connection := range connections {
			connection.Close()
		}
		os.RemoveAll(directory)
	})
	return l
}

func countDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// A usual endpoint where there is nothing says nothing, unless it was asked for,
// or there once was a runtime.
func TestStatusOfAbsentRuntimes(t *testing.T) {
	none := fmt.Errorf("looking: %w", os.ErrNotExist)
	for _, test := range []struct {
		r    *runtime
		want bool
	}{
		{&runtime{}, false},
		{&runtime{status: RuntimeStatus{Err: none}}, false},
		{&runtime{status: RuntimeStatus{Err: errNotServed}}, false},
		{&runtime{status: RuntimeStatus{Err: os.ErrPermission}}, true},
		{&runtime{status: RuntimeStatus{Err: none}, asked: true}, true},
		{&runtime{status: RuntimeStatus{Err: none}, met: true}, true},
	} {
		test.r.source = NewRegistry().NewSource("test", RankEngine)
		w := &Watcher{runtimes: []*runtime{test.r}}
		if got := len(w.Status()) == 1; got != test.want {
			t.Errorf("asked %v, met %v, %v: told of %v", test.r.asked, test.r.met, test.r.status.Err, got)
		}
	}
}
