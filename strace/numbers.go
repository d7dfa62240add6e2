package strace

import (
	"strconv"

	"traceloop/event"
	"traceloop/syscalls"
)

// appendHex appends a number in hexadecimal; zero is a plain 0.
func appendHex(dst []byte, value uint64) []byte {
	if value == 0 {
		return append(dst, '0')
	}
	dst = append(dst, "0x"...)
	return strconv.AppendUint(dst, value, 16)
}

// appendHexPadded appends 0x and at least the given number of hexadecimal digits.
func appendHexPadded(dst []byte, value uint64, digits int) []byte {
	dst = append(dst, "0x"...)
	for shift := (digits - 1) * 4; shift > 0 && value>>shift == 0; shift -= 4 {
		dst = append(dst, '0')
	}
	return strconv.AppendUint(dst, value, 16)
}

// appendPointer appends an address.
func appendPointer(dst []byte, value uint64) []byte {
	if value == 0 {
		return append(dst, "NULL"...)
	}
	dst = append(dst, "0x"...)
	return strconv.AppendUint(dst, value, 16)
}

func appendInt(dst []byte, value int64) []byte { return strconv.AppendInt(dst, value, 10) }

func appendUint(dst []byte, value uint64) []byte { return strconv.AppendUint(dst, value, 10) }

// appendMode appends a number in octal with at least three digits.
func appendMode(dst []byte, mode uint64, o *Options) []byte {
	switch {
	case mode < 0o10:
		return append(dst, '0', '0', '0'+byte(mode))
	case mode < 0o100:
		return append(dst, '0', '0'+byte(mode>>3), '0'+byte(mode&7))
	}
	dst = append(dst, '0')
	return strconv.AppendUint(dst, mode, 8)
}

func address(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendPointer(dst, register(e, index))
}

func signedInt(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendInt(dst, int64(int32(register(e, index))))
}

func unsignedInt(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendUint(dst, uint64(uint32(register(e, index))))
}

func signedLongArgument(dst []byte, e *event.Event, index int, o *Options) []byte {
	if narrow(e) {
		return appendInt(dst, int64(int32(register(e, index))))
	}
	return appendInt(dst, int64(register(e, index)))
}

func unsignedLong(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendUint(dst, register(e, index))
}

func hexadecimal(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendHex(dst, register(e, index))
}

// wide joins a 64-bit value that a 32-bit ABI passes in two registers, if the
// row says so by the kind of the argument after it.
func wide(e *event.Event, index int) uint64 {
	low := register(e, index)
	if narrow(e) && e.Row != nil && index+1 < len(e.Row.Arguments) && e.Row.Arguments[index+1].Kind == syscalls.KindUpperHalf {
		low |= register(e, index+1) << 32
	}
	return low
}

// offset appends a signed position in a file.
func offset(dst []byte, e *event.Event, index int, o *Options) []byte {
	if narrow(e) && index+1 < len(e.Row.Arguments) && e.Row.Arguments[index+1].Kind == syscalls.KindUpperHalf {
		return appendInt(dst, int64(wide(e, index)))
	}
	return signedLongArgument(dst, e, index, o)
}

// halvedOffset appends a position of which the next argument has the lower half.
func halvedOffset(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendInt(dst, int64(register(e, index)<<32|register(e, index+1)&0xffffffff))
}

func hexOffset(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendHex(dst, wide(e, index))
}

// pageOffset appends mmap2's offset, which strace shows in bytes.
func pageOffset(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendHex(dst, register(e, index)<<12)
}

// identity appends the number of a user or a group; all ones mean none.
func identity(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendIdentity(dst, uint32(register(e, index)), o)
}

func identity16(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := uint16(register(e, index))
	if value == 0xffff {
		return append(dst, "-1"...)
	}
	return appendUint(dst, uint64(value))
}

func appendIdentity(dst []byte, value uint32, o *Options) []byte {
	if value == 0xffffffff {
		return append(dst, "-1"...)
	}
	return appendUint(dst, uint64(value))
}

// How a number is written that a pointer leads to.
type numberForm uint8

const (
	asInt numberForm = iota
	asUint
	asHex
	asPointer
	asIdentity
	asOctal
)

// appendNumber appends size bytes of memory as a number.
func appendNumber(dst, data []byte, size int, form numberForm) []byte {
	var value uint64
	var signed int64
	switch size {
	case 1:
		value = uint64(data[0])
		signed = int64(int8(data[0]))
	case 2:
		value = uint64(little.Uint16(data))
		signed = int64(int16(value))
	case 4:
		value = uint64(little.Uint32(data))
		signed = int64(int32(value))
	default:
		value = little.Uint64(data)
		signed = int64(value)
	}
	switch form {
	case asInt:
		return appendInt(dst, signed)
	case asHex:
		return appendHex(dst, value)
	case asPointer:
		return appendPointer(dst, value)
	case asIdentity:
		if size == 2 && value == 0xffff || size == 4 && value == 0xffffffff {
			return append(dst, "-1"...)
		}
	}
	return appendUint(dst, value)
}

// numberPointer makes a decoder for a pointer to one number: [5], or
// [5 => 7] where the call changed it. Size 0 is the ABI's long, -1 its pointer.
func numberPointer(size int, form numberForm) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		size := numberSize(e, size)
		in, out := bytesOf(before(e, index), size), bytesOf(after(e, index), size)
		if in == nil {
			in, out = out, nil
		}
		if in == nil {
			return appendPointer(dst, register(e, index))
		}
		dst = append(dst, '[')
		dst = appendNumber(dst, in, size, form)
		dst = append(dst, ']')
		if out != nil && succeeded(e) && string(in[:size]) != string(out[:size]) {
			dst = append(dst, " => ["...)
			dst = appendNumber(dst, out, size, form)
			dst = append(dst, ']')
		}
		return dst
	}
}

func numberSize(e *event.Event, size int) int {
	switch size {
	case 0:
		return longSize(e)
	case -1:
		return pointerSize(e)
	}
	return size
}

// numberArray makes a decoder for an array of numbers: [1, 2].
func numberArray(size int, form numberForm) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		size := numberSize(e, size)
		c := memory(e, index)
		if c == nil {
			return appendPointer(dst, register(e, index))
		}
		dst = append(dst, '[')
		count := len(c.Data) / size
		more := c.Truncated
		if limit := o.elements(); count > limit {
			count, more = limit, true
		}
		for i := range count {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendNumber(dst, c.Data[i*size:], size, form)
		}
		return appendArrayEnd(dst, count, more)
	}
}

// appendArrayEnd closes an array, of which there may be more than is shown.
func appendArrayEnd(dst []byte, shown int, more bool) []byte {
	if more {
		if shown > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, "..."...)
	}
	return append(dst, ']')
}

// fdPair appends the two descriptors that pipe and socketpair made.
func fdPair(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := bytesOf(after(e, index), 8)
	if data == nil || !succeeded(e) {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '[')
	dst = appendNewDescriptor(dst, e, int32(little.Uint32(data)), o)
	dst = append(dst, ", "...)
	dst = appendNewDescriptor(dst, e, int32(little.Uint32(data[4:])), o)
	return append(dst, ']')
}
