// Package syscalls is the table of system calls: for each architecture the
// names behind the numbers, and for each call its arguments' names and kinds
// and what memory a recorder captures for them. It is data, not code.
//
// Some calls are many in one: what ioctl(2) takes depends on its request. Such a
// call has a row and variants, each for certain values of one argument. Lookup
// and all that goes by number or name know the row; Call.Variant finds the
// variant.
//
// The data is in text files, which say how they are written and where their
// facts are from: calls.txt has a row per call, kinds.txt the kinds of arguments
// and the structs' sizes, numbers.txt what the published lists of numbers lack;
// families have files of their own, calls_*.txt and kinds_*.txt. To add a call or
// to change one, edit them and run go generate.
package syscalls

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"traceloop/ring"
)

//go:generate go run -C .. ./internal/generate/syscalls

// ABI is a way of calling the kernel: it decides what a number means and how
// wide pointers and longs are.
type ABI uint8

// The ABIs that have tables.
const (
	AMD64 ABI = iota + 1
	I386
	X32
	ARM64
	ARM
)

var abiNames = [...]string{AMD64: "amd64", I386: "i386", X32: "x32", ARM64: "arm64", ARM: "arm"}

// String returns the ABI's name as events have it: "amd64", "i386", "x32",
// "arm64" or "arm"; "unknown" for any other value.
func (a ABI) String() string {
	if a == 0 || int(a) >= len(abiNames) {
		return "unknown"
	}
	return abiNames[a]
}

// ABIs returns the ABIs that have tables.
func ABIs() []ABI { return []ABI{AMD64, I386, X32, ARM64, ARM} }

// ABIOf returns what a way of being called is on a kernel of an architecture,
// which is named as runtime.GOARCH names it: "amd64" or "arm64". It returns 0
// if there is no such thing.
func ABIOf(architecture string, way ring.ABI) ABI {
	switch architecture {
	case "amd64":
		switch way {
		case ring.ABINative:
			return AMD64
		case ring.ABICompat:
			return I386
		case ring.ABIX32:
			return X32
		}
	case "arm64":
		switch way {
		case ring.ABINative:
			return ARM64
		case ring.ABICompat:
			return ARM
		}
	}
	return 0
}

// PointerSize returns how many bytes a pointer of the ABI has.
func (a ABI) PointerSize() int {
	switch a {
	case AMD64, ARM64:
		return 8
	default:
		return 4
	}
}

// LongSize returns how many bytes the kernel gives to the ABI's longs. They
// are as wide as its pointers but for x32, where the kernel takes amd64's.
func (a ABI) LongSize() int {
	if a == X32 {
		return 8
	}
	return a.PointerSize()
}

// Call is a system call's row, as it is for the ABI through which it was found.
// Rows are shared and must not be changed.
type Call struct {
	// Name is the call's name as strace writes it.
	Name string
	// Arguments has one element per register, at most six: argument i is
	// what the i-th register holds.
	Arguments []Argument
	Returns   Kind
	Sets      Set

	// variantArgument is the index of the argument that the variants go by.
	variantArgument uint8
	variants        []variant // in the order of their values
	indirect        bool
}

// variant is the row for one value of an argument.
type variant struct {
	value uint32
	row   uint16 // index into calls
}

// Variant returns the row for what the registers hold: the variant of the
// argument's value, compared by its lower 32 bits, or the call's own row. It is
// made to be called for every event.
func (c *Call) Variant(arguments []uint64) *Call {
	if len(c.variants) == 0 || int(c.variantArgument) >= len(arguments) {
		return c
	}
	if variant := c.variant(uint32(arguments[c.variantArgument])); variant != nil && !c.indirect {
		return variant
	}
	return c
}

// variant returns the row for a value of the argument that the variants go by,
// nil if there is none.
func (c *Call) variant(value uint32) *Call {
	low, high := 0, len(c.variants)
	for low < high {
		middle := int(uint(low+high) / 2)
		if c.variants[middle].value < value {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low == len(c.variants) || c.variants[low].value != value {
		return nil
	}
	return &calls[c.variants[low].row]
}

// Indirect reports whether the call's variants are other calls: their arguments
// are not in registers but stand, as 32-bit words, where its second argument
// points to (socketcall(2) of i386). Such a call's number has the value that
// says which it is in its upper 16 bits: see [Lookup].
func (c *Call) Indirect() bool { return c.indirect }

// Duplicates reports whether what the call returns is another file descriptor
// for the file of its first argument: dup(2) and its kin, F_DUPFD of fcntl(2).
func (c *Call) Duplicates() bool {
	switch c.Name {
	case "dup", "dup2", "dup3", "fcntl", "fcntl64":
		return c.Returns == KindFD
	}
	return false
}

// VariantArgument returns the index of the argument that the call's variants go
// by, and whether it has any.
func (c *Call) VariantArgument() (index int, ok bool) {
	return int(c.variantArgument), len(c.variants) > 0
}

// Variants yields the call's variants in the order of the argument's values.
// One with several values is yielded for each; its row is the same.
func (c *Call) Variants() iter.Seq2[uint32, *Call] {
	return func(yield func(uint32, *Call) bool) {
		for _, v := range c.variants {
			if !yield(v.value, &calls[v.row]) {
				return
			}
		}
	}
}

// Argument is a system call's argument.
type Argument struct {
	// Name is as in the kernel's prototype (include/linux/syscalls.h).
	Name string
	Kind Kind
	// Wide says that this is the lower half of a 64-bit value, of which the
	// next argument, a KindUpperHalf, has the upper 32 bits.
	Wide   bool
	Memory Memory
}

// Hidden reports whether the argument is none that the caller's prototype has:
// a register that only pads, or the upper half of a value that a Wide argument
// began.
func (a *Argument) Hidden() bool { return a.Kind == KindPadding || a.Kind == KindUpperHalf }

// Memory says what memory behind a pointer argument is captured, and when.
// The zero Memory captures nothing.
//
// One without a layout that has a moment, ring.WhenEarly, is a file descriptor's
// that the call closes: what it is must be looked at when the call begins.
type Memory struct {
	Layout ring.Layout
	When   ring.When
	// Size is of the struct or of one element, in bytes; 1 where the bytes
	// themselves are counted.
	Size  uint16
	Count ring.Count
	// CountOffset is where the memory itself has its length, in 32 bits, if
	// Count is ring.CountSelf.
	CountOffset uint16
	// Extra is how many bytes there are besides those that Count counts, such
	// as a message's type before its text.
	Extra uint16
	// Limit is a ring.CountArgument: Count is never taken for more than that
	// argument's value. Zero sets no limit.
	Limit ring.Count
	// Only says for which calls the argument points to memory at all.
	Only Condition
	// Descriptors is how many bytes there are from one file descriptor in the
	// memory to the next, of which the first is at its beginning and each has
	// four bytes; 0 if it has none.
	Descriptors uint8
	// Parts are what the struct points to in turn. They are captured when it
	// is; of ring.WhenInOut only when the call has ended. Captures have their
	// number, from one, in this order.
	Parts []Part
}

// OneByOne reports whether the elements are captured one by one, each followed
// by its parts, and not all together.
func (m *Memory) OneByOne() bool {
	return m.Layout == ring.LayoutPointers || m.Layout == ring.LayoutArray && len(m.Parts) > 0
}

// Part is memory that a captured struct points to.
type Part struct {
	Name   string
	Layout ring.Layout
	// Size is of the struct or of one element, in bytes; 1 where the bytes
	// themselves are counted.
	Size uint16
	// Pointer is where in the struct the pointer stands, which is as wide as
	// the ABI's pointers are.
	Pointer uint16
	Count   PartCount
	// Limit is where in the struct another number stands, of 32 bits, that
	// says how many bytes of the part the call filled; 0 if none does.
	Limit uint16
	// Only says for which structs there is this part at all: Argument is
	// where in the struct a number of 16 bits stands.
	Only Condition
	// Control says that the part is control messages (cmsg(3)), which may
	// have file descriptors.
	Control bool
}

// PartCount says how many bytes or elements a part has: a number in the struct,
// or always the same.
type PartCount struct {
	Width    uint8  // of the number, in bytes: 2, 4 or 8; 0 if it is Constant
	Offset   uint16 // where in the struct the number stands
	Constant uint16 // with Width 0; 1 for what is not counted
}

// Condition is about the value of another argument, such as fcntl's command.
type Condition struct {
	Argument uint8
	Mask     uint32 // the bits of the argument that count
	// Values has a bit for each value below 64 for which the condition holds.
	// With no bits it always holds.
	Values uint64
}

// Holds reports whether the condition holds for a call's arguments.
func (c Condition) Holds(arguments []uint64) bool {
	if c.Values == 0 {
		return true
	}
	if int(c.Argument) >= len(arguments) {
		return false
	}
	value := uint32(arguments[c.Argument]) & c.Mask
	return value < 64 && c.Values>>value&1 != 0
}

// Kind says what the value of an argument means, and so how it is shown.
type Kind uint16

// String returns the kind's name as it is in kinds.txt; "unknown" for a value
// that is none.
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return "unknown"
	}
	return kindNames[k]
}

// Kinds returns all kinds.
func Kinds() iter.Seq[Kind] {
	return func(yield func(Kind) bool) {
		for i := range kindNames {
			if !yield(Kind(i)) {
				return
			}
		}
	}
}

// table has the index of a row in calls, plus one, at the place of the row's
// number; zero where there is no call.
type table []uint16

// x32Bit is set in the number of every x32 call
// (arch/x86/include/uapi/asm/unistd.h, __X32_SYSCALL_BIT).
const x32Bit = 0x40000000

// privateBase is where arm's own calls begin
// (arch/arm/include/uapi/asm/unistd.h, __ARM_NR_BASE).
const privateBase = 0xf0000

// tables returns the ABI's table and that of the numbers from privateBase on.
func (a ABI) tables() (common, private table) {
	switch a {
	case AMD64:
		return tableAMD64, nil
	case I386:
		return tableI386, nil
	case X32:
		return tableX32, nil
	case ARM64:
		return tableARM64, nil
	case ARM:
		return tableARM, privateARM
	}
	return nil, nil
}

// Lookup returns the row of a call, nil if the ABI has none of that number. A
// number whose upper 16 bits are not zero is that of a call which another one
// made: see [Call.Indirect].
// X32's numbers are taken with and without the bit 0x40000000.
func Lookup(abi ABI, number uint32) *Call {
	if abi == X32 {
		number &^= x32Bit
	}
	rows, private := abi.tables()
	if inner := number >> 16; inner != 0 && abi == I386 {
		row := Lookup(abi, number&0xffff)
		if row == nil || !row.indirect {
			return nil
		}
		if other := row.variant(inner); other != nil {
			return other
		}
		return nil
	}
	if number >= privateBase {
		rows, number = private, number-privateBase
	}
	if uint64(number) >= uint64(len(rows)) || rows[number] == 0 {
		return nil
	}
	return &calls[rows[number]-1]
}

// Numbers yields the ABI's calls in the order of their numbers. X32's are
// without the bit 0x40000000.
func Numbers(abi ABI) iter.Seq2[uint32, *Call] {
	return func(yield func(uint32, *Call) bool) {
		common, private := abi.tables()
		for number, row := range common {
			if row != 0 && !yield(uint32(number), &calls[row-1]) {
				return
			}
		}
		for number, row := range private {
			if row != 0 && !yield(privateBase+uint32(number), &calls[row-1]) {
				return
			}
		}
	}
}

// numbersByName are made when a name is first asked for.
var numbersByName = sync.OnceValue(func() map[ABI]map[string]uint32 {
	all := map[ABI]map[string]uint32{}
	for _, abi := range ABIs() {
		all[abi] = map[string]uint32{}
		for number, call := range Numbers(abi) {
			all[abi][call.Name] = number
		}
	}
	return all
})

// Number returns the number of the ABI's call of that name, and whether it has
// one. X32's are without the bit 0x40000000.
func Number(abi ABI, name string) (uint32, bool) {
	number, known := numbersByName()[abi][name]
	return number, known
}

// Names returns the names of all calls of all ABIs, sorted.
func Names() []string {
	names := map[string]bool{}
	for _, ofABI := range numbersByName() {
		for name := range ofABI {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// Set is a set of strace's sets of calls.
type Set uint32

// The sets, which are those of strace(1), option -e trace.
const (
	SetFile        Set = 1 << iota // takes the name of a file
	SetNetwork                     // of sockets
	SetProcess                     // begins, ends or signals processes
	SetDescriptor                  // takes or returns file descriptors
	SetMemory                      // maps memory
	SetSignal                      // of signals
	SetIPC                         // of System V IPC
	SetStat                        // stat(2)'s variants
	SetLstat                       // lstat(2)'s variants
	SetFstat                       // fstat(2)'s and fstatat(2)'s variants
	SetAnyStat                     // the three, and statx(2)
	SetStatfs                      // statfs(2)'s variants
	SetFstatfs                     // fstatfs(2)'s variants
	SetAnyStatfs                   // the two, and ustat(2)
	SetCredentials                 // of users and groups
	SetClock                       // reads or sets a clock
	SetPure                        // has no argument and always succeeds
)

// setNames are in the order of the bits.
var setNames = []string{
	"%file", "%network", "%process", "%desc", "%memory", "%signal", "%ipc", "%stat", "%lstat", "%fstat", "%%stat",
	"%statfs", "%fstatfs", "%%statfs", "%creds", "%clock", "%pure",
}

// String returns the sets' names as strace has them, with a comma between two:
// "%file,%desc".
func (s Set) String() string {
	var names []string
	for i, name := range setNames {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}
