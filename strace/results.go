package strace

import (
	"traceloop/event"
	"traceloop/syscalls"
)

// A resultWriter appends what a call returned that is no error: bits are the
// value as the ABI has it without a sign.
type resultWriter func(dst []byte, e *event.Event, value int64, bits uint64, o *Options) []byte

// results is indexed by the kind that a row says is returned. A kind without a
// writer is a number with a sign.
var results = [...]resultWriter{
	syscalls.KindNever:     neverResult,
	syscalls.KindFD:        descriptorResult,
	syscalls.KindAddress:   addressResult,
	syscalls.KindHex:       hexResult,
	syscalls.KindHexOffset: hexResult,
	syscalls.KindMode:      modeResult,
	syscalls.KindUmask:     modeResult,
	syscalls.KindUID:       unsignedResult,
	syscalls.KindGID:       unsignedResult,
	syscalls.KindUint:      unsignedResult,
	syscalls.KindTime:      timeResult,

	syscalls.KindSchedulerPolicy: schedulerPolicies.result,
	syscalls.KindIoprio:          priorityResult,
	syscalls.KindPersonality:     personalityResult,
	syscalls.KindSignal:          signalResult,
	syscalls.KindClockState:      clockStates.result,
	syscalls.KindSignalHandler:   handlerResult,
	syscalls.KindSignalMask:      maskResult("mask "),
	syscalls.KindOldSignalMask:   maskResult("old mask "),

	syscalls.KindMembarrierCommand: prefixedResult("", &membarrierSet),
	syscalls.KindIPCAttached:       ipcAttachedResult,
	syscalls.KindUserDescriptor:    userDescriptorResult,
	syscalls.KindLDTFunction:       ldtResult,

	syscalls.KindCloseOnExec: prefixedResult("flags ", &closeOnExec),
	syscalls.KindOpenFlags:   openFlagsResult,
	syscalls.KindFileLease:   leaseResult,
	syscalls.KindFileSeals:   prefixedResult("seals ", &sealFlags),

	syscalls.KindNamespaceType:      namespaceResult,
	syscalls.KindDumpMode:           dumpModes.result,
	syscalls.KindSecureBits:         secureBits.result,
	syscalls.KindFpMode:             fpModes.result,
	syscalls.KindMceKillPolicy:      machineCheckPolicies.result,
	syscalls.KindPacEnabledKeys:     enabledKeys.result,
	syscalls.KindSpeculationState:   speculationResult,
	syscalls.KindVectorLength:       vectorResult(&vectorFlags),
	syscalls.KindMatrixLength:       vectorResult(&matrixFlags),
	syscalls.KindTaggedAddresses:    taggedAddressesResult,
	syscalls.KindCPUFeaturesGranted: extendedStates.result,
}

func appendValue(dst []byte, e *event.Event, value int64, bits uint64, o *Options) []byte {
	if kind := int(e.Row.Returns); kind < len(results) && results[kind] != nil {
		return results[kind](dst, e, value, bits, o)
	}
	switch e.Row.Name {
	case "poll", "ppoll", "ppoll_time64":
		return appendPollReturn(dst, e, value, o)
	case "select", "_newselect", "pselect6", "pselect6_time64":
		if len(e.Row.Arguments) < 5 {
			break
		}
		return appendSelectReturn(dst, e, value)
	case "mount_setattr":
		return appendDescriptor(dst, e, int32(value), o) // strace 6.1 takes its 0 for one
	case "recvmmsg", "recvmmsg_time64":
		dst = appendInt(dst, value)
		if value == 0 {
			return append(dst, " (Timeout)"...)
		}
		if len(e.Row.Arguments) > 4 {
			length := len(dst)
			dst = appendTimeLeft(dst, e, 4, " (")
			if len(dst) > length {
				dst = append(dst, ')')
			}
		}
		return dst
	}
	return appendInt(dst, value)
}

func neverResult(dst []byte, _ *event.Event, _ int64, _ uint64, _ *Options) []byte {
	return append(dst, '?')
}

func descriptorResult(dst []byte, e *event.Event, value int64, _ uint64, o *Options) []byte {
	if e.Row.Name == "open_by_handle_at" {
		return appendInt(dst, value) // strace 6.1 does not say what it opened
	}
	return appendNewDescriptor(dst, e, int32(value), o)
}

func addressResult(dst []byte, _ *event.Event, _ int64, bits uint64, _ *Options) []byte {
	return appendHex(dst, bits)
}

func hexResult(dst []byte, _ *event.Event, _ int64, bits uint64, _ *Options) []byte {
	return appendHex(dst, bits)
}

func modeResult(dst []byte, _ *event.Event, _ int64, bits uint64, o *Options) []byte {
	return appendMode(dst, bits, o)
}

func unsignedResult(dst []byte, _ *event.Event, _ int64, bits uint64, _ *Options) []byte {
	return appendUint(dst, uint64(uint32(bits)))
}

func timeResult(dst []byte, _ *event.Event, value int64, _ uint64, _ *Options) []byte {
	dst = appendInt(dst, value)
	dst = append(dst, " ("...)
	dst = appendWhen(dst, value, 0, 1)
	return append(dst, ')')
}

// result appends a number and, if it has one, its name.
func (n *names) result(dst []byte, _ *event.Event, value int64, _ uint64, o *Options) []byte {
	return appendNamed(dst, value, n, o)
}

func appendNamed(dst []byte, value int64, table *names, o *Options) []byte {
	dst = appendInt(dst, value)
	if name, ok := table.lookup(uint64(value)); ok {
		dst = append(dst, " ("...)
		dst = append(dst, name...)
		dst = append(dst, ')')
	}
	return dst
}

// result appends a set of flags in hexadecimal, and their names.
func (f *flags) result(dst []byte, _ *event.Event, _ int64, bits uint64, o *Options) []byte {
	dst = appendHex(dst, bits)
	if bits == 0 || o.constants() == ConstantsRaw {
		return dst
	}
	dst = append(dst, " ("...)
	return append(appendFlagNames(dst, f, bits), ')')
}

// prefixedResult makes a writer of flags with a word before their names, which
// are in the style of all constants.
func prefixedResult(prefix string, f *flags) resultWriter {
	return func(dst []byte, _ *event.Event, _ int64, bits uint64, o *Options) []byte {
		dst = appendHex(dst, bits)
		if bits == 0 {
			return dst
		}
		dst = append(dst, " ("...)
		dst = append(dst, prefix...)
		dst, named := beginNames(dst, bits, asHex, o)
		if named {
			dst = endNames(appendFlagNames(dst, f, bits), o)
		}
		return append(dst, ')')
	}
}

// appendFlagNames appends the names of flags, whatever the style of constants.
func appendFlagNames(dst []byte, f *flags, bits uint64) []byte {
	dst, left := f.appendKnown(dst, bits, false)
	if left != 0 {
		if left != bits {
			dst = append(dst, '|')
		}
		dst = appendHex(dst, left)
	}
	return dst
}

func priorityResult(dst []byte, _ *event.Event, value int64, bits uint64, o *Options) []byte {
	dst = appendInt(dst, value)
	if o.constants() == ConstantsRaw {
		return dst
	}
	dst = append(dst, " ("...)
	dst = appendPriorityClass(dst, bits, o)
	return append(dst, ')')
}

func personalityResult(dst []byte, _ *event.Event, _ int64, bits uint64, o *Options) []byte {
	dst = appendHex(dst, bits)
	dst = append(dst, " ("...)
	dst = appendPersonality(dst, bits, o)
	return append(dst, ')')
}

func signalResult(dst []byte, _ *event.Event, value int64, _ uint64, o *Options) []byte {
	dst = appendInt(dst, value)
	if value > 0 {
		dst = append(dst, " ("...)
		dst = appendSignal(dst, uint32(value), o)
		dst = append(dst, ')')
	}
	return dst
}

// handlerResult appends the handler that signal(2) replaced.
func handlerResult(dst []byte, _ *event.Event, _ int64, bits uint64, _ *Options) []byte {
	dst = appendHex(dst, bits)
	switch bits {
	case 0:
		return append(dst, " (SIG_DFL)"...)
	case 1:
		return append(dst, " (SIG_IGN)"...)
	}
	return dst
}

// maskResult makes a writer of a set of 32 signals.
func maskResult(prefix string) resultWriter {
	return func(dst []byte, _ *event.Event, _ int64, bits uint64, o *Options) []byte {
		dst = appendHex(dst, bits)
		dst = append(dst, " ("...)
		dst = append(dst, prefix...)
		dst = appendSignalSet(dst, bits&0xffffffff, 32, o)
		return append(dst, ')')
	}
}

func openFlagsResult(dst []byte, e *event.Event, _ int64, bits uint64, _ *Options) []byte {
	dst = appendHex(dst, bits)
	dst = append(dst, " (flags "...)
	dst = appendOpenFlags(dst, e, bits, nil) // by name in every style
	return append(dst, ')')
}

func leaseResult(dst []byte, _ *event.Event, _ int64, bits uint64, _ *Options) []byte {
	dst = appendHex(dst, bits)
	if name, ok := lockTypes.lookup(bits); ok {
		dst = append(dst, " ("...)
		dst = append(dst, name...)
		dst = append(dst, ')')
	}
	return dst
}

// speculationResult appends the state of what PR_GET_SPECULATION_CTRL was asked
// for, if that is something known.
func speculationResult(dst []byte, e *event.Event, value int64, bits uint64, o *Options) []byte {
	if register(e, 1) >= uint64(len(speculations.names)) {
		return appendInt(dst, value)
	}
	if bits == 0 {
		return append(dst, "0 (PR_SPEC_NOT_AFFECTED)"...)
	}
	return speculationStates.result(dst, e, value, bits, o)
}

// vectorResult makes a writer of a vector's length.
func vectorResult(table *flags) resultWriter {
	return func(dst []byte, _ *event.Event, _ int64, bits uint64, o *Options) []byte {
		const lengthMask = 0xffff
		dst = appendHex(dst, bits)
		if bits&^lengthMask == 0 || o.constants() == ConstantsRaw {
			return dst
		}
		dst = append(dst, " ("...)
		dst = appendVectorLength(dst, bits, table, nil)
		return append(dst, ')')
	}
}

func taggedAddressesResult(dst []byte, _ *event.Event, _ int64, bits uint64, o *Options) []byte {
	dst = appendHex(dst, bits)
	if o.constants() == ConstantsRaw {
		return dst
	}
	dst = append(dst, " ("...)
	dst = appendTaggedAddresses(dst, bits, nil)
	return append(dst, ')')
}

// include/uapi/linux/timex.h
var clockStates = names{names: []entry{
	{0, "TIME_OK"}, {1, "TIME_INS"}, {2, "TIME_DEL"}, {3, "TIME_OOP"}, {4, "TIME_WAIT"}, {5, "TIME_ERROR"},
}}
