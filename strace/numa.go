package strace

import (
	"traceloop/event"
	"traceloop/ring"
)

// nodeSet appends a set of nodes as the longs that it is made of. The argument
// maxnode is one more than how many bits the kernel looks at.
func nodeSet(dst []byte, e *event.Event, index int, o *Options) []byte {
	size := longSize(e)
	bits := uint64(size) * 8
	count := nodeCount(e)
	longs := uint64(0)
	if count > 0 {
		longs = (count + bits - 2) / bits
	}
	c := memory(e, index)
	switch {
	case longs < count/bits, longs == 0 && count > 0:
		return appendPointer(dst, register(e, index))
	case longs == 0 && register(e, index) != 0 && (succeeded(e) || e.Row.Arguments[index].Memory.When != ring.WhenOut):
		return append(dst, "[]"...)
	case c == nil || len(c.Data) == 0:
		return appendPointer(dst, register(e, index))
	}
	shown := min(uint64(len(c.Data)/size), longs)
	more := shown < longs
	if limit := uint64(o.elements()); shown > limit {
		shown, more = limit, true
	}
	dst = append(dst, '[')
	for i := range int(shown) {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendHexField(dst, long(c.Data, i*size, size), 2*size)
	}
	return appendArrayEnd(dst, int(shown), more)
}

// nodeCount is the call's maxnode.
func nodeCount(e *event.Event) uint64 {
	for i := range e.Row.Arguments {
		if e.Row.Arguments[i].Name == "maxnode" {
			return register(e, i)
		}
	}
	return 0
}

// appendHexField appends a number in hexadecimal, filled up to so many
// characters with its 0x; zero has no 0x.
func appendHexField(dst []byte, value uint64, width int) []byte {
	if value == 0 {
		for range width {
			dst = append(dst, '0')
		}
		return dst
	}
	return appendHexPadded(dst, value, width-2)
}

// policyMode appends a memory policy: a number, and flags above it.
func policyMode(dst []byte, e *event.Event, index int, o *Options) []byte {
	const flagsMask = 0xe000
	value := register(e, index)
	if e.Row.Name == "set_mempolicy" {
		value = uint64(uint32(value))
	}
	if value&flagsMask == 0 {
		return mempolicyModes.appendTo(dst, value, o)
	}
	name, ok := mempolicyModes.lookup(value &^ flagsMask)
	if !ok {
		return mempolicyModeFlags.appendTo(dst, value, o)
	}
	dst, named := beginNames(dst, value, asHex, o)
	if !named {
		return dst
	}
	dst = append(dst, name...)
	dst, _ = mempolicyModeFlags.appendKnown(dst, value&flagsMask, true)
	return endNames(dst, o)
}

// pageStatus appends what move_pages(2) did with each page: the node it is on, or an error.
func pageStatus(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendPointer(dst, register(e, index))
	}
	count, more := len(c.Data)/4, c.Truncated
	if limit := o.elements(); count > limit {
		count, more = limit, true
	}
	dst = append(dst, '[')
	for i := range count {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendErrorNumber(dst, int32(little.Uint32(c.Data[4*i:])))
	}
	return appendArrayEnd(dst, count, more)
}

// appendErrorNumber appends a number that is an error if it is negative: -ENOENT.
func appendErrorNumber(dst []byte, value int32) []byte {
	if value < 0 {
		if name, _ := Errno(-int64(value)); name != "" {
			dst = append(dst, '-')
			return append(dst, name...)
		}
	}
	return appendInt(dst, int64(value))
}

// include/uapi/linux/mempolicy.h
var mempolicyModeFlags = flags{unknown: "MPOL_F_???", names: []entry{
	{0x8000, "MPOL_F_STATIC_NODES"},
	{0x4000, "MPOL_F_RELATIVE_NODES"},
	{0x2000, "MPOL_F_NUMA_BALANCING"},
}}

// include/uapi/linux/mempolicy.h
var mbindFlags = flags{unknown: "MPOL_???", names: []entry{
	{0x1, "MPOL_MF_STRICT"},
	{0x2, "MPOL_MF_MOVE"},
	{0x4, "MPOL_MF_MOVE_ALL"},
}}

// include/uapi/linux/mempolicy.h
var mempolicyFlags = flags{unknown: "MPOL_???", names: []entry{
	{0x1, "MPOL_F_NODE"},
	{0x2, "MPOL_F_ADDR"},
	{0x4, "MPOL_F_MEMS_ALLOWED"},
}}

// include/uapi/linux/mempolicy.h
var movePagesFlags = flags{unknown: "MPOL_???", names: []entry{
	{0x2, "MPOL_MF_MOVE"},
	{0x4, "MPOL_MF_MOVE_ALL"},
}}
