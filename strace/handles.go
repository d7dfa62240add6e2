package strace

import (
	"traceloop/event"
	"traceloop/ring"
)

// overflow is EOVERFLOW: the handle did not fit, and the kernel said how big it is.
const overflow = 75

// fileHandle appends struct file_handle (include/linux/fs.h), which
// name_to_handle_at(2) fills and open_by_handle_at(2) reads.
func fileHandle(dst []byte, e *event.Event, index int, o *Options) []byte {
	given := bytesOf(before(e, index), 4)
	if given == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{handle_bytes="...)
	size := little.Uint32(given)
	dst = appendUint(dst, uint64(size))
	handle := memory(e, index)
	if e.Row.Name == "name_to_handle_at" {
		handle = after(e, index)
		got := bytesOf(handle, 8)
		if got == nil || !succeeded(e) && result(e) != -overflow {
			return append(dst, '}')
		}
		if now := little.Uint32(got); now != size {
			dst = append(dst, " => "...)
			dst = appendUint(dst, uint64(now))
			size = now
		}
		if !succeeded(e) {
			return append(dst, '}')
		}
	}
	if len(handle.Data) < 8 {
		return append(dst, ", ...}"...)
	}
	dst = append(dst, ", handle_type="...)
	dst = appendNumber(dst, handle.Data[4:], 4, asInt)
	dst = append(dst, ", f_handle="...)
	const most = 128 // MAX_HANDLE_SZ
	shown := min(size, most)
	if uint32(len(handle.Data)-8) < shown {
		return append(dst, "???}"...)
	}
	dst = appendHexBytes(dst, handle.Data[8:8+shown])
	if size > most {
		dst = append(dst, "..."...)
	}
	return append(dst, '}')
}

// appendHexBytes appends bytes as a string in hexadecimal that the string limit does not cut.
func appendHexBytes(dst, data []byte) []byte {
	dst = append(dst, '"')
	for _, c := range data {
		dst = append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
	}
	return append(dst, '"')
}

// extendedAttribute is struct xattr_args (include/uapi/linux/xattr.h).
func extendedAttribute(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	data := bytesOf(c, 16)
	if data == nil || register(e, index+1) < 16 {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{value="...)
	size := int64(little.Uint32(data[8:]))
	set := e.Row.Name == "setxattrat"
	if !set {
		size = max(result(e), 0)
	}
	value := partOf(e, c, 1)
	switch {
	case value == nil, !set && (!succeeded(e) || little.Uint32(data[8:]) == 0), size > 65536:
		dst = appendPointer(dst, little.Uint64(data))
	default:
		content := value.Data[:min(int64(len(value.Data)), size)]
		dst = appendAttributeValue(dst, content, int64(len(content)) < size, o)
	}
	dst = append(dst, ", size="...)
	dst = appendUint(dst, uint64(little.Uint32(data[8:])))
	dst = append(dst, ", flags="...)
	dst = xattrFlags.appendTo(dst, uint64(little.Uint32(data[12:])), o)
	return append(dst, '}')
}

// appendAttributeValue appends an extended attribute's value, of which strace
// leaves out a NUL at the end.
func appendAttributeValue(dst, value []byte, more bool, o *Options) []byte {
	if !more && len(value) > 0 && value[len(value)-1] == 0 {
		value = value[:len(value)-1]
	}
	return appendLimited(dst, value, more, o)
}

// attributeNames appends what listxattr(2) gave, if it had room.
func attributeNames(dst []byte, e *event.Event, index int, o *Options) []byte {
	if register(e, index+1) == 0 {
		return appendPointer(dst, register(e, index))
	}
	return buffer(dst, e, index, o)
}

// attributeValue appends the value of setxattr(2) or getxattr(2).
func attributeValue(dst []byte, e *event.Event, index int, o *Options) []byte {
	const most = 65536 // XATTR_SIZE_MAX
	c := memory(e, index)
	set := e.Row.Arguments[index].Memory.When == ring.WhenIn
	if size := register(e, index+1); set && size > most || !set && size == 0 {
		return appendPointer(dst, register(e, index))
	}
	if c == nil {
		return appendEmpty(dst, e, index)
	}
	return appendAttributeValue(dst, c.Data, c.Truncated, o)
}

// fileAttributeMembers is struct file_attr (include/uapi/linux/fs.h), which strace 6.1 does not know.
var fileAttributeMembers = []member{
	{name: "fa_xflags", size: 8, flags: &extendedFileFlags},
	{name: "fa_extsize", size: 4, form: asUint},
	{name: "fa_nextents", size: 4, form: asUint},
	{name: "fa_projid", size: 4, form: asUint},
	{name: "fa_cowextsize", size: 4, form: asUint},
}

// cachestatRange is struct cachestat_range (include/uapi/linux/mman.h), which strace 6.1 does not know.
var cachestatRange = []member{{name: "off", size: 8, form: asUint}, {name: "len", size: 8, form: asUint}}

// cacheStatus is struct cachestat.
var cacheStatus = []member{
	{name: "nr_cache", size: 8, form: asUint},
	{name: "nr_dirty", size: 8, form: asUint},
	{name: "nr_writeback", size: 8, form: asUint},
	{name: "nr_evicted", size: 8, form: asUint},
	{name: "nr_recently_evicted", size: 8, form: asUint},
}

// include/uapi/linux/fs.h
var extendedFileFlags = flags{unknown: "FS_XFLAG_???", names: []entry{
	{0x1, "FS_XFLAG_REALTIME"},
	{0x2, "FS_XFLAG_PREALLOC"},
	{0x8, "FS_XFLAG_IMMUTABLE"},
	{0x10, "FS_XFLAG_APPEND"},
	{0x20, "FS_XFLAG_SYNC"},
	{0x40, "FS_XFLAG_NOATIME"},
	{0x80, "FS_XFLAG_NODUMP"},
	{0x100, "FS_XFLAG_RTINHERIT"},
	{0x200, "FS_XFLAG_PROJINHERIT"},
	{0x400, "FS_XFLAG_NOSYMLINKS"},
	{0x800, "FS_XFLAG_EXTSIZE"},
	{0x1000, "FS_XFLAG_EXTSZINHERIT"},
	{0x2000, "FS_XFLAG_NODEFRAG"},
	{0x4000, "FS_XFLAG_FILESTREAM"},
	{0x8000, "FS_XFLAG_DAX"},
	{0x10000, "FS_XFLAG_COWEXTSIZE"},
	{0x80000000, "FS_XFLAG_HASATTR"},
}}

// include/uapi/linux/fcntl.h
var handleFlags = flags{unknown: "AT_???", names: []entry{
	{0x400, "AT_SYMLINK_FOLLOW"},
	{0x1000, "AT_EMPTY_PATH"},
}}
