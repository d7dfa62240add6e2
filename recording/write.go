package recording

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"traceloop/ring"
)

// Write writes a recording as a file. It returns nil only if w took every
// byte; flushing and closing w is the caller's. A recording beyond the
// format's limits is [ErrTooLarge], before anything is written.
func Write(w io.Writer, r *Recording) error {
	if err := checkSize(&r.Snapshot); err != nil {
		return fmt.Errorf("writing recording: %w", err)
	}
	batches := batch(r.Snapshot.Chunks)
	// Two headers, two accounts and the end section.
	count := contents{Sections: len(batches) + 5, Chunks: len(r.Snapshot.Chunks)}
	if r.Snapshot.InFlight != nil {
		count.Sections++
		count.InFlight = true
	}

	headerPayload, err := marshal(sectionHeader, newHeader(r, count))
	if err != nil {
		return err
	}
	accountsPayload, err := marshal(sectionAccounts, newAccounts(&r.Snapshot))
	if err != nil {
		return err
	}
	endPayload, err := marshal(sectionEnd, count)
	if err != nil {
		return err
	}

	f, err := newFileWriter(w)
	if err != nil {
		return err
	}
	defer f.encoder.Close()

	if err := f.preamble(); err != nil {
		return err
	}
	if err := f.section(sectionHeader, headerPayload, 0); err != nil {
		return err
	}
	if err := f.section(sectionAccounts, accountsPayload, 0); err != nil {
		return err
	}
	var payload []byte
	for _, chunks := range batches {
		payload = payload[:0]
		for _, chunk := range chunks {
			payload = binary.LittleEndian.AppendUint16(payload, uint16(len(chunk)))
			payload = append(payload, chunk...)
		}
		if err := f.section(sectionChunks, payload, len(chunks)); err != nil {
			return err
		}
	}
	if count.InFlight {
		if err := f.section(sectionInFlight, r.Snapshot.InFlight, 0); err != nil {
			return err
		}
	}
	if err := f.section(sectionHeader, headerPayload, 0); err != nil {
		return err
	}
	if err := f.section(sectionAccounts, accountsPayload, 0); err != nil {
		return err
	}
	return f.section(sectionEnd, endPayload, 0)
}

// checkSize says in what a snapshot is too large. A file that Read would
// refuse must not be written.
func checkSize(s *ring.Snapshot) error {
	if len(s.Chunks) > MaxChunks {
		return fmt.Errorf("%w: it has %d chunks, a file at most %d", ErrTooLarge, len(s.Chunks), MaxChunks)
	}
	size := 0
	for i, chunk := range s.Chunks {
		if len(chunk) > maxChunkLength {
			return fmt.Errorf("%w: chunk %d has %d bytes, in a file at most %d", ErrTooLarge, i, len(chunk), maxChunkLength)
		}
		size += len(chunk)
		if size > MaxSize {
			return fmt.Errorf("%w: its chunks have more than %d bytes", ErrTooLarge, MaxSize)
		}
	}
	if len(s.InFlight) > maxInFlight {
		return fmt.Errorf("%w: the calls in flight have %d bytes, in a file at most %d", ErrTooLarge, len(s.InFlight), maxInFlight)
	}
	return nil
}

// batch divides chunks into sections' worth, in their order.
func batch(chunks [][]byte) [][][]byte {
	var batches [][][]byte
	start, size := 0, 0
	for i, chunk := range chunks {
		length := sizeofChunkLength + len(chunk)
		if size+length > maxBatch {
			batches = append(batches, chunks[start:i])
			start, size = i, 0
		}
		size += length
	}
	if start < len(chunks) {
		batches = append(batches, chunks[start:])
	}
	return batches
}

// marshal makes a section's payload of JSON.
func marshal(kind sectionType, value any) ([]byte, error) {
	payload, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", kind, err)
	}
	if len(payload) > kind.limit() {
		return nil, fmt.Errorf("encoding %s: %w: it has %d bytes, at most %d are possible", kind, ErrTooLarge, len(payload), kind.limit())
	}
	return payload, nil
}

// fileWriter writes a file's parts and numbers them.
type fileWriter struct {
	writer   io.Writer
	encoder  *zstd.Encoder
	identity identity
	ordinal  uint32
	offset   int64
	buffer   []byte // of the section being written
}

func newFileWriter(w io.Writer) (*fileWriter, error) {
	encoder, err := zstd.NewWriter(nil,
		// A section is too short to share between CPUs, and a daemon that
		// saves a recording should not take them all.
		zstd.WithEncoderConcurrency(1),
		zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(maxBatch),
		zstd.WithSingleSegment(true),
		// The section has a checksum of its own.
		zstd.WithEncoderCRC(false),
	)
	if err != nil {
		return nil, fmt.Errorf("preparing compression: %w", err)
	}
	f := &fileWriter{writer: w, encoder: encoder}
	rand.Read(f.identity[:]) // cannot fail
	return f, nil
}

// preamble writes the file's first bytes.
func (f *fileWriter) preamble() error {
	return f.write("preamble", appendPreamble(nil, Format, f.identity))
}

// section compresses and writes a section.
func (f *fileWriter) section(kind sectionType, payload []byte, chunks int) error {
	// The payload goes behind the space of the section's own header, which
	// can be filled only when the compressed length is known.
	f.buffer = append(f.buffer[:0], make([]byte, sizeofSection)...)
	f.buffer = f.encoder.EncodeAll(payload, f.buffer)
	stored := f.buffer[sizeofSection:]
	section{
		identity: f.identity,
		kind:     kind,
		ordinal:  f.ordinal,
		stored:   uint32(len(stored)),
		length:   uint32(len(payload)),
		chunks:   uint32(chunks),
		checksum: checksum(stored),
	}.append(f.buffer[:0])
	f.ordinal++
	return f.write(kind.String(), f.buffer)
}

// write writes all of data, or says where and why it could not.
func (f *fileWriter) write(what string, data []byte) error {
	count, err := f.writer.Write(data)
	if err == nil && count != len(data) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return fmt.Errorf("writing %s at offset %d: %w", what, f.offset, err)
	}
	f.offset += int64(len(data))
	return nil
}
