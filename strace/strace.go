// Package strace writes events as strace writes them: a call with its
// arguments' flags, structs and strings and with its result, a signal, a
// task's end. It knows bytes only: what was captured when the call was made,
// and the ABI through which it came, never the machine that it runs on. Memory
// that was not captured is shown as its address, as strace shows memory that
// it cannot read.
//
// Everything that came from a traced process is quoted: the text has no
// control bytes. All functions append to a slice and allocate nothing else.
package strace

import (
	"math"
	"strconv"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/syscalls"
)

// DefaultStringLimit is how many bytes of a string are shown if nil stands for the options.
const DefaultStringLimit = 64

// Options say how much is shown, and how. Nil stands for the defaults.
type Options struct {
	// StringLimit is how many bytes of a string or a buffer, and how many
	// elements of an array, are shown. The names of files are never cut.
	StringLimit int
	Escape      Escape
	Constants   Constants
	// Unabbreviated shows the members of structs that are left out otherwise,
	// as far as they were captured (strace -v).
	Unabbreviated bool
	Descriptors   Descriptors
}

// Escape says which strings are written in hexadecimal (strace -x and -xx).
type Escape uint8

// What is written in hexadecimal.
const (
	EscapeNone     Escape = iota
	EscapeNonASCII        // strings with a byte that is not ASCII
	EscapeAll             // all strings
)

// Constants says how flags and numbers that have names are written (strace -X).
type Constants uint8

// How constants are written.
const (
	ConstantsNamed Constants = iota // by name
	ConstantsRaw                    // as numbers
	ConstantsBoth                   // as numbers, with the names in a comment
)

// Descriptors says what is written behind a file descriptor (strace -y and -yy).
type Descriptors uint8

// What is written behind a descriptor.
const (
	DescriptorsBare    Descriptors = iota // nothing
	DescriptorsPaths                      // the path, or what else it is
	DescriptorsDetails                    // also a socket's addresses and a device's number
)

func (o *Options) escape() Escape {
	if o == nil {
		return EscapeNone
	}
	return o.Escape
}

func (o *Options) constants() Constants {
	if o == nil {
		return ConstantsNamed
	}
	return o.Constants
}

func (o *Options) unabbreviated() bool { return o != nil && o.Unabbreviated }

func (o *Options) descriptors() Descriptors {
	if o == nil {
		return DescriptorsBare
	}
	return o.Descriptors
}

func (o *Options) stringLimit() int {
	if o == nil {
		return DefaultStringLimit
	}
	return max(o.StringLimit, 0)
}

// elements is how many elements of an array are shown.
func (o *Options) elements() int {
	if o.unabbreviated() {
		return math.MaxInt32
	}
	return o.stringLimit()
}

// AppendEvent appends the line that strace -f -o FILE would have written,
// without its newline. What strace does not write, an exec or a fork besides
// their calls, leaves dst as it is.
func AppendEvent(dst []byte, e *event.Event, o *Options) []byte {
	start := len(dst)
	switch e.Type {
	case ring.TypeCall:
		dst = appendPID(dst, e.TID)
		return appendCall(dst, e, o, start)
	case ring.TypeSignal:
		dst = appendPID(dst, e.TID)
		return appendSignalLine(dst, e, o)
	case ring.TypeExit:
		dst = appendPID(dst, e.TID)
		return appendExit(dst, e)
	}
	return dst
}

// appendPID appends the number that begins a line, padded to five columns.
func appendPID(dst []byte, pid uint32) []byte {
	start := len(dst)
	dst = strconv.AppendUint(dst, uint64(pid), 10)
	return pad(append(dst, ' '), start, 6)
}

// pad appends spaces up to a column of the line that begins at start.
func pad(dst []byte, start, column int) []byte {
	for len(dst)-start < column {
		dst = append(dst, ' ')
	}
	return dst
}

func appendSignalLine(dst []byte, e *event.Event, o *Options) []byte {
	dst = append(dst, "--- "...)
	dst = appendSignal(dst, e.Signal.Number, nil) // by name in every style
	if len(e.Signal.Info) >= 12 {
		dst = append(dst, ' ')
		// The kernel keeps a siginfo in its own layout, whatever the ABI.
		dst = appendSignalInfo(dst, e, e.Signal.Info, 8, o)
	}
	return append(dst, " ---"...)
}

// resultColumn is the column in which strace writes a call's result, unless
// the call is longer.
const resultColumn = 40

// AppendCall appends a call and its result: name(arguments) = result.
func AppendCall(dst []byte, e *event.Event, o *Options) []byte {
	return appendCall(dst, e, o, len(dst))
}

func appendCall(dst []byte, e *event.Event, o *Options, start int) []byte {
	dst = appendName(dst, e)
	dst = append(dst, '(')
	dst = appendArguments(dst, e, o)
	if e.Call.State == ring.StateInFlight {
		if !unfinishedMark(e) {
			dst = append(dst, unfinished...)
		}
		return dst
	}
	dst = append(dst, ") "...)
	dst = pad(dst, start, resultColumn)
	dst = append(dst, "= "...)
	return AppendReturn(dst, e, o)
}

const unfinished = " <unfinished ...>"

// appendName appends the call's name; one that the table lacks has a name of its number.
func appendName(dst []byte, e *event.Event) []byte {
	if form := ipcFormOf(e); form != nil {
		return append(dst, form.name...)
	}
	if e.Row != nil {
		return append(dst, e.Row.Name...)
	}
	dst = append(dst, "syscall_0x"...)
	return strconv.AppendUint(dst, uint64(e.Call.Number), 16)
}

// appendArguments appends what stands between a call's parentheses.
func appendArguments(dst []byte, e *event.Event, o *Options) []byte {
	if e.Row == nil {
		for i := range e.Call.Arguments {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendHex(dst, register(e, i))
		}
		return dst
	}
	shown := shownArguments(e)
	if e.Row.Name == "clone" {
		return appendClone(dst, e, o)
	}
	if e.Row.Name == "restart_syscall" {
		dst = append(dst, "<... resuming interrupted "...)
		if e.Resumes != nil {
			dst = append(dst, e.Resumes.Name...)
		} else {
			dst = append(dst, "system call"...)
		}
		return append(dst, " ...>"...)
	}
	if form := ipcFormOf(e); form != nil {
		return appendIPCArguments(dst, e, form, o)
	}
	first := true
	for i := range e.Row.Arguments {
		if shown>>i&1 == 0 {
			continue
		}
		if !first {
			dst = append(dst, ", "...)
		}
		first = false
		// strace reads what a call writes when it has returned: of one that
		// has not it shows what stands before.
		if !returned(e) && isLate(e, i) {
			return append(dst, unfinished...)
		}
		dst = AppendArgument(dst, e, i, o)
	}
	if e.Call.State == ring.StateUnfinished && resultDecoded(e) {
		dst = append(dst, unfinished...)
	}
	return dst
}

// unfinishedMark says whether appendArguments marks a call that has not returned.
func unfinishedMark(e *event.Event) bool {
	if e.Row == nil {
		return false
	}
	if e.Row.Name == "clone" {
		return true
	}
	shown := shownArguments(e)
	for i := range e.Row.Arguments {
		if shown>>i&1 != 0 && isLate(e, i) {
			return true
		}
	}
	return false
}

// isLate says whether strace looks at an argument only when the call has returned.
func isLate(e *event.Event, index int) bool {
	switch e.Row.Name {
	case "nanosleep", "recvmsg", "recvmmsg", "recvmmsg_time64":
		return index > 0
	case "clock_nanosleep", "clock_nanosleep_time64":
		return index > 2
	}
	return e.Row.Arguments[index].Memory.When == ring.WhenOut
}

// resultDecoded says whether strace waits for the call's end to show more than its arguments.
func resultDecoded(e *event.Event) bool {
	switch e.Row.Name {
	case "poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6", "pselect6_time64":
		return true
	}
	return false
}

// Shown says whether the argument is part of the call's line: a register that
// the call does not look at is not.
func Shown(e *event.Event, index int) bool {
	if e.Row == nil {
		return index < len(e.Call.Arguments)
	}
	return index >= 0 && index < len(e.Row.Arguments) && shownArguments(e)>>index&1 != 0
}

// shownArguments is the set of the arguments that the call looks at, a bit an argument.
func shownArguments(e *event.Event) uint8 {
	arguments := e.Row.Arguments
	all := uint8(1<<min(len(arguments), 8) - 1)
	for i := range arguments {
		switch arguments[i].Kind {
		case syscalls.KindPadding, syscalls.KindUpperHalf, syscalls.KindLowHalf, syscalls.KindUnused:
			all &^= 1 << i
		case syscalls.KindOpenMode:
			if i > 0 && !createsFile(register(e, i-1)) {
				// Nor has mq_open attributes then.
				return all & (1<<i - 1)
			}
		case syscalls.KindDevice:
			if i > 0 && arguments[i-1].Kind == syscalls.KindFileMode {
				if kind := register(e, i-1) & 0o170000; kind != 0o020000 && kind != 0o060000 {
					all &^= 1 << i
				}
			}
		case syscalls.KindMremapFlags:
			const moved = 1 | 2 // MREMAP_MAYMOVE, MREMAP_FIXED
			if register(e, i)&moved != moved {
				return all & (1<<(i+1) - 1)
			}
		case syscalls.KindFutexOperation:
			return all & futexArguments(register(e, i))
		case syscalls.KindKcmpType:
			return all & (1<<kcmpArguments(uint32(register(e, i))) - 1)
		case syscalls.KindSeccompMode:
			return all & (1<<(i+seccompArguments(register(e, i))-1) - 1)
		case syscalls.KindMembarrierFlags:
			const byCPU = 1
			if register(e, i)&byCPU == 0 {
				return all & (1<<(i+1) - 1)
			}
		}
	}
	return all
}

// AppendArgument appends the text of one argument of a call. The index is that
// of the call's row; an argument that there is not is nothing.
func AppendArgument(dst []byte, e *event.Event, index int, o *Options) []byte {
	if e.Row == nil {
		if index < 0 || index >= len(e.Call.Arguments) {
			return dst
		}
		return appendHex(dst, register(e, index))
	}
	if index < 0 || index >= len(e.Row.Arguments) {
		return dst
	}
	argument := &e.Row.Arguments[index]
	if decode := decoderOf(argument.Kind); decode != nil {
		return decode(dst, e, index, o)
	}
	// A kind without a decoder loses nothing but its names.
	if argument.Memory.Layout != ring.LayoutNone {
		return address(dst, e, index, o)
	}
	return hexadecimal(dst, e, index, o)
}

// AppendReturn appends what strace writes behind the equals sign: the result,
// with what there is to say about it.
func AppendReturn(dst []byte, e *event.Event, o *Options) []byte {
	if !returned(e) {
		// For what a seccomp filter traps or kills the kernel gives the task its
		// registers back, and strace finds the call's number where results are.
		if e.Call.State == ring.StateUnfinished && e.Call.Return != 0 && e.Call.Return == int64(e.Call.Number) {
			return appendInt(dst, e.Call.Return)
		}
		return append(dst, '?')
	}
	value := result(e)
	if value < 0 && value >= -maxErrno {
		return appendError(dst, -value, o)
	}
	if e.Row == nil {
		return appendInt(dst, value)
	}
	if narrow(e) {
		// What is an address or a set of bits has no sign.
		return appendValue(dst, e, value, uint64(uint32(value)), o)
	}
	return appendValue(dst, e, value, uint64(value), o)
}

// Result is what the call returned to the program: a value, or -1 and the
// number of an error. ok is false for a call that did not return.
func Result(e *event.Event) (value, errno int64, ok bool) {
	if !returned(e) || e.Row != nil && e.Row.Returns == syscalls.KindNever {
		return 0, 0, false
	}
	value = result(e)
	if value < 0 && value >= -maxErrno {
		return -1, -value, true
	}
	if narrow(e) && e.Row != nil && e.Row.Returns == syscalls.KindAddress {
		value = int64(uint32(value))
	}
	return value, 0, true
}
