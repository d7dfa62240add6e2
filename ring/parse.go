package ring

import (
	"bytes"
	"encoding/binary"
)

type chunkHeader struct {
	base        uint64
	callsBefore uint64
	cpu         uint32
}

func parseChunkHeader(chunk []byte) (chunkHeader, bool) {
	if len(chunk) < sizeofChunk {
		return chunkHeader{}, false
	}
	return chunkHeader{
		base:        u64(chunk, offsetChunkBase),
		callsBefore: u64(chunk, offsetChunkCallsBefore),
		cpu:         u32(chunk, offsetChunkCpu),
	}, true
}

// parser collects the records of chunks. Arguments and captures are cut from
// slabs, because an allocation for each call would cost more than its parsing.
type parser struct {
	horizon   uint64            // records that ended until then are dropped
	taken     uint64            // as are those that ended later; 0: none is later
	later     map[uint32]uint64 // how many calls were, by CPU
	records   []Record
	arguments []uint64
	captures  []Capture
}

// parse appends a chunk's records. It returns how many calls the chunk holds
// and how many of them it dropped because they ended before the horizon, and
// false if it met bytes that make no sense: what precedes them stands.
func (p *parser) parse(header chunkHeader, chunk []byte) (calls, dropped uint64, ok bool) {
	base := header.base
	var tasks []*Task
	var tids []uint32
	unknown := &Task{}
	find := func(tid uint32) *Task {
		for i := len(tids) - 1; i >= 0; i-- {
			if tids[i] == tid {
				return tasks[i]
			}
		}
		return unknown
	}

	for at := sizeofChunk; at < len(chunk); {
		rest := chunk[at:]
		if len(rest) < sizeofRecord {
			return calls, dropped, false
		}
		size := int(u16(rest, offsetRecordSize))
		if size < sizeofRecord+8 || size%8 != 0 || size > len(rest) {
			return calls, dropped, false
		}
		data := rest[:size]
		at += size

		tid := u32(data, offsetRecordTid)
		switch kind := Type(data[offsetRecordType]); kind {
		case TypeTask:
			if size < sizeofRecordTask {
				return calls, dropped, false
			}
			tids = append(tids, tid)
			tasks = append(tasks, parseTask(data))
		case TypeTime:
			base = u64(data, offsetRecordTimeBase)
		case TypeCall, TypeSignal, TypeExec, TypeFork, TypeExit:
			if kind == TypeCall {
				calls++
			}
			end := base + uint64(u32(data, offsetRecordCallDelta))
			if p.taken != 0 && end > p.taken {
				if kind == TypeCall {
					if p.later == nil {
						p.later = make(map[uint32]uint64)
					}
					p.later[header.cpu]++
				}
				continue
			}
			if end <= p.horizon {
				if kind == TypeCall {
					dropped++
				}
				continue
			}
			p.records = append(p.records, Record{Type: kind, CPU: header.cpu, Task: find(tid), TID: tid, Start: end, End: end})
			if !p.parseRecord(&p.records[len(p.records)-1], data) {
				p.records = p.records[:len(p.records)-1]
				if kind == TypeCall {
					dropped++
				}
				return calls, dropped, false
			}
		default:
			// A type of a later version: its size says how to pass it.
		}
	}
	return calls, dropped, true
}

func parseTask(data []byte) *Task {
	comm := data[offsetRecordTaskComm : offsetRecordTaskComm+16]
	if end := bytes.IndexByte(comm, 0); end >= 0 {
		comm = comm[:end]
	}
	return &Task{
		PID:          u32(data, offsetRecordTaskPid),
		ContainerTID: u32(data, offsetRecordTaskContainerTid),
		ContainerPID: u32(data, offsetRecordTaskContainerPid),
		Comm:         string(comm),
	}
}

func (p *parser) parseRecord(record *Record, data []byte) bool {
	flags := data[offsetRecordFlags]
	record.SetUp = flags&recordSetup != 0
	switch record.Type {
	case TypeCall:
		return p.parseCall(record, data)
	case TypeSignal:
		if len(data) < sizeofRecordSignal {
			return false
		}
		info := data[offsetRecordSignalInfo:sizeofRecordSignal]
		record.Signal = &Signal{
			Number: u32(data, offsetRecordSignalNumber),
			Info:   info[:min(len(info), int(u32(data, offsetRecordSignalLength)))],
		}
	case TypeExec:
		if len(data) < sizeofRecordExec {
			return false
		}
		path := int(u16(data, offsetRecordExecPathLength))
		arguments := int(u16(data, offsetRecordExecArgumentsLength))
		strings := data[sizeofRecordExec:]
		if path+arguments > len(strings) {
			return false
		}
		record.Exec = &Exec{
			OldTID:    u32(data, offsetRecordExecOldTid),
			Path:      string(strings[:path]),
			Arguments: strings[path : path+arguments],
			Argc:      u32(data, offsetRecordExecArgc),
			Envc:      u32(data, offsetRecordExecEnvc),
		}
	case TypeFork:
		if len(data) < sizeofRecordFork {
			return false
		}
		record.Fork = &Fork{ChildTID: u32(data, offsetRecordForkChildTid), ChildPID: u32(data, offsetRecordForkChildPid)}
	case TypeExit:
		if len(data) < sizeofRecordExit {
			return false
		}
		record.Exit = &Exit{Code: u32(data, offsetRecordExitCode), OOM: flags&exitOom != 0}
	}
	return true
}

func (p *parser) parseCall(record *Record, data []byte) bool {
	if len(data) < sizeofRecordCall {
		return false
	}
	call := &record.Call
	flags := data[offsetRecordFlags]
	duration := uint64(u32(data, offsetRecordCallDuration))
	call.Number = uint32(u16(data, offsetRecordCallNumber))
	call.Return = int64(int32(u32(data, offsetRecordCallResult)))
	rest := data[sizeofRecordCall:]
	if flags&callLong != 0 {
		if len(rest) < sizeofCallLong {
			return false
		}
		call.Number = uint32(u64(rest, offsetCallLongNumber))
		duration = u64(rest, offsetCallLongDuration)
		rest = rest[sizeofCallLong:]
	}
	if flags&callReturn64 != 0 {
		if len(rest) < 4 {
			return false
		}
		call.Return = int64(uint64(u32(rest, 0))<<32 | uint64(uint32(call.Return)))
		rest = rest[4:]
	}
	record.Start = record.End - min(duration, record.End)
	switch {
	case flags&callCompat != 0:
		call.ABI = ABICompat
	case flags&callX32 != 0:
		call.ABI = ABIX32
	}
	switch {
	case flags&callInFlight != 0:
		call.State = StateInFlight
	case flags&callUnfinished != 0:
		call.State = StateUnfinished
	case flags&callNoEntry != 0:
		call.State = StateNoEntry
	}

	counts := data[offsetRecordCallCounts]
	wide := data[offsetRecordCallWide]
	call.Arguments = p.takeArguments(int(counts & ArgumentsMask))
	for i := range call.Arguments {
		size := 4
		if wide>>i&1 != 0 {
			size = 8
		}
		if len(rest) < size {
			return false
		}
		if size == 8 {
			call.Arguments[i] = u64(rest, 0)
		} else {
			call.Arguments[i] = uint64(u32(rest, 0))
		}
		rest = rest[size:]
	}
	call.Captures = p.takeCaptures(int(counts >> CapturesShift))
	return parseCaptures(call.Captures, rest) == len(call.Captures)
}

// ParseCaptures parses up to count captures, as they stand in a call's record.
func ParseCaptures(data []byte, count int) []Capture {
	captures := make([]Capture, count)
	return captures[:parseCaptures(captures, data)]
}

// parseCaptures fills captures and returns how many of them were whole.
func parseCaptures(captures []Capture, data []byte) int {
	for i := range captures {
		if len(data) < sizeofCapture {
			return i
		}
		argument, layout := data[offsetCaptureArgument], data[offsetCaptureLayout]
		length := int(u16(data, offsetCaptureLength))
		data = data[sizeofCapture:]
		if length > len(data) {
			return i
		}
		part := uint8(0)
		entry := argument>>4&CaptureEntry != 0
		truncated := argument>>4&CaptureTruncated != 0
		argument &= 0xf
		if argument&PartBit != 0 {
			// Of the same argument as what it follows.
			part = argument&^PartBit + 1
			argument = 0
			if i > 0 {
				argument = captures[i-1].Argument
			}
		}
		captures[i] = Capture{
			Argument:  argument,
			Part:      part,
			Layout:    Layout(layout),
			Entry:     entry,
			Truncated: truncated,
			Data:      data[:length:length],
		}
		data = data[length:]
	}
	return len(captures)
}

func (p *parser) takeArguments(n int) []uint64 {
	if len(p.arguments) < n {
		p.arguments = make([]uint64, 4096)
	}
	taken := p.arguments[:n:n]
	p.arguments = p.arguments[n:]
	return taken
}

func (p *parser) takeCaptures(n int) []Capture {
	if len(p.captures) < n {
		p.captures = make([]Capture, 1024)
	}
	taken := p.captures[:n:n]
	p.captures = p.captures[n:]
	return taken
}

func u16(data []byte, offset int) uint16 { return binary.LittleEndian.Uint16(data[offset:]) }
func u32(data []byte, offset int) uint32 { return binary.LittleEndian.Uint32(data[offset:]) }
func u64(data []byte, offset int) uint64 { return binary.LittleEndian.Uint64(data[offset:]) }

func store(data []byte, offset int, value uint64) {
	binary.LittleEndian.PutUint64(data[offset:], value)
}
