package strace

import (
	"encoding/binary"
	"strings"
	"testing"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/syscalls"
)

// decoded makes events of calls as a recording has them.
func decoded(t testing.TB, records ...ring.Record) []event.Event {
	t.Helper()
	for i := range records {
		records[i].Type = ring.TypeCall
		records[i].Task = &ring.Task{PID: 5}
		records[i].TID = 5
	}
	return event.Decode(&ring.Snapshot{InFlight: ring.EncodeCalls(records)}, "amd64").Events
}

func numbered(t testing.TB, name string) uint32 {
	t.Helper()
	number, ok := syscalls.Number(syscalls.AMD64, name)
	if !ok {
		t.Fatalf("no call %q", name)
	}
	return number
}

// describedAs is the capture of a descriptor: its magic, inode, device, mode,
// flags and what stands behind.
func describedAs(number int32, magic uint32, mode, flags uint16, behind ...any) ring.Capture {
	data := bytes(number, magic, uint64(77), uint32(1<<20|3), mode, flags, bytes(behind...))
	return ring.Capture{Layout: ring.LayoutDescriptor, Data: data}
}

// readOf is the line of a read from a descriptor that is as captured.
func readOf(t *testing.T, style Descriptors, capture ring.Capture) string {
	t.Helper()
	e := decoded(t, ring.Record{End: 1, Call: ring.Call{
		Number: numbered(t, "read"), Arguments: []uint64{3, 0, 0}, Captures: []ring.Capture{capture},
	}})[0]
	return string(AppendCall(nil, &e, &Options{Descriptors: style}))
}

// Nothing that a name has ends the angle brackets or the line.
func TestDescriptorsOfHostileNames(t *testing.T) {
	const tmpfs, pipe, namespace, anonymous = 0x01021994, magicPipe, magicNamespace, magicAnonymous
	unixSocket := func(name string) []byte {
		return bytes(uint16(1), uint16(1), uint16(0), uint16(7), uint16(0), uint16(0), uint32(0), 16, 16, uint64(99), name)
	}
	for _, test := range []struct {
		name    string
		style   Descriptors
		capture ring.Capture
		want    string
	}{
		{"the root directory", DescriptorsPaths, describedAs(3, tmpfs, 0o040755, 0), "3</>"},
		{"brackets", DescriptorsPaths, describedAs(3, tmpfs, 0o100644, 0, "a>, b<7\x00<\x00"), `3</\74/a\76, b\0747>`},
		{"controls", DescriptorsPaths, describedAs(3, tmpfs, 0o100644, 0, "\n\x1b[31m\xff\"\\\x00"), `3</\n\33[31m\377\"\\>`},
		{"a name without its end", DescriptorsPaths, describedAs(3, tmpfs, 0o100644, 0, "a\x00bc"), "3</b/a>"},
		{"a path that is cut", DescriptorsPaths, describedAs(3, tmpfs, 0o100644, ring.DescriptorCut, "a\x00b\x00"), "3<.../b/a>"},
		{"a path that is cut to nothing", DescriptorsPaths, describedAs(3, tmpfs, 0o100644, ring.DescriptorCut), "3<...>"},
		{"a file that is gone", DescriptorsPaths, describedAs(3, tmpfs, 0o100644, ring.DescriptorDeleted, ">\x00"), `3</\76>(deleted)`},
		{"a pipe", DescriptorsPaths, describedAs(3, pipe, 0o010600, ring.DescriptorNameless), "3<pipe:[77]>"},
		{"an anonymous inode", DescriptorsPaths, describedAs(3, anonymous, 0o600, ring.DescriptorNameless, "[event>poll]\x00"), `3<anon_inode:[event\76poll]>`},
		{"a namespace", DescriptorsPaths, describedAs(3, namespace, 0o100444, ring.DescriptorNameless, "n\n\x00"), `3<n\n:[77]>`},
		{"nothing", DescriptorsPaths, describedAs(3, 0, 0, 0), "3"},
		{"another number", DescriptorsPaths, describedAs(4, tmpfs, 0o100644, 0, "a\x00"), "3"},
		{"a device", DescriptorsDetails, describedAs(3, tmpfs, 0o020600, 0, "null\x00"), "3</null<char 1:3>>"},
		{"a socket", DescriptorsPaths, describedAs(3, magicSocket, 0o140777, 0, unixSocket("")), "3<socket:[77]>"},
		{"a socket's name", DescriptorsDetails, describedAs(3, magicSocket, 0o140777, 0, unixSocket("/a\">]\n\x00rest")), `3<UNIX-STREAM:[77->99,"/a\">]\n"]>`},
		{"a socket's abstract name", DescriptorsDetails, describedAs(3, magicSocket, 0o140777, 0, unixSocket("\x00a\x00>")), `3<UNIX-STREAM:[77->99,@"a"]>`},
		{"half a socket", DescriptorsDetails, describedAs(3, magicSocket, 0o140777, 0, "short"), "3"},
	} {
		line := readOf(t, test.style, test.capture)
		got, found := strings.CutPrefix(line, "read(")
		got, _, _ = strings.Cut(got, ", NULL, 0)")
		if !found || got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// hostileCalls are those whose memory leads to more of it.
var hostileCalls = []string{
	"sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "io_submit", "bpf", "ioctl", "prctl", "fcntl", "keyctl", "io_uring_register",
	"pselect6", "execve", "writev", "readv", "sendto", "rt_sigreturn", "kexec_load", "semctl", "ptrace", "poll", "close", "dup2", "pipe2",
}

// FuzzCaptured decodes calls whose captures are of any shape: parts of nothing,
// elements without parts, descriptors that are cut, layouts that the row does not have.
func FuzzCaptured(f *testing.F) {
	header := bytes(0x1000, uint32(16), 4, 0x2000, 1, 0x3000, 16, 8)
	seed := bytes(
		byte(0), byte(ring.LayoutDescriptor), uint16(29), describedAs(3, 1, 0o100644, 0, "name\x00").Data,
		byte(1), byte(ring.LayoutStruct), uint16(len(header)), header,
		byte(8), byte(ring.LayoutArray), uint16(3), "\x01\x00/",
		byte(9), byte(ring.LayoutBuffers), uint16(22), uint64(0x1000), uint64(9), uint16(4), "data",
		byte(10), byte(ring.LayoutArray), uint16(16), uint64(16), uint32(1), uint32(1))
	for i := range hostileCalls {
		f.Add(uint8(i), seed, uint8(5), uint64(3), uint64(0x1000), uint64(2), int64(i-3))
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte, count uint8, first, second, third uint64, result int64) {
		captures := ring.ParseCaptures(data, int(count)&ring.CapturesMax)
		record := ring.Record{End: 1, Call: ring.Call{
			Number: numbered(t, hostileCalls[int(which)%len(hostileCalls)]), Return: result,
			Arguments: []uint64{first, second, third, first ^ third, second & 7, third & 15}, Captures: captures,
		}}
		for _, e := range decoded(t, record, record) {
			for _, style := range []Descriptors{DescriptorsBare, DescriptorsPaths, DescriptorsDetails} {
				check(t, &e, &Options{StringLimit: 32, Descriptors: style}, len(data)+binary.Size(record.Call.Number))
			}
			for i := range 8 {
				DescriptorPath(&e, i)
			}
		}
	})
}
