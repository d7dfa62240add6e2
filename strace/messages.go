package strace

import (
	"traceloop/event"
)

// message appends struct msghdr. The memory that it points to is not captured.
func message(dst []byte, e *event.Event, index int, o *Options) []byte {
	size := pointerSize(e)
	c := memory(e, index)
	if out := after(e, index); out != nil && succeeded(e) {
		c = out
	}
	data := bytesOf(c, messageSize(size))
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	if c.Entry && returned(e) && e.Row.Name == "recvmsg" {
		// What a failed call would have received is nowhere.
		dst = append(dst, "{msg_namelen="...)
		dst = appendNumber(dst, data[size:], 4, asInt)
		return append(dst, '}')
	}
	return appendMessage(dst, data, size, o)
}

// messageSize is the size of struct msghdr (include/linux/socket.h).
func messageSize(pointer int) int {
	if pointer == 4 {
		return 28
	}
	return 56
}

func appendMessage(dst, data []byte, size int, o *Options) []byte {
	// The name's length and the flags are ints, followed by padding where longs have 8 bytes.
	dst = append(dst, "{msg_name="...)
	dst = appendPointer(dst, long(data, 0, size))
	dst = append(dst, ", msg_namelen="...)
	dst = appendNumber(dst, data[size:], 4, asInt)
	dst = append(dst, ", msg_iov="...)
	dst = appendPointer(dst, long(data, 2*size, size))
	dst = append(dst, ", msg_iovlen="...)
	dst = appendUint(dst, long(data, 3*size, size))
	length := long(data, 5*size, size)
	if length != 0 {
		dst = append(dst, ", msg_control="...)
		dst = appendPointer(dst, long(data, 4*size, size))
	}
	dst = append(dst, ", msg_controllen="...)
	dst = appendUint(dst, length)
	dst = append(dst, ", msg_flags="...)
	dst = messageFlags.appendTo(dst, uint64(little.Uint32(data[6*size:])), o)
	return append(dst, '}')
}

// messages appends an array of struct mmsghdr.
func messages(dst []byte, e *event.Event, index int, o *Options) []byte {
	size := pointerSize(e)
	c := memory(e, index)
	if out := after(e, index); out != nil && succeeded(e) {
		c = out
	}
	if c == nil {
		return appendPointer(dst, register(e, index))
	}
	one := messageSize(size) + size
	dst = append(dst, '[')
	count, more := len(c.Data)/one, c.Truncated
	if limit := o.elements(); count > limit {
		count, more = limit, true
	}
	for i := range count {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		data := c.Data[i*one:]
		dst = append(dst, "{msg_hdr="...)
		dst = appendMessage(dst, data, size, o)
		if succeeded(e) && !c.Entry {
			dst = append(dst, ", msg_len="...)
			dst = appendUint(dst, uint64(little.Uint32(data[messageSize(size):])))
		}
		dst = append(dst, '}')
	}
	return appendArrayEnd(dst, count, more)
}

// include/linux/socket.h
var messageFlags = flags{unknown: "MSG_???", names: []entry{
	{0x1, "MSG_OOB"},
	{0x2, "MSG_PEEK"},
	{0x4, "MSG_DONTROUTE"},
	{0x8, "MSG_CTRUNC"},
	{0x10, "MSG_PROBE"},
	{0x20, "MSG_TRUNC"},
	{0x40, "MSG_DONTWAIT"},
	{0x80, "MSG_EOR"},
	{0x100, "MSG_WAITALL"},
	{0x200, "MSG_FIN"},
	{0x400, "MSG_SYN"},
	{0x800, "MSG_CONFIRM"},
	{0x1000, "MSG_RST"},
	{0x2000, "MSG_ERRQUEUE"},
	{0x4000, "MSG_NOSIGNAL"},
	{0x8000, "MSG_MORE"},
	{0x10000, "MSG_WAITFORONE"},
	{0x40000, "MSG_BATCH"},
	{0x4000000, "MSG_ZEROCOPY"},
	{0x20000000, "MSG_FASTOPEN"},
	{0x40000000, "MSG_CMSG_CLOEXEC"},
	{0x80000000, "MSG_CMSG_COMPAT"},
}}
