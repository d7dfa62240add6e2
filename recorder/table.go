package recorder

import (
	"fmt"
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

// loadCalls gives the programs the table of system calls: how many arguments
// each has and what memory to capture.
func loadCalls(calls *ebpf.Map) error {
	count := calls.MaxEntries()
	for index := range count {
		number := index % (count / 2)
		row, err := encodeRow(rowAt(index >= count/2, number))
		if err != nil {
			return err
		}
		// A native number that is the third ABI's alone may mean anything.
		if native, _, _ := abis(); index < count/2 && syscalls.Lookup(native, number) == nil {
			row.Arguments = 6
		}
		if err := calls.Put(index, &row); err != nil {
			return fmt.Errorf("loading system call %d: %w", index, err)
		}
	}
	return nil
}

func encodeRow(call *syscalls.Call) (programsCallRow, error) {
	var row programsCallRow
	if call == nil {
		row.Arguments = 6
		return row, nil
	}
	row.Arguments = uint8(len(call.Arguments))
	for i, argument := range call.Arguments {
		memory := argument.Memory
		if memory.Layout == ring.LayoutNone {
			continue
		}
		if int(row.Captures) == len(row.Capture) {
			return row, fmt.Errorf("system call %s: more than %d captures", call.Name, len(row.Capture))
		}
		row.Capture[row.Captures] = programsCaptureRow{
			Argument: uint8(i),
			Layout:   uint8(memory.Layout),
			When:     uint8(memory.When),
			Count:    uint8(memory.Count),
			Size:     memory.Size,
		}
		if memory.Limit != 0 {
			row.Capture[row.Captures].Limit = uint8(memory.Limit-ring.CountArgument) + 1
		}
		if memory.Only.Values != 0 {
			row.Capture[row.Captures].Conditional = 1
			row.Only[row.Captures].Argument = memory.Only.Argument
			row.Only[row.Captures].Mask = memory.Only.Mask
			row.Only[row.Captures].Values = memory.Only.Values
		}
		row.Captures++
		if memory.When == ring.WhenEarly || memory.When == ring.WhenInOut {
			row.Early++
		}
	}
	return row, nil
}

// fillFilter sets the bits of the calls that the filter lets through. The last
// bit of each half stands for all numbers beyond the table.
func fillFilter(recording *programsRecording, filter *syscalls.Filter) {
	for half, bits := range [][]uint64{recording.Native[:], recording.Compat[:]} {
		for number := range uint32(len(bits) * 64) {
			if filter == nil || filter.Match(rowAt(half == 1, number)) {
				bits[number/64] |= 1 << (number % 64)
			}
		}
	}
}
