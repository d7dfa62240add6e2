// Code generated from kinds.txt, calls.txt, numbers.txt and golang.org/x/sys/unix by internal/generate/syscalls; DO NOT EDIT.

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
	// KindPageResidency: a byte a page: mincore(2)'s answer.
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
	// KindFcntlArgument: what the command of fcntl(2) makes of it: a number, flags, or struct flock *.
	KindFcntlArgument
	// KindFcntl64Argument: the same of fcntl64(2): struct flock64 *.
	KindFcntl64Argument
	// KindFlockOperation: LOCK_*.
	KindFlockOperation
	// KindIoctlRequest: a driver's request (_IO*).
	KindIoctlRequest
	// KindIoctlArgument: what the request makes of it.
	KindIoctlArgument
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
	// KindStatx: struct statx, up to its devices.
	KindStatx
	// KindStatfs: struct statfs.
	KindStatfs
	// KindStatfs64: struct statfs64 of the 32-bit ABIs.
	KindStatfs64
	// KindUstat: struct ustat.
	KindUstat
	// KindOpenHow: struct open_how.
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
	// KindFileHandle: struct file_handle, up to its bytes, of which it says how many they are.
	KindFileHandle
	// KindFileAttributes: struct file_attr.
	KindFileAttributes
	// KindXattrArguments: struct xattr_args.
	KindXattrArguments
	// KindQuotaCommand: QCMD(Q_*, *QUOTA).
	KindQuotaCommand
	// KindQuotaAddress: what the command of quotactl(2) makes of it.
	KindQuotaAddress
	// KindSysfsOption: 1, 2, 3 of sysfs(2).
	KindSysfsOption
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
	// KindFsconfigValue: what the command of fsconfig(2) makes of it.
	KindFsconfigValue
	// KindFsmountFlags: FSMOUNT_*.
	KindFsmountFlags
	// KindFspickFlags: FSPICK_*.
	KindFspickFlags
	// KindMountAttributes: MOUNT_ATTR_*.
	KindMountAttributes
	// KindMountSetattrFlags: AT_* of mount_setattr(2).
	KindMountSetattrFlags
	// KindMountAttr: struct mount_attr.
	KindMountAttr
	// KindMountIDRequest: struct mnt_id_req, as much of it as every version has.
	KindMountIDRequest
	// KindStatmount: struct statmount.
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
	// KindProcessMadviseFlags: PROCESS_MADVISE_*.
	KindProcessMadviseFlags
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
	// KindWaitOptions: W*.
	KindWaitOptions
	// KindWaitidType: P_ALL, P_PID, P_PGID, P_PIDFD.
	KindWaitidType
	// KindExecveatFlags: AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, AT_EXECVE_CHECK.
	KindExecveatFlags
	// KindPidfdOpenFlags: PIDFD_*.
	KindPidfdOpenFlags
	// KindPidfdSignalFlags: PIDFD_SIGNAL_*.
	KindPidfdSignalFlags
	// KindPrctlOption: PR_*.
	KindPrctlOption
	// KindPrctlArgument: what the option of prctl(2) makes of it: a number, flags or a name.
	KindPrctlArgument
	// KindArchPrctlOption: ARCH_*.
	KindArchPrctlOption
	// KindArchPrctlArgument: what the option of arch_prctl(2) makes of it.
	KindArchPrctlArgument
	// KindPtraceRequest: PTRACE_*.
	KindPtraceRequest
	// KindPtraceData: what the request of ptrace(2) makes of it.
	KindPtraceData
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
	// KindSeccompOperation: SECCOMP_*.
	KindSeccompOperation
	// KindSeccompFlags: SECCOMP_FILTER_FLAG_*.
	KindSeccompFlags
	// KindSeccompArgument: what the operation of seccomp(2) makes of it.
	KindSeccompArgument
	// KindRobustList: struct robust_list_head *.
	KindRobustList
	// KindRseq: struct rseq *.
	KindRseq
	// KindRseqFlags: RSEQ_FLAG_*.
	KindRseqFlags
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
	// KindSchedulerAttributes: struct sched_attr, as much of it as every version has.
	KindSchedulerAttributes
	// KindSchedulerFlags: flags of sched_setattr(2): none yet.
	KindSchedulerFlags
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
	// KindDeleteModuleFlags: O_NONBLOCK, O_TRUNC.
	KindDeleteModuleFlags
	// KindModuleInitFlags: MODULE_INIT_*.
	KindModuleInitFlags
	// KindPerfAttributes: struct perf_event_attr, as much of it as every version has.
	KindPerfAttributes
	// KindPerfFlags: PERF_FLAG_*.
	KindPerfFlags
	// KindBPFCommand: BPF_*.
	KindBPFCommand
	// KindBPFAttributes: union bpf_attr.
	KindBPFAttributes
	// KindUserfaultfdFlags: UFFD_*, O_CLOEXEC, O_NONBLOCK.
	KindUserfaultfdFlags
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
	// KindSigreturnFrame: the signal's frame on the stack: no argument at all.
	KindSigreturnFrame
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
	// KindSocketValue: a socket option's value.
	KindSocketValue
	// KindSockaddr: struct sockaddr.
	KindSockaddr
	// KindMsghdr: struct msghdr.
	KindMsghdr
	// KindMmsghdr: struct mmsghdr[].
	KindMmsghdr
	// KindSocketcallNumber: SYS_SOCKET, ... of socketcall(2).
	KindSocketcallNumber
	// KindSocketcallArguments: the call's arguments, as longs.
	KindSocketcallArguments
	// KindIPCCall: SEMOP, MSGSND, ... of ipc(2).
	KindIPCCall
	// KindIPCGetFlags: IPC_CREAT, IPC_EXCL and permissions.
	KindIPCGetFlags
	// KindIPCCommand: IPC_*, MSG_*, SEM_*, SHM_*.
	KindIPCCommand
	// KindMessageSendFlags: IPC_NOWAIT, MSG_*.
	KindMessageSendFlags
	// KindMessageBuffer: struct msgbuf *.
	KindMessageBuffer
	// KindMsqidDs: struct msqid_ds *.
	KindMsqidDs
	// KindShmidDs: struct shmid_ds *.
	KindShmidDs
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
	// KindKeyCommand: KEYCTL_*.
	KindKeyCommand
	// KindKeyArgument: what the command of keyctl(2) makes of it.
	KindKeyArgument
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
	// KindIOUringArgument: what the flags of io_uring_enter(2) make of it.
	KindIOUringArgument
	// KindIOUringOperation: IORING_REGISTER_*, IORING_UNREGISTER_*.
	KindIOUringOperation
	// KindIOUringRegistration: what the operation of io_uring_register(2) makes of it.
	KindIOUringRegistration
	// KindLandlockRuleset: struct landlock_ruleset_attr.
	KindLandlockRuleset
	// KindLandlockRulesetFlags: LANDLOCK_CREATE_RULESET_*.
	KindLandlockRulesetFlags
	// KindLandlockRuleType: LANDLOCK_RULE_*.
	KindLandlockRuleType
	// KindLandlockRule: struct landlock_path_beneath_attr, or as much of landlock_net_port_attr.
	KindLandlockRule
	// KindLandlockRuleFlags: flags of landlock_add_rule(2): none yet.
	KindLandlockRuleFlags
	// KindLandlockRestrictFlags: LANDLOCK_RESTRICT_SELF_*.
	KindLandlockRestrictFlags
	// KindLSMAttribute: LSM_ATTR_*.
	KindLSMAttribute
	// KindLSMContext: struct lsm_ctx.
	KindLSMContext
	// KindLSMSetContext: struct lsm_ctx to set.
	KindLSMSetContext
	// KindLSMFlags: LSM_FLAG_*.
	KindLSMFlags
	// KindLSMIDs: security modules' numbers (LSM_ID_*).
	KindLSMIDs
)

var kindNames = [...]string{
	KindNone:                  "none",
	KindNever:                 "never",
	KindPadding:               "padding",
	KindUpperHalf:             "upper_half",
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
	KindFcntlArgument:         "fcntl_argument",
	KindFcntl64Argument:       "fcntl64_argument",
	KindFlockOperation:        "flock_operation",
	KindIoctlRequest:          "ioctl_request",
	KindIoctlArgument:         "ioctl_argument",
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
	KindUstat:                 "ustat",
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
	KindQuotaAddress:          "quota_address",
	KindSysfsOption:           "sysfs_option",
	KindNameToHandleFlags:     "name_to_handle_flags",
	KindCachestatRange:        "cachestat_range",
	KindCachestat:             "cachestat",
	KindMountFlags:            "mount_flags",
	KindUmountFlags:           "umount_flags",
	KindOpenTreeFlags:         "open_tree_flags",
	KindMoveMountFlags:        "move_mount_flags",
	KindFsopenFlags:           "fsopen_flags",
	KindFsconfigCommand:       "fsconfig_command",
	KindFsconfigValue:         "fsconfig_value",
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
	KindProcessMadviseFlags:   "process_madvise_flags",
	KindShadowStackFlags:      "shadow_stack_flags",
	KindCloneFlags:            "clone_flags",
	KindUnshareFlags:          "unshare_flags",
	KindSetnsType:             "setns_type",
	KindCloneArgs:             "clone_args",
	KindWaitOptions:           "wait_options",
	KindWaitidType:            "waitid_type",
	KindExecveatFlags:         "execveat_flags",
	KindPidfdOpenFlags:        "pidfd_open_flags",
	KindPidfdSignalFlags:      "pidfd_signal_flags",
	KindPrctlOption:           "prctl_option",
	KindPrctlArgument:         "prctl_argument",
	KindArchPrctlOption:       "arch_prctl_option",
	KindArchPrctlArgument:     "arch_prctl_argument",
	KindPtraceRequest:         "ptrace_request",
	KindPtraceData:            "ptrace_data",
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
	KindSeccompOperation:      "seccomp_operation",
	KindSeccompFlags:          "seccomp_flags",
	KindSeccompArgument:       "seccomp_argument",
	KindRobustList:            "robust_list",
	KindRseq:                  "rseq",
	KindRseqFlags:             "rseq_flags",
	KindKcmpType:              "kcmp_type",
	KindMembarrierCommand:     "membarrier_command",
	KindMembarrierFlags:       "membarrier_flags",
	KindProcessVmFlags:        "process_vm_flags",
	KindSchedulerPolicy:       "scheduler_policy",
	KindSchedulerParameters:   "scheduler_parameters",
	KindSchedulerAttributes:   "scheduler_attributes",
	KindSchedulerFlags:        "scheduler_flags",
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
	KindDeleteModuleFlags:     "delete_module_flags",
	KindModuleInitFlags:       "module_init_flags",
	KindPerfAttributes:        "perf_attributes",
	KindPerfFlags:             "perf_flags",
	KindBPFCommand:            "bpf_command",
	KindBPFAttributes:         "bpf_attributes",
	KindUserfaultfdFlags:      "userfaultfd_flags",
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
	KindSigreturnFrame:        "sigreturn_frame",
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
	KindSocketFamily:          "socket_family",
	KindSocketType:            "socket_type",
	KindSocketFlags:           "socket_flags",
	KindShutdownHow:           "shutdown_how",
	KindMessageFlags:          "message_flags",
	KindSocketLevel:           "socket_level",
	KindSocketOption:          "socket_option",
	KindSocketValue:           "socket_value",
	KindSockaddr:              "sockaddr",
	KindMsghdr:                "msghdr",
	KindMmsghdr:               "mmsghdr",
	KindSocketcallNumber:      "socketcall_number",
	KindSocketcallArguments:   "socketcall_arguments",
	KindIPCCall:               "ipc_call",
	KindIPCGetFlags:           "ipc_get_flags",
	KindIPCCommand:            "ipc_command",
	KindMessageSendFlags:      "message_send_flags",
	KindMessageBuffer:         "message_buffer",
	KindMsqidDs:               "msqid_ds",
	KindShmidDs:               "shmid_ds",
	KindSemaphoreArgument:     "semaphore_argument",
	KindSemaphoreOperations:   "semaphore_operations",
	KindShmgetFlags:           "shmget_flags",
	KindShmatFlags:            "shmat_flags",
	KindMQAttributes:          "mq_attributes",
	KindKeyCommand:            "key_command",
	KindKeyArgument:           "key_argument",
	KindIOEvent:               "io_event",
	KindIocb:                  "iocb",
	KindIocbArray:             "iocb_array",
	KindAIOSignalSet:          "aio_signal_set",
	KindIOUringParameters:     "io_uring_parameters",
	KindIOUringEnterFlags:     "io_uring_enter_flags",
	KindIOUringArgument:       "io_uring_argument",
	KindIOUringOperation:      "io_uring_operation",
	KindIOUringRegistration:   "io_uring_registration",
	KindLandlockRuleset:       "landlock_ruleset",
	KindLandlockRulesetFlags:  "landlock_ruleset_flags",
	KindLandlockRuleType:      "landlock_rule_type",
	KindLandlockRule:          "landlock_rule",
	KindLandlockRuleFlags:     "landlock_rule_flags",
	KindLandlockRestrictFlags: "landlock_restrict_flags",
	KindLSMAttribute:          "lsm_attribute",
	KindLSMContext:            "lsm_context",
	KindLSMSetContext:         "lsm_set_context",
	KindLSMFlags:              "lsm_flags",
	KindLSMIDs:                "lsm_ids",
}
