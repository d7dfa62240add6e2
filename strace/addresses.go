package strace

import (
	"encoding/binary"
	"net/netip"

	"traceloop/event"
)

// The families of which something is known here (include/linux/socket.h).
const (
	familyUnix       = 1
	familyInternet   = 2
	familyAX25       = 3
	familyIPX        = 4
	familyX25        = 9
	familyInternet6  = 10
	familyNetlink    = 16
	familyPacket     = 17
	familyIrDA       = 23
	familyCAN        = 29
	familyBluetooth  = 31
	familyRxRPC      = 33
	familyISDN       = 34
	familyPhonet     = 35
	familyIEEE802154 = 36
	familyCAIF       = 37
	familyALG        = 38
	familyNFC        = 39
	familyVSock      = 40
	familyKCM        = 41
	familyQIPCRTR    = 42
	familySMC        = 43
	familyXDP        = 44
	familyMCTP       = 45
)

// addressSize is the size of struct sockaddr_storage: no address is longer.
const addressSize = 128

// socketAddress appends a struct sockaddr that the call was given, or gave.
func socketAddress(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendPointer(dst, register(e, index))
	}
	data := c.Data
	if lengthInMemory(e, index) {
		// What was not given is not shown, nor what does not belong to it.
		given, left, ok := lengths(e, index+1)
		if !ok || !succeeded(e) {
			return appendPointer(dst, register(e, index))
		}
		data = data[:max(min(len(data), int(given), int(left)), 0)]
	} else if length := int32(register(e, index+1)); int(length) < len(data) {
		data = data[:max(length, 0)]
	}
	if len(data) < 2 {
		return appendPointer(dst, register(e, index))
	}
	return appendSocketAddress(dst, e, data, o)
}

// An addressForm is how the addresses of a family are written.
type addressForm struct {
	family uint16
	least  uint8 // the bytes that it takes; a shorter address is just bytes
	append func(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte
}

// appendSocketAddress appends an address of at least two bytes.
func appendSocketAddress(dst []byte, e *event.Event, data []byte, o *Options) []byte {
	length := min(len(data), addressSize)
	// As strace has it: what the address lacks of its family's struct is zero.
	var padded [addressSize]byte
	copy(padded[:], data)
	family := little.Uint16(data)
	dst = append(dst, "{sa_family="...)
	dst = addressFamilies.appendTo(dst, uint64(family), o)
	if length == 2 {
		return append(dst, '}')
	}
	for i := range addressForms {
		if form := &addressForms[i]; form.family == family && length >= int(form.least) {
			dst = form.append(dst, e, padded, length, o)
			return append(dst, '}')
		}
	}
	dst = appendAddressBytes(dst, padded[:length], o)
	return append(dst, '}')
}

// appendAddressBytes appends what stands behind the family in an unknown form.
func appendAddressBytes(dst, data []byte, o *Options) []byte {
	dst = append(dst, ", sa_data="...)
	return appendQuoted(dst, data[2:], false, o)
}

// struct sockaddr_un of include/uapi/linux/un.h
func appendUnixAddress(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte {
	const pathSize = 108
	path := data[2:min(length, 2+pathSize)]
	dst = append(dst, ", sun_path="...)
	if path[0] != 0 {
		return appendQuoted(dst, untilNUL(path), false, o)
	}
	// A name in the abstract name space has all the bytes that the length says.
	dst = append(dst, '@')
	return appendQuoted(dst, path[1:], false, o)
}

// struct sockaddr_in of include/uapi/linux/in.h
func appendInternetAddress(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte {
	dst = append(dst, ", sin_port="...)
	dst = appendPort(dst, data[2:4], o)
	dst = append(dst, ", sin_addr="...)
	return appendInternet(dst, data[4:8], o)
}

// struct sockaddr_in6 of include/uapi/linux/in6.h
func appendInternet6Address(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte {
	dst = append(dst, ", sin6_port="...)
	dst = appendPort(dst, data[2:4], o)
	dst = append(dst, ", sin6_flowinfo="...)
	dst = appendNetwork32(dst, data[4:8], o)
	dst = append(dst, ", "...)
	dst = appendInternet6Field(dst, data[8:24], "sin6_addr", o)
	if length <= 24 {
		return dst // a size of before there were scopes
	}
	dst = append(dst, ", sin6_scope_id="...)
	scope := little.Uint32(data[24:])
	// The scope of addresses that mean something on one link only is an
	// interface: fe80::/10 and ff?2::/16.
	if data[8] == 0xfe && data[9]&0xc0 == 0x80 || data[8] == 0xff && data[9]&0xf == 2 {
		return appendInterface(dst, scope, o)
	}
	return appendUint(dst, uint64(scope))
}

// struct sockaddr_nl of include/uapi/linux/netlink.h
func appendNetlinkAddress(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte {
	if pad := little.Uint16(data[2:]); pad != 0 {
		dst = append(dst, ", nl_pad="...)
		dst = appendHex(dst, uint64(pad))
	}
	dst = append(dst, ", nl_pid="...)
	dst = appendNumber(dst, data[4:], 4, asInt)
	dst = append(dst, ", nl_groups="...)
	groups := uint64(little.Uint32(data[8:]))
	if groups == 0 {
		return append(dst, "00000000"...)
	}
	return appendHexPadded(dst, groups, 6)
}

// struct sockaddr_ll of include/uapi/linux/if_packet.h
func appendPacketAddress(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte {
	dst = append(dst, ", sll_protocol="...)
	dst, named := beginNetworkNames(dst, data[2:4], o)
	if named {
		dst = append(dst, "htons("...)
		protocol := uint64(binary.BigEndian.Uint16(data[2:]))
		if name, ok := ethernetProtocols.lookup(protocol); ok {
			dst = append(dst, name...)
		} else {
			dst = appendComment(appendHex(dst, protocol), ethernetProtocols.unknown)
		}
		dst = endNames(append(dst, ')'), o)
	}
	dst = append(dst, ", sll_ifindex="...)
	dst = appendInterface(dst, little.Uint32(data[4:]), o)
	dst = append(dst, ", sll_hatype="...)
	dst = hardwareTypes.appendTo(dst, uint64(little.Uint16(data[8:])), o)
	dst = append(dst, ", sll_pkttype="...)
	dst = packetTypes.appendTo(dst, uint64(data[10]), o)
	dst = append(dst, ", sll_halen="...)
	count := int(data[11])
	dst = appendUint(dst, uint64(count))
	if count == 0 {
		return dst
	}
	dst = append(dst, ", sll_addr="...)
	return appendByteArray(dst, data[12:min(length, 12+count)], length < 12+count)
}

// struct sockaddr_vm of include/uapi/linux/vm_sockets.h
func appendVSockAddress(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte {
	if reserved := little.Uint16(data[2:]); reserved != 0 {
		dst = append(dst, ", svm_reserved1="...)
		dst = appendHex(dst, uint64(reserved))
	}
	dst = append(dst, ", svm_cid="...)
	dst = vsockContexts.appendTo(dst, uint64(little.Uint32(data[8:])), o)
	dst = append(dst, ", svm_port="...)
	dst = vsockPorts.appendTo(dst, uint64(little.Uint32(data[4:])), o)
	dst = append(dst, ", svm_flags="...)
	dst = vsockFlags.appendTo(dst, uint64(data[12]), o)
	if zero := data[13:16]; zero[0]|zero[1]|zero[2] != 0 {
		dst = append(dst, ", svm_zero="...)
		dst = appendHexQuoted(dst, zero, false)
	}
	return dst
}

// appendByteArray appends an array of bytes: [00, 0x1, ...].
func appendByteArray(dst, data []byte, more bool) []byte {
	dst = append(dst, '[')
	for i, value := range data {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendHexByte(dst, value)
	}
	return appendArrayEnd(dst, len(data), more)
}

// appendHexByte appends a byte as printf's %#02x does, whose zero has two digits.
func appendHexByte(dst []byte, value byte) []byte {
	if value == 0 {
		return append(dst, "00"...)
	}
	return appendHex(dst, uint64(value))
}

// appendHardwareAddress appends bytes with colons between them: 00:16:3e:00:00:01.
func appendHardwareAddress(dst, data []byte) []byte {
	for i, value := range data {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, hexDigits[value>>4], hexDigits[value&15])
	}
	return dst
}

// beginNetworkNames is beginNames of what is in the network's byte order: its
// number is written as the bytes that it has in memory.
func beginNetworkNames(dst, data []byte, o *Options) (_ []byte, named bool) {
	switch o.constants() {
	case ConstantsRaw:
		return appendHexQuoted(dst, data, false), false
	case ConstantsBoth:
		return append(appendHexQuoted(dst, data, false), " /* "...), true
	}
	return dst, true
}

func appendPort(dst, data []byte, o *Options) []byte {
	dst, named := beginNetworkNames(dst, data, o)
	if !named {
		return dst
	}
	dst = append(dst, "htons("...)
	dst = appendUint(dst, uint64(binary.BigEndian.Uint16(data)))
	return endNames(append(dst, ')'), o)
}

func appendNetwork32(dst, data []byte, o *Options) []byte {
	dst, named := beginNetworkNames(dst, data, o)
	if !named {
		return dst
	}
	dst = append(dst, "htonl("...)
	dst = appendUint(dst, uint64(binary.BigEndian.Uint32(data)))
	return endNames(append(dst, ')'), o)
}

// appendInternet appends the four bytes of an IPv4 address.
func appendInternet(dst, data []byte, o *Options) []byte {
	dst, named := beginNetworkNames(dst, data[:4], o)
	if !named {
		return dst
	}
	dst = append(dst, "inet_addr(\""...)
	dst = netip.AddrFrom4([4]byte(data)).AppendTo(dst)
	return endNames(append(dst, "\")"...), o)
}

// appendInternet6 appends the sixteen bytes of an IPv6 address.
func appendInternet6(dst, data []byte, o *Options) []byte {
	return appendInternet6Field(dst, data, "", o)
}

// appendInternet6Field appends an IPv6 address that is a member, whose name
// strace writes where inet_pton(3) would put the address.
func appendInternet6Field(dst, data []byte, name string, o *Options) []byte {
	if name != "" && o.constants() != ConstantsNamed {
		dst = append(dst, name...)
		dst = append(dst, '=')
	}
	dst, named := beginNetworkNames(dst, data[:16], o)
	if !named {
		return dst
	}
	dst = append(dst, "inet_pton(AF_INET6, \""...)
	dst = appendInternet6Text(dst, [16]byte(data))
	dst = append(dst, '"')
	if name != "" && o.constants() == ConstantsNamed {
		dst = append(dst, ", &"...)
		dst = append(dst, name...)
	}
	return endNames(append(dst, ')'), o)
}

// appendInternet6Text appends an address as inet_ntop(3) writes it: the last
// four bytes are an IPv4 address where those before say so.
func appendInternet6Text(dst []byte, data [16]byte) []byte {
	address := netip.AddrFrom16(data)
	// The old mapping, ::1.2.3.4, is not netip's.
	if [12]byte(data[:12]) == [12]byte{} && (data[12] != 0 || data[13] != 0) {
		dst = append(dst, "::"...)
		address = netip.AddrFrom4([4]byte(data[12:]))
	}
	return address.AppendTo(dst)
}

var addressForms = [...]addressForm{
	{familyUnix, 3, appendUnixAddress},
	{familyInternet, 16, appendInternetAddress},
	{familyInternet6, 24, appendInternet6Address},
	{familyNetlink, 12, appendNetlinkAddress},
	{familyPacket, 20, appendPacketAddress},
	{familyVSock, 16, appendVSockAddress},
	{familyIPX, 16, appendIPXAddress},
	{familyX25, 18, appendX25Address},
	{familyBluetooth, 3, appendBluetoothAddress},
	{familyRxRPC, 36, appendRxRPCAddress},
	{familyIEEE802154, 20, appendIEEE802154Address},
	{familyALG, 25, appendALGAddress},
	{familyNFC, 16, appendNFCAddress},
	{familyQIPCRTR, 12, appendQIPCRTRAddress},
	{familyXDP, 16, appendXDPAddress},
	{familyMCTP, 12, appendMCTPAddress},
}

// include/uapi/linux/if_packet.h
var packetTypes = names{unknown: "PACKET_???", names: []entry{
	{0, "PACKET_HOST"},
	{1, "PACKET_BROADCAST"},
	{2, "PACKET_MULTICAST"},
	{3, "PACKET_OTHERHOST"},
	{4, "PACKET_OUTGOING"},
	{5, "PACKET_LOOPBACK"},
	{6, "PACKET_USER"},
	{7, "PACKET_KERNEL"},
}}

// include/uapi/linux/vm_sockets.h
var vsockContexts = names{names: []entry{
	{0, "VMADDR_CID_HYPERVISOR"},
	{1, "VMADDR_CID_LOCAL"},
	{2, "VMADDR_CID_HOST"},
	{0xffffffff, "VMADDR_CID_ANY"},
}}

var vsockPorts = names{names: []entry{{0xffffffff, "VMADDR_PORT_ANY"}}}

var vsockFlags = flags{unknown: "VMADDR_FLAG_???", names: []entry{{1, "VMADDR_FLAG_TO_HOST"}}}
