/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRACELOOP_SCOPE_H
#define TRACELOOP_SCOPE_H

/* Who is recorded: from a task to its memberships. */

#include "maps.h"
#include <bpf/bpf_core_read.h>

static __always_inline __u64 *unrecorded_slot(__u32 tid)
{
	__u32 key = tid % UNRECORDED_SLOTS;

	return bpf_map_lookup_elem(&unrecorded, &key);
}

static __always_inline struct recording *recording_of(__u32 id)
{
	__u32 index = id & 0xffff;
	struct recording *recording = bpf_map_lookup_elem(&recordings, &index);

	return recording && recording->id == id ? recording : NULL;
}

static __always_inline int read_tid_in_namespace(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	unsigned int level = BPF_CORE_READ(pid, level);
	int number = 0;

	bpf_core_read(&number, sizeof(number), &pid->numbers[level].nr);
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
	if (state->comm_words[0] != *(__u64 *)&task->comm[0] ||
	    state->comm_words[1] != *(__u64 *)&task->comm[8] ||
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

/* Finds the recordings that cover the current task; state is NULL if it has none yet. */
__noinline int find_members(struct task_state *state, struct members *found)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct members *members;

	if (!found || task->tgid == self)
		return 0;
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

__noinline int set_memberships(struct task_state *state, struct members *found)
{
	if (!state || !found)
		return 0;
	state->count = 0;
	for (int i = 0; i < MEMBERSHIPS; i++) {
		state->memberships[i].id = found->ids[i];
		if (found->ids[i])
			state->count = i + 1;
	}
	return 0;
}

/*
 * Finds the current task's memberships anew and remembers them, or remembers
 * that there are none.
 */
static __noinline struct task_state *resolve(struct task_struct *task)
{
	__u32 current_generation = generation;
	__u32 tid = task->pid;
	struct members found = {};
	struct task_state *state = bpf_task_storage_get(&tasks, task, NULL, 0);

	find_members(state, &found);
	if (!found.ids[0] && !(state && state->pending)) {
		__u64 *slot = unrecorded_slot(tid);

		if (slot)
			*slot = (__u64)current_generation << 32 | tid;
		if (state) {
			state->count = 0;
			state->in_call = 0;
		}
		return NULL;
	}
	if (!state) {
		state = bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (!state) {
			count_failure(PLACE_TASK_STORAGE, 0);
			return NULL;
		}
	}
	set_memberships(state, &found);
	identify(task, state);
	state->generation = current_generation;
	return state;
}

/* The state of the current task, or NULL if it is in no recording. */
static __always_inline struct task_state *recorded(struct task_struct *task)
{
	__u32 tid = task->pid;
	__u64 *slot = unrecorded_slot(tid);
	struct task_state *state;

	if (slot && *slot == ((__u64)generation << 32 | tid))
		return NULL;
	state = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (!state || state->generation != generation)
		return resolve(task);
	return state;
}

static __always_inline void forget_unrecorded(__u32 tid)
{
	__u64 *slot = unrecorded_slot(tid);

	if (slot && (__u32)*slot == tid)
		*slot = 0;
}

#endif
