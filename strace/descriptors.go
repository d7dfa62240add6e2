package strace

import (
	"net/netip"
	"slices"
	"strings"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/syscalls"
)

// atWorkingDirectory is AT_FDCWD of include/uapi/linux/fcntl.h.
const atWorkingDirectory = -100

// appendDescriptor appends a file descriptor and, if it is asked for, what it
// was when the call began.
func appendDescriptor(dst []byte, e *event.Event, fd int32, o *Options) []byte {
	dst = appendInt(dst, int64(fd))
	if o.descriptors() == DescriptorsBare {
		return dst
	}
	return appendMeaning(dst, e, fd, o)
}

// appendNewDescriptor appends a file descriptor that the call made: it has its
// meaning only when the call has ended.
func appendNewDescriptor(dst []byte, e *event.Event, fd int32, o *Options) []byte {
	dst = appendInt(dst, int64(fd))
	if o.descriptors() == DescriptorsBare {
		return dst
	}
	if descriptor, ok := e.NewDescriptor(fd); ok {
		return appendDescribed(dst, &descriptor, o)
	}
	return dst
}

// appendDirectory appends the descriptor of a directory, which may be AT_FDCWD.
func appendDirectory(dst []byte, e *event.Event, fd int32, o *Options) []byte {
	if fd != atWorkingDirectory {
		return appendDescriptor(dst, e, fd, o)
	}
	dst = appendConstant(dst, uint64(int64(fd)), asInt, "AT_FDCWD", o)
	if o.descriptors() == DescriptorsBare {
		return dst
	}
	return appendMeaning(dst, e, fd, o)
}

func appendMeaning(dst []byte, e *event.Event, fd int32, o *Options) []byte {
	if descriptor, ok := e.Descriptor(fd); ok {
		return appendDescribed(dst, &descriptor, o)
	}
	return dst
}

// DescriptorPath returns what stands between the angle brackets of strace -y
// behind a file descriptor that the call was given, as the kernel has it: a
// file's path, or what else it is. With ring.ReturnArgument for the index it is
// that of the descriptor that the call returned. It is false for what is no
// descriptor, or if the recording does not tell.
func DescriptorPath(e *event.Event, index int) (string, bool) {
	if e.Row == nil {
		return "", false
	}
	var descriptor ring.Descriptor
	var ok bool
	switch {
	case index == ring.ReturnArgument:
		if e.Row.Returns != syscalls.KindFD || !succeeded(e) {
			return "", false
		}
		descriptor, ok = e.NewDescriptor(int32(result(e)))
	case index < 0 || index >= len(e.Row.Arguments):
	default:
		switch e.Row.Arguments[index].Kind {
		case syscalls.KindFD, syscalls.KindDirfd, syscalls.KindPidfd:
			descriptor, ok = e.Descriptor(int32(register(e, index)))
		}
	}
	if !ok {
		return "", false
	}
	return string(appendFile(nil, &descriptor, func(dst, name []byte) []byte { return append(dst, name...) })), true
}

// Of include/uapi/linux/magic.h.
const (
	magicPipe      = 0x50495045
	magicAnonymous = 0x09041934
	magicNamespace = 0x6e736673
	magicProcess   = 0x50494446
)

func appendDescribed(dst []byte, d *ring.Descriptor, o *Options) []byte {
	dst = append(dst, '<')
	details := o.descriptors() == DescriptorsDetails
	if details && d.IsSocket && d.Socket.Family != 0 {
		dst = appendSocket(dst, d)
		return append(dst, '>')
	}
	dst = appendFile(dst, d, appendPathName)
	if details {
		switch d.Mode & 0o170000 {
		case 0o020000:
			dst = appendDeviceDetails(dst, "<char ", d)
		case 0o060000:
			dst = appendDeviceDetails(dst, "<block ", d)
		}
	}
	dst = append(dst, '>')
	if d.Deleted || d.Nameless && !hasNoPath(d.Magic) {
		dst = append(dst, "(deleted)"...)
	}
	return dst
}

func appendDeviceDetails(dst []byte, kind string, d *ring.Descriptor) []byte {
	dst = append(dst, kind...)
	dst = appendUint(dst, uint64(d.Major))
	dst = append(dst, ':')
	dst = appendUint(dst, uint64(d.Minor))
	return append(dst, '>')
}

// hasNoPath says whether the files of a file system are called by what they
// are. What else has no place in the tree of files, such as memfd_create(2)'s,
// the kernel shows as a file in the root directory that was deleted.
func hasNoPath(magic uint32) bool {
	switch magic {
	case magicPipe, magicSocket, magicAnonymous, magicNamespace, magicProcess:
		return true
	}
	return false
}

const magicSocket = 0x534f434b

// appendFile appends what the kernel calls a file, as /proc/PID/fd has it.
func appendFile(dst []byte, d *ring.Descriptor, appendName func(dst, name []byte) []byte) []byte {
	switch d.Magic {
	case magicPipe:
		return appendInode(dst, "pipe:[", d.Inode)
	case magicSocket:
		return appendInode(dst, "socket:[", d.Inode)
	case magicAnonymous:
		return appendName(append(dst, "anon_inode:"...), untilNUL(d.Names))
	case magicProcess:
		return append(dst, "anon_inode:[pidfd]"...)
	case magicNamespace:
		dst = appendName(dst, untilNUL(d.Names))
		return appendInode(dst, ":[", d.Inode)
	}
	names := d.Names[:max(len(d.Names)-1, 0)]
	if d.Cut {
		dst = append(dst, "..."...)
	} else if len(names) == 0 {
		return append(dst, '/')
	}
	// The names stand in the record from the last one to the first.
	for begin := len(names) + 1; begin > 0 && len(d.Names) > 0; {
		end := begin - 1
		for begin = end; begin > 0 && names[begin-1] != 0; {
			begin--
		}
		dst = append(dst, '/')
		dst = appendName(dst, names[begin:end])
	}
	return dst
}

func appendInode(dst []byte, kind string, inode uint64) []byte {
	dst = append(dst, kind...)
	dst = appendUint(dst, inode)
	return append(dst, ']')
}

// appendPathName appends a name so that it cannot end the angle brackets.
func appendPathName(dst, name []byte) []byte {
	for len(name) > 0 {
		i := slices.IndexFunc(name, func(c byte) bool { return c == '<' || c == '>' })
		if i < 0 {
			return appendEscaped(dst, name)
		}
		dst = appendEscaped(dst, name[:i])
		dst = append(dst, '\\')
		if i+1 < len(name) && name[i+1] >= '0' && name[i+1] <= '7' {
			dst = append(dst, '0')
		}
		dst = append(dst, '7', '0'+name[i]&7)
		name = name[i+1:]
	}
	return dst
}

// appendSocket appends a socket's protocol and addresses.
func appendSocket(dst []byte, d *ring.Descriptor) []byte {
	s := &d.Socket
	dst = append(dst, socketProtocolName(s)...)
	dst = append(dst, ':', '[')
	switch s.Family {
	case familyInternet, familyInternet6:
		if !isListed(s) {
			dst = appendUint(dst, d.Inode)
			break
		}
		dst = appendEndpoint(dst, s.Family, s.Local, s.LocalPort)
		if s.RemotePort != 0 {
			dst = append(dst, "->"...)
			dst = appendEndpoint(dst, s.Family, s.Remote, s.RemotePort)
		}
	case familyUnix:
		dst = appendUint(dst, d.Inode)
		if s.Peer != 0 {
			dst = append(dst, "->"...)
			dst = appendUint(dst, s.Peer)
		}
		if len(s.Name) > 0 {
			dst = append(dst, ',')
			name := s.Name
			if name[0] == 0 {
				dst = append(dst, '@')
				name = name[1:]
			}
			name = untilNUL(name) // in the abstract name space too, strace has no more
			dst = append(dst, '"')
			dst = appendEscaped(dst, name)
			dst = append(dst, '"')
		}
	case familyNetlink:
		if s.PortID == 0 {
			dst = appendUint(dst, d.Inode)
			break
		}
		if name, ok := netlinkProtocols.lookup(uint64(s.Protocol)); ok {
			dst = append(dst, strings.TrimPrefix(name, "NETLINK_")...)
		} else {
			dst = appendUint(dst, uint64(s.Protocol))
		}
		dst = append(dst, ':')
		dst = appendUint(dst, uint64(s.PortID))
	default:
		dst = appendUint(dst, d.Inode)
	}
	return append(dst, ']')
}

// isListed says whether the kernel's lists of sockets, where strace looks for
// addresses, have one: it has a port, is no raw one, whose port is its protocol,
// and no connection that has ended or was refused.
func isListed(s *ring.Socket) bool {
	const raw, transmission, closed = 3, 6, 7 // SOCK_RAW, IPPROTO_TCP, TCP_CLOSE
	switch {
	case s.LocalPort == 0 && s.RemotePort == 0, s.Type == raw:
		return false
	}
	return s.Protocol != transmission || s.State != closed || s.RemotePort == 0
}

// socketProtocolName is what the kernel calls a socket's protocol (struct
// proto's name in include/net/sock.h).
func socketProtocolName(s *ring.Socket) string {
	switch s.Family {
	case familyUnix:
		if s.Type == 1 { // SOCK_STREAM; the others share a name
			return "UNIX-STREAM"
		}
		return "UNIX"
	case familyNetlink:
		return "NETLINK"
	case familyInternet, familyInternet6:
		protocol := internetProtocolName(s)
		if s.Family == familyInternet6 && protocol != "socket" {
			return protocol + "v6"
		}
		return protocol
	}
	return "socket"
}

func internetProtocolName(s *ring.Socket) string {
	const raw = 3
	switch {
	case s.Type == raw:
		return "RAW"
	case s.Protocol == 6:
		return "TCP"
	case s.Protocol == 17:
		return "UDP"
	case s.Protocol == 1, s.Protocol == 58:
		return "PING"
	case s.Protocol == 132:
		return "SCTP"
	case s.Protocol == 136:
		return "UDP-Lite"
	case s.Protocol == 262:
		return "MPTCP"
	}
	return "socket"
}

func appendEndpoint(dst []byte, family uint16, address [16]byte, port uint16) []byte {
	if family == familyInternet {
		dst = netip.AddrFrom4([4]byte(address[:4])).AppendTo(dst)
	} else {
		dst = append(dst, '[')
		dst = netip.AddrFrom16(address).AppendTo(dst)
		dst = append(dst, ']')
	}
	dst = append(dst, ':')
	return appendUint(dst, uint64(port))
}
