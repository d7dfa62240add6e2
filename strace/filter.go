package strace

import (
	"traceloop/event"
	"traceloop/ring"
)

// appendFilterProgram appends struct sock_fprog of include/uapi/linux/filter.h,
// a classic BPF program, whose statements are the capture's first part. value
// appends what a statement returns; nil is a plain number.
func appendFilterProgram(dst []byte, e *event.Event, c *ring.Capture, value func(dst []byte, code uint16, k uint32, o *Options) []byte, o *Options) []byte {
	const statements = 1
	size := pointerSize(e)
	length := load(c.Data, 0, 2)
	pointer := load(c.Data, size, size)
	dst = append(dst, "{len="...)
	dst = appendUint(dst, length)
	dst = append(dst, ", filter="...)
	p := partOf(e, c, statements)
	switch {
	case !o.unabbreviated():
		dst = appendPointer(dst, pointer)
	case pointer != 0 && length == 0:
		dst = append(dst, "[]"...)
	case p == nil:
		dst = appendPointer(dst, pointer)
	default:
		dst = appendStatements(dst, p, length, value, o)
	}
	return append(dst, '}')
}

// appendStatements appends a filter's statements, each of 8 bytes: code, two
// ways to jump, and a constant.
func appendStatements(dst []byte, p *ring.Capture, length uint64, value func(dst []byte, code uint16, k uint32, o *Options) []byte, o *Options) []byte {
	const size = 8
	dst = append(dst, '[')
	shown := int(min(length, uint64(len(p.Data)/size)))
	for i := range shown {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		statement := p.Data[i*size:]
		code, onTrue, onFalse, k := little.Uint16(statement), statement[2], statement[3], little.Uint32(statement[4:])
		if onTrue != 0 || onFalse != 0 {
			dst = append(dst, "BPF_JUMP("...)
			dst = appendFilterCode(dst, code, o)
			dst = append(dst, ", "...)
			dst = appendHex(dst, uint64(k))
			dst = append(dst, ", "...)
			dst = appendHex(dst, uint64(onTrue))
			dst = append(dst, ", "...)
			dst = appendHex(dst, uint64(onFalse))
			dst = append(dst, ')')
			continue
		}
		dst = append(dst, "BPF_STMT("...)
		dst = appendFilterCode(dst, code, o)
		dst = append(dst, ", "...)
		if value != nil {
			dst = value(dst, code, k, o)
		} else {
			dst = appendHex(dst, uint64(k))
		}
		dst = append(dst, ')')
	}
	return appendArrayEnd(dst, shown, uint64(shown) < length)
}

// The classes of statements, BPF_CLASS of include/uapi/linux/bpf_common.h.
const (
	filterLoad = iota
	filterLoadX
	filterStore
	filterStoreX
	filterArithmetic
	filterJump
	filterReturn
	filterMisc
)

// appendFilterCode appends what a statement does.
func appendFilterCode(dst []byte, code uint16, o *Options) []byte {
	class := uint64(code & 7)
	rest := uint64(code &^ 7)
	dst = filterClasses.appendTo(dst, class, o)
	var known uint64
	switch class {
	case filterLoad, filterLoadX:
		dst = append(dst, '|')
		dst = filterSizes.appendTo(dst, rest&0x18, o)
		dst = append(dst, '|')
		return filterModes.appendTo(dst, rest&0xe0, o)
	case filterArithmetic, filterJump:
		dst = append(dst, '|')
		dst = filterSources.appendTo(dst, rest&0x08, o)
		dst = append(dst, '|')
		if class == filterJump {
			return filterJumps.appendTo(dst, rest&0xf0, o)
		}
		return filterOperations.appendTo(dst, rest&0xf0, o)
	case filterReturn:
		known = rest & 0x18
		dst = append(dst, '|')
		dst = filterResults.appendTo(dst, known, o)
	case filterMisc:
		known = rest & 0xf8
		dst = append(dst, '|')
		dst = filterMoves.appendTo(dst, known, o)
	}
	if rest &^= known; rest != 0 {
		dst = append(dst, '|')
		dst = appendHex(dst, rest)
		dst = appendComment(dst, "BPF_???")
	}
	return dst
}

// seccompReturn appends what a filter of seccomp(2) returns: an action and its data.
func seccompReturn(dst []byte, code uint16, k uint32, o *Options) []byte {
	if code&7 != filterReturn {
		return appendHex(dst, uint64(k))
	}
	dst = seccompActions.appendTo(dst, uint64(k&0xffff0000), o)
	if data := k & 0xffff; data != 0 {
		dst = append(dst, '|')
		dst = appendHex(dst, uint64(data))
	}
	return dst
}

// seccompProgram appends the filter of SECCOMP_SET_MODE_FILTER.
func seccompProgram(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil || len(c.Data) < 2*pointerSize(e) {
		return appendPointer(dst, register(e, index))
	}
	return appendFilterProgram(dst, e, c, seccompReturn, o)
}

var seccompSizes = []member{ // struct seccomp_notif_sizes
	{name: "seccomp_notif", size: 2, form: asUint},
	{name: "seccomp_notif_resp", size: 2, form: asUint},
	{name: "seccomp_data", size: 2, form: asUint},
}

// include/uapi/linux/seccomp.h
var seccompActions = names{unknown: "SECCOMP_RET_???", names: []entry{
	{0x80000000, "SECCOMP_RET_KILL_PROCESS"},
	{0x00000000, "SECCOMP_RET_KILL_THREAD"},
	{0x00030000, "SECCOMP_RET_TRAP"},
	{0x00050000, "SECCOMP_RET_ERRNO"},
	{0x7fc00000, "SECCOMP_RET_USER_NOTIF"},
	{0x7ff00000, "SECCOMP_RET_TRACE"},
	{0x7ffc0000, "SECCOMP_RET_LOG"},
	{0x7fff0000, "SECCOMP_RET_ALLOW"},
}}

// include/uapi/linux/bpf_common.h and filter.h; strace has names of
// include/uapi/linux/bpf.h among them.
var (
	filterClasses = names{unknown: "BPF_???", names: []entry{
		{0, "BPF_LD"}, {1, "BPF_LDX"}, {2, "BPF_ST"}, {3, "BPF_STX"}, {4, "BPF_ALU"}, {5, "BPF_JMP"}, {6, "BPF_RET"}, {7, "BPF_MISC"},
	}}
	filterSizes = names{unknown: "BPF_???", names: []entry{
		{0x00, "BPF_W"}, {0x08, "BPF_H"}, {0x10, "BPF_B"}, {0x18, "BPF_DW"},
	}}
	filterModes = names{unknown: "BPF_???", names: []entry{
		{0x00, "BPF_IMM"}, {0x20, "BPF_ABS"}, {0x40, "BPF_IND"}, {0x60, "BPF_MEM"}, {0x80, "BPF_LEN"}, {0xa0, "BPF_MSH"}, {0xc0, "BPF_XADD"},
	}}
	filterSources = names{unknown: "BPF_???", names: []entry{
		{0x00, "BPF_K"}, {0x08, "BPF_X"},
	}}
	filterOperations = names{unknown: "BPF_???", names: []entry{
		{0x00, "BPF_ADD"}, {0x10, "BPF_SUB"}, {0x20, "BPF_MUL"}, {0x30, "BPF_DIV"}, {0x40, "BPF_OR"}, {0x50, "BPF_AND"}, {0x60, "BPF_LSH"},
		{0x70, "BPF_RSH"}, {0x80, "BPF_NEG"}, {0x90, "BPF_MOD"}, {0xa0, "BPF_XOR"}, {0xb0, "BPF_MOV"}, {0xc0, "BPF_ARSH"}, {0xd0, "BPF_END"},
	}}
	filterJumps = names{unknown: "BPF_???", names: []entry{
		{0x00, "BPF_JA"}, {0x10, "BPF_JEQ"}, {0x20, "BPF_JGT"}, {0x30, "BPF_JGE"}, {0x40, "BPF_JSET"}, {0x50, "BPF_JNE"}, {0x60, "BPF_JSGT"},
		{0x70, "BPF_JSGE"}, {0x80, "BPF_CALL"}, {0x90, "BPF_EXIT"}, {0xa0, "BPF_JLT"}, {0xb0, "BPF_JLE"}, {0xc0, "BPF_JSLT"}, {0xd0, "BPF_JSLE"},
	}}
	filterResults = names{unknown: "BPF_???", names: []entry{
		{0x00, "BPF_K"}, {0x08, "BPF_X"}, {0x10, "BPF_A"},
	}}
	filterMoves = names{unknown: "BPF_???", names: []entry{
		{0x00, "BPF_TAX"}, {0x80, "BPF_TXA"},
	}}
)

// include/uapi/linux/seccomp.h
var seccompOperations = names{unknown: "SECCOMP_SET_MODE_???", names: []entry{
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
