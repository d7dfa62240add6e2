package strace

import (
	"traceloop/event"
	"traceloop/syscalls"
)

// A range of addresses, and what is asked of it (include/uapi/linux/userfaultfd.h).
var (
	faultRange = []member{ // struct uffdio_range
		{name: "start", size: 8, form: asHex},
		{name: "len", size: 8, form: asHex},
	}
	faultCopy = []member{ // struct uffdio_copy
		{name: "dst", size: 8, form: asHex},
		{name: "src", size: 8, form: asHex},
		{name: "len", size: 8, form: asHex},
		{name: "mode", size: 8, flags: &faultCopyModes},
	}
	faultCopied = []member{
		{size: 8}, {size: 8}, {size: 8}, {size: 8},
		{name: "copy", size: 8, form: asHex},
	}
	faultRegister = []member{ // struct uffdio_register
		{name: "range={start", size: 8, form: asHex},
		{name: "len", size: 8, form: asHex, end: "}"},
		{name: "mode", size: 8, flags: &faultRegisterModes},
	}
	faultRegistered = []member{
		{size: 8}, {size: 8}, {size: 8},
		{name: "ioctls", size: 8, flags: &faultRangeRequests},
	}
	faultZero = []member{ // struct uffdio_zeropage
		{name: "range={start", size: 8, form: asHex},
		{name: "len", size: 8, form: asHex, end: "}"},
		{name: "mode", size: 8, flags: &faultZeroModes},
	}
	faultZeroed = []member{
		{size: 8}, {size: 8}, {size: 8},
		{name: "zeropage", size: 8, form: asHex},
	}
)

// faultInterface appends a struct uffdio_api.
func faultInterface(dst []byte, e *event.Event, index int, o *Options) []byte {
	in := bytesOf(before(e, index), 24)
	if in == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{api="...)
	dst = appendHex(dst, field(in, 0, 8))
	dst = append(dst, ", features="...)
	dst = faultFeatures.appendTo(dst, field(in, 8, 8), o)
	if out := bytesOf(after(e, index), 24); out != nil && succeeded(e) {
		if features := field(out, 8, 8); features != field(in, 8, 8) {
			dst = append(dst, " => features="...)
			dst = faultFeatures.appendTo(dst, features, o)
		}
		dst = append(dst, ", ioctls="...)
		dst = faultRequests.appendTo(dst, field(out, 16, 8), o)
	}
	return append(dst, '}')
}

// notification appends a struct seccomp_notif: what the call found in it, if it
// was not all zero, as it has to be, and what it wrote.
func notification(dst []byte, e *event.Event, index int, o *Options) []byte {
	const size = 80
	in, out := bytesOf(before(e, index), size), bytesOf(after(e, index), size)
	if in == nil {
		return appendPointer(dst, register(e, index))
	}
	for _, b := range in[:size] {
		if b != 0 {
			dst = appendNotification(dst, e, in, o)
			dst = append(dst, " => "...)
			break
		}
	}
	if out == nil || !succeeded(e) {
		return appendPointer(dst, register(e, index))
	}
	return appendNotification(dst, e, out, o)
}

func appendNotification(dst []byte, e *event.Event, data []byte, o *Options) []byte {
	architecture := field(data, 20, 4)
	dst = append(dst, '{')
	dst = appendMembers(dst, e, data, notificationHead, o)
	dst = append(dst, ", data={nr="...)
	dst = appendNotifiedCall(dst, e, uint32(architecture), uint32(field(data, 16, 4)), o)
	dst = append(dst, ", arch="...)
	dst = auditArchitectures.appendTo(dst, architecture, o)
	dst = append(dst, ", instruction_pointer="...)
	dst = appendPointer(dst, field(data, 24, 8))
	dst = append(dst, ", args="...)
	dst = appendNumbers(dst, data[32:], 6, 8, asHex)
	return append(dst, "}}"...)
}

// appendNotifiedCall appends the number of a call by its name, if it is one of the
// machine: __NR_read of the ABI that the tracing call itself came through.
func appendNotifiedCall(dst []byte, e *event.Event, architecture, number uint32, o *Options) []byte {
	const onX32 = 1 << 30 // __X32_SYSCALL_BIT of arch/x86/include/uapi/asm/unistd.h
	abi := syscalls.ABI(0)
	onARM := e.ABI == syscalls.ARM64 || e.ABI == syscalls.ARM
	switch {
	case architecture == 0xc000003e && !onARM && number&onX32 != 0:
		abi = syscalls.X32
	case architecture == 0xc000003e && !onARM:
		abi = syscalls.AMD64
	case architecture == 0x40000003 && !onARM:
		abi = syscalls.I386
	case architecture == 0xc00000b7 && onARM:
		abi = syscalls.ARM64
	case architecture == 0x40000028 && onARM:
		abi = syscalls.ARM
	}
	row := syscalls.Lookup(abi, number)
	switch {
	case row == nil || o.constants() == ConstantsRaw:
		return appendUint(dst, uint64(number))
	case abi == e.ABI && o.constants() == ConstantsNamed:
		dst = append(dst, "__NR_"...)
		return append(dst, row.Name...)
	}
	dst = appendUint(dst, uint64(number))
	return appendComment(dst, row.Name)
}

// include/uapi/linux/seccomp.h
var (
	notificationHead = []member{
		{name: "id", size: 8, form: asHex},
		{name: "pid", size: 4, form: asInt},
		{name: "flags", size: 4, form: asHex},
	}
	notificationAnswer = []member{ // struct seccomp_notif_resp
		{name: "id", size: 8, form: asHex},
		{name: "val", size: 8, form: asInt},
		{name: "error", size: 4, write: errorMember},
		{name: "flags", size: 4, flags: &notificationFlags},
	}
	addedDescriptor = []member{ // struct seccomp_notif_addfd
		{name: "id", size: 8, form: asHex},
		{name: "flags", size: 4, flags: &addedDescriptorFlags},
		{name: "srcfd", size: 4, write: descriptorMember},
		{name: "newfd", size: 4, form: asInt},
		{name: "newfd_flags", size: 4, write: openFlagsMember},
	}
)

// errorMember appends a number that is an error if it is negative.
func errorMember(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	return appendErrorNumber(dst, int32(value))
}

// openFlagsMember appends flags of which none is the access mode.
func openFlagsMember(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	if e.ABI == syscalls.ARM || e.ABI == syscalls.ARM64 {
		return openFlagsARM.appendTo(dst, value, o)
	}
	return openFlags.appendTo(dst, value, o)
}

// performanceQuery appends a struct perf_event_query_bpf: how many numbers fit,
// and those that the call wrote behind it (include/uapi/linux/perf_event.h).
func performanceQuery(dst []byte, e *event.Event, index int, o *Options) []byte {
	in := bytesOf(before(e, index), 8)
	if in == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{ids_len="...)
	dst = appendUint(dst, field(in, 0, 4))
	out := bytesOf(after(e, index), 8)
	if out == nil || !succeeded(e) {
		return append(dst, ", ...}"...)
	}
	count := field(out, 4, 4)
	shown := int(min(count, uint64(len(out)-8)/4, uint64(o.elements())))
	dst = append(dst, ", prog_cnt="...)
	dst = appendUint(dst, count)
	dst = append(dst, ", ids=["...)
	for i := range shown {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendUint(dst, field(out, 8+4*i, 4))
	}
	dst = appendArrayEnd(dst, shown, uint64(shown) < count)
	return append(dst, '}')
}

// include/uapi/linux/perf_event.h
var performanceFlags = flags{unknown: "PERF_IOC_FLAG_???", names: []entry{
	{0x1, "PERF_IOC_FLAG_GROUP"},
}}

// include/uapi/linux/userfaultfd.h
var faultFeatures = flags{unknown: "UFFD_FEATURE_???", names: []entry{
	{0x1, "UFFD_FEATURE_PAGEFAULT_FLAG_WP"},
	{0x2, "UFFD_FEATURE_EVENT_FORK"},
	{0x4, "UFFD_FEATURE_EVENT_REMAP"},
	{0x8, "UFFD_FEATURE_EVENT_REMOVE"},
	{0x10, "UFFD_FEATURE_MISSING_HUGETLBFS"},
	{0x20, "UFFD_FEATURE_MISSING_SHMEM"},
	{0x40, "UFFD_FEATURE_EVENT_UNMAP"},
	{0x80, "UFFD_FEATURE_SIGBUS"},
	{0x100, "UFFD_FEATURE_THREAD_ID"},
	{0x200, "UFFD_FEATURE_MINOR_HUGETLBFS"},
	{0x400, "UFFD_FEATURE_MINOR_SHMEM"},
	{0x800, "UFFD_FEATURE_EXACT_ADDRESS"},
	{0x1000, "UFFD_FEATURE_WP_HUGETLBFS_SHMEM"},
}}

// include/uapi/linux/userfaultfd.h
var faultRequests = flags{unknown: "_UFFDIO_???", names: []entry{
	{0x1, "1<<_UFFDIO_REGISTER"},
	{0x2, "1<<_UFFDIO_UNREGISTER"},
	{0x8000000000000000, "1<<_UFFDIO_API"},
}}

// include/uapi/linux/userfaultfd.h
var faultRangeRequests = flags{unknown: "1<<_UFFDIO_???", names: []entry{
	{0x4, "1<<_UFFDIO_WAKE"},
	{0x8, "1<<_UFFDIO_COPY"},
	{0x10, "1<<_UFFDIO_ZEROPAGE"},
	{0x40, "1<<_UFFDIO_WRITEPROTECT"},
	{0x80, "1<<_UFFDIO_CONTINUE"},
}}

// include/uapi/linux/userfaultfd.h
var faultCopyModes = flags{unknown: "UFFDIO_COPY_???", names: []entry{
	{0x1, "UFFDIO_COPY_MODE_DONTWAKE"},
	{0x2, "UFFDIO_COPY_MODE_WP"},
}}

// include/uapi/linux/userfaultfd.h
var faultRegisterModes = flags{unknown: "UFFDIO_REGISTER_MODE_???", names: []entry{
	{0x1, "UFFDIO_REGISTER_MODE_MISSING"},
	{0x2, "UFFDIO_REGISTER_MODE_WP"},
	{0x4, "UFFDIO_REGISTER_MODE_MINOR"},
}}

// include/uapi/linux/userfaultfd.h
var faultZeroModes = flags{unknown: "UFFDIO_ZEROPAGE_???", names: []entry{
	{0x1, "UFFDIO_ZEROPAGE_MODE_DONTWAKE"},
}}

// include/uapi/linux/seccomp.h
var notificationFlags = flags{unknown: "SECCOMP_USER_NOTIF_FLAG_???", names: []entry{
	{0x1, "SECCOMP_USER_NOTIF_FLAG_CONTINUE"},
}}

// include/uapi/linux/seccomp.h
var addedDescriptorFlags = flags{unknown: "SECCOMP_ADDFD_FLAG_???", names: []entry{
	{0x1, "SECCOMP_ADDFD_FLAG_SETFD"},
	{0x2, "SECCOMP_ADDFD_FLAG_SEND"},
}}

// namespaceResult appends what NS_GET_NSTYPE returned: one type.
func namespaceResult(dst []byte, _ *event.Event, value int64, bits uint64, _ *Options) []byte {
	dst = appendInt(dst, value)
	for i := range namespaceTypes.names {
		if n := &namespaceTypes.names[i]; n.value == bits {
			dst = append(dst, " ("...)
			dst = append(dst, n.name...)
			return append(dst, ')')
		}
	}
	return dst
}
