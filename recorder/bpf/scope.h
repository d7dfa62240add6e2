/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRACELOOP_SCOPE_H
#define TRACELOOP_SCOPE_H

/* Who is recorded: from a task to its memberships. */

#include "adopt.h"
#include "maps.h"
#include <bpf/bpf_core_read.h>

/*
 * The address of a task's registers as a number. The verifier lets nobody
 * compute with a pointer, but what is read from a map is a number to it.
 */
static __always_inline __u64 address_of(struct pt_regs *regs)
{
	__u32 zero = 0;
	volatile __u64 *word = bpf_map_lookup_elem(&addresses, &zero);

	if (!word)
		return 0;
	*word = (__u64)regs;
	return *word;
}

static __always_inline __u32 generation_now(void)
{
	return generation + moves;
}

/* Kernel stacks are 16 KiB or more apart on every supported architecture. */
#define STACK_SHIFT 14

static __always_inline __u64 *verdict_slot(__u64 address)
{
	__u32 key = (address >> STACK_SHIFT) % VERDICTS;

	return bpf_map_lookup_elem(&verdicts, &key);
}

/* A verdict's word but for its index. */
static __always_inline __u64 verdict_key(__u64 address, __u32 current_generation)
{
	__u64 tag = address >> STACK_SHIFT >> 14; /* VERDICTS is 1 << 14 */
	__u64 low = current_generation & ((1 << VERDICT_GENERATION_BITS) - 1);

	return tag << (VERDICT_INDEX_BITS + VERDICT_GENERATION_BITS) | low << VERDICT_INDEX_BITS;
}

/* Has the next call of a task look up again whether it is recorded. */
static __always_inline void forget_verdict(__u64 address)
{
	__u64 *verdict = verdict_slot(address);

	if (verdict)
		*verdict = 0;
}

static __always_inline struct task_state *state_of(struct task_memory *memory)
{
	__u32 index = memory->index;
	struct task_state *state;

	if (!index)
		return &memory->state;
	state = bpf_map_lookup_elem(&states, &index);
	return state ?: &memory->state;
}

/* Gives a task that is new to the recorder its memory. */
static __always_inline struct task_memory *remember(struct task_struct *task)
{
	struct task_memory *memory = bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	__u32 index = 0;

	if (!memory) {
		count_failure(PLACE_TASK_STORAGE, 0);
		return NULL;
	}
	if (!memory->index && !bpf_map_pop_elem(&free_states, &index))
		memory->index = index;
	return memory;
}

static __always_inline int read_tid_in_namespace(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	unsigned int level = BPF_CORE_READ(pid, level);
	int number = 0;

	/* CO-RE relocates members but not the stride of an array. */
	bpf_core_read(&number, sizeof(number), (void *)&pid->numbers[0].nr + level * bpf_core_type_size(struct upid));
	return number;
}

static __always_inline void identify(struct task_struct *task, struct task_state *state)
{
	state->tid = task->pid;
	state->pid = task->tgid;
	state->container_tid = read_tid_in_namespace(task);
	state->container_pid = read_tid_in_namespace(BPF_CORE_READ(task, group_leader));
	state->comm_words[0] = *(__u64 *)&task->comm[0];
	state->comm_words[1] = *(__u64 *)&task->comm[8];
	for (int i = 0; i < MEMBERSHIPS; i++)
		state->memberships[i].sequence = 0;
}

/* Renews what is known of a task if its name or, by another thread's execve, its tid changed. */
static __always_inline void identify_if_changed(struct task_struct *task, struct task_state *state)
{
	if (state->comm_words[0] != *(__u64 *)&task->comm[0] || state->comm_words[1] != *(__u64 *)&task->comm[8] ||
	    state->tid != task->pid)
		identify(task, state);
}

/* Adds the recordings of one scope to what was found, each once. */
__noinline int add_members(struct members *found, struct members *more)
{
	if (!found || !more)
		return 0;
	for (int i = 0; i < MEMBERSHIPS; i++) {
		__u32 id = more->ids[i];
		bool placed = false;

		if (!id || !recording_of(id))
			continue;
		for (int k = 0; k < MEMBERSHIPS; k++) {
			if (found->ids[k] == id)
				placed = true;
			if (placed)
				continue;
			if (!found->ids[k]) {
				found->ids[k] = id;
				placed = true;
			}
		}
		if (!placed)
			count_failure(PLACE_MEMBERSHIPS, 0);
	}
	return 0;
}

/* Whether the current task is one of the recorder's own. */
static __always_inline bool is_self(struct task_struct *task)
{
	return task->tgid == self && BPF_CORE_READ(task, group_leader, start_boottime) == self_start;
}

/* Finds the recordings that cover the current task, home among them; state is NULL if it has none yet. */
__noinline int find_members(struct task_state *state, __u32 home, struct members *found)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct members *members;

	if (!found || is_self(task))
		return 0;
	found->ids[0] = home;
	if (state) {
		struct members direct;

		for (int i = 0; i < MEMBERSHIPS; i++)
			direct.ids[i] = state->tree[i] & TREE_PENDING ? 0 : state->tree[i];
		add_members(found, &direct);
	}
	if (mount_namespace_count) {
		__u32 inode = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);

		members = bpf_map_lookup_elem(&mount_namespaces, &inode);
		if (members)
			add_members(found, members);
	}
	if (cgroup_count) {
		for (int level = 0; level < CGROUP_DEPTH; level++) {
			__u64 id = bpf_get_current_ancestor_cgroup_id(level);

			if (!id)
				break;
			members = bpf_map_lookup_elem(&cgroups, &id);
			if (members)
				add_members(found, members);
		}
	}
	return 0;
}

__noinline int position_of(struct members *members, __u32 id)
{
	if (!members)
		return -1;
	for (int i = 0; i < MEMBERSHIPS; i++) {
		if (members->ids[i] == id)
			return i;
	}
	return -1;
}

/*
 * Gives a task its memberships. In the middle of a call, what the call's bits
 * said of the old ones goes over to the new ones; those that were not there at
 * its entry are noted.
 */
__noinline int set_memberships(struct task_state *state, struct members *found)
{
	struct members old = {};
	__u32 wanted;

	if (!state || !found)
		return 0;
	wanted = state->wanted;
	for (__u32 i = 0; i < MEMBERSHIPS; i++) {
		if (i < state->count)
			old.ids[i] = state->memberships[i].id;
	}
	state->count = 0;
	state->wanted = 0;
	state->joined = 0;
	for (__u32 i = 0; i < MEMBERSHIPS; i++) {
		__u32 id = found->ids[i];
		int position;

		state->memberships[i].id = id;
		if (!id)
			continue;
		state->count = i + 1;
		position = position_of(&old, id);
		if (position < 0)
			state->joined |= 1 << i;
		else
			state->wanted |= (wanted >> (position & 7) & 1) << i;
	}
	return 0;
}

/*
 * Finds the current task's memberships anew. Returns its state, or NULL if it is
 * in no recording and none waits for its execve.
 */
static __noinline struct task_state *resolve(struct task_struct *task)
{
	__u32 current_generation = generation_now();
	struct members found = {};
	struct task_memory *memory = bpf_task_storage_get(&tasks, task, NULL, 0);
	struct task_state *state = NULL;
	__u64 address = bpf_get_current_task();
	__u32 home = 0;

	if (memory)
		state = state_of(memory);
	if (adopting && !is_self(task))
		home = find_home(address, state ? state->home : 0, 0);
	find_members(state, home, &found);
	if (!found.ids[0] && !(state && state->pending)) {
		if (state) {
			change_home(state, 0, address);
			state->count = 0;
			state->in_call = 0;
		}
		return NULL;
	}
	if (!state) {
		memory = remember(task);
		if (!memory) {
			pass_by(home);
			return NULL;
		}
		state = state_of(memory);
	}
	change_home(state, home, address);
	set_memberships(state, &found);
	identify(task, state);
	state->generation = current_generation;
	return state;
}

/* The state of the current task by the long way, which makes the way short for next time. */
static __noinline struct task_state *look_up(__u64 address)
{
	__u32 current_generation = generation_now();
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_memory *memory = bpf_task_storage_get(&tasks, task, NULL, 0);
	struct task_state *state = NULL;
	__u64 *verdict;
	__u32 index = VERDICT_UNRECORDED;

	if (memory)
		state = state_of(memory);
	if (!state || state->generation != current_generation) {
		state = resolve(task);
		memory = bpf_task_storage_get(&tasks, task, NULL, 0);
	}
	if (state && memory)
		index = memory->index;
	verdict = verdict_slot(address);
	if (verdict && index)
		*verdict = verdict_key(address, current_generation) | index;
	return state;
}

/* The state of the current task, whose registers these are, or NULL if it is in no recording. */
static __always_inline struct task_state *recorded(struct pt_regs *regs)
{
	__u64 address = address_of(regs);
	__u64 *verdict = verdict_slot(address);

	if (verdict) {
		__u64 difference = *verdict ^ verdict_key(address, generation_now());
		__u32 index = difference;

		if (!(difference >> VERDICT_INDEX_BITS)) {
			if (index == VERDICT_UNRECORDED)
				return NULL;
			return bpf_map_lookup_elem(&states, &index);
		}
	}
	return look_up(address);
}

/* The same where the registers are not at hand. */
static __always_inline struct task_state *recorded_current(void)
{
	return recorded((struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf()));
}

#endif
