package recorder

import (
	"fmt"
	"iter"
	"runtime"

	"github.com/cilium/ebpf"

	"traceloop/ring"
	"traceloop/syscalls"
)

// abis returns the ABIs that the programs tell apart on this architecture. The
// compatible one has the second half of their tables. x86's third ABI shares
// the first half: its own numbers begin where the native ones end.
func abis() (native, compat, third syscalls.ABI) {
	return syscalls.ABIOf(runtime.GOARCH, ring.ABINative),
		syscalls.ABIOf(runtime.GOARCH, ring.ABICompat),
		syscalls.ABIOf(runtime.GOARCH, ring.ABIX32)
}

// rowAt returns the row of a number in one half of the programs' tables.
func rowAt(compat bool, number uint32) *syscalls.Call {
	native, compatible, third := abis()
	if compat {
		return syscalls.Lookup(compatible, number)
	}
	if row := syscalls.Lookup(native, number); row != nil || third == 0 {
		return row
	}
	return syscalls.Lookup(third, number|x32Bit)
}

// x32Bit is set in the numbers of x86's third ABI
// (__X32_SYSCALL_BIT, arch/x86/include/uapi/asm/unistd.h).
const x32Bit = 0x40000000

// prepareCalls makes room in the programs' maps for the variants of calls.
func prepareCalls(spec *ebpf.CollectionSpec) {
	values := uint32(0)
	for row := range rows(spec.Maps["calls"].MaxEntries) {
		for range row.Variants() {
			values++
		}
	}
	// A row for each value: few variants have several.
	spec.Maps["calls"].MaxEntries += values
	spec.Maps["variants"].MaxEntries = max(values, 1)
}

// rows yields the table's rows by their index in the programs' tables, of which
// the second half is of the compatible ABI.
func rows(count uint32) iter.Seq2[*syscalls.Call, uint32] {
	return func(yield func(*syscalls.Call, uint32) bool) {
		for index := range count {
			if row := rowAt(index >= count/2, index%(count/2)); row != nil && !yield(row, index) {
				return
			}
		}
	}
}

// table is the system calls as the programs have them.
type table struct {
	rows []programsCallRow // the calls, then the variants
	// The rows of variants, and by what they are found.
	variantKeys []uint64
	variantRows []uint32
}

// encodeCalls makes the programs' table of system calls: how many arguments
// each has, which are file descriptors and what memory to capture. Variants
// stand behind the calls, whose number is count.
func encodeCalls(count uint32) (*table, error) {
	native, _, _ := abis()
	t := &table{}
	for index := range count {
		row, err := encodeRow(rowAt(index >= count/2, index%(count/2)))
		if err != nil {
			return nil, err
		}
		// A native number that is the third ABI's alone may mean anything.
		if index < count/2 && syscalls.Lookup(native, index) == nil {
			row.Arguments = 6
		}
		t.rows = append(t.rows, row)
	}
	for call, index := range rows(count) {
		for value, variant := range call.Variants() {
			row, err := encodeRow(variant)
			if err != nil {
				return nil, err
			}
			t.variantKeys = append(t.variantKeys, uint64(index)<<32|uint64(value))
			t.variantRows = append(t.variantRows, uint32(len(t.rows)))
			t.rows = append(t.rows, row)
		}
	}
	return t, nil
}

// load gives the programs the table.
func (t *table) load(calls, variants *ebpf.Map) error {
	for i := range t.rows {
		if err := calls.Put(uint32(i), &t.rows[i]); err != nil {
			return fmt.Errorf("loading row %d of the system calls: %w", i, err)
		}
	}
	for i, key := range t.variantKeys {
		if err := variants.Put(key, t.variantRows[i]); err != nil {
			return fmt.Errorf("loading variant %#x of a system call: %w", key, err)
		}
	}
	return nil
}

// encodeRow is a call's row as the programs have it. The number of a call that
// there is not may come with any arguments.
func encodeRow(call *syscalls.Call) (programsCallRow, error) {
	var row programsCallRow
	if call == nil {
		row.Arguments = 6
		return row, nil
	}
	row.Arguments = uint8(len(call.Arguments))
	if index, ok := call.VariantArgument(); ok {
		row.Variant = uint8(index) + 1
		if call.Indirect() {
			row.Indirect = 1
		}
	}
	if isDescriptor(call.Returns) {
		row.Descriptors |= 1 << ring.ReturnArgument
		if call.Duplicates() {
			row.Duplicates = 1
		}
	}
	for i := range call.Arguments {
		argument := &call.Arguments[i]
		memory := &argument.Memory
		switch argument.Kind {
		case syscalls.KindInt:
			row.IsSigned |= 1 << i
			row.Narrow |= 1 << i
		case syscalls.KindUint:
			row.Narrow |= 1 << i
		}
		if isDescriptor(argument.Kind) {
			row.Descriptors |= 1 << i
			switch memory.When {
			case ring.WhenEarly:
				row.EarlyDescriptors |= 1 << i
			case ring.WhenOut:
				row.LateDescriptors |= 1 << i
			}
			continue
		}
		if argument.Kind == syscalls.KindSigreturnMask || argument.Kind == syscalls.KindOldSigreturnMask {
			row.OnStack = 1
		}
		if memory.Layout == ring.LayoutNone {
			continue
		}
		if int(row.Captures)+1+len(memory.Parts) > len(row.Capture) {
			return row, fmt.Errorf("system call %s: more than %d captures and parts", call.Name, len(row.Capture))
		}
		encodeMemory(&row, uint8(i), memory)
	}
	return row, nil
}

// isDescriptor says whether what a number of this kind stands for is recorded.
func isDescriptor(kind syscalls.Kind) bool {
	return kind == syscalls.KindFD || kind == syscalls.KindDirfd || kind == syscalls.KindPidfd
}

// encodeMemory adds the captures of an argument's memory: its own, then its parts'.
func encodeMemory(row *programsCallRow, argument uint8, memory *syscalls.Memory) {
	i := row.Captures
	row.Capture[i] = programsCaptureRow{
		Argument:    argument,
		Layout:      uint8(memory.Layout),
		When:        uint8(memory.When),
		Count:       uint8(memory.Count),
		Size:        memory.Size,
		Pointer:     memory.Extra,
		CountOffset: memory.CountOffset,
		Descriptors: memory.Descriptors,
	}
	if memory.OneByOne() {
		row.Capture[i].OneByOne = 1
	}
	if memory.Limit != 0 {
		row.Capture[i].Limit = uint8(memory.Limit-ring.CountArgument) + 1
	}
	if memory.Only.Values != 0 {
		row.Capture[i].Conditional = 1
		row.Only[i].Argument = memory.Only.Argument
		row.Only[i].Mask = memory.Only.Mask
		row.Only[i].Values = memory.Only.Values
	}
	row.Captures++
	// How much room each struct gives to what it points to is known at entry.
	room := memory.OneByOne() && memory.When == ring.WhenOut
	if room || memory.When == ring.WhenEarly || memory.When == ring.WhenInOut || memory.When == ring.WhenAround {
		row.Early++
	}
	for j, part := range memory.Parts {
		row.Capture[row.Captures] = programsCaptureRow{
			Argument:    argument,
			Layout:      uint8(part.Layout),
			When:        uint8(memory.When),
			Size:        part.Size,
			Pointer:     part.Pointer,
			CountOffset: part.Count.Offset,
			CountWidth:  part.Count.Width,
			Part:        uint8(j) + 1,
			Limit:       uint8(part.Limit),
		}
		if part.Control {
			row.Capture[row.Captures].Descriptors = 1
		}
		if part.Only.Values != 0 {
			row.Capture[row.Captures].Conditional = 1
			row.Only[row.Captures].Argument = part.Only.Argument
			row.Only[row.Captures].Values = part.Only.Values
		}
		switch part.Layout {
		case ring.LayoutStruct:
			if part.Count.Width != 0 {
				row.Capture[row.Captures].Count = uint8(ring.CountStruct)
			}
		case ring.LayoutBytes, ring.LayoutArray, ring.LayoutBuffers:
			row.Capture[row.Captures].Count = uint8(ring.CountStruct)
			if part.Count.Width == 0 {
				row.Capture[row.Captures].CountOffset = part.Count.Constant
			}
		}
		row.Captures++
	}
}

// fillFilter sets the bits of the calls that the filter lets through. The last
// bit of each half stands for all numbers beyond the table.
func fillFilter(recording *programsRecording, filter *syscalls.Filter) {
	for half, bits := range [][]uint64{recording.Native[:], recording.Compat[:]} {
		for number := range uint32(len(bits) * 64) {
			if filter == nil || matches(filter, rowAt(half == 1, number)) {
				bits[number/64] |= 1 << (number % 64)
			}
		}
	}
}

// matches says whether a filter lets a call through, or one of those that it may make.
func matches(filter *syscalls.Filter, row *syscalls.Call) bool {
	if filter.Match(row) {
		return true
	}
	if row != nil && row.Indirect() {
		for _, other := range row.Variants() {
			if filter.Match(other) {
				return true
			}
		}
	}
	return false
}
