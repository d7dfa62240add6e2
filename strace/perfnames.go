package strace

// include/uapi/linux/perf_event.h: the bits of struct perf_event_attr behind
// read_format, in their order; precise_ip has two.
var perfBits = [...]string{
	"disabled", "inherit", "pinned", "exclusive", "exclude_user", "exclude_kernel", "exclude_hv", "exclude_idle",
	"mmap", "comm", "freq", "inherit_stat", "enable_on_exec", "task", "watermark", "precise_ip",
	"mmap_data", "sample_id_all", "exclude_host", "exclude_guest", "exclude_callchain_kernel", "exclude_callchain_user",
	"mmap2", "comm_exec", "use_clockid", "context_switch", "write_backward", "namespaces", "ksymbol", "bpf_event",
	"aux_output", "cgroup", "text_poke", "build_id", "inherit_thread", "remove_on_exec", "sigtrap",
}

// What the numbers of precise_ip mean.
var perfSkids = [...]string{"arbitrary skid", "constant skid", "requested to have 0 skid", "must have 0 skid"}

// include/uapi/linux/perf_event.h
var perfTypes = names{unknown: "PERF_TYPE_???", names: []entry{
	{0, "PERF_TYPE_HARDWARE"},
	{1, "PERF_TYPE_SOFTWARE"},
	{2, "PERF_TYPE_TRACEPOINT"},
	{3, "PERF_TYPE_HW_CACHE"},
	{4, "PERF_TYPE_RAW"},
	{5, "PERF_TYPE_BREAKPOINT"},
}}

// include/uapi/linux/perf_event.h
var perfSizes = names{unknown: "PERF_ATTR_SIZE_???", names: []entry{
	{64, "PERF_ATTR_SIZE_VER0"},
	{72, "PERF_ATTR_SIZE_VER1"},
	{80, "PERF_ATTR_SIZE_VER2"},
	{96, "PERF_ATTR_SIZE_VER3"},
	{104, "PERF_ATTR_SIZE_VER4"},
	{112, "PERF_ATTR_SIZE_VER5"},
	{120, "PERF_ATTR_SIZE_VER6"},
	{128, "PERF_ATTR_SIZE_VER7"},
	{136, "PERF_ATTR_SIZE_VER8"},
}}

// include/uapi/linux/perf_event.h
var perfHardwareEvents = names{unknown: "PERF_COUNT_HW_???", names: []entry{
	{0, "PERF_COUNT_HW_CPU_CYCLES"},
	{1, "PERF_COUNT_HW_INSTRUCTIONS"},
	{2, "PERF_COUNT_HW_CACHE_REFERENCES"},
	{3, "PERF_COUNT_HW_CACHE_MISSES"},
	{4, "PERF_COUNT_HW_BRANCH_INSTRUCTIONS"},
	{5, "PERF_COUNT_HW_BRANCH_MISSES"},
	{6, "PERF_COUNT_HW_BUS_CYCLES"},
	{7, "PERF_COUNT_HW_STALLED_CYCLES_FRONTEND"},
	{8, "PERF_COUNT_HW_STALLED_CYCLES_BACKEND"},
	{9, "PERF_COUNT_HW_REF_CPU_CYCLES"},
}}

// include/uapi/linux/perf_event.h
var perfSoftwareEvents = names{unknown: "PERF_COUNT_SW_???", names: []entry{
	{0, "PERF_COUNT_SW_CPU_CLOCK"},
	{1, "PERF_COUNT_SW_TASK_CLOCK"},
	{2, "PERF_COUNT_SW_PAGE_FAULTS"},
	{3, "PERF_COUNT_SW_CONTEXT_SWITCHES"},
	{4, "PERF_COUNT_SW_CPU_MIGRATIONS"},
	{5, "PERF_COUNT_SW_PAGE_FAULTS_MIN"},
	{6, "PERF_COUNT_SW_PAGE_FAULTS_MAJ"},
	{7, "PERF_COUNT_SW_ALIGNMENT_FAULTS"},
	{8, "PERF_COUNT_SW_EMULATION_FAULTS"},
	{9, "PERF_COUNT_SW_DUMMY"},
	{10, "PERF_COUNT_SW_BPF_OUTPUT"},
	{11, "PERF_COUNT_SW_CGROUP_SWITCHES"},
}}

// include/uapi/linux/perf_event.h
var perfCaches = names{unknown: "PERF_COUNT_HW_CACHE_???", names: []entry{
	{0, "PERF_COUNT_HW_CACHE_L1D"},
	{1, "PERF_COUNT_HW_CACHE_L1I"},
	{2, "PERF_COUNT_HW_CACHE_LL"},
	{3, "PERF_COUNT_HW_CACHE_DTLB"},
	{4, "PERF_COUNT_HW_CACHE_ITLB"},
	{5, "PERF_COUNT_HW_CACHE_BPU"},
	{6, "PERF_COUNT_HW_CACHE_NODE"},
}}

// include/uapi/linux/perf_event.h
var perfCacheOperations = names{unknown: "PERF_COUNT_HW_CACHE_OP_???", names: []entry{
	{0, "PERF_COUNT_HW_CACHE_OP_READ"},
	{1, "PERF_COUNT_HW_CACHE_OP_WRITE"},
	{2, "PERF_COUNT_HW_CACHE_OP_PREFETCH"},
}}

// include/uapi/linux/perf_event.h
var perfCacheResults = names{unknown: "PERF_COUNT_HW_CACHE_RESULT_???", names: []entry{
	{0, "PERF_COUNT_HW_CACHE_RESULT_ACCESS"},
	{1, "PERF_COUNT_HW_CACHE_RESULT_MISS"},
}}

// include/uapi/linux/perf_event.h
var perfSamples = flags{unknown: "PERF_SAMPLE_???", names: []entry{
	{1 << 0, "PERF_SAMPLE_IP"},
	{1 << 1, "PERF_SAMPLE_TID"},
	{1 << 2, "PERF_SAMPLE_TIME"},
	{1 << 3, "PERF_SAMPLE_ADDR"},
	{1 << 4, "PERF_SAMPLE_READ"},
	{1 << 5, "PERF_SAMPLE_CALLCHAIN"},
	{1 << 6, "PERF_SAMPLE_ID"},
	{1 << 7, "PERF_SAMPLE_CPU"},
	{1 << 8, "PERF_SAMPLE_PERIOD"},
	{1 << 9, "PERF_SAMPLE_STREAM_ID"},
	{1 << 10, "PERF_SAMPLE_RAW"},
	{1 << 11, "PERF_SAMPLE_BRANCH_STACK"},
	{1 << 12, "PERF_SAMPLE_REGS_USER"},
	{1 << 13, "PERF_SAMPLE_STACK_USER"},
	{1 << 14, "PERF_SAMPLE_WEIGHT"},
	{1 << 15, "PERF_SAMPLE_DATA_SRC"},
	{1 << 16, "PERF_SAMPLE_IDENTIFIER"},
	{1 << 17, "PERF_SAMPLE_TRANSACTION"},
	{1 << 18, "PERF_SAMPLE_REGS_INTR"},
	{1 << 19, "PERF_SAMPLE_PHYS_ADDR"},
	{1 << 20, "PERF_SAMPLE_AUX"},
	{1 << 21, "PERF_SAMPLE_CGROUP"},
	{1 << 22, "PERF_SAMPLE_DATA_PAGE_SIZE"},
	{1 << 23, "PERF_SAMPLE_CODE_PAGE_SIZE"},
	{1 << 24, "PERF_SAMPLE_WEIGHT_STRUCT"},
}}

// include/uapi/linux/perf_event.h
var perfReadFormats = flags{unknown: "PERF_FORMAT_???", names: []entry{
	{1 << 0, "PERF_FORMAT_TOTAL_TIME_ENABLED"},
	{1 << 1, "PERF_FORMAT_TOTAL_TIME_RUNNING"},
	{1 << 2, "PERF_FORMAT_ID"},
	{1 << 3, "PERF_FORMAT_GROUP"},
	{1 << 4, "PERF_FORMAT_LOST"},
}}

// include/uapi/linux/perf_event.h
var perfBranches = flags{unknown: "PERF_SAMPLE_BRANCH_???", names: []entry{
	{1 << 0, "PERF_SAMPLE_BRANCH_USER"},
	{1 << 1, "PERF_SAMPLE_BRANCH_KERNEL"},
	{1 << 2, "PERF_SAMPLE_BRANCH_HV"},
	{1 << 3, "PERF_SAMPLE_BRANCH_ANY"},
	{1 << 4, "PERF_SAMPLE_BRANCH_ANY_CALL"},
	{1 << 5, "PERF_SAMPLE_BRANCH_ANY_RETURN"},
	{1 << 6, "PERF_SAMPLE_BRANCH_IND_CALL"},
	{1 << 7, "PERF_SAMPLE_BRANCH_ABORT_TX"},
	{1 << 8, "PERF_SAMPLE_BRANCH_IN_TX"},
	{1 << 9, "PERF_SAMPLE_BRANCH_NO_TX"},
	{1 << 10, "PERF_SAMPLE_BRANCH_COND"},
	{1 << 11, "PERF_SAMPLE_BRANCH_CALL_STACK"},
	{1 << 12, "PERF_SAMPLE_BRANCH_IND_JUMP"},
	{1 << 13, "PERF_SAMPLE_BRANCH_CALL"},
	{1 << 14, "PERF_SAMPLE_BRANCH_NO_FLAGS"},
	{1 << 15, "PERF_SAMPLE_BRANCH_NO_CYCLES"},
	{1 << 16, "PERF_SAMPLE_BRANCH_TYPE_SAVE"},
	{1 << 17, "PERF_SAMPLE_BRANCH_HW_INDEX"},
	{1 << 18, "PERF_SAMPLE_BRANCH_PRIV_SAVE"},
	{1 << 19, "PERF_SAMPLE_BRANCH_COUNTERS"},
}}

// include/uapi/linux/hw_breakpoint.h
var perfBreakpoints = names{unknown: "HW_BREAKPOINT_???", names: []entry{
	{0, "HW_BREAKPOINT_EMPTY"},
	{1, "HW_BREAKPOINT_R"},
	{2, "HW_BREAKPOINT_W"},
	{3, "HW_BREAKPOINT_RW"},
	{4, "HW_BREAKPOINT_X"},
}}
