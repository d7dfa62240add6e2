package strace

import (
	"traceloop/event"
	"traceloop/ring"
)

// controlBlocks appends io_submit's vector of pointers to struct iocb. A block
// that could not be read ends what is known of it.
func controlBlocks(dst []byte, e *event.Event, index int, o *Options) []byte {
	pointer := register(e, index)
	count := signedRegister(e, index-1)
	shown := 0
	for c := range elements(e, index, false) {
		if shown >= o.elements() {
			break
		}
		if shown == 0 {
			dst = append(dst, '[')
		} else {
			dst = append(dst, ", "...)
		}
		dst = appendControlBlock(dst, e, c, o)
		shown++
	}
	if shown > 0 {
		return appendArrayEnd(dst, shown, int64(shown) < count)
	}
	if count == 0 && pointer != 0 {
		return append(dst, "[]"...)
	}
	return appendPointer(dst, pointer)
}

// signedRegister is an argument that is a long, with its sign.
func signedRegister(e *event.Event, index int) int64 {
	if narrow(e) {
		return int64(int32(register(e, index)))
	}
	return int64(register(e, index))
}

// What a control block is for, IOCB_CMD_* of include/uapi/linux/aio_abi.h.
const (
	aioRead    = 0
	aioWrite   = 1
	aioPoll    = 5
	aioReadV   = 7
	aioWriteV  = 8
	aioHasFD   = 1 // IOCB_FLAG_RESFD
	aioHasPrio = 2 // IOCB_FLAG_IOPRIO
)

// sizeofControlBlock is that of struct iocb.
const sizeofControlBlock = 64

func appendControlBlock(dst []byte, e *event.Event, c *ring.Capture, o *Options) []byte {
	const buffer = 1
	data := c.Data
	if len(data) < sizeofControlBlock {
		return append(dst, "..."...)
	}
	operation := little.Uint16(data[16:])
	address, length := little.Uint64(data[24:]), little.Uint64(data[32:])
	// A buffer that is larger than any can be is shown as it stands.
	valid := int64(length) >= 0
	dst = append(dst, '{')
	dst = appendControlHead(dst, e, data, o)
	switch operation {
	case aioRead, aioWrite:
		dst = append(dst, ", aio_buf="...)
		if operation == aioWrite && valid {
			dst = appendPartBytes(dst, e, c, buffer, address, length, o)
		} else {
			dst = appendHex(dst, address)
		}
		dst = append(dst, ", aio_nbytes="...)
		dst = appendUint(dst, length)
	case aioReadV, aioWriteV:
		dst = append(dst, ", aio_buf="...)
		if valid {
			dst = appendPointer(dst, address)
		} else {
			dst = appendHex(dst, address)
			dst = append(dst, ", aio_nbytes="...)
			dst = appendUint(dst, length)
		}
	case aioPoll:
		dst = append(dst, ", aio_buf="...)
		dst = pollEvents.appendTo(dst, address, o)
		return append(appendControlFlags(dst, e, data, o), '}')
	default:
		return append(dst, '}')
	}
	dst = append(dst, ", aio_offset="...)
	dst = appendInt(dst, int64(little.Uint64(data[40:])))
	return append(appendControlFlags(dst, e, data, o), '}')
}

// appendControlHead appends the members that every operation has.
func appendControlHead(dst []byte, e *event.Event, data []byte, o *Options) []byte {
	dst = append(dst, "aio_data="...)
	dst = appendHex(dst, little.Uint64(data))
	if key := little.Uint32(data[8:]); key != 0 {
		dst = append(dst, ", aio_key="...)
		dst = appendUint(dst, uint64(key))
	}
	if flags := little.Uint32(data[12:]); flags != 0 {
		dst = append(dst, ", aio_rw_flags="...)
		dst = readWriteFlags.appendTo(dst, uint64(flags), o)
	}
	dst = append(dst, ", aio_lio_opcode="...)
	dst = appendUnsignedName(dst, &aioOperations, uint64(little.Uint16(data[16:])), o)
	priority := little.Uint16(data[18:])
	switch {
	case little.Uint32(data[56:])&aioHasPrio != 0:
		dst = append(dst, ", aio_reqprio="...)
		dst = appendPriorityClass(dst, uint64(priority), o)
	case priority != 0:
		dst = append(dst, ", aio_reqprio="...)
		dst = appendInt(dst, int64(int16(priority)))
	}
	dst = append(dst, ", aio_fildes="...)
	return appendDescriptor(dst, e, int32(little.Uint32(data[20:])), o)
}

func appendControlFlags(dst []byte, e *event.Event, data []byte, o *Options) []byte {
	flags, descriptor := little.Uint32(data[56:]), little.Uint32(data[60:])
	if flags != 0 {
		dst = append(dst, ", aio_flags="...)
		dst = aioFlags.appendTo(dst, uint64(flags), o)
	}
	switch {
	case flags&aioHasFD != 0:
		dst = append(dst, ", aio_resfd="...)
		dst = appendDescriptor(dst, e, int32(descriptor), o)
	case descriptor != 0:
		dst = append(dst, ", aio_resfd="...)
		dst = appendHex(dst, uint64(descriptor))
	}
	return dst
}

// appendUnsignedName appends a number's name; one without is in decimal.
func appendUnsignedName(dst []byte, table *names, value uint64, o *Options) []byte {
	if name, ok := table.lookup(value); ok {
		return appendConstant(dst, value, asUint, name, o)
	}
	return appendComment(appendUint(dst, value), table.unknown)
}

// controlBlock appends the struct iocb that io_cancel looks for.
func controlBlock(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, sizeofControlBlock)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '{')
	return append(appendControlHead(dst, e, data, o), '}')
}

// aioEvents appends the struct io_event that io_getevents gives, or the one of io_cancel.
func aioEvents(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := after(e, index)
	if !succeeded(e) || c == nil && result(e) != 0 {
		return appendPointer(dst, register(e, index))
	}
	if index+1 == len(e.Row.Arguments) { // io_cancel has one
		if data := bytesOf(c, sizeofAIOEvent); data != nil {
			return appendSlotStruct(dst, e, data, aioEventMembers, o)
		}
		return appendPointer(dst, register(e, index))
	}
	if c == nil {
		if register(e, index) == 0 {
			return append(dst, "NULL"...)
		}
		return append(dst, "[]"...)
	}
	return aioEventArray(dst, e, index, o)
}

const sizeofAIOEvent = 32

var aioEventArray = structArray(aioEventMembers, sizeofAIOEvent)

// aioSignalSet appends io_pgetevents' last argument, struct __aio_sigset of
// include/uapi/linux/aio_abi.h: where a set is, and its size.
func aioSignalSet(dst []byte, e *event.Event, index int, o *Options) []byte {
	const set = 1
	size := pointerSize(e)
	c := memory(e, index)
	if c == nil || len(c.Data) < 2*size {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{sigmask="...)
	length := long(c.Data, size, size)
	if p := bytesOf(partOf(e, c, set), 8); p != nil && length == 8 {
		dst = appendSignalSet(dst, little.Uint64(p), 64, o)
	} else {
		dst = appendPointer(dst, long(c.Data, 0, size))
	}
	dst = append(dst, ", sigsetsize="...)
	dst = appendUint(dst, length)
	return append(dst, '}')
}

var aioEventMembers = []slot{ // struct io_event, include/uapi/linux/aio_abi.h
	{"data", 0, 8, slotHex, 0},
	{"obj", 8, 8, slotHex, 0},
	{"res", 16, 8, slotInt64, 0},
	{"res2", 24, 8, slotInt64, 0},
}

// include/uapi/linux/aio_abi.h
var aioOperations = names{unknown: "IOCB_CMD_???", names: []entry{
	{0, "IOCB_CMD_PREAD"},
	{1, "IOCB_CMD_PWRITE"},
	{2, "IOCB_CMD_FSYNC"},
	{3, "IOCB_CMD_FDSYNC"},
	{4, "IOCB_CMD_PREADX"},
	{5, "IOCB_CMD_POLL"},
	{6, "IOCB_CMD_NOOP"},
	{7, "IOCB_CMD_PREADV"},
	{8, "IOCB_CMD_PWRITEV"},
}}

// include/uapi/linux/aio_abi.h
var aioFlags = flags{unknown: "IOCB_FLAG_???", names: []entry{
	{0x1, "IOCB_FLAG_RESFD"},
	{0x2, "IOCB_FLAG_IOPRIO"},
}}
