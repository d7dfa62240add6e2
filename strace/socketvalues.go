package strace

import (
	"math/bits"

	"traceloop/event"
)

// The options whose values are not just a number or bytes. The numbers are
// those of include/uapi/asm-generic/socket.h, include/uapi/linux/in.h, in6.h,
// if_packet.h, icmp.h and netlink.h.
const (
	optionError              = 4
	optionLinger             = 13
	optionPeerCredentials    = 17
	optionAttachFilter       = 26
	optionAttachReuseport    = 51
	optionTransmitRehash     = 74
	optionAddMembership      = 35
	optionDropMembership     = 36
	optionJoinGroup          = 42
	optionLeaveGroup         = 45
	optionAddMembership6     = 20
	optionDropMembership6    = 21
	optionJoinAnycast        = 27
	optionLeaveAnycast       = 28
	optionAddPacketMember    = 1
	optionDropPacketMember   = 2
	optionReceiveRing        = 5
	optionPacketStatistics   = 6
	optionTransmitRing       = 13
	optionICMPFilter         = 1
	optionNetlinkMemberships = 9
)

// plainOptions are the options of SOL_SOCKET that are an int, a bit an option:
// strace shows their first four bytes, whatever the length.
var plainOptions = [...]uint64{
	1<<1 | 1<<2 | 1<<5 | 1<<6 | 1<<7 | 1<<8 | 1<<9 | 1<<10 | 1<<11 | 1<<12 | 1<<14 | 1<<15 | 1<<16 | 1<<18 | 1<<19 |
		1<<27 | 1<<29 | 1<<30 | 1<<32 | 1<<33 | 1<<34 | 1<<35 | 1<<36 | 1<<37 | 1<<40 | 1<<41 | 1<<42 | 1<<43 | 1<<44 |
		1<<45 | 1<<46 | 1<<49 | 1<<53 | 1<<56 | 1<<60 | 1<<63,
	1<<0 | 1<<1 | 1<<4 | 1<<5 | 1<<6 | 1<<9 | 1<<11, // those from 64 on
}

func plainOption(level, option uint32) bool {
	return level == levelNetlink ||
		level == levelSocket && option < 128 && plainOptions[option/64]>>(option%64)&1 != 0
}

// socketValue appends a socket option's value.
func socketValue(dst []byte, e *event.Event, index int, o *Options) []byte {
	level, option := uint32(register(e, 1)), uint32(register(e, 2))
	start := len(dst)
	if isGetsockopt(e) {
		dst = appendReceivedValue(dst, e, index, level, option, o)
	} else {
		dst = appendGivenValue(dst, e, index, level, option, o)
	}
	if len(dst) == start {
		return appendPointer(dst, register(e, index))
	}
	return dst
}

// appendReceivedValue appends what getsockopt(2) gave; nothing where strace
// shows the address.
func appendReceivedValue(dst []byte, e *event.Event, index int, level, option uint32, o *Options) []byte {
	given, left, ok := lengths(e, index+1)
	c := after(e, index)
	if !ok || !succeeded(e) || given <= 0 || left <= 0 || c == nil {
		return dst
	}
	data := c.Data[:min(len(c.Data), int(left))]
	if len(data) == 0 {
		return dst
	}
	switch {
	case level == levelSocket && option == optionError:
		var value [4]byte
		copy(value[:], data)
		number := little.Uint32(value[:])
		dst = append(dst, '[')
		dst = appendErrorName(dst, number, o)
		return append(dst, ']')
	case level == levelSocket && option == optionLinger:
		return appendPartial(dst, data, lingerFields[:])
	case level == levelSocket && option == optionPeerCredentials:
		return appendPartial(dst, data, credentialFields[:])
	case level == levelSocket && option == optionAttachFilter:
		return dst // the length is a number of instructions
	case level == levelPacket && option == optionPacketStatistics:
		return appendPartial(dst, data, statisticsFields[:])
	case level == levelRaw && option == optionICMPFilter:
		return appendICMPFilter(dst, data, o)
	case level == levelNetlink && option == optionNetlinkMemberships:
		return appendMemberships(dst, data[:min(len(data), int(given))], c.Truncated, o)
	case level == levelNetlink:
		if len(c.Data) < 4 {
			return dst
		}
		return appendIntValue(dst, c.Data)
	case len(data) < 4 && (plainOption(level, option) || level == levelSocket && option == optionTransmitRehash):
		return appendHexString(dst, data, false, o)
	}
	return appendPlainValue(dst, data, int(left), c.Truncated, level, option, o)
}

// appendErrorName appends the number of an error by its name.
func appendErrorName(dst []byte, number uint32, o *Options) []byte {
	name, _ := Errno(int64(number))
	if name == "" {
		return appendUint(dst, uint64(number))
	}
	return appendConstant(dst, uint64(number), asUint, name, o)
}

// appendGivenValue appends what setsockopt(2) was given.
func appendGivenValue(dst []byte, e *event.Event, index int, level, option uint32, o *Options) []byte {
	length := int32(register(e, index+1))
	c := memory(e, index)
	var data []byte
	truncated := false
	if c != nil && length > 0 {
		data, truncated = c.Data[:min(len(c.Data), int(length))], c.Truncated
	}
	if register(e, index) == 0 || len(data) == 0 && length != 0 {
		return dst
	}
	switch {
	case level == levelSocket && option == optionLinger:
		if len(data) < 8 {
			return dst
		}
		return appendPartial(dst, data[:8], lingerFields[:])
	case level == levelSocket && (option == optionAttachFilter || option == optionAttachReuseport):
		if int(length) != 2*pointerSize(e) || len(data) < int(length) {
			return dst
		}
		return appendFilterProgram(dst, e, c, nil, o)
	case level == levelIP && (option == optionAddMembership || option == optionDropMembership):
		if len(data) < 8 {
			return dst
		}
		dst = append(dst, "{imr_multiaddr="...)
		dst = appendInternet(dst, data[:4], o)
		dst = append(dst, ", imr_interface="...)
		dst = appendInternet(dst, data[4:8], o)
		return append(dst, '}')
	case level == levelIPv6 && (option == optionAddMembership6 || option == optionDropMembership6 ||
		option == optionJoinAnycast || option == optionLeaveAnycast):
		if len(data) < 20 {
			return dst
		}
		dst = append(dst, '{')
		dst = appendInternet6Field(dst, data[:16], "ipv6mr_multiaddr", o)
		dst = append(dst, ", ipv6mr_interface="...)
		dst = appendInterface(dst, little.Uint32(data[16:]), o)
		return append(dst, '}')
	case (level == levelIP || level == levelIPv6) && (option == optionJoinGroup || option == optionLeaveGroup):
		return appendGroup(dst, e, data, o)
	case level == levelPacket && (option == optionReceiveRing || option == optionTransmitRing):
		if length != 16 || len(data) < 16 {
			return dst
		}
		return appendPartial(dst, data, ringFields[:])
	case level == levelPacket && (option == optionAddPacketMember || option == optionDropPacketMember):
		return appendPacketMember(dst, data, int(length), o)
	case level == levelRaw && option == optionICMPFilter:
		if len(data) == 0 {
			return dst
		}
		return appendICMPFilter(dst, data, o)
	case len(data) < 4 && (plainOption(level, option) || level == levelSocket && option == optionTransmitRehash):
		return dst
	}
	return appendPlainValue(dst, data, int(length), truncated, level, option, o)
}

// appendPlainValue appends an int, or what is no int as bytes.
func appendPlainValue(dst, data []byte, length int, truncated bool, level, option uint32, o *Options) []byte {
	switch {
	case level == levelSocket && option == optionTransmitRehash && len(data) >= 4:
		dst = append(dst, '[')
		dst = rehashModes.appendTo(dst, uint64(little.Uint32(data)), o)
		return append(dst, ']')
	case len(data) >= 4 && (length == 4 || plainOption(level, option)):
		return appendIntValue(dst, data)
	}
	return appendLimited(dst, data, truncated || len(data) < length, o)
}

func appendIntValue(dst, data []byte) []byte {
	dst = append(dst, '[')
	dst = appendNumber(dst, data, 4, asInt)
	return append(dst, ']')
}

// A wordField is a member of a struct of 32-bit numbers.
type wordField struct {
	name string
	form numberForm
}

var (
	// struct linger of include/linux/socket.h
	lingerFields = [...]wordField{{"l_onoff", asInt}, {"l_linger", asInt}}
	// struct ucred of include/linux/socket.h
	credentialFields = [...]wordField{{"pid", asInt}, {"uid", asIdentity}, {"gid", asIdentity}}
	// struct tpacket_stats and tpacket_stats_v3 of include/uapi/linux/if_packet.h
	statisticsFields = [...]wordField{{"tp_packets", asUint}, {"tp_drops", asUint}, {"tp_freeze_q_cnt", asUint}}
	// struct tpacket_req of include/uapi/linux/if_packet.h
	ringFields = [...]wordField{{"tp_block_size", asUint}, {"tp_block_nr", asUint}, {"tp_frame_size", asUint}, {"tp_frame_nr", asUint}}
)

// appendPartial appends as many members as there are, the last as bytes if
// there are not all of its.
func appendPartial(dst, data []byte, fields []wordField) []byte {
	dst = append(dst, '{')
	for _, field := range fields {
		if len(data) == 0 {
			break
		}
		dst = appendField(dst, field.name)
		if len(data) < 4 {
			dst = appendHexQuoted(dst, data, false)
			break
		}
		dst = appendNumber(dst, data, 4, field.form)
		data = data[4:]
	}
	return append(dst, '}')
}

// appendGroup appends struct group_req of include/uapi/linux/in.h, whose address
// is aligned like a long.
func appendGroup(dst []byte, e *event.Event, data []byte, o *Options) []byte {
	at := longSize(e)
	if len(data) < at+addressSize {
		return dst
	}
	dst = append(dst, "{gr_interface="...)
	dst = appendInterface(dst, little.Uint32(data), o)
	dst = append(dst, ", gr_group="...)
	dst = appendSocketAddress(dst, e, data[at:at+addressSize], o)
	return append(dst, '}')
}

// appendPacketMember appends struct packet_mreq of include/uapi/linux/if_packet.h.
func appendPacketMember(dst, data []byte, length int, o *Options) []byte {
	if length != 16 || len(data) < 16 {
		return dst
	}
	dst = append(dst, "{mr_ifindex="...)
	dst = appendInterface(dst, little.Uint32(data), o)
	dst = append(dst, ", mr_type="...)
	dst = packetMembers.appendTo(dst, uint64(little.Uint16(data[4:])), o)
	dst = append(dst, ", mr_alen="...)
	count := little.Uint16(data[6:])
	dst = appendUint(dst, uint64(count))
	dst = append(dst, ", mr_address="...)
	if count == 0 || count > 8 {
		count = 8
	}
	dst = appendHardwareAddress(dst, data[8:8+count])
	return append(dst, '}')
}

// appendICMPFilter appends struct icmp_filter of include/uapi/linux/icmp.h, a bit
// a type: those that are blocked or, if that is most of them, those that are not.
func appendICMPFilter(dst, data []byte, o *Options) []byte {
	value := [4]byte{0xff, 0xff, 0xff, 0xff}
	copy(value[:], data)
	set := little.Uint32(value[:])
	if bits.OnesCount32(set) > 16 {
		dst = append(dst, '~')
		set = ^set
	}
	dst = append(dst, '[')
	joined := false
	for i := range uint64(32) {
		if set>>i&1 == 0 {
			continue
		}
		if joined {
			dst = append(dst, ' ')
		}
		joined = true
		dst = icmpTypes.appendTo(dst, i, o)
	}
	return append(dst, ']')
}

// appendMemberships appends the groups of a netlink socket, a bit a group.
func appendMemberships(dst, data []byte, more bool, o *Options) []byte {
	dst = append(dst, '[')
	count := len(data) / 4
	if limit := o.elements(); count > limit {
		count, more = limit, true
	}
	for i := range count {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendNumber(dst, data[4*i:], 4, asUint)
	}
	return appendArrayEnd(dst, count, more)
}

// include/uapi/linux/if_packet.h
var packetMembers = names{unknown: "PACKET_MR_???", names: []entry{
	{0, "PACKET_MR_MULTICAST"},
	{1, "PACKET_MR_PROMISC"},
	{2, "PACKET_MR_ALLMULTI"},
	{3, "PACKET_MR_UNICAST"},
}}

// include/uapi/linux/socket.h
var rehashModes = names{unknown: "SOCK_TXREHASH_???", names: []entry{
	{0, "SOCK_TXREHASH_DISABLED"},
	{1, "SOCK_TXREHASH_ENABLED"},
	{255, "SOCK_TXREHASH_DEFAULT"},
}}

// include/uapi/linux/icmp.h
var icmpTypes = names{unknown: "ICMP_???", names: []entry{
	{0, "ICMP_ECHOREPLY"},
	{3, "ICMP_DEST_UNREACH"},
	{4, "ICMP_SOURCE_QUENCH"},
	{5, "ICMP_REDIRECT"},
	{8, "ICMP_ECHO"},
	{11, "ICMP_TIME_EXCEEDED"},
	{12, "ICMP_PARAMETERPROB"},
	{13, "ICMP_TIMESTAMP"},
	{14, "ICMP_TIMESTAMPREPLY"},
	{15, "ICMP_INFO_REQUEST"},
	{16, "ICMP_INFO_REPLY"},
	{17, "ICMP_ADDRESS"},
	{18, "ICMP_ADDRESSREPLY"},
}}
