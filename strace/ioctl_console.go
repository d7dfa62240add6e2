package strace

import "traceloop/event"

// tickRate is what a sound's pitch is a fraction of (PIT_TICK_RATE of include/linux/timex.h).
const tickRate = 1193182

// soundPitch appends the argument of KIOCSOUND.
func soundPitch(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := register(e, index)
	dst = appendUint(dst, value)
	return appendSound(dst, value, 0, false, o)
}

// tone appends the argument of KDMKTONE: a pitch, and for how many milliseconds.
func tone(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := register(e, index) & 0xffffffff
	ticks, pitch := value>>16, value&0xffff
	if ticks != 0 {
		dst = appendUint(dst, ticks)
		dst = append(dst, "<<16|"...)
	}
	dst = appendUint(dst, pitch)
	if ticks == 0 {
		pitch = 0
	}
	return appendSound(dst, pitch, ticks, true, o)
}

func appendSound(dst []byte, pitch, ticks uint64, timed bool, o *Options) []byte {
	if o.constants() == ConstantsRaw {
		return dst
	}
	if pitch == 0 || uint32(tickRate/pitch) == 0 {
		return append(dst, " /* off */"...)
	}
	dst = append(dst, " /* "...)
	dst = appendUint(dst, tickRate/pitch)
	dst = append(dst, " Hz"...)
	if timed {
		dst = append(dst, ", "...)
		dst = appendUint(dst, ticks)
		dst = append(dst, " ms"...)
	}
	return append(dst, " */"...)
}

// ioPort appends the argument of KDADDIO: a port of a video card.
func ioPort(dst []byte, e *event.Event, index int, o *Options) []byte {
	const first, last = 0x3b4, 0x3df // GPFIRST, GPLAST of drivers/tty/vt/vt_ioctl.c
	value := register(e, index)
	dst = appendHex(dst, value)
	if value < first || value > last || o.constants() == ConstantsRaw {
		return dst
	}
	dst = append(dst, " /* GPFIRST + "...)
	dst = appendUint(dst, value-first)
	return append(dst, " */"...)
}

// byteArgument decodes an argument of these flags of which one byte counts.
func (f *flags) byteArgument(dst []byte, e *event.Event, index int, o *Options) []byte {
	return f.appendTo(dst, register(e, index)&0xff, o)
}

// keyboardModeArgument appends a mode, which is decimal where it has no name.
func keyboardModeArgument(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendKeyboardMode(dst, register(e, index)&0xffffffff, o)
}

var keyboardModePointer = indirect(4, func(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	return appendKeyboardMode(dst, value, o)
})

func appendKeyboardMode(dst []byte, value uint64, o *Options) []byte {
	if name, ok := keyboardModes.lookup(value); ok {
		return appendConstant(dst, value, asInt, name, o)
	}
	dst = appendInt(dst, int64(int32(value)))
	if o.constants() == ConstantsRaw {
		return dst
	}
	return appendComment(dst, keyboardModes.unknown)
}

// acceptedSignal appends the signal of KDSIGACCEPT.
func acceptedSignal(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := register(e, index)
	if value >= 0x7fffffff {
		return appendUint(dst, value)
	}
	return appendSignal(dst, uint32(value), o)
}

// screenMap appends a table of 256 bytes, fontData the 8192 of a font.
var (
	screenMap = hexBytes(256)
	fontData  = hexBytes(8192)
	colorMap  = hexBytes(48)
)

// unicodeMap appends 256 numbers, of which a range means glyphs as they are
// (UNI_DIRECT_BASE of include/uapi/linux/kd.h).
func unicodeMap(dst []byte, e *event.Event, index int, o *Options) []byte {
	const count, direct = 256, 0xf000
	data := structure(e, index, 2*count)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '[')
	shown := min(count, o.elements())
	for i := range shown {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		value := field(data, 2*i, 2)
		if value&0xfe00 != direct || o.constants() != ConstantsNamed {
			dst = appendHex(dst, value)
			continue
		}
		dst = append(dst, "UNI_DIRECT_BASE+"...)
		dst = appendHex(dst, value&0x1ff)
	}
	return appendArrayEnd(dst, shown, shown < count)
}

// accents makes a decoder for a struct kbdiacrs or kbdiacrsuc: a count, and
// elements of three characters each.
func accents(name string, size int, write func(dst []byte, value uint64) []byte) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		const most = 256
		data := structure(e, index, 4)
		if data == nil {
			return appendPointer(dst, register(e, index))
		}
		count := field(data, 0, 4)
		all := data[4:]
		shown := int(min(count, most, uint64(len(all)/(3*size)), uint64(o.elements())))
		dst = append(dst, "{kb_cnt="...)
		dst = appendUint(dst, count)
		dst = append(dst, ", "...)
		dst = append(dst, name...)
		dst = append(dst, "=["...)
		for i := range shown {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			one := all[i*3*size:]
			dst = append(dst, "{diacr="...)
			dst = write(dst, number(one[:size]))
			dst = append(dst, ", base="...)
			dst = write(dst, number(one[size:2*size]))
			dst = append(dst, ", result="...)
			dst = write(dst, number(one[2*size:3*size]))
			dst = append(dst, '}')
		}
		dst = appendArrayEnd(dst, shown, uint64(shown) < count)
		return append(dst, '}')
	}
}

var (
	byteAccents    = accents("kbdiacr", 1, appendCharacter)
	unicodeAccents = accents("kbdiacruc", 4, appendHex)
)

// appendCharacter appends a byte as a C character.
func appendCharacter(dst []byte, value uint64) []byte {
	dst = append(dst, '\'')
	switch c := byte(value); {
	case c == '\'' || c == '\\':
		dst = append(dst, '\\', c)
	case c >= ' ' && c <= '~':
		dst = append(dst, c)
	case c >= '\t' && c <= '\r':
		dst = append(dst, '\\', "tnvfr"[c-'\t'])
	default:
		dst = append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
	}
	return append(dst, '\'')
}

// keycode appends a struct kbkeycode, of which KDGETKEYCODE asks for the second number.
func keycode(dst []byte, e *event.Event, index int, o *Options) []byte {
	in := bytesOf(before(e, index), 8)
	if in == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '{')
	dst = appendMembers(dst, e, in, keycodeMembers, o)
	if out := bytesOf(after(e, index), 8); out != nil && before(e, index).Entry && succeeded(e) {
		dst = append(dst, " => "...)
		dst = appendHex(dst, field(out, 4, 4))
	}
	return append(dst, '}')
}

// include/uapi/linux/kd.h
var (
	keycodeMembers = []member{
		{name: "scancode", size: 4, form: asHex},
		{name: "keycode", size: 4, form: asHex},
	}
	keyRepeat = []member{
		{name: "delay", size: 4, form: asInt},
		{name: "period", size: 4, form: asInt},
	}
	unicodeMapHints = []member{
		{name: "advised_hashsize", size: 2, form: asUint},
		{name: "advised_hashstep", size: 2, form: asUint},
		{name: "advised_hashlevel", size: 2, form: asUint},
	}
)

// include/uapi/linux/kd.h
var consoleModes = names{unknown: "KD_???", names: []entry{
	{0, "KD_TEXT"},
	{1, "KD_GRAPHICS"},
	{2, "KD_TEXT0"},
	{3, "KD_TEXT1"},
}}

// include/uapi/linux/kd.h
var keyboardModes = names{unknown: "K_???", names: []entry{
	{0, "K_RAW"},
	{1, "K_XLATE"},
	{2, "K_MEDIUMRAW"},
	{3, "K_UNICODE"},
	{4, "K_OFF"},
}}

// include/uapi/linux/kd.h
var metaModes = names{unknown: "K_???", names: []entry{
	{3, "K_METABIT"},
	{4, "K_ESCPREFIX"},
}}

// include/uapi/linux/kd.h
var keyboardTypes = names{unknown: "KB_???", names: []entry{
	{1, "KB_84"},
	{2, "KB_101"},
	{3, "KB_OTHER"},
}}

// include/uapi/linux/kd.h
var keyboardLights = flags{unknown: "LED_???", names: []entry{
	{0x1, "LED_SCR"},
	{0x2, "LED_NUM"},
	{0x4, "LED_CAP"},
}}

// include/uapi/linux/kd.h; the default state has four bits more.
var defaultLights = flags{unknown: "LED_???", names: []entry{
	{0x1, "LED_SCR"},
	{0x2, "LED_NUM"},
	{0x4, "LED_CAP"},
	{0x10, "LED_SCR<<4"},
	{0x20, "LED_NUM<<4"},
	{0x40, "LED_CAP<<4"},
}}
