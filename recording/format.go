package recording

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"traceloop/ring"
)

// The package comment has the drawings of what is here.
const (
	magic = "\x89TLREC\r\n"
	mark  = "\xf5TLS"

	sizeofIdentity = 8

	offsetFormat           = len(magic)
	offsetPreambleIdentity = 12
	offsetPreambleChecksum = 20
	sizeofPreamble         = 24

	offsetIdentity        = len(mark)
	offsetType            = 12
	offsetOrdinal         = 16
	offsetStored          = 20
	offsetLength          = 24
	offsetChunks          = 28
	offsetPayloadChecksum = 32
	offsetSectionChecksum = 36
	sizeofSection         = 40

	sizeofChunkLength = 2
	maxChunkLength    = 1<<16 - 1
)

const (
	maxHeader   = 4 << 20
	maxAccounts = 4 << 20
	maxBatch    = 256 << 10
	maxInFlight = 16 << 20
	maxEnd      = 4 << 10
	maxSection  = 16 << 20 // of any type

	// maxOverhead is how much longer zstd may make what it cannot compress:
	// a few bytes per frame and per block of 128 KiB.
	maxOverhead = 1 << 10
)

// castagnoli is the polynomial of CRC-32C, which amd64 and arm64 compute in hardware.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(data []byte) uint32 { return crc32.Checksum(data, castagnoli) }

// identity tells the sections of one file from all other bytes in the world.
type identity [sizeofIdentity]byte

// appendPreamble appends the file's first bytes.
func appendPreamble(data []byte, format uint16, id identity) []byte {
	start := len(data)
	data = append(data, magic...)
	data = binary.LittleEndian.AppendUint16(data, format)
	data = binary.LittleEndian.AppendUint16(data, 0)
	data = append(data, id[:]...)
	return binary.LittleEndian.AppendUint32(data, checksum(data[start:]))
}

// sectionType is what a section holds.
type sectionType uint32

const (
	sectionHeader   sectionType = 1
	sectionAccounts sectionType = 2
	sectionChunks   sectionType = 3
	sectionInFlight sectionType = 4
	sectionEnd      sectionType = 5
)

// String is the section's name in errors.
func (t sectionType) String() string {
	switch t {
	case sectionHeader:
		return "header"
	case sectionAccounts:
		return "accounts"
	case sectionChunks:
		return "chunk batch"
	case sectionInFlight:
		return "in-flight chunk"
	case sectionEnd:
		return "end section"
	}
	return fmt.Sprintf("section of unknown type %d", uint32(t))
}

// limit is how long a payload of the type may be, in bytes, decompressed.
func (t sectionType) limit() int {
	switch t {
	case sectionHeader:
		return maxHeader
	case sectionAccounts:
		return maxAccounts
	case sectionChunks:
		return maxBatch
	case sectionInFlight:
		return maxInFlight
	case sectionEnd:
		return maxEnd
	}
	return maxSection
}

// section is a section's own header.
type section struct {
	identity identity
	kind     sectionType
	ordinal  uint32
	stored   uint32 // bytes of the payload in the file
	length   uint32 // bytes of the payload decompressed
	chunks   uint32
	checksum uint32 // of the payload in the file
}

// append appends the section's own header, with its checksum.
func (s section) append(data []byte) []byte {
	start := len(data)
	data = append(data, mark...)
	data = append(data, s.identity[:]...)
	data = binary.LittleEndian.AppendUint32(data, uint32(s.kind))
	data = binary.LittleEndian.AppendUint32(data, s.ordinal)
	data = binary.LittleEndian.AppendUint32(data, s.stored)
	data = binary.LittleEndian.AppendUint32(data, s.length)
	data = binary.LittleEndian.AppendUint32(data, s.chunks)
	data = binary.LittleEndian.AppendUint32(data, s.checksum)
	return binary.LittleEndian.AppendUint32(data, checksum(data[start:]))
}

// parseSection parses a section's own header. It is not ok if data is too
// short for one, does not begin with the mark or has a wrong checksum.
func parseSection(data []byte) (s section, ok bool) {
	if len(data) < sizeofSection || string(data[:len(mark)]) != mark {
		return section{}, false
	}
	if binary.LittleEndian.Uint32(data[offsetSectionChecksum:]) != checksum(data[:offsetSectionChecksum]) {
		return section{}, false
	}
	s = section{
		kind:     sectionType(binary.LittleEndian.Uint32(data[offsetType:])),
		ordinal:  binary.LittleEndian.Uint32(data[offsetOrdinal:]),
		stored:   binary.LittleEndian.Uint32(data[offsetStored:]),
		length:   binary.LittleEndian.Uint32(data[offsetLength:]),
		chunks:   binary.LittleEndian.Uint32(data[offsetChunks:]),
		checksum: binary.LittleEndian.Uint32(data[offsetPayloadChecksum:]),
	}
	copy(s.identity[:], data[offsetIdentity:])
	return s, true
}

// checkLimits says what is wrong with the numbers that the section claims.
func (s section) checkLimits() error {
	limit := s.kind.limit()
	if int64(s.length) > int64(limit) {
		return fmt.Errorf("it claims %d bytes, more than the %d that it may have", s.length, limit)
	}
	if int64(s.stored) > int64(limit)+maxOverhead {
		return fmt.Errorf("it claims %d compressed bytes, more than the %d that it may have", s.stored, limit+maxOverhead)
	}
	if s.chunks > s.length/sizeofChunkLength {
		return fmt.Errorf("%w: %d chunks in %s", errCounts, s.chunks, counted(int(s.length), "byte"))
	}
	return nil
}

// header is the JSON of the header section.
type header struct {
	// Format is the preamble's, for when that is damaged.
	Format   int      `json:"format"`
	Contents contents `json:"contents"`

	Host             text        `json:"host,omitempty"`
	Architecture     text        `json:"architecture"`
	Kernel           text        `json:"kernel,omitempty"`
	TraceloopVersion text        `json:"traceloopVersion,omitempty"`
	Name             text        `json:"name,omitempty"`
	Command          []text      `json:"command,omitempty"`
	Container        container   `json:"container,omitzero"`
	RingSize         uint64      `json:"ringSize,omitempty"`
	StringLimit      uint32      `json:"stringLimit,omitempty"`
	Started          time.Time   `json:"started,omitzero"`
	Taken            time.Time   `json:"taken,omitzero"`
	Ending           ending      `json:"ending,omitzero"`
	Overwritten      uint64      `json:"overwritten,omitempty"`
	TakenBoot        uint64      `json:"takenBoot,omitempty"` // the snapshot's
	Clock            []clockPair `json:"clock,omitempty"`
}

// container is the header's JSON of a [Container].
type container struct {
	ID        text `json:"id,omitempty"`
	Name      text `json:"name,omitempty"`
	Namespace text `json:"namespace,omitempty"`
	Pod       text `json:"pod,omitempty"`
	Runtime   text `json:"runtime,omitempty"`

	RuntimeNamespace text    `json:"runtimeNamespace,omitempty"`
	Image            text    `json:"image,omitempty"`
	Labels           []label `json:"labels,omitempty"` // in the order of their names
	PodUID           text    `json:"podUID,omitempty"`
	ContainerName    text    `json:"containerName,omitempty"`
	Attempt          uint32  `json:"attempt,omitempty"`
	Cgroup           text    `json:"cgroup,omitempty"`
	Generation       uint32  `json:"generation,omitempty"`
}

// label is a container's: names of any bytes cannot be JSON's.
type label struct {
	Name  text `json:"name"`
	Value text `json:"value"`
}

// ending is the header's JSON of an [Ending].
type ending struct {
	Executed time.Time `json:"executed,omitzero"`
	Ended    time.Time `json:"ended,omitzero"`
	Exited   bool      `json:"exited,omitempty"`
	Status   uint32    `json:"status,omitempty"`
	OOMKills uint32    `json:"oomKills,omitempty"`
}

// newContainer is the JSON of a container.
func newContainer(c *Container) container {
	result := container{
		ID:               text(c.ID),
		Name:             text(c.Name),
		Namespace:        text(c.Namespace),
		Pod:              text(c.Pod),
		Runtime:          text(c.Runtime),
		RuntimeNamespace: text(c.RuntimeNamespace),
		Image:            text(c.Image),
		PodUID:           text(c.PodUID),
		ContainerName:    text(c.ContainerName),
		Attempt:          c.Attempt,
		Cgroup:           text(c.Cgroup),
		Generation:       c.Generation,
	}
	for _, name := range slices.Sorted(maps.Keys(c.Labels)) {
		result.Labels = append(result.Labels, label{text(name), text(c.Labels[name])})
	}
	return result
}

// container is the container that the JSON says.
func (c *container) container() Container {
	result := Container{
		ID:               string(c.ID),
		Name:             string(c.Name),
		Namespace:        string(c.Namespace),
		Pod:              string(c.Pod),
		Runtime:          string(c.Runtime),
		RuntimeNamespace: string(c.RuntimeNamespace),
		Image:            string(c.Image),
		PodUID:           string(c.PodUID),
		ContainerName:    string(c.ContainerName),
		Attempt:          c.Attempt,
		Cgroup:           string(c.Cgroup),
		Generation:       c.Generation,
	}
	if len(c.Labels) > 0 {
		result.Labels = make(map[string]string, len(c.Labels))
	}
	for _, l := range c.Labels {
		result.Labels[string(l.Name)] = string(l.Value)
	}
	return result
}

// clockPair is the header's JSON of a [ClockPair].
type clockPair struct {
	Boot uint64 `json:"boot"`
	Wall int64  `json:"wall"`
}

// contents counts what a file holds: the header's and the end section's.
type contents struct {
	Sections int  `json:"sections"` // all, with the header and the end section
	Chunks   int  `json:"chunks"`   // but for the in-flight chunk
	InFlight bool `json:"inFlight"`
}

// String is the counts as errors have them.
func (c contents) String() string {
	calls := "no calls in flight"
	if c.InFlight {
		calls = "calls in flight"
	}
	return fmt.Sprintf("%s, %s and %s", counted(c.Sections, "section"), counted(c.Chunks, "chunk"), calls)
}

// check says what about the counts no file could have.
func (c contents) check() error {
	if c.Sections < 1 || c.Chunks < 0 || c.Chunks > MaxChunks {
		return fmt.Errorf("it counts %d sections and %d chunks", c.Sections, c.Chunks)
	}
	return nil
}

// accounts is the JSON of the accounts section.
type accounts struct {
	Cursors  []cursor  `json:"cursors,omitempty"`
	Failures []failure `json:"failures,omitempty"`
}

// cursor is the accounts' JSON of a [ring.Cursor].
type cursor struct {
	Calls    uint64 `json:"calls,omitempty"`
	Filtered uint64 `json:"filtered,omitempty"`
	Lost     uint64 `json:"lost,omitempty"`
	Horizon  uint64 `json:"horizon,omitempty"`
}

// failure is the accounts' JSON of a [ring.Failure].
type failure struct {
	Place text   `json:"place"`
	Errno int32  `json:"errno,omitempty"`
	Count uint64 `json:"count"`
}

// newHeader is the header of a recording's file.
func newHeader(r *Recording, c contents) header {
	h := header{
		Format:           Format,
		Contents:         c,
		Host:             text(r.Host),
		Architecture:     text(r.Architecture),
		Kernel:           text(r.Kernel),
		TraceloopVersion: text(r.TraceloopVersion),
		Name:             text(r.Name),
		Container:        newContainer(&r.Container),
		RingSize:         r.RingSize,
		StringLimit:      r.StringLimit,
		Started:          r.Started.UTC(),
		Taken:            r.Taken.UTC(),
		TakenBoot:        r.Snapshot.Taken,
		Ending:           ending(r.Ending),
		Overwritten:      r.Overwritten,
	}
	h.Ending.Executed, h.Ending.Ended = r.Ending.Executed.UTC(), r.Ending.Ended.UTC()
	for _, argument := range r.Command {
		h.Command = append(h.Command, text(argument))
	}
	for _, pair := range r.Clock {
		h.Clock = append(h.Clock, clockPair(pair))
	}
	return h
}

// recording is what the header says of a recording: all but the accounts and
// the chunks.
func (h *header) recording() *Recording {
	r := &Recording{
		Host:             string(h.Host),
		Architecture:     string(h.Architecture),
		Kernel:           string(h.Kernel),
		TraceloopVersion: string(h.TraceloopVersion),
		Name:             string(h.Name),
		Container:        h.Container.container(),
		RingSize:         h.RingSize,
		StringLimit:      h.StringLimit,
		Started:          h.Started.UTC(),
		Taken:            h.Taken.UTC(),
		Snapshot:         ring.Snapshot{Taken: h.TakenBoot},
		Ending:           Ending(h.Ending),
		Overwritten:      h.Overwritten,
	}
	r.Ending.Executed, r.Ending.Ended = h.Ending.Executed.UTC(), h.Ending.Ended.UTC()
	for _, argument := range h.Command {
		r.Command = append(r.Command, string(argument))
	}
	for _, pair := range h.Clock {
		r.Clock = append(r.Clock, ClockPair(pair))
	}
	r.Clock.sort()
	return r
}

// newAccounts are the accounts of a snapshot.
func newAccounts(s *ring.Snapshot) accounts {
	var a accounts
	for _, c := range s.Cursors {
		a.Cursors = append(a.Cursors, cursor(c))
	}
	for _, f := range s.Failures {
		a.Failures = append(a.Failures, failure{Place: text(f.Place), Errno: f.Errno, Count: f.Count})
	}
	return a
}

// fill puts the accounts into a snapshot.
func (a *accounts) fill(s *ring.Snapshot) {
	for _, c := range a.Cursors {
		s.Cursors = append(s.Cursors, ring.Cursor(c))
	}
	for _, f := range a.Failures {
		s.Failures = append(s.Failures, ring.Failure{Place: string(f.Place), Errno: f.Errno, Count: f.Count})
	}
}

// text is a string of any bytes. JSON strings hold Unicode alone, and package
// json would quietly put U+FFFD in the place of every other byte, of which
// command lines may have many.
type text string

// MarshalJSON makes a string of UTF-8, and {"base64": "..."} of other bytes.
func (t text) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(t)) {
		return json.Marshal(string(t))
	}
	return json.Marshal(encodedText{Base64: []byte(t)})
}

// UnmarshalJSON takes what MarshalJSON makes.
func (t *text) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		var encoded encodedText
		if err := json.Unmarshal(data, &encoded); err != nil {
			return err
		}
		if encoded.Base64 == nil {
			return errors.New(`text is neither a string nor {"base64": "..."}`)
		}
		*t = text(encoded.Base64)
		return nil
	}
	return json.Unmarshal(data, (*string)(t))
}

// encodedText is the JSON of text that is not UTF-8. Package json writes bytes
// in base64.
type encodedText struct {
	Base64 []byte `json:"base64"`
}
