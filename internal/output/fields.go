package output

import "bytes"

// The text of an argument, as strace writes it, has a structure:
//
//	{name=value, value, ...}  a struct; a member mostly has a name
//	[value, value, ...]       an array
//	[INT CHLD]                a set: words with spaces between them
//	value => value            what the call found, and what it left
//
// The functions of this file turn it into members of a JSON object. What they
// cannot take apart stays the text that it is.

// fieldsDepth is how deep structs and arrays are taken apart: deeper than any
// that there are, and no deeper, whatever the text.
const fieldsDepth = 16

// appendFields appends, if the text has parts, the member "fields" with an
// object for each, and "more" if the text says that there were more of them.
func appendFields(dst, text []byte) []byte { return appendFieldsWithin(dst, text, fieldsDepth) }

func appendFieldsWithin(dst, text []byte, depth int) []byte {
	if depth == 0 || len(text) < 2 {
		return dst
	}
	if before, after, changed := cutChange(text); changed {
		dst = append(dst, `,"fields":[`...)
		dst = appendField(dst, []byte("before"), before, depth)
		dst = append(dst, ',')
		dst = appendField(dst, []byte("after"), after, depth)
		return append(dst, ']')
	}
	if (text[0] != '{' && text[0] != '[') || skip(text, 0) != len(text) {
		return dst
	}
	isStruct, rest := text[0] == '{', text[1:len(text)-1]
	separator := ", "
	if !isStruct && isSet(rest) {
		separator = " "
	}
	dst = append(dst, `,"fields":[`...)
	more := false
	for first := true; len(rest) > 0; first = false {
		var element []byte
		element, rest = cutElement(rest, separator)
		if len(rest) == 0 && string(element) == "..." {
			more = true
			break
		}
		if !first {
			dst = append(dst, ',')
		}
		var name []byte
		if isStruct {
			name, element = cutName(element)
		}
		dst = appendField(dst, name, element, depth)
	}
	dst = append(dst, ']')
	if more {
		dst = append(dst, `,"more":true`...)
	}
	return dst
}

// appendField appends a part's object.
func appendField(dst, name, value []byte, depth int) []byte {
	dst = append(dst, '{')
	if len(name) > 0 {
		dst = append(dst, `"name":`...)
		dst = append(appendJSONString(dst, name), ',')
	}
	dst = append(dst, `"value":`...)
	dst = appendJSONString(dst, value)
	dst = appendFieldsWithin(dst, value, depth-1)
	return append(dst, '}')
}

// cutChange cuts what a call left off what it found.
func cutChange(text []byte) (before, after []byte, changed bool) {
	const arrow = " => "
	if !bytes.Contains(text, []byte(arrow)) {
		return text, nil, false
	}
	before, after = cutElement(text, arrow)
	return before, after, len(before) > 0 && len(after) > 0
}

// cutElement cuts the text at the first separator that is not within a string,
// a comment or brackets. A text that ends with the separator is not cut there:
// nothing stands behind it.
func cutElement(text []byte, separator string) (element, rest []byte) {
	for i := 0; i < len(text); {
		if end := i + len(separator); text[i] == separator[0] && end < len(text) && string(text[i:end]) == separator {
			return text[:i], text[end:]
		}
		next := skip(text, i)
		if next < 0 {
			break
		}
		i = next
	}
	return text, nil
}

// cutName cuts a struct member's name off its value.
func cutName(member []byte) (name, value []byte) {
	for i, c := range member {
		switch {
		case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && c >= '0' && c <= '9':
			continue
		case c == '=' && i > 0 && i+1 < len(member) && member[i+1] != '=':
			return member[:i], member[i+1:]
		}
		break
	}
	return nil, member
}

// isSet says whether an array has the form of a set: at least two words, such
// as signals' names or descriptors, and nothing else.
func isSet(body []byte) bool {
	spaces := false
	for i, c := range body {
		switch {
		case c == '_' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9':
		case c == ' ' && i > 0 && i+1 < len(body) && body[i-1] != ' ':
			spaces = true
		default:
			return false
		}
	}
	return spaces
}

// skip returns where ends what begins at i: a string, a comment, something in
// brackets, or just a byte. It is -1 where an end is missing.
func skip(text []byte, i int) int {
	// The brackets that are to close, from the outermost one on.
	var open [fieldsDepth * 2]byte
	depth := 0
	for {
		switch c := text[i]; c {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			if i >= len(text) {
				return -1
			}
		case '/':
			if i+1 < len(text) && text[i+1] == '*' {
				end := commentEnd(text, i+2)
				if end < 0 {
					return -1
				}
				i = end - 1
			}
		case '{', '[', '(':
			if depth == len(open) {
				return -1
			}
			open[depth] = closing(c)
			depth++
		case '}', ']', ')':
			if depth == 0 || open[depth-1] != c {
				return -1
			}
			depth--
		}
		i++
		if depth == 0 {
			return i
		}
		if i >= len(text) {
			return -1
		}
	}
}

func closing(bracket byte) byte {
	switch bracket {
	case '{':
		return '}'
	case '[':
		return ']'
	}
	return ')'
}

// commentEnd returns what is behind the end of a comment, -1 if it has none.
func commentEnd(text []byte, i int) int {
	for ; i+1 < len(text); i++ {
		if text[i] == '*' && text[i+1] == '/' {
			return i + 2
		}
	}
	return -1
}
