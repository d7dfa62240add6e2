package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const tables = "../../../syscalls"

// TestGeneratedIsCurrent checks that package syscalls' Go files are what its
// text files make.
func TestGeneratedIsCurrent(t *testing.T) {
	directory := t.TempDir()
	for _, name := range []string{"kinds.txt", "calls.txt", "numbers.txt"} {
		text, err := os.ReadFile(filepath.Join(tables, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(directory, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := generate(directory); err != nil {
		t.Fatal(err)
	}
	made, err := filepath.Glob(filepath.Join(directory, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	if len(made) != 2+len(abis) {
		t.Errorf("%d files are made: %q", len(made), made)
	}
	for _, path := range made {
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(tables, filepath.Base(path)))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s is not current: run go generate ./syscalls", filepath.Base(path))
		}
	}
}

func TestParseRows(t *testing.T) {
	rows, err := parseRows(strings.NewReader(`
# A comment.
read(fd fd, buf bytes:out=return, count size) count %desc # another
pread64@i386,arm(fd fd, pos offset/64)
sync()
select(n int, inp fd_set:inout=bits(n), len socklen:inout=*n)
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []*row{
		{name: "read", returns: "count", sets: []string{"SetDescriptor"}, line: 3, arguments: []argument{
			{name: "fd", kind: "fd"},
			{name: "buf", kind: "bytes", when: "out", count: "return"},
			{name: "count", kind: "size"},
		}},
		{name: "pread64", abis: []string{"i386", "arm"}, returns: "int", line: 4, arguments: []argument{
			{name: "fd", kind: "fd"},
			{name: "pos", kind: "offset", width: "64"},
		}},
		{name: "sync", returns: "int", line: 5},
		{name: "select", returns: "int", line: 6, arguments: []argument{
			{name: "n", kind: "int"},
			{name: "inp", kind: "fd_set", when: "inout", count: "bits(n)"},
			{name: "len", kind: "socklen", when: "inout", count: "*n"},
		}},
	}
	if diff := cmp.Diff(want, rows, cmp.AllowUnexported(row{}, argument{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestErrors(t *testing.T) {
	const kinds = "int # a number\nbytes bytes # a buffer\noffset # a position\npadding # none\nupper_half # a half\n"
	tests := []struct {
		name, kinds, rows string
		want              string
	}{
		{"layout", "int heap # a number", "", `1: unknown layout "heap"`},
		{"size", "stat struct # struct stat", "", "1: a struct needs a size"},
		{"size's ABI", "stat struct 8,mips=4 # struct stat", "", `1: unknown ABI "mips"`},
		{"twice", "int # a number\nint # a number", "", `2: kind "int" a second time`},
		{"comment", "int", "", `1: kind "int" without a comment`},
		{"row", kinds, "\nread fd", "2: not a row: read fd"},
		{"argument", kinds, "read(fd)", `1: not an argument: "fd"`},
		{"set", kinds, "read() %all", `1: unknown set "%all"`},
		{"ABI", kinds, "read@mips()", `1: unknown ABI "mips"`},
		{"kind", kinds, "read(fd fd)", `calls.txt:1: read of amd64: unknown kind "fd"`},
		{"return", kinds, "read() count", `calls.txt:1: read of amd64: unknown kind "count"`},
		{"memory", kinds, "read(fd int:in)", "calls.txt:1: read of amd64: fd: a kind without a layout: int"},
		{"moment", kinds, "read(buf bytes:late)", `calls.txt:1: read of amd64: buf: unknown moment "late"`},
		{"count", kinds, "read(buf bytes:in=n)", `calls.txt:1: read of amd64: buf: it is counted by "n", which is no argument`},
		{"count of nothing", kinds, "read(buf bytes=n, n int)", "calls.txt:1: read of amd64: buf: a count of nothing"},
		{"registers", kinds, "read(a int, b int, c int, d int, e int, f int, g int)", "calls.txt:1: read of amd64: 7 arguments"},
		{"no row", kinds, "", "calls.txt: no row for read of amd64"},
		{"no call", kinds, "read()\nopnat()", "calls.txt:2: no ABI has the call opnat"},
	}
	numbers := map[string]map[string]int{"amd64": {"read": 0}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			kinds, err := parseKinds(strings.NewReader(test.kinds))
			var rows []*row
			if err == nil {
				rows, err = parseRows(strings.NewReader(test.rows))
			}
			if err == nil {
				_, err = resolve(kinds, rows, numbers)
			}
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestConstant(t *testing.T) {
	for kind, want := range map[string]string{
		"fd": "KindFD", "open_flags": "KindOpenFlags", "uid16_pointer": "KindUID16Pointer", "stat64": "KindStat64", "io_uring_operation": "KindIOUringOperation",
	} {
		if got := constant(kind); got != want {
			t.Errorf("constant(%q) = %q, want %q", kind, got, want)
		}
	}
}
