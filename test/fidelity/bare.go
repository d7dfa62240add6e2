package main

import (
	"regexp"
	"strings"
)

var number = regexp.MustCompile(`^-?(0x[0-9a-f]+|[0-9]+)$`)

// isBare says whether our line has somewhere a bare number or address for
// which strace has a name, a string or a struct.
func isBare(theirs, ours string) bool {
	theirCall, theirResult := splitResult(theirs)
	ourCall, ourResult := splitResult(ours)
	if more, found := strings.CutPrefix(theirResult, ourResult); found && number.MatchString(ourResult) {
		if strings.HasPrefix(more, " (") || strings.HasPrefix(more, "<") {
			return true
		}
	}
	return isBareValue(theirCall, ourCall)
}

// splitResult cuts a call's line at the last equals sign outside of a string.
func splitResult(text string) (call, result string) {
	at := strings.LastIndex(text, ") = ")
	if at < 0 {
		return text, ""
	}
	return text[:at+1], text[at+len(") = "):]
}

func isBareValue(theirs, ours string) bool {
	if theirs == ours {
		return false
	}
	if number.MatchString(ours) {
		return !number.MatchString(theirs) && !strings.HasPrefix(theirs, ours+" /*") && theirs != "..."
	}
	theirName, theirInside, theirsOpens := enter(theirs)
	ourName, ourInside, oursOpens := enter(ours)
	if !theirsOpens || !oursOpens || theirName != ourName {
		return false
	}
	theirParts, ourParts := splitParts(theirInside), splitParts(ourInside)
	for at := range min(len(theirParts), len(ourParts)) {
		if isBareValue(theirParts[at], ourParts[at]) {
			return true
		}
	}
	return false
}

// member is a member of a struct: its name with the equals sign, and its value.
var member = regexp.MustCompile(`^(\w+=)(.*)$`)

// enter returns what is inside of a value's parentheses, braces or brackets,
// and what stands before them: a call's or a member's name. A member that is
// no struct has its value inside.
func enter(value string) (name, inside string, opens bool) {
	if match := member.FindStringSubmatch(value); match != nil {
		return match[1], match[2], true
	}
	at := strings.IndexAny(value, "([{\"")
	if at < 0 || value[at] == '"' {
		return "", "", false
	}
	closing := map[byte]byte{'(': ')', '[': ']', '{': '}'}[value[at]]
	end := strings.LastIndexByte(value, closing)
	if end < at {
		return value[:at], value[at+1:], true
	}
	return value[:at], value[at+1 : end], true
}

// splitParts cuts at the commas that are in no string and no brackets.
func splitParts(text string) []string {
	var parts []string
	depth, start, quoted := 0, 0, false
	for at := 0; at < len(text); at++ {
		switch c := text[at]; {
		case quoted && c == '\\':
			at++
		case c == '"':
			quoted = !quoted
		case quoted:
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, strings.TrimSpace(text[start:at]))
			start = at + 1
		}
	}
	return append(parts, strings.TrimSpace(text[start:]))
}
