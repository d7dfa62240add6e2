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
		// strace gives a descriptor the same name.
		dst = append(dst, ", parent_tid="...)
		if fd := bytesOf(after(e, 2), 4); fd != nil && flags&clonePidfd != 0 && succeeded(e) {
			dst = append(dst, '[')
			dst = appendNewDescriptor(dst, e, int32(little.Uint32(fd)), o)
			dst = append(dst, ']')
		} else {
			dst = pidPointer(dst, e, 2, o)
		}
	}
	if flags&cloneSetTLS != 0 {
		dst = append(dst, ", tls="...)
		dst = AppendArgument(dst, e, tls, o)
	}
	if flags&(cloneChildSetTID|cloneChildClearTID) != 0 {
		dst = append(dst, ", child_tidptr="...)
		dst = appendPointer(dst, register(e, child))
	}
	return dst
}

var pidPointer = numberPointer(4, asInt)

// cloneFlags appends clone's flags, in whose low byte is the signal that the child ends with.
func cloneFlags(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := register(e, index)
	signal := uint32(value & cloneSignalMask)
	flags := value &^ cloneSignalMask
	if flags != 0 || signal == 0 {
		dst = cloneFlagNames.appendTo(dst, flags, o)
		if signal == 0 {
			return dst
		}
		dst = append(dst, '|')
	}
	return appendSignal(dst, signal, o)
}

// cloneArguments appends struct clone_args of clone3(2), and what the call wrote through it.
func cloneArguments(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 64)
	if data == nil || register(e, index+1) < 64 {
		return appendPointer(dst, register(e, index))
	}
	flags := little.Uint64(data)
	dst = append(dst, "{flags="...)
	dst = clone3FlagNames.appendTo(dst, flags, o)
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
	if signal := little.Uint64(data[32:]); signal < 1<<31-1 {
		dst = appendSignal(dst, uint32(signal), o)
	} else {
		dst = appendUint(dst, signal)
	}
	dst = append(dst, ", stack="...)
	dst = appendPointer(dst, little.Uint64(data[40:]))
	dst = append(dst, ", stack_size="...)
	dst = appendHex(dst, little.Uint64(data[48:]))
	if flags&cloneSetTLS != 0 {
		dst = append(dst, ", tls="...)
		if segment := bytesOf(argumentPart(e, index, 4), 16); segment != nil {
			dst = appendEntryNumber(append(dst, '{'), segment)
			dst = appendDescriptorBits(dst, e, segment)
		} else {
			dst = appendPointer(dst, little.Uint64(data[56:]))
		}
	}
	dst = appendThreadIDs(dst, e, index, data, o)
	if len(data) >= 88 {
		if cgroup := little.Uint64(data[80:]); cgroup != 0 || flags&cloneIntoCgroup != 0 {
			dst = append(dst, ", cgroup="...)
			dst = appendUint(dst, cgroup)
		}
	}
	dst = appendNonzero(dst, data, min(len(data), 88), register(e, index+1), o)
	dst = append(dst, '}')
	return appendCloneResults(dst, e, index, data, o)
}

// appendThreadIDs appends the numbers that the new process is to have in its
// name spaces, which the struct points to.
func appendThreadIDs(dst []byte, e *event.Event, index int, data []byte, o *Options) []byte {
	if len(data) < 80 {
		return dst
	}
	set, size := little.Uint64(data[64:]), little.Uint64(data[72:])
	if set == 0 && size == 0 {
		return dst
	}
	dst = append(dst, ", set_tid="...)
	const most = 32 // MAX_PID_NS_LEVEL
	numbers := argumentPart(e, index, 1)
	if numbers == nil || set == 0 || size == 0 || size > most {
		dst = appendPointer(dst, set)
	} else {
		dst = append(dst, '[')
		count := min(len(numbers.Data)/4, int(size), o.elements())
		for i := range count {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendNumber(dst, numbers.Data[4*i:], 4, asInt)
		}
		dst = appendArrayEnd(dst, count, count < int(size))
	}
	dst = append(dst, ", set_tid_size="...)
	return appendUint(dst, size)
}

// argumentPart is a part of an argument's memory, whenever it was captured.
func argumentPart(e *event.Event, index int, number uint8) *ring.Capture {
	if c := after(e, index); c != nil {
		if part := partOf(e, c, number); part != nil {
			return part
		}
	}
	return partOf(e, before(e, index), number)
}

// appendCloneResults appends what the kernel wrote where the struct points to:
// => {pidfd=[4], parent_tid=[77]}.
func appendCloneResults(dst []byte, e *event.Event, index int, data []byte, o *Options) []byte {
	flags := little.Uint64(data)
	if !succeeded(e) || flags&(clonePidfd|cloneParentSetTID) == 0 {
		return dst
	}
	dst = append(dst, " => {"...)
	if flags&clonePidfd != 0 {
		dst = append(dst, "pidfd="...)
		if fd := bytesOf(argumentPart(e, index, 2), 4); fd != nil {
			dst = append(dst, '[')
			dst = appendNewDescriptor(dst, e, int32(little.Uint32(fd)), o)
			dst = append(dst, ']')
		} else {
			dst = appendPointer(dst, little.Uint64(data[8:]))
		}
	}
	if flags&cloneParentSetTID != 0 {
		if flags&clonePidfd != 0 {
			dst = append(dst, ", "...)
		}
		// The kernel stores there the very number that it returns.
		dst = append(dst, "parent_tid=["...)
		dst = appendInt(dst, result(e))
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// waitStatus appends how a child ended, stopped or went on.
func waitStatus(dst []byte, e *event.Event, index int, o *Options) []byte {
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
		dst = appendSignal(dst, status>>8&0xff, nil) // by name in every style, here and below
		status &^= 0xffff
	case signal != 0:
		dst = append(dst, "WIFSIGNALED(s) && WTERMSIG(s) == "...)
		dst = appendSignal(dst, signal, nil)
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
func resourceUse(dst []byte, e *event.Event, index int, o *Options) []byte {
	// A wait that found no child writes nothing.
	if !succeeded(e) || e.Row.Name == "wait4" && result(e) == 0 {
		return appendPointer(dst, register(e, index))
	}
	return appendStructure(dst, e, index, memoryOf(e, index), resourceUseMembers, o)
}

// include/uapi/linux/resource.h
var resourceUseMembers = []member{
	{name: "ru_utime={tv_sec", size: ofLong},
	{name: "tv_usec", size: ofLong, form: asUint, end: "}"},
	{name: "ru_stime={tv_sec", size: ofLong},
	{name: "tv_usec", size: ofLong, form: asUint, end: "}"},
	{name: "ru_maxrss", size: ofLong, form: asUint, more: true},
	{name: "ru_ixrss", size: ofLong, form: asUint, more: true},
	{name: "ru_idrss", size: ofLong, form: asUint, more: true},
	{name: "ru_isrss", size: ofLong, form: asUint, more: true},
	{name: "ru_minflt", size: ofLong, form: asUint, more: true},
	{name: "ru_majflt", size: ofLong, form: asUint, more: true},
	{name: "ru_nswap", size: ofLong, form: asUint, more: true},
	{name: "ru_inblock", size: ofLong, form: asUint, more: true},
	{name: "ru_oublock", size: ofLong, form: asUint, more: true},
	{name: "ru_msgsnd", size: ofLong, form: asUint, more: true},
	{name: "ru_msgrcv", size: ofLong, form: asUint, more: true},
	{name: "ru_nsignals", size: ofLong, form: asUint, more: true},
	{name: "ru_nvcsw", size: ofLong, form: asUint, more: true},
	{name: "ru_nivcsw", size: ofLong, form: asUint, more: true},
}

// resourceLimit makes a decoder for a pair of limits; size 0 is the ABI's long.
func resourceLimit(size int) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		size := numberSize(e, size)
		data := structure(e, index, 2*size)
		if data == nil {
			return appendPointer(dst, register(e, index))
		}
		dst = append(dst, "{rlim_cur="...)
		dst = appendLimit(dst, long(data, 0, size), size, o)
		dst = append(dst, ", rlim_max="...)
		dst = appendLimit(dst, long(data, size, size), size, o)
		return append(dst, '}')
	}
}

func appendLimit(dst []byte, value uint64, size int, o *Options) []byte {
	switch {
	case size == 8 && value == ^uint64(0):
		return appendConstant(dst, value, asUint, "RLIM64_INFINITY", o)
	case size == 4 && value == 0xffffffff:
		return appendConstant(dst, value, asUint, "RLIM_INFINITY", o)
	case value > 1024 && value%1024 == 0:
		dst, named := beginNames(dst, value, asUint, o)
		if !named {
			return dst
		}
		dst = appendUint(dst, value/1024)
		return endNames(append(dst, "*1024"...), o)
	}
	return appendUint(dst, value)
}

// appendExit appends the line that ends a task's history.
func appendExit(dst []byte, e *event.Event) []byte {
	x := e.Exit
	if e.SupersededBy != 0 {
		dst = append(dst, "+++ superseded by execve in pid "...)
		dst = appendUint(dst, uint64(e.SupersededBy))
		return append(dst, " +++"...)
	}
	if signal := x.Code & 0x7f; signal != 0 {
		dst = append(dst, "+++ killed by "...)
		dst = appendSignal(dst, signal, nil)
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
	{0x800000, "CLONE_UNTRACED"},
	{0x1000000, "CLONE_CHILD_SETTID"},
	{0x2000000, "CLONE_NEWCGROUP"},
	{0x4000000, "CLONE_NEWUTS"},
	{0x8000000, "CLONE_NEWIPC"},
	{0x10000000, "CLONE_NEWUSER"},
	{0x20000000, "CLONE_NEWPID"},
	{0x40000000, "CLONE_NEWNET"},
	{0x80000000, "CLONE_IO"},
}}

// clone3FlagNames are clone's, and those that only clone3(2) has room for: its
// flags have no signal in their low byte.
var clone3FlagNames = flags{unknown: cloneFlagNames.unknown, names: append(cloneFlagNames.names[:len(cloneFlagNames.names):len(cloneFlagNames.names)],
	entry{0x80, "CLONE_NEWTIME"},
	entry{0x100000000, "CLONE_CLEAR_SIGHAND"},
	entry{0x200000000, "CLONE_INTO_CGROUP"},
)}

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

// include/uapi/linux/sched.h: name spaces
var namespaceTypes = flags{unknown: "CLONE_NEW???", names: []entry{
	{0x80, "CLONE_NEWTIME"},
	{0x20000, "CLONE_NEWNS"},
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
	{0x4, "WEXITED"},
	{0x2, "WSTOPPED"},
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

// execveatFlags are the AT_* flags of all calls, and execveat's own.
var execveatFlags = flags{unknown: "AT_???", names: append(atFlags.names[:len(atFlags.names):len(atFlags.names)], entry{0x10000, "AT_EXECVE_CHECK"})}

// include/uapi/linux/pidfd.h
var pidfdFlags = flags{unknown: "PIDFD_???", names: []entry{
	{0x800, "PIDFD_NONBLOCK"},
	{0x80, "PIDFD_THREAD"},
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
	{18, "PTRACE_GETFPXREGS"},
	{19, "PTRACE_SETFPXREGS"},
	{21, "PTRACE_OLDSETOPTIONS"},
	{24, "PTRACE_SYSCALL"},
	{25, "PTRACE_GET_THREAD_AREA"},
	{26, "PTRACE_SET_THREAD_AREA"},
	{30, "PTRACE_ARCH_PRCTL"},
	{31, "PTRACE_SYSEMU"},
	{32, "PTRACE_SYSEMU_SINGLESTEP"},
	{33, "PTRACE_SINGLEBLOCK"},
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
