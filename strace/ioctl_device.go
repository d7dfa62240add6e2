package strace

import "traceloop/event"

// clockTime is struct rtc_time of include/uapi/linux/rtc.h, alarmTime struct rtc_wkalrm.
var (
	clockTime = []member{
		{name: "tm_sec", size: 4, form: asInt},
		{name: "tm_min", size: 4, form: asInt},
		{name: "tm_hour", size: 4, form: asInt},
		{name: "tm_mday", size: 4, form: asInt},
		{name: "tm_mon", size: 4, form: asInt},
		{name: "tm_year", size: 4, form: asInt},
		{name: "tm_wday", size: 4, form: asInt, more: true},
		{name: "tm_yday", size: 4, form: asInt, more: true},
		{name: "tm_isdst", size: 4, form: asInt, more: true},
	}
	clockAdjustment = []member{ // struct rtc_pll_info
		{name: "pll_ctrl", size: 4, form: asInt},
		{name: "pll_value", size: 4, form: asInt},
		{name: "pll_max", size: 4, form: asInt},
		{name: "pll_min", size: 4, form: asInt},
		{name: "pll_posmult", size: 4, form: asInt},
		{name: "pll_negmult", size: 4, form: asInt},
		{name: "pll_clock", size: ofLong, form: asInt},
	}
)

func alarmTime(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 40)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{enabled="...)
	dst = appendUint(dst, uint64(data[0]))
	dst = append(dst, ", pending="...)
	dst = appendUint(dst, uint64(data[1]))
	dst = append(dst, ", time={"...)
	dst = appendMembers(dst, e, data[4:], clockTime, o)
	return append(dst, "}}"...)
}

// clockParameter appends a struct rtc_param: RTC_PARAM_SET gives its value,
// RTC_PARAM_GET gets it.
func clockParameter(dst []byte, e *event.Event, index int, o *Options) []byte {
	const size = 24
	given := before(e, index)
	in, out := bytesOf(given, size), bytesOf(after(e, index), size)
	if in == nil {
		return appendPointer(dst, register(e, index))
	}
	parameter := field(in, 0, 8)
	dst = append(dst, "{param="...)
	dst = clockParameters.appendTo(dst, parameter, o)
	if !given.Entry {
		dst = append(dst, ", "...)
		dst = appendClockValue(dst, parameter, field(in, 8, 8), o)
	}
	dst = append(dst, ", index="...)
	dst = appendUint(dst, field(in, 16, 4))
	dst = appendPadding(dst, field(in, 20, 4))
	dst = append(dst, '}')
	if !given.Entry {
		return dst
	}
	dst = append(dst, " => "...)
	if out == nil || !succeeded(e) {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '{')
	dst = appendClockValue(dst, field(out, 0, 8), field(out, 8, 8), o)
	dst = appendPadding(dst, field(out, 20, 4))
	return append(dst, '}')
}

func appendClockValue(dst []byte, parameter, value uint64, o *Options) []byte {
	switch parameter {
	case 0: // RTC_PARAM_FEATURES
		dst = append(dst, "uvalue="...)
		return clockFeatures.appendTo(dst, value, o)
	case 1: // RTC_PARAM_CORRECTION
		dst = append(dst, "svalue="...)
		return appendInt(dst, int64(value))
	case 2: // RTC_PARAM_BACKUP_SWITCH_MODE
		dst = append(dst, "uvalue="...)
		return clockBackupModes.appendTo(dst, value, o)
	}
	dst = append(dst, "uvalue="...)
	return appendHex(dst, value)
}

func appendPadding(dst []byte, value uint64) []byte {
	if value == 0 {
		return dst
	}
	dst = append(dst, ", __pad="...)
	return appendHex(dst, value)
}

// randomPool appends a struct rand_pool_info and the bytes behind it, as many
// of them as were captured (include/uapi/linux/random.h).
func randomPool(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 8)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	size := field(data, 4, 4)
	dst = append(dst, "{entropy_count="...)
	dst = appendNumber(dst, data, 4, asInt)
	dst = append(dst, ", buf_size="...)
	dst = appendNumber(dst, data[4:], 4, asInt)
	dst = append(dst, ", buf="...)
	content := data[8:]
	content = content[:min(uint64(len(content)), size)]
	dst = appendLimited(dst, content, uint64(len(content)) < size, o)
	return append(dst, '}')
}

// Flash memory (include/uapi/mtd/mtd-abi.h)
var (
	eraseRange = []member{ // struct erase_info_user
		{name: "start", size: 4, form: asHex},
		{name: "length", size: 4, form: asHex},
	}
	eraseRange64 = []member{ // struct erase_info_user64
		{name: "start", size: 8, form: asHex},
		{name: "length", size: 8, form: asHex},
	}
	outOfBand = []member{ // struct mtd_oob_buf
		{name: "start", size: 4, form: asHex},
		{name: "length", size: 4, form: asHex},
		{name: "ptr", size: ofPointer, form: asPointer},
	}
	outOfBand64 = []member{ // struct mtd_oob_buf64
		{name: "start", size: 8, form: asHex},
		{size: 4},
		{name: "length", size: 4, form: asHex},
		{name: "usr_ptr", size: 8, form: asPointer},
	}
	onceRegion = []member{ // struct otp_info
		{name: "start", size: 4, form: asHex},
		{name: "length", size: 4, form: asHex},
		{name: "locked", size: 4, form: asUint},
	}
	flashWrite = []member{ // struct mtd_write_req
		{name: "start", size: 8, form: asHex},
		{name: "len", size: 8, form: asHex},
		{name: "ooblen", size: 8, form: asHex},
		{name: "usr_data", size: 8, form: asPointer},
		{name: "usr_oob", size: 8, form: asPointer},
		{name: "mode", size: 1, names: &flashOperations},
	}
	flashDevice = []member{ // struct mtd_info_user
		{name: "type", size: 1, names: &flashTypes},
		{name: "flags", size: 4, flags: &flashFlags},
		{name: "size", size: 4, form: asHex},
		{name: "erasesize", size: 4, form: asHex},
		{name: "writesize", size: 4, form: asHex},
		{name: "oobsize", size: 4, form: asHex},
		{name: "padding", size: 8, form: asHex},
	}
	flashErrors = []member{ // struct mtd_ecc_stats
		{name: "corrected", size: 4, form: asHex},
		{name: "failed", size: 4, form: asHex},
		{name: "badblocks", size: 4, form: asHex},
		{name: "bbtblocks", size: 4, form: asHex},
	}
	flashRegionAsked = []member{ // struct region_info_user
		{size: 4},
		{size: 4},
		{size: 4},
		{name: "regionindex", size: 4, form: asHex},
	}
	flashRegion = []member{
		{name: "offset", size: 4, form: asHex},
		{name: "erasesize", size: 4, form: asHex},
		{name: "numblocks", size: 4, form: asHex},
	}
)

// UBI volumes (include/uapi/mtd/ubi-user.h)
var (
	volumeSize = []member{ // struct ubi_rsvol_req
		{name: "bytes", size: 8, form: asInt},
		{name: "vol_id", size: 4, form: asInt},
	}
	eraseBlockChange = []member{ // struct ubi_leb_change_req
		{name: "lnum", size: 4, form: asInt},
		{name: "bytes", size: 4, form: asInt},
		{name: "dtype", size: 1, names: &eraseBlockTypes},
	}
	eraseBlockMap = []member{ // struct ubi_map_req
		{name: "lnum", size: 4, form: asInt},
		{name: "dtype", size: 1, names: &eraseBlockTypes},
	}
	volumeProperty = []member{ // struct ubi_set_vol_prop_req
		{name: "property", size: 1, names: &volumeProperties},
		{size: 1},
		{size: 2},
		{size: 4},
		{name: "value", size: 8, form: asHex},
	}
	volumeCreation = []member{ // struct ubi_mkvol_req
		{name: "vol_id", size: 4, form: asInt},
		{name: "alignment", size: 4, form: asInt},
		{name: "bytes", size: 8, form: asInt},
		{name: "vol_type", size: 1, names: &volumeTypes},
		{name: "flags", size: 1, flags: &volumeFlags},
		{name: "name_len", size: 2, form: asInt},
	}
	deviceAttachment = []member{ // struct ubi_attach_req
		{name: "ubi_num", size: 4, form: asInt},
		{name: "mtd_num", size: 4, form: asInt},
		{name: "vid_hdr_offset", size: 4, form: asInt},
		{name: "max_beb_per1024", size: 2, form: asInt},
	}
)

// createdVolume appends a struct ubi_mkvol_req, whose first number becomes
// that of the volume.
func createdVolume(dst []byte, e *event.Event, index int, o *Options) []byte {
	const name, nameSize = 24, 128
	in := bytesOf(before(e, index), name+nameSize)
	if in == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '{')
	dst = appendMembers(dst, e, in, volumeCreation, o)
	dst = append(dst, ", name="...)
	length := int(int16(field(in, 18, 2)))
	dst = appendCharacters(dst, in[name:name+1+min(max(length, 0), nameSize-1)], o)
	dst = append(dst, '}')
	return appendNewNumber(dst, e, index)
}

// attachedDevice appends a struct ubi_attach_req, whose first number becomes
// that of the device.
func attachedDevice(dst []byte, e *event.Event, index int, o *Options) []byte {
	in := bytesOf(before(e, index), 14)
	if in == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '{')
	dst = appendMembers(dst, e, in, deviceAttachment, o)
	dst = append(dst, '}')
	return appendNewNumber(dst, e, index)
}

func appendNewNumber(dst []byte, e *event.Event, index int) []byte {
	out := bytesOf(after(e, index), 4)
	if out == nil || !succeeded(e) {
		return dst
	}
	dst = append(dst, " => ["...)
	dst = appendNumber(dst, out, 4, asInt)
	return append(dst, ']')
}

// secureVersionAnswer appends a struct tee_ioctl_version_data: the capabilities
// that all have, and those of the implementation (include/uapi/linux/tee.h).
func secureVersionAnswer(dst []byte, e *event.Event, index int, o *Options) []byte {
	const opTEE = 1
	data := structure(e, index, 12)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	implementation := field(data, 0, 4)
	dst = append(dst, "{impl_id="...)
	dst = secureImplementations.appendTo(dst, implementation, o)
	dst = append(dst, ", gen_caps="...)
	dst = secureCapabilities.appendTo(dst, field(data, 8, 4), o)
	dst = append(dst, ", impl_caps="...)
	if implementation == opTEE {
		dst = opTEECapabilities.appendTo(dst, field(data, 4, 4), o)
	} else {
		dst = appendHex(dst, field(data, 4, 4))
	}
	return append(dst, '}')
}

// secureBufferArgument appends a struct tee_ioctl_buf_data.
func secureBufferArgument(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 16)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{buf_len="...)
	dst = appendUint(dst, field(data, 8, 8))
	dst = append(dst, ", buf_ptr="...)
	dst = appendPointer(dst, field(data, 0, 8))
	return append(dst, '}')
}

// include/uapi/linux/tee.h
var (
	secureCancel = []member{ // struct tee_ioctl_cancel_arg
		{name: "cancel_id", size: 4, form: asUint},
		{name: "session", size: 4, form: asHex},
	}
	secureSession = []member{ // struct tee_ioctl_close_session_arg
		{name: "session", size: 4, form: asHex},
	}
)

// include/uapi/linux/rtc.h
var clockParameters = names{unknown: "RTC_PARAM_???", names: []entry{
	{0, "RTC_PARAM_FEATURES"},
	{1, "RTC_PARAM_CORRECTION"},
	{2, "RTC_PARAM_BACKUP_SWITCH_MODE"},
}}

// include/uapi/linux/rtc.h
var clockFeatures = flags{unknown: "1<<RTC_FEATURE_???", names: []entry{
	{0x1, "1<<RTC_FEATURE_ALARM"},
	{0x2, "1<<RTC_FEATURE_ALARM_RES_MINUTE"},
	{0x4, "1<<RTC_FEATURE_NEED_WEEK_DAY"},
	{0x8, "1<<RTC_FEATURE_ALARM_RES_2S"},
	{0x10, "1<<RTC_FEATURE_UPDATE_INTERRUPT"},
	{0x20, "1<<RTC_FEATURE_CORRECTION"},
	{0x40, "1<<RTC_FEATURE_BACKUP_SWITCH_MODE"},
	{0x80, "1<<RTC_FEATURE_ALARM_WAKEUP_ONLY"},
}}

// include/uapi/linux/rtc.h
var clockBackupModes = names{unknown: "RTC_BSM_???", names: []entry{
	{0, "RTC_BSM_DISABLED"},
	{1, "RTC_BSM_DIRECT"},
	{2, "RTC_BSM_LEVEL"},
	{3, "RTC_BSM_STANDBY"},
}}

// include/uapi/linux/rtc.h
var lowVoltage = flags{unknown: "RTC_VL_???", names: []entry{
	{0x1, "RTC_VL_DATA_INVALID"},
	{0x2, "RTC_VL_BACKUP_LOW"},
	{0x4, "RTC_VL_BACKUP_EMPTY"},
	{0x8, "RTC_VL_ACCURACY_LOW"},
	{0x10, "RTC_VL_BACKUP_SWITCH"},
}}

// include/uapi/mtd/mtd-abi.h
var flashTypes = names{unknown: "MTD_???", names: []entry{
	{0, "MTD_ABSENT"},
	{1, "MTD_RAM"},
	{2, "MTD_ROM"},
	{3, "MTD_NORFLASH"},
	{4, "MTD_NANDFLASH"},
	{6, "MTD_DATAFLASH"},
	{7, "MTD_UBIVOLUME"},
	{8, "MTD_MLCNANDFLASH"},
}}

// include/uapi/mtd/mtd-abi.h
var flashFlags = flags{unknown: "MTD_???", names: []entry{
	{0x400, "MTD_WRITEABLE"},
	{0x800, "MTD_BIT_WRITEABLE"},
	{0x1000, "MTD_NO_ERASE"},
	{0x2000, "MTD_POWERUP_LOCK"},
	{0x4000, "MTD_SLC_ON_MLC_EMULATION"},
}}

// include/uapi/mtd/mtd-abi.h
var flashOperations = names{unknown: "MTD_OPS_???", names: []entry{
	{0, "MTD_OPS_PLACE_OOB"},
	{1, "MTD_OPS_AUTO_OOB"},
	{2, "MTD_OPS_RAW"},
}}

// include/uapi/mtd/mtd-abi.h
var onceModes = names{unknown: "MTD_OTP_???", names: []entry{
	{0, "MTD_OTP_OFF"},
	{1, "MTD_OTP_FACTORY"},
	{2, "MTD_OTP_USER"},
}}

// include/uapi/mtd/mtd-abi.h
var flashFileModes = names{unknown: "MTD_FILE_MODE_???", names: []entry{
	{0, "MTD_FILE_MODE_NORMAL"},
	{1, "MTD_FILE_MODE_OTP_FACTORY"},
	{2, "MTD_FILE_MODE_OTP_USER"},
	{3, "MTD_FILE_MODE_RAW"},
}}

// include/uapi/mtd/ubi-user.h
var volumeTypes = names{unknown: "UBI_???_VOLUME", names: []entry{
	{3, "UBI_DYNAMIC_VOLUME"},
	{4, "UBI_STATIC_VOLUME"},
}}

// include/uapi/mtd/ubi-user.h
var volumeFlags = flags{unknown: "UBI_VOL_???", names: []entry{
	{0x1, "UBI_VOL_SKIP_CRC_CHECK_FLG"},
}}

// include/uapi/mtd/ubi-user.h
var volumeProperties = names{unknown: "UBI_VOL_PROP_???", names: []entry{
	{1, "UBI_VOL_PROP_DIRECT_WRITE"},
}}

// include/uapi/mtd/ubi-user.h, of Linux before 2.6.34
var eraseBlockTypes = names{unknown: "UBI_???", names: []entry{
	{1, "UBI_LONGTERM"},
	{2, "UBI_SHORTTERM"},
	{3, "UBI_UNKNOWN"},
}}

// include/uapi/linux/tee.h
var secureImplementations = names{unknown: "TEE_IMPL_ID_???", names: []entry{
	{1, "TEE_IMPL_ID_OPTEE"},
	{2, "TEE_IMPL_ID_AMDTEE"},
}}

// include/uapi/linux/tee.h
var secureCapabilities = flags{unknown: "TEE_GEN_CAP_???", names: []entry{
	{0x1, "TEE_GEN_CAP_GP"},
	{0x2, "TEE_GEN_CAP_PRIVILEGED"},
	{0x4, "TEE_GEN_CAP_REG_MEM"},
	{0x8, "TEE_GEN_CAP_MEMREF_NULL"},
}}

// include/uapi/linux/tee.h
var opTEECapabilities = flags{unknown: "TEE_OPTEE_CAP_???", names: []entry{
	{0x1, "TEE_OPTEE_CAP_TZ"},
}}
