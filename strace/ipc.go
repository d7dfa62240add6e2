package strace

import (
	"traceloop/event"
	"traceloop/ring"
	"traceloop/syscalls"
)

// ipcFlags appends System V IPC flags and permissions.
func ipcFlags(table *flags) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		value := uint64(uint32(register(e, index)))
		if flags := value &^ 0o777; flags != 0 {
			dst = table.appendTo(dst, flags, o)
			dst = append(dst, '|')
		}
		return appendMode(dst, value&0o777, o)
	}
}

// sharedMemoryFlags appends shmget's flags, of which six bits are the binary
// logarithm of a huge page's size (SHM_HUGE_SHIFT of include/uapi/linux/shm.h).
func sharedMemoryFlags(dst []byte, e *event.Event, index int, o *Options) []byte {
	const shift, mask = 26, 0x3f << 26
	value := uint64(uint32(register(e, index)))
	if flags := value &^ (mask | 0o777); flags != 0 {
		dst = shmGetFlags.appendTo(dst, flags, o)
		dst = append(dst, '|')
	}
	if value&mask != 0 {
		dst = appendUint(dst, value>>shift)
		dst = append(dst, "<<SHM_HUGE_SHIFT|"...)
	}
	return appendMode(dst, value&0o777, o)
}

// key appends a System V IPC key.
func key(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := uint64(uint32(register(e, index)))
	if value == 0 {
		return appendConstant(dst, value, asHex, "IPC_PRIVATE", o)
	}
	return appendHex(dst, value)
}

// ipc64 is IPC_64 of include/linux/ipc.h: it asks for the newer of two layouts.
const ipc64 = 0x100

// ipcCommand makes a decoder for the command of shmctl, semctl or msgctl.
func ipcCommand(commands *names) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		value := uint64(uint32(register(e, index)))
		if value&ipc64 != 0 {
			dst = append(dst, "IPC_64|"...)
		}
		return commands.appendTo(dst, value&^ipc64, o)
	}
}

// ipcSet says whether the call is to change an object's owner and permissions:
// it looks at nothing else in the struct.
func ipcSet(e *event.Event, index int) bool {
	const set = 1
	command := index - 1
	if e.Row.Name == "ipc" {
		command = 2
	}
	return uint32(register(e, command))&^ipc64 == set
}

// ipcObject makes a decoder for the state of a System V IPC object: its
// permissions, the members that go with IPC_SET too, and all the others.
// There is a table for 64-bit and for 32-bit ABIs.
func ipcObject(permissions string, wide, narrow *[2][]slot, size64, size32 int) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		size, members := size64, wide
		if longSize(e) == 4 {
			size, members = size32, narrow
		}
		data := structure(e, index, size)
		if data == nil || !ipcSet(e, index) && !succeeded(e) {
			return appendPointer(dst, register(e, index))
		}
		return appendIPCObject(dst, e, data, permissions, members, ipcSet(e, index), o)
	}
}

func appendIPCObject(dst []byte, e *event.Event, data []byte, permissions string, members *[2][]slot, set bool, o *Options) []byte {
	dst = append(dst, '{')
	dst = append(dst, permissions...)
	dst = append(dst, '=')
	owner := ipcPermissions
	if longSize(e) == 4 {
		owner = ipcPermissions32
	}
	rest := members[1]
	if set {
		owner, rest = owner[:3], members[0]
	}
	dst = appendSlotStruct(dst, e, data, owner, o)
	if len(rest) > 0 {
		dst = append(dst, ", "...)
		dst = appendSlots(dst, e, data, rest, o)
	}
	return append(dst, '}')
}

// ipcInfo makes a decoder for limits or usage of a kind of objects.
func ipcInfo(wide, narrow []slot, size64, size32 int) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		size, members := size64, wide
		if longSize(e) == 4 {
			size, members = size32, narrow
		}
		data := structure(e, index, size)
		if data == nil || !succeeded(e) {
			return appendPointer(dst, register(e, index))
		}
		return appendSlotStruct(dst, e, data, members, o)
	}
}

// structArray makes a decoder for an array of structs of the size.
func structArray(members []slot, size int) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		c := memory(e, index)
		if c == nil {
			return appendEmptyArray(dst, e, index)
		}
		dst = append(dst, '[')
		count := len(c.Data) / size
		more := c.Truncated
		if limit := o.elements(); count > limit {
			count, more = limit, true
		}
		for i := range count {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendSlotStruct(dst, e, c.Data[i*size:(i+1)*size], members, o)
		}
		return appendArrayEnd(dst, count, more)
	}
}

// appendEmptyArray appends an array of which nothing was captured: because it
// has no elements, or because its memory could not be read.
func appendEmptyArray(dst []byte, e *event.Event, index int) []byte {
	if register(e, index) != 0 && countIs(e, index, 0) {
		return append(dst, "[]"...)
	}
	return appendPointer(dst, register(e, index))
}

// messageBuffer appends msgsnd's and msgrcv's struct msgbuf: a type, and as
// many bytes as the next argument says. strace shows those of msgrcv's buffer
// that the message did not fill, too.
func messageBuffer(dst []byte, e *event.Event, index int, o *Options) []byte {
	length := register(e, index+1)
	if e.Row.Name == "ipc" {
		length = register(e, 2)
	}
	if succeeded(e) && e.Row.Arguments[index].Memory.When == ring.WhenOut {
		length = uint64(result(e)) // of the message that was received
	}
	if data := structure(e, index, longSize(e)); data != nil {
		return appendMessageText(dst, e, data, length, o)
	}
	return appendPointer(dst, register(e, index))
}

// appendMessageText appends struct msgbuf with so many bytes of text.
func appendMessageText(dst []byte, e *event.Event, data []byte, length uint64, o *Options) []byte {
	size := longSize(e)
	dst = append(dst, "{mtype="...)
	dst = appendInt(dst, signedLong(data, 0, size))
	dst = append(dst, ", mtext="...)
	text, more := data[size:], true
	if uint64(len(text)) >= length {
		text, more = text[:length], false
	}
	dst = appendLimited(dst, text, more, o)
	return append(dst, '}')
}

// include/uapi/linux/ipc.h
var ipcGetFlags = flags{names: []entry{
	{0x200, "IPC_CREAT"},
	{0x400, "IPC_EXCL"},
	{0x800, "IPC_NOWAIT"},
}}

// include/uapi/linux/shm.h
var shmGetFlags = flags{names: []entry{
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

// include/uapi/linux/shm.h
var shmCommands = names{unknown: "SHM_???", names: []entry{
	{0, "IPC_RMID"},
	{1, "IPC_SET"},
	{2, "IPC_STAT"},
	{3, "IPC_INFO"},
	{11, "SHM_LOCK"},
	{12, "SHM_UNLOCK"},
	{13, "SHM_STAT"},
	{14, "SHM_INFO"},
	{15, "SHM_STAT_ANY"},
}}

// include/uapi/linux/sem.h
var semCommands = names{unknown: "SEM_???", names: []entry{
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
	{18, "SEM_STAT"},
	{19, "SEM_INFO"},
	{20, "SEM_STAT_ANY"},
}}

// include/uapi/linux/msg.h
var msgCommands = names{unknown: "MSG_???", names: []entry{
	{0, "IPC_RMID"},
	{1, "IPC_SET"},
	{2, "IPC_STAT"},
	{3, "IPC_INFO"},
	{11, "MSG_STAT"},
	{12, "MSG_INFO"},
	{13, "MSG_STAT_ANY"},
}}

// include/uapi/linux/msg.h
var msgFlags = flags{unknown: "MSG_???", names: []entry{
	{0x1000, "MSG_NOERROR"},
	{0x2000, "MSG_EXCEPT"},
	{0x4000, "MSG_COPY"},
	{0x800, "IPC_NOWAIT"},
}}

// include/uapi/linux/sem.h
var semOperationFlags = flags{unknown: "SEM_???", names: []entry{
	{0x1000, "SEM_UNDO"},
	{0x800, "IPC_NOWAIT"},
}}

// struct sembuf, include/uapi/linux/sem.h
var semOperation = []slot{
	{"sem_num", 0, 2, slotUint, 0},
	{"sem_op", 2, 2, slotInt16, 0},
	{"sem_flg", 4, 2, semOperationFlags.slot, 0},
}

// semaphoreObject appends struct semid64_ds, whose 64-bit layout is x86's or the others'.
func semaphoreObject(dst []byte, e *event.Event, index int, o *Options) []byte {
	if e.ABI == syscalls.ARM64 {
		return semObjectOfARM(dst, e, index, o)
	}
	return semObjectOfX86(dst, e, index, o)
}

var (
	semObjectOfX86 = ipcObject("sem_perm", &semObjectX86, &semObject32, 88, 56)
	semObjectOfARM = ipcObject("sem_perm", &semObjectARM, &semObject32, 72, 56)
)

// countIs says whether the argument that has the number of another's elements has the value.
func countIs(e *event.Event, index int, value uint64) bool {
	if e.Row == nil || index >= len(e.Row.Arguments) {
		return false
	}
	count := e.Row.Arguments[index].Memory.Count
	return count >= ring.CountArgument && count < ring.CountReturn && register(e, int(count-ring.CountArgument)) == value
}

// ipcCall appends the first argument of ipc(2): a call, above which is the
// version of its arguments.
func ipcCall(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := uint64(uint32(register(e, index)))
	if version := value >> 16; version != 0 {
		dst = appendUint(dst, version)
		dst = append(dst, "<<16|"...)
	}
	return appendUint(dst, value&0xffff)
}
