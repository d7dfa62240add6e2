package strace

import (
	"traceloop/event"
)

// socketTypeMask is SOCK_TYPE_MASK: the bits of a socket's type that are not
// flags (include/linux/net.h).
const socketTypeMask = 0xf

func socketType(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := uint64(uint32(register(e, index)))
	if _, known := socketTypes.lookup(value & socketTypeMask); known {
		dst = socketTypes.appendTo(dst, value&socketTypeMask, o)
		value &^= socketTypeMask
		if value == 0 {
			return dst
		}
		dst = append(dst, '|')
	}
	return socketFlags.appendTo(dst, value, o)
}

// socketProtocol appends a protocol, whose names depend on the family.
func socketProtocol(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := uint64(uint32(register(e, index)))
	if e.Row.Name == "socketpair" {
		return appendUint(dst, value)
	}
	var table *names
	switch uint32(register(e, 0)) {
	case familyInternet, familyInternet6:
		table = &internetProtocols
	case familyPacket:
		dst = append(dst, "htons("...)
		dst = ethernetProtocols.appendTo(dst, uint64(swapped(uint16(value))), o)
		return append(dst, ')')
	case familyAX25:
		// No header for programs has these names: strace shows the number, too.
		return appendVerbose(dst, value, &ax25Protocols, o)
	case familyNetlink:
		table = &netlinkProtocols
	case familyIrDA:
		// strace means CAN's names, too.
		table = &irdaProtocols
	case familyCAN:
		table = &canProtocols
	case familyBluetooth:
		table = &bluetoothProtocols
	case familyRxRPC:
		table = &addressFamilies
	case familyISDN:
		table = &isdnProtocols
	case familyPhonet:
		table = &phonetProtocols
	case familyCAIF:
		table = &caifProtocols
	case familyNFC:
		table = &nfcProtocols
	case familyKCM:
		table = &kcmProtocols
	case familySMC:
		table = &smcProtocols
	default:
		return appendUint(dst, value)
	}
	return table.appendTo(dst, value, o)
}

// swapped is a number of the network's byte order in the machine's.
func swapped(value uint16) uint16 { return value>>8 | value<<8 }

// appendVerbose appends a number and its name behind it, whatever the options.
func appendVerbose(dst []byte, value uint64, table *names, o *Options) []byte {
	name, ok := table.lookup(value)
	dst = appendHex(dst, value)
	switch {
	case o.constants() == ConstantsRaw:
		return dst
	case ok:
		return appendComment(dst, name)
	}
	return appendComment(dst, table.unknown)
}

// appendField appends a member's name and its equals sign, and a comma before
// them unless they are the first in their braces.
func appendField(dst []byte, name string) []byte {
	if last := dst[len(dst)-1]; last != '{' {
		dst = append(dst, ", "...)
	}
	dst = append(dst, name...)
	return append(dst, '=')
}

// appendInterface appends the number of a network interface. Only the loopback
// device is known by its number: it is the first that a network namespace gets.
// The names of others were in the namespace, which the record does not have.
func appendInterface(dst []byte, index uint32, o *Options) []byte {
	if index != 1 {
		return appendUint(dst, uint64(index))
	}
	switch o.constants() {
	case ConstantsRaw:
		return append(dst, '1')
	case ConstantsBoth:
		return append(dst, `1 /* if_nametoindex("lo") */`...)
	}
	return append(dst, `if_nametoindex("lo")`...)
}

// socketLength appends the length of an address or an option: as it was given
// and, where the call changed it, as it was left.
func socketLength(dst []byte, e *event.Event, index int, o *Options) []byte {
	in, out := bytesOf(before(e, index), 4), bytesOf(after(e, index), 4)
	// Without an address, strace does not look at its length. An option's it does.
	if in == nil || register(e, index-1) == 0 && e.Row.Name != "getsockopt" {
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

// lengths are what a call was given as an address's or an option's length in
// memory, and what it left there. ok says whether both are known.
func lengths(e *event.Event, index int) (given, left int32, ok bool) {
	in, out := bytesOf(before(e, index), 4), bytesOf(after(e, index), 4)
	if in == nil || out == nil {
		return 0, 0, false
	}
	return int32(little.Uint32(in)), int32(little.Uint32(out)), true
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

var irdaProtocols = names{unknown: "IRDAPROTO_???", names: canProtocols.names}

// shutdown(2)
var shutdownHow = names{unknown: "SHUT_???", names: []entry{
	{0, "SHUT_RD"},
	{1, "SHUT_WR"},
	{2, "SHUT_RDWR"},
}}
