package recording

import (
	"errors"
	"io"
)

// readStep is how much is asked of the reader at once, in bytes.
const readStep = 64 << 10

// maxFile is how much of a file is read, in bytes. A whole file is hardly
// longer than [MaxSize]; a hostile one may never end.
const maxFile = 2 * MaxSize

var errFileTooLong = errors.New("the file is longer than a recording can be")

// source reads ahead of what has been consumed. Its memory grows with what was
// asked of it and has really come.
type source struct {
	reader  io.Reader
	limit   int64 // of bytes to read in all; a reader's buffer more, at most
	storage []byte
	start   int   // in storage, of what is pending
	end     int   // in storage
	offset  int64 // in the file, of what is pending
	err     error // why nothing more comes; io.EOF at the file's end
}

// fill reads until at least length bytes are pending, and says whether they are.
func (s *source) fill(length int) bool {
	for empty := 0; s.end-s.start < length && s.err == nil; {
		if s.offset+int64(s.end-s.start) >= s.limit {
			s.err = errFileTooLong
			break
		}
		s.makeRoom()
		count, err := s.reader.Read(s.storage[s.end:])
		if count < 0 || count > len(s.storage)-s.end {
			s.err = errors.New("the reader returned an impossible count")
			break
		}
		s.end += count
		s.err = err
		if count > 0 {
			empty = 0
		} else if empty++; empty == 100 && err == nil {
			s.err = io.ErrNoProgress
		}
	}
	return s.end-s.start >= length
}

// makeRoom makes space behind what is pending. It either moves less than it
// makes free or doubles the storage, so that a byte is moved a few times at most.
func (s *source) makeRoom() {
	if s.start == s.end {
		s.start, s.end = 0, 0
	}
	if s.end < len(s.storage) {
		return
	}
	storage := s.storage
	if s.start <= len(s.storage)/2 {
		storage = make([]byte, max(2*len(s.storage), readStep))
	}
	s.end = copy(storage, s.storage[s.start:s.end])
	s.start = 0
	s.storage = storage
}

// pending is what has been read and not consumed. It is valid until the next fill.
func (s *source) pending() []byte { return s.storage[s.start:s.end] }

// discard consumes length bytes, or as many as are pending.
func (s *source) discard(length int) {
	length = min(length, s.end-s.start)
	s.start += length
	s.offset += int64(length)
}

// atEnd says that nothing is pending and nothing will come.
func (s *source) atEnd() bool { return !s.fill(1) }

// failure is why the file could not be read to its end, or nil.
func (s *source) failure() error {
	if errors.Is(s.err, io.EOF) {
		return nil
	}
	return s.err
}
