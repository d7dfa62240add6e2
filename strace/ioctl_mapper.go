package strace

import "traceloop/event"

// The requests of the device mapper, by their numbers (include/uapi/linux/dm-ioctl.h).
const (
	mapperVersion      = 0x00
	mapperRemoveAll    = 0x01
	mapperListDevices  = 0x02
	mapperCreate       = 0x03
	mapperRemove       = 0x04
	mapperRename       = 0x05
	mapperSuspend      = 0x06
	mapperStatus       = 0x07
	mapperWait         = 0x08
	mapperLoad         = 0x09
	mapperClear        = 0x0a
	mapperDependencies = 0x0b
	mapperTableStatus  = 0x0c
	mapperVersions     = 0x0d
	mapperMessage      = 0x0e
	mapperSetGeometry  = 0x0f
	mapperArmPoll      = 0x10
)

const (
	mapperSize     = 305 // of struct dm_ioctl, up to data
	mapperSuspends = 0x2 // DM_SUSPEND_FLAG
	mapperAnswers  = 0x10000
)

// mapperRequest appends a struct dm_ioctl, as the call found it and as it left
// it. What stands behind the struct is not captured.
func mapperRequest(dst []byte, e *event.Event, index int, o *Options) []byte {
	const leastSize = 12
	in, out := bytesOf(before(e, index), mapperSize), bytesOf(after(e, index), mapperSize)
	if in == nil || field(in, 12, 4) < leastSize {
		return appendHex(dst, register(e, index))
	}
	request := requestNumber(uint32(register(e, index-1)))
	dst = appendMapper(dst, in, request, false, o)
	if out != nil && succeeded(e) {
		dst = append(dst, " => "...)
		dst = appendMapper(dst, out, request, true, o)
	}
	return dst
}

func appendMapper(dst, data []byte, request uint32, left bool, o *Options) []byte {
	const major = 4
	dst = append(dst, "[{version="...)
	dst = appendNumbers(dst, data, 3, 4, asUint)
	if field(data, 0, 4) != major {
		return append(dst, " /* unsupported device mapper ABI version */}]"...)
	}
	size := field(data, 12, 4)
	dst = append(dst, ", data_size="...)
	dst = appendUint(dst, size)
	if size < mapperSize {
		return append(dst, " /* data_size too small */}]"...)
	}
	switch request {
	case mapperVersion, mapperRemoveAll, mapperCreate, mapperRemove, mapperSuspend, mapperStatus, mapperClear, mapperArmPoll:
	default:
		dst = append(dst, ", data_start="...)
		dst = appendUint(dst, field(data, 16, 4))
	}
	dst = appendMapped(dst, data, request, o)
	flags := field(data, 28, 4)
	number := func(dst []byte, name string, at int) []byte {
		dst = append(dst, name...)
		return appendUint(dst, field(data, at, 4))
	}
	switch {
	case left:
		switch request {
		case mapperCreate, mapperRename, mapperSuspend, mapperStatus, mapperWait, mapperLoad, mapperClear, mapperDependencies, mapperTableStatus, mapperMessage:
			dst = number(dst, ", target_count=", 20)
			dst = number(dst, ", open_count=", 24)
			dst = number(dst, ", event_nr=", 32)
		}
	case request == mapperLoad:
		dst = number(dst, ", target_count=", 20)
	case request == mapperSuspend && flags&mapperSuspends == 0, request == mapperRename, request == mapperRemove, request == mapperWait:
		dst = number(dst, ", event_nr=", 32)
	}
	dst = append(dst, ", flags="...)
	dst = mapperFlags.appendTo(dst, flags, o)
	dst = append(dst, '}')
	if mapperHasMore(data, request, left, flags) {
		dst = append(dst, ", ..."...)
	}
	return append(dst, ']')
}

// appendMapped appends which device it is about, if it is about one.
func appendMapped(dst, data []byte, request uint32, o *Options) []byte {
	switch request {
	case mapperRemoveAll, mapperListDevices, mapperVersions:
		return dst
	}
	if device := field(data, 40, 8); device != 0 {
		dst = append(dst, ", dev="...)
		dst = appendDevice(dst, device, o)
	}
	if name := data[48:176]; name[0] != 0 {
		dst = append(dst, ", name="...)
		dst = appendCharacters(dst, name, o)
	}
	if uuid := data[176:305]; uuid[0] != 0 {
		dst = append(dst, ", uuid="...)
		dst = appendCharacters(dst, uuid, o)
	}
	return dst
}

// mapperHasMore says whether something stands behind the struct.
func mapperHasMore(data []byte, request uint32, left bool, flags uint64) bool {
	some := field(data, 16, 4) != field(data, 12, 4)
	switch request {
	case mapperWait, mapperTableStatus:
		return left && field(data, 20, 4) != 0
	case mapperLoad:
		return !left && field(data, 20, 4) != 0
	case mapperDependencies, mapperListDevices, mapperVersions:
		return left && some
	case mapperMessage:
		return !left && some || left && flags&mapperAnswers != 0
	case mapperRename, mapperSetGeometry:
		return !left
	}
	return false
}

// include/uapi/linux/dm-ioctl.h; the third is of lvm2's library.
var mapperFlags = flags{unknown: "DM_???", names: []entry{
	{0x1, "DM_READONLY_FLAG"},
	{0x2, "DM_SUSPEND_FLAG"},
	{0x4, "DM_EXISTS_FLAG"},
	{0x8, "DM_PERSISTENT_DEV_FLAG"},
	{0x10, "DM_STATUS_TABLE_FLAG"},
	{0x20, "DM_ACTIVE_PRESENT_FLAG"},
	{0x40, "DM_INACTIVE_PRESENT_FLAG"},
	{0x100, "DM_BUFFER_FULL_FLAG"},
	{0x200, "DM_SKIP_BDGET_FLAG"},
	{0x400, "DM_SKIP_LOCKFS_FLAG"},
	{0x800, "DM_NOFLUSH_FLAG"},
	{0x1000, "DM_QUERY_INACTIVE_TABLE_FLAG"},
	{0x2000, "DM_UEVENT_GENERATED_FLAG"},
	{0x4000, "DM_UUID_FLAG"},
	{0x8000, "DM_SECURE_DATA_FLAG"},
	{0x10000, "DM_DATA_OUT_FLAG"},
	{0x20000, "DM_DEFERRED_REMOVE"},
	{0x40000, "DM_INTERNAL_SUSPEND_FLAG"},
	{0x80000, "DM_IMA_MEASUREMENT_FLAG"},
}}
