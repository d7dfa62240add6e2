package strace

// appendRouteMessage appends what a message of NETLINK_ROUTE has behind its
// header: a struct of the type's, and attributes.
func appendRouteMessage(dst []byte, kind uint16, data []byte, length uint64, o *Options) []byte {
	form := routeForm(kind)
	if form == nil {
		dst = append(dst, "{family="...)
		dst = addressFamilies.appendTo(dst, uint64(data[0]), o)
		if length > 1 {
			dst = append(dst, ", data="...)
			dst = appendHexString(dst, data[1:], uint64(len(data)) < length, o)
		}
		return append(dst, '}')
	}
	return appendFamilyMessage(dst, form, data, length, o)
}

// appendFamilyMessage appends a struct that begins with a family, and the attributes behind it.
func appendFamilyMessage(dst []byte, form *familyMessage, data []byte, length uint64, o *Options) []byte {
	family := data[0]
	dst = append(dst, '{')
	dst = append(dst, form.family...)
	dst = append(dst, '=')
	dst = addressFamilies.appendTo(dst, uint64(family), o)
	dst = append(dst, ", "...)
	if len(data) < form.size {
		return append(dst, "...}"...)
	}
	dst = form.append(dst, data, o)
	dst = append(dst, '}')
	if length > uint64(form.size) {
		dst = append(dst, ", "...)
		dst = appendAttributes(dst, form, family, data[form.size:], length-uint64(form.size), o)
	}
	return dst
}

// A familyMessage is the struct of some messages, whose first byte is a family, with their attributes.
type familyMessage struct {
	family string
	size   int
	append func(dst, data []byte, o *Options) []byte
	names  *names
	forms  []attributeForm // by the attribute's number
}

// routeForm is the form of a message's struct, nil if it has none here.
func routeForm(kind uint16) *familyMessage {
	switch kind {
	case 16, 17, 18, 19: // RTM_*LINK
		return &linkMessage
	case 20, 21, 22, 58, 62: // RTM_*ADDR, RTM_GETMULTICAST, RTM_GETANYCAST
		return &addressMessage
	case 24, 25, 26: // RTM_*ROUTE
		return &routeEntry
	case 28, 29, 30: // RTM_*NEIGH
		return &neighborMessage
	}
	return nil
}

// struct ifinfomsg of include/uapi/linux/rtnetlink.h
var linkMessage = familyMessage{"ifi_family", 16, appendLink, &linkAttributes, linkForms[:]}

func appendLink(dst, data []byte, o *Options) []byte {
	dst = append(dst, "ifi_type="...)
	dst = hardwareTypes.appendTo(dst, uint64(little.Uint16(data[2:])), o)
	dst = append(dst, ", ifi_index="...)
	dst = appendInterface(dst, little.Uint32(data[4:]), o)
	dst = append(dst, ", ifi_flags="...)
	dst = linkFlags.appendTo(dst, uint64(little.Uint32(data[8:])), o)
	dst = append(dst, ", ifi_change="...)
	return appendHex(dst, uint64(little.Uint32(data[12:])))
}

// struct ifaddrmsg of include/uapi/linux/if_addr.h
var addressMessage = familyMessage{"ifa_family", 8, appendAddressEntry, &addressAttributes, addressAttributeForms[:]}

func appendAddressEntry(dst, data []byte, o *Options) []byte {
	dst = append(dst, "ifa_prefixlen="...)
	dst = appendUint(dst, uint64(data[1]))
	dst = append(dst, ", ifa_flags="...)
	dst = addressFlags.appendTo(dst, uint64(data[2]), o)
	dst = append(dst, ", ifa_scope="...)
	dst = routeScopes.appendTo(dst, uint64(data[3]), o)
	dst = append(dst, ", ifa_index="...)
	return appendInterface(dst, little.Uint32(data[4:]), o)
}

// struct rtmsg of include/uapi/linux/rtnetlink.h
var routeEntry = familyMessage{"rtm_family", 12, appendRoute, &routeAttributes, routeForms[:]}

func appendRoute(dst, data []byte, o *Options) []byte {
	dst = append(dst, "rtm_dst_len="...)
	dst = appendUint(dst, uint64(data[1]))
	dst = append(dst, ", rtm_src_len="...)
	dst = appendUint(dst, uint64(data[2]))
	dst = append(dst, ", rtm_tos="...)
	dst = serviceTypes.appendTo(dst, uint64(data[3]), o)
	dst = append(dst, ", rtm_table="...)
	dst = routeTables.appendTo(dst, uint64(data[4]), o)
	dst = append(dst, ", rtm_protocol="...)
	dst = routeProtocols.appendTo(dst, uint64(data[5]), o)
	dst = append(dst, ", rtm_scope="...)
	dst = routeScopes.appendTo(dst, uint64(data[6]), o)
	dst = append(dst, ", rtm_type="...)
	dst = routeTypes.appendTo(dst, uint64(data[7]), o)
	dst = append(dst, ", rtm_flags="...)
	return routeFlags.appendTo(dst, uint64(little.Uint32(data[8:])), o)
}

// struct ndmsg of include/uapi/linux/neighbour.h
var neighborMessage = familyMessage{"ndm_family", 12, appendNeighbor, &neighborAttributes, neighborForms[:]}

func appendNeighbor(dst, data []byte, o *Options) []byte {
	dst = append(dst, "ndm_ifindex="...)
	dst = appendInterface(dst, little.Uint32(data[4:]), o)
	dst = append(dst, ", ndm_state="...)
	dst = neighborStates.appendTo(dst, uint64(little.Uint16(data[8:])), o)
	dst = append(dst, ", ndm_flags="...)
	dst = neighborFlags.appendTo(dst, uint64(data[10]), o)
	dst = append(dst, ", ndm_type="...)
	return routeTypes.appendTo(dst, uint64(data[11]), o)
}

// An attributeForm is how an attribute's value is written.
type attributeForm uint8

const (
	attributeBytes attributeForm = iota // in hexadecimal
	attributeText
	attributeByte
	attributeUint16
	attributeUint
	attributeInt
	attributeInterface
	attributeAddress  // of the message's family
	attributeHardware // a link's address
	attributeTable
	attributeFlags
	attributeMask
	attributeLifetimes
)

// include/uapi/linux/if_link.h
var linkForms = [...]attributeForm{
	1: attributeHardware, 2: attributeHardware, 3: attributeText, 4: attributeUint, 5: attributeUint, 6: attributeText,
	10: attributeUint, 13: attributeUint, 15: attributeUint, 16: attributeByte, 17: attributeByte, 19: attributeUint,
	20: attributeText, 21: attributeUint, 27: attributeUint, 28: attributeInt, 29: attributeMask, 30: attributeUint,
	31: attributeUint, 32: attributeUint, 33: attributeByte, 35: attributeUint, 37: attributeInt, 38: attributeText,
	39: attributeByte, 40: attributeUint, 41: attributeUint, 45: attributeInt, 46: attributeInt, 47: attributeUint,
	48: attributeUint, 49: attributeInterface, 50: attributeUint, 51: attributeUint, 53: attributeText,
	54: attributeHardware, 56: attributeText, 57: attributeText,
}

// include/uapi/linux/if_addr.h
var addressAttributeForms = [...]attributeForm{
	1: attributeAddress, 2: attributeAddress, 3: attributeText, 4: attributeAddress, 5: attributeAddress,
	6: attributeLifetimes, 7: attributeAddress, 8: attributeFlags, 9: attributeUint, 10: attributeInt,
}

// include/uapi/linux/rtnetlink.h
var routeForms = [...]attributeForm{
	1: attributeAddress, 2: attributeAddress, 3: attributeInterface, 4: attributeInterface, 5: attributeAddress,
	6: attributeUint, 7: attributeAddress, 10: attributeUint, 11: attributeUint, 14: attributeUint, 15: attributeTable,
	16: attributeUint, 19: attributeAddress, 20: attributeByte, 25: attributeUint, 26: attributeByte, 27: attributeByte,
	28: attributeUint16, 29: attributeUint16,
}

// include/uapi/linux/neighbour.h
var neighborForms = [...]attributeForm{
	1: attributeAddress, 2: attributeHardware, 4: attributeUint, 5: attributeUint16, 7: attributeUint,
	8: attributeInterface, 9: attributeInterface, 10: attributeUint, 11: attributeUint,
}

const attributeHeader = 4 // struct nlattr

// appendAttributes appends attributes that follow each other, of which the
// first of length bytes were captured.
func appendAttributes(dst []byte, form *familyMessage, family byte, data []byte, length uint64, o *Options) []byte {
	array := false
	for shown := 0; ; shown++ {
		if length < attributeHeader {
			dst = appendHexString(dst, data, uint64(len(data)) < length, o)
			break
		}
		if len(data) < attributeHeader || shown >= o.elements() && !o.unabbreviated() {
			dst = append(dst, "..."...)
			break
		}
		own := uint64(little.Uint16(data))
		next := (own + 3) &^ 3
		last := own < attributeHeader || next >= length
		if !array && !last {
			dst = append(dst, '[')
			array = true
		}
		dst = appendAttribute(dst, form, family, data, min(own, length), o)
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

// appendAttribute appends an attribute of length bytes, whose header at least
// was captured.
func appendAttribute(dst []byte, form *familyMessage, family byte, data []byte, length uint64, o *Options) []byte {
	const nested, bigEndian = 0x8000, 0x4000
	kind := little.Uint16(data[2:])
	value := length > attributeHeader
	if value {
		dst = append(dst, '[')
	}
	dst = append(dst, "{nla_len="...)
	dst = appendNumber(dst, data, 2, asUint)
	dst = append(dst, ", nla_type="...)
	if kind&nested != 0 {
		dst = append(dst, "NLA_F_NESTED|"...)
	}
	if kind&bigEndian != 0 {
		dst = append(dst, "NLA_F_NET_BYTEORDER|"...)
	}
	kind &^= nested | bigEndian
	dst = form.names.appendTo(dst, uint64(kind), o)
	dst = append(dst, '}')
	if !value {
		return dst
	}
	dst = append(dst, ", "...)
	rest := data[attributeHeader:]
	length -= attributeHeader
	rest = rest[:min(uint64(len(rest)), length)]
	how := attributeBytes
	if int(kind) < len(form.forms) {
		how = form.forms[kind]
	}
	if len(rest) == 0 || uint64(len(rest)) < length && how != attributeBytes {
		dst = append(dst, "..."...)
	} else if written, ok := appendRouteValue(dst, how, family, rest, length, o); ok {
		dst = written
	} else {
		dst = appendHexString(dst, rest, uint64(len(rest)) < length, o)
	}
	return append(dst, ']')
}

// appendRouteValue appends a value in the form; ok is false if there is too
// little of it.
func appendRouteValue(dst []byte, form attributeForm, family byte, data []byte, length uint64, o *Options) (_ []byte, ok bool) {
	whole := uint64(len(data)) == length
	size := len(data)
	switch {
	case form == attributeText:
		if !whole {
			return appendLimited(dst, data, true, o), true
		}
		text := data
		more := data[size-1] != 0
		if !more {
			text = data[:size-1]
		}
		return appendLimited(dst, text, more, o), true
	case form == attributeHardware && whole && size <= 32:
		return appendHardwareAddress(dst, data), true
	case form == attributeAddress && family == familyInternet && size >= 4:
		return appendInternet(dst, data, o), true
	case form == attributeAddress && family == familyInternet6 && size >= 16:
		return appendInternet6(dst, data, o), true
	case form == attributeByte:
		return appendUint(dst, uint64(data[0])), true
	case form == attributeUint16 && size >= 2:
		return appendNumber(dst, data, 2, asUint), true
	case form == attributeUint && size >= 4:
		return appendNumber(dst, data, 4, asUint), true
	case form == attributeInt && size >= 4:
		return appendNumber(dst, data, 4, asInt), true
	case form == attributeInterface && size >= 4:
		return appendInterface(dst, little.Uint32(data), o), true
	case form == attributeTable && size >= 4:
		return routeTables.appendTo(dst, uint64(little.Uint32(data)), o), true
	case form == attributeFlags && size >= 4 && length <= 8:
		return addressFlags.appendTo(dst, uint64(little.Uint32(data)), o), true
	case form == attributeMask && size >= 4 && length <= 8:
		return filterFlags.appendTo(dst, uint64(little.Uint32(data)), o), true
	case form == attributeLifetimes && size >= 16:
		// struct ifa_cacheinfo of include/uapi/linux/if_addr.h
		return appendPartial(dst, data[:16], lifetimeFields[:]), true
	}
	return dst, false
}

var lifetimeFields = [...]wordField{{"ifa_prefered", asUint}, {"ifa_valid", asUint}, {"cstamp", asUint}, {"tstamp", asUint}} //nolint:misspell // the header has it so

// include/uapi/linux/if.h
var linkFlags = flags{unknown: "IFF_???", names: []entry{
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
	{0x10000, "IFF_LOWER_UP"},
	{0x20000, "IFF_DORMANT"},
	{0x40000, "IFF_ECHO"},
}}

// include/uapi/linux/if_addr.h
var addressFlags = flags{unknown: "IFA_F_???", names: []entry{
	{0x1, "IFA_F_SECONDARY"},
	{0x2, "IFA_F_NODAD"},
	{0x4, "IFA_F_OPTIMISTIC"},
	{0x8, "IFA_F_DADFAILED"},
	{0x10, "IFA_F_HOMEADDRESS"},
	{0x20, "IFA_F_DEPRECATED"},
	{0x40, "IFA_F_TENTATIVE"},
	{0x80, "IFA_F_PERMANENT"},
	{0x100, "IFA_F_MANAGETEMPADDR"},
	{0x200, "IFA_F_NOPREFIXROUTE"},
	{0x400, "IFA_F_MCAUTOJOIN"},
	{0x800, "IFA_F_STABLE_PRIVACY"},
}}

// include/uapi/linux/rtnetlink.h
var routeScopes = names{names: []entry{
	{0, "RT_SCOPE_UNIVERSE"},
	{200, "RT_SCOPE_SITE"},
	{253, "RT_SCOPE_LINK"},
	{254, "RT_SCOPE_HOST"},
	{255, "RT_SCOPE_NOWHERE"},
}}

var routeTables = names{names: []entry{
	{0, "RT_TABLE_UNSPEC"},
	{252, "RT_TABLE_COMPAT"},
	{253, "RT_TABLE_DEFAULT"},
	{254, "RT_TABLE_MAIN"},
	{255, "RT_TABLE_LOCAL"},
}}

var routeProtocols = names{unknown: "RTPROT_???", names: []entry{
	{0, "RTPROT_UNSPEC"},
	{1, "RTPROT_REDIRECT"},
	{2, "RTPROT_KERNEL"},
	{3, "RTPROT_BOOT"},
	{4, "RTPROT_STATIC"},
	{8, "RTPROT_GATED"},
	{9, "RTPROT_RA"},
	{10, "RTPROT_MRT"},
	{11, "RTPROT_ZEBRA"},
	{12, "RTPROT_BIRD"},
	{13, "RTPROT_DNROUTED"},
	{14, "RTPROT_XORP"},
	{15, "RTPROT_NTK"},
	{16, "RTPROT_DHCP"},
	{17, "RTPROT_MROUTED"},
	{18, "RTPROT_KEEPALIVED"},
	{42, "RTPROT_BABEL"},
	{99, "RTPROT_OPENR"},
	{186, "RTPROT_BGP"},
	{187, "RTPROT_ISIS"},
	{188, "RTPROT_OSPF"},
	{189, "RTPROT_RIP"},
	{192, "RTPROT_EIGRP"},
}}

var routeTypes = names{unknown: "RTN_???", names: []entry{
	{0, "RTN_UNSPEC"},
	{1, "RTN_UNICAST"},
	{2, "RTN_LOCAL"},
	{3, "RTN_BROADCAST"},
	{4, "RTN_ANYCAST"},
	{5, "RTN_MULTICAST"},
	{6, "RTN_BLACKHOLE"},
	{7, "RTN_UNREACHABLE"},
	{8, "RTN_PROHIBIT"},
	{9, "RTN_THROW"},
	{10, "RTN_NAT"},
	{11, "RTN_XRESOLVE"},
}}

var routeFlags = flags{unknown: "RTM_F_???", names: []entry{
	{0x100, "RTM_F_NOTIFY"},
	{0x200, "RTM_F_CLONED"},
	{0x400, "RTM_F_EQUALIZE"},
	{0x800, "RTM_F_PREFIX"},
	{0x1000, "RTM_F_LOOKUP_TABLE"},
	{0x2000, "RTM_F_FIB_MATCH"},
	{0x4000, "RTM_F_OFFLOAD"},
	{0x8000, "RTM_F_TRAP"},
	{0x20000000, "RTM_F_OFFLOAD_FAILED"},
}}

var filterFlags = flags{unknown: "RTEXT_FILTER_???", names: []entry{
	{0x1, "RTEXT_FILTER_VF"},
	{0x2, "RTEXT_FILTER_BRVLAN"},
	{0x4, "RTEXT_FILTER_BRVLAN_COMPRESSED"},
	{0x8, "RTEXT_FILTER_SKIP_STATS"},
	{0x10, "RTEXT_FILTER_MRP"},
	{0x20, "RTEXT_FILTER_CFM_CONFIG"},
	{0x40, "RTEXT_FILTER_CFM_STATUS"},
	{0x80, "RTEXT_FILTER_MST"},
}}

// include/uapi/linux/neighbour.h
var neighborStates = flags{unknown: "NUD_???", names: []entry{
	{0, "NUD_NONE"},
	{0x1, "NUD_INCOMPLETE"},
	{0x2, "NUD_REACHABLE"},
	{0x4, "NUD_STALE"},
	{0x8, "NUD_DELAY"},
	{0x10, "NUD_PROBE"},
	{0x20, "NUD_FAILED"},
	{0x40, "NUD_NOARP"},
	{0x80, "NUD_PERMANENT"},
}}

var neighborFlags = flags{unknown: "NTF_???", names: []entry{
	{0x1, "NTF_USE"},
	{0x2, "NTF_SELF"},
	{0x4, "NTF_MASTER"},
	{0x8, "NTF_PROXY"},
	{0x10, "NTF_EXT_LEARNED"},
	{0x20, "NTF_OFFLOADED"},
	{0x40, "NTF_STICKY"},
	{0x80, "NTF_ROUTER"},
}}

var neighborAttributes = names{unknown: "NDA_???", names: []entry{
	{0, "NDA_UNSPEC"},
	{1, "NDA_DST"},
	{2, "NDA_LLADDR"},
	{3, "NDA_CACHEINFO"},
	{4, "NDA_PROBES"},
	{5, "NDA_VLAN"},
	{6, "NDA_PORT"},
	{7, "NDA_VNI"},
	{8, "NDA_IFINDEX"},
	{9, "NDA_MASTER"},
	{10, "NDA_LINK_NETNSID"},
	{11, "NDA_SRC_VNI"},
	{12, "NDA_PROTOCOL"},
	{13, "NDA_NH_ID"},
	{14, "NDA_FDB_EXT_ATTRS"},
	{15, "NDA_FLAGS_EXT"},
	{16, "NDA_NDM_STATE_MASK"},
	{17, "NDA_NDM_FLAGS_MASK"},
}}

// include/uapi/linux/ip.h
var serviceTypes = flags{unknown: "IPTOS_TOS_???", names: []entry{
	{0x10, "IPTOS_LOWDELAY"},
	{0x8, "IPTOS_THROUGHPUT"},
	{0x4, "IPTOS_RELIABILITY"},
	{0x2, "IPTOS_MINCOST"},
}}
