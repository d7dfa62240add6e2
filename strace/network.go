package strace

import (
	"net/netip"

	"traceloop/event"
)

const (
	familyUnix      = 1
	familyInternet  = 2
	familyInternet6 = 10
	familyNetlink   = 16
	familyPacket    = 17
	familyBluetooth = 31
)

// What a socket's type may carry besides (include/linux/net.h).
const (
	socketCloseOnExec = 0o2000000
	socketNonBlock    = 0o4000
)

func socketType(dst []byte, e *event.Event, index int, _ *Options) []byte {
	value := uint64(uint32(register(e, index)))
	const both = socketCloseOnExec | socketNonBlock
	dst = socketTypes.appendTo(dst, value&^both)
	dst, _ = socketFlags.appendKnown(dst, value&both, true)
	return dst
}

// socketProtocol appends a protocol, whose names depend on the family.
func socketProtocol(dst []byte, e *event.Event, index int, _ *Options) []byte {
	value := uint64(uint32(register(e, index)))
	switch uint32(register(e, 0)) {
	case familyInternet, familyInternet6:
		return internetProtocols.appendTo(dst, value)
	case familyNetlink:
		return netlinkProtocols.appendTo(dst, value)
	case familyBluetooth:
		return bluetoothProtocols.appendTo(dst, value)
	case familyPacket:
		return appendEthernetProtocol(dst, uint16(value))
	}
	return appendUint(dst, value)
}

func appendEthernetProtocol(dst []byte, value uint16) []byte {
	dst = append(dst, "htons("...)
	dst = ethernetProtocols.appendTo(dst, uint64(value>>8|value<<8))
	return append(dst, ')')
}

// socketLength appends the length of an address or an option: as it was given
// and, where the call changed it, as it was left.
func socketLength(dst []byte, e *event.Event, index int, _ *Options) []byte {
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

// socketAddress appends a struct sockaddr that the call was given, or gave.
func socketAddress(dst []byte, e *event.Event, index int, _ *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendPointer(dst, register(e, index))
	}
	data := c.Data
	if !c.Entry && lengthInMemory(e, index) {
		if !succeeded(e) {
			return appendPointer(dst, register(e, index))
		}
		data = data[:givenLength(e, index+1, len(data))]
	}
	if len(data) < 2 {
		return appendPointer(dst, register(e, index))
	}
	return appendSocketAddress(dst, data)
}

// lengthInMemory says whether the argument's length is where the next one points to.
func lengthInMemory(e *event.Event, index int) bool {
	if e.Row == nil || index+1 >= len(e.Row.Arguments) {
		return false
	}
	return kindIsLength(e.Row.Arguments[index+1].Kind)
}

func appendSocketAddress(dst, data []byte) []byte {
	family := little.Uint16(data)
	dst = append(dst, "{sa_family="...)
	dst = addressFamilies.appendTo(dst, uint64(family))
	switch {
	case family == familyUnix:
		path := data[2:]
		switch {
		case len(path) == 0:
		case path[0] == 0:
			// A name in the abstract name space has all the bytes that the length says.
			dst = append(dst, ", sun_path=@"...)
			dst = appendQuoted(dst, path[1:], false)
		default:
			dst = append(dst, ", sun_path="...)
			dst = appendQuoted(dst, untilNUL(path), false)
		}
		return append(dst, '}')
	case family == familyInternet && len(data) >= 16:
		dst = append(dst, ", sin_port=htons("...)
		dst = appendPort(dst, data[2:])
		dst = append(dst, "), sin_addr=inet_addr(\""...)
		dst = appendInternet(dst, data[4:8])
		return append(dst, "\")}"...)
	case family == familyInternet6 && len(data) >= 24:
		dst = append(dst, ", sin6_port=htons("...)
		dst = appendPort(dst, data[2:])
		dst = append(dst, "), sin6_flowinfo=htonl("...)
		dst = appendUint(dst, uint64(data[4])<<24|uint64(data[5])<<16|uint64(data[6])<<8|uint64(data[7]))
		dst = append(dst, "), inet_pton(AF_INET6, \""...)
		dst = netip.AddrFrom16([16]byte(data[8:24])).AppendTo(dst)
		dst = append(dst, "\", &sin6_addr)"...)
		if len(data) >= 28 {
			// An interface has its name only where the program ran.
			dst = append(dst, ", sin6_scope_id="...)
			dst = appendUint(dst, uint64(little.Uint32(data[24:])))
		}
		return append(dst, '}')
	case family == familyNetlink && len(data) >= 12:
		dst = append(dst, ", nl_pid="...)
		dst = appendNumber(dst, data[4:], 4, asInt)
		dst = append(dst, ", nl_groups="...)
		dst = appendHexPadded(dst, uint64(little.Uint32(data[8:])), 6)
		return append(dst, '}')
	case family == familyPacket && len(data) >= 20:
		dst = append(dst, ", sll_protocol="...)
		dst = appendEthernetProtocol(dst, little.Uint16(data[2:]))
		dst = append(dst, ", sll_ifindex="...)
		dst = appendNumber(dst, data[4:], 4, asInt)
		dst = append(dst, ", sll_hatype="...)
		dst = hardwareTypes.appendTo(dst, uint64(little.Uint16(data[8:])))
		dst = append(dst, ", sll_pkttype="...)
		dst = packetTypes.appendTo(dst, uint64(data[10]))
		dst = append(dst, ", sll_halen="...)
		dst = appendUint(dst, uint64(data[11]))
		dst = append(dst, ", sll_addr=["...)
		for i := range min(int(data[11]), 8) {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendHex(dst, uint64(data[12+i]))
		}
		return append(dst, "]}"...)
	}
	if len(data) > 2 {
		dst = append(dst, ", sa_data="...)
		dst = appendQuoted(dst, data[2:], false)
	}
	return append(dst, '}')
}

func appendPort(dst, data []byte) []byte {
	return appendUint(dst, uint64(data[0])<<8|uint64(data[1]))
}

func appendInternet(dst, data []byte) []byte {
	for i, b := range data[:4] {
		if i > 0 {
			dst = append(dst, '.')
		}
		dst = appendUint(dst, uint64(b))
	}
	return dst
}

// The levels of socket options whose options have names here.
const (
	levelIP      = 0
	levelSocket  = 1
	levelTCP     = 6
	levelUDP     = 17
	levelIPv6    = 41
	levelRaw     = 255
	levelPacket  = 263
	levelNetlink = 270
)

func socketOption(dst []byte, e *event.Event, index int, _ *Options) []byte {
	value := uint64(uint32(register(e, index)))
	var table *names
	switch uint32(register(e, index-1)) {
	case levelSocket:
		table = &socketOptions
	case levelTCP:
		table = &tcpOptions
	case levelIP:
		table = &ipOptions
	case levelIPv6:
		table = &ipv6Options
	case levelUDP:
		table = &udpOptions
	case levelRaw:
		table = &rawOptions
	case levelPacket:
		table = &packetOptions
	case levelNetlink:
		table = &netlinkOptions
	default:
		return appendUint(dst, value)
	}
	return table.appendTo(dst, value)
}

// socketValue appends a socket option's value: most are ints.
func socketValue(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendPointer(dst, register(e, index))
	}
	data := c.Data
	get := lengthInMemory(e, index)
	if get {
		if !succeeded(e) {
			return appendPointer(dst, register(e, index))
		}
		data = data[:givenLength(e, index+1, len(data))]
	}
	level, option := uint32(register(e, 1)), uint32(register(e, 2))
	form := valueInt
	if level == levelSocket {
		switch option {
		case 13: // SO_LINGER
			form = valueLinger
		case 17: // SO_PEERCRED
			form = valueCredentials
		case 20, 21, 25, 26, 31, 59, 66, 67: // SO_RCVTIMEO, SO_SNDTIMEO, SO_BINDTODEVICE, SO_ATTACH_FILTER, SO_PEERSEC, SO_PEERGROUPS
			form = valueBytes
		}
	} else if len(data) != 4 {
		form = valueBytes
	}
	switch form {
	case valueInt:
		if len(data) < 4 {
			break
		}
		dst = append(dst, '[')
		dst = appendNumber(dst, data, 4, asInt)
		return append(dst, ']')
	case valueLinger:
		if len(data) < 8 {
			break
		}
		dst = append(dst, "{l_onoff="...)
		dst = appendNumber(dst, data, 4, asInt)
		dst = append(dst, ", l_linger="...)
		dst = appendNumber(dst, data[4:], 4, asInt)
		return append(dst, '}')
	case valueCredentials:
		if len(data) < 12 {
			break
		}
		dst = append(dst, "{pid="...)
		dst = appendNumber(dst, data, 4, asInt)
		dst = append(dst, ", uid="...)
		dst = appendNumber(dst, data[4:], 4, asIdentity)
		dst = append(dst, ", gid="...)
		dst = appendNumber(dst, data[8:], 4, asIdentity)
		return append(dst, '}')
	default:
		if len(data) == 0 {
			break
		}
		return appendLimited(dst, data, c.Truncated, o)
	}
	return appendPointer(dst, register(e, index))
}

const (
	valueInt = iota
	valueLinger
	valueCredentials
	valueBytes
)

// message appends struct msghdr. The memory that it points to is not captured.
func message(dst []byte, e *event.Event, index int, _ *Options) []byte {
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
	return appendMessage(dst, data, size)
}

// messageSize is the size of struct msghdr (include/linux/socket.h).
func messageSize(pointer int) int {
	if pointer == 4 {
		return 28
	}
	return 56
}

func appendMessage(dst, data []byte, size int) []byte {
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
	dst = messageFlags.appendTo(dst, uint64(little.Uint32(data[6*size:])))
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
		dst = appendMessage(dst, data, size)
		if succeeded(e) && !c.Entry {
			dst = append(dst, ", msg_len="...)
			dst = appendUint(dst, uint64(little.Uint32(data[messageSize(size):])))
		}
		dst = append(dst, '}')
	}
	return appendArrayEnd(dst, count, more)
}

// include/linux/socket.h
var addressFamilies = names{unknown: "AF_???", names: []entry{
	{0, "AF_UNSPEC"},
	{1, "AF_UNIX"},
	{2, "AF_INET"},
	{3, "AF_AX25"},
	{4, "AF_IPX"},
	{5, "AF_APPLETALK"},
	{6, "AF_NETROM"},
	{7, "AF_BRIDGE"},
	{8, "AF_ATMPVC"},
	{9, "AF_X25"},
	{10, "AF_INET6"},
	{11, "AF_ROSE"},
	{12, "AF_DECnet"},
	{13, "AF_NETBEUI"},
	{14, "AF_SECURITY"},
	{15, "AF_KEY"},
	{16, "AF_NETLINK"},
	{17, "AF_PACKET"},
	{18, "AF_ASH"},
	{19, "AF_ECONET"},
	{20, "AF_ATMSVC"},
	{21, "AF_RDS"},
	{22, "AF_SNA"},
	{23, "AF_IRDA"},
	{24, "AF_PPPOX"},
	{25, "AF_WANPIPE"},
	{26, "AF_LLC"},
	{27, "AF_IB"},
	{28, "AF_MPLS"},
	{29, "AF_CAN"},
	{30, "AF_TIPC"},
	{31, "AF_BLUETOOTH"},
	{32, "AF_IUCV"},
	{33, "AF_RXRPC"},
	{34, "AF_ISDN"},
	{35, "AF_PHONET"},
	{36, "AF_IEEE802154"},
	{37, "AF_CAIF"},
	{38, "AF_ALG"},
	{39, "AF_NFC"},
	{40, "AF_VSOCK"},
	{41, "AF_KCM"},
	{42, "AF_QIPCRTR"},
	{43, "AF_SMC"},
	{44, "AF_XDP"},
	{45, "AF_MCTP"},
}}

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

// include/uapi/linux/if_ether.h
var ethernetProtocols = names{unknown: "ETH_P_???", names: []entry{
	{3, "ETH_P_ALL"},
	{2048, "ETH_P_IP"},
	{2054, "ETH_P_ARP"},
	{0x86dd, "ETH_P_IPV6"},
	{0x8100, "ETH_P_8021Q"},
	{0x88cc, "ETH_P_LLDP"},
	{0x888e, "ETH_P_PAE"},
	{4, "ETH_P_802_2"},
	{96, "ETH_P_LOOP"},
	{0x8035, "ETH_P_RARP"},
	{0x9000, "ETH_P_LOOPBACK"},
}}

// include/uapi/linux/if_arp.h
var hardwareTypes = names{unknown: "ARPHRD_???", names: []entry{
	{0, "ARPHRD_NETROM"},
	{1, "ARPHRD_ETHER"},
	{32, "ARPHRD_INFINIBAND"},
	{512, "ARPHRD_PPP"},
	{768, "ARPHRD_TUNNEL"},
	{769, "ARPHRD_TUNNEL6"},
	{772, "ARPHRD_LOOPBACK"},
	{776, "ARPHRD_SIT"},
	{778, "ARPHRD_IPGRE"},
	{0xfffe, "ARPHRD_NONE"},
}}

// include/uapi/linux/if_packet.h
var packetTypes = names{unknown: "PACKET_???", names: []entry{
	{0, "PACKET_HOST"},
	{1, "PACKET_BROADCAST"},
	{2, "PACKET_MULTICAST"},
	{3, "PACKET_OTHERHOST"},
	{4, "PACKET_OUTGOING"},
	{5, "PACKET_LOOPBACK"},
}}

// shutdown(2)
var shutdownHow = names{unknown: "SHUT_???", names: []entry{
	{0, "SHUT_RD"},
	{1, "SHUT_WR"},
	{2, "SHUT_RDWR"},
}}

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

// include/linux/socket.h
var socketLevels = names{unknown: "SOL_??", names: []entry{
	{0, "SOL_IP"},
	{1, "SOL_SOCKET"},
	{6, "SOL_TCP"},
	{17, "SOL_UDP"},
	{41, "SOL_IPV6"},
	{58, "SOL_ICMPV6"},
	{132, "SOL_SCTP"},
	{136, "SOL_UDPLITE"},
	{255, "SOL_RAW"},
	{256, "SOL_IPX"},
	{257, "SOL_AX25"},
	{258, "SOL_ATALK"},
	{259, "SOL_NETROM"},
	{260, "SOL_ROSE"},
	{261, "SOL_DECNET"},
	{262, "SOL_X25"},
	{263, "SOL_PACKET"},
	{264, "SOL_ATM"},
	{265, "SOL_AAL"},
	{266, "SOL_IRDA"},
	{267, "SOL_NETBEUI"},
	{268, "SOL_LLC"},
	{269, "SOL_DCCP"},
	{270, "SOL_NETLINK"},
	{271, "SOL_TIPC"},
	{272, "SOL_RXRPC"},
	{273, "SOL_PPPOL2TP"},
	{274, "SOL_BLUETOOTH"},
	{275, "SOL_PNPIPE"},
	{276, "SOL_RDS"},
	{277, "SOL_IUCV"},
	{278, "SOL_CAIF"},
	{279, "SOL_ALG"},
	{280, "SOL_NFC"},
	{281, "SOL_KCM"},
	{282, "SOL_TLS"},
	{283, "SOL_XDP"},
	{284, "SOL_MPTCP"},
	{285, "SOL_MCTP"},
	{286, "SOL_SMC"},
}}

// include/uapi/asm-generic/socket.h
var socketOptions = names{unknown: "SO_???", names: []entry{
	{1, "SO_DEBUG"},
	{2, "SO_REUSEADDR"},
	{3, "SO_TYPE"},
	{4, "SO_ERROR"},
	{5, "SO_DONTROUTE"},
	{6, "SO_BROADCAST"},
	{7, "SO_SNDBUF"},
	{8, "SO_RCVBUF"},
	{9, "SO_KEEPALIVE"},
	{10, "SO_OOBINLINE"},
	{11, "SO_NO_CHECK"},
	{12, "SO_PRIORITY"},
	{13, "SO_LINGER"},
	{14, "SO_BSDCOMPAT"},
	{15, "SO_REUSEPORT"},
	{16, "SO_PASSCRED"},
	{17, "SO_PEERCRED"},
	{18, "SO_RCVLOWAT"},
	{19, "SO_SNDLOWAT"},
	{20, "SO_RCVTIMEO_OLD"},
	{21, "SO_SNDTIMEO_OLD"},
	{22, "SO_SECURITY_AUTHENTICATION"},
	{23, "SO_SECURITY_ENCRYPTION_TRANSPORT"},
	{24, "SO_SECURITY_ENCRYPTION_NETWORK"},
	{25, "SO_BINDTODEVICE"},
	{26, "SO_ATTACH_FILTER"},
	{27, "SO_DETACH_FILTER"},
	{28, "SO_PEERNAME"},
	{29, "SO_TIMESTAMP_OLD"},
	{30, "SO_ACCEPTCONN"},
	{31, "SO_PEERSEC"},
	{32, "SO_SNDBUFFORCE"},
	{33, "SO_RCVBUFFORCE"},
	{34, "SO_PASSSEC"},
	{35, "SO_TIMESTAMPNS_OLD"},
	{36, "SO_MARK"},
	{37, "SO_TIMESTAMPING_OLD"},
	{38, "SO_PROTOCOL"},
	{39, "SO_DOMAIN"},
	{40, "SO_RXQ_OVFL"},
	{41, "SO_WIFI_STATUS"},
	{42, "SO_PEEK_OFF"},
	{43, "SO_NOFCS"},
	{44, "SO_LOCK_FILTER"},
	{45, "SO_SELECT_ERR_QUEUE"},
	{46, "SO_BUSY_POLL"},
	{47, "SO_MAX_PACING_RATE"},
	{48, "SO_BPF_EXTENSIONS"},
	{49, "SO_INCOMING_CPU"},
	{50, "SO_ATTACH_BPF"},
	{51, "SO_ATTACH_REUSEPORT_CBPF"},
	{52, "SO_ATTACH_REUSEPORT_EBPF"},
	{53, "SO_CNX_ADVICE"},
	{54, "SCM_TIMESTAMPING_OPT_STATS"},
	{55, "SO_MEMINFO"},
	{56, "SO_INCOMING_NAPI_ID"},
	{57, "SO_COOKIE"},
	{58, "SCM_TIMESTAMPING_PKTINFO"},
	{59, "SO_PEERGROUPS"},
	{60, "SO_ZEROCOPY"},
	{61, "SO_TXTIME"},
	{62, "SO_BINDTOIFINDEX"},
	{63, "SO_TIMESTAMP_NEW"},
	{64, "SO_TIMESTAMPNS_NEW"},
	{65, "SO_TIMESTAMPING_NEW"},
	{66, "SO_RCVTIMEO_NEW"},
	{67, "SO_SNDTIMEO_NEW"},
	{68, "SO_DETACH_REUSEPORT_BPF"},
	{69, "SO_PREFER_BUSY_POLL"},
	{70, "SO_BUSY_POLL_BUDGET"},
	{71, "SO_NETNS_COOKIE"},
	{72, "SO_BUF_LOCK"},
	{73, "SO_RESERVE_MEM"},
	{74, "SO_TXREHASH"},
	{75, "SO_RCVMARK"},
	{76, "SO_PASSPIDFD"},
	{77, "SO_PEERPIDFD"},
}}

// include/uapi/linux/tcp.h
var tcpOptions = names{unknown: "TCP_???", names: []entry{
	{1, "TCP_NODELAY"},
	{2, "TCP_MAXSEG"},
	{3, "TCP_CORK"},
	{4, "TCP_KEEPIDLE"},
	{5, "TCP_KEEPINTVL"},
	{6, "TCP_KEEPCNT"},
	{7, "TCP_SYNCNT"},
	{8, "TCP_LINGER2"},
	{9, "TCP_DEFER_ACCEPT"},
	{10, "TCP_WINDOW_CLAMP"},
	{11, "TCP_INFO"},
	{12, "TCP_QUICKACK"},
	{13, "TCP_CONGESTION"},
	{14, "TCP_MD5SIG"},
	{15, "TCP_COOKIE_TRANSACTIONS"},
	{16, "TCP_THIN_LINEAR_TIMEOUTS"},
	{17, "TCP_THIN_DUPACK"},
	{18, "TCP_USER_TIMEOUT"},
	{19, "TCP_REPAIR"},
	{20, "TCP_REPAIR_QUEUE"},
	{21, "TCP_QUEUE_SEQ"},
	{22, "TCP_REPAIR_OPTIONS"},
	{23, "TCP_FASTOPEN"},
	{24, "TCP_TIMESTAMP"},
	{25, "TCP_NOTSENT_LOWAT"},
	{26, "TCP_CC_INFO"},
	{27, "TCP_SAVE_SYN"},
	{28, "TCP_SAVED_SYN"},
	{29, "TCP_REPAIR_WINDOW"},
	{30, "TCP_FASTOPEN_CONNECT"},
	{31, "TCP_ULP"},
	{32, "TCP_MD5SIG_EXT"},
	{33, "TCP_FASTOPEN_KEY"},
	{34, "TCP_FASTOPEN_NO_COOKIE"},
	{35, "TCP_ZEROCOPY_RECEIVE"},
	{36, "TCP_INQ"},
	{37, "TCP_TX_DELAY"},
}}

// include/uapi/linux/in.h
var ipOptions = names{unknown: "IP_???", names: []entry{
	{1, "IP_TOS"},
	{2, "IP_TTL"},
	{3, "IP_HDRINCL"},
	{4, "IP_OPTIONS"},
	{5, "IP_ROUTER_ALERT"},
	{6, "IP_RECVOPTS"},
	{7, "IP_RETOPTS"},
	{8, "IP_PKTINFO"},
	{9, "IP_PKTOPTIONS"},
	{10, "IP_MTU_DISCOVER"},
	{11, "IP_RECVERR"},
	{12, "IP_RECVTTL"},
	{13, "IP_RECVTOS"},
	{14, "IP_MTU"},
	{15, "IP_FREEBIND"},
	{16, "IP_IPSEC_POLICY"},
	{17, "IP_XFRM_POLICY"},
	{18, "IP_PASSSEC"},
	{19, "IP_TRANSPARENT"},
	{20, "IP_ORIGDSTADDR"},
	{21, "IP_MINTTL"},
	{22, "IP_NODEFRAG"},
	{23, "IP_CHECKSUM"},
	{24, "IP_BIND_ADDRESS_NO_PORT"},
	{25, "IP_RECVFRAGSIZE"},
	{26, "IP_RECVERR_RFC4884"},
	{32, "IP_MULTICAST_IF"},
	{33, "IP_MULTICAST_TTL"},
	{34, "IP_MULTICAST_LOOP"},
	{35, "IP_ADD_MEMBERSHIP"},
	{36, "IP_DROP_MEMBERSHIP"},
	{37, "IP_UNBLOCK_SOURCE"},
	{38, "IP_BLOCK_SOURCE"},
	{39, "IP_ADD_SOURCE_MEMBERSHIP"},
	{40, "IP_DROP_SOURCE_MEMBERSHIP"},
	{41, "IP_MSFILTER"},
	{42, "MCAST_JOIN_GROUP"},
	{43, "MCAST_BLOCK_SOURCE"},
	{44, "MCAST_UNBLOCK_SOURCE"},
	{45, "MCAST_LEAVE_GROUP"},
	{46, "MCAST_JOIN_SOURCE_GROUP"},
	{47, "MCAST_LEAVE_SOURCE_GROUP"},
	{48, "MCAST_MSFILTER"},
	{49, "IP_MULTICAST_ALL"},
	{50, "IP_UNICAST_IF"},
}}

// include/uapi/linux/in6.h
var ipv6Options = names{unknown: "IPV6_???", names: []entry{
	{1, "IPV6_ADDRFORM"},
	{2, "IPV6_2292PKTINFO"},
	{3, "IPV6_2292HOPOPTS"},
	{4, "IPV6_2292DSTOPTS"},
	{5, "IPV6_2292RTHDR"},
	{6, "IPV6_2292PKTOPTIONS"},
	{7, "IPV6_CHECKSUM"},
	{8, "IPV6_2292HOPLIMIT"},
	{9, "IPV6_NEXTHOP"},
	{10, "IPV6_AUTHHDR"},
	{11, "IPV6_FLOWINFO"},
	{16, "IPV6_UNICAST_HOPS"},
	{17, "IPV6_MULTICAST_IF"},
	{18, "IPV6_MULTICAST_HOPS"},
	{19, "IPV6_MULTICAST_LOOP"},
	{20, "IPV6_ADD_MEMBERSHIP"},
	{21, "IPV6_DROP_MEMBERSHIP"},
	{22, "IPV6_ROUTER_ALERT"},
	{23, "IPV6_MTU_DISCOVER"},
	{24, "IPV6_MTU"},
	{25, "IPV6_RECVERR"},
	{26, "IPV6_V6ONLY"},
	{27, "IPV6_JOIN_ANYCAST"},
	{28, "IPV6_LEAVE_ANYCAST"},
	{29, "IPV6_MULTICAST_ALL"},
	{30, "IPV6_ROUTER_ALERT_ISOLATE"},
	{31, "IPV6_RECVERR_RFC4884"},
	{32, "IPV6_FLOWLABEL_MGR"},
	{33, "IPV6_FLOWINFO_SEND"},
	{34, "IPV6_IPSEC_POLICY"},
	{35, "IPV6_XFRM_POLICY"},
	{36, "IPV6_HDRINCL"},
	{49, "IPV6_RECVPKTINFO"},
	{50, "IPV6_PKTINFO"},
	{51, "IPV6_RECVHOPLIMIT"},
	{52, "IPV6_HOPLIMIT"},
	{53, "IPV6_RECVHOPOPTS"},
	{54, "IPV6_HOPOPTS"},
	{55, "IPV6_RTHDRDSTOPTS"},
	{56, "IPV6_RECVRTHDR"},
	{57, "IPV6_RTHDR"},
	{58, "IPV6_RECVDSTOPTS"},
	{59, "IPV6_DSTOPTS"},
	{60, "IPV6_RECVPATHMTU"},
	{61, "IPV6_PATHMTU"},
	{62, "IPV6_DONTFRAG"},
	{66, "IPV6_RECVTCLASS"},
	{67, "IPV6_TCLASS"},
	{70, "IPV6_AUTOFLOWLABEL"},
	{72, "IPV6_ADDR_PREFERENCES"},
	{73, "IPV6_MINHOPCOUNT"},
	{74, "IPV6_ORIGDSTADDR"},
	{75, "IPV6_TRANSPARENT"},
	{76, "IPV6_UNICAST_IF"},
	{77, "IPV6_RECVFRAGSIZE"},
	{78, "IPV6_FREEBIND"},
}}

// include/uapi/linux/udp.h
var udpOptions = names{unknown: "UDP_???", names: []entry{
	{1, "UDP_CORK"},
	{100, "UDP_ENCAP"},
	{101, "UDP_NO_CHECK6_TX"},
	{102, "UDP_NO_CHECK6_RX"},
	{103, "UDP_SEGMENT"},
	{104, "UDP_GRO"},
}}

// include/uapi/linux/icmp.h
var rawOptions = names{unknown: "RAW_???", names: []entry{
	{1, "ICMP_FILTER"},
}}

// include/uapi/linux/if_packet.h
var packetOptions = names{unknown: "PACKET_???", names: []entry{
	{1, "PACKET_ADD_MEMBERSHIP"},
	{2, "PACKET_DROP_MEMBERSHIP"},
	{3, "PACKET_RECV_OUTPUT"},
	{5, "PACKET_RX_RING"},
	{6, "PACKET_STATISTICS"},
	{7, "PACKET_COPY_THRESH"},
	{8, "PACKET_AUXDATA"},
	{9, "PACKET_ORIGDEV"},
	{10, "PACKET_VERSION"},
	{11, "PACKET_HDRLEN"},
	{12, "PACKET_RESERVE"},
	{13, "PACKET_TX_RING"},
	{14, "PACKET_LOSS"},
	{15, "PACKET_VNET_HDR"},
	{16, "PACKET_TX_TIMESTAMP"},
	{17, "PACKET_TIMESTAMP"},
	{18, "PACKET_FANOUT"},
	{19, "PACKET_TX_HAS_OFF"},
	{20, "PACKET_QDISC_BYPASS"},
	{21, "PACKET_ROLLOVER_STATS"},
	{22, "PACKET_FANOUT_DATA"},
	{23, "PACKET_IGNORE_OUTGOING"},
}}

// include/uapi/linux/netlink.h
var netlinkOptions = names{unknown: "NETLINK_???", names: []entry{
	{1, "NETLINK_ADD_MEMBERSHIP"},
	{2, "NETLINK_DROP_MEMBERSHIP"},
	{3, "NETLINK_PKTINFO"},
	{4, "NETLINK_BROADCAST_ERROR"},
	{5, "NETLINK_NO_ENOBUFS"},
	{6, "NETLINK_RX_RING"},
	{7, "NETLINK_TX_RING"},
	{8, "NETLINK_LISTEN_ALL_NSID"},
	{9, "NETLINK_LIST_MEMBERSHIPS"},
	{10, "NETLINK_CAP_ACK"},
	{11, "NETLINK_EXT_ACK"},
	{12, "NETLINK_GET_STRICT_CHK"},
}}
