package strace

import (
	"traceloop/event"
)

// ipcFlags appends System V IPC flags and permissions.
func ipcFlags(table *flags) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		value := uint64(uint32(register(e, index)))
		if value>>9 != 0 {
			dst = table.appendTo(dst, value&^0o777, o)
			dst = append(dst, '|')
		}
		return appendMode(dst, value&0o777, o)
	}
}

// key appends a System V IPC key.
func key(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := uint64(uint32(register(e, index)))
	if value == 0 {
		return append(dst, "IPC_PRIVATE"...)
	}
	return appendHex(dst, value)
}

// include/uapi/linux/ipc.h
var ipcGetFlags = flags{unknown: "IPC_???", names: []entry{
	{0x200, "IPC_CREAT"},
	{0x400, "IPC_EXCL"},
	{0x800, "IPC_NOWAIT"},
}}

// include/uapi/linux/shm.h
var shmGetFlags = flags{unknown: "SHM_???", names: []entry{
	{0x200, "IPC_CREAT"},
	{0x400, "IPC_EXCL"},
	{0x800, "SHM_HUGETLB"},
	{0x1000, "SHM_NORESERVE"},
}}

// include/uapi/linux/shm.h
var shmAttachFlags = flags{unknown: "SHM_???", names: []entry{
	{0x1000, "SHM_RDONLY"},
	{0x2000, "SHM_RND"},
	{0x4000, "SHM_REMAP"},
	{0x8000, "SHM_EXEC"},
}}

// include/uapi/linux/ipc.h, msg.h, sem.h, shm.h
var ipcCommands = names{unknown: "IPC_???", names: []entry{
	{0, "IPC_RMID"},
	{1, "IPC_SET"},
	{2, "IPC_STAT"},
	{3, "IPC_INFO"},
	{11, "GETPID"},
	{12, "GETVAL"},
	{13, "GETALL"},
	{14, "GETNCNT"},
	{15, "GETZCNT"},
	{16, "SETVAL"},
	{17, "SETALL"},
}}
