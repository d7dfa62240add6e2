package syscalls

import (
	"bufio"
	"fmt"
	"iter"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"traceloop/ring"
)

// known are the numbers whose names differ between a table and the second
// source, with the reason.
var known = []struct {
	abi    ABI
	number uint32
	header string
	name   string // empty: no call
}{
	// Where an architecture's own calls begin; arm64 has none.
	{ARM64, 244, "arch_specific_syscall", ""},
	// The kernel's names for arm's calls with their arguments in another
	// order; strace shows them under these.
	{ARM, 270, "arm_fadvise64_64", "fadvise64_64"},
	{ARM, 341, "arm_sync_file_range", "sync_file_range2"},
}

// secondSource reads testdata/numbers.txt.
func secondSource(t *testing.T) map[ABI]map[uint32]string {
	t.Helper()
	file, err := os.Open("testdata/numbers.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()

	numbers := map[ABI]map[uint32]string{}
	abis := map[string][]ABI{"all": ABIs()}
	for _, abi := range ABIs() {
		numbers[abi] = map[uint32]string{}
		abis[abi.String()] = []ABI{abi}
	}
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		words := strings.Fields(scanner.Text())
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		if len(words) != 3 || abis[words[0]] == nil {
			t.Fatalf("not ABI, number and name: %q", scanner.Text())
		}
		number, err := strconv.ParseUint(words[1], 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		for _, abi := range abis[words[0]] {
			numbers[abi][uint32(number)] = words[2]
		}
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return numbers
}

func TestNumbersAgreeWithHeaders(t *testing.T) {
	want := secondSource(t)
	for _, difference := range known {
		if got := want[difference.abi][difference.number]; got != difference.header {
			t.Errorf("%s %d is %q in the second source, not %q: no difference any more?", difference.abi, difference.number, got, difference.header)
		}
		if difference.name == "" {
			delete(want[difference.abi], difference.number)
		} else {
			want[difference.abi][difference.number] = difference.name
		}
	}
	for _, abi := range ABIs() {
		t.Run(abi.String(), func(t *testing.T) {
			got := map[uint32]string{}
			for number, call := range Numbers(abi) {
				got[number] = call.Name
			}
			if diff := cmp.Diff(want[abi], got); diff != "" {
				t.Errorf("second source (-), table (+):\n%s", diff)
			}
		})
	}
}

func TestLookup(t *testing.T) {
	tests := []struct {
		abi    ABI
		number uint32
		want   string // empty: unknown
	}{
		{AMD64, 0, "read"},
		{AMD64, 257, "openat"},
		{AMD64, 400, ""},
		{AMD64, 512, ""},
		{AMD64, 0xf0002, ""},
		{AMD64, 1 << 31, ""},
		{AMD64, x32Bit, ""},
		{I386, 5, "open"},
		{I386, 257, "remap_file_pages"},
		{X32, 0, "read"},
		{X32, x32Bit, "read"},
		{X32, 16, ""},
		{X32, x32Bit | 514, "ioctl"},
		{ARM64, 56, "openat"},
		{ARM64, 244, ""},
		{ARM, 0, "restart_syscall"},
		{ARM, 322, "openat"},
		{ARM, 0xf0000, ""},
		{ARM, 0xf0002, "cacheflush"},
		{ARM, 0xf0007, ""},
		{ARM, 0xffffffff, ""},
		{0, 0, ""},
		{ARM + 1, 0, ""},
	}
	for _, test := range tests {
		got := ""
		if call := Lookup(test.abi, test.number); call != nil {
			got = call.Name
		}
		if got != test.want {
			t.Errorf("Lookup(%s, %#x) = %q, want %q", test.abi, test.number, got, test.want)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, abi := range ABIs() {
		for number, call := range Numbers(abi) {
			if got, known := Number(abi, call.Name); !known || got != number {
				t.Errorf("Number(%s, %q) = %d, %t; want %d", abi, call.Name, got, known, number)
			}
			if Lookup(abi, number) != call {
				t.Errorf("Lookup(%s, %d) is not what Numbers yields", abi, number)
			}
		}
	}
	for _, name := range []string{"", "opnat", "mmap2"} {
		if number, known := Number(AMD64, name); known {
			t.Errorf("Number(amd64, %q) = %d, want none", name, number)
		}
	}
}

// rows yields every row of the ABI: the calls' own and their variants.
func rows(abi ABI) iter.Seq2[string, *Call] {
	return func(yield func(string, *Call) bool) {
		for number, call := range Numbers(abi) {
			if !yield(fmt.Sprintf("%s %d %s", abi, number, call.Name), call) {
				return
			}
			for value, variant := range call.Variants() {
				if !yield(fmt.Sprintf("%s %d %s[%#x]", abi, number, call.Name, value), variant) {
					return
				}
			}
		}
	}
}

// TestRows checks every row of every ABI for what a recorder relies on.
func TestRows(t *testing.T) {
	for _, abi := range ABIs() {
		for name, row := range rows(abi) {
			checkRow(abi, row, func(format string, arguments ...any) {
				t.Helper()
				t.Errorf("%s: "+format, append([]any{name}, arguments...)...)
			})
		}
	}
}

// failure says what is wrong with a row.
type failure func(format string, arguments ...any)

func checkRow(abi ABI, row *Call, fail failure) {
	const (
		earlySpace    = 2560 // of a task, for all captures at entry but execve's
		captureHeader = 4    // struct capture of recorder/bpf/layout.h
		maxCaptures   = 12   // of a row, with their parts
	)
	if len(row.Arguments) > 6 {
		fail("%d arguments", len(row.Arguments))
	}
	isExec := row.Name == "execve" || row.Name == "execveat"
	captures, early := 0, 0
	names := map[string]bool{}
	for i := range row.Arguments {
		argument := &row.Arguments[i]
		memory := &argument.Memory
		if argument.Name == "" || names[argument.Name] && !argument.Hidden() {
			fail("argument %d is named %q", i, argument.Name)
		}
		names[argument.Name] = true
		if argument.Wide && (i+1 == len(row.Arguments) || row.Arguments[i+1].Kind != KindUpperHalf) {
			fail("%s has no upper half", argument.Name)
		}
		if argument.Kind == KindUpperHalf && (i == 0 || !row.Arguments[i-1].Wide) {
			fail("%s is the upper half of nothing", argument.Name)
		}
		if argument.Wide && abi.PointerSize() == 8 {
			fail("%s is in two registers", argument.Name)
		}
		if memory.Layout == ring.LayoutNone {
			checkNoMemory(fail, argument)
			continue
		}
		captures += 1 + len(memory.Parts)
		if memory.When == 0 || memory.Size == 0 {
			fail("%s: moment %d, size %d", argument.Name, memory.When, memory.Size)
		}
		if (memory.Layout == ring.LayoutArray || memory.OneByOne()) && int(memory.Size) > ring.ArrayLimit {
			fail("%s has elements of %d bytes", argument.Name, memory.Size)
		}
		checkCount(fail, row, argument)
		checkParts(fail, abi, memory)

		if isExec || memory.When != ring.WhenEarly && memory.When != ring.WhenInOut {
			continue
		}
		switch memory.Layout {
		case ring.LayoutStruct:
			early += captureHeader + int(memory.Size)
		case ring.LayoutArray:
			early += captureHeader + ring.ArrayLimit
		default:
			fail("%s is captured early and has no bound", argument.Name)
		}
	}
	if captures > maxCaptures {
		fail("%d captures, parts among them", captures)
	}
	if early > earlySpace {
		fail("%d bytes are captured early", early)
	}
}

// checkNoMemory checks an argument without memory: it has nothing that belongs
// to memory, or is a descriptor that the call closes or changes.
func checkNoMemory(fail failure, argument *Argument) {
	want := Memory{}
	switch argument.Kind {
	case KindFD, KindDirfd, KindPidfd:
		if when := argument.Memory.When; when == ring.WhenEarly || when == ring.WhenOut {
			want.When = when
		}
	}
	if !reflect.DeepEqual(argument.Memory, want) {
		fail("%s: %+v", argument.Name, argument.Memory)
	}
}

// checkParts checks that what an argument's struct points to can be found in
// what is captured of it.
func checkParts(fail failure, abi ABI, memory *Memory) {
	if len(memory.Parts) > 7 {
		fail("%d parts", len(memory.Parts))
	}
	if len(memory.Parts) > 0 && memory.Layout != ring.LayoutStruct && !memory.OneByOne() {
		fail("parts of memory of layout %d, which is no struct", memory.Layout)
	}
	if memory.Layout == ring.LayoutPointers && memory.Count == ring.CountOne {
		fail("a vector of pointers is not counted")
	}
	if n := memory.Descriptors; n != 0 && (n < 4 || uint16(n) > memory.Size) {
		fail("a descriptor every %d bytes of %d", n, memory.Size)
	}
	for _, part := range memory.Parts {
		if end := int(part.Pointer) + abi.PointerSize(); end > int(memory.Size) {
			fail("part %s: its pointer ends at %d of %d", part.Name, end, memory.Size)
		}
		if part.Size == 0 || part.Layout == ring.LayoutArray && int(part.Size) > ring.ArrayLimit {
			fail("part %s: size %d", part.Name, part.Size)
		}
		switch count := part.Count; count.Width {
		case 0:
			if count.Constant == 0 || count.Offset != 0 {
				fail("part %s: %+v", part.Name, count)
			}
		case 2, 4, 8:
			if end := int(count.Offset) + int(count.Width); end > int(memory.Size) || count.Constant != 0 {
				fail("part %s of %d bytes: %+v", part.Name, memory.Size, count)
			}
		default:
			fail("part %s: %+v", part.Name, count)
		}
	}
}

// checkCount checks that what an argument's memory is counted by can be had.
func checkCount(fail failure, call *Call, argument *Argument) {
	count, memory := argument.Memory.Count, argument.Memory
	inRange := func(base ring.Count) bool { return count >= base && int(count-base) < len(call.Arguments) }
	switch {
	case count == ring.CountReturn:
		if memory.When != ring.WhenOut {
			fail("%s is counted by what the call returns before it does", argument.Name)
		}
	case count == ring.CountSelf:
		if int(memory.CountOffset)+4 > int(memory.Size) {
			fail("%s has its length at byte %d of %d", argument.Name, memory.CountOffset, memory.Size)
		}
	case count >= ring.CountArgumentBelow && inRange(ring.CountArgumentBelow):
	case count == ring.CountOne:
		switch memory.Layout {
		case ring.LayoutBytes, ring.LayoutBuffers:
			fail("%s is not counted", argument.Name)
		}
	case count < ring.CountReturn && inRange(ring.CountArgument), count >= ring.CountArgumentBits && inRange(ring.CountArgumentBits):
	case count >= ring.CountPointed && count < ring.CountArgumentBits && inRange(ring.CountPointed):
		if pointer := call.Arguments[count-ring.CountPointed].Memory; pointer.When != ring.WhenInOut || pointer.Size != 4 {
			fail("%s is counted by what is no number in and out: %+v", argument.Name, pointer)
		}
	default:
		fail("%s: count %d", argument.Name, count)
	}
}

// TestRegisters checks how 64-bit values are passed, of which each ABI has its
// own way (arch/arm64/kernel/sys32.c, arch/x86/kernel/sys_ia32.c).
func TestRegisters(t *testing.T) {
	tests := []struct {
		abi  ABI
		name string
		want string // names of the arguments; + of a lower half, ^ of an upper, - of padding
	}{
		{AMD64, "pread64", "fd buf count pos"},
		{I386, "pread64", "fd buf count pos+ ^"},
		{X32, "pread64", "fd buf count pos"},
		{ARM64, "pread64", "fd buf count pos"},
		{ARM, "pread64", "fd buf count - pos+ ^"},
		{ARM, "ftruncate64", "fd - length+ ^"},
		{I386, "ftruncate64", "fd length+ ^"},
		{ARM, "readahead", "fd - offset+ ^ count"},
		{I386, "readahead", "fd offset+ ^ count"},
		{ARM, "fallocate", "fd mode offset+ ^ len+ ^"},
		{I386, "fallocate", "fd mode offset+ ^ len+ ^"},
		{ARM, "fadvise64_64", "fd advice offset+ ^ len+ ^"},
		{I386, "fadvise64_64", "fd offset+ ^ len+ ^ advice"},
		{I386, "fadvise64", "fd offset+ ^ len advice"},
		{ARM, "sync_file_range2", "fd flags offset+ ^ nbytes+ ^"},
		{I386, "sync_file_range", "fd offset+ ^ nbytes+ ^ flags"},
		{ARM, "fanotify_mark", "fanotify_fd flags mask+ ^ dfd pathname"},
		{ARM, "lookup_dcookie", "cookie64+ ^ buf len"},
		{AMD64, "preadv", "fd vec vlen pos"},
		{I386, "preadv", "fd vec vlen pos+ ^"},
		{ARM, "preadv", "fd vec vlen pos+ ^"},
		{AMD64, "preadv2", "fd vec vlen pos - flags"},
		{X32, "preadv2", "fd vec vlen pos flags"},
		{ARM64, "pwritev2", "fd vec vlen pos - flags"},
		{ARM, "pwritev2", "fd vec vlen pos+ ^ flags"},
		{AMD64, "clone", "clone_flags newsp parent_tidptr child_tidptr tls"},
		{ARM64, "clone", "clone_flags newsp parent_tidptr tls child_tidptr"},
		{I386, "mmap", "arg"},
		{I386, "select", "arg"},
	}
	for _, test := range tests {
		number, known := Number(test.abi, test.name)
		if !known {
			t.Errorf("%s has no %s", test.abi, test.name)
			continue
		}
		var got []string
		for _, argument := range Lookup(test.abi, number).Arguments {
			switch {
			case argument.Kind == KindPadding:
				got = append(got, "-")
			case argument.Kind == KindUpperHalf:
				got = append(got, "^")
			case argument.Wide:
				got = append(got, argument.Name+"+")
			default:
				got = append(got, argument.Name)
			}
		}
		if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", test.abi, test.name, diff)
		}
	}
}

// TestIndirectCalls checks the numbers of calls that another one makes.
func TestIndirectCalls(t *testing.T) {
	const socketcall, connect = 102, 3
	if row := Lookup(I386, socketcall|connect<<16); row == nil || row.Name != "connect" {
		t.Errorf("socketcall's number 3 is %v", row)
	}
	for _, number := range []uint32{socketcall | 99<<16, 1 | connect<<16, 0xffff0000 | socketcall} {
		if row := Lookup(I386, number); row != nil {
			t.Errorf("%#x is %s", number, row.Name)
		}
	}
	if row := Lookup(AMD64, socketcall|connect<<16); row != nil {
		t.Errorf("amd64 has %s", row.Name)
	}
}

// TestVariants checks the variants against what Variant finds.
func TestVariants(t *testing.T) {
	for _, abi := range ABIs() {
		for number, call := range Numbers(abi) {
			index, ok := call.VariantArgument()
			arguments := make([]uint64, 6)
			previous := int64(-1)
			for value, variant := range call.Variants() {
				if !ok || index >= len(call.Arguments) {
					t.Fatalf("%s %s: variants by argument %d, %t", abi, call.Name, index, ok)
				}
				if int64(value) <= previous {
					t.Errorf("%s %s: value %#x follows %#x", abi, call.Name, value, previous)
				}
				previous = int64(value)
				if call.Indirect() {
					if Lookup(abi, number|value<<16) != variant || call.Variant([]uint64{uint64(value)}) != call {
						t.Errorf("%s %s: %#x does not lead to %s by its number alone", abi, call.Name, value, variant.Name)
					}
					continue
				}
				if variant.Name != call.Name || variant.Sets != call.Sets || len(variant.variants) > 0 {
					t.Errorf("%s %s[%#x]: %+v", abi, call.Name, value, variant)
				}
				if index >= len(variant.Arguments) || variant.Arguments[index].Name != call.Arguments[index].Name {
					t.Errorf("%s %s[%#x]: argument %d is not the one that it goes by", abi, call.Name, value, index)
				}
				arguments[index] = 0xffffffff<<32 | uint64(value)
				if call.Variant(arguments) != variant {
					t.Errorf("%s %s: %#x does not lead to its variant", abi, call.Name, value)
				}
			}
			if Lookup(abi, number) != call {
				t.Errorf("%s %s: Lookup finds another row", abi, call.Name)
			}
		}
	}
}

func TestVariant(t *testing.T) {
	first, last := &calls[3], &calls[7]
	call := &Call{Name: "ioctl", variantArgument: 1, variants: []variant{{0, 3}, {5, 7}, {6, 3}, {0x5401, 3}, {1<<32 - 1, 7}}}
	tests := []struct {
		name      string
		call      *Call
		arguments []uint64
		want      *Call
	}{
		{"least", call, []uint64{9, 0, 9}, first},
		{"middle", call, []uint64{9, 5, 9}, last},
		{"range", call, []uint64{9, 6, 9}, first},
		{"greatest", call, []uint64{9, 1<<32 - 1}, last},
		{"upper half", call, []uint64{9, 0xffffffff<<32 | 0x5401}, first},
		{"before one", call, []uint64{9, 4}, call},
		{"after one", call, []uint64{9, 0x5402}, call},
		{"no such argument", call, []uint64{5}, call},
		{"no arguments", call, nil, call},
		{"no variants", first, []uint64{0, 5}, first},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.call.Variant(test.arguments); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if allocations := testing.AllocsPerRun(10, func() { test.call.Variant(test.arguments) }); allocations != 0 {
				t.Errorf("%v allocations", allocations)
			}
		})
	}
	if index, ok := call.VariantArgument(); index != 1 || !ok {
		t.Errorf("variants by argument %d, %t", index, ok)
	}
	if _, ok := first.VariantArgument(); ok {
		t.Error("a row without variants has an argument that they go by")
	}
	for value, row := range call.Variants() {
		if value != 0 || row != first {
			t.Errorf("the first variant is that of %#x: %+v", value, row)
		}
		break
	}
}

// TestVariantMemory checks a variant whose struct differs by ABI.
func TestVariantMemory(t *testing.T) {
	const getFlags, setLock, setLock64 = 3, 6, 13
	tests := []struct {
		abi       ABI
		name      string
		command   uint64
		arguments int
		size      uint16
	}{
		{AMD64, "fcntl", getFlags, 2, 0},
		{AMD64, "fcntl", setLock, 3, 32},
		{AMD64, "fcntl", setLock | 1<<40, 3, 32},
		{AMD64, "fcntl", 9999, 3, 0},
		{I386, "fcntl", setLock, 3, 16},
		{I386, "fcntl64", setLock64, 3, 24},
		{X32, "fcntl", setLock, 3, 32},
		{ARM, "fcntl64", setLock64, 3, 32},
	}
	for _, test := range tests {
		number, known := Number(test.abi, test.name)
		if !known {
			t.Errorf("%s has no %s", test.abi, test.name)
			continue
		}
		row := Lookup(test.abi, number).Variant([]uint64{3, test.command, 0, 0, 0, 0})
		if len(row.Arguments) != test.arguments {
			t.Errorf("%s %s, command %d: %d arguments, want %d", test.abi, test.name, test.command, len(row.Arguments), test.arguments)
			continue
		}
		var size uint16
		if len(row.Arguments) > 2 {
			size = row.Arguments[2].Memory.Size
		}
		if size != test.size {
			t.Errorf("%s %s, command %d: %d bytes, want %d", test.abi, test.name, test.command, size, test.size)
		}
	}
}

func TestOneByOne(t *testing.T) {
	parts := []Part{{Name: "buffer", Layout: ring.LayoutString, Size: 1, Count: PartCount{Constant: 1}}}
	tests := []struct {
		memory Memory
		want   bool
	}{
		{Memory{Layout: ring.LayoutStruct, Parts: parts}, false},
		{Memory{Layout: ring.LayoutArray}, false},
		{Memory{Layout: ring.LayoutArray, Parts: parts}, true},
		{Memory{Layout: ring.LayoutPointers}, true},
		{Memory{}, false},
	}
	for _, test := range tests {
		if got := test.memory.OneByOne(); got != test.want {
			t.Errorf("%+v: got %t, want %t", test.memory, got, test.want)
		}
	}
}

func TestMemory(t *testing.T) {
	tests := []struct {
		abi      ABI
		name     string
		argument int
		want     Memory
	}{
		{AMD64, "openat", 1, Memory{Layout: ring.LayoutPath, When: ring.WhenIn, Size: 1, Count: ring.CountOne}},
		{AMD64, "read", 1, Memory{Layout: ring.LayoutBytes, When: ring.WhenOut, Size: 1, Count: ring.CountReturn}},
		{AMD64, "write", 1, Memory{Layout: ring.LayoutBytes, When: ring.WhenIn, Size: 1, Count: ring.CountArgument + 2}},
		{AMD64, "stat", 1, Memory{Layout: ring.LayoutStruct, When: ring.WhenOut, Size: 120, Count: ring.CountOne}},
		{I386, "stat", 1, Memory{Layout: ring.LayoutStruct, When: ring.WhenOut, Size: 64, Count: ring.CountOne}},
		{I386, "stat64", 1, Memory{Layout: ring.LayoutStruct, When: ring.WhenOut, Size: 96, Count: ring.CountOne}},
		{ARM, "stat64", 1, Memory{Layout: ring.LayoutStruct, When: ring.WhenOut, Size: 104, Count: ring.CountOne}},
		{AMD64, "recvfrom", 1, Memory{Layout: ring.LayoutBytes, When: ring.WhenOut, Size: 1, Count: ring.CountReturn, Limit: ring.CountArgument + 2}},
		{AMD64, "futex", 3, Memory{Layout: ring.LayoutStruct, When: ring.WhenIn, Size: 16, Only: Condition{Argument: 1, Mask: 0x7f, Values: 0x2a41}}},
		{AMD64, "nanosleep", 0, Memory{Layout: ring.LayoutStruct, When: ring.WhenEarly, Size: 16, Count: ring.CountOne}},
		{I386, "nanosleep", 0, Memory{Layout: ring.LayoutStruct, When: ring.WhenEarly, Size: 8, Count: ring.CountOne}},
		{I386, "clock_nanosleep_time64", 2, Memory{Layout: ring.LayoutStruct, When: ring.WhenEarly, Size: 16, Count: ring.CountOne}},
		{AMD64, "epoll_wait", 1, Memory{Layout: ring.LayoutArray, When: ring.WhenOut, Size: 12, Count: ring.CountReturn}},
		{ARM64, "epoll_pwait", 1, Memory{Layout: ring.LayoutArray, When: ring.WhenOut, Size: 16, Count: ring.CountReturn}},
		{AMD64, "accept4", 1, Memory{Layout: ring.LayoutStruct, When: ring.WhenOut, Size: 128, Count: ring.CountPointed + 2}},
		{AMD64, "select", 1, Memory{Layout: ring.LayoutStruct, When: ring.WhenInOut, Size: 128, Count: ring.CountArgumentBits}},
		{AMD64, "execve", 1, Memory{Layout: ring.LayoutStrings, When: ring.WhenEarly, Size: 1, Count: ring.CountOne}},
		{AMD64, "execve", 2, Memory{Layout: ring.LayoutCount, When: ring.WhenEarly, Size: 1, Count: ring.CountOne}},
		{AMD64, "writev", 1, Memory{Layout: ring.LayoutBuffers, When: ring.WhenIn, Size: 1, Count: ring.CountArgument + 2}},
		{AMD64, "pipe2", 0, Memory{Layout: ring.LayoutStruct, When: ring.WhenOut, Size: 8, Descriptors: 4}},
		{AMD64, "poll", 0, Memory{Layout: ring.LayoutArray, When: ring.WhenIn, Size: 8, Count: ring.CountArgument + 1, Descriptors: 8}},
		{AMD64, "close", 0, Memory{When: ring.WhenEarly}},
		{AMD64, "dup2", 0, Memory{}},
		{AMD64, "dup2", 1, Memory{When: ring.WhenEarly}},
		{ARM, "dup3", 1, Memory{When: ring.WhenEarly}},
		{AMD64, "mmap", 0, Memory{}},
	}
	for _, test := range tests {
		number, known := Number(test.abi, test.name)
		if !known {
			t.Errorf("%s has no %s", test.abi, test.name)
			continue
		}
		got := Lookup(test.abi, number).Arguments[test.argument].Memory
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s %s, argument %d (-want +got):\n%s", test.abi, test.name, test.argument, diff)
		}
	}
}

// TestKindsAreUsed finds kinds that no row has any more.
func TestKindsAreUsed(t *testing.T) {
	used := map[Kind]bool{KindNone: true} // what a Kind is before it is set
	for _, abi := range ABIs() {
		for _, row := range rows(abi) {
			used[row.Returns] = true
			for _, argument := range row.Arguments {
				used[argument.Kind] = true
			}
		}
	}
	for kind := range Kinds() {
		if !used[kind] {
			t.Errorf("no row has the kind %s", kind)
		}
	}
}

func TestABIOf(t *testing.T) {
	tests := []struct {
		architecture string
		way          ring.ABI
		want         ABI
	}{
		{"amd64", ring.ABINative, AMD64},
		{"amd64", ring.ABICompat, I386},
		{"amd64", ring.ABIX32, X32},
		{"arm64", ring.ABINative, ARM64},
		{"arm64", ring.ABICompat, ARM},
		{"arm64", ring.ABIX32, 0},
		{"riscv64", ring.ABINative, 0},
	}
	for _, test := range tests {
		if got := ABIOf(test.architecture, test.way); got != test.want {
			t.Errorf("ABIOf(%q, %d) = %s, want %s", test.architecture, test.way, got, test.want)
		}
	}
}

func TestStrings(t *testing.T) {
	tests := []struct{ got, want string }{
		{AMD64.String(), "amd64"},
		{ARM.String(), "arm"},
		{ABI(0).String(), "unknown"},
		{ABI(200).String(), "unknown"},
		{KindOpenFlags.String(), "open_flags"},
		{Kind(0).String(), "none"},
		{Kind(60000).String(), "unknown"},
		{(SetFile | SetDescriptor).String(), "%file,%desc"},
		{SetPure.String(), "%pure"},
		{Set(0).String(), ""},
	}
	for _, test := range tests {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

// BenchmarkVariant is what each event costs by Variant.
func BenchmarkVariant(b *testing.B) {
	many := &Call{variantArgument: 1}
	for value := range uint32(800) {
		many.variants = append(many.variants, variant{value * 77, 3})
	}
	arguments := []uint64{3, 300 * 77, 0, 0, 0, 0}
	for name, call := range map[string]*Call{"none": &calls[0], "many": many} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if call.Variant(arguments) == nil {
					b.Fatal("no row")
				}
			}
		})
	}
}

func BenchmarkLookup(b *testing.B) {
	for b.Loop() {
		if Lookup(AMD64, 257) == nil {
			b.Fatal("no openat")
		}
	}
}
