package strace

import "traceloop/event"

// The sizes of struct perf_event_attr, include/uapi/linux/perf_event.h: the
// first, what every form of it in a line needs, and all that strace 6.1 knows.
const (
	perfFirstSize = 64
	perfShortSize = 48
	perfKnownSize = 128
)

// perfAttributes appends struct perf_event_attr.
func perfAttributes(dst []byte, e *event.Event, index int, o *Options) []byte {
	const sizeOffset = 4
	data := structure(e, index, perfShortSize)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	given := load(data, sizeOffset, 4)
	size := min(given, perfKnownSize)
	if size == 0 {
		size = perfFirstSize
	}
	if size < perfFirstSize {
		return appendPointer(dst, register(e, index))
	}
	data = data[:min(size, uint64(len(data)))]
	dst = append(dst, '{')
	dst = appendPerfEvent(dst, e, data, o)
	if o.unabbreviated() {
		dst = appendPerfRest(dst, e, data, o)
	}
	if !o.unabbreviated() || given > size {
		dst = append(dst, ", ..."...)
	}
	return append(dst, '}')
}

// Types of events, enum perf_type_id.
const (
	perfHardware   = 0
	perfSoftware   = 1
	perfTracepoint = 2
	perfCache      = 3
	perfBreakpoint = 5
)

// Bits behind read_format, by their place in perfBits or their number.
const (
	perfFrequency = 10
	perfWatermark = 14
	perfPrecise   = 15 // of two bits
	perfUseClock  = 25
	perfReserved  = 38 // the first
)

// appendPerfEvent appends what the event is, and the flags: all of them, or those that are set.
func appendPerfEvent(dst []byte, e *event.Event, data []byte, o *Options) []byte {
	kind, config, bits := load(data, 0, 4), load(data, 8, 8), load(data, 40, 8)
	dst = appendSlots(dst, e, data, perfMembers[:2], o)
	dst = append(dst, ", config="...)
	switch kind {
	case perfHardware:
		dst = appendPerfPMU(dst, config)
		dst = perfHardwareEvents.appendTo(dst, config&0xffffffff, o)
	case perfSoftware:
		dst = perfSoftwareEvents.appendTo(dst, config, o)
	case perfTracepoint:
		dst = appendUint(dst, config)
	case perfCache:
		dst = appendPerfPMU(dst, config)
		if rest := config >> 24 & 0xff; rest != 0 {
			dst = appendHex(dst, rest)
			dst = append(dst, "<<24|"...)
		}
		dst = perfCacheResults.appendTo(dst, config>>16&0xff, o)
		dst = append(dst, "<<16|"...)
		dst = perfCacheOperations.appendTo(dst, config>>8&0xff, o)
		dst = append(dst, "<<8|"...)
		dst = perfCaches.appendTo(dst, config&0xff, o)
	default:
		dst = appendHex(dst, config)
	}
	if bits>>perfFrequency&1 != 0 {
		dst = append(dst, ", sample_freq="...)
	} else {
		dst = append(dst, ", sample_period="...)
	}
	dst = appendUint(dst, load(data, 16, 8))
	dst = append(dst, ", "...)
	dst = appendSlots(dst, e, data, perfMembers[2:], o)
	return appendPerfBits(dst, bits, o)
}

// appendPerfPMU appends the upper half of an event's number: what counts it.
func appendPerfPMU(dst []byte, config uint64) []byte {
	if config>>32 == 0 {
		return dst
	}
	dst = appendHex(dst, config>>32)
	return append(dst, "<<32|"...)
}

func appendPerfBits(dst []byte, bits uint64, o *Options) []byte {
	place := 0
	for i, name := range perfBits {
		width := 1
		if i == perfPrecise {
			width = 2
		}
		value := bits >> place & (1<<width - 1)
		place += width
		if value == 0 && i != perfPrecise && !o.unabbreviated() {
			continue
		}
		dst = append(dst, ", "...)
		dst = append(dst, name...)
		dst = append(dst, '=')
		dst = appendUint(dst, value)
		if i == perfPrecise {
			dst = appendComment(dst, perfSkids[value])
		}
	}
	if rest := bits >> perfReserved; rest != 0 {
		dst = append(dst, ", __reserved_1="...)
		dst = appendHex(dst, rest)
		dst = appendComment(dst, "Bits 63..38")
	}
	return dst
}

// appendPerfRest appends the members behind the flags, as far as the struct has them.
func appendPerfRest(dst []byte, e *event.Event, data []byte, o *Options) []byte {
	const branchStack, userStack = 1 << 11, 1 << 13
	kind, samples, bits := load(data, 0, 4), load(data, 24, 8), load(data, 40, 8)
	number := func(name string, offset, size int, form slotForm) {
		dst = append(dst, ", "...)
		dst = append(dst, name...)
		dst = append(dst, '=')
		dst = form(dst, e, load(data, offset, size), o)
	}
	if bits>>perfWatermark&1 != 0 {
		number("wakeup_watermark", 48, 4, slotUint)
	} else {
		number("wakeup_events", 48, 4, slotUint)
	}
	if kind == perfBreakpoint {
		number("bp_type", 52, 4, slotBreakpoint)
		number("bp_addr", 56, 8, slotHex)
	} else {
		number("config1", 56, 8, slotHex)
	}
	if len(data) <= 64 {
		return dst
	}
	if kind == perfBreakpoint {
		number("bp_len", 64, 8, slotUint)
	} else {
		number("config2", 64, 8, slotHex)
	}
	if len(data) > 72 && samples&branchStack != 0 {
		number("branch_sample_type", 72, 8, perfBranches.slot)
	}
	if len(data) > 80 {
		number("sample_regs_user", 80, 8, slotHex)
	}
	if len(data) > 88 && samples&userStack != 0 {
		number("sample_stack_user", 88, 4, slotHex)
	}
	if len(data) > 92 && bits>>perfUseClock&1 != 0 {
		number("clockid", 92, 4, clocks.slot)
	}
	if len(data) > 96 {
		number("sample_regs_intr", 96, 8, slotHex)
	}
	if len(data) > 104 {
		number("aux_watermark", 104, 4, slotUint)
	}
	if len(data) > 108 {
		number("sample_max_stack", 108, 2, slotUint)
	}
	if reserved := load(data, 110, 2); len(data) > 110 && reserved != 0 {
		dst = append(dst, " /* bytes 110..111: "...)
		dst = appendHex(dst, reserved)
		dst = append(dst, " */"...)
	}
	if len(data) > 112 {
		number("aux_sample_size", 112, 4, slotUint)
	}
	if len(data) > 120 {
		number("sig_data", 120, 8, slotUint)
	}
	return dst
}

// slotBreakpoint appends what a breakpoint waits for; reading or writing does not go with executing.
func slotBreakpoint(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	if name, ok := perfBreakpoints.lookup(value); ok {
		return appendConstant(dst, value, asHex, name, o)
	}
	dst = appendHex(dst, value)
	if value <= 7 {
		return appendComment(dst, "HW_BREAKPOINT_INVALID")
	}
	return appendComment(dst, perfBreakpoints.unknown)
}

var perfMembers = []slot{
	{"type", 0, 4, perfTypes.slot, 0},
	{"size", 4, 4, perfSizes.slot, 0},
	{"sample_type", 24, 8, perfSamples.slot, 0},
	{"read_format", 32, 8, perfReadFormats.slot, 0},
}
