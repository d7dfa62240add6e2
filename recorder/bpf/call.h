/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRACELOOP_CALL_H
#define TRACELOOP_CALL_H

/* From a system call's entry and exit to its record. */

#include "capture.h"
#include "ring.h"
#include "scope.h"

/* Where the row of a call is. Numbers beyond the table share the last, which no call has. */
static __always_inline __u32 row_index(__u32 abi, __u32 number)
{
	if (abi == ABI_X32)
		number &= 0x3fffffff;
	if (number >= CALL_NUMBERS)
		number = CALL_NUMBERS - 1;
	return abi == ABI_COMPAT ? CALL_NUMBERS + number : number;
}

static __always_inline struct call_row *row_of(struct task_state *state)
{
	__u32 key = state->row;

	return bpf_map_lookup_elem(&calls, &key);
}

/* Takes the arguments of a call of many in one (socketcall) from where they are: 32-bit words. */
__noinline int take_arguments(struct task_state *state, __u32 count)
{
	__u32 words[6] = {};
	long error;

	if (!state || count > 6)
		return 0;
	error = bpf_probe_read_user(words, count * sizeof(words[0]), (void *)state->arguments[1]);
	if (error) {
		count_failure(PLACE_READ_BYTES, error);
		return 0;
	}
	for (int i = 0; i < 6; i++)
		state->arguments[i] = words[i];
	return 1;
}

/* Finds the row of the call that a task is in: that of its number, or of what one of its arguments makes of it. */
static __always_inline struct call_row *find_row(struct task_state *state)
{
	struct call_row *row, *other;
	__u32 *variant;
	__u32 value;
	__u64 key;

	state->inner = 0;
	state->row = row_index(state->abi, state->number);
	row = row_of(state);
	if (!row || !row->variant || row->variant > 6)
		return row;
	value = state->arguments[row->variant - 1];
	key = (__u64)state->row << 32 | value;
	variant = bpf_map_lookup_elem(&variants, &key);
	if (!variant)
		return row;
	other = bpf_map_lookup_elem(&calls, variant);
	if (!other)
		return row;
	if (row->indirect) {
		if (!take_arguments(state, other->arguments))
			return row;
		state->inner = value;
	}
	state->row = *variant;
	return other;
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
static __always_inline struct call_row *note_call(struct task_state *state, struct pt_regs *regs, __u32 abi,
						  __u32 number)
{
	struct call_row *row;

	state->number = number;
	state->abi = abi;
	state->early_count = 0;
	state->early_arguments = 0;
	state->early_length = 0;
	state->joined = 0;
	state->room = ~0U;
	read_arguments(regs, abi, state->arguments);
	state->wanted = wanted(state);
	row = find_row(state);
	if (row && row->on_stack)
		state->arguments[0] = signal_mask_address(regs, abi, number);
	return row;
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

/* What the captures of a call's memory and of its descriptors go by. */
static __always_inline void begin_captures(struct scratch *scratch, struct task_state *state,
					   struct recording *recording, struct call_row *row, __u32 phase)
{
	struct head *head;
	void *ring;

	scratch->string_limit = recording->string_limit;
	scratch->layouts = recording->layouts;
	/* What a runtime reads when it sets a container up is the container's environment, with all its secrets. */
	if (state->setup)
		scratch->layouts &= ~(1 << LAYOUT_BYTES | 1 << LAYOUT_BUFFERS);
	scratch->pointer_size = state->abi == ABI_NATIVE ? 8 : 4;
	scratch->phase = phase;
	scratch->at = 0;
	scratch->group = 0;
	scratch->element = 0;
	scratch->has_parts = 0;
	scratch->pid = state->pid;
	scratch->id = recording->id;
	scratch->stale = recording->stale;
	head = head_of(recording->id, &ring);
	scratch->newest = head ? *(volatile __u64 *)&head->sequence : 0;
	scratch->negative = 0;
	for (int i = 0; i < 6; i++) {
		__u64 argument = state->arguments[i];

		/* The kernel does not look at the upper half of an int. */
		if (row->narrow >> i & 1)
			argument = (__u32)argument;
		if (row->is_signed >> i & 1 && (__s32)argument < 0)
			scratch->negative |= 1 << i;
		scratch->arguments[i] = argument;
	}
	/* Counted in memory: in a variable, the verifier would tell apart every way through a loop. */
	scratch->captures = 0;
}

/* Describes the descriptors among a call's arguments. */
__noinline int describe_arguments(struct scratch *scratch, __u32 bits, __u32 how)
{
	if (!scratch)
		return 0;
	for (__u32 i = 0; i < 6; i++) {
		if (bits >> i & 1)
			scratch->captures += describe(scratch, i, scratch->arguments[i], how);
	}
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

/* Whether a row's memory is captured now: at the call's entry or at its exit. */
static __always_inline bool is_due(struct scratch *scratch, struct task_state *state, struct capture_row *row)
{
	if (scratch->phase)
		return row->when == WHEN_EARLY || row->when == WHEN_IN_OUT || row->when == WHEN_AROUND;
	switch (row->when) {
	case WHEN_IN:
	case WHEN_AROUND:
		return true;
	case WHEN_EARLY:
		/* After success a new image is at the addresses of the old one; after failure all is still there. */
		if (is_execve(state->abi, state->number))
			return scratch->failed;
		return !(state->early_arguments >> (row->argument & 7) & 1) && !is_aliased(state, row->argument);
	default:
		return !scratch->failed;
	}
}

/* Whether a part is one for the struct before it: its condition names a number of 16 bits there. */
static __always_inline bool part_points(struct scratch *scratch, struct call_row *row, __u32 i)
{
	struct condition *only = &row->only[i];
	__u32 value;

	if (!row->capture[i].conditional)
		return true;
	value = number_in_struct(scratch, only->argument, 2);
	return value < 64 && only->values >> value & 1;
}

/* The address of the element that is next of those captured one by one; 0: there is none. */
static __always_inline __u64 next_element(struct scratch *scratch, struct capture_row *row)
{
	__u64 vector = scratch->arguments[row->argument < 6 ? row->argument : 0];
	__u64 address;
	long error;

	if (!vector || scratch->turn >= scratch->turns || scratch->turn >= ELEMENTS)
		return 0;
	if (row->layout != LAYOUT_POINTERS)
		return vector + scratch->turn * row->size;
	address = read_pointer(scratch, vector, scratch->turn, &error);
	if (error)
		count_failure(PLACE_READ_VECTOR, error);
	return error ? 0 : address;
}

/*
 * Chooses what of a row's captures is next: the memory of an argument, then the
 * parts of it, which stand behind it. Where an array's structs are captured one
 * by one it goes back for each. Returns the capture's index, or -1 if the one
 * that was looked at is not captured. A loop of its own in a function of its own
 * would be deeper than calls may nest.
 */
__noinline int next_capture(struct scratch *scratch, struct task_state *state, struct call_row *row)
{
	struct capture_row *next;
	__u32 i;

	if (!scratch || !state || !row)
		return -1;
	i = scratch->at;
	if (scratch->group && (i >= row->captures || i >= CAPTURES || !row->capture[i % CAPTURES].part)) {
		scratch->turn++;
		i = scratch->group - 1;
	}
	barrier_var(i);
	next = &row->capture[i % CAPTURES];
	scratch->at = i + 1;
	if (next->part)
		return scratch->has_parts && part_points(scratch, row, i % CAPTURES) ? i : -1;
	if (!scratch->group) {
		scratch->has_parts = 0;
		if (!is_due(scratch, state, next) || !points(state, row, i % CAPTURES))
			return -1;
		if (!next->one_by_one)
			return i;
		scratch->group = i + 1;
		scratch->turn = 0;
		scratch->turns = next->count ? count_of(scratch, next) : 1;
	}
	scratch->element = next_element(scratch, next);
	if (scratch->element)
		return i;
	scratch->group = 0;
	/* The parts behind it are of nothing. */
	scratch->has_parts = 0;
	return -1;
}

/* Notes how long the first part of what the call is about to write may get: as the call found its length. */
__noinline int note_room(struct scratch *scratch, struct task_state *state, struct call_row *row, __u32 i)
{
	struct capture_row *part;

	if (!scratch || !state || !row)
		return 0;
	part = &row->capture[(i + 1) % CAPTURES];
	if (part->part == 1 && part->count == COUNT_STRUCT && part->count_width)
		state->room = number_in_struct(scratch, part->count_offset, part->count_width);
	return 0;
}

/* Captures the memory of a call that is due now: at its entry if early, which is constant, to need less stack. */
static __always_inline void capture_memory(struct scratch *scratch, struct task_state *state, struct call_row *row,
					   bool early)
{
	for (__u32 step = 0; step < CAPTURE_STEPS; step++) {
		__u32 before = scratch->size;
		__u32 captures = scratch->captures;
		struct capture_row next;
		int i, captured;

		if (scratch->at >= row->captures && !scratch->group)
			break;
		i = next_capture(scratch, state, row);
		if (i < 0)
			continue;
		barrier_var(i);
		next = row->capture[(__u32)i % CAPTURES];
		if (scratch->element && !next.part) {
			next.layout = LAYOUT_STRUCT;
			next.count = COUNT_ONE;
		}
		scratch->row = next;
		captured = capture(scratch);
		scratch->captures += captured;
		/* What could not be read the call did not get beyond. */
		if (!captured && !next.part) {
			scratch->group = 0;
			scratch->element = 0;
		}
		if (!next.part)
			scratch->has_parts = captured && (!early || next.when != WHEN_IN_OUT);
		if (captured && next.descriptors && next.part) {
			scratch->control_at = before + sizeof(struct capture);
			scratch->control_end = scratch->size;
			scratch->control_index = 0;
			for (__u32 k = 0; k < DESCRIPTORS; k++) {
				int found = next_control(scratch);

				if (!found)
					break;
				if (found > 0)
					scratch->captures += describe(scratch, next.argument, scratch->control_number,
								      next.when == WHEN_IN_OUT ? DESCRIBE_ANEW : 0);
			}
		}
		if (captured && next.descriptors && !next.part)
			describe_memory(scratch, next.argument, next.descriptors,
					next.when == WHEN_OUT ? DESCRIBE_ANEW : 0);
		if (!early)
			continue;
		if (captured && next.when == WHEN_IN_OUT)
			note_room(scratch, state, row, i);
		if (scratch->size > EARLY_MAX) {
			/* The exit will try again. */
			scratch->size = before;
			scratch->captures = captures;
			scratch->has_parts = 0;
		} else if (captured) {
			state->early_arguments |= 1 << (next.argument & 7);
		}
	}
}

/* Notes from what the call was given how long what it writes may get, where that is not captured before it. */
__noinline int read_room(struct scratch *scratch, struct task_state *state, struct call_row *row, __u32 i)
{
	struct capture_row *capture_row, *part;
	__u64 address;
	__u32 room;

	if (!scratch || !state || !row)
		return 0;
	capture_row = &row->capture[i % CAPTURES];
	part = &row->capture[(i + 1) % CAPTURES];
	if (capture_row->count >= COUNT_POINTED && capture_row->count < COUNT_ARGUMENT_BITS)
		state->room = count_of(scratch, capture_row);
	if (!capture_row->one_by_one || capture_row->when != WHEN_OUT || part->part != 1 ||
	    part->count_width != sizeof(room))
		return 0;
	address = scratch->arguments[capture_row->argument < 6 ? capture_row->argument : 0] + part->count_offset;
	if (!bpf_probe_read_user(&room, sizeof(room), (void *)address))
		state->room = room;
	return 0;
}

__noinline int capture_early(struct task_state *state, struct call_row *row)
{
	struct recording *recording = NULL;
	struct task_memory *memory;
	struct scratch *scratch;
	__u32 limit = STRING_LIMIT_MAX;
	__u32 layouts = ~0U;

	if (!state || !row)
		return 0;
	memory = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, 0);
	if (!memory)
		return 0;
	scratch = take_scratch();
	if (!scratch)
		return 0;
	for (__u32 i = 0; i < MEMBERSHIPS; i++) {
		struct recording *other = recording_of(state->memberships[i].id);

		if (i >= state->count || !other || !(state->wanted >> i & 1))
			continue;
		/* Captured once for all of them: no recording gets more than it asked for. */
		if (other->string_limit < limit)
			limit = other->string_limit;
		layouts &= other->layouts;
		recording = recording ?: other;
	}
	if (!recording)
		goto out;
	begin_captures(scratch, state, recording, row, CAPTURE_ENTRY);
	scratch->string_limit = limit;
	scratch->layouts = layouts;
	scratch->room = ~0U;
	scratch->result = 0;
	scratch->size = 0;
	/* What one recording has need not be in another. */
	describe_arguments(scratch, row->early_descriptors,
			   state->count > 1 ? DESCRIBE_CLOSING | DESCRIBE_ANEW : DESCRIBE_CLOSING);
	for (__u32 i = 0; i < CAPTURES; i++) {
		if (i < row->captures)
			read_room(scratch, state, row, i);
	}
	capture_memory(scratch, state, row, true);
	state->early_count = scratch->captures;
	state->early_length = scratch->size;
	for (__u32 i = 0; i < EARLY_MAX; i += 8) {
		if (i >= scratch->size)
			break;
		copy_word(&memory->early[i], &scratch->bytes[i]);
	}
out:
	give_back(scratch);
	return 0;
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
	if (!scratch || !state || !recording || !row)
		return 0;
	scratch->failed = (__s64)scratch->result < 0 && (__s64)scratch->result >= -4095;
	begin_captures(scratch, state, recording, row, 0);
	scratch->room = state->room;
	if (state->early_count && !(scratch->failed && is_execve(state->abi, state->number)))
		scratch->captures = add_early(scratch, state);
	if (row->descriptors)
		describe_arguments(scratch, row->descriptors & ~row->early_descriptors, 0);
	capture_memory(scratch, state, row, false);
	if (row->late_descriptors)
		describe_arguments(scratch, row->late_descriptors, DESCRIBE_ANEW);
	if (row->descriptors & 1 << RETURN_ARGUMENT && !scratch->failed &&
	    !(row->duplicates && describe_duplicate(scratch, scratch->arguments[0], scratch->result)))
		scratch->captures += describe(scratch, RETURN_ARGUMENT, scratch->result, DESCRIBE_ANEW);
	scratch->call.counts |= (scratch->captures < CAPTURES_MAX ? scratch->captures : CAPTURES_MAX) << CAPTURES_SHIFT;
	return 0;
}

static __always_inline void build_call(struct scratch *scratch, struct task_state *state, struct recording *recording,
				       struct call_row *row, __u64 end, __u8 flags)
{
	__u64 duration = flags & CALL_NO_ENTRY ? 0 : end - state->start;
	__u32 offset = sizeof(struct record_call);
	__u32 number = state->number | state->inner << 16;
	__u32 arguments = row->arguments;
	__u32 upper = scratch->result >> 32;
	__u8 wide = 0;

	begin_record(scratch, state, TYPE_CALL, 0);
	flags |= state->abi | state->setup;
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
	if (row->captures || row->descriptors)
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
__noinline int finish_for(struct scratch *scratch, struct task_state *state, __u32 i, __u64 end, __u32 flags)
{
	struct membership *membership;
	struct recording *recording;
	struct call_row *row;

	if (!scratch || !state || i >= MEMBERSHIPS)
		return 0;
	membership = &state->memberships[i];
	recording = recording_of(membership->id);
	row = row_of(state);
	if (!recording || !row)
		return 0;
	if (state->joined >> i & 1 && wants(recording, state->abi, state->number)) {
		flags |= CALL_NO_ENTRY;
	} else if (!(state->wanted >> i & 1)) {
		count_unrecorded(recording, false);
		return 0;
	}
	build_call(scratch, state, recording, row, end, flags);
	append(scratch, state, recording, membership, end);
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
	for (__u32 i = 0; i < MEMBERSHIPS; i++) {
		if (i >= state->count)
			break;
		finish_for(scratch, state, i, end, flags);
	}
	give_back(scratch);
	return 0;
}

#endif
