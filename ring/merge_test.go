package ring

import (
	"reflect"
	"testing"
)

func mergeCall(tid uint32, start, end uint64) Record {
	return Record{Type: TypeCall, TID: tid, Task: &Task{PID: tid}, Start: start, End: end}
}

// endTimes are when a snapshot's records ended.
func endTimes(s *Snapshot) []uint64 {
	var all []uint64
	for _, record := range s.History().Records {
		all = append(all, record.End)
	}
	return all
}

func TestAfterAndMerge(t *testing.T) {
	older := &Snapshot{Taken: 50, Cursors: []Cursor{{Calls: 4}}, Chunks: [][]byte{
		EncodeCalls([]Record{mergeCall(1, 1, 10), mergeCall(1, 11, 20)}),
		EncodeCalls([]Record{mergeCall(2, 21, 30), mergeCall(2, 31, 40)}),
	}}
	whole := &Snapshot{Taken: 100, Cursors: []Cursor{{Calls: 6}}, Chunks: [][]byte{
		older.Chunks[0],
		EncodeCalls([]Record{mergeCall(2, 21, 30), mergeCall(2, 31, 40), mergeCall(2, 51, 60)}), // it has grown
		EncodeCalls([]Record{mergeCall(3, 61, 70)}),
	}}
	later := whole.After(40)
	if got, want := endTimes(later), []uint64{30, 40, 60, 70}; !reflect.DeepEqual(got, want) {
		t.Errorf("after 40: %d, want %d", got, want)
	}
	later.Merge(older)
	if got, want := endTimes(later), endTimes(whole); !reflect.DeepEqual(got, want) {
		t.Errorf("merged: %d, want %d", got, want)
	}
	if len(whole.Chunks) != 3 || later.History().Account != whole.History().Account {
		t.Errorf("account %+v, want %+v", later.History().Account, whole.History().Account)
	}

	// What has been overwritten since does not come back.
	overwritten := whole.After(60)
	overwritten.Cursors = []Cursor{{Calls: 6, Horizon: 20}}
	overwritten.Merge(older)
	if got, want := len(overwritten.Chunks), 2; got != want {
		t.Errorf("%d chunks, want %d", got, want)
	}
	// Nor does what is no chunk, which After leaves in for the reader to count.
	damaged := &Snapshot{Chunks: [][]byte{{1, 2, 3}}}
	if after := damaged.After(1); len(after.Chunks) != 1 || after.History().Account.Malformed != 1 {
		t.Errorf("%+v", after)
	}
	overwritten.Merge(damaged)
	if got := overwritten.History().Account.Malformed; got != 0 {
		t.Errorf("%d malformed chunks", got)
	}
}

func TestSetUpSurvivesEncoding(t *testing.T) {
	setUp := mergeCall(1, 1, 10)
	setUp.SetUp = true
	records := (&Snapshot{Chunks: [][]byte{EncodeCalls([]Record{setUp, mergeCall(1, 11, 20)})}}).History().Records
	if len(records) != 2 || !records[0].SetUp || records[1].SetUp || records[0].Call.State != StateReturned {
		t.Errorf("%+v", records)
	}
}
