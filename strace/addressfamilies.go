package strace

import (
	"encoding/binary"

	"traceloop/event"
)

// The addresses of the families that few programs use. All of them get an
// address of as many bytes as addressForms asks for, padded with zeroes.

// struct sockaddr_ipx of include/uapi/linux/ipx.h of Linux before 5.15
func appendIPXAddress(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte {
	dst = append(dst, ", sipx_port="...)
	dst = appendPort(dst, data[2:4], o)
	dst = append(dst, ", sipx_network=htonl("...)
	dst = appendHex(dst, uint64(binary.BigEndian.Uint32(data[4:])))
	dst = append(dst, "), sipx_node="...)
	dst = appendByteArray(dst, data[8:14], false)
	dst = append(dst, ", sipx_type="...)
	dst = appendHexByte(dst, data[14])
	if data[15] != 0 {
		dst = append(dst, ", sipx_zero="...)
		dst = appendHex(dst, uint64(data[15]))
	}
	return dst
}

// struct sockaddr_x25 of include/uapi/linux/x25.h
func appendX25Address(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte {
	dst = append(dst, ", sx25_addr={x25_addr="...)
	dst = appendTerminated(dst, data[2:18], o)
	return append(dst, '}')
}

// appendTerminated appends an array of characters, whose last is one too many
// if there is no NUL.
func appendTerminated(dst, data []byte, o *Options) []byte {
	text := untilNUL(data)
	more := len(text) == len(data)
	if more {
		text = text[:len(text)-1]
	}
	return appendQuoted(dst, text, more, o)
}

// appendBluetoothAddress tells the structs of Bluetooth's protocols from each
// other by their size: sockaddr_hci, sockaddr_sco, sockaddr_rc and sockaddr_l2
// of include/net/bluetooth/*.h.
func appendBluetoothAddress(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte {
	switch length {
	case 4, 6:
		dst = append(dst, ", hci_dev=htobs("...)
		dst = appendUint(dst, uint64(little.Uint16(data[2:])))
		dst = append(dst, ')')
		if length == 6 {
			dst = append(dst, ", hci_channel="...)
			dst = hciChannels.appendTo(dst, uint64(little.Uint16(data[4:])), o)
		}
		return dst
	case 8:
		dst = append(dst, ", sco_bdaddr="...)
		return appendHardwareAddress(dst, data[2:8])
	case 10:
		dst = append(dst, ", rc_bdaddr="...)
		dst = appendHardwareAddress(dst, data[2:8])
		dst = append(dst, ", rc_channel="...)
		return appendUint(dst, uint64(data[8]))
	case 12, 14:
		dst = append(dst, ", l2_psm=htobs("...)
		dst = appendChannel(dst, little.Uint16(data[2:]), &bluetoothMultiplexers, bluetoothDynamicMultiplexers[:], o)
		dst = append(dst, "), l2_bdaddr="...)
		dst = appendHardwareAddress(dst, data[4:10])
		dst = append(dst, ", l2_cid=htobs("...)
		dst = appendChannel(dst, little.Uint16(data[10:]), &bluetoothChannels, bluetoothDynamicChannels[:], o)
		dst = append(dst, ')')
		if length == 14 {
			dst = append(dst, ", l2_bdaddr_type="...)
			dst = bluetoothAddressTypes.appendTo(dst, uint64(data[12]), o)
		}
		return dst
	}
	return appendAddressBytes(dst, data[:length], o)
}

// A dynamicRange are numbers that are named by their distance from the first.
type dynamicRange struct {
	first, last uint16
	name        string
}

func appendChannel(dst []byte, value uint16, table *names, dynamic []dynamicRange, o *Options) []byte {
	if _, ok := table.lookup(uint64(value)); ok || o.constants() == ConstantsRaw {
		return table.appendTo(dst, uint64(value), o)
	}
	for _, one := range dynamic {
		if value < one.first || value > one.last {
			continue
		}
		dst, _ = beginNames(dst, uint64(value), asHex, o)
		dst = append(dst, one.name...)
		dst = append(dst, '+')
		dst = appendUint(dst, uint64(value-one.first))
		return endNames(dst, o)
	}
	return table.appendTo(dst, uint64(value), o)
}

// struct sockaddr_rxrpc of include/uapi/linux/rxrpc.h
func appendRxRPCAddress(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte {
	dst = append(dst, ", srx_service="...)
	dst = appendVerbose(dst, uint64(little.Uint16(data[2:])), &rxrpcServices, o)
	dst = append(dst, ", transport_type="...)
	dst = socketTypes.appendTo(dst, uint64(little.Uint16(data[4:])), o)
	dst = append(dst, ", transport_len="...)
	claimed := int(little.Uint16(data[6:]))
	dst = appendUint(dst, uint64(claimed))
	dst = append(dst, ", transport={"...)
	family := little.Uint16(data[8:])
	var transport [addressSize]byte
	copy(transport[:], data[8:])
	size := min(claimed, length-8)
	end := "}"
	full := 0
	switch family {
	case familyInternet:
		dst = append(dst, "sin={sin_family="...)
		full, end = 16, "}}"
	case familyInternet6:
		dst = append(dst, "sin6={sin6_family="...)
		full, end = 24, "}}"
	default:
		dst = append(dst, "family="...)
	}
	dst = addressFamilies.appendTo(dst, uint64(family), o)
	switch {
	case full == 16 && claimed >= full:
		dst = appendInternetAddress(dst, e, transport, size, o)
	case full == 24 && claimed >= full:
		dst = appendInternet6Address(dst, e, transport, size, o)
	case size > 2:
		dst = append(dst, ", "...)
		dst = appendQuoted(dst, transport[2:size], false, o)
	}
	return append(dst, end...)
}

// struct sockaddr_ieee802154 of net/ieee802154/socket.c
func appendIEEE802154Address(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte {
	const none, short = 0, 2
	kind := little.Uint32(data[4:])
	dst = append(dst, ", addr={addr_type="...)
	dst = appendVerbose(dst, uint64(kind), &ieee802154AddressTypes, o)
	dst = append(dst, ", pan_id="...)
	dst = appendVerbose(dst, uint64(little.Uint16(data[8:])), &ieee802154Networks, o)
	switch kind {
	case none:
	case short:
		dst = append(dst, ", short_addr="...)
		dst = appendVerbose(dst, uint64(little.Uint16(data[10:])), &ieee802154Addresses, o)
	default:
		dst = append(dst, ", hwaddr="...)
		dst = appendHardwareAddress(dst, data[10:18])
	}
	return append(dst, '}')
}

// struct sockaddr_alg_new of include/uapi/linux/if_alg.h
func appendALGAddress(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte {
	dst = append(dst, ", salg_type="...)
	dst = appendTerminated(dst, data[2:16], o)
	dst = append(dst, ", salg_feat="...)
	dst = appendAlgorithmFlags(dst, little.Uint32(data[16:]), o)
	dst = append(dst, ", salg_mask="...)
	dst = appendAlgorithmFlags(dst, little.Uint32(data[20:]), o)
	dst = append(dst, ", salg_name="...)
	return appendTerminated(dst, data[24:length], o)
}

// appendAlgorithmFlags appends bits of which the kernel tells programs no name.
func appendAlgorithmFlags(dst []byte, value uint32, o *Options) []byte {
	dst = appendHex(dst, uint64(value))
	if value == 0 || o.constants() == ConstantsRaw {
		return dst
	}
	return appendComment(dst, "CRYPTO_ALG_???")
}

// struct sockaddr_nfc and sockaddr_nfc_llcp of include/uapi/linux/nfc.h
func appendNFCAddress(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte {
	const service = 18
	dst = append(dst, ", dev_idx="...)
	dst = appendInterface(dst, little.Uint32(data[4:]), o)
	dst = append(dst, ", target_idx="...)
	dst = appendHex(dst, uint64(little.Uint32(data[8:])))
	dst = append(dst, ", nfc_protocol="...)
	dst = nfcAddressProtocols.appendTo(dst, uint64(little.Uint32(data[12:])), o)
	// A size_t ends the struct.
	at, size := 84, 4
	if pointerSize(e) == 8 {
		at, size = 88, 8
	}
	if length < at+size {
		if length > 16 {
			dst = append(dst, ", ..."...)
		}
		return dst
	}
	dst = append(dst, ", dsap="...)
	dst = appendVerbose(dst, uint64(data[16]), &nfcAccessPoints, o)
	dst = append(dst, ", ssap="...)
	dst = appendVerbose(dst, uint64(data[17]), &nfcAccessPoints, o)
	dst = append(dst, ", service_name="...)
	count := long(data[:], at, size)
	dst = appendQuoted(dst, data[service:service+int(min(count, 63))], false, o)
	dst = append(dst, ", service_name_len="...)
	return appendUint(dst, count)
}

// struct sockaddr_qrtr of include/uapi/linux/qrtr.h
func appendQIPCRTRAddress(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte {
	dst = append(dst, ", sq_node="...)
	dst = qipcrtrNodes.appendTo(dst, uint64(little.Uint32(data[4:])), o)
	dst = append(dst, ", sq_port="...)
	return qipcrtrPorts.appendTo(dst, uint64(little.Uint32(data[8:])), o)
}

// struct sockaddr_xdp of include/uapi/linux/if_xdp.h
func appendXDPAddress(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte {
	const sharedMemory = 1
	dst = append(dst, ", sxdp_flags="...)
	flags := little.Uint16(data[2:])
	dst = xdpFlags.appendTo(dst, uint64(flags), o)
	dst = append(dst, ", sxdp_ifindex="...)
	dst = appendInterface(dst, little.Uint32(data[4:]), o)
	dst = append(dst, ", sxdp_queue_id="...)
	dst = appendUint(dst, uint64(little.Uint32(data[8:])))
	memory := little.Uint32(data[12:])
	switch {
	case flags&sharedMemory != 0:
		dst = append(dst, ", sxdp_shared_umem_fd="...)
		dst = appendDescriptor(dst, e, int32(memory), o)
	case memory != 0:
		dst = append(dst, ", sxdp_shared_umem_fd="...)
		dst = appendHex(dst, uint64(memory))
	}
	return dst
}

// struct sockaddr_mctp of include/uapi/linux/mctp.h
func appendMCTPAddress(dst []byte, e *event.Event, data [addressSize]byte, length int, o *Options) []byte {
	if pad := little.Uint16(data[2:]); pad != 0 {
		dst = append(dst, ", __smctp_pad0="...)
		dst = appendHex(dst, uint64(pad))
	}
	dst = append(dst, ", smctp_network="...)
	dst = mctpNetworks.appendTo(dst, uint64(little.Uint32(data[4:])), o)
	dst = append(dst, ", smctp_addr={s_addr="...)
	dst = mctpAddresses.appendTo(dst, uint64(data[8]), o)
	dst = append(dst, "}, smctp_type="...)
	dst = appendHex(dst, uint64(data[9]))
	dst = append(dst, ", smctp_tag="...)
	dst = appendHex(dst, uint64(data[10]))
	if data[11] != 0 {
		dst = append(dst, ", __smctp_pad1="...)
		dst = appendHex(dst, uint64(data[11]))
	}
	return dst
}

// include/net/bluetooth/hci.h
var hciChannels = names{unknown: "HCI_CHANNEL_???", names: []entry{
	{0, "HCI_CHANNEL_RAW"},
	{1, "HCI_CHANNEL_USER"},
	{2, "HCI_CHANNEL_MONITOR"},
	{3, "HCI_CHANNEL_CONTROL"},
	{4, "HCI_CHANNEL_LOGGING"},
}}

// include/net/bluetooth/bluetooth.h
var bluetoothAddressTypes = names{unknown: "BDADDR_???", names: []entry{
	{0, "BDADDR_BREDR"},
	{1, "BDADDR_LE_PUBLIC"},
	{2, "BDADDR_LE_RANDOM"},
}}

// include/net/bluetooth/l2cap.h
var bluetoothMultiplexers = names{unknown: "L2CAP_PSM_???", names: []entry{
	{0x1, "L2CAP_PSM_SDP"},
	{0x3, "L2CAP_PSM_RFCOMM"},
	{0x21, "L2CAP_PSM_3DSP"},
	{0x23, "L2CAP_PSM_IPSP"},
	{0x80, "L2CAP_PSM_LE_DYN_START"},
	{0xff, "L2CAP_PSM_LE_DYN_END"},
	{0x1001, "L2CAP_PSM_DYN_START"},
	{0xffff, "L2CAP_PSM_DYN_END"},
}}

var bluetoothDynamicMultiplexers = [...]dynamicRange{
	{0x80, 0xff, "L2CAP_PSM_LE_DYN_START"},
	{0x1001, 0xffff, "L2CAP_PSM_DYN_START"},
}

// include/net/bluetooth/l2cap.h
var bluetoothChannels = names{unknown: "L2CAP_CID_???", names: []entry{
	{0x1, "L2CAP_CID_SIGNALING"},
	{0x2, "L2CAP_CID_CONN_LESS"},
	{0x3, "L2CAP_CID_A2MP"},
	{0x4, "L2CAP_CID_ATT"},
	{0x5, "L2CAP_CID_LE_SIGNALING"},
	{0x6, "L2CAP_CID_SMP"},
	{0x7, "L2CAP_CID_SMP_BREDR"},
	{0x40, "L2CAP_CID_DYN_START"},
	{0x7f, "L2CAP_CID_LE_DYN_END"},
	{0xffff, "L2CAP_CID_DYN_END"},
}}

var bluetoothDynamicChannels = [...]dynamicRange{{0x40, 0xffff, "L2CAP_CID_DYN_START"}}

// include/uapi/linux/nfc.h
var nfcAddressProtocols = names{unknown: "NFC_PROTO_???", names: []entry{
	{1, "NFC_PROTO_JEWEL"},
	{2, "NFC_PROTO_MIFARE"},
	{3, "NFC_PROTO_FELICA"},
	{4, "NFC_PROTO_ISO14443"},
	{5, "NFC_PROTO_NFC_DEP"},
	{6, "NFC_PROTO_ISO14443_B"},
	{7, "NFC_PROTO_ISO15693"},
}}

var nfcAccessPoints = names{names: []entry{
	{1, "LLCP_SAP_SDP"},
	{2, "LLCP_SAP_IP"},
	{3, "LLCP_SAP_OBEX"},
	{4, "LLCP_SAP_SNEP"},
}}

// include/uapi/linux/qrtr.h
var qipcrtrNodes = names{names: []entry{{0xffffffff, "QRTR_NODE_BCAST"}}}

var qipcrtrPorts = names{names: []entry{{0xfffffffe, "QRTR_PORT_CTRL"}}}

// include/uapi/linux/if_xdp.h
var xdpFlags = flags{unknown: "XDP_???", names: []entry{
	{1, "XDP_SHARED_UMEM"},
	{2, "XDP_COPY"},
	{4, "XDP_ZEROCOPY"},
	{8, "XDP_USE_NEED_WAKEUP"},
}}

// include/uapi/linux/mctp.h
var mctpNetworks = names{names: []entry{{0, "MCTP_NET_ANY"}}}

var mctpAddresses = names{names: []entry{{0, "MCTP_ADDR_NULL"}, {255, "MCTP_ADDR_ANY"}}}

// fs/afs/afs.h, fs/afs/protocol_yfs.h and others
var rxrpcServices = names{unknown: "???_SERVICE", names: []entry{
	{1, "CM_SERVICE"},
	{2500, "YFS_FS_SERVICE"},
	{2501, "YFS_CM_SERVICE"},
	{2503, "YFS_VL_SERVICE"},
}}

// include/net/af_ieee802154.h
var ieee802154AddressTypes = names{unknown: "IEEE802154_ADDR_???", names: []entry{
	{0, "IEEE802154_ADDR_NONE"},
	{2, "IEEE802154_ADDR_SHORT"},
	{3, "IEEE802154_ADDR_LONG"},
}}

var ieee802154Networks = names{names: []entry{{0xffff, "IEEE802154_PANID_BROADCAST"}}}

var ieee802154Addresses = names{names: []entry{{0xffff, "IEEE802154_ADDR_BROADCAST"}, {0xfffe, "IEEE802154_ADDR_UNDEF"}}}
