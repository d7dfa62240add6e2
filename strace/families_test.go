package strace

import (
	"testing"

	"traceloop/event"
	"traceloop/syscalls"
)

// TestFamilies has lines that strace 6.1 wrote of calls about processes, memory,
// mounts and time, whose memory was laid out like this.
func TestFamilies(t *testing.T) {
	const (
		amd64 = syscalls.AMD64
		i386  = syscalls.I386
		arm64 = syscalls.ARM64
		here  = 0x10000400
		bad   = 0x1000
	)
	quota := bytes(uint64(1), uint64(2), uint64(3), uint64(4), uint64(5), uint64(6), uint64(7), uint64(8), uint32(0x3f))
	handle := bytes(uint32(8), int32(1), "\x21\x69\x98\x00\xec\x15\xfd\x9a", 120)
	attributes := bytes(uint32(56), uint32(0), uint64(0x7f), 32, uint32(1), uint32(2))
	segment := bytes(uint32(1), uint32(0x1234), uint32(0xfffff), uint32(0xff))
	tests := []struct {
		event        *event.Event
		call, result string
	}{
		{made(t, amd64, "prctl", 0, arguments(15, here), late(1, "123456789012345")), `prctl(PR_SET_NAME, "123456789012345"...)`, "0"},
		{made(t, amd64, "prctl", 0, arguments(16, here), late(1, "thread", 10)), `prctl(PR_GET_NAME, "thread")`, "0"},
		{made(t, amd64, "prctl", -22, arguments(55, 0x7fff9)), "prctl(PR_SET_TAGGED_ADDR_CTRL, PR_TAGGED_ADDR_ENABLE|PR_MTE_TCF_NONE|0xffff<<PR_MTE_TAG_SHIFT, 0, 0, 0)", "-1 EINVAL (Invalid argument)"},
		{made(t, amd64, "prctl", -22, arguments(62, 9, 5, 9, 1)), "prctl(PR_SCHED_CORE, 0x9 /* PR_SCHED_CORE_??? */, 5, 0x9 /* PIDTYPE_??? */, 0x1)", "-1 EINVAL (Invalid argument)"},
		{made(t, amd64, "prctl", 0, arguments(0x53564d41, 0, 0x10000000, 4096, here), late(4, "anon name")), `prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, 0x10000000, 4096, "anon name")`, "0"},
		{made(t, i386, "prctl", 0, arguments(29, 0xffffffff)), "prctl(PR_SET_TIMERSLACK, 4294967295)", "0"},
		{made(t, amd64, "arch_prctl", 0, arguments(0x1022, here), late(1, uint64(0x3))), "arch_prctl(ARCH_GET_XCOMP_PERM, [0x3 /* XFEATURE_MASK_FPSSE */])", "0"},
		{made(t, amd64, "fcntl", 0x3f, arguments(4, 1034)), "fcntl(4, F_GET_SEALS)", "0x3f (seals F_SEAL_SEAL|F_SEAL_SHRINK|F_SEAL_GROW|F_SEAL_WRITE|F_SEAL_FUTURE_WRITE|F_SEAL_EXEC)"},
		{made(t, amd64, "fcntl", 0, arguments(3, 15, here), late(2, uint32(2), uint32(1))), "fcntl(3, F_SETOWN_EX, {type=F_OWNER_PGRP, pid=1})", "0"},
		{made(t, amd64, "close_range", -22, arguments(0xffffffff, 0xfffffffe, 8)), "close_range(4294967295, 4294967294, 0x8 /* CLOSE_RANGE_??? */)", "-1 EINVAL (Invalid argument)"},
		{made(t, amd64, "quotactl", 0, arguments(0x80000700, here, 5, here), late(1, "/mnt"), late(3, quota)),
			`quotactl(QCMD(Q_GETQUOTA, USRQUOTA), "/mnt", 5, {dqb_bhardlimit=1, dqb_bsoftlimit=2, dqb_curspace=3, dqb_ihardlimit=4, dqb_isoftlimit=5, dqb_curinodes=6, ...})`, "0"},
		{made(t, amd64, "quotactl", 0, arguments(0x80000700, here, 5, here), late(1, "/mnt"), late(3, quota[:40])), `quotactl(QCMD(Q_GETQUOTA, USRQUOTA), "/mnt", 5, 0x10000400)`, "0"},
		{made(t, amd64, "open_by_handle_at", 3, arguments(minus(100), here, 0), late(1, handle)),
			`open_by_handle_at(-100, {handle_bytes=8, handle_type=1, f_handle="\x21\x69\x98\x00\xec\x15\xfd\x9a"}, O_RDONLY)`, "3"},
		{made(t, amd64, "open_by_handle_at", -9, arguments(minus(1), bad, 0)), "open_by_handle_at(-1, 0x1000, O_RDONLY)", "-1 EBADF (Bad file descriptor)"},
		{made(t, amd64, "fanotify_init", -22, arguments(0x1ff3|4, 0o100002)),
			"fanotify_init(FAN_CLASS_CONTENT|FAN_CLOEXEC|FAN_NONBLOCK|FAN_UNLIMITED_QUEUE|FAN_UNLIMITED_MARKS|FAN_ENABLE_AUDIT|FAN_REPORT_PIDFD|FAN_REPORT_TID|FAN_REPORT_FID|FAN_REPORT_DIR_FID|FAN_REPORT_NAME|FAN_REPORT_TARGET_FID, O_RDWR|O_LARGEFILE)", "-1 EINVAL (Invalid argument)"},
		{made(t, amd64, "mount", -2, arguments(here, here, here, 0xc0ed0021, here), late(0, "/a"), late(1, "/b"), late(2, "t"), late(4, "o")),
			`mount("/a", "/b", 0x10000400, MS_MGC_VAL|MS_RDONLY|MS_REMOUNT, "o")`, "-1 ENOENT (No such file or directory)"},
		{made(t, amd64, "mount_setattr", -22, arguments(minus(1), here, 0, here, 40), late(1, "/a"), late(3, uint64(1), uint64(0), uint64(0x40000), uint64(3), uint64(7))),
			`mount_setattr(-1, "/a", 0, {attr_set=MOUNT_ATTR_RDONLY, attr_clr=0, propagation=MS_PRIVATE, userns_fd=3, /* bytes 32..39 */ "\x07\x00\x00\x00\x00\x00\x00\x00"}, 40)`, "-1 EINVAL (Invalid argument)"},
		{made(t, amd64, "swapon", -2, arguments(here, 0x7f0000), late(0, "/a")), `swapon("/a", SWAP_FLAG_DISCARD|SWAP_FLAG_DISCARD_ONCE|SWAP_FLAG_DISCARD_PAGES|0x780000|0)`, "-1 ENOENT (No such file or directory)"},
		{made(t, amd64, "mbind", 0, arguments(0x10000000, 4096, 0x8002, here, 8), late(3, uint64(1))), "mbind(0x10000000, 4096, MPOL_BIND|MPOL_F_STATIC_NODES, [0x00000000000001], 8, 0)", "0"},
		{made(t, amd64, "mincore", 0, arguments(0x10000000, 0x2001, here), late(2, "\x01\x00\x81", 61)), "mincore(0x10000000, 8193, [1, 0, 1])", "0"},
		{made(t, amd64, "mremap", -22, arguments(0x10000000, 1, 2, 4, 5)), "mremap(0x10000000, 1, 2, MREMAP_DONTUNMAP)", "-1 EINVAL (Invalid argument)"},
		{made(t, amd64, "move_pages", 0, arguments(0, 2, here, 0, here), late(2, uint64(0x1000), uint64(0)), late(4, int32(0), int32(-14))), "move_pages(0, 2, [0x1000, NULL], NULL, [0, -EFAULT], 0)", "0"},
		{made(t, amd64, "kexec_load", -22, arguments(0, 1, here, 0x3e0003), late(2, uint64(0), uint64(3), uint64(6), uint64(9))),
			"kexec_load(NULL, 1, [{buf=NULL, bufsz=3, mem=0x6, memsz=9}], KEXEC_ARCH_X86_64|KEXEC_ON_CRASH|KEXEC_PRESERVE_CONTEXT)", "-1 EINVAL (Invalid argument)"},
		{made(t, amd64, "sched_setattr", -22, arguments(0, here, 1), early(1, attributes)),
			"sched_setattr(0, {size=56, sched_flags=SCHED_FLAG_RESET_ON_FORK|SCHED_FLAG_RECLAIM|SCHED_FLAG_DL_OVERRUN|SCHED_FLAG_KEEP_POLICY|SCHED_FLAG_KEEP_PARAMS|SCHED_FLAG_UTIL_CLAMP_MIN|SCHED_FLAG_UTIL_CLAMP_MAX, sched_util_min=1, sched_util_max=2}, 1)", "-1 EINVAL (Invalid argument)"},
		{made(t, amd64, "modify_ldt", 4294967274, arguments(1, 0x10000e00, 17)), "modify_ldt(1, 0x10000e00, 17)", "4294967274 EINVAL (Invalid argument)"},
		{made(t, i386, "get_thread_area", 0, arguments(here), early(0, segment), late(0, segment)),
			"get_thread_area({entry_number=1, base_addr=0x001234, limit=0x0fffff, seg_32bit=1, contents=3, read_exec_only=1, limit_in_pages=1, seg_not_present=1, useable=1})", "0"},
		{made(t, amd64, "kcmp", -3, arguments(1, minus(1), 7, 1, here), late(4, uint32(3), uint32(0), uint32(0))), "kcmp(1, -1, KCMP_EPOLL_TFD, 1, {efd=3, tfd=0, toff=0})", "-1 ESRCH (No such process)"},
		{made(t, amd64, "kcmp", 0, arguments(1, 1, 1, 1, 2)), "kcmp(1, 1, KCMP_VM)", "0"},
		{made(t, amd64, "membarrier", -22, arguments(3)), "membarrier(0x3 /* MEMBARRIER_CMD_??? */, 0)", "-1 EINVAL (Invalid argument)"},
		{made(t, amd64, "syslog", 0, arguments(9)), "syslog(9 /* SYSLOG_ACTION_SIZE_UNREAD */)", "0"},
		{made(t, amd64, "personality", 0, arguments(0xf000001)), "personality(0x1 /* PER_??? */|SHORT_INODE|WHOLE_SECONDS|STICKY_TIMEOUTS|ADDR_LIMIT_3GB)", "0 (PER_LINUX)"},
		{made(t, amd64, "futex", -38, arguments(bad, 0x101, 4)), "futex(0x1000, 0x101 /* FUTEX_??? */, 4)", "-1 ENOSYS (Function not implemented)"},
		{made(t, amd64, "futex", -14, arguments(bad, 5, 1, 0, 0, 0x7f000000)),
			"futex(0x1000, FUTEX_WAKE_OP, 1, 0, NULL, 0x7<<28 /* FUTEX_OP_??? */|0<<12|0xf<<24 /* FUTEX_OP_CMP_??? */|0)", "-1 EFAULT (Bad address)"},
		{made(t, amd64, "futex_waitv", -14, arguments(here, 1, 0, bad, 0), late(0, uint64(5), uint64(0x10000100), uint32(0x82), uint32(3))),
			"futex_waitv([{val=0x5, uaddr=0x10000100, flags=FUTEX_32|FUTEX_PRIVATE_FLAG, __reserved=0x3}], 1, 0, 0x1000, CLOCK_REALTIME)", "-1 EFAULT (Bad address)"},
		{made(t, amd64, "ptrace", 0, arguments(3, 9089, 0x78, here), late(3, uint64(0x3e))), "ptrace(PTRACE_PEEKUSER, 9089, 8*ORIG_RAX, [0x3e])", "0"},
		{made(t, amd64, "ptrace", 0, arguments(0x4204, 9089, 1, here), late(3, uint64(0x10001000), uint64(216))), "ptrace(PTRACE_GETREGSET, 9089, NT_PRSTATUS, [{iov_base=0x10001000, iov_len=216}])", "0"},
		{made(t, amd64, "rt_sigpending", 0, arguments(here, 4), late(0, uint64(1<<9|1<<40))), "rt_sigpending([USR1], 4)", "0"},
		{made(t, amd64, "clone", 7, arguments(0x1011, 0, here), late(2, uint32(5))), "clone(child_stack=NULL, flags=CLONE_PIDFD|SIGCHLD, parent_tid=[5])", "7"},
		{made(t, arm64, "setns", -9, arguments(minus(1), 5)), "setns(-1, 0x5 /* CLONE_NEW??? */)", "-1 EBADF (Bad file descriptor)"},
	}
	for _, test := range tests {
		got := string(AppendCall(nil, test.event, &Options{StringLimit: 64}))
		if want := line(test.call, test.result); got != want {
			t.Errorf("%s:\n got %s\nwant %s", test.event.Row.Name, got, want)
		}
	}
}
