package strace

import (
	"traceloop/event"
	"traceloop/syscalls"
)

// mmapFlags appends what mmap(2) maps: its type, which is a number, then flags.
func mmapFlags(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := uint64(uint32(register(e, index)))
	dst, named := beginNames(dst, value, asHex, o)
	if !named {
		return dst
	}
	return endNames(appendMapFlags(dst, e, value), o)
}

func appendMapFlags(dst []byte, e *event.Event, value uint64) []byte {
	table := &mapFlags
	if e.ABI == syscalls.ARM64 || e.ABI == syscalls.ARM {
		table = &mapFlagsARM
	}
	dst = mapTypes.appendTo(dst, value&0xf, nil)
	// The upper bits are the huge pages' size, as a power of two. Without
	// MAP_HUGETLB they mean nothing, but strace shows them the same.
	huge := value >> mapHugeShift & 0x3f
	if value &^= 0xf | 0x3f<<mapHugeShift; value != 0 {
		dst = append(dst, '|')
		dst = appendFlagNames(dst, table, value)
	}
	if huge != 0 {
		dst = append(dst, '|')
		dst = appendUint(dst, huge)
		dst = append(dst, "<<MAP_HUGE_SHIFT"...)
	}
	return dst
}

const mapHugeShift = 26

// mmapArguments appends the six arguments that the old mmap of 32-bit ABIs takes in memory.
func mmapArguments(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 24)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '{')
	dst = appendPointer(dst, long(data, 0, 4))
	dst = append(dst, ", "...)
	dst = appendUint(dst, long(data, 4, 4))
	dst = append(dst, ", "...)
	dst = protectionFlags.appendTo(dst, long(data, 8, 4), o)
	dst = append(dst, ", "...)
	dst = appendHex(dst, long(data, 12, 4))
	dst = append(dst, ", "...)
	dst = appendInt(dst, signedLong(data, 16, 4))
	dst = append(dst, ", "...)
	dst = appendHex(dst, long(data, 20, 4))
	return append(dst, '}')
}

// memfdFlags appends flags of memfd_create(2), whose upper bits are a size as a power of two.
func memfdFlags(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := uint64(uint32(register(e, index)))
	if o.constants() == ConstantsRaw {
		return appendHex(dst, value)
	}
	huge := value >> mapHugeShift & 0x3f
	value &^= 0x3f << mapHugeShift
	if huge == 0 || value != 0 {
		dst = memfdCreateFlags.appendTo(dst, value, o)
		if huge == 0 {
			return dst
		}
		dst = append(dst, '|')
	}
	dst = appendUint(dst, huge)
	return append(dst, "<<MFD_HUGE_SHIFT"...)
}

// pageResidency appends mincore's answer, a byte for each page.
func pageResidency(dst []byte, e *event.Event, index int, o *Options) []byte {
	const page = 4096
	pages := (register(e, index-1) + page - 1) / page
	data := memoryOf(e, index)
	if !succeeded(e) {
		return appendPointer(dst, register(e, index))
	}
	if pages == 0 && register(e, index) != 0 {
		return append(dst, "[]"...)
	}
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	shown := int(min(pages, uint64(len(data)), uint64(o.elements())))
	dst = append(dst, '[')
	for i, b := range data[:shown] {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendUint(dst, uint64(b&1))
	}
	return appendArrayEnd(dst, shown, uint64(shown) < pages)
}

// include/uapi/asm-generic/mman-common.h; PROT_BTI and PROT_MTE are arm64's
var protectionFlags = flags{unknown: "PROT_???", names: []entry{
	{0, "PROT_NONE"},
	{0x1, "PROT_READ"},
	{0x2, "PROT_WRITE"},
	{0x4, "PROT_EXEC"},
	{0x8, "PROT_SEM"},
	{0x1000000, "PROT_GROWSDOWN"},
	{0x2000000, "PROT_GROWSUP"},
}}

// include/uapi/linux/mman.h: the type's four bits
var mapTypes = names{unknown: "MAP_???", names: []entry{
	{0, "MAP_FILE"},
	{1, "MAP_SHARED"},
	{2, "MAP_PRIVATE"},
	{3, "MAP_SHARED_VALIDATE"},
}}

// arch/x86/include/uapi/asm/mman.h, include/uapi/asm-generic/mman.h
var mapFlags = flags{unknown: "MAP_???", names: []entry{
	{0x10, "MAP_FIXED"},
	{0x20, "MAP_ANONYMOUS"},
	{0x40, "MAP_32BIT"},
	{0x4000, "MAP_NORESERVE"},
	{0x8000, "MAP_POPULATE"},
	{0x10000, "MAP_NONBLOCK"},
	{0x100, "MAP_GROWSDOWN"},
	{0x800, "MAP_DENYWRITE"},
	{0x1000, "MAP_EXECUTABLE"},
	{0x2000, "MAP_LOCKED"},
	{0x20000, "MAP_STACK"},
	{0x40000, "MAP_HUGETLB"},
	{0x80000, "MAP_SYNC"},
	{0x100000, "MAP_FIXED_NOREPLACE"},
}}

// include/uapi/asm-generic/mman.h
var mapFlagsARM = flags{unknown: "MAP_???", names: []entry{
	{0x10, "MAP_FIXED"},
	{0x20, "MAP_ANONYMOUS"},
	{0x4000, "MAP_NORESERVE"},
	{0x8000, "MAP_POPULATE"},
	{0x10000, "MAP_NONBLOCK"},
	{0x100, "MAP_GROWSDOWN"},
	{0x800, "MAP_DENYWRITE"},
	{0x1000, "MAP_EXECUTABLE"},
	{0x2000, "MAP_LOCKED"},
	{0x20000, "MAP_STACK"},
	{0x40000, "MAP_HUGETLB"},
	{0x80000, "MAP_SYNC"},
	{0x100000, "MAP_FIXED_NOREPLACE"},
}}

// include/uapi/linux/mman.h
var mremapFlags = flags{unknown: "MREMAP_???", names: []entry{
	{0x1, "MREMAP_MAYMOVE"},
	{0x2, "MREMAP_FIXED"},
	{0x4, "MREMAP_DONTUNMAP"},
}}

// include/uapi/asm-generic/mman-common.h
var msyncFlags = flags{unknown: "MS_???", names: []entry{
	{0x4, "MS_SYNC"},
	{0x1, "MS_ASYNC"},
	{0x2, "MS_INVALIDATE"},
}}

// include/uapi/asm-generic/mman-common.h
var madviseAdvice = names{unknown: "MADV_???", names: []entry{
	{0, "MADV_NORMAL"},
	{1, "MADV_RANDOM"},
	{2, "MADV_SEQUENTIAL"},
	{3, "MADV_WILLNEED"},
	{4, "MADV_DONTNEED"},
	{8, "MADV_FREE"},
	{9, "MADV_REMOVE"},
	{10, "MADV_DONTFORK"},
	{11, "MADV_DOFORK"},
	{12, "MADV_MERGEABLE"},
	{13, "MADV_UNMERGEABLE"},
	{14, "MADV_HUGEPAGE"},
	{15, "MADV_NOHUGEPAGE"},
	{16, "MADV_DONTDUMP"},
	{17, "MADV_DODUMP"},
	{18, "MADV_WIPEONFORK"},
	{19, "MADV_KEEPONFORK"},
	{20, "MADV_COLD"},
	{21, "MADV_PAGEOUT"},
	{22, "MADV_POPULATE_READ"},
	{23, "MADV_POPULATE_WRITE"},
	{24, "MADV_DONTNEED_LOCKED"},
	{25, "MADV_COLLAPSE"},
	{100, "MADV_HWPOISON"},
	{101, "MADV_SOFT_OFFLINE"},
	{102, "MADV_GUARD_INSTALL"},
	{103, "MADV_GUARD_REMOVE"},
}}

// include/uapi/asm-generic/mman-common.h
var mlockFlags = flags{unknown: "MLOCK_???", names: []entry{
	{0x1, "MLOCK_ONFAULT"},
}}

// include/uapi/asm-generic/mman.h
var mlockallFlags = flags{unknown: "MCL_???", names: []entry{
	{0x1, "MCL_CURRENT"},
	{0x2, "MCL_FUTURE"},
	{0x4, "MCL_ONFAULT"},
}}

// include/uapi/linux/memfd.h
var memfdCreateFlags = flags{unknown: "MFD_???", names: []entry{
	{0x1, "MFD_CLOEXEC"},
	{0x2, "MFD_ALLOW_SEALING"},
	{0x4, "MFD_HUGETLB"},
	{0x8, "MFD_NOEXEC_SEAL"},
	{0x10, "MFD_EXEC"},
}}

// include/uapi/asm-generic/mman-common.h
var pkeyRights = flags{unknown: "PKEY_???", names: []entry{
	{0x1, "PKEY_DISABLE_ACCESS"},
	{0x2, "PKEY_DISABLE_WRITE"},
	{0x4, "PKEY_DISABLE_EXECUTE"},
}}

// include/uapi/linux/mempolicy.h
var mempolicyModes = names{unknown: "MPOL_???", names: []entry{
	{0, "MPOL_DEFAULT"},
	{1, "MPOL_PREFERRED"},
	{2, "MPOL_BIND"},
	{3, "MPOL_INTERLEAVE"},
	{4, "MPOL_LOCAL"},
	{5, "MPOL_PREFERRED_MANY"},
	{6, "MPOL_WEIGHTED_INTERLEAVE"},
}}
