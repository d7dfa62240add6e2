package main

import (
	"regexp"
	"strconv"
	"strings"
)

// line is what a log says of one call, signal or end of a task.
type line struct {
	thread int
	// name is a call's, or "---" of a signal and "+++" of an end.
	name string
	text string // without the thread, normalised
}

const (
	signalName = "---"
	endName    = "+++"
	unfinished = " <unfinished ...>"
)

var (
	resumedCall = regexp.MustCompile(`^<\.\.\. (\w+) resumed>(.*)$`)
	superseded  = regexp.MustCompile(`^\+\+\+ superseded by execve in pid (\d+) \+\+\+$`)
	callName    = regexp.MustCompile(`^\w+`)
)

// remark is what strace says of a process whose ABI has changed. It is about
// the lines, and none itself.
const remark = "[ Process PID="

// parseLog returns the lines of a log that strace -f -o wrote, or that looks
// like it. A call that strace has split, because another thread's line came
// between, is joined again where it began. What is no such line is kept: it
// will differ.
func parseLog(log string) []line {
	var lines []line
	open := make(map[int]int) // by thread: the line to be resumed
	supersededBy := make(map[int]int)
	for text := range strings.Lines(log) {
		thread, text := splitThread(strings.TrimSuffix(text, "\n"))
		if strings.HasPrefix(text, remark) {
			continue
		}
		if match := resumedCall.FindStringSubmatch(text); match != nil {
			// The thread that called execve has taken its leader's number.
			caller, taken := supersededBy[thread]
			if !taken || match[1] != "execve" {
				caller = thread
			}
			if at, found := open[caller]; found && lines[at].name == match[1] {
				delete(open, caller)
				delete(supersededBy, thread)
				lines[at].text = normalise(strings.TrimSuffix(lines[at].text, unfinished) + match[2])
				continue
			}
		}
		if match := superseded.FindStringSubmatch(text); match != nil {
			caller, _ := strconv.Atoi(match[1])
			supersededBy[thread] = caller
		}
		lines = append(lines, line{thread, nameOf(text), normalise(text)})
		if strings.HasSuffix(text, unfinished) {
			lines[len(lines)-1].text = text // whole, until it is resumed
			open[thread] = len(lines) - 1
		}
	}
	for _, at := range open {
		lines[at].text = normalise(lines[at].text)
	}
	return lines
}

func splitThread(text string) (thread int, rest string) {
	number, rest, found := strings.Cut(text, " ")
	thread, err := strconv.Atoi(number)
	if !found || err != nil {
		return 0, text
	}
	return thread, strings.TrimLeft(rest, " ")
}

func nameOf(text string) string {
	switch {
	case strings.HasPrefix(text, signalName):
		return signalName
	case strings.HasPrefix(text, endName):
		return endName
	}
	return callName.FindString(text)
}

// neverReturned is the end of a call that its task did not survive. Whether
// strace writes that it is unfinished depends on what it wrote in between.
var neverReturned = regexp.MustCompile(`(?: <unfinished \.\.\.>)?\)\s*= \?$`)

// normalise makes a run of spaces one, except in strings: strace pads to a
// column, and counts there what it wrote of a split call.
func normalise(text string) string {
	var result strings.Builder
	quoted := false
	for at := 0; at < len(text); at++ {
		switch c := text[at]; {
		case quoted && c == '\\' && at+1 < len(text):
			result.WriteByte(c)
			at++
		case c == '"':
			quoted = !quoted
		case c == ' ' && !quoted && at > 0 && text[at-1] == ' ':
			continue
		}
		result.WriteByte(text[at])
	}
	return neverReturned.ReplaceAllString(result.String(), ") = ?")
}

// fromCommand cuts off what the waiting shell did before it became the command.
func fromCommand(lines []line) []line {
	for at := range lines {
		if lines[at].name == "execve" {
			return lines[at:]
		}
	}
	return nil
}

// byThread gives each thread its lines, and the threads in the order of their
// first lines.
func byThread(lines []line) (threads []int, of map[int][]line) {
	of = make(map[int][]line)
	for _, l := range lines {
		if _, found := of[l.thread]; !found {
			threads = append(threads, l.thread)
		}
		of[l.thread] = append(of[l.thread], l)
	}
	return threads, of
}
