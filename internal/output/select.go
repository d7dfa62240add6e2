package output

import (
	"slices"
	"time"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/syscalls"
)

// Selection chooses which events are printed. The zero Selection chooses all.
type Selection struct {
	// Filter chooses among the calls; nil chooses all of them.
	Filter *syscalls.Filter
	// Failed leaves out the calls that succeeded or have not returned, and
	// what goes with success. Signals and ends of tasks stay, as with
	// strace's -Z.
	Failed bool
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
	switch e.Type {
	case ring.TypeCall:
		if !s.Filter.Match(e.Row) || s.Failed && !e.Failed() {
			return false
		}
	case ring.TypeExec, ring.TypeFork:
		if s.Failed {
			return false
		}
	}
	if len(s.PIDs) > 0 && !slices.Contains(s.PIDs, int(e.Task.PID)) && !slices.Contains(s.PIDs, int(e.TID)) {
		return false
	}
	return len(comms) == 0 || slices.Contains(comms, e.Task.Comm)
}
