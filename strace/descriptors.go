package strace

import "traceloop/event"

// atWorkingDirectory is AT_FDCWD of include/uapi/linux/fcntl.h.
const atWorkingDirectory = -100

// appendDescriptor appends a file descriptor and, if it is asked for, what it
// was when the call began.
func appendDescriptor(dst []byte, e *event.Event, fd int32, o *Options) []byte {
	return appendInt(dst, int64(fd))
}

// appendNewDescriptor appends a file descriptor that the call made: it has its
// meaning only when the call has ended.
func appendNewDescriptor(dst []byte, e *event.Event, fd int32, o *Options) []byte {
	return appendInt(dst, int64(fd))
}

// appendDirectory appends the descriptor of a directory, which may be AT_FDCWD.
func appendDirectory(dst []byte, e *event.Event, fd int32, o *Options) []byte {
	if fd == atWorkingDirectory {
		return append(dst, "AT_FDCWD"...)
	}
	return appendDescriptor(dst, e, fd, o)
}
