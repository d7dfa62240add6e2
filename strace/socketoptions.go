package strace

import (
	"traceloop/event"
	"traceloop/syscalls"
)

// The levels of socket options whose values are not all alike (include/linux/socket.h).
const (
	levelIP      = 0
	levelSocket  = 1
	levelIPv6    = 41
	levelRaw     = 255
	levelPacket  = 263
	levelNetlink = 270
)

// An optionTable is the options of a level: those of both calls, and those
// whose number means something else to each of them.
type optionTable struct {
	level    uint32
	names    *names
	set, get *names
}

func socketOption(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := uint64(uint32(register(e, index)))
	level := uint32(register(e, index-1))
	for i := range optionTables {
		table := &optionTables[i]
		if table.level != level {
			continue
		}
		other := table.set
		if isGetsockopt(e) {
			other = table.get
		}
		if other != nil {
			if _, ok := other.lookup(value); ok {
				return other.appendTo(dst, value, o)
			}
		}
		return table.names.appendTo(dst, value, o)
	}
	return appendUint(dst, value)
}

func isGetsockopt(e *event.Event) bool {
	return len(e.Row.Arguments) == 5 && e.Row.Arguments[4].Kind == syscalls.KindSocklen
}

var optionTables = [...]optionTable{
	{levelSocket, &socketOptions, &setSocketOptions, &getSocketOptions},
	{6, &tcpOptions, nil, nil},
	{levelIP, &ipOptions, &setIPOptions, &getIPOptions},
	{levelIPv6, &ipv6Options, &setIPv6Options, &getIPv6Options},
	{17, &udpOptions, nil, nil},
	{familyVSock, &vsockOptions, nil, nil}, // whose level is its family
	{101, &canRawOptions, nil, nil},
	{132, &sctpOptions, nil, nil},
	{levelRaw, &rawOptions, nil, nil},
	{256, &ipxOptions, nil, nil},
	{257, &ax25Options, nil, nil},
	{levelPacket, &packetOptions, nil, nil},
	{266, &irdaOptions, nil, nil},
	{268, &llcOptions, nil, nil},
	{269, &dccpOptions, nil, nil},
	{levelNetlink, &netlinkOptions, nil, nil},
	{271, &tipcOptions, nil, nil},
	{272, &rxrpcOptions, nil, nil},
	{273, &pppol2tpOptions, nil, nil},
	{274, &bluetoothOptions, nil, nil},
	{275, &pnpipeOptions, nil, nil},
	{276, &rdsOptions, nil, nil},
	{277, &iucvOptions, nil, nil},
	{278, &caifOptions, nil, nil},
	{279, &algOptions, nil, nil},
	{280, &nfcOptions, nil, nil},
	{281, &kcmOptions, nil, nil},
	{282, &tlsOptions, nil, nil},
	{283, &xdpOptions, nil, nil},
}
