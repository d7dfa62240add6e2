package strace

import "traceloop/event"

// A terminal's settings: struct termios, struct termios2 and the older struct
// termio, whose flags have 16 bits (include/uapi/asm-generic/termbits.h, termios.h).
type terminalLayout struct {
	flag       int // size of a member of flags
	characters int // how many control characters there are
	speeds     bool
}

var (
	termioLayout   = terminalLayout{flag: 2, characters: 8}
	termiosLayout  = terminalLayout{flag: 4, characters: 19}
	termios2Layout = terminalLayout{flag: 4, characters: 19, speeds: true}
)

func (l *terminalLayout) size() int {
	size := 4*l.flag + 1 + l.characters
	if l.speeds {
		size += 2 * 4
	}
	return size
}

func (l *terminalLayout) argument(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, l.size())
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	flag := func(i int) uint64 { return field(data, i*l.flag, l.flag) }
	dst = append(dst, "{c_iflag="...)
	dst = inputModes.appendPlain(dst, flag(0), o)
	dst = append(dst, ", c_oflag="...)
	dst = appendOutputModes(dst, flag(1), o)
	dst = append(dst, ", c_cflag="...)
	dst = appendControlModes(dst, flag(2), o)
	dst = append(dst, ", c_lflag="...)
	dst = localModes.appendPlain(dst, flag(3), o)
	if !o.unabbreviated() {
		return append(dst, ", ...}"...)
	}
	rest := data[4*l.flag:]
	dst = append(dst, ", c_line="...)
	dst = lineDisciplines.appendTo(dst, uint64(rest[0]), o)
	dst = append(dst, ", c_cc=["...)
	for i, c := range rest[1 : 1+l.characters] {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, '[')
		if i < len(controlCharacters) {
			dst = append(dst, controlCharacters[i]...)
		} else {
			dst = appendUint(dst, uint64(i))
		}
		dst = append(dst, "]="...)
		dst = appendHex(dst, uint64(c))
	}
	dst = append(dst, ']')
	if l.speeds {
		speeds := rest[1+l.characters:]
		dst = append(dst, ", c_ispeed="...)
		dst = appendUint(dst, uint64(little.Uint32(speeds)))
		dst = append(dst, ", c_ospeed="...)
		dst = appendUint(dst, uint64(little.Uint32(speeds[4:])))
	}
	return append(dst, '}')
}

// appendPlain appends flags of which no bits are nothing at all.
func (f *flags) appendPlain(dst []byte, value uint64, o *Options) []byte {
	if value == 0 && o.constants() == ConstantsNamed {
		return dst
	}
	return f.appendTo(dst, value, o)
}

// appendOutputModes appends the delays, of which there is always one of each
// kind, and the flags.
func appendOutputModes(dst []byte, value uint64, o *Options) []byte {
	dst, named := beginNames(dst, value, asHex, o)
	if !named {
		return dst
	}
	for i := range outputDelays {
		d := &outputDelays[i]
		dst = append(dst, d.names[value&d.mask/(d.mask&-d.mask)]...)
		dst = append(dst, '|')
		value &^= d.mask
	}
	return endNames(outputModes.appendPlain(dst, value, nil), o)
}

// appendControlModes appends the speeds, the size of a character and the flags.
func appendControlModes(dst []byte, value uint64, o *Options) []byte {
	const (
		speed      = 0o10017
		inputShift = 16
		size       = 0o60
	)
	dst, named := beginNames(dst, value, asHex, o)
	if !named {
		return dst
	}
	dst = terminalSpeeds.appendTo(dst, value&speed, nil)
	dst = append(dst, '|')
	if input := value >> inputShift & speed; input != 0 {
		dst = terminalSpeeds.appendTo(dst, input, nil)
		dst = append(dst, "<<IBSHIFT|"...)
	}
	dst = append(dst, characterSizes[value&size>>4]...)
	dst = append(dst, '|')
	return endNames(controlModes.appendPlain(dst, value&^(speed|speed<<inputShift|size), nil), o)
}

// windowSize is struct winsize of include/uapi/asm-generic/termios.h.
var windowSize = []member{
	{name: "ws_row", size: 2, form: asUint},
	{name: "ws_col", size: 2, form: asUint},
	{name: "ws_xpixel", size: 2, form: asUint},
	{name: "ws_ypixel", size: 2, form: asUint},
}

// pushedCharacter appends the one byte that TIOCSTI puts into the terminal's input.
func pushedCharacter(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 1)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	return appendLimited(dst, data[:1], false, o)
}

// include/uapi/asm-generic/termbits.h
var inputModes = flags{names: []entry{
	{0o1, "IGNBRK"},
	{0o2, "BRKINT"},
	{0o4, "IGNPAR"},
	{0o10, "PARMRK"},
	{0o20, "INPCK"},
	{0o40, "ISTRIP"},
	{0o100, "INLCR"},
	{0o200, "IGNCR"},
	{0o400, "ICRNL"},
	{0o1000, "IUCLC"},
	{0o2000, "IXON"},
	{0o4000, "IXANY"},
	{0o10000, "IXOFF"},
	{0o20000, "IMAXBEL"},
	{0o40000, "IUTF8"},
}}

// include/uapi/asm-generic/termbits.h
var outputDelays = [...]struct {
	mask  uint64
	names []string
}{
	{0o400, []string{"NL0", "NL1"}},
	{0o3000, []string{"CR0", "CR1", "CR2", "CR3"}},
	{0o14000, []string{"TAB0", "TAB1", "TAB2", "XTABS"}},
	{0o20000, []string{"BS0", "BS1"}},
	{0o40000, []string{"VT0", "VT1"}},
	{0o100000, []string{"FF0", "FF1"}},
}

// include/uapi/asm-generic/termbits.h
var outputModes = flags{names: []entry{
	{0o1, "OPOST"},
	{0o2, "OLCUC"},
	{0o4, "ONLCR"},
	{0o10, "OCRNL"},
	{0o20, "ONOCR"},
	{0o40, "ONLRET"},
	{0o100, "OFILL"},
	{0o200, "OFDEL"},
}}

// include/uapi/asm-generic/termbits.h
var terminalSpeeds = names{unknown: "B???", names: []entry{
	{0o0, "B0"},
	{0o1, "B50"},
	{0o2, "B75"},
	{0o3, "B110"},
	{0o4, "B134"},
	{0o5, "B150"},
	{0o6, "B200"},
	{0o7, "B300"},
	{0o10, "B600"},
	{0o11, "B1200"},
	{0o12, "B1800"},
	{0o13, "B2400"},
	{0o14, "B4800"},
	{0o15, "B9600"},
	{0o16, "B19200"},
	{0o17, "B38400"},
	{0o10000, "BOTHER"},
	{0o10001, "B57600"},
	{0o10002, "B115200"},
	{0o10003, "B230400"},
	{0o10004, "B460800"},
	{0o10005, "B500000"},
	{0o10006, "B576000"},
	{0o10007, "B921600"},
	{0o10010, "B1000000"},
	{0o10011, "B1152000"},
	{0o10012, "B1500000"},
	{0o10013, "B2000000"},
	{0o10014, "B2500000"},
	{0o10015, "B3000000"},
	{0o10016, "B3500000"},
	{0o10017, "B4000000"},
}}

var characterSizes = [...]string{"CS5", "CS6", "CS7", "CS8"}

// include/uapi/asm-generic/termbits.h
var controlModes = flags{names: []entry{
	{0o100, "CSTOPB"},
	{0o200, "CREAD"},
	{0o400, "PARENB"},
	{0o1000, "PARODD"},
	{0o2000, "HUPCL"},
	{0o4000, "CLOCAL"},
	{0o10000000000, "CMSPAR"},
	{0o20000000000, "CRTSCTS"},
}}

// include/uapi/asm-generic/termbits.h
var localModes = flags{names: []entry{
	{0o1, "ISIG"},
	{0o2, "ICANON"},
	{0o4, "XCASE"},
	{0o10, "ECHO"},
	{0o20, "ECHOE"},
	{0o40, "ECHOK"},
	{0o100, "ECHONL"},
	{0o200, "NOFLSH"},
	{0o100000, "IEXTEN"},
	{0o1000, "ECHOCTL"},
	{0o2000, "ECHOPRT"},
	{0o4000, "ECHOKE"},
	{0o10000, "FLUSHO"},
	{0o40000, "PENDIN"},
	{0o400, "TOSTOP"},
	{0o200000, "EXTPROC"},
}}

// include/uapi/asm-generic/termbits.h
var controlCharacters = [...]string{
	"VINTR", "VQUIT", "VERASE", "VKILL", "VEOF", "VTIME", "VMIN", "VSWTC", "VSTART",
	"VSTOP", "VSUSP", "VEOL", "VREPRINT", "VDISCARD", "VWERASE", "VLNEXT", "VEOL2",
}

// include/uapi/linux/tty.h
var lineDisciplines = names{unknown: "N_???", names: []entry{
	{0, "N_TTY"},
	{1, "N_SLIP"},
	{2, "N_MOUSE"},
	{3, "N_PPP"},
	{4, "N_STRIP"},
	{5, "N_AX25"},
	{6, "N_X25"},
	{7, "N_6PACK"},
	{8, "N_MASC"},
	{9, "N_R3964"},
	{10, "N_PROFIBUS_FDL"},
	{11, "N_IRDA"},
	{12, "N_SMSBLOCK"},
	{13, "N_HDLC"},
	{14, "N_SYNC_PPP"},
	{15, "N_HCI"},
	{16, "N_GIGASET_M101"},
	{17, "N_SLCAN"},
	{18, "N_PPS"},
	{19, "N_V253"},
	{20, "N_CAIF"},
	{21, "N_GSM0710"},
	{22, "N_TI_WL"},
	{23, "N_TRACESINK"},
	{24, "N_TRACEROUTER"},
	{25, "N_NCI"},
	{26, "N_SPEAKUP"},
	{27, "N_NULL"},
}}

// include/uapi/asm-generic/termios.h
var modemLines = flags{unknown: "TIOCM_???", names: []entry{
	{0x1, "TIOCM_LE"},
	{0x2, "TIOCM_DTR"},
	{0x4, "TIOCM_RTS"},
	{0x8, "TIOCM_ST"},
	{0x10, "TIOCM_SR"},
	{0x20, "TIOCM_CTS"},
	{0x40, "TIOCM_CAR"},
	{0x80, "TIOCM_RNG"},
	{0x100, "TIOCM_DSR"},
	{0x2000, "TIOCM_OUT1"},
	{0x4000, "TIOCM_OUT2"},
	{0x8000, "TIOCM_LOOP"},
}}

// include/uapi/asm-generic/termbits-common.h
var flowActions = names{unknown: "TC???", names: []entry{
	{0, "TCOOFF"},
	{1, "TCOON"},
	{2, "TCIOFF"},
	{3, "TCION"},
}}

// include/uapi/asm-generic/termbits-common.h
var flushQueues = names{unknown: "TC???", names: []entry{
	{0, "TCIFLUSH"},
	{1, "TCOFLUSH"},
	{2, "TCIOFLUSH"},
}}
