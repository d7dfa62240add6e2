package recorder

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"traceloop/ring"
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
		records = append(records, r.inFlightRecord(state, early, now, int(options.StringLimit)))
	}
	return ring.EncodeCalls(records), nil
}

func (r *Recorder) inFlightRecord(state *programsTaskState, early []byte, now uint64, stringLimit int) ring.Record {
	comm := make([]byte, 0, len(state.Comm))
	for _, c := range state.Comm {
		comm = append(comm, byte(c))
	}
	comm, _, _ = bytes.Cut(comm, []byte{0})
	record := ring.Record{
		Type: ring.TypeCall,
		TID:  state.Tid,
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
		if memory.When != ring.WhenIn || state.Arguments[i] == 0 || !memory.Only.Holds(state.Arguments[:]) {
			continue
		}
		capture, ok := readMemory(int(state.Tid), state.Arguments[:], i, memory.Layout, int(memory.Size), memory.Count, stringLimit)
		if ok {
			record.Call.Captures = append(record.Call.Captures, capture)
		}
	}
	return record
}

// readMemory reads what a task's argument points to, in the layouts whose
// length is known beforehand. A task that ended meanwhile has no memory, which
// is no error: its argument then shows as the address.
func readMemory(tid int, arguments []uint64, index int, layout ring.Layout, size int, count ring.Count, stringLimit int) (ring.Capture, bool) {
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
		wanted := uint64(size)
		if argument := int(count) - int(ring.CountArgument); count != ring.CountOne {
			if argument >= 6 {
				return capture, false
			}
			wanted = arguments[argument]
		}
		if layout == ring.LayoutArray {
			wanted *= uint64(size)
		}
		if layout != ring.LayoutBytes {
			limit = ring.ArrayLimit
		}
		if wanted > uint64(limit) {
			wanted, capture.Truncated = uint64(limit), true
		}
		capture.Data = readRemote(tid, arguments[index], int(wanted))
		return capture, uint64(len(capture.Data)) == wanted
	default:
		return capture, false
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
