// Package tracestest has recordings without a kernel, for tests of what uses them.
package tracestest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"traceloop/api/gadget/v1alpha1"
	"traceloop/internal/agent"
	"traceloop/internal/containers"
	"traceloop/recording"
)

// UID is that of the Traces that Trace makes.
func UID(name string) types.UID { return types.UID("uid-of-" + name) }

// Trace makes a Trace of the node "node-1" in the namespace "shop".
func Trace(name string, mode v1alpha1.OutputMode) *v1alpha1.Trace {
	trace := &v1alpha1.Trace{}
	trace.Namespace, trace.Name, trace.UID = "shop", name, UID(name)
	trace.Spec = v1alpha1.TraceSpec{
		Node: "node-1", Gadget: v1alpha1.GadgetName, RunMode: v1alpha1.RunModeManual, OutputMode: mode,
	}
	return trace
}

// ID makes a container's ID of a letter.
func ID(letter string) string { return strings.Repeat(letter, 64) }

// Container makes one of a pod in the namespace "shop". Its ID is of the letter.
func Container(letter, pod, name string) containers.Container {
	return containers.Container{
		ID: ID(letter), Name: name, Runtime: "containerd", Namespace: "shop", Pod: pod, PodUID: "uid-of-" + pod, ContainerName: name,
	}
}

// Recordings are recordings of containers that a test starts. Whoever claims a
// container has its recording at once.
type Recordings struct {
	changed chan struct{}

	mutex      sync.Mutex
	claims     map[string]agent.Claim
	containers []agent.Claimed
	unrecorded []agent.Unrecorded
	released   map[string]bool // by claim and ID
	failures   map[string]error
	calls      []string
	reading    func(id string) *recording.Recording
}

// New makes Recordings without containers.
func New() *Recordings {
	return &Recordings{
		changed: make(chan struct{}, 1), claims: make(map[string]agent.Claim), released: make(map[string]bool), failures: make(map[string]error),
	}
}

// Start starts a container. Each is a minute younger than the one before.
func (r *Recordings) Start(c containers.Container) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	started := time.Unix(1_790_000_000, 0).Add(time.Duration(len(r.containers)) * time.Minute)
	r.containers = append(r.containers, agent.Claimed{ID: c.ID, Container: c, Running: true, Started: started})
	r.wake()
}

// Miss starts a container that is not recorded.
func (r *Recordings) Miss(c containers.Container, reason string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.unrecorded = append(r.unrecorded, agent.Unrecorded{Container: c, Reason: reason})
	r.wake()
}

// EndMissing has all containers that are not recorded exit.
func (r *Recordings) EndMissing() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.unrecorded = nil
	r.wake()
}

// Fail has a method, such as "SetClaim", fail from now on; nil: work again.
func (r *Recordings) Fail(method string, err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.failures[method] = err
}

// Read sets what recordings hold.
func (r *Recordings) Read(reading func(id string) *recording.Recording) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.reading = reading
}

// Calls are the changes that were asked for since the last time, such as "SetClaim uid".
func (r *Recordings) Calls() []string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	calls := r.calls
	r.calls = nil
	return calls
}

// Claim returns a claim that is set.
func (r *Recordings) Claim(name string) (agent.Claim, bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	claim, ok := r.claims[name]
	return claim, ok
}

// wake says that something changed. The caller holds the mutex.
func (r *Recordings) wake() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// note notes a call and returns how it fails. The caller holds the mutex.
func (r *Recordings) note(method, arguments string) error {
	r.calls = append(r.calls, strings.TrimSpace(method+" "+arguments))
	return r.failures[method]
}

// ClaimsChanged is as the agent's.
func (r *Recordings) ClaimsChanged() <-chan struct{} { return r.changed }

// SetClaim is as the agent's.
func (r *Recordings) SetClaim(_ context.Context, claim agent.Claim) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if err := r.note("SetClaim", claim.Name); err != nil {
		return err
	}
	r.claims[claim.Name] = claim
	r.wake()
	return nil
}

// RemoveClaim is as the agent's.
func (r *Recordings) RemoveClaim(name string) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if err := r.note("RemoveClaim", name); err != nil {
		return err
	}
	delete(r.claims, name)
	return nil
}

// CompleteClaims is as the agent's.
func (r *Recordings) CompleteClaims() error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.note("CompleteClaims", "")
}

// Claimed is as the agent's.
func (r *Recordings) Claimed(name string) ([]agent.Claimed, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.claimed(name), r.failures["Claimed"]
}

func (r *Recordings) claimed(name string) (all []agent.Claimed) {
	claim, ok := r.claims[name]
	if !ok {
		return nil
	}
	for _, one := range r.containers {
		if wanted, known := claim.Match(&one.Container); wanted && known && !r.released[name+" "+one.ID] {
			all = append(all, one)
		}
	}
	return all
}

// Unrecorded is as the agent's.
func (r *Recordings) Unrecorded(name string) (all []agent.Unrecorded, err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	claim, ok := r.claims[name]
	if !ok {
		return nil, r.failures["Unrecorded"]
	}
	for _, one := range r.unrecorded {
		if wanted, known := claim.Match(&one.Container); wanted && known {
			all = append(all, one)
		}
	}
	return all, r.failures["Unrecorded"]
}

// ReadClaimed is as the agent's.
func (r *Recordings) ReadClaimed(name, id string) (*recording.Recording, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if err := r.note("ReadClaimed", name+" "+id); err != nil {
		return nil, err
	}
	if !r.has(name, id) {
		return nil, fmt.Errorf("claim %s has no recording %s", name, id)
	}
	if r.reading != nil {
		return r.reading(id), nil
	}
	return &recording.Recording{Architecture: "amd64"}, nil
}

func (r *Recordings) has(name, id string) bool {
	return slices.ContainsFunc(r.claimed(name), func(one agent.Claimed) bool { return one.ID == id })
}

// Release is as the agent's.
func (r *Recordings) Release(name, id string) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if err := r.note("Release", name+" "+id); err != nil {
		return err
	}
	if !r.has(name, id) {
		return fmt.Errorf("claim %s has no recording %s", name, id)
	}
	r.released[name+" "+id] = true
	r.wake()
	return nil
}
