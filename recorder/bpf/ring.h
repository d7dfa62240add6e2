/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRACELOOP_RING_H
#define TRACELOOP_RING_H

/* Puts the record that stands in a CPU's scratch into a recording's ring. */

#include "abi.h"
#include "maps.h"

#define now() bpf_ktime_get_boot_ns()

/* The programs that need a scratch own their CPU's until they give it back. */
static __always_inline struct scratch *take_scratch(void)
{
	__u32 zero = 0;
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &zero);

	if (!scratch)
		return NULL;
	if (scratch->busy) {
		count_failure(PLACE_NESTED, 0);
		return NULL;
	}
	scratch->busy = 1;
	return scratch;
}

static __always_inline void give_back(struct scratch *scratch)
{
	scratch->busy = 0;
}

static __always_inline void begin_record(struct scratch *scratch, struct task_state *state, __u8 type, __u32 size)
{
	scratch->record.type = type;
	scratch->record.flags = state->setup;
	scratch->record.tid = state->tid;
	scratch->size = size;
}

/* The head of a recording's ring, and the ring itself; NULL if it is gone. */
static __always_inline struct head *head_of(__u32 id, void **ring)
{
	__u32 index = id & 0xffff;
	__u32 zero = 0;

	*ring = bpf_map_lookup_elem(&rings, &index);
	if (!*ring)
		return NULL;
	return bpf_map_lookup_elem(*ring, &zero);
}

static __always_inline struct cursor *cursor_of(void *ring, struct head *head)
{
	__u32 line = 1 + bpf_get_smp_processor_id();
	__u32 key = line / (CHUNK_SIZE / RING_LINE);
	__u32 offset = line % (CHUNK_SIZE / RING_LINE) * RING_LINE;
	void *lines = head;

	if (key) {
		lines = bpf_map_lookup_elem(ring, &key);
		if (!lines)
			return NULL;
		/* Linux 6.1 wants the check before the sum: "pointer arithmetic on map_value_or_null prohibited". */
		barrier_var(lines);
	}
	return lines + offset;
}

/*
 * Takes the next chunk for this CPU and leaves it busy. A chunk that another
 * CPU is writing this very moment is passed over: its turn comes a lap later.
 */
static __always_inline struct chunk *claim(void *ring, struct head *head, struct cursor *cursor,
					   struct recording *recording, __u64 end)
{
	for (int i = 0; i < 8; i++) {
		__u64 sequence = __sync_fetch_and_add(&head->sequence, 1) + 1;
		__u32 slots = recording->slots;
		__u32 slot = slots ? sequence % slots : 0;
		__u32 key = recording->header_chunks + slot;
		struct chunk *chunk = bpf_map_lookup_elem(ring, &key);
		__u64 word = sequence << STATE_SEQUENCE_SHIFT | sizeof(struct chunk);
		__u64 old;

		if (!chunk)
			return NULL;
		old = *(volatile __u64 *)&chunk->state;
		if (old & STATE_BUSY)
			continue;
		/* Before the chunk is gone, so that whoever misses it learns why. */
		if (old && chunk->last > cursor->horizon)
			cursor->horizon = chunk->last;
		if (__sync_val_compare_and_swap(&chunk->state, old, word | STATE_BUSY) != old)
			continue;
		chunk->base = end;
		chunk->calls_before = cursor->calls;
		chunk->last = end;
		chunk->cpu = bpf_get_smp_processor_id();
		cursor->base = end;
		cursor->slot = slot;
		cursor->state = word;
		return chunk;
	}
	return NULL;
}

/* Whether the CPU's open chunk takes this many bytes more; it is busy then. */
static __always_inline bool reserve(struct chunk *chunk, struct head *head, __u64 word, __u32 stale, __u32 size)
{
	__u64 age = *(volatile __u64 *)&head->sequence - (word >> STATE_SEQUENCE_SHIFT);

	if ((word & STATE_USED_MASK) + size > CHUNK_SIZE || age > stale)
		return false;
	return __sync_val_compare_and_swap(&chunk->state, word, word | STATE_BUSY) == word;
}

static __always_inline int write_words(struct chunk *chunk, struct cursor *cursor, struct scratch *scratch,
				       struct task_state *state, struct membership *membership, __u64 end)
{
	__u64 word = cursor->state;
	__u64 sequence = word >> STATE_SEQUENCE_SHIFT;
	__u32 offset = word & STATE_USED_MASK;
	__u64 delta = end - cursor->base;
	__u32 size = scratch->size;

	if (membership->sequence != sequence) {
		struct record_task *task = (void *)chunk + offset;

		if (offset > CHUNK_SIZE - sizeof(*task))
			return -1;
		task->record.size = sizeof(*task);
		task->record.type = TYPE_TASK;
		task->record.flags = 0;
		task->record.tid = state->tid;
		task->pid = state->pid;
		task->container_tid = state->container_tid;
		task->container_pid = state->container_pid;
		task->reserved = 0;
		*(__u64 *)&task->comm[0] = state->comm_words[0];
		*(__u64 *)&task->comm[8] = state->comm_words[1];
		membership->sequence = sequence;
		offset += sizeof(*task);
	}
	if (delta >> 32) {
		struct record_time *time = (void *)chunk + offset;

		if (offset > CHUNK_SIZE - sizeof(*time))
			return -1;
		time->record.size = sizeof(*time);
		time->record.type = TYPE_TIME;
		time->record.flags = 0;
		time->record.tid = state->tid;
		time->base = end;
		cursor->base = end;
		offset += sizeof(*time);
		delta = 0;
	}
	/* Every record that comes here has its delta where a call has it. */
	scratch->call.delta = delta;
	/* By way of memory, so that the verifier walks the loop once and not once for each way to here. */
	*(volatile __u32 *)&scratch->offset = offset;
	offset = *(volatile __u32 *)&scratch->offset;
	for (__u32 i = 0; i < RECORD_MAX; i += 8) {
		if (i >= size)
			break;
		barrier_var(offset);
		if (offset > CHUNK_SIZE - 8)
			break;
		copy_word((void *)chunk + offset, &scratch->bytes[i]);
		offset += 8;
	}
	chunk->last = end;
	word = sequence << STATE_SEQUENCE_SHIFT | offset;
	cursor->state = word;
	publish(&chunk->state, word);
	return 0;
}

/* Writes the scratch's record to the ring of one of the task's recordings. */
__noinline int append(struct scratch *scratch, struct task_state *state, struct recording *recording,
		      struct membership *membership, __u64 end)
{
	struct cursor *cursor;
	struct chunk *chunk;
	struct head *head;
	__u32 key, size;
	bool is_call;
	void *ring;
	__u64 word;

	if (!scratch || !state || !recording || !membership)
		return 0;
	size = (scratch->size + 7) & ~7;
	is_call = scratch->record.type == TYPE_CALL;
	/* By the membership, because the recording may be voided this very moment. */
	head = head_of(membership->id, &ring);
	if (!head) {
		count_failure(PLACE_NO_RING, 0);
		return 0;
	}
	cursor = cursor_of(ring, head);
	if (!cursor)
		return 0;
	if (size > RECORD_MAX) {
		count_failure(PLACE_TOO_LARGE, 0);
		goto lost;
	}
	/* No byte of an earlier record may stand in the padding. */
	if (scratch->size < RECORD_MAX)
		store_word(&scratch->bytes[scratch->size], 0);
	scratch->size = size;
	scratch->record.size = size;

	word = cursor->state;
	key = recording->header_chunks + cursor->slot;
	chunk = bpf_map_lookup_elem(ring, &key);
	if (!chunk)
		goto lost;
	size += membership->sequence == word >> STATE_SEQUENCE_SHIFT ? 0 : sizeof(struct record_task);
	size += (end - cursor->base) >> 32 ? sizeof(struct record_time) : 0;
	if (!word || !reserve(chunk, head, word, recording->stale, size)) {
		chunk = claim(ring, head, cursor, recording, end);
		if (!chunk) {
			count_failure(PLACE_NO_CHUNK, 0);
			goto lost;
		}
	}
	if (is_call)
		cursor->calls++;
	write_words(chunk, cursor, scratch, state, membership, end);
	return 0;
lost:
	if (is_call)
		cursor->lost++;
	return 0;
}

#endif
