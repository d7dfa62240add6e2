package strace

import (
	"traceloop/event"
)

// What a socket's type may carry besides (include/linux/net.h).
const (
	socketCloseOnExec = 0o2000000
	socketNonBlock    = 0o4000
)

func socketType(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := uint64(uint32(register(e, index)))
	const both = socketCloseOnExec | socketNonBlock
	dst = socketTypes.appendTo(dst, value&^both, o)
	dst, _ = socketFlags.appendKnown(dst, value&both, true)
	return dst
}

// socketProtocol appends a protocol, whose names depend on the family.
func socketProtocol(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := uint64(uint32(register(e, index)))
	switch uint32(register(e, 0)) {
	case familyInternet, familyInternet6:
		return internetProtocols.appendTo(dst, value, o)
	case familyNetlink:
		return netlinkProtocols.appendTo(dst, value, o)
	case familyBluetooth:
		return bluetoothProtocols.appendTo(dst, value, o)
	case familyPacket:
		return appendEthernetProtocol(dst, uint16(value), o)
	}
	return appendUint(dst, value)
}

// socketLength appends the length of an address or an option: as it was given
// and, where the call changed it, as it was left.
func socketLength(dst []byte, e *event.Event, index int, o *Options) []byte {
	in, out := bytesOf(before(e, index), 4), bytesOf(after(e, index), 4)
	if in == nil {
		in, out = out, nil
	}
	if in == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '[')
	dst = appendNumber(dst, in, 4, asInt)
	if out != nil && succeeded(e) && string(in[:4]) != string(out[:4]) {
		dst = append(dst, " => "...)
		dst = appendNumber(dst, out, 4, asInt)
	}
	return append(dst, ']')
}

// givenLength is the length that the call was given in memory, at most what
// it has written; no more than that of a buffer is the call's own.
func givenLength(e *event.Event, index, captured int) int {
	for _, phase := range [...]bool{true, false} {
		for i := range e.Call.Captures {
			c := &e.Call.Captures[i]
			if int(c.Argument) == index && c.Entry == phase && len(c.Data) >= 4 {
				captured = min(captured, int(little.Uint32(c.Data)))
			}
		}
	}
	return max(captured, 0)
}

// lengthInMemory says whether the argument's length is where the next one points to.
func lengthInMemory(e *event.Event, index int) bool {
	if e.Row == nil || index+1 >= len(e.Row.Arguments) {
		return false
	}
	return kindIsLength(e.Row.Arguments[index+1].Kind)
}

// include/linux/net.h
var socketTypes = names{unknown: "SOCK_???", names: []entry{
	{1, "SOCK_STREAM"},
	{2, "SOCK_DGRAM"},
	{3, "SOCK_RAW"},
	{4, "SOCK_RDM"},
	{5, "SOCK_SEQPACKET"},
	{6, "SOCK_DCCP"},
	{10, "SOCK_PACKET"},
}}

// include/linux/net.h
var socketFlags = flags{unknown: "SOCK_???", names: []entry{
	{0x80000, "SOCK_CLOEXEC"},
	{0x800, "SOCK_NONBLOCK"},
}}

// include/uapi/linux/in.h, in6.h
var internetProtocols = names{unknown: "IPPROTO_???", names: []entry{
	{0, "IPPROTO_IP"},
	{1, "IPPROTO_ICMP"},
	{2, "IPPROTO_IGMP"},
	{4, "IPPROTO_IPIP"},
	{6, "IPPROTO_TCP"},
	{8, "IPPROTO_EGP"},
	{12, "IPPROTO_PUP"},
	{17, "IPPROTO_UDP"},
	{22, "IPPROTO_IDP"},
	{29, "IPPROTO_TP"},
	{33, "IPPROTO_DCCP"},
	{41, "IPPROTO_IPV6"},
	{43, "IPPROTO_ROUTING"},
	{44, "IPPROTO_FRAGMENT"},
	{46, "IPPROTO_RSVP"},
	{47, "IPPROTO_GRE"},
	{50, "IPPROTO_ESP"},
	{51, "IPPROTO_AH"},
	{58, "IPPROTO_ICMPV6"},
	{59, "IPPROTO_NONE"},
	{60, "IPPROTO_DSTOPTS"},
	{92, "IPPROTO_MTP"},
	{94, "IPPROTO_BEETPH"},
	{98, "IPPROTO_ENCAP"},
	{103, "IPPROTO_PIM"},
	{108, "IPPROTO_COMP"},
	{115, "IPPROTO_L2TP"},
	{132, "IPPROTO_SCTP"},
	{135, "IPPROTO_MH"},
	{136, "IPPROTO_UDPLITE"},
	{137, "IPPROTO_MPLS"},
	{143, "IPPROTO_ETHERNET"},
	{255, "IPPROTO_RAW"},
	{256, "IPPROTO_SMC"},
	{262, "IPPROTO_MPTCP"},
}}

// include/uapi/linux/netlink.h
var netlinkProtocols = names{unknown: "NETLINK_???", names: []entry{
	{0, "NETLINK_ROUTE"},
	{1, "NETLINK_UNUSED"},
	{2, "NETLINK_USERSOCK"},
	{3, "NETLINK_FIREWALL"},
	{4, "NETLINK_SOCK_DIAG"},
	{5, "NETLINK_NFLOG"},
	{6, "NETLINK_XFRM"},
	{7, "NETLINK_SELINUX"},
	{8, "NETLINK_ISCSI"},
	{9, "NETLINK_AUDIT"},
	{10, "NETLINK_FIB_LOOKUP"},
	{11, "NETLINK_CONNECTOR"},
	{12, "NETLINK_NETFILTER"},
	{13, "NETLINK_IP6_FW"},
	{14, "NETLINK_DNRTMSG"},
	{15, "NETLINK_KOBJECT_UEVENT"},
	{16, "NETLINK_GENERIC"},
	{18, "NETLINK_SCSITRANSPORT"},
	{19, "NETLINK_ECRYPTFS"},
	{20, "NETLINK_RDMA"},
	{21, "NETLINK_CRYPTO"},
	{22, "NETLINK_SMC"},
}}

// include/net/bluetooth/bluetooth.h
var bluetoothProtocols = names{unknown: "BTPROTO_???", names: []entry{
	{0, "BTPROTO_L2CAP"},
	{1, "BTPROTO_HCI"},
	{2, "BTPROTO_SCO"},
	{3, "BTPROTO_RFCOMM"},
	{4, "BTPROTO_BNEP"},
	{5, "BTPROTO_CMTP"},
	{6, "BTPROTO_HIDP"},
	{7, "BTPROTO_AVDTP"},
}}

// shutdown(2)
var shutdownHow = names{unknown: "SHUT_???", names: []entry{
	{0, "SHUT_RD"},
	{1, "SHUT_WR"},
	{2, "SHUT_RDWR"},
}}
