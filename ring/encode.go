package ring

import (
	"encoding/binary"
	"math"
)

// EncodeCalls writes calls as a chunk, the form in which a snapshot holds the
// calls that are going on. The chunk may be longer than [ChunkSize]. Captures
// that would make a record too long for its size field are left out.
func EncodeCalls(records []Record) []byte {
	if len(records) == 0 {
		return nil
	}
	base, last := records[0].End, uint64(0)
	for _, record := range records {
		base, last = min(base, record.End), max(last, record.End)
	}
	chunk := make([]byte, sizeofChunk)
	store(chunk, offsetChunkState, sizeofChunk)
	store(chunk, offsetChunkBase, base)
	store(chunk, offsetChunkLast, last)
	for _, record := range records {
		chunk = appendTask(chunk, record.TID, record.Task)
		if record.End-base > math.MaxUint32 {
			base = record.End
			chunk = appendHeader(chunk, sizeofRecordTime, TypeTime, 0, record.TID)
			chunk = binary.LittleEndian.AppendUint64(chunk, base)
		}
		chunk = appendCall(chunk, &record, uint32(record.End-base))
	}
	return chunk
}

func appendHeader(to []byte, size int, kind Type, flags byte, tid uint32) []byte {
	to = binary.LittleEndian.AppendUint16(to, uint16(size))
	to = append(to, byte(kind), flags)
	return binary.LittleEndian.AppendUint32(to, tid)
}

func appendTask(to []byte, tid uint32, task *Task) []byte {
	to = appendHeader(to, sizeofRecordTask, TypeTask, 0, tid)
	for _, number := range []uint32{task.PID, task.ContainerTID, task.ContainerPID, 0} {
		to = binary.LittleEndian.AppendUint32(to, number)
	}
	var comm [16]byte
	copy(comm[:15], task.Comm)
	return append(to, comm[:]...)
}

func appendCall(to []byte, record *Record, delta uint32) []byte {
	start := len(to)
	call := &record.Call
	// Long always: what goes on has often gone on for long.
	flags := byte(callLong)
	switch call.ABI {
	case ABICompat:
		flags |= callCompat
	case ABIX32:
		flags |= callX32
	}
	switch call.State {
	case StateUnfinished:
		flags |= callUnfinished
	case StateInFlight:
		flags |= callInFlight
	case StateNoEntry:
		flags |= callNoEntry
	}
	if record.SetUp {
		flags |= recordSetup
	}
	if call.Return != int64(int32(call.Return)) {
		flags |= callReturn64
	}
	to = appendHeader(to, 0, TypeCall, flags, record.TID)
	to = binary.LittleEndian.AppendUint32(to, delta)
	to = append(to, make([]byte, sizeofRecordCall-sizeofRecord-4)...)
	binary.LittleEndian.PutUint32(to[start+offsetRecordCallResult:], uint32(call.Return))
	to = binary.LittleEndian.AppendUint64(to, uint64(call.Number))
	to = binary.LittleEndian.AppendUint64(to, record.End-record.Start)
	if flags&callReturn64 != 0 {
		to = binary.LittleEndian.AppendUint32(to, uint32(uint64(call.Return)>>32))
	}
	arguments := call.Arguments[:min(len(call.Arguments), 6)]
	for _, argument := range arguments {
		to = binary.LittleEndian.AppendUint64(to, argument)
	}
	captures := 0
	for _, capture := range call.Captures {
		if captures == CapturesMax || len(to)-start+sizeofCapture+len(capture.Data)+8 > math.MaxUint16 {
			break
		}
		argument := capture.Argument & ArgumentsMask
		if capture.Part != 0 {
			argument = PartBit | (capture.Part-1)&ArgumentsMask
		}
		if capture.Entry {
			argument |= CaptureEntry << 4
		}
		if capture.Truncated {
			argument |= CaptureTruncated << 4
		}
		to = append(to, argument, byte(capture.Layout))
		to = binary.LittleEndian.AppendUint16(to, uint16(len(capture.Data)))
		to = append(to, capture.Data...)
		captures++
	}
	for (len(to)-start)%8 != 0 {
		to = append(to, 0)
	}
	to[start+offsetRecordCallWide] = 1<<len(arguments) - 1
	to[start+offsetRecordCallCounts] = byte(len(arguments) | captures<<CapturesShift)
	binary.LittleEndian.PutUint16(to[start+offsetRecordSize:], uint16(len(to)-start))
	return to
}
