package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"traceloop/internal/output"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int{
		"0": 0, "65536": 65536, "512KiB": 512 << 10, "1MiB": 1 << 20, "1M": 1 << 20, "1m": 1 << 20, "2 GiB": 2 << 30,
		"64kb": 64 << 10, "10B": 10, " 7k ": 7 << 10,
	} {
		got, err := parseSize(text)
		if err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "MiB", "1.5MiB", "-1", "1TiB", "1MiBs", "0x10", "99999999999999999999", "9999999999GiB"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q: %d, want an error", text, got)
		}
	}
}

func TestFormatSize(t *testing.T) {
	for bytes, want := range map[int]string{
		0: "0 bytes", 1000: "1000 bytes", 36 << 10: "36 KiB", 1 << 20: "1 MiB", 3 << 19: "1536 KiB", 1 << 30: "1 GiB",
	} {
		if got := formatSize(bytes); got != want {
			t.Errorf("%d: %s, want %s", bytes, got, want)
		}
	}
}

func TestPrintable(t *testing.T) {
	if got, want := printable("a\x1b[2J\xff\u009b\u202eé\n"), `a\u001b[2J\xff\u009b\u202eé`+"\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestFlagsSayWhatIsRight(t *testing.T) {
	for _, test := range []struct{ flag, given, right string }{
		{"--output", "xml", "columns, strace, json"},
		{"--trace", "opena", "did you mean open, openat?"},
		{"--trace", "trace=opena", "did you mean open, openat?"},
		{"--trace", "fault=open", "trace= (t=), status= or signal= (s=)"},
		{"--trace", "status=fialed", "successful, failed, unfinished, unavailable, detached"},
		{"--trace", "s=SIGFOO", "SIGINT"},
		{"--status", "fialed", "successful, failed, unfinished, unavailable, detached"},
		{"--signal", "99", "up to 64"},
		{"--const-print-style", "decimal", "abbrev, raw, verbose"},
		{"--summary-sort-by", "size", "time, min-time, max-time, avg-time, calls, errors, name, nothing"},
		{"--trace", "%fil", "%file"},
		{"--syscall-filters", "/(", "regular expression"},
		{"--pid", "1,x", "process IDs"},
		{"--since", "10", "10s"},
		{"--since", "-1s", "10s"},
		{"--tail", "0", "from 1"},
		{"--string-limit", "-1", "from 0 to"},
		{"--ring-size", "1XB", "512KiB"},
		{"--capture", "none", "paths, strings, all"},
		{"--capture", "", "paths, strings, all"},
	} {
		err := newRun().ParseFlags([]string{test.flag, test.given})
		if err == nil {
			t.Errorf("%s %s: no error", test.flag, test.given)
			continue
		}
		for _, want := range []string{test.flag, test.given, test.right} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s %s: %v: want %q in it", test.flag, test.given, err, want)
			}
		}
	}
}

func TestQualifiers(t *testing.T) {
	for _, test := range []struct {
		flags                    []string
		filter, statuses, signal string
	}{
		{[]string{"-e", "open"}, "open", "", ""},
		{[]string{"-e", "trace=open", "-e", "t=!close,read"}, "!close,read", "", ""}, // the last one counts
		{[]string{"-e", "status=failed", "-e", "openat"}, "openat", "failed", ""},    // of each kind
		{[]string{"-e", "s=int", "-e", "signal=!TERM", "-e", "/^read=?$"}, "/^read=?$", "", "!TERM"},
		{[]string{"-e", "signals=none"}, "", "", "none"},
		{[]string{"-z"}, "", "successful", ""},
		{[]string{"-Z"}, "", "failed", ""},
		{[]string{"--failed"}, "", "failed", ""},
		{[]string{"-z", "-Z"}, "", "failed", ""},
		{[]string{"-Z", "-e", "status=!failed"}, "", "!failed", ""},
		{[]string{"-e", "status=failed", "-z"}, "", "successful", ""},
		{[]string{"--failed=false"}, "", "", ""},
		{[]string{"--status", "unfinished", "--signal", "9"}, "", "unfinished", "KILL"},
	} {
		got := view{}
		command := &cobra.Command{}
		got.add(command)
		if err := command.ParseFlags(test.flags); err != nil {
			t.Errorf("%q: %v", test.flags, err)
			continue
		}
		want := view{}
		if test.statuses != "" {
			want.statuses, _ = output.ParseStatuses(test.statuses)
		}
		if test.signal != "" {
			want.signals, _ = output.ParseSignals(test.signal)
		}
		if got.filter.String() != test.filter || !slices.Equal(got.statuses, want.statuses) || !slices.Equal(got.signals, want.signals) {
			t.Errorf("%q: %q, %v, %v", test.flags, got.filter.String(), got.statuses, got.signals)
		}
	}
}
