/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRACELOOP_ADOPT_H
#define TRACELOOP_ADOPT_H

/*
 * Containers that nobody has announced: a task in a mount namespace that was not
 * seen before gets a ready ring, with which its container is recorded from then
 * on. User space learns of it afterwards, if there is one at all.
 *
 *   seen before? --yes--> its recording, or none
 *     | no
 *   in a container, without a cgroup of its own? --yes--> that container's recording
 *     | no
 *   the host's root directory, in the host's PID namespace? --yes--> none: no container, or not yet
 *     | no
 *   a ready ring? --yes--> adopted
 *     | no
 *   refused, and counted
 *
 * Tasks are given as addresses, because functions that the verifier checks once
 * take numbers alone; all of this is the long way, which a task goes only when it
 * is new or has changed its namespaces.
 */

#include "maps.h"
#include <bpf/bpf_core_read.h>

/* include/uapi/asm-generic/errno-base.h */
#define EEXIST 17

/* Ancestors of a task that are looked at for a container around it. */
enum { PARENTS = 8 };

static __always_inline struct recording *recording_of(__u32 id)
{
	__u32 index = id & 0xffff;
	struct recording *recording = bpf_map_lookup_elem(&recordings, &index);

	return recording && recording->id == id ? recording : NULL;
}

static __always_inline struct identity *identity_of(__u32 id)
{
	__u32 index = id & 0xffff;
	struct identity *identity;

	if (!id || !recording_of(id))
		return NULL;
	identity = bpf_map_lookup_elem(&identities, &index);
	return identity && identity->generation ? identity : NULL;
}

/* Has user space look. It need not be there, so the return value is nobody's. */
static __always_inline void tell(__u32 id)
{
	bpf_ringbuf_output(&news, &id, sizeof(id), 0);
}

/* What tells a task's mount namespace from all others, also from those that are gone; 0: it has none any more. */
static __always_inline __u64 namespace_of(struct task_struct *task)
{
	struct mnt_namespace *namespace = BPF_CORE_READ(task, nsproxy, mnt_ns);
	struct mnt_namespace___before_6_18 *before = (void *)namespace;
	struct ns_common___since_6_18 *since;
	__u64 id = 0;

	if (!namespace)
		return 0;
	if (bpf_core_field_exists(before->seq)) {
		bpf_core_read(&id, sizeof(id), &before->seq);
		return id;
	}
	since = (void *)&namespace->ns;
	if (bpf_core_field_exists(since->ns_id)) {
		bpf_core_read(&id, sizeof(id), &since->ns_id);
		return id;
	}
	/* No such kernel is known. The number may be given again, when the namespace is gone. */
	return BPF_CORE_READ(namespace, ns.inum);
}

static __always_inline struct cgroup *controller_cgroup(struct css_set *set, __u64 controller)
{
	struct cgroup_subsys_state *state = NULL;

	bpf_core_read(&state, sizeof(state), (void *)&set->subsys + controller * sizeof(state));
	return BPF_CORE_READ(state, cgroup);
}

/* A task's cgroup of version 2. Where nobody uses that, all tasks are in its root: then a controller's of version 1. */
static __always_inline struct cgroup *cgroup_of(struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup *cgroup = BPF_CORE_READ(set, dfl_cgrp);

	if (BPF_CORE_READ(cgroup, level))
		return cgroup;
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return controller_cgroup(set, bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
		return controller_cgroup(set, bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id));
	return cgroup;
}

static __always_inline struct kernfs_node *parent_of(struct kernfs_node *node)
{
	struct kernfs_node___before_6_15 *before = (void *)node;
	struct kernfs_node___since_6_15 *since = (void *)node;
	struct kernfs_node *parent = NULL;

	if (bpf_core_field_exists(before->parent))
		bpf_core_read(&parent, sizeof(parent), &before->parent);
	else
		bpf_core_read(&parent, sizeof(parent), &since->__parent);
	return parent;
}

/* Notes in which cgroup a container's first process is. */
__noinline int note_cgroup(__u64 address, struct identity *identity)
{
	struct kernfs_node *node;
	__u32 length = 0;

	if (!identity)
		return 0;
	node = BPF_CORE_READ(cgroup_of((struct task_struct *)address), kn);
	identity->cgroup = BPF_CORE_READ(node, id);
	for (int level = 0; level < CGROUP_LEVELS; level++) {
		struct kernfs_node *parent = parent_of(node);
		const char *name = BPF_CORE_READ(node, name);
		long read;

		/* The root has no name. */
		if (!parent)
			break;
		barrier_var(length);
		if (length > CGROUP_NAMES - CGROUP_NAME_MAX)
			break;
		read = bpf_probe_read_kernel_str(&identity->names[length], CGROUP_NAME_MAX, name);
		if (read <= 0)
			break;
		length += read;
		node = parent;
	}
	identity->names_length = length;
	return 0;
}

static __always_inline __u32 pid_level(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_pid, level);
}

static __always_inline __u64 root_of(struct task_struct *task)
{
	return (__u64)BPF_CORE_READ(task, fs, root.dentry);
}

static __always_inline bool is_host_root(__u64 root)
{
	return root == host_root || root == self_root;
}

/* Gives a task's container a ring. Returns its recording, or 0 if there is no ring. */
__noinline int adopt(__u64 address, __u64 key, __u32 late)
{
	struct task_struct *task = (struct task_struct *)address;
	struct namespace entry = {}, *other;
	struct identity *identity;
	__u32 id = 0, before = 0, index;
	long error = 0;

	other = bpf_map_lookup_elem(&namespaces, &key);
	/* What its tasks did before is not there, and which of them is the first is not known. */
	late |= other && other->verdict != NAMESPACE_ADOPTED;
	if (other)
		before = other->id;
	if (bpf_map_pop_elem(&stock, &id)) {
		if (other && other->verdict == NAMESPACE_OLD) {
			other->verdict = NAMESPACE_REFUSED;
			tell(0);
			return 0;
		}
		entry.verdict = NAMESPACE_REFUSED;
		error = bpf_map_update_elem(&namespaces, &key, &entry, BPF_NOEXIST);
		if (!error) {
			if (!late)
				__sync_fetch_and_add(&refusals, 1);
			tell(0);
		} else if (error != -EEXIST) {
			count_failure(PLACE_ADOPT, error);
		}
		return 0;
	}
	index = id & 0xffff;
	identity = bpf_map_lookup_elem(&identities, &index);
	if (!identity)
		return 0;
	identity->namespace = key;
	identity->root = root_of(task);
	identity->began = bpf_ktime_get_boot_ns();
	identity->executed = 0;
	identity->ended = 0;
	identity->id = id;
	identity->inode = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	identity->pid = late ? 0 : BPF_CORE_READ(task, tgid);
	identity->status = 0;
	identity->tasks = 0;
	identity->flags = (late ? IDENTITY_LATE : 0) | (pid_level(task) ? IDENTITY_OWN_PIDS : 0);
	identity->oom_kills = 0;
	note_cgroup(address, identity);
	identity->generation = __sync_fetch_and_add(&adoptions, 1) + 1;
	entry.id = id;
	/* Two tasks of one container may both have come here: one of them has it. */
	if (!other)
		error = bpf_map_update_elem(&namespaces, &key, &entry, BPF_NOEXIST);
	else if (__sync_val_compare_and_swap(&other->id, before, id) != before)
		error = -EEXIST;
	else
		other->verdict = NAMESPACE_ADOPTED;
	if (error) {
		identity->generation = 0;
		bpf_map_push_elem(&stock, &id, 0);
		if (error != -EEXIST)
			count_failure(PLACE_ADOPT, error);
		other = bpf_map_lookup_elem(&namespaces, &key);
		return other && identity_of(other->id) ? other->id : 0;
	}
	tell(id);
	return id;
}

/*
 * Finds the recording of the container that a task is in, adopting it if need
 * be; 0 if it is in none. Old is the recording of the container that it was in.
 */
__noinline int find_home(__u64 address, __u32 old, __u32 late)
{
	struct task_struct *task = (struct task_struct *)address;
	struct task_struct *parent = task;
	__u64 key = namespace_of(task);
	struct namespace *seen;
	struct identity *outer;
	__u64 cgroup;

	if (!key || key == host_namespace)
		return 0;
	seen = bpf_map_lookup_elem(&namespaces, &key);
	if (seen) {
		if (seen->verdict == NAMESPACE_IGNORED)
			return 0;
		if (identity_of(seen->id))
			return seen->id;
	}
	outer = identity_of(old);
	cgroup = BPF_CORE_READ(cgroup_of(task), kn, id);
	seen = NULL;
	for (int i = 0; i < PARENTS && !outer && !seen; i++) {
		__u64 parent_key;

		parent = BPF_CORE_READ(parent, real_parent);
		parent_key = namespace_of(parent);
		if (!parent_key || parent_key == host_namespace)
			break;
		seen = bpf_map_lookup_elem(&namespaces, &parent_key);
	}
	if (seen && seen->verdict == NAMESPACE_IGNORED && cgroup == BPF_CORE_READ(cgroup_of(parent), kn, id))
		return 0;
	if (seen)
		outer = identity_of(seen->id);
	if (outer) {
		/* A container within a container has a cgroup of its own; a sandbox that a program makes itself has not. */
		if (cgroup == outer->cgroup)
			return outer->id;
		if (root_of(task) == outer->root)
			return outer->id;
	} else if (!pid_level(task) && is_host_root(root_of(task))) {
		return 0;
	}
	return adopt(address, key, late);
}

/* Counts a task in its container, or out of it. */
__noinline int count_task(__u32 id, __u32 change)
{
	struct identity *identity = identity_of(id);

	if (!identity)
		return 0;
	if (__sync_fetch_and_add(&identity->tasks, change) + change == 0) {
		identity->ended = bpf_ktime_get_boot_ns();
		tell(id);
	}
	return 0;
}

/*
 * Has a task be in another container, or in none. The task itself and adopt_running
 * may do that at the same time: it is counted in before anyone can count it out,
 * and out by who took the old home away.
 */
static __always_inline void set_home(struct task_state *state, __u32 home)
{
	count_task(home, 1);
	count_task(__sync_lock_test_and_set(&state->home, home), -1);
}

/* For a task that cannot be counted: a container that has no other has ended. */
static __always_inline void pass_by(__u32 home)
{
	count_task(home, 1);
	count_task(home, -1);
}

/* set_home, and what the task does there before its next execve is set-up. */
__noinline int change_home(struct task_state *state, __u32 home, __u64 address)
{
	struct task_struct *task = (struct task_struct *)address;
	struct identity *identity;

	if (!state || state->home == home)
		return 0;
	set_home(state, home);
	state->setup = 0;
	identity = identity_of(home);
	if (!identity)
		return 0;
	/* Who ran there already when it was adopted late has been through its execve. */
	if (!(identity->flags & IDENTITY_LATE) || BPF_CORE_READ(task, group_leader, start_boottime) > identity->began)
		state->setup = RECORD_SETUP;
	return 0;
}

#endif
