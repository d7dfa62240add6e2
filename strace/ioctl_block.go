package strace

import "traceloop/event"

// partitionRequest appends a struct blkpg_ioctl_arg with the partition that it
// points to (include/uapi/linux/blkpg.h).
func partitionRequest(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	pointer := pointerSize(e)
	at := align(e, 12, pointer)
	if bytesOf(c, at+pointer) == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '{')
	dst = appendMembers(dst, e, c.Data, partitionOperation, o)
	dst = append(dst, ", data="...)
	if part := bytesOf(partOf(e, c, 1), membersSize(e, partition)); part != nil {
		dst = append(dst, '{')
		dst = appendMembers(dst, e, part, partition, o)
		dst = append(dst, '}')
	} else {
		dst = appendPointer(dst, long(c.Data, at, pointer))
	}
	return append(dst, '}')
}

var (
	partitionOperation = []member{
		{name: "op", size: 4, names: &partitionOperations},
		{name: "flags", size: 4, form: asInt},
		{name: "datalen", size: 4, form: asInt},
	}
	partition = []member{
		{name: "start", size: 8, form: asInt},
		{name: "length", size: 8, form: asInt},
		{name: "pno", size: 4, form: asInt},
		{name: "devname", size: 64, text: true},
		{name: "volname", size: 64, text: true},
	}
)

// traceSetup is struct blk_user_trace_setup of include/uapi/linux/blktrace_api.h,
// of which the call gives the name.
var (
	traceSetup = []member{
		{size: 32, text: true},
		{name: "act_mask", size: 2, form: asUint},
		{name: "buf_size", size: 4, form: asUint},
		{name: "buf_nr", size: 4, form: asUint},
		{name: "start_lba", size: 8, form: asUint},
		{name: "end_lba", size: 8, form: asUint},
		{name: "pid", size: 4, form: asInt},
	}
	traceName = []member{{name: "name", size: 32, text: true}}
)

// diskGeometry is struct hd_geometry of include/uapi/linux/hdreg.h.
var diskGeometry = []member{
	{name: "heads", size: 1, form: asUint},
	{name: "sectors", size: 1, form: asUint},
	{name: "cylinders", size: 2, form: asUint},
	{name: "start", size: ofLong, form: asUint},
}

// driveCommand appends the four bytes of HDIO_DRIVE_CMD, and what the drive
// made of them (Documentation/userspace-api/ioctl/hdio.rst).
func driveCommand(dst []byte, e *event.Event, index int, o *Options) []byte {
	in := bytesOf(before(e, index), 4)
	if in == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '{')
	dst = appendMembers(dst, e, in, driveRequest, o)
	dst = append(dst, '}')
	out := bytesOf(after(e, index), 4)
	if out == nil || !succeeded(e) {
		return dst
	}
	dst = append(dst, " => {"...)
	dst = appendMembers(dst, e, out, driveAnswer, o)
	if sectors := int(out[3]); sectors > 0 {
		const sector = 512
		dst = append(dst, ", buf="...)
		content := out[4:]
		content = content[:min(len(content), sectors*sector)]
		dst = appendHexString(dst, content, len(content) < sectors*sector, o)
	}
	return append(dst, '}')
}

var (
	driveRequest = []member{
		{name: "command", size: 1, names: &driveCommands},
		{name: "sector_number", size: 1, form: asUint},
		{name: "feature", size: 1, form: asUint},
		{name: "sector_count", size: 1, form: asUint},
	}
	driveAnswer = []member{
		{name: "status", size: 1, form: asHex},
		{name: "error", size: 1, form: asUint},
		{name: "nsector", size: 1, form: asUint},
	}
)

// driveIdentity appends what HDIO_GET_IDENTITY gave: 512 bytes, captured in part.
func driveIdentity(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := memoryOf(e, index)
	if len(data) == 0 {
		return appendPointer(dst, register(e, index))
	}
	return appendLimited(dst, data, false, o)
}

// threeHexNumbers appends the three ints of HDIO_DRIVE_RESET and HDIO_SCAN_HWIF.
func threeHexNumbers(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 12)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	return appendNumbers(dst, data, 3, 4, asHex)
}

// loopInfo appends a struct loop_info (include/uapi/linux/loop.h).
func loopInfo(dst []byte, e *event.Event, index int, o *Options) []byte {
	size := longSize(e)
	data := structure(e, index, loopInfoSize(e))
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	// lo_number, lo_device, lo_inode, lo_rdevice, lo_offset, lo_encrypt_type, ...
	device := deviceSize(e)
	inode := align(e, 4+device, size)
	rdevice := inode + size
	numbers := align(e, rdevice+device, 4)
	dst = append(dst, "{lo_number="...)
	dst = appendNumber(dst, data, 4, asInt)
	if o.unabbreviated() {
		dst = append(dst, ", lo_device="...)
		dst = appendDevice(dst, field(data, align(e, 4, device), device), o)
		dst = append(dst, ", lo_inode="...)
		dst = appendUint(dst, long(data, inode, size))
		dst = append(dst, ", lo_rdevice="...)
		dst = appendDevice(dst, field(data, rdevice, device), o)
	}
	dst = append(dst, ", lo_offset="...)
	dst = appendHex(dst, field(data, numbers, 4))
	encryption, key := field(data, numbers+4, 4), field(data, numbers+8, 4)
	dst = appendLoopEncryption(dst, encryption, key, o)
	dst = append(dst, ", lo_flags="...)
	dst = loopFlags.appendTo(dst, field(data, numbers+12, 4), o)
	dst = append(dst, ", lo_name="...)
	dst = appendCharacters(dst, data[numbers+16:numbers+80], o)
	dst = appendLoopKey(dst, data[numbers+80:numbers+112], encryption, key, o)
	if !o.unabbreviated() {
		return append(dst, ", ...}"...)
	}
	end := align(e, numbers+112, size)
	dst = append(dst, ", lo_init="...)
	dst = appendNumbers(dst, data[end:], 2, size, asHex)
	dst = append(dst, ", reserved="...)
	dst = appendNumbers(dst, data[end+2*size:], 4, 1, asHex)
	return append(dst, '}')
}

// deviceSize is the size of __kernel_old_dev_t.
func deviceSize(e *event.Event) int {
	if longSize(e) == 8 && pointerSize(e) == 8 {
		return 8
	}
	return 2
}

func loopInfoSize(e *event.Event) int {
	if longSize(e) == 8 {
		return 168
	}
	return 140
}

func appendLoopEncryption(dst []byte, encryption, key uint64, o *Options) []byte {
	if encryption == 0 && !o.unabbreviated() {
		return dst
	}
	dst = append(dst, ", lo_encrypt_type="...)
	dst = loopEncryptions.appendTo(dst, encryption, o)
	dst = append(dst, ", lo_encrypt_key_size="...)
	return appendUint(dst, key)
}

func appendLoopKey(dst, data []byte, encryption, size uint64, o *Options) []byte {
	if encryption == 0 && !o.unabbreviated() {
		return dst
	}
	dst = append(dst, ", lo_encrypt_key="...)
	return appendLimited(dst, data[:min(size, uint64(len(data)))], false, o)
}

const loopInfo64Size = 232

// loopInfo64 appends a struct loop_info64 (include/uapi/linux/loop.h).
func loopInfo64(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, loopInfo64Size)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	return appendLoopInfo64(dst, data, o)
}

func appendLoopInfo64(dst, data []byte, o *Options) []byte {
	dst = append(dst, '{')
	if o.unabbreviated() {
		dst = append(dst, "lo_device="...)
		dst = appendDevice(dst, field(data, 0, 8), o)
		dst = append(dst, ", lo_inode="...)
		dst = appendUint(dst, field(data, 8, 8))
		dst = append(dst, ", lo_rdevice="...)
		dst = appendDevice(dst, field(data, 16, 8), o)
		dst = append(dst, ", "...)
	}
	dst = append(dst, "lo_offset="...)
	dst = appendHex(dst, field(data, 24, 8))
	if o.unabbreviated() {
		dst = append(dst, ", lo_sizelimit="...)
		dst = appendUint(dst, field(data, 32, 8))
	}
	dst = append(dst, ", lo_number="...)
	dst = appendUint(dst, field(data, 40, 4))
	encryption, key := field(data, 44, 4), field(data, 48, 4)
	dst = appendLoopEncryption(dst, encryption, key, o)
	dst = append(dst, ", lo_flags="...)
	dst = loopFlags.appendTo(dst, field(data, 52, 4), o)
	dst = append(dst, ", lo_file_name="...)
	dst = appendCharacters(dst, data[56:120], o)
	if encryption != 0 || o.unabbreviated() {
		dst = append(dst, ", lo_crypt_name="...)
		dst = appendCharacters(dst, data[120:184], o)
		dst = appendLoopKey(dst, data[184:216], encryption, key, o)
	}
	if !o.unabbreviated() {
		return append(dst, ", ...}"...)
	}
	dst = append(dst, ", lo_init="...)
	dst = appendNumbers(dst, data[216:], 2, 8, asHex)
	return append(dst, '}')
}

// loopConfiguration appends a struct loop_config (include/uapi/linux/loop.h).
func loopConfiguration(dst []byte, e *event.Event, index int, o *Options) []byte {
	const info, reserved, size = 8, 8 + loopInfo64Size, 8 + loopInfo64Size + 64
	data := structure(e, index, size)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{fd="...)
	dst = appendDescriptor(dst, e, int32(little.Uint32(data)), o)
	dst = append(dst, ", block_size="...)
	dst = appendUint(dst, field(data, 4, 4))
	dst = append(dst, ", info="...)
	dst = appendLoopInfo64(dst, data[info:reserved], o)
	for _, b := range data[reserved:size] {
		if b != 0 {
			dst = append(dst, ", __reserved="...)
			dst = appendNumbers(dst, data[reserved:size], 8, 8, asHex)
			break
		}
	}
	return append(dst, '}')
}

// scsiReset appends the int of SG_SCSI_RESET: a device, and whether to stop at it.
func scsiReset(dst []byte, e *event.Event, index int, o *Options) []byte {
	const noEscalation = 0x100
	data := structure(e, index, 4)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	value := field(data, 0, 4)
	dst = append(dst, '[')
	if value&noEscalation != 0 {
		dst = appendConstant(dst, noEscalation, asHex, "SG_SCSI_RESET_NO_ESCALATE", o)
		dst = append(dst, '|')
	}
	dst = scsiResets.appendTo(dst, value&^noEscalation, o)
	return append(dst, ']')
}

// scsiIdentity is struct sg_scsi_id of include/scsi/sg.h.
var scsiIdentity = []member{
	{name: "host_no", size: 4, form: asInt},
	{name: "channel", size: 4, form: asInt},
	{name: "scsi_id", size: 4, form: asHex},
	{name: "lun", size: 4, form: asInt},
	{name: "scsi_type", size: 4, form: asHex},
	{name: "h_cmd_per_lun", size: 2, form: asInt},
	{name: "d_queue_depth", size: 2, form: asInt},
}

// scsiRequest is struct sg_req_info of include/scsi/sg.h.
var scsiRequest = []member{
	{name: "req_state", size: 1, form: asInt},
	{name: "orphan", size: 1, form: asInt},
	{name: "sg_io_owned", size: 1, form: asInt},
	{name: "problem", size: 1, form: asInt},
	{name: "pack_id", size: 4, form: asInt},
	{name: "usr_ptr", size: ofPointer, form: asPointer},
	{name: "duration", size: 4, form: asUint},
}

// include/uapi/linux/blkpg.h
var partitionOperations = names{unknown: "BLKPG_???", names: []entry{
	{1, "BLKPG_ADD_PARTITION"},
	{2, "BLKPG_DEL_PARTITION"},
	{3, "BLKPG_RESIZE_PARTITION"},
}}

// include/uapi/linux/loop.h
var loopFlags = flags{unknown: "LO_FLAGS_???", names: []entry{
	{0x1, "LO_FLAGS_READ_ONLY"},
	{0x2, "LO_FLAGS_USE_AOPS"},
	{0x4, "LO_FLAGS_AUTOCLEAR"},
	{0x8, "LO_FLAGS_PARTSCAN"},
	{0x10, "LO_FLAGS_DIRECT_IO"},
}}

// include/uapi/linux/loop.h
var loopEncryptions = names{unknown: "LO_CRYPT_???", names: []entry{
	{0, "LO_CRYPT_NONE"},
	{1, "LO_CRYPT_XOR"},
	{2, "LO_CRYPT_DES"},
	{3, "LO_CRYPT_FISH2"},
	{4, "LO_CRYPT_BLOW"},
	{5, "LO_CRYPT_CAST128"},
	{6, "LO_CRYPT_IDEA"},
	{9, "LO_CRYPT_DUMMY"},
	{10, "LO_CRYPT_SKIPJACK"},
	{18, "LO_CRYPT_CRYPTOAPI"},
}}

// include/uapi/linux/nbd.h
var networkBlockFlags = flags{unknown: "NBD_IOC_FLAG_???", names: []entry{
	{0x1, "NBD_FLAG_HAS_FLAGS"},
	{0x2, "NBD_FLAG_READ_ONLY"},
	{0x4, "NBD_FLAG_SEND_FLUSH"},
	{0x8, "NBD_FLAG_SEND_FUA"},
	{0x10, "NBD_FLAG_ROTATIONAL"},
	{0x20, "NBD_FLAG_SEND_TRIM"},
	{0x40, "NBD_FLAG_SEND_WRITE_ZEROES"},
	{0x80, "NBD_FLAG_SEND_DF"},
	{0x100, "NBD_FLAG_CAN_MULTI_CONN"},
	{0x200, "NBD_FLAG_SEND_RESIZE"},
	{0x400, "NBD_FLAG_SEND_CACHE"},
}}

// include/scsi/sg.h
var scsiResets = names{unknown: "SG_SCSI_RESET_???", names: []entry{
	{0, "SG_SCSI_RESET_NOTHING"},
	{1, "SG_SCSI_RESET_DEVICE"},
	{2, "SG_SCSI_RESET_BUS"},
	{3, "SG_SCSI_RESET_HOST"},
	{4, "SG_SCSI_RESET_TARGET"},
}}

// include/uapi/linux/hdreg.h
var busStates = names{unknown: "BUSSTATE_???", names: []entry{
	{0, "BUSSTATE_OFF"},
	{1, "BUSSTATE_ON"},
	{2, "BUSSTATE_TRISTATE"},
}}

// include/uapi/linux/hdreg.h
var driveNiceness = flags{unknown: "IDE_NICE_???", names: []entry{
	{0x1, "1 << IDE_NICE_DSC_OVERLAP"},
	{0x2, "1 << IDE_NICE_ATAPI_OVERLAP"},
	{0x8, "1 << IDE_NICE_1"},
	{0x4, "1 << IDE_NICE_0"},
	{0x10, "1 << IDE_NICE_2"},
}}

// include/linux/ata.h
var driveCommands = names{unknown: "ATA_CMD_???", names: []entry{
	{0x0, "ATA_CMD_NOP"},
	{0x3, "ATA_CMD_CFA_REQ_EXT_ERR"},
	{0x6, "ATA_CMD_DSM"},
	{0x8, "ATA_CMD_DEV_RESET"},
	{0xb, "ATA_CMD_REQ_SENSE_DATA"},
	{0x10, "ATA_CMD_RESTORE"},
	{0x20, "ATA_CMD_PIO_READ"},
	{0x22, "ATA_CMD_READ_LONG"},
	{0x23, "ATA_CMD_READ_LONG_ONCE"},
	{0x24, "ATA_CMD_PIO_READ_EXT"},
	{0x25, "ATA_CMD_READ_EXT"},
	{0x26, "ATA_CMD_READ_QUEUED"},
	{0x27, "ATA_CMD_READ_NATIVE_MAX_EXT"},
	{0x29, "ATA_CMD_READ_MULTI_EXT"},
	{0x2a, "ATA_CMD_READ_STREAM_DMA_EXT"},
	{0x2b, "ATA_CMD_READ_STREAM_EXT"},
	{0x2f, "ATA_CMD_READ_LOG_EXT"},
	{0x30, "ATA_CMD_PIO_WRITE"},
	{0x32, "ATA_CMD_WRITE_LONG"},
	{0x33, "ATA_CMD_WRITE_LONG_ONCE"},
	{0x34, "ATA_CMD_PIO_WRITE_EXT"},
	{0x35, "ATA_CMD_WRITE_EXT"},
	{0x36, "ATA_CMD_WRITE_QUEUED"},
	{0x37, "ATA_CMD_SET_MAX_EXT"},
	{0x38, "ATA_CMD_CFA_WRITE_NE"},
	{0x39, "ATA_CMD_WRITE_MULTI_EXT"},
	{0x3a, "ATA_CMD_WRITE_STREAM_DMA_EXT"},
	{0x3b, "ATA_CMD_WRITE_STREAM_EXT"},
	{0x3d, "ATA_CMD_WRITE_FUA_EXT"},
	{0x3e, "ATA_CMD_WRITE_QUEUED_FUA_EXT"},
	{0x3f, "ATA_CMD_WRITE_LOG_EXT"},
	{0x40, "ATA_CMD_VERIFY"},
	{0x42, "ATA_CMD_VERIFY_EXT"},
	{0x45, "ATA_CMD_WRITE_UNCORR_EXT"},
	{0x47, "ATA_CMD_READ_LOG_DMA_EXT"},
	{0x4a, "ATA_CMD_ZAC_MGMT_IN"},
	{0x51, "ATA_CMD_CONFIG_STREAM"},
	{0x57, "ATA_CMD_WRITE_LOG_DMA_EXT"},
	{0x5b, "ATA_CMD_TRUSTED_NONDATA"},
	{0x5c, "ATA_CMD_TRUSTED_RCV"},
	{0x5d, "ATA_CMD_TRUSTED_RCV_DMA"},
	{0x5e, "ATA_CMD_TRUSTED_SND"},
	{0x5f, "ATA_CMD_TRUSTED_SND_DMA"},
	{0x60, "ATA_CMD_FPDMA_READ"},
	{0x61, "ATA_CMD_FPDMA_WRITE"},
	{0x63, "ATA_CMD_NCQ_NON_DATA"},
	{0x64, "ATA_CMD_FPDMA_SEND"},
	{0x65, "ATA_CMD_FPDMA_RECV"},
	{0x87, "ATA_CMD_CFA_TRANS_SECT"},
	{0x90, "ATA_CMD_EDD"},
	{0x91, "ATA_CMD_INIT_DEV_PARAMS"},
	{0x92, "ATA_CMD_DOWNLOAD_MICRO"},
	{0x93, "ATA_CMD_DOWNLOAD_MICRO_DMA"},
	{0x9f, "ATA_CMD_ZAC_MGMT_OUT"},
	{0xa0, "ATA_CMD_PACKET"},
	{0xa1, "ATA_CMD_ID_ATAPI"},
	{0xa2, "ATA_CMD_SERVICE"},
	{0xb0, "ATA_CMD_SMART"},
	{0xb1, "ATA_CMD_CONF_OVERLAY"},
	{0xb4, "ATA_CMD_SANITIZE_DEVICE"},
	{0xc0, "ATA_CMD_CFA_ERASE"},
	{0xc4, "ATA_CMD_READ_MULTI"},
	{0xc5, "ATA_CMD_WRITE_MULTI"},
	{0xc6, "ATA_CMD_SET_MULTI"},
	{0xc8, "ATA_CMD_READ"},
	{0xca, "ATA_CMD_WRITE"},
	{0xcd, "ATA_CMD_CFA_WRITE_MULT_NE"},
	{0xce, "ATA_CMD_WRITE_MULTI_FUA_EXT"},
	{0xd1, "ATA_CMD_CHK_MED_CRD_TYP"},
	{0xde, "ATA_CMD_MEDIA_LOCK"},
	{0xdf, "ATA_CMD_MEDIA_UNLOCK"},
	{0xe0, "ATA_CMD_STANDBYNOW1"},
	{0xe1, "ATA_CMD_IDLEIMMEDIATE"},
	{0xe2, "ATA_CMD_STANDBY"},
	{0xe3, "ATA_CMD_IDLE"},
	{0xe4, "ATA_CMD_PMP_READ"},
	{0xe5, "ATA_CMD_CHK_POWER"},
	{0xe6, "ATA_CMD_SLEEP"},
	{0xe7, "ATA_CMD_FLUSH"},
	{0xe8, "ATA_CMD_PMP_WRITE"},
	{0xe9, "ATA_CMD_PMP_READ_DMA"},
	{0xea, "ATA_CMD_FLUSH_EXT"},
	{0xeb, "ATA_CMD_PMP_WRITE_DMA"},
	{0xec, "ATA_CMD_ID_ATA"},
	{0xef, "ATA_CMD_SET_FEATURES"},
	{0xf1, "ATA_CMD_SEC_SET_PASS"},
	{0xf2, "ATA_CMD_SEC_UNLOCK"},
	{0xf3, "ATA_CMD_SEC_ERASE_PREP"},
	{0xf4, "ATA_CMD_SEC_ERASE_UNIT"},
	{0xf5, "ATA_CMD_SEC_FREEZE_LOCK"},
	{0xf6, "ATA_CMD_SEC_DISABLE_PASS"},
	{0xf8, "ATA_CMD_READ_NATIVE_MAX"},
	{0xf9, "ATA_CMD_SET_MAX"},
}}
