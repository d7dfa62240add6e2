package strace

import "traceloop/event"

const (
	futexPrivate       = 128
	futexClockRealtime = 256
	// strace takes the arguments' meaning from these bits alone.
	futexCommand = 127
)

// The operations of futex(2) (include/uapi/linux/futex.h).
const (
	futexWait = iota
	futexWake
	futexFD
	futexRequeue
	futexCompareRequeue
	futexWakeOp
	futexLockPI
	futexUnlockPI
	futexTryLockPI
	futexWaitBitset
	futexWakeBitset
	futexWaitRequeuePI
	futexCompareRequeuePI
	futexLockPI2
)

// futexArguments is a bit set of the arguments that an operation has.
func futexArguments(operation uint64) uint8 {
	const (
		uaddr = 1 << iota
		op
		val
		timeout
		uaddr2
		val3
	)
	switch operation & futexCommand {
	case futexWait:
		return uaddr | op | val | timeout
	case futexWake, futexFD:
		return uaddr | op | val
	case futexRequeue:
		return uaddr | op | val | timeout | uaddr2
	case futexLockPI, futexLockPI2:
		return uaddr | op | timeout
	case futexUnlockPI, futexTryLockPI:
		return uaddr | op
	case futexWaitBitset:
		return uaddr | op | val | timeout | val3
	case futexWakeBitset:
		return uaddr | op | val | val3
	case futexWaitRequeuePI:
		return uaddr | op | val | timeout | uaddr2
	}
	return uaddr | op | val | timeout | uaddr2 | val3
}

func futexOperation(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := register(e, index) & 0xffffffff
	name, ok := futexOperations.lookup(value &^ (futexPrivate | futexClockRealtime))
	if !ok {
		dst = appendHex(dst, value)
		return appendComment(dst, "FUTEX_???")
	}
	dst = append(dst, name...)
	if value&futexPrivate != 0 {
		dst = append(dst, "_PRIVATE"...)
	}
	if value&futexClockRealtime != 0 {
		dst = append(dst, "|FUTEX_CLOCK_REALTIME"...)
	}
	return dst
}

// futexWord appends the value that the futex is compared with, or a number of waiters.
func futexWord(dst []byte, e *event.Event, index int, o *Options) []byte {
	return unsignedInt(dst, e, index, o)
}

// futexTimeout makes a decoder for what is a timeout for some operations and a number for others.
func futexTimeout(size int) decoder {
	timespec := timePointer(&timespecForm, size)
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		switch register(e, 1) & futexCommand {
		case futexWait, futexLockPI, futexLockPI2, futexWaitBitset, futexWaitRequeuePI:
			return timespec(dst, e, index, o)
		case futexRequeue, futexCompareRequeue, futexWakeOp, futexCompareRequeuePI:
			return unsignedInt(dst, e, index, o)
		}
		return appendHex(dst, register(e, index))
	}
}

// futexBitset appends the last argument.
func futexBitset(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := register(e, index) & 0xffffffff
	switch register(e, 1) & futexCommand {
	case futexWaitBitset, futexWakeBitset:
		if value == 0xffffffff {
			return append(dst, "FUTEX_BITSET_MATCH_ANY"...)
		}
	case futexCompareRequeue, futexCompareRequeuePI:
		return appendUint(dst, value)
	case futexWakeOp:
		if value>>28&8 != 0 {
			dst = append(dst, "FUTEX_OP_OPARG_SHIFT<<28|"...)
		}
		dst = futexWakeOps.appendTo(dst, value>>28&7, o)
		dst = append(dst, "<<28|"...)
		dst = appendHex(dst, value>>12&0xfff)
		dst = append(dst, "<<12|"...)
		dst = futexWakeCompares.appendTo(dst, value>>24&0xf, o)
		dst = append(dst, "<<24|"...)
		return appendHex(dst, value&0xfff)
	}
	return appendHex(dst, value)
}

// include/uapi/linux/futex.h
var futexOperations = names{unknown: "FUTEX_???", names: []entry{
	{0, "FUTEX_WAIT"},
	{1, "FUTEX_WAKE"},
	{2, "FUTEX_FD"},
	{3, "FUTEX_REQUEUE"},
	{4, "FUTEX_CMP_REQUEUE"},
	{5, "FUTEX_WAKE_OP"},
	{6, "FUTEX_LOCK_PI"},
	{7, "FUTEX_UNLOCK_PI"},
	{8, "FUTEX_TRYLOCK_PI"},
	{9, "FUTEX_WAIT_BITSET"},
	{10, "FUTEX_WAKE_BITSET"},
	{11, "FUTEX_WAIT_REQUEUE_PI"},
	{12, "FUTEX_CMP_REQUEUE_PI"},
	{13, "FUTEX_LOCK_PI2"},
}}

// include/uapi/linux/futex.h
var futexWakeOps = names{unknown: "FUTEX_OP_???", names: []entry{
	{0, "FUTEX_OP_SET"},
	{1, "FUTEX_OP_ADD"},
	{2, "FUTEX_OP_OR"},
	{3, "FUTEX_OP_ANDN"},
	{4, "FUTEX_OP_XOR"},
}}

// include/uapi/linux/futex.h
var futexWakeCompares = names{unknown: "FUTEX_OP_CMP_???", names: []entry{
	{0, "FUTEX_OP_CMP_EQ"},
	{1, "FUTEX_OP_CMP_NE"},
	{2, "FUTEX_OP_CMP_LT"},
	{3, "FUTEX_OP_CMP_LE"},
	{4, "FUTEX_OP_CMP_GT"},
	{5, "FUTEX_OP_CMP_GE"},
}}

// include/uapi/linux/futex.h
var futex2Flags = flags{unknown: "FUTEX2_???", names: []entry{
	{0x2, "FUTEX2_SIZE_U32"},
	{0x4, "FUTEX2_NUMA"},
	{0x80, "FUTEX2_PRIVATE"},
}}
