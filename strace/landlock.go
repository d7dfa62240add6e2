package strace

import "traceloop/event"

// landlockRuleset appends struct landlock_ruleset_attr of
// include/uapi/linux/landlock.h: of its members strace 6.1 knows the first.
func landlockRuleset(dst []byte, e *event.Event, index int, o *Options) []byte {
	const known = 8
	size := register(e, index+1)
	data := structure(e, index, known)
	if data == nil || size < known {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{handled_access_fs="...)
	dst = landlockAccess.appendTo(dst, little.Uint64(data), o)
	if size > known {
		dst = append(dst, ", ..."...)
	}
	return append(dst, '}')
}

var landlockPath = []slot{ // struct landlock_path_beneath_attr
	{"allowed_access", 0, 8, landlockAccess.slot, 0},
	{"parent_fd", 8, 4, slotDescriptor, 0},
}

var landlockPort = []slot{ // struct landlock_net_port_attr
	{"allowed_access", 0, 8, landlockNetAccess.slot, 0},
	{"port", 8, 8, slotUint, 0},
}

// include/uapi/linux/landlock.h
var landlockAccess = flags{unknown: "LANDLOCK_ACCESS_FS_???", names: []entry{
	{0x0001, "LANDLOCK_ACCESS_FS_EXECUTE"},
	{0x0002, "LANDLOCK_ACCESS_FS_WRITE_FILE"},
	{0x0004, "LANDLOCK_ACCESS_FS_READ_FILE"},
	{0x0008, "LANDLOCK_ACCESS_FS_READ_DIR"},
	{0x0010, "LANDLOCK_ACCESS_FS_REMOVE_DIR"},
	{0x0020, "LANDLOCK_ACCESS_FS_REMOVE_FILE"},
	{0x0040, "LANDLOCK_ACCESS_FS_MAKE_CHAR"},
	{0x0080, "LANDLOCK_ACCESS_FS_MAKE_DIR"},
	{0x0100, "LANDLOCK_ACCESS_FS_MAKE_REG"},
	{0x0200, "LANDLOCK_ACCESS_FS_MAKE_SOCK"},
	{0x0400, "LANDLOCK_ACCESS_FS_MAKE_FIFO"},
	{0x0800, "LANDLOCK_ACCESS_FS_MAKE_BLOCK"},
	{0x1000, "LANDLOCK_ACCESS_FS_MAKE_SYM"},
	{0x2000, "LANDLOCK_ACCESS_FS_REFER"},
	{0x4000, "LANDLOCK_ACCESS_FS_TRUNCATE"},
	{0x8000, "LANDLOCK_ACCESS_FS_IOCTL_DEV"},
}}

// include/uapi/linux/landlock.h
var landlockNetAccess = flags{unknown: "LANDLOCK_ACCESS_NET_???", names: []entry{
	{0x1, "LANDLOCK_ACCESS_NET_BIND_TCP"},
	{0x2, "LANDLOCK_ACCESS_NET_CONNECT_TCP"},
}}

// include/uapi/linux/landlock.h
var landlockRuleTypes = names{unknown: "LANDLOCK_RULE_???", names: []entry{
	{1, "LANDLOCK_RULE_PATH_BENEATH"},
	{2, "LANDLOCK_RULE_NET_PORT"},
}}

// include/uapi/linux/landlock.h
var landlockRulesetFlags = flags{unknown: "LANDLOCK_CREATE_RULESET_???", names: []entry{
	{0x1, "LANDLOCK_CREATE_RULESET_VERSION"},
	{0x2, "LANDLOCK_CREATE_RULESET_ERRATA"},
}}
