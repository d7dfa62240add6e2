package stream

import (
	"sync"

	"traceloop/ring"
	"traceloop/syscalls"
)

// pointers are the kinds of arguments that are pointers: those of which some call
// captures what they lead to, and those that are never followed.
var pointers = sync.OnceValue(func() map[syscalls.Kind]bool {
	kinds := map[syscalls.Kind]bool{
		syscalls.KindAddress:     true,
		syscalls.KindFutexWord:   true,
		syscalls.KindGetcpuCache: true,
		syscalls.KindOldDirent:   true,
		syscalls.KindRobustList:  true,
		syscalls.KindRseq:        true,
		syscalls.KindVmaAddress:  true,
	}
	add := func(row *syscalls.Call) {
		for i := range row.Arguments {
			if argument := &row.Arguments[i]; argument.Memory.Layout != ring.LayoutNone {
				kinds[argument.Kind] = true
			}
		}
	}
	for _, abi := range syscalls.ABIs() {
		for _, row := range syscalls.Numbers(abi) {
			add(row)
			for _, variant := range row.Variants() {
				add(variant)
			}
		}
	}
	return kinds
})

// signed32 are the kinds of numbers that may be negative and have 32 bits in every
// ABI, signed64 those that are as wide as a long or a position in a file.
var (
	signed32 = map[syscalls.Kind]bool{
		syscalls.KindInt:          true,
		syscalls.KindFD:           true,
		syscalls.KindDirfd:        true,
		syscalls.KindPID:          true,
		syscalls.KindPidfd:        true,
		syscalls.KindUID:          true,
		syscalls.KindGID:          true,
		syscalls.KindKeySerial:    true,
		syscalls.KindClock:        true,
		syscalls.KindMilliseconds: true,
		syscalls.KindPriority:     true,
		syscalls.KindExitStatus:   true,
	}
	signed64 = map[syscalls.Kind]bool{
		syscalls.KindLong:   true,
		syscalls.KindOffset: true,
	}
)
