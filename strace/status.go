package strace

import (
	"traceloop/event"
	"traceloop/syscalls"
)

// statLayout is where a struct stat has what is shown of it: offsets in bytes,
// and the sizes of its fields.
type statLayout struct {
	mode, modeSize     int
	device, deviceSize int
	size, sizeSize     int
}

var (
	// arch/x86/include/uapi/asm/stat.h
	statAMD64 = statLayout{24, 4, 40, 8, 48, 8}
	// include/uapi/asm-generic/stat.h
	statARM64 = statLayout{16, 4, 32, 8, 48, 8}
	// arch/x86/include/uapi/asm/stat.h and arch/arm/include/uapi/asm/stat.h:
	// struct stat is the same on both, struct stat64 is not, for arm aligns
	// 64-bit numbers.
	stat32     = statLayout{8, 2, 16, 4, 20, 4}
	stat64I386 = statLayout{16, 4, 32, 8, 44, 8}
	stat64ARM  = statLayout{16, 4, 32, 8, 48, 8}
	// struct __old_kernel_stat
	oldStat64 = statLayout{4, 2, 12, 2, 16, 8}
	oldStat32 = statLayout{4, 2, 12, 2, 16, 4}
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
	return status(dst, e, index, nil)
}

func oldStatus(dst []byte, e *event.Event, index int, o *Options) []byte {
	if narrow(e) {
		return appendStatus(dst, e, index, &oldStat32, o)
	}
	return appendStatus(dst, e, index, &oldStat64, o)
}

func appendStatus(dst []byte, e *event.Event, index int, l *statLayout, o *Options) []byte {
	data := structure(e, index, l.size+l.sizeSize)
	if data == nil || !succeeded(e) {
		return appendPointer(dst, register(e, index))
	}
	mode := field(data, l.mode, l.modeSize)
	dst = append(dst, "{st_mode="...)
	dst = appendFileMode(dst, mode, o)
	if kind := mode & 0o170000; kind == 0o020000 || kind == 0o060000 {
		dst = append(dst, ", st_rdev="...)
		dst = appendDevice(dst, field(data, l.device, l.deviceSize), o)
	} else {
		dst = append(dst, ", st_size="...)
		dst = appendUint(dst, field(data, l.size, l.sizeSize))
	}
	return append(dst, ", ...}"...)
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
	dst = append(dst, "{stx_mask="...)
	dst = statxMask.appendTo(dst, uint64(little.Uint32(data)), o)
	dst = append(dst, ", stx_attributes="...)
	dst = statxAttributes.appendTo(dst, little.Uint64(data[8:]), o)
	dst = append(dst, ", stx_mode="...)
	dst = appendFileMode(dst, uint64(little.Uint16(data[28:])), o)
	dst = append(dst, ", stx_size="...)
	dst = appendUint(dst, little.Uint64(data[40:]))
	return append(dst, ", ...}"...)
}

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
