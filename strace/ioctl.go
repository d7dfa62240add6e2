package strace

import (
	"traceloop/event"
	"traceloop/syscalls"
)

// The parts of a request's number (include/uapi/asm-generic/ioctl.h).
const (
	requestWrites = 1
	requestReads  = 2
)

func requestDirection(request uint32) uint32 { return request >> 30 }
func requestSize(request uint32) uint32      { return request >> 16 & 0x3fff }
func requestType(request uint32) uint32      { return request >> 8 & 0xff }
func requestNumber(request uint32) uint32    { return request & 0xff }

// ioctlRequest appends a request's name. Drivers share numbers, and which of
// them was meant only the descriptor could tell: all their names are shown.
func ioctlRequest(dst []byte, e *event.Event, index int, o *Options) []byte {
	request := uint32(register(e, index))
	dst, named := beginNames(dst, uint64(request), asHex, o)
	if !named {
		return dst
	}
	start := len(dst)
	dst = appendSizedRequest(dst, request)
	on := requestABIs(e.ABI)
	for _, r := range requestsOf(request) {
		if r.on&on == 0 {
			continue
		}
		if len(dst) > start {
			dst = append(dst, " or "...)
		}
		dst = append(dst, r.name...)
	}
	if len(dst) == start {
		dst = appendUnknownRequest(dst, request)
	}
	return endNames(dst, o)
}

func appendUnknownRequest(dst []byte, request uint32) []byte {
	dst = append(dst, "_IOC("...)
	dst = ioctlDirections.appendTo(dst, uint64(requestDirection(request)), nil)
	for _, part := range [...]uint32{requestType(request), requestNumber(request), requestSize(request)} {
		dst = append(dst, ", "...)
		dst = appendHex(dst, uint64(part))
	}
	return append(dst, ')')
}

// include/uapi/asm-generic/ioctl.h
var ioctlDirections = flags{names: []entry{
	{0, "_IOC_NONE"},
	{requestReads, "_IOC_READ"},
	{requestWrites, "_IOC_WRITE"},
}}

// abiSet says which ABIs have a request of that number: many have the size of
// a struct in it.
type abiSet uint8

const (
	onAMD64 abiSet = 1 << iota
	onARM64
	onI386
	onARM
	onWide   = onAMD64 | onARM64
	onNarrow = onI386 | onARM
	onX86    = onAMD64 | onI386
	onAll    = onWide | onNarrow
)

func requestABIs(abi syscalls.ABI) abiSet {
	switch abi {
	case syscalls.AMD64:
		return onAMD64
	case syscalls.ARM64:
		return onARM64
	case syscalls.I386:
		return onI386
	case syscalls.ARM:
		return onARM
	}
	return onX86 // x32: the structs of either
}

type request struct {
	number uint32
	on     abiSet
	name   string
}

// requestsOf finds the rows of a number in the table.
func requestsOf(number uint32) []request {
	low, high := 0, len(requests)
	for low < high {
		middle := int(uint(low+high) / 2)
		if requests[middle].number < number {
			low = middle + 1
		} else {
			high = middle
		}
	}
	for high = low; high < len(requests) && requests[high].number == number; high++ {
	}
	return requests[low:high]
}

// appendSizedRequest appends the name of a request whose number has a length or
// an index in it, so that no table could list it.
func appendSizedRequest(dst []byte, request uint32) []byte {
	direction, number, size := requestDirection(request), requestNumber(request), requestSize(request)
	switch requestType(request) {
	case '!': // the direction that Linux 5.0 had by mistake (include/uapi/linux/seccomp.h)
		if request == 0x80082102 {
			return append(dst, "SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR"...)
		}
	case 'E':
		return appendInputRequest(dst, direction, number, size)
	case 'H': // include/uapi/linux/hidraw.h, hiddev.h
		switch {
		case direction == requestReads && number == 0x04:
			return appendRequestOf(dst, "HIDIOCGRAWNAME", size)
		case direction == requestReads && number == 0x05:
			return appendRequestOf(dst, "HIDIOCGRAWPHYS", size)
		case direction == requestReads && number == 0x08:
			return appendRequestOf(dst, "HIDIOCGRAWUNIQ", size)
		case direction == requestReads && number == 0x12:
			return appendRequestOf(dst, "HIDIOCGPHYS", size)
		case direction&requestReads != 0 && number == 0x06:
			return appendRequestOf(dst, "HIDIOCSFEATURE", size)
		case direction == requestReads|requestWrites && number == 0x07:
			return appendRequestOf(dst, "HIDIOCGFEATURE", size)
		}
	case 'M': // include/uapi/linux/soundcard.h
		switch direction {
		case requestWrites:
			return appendRequestOf(dst, "MIXER_WRITE", number)
		case requestReads:
			return appendRequestOf(dst, "MIXER_READ", number)
		}
	case 'U': // include/uapi/linux/uinput.h
		if direction == requestReads && number == 0x2c {
			return appendRequestOf(dst, "UI_GET_SYSNAME", size)
		}
	case 'j': // include/uapi/linux/joystick.h
		if direction == requestReads && number == 0x13 {
			return appendRequestOf(dst, "JSIOCGNAME", size)
		}
	case 'k': // include/uapi/linux/spi/spidev.h
		if direction == requestWrites && number == 0 {
			return appendRequestOf(dst, "SPI_IOC_MESSAGE", size)
		}
	}
	return dst
}

func appendRequestOf(dst []byte, name string, value uint32) []byte {
	dst = append(dst, name...)
	dst = append(dst, '(')
	dst = appendUint(dst, uint64(value))
	return append(dst, ')')
}

// added makes a decoder for a struct to which the call adds members:
// {given, written}.
func added(given, written []member) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		in := before(e, index)
		if in == nil || len(in.Data) < membersSize(e, given) {
			return appendPointer(dst, register(e, index))
		}
		dst = append(dst, '{')
		dst = appendMembers(dst, e, in.Data, given, o)
		if out := after(e, index); out != nil && succeeded(e) {
			dst = append(dst, ", "...)
			dst = appendMembers(dst, e, out.Data, written, o)
		}
		return append(dst, '}')
	}
}

// replaced makes a decoder for a struct that the call overwrites:
// {given} => {written}.
func replaced(given, written []member) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		in := before(e, index)
		if in == nil || len(in.Data) < membersSize(e, given) {
			return appendPointer(dst, register(e, index))
		}
		dst = append(dst, '{')
		dst = appendMembers(dst, e, in.Data, given, o)
		dst = append(dst, '}')
		if out := after(e, index); out != nil && succeeded(e) {
			dst = append(dst, " => {"...)
			dst = appendMembers(dst, e, out.Data, written, o)
			dst = append(dst, '}')
		}
		return dst
	}
}

// appendNumbers appends count numbers of size bytes as an array: [1, 2].
func appendNumbers(dst, data []byte, count, size int, form numberForm) []byte {
	dst = append(dst, '[')
	for i := range min(count, len(data)/size) {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendNumber(dst, data[i*size:], size, form)
	}
	return append(dst, ']')
}

// pair makes a decoder for a pointer to two numbers: [1, 2].
func pair(size int, form numberForm) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		data := structure(e, index, 2*size)
		if data == nil {
			return appendPointer(dst, register(e, index))
		}
		return appendNumbers(dst, data, 2, size, form)
	}
}

// appendCharacters appends an array of characters, which a NUL ends. strace
// takes the last one for the NUL where there is none.
func appendCharacters(dst, data []byte, o *Options) []byte {
	if cut := untilNUL(data); len(cut) < len(data) {
		return appendQuoted(dst, cut, false, o)
	}
	return appendQuoted(dst, data[:max(len(data)-1, 0)], len(data) > 0, o)
}

// characters makes a decoder for a pointer to an array of so many characters.
func characters(size int) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		data := structure(e, index, size)
		if data == nil {
			return appendPointer(dst, register(e, index))
		}
		return appendCharacters(dst, data[:size], o)
	}
}

// hexBytes makes a decoder for a pointer to so many bytes that are no text, of
// which the first ones were captured.
func hexBytes(size int) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		data := memoryOf(e, index)
		if len(data) == 0 {
			return appendPointer(dst, register(e, index))
		}
		data = data[:min(size, len(data))]
		return appendHexString(dst, data, len(data) < size, o)
	}
}
