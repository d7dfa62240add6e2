package ring

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func patternsOf(t testing.TB, texts ...string) []*regexp.Regexp {
	t.Helper()
	var patterns []*regexp.Regexp
	for _, text := range texts {
		pattern, err := regexp.Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		patterns = append(patterns, pattern)
	}
	return patterns
}

// stringsOf lays out a vector of strings.
func stringsOf(texts ...string) string {
	var data []byte
	for _, text := range texts {
		data = append(data, laid(uint16(len(text)), text)...)
	}
	return string(data)
}

// buffersOf lays out a vector of buffers that were captured whole.
func buffersOf(texts ...string) string {
	var data []byte
	for i, text := range texts {
		data = append(data, laid(uint64(i), uint64(len(text)), uint16(len(text)), text)...)
	}
	return string(data)
}

// Each kind of memory, with a secret in it and something beside it that stands.
func TestMaskCapture(t *testing.T) {
	file := func(names string) string { return string(descriptorOf(3, 1, 2, 0, 0o100644, 0, names)) }
	socket := func(name string) string {
		return string(descriptorOf(4, socketFileSystem, 2, 0, 0o140777, 0, socketOf(Socket{Family: 1, Name: []byte(name)})))
	}
	for _, test := range []struct {
		name, pattern string
		layout        Layout
		data, want    string
	}{
		{"string", "s3cret", LayoutString, "a s3cret here", "a ****** here"},
		{"every match", "s3cret", LayoutString, "s3crets3cret s3cre", "************ s3cre"},
		{"path", "s3cret", LayoutPath, "/run/s3cret/x", "/run/******/x"},
		{"bytes", "s3cret", LayoutBytes, "\x00\xff s3cret\x80\n", "\x00\xff ******\x80\n"},
		{"group", `password=(\S+)`, LayoutBytes, "password=s3cret next", "password=****** next"},
		{"groups", `(\w+):(\w+)@`, LayoutString, "http://me:s3cret@host", "http://**:******@host"},
		{"no group took part", `s3cret|(word)`, LayoutString, "s3cret word", "****** ****"},
		{"nothing matched", `x*`, LayoutString, "s3cret", "s3cret"},
		{"not UTF-8", `k\w+y`, LayoutBytes, "\xc3k3y\xc3", "\xc3***\xc3"},
		{"struct", "s3cret", LayoutStruct, "\x01\x00/run/s3cret\x00\x05", "\x01\x00/run/******\x00\x05"},
		{"abstract address", "^s3cret$", LayoutStruct, "\x01\x00\x00s3cret", "\x01\x00\x00******"},
		{"numbers of a struct", `(?s).`, LayoutStruct, "\x01\x00\x41\x42\x43\x00\xff\xfe\x7f", "\x01\x00\x41\x42\x43\x00\xff\xfe\x7f"},
		{"array", "pässwort", LayoutArray, "\x00\x01\x02\x80pässwort\x00", "\x00\x01\x02\x80*********\x00"},
		{"unknown layout", "s3cret", Layout(99), "\x01s3cret", "\x01******"},
		{"number", `(?s).`, LayoutCount, "\x41\x00\x00\x00", "\x41\x00\x00\x00"},
		{"vector", "^s3cret$", LayoutStrings, stringsOf("a", "s3cret", "s3cret2"), stringsOf("a", "******", "s3cret2")},
		{"vector's neighbours", `--password[ =](\S+)`, LayoutStrings, stringsOf("--password", "s3cret", "b"), stringsOf("--password", "******", "b")},
		{"unreadable string", `(?s).`, LayoutStrings, string(laid(uint16(StringUnreadable), "pointer!", uint16(1), "a")), string(laid(uint16(StringUnreadable), "pointer!", uint16(1), "*"))},
		{"cut string", "s3cret", LayoutStrings, string(laid(uint16(StringTruncated|6), "s3cret")), string(laid(uint16(StringTruncated|6), "******"))},
		{"torn vector", "s3cret", LayoutStrings, string(laid(uint16(100), "a s3cret")), string(laid(uint16(100), "a ******"))},
		{"torn end of a vector", "nothing", LayoutStrings, stringsOf("a") + "x", stringsOf("a") + "*"},
		{"torn pointer", "nothing", LayoutStrings, string(laid(uint16(StringUnreadable), "s3cret")), string(laid(uint16(StringUnreadable), "******"))},
		{"buffers", "s3cret", LayoutBuffers, buffersOf("a s3cret", "b"), buffersOf("a ******", "b")},
		{"buffer apart", "^s3cret$", LayoutBuffers, buffersOf("a", "s3cret"), buffersOf("a", "******")},
		{"over two buffers", "s3cret", LayoutBuffers, buffersOf("a s3", "", "cret b"), buffersOf("a **", "", "**** b")},
		{
			"behind a cut buffer", "ab", LayoutBuffers,
			string(laid(uint64(1), uint64(9), uint16(1), "a")) + buffersOf("b"), string(laid(uint64(1), uint64(9), uint16(1), "a")) + buffersOf("b"),
		},
		{"unreadable buffer", `(?s).`, LayoutBuffers, string(laid(uint64(1), uint64(9), uint16(BufferUnreadable))), string(laid(uint64(1), uint64(9), uint16(BufferUnreadable)))},
		{"torn buffer", "nothing", LayoutBuffers, buffersOf("a") + "s3cret", buffersOf("a") + "******"},
		{"name in a descriptor's path", "s3cret", LayoutDescriptor, file("x\x00s3cret\x00run\x00"), file("x\x00******\x00run\x00")},
		{"descriptor's path", "^/run/s3cret/", LayoutDescriptor, file("x\x00s3cret\x00run\x00"), file("x\x00******\x00***\x00")},
		{"root", "s3cret", LayoutDescriptor, file(""), file("")},
		{"numbers of a descriptor", `(?s).`, LayoutDescriptor, file(""), file("")},
		{"unix socket", "s3cret", LayoutDescriptor, socket("\x00s3cret"), socket("\x00******")},
		{"numbers of a socket", `(?s).`, LayoutDescriptor, socket(""), socket("")},
		{"short descriptor", "s3cret", LayoutDescriptor, "s3cret", "s3cret"},
	} {
		t.Run(test.name, func(t *testing.T) {
			chunk := newChunk(1, 1000, 0, 0).add(TypeCall, callLong|callReturn64, 7, uint32(50), uint32(20), uint16(1), byte(2), byte(2|2<<3), int32(0),
				uint64(1), uint64(20), uint32(1), "aaaa", "bbbbbbbb",
				byte(0), byte(test.layout), uint16(len(test.data)), test.data,
				byte(1), byte(LayoutString), uint16(6), "beside").bytes
			s := &Snapshot{Chunks: [][]byte{chunk}}
			before := s.History().Records[0]
			arguments, entries := slices.Clone(before.Call.Arguments), len(before.Call.Captures)
			s.Mask(patternsOf(t, test.pattern))
			call := s.History().Records[0].Call
			if got := string(call.Captures[0].Data); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if !slices.Equal(call.Arguments, arguments) || len(call.Captures) != entries {
				t.Errorf("the call is now %+v", call)
			}
		})
	}
}

// What a pattern masks the others still see, in any order.
func TestMaskPatternsDoNotHideFromEachOther(t *testing.T) {
	for _, patterns := range [][]string{{"user=(\\w+)", "me:(\\w+)"}, {"me:(\\w+)", "user=(\\w+)"}} {
		if got := MaskText(patternsOf(t, patterns...), "user=me:s3cret")[0]; got != "user=**:******" {
			t.Errorf("%q: %s", patterns, got)
		}
	}
}

func TestMaskText(t *testing.T) {
	arguments := []string{"mysql", "--password", "s3cret", "", "--token=s3cret"}
	want := []string{"mysql", "--password", "******", "", "--token=******"}
	got := MaskText(patternsOf(t, `--(?:password|token)[ =](\S+)`), arguments...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if arguments[2] != "s3cret" {
		t.Error("the texts that were given are masked")
	}
	if got := MaskText(nil, "a"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("without patterns: %q", got)
	}
}

func TestMaskOtherRecords(t *testing.T) {
	chunk := newChunk(1, 1000, 5, 0).
		task(7, 5, "a-s3cret").
		add(TypeTask, 0, 8, uint32(8), uint32(8), uint32(8), uint32(0), "sh\x00-s3cret-left\x00\x00", "behind s3cret").
		add(TypeSignal, 0, 7, uint32(61), uint32(9), uint32(48), uint32(0), [16]byte{1, 2, 3}, "s3cret", [26]byte{}).
		add(TypeExec, 0, 7, uint32(63), uint32(8), uint32(2), uint32(1), uint16(11), uint16(18), uint32(0), "/bin/s3cretname\x00-p\x00s3cret\x00ab\x00hidden").
		add(TypeFork, 0, 7, uint32(64), uint32(11), uint32(12), uint32(0), "s3cret").
		add(TypeExit, 0, 7, uint32(65), uint32(9), "s3cret").
		add(Type(99), 0, 7, uint32(66), uint32(0), "s3cret of a later version").
		// One capture more than counted.
		add(TypeCall, 0, 7, uint32(67), uint32(0), uint16(1), byte(0), byte(1<<3), int32(0),
			byte(0), byte(LayoutString), uint16(1), "a", byte(0), byte(LayoutString), uint16(6), "s3cret").bytes
	s := &Snapshot{Chunks: [][]byte{chunk}, InFlight: EncodeCalls([]Record{{Type: TypeCall, TID: 7, Task: &Task{Comm: "s3cret"}, Start: 2000, End: 2009, Call: Call{
		State: StateInFlight, Captures: []Capture{{Layout: LayoutPath, Data: []byte("/s3cret")}},
	}}})}
	before := s.History()
	s.Mask(patternsOf(t, "s3cret"))
	after := s.History()
	if bytes.Contains(slices.Concat(chunk, s.InFlight), []byte("s3cret")) {
		t.Errorf("left: %q %q", chunk, s.InFlight)
	}
	if bytes.Contains(chunk, []byte("-left")) || bytes.Contains(chunk, []byte("behind")) {
		t.Errorf("bytes that nobody reads are left: %q", chunk)
	}
	if diff := cmp.Diff(before.Account, after.Account); diff != "" {
		t.Error(diff)
	}
	if len(after.Records) != 6 || after.Account.InFlight != 1 {
		t.Fatalf("%d records: %+v", len(after.Records), after.Account)
	}
	exec := after.Records[1]
	if exec.Task.Comm != "a-******" || exec.Exec.Path != "/bin/******" || string(exec.Exec.Arguments) != "name\x00-p\x00******\x00ab\x00" {
		t.Errorf("%+v %+v", exec.Task, exec.Exec)
	}
	if info := before.Records[0].Signal.Info; len(info) != 48 || !bytes.Equal(info[:22], []byte("\x01\x02\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00******")) {
		t.Errorf("%q", info)
	}
}

// Of records that no reader understands nothing is left, and they stay what they are.
func TestMaskMalformed(t *testing.T) {
	whole := newChunk(1, 10, 0, 0).call(1, 1, 0, 1)
	for name, chunk := range map[string][]byte{
		"short chunk":        []byte("s3cret"),
		"impossible size":    append(slices.Clone(whole.bytes), "\x01\x00 and a s3cret"...),
		"larger than it is":  append(slices.Clone(whole.bytes), "\xf8\x00 and a s3cret"...),
		"short call":         newChunk(1, 10, 0, 0).add(TypeCall, 0, 1, uint32(1), "hide").bytes,
		"short task":         newChunk(1, 10, 0, 0).add(TypeTask, 0, 1, uint32(1), "hidden").bytes,
		"capture too long":   newChunk(1, 10, 0, 0).add(TypeCall, 0, 1, uint32(1), uint32(0), uint16(1), byte(0), byte(1<<3), int32(0), byte(0), byte(LayoutString), uint16(99), "hidden").bytes,
		"arguments too long": newChunk(1, 10, 0, 0).add(TypeExec, 0, 1, uint32(1), uint32(8), uint32(2), uint32(1), uint16(4), uint16(600), uint32(0), "hidden").bytes,
	} {
		t.Run(name, func(t *testing.T) {
			s := &Snapshot{Chunks: [][]byte{chunk}}
			before := s.History().Account
			s.Mask(patternsOf(t, "s3cret"))
			if name != "short chunk" && (bytes.Contains(chunk, []byte("s3cret")) || bytes.Contains(chunk, []byte("hid"))) {
				t.Errorf("left: %q", chunk)
			}
			if diff := cmp.Diff(before, s.History().Account); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMaskNothing(t *testing.T) {
	chunk := append(newChunk(1, 10, 0, 0).call(1, 1, 0, 1).bytes, "torn"...)
	before := slices.Clone(chunk)
	(&Snapshot{Chunks: [][]byte{chunk}}).Mask(nil)
	if !bytes.Equal(chunk, before) {
		t.Error("without patterns the snapshot is changed")
	}
}

// FuzzMask masks hostile bytes with hostile patterns.
func FuzzMask(f *testing.F) {
	chunk := newChunk(1, 1000, 5, 0).task(7, 5, "name").
		add(TypeCall, 0, 7, uint32(60), uint32(2), uint16(46), byte(0), byte(2|6<<3), int32(3), uint32(3), uint32(9),
			byte(0), byte(LayoutDescriptor), uint16(29), descriptorOf(3, 1, 2, 0, 4, DescriptorCut, "name\x00"),
			byte(1), byte(LayoutStruct), uint16(3), "abc",
			byte(1), byte(LayoutStrings), uint16(len(stringsOf("a", "bc"))), stringsOf("a", "bc"),
			byte(PartBit|2|CaptureTruncated<<4), byte(LayoutBuffers), uint16(len(buffersOf("io", "o"))), buffersOf("io", "o"),
			byte(1), byte(LayoutPointers), uint16(0),
			byte(PartBit|6), byte(LayoutArray), uint16(2), "ab").
		add(TypeTime, 0, 7, uint64(2000)).
		add(TypeSignal, 0, 7, uint32(61), uint32(9), uint32(48), uint32(0), [48]byte{}).
		add(TypeExec, 0, 7, uint32(63), uint32(8), uint32(2), uint32(1), uint16(4), uint16(6), uint32(0), "/binone\x00b\x00").
		add(TypeFork, 0, 7, uint32(64), uint32(11), uint32(12), uint32(0)).
		add(TypeExit, 0, 7, uint32(65), uint32(9)).bytes
	inFlight := EncodeCalls([]Record{{Type: TypeCall, TID: 7, Task: &Task{}, Start: 1, End: 9, Call: Call{
		Arguments: []uint64{1}, Captures: []Capture{{Layout: LayoutStruct, Data: []byte("struct")}, {Part: 7, Layout: LayoutArray, Data: []byte("part")}},
	}}})
	f.Add(chunk, inFlight, "a|b", uint64(0), uint64(0))
	f.Add(chunk[:50], chunk, "(?s).", uint64(1055), uint64(0))
	f.Add(chunk[:131], chunk, "(?s)(b).", uint64(0), uint64(1061))
	f.Fuzz(func(t *testing.T, first, inFlight []byte, text string, horizon, taken uint64) {
		pattern, err := regexp.Compile(text)
		if err != nil {
			return
		}
		// The seeds share their bytes.
		first, inFlight = slices.Clone(first), slices.Clone(inFlight)
		s := &Snapshot{Cursors: []Cursor{{Horizon: horizon}}, Chunks: [][]byte{first}, InFlight: inFlight, Taken: taken}
		bytesBefore := slices.Concat(first, inFlight)
		before := shapeOf(s.History())
		s.Mask([]*regexp.Regexp{pattern})
		if diff := cmp.Diff(before, shapeOf(s.History())); diff != "" {
			t.Errorf("the history is another: %s", diff)
		}
		for i, b := range slices.Concat(first, inFlight) {
			if b != bytesBefore[i] && b != asterisk {
				t.Fatalf("byte %d was %#x and is %#x", i, bytesBefore[i], b)
			}
		}
	})
}

// shapeOf is a history but for what is text in it.
func shapeOf(h *History) *History {
	for i := range h.Records {
		record := &h.Records[i]
		task := *record.Task
		task.Comm = strings.Repeat("*", len(task.Comm))
		record.Task = &task
		for j := range record.Call.Captures {
			capture := &record.Call.Captures[j]
			data := bytes.Repeat([]byte{asterisk}, len(capture.Data))
			if capture.Layout == LayoutDescriptor && len(capture.Data) >= sizeofDescriptor {
				copy(data, capture.Data[:sizeofDescriptor])
			}
			capture.Data = data
		}
		// They are looked at again when the mask has changed them.
		record.Call.Arguments = slices.Clone(record.Call.Arguments)
		if record.Signal != nil {
			record.Signal.Info = make([]byte, len(record.Signal.Info))
		}
		if record.Exec != nil {
			record.Exec.Path = strings.Repeat("*", len(record.Exec.Path))
			record.Exec.Arguments = make([]byte, len(record.Exec.Arguments))
		}
	}
	return h
}

// ringOfCalls are the chunks of a full ring of 1 MiB, of calls as a web server makes them.
func ringOfCalls() *Snapshot {
	random := rand.New(rand.NewPCG(1, 2))
	body := func() string {
		text := make([]byte, 64)
		for i := range text {
			text[i] = "abcdefghijklmnopqrstuvwxyz =:/\n"[random.IntN(31)]
		}
		return string(text)
	}
	s := &Snapshot{Cursors: make([]Cursor, 1)}
	for i := range 256 {
		c := newChunk(uint64(i), 1000, 0, 0).task(7, 5, "server")
		for j := 0; len(c.bytes) < ChunkSize-160; j++ {
			switch j % 4 {
			case 0:
				path := fmt.Sprintf("/usr/share/server/files/%d.html", random.IntN(1000))
				c.add(TypeCall, 0, 7, uint32(j), uint32(2), uint16(257), byte(0), byte(2|1<<3), int32(3), uint32(3), uint32(9), byte(1), byte(LayoutPath), uint16(len(path)), path)
			case 1:
				c.add(TypeCall, 0, 7, uint32(j), uint32(2), uint16(0), byte(0), byte(2|2<<3), int32(64), uint32(3), uint32(64),
					byte(0), byte(LayoutDescriptor), uint16(36), descriptorOf(3, 1, 2, 0, 4, 0, "x.html\x00files\x00"), byte(1), byte(LayoutBytes), uint16(64), body())
			case 2:
				c.add(TypeCall, 0, 7, uint32(j), uint32(2), uint16(1), byte(0), byte(2|1<<3), int32(64), uint32(3), uint32(64), byte(1), byte(LayoutBytes), uint16(64), body())
			default:
				c.add(TypeCall, 0, 7, uint32(j), uint32(2), uint16(44), byte(0), byte(1|1<<3), int32(0), uint32(3), byte(1), byte(LayoutStruct), uint16(16), [16]byte{2, 0, 31, 144, 127, 0, 0, 1})
			}
		}
		s.Chunks = append(s.Chunks, c.bytes)
	}
	return s
}

func BenchmarkMask(b *testing.B) {
	for name, texts := range map[string][]string{
		"literal prefixes": {`password=(\S+)`, `Bearer ([\w.-]+)`, `ghp_[A-Za-z0-9]{36}`},
		"any case":         {`(?i)password[=:]\s*(\S+)`, `(?i)authorization: *(\S+ \S+)`, `(?i)api[_-]?key=(\w+)`},
	} {
		b.Run(name, func(b *testing.B) {
			s, patterns := ringOfCalls(), patternsOf(b, texts...)
			for b.Loop() {
				s.Mask(patterns)
			}
		})
	}
}
