package strace

import "traceloop/event"

// kexecSegments appends an array of struct kexec_segment (include/uapi/linux/kexec.h).
func kexecSegments(dst []byte, e *event.Event, index int, o *Options) []byte {
	const most = 16 // KEXEC_SEGMENT_MAX
	count := register(e, index-1)
	c := memory(e, index)
	switch {
	case count > most:
		return appendPointer(dst, register(e, index))
	case count == 0 && register(e, index) != 0:
		return append(dst, "[]"...)
	case c == nil:
		return appendPointer(dst, register(e, index))
	}
	size := 4 * longSize(e)
	shown, more := len(c.Data)/size, c.Truncated
	if limit := o.elements(); shown > limit {
		shown, more = limit, true
	}
	dst = append(dst, '[')
	for i := range shown {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, '{')
		dst = appendMembers(dst, e, c.Data[i*size:(i+1)*size], kexecSegment, o)
		dst = append(dst, '}')
	}
	return appendArrayEnd(dst, shown, more)
}

var kexecSegment = []member{
	{name: "buf", size: ofLong, form: asPointer},
	{name: "bufsz", size: ofLong, form: asUint},
	{name: "mem", size: ofLong, form: asPointer},
	{name: "memsz", size: ofLong, form: asUint},
}

// kexecFlags appends an architecture's number, then flags.
func kexecFlags(dst []byte, e *event.Event, index int, o *Options) []byte {
	const architectureMask = 0xffff0000
	value := register(e, index)
	dst = kexecArchitectures.appendTo(dst, value&architectureMask, o)
	if value &^= architectureMask; value == 0 {
		return dst
	}
	return kexecLoadFlags.appendTo(append(dst, '|'), value, o)
}

// include/uapi/linux/kexec.h
var kexecLoadFlags = flags{unknown: "KEXEC_???", names: []entry{
	{0x1, "KEXEC_ON_CRASH"},
	{0x2, "KEXEC_PRESERVE_CONTEXT"},
}}

// include/uapi/linux/kexec.h
var kexecArchitectures = names{unknown: "KEXEC_ARCH_???", names: []entry{
	{0, "KEXEC_ARCH_DEFAULT"},
	{0x30000, "KEXEC_ARCH_386"},
	{0x40000, "KEXEC_ARCH_68K"},
	{0xf0000, "KEXEC_ARCH_PARISC"},
	{0x3e0000, "KEXEC_ARCH_X86_64"},
	{0x140000, "KEXEC_ARCH_PPC"},
	{0x150000, "KEXEC_ARCH_PPC64"},
	{0x320000, "KEXEC_ARCH_IA_64"},
	{0x280000, "KEXEC_ARCH_ARM"},
	{0x160000, "KEXEC_ARCH_S390"},
	{0x2a0000, "KEXEC_ARCH_SH"},
	{0xa0000, "KEXEC_ARCH_MIPS_LE"},
	{0x80000, "KEXEC_ARCH_MIPS"},
	{0xb70000, "KEXEC_ARCH_AARCH64"},
	{0xf30000, "KEXEC_ARCH_RISCV"},
	{0x1020000, "KEXEC_ARCH_LOONGARCH"},
}}

// include/uapi/linux/kexec.h
var kexecFileFlags = flags{unknown: "KEXEC_FILE_???", names: []entry{
	{0x1, "KEXEC_FILE_UNLOAD"},
	{0x2, "KEXEC_FILE_ON_CRASH"},
	{0x4, "KEXEC_FILE_NO_INITRAMFS"},
}}
