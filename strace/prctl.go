package strace

import (
	"traceloop/event"
	"traceloop/syscalls"
)

// newProcessName appends what PR_SET_NAME takes, of which the kernel keeps 15 bytes.
func newProcessName(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendPointer(dst, register(e, index))
	}
	// strace looks no further, and sees no end of a name that fits just so.
	if len(c.Data) >= 15 {
		return appendLimited(dst, c.Data[:15], true, o)
	}
	return appendLimited(dst, c.Data, c.Truncated, o)
}

// processName appends what PR_GET_NAME gives.
func processName(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := after(e, index)
	if c == nil {
		return appendPointer(dst, register(e, index))
	}
	return appendLimited(dst, untilNUL(c.Data), false, o)
}

// deathSignal appends PR_SET_PDEATHSIG's signal; strace looks at all of the register.
func deathSignal(dst []byte, e *event.Event, index int, o *Options) []byte {
	if value := register(e, index); value > 128 {
		return appendUint(dst, value)
	}
	return signal(dst, e, index, o)
}

// tracer appends the process that may trace the caller.
func tracer(dst []byte, e *event.Event, index int, o *Options) []byte {
	if value := uint32(register(e, index)); value == 0xffffffff {
		return appendConstant(dst, ^uint64(0), asInt, "PR_SET_PTRACER_ANY", o)
	}
	return signedInt(dst, e, index, o)
}

// ambientCapability appends the capability that some operations of
// PR_CAP_AMBIENT take: PR_CAP_AMBIENT_IS_SET, _RAISE and _LOWER.
func ambientCapability(dst []byte, e *event.Event, index int, o *Options) []byte {
	if operation := register(e, index-1); operation >= 1 && operation <= 3 {
		return capabilities.longArgument(dst, e, index, o)
	}
	return hexadecimal(dst, e, index, o)
}

// killPolicy appends what PR_MCE_KILL_SET sets.
func killPolicy(dst []byte, e *event.Event, index int, o *Options) []byte {
	const set = 1
	if register(e, index-1) == set {
		return machineCheckPolicies.longArgument(dst, e, index, o)
	}
	return hexadecimal(dst, e, index, o)
}

// PR_SET_VMA's other arguments mean something for the one attribute that there is.
func vmaAttributeIsName(e *event.Event) bool { return register(e, 1) == 0 }

func vmaAddress(dst []byte, e *event.Event, index int, o *Options) []byte {
	if vmaAttributeIsName(e) {
		return address(dst, e, index, o)
	}
	return hexadecimal(dst, e, index, o)
}

func vmaSize(dst []byte, e *event.Event, index int, o *Options) []byte {
	if vmaAttributeIsName(e) {
		return unsignedLong(dst, e, index, o)
	}
	return hexadecimal(dst, e, index, o)
}

func vmaName(dst []byte, e *event.Event, index int, o *Options) []byte {
	if vmaAttributeIsName(e) {
		return text(dst, e, index, o)
	}
	return hexadecimal(dst, e, index, o)
}

// The modes of PR_SET_SECCOMP (include/uapi/linux/seccomp.h).
const (
	seccompStrict = 1
	seccompFilter = 2
)

// seccompArguments is how many arguments PR_SET_SECCOMP has in a mode.
func seccompArguments(mode uint64) int {
	switch mode {
	case seccompStrict:
		return 2
	case seccompFilter:
		return 3
	}
	return 5
}

// seccompModeProgram appends the program of PR_SET_SECCOMP, if the mode has one.
func seccompModeProgram(dst []byte, e *event.Event, index int, o *Options) []byte {
	if e.Row.Arguments[index-1].Kind == syscalls.KindSeccompMode && register(e, index-1) != seccompFilter {
		return hexadecimal(dst, e, index, o)
	}
	return seccompProgram(dst, e, index, o)
}

// speculationControl appends how PR_SET_SPECULATION_CTRL sets what it knows.
func speculationControl(dst []byte, e *event.Event, index int, o *Options) []byte {
	if register(e, index-1) < uint64(len(speculations.names)) {
		return speculationControls.longArgument(dst, e, index, o)
	}
	return hexadecimal(dst, e, index, o)
}

// pidType appends what kind of task PR_SCHED_CORE is about: always a number and its name.
func pidType(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendNumberAndName(dst, uint64(uint32(register(e, index))), asHex, &pidTypes, o)
}

// appendNumberAndName appends a number with its name as a comment, but where
// numbers alone are wanted.
func appendNumberAndName(dst []byte, value uint64, form numberForm, table *names, o *Options) []byte {
	if form == asInt {
		dst = appendInt(dst, int64(int32(value)))
	} else {
		dst = appendHex(dst, value)
	}
	if o.constants() == ConstantsRaw {
		return dst
	}
	name, ok := table.lookup(value)
	if !ok {
		name = table.unknown
	}
	return appendComment(dst, name)
}

// coreCookie appends what PR_SCHED_CORE_GET gives.
func coreCookie(dst []byte, e *event.Event, index int, o *Options) []byte {
	if uint32(register(e, 1)) == 0 {
		return cookiePointer(dst, e, index, o)
	}
	return address(dst, e, index, o)
}

var cookiePointer = numberPointer(8, asHex)

// vectorLength makes a decoder for a vector's length with flags above it.
func vectorLength(table *flags) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		return appendVectorLength(dst, register(e, index), table, o)
	}
}

// appendVectorLength appends flags, then the length in the low 16 bits.
func appendVectorLength(dst []byte, value uint64, table *flags, o *Options) []byte {
	const lengthMask = 0xffff
	dst, named := beginNames(dst, value, asHex, o)
	if !named {
		return dst
	}
	if value&^lengthMask != 0 {
		known, left := table.appendKnown(dst, value&^lengthMask, false)
		if left != 0 {
			if len(known) > len(dst) {
				known = append(known, '|')
			}
			known = appendHex(known, left)
		}
		dst = append(known, '|')
	}
	return endNames(appendHex(dst, value&lengthMask), o)
}

func taggedAddresses(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendTaggedAddresses(dst, register(e, index), o)
}

// appendTaggedAddresses appends PR_TAGGED_ADDR_ENABLE, how tags are checked,
// and a set of tags.
func appendTaggedAddresses(dst []byte, value uint64, o *Options) []byte {
	const enable, check, tags, shift = 1, 6, 0x7fff8, 3
	dst, named := beginNames(dst, value, asHex, o)
	if !named {
		return dst
	}
	if value&enable != 0 {
		dst = append(dst, "PR_TAGGED_ADDR_ENABLE|"...)
	} else {
		dst = append(dst, "!PR_TAGGED_ADDR_ENABLE|"...)
	}
	name, _ := tagChecks.lookup(value & check)
	dst = append(dst, name...)
	if value&tags != 0 {
		dst = append(dst, '|')
		dst = appendHex(dst, value&tags>>shift)
		dst = append(dst, "<<PR_MTE_TAG_SHIFT"...)
	}
	if left := value &^ (enable | check | tags); left != 0 {
		dst = append(dst, '|')
		dst = appendHex(dst, left)
	}
	return endNames(dst, o)
}

// cpuFeatures appends a set of parts of the CPU's state: [0x3 /* XFEATURE_MASK_FPSSE */].
var cpuFeatures = indirect(8, func(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	dst = appendHex(dst, value)
	if value == 0 || o.constants() == ConstantsRaw {
		return dst
	}
	dst = append(dst, " /* "...)
	known, left := extendedStates.appendKnown(dst, value, false)
	switch {
	case left == value:
		known = append(known, extendedStates.unknown...)
	case left != 0:
		known = appendHex(append(known, '|'), left)
	}
	return append(known, " */"...)
})

// cpuFeature appends one part of the CPU's state.
func cpuFeature(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendNumberAndName(dst, register(e, index), asHex, &extendedStateNumbers, o)
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

// include/uapi/linux/prctl.h
var fpModes = flags{unknown: "PR_FP_MODE_???", names: []entry{
	{0x1, "PR_FP_MODE_FR"},
	{0x2, "PR_FP_MODE_FRE"},
}}

// include/uapi/linux/prctl.h
var machineCheckKills = names{unknown: "PR_MCE_KILL_???", names: []entry{
	{0, "PR_MCE_KILL_CLEAR"},
	{1, "PR_MCE_KILL_SET"},
}}

// include/uapi/linux/prctl.h
var machineCheckPolicies = names{unknown: "PR_MCE_KILL_???", names: []entry{
	{0, "PR_MCE_KILL_LATE"},
	{1, "PR_MCE_KILL_EARLY"},
	{2, "PR_MCE_KILL_DEFAULT"},
}}

// include/uapi/linux/prctl.h
var enabledKeys = flags{unknown: "PR_PAC_???", names: []entry{
	{0x1, "PR_PAC_APIAKEY"},
	{0x2, "PR_PAC_APIBKEY"},
	{0x4, "PR_PAC_APDAKEY"},
	{0x8, "PR_PAC_APDBKEY"},
}}

// include/uapi/linux/prctl.h
var coreScheduling = names{unknown: "PR_SCHED_CORE_???", names: []entry{
	{0, "PR_SCHED_CORE_GET"},
	{1, "PR_SCHED_CORE_CREATE"},
	{2, "PR_SCHED_CORE_SHARE_TO"},
	{3, "PR_SCHED_CORE_SHARE_FROM"},
}}

// include/linux/pid_types.h
var pidTypes = names{unknown: "PIDTYPE_???", names: []entry{
	{0, "PIDTYPE_PID"},
	{1, "PIDTYPE_TGID"},
	{2, "PIDTYPE_PGID"},
	{3, "PIDTYPE_SID"},
}}

// include/uapi/linux/prctl.h
var vectorFlags = flags{names: []entry{
	{0x40000, "PR_SVE_SET_VL_ONEXEC"},
	{0x20000, "PR_SVE_VL_INHERIT"},
}}

// include/uapi/linux/prctl.h
var matrixFlags = flags{names: []entry{
	{0x40000, "PR_SME_SET_VL_ONEXEC"},
	{0x20000, "PR_SME_VL_INHERIT"},
}}

// include/uapi/linux/prctl.h
var speculations = names{unknown: "PR_SPEC_???", names: []entry{
	{0, "PR_SPEC_STORE_BYPASS"},
	{1, "PR_SPEC_INDIRECT_BRANCH"},
	{2, "PR_SPEC_L1D_FLUSH"},
}}

// include/uapi/linux/prctl.h
var speculationStates = flags{names: []entry{
	{0, "PR_SPEC_NOT_AFFECTED"},
	{0x1, "PR_SPEC_PRCTL"},
	{0x2, "PR_SPEC_ENABLE"},
	{0x4, "PR_SPEC_DISABLE"},
	{0x8, "PR_SPEC_FORCE_DISABLE"},
	{0x10, "PR_SPEC_DISABLE_NOEXEC"},
}}

// include/uapi/linux/prctl.h
var speculationControls = names{unknown: "PR_SPEC_???", names: []entry{
	{2, "PR_SPEC_ENABLE"},
	{4, "PR_SPEC_DISABLE"},
	{8, "PR_SPEC_FORCE_DISABLE"},
	{16, "PR_SPEC_DISABLE_NOEXEC"},
}}

// include/uapi/linux/prctl.h
var dispatchModes = names{unknown: "PR_SYS_DISPATCH_???", names: []entry{
	{0, "PR_SYS_DISPATCH_OFF"},
	{1, "PR_SYS_DISPATCH_ON"},
}}

// include/uapi/linux/prctl.h
var tagChecks = names{names: []entry{
	{0, "PR_MTE_TCF_NONE"},
	{2, "PR_MTE_TCF_SYNC"},
	{4, "PR_MTE_TCF_ASYNC"},
	{6, "PR_MTE_TCF_MASK"},
}}

// include/uapi/linux/prctl.h
var tscModes = names{unknown: "PR_TSC_???", names: []entry{
	{1, "PR_TSC_ENABLE"},
	{2, "PR_TSC_SIGSEGV"},
}}

// include/uapi/linux/prctl.h
var unalignedFlags = flags{unknown: "PR_UNALIGN_???", names: []entry{
	{0x1, "PR_UNALIGN_NOPRINT"},
	{0x2, "PR_UNALIGN_SIGBUS"},
}}

// arch/x86/include/asm/fpu/types.h
var extendedStates = flags{unknown: "XFEATURE_MASK_???", names: []entry{
	{0x3, "XFEATURE_MASK_FPSSE"},
	{0x1, "XFEATURE_MASK_FP"},
	{0x2, "XFEATURE_MASK_SSE"},
	{0x4, "XFEATURE_MASK_YMM"},
	{0x8, "XFEATURE_MASK_BNDREGS"},
	{0x10, "XFEATURE_MASK_BNDCSR"},
	{0xe0, "XFEATURE_MASK_AVX512"},
	{0x20, "XFEATURE_MASK_OPMASK"},
	{0x40, "XFEATURE_MASK_ZMM_Hi256"},
	{0x80, "XFEATURE_MASK_Hi16_ZMM"},
	{0x100, "XFEATURE_MASK_PT"},
	{0x200, "XFEATURE_MASK_PKRU"},
	{0x400, "XFEATURE_MASK_PASID"},
	{0x8000, "XFEATURE_MASK_LBR"},
	{0x60000, "XFEATURE_MASK_XTILE"},
	{0x20000, "XFEATURE_MASK_XTILE_CFG"},
	{0x40000, "XFEATURE_MASK_XTILE_DATA"},
}}

// arch/x86/include/asm/fpu/types.h
var extendedStateNumbers = names{unknown: "XFEATURE_???", names: []entry{
	{0, "XFEATURE_FP"},
	{1, "XFEATURE_SSE"},
	{2, "XFEATURE_YMM"},
	{3, "XFEATURE_BNDREGS"},
	{4, "XFEATURE_BNDCSR"},
	{5, "XFEATURE_OPMASK"},
	{6, "XFEATURE_ZMM_Hi256"},
	{7, "XFEATURE_Hi16_ZMM"},
	{8, "XFEATURE_PT_UNIMPLEMENTED_SO_FAR"},
	{9, "XFEATURE_PKRU"},
	{10, "XFEATURE_PASID"},
	{15, "XFEATURE_LBR"},
	{17, "XFEATURE_XTILE_CFG"},
	{18, "XFEATURE_XTILE_DATA"},
}}

// include/uapi/linux/prctl.h
var resetKeys = flags{unknown: "PR_PAC_???", names: []entry{
	{0x1, "PR_PAC_APIAKEY"},
	{0x2, "PR_PAC_APIBKEY"},
	{0x4, "PR_PAC_APDAKEY"},
	{0x8, "PR_PAC_APDBKEY"},
	{0x10, "PR_PAC_APGAKEY"},
}}
