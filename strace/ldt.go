package strace

import "traceloop/event"

// userDescriptor appends struct user_desc (arch/x86/include/uapi/asm/ldt.h).
func userDescriptor(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 16)
	if data == nil || e.Row.Name == "modify_ldt" && register(e, index+1) != 16 {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '{')
	dst = appendEntryNumber(dst, data)
	if e.Row.Name == "get_thread_area" {
		got := bytesOf(after(e, index), 16)
		if got == nil || !succeeded(e) {
			return append(dst, ", ...}"...)
		}
		if little.Uint32(got) != little.Uint32(data) {
			dst = append(dst, " => "...)
			dst = appendIdentity(dst, little.Uint32(got), nil)
		}
		data = got
	}
	return appendDescriptorBits(dst, e, data)
}

func appendEntryNumber(dst, data []byte) []byte {
	dst = append(dst, "entry_number="...)
	return appendIdentity(dst, little.Uint32(data), nil)
}

// appendDescriptorBits appends the members behind the entry's number: an
// address, a limit, and bit fields.
func appendDescriptorBits(dst []byte, e *event.Event, data []byte) []byte {
	dst = append(dst, ", base_addr="...)
	dst = appendHexField(dst, uint64(little.Uint32(data[4:])), 8)
	dst = append(dst, ", limit="...)
	dst = appendHexField(dst, uint64(little.Uint32(data[8:])), 8)
	bits := little.Uint32(data[12:])
	for _, f := range descriptorBits {
		dst = append(dst, f.name...)
		dst = appendUint(dst, uint64(bits&(1<<f.width-1)))
		bits >>= f.width
	}
	if longSize(e) == 8 { // means nothing to a 32-bit program
		dst = append(dst, ", lm="...)
		dst = appendUint(dst, uint64(bits&1))
	}
	return append(dst, '}')
}

var descriptorBits = [...]struct {
	name  string
	width int
}{
	{", seg_32bit=", 1}, {", contents=", 2}, {", read_exec_only=", 1}, {", limit_in_pages=", 1}, {", seg_not_present=", 1}, {", useable=", 1},
}

// userDescriptorResult appends the number of the entry that set_thread_area(2) chose.
func userDescriptorResult(dst []byte, e *event.Event, value int64, _ uint64, _ *Options) []byte {
	dst = appendInt(dst, value)
	if data := bytesOf(after(e, 0), 4); data != nil {
		dst = append(dst, " (entry_number="...)
		dst = appendNumber(dst, data, 4, asUint)
		dst = append(dst, ')')
	}
	return dst
}

// ldtResult appends what modify_ldt(2) returned: on amd64 its errors are numbers
// of 32 bits, and so none to the caller.
func ldtResult(dst []byte, _ *event.Event, value int64, bits uint64, _ *Options) []byte {
	const errors = 0xfffff000
	dst = appendInt(dst, value)
	if bits < errors || bits > 0xffffffff {
		return dst
	}
	if name, text := Errno(int64(-int32(bits))); name != "" {
		dst = append(dst, ' ')
		dst = append(dst, name...)
		dst = append(dst, " ("...)
		dst = append(dst, text...)
		dst = append(dst, ')')
	}
	return dst
}
