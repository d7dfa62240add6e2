package strace

// The members of struct io_uring_params, include/uapi/linux/io_uring.h.
var (
	ringAsked = []slot{
		{"flags", 8, 4, ringSetupFlags.slot, 0},
		{"sq_thread_cpu", 12, 4, slotHex, 0},
		{"sq_thread_idle", 16, 4, slotUint, 0},
	}
	ringGot = []slot{
		{"sq_entries", 0, 4, slotUint, 0},
		{"cq_entries", 4, 4, slotUint, 0},
		{"features", 20, 4, ringFeatures.slot, 0},
	}
	ringSubmissionOffsets = []slot{ // struct io_sqring_offsets
		{"head", 0, 4, slotUint, 0},
		{"tail", 4, 4, slotUint, 0},
		{"ring_mask", 8, 4, slotUint, 0},
		{"ring_entries", 12, 4, slotUint, 0},
		{"flags", 16, 4, slotUint, 0},
		{"dropped", 20, 4, slotUint, 0},
		{"array", 24, 4, slotUint, 0},
	}
	ringCompletionOffsets = []slot{ // struct io_cqring_offsets
		{"head", 0, 4, slotUint, 0},
		{"tail", 4, 4, slotUint, 0},
		{"ring_mask", 8, 4, slotUint, 0},
		{"ring_entries", 12, 4, slotUint, 0},
		{"overflow", 16, 4, slotUint, 0},
		{"cqes", 20, 4, slotUint, 0},
		{"flags", 24, 4, slotUint, 0},
	}
)

// What the structs of io_uring_register(2) begin with.
var (
	ringOffset = []slot{
		{"offset", 0, 4, slotUint, 0},
	}
	ringResourceMembers = []slot{ // struct io_uring_rsrc_register
		{"nr", 0, 4, slotUint, 0},
		{"flags", 4, 4, ringResourceFlags.slot, 0},
	}
	ringBufferMembers = []slot{ // struct io_uring_buf_reg
		{"ring_addr", 0, 8, slotPointer, 0},
		{"ring_entries", 8, 4, slotUint, 0},
		{"bgid", 12, 2, slotUint, 0},
	}
)

// include/uapi/linux/io_uring.h
var ringSetupFlags = flags{unknown: "IORING_SETUP_???", names: []entry{
	{0x1, "IORING_SETUP_IOPOLL"},
	{0x2, "IORING_SETUP_SQPOLL"},
	{0x4, "IORING_SETUP_SQ_AFF"},
	{0x8, "IORING_SETUP_CQSIZE"},
	{0x10, "IORING_SETUP_CLAMP"},
	{0x20, "IORING_SETUP_ATTACH_WQ"},
	{0x40, "IORING_SETUP_R_DISABLED"},
	{0x80, "IORING_SETUP_SUBMIT_ALL"},
	{0x100, "IORING_SETUP_COOP_TASKRUN"},
	{0x200, "IORING_SETUP_TASKRUN_FLAG"},
	{0x400, "IORING_SETUP_SQE128"},
	{0x800, "IORING_SETUP_CQE32"},
	{0x1000, "IORING_SETUP_SINGLE_ISSUER"},
	{0x2000, "IORING_SETUP_DEFER_TASKRUN"},
	{0x4000, "IORING_SETUP_NO_MMAP"},
	{0x8000, "IORING_SETUP_REGISTERED_FD_ONLY"},
	{0x10000, "IORING_SETUP_NO_SQARRAY"},
	{0x20000, "IORING_SETUP_HYBRID_IOPOLL"},
	{0x40000, "IORING_SETUP_CQE_MIXED"},
}}

// include/uapi/linux/io_uring.h
var ringFeatures = flags{unknown: "IORING_FEAT_???", names: []entry{
	{0x1, "IORING_FEAT_SINGLE_MMAP"},
	{0x2, "IORING_FEAT_NODROP"},
	{0x4, "IORING_FEAT_SUBMIT_STABLE"},
	{0x8, "IORING_FEAT_RW_CUR_POS"},
	{0x10, "IORING_FEAT_CUR_PERSONALITY"},
	{0x20, "IORING_FEAT_FAST_POLL"},
	{0x40, "IORING_FEAT_POLL_32BITS"},
	{0x80, "IORING_FEAT_SQPOLL_NONFIXED"},
	{0x100, "IORING_FEAT_EXT_ARG"},
	{0x200, "IORING_FEAT_NATIVE_WORKERS"},
	{0x400, "IORING_FEAT_RSRC_TAGS"},
	{0x800, "IORING_FEAT_CQE_SKIP"},
	{0x1000, "IORING_FEAT_LINKED_FILE"},
	{0x2000, "IORING_FEAT_REG_REG_RING"},
	{0x4000, "IORING_FEAT_RECVSEND_BUNDLE"},
	{0x8000, "IORING_FEAT_MIN_TIMEOUT"},
	{0x10000, "IORING_FEAT_RW_ATTR"},
	{0x20000, "IORING_FEAT_NO_IOWAIT"},
}}

// include/uapi/linux/io_uring.h
var ringEnterFlags = flags{unknown: "IORING_ENTER_???", names: []entry{
	{0x1, "IORING_ENTER_GETEVENTS"},
	{0x2, "IORING_ENTER_SQ_WAKEUP"},
	{0x4, "IORING_ENTER_SQ_WAIT"},
	{0x8, "IORING_ENTER_EXT_ARG"},
	{0x10, "IORING_ENTER_REGISTERED_RING"},
	{0x20, "IORING_ENTER_ABS_TIMER"},
	{0x40, "IORING_ENTER_EXT_ARG_REG"},
}}

// include/uapi/linux/io_uring.h
var ringRegistrations = names{unknown: "IORING_REGISTER_???", names: []entry{
	{0, "IORING_REGISTER_BUFFERS"},
	{1, "IORING_UNREGISTER_BUFFERS"},
	{2, "IORING_REGISTER_FILES"},
	{3, "IORING_UNREGISTER_FILES"},
	{4, "IORING_REGISTER_EVENTFD"},
	{5, "IORING_UNREGISTER_EVENTFD"},
	{6, "IORING_REGISTER_FILES_UPDATE"},
	{7, "IORING_REGISTER_EVENTFD_ASYNC"},
	{8, "IORING_REGISTER_PROBE"},
	{9, "IORING_REGISTER_PERSONALITY"},
	{10, "IORING_UNREGISTER_PERSONALITY"},
	{11, "IORING_REGISTER_RESTRICTIONS"},
	{12, "IORING_REGISTER_ENABLE_RINGS"},
	{13, "IORING_REGISTER_FILES2"},
	{14, "IORING_REGISTER_FILES_UPDATE2"},
	{15, "IORING_REGISTER_BUFFERS2"},
	{16, "IORING_REGISTER_BUFFERS_UPDATE"},
	{17, "IORING_REGISTER_IOWQ_AFF"},
	{18, "IORING_UNREGISTER_IOWQ_AFF"},
	{19, "IORING_REGISTER_IOWQ_MAX_WORKERS"},
	{20, "IORING_REGISTER_RING_FDS"},
	{21, "IORING_UNREGISTER_RING_FDS"},
	{22, "IORING_REGISTER_PBUF_RING"},
	{23, "IORING_UNREGISTER_PBUF_RING"},
	{24, "IORING_REGISTER_SYNC_CANCEL"},
	{25, "IORING_REGISTER_FILE_ALLOC_RANGE"},
	{26, "IORING_REGISTER_PBUF_STATUS"},
	{27, "IORING_REGISTER_NAPI"},
	{28, "IORING_UNREGISTER_NAPI"},
	{29, "IORING_REGISTER_CLOCK"},
	{30, "IORING_REGISTER_CLONE_BUFFERS"},
	{31, "IORING_REGISTER_SEND_MSG_RING"},
	{32, "IORING_REGISTER_ZCRX_IFQ"},
	{33, "IORING_REGISTER_RESIZE_RINGS"},
	{34, "IORING_REGISTER_MEM_REGION"},
	{35, "IORING_REGISTER_QUERY"},
}}

// include/uapi/linux/io_uring.h
var ringOperationNames = names{unknown: "IORING_OP_???", names: []entry{
	{0, "IORING_OP_NOP"},
	{1, "IORING_OP_READV"},
	{2, "IORING_OP_WRITEV"},
	{3, "IORING_OP_FSYNC"},
	{4, "IORING_OP_READ_FIXED"},
	{5, "IORING_OP_WRITE_FIXED"},
	{6, "IORING_OP_POLL_ADD"},
	{7, "IORING_OP_POLL_REMOVE"},
	{8, "IORING_OP_SYNC_FILE_RANGE"},
	{9, "IORING_OP_SENDMSG"},
	{10, "IORING_OP_RECVMSG"},
	{11, "IORING_OP_TIMEOUT"},
	{12, "IORING_OP_TIMEOUT_REMOVE"},
	{13, "IORING_OP_ACCEPT"},
	{14, "IORING_OP_ASYNC_CANCEL"},
	{15, "IORING_OP_LINK_TIMEOUT"},
	{16, "IORING_OP_CONNECT"},
	{17, "IORING_OP_FALLOCATE"},
	{18, "IORING_OP_OPENAT"},
	{19, "IORING_OP_CLOSE"},
	{20, "IORING_OP_FILES_UPDATE"},
	{21, "IORING_OP_STATX"},
	{22, "IORING_OP_READ"},
	{23, "IORING_OP_WRITE"},
	{24, "IORING_OP_FADVISE"},
	{25, "IORING_OP_MADVISE"},
	{26, "IORING_OP_SEND"},
	{27, "IORING_OP_RECV"},
	{28, "IORING_OP_OPENAT2"},
	{29, "IORING_OP_EPOLL_CTL"},
	{30, "IORING_OP_SPLICE"},
	{31, "IORING_OP_PROVIDE_BUFFERS"},
	{32, "IORING_OP_REMOVE_BUFFERS"},
	{33, "IORING_OP_TEE"},
	{34, "IORING_OP_SHUTDOWN"},
	{35, "IORING_OP_RENAMEAT"},
	{36, "IORING_OP_UNLINKAT"},
	{37, "IORING_OP_MKDIRAT"},
	{38, "IORING_OP_SYMLINKAT"},
	{39, "IORING_OP_LINKAT"},
	{40, "IORING_OP_MSG_RING"},
	{41, "IORING_OP_FSETXATTR"},
	{42, "IORING_OP_SETXATTR"},
	{43, "IORING_OP_FGETXATTR"},
	{44, "IORING_OP_GETXATTR"},
	{45, "IORING_OP_SOCKET"},
	{46, "IORING_OP_URING_CMD"},
	{47, "IORING_OP_SEND_ZC"},
	{48, "IORING_OP_SENDMSG_ZC"},
	{49, "IORING_OP_READ_MULTISHOT"},
	{50, "IORING_OP_WAITID"},
	{51, "IORING_OP_FUTEX_WAIT"},
	{52, "IORING_OP_FUTEX_WAKE"},
	{53, "IORING_OP_FUTEX_WAITV"},
	{54, "IORING_OP_FIXED_FD_INSTALL"},
	{55, "IORING_OP_FTRUNCATE"},
	{56, "IORING_OP_BIND"},
	{57, "IORING_OP_LISTEN"},
	{58, "IORING_OP_RECV_ZC"},
	{59, "IORING_OP_EPOLL_WAIT"},
	{60, "IORING_OP_READV_FIXED"},
	{61, "IORING_OP_WRITEV_FIXED"},
	{62, "IORING_OP_PIPE"},
}}

// include/uapi/linux/io_uring.h
var ringOperationFlags = flags{unknown: "IO_URING_OP_???", names: []entry{
	{0x1, "IO_URING_OP_SUPPORTED"},
}}

// include/uapi/linux/io_uring.h
var ringResourceFlags = flags{unknown: "IORING_RSRC_REGISTER_???", names: []entry{
	{0x1, "IORING_RSRC_REGISTER_SPARSE"},
}}

// include/uapi/linux/io_uring.h
var ringRestrictionNames = names{unknown: "IORING_RESTRICTION_???", names: []entry{
	{0, "IORING_RESTRICTION_REGISTER_OP"},
	{1, "IORING_RESTRICTION_SQE_OP"},
	{2, "IORING_RESTRICTION_SQE_FLAGS_ALLOWED"},
	{3, "IORING_RESTRICTION_SQE_FLAGS_REQUIRED"},
}}

// include/uapi/linux/io_uring.h
var ringEntryFlags = flags{unknown: "IOSQE_???", names: []entry{
	{0x1, "IOSQE_FIXED_FILE"},
	{0x2, "IOSQE_IO_DRAIN"},
	{0x4, "IOSQE_IO_LINK"},
	{0x8, "IOSQE_IO_HARDLINK"},
	{0x10, "IOSQE_ASYNC"},
	{0x20, "IOSQE_BUFFER_SELECT"},
	{0x40, "IOSQE_CQE_SKIP_SUCCESS"},
}}

// include/uapi/linux/io_uring.h
var ringWorkerNames = names{unknown: "IO_WQ_???", names: []entry{
	{0, "IO_WQ_BOUND"},
	{1, "IO_WQ_UNBOUND"},
}}
