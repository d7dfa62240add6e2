// Package recording keeps a recording in a file: the raw records, who made
// them and where, and the clock. What [Write] writes, [Read] reads on any
// machine of any architecture; nothing is decoded in between, so that a newer
// traceloop with better tables shows more of an old file.
//
// A file may be damaged and the rest still be of use, hence the one trap of
// this package: [Read] and [Open] may return a recording and an error
// together. A [*DamageError] says what is missing from the recording that came
// with it; with every other error there is no recording.
//
// # The file
//
// All numbers are little-endian. The file is a preamble and then sections:
//
//	0            8         10     12            20       24
//	+------------+---------+------+-------------+--------+
//	| magic      | format  | zero | identity    | CRC    |   preamble
//	+------------+---------+------+-------------+--------+
//	| section 0: header                                  |   these types in another
//	| section 1: accounts                                |   order are read as well
//	| section 2: chunks                                  |
//	| ...        chunks                                  |
//	|            in-flight chunk, if there is one        |
//	|            header, once more                       |
//	|            accounts, once more                     |
//	|            end                                     |
//	+----------------------------------------------------+
//
//	magic     "\x89TLREC\r\n": no text, and shows a transfer that took it for text
//	format    version of the format. It changes when older programs could not
//	          make sense of the file; an added section type or JSON member
//	          does not change it
//	identity  random, another in every file
//	CRC       CRC-32C of the 20 bytes before it
//
// These 24 bytes keep their shape in every format. A section is:
//
//	0      4          12     16        20       24       28       32       36       40
//	+------+----------+------+---------+--------+--------+--------+--------+--------+-- - - --+
//	| mark | identity | type | ordinal | stored | length | chunks | CRC of | CRC of | payload |
//	|      |          |      |         |        |        |        | payload| 0..35  |         |
//	+------+----------+------+---------+--------+--------+--------+--------+--------+-- - - --+
//
//	mark      "\xf5TLS"
//	identity  the preamble's. A reader that lost its place looks for mark and
//	          identity together: a traced program, whose memory is all over the
//	          payloads, cannot know the identity and so cannot forge a section
//	type      1 header, 2 accounts, 3 chunks, 4 in-flight chunk, 5 end. Others
//	          are passed over
//	ordinal   0, 1, 2, ... in the order of the file
//	stored    bytes of the payload as it is in the file, one zstd frame
//	length    bytes of the payload when decompressed
//	chunks    how many chunks are in the payload; 0 unless the type is chunks
//	CRC       CRC-32C
//
// Payloads, when decompressed:
//
//	header     JSON: what [Recording] has but for the snapshot, and counts of
//	           the file's sections and chunks. A string that is not UTF-8 is
//	           {"base64": "..."}. At most 4 MiB
//	accounts   JSON: the snapshot's cursors, in the order of CPUs, and its
//	           failures. At most 4 MiB
//	chunks     per chunk a 2-byte length and its bytes, as in the ring. At most
//	           256 KiB, so that a damaged section loses little
//	in-flight  the chunk's bytes. At most 16 MiB
//	end        JSON: the counts that the header has, once more
//
// The header and the accounts stand twice because nothing can be understood
// without them: a reader takes the first copy that is whole. The checksums are
// against damage; they do not prove who wrote a file.
package recording

import (
	"errors"
	"time"

	"traceloop/ring"
)

// Format is the version of the file format that [Write] writes, and the
// newest that [Read] reads.
const Format = 1

const (
	// MaxSize is how many bytes of chunks a recording may have. It bounds the
	// memory that a hostile file takes: that and some 100 MiB.
	MaxSize = 1 << 30
	// MaxChunks is how many chunks a recording may have, in a ring of [MaxSize].
	MaxChunks = MaxSize / ring.ChunkSize
)

var (
	// ErrNotRecording: the file is something else. Who was given a reference
	// that may be a file may try what else it could mean.
	ErrNotRecording = errors.New("not a traceloop recording")
	// ErrVersion: the file is of a newer format. Only the person can act, with
	// a newer program; the message says so.
	ErrVersion = errors.New("unknown format of recording")
	// ErrHeaderLost is inside a [*DamageError] that came without a recording:
	// both copies of the header are damaged, and without one the chunks cannot
	// be interpreted. Only the person can act, with another copy of the file.
	ErrHeaderLost = errors.New("the header is lost, and without it the chunks cannot be interpreted")
	// ErrTooLarge: the recording is beyond [MaxSize], [MaxChunks] or another
	// of the format's limits. Whoever chose the ring's size can choose a
	// smaller one; no file was written.
	ErrTooLarge = errors.New("recording too large for a file")
)

// Recording is what was recorded, of whom, and where. Its strings are what the
// machine had, any bytes: quote them for a terminal.
type Recording struct {
	Host             string // the machine's host name
	Architecture     string // of its kernel, as Go names it ("amd64", "arm64"): it decides the tables
	Kernel           string // the kernel's release, such as "6.12.9-arch1-1"
	TraceloopVersion string // of the program that recorded

	Name      string    // the recording's
	Command   []string  // what was run, program and arguments; nil for a container
	Container Container // zero if it was none

	RingSize    uint64    // bytes
	StringLimit uint32    // bytes captured of a string
	Started     time.Time // when the recording began; zero if not known
	Taken       time.Time // when the snapshot was taken
	Ending      Ending    // what became of the container
	Overwritten uint64    // calls, when the snapshot was taken, as its recorder counted them; 0 also if not known

	// Clock turns the snapshot's times into wall-clock times.
	Clock Clock

	Snapshot ring.Snapshot

	// Unknown are sections that [Read] passed over because a newer program
	// wrote them. [Write] ignores it: what they hold is not kept.
	Unknown []UnknownSection
}

// Container says which container was recorded. Any of it may be empty.
type Container struct {
	ID        string // whole, as the runtime has it
	Name      string
	Namespace string // Kubernetes'
	Pod       string
	Runtime   string // such as "docker" or "containerd"

	RuntimeNamespace string // containerd's
	Image            string
	Labels           map[string]string
	PodUID           string
	ContainerName    string // in the pod
	Attempt          uint32 // how often the pod's container was restarted before
	Cgroup           string // path
	// Generation tells the recordings of one container apart, of which there
	// is one for each time that it was started: 1 is the oldest. 0: not known.
	Generation uint32
}

// Ending says what became of a container until the recording was taken. Times
// are zero if that has not happened, or is not known.
type Ending struct {
	Executed time.Time // the container's own execve began: what came before is its runtime's set-up
	Ended    time.Time // its last task ended
	Exited   bool      // its first process has ended
	Status   uint32    // of its first process, as wait(2) has it, if Exited
	OOMKills uint32    // processes that the out-of-memory killer took
}

// UnknownSection is a whole and sound section of a type that this program
// does not know.
type UnknownSection struct {
	Type   uint32
	Offset int64 // in the file, bytes
	Length int64 // in the file, bytes, with the section's own header
}
