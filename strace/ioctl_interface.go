package strace

import "traceloop/event"

// The requests for a network interface (include/uapi/linux/sockios.h).
const (
	requestInterfaceName = 0x8910 // SIOCGIFNAME
	interfaceNameSize    = 16     // IFNAMSIZ of include/uapi/linux/if.h
)

// interfaceSize is the size of struct ifreq: a name and a union, of which struct
// ifmap has the ABI's longs (include/uapi/linux/if.h).
func interfaceSize(e *event.Event) int {
	if longSize(e) == 4 {
		return interfaceNameSize + 16
	}
	return interfaceNameSize + 24
}

// interfaceRequest appends a struct ifreq. What its union is, the request says.
// One that asks gives the interface's name, and the call the rest.
func interfaceRequest(dst []byte, e *event.Event, index int, o *Options) []byte {
	request := uint32(register(e, index-1))
	size := interfaceSize(e)
	in, out := bytesOf(before(e, index), size), bytesOf(after(e, index), size)
	switch {
	case in == nil:
		return appendPointer(dst, register(e, index))
	case request == requestInterfaceName:
		dst = append(dst, "{ifr_ifindex="...)
		dst = appendNumber(dst, in[interfaceNameSize:], 4, asInt)
	default:
		dst = append(dst, "{ifr_name="...)
		dst = appendCharacters(dst, in[:interfaceNameSize], o)
	}
	given := out
	if captured := before(e, index); !captured.Entry {
		given = in // a request that sets
	}
	if given == nil || !succeeded(e) && before(e, index).Entry {
		return append(dst, '}')
	}
	dst = append(dst, ", "...)
	dst = appendInterfaceMember(dst, e, request, given, o)
	return append(dst, '}')
}

func appendInterfaceMember(dst []byte, e *event.Event, request uint32, data []byte, o *Options) []byte {
	value := data[interfaceNameSize:]
	switch request {
	case requestInterfaceName:
		dst = append(dst, "ifr_name="...)
		return appendCharacters(dst, data[:interfaceNameSize], o)
	case 0x8913, 0x8914: // SIOCGIFFLAGS, SIOCSIFFLAGS
		dst = append(dst, "ifr_flags="...)
		return interfaceFlags.appendTo(dst, field(value, 0, 2), o)
	case 0x8915, 0x8916: // SIOCGIFADDR, SIOCSIFADDR
		dst = append(dst, "ifr_addr="...)
		return appendSocketAddress(dst, e, value[:16], o)
	case 0x8917, 0x8918: // SIOCGIFDSTADDR, SIOCSIFDSTADDR
		dst = append(dst, "ifr_dstaddr="...)
		return appendSocketAddress(dst, e, value[:16], o)
	case 0x8919, 0x891a: // SIOCGIFBRDADDR, SIOCSIFBRDADDR
		dst = append(dst, "ifr_broadaddr="...)
		return appendSocketAddress(dst, e, value[:16], o)
	case 0x891b, 0x891c: // SIOCGIFNETMASK, SIOCSIFNETMASK
		dst = append(dst, "ifr_netmask="...)
		return appendSocketAddress(dst, e, value[:16], o)
	case 0x891d, 0x891e: // SIOCGIFMETRIC, SIOCSIFMETRIC
		dst = append(dst, "ifr_metric="...)
	case 0x8921, 0x8922: // SIOCGIFMTU, SIOCSIFMTU
		dst = append(dst, "ifr_mtu="...)
	case 0x8933: // SIOCGIFINDEX
		dst = append(dst, "ifr_ifindex="...)
	case 0x8942, 0x8943: // SIOCGIFTXQLEN, SIOCSIFTXQLEN
		dst = append(dst, "ifr_qlen="...)
	case 0x8923: // SIOCSIFNAME
		dst = append(dst, "ifr_newname="...)
		return appendCharacters(dst, value[:interfaceNameSize], o)
	case 0x8929, 0x8930: // SIOCGIFSLAVE, SIOCSIFSLAVE
		dst = append(dst, "ifr_slave="...)
		return appendCharacters(dst, value[:interfaceNameSize], o)
	case 0x8924, 0x8927, 0x8931, 0x8932, 0x8937: // SIOCSIFHWADDR, SIOCGIFHWADDR, SIOCADDMULTI, SIOCDELMULTI, SIOCSIFHWBROADCAST
		dst = append(dst, "ifr_hwaddr="...)
		return appendHardware(dst, value[:16], o)
	case 0x8970, 0x8971: // SIOCGIFMAP, SIOCSIFMAP
		dst = append(dst, "ifr_map={"...)
		dst = appendMembers(dst, e, value, interfaceMap, o)
		return append(dst, '}')
	}
	return appendNumber(dst, value, 4, asInt)
}

// appendHardware appends a struct sockaddr that has a hardware address: as many
// bytes as its type has, or all of them.
func appendHardware(dst, data []byte, o *Options) []byte {
	family := field(data, 0, 2)
	dst = append(dst, "{sa_family="...)
	dst = hardwareTypes.appendTo(dst, family, o)
	dst = append(dst, ", sa_data="...)
	address := data[2:]
	address = address[:min(len(address), hardwareAddressSize(family))]
	for i, c := range address {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
	}
	return append(dst, '}')
}

// hardwareAddressSize is how many bytes an address of the type has, as far as
// it is known (the headers that include/uapi/linux/if_arp.h names).
func hardwareAddressSize(family uint64) int {
	switch family {
	case 7, 773, 820, 821, 822: // ARPHRD_ARCNET, LOCALTLK, PHONET, PHONET_PIPE, CAIF
		return 1
	case 290: // ARPHRD_MCTP
		return 1
	case 15: // ARPHRD_DLCI
		return 2
	case 768, 776, 777, 778, 779, 783: // ARPHRD_TUNNEL, SIT, IPDDP, IPGRE, PIMREG, IRDA
		return 4
	case 270, 271: // ARPHRD_ROSE, X25
		return 5
	case 1, 6, 772, 774, 780, 801, 802, 803: // ARPHRD_ETHER, IEEE802, LOOPBACK, FDDI, HIPPI, IEEE80211, IEEE80211_PRISM, IEEE80211_RADIOTAP
		return 6
	case 0, 3: // ARPHRD_NETROM, AX25
		return 7
	case 27, 804, 805, 825, 826: // ARPHRD_EUI64, IEEE802154, IEEE802154_MONITOR, 6LOWPAN, VSOCKMON
		return 8
	}
	return 14
}

// bridgeInterface appends the struct ifreq of SIOCBRADDIF: only an index counts.
func bridgeInterface(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, interfaceSize(e))
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{ifr_ifindex="...)
	dst = appendNumber(dst, data[interfaceNameSize:], 4, asUint)
	return append(dst, '}')
}

// interfaceName appends a name that is no struct's member: all its bytes count.
func interfaceName(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, interfaceNameSize)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	name := untilNUL(data[:interfaceNameSize])
	return appendQuoted(dst, name, len(name) == interfaceNameSize, o)
}

// interfaceList appends a struct ifconf: a buffer's length, which the call
// makes that of the list in it.
func interfaceList(dst []byte, e *event.Event, index int, o *Options) []byte {
	pointer := pointerSize(e)
	in, out := bytesOf(before(e, index), 2*pointer), bytesOf(after(e, index), 2*pointer)
	if in == nil {
		return appendPointer(dst, register(e, index))
	}
	length := func(data []byte) int64 { return int64(int32(little.Uint32(data))) }
	buffer := long(in, pointer, pointer)
	dst = append(dst, "{ifc_len="...)
	if !succeeded(e) || out == nil {
		if buffer != 0 || out == nil {
			dst = appendListLength(dst, e, length(in))
		}
		dst = append(dst, ", ifc_buf="...)
		dst = appendPointer(dst, buffer)
		return append(dst, '}')
	}
	if buffer != 0 && length(in) != length(out) {
		dst = appendListLength(dst, e, length(in))
		dst = append(dst, " => "...)
	}
	dst = appendListLength(dst, e, length(out))
	dst = append(dst, ", ifc_buf="...)
	list := partOf(e, after(e, index), 1)
	switch {
	case buffer == 0:
		dst = append(dst, "NULL"...)
	case length(out) >= 0 && length(out) < int64(interfaceSize(e)):
		dst = append(dst, "[]"...)
	case list == nil || length(out) < 0:
		dst = appendPointer(dst, buffer)
	default:
		dst = appendInterfaces(dst, e, list.Data, int(length(out)), o)
	}
	return append(dst, '}')
}

func appendListLength(dst []byte, e *event.Event, length int64) []byte {
	dst = appendInt(dst, length)
	if size := int64(interfaceSize(e)); length > 0 && length%size == 0 {
		dst = append(dst, " /* "...)
		dst = appendInt(dst, length/size)
		dst = append(dst, " * sizeof(struct ifreq) */"...)
	}
	return dst
}

// appendInterfaces appends the elements of a list that has length bytes.
func appendInterfaces(dst []byte, e *event.Event, data []byte, length int, o *Options) []byte {
	size := interfaceSize(e)
	dst = append(dst, '[')
	all := length / size
	shown := min(all, len(data)/size, o.elements())
	for i := range shown {
		one := data[i*size:]
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, "{ifr_name="...)
		dst = appendCharacters(dst, one[:interfaceNameSize], o)
		dst = append(dst, ", ifr_addr="...)
		dst = appendSocketAddress(dst, e, one[interfaceNameSize:interfaceNameSize+16], o)
		dst = append(dst, '}')
	}
	return appendArrayEnd(dst, shown, shown < all)
}

// interfaceMap is struct ifmap of include/uapi/linux/if.h.
var interfaceMap = []member{
	{name: "mem_start", size: ofLong, form: asHex},
	{name: "mem_end", size: ofLong, form: asHex},
	{name: "base_addr", size: 2, form: asHex},
	{name: "irq", size: 1, form: asHex},
	{name: "dma", size: 1, form: asHex},
	{name: "port", size: 1, form: asHex},
}

// include/uapi/linux/if.h; the struct has 16 bits of them.
var interfaceFlags = flags{unknown: "IFF_???", names: []entry{
	{0x1, "IFF_UP"},
	{0x2, "IFF_BROADCAST"},
	{0x4, "IFF_DEBUG"},
	{0x8, "IFF_LOOPBACK"},
	{0x10, "IFF_POINTOPOINT"},
	{0x20, "IFF_NOTRAILERS"},
	{0x40, "IFF_RUNNING"},
	{0x80, "IFF_NOARP"},
	{0x100, "IFF_PROMISC"},
	{0x200, "IFF_ALLMULTI"},
	{0x400, "IFF_MASTER"},
	{0x800, "IFF_SLAVE"},
	{0x1000, "IFF_MULTICAST"},
	{0x2000, "IFF_PORTSEL"},
	{0x4000, "IFF_AUTOMEDIA"},
	{0x8000, "IFF_DYNAMIC"},
}}
