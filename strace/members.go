package strace

import (
	"traceloop/event"
	"traceloop/syscalls"
)

// A member is a number in a struct. The members of a struct follow each other
// as C lays them out, so that one list is right for all ABIs.
type member struct {
	name string // what stands before the value and its equals sign; empty for one that is not shown
	size int8   // in bytes; ofLong and ofPointer are the ABI's
	form numberForm
	// What the number means, if it is one of these.
	flags *flags
	names *names
	write func(dst []byte, e *event.Event, value uint64, o *Options) []byte
	// text is a member that is so many characters, up to a NUL.
	text bool
	// more is a member that is left out where structs are abbreviated.
	more bool
	end  string // what stands behind the value: it ends a struct in the struct
}

// Sizes of members that the ABI decides.
const (
	ofLong    = 0
	ofPointer = -1
	alignment = -2 // no member, but room up to where a 64-bit number can stand
)

// align is where a number of the size stands that comes after offset bytes: i386
// aligns nothing beyond its longs.
func align(e *event.Event, offset, size int) int {
	if e.ABI == syscalls.I386 {
		size = min(size, 4)
	}
	return (offset + size - 1) &^ (size - 1)
}

// place is where the member stands that comes after offset bytes, and where it ends.
func (m *member) place(e *event.Event, offset int) (at, end int) {
	if m.size == alignment {
		offset = align(e, offset, 8)
		return offset, offset
	}
	size := numberSize(e, int(m.size))
	if !m.text {
		offset = align(e, offset, size)
	}
	return offset, offset + size
}

// membersSize is how many bytes the members take that are shown in any case.
func membersSize(e *event.Event, members []member) int {
	offset, end := 0, 0
	for i := range members {
		_, offset = members[i].place(e, offset)
		if members[i].name != "" && !members[i].more {
			end = offset
		}
	}
	return end
}

// appendMembers appends the members without the struct's braces, and what says
// that there are more: those that are abbreviated, or were not captured.
func appendMembers(dst []byte, e *event.Event, data []byte, members []member, o *Options) []byte {
	offset, joined, more := 0, false, false
	for i := range members {
		m := &members[i]
		at, past := m.place(e, offset)
		offset = past
		switch {
		case m.name == "":
			continue
		case offset > len(data), m.more && !o.unabbreviated():
			more = true
			continue
		}
		if joined {
			dst = append(dst, ", "...)
		}
		joined = true
		dst = append(dst, m.name...)
		dst = append(dst, '=')
		dst = m.append(dst, e, data[at:offset], o)
		dst = append(dst, m.end...)
	}
	if more {
		if joined {
			dst = append(dst, ", "...)
		}
		dst = append(dst, "..."...)
	}
	return dst
}

// append appends the member's value, which is all of data.
func (m *member) append(dst []byte, e *event.Event, data []byte, o *Options) []byte {
	switch {
	case m.text:
		return appendCharacters(dst, data, o)
	case m.flags != nil:
		return m.flags.appendTo(dst, number(data), o)
	case m.names != nil:
		return m.names.appendTo(dst, number(data), o)
	case m.write != nil:
		return m.write(dst, e, number(data), o)
	}
	return appendNumber(dst, data, len(data), m.form)
}

// number reads an unsigned number of 1, 2, 4 or 8 bytes.
func number(data []byte) uint64 {
	switch len(data) {
	case 1:
		return uint64(data[0])
	case 2, 4, 8:
		return field(data, 0, len(data))
	}
	return 0
}

// structPointer makes a decoder for a pointer to a struct of these members.
func structPointer(members []member) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		return appendStructure(dst, e, index, memoryOf(e, index), members, o)
	}
}

// memoryOf is what was captured of an argument's memory, nil if nothing.
func memoryOf(e *event.Event, index int) []byte {
	c := memory(e, index)
	if c == nil {
		return nil
	}
	return c.Data
}

// appendStructure appends an argument's struct, or its address where less than
// its members was captured.
func appendStructure(dst []byte, e *event.Event, index int, data []byte, members []member, o *Options) []byte {
	if data == nil || len(data) < membersSize(e, members) {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '{')
	dst = appendMembers(dst, e, data, members, o)
	return append(dst, '}')
}

// flagsPointer makes a decoder for a pointer to size bytes of flags: [A|B].
func flagsPointer(size int, table *flags) decoder {
	return indirect(size, func(dst []byte, e *event.Event, value uint64, o *Options) []byte {
		return table.appendTo(dst, value, o)
	})
}

// namesPointer makes a decoder for a pointer to a number of size bytes that has a name: [A].
func namesPointer(size int, table *names) decoder {
	return indirect(size, func(dst []byte, e *event.Event, value uint64, o *Options) []byte {
		return table.appendTo(dst, value, o)
	})
}

// indirect makes a decoder for a pointer to one number, which write appends.
func indirect(size int, write func(dst []byte, e *event.Event, value uint64, o *Options) []byte) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		size := numberSize(e, size)
		data := structure(e, index, size)
		if data == nil {
			return appendPointer(dst, register(e, index))
		}
		dst = append(dst, '[')
		dst = write(dst, e, number(data[:size]), o)
		return append(dst, ']')
	}
}

// descriptorMember appends a struct's file descriptor.
func descriptorMember(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	return appendDescriptor(dst, e, int32(value), o)
}

// signalMember appends a struct's signal.
func signalMember(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	return appendSignal(dst, uint32(value), o)
}

// longArgument decodes an argument as wide as a long, of which all counts.
func (n *names) longArgument(dst []byte, e *event.Event, index int, o *Options) []byte {
	return n.appendTo(dst, register(e, index), o)
}
