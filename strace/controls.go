package strace

import (
	"traceloop/event"
	"traceloop/ring"
)

// appendControl appends the control messages that stand at the pointer one
// after the other: each a struct cmsghdr (include/linux/socket.h) and its data,
// padded to a whole number of longs.
func appendControl(dst []byte, e *event.Event, c *ring.Capture, pointer, length uint64, o *Options) []byte {
	size := pointerSize(e)
	head := size + 8
	if c == nil || length < uint64(head) || len(c.Data) < head {
		return appendPointer(dst, pointer)
	}
	data := c.Data
	if uint64(len(data)) > length {
		data = data[:length]
	}
	left := length // of what the program has there, of which less may be captured
	dst = append(dst, '[')
	for first := true; len(data) >= head; first = false {
		own := long(data, 0, size)
		level, kind := little.Uint32(data[size:]), little.Uint32(data[size+4:])
		if !first {
			dst = append(dst, ", "...)
		}
		dst = append(dst, "{cmsg_len="...)
		dst = appendUint(dst, own)
		dst = append(dst, ", cmsg_level="...)
		dst = controlLevels.appendTo(dst, uint64(level), o)
		dst = append(dst, ", cmsg_type="...)
		content := data[head:max(int(min(own, uint64(len(data)))), head)]
		dst = appendControlData(dst, e, level, kind, content, o)
		dst = append(dst, '}')
		if min(own, left) < uint64(head) {
			left -= uint64(head)
			break
		}
		// A length near the greatest number is no reason to begin anew.
		next := (own + uint64(size) - 1) &^ (uint64(size) - 1)
		if next >= left || next < own {
			left = 0
			break
		}
		left -= next
		if next >= uint64(len(data)) {
			break
		}
		data = data[next:]
	}
	if left != 0 {
		dst = append(dst, ", ..."...)
		if !c.Truncated {
			dst = append(dst, " /* "...)
			dst = appendPointer(dst, pointer+length-left)
			dst = append(dst, " */"...)
		}
	}
	return append(dst, ']')
}

// The types of control messages whose data is known here, besides the options of
// the same name (include/linux/socket.h, include/uapi/asm-generic/socket.h,
// include/uapi/linux/in.h).
const (
	controlRights          = 1
	controlCredentials     = 2
	controlSecurity        = 3
	controlTimestampOld    = 29
	controlTimestampNSOld  = 35
	controlTimestampingOld = 37
	controlTimestampNew    = 63
	controlTimestampNSNew  = 64
	controlTimestampingNew = 65

	controlTOS             = 1
	controlTTL             = 2
	controlReceiveOptions  = 6
	controlReturnedOptions = 7
	controlPacketInfo      = 8
	controlReceiveError    = 11
	controlOriginal        = 20
	controlChecksum        = 23
)

// appendControlData appends a control message's type and, where it is known, its data.
func appendControlData(dst []byte, e *event.Event, level, kind uint32, data []byte, o *Options) []byte {
	switch level {
	case levelSocket:
		dst = socketControls.appendTo(dst, uint64(kind), o)
		return appendSocketControl(dst, e, kind, data, o)
	case levelIP:
		dst = internetControls.appendTo(dst, uint64(kind), o)
		return appendInternetControl(dst, e, kind, data, o)
	}
	return appendHex(dst, uint64(kind))
}

func appendSocketControl(dst []byte, e *event.Event, kind uint32, data []byte, o *Options) []byte {
	switch {
	case kind == controlRights && len(data) >= 4:
		dst = append(dst, ", cmsg_data=["...)
		for i := 0; i+4 <= len(data); i += 4 {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			if i/4 >= o.elements() {
				dst = append(dst, "..."...)
				break
			}
			fd := int32(little.Uint32(data[i:]))
			if e.Row.Name == "sendmsg" || e.Row.Name == "sendmmsg" {
				dst = appendDescriptor(dst, e, fd, o)
			} else {
				dst = appendNewDescriptor(dst, e, fd, o)
			}
		}
		return append(dst, ']')
	case kind == controlCredentials && len(data) >= 12:
		dst = append(dst, ", cmsg_data="...)
		return appendPartial(dst, data, credentialFields[:])
	case kind == controlSecurity && len(data) > 0:
		dst = append(dst, ", cmsg_data="...)
		return appendQuoted(dst, data, false, o)
	case len(data) == 0:
		return dst
	case kind == controlTimestampOld:
		return appendControlTimes(dst, data, 1, longSize(e), appendTimeval)
	case kind == controlTimestampNew:
		return appendControlTimes(dst, data, 1, 8, appendTimeval)
	case kind == controlTimestampNSOld:
		return appendControlTimes(dst, data, 1, longSize(e), appendTimespec)
	case kind == controlTimestampNSNew:
		return appendControlTimes(dst, data, 1, 8, appendTimespec)
	case kind == controlTimestampingOld:
		return appendControlTimes(dst, data, 3, longSize(e), appendTimespec)
	case kind == controlTimestampingNew:
		return appendControlTimes(dst, data, 3, 8, appendTimespec)
	}
	return dst
}

// appendControlTimes appends one time, or an array of several.
func appendControlTimes(dst, data []byte, count, size int, write func(dst, data []byte, size int) []byte) []byte {
	dst = append(dst, ", cmsg_data="...)
	if len(data) < 2*size*count {
		return append(dst, "???"...)
	}
	if count == 1 {
		return write(dst, data, size)
	}
	dst = append(dst, '[')
	for i := range count {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = write(dst, data[2*size*i:], size)
	}
	return append(dst, ']')
}

func appendInternetControl(dst []byte, e *event.Event, kind uint32, data []byte, o *Options) []byte {
	switch {
	case kind == controlPacketInfo && len(data) >= 12:
		dst = append(dst, ", cmsg_data={ipi_ifindex="...)
		dst = appendInterface(dst, little.Uint32(data), o)
		dst = append(dst, ", ipi_spec_dst="...)
		dst = appendInternet(dst, data[4:8], o)
		dst = append(dst, ", ipi_addr="...)
		dst = appendInternet(dst, data[8:12], o)
		return append(dst, '}')
	case (kind == controlTTL || kind == controlChecksum) && len(data) >= 4:
		dst = append(dst, ", cmsg_data="...)
		return appendMemberships(dst, data, false, o)
	case (kind == controlTOS || kind == controlReceiveOptions || kind == controlReturnedOptions) && len(data) > 0:
		dst = append(dst, ", cmsg_data=["...)
		for i, value := range data {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			if i >= o.elements() {
				dst = append(dst, "..."...)
				break
			}
			dst = appendHex(dst, uint64(value))
		}
		return append(dst, ']')
	case kind == controlSecurity && len(data) > 0:
		dst = append(dst, ", cmsg_data="...)
		return appendQuoted(dst, data, false, o)
	case kind == controlOriginal && len(data) >= 16:
		dst = append(dst, ", cmsg_data="...)
		return appendSocketAddress(dst, e, data, o)
	case kind == controlReceiveError && len(data) >= 32:
		// struct sock_extended_err of include/uapi/linux/errqueue.h, and who reported it
		dst = append(dst, ", cmsg_data={ee_errno="...)
		dst = appendNumber(dst, data, 4, asUint)
		dst = append(dst, ", ee_origin="...)
		dst = appendNumber(dst, data[4:], 1, asUint)
		dst = append(dst, ", ee_type="...)
		dst = appendNumber(dst, data[5:], 1, asUint)
		dst = append(dst, ", ee_code="...)
		dst = appendNumber(dst, data[6:], 1, asUint)
		dst = append(dst, ", ee_info="...)
		dst = appendNumber(dst, data[8:], 4, asUint)
		dst = append(dst, ", ee_data="...)
		dst = appendNumber(dst, data[12:], 4, asUint)
		dst = append(dst, ", offender="...)
		dst = appendSocketAddress(dst, e, data[16:32], o)
		return append(dst, '}')
	}
	return dst
}

// The levels of control messages are those of options; strace has one more
// question mark for what it does not know.
var controlLevels = names{unknown: "SOL_???", names: socketLevels.names}

// include/linux/socket.h, include/uapi/asm-generic/socket.h
var socketControls = names{unknown: "SCM_???", names: []entry{
	{controlRights, "SCM_RIGHTS"},
	{controlCredentials, "SCM_CREDENTIALS"},
	{controlSecurity, "SCM_SECURITY"},
	{controlTimestampOld, "SO_TIMESTAMP_OLD"},
	{controlTimestampNSOld, "SO_TIMESTAMPNS_OLD"},
	{controlTimestampingOld, "SO_TIMESTAMPING_OLD"},
	{41, "SO_WIFI_STATUS"},
	{54, "SCM_TIMESTAMPING_OPT_STATS"},
	{58, "SCM_TIMESTAMPING_PKTINFO"},
	{61, "SO_TXTIME"},
	{controlTimestampNew, "SO_TIMESTAMP_NEW"},
	{controlTimestampNSNew, "SO_TIMESTAMPNS_NEW"},
	{controlTimestampingNew, "SO_TIMESTAMPING_NEW"},
}}

// include/uapi/linux/in.h
var internetControls = names{unknown: "IP_???", names: []entry{
	{controlTOS, "IP_TOS"},
	{controlTTL, "IP_TTL"},
	{controlSecurity, "SCM_SECURITY"},
	{controlReceiveOptions, "IP_RECVOPTS"},
	{controlReturnedOptions, "IP_RETOPTS"},
	{controlPacketInfo, "IP_PKTINFO"},
	{controlReceiveError, "IP_RECVERR"},
	{controlOriginal, "IP_ORIGDSTADDR"},
	{controlChecksum, "IP_CHECKSUM"},
}}
