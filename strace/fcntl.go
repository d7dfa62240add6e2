package strace

import (
	"traceloop/event"
	"traceloop/syscalls"
)

// fileLock makes a decoder for struct flock, whose positions have the given
// size, 0 for the ABI's long. found is one that the call wrote: it says whose
// lock it is.
func fileLock(size int, found bool) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		size := numberSize(e, size)
		// arm aligns 64-bit numbers, i386 does not.
		start := 4
		if size == 8 && e.ABI != syscalls.I386 {
			start = 8
		}
		data := structure(e, index, start+2*size+4)
		if data == nil {
			return appendPointer(dst, register(e, index))
		}
		dst = append(dst, "{l_type="...)
		dst = lockTypes.appendTo(dst, uint64(little.Uint16(data)), o)
		dst = append(dst, ", l_whence="...)
		dst = seekWhence.appendTo(dst, uint64(little.Uint16(data[2:])), o)
		dst = append(dst, ", l_start="...)
		dst = appendInt(dst, signedLong(data, start, size))
		dst = append(dst, ", l_len="...)
		dst = appendInt(dst, signedLong(data, start+size, size))
		if found {
			dst = append(dst, ", l_pid="...)
			dst = appendInt(dst, signedLong(data, start+2*size, 4))
		}
		return append(dst, '}')
	}
}

// registerNumber appends a number that strace takes for one of 64 bits with a
// sign: a negative one of a 32-bit ABI has none.
func registerNumber(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendInt(dst, int64(register(e, index)))
}

// wideNumber appends a number of 64 bits on every ABI.
func wideNumber(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendUint(dst, wide(e, index))
}

// fileOwner appends struct f_owner_ex (include/uapi/asm-generic/fcntl.h).
var fileOwner = structPointer([]member{{name: "type", size: 4, names: &ownerTypes}, {name: "pid", size: 4, form: asInt}})

// include/uapi/linux/fcntl.h
var writeHints = names{unknown: "RWH_WRITE_LIFE_???", names: []entry{
	{0, "RWH_WRITE_LIFE_NOT_SET"},
	{1, "RWH_WRITE_LIFE_NONE"},
	{2, "RWH_WRITE_LIFE_SHORT"},
	{3, "RWH_WRITE_LIFE_MEDIUM"},
	{4, "RWH_WRITE_LIFE_LONG"},
	{5, "RWH_WRITE_LIFE_EXTREME"},
}}
