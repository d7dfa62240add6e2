// Package event joins what a recorder wrote with what it means: it finds each
// call's row in the table of its ABI and puts together what the kernel reports
// in pieces, such as an execve and the image that it started.
package event

import (
	"traceloop/ring"
	"traceloop/syscalls"
)

// Event is one thing that a task did or that befell it.
type Event struct {
	*ring.Record
	// ABI is what the call's number belongs to. Zero for what is no call.
	ABI syscalls.ABI
	// Row is the call's row in the table, that of its variant where one of its
	// arguments makes it one; nil where the number is unknown.
	Row *syscalls.Call
	// Descriptors are what the recording's file descriptors were; nil where
	// nothing is known of any.
	Descriptors *Descriptors
	// Resumes is the row of the call that a restart_syscall goes on with; nil
	// where it began before the recording.
	Resumes *syscalls.Call
	// SupersededBy is, of the exit of a process's leader, the thread whose execve
	// ended it, and which has the leader's ID from then on; zero for other exits.
	SupersededBy uint32
}

// Failed reports whether the event is a call that returned an error, those
// among them that the kernel keeps to itself (ERESTARTSYS and the like).
func (e *Event) Failed() bool {
	return e.Type == ring.TypeCall && e.Returned() && e.Call.Return < 0 && e.Call.Return >= -4095
}

// Returned reports whether the event is a call that has come back.
func (e *Event) Returned() bool {
	return e.Type == ring.TypeCall && (e.Call.State == ring.StateReturned || e.Call.State == ring.StateNoEntry)
}

// Name returns the system call's name, or "" where its number is unknown.
func (e *Event) Name() string {
	if e.Row == nil {
		return ""
	}
	return e.Row.Name
}

// Capture returns the memory behind an argument as it was when the call began
// or, with entry false, when it had ended. Nil says that there is none.
func (e *Event) Capture(argument int, entry bool) *ring.Capture {
	for i := range e.Call.Captures {
		if capture := &e.Call.Captures[i]; int(capture.Argument) == argument && capture.Part == 0 && capture.Entry == entry && capture.Layout != ring.LayoutDescriptor {
			return capture
		}
	}
	return nil
}

// History is a recording's events, in the order of their start, with the
// account of what is not among them.
type History struct {
	Events  []Event
	Account ring.Account
}

// Decode gives a snapshot's records their meaning. Architecture is that of the
// kernel which wrote them, as runtime.GOARCH names it.
func Decode(snapshot *ring.Snapshot, architecture string) *History {
	return decode(snapshot.History(), architecture)
}

func decode(parsed *ring.History, architecture string) *History {
	history := &History{Events: make([]Event, len(parsed.Records)), Account: parsed.Account}
	restoreCallers(parsed.Records, architecture)
	// What a thread did last, by its index: what follows may complete it.
	calls := make(map[uint32]int)
	kills := make(map[uint32]int)
	exits := make(map[uint32]int)
	resumable := make(map[uint32]*syscalls.Call)
	phantom := make(map[int]bool)
	descriptors := &Descriptors{}
	for i := range parsed.Records {
		record := &parsed.Records[i]
		event := &history.Events[i]
		event.Record = record
		switch record.Type {
		case ring.TypeCall:
			event.ABI = syscalls.ABIOf(architecture, record.Call.ABI)
			if row := syscalls.Lookup(event.ABI, record.Call.Number); row != nil {
				event.Row = row.Variant(record.Call.Arguments)
			}
			event.Descriptors = descriptors
			descriptors.add(event)
			calls[record.TID] = i
			delete(exits, record.TID) // another task's, whose number it has
			if event.Name() == "restart_syscall" {
				event.Resumes = resumable[record.TID]
			} else {
				resumable[record.TID] = event.Row
			}
		case ring.TypeExec:
			if call, found := calls[record.Exec.OldTID]; found {
				completeExec(&history.Events[call], event)
			}
			if exit, found := exits[record.TID]; found && record.Exec.OldTID != record.TID {
				history.Events[exit].SupersededBy = record.Exec.OldTID
			}
		case ring.TypeSignal:
			if record.Signal.Number == sigkill {
				kills[record.TID] = i
			} else {
				// It is this signal that a call interrupted itself for.
				delete(calls, record.TID)
			}
		case ring.TypeExit:
			if call, found := calls[record.TID]; found {
				completeExit(&history.Events[call])
			}
			if kill, found := kills[record.TID]; found && record.Exit.Code&0x7f != sigkill {
				phantom[kill] = true
			}
			delete(calls, record.TID)
			delete(kills, record.TID)
			delete(resumable, record.TID)
			exits[record.TID] = i
		}
	}
	descriptors.sort()
	history.drop(phantom)
	return history
}

const sigkill = 9

func isExecve(row *syscalls.Call) bool {
	return row != nil && (row.Name == "execve" || row.Name == "execveat")
}

// restoreCallers gives the execve of a thread that was not its process's leader
// back to it: by the time of the return it has the leader's ID.
func restoreCallers(records []ring.Record, architecture string) {
	for i := range records {
		exec := &records[i]
		if exec.Type != ring.TypeExec || exec.Exec.OldTID == exec.TID {
			continue
		}
		for j := i - 1; j >= 0; j-- {
			call := &records[j]
			if call.Type == ring.TypeCall && call.TID == exec.TID && call.End >= exec.Start &&
				isExecve(syscalls.Lookup(syscalls.ABIOf(architecture, call.Call.ABI), call.Call.Number)) {
				call.TID = exec.Exec.OldTID
				break
			}
		}
	}
}

// drop removes events. The kernel ends the other threads of a process by what
// looks like a SIGKILL to each (kernel/signal.c, get_signal), also where none
// was sent and the process exits by itself.
func (h *History) drop(phantom map[int]bool) {
	if len(phantom) == 0 {
		return
	}
	kept := h.Events[:0]
	for i := range h.Events {
		if !phantom[i] {
			kept = append(kept, h.Events[i])
		}
	}
	h.Events = kept
}

// completeExec gives an execve what only the new image knows.
func completeExec(call, exec *Event) {
	if !isExecve(call.Row) || call.End < exec.Start {
		return
	}
	// A string literal of a fresh program is on no page yet when execve reads
	// it, and gone when it has succeeded.
	path := 0
	if call.Name() == "execveat" {
		path = 1
	}
	if call.Capture(path, true) == nil && call.Capture(path, false) == nil && exec.Exec.Path != "" {
		call.Call.Captures = append(call.Call.Captures, ring.Capture{
			Argument: uint8(path), Layout: ring.LayoutPath, Data: []byte(exec.Exec.Path),
		})
	}
}

// completeExit unmakes the return of a call that was cut short by the end of its
// task: the kernel noted that it is to be restarted, but nobody will.
func completeExit(call *Event) {
	if call.Call.State == ring.StateReturned && call.Call.Return <= -512 && call.Call.Return >= -516 {
		call.Call.State = ring.StateUnfinished
	}
}
