package ring

import (
	"bytes"
	"slices"
	"testing"
)

// FuzzHistory reads hostile bytes: a snapshot comes from a file, too.
func FuzzHistory(f *testing.F) {
	chunk := newChunk(1, 1000, 5, 0).task(7, 5, "name").
		add(TypeCall, 0, 7, uint32(50), uint32(20), uint16(257), byte(2), byte(2|2<<4), int32(-2),
			uint32(3), uint64(1<<40),
			byte(1|CaptureEntry<<4), byte(LayoutPath), uint16(3), "a\x00b",
			byte(1|CaptureTruncated<<4), byte(LayoutBytes), uint16(0)).
		add(TypeCall, callLong|callReturn64|callX32, 7, uint32(60), uint32(1), uint16(0), byte(0), byte(1), int32(-1),
			uint64(0x12345678), uint64(1<<33), uint32(0x7fff), uint32(6)).
		// A struct with two parts, an element with one, and what a descriptor is.
		add(TypeCall, 0, 7, uint32(60), uint32(2), uint16(46), byte(0), byte(2|6<<3), int32(3), uint32(3), uint32(9),
			byte(0), byte(LayoutDescriptor), uint16(29), descriptorOf(3, 1, 2, 0, 4, DescriptorCut, "name\x00"),
			byte(1), byte(LayoutStruct), uint16(3), "abc",
			byte(PartBit), byte(LayoutBytes), uint16(1), "x",
			byte(PartBit|2|CaptureTruncated<<4), byte(LayoutBuffers), uint16(20), uint64(16), uint64(2), uint16(2), "io",
			byte(1), byte(LayoutPointers), uint16(0),
			byte(PartBit|6), byte(LayoutArray), uint16(2), "ab").
		add(TypeTime, 0, 7, uint64(2000)).
		add(TypeSignal, 0, 7, uint32(61), uint32(9), uint32(48), uint32(0), [48]byte{}).
		add(TypeExec, 0, 7, uint32(63), uint32(8), uint32(2), uint32(1), uint16(4), uint16(6), uint32(0), "/binone\x00b\x00").
		add(TypeFork, 0, 7, uint32(64), uint32(11), uint32(12), uint32(0)).
		add(TypeExit, 0, 7, uint32(65), uint32(9)).bytes
	inFlight := EncodeCalls([]Record{{Type: TypeCall, TID: 7, Task: &Task{}, Start: 1, End: 9, Call: Call{
		Arguments: []uint64{1}, Captures: []Capture{{Layout: LayoutStruct, Data: []byte("struct")}, {Part: 7, Layout: LayoutArray, Data: []byte("part")}},
	}}})
	f.Add(chunk, chunk, inFlight, uint64(7), uint64(1), uint64(0), uint64(0))
	f.Add(chunk[:50], []byte(nil), chunk, uint64(0), uint64(0), uint64(2), uint64(1055))
	f.Fuzz(func(t *testing.T, first, second, inFlight []byte, calls, filtered, lost, horizon uint64) {
		before := slices.Concat(first, second, inFlight)
		s := &Snapshot{
			Cursors:  []Cursor{{Calls: calls, Filtered: filtered, Lost: lost, Horizon: horizon}, {Calls: 1}},
			Chunks:   [][]byte{first, second},
			InFlight: inFlight,
		}
		h := s.History()
		account := h.Account
		if account.Made != account.Kept+account.Overwritten+account.Filtered+account.Lost {
			t.Errorf("the account does not add up: %+v", account)
		}
		var kept, going uint64
		for i, record := range h.Records {
			if record.Task == nil {
				t.Fatal("a record has no task")
			}
			if record.Start > record.End {
				t.Errorf("a record ends at %d and starts at %d", record.End, record.Start)
			}
			if i > 0 && h.Records[i-1].Start > record.Start {
				t.Error("the records are not in the order of their start")
			}
			if record.Type == TypeCall {
				kept++
			}
			for _, capture := range record.Call.Captures {
				if len(capture.Data) > len(before) {
					t.Error("a capture is longer than everything")
				}
			}
		}
		if going = account.InFlight; kept != account.Kept+going {
			t.Errorf("there are %d calls, the account says %+v", kept, account)
		}
		if !bytes.Equal(before, slices.Concat(first, second, inFlight)) {
			t.Error("reading changed the snapshot")
		}
	})
}

// FuzzCopy copies memory whose chunks' states are hostile.
func FuzzCopy(f *testing.F) {
	chunk := newChunk(1, 10, 0, 0).call(1, 1, 0, 1).bytes
	f.Add(uint64(1<<StateSequenceShift|len(chunk)), uint64(2<<StateSequenceShift|StateBusy|sizeofChunk), chunk)
	f.Fuzz(func(t *testing.T, first, second uint64, content []byte) {
		memory := memoryOf(2)
		for i, state := range []uint64{first, second} {
			copy(slot(memory, i), content)
			store(slot(memory, i), offsetChunkState, state)
		}
		snapshot, err := Copy(memory, 2, 1)
		if err != nil {
			t.Fatal(err)
		}
		if account := snapshot.History().Account; account.Made != account.Kept+account.Overwritten+account.Filtered+account.Lost {
			t.Errorf("the account does not add up: %+v", account)
		}
	})
}
