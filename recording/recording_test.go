package recording

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"traceloop/ring"
)

var update = flag.Bool("update", false, "write the testdata that is missing")

// small is a recording with something in every field, and strings that are not
// UTF-8 wherever there is a string.
func small() *Recording {
	return &Recording{
		Host:             "ho\xffst",
		Architecture:     "arm64",
		Kernel:           "6.12.9",
		TraceloopVersion: "1.2.3",
		Name:             "name\x1b[31m",
		Command:          []string{"/bin/cat", "", "\x80\x81", "<&>\u2028\x00\n", "\ufffd"},
		Container:        Container{ID: "0123abcd", Name: "c\xfe", Namespace: "default", Pod: "pod", Runtime: "containerd"},
		RingSize:         1 << 20,
		StringLimit:      64,
		Started:          time.Unix(1_700_000_000, 1).UTC(),
		Taken:            time.Unix(1_700_000_100, 123_456_789).UTC(),
		Clock:            Clock{{Boot: 1_000, Wall: 1_700_000_000_000_000_001}, {Boot: 1<<64 - 1, Wall: -1 << 63}},
		Snapshot: ring.Snapshot{
			Taken:    1<<64 - 2,
			Cursors:  []ring.Cursor{{Calls: 1<<64 - 1, Filtered: 2, Lost: 3, Horizon: 4}, {}, {Calls: 9}},
			Chunks:   [][]byte{bytes.Repeat([]byte("chunk"), 20), {0}, {}, []byte("\xf5TLSabcdefghijklmnopqrstuvwxyz0123456789")},
			InFlight: []byte("what is going on"),
			Failures: []ring.Failure{{Place: "read string", Errno: 14, Count: 1 << 60}, {Place: "\xff", Errno: -1, Count: 1}},
		},
	}
}

// large is a recording of several batches, of chunks that hardly compress.
func large(chunks int) *Recording {
	random := rand.NewChaCha8([32]byte{1})
	r := small()
	r.Snapshot.Chunks = nil
	for i := range chunks {
		chunk := make([]byte, ring.ChunkSize-i%100)
		random.Read(chunk)
		r.Snapshot.Chunks = append(r.Snapshot.Chunks, chunk)
	}
	return r
}

func write(t testing.TB, r *Recording) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := Write(&file, r); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func read(file []byte) (*Recording, error) { return Read(bytes.NewReader(file)) }

// wholeBytes compares bytes at once: one by one takes seconds for a MiB.
var wholeBytes = cmp.Comparer(func(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) })

// place is where a section is in a file.
type place struct {
	section
	start, end int
}

// places finds the sections of a sound file.
func places(t testing.TB, file []byte) []place {
	t.Helper()
	var all []place
	for at := sizeofPreamble; at < len(file); {
		s, ok := parseSection(file[at:])
		if !ok {
			t.Fatalf("no section at offset %d", at)
		}
		end := at + sizeofSection + int(s.stored)
		all = append(all, place{section: s, start: at, end: end})
		at = end
	}
	return all
}

// part is a section to be, with its payload decompressed.
type part struct {
	kind    sectionType
	chunks  uint32
	payload []byte
}

// assemble makes a file of parts, whose checksums and ordinals are right
// whatever the parts are.
func assemble(parts ...part) []byte {
	id := identity{1, 2, 3, 4, 5, 6, 7, 8}
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
	if err != nil {
		panic(err)
	}
	defer encoder.Close()
	file := appendPreamble(nil, Format, id)
	for i, p := range parts {
		stored := encoder.EncodeAll(p.payload, nil)
		file = section{
			identity: id, kind: p.kind, ordinal: uint32(i), stored: uint32(len(stored)),
			length: uint32(len(p.payload)), chunks: p.chunks, checksum: checksum(stored),
		}.append(file)
		file = append(file, stored...)
	}
	return file
}

func headerPart(sections, chunks int) part {
	return part{kind: sectionHeader, payload: fmt.Appendf(nil,
		`{"format":1,"contents":{"sections":%d,"chunks":%d,"inFlight":false},"architecture":"amd64","later":[{}]}`, sections, chunks)}
}

func endPart(sections, chunks int) part {
	return part{kind: sectionEnd, payload: fmt.Appendf(nil, `{"sections":%d,"chunks":%d,"inFlight":false}`, sections, chunks)}
}

var accountsPart = part{kind: sectionAccounts, payload: []byte(`{"later":1}`)}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	noInFlight := small()
	noInFlight.Snapshot.InFlight = nil
	emptyInFlight := small()
	emptyInFlight.Snapshot.InFlight = []byte{}
	exact := small()
	exact.Snapshot.Chunks = nil
	for range 4 {
		exact.Snapshot.Chunks = append(exact.Snapshot.Chunks, make([]byte, maxBatch/4-sizeofChunkLength))
	}
	longest := small()
	longest.Snapshot.Chunks = [][]byte{make([]byte, maxChunkLength)}
	for name, want := range map[string]*Recording{
		"small":             small(),
		"large":             large(300),
		"zero":              {},
		"no in-flight":      noInFlight,
		"empty in-flight":   emptyInFlight,
		"exactly one batch": exact,
		"longest chunk":     longest,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := write(t, want)
			for name, reader := range map[string]io.Reader{
				"whole":     bytes.NewReader(file),
				"byte-wise": iotest.OneByteReader(bytes.NewReader(file)),
				"early EOF": iotest.DataErrReader(bytes.NewReader(file)),
			} {
				got, err := Read(reader)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if difference := cmp.Diff(want, got, wholeBytes); difference != "" {
					t.Errorf("%s: -written +read:\n%s", name, difference)
				}
			}
		})
	}
}

func TestBatchesAreBounded(t *testing.T) {
	t.Parallel()
	batches := 0
	for _, p := range places(t, write(t, large(300))) {
		if p.kind == sectionChunks {
			batches++
			if p.length > maxBatch {
				t.Errorf("batch of %d bytes", p.length)
			}
		}
	}
	if want := 300*ring.ChunkSize/maxBatch + 1; batches != want {
		t.Errorf("%d batches, want %d", batches, want)
	}
}

// TestFormat1 reads a file that was written once and for all: a change that
// cannot read it needs a new format.
func TestFormat1(t *testing.T) {
	t.Parallel()
	const path = "testdata/format-1.traceloop"
	if *update {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write(write(t, small())); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(small(), got, wholeBytes); difference != "" {
		t.Errorf("-written +read:\n%s", difference)
	}
}

func TestTwoFilesHaveTwoIdentities(t *testing.T) {
	t.Parallel()
	a, b := places(t, write(t, small())), places(t, write(t, small()))
	if a[0].identity == b[0].identity {
		t.Error("both files have one identity")
	}
}

// checkIntact fails unless got is want but for what err says is missing.
func checkIntact(t *testing.T, want, got *Recording, err error) {
	t.Helper()
	var damage *DamageError
	if !errors.As(err, &damage) {
		t.Fatalf("error %v, want a DamageError", err)
	}
	if len(damage.Damages) == 0 || damage.Error() == "" {
		t.Fatal("no damage is named")
	}
	if errors.Is(err, ErrHeaderLost) != (got == nil) || damage.MissingHeader != (got == nil) {
		t.Fatalf("recording %t, error %v", got != nil, err)
	}
	if got == nil {
		return
	}
	if damage.Chunks != len(want.Snapshot.Chunks) || damage.MissingChunks != damage.Chunks-len(got.Snapshot.Chunks) {
		t.Errorf("%d of %d chunks said to be missing, there are %d", damage.MissingChunks, damage.Chunks, len(got.Snapshot.Chunks))
	}
	// What is left must be the written chunks in their order.
	rest := want.Snapshot.Chunks
	for _, chunk := range got.Snapshot.Chunks {
		for len(rest) > 0 && !bytes.Equal(rest[0], chunk) {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			t.Fatal("a chunk was read that was not written")
		}
		rest = rest[1:]
	}
	expected := *want
	expected.Snapshot.Chunks = got.Snapshot.Chunks
	if damage.MissingAccounts {
		expected.Snapshot.Cursors, expected.Snapshot.Failures = nil, nil
	}
	if damage.MissingInFlight {
		expected.Snapshot.InFlight = nil
	}
	if difference := cmp.Diff(&expected, got, wholeBytes); difference != "" {
		t.Errorf("-written +read:\n%s", difference)
	}
}

func TestEveryTruncation(t *testing.T) {
	t.Parallel()
	want := small()
	file := write(t, want)
	all := places(t, file)
	for length := range len(file) {
		got, err := read(file[:length])
		if length < len(magic) {
			if !errors.Is(err, ErrNotRecording) || got != nil {
				t.Fatalf("%d bytes: %v", length, err)
			}
			continue
		}
		checkIntact(t, want, got, err)
		if (got != nil) != (length >= all[0].end) {
			t.Fatalf("%d bytes: recording is there: %t", length, got != nil)
		}
		if got != nil && length >= all[2].end && len(got.Snapshot.Chunks) != len(want.Snapshot.Chunks) {
			t.Fatalf("%d bytes: whole chunks were lost", length)
		}
	}
}

func TestEveryFlippedByte(t *testing.T) {
	t.Parallel()
	want := small()
	file := write(t, want)
	for at := range file {
		for _, mask := range []byte{0x01, 0x80, 0xff} {
			damaged := bytes.Clone(file)
			damaged[at] ^= mask
			got, err := read(damaged)
			if at < len(magic) {
				if !errors.Is(err, ErrNotRecording) || got != nil {
					t.Fatalf("byte %d: %v", at, err)
				}
				continue
			}
			checkIntact(t, want, got, err)
			if got == nil {
				t.Fatalf("byte %d: one damaged byte lost the recording: %v", at, err)
			}
		}
	}
}

// TestDamagedLargeFile damages a file of many batches in the ways that disks
// and transfers do, and loses no more than the batches that were hit.
func TestDamagedLargeFile(t *testing.T) {
	t.Parallel()
	want := large(300)
	file := write(t, want)
	all := places(t, file)
	third := all[4]
	for name, test := range map[string]struct {
		damage func([]byte) []byte
		lost   int // batches
	}{
		"payload": {func(f []byte) []byte { f[third.start+1000]++; return f }, 1},
		"length":  {func(f []byte) []byte { f[third.start+offsetStored]++; return f }, 1},
		"zeroed across two": {func(f []byte) []byte {
			clear(f[third.end-4096 : third.end+4096])
			return f
		}, 2},
		"cut out of one": {func(f []byte) []byte {
			return append(f[:third.start+4096:third.start+4096], f[third.start+8192:]...)
		}, 1},
		"put into one": {func(f []byte) []byte {
			return bytes.Join([][]byte{f[:third.start+4096], make([]byte, 512), f[third.start+4096:]}, nil)
		}, 1},
		"put in between": {func(f []byte) []byte {
			return bytes.Join([][]byte{f[:third.start], make([]byte, 512), f[third.start:]}, nil)
		}, 0},
		"section cut out": {func(f []byte) []byte {
			return append(f[:third.start:third.start], f[third.end:]...)
		}, 1},
		"section twice": {func(f []byte) []byte {
			return bytes.Join([][]byte{f[:third.end], f[third.start:third.end], f[third.end:]}, nil)
		}, 0},
		"preamble": {func(f []byte) []byte { f[offsetPreambleIdentity]++; return f }, 0},
		"header":   {func(f []byte) []byte { f[all[0].end-1]++; return f }, 0},
		"header and preamble": {func(f []byte) []byte {
			f[offsetPreambleIdentity]++
			f[all[0].start]++
			return f
		}, 0},
		"end":      {func(f []byte) []byte { f[len(f)-1]++; return f }, 0},
		"trailing": {func(f []byte) []byte { return append(f, 0) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := read(test.damage(bytes.Clone(file)))
			checkIntact(t, want, got, err)
			lost := len(want.Snapshot.Chunks) - len(got.Snapshot.Chunks)
			if perBatch := int(third.chunks); lost != test.lost*perBatch {
				t.Errorf("%d chunks lost, want %d: %v", lost, test.lost*perBatch, err)
			}
			t.Log(err)
		})
	}
}

// TestForgedSection has a traced program write what looks like a section into
// its own memory, where a reader that has lost its place would find it.
func TestForgedSection(t *testing.T) {
	t.Parallel()
	forged := assemble(headerPart(1, 0), part{kind: sectionChunks, chunks: 1, payload: []byte("\x06\x00forged")})[sizeofPreamble:]
	want := large(100)
	copy(want.Snapshot.Chunks[5][100:], forged)
	file := write(t, want)
	hit := places(t, file)[2]
	if !bytes.Contains(file[hit.start:hit.end], forged) {
		t.Fatal("compression has hidden what was forged")
	}
	file[hit.start+offsetLength]++ // the reader has to look for the next section
	got, err := read(file)
	checkIntact(t, want, got, err)
}

func TestNotRecording(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"empty":         "",
		"short":         "\x89TL",
		"text":          strings.Repeat("execve(\"/bin/true\") = 0\n", 100),
		"wrong magic":   "\x89TLREC\n\n" + strings.Repeat("\x00", 100),
		"format 0":      string(appendPreamble(nil, 0, identity{})),
		"mark up front": mark + strings.Repeat("\x00", 100),
	} {
		if got, err := read([]byte(file)); !errors.Is(err, ErrNotRecording) || got != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNewerFormat(t *testing.T) {
	t.Parallel()
	const message = "written in format 3, this program reads up to 1: use a newer traceloop"
	newer := append(appendPreamble(nil, 3, identity{1}), "whatever format 3 has"...)
	damaged := assemble(part{kind: sectionHeader, payload: []byte(`{"format":3}`)})
	damaged[offsetFormat]++
	for name, file := range map[string][]byte{
		"preamble":               newer,
		"header, damaged before": damaged,
	} {
		got, err := read(file)
		if !errors.Is(err, ErrVersion) || got != nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnknownSection(t *testing.T) {
	t.Parallel()
	file := assemble(headerPart(4, 0), accountsPart, part{kind: 77, payload: []byte("of the future")}, endPart(4, 0))
	got, err := read(file)
	if err != nil {
		t.Fatal(err)
	}
	p := places(t, file)[2]
	want := []UnknownSection{{Type: 77, Offset: int64(p.start), Length: int64(p.end - p.start)}}
	if difference := cmp.Diff(want, got.Unknown, wholeBytes); difference != "" {
		t.Errorf("-want +got:\n%s", difference)
	}
	if got.Architecture != "amd64" {
		t.Errorf("architecture %q", got.Architecture)
	}

	file[p.end-1]++
	got, err = read(file)
	if got == nil || err == nil || !strings.Contains(err.Error(), "unknown type 77") || !strings.Contains(err.Error(), "nothing of the recording is missing") {
		t.Errorf("damaged: %v", err)
	}
}

// TestSoundButWrong has files whose checksums are right and whose contents no
// program of ours wrote.
func TestSoundButWrong(t *testing.T) {
	t.Parallel()
	one := part{kind: sectionChunks, chunks: 1, payload: []byte("\x01\x00x")}
	chunks := func(count uint32, payload string) []byte {
		return assemble(headerPart(4, 0), accountsPart, part{kind: sectionChunks, chunks: count, payload: []byte(payload)}, endPart(4, 0))
	}
	lying := func(change func(*section)) []byte {
		file := assemble(headerPart(4, 1), accountsPart, one, endPart(4, 1))
		p := places(t, file)[2]
		change(&p.section)
		p.section.append(file[:p.start])
		return file
	}
	for name, file := range map[string][]byte{
		"chunk without length":     chunks(1, "\x01"),
		"chunk too long":           chunks(1, "\x02\x00x"),
		"more chunks than counted": chunks(1, "\x00\x00\x00\x00"),
		"fewer chunks":             chunks(2, "\x02\x00xx"),
		"many chunks claimed":      chunks(1<<32-1, "\x01\x00x"),
		"header counts less":       assemble(headerPart(4, 0), accountsPart, one, endPart(4, 0)),
		"header counts more":       assemble(headerPart(4, 2), accountsPart, one, endPart(4, 2)),
		"end counts more":          assemble(headerPart(4, 1), accountsPart, one, endPart(4, 2)),
		"end is no JSON":           assemble(headerPart(4, 1), accountsPart, one, part{kind: sectionEnd, payload: []byte("x")}),
		"accounts are no JSON":     assemble(headerPart(4, 1), part{kind: sectionAccounts, payload: []byte("x")}, one, endPart(4, 1)),
		"section behind the end":   assemble(headerPart(4, 1), accountsPart, endPart(4, 1), one),
		"longer than claimed":      lying(func(s *section) { s.length-- }),
		"shorter than claimed":     lying(func(s *section) { s.length++ }),
		"far shorter":              lying(func(s *section) { s.length = maxBatch }),
		"more than the limit":      lying(func(s *section) { s.length = maxBatch + 1 }),
		"stored beyond the limit":  lying(func(s *section) { s.stored = 1<<32 - 1 }),
		"stored beyond the file":   lying(func(s *section) { s.stored = maxBatch }),
		"not compressed":           lying(func(s *section) { s.checksum = 0; s.stored = 0 }),
		"wrong place":              lying(func(s *section) { s.ordinal = 1<<32 - 1 }),
	} {
		got, err := read(file)
		var damage *DamageError
		if !errors.As(err, &damage) || got == nil {
			t.Errorf("%s: recording %t, error %v", name, got != nil, err)
		}
		t.Logf("%s: %v", name, err)
	}

	for name, payload := range map[string]string{
		"no JSON":         "x",
		"empty":           "",
		"no format":       `{"contents":{"sections":3}}`,
		"no contents":     `{"format":1}`,
		"negative chunks": `{"format":1,"contents":{"sections":3,"chunks":-1}}`,
		"many chunks":     `{"format":1,"contents":{"sections":3,"chunks":1000000000}}`,
		"wrong type":      `{"format":1,"contents":{"sections":3},"host":1}`,
		"wrong base64":    `{"format":1,"contents":{"sections":3},"host":{"base64":"!"}}`,
		"no base64":       `{"format":1,"contents":{"sections":3},"host":{}}`,
		"deep":            strings.Repeat("[", 100_000),
	} {
		got, err := read(assemble(part{kind: sectionHeader, payload: []byte(payload)}, accountsPart, endPart(3, 0)))
		if !errors.Is(err, ErrHeaderLost) || got != nil {
			t.Errorf("header, %s: recording %t, error %v", name, got != nil, err)
		}
	}
}

// TestHostileSizes has files that ask for more memory than they may have.
func TestHostileSizes(t *testing.T) {
	t.Parallel()
	bomb := make([]byte, maxSection)
	t.Run("bombs", func(t *testing.T) {
		t.Parallel()
		for _, kind := range []sectionType{sectionHeader, sectionAccounts, sectionChunks, sectionEnd} {
			file := assemble(headerPart(3, 0), part{kind: kind, payload: bomb}, endPart(3, 0))
			// The section claims no more than it may, and has more inside.
			p := places(t, file)[1]
			p.section.length = uint32(kind.limit())
			p.section.append(file[:p.start])
			if _, err := read(file); err == nil {
				t.Errorf("%s: no error", kind)
			}
		}
	})
	t.Run("chunks", func(t *testing.T) {
		t.Parallel()
		// 128 Ki empty chunks a section, three sections: more than MaxChunks.
		empty := part{kind: sectionChunks, chunks: maxBatch / 2, payload: make([]byte, maxBatch)}
		got, err := read(assemble(headerPart(6, MaxChunks), accountsPart, empty, empty, empty, endPart(6, MaxChunks)))
		if !errors.Is(err, errTooMany) || len(got.Snapshot.Chunks) != MaxChunks {
			t.Errorf("%d chunks, error %v", len(got.Snapshot.Chunks), err)
		}
	})
	t.Run("sections", func(t *testing.T) {
		t.Parallel()
		file := assemble(headerPart(3, 0))
		unknown := section{identity: identity{1, 2, 3, 4, 5, 6, 7, 8}, kind: 9}
		for i := range uint32(maxSections + 10) {
			unknown.ordinal = i + 1
			file = unknown.append(file)
		}
		got, err := read(file)
		if !errors.Is(err, errGaveUp) || len(got.Unknown) > maxSections {
			t.Errorf("%v", err)
		}
	})
	t.Run("damages", func(t *testing.T) {
		t.Parallel()
		file := assemble(headerPart(3, 0))
		// Each claims all of the rest, which is too short for it.
		wrong := section{identity: identity{1, 2, 3, 4, 5, 6, 7, 8}, kind: 9, stored: maxSection, length: maxSection}
		for i := range uint32(2 * maxDamages) {
			wrong.ordinal = i + 1
			file = wrong.append(file)
		}
		_, err := read(file)
		var damage *DamageError
		if !errors.As(err, &damage) || !errors.Is(err, errGaveUp) || len(damage.Damages) > maxDamages+2 {
			t.Errorf("%v", err)
		}
		if text := err.Error(); len(text) > 2000 {
			t.Errorf("a text of %d bytes", len(text))
		}
	})
	t.Run("endless", func(t *testing.T) {
		t.Parallel()
		if _, err := Read(endless{}); !errors.Is(err, ErrNotRecording) {
			t.Errorf("%v", err)
		}
		f := &fileReader{source: source{reader: endless{}, limit: 1 << 20}}
		f.readSections()
		if _, err := f.finish(); !errors.Is(err, errFileTooLong) || f.offset > 1<<21 {
			t.Errorf("%v", err)
		}
	})
}

// endless reads as zeros for ever.
type endless struct{}

func (endless) Read(data []byte) (int, error) {
	clear(data)
	return len(data), nil
}

// TestClaimsAloneAllocateLittle has a short file claim the longest section.
func TestClaimsAloneAllocateLittle(t *testing.T) {
	file := assemble(headerPart(3, 0))
	file = section{identity: identity{1, 2, 3, 4, 5, 6, 7, 8}, kind: sectionInFlight, ordinal: 1, stored: maxInFlight, length: maxInFlight}.append(file)
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := read(file); err == nil {
				b.Fatal("no error")
			}
		}
	})
	if bytes := result.AllocedBytesPerOp(); bytes > 1<<20 {
		t.Errorf("%d bytes allocated for a file of %d", bytes, len(file))
	}
}

func TestReadError(t *testing.T) {
	t.Parallel()
	broken := errors.New("input/output error")
	want := large(300)
	file := write(t, want)
	all := places(t, file)
	got, err := Read(io.MultiReader(bytes.NewReader(file[:all[4].start]), iotest.ErrReader(broken)))
	checkIntact(t, want, got, err)
	if !errors.Is(err, broken) || len(got.Snapshot.Chunks) == 0 {
		t.Errorf("%v", err)
	}

	got, err = Read(iotest.ErrReader(broken))
	if !errors.Is(err, broken) || errors.Is(err, ErrNotRecording) || got != nil {
		t.Errorf("at once: %v", err)
	}
	if _, err = Read(stuck{}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("stuck: %v", err)
	}
}

// stuck reads nothing and has no error.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// disk takes so many bytes and is full.
type disk struct {
	space int
	err   error
}

func (d *disk) Write(data []byte) (int, error) {
	count := min(len(data), d.space)
	d.space -= count
	if count < len(data) {
		return count, d.err
	}
	return count, nil
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left on device")
	r := small()
	file := write(t, r)
	length := len(file)
	spaces := []int{0, 1, sizeofPreamble - 1}
	for _, p := range places(t, file) {
		spaces = append(spaces, p.start, p.start+1, p.end-1)
	}
	for _, space := range spaces {
		err := Write(&disk{space: space, err: full}, r)
		if !errors.Is(err, full) || !strings.HasPrefix(err.Error(), "writing ") || !strings.Contains(err.Error(), "at offset ") {
			t.Fatalf("%d bytes: %v", space, err)
		}
		if err := Write(&disk{space: space}, r); !errors.Is(err, io.ErrShortWrite) {
			t.Fatalf("%d bytes, short: %v", space, err)
		}
	}
	if err := Write(&disk{space: length, err: full}, r); err != nil {
		t.Errorf("just enough space: %v", err)
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	chunk := make([]byte, maxChunkLength)
	for name, change := range map[string]func(*Recording){
		"chunks":    func(r *Recording) { r.Snapshot.Chunks = make([][]byte, MaxChunks+1) },
		"chunk":     func(r *Recording) { r.Snapshot.Chunks = [][]byte{make([]byte, maxChunkLength+1)} },
		"bytes":     func(r *Recording) { r.Snapshot.Chunks = slicesOf(chunk, MaxSize/maxChunkLength+1) },
		"in-flight": func(r *Recording) { r.Snapshot.InFlight = make([]byte, maxInFlight+1) },
		"command":   func(r *Recording) { r.Command = []string{strings.Repeat("x", maxHeader)} },
		"accounts":  func(r *Recording) { r.Snapshot.Failures = make([]ring.Failure, maxAccounts/16) },
	} {
		r := small()
		change(r)
		var file bytes.Buffer
		if err := Write(&file, r); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
		if file.Len() > 0 {
			t.Errorf("%s: %d bytes were written", name, file.Len())
		}
	}
}

func slicesOf(chunk []byte, count int) [][]byte {
	all := make([][]byte, count)
	for i := range all {
		all[i] = chunk
	}
	return all
}

func TestTimeThatJSONCannotHold(t *testing.T) {
	t.Parallel()
	r := small()
	r.Started = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := Write(io.Discard, r); err == nil || !strings.HasPrefix(err.Error(), "encoding header: ") {
		t.Errorf("%v", err)
	}
}

// TestDamageText shows a person's view of a damaged file.
func TestDamageText(t *testing.T) {
	t.Parallel()
	file := write(t, large(300))
	hit := places(t, file)[3]
	file[hit.end-1]++
	_, err := read(file)
	want := fmt.Sprintf("damaged recording: %d of 300 chunks missing: reading chunk batch at offset %d (%d bytes, %d chunks): checksum does not match",
		hit.chunks, hit.start, hit.end-hit.start, hit.chunks)
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestLayoutConstants holds the offsets against what is appended.
func TestLayoutConstants(t *testing.T) {
	t.Parallel()
	id := identity{0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7}
	preamble := appendPreamble(nil, 0x0102, id)
	if len(preamble) != sizeofPreamble || binary.LittleEndian.Uint16(preamble[offsetFormat:]) != 0x0102 ||
		!bytes.Equal(preamble[offsetPreambleIdentity:offsetPreambleChecksum], id[:]) {
		t.Errorf("preamble % x", preamble)
	}
	want := section{identity: id, kind: 0x11, ordinal: 0x22, stored: 0x33, length: 0x44, chunks: 0x55, checksum: 0x66}
	data := want.append(nil)
	got, ok := parseSection(data)
	if len(data) != sizeofSection || !ok || got != want {
		t.Errorf("section % x: %+v", data, got)
	}
}

func BenchmarkWrite(b *testing.B) {
	r := large(256)
	b.SetBytes(256 * ring.ChunkSize)
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	file := write(b, large(256))
	b.SetBytes(256 * ring.ChunkSize)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := read(file); err != nil {
			b.Fatal(err)
		}
	}
}
