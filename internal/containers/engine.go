package containers

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"
)

// engine is a session with Docker, or with Podman, whose service speaks Docker's API.
type engine struct {
	*runtime
	name   string // "docker" or "podman": who answers, whatever the socket is called
	client *client.Client
	listed time.Time // when the list was asked for last: what happened before is in it

	mutex   sync.Mutex
	changed []string      // IDs to inspect, each once; guarded by the mutex
	wake    chan struct{} // has one if there may be some
}

// watchEngine has one session. One goroutine reads the events, so that the
// engine, which drops what a slow client does not take, is never kept waiting;
// another inspects what changed.
func watchEngine(ctx context.Context, r *runtime) error {
	api, err := client.New(client.WithHost("unix://" + r.endpoint.Path))
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	defer api.Close()
	e := &engine{runtime: r, name: r.endpoint.Kind, client: api, wake: make(chan struct{}, 1)}
	if err := e.identify(ctx); err != nil {
		return err
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Subscribed before the list is asked for: nothing happens unseen in between.
	stream := e.subscribe(ctx, cancel)
	if err := e.list(ctx); err != nil {
		return err
	}
	e.connected(e.name)
	failed := make(chan error, 1)
	e.session.Go(func() {
		if err := e.inspectChanged(ctx); err != nil {
			failed <- err
		}
	})

	again := time.NewTimer(r.times.settling)
	defer again.Stop()
	for {
		select {
		case message := <-stream.Messages:
			e.apply(message)
		case err := <-stream.Err:
			return fmt.Errorf("listening to events: %w", err)
		case err := <-failed:
			return err
		case <-again.C:
			if err := e.list(ctx); err != nil {
				return err
			}
			again.Reset(r.times.heartbeat)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// identify asks who is there: docker.sock may be a link to Podman's.
func (e *engine) identify(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, e.times.call)
	defer cancel()
	version, err := e.client.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return fmt.Errorf("asking for the version: %w", err)
	}
	e.name = "docker"
	for _, component := range version.Components {
		if component.Name == "Podman Engine" {
			e.name = "podman"
		}
	}
	return nil
}

// subscribe asks for events; if the engine does not begin to answer in time the
// session is cancelled.
func (e *engine) subscribe(ctx context.Context, cancel func()) client.EventsResult {
	late := time.AfterFunc(e.times.call, cancel)
	defer late.Stop()
	return e.client.Events(ctx, client.EventsListOptions{
		Filters: make(client.Filters).Add("type", string(events.ContainerEventType)),
	})
}

// list asks for all containers.
func (e *engine) list(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, e.times.call)
	defer cancel()
	asked := time.Now()
	answer, err := e.client.ContainerList(ctx, client.ContainerListOptions{All: true})
	if err != nil {
		return fmt.Errorf("listing containers: %w", err)
	}
	first := e.listed.IsZero()
	e.listed = asked
	var all []Container
	var inspected []string
	for _, item := range answer.Items {
		c := Container{
			ID: item.ID, Runtime: e.name, Image: item.Image, Labels: item.Labels, Created: time.Unix(item.Created, 0),
		}
		if len(item.Names) > 0 {
			c.Name = strings.TrimPrefix(item.Names[0], "/")
		}
		running := item.State == container.StateRunning || item.State == container.StatePaused
		if known, ok := e.source.Get(c.ID); ok {
			c.Created = known.Created // to the nanosecond, from its inspection
			if running {
				c.PID = known.PID // until it is inspected
			}
		}
		// Of what an earlier session knew it may be another process.
		if running && (c.PID == 0 || first) {
			inspected = append(inspected, c.ID)
		}
		all = append(all, completed(c))
	}
	e.source.Replace(all)
	for _, id := range inspected {
		e.inspectLater(id)
	}
	return nil
}

// apply takes an event in. Only those of a container's life are of interest, not
// those of its exec'd processes and health checks.
func (e *engine) apply(message events.Message) {
	id := message.Actor.ID
	_, known := e.source.Get(id)
	switch message.Action {
	case events.ActionDestroy, events.ActionRemove:
		e.source.Remove(id)
	case events.ActionCreate:
		happened := time.Unix(0, message.TimeNano)
		if known || happened.Before(e.listed) {
			return
		}
		e.source.Put(e.created(message, happened))
	case events.ActionStart, events.ActionRestart, events.ActionDie, "died", events.ActionRename:
		if known {
			e.inspectLater(id)
		}
	}
}

// created is what the event says of a container: all but its process, so that
// nothing is lost of one that is gone before it can be inspected.
func (e *engine) created(message events.Message, happened time.Time) Container {
	c := Container{ID: message.Actor.ID, Runtime: e.name, Labels: make(map[string]string), Created: happened}
	for key, value := range message.Actor.Attributes {
		switch key {
		case "name":
			c.Name = value
		case "image":
			c.Image = value
		case "podId", "containerExitCode": // Podman's own
		default:
			c.Labels[key] = value
		}
	}
	return completed(c)
}

// completed sets what an engine's containers tell by their labels and image.
func completed(c Container) Container {
	c.fillKubernetes()
	// Podman's pods have one too, of an image of its own or of one that is
	// configured; its name is made of the pod's ID.
	if strings.HasPrefix(c.Image, "localhost/podman-pause:") || c.Runtime == "podman" && infraName.MatchString(c.Name) {
		c.Sandbox = true
	}
	return c
}

var infraName = regexp.MustCompile(`^[0-9a-f]{12}-infra$`)

// inspectLater has the container inspected, once however often it is said.
func (e *engine) inspectLater(id string) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	for _, other := range e.changed {
		if other == id {
			return
		}
	}
	e.changed = append(e.changed, id)
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

func (e *engine) nextChanged() string {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if len(e.changed) == 0 {
		return ""
	}
	id := e.changed[0]
	e.changed = e.changed[1:]
	return id
}

// inspectChanged inspects what inspectLater was told of until the context ends or
// the engine fails.
func (e *engine) inspectChanged(ctx context.Context) error {
	for {
		id := e.nextChanged()
		if id == "" {
			select {
			case <-e.wake:
				continue
			case <-ctx.Done():
				return nil
			}
		}
		if _, known := e.source.Get(id); !known {
			continue
		}
		if err := e.inspect(ctx, id); err != nil {
			return fmt.Errorf("inspecting container %s: %w", strconv.Quote(id), err)
		}
	}
}

func (e *engine) inspect(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, e.times.call)
	defer cancel()
	answer, err := e.client.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	switch {
	case errdefs.IsNotFound(err):
		return nil // the event that removes it is on its way
	case err != nil && ctx.Err() == nil && errdefs.IsInternal(err):
		// Podman's answer for one that is being removed.
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		// One container may hang, and its engine serve all the others: whether that
		// lives the next list shows, which also has this one inspected again.
		e.log.Debug("a container cannot be inspected", "container", id, "error", err)
		return nil
	case err != nil:
		return err
	}
	found := answer.Container
	e.source.Amend(id, func(c *Container) {
		c.Name = first(strings.TrimPrefix(found.Name, "/"), c.Name)
		if found.Config != nil {
			c.Image = first(found.Config.Image, c.Image)
			c.Labels = found.Config.Labels
		}
		c.PID = 0
		if found.State != nil && found.State.Running {
			c.PID = found.State.Pid
		}
		if created, err := time.Parse(time.RFC3339Nano, found.Created); err == nil {
			c.Created = created
		}
		*c = completed(*c)
	})
	return nil
}
