package strace

import (
	"traceloop/event"
	"traceloop/ring"
)

// The parts of struct msghdr, as kinds_network.txt numbers them.
const (
	partName    = 1
	partBuffers = 2
	partControl = 3
)

// allBytes is for a message of which all that the buffers hold was sent.
const allBytes = ^uint64(0)

// message appends struct msghdr.
func message(dst []byte, e *event.Event, index int, o *Options) []byte {
	size := messageSize(pointerSize(e))
	if e.Row.Name != "recvmsg" {
		if c := memory(e, index); bytesOf(c, size) != nil {
			return appendMessage(dst, e, c, -1, allBytes, o)
		}
		return appendPointer(dst, register(e, index))
	}
	in := bytesOf(before(e, index), size)
	if in == nil {
		return appendPointer(dst, register(e, index))
	}
	given := int64(int32(little.Uint32(in[pointerSize(e):])))
	switch c := after(e, index); {
	case !succeeded(e):
		// What a failed call would have received is nowhere.
		dst = append(dst, "{msg_namelen="...)
		dst = appendInt(dst, given)
		return append(dst, '}')
	case bytesOf(c, size) != nil:
		return appendMessage(dst, e, c, given, uint64(result(e)), o)
	}
	return appendPointer(dst, register(e, index))
}

// messageSize is the size of struct msghdr (include/linux/socket.h).
func messageSize(pointer int) int {
	if pointer == 4 {
		return 28
	}
	return 56
}

// appendMessage appends a struct msghdr, of which all was captured. given is the
// length of the name before the call, -1 if it is none of its matter; used is how
// many bytes of the buffers the message fills.
func appendMessage(dst []byte, e *event.Event, c *ring.Capture, given int64, used uint64, o *Options) []byte {
	// The name's length and the flags are ints, followed by padding where longs have 8 bytes.
	size := pointerSize(e)
	data := c.Data
	length := int64(int32(little.Uint32(data[size:])))
	dst = append(dst, "{msg_name="...)
	shown := length
	if given >= 0 || given < -1 {
		shown = min(length, given)
	}
	name := partOf(e, c, partName)
	protocol, netlink := uint16(netlinkUnbound), false
	if name != nil && shown >= 2 && len(name.Data) >= 2 {
		address := name.Data[:min(int64(len(name.Data)), shown)]
		dst = appendSocketAddress(dst, e, address, o)
		// strace goes by the address, and asks only then what socket it is.
		if netlink = little.Uint16(address) == familyNetlink; netlink {
			if known, ok := netlinkOf(e); ok {
				protocol = known
			}
		}
	} else {
		dst = appendPointer(dst, long(data, 0, size))
	}
	dst = append(dst, ", msg_namelen="...)
	if given != -1 && given != length {
		dst = appendInt(dst, given)
		dst = append(dst, " => "...)
	}
	dst = appendInt(dst, length)
	count := long(data, 3*size, size)
	dst = append(dst, ", msg_iov="...)
	if buffers := partOf(e, c, partBuffers); buffers != nil {
		dst = appendBuffers(dst, e, buffers, used, netlink, protocol, o)
	} else if pointer := long(data, 2*size, size); count == 0 && pointer != 0 {
		dst = append(dst, "[]"...)
	} else {
		dst = appendPointer(dst, pointer)
	}
	dst = append(dst, ", msg_iovlen="...)
	dst = appendUint(dst, count)
	length64 := long(data, 5*size, size)
	if length64 != 0 {
		dst = append(dst, ", msg_control="...)
		dst = appendControl(dst, e, partOf(e, c, partControl), long(data, 4*size, size), length64, o)
	}
	dst = append(dst, ", msg_controllen="...)
	dst = appendUint(dst, length64)
	dst = append(dst, ", msg_flags="...)
	dst = messageFlags.appendTo(dst, uint64(little.Uint32(data[6*size:])), o)
	return append(dst, '}')
}

// appendBuffers appends an array of struct iovec whose buffers hold used bytes
// in all. Those of a netlink socket hold messages.
func appendBuffers(dst []byte, e *event.Event, c *ring.Capture, used uint64, netlink bool, protocol uint16, o *Options) []byte {
	dst = append(dst, '[')
	data := c.Data
	shown, more := 0, c.Truncated
	for limit := o.elements(); len(data) >= bufferHead; shown++ {
		if shown >= limit {
			more = true
			break
		}
		pointer, length := little.Uint64(data), little.Uint64(data[8:])
		captured := int(little.Uint16(data[16:]))
		data = data[bufferHead:]
		unreadable := captured == bufferUnreadable
		if unreadable {
			captured = 0
		}
		content := data[:min(captured, len(data))]
		data = data[len(content):]
		filled := min(length, used)
		used -= filled
		if uint64(len(content)) > filled {
			content = content[:filled]
		}
		if shown > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, "{iov_base="...)
		switch {
		case unreadable || pointer == 0:
			dst = appendPointer(dst, pointer)
		case netlink:
			dst = appendNetlink(dst, e, protocol, content, filled, o)
		default:
			dst = appendLimited(dst, content, uint64(len(content)) < filled, o)
		}
		dst = append(dst, ", iov_len="...)
		dst = appendUint(dst, length)
		dst = append(dst, '}')
	}
	return appendArrayEnd(dst, shown, more)
}

// messages appends an array of struct mmsghdr: what was sent, or what was received.
func messages(dst []byte, e *event.Event, index int, o *Options) []byte {
	pointer := pointerSize(e)
	size := messageSize(pointer)
	receive := e.Row.Name != "sendmmsg"
	if receive && !succeeded(e) {
		return appendPointer(dst, register(e, index))
	}
	wanted := uint64(uint32(register(e, index+1)))
	done := uint64(0)
	if succeeded(e) {
		done = uint64(result(e))
	}
	if receive {
		wanted = done
	}
	if wanted == 0 && register(e, index) != 0 {
		return append(dst, "[]"...)
	}
	start := len(dst)
	dst = append(dst, '[')
	shown := 0
	more := false
	for c := range elements(e, index, false) {
		if len(c.Data) < size+4 || uint64(shown) >= wanted {
			break
		}
		if shown >= o.elements() {
			more = true
			break
		}
		if shown > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, "{msg_hdr="...)
		given, used := int64(-1), allBytes
		length := little.Uint32(c.Data[size:])
		if receive {
			given, used = givenName(e, index, shown, c), uint64(length)
		}
		dst = appendMessage(dst, e, c, given, used, o)
		if uint64(shown) < done {
			dst = append(dst, ", msg_len="...)
			dst = appendUint(dst, uint64(length))
		}
		dst = append(dst, '}')
		shown++
	}
	if shown == 0 {
		return appendPointer(dst[:start], register(e, index))
	}
	return appendArrayEnd(dst, shown, more || uint64(shown) < wanted)
}

// givenName is the length of a message's name as the call was given it; the
// message's own if that was not captured.
func givenName(e *event.Event, index, number int, left *ring.Capture) int64 {
	pointer := pointerSize(e)
	for c := range elements(e, index, true) {
		if number == 0 && len(c.Data) >= messageSize(pointer) {
			return int64(int32(little.Uint32(c.Data[pointer:])))
		}
		number--
	}
	return int64(int32(little.Uint32(left.Data[pointer:])))
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
	{0x20000, "MSG_SENDPAGE_NOTLAST"},
	{0x40000, "MSG_BATCH"},
	{0x80000, "MSG_NO_SHARED_FRAGS"},
	{0x4000000, "MSG_ZEROCOPY"},
	{0x20000000, "MSG_FASTOPEN"},
	{0x40000000, "MSG_CMSG_CLOEXEC"},
	{0x80000000, "MSG_CMSG_COMPAT"},
}}
