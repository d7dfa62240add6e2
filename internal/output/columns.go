package output

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"time"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/strace"
)

// columnsFormat is for people: what has a bounded width comes first, the call
// with its result last.
type columnsFormat struct {
	*printer
	// The columns' widths, with the space behind them.
	time, task, comm int

	body, space []byte // scratch
}

// durationWidth is the width of a duration such as 123.4ms, with the space behind it.
const durationWidth = 9

const (
	colourFailed = "\x1b[31m"
	colourSignal = "\x1b[33m"
	colourHeader = "\x1b[1m"
	colourOff    = "\x1b[0m"
)

func (f *columnsFormat) shows(e *event.Event) bool { return straceShows(e) }

// columnSpace is what separates columns.
const columnSpace = 2

// fit makes the columns as wide as the events need, and no narrower than they were.
func (f *columnsFormat) fit(events []*event.Event) {
	task, comm := len("PID"), len("COMM")
	if f.options.Growing {
		task, comm = len("1234567"), commLength
	}
	clock := len("TIME")
	var last *ring.Task
	var lastTID uint32
	var scratch []byte
	for _, e := range events {
		// Consecutive events are mostly of one task.
		if e.Task == last && e.TID == lastTID {
			continue
		}
		last, lastTID = e.Task, e.TID
		scratch = appendTask(scratch[:0], e)
		task = max(task, len(scratch))
		scratch = appendPlain(scratch[:0], e.Task.Comm)
		comm = max(comm, len(scratch))
	}
	if len(events) > 0 {
		for _, e := range []*event.Event{events[0], events[len(events)-1]} {
			scratch = f.appendTime(scratch[:0], e.Start, events[0].Start)
			clock = max(clock, len(scratch))
		}
	}
	f.time = max(f.time, clock+columnSpace)
	f.task = max(f.task, task+columnSpace)
	f.comm = max(f.comm, comm+columnSpace)
}

func (f *columnsFormat) gap(dst []byte) []byte {
	if !f.incomplete() {
		return dst
	}
	dst = f.appendColoured(dst, f.cut(f.appendGap(nil), f.options.Width), colourSignal)
	return append(dst, '\n')
}

func (f *columnsFormat) header(dst []byte) []byte {
	header := appendSpaces([]byte("TIME"), 0, f.time)
	header = appendSpaces(append(header, "PID"...), 0, f.time+f.task)
	header = appendSpaces(append(header, "COMM"...), 0, f.time+f.task+f.comm)
	header = appendSpaces(append(header, "DURATION"...), 0, f.callColumn())
	header = append(header, "CALL"...)
	dst = f.appendColoured(dst, f.cut(header, f.options.Width), colourHeader)
	return append(dst, '\n')
}

// callColumn is the column in which the call begins.
func (f *columnsFormat) callColumn() int { return f.time + f.task + f.comm + durationWidth }

func (f *columnsFormat) append(dst []byte, e *event.Event) []byte {
	start := len(dst)
	dst = appendSpaces(f.appendTime(dst, e.Start, f.previous), start, f.time)
	f.previous = e.Start
	dst = appendSpaces(appendTask(dst, e), start, f.time+f.task)
	dst = appendSpaces(appendPlain(dst, e.Task.Comm), start, f.time+f.task+f.comm)
	if e.Returned() {
		dst = appendDuration(dst, time.Duration(min(e.End-e.Start, math.MaxInt64)))
	}
	dst = appendSpaces(dst, start, f.callColumn())
	// A terminal narrower than the first columns gets a little of the call.
	width := 0
	if f.options.Width > 0 {
		width = max(f.options.Width-f.callColumn(), 20)
	}
	if e.Type == ring.TypeCall {
		dst = f.appendCall(dst, e, width)
	} else {
		f.body = strace.AppendEvent(f.body[:0], e, &f.strace)
		dst = f.appendColoured(dst, f.cut(withoutPID(f.body), width), f.colourOf(e))
	}
	return append(dst, '\n')
}

// appendCall appends a call cut to a width, or whole if that is 0. The result
// says more than the arguments, and is cut only if it is too long by itself.
func (f *columnsFormat) appendCall(dst []byte, e *event.Event, width int) []byte {
	var result []byte
	f.body, f.space, result = appendCall(f.body[:0], f.space[:0], e, &f.strace)
	if result == nil {
		return append(dst, f.cut(f.body, width)...)
	}
	const equals = " = "
	if width > 0 && len(f.body)+len(equals)+len(result) > width {
		if e.Failed() {
			// The error's name is enough: -1 ENOENT.
			result, _, _ = bytes.Cut(result, []byte(" ("))
		}
		// At least half of the line is the call's.
		forResult := max(width-len(f.body), width/2) - len(equals)
		result = f.cut(result, max(forResult, 1))
		forCall := width - len(equals) - len(result)
		if len(f.body) > forCall {
			f.body = append(f.cut(f.body, max(forCall-1, 1)), ')')
		}
	}
	dst = append(dst, f.body...)
	dst = append(dst, equals...)
	return f.appendColoured(dst, result, f.colourOf(e))
}

// cut shortens a text that is wider than the width, and says so. Everything is
// ASCII, so that a byte is a column. It may change the text's bytes.
func (f *columnsFormat) cut(text []byte, width int) []byte {
	const mark = "..."
	if width <= 0 || len(text) <= width {
		return text
	}
	if width <= len(mark) {
		return text[:width]
	}
	return append(text[:width-len(mark)], mark...)
}

func (f *columnsFormat) colourOf(e *event.Event) string {
	switch {
	case e.Failed():
		return colourFailed
	case e.Type == ring.TypeSignal:
		return colourSignal
	case e.Type == ring.TypeExit && e.Exit.Code != 0:
		return colourFailed
	}
	return ""
}

func (f *columnsFormat) appendColoured(dst, text []byte, colour string) []byte {
	if !f.options.Colour || colour == "" {
		return append(dst, text...)
	}
	dst = append(dst, colour...)
	dst = append(dst, text...)
	return append(dst, colourOff...)
}

// appendTask appends the process, and the thread if it is not the first one: 100, 100/101.
func appendTask(dst []byte, e *event.Event) []byte {
	dst = appendUint(dst, uint64(e.Task.PID))
	if e.TID != e.Task.PID {
		dst = appendUint(append(dst, '/'), uint64(e.TID))
	}
	return dst
}

// appendDuration appends a duration in at most eight columns, with three or four digits.
func appendDuration(dst []byte, duration time.Duration) []byte {
	switch {
	case duration < time.Microsecond:
		return append(strconv.AppendInt(dst, int64(duration), 10), "ns"...)
	case duration < time.Millisecond:
		return fmt.Appendf(dst, "%.1fus", float64(duration)/1e3)
	case duration < time.Second:
		return fmt.Appendf(dst, "%.1fms", float64(duration)/1e6)
	case duration < 10000*time.Second:
		return fmt.Appendf(dst, "%.1fs", float64(duration)/1e9)
	default:
		return fmt.Appendf(dst, "%.0fh", duration.Hours())
	}
}
