package recording

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// checkRead reads a file of any bytes and holds the outcome against what Read
// promises.
func checkRead(t *testing.T, file []byte) {
	t.Helper()
	got, err := read(file)
	var damage *DamageError
	if got == nil && err == nil {
		t.Fatal("neither a recording nor an error")
	}
	if got != nil && err != nil && !errors.As(err, &damage) {
		t.Fatalf("a recording with another error: %v", err)
	}
	if err != nil {
		if text := err.Error(); len(text) > 1<<20 {
			t.Fatalf("an error of %d bytes", len(text))
		}
	}
	if got == nil {
		return
	}
	if len(got.Snapshot.Chunks) > MaxChunks || len(got.Snapshot.InFlight) > maxInFlight {
		t.Fatal("more than the limits allow")
	}
	for _, boot := range []uint64{0, got.Snapshot.Taken, 1<<64 - 1} {
		got.Clock.Wall(boot)
	}

	// What was read can be written, and is the same then. JSON's escapes may
	// have made the header longer than it may be.
	var again bytes.Buffer
	err = Write(&again, got)
	if errors.Is(err, ErrTooLarge) {
		return
	}
	if err != nil {
		t.Fatalf("writing what was read: %v", err)
	}
	got.Unknown = nil
	second, err := Read(&again)
	if err != nil {
		t.Fatalf("reading again: %v", err)
	}
	if difference := cmp.Diff(got, second, wholeBytes); difference != "" {
		t.Fatalf("-first +second:\n%s", difference)
	}
}

func FuzzRead(f *testing.F) {
	// Not a file written now: its identity, and so the seeds, would be others
	// in each of the fuzzer's processes.
	file, err := os.ReadFile("testdata/format-1.traceloop")
	if err != nil {
		f.Fatal(err)
	}
	all := places(f, file)
	f.Add(file)
	f.Add([]byte{})
	f.Add([]byte(magic))
	f.Add(file[:sizeofPreamble])
	f.Add(file[:len(file)/2])
	f.Add(append(bytes.Clone(file), file...))
	f.Add(appendPreamble(nil, 3, identity{}))
	f.Add(assemble(headerPart(4, 0), accountsPart, part{kind: 77, payload: []byte("x")}, endPart(4, 0)))
	f.Add(assemble(endPart(1, 0)))
	for _, p := range all {
		for _, at := range []int{p.start, p.start + offsetStored, p.start + offsetLength, p.end - 1} {
			damaged := bytes.Clone(file)
			damaged[at] ^= 0x40
			f.Add(damaged)
		}
		f.Add(append(bytes.Clone(file[:p.start]), file[p.end:]...))
	}
	f.Fuzz(checkRead)
}

// FuzzSections is FuzzRead behind the checksums, which a fuzzer hardly ever
// gets right: the input tells sections, and their checksums are put right.
//
//	0      1         2          4        6             8
//	+------+---------+----------+--------+-------------+---------+
//	| type | ordinal | length   | chunks | payload's   | payload |   and the next
//	|      | is off  | is off by|        | length      |         |
//	+------+---------+----------+--------+-------------+---------+
//
// The type's upper bit says that the payload is not to be compressed.
func FuzzSections(f *testing.F) {
	seed := func(parts ...part) []byte {
		var data []byte
		for _, p := range parts {
			data = append(data, byte(p.kind), 0, 0, 0)
			data = binary.LittleEndian.AppendUint16(data, uint16(p.chunks))
			data = binary.LittleEndian.AppendUint16(data, uint16(len(p.payload)))
			data = append(data, p.payload...)
		}
		return data
	}
	chunks := part{kind: sectionChunks, chunks: 2, payload: []byte("\x03\x00abc\x01\x00d")}
	inFlight := part{kind: sectionInFlight, payload: []byte("abc")}
	f.Add(seed(headerPart(4, 2), accountsPart, chunks, endPart(4, 2)))
	f.Add(seed(headerPart(5, 2), accountsPart, chunks, inFlight, endPart(5, 2)))
	f.Add(seed(part{kind: sectionHeader, payload: []byte(`{"format":1,"contents":{"sections":9},"host":{"base64":"/w=="},` +
		`"command":["a",{"base64":"gA=="}],"container":{"id":"a"},"started":"2026-11-22T20:00:00.1Z","clock":[{"boot":3,"wall":-1},{"boot":2}]}`)}))
	f.Add(seed(headerPart(3, 0), part{kind: sectionAccounts,
		payload: []byte(`{"cursors":[{"calls":1},{}],"failures":[{"place":"a","errno":1,"count":2}]}`)}, endPart(3, 0)))
	f.Add(seed(headerPart(3, 0), part{kind: 77 | 0x80, payload: []byte("x")}, endPart(3, 0)))

	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		id := identity{1, 2, 3, 4, 5, 6, 7, 8}
		file := appendPreamble(nil, Format, id)
		for i := uint32(0); len(data) >= 8; i++ {
			length := min(int(binary.LittleEndian.Uint16(data[6:])), len(data)-8)
			payload := data[8 : 8+length]
			stored := payload
			if data[0]&0x80 == 0 {
				stored = encoder.EncodeAll(payload, nil)
			}
			file = section{
				identity: id,
				kind:     sectionType(data[0] & 0x7f),
				ordinal:  i + uint32(data[1]),
				stored:   uint32(len(stored)),
				length:   uint32(length + int(int16(binary.LittleEndian.Uint16(data[2:])))),
				chunks:   uint32(binary.LittleEndian.Uint16(data[4:])),
				checksum: checksum(stored),
			}.append(file)
			file = append(file, stored...)
			data = data[8+length:]
		}
		checkRead(t, file)
	})
}
