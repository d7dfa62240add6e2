package strace

import (
	"encoding/binary"
	"strings"
	"testing"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/syscalls"
)

// A part is something that makes an event out of the bare call.
type part func(*event.Event)

// made makes the event of a call that returned.
func made(t testing.TB, abi syscalls.ABI, name string, result int64, parts ...part) *event.Event {
	t.Helper()
	number, ok := syscalls.Number(abi, name)
	if !ok {
		t.Fatalf("%v has no call %q", abi, name)
	}
	e := &event.Event{Record: &ring.Record{}, ABI: abi, Row: syscalls.Lookup(abi, number)}
	e.Type = ring.TypeCall
	e.TID = 4958
	e.Call.Number = number
	e.Call.Return = result
	for _, p := range parts {
		p(e)
	}
	for len(e.Call.Arguments) < len(e.Row.Arguments) {
		e.Call.Arguments = append(e.Call.Arguments, 0)
	}
	return e
}

// arguments come before the other parts: the row may depend on them.
func arguments(values ...uint64) part {
	return func(e *event.Event) {
		e.Call.Arguments = values
		e.Row = e.Row.Variant(values)
	}
}

func captured(index int, entry, truncated bool, data []byte) part {
	return func(e *event.Event) {
		c := ring.Capture{Argument: uint8(index), Entry: entry, Truncated: truncated, Data: data}
		if index < len(e.Row.Arguments) {
			c.Layout = e.Row.Arguments[index].Memory.Layout
		}
		e.Call.Captures = append(e.Call.Captures, c)
	}
}

// late is memory read when the call had ended, early when it began.
func late(index int, data ...any) part  { return captured(index, false, false, bytes(data...)) }
func early(index int, data ...any) part { return captured(index, true, false, bytes(data...)) }

// cut is memory of which there was more.
func cut(index int, data ...any) part { return captured(index, false, true, bytes(data...)) }

func state(s ring.State) part {
	return func(e *event.Event) { e.Call.State = s }
}

// bytes lays out numbers in their size, and strings as they are.
func bytes(values ...any) []byte {
	var data []byte
	for _, v := range values {
		switch v := v.(type) {
		case string:
			data = append(data, v...)
		case []byte:
			data = append(data, v...)
		case int: // a pad
			data = append(data, make([]byte, v)...)
		default:
			data, _ = binary.Append(data, binary.LittleEndian, v)
		}
	}
	return data
}

// words lays out a vector of strings.
func words(values ...string) []byte {
	var data []byte
	for _, v := range values {
		data = append(binary.LittleEndian.AppendUint16(data, uint16(len(v))), v...)
	}
	return data
}

// pieces lays out the buffers of an iovec array: address, length, bytes.
func pieces(values ...any) []byte {
	var data []byte
	for i := 0; i < len(values); i += 3 {
		content := values[i+2].(string)
		data = append(data, bytes(uint64(values[i].(int)), uint64(values[i+1].(int)), uint16(len(content)), content)...)
	}
	return data
}

func minus(n int64) uint64 { return uint64(-n) }

// line is what is expected of AppendCall, padded as strace pads it.
func line(call, result string) string {
	return call + " " + strings.Repeat(" ", max(0, 39-len(call))) + "= " + result
}
