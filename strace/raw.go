package strace

import "traceloop/event"

// Raw is the register of an argument, as wide as the registers of the call's
// ABI. An argument that the recording lacks is 0.
func Raw(e *event.Event, index int) uint64 { return register(e, index) }

// AppendName appends the call's name; one that the table lacks has a name of
// its number: syscall_0x1d3.
func AppendName(dst []byte, e *event.Event) []byte { return appendName(dst, e) }

// AppendCallInLine is AppendCall in a line that begins at dst[start:]: the
// column of the result is counted from there.
func AppendCallInLine(dst []byte, start int, e *event.Event, o *Options) []byte {
	return appendCall(dst, e, o, start)
}
