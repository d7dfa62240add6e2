package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"traceloop/event"
	"traceloop/recording"
	"traceloop/ring"
	"traceloop/strace"
	"traceloop/syscalls"
)

// Origin says of a recording what it does not say itself.
type Origin struct {
	Node string
	// MountNamespace is the inode number of the container's; 0 if it is not known.
	MountNamespace uint32
	// Calls are those that were asked for; nil: all.
	Calls *syscalls.Filter
}

// oldEvent is an event in the schema of old clients.
type oldEvent struct {
	Timestamp      int64       `json:"timestamp"` // ns since 1970, of the call's beginning
	Type           string      `json:"type"`
	CPU            uint32      `json:"cpu"`
	PID            uint32      `json:"pid"` // of the process, the host's number
	Comm           string      `json:"comm"`
	MountNamespace uint32      `json:"mountnsid"`
	Syscall        string      `json:"syscall"`
	Parameters     []parameter `json:"parameters"`
	Return         string      `json:"ret"`
	Kubernetes     kubernetes  `json:"k8s"`
}

type parameter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	// Content is what a pointer leads to, as a quoted string.
	Content string `json:"content,omitempty"`
}

type kubernetes struct {
	Node      string `json:"node"`
	Namespace string `json:"namespace"`
	Pod       string `json:"podName"`
	Container string `json:"containerName"`
}

// What stands for a call's result where there is none.
const (
	neverReturns = "X"
	unfinished   = "unfinished"
)

// errTooLong is that a recording has more calls than a stream takes.
var errTooLong = errors.New("the events of this recording are too many for a stream")

// Line returns a recording's calls, without those of the container's set-up, as a
// JSON array of old clients' events. It is ASCII and has no newline. A recording
// whose line would be longer than MaximumBytes is an error.
func Line(r *recording.Recording, origin Origin) ([]byte, error) {
	return line(r, event.Decode(&r.Snapshot, r.Architecture), origin, MaximumBytes)
}

func line(r *recording.Recording, history *event.History, origin Origin, maximum int) ([]byte, error) {
	clock := r.Clock
	if len(clock) == 0 {
		clock = recording.Clock{{}} // as if the machine had been booted in 1970
	}
	converted := oldEvent{
		Type:           "normal",
		MountNamespace: origin.MountNamespace,
		Kubernetes: kubernetes{
			Node: origin.Node, Namespace: r.Container.Namespace, Pod: r.Container.Pod, Container: r.Container.ContainerName,
		},
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	result := []byte{'['}
	for i := range history.Events {
		e := &history.Events[i]
		if e.Type != ring.TypeCall || e.SetUp || !origin.Calls.Match(e.Row) {
			continue
		}
		converted.Timestamp = clock.Wall(e.Start).UnixNano()
		converted.CPU, converted.PID, converted.Comm = e.CPU, e.Task.PID, e.Task.Comm
		converted.Syscall = string(strace.AppendName(nil, e))
		converted.Parameters = appendParameters(converted.Parameters[:0], e)
		converted.Return = returned(e)
		buffer.Reset()
		if err := encoder.Encode(&converted); err != nil {
			return nil, fmt.Errorf("encoding an event: %w", err)
		}
		if len(result) > 1 {
			result = append(result, ',')
		}
		result = appendASCII(result, bytes.TrimSuffix(buffer.Bytes(), []byte{'\n'}))
		if len(result) >= maximum {
			return nil, fmt.Errorf("%w: more than %d bytes; \"kubectl traceloop show\" has no such limit", errTooLong, maximum)
		}
	}
	return append(result, ']'), nil
}

// appendASCII appends JSON with all that is not printable ASCII escaped, all of
// which is in strings.
func appendASCII(dst, text []byte) []byte {
	for len(text) > 0 {
		if c := text[0]; c < 0x7f {
			dst, text = append(dst, c), text[1:]
			continue
		}
		character, size := utf8.DecodeRune(text)
		text = text[size:]
		if high, low := utf16.EncodeRune(character); high != utf8.RuneError {
			dst = fmt.Appendf(dst, `\u%04x\u%04x`, high, low)
		} else {
			dst = fmt.Appendf(dst, `\u%04x`, character)
		}
	}
	return dst
}

func appendParameters(dst []parameter, e *event.Event) []parameter {
	if e.Row == nil {
		for i := range e.Call.Arguments {
			dst = append(dst, parameter{Name: "arg" + strconv.Itoa(i), Value: strconv.FormatUint(strace.Raw(e, i), 10)})
		}
		return dst
	}
	for i := range e.Row.Arguments {
		argument := &e.Row.Arguments[i]
		if argument.Hidden() {
			continue
		}
		dst = append(dst, parameter{Name: argument.Name, Value: value(e, i), Content: content(e, i)})
	}
	return dst
}

// value is an argument's register: in hexadecimal if it is a pointer.
func value(e *event.Event, index int) string {
	argument := &e.Row.Arguments[index]
	raw := strace.Raw(e, index)
	if argument.Wide {
		raw = raw&0xffffffff | strace.Raw(e, index+1)<<32
	}
	switch {
	case pointers()[argument.Kind]:
		return "0x" + strconv.FormatUint(raw, 16)
	case signed32[argument.Kind]:
		return strconv.FormatInt(int64(int32(raw)), 10)
	case signed64[argument.Kind] && (argument.Wide || e.ABI.LongSize() == 8):
		return strconv.FormatInt(int64(raw), 10)
	case signed64[argument.Kind]:
		return strconv.FormatInt(int64(int32(raw)), 10)
	default:
		return strconv.FormatUint(raw, 10)
	}
}

// everything makes strace write all that was captured.
var everything = strace.Options{StringLimit: 1 << 30, Unabbreviated: true}

// content is what was found where an argument points to, as a quoted string; empty
// if nothing was. Strings and buffers are as strace has them, and so is what is in
// the quotes of all else.
func content(e *event.Event, index int) string {
	captured := false
	for i := range e.Call.Captures {
		c := &e.Call.Captures[i]
		captured = captured || int(c.Argument) == index && c.Layout != ring.LayoutDescriptor
	}
	if !captured {
		return ""
	}
	switch text := strace.AppendArgument(nil, e, index, &everything); {
	case bytes.HasPrefix(text, []byte("0x")), bytes.Equal(text, []byte("NULL")):
		return "" // what was captured says nothing
	case text[0] == '"':
		return string(text)
	default:
		return strconv.Quote(string(text))
	}
}

// returned is what a call returned.
func returned(e *event.Event) string {
	switch e.Name() {
	case "exit", "exit_group", "rt_sigreturn", "sigreturn":
		return neverReturns
	}
	value, errno, ok := strace.Result(e)
	switch {
	case !ok:
		return unfinished
	case errno != 0:
		return "-1 (" + unix.Errno(errno).Error() + ")"
	default:
		return strconv.FormatInt(value, 10)
	}
}
