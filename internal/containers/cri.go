package containers

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// criSession is a session with a container runtime through Kubernetes' CRI.
type criSession struct {
	*runtime
	name    string // "containerd" or "cri-o", as it says itself
	service cri.RuntimeServiceClient
	states  map[string]string // what each container's state was when its process was asked for
	listed  time.Time         // when the lists were asked for: what happened before is in them
}

// watchCRI has one session. CRI-O and containerd from 1.7 on have events; an
// older one is asked every few seconds for its lists, and for a container only
// when its state has changed.
func watchCRI(ctx context.Context, r *runtime) error {
	connection, err := dial(r.endpoint.Path)
	if err != nil {
		return err
	}
	defer connection.Close()
	c := &criSession{runtime: r, service: cri.NewRuntimeServiceClient(connection), states: make(map[string]string)}
	version, err := call(ctx, c.times, c.service.Version, &cri.VersionRequest{})
	if err != nil {
		return fmt.Errorf("asking for the version: %w", notServedHere(err))
	}
	c.name = version.RuntimeName
	// Subscribed before the lists are asked for: nothing happens unseen in between.
	stream, err := c.service.GetContainerEvents(ctx, &cri.GetEventsRequest{})
	if err != nil {
		return fmt.Errorf("listening to events: %w", err)
	}
	if err := c.list(ctx); err != nil {
		return err
	}
	c.connected(c.name)

	messages := receive(ctx, r, stream.Recv)
	interval := r.times.heartbeat
	again := time.NewTimer(r.times.settling)
	defer again.Stop()
	for {
		select {
		case received := <-messages:
			switch {
			case notServed(received.err):
				messages, interval = nil, r.times.poll
				again.Reset(r.times.poll)
			case received.err != nil:
				return fmt.Errorf("listening to events: %w", received.err)
			default:
				if err := c.apply(ctx, received.message); err != nil {
					return err
				}
			}
		case <-again.C:
			if err := c.list(ctx); err != nil {
				return err
			}
			again.Reset(interval)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// list asks for all pods and containers, and for the processes of those whose
// state is not what it was.
func (c *criSession) list(ctx context.Context) error {
	asked := time.Now()
	sandboxes, err := call(ctx, c.times, c.service.ListPodSandbox, &cri.ListPodSandboxRequest{})
	if err != nil {
		return fmt.Errorf("listing pods: %w", err)
	}
	listed, err := call(ctx, c.times, c.service.ListContainers, &cri.ListContainersRequest{})
	if err != nil {
		return fmt.Errorf("listing containers: %w", err)
	}
	pods := make(map[string]*cri.PodSandboxMetadata)
	states := make(map[string]string)
	var all []Container
	for _, item := range sandboxes.Items {
		pods[item.Id] = item.Metadata
		states[item.Id] = item.State.String()
		all = append(all, c.sandbox(item.Id, item.Metadata, item.Labels, item.CreatedAt))
	}
	for _, item := range listed.Containers {
		states[item.Id] = item.State.String()
		all = append(all, c.container(item.Id, item.Metadata, pods[item.PodSandboxId], image(item.Image, item.ImageRef), item.Labels, item.CreatedAt))
	}
	for i := range all {
		one := &all[i]
		if states[one.ID] == c.states[one.ID] {
			known, _ := c.source.Get(one.ID)
			one.PID = known.PID
			continue
		}
		if one.PID, err = c.process(ctx, one.ID, states[one.ID]); err != nil {
			return err
		}
	}
	c.states, c.listed = states, asked
	c.source.Replace(all)
	return nil
}

// apply takes an event in: what it is about is asked for anew, as the event has
// no process.
func (c *criSession) apply(ctx context.Context, event *cri.ContainerEventResponse) error {
	id := event.ContainerId
	if event.ContainerEventType == cri.ContainerEventType_CONTAINER_DELETED_EVENT {
		delete(c.states, id)
		c.source.Remove(id)
		return nil
	}
	if _, known := c.source.Get(id); !known && time.Unix(0, event.CreatedAt).Before(c.listed) {
		return nil
	}
	pod := event.PodSandboxStatus
	if pod != nil && pod.Id == id {
		return c.put(ctx, c.sandbox(id, pod.Metadata, pod.Labels, pod.CreatedAt), pod.State.String())
	}
	answer, err := call(ctx, c.times, c.service.ContainerStatus, &cri.ContainerStatusRequest{ContainerId: id})
	var found *cri.ContainerStatus
	switch {
	case err == nil && answer.Status != nil:
		found = answer.Status
	case err != nil && !notFound(err):
		return fmt.Errorf("asking for container %q: %w", id, err)
	default:
		// Gone already: it was there as the event knows it.
		for _, one := range event.ContainersStatuses {
			if one.Id == id {
				found = one
			}
		}
	}
	if found == nil {
		return nil
	}
	one := c.container(id, found.Metadata, pod.GetMetadata(), image(found.Image, found.ImageRef), found.Labels, found.CreatedAt)
	return c.put(ctx, one, found.State.String())
}

func (c *criSession) put(ctx context.Context, one Container, state string) error {
	pid, err := c.process(ctx, one.ID, state)
	if err != nil {
		return err
	}
	one.PID = pid
	c.states[one.ID] = state
	c.source.Put(one)
	return nil
}

// process asks for the first process of a container or a sandbox in a state; 0:
// it has none.
func (c *criSession) process(ctx context.Context, id, state string) (int, error) {
	var info map[string]string
	var err error
	switch state {
	case cri.ContainerState_CONTAINER_RUNNING.String():
		var answer *cri.ContainerStatusResponse
		answer, err = call(ctx, c.times, c.service.ContainerStatus, &cri.ContainerStatusRequest{ContainerId: id, Verbose: true})
		info = answer.GetInfo()
	case cri.PodSandboxState_SANDBOX_READY.String():
		var answer *cri.PodSandboxStatusResponse
		answer, err = call(ctx, c.times, c.service.PodSandboxStatus, &cri.PodSandboxStatusRequest{PodSandboxId: id, Verbose: true})
		info = answer.GetInfo()
	}
	if err != nil && !notFound(err) {
		return 0, fmt.Errorf("asking for the process of %q: %w", id, err)
	}
	var kept struct {
		PID int `json:"pid"`
	}
	// Without the information, or with another, the process is not known.
	_ = json.Unmarshal([]byte(info["info"]), &kept)
	return kept.PID, nil
}

func (c *criSession) container(
	id string, metadata *cri.ContainerMetadata, pod *cri.PodSandboxMetadata, image string, labels map[string]string, created int64,
) Container {
	one := Container{
		ID: id, Name: metadata.GetName(), Runtime: c.name, Image: image, Labels: labels, Created: time.Unix(0, created),
		Namespace: pod.GetNamespace(), Pod: pod.GetName(), PodUID: pod.GetUid(),
		ContainerName: metadata.GetName(), Attempt: metadata.GetAttempt(),
	}
	return c.completed(one)
}

func (c *criSession) sandbox(id string, pod *cri.PodSandboxMetadata, labels map[string]string, created int64) Container {
	one := Container{
		ID: id, Name: pod.GetName(), Runtime: c.name, Labels: labels, Created: time.Unix(0, created),
		Namespace: pod.GetNamespace(), Pod: pod.GetName(), PodUID: pod.GetUid(), Attempt: pod.GetAttempt(), Sandbox: true,
	}
	return c.completed(one)
}

func (c *criSession) completed(one Container) Container {
	if c.name == "containerd" {
		one.RuntimeNamespace = "k8s.io"
	}
	one.fillKubernetes()
	return one
}

// image is the image as the pod's author wrote it, if that is said.
func image(spec *cri.ImageSpec, reference string) string {
	return first(spec.GetUserSpecifiedImage(), spec.GetImage(), reference)
}
