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

// appendUint appends a number in decimal.
func appendUint(dst []byte, value uint64) []byte { return strconv.AppendUint(dst, value, 10) }
