package strace

import "traceloop/event"

// mountFlagsArgument appends MS_* flags, before which old programs put a magic number.
func mountFlagsArgument(dst []byte, e *event.Event, index int, o *Options) []byte {
	const magic, mask = 0xc0ed0000, 0xffff0000
	value := register(e, index)
	if value&mask != magic {
		return mountFlags.appendTo(dst, value, o)
	}
	dst = appendConstant(dst, magic, asHex, "MS_MGC_VAL", o)
	if value &^= mask; value != 0 {
		dst = mountFlags.appendTo(append(dst, '|'), value, o)
	}
	return dst
}

// What mount(2) does with its flags (include/uapi/linux/mount.h).
const (
	mountRemount = 0x20
	// Bind, move, shared, private, slave, unbindable: no file system is mounted.
	mountOther = 0x1000 | 0x2000 | 0x100000 | 0x40000 | 0x80000 | 0x20000
	mountMagic = 0xffff0000
)

// mountFlagsOf are the flags of mount(2) without the magic number.
func mountFlagsOf(e *event.Event) uint64 {
	value := register(e, 3)
	if value&mountMagic == 0xc0ed0000 {
		value &^= mountMagic
	}
	return value
}

// mountType appends the file system's type, which mount(2) does not always look at.
func mountType(dst []byte, e *event.Event, index int, o *Options) []byte {
	if mountFlagsOf(e)&(mountRemount|mountOther) != 0 {
		return address(dst, e, index, o)
	}
	return text(dst, e, index, o)
}

// mountData appends the file system's options, if there is one to mount.
func mountData(dst []byte, e *event.Event, index int, o *Options) []byte {
	if flags := mountFlagsOf(e); flags&mountRemount == 0 && flags&mountOther != 0 {
		return address(dst, e, index, o)
	}
	return text(dst, e, index, o)
}

// mountBinary appends a binary option of fsconfig(2).
func mountBinary(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if size := int32(register(e, index+1)); c == nil || size < 0 || size > 1<<20 {
		return appendEmpty(dst, e, index)
	}
	return appendHexString(dst, c.Data, c.Truncated, o)
}

// mountAttributesPointer appends struct mount_attr (include/uapi/linux/mount.h), and
// what stands behind the members that strace knows, if that is not zero.
func mountAttributesPointer(dst []byte, e *event.Event, index int, o *Options) []byte {
	const size = 32
	data := memoryOf(e, index)
	if len(data) < size || register(e, index+1) < size {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{attr_set="...)
	set, clear := little.Uint64(data), little.Uint64(data[8:])
	dst = mountAttributeFlags.appendTo(dst, set, o)
	dst = append(dst, ", attr_clr="...)
	dst = mountAttributeFlags.appendTo(dst, clear, o)
	dst = append(dst, ", propagation="...)
	dst = mountPropagations.appendTo(dst, little.Uint64(data[16:]), o)
	dst = append(dst, ", userns_fd="...)
	const mapped = 0x100000 // MOUNT_ATTR_IDMAP
	if fd := little.Uint64(data[24:]); fd < 1<<31 && (set|clear)&mapped != 0 {
		dst = appendDescriptor(dst, e, int32(fd), o)
	} else {
		dst = appendUint(dst, fd)
	}
	dst = appendNonzero(dst, data, size, register(e, index+1), o)
	return append(dst, '}')
}

// appendNonzero appends what a struct has beyond its known size, as strace does
// if any of it is not zero: the program knows of members that strace does not.
func appendNonzero(dst, data []byte, known int, size uint64, o *Options) []byte {
	if size <= uint64(known) {
		return dst
	}
	rest := data[known:]
	more := uint64(len(data)) < size
	if !more && allZero(rest) {
		return dst
	}
	if len(rest) == 0 || allZero(rest) {
		return append(dst, ", ???"...)
	}
	dst = append(dst, ", /* bytes "...)
	dst = appendUint(dst, uint64(known))
	dst = append(dst, ".."...)
	dst = appendUint(dst, uint64(len(data)-1))
	dst = append(dst, " */ "...)
	return appendHexString(dst, rest, more, o)
}

// swapFlags appends swapon(2)'s flags, whose low bits are a priority.
func swapFlags(dst []byte, e *event.Event, index int, o *Options) []byte {
	const priorityMask = 0x7fff
	value := uint64(uint32(register(e, index)))
	if value&^priorityMask != 0 {
		dst = swapFlagNames.appendTo(dst, value&^priorityMask, o)
		dst = append(dst, '|')
	}
	return appendUint(dst, value&priorityMask)
}

// include/uapi/linux/mount.h
var fsmountAttributes = flags{unknown: "MOUNT_ATTR_???", names: []entry{
	{0x1, "MOUNT_ATTR_RDONLY"},
	{0x2, "MOUNT_ATTR_NOSUID"},
	{0x4, "MOUNT_ATTR_NODEV"},
	{0x8, "MOUNT_ATTR_NOEXEC"},
	{0x10, "MOUNT_ATTR_NOATIME"},
	{0x20, "MOUNT_ATTR_STRICTATIME"},
	{0x80, "MOUNT_ATTR_NODIRATIME"},
}}

// include/uapi/linux/mount.h
var mountAttributeFlags = flags{unknown: "MOUNT_ATTR_???", names: []entry{
	{0x1, "MOUNT_ATTR_RDONLY"},
	{0x2, "MOUNT_ATTR_NOSUID"},
	{0x4, "MOUNT_ATTR_NODEV"},
	{0x8, "MOUNT_ATTR_NOEXEC"},
	{0x10, "MOUNT_ATTR_NOATIME"},
	{0x20, "MOUNT_ATTR_STRICTATIME"},
	{0x80, "MOUNT_ATTR_NODIRATIME"},
	{0x100000, "MOUNT_ATTR_IDMAP"},
	{0x200000, "MOUNT_ATTR_NOSYMFOLLOW"},
}}

// include/uapi/linux/mount.h
var fsmountFlags = flags{unknown: "FSMOUNT_???", names: []entry{
	{0x1, "FSMOUNT_CLOEXEC"},
}}

// include/uapi/linux/mount.h
var fspickFlags = flags{unknown: "FSPICK_???", names: []entry{
	{0x1, "FSPICK_CLOEXEC"},
	{0x2, "FSPICK_SYMLINK_NOFOLLOW"},
	{0x4, "FSPICK_NO_AUTOMOUNT"},
	{0x8, "FSPICK_EMPTY_PATH"},
}}

// include/uapi/linux/mount.h
var fsconfigCommands = names{unknown: "FSCONFIG_???", names: []entry{
	{0, "FSCONFIG_SET_FLAG"},
	{1, "FSCONFIG_SET_STRING"},
	{2, "FSCONFIG_SET_BINARY"},
	{3, "FSCONFIG_SET_PATH"},
	{4, "FSCONFIG_SET_PATH_EMPTY"},
	{5, "FSCONFIG_SET_FD"},
	{6, "FSCONFIG_CMD_CREATE"},
	{7, "FSCONFIG_CMD_RECONFIGURE"},
}}

// include/linux/swap.h
var swapFlagNames = flags{unknown: "SWAP_FLAG_???", names: []entry{
	{0x8000, "SWAP_FLAG_PREFER"},
	{0x10000, "SWAP_FLAG_DISCARD"},
	{0x20000, "SWAP_FLAG_DISCARD_ONCE"},
	{0x40000, "SWAP_FLAG_DISCARD_PAGES"},
}}

// include/uapi/linux/fcntl.h
var mountSetFlags = flags{unknown: "AT_???", names: []entry{
	{0x100, "AT_SYMLINK_NOFOLLOW"},
	{0x800, "AT_NO_AUTOMOUNT"},
	{0x1000, "AT_EMPTY_PATH"},
	{0x8000, "AT_RECURSIVE"},
}}

// include/uapi/linux/mount.h
var mountPropagations = names{unknown: "MS_???", names: []entry{
	{0x20000, "MS_UNBINDABLE"},
	{0x40000, "MS_PRIVATE"},
	{0x80000, "MS_SLAVE"},
	{0x100000, "MS_SHARED"},
}}

// Calls about mounts that strace 6.1 does not know (include/uapi/linux/mount.h,
// include/uapi/linux/nsfs.h).
var (
	mountRequest = []member{
		{name: "size", size: 4, form: asUint},
		{name: "mnt_ns_fd", size: 4, form: asUint},
		{name: "mnt_id", size: 8, form: asHex},
		{name: "param", size: 8, form: asHex},
	}
	mountStatus = []member{
		{name: "size", size: 4, form: asUint},
		{name: "mnt_opts", size: 4, form: asUint},
		{name: "mask", size: 8, flags: &mountStatusMask},
		{name: "sb_dev_major", size: 4, form: asUint, more: true},
	}
	namespaceRequest = []member{
		{name: "size", size: 4, form: asUint},
		{size: 4},
		{name: "ns_id", size: 8, form: asHex},
		{name: "ns_type", size: 4, flags: &namespaceTypes},
		{size: 4},
		{name: "user_ns_id", size: 8, form: asHex},
	}
)

// include/uapi/linux/mount.h
var mountStatusMask = flags{unknown: "STATMOUNT_???", names: []entry{
	{0x1, "STATMOUNT_SB_BASIC"},
	{0x2, "STATMOUNT_MNT_BASIC"},
	{0x4, "STATMOUNT_PROPAGATE_FROM"},
	{0x8, "STATMOUNT_MNT_ROOT"},
	{0x10, "STATMOUNT_MNT_POINT"},
	{0x20, "STATMOUNT_FS_TYPE"},
	{0x40, "STATMOUNT_MNT_NS_ID"},
	{0x80, "STATMOUNT_MNT_OPTS"},
	{0x100, "STATMOUNT_FS_SUBTYPE"},
	{0x200, "STATMOUNT_SB_SOURCE"},
	{0x400, "STATMOUNT_OPT_ARRAY"},
	{0x800, "STATMOUNT_OPT_SEC_ARRAY"},
	{0x1000, "STATMOUNT_SUPPORTED_MASK"},
	{0x2000, "STATMOUNT_MNT_UIDMAP"},
	{0x4000, "STATMOUNT_MNT_GIDMAP"},
}}

// include/uapi/linux/mount.h
var listMountFlags = flags{unknown: "LISTMOUNT_???", names: []entry{
	{0x1, "LISTMOUNT_REVERSE"},
}}
