package ring

// After returns the snapshot without the chunks in which nothing ended later
// than a boot time (CLOCK_BOOTTIME, ns). All else is the snapshot's own. It is
// for who reads again and again, and has the older chunks already: see Merge.
func (s *Snapshot) After(boot uint64) *Snapshot {
	later := *s
	later.Chunks = nil
	for _, chunk := range s.Chunks {
		// What is no chunk is damage, which the reader is to hear of.
		if len(chunk) < sizeofChunk || u64(chunk, offsetChunkLast) > boot {
			later.Chunks = append(later.Chunks, chunk)
		}
	}
	return &later
}

// chunkIdentity tells a chunk from all others of its ring.
type chunkIdentity struct {
	sequence, base, callsBefore uint64
	cpu                         uint32
}

func identify(chunk []byte) (chunkIdentity, bool) {
	header, ok := parseChunkHeader(chunk)
	if !ok {
		return chunkIdentity{}, false
	}
	return chunkIdentity{u64(chunk, offsetChunkState) >> StateSequenceShift, header.base, header.callsBefore, header.cpu}, true
}

// Merge adds the chunks of an older snapshot of the same ring that this one
// left out (After), but for those that have been overwritten since: the
// snapshot is then as if it had been taken whole.
func (s *Snapshot) Merge(older *Snapshot) {
	var horizon uint64
	for _, cursor := range s.Cursors {
		horizon = max(horizon, cursor.Horizon)
	}
	there := make(map[chunkIdentity]bool, len(s.Chunks))
	for _, chunk := range s.Chunks {
		if identity, ok := identify(chunk); ok {
			there[identity] = true
		}
	}
	for _, chunk := range older.Chunks {
		if identity, ok := identify(chunk); ok && !there[identity] && u64(chunk, offsetChunkLast) > horizon {
			s.Chunks = append(s.Chunks, chunk)
		}
	}
}
