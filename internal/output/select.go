package output

import (
	"slices"
	"time"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/strace"
	"traceloop/syscalls"
)

// Selection chooses which events are printed. The zero Selection chooses all
// but a container's set-up.
type Selection struct {
	// SetUp chooses also what a container's runtime did to set it up.
	SetUp bool
	// Filter chooses among the calls; nil chooses all of them.
	Filter *syscalls.Filter
	// Statuses chooses calls by how they ended. What goes with success, an
	// exec and a fork, goes with it; signals and ends of tasks stay, as with
	// strace's -Z.
	Statuses Set
	// Signals chooses which signals' deliveries are shown.
	Signals Set
	// Paths, if there are any, choose the calls that access one of them.
	// Signals and ends of tasks stay, as with strace's -P.
	Paths []string
	// PIDs, if there are any, choose processes and threads, by the host's numbers.
	PIDs []int
	// Comms, if there are any, choose tasks by their names. The kernel keeps
	// 15 bytes of a name, and no more are compared.
	Comms []string
	// Since, if positive, leaves out what ended earlier than that before the
	// recording's last event.
	Since time.Duration
	// Tail, if positive, leaves only so many events, the last ones.
	Tail int
}

// commLength is how many bytes of a task's name the kernel keeps
// (TASK_COMM_LEN in include/linux/sched.h, less the NUL).
const commLength = 15

// choose returns the chosen ones among the events that are shown, in their order.
func (s *Selection) choose(history *event.History, shows func(*event.Event) bool) []*event.Event {
	oldest := s.oldest(history)
	comms := make([]string, len(s.Comms))
	for i, comm := range s.Comms {
		comms[i] = comm[:min(len(comm), commLength)]
	}
	var chosen []*event.Event
	// From the end, so that a tail is done when it is long enough.
	for i := len(history.Events) - 1; i >= 0; i-- {
		e := &history.Events[i]
		if e.End < oldest || !shows(e) || !s.chooses(e, comms) {
			continue
		}
		chosen = append(chosen, e)
		if s.Tail > 0 && len(chosen) == s.Tail {
			break
		}
	}
	slices.Reverse(chosen)
	return chosen
}

// oldest returns the boot time before which an event is too old.
func (s *Selection) oldest(history *event.History) uint64 {
	if s.Since <= 0 {
		return 0
	}
	var newest uint64
	for i := range history.Events {
		newest = max(newest, history.Events[i].End)
	}
	return newest - min(newest, uint64(s.Since))
}

func (s *Selection) chooses(e *event.Event, comms []string) bool {
	if e.SetUp && !s.SetUp {
		return false
	}
	switch e.Type {
	case ring.TypeCall:
		if !s.Filter.Match(e.Row) || !s.Statuses.has(statusOf(e)) || len(s.Paths) > 0 && !touches(e, s.Paths) {
			return false
		}
	case ring.TypeExec, ring.TypeFork:
		if !s.Statuses.has(StatusSuccessful) || len(s.Paths) > 0 {
			return false
		}
	case ring.TypeSignal:
		if !s.Signals.has(e.Signal.Number) {
			return false
		}
	}
	if len(s.PIDs) > 0 && !slices.Contains(s.PIDs, int(e.Task.PID)) && !slices.Contains(s.PIDs, int(e.TID)) {
		return false
	}
	return len(comms) == 0 || slices.Contains(comms, e.Task.Comm)
}

// statusOf is how a call ended.
func statusOf(e *event.Event) uint32 {
	switch {
	case e.Failed():
		return StatusFailed
	case !e.Returned() && e.Call.State == ring.StateInFlight:
		return StatusDetached
	case !e.Returned() || e.Row != nil && e.Row.Returns == syscalls.KindNever:
		return StatusUnfinished
	}
	return StatusSuccessful
}

// touches says whether a call accesses one of the paths: by a name among its
// arguments, which must be the path to the letter, or by a descriptor that it
// was given or has returned.
func touches(e *event.Event, paths []string) bool {
	for i := range e.Call.Captures {
		c := &e.Call.Captures[i]
		if c.Layout == ring.LayoutPath && !c.Truncated && slices.Contains(paths, string(c.Data)) {
			return true
		}
	}
	if e.Row == nil {
		return false
	}
	accesses := func(index int) bool {
		path, known := strace.DescriptorPath(e, index)
		return known && slices.Contains(paths, path)
	}
	for i := range e.Row.Arguments {
		// AT_FDCWD is no descriptor of the working directory: as with strace,
		// calls that just look up names from there do not access it.
		const workingDirectory = -100
		if int32(strace.Raw(e, i)) != workingDirectory && accesses(i) {
			return true
		}
	}
	return accesses(ring.ReturnArgument)
}
