package strace

import (
	"traceloop/event"
	"traceloop/ring"
)

// The clone flags that decide what else clone(2) is given (include/uapi/linux/sched.h).
const (
	cloneSignalMask    = 0xff
	clonePidfd         = 0x1000
	cloneSetTLS        = 0x80000
	cloneParentSetTID  = 0x100000
	cloneChildClearTID = 0x200000
	cloneChildSetTID   = 0x1000000
	cloneIntoCgroup    = 0x200000000
)

// appendClone appends clone's arguments, which strace orders and names in its
// own way: the order of the registers differs between architectures.
func appendClone(dst []byte, e *event.Event, o *Options) []byte {
	flags := register(e, 0)
	dst = append(dst, "child_stack="...)
	dst = appendPointer(dst, register(e, 1))
	dst = append(dst, ", flags="...)
	dst = cloneFlags(dst, e, 0, o)
	if !returned(e) {
		return append(dst, " <unfinished ...>"...)
	}
	child, tls := 3, 4
	if len(e.Row.Arguments) > 4 && e.Row.Arguments[3].Name == "tls" {
		child, tls = 4, 3
	}
	if flags&(cloneParentSetTID|clonePidfd) != 0 {
		if flags&cloneParentSetTID != 0 {
			dst = append(dst, ", parent_tid="...)
		} else {
			dst = append(dst, ", pidfd="...)
		}
		dst = pidPointer(dst, e, 2, o)
	}
	if flags&cloneSetTLS != 0 {
		dst = append(dst, ", tls="...)
		dst = appendPointer(dst, register(e, tls))
	}
	if flags&(cloneChildSetTID|cloneChildClearTID) != 0 {
		dst = append(dst, ", child_tidptr="...)
		dst = appendPointer(dst, register(e, child))
	}
	return dst
}

var pidPointer = numberPointer(4, asInt)

// cloneFlags appends clone's flags, in whose low byte is the signal that the child ends with.
func cloneFlags(dst []byte, e *event.Event, index int, _ *Options) []byte {
	value := register(e, index)
	signal := uint32(value & cloneSignalMask)
	flags := value &^ cloneSignalMask
	if flags != 0 || signal == 0 {
		dst = cloneFlagNames.appendTo(dst, flags)
		if signal == 0 {
			return dst
		}
		dst = append(dst, '|')
	}
	return appendSignal(dst, signal)
}

// cloneArguments appends struct clone_args of clone3(2), and what the call wrote through it.
func cloneArguments(dst []byte, e *event.Event, index int, _ *Options) []byte {
	data := structure(e, index, 64)
	if data == nil || register(e, index+1) < 64 {
		return appendPointer(dst, register(e, index))
	}
	flags := little.Uint64(data)
	dst = append(dst, "{flags="...)
	dst = cloneFlagNames.appendTo(dst, flags)
	if flags&clonePidfd != 0 {
		dst = append(dst, ", pidfd="...)
		dst = appendPointer(dst, little.Uint64(data[8:]))
	}
	if flags&(cloneChildSetTID|cloneChildClearTID) != 0 {
		dst = append(dst, ", child_tid="...)
		dst = appendPointer(dst, little.Uint64(data[16:]))
	}
	if flags&cloneParentSetTID != 0 {
		dst = append(dst, ", parent_tid="...)
		dst = appendPointer(dst, little.Uint64(data[24:]))
	}
	dst = append(dst, ", exit_signal="...)
	if signal := little.Uint64(data[32:]); signal < 1<<31 {
		dst = appendSignal(dst, uint32(signal))
	} else {
		dst = appendUint(dst, signal)
	}
	dst = append(dst, ", stack="...)
	dst = appendPointer(dst, little.Uint64(data[40:]))
	dst = append(dst, ", stack_size="...)
	dst = appendHex(dst, little.Uint64(data[48:]))
	if flags&cloneSetTLS != 0 {
		dst = append(dst, ", tls="...)
		dst = appendPointer(dst, little.Uint64(data[56:]))
	}
	if len(data) >= 80 {
		set, size := little.Uint64(data[64:]), little.Uint64(data[72:])
		if set != 0 || size != 0 {
			dst = append(dst, ", set_tid="...)
			dst = appendPointer(dst, set)
			dst = append(dst, ", set_tid_size="...)
			dst = appendUint(dst, size)
		}
	}
	if len(data) >= 88 && flags&cloneIntoCgroup != 0 {
		dst = append(dst, ", cgroup="...)
		dst = appendUint(dst, little.Uint64(data[80:]))
	}
	dst = append(dst, '}')
	// The kernel stores there the very number that it returns.
	if flags&cloneParentSetTID != 0 && succeeded(e) && result(e) > 0 {
		dst = append(dst, " => {parent_tid=["...)
		dst = appendInt(dst, result(e))
		dst = append(dst, "]}"...)
	}
	return dst
}

// waitStatus appends how a child ended, stopped or went on.
func waitStatus(dst []byte, e *event.Event, index int, _ *Options) []byte {
	data := structure(e, index, 4)
	// A wait that found no child writes no status.
	if data == nil || !succeeded(e) || result(e) <= 0 {
		return appendPointer(dst, register(e, index))
	}
	status := little.Uint32(data)
	dst = append(dst, "[{"...)
	switch signal := status & 0x7f; {
	case status == 0xffff:
		dst = append(dst, "WIFCONTINUED(s)"...)
		status = 0
	case status&0xff == 0x7f:
		dst = append(dst, "WIFSTOPPED(s) && WSTOPSIG(s) == "...)
		dst = appendSignal(dst, status>>8&0xff)
		status &^= 0xffff
	case signal != 0:
		dst = append(dst, "WIFSIGNALED(s) && WTERMSIG(s) == "...)
		dst = appendSignal(dst, signal)
		if status&0x80 != 0 {
			dst = append(dst, " && WCOREDUMP(s)"...)
		}
		status &^= 0xff
	default:
		dst = append(dst, "WIFEXITED(s) && WEXITSTATUS(s) == "...)
		dst = appendUint(dst, uint64(status>>8&0xff))
		status &^= 0xff00
	}
	dst = append(dst, '}')
	if status != 0 {
		dst = append(dst, " | "...)
		if status&0xffff == 0 {
			dst = appendHex(dst, uint64(status>>16))
			dst = append(dst, " << 16"...)
		} else {
			dst = appendHex(dst, uint64(status))
		}
	}
	return append(dst, ']')
}

// resourceUse appends struct rusage, which strace abbreviates to its times.
func resourceUse(dst []byte, e *event.Event, index int, _ *Options) []byte {
	size := longSize(e)
	data := structure(e, index, 4*size)
	if data == nil || !succeeded(e) || e.Row.Name == "wait4" && result(e) == 0 {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{ru_utime="...)
	dst = appendTimeval(dst, data, size)
	dst = append(dst, ", ru_stime="...)
	dst = appendTimeval(dst, data[2*size:], size)
	return append(dst, ", ...}"...)
}

// resourceLimit makes a decoder for a pair of limits; size 0 is the ABI's long.
func resourceLimit(size int) decoder {
	return func(dst []byte, e *event.Event, index int, _ *Options) []byte {
		size := numberSize(e, size)
		data := structure(e, index, 2*size)
		if data == nil {
			return appendPointer(dst, register(e, index))
		}
		dst = append(dst, "{rlim_cur="...)
		dst = appendLimit(dst, long(data, 0, size), size)
		dst = append(dst, ", rlim_max="...)
		dst = appendLimit(dst, long(data, size, size), size)
		return append(dst, '}')
	}
}

func appendLimit(dst []byte, value uint64, size int) []byte {
	switch {
	case size == 8 && value == ^uint64(0):
		return append(dst, "RLIM64_INFINITY"...)
	case size == 4 && value == 0xffffffff:
		return append(dst, "RLIM_INFINITY"...)
	case value > 1024 && value%1024 == 0:
		dst = appendUint(dst, value/1024)
		return append(dst, "*1024"...)
	}
	return appendUint(dst, value)
}

// systemName appends struct new_utsname, of which strace shows the first two of six fields.
func systemName(size int) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		data := structure(e, index, 2*size)
		if data == nil || !succeeded(e) {
			return appendPointer(dst, register(e, index))
		}
		dst = append(dst, "{sysname="...)
		dst = appendQuoted(dst, untilNUL(data[:size]), false)
		dst = append(dst, ", nodename="...)
		dst = appendQuoted(dst, untilNUL(data[size:2*size]), false)
		return append(dst, ", ...}"...)
	}
}

// systemInformation appends struct sysinfo (include/uapi/linux/sysinfo.h).
func systemInformation(dst []byte, e *event.Event, index int, _ *Options) []byte {
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

// cpuSet appends a set of CPUs.
func cpuSet(dst []byte, e *event.Event, index int, _ *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendPointer(dst, register(e, index))
	}
	return appendBits(dst, c.Data, len(c.Data)*8)
}

func personality(dst []byte, e *event.Event, index int, _ *Options) []byte {
	value := uint64(uint32(register(e, index)))
	if value == 0xffffffff {
		return appendHex(dst, value)
	}
	return appendPersonality(dst, value)
}

func appendPersonality(dst []byte, value uint64) []byte {
	dst = personalities.appendTo(dst, value&0xff)
	dst, left := personalityFlags.appendKnown(dst, value&^0xff, true)
	if left != 0 {
		dst = append(dst, '|')
		dst = appendHex(dst, left)
	}
	return dst
}

// architectureArgument appends what arch_prctl's option makes of its argument.
func architectureArgument(dst []byte, e *event.Event, index int, _ *Options) []byte {
	return appendPointer(dst, register(e, index))
}

// The options of prctl(2) whose arguments are not just numbers, or not five.
const (
	prSetDeathSignal  = 1
	prGetDeathSignal  = 2
	prGetDumpable     = 3
	prSetDumpable     = 4
	prGetKeepCaps     = 7
	prSetKeepCaps     = 8
	prGetTiming       = 13
	prSetTiming       = 14
	prSetName         = 15
	prGetName         = 16
	prGetSeccomp      = 21
	prSetSeccomp      = 22
	prCapsRead        = 23
	prCapsDrop        = 24
	prGetSecureBits   = 27
	prSetSecureBits   = 28
	prSetTimerSlack   = 29
	prGetTimerSlack   = 30
	prSetMM           = 35
	prSetSubreaper    = 36
	prGetSubreaper    = 37
	prSetNoNewPrivs   = 38
	prGetNoNewPrivs   = 39
	prGetTIDAddress   = 40
	prSetTHPDisable   = 41
	prGetTHPDisable   = 42
	prCapAmbient      = 47
	prSetVMA          = 0x53564d41
	prSetPtracer      = 0x59616d61
	prSetPtracerAny   = ^uint64(0)
	seccompModeFilter = 2
)

// prctlArguments is how many arguments an option of prctl has, itself included.
func prctlArguments(option uint64) int {
	switch option {
	case prGetDumpable, prGetKeepCaps, prGetTiming, prGetSeccomp, prGetSecureBits, prGetTimerSlack:
		return 1
	case prSetDeathSignal, prGetDeathSignal, prSetDumpable, prSetKeepCaps, prSetTiming, prSetName, prGetName, prCapsRead, prCapsDrop,
		prSetSecureBits, prSetTimerSlack, prSetSubreaper, prGetSubreaper, prGetTIDAddress, prSetPtracer:
		return 2
	case prSetSeccomp:
		return 3
	}
	return 5
}

func prctlArgument(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := register(e, index)
	switch uint64(uint32(register(e, 0))) {
	case prSetDeathSignal:
		return appendSignal(dst, uint32(value))
	case prSetName, prGetName:
		if c := memory(e, index); c != nil && (uint32(register(e, 0)) == prSetName || succeeded(e)) {
			// The kernel keeps 15 bytes of a name.
			if len(c.Data) > 15 {
				return appendQuoted(dst, c.Data[:15], true)
			}
			return appendLimited(dst, c.Data, c.Truncated, o)
		}
		return appendPointer(dst, value)
	case prSetDumpable:
		return dumpModes.appendTo(dst, value)
	case prCapsRead, prCapsDrop:
		return capabilities.appendTo(dst, value)
	case prSetKeepCaps, prSetTimerSlack, prSetSubreaper, prSetNoNewPrivs, prGetNoNewPrivs, prSetTHPDisable, prGetTHPDisable:
		return appendUint(dst, value)
	case prSetSeccomp:
		return seccompModes.appendTo(dst, value)
	case prSetSecureBits:
		return secureBits.appendTo(dst, value)
	case prCapAmbient:
		return ambientOperations.appendTo(dst, value)
	case prSetVMA:
		return vmaAttributes.appendTo(dst, value)
	case prSetMM:
		return memoryMapOptions.appendTo(dst, value)
	case prGetDeathSignal, prGetSubreaper, prGetTIDAddress:
		return appendPointer(dst, value)
	case prSetPtracer:
		if value == prSetPtracerAny || narrow(e) && uint32(value) == 0xffffffff {
			return append(dst, "PR_SET_PTRACER_ANY"...)
		}
		return appendUint(dst, value)
	}
	return appendHex(dst, value)
}

// prctlRest appends prctl's third to fifth argument.
func prctlRest(dst []byte, e *event.Event, index int, _ *Options) []byte {
	value := register(e, index)
	switch uint64(uint32(register(e, 0))) {
	case prSetNoNewPrivs, prGetNoNewPrivs, prSetTHPDisable, prGetTHPDisable, prCapAmbient:
		return appendUint(dst, value)
	case prSetVMA:
		if index == 3 {
			return appendUint(dst, value)
		}
		return appendPointer(dst, value)
	case prSetSeccomp:
		return appendPointer(dst, value)
	}
	return appendHex(dst, value)
}

// capabilityHeader appends struct __user_cap_header_struct.
func capabilityHeader(dst []byte, e *event.Event, index int, _ *Options) []byte {
	data := structure(e, index, 8)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{version="...)
	dst = capabilityVersions.appendTo(dst, uint64(little.Uint32(data)))
	dst = append(dst, ", pid="...)
	dst = appendNumber(dst, data[4:], 4, asInt)
	return append(dst, '}')
}

// capabilityData appends two struct __user_cap_data_struct, the lower and the upper halves of three sets.
func capabilityData(dst []byte, e *event.Event, index int, _ *Options) []byte {
	data := structure(e, index, 12)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	for i, name := range [...]string{"{effective=", ", permitted=", ", inheritable="} {
		set := uint64(little.Uint32(data[4*i:]))
		if len(data) >= 24 {
			set |= uint64(little.Uint32(data[12+4*i:])) << 32
		}
		dst = append(dst, name...)
		dst = appendCapabilities(dst, set)
	}
	return append(dst, '}')
}

func appendCapabilities(dst []byte, set uint64) []byte {
	if set == 0 {
		return append(dst, '0')
	}
	joined := false
	for i := range capabilities.names {
		if set>>i&1 == 0 {
			continue
		}
		if joined {
			dst = append(dst, '|')
		}
		joined = true
		set &^= 1 << i
		dst = append(dst, "1<<"...)
		dst = append(dst, capabilities.names[i].name...)
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
	return dst
}

// priorityClass appends ioprio_set's class and level.
func priorityClass(dst []byte, e *event.Event, index int, _ *Options) []byte {
	return appendPriorityClass(dst, uint64(uint32(register(e, index))))
}

func appendPriorityClass(dst []byte, value uint64) []byte {
	dst = append(dst, "IOPRIO_PRIO_VALUE("...)
	dst = priorityClasses.appendTo(dst, value>>13)
	dst = append(dst, ", "...)
	dst = appendUint(dst, value&0x1fff)
	return append(dst, ')')
}

// ipcFlags appends System V IPC flags and permissions.
func ipcFlags(table *flags) decoder {
	return func(dst []byte, e *event.Event, index int, _ *Options) []byte {
		value := uint64(uint32(register(e, index)))
		if value>>9 != 0 {
			dst = table.appendTo(dst, value&^0o777)
			dst = append(dst, '|')
		}
		return appendMode(dst, value&0o777)
	}
}

// key appends a System V IPC key.
func key(dst []byte, e *event.Event, index int, _ *Options) []byte {
	value := uint64(uint32(register(e, index)))
	if value == 0 {
		return append(dst, "IPC_PRIVATE"...)
	}
	return appendHex(dst, value)
}

// exitedHow appends the line that ends a task's history.
func appendExit(dst []byte, x *ring.Exit) []byte {
	if signal := x.Code & 0x7f; signal != 0 {
		dst = append(dst, "+++ killed by "...)
		dst = appendSignal(dst, signal)
		if x.Code&0x80 != 0 {
			dst = append(dst, " (core dumped)"...)
		}
		return append(dst, " +++"...)
	}
	dst = append(dst, "+++ exited with "...)
	dst = appendUint(dst, uint64(x.Code>>8&0xff))
	return append(dst, " +++"...)
}

// include/uapi/linux/sched.h
var cloneFlagNames = flags{unknown: "CLONE_???", names: []entry{
	{0x100, "CLONE_VM"},
	{0x200, "CLONE_FS"},
	{0x400, "CLONE_FILES"},
	{0x800, "CLONE_SIGHAND"},
	{0x1000, "CLONE_PIDFD"},
	{0x2000, "CLONE_PTRACE"},
	{0x4000, "CLONE_VFORK"},
	{0x8000, "CLONE_PARENT"},
	{0x10000, "CLONE_THREAD"},
	{0x20000, "CLONE_NEWNS"},
	{0x40000, "CLONE_SYSVSEM"},
	{0x80000, "CLONE_SETTLS"},
	{0x100000, "CLONE_PARENT_SETTID"},
	{0x200000, "CLONE_CHILD_CLEARTID"},
	{0x400000, "CLONE_DETACHED"},
	{0x800000, "CLONE_UNTRACED"},
	{0x1000000, "CLONE_CHILD_SETTID"},
	{0x2000000, "CLONE_NEWCGROUP"},
	{0x4000000, "CLONE_NEWUTS"},
	{0x8000000, "CLONE_NEWIPC"},
	{0x10000000, "CLONE_NEWUSER"},
	{0x20000000, "CLONE_NEWPID"},
	{0x40000000, "CLONE_NEWNET"},
	{0x80000000, "CLONE_IO"},
	{0x100000000, "CLONE_CLEAR_SIGHAND"},
	{0x200000000, "CLONE_INTO_CGROUP"},
}}

// include/uapi/linux/sched.h
var unshareFlags = flags{unknown: "CLONE_???", names: []entry{
	{0x80, "CLONE_NEWTIME"},
	{0x100, "CLONE_VM"},
	{0x200, "CLONE_FS"},
	{0x400, "CLONE_FILES"},
	{0x800, "CLONE_SIGHAND"},
	{0x10000, "CLONE_THREAD"},
	{0x20000, "CLONE_NEWNS"},
	{0x40000, "CLONE_SYSVSEM"},
	{0x2000000, "CLONE_NEWCGROUP"},
	{0x4000000, "CLONE_NEWUTS"},
	{0x8000000, "CLONE_NEWIPC"},
	{0x10000000, "CLONE_NEWUSER"},
	{0x20000000, "CLONE_NEWPID"},
	{0x40000000, "CLONE_NEWNET"},
}}

// include/uapi/linux/wait.h
var waitOptions = flags{unknown: "W???", names: []entry{
	{0x1, "WNOHANG"},
	{0x2, "WSTOPPED"},
	{0x4, "WEXITED"},
	{0x8, "WCONTINUED"},
	{0x1000000, "WNOWAIT"},
	{0x80000000, "__WCLONE"},
	{0x40000000, "__WALL"},
	{0x20000000, "__WNOTHREAD"},
}}

// include/uapi/linux/wait.h
var waitIDTypes = names{unknown: "P_???", names: []entry{
	{0, "P_ALL"},
	{1, "P_PID"},
	{2, "P_PGID"},
	{3, "P_PIDFD"},
}}

// include/uapi/linux/fcntl.h
var execveatFlags = flags{unknown: "AT_???", names: []entry{
	{0x100, "AT_SYMLINK_NOFOLLOW"},
	{0x1000, "AT_EMPTY_PATH"},
	{0x10000, "AT_EXECVE_CHECK"},
}}

// include/uapi/linux/pidfd.h
var pidfdFlags = flags{unknown: "PIDFD_???", names: []entry{
	{0x800, "PIDFD_NONBLOCK"},
	{0x80, "PIDFD_THREAD"},
}}

// include/uapi/linux/pidfd.h
var pidfdSignalFlags = flags{unknown: "PIDFD_SIGNAL_???", names: []entry{
	{0x1, "PIDFD_SIGNAL_THREAD"},
	{0x2, "PIDFD_SIGNAL_THREAD_GROUP"},
	{0x4, "PIDFD_SIGNAL_PROCESS_GROUP"},
}}

// include/uapi/linux/prctl.h
var prctlOptions = names{unknown: "PR_???", names: []entry{
	{1, "PR_SET_PDEATHSIG"},
	{2, "PR_GET_PDEATHSIG"},
	{3, "PR_GET_DUMPABLE"},
	{4, "PR_SET_DUMPABLE"},
	{5, "PR_GET_UNALIGN"},
	{6, "PR_SET_UNALIGN"},
	{7, "PR_GET_KEEPCAPS"},
	{8, "PR_SET_KEEPCAPS"},
	{9, "PR_GET_FPEMU"},
	{10, "PR_SET_FPEMU"},
	{11, "PR_GET_FPEXC"},
	{12, "PR_SET_FPEXC"},
	{13, "PR_GET_TIMING"},
	{14, "PR_SET_TIMING"},
	{15, "PR_SET_NAME"},
	{16, "PR_GET_NAME"},
	{19, "PR_GET_ENDIAN"},
	{20, "PR_SET_ENDIAN"},
	{21, "PR_GET_SECCOMP"},
	{22, "PR_SET_SECCOMP"},
	{23, "PR_CAPBSET_READ"},
	{24, "PR_CAPBSET_DROP"},
	{25, "PR_GET_TSC"},
	{26, "PR_SET_TSC"},
	{27, "PR_GET_SECUREBITS"},
	{28, "PR_SET_SECUREBITS"},
	{29, "PR_SET_TIMERSLACK"},
	{30, "PR_GET_TIMERSLACK"},
	{31, "PR_TASK_PERF_EVENTS_DISABLE"},
	{32, "PR_TASK_PERF_EVENTS_ENABLE"},
	{33, "PR_MCE_KILL"},
	{34, "PR_MCE_KILL_GET"},
	{35, "PR_SET_MM"},
	{36, "PR_SET_CHILD_SUBREAPER"},
	{37, "PR_GET_CHILD_SUBREAPER"},
	{38, "PR_SET_NO_NEW_PRIVS"},
	{39, "PR_GET_NO_NEW_PRIVS"},
	{40, "PR_GET_TID_ADDRESS"},
	{41, "PR_SET_THP_DISABLE"},
	{42, "PR_GET_THP_DISABLE"},
	{43, "PR_MPX_ENABLE_MANAGEMENT"},
	{44, "PR_MPX_DISABLE_MANAGEMENT"},
	{45, "PR_SET_FP_MODE"},
	{46, "PR_GET_FP_MODE"},
	{47, "PR_CAP_AMBIENT"},
	{50, "PR_SVE_SET_VL"},
	{51, "PR_SVE_GET_VL"},
	{52, "PR_GET_SPECULATION_CTRL"},
	{53, "PR_SET_SPECULATION_CTRL"},
	{54, "PR_PAC_RESET_KEYS"},
	{55, "PR_SET_TAGGED_ADDR_CTRL"},
	{56, "PR_GET_TAGGED_ADDR_CTRL"},
	{57, "PR_SET_IO_FLUSHER"},
	{58, "PR_GET_IO_FLUSHER"},
	{59, "PR_SET_SYSCALL_USER_DISPATCH"},
	{60, "PR_PAC_SET_ENABLED_KEYS"},
	{61, "PR_PAC_GET_ENABLED_KEYS"},
	{62, "PR_SCHED_CORE"},
	{63, "PR_SME_SET_VL"},
	{64, "PR_SME_GET_VL"},
	{65, "PR_SET_MDWE"},
	{66, "PR_GET_MDWE"},
	{67, "PR_SET_MEMORY_MERGE"},
	{68, "PR_GET_MEMORY_MERGE"},
	{0x53564d41, "PR_SET_VMA"},
	{0x59616d61, "PR_SET_PTRACER"},
}}

// include/linux/sched/coredump.h
var dumpModes = names{unknown: "SUID_DUMP_???", names: []entry{
	{0, "SUID_DUMP_DISABLE"},
	{1, "SUID_DUMP_USER"},
	{2, "SUID_DUMP_ROOT"},
}}

// include/uapi/linux/seccomp.h
var seccompModes = names{unknown: "SECCOMP_MODE_???", names: []entry{
	{0, "SECCOMP_MODE_DISABLED"},
	{1, "SECCOMP_MODE_STRICT"},
	{2, "SECCOMP_MODE_FILTER"},
}}

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

// include/uapi/linux/securebits.h
var secureBits = flags{unknown: "SECBIT_???", names: []entry{
	{0x1, "SECBIT_NOROOT"},
	{0x2, "SECBIT_NOROOT_LOCKED"},
	{0x4, "SECBIT_NO_SETUID_FIXUP"},
	{0x8, "SECBIT_NO_SETUID_FIXUP_LOCKED"},
	{0x10, "SECBIT_KEEP_CAPS"},
	{0x20, "SECBIT_KEEP_CAPS_LOCKED"},
	{0x40, "SECBIT_NO_CAP_AMBIENT_RAISE"},
	{0x80, "SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED"},
}}

// include/uapi/linux/prctl.h
var ambientOperations = names{unknown: "PR_CAP_AMBIENT_???", names: []entry{
	{1, "PR_CAP_AMBIENT_IS_SET"},
	{2, "PR_CAP_AMBIENT_RAISE"},
	{3, "PR_CAP_AMBIENT_LOWER"},
	{4, "PR_CAP_AMBIENT_CLEAR_ALL"},
}}

// include/uapi/linux/prctl.h
var vmaAttributes = names{unknown: "PR_SET_VMA_???", names: []entry{
	{0, "PR_SET_VMA_ANON_NAME"},
}}

// include/uapi/linux/prctl.h
var memoryMapOptions = names{unknown: "PR_SET_MM_???", names: []entry{
	{1, "PR_SET_MM_START_CODE"},
	{2, "PR_SET_MM_END_CODE"},
	{3, "PR_SET_MM_START_DATA"},
	{4, "PR_SET_MM_END_DATA"},
	{5, "PR_SET_MM_START_STACK"},
	{6, "PR_SET_MM_START_BRK"},
	{7, "PR_SET_MM_BRK"},
	{8, "PR_SET_MM_ARG_START"},
	{9, "PR_SET_MM_ARG_END"},
	{10, "PR_SET_MM_ENV_START"},
	{11, "PR_SET_MM_ENV_END"},
	{12, "PR_SET_MM_AUXV"},
	{13, "PR_SET_MM_EXE_FILE"},
	{14, "PR_SET_MM_MAP"},
	{15, "PR_SET_MM_MAP_SIZE"},
}}

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

// include/uapi/asm-generic/resource.h
var resources = names{unknown: "RLIMIT_???", names: []entry{
	{0, "RLIMIT_CPU"},
	{1, "RLIMIT_FSIZE"},
	{2, "RLIMIT_DATA"},
	{3, "RLIMIT_STACK"},
	{4, "RLIMIT_CORE"},
	{5, "RLIMIT_RSS"},
	{6, "RLIMIT_NPROC"},
	{7, "RLIMIT_NOFILE"},
	{8, "RLIMIT_MEMLOCK"},
	{9, "RLIMIT_AS"},
	{10, "RLIMIT_LOCKS"},
	{11, "RLIMIT_SIGPENDING"},
	{12, "RLIMIT_MSGQUEUE"},
	{13, "RLIMIT_NICE"},
	{14, "RLIMIT_RTPRIO"},
	{15, "RLIMIT_RTTIME"},
}}

// include/uapi/linux/resource.h
var usageWho = names{unknown: "RUSAGE_???", names: []entry{
	{0, "RUSAGE_SELF"},
	{1, "RUSAGE_THREAD"},
	{0xffffffff, "RUSAGE_CHILDREN"},
	{0xfffffffe, "RUSAGE_BOTH"},
}}

// include/uapi/linux/resource.h
var priorityWhich = names{unknown: "PRIO_???", names: []entry{
	{0, "PRIO_PROCESS"},
	{1, "PRIO_PGRP"},
	{2, "PRIO_USER"},
}}

// include/uapi/linux/ioprio.h
var ioPriorityWhich = names{unknown: "IOPRIO_WHO_???", names: []entry{
	{1, "IOPRIO_WHO_PROCESS"},
	{2, "IOPRIO_WHO_PGRP"},
	{3, "IOPRIO_WHO_USER"},
}}

// include/uapi/linux/ioprio.h
var priorityClasses = names{unknown: "IOPRIO_CLASS_???", names: []entry{
	{0, "IOPRIO_CLASS_NONE"},
	{1, "IOPRIO_CLASS_RT"},
	{2, "IOPRIO_CLASS_BE"},
	{3, "IOPRIO_CLASS_IDLE"},
}}

// include/uapi/linux/random.h
var randomFlags = flags{unknown: "GRND_???", names: []entry{
	{0x1, "GRND_NONBLOCK"},
	{0x2, "GRND_RANDOM"},
	{0x4, "GRND_INSECURE"},
}}

// arch/x86/include/uapi/asm/prctl.h
var architectureOptions = names{unknown: "ARCH_???", names: []entry{
	{0x1001, "ARCH_SET_GS"},
	{0x1002, "ARCH_SET_FS"},
	{0x1003, "ARCH_GET_FS"},
	{0x1004, "ARCH_GET_GS"},
	{0x1011, "ARCH_GET_CPUID"},
	{0x1012, "ARCH_SET_CPUID"},
	{0x1021, "ARCH_GET_XCOMP_SUPP"},
	{0x1022, "ARCH_GET_XCOMP_PERM"},
	{0x1023, "ARCH_REQ_XCOMP_PERM"},
	{0x1024, "ARCH_GET_XCOMP_GUEST_PERM"},
	{0x1025, "ARCH_REQ_XCOMP_GUEST_PERM"},
	{0x2001, "ARCH_MAP_VDSO_X32"},
	{0x2002, "ARCH_MAP_VDSO_32"},
	{0x2003, "ARCH_MAP_VDSO_64"},
	{0x4001, "ARCH_GET_UNTAG_MASK"},
	{0x4002, "ARCH_ENABLE_TAGGED_ADDR"},
	{0x4003, "ARCH_GET_MAX_TAG_BITS"},
	{0x4004, "ARCH_FORCE_TAGGED_SVA"},
	{0x5001, "ARCH_SHSTK_ENABLE"},
	{0x5002, "ARCH_SHSTK_DISABLE"},
	{0x5003, "ARCH_SHSTK_LOCK"},
	{0x5004, "ARCH_SHSTK_UNLOCK"},
	{0x5005, "ARCH_SHSTK_STATUS"},
}}

// include/uapi/linux/ptrace.h
var ptraceRequests = names{unknown: "PTRACE_???", names: []entry{
	{0, "PTRACE_TRACEME"},
	{1, "PTRACE_PEEKTEXT"},
	{2, "PTRACE_PEEKDATA"},
	{3, "PTRACE_PEEKUSER"},
	{4, "PTRACE_POKETEXT"},
	{5, "PTRACE_POKEDATA"},
	{6, "PTRACE_POKEUSER"},
	{7, "PTRACE_CONT"},
	{8, "PTRACE_KILL"},
	{9, "PTRACE_SINGLESTEP"},
	{12, "PTRACE_GETREGS"},
	{13, "PTRACE_SETREGS"},
	{14, "PTRACE_GETFPREGS"},
	{15, "PTRACE_SETFPREGS"},
	{16, "PTRACE_ATTACH"},
	{17, "PTRACE_DETACH"},
	{24, "PTRACE_SYSCALL"},
	{0x4200, "PTRACE_SETOPTIONS"},
	{0x4201, "PTRACE_GETEVENTMSG"},
	{0x4202, "PTRACE_GETSIGINFO"},
	{0x4203, "PTRACE_SETSIGINFO"},
	{0x4204, "PTRACE_GETREGSET"},
	{0x4205, "PTRACE_SETREGSET"},
	{0x4206, "PTRACE_SEIZE"},
	{0x4207, "PTRACE_INTERRUPT"},
	{0x4208, "PTRACE_LISTEN"},
	{0x4209, "PTRACE_PEEKSIGINFO"},
	{0x420a, "PTRACE_GETSIGMASK"},
	{0x420b, "PTRACE_SETSIGMASK"},
	{0x420c, "PTRACE_SECCOMP_GET_FILTER"},
	{0x420d, "PTRACE_SECCOMP_GET_METADATA"},
	{0x420e, "PTRACE_GET_SYSCALL_INFO"},
	{0x420f, "PTRACE_GET_RSEQ_CONFIGURATION"},
}}

// include/uapi/linux/sched.h
var schedulerPolicies = names{unknown: "SCHED_???", names: []entry{
	{0, "SCHED_OTHER"},
	{1, "SCHED_FIFO"},
	{2, "SCHED_RR"},
	{3, "SCHED_BATCH"},
	{4, "SCHED_ISO"},
	{5, "SCHED_IDLE"},
	{6, "SCHED_DEADLINE"},
	{7, "SCHED_EXT"},
}}

// include/uapi/linux/kcmp.h
var kcmpTypes = names{unknown: "KCMP_???", names: []entry{
	{0, "KCMP_FILE"},
	{1, "KCMP_VM"},
	{2, "KCMP_FILES"},
	{3, "KCMP_FS"},
	{4, "KCMP_SIGHAND"},
	{5, "KCMP_IO"},
	{6, "KCMP_SYSVSEM"},
	{7, "KCMP_EPOLL_TFD"},
}}

// include/uapi/linux/membarrier.h
var membarrierCommands = flags{unknown: "MEMBARRIER_CMD_???", names: []entry{
	{0, "MEMBARRIER_CMD_QUERY"},
	{0x1, "MEMBARRIER_CMD_GLOBAL"},
	{0x2, "MEMBARRIER_CMD_GLOBAL_EXPEDITED"},
	{0x4, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED"},
	{0x8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED"},
	{0x10, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED"},
	{0x20, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE"},
	{0x40, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE"},
	{0x80, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ"},
	{0x100, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ"},
	{0x200, "MEMBARRIER_CMD_GET_REGISTRATIONS"},
}}

// include/uapi/linux/membarrier.h
var membarrierFlags = flags{unknown: "MEMBARRIER_CMD_FLAG_???", names: []entry{
	{0x1, "MEMBARRIER_CMD_FLAG_CPU"},
}}

// include/uapi/linux/rseq.h
var rseqFlags = flags{unknown: "RSEQ_FLAG_???", names: []entry{
	{0x1, "RSEQ_FLAG_UNREGISTER"},
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

// include/uapi/linux/ipc.h
var ipcGetFlags = flags{unknown: "IPC_???", names: []entry{
	{0x200, "IPC_CREAT"},
	{0x400, "IPC_EXCL"},
	{0x800, "IPC_NOWAIT"},
}}

// include/uapi/linux/shm.h
var shmGetFlags = flags{unknown: "SHM_???", names: []entry{
	{0x200, "IPC_CREAT"},
	{0x400, "IPC_EXCL"},
	{0x800, "SHM_HUGETLB"},
	{0x1000, "SHM_NORESERVE"},
}}

// include/uapi/linux/shm.h
var shmAttachFlags = flags{unknown: "SHM_???", names: []entry{
	{0x1000, "SHM_RDONLY"},
	{0x2000, "SHM_RND"},
	{0x4000, "SHM_REMAP"},
	{0x8000, "SHM_EXEC"},
}}

// include/uapi/linux/ipc.h, msg.h, sem.h, shm.h
var ipcCommands = names{unknown: "IPC_???", names: []entry{
	{0, "IPC_RMID"},
	{1, "IPC_SET"},
	{2, "IPC_STAT"},
	{3, "IPC_INFO"},
	{11, "GETPID"},
	{12, "GETVAL"},
	{13, "GETALL"},
	{14, "GETNCNT"},
	{15, "GETZCNT"},
	{16, "SETVAL"},
	{17, "SETALL"},
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
