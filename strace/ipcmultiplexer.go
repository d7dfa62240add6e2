package strace

import (
	"traceloop/event"
	"traceloop/ring"
	"traceloop/syscalls"
)

// An ipcForm is how a call is shown that ipc(2) of the 32-bit ABIs makes: by its
// own name, with its arguments in their order.
type ipcForm struct {
	name  string
	order []uint8 // indexes of ipc's arguments
}

// ipcForms are the forms by the calls' numbers, include/uapi/linux/ipc.h.
var ipcForms = [...]ipcForm{
	1:  {"semop", []uint8{1, 4, 2}},
	2:  {"semget", []uint8{1, 2, 3}},
	3:  {"semctl", []uint8{1, 2, 3, 4}},
	4:  {"semtimedop", []uint8{1, 4, 2, 5}},
	11: {"msgsnd", []uint8{1, 4, 2, 3}},
	12: {"msgrcv", []uint8{1, 4, 2, 5, 3}},
	13: {"msgget", []uint8{1, 2}},
	14: {"msgctl", []uint8{1, 2, 4}},
	21: {"shmat", []uint8{1, 4, 2}},
	22: {"shmdt", []uint8{4}},
	23: {"shmget", []uint8{1, 2, 3}},
	24: {"shmctl", []uint8{1, 2, 4}},
}

// ipcFormOf is the form of the call that ipc(2) made, nil if there is no such
// call or it is another system call.
func ipcFormOf(e *event.Event) *ipcForm {
	if e.Row == nil || e.Row.Name != "ipc" || len(e.Row.Arguments) < 2 || e.Row.Arguments[1].Kind == syscalls.KindHex {
		return nil
	}
	number := register(e, 0) & 0xffff
	if number >= uint64(len(ipcForms)) || ipcForms[number].name == "" {
		return nil
	}
	return &ipcForms[number]
}

// appendIPCArguments appends the arguments of a call that ipc(2) made.
func appendIPCArguments(dst []byte, e *event.Event, form *ipcForm, o *Options) []byte {
	first := true
	for _, index := range form.order {
		if int(index) >= len(e.Row.Arguments) {
			continue
		}
		if !first {
			dst = append(dst, ", "...)
		}
		first = false
		if !returned(e) && e.Row.Arguments[index].Memory.When == ring.WhenOut && index == 4 {
			return append(dst, unfinished...)
		}
		// Between the size and the flags stands a type that is in memory.
		if kludge := ipcKludge(e, int(index)); kludge != nil && index == 4 {
			dst = appendKludge(dst, e, kludge, o)
			continue
		}
		dst = AppendArgument(dst, e, int(index), o)
		if kludge := ipcKludge(e, 4); kludge != nil && index == 2 {
			dst = append(dst, ", "...)
			dst = appendInt(dst, signedLong(kludge.Data, 4, 4))
		}
	}
	return dst
}

// ipcKludge is struct ipc_kludge of include/linux/ipc.h: the address and the
// type of the message that msgrcv received.
func ipcKludge(e *event.Event, index int) *ring.Capture {
	if index >= len(e.Row.Arguments) || e.Row.Arguments[index].Kind != syscalls.KindIPCKludge || !succeeded(e) {
		return nil
	}
	if c := after(e, index); c != nil && len(c.Data) >= 8 {
		return c
	}
	return nil
}

func appendKludge(dst []byte, e *event.Event, kludge *ring.Capture, o *Options) []byte {
	const message = 1
	if data := bytesOf(partOf(e, kludge, message), 4); data != nil {
		return appendMessageText(dst, e, data, register(e, 2), o)
	}
	return appendPointer(dst, long(kludge.Data, 0, 4))
}

// ipcAttachedResult appends the result of shmat through ipc(2), which is in memory.
func ipcAttachedResult(dst []byte, e *event.Event, value int64, bits uint64, o *Options) []byte {
	if data := bytesOf(after(e, 3), 4); data != nil {
		return appendHex(dst, long(data, 0, 4))
	}
	return appendInt(dst, value)
}

// ipcSemaphores appends the last argument of semctl through ipc(2): a pointer
// to what is the argument otherwise.
func ipcSemaphores(dst []byte, e *event.Event, index int, o *Options) []byte {
	const buffer = 1
	c := memory(e, index)
	if c == nil || len(c.Data) < 4 {
		return appendPointer(dst, register(e, index))
	}
	pointer := long(c.Data, 0, 4)
	p := partOf(e, c, buffer)
	switch uint32(register(e, index-1)) &^ ipc64 {
	case 1: // IPC_SET
		if data := bytesOf(p, 56); data != nil {
			return appendIPCObject(dst, e, data, "sem_perm", &semObject32, true, o)
		}
		return appendPointer(dst, pointer)
	case 2, 18, 20: // IPC_STAT, SEM_STAT, SEM_STAT_ANY
		if data := bytesOf(p, 56); data != nil && succeeded(e) {
			return appendIPCObject(dst, e, data, "sem_perm", &semObject32, false, o)
		}
		return appendPointer(dst, pointer)
	case 3, 19: // IPC_INFO, SEM_INFO
		if data := bytesOf(p, 40); data != nil && succeeded(e) {
			return appendSlotStruct(dst, e, data, semLimits, o)
		}
		return appendPointer(dst, pointer)
	}
	dst = append(dst, '[')
	dst = appendPointer(dst, pointer)
	return append(dst, ']')
}

// ipcMessages appends the last argument of msgctl through ipc(2).
func ipcMessages(dst []byte, e *event.Event, index int, o *Options) []byte {
	switch uint32(register(e, 2)) &^ ipc64 {
	case 1, 2, 11, 13: // IPC_SET, IPC_STAT, MSG_STAT, MSG_STAT_ANY
		return messageQueue(dst, e, index, o)
	case 3, 12: // IPC_INFO, MSG_INFO
		return messageLimits(dst, e, index, o)
	}
	return address(dst, e, index, o)
}

// ipcSharedMemory appends the last argument of shmctl through ipc(2).
func ipcSharedMemory(dst []byte, e *event.Event, index int, o *Options) []byte {
	switch uint32(register(e, 2)) &^ ipc64 {
	case 1, 2, 13, 15: // IPC_SET, IPC_STAT, SHM_STAT, SHM_STAT_ANY
		return sharedMemory(dst, e, index, o)
	case 3: // IPC_INFO
		return sharedMemoryLimits(dst, e, index, o)
	case 14: // SHM_INFO
		return sharedMemoryUsage(dst, e, index, o)
	}
	return address(dst, e, index, o)
}

// The decoders that shmctl and msgctl have too.
var (
	sharedMemory       = ipcObject("shm_perm", &shmObject, &shmObject32, 96, 76)
	sharedMemoryLimits = ipcInfo(shmLimits, shmLimits32, 40, 20)
	sharedMemoryUsage  = ipcInfo(shmUsage, shmUsage32, 48, 24)
	messageQueue       = ipcObject("msg_perm", &msgObject, &msgObject32, 104, 80)
	messageLimits      = ipcInfo(msgLimits, msgLimits, 30, 30)
)
