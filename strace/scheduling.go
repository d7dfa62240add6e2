package strace

import (
	"traceloop/event"
)

// cpuSet appends a set of CPUs.
func cpuSet(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := memory(e, index)
	if c == nil {
		return appendPointer(dst, register(e, index))
	}
	return appendBits(dst, c.Data, len(c.Data)*8)
}

// priorityClass appends ioprio_set's class and level.
func priorityClass(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := uint64(uint32(register(e, index)))
	dst, named := beginNames(dst, value, asHex, o)
	if !named {
		return dst
	}
	return endNames(appendPriorityClass(dst, value, nil), o)
}

func appendPriorityClass(dst []byte, value uint64, o *Options) []byte {
	dst = append(dst, "IOPRIO_PRIO_VALUE("...)
	dst = priorityClasses.appendTo(dst, value>>13, o)
	dst = append(dst, ", "...)
	dst = appendUint(dst, value&0x1fff)
	return append(dst, ')')
}

// include/uapi/linux/resource.h
var priorityWhich = names{unknown: "PRIO_???", names: []entry{
	{0, "PRIO_PROCESS"},
	{1, "PRIO_PGRP"},
	{2, "PRIO_USER"},
}}

// include/uapi/linux/ioprio.h
var ioPriorityWhich = names{unknown: "IOPRIO_WHO_???", names: []entry{
	{1, "IOPRIO_WHO_PROCESS"},
	{2, "IOPRIO_WHO_PGRP"},
	{3, "IOPRIO_WHO_USER"},
}}

// include/uapi/linux/ioprio.h
var priorityClasses = names{unknown: "IOPRIO_CLASS_???", names: []entry{
	{0, "IOPRIO_CLASS_NONE"},
	{1, "IOPRIO_CLASS_RT"},
	{2, "IOPRIO_CLASS_BE"},
	{3, "IOPRIO_CLASS_IDLE"},
}}

// include/uapi/linux/sched.h
var schedulerPolicies = names{unknown: "SCHED_???", names: []entry{
	{0, "SCHED_OTHER"},
	{1, "SCHED_FIFO"},
	{2, "SCHED_RR"},
	{3, "SCHED_BATCH"},
	{4, "SCHED_ISO"},
	{5, "SCHED_IDLE"},
	{6, "SCHED_DEADLINE"},
	{7, "SCHED_EXT"},
}}

// include/uapi/linux/membarrier.h
var membarrierCommands = names{unknown: "MEMBARRIER_CMD_???", names: []entry{
	{0, "MEMBARRIER_CMD_QUERY"},
	{0x1, "MEMBARRIER_CMD_GLOBAL"},
	{0x2, "MEMBARRIER_CMD_GLOBAL_EXPEDITED"},
	{0x4, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED"},
	{0x8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED"},
	{0x10, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED"},
	{0x20, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE"},
	{0x40, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE"},
	{0x80, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ"},
	{0x100, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ"},
	{0x200, "MEMBARRIER_CMD_GET_REGISTRATIONS"},
}}

// membarrierSet is a set of them, as MEMBARRIER_CMD_QUERY returns it.
var membarrierSet = flags{names: membarrierCommands.names}

// include/uapi/linux/membarrier.h
var membarrierFlags = flags{unknown: "MEMBARRIER_CMD_FLAG_???", names: []entry{
	{0x1, "MEMBARRIER_CMD_FLAG_CPU"},
}}
