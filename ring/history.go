package ring

import (
	"cmp"
	"slices"
)

// History is what a snapshot's bytes say.
type History struct {
	// Records are in the order of their start; records that start at the same
	// time are in the order of their end.
	Records []Record
	Account Account
}

// Account says what became of the system calls that the recorded tasks made.
// Made is always the sum of Kept, Overwritten, Filtered and Lost.
type Account struct {
	Made        uint64 // calls that ended, or whose task ended
	Kept        uint64 // among the history's records
	Overwritten uint64 // recorded, but newer ones took their place
	Filtered    uint64 // left out by the recording's set of calls
	Lost        uint64 // could not be written; Snapshot.Failures says why
	InFlight    uint64 // among the records, but not made yet
	// CompleteSince is the time after which nothing that ended was
	// overwritten: CLOCK_BOOTTIME ns, 0 if nothing ever was. Older records, of
	// chunks whose turn to be overwritten had not come, are left out of the
	// history and counted as overwritten.
	CompleteSince uint64
	// Damaged is the snapshot's: some of what counts as overwritten was lost
	// with its chunks, and CompleteSince is no promise.
	Damaged bool
	// Malformed counts chunks of which some bytes made no sense. Those bytes
	// are left out, and their calls counted as overwritten.
	Malformed uint64
}

// History parses the snapshot's records, which refer to the snapshot's bytes.
func (s *Snapshot) History() *History {
	h := &History{}
	account := &h.Account
	account.Damaged = s.Damaged
	// What a CPU recorded is what its account says or, if it went on writing
	// while the snapshot was taken, what its newest chunk says.
	recorded := make(map[uint32]uint64, len(s.Cursors))
	for cpu, cursor := range s.Cursors {
		recorded[uint32(cpu)] = cursor.Calls
		account.Filtered += cursor.Filtered
		account.Lost += cursor.Lost
		account.CompleteSince = max(account.CompleteSince, cursor.Horizon)
	}
	size := 0
	for _, chunk := range s.Chunks {
		size += len(chunk)
	}
	p := parser{horizon: account.CompleteSince, taken: s.Taken, records: make([]Record, 0, size/smallestCall)}
	for _, chunk := range s.Chunks {
		header, ok := parseChunkHeader(chunk)
		if !ok {
			account.Malformed++
			continue
		}
		calls, dropped, ok := p.parse(header, chunk)
		if !ok {
			account.Malformed++
		}
		account.Kept += calls - dropped
		recorded[header.cpu] = max(recorded[header.cpu], header.callsBefore+calls)
	}
	// What ended after the snapshot was begun is of the time after it.
	for cpu, calls := range p.later {
		account.Kept -= calls
		recorded[cpu] -= min(recorded[cpu], calls)
	}
	var all uint64
	for _, calls := range recorded {
		all += calls
	}
	account.Overwritten = all - min(all, account.Kept)
	account.Made = account.Kept + account.Overwritten + account.Filtered + account.Lost

	records := p.records
	for _, record := range s.inFlight(records) {
		records = append(records, record)
		account.InFlight++
	}
	h.Records = sorted(records)
	return h
}

// inFlight parses the calls that were going on. It leaves out those that ended
// while the snapshot was taken and are among the records already.
func (s *Snapshot) inFlight(records []Record) []Record {
	header, ok := parseChunkHeader(s.InFlight)
	if !ok {
		return nil
	}
	p := parser{}
	p.parse(header, s.InFlight)

	type key struct {
		tid   uint32
		start uint64
	}
	ended := make(map[key]bool, len(p.records))
	for _, record := range p.records {
		ended[key{record.TID, record.Start}] = false
	}
	for i := range records {
		if records[i].Type != TypeCall {
			continue
		}
		k := key{records[i].TID, records[i].Start}
		if _, found := ended[k]; found {
			ended[k] = true
		}
	}
	return slices.DeleteFunc(p.records, func(record Record) bool {
		return record.Type != TypeCall || ended[key{record.TID, record.Start}] || s.Taken != 0 && record.Start > s.Taken
	})
}

// smallestCall is how many bytes a call takes at the least: room for that many
// records is made at once, for it is dear to make it anew.
const smallestCall = 32

// sorted returns the records in the order of their start. It sorts small keys
// and moves each record once: records are large.
func sorted(records []Record) []Record {
	type key struct {
		start, end uint64
		index      int
	}
	keys := make([]key, len(records))
	for i := range records {
		keys[i] = key{records[i].Start, records[i].End, i}
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end), cmp.Compare(a.index, b.index))
	})
	result := make([]Record, len(records))
	for i, k := range keys {
		result[i] = records[k.index]
	}
	return result
}
