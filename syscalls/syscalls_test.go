package syscalls

import (
	"bufio"
	"os"
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

// TestRows checks every row of every ABI for what a recorder relies on.
func TestRows(t *testing.T) {
	const (
		earlySpace    = 512 // of a task, for all captures at entry but execve's
		captureHeader = 4   // struct capture of recorder/bpf/layout.h
	)
	for _, abi := range ABIs() {
		for number, call := range Numbers(abi) {
			fail := func(format string, arguments ...any) {
				t.Helper()
				t.Errorf("%s %d %s: "+format, append([]any{abi, number, call.Name}, arguments...)...)
			}
			if len(call.Arguments) > 6 {
				fail("%d arguments", len(call.Arguments))
			}
			early := 0
			names := map[string]bool{}
			for i := range call.Arguments {
				argument := &call.Arguments[i]
				memory := argument.Memory
				if argument.Name == "" || names[argument.Name] && !argument.Hidden() {
					fail("argument %d is named %q", i, argument.Name)
				}
				names[argument.Name] = true
				if argument.Wide && (i+1 == len(call.Arguments) || call.Arguments[i+1].Kind != KindUpperHalf) {
					fail("%s has no upper half", argument.Name)
				}
				if argument.Kind == KindUpperHalf && (i == 0 || !call.Arguments[i-1].Wide) {
					fail("%s is the upper half of nothing", argument.Name)
				}
				if argument.Wide && abi.PointerSize() == 8 {
					fail("%s is in two registers", argument.Name)
				}
				if (memory.Layout == ring.LayoutNone) != (memory == Memory{}) || (memory.When == 0) != (memory == Memory{}) {
					fail("%s: %+v", argument.Name, memory)
				}
				if memory.Layout != ring.LayoutNone && memory.Size == 0 {
					fail("%s has no size", argument.Name)
				}
				if memory.Layout == ring.LayoutArray && int(memory.Size) > ring.ArrayLimit {
					fail("%s has elements of %d bytes", argument.Name, memory.Size)
				}
				checkCount(fail, call, argument)

				isExec := call.Name == "execve" || call.Name == "execveat"
				if isExec || memory.When != ring.WhenEarly && memory.When != ring.WhenInOut {
					continue
				}
				if memory.Layout != ring.LayoutStruct {
					fail("%s is captured early and has no fixed size", argument.Name)
				}
				early += captureHeader + int(memory.Size)
			}
			if early > earlySpace {
				fail("%d bytes are captured early", early)
			}
		}
	}
}

// checkCount checks that what an argument's memory is counted by can be had.
func checkCount(fail func(string, ...any), call *Call, argument *Argument) {
	count, memory := argument.Memory.Count, argument.Memory
	inRange := func(base ring.Count) bool { return count >= base && int(count-base) < len(call.Arguments) }
	switch {
	case count == ring.CountReturn:
		if memory.When != ring.WhenOut {
			fail("%s is counted by what the call returns before it does", argument.Name)
		}
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
		{AMD64, "fcntl", 2, Memory{Layout: ring.LayoutStruct, When: ring.WhenIn, Size: 32, Only: Condition{Argument: 1, Mask: 0xffffffff, Values: 0xe0 | 7<<36}}},
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
		for _, call := range Numbers(abi) {
			used[call.Returns] = true
			for _, argument := range call.Arguments {
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

func BenchmarkLookup(b *testing.B) {
	for b.Loop() {
		if Lookup(AMD64, 257) == nil {
			b.Fatal("no openat")
		}
	}
}
