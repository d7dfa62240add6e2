package output

import (
	"bytes"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/strace"
)

// straceFormat is what strace -f -o FILE writes.
type straceFormat struct {
	*printer
	line []byte // scratch
}

func (*straceFormat) header(dst []byte) []byte { return dst }

// gap appends the gap, if there is one, in the form that strace gives to
// what is no call ("PID --- stopped by SIGSTOP ---"): scripts that read strace
// pass over such lines, while a comment would be a line of no known form.
func (f *straceFormat) gap(dst []byte) []byte {
	if !f.incomplete() {
		return dst
	}
	var pid uint32
	boot := f.account.CompleteSince
	if f.first != nil {
		pid = f.first.TID
		boot = max(boot, f.first.Start)
	}
	dst = f.appendPrefix(dst, pid, boot)
	dst = append(dst, "--- "...)
	dst = f.appendGap(dst)
	return append(dst, " ---\n"...)
}

func (f *straceFormat) shows(e *event.Event) bool { return straceShows(e) }

// straceShows says whether strace has a line for such events. An exec and a
// fork are seen by their calls; a SIGKILL, which nobody can trace, by the
// task's end. The kernel also tells of a SIGKILL to each other thread of a
// process that exits (get_signal in kernel/signal.c), which is none.
func straceShows(e *event.Event) bool {
	const killed = 9
	switch e.Type {
	case ring.TypeCall, ring.TypeExit:
		return true
	case ring.TypeSignal:
		return e.Signal.Number != killed
	}
	return false
}

// appendPrefix appends what stands before the event itself.
func (f *straceFormat) appendPrefix(dst []byte, pid uint32, boot uint64) []byte {
	start := len(dst)
	dst = append(appendUint(dst, uint64(pid)), ' ')
	dst = appendSpaces(dst, start, 6)
	if f.timed() {
		dst = append(f.appendTime(dst, boot, f.previous), ' ')
		f.previous = boot
	}
	return dst
}

// timed says whether a time stands before each line.
func (f *straceFormat) timed() bool {
	return f.options.Timestamps != TimestampsDefault || f.options.Relative
}

func (f *straceFormat) append(dst []byte, e *event.Event) []byte {
	start := len(dst)
	if !f.timed() {
		dst = strace.AppendEvent(dst, e, &f.strace)
	} else {
		dst = f.appendTimed(dst, e)
	}
	if len(dst) == start {
		return dst
	}
	if f.options.Durations && e.Returned() {
		dst = append(dst, " <"...)
		dst = append(appendSeconds(dst, e.End-e.Start, 0), '>')
	}
	return append(dst, '\n')
}

// appendTimed appends an event's line with its time, which strace counts when
// it pads the line.
func (f *straceFormat) appendTimed(dst []byte, e *event.Event) []byte {
	start := len(dst)
	dst = f.appendPrefix(dst, e.TID, e.Start)
	if e.Type == ring.TypeCall {
		return strace.AppendCallInLine(dst, start, e, &f.strace)
	}
	f.line = strace.AppendEvent(f.line[:0], e, &f.strace)
	return append(dst, withoutPID(f.line)...)
}

// appendCall appends a call as strace writes it, without padding, to call, and
// what stands behind the equals sign to space. Result is nil if the call has
// no equals sign, because it is going on.
func appendCall(call, space []byte, e *event.Event, options *strace.Options) (line, newSpace, result []byte) {
	call = strace.AppendCall(call, e, options)
	if e.Call.State == ring.StateInFlight {
		return call, space, nil
	}
	start := len(space)
	space = strace.AppendReturn(space, e, options)
	result = space[start:]
	call = bytes.TrimSuffix(call, result)
	call = bytes.TrimSuffix(call, []byte("= "))
	return bytes.TrimRight(call, " "), space, result
}

// withoutPID cuts the number and its padding off a line.
func withoutPID(line []byte) []byte {
	_, rest, _ := bytes.Cut(line, []byte{' '})
	return bytes.TrimLeft(rest, " ")
}
