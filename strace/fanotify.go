package strace

import "traceloop/event"

// fanotifyFlags appends what fanotify_init(2) makes: a class, then flags.
func fanotifyFlags(dst []byte, e *event.Event, index int, o *Options) []byte {
	const classMask = 0xc
	value := uint64(uint32(register(e, index)))
	dst = fanotifyClasses.appendTo(dst, value&classMask, o)
	if value &^= classMask; value == 0 {
		return dst
	}
	return fanotifyInitFlags.appendTo(append(dst, '|'), value, o)
}

// fanotifyMask appends what fanotify_mark(2) is to watch.
func fanotifyMask(dst []byte, e *event.Event, index int, o *Options) []byte {
	return fanotifyEvents.appendTo(dst, wide(e, index), o)
}

// markedDirectory appends where fanotify_mark(2) looks the name up from, or that it does not.
func markedDirectory(dst []byte, e *event.Event, index int, o *Options) []byte {
	if uint32(register(e, index)) == 0xffffffff {
		return appendConstant(dst, ^uint64(0), asInt, "FAN_NOFD", o)
	}
	return directory(dst, e, index, o)
}

// include/uapi/linux/fanotify.h
var fanotifyClasses = names{unknown: "FAN_CLASS_???", names: []entry{
	{0, "FAN_CLASS_NOTIF"},
	{4, "FAN_CLASS_CONTENT"},
	{8, "FAN_CLASS_PRE_CONTENT"},
}}

// include/uapi/linux/fanotify.h
var fanotifyInitFlags = flags{unknown: "FAN_???", names: []entry{
	{0x1, "FAN_CLOEXEC"},
	{0x2, "FAN_NONBLOCK"},
	{0x10, "FAN_UNLIMITED_QUEUE"},
	{0x20, "FAN_UNLIMITED_MARKS"},
	{0x40, "FAN_ENABLE_AUDIT"},
	{0x80, "FAN_REPORT_PIDFD"},
	{0x100, "FAN_REPORT_TID"},
	{0x200, "FAN_REPORT_FID"},
	{0x400, "FAN_REPORT_DIR_FID"},
	{0x800, "FAN_REPORT_NAME"},
	{0x1000, "FAN_REPORT_TARGET_FID"},
}}

// include/uapi/linux/fanotify.h
var fanotifyMarkFlags = flags{unknown: "FAN_MARK_???", names: []entry{
	{0x1, "FAN_MARK_ADD"},
	{0x2, "FAN_MARK_REMOVE"},
	{0x4, "FAN_MARK_DONT_FOLLOW"},
	{0x8, "FAN_MARK_ONLYDIR"},
	{0x10, "FAN_MARK_MOUNT"},
	{0x20, "FAN_MARK_IGNORED_MASK"},
	{0x40, "FAN_MARK_IGNORED_SURV_MODIFY"},
	{0x80, "FAN_MARK_FLUSH"},
	{0x100, "FAN_MARK_FILESYSTEM"},
	{0x200, "FAN_MARK_EVICTABLE"},
	{0x400, "FAN_MARK_IGNORE"},
}}

// include/uapi/linux/fanotify.h
var fanotifyEvents = flags{unknown: "FAN_???", names: []entry{
	{0x1, "FAN_ACCESS"},
	{0x2, "FAN_MODIFY"},
	{0x4, "FAN_ATTRIB"},
	{0x8, "FAN_CLOSE_WRITE"},
	{0x10, "FAN_CLOSE_NOWRITE"},
	{0x20, "FAN_OPEN"},
	{0x40, "FAN_MOVED_FROM"},
	{0x80, "FAN_MOVED_TO"},
	{0x100, "FAN_CREATE"},
	{0x200, "FAN_DELETE"},
	{0x400, "FAN_DELETE_SELF"},
	{0x800, "FAN_MOVE_SELF"},
	{0x1000, "FAN_OPEN_EXEC"},
	{0x4000, "FAN_Q_OVERFLOW"},
	{0x8000, "FAN_FS_ERROR"},
	{0x10000, "FAN_OPEN_PERM"},
	{0x20000, "FAN_ACCESS_PERM"},
	{0x40000, "FAN_OPEN_EXEC_PERM"},
	{0x80000, "FAN_DIR_MODIFY"},
	{0x40000000, "FAN_ONDIR"},
	{0x8000000, "FAN_EVENT_ON_CHILD"},
	{0x10000000, "FAN_RENAME"},
}}
