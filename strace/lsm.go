package strace

import "traceloop/event"

// lsmContexts appends struct lsm_ctx of include/uapi/linux/lsm.h, one after
// the other; each says how long it is.
func lsmContexts(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil || len(c.Data) < lsmHead {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '[')
	data := c.Data
	shown, more := 0, false
	for ; len(data) >= lsmHead; shown++ {
		if shown >= o.elements() {
			more = true
			break
		}
		if shown > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendLSMContext(dst, e, data, o)
		length := little.Uint64(data[16:])
		if length < lsmHead || length >= uint64(len(data)) {
			more = c.Truncated
			break
		}
		data = data[length:]
		more = c.Truncated && len(data) < lsmHead
	}
	return appendArrayEnd(dst, shown, more)
}

// lsmHead is the size of struct lsm_ctx without its context.
const lsmHead = 32

// lsmContext appends the one context that lsm_set_self_attr sets.
func lsmContext(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil || len(c.Data) < lsmHead {
		return appendPointer(dst, register(e, index))
	}
	return appendLSMContext(dst, e, c.Data, o)
}

func appendLSMContext(dst []byte, e *event.Event, data []byte, o *Options) []byte {
	dst = append(dst, '{')
	dst = appendSlots(dst, e, data, lsmMembers, o)
	length := min(little.Uint64(data[16:]), uint64(len(data)))
	if length > lsmHead {
		size := little.Uint64(data[24:])
		if context := data[lsmHead:length]; size > 0 {
			dst = append(dst, ", ctx="...)
			dst = appendHexString(dst, context[:min(uint64(len(context)), size)], uint64(len(context)) < size, o)
		}
	}
	return append(dst, '}')
}

// lsmModules appends the numbers of security modules.
func lsmModules(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil || !succeeded(e) {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '[')
	count := len(c.Data) / 8
	shown := min(count, o.elements())
	for i := range shown {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = lsmModuleNames.appendTo(dst, little.Uint64(c.Data[8*i:]), o)
	}
	return appendArrayEnd(dst, shown, c.Truncated || shown < count)
}

var lsmMembers = []slot{
	{"id", 0, 8, lsmModuleNames.slot, 0},
	{"flags", 8, 8, slotHex, 0},
	{"len", 16, 8, slotUint, 0},
	{"ctx_len", 24, 8, slotUint, 0},
}

// include/uapi/linux/lsm.h
var lsmModuleNames = names{unknown: "LSM_ID_???", names: []entry{
	{0, "LSM_ID_UNDEF"},
	{100, "LSM_ID_CAPABILITY"},
	{101, "LSM_ID_SELINUX"},
	{102, "LSM_ID_SMACK"},
	{103, "LSM_ID_TOMOYO"},
	{104, "LSM_ID_APPARMOR"},
	{105, "LSM_ID_YAMA"},
	{106, "LSM_ID_LOADPIN"},
	{107, "LSM_ID_SAFESETID"},
	{108, "LSM_ID_LOCKDOWN"},
	{109, "LSM_ID_BPF"},
	{110, "LSM_ID_LANDLOCK"},
	{111, "LSM_ID_IMA"},
	{112, "LSM_ID_EVM"},
	{113, "LSM_ID_IPE"},
}}

// include/uapi/linux/lsm.h
var lsmAttributes = names{unknown: "LSM_ATTR_???", names: []entry{
	{0, "LSM_ATTR_UNDEF"},
	{100, "LSM_ATTR_CURRENT"},
	{101, "LSM_ATTR_EXEC"},
	{102, "LSM_ATTR_FSCREATE"},
	{103, "LSM_ATTR_KEYCREATE"},
	{104, "LSM_ATTR_PREV"},
	{105, "LSM_ATTR_SOCKCREATE"},
}}

// include/uapi/linux/lsm.h
var lsmFlags = flags{unknown: "LSM_FLAG_???", names: []entry{
	{0x1, "LSM_FLAG_SINGLE"},
}}
