package strace

import (
	"traceloop/event"
)

// architectureArgument appends what arch_prctl's option makes of its argument.
func architectureArgument(dst []byte, e *event.Event, index int, o *Options) []byte {
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
		return appendSignal(dst, uint32(value), o)
	case prSetName, prGetName:
		if c := memory(e, index); c != nil && (uint32(register(e, 0)) == prSetName || succeeded(e)) {
			// The kernel keeps 15 bytes of a name.
			if len(c.Data) > 15 {
				return appendQuoted(dst, c.Data[:15], true, o)
			}
			return appendLimited(dst, c.Data, c.Truncated, o)
		}
		return appendPointer(dst, value)
	case prSetDumpable:
		return dumpModes.appendTo(dst, value, o)
	case prCapsRead, prCapsDrop:
		return capabilities.appendTo(dst, value, o)
	case prSetKeepCaps, prSetTimerSlack, prSetSubreaper, prSetNoNewPrivs, prGetNoNewPrivs, prSetTHPDisable, prGetTHPDisable:
		return appendUint(dst, value)
	case prSetSeccomp:
		return seccompModes.appendTo(dst, value, o)
	case prSetSecureBits:
		return secureBits.appendTo(dst, value, o)
	case prCapAmbient:
		return ambientOperations.appendTo(dst, value, o)
	case prSetVMA:
		return vmaAttributes.appendTo(dst, value, o)
	case prSetMM:
		return memoryMapOptions.appendTo(dst, value, o)
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
func prctlRest(dst []byte, e *event.Event, index int, o *Options) []byte {
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
