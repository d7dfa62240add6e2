// Package traces carries out what Trace resources ask for: it starts, collects,
// deletes and stops, and says what a Trace's status is to be. It knows recordings
// through an interface, pods' labels from who tells it, and no cluster.
//
// What is started is state in here, and in the recordings that are claimed; a
// status is written from it and read only once, when an agent resumes what an
// earlier one had started.
package traces

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"traceloop/api/gadget/v1alpha1"
	"traceloop/internal/agent"
	"traceloop/internal/stream"
	"traceloop/recording"
	"traceloop/syscalls"
)

// Recordings are what containers' calls are recorded in, as *agent.Agent has
// them. A claim's name is its Trace's UID.
type Recordings interface {
	SetClaim(ctx context.Context, claim agent.Claim) error
	RemoveClaim(name string) error
	CompleteClaims() error
	Claimed(name string) ([]agent.Claimed, error)
	Unrecorded(name string) ([]agent.Unrecorded, error)
	ReadClaimed(name, id string) (*recording.Recording, error)
	Release(name, id string) error
}

// Config is what Traces needs.
type Config struct {
	Node       string // that this agent is on
	Recordings Recordings
	// Unavailable is why nothing can be recorded, such as what the kernel lacks;
	// Recordings is not used then. Nil: it can.
	Unavailable error
	Pods        *Pods
	Streams     *stream.Hub
}

// Traces are those of this node. Its methods may be called by several at a time;
// they take their turns.
type Traces struct {
	config Config

	mutex sync.Mutex
	// held are the Traces that hold something here, by their names. Of a name there
	// is one at a time.
	held map[types.NamespacedName]*held
	// unresumed are UIDs of Traces that an earlier agent had started and whose
	// claim could not be set yet. While there are any, or resuming has not begun,
	// nothing is given back that they may have.
	unresumed map[types.UID]bool
	resuming  bool
	complete  bool
}

// held is what a Trace holds: a claim if it is started, a stream if it collected.
type held struct {
	uid     types.UID
	started *started // nil: it is not
}

// started is a Trace that is recorded.
type started struct {
	calls   *syscalls.Filter
	matcher *matcher
	told    map[string]bool // IDs of containers of whom an event told that they are not recorded
}

// New makes Traces that hold nothing.
func New(config Config) *Traces {
	return &Traces{config: config, held: make(map[types.NamespacedName]*held), unresumed: make(map[types.UID]bool)}
}

func nameOf(trace *v1alpha1.Trace) types.NamespacedName {
	return types.NamespacedName{Namespace: trace.Namespace, Name: trace.Name}
}

// Started are the names of the Traces that are started.
func (t *Traces) Started() []types.NamespacedName {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	var names []types.NamespacedName
	for name, one := range t.held {
		if one.started != nil {
			names = append(names, name)
		}
	}
	return names
}

// IsStarted says whether a Trace is started.
func (t *Traces) IsStarted(trace *v1alpha1.Trace) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.startedOf(trace) != nil
}

// startedOf is what a Trace records; nil: it is not started. The caller holds the mutex.
func (t *Traces) startedOf(trace *v1alpha1.Trace) *started {
	if one := t.held[nameOf(trace)]; one != nil && one.uid == trace.UID {
		return one.started
	}
	return nil
}

// hold returns what a Trace holds, to add to it. The caller holds the mutex.
func (t *Traces) hold(trace *v1alpha1.Trace) *held {
	one := t.held[nameOf(trace)]
	if one == nil || one.uid != trace.UID {
		one = &held{uid: trace.UID}
		t.held[nameOf(trace)] = one
	}
	return one
}

// Release gives back what a Trace holds, whether this agent started it or not, and
// ends its stream. It is for a Trace that is being deleted.
func (t *Traces) Release(trace *v1alpha1.Trace) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if err := t.release(trace.UID); err != nil {
		return err
	}
	return t.forget(nameOf(trace), "")
}

// Forget gives back what Traces of a name hold, but for the one with a UID. It is
// for those that went without their finalizer, or to another node.
func (t *Traces) Forget(name types.NamespacedName, except types.UID) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.forget(name, except)
}

func (t *Traces) forget(name types.NamespacedName, except types.UID) error {
	one := t.held[name]
	if one == nil || one.uid == except {
		return nil
	}
	if err := t.release(one.uid); err != nil {
		return err
	}
	t.config.Streams.Close(stream.ID(name.Namespace, name.Name))
	delete(t.held, name)
	return nil
}

// release removes a claim, if there is one.
func (t *Traces) release(uid types.UID) error {
	delete(t.unresumed, uid)
	if t.config.Unavailable == nil {
		if err := t.config.Recordings.RemoveClaim(string(uid)); err != nil {
			return fmt.Errorf("releasing recordings: %w", err)
		}
	}
	return nil
}
