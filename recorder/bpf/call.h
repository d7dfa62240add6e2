/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRACELOOP_CALL_H
#define TRACELOOP_CALL_H

/* From a system call's entry and exit to its record. */

#include "capture.h"
#include "ring.h"
#include "scope.h"

/* The row of a call. Numbers beyond the table share the last, which no call has. */
static __always_inline struct call_row *row_of(__u32 abi, __u32 number)
{
	__u32 key;

	if (abi == ABI_X32)
		number &= 0x3fffffff;
	if (number >= CALL_NUMBERS)
		number = CALL_NUMBERS - 1;
	key = abi == ABI_COMPAT ? CALL_NUMBERS + number : number;
	return bpf_map_lookup_elem(&calls, &key);
}

static __always_inline bool wants(struct recording *recording, __u32 abi, __u32 number)
{
	if (abi == ABI_X32)
		number &= 0x3fffffff;
	if (number >= CALL_NUMBERS)
		number = CALL_NUMBERS - 1;
	if (abi == ABI_COMPAT)
		return recording->compat[number / 64] >> (number % 64) & 1;
	return recording->native[number / 64] >> (number % 64) & 1;
}

/* Notes which of the task's recordings want its call: a bit per membership. */
__noinline int wanted_by(struct task_state *state)
{
	__u32 wanted = 0;

	if (!state)
		return 0;
	for (__u32 i = 0; i < MEMBERSHIPS; i++) {
		struct recording *recording;

		if (i >= state->count)
			break;
		recording = recording_of(state->memberships[i].id);
		if (recording && wants(recording, state->abi, state->number))
			wanted |= 1 << i;
	}
	return wanted;
}

/* Most tasks are in one recording, for which no call of a function is needed. */
static __always_inline __u8 wanted(struct task_state *state)
{
	struct recording *recording;

	if (state->count != 1)
		return wanted_by(state);
	recording = recording_of(state->memberships[0].id);
	return recording && wants(recording, state->abi, state->number);
}

/* Notes the call that a task is in, but for its memory and its start. */
static __always_inline void note_call(struct task_state *state, struct pt_regs *regs, __u32 abi, __u32 number)
{
	state->number = number;
	state->abi = abi;
	state->early_count = 0;
	state->early_arguments = 0;
	state->early_length = 0;
	state->joined = 0;
	state->room = ~0U;
	read_arguments(regs, abi, state->arguments);
	state->wanted = wanted(state);
}

/* Whether an argument of the call points to memory. */
static __always_inline bool points(struct task_state *state, struct call_row *row, __u32 i)
{
	struct condition *only = &row->only[i];
	__u32 value;

	if (!row->capture[i].conditional)
		return true;
	value = (__u32)state->arguments[only->argument < 6 ? only->argument : 0] & only->mask;
	return value < 64 && only->values >> value & 1;
}

__noinline int capture_early(struct task_state *state, struct call_row *row)
{
	struct task_memory *memory;
	struct scratch *scratch;
	__u32 limit = STRING_LIMIT_MAX;

	if (!state || !row)
		return 0;
	memory = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, 0);
	if (!memory)
		return 0;
	scratch = take_scratch();
	if (!scratch)
		return 0;
	for (__u32 i = 0; i < MEMBERSHIPS; i++) {
		struct recording *recording = recording_of(state->memberships[i].id);

		/* Captured once for all of them: no recording gets more than it asked for. */
		if (i < state->count && recording && recording->string_limit < limit)
			limit = recording->string_limit;
	}
	scratch->string_limit = limit;
	scratch->pointer_size = state->abi == ABI_NATIVE ? 8 : 4;
	scratch->phase = CAPTURE_ENTRY;
	scratch->room = ~0U;
	scratch->result = 0;
	scratch->size = 0;
	for (int i = 0; i < 6; i++)
		scratch->arguments[i] = state->arguments[i];
	for (__u32 i = 0; i < CAPTURES; i++) {
		struct capture_row capture_row = row->capture[i];
		__u32 before = scratch->size;

		if (i >= row->captures)
			break;
		if (capture_row.count >= COUNT_POINTED && capture_row.count < COUNT_ARGUMENT_BITS)
			state->room = count_of(scratch, capture_row);
		if ((capture_row.when != WHEN_EARLY && capture_row.when != WHEN_IN_OUT) || !points(state, row, i))
			continue;
		if (!capture(scratch, *(__u64 *)&capture_row))
			continue;
		if (scratch->size > EARLY_MAX) {
			/* The exit will try again. */
			scratch->size = before;
			continue;
		}
		state->early_count++;
		state->early_arguments |= 1 << (capture_row.argument & 7);
	}
	state->early_length = scratch->size;
	for (__u32 i = 0; i < EARLY_MAX; i += 8) {
		if (i >= scratch->size)
			break;
		copy_word(&memory->early[i], &scratch->bytes[i]);
	}
	give_back(scratch);
	return 0;
}

/* Whether a call that overwrote one argument's memory may have hit another's. */
__noinline int is_aliased(struct task_state *state, __u32 argument)
{
	int same = 0;

	if (!state || argument >= 6)
		return 0;
	for (int i = 0; i < 6; i++)
		same += state->arguments[i] == state->arguments[argument];
	return same > 1;
}

static __always_inline bool due_at_exit(struct task_state *state, struct capture_row row, bool failed)
{
	switch (row.when) {
	case WHEN_IN:
		return true;
	case WHEN_EARLY:
		/* After success a new image is at the addresses of the old one; after failure all is still there. */
		if (is_execve(state->abi, state->number))
			return failed;
		return !(state->early_arguments >> (row.argument & 7) & 1) && !is_aliased(state, row.argument);
	default:
		return !failed;
	}
}

/* Adds what was captured at the call's entry to its record. */
__noinline int add_early(struct scratch *scratch, struct task_state *state)
{
	struct task_memory *memory;
	__u32 size, length;

	if (!scratch || !state)
		return 0;
	memory = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, 0);
	if (!memory)
		return 0;
	size = scratch->size;
	length = state->early_length;
	if (size > sizeof(struct record_call) + sizeof(struct call_long) + 4 + 48 || length > EARLY_MAX)
		return 0;
	for (__u32 i = 0; i < EARLY_MAX; i += 8) {
		if (i >= length)
			break;
		copy_word(&scratch->bytes[size + i], &memory->early[i]);
	}
	scratch->size = size + length;
	return state->early_count;
}

/* The part of a call's record that is memory. */
__noinline int add_captures(struct scratch *scratch, struct task_state *state, struct recording *recording,
			    struct call_row *row)
{
	bool failed;

	if (!scratch || !state || !recording || !row)
		return 0;
	failed = (__s64)scratch->result < 0 && (__s64)scratch->result >= -4095;
	scratch->string_limit = recording->string_limit;
	scratch->pointer_size = state->abi == ABI_NATIVE ? 8 : 4;
	scratch->phase = 0;
	scratch->room = state->room;
	for (int i = 0; i < 6; i++)
		scratch->arguments[i] = state->arguments[i];
	/* Counted in memory: in a variable, the verifier would tell apart every way through the loop. */
	scratch->captures = 0;
	if (state->early_count && !(failed && is_execve(state->abi, state->number)))
		scratch->captures = add_early(scratch, state);
	for (__u32 i = 0; i < CAPTURES; i++) {
		struct capture_row capture_row = row->capture[i];

		if (i >= row->captures)
			break;
		if (due_at_exit(state, capture_row, failed) && points(state, row, i))
			scratch->captures += capture(scratch, *(__u64 *)&capture_row);
	}
	scratch->call.counts |= scratch->captures << 4;
	return 0;
}

static __always_inline void build_call(struct scratch *scratch, struct task_state *state, struct recording *recording,
				       struct call_row *row, __u64 end, __u8 flags)
{
	__u64 duration = flags & CALL_NO_ENTRY ? 0 : end - state->start;
	__u32 offset = sizeof(struct record_call);
	__u32 number = state->number;
	__u32 arguments = row->arguments;
	__u32 upper = scratch->result >> 32;
	__u8 wide = 0;

	begin_record(scratch, state, TYPE_CALL, 0);
	flags |= state->abi;
	scratch->call.duration = duration;
	scratch->call.number = number;
	scratch->call.result = scratch->result;
	if (duration >> 32 || number > 0xffff) {
		struct call_long *more = (void *)&scratch->bytes[offset];

		flags |= CALL_LONG;
		more->number = number;
		more->duration = duration;
		offset += sizeof(*more);
	}
	if ((__s64)scratch->result != (__s32)scratch->result) {
		flags |= CALL_RETURN64;
		*(__u32 *)&scratch->bytes[offset] = upper;
		offset += 4;
	}
	/* Small arguments, the most, take half the room. */
#pragma unroll
	for (__u32 i = 0; i < 6; i++) {
		__u64 argument = state->arguments[i];
		__u32 is_wide = argument >> 32 != 0;

		if (i < arguments) {
			store_word(&scratch->bytes[offset], argument);
			wide |= is_wide << i;
			offset += 4 + 4 * is_wide;
		}
	}
	scratch->call.wide = wide;
	scratch->call.counts = arguments;
	scratch->record.flags = flags;
	scratch->size = offset;
	if (row->captures)
		add_captures(scratch, state, recording, row);
}

/* Counts a call that is not recorded: the recording does not want it, or it is lost. */
static __noinline int count_unrecorded(struct recording *recording, bool lost)
{
	struct cursor *cursor;
	struct head *head;
	void *ring;

	head = head_of(recording->id, &ring);
	if (!head)
		return 0;
	cursor = cursor_of(ring, head);
	if (!cursor)
		return 0;
	if (lost)
		__sync_fetch_and_add(&cursor->lost, 1);
	else
		cursor->filtered++;
	return 0;
}

/* Records the call that the task is in for one of its recordings, or counts that it does not. */
static __always_inline void finish_for(struct scratch *scratch, struct task_state *state, __u32 i, __u64 end,
				       __u8 flags)
{
	struct call_row *row = row_of(state->abi, state->number);
	struct membership *membership = &state->memberships[i];
	struct recording *recording = recording_of(membership->id);

	if (!recording || !row)
		return;
	if (state->joined >> i & 1 && wants(recording, state->abi, state->number)) {
		flags |= CALL_NO_ENTRY;
	} else if (!(state->wanted >> i & 1)) {
		count_unrecorded(recording, false);
		return;
	}
	build_call(scratch, state, recording, row, end, flags);
	append(scratch, state, recording, membership, end);
}

__noinline int finish_another(struct scratch *scratch, struct task_state *state, __u32 i, __u64 end, __u32 flags)
{
	if (scratch && state && i < MEMBERSHIPS)
		finish_for(scratch, state, i, end, flags);
	return 0;
}

__noinline int count_lost(struct task_state *state)
{
	if (!state)
		return 0;
	for (__u32 i = 0; i < MEMBERSHIPS; i++) {
		struct recording *recording;

		if (i >= state->count)
			break;
		recording = recording_of(state->memberships[i].id);
		if (recording)
			count_unrecorded(recording, state->wanted >> i & 1);
	}
	return 0;
}

/* Records the call that the task is in, for each of its recordings that wants it. */
__noinline int finish_call(struct task_state *state, __u64 result, __u64 end, __u8 flags)
{
	struct scratch *scratch;

	if (!state)
		return 0;
	scratch = take_scratch();
	if (!scratch)
		return count_lost(state);
	scratch->result = result;
	/* Most tasks are in one recording: the others go by a function of their own. */
	finish_for(scratch, state, 0, end, flags);
	for (__u32 i = 1; i < MEMBERSHIPS; i++) {
		if (i >= state->count)
			break;
		finish_another(scratch, state, i, end, flags);
	}
	give_back(scratch);
	return 0;
}

#endif
