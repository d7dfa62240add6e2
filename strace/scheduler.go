package strace

import "traceloop/event"

// Sizes of struct sched_attr (include/uapi/linux/sched/types.h).
const (
	schedulerSize0 = 48
	schedulerSize1 = 56
)

// schedulerAttributes appends struct sched_attr, which has its own size in it.
func schedulerAttributes(dst []byte, e *event.Event, index int, o *Options) []byte {
	set := e.Row.Name == "sched_setattr"
	data := memoryOf(e, index)
	if len(data) < 4 || !set && uint32(register(e, index+1)) == 0 {
		return appendPointer(dst, register(e, index))
	}
	size := little.Uint32(data)
	wanted := size
	if set && wanted == 0 {
		wanted = schedulerSize0
	}
	known := min(wanted, schedulerSize1)
	if known >= schedulerSize0 && len(data) < schedulerSize0 {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{size="...)
	dst = appendUint(dst, uint64(size))
	if known >= schedulerSize0 {
		dst = appendScheduler(dst, data, set, o)
	}
	if known >= schedulerSize1 && len(data) >= schedulerSize1 {
		dst = append(dst, ", sched_util_min="...)
		dst = appendNumber(dst, data[48:], 4, asUint)
		dst = append(dst, ", sched_util_max="...)
		dst = appendNumber(dst, data[52:], 4, asUint)
	}
	if wanted > known {
		dst = append(dst, ", ..."...)
	}
	dst = append(dst, '}')
	const tooBig = 7 // E2BIG: the kernel said how much it knows
	if now := bytesOf(after(e, index), 4); set && now != nil && result(e) == -tooBig && before(e, index) != after(e, index) {
		dst = append(dst, " => {size="...)
		dst = appendNumber(dst, now, 4, asUint)
		dst = append(dst, '}')
	}
	return dst
}

// appendScheduler appends the members of the first version.
func appendScheduler(dst, data []byte, set bool, o *Options) []byte {
	const keepPolicy, keepParameters = 0x8, 0x10
	policy, flags := little.Uint32(data[4:]), little.Uint64(data[8:])
	if !set || int32(policy) < 0 || flags&(keepPolicy|keepParameters) == 0 {
		dst = append(dst, ", sched_policy="...)
		dst = schedulerPolicies.appendTo(dst, uint64(policy), o)
	}
	dst = append(dst, ", sched_flags="...)
	dst = schedulerFlags.appendTo(dst, flags, o)
	if set && flags&keepParameters != 0 {
		return dst
	}
	dst = append(dst, ", sched_nice="...)
	dst = appendNumber(dst, data[16:], 4, asInt)
	dst = append(dst, ", sched_priority="...)
	dst = appendNumber(dst, data[20:], 4, asUint)
	dst = append(dst, ", sched_runtime="...)
	dst = appendNumber(dst, data[24:], 8, asUint)
	dst = append(dst, ", sched_deadline="...)
	dst = appendNumber(dst, data[32:], 8, asUint)
	dst = append(dst, ", sched_period="...)
	return appendNumber(dst, data[40:], 8, asUint)
}

// include/uapi/linux/sched.h
var schedulerFlags = flags{unknown: "SCHED_FLAG_???", names: []entry{
	{0x1, "SCHED_FLAG_RESET_ON_FORK"},
	{0x2, "SCHED_FLAG_RECLAIM"},
	{0x4, "SCHED_FLAG_DL_OVERRUN"},
	{0x8, "SCHED_FLAG_KEEP_POLICY"},
	{0x10, "SCHED_FLAG_KEEP_PARAMS"},
	{0x20, "SCHED_FLAG_UTIL_CLAMP_MIN"},
	{0x40, "SCHED_FLAG_UTIL_CLAMP_MAX"},
}}
