package traces

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"traceloop/api/gadget/v1alpha1"
	"traceloop/internal/agent"
	"traceloop/internal/stream"
	"traceloop/syscalls"
)

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
	line, err := stream.Line(read, stream.Origin{Node: t.config.Node, MountNamespace: recorded.MountNamespace, Calls: of.started.calls})
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
