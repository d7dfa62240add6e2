package recording

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

const (
	// maxSections and maxDamages bound what a hostile file has us remember.
	// The longest recording has some 4,100 sections.
	maxSections = 1 << 16
	maxDamages  = 1 << 12
)

// Read reads a recording's file. With a [*DamageError] it returns what is
// intact as well, or nil if that is nothing. Otherwise it returns a recording
// or one of [ErrNotRecording], [ErrVersion] and the errors of r.
func Read(r io.Reader) (*Recording, error) {
	f, err := newFileReader(r)
	if err != nil {
		return nil, err
	}
	defer f.decoder.Close()
	if err := f.readPreamble(); err != nil {
		return nil, err
	}
	f.readSections()
	return f.finish()
}

// ReadHead reads what a file says about its recording, and of the snapshot the
// accounts, but no chunks: what is behind the first sections is neither read
// nor checked. A sound file has these first; of a damaged one the accounts may
// be missing. The error is that of [Read] where that returns no recording.
func ReadHead(r io.Reader) (*Recording, error) {
	f, err := newFileReader(r)
	if err != nil {
		return nil, err
	}
	defer f.decoder.Close()
	if err := f.readPreamble(); err != nil {
		return nil, err
	}
	for sections := 0; sections < headSections && (f.header == nil || f.accounts == nil) && !f.atEnd(); sections++ {
		f.readSection()
	}
	if f.header == nil {
		f.readSections() // the other copy, or why there is none
		return f.finish()
	}
	if err := checkFormat(f.header.Format); err != nil {
		return nil, err
	}
	head := f.header.recording()
	if f.accounts != nil {
		f.accounts.fill(&head.Snapshot)
	}
	return head, nil
}

// headSections is among how many sections ReadHead expects the header and the
// accounts. One of another type may have come before them in the writing program.
const headSections = 4

// newFileReader makes a reader, whose decoder the caller closes.
func newFileReader(r io.Reader) (*fileReader, error) {
	decoder, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		// What a section claims to hold is what is allocated, and no more is
		// decompressed.
		zstd.WithDecodeAllCapLimit(true),
		zstd.WithDecoderMaxMemory(maxSection),
		zstd.WithDecoderMaxWindow(maxSection),
	)
	if err != nil {
		return nil, fmt.Errorf("preparing decompression: %w", err)
	}
	return &fileReader{source: source{reader: r, limit: maxFile}, decoder: decoder}, nil
}

// fileReader reads a file's parts and keeps what it finds.
type fileReader struct {
	source
	decoder  *zstd.Decoder
	identity *identity // nil: the preamble is damaged, and no section was seen yet
	ordinal  uint64    // the next section's
	sections int

	header   *header
	accounts *accounts
	chunks   [][]byte
	size     int // of chunks, bytes
	inFlight []byte
	end      *contents
	unknown  []UnknownSection

	damages []Damage
	sawEnd  bool // perhaps damaged
	cut     bool // the damage noted last reaches to the file's end
}

// readPreamble fails if the file is no recording, or none for this program.
func (f *fileReader) readPreamble() error {
	f.fill(sizeofPreamble)
	data := f.pending()
	if err := f.failure(); err != nil && len(data) < sizeofPreamble {
		return fmt.Errorf("reading preamble at offset %d: %w", len(data), err)
	}
	if len(data) == 0 {
		return fmt.Errorf("%w: it is empty", ErrNotRecording)
	}
	if !bytes.HasPrefix(data, []byte(magic)) {
		return fmt.Errorf("%w: it does not begin as one", ErrNotRecording)
	}
	if len(data) < sizeofPreamble {
		f.discard(len(data))
		f.damaged(Damage{Length: f.offset, Section: "preamble", Err: errCut})
		f.cut = true
		return nil
	}
	data = data[:sizeofPreamble]
	if binary.LittleEndian.Uint32(data[offsetPreambleChecksum:]) != checksum(data[:offsetPreambleChecksum]) {
		f.discard(len(data))
		f.damaged(Damage{Length: f.offset, Section: "preamble", Err: errChecksum})
		return nil
	}
	if err := checkFormat(int(binary.LittleEndian.Uint16(data[offsetFormat:]))); err != nil {
		return err
	}
	f.identity = new(identity)
	copy(f.identity[:], data[offsetPreambleIdentity:])
	f.discard(sizeofPreamble)
	return nil
}

// checkFormat says why a file of the format cannot be read.
func checkFormat(format int) error {
	if format > Format {
		return fmt.Errorf("%w: written in format %d, this program reads up to %d: use a newer traceloop", ErrVersion, format, Format)
	}
	if format < 1 {
		return fmt.Errorf("%w: there is no format %d", ErrNotRecording, format)
	}
	return nil
}

// readSections reads to the file's end, or until it makes no sense to go on.
func (f *fileReader) readSections() {
	for !f.atEnd() {
		if f.sections == maxSections || len(f.damages) >= maxDamages {
			f.damaged(Damage{Offset: f.offset, Section: "file", Chunks: -1, Err: errGaveUp})
			return
		}
		if f.end != nil {
			f.passTrailing()
			return
		}
		f.readSection()
	}
}

// readSection reads one section, or finds that there is none and looks for the next.
func (f *fileReader) readSection() {
	offset := f.offset
	f.fill(sizeofSection)
	s, ok := f.parse(f.pending())
	if !ok {
		err := errNoSection
		if len(f.pending()) < sizeofSection {
			err = errCut
		}
		f.discard(1)
		f.resynchronise(Damage{Offset: offset, Section: "section", Chunks: -1, Err: err})
		return
	}
	if f.identity == nil {
		f.identity = &s.identity
	}
	f.sections++
	f.sawEnd = f.sawEnd || s.kind == sectionEnd

	lost := Damage{Offset: offset, Section: s.kind.String(), Chunks: int(min(s.chunks, MaxChunks))}
	if lost.Err = s.checkLimits(); lost.Err != nil {
		// The lengths say nothing of where the next section is.
		lost.Chunks = -1
		f.discard(sizeofSection)
		f.resynchronise(lost)
		return
	}
	f.checkOrder(&lost, s)
	length := sizeofSection + int(s.stored)
	if !f.fill(length) {
		lost.Err = errCut
		f.discard(sizeofSection)
		f.resynchronise(lost)
		return
	}
	payload := f.pending()[sizeofSection:length]
	if checksum(payload) != s.checksum {
		lost.Err = errChecksum
		if f.sectionFollows(length) {
			f.discard(length)
			lost.Length = f.offset - offset
			f.damaged(lost)
			return
		}
		// Something was cut out of the file, or put in.
		f.discard(sizeofSection)
		f.resynchronise(lost)
		return
	}
	if lost.Err == nil {
		lost.Err = f.keep(s, payload)
	}
	f.discard(length)
	if lost.Err != nil {
		lost.Length = f.offset - offset
		f.damaged(lost)
	}
}

// parse parses a section's own header if it is one of this file.
func (f *fileReader) parse(data []byte) (section, bool) {
	s, ok := parseSection(data)
	if ok && f.identity != nil && s.identity != *f.identity {
		return section{}, false
	}
	return s, ok
}

// checkOrder notes sections that are missing before s, and sets lost.Err if s
// itself comes too late.
func (f *fileReader) checkOrder(lost *Damage, s section) {
	ordinal := uint64(s.ordinal)
	if ordinal < f.ordinal {
		lost.Err, lost.Chunks = errOrder, -1
		return
	}
	if missing := ordinal - f.ordinal; missing > 0 && !f.explained() {
		f.damaged(Damage{
			Offset: f.offset, Section: s.kind.String(), Chunks: -1,
			Err: fmt.Errorf("%w: %d", errMissing, missing),
		})
	}
	f.ordinal = ordinal + 1
}

// explained says that what comes before the current offset is known to be damaged.
func (f *fileReader) explained() bool {
	if len(f.damages) == 0 {
		return false
	}
	last := f.damages[len(f.damages)-1]
	return last.Length > 0 && last.Offset+last.Length == f.offset
}

// sectionFollows says that after length bytes there is a section, or the
// file's end.
func (f *fileReader) sectionFollows(length int) bool {
	f.fill(length + sizeofSection)
	rest := f.pending()[length:]
	if len(rest) == 0 {
		return true
	}
	_, ok := f.parse(rest)
	return ok
}

// resynchronise goes on to the next section, or the file's end, and notes the
// damage that reaches to there.
func (f *fileReader) resynchronise(damage Damage) {
	pattern := []byte(mark)
	if f.identity != nil {
		pattern = append(pattern, f.identity[:]...)
	}
	for {
		if !f.fill(sizeofSection) {
			f.discard(sizeofSection)
			f.cut = true
			break
		}
		at := bytes.Index(f.pending(), pattern)
		if at < 0 {
			// The pattern's beginning may be the last that was read.
			f.discard(len(f.pending()) - len(pattern) + 1)
			continue
		}
		f.discard(at)
		f.fill(sizeofSection)
		if _, ok := f.parse(f.pending()); ok {
			break
		}
		f.discard(1)
	}
	damage.Length = f.offset - damage.Offset
	f.damaged(damage)
}

// passTrailing notes that there is something behind the end.
func (f *fileReader) passTrailing() {
	damage := Damage{Offset: f.offset, Section: "file", Err: errTrailing}
	for !f.atEnd() {
		f.discard(len(f.pending()))
	}
	damage.Length = f.offset - damage.Offset
	f.damaged(damage)
}

// keep takes what a whole section holds, or says why that is no use.
func (f *fileReader) keep(s section, stored []byte) error {
	switch s.kind {
	case sectionHeader, sectionAccounts, sectionChunks, sectionInFlight, sectionEnd:
	default:
		f.unknown = append(f.unknown, UnknownSection{
			Type: uint32(s.kind), Offset: f.offset, Length: int64(sizeofSection + len(stored)),
		})
		return nil
	}
	payload, err := f.decoder.DecodeAll(stored, make([]byte, 0, s.length))
	if err != nil {
		return fmt.Errorf("decompressing: %w", err)
	}
	if len(payload) != int(s.length) {
		return fmt.Errorf("decompressing: %d bytes came where %d should have", len(payload), s.length)
	}
	switch s.kind {
	case sectionHeader:
		return f.keepHeader(payload)
	case sectionAccounts:
		return f.keepAccounts(payload)
	case sectionChunks:
		return f.keepChunks(payload, int(s.chunks))
	case sectionInFlight:
		f.inFlight = payload
	case sectionEnd:
		var end contents
		if err := unmarshal(payload, &end); err != nil {
			return err
		}
		f.end = &end
		return end.check()
	}
	return nil
}

// keepHeader takes the first header that makes sense.
func (f *fileReader) keepHeader(payload []byte) error {
	if f.header != nil {
		return nil
	}
	var h header
	if err := unmarshal(payload, &h); err != nil {
		return err
	}
	// A header of a newer format is kept all the same: it says why nothing
	// else can be read.
	if h.Format <= Format {
		if err := checkFormat(h.Format); err != nil {
			return err
		}
		if err := h.Contents.check(); err != nil {
			return err
		}
	}
	f.header = &h
	return nil
}

// keepAccounts takes the first accounts that make sense.
func (f *fileReader) keepAccounts(payload []byte) error {
	if f.accounts != nil {
		return nil
	}
	var a accounts
	if err := unmarshal(payload, &a); err != nil {
		return err
	}
	f.accounts = &a
	return nil
}

// keepChunks takes all of a batch's chunks or none. They share its memory.
func (f *fileReader) keepChunks(payload []byte, count int) error {
	if len(f.chunks)+count > MaxChunks || f.size+len(payload)-count*sizeofChunkLength > MaxSize {
		return errTooMany
	}
	chunks := make([][]byte, 0, count)
	size := 0
	for len(payload) > 0 {
		if len(payload) < sizeofChunkLength {
			return fmt.Errorf("chunk %d of it has no length", len(chunks))
		}
		end := sizeofChunkLength + int(binary.LittleEndian.Uint16(payload))
		if end > len(payload) {
			return fmt.Errorf("chunk %d of it is longer than what is left", len(chunks))
		}
		if len(chunks) == count {
			return fmt.Errorf("%w: more than %s", errCounts, counted(count, "chunk"))
		}
		chunk := payload[sizeofChunkLength:end:end]
		chunks = append(chunks, chunk)
		size += len(chunk)
		payload = payload[end:]
	}
	if len(chunks) != count {
		return fmt.Errorf("%w: %s where %d should be", errCounts, counted(len(chunks), "chunk"), count)
	}
	f.chunks = append(f.chunks, chunks...)
	f.size += size
	return nil
}

// unmarshal takes a payload of JSON apart. Members that it does not know are a
// newer program's and pass.
func unmarshal(payload []byte, value any) error {
	if err := json.Unmarshal(payload, value); err != nil {
		return fmt.Errorf("decoding: %w", err)
	}
	return nil
}

// damaged notes damage.
func (f *fileReader) damaged(damage Damage) { f.damages = append(f.damages, damage) }

// finish compares what came with what should have.
func (f *fileReader) finish() (*Recording, error) {
	if f.header != nil {
		if err := checkFormat(f.header.Format); err != nil {
			return nil, err
		}
	}
	if err := f.failure(); err != nil {
		f.damaged(Damage{Offset: f.offset, Section: "file", Chunks: -1, Err: err})
	} else if !f.sawEnd && !f.cut {
		f.damaged(Damage{Offset: f.offset, Section: "file", Chunks: -1, Err: errNoEnd})
	}

	expected := f.end
	if f.header != nil {
		expected = &f.header.Contents
	}
	if expected != nil && len(f.damages) == 0 && *expected != f.found() {
		f.damaged(Damage{Offset: f.offset, Section: "file", Err: fmt.Errorf("%w: it should hold %s and holds %s", errCounts, *expected, f.found())})
	}
	if len(f.damages) == 0 && f.header == nil {
		f.damaged(Damage{Offset: f.offset, Section: sectionHeader.String(), Err: errAbsent})
	}
	if len(f.damages) == 0 && f.accounts == nil {
		f.damaged(Damage{Offset: f.offset, Section: sectionAccounts.String(), Err: errAbsent})
	}
	if f.header != nil && f.end != nil && f.header.Contents != *f.end {
		f.damaged(Damage{Offset: f.offset, Section: "file", Err: fmt.Errorf("%w: the header says %s, the end %s", errCounts, f.header.Contents, *f.end)})
	}

	var err error
	if len(f.damages) > 0 {
		damage := &DamageError{
			Damages: f.damages,
			Chunks:  -1, MissingChunks: -1,
			MissingAccounts: f.accounts == nil,
			MissingHeader:   f.header == nil,
		}
		if expected != nil {
			damage.Chunks = expected.Chunks
			damage.MissingChunks = max(expected.Chunks-len(f.chunks), 0)
			damage.MissingInFlight = expected.InFlight && f.inFlight == nil
		}
		err = damage
	}
	if f.header == nil {
		return nil, err
	}
	r := f.header.recording()
	if f.accounts != nil {
		f.accounts.fill(&r.Snapshot)
	}
	r.Snapshot.Chunks = f.chunks
	r.Snapshot.InFlight = f.inFlight
	r.Unknown = f.unknown
	return r, err
}

// found counts what was read.
func (f *fileReader) found() contents {
	return contents{Sections: int(f.ordinal), Chunks: len(f.chunks), InFlight: f.inFlight != nil}
}
