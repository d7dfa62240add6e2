package ring

import (
	"encoding/binary"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// memoryOf lays out a ring for two CPUs with the given number of slots.
func memoryOf(slots int) []byte { return make([]byte, (HeaderChunks(2)+slots)*ChunkSize) }

// slot returns a slot's memory.
func slot(memory []byte, index int) []byte {
	at := (HeaderChunks(2) + index) * ChunkSize
	return memory[at : at+ChunkSize]
}

func setCursor(memory []byte, cpu int, cursor Cursor) {
	line := memory[sizeofHead+cpu*sizeofCursor:]
	store(line, offsetCursorCalls, cursor.Calls)
	store(line, offsetCursorFiltered, cursor.Filtered)
	store(line, offsetCursorLost, cursor.Lost)
	store(line, offsetCursorHorizon, cursor.Horizon)
}

func TestHeaderHoldsACursorPerCPU(t *testing.T) {
	for _, test := range []struct{ cpus, want int }{{1, 1}, {2, 1}, {63, 1}, {64, 2}, {127, 2}, {128, 3}, {1024, 17}} {
		if got := HeaderChunks(test.cpus); got != test.want {
			t.Errorf("a ring for %d CPUs has %d header chunks, want %d", test.cpus, got, test.want)
		}
	}
}

func TestCopyRefusesWhatIsNoRing(t *testing.T) {
	for _, test := range []struct {
		name string
		size int
		cpus int
	}{
		{"nothing", 0, 2},
		{"a header alone", ChunkSize, 2},
		{"no whole number of chunks", 3*ChunkSize - 8, 2},
		{"more CPUs than it was made for", 4 * ChunkSize, 63 * 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			if snapshot, err := Copy(make([]byte, test.size), test.cpus, 0); err == nil {
				t.Errorf("copied to %+v", snapshot)
			}
		})
	}
}

func TestCopyOfAnEmptyRing(t *testing.T) {
	snapshot, err := Copy(memoryOf(4), 2, 77)
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(&Snapshot{Taken: 77, Cursors: make([]Cursor, 2)}, snapshot); difference != "" {
		t.Error(difference)
	}
	if difference := cmp.Diff(&History{Records: []Record{}}, snapshot.History()); difference != "" {
		t.Error(difference)
	}
}

func TestCopyTakesTheAccountsAndTheUsedBytes(t *testing.T) {
	memory := memoryOf(4)
	cursors := []Cursor{{Calls: 1, Filtered: 2, Lost: 3, Horizon: 4}, {Calls: 5, Filtered: 6, Lost: 7, Horizon: 8}}
	for cpu, cursor := range cursors {
		setCursor(memory, cpu, cursor)
	}
	// What stands behind the used bytes is of an earlier lap.
	for i := range slot(memory, 1) {
		slot(memory, 1)[i] = 0xee
	}
	store(slot(memory, 1), offsetChunkState, 5<<StateSequenceShift|96)
	// A chunk whose writer is at work: what is published stands.
	store(slot(memory, 3), offsetChunkState, 7<<StateSequenceShift|StateBusy|48)
	snapshot, err := Copy(memory, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(cursors, snapshot.Cursors); difference != "" {
		t.Error(difference)
	}
	var states []uint64
	var sizes []int
	for _, chunk := range snapshot.Chunks {
		states = append(states, binary.LittleEndian.Uint64(chunk))
		sizes = append(sizes, len(chunk))
	}
	if difference := cmp.Diff([]int{96, 48}, sizes); difference != "" {
		t.Error(difference)
	}
	if difference := cmp.Diff([]uint64{5<<StateSequenceShift | 96, 7<<StateSequenceShift | 48}, states); difference != "" {
		t.Error(difference)
	}
}

func TestCopyLeavesOutImpossibleStates(t *testing.T) {
	for _, used := range []uint64{1, 8, sizeofChunk - 1, ChunkSize + 1, ChunkSize + 8, StateUsedMask} {
		memory := memoryOf(1)
		store(slot(memory, 0), offsetChunkState, 1<<StateSequenceShift|used)
		snapshot, err := Copy(memory, 2, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(snapshot.Chunks) != 0 {
			t.Errorf("a chunk of %d used bytes was copied", used)
		}
	}
}

// A chunk that its writer has just taken has the header of an earlier lap, or
// half of it. Between the two its numbers are of two CPUs.
func TestHeaderOfAChunkThatIsBeingTakenIsNotTrusted(t *testing.T) {
	memory := memoryOf(2)
	setCursor(memory, 0, Cursor{Calls: 1000})
	setCursor(memory, 1, Cursor{Calls: 3})
	chunk := slot(memory, 0)
	store(chunk, offsetChunkState, 9<<StateSequenceShift|StateBusy|sizeofChunk)
	store(chunk, offsetChunkCallsBefore, 1000)               // CPU 0 has written this,
	binary.LittleEndian.PutUint32(chunk[offsetChunkCpu:], 1) // but not yet that.
	snapshot, err := Copy(memory, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	if made := snapshot.History().Account.Made; made != 1003 {
		t.Errorf("%d calls seem to have been made, want 1003", made)
	}
}

// store64 stores a word as the programs do: at once.
func store64(memory []byte, offset int, value uint64) {
	atomic.StoreUint64((*uint64)(unsafe.Pointer(&memory[offset])), value)
}

// A chunk that was overwritten while it was copied is left out.
func TestCopyWhileAWriterOverwrites(t *testing.T) {
	// Mapped, as a ring is: no memory of Go's own, whose plain copy beside an
	// atomic store the race detector would take for a mistake.
	memory, err := unix.Mmap(-1, 0, len(memoryOf(3)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(memory)
	stop := make(chan struct{})
	written := make(chan struct{})
	go func() {
		defer close(written)
		for sequence := uint64(1); ; sequence++ {
			select {
			case <-stop:
				return
			default:
			}
			chunk := slot(memory, int(sequence%3))
			// As claim and write_words do it in recorder/bpf/ring.h.
			store64(chunk, offsetChunkState, sequence<<StateSequenceShift|StateBusy|sizeofChunk)
			store64(chunk, offsetChunkBase, sequence)
			for at := sizeofChunk; at < ChunkSize; at += 8 {
				store64(chunk, at, sequence)
			}
			store64(chunk, offsetChunkState, sequence<<StateSequenceShift|ChunkSize)
		}
	}()
	whole := 0
	for whole < 300 {
		for i := range 3 {
			chunk := copyChunk(slot(memory, i))
			if len(chunk) != ChunkSize {
				continue
			}
			whole++
			sequence := u64(chunk, offsetChunkState) >> StateSequenceShift
			for at := sizeofChunk; at < ChunkSize; at += 8 {
				if word := u64(chunk, at); word != sequence {
					t.Fatalf("chunk %d has a word of chunk %d", sequence, word)
				}
			}
		}
	}
	close(stop)
	<-written
}
