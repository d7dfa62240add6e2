package strace

import (
	"traceloop/event"
	"traceloop/ring"
)

// scsiLayout is where the members of a struct sg_io_hdr stand that follow its
// pointers (include/scsi/sg.h).
type scsiLayout struct{ size, command, sense, timeout, flags, status, residual int }

var (
	scsiLayout64 = scsiLayout{size: 88, command: 24, sense: 32, timeout: 40, flags: 44, status: 64, residual: 72}
	scsiLayout32 = scsiLayout{size: 64, command: 20, sense: 24, timeout: 28, flags: 32, status: 44, residual: 52}
)

// The parts of kind scsi_io.
const (
	scsiCommandPart = iota + 1
	scsiDataPart
	scsiSensePart
)

// scsiCommand appends the struct of SG_IO: what is asked of the device, and
// what it made of it.
func scsiCommand(dst []byte, e *event.Event, index int, o *Options) []byte {
	const version3 = 'S'
	c := memory(e, index)
	l := &scsiLayout64
	if pointerSize(e) == 4 {
		l = &scsiLayout32
	}
	data := bytesOf(c, l.size)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	if version := field(data, 0, 4); version != version3 {
		dst = append(dst, '[')
		dst = appendUint(dst, version)
		return append(dst, ']')
	}
	const toDevice, fromDevice, both = -2, -3, -4
	direction := int32(field(data, 4, 4))
	length := field(data, 12, 4)
	dst = append(dst, "{interface_id='S', dxfer_direction="...)
	dst = scsiDirections.appendTo(dst, uint64(uint32(direction)), o)
	dst = append(dst, ", cmd_len="...)
	dst = appendUint(dst, uint64(data[8]))
	dst = append(dst, ", cmdp="...)
	dst = appendScsiBuffer(dst, e, c, scsiCommandPart, l.command, uint64(data[8]), o)
	dst = append(dst, ", mx_sb_len="...)
	dst = appendUint(dst, uint64(data[9]))
	vectors := field(data, 10, 2)
	dst = append(dst, ", iovec_count="...)
	dst = appendUint(dst, vectors)
	dst = append(dst, ", dxfer_len="...)
	dst = appendUint(dst, length)
	dst = append(dst, ", timeout="...)
	dst = appendUint(dst, field(data, l.timeout, 4))
	dst = append(dst, ", flags="...)
	dst = scsiFlags.appendTo(dst, field(data, l.flags, 4), o)
	if direction == toDevice || direction == both {
		dst = append(dst, ", dxferp="...)
		dst = appendScsiData(dst, e, c, vectors, length, o)
	}
	if direction == fromDevice || direction == both {
		read := length
		if left := int32(field(data, l.residual, 4)); left > 0 && uint64(left) <= read {
			read -= uint64(left)
		}
		switch {
		case direction == fromDevice:
			dst = append(dst, ", dxferp="...)
			dst = appendScsiData(dst, e, c, vectors, read, o)
		case read > 0:
			dst = append(dst, " => dxferp="...)
			dst = appendScsiData(dst, e, c, vectors, read, o)
		}
	}
	dst = append(dst, ", "...)
	dst = appendMembers(dst, e, data[l.status:], scsiStatus, o)
	dst = append(dst, ", sbp="...)
	dst = appendScsiBuffer(dst, e, c, scsiSensePart, l.sense, uint64(data[l.status+3]), o)
	dst = append(dst, ", "...)
	dst = appendMembers(dst, e, data[l.status+4:], scsiResult, o)
	return append(dst, '}')
}

// appendScsiData appends the data, unless it is in pieces.
func appendScsiData(dst []byte, e *event.Event, c *ring.Capture, vectors, length uint64, o *Options) []byte {
	const at = 16
	if vectors != 0 {
		return appendPointer(dst, long(c.Data, at, pointerSize(e)))
	}
	return appendScsiBuffer(dst, e, c, scsiDataPart, at, length, o)
}

// appendScsiBuffer appends length bytes of a part, or the address that stands in the struct.
func appendScsiBuffer(dst []byte, e *event.Event, c *ring.Capture, part uint8, at int, length uint64, o *Options) []byte {
	pointer := long(c.Data, at, pointerSize(e))
	buffer := partOf(e, c, part)
	if pointer == 0 || buffer == nil && length > 0 {
		return appendPointer(dst, pointer)
	}
	var content []byte
	if buffer != nil {
		content = buffer.Data
	}
	content = content[:min(uint64(len(content)), length)]
	return appendHexString(dst, content, uint64(len(content)) < length, o)
}

var (
	scsiStatus = []member{
		{name: "status", size: 1, form: asHex},
		{name: "masked_status", size: 1, form: asHex},
		{name: "msg_status", size: 1, form: asHex},
		{name: "sb_len_wr", size: 1, form: asUint},
	}
	scsiResult = []member{
		{name: "host_status", size: 2, form: asHex},
		{name: "driver_status", size: 2, form: asHex},
		{name: "resid", size: 4, form: asInt},
		{name: "duration", size: 4, form: asUint},
		{name: "info", size: 4, flags: &scsiInformation},
	}
)

// include/scsi/sg.h
var scsiDirections = names{unknown: "SG_DXFER_???", names: []entry{
	{0xffffffff, "SG_DXFER_NONE"},
	{0xfffffffe, "SG_DXFER_TO_DEV"},
	{0xfffffffd, "SG_DXFER_FROM_DEV"},
	{0xfffffffc, "SG_DXFER_TO_FROM_DEV"},
	{0xfffffffb, "SG_DXFER_UNKNOWN"},
}}

// include/scsi/sg.h
var scsiFlags = flags{unknown: "SG_FLAG_???", names: []entry{
	{0x1, "SG_FLAG_DIRECT_IO"},
	{0x2, "SG_FLAG_UNUSED_LUN_INHIBIT"},
	{0x4, "SG_FLAG_MMAP_IO"},
	{0x10000, "SG_FLAG_NO_DXFER"},
	{0x10, "SG_FLAG_Q_AT_TAIL"},
	{0x20, "SG_FLAG_Q_AT_HEAD"},
}}

// include/scsi/sg.h
var scsiInformation = flags{unknown: "SG_INFO_???", names: []entry{
	{0x1, "SG_INFO_CHECK"},
	{0x2, "SG_INFO_DIRECT_IO"},
	{0x4, "SG_INFO_MIXED_IO"},
}}
