package strace

import (
	"traceloop/event"
	"traceloop/syscalls"
)

// What openat's flags are on amd64 and i386; arm and arm64 have four of them elsewhere.
const (
	openAccessMode = 3
	openCreate     = 0o100
	openTemporary  = 0o20000000 // O_TMPFILE less O_DIRECTORY
)

// openFlagsOf is the table of O_* that an ABI uses.
func openFlagsOf(abi syscalls.ABI) *flags {
	if abi == syscalls.ARM64 || abi == syscalls.ARM {
		return &openFlagsARM
	}
	return &openFlags
}

// appendOpenFlags appends an access mode, which is a number, and O_* flags.
func appendOpenFlags(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	dst, named := beginNames(dst, value, asHex, o)
	if !named {
		return dst
	}
	dst = append(dst, openAccessModes[value&openAccessMode]...)
	dst, left := openFlagsOf(e.ABI).appendKnown(dst, value&^openAccessMode, true)
	if left != 0 {
		dst = append(dst, '|')
		dst = appendHex(dst, left)
	}
	return endNames(dst, o)
}

var openAccessModes = [...]string{"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"}

func openFlagsArgument(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendOpenFlags(dst, e, uint64(uint32(register(e, index))), o)
}

// descriptorFlags appends the O_* flags that calls other than open take, without an access mode.
func descriptorFlags(dst []byte, e *event.Event, index int, o *Options) []byte {
	return openFlagsOf(e.ABI).appendTo(dst, uint64(uint32(register(e, index))), o)
}

// createsFile says whether open's flags give its mode a meaning.
func createsFile(flags uint64) bool {
	return flags&(openCreate|openTemporary) != 0
}

func descriptor(dst []byte, e *event.Event, index int, o *Options) []byte {
	if e.Row.Name == "kcmp" {
		return comparedDescriptor(dst, e, index, o)
	}
	return appendDescriptor(dst, e, int32(register(e, index)), o)
}

// lastDescriptor appends an end of a range of descriptors, which need not be open.
func lastDescriptor(dst []byte, e *event.Event, index int, o *Options) []byte {
	return unsignedInt(dst, e, index, o)
}

// directory appends the descriptor that a relative name is looked up from.
func directory(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendDirectory(dst, e, int32(register(e, index)), o)
}

// mode appends a file's permissions in octal.
func mode(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendMode(dst, uint64(uint16(register(e, index))), o)
}

func fileMode(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendFileMode(dst, uint64(uint16(register(e, index))), o)
}

// appendFileMode appends a file's type and permissions.
func appendFileMode(dst []byte, mode uint64, o *Options) []byte {
	const typeMask = 0o170000
	dst, named := beginNames(dst, mode, asOctal, o)
	if !named {
		return dst
	}
	if kind := mode & typeMask; kind != 0 {
		name, ok := fileTypes.lookup(kind)
		if !ok { // a number as a whole, then
			return endNames(appendMode(dst, mode, o), o)
		}
		dst = append(dst, name...)
		dst = append(dst, '|')
	}
	for _, f := range permissionFlags.names {
		if mode&f.value != 0 {
			dst = append(dst, f.name...)
			dst = append(dst, '|')
		}
	}
	return endNames(appendMode(dst, mode&0o777|mode&^(typeMask|0o7777), o), o)
}

func device(dst []byte, e *event.Event, index int, o *Options) []byte {
	return appendDevice(dst, register(e, index), o)
}

// appendDevice appends a device's number in the encoding that system calls use.
func appendDevice(dst []byte, device uint64, o *Options) []byte {
	dst, named := beginNames(dst, device, asHex, o)
	if !named {
		return dst
	}
	dst = append(dst, "makedev("...)
	dst = appendHex(dst, device>>8&0xfff|device>>32&^0xfff)
	dst = append(dst, ", "...)
	dst = appendHex(dst, device&0xff|device>>12&0xffffff00)
	return endNames(append(dst, ')'), o)
}

// accessMode appends what access(2) is asked.
func accessMode(dst []byte, e *event.Event, index int, o *Options) []byte {
	return accessModes.appendTo(dst, uint64(uint32(register(e, index))), o)
}

// statxFlags appends AT_* flags of statx, two of which say how fresh the answer must be.
func statxFlags(dst []byte, e *event.Event, index int, o *Options) []byte {
	const syncMask = 0x6000
	value := uint64(uint32(register(e, index)))
	dst = statxSync.appendTo(dst, value&syncMask, o)
	if rest := value &^ syncMask; rest != 0 {
		dst = append(dst, '|')
		dst = atFlagsOfStatx.appendTo(dst, rest, o)
	}
	return dst
}

// openHow appends struct open_how of openat2(2).
func openHow(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 24)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{flags="...)
	flags := little.Uint64(data)
	dst = appendOpenFlags(dst, e, flags, o)
	if mode := little.Uint64(data[8:]); mode != 0 || createsFile(flags) {
		dst = append(dst, ", mode="...)
		dst = appendMode(dst, mode, o)
	}
	dst = append(dst, ", resolve="...)
	dst = resolveFlags.appendTo(dst, little.Uint64(data[16:]), o)
	dst = appendNonzero(dst, data, 24, register(e, index+1), o)
	return append(dst, '}')
}

// flockOperation appends an operation of flock(2).
func flockOperation(dst []byte, e *event.Event, index int, o *Options) []byte {
	return flockOperations.appendTo(dst, uint64(uint32(register(e, index))), o)
}

// arch/x86's fcntl.h, include/uapi/asm-generic/fcntl.h
var openFlags = flags{unknown: "O_???", names: []entry{
	{0o100, "O_CREAT"},
	{0o200, "O_EXCL"},
	{0o400, "O_NOCTTY"},
	{0o1000, "O_TRUNC"},
	{0o2000, "O_APPEND"},
	{0o4000, "O_NONBLOCK"},
	{0o4010000, "O_SYNC"},
	{0o4000000, "__O_SYNC"},
	{0o10000, "O_DSYNC"},
	{0o40000, "O_DIRECT"},
	{0o100000, "O_LARGEFILE"},
	{0o400000, "O_NOFOLLOW"},
	{0o1000000, "O_NOATIME"},
	{0o2000000, "O_CLOEXEC"},
	{0o10000000, "O_PATH"},
	{0o20200000, "O_TMPFILE"},
	{0o20000000, "__O_TMPFILE"},
	{0o200000, "O_DIRECTORY"},
	{0o20000, "FASYNC"},
}}

// arch/arm64/include/uapi/asm/fcntl.h, arch/arm's is the same
var openFlagsARM = flags{unknown: "O_???", names: []entry{
	{0o100, "O_CREAT"},
	{0o200, "O_EXCL"},
	{0o400, "O_NOCTTY"},
	{0o1000, "O_TRUNC"},
	{0o2000, "O_APPEND"},
	{0o4000, "O_NONBLOCK"},
	{0o4010000, "O_SYNC"},
	{0o4000000, "__O_SYNC"},
	{0o10000, "O_DSYNC"},
	{0o100000, "O_NOFOLLOW"},
	{0o200000, "O_DIRECT"},
	{0o400000, "O_LARGEFILE"},
	{0o1000000, "O_NOATIME"},
	{0o2000000, "O_CLOEXEC"},
	{0o10000000, "O_PATH"},
	{0o20040000, "O_TMPFILE"},
	{0o20000000, "__O_TMPFILE"},
	{0o40000, "O_DIRECTORY"},
	{0o20000, "FASYNC"},
}}

// include/uapi/linux/stat.h
var fileTypes = names{unknown: "S_IFMT", names: []entry{
	{0o140000, "S_IFSOCK"},
	{0o120000, "S_IFLNK"},
	{0o100000, "S_IFREG"},
	{0o60000, "S_IFBLK"},
	{0o40000, "S_IFDIR"},
	{0o20000, "S_IFCHR"},
	{0o10000, "S_IFIFO"},
}}

// include/uapi/linux/stat.h
var permissionFlags = flags{names: []entry{
	{0o4000, "S_ISUID"},
	{0o2000, "S_ISGID"},
	{0o1000, "S_ISVTX"},
}}

// access(2)
var accessModes = flags{unknown: "?_OK", names: []entry{
	{0, "F_OK"},
	{0x4, "R_OK"},
	{0x2, "W_OK"},
	{0x1, "X_OK"},
}}

// include/uapi/linux/fcntl.h
var atFlags = flags{unknown: "AT_???", names: []entry{
	{0x100, "AT_SYMLINK_NOFOLLOW"},
	{0x200, "AT_REMOVEDIR"},
	{0x400, "AT_SYMLINK_FOLLOW"},
	{0x800, "AT_NO_AUTOMOUNT"},
	{0x1000, "AT_EMPTY_PATH"},
	{0x8000, "AT_RECURSIVE"},
}}

// atFlagsOfStatx are the same without a word for those that are unknown.
var atFlagsOfStatx = flags{names: atFlags.names}

// include/uapi/linux/fcntl.h
var faccessatFlags = flags{unknown: "AT_???", names: []entry{
	{0x100, "AT_SYMLINK_NOFOLLOW"},
	{0x200, "AT_EACCESS"},
	{0x1000, "AT_EMPTY_PATH"},
}}

// include/uapi/linux/fcntl.h
var statxSync = flags{unknown: "AT_STATX_???", names: []entry{
	{0, "AT_STATX_SYNC_AS_STAT"},
	{0x2000, "AT_STATX_FORCE_SYNC"},
	{0x4000, "AT_STATX_DONT_SYNC"},
}}

// include/uapi/linux/fs.h
var renameFlags = flags{unknown: "RENAME_???", names: []entry{
	{0x1, "RENAME_NOREPLACE"},
	{0x2, "RENAME_EXCHANGE"},
	{0x4, "RENAME_WHITEOUT"},
}}

// include/uapi/linux/fs.h
var seekWhence = names{unknown: "SEEK_???", names: []entry{
	{0, "SEEK_SET"},
	{1, "SEEK_CUR"},
	{2, "SEEK_END"},
	{3, "SEEK_DATA"},
	{4, "SEEK_HOLE"},
}}

// include/uapi/asm-generic/fcntl.h, include/uapi/linux/fcntl.h
var fcntlCommands = names{unknown: "F_???", names: []entry{
	{0, "F_DUPFD"},
	{1, "F_GETFD"},
	{2, "F_SETFD"},
	{3, "F_GETFL"},
	{4, "F_SETFL"},
	{5, "F_GETLK"},
	{6, "F_SETLK"},
	{7, "F_SETLKW"},
	{8, "F_SETOWN"},
	{9, "F_GETOWN"},
	{10, "F_SETSIG"},
	{11, "F_GETSIG"},
	{12, "F_GETLK64"},
	{13, "F_SETLK64"},
	{14, "F_SETLKW64"},
	{15, "F_SETOWN_EX"},
	{16, "F_GETOWN_EX"},
	{17, "F_GETOWNER_UIDS"},
	{36, "F_OFD_GETLK"},
	{37, "F_OFD_SETLK"},
	{38, "F_OFD_SETLKW"},
	{1024, "F_SETLEASE"},
	{1025, "F_GETLEASE"},
	{1026, "F_NOTIFY"},
	{1029, "F_CANCELLK"},
	{1030, "F_DUPFD_CLOEXEC"},
	{1031, "F_SETPIPE_SZ"},
	{1032, "F_GETPIPE_SZ"},
	{1033, "F_ADD_SEALS"},
	{1034, "F_GET_SEALS"},
	{1035, "F_GET_RW_HINT"},
	{1036, "F_SET_RW_HINT"},
	{1037, "F_GET_FILE_RW_HINT"},
	{1038, "F_SET_FILE_RW_HINT"},
}}

// include/uapi/asm-generic/fcntl.h
var closeOnExec = flags{unknown: "FD_???", names: []entry{
	{0x1, "FD_CLOEXEC"},
}}

// include/uapi/asm-generic/fcntl.h
var lockTypes = names{unknown: "F_???", names: []entry{
	{0, "F_RDLCK"},
	{1, "F_WRLCK"},
	{2, "F_UNLCK"},
	{4, "F_EXLCK"},
	{8, "F_SHLCK"},
}}

// include/uapi/asm-generic/fcntl.h
var ownerTypes = names{unknown: "F_OWNER_???", names: []entry{
	{0, "F_OWNER_TID"},
	{1, "F_OWNER_PID"},
	{2, "F_OWNER_PGRP"},
}}

// include/uapi/linux/fcntl.h
var sealFlags = flags{unknown: "F_SEAL_???", names: []entry{
	{0x1, "F_SEAL_SEAL"},
	{0x2, "F_SEAL_SHRINK"},
	{0x4, "F_SEAL_GROW"},
	{0x8, "F_SEAL_WRITE"},
	{0x10, "F_SEAL_FUTURE_WRITE"},
	{0x20, "F_SEAL_EXEC"},
}}

// include/uapi/linux/fcntl.h
var notifyFlags = flags{unknown: "DN_???", names: []entry{
	{0x1, "DN_ACCESS"},
	{0x2, "DN_MODIFY"},
	{0x4, "DN_CREATE"},
	{0x8, "DN_DELETE"},
	{0x10, "DN_RENAME"},
	{0x20, "DN_ATTRIB"},
	{0x80000000, "DN_MULTISHOT"},
}}

// include/uapi/asm-generic/fcntl.h
var flockOperations = flags{unknown: "LOCK_???", names: []entry{
	{0x1, "LOCK_SH"},
	{0x2, "LOCK_EX"},
	{0x4, "LOCK_NB"},
	{0x8, "LOCK_UN"},
	{0x20, "LOCK_MAND"},
	{0xc0, "LOCK_RW"},
	{0x40, "LOCK_READ"},
	{0x80, "LOCK_WRITE"},
}}

// include/uapi/linux/falloc.h
var fallocateModes = flags{unknown: "FALLOC_FL_???", names: []entry{
	{0x1, "FALLOC_FL_KEEP_SIZE"},
	{0x2, "FALLOC_FL_PUNCH_HOLE"},
	{0x4, "FALLOC_FL_NO_HIDE_STALE"},
	{0x8, "FALLOC_FL_COLLAPSE_RANGE"},
	{0x10, "FALLOC_FL_ZERO_RANGE"},
	{0x20, "FALLOC_FL_INSERT_RANGE"},
	{0x40, "FALLOC_FL_UNSHARE_RANGE"},
}}

// include/uapi/linux/fadvise.h
var fadviseAdvice = names{unknown: "POSIX_FADV_???", names: []entry{
	{0, "POSIX_FADV_NORMAL"},
	{1, "POSIX_FADV_RANDOM"},
	{2, "POSIX_FADV_SEQUENTIAL"},
	{3, "POSIX_FADV_WILLNEED"},
	{4, "POSIX_FADV_DONTNEED"},
	{5, "POSIX_FADV_NOREUSE"},
}}

// include/uapi/linux/fs.h
var syncFileRangeFlags = flags{unknown: "SYNC_FILE_RANGE_???", names: []entry{
	{0x1, "SYNC_FILE_RANGE_WAIT_BEFORE"},
	{0x2, "SYNC_FILE_RANGE_WRITE"},
	{0x4, "SYNC_FILE_RANGE_WAIT_AFTER"},
}}

// include/linux/splice.h
var spliceFlags = flags{unknown: "SPLICE_F_???", names: []entry{
	{0x1, "SPLICE_F_MOVE"},
	{0x2, "SPLICE_F_NONBLOCK"},
	{0x4, "SPLICE_F_MORE"},
	{0x8, "SPLICE_F_GIFT"},
}}

// include/uapi/linux/fs.h
var readWriteFlags = flags{unknown: "RWF_???", names: []entry{
	{0x1, "RWF_HIPRI"},
	{0x2, "RWF_DSYNC"},
	{0x4, "RWF_SYNC"},
	{0x8, "RWF_NOWAIT"},
	{0x10, "RWF_APPEND"},
	{0x20, "RWF_NOAPPEND"},
	{0x40, "RWF_ATOMIC"},
	{0x80, "RWF_DONTCACHE"},
}}

// include/uapi/linux/xattr.h
var xattrFlags = flags{unknown: "XATTR_???", names: []entry{
	{0x1, "XATTR_CREATE"},
	{0x2, "XATTR_REPLACE"},
}}

// include/uapi/linux/inotify.h
var inotifyInitFlags = flags{unknown: "IN_???", names: []entry{
	{0o4000, "IN_NONBLOCK"},
	{0o2000000, "IN_CLOEXEC"},
}}

// include/uapi/linux/inotify.h
var inotifyMask = flags{unknown: "IN_???", names: []entry{
	{0x1, "IN_ACCESS"},
	{0x2, "IN_MODIFY"},
	{0x4, "IN_ATTRIB"},
	{0x8, "IN_CLOSE_WRITE"},
	{0x10, "IN_CLOSE_NOWRITE"},
	{0x20, "IN_OPEN"},
	{0x40, "IN_MOVED_FROM"},
	{0x80, "IN_MOVED_TO"},
	{0x100, "IN_CREATE"},
	{0x200, "IN_DELETE"},
	{0x400, "IN_DELETE_SELF"},
	{0x800, "IN_MOVE_SELF"},
	{0x2000, "IN_UNMOUNT"},
	{0x4000, "IN_Q_OVERFLOW"},
	{0x8000, "IN_IGNORED"},
	{0x1000000, "IN_ONLYDIR"},
	{0x2000000, "IN_DONT_FOLLOW"},
	{0x4000000, "IN_EXCL_UNLINK"},
	{0x10000000, "IN_MASK_CREATE"},
	{0x20000000, "IN_MASK_ADD"},
	{0x40000000, "IN_ISDIR"},
	{0x80000000, "IN_ONESHOT"},
}}

// include/uapi/linux/close_range.h
var closeRangeFlags = flags{unknown: "CLOSE_RANGE_???", names: []entry{
	{0x2, "CLOSE_RANGE_UNSHARE"},
	{0x4, "CLOSE_RANGE_CLOEXEC"},
}}

// include/uapi/linux/openat2.h
var resolveFlags = flags{unknown: "RESOLVE_???", names: []entry{
	{0x1, "RESOLVE_NO_XDEV"},
	{0x2, "RESOLVE_NO_MAGICLINKS"},
	{0x4, "RESOLVE_NO_SYMLINKS"},
	{0x8, "RESOLVE_BENEATH"},
	{0x10, "RESOLVE_IN_ROOT"},
	{0x20, "RESOLVE_CACHED"},
}}

// include/uapi/linux/mount.h
var mountFlags = flags{unknown: "MS_???", names: []entry{
	{0x1, "MS_RDONLY"},
	{0x2, "MS_NOSUID"},
	{0x4, "MS_NODEV"},
	{0x8, "MS_NOEXEC"},
	{0x10, "MS_SYNCHRONOUS"},
	{0x20, "MS_REMOUNT"},
	{0x40, "MS_MANDLOCK"},
	{0x80, "MS_DIRSYNC"},
	{0x100, "MS_NOSYMFOLLOW"},
	{0x400, "MS_NOATIME"},
	{0x800, "MS_NODIRATIME"},
	{0x1000, "MS_BIND"},
	{0x2000, "MS_MOVE"},
	{0x4000, "MS_REC"},
	{0x8000, "MS_SILENT"},
	{0x10000, "MS_POSIXACL"},
	{0x20000, "MS_UNBINDABLE"},
	{0x40000, "MS_PRIVATE"},
	{0x80000, "MS_SLAVE"},
	{0x100000, "MS_SHARED"},
	{0x200000, "MS_RELATIME"},
	{0x400000, "MS_KERNMOUNT"},
	{0x800000, "MS_I_VERSION"},
	{0x1000000, "MS_STRICTATIME"},
	{0x2000000, "MS_LAZYTIME"},
	{0x4000000, "MS_SUBMOUNT"},
	{0x8000000, "MS_NOREMOTELOCK"},
	{0x10000000, "MS_NOSEC"},
	{0x20000000, "MS_BORN"},
	{0x40000000, "MS_ACTIVE"},
	{0x80000000, "MS_NOUSER"},
}}

// include/linux/fs.h
var umountFlags = flags{unknown: "MNT_???", names: []entry{
	{0x1, "MNT_FORCE"},
	{0x2, "MNT_DETACH"},
	{0x4, "MNT_EXPIRE"},
	{0x8, "UMOUNT_NOFOLLOW"},
}}

// include/uapi/linux/mount.h
var fsopenFlags = flags{unknown: "FSOPEN_???", names: []entry{
	{0x1, "FSOPEN_CLOEXEC"},
}}

// include/uapi/linux/mount.h
var openTreeFlags = flags{unknown: "OPEN_TREE_???", names: []entry{
	{0x1, "OPEN_TREE_CLONE"},
	{0o2000000, "OPEN_TREE_CLOEXEC"},
	{0x100, "AT_SYMLINK_NOFOLLOW"},
	{0x200, "AT_REMOVEDIR"},
	{0x400, "AT_SYMLINK_FOLLOW"},
	{0x800, "AT_NO_AUTOMOUNT"},
	{0x1000, "AT_EMPTY_PATH"},
	{0x8000, "AT_RECURSIVE"},
}}

// include/uapi/linux/mount.h
var moveMountFlags = flags{unknown: "MOVE_MOUNT_???", names: []entry{
	{0x1, "MOVE_MOUNT_F_SYMLINKS"},
	{0x2, "MOVE_MOUNT_F_AUTOMOUNTS"},
	{0x4, "MOVE_MOUNT_F_EMPTY_PATH"},
	{0x10, "MOVE_MOUNT_T_SYMLINKS"},
	{0x20, "MOVE_MOUNT_T_AUTOMOUNTS"},
	{0x40, "MOVE_MOUNT_T_EMPTY_PATH"},
	{0x100, "MOVE_MOUNT_SET_GROUP"},
	{0x200, "MOVE_MOUNT_BENEATH"},
}}

// directoryEntries appends the address of a buffer of directory entries and how
// many there are.
func directoryEntries(dst []byte, e *event.Event, index int, o *Options) []byte {
	dst = appendPointer(dst, register(e, index))
	data := bytesOf(after(e, index), 4)
	if data == nil {
		return dst
	}
	dst = append(dst, " /* "...)
	dst = appendUint(dst, uint64(little.Uint32(data)))
	return append(dst, " entries */"...)
}
