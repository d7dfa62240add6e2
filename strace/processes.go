package strace

import "traceloop/event"

// kcmpIndex appends what kcmp(2) compares: descriptors of the two processes for
// some types; for others nothing that means anything.
func kcmpIndex(dst []byte, e *event.Event, index int, o *Options) []byte {
	const watched = 7 // KCMP_EPOLL_TFD
	if uint32(register(e, 2)) == watched {
		if index == 3 {
			return comparedDescriptor(dst, e, index, o)
		}
		return appendStructure(dst, e, index, memoryOf(e, index), watchedSlot, o)
	}
	return hexadecimal(dst, e, index, o)
}

// comparedDescriptor appends a descriptor of one of the two processes.
func comparedDescriptor(dst []byte, e *event.Event, index int, o *Options) []byte {
	fd := int32(register(e, index))
	dst = appendInt(dst, int64(fd))
	if o.descriptors() == DescriptorsBare {
		return dst
	}
	// Arguments 0 and 1 are the processes of 3 and 4.
	if descriptor, ok := e.Descriptors.At(uint32(register(e, index-3)), fd, e.Start); ok {
		return appendDescribed(dst, &descriptor, o)
	}
	return dst
}

// watchedSlot is struct kcmp_epoll_slot (include/uapi/linux/kcmp.h).
var watchedSlot = []member{{name: "efd", size: 4}, {name: "tfd", size: 4}, {name: "toff", size: 4, form: asUint}}

// kcmpArguments is how many arguments kcmp(2) has for a type.
func kcmpArguments(kind uint32) int {
	if kind >= 1 && kind <= 6 { // of all that a process has one of
		return 3
	}
	return 5
}

// logAction appends what syslog(2) does.
func logAction(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendNumberAndName(dst, uint64(uint32(register(e, index))), asInt, &logActions, o)
}

// logLevel appends the level that SYSLOG_ACTION_CONSOLE_LEVEL sets.
func logLevel(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendNumberAndName(dst, uint64(uint32(register(e, index))), asInt, &logLevels, o)
}

// include/linux/syslog.h
var logActions = names{unknown: "SYSLOG_ACTION_???", names: []entry{
	{0, "SYSLOG_ACTION_CLOSE"},
	{1, "SYSLOG_ACTION_OPEN"},
	{2, "SYSLOG_ACTION_READ"},
	{3, "SYSLOG_ACTION_READ_ALL"},
	{4, "SYSLOG_ACTION_READ_CLEAR"},
	{5, "SYSLOG_ACTION_CLEAR"},
	{6, "SYSLOG_ACTION_CONSOLE_OFF"},
	{7, "SYSLOG_ACTION_CONSOLE_ON"},
	{8, "SYSLOG_ACTION_CONSOLE_LEVEL"},
	{9, "SYSLOG_ACTION_SIZE_UNREAD"},
	{10, "SYSLOG_ACTION_SIZE_BUFFER"},
}}

// include/linux/kern_levels.h
var logLevels = names{unknown: "LOGLEVEL_???", names: []entry{
	{0, "LOGLEVEL_EMERG"},
	{1, "LOGLEVEL_ALERT"},
	{2, "LOGLEVEL_CRIT"},
	{3, "LOGLEVEL_ERR"},
	{4, "LOGLEVEL_WARNING"},
	{5, "LOGLEVEL_NOTICE"},
	{6, "LOGLEVEL_INFO"},
	{7, "LOGLEVEL_DEBUG"},
	{8, "LOGLEVEL_DEBUG+1"},
}}

// include/uapi/linux/reboot.h
var rebootMagic = names{unknown: "LINUX_REBOOT_MAGIC_???", names: []entry{
	{0xfee1dead, "LINUX_REBOOT_MAGIC1"},
}}

// include/uapi/linux/reboot.h
var rebootMagic2 = names{unknown: "LINUX_REBOOT_MAGIC_???", names: []entry{
	{0x28121969, "LINUX_REBOOT_MAGIC2"},
	{0x5121996, "LINUX_REBOOT_MAGIC2A"},
	{0x16041998, "LINUX_REBOOT_MAGIC2B"},
	{0x20112000, "LINUX_REBOOT_MAGIC2C"},
}}

// include/uapi/linux/reboot.h
var rebootCommands = names{unknown: "LINUX_REBOOT_CMD_???", names: []entry{
	{0x1234567, "LINUX_REBOOT_CMD_RESTART"},
	{0xcdef0123, "LINUX_REBOOT_CMD_HALT"},
	{0x89abcdef, "LINUX_REBOOT_CMD_CAD_ON"},
	{0, "LINUX_REBOOT_CMD_CAD_OFF"},
	{0x4321fedc, "LINUX_REBOOT_CMD_POWER_OFF"},
	{0xa1b2c3d4, "LINUX_REBOOT_CMD_RESTART2"},
	{0xd000fce2, "LINUX_REBOOT_CMD_SW_SUSPEND"},
	{0x45584543, "LINUX_REBOOT_CMD_KEXEC"},
}}

// include/uapi/linux/userfaultfd.h
var faultFlags = flags{unknown: "UFFD_???", names: []entry{
	{0x1, "UFFD_USER_MODE_ONLY"},
	{0x800, "O_NONBLOCK"},
	{0x80000, "O_CLOEXEC"},
}}
