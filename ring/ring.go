// Package ring reads the memory that the BPF programs of package recorder
// write: a ring of 4 KiB chunks, each holding the records that one CPU wrote.
// The drawing of it is in recorder/bpf/layout.h, from which the numbers here
// are generated.
//
// [Copy] takes a [Snapshot] of the memory while the programs go on writing;
// [Snapshot.History] turns the bytes into records. The package knows bytes and
// nothing else: no kernel, no system call's name. What it is given may be cut,
// torn or hostile: it counts what it cannot read, and never panics.
package ring

import (
	"fmt"
	"sync/atomic"
	"unsafe"
)

// HeaderChunks returns how many chunks at a ring's start hold the head and the
// CPUs' cursors.
func HeaderChunks(cpus int) int {
	return (sizeofHead + cpus*sizeofCursor + ChunkSize - 1) / ChunkSize
}

// Copy copies a ring's memory, which the kernel may be writing, without
// stopping it. A chunk that was overwritten while it was copied is left out.
// Memory is a whole number of chunks, aligned to 8 bytes; cpus is the number of
// possible CPUs it was made for; taken is the time, CLOCK_BOOTTIME in ns.
//
// The accounts are read before the chunks: a call that ends in between may be
// among the chunks' records but never in the accounts alone.
func Copy(memory []byte, cpus int, taken uint64) (*Snapshot, error) {
	header := HeaderChunks(cpus)
	if len(memory)%ChunkSize != 0 || len(memory)/ChunkSize <= header {
		return nil, fmt.Errorf("a ring for %d CPUs is more than %d chunks of %d bytes, not %d bytes", cpus, header, ChunkSize, len(memory))
	}
	snapshot := &Snapshot{Taken: taken, Cursors: make([]Cursor, cpus)}
	for cpu := range snapshot.Cursors {
		line := memory[sizeofHead+cpu*sizeofCursor:]
		snapshot.Cursors[cpu] = Cursor{
			Calls:    load(line, offsetCursorCalls),
			Filtered: load(line, offsetCursorFiltered),
			Lost:     load(line, offsetCursorLost),
		}
	}
	for at := header * ChunkSize; at < len(memory); at += ChunkSize {
		if chunk := copyChunk(memory[at : at+ChunkSize]); chunk != nil {
			snapshot.Chunks = append(snapshot.Chunks, chunk)
		}
	}
	// The horizons come last: whatever the copy lost to the writers is older.
	for cpu := range snapshot.Cursors {
		line := memory[sizeofHead+cpu*sizeofCursor:]
		snapshot.Cursors[cpu].Horizon = load(line, offsetCursorHorizon)
	}
	return snapshot, nil
}

// Tasks returns how many tasks of a process tree's recording are alive.
func Tasks(memory []byte) uint64 { return load(memory, offsetHeadTasks) }

func copyChunk(memory []byte) []byte {
	state := load(memory, offsetChunkState)
	used := int(state & StateUsedMask)
	if state == 0 || used < sizeofChunk || used > ChunkSize {
		return nil
	}
	// Of a chunk that a CPU is taking over the header may still be another's.
	if state&StateBusy != 0 && used == sizeofChunk {
		return nil
	}
	chunk := make([]byte, used)
	copy(chunk, memory)
	if load(memory, offsetChunkState)>>StateSequenceShift != state>>StateSequenceShift {
		return nil
	}
	// The writer may have gone on in the meantime; what was there stays.
	store(chunk, offsetChunkState, state&^StateBusy)
	return chunk
}

// load reads a word that a BPF program may be writing on another CPU.
func load(memory []byte, offset int) uint64 {
	return atomic.LoadUint64((*uint64)(unsafe.Pointer(&memory[offset : offset+8][0])))
}

// Totals is how many calls a ring's recording had, ever.
type Totals struct {
	Calls       uint64 // recorded
	Overwritten uint64 // of them, whose chunks are gone
	Filtered    uint64 // left out by the recording's set of calls
	Lost        uint64 // could not be written
}

// Total counts a recording's calls without copying its memory, which must be
// as [Copy] wants it. The programs may be writing: what it returns was true a
// moment ago.
func Total(memory []byte, cpus int) Totals {
	header := HeaderChunks(cpus) * ChunkSize
	// The oldest chunk of each CPU says how many of its calls were before.
	oldest := make(map[uint32]uint64, cpus)
	before := make(map[uint32]uint64, cpus)
	for at := header; at < len(memory); at += ChunkSize {
		chunk := memory[at : at+ChunkSize]
		state := load(chunk, offsetChunkState)
		if state == 0 {
			continue
		}
		sequence, cpu := state>>StateSequenceShift, u32(chunk, offsetChunkCpu)
		if known, found := oldest[cpu]; !found || sequence < known {
			oldest[cpu], before[cpu] = sequence, load(chunk, offsetChunkCallsBefore)
		}
	}
	var totals Totals
	for cpu := range cpus {
		line := memory[sizeofHead+cpu*sizeofCursor:]
		calls := load(line, offsetCursorCalls)
		totals.Calls += calls
		totals.Filtered += load(line, offsetCursorFiltered)
		totals.Lost += load(line, offsetCursorLost)
		if _, found := oldest[uint32(cpu)]; found {
			totals.Overwritten += min(before[uint32(cpu)], calls)
		} else {
			totals.Overwritten += calls
		}
	}
	return totals
}
