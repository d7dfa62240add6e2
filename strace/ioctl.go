package strace

import (
	"cmp"
	"slices"

	"traceloop/event"
)

// ioctlTakesArgument says whether a request has an argument at all.
func ioctlTakesArgument(request uint64) bool {
	switch request {
	case 0x5450, 0x5451, // FIONCLEX, FIOCLEX
		0x540c, 0x540d, 0x541d, 0x541f, 0x5422, 0x5427, 0x5428, // TIOCEXCL, TIOCNXCL, TIOCCONS, TIOCSSERIAL, TIOCNOTTY, TIOCSBRK, TIOCCBRK
		0x125f, 0x1261, // BLKRRPART, BLKFLSBUF
		0xc0045877, 0xc0045878, // FIFREEZE, FITHAW
		0xb701, 0xb702, 0xb703, // NS_GET_USERNS, NS_GET_PARENT, NS_GET_NSTYPE
		0x4c01, 0x4c82: // LOOP_CLR_FD, LOOP_CTL_GET_FREE
		return false
	}
	return true
}

// ioctlName finds a request's name; its table is sorted.
func ioctlName(request uint64) (string, bool) {
	i, ok := slices.BinarySearchFunc(ioctlRequests, request, func(e entry, request uint64) int { return cmp.Compare(e.value, request) })
	if !ok {
		return "", false
	}
	return ioctlRequests[i].name, true
}

func ioctlRequest(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := uint64(uint32(register(e, index)))
	if name, ok := ioctlName(value); ok {
		return append(dst, name...)
	}
	dst = append(dst, "_IOC("...)
	dst = ioctlDirections.appendTo(dst, value>>30, o)
	dst = append(dst, ", "...)
	dst = appendHex(dst, value>>8&0xff)
	dst = append(dst, ", "...)
	dst = appendHex(dst, value&0xff)
	dst = append(dst, ", "...)
	dst = appendHex(dst, value>>16&0x3fff)
	return append(dst, ')')
}

// ioctlArgument appends what the request makes of its argument: a number, or
// the address of memory that is not captured.
func ioctlArgument(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := register(e, index)
	request := uint64(uint32(register(e, index-1)))
	switch request {
	case 0x540e, 0x5409, 0x5425, 0x40049409, 0x4c00, 0x4c80, 0x4c81, 0x2405, 0x40042408, 0xae41:
		// TIOCSCTTY, TCSBRK, TCSBRKP, FICLONE, LOOP_SET_FD, LOOP_CTL_ADD, LOOP_CTL_REMOVE,
		// PERF_EVENT_IOC_SET_OUTPUT, PERF_EVENT_IOC_SET_BPF, KVM_CREATE_VCPU
		return appendInt(dst, int64(int32(value)))
	case 0x540a: // TCXONC
		return flowActions.appendTo(dst, value, o)
	case 0x540b: // TCFLSH
		return flushQueues.appendTo(dst, value, o)
	}
	if _, ok := ioctlName(request); ok {
		return appendPointer(dst, value)
	}
	return appendHex(dst, value)
}

// include/uapi/asm-generic/ioctl.h
var ioctlDirections = flags{names: []entry{
	{0, "_IOC_NONE"},
	{0x2, "_IOC_READ"},
	{0x1, "_IOC_WRITE"},
}}

// include/uapi/asm-generic/termbits-common.h
var flowActions = names{unknown: "TC???", names: []entry{
	{0, "TCOOFF"},
	{1, "TCOON"},
	{2, "TCIOFF"},
	{3, "TCION"},
}}

// include/uapi/asm-generic/termbits-common.h
var flushQueues = names{unknown: "TC???", names: []entry{
	{0, "TCIFLUSH"},
	{1, "TCOFLUSH"},
	{2, "TCIOFLUSH"},
}}

// include/uapi/asm-generic/ioctls.h, include/uapi/linux/sockios.h, fs.h and
// those of drivers. Where two drivers share a number, strace names both.
var ioctlRequests = []entry{
	{0x1, "FIBMAP"},
	{0x2, "FIGETBSZ"},
	{0x125d, "BLKROSET"},
	{0x125e, "BLKROGET"},
	{0x125f, "BLKRRPART"},
	{0x1260, "BLKGETSIZE"},
	{0x1261, "BLKFLSBUF"},
	{0x1268, "BLKSSZGET"},
	{0x1277, "BLKDISCARD"},
	{0x127b, "BLKPBSZGET"},
	{0x2400, "PERF_EVENT_IOC_ENABLE"},
	{0x2401, "PERF_EVENT_IOC_DISABLE"},
	{0x2403, "PERF_EVENT_IOC_RESET"},
	{0x2405, "PERF_EVENT_IOC_SET_OUTPUT"},
	{0x4b33, "KDGKBTYPE"},
	{0x4b3a, "KDSETMODE"},
	{0x4b3b, "KDGETMODE"},
	{0x4b44, "KDGKBMODE"},
	{0x4b45, "KDSKBMODE"},
	{0x4c00, "LOOP_SET_FD"},
	{0x4c01, "LOOP_CLR_FD"},
	{0x4c04, "LOOP_SET_STATUS64"},
	{0x4c05, "LOOP_GET_STATUS64"},
	{0x4c0a, "LOOP_CONFIGURE"},
	{0x4c80, "LOOP_CTL_ADD"},
	{0x4c81, "LOOP_CTL_REMOVE"},
	{0x4c82, "LOOP_CTL_GET_FREE"},
	{0x5401, "TCGETS"},
	{0x5402, "SNDCTL_TMR_START or TCSETS"},
	{0x5403, "SNDCTL_TMR_STOP or TCSETSW"},
	{0x5404, "SNDCTL_TMR_CONTINUE or TCSETSF"},
	{0x5405, "TCGETA"},
	{0x5406, "TCSETA"},
	{0x5407, "TCSETAW"},
	{0x5408, "TCSETAF"},
	{0x5409, "TCSBRK"},
	{0x540a, "TCXONC"},
	{0x540b, "TCFLSH"},
	{0x540c, "TIOCEXCL"},
	{0x540d, "TIOCNXCL"},
	{0x540e, "TIOCSCTTY"},
	{0x540f, "TIOCGPGRP"},
	{0x5410, "TIOCSPGRP"},
	{0x5411, "TIOCOUTQ"},
	{0x5412, "TIOCSTI"},
	{0x5413, "TIOCGWINSZ"},
	{0x5414, "TIOCSWINSZ"},
	{0x5415, "TIOCMGET"},
	{0x5416, "TIOCMBIS"},
	{0x5417, "TIOCMBIC"},
	{0x5418, "TIOCMSET"},
	{0x5419, "TIOCGSOFTCAR"},
	{0x541a, "TIOCSSOFTCAR"},
	{0x541b, "FIONREAD"},
	{0x541c, "TIOCLINUX"},
	{0x541d, "TIOCCONS"},
	{0x541e, "TIOCGSERIAL"},
	{0x541f, "TIOCSSERIAL"},
	{0x5420, "TIOCPKT"},
	{0x5421, "FIONBIO"},
	{0x5422, "TIOCNOTTY"},
	{0x5423, "TIOCSETD"},
	{0x5424, "TIOCGETD"},
	{0x5425, "TCSBRKP"},
	{0x5427, "TIOCSBRK"},
	{0x5428, "TIOCCBRK"},
	{0x5429, "TIOCGSID"},
	{0x542e, "TIOCGRS485"},
	{0x542f, "TIOCSRS485"},
	{0x5441, "TIOCGPTPEER"},
	{0x5450, "FIONCLEX"},
	{0x5451, "FIOCLEX"},
	{0x5452, "FIOASYNC"},
	{0x5460, "FIOQSIZE"},
	{0x5600, "VT_OPENQRY"},
	{0x5601, "VT_GETMODE"},
	{0x5602, "VT_SETMODE"},
	{0x5603, "VBG_IOCTL_VMMDEV_REQUEST_BIG or VT_GETSTATE"},
	{0x5606, "VT_ACTIVATE"},
	{0x5607, "VT_WAITACTIVE"},
	{0x8901, "FIOSETOWN"},
	{0x8902, "SIOCSPGRP"},
	{0x8903, "FIOGETOWN"},
	{0x8904, "SIOCGPGRP"},
	{0x8905, "SIOCATMARK"},
	{0x890b, "SIOCADDRT"},
	{0x890c, "SIOCDELRT"},
	{0x8910, "SIOCGIFNAME"},
	{0x8912, "SIOCGIFCONF"},
	{0x8913, "SIOCGIFFLAGS"},
	{0x8914, "SIOCSIFFLAGS"},
	{0x8915, "SIOCGIFADDR"},
	{0x8916, "SIOCSIFADDR"},
	{0x8917, "SIOCGIFDSTADDR"},
	{0x8919, "SIOCGIFBRDADDR"},
	{0x891b, "SIOCGIFNETMASK"},
	{0x891c, "SIOCSIFNETMASK"},
	{0x891d, "SIOCGIFMETRIC"},
	{0x8921, "SIOCGIFMTU"},
	{0x8922, "SIOCSIFMTU"},
	{0x8923, "SIOCSIFNAME"},
	{0x8924, "SIOCSIFHWADDR"},
	{0x8927, "SIOCGIFHWADDR"},
	{0x8933, "SIOCGIFINDEX"},
	{0x8942, "SIOCGIFTXQLEN"},
	{0x8943, "SIOCSIFTXQLEN"},
	{0x8946, "SIOCETHTOOL"},
	{0x8947, "SIOCGMIIPHY"},
	{0x8953, "SIOCDARP"},
	{0x8954, "SIOCGARP"},
	{0x8955, "SIOCSARP"},
	{0x8970, "SIOCGIFMAP"},
	{0xae00, "KVM_GET_API_VERSION"},
	{0xae01, "KVM_CREATE_VM"},
	{0xae03, "KVM_CHECK_EXTENSION"},
	{0xae41, "KVM_CREATE_VCPU"},
	{0xae80, "KVM_RUN"},
	{0xb701, "NS_GET_USERNS"},
	{0xb702, "NS_GET_PARENT"},
	{0xb703, "NS_GET_NSTYPE"},
	{0xb704, "NS_GET_OWNER_UID"},
	{0x40042408, "PERF_EVENT_IOC_SET_BPF"},
	{0x40045431, "TIOCSPTLCK"},
	{0x400454ca, "TUNSETIFF"},
	{0x400454cb, "TUNSETPERSIST"},
	{0x40049409, "BTRFS_IOC_CLONE or FICLONE"},
	{0x40082102, "SECCOMP_IOCTL_NOTIF_ID_VALID"},
	{0x40086602, "FS_IOC_SETFLAGS"},
	{0x40182103, "SECCOMP_IOCTL_NOTIF_ADDFD"},
	{0x401c5820, "FS_IOC_FSSETXATTR"},
	{0x4020940d, "BTRFS_IOC_CLONE_RANGE or FICLONERANGE"},
	{0x402c542b, "TCSETS2"},
	{0x402c542c, "TCSETSW2"},
	{0x402c542d, "TCSETSF2"},
	{0x80045200, "RNDGETENTCNT"},
	{0x80045430, "TIOCGPTN"},
	{0x80045432, "TIOCGDEV"},
	{0x80045438, "TIOCGPKT"},
	{0x80045439, "TIOCGPTLCK"},
	{0x80045440, "TIOCGEXCL"},
	{0x800454d2, "TUNGETIFF"},
	{0x80081270, "BLKBSZGET"},
	{0x80081272, "BLKGETSIZE64"},
	{0x80082407, "PERF_EVENT_IOC_ID"},
	{0x80086601, "FS_IOC_GETFLAGS"},
	{0x80087601, "FS_IOC_GETVERSION"},
	{0x801c581f, "FS_IOC_FSGETXATTR"},
	{0x80247009, "RTC_RD_TIME"},
	{0x802c542a, "TCGETS2"},
	{0xc0045877, "FIFREEZE"},
	{0xc0045878, "FITHAW"},
	{0xc0182101, "SECCOMP_IOCTL_NOTIF_SEND"},
	{0xc0185500, "USBDEVFS_CONTROL"},
	{0xc0185879, "FITRIM"},
	{0xc0189436, "BTRFS_IOC_FILE_EXTENT_SAME or FIDEDUPERANGE"},
	{0xc020660b, "FS_IOC_FIEMAP"},
	{0xc0502100, "SECCOMP_IOCTL_NOTIF_RECV"},
}
