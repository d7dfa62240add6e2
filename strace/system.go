package strace

import (
	"traceloop/event"
)

// systemName makes a decoder of struct new_utsname and its elders, of whose
// names strace shows the first two.
func systemName(size, count int) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		shown := 2
		if o.unabbreviated() {
			shown = count
		}
		data := structure(e, index, shown*size)
		if data == nil || !succeeded(e) {
			return appendPointer(dst, register(e, index))
		}
		for i := range shown {
			dst = append(dst, systemNames[i]...)
			dst = appendQuoted(dst, untilNUL(data[i*size:(i+1)*size]), false, o)
		}
		if shown < count {
			dst = append(dst, ", ..."...)
		}
		return append(dst, '}')
	}
}

var systemNames = [...]string{"{sysname=", ", nodename=", ", release=", ", version=", ", machine=", ", domainname="}

// systemInformation appends struct sysinfo (include/uapi/linux/sysinfo.h).
func systemInformation(dst []byte, e *event.Event, index int, o *Options) []byte {
	size := longSize(e)
	total := 13*size + 8
	if size == 4 {
		total = 10*4 + 4 + 3*4
	}
	data := structure(e, index, total)
	if data == nil || !succeeded(e) {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{uptime="...)
	dst = appendInt(dst, signedLong(data, 0, size))
	dst = append(dst, ", loads=["...)
	for i := range 3 {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendUint(dst, long(data, (1+i)*size, size))
	}
	dst = append(dst, ']')
	for i, name := range [...]string{", totalram=", ", freeram=", ", sharedram=", ", bufferram=", ", totalswap=", ", freeswap="} {
		dst = append(dst, name...)
		dst = appendUint(dst, long(data, (4+i)*size, size))
	}
	dst = append(dst, ", procs="...)
	dst = appendUint(dst, uint64(little.Uint16(data[10*size:])))
	// Two 16-bit numbers, and padding up to a long.
	next := 10*size + max(size, 4)
	dst = append(dst, ", totalhigh="...)
	dst = appendUint(dst, long(data, next, size))
	dst = append(dst, ", freehigh="...)
	dst = appendUint(dst, long(data, next+size, size))
	dst = append(dst, ", mem_unit="...)
	dst = appendUint(dst, uint64(little.Uint32(data[next+2*size:])))
	return append(dst, '}')
}

func personality(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := uint64(uint32(register(e, index)))
	if value == 0xffffffff {
		return appendHex(dst, value)
	}
	return appendPersonality(dst, value, o)
}

func appendPersonality(dst []byte, value uint64, o *Options) []byte {
	dst = personalities.appendTo(dst, value&0xff, o)
	if rest := value &^ 0xff; rest != 0 {
		dst = append(dst, '|')
		dst = personalityFlags.appendTo(dst, rest, o)
	}
	return dst
}

// include/uapi/linux/random.h
var randomFlags = flags{unknown: "GRND_???", names: []entry{
	{0x1, "GRND_NONBLOCK"},
	{0x2, "GRND_RANDOM"},
	{0x4, "GRND_INSECURE"},
}}

// include/uapi/linux/personality.h
var personalities = names{unknown: "PER_???", names: []entry{
	{0x0, "PER_LINUX"},
	{0x8, "PER_LINUX32"},
	{0xc, "PER_RISCOS"},
	{0xf, "PER_OSF4"},
	{0x10, "PER_HPUX"},
	{0xff, "PER_MASK"},
}}

// include/uapi/linux/personality.h
var personalityFlags = flags{names: []entry{
	{0x20000, "UNAME26"},
	{0x40000, "ADDR_NO_RANDOMIZE"},
	{0x80000, "FDPIC_FUNCPTRS"},
	{0x100000, "MMAP_PAGE_ZERO"},
	{0x200000, "ADDR_COMPAT_LAYOUT"},
	{0x400000, "READ_IMPLIES_EXEC"},
	{0x800000, "ADDR_LIMIT_32BIT"},
	{0x1000000, "SHORT_INODE"},
	{0x2000000, "WHOLE_SECONDS"},
	{0x4000000, "STICKY_TIMEOUTS"},
	{0x8000000, "ADDR_LIMIT_3GB"},
}}

// include/uapi/linux/perf_event.h
var perfFlags = flags{unknown: "PERF_FLAG_???", names: []entry{
	{0x1, "PERF_FLAG_FD_NO_GROUP"},
	{0x2, "PERF_FLAG_FD_OUTPUT"},
	{0x4, "PERF_FLAG_PID_CGROUP"},
	{0x8, "PERF_FLAG_FD_CLOEXEC"},
}}
