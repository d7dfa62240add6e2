package strace

import "traceloop/event"

// ringParameters appends struct io_uring_params of include/uapi/linux/io_uring.h:
// what the program asked for and, if there is a ring now, what it got.
func ringParameters(dst []byte, e *event.Event, index int, o *Options) []byte {
	const attach = 0x20 // IORING_SETUP_ATTACH_WQ
	data := bytesOf(before(e, index), sizeofRingParameters)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '{')
	dst = appendSlots(dst, e, data, ringAsked, o)
	if little.Uint32(data[8:])&attach != 0 {
		dst = append(dst, ", wq_fd="...)
		dst = appendDescriptor(dst, e, int32(little.Uint32(data[24:])), o)
	}
	dst = appendSpare(dst, "resv", data[28:40], 4)
	if got := bytesOf(after(e, index), sizeofRingParameters); got != nil && succeeded(e) {
		dst = append(dst, ", "...)
		dst = appendSlots(dst, e, got, ringGot, o)
		dst = append(dst, ", sq_off="...)
		dst = appendRingOffsets(dst, e, got[40:], ringSubmissionOffsets, o)
		dst = append(dst, ", cq_off="...)
		dst = appendRingOffsets(dst, e, got[80:], ringCompletionOffsets, o)
	}
	return append(dst, '}')
}

// sizeofRingParameters is that of struct io_uring_params.
const sizeofRingParameters = 120

func appendRingOffsets(dst []byte, e *event.Event, data []byte, members []slot, o *Options) []byte {
	dst = append(dst, '{')
	dst = appendSlots(dst, e, data, members, o)
	if reserved := little.Uint32(data[28:]); reserved != 0 {
		dst = append(dst, ", resv1="...)
		dst = appendHex(dst, uint64(reserved))
	}
	if reserved := little.Uint64(data[32:]); reserved != 0 {
		dst = append(dst, ", resv2="...)
		dst = appendHex(dst, reserved)
	}
	return append(dst, '}')
}

// ringSignals appends the set of signals for io_uring_enter, if it is one.
func ringSignals(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 8)
	switch size := register(e, index+1); {
	case data != nil && size == 8:
		return appendSignalSet(dst, little.Uint64(data), 64, o)
	case data != nil && size == 4 && narrow(e):
		return appendSignalSet(dst, uint64(little.Uint32(data)), 32, o)
	}
	return appendPointer(dst, register(e, index))
}

// ringFiles appends an array of descriptors.
func ringFiles(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendEmptyArray(dst, e, index)
	}
	count := len(c.Data) / 4
	return appendRingFiles(dst, e, c.Data, min(count, o.elements()), c.Truncated || count > o.elements(), o)
}

func appendRingFiles(dst []byte, e *event.Event, data []byte, shown int, more bool, o *Options) []byte {
	const skip = -2 // IORING_REGISTER_FILES_SKIP
	dst = append(dst, '[')
	for i := range shown {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		fd := int32(little.Uint32(data[4*i:]))
		if fd == skip && updatesFiles(e) {
			dst = appendConstant(dst, uint64(int64(fd)), asInt, "IORING_REGISTER_FILES_SKIP", o)
			continue
		}
		dst = appendDescriptor(dst, e, fd, o)
	}
	return appendArrayEnd(dst, shown, more)
}

// updatesFiles says whether a descriptor may be one that stays as it is.
func updatesFiles(e *event.Event) bool {
	const filesUpdate, filesUpdate2 = 6, 14
	operation := uint32(register(e, 1))
	return operation == filesUpdate || operation == filesUpdate2
}

// ringFilesUpdate appends struct io_uring_files_update: which of the ring's
// files become which. Its array has as many as the next argument says.
func ringFilesUpdate(dst []byte, e *event.Event, index int, o *Options) []byte {
	const files = 1
	c := memory(e, index)
	data := bytesOf(c, 16)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '{')
	dst = appendSlots(dst, e, data, ringOffset, o)
	dst = appendReserved(dst, "resv", uint64(little.Uint32(data[4:])))
	dst = append(dst, ", fds="...)
	count := uint64(uint32(register(e, index+1)))
	dst = appendRingFilesPart(dst, e, index, files, little.Uint64(data[8:]), count, o)
	return append(dst, '}')
}

// appendReserved appends a member that has no meaning yet, if it is not zero.
func appendReserved(dst []byte, name string, value uint64) []byte {
	if value == 0 {
		return dst
	}
	dst = append(dst, ", "...)
	dst = append(dst, name...)
	dst = append(dst, '=')
	return appendHex(dst, value)
}

func appendRingFilesPart(dst []byte, e *event.Event, index int, part uint8, pointer, count uint64, o *Options) []byte {
	if pointer != 0 && count == 0 {
		return append(dst, "[]"...)
	}
	p := partAt(e, memory(e, index), part, pointer)
	if p == nil {
		return appendPointer(dst, pointer)
	}
	shown := min(count, uint64(len(p.Data)/4), uint64(o.elements()))
	return appendRingFiles(dst, e, p.Data, int(shown), shown < count, o)
}

// ringResources appends struct io_uring_rsrc_register or io_uring_rsrc_update2,
// whose size the next argument has: files or buffers, and a tag for each.
func ringResources(dst []byte, e *event.Event, index int, o *Options) []byte {
	const size = 32
	const files2, filesUpdate2, buffersUpdate = 13, 14, 16
	const array, labels = 1, 2
	c := memory(e, index)
	data := bytesOf(c, size)
	if data == nil || uint32(register(e, index+1)) < size {
		return appendPointer(dst, register(e, index))
	}
	operation := uint32(register(e, index-1))
	update := operation == filesUpdate2 || operation == buffersUpdate
	var count, pointer, tags uint64
	dst = append(dst, '{')
	if update {
		pointer, tags, count = little.Uint64(data[8:]), little.Uint64(data[16:]), uint64(little.Uint32(data[24:]))
		dst = appendSlots(dst, e, data, ringOffset, o)
		dst = appendReserved(dst, "resv", uint64(little.Uint32(data[4:])))
	} else {
		count, pointer, tags = uint64(little.Uint32(data)), little.Uint64(data[16:]), little.Uint64(data[24:])
		dst = appendSlots(dst, e, data, ringResourceMembers, o)
		dst = appendReserved(dst, "resv2", little.Uint64(data[8:]))
	}
	dst = append(dst, ", data="...)
	if operation == files2 || operation == filesUpdate2 {
		dst = appendRingFilesPart(dst, e, index, array, pointer, count, o)
	} else {
		dst = appendRingBuffersPart(dst, e, index, array, pointer, count, o)
	}
	dst = append(dst, ", tags="...)
	dst = appendPartNumbers(dst, e, c, labels, tags, count, 8, asHex, o)
	if update {
		dst = append(dst, ", nr="...)
		dst = appendUint(dst, count)
		dst = appendReserved(dst, "resv2", uint64(little.Uint32(data[28:])))
	}
	return append(dst, '}')
}

func appendRingBuffersPart(dst []byte, e *event.Event, index int, part uint8, pointer, count uint64, o *Options) []byte {
	if pointer != 0 && count == 0 {
		return append(dst, "[]"...)
	}
	p := partAt(e, memory(e, index), part, pointer)
	if p == nil {
		return appendPointer(dst, pointer)
	}
	size := 2 * pointerSize(e)
	shown := min(count, uint64(len(p.Data)/size), uint64(o.elements()))
	return appendRingBuffers(dst, e, p.Data, int(shown), shown < count)
}

// ringBuffers appends an array of struct iovec whose buffers are only to be used later.
func ringBuffers(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendEmptyArray(dst, e, index)
	}
	count := len(c.Data) / (2 * pointerSize(e))
	return appendRingBuffers(dst, e, c.Data, min(count, o.elements()), c.Truncated || count > o.elements())
}

func appendRingBuffers(dst []byte, e *event.Event, data []byte, shown int, more bool) []byte {
	size := pointerSize(e)
	dst = append(dst, '[')
	for i := range shown {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, "{iov_base="...)
		dst = appendPointer(dst, long(data, 2*i*size, size))
		dst = append(dst, ", iov_len="...)
		dst = appendUint(dst, long(data, (2*i+1)*size, size))
		dst = append(dst, '}')
	}
	return appendArrayEnd(dst, shown, more)
}

// ringProbe appends struct io_uring_probe: which operations the kernel knows.
func ringProbe(dst []byte, e *event.Event, index int, o *Options) []byte {
	const head, size, most = 16, 8, 256
	asked := uint64(uint32(register(e, index+1)))
	data := bytesOf(after(e, index), head)
	if data == nil || !succeeded(e) || asked > most {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{last_op="...)
	dst = appendUnsignedName(dst, &ringOperationNames, uint64(data[0]), o)
	known := uint64(data[1])
	dst = append(dst, ", ops_len="...)
	dst = appendUint(dst, known)
	dst = appendReserved(dst, "resv", uint64(little.Uint16(data[2:])))
	dst = appendSpare(dst, "resv2", data[4:16], 4)
	dst = append(dst, ", ops=["...)
	given := min(known, asked)
	shown := min(given, uint64(o.elements()), uint64(len(data)-head)/size)
	for i := range shown {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		operation := data[head+size*i:]
		dst = append(dst, "{op="...)
		dst = appendUnsignedName(dst, &ringOperationNames, uint64(operation[0]), o)
		dst = appendReserved(dst, "resv", uint64(operation[1]))
		dst = append(dst, ", flags="...)
		dst = ringOperationFlags.appendTo(dst, uint64(little.Uint16(operation[2:])), o)
		dst = appendReserved(dst, "resv2", uint64(little.Uint32(operation[4:])))
		dst = append(dst, '}')
	}
	return append(appendArrayEnd(dst, int(shown), shown < given || asked < known), '}')
}

// ringRestrictions appends an array of struct io_uring_restriction.
func ringRestrictions(dst []byte, e *event.Event, index int, o *Options) []byte {
	return ringArray(dst, e, index, o, appendRingRestriction)
}

// ringArray appends an array of structs of 16 bytes.
func ringArray(dst []byte, e *event.Event, index int, o *Options, appendElement func(dst []byte, e *event.Event, data []byte, o *Options) []byte) []byte {
	const size = 16
	c := memory(e, index)
	if c == nil {
		return appendEmptyArray(dst, e, index)
	}
	count := len(c.Data) / size
	shown := min(count, o.elements())
	dst = append(dst, '[')
	for i := range shown {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, '{')
		dst = appendElement(dst, e, c.Data[size*i:size*(i+1)], o)
		dst = append(dst, '}')
	}
	return appendArrayEnd(dst, shown, c.Truncated || shown < count)
}

func appendRingRestriction(dst []byte, e *event.Event, data []byte, o *Options) []byte {
	operation, value := uint64(little.Uint16(data)), uint64(data[2])
	dst = append(dst, "opcode="...)
	dst = ringRestrictionNames.appendTo(dst, operation, o)
	switch operation {
	case 0:
		dst = append(dst, ", register_op="...)
		dst = ringRegistrations.appendTo(dst, value, o)
	case 1:
		dst = append(dst, ", sqe_op="...)
		dst = ringOperationNames.appendTo(dst, value, o)
	case 2, 3:
		dst = append(dst, ", sqe_flags="...)
		dst = ringEntryFlags.appendTo(dst, value, o)
	default:
		dst = append(dst, " /* op: "...)
		dst = appendHex(dst, value)
		dst = append(dst, " */"...)
	}
	dst = appendReserved(dst, "resv", uint64(data[3]))
	return appendSpare(dst, "resv2", data[4:], 4)
}

// ringDescriptors appends the rings that are registered themselves.
func ringDescriptors(dst []byte, e *event.Event, index int, o *Options) []byte {
	const registering = 20
	if uint32(register(e, index-1)) == registering {
		return ringArray(dst, e, index, o, appendRingRegistered)
	}
	return ringArray(dst, e, index, o, appendRingUnregistered)
}

func appendRingRegistered(dst []byte, e *event.Event, data []byte, o *Options) []byte {
	dst = append(dst, "offset="...)
	if offset := little.Uint32(data); offset == 0xffffffff {
		dst = append(dst, "-1"...)
	} else {
		dst = appendUint(dst, uint64(offset))
	}
	dst = appendReserved(dst, "resv", uint64(little.Uint32(data[4:])))
	dst = append(dst, ", data="...)
	return appendDescriptor(dst, e, int32(little.Uint64(data[8:])), o)
}

func appendRingUnregistered(dst []byte, e *event.Event, data []byte, o *Options) []byte {
	dst = appendSlots(dst, e, data, ringOffset, o)
	dst = appendReserved(dst, "resv", uint64(little.Uint32(data[4:])))
	return appendReserved(dst, "data", little.Uint64(data[8:]))
}

// ringBufferRing appends struct io_uring_buf_reg.
func ringBufferRing(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 40)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '{')
	dst = appendSlots(dst, e, data, ringBufferMembers, o)
	dst = appendReserved(dst, "pad", uint64(little.Uint16(data[14:])))
	dst = appendSpare(dst, "resv", data[16:40], 8)
	return append(dst, '}')
}

// ringWorkers appends how many workers there may be of each kind, and how many there were.
func ringWorkers(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := before(e, index)
	if c == nil {
		return appendEmptyArray(dst, e, index)
	}
	dst = appendRingWorkers(dst, c.Data, c.Truncated, o)
	if !returned(e) || len(c.Data) == 0 {
		return dst
	}
	dst = append(dst, " => "...)
	if was := after(e, index); was != nil && was != c && succeeded(e) {
		return appendRingWorkers(dst, was.Data, was.Truncated, o)
	}
	return appendPointer(dst, register(e, index))
}

func appendRingWorkers(dst, data []byte, more bool, o *Options) []byte {
	count := len(data) / 4
	shown := min(count, o.elements())
	dst = append(dst, '[')
	for i := range shown {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, '[')
		dst = appendUnsignedName(dst, &ringWorkerNames, uint64(i), o)
		dst = append(dst, "]="...)
		dst = appendNumber(dst, data[4*i:], 4, asUint)
	}
	return appendArrayEnd(dst, shown, more || shown < count)
}

// ringCPUs appends a set of CPUs of as many bytes as the next argument says.
func ringCPUs(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendEmptyArray(dst, e, index)
	}
	return appendBits(dst, c.Data, 8*len(c.Data))
}
