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

func appendEthernetProtocol(dst []byte, value uint16, o *Options) []byte {
	dst = append(dst, "htons("...)
	dst = ethernetProtocols.appendTo(dst, uint64(value>>8|value<<8), o)
	return append(dst, ')')
}

// socketAddress appends a struct sockaddr that the call was given, or gave.
func socketAddress(dst []byte, e *event.Event, index int, o *Options) []byte {
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
	return appendSocketAddress(dst, data, o)
}

func appendSocketAddress(dst, data []byte, o *Options) []byte {
	family := little.Uint16(data)
	dst = append(dst, "{sa_family="...)
	dst = addressFamilies.appendTo(dst, uint64(family), o)
	switch {
	case family == familyUnix:
		path := data[2:]
		switch {
		case len(path) == 0:
		case path[0] == 0:
			// A name in the abstract name space has all the bytes that the length says.
			dst = append(dst, ", sun_path=@"...)
			dst = appendQuoted(dst, path[1:], false, o)
		default:
			dst = append(dst, ", sun_path="...)
			dst = appendQuoted(dst, untilNUL(path), false, o)
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
		dst = appendEthernetProtocol(dst, little.Uint16(data[2:]), o)
		dst = append(dst, ", sll_ifindex="...)
		dst = appendNumber(dst, data[4:], 4, asInt)
		dst = append(dst, ", sll_hatype="...)
		dst = hardwareTypes.appendTo(dst, uint64(little.Uint16(data[8:])), o)
		dst = append(dst, ", sll_pkttype="...)
		dst = packetTypes.appendTo(dst, uint64(data[10]), o)
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
		dst = appendQuoted(dst, data[2:], false, o)
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
