package containers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"
)

// times are how long things take, which tests do not wait for.
type times struct {
	// call is how long a runtime may take to answer. One under load takes seconds.
	call time.Duration
	// heartbeat is how often a runtime is asked for its list again: one that is
	// stopped (SIGSTOP) keeps its socket open, and an event may be lost.
	heartbeat time.Duration
	// settling is when it is asked for the second time. A runtime may accept a
	// subscription before it begins to heed it; the list finds what came in between.
	settling time.Duration
	// poll is how often a CRI that has no events is asked for its list.
	poll time.Duration
}

var usualTimes = times{call: 10 * time.Second, heartbeat: 30 * time.Second, settling: time.Second, poll: 2 * time.Second}

const (
	// A runtime that failed is tried again after the first, then twice that, up to
	// the last; at once if there is a new socket.
	firstRetry = 100 * time.Millisecond
	lastRetry  = 10 * time.Second
	// socketPoll is how often a socket is looked for.
	socketPoll = 500 * time.Millisecond
)

// errNotServed: the socket is another API's. It is tried again, but rarely.
var errNotServed = errors.New("it is not served there")

// RuntimeStatus is how it stands with one endpoint.
type RuntimeStatus struct {
	Name       string // "docker", "podman", "containerd", "cri-o"; of a CRI that never answered "cri"
	Endpoint   string // as ParseEndpoint reads it
	Connected  bool
	Err        error // why not; it wraps os.ErrNotExist if there is no socket; nil: not tried yet
	Containers int   // that it told of
}

// Watcher keeps a registry told of what the runtimes say.
type Watcher struct {
	runtimes []*runtime
	group    sync.WaitGroup
}

// runtime is one endpoint.
type runtime struct {
	endpoint Endpoint
	asked    bool // for by who began to watch; else it is where one usually is
	times    times
	source   *Source
	log      *slog.Logger
	session  sync.WaitGroup // what a session started

	mutex sync.Mutex
	// The mutex guards these.
	status RuntimeStatus // but for Containers, which is the source's
	met    bool          // it was connected once
}

// Watch starts to ask the runtimes of the endpoints and to listen to their
// events; without endpoints those of UsualEndpoints below root, else no others. A runtime
// that is absent, stops, hangs or comes back is no error, and its containers stay
// until it is there to say that they are gone. The log (nil: none) has a line for
// each time that a runtime is connected or lost. Watch returns at once; all ends
// with the context, and Wait waits for that.
func Watch(ctx context.Context, registry *Registry, endpoints []Endpoint, root string, log *slog.Logger) *Watcher {
	asked := len(endpoints) > 0
	if !asked {
		endpoints = UsualEndpoints(root)
	}
	return watch(ctx, registry, endpoints, asked, log, usualTimes)
}

func watch(ctx context.Context, registry *Registry, endpoints []Endpoint, asked bool, log *slog.Logger, times times) *Watcher {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	w := new(Watcher)
	seen := make(map[Endpoint]bool)
	for _, endpoint := range endpoints {
		if seen[endpoint] {
			continue
		}
		seen[endpoint] = true
		r := &runtime{
			endpoint: endpoint,
			asked:    asked,
			times:    times,
			log:      log.With("runtime", endpoint.Kind, "socket", endpoint.Path),
			status:   RuntimeStatus{Name: endpoint.Kind, Endpoint: endpoint.String()},
		}
		var session func(context.Context) error
		rank := RankEngine
		switch endpoint.Kind {
		case "containerd":
			rank = RankContainerd
			session = func(ctx context.Context) error { return watchContainerd(ctx, r) }
		case "cri":
			rank = RankCRI
			session = func(ctx context.Context) error { return watchCRI(ctx, r) }
		case "docker", "podman":
			session = func(ctx context.Context) error { return watchEngine(ctx, r) }
		case storageKind:
			rank = RankContainerd
			session = func(ctx context.Context) error { return watchStorage(ctx, r) }
		default:
			session = func(context.Context) error {
				return fmt.Errorf("%w: there is no kind of runtime %q: %s", errNotServed, endpoint.Kind, endpointHelp)
			}
		}
		r.source = registry.NewSource(endpoint.String(), rank)
		w.runtimes = append(w.runtimes, r)
		w.group.Go(func() { r.run(ctx, session) })
	}
	return w
}

// Wait returns when nothing runs any more, after the context's end.
func (w *Watcher) Wait() { w.group.Wait() }

// Status is how it stands with each endpoint, in the order that Watch was given.
// Those of UsualEndpoints where no runtime has been found yet are not among them:
// few hosts have more than one.
func (w *Watcher) Status() []RuntimeStatus {
	var all []RuntimeStatus
	for _, r := range w.runtimes {
		r.mutex.Lock()
		status, expected := r.status, r.asked || r.met
		r.mutex.Unlock()
		absent := status.Err == nil || errors.Is(status.Err, os.ErrNotExist) || errors.Is(status.Err, errNotServed)
		if !expected && absent {
			continue
		}
		status.Containers = r.source.Count()
		all = append(all, status)
	}
	return all
}

// run has one session after the other until the context ends. A session listens
// until the runtime fails, which its error says; it calls connected when it has
// all containers.
func (r *runtime) run(ctx context.Context, session func(context.Context) error) {
	retry := firstRetry
	for {
		before := socketAt(r.endpoint.Path)
		err := before.err
		if err == nil {
			err = r.within(ctx, session)
		}
		if ctx.Err() != nil {
			return
		}
		if r.lost(err) {
			retry = firstRetry
		}
		if errors.Is(err, errNotServed) {
			retry = lastRetry
		}
		if !waitForSocket(ctx, r.endpoint.Path, before, retry) {
			return
		}
		retry = min(2*retry, lastRetry)
	}
}

// within runs a session and ends all that it started.
func (r *runtime) within(ctx context.Context, session func(context.Context) error) error {
	defer r.session.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return session(ctx)
}

// socket is what is at a path.
type socket struct {
	device, inode uint64
	changed       syscall.Timespec
	err           error // there is none
}

func socketAt(path string) socket {
	var state syscall.Stat_t
	if err := syscall.Stat(path, &state); err != nil {
		return socket{err: &os.PathError{Op: "looking for the socket", Path: path, Err: err}}
	}
	return socket{device: state.Dev, inode: state.Ino, changed: state.Ctim}
}

// same tells whether it is the same socket, or both times there was none.
func (s socket) same(other socket) bool {
	if s.err != nil || other.err != nil {
		return s.err != nil && other.err != nil
	}
	return s.device == other.device && s.inode == other.inode && s.changed == other.changed
}

// waitForSocket returns true when it is time to try again: after the delay if
// there is a socket, at once if there is another than before. It is false when
// the context has ended.
func waitForSocket(ctx context.Context, path string, before socket, delay time.Duration) bool {
	timeout := time.After(delay)
	ticker := time.NewTicker(min(delay, socketPoll))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-ticker.C:
			if !socketAt(path).same(before) {
				return true
			}
		case <-timeout:
			return true
		}
	}
}

// connected notes that all the runtime's containers are known.
func (r *runtime) connected(name string) {
	r.mutex.Lock()
	news := !r.status.Connected
	r.status.Name, r.status.Connected, r.status.Err, r.met = name, true, nil, true
	r.mutex.Unlock()
	if news {
		r.log.Info("runtime connected", "containers", r.source.Count())
	}
}

// lost notes that the runtime cannot be asked, and tells whether it could be
// before. The first reason is told, or a new one that is not of the same kind.
func (r *runtime) lost(err error) bool {
	r.mutex.Lock()
	was, before := r.status.Connected, r.status.Err
	r.status.Connected, r.status.Err = false, err
	r.mutex.Unlock()
	switch {
	case was:
		r.log.Warn("runtime lost: its containers run on, and are recorded on", "error", err)
	case errors.Is(err, os.ErrNotExist), errors.Is(err, errNotServed):
		// As on most hosts, for most runtimes.
		if before == nil {
			r.log.Debug("runtime absent", "error", err)
		}
	case before == nil, errors.Is(before, os.ErrNotExist):
		r.log.Warn("runtime does not answer", "error", err)
	}
	return was
}
