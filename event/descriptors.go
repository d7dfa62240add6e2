package event

import (
	"cmp"
	"slices"

	"traceloop/ring"
)

// Descriptors knows what the file descriptors of a recording's processes were
// at any time. A recording has what one is at least once, when a call uses it,
// and again before that is overwritten; calls that make, close or change
// descriptors tell the rest.
type Descriptors struct {
	of map[holder][]moment
}

// holder is a process's number for an open file. The threads of a process share
// its numbers (those that do not, of clone without CLONE_FILES, are rare).
type holder struct {
	pid    uint32
	number int32
}

// moment is from when on a descriptor was something.
type moment struct {
	time uint64
	data []byte // of the capture; nil: it was closed
	made bool   // it was nothing, or something else, before
}

// At returns what a process's descriptor was at a time (CLOCK_BOOTTIME,
// nanoseconds); false if the recording does not tell or if it was nothing.
func (d *Descriptors) At(pid uint32, number int32, time uint64) (ring.Descriptor, bool) {
	moments, next := d.find(pid, number, time)
	if next > 0 {
		return parse(moments[next-1])
	}
	return unless(moments, next)
}

// made is At for what a call returned or received: what closed its number
// before is not what it is.
func (d *Descriptors) made(pid uint32, number int32, time uint64) (ring.Descriptor, bool) {
	moments, next := d.find(pid, number, time)
	if next > 0 && moments[next-1].data != nil {
		return parse(moments[next-1])
	}
	return unless(moments, next)
}

// find returns a descriptor's moments and how many of them are not after the time.
func (d *Descriptors) find(pid uint32, number int32, time uint64) (moments []moment, next int) {
	if d == nil {
		return nil, 0
	}
	moments = d.of[holder{pid, number}]
	next, _ = slices.BinarySearchFunc(moments, time, func(m moment, time uint64) int {
		if m.time <= time {
			return -1
		}
		return 1
	})
	return moments, next
}

// unless is what the next moment tells of the time before it, unless it began something.
func unless(moments []moment, next int) (ring.Descriptor, bool) {
	if next == len(moments) || moments[next].made {
		return ring.Descriptor{}, false
	}
	return parse(moments[next])
}

func parse(m moment) (ring.Descriptor, bool) {
	descriptor, ok := ring.ParseDescriptor(m.data)
	return descriptor, ok && descriptor.Open
}

// Descriptor returns what a file descriptor was when the call began; false if
// the recording does not tell or if it was nothing.
func (e *Event) Descriptor(number int32) (ring.Descriptor, bool) {
	return e.Descriptors.At(e.Task.PID, number, e.Start)
}

// NewDescriptor returns what a file descriptor is that the call made.
func (e *Event) NewDescriptor(number int32) (ring.Descriptor, bool) {
	return e.Descriptors.made(e.Task.PID, number, e.End)
}

// add notes what a call's captures and its success say of descriptors.
func (d *Descriptors) add(e *Event) {
	captures := e.Call.Captures
	for i := range captures {
		c := &captures[i]
		if c.Layout != ring.LayoutDescriptor || len(c.Data) < 4 {
			continue
		}
		m := moment{time: e.Start, data: c.Data}
		switch {
		case c.Argument == ring.ReturnArgument:
			m.time, m.made = e.End, true
		case e.Row == nil || int(c.Argument) >= len(e.Row.Arguments):
		default:
			memory := &e.Row.Arguments[c.Argument].Memory
			switch {
			case memory.When == ring.WhenInOut && memory.Layout != ring.LayoutNone && !c.Entry:
				m.time, m.made = e.End, true // received by recvmsg(2)
			case memory.When != ring.WhenOut:
			case memory.Layout != ring.LayoutNone:
				m.time, m.made = e.End, true // pipe(2)'s
			case last(captures[i+1:], c.Argument):
				m.time = e.End // the call changed it
			}
		}
		descriptor, _ := ring.ParseDescriptor(c.Data)
		d.note(e, descriptor.Number, m)
	}
	d.addDuplicate(e)
	if e.Row != nil && e.Row.Name == "close" && e.Returned() && !e.Failed() && len(e.Call.Arguments) > 0 {
		d.note(e, int32(e.Call.Arguments[0]), moment{time: e.End})
	}
}

// addDuplicate gives the number that a call such as dup(2) returned what the
// first one was, unless it is described itself.
func (d *Descriptors) addDuplicate(e *Event) {
	if e.Row == nil || !e.Row.Duplicates() || !e.Returned() || e.Failed() || len(e.Call.Arguments) == 0 || e.Task == nil {
		return
	}
	for i := range e.Call.Captures {
		if c := &e.Call.Captures[i]; c.Layout == ring.LayoutDescriptor && c.Argument == ring.ReturnArgument {
			return
		}
	}
	// The moments are not in order yet, but nearly: calls are added by their start.
	moments := d.of[holder{e.Task.PID, int32(e.Call.Arguments[0])}]
	newest := moment{}
	for i := len(moments) - 1; i >= 0 && i >= len(moments)-8; i-- {
		if m := moments[i]; m.time <= e.Start && m.time >= newest.time {
			newest = m
		}
	}
	if newest.data != nil {
		d.note(e, int32(e.Call.Return), moment{time: e.End, data: newest.data, made: true})
	}
}

// last says whether no further capture is of the argument's descriptor.
func last(captures []ring.Capture, argument uint8) bool {
	return !slices.ContainsFunc(captures, func(c ring.Capture) bool {
		return c.Layout == ring.LayoutDescriptor && c.Argument == argument
	})
}

func (d *Descriptors) note(e *Event, number int32, m moment) {
	if e.Task == nil {
		return
	}
	key := holder{e.Task.PID, number}
	if d.of == nil {
		d.of = make(map[holder][]moment)
	}
	d.of[key] = append(d.of[key], m)
}

// sort puts the moments in order: calls were added by their start.
func (d *Descriptors) sort() {
	for _, moments := range d.of {
		slices.SortStableFunc(moments, func(a, b moment) int { return cmp.Compare(a.time, b.time) })
	}
}
