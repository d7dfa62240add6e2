package ring

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// A chunkOf is a chunk in the making, byte by byte as the programs write it.
type chunkOf struct{ bytes []byte }

func newChunk(sequence, base, callsBefore uint64, cpu uint32) *chunkOf {
	c := &chunkOf{make([]byte, sizeofChunk)}
	store(c.bytes, offsetChunkState, sequence<<StateSequenceShift|sizeofChunk)
	store(c.bytes, offsetChunkBase, base)
	store(c.bytes, offsetChunkCallsBefore, callsBefore)
	binary.LittleEndian.PutUint32(c.bytes[offsetChunkCpu:], cpu)
	return c
}

// add appends a record of which the header's size is right.
func (c *chunkOf) add(kind Type, flags byte, tid uint32, body ...any) *chunkOf {
	var data bytes.Buffer
	for _, part := range body {
		if text, ok := part.(string); ok {
			data.WriteString(text)
			continue
		}
		if err := binary.Write(&data, binary.LittleEndian, part); err != nil {
			panic(err)
		}
	}
	for data.Len()%8 != 0 {
		data.WriteByte(0)
	}
	c.bytes = appendHeader(c.bytes, sizeofRecord+data.Len(), kind, flags, tid)
	c.bytes = append(c.bytes, data.Bytes()...)
	return c
}

func (c *chunkOf) task(tid, pid uint32, comm string) *chunkOf {
	var name [16]byte
	copy(name[:], comm)
	return c.add(TypeTask, 0, tid, pid, tid+1, pid+1, uint32(0), name)
}

// call appends a small call: a number, no arguments.
func (c *chunkOf) call(tid, delta, duration uint32, number uint16) *chunkOf {
	return c.add(TypeCall, 0, tid, delta, duration, number, byte(0), byte(0), int32(0))
}

// ends are the ends of a history's calls.
func ends(h *History) []uint64 {
	found := []uint64{}
	for _, record := range h.Records {
		found = append(found, record.End)
	}
	return found
}

func TestRecordsOfEveryType(t *testing.T) {
	info := [48]byte{9, 1: 1, 47: 2}
	chunk := newChunk(1, 1000, 0, 3).
		task(7, 5, "name").
		// Two arguments, the second wide; two captures without padding.
		add(TypeCall, 0, 7, uint32(50), uint32(20), uint16(257), byte(2), byte(2|2<<3), int32(-2),
			uint32(3), uint64(1<<40),
			byte(1|CaptureEntry<<4), byte(LayoutPath), uint16(3), "a\x00b",
			byte(1|CaptureTruncated<<4), byte(LayoutBytes), uint16(0)).
		// A return of 64 bits, a number of more than 16, a duration of more than 32.
		add(TypeCall, callLong|callReturn64|callX32|callUnfinished, 7, uint32(60), uint32(math.MaxUint32), uint16(0), byte(0), byte(1), int32(-1),
			uint64(0x12345678), uint64(1055), uint32(0x7fff), uint32(6)).
		add(TypeSignal, 0, 7, uint32(61), uint32(9), uint32(48), uint32(0), info).
		add(TypeSignal, 0, 7, uint32(62), uint32(9), uint32(0), uint32(0), [48]byte{}).
		add(TypeExec, 0, 7, uint32(63), uint32(8), uint32(2), uint32(1), uint16(4), uint16(6), uint32(0), "/binone\x00b\x00").
		add(TypeFork, 0, 7, uint32(64), uint32(11), uint32(12), uint32(0)).
		// Of a type that a later version may have.
		add(99, 0, 7, uint64(0), uint64(0)).
		add(TypeExit, exitOom, 7, uint32(65), uint32(137)).
		// Who this is was said in no chunk.
		call(8, 66, 0, 1)
	task := &Task{PID: 5, ContainerTID: 8, ContainerPID: 6, Comm: "name"}
	at := func(end uint64, kind Type) Record {
		return Record{Type: kind, CPU: 3, Task: task, TID: 7, Start: end, End: end}
	}
	record := func(r Record, set func(r *Record)) Record { set(&r); return r }
	want := []Record{
		record(at(1060, TypeCall), func(r *Record) {
			r.Start = 5
			r.Call = Call{ABI: ABIX32, State: StateUnfinished, Number: 0x12345678, Return: 0x7fff_ffffffff, Arguments: []uint64{6}, Captures: []Capture{}}
		}),
		record(at(1050, TypeCall), func(r *Record) {
			r.Start = 1030
			r.Call = Call{Number: 257, Return: -2, Arguments: []uint64{3, 1 << 40}, Captures: []Capture{
				{Argument: 1, Layout: LayoutPath, Entry: true, Data: []byte("a\x00b")},
				{Argument: 1, Layout: LayoutBytes, Truncated: true, Data: []byte{}},
			}}
		}),
		record(at(1061, TypeSignal), func(r *Record) { r.Signal = &Signal{Number: 9, Info: info[:]} }),
		record(at(1062, TypeSignal), func(r *Record) { r.Signal = &Signal{Number: 9, Info: []byte{}} }),
		record(at(1063, TypeExec), func(r *Record) {
			r.Exec = &Exec{OldTID: 8, Path: "/bin", Arguments: []byte("one\x00b\x00"), Argc: 2, Envc: 1}
		}),
		record(at(1064, TypeFork), func(r *Record) { r.Fork = &Fork{ChildTID: 11, ChildPID: 12} }),
		record(at(1065, TypeExit), func(r *Record) { r.Exit = &Exit{Code: 137, OOM: true} }),
		record(at(1066, TypeCall), func(r *Record) {
			r.TID, r.Task = 8, &Task{}
			r.Call = Call{Number: 1, Arguments: []uint64{}, Captures: []Capture{}}
		}),
	}
	h := (&Snapshot{Cursors: make([]Cursor, 4), Chunks: [][]byte{chunk.bytes}}).History()
	if difference := cmp.Diff(want, h.Records, cmpopts.EquateEmpty()); difference != "" {
		t.Error(difference)
	}
	if difference := cmp.Diff(Account{Made: 3, Kept: 3}, h.Account); difference != "" {
		t.Error(difference)
	}
}

func TestStatesAndABIs(t *testing.T) {
	for _, test := range []struct {
		flags byte
		state State
		abi   ABI
	}{
		{0, StateReturned, ABINative},
		{callCompat, StateReturned, ABICompat},
		{callX32 | callInFlight, StateInFlight, ABIX32},
		{callNoEntry, StateNoEntry, ABINative},
		{callNoEntry | callUnfinished, StateUnfinished, ABINative},
		{callUnfinished | callCompat, StateUnfinished, ABICompat},
	} {
		chunk := newChunk(1, 10, 0, 0).add(TypeCall, test.flags, 1, uint32(0), uint32(0), uint16(1), byte(0), byte(0), int32(0))
		h := (&Snapshot{Chunks: [][]byte{chunk.bytes}}).History()
		if len(h.Records) != 1 || h.Records[0].Call.State != test.state || h.Records[0].Call.ABI != test.abi {
			t.Errorf("flags %#x: %+v", test.flags, h.Records)
		}
	}
}

// A delta has 32 bits: four seconds. A new base goes on from there.
func TestTimeRecordsMoveTheBase(t *testing.T) {
	chunk := newChunk(1, 1000, 0, 0).
		call(1, math.MaxUint32, 7, 1).
		add(TypeTime, 0, 1, uint64(1<<40)).
		call(1, 0, 1<<31, 2).
		call(1, 5, 0, 3)
	h := (&Snapshot{Chunks: [][]byte{chunk.bytes}}).History()
	if difference := cmp.Diff([]uint64{1000 + math.MaxUint32, 1 << 40, 1<<40 + 5}, ends(h)); difference != "" {
		t.Error(difference)
	}
	if start := h.Records[1].Start; start != 1<<40-1<<31 {
		t.Errorf("the start is %d", start)
	}
}

func TestDurationLongerThanTheTimeSinceBoot(t *testing.T) {
	chunk := newChunk(1, 10, 0, 0).call(1, 0, 1000, 1)
	h := (&Snapshot{Chunks: [][]byte{chunk.bytes}}).History()
	if h.Records[0].Start != 0 || h.Records[0].End != 10 {
		t.Errorf("from %d to %d", h.Records[0].Start, h.Records[0].End)
	}
}

// A task's later name holds for what follows in its chunk, and in no other.
func TestTaskHoldsForTheRestOfItsChunk(t *testing.T) {
	first := newChunk(1, 0, 0, 0).task(1, 1, "one").call(1, 1, 0, 1).task(2, 2, "two").call(1, 2, 0, 1).task(1, 1, "renamed").call(1, 3, 0, 1).call(2, 4, 0, 1)
	second := newChunk(2, 5, 4, 0).call(1, 0, 0, 1)
	h := (&Snapshot{Chunks: [][]byte{second.bytes, first.bytes}}).History()
	var names []string
	for _, record := range h.Records {
		names = append(names, record.Task.Comm)
	}
	if difference := cmp.Diff([]string{"one", "one", "renamed", "two", ""}, names); difference != "" {
		t.Error(difference)
	}
}

func TestRecordsAreInTheOrderOfTheirStart(t *testing.T) {
	first := newChunk(1, 100, 0, 0).call(1, 10, 10, 1).call(1, 50, 45, 2).call(1, 50, 0, 3)
	second := newChunk(2, 100, 0, 1).call(2, 5, 5, 4).call(2, 60, 60, 5)
	h := (&Snapshot{Cursors: make([]Cursor, 2), Chunks: [][]byte{second.bytes, first.bytes}}).History()
	var numbers []uint32
	for _, record := range h.Records {
		numbers = append(numbers, record.Call.Number)
	}
	if difference := cmp.Diff([]uint32{4, 1, 5, 2, 3}, numbers); difference != "" {
		t.Error(difference)
	}
}

// What is older than the newest that was overwritten is no history: there are
// holes in it.
func TestNothingIsFromBeforeTheHorizon(t *testing.T) {
	quiet := newChunk(1, 100, 10, 0).
		task(1, 1, "quiet").call(1, 0, 0, 1).call(1, 50, 0, 1).add(TypeExit, 0, 1, uint32(50), uint32(0)).call(1, 51, 51, 1)
	busy := newChunk(9, 200, 500, 1).call(2, 0, 0, 1).call(2, 1, 0, 1)
	s := &Snapshot{
		Cursors: []Cursor{{Calls: 13, Filtered: 4, Lost: 1, Horizon: 150}, {Calls: 502, Filtered: 5, Horizon: 120}},
		Chunks:  [][]byte{quiet.bytes, busy.bytes},
	}
	h := s.History()
	if difference := cmp.Diff([]uint64{151, 200, 201}, ends(h)); difference != "" {
		t.Error(difference)
	}
	want := Account{Made: 525, Kept: 3, Overwritten: 512, Filtered: 9, Lost: 1, CompleteSince: 150}
	if difference := cmp.Diff(want, h.Account); difference != "" {
		t.Error(difference)
	}
}

// A writer that goes on while the ring is copied is ahead of its account.
func TestCallsAfterTheAccountWasRead(t *testing.T) {
	chunk := newChunk(4, 100, 7, 0).call(1, 0, 0, 1).call(1, 1, 0, 1).call(1, 2, 0, 1)
	for _, calls := range []uint64{0, 7, 8, 10, 12} {
		s := &Snapshot{Cursors: []Cursor{{Calls: calls, Horizon: 50}}, Chunks: [][]byte{chunk.bytes}}
		want := max(calls, 10)
		account := s.History().Account
		if account.Made != want || account.Kept != 3 || account.Overwritten != want-3 {
			t.Errorf("an account of %d calls: %+v", calls, account)
		}
	}
}

// Bytes that make no sense cost the records behind them in their chunk, and
// are counted; other chunks stand.
func TestMalformedRecords(t *testing.T) {
	size := func(n uint16) func([]byte) { return func(r []byte) { binary.LittleEndian.PutUint16(r, n) } }
	for _, test := range []struct {
		name string
		kind Type
		body []any
		harm func(record []byte)
	}{
		{"a size of 0", TypeCall, []any{[16]byte{}}, size(0)},
		{"a size of a header alone", TypeCall, []any{[16]byte{}}, size(8)},
		{"a size beyond the chunk", TypeCall, []any{[16]byte{}}, size(32)},
		{"the largest size", TypeCall, []any{[16]byte{}}, size(math.MaxUint16)},
		{"a size that is no multiple of 8", TypeCall, []any{[16]byte{}}, size(23)},
		{"a task without a name", TypeTask, []any{[24]byte{}}, nil},
		{"a call without a result", TypeCall, []any{[8]byte{}}, nil},
		{"more arguments than there is room", TypeCall, []any{[11]byte{}, byte(1), [4]byte{}}, nil},
		{"more wide arguments than there is room", TypeCall, []any{[10]byte{}, byte(3), byte(2), [4]byte{}, [8]byte{}}, nil},
		{"more captures than there is room", TypeCall, []any{[11]byte{}, byte(1 << 3), [4]byte{}}, nil},
		{"a capture longer than its record", TypeCall, []any{[11]byte{}, byte(1 << 4), [4]byte{}, [2]byte{}, uint16(5), [4]byte{}}, nil},
		{"a long call without its end", TypeCall, []any{[16]byte{}, [8]byte{}}, func(r []byte) { r[offsetRecordFlags] = callLong }},
		{"a wide return without its end", TypeCall, []any{[16]byte{}}, func(r []byte) { r[offsetRecordFlags] = callReturn64 }},
		{"a signal without siginfo's room", TypeSignal, []any{[56]byte{}}, nil},
		{"an exec that is cut", TypeExec, []any{[16]byte{}}, nil},
		{"an exec with a path beyond it", TypeExec, []any{[16]byte{}, uint16(9), uint16(0), [4]byte{}, [8]byte{}}, nil},
		{"an exec with arguments beyond it", TypeExec, []any{[16]byte{}, uint16(1), uint16(math.MaxUint16), [4]byte{}, [8]byte{}}, nil},
		{"a fork that is cut", TypeFork, []any{[8]byte{}}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			chunk := newChunk(1, 100, 0, 0).call(1, 1, 0, 1)
			at := len(chunk.bytes)
			chunk.add(test.kind, 0, 1, test.body...)
			if test.harm != nil {
				test.harm(chunk.bytes[at:])
			}
			other := newChunk(2, 200, 5, 0).call(1, 1, 0, 1)
			h := (&Snapshot{Cursors: []Cursor{{Calls: 6}}, Chunks: [][]byte{chunk.bytes, other.bytes}}).History()
			if difference := cmp.Diff([]uint64{101, 201}, ends(h)); difference != "" {
				t.Error(difference)
			}
			want := Account{Made: 6, Kept: 2, Overwritten: 4, Malformed: 1}
			if difference := cmp.Diff(want, h.Account); difference != "" {
				t.Error(difference)
			}
		})
	}
}

func TestTruncatedChunks(t *testing.T) {
	whole := newChunk(1, 100, 0, 0).task(1, 1, "x").call(1, 1, 0, 1).call(1, 2, 0, 1).bytes
	for n := range len(whole) {
		h := (&Snapshot{Cursors: []Cursor{{Calls: 2}}, Chunks: [][]byte{whole[:n]}}).History()
		if h.Account.Made != 2 || h.Account.Kept > 1 || int(h.Account.Kept) != len(h.Records) {
			t.Errorf("%d of %d bytes: %+v", n, len(whole), h.Account)
		}
		boundary := n == sizeofChunk || n == sizeofChunk+sizeofRecordTask || n == len(whole)-sizeofRecordCall
		if malformed := h.Account.Malformed == 1; malformed == boundary {
			t.Errorf("%d of %d bytes: %+v", n, len(whole), h.Account)
		}
	}
}

// A hostile header names a CPU that no machine has.
func TestUnknownCPU(t *testing.T) {
	chunk := newChunk(1, 100, math.MaxUint64, math.MaxUint32).call(1, 1, 0, 1)
	account := (&Snapshot{Cursors: []Cursor{{Calls: 3}}, Chunks: [][]byte{chunk.bytes}}).History().Account
	if account.Made != account.Kept+account.Overwritten+account.Filtered+account.Lost {
		t.Errorf("the account does not add up: %+v", account)
	}
}

func TestCallThatEndsWhileTheRingIsReadIsThereOnce(t *testing.T) {
	call := func(tid uint32, start, end uint64, state State) Record {
		return Record{Type: TypeCall, TID: tid, Start: start, End: end, Task: &Task{PID: tid, Comm: "x"},
			Call: Call{State: state, Number: 1, Arguments: []uint64{1}, Captures: []Capture{}}}
	}
	// Thread 1 came back in the meantime; thread 2 is in its second call.
	chunk := newChunk(1, 100, 0, 0).call(1, 50, 40, 1).call(2, 10, 5, 1)
	s := &Snapshot{
		Cursors:  []Cursor{{Calls: 2}},
		Chunks:   [][]byte{chunk.bytes},
		InFlight: EncodeCalls([]Record{call(1, 110, 140, StateInFlight), call(2, 120, 140, StateInFlight), call(3, 110, 140, StateInFlight)}),
	}
	h := s.History()
	var got []string
	for _, record := range h.Records {
		got = append(got, fmt.Sprint(record.TID, record.Start, record.Call.State))
	}
	if difference := cmp.Diff([]string{"2 105 0", "3 110 2", "1 110 0", "2 120 2"}, got); difference != "" {
		t.Error(difference)
	}
	if want := (Account{Made: 2, Kept: 2, InFlight: 2}); h.Account != want {
		t.Errorf("the account is %+v, want %+v", h.Account, want)
	}
}

// A call in flight is part of the history however long ago it began.
func TestCallInFlightFromBeforeTheHorizon(t *testing.T) {
	s := &Snapshot{
		Cursors: []Cursor{{Calls: 2, Horizon: 1000}},
		InFlight: EncodeCalls([]Record{{Type: TypeCall, TID: 1, Start: 5, End: 900, Task: &Task{},
			Call: Call{State: StateInFlight, Number: 1}}}),
	}
	if h := s.History(); len(h.Records) != 1 || h.Account.InFlight != 1 || h.Account.Kept != 0 || h.Account.Overwritten != 2 {
		t.Errorf("%+v %+v", h.Account, h.Records)
	}
}

func TestEncodedCallsAreReadBack(t *testing.T) {
	captures := func(sizes ...int) []Capture {
		list := []Capture{}
		for i, size := range sizes {
			list = append(list, Capture{
				Argument: uint8(i % 6), Layout: LayoutBytes, Entry: i%2 == 0, Truncated: i%3 == 0,
				Data: bytes.Repeat([]byte{byte(i + 1)}, size),
			})
		}
		return list
	}
	task := &Task{PID: 1, ContainerTID: 2, ContainerPID: 3, Comm: "fifteen letters"}
	records := []Record{
		{Start: 1, End: 1 << 50, Call: Call{Number: 0, Arguments: []uint64{}, Captures: captures()}},
		{Start: 1 << 49, End: 1 << 50, Call: Call{Number: 1<<32 - 1, Arguments: []uint64{1, 2, 3, 4, 5, math.MaxUint64}, Captures: captures(0, 1, 7, 8, 9, 3072)}},
		// Earlier than those before it, and more than a delta's 32 bits apart.
		{Start: 3, End: 4, Call: Call{ABI: ABICompat, Number: 11, Arguments: []uint64{7}, Captures: captures(3)}},
		{Start: 3, End: 1<<50 + 1<<33, Call: Call{ABI: ABIX32, Number: 0x40000001, Arguments: []uint64{7}, Captures: captures(3)}},
		{Start: 3, End: 1<<50 + 1<<33, Call: Call{State: StateUnfinished, Return: -2, Arguments: []uint64{}, Captures: captures(31)}},
		{Start: 3, End: 3, Call: Call{State: StateNoEntry, Return: math.MinInt64, Arguments: []uint64{}, Captures: captures()}},
		{Start: 3, End: 1 << 60, Call: Call{Return: 1 << 31, Arguments: []uint64{}, Captures: captures()}},
	}
	for i := range records {
		records[i].Type, records[i].TID, records[i].Task = TypeCall, uint32(100+i), task
		if records[i].Call.State == StateReturned {
			records[i].Call.State = StateInFlight
		}
	}
	for n := range records {
		chunk := EncodeCalls(records[n:])
		p := parser{}
		header, ok := parseChunkHeader(chunk)
		if !ok {
			t.Fatal("there is no header")
		}
		if calls, dropped, ok := p.parse(header, chunk); !ok || dropped != 0 || int(calls) != len(records)-n {
			t.Errorf("%d calls, %d dropped, %v", calls, dropped, ok)
		}
		if difference := cmp.Diff(records[n:], p.records, cmpopts.EquateEmpty()); difference != "" {
			t.Errorf("from %d: %s", n, difference)
		}
	}
	if chunk := EncodeCalls(nil); chunk != nil {
		t.Errorf("no calls make %d bytes", len(chunk))
	}
}

// A record's size has 16 bits: what does not fit is left out, the call is not.
func TestEncodedCallsWithTooMuchMemory(t *testing.T) {
	huge := Capture{Argument: 1, Layout: LayoutBytes, Data: make([]byte, 60_000)}
	many := slices.Repeat([]Capture{{Layout: LayoutBytes, Data: []byte("x")}}, 40)
	records := []Record{
		{Type: TypeCall, TID: 1, Task: &Task{}, End: 1, Call: Call{Arguments: make([]uint64, 8), Captures: []Capture{huge, huge}}},
		{Type: TypeCall, TID: 2, Task: &Task{}, End: 1, Call: Call{Arguments: []uint64{}, Captures: many}},
	}
	h := (&Snapshot{InFlight: EncodeCalls(records)}).History()
	if len(h.Records) != 2 {
		t.Fatalf("there are %d records, want 2", len(h.Records))
	}
	for i, want := range []int{1, 31} {
		if got := len(h.Records[i].Call.Captures); got != want {
			t.Errorf("call %d has %d captures, want %d", i, got, want)
		}
	}
	if got := len(h.Records[0].Call.Arguments); got != 6 {
		t.Errorf("a call has %d arguments, want 6", got)
	}
}

func TestParseCapturesStopsAtTheFirstThatIsCut(t *testing.T) {
	data := []byte{1, byte(LayoutBytes), 2, 0, 'a', 'b', 2 | CaptureEntry<<4, byte(LayoutStruct), 3, 0, 'c'}
	got := ParseCaptures(data, 2)
	want := []Capture{{Argument: 1, Layout: LayoutBytes, Data: []byte("ab")}}
	if difference := cmp.Diff(want, got); difference != "" {
		t.Error(difference)
	}
	// Who appends to one capture must not write into the next.
	if capacity := cap(got[0].Data); capacity != 2 {
		t.Errorf("the capture's capacity is %d", capacity)
	}
}
