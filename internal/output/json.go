package output

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"traceloop/event"
	"traceloop/recording"
	"traceloop/ring"
	"traceloop/strace"
	"traceloop/syscalls"
)

// jsonFormat is an object a line. Its members are promised to programs; all
// text is ASCII, so that not even a terminal is reached by a traced process.
type jsonFormat struct {
	*printer
	container []byte // the member that ends every object
	text      []byte // scratch

	// Nearly all events of a recording fall into few seconds, and a second's
	// date is dear to compute.
	second int64
	date   []byte // of second, without the fraction
}

func (f *jsonFormat) shows(*event.Event) bool { return true }

func (*jsonFormat) header(dst []byte) []byte { return dst }

func (f *jsonFormat) gap(dst []byte) []byte {
	if !f.incomplete() {
		return dst
	}
	dst = append(dst, `{"type":"gap"`...)
	if f.account.CompleteSince != 0 && !f.account.Damaged {
		dst = f.appendTimeMember(dst, f.account.CompleteSince)
	}
	dst = appendNumberMember(dst, "overwritten", f.account.Overwritten)
	if f.account.Damaged {
		dst = append(dst, `,"damaged":true`...)
	}
	if f.account.Lost != 0 {
		dst = appendNumberMember(dst, "lost", f.account.Lost)
	}
	if f.account.Malformed != 0 {
		dst = appendNumberMember(dst, "malformed", f.account.Malformed)
	}
	return f.end(dst)
}

func (f *jsonFormat) end(dst []byte) []byte {
	dst = append(dst, f.container...)
	return append(dst, "}\n"...)
}

func appendContainer(dst []byte, container *recording.Container) []byte {
	start := len(dst)
	dst = append(dst, `,"container":{`...)
	first := true
	for _, member := range []struct{ name, value string }{
		{"id", container.ID}, {"name", container.Name}, {"namespace", container.Namespace}, {"pod", container.Pod},
	} {
		if member.value == "" {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, '"')
		dst = append(dst, member.name...)
		dst = append(dst, `":`...)
		dst = appendJSONString(dst, member.value)
	}
	if first {
		return dst[:start]
	}
	return append(dst, '}')
}

func (f *jsonFormat) append(dst []byte, e *event.Event) []byte {
	start := len(dst)
	switch e.Type {
	case ring.TypeCall:
		dst = f.appendHead(dst, "syscall", e)
		dst = f.appendCall(dst, e)
	case ring.TypeSignal:
		dst = f.appendHead(dst, "signal", e)
		dst = appendSignal(dst, e.Signal)
	case ring.TypeExec:
		dst = f.appendHead(dst, "exec", e)
		dst = appendExec(dst, e)
	case ring.TypeFork:
		dst = f.appendHead(dst, "fork", e)
		dst = appendNumberMember(dst, "childPid", uint64(e.Fork.ChildPID))
		dst = appendNumberMember(dst, "childTid", uint64(e.Fork.ChildTID))
	case ring.TypeExit:
		dst = f.appendHead(dst, "exit", e)
		dst = appendExit(dst, e.Exit)
	default:
		return dst[:start]
	}
	return f.end(dst)
}

// appendHead appends the members that all events have.
func (f *jsonFormat) appendHead(dst []byte, kind string, e *event.Event) []byte {
	dst = append(dst, `{"type":"`...)
	dst = append(dst, kind...)
	dst = append(dst, '"')
	dst = f.appendTimeMember(dst, e.Start)
	if e.Type == ring.TypeCall {
		dst = appendNumberMember(dst, "durationNs", e.End-e.Start)
	}
	dst = appendNumberMember(dst, "cpu", uint64(e.CPU))
	dst = appendNumberMember(dst, "pid", uint64(e.Task.PID))
	dst = appendNumberMember(dst, "tid", uint64(e.TID))
	if e.Task.ContainerPID != e.Task.PID && e.Task.ContainerPID != 0 {
		dst = appendNumberMember(dst, "containerPid", uint64(e.Task.ContainerPID))
	}
	if e.Task.ContainerTID != e.TID && e.Task.ContainerTID != 0 {
		dst = appendNumberMember(dst, "containerTid", uint64(e.Task.ContainerTID))
	}
	dst = append(dst, `,"comm":`...)
	dst = appendJSONString(dst, e.Task.Comm)
	if e.SetUp {
		dst = append(dst, `,"setup":true`...)
	}
	return dst
}

func (f *jsonFormat) appendTimeMember(dst []byte, boot uint64) []byte {
	wall := f.wall(boot)
	if second := wall.Unix(); f.date == nil || second != f.second {
		f.second = second
		f.date = wall.AppendFormat(f.date[:0], "2006-01-02T15:04:05")
	}
	dst = append(dst, `,"time":"`...)
	dst = append(dst, f.date...)
	dst = append(dst, '.')
	fraction := wall.Nanosecond()
	for unit := int(time.Second) / 10; unit > 0; unit /= 10 {
		dst = append(dst, '0'+byte(fraction/unit%10))
	}
	return append(dst, `Z"`...)
}

func (f *jsonFormat) appendCall(dst []byte, e *event.Event) []byte {
	if abi := e.ABI; abi == syscalls.I386 || abi == syscalls.ARM || abi == syscalls.X32 {
		dst = append(dst, `,"abi":"`...)
		dst = append(dst, abi.String()...)
		dst = append(dst, '"')
	}
	dst = append(dst, `,"syscall":`...)
	if e.Row != nil {
		dst = appendJSONString(dst, e.Row.Name)
	} else {
		dst = append(dst, `"syscall_0x`...)
		dst = strconv.AppendUint(dst, uint64(e.Call.Number), 16)
		dst = append(dst, '"')
	}
	dst = f.appendArguments(dst, e)
	if !e.Returned() {
		if e.Row != nil && e.Row.Returns == syscalls.KindNever {
			return append(dst, `,"state":"noreturn"`...)
		}
		return append(dst, `,"state":"unfinished"`...)
	}
	if !e.Failed() {
		dst = append(dst, `,"ret":`...)
		dst = strconv.AppendInt(dst, e.Call.Return, 10)
		return appendPath(dst, "retPath", e, ring.ReturnArgument)
	}
	dst = append(dst, `,"ret":-1,"errno":`...)
	number := -e.Call.Return
	if name, _ := strace.Errno(number); name != "" {
		return appendJSONString(dst, name)
	}
	// Without a name, the number: still a string, as readers expect.
	dst = append(dst, '"')
	dst = strconv.AppendInt(dst, number, 10)
	return append(dst, '"')
}

func (f *jsonFormat) appendArguments(dst []byte, e *event.Event) []byte {
	count := len(e.Call.Arguments)
	if e.Row != nil {
		count = len(e.Row.Arguments)
	}
	dst = append(dst, `,"args":[`...)
	first := true
	for i := range count {
		if !strace.Shown(e, i) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, `{"name":"`...)
		if e.Row != nil {
			dst = append(dst, e.Row.Arguments[i].Name...)
		} else {
			dst = append(dst, "arg"...)
			dst = strconv.AppendInt(dst, int64(i), 10)
		}
		dst = append(dst, `","value":`...)
		f.text = strace.AppendArgument(f.text[:0], e, i, &f.strace)
		dst = appendJSONString(dst, f.text)
		dst = appendNumberMember(dst, "raw", strace.Raw(e, i))
		dst = appendFields(dst, f.text)
		dst = appendPath(dst, "path", e, i)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// appendPath appends, as a member, what a descriptor stands for, if that is known.
func appendPath(dst []byte, member string, e *event.Event, index int) []byte {
	path, known := strace.DescriptorPath(e, index)
	if !known {
		return dst
	}
	dst = append(dst, ',', '"')
	dst = append(dst, member...)
	dst = append(dst, `":`...)
	return appendJSONString(dst, path)
}

// Where siginfo_t has what is shown of it, and the codes that decide
// (include/uapi/asm-generic/siginfo.h). The kernel's own layout is that of its
// 64 bits.
const (
	infoCode   = 8
	infoSender = 16

	codeTimer = -2
	codePoll  = -5

	signalChild = 17
	codeKernel  = 0x80
)

func appendSignal(dst []byte, signal *ring.Signal) []byte {
	dst = append(dst, `,"signal":`...)
	dst = appendJSONString(dst, strace.SignalName(signal.Number))
	if len(signal.Info) < infoCode+4 {
		return dst
	}
	code := int32(binary.LittleEndian.Uint32(signal.Info[infoCode:]))
	dst = append(dst, `,"code":`...)
	dst = appendJSONString(dst, strace.SignalCode(signal.Number, code))
	// What another task sent, and what the kernel says of a child.
	sent := code <= 0 && code != codeTimer && code != codePoll || signal.Number == signalChild && code < codeKernel
	if sent && len(signal.Info) >= infoSender+4 {
		dst = append(dst, `,"sender":`...)
		dst = strconv.AppendInt(dst, int64(int32(binary.LittleEndian.Uint32(signal.Info[infoSender:]))), 10)
	}
	return dst
}

func appendExec(dst []byte, e *event.Event) []byte {
	dst = append(dst, `,"path":`...)
	dst = appendJSONString(dst, e.Exec.Path)
	dst = append(dst, `,"argv":[`...)
	count := uint32(0)
	for rest := e.Exec.Arguments; len(rest) > 0 && count < e.Exec.Argc; count++ {
		var argument []byte
		argument, rest, _ = bytes.Cut(rest, []byte{0})
		if count > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONString(dst, argument)
	}
	dst = append(dst, ']')
	if count < e.Exec.Argc {
		dst = appendNumberMember(dst, "argc", uint64(e.Exec.Argc))
	}
	if e.Exec.OldTID != e.TID {
		dst = appendNumberMember(dst, "oldTid", uint64(e.Exec.OldTID))
	}
	return dst
}

func appendExit(dst []byte, exit *ring.Exit) []byte {
	if signal := exit.Code & 0x7f; signal != 0 {
		dst = append(dst, `,"signal":`...)
		dst = appendJSONString(dst, strace.SignalName(signal))
		dst = append(dst, `,"coreDumped":`...)
		dst = strconv.AppendBool(dst, exit.Code&0x80 != 0)
	} else {
		dst = appendNumberMember(dst, "status", uint64(exit.Code>>8&0xff))
	}
	if exit.OOM {
		dst = append(dst, `,"oom":true`...)
	}
	return dst
}

func appendNumberMember(dst []byte, name string, value uint64) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	dst = append(dst, '"', ':')
	return appendUint(dst, value)
}

// appendJSONString appends text as a JSON string of ASCII. Valid UTF-8 comes
// out of it as it went in; a byte that is none becomes U+FFFD.
func appendJSONString[Text string | []byte](dst []byte, text Text) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(text); {
		c := text[i]
		if c >= ' ' && c <= '~' {
			if c == '"' || c == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, c)
			i++
			continue
		}
		size := 1
		character := rune(c)
		if c >= utf8.RuneSelf {
			character, size = utf8.DecodeRuneInString(string(text[i:min(i+utf8.UTFMax, len(text))]))
		}
		i += size
		switch {
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case character > 0xffff:
			high, low := utf16.EncodeRune(character)
			dst = appendUnit(appendUnit(dst, high), low)
		default:
			dst = appendUnit(dst, character)
		}
	}
	return append(dst, '"')
}

// appendUnit appends a unit of UTF-16 as JSON escapes it.
func appendUnit(dst []byte, unit rune) []byte {
	return append(dst, '\\', 'u', hexDigits[unit>>12&15], hexDigits[unit>>8&15], hexDigits[unit>>4&15], hexDigits[unit&15])
}
