package strace

import "traceloop/event"

// futexCommand are the bits from which alone strace takes the arguments' meaning.
const futexCommand = 127

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
	return futexOperations.argument(dst, e, index, o)
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
			return appendConstant(dst, value, asHex, "FUTEX_BITSET_MATCH_ANY", o)
		}
	case futexCompareRequeue, futexCompareRequeuePI:
		return appendUint(dst, value)
	case futexWakeOp:
		if value>>28&8 != 0 {
			dst = appendConstant(dst, 8, asHex, "FUTEX_OP_OPARG_SHIFT", o)
			dst = append(dst, "<<28|"...)
		}
		dst = appendShifted(dst, value>>28&7, &futexWakeOps, "<<28", o)
		dst = append(dst, '|')
		dst = appendHex(dst, value>>12&0xfff)
		dst = append(dst, "<<12|"...)
		dst = appendShifted(dst, value>>24&0xf, &futexWakeCompares, "<<24", o)
		dst = append(dst, '|')
		return appendHex(dst, value&0xfff)
	}
	return appendHex(dst, value)
}

// appendShifted appends a number's name and how far it is shifted; that it has
// none is said behind the shift.
func appendShifted(dst []byte, value uint64, table *names, shift string, o *Options) []byte {
	if name, ok := table.lookup(value); ok {
		return append(appendConstant(dst, value, asHex, name, o), shift...)
	}
	return appendComment(append(appendHex(dst, value), shift...), table.unknown)
}

// futexWaiters appends an array of struct futex_waitv (include/uapi/linux/futex.h).
func futexWaiters(dst []byte, e *event.Event, index int, o *Options) []byte {
	const size = 24
	c := memory(e, index)
	if c == nil || len(c.Data) == 0 {
		if register(e, index) != 0 && uint32(register(e, index+1)) == 0 {
			return append(dst, "[]"...)
		}
		return appendPointer(dst, register(e, index))
	}
	count, more := len(c.Data)/size, c.Truncated
	if limit := o.elements(); count > limit {
		count, more = limit, true
	}
	dst = append(dst, '[')
	for i := range count {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		one := c.Data[i*size : (i+1)*size]
		dst = append(dst, '{')
		dst = appendMembers(dst, e, one, futexWaiter, o)
		if reserved := little.Uint32(one[20:]); reserved != 0 {
			dst = append(dst, ", __reserved="...)
			dst = appendHex(dst, uint64(reserved))
		}
		dst = append(dst, '}')
	}
	return appendArrayEnd(dst, count, more)
}

var futexWaiter = []member{
	{name: "val", size: 8, form: asHex},
	{name: "uaddr", size: 8, form: asPointer},
	{name: "flags", size: 4, flags: &futexWaiterFlags},
}

// include/uapi/linux/futex.h
var futexWaiterFlags = flags{unknown: "FUTEX_???", names: []entry{{0x2, "FUTEX_32"}, {0x80, "FUTEX_PRIVATE_FLAG"}}}

// include/uapi/linux/futex.h: the operations with the flags that they may have
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
	{128, "FUTEX_WAIT_PRIVATE"},
	{129, "FUTEX_WAKE_PRIVATE"},
	{130, "FUTEX_FD|FUTEX_PRIVATE_FLAG"},
	{131, "FUTEX_REQUEUE_PRIVATE"},
	{132, "FUTEX_CMP_REQUEUE_PRIVATE"},
	{133, "FUTEX_WAKE_OP_PRIVATE"},
	{134, "FUTEX_LOCK_PI_PRIVATE"},
	{135, "FUTEX_UNLOCK_PI_PRIVATE"},
	{136, "FUTEX_TRYLOCK_PI_PRIVATE"},
	{137, "FUTEX_WAIT_BITSET_PRIVATE"},
	{138, "FUTEX_WAKE_BITSET_PRIVATE"},
	{139, "FUTEX_WAIT_REQUEUE_PI_PRIVATE"},
	{140, "FUTEX_CMP_REQUEUE_PI_PRIVATE"},
	{141, "FUTEX_LOCK_PI2_PRIVATE"},
	{0x100, "FUTEX_WAIT|FUTEX_CLOCK_REALTIME"},
	{0x180, "FUTEX_WAIT_PRIVATE|FUTEX_CLOCK_REALTIME"},
	{0x109, "FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME"},
	{0x189, "FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME"},
	{0x10b, "FUTEX_WAIT_REQUEUE_PI|FUTEX_CLOCK_REALTIME"},
	{0x18b, "FUTEX_WAIT_REQUEUE_PI_PRIVATE|FUTEX_CLOCK_REALTIME"},
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
