package ring

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// descriptorOf lays out a struct descriptor and what stands behind it.
func descriptorOf(number int32, magic uint32, inode uint64, device uint32, mode, flags uint16, behind ...any) []byte {
	return laid(append([]any{number, magic, inode, device, mode, flags}, behind...)...)
}

func laid(values ...any) []byte {
	var data []byte
	for _, value := range values {
		if text, ok := value.(string); ok {
			data = append(data, text...)
			continue
		}
		var err error
		if data, err = binary.Append(data, binary.LittleEndian, value); err != nil {
			panic(err)
		}
	}
	return data
}

// socketOf lays out a struct descriptor_socket.
func socketOf(s Socket) []byte {
	return laid(s.Family, s.Type, s.Protocol, s.State, swap(s.LocalPort), swap(s.RemotePort), s.PortID, s.Local, s.Remote, s.Peer, string(s.Name))
}

func TestParseDescriptor(t *testing.T) {
	const tmpfs = 0x01021994
	socket := Socket{
		Family: 10, Type: 1, Protocol: 6, State: 1, LocalPort: 0x1234, RemotePort: 443, PortID: 7, Peer: 1 << 40,
		Local: [16]byte{15: 1}, Remote: [16]byte{0: 0xfe, 15: 2}, Name: []byte("\x00abstract"),
	}
	for _, test := range []struct {
		name string
		data []byte
		want Descriptor
	}{
		{"a file", descriptorOf(3, tmpfs, 1<<40, 0, 0o100644, 0, "file\x00one\x00"),
			Descriptor{Number: 3, Open: true, Magic: tmpfs, Inode: 1 << 40, Mode: 0o100644, Names: []byte("file\x00one\x00")}},
		{"the root directory", descriptorOf(-100, tmpfs, 1, 0, 0o040755, 0),
			Descriptor{Number: -100, Open: true, Magic: tmpfs, Inode: 1, Mode: 0o040755, Names: []byte{}}},
		{"a device", descriptorOf(0, tmpfs, 5, 136<<20|0xfffff, 0o020620, 0, "tty\x00"),
			Descriptor{Open: true, Magic: tmpfs, Inode: 5, Mode: 0o020620, Major: 136, Minor: 0xfffff, Names: []byte("tty\x00")}},
		{"all flags", descriptorOf(1, tmpfs, 5, 0, 0o100000, DescriptorDeleted|DescriptorCut|DescriptorNameless|0xfff8, "a"),
			Descriptor{Number: 1, Open: true, Magic: tmpfs, Inode: 5, Mode: 0o100000, Deleted: true, Cut: true, Nameless: true, Names: []byte("a")}},
		{"nothing", descriptorOf(9, 0, 0, 0, 0, 0), Descriptor{Number: 9, Names: []byte{}}},
		{"a socket", descriptorOf(4, socketFileSystem, 77, 0, 0o140777, 0, socketOf(socket)),
			Descriptor{Number: 4, Open: true, Magic: socketFileSystem, Inode: 77, Mode: 0o140777, IsSocket: true, Socket: socket}},
		{"a socket without a name", descriptorOf(4, socketFileSystem, 77, 0, 0o140777, 0, socketOf(Socket{Family: 1})),
			Descriptor{Number: 4, Open: true, Magic: socketFileSystem, Inode: 77, Mode: 0o140777, IsSocket: true, Socket: Socket{Family: 1, Name: []byte{}}}},
	} {
		got, ok := ParseDescriptor(test.data)
		if !ok {
			t.Errorf("%s: is none", test.name)
		}
		if difference := cmp.Diff(test.want, got); difference != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, difference)
		}
	}
}

// A capture may be cut anywhere.
func TestParseDescriptorOfAnyLength(t *testing.T) {
	file := descriptorOf(3, 0x01021994, 1, 0, 0o100644, 0, "file\x00one\x00")
	socket := descriptorOf(4, socketFileSystem, 77, 0, 0o140777, 0, socketOf(Socket{Family: 1, Name: []byte("/name")}))
	for n := range len(file) + 1 {
		d, ok := ParseDescriptor(file[:n])
		if ok != (n >= sizeofDescriptor) {
			t.Errorf("%d bytes of a file are one: %t", n, ok)
		}
		if ok && !bytes.Equal(d.Names, file[sizeofDescriptor:n]) {
			t.Errorf("%d bytes of a file have the names %q", n, d.Names)
		}
		if !ok && !cmp.Equal(d, Descriptor{}) {
			t.Errorf("%d bytes of a file are %+v", n, d)
		}
	}
	for n := range len(socket) + 1 {
		d, ok := ParseDescriptor(socket[:n])
		if whole := n >= sizeofDescriptor+sizeofDescriptorSocket; ok != whole || d.IsSocket != whole {
			t.Fatalf("%d bytes of a socket: %t, %+v", n, ok, d)
		}
	}
	// Every byte may be anything.
	for i := range socket {
		for _, c := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			changed := slices.Clone(socket)
			changed[i] = c
			if _, ok := ParseDescriptor(changed); !ok {
				t.Errorf("with byte %d as %#x it is none", i, c)
			}
		}
	}
	// What calls itself a file is one, whatever stands behind.
	if d, ok := ParseDescriptor(descriptorOf(4, socketFileSystem+1, 77, 0, 0o140777, 0, "x")); !ok || d.IsSocket || string(d.Names) != "x" {
		t.Errorf("a socket's mode in a file system of files: %t, %+v", ok, d)
	}
}

// recordOf encodes one call and parses it again.
func recordOf(t *testing.T, call Call) *Record {
	t.Helper()
	chunk := EncodeCalls([]Record{{Type: TypeCall, TID: 7, Task: &Task{PID: 5}, Start: 1, End: 9, Call: call}})
	h := (&Snapshot{InFlight: chunk}).History()
	if len(h.Records) != 1 {
		t.Fatalf("there are %d records: %+v", len(h.Records), h.Account)
	}
	return &h.Records[0]
}

func TestPartsAreEncodedAndParsed(t *testing.T) {
	captures := []Capture{
		{Argument: 1, Layout: LayoutDescriptor, Data: descriptorOf(3, 1, 2, 0, 4, 0, "name\x00")},
		{Argument: 1, Layout: LayoutStruct, Entry: true, Data: []byte("before")},
		{Argument: 1, Layout: LayoutStruct, Data: []byte("whole")},
	}
	// A capture's parts are of its argument, and there may be seven.
	for part := range uint8(7) {
		captures = append(captures, Capture{
			Argument: 1, Part: part + 1, Layout: LayoutBytes, Truncated: part%2 == 0, Data: fmt.Appendf(nil, "part %d", part+1),
		})
	}
	captures = append(captures,
		Capture{Argument: 2, Layout: LayoutPointers, Data: []byte("element")},
		Capture{Argument: 2, Part: 1, Layout: LayoutBytes, Entry: true, Data: []byte{}},
		Capture{Argument: 2, Layout: LayoutPointers, Data: []byte("element")},
		Capture{Argument: 2, Part: 2, Layout: LayoutBytes, Data: []byte{}},
		Capture{Argument: 5, Layout: LayoutBytes, Data: []byte{}},
		Capture{Argument: ReturnArgument, Layout: LayoutDescriptor, Data: []byte("x")},
	)
	got := recordOf(t, Call{State: StateInFlight, Arguments: []uint64{1, 2, 3}, Captures: captures})
	if difference := cmp.Diff(captures, got.Call.Captures); difference != "" {
		t.Errorf("captures (-want +got):\n%s", difference)
	}
}

// A record has no more captures than its five bits count, nor more bytes than its size.
func TestEncodeLeavesOutWhatDoesNotFit(t *testing.T) {
	many := make([]Capture, 50)
	for i := range many {
		many[i] = Capture{Argument: uint8(i % 6), Part: uint8(i % 3), Layout: LayoutBytes, Data: []byte{byte(i)}}
	}
	got := recordOf(t, Call{State: StateInFlight, Arguments: []uint64{1}, Captures: many}).Call.Captures
	if len(got) != CapturesMax {
		t.Errorf("of %d captures there are %d, want %d", len(many), len(got), CapturesMax)
	}
	for i, capture := range got {
		if !bytes.Equal(capture.Data, []byte{byte(i)}) || capture.Part != uint8(i%3) {
			t.Errorf("capture %d is %+v", i, capture)
		}
	}
	large := make([]Capture, 4)
	for i := range large {
		large[i] = Capture{Layout: LayoutBytes, Data: make([]byte, 30000)}
	}
	if got := recordOf(t, Call{State: StateInFlight, Captures: large}).Call.Captures; len(got) != 2 {
		t.Errorf("of four captures of 30,000 bytes %d fit", len(got))
	}
}

// A part without what it is a part of, as no recorder writes it, is of the first argument.
func TestPartsOfNothing(t *testing.T) {
	data := laid(byte(PartBit|3), byte(LayoutBytes), uint16(1), "x", byte(PartBit|7|CaptureTruncated<<4), byte(LayoutArray), uint16(0))
	want := []Capture{
		{Part: 4, Layout: LayoutBytes, Data: []byte("x")},
		{Part: 8, Layout: LayoutArray, Truncated: true, Data: []byte{}},
	}
	if difference := cmp.Diff(want, ParseCaptures(data, 2)); difference != "" {
		t.Errorf("captures (-want +got):\n%s", difference)
	}
	// More captures are announced than there are bytes.
	for n := range len(data) {
		if got := ParseCaptures(data[:n], CapturesMax); len(got) > 1 {
			t.Errorf("%d bytes are %d captures", n, len(got))
		}
	}
}

// FuzzDescriptor parses a capture's bytes, which may come from a file.
func FuzzDescriptor(f *testing.F) {
	f.Add(descriptorOf(3, 0x01021994, 1, 0, 0o100644, DescriptorDeleted, "file\x00one\x00"))
	f.Add(descriptorOf(4, socketFileSystem, 77, 0, 0o140777, 0, socketOf(Socket{Family: 1, Name: []byte("/name")})))
	f.Add(descriptorOf(4, socketFileSystem, 77, 0, 0o140777, 0, "half"))
	f.Add(descriptorOf(-100, 0, 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		d, ok := ParseDescriptor(data)
		if size := sizeofDescriptor; ok && len(data) < size || !ok && len(data) >= size+sizeofDescriptorSocket {
			t.Errorf("%d bytes are a descriptor: %t", len(data), ok)
		}
		if len(d.Names) > len(data) || len(d.Socket.Name) > len(data) || len(d.Names) > 0 && d.IsSocket {
			t.Errorf("%+v has more than there is", d)
		}
		if !bytes.Equal(before, data) {
			t.Error("parsing changed the bytes")
		}
	})
}

// FuzzCaptures parses a record's captures, and parses them again when they were encoded.
func FuzzCaptures(f *testing.F) {
	f.Add(laid(byte(1), byte(LayoutStruct), uint16(3), "abc", byte(PartBit), byte(LayoutBytes), uint16(1), "x",
		byte(PartBit|1), byte(LayoutBuffers), uint16(18), make([]byte, 18)), uint8(3))
	f.Add(laid(byte(2|CaptureEntry<<4), byte(LayoutDescriptor), uint16(24), descriptorOf(3, 1, 1, 0, 1, 0)), uint8(31))
	f.Fuzz(func(t *testing.T, data []byte, count uint8) {
		captures := ParseCaptures(data, int(count)&CapturesMax)
		size := 0
		for _, capture := range captures {
			size += sizeofCapture + len(capture.Data)
		}
		if size > len(data) {
			t.Fatalf("%d bytes are captures of %d", len(data), size)
		}
		if size > 1<<15 {
			return
		}
		got := recordOf(t, Call{State: StateInFlight, Captures: captures}).Call.Captures
		if len(got) != len(captures) {
			t.Fatalf("of %d captures there are %d", len(captures), len(got))
		}
		for i := range got {
			// A part that begins has no argument of its own to keep.
			if captures[i].Part != 0 && (i == 0 || captures[i-1].Argument != captures[i].Argument) {
				return
			}
			if difference := cmp.Diff(captures[i], got[i]); difference != "" {
				t.Errorf("capture %d (-want +got):\n%s", i, difference)
			}
		}
	})
}
