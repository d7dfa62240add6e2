package ring

import (
	"bytes"
	"regexp"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Mask overwrites with asterisks, in place and in every record, what matches
// one of the patterns: the whole match or, if groups of the pattern took part
// in it, these alone. Patterns see the bytes as they are, not as they are
// printed. Lengths, numbers and pointers stand, so that the snapshot reads as
// it did but for the asterisks. Without patterns it changes nothing.
//
// What is matched is one text each:
//   - a string, a path, a buffer; a task's name; a unix socket's name;
//   - each string of a vector, and all its strings with a space between them,
//     as a shell has them; so also the arguments of an execve;
//   - each buffer of a vector, and the buffers together that follow each other
//     without a gap;
//   - of an open file each name of its path, and the path;
//   - in structs, and in what this version of the package does not know, each
//     stretch of at least four bytes of text.
//
// What was cut, or is in two records, does not match as a whole. Bytes that no
// reader understands are overwritten altogether: nobody can tell what is there.
func (s *Snapshot) Mask(patterns []*regexp.Regexp) {
	if len(patterns) == 0 {
		return
	}
	m := newMasker(patterns)
	for _, chunk := range s.Chunks {
		m.chunk(chunk)
	}
	m.chunk(s.InFlight)
}

// MaskText returns the texts as [Snapshot.Mask] leaves the strings of a vector.
func MaskText(patterns []*regexp.Regexp, texts ...string) []string {
	m := newMasker(patterns)
	for _, text := range texts {
		m.pieces = append(m.pieces, []byte(text))
	}
	m.together(" ")
	masked := make([]string, len(texts))
	for i, piece := range m.pieces {
		masked[i] = string(piece)
	}
	return masked
}

const (
	asterisk = '*'
	// shortestText is from how many bytes on a stretch of a struct is text:
	// shorter ones are mostly numbers.
	shortestText = 4
	// endOfDelta is where the part ends that all records with a time share.
	endOfDelta = offsetRecordCallDelta + 4
)

// masker masks one text after another.
type masker struct {
	patterns []*regexp.Regexp
	prefixes [][]byte // what each pattern's matches begin with; it is cheap to look for

	// Used anew for each text.
	spans    [][2]int
	captures [CapturesMax]Capture
	pieces   [][]byte
	joined   []byte
}

func newMasker(patterns []*regexp.Regexp) *masker {
	m := &masker{patterns: patterns}
	for _, pattern := range patterns {
		prefix, _ := pattern.LiteralPrefix()
		m.prefixes = append(m.prefixes, []byte(prefix))
	}
	return m
}

// text masks a text. What one pattern masks another still sees.
func (m *masker) text(data []byte) {
	m.spans = m.spans[:0]
	for i, pattern := range m.patterns {
		if !bytes.Contains(data, m.prefixes[i]) {
			continue
		}
		for _, match := range pattern.FindAllSubmatchIndex(data, -1) {
			m.addSpans(match)
		}
	}
	for _, span := range m.spans {
		fill(data[span[0]:span[1]])
	}
}

// addSpans adds where the groups of a match are; without any, the match.
func (m *masker) addSpans(match []int) {
	grouped := false
	for i := 2; i < len(match); i += 2 {
		if match[i] >= 0 {
			m.spans = append(m.spans, [2]int{match[i], match[i+1]})
			grouped = true
		}
	}
	if !grouped {
		m.spans = append(m.spans, [2]int{match[0], match[1]})
	}
}

// together masks the pieces one by one, and as one text with a separator
// between them, which stays.
func (m *masker) together(separator string) {
	if len(m.pieces) < 2 {
		for _, piece := range m.pieces {
			m.text(piece)
		}
		return
	}
	m.joined = m.joined[:0]
	for i, piece := range m.pieces {
		if i > 0 {
			m.joined = append(m.joined, separator...)
		}
		m.joined = append(m.joined, piece...)
	}
	m.text(m.joined)
	at := 0
	for _, piece := range m.pieces {
		m.text(piece)
		for i := range piece {
			if m.joined[at+i] == asterisk {
				piece[i] = asterisk
			}
		}
		at += len(piece) + len(separator)
	}
}

// structure masks the stretches of text in what else has numbers in it.
func (m *masker) structure(data []byte) {
	for len(data) > 0 {
		length := textLength(data)
		if length >= shortestText {
			m.text(data[:length])
		}
		data = data[min(length+1, len(data)):]
	}
}

// textLength is how many bytes of text data begin with.
func textLength(data []byte) int {
	at := 0
	for at < len(data) {
		character, size := utf8.DecodeRune(data[at:])
		if character == utf8.RuneError && size == 1 || !unicode.IsPrint(character) && !unicode.IsSpace(character) {
			break
		}
		at += size
	}
	return at
}

// chunk masks a chunk's records. It passes over the records as [parser.parse]
// does, and leaves what makes a record malformed as it is.
func (m *masker) chunk(chunk []byte) {
	rest := chunk[min(sizeofChunk, len(chunk)):]
	for len(rest) >= sizeofRecord {
		size := int(u16(rest, offsetRecordSize))
		if size < sizeofRecord+8 || size%8 != 0 || size > len(rest) {
			break
		}
		m.record(rest[:size])
		rest = rest[size:]
	}
	// Two asterisks are no record's size either.
	blank(rest)
}

// fixedSizes are how long the records of each type are without what varies.
var fixedSizes = [...]int{
	TypeTask:   sizeofRecordTask,
	TypeTime:   sizeofRecordTime,
	TypeCall:   sizeofRecordCall,
	TypeSignal: sizeofRecordSignal,
	TypeExec:   sizeofRecordExec,
	TypeFork:   sizeofRecordFork,
	TypeExit:   sizeofRecordExit,
}

func (m *masker) record(data []byte) {
	kind := Type(data[offsetRecordType])
	if kind == 0 || int(kind) >= len(fixedSizes) {
		m.structure(data[sizeofRecord:])
		return
	}
	fixed := fixedSizes[kind]
	if len(data) < fixed {
		blank(data[endOfDelta:])
		return
	}
	rest := data[fixed:]
	switch kind {
	case TypeTask:
		m.comm(data[offsetRecordTaskComm:sizeofRecordTask])
	case TypeSignal:
		m.structure(data[offsetRecordSignalInfo:sizeofRecordSignal])
	case TypeCall:
		m.call(data)
		return
	case TypeExec:
		path, arguments := int(u16(data, offsetRecordExecPathLength)), int(u16(data, offsetRecordExecArgumentsLength))
		if path+arguments <= len(rest) {
			m.text(rest[:path])
			m.split(rest[path : path+arguments])
			m.together(" ")
			rest = rest[path+arguments:]
		}
	}
	blank(rest)
}

// comm masks a task's name. Behind its NUL the kernel may have left some of an
// older and longer one.
func (m *masker) comm(data []byte) {
	end := bytes.IndexByte(data, 0)
	if end < 0 {
		end = len(data)
	}
	m.text(data[:end])
	blank(data[end:])
}

// split makes pieces of what has a NUL behind each.
func (m *masker) split(data []byte) {
	m.pieces = m.pieces[:0]
	for len(data) > 0 {
		end := bytes.IndexByte(data, 0)
		if end < 0 {
			end = len(data)
		}
		m.pieces = append(m.pieces, data[:end])
		data = data[min(end+1, len(data)):]
	}
}

// call masks the captures of a call's record.
func (m *masker) call(data []byte) {
	counts := data[offsetRecordCallCounts]
	rest := data[min(capturesOffset(data), len(data)):]
	captures := m.captures[:counts>>CapturesShift]
	whole := parseCaptures(captures, rest)
	for i := range captures[:whole] {
		m.capture(&captures[i])
		rest = rest[sizeofCapture+len(captures[i].Data):]
	}
	if whole < len(captures) {
		// Its length, which is too large, stays.
		rest = rest[min(sizeofCapture, len(rest)):]
	}
	// There may be captures that there was no count for.
	blank(rest)
}

// capturesOffset is where the captures begin in a call's record.
func capturesOffset(data []byte) int {
	flags, wide := data[offsetRecordFlags], data[offsetRecordCallWide]
	offset := sizeofRecordCall
	if flags&callLong != 0 {
		offset += sizeofCallLong
	}
	if flags&callReturn64 != 0 {
		offset += 4
	}
	for i := range data[offsetRecordCallCounts] & ArgumentsMask {
		offset += 4 + 4*int(wide>>i&1)
	}
	return offset
}

func (m *masker) capture(capture *Capture) {
	switch capture.Layout {
	case LayoutString, LayoutPath, LayoutBytes:
		m.text(capture.Data)
	case LayoutStrings:
		m.strings(capture.Data)
	case LayoutBuffers:
		m.buffers(capture.Data)
	case LayoutDescriptor:
		m.descriptor(capture.Data)
	default:
		m.structure(capture.Data)
	}
}

// strings masks a vector of strings.
func (m *masker) strings(data []byte) {
	m.pieces = m.pieces[:0]
	for len(data) >= 2 {
		head := u16(data, 0)
		data = data[2:]
		if head&StringUnreadable != 0 {
			if len(data) < 8 {
				break
			}
			data = data[8:] // the pointer
			continue
		}
		length := min(int(head&^StringTruncated), len(data))
		m.pieces = append(m.pieces, data[:length])
		data = data[length:]
	}
	blank(data)
	m.together(" ")
}

// buffers masks a vector of buffers.
func (m *masker) buffers(data []byte) {
	m.pieces = m.pieces[:0]
	for len(data) >= sizeofBuffer {
		length, captured := u64(data, offsetBufferLength), int(u16(data, offsetBufferCaptured))
		if captured == BufferUnreadable {
			captured = 0
		}
		data = data[sizeofBuffer:]
		captured = min(captured, len(data))
		m.pieces = append(m.pieces, data[:captured])
		data = data[captured:]
		if uint64(captured) != length {
			m.together("")
			m.pieces = m.pieces[:0]
		}
	}
	blank(data)
	m.together("")
}

// descriptor masks the names of an open file.
func (m *masker) descriptor(data []byte) {
	description, ok := ParseDescriptor(data)
	switch {
	case !ok:
		m.structure(data[min(sizeofDescriptor, len(data)):])
		return
	case description.IsSocket:
		m.text(description.Socket.Name)
		return
	}
	m.split(description.Names)
	// They stand from the last one to the first, which has a slash before it.
	m.pieces = append(m.pieces, nil)
	slices.Reverse(m.pieces)
	m.together("/")
}

// blank overwrites all of data, unless they are mere padding.
func blank(data []byte) {
	if len(bytes.TrimLeft(data, "\x00")) > 0 {
		fill(data)
	}
}

func fill(data []byte) {
	for i := range data {
		data[i] = asterisk
	}
}
