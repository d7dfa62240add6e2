package runtimes

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Attempt is how often the container of a pod was restarted before, as its runtime
// is told.
const Attempt = 3

// Pod is one that [Runtime.StartPod] started.
type Pod struct {
	Sandbox   string // the pause container's ID
	Container string // the ID of its container
	UID       string
}

// StartPod starts a pod of one container as a kubelet would, through containerd's
// CRI, on the host's network: no network plugin is needed. The pod is removed
// when the test ends.
func (r *Runtime) StartPod(t testing.TB, namespace, name, container string, arguments ...string) Pod {
	t.Helper()
	if r.name != "containerd" {
		t.Fatalf("%s has no CRI: containerd does", r.name)
	}
	connection, err := grpc.NewClient("unix://"+r.socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	service := cri.NewRuntimeServiceClient(connection)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()

	// The CRI begins to serve a little after containerd.
	if err := wait(func() error {
		_, err := service.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{})
		return err
	}); err != nil {
		t.Fatalf("waiting for the CRI: %v", err)
	}

	pod := Pod{UID: fmt.Sprintf("uid-of-%s-%s-%d", namespace, name, time.Now().UnixNano())}
	host := &cri.NamespaceOption{Network: cri.NamespaceMode_NODE}
	configuration := &cri.PodSandboxConfig{
		Metadata:     &cri.PodSandboxMetadata{Name: name, Namespace: namespace, Uid: pod.UID},
		LogDirectory: r.directory,
		Labels: map[string]string{
			"io.kubernetes.pod.name": name, "io.kubernetes.pod.namespace": namespace, "io.kubernetes.pod.uid": pod.UID,
		},
		Linux: &cri.LinuxPodSandboxConfig{SecurityContext: &cri.LinuxSandboxSecurityContext{NamespaceOptions: host}},
	}
	sandbox, err := service.RunPodSandbox(ctx, &cri.RunPodSandboxRequest{Config: configuration})
	if err != nil {
		t.Fatalf("running the sandbox of pod %s/%s: %v", namespace, name, err)
	}
	pod.Sandbox = sandbox.PodSandboxId
	t.Cleanup(func() { r.RemovePod(t, pod) })
	created, err := service.CreateContainer(ctx, &cri.CreateContainerRequest{
		PodSandboxId:  pod.Sandbox,
		SandboxConfig: configuration,
		Config: &cri.ContainerConfig{
			Metadata: &cri.ContainerMetadata{Name: container, Attempt: Attempt},
			Image:    &cri.ImageSpec{Image: Image},
			Command:  arguments,
			LogPath:  container + ".log",
			Labels: map[string]string{
				"io.kubernetes.container.name": container, "io.kubernetes.pod.name": name,
				"io.kubernetes.pod.namespace": namespace, "io.kubernetes.pod.uid": pod.UID,
			},
			Linux: &cri.LinuxContainerConfig{SecurityContext: &cri.LinuxContainerSecurityContext{NamespaceOptions: host}},
		},
	})
	if err != nil {
		t.Fatalf("creating container %s: %v", container, err)
	}
	pod.Container = created.ContainerId
	if _, err := service.StartContainer(ctx, &cri.StartContainerRequest{ContainerId: pod.Container}); err != nil {
		t.Fatalf("starting container %s: %v", container, err)
	}
	return pod
}

// RemovePod stops and removes a pod; one that is gone is no error.
func (r *Runtime) RemovePod(t testing.TB, pod Pod) {
	t.Helper()
	if r.daemon == nil {
		return
	}
	connection, err := grpc.NewClient("unix://"+r.socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	service := cri.NewRuntimeServiceClient(connection)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := service.StopPodSandbox(ctx, &cri.StopPodSandboxRequest{PodSandboxId: pod.Sandbox}); err != nil {
		if status.Code(err) == codes.NotFound {
			return
		}
		t.Errorf("stopping pod %s: %v", pod.Sandbox, err)
	}
	if _, err := service.RemovePodSandbox(ctx, &cri.RemovePodSandboxRequest{PodSandboxId: pod.Sandbox}); err != nil {
		t.Errorf("removing pod %s: %v", pod.Sandbox, err)
	}
}
