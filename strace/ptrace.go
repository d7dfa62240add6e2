package strace

import (
	"traceloop/event"
	"traceloop/syscalls"
)

// userOffset appends where in struct user a request looks: the offset of a
// register or a member, and how far behind it. The table is amd64's; other
// architectures have others, and their numbers are shown.
func userOffset(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := register(e, index)
	entry := lastBefore(userOffsets.names, value)
	if e.ABI == syscalls.ARM64 || e.ABI == syscalls.ARM || entry == nil {
		return appendPointer(dst, value)
	}
	switch o.constants() {
	case ConstantsRaw:
		return appendPointer(dst, value)
	case ConstantsBoth:
		dst = appendPointer(dst, value)
		dst = append(dst, " /* "...)
		dst = appendUserOffset(dst, entry, value)
		return append(dst, " */"...)
	}
	return appendUserOffset(dst, entry, value)
}

func appendUserOffset(dst []byte, entry *entry, value uint64) []byte {
	dst = append(dst, entry.name...)
	if value != entry.value {
		dst = append(dst, " + "...)
		dst = appendUint(dst, value-entry.value)
	}
	return dst
}

// lastBefore finds the last of sorted entries that is not beyond the value; what
// is beyond all of them has none.
func lastBefore(entries []entry, value uint64) *entry {
	var found *entry
	for i := range entries {
		if entries[i].value > value {
			return found
		}
		found = &entries[i]
	}
	if found != nil && found.value == value {
		return found
	}
	return nil
}

// peekedSignals is struct __ptrace_peeksiginfo_args.
var peekedSignals = structPointer([]member{
	{name: "off", size: 8, form: asUint},
	{name: "flags", size: 4, flags: &peekSignalFlags},
	{name: "nr", size: 4, form: asUint},
})

// signalInfos appends an array of siginfo_t.
func signalInfos(dst []byte, e *event.Event, index int, o *Options) []byte {
	const size = 128
	c := after(e, index)
	if c == nil || !succeeded(e) {
		if register(e, index) != 0 && succeeded(e) && result(e) == 0 {
			return append(dst, "[]"...)
		}
		return appendPointer(dst, register(e, index))
	}
	count, more := len(c.Data)/size, c.Truncated
	if limit := o.elements(); count > limit {
		count, more = limit, true
	}
	dst = append(dst, '[')
	for i := range count {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendSignalInfo(dst, e, c.Data[i*size:(i+1)*size], pointerSize(e), o)
	}
	return appendArrayEnd(dst, count, more)
}

// sizedSignalSet appends a set of signals whose size is the argument before it.
func sizedSignalSet(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendSizedSignalSet(dst, e, index, register(e, index-1), uint64(pointerSize(e)), o)
}

// registerBuffer appends the struct iovec that registers are read into or from.
func registerBuffer(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 2*pointerSize(e))
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "[{"...)
	dst = appendMembers(dst, e, data, bufferMembers, o)
	return append(dst, "}]"...)
}

// remoteBuffers appends an array of struct iovec whose buffers are another process's.
func remoteBuffers(dst []byte, e *event.Event, index int, o *Options) []byte {
	size := 2 * pointerSize(e)
	c := memory(e, index)
	if c == nil || len(c.Data) == 0 {
		if register(e, index) != 0 && register(e, index+1) == 0 {
			return append(dst, "[]"...)
		}
		return appendPointer(dst, register(e, index))
	}
	count, more := len(c.Data)/size, c.Truncated
	if limit := o.elements(); count > limit {
		count, more = limit, true
	}
	dst = append(dst, '[')
	for i := range count {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, '{')
		dst = appendMembers(dst, e, c.Data[i*size:(i+1)*size], bufferMembers, o)
		dst = append(dst, '}')
	}
	return appendArrayEnd(dst, count, more)
}

var bufferMembers = []member{{name: "iov_base", size: ofPointer, form: asPointer}, {name: "iov_len", size: ofPointer, form: asUint}}

// filterMetadata appends struct seccomp_metadata, as much of it as the caller
// has room for and the kernel wrote.
func filterMetadata(dst []byte, e *event.Event, index int, o *Options) []byte {
	room := register(e, index-1)
	data := bytesOf(before(e, index), 8)
	if data == nil || room < 8 {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{filter_off="...)
	dst = appendNumber(dst, data, 8, asUint)
	if written := result(e); succeeded(e) && written > 8 {
		got := bytesOf(after(e, index), 16)
		if got == nil {
			return append(dst, ", ...}"...)
		}
		dst = append(dst, ", flags="...)
		dst = seccompFlags.appendTo(dst, little.Uint64(got[8:])&(1<<(8*min(uint64(written)-8, 8))-1), o)
		if written > 16 {
			dst = append(dst, ", ..."...)
		}
	}
	return append(dst, '}')
}

// callInformation appends struct ptrace_syscall_info, as much of it as there is
// room for: where a stopped task is in its system call.
func callInformation(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := after(e, index)
	if c == nil || len(c.Data) == 0 || !succeeded(e) {
		return appendPointer(dst, register(e, index))
	}
	data := c.Data
	dst = append(dst, "{op="...)
	dst = callStops.appendTo(dst, uint64(data[0]), o)
	if len(data) >= 8 {
		dst = append(dst, ", arch="...)
		dst = auditArchitectures.appendTo(dst, uint64(little.Uint32(data[4:])), o)
	}
	if len(data) >= 16 {
		dst = append(dst, ", instruction_pointer="...)
		dst = appendPointer(dst, little.Uint64(data[8:]))
	}
	if len(data) >= 24 {
		dst = append(dst, ", stack_pointer="...)
		dst = appendPointer(dst, little.Uint64(data[16:]))
	}
	if len(data) >= 32 {
		dst = appendCallStop(dst, e, data, o)
	}
	return append(dst, '}')
}

// The stops that struct ptrace_syscall_info says more about.
const (
	stopEntry   = 1
	stopExit    = 2
	stopSeccomp = 3
)

// appendCallStop appends the union at the end of at least 32 bytes.
func appendCallStop(dst []byte, e *event.Event, data []byte, o *Options) []byte {
	switch data[0] {
	case stopEntry, stopSeccomp:
		name := ", entry={nr="
		if data[0] == stopSeccomp {
			name = ", seccomp={nr="
		}
		dst = append(dst, name...)
		dst = appendNotifiedCall(dst, e, little.Uint32(data[4:]), little.Uint32(data[24:]), o)
		if count := min((len(data)-32)/8, 6); count > 0 {
			dst = append(dst, ", args=["...)
			for i := range count {
				if i > 0 {
					dst = append(dst, ", "...)
				}
				dst = appendHex(dst, little.Uint64(data[32+8*i:]))
			}
			dst = append(dst, ']')
		}
		if data[0] == stopSeccomp && len(data) >= 84 {
			dst = append(dst, ", ret_data="...)
			dst = appendNumber(dst, data[80:], 4, asUint)
		}
		return append(dst, '}')
	case stopExit:
		dst = append(dst, ", exit={rval="...)
		value := int64(little.Uint64(data[24:]))
		if len(data) < 33 {
			return append(appendInt(dst, value), '}')
		}
		if data[32] != 0 && value == int64(int32(value)) {
			dst = appendErrorNumber(dst, int32(value))
		} else {
			dst = appendInt(dst, value)
		}
		dst = append(dst, ", is_error="...)
		dst = appendUint(dst, uint64(data[32]))
		return append(dst, '}')
	}
	return dst
}

// include/uapi/linux/ptrace.h
var peekSignalFlags = flags{unknown: "PTRACE_PEEKSIGINFO_???", names: []entry{
	{0x1, "PTRACE_PEEKSIGINFO_SHARED"},
}}

// include/uapi/linux/ptrace.h
var ptraceOptions = flags{unknown: "PTRACE_O_???", names: []entry{
	{0x1, "PTRACE_O_TRACESYSGOOD"},
	{0x2, "PTRACE_O_TRACEFORK"},
	{0x4, "PTRACE_O_TRACEVFORK"},
	{0x8, "PTRACE_O_TRACECLONE"},
	{0x10, "PTRACE_O_TRACEEXEC"},
	{0x20, "PTRACE_O_TRACEVFORKDONE"},
	{0x40, "PTRACE_O_TRACEEXIT"},
	{0x80, "PTRACE_O_TRACESECCOMP"},
	{0x100000, "PTRACE_O_EXITKILL"},
	{0x200000, "PTRACE_O_SUSPEND_SECCOMP"},
}}

// include/uapi/linux/ptrace.h
var callStops = names{unknown: "PTRACE_SYSCALL_INFO_???", names: []entry{
	{0, "PTRACE_SYSCALL_INFO_NONE"},
	{1, "PTRACE_SYSCALL_INFO_ENTRY"},
	{2, "PTRACE_SYSCALL_INFO_EXIT"},
	{3, "PTRACE_SYSCALL_INFO_SECCOMP"},
}}

// arch/x86/include/asm/user_64.h, in the order of the offsets
var userOffsets = names{names: []entry{
	{0, "8*R15"},
	{8, "8*R14"},
	{16, "8*R13"},
	{24, "8*R12"},
	{32, "8*RBP"},
	{40, "8*RBX"},
	{48, "8*R11"},
	{56, "8*R10"},
	{64, "8*R9"},
	{72, "8*R8"},
	{80, "8*RAX"},
	{88, "8*RCX"},
	{96, "8*RDX"},
	{104, "8*RSI"},
	{112, "8*RDI"},
	{120, "8*ORIG_RAX"},
	{128, "8*RIP"},
	{136, "8*CS"},
	{144, "8*EFL"},
	{152, "8*RSP"},
	{160, "8*SS"},
	{216, "offsetof(struct user, u_fpvalid)"},
	{224, "offsetof(struct user, i387)"},
	{0x2e0, "offsetof(struct user, u_tsize)"},
	{0x2e8, "offsetof(struct user, u_dsize)"},
	{0x2f0, "offsetof(struct user, u_ssize)"},
	{0x2f8, "offsetof(struct user, start_code)"},
	{0x300, "offsetof(struct user, start_stack)"},
	{0x308, "offsetof(struct user, signal)"},
	{0x310, "offsetof(struct user, reserved)"},
	{0x318, "offsetof(struct user, u_ar0)"},
	{0x320, "offsetof(struct user, u_fpstate)"},
	{0x328, "offsetof(struct user, magic)"},
	{0x330, "offsetof(struct user, u_comm)"},
	{0x350, "offsetof(struct user, u_debugreg)"},
	{0x390, "sizeof(struct user)"},
}}

// include/uapi/linux/elf.h
var registerSets = names{unknown: "NT_???", names: []entry{
	{1, "NT_PRSTATUS"},
	{2, "NT_FPREGSET"},
	{3, "NT_PRPSINFO"},
	{4, "NT_PRXREG"},
	{5, "NT_PLATFORM"},
	{6, "NT_AUXV"},
	{7, "NT_GWINDOWS"},
	{8, "NT_ASRS"},
	{10, "NT_PSTATUS"},
	{13, "NT_PSINFO"},
	{14, "NT_PRCRED"},
	{15, "NT_UTSNAME"},
	{16, "NT_LWPSTATUS"},
	{17, "NT_LWPSINFO"},
	{20, "NT_PRFPXREG"},
	{0x100, "NT_PPC_VMX"},
	{0x101, "NT_PPC_SPE"},
	{0x102, "NT_PPC_VSX"},
	{0x103, "NT_PPC_TAR"},
	{0x104, "NT_PPC_PPR"},
	{0x105, "NT_PPC_DSCR"},
	{0x106, "NT_PPC_EBB"},
	{0x107, "NT_PPC_PMU"},
	{0x108, "NT_PPC_TM_CGPR"},
	{0x109, "NT_PPC_TM_CFPR"},
	{0x10a, "NT_PPC_TM_CVMX"},
	{0x10b, "NT_PPC_TM_CVSX"},
	{0x10c, "NT_PPC_TM_SPR"},
	{0x10d, "NT_PPC_TM_CTAR"},
	{0x10e, "NT_PPC_TM_CPPR"},
	{0x10f, "NT_PPC_TM_CDSCR"},
	{0x110, "NT_PPC_PKEY"},
	{0x200, "NT_386_TLS"},
	{0x201, "NT_386_IOPERM"},
	{0x202, "NT_X86_XSTATE"},
	{0x300, "NT_S390_HIGH_GPRS"},
	{0x301, "NT_S390_TIMER"},
	{0x302, "NT_S390_TODCMP"},
	{0x303, "NT_S390_TODPREG"},
	{0x304, "NT_S390_CTRS"},
	{0x305, "NT_S390_PREFIX"},
	{0x306, "NT_S390_LAST_BREAK"},
	{0x307, "NT_S390_SYSTEM_CALL"},
	{0x308, "NT_S390_TDB"},
	{0x309, "NT_S390_VXRS_LOW"},
	{0x30a, "NT_S390_VXRS_HIGH"},
	{0x30b, "NT_S390_GS_CB"},
	{0x30c, "NT_S390_GS_BC"},
	{0x30d, "NT_S390_RI_CB"},
	{0x30e, "NT_S390_PV_CPU_DATA"},
	{0x400, "NT_ARM_VFP"},
	{0x401, "NT_ARM_TLS"},
	{0x402, "NT_ARM_HW_BREAK"},
	{0x403, "NT_ARM_HW_WATCH"},
	{0x404, "NT_ARM_SYSTEM_CALL"},
	{0x405, "NT_ARM_SVE"},
	{0x406, "NT_ARM_PAC_MASK"},
	{0x407, "NT_ARM_PACA_KEYS"},
	{0x408, "NT_ARM_PACG_KEYS"},
	{0x409, "NT_ARM_TAGGED_ADDR_CTRL"},
	{0x40a, "NT_ARM_PAC_ENABLED_KEYS"},
	{0x40b, "NT_ARM_SSVE"},
	{0x40c, "NT_ARM_ZA"},
	{0x500, "NT_METAG_CBUF"},
	{0x501, "NT_METAG_RPIPE"},
	{0x502, "NT_METAG_TLS"},
	{0x600, "NT_ARC_V2"},
	{0x700, "NT_VMCOREDD"},
	{0x800, "NT_MIPS_DSP"},
	{0x801, "NT_MIPS_FP_MODE"},
	{0x802, "NT_MIPS_MSA"},
	{0xa00, "NT_LOONGARCH_CPUCFG"},
	{0xa01, "NT_LOONGARCH_CSR"},
	{0xa02, "NT_LOONGARCH_LSX"},
	{0xa03, "NT_LOONGARCH_LASX"},
	{0xa04, "NT_LOONGARCH_LBT"},
	{0x46494c45, "NT_FILE"},
	{0x46e62b7f, "NT_PRXFPREG"},
	{0x53494749, "NT_SIGINFO"},
}}
