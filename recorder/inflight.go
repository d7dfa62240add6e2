package recorder

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"traceloop/ring"
	"traceloop/syscalls"
)

// callsInFlight returns the calls that a recording's tasks are in, as a chunk,
// or nil if there are none. The caller holds the lock.
func (r *Recorder) callsInFlight(id uint32) ([]byte, error) {
	if err := r.objects.AskedId.Set(id); err != nil {
		return nil, fmt.Errorf("telling the programs the recording: %w", err)
	}
	output, err := runIterator(r.objects.ListCalls)
	if err != nil {
		return nil, fmt.Errorf("listing the calls in progress: %w", err)
	}
	now, err := bootTime()
	if err != nil {
		return nil, err
	}
	var options programsRecording
	if err := r.objects.Recordings.Lookup(id&0xffff, &options); err != nil {
		return nil, fmt.Errorf("looking up the recording's options: %w", err)
	}
	const stateSize = int(unsafe.Sizeof(programsTaskState{}))
	const earlySize = len(programsTaskMemory{}.Early)
	var records []ring.Record
	for len(output) >= stateSize+earlySize+8 {
		// A copy, because the output is not aligned as the struct must be.
		state := new(programsTaskState)
		copy(unsafe.Slice((*byte)(unsafe.Pointer(state)), stateSize), output)
		early := output[stateSize : stateSize+earlySize]
		version := binary.NativeEndian.Uint32(output[stateSize+earlySize:])
		output = output[stateSize+earlySize+8:]
		if state.Version != version || version%2 != 0 {
			// The task was entering or leaving the call. Either it is of
			// the past then, or of the time after this reading.
			continue
		}
		records = append(records, r.inFlightRecord(state, early, now, &options))
	}
	return ring.EncodeCalls(records), nil
}

func (r *Recorder) inFlightRecord(state *programsTaskState, early []byte, now uint64, options *programsRecording) ring.Record {
	comm := make([]byte, 0, len(state.Comm))
	for _, c := range state.Comm {
		comm = append(comm, byte(c))
	}
	comm, _, _ = bytes.Cut(comm, []byte{0})
	record := ring.Record{
		Type:  ring.TypeCall,
		TID:   state.Tid,
		SetUp: state.Setup != 0,
		Task: &ring.Task{
			PID: state.Pid, ContainerTID: state.ContainerTid, ContainerPID: state.ContainerPid, Comm: string(comm),
		},
		Start: state.Start,
		End:   max(now, state.Start),
		Call: ring.Call{
			ABI:       ring.ABI(state.Abi),
			State:     ring.StateInFlight,
			Number:    state.Number | state.Inner<<16,
			Arguments: state.Arguments[:],
		},
	}
	row := rowAt(record.Call.ABI == ring.ABICompat, record.Call.Number&^x32Bit)
	if row != nil {
		row = row.Variant(state.Arguments[:])
		record.Call.Arguments = state.Arguments[:len(row.Arguments)]
	}
	early = early[:min(int(state.EarlyLength), len(early))]
	record.Call.Captures = ring.ParseCaptures(early, int(state.EarlyCount))
	if row == nil {
		return record
	}
	// Memory that is captured at a call's end is still in the task.
	for i := range row.Arguments {
		memory := row.Arguments[i].Memory
		if memory.When != ring.WhenIn || state.Arguments[i] == 0 || !memory.Only.Holds(state.Arguments[:]) ||
			options.Layouts>>memory.Layout&1 == 0 || state.Setup != 0 && memory.Layout == ring.LayoutBytes {
			continue
		}
		capture, ok := readMemory(int(state.Tid), row, state.Arguments[:], i, int(options.StringLimit))
		if ok {
			record.Call.Captures = append(record.Call.Captures, capture)
		}
	}
	return record
}

// readMemory reads what a task's argument points to, in the layouts whose
// length is known beforehand. A task that ended meanwhile has no memory, which
// is no error: its argument then shows as the address.
func readMemory(tid int, row *syscalls.Call, arguments []uint64, index int, stringLimit int) (ring.Capture, bool) {
	memory := &row.Arguments[index].Memory
	layout := memory.Layout
	capture := ring.Capture{Argument: uint8(index), Layout: layout}
	limit := stringLimit
	switch layout {
	case ring.LayoutPath, ring.LayoutString:
		if layout == ring.LayoutPath {
			limit = ring.PathLimit
		}
		text := readRemote(tid, arguments[index], limit+1)
		end := bytes.IndexByte(text, 0)
		if end < 0 {
			if len(text) <= limit {
				return capture, false
			}
			end, capture.Truncated = limit, true
		}
		capture.Data = text[:end]
		return capture, true
	case ring.LayoutBytes, ring.LayoutStruct, ring.LayoutArray:
		wanted, ok := lengthOf(row, memory, arguments)
		if !ok || memory.OneByOne() {
			return capture, false
		}
		if layout != ring.LayoutBytes {
			limit = ring.ArrayLimit
		}
		limit += int(memory.Extra)
		if wanted > uint64(limit) {
			wanted, capture.Truncated = uint64(limit), true
		}
		capture.Data = readRemote(tid, arguments[index], int(wanted))
		return capture, uint64(len(capture.Data)) == wanted
	default:
		return capture, false
	}
}

// lengthOf is how many bytes of an argument's memory the call is to look at, at
// most a few more than are captured; false if that is not known before its end.
func lengthOf(row *syscalls.Call, memory *syscalls.Memory, arguments []uint64) (uint64, bool) {
	size := uint64(memory.Size)
	if memory.Count == ring.CountOne {
		return size, true
	}
	argument := int(memory.Count) - int(ring.CountArgument)
	if argument >= len(row.Arguments) || argument >= 6 {
		return 0, false
	}
	count := arguments[argument]
	switch row.Arguments[argument].Kind {
	case syscalls.KindInt:
		count = uint64(max(int32(count), 0))
	case syscalls.KindUint:
		count = uint64(uint32(count))
	}
	count = min(count, 1<<32)
	switch memory.Layout {
	case ring.LayoutStruct:
		return min(count, size), true
	case ring.LayoutArray:
		return count * size, true
	default:
		return count + uint64(memory.Extra), true
	}
}

// readRemote reads up to n bytes of a task's memory, page by page, as far as
// it is readable.
func readRemote(tid int, address uint64, n int) []byte {
	const page = 4096
	data := make([]byte, n)
	done := 0
	for done < n {
		length := min(n-done, int(page-(address+uint64(done))%page))
		local := unix.Iovec{Base: &data[done]}
		local.SetLen(length)
		remote := unix.RemoteIovec{Base: uintptr(address) + uintptr(done), Len: length}
		read, err := unix.ProcessVMReadv(tid, []unix.Iovec{local}, []unix.RemoteIovec{remote}, 0)
		done += max(read, 0)
		if err != nil || read < length {
			break
		}
	}
	return data[:done]
}
