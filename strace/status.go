package strace

import (
	"traceloop/event"
	"traceloop/syscalls"
)

// A place is where a number stands in a struct, and its size in bytes.
type place struct{ offset, size int }

func (p place) in(data []byte) uint64 { return field(data, p.offset, p.size) }

// statLayout is where a struct stat has its members. Its times are six longs of
// timeSize bytes: seconds and nanoseconds of access, modification and change.
type statLayout struct {
	mode, rdev, size               place
	dev, inode, links, user, group place
	blockSize, blocks              place
	times, timeSize                int
}

var (
	// arch/x86/include/uapi/asm/stat.h
	statAMD64 = statLayout{
		mode: place{24, 4}, rdev: place{40, 8}, size: place{48, 8},
		dev: place{0, 8}, inode: place{8, 8}, links: place{16, 8}, user: place{28, 4}, group: place{32, 4},
		blockSize: place{56, 8}, blocks: place{64, 8}, times: 72, timeSize: 8,
	}
	// include/uapi/asm-generic/stat.h
	statARM64 = statLayout{
		mode: place{16, 4}, rdev: place{32, 8}, size: place{48, 8},
		dev: place{0, 8}, inode: place{8, 8}, links: place{20, 4}, user: place{24, 4}, group: place{28, 4},
		blockSize: place{56, 4}, blocks: place{64, 8}, times: 72, timeSize: 8,
	}
	// arch/x86/include/uapi/asm/stat.h and arch/arm/include/uapi/asm/stat.h:
	// struct stat is the same on both, struct stat64 is not, for arm aligns
	// 64-bit numbers.
	stat32 = statLayout{
		mode: place{8, 2}, rdev: place{16, 4}, size: place{20, 4},
		dev: place{0, 4}, inode: place{4, 4}, links: place{10, 2}, user: place{12, 2}, group: place{14, 2},
		blockSize: place{24, 4}, blocks: place{28, 4}, times: 32, timeSize: 4,
	}
	stat64I386 = statLayout{
		mode: place{16, 4}, rdev: place{32, 8}, size: place{44, 8},
		dev: place{0, 8}, inode: place{88, 8}, links: place{20, 4}, user: place{24, 4}, group: place{28, 4},
		blockSize: place{52, 4}, blocks: place{56, 8}, times: 64, timeSize: 4,
	}
	stat64ARM = statLayout{
		mode: place{16, 4}, rdev: place{32, 8}, size: place{48, 8},
		dev: place{0, 8}, inode: place{96, 8}, links: place{20, 4}, user: place{24, 4}, group: place{28, 4},
		blockSize: place{56, 4}, blocks: place{64, 8}, times: 72, timeSize: 4,
	}
	// struct __old_kernel_stat: its other members are never shown
	oldStat64 = statLayout{mode: place{4, 2}, rdev: place{12, 2}, size: place{16, 8}}
	oldStat32 = statLayout{mode: place{4, 2}, rdev: place{12, 2}, size: place{16, 4}}
)

func status(dst []byte, e *event.Event, index int, o *Options) []byte {
	switch e.ABI {
	case syscalls.AMD64, syscalls.X32:
		return appendStatus(dst, e, index, &statAMD64, o)
	case syscalls.ARM64:
		return appendStatus(dst, e, index, &statARM64, o)
	}
	return appendStatus(dst, e, index, &stat32, o)
}

func status64(dst []byte, e *event.Event, index int, o *Options) []byte {
	switch e.ABI {
	case syscalls.I386:
		return appendStatus(dst, e, index, &stat64I386, o)
	case syscalls.ARM:
		return appendStatus(dst, e, index, &stat64ARM, o)
	}
	return status(dst, e, index, o)
}

func oldStatus(dst []byte, e *event.Event, index int, o *Options) []byte {
	if narrow(e) {
		return appendStatus(dst, e, index, &oldStat32, o)
	}
	return appendStatus(dst, e, index, &oldStat64, o)
}

func appendStatus(dst []byte, e *event.Event, index int, l *statLayout, o *Options) []byte {
	data := structure(e, index, l.size.offset+l.size.size)
	if data == nil || !succeeded(e) {
		return appendPointer(dst, register(e, index))
	}
	all := o.unabbreviated() && l.timeSize != 0 && len(data) >= max(l.times+6*l.timeSize, l.inode.offset+l.inode.size)
	dst = append(dst, '{')
	if all {
		dst = append(dst, "st_dev="...)
		dst = appendDevice(dst, l.dev.in(data), o)
		dst = appendPlace(dst, ", st_ino=", data, l.inode)
		dst = append(dst, ", "...)
	}
	mode := l.mode.in(data)
	dst = append(dst, "st_mode="...)
	dst = appendFileMode(dst, mode, o)
	if all {
		dst = appendPlace(dst, ", st_nlink=", data, l.links)
		dst = appendPlace(dst, ", st_uid=", data, l.user)
		dst = appendPlace(dst, ", st_gid=", data, l.group)
		dst = appendPlace(dst, ", st_blksize=", data, l.blockSize)
		dst = appendPlace(dst, ", st_blocks=", data, l.blocks)
	}
	if kind := mode & 0o170000; kind == 0o020000 || kind == 0o060000 {
		dst = append(dst, ", st_rdev="...)
		dst = appendDevice(dst, l.rdev.in(data), o)
	} else {
		dst = appendPlace(dst, ", st_size=", data, l.size)
	}
	if !all {
		return append(dst, ", ...}"...)
	}
	for i, name := range [...]string{", st_atime", ", st_mtime", ", st_ctime"} {
		at := l.times + 2*i*l.timeSize
		seconds, nanoseconds := signedLong(data, at, l.timeSize), long(data, at+l.timeSize, l.timeSize)
		dst = append(dst, name...)
		dst = append(dst, '=')
		dst = appendInt(dst, seconds)
		dst = appendMoment(dst, seconds, nanoseconds, 1e9)
		dst = append(dst, name...)
		dst = append(dst, "_nsec="...)
		dst = appendUint(dst, nanoseconds)
	}
	return append(dst, '}')
}

func appendPlace(dst []byte, name string, data []byte, p place) []byte {
	dst = append(dst, name...)
	return appendUint(dst, p.in(data))
}

// field reads an unsigned number of 2, 4 or 8 bytes. The caller has checked the length.
func field(data []byte, offset, size int) uint64 {
	switch size {
	case 2:
		return uint64(little.Uint16(data[offset:]))
	case 4:
		return uint64(little.Uint32(data[offset:]))
	}
	return little.Uint64(data[offset:])
}

// extendedStatus appends struct statx (include/uapi/linux/stat.h).
func extendedStatus(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 48)
	if data == nil || !succeeded(e) {
		return appendPointer(dst, register(e, index))
	}
	all := o.unabbreviated() && len(data) >= 144
	dst = append(dst, "{stx_mask="...)
	dst = statxMask.appendTo(dst, uint64(little.Uint32(data)), o)
	if all {
		dst = appendPlace(dst, ", stx_blksize=", data, place{4, 4})
	}
	dst = append(dst, ", stx_attributes="...)
	dst = statxAttributes.appendTo(dst, little.Uint64(data[8:]), o)
	if all {
		dst = appendPlace(dst, ", stx_nlink=", data, place{16, 4})
		dst = append(dst, ", stx_uid="...)
		dst = appendIdentity(dst, little.Uint32(data[20:]), o)
		dst = append(dst, ", stx_gid="...)
		dst = appendIdentity(dst, little.Uint32(data[24:]), o)
	}
	dst = append(dst, ", stx_mode="...)
	dst = appendFileMode(dst, uint64(little.Uint16(data[28:])), o)
	if all {
		dst = appendPlace(dst, ", stx_ino=", data, place{32, 8})
	}
	dst = appendPlace(dst, ", stx_size=", data, place{40, 8})
	if !all {
		return append(dst, ", ...}"...)
	}
	dst = appendPlace(dst, ", stx_blocks=", data, place{48, 8})
	dst = append(dst, ", stx_attributes_mask="...)
	dst = statxAttributes.appendTo(dst, little.Uint64(data[56:]), o)
	for _, t := range extendedTimes {
		seconds, nanoseconds := signedLong(data, t.offset, 8), little.Uint32(data[t.offset+8:])
		dst = append(dst, t.name...)
		dst = append(dst, "{tv_sec="...)
		dst = appendInt(dst, seconds)
		dst = append(dst, ", tv_nsec="...)
		dst = appendUint(dst, uint64(nanoseconds))
		dst = append(dst, '}')
		dst = appendMoment(dst, seconds, uint64(nanoseconds), 1e9)
	}
	dst = appendPlace(dst, ", stx_rdev_major=", data, place{128, 4})
	dst = appendPlace(dst, ", stx_rdev_minor=", data, place{132, 4})
	dst = appendPlace(dst, ", stx_dev_major=", data, place{136, 4})
	dst = appendPlace(dst, ", stx_dev_minor=", data, place{140, 4})
	const mountID, directAlign = 0x1000, 0x2000
	mask := little.Uint32(data)
	if mask&mountID != 0 && len(data) >= 152 {
		dst = append(dst, ", stx_mnt_id="...)
		dst = appendHex(dst, little.Uint64(data[144:]))
	}
	if mask&directAlign != 0 && len(data) >= 160 {
		dst = appendPlace(dst, ", stx_dio_mem_align=", data, place{152, 4})
		dst = appendPlace(dst, ", stx_dio_offset_align=", data, place{156, 4})
	}
	return append(dst, '}')
}

// extendedTimes are struct statx's times, in strace's order.
var extendedTimes = [...]struct {
	name   string
	offset int
}{{", stx_atime=", 64}, {", stx_btime=", 80}, {", stx_ctime=", 96}, {", stx_mtime=", 112}}

// fileSystem appends struct statfs, whose fields are longs of the ABI.
func fileSystem(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendFileSystem(dst, e, index, longSize(e), longSize(e), o)
}

// fileSystem64 appends struct statfs64 of the 32-bit ABIs, whose counts have 64 bits.
func fileSystem64(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendFileSystem(dst, e, index, 4, 8, o)
}

func appendFileSystem(dst []byte, e *event.Event, index, word, count int, o *Options) []byte {
	size := 5*word + 5*count + 8
	data := structure(e, index, size)
	if data == nil || !succeeded(e) {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{f_type="...)
	dst = fileSystemTypes.appendTo(dst, field(data, 0, word), o)
	dst = append(dst, ", f_bsize="...)
	dst = appendUint(dst, field(data, word, word))
	offset := 2 * word
	for _, name := range fileSystemCounts {
		dst = append(dst, name...)
		dst = appendUint(dst, field(data, offset, count))
		offset += count
	}
	dst = append(dst, ", f_fsid={val=["...)
	dst = appendHex(dst, field(data, offset, 4))
	dst = append(dst, ", "...)
	dst = appendHex(dst, field(data, offset+4, 4))
	offset += 8
	dst = append(dst, "]}, f_namelen="...)
	dst = appendUint(dst, field(data, offset, word))
	dst = append(dst, ", f_frsize="...)
	dst = appendUint(dst, field(data, offset+word, word))
	dst = append(dst, ", f_flags="...)
	dst = fileSystemFlags.appendTo(dst, field(data, offset+2*word, word), o)
	return append(dst, '}')
}

var fileSystemCounts = [...]string{", f_blocks=", ", f_bfree=", ", f_bavail=", ", f_files=", ", f_ffree="}

// include/uapi/linux/stat.h
var statxMask = flags{unknown: "STATX_???", names: []entry{
	{0xfff, "STATX_ALL"},
	{0x7ff, "STATX_BASIC_STATS"},
	{0x1, "STATX_TYPE"},
	{0x2, "STATX_MODE"},
	{0x4, "STATX_NLINK"},
	{0x8, "STATX_UID"},
	{0x10, "STATX_GID"},
	{0x20, "STATX_ATIME"},
	{0x40, "STATX_MTIME"},
	{0x80, "STATX_CTIME"},
	{0x100, "STATX_INO"},
	{0x200, "STATX_SIZE"},
	{0x400, "STATX_BLOCKS"},
	{0x800, "STATX_BTIME"},
	{0x1000, "STATX_MNT_ID"},
	{0x2000, "STATX_DIOALIGN"},
	{0x4000, "STATX_MNT_ID_UNIQUE"},
	{0x8000, "STATX_SUBVOL"},
	{0x10000, "STATX_WRITE_ATOMIC"},
	{0x20000, "STATX_DIO_READ_ALIGN"},
}}

// include/uapi/linux/stat.h
var statxAttributes = flags{unknown: "STATX_ATTR_???", names: []entry{
	{0x4, "STATX_ATTR_COMPRESSED"},
	{0x10, "STATX_ATTR_IMMUTABLE"},
	{0x20, "STATX_ATTR_APPEND"},
	{0x40, "STATX_ATTR_NODUMP"},
	{0x800, "STATX_ATTR_ENCRYPTED"},
	{0x1000, "STATX_ATTR_AUTOMOUNT"},
	{0x2000, "STATX_ATTR_MOUNT_ROOT"},
	{0x100000, "STATX_ATTR_VERITY"},
	{0x200000, "STATX_ATTR_DAX"},
}}

// include/uapi/linux/magic.h
var fileSystemTypes = names{names: []entry{
	{0xef53, "EXT2_SUPER_MAGIC"},
	{0x1021994, "TMPFS_MAGIC"},
	{0x9fa0, "PROC_SUPER_MAGIC"},
	{0x62656572, "SYSFS_MAGIC"},
	{0x27e0eb, "CGROUP_SUPER_MAGIC"},
	{0x63677270, "CGROUP2_SUPER_MAGIC"},
	{0x794c7630, "OVERLAYFS_SUPER_MAGIC"},
	{0x58465342, "XFS_SUPER_MAGIC"},
	{0x9123683e, "BTRFS_SUPER_MAGIC"},
	{0x6969, "NFS_SUPER_MAGIC"},
	{0x1cd1, "DEVPTS_SUPER_MAGIC"},
	{0x858458f6, "RAMFS_MAGIC"},
	{0x73717368, "SQUASHFS_MAGIC"},
	{0x65735546, "FUSE_SUPER_MAGIC"},
	{0xcafe4a11, "BPF_FS_MAGIC"},
	{0x6e736673, "NSFS_MAGIC"},
	{0x64626720, "DEBUGFS_MAGIC"},
	{0x74726163, "TRACEFS_MAGIC"},
	{0x73636673, "SECURITYFS_MAGIC"},
	{0xf97cff8c, "SELINUX_MAGIC"},
	{0x958458f6, "HUGETLBFS_MAGIC"},
	{0x50495045, "PIPEFS_MAGIC"},
	{0x534f434b, "SOCKFS_MAGIC"},
	{0x9041934, "ANON_INODE_FS_MAGIC"},
	{0x4d44, "MSDOS_SUPER_MAGIC"},
	{0x9660, "ISOFS_SUPER_MAGIC"},
	{0x42494e4d, "BINFMTFS_MAGIC"},
	{0xf2f52010, "F2FS_SUPER_MAGIC"},
	{0x5a4f4653, "ZONEFS_MAGIC"},
	{0x1021997, "V9FS_MAGIC"},
	{0xff534d42, "CIFS_SUPER_MAGIC"},
	{0xfe534d42, "SMB2_SUPER_MAGIC"},
	{391, "AUTOFS_SUPER_MAGIC"},
	{0xde5e81e4, "EFIVARFS_MAGIC"},
	{0xc36400, "CEPH_SUPER_MAGIC"},
}}

// include/linux/statfs.h
var fileSystemFlags = flags{unknown: "ST_???", names: []entry{
	{0x20, "ST_VALID"},
	{0x1, "ST_RDONLY"},
	{0x2, "ST_NOSUID"},
	{0x4, "ST_NODEV"},
	{0x8, "ST_NOEXEC"},
	{0x10, "ST_SYNCHRONOUS"},
	{0x40, "ST_MANDLOCK"},
	{0x80, "ST_WRITE"},
	{0x100, "ST_APPEND"},
	{0x200, "ST_IMMUTABLE"},
	{0x400, "ST_NOATIME"},
	{0x800, "ST_NODIRATIME"},
	{0x1000, "ST_RELATIME"},
	{0x2000, "ST_NOSYMFOLLOW"},
}}
