// Code generated from kinds*.txt, calls*.txt, numbers.txt and golang.org/x/sys/unix by internal/generate/syscalls; DO NOT EDIT.

package syscalls

// The kinds.
const (
	// KindNone: nothing: what a call that returns no value returns.
	KindNone Kind = iota
	// KindNever: the call never returns.
	KindNever
	// KindPadding: a register that the call ignores, so that a 64-bit value begins in an even one.
	KindPadding
	// KindUpperHalf: the upper 32 bits of the value that the argument before it began.
	KindUpperHalf
	// KindHighHalf: the upper 32 bits of a position in a file, of which the next argument has the others (_llseek).
	KindHighHalf
	// KindLowHalf: its lower 32 bits.
	KindLowHalf
	// KindInt: a signed 32-bit number.
	KindInt
	// KindUint: an unsigned 32-bit number.
	KindUint
	// KindLong: a signed number as wide as the ABI's long.
	KindLong
	// KindUlong: an unsigned number as wide as the ABI's long.
	KindUlong
	// KindHex: a number that is shown in hexadecimal.
	KindHex
	// KindSize: a length in bytes.
	KindSize
	// KindCount: a signed length in bytes, or an error: what read(2) returns.
	KindCount
	// KindOffset: a signed position in a file, in bytes.
	KindOffset
	// KindHexOffset: a position in a file, in bytes, shown in hexadecimal (mmap).
	KindHexOffset
	// KindPageOffset: a position in a file, in units of 4096 bytes (mmap2).
	KindPageOffset
	// KindAddress: a pointer that is not followed.
	KindAddress
	// KindUnused: an argument that the kernel no longer looks at.
	KindUnused
	// KindFD: a file descriptor.
	KindFD
	// KindDirfd: a file descriptor of a directory, or AT_FDCWD.
	KindDirfd
	// KindPID: the number of a process, a thread or a process group.
	KindPID
	// KindPidfd: a file descriptor of a process.
	KindPidfd
	// KindUID: a user's number; -1 for none.
	KindUID
	// KindGID: a group's number; -1 for none.
	KindGID
	// KindUID16: a user's number in 16 bits; -1 for none.
	KindUID16
	// KindGID16: a group's number in 16 bits; -1 for none.
	KindGID16
	// KindMode: a file's permissions, in octal (S_*).
	KindMode
	// KindFileMode: a file's type and permissions (S_IF*, mknod).
	KindFileMode
	// KindOpenMode: a file's permissions, meant only if the flags say O_CREAT or O_TMPFILE.
	KindOpenMode
	// KindUmask: a file mode creation mask, in octal.
	KindUmask
	// KindDevice: a device's number (major, minor).
	KindDevice
	// KindSignal: a signal's number (SIG*).
	KindSignal
	// KindKey: a System V IPC key (IPC_PRIVATE).
	KindKey
	// KindKeySerial: a key's or keyring's serial number (KEY_SPEC_*).
	KindKeySerial
	// KindClock: a clock's number (CLOCK_*).
	KindClock
	// KindTimer: the number of a timer of timer_create(2).
	KindTimer
	// KindSeconds: a number of seconds.
	KindSeconds
	// KindMilliseconds: a number of milliseconds, -1 for ever.
	KindMilliseconds
	// KindAIOContext: a context of io_setup(2).
	KindAIOContext
	// KindCPU: a CPU's number.
	KindCPU
	// KindPriority: a nice value.
	KindPriority
	// KindSocketProtocol: a protocol, of the family of argument 0 (IPPROTO_*, NETLINK_*).
	KindSocketProtocol
	// KindExitStatus: a status for the parent, of which it sees the lower eight bits.
	KindExitStatus
	// KindTime: seconds since 1970.
	KindTime
	// KindPath: a file's name.
	KindPath
	// KindString: a string up to its NUL.
	KindString
	// KindBytes: a buffer.
	KindBytes
	// KindArgv: a program's arguments.
	KindArgv
	// KindEnvironment: a program's environment, of which only the number of variables is kept.
	KindEnvironment
	// KindIovec: buffers to gather or scatter (struct iovec).
	KindIovec
	// KindRemoteIovec: an iovec array of another process, whose buffers are not followed.
	KindRemoteIovec
	// KindMountData: options of a file system for mount(2).
	KindMountData
	// KindXattrNames: extended attributes' names, a NUL after each.
	KindXattrNames
	// KindBitmap: a bit a node (unsigned long *).
	KindBitmap
	// KindCPUSet: a bit a CPU (cpu_set_t).
	KindCPUSet
	// KindFDSet: a bit a file descriptor (fd_set).
	KindFDSet
	// KindPageResidency: a byte a page: mincore(2)'s answer, as far as it is ever shown.
	KindPageResidency
	// KindRandom: random bytes.
	KindRandom
	// KindRandomFlags: GRND_*.
	KindRandomFlags
	// KindIntPointer: int *.
	KindIntPointer
	// KindUintPointer: unsigned int *.
	KindUintPointer
	// KindAddressPointer: void **.
	KindAddressPointer
	// KindSizePointer: size_t *.
	KindSizePointer
	// KindOffsetPointer: loff_t *.
	KindOffsetPointer
	// KindOffset32Pointer: off_t *.
	KindOffset32Pointer
	// KindTimePointer: time_t *.
	KindTimePointer
	// KindPIDPointer: pid_t *.
	KindPIDPointer
	// KindUIDPointer: uid_t *.
	KindUIDPointer
	// KindGIDPointer: gid_t *.
	KindGIDPointer
	// KindUID16Pointer: the 16-bit uid_t *.
	KindUID16Pointer
	// KindGID16Pointer: the 16-bit gid_t *.
	KindGID16Pointer
	// KindGIDArray: gid_t[].
	KindGIDArray
	// KindGID16Array: the 16-bit gid_t[].
	KindGID16Array
	// KindIntArray: int[].
	KindIntArray
	// KindAddressArray: void *[].
	KindAddressArray
	// KindSocklen: the length of a socket's address or option (socklen_t *).
	KindSocklen
	// KindFDPair: the two descriptors of pipe(2) and socketpair(2).
	KindFDPair
	// KindWaitStatus: how a child ended or stopped (W*).
	KindWaitStatus
	// KindTimerPointer: the number of a new timer (timer_t *).
	KindTimerPointer
	// KindAIOPointer: a new context of io_setup(2).
	KindAIOPointer
	// KindMountID: a mount's number (int *).
	KindMountID
	// KindFutexWord: the 32-bit word of a futex, whose value is another argument.
	KindFutexWord
	// KindOpenFlags: O_*.
	KindOpenFlags
	// KindCloseRangeFlags: CLOSE_RANGE_*.
	KindCloseRangeFlags
	// KindDup3Flags: O_CLOEXEC.
	KindDup3Flags
	// KindPipeFlags: O_CLOEXEC, O_NONBLOCK, O_DIRECT, O_NOTIFICATION_PIPE of pipe2(2).
	KindPipeFlags
	// KindAccessMode: R_OK, W_OK, X_OK, F_OK.
	KindAccessMode
	// KindFaccessatFlags: AT_EACCESS, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH.
	KindFaccessatFlags
	// KindAtFlags: AT_*.
	KindAtFlags
	// KindUnlinkFlags: AT_REMOVEDIR.
	KindUnlinkFlags
	// KindRenameFlags: RENAME_*.
	KindRenameFlags
	// KindStatFlags: AT_* of newfstatat(2).
	KindStatFlags
	// KindStatxFlags: AT_* and AT_STATX_*.
	KindStatxFlags
	// KindStatxMask: STATX_*.
	KindStatxMask
	// KindSeekWhence: SEEK_*.
	KindSeekWhence
	// KindFcntlCommand: F_*.
	KindFcntlCommand
	// KindFlockOperation: LOCK_*.
	KindFlockOperation
	// KindIoctlRequest: a driver's request (_IO*).
	KindIoctlRequest
	// KindFallocateMode: FALLOC_FL_*.
	KindFallocateMode
	// KindFadviseAdvice: POSIX_FADV_*.
	KindFadviseAdvice
	// KindSyncFileRangeFlags: SYNC_FILE_RANGE_*.
	KindSyncFileRangeFlags
	// KindSpliceFlags: SPLICE_F_*.
	KindSpliceFlags
	// KindRwfFlags: RWF_* of preadv2(2) and pwritev2(2).
	KindRwfFlags
	// KindXattrFlags: XATTR_CREATE, XATTR_REPLACE.
	KindXattrFlags
	// KindInotifyInitFlags: IN_CLOEXEC, IN_NONBLOCK.
	KindInotifyInitFlags
	// KindInotifyMask: IN_*.
	KindInotifyMask
	// KindFanotifyInitFlags: FAN_* of fanotify_init(2).
	KindFanotifyInitFlags
	// KindFanotifyEventFlags: O_* of fanotify_init(2).
	KindFanotifyEventFlags
	// KindFanotifyMarkFlags: FAN_MARK_*.
	KindFanotifyMarkFlags
	// KindFanotifyMask: FAN_* of fanotify_mark(2).
	KindFanotifyMask
	// KindMemfdFlags: MFD_*.
	KindMemfdFlags
	// KindMemfdSecretFlags: O_CLOEXEC of memfd_secret(2).
	KindMemfdSecretFlags
	// KindStat: struct stat, up to its times.
	KindStat
	// KindStat64: struct stat64 of the 32-bit ABIs.
	KindStat64
	// KindOldStat: struct __old_kernel_stat.
	KindOldStat
	// KindStatx: struct statx, up to its alignment of direct reads and writes.
	KindStatx
	// KindStatfs: struct statfs.
	KindStatfs
	// KindStatfs64: struct statfs64 of the 32-bit ABIs.
	KindStatfs64
	// KindOpenHow: struct open_how, and some of what later kernels add to it.
	KindOpenHow
	// KindDirents: directory entries (struct linux_dirent), by where one has its length.
	KindDirents
	// KindDirents64: directory entries (struct linux_dirent64), by where one has its length.
	KindDirents64
	// KindOldDirent: a directory entry (struct old_linux_dirent).
	KindOldDirent
	// KindUtimbuf: struct utimbuf.
	KindUtimbuf
	// KindUtimes: two struct timeval: access and modification.
	KindUtimes
	// KindUtimensatTimes: two struct timespec: access and modification (UTIME_NOW, UTIME_OMIT).
	KindUtimensatTimes
	// KindUtimensatTimes64: the same in 64 bits on every ABI.
	KindUtimensatTimes64
	// KindFileHandle: struct file_handle with as many bytes as it may have.
	KindFileHandle
	// KindFileAttributes: struct file_attr.
	KindFileAttributes
	// KindXattrArguments: struct xattr_args.
	KindXattrArguments
	// KindQuotaCommand: QCMD(Q_*, *QUOTA).
	KindQuotaCommand
	// KindNameToHandleFlags: AT_HANDLE_FID, AT_SYMLINK_FOLLOW, AT_EMPTY_PATH.
	KindNameToHandleFlags
	// KindCachestatRange: struct cachestat_range.
	KindCachestatRange
	// KindCachestat: struct cachestat.
	KindCachestat
	// KindMountFlags: MS_*.
	KindMountFlags
	// KindUmountFlags: MNT_*, UMOUNT_NOFOLLOW.
	KindUmountFlags
	// KindOpenTreeFlags: OPEN_TREE_*, AT_*.
	KindOpenTreeFlags
	// KindMoveMountFlags: MOVE_MOUNT_*.
	KindMoveMountFlags
	// KindFsopenFlags: FSOPEN_*.
	KindFsopenFlags
	// KindFsconfigCommand: FSCONFIG_*.
	KindFsconfigCommand
	// KindFsmountFlags: FSMOUNT_*.
	KindFsmountFlags
	// KindFspickFlags: FSPICK_*.
	KindFspickFlags
	// KindMountAttributes: MOUNT_ATTR_*.
	KindMountAttributes
	// KindMountSetattrFlags: AT_* of mount_setattr(2).
	KindMountSetattrFlags
	// KindMountAttr: struct mount_attr, and some of what later kernels add to it.
	KindMountAttr
	// KindMountIDRequest: struct mnt_id_req, as much of it as every version has.
	KindMountIDRequest
	// KindStatmount: struct statmount, up to its mask.
	KindStatmount
	// KindMountIDs: mounts' numbers (u64[]).
	KindMountIDs
	// KindListmountFlags: LISTMOUNT_*.
	KindListmountFlags
	// KindNamespaceIDRequest: struct ns_id_req.
	KindNamespaceIDRequest
	// KindNamespaceIDs: namespaces' numbers (u64[]).
	KindNamespaceIDs
	// KindSwapFlags: SWAP_FLAG_*.
	KindSwapFlags
	// KindMemoryProtection: PROT_*.
	KindMemoryProtection
	// KindMmapFlags: MAP_*.
	KindMmapFlags
	// KindMmapArguments: the six arguments of the old mmap(2), as a struct.
	KindMmapArguments
	// KindMremapFlags: MREMAP_*.
	KindMremapFlags
	// KindMsyncFlags: MS_* of msync(2).
	KindMsyncFlags
	// KindMadviseAdvice: MADV_*.
	KindMadviseAdvice
	// KindMlockFlags: MLOCK_*.
	KindMlockFlags
	// KindMlockallFlags: MCL_*.
	KindMlockallFlags
	// KindMbindMode: MPOL_* of a policy.
	KindMbindMode
	// KindMbindFlags: MPOL_MF_*.
	KindMbindFlags
	// KindMempolicyFlags: MPOL_F_* of get_mempolicy(2).
	KindMempolicyFlags
	// KindMovePagesFlags: MPOL_MF_* of move_pages(2).
	KindMovePagesFlags
	// KindPkeyFlags: flags of pkey_alloc(2): none yet.
	KindPkeyFlags
	// KindPkeyRights: PKEY_DISABLE_*.
	KindPkeyRights
	// KindProtectionKey: the number of a protection key.
	KindProtectionKey
	// KindShadowStackFlags: SHADOW_STACK_SET_*.
	KindShadowStackFlags
	// KindCloneFlags: CLONE_* and a signal.
	KindCloneFlags
	// KindUnshareFlags: CLONE_* of unshare(2).
	KindUnshareFlags
	// KindSetnsType: CLONE_NEW* of setns(2).
	KindSetnsType
	// KindCloneArgs: struct clone_args.
	KindCloneArgs
	// KindCloneArgsI386: struct clone_args where the TLS is a segment.
	KindCloneArgsI386
	// KindWaitOptions: W*.
	KindWaitOptions
	// KindWaitidType: P_ALL, P_PID, P_PGID, P_PIDFD.
	KindWaitidType
	// KindExecveatFlags: AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, AT_EXECVE_CHECK.
	KindExecveatFlags
	// KindPidfdOpenFlags: PIDFD_*.
	KindPidfdOpenFlags
	// KindPrctlOption: PR_*.
	KindPrctlOption
	// KindArchPrctlOption: ARCH_*.
	KindArchPrctlOption
	// KindPtraceRequest: PTRACE_*.
	KindPtraceRequest
	// KindPersonality: a personality and its flags (PER_*).
	KindPersonality
	// KindRusage: struct rusage.
	KindRusage
	// KindRusageWho: RUSAGE_*.
	KindRusageWho
	// KindResource: RLIMIT_*.
	KindResource
	// KindRlimit: struct rlimit.
	KindRlimit
	// KindRlimit64: struct rlimit64.
	KindRlimit64
	// KindPriorityWhich: PRIO_*.
	KindPriorityWhich
	// KindIoprioWhich: IOPRIO_WHO_*.
	KindIoprioWhich
	// KindIoprio: IOPRIO_PRIO_VALUE(IOPRIO_CLASS_*, level).
	KindIoprio
	// KindCapabilityHeader: struct __user_cap_header_struct.
	KindCapabilityHeader
	// KindCapabilityData: struct __user_cap_data_struct[2].
	KindCapabilityData
	// KindRobustList: struct robust_list_head *.
	KindRobustList
	// KindRseq: struct rseq *.
	KindRseq
	// KindKcmpType: KCMP_*.
	KindKcmpType
	// KindMembarrierCommand: MEMBARRIER_CMD_*.
	KindMembarrierCommand
	// KindMembarrierFlags: MEMBARRIER_CMD_FLAG_*.
	KindMembarrierFlags
	// KindProcessVmFlags: flags of process_vm_readv(2): none yet.
	KindProcessVmFlags
	// KindSchedulerPolicy: SCHED_*.
	KindSchedulerPolicy
	// KindSchedulerParameters: struct sched_param.
	KindSchedulerParameters
	// KindSchedulerAttributes: struct sched_attr.
	KindSchedulerAttributes
	// KindUserDescriptor: struct user_desc.
	KindUserDescriptor
	// KindLDTFunction: 0, 1, 2, 0x11 of modify_ldt(2).
	KindLDTFunction
	// KindIOPrivilegeLevel: 0 to 3.
	KindIOPrivilegeLevel
	// KindTms: struct tms.
	KindTms
	// KindGetcpuCache: struct getcpu_cache *.
	KindGetcpuCache
	// KindUtsname: struct new_utsname.
	KindUtsname
	// KindOldUtsname: struct old_utsname.
	KindOldUtsname
	// KindOldoldUtsname: struct oldold_utsname.
	KindOldoldUtsname
	// KindSysinfo: struct sysinfo.
	KindSysinfo
	// KindRebootMagic: LINUX_REBOOT_MAGIC*.
	KindRebootMagic
	// KindRebootCommand: LINUX_REBOOT_CMD_*.
	KindRebootCommand
	// KindSyslogAction: SYSLOG_ACTION_*.
	KindSyslogAction
	// KindKexecFlags: KEXEC_*.
	KindKexecFlags
	// KindKexecFileFlags: KEXEC_FILE_*.
	KindKexecFileFlags
	// KindKexecSegments: struct kexec_segment[].
	KindKexecSegments
	// KindCacheflushFlags: flags of arm's cacheflush: 0.
	KindCacheflushFlags
	// KindTimespec: struct timespec, of the ABI's longs.
	KindTimespec
	// KindTimespec64: struct timespec, 64-bit on every ABI.
	KindTimespec64
	// KindTimeval: struct timeval, of the ABI's longs.
	KindTimeval
	// KindTimezone: struct timezone.
	KindTimezone
	// KindItimerWhich: ITIMER_*.
	KindItimerWhich
	// KindItimerval: struct itimerval.
	KindItimerval
	// KindItimerspec: struct itimerspec, of the ABI's longs.
	KindItimerspec
	// KindItimerspec64: struct itimerspec, 64-bit on every ABI.
	KindItimerspec64
	// KindTimerFlags: TIMER_ABSTIME.
	KindTimerFlags
	// KindTimerfdFlags: TFD_CLOEXEC, TFD_NONBLOCK.
	KindTimerfdFlags
	// KindTimerfdSettimeFlags: TFD_TIMER_*.
	KindTimerfdSettimeFlags
	// KindTimex: struct timex, of the ABI's longs.
	KindTimex
	// KindTimex64: struct timex, 64-bit on every ABI.
	KindTimex64
	// KindSignalSet: sigset_t.
	KindSignalSet
	// KindOldSignalSet: the 32-bit sigset_t.
	KindOldSignalSet
	// KindSignalMask: a 32-bit sigset_t by value.
	KindSignalMask
	// KindSignalSetArgument: struct sigset_argpack of pselect6(2): a sigset_t * and its size.
	KindSignalSetArgument
	// KindSignalAction: struct sigaction of rt_sigaction(2).
	KindSignalAction
	// KindOldSignalAction: struct old_sigaction.
	KindOldSignalAction
	// KindSignalHandler: SIG_DFL, SIG_IGN or a function.
	KindSignalHandler
	// KindSignalHow: SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK.
	KindSignalHow
	// KindSignalStack: stack_t.
	KindSignalStack
	// KindSignalInfo: siginfo_t, as much of it as any signal uses.
	KindSignalInfo
	// KindSignalEvent: struct sigevent.
	KindSignalEvent
	// KindSignalfdFlags: SFD_*.
	KindSignalfdFlags
	// KindSigreturnMask: the mask in a signal's frame, on the stack and in no register.
	KindSigreturnMask
	// KindOldSigreturnMask: the same, of the 32-bit ABIs' first sigreturn(2), up to signal 32.
	KindOldSigreturnMask
	// KindPollfd: struct pollfd[].
	KindPollfd
	// KindEpollEvent: struct epoll_event[], packed on x86.
	KindEpollEvent
	// KindEpollOperation: EPOLL_CTL_*.
	KindEpollOperation
	// KindEpollFlags: EPOLL_CLOEXEC.
	KindEpollFlags
	// KindEventfdFlags: EFD_*.
	KindEventfdFlags
	// KindSelectArguments: the five arguments of the old select(2), as a struct.
	KindSelectArguments
	// KindFutexOperation: FUTEX_* and its flags.
	KindFutexOperation
	// KindFutexTimeout: what the operation of futex(2) makes of it: struct timespec *, or a number.
	KindFutexTimeout
	// KindFutexTimeout64: the same in 64 bits on every ABI.
	KindFutexTimeout64
	// KindFutexWaiters: struct futex_waitv[].
	KindFutexWaiters
	// KindFutexFlags: FUTEX2_*.
	KindFutexFlags
	// KindFutexWaitvFlags: flags of futex_waitv(2): none yet.
	KindFutexWaitvFlags
	// KindFutexBitset: the bits of FUTEX_WAIT_BITSET, or what else the operation makes of it.
	KindFutexBitset
	// KindKeyCommand: KEYCTL_*.
	KindKeyCommand
	// KindIOEvent: struct io_event[].
	KindIOEvent
	// KindIocb: struct iocb.
	KindIocb
	// KindIocbArray: struct iocb *[].
	KindIocbArray
	// KindAIOSignalSet: struct __aio_sigset: a sigset_t * and its size.
	KindAIOSignalSet
	// KindIOUringParameters: struct io_uring_params.
	KindIOUringParameters
	// KindIOUringEnterFlags: IORING_ENTER_*.
	KindIOUringEnterFlags
	// KindIOUringArgument: the signals of io_uring_enter(2), if the next argument is their size.
	KindIOUringArgument
	// KindIOUringOperation: IORING_REGISTER_*, IORING_UNREGISTER_*.
	KindIOUringOperation
	// KindIOUringRegistration: what the operation of io_uring_register(2) makes of it.
	KindIOUringRegistration
	// KindIOUringBuffers: struct iovec[], not followed.
	KindIOUringBuffers
	// KindIOUringFiles: int[], descriptors.
	KindIOUringFiles
	// KindIOUringFilesUpdate: struct io_uring_files_update, whose length the next argument has.
	KindIOUringFilesUpdate
	// KindIOUringProbe: struct io_uring_probe: a head as long as two operations, and as many as fit.
	KindIOUringProbe
	// KindIOUringRestrictions: struct io_uring_restriction[].
	KindIOUringRestrictions
	// KindIOUringFiles2: struct io_uring_rsrc_register of files.
	KindIOUringFiles2
	// KindIOUringFilesUpdate2: struct io_uring_rsrc_update2 of files.
	KindIOUringFilesUpdate2
	// KindIOUringBuffers2: struct io_uring_rsrc_register of buffers.
	KindIOUringBuffers2
	// KindIOUringBuffersUpdate: struct io_uring_rsrc_update2 of buffers.
	KindIOUringBuffersUpdate
	// KindIOUringCpus: a bit a CPU.
	KindIOUringCpus
	// KindIOUringWorkers: unsigned int[].
	KindIOUringWorkers
	// KindIOUringDescriptors: struct io_uring_rsrc_update[] of rings.
	KindIOUringDescriptors
	// KindIOUringBufferRing: struct io_uring_buf_reg.
	KindIOUringBufferRing
	// KindHex32: a 32-bit number that is shown in hexadecimal.
	KindHex32
	// KindBPFCommand: BPF_*.
	KindBPFCommand
	// KindBPFAttributes: union bpf_attr.
	KindBPFAttributes
	// KindBPFProgram: union bpf_attr of BPF_PROG_LOAD.
	KindBPFProgram
	// KindBPFObject: union bpf_attr of BPF_OBJ_PIN and BPF_OBJ_GET.
	KindBPFObject
	// KindBPFQuery: union bpf_attr of BPF_PROG_QUERY.
	KindBPFQuery
	// KindBPFTask: union bpf_attr of BPF_TASK_FD_QUERY.
	KindBPFTask
	// KindBPFTracepoint: union bpf_attr of BPF_RAW_TRACEPOINT_OPEN.
	KindBPFTracepoint
	// KindBPFTypes: union bpf_attr of BPF_BTF_LOAD.
	KindBPFTypes
	// KindSeccompOperation: SECCOMP_*.
	KindSeccompOperation
	// KindSeccompFlags: SECCOMP_FILTER_FLAG_*.
	KindSeccompFlags
	// KindPerfAttributes: struct perf_event_attr, as much of it as strace 6.1 knows.
	KindPerfAttributes
	// KindPerfFlags: PERF_FLAG_*.
	KindPerfFlags
	// KindUserfaultfdFlags: UFFD_*, O_CLOEXEC, O_NONBLOCK.
	KindUserfaultfdFlags
	// KindLandlockRuleset: struct landlock_ruleset_attr.
	KindLandlockRuleset
	// KindLandlockRulesetFlags: LANDLOCK_CREATE_RULESET_*.
	KindLandlockRulesetFlags
	// KindLandlockRuleType: LANDLOCK_RULE_*.
	KindLandlockRuleType
	// KindLandlockPath: struct landlock_path_beneath_attr.
	KindLandlockPath
	// KindLandlockPort: struct landlock_net_port_attr.
	KindLandlockPort
	// KindLSMAttribute: LSM_ATTR_*.
	KindLSMAttribute
	// KindLSMContext: struct lsm_ctx, one after the other.
	KindLSMContext
	// KindLSMSetContext: struct lsm_ctx to set.
	KindLSMSetContext
	// KindLSMFlags: LSM_FLAG_*.
	KindLSMFlags
	// KindLSMIDs: security modules' numbers (LSM_ID_*).
	KindLSMIDs
	// KindDeleteModuleFlags: O_NONBLOCK, O_TRUNC.
	KindDeleteModuleFlags
	// KindModuleInitFlags: MODULE_INIT_*.
	KindModuleInitFlags
	// KindFileLock: struct flock.
	KindFileLock
	// KindFileLockFound: struct flock as F_GETLK leaves it.
	KindFileLockFound
	// KindFileLock64: struct flock64; on 64-bit ABIs it is struct flock.
	KindFileLock64
	// KindFileLock64Found: struct flock64 as F_GETLK64 and F_OFD_GETLK leave it.
	KindFileLock64Found
	// KindFileOwner: struct f_owner_ex.
	KindFileOwner
	// KindCloseOnExec: FD_CLOEXEC.
	KindCloseOnExec
	// KindFileLease: F_RDLCK, F_WRLCK, F_UNLCK.
	KindFileLease
	// KindFileSeals: F_SEAL_*.
	KindFileSeals
	// KindDirectoryEvents: DN_*.
	KindDirectoryEvents
	// KindWriteHint: RWH_WRITE_LIFE_* (u64 *).
	KindWriteHint
	// KindLastFD: an end of close_range(2)'s descriptors, which need not be open.
	KindLastFD
	// KindMarkedDirfd: a file descriptor of a directory, AT_FDCWD or FAN_NOFD (fanotify_mark).
	KindMarkedDirfd
	// KindAttributeValue: an extended attribute's value.
	KindAttributeValue
	// KindRegister: a number with a sign, if registers have 64 bits.
	KindRegister
	// KindCookie: a number of 64 bits that stands for a file's name.
	KindCookie
	// KindNamespaceType: what NS_GET_NSTYPE returns: CLONE_NEW*.
	KindNamespaceType
	// KindFlowAction: TCOOFF, TCOON, TCIOFF, TCION.
	KindFlowAction
	// KindFlushQueue: TCIFLUSH, TCOFLUSH, TCIOFLUSH.
	KindFlushQueue
	// KindNbdFlags: NBD_FLAG_*.
	KindNbdFlags
	// KindDriveNiceness: 1 << IDE_NICE_*.
	KindDriveNiceness
	// KindDriveBusState: BUSSTATE_*.
	KindDriveBusState
	// KindFlashFileMode: MTD_FILE_MODE_*.
	KindFlashFileMode
	// KindSoundPitch: a fraction of PIT_TICK_RATE.
	KindSoundPitch
	// KindSoundTone: a pitch, and above it how many milliseconds.
	KindSoundTone
	// KindIOPort: a video card's port.
	KindIOPort
	// KindConsoleMode: KD_*.
	KindConsoleMode
	// KindKeyboardMode: K_RAW, K_XLATE, ....
	KindKeyboardMode
	// KindMetaMode: K_METABIT, K_ESCPREFIX.
	KindMetaMode
	// KindKeyboardLights: LED_*.
	KindKeyboardLights
	// KindDefaultLights: LED_*, and what they are by default.
	KindDefaultLights
	// KindAcceptedSignal: a signal's number.
	KindAcceptedSignal
	// KindKvmCapability: KVM_CAP_*.
	KindKvmCapability
	// KindPerfIoctlFlags: PERF_IOC_FLAG_*.
	KindPerfIoctlFlags
	// KindBalanceCommand: BTRFS_BALANCE_CTL_*.
	KindBalanceCommand
	// KindShortPointer: unsigned short *.
	KindShortPointer
	// KindU64Pointer: u64 *.
	KindU64Pointer
	// KindS64Pointer: s64 *.
	KindS64Pointer
	// KindHex64Pointer: u64 *, shown in hexadecimal.
	KindHex64Pointer
	// KindHexPointer: u32 *, shown in hexadecimal.
	KindHexPointer
	// KindLongPointer: long *.
	KindLongPointer
	// KindUlongPointer: unsigned long *.
	KindUlongPointer
	// KindUlongFlagsPointer: unsigned long *, 1 << IDE_NICE_*.
	KindUlongFlagsPointer
	// KindBusStatePointer: unsigned long *, BUSSTATE_*.
	KindBusStatePointer
	// KindU64Pair: u64[2].
	KindU64Pair
	// KindUintPair: u32[2].
	KindUintPair
	// KindThreeInts: int[3].
	KindThreeInts
	// KindFileFlags: FS_*_FL.
	KindFileFlags
	// KindSubvolumeFlags: BTRFS_SUBVOL_*.
	KindSubvolumeFlags
	// KindModemLines: TIOCM_*.
	KindModemLines
	// KindLowVoltage: RTC_VL_*.
	KindLowVoltage
	// KindOnceMode: MTD_OTP_*.
	KindOnceMode
	// KindScsiReset: SG_SCSI_RESET_*.
	KindScsiReset
	// KindConsoleModePointer: KD_*.
	KindConsoleModePointer
	// KindKeyboardModePointer: K_*.
	KindKeyboardModePointer
	// KindMetaModePointer: K_METABIT, K_ESCPREFIX.
	KindMetaModePointer
	// KindKeyboardType: KB_*.
	KindKeyboardType
	// KindKeyboardLightsPointer: LED_*.
	KindKeyboardLightsPointer
	// KindDefaultLightsPointer: LED_*, and what they are by default.
	KindDefaultLightsPointer
	// KindPushedCharacter: a character for a terminal's input.
	KindPushedCharacter
	// KindInterfaceName: an interface's name.
	KindInterfaceName
	// KindFileSystemLabel: a file system's label.
	KindFileSystemLabel
	// KindColorMap: sixteen colours.
	KindColorMap
	// KindScreenMap: a table of 256 characters.
	KindScreenMap
	// KindUnicodeMap: u16[256].
	KindUnicodeMap
	// KindConsoleFont: a font's first bytes.
	KindConsoleFont
	// KindDriveIdentity: what a drive says of itself.
	KindDriveIdentity
	// KindInputText: a device's name.
	KindInputText
	// KindTermio: struct termio.
	KindTermio
	// KindTermios: struct termios.
	KindTermios
	// KindTermios2: struct termios2.
	KindTermios2
	// KindWinsize: struct winsize.
	KindWinsize
	// KindIfreq: struct ifreq.
	KindIfreq
	// KindBridgePort: struct ifreq, of which only the index counts.
	KindBridgePort
	// KindIfconf: struct ifconf.
	KindIfconf
	// KindHdGeometry: struct hd_geometry.
	KindHdGeometry
	// KindDriveCommand: four numbers and the first bytes of what was read.
	KindDriveCommand
	// KindBlkpg: struct blkpg_ioctl_arg.
	KindBlkpg
	// KindBlkTraceSetup: struct blk_user_trace_setup.
	KindBlkTraceSetup
	// KindLoopInfo: struct loop_info.
	KindLoopInfo
	// KindLoopInfo64: struct loop_info64.
	KindLoopInfo64
	// KindLoopConfig: struct loop_config.
	KindLoopConfig
	// KindScsiID: struct sg_scsi_id, up to what is unused.
	KindScsiID
	// KindScsiRequest: struct sg_req_info.
	KindScsiRequest
	// KindScsiIO: struct sg_io_hdr.
	KindScsiIO
	// KindDmIoctl: struct dm_ioctl, up to the bytes behind it.
	KindDmIoctl
	// KindFsxattr: struct fsxattr.
	KindFsxattr
	// KindFstrimRange: struct fstrim_range.
	KindFstrimRange
	// KindFiemap: struct fiemap.
	KindFiemap
	// KindCloneRange: struct file_clone_range.
	KindCloneRange
	// KindDedupeRange: struct file_dedupe_range and two of what is behind it.
	KindDedupeRange
	// KindVolume: struct btrfs_ioctl_vol_args, as much of its name as is likely.
	KindVolume
	// KindDefragmentation: struct btrfs_ioctl_defrag_range_args.
	KindDefragmentation
	// KindQuotaGroupCreation: struct btrfs_ioctl_qgroup_create_args.
	KindQuotaGroupCreation
	// KindQuotaGroupAssignment: struct btrfs_ioctl_qgroup_assign_args.
	KindQuotaGroupAssignment
	// KindRtcTime: struct rtc_time.
	KindRtcTime
	// KindRtcAlarm: struct rtc_wkalrm.
	KindRtcAlarm
	// KindRtcPll: struct rtc_pll_info.
	KindRtcPll
	// KindRtcParam: struct rtc_param.
	KindRtcParam
	// KindRandomPool: struct rand_pool_info, and the first bytes behind it.
	KindRandomPool
	// KindEraseRange: struct erase_info_user.
	KindEraseRange
	// KindEraseRange64: struct erase_info_user64.
	KindEraseRange64
	// KindOutOfBand: struct mtd_oob_buf.
	KindOutOfBand
	// KindOutOfBand64: struct mtd_oob_buf64.
	KindOutOfBand64
	// KindOnceRegion: struct otp_info.
	KindOnceRegion
	// KindFlashWrite: struct mtd_write_req.
	KindFlashWrite
	// KindFlashDevice: struct mtd_info_user.
	KindFlashDevice
	// KindFlashErrors: struct mtd_ecc_stats.
	KindFlashErrors
	// KindFlashRegion: struct region_info_user.
	KindFlashRegion
	// KindVolumeCreation: struct ubi_mkvol_req.
	KindVolumeCreation
	// KindVolumeSize: struct ubi_rsvol_req.
	KindVolumeSize
	// KindVolumeProperty: struct ubi_set_vol_prop_req.
	KindVolumeProperty
	// KindDeviceAttachment: struct ubi_attach_req.
	KindDeviceAttachment
	// KindEraseBlockChange: struct ubi_leb_change_req.
	KindEraseBlockChange
	// KindEraseBlockMap: struct ubi_map_req.
	KindEraseBlockMap
	// KindSecureVersion: struct tee_ioctl_version_data.
	KindSecureVersion
	// KindSecureBuffer: struct tee_ioctl_buf_data.
	KindSecureBuffer
	// KindSecureCancel: struct tee_ioctl_cancel_arg.
	KindSecureCancel
	// KindSecureSession: struct tee_ioctl_close_session_arg.
	KindSecureSession
	// KindUffdioApi: struct uffdio_api.
	KindUffdioApi
	// KindUffdioRange: struct uffdio_range.
	KindUffdioRange
	// KindUffdioCopy: struct uffdio_copy.
	KindUffdioCopy
	// KindUffdioRegister: struct uffdio_register.
	KindUffdioRegister
	// KindUffdioZeropage: struct uffdio_zeropage.
	KindUffdioZeropage
	// KindSeccompNotif: struct seccomp_notif.
	KindSeccompNotif
	// KindSeccompNotifResp: struct seccomp_notif_resp.
	KindSeccompNotifResp
	// KindSeccompNotifAddfd: struct seccomp_notif_addfd.
	KindSeccompNotifAddfd
	// KindPerfQuery: struct perf_event_query_bpf, with the numbers behind it.
	KindPerfQuery
	// KindKvmRegs: struct kvm_regs of x86.
	KindKvmRegs
	// KindKvmSregs: struct kvm_sregs of x86.
	KindKvmSregs
	// KindKvmCpuid: struct kvm_cpuid2.
	KindKvmCpuid
	// KindKvmMemoryRegion: struct kvm_userspace_memory_region.
	KindKvmMemoryRegion
	// KindInputIdentity: struct input_id.
	KindInputIdentity
	// KindInputKeycode: u32[2]: a scan code and a key.
	KindInputKeycode
	// KindInputMapping: struct input_keymap_entry.
	KindInputMapping
	// KindInputAxis: struct input_absinfo.
	KindInputAxis
	// KindInputEffect: struct ff_effect.
	KindInputEffect
	// KindInputBits: a set of keys, as long as KEY_MAX makes it.
	KindInputBits
	// KindInputFewBits: a set of up to 64 bits.
	KindInputFewBits
	// KindInputEffectsBits: a set of effects.
	KindInputEffectsBits
	// KindAccents: struct kbdiacrs, and 64 of its elements.
	KindAccents
	// KindUnicodeAccents: struct kbdiacrsuc, as many of its elements as may be captured.
	KindUnicodeAccents
	// KindKbkeycode: struct kbkeycode.
	KindKbkeycode
	// KindKbdRepeat: struct kbd_repeat.
	KindKbdRepeat
	// KindUnimapInit: struct unimapinit.
	KindUnimapInit
	// KindIPCCall: SEMOP, MSGSND, ... of ipc(2).
	KindIPCCall
	// KindIPCGetFlags: IPC_CREAT, IPC_EXCL and permissions.
	KindIPCGetFlags
	// KindShmCommand: IPC_*, SHM_*.
	KindShmCommand
	// KindSemCommand: IPC_*, SEM_*, GET*, SET*.
	KindSemCommand
	// KindMsgCommand: IPC_*, MSG_*.
	KindMsgCommand
	// KindMessageSendFlags: IPC_NOWAIT, MSG_*.
	KindMessageSendFlags
	// KindMessageBuffer: struct msgbuf: a long and the text.
	KindMessageBuffer
	// KindMsqidDs: struct msqid64_ds.
	KindMsqidDs
	// KindMsginfo: struct msginfo.
	KindMsginfo
	// KindShmidDs: struct shmid64_ds.
	KindShmidDs
	// KindShminfo: struct shminfo64, up to its limits.
	KindShminfo
	// KindShmInfo: struct shm_info.
	KindShmInfo
	// KindSemidDs: struct semid64_ds.
	KindSemidDs
	// KindSeminfo: struct seminfo.
	KindSeminfo
	// KindSemaphoreArgument: union semun.
	KindSemaphoreArgument
	// KindSemaphoreOperations: struct sembuf[].
	KindSemaphoreOperations
	// KindShmgetFlags: SHM_*, IPC_* and permissions.
	KindShmgetFlags
	// KindShmatFlags: SHM_*.
	KindShmatFlags
	// KindMQAttributes: struct mq_attr.
	KindMQAttributes
	// KindIPCSemctl: union semun *, whose member is a pointer or a number.
	KindIPCSemctl
	// KindIPCKludge: struct ipc_kludge: where msgrcv's message is, and its type.
	KindIPCKludge
	// KindIPCMsgctl: what the command of msgctl(2) makes of it.
	KindIPCMsgctl
	// KindIPCShmctl: what the command of shmctl(2) makes of it.
	KindIPCShmctl
	// KindIPCAttached: what shmat returned through ipc(2): an address that is in memory.
	KindIPCAttached
	// KindKeyPermissions: KEY_POS_*, KEY_USR_*, KEY_GRP_*, KEY_OTH_*.
	KindKeyPermissions
	// KindKeyText: a string with its NUL, in a buffer.
	KindKeyText
	// KindKeyDefault: KEY_REQKEY_DEFL_*.
	KindKeyDefault
	// KindKeyError: the number of an error.
	KindKeyError
	// KindKeyDiffieHellman: struct keyctl_dh_params.
	KindKeyDiffieHellman
	// KindKeyDerivation: struct keyctl_kdf_params.
	KindKeyDerivation
	// KindKeyQuery: struct keyctl_pkey_query.
	KindKeyQuery
	// KindKeyOperation: struct keyctl_pkey_params.
	KindKeyOperation
	// KindKeyMoveFlags: KEYCTL_MOVE_*.
	KindKeyMoveFlags
	// KindKeyCapabilities: flags, KEYCTL_CAPS0_* and KEYCTL_CAPS1_*.
	KindKeyCapabilities
	// KindMountBinary: a binary option of a file system.
	KindMountBinary
	// KindMountType: a file system's type, where mount(2) looks at it.
	KindMountType
	// KindSocketFamily: AF_*.
	KindSocketFamily
	// KindSocketType: SOCK_*.
	KindSocketType
	// KindSocketFlags: SOCK_CLOEXEC, SOCK_NONBLOCK.
	KindSocketFlags
	// KindShutdownHow: SHUT_*.
	KindShutdownHow
	// KindMessageFlags: MSG_*.
	KindMessageFlags
	// KindSocketLevel: SOL_*.
	KindSocketLevel
	// KindSocketOption: SO_*, TCP_*, ... of the level.
	KindSocketOption
	// KindSocketValue: a socket option's value; none that is shown as a struct is longer.
	KindSocketValue
	// KindSockaddr: struct sockaddr.
	KindSockaddr
	// KindSocketBytes: what is sent or received: messages, if it is a netlink socket.
	KindSocketBytes
	// KindMsghdr: struct msghdr.
	KindMsghdr
	// KindMmsghdr: struct mmsghdr[].
	KindMmsghdr
	// KindSocketcallNumber: SYS_SOCKET, ... of socketcall(2).
	KindSocketcallNumber
	// KindSocketcallArguments: the call's arguments, as longs.
	KindSocketcallArguments
	// KindProcessName: a thread's name as PR_GET_NAME gives it.
	KindProcessName
	// KindNewProcessName: a thread's name as PR_SET_NAME takes it, of which 15 bytes count.
	KindNewProcessName
	// KindDumpMode: SUID_DUMP_*.
	KindDumpMode
	// KindCapability: CAP_*.
	KindCapability
	// KindAmbientOperation: PR_CAP_AMBIENT_*.
	KindAmbientOperation
	// KindAmbientCapability: CAP_*, if the operation takes one.
	KindAmbientCapability
	// KindMceKill: PR_MCE_KILL_CLEAR, PR_MCE_KILL_SET.
	KindMceKill
	// KindMceKillPolicy: PR_MCE_KILL_LATE, ... if it is set.
	KindMceKillPolicy
	// KindVmaAttribute: PR_SET_VMA_ANON_NAME.
	KindVmaAttribute
	// KindVmaAddress: where the memory begins whose attribute is set.
	KindVmaAddress
	// KindVmaSize: its length in bytes.
	KindVmaSize
	// KindVmaName: its new name.
	KindVmaName
	// KindMemoryMapOption: PR_SET_MM_*.
	KindMemoryMapOption
	// KindDeathSignal: PR_SET_PDEATHSIG's signal.
	KindDeathSignal
	// KindTracer: PR_SET_PTRACER's process, or PR_SET_PTRACER_ANY.
	KindTracer
	// KindSeccompMode: SECCOMP_MODE_*.
	KindSeccompMode
	// KindSeccompProgram: struct sock_fprog: a program's length and address.
	KindSeccompProgram
	// KindSecureBits: SECBIT_*.
	KindSecureBits
	// KindTscMode: PR_TSC_*.
	KindTscMode
	// KindTscModePointer: int * to PR_TSC_*.
	KindTscModePointer
	// KindUnalignedFlags: PR_UNALIGN_*.
	KindUnalignedFlags
	// KindUnalignedFlagsPointer: int * to PR_UNALIGN_*.
	KindUnalignedFlagsPointer
	// KindSignalPointer: int * to a signal's number.
	KindSignalPointer
	// KindFpMode: PR_FP_MODE_*.
	KindFpMode
	// KindSpeculation: PR_SPEC_STORE_BYPASS, ...: what is speculated with.
	KindSpeculation
	// KindSpeculationControl: PR_SPEC_ENABLE, ....
	KindSpeculationControl
	// KindSpeculationState: PR_SPEC_PRCTL, ...: what PR_GET_SPECULATION_CTRL returns.
	KindSpeculationState
	// KindPacKeys: PR_PAC_*: keys to make anew.
	KindPacKeys
	// KindPacEnabledKeys: PR_PAC_*: keys that can be enabled.
	KindPacEnabledKeys
	// KindDispatchMode: PR_SYS_DISPATCH_*.
	KindDispatchMode
	// KindCoreScheduling: PR_SCHED_CORE_*.
	KindCoreScheduling
	// KindPIDType: PIDTYPE_*.
	KindPIDType
	// KindCoreCookie: PR_SCHED_CORE_GET's cookie.
	KindCoreCookie
	// KindVectorLength: SVE's vector length and PR_SVE_* flags.
	KindVectorLength
	// KindMatrixLength: SME's vector length and PR_SME_* flags.
	KindMatrixLength
	// KindTaggedAddresses: PR_TAGGED_ADDR_ENABLE, PR_MTE_*.
	KindTaggedAddresses
	// KindCPUFeatures: XFEATURE_MASK_*: the parts of the CPU's extended state.
	KindCPUFeatures
	// KindCPUFeaturesGranted: the same as ARCH_REQ_XCOMP_PERM returns them.
	KindCPUFeaturesGranted
	// KindCPUFeature: XFEATURE_*: one of them.
	KindCPUFeature
	// KindKcmpIndex: what kcmp(2) compares of the first process, if it has more than one.
	KindKcmpIndex
	// KindKcmpSlot: the same of the second process: struct kcmp_epoll_slot.
	KindKcmpSlot
	// KindLogLevel: LOGLEVEL_*.
	KindLogLevel
	// KindRebootMagic2: LINUX_REBOOT_MAGIC2*.
	KindRebootMagic2
	// KindPolicyPointer: int * to MPOL_*.
	KindPolicyPointer
	// KindPageStatus: nodes or errors of move_pages(2) (int[]).
	KindPageStatus
	// KindSeccompAction: u32 * to SECCOMP_RET_*.
	KindSeccompAction
	// KindSeccompSizes: struct seccomp_notif_sizes.
	KindSeccompSizes
	// KindUserOffset: where a register or a member is in struct user.
	KindUserOffset
	// KindRegisterSet: NT_*.
	KindRegisterSet
	// KindPtraceOptions: PTRACE_O_*.
	KindPtraceOptions
	// KindPtraceLong: a long of the other process.
	KindPtraceLong
	// KindPtraceEvent: PTRACE_GETEVENTMSG's message.
	KindPtraceEvent
	// KindPtracePeek: struct __ptrace_peeksiginfo_args.
	KindPtracePeek
	// KindPtraceSignals: siginfo_t[].
	KindPtraceSignals
	// KindPtraceMetadata: struct seccomp_metadata.
	KindPtraceMetadata
	// KindPtraceCallInfo: struct ptrace_syscall_info.
	KindPtraceCallInfo
	// KindPtraceSignalSet: sigset_t, whose size is the argument before it.
	KindPtraceSignalSet
	// KindRegisterBuffer: struct iovec for registers.
	KindRegisterBuffer
	// KindQuotaFormat: QFMT_*.
	KindQuotaFormat
	// KindQuotaFormatPointer: u32 * to QFMT_*.
	KindQuotaFormatPointer
	// KindQuotaInformation: struct if_dqinfo.
	KindQuotaInformation
	// KindQuotaBlock: struct if_dqblk, up to its last member.
	KindQuotaBlock
	// KindQuotaNextBlock: struct if_nextdqblk.
	KindQuotaNextBlock
	// KindXfsQuota: struct fs_disk_quota.
	KindXfsQuota
	// KindXfsQuotaState: struct fs_quota_stat, up to its last member.
	KindXfsQuotaState
	// KindXfsQuotaStates: struct fs_quota_statv, up to its padding.
	KindXfsQuotaStates
	// KindXfsQuotaFlags: u32 * to FS_QUOTA_*.
	KindXfsQuotaFlags
	// KindXfsQuotaTypes: u32 * to FS_*_QUOTA.
	KindXfsQuotaTypes
	// KindOldSignalMask: a 32-bit sigset_t by value, as it was before the call.
	KindOldSignalMask
	// KindClockState: TIME_*: what adjtimex(2) returns.
	KindClockState
)

var kindNames = [...]string{
	KindNone:                  "none",
	KindNever:                 "never",
	KindPadding:               "padding",
	KindUpperHalf:             "upper_half",
	KindHighHalf:              "high_half",
	KindLowHalf:               "low_half",
	KindInt:                   "int",
	KindUint:                  "uint",
	KindLong:                  "long",
	KindUlong:                 "ulong",
	KindHex:                   "hex",
	KindSize:                  "size",
	KindCount:                 "count",
	KindOffset:                "offset",
	KindHexOffset:             "hex_offset",
	KindPageOffset:            "page_offset",
	KindAddress:               "address",
	KindUnused:                "unused",
	KindFD:                    "fd",
	KindDirfd:                 "dirfd",
	KindPID:                   "pid",
	KindPidfd:                 "pidfd",
	KindUID:                   "uid",
	KindGID:                   "gid",
	KindUID16:                 "uid16",
	KindGID16:                 "gid16",
	KindMode:                  "mode",
	KindFileMode:              "file_mode",
	KindOpenMode:              "open_mode",
	KindUmask:                 "umask",
	KindDevice:                "device",
	KindSignal:                "signal",
	KindKey:                   "key",
	KindKeySerial:             "key_serial",
	KindClock:                 "clock",
	KindTimer:                 "timer",
	KindSeconds:               "seconds",
	KindMilliseconds:          "milliseconds",
	KindAIOContext:            "aio_context",
	KindCPU:                   "cpu",
	KindPriority:              "priority",
	KindSocketProtocol:        "socket_protocol",
	KindExitStatus:            "exit_status",
	KindTime:                  "time",
	KindPath:                  "path",
	KindString:                "string",
	KindBytes:                 "bytes",
	KindArgv:                  "argv",
	KindEnvironment:           "environment",
	KindIovec:                 "iovec",
	KindRemoteIovec:           "remote_iovec",
	KindMountData:             "mount_data",
	KindXattrNames:            "xattr_names",
	KindBitmap:                "bitmap",
	KindCPUSet:                "cpu_set",
	KindFDSet:                 "fd_set",
	KindPageResidency:         "page_residency",
	KindRandom:                "random",
	KindRandomFlags:           "random_flags",
	KindIntPointer:            "int_pointer",
	KindUintPointer:           "uint_pointer",
	KindAddressPointer:        "address_pointer",
	KindSizePointer:           "size_pointer",
	KindOffsetPointer:         "offset_pointer",
	KindOffset32Pointer:       "offset32_pointer",
	KindTimePointer:           "time_pointer",
	KindPIDPointer:            "pid_pointer",
	KindUIDPointer:            "uid_pointer",
	KindGIDPointer:            "gid_pointer",
	KindUID16Pointer:          "uid16_pointer",
	KindGID16Pointer:          "gid16_pointer",
	KindGIDArray:              "gid_array",
	KindGID16Array:            "gid16_array",
	KindIntArray:              "int_array",
	KindAddressArray:          "address_array",
	KindSocklen:               "socklen",
	KindFDPair:                "fd_pair",
	KindWaitStatus:            "wait_status",
	KindTimerPointer:          "timer_pointer",
	KindAIOPointer:            "aio_pointer",
	KindMountID:               "mount_id",
	KindFutexWord:             "futex_word",
	KindOpenFlags:             "open_flags",
	KindCloseRangeFlags:       "close_range_flags",
	KindDup3Flags:             "dup3_flags",
	KindPipeFlags:             "pipe_flags",
	KindAccessMode:            "access_mode",
	KindFaccessatFlags:        "faccessat_flags",
	KindAtFlags:               "at_flags",
	KindUnlinkFlags:           "unlink_flags",
	KindRenameFlags:           "rename_flags",
	KindStatFlags:             "stat_flags",
	KindStatxFlags:            "statx_flags",
	KindStatxMask:             "statx_mask",
	KindSeekWhence:            "seek_whence",
	KindFcntlCommand:          "fcntl_command",
	KindFlockOperation:        "flock_operation",
	KindIoctlRequest:          "ioctl_request",
	KindFallocateMode:         "fallocate_mode",
	KindFadviseAdvice:         "fadvise_advice",
	KindSyncFileRangeFlags:    "sync_file_range_flags",
	KindSpliceFlags:           "splice_flags",
	KindRwfFlags:              "rwf_flags",
	KindXattrFlags:            "xattr_flags",
	KindInotifyInitFlags:      "inotify_init_flags",
	KindInotifyMask:           "inotify_mask",
	KindFanotifyInitFlags:     "fanotify_init_flags",
	KindFanotifyEventFlags:    "fanotify_event_flags",
	KindFanotifyMarkFlags:     "fanotify_mark_flags",
	KindFanotifyMask:          "fanotify_mask",
	KindMemfdFlags:            "memfd_flags",
	KindMemfdSecretFlags:      "memfd_secret_flags",
	KindStat:                  "stat",
	KindStat64:                "stat64",
	KindOldStat:               "old_stat",
	KindStatx:                 "statx",
	KindStatfs:                "statfs",
	KindStatfs64:              "statfs64",
	KindOpenHow:               "open_how",
	KindDirents:               "dirents",
	KindDirents64:             "dirents64",
	KindOldDirent:             "old_dirent",
	KindUtimbuf:               "utimbuf",
	KindUtimes:                "utimes",
	KindUtimensatTimes:        "utimensat_times",
	KindUtimensatTimes64:      "utimensat_times64",
	KindFileHandle:            "file_handle",
	KindFileAttributes:        "file_attributes",
	KindXattrArguments:        "xattr_arguments",
	KindQuotaCommand:          "quota_command",
	KindNameToHandleFlags:     "name_to_handle_flags",
	KindCachestatRange:        "cachestat_range",
	KindCachestat:             "cachestat",
	KindMountFlags:            "mount_flags",
	KindUmountFlags:           "umount_flags",
	KindOpenTreeFlags:         "open_tree_flags",
	KindMoveMountFlags:        "move_mount_flags",
	KindFsopenFlags:           "fsopen_flags",
	KindFsconfigCommand:       "fsconfig_command",
	KindFsmountFlags:          "fsmount_flags",
	KindFspickFlags:           "fspick_flags",
	KindMountAttributes:       "mount_attributes",
	KindMountSetattrFlags:     "mount_setattr_flags",
	KindMountAttr:             "mount_attr",
	KindMountIDRequest:        "mount_id_request",
	KindStatmount:             "statmount",
	KindMountIDs:              "mount_ids",
	KindListmountFlags:        "listmount_flags",
	KindNamespaceIDRequest:    "namespace_id_request",
	KindNamespaceIDs:          "namespace_ids",
	KindSwapFlags:             "swap_flags",
	KindMemoryProtection:      "memory_protection",
	KindMmapFlags:             "mmap_flags",
	KindMmapArguments:         "mmap_arguments",
	KindMremapFlags:           "mremap_flags",
	KindMsyncFlags:            "msync_flags",
	KindMadviseAdvice:         "madvise_advice",
	KindMlockFlags:            "mlock_flags",
	KindMlockallFlags:         "mlockall_flags",
	KindMbindMode:             "mbind_mode",
	KindMbindFlags:            "mbind_flags",
	KindMempolicyFlags:        "mempolicy_flags",
	KindMovePagesFlags:        "move_pages_flags",
	KindPkeyFlags:             "pkey_flags",
	KindPkeyRights:            "pkey_rights",
	KindProtectionKey:         "protection_key",
	KindShadowStackFlags:      "shadow_stack_flags",
	KindCloneFlags:            "clone_flags",
	KindUnshareFlags:          "unshare_flags",
	KindSetnsType:             "setns_type",
	KindCloneArgs:             "clone_args",
	KindCloneArgsI386:         "clone_args_i386",
	KindWaitOptions:           "wait_options",
	KindWaitidType:            "waitid_type",
	KindExecveatFlags:         "execveat_flags",
	KindPidfdOpenFlags:        "pidfd_open_flags",
	KindPrctlOption:           "prctl_option",
	KindArchPrctlOption:       "arch_prctl_option",
	KindPtraceRequest:         "ptrace_request",
	KindPersonality:           "personality",
	KindRusage:                "rusage",
	KindRusageWho:             "rusage_who",
	KindResource:              "resource",
	KindRlimit:                "rlimit",
	KindRlimit64:              "rlimit64",
	KindPriorityWhich:         "priority_which",
	KindIoprioWhich:           "ioprio_which",
	KindIoprio:                "ioprio",
	KindCapabilityHeader:      "capability_header",
	KindCapabilityData:        "capability_data",
	KindRobustList:            "robust_list",
	KindRseq:                  "rseq",
	KindKcmpType:              "kcmp_type",
	KindMembarrierCommand:     "membarrier_command",
	KindMembarrierFlags:       "membarrier_flags",
	KindProcessVmFlags:        "process_vm_flags",
	KindSchedulerPolicy:       "scheduler_policy",
	KindSchedulerParameters:   "scheduler_parameters",
	KindSchedulerAttributes:   "scheduler_attributes",
	KindUserDescriptor:        "user_descriptor",
	KindLDTFunction:           "ldt_function",
	KindIOPrivilegeLevel:      "io_privilege_level",
	KindTms:                   "tms",
	KindGetcpuCache:           "getcpu_cache",
	KindUtsname:               "utsname",
	KindOldUtsname:            "old_utsname",
	KindOldoldUtsname:         "oldold_utsname",
	KindSysinfo:               "sysinfo",
	KindRebootMagic:           "reboot_magic",
	KindRebootCommand:         "reboot_command",
	KindSyslogAction:          "syslog_action",
	KindKexecFlags:            "kexec_flags",
	KindKexecFileFlags:        "kexec_file_flags",
	KindKexecSegments:         "kexec_segments",
	KindCacheflushFlags:       "cacheflush_flags",
	KindTimespec:              "timespec",
	KindTimespec64:            "timespec64",
	KindTimeval:               "timeval",
	KindTimezone:              "timezone",
	KindItimerWhich:           "itimer_which",
	KindItimerval:             "itimerval",
	KindItimerspec:            "itimerspec",
	KindItimerspec64:          "itimerspec64",
	KindTimerFlags:            "timer_flags",
	KindTimerfdFlags:          "timerfd_flags",
	KindTimerfdSettimeFlags:   "timerfd_settime_flags",
	KindTimex:                 "timex",
	KindTimex64:               "timex64",
	KindSignalSet:             "signal_set",
	KindOldSignalSet:          "old_signal_set",
	KindSignalMask:            "signal_mask",
	KindSignalSetArgument:     "signal_set_argument",
	KindSignalAction:          "signal_action",
	KindOldSignalAction:       "old_signal_action",
	KindSignalHandler:         "signal_handler",
	KindSignalHow:             "signal_how",
	KindSignalStack:           "signal_stack",
	KindSignalInfo:            "signal_info",
	KindSignalEvent:           "signal_event",
	KindSignalfdFlags:         "signalfd_flags",
	KindSigreturnMask:         "sigreturn_mask",
	KindOldSigreturnMask:      "old_sigreturn_mask",
	KindPollfd:                "pollfd",
	KindEpollEvent:            "epoll_event",
	KindEpollOperation:        "epoll_operation",
	KindEpollFlags:            "epoll_flags",
	KindEventfdFlags:          "eventfd_flags",
	KindSelectArguments:       "select_arguments",
	KindFutexOperation:        "futex_operation",
	KindFutexTimeout:          "futex_timeout",
	KindFutexTimeout64:        "futex_timeout64",
	KindFutexWaiters:          "futex_waiters",
	KindFutexFlags:            "futex_flags",
	KindFutexWaitvFlags:       "futex_waitv_flags",
	KindFutexBitset:           "futex_bitset",
	KindKeyCommand:            "key_command",
	KindIOEvent:               "io_event",
	KindIocb:                  "iocb",
	KindIocbArray:             "iocb_array",
	KindAIOSignalSet:          "aio_signal_set",
	KindIOUringParameters:     "io_uring_parameters",
	KindIOUringEnterFlags:     "io_uring_enter_flags",
	KindIOUringArgument:       "io_uring_argument",
	KindIOUringOperation:      "io_uring_operation",
	KindIOUringRegistration:   "io_uring_registration",
	KindIOUringBuffers:        "io_uring_buffers",
	KindIOUringFiles:          "io_uring_files",
	KindIOUringFilesUpdate:    "io_uring_files_update",
	KindIOUringProbe:          "io_uring_probe",
	KindIOUringRestrictions:   "io_uring_restrictions",
	KindIOUringFiles2:         "io_uring_files2",
	KindIOUringFilesUpdate2:   "io_uring_files_update2",
	KindIOUringBuffers2:       "io_uring_buffers2",
	KindIOUringBuffersUpdate:  "io_uring_buffers_update",
	KindIOUringCpus:           "io_uring_cpus",
	KindIOUringWorkers:        "io_uring_workers",
	KindIOUringDescriptors:    "io_uring_descriptors",
	KindIOUringBufferRing:     "io_uring_buffer_ring",
	KindHex32:                 "hex32",
	KindBPFCommand:            "bpf_command",
	KindBPFAttributes:         "bpf_attributes",
	KindBPFProgram:            "bpf_program",
	KindBPFObject:             "bpf_object",
	KindBPFQuery:              "bpf_query",
	KindBPFTask:               "bpf_task",
	KindBPFTracepoint:         "bpf_tracepoint",
	KindBPFTypes:              "bpf_types",
	KindSeccompOperation:      "seccomp_operation",
	KindSeccompFlags:          "seccomp_flags",
	KindPerfAttributes:        "perf_attributes",
	KindPerfFlags:             "perf_flags",
	KindUserfaultfdFlags:      "userfaultfd_flags",
	KindLandlockRuleset:       "landlock_ruleset",
	KindLandlockRulesetFlags:  "landlock_ruleset_flags",
	KindLandlockRuleType:      "landlock_rule_type",
	KindLandlockPath:          "landlock_path",
	KindLandlockPort:          "landlock_port",
	KindLSMAttribute:          "lsm_attribute",
	KindLSMContext:            "lsm_context",
	KindLSMSetContext:         "lsm_set_context",
	KindLSMFlags:              "lsm_flags",
	KindLSMIDs:                "lsm_ids",
	KindDeleteModuleFlags:     "delete_module_flags",
	KindModuleInitFlags:       "module_init_flags",
	KindFileLock:              "file_lock",
	KindFileLockFound:         "file_lock_found",
	KindFileLock64:            "file_lock64",
	KindFileLock64Found:       "file_lock64_found",
	KindFileOwner:             "file_owner",
	KindCloseOnExec:           "close_on_exec",
	KindFileLease:             "file_lease",
	KindFileSeals:             "file_seals",
	KindDirectoryEvents:       "directory_events",
	KindWriteHint:             "write_hint",
	KindLastFD:                "last_fd",
	KindMarkedDirfd:           "marked_dirfd",
	KindAttributeValue:        "attribute_value",
	KindRegister:              "register",
	KindCookie:                "cookie",
	KindNamespaceType:         "namespace_type",
	KindFlowAction:            "flow_action",
	KindFlushQueue:            "flush_queue",
	KindNbdFlags:              "nbd_flags",
	KindDriveNiceness:         "drive_niceness",
	KindDriveBusState:         "drive_bus_state",
	KindFlashFileMode:         "flash_file_mode",
	KindSoundPitch:            "sound_pitch",
	KindSoundTone:             "sound_tone",
	KindIOPort:                "io_port",
	KindConsoleMode:           "console_mode",
	KindKeyboardMode:          "keyboard_mode",
	KindMetaMode:              "meta_mode",
	KindKeyboardLights:        "keyboard_lights",
	KindDefaultLights:         "default_lights",
	KindAcceptedSignal:        "accepted_signal",
	KindKvmCapability:         "kvm_capability",
	KindPerfIoctlFlags:        "perf_ioctl_flags",
	KindBalanceCommand:        "balance_command",
	KindShortPointer:          "short_pointer",
	KindU64Pointer:            "u64_pointer",
	KindS64Pointer:            "s64_pointer",
	KindHex64Pointer:          "hex64_pointer",
	KindHexPointer:            "hex_pointer",
	KindLongPointer:           "long_pointer",
	KindUlongPointer:          "ulong_pointer",
	KindUlongFlagsPointer:     "ulong_flags_pointer",
	KindBusStatePointer:       "bus_state_pointer",
	KindU64Pair:               "u64_pair",
	KindUintPair:              "uint_pair",
	KindThreeInts:             "three_ints",
	KindFileFlags:             "file_flags",
	KindSubvolumeFlags:        "subvolume_flags",
	KindModemLines:            "modem_lines",
	KindLowVoltage:            "low_voltage",
	KindOnceMode:              "once_mode",
	KindScsiReset:             "scsi_reset",
	KindConsoleModePointer:    "console_mode_pointer",
	KindKeyboardModePointer:   "keyboard_mode_pointer",
	KindMetaModePointer:       "meta_mode_pointer",
	KindKeyboardType:          "keyboard_type",
	KindKeyboardLightsPointer: "keyboard_lights_pointer",
	KindDefaultLightsPointer:  "default_lights_pointer",
	KindPushedCharacter:       "pushed_character",
	KindInterfaceName:         "interface_name",
	KindFileSystemLabel:       "file_system_label",
	KindColorMap:              "color_map",
	KindScreenMap:             "screen_map",
	KindUnicodeMap:            "unicode_map",
	KindConsoleFont:           "console_font",
	KindDriveIdentity:         "drive_identity",
	KindInputText:             "input_text",
	KindTermio:                "termio",
	KindTermios:               "termios",
	KindTermios2:              "termios2",
	KindWinsize:               "winsize",
	KindIfreq:                 "ifreq",
	KindBridgePort:            "bridge_port",
	KindIfconf:                "ifconf",
	KindHdGeometry:            "hd_geometry",
	KindDriveCommand:          "drive_command",
	KindBlkpg:                 "blkpg",
	KindBlkTraceSetup:         "blk_trace_setup",
	KindLoopInfo:              "loop_info",
	KindLoopInfo64:            "loop_info64",
	KindLoopConfig:            "loop_config",
	KindScsiID:                "scsi_id",
	KindScsiRequest:           "scsi_request",
	KindScsiIO:                "scsi_io",
	KindDmIoctl:               "dm_ioctl",
	KindFsxattr:               "fsxattr",
	KindFstrimRange:           "fstrim_range",
	KindFiemap:                "fiemap",
	KindCloneRange:            "clone_range",
	KindDedupeRange:           "dedupe_range",
	KindVolume:                "volume",
	KindDefragmentation:       "defragmentation",
	KindQuotaGroupCreation:    "quota_group_creation",
	KindQuotaGroupAssignment:  "quota_group_assignment",
	KindRtcTime:               "rtc_time",
	KindRtcAlarm:              "rtc_alarm",
	KindRtcPll:                "rtc_pll",
	KindRtcParam:              "rtc_param",
	KindRandomPool:            "random_pool",
	KindEraseRange:            "erase_range",
	KindEraseRange64:          "erase_range64",
	KindOutOfBand:             "out_of_band",
	KindOutOfBand64:           "out_of_band64",
	KindOnceRegion:            "once_region",
	KindFlashWrite:            "flash_write",
	KindFlashDevice:           "flash_device",
	KindFlashErrors:           "flash_errors",
	KindFlashRegion:           "flash_region",
	KindVolumeCreation:        "volume_creation",
	KindVolumeSize:            "volume_size",
	KindVolumeProperty:        "volume_property",
	KindDeviceAttachment:      "device_attachment",
	KindEraseBlockChange:      "erase_block_change",
	KindEraseBlockMap:         "erase_block_map",
	KindSecureVersion:         "secure_version",
	KindSecureBuffer:          "secure_buffer",
	KindSecureCancel:          "secure_cancel",
	KindSecureSession:         "secure_session",
	KindUffdioApi:             "uffdio_api",
	KindUffdioRange:           "uffdio_range",
	KindUffdioCopy:            "uffdio_copy",
	KindUffdioRegister:        "uffdio_register",
	KindUffdioZeropage:        "uffdio_zeropage",
	KindSeccompNotif:          "seccomp_notif",
	KindSeccompNotifResp:      "seccomp_notif_resp",
	KindSeccompNotifAddfd:     "seccomp_notif_addfd",
	KindPerfQuery:             "perf_query",
	KindKvmRegs:               "kvm_regs",
	KindKvmSregs:              "kvm_sregs",
	KindKvmCpuid:              "kvm_cpuid",
	KindKvmMemoryRegion:       "kvm_memory_region",
	KindInputIdentity:         "input_identity",
	KindInputKeycode:          "input_keycode",
	KindInputMapping:          "input_mapping",
	KindInputAxis:             "input_axis",
	KindInputEffect:           "input_effect",
	KindInputBits:             "input_bits",
	KindInputFewBits:          "input_few_bits",
	KindInputEffectsBits:      "input_effects_bits",
	KindAccents:               "accents",
	KindUnicodeAccents:        "unicode_accents",
	KindKbkeycode:             "kbkeycode",
	KindKbdRepeat:             "kbd_repeat",
	KindUnimapInit:            "unimap_init",
	KindIPCCall:               "ipc_call",
	KindIPCGetFlags:           "ipc_get_flags",
	KindShmCommand:            "shm_command",
	KindSemCommand:            "sem_command",
	KindMsgCommand:            "msg_command",
	KindMessageSendFlags:      "message_send_flags",
	KindMessageBuffer:         "message_buffer",
	KindMsqidDs:               "msqid_ds",
	KindMsginfo:               "msginfo",
	KindShmidDs:               "shmid_ds",
	KindShminfo:               "shminfo",
	KindShmInfo:               "shm_info",
	KindSemidDs:               "semid_ds",
	KindSeminfo:               "seminfo",
	KindSemaphoreArgument:     "semaphore_argument",
	KindSemaphoreOperations:   "semaphore_operations",
	KindShmgetFlags:           "shmget_flags",
	KindShmatFlags:            "shmat_flags",
	KindMQAttributes:          "mq_attributes",
	KindIPCSemctl:             "ipc_semctl",
	KindIPCKludge:             "ipc_kludge",
	KindIPCMsgctl:             "ipc_msgctl",
	KindIPCShmctl:             "ipc_shmctl",
	KindIPCAttached:           "ipc_attached",
	KindKeyPermissions:        "key_permissions",
	KindKeyText:               "key_text",
	KindKeyDefault:            "key_default",
	KindKeyError:              "key_error",
	KindKeyDiffieHellman:      "key_diffie_hellman",
	KindKeyDerivation:         "key_derivation",
	KindKeyQuery:              "key_query",
	KindKeyOperation:          "key_operation",
	KindKeyMoveFlags:          "key_move_flags",
	KindKeyCapabilities:       "key_capabilities",
	KindMountBinary:           "mount_binary",
	KindMountType:             "mount_type",
	KindSocketFamily:          "socket_family",
	KindSocketType:            "socket_type",
	KindSocketFlags:           "socket_flags",
	KindShutdownHow:           "shutdown_how",
	KindMessageFlags:          "message_flags",
	KindSocketLevel:           "socket_level",
	KindSocketOption:          "socket_option",
	KindSocketValue:           "socket_value",
	KindSockaddr:              "sockaddr",
	KindSocketBytes:           "socket_bytes",
	KindMsghdr:                "msghdr",
	KindMmsghdr:               "mmsghdr",
	KindSocketcallNumber:      "socketcall_number",
	KindSocketcallArguments:   "socketcall_arguments",
	KindProcessName:           "process_name",
	KindNewProcessName:        "new_process_name",
	KindDumpMode:              "dump_mode",
	KindCapability:            "capability",
	KindAmbientOperation:      "ambient_operation",
	KindAmbientCapability:     "ambient_capability",
	KindMceKill:               "mce_kill",
	KindMceKillPolicy:         "mce_kill_policy",
	KindVmaAttribute:          "vma_attribute",
	KindVmaAddress:            "vma_address",
	KindVmaSize:               "vma_size",
	KindVmaName:               "vma_name",
	KindMemoryMapOption:       "memory_map_option",
	KindDeathSignal:           "death_signal",
	KindTracer:                "tracer",
	KindSeccompMode:           "seccomp_mode",
	KindSeccompProgram:        "seccomp_program",
	KindSecureBits:            "secure_bits",
	KindTscMode:               "tsc_mode",
	KindTscModePointer:        "tsc_mode_pointer",
	KindUnalignedFlags:        "unaligned_flags",
	KindUnalignedFlagsPointer: "unaligned_flags_pointer",
	KindSignalPointer:         "signal_pointer",
	KindFpMode:                "fp_mode",
	KindSpeculation:           "speculation",
	KindSpeculationControl:    "speculation_control",
	KindSpeculationState:      "speculation_state",
	KindPacKeys:               "pac_keys",
	KindPacEnabledKeys:        "pac_enabled_keys",
	KindDispatchMode:          "dispatch_mode",
	KindCoreScheduling:        "core_scheduling",
	KindPIDType:               "pid_type",
	KindCoreCookie:            "core_cookie",
	KindVectorLength:          "vector_length",
	KindMatrixLength:          "matrix_length",
	KindTaggedAddresses:       "tagged_addresses",
	KindCPUFeatures:           "cpu_features",
	KindCPUFeaturesGranted:    "cpu_features_granted",
	KindCPUFeature:            "cpu_feature",
	KindKcmpIndex:             "kcmp_index",
	KindKcmpSlot:              "kcmp_slot",
	KindLogLevel:              "log_level",
	KindRebootMagic2:          "reboot_magic2",
	KindPolicyPointer:         "policy_pointer",
	KindPageStatus:            "page_status",
	KindSeccompAction:         "seccomp_action",
	KindSeccompSizes:          "seccomp_sizes",
	KindUserOffset:            "user_offset",
	KindRegisterSet:           "register_set",
	KindPtraceOptions:         "ptrace_options",
	KindPtraceLong:            "ptrace_long",
	KindPtraceEvent:           "ptrace_event",
	KindPtracePeek:            "ptrace_peek",
	KindPtraceSignals:         "ptrace_signals",
	KindPtraceMetadata:        "ptrace_metadata",
	KindPtraceCallInfo:        "ptrace_call_info",
	KindPtraceSignalSet:       "ptrace_signal_set",
	KindRegisterBuffer:        "register_buffer",
	KindQuotaFormat:           "quota_format",
	KindQuotaFormatPointer:    "quota_format_pointer",
	KindQuotaInformation:      "quota_information",
	KindQuotaBlock:            "quota_block",
	KindQuotaNextBlock:        "quota_next_block",
	KindXfsQuota:              "xfs_quota",
	KindXfsQuotaState:         "xfs_quota_state",
	KindXfsQuotaStates:        "xfs_quota_states",
	KindXfsQuotaFlags:         "xfs_quota_flags",
	KindXfsQuotaTypes:         "xfs_quota_types",
	KindOldSignalMask:         "old_signal_mask",
	KindClockState:            "clock_state",
}
