package strace

import "traceloop/event"

// entry is a number with a name.
type entry struct {
	value uint64
	name  string
}

// flags are names of bits. A name of several bits stands before the names of
// its parts. A name of no bits at all is what zero is called.
type flags struct {
	unknown string // what the header calls them all, say O_???
	names   []entry
}

// appendTo appends the names of the bits, then what has none in hexadecimal.
func (f *flags) appendTo(dst []byte, value uint64, o *Options) []byte {
	if value == 0 && (len(f.names) == 0 || f.names[0].value != 0) {
		return append(dst, '0')
	}
	start := len(dst)
	dst, named := beginNames(dst, value, asHex, o)
	if !named {
		return dst
	}
	if value == 0 {
		return endNames(append(dst, f.names[0].name...), o)
	}
	dst, left := f.appendKnown(dst, value, false)
	if left == value {
		return appendComment(appendHex(dst[:start], value), f.unknown)
	}
	if left != 0 {
		dst = append(dst, '|')
		dst = appendHex(dst, left)
	}
	return endNames(dst, o)
}

// appendKnown appends the names of the bits and returns the bits without one.
// joined says that a name stands before them already.
func (f *flags) appendKnown(dst []byte, value uint64, joined bool) ([]byte, uint64) {
	for i := range f.names {
		n := &f.names[i]
		if n.value == 0 || value&n.value != n.value {
			continue
		}
		if joined {
			dst = append(dst, '|')
		}
		joined = true
		dst = append(dst, n.name...)
		value &^= n.value
		if value == 0 {
			break
		}
	}
	return dst, value
}

// beginNames appends what stands before a number's names: nothing or, as the
// options want it, the number itself. named says whether the names are wanted,
// and endNames behind them.
func beginNames(dst []byte, value uint64, form numberForm, o *Options) (_ []byte, named bool) {
	style := o.constants()
	if style == ConstantsNamed {
		return dst, true
	}
	switch form {
	case asInt:
		dst = appendInt(dst, int64(value))
	case asUint:
		dst = appendUint(dst, value)
	case asOctal:
		dst = appendMode(dst, value, o)
	default:
		dst = appendHex(dst, value)
	}
	if style == ConstantsRaw {
		return dst, false
	}
	return append(dst, " /* "...), true
}

func endNames(dst []byte, o *Options) []byte {
	if o.constants() == ConstantsBoth {
		return append(dst, " */"...)
	}
	return dst
}

// appendConstant appends a number that has just one name.
func appendConstant(dst []byte, value uint64, form numberForm, name string, o *Options) []byte {
	dst, named := beginNames(dst, value, form, o)
	if !named {
		return dst
	}
	return endNames(append(dst, name...), o)
}

func appendComment(dst []byte, comment string) []byte {
	if comment == "" {
		return dst
	}
	dst = append(dst, " /* "...)
	dst = append(dst, comment...)
	return append(dst, " */"...)
}

// argument decodes a 32-bit argument of these flags.
func (f *flags) argument(dst []byte, e *event.Event, index int, o *Options) []byte {
	return f.appendTo(dst, uint64(uint32(register(e, index))), o)
}

// longArgument decodes an argument of these flags as wide as a long.
func (f *flags) longArgument(dst []byte, e *event.Event, index int, o *Options) []byte {
	return f.appendTo(dst, register(e, index), o)
}

// names are names of numbers of which one is meant at a time.
type names struct {
	unknown string
	names   []entry
}

// lookup finds a number's name.
func (n *names) lookup(value uint64) (string, bool) {
	// Most tables are the numbers from zero on.
	if value < uint64(len(n.names)) && n.names[value].value == value {
		return n.names[value].name, true
	}
	for i := range n.names {
		if n.names[i].value == value {
			return n.names[i].name, true
		}
	}
	return "", false
}

// appendTo appends a number's name.
func (n *names) appendTo(dst []byte, value uint64, o *Options) []byte {
	if name, ok := n.lookup(value); ok {
		return appendConstant(dst, value, asHex, name, o)
	}
	dst = appendHex(dst, value)
	if o.constants() == ConstantsRaw {
		return dst
	}
	return appendComment(dst, n.unknown)
}

// argument decodes a 32-bit argument.
func (n *names) argument(dst []byte, e *event.Event, index int, o *Options) []byte {
	return n.appendTo(dst, uint64(uint32(register(e, index))), o)
}
