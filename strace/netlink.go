package strace

import (
	"traceloop/event"
)

// The protocols of netlink sockets whose messages have names of their own
// (include/uapi/linux/netlink.h).
const (
	netlinkRoute      = 0
	netlinkDiagnostic = 4
	netlinkTransform  = 6
	netlinkSELinux    = 7
	netlinkAudit      = 9
	netlinkEvents     = 15
	netlinkGeneric    = 16

	// netlinkUnbound stands for the protocol of a socket without an address:
	// strace does not find it and knows no names of its messages.
	netlinkUnbound = 0xffff
)

// The types of messages that all protocols have, and a message's sizes.
const (
	netlinkError    = 2
	netlinkDone     = 3
	netlinkReserved = 16 // the first type of a protocol's own
	netlinkHeader   = 16 // struct nlmsghdr
	netlinkRequest  = 1  // a flag: the message asks the kernel
)

// socketBytes appends what send(2) and recv(2) pass through a socket.
func socketBytes(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendEmpty(dst, e, index)
	}
	protocol, ok := netlinkOf(e)
	if !ok {
		return appendLimited(dst, c.Data, c.Truncated, o)
	}
	length := register(e, index+1)
	if !c.Entry && received(e) {
		length = min(length, uint64(max(result(e), 0)))
	}
	return appendNetlink(dst, e, protocol, c.Data, length, o)
}

// received says whether the call's buffers hold what came from the socket.
func received(e *event.Event) bool {
	switch e.Row.Name {
	case "recv", "recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64":
		return true
	}
	return false
}

// netlinkOf is the protocol of the call's socket if it is a netlink socket.
func netlinkOf(e *event.Event) (protocol uint16, ok bool) {
	if e.Task == nil {
		return 0, false
	}
	descriptor, ok := e.Descriptor(int32(register(e, 0)))
	if !ok || !descriptor.IsSocket || descriptor.Socket.Family != familyNetlink {
		return 0, false
	}
	// A socket that received has an address, if only from what it sent.
	if descriptor.Socket.PortID == 0 && !received(e) {
		return netlinkUnbound, true
	}
	return descriptor.Socket.Protocol, true
}

// appendNetlink appends messages that follow each other, of which the first of
// length bytes were captured. What was not is an ellipsis.
func appendNetlink(dst []byte, e *event.Event, protocol uint16, data []byte, length uint64, o *Options) []byte {
	if protocol == netlinkEvents {
		return appendLimited(dst, data, uint64(len(data)) < length, o)
	}
	array := false
	for shown := 0; ; shown++ {
		if length < netlinkHeader {
			dst = appendHexString(dst, data, uint64(len(data)) < length, o)
			break
		}
		if len(data) < netlinkHeader || shown >= o.elements() && !o.unabbreviated() {
			dst = append(dst, "..."...)
			break
		}
		own := uint64(little.Uint32(data))
		next := (own + 3) &^ 3
		last := own < netlinkHeader || next >= length
		if !array && !last {
			dst = append(dst, '[')
			array = true
		}
		dst = appendNetlinkMessage(dst, protocol, data, min(own, length), o)
		if last {
			break
		}
		dst = append(dst, ", "...)
		length -= next
		data = data[min(next, uint64(len(data))):]
	}
	if array {
		dst = append(dst, ']')
	}
	return dst
}

// appendNetlinkMessage appends a message of length bytes, whose header at least
// was captured.
func appendNetlinkMessage(dst []byte, protocol uint16, data []byte, length uint64, o *Options) []byte {
	kind, bits := little.Uint16(data[4:]), little.Uint16(data[6:])
	payload := length > netlinkHeader
	if payload {
		dst = append(dst, '[')
	}
	dst = append(dst, "{nlmsg_len="...)
	dst = appendNumber(dst, data, 4, asUint)
	dst = append(dst, ", nlmsg_type="...)
	dst = messageTypes(protocol, kind).appendTo(dst, uint64(kind), o)
	dst = append(dst, ", nlmsg_flags="...)
	dst = appendNetlinkFlags(dst, protocol, kind, uint64(bits), o)
	dst = append(dst, ", nlmsg_seq="...)
	dst = appendNumber(dst, data[8:], 4, asUint)
	dst = append(dst, ", nlmsg_pid="...)
	dst = appendNumber(dst, data[12:], 4, asInt)
	dst = append(dst, '}')
	if !payload {
		return dst
	}
	dst = append(dst, ", "...)
	rest := data[netlinkHeader:]
	length -= netlinkHeader
	rest = rest[:min(uint64(len(rest)), length)]
	dst = appendNetlinkPayload(dst, protocol, kind, bits, rest, length, o)
	return append(dst, ']')
}

// appendNetlinkPayload appends what stands behind a message's header, of which
// less than length bytes may have been captured.
func appendNetlinkPayload(dst []byte, protocol, kind, bits uint16, data []byte, length uint64, o *Options) []byte {
	switch {
	case len(data) == 0:
		return append(dst, "..."...)
	case kind == netlinkError && length >= 4+netlinkHeader && len(data) >= 4:
		// struct nlmsgerr: an error, and the message of which it is the answer
		dst = append(dst, "{error="...)
		number := int32(little.Uint32(data))
		if number < 0 {
			dst = append(dst, '-')
			number = -number
		}
		dst = appendErrorName(dst, uint32(number), o)
		dst = append(dst, ", msg="...)
		dst = appendAnswered(dst, protocol, bits, data[4:], length-4, o)
		return append(dst, '}')
	case protocol == netlinkDiagnostic && kind == diagnosisByFamily && bits&netlinkRequest == 0 && data[0] == familyUnix:
		return appendFamilyMessage(dst, &unixDiagnosis, data, length, o)
	case kind >= netlinkReserved && protocol == netlinkRoute:
		return appendRouteMessage(dst, kind, data, length, o)
	case kind == netlinkDone && length == 4 && len(data) == 4:
		return appendNumber(dst, data, 4, asInt)
	}
	return appendHexString(dst, data, uint64(len(data)) < length, o)
}

// appendAnswered appends the message in an error: all of it, or its header only.
func appendAnswered(dst []byte, protocol, bits uint16, data []byte, length uint64, o *Options) []byte {
	const capped = 0x100 // NLM_F_CAPPED
	if len(data) < netlinkHeader {
		return append(dst, "..."...)
	}
	// An error in an error is not followed: the kernel answers no errors.
	own := min(uint64(little.Uint32(data)), length)
	if bits&capped != 0 || little.Uint16(data[4:]) == netlinkError {
		own = netlinkHeader
	}
	return appendNetlinkMessage(dst, protocol, data, own, o)
}

// messageTypes are the names of a protocol's messages.
func messageTypes(protocol, kind uint16) *names {
	if kind < netlinkReserved {
		return &netlinkTypes
	}
	switch protocol {
	case netlinkRoute:
		return &routeMessages
	case netlinkDiagnostic:
		return &diagnosticMessages
	case netlinkTransform:
		return &transformMessages
	case netlinkSELinux:
		return &selinuxMessages
	case netlinkAudit:
		return &auditMessages
	case netlinkGeneric:
		// The kernel gives the other families numbers as they come.
		return &genericMessages
	}
	return &netlinkTypes
}

// appendNetlinkFlags appends a message's flags, of which the upper byte depends
// on what the message does.
func appendNetlinkFlags(dst []byte, protocol, kind uint16, value uint64, o *Options) []byte {
	return netlinkFlags(protocol, kind).appendTo(dst, value, o)
}

func netlinkFlags(protocol, kind uint16) *flags {
	const deleteAction = 49
	switch {
	case kind == netlinkError:
		return &answerFlags
	case kind < netlinkReserved:
	case protocol == netlinkDiagnostic:
		return &getFlags
	case protocol == netlinkTransform:
		switch kind {
		case 16, 19, 30, 33, 36: // XFRM_MSG_NEWSA, NEWPOLICY, NEWAE, NEWSADINFO, NEWSPDINFO
			return &newFlags
		case 17, 20: // XFRM_MSG_DELSA, DELPOLICY
			return &deleteFlags
		case 18, 21, 31, 34, 37: // XFRM_MSG_GETSA, GETPOLICY, GETAE, GETSADINFO, GETSPDINFO
			return &getFlags
		}
	case protocol == netlinkRoute && kind == deleteAction:
		return &getFlags
	case protocol == netlinkRoute:
		switch kind & 3 {
		case 0:
			return &newFlags
		case 1:
			return &deleteFlags
		case 2:
			return &getFlags
		}
	}
	return &plainFlags
}

// include/uapi/linux/netlink.h
var netlinkTypes = names{unknown: "NLMSG_???", names: []entry{
	{1, "NLMSG_NOOP"},
	{netlinkError, "NLMSG_ERROR"},
	{netlinkDone, "NLMSG_DONE"},
	{4, "NLMSG_OVERRUN"},
}}

// include/uapi/linux/genetlink.h
var genericMessages = names{unknown: "GENERIC_FAMILY_???", names: []entry{{16, "nlctrl"}}}

// The flags of include/uapi/linux/netlink.h, by what the message does.
var (
	plainFlags = flags{unknown: "NLM_F_???", names: []entry{
		{netlinkRequest, "NLM_F_REQUEST"}, {0x2, "NLM_F_MULTI"}, {0x4, "NLM_F_ACK"}, {0x8, "NLM_F_ECHO"}, {0x10, "NLM_F_DUMP_INTR"}, {0x20, "NLM_F_DUMP_FILTERED"},
	}}
	getFlags = withFlags(entry{0x300, "NLM_F_DUMP"}, entry{0x100, "NLM_F_ROOT"}, entry{0x200, "NLM_F_MATCH"}, entry{0x400, "NLM_F_ATOMIC"})
	newFlags = withFlags(entry{0x100, "NLM_F_REPLACE"}, entry{0x200, "NLM_F_EXCL"}, entry{0x400, "NLM_F_CREATE"}, entry{0x800, "NLM_F_APPEND"})

	deleteFlags = withFlags(entry{0x100, "NLM_F_NONREC"}, entry{0x200, "NLM_F_BULK"})
	answerFlags = withFlags(entry{0x100, "NLM_F_CAPPED"}, entry{0x200, "NLM_F_ACK_TLVS"})
)

func withFlags(more ...entry) flags {
	return flags{unknown: plainFlags.unknown, names: append(plainFlags.names[:len(plainFlags.names):len(plainFlags.names)], more...)}
}
