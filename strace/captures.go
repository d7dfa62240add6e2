package strace

import (
	"encoding/binary"
	"iter"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/syscalls"
)

// little is the byte order of every supported architecture.
var little = binary.LittleEndian

// narrow says whether the call came through a 32-bit ABI: its longs,
// pointers and registers have 32 bits.
func narrow(e *event.Event) bool {
	return e.ABI == syscalls.I386 || e.ABI == syscalls.ARM
}

// pointerSize is the size of a pointer in the call's ABI.
func pointerSize(e *event.Event) int { return e.ABI.PointerSize() }

// longSize is the size of a long in a struct of the call's ABI.
func longSize(e *event.Event) int { return e.ABI.LongSize() }

// register is the raw argument; an argument that the record lacks is 0.
func register(e *event.Event, index int) uint64 {
	if uint(index) >= uint(len(e.Call.Arguments)) {
		return 0
	}
	value := e.Call.Arguments[index]
	if narrow(e) {
		value = uint64(uint32(value))
	}
	return value
}

// result is what the call returned, as a signed number of the ABI's width.
func result(e *event.Event) int64 {
	if narrow(e) {
		return int64(int32(e.Call.Return))
	}
	return e.Call.Return
}

// returned says whether the call came back to the program with a value.
func returned(e *event.Event) bool {
	return e.Call.State == ring.StateReturned || e.Call.State == ring.StateNoEntry
}

// succeeded says whether the call came back without an error.
func succeeded(e *event.Event) bool {
	if !returned(e) {
		return false
	}
	value := result(e)
	return value >= 0 || value < -maxErrno
}

// before finds what was captured of an argument's memory as the call found it.
func before(e *event.Event, index int) *ring.Capture {
	var late *ring.Capture
	for i := range e.Call.Captures {
		c := &e.Call.Captures[i]
		if int(c.Argument) != index || c.Part != 0 || c.Layout == ring.LayoutDescriptor {
			continue
		}
		if c.Entry {
			return c
		}
		late = c
	}
	// Memory that the call overwrites tells nothing of what was there, unless
	// the call had no such plan (WhenIn is read when the call has ended).
	if late != nil && e.Row != nil && index < len(e.Row.Arguments) {
		switch e.Row.Arguments[index].Memory.When {
		case ring.WhenInOut, ring.WhenAround:
			return nil
		}
	}
	return late
}

// after finds what was captured of an argument's memory as the call left it.
func after(e *event.Event, index int) *ring.Capture {
	for i := range e.Call.Captures {
		c := &e.Call.Captures[i]
		if int(c.Argument) == index && c.Part == 0 && !c.Entry && c.Layout != ring.LayoutDescriptor {
			return c
		}
	}
	return nil
}

// memory finds the capture that belongs into the argument's place in the
// line: what the call was given, or, where it only writes, what it wrote.
func memory(e *event.Event, index int) *ring.Capture {
	if c := before(e, index); c != nil {
		return c
	}
	return after(e, index)
}

// elements are the captures of an argument whose elements are captured one by
// one, each followed by its parts, as the call found them or as it left them.
func elements(e *event.Event, index int, entry bool) iter.Seq[*ring.Capture] {
	return func(yield func(*ring.Capture) bool) {
		for i := range e.Call.Captures {
			c := &e.Call.Captures[i]
			if int(c.Argument) == index && c.Part == 0 && c.Entry == entry && c.Layout != ring.LayoutDescriptor && !yield(c) {
				return
			}
		}
	}
}

// partOf finds memory that the capture, one of the call's, points to: the part of
// that number. It is nil if it was not captured: the pointer is NULL or bad, or
// the record was full.
func partOf(e *event.Event, c *ring.Capture, number uint8) *ring.Capture {
	captures := e.Call.Captures
	for i := range captures {
		if &captures[i] != c {
			continue
		}
		for j := i + 1; j < len(captures) && captures[j].Part != 0; j++ {
			if captures[j].Part == number {
				return &captures[j]
			}
		}
	}
	return nil
}

// bytesOf is the capture's memory if there are at least size bytes of it.
func bytesOf(c *ring.Capture, size int) []byte {
	if c == nil || len(c.Data) < size {
		return nil
	}
	return c.Data
}

// structure is the memory of an argument if at least size bytes were captured.
func structure(e *event.Event, index, size int) []byte {
	return bytesOf(memory(e, index), size)
}

// long reads a long at the offset. The caller has checked the length.
func long(data []byte, offset, size int) uint64 {
	if size == 4 {
		return uint64(little.Uint32(data[offset:]))
	}
	return little.Uint64(data[offset:])
}

// signedLong reads a signed long at the offset. The caller has checked the length.
func signedLong(data []byte, offset, size int) int64 {
	if size == 4 {
		return int64(int32(little.Uint32(data[offset:])))
	}
	return int64(little.Uint64(data[offset:]))
}
