package cli

import (
	"strings"
	"testing"
	"time"
)

func TestTable(t *testing.T) {
	t.Parallel()
	lines := &table{header: []string{"A", "B", "C"}, limit: 8, rows: [][]string{
		{"a-long-first-cell", "", "x\ny"}, {"b", "as long as one likes", "\x1b[2J\xff"}, {"c", "Ü", "z"},
	}}
	var text strings.Builder
	if err := lines.write(&text); err != nil {
		t.Fatal(err)
	}
	want := `A                   B          C
a-long-first-cell   <none>     x\ny
b                   as lo...   \u001...
c                   Ü          z
`
	if text.String() != want {
		t.Errorf("got\n%s\nwant\n%s", text.String(), want)
	}
}

func TestFormatAge(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for age, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 119 * time.Second: "119s", 2 * time.Minute: "2m0s", 185 * time.Second: "3m5s", 59*time.Minute + 59*time.Second: "59m",
		179 * time.Minute: "179m", 3*time.Hour + time.Minute: "3h1m", 9 * time.Hour: "9h", 47 * time.Hour: "47h", 2 * day: "2d0h", 7*day + time.Hour: "7d1h", 400 * day: "400d",
	} {
		if got := formatAge(age); got != want {
			t.Errorf("%v: %s, want %s", age, got, want)
		}
	}
}

func TestFormatBytes(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[uint64]string{
		0: "0B", 1023: "1023B", 1024: "1.0KiB", 1 << 20: "1.0MiB", 1<<20 - 1: "1.0MiB", 3 << 29: "1.5GiB", 1<<64 - 1: "16.0EiB",
	} {
		if got := formatBytes(bytes); got != want {
			t.Errorf("%d: %s, want %s", bytes, got, want)
		}
	}
}

func TestShortID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		webID: "0123456789ab", webID + ".2": "0123456789ab.2", "0123456789ab": "0123456789ab", "": "",
		"a-cgroup-with-a-name-that-is-as-long-as-an-id.service": "a-cgroup-with-a-name-that-is-as-long-as-an-id.service",
	} {
		if got := shortID(id); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}
