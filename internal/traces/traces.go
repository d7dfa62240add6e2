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
	"errors"
	"fmt"
	"strings"
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

// Check says what of a specification no operation can work with.
func Check(spec *v1alpha1.TraceSpec) error {
	switch {
	case spec.Gadget != v1alpha1.GadgetName:
		return fmt.Errorf("unknown gadget %.256q: this agent has %q", spec.Gadget, v1alpha1.GadgetName)
	case spec.RunMode != v1alpha1.RunModeManual:
		return fmt.Errorf("runMode %.256q is not supported: want %q", spec.RunMode, v1alpha1.RunModeManual)
	case spec.OutputMode != v1alpha1.OutputModeStatus && spec.OutputMode != v1alpha1.OutputModeStream:
		return fmt.Errorf("outputMode %.256q is not supported: want %q or, to collect, %q",
			spec.OutputMode, v1alpha1.OutputModeStatus, v1alpha1.OutputModeStream)
	}
	return nil
}

// operation is what can be done with a Trace.
type operation struct {
	name string
	mode v1alpha1.OutputMode
	run  func(*Traces, context.Context, *v1alpha1.Trace) (v1alpha1.TraceStatus, error)
}

var operations = []operation{
	{v1alpha1.OperationStart, v1alpha1.OutputModeStatus, (*Traces).start},
	{v1alpha1.OperationCollect, v1alpha1.OutputModeStream, (*Traces).collect},
	{v1alpha1.OperationDelete, v1alpha1.OutputModeStatus, (*Traces).delete},
	{v1alpha1.OperationStop, v1alpha1.OutputModeStatus, (*Traces).stop},
}

// Run carries out an operation and returns the status that the Trace is to have
// then. The Trace's own status is that before. If the operation fails the status
// says why and is otherwise unchanged.
func (t *Traces) Run(ctx context.Context, name string, trace *v1alpha1.Trace) v1alpha1.TraceStatus {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	status, err := t.run(ctx, name, trace)
	if err != nil {
		status = trace.Status
		status.OperationError, status.OperationWarning = cut(err.Error(), maximumError), ""
	}
	return status
}

func (t *Traces) run(ctx context.Context, name string, trace *v1alpha1.Trace) (v1alpha1.TraceStatus, error) {
	if err := Check(&trace.Spec); err != nil {
		return v1alpha1.TraceStatus{}, err
	}
	var names []string
	for _, operation := range operations {
		if operation.name != name {
			names = append(names, operation.name)
			continue
		}
		if trace.Spec.OutputMode != operation.mode {
			return v1alpha1.TraceStatus{}, fmt.Errorf("the operation %q wants outputMode %q, and this Trace has %q", name, operation.mode, trace.Spec.OutputMode)
		}
		return operation.run(t, ctx, trace)
	}
	return v1alpha1.TraceStatus{}, fmt.Errorf("unknown operation %.256q: want one of %s", name, strings.Join(names, ", "))
}

// available says whether something can be recorded.
func (t *Traces) available() error {
	if t.config.Unavailable != nil {
		return fmt.Errorf("nothing can be recorded on node %q: %w", t.config.Node, t.config.Unavailable)
	}
	return nil
}

func (t *Traces) start(ctx context.Context, trace *v1alpha1.Trace) (v1alpha1.TraceStatus, error) {
	if t.startedOf(trace) != nil {
		return v1alpha1.TraceStatus{State: v1alpha1.StateStarted, Output: trace.Status.Output}, nil
	}
	var has []string
	if trace.Status.State == v1alpha1.StateStarted { // and could not be resumed
		has = listed(trace.Status.Output)
	}
	if err := t.claim(ctx, trace, has); err != nil {
		return v1alpha1.TraceStatus{}, err
	}
	delete(t.unresumed, trace.UID)
	return v1alpha1.TraceStatus{State: v1alpha1.StateStarted, Output: emptyOutput}, nil
}

// claim begins to record for a Trace, with the recordings that it has already.
func (t *Traces) claim(ctx context.Context, trace *v1alpha1.Trace, has []string) error {
	if err := t.available(); err != nil {
		return err
	}
	begun, err := t.prepare(trace)
	if err != nil {
		return err
	}
	err = t.config.Recordings.SetClaim(ctx, agent.Claim{Name: string(trace.UID), Match: begun.matcher.match, Calls: begun.calls, Held: has})
	if err != nil {
		return fmt.Errorf("beginning to record: %w", err)
	}
	t.hold(trace).started = begun
	return nil
}

// wrongSpec is an error of what a Trace says, that no second attempt mends.
type wrongSpec struct{ error }

func (w wrongSpec) Unwrap() error { return w.error }

// prepare reads what a Trace says about what is to be recorded.
func (t *Traces) prepare(trace *v1alpha1.Trace) (*started, error) {
	begun := &started{told: make(map[string]bool)}
	if names := trace.Spec.Parameters[v1alpha1.ParameterSyscallFilters]; strings.TrimSpace(names) != "" {
		filter, err := syscalls.ParseFilter(names)
		if err != nil {
			return nil, wrongSpec{fmt.Errorf("the parameter %q is %.256q: %w", v1alpha1.ParameterSyscallFilters, names, err)}
		}
		begun.calls = filter
	}
	var err error
	if begun.matcher, err = newMatcher(trace.Spec.Filter, t.config.Pods); err != nil {
		return nil, wrongSpec{err}
	}
	return begun, nil
}

func (t *Traces) stop(_ context.Context, trace *v1alpha1.Trace) (v1alpha1.TraceStatus, error) {
	// One may be started that could not be resumed.
	if t.startedOf(trace) == nil && trace.Status.State != v1alpha1.StateStarted {
		return v1alpha1.TraceStatus{}, errors.New("this Trace is not started, so it cannot be stopped: the operation \"start\" starts it")
	}
	if err := t.release(trace.UID); err != nil {
		return v1alpha1.TraceStatus{}, err
	}
	t.hold(trace).started = nil
	return v1alpha1.TraceStatus{State: v1alpha1.StateStopped, Output: emptyOutput}, nil
}

func (t *Traces) collect(_ context.Context, trace *v1alpha1.Trace) (v1alpha1.TraceStatus, error) {
	of, recorded, err := t.meant(trace)
	if err != nil {
		return v1alpha1.TraceStatus{}, err
	}
	read, err := t.config.Recordings.ReadClaimed(string(of.uid), recorded.ID)
	if err != nil {
		return v1alpha1.TraceStatus{}, fmt.Errorf("reading the recording of container %q: %w", recorded.ID, err)
	}
	line, err := stream.Line(read, stream.Origin{Node: t.config.Node, Calls: of.started.calls})
	if err == nil {
		err = t.config.Streams.Publish(stream.ID(trace.Namespace, trace.Name), line)
	}
	if err != nil {
		return v1alpha1.TraceStatus{}, fmt.Errorf("publishing the recording of container %q: %w", recorded.ID, err)
	}
	t.hold(trace)
	return t.completed(trace), nil
}

func (t *Traces) delete(_ context.Context, trace *v1alpha1.Trace) (v1alpha1.TraceStatus, error) {
	of, recorded, err := t.meant(trace)
	if err != nil {
		return v1alpha1.TraceStatus{}, err
	}
	if err := t.config.Recordings.Release(string(of.uid), recorded.ID); err != nil {
		return v1alpha1.TraceStatus{}, fmt.Errorf("deleting the recording of container %q: %w", recorded.ID, err)
	}
	return t.completed(trace), nil
}

// completed is the status of a Trace whose operation is done. One that is started
// itself stays so: its recording goes on, and after a restart of the agent too.
func (t *Traces) completed(trace *v1alpha1.Trace) v1alpha1.TraceStatus {
	state := v1alpha1.StateCompleted
	if t.startedOf(trace) != nil {
		state = v1alpha1.StateStarted
	}
	return v1alpha1.TraceStatus{State: state, Output: trace.Status.Output}
}

// TraceNamed is the started Trace that a Trace's parameters name, whose status an
// operation of the other may change.
func TraceNamed(trace *v1alpha1.Trace) (types.NamespacedName, error) {
	given, ok := trace.Spec.Parameters[v1alpha1.ParameterName]
	if !ok {
		return types.NamespacedName{}, fmt.Errorf("the parameter %q is missing: want NAMESPACE/NAME of a started Trace", v1alpha1.ParameterName)
	}
	namespace, name, ok := strings.Cut(given, "/")
	if !ok || namespace == "" || name == "" || strings.Contains(name, "/") {
		return types.NamespacedName{}, fmt.Errorf("the parameter %q is %.256q: want NAMESPACE/NAME of a started Trace", v1alpha1.ParameterName, given)
	}
	return types.NamespacedName{Namespace: namespace, Name: name}, nil
}

// meant finds the started Trace and its recording that a Trace's parameters name.
func (t *Traces) meant(trace *v1alpha1.Trace) (*held, agent.Claimed, error) {
	name, err := TraceNamed(trace)
	if err != nil {
		return nil, agent.Claimed{}, err
	}
	of := t.held[name]
	if of == nil || of.started == nil {
		return nil, agent.Claimed{}, fmt.Errorf("the parameter %q is %.256q: no Trace of this name is started on node %q",
			v1alpha1.ParameterName, name.String(), t.config.Node)
	}
	recorded, err := t.config.Recordings.Claimed(string(of.uid))
	if err != nil {
		return nil, agent.Claimed{}, fmt.Errorf("listing the recordings of Trace %q: %w", name.String(), err)
	}
	id, ok := trace.Spec.Parameters[v1alpha1.ParameterContainerID]
	if !ok || id == "" {
		return nil, agent.Claimed{}, fmt.Errorf("the parameter %q is missing: %s", v1alpha1.ParameterContainerID, choices(name, recorded))
	}
	found, err := find(recorded, id)
	if err != nil {
		return nil, agent.Claimed{}, fmt.Errorf("the parameter %q is %.256q, %w: %s", v1alpha1.ParameterContainerID, id, err, choices(name, recorded))
	}
	return of, found, nil
}

// shortestPrefix is how many characters of an ID stand for it at least: what tools show.
const shortestPrefix = 12

// Why an ID means no recording.
var (
	errNotHeld   = errors.New("which the Trace does not hold")
	errAmbiguous = errors.New("with which several of its recordings begin")
)

// find finds a recording by its ID or, if only one has it, the beginning of one.
func find(recorded []agent.Claimed, id string) (agent.Claimed, error) {
	var found []agent.Claimed
	for _, one := range recorded {
		if one.ID == id {
			return one, nil
		}
		if len(id) >= shortestPrefix && strings.HasPrefix(one.ID, id) {
			found = append(found, one)
		}
	}
	switch len(found) {
	case 0:
		return agent.Claimed{}, errNotHeld
	case 1:
		return found[0], nil
	default:
		return agent.Claimed{}, errAmbiguous
	}
}

// maximumChoices is how many IDs an error names.
const maximumChoices = 20

// choices says which IDs are valid.
func choices(name types.NamespacedName, recorded []agent.Claimed) string {
	if len(recorded) == 0 {
		return fmt.Sprintf("Trace %.256q holds no recordings", name.String())
	}
	var ids []string
	for _, one := range recorded[:min(len(recorded), maximumChoices)] {
		ids = append(ids, printable(one.ID))
	}
	if more := len(recorded) - len(ids); more > 0 {
		ids = append(ids, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("Trace %.256q holds %s", name.String(), strings.Join(ids, ", "))
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
	if t.config.Unavailable != nil {
		return nil
	}
	if err := t.config.Recordings.RemoveClaim(string(uid)); err != nil {
		return fmt.Errorf("releasing recordings: %w", err)
	}
	return nil
}
