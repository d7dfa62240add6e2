package strace

// bpfForms are the commands' forms, indexed by the command. Of those between
// BPF_ENABLE_STATS and BPF_PROG_BIND_MAP strace 6.1 shows an address.
var bpfForms = [...]bpfForm{
	0:  {members: bpfMapMembers, size: 72, special: bpfMapCreate},
	1:  {members: bpfLookupMembers, size: 32},
	2:  {members: bpfUpdateMembers, size: 32},
	3:  {members: bpfUpdateMembers[:2], size: 16},
	4:  {members: bpfNextKeyMembers, size: 24},
	5:  {members: bpfProgramMembers, size: 128, special: bpfProgramLoad},
	6:  {members: bpfObjectMembers, size: 16, special: bpfObject},
	7:  {members: bpfObjectMembers, size: 16, special: bpfObject},
	8:  {members: bpfAttachMembers, size: 20},
	9:  {members: bpfDetachMembers, size: 12},
	10: {wrapper: "test", members: bpfTestMembers, size: 76},
	11: {members: bpfNextIDMembers, size: 12, special: bpfNextID},
	12: {members: bpfNextIDMembers, size: 12, special: bpfNextID},
	13: {members: bpfProgramIDMembers, size: 12},
	14: {members: bpfMapIDMembers, size: 12},
	15: {wrapper: "info", members: bpfInfoMembers, size: 16, special: bpfObjectInfo},
	16: {wrapper: "query", members: bpfQueryMembers, size: 28, special: bpfProgramQuery},
	17: {wrapper: "raw_tracepoint", members: bpfTracepointMembers, size: 12, special: bpfTracepointOpen},
	18: {members: bpfTypesMembers, size: 28, special: bpfTypesLoad},
	19: {members: bpfTypesIDMembers, size: 4},
	20: {wrapper: "task_fd_query", members: bpfTaskMembers, size: 48, special: bpfTaskQuery},
	21: {members: bpfLookupMembers, size: 32},
	22: {members: bpfUpdateMembers[:1], size: 4},
	23: {members: bpfNextIDMembers, size: 12, special: bpfNextID},
	24: {wrapper: "batch", members: bpfBatchMembers, size: 56},
	25: {wrapper: "batch", members: bpfBatchMembers, size: 56},
	26: {wrapper: "batch", members: bpfBatchMembers[2:], size: 56},
	27: {wrapper: "batch", members: bpfDeleteMembers, size: 56},
	28: {wrapper: "link_create", members: bpfLinkMembers, size: 48, special: bpfLink},
	29: {wrapper: "link_update", members: bpfLinkUpdateMembers, size: 16, special: bpfUpdateLink},
	30: {members: bpfLinkIDMembers, size: 4},
	31: {members: bpfNextIDMembers, size: 12, special: bpfNextID},
	36: {wrapper: "token_create", members: bpfTokenMembers, size: 8},
}

var bpfMapMembers = []slot{
	{"map_type", 0, 4, bpfMapTypes.slot, 0},
	{"key_size", 4, 4, slotUint, 0},
	{"value_size", 8, 4, slotUint, 0},
	{"max_entries", 12, 4, slotUint, 0},
	{"map_flags", 16, 4, bpfMapFlags.slot, 16},
	{"inner_map_fd", 20, 4, slotDescriptor, 20},
	{"map_ifindex", 44, 4, slotUint, 44},
	{"btf_fd", 48, 4, slotDescriptor, 48},
	{"btf_key_type_id", 52, 4, slotUint, 48},
	{"btf_value_type_id", 56, 4, slotUint, 48},
	{"btf_vmlinux_value_type_id", 60, 4, slotUint, 60},
	{"map_extra", 64, 8, slotUint, 64},
}

var bpfLookupMembers = []slot{
	{"map_fd", 0, 4, slotDescriptor, 0},
	{"key", 8, 8, slotPointer, 0},
	{"value", 16, 8, slotPointer, 0},
	{"flags", 24, 8, bpfLookupFlags.slot, 24},
}

var bpfUpdateMembers = []slot{
	{"map_fd", 0, 4, slotDescriptor, 0},
	{"key", 8, 8, slotPointer, 0},
	{"value", 16, 8, slotPointer, 0},
	{"flags", 24, 8, bpfUpdateFlags.slot, 0},
}

var bpfNextKeyMembers = []slot{
	{"map_fd", 0, 4, slotDescriptor, 0},
	{"key", 8, 8, slotPointer, 0},
	{"next_key", 16, 8, slotPointer, 0},
}

var bpfProgramMembers = []slot{
	{"prog_type", 0, 4, bpfProgramTypes.slot, 0},
	{"insn_cnt", 4, 4, slotUint, 0},
	{"insns", 8, 8, slotPointer, 0},
	{"log_level", 24, 4, slotUint, 0},
	{"log_size", 28, 4, slotUint, 0},
	{"kern_version", 40, 4, slotVersion, 0},
	{"prog_flags", 44, 4, bpfProgramFlags.slot, 44},
	{"prog_ifindex", 64, 4, slotUint, 0},
	{"expected_attach_type", 68, 4, bpfAttachTypes.slot, 68},
	{"prog_btf_fd", 72, 4, slotDescriptor, 72},
	{"func_info_rec_size", 76, 4, slotUint, 72},
	{"func_info", 80, 8, slotPointer, 72},
	{"func_info_cnt", 88, 4, slotUint, 72},
	{"line_info_rec_size", 92, 4, slotUint, 72},
	{"line_info", 96, 8, slotPointer, 72},
	{"line_info_cnt", 104, 4, slotUint, 72},
	{"attach_btf_id", 108, 4, slotUint, 108},
	{"attach_prog_fd", 112, 4, slotDescriptor, 112},
	{"fd_array", 120, 8, slotPointer, 120},
}

var bpfObjectMembers = []slot{
	{"bpf_fd", 8, 4, slotDescriptor, 0},
	{"file_flags", 12, 4, bpfFileFlags.slot, 12},
}

var bpfAttachMembers = []slot{
	{"target_fd", 0, 4, slotDescriptor, 0},
	{"attach_bpf_fd", 4, 4, slotDescriptor, 0},
	{"attach_type", 8, 4, bpfAttachTypes.slot, 0},
	{"attach_flags", 12, 4, bpfAttachFlags.slot, 0},
	{"replace_bpf_fd", 16, 4, slotDescriptor, 16},
}

var bpfDetachMembers = []slot{
	{"target_fd", 0, 4, slotDescriptor, 0},
	{"attach_type", 8, 4, bpfAttachTypes.slot, 0},
}

var bpfTestMembers = []slot{
	{"prog_fd", 0, 4, slotDescriptor, 0},
	{"retval", 4, 4, slotUint, 0},
	{"data_size_in", 8, 4, slotUint, 0},
	{"data_size_out", 12, 4, slotUint, 0},
	{"data_in", 16, 8, slotPointer, 0},
	{"data_out", 24, 8, slotPointer, 0},
	{"repeat", 32, 4, slotUint, 0},
	{"duration", 36, 4, slotUint, 0},
	{"ctx_size_in", 40, 4, slotUint, 40},
	{"ctx_size_out", 44, 4, slotUint, 40},
	{"ctx_in", 48, 8, slotPointer, 40},
	{"ctx_out", 56, 8, slotPointer, 40},
	{"flags", 64, 4, bpfTestFlags.slot, 64},
	{"cpu", 68, 4, slotUint, 64},
	{"batch_size", 72, 4, slotUint, 72},
}

var bpfNextIDMembers = []slot{
	{"start_id", 0, 4, slotUint, 0},
	{"next_id", 4, 4, slotUint, 0},
	{"open_flags", 8, 4, bpfFileFlags.slot, 8},
}

var bpfProgramIDMembers = []slot{
	{"prog_id", 0, 4, slotUint, 0},
	{"next_id", 4, 4, slotUint, 0},
	{"open_flags", 8, 4, bpfFileFlags.slot, 8},
}

var bpfMapIDMembers = []slot{
	{"map_id", 0, 4, slotUint, 0},
	{"next_id", 4, 4, slotUint, 0},
	{"open_flags", 8, 4, bpfFileFlags.slot, 8},
}

var bpfInfoMembers = []slot{
	{"bpf_fd", 0, 4, slotDescriptor, 0},
	{"info_len", 4, 4, slotUint, 0},
	{"info", 8, 8, slotPointer, 0},
}

var bpfQueryMembers = []slot{
	{"target_fd", 0, 4, slotDescriptor, 0},
	{"attach_type", 4, 4, bpfAttachTypes.slot, 0},
	{"query_flags", 8, 4, bpfQueryFlags.slot, 0},
	{"attach_flags", 12, 4, bpfAttachFlags.slot, 0},
}

var bpfTracepointMembers = []slot{
	{"prog_fd", 8, 4, slotDescriptor, 0},
}

var bpfTypesMembers = []slot{
	{"btf_log_buf", 8, 8, slotPointer, 0},
	{"btf_size", 16, 4, slotUint, 0},
	{"btf_log_size", 20, 4, slotUint, 0},
	{"btf_log_level", 24, 4, slotUint, 0},
}

var bpfTypesIDMembers = []slot{
	{"btf_id", 0, 4, slotUint, 0},
}

var bpfTaskMembers = []slot{
	{"pid", 0, 4, slotInt32, 0},
	{"fd", 4, 4, slotDescriptor, 0},
	{"flags", 8, 4, slotUint, 0},
	{"buf_len", 12, 4, slotUint, 0},
	{"prog_id", 24, 4, slotUint, 0},
	{"fd_type", 28, 4, bpfDescriptorTypes.slot, 0},
	{"probe_offset", 32, 8, slotHex, 0},
	{"probe_addr", 40, 8, slotHex, 0},
}

var bpfBatchMembers = []slot{
	{"in_batch", 0, 8, slotPointer, 0},
	{"out_batch", 8, 8, slotPointer, 0},
	{"keys", 16, 8, slotPointer, 0},
	{"values", 24, 8, slotPointer, 0},
	{"count", 32, 4, slotUint, 0},
	{"map_fd", 36, 4, slotDescriptor, 0},
	{"elem_flags", 40, 8, bpfLookupFlags.slot, 0},
	{"flags", 48, 8, slotHex, 0},
}

var bpfDeleteMembers = []slot{
	{"keys", 16, 8, slotPointer, 0},
	{"count", 32, 4, slotUint, 0},
	{"map_fd", 36, 4, slotDescriptor, 0},
	{"elem_flags", 40, 8, bpfLookupFlags.slot, 0},
	{"flags", 48, 8, slotHex, 0},
}

var bpfLinkMembers = []slot{
	{"prog_fd", 0, 4, slotDescriptor, 0},
	{"target_fd", 4, 4, slotDescriptor, 0},
	{"attach_type", 8, 4, bpfAttachTypes.slot, 0},
	{"flags", 12, 4, slotHex, 0},
}

var bpfKprobeMembers = []slot{
	{"flags", 16, 4, bpfKprobeFlags.slot, 0},
	{"cnt", 20, 4, slotUint, 0},
	{"syms", 24, 8, slotPointer, 0},
	{"addrs", 32, 8, slotPointer, 0},
	{"cookies", 40, 8, slotPointer, 0},
}

var bpfLinkUpdateMembers = []slot{
	{"link_fd", 0, 4, slotDescriptor, 0},
	{"new_prog_fd", 4, 4, slotDescriptor, 0},
	{"flags", 8, 4, bpfAttachFlags.slot, 0},
	{"old_prog_fd", 12, 4, slotDescriptor, 0},
}

var bpfLinkIDMembers = []slot{
	{"link_id", 0, 4, slotUint, 0},
}

var bpfTokenMembers = []slot{
	{"flags", 0, 4, slotHex, 0},
	{"bpffs_fd", 4, 4, slotDescriptor, 0},
}
