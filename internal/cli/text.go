package cli

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable escapes what a terminal would not show as it is. A newline stays:
// errors that are joined have a line each.
func printable(text string) string {
	var result strings.Builder
	for len(text) > 0 {
		character, size := utf8.DecodeRuneInString(text)
		switch {
		case character == '\n':
			result.WriteString("\n")
		case character == utf8.RuneError && size == 1:
			fmt.Fprintf(&result, `\x%02x`, text[0])
		case !unicode.IsPrint(character):
			fmt.Fprintf(&result, `\u%04x`, character)
		default:
			result.WriteString(text[:size])
		}
		text = text[size:]
	}
	return result.String()
}

// counted is a number with its noun.
func counted(count uint64, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}
