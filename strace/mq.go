package strace

import "traceloop/event"

// queueAttributes appends struct mq_attr of include/uapi/linux/mqueue.h. Its
// flags mean nothing to mq_open.
func queueAttributes(dst []byte, e *event.Event, index int, o *Options) []byte {
	size := longSize(e)
	data := structure(e, index, 4*size)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{mq_flags="...)
	if flags := long(data, 0, size); e.Row.Name == "mq_open" {
		dst = appendHex(dst, flags)
	} else {
		dst = queueFlags.appendTo(dst, flags, o)
	}
	dst = append(dst, ", mq_maxmsg="...)
	dst = appendInt(dst, signedLong(data, size, size))
	dst = append(dst, ", mq_msgsize="...)
	dst = appendInt(dst, signedLong(data, 2*size, size))
	dst = append(dst, ", mq_curmsgs="...)
	dst = appendInt(dst, signedLong(data, 3*size, size))
	return append(dst, '}')
}

// include/uapi/asm-generic/fcntl.h
var queueFlags = flags{unknown: "O_???", names: []entry{
	{0o4000, "O_NONBLOCK"},
}}
