package containers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	containersapi "github.com/containerd/containerd/api/services/containers/v1"
	eventsapi "github.com/containerd/containerd/api/services/events/v1"
	namespacesapi "github.com/containerd/containerd/api/services/namespaces/v1"
	tasksapi "github.com/containerd/containerd/api/services/tasks/v1"
	versionapi "github.com/containerd/containerd/api/services/version/v1"

	containerdevents "github.com/containerd/containerd/api/events"
	"github.com/containerd/containerd/api/types"
	"github.com/containerd/containerd/api/types/task"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// containerd is a session with one.
type containerd struct {
	*runtime
	namespaces namespacesapi.NamespacesClient
	containers containersapi.ContainersClient
	tasks      tasksapi.TasksClient
	listed     time.Time // when the lists were asked for: what happened before is in them
}

// watchContainerd has one session. Events are taken in one by one, with a
// question for each new container in between: containerd keeps those that wait.
func watchContainerd(ctx context.Context, r *runtime) error {
	connection, err := dial(r.endpoint.Path)
	if err != nil {
		return err
	}
	defer connection.Close()
	c := &containerd{
		runtime:    r,
		namespaces: namespacesapi.NewNamespacesClient(connection),
		containers: containersapi.NewContainersClient(connection),
		tasks:      tasksapi.NewTasksClient(connection),
	}
	version := versionapi.NewVersionClient(connection)
	if _, err := call(ctx, c.times, version.Version, &emptypb.Empty{}); err != nil {
		return fmt.Errorf("asking for the version: %w", notServedHere(err))
	}
	// Subscribed before the lists are asked for: nothing happens unseen in between.
	stream, err := subscribe(ctx, connection)
	if err != nil {
		return fmt.Errorf("listening to events: %w", err)
	}
	if err := c.list(ctx); err != nil {
		return err
	}
	c.connected("containerd")

	messages := receive(ctx, r, stream.Recv)
	again := time.NewTimer(r.times.settling)
	defer again.Stop()
	for {
		select {
		case received := <-messages:
			if received.err != nil {
				return fmt.Errorf("listening to events: %w", received.err)
			}
			if err := c.apply(ctx, received.message); err != nil {
				return err
			}
		case <-again.C:
			if err := c.list(ctx); err != nil {
				return err
			}
			again.Reset(r.times.heartbeat)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// subscribe asks for the events of containers' lives.
func subscribe(ctx context.Context, connection *grpc.ClientConn) (eventsapi.Events_SubscribeClient, error) {
	return eventsapi.NewEventsClient(connection).Subscribe(ctx, &eventsapi.SubscribeRequest{Filters: []string{
		`topic~="^/containers/"`, `topic=="/tasks/create"`, `topic=="/tasks/start"`, `topic=="/tasks/exit"`, `topic=="/tasks/delete"`,
	}})
}

// notServedHere says of an unknown service that it is not tried again soon.
func notServedHere(err error) error {
	if notServed(err) {
		return errors.Join(errNotServed, err)
	}
	return err
}

// in is the context of a call about one of containerd's namespaces.
func in(ctx context.Context, namespace string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "containerd-namespace", namespace)
}

// list asks for all containers of all namespaces and their processes.
func (c *containerd) list(ctx context.Context) error {
	asked := time.Now()
	namespaces, err := call(ctx, c.times, c.namespaces.List, &namespacesapi.ListNamespacesRequest{})
	if err != nil {
		return fmt.Errorf("listing namespaces: %w", err)
	}
	var all []Container
	taken := make(map[string]bool)
	for _, namespace := range namespaces.Namespaces {
		found, err := c.listNamespace(in(ctx, namespace.Name), namespace.Name)
		if err != nil {
			return fmt.Errorf("listing containers of namespace %q: %w", namespace.Name, err)
		}
		for _, one := range found {
			if known, ok := c.source.Get(one.ID); taken[one.ID] || ok && known.RuntimeNamespace != namespace.Name {
				one.ID = namespace.Name + "/" + one.ID
			}
			taken[one.ID] = true
			all = append(all, one)
		}
	}
	c.source.Replace(all)
	c.listed = asked
	return nil
}

func (c *containerd) listNamespace(ctx context.Context, namespace string) ([]Container, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// A long list may take as long as it likes, if only it goes on.
	late := time.AfterFunc(c.times.call, cancel)
	defer late.Stop()
	// First the containers: a task that comes meanwhile has an event.
	stream, err := c.containers.ListStream(ctx, &containersapi.ListContainersRequest{})
	if err != nil {
		return nil, err
	}
	var found []Container
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		late.Reset(c.times.call)
		found = append(found, describe(namespace, message.Container))
	}
	late.Reset(c.times.call)
	tasks, err := c.tasks.List(ctx, &tasksapi.ListTasksRequest{})
	if err != nil {
		return nil, err
	}
	processes := make(map[string]int)
	for _, one := range tasks.Tasks {
		if one.Status != task.Status_STOPPED {
			processes[one.ID] = int(one.Pid)
		}
	}
	for i := range found {
		found[i].PID = processes[found[i].ID]
	}
	return found, nil
}

// describe is the container as containerd's record and its clients' labels tell.
func describe(namespace string, record *containersapi.Container) Container {
	c := Container{
		ID: record.ID, Name: record.Labels["nerdctl/name"], Runtime: "containerd", RuntimeNamespace: namespace,
		Image: record.Image, Labels: record.Labels,
	}
	if record.CreatedAt != nil {
		c.Created = record.CreatedAt.AsTime()
	}
	c.fillKubernetes()
	if extension := record.Extensions["io.cri-containerd.container.metadata"]; extension != nil {
		c.Attempt = attempt(extension.Value)
	}
	if c.Sandbox {
		c.Name = first(c.Name, c.Pod)
	}
	c.Name = first(c.Name, c.ContainerName, record.ID)
	return c
}

// attempt is the number in what containerd's CRI keeps of a container; 0 if there
// is none.
func attempt(data []byte) uint32 {
	var kept struct {
		Metadata struct {
			Config struct {
				Metadata struct {
					Attempt uint32 `json:"attempt"`
				} `json:"metadata"`
			}
		}
	}
	if json.Unmarshal(data, &kept) != nil {
		return 0
	}
	return kept.Metadata.Config.Metadata.Attempt
}

// key is the registry's ID of a container that has an ID in a namespace.
func (c *containerd) key(namespace, id string) string {
	if _, ok := c.source.Get(namespace + "/" + id); ok {
		return namespace + "/" + id
	}
	if known, ok := c.source.Get(id); ok && known.RuntimeNamespace != namespace {
		return namespace + "/" + id
	}
	return id
}

// apply takes an event in. One that cannot be read is left out, and its effect
// found by the next list.
func (c *containerd) apply(ctx context.Context, envelope *types.Envelope) error {
	var event proto.Message
	switch envelope.Topic {
	case "/containers/create":
		event = new(containerdevents.ContainerCreate)
	case "/containers/update":
		event = new(containerdevents.ContainerUpdate)
	case "/containers/delete":
		event = new(containerdevents.ContainerDelete)
	case "/tasks/create":
		event = new(containerdevents.TaskCreate)
	case "/tasks/start":
		event = new(containerdevents.TaskStart)
	case "/tasks/exit":
		event = new(containerdevents.TaskExit)
	case "/tasks/delete":
		event = new(containerdevents.TaskDelete)
	default:
		return nil
	}
	if err := proto.Unmarshal(envelope.Event.GetValue(), event); err != nil {
		c.log.Warn("an event of containerd cannot be read", "topic", envelope.Topic, "error", err)
		return nil //nolint:nilerr // the others can
	}
	namespace := envelope.Namespace
	switch event := event.(type) {
	case *containerdevents.ContainerCreate:
		return c.created(ctx, envelope, event)
	case *containerdevents.ContainerUpdate:
		if _, known := c.source.Get(c.key(namespace, event.ID)); known {
			_, err := c.ask(ctx, namespace, event.ID)
			return err
		}
	case *containerdevents.ContainerDelete:
		c.source.Remove(c.key(namespace, event.ID))
	case *containerdevents.TaskCreate:
		c.setPID(namespace, event.ContainerID, event.Pid)
	case *containerdevents.TaskStart:
		c.setPID(namespace, event.ContainerID, event.Pid)
	case *containerdevents.TaskExit:
		if event.ID == "" || event.ID == event.ContainerID { // not of an exec'd process
			c.setPID(namespace, event.ContainerID, 0)
		}
	case *containerdevents.TaskDelete:
		if event.ID == "" || event.ID == event.ContainerID {
			c.setPID(namespace, event.ContainerID, 0)
		}
	}
	return nil
}

// created takes a new container in. One that is gone already is told as far as
// the event knows it: it was there.
func (c *containerd) created(ctx context.Context, envelope *types.Envelope, event *containerdevents.ContainerCreate) error {
	key := c.key(envelope.Namespace, event.ID)
	_, known := c.source.Get(key)
	happened := envelope.Timestamp.AsTime()
	if !known && happened.Before(c.listed) {
		return nil
	}
	found, err := c.ask(ctx, envelope.Namespace, event.ID)
	if err == nil && !found && !known {
		c.source.Put(Container{
			ID: key, Name: event.ID, Runtime: "containerd", RuntimeNamespace: envelope.Namespace,
			Image: event.Image, Created: happened,
		})
	}
	return err
}

// ask asks for a container's record and tells whether there is one. Its process
// is what was known of it.
func (c *containerd) ask(ctx context.Context, namespace, id string) (bool, error) {
	answer, err := call(in(ctx, namespace), c.times, c.containers.Get, &containersapi.GetContainerRequest{ID: id})
	if notFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("asking for container %q of namespace %q: %w", id, namespace, err)
	}
	found := describe(namespace, answer.Container)
	found.ID = c.key(namespace, id)
	if known, ok := c.source.Get(found.ID); ok {
		found.PID = known.PID
	}
	c.source.Put(found)
	return true, nil
}

func (c *containerd) setPID(namespace, id string, pid uint32) {
	c.source.Amend(c.key(namespace, id), func(one *Container) { one.PID = int(pid) })
}
