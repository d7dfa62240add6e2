package strace

import "traceloop/event"

// fileAttributes appends a struct fsxattr, whose count of extents only the
// call that asks for it fills (include/uapi/linux/fs.h).
func fileAttributes(dst []byte, e *event.Event, index int, o *Options) []byte {
	if requestDirection(uint32(register(e, index-1))) == requestReads {
		return appendStructure(dst, e, index, memoryOf(e, index), attributesGot, o)
	}
	return appendStructure(dst, e, index, memoryOf(e, index), attributesSet, o)
}

var (
	attributesGot = []member{
		{name: "fsx_xflags", size: 4, flags: &extendedFileFlags},
		{name: "fsx_extsize", size: 4, form: asUint},
		{name: "fsx_nextents", size: 4, form: asUint},
		{name: "fsx_projid", size: 4, form: asHex},
		{name: "fsx_cowextsize", size: 4, form: asUint},
	}
	attributesSet = []member{
		{name: "fsx_xflags", size: 4, flags: &extendedFileFlags},
		{name: "fsx_extsize", size: 4, form: asUint},
		{size: 4},
		{name: "fsx_projid", size: 4, form: asHex},
		{name: "fsx_cowextsize", size: 4, form: asUint},
	}
)

// trimRange is struct fstrim_range of include/uapi/linux/fs.h.
var trimRange = []member{
	{name: "start", size: 8, form: asHex},
	{name: "len", size: 8, form: asUint},
	{name: "minlen", size: 8, form: asUint},
}

// cloneRange is struct file_clone_range of include/uapi/linux/fs.h.
var cloneRange = []member{
	{name: "src_fd", size: 8, write: descriptorMember},
	{name: "src_offset", size: 8, form: asUint},
	{name: "src_length", size: 8, form: asUint},
	{name: "dest_offset", size: 8, form: asUint},
}

// struct fiemap of include/uapi/linux/fiemap.h
var (
	extentsAsked = []member{
		{name: "fm_start", size: 8, form: asUint},
		{name: "fm_length", size: 8, form: asUint},
		{name: "fm_flags", size: 4, flags: &extentMapFlags},
		{size: 4},
		{name: "fm_extent_count", size: 4, form: asUint},
	}
	extentsFound = []member{
		{size: 8},
		{size: 8},
		{name: "fm_flags", size: 4, flags: &extentMapFlags},
		{name: "fm_mapped_extents", size: 4, form: asUint},
	}
)

// extentMap appends a struct fiemap; the extents behind it are not captured.
func extentMap(dst []byte, e *event.Event, index int, o *Options) []byte {
	in := bytesOf(before(e, index), 32)
	if in == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '{')
	dst = appendMembers(dst, e, in, extentsAsked, o)
	dst = append(dst, '}')
	if out := bytesOf(after(e, index), 32); out != nil && succeeded(e) {
		dst = append(dst, " => {"...)
		dst = appendMembers(dst, e, out, extentsFound, o)
		dst = append(dst, ", ...}"...)
	}
	return dst
}

// dedupeRange appends a struct file_dedupe_range, with the first ones of the
// elements that stand behind it (include/uapi/linux/fs.h).
func dedupeRange(dst []byte, e *event.Event, index int, o *Options) []byte {
	const head = 24
	in := bytesOf(before(e, index), head)
	if in == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{src_offset="...)
	dst = appendUint(dst, field(in, 0, 8))
	dst = append(dst, ", src_length="...)
	dst = appendUint(dst, field(in, 8, 8))
	count := field(in, 16, 2)
	dst = append(dst, ", dest_count="...)
	dst = appendUint(dst, count)
	dst = append(dst, ", info="...)
	dst = appendDedupe(dst, e, in[head:], count, dedupeTarget, o)
	dst = append(dst, '}')
	if out := bytesOf(after(e, index), head); out != nil && count > 0 && succeeded(e) {
		dst = append(dst, " => {info="...)
		dst = appendDedupe(dst, e, out[head:], field(out, 16, 2), dedupeAnswer, o)
		dst = append(dst, '}')
	}
	return dst
}

func appendDedupe(dst []byte, e *event.Event, data []byte, count uint64, members []member, o *Options) []byte {
	const size, abbreviated = 32, 2
	shown := min(int(count), len(data)/size, o.elements())
	if !o.unabbreviated() {
		shown = min(shown, abbreviated)
	}
	dst = append(dst, '[')
	for i := range shown {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, '{')
		dst = appendMembers(dst, e, data[i*size:], members, o)
		dst = append(dst, '}')
	}
	return appendArrayEnd(dst, shown, shown < int(count))
}

// struct file_dedupe_range_info
var (
	dedupeTarget = []member{
		{name: "dest_fd", size: 8, write: descriptorMember},
		{name: "dest_offset", size: 8, form: asUint},
	}
	dedupeAnswer = []member{
		{size: 8},
		{size: 8},
		{name: "bytes_deduped", size: 8, form: asUint},
		{name: "status", size: 4, form: asInt},
	}
)

// volume appends a struct btrfs_ioctl_vol_args, of whose name a part is
// captured (include/uapi/linux/btrfs.h).
func volume(dst []byte, e *event.Event, index int, o *Options) []byte {
	const nameSize = 4088
	data := structure(e, index, 9)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{fd="...)
	dst = appendDescriptor(dst, e, int32(little.Uint64(data)), o)
	dst = append(dst, ", name="...)
	captured := data[8:min(len(data), 8+nameSize)]
	name := untilNUL(captured)
	dst = appendQuoted(dst, name, len(name) == len(captured), o)
	return append(dst, '}')
}

// btrfs's smaller structs (include/uapi/linux/btrfs.h)
var (
	defragmentation = []member{
		{name: "start", size: 8, form: asUint},
		{name: "len", size: 8, write: toTheEnd},
		{name: "flags", size: 8, flags: &defragmentationFlags},
		{name: "extent_thresh", size: 4, form: asUint},
		{name: "compress_type", size: 4, names: &btrfsCompressions},
	}
	quotaGroupCreation = []member{
		{name: "create", size: 8, form: asUint},
		{name: "qgroupid", size: 8, form: asUint},
	}
	quotaGroupAssignment = []member{
		{name: "assign", size: 8, form: asUint},
		{name: "src", size: 8, form: asUint},
		{name: "dst", size: 8, form: asUint},
	}
)

// toTheEnd appends a length, the largest of which means all.
func toTheEnd(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	if value == ^uint64(0) {
		return appendConstant(dst, value, asUint, "UINT64_MAX", o)
	}
	return appendUint(dst, value)
}

// subvolumeFlags appends the flags that an argument points to, without the brackets
// that other pointers have.
func subvolumeFlags(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 8)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	return btrfsSubvolumeFlags.appendTo(dst, field(data, 0, 8), o)
}

// include/uapi/linux/fs.h; the first three are of ext2's fs/ext2/ext2.h.
var fileFlags = flags{unknown: "FS_???_FL", names: []entry{
	{0x1, "FS_SECRM_FL"},
	{0x2, "FS_UNRM_FL"},
	{0x4, "FS_COMPR_FL"},
	{0x8, "FS_SYNC_FL"},
	{0x10, "FS_IMMUTABLE_FL"},
	{0x20, "FS_APPEND_FL"},
	{0x40, "FS_NODUMP_FL"},
	{0x80, "FS_NOATIME_FL"},
	{0x100, "FS_DIRTY_FL"},
	{0x200, "FS_COMPRBLK_FL"},
	{0x400, "FS_NOCOMP_FL"},
	{0x800, "FS_ENCRYPT_FL"},
	{0x1000, "FS_INDEX_FL"},
	{0x2000, "FS_IMAGIC_FL"},
	{0x4000, "FS_JOURNAL_DATA_FL"},
	{0x8000, "FS_NOTAIL_FL"},
	{0x10000, "FS_DIRSYNC_FL"},
	{0x20000, "FS_TOPDIR_FL"},
	{0x40000, "FS_HUGE_FILE_FL"},
	{0x80000, "FS_EXTENT_FL"},
	{0x100000, "FS_VERITY_FL"},
	{0x200000, "FS_EA_INODE_FL"},
	{0x400000, "FS_EOFBLOCKS_FL"},
	{0x800000, "FS_NOCOW_FL"},
	{0x2000000, "FS_DAX_FL"},
	{0x10000000, "FS_INLINE_DATA_FL"},
	{0x20000000, "FS_PROJINHERIT_FL"},
	{0x40000000, "FS_CASEFOLD_FL"},
	{0x80000000, "FS_RESERVED_FL"},
}}

// include/uapi/linux/fiemap.h
var extentMapFlags = flags{unknown: "FIEMAP_FLAG_???", names: []entry{
	{0x1, "FIEMAP_FLAG_SYNC"},
	{0x2, "FIEMAP_FLAG_XATTR"},
	{0x4, "FIEMAP_FLAG_CACHE"},
}}

// include/uapi/linux/btrfs.h
var btrfsSubvolumeFlags = flags{unknown: "BTRFS_SUBVOL_???", names: []entry{
	{0x1, "BTRFS_SUBVOL_CREATE_ASYNC"},
	{0x2, "BTRFS_SUBVOL_RDONLY"},
	{0x4, "BTRFS_SUBVOL_QGROUP_INHERIT"},
}}

// include/uapi/linux/btrfs.h
var defragmentationFlags = flags{unknown: "BTRFS_DEFRAG_RANGE_???", names: []entry{
	{0x1, "BTRFS_DEFRAG_RANGE_COMPRESS"},
	{0x2, "BTRFS_DEFRAG_RANGE_START_IO"},
}}

// fs/btrfs/compression.h
var btrfsCompressions = names{unknown: "BTRFS_COMPRESS_???", names: []entry{
	{0, "BTRFS_COMPRESS_NONE"},
	{1, "BTRFS_COMPRESS_ZLIB"},
	{2, "BTRFS_COMPRESS_LZO"},
	{3, "BTRFS_COMPRESS_ZSTD"},
}}

// include/uapi/linux/btrfs.h
var btrfsBalanceCommands = names{unknown: "BTRFS_BALANCE_CTL_???", names: []entry{
	{1, "BTRFS_BALANCE_CTL_PAUSE"},
	{2, "BTRFS_BALANCE_CTL_CANCEL"},
}}
