package strace

import (
	"iter"
	"math/bits"

	"traceloop/event"
	"traceloop/syscalls"
)

// pollDescriptors appends an array of struct pollfd, as poll(2) was given it.
func pollDescriptors(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil {
		if register(e, index) != 0 && succeeded(e) && uint32(register(e, 1)) == 0 {
			return append(dst, "[]"...)
		}
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '[')
	count, more := len(c.Data)/8, c.Truncated
	if limit := o.elements(); count > limit {
		count, more = limit, true
	}
	for i := range count {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		one := c.Data[i*8:]
		fd := int32(little.Uint32(one))
		dst = append(dst, "{fd="...)
		dst = appendDescriptor(dst, e, fd, o)
		if fd >= 0 {
			dst = append(dst, ", events="...)
			dst = pollEvents.appendTo(dst, uint64(little.Uint16(one[4:])), o)
		}
		dst = append(dst, '}')
	}
	if at, ends := memoryEnd(e, index, c, count, 8); ends && uint64(count) < uint64(uint32(register(e, 1))) {
		return appendUnreadableEnd(dst, at)
	}
	return appendArrayEnd(dst, count, more)
}

// appendPollReturn appends what poll(2) found: the descriptors with events.
func appendPollReturn(dst []byte, e *event.Event, value int64, o *Options) []byte {
	if value == 0 {
		return append(dst, "0 (Timeout)"...)
	}
	dst = appendInt(dst, value)
	if value < 0 {
		return dst
	}
	c := after(e, 0)
	if c == nil {
		return dst
	}
	dst = append(dst, " (["...)
	shown, more := 0, c.Truncated
	for limit, i := o.elements(), 0; i+8 <= len(c.Data); i += 8 {
		revents := little.Uint16(c.Data[i+6:])
		if revents == 0 {
			continue
		}
		if shown >= limit {
			more = true
			break
		}
		if shown > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, "{fd="...)
		dst = appendNumber(dst, c.Data[i:], 4, asInt)
		dst = append(dst, ", revents="...)
		dst = pollEvents.appendTo(dst, uint64(revents), o)
		dst = append(dst, '}')
		shown++
	}
	dst = appendArrayEnd(dst, shown, more)
	if e.Row.Name != "poll" {
		dst = appendTimeLeft(dst, e, 2, ", ")
	}
	return append(dst, ')')
}

// appendTimeLeft appends what a call left of the time it was given.
func appendTimeLeft(dst []byte, e *event.Event, index int, separator string) []byte {
	if index >= len(e.Row.Arguments) {
		return dst
	}
	size := longSize(e)
	form := appendTimespec
	switch e.Row.Arguments[index].Kind {
	case syscalls.KindTimespec64:
		size = 8
	case syscalls.KindTimeval:
		form = appendTimeval
	}
	data := bytesOf(after(e, index), 2*size)
	if data == nil {
		return dst
	}
	dst = append(dst, separator...)
	dst = append(dst, "left "...)
	return form(dst, data, size)
}

// descriptorSet appends a set of descriptors as select(2) was given it.
func descriptorSet(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := before(e, index)
	if c == nil || int32(register(e, 0)) < 0 {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '[')
	first := true
	for fd := range setBits(c.Data, selectLimit(e)) {
		if !first {
			dst = append(dst, ' ')
		}
		first = false
		dst = appendDescriptor(dst, e, int32(fd), o)
	}
	return append(dst, ']')
}

// selectLimit is the number of descriptors that select(2) looks at.
func selectLimit(e *event.Event) int {
	limit := int32(register(e, 0))
	if limit < 0 {
		return 0
	}
	return int(limit)
}

// appendBits appends the numbers of the bits that are set: [3 4].
func appendBits(dst, data []byte, limit int) []byte {
	dst = append(dst, '[')
	first := true
	for number := range setBits(data, limit) {
		if !first {
			dst = append(dst, ' ')
		}
		first = false
		dst = appendUint(dst, uint64(number))
	}
	return append(dst, ']')
}

// setBits are the numbers below the limit of the bits that are set.
func setBits(data []byte, limit int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, b := range data {
			for ; b != 0; b &= b - 1 {
				number := i*8 + bits.TrailingZeros8(b)
				if number >= limit || !yield(number) {
					return
				}
			}
		}
	}
}

// appendSelectReturn appends what select(2) found: the sets, and the time that was left.
func appendSelectReturn(dst []byte, e *event.Event, value int64) []byte {
	if value == 0 {
		return append(dst, "0 (Timeout)"...)
	}
	dst = appendInt(dst, value)
	if value < 0 {
		return dst
	}
	opening := " ("
	for i, name := range [...]string{"in ", "out ", "except "} {
		c := after(e, i+1)
		if c == nil || allZero(c.Data) {
			continue
		}
		dst = append(dst, opening...)
		opening = ", "
		dst = append(dst, name...)
		dst = appendBits(dst, c.Data, selectLimit(e))
	}
	length := len(dst)
	dst = appendTimeLeft(dst, e, 4, opening)
	if len(dst) > length {
		opening = ", "
	}
	if opening == ", " {
		dst = append(dst, ')')
	}
	return dst
}

func allZero(data []byte) bool {
	for _, b := range data {
		if b != 0 {
			return false
		}
	}
	return true
}

// selectArguments appends the five arguments that the old select of 32-bit ABIs takes in memory.
func selectArguments(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 20)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '{')
	dst = appendNumber(dst, data, 4, asInt)
	for i := 4; i < 20; i += 4 {
		dst = append(dst, ", "...)
		dst = appendPointer(dst, long(data, i, 4))
	}
	return append(dst, '}')
}

// signalSetArgument appends pselect6's last argument: a set of signals and its size.
func signalSetArgument(dst []byte, e *event.Event, index int, o *Options) []byte {
	size := pointerSize(e)
	c := memory(e, index)
	data := bytesOf(c, 2*size)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{sigmask="...)
	pointer, length := long(data, 0, size), long(data, size, size)
	if set := bytesOf(partOf(e, c, 1), 8); set != nil && length >= uint64(size) && length <= 8 {
		dst = appendSignalSet(dst, little.Uint64(set), int(length+3)/4*32, o)
	} else {
		dst = appendPointer(dst, pointer)
	}
	dst = append(dst, ", sigsetsize="...)
	dst = appendUint(dst, length)
	return append(dst, '}')
}

// epollEventSize is the size of struct epoll_event, which x86 packs
// (include/uapi/linux/eventpoll.h, EPOLL_PACKED).
func epollEventSize(e *event.Event) int {
	switch e.ABI {
	case syscalls.ARM64, syscalls.ARM:
		return 16
	}
	return 12
}

// epollEvents appends what epoll_ctl is given and what epoll_wait finds.
func epollEvents(dst []byte, e *event.Event, index int, o *Options) []byte {
	size := epollEventSize(e)
	if e.Row.Name == "epoll_ctl" {
		data := structure(e, index, size)
		const remove = 2 // EPOLL_CTL_DEL ignores the event
		if data == nil || uint32(register(e, 1)) == remove {
			return appendPointer(dst, register(e, index))
		}
		return appendEpollEvent(dst, data, size, o)
	}
	c := after(e, index)
	if c == nil || !succeeded(e) {
		if succeeded(e) && result(e) == 0 {
			return append(dst, "[]"...)
		}
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '[')
	count, more := len(c.Data)/size, c.Truncated
	if limit := o.elements(); count > limit {
		count, more = limit, true
	}
	for i := range count {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendEpollEvent(dst, c.Data[i*size:], size, o)
	}
	return appendArrayEnd(dst, count, more)
}

func appendEpollEvent(dst, data []byte, size int, o *Options) []byte {
	dst = append(dst, "{events="...)
	dst = epollEventFlags.appendTo(dst, uint64(little.Uint32(data)), o)
	dst = append(dst, ", data={u32="...)
	value := little.Uint64(data[size-8:])
	dst = appendUint(dst, uint64(uint32(value)))
	dst = append(dst, ", u64="...)
	dst = appendUint(dst, value)
	return append(dst, "}}"...)
}

// include/uapi/asm-generic/poll.h
var pollEvents = flags{unknown: "POLL???", names: []entry{
	{0x1, "POLLIN"},
	{0x2, "POLLPRI"},
	{0x4, "POLLOUT"},
	{0x8, "POLLERR"},
	{0x10, "POLLHUP"},
	{0x20, "POLLNVAL"},
	{0x40, "POLLRDNORM"},
	{0x80, "POLLRDBAND"},
	{0x100, "POLLWRNORM"},
	{0x200, "POLLWRBAND"},
	{0x400, "POLLMSG"},
	{0x1000, "POLLREMOVE"},
	{0x2000, "POLLRDHUP"},
	{0x8000, "POLL_BUSY_LOOP"},
}}

// include/uapi/linux/eventpoll.h
var epollEventFlags = flags{unknown: "EPOLL???", names: []entry{
	{0x1, "EPOLLIN"},
	{0x2, "EPOLLPRI"},
	{0x4, "EPOLLOUT"},
	{0x8, "EPOLLERR"},
	{0x10, "EPOLLHUP"},
	{0x20, "EPOLLNVAL"},
	{0x40, "EPOLLRDNORM"},
	{0x80, "EPOLLRDBAND"},
	{0x100, "EPOLLWRNORM"},
	{0x200, "EPOLLWRBAND"},
	{0x400, "EPOLLMSG"},
	{0x2000, "EPOLLRDHUP"},
	{0x10000000, "EPOLLEXCLUSIVE"},
	{0x20000000, "EPOLLWAKEUP"},
	{0x40000000, "EPOLLONESHOT"},
	{0x80000000, "EPOLLET"},
}}

// include/uapi/linux/eventpoll.h
var epollOperations = names{unknown: "EPOLL_CTL_???", names: []entry{
	{1, "EPOLL_CTL_ADD"},
	{2, "EPOLL_CTL_DEL"},
	{3, "EPOLL_CTL_MOD"},
}}

// include/uapi/linux/eventpoll.h
var epollFlags = flags{unknown: "EPOLL_???", names: []entry{
	{0x80000, "EPOLL_CLOEXEC"},
}}

// include/uapi/linux/eventfd.h
var eventfdFlags = flags{unknown: "EFD_???", names: []entry{
	{0x1, "EFD_SEMAPHORE"},
	{0x80000, "EFD_CLOEXEC"},
	{0x800, "EFD_NONBLOCK"},
}}
