package strace

import (
	"traceloop/event"
	"traceloop/ring"
)

const hexDigits = "0123456789abcdef"

// appendEscaped appends bytes as they stand between the quotes of a C string:
// the usual letters after a backslash, and everything else that is not
// printable ASCII in octal, as short as the next byte allows.
func appendEscaped(dst, data []byte) []byte {
	plain := 0 // where bytes begin that are copied as they are
	for i, c := range data {
		if c >= ' ' && c <= '~' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, data[plain:i]...)
		plain = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\v':
			dst = append(dst, '\\', 'v')
		case '\f':
			dst = append(dst, '\\', 'f')
		default:
			// An octal escape takes up to three digits: a digit that
			// follows it would be read as part of it.
			full := i+1 < len(data) && data[i+1] >= '0' && data[i+1] <= '7'
			dst = append(dst, '\\')
			if full || c >= 0o100 {
				dst = append(dst, '0'+c>>6)
			}
			if full || c >= 0o10 {
				dst = append(dst, '0'+c>>3&7)
			}
			dst = append(dst, '0'+c&7)
		}
	}
	return append(dst, data[plain:]...)
}

// appendQuoted appends bytes as a C string; more says that there were more.
func appendQuoted(dst, data []byte, more bool, o *Options) []byte {
	switch o.escape() {
	case EscapeAll:
		return appendHexQuoted(dst, data, more)
	case EscapeNonASCII:
		if !isASCIIText(data) {
			return appendHexQuoted(dst, data, more)
		}
	}
	dst = append(dst, '"')
	dst = appendEscaped(dst, data)
	return appendQuotedEnd(dst, more)
}

func appendQuotedEnd(dst []byte, more bool) []byte {
	dst = append(dst, '"')
	if more {
		dst = append(dst, "..."...)
	}
	return dst
}

// isASCIIText says whether bytes are printable ASCII and white space alone.
func isASCIIText(data []byte) bool {
	for _, c := range data {
		if c > '~' || c < ' ' && (c < '\t' || c > '\r') {
			return false
		}
	}
	return true
}

// appendHexQuoted appends bytes as a C string in which every byte is in hexadecimal.
func appendHexQuoted(dst, data []byte, more bool) []byte {
	dst = append(dst, '"')
	for _, c := range data {
		dst = append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
	}
	return appendQuotedEnd(dst, more)
}

// appendLimited appends a string's or a buffer's bytes, at most as many as the options allow.
func appendLimited(dst, data []byte, more bool, o *Options) []byte {
	if limit := o.stringLimit(); len(data) > limit {
		data, more = data[:limit], true
	}
	return appendQuoted(dst, data, more, o)
}

// appendHexString appends bytes that are never text: strace has them in
// hexadecimal whatever the options.
func appendHexString(dst, data []byte, more bool, o *Options) []byte {
	if limit := o.stringLimit(); len(data) > limit {
		data, more = data[:limit], true
	}
	return appendHexQuoted(dst, data, more)
}

// untilNUL cuts a fixed-size array of characters at its end.
func untilNUL(data []byte) []byte {
	for i, c := range data {
		if c == 0 {
			return data[:i]
		}
	}
	return data
}

// path appends a file's name, which is never cut by the string limit.
func path(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendPointer(dst, register(e, index))
	}
	return appendQuoted(dst, c.Data, c.Truncated, o)
}

// text appends a string that ends with a NUL.
func text(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendPointer(dst, register(e, index))
	}
	return appendLimited(dst, c.Data, c.Truncated, o)
}

// buffer appends the bytes that the call read or wrote, and none beyond them.
func buffer(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendEmpty(dst, e, index)
	}
	return appendLimited(dst, c.Data, c.Truncated, o)
}

// appendEmpty appends a buffer of which nothing was captured: because the
// call wrote nothing into it, or because its memory could not be read.
func appendEmpty(dst []byte, e *event.Event, index int) []byte {
	value := register(e, index)
	if value != 0 && succeeded(e) && e.Row != nil && index < len(e.Row.Arguments) {
		m := e.Row.Arguments[index].Memory
		switch {
		case m.Layout != ring.LayoutBytes:
		case m.Count == ring.CountReturn:
			if result(e) == 0 {
				return append(dst, `""`...)
			}
		case m.Count >= ring.CountArgument && m.Count < ring.CountReturn:
			if register(e, int(m.Count-ring.CountArgument)) == 0 {
				return append(dst, `""`...)
			}
		}
	}
	return appendPointer(dst, value)
}

// randomBytes appends what getrandom gave.
func randomBytes(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendEmpty(dst, e, index)
	}
	return appendHexString(dst, c.Data, c.Truncated, o)
}

// stringVector reads a vector captured as ring.LayoutStrings, one string after
// the other. ok is false at the vector's end, or where its bytes are torn.
type stringVector struct{ data []byte }

func (s *stringVector) next() (value []byte, pointer uint64, truncated, unreadable, ok bool) {
	if len(s.data) < 2 {
		return nil, 0, false, false, false
	}
	head := little.Uint16(s.data)
	s.data = s.data[2:]
	length := int(head &^ (ring.StringTruncated | ring.StringUnreadable))
	if head&ring.StringUnreadable != 0 {
		if len(s.data) < 8 {
			s.data = nil
			return nil, 0, false, false, false
		}
		pointer = little.Uint64(s.data)
		s.data = s.data[8:]
		return nil, pointer, false, true, true
	}
	truncated = head&ring.StringTruncated != 0
	if length > len(s.data) {
		length, truncated = len(s.data), true
	}
	value = s.data[:length]
	s.data = s.data[length:]
	return value, 0, truncated, false, true
}

// vector appends a NULL-ended vector of strings: ["ls", "-l"].
func vector(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '[')
	all := stringVector{c.Data}
	shown, more := 0, c.Truncated
	for limit := o.elements(); ; shown++ {
		value, pointer, truncated, unreadable, ok := all.next()
		if !ok {
			break
		}
		if shown >= limit {
			more = true
			break
		}
		if shown > 0 {
			dst = append(dst, ", "...)
		}
		if unreadable {
			dst = appendPointer(dst, pointer)
		} else {
			dst = appendLimited(dst, value, truncated, o)
		}
	}
	return appendArrayEnd(dst, shown, more)
}

// environment appends a vector's address and how many strings it has.
func environment(dst []byte, e *event.Event, index int, o *Options) []byte {
	dst = appendPointer(dst, register(e, index))
	data := structure(e, index, 4)
	if data == nil {
		return dst
	}
	count := little.Uint32(data)
	dst = append(dst, " /* "...)
	dst = appendUint(dst, uint64(count))
	if count == 1 {
		return append(dst, " var */"...)
	}
	if memory(e, index).Truncated {
		return append(dst, "+ vars */"...)
	}
	return append(dst, " vars */"...)
}

// buffers appends an array of struct iovec with what is in the buffers.
func buffers(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendPointer(dst, register(e, index))
	}
	// A call that fills buffers fills them one after the other, with as many
	// bytes in all as it returned.
	left := ^uint64(0)
	if !c.Entry && e.Row != nil && index < len(e.Row.Arguments) && e.Row.Arguments[index].Memory.When == ring.WhenOut {
		left = uint64(max(result(e), 0))
	}
	dst = append(dst, '[')
	data := c.Data
	shown, more := 0, c.Truncated
	for limit := o.elements(); len(data) >= bufferHead; shown++ {
		if shown >= limit {
			more = true
			break
		}
		pointer, length := little.Uint64(data), little.Uint64(data[8:])
		captured := int(little.Uint16(data[16:]))
		data = data[bufferHead:]
		unreadable := captured == bufferUnreadable
		if unreadable {
			captured = 0
		}
		content := data[:min(captured, len(data))]
		data = data[len(content):]
		used := min(length, left)
		left -= used
		if shown > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, "{iov_base="...)
		if unreadable || pointer == 0 {
			dst = appendPointer(dst, pointer)
		} else {
			dst = appendLimited(dst, content, uint64(len(content)) < used, o)
		}
		dst = append(dst, ", iov_len="...)
		dst = appendUint(dst, length)
		dst = append(dst, '}')
	}
	if at, ends := memoryEnd(e, index, c, shown, 2*pointerSize(e)); ends && len(data) < bufferHead {
		return appendUnreadableEnd(dst, at)
	}
	return appendArrayEnd(dst, shown, more)
}

// memoryEnd says whether the capture of an array ends because there is no memory
// behind its last element, which stands at the end of a page, and where. What a
// capture has no room for ends anywhere.
func memoryEnd(e *event.Event, index int, c *ring.Capture, captured, size int) (at uint64, ends bool) {
	const page = 4096
	at = register(e, index) + uint64(captured*size)
	ends = c.Truncated && captured > 0 && captured < ring.VectorLimit && (at-1)/page != (at+uint64(size)-1)/page
	return at, ends
}

// appendUnreadableEnd closes an array of which the rest could not be read.
func appendUnreadableEnd(dst []byte, at uint64) []byte {
	dst = append(dst, ", ... /* "...)
	dst = appendPointer(dst, at)
	return append(dst, " */]"...)
}

// bufferHead is the size of struct buffer of recorder/bpf/layout.h, and
// bufferUnreadable what its captured says of memory that could not be read.
const (
	bufferHead       = 18
	bufferUnreadable = 0xffff
)
