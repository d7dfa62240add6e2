package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"traceloop/ring"
)

func TestSamples(t *testing.T) {
	s := samples{3, 1, 2, 10}
	if s.minimum() != 1 || s.maximum() != 10 || s.median() != 2.5 || s[:3].median() != 2 {
		t.Errorf("minimum %v, maximum %v, medians %v and %v", s.minimum(), s.maximum(), s.median(), s[:3].median())
	}
	for percent, want := range map[int]float64{1: 1, 25: 1, 26: 2, 99: 10, 100: 10} {
		if got := s.percentile(percent); got != want {
			t.Errorf("percentile %d of %v is %v, want %v", percent, s, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for value, want := range map[float64]string{0: "0", 999.4: "999", 1000: "1,000", -1234567: "-1,234,567", 123456: "123,456"} {
		if got := count(value); got != want {
			t.Errorf("count(%v) = %q, want %q", value, got, want)
		}
	}
	for value, want := range map[float64]string{1.056: "1.06×", 19.99: "19.99×", 1234.5: "1,234×"} {
		if got := ratio(value); got != want {
			t.Errorf("ratio(%v) = %q, want %q", value, got, want)
		}
	}
}

func TestReadLoops(t *testing.T) {
	times := map[string]*callTimes{"getppid": {}, "openat": {}, "write": {}}
	if err := readLoops("getppid 1.5 2\nopenat 3 4\nwrite 5 6\n", times); err != nil {
		t.Fatal(err)
	}
	if times["openat"].minima[0] != 3 || times["write"].medians[0] != 6 {
		t.Errorf("read %+v %+v", times["openat"], times["write"])
	}
	for _, wrong := range []string{"", "getppid 1 2", "getppid 1 2\nopenat 3\nwrite 5 6", "getppid 1 2\nclose 3 4\nwrite 5 6"} {
		if readLoops(wrong, times) == nil {
			t.Errorf("no error of %q", wrong)
		}
	}
}

func TestReadRedisClient(t *testing.T) {
	throughput, err := readRedisClient("\"test\",\"rps\",\"avg_latency_ms\"\n\"SET\",\"98039.22\",\"0.3\"\n\"GET\",\"99009.90\",\"0.2\"\n")
	if err != nil || throughput["SET"] != 98039.22 || throughput["GET"] != 99009.90 {
		t.Errorf("%v, %v", throughput, err)
	}
	for _, wrong := range []string{"", "\"SET\",\"1\"\n", "Could not connect"} {
		if _, err := readRedisClient(wrong); err == nil {
			t.Errorf("no error of %q", wrong)
		}
	}
}

// The sizes are found by offsets of this program's own: package ring must
// write records where they say.
func TestSpaceOf(t *testing.T) {
	chunk := ring.EncodeCalls([]ring.Record{
		{Type: ring.TypeCall, TID: 1, Task: &ring.Task{}, Call: ring.Call{Number: unix.SYS_GETPPID}},
		{Type: ring.TypeCall, TID: 1, Task: &ring.Task{}, Call: ring.Call{Number: unix.SYS_CLOSE, Arguments: []uint64{3}}},
	})
	spaces, err := spaceOf(&ring.Snapshot{Chunks: [][]byte{chunk}})
	if err != nil {
		t.Fatal(err)
	}
	// What stands in the records is written long: 16 bytes more, 8 an argument.
	for name, bytes := range map[string]int{"`getppid`": 40, "`close`": 48} {
		if got := spaces[name]; got == nil || got.records != 1 || got.bytes != bytes {
			t.Errorf("%s: %+v, want one record of %d bytes", name, got, bytes)
		}
	}
	all := 0
	for _, s := range spaces {
		all += s.bytes
	}
	if all != ring.ChunkSize {
		t.Errorf("a chunk has %d bytes in all, not %d", all, ring.ChunkSize)
	}
	if _, err := spaceOf(&ring.Snapshot{Chunks: [][]byte{chunk[:len(chunk)-8]}}); err == nil {
		t.Error("no error of a cut chunk")
	}
}

func TestReport(t *testing.T) {
	r := &report{machine: []string{"CPU: one"}}
	r.atMost("`a` against b", "3×", 3, 2.5, "2.50×")
	r.atLeast("c", "8,000", 8000, 7000, "7,000")
	r.tables = []table{
		{title: "`a`", columns: []string{"what", "ns"}, texts: 1, rows: [][]string{{"`x`", "1"}, {"longer", "1,000"}}, notes: []string{"A note."}},
		{title: "none", notes: []string{"Not installed."}},
	}
	const markdown = "- CPU: one\n\n### Goals\n\n| figure | goal | measured | met |\n| --- | ---: | ---: | ---: |\n" +
		"| `a` against b | ≤ 3× | 2.50× | yes |\n| c | ≥ 8,000 | 7,000 | NO |\n" +
		"\n### `a`\n\n| what | ns |\n| --- | ---: |\n| `x` | 1 |\n| longer | 1,000 |\n\nA note.\n\n### none\n\nNot installed.\n"
	if got := r.markdown(); got != markdown {
		t.Errorf("markdown:\n%s\nwant:\n%s", got, markdown)
	}
	if got, want := r.text(), "\na:\nwhat       ns\nx           1\nlonger  1,000\nA note.\n\nnone:\nNot installed.\n"; !strings.HasSuffix(got, want) {
		t.Errorf("text:\n%s\nwant at its end:\n%s", got, want)
	}
	if missed := r.missed(); len(missed) != 1 || missed[0] != "c is 7,000, not ≥ 8,000" {
		t.Errorf("missed: %q", missed)
	}
}

func TestUpdateDocument(t *testing.T) {
	path := filepath.Join(t.TempDir(), "document.md")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const marker = "figures"
	beginMarker, endMarker := markers(marker)
	write("before\n" + beginMarker + "\nold\n" + endMarker + "\nafter\n")
	for range 2 { // it can be done again
		if err := updateDocument(path, marker, "new\n"); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if want := "before\n" + beginMarker + "\nnew\n" + endMarker + "\nafter\n"; err != nil || string(got) != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	for _, wrong := range []string{"", beginMarker, endMarker + beginMarker} {
		write(wrong)
		if checkDocument(path, marker) == nil {
			t.Errorf("no error of %q", wrong)
		}
	}
}
