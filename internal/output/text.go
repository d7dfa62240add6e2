package output

import "strconv"

const hexDigits = "0123456789abcdef"

// appendPlain appends hostile text so that it can be printed: what is not
// printable ASCII as \xHH, and the backslash doubled.
func appendPlain(dst []byte, text string) []byte {
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\\':
			dst = append(dst, `\\`...)
		case c >= ' ' && c <= '~':
			dst = append(dst, c)
		default:
			dst = append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return dst
}

// appendSpaces appends spaces up to a column of the line that begins at start.
func appendSpaces(dst []byte, start, column int) []byte {
	for len(dst)-start < column {
		dst = append(dst, ' ')
	}
	return dst
}

// appendSeconds appends nanoseconds as seconds with six digits behind the
// point, the whole seconds in at least that many columns.
func appendSeconds(dst []byte, nanoseconds uint64, width int) []byte {
	seconds, fraction := nanoseconds/1e9, nanoseconds%1e9/1e3
	for limit := uint64(10); width > 1; width-- {
		if seconds < limit {
			for range width - 1 {
				dst = append(dst, ' ')
			}
			break
		}
		limit *= 10
	}
	dst = append(appendUint(dst, seconds), '.')
	for unit := uint64(100_000); unit > 0; unit /= 10 {
		dst = append(dst, '0'+byte(fraction/unit%10))
	}
	return dst
}

// appendUint appends a number in decimal.
func appendUint(dst []byte, value uint64) []byte { return strconv.AppendUint(dst, value, 10) }
