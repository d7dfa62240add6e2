package containers

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// fakeCRI is CRI-O as far as it is asked: a CRI with events.
type fakeCRI struct {
	cri.UnimplementedRuntimeServiceServer
	mutex      sync.Mutex
	containers map[string]*cri.ContainerStatus
	lists      int
	events     chan *cri.ContainerEventResponse
}

func (f *fakeCRI) Version(context.Context, *cri.VersionRequest) (*cri.VersionResponse, error) {
	return &cri.VersionResponse{RuntimeName: "cri-o"}, nil
}

func (f *fakeCRI) ListPodSandbox(context.Context, *cri.ListPodSandboxRequest) (*cri.ListPodSandboxResponse, error) {
	return &cri.ListPodSandboxResponse{Items: []*cri.PodSandbox{{
		Id: "sandbox", Metadata: &cri.PodSandboxMetadata{Name: "web", Namespace: "shop", Uid: "u"}, State: cri.PodSandboxState_SANDBOX_READY,
	}}}, nil
}

func (f *fakeCRI) PodSandboxStatus(context.Context, *cri.PodSandboxStatusRequest) (*cri.PodSandboxStatusResponse, error) {
	return &cri.PodSandboxStatusResponse{Info: map[string]string{"info": `{"pid": 11}`}}, nil
}

func (f *fakeCRI) ListContainers(context.Context, *cri.ListContainersRequest) (*cri.ListContainersResponse, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.lists++
	answer := new(cri.ListContainersResponse)
	for id, one := range f.containers {
		answer.Containers = append(answer.Containers, &cri.Container{
			Id: id, PodSandboxId: "sandbox", Metadata: one.Metadata, Image: one.Image, State: one.State,
		})
	}
	return answer, nil
}

func (f *fakeCRI) ContainerStatus(_ context.Context, request *cri.ContainerStatusRequest) (*cri.ContainerStatusResponse, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	one := f.containers[request.ContainerId]
	if one == nil {
		return nil, status.Error(codes.NotFound, "no such container")
	}
	return &cri.ContainerStatusResponse{Status: one, Info: map[string]string{"info": `{"pid": 22}`}}, nil
}

func (f *fakeCRI) GetContainerEvents(_ *cri.GetEventsRequest, stream cri.RuntimeService_GetContainerEventsServer) error {
	for {
		select {
		case event := <-f.events:
			if err := stream.Send(event); err != nil {
				return err
			}
		case <-stream.Context().Done():
			return nil
		}
	}
}

func (f *fakeCRI) set(id string, state cri.ContainerState) *cri.ContainerStatus {
	one := &cri.ContainerStatus{
		Id: id, Metadata: &cri.ContainerMetadata{Name: "name-of-" + id, Attempt: 7}, Image: &cri.ImageSpec{Image: "sha256:1", UserSpecifiedImage: "nginx"},
		State: state,
	}
	f.mutex.Lock()
	f.containers[id] = one
	f.mutex.Unlock()
	return one
}

func (f *fakeCRI) send(kind cri.ContainerEventType, id string, known ...*cri.ContainerStatus) {
	f.events <- &cri.ContainerEventResponse{
		ContainerId: id, ContainerEventType: kind, CreatedAt: time.Now().UnixNano(), ContainersStatuses: known,
		PodSandboxStatus: &cri.PodSandboxStatus{Id: "sandbox", Metadata: &cri.PodSandboxMetadata{Name: "web", Namespace: "shop", Uid: "u"}},
	}
}

// serveCRI serves one at a path until the test ends.
func serveCRI(t *testing.T, path string) *fakeCRI {
	t.Helper()
	f := &fakeCRI{containers: make(map[string]*cri.ContainerStatus), events: make(chan *cri.ContainerEventResponse)}
	f.set("existing", cri.ContainerState_CONTAINER_RUNNING)
	socket, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	cri.RegisterRuntimeServiceServer(server, f)
	served := make(chan error, 1)
	go func() { served <- server.Serve(socket) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return f
}

// A CRI with events is not polled.
func TestCRIEvents(t *testing.T) {
	noLeak(t)
	directory, err := os.MkdirTemp("", "cri-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(directory) })
	path := filepath.Join(directory, "crio.sock")
	f := serveCRI(t, path)
	r, w, _ := startWatch(t, times{call: 10 * time.Second, heartbeat: time.Hour, settling: time.Millisecond, poll: time.Millisecond}, Endpoint{"cri", path})
	connected(t, w)
	j := follow(r, "j", nil)
	wantPID(t, r, "existing", 22)
	wantPID(t, r, "sandbox", 11)
	eventually(t, "the second list", func() bool { f.mutex.Lock(); defer f.mutex.Unlock(); return f.lists == 2 })

	f.set("new", cri.ContainerState_CONTAINER_CREATED)
	f.send(cri.ContainerEventType_CONTAINER_CREATED_EVENT, "new")
	j.check(t, "added new")
	want := Container{
		ID: "new", Name: "name-of-new", Runtime: "cri-o", Image: "nginx", Namespace: "shop", Pod: "web", PodUID: "u",
		ContainerName: "name-of-new", Attempt: 7, Created: time.Unix(0, 0),
	}
	if got, _ := r.Get("new"); !got.equal(&want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	f.set("new", cri.ContainerState_CONTAINER_RUNNING)
	f.send(cri.ContainerEventType_CONTAINER_STARTED_EVENT, "new")
	wantPID(t, r, "new", 22)
	f.set("new", cri.ContainerState_CONTAINER_EXITED)
	f.send(cri.ContainerEventType_CONTAINER_STOPPED_EVENT, "new")
	wantPID(t, r, "new", 0)
	f.send(cri.ContainerEventType_CONTAINER_DELETED_EVENT, "new")
	j.check(t, "added new", "changed new", "changed new", "removed new")

	// One that is gone before it can be asked for: its event knows it.
	f.send(cri.ContainerEventType_CONTAINER_CREATED_EVENT, "brief", &cri.ContainerStatus{
		Id: "brief", Metadata: &cri.ContainerMetadata{Name: "short"}, State: cri.ContainerState_CONTAINER_RUNNING,
	})
	f.send(cri.ContainerEventType_CONTAINER_DELETED_EVENT, "brief")
	j.check(t, "added new", "changed new", "changed new", "removed new", "added brief", "removed brief")
	// One of before the list, and gone: not told again.
	f.events <- &cri.ContainerEventResponse{ContainerId: "old", CreatedAt: 1, ContainersStatuses: []*cri.ContainerStatus{{Id: "old"}}}
	f.send(cri.ContainerEventType_CONTAINER_DELETED_EVENT, "existing")
	j.check(t, "added new", "changed new", "changed new", "removed new", "added brief", "removed brief", "removed existing")
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.lists != 2 {
		t.Errorf("%d lists, want 2: it has events", f.lists)
	}
}

// What containerd's CRI keeps of a container.
func TestAttempt(t *testing.T) {
	for text, want := range map[string]uint32{
		`{"Version":"v1","Metadata":{"ID":"x","Config":{"metadata":{"name":"a","attempt":4}}}}`: 4,
		`{"Version":"v1","Metadata":{"ID":"x","Config":{"metadata":{"name":"a"}}}}`:             0,
		`{"Metadata":{"Config":{"metadata":{"attempt":-1}}}}`:                                   0,
		`no JSON`: 0,
	} {
		if got := attempt([]byte(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}
