package strace

import (
	"traceloop/event"
	"traceloop/ring"
)

// A slot is a member of a struct at a known place, the same in all ABIs that
// share the table. Tables of them are what the structs of many members are; a
// program may give less of one than there is.
type slot struct {
	name         string
	offset, size int
	append       slotForm
	// since is how many bytes of the struct a program without the slot gave:
	// it is shown if there are more.
	since int
}

// A slotForm appends a slot's value, whose upper bits are zero if the slot is narrow.
type slotForm func(dst []byte, e *event.Event, value uint64, o *Options) []byte

// appendSlots appends the slots of which the struct, given by its bytes, has
// some, name=value and a comma between. What the bytes lack of the last one is zero.
func appendSlots(dst []byte, e *event.Event, data []byte, slots []slot, o *Options) []byte {
	shown := false
	for i := range slots {
		f := &slots[i]
		if f.since > 0 && len(data) <= f.since {
			continue
		}
		if shown {
			dst = append(dst, ", "...)
		}
		shown = true
		dst = append(dst, f.name...)
		dst = append(dst, '=')
		dst = f.append(dst, e, load(data, f.offset, f.size), o)
	}
	return dst
}

// appendSlotStruct appends such a struct in its braces.
func appendSlotStruct(dst []byte, e *event.Event, data []byte, slots []slot, o *Options) []byte {
	dst = append(dst, '{')
	dst = appendSlots(dst, e, data, slots, o)
	return append(dst, '}')
}

// slotStruct makes a decoder for a pointer to a struct of at least so many bytes.
func slotStruct(slots []slot, size int) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		data := structure(e, index, size)
		if data == nil {
			return appendPointer(dst, register(e, index))
		}
		return appendSlotStruct(dst, e, data, slots, o)
	}
}

// load reads a number of so many bytes; those beyond the data are zero.
func load(data []byte, offset, size int) uint64 {
	var value uint64
	for i := range size {
		if offset+i < len(data) {
			value |= uint64(data[offset+i]) << (8 * i)
		}
	}
	return value
}

// The forms of numbers without names.

func slotUint(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	return appendUint(dst, value)
}

func slotInt16(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	return appendInt(dst, int64(int16(value)))
}

func slotInt32(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	return appendInt(dst, int64(int32(value)))
}

func slotInt64(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	return appendInt(dst, int64(value))
}

func slotHex(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	return appendHex(dst, value)
}

func slotPointer(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	return appendPointer(dst, value)
}

func slotDescriptor(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	return appendDescriptor(dst, e, int32(value), o)
}

func slotIdentity(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	return appendIdentity(dst, uint32(value), o)
}

func slotMode(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	return appendMode(dst, value, o)
}

func (f *flags) slot(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	return f.appendTo(dst, value, o)
}

func (n *names) slot(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	return n.appendTo(dst, value, o)
}

// appendMore appends what stands for the bytes of a struct behind its known
// slots, from the offset on, if one of them is not zero: an ellipsis, or the
// bytes if o says so.
func appendMore(dst, data []byte, offset int, o *Options) []byte {
	if len(data) <= offset || allZero(data[offset:]) {
		return dst
	}
	if !o.unabbreviated() {
		return append(dst, ", ..."...)
	}
	dst = append(dst, ", extra_data=\""...)
	for _, c := range data[offset:] {
		dst = append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
	}
	dst = append(dst, "\" /* bytes "...)
	dst = appendUint(dst, uint64(offset))
	dst = append(dst, ".."...)
	dst = appendUint(dst, uint64(len(data)-1))
	return append(dst, " */"...)
}

// hexadecimal32 appends a 32-bit argument in hexadecimal.
func hexadecimal32(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendHex(dst, uint64(uint32(register(e, index))))
}

// partAt is the part of the capture that stands at the pointer, which has 64 bits
// in every ABI: the upper ones, with which there is no such memory in a 32-bit
// one, were not looked at when the part was captured.
func partAt(e *event.Event, c *ring.Capture, number uint8, pointer uint64) *ring.Capture {
	if narrow(e) && pointer>>32 != 0 {
		return nil
	}
	return partOf(e, c, number)
}
