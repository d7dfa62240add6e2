package strace

import (
	"traceloop/event"
	"traceloop/ring"
)

// The attributes of bpf(2), union bpf_attr of include/uapi/linux/bpf.h: what a
// command uses of them. Members that strace 6.1 does not know are not named:
// an ellipsis says that one of them is set.

// A bpfForm is how a command's attributes are shown.
type bpfForm struct {
	// wrapper is the name of the union's member that has the members, if it has one.
	wrapper string
	members []slot
	// size is how many bytes the members are, known or not.
	size int
	// special appends what the members cannot say: what the attributes point to.
	special func(dst []byte, e *event.Event, c *ring.Capture, data []byte, o *Options) []byte
}

// largestBPFAttributes is what the kernel accepts: a page.
const largestBPFAttributes = 4096

// bpfAttributes appends bpf's second argument; the others are the command and the size.
func bpfAttributes(dst []byte, e *event.Event, index int, o *Options) []byte {
	command, size := uint32(register(e, index-1)), uint32(register(e, index+1))
	c := before(e, index)
	if c == nil || size == 0 || size > largestBPFAttributes || command >= uint32(len(bpfForms)) || bpfForms[command].members == nil {
		return appendPointer(dst, register(e, index))
	}
	form := &bpfForms[command]
	data := c.Data[:min(len(c.Data), int(size))]
	known := data[:min(len(data), form.size)]
	dst = append(dst, '{')
	if form.wrapper != "" {
		dst = append(dst, form.wrapper...)
		dst = append(dst, "={"...)
	}
	if form.special != nil {
		dst = form.special(dst, e, c, known, o)
	} else {
		dst = appendSlots(dst, e, known, form.members, o)
	}
	size = uint32(form.size)
	if command == bpfLinkCreate {
		size = bpfLinkSize(known)
	}
	if form.wrapper != "" {
		dst = append(dst, '}')
	}
	dst = appendMore(dst, data, int(size), o)
	dst = append(dst, '}')
	return appendBatchCount(dst, e, c, index, form)
}

const bpfLinkCreate = 28

// appendBatchCount appends how many elements a command for many of them has
// got through, if that is not how many it was to.
func appendBatchCount(dst []byte, e *event.Event, c *ring.Capture, index int, form *bpfForm) []byte {
	const count = 32
	left := after(e, index)
	if form.wrapper != "batch" || left == nil || left == c {
		return dst
	}
	was, is := load(c.Data, count, 4), load(left.Data, count, 4)
	if was == is {
		return dst
	}
	dst = append(dst, " => {batch={count="...)
	dst = appendUint(dst, is)
	return append(dst, "}}"...)
}

// The parts of the attributes, in the order of syscalls/kinds_bpf.txt.
const (
	bpfLicense    = 1 // of BPF_PROG_LOAD
	bpfLog        = 2
	bpfPath       = 1 // of BPF_OBJ_PIN and BPF_OBJ_GET
	bpfTracepoint = 1 // of BPF_RAW_TRACEPOINT_OPEN
	bpfTypes      = 1 // of BPF_BTF_LOAD
	bpfPrograms   = 1 // of BPF_PROG_QUERY
	bpfBuffer     = 1 // of BPF_TASK_FD_QUERY
)

// appendPartText appends a string that the struct points to.
func appendPartText(dst []byte, e *event.Event, c *ring.Capture, part uint8, pointer uint64, o *Options) []byte {
	p := partAt(e, c, part, pointer)
	if p == nil {
		return appendPointer(dst, pointer)
	}
	return appendLimited(dst, p.Data, p.Truncated, o)
}

// appendPartBytes appends a buffer of so many bytes that the struct points to.
func appendPartBytes(dst []byte, e *event.Event, c *ring.Capture, part uint8, pointer, length uint64, o *Options) []byte {
	if pointer != 0 && length == 0 {
		return append(dst, `""`...)
	}
	p := partAt(e, c, part, pointer)
	if p == nil {
		return appendPointer(dst, pointer)
	}
	data := p.Data[:min(uint64(len(p.Data)), length)]
	return appendLimited(dst, data, uint64(len(data)) < length, o)
}

// appendFixedText appends an array of characters that ends with a NUL, of which
// the last byte is none of the text: a text without a NUL goes on.
func appendFixedText(dst, data []byte, o *Options) []byte {
	text := untilNUL(data)
	more := len(text) == len(data)
	if more && len(text) > 0 {
		text = text[:len(text)-1]
	}
	return appendQuoted(dst, text, more, o)
}

// fixed is the part of the bytes that an array of the struct has.
func fixed(data []byte, offset, size int) []byte {
	return data[min(offset, len(data)):min(offset+size, len(data))]
}

func bpfMapCreate(dst []byte, e *event.Event, c *ring.Capture, data []byte, o *Options) []byte {
	const flags, numa, name, onNode = 16, 24, 28, 4
	dst = appendSlots(dst, e, data[:min(len(data), numa)], bpfMapMembers[:6], o)
	if len(data) > numa && load(data, flags, 4)&onNode != 0 {
		dst = append(dst, ", numa_node="...)
		node := load(data, numa, 4)
		dst = appendUint(dst, node)
		if uint32(node) == 0xffffffff {
			dst = append(dst, " /* NUMA_NO_NODE */"...)
		}
	}
	if len(data) > name {
		dst = append(dst, ", map_name="...)
		dst = appendFixedText(dst, fixed(data, name, 16), o)
	}
	if len(data) > name+16 {
		dst = append(dst, ", "...)
		dst = appendSlots(dst, e, data, bpfMapMembers[6:], o)
	}
	return dst
}

func bpfProgramLoad(dst []byte, e *event.Event, c *ring.Capture, data []byte, o *Options) []byte {
	const license, level, logSize, log, version, name = 16, 24, 28, 32, 40, 48
	dst = appendSlots(dst, e, data, bpfProgramMembers[:3], o)
	dst = append(dst, ", license="...)
	dst = appendPartText(dst, e, c, bpfLicense, load(data, license, 8), o)
	if len(data) <= level {
		return dst
	}
	dst = append(dst, ", "...)
	dst = appendSlots(dst, e, data, bpfProgramMembers[3:5], o)
	dst = append(dst, ", log_buf="...)
	dst = appendPartCString(dst, e, c, bpfLog, load(data, log, 8), load(data, logSize, 4), o)
	if len(data) <= version {
		return dst
	}
	dst = append(dst, ", "...)
	dst = appendSlots(dst, e, data, bpfProgramMembers[5:7], o)
	if len(data) <= name {
		return dst
	}
	dst = append(dst, ", prog_name="...)
	dst = appendFixedText(dst, fixed(data, name, 16), o)
	if len(data) <= name+16 {
		return dst
	}
	dst = append(dst, ", "...)
	return appendSlots(dst, e, data, bpfProgramMembers[7:], o)
}

// appendPartCString appends a buffer of so many bytes up to its first NUL.
func appendPartCString(dst []byte, e *event.Event, c *ring.Capture, part uint8, pointer, length uint64, o *Options) []byte {
	if pointer != 0 && length == 0 {
		return append(dst, `""`...)
	}
	p := partAt(e, c, part, pointer)
	if p == nil {
		return appendPointer(dst, pointer)
	}
	text := untilNUL(p.Data[:min(uint64(len(p.Data)), length)])
	return appendLimited(dst, text, len(text) == len(p.Data), o)
}

// slotVersion appends a kernel's version, of three parts in a number.
func slotVersion(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	dst = append(dst, "KERNEL_VERSION("...)
	dst = appendUint(dst, value>>16)
	dst = append(dst, ", "...)
	dst = appendUint(dst, value>>8&0xff)
	dst = append(dst, ", "...)
	dst = appendUint(dst, value&0xff)
	return append(dst, ')')
}

func bpfObject(dst []byte, e *event.Event, c *ring.Capture, data []byte, o *Options) []byte {
	dst = append(dst, "pathname="...)
	if p := partAt(e, c, bpfPath, load(data, 0, 8)); p != nil {
		dst = appendQuoted(dst, p.Data, p.Truncated, o)
	} else {
		dst = appendPointer(dst, load(data, 0, 8))
	}
	dst = append(dst, ", "...)
	return appendSlots(dst, e, data, bpfObjectMembers, o)
}

func bpfTracepointOpen(dst []byte, e *event.Event, c *ring.Capture, data []byte, o *Options) []byte {
	dst = append(dst, "name="...)
	dst = appendPartText(dst, e, c, bpfTracepoint, load(data, 0, 8), o)
	dst = append(dst, ", "...)
	return appendSlots(dst, e, data, bpfTracepointMembers, o)
}

func bpfTypesLoad(dst []byte, e *event.Event, c *ring.Capture, data []byte, o *Options) []byte {
	const size = 16
	dst = append(dst, "btf="...)
	dst = appendPartBytes(dst, e, c, bpfTypes, load(data, 0, 8), load(data, size, 4), o)
	dst = append(dst, ", "...)
	return appendSlots(dst, e, data, bpfTypesMembers, o)
}

// changed finds the member as the call left it, if it was captured then and is another.
func changed(e *event.Event, c *ring.Capture, offset int) (*ring.Capture, uint64, bool) {
	left := after(e, int(c.Argument))
	if left == nil || left == c {
		return c, 0, false
	}
	is := load(left.Data, offset, 4)
	return left, is, is != load(c.Data, offset, 4)
}

func bpfObjectInfo(dst []byte, e *event.Event, c *ring.Capture, data []byte, o *Options) []byte {
	const length = 4
	dst = appendSlots(dst, e, data, bpfInfoMembers[:2], o)
	if _, is, ok := changed(e, c, length); ok {
		dst = append(dst, " => "...)
		dst = appendUint(dst, is)
	}
	dst = append(dst, ", "...)
	return appendSlots(dst, e, data, bpfInfoMembers[2:], o)
}

func bpfNextID(dst []byte, e *event.Event, c *ring.Capture, data []byte, o *Options) []byte {
	const next = 4
	dst = appendSlots(dst, e, data, bpfNextIDMembers[:2], o)
	if _, is, ok := changed(e, c, next); ok {
		dst = append(dst, " => "...)
		dst = appendUint(dst, is)
	}
	if len(data) > 8 {
		dst = append(dst, ", "...)
		dst = appendSlots(dst, e, data, bpfNextIDMembers[2:], o)
	}
	return dst
}

func bpfProgramQuery(dst []byte, e *event.Event, c *ring.Capture, data []byte, o *Options) []byte {
	const programs, count = 16, 24
	dst = appendSlots(dst, e, data, bpfQueryMembers, o)
	left, is, other := changed(e, c, count)
	was := load(data, count, 4)
	if !other {
		is = was
	}
	dst = append(dst, ", prog_ids="...)
	dst = appendPartNumbers(dst, e, left, bpfPrograms, load(data, programs, 8), is, 4, asUint, o)
	dst = append(dst, ", prog_cnt="...)
	dst = appendUint(dst, was)
	if other {
		dst = append(dst, " => "...)
		dst = appendUint(dst, is)
	}
	return dst
}

// appendPartNumbers appends an array of so many numbers that the struct points to.
func appendPartNumbers(dst []byte, e *event.Event, c *ring.Capture, part uint8, pointer, count uint64, size int, form numberForm, o *Options) []byte {
	if pointer != 0 && count == 0 {
		return append(dst, "[]"...)
	}
	p := partAt(e, c, part, pointer)
	if p == nil {
		return appendPointer(dst, pointer)
	}
	shown := int(min(count, uint64(len(p.Data)/size), uint64(o.elements())))
	dst = append(dst, '[')
	for i := range shown {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendNumber(dst, p.Data[i*size:], size, form)
	}
	return appendArrayEnd(dst, shown, uint64(shown) < count)
}

func bpfTaskQuery(dst []byte, e *event.Event, c *ring.Capture, data []byte, o *Options) []byte {
	const length, buffer = 12, 16
	dst = appendSlots(dst, e, data, bpfTaskMembers[:4], o)
	left, is, other := changed(e, c, length)
	was := load(data, length, 4)
	if other {
		dst = append(dst, " => "...)
		dst = appendUint(dst, is)
	} else {
		is = was
	}
	dst = append(dst, ", buf="...)
	dst = appendPartCString(dst, e, left, bpfBuffer, load(data, buffer, 8), min(was, is), o)
	dst = append(dst, ", "...)
	return appendSlots(dst, e, left.Data, bpfTaskMembers[4:], o)
}

// What is attached to by BPF_LINK_CREATE, enum bpf_attach_type of
// include/uapi/linux/bpf.h, decides what the rest of its attributes is.
const (
	bpfTraceIterator = 28
	bpfPerfEvent     = 41
	bpfKprobeMulti   = 42
)

// bpfLinkSize is how many bytes of BPF_LINK_CREATE's attributes are known.
func bpfLinkSize(data []byte) uint32 {
	const common = 16
	if len(data) <= common {
		return common
	}
	switch load(data, 8, 4) {
	case bpfTraceIterator:
		return 28
	case bpfPerfEvent:
		return 24
	case bpfKprobeMulti:
		return 48
	}
	return common
}

func bpfLink(dst []byte, e *event.Event, c *ring.Capture, data []byte, o *Options) []byte {
	const common, info, length = 16, 16, 24
	dst = appendSlots(dst, e, data, bpfLinkMembers, o)
	if len(data) <= common {
		return dst
	}
	switch load(data, 8, 4) {
	case bpfTraceIterator:
		dst = append(dst, ", iter_info="...)
		if load(data, info, 8) != 0 && load(data, length, 4) == 0 {
			dst = append(dst, "[]"...)
		} else {
			dst = appendPointer(dst, load(data, info, 8))
		}
		dst = append(dst, ", iter_info_len="...)
		dst = appendUint(dst, load(data, length, 4))
	case bpfPerfEvent:
		dst = append(dst, ", perf_event={bpf_cookie="...)
		dst = appendHex(dst, load(data, info, 8))
		dst = append(dst, '}')
	case bpfKprobeMulti:
		dst = append(dst, ", kprobe_multi="...)
		dst = appendSlotStruct(dst, e, data, bpfKprobeMembers, o)
	}
	return dst
}

func bpfUpdateLink(dst []byte, e *event.Event, c *ring.Capture, data []byte, o *Options) []byte {
	const flags, replace = 8, 4
	members := bpfLinkUpdateMembers
	if load(data, flags, 4)&replace == 0 {
		members = members[:3]
	}
	return appendSlots(dst, e, data, members, o)
}
