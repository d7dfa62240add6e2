package strace

import (
	"traceloop/event"
)

// capabilityHeader appends struct __user_cap_header_struct.
func capabilityHeader(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 8)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{version="...)
	dst = capabilityVersions.appendTo(dst, uint64(little.Uint32(data)), o)
	dst = append(dst, ", pid="...)
	dst = appendNumber(dst, data[4:], 4, asInt)
	return append(dst, '}')
}

// capabilityData appends struct __user_cap_data_struct: three sets of 32 bits
// or, in the later versions, two of them, the lower and the upper halves.
func capabilityData(dst []byte, e *event.Event, index int, o *Options) []byte {
	header := structure(e, index-1, 8)
	if header == nil || e.Row.Name == "capget" && !succeeded(e) {
		return appendPointer(dst, register(e, index))
	}
	const version2, version3 = 0x20071026, 0x20080522
	version := little.Uint32(header)
	double := version == version2 || version == version3
	size := 12
	if double {
		size = 24
	}
	data := structure(e, index, size)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	for i, name := range [...]string{"{effective=", ", permitted=", ", inheritable="} {
		set := uint64(little.Uint32(data[4*i:]))
		if double {
			set |= uint64(little.Uint32(data[12+4*i:])) << 32
		}
		dst = append(dst, name...)
		dst = appendCapabilities(dst, set, o)
	}
	return append(dst, '}')
}

func appendCapabilities(dst []byte, set uint64, o *Options) []byte {
	// strace takes the two halves apart, as the kernel is given them.
	low, high := set&0xffffffff, set>>32
	if high == 0 {
		return appendCapabilityNames(dst, low, 0, o)
	}
	if low != 0 {
		dst = appendCapabilityNames(dst, low, 0, o)
		dst = append(dst, '|')
	}
	return appendCapabilityNames(dst, high, 32, o)
}

// appendCapabilityNames appends a set whose lowest bit is the capability first.
func appendCapabilityNames(dst []byte, set uint64, first int, o *Options) []byte {
	if set == 0 {
		return append(dst, '0')
	}
	dst, named := beginNames(dst, set, asHex, o)
	if !named {
		return dst
	}
	joined := false
	for i := range capabilities.names[first:] {
		if set>>i&1 == 0 {
			continue
		}
		if joined {
			dst = append(dst, '|')
		}
		joined = true
		set &^= 1 << i
		dst = append(dst, "1<<"...)
		dst = append(dst, capabilities.names[first+i].name...)
	}
	if set != 0 {
		if joined {
			dst = append(dst, '|')
		}
		dst = appendHex(dst, set)
		if !joined {
			dst = appendComment(dst, "CAP_???")
		}
	}
	return endNames(dst, o)
}

// include/uapi/linux/capability.h
var capabilities = names{unknown: "CAP_???", names: []entry{
	{0, "CAP_CHOWN"},
	{1, "CAP_DAC_OVERRIDE"},
	{2, "CAP_DAC_READ_SEARCH"},
	{3, "CAP_FOWNER"},
	{4, "CAP_FSETID"},
	{5, "CAP_KILL"},
	{6, "CAP_SETGID"},
	{7, "CAP_SETUID"},
	{8, "CAP_SETPCAP"},
	{9, "CAP_LINUX_IMMUTABLE"},
	{10, "CAP_NET_BIND_SERVICE"},
	{11, "CAP_NET_BROADCAST"},
	{12, "CAP_NET_ADMIN"},
	{13, "CAP_NET_RAW"},
	{14, "CAP_IPC_LOCK"},
	{15, "CAP_IPC_OWNER"},
	{16, "CAP_SYS_MODULE"},
	{17, "CAP_SYS_RAWIO"},
	{18, "CAP_SYS_CHROOT"},
	{19, "CAP_SYS_PTRACE"},
	{20, "CAP_SYS_PACCT"},
	{21, "CAP_SYS_ADMIN"},
	{22, "CAP_SYS_BOOT"},
	{23, "CAP_SYS_NICE"},
	{24, "CAP_SYS_RESOURCE"},
	{25, "CAP_SYS_TIME"},
	{26, "CAP_SYS_TTY_CONFIG"},
	{27, "CAP_MKNOD"},
	{28, "CAP_LEASE"},
	{29, "CAP_AUDIT_WRITE"},
	{30, "CAP_AUDIT_CONTROL"},
	{31, "CAP_SETFCAP"},
	{32, "CAP_MAC_OVERRIDE"},
	{33, "CAP_MAC_ADMIN"},
	{34, "CAP_SYSLOG"},
	{35, "CAP_WAKE_ALARM"},
	{36, "CAP_BLOCK_SUSPEND"},
	{37, "CAP_AUDIT_READ"},
	{38, "CAP_PERFMON"},
	{39, "CAP_BPF"},
	{40, "CAP_CHECKPOINT_RESTORE"},
}}

// include/uapi/linux/capability.h
var capabilityVersions = names{unknown: "_LINUX_CAPABILITY_VERSION_???", names: []entry{
	{0x19980330, "_LINUX_CAPABILITY_VERSION_1"},
	{0x20071026, "_LINUX_CAPABILITY_VERSION_2"},
	{0x20080522, "_LINUX_CAPABILITY_VERSION_3"},
}}
