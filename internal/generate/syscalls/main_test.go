package main

import (
	"fmt"
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
	texts, err := filepath.Glob(filepath.Join(tables, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range texts {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(directory, filepath.Base(path)), text, 0o644); err != nil {
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

// TestFamilies checks that a family's file is read as if it were a part of the
// table's, and that errors name it.
func TestFamilies(t *testing.T) {
	directory := t.TempDir()
	for name, text := range map[string]string{
		"calls.txt":   "read()\n",
		"calls_b.txt": "\nopen() # a comment\n",
		"calls_a.txt": "close()",
		"callsxx.txt": "no family's",
	} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readFamilies(directory, "calls")
	if err != nil {
		t.Fatal(err)
	}
	want := []line{
		{filepath.Join(directory, "calls.txt") + ":1", "read()", ""},
		{filepath.Join(directory, "calls_a.txt") + ":1", "close()", ""},
		{filepath.Join(directory, "calls_b.txt") + ":2", "open()", "a comment"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(line{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseRows(t *testing.T) {
	rows, err := parseRows(splitLines("calls.txt", `
# A comment.
read(fd fd, buf bytes:out=return, count size) count %desc # another
pread64@i386,arm(fd fd, pos offset/64)
sync()
select(n int, inp fd_set:inout=bits(n), len socklen:inout=*n)
fcntl[cmd=3|0x1|1030-1032](fd fd) # F_GETFL
fcntl@arm[cmd=4294967295](fd fd) fd
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []*row{
		{name: "read", returns: "count", sets: []string{"SetDescriptor"}, at: "calls.txt:3", arguments: []argument{
			{name: "fd", kind: "fd"},
			{name: "buf", kind: "bytes", when: "out", count: "return"},
			{name: "count", kind: "size"},
		}},
		{name: "pread64", abis: []string{"i386", "arm"}, at: "calls.txt:4", arguments: []argument{
			{name: "fd", kind: "fd"},
			{name: "pos", kind: "offset", width: "64"},
		}},
		{name: "sync", at: "calls.txt:5"},
		{name: "select", at: "calls.txt:6", arguments: []argument{
			{name: "n", kind: "int"},
			{name: "inp", kind: "fd_set", when: "inout", count: "bits(n)"},
			{name: "len", kind: "socklen", when: "inout", count: "*n"},
		}},
		{name: "fcntl", by: "cmd", values: []uint32{1, 3, 1030, 1031, 1032}, at: "calls.txt:7", arguments: []argument{{name: "fd", kind: "fd"}}},
		{name: "fcntl", abis: []string{"arm"}, by: "cmd", values: []uint32{1<<32 - 1}, returns: "fd", at: "calls.txt:8", arguments: []argument{{name: "fd", kind: "fd"}}},
	}
	if diff := cmp.Diff(want, rows, cmp.AllowUnexported(row{}, argument{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// manyKinds are kinds of every sort.
const manyKinds = `
int # a number
fd # a descriptor
size # a number
offset # a position
padding # none
upper_half # a half
hdr struct 56/28,x32=28 # with x32 as the 32-bit ABIs have it
  .name array 1 @0 =u32@8/4 # an address
  .iov buffers @16/8 =long@24/12
  .text string @0
  .inner struct 16/8,x32=12 @32/16
  .fixed bytes @0 =20
flat struct 24/12 # with x32 as the 64-bit ABIs have it
  .path path @0
  .ids array 4 @8/4,x32=16 =u16@16/8
vector array 16 fds 8 in # descriptors
iocbs pointers 64 # one by one
  .buffer bytes @24 =u64@32
`

// TestParts checks what becomes of parts and of descriptors on each ABI.
func TestParts(t *testing.T) {
	kinds, err := parseKinds(splitLines("kinds.txt", manyKinds))
	if err != nil {
		t.Fatal(err)
	}
	hdr := func(iov, iovWidth, iovCount, nameCount, inner, innerSize int) []resolvedPart {
		return []resolvedPart{
			{"name", "LayoutArray", 1, 0, 4, nameCount, 0, "", false},
			{"iov", "LayoutBuffers", 1, iov, iovWidth, iovCount, 0, "", false},
			{"text", "LayoutString", 1, 0, 0, 1, 0, "", false},
			{"inner", "LayoutStruct", innerSize, inner, 0, 1, 0, "", false},
			{"fixed", "LayoutBytes", 1, 0, 0, 20, 0, "", false},
		}
	}
	flat := func(ids, idsCount int) []resolvedPart {
		return []resolvedPart{{"path", "LayoutPath", 1, 0, 0, 1, 0, "", false}, {"ids", "LayoutArray", 4, ids, 2, idsCount, 0, "", false}}
	}
	want := map[string]map[string][]resolvedPart{
		"amd64": {"hdr": hdr(16, 8, 24, 8, 32, 16), "flat": flat(8, 16)},
		"arm64": {"hdr": hdr(16, 8, 24, 8, 32, 16), "flat": flat(8, 16)},
		"i386":  {"hdr": hdr(8, 4, 12, 4, 16, 8), "flat": flat(4, 8)},
		"arm":   {"hdr": hdr(8, 4, 12, 4, 16, 8), "flat": flat(4, 8)},
		"x32":   {"hdr": hdr(8, 4, 12, 4, 16, 12), "flat": flat(16, 16)},
	}
	byName := map[string]*kind{}
	for _, k := range kinds {
		byName[k.name] = k
	}
	for _, abi := range abis {
		row, err := parseRow("call(hdr hdr:inout, flat flat:in, vector vector, iocbs iocbs:in=hdr, fd fd:early)")
		if err != nil {
			t.Fatal(err)
		}
		c, err := resolveRow(row, abi, byName, "int")
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range []string{"hdr", "flat"} {
			if diff := cmp.Diff(want[abi.name][name], c.arguments[i].parts, cmp.AllowUnexported(resolvedPart{})); diff != "" {
				t.Errorf("%s of %s (-want +got):\n%s", name, abi.name, diff)
			}
		}
		rest := []resolved{
			{name: "vector", kind: "vector", layout: "LayoutArray", when: "WhenIn", size: 16, descriptors: 8},
			{name: "iocbs", kind: "iocbs", layout: "LayoutPointers", when: "WhenIn", size: 64, count: "ring.CountArgument", parts: []resolvedPart{{"buffer", "LayoutBytes", 1, 24, 8, 32, 0, "", false}}},
			{name: "fd", kind: "fd", when: "WhenEarly"},
		}
		if diff := cmp.Diff(rest, c.arguments[2:], cmp.AllowUnexported(resolved{}, resolvedPart{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", abi.name, diff)
		}
	}
}

// TestVariants checks which variants each ABI gets, and that rows that come out
// the same are shared.
func TestVariants(t *testing.T) {
	kinds, err := parseKinds(splitLines("kinds.txt", manyKinds))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := parseRows(splitLines("calls.txt", `
call(fd fd, cmd int, arg size) size %desc
call[cmd=1-3](fd fd, cmd int)
call[cmd=0x10](fd fd, cmd int, arg offset/64) fd
call@i386,x32[cmd=2|0x20](fd fd, cmd int, arg hdr:in)
`))
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[string]map[string]int{}
	for _, abi := range abis {
		numbers[abi.name] = map[string]int{"call": 1}
	}
	table, err := resolve(kinds, rows, numbers)
	if err != nil {
		t.Fatal(err)
	}

	const (
		nothing = `{Name: "call", Arguments: []Argument{
	{Name: "fd", Kind: KindFD},
	{Name: "cmd", Kind: KindInt},
}, Returns: KindSize, Sets: SetDescriptor}`
		wide = `{Name: "call", Arguments: []Argument{
	{Name: "fd", Kind: KindFD},
	{Name: "cmd", Kind: KindInt},
	{Name: "arg", Kind: KindOffset},
}, Returns: KindFD, Sets: SetDescriptor}`
		narrow = `{Name: "call", Arguments: []Argument{
	{Name: "fd", Kind: KindFD},
	{Name: "cmd", Kind: KindInt},
	{Name: "arg", Kind: KindOffset, Wide: true},
	{Name: "arg_high", Kind: KindUpperHalf},
}, Returns: KindFD, Sets: SetDescriptor}`
		own = `{Name: "call", Arguments: []Argument{
	{Name: "fd", Kind: KindFD},
	{Name: "cmd", Kind: KindInt},
	{Name: "arg", Kind: KindSize},
}, Returns: KindSize, Sets: SetDescriptor, variantArgument: 1, variants: []variant{`
	)
	index := func(source string) int {
		i, known := table.indexes[source]
		if !known {
			t.Fatalf("no row is\n%s\nthe rows are\n%s", source, strings.Join(table.calls, "\n"))
		}
		return i
	}
	// amd64's and arm64's rows are one; arm's differs by what two registers have.
	for abi, format := range map[string]string{
		"amd64": fmt.Sprintf("{0x1, %d}, {0x2, %[1]d}, {0x3, %[1]d}, {0x10, %d}, ", index(nothing), index(wide)),
		"arm64": fmt.Sprintf("{0x1, %d}, {0x2, %[1]d}, {0x3, %[1]d}, {0x10, %d}, ", index(nothing), index(wide)),
		"arm":   fmt.Sprintf("{0x1, %d}, {0x2, %[1]d}, {0x3, %[1]d}, {0x10, %d}, ", index(nothing), index(narrow)),
	} {
		want := own + "\n\t" + format + "\n}}"
		if diff := cmp.Diff(want, table.calls[table.rows[abi]["call"]]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", abi, diff)
		}
	}
	for _, abi := range []string{"i386", "x32"} {
		got := table.calls[table.rows[abi]["call"]]
		for _, value := range []string{"{0x1, ", "{0x2, ", "{0x3, ", "{0x10, ", "{0x20, "} {
			if strings.Count(got, value) != 1 {
				t.Errorf("%s: not one %q:\n%s", abi, value, got)
			}
		}
		if strings.Contains(got, fmt.Sprintf("{0x2, %d}", index(nothing))) {
			t.Errorf("%s: the row without ABIs goes before its own:\n%s", abi, got)
		}
	}
}

func TestErrors(t *testing.T) {
	const kinds = "int # a number\nfd # a descriptor\nbytes bytes # a buffer\noffset # a position\npadding # none\nupper_half # a half\n"
	tests := []struct {
		name, kinds, rows string
		want              string
	}{
		{"layout", "int heap # a number", "", `kinds.txt:1: unknown layout "heap": want one of array, buffers, bytes, count, entries, path, pointers, string, strings, struct`},
		{"size", "stat struct # struct stat", "", "kinds.txt:1: a struct needs a size"},
		{"number", "stat struct 8/x # struct stat", "", `kinds.txt:1: "x" is no number of bytes: want one of 0 to 65535`},
		{"huge size", "stat struct 65536 # struct stat", "", `kinds.txt:1: "65536" is no number of bytes: want one of 0 to 65535`},
		{"size's ABI", "stat struct 8,mips=4 # struct stat", "", `kinds.txt:1: unknown ABI "mips": want one of amd64, arm, arm64, i386, x32`},
		{"twice", "int # a number\nint # a number", "", `kinds.txt:2: kind "int" a second time`},
		{"comment", "int", "", `kinds.txt:1: kind "int" without a comment`},
		{"words", "stat struct 8 out # struct stat", "", `kinds.txt:1: unexpected "out": want NAME [LAYOUT [SIZES] [fds N]] [in]`},
		{"size of bytes", "name bytes 16 # a name", "", `kinds.txt:1: unexpected "16" after bytes, which has no sizes: want NAME [LAYOUT [SIZES] [fds N]] [in]`},
		{"descriptors", "pair struct 8 fds 3 # a pair", "", "kinds.txt:1: fds 3: want how many bytes there are from one descriptor to the next, 4 to 255"},
		{"descriptors of text", "name string fds 4 # a name", "", "kinds.txt:1: a string with descriptors: want a struct or an array"},

		{"part of nothing", "  .name string @0", "", "kinds.txt:1: a part before any kind: .name string @0"},
		{"part of no struct", "name string # a name\n  .name string @0", "", `kinds.txt:2: kind "name" has a part and no struct: want the layout struct, array or pointers`},
		{"part", "s struct 8 # s\n  .name string", "", `kinds.txt:2: not a part: ".name string": want .NAME LAYOUT [SIZES] @OFFSET [=WIDTH@OFFSET or =N] [<u32@OFFSET] [?u16@OFFSET=VALUE] [control]`},
		{"part without layout", "s struct 8 # s\n  .name @0", "", `kinds.txt:2: part "name" without a layout: want one of array, buffers, bytes, path, string, strings, struct`},
		{"part's layout", "s struct 8 # s\n  .name entries 8 @0", "", `kinds.txt:2: unknown layout "entries" of a part: want one of array, buffers, bytes, path, string, strings, struct`},
		{"part's size", "s struct 8 # s\n  .name struct @0", "", "kinds.txt:2: a struct needs a size"},
		{"part's words", "s struct 8 # s\n  .name string 8 @0", "", `kinds.txt:2: unexpected "8" after the part's layout`},
		{"part's offset", "s struct 8 # s\n  .name string @x", "", `kinds.txt:2: "x" is no number of bytes: want one of 0 to 65535`},
		{"part's width", "s struct 8 # s\n  .name bytes @0 =u8@4", "", `kinds.txt:2: unknown width "u8" of a count: want one of long, u16, u32, u64`},
		{"uncounted part", "s struct 8 # s\n  .name bytes @0", "", `kinds.txt:2: part "name" is not counted: bytes needs =WIDTH@OFFSET or =N`},
		{"counted part", "s struct 8 # s\n  .name string @0 =8", "", `kinds.txt:2: part "name" is counted: a string is one; want bytes, a struct or an array`},
		{"part twice", "s struct 8 # s\n  .a string @0\n  .a string @0", "", `kinds.txt:3: part "a" a second time`},
		{"parts", "s struct 8 # s" + strings.Join([]string{"", "a", "b", "c", "d", "e", "f", "g", "h"}, " string @0\n.") + " string @0", "", `kinds.txt:9: kind "s" has more than 7 parts`},
		{"pointer beyond", "s struct 16/8 # s\n  .name string @8", "", `kinds.txt:2: part "name": its pointer ends at byte 12 of i386's struct, which has 8`},
		{"x32's pointer", "s struct 16/8,x32=8 # s\n  .name string @8/4,x32=8", "", `kinds.txt:2: part "name": its pointer ends at byte 12 of x32's struct, which has 8`},
		{"count beyond", "s struct 16 # s\n  .name bytes @0 =u64@12", "", `kinds.txt:2: part "name": its count ends at byte 20 of amd64's struct, which has 16`},

		{"row", kinds, "\nread fd", "calls.txt:2: not a row: read fd"},
		{"argument", kinds, "read(fd)", `calls.txt:1: not an argument: "fd"`},
		{"set", kinds, "read() %all", `calls.txt:1: unknown set "%all"`},
		{"ABI", kinds, "read@mips()", `calls.txt:1: unknown ABI "mips"`},
		{"kind", kinds, "read(size size)", `calls.txt:1: read of amd64: unknown kind "size"`},
		{"return", kinds, "read() count", `calls.txt:1: read of amd64: unknown kind "count"`},
		{"memory", kinds, "read(n int:in)", "calls.txt:1: read of amd64: n: a kind without a layout: int"},
		{"descriptor", kinds, "read(fd fd:in)", "calls.txt:1: read of amd64: fd: a descriptor has no memory: in; only early, that the call may close it, and out, that the call changes it"},
		{"count of a descriptor", kinds, "read(fd fd:early=n, n int)", "calls.txt:1: read of amd64: fd: a count of nothing"},
		{"moment", kinds, "read(buf bytes:late)", `calls.txt:1: read of amd64: buf: unknown moment "late": want one of around, early, in, inout, out`},
		{"count", kinds, "read(buf bytes:in=n)", `calls.txt:1: read of amd64: buf: it is counted by "n", which is no argument`},
		{"count of nothing", kinds, "read(buf bytes=n, n int)", "calls.txt:1: read of amd64: buf: a count of nothing"},
		{"registers", kinds, "read(a int, b int, c int, d int, e int, f int, g int)", "calls.txt:1: read of amd64: 7 arguments"},
		{"no row", kinds, "", "calls.txt: no row for read of amd64"},
		{"no call", kinds, "read()\nopnat()", "calls.txt:2: no ABI has the call opnat"},
		{"two rows", kinds, "read(n int)\nread()", "calls.txt:1: another row of read: want one for an ABI, and one for all others"},
		{"two rows of an ABI", kinds, "read@amd64(n int)\nread@amd64,arm()", "calls.txt:2: another row of read: want one for an ABI, and one for all others"},

		{"value", kinds, "read[n=x](n int)", `calls.txt:1: "x" is no value: want a decimal or hexadecimal number below 2^32`},
		{"octal value", kinds, "read[n=010](n int)", `calls.txt:1: "010" is no value: want a decimal or hexadecimal number below 2^32`},
		{"no value", kinds, "read[n=](n int)", `calls.txt:1: "" is no value: want a decimal or hexadecimal number below 2^32`},
		{"wide value", kinds, "read[n=0x100000000](n int)", `calls.txt:1: "0x100000000" is no value: want a decimal or hexadecimal number below 2^32`},
		{"range", kinds, "read[n=3-2](n int)", "calls.txt:1: the range 3-2 ends before it begins"},
		{"long range", kinds, "read[n=7|1000-1255](n int)", "calls.txt:1: more than 256 values: 7|1000-1255"},
		{"longest range", kinds, "read[n=0-4294967295](n int)", "calls.txt:1: more than 256 values: 0-4294967295"},
		{"value twice", kinds, "read[n=1-3|2](n int)", "calls.txt:1: value 0x2 a second time"},
		{"variant's sets", kinds, "read[n=1](n int) int %desc", "calls.txt:1: a variant with %desc: its sets are those of read's own row"},
		{"variant alone", kinds, "read[n=1](n int)", "calls.txt: no row for read of amd64\ncalls.txt:1: a variant of read, which has no row of its own: want read(...) for all other values"},
		{"variant of no call", kinds, "read()\nopnat[n=1](n int)", "calls.txt:2: a variant of opnat, which has no row of its own: want opnat(...) for all other values"},
		{"variants by two arguments", kinds, "read(n int, m int)\nread[n=1](n int)\nread[m=1](n int, m int)", "calls.txt:3: a variant of read by m: those of calls.txt:2 go by n"},
		{"variant by nothing", kinds, "read(m int)\nread[n=1](n int)", "calls.txt:2: read of amd64: its row has no argument n"},
		{"variant without the argument", kinds, "read(n int)\nread[n=1](m int)", "calls.txt:2: read of amd64: n must be argument 0, as it is in the call's own row"},
		{"variant with the argument elsewhere", kinds, "read(n int)\nread[n=1](m int, n int)", "calls.txt:2: read of amd64: n must be argument 0, as it is in the call's own row"},
		{"variant's kind", kinds, "read(n int)\nread[n=1](n int) count", `calls.txt:2: read of amd64: unknown kind "count"`},
		{"variant's registers", kinds, "read(n int)\nread[n=1](n int, b int, c int, d int, e int, f int, g int)", "calls.txt:2: read of amd64: 7 arguments"},
		{"variants overlap", kinds, "read(n int)\nread[n=1-3](n int)\nread[n=7|2](n int)", "calls.txt:3: read of amd64: the value 0x2 of n is one of calls.txt:2 already"},
		{"ABI's variants overlap", kinds, "read(n int)\nread@amd64,arm[n=1](n int)\nread@amd64[n=1](n int)", "calls.txt:3: read of amd64: the value 0x1 of n is one of calls.txt:2 already"},
		{"another ABI's variant", kinds, "read(n int)\nread@arm[n=1](n int)", "calls.txt:2: no ABI has the call read, or all values are those of ABIs' own variants"},
		{"variant that never is", kinds, "read(n int)\nread@amd64[n=1](n int)\nread[n=1](n int)", "calls.txt:3: no ABI has the call read, or all values are those of ABIs' own variants"},
	}
	numbers := map[string]map[string]int{"amd64": {"read": 0}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			kinds, err := parseKinds(splitLines("kinds.txt", test.kinds))
			var rows []*row
			if err == nil {
				rows, err = parseRows(splitLines("calls.txt", test.rows))
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
