package strace

import (
	"traceloop/event"
	"traceloop/syscalls"
)

// signalNames are the signals' names without SIG. All supported architectures
// number them alike (include/uapi/asm-generic/signal.h).
var signalNames = [...]string{
	1: "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
	"CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS", "RTMIN",
	"RT_1", "RT_2", "RT_3", "RT_4", "RT_5", "RT_6", "RT_7", "RT_8", "RT_9", "RT_10", "RT_11", "RT_12", "RT_13", "RT_14", "RT_15", "RT_16",
	"RT_17", "RT_18", "RT_19", "RT_20", "RT_21", "RT_22", "RT_23", "RT_24", "RT_25", "RT_26", "RT_27", "RT_28", "RT_29", "RT_30", "RT_31", "RT_32",
}

// SignalName is a signal's name, such as SIGSEGV, or its number where it has none.
func SignalName(number uint32) string {
	var space [16]byte
	return string(appendSignal(space[:0], number, nil))
}

func appendSignal(dst []byte, number uint32, o *Options) []byte {
	if number == 0 || number >= uint32(len(signalNames)) {
		return appendInt(dst, int64(int32(number)))
	}
	dst, named := beginNames(dst, uint64(number), asInt, o)
	if !named {
		return dst
	}
	dst = append(dst, "SIG"...)
	return endNames(append(dst, signalNames[number]...), o)
}

func signal(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendSignal(dst, uint32(register(e, index)), o)
}

// SignalCode is the name of a signal's si_code, such as SEGV_MAPERR, or its
// number where it has none.
func SignalCode(signal uint32, code int32) string {
	var space [32]byte
	return string(appendSignalCode(space[:0], signal, code, nil))
}

func appendSignalCode(dst []byte, signal uint32, code int32, o *Options) []byte {
	value := uint64(uint32(code))
	if name, ok := signalCodes.lookup(value); ok {
		return appendConstant(dst, value, asHex, name, o)
	}
	if code > 0 {
		var table *names
		switch signal {
		case sigTRAP:
			table = &trapCodes
		case sigCHLD:
			table = &childCodes
		case sigPOLL:
			table = &pollCodes
		case sigFPE:
			table = &arithmeticCodes
		case sigILL:
			table = &instructionCodes
		case sigSEGV:
			table = &segmentationCodes
		case sigBUS:
			table = &busCodes
		case sigSYS:
			table = &callCodes
		}
		if table != nil {
			if name, ok := table.lookup(value); ok {
				return appendConstant(dst, value, asHex, name, o)
			}
		}
	}
	return appendHex(dst, value)
}

const (
	sigILL    = 4
	sigTRAP   = 5
	sigBUS    = 7
	sigFPE    = 8
	sigKILL   = 9
	sigSEGV   = 11
	sigCHLD   = 17
	sigPOLL   = 29
	sigSYS    = 31
	sigRTMIN  = 32
	codeUser  = 0
	codeTimer = -2
	codePoll  = -5
	codeKill  = -6
)

// appendSignalInfo appends siginfo_t (include/uapi/asm-generic/siginfo.h): si_signo,
// si_errno and si_code, then, aligned to a pointer, a union of which the signal
// and the code decide. size is a pointer's size.
func appendSignalInfo(dst []byte, e *event.Event, info []byte, size int, o *Options) []byte {
	number := little.Uint32(info)
	if number == 0 {
		return append(dst, "{}"...)
	}
	code := int32(little.Uint32(info[8:]))
	dst = append(dst, "{si_signo="...)
	dst = appendSignal(dst, number, o)
	dst = append(dst, ", si_code="...)
	dst = appendSignalCode(dst, number, code, o)
	if errno := int32(little.Uint32(info[4:])); errno != 0 {
		dst = append(dst, ", si_errno="...)
		if name, _ := Errno(int64(errno)); name != "" {
			dst = append(dst, name...)
		} else {
			dst = appendInt(dst, int64(errno))
		}
	}
	union := 12
	if size == 8 {
		union = 16
	}
	if len(info) < union+24 {
		return append(dst, ", ...}"...)
	}
	data := info[union:]
	switch {
	case code == codeUser || code == codeKill:
		dst = appendSender(dst, data)
	case code == codeTimer:
		dst = append(dst, ", si_timerid="...)
		dst = appendHex(dst, uint64(little.Uint32(data)))
		dst = append(dst, ", si_overrun="...)
		dst = appendNumber(dst, data[4:], 4, asInt)
		dst = appendSignalValue(dst, data[8:], size)
	case code == codePoll:
		dst = appendSignalBand(dst, e, data, size, o)
	case code < 0:
		dst = appendSender(dst, data)
		if long(data, 8, size) != 0 {
			dst = appendSignalValue(dst, data[8:], size)
		}
	default:
		dst = appendSignalCause(dst, e, number, code, data, size, o)
	}
	return append(dst, '}')
}

// appendSignalCause appends what the kernel says about a signal of its own: data
// is the union, of which there are at least 24 bytes.
func appendSignalCause(dst []byte, e *event.Event, number uint32, code int32, data []byte, size int, o *Options) []byte {
	switch number {
	case sigCHLD:
		dst = appendSender(dst, data)
		dst = append(dst, ", si_status="...)
		status := int32(little.Uint32(data[8:]))
		if code == childExited {
			dst = appendInt(dst, int64(status))
		} else {
			dst = appendSignal(dst, uint32(status), o)
		}
		times := 12
		if size == 8 {
			times = 16
		}
		if len(data) >= times+2*size {
			dst = append(dst, ", si_utime="...)
			dst = appendTicks(dst, uint64(signedLong(data, times, size)))
			dst = append(dst, ", si_stime="...)
			dst = appendTicks(dst, uint64(signedLong(data, times+size, size)))
		}
	case sigILL, sigFPE, sigSEGV, sigBUS, sigTRAP:
		dst = append(dst, ", si_addr="...)
		dst = appendPointer(dst, long(data, 0, size))
		const hardware, hardwareOther, bounds, protection = 4, 5, 3, 4 // BUS_MCEERR_*, SEGV_BNDERR, SEGV_PKUERR
		switch {
		case number == sigBUS && (code == hardware || code == hardwareOther):
			dst = append(dst, ", si_addr_lsb="...)
			dst = appendHex(dst, uint64(little.Uint16(data[size:])))
		case number == sigSEGV && code == bounds && len(data) >= 4*size:
			dst = append(dst, ", si_lower="...)
			dst = appendPointer(dst, long(data, 2*size, size))
			dst = append(dst, ", si_upper="...)
			dst = appendPointer(dst, long(data, 3*size, size))
		case number == sigSEGV && code == protection && len(data) >= 2*size+4:
			dst = append(dst, ", si_pkey="...)
			dst = appendUint(dst, uint64(little.Uint32(data[2*size:])))
		}
	case sigPOLL:
		if code >= 1 && code <= 3 { // POLL_IN, POLL_OUT, POLL_MSG
			dst = appendSignalBand(dst, e, data, size, o)
		}
	case sigSYS:
		dst = append(dst, ", si_call_addr="...)
		dst = appendPointer(dst, long(data, 0, size))
		dst = append(dst, ", si_syscall="...)
		dst = appendTrappedCall(dst, e, little.Uint32(data[size+4:]), little.Uint32(data[size:]), o)
		dst = append(dst, ", si_arch="...)
		dst = auditArchitectures.appendTo(dst, uint64(little.Uint32(data[size+4:])), o)
	default:
		if little.Uint64(data) != 0 { // a process or a user
			dst = appendSender(dst, data)
		}
		if long(data, 8, size) != 0 {
			dst = appendSignalValue(dst, data[8:], size)
		}
	}
	return dst
}

// appendSignalBand appends what became of which descriptor.
func appendSignalBand(dst []byte, e *event.Event, data []byte, size int, o *Options) []byte {
	dst = append(dst, ", si_band="...)
	dst = appendInt(dst, signedLong(data, 0, size))
	dst = append(dst, ", si_fd="...)
	return appendDescriptor(dst, e, int32(little.Uint32(data[size:])), o)
}

// appendTicks appends a time in hundredths of a second.
func appendTicks(dst []byte, ticks uint64) []byte {
	dst = appendUint(dst, ticks)
	if ticks == 0 {
		return dst
	}
	dst = append(dst, " /* "...)
	dst = appendUint(dst, ticks/100)
	dst = append(dst, '.', '0'+byte(ticks/10%10), '0'+byte(ticks%10))
	return append(dst, " s */"...)
}

const childExited = 1 // CLD_EXITED

// appendTrappedCall appends the call that SIGSYS is about. A signal's own event
// has no ABI: it is the call's.
func appendTrappedCall(dst []byte, e *event.Event, architecture, number uint32, o *Options) []byte {
	if e.ABI != 0 {
		return appendNotifiedCall(dst, e, architecture, number, o)
	}
	var abi syscalls.ABI
	switch architecture { // include/uapi/linux/audit.h
	case 0xc000003e:
		abi = syscalls.AMD64
	case 0x40000003:
		abi = syscalls.I386
	case 0xc00000b7:
		abi = syscalls.ARM64
	case 0x40000028:
		abi = syscalls.ARM
	}
	return appendNotifiedCall(dst, &event.Event{ABI: abi}, architecture, number, o)
}

func appendSender(dst, data []byte) []byte {
	dst = append(dst, ", si_pid="...)
	dst = appendNumber(dst, data, 4, asInt)
	dst = append(dst, ", si_uid="...)
	return appendNumber(dst, data[4:], 4, asUint)
}

func appendSignalValue(dst, data []byte, size int) []byte {
	dst = append(dst, ", si_int="...)
	dst = appendNumber(dst, data, 4, asInt)
	dst = append(dst, ", si_ptr="...)
	return appendPointer(dst, long(data, 0, size))
}

// signalInfo appends a siginfo_t that the call got or gave.
func signalInfo(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 16)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	return appendSignalInfo(dst, e, data, pointerSize(e), o)
}

// appendSignalSet appends a set of signals: [INT CHLD]. Of a set in which more
// than two thirds are, those are shown that are not: ~[KILL STOP].
func appendSignalSet(dst []byte, set uint64, width int, o *Options) []byte {
	count := 0
	for s := set; s != 0; s &= s - 1 {
		count++
	}
	if count >= width*2/3 {
		dst = append(dst, '~')
		set = ^set
		if width < 64 {
			set &= 1<<width - 1
		}
	}
	dst = append(dst, '[')
	first := true
	for i := range width {
		if set>>i&1 == 0 {
			continue
		}
		if !first {
			dst = append(dst, ' ')
		}
		first = false
		dst = appendConstant(dst, uint64(i+1), asInt, signalNames[i+1], o)
	}
	return append(dst, ']')
}

// restoredMask appends the mask of so many bytes that a signal's frame has.
func restoredMask(size int) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		data := structure(e, index, size)
		if data == nil {
			return dst
		}
		dst = append(dst, "{mask="...)
		dst = appendSignalSet(dst, field(data, 0, size), 8*size, o)
		return append(dst, '}')
	}
}

// signalSet appends a set of signals, whose size is another argument of the call.
func signalSet(dst []byte, e *event.Event, index int, o *Options) []byte {
	size, least := uint64(8), uint64(pointerSize(e))
	for i := index + 1; i < len(e.Row.Arguments); i++ {
		if e.Row.Arguments[i].Kind == syscalls.KindSize {
			size = register(e, i)
		}
	}
	if e.Row.Name == "rt_sigpending" {
		least = 1
	}
	return appendSizedSignalSet(dst, e, index, size, least, o)
}

// appendSizedSignalSet appends as much of a set of signals as the call was told
// of. A set of another size is none that the kernel takes.
func appendSizedSignalSet(dst []byte, e *event.Event, index int, size, least uint64, o *Options) []byte {
	data := structure(e, index, 8)
	if data == nil || size < least || size > 8 {
		return appendPointer(dst, register(e, index))
	}
	set := little.Uint64(data)
	if size < 8 {
		set &= 1<<(8*size) - 1
	}
	return appendSignalSet(dst, set, int(size+3)/4*32, o)
}

func oldSignalSet(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 4)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	return appendSignalSet(dst, uint64(little.Uint32(data)), 32, o)
}

func signalMask(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendSignalSet(dst, register(e, index)&0xffffffff, 32, o)
}

func signalHandler(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendHandler(dst, register(e, index), o)
}

func appendHandler(dst []byte, value uint64, o *Options) []byte {
	switch value {
	case 0:
		return appendConstant(dst, value, asHex, "SIG_DFL", o)
	case 1:
		return appendConstant(dst, value, asHex, "SIG_IGN", o)
	case ^uint64(0):
		return appendConstant(dst, value, asHex, "SIG_ERR", o)
	}
	return appendPointer(dst, value)
}

// signalAction appends the kernel's struct sigaction: handler, flags, restorer, mask.
func signalAction(dst []byte, e *event.Event, index int, o *Options) []byte {
	size := pointerSize(e)
	data := structure(e, index, 3*size+8)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	flags := long(data, size, size)
	dst = append(dst, "{sa_handler="...)
	dst = appendHandler(dst, long(data, 0, size), o)
	dst = append(dst, ", sa_mask="...)
	dst = appendSignalSet(dst, little.Uint64(data[3*size:]), 64, o)
	return appendActionEnd(dst, flags, long(data, 2*size, size), o)
}

// oldSignalAction appends struct old_sigaction of 32-bit ABIs: handler, mask, flags, restorer.
func oldSignalAction(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 16)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{sa_handler="...)
	dst = appendHandler(dst, long(data, 0, 4), o)
	dst = append(dst, ", sa_mask="...)
	dst = appendSignalSet(dst, long(data, 4, 4), 32, o)
	return appendActionEnd(dst, long(data, 8, 4), long(data, 12, 4), o)
}

func appendActionEnd(dst []byte, flags, restorer uint64, o *Options) []byte {
	const hasRestorer = 0x4000000
	dst = append(dst, ", sa_flags="...)
	dst = actionFlags.appendTo(dst, flags, o)
	if flags&hasRestorer != 0 {
		dst = append(dst, ", sa_restorer="...)
		dst = appendPointer(dst, restorer)
	}
	return append(dst, '}')
}

// signalStack appends stack_t.
func signalStack(dst []byte, e *event.Event, index int, o *Options) []byte {
	size := pointerSize(e)
	data := structure(e, index, 3*size)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{ss_sp="...)
	dst = appendPointer(dst, long(data, 0, size))
	dst = append(dst, ", ss_flags="...)
	dst = stackFlags.appendTo(dst, uint64(little.Uint32(data[size:])), o)
	dst = append(dst, ", ss_size="...)
	dst = appendUint(dst, long(data, 2*size, size))
	return append(dst, '}')
}

// signalEvent appends struct sigevent of timer_create(2) and mq_notify(2).
func signalEvent(dst []byte, e *event.Event, index int, o *Options) []byte {
	size := pointerSize(e)
	data := structure(e, index, size+16)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	value := long(data, 0, size)
	how := little.Uint32(data[size+4:])
	dst = append(dst, '{')
	if value != 0 {
		dst = append(dst, "sigev_value={sival_int="...)
		dst = appendInt(dst, int64(int32(value)))
		dst = append(dst, ", sival_ptr="...)
		dst = appendPointer(dst, value)
		dst = append(dst, "}, "...)
	}
	const signal, thread, threadID = 0, 2, 4
	dst = append(dst, "sigev_signo="...)
	switch number := little.Uint32(data[size:]); how {
	case signal, thread, threadID:
		dst = appendSignal(dst, number, o)
	default: // no signal is meant
		dst = appendUint(dst, uint64(number))
	}
	dst = append(dst, ", sigev_notify="...)
	dst = notifications.appendTo(dst, uint64(how), o)
	switch how {
	case threadID:
		dst = append(dst, ", sigev_notify_thread_id="...)
		dst = appendNumber(dst, data[size+8:], 4, asInt)
	case thread:
		dst = append(dst, ", sigev_notify_function="...)
		dst = appendPointer(dst, load(data, size+8, size))
		dst = append(dst, ", sigev_notify_attributes="...)
		dst = appendPointer(dst, load(data, size+8+size, size))
	}
	return append(dst, '}')
}

// include/uapi/asm-generic/siginfo.h: codes that any signal may have
var signalCodes = names{names: []entry{
	{0, "SI_USER"},
	{128, "SI_KERNEL"},
	{0xffffffff, "SI_QUEUE"},
	{0xfffffffe, "SI_TIMER"},
	{0xfffffffd, "SI_MESGQ"},
	{0xfffffffc, "SI_ASYNCIO"},
	{0xfffffffb, "SI_SIGIO"},
	{0xfffffffa, "SI_TKILL"},
	{0xfffffff9, "SI_DETHREAD"},
	{0xffffffc4, "SI_ASYNCNL"},
}}

// of SIGILL
var instructionCodes = names{names: []entry{
	{1, "ILL_ILLOPC"},
	{2, "ILL_ILLOPN"},
	{3, "ILL_ILLADR"},
	{4, "ILL_ILLTRP"},
	{5, "ILL_PRVOPC"},
	{6, "ILL_PRVREG"},
	{7, "ILL_COPROC"},
	{8, "ILL_BADSTK"},
	{9, "ILL_BADIADDR"},
}}

// of SIGFPE
var arithmeticCodes = names{names: []entry{
	{1, "FPE_INTDIV"},
	{2, "FPE_INTOVF"},
	{3, "FPE_FLTDIV"},
	{4, "FPE_FLTOVF"},
	{5, "FPE_FLTUND"},
	{6, "FPE_FLTRES"},
	{7, "FPE_FLTINV"},
	{8, "FPE_FLTSUB"},
	{14, "FPE_FLTUNK"},
	{15, "FPE_CONDTRAP"},
}}

// of SIGSEGV
var segmentationCodes = names{names: []entry{
	{1, "SEGV_MAPERR"},
	{2, "SEGV_ACCERR"},
	{3, "SEGV_BNDERR"},
	{4, "SEGV_PKUERR"},
	{5, "SEGV_ACCADI"},
	{6, "SEGV_ADIDERR"},
	{7, "SEGV_ADIPERR"},
	{8, "SEGV_MTEAERR"},
	{9, "SEGV_MTESERR"},
	{10, "SEGV_CPERR"},
}}

// of SIGBUS
var busCodes = names{names: []entry{
	{1, "BUS_ADRALN"},
	{2, "BUS_ADRERR"},
	{3, "BUS_OBJERR"},
	{4, "BUS_MCEERR_AR"},
	{5, "BUS_MCEERR_AO"},
}}

// of SIGTRAP
var trapCodes = names{names: []entry{
	{1, "TRAP_BRKPT"},
	{2, "TRAP_TRACE"},
	{3, "TRAP_BRANCH"},
	{4, "TRAP_HWBKPT"},
	{5, "TRAP_UNK"},
	{6, "TRAP_PERF"},
}}

// of SIGCHLD
var childCodes = names{names: []entry{
	{1, "CLD_EXITED"},
	{2, "CLD_KILLED"},
	{3, "CLD_DUMPED"},
	{4, "CLD_TRAPPED"},
	{5, "CLD_STOPPED"},
	{6, "CLD_CONTINUED"},
}}

// of SIGIO
var pollCodes = names{names: []entry{
	{1, "POLL_IN"},
	{2, "POLL_OUT"},
	{3, "POLL_MSG"},
	{4, "POLL_ERR"},
	{5, "POLL_PRI"},
	{6, "POLL_HUP"},
}}

// of SIGSYS
var callCodes = names{names: []entry{
	{1, "SYS_SECCOMP"},
	{2, "SYS_USER_DISPATCH"},
}}

// include/uapi/linux/audit.h
var auditArchitectures = names{unknown: "AUDIT_ARCH_???", names: []entry{
	{0xc000003e, "AUDIT_ARCH_X86_64"},
	{0x40000003, "AUDIT_ARCH_I386"},
	{0xc00000b7, "AUDIT_ARCH_AARCH64"},
	{0x40000028, "AUDIT_ARCH_ARM"},
}}

// include/uapi/asm-generic/signal-defs.h
var actionFlags = flags{unknown: "SA_???", names: []entry{
	{0x4000000, "SA_RESTORER"},
	{0x8000000, "SA_ONSTACK"},
	{0x10000000, "SA_RESTART"},
	{0x20000000, "SA_INTERRUPT"},
	{0x40000000, "SA_NODEFER"},
	{0x80000000, "SA_RESETHAND"},
	{0x4, "SA_SIGINFO"},
	{0x1, "SA_NOCLDSTOP"},
	{0x2, "SA_NOCLDWAIT"},
	{0x400, "SA_UNSUPPORTED"},
	{0x800, "SA_EXPOSE_TAGBITS"},
}}

// include/uapi/asm-generic/signal-defs.h
var signalHow = names{unknown: "SIG_???", names: []entry{
	{0, "SIG_BLOCK"},
	{1, "SIG_UNBLOCK"},
	{2, "SIG_SETMASK"},
}}

// include/uapi/linux/signal.h
var stackFlags = flags{unknown: "SS_???", names: []entry{
	{0x1, "SS_ONSTACK"},
	{0x2, "SS_DISABLE"},
	{0x80000000, "SS_AUTODISARM"},
}}

// include/uapi/asm-generic/siginfo.h
var notifications = names{unknown: "SIGEV_???", names: []entry{
	{0, "SIGEV_SIGNAL"},
	{1, "SIGEV_NONE"},
	{2, "SIGEV_THREAD"},
	{4, "SIGEV_THREAD_ID"},
}}

// include/linux/signalfd.h
var signalfdFlags = flags{unknown: "SFD_???", names: []entry{
	{0x80000, "SFD_CLOEXEC"},
	{0x800, "SFD_NONBLOCK"},
}}
