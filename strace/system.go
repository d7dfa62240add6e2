package strace

import (
	"traceloop/event"
)

// systemName appends struct new_utsname, of which strace shows the first two of six fields.
func systemName(size int) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		data := structure(e, index, 2*size)
		if data == nil || !succeeded(e) {
			return appendPointer(dst, register(e, index))
		}
		dst = append(dst, "{sysname="...)
		dst = appendQuoted(dst, untilNUL(data[:size]), false, o)
		dst = append(dst, ", nodename="...)
		dst = appendQuoted(dst, untilNUL(data[size:2*size]), false, o)
		return append(dst, ", ...}"...)
	}
}

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
	dst, left := personalityFlags.appendKnown(dst, value&^0xff, true)
	if left != 0 {
		dst = append(dst, '|')
		dst = appendHex(dst, left)
	}
	return dst
}

// include/uapi/linux/seccomp.h
var seccompOperations = names{unknown: "SECCOMP_???", names: []entry{
	{0, "SECCOMP_SET_MODE_STRICT"},
	{1, "SECCOMP_SET_MODE_FILTER"},
	{2, "SECCOMP_GET_ACTION_AVAIL"},
	{3, "SECCOMP_GET_NOTIF_SIZES"},
}}

// include/uapi/linux/seccomp.h
var seccompFlags = flags{unknown: "SECCOMP_FILTER_FLAG_???", names: []entry{
	{0x1, "SECCOMP_FILTER_FLAG_TSYNC"},
	{0x2, "SECCOMP_FILTER_FLAG_LOG"},
	{0x4, "SECCOMP_FILTER_FLAG_SPEC_ALLOW"},
	{0x8, "SECCOMP_FILTER_FLAG_NEW_LISTENER"},
	{0x10, "SECCOMP_FILTER_FLAG_TSYNC_ESRCH"},
	{0x20, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"},
}}

// include/uapi/linux/random.h
var randomFlags = flags{unknown: "GRND_???", names: []entry{
	{0x1, "GRND_NONBLOCK"},
	{0x2, "GRND_RANDOM"},
	{0x4, "GRND_INSECURE"},
}}

// include/uapi/linux/personality.h
var personalities = names{unknown: "PER_???", names: []entry{
	{0, "PER_LINUX"},
	{1, "PER_SVR4"},
	{2, "PER_SVR3"},
	{3, "PER_SCOSVR3"},
	{4, "PER_WYSEV386"},
	{5, "PER_ISCR4"},
	{6, "PER_BSD"},
	{7, "PER_XENIX"},
	{8, "PER_LINUX32"},
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

// include/uapi/linux/bpf.h
var bpfCommands = names{unknown: "BPF_???", names: []entry{
	{0, "BPF_MAP_CREATE"},
	{1, "BPF_MAP_LOOKUP_ELEM"},
	{2, "BPF_MAP_UPDATE_ELEM"},
	{3, "BPF_MAP_DELETE_ELEM"},
	{4, "BPF_MAP_GET_NEXT_KEY"},
	{5, "BPF_PROG_LOAD"},
	{6, "BPF_OBJ_PIN"},
	{7, "BPF_OBJ_GET"},
	{8, "BPF_PROG_ATTACH"},
	{9, "BPF_PROG_DETACH"},
	{10, "BPF_PROG_TEST_RUN"},
	{11, "BPF_PROG_GET_NEXT_ID"},
	{12, "BPF_MAP_GET_NEXT_ID"},
	{13, "BPF_PROG_GET_FD_BY_ID"},
	{14, "BPF_MAP_GET_FD_BY_ID"},
	{15, "BPF_OBJ_GET_INFO_BY_FD"},
	{16, "BPF_PROG_QUERY"},
	{17, "BPF_RAW_TRACEPOINT_OPEN"},
	{18, "BPF_BTF_LOAD"},
	{19, "BPF_BTF_GET_FD_BY_ID"},
	{20, "BPF_TASK_FD_QUERY"},
	{21, "BPF_MAP_LOOKUP_AND_DELETE_ELEM"},
	{22, "BPF_MAP_FREEZE"},
	{23, "BPF_BTF_GET_NEXT_ID"},
	{24, "BPF_MAP_LOOKUP_BATCH"},
	{25, "BPF_MAP_LOOKUP_AND_DELETE_BATCH"},
	{26, "BPF_MAP_UPDATE_BATCH"},
	{27, "BPF_MAP_DELETE_BATCH"},
	{28, "BPF_LINK_CREATE"},
	{29, "BPF_LINK_UPDATE"},
	{30, "BPF_LINK_GET_FD_BY_ID"},
	{31, "BPF_LINK_GET_NEXT_ID"},
	{32, "BPF_ENABLE_STATS"},
	{33, "BPF_ITER_CREATE"},
	{34, "BPF_LINK_DETACH"},
	{35, "BPF_PROG_BIND_MAP"},
	{36, "BPF_TOKEN_CREATE"},
}}

// include/uapi/linux/io_uring.h
var ioUringEnterFlags = flags{unknown: "IORING_ENTER_???", names: []entry{
	{0x1, "IORING_ENTER_GETEVENTS"},
	{0x2, "IORING_ENTER_SQ_WAKEUP"},
	{0x4, "IORING_ENTER_SQ_WAIT"},
	{0x8, "IORING_ENTER_EXT_ARG"},
	{0x10, "IORING_ENTER_REGISTERED_RING"},
	{0x20, "IORING_ENTER_ABS_TIMER"},
	{0x40, "IORING_ENTER_EXT_ARG_REG"},
}}

// include/uapi/linux/io_uring.h
var ioUringOperations = names{unknown: "IORING_REGISTER_???", names: []entry{
	{0, "IORING_REGISTER_BUFFERS"},
	{1, "IORING_UNREGISTER_BUFFERS"},
	{2, "IORING_REGISTER_FILES"},
	{3, "IORING_UNREGISTER_FILES"},
	{4, "IORING_REGISTER_EVENTFD"},
	{5, "IORING_UNREGISTER_EVENTFD"},
	{6, "IORING_REGISTER_FILES_UPDATE"},
	{7, "IORING_REGISTER_EVENTFD_ASYNC"},
	{8, "IORING_REGISTER_PROBE"},
	{9, "IORING_REGISTER_PERSONALITY"},
	{10, "IORING_UNREGISTER_PERSONALITY"},
	{11, "IORING_REGISTER_RESTRICTIONS"},
	{12, "IORING_REGISTER_ENABLE_RINGS"},
	{13, "IORING_REGISTER_FILES2"},
	{14, "IORING_REGISTER_FILES_UPDATE2"},
	{15, "IORING_REGISTER_BUFFERS2"},
	{16, "IORING_REGISTER_BUFFERS_UPDATE"},
	{17, "IORING_REGISTER_IOWQ_AFF"},
	{18, "IORING_UNREGISTER_IOWQ_AFF"},
	{19, "IORING_REGISTER_IOWQ_MAX_WORKERS"},
	{20, "IORING_REGISTER_RING_FDS"},
	{21, "IORING_UNREGISTER_RING_FDS"},
	{22, "IORING_REGISTER_PBUF_RING"},
	{23, "IORING_UNREGISTER_PBUF_RING"},
	{24, "IORING_REGISTER_SYNC_CANCEL"},
	{25, "IORING_REGISTER_FILE_ALLOC_RANGE"},
}}

// include/uapi/linux/perf_event.h
var perfFlags = flags{unknown: "PERF_FLAG_???", names: []entry{
	{0x1, "PERF_FLAG_FD_NO_GROUP"},
	{0x2, "PERF_FLAG_FD_OUTPUT"},
	{0x4, "PERF_FLAG_PID_CGROUP"},
	{0x8, "PERF_FLAG_FD_CLOEXEC"},
}}

// include/uapi/linux/module.h
var moduleInitFlags = flags{unknown: "MODULE_INIT_???", names: []entry{
	{0x1, "MODULE_INIT_IGNORE_MODVERSIONS"},
	{0x2, "MODULE_INIT_IGNORE_VERMAGIC"},
	{0x4, "MODULE_INIT_COMPRESSED_FILE"},
}}

// include/uapi/linux/landlock.h
var landlockRulesetFlags = flags{unknown: "LANDLOCK_CREATE_RULESET_???", names: []entry{
	{0x1, "LANDLOCK_CREATE_RULESET_VERSION"},
	{0x2, "LANDLOCK_CREATE_RULESET_ERRATA"},
}}

// include/uapi/linux/keyctl.h
var keyCommands = names{unknown: "KEYCTL_???", names: []entry{
	{0, "KEYCTL_GET_KEYRING_ID"},
	{1, "KEYCTL_JOIN_SESSION_KEYRING"},
	{2, "KEYCTL_UPDATE"},
	{3, "KEYCTL_REVOKE"},
	{4, "KEYCTL_CHOWN"},
	{5, "KEYCTL_SETPERM"},
	{6, "KEYCTL_DESCRIBE"},
	{7, "KEYCTL_CLEAR"},
	{8, "KEYCTL_LINK"},
	{9, "KEYCTL_UNLINK"},
	{10, "KEYCTL_SEARCH"},
	{11, "KEYCTL_READ"},
	{12, "KEYCTL_INSTANTIATE"},
	{13, "KEYCTL_NEGATE"},
	{14, "KEYCTL_SET_REQKEY_KEYRING"},
	{15, "KEYCTL_SET_TIMEOUT"},
}}
