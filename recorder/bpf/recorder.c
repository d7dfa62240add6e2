// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The recorder's programs: one per event that is recorded, and two iterators. */

#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "call.h"

/* include/uapi/asm-generic/signal.h */
#define SIGSYS 31

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* An execve starts what was waiting for one. */
static __noinline struct task_state *start_pending(struct task_struct *task, struct task_state *state)
{
	for (int i = 0; i < MEMBERSHIPS; i++)
		state->tree[i] &= ~TREE_PENDING;
	state->pending = 0;
	return resolve(task);
}

/* Whether the kernel is about to tell the task of a call that it must not make. */
static __always_inline bool has_bad_call_signal(struct task_struct *task)
{
	return task->pending.signal.sig[0] >> (SIGSYS - 1) & 1;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(enter_call, struct pt_regs *regs, long number)
{
	struct task_state *state = recorded(regs);
	struct task_struct *task;
	struct call_row *row;
	__u32 abi;

	if (!state)
		return 0;
	task = bpf_get_current_task_btf();
	abi = abi_of(task, number);
	if (state->pending && is_execve(abi, number)) {
		forget_verdict(address_of(regs));
		state = start_pending(task, state);
	}
	if (!state || !state->count)
		return 0;
	identify_if_changed(task, state);
	state->version++;
	barrier();
	state->in_call = 1;
	row = note_call(state, regs, abi, number);
	if (state->wanted) {
		if (row && (row->early || row->early_descriptors))
			capture_early(state, row);
		state->start = now();
	}
	barrier();
	state->version++;
	return 0;
}

/* Whether a call may take the task to another container: to its mount namespace, or to its root directory. */
static __always_inline bool may_change_home(__u32 number)
{
	return changes_namespace(number) || changes_root(number);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_call, struct pt_regs *regs, long result)
{
	struct task_state *state = recorded(regs);
	__u8 flags = 0;
	__u64 end;

	if (!state) {
		if (may_change_home(number_at_exit(regs)))
			forget_verdict(address_of(regs));
		return 0;
	}
	if (!state->count) {
		/* It waits for its execve, which may be in another mount namespace. */
		if (may_change_home(number_at_exit(regs))) {
			state->generation = 0;
			forget_verdict(address_of(regs));
		}
		return 0;
	}
	/* The time is the dearest part: a call that nobody wants does without. */
	end = state->in_call && !state->wanted && !state->joined ? 0 : now();
	if (!state->in_call) {
		__u32 number = number_at_exit(regs);
		__u32 abi = abi_of(bpf_get_current_task_btf(), number);

		/* No call at all, or the first return of a new task. */
		if (number == (__u32)-1 || (is_fork(abi, number) && !result))
			return 0;
		note_call(state, regs, abi, number);
		state->start = end;
		flags = CALL_NO_ENTRY;
		/* What a seccomp filter kills or traps for is rolled back: it returned nothing. */
		if (result == number && has_bad_call_signal(bpf_get_current_task_btf()))
			flags |= CALL_UNFINISHED;
	}
	finish_call(state, result, end, flags);
	state->version++;
	barrier();
	state->in_call = 0;
	barrier();
	state->version++;
	if (may_change_home(state->number)) {
		state->generation = 0;
		forget_verdict(address_of(regs));
		forget_descriptors(state);
	}
	return 0;
}

/* Appends the scratch's record to all of the task's recordings. */
static __always_inline void append_to_all(struct scratch *scratch, struct task_state *state)
{
	__u64 end = now();

	for (__u32 i = 0; i < MEMBERSHIPS; i++) {
		struct membership *membership = &state->memberships[i];
		struct recording *recording;

		if (i >= state->count)
			break;
		recording = recording_of(membership->id);
		if (recording)
			append(scratch, state, recording, membership, end);
	}
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(deliver_signal, int number, struct kernel_siginfo *info)
{
	struct task_state *state = recorded_current();
	struct scratch *scratch;

	if (!state || !state->count)
		return 0;
	scratch = take_scratch();
	if (!scratch)
		return 0;
	begin_record(scratch, state, TYPE_SIGNAL, sizeof(struct record_signal));
	scratch->signal.number = number;
	scratch->signal.reserved = 0;
	/* Of a SIGKILL to a whole thread group the kernel keeps no siginfo. */
	if (bpf_probe_read_kernel(scratch->signal.info, sizeof(scratch->signal.info), info))
		scratch->signal.length = 0;
	else
		scratch->signal.length = sizeof(scratch->signal.info);
	append_to_all(scratch, state);
	give_back(scratch);
	return 0;
}

/* Keeps the number of a process tree's tasks, for whoever waits for their end. */
__noinline int count_tree_tasks(struct task_state *state, __u64 change)
{
	if (!state)
		return 0;
	for (int i = 0; i < MEMBERSHIPS; i++) {
		__u32 id = state->tree[i] & ~TREE_PENDING;
		struct head *head;
		void *ring;

		if (!id || !recording_of(id))
			continue;
		head = head_of(id, &ring);
		if (head)
			__sync_fetch_and_add(&head->tasks, change);
	}
	return 0;
}

/* Puts a task into a recording by descent; 1 if it was not in it yet. */
__noinline int join_tree(struct task_state *state, __u32 id)
{
	if (!state)
		return 0;
	for (int i = 0; i < MEMBERSHIPS; i++) {
		if (state->tree[i] == id)
			return 0;
		if (!state->tree[i] || !recording_of(state->tree[i] & ~TREE_PENDING)) {
			state->tree[i] = id;
			return 1;
		}
	}
	count_failure(PLACE_MEMBERSHIPS, 0);
	return 0;
}

/* include/linux/sched.h: a thread that the kernel runs for io_uring and that makes no calls of its own. */
#define PF_IO_WORKER 0x10
#define PF_EXITING 0x4
#define PF_KTHREAD 0x200000

SEC("tp_btf/sched_process_fork")
int BPF_PROG(fork_task, struct task_struct *parent, struct task_struct *child)
{
	struct task_state *state = recorded_current();
	struct members *members = NULL;
	__u32 parent_pid = parent->tgid;
	struct task_memory *child_memory;
	struct task_state *child_state;
	bool inherits;

	forget_verdict(address_of((struct pt_regs *)bpf_task_pt_regs(child)));
	if (child->flags & PF_IO_WORKER)
		return 0;
	if (state && state->count) {
		struct scratch *scratch = take_scratch();

		if (scratch) {
			begin_record(scratch, state, TYPE_FORK, sizeof(struct record_fork));
			scratch->fork.child_tid = child->pid;
			scratch->fork.child_pid = child->tgid;
			scratch->fork.reserved = 0;
			append_to_all(scratch, state);
			give_back(scratch);
		}
	}
	if (parent_count && child->tgid != parent_pid)
		members = bpf_map_lookup_elem(&parents, &parent_pid);
	inherits = state && (state->tree[0] || state->home);
	if (!members && !inherits)
		return 0;
	child_memory = remember(child);
	if (!child_memory)
		return 0;
	child_state = state_of(child_memory);
	if (state) {
		for (int i = 0; i < MEMBERSHIPS; i++)
			child_state->tree[i] = state->tree[i];
		child_state->pending = state->pending;
		/* Also if it has a mount namespace of its own: its first call tells. */
		set_home(child_state, state->home);
		child_state->setup = state->setup;
	}
	if (members) {
		for (int i = 0; i < MEMBERSHIPS; i++) {
			if (members->ids[i])
				join_tree(child_state, members->ids[i] | TREE_PENDING);
		}
		child_state->pending = 1;
	}
	count_tree_tasks(child_state, 1);
	return 0;
}

/* Whether all of a task's recordings capture memory of a layout. */
__noinline int all_capture(struct task_state *state, __u32 layout)
{
	if (!state)
		return 0;
	for (__u32 i = 0; i < MEMBERSHIPS; i++) {
		struct recording *recording;

		if (i >= state->count)
			break;
		recording = recording_of(state->memberships[i].id);
		if (recording && !(recording->layouts >> (layout & 31) & 1))
			return 0;
	}
	return 1;
}

/*
 * The execve of a task that has set up what is in its container: of a container
 * its own program begins here, unless this is a hook that its runtime runs there.
 */
__noinline int end_setup(struct task_state *state)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct identity *identity;

	if (!state)
		return 0;
	identity = identity_of(state->home);
	if (!identity) {
		state->setup = 0;
		return 0;
	}
	if (identity->executed || identity->flags & IDENTITY_LATE) {
		state->setup = 0;
		return 0;
	}
	/* A hook has the host's root directory still; a first process that only waits for others (bubblewrap's) has not. */
	if (state->container_pid != 1 && pid_level(task) && root_of(task) == identity->root)
		return 0;
	state->setup = 0;
	/* The first to be adopted may have ended: runc's is the one that makes this one. */
	identity->flags &= ~IDENTITY_EXITED;
	identity->status = 0;
	identity->pid = task->tgid;
	identity->root = root_of(task);
	note_cgroup(bpf_get_current_task(), identity);
	barrier();
	identity->executed = state->in_call ? state->start : now();
	tell(identity->id);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(exec_task, struct task_struct *task, int old_tid, struct linux_binprm *image)
{
	struct task_state *state = recorded_current();
	struct scratch *scratch;
	__u64 start, length, path_length;
	long read;

	if (!state) {
		/* Its root directory may be another by now, in ways that no call's number tells. */
		forget_verdict(address_of((struct pt_regs *)bpf_task_pt_regs(task)));
		return 0;
	}
	if (!state->count)
		return 0;
	identify(task, state);
	if (state->setup)
		end_setup(state);
	scratch = take_scratch();
	if (!scratch)
		return 0;
	begin_record(scratch, state, TYPE_EXEC, sizeof(struct record_exec));
	scratch->exec.old_tid = old_tid;
	scratch->exec.argc = image->argc;
	scratch->exec.envc = image->envc;
	scratch->exec.reserved = 0;
	read = bpf_probe_read_kernel_str(&scratch->bytes[sizeof(struct record_exec)], 512, image->filename);
	path_length = read > 0 ? read - 1 : 0;
	/* The bounds stand apart from the sums, or Linux 6.12 loses them: "R1 min value is negative". */
	barrier_var(path_length);
	if (path_length > 511)
		path_length = 511;
	/* The new image's strings: the kernel has just written them, so they are resident. */
	start = task->mm->arg_start;
	length = task->mm->arg_end - start;
	barrier_var(length);
	if (length > 1024)
		length = 1024;
	/* Written once for all of them: no recording gets more than it asked for. */
	if (!all_capture(state, LAYOUT_STRINGS))
		length = 0;
	if (bpf_probe_read_user(&scratch->bytes[sizeof(struct record_exec) + path_length], length, (void *)start)) {
		count_failure(PLACE_READ_BYTES, -14);
		length = 0;
	}
	scratch->exec.path_length = path_length;
	scratch->exec.arguments_length = length;
	scratch->size = sizeof(struct record_exec) + path_length + length;
	append_to_all(scratch, state);
	give_back(scratch);
	return 0;
}

/* include/linux/sched/signal.h: the whole process has one exit code */
#define SIGNAL_GROUP_EXIT 4

/* Notes how a container's first process ended, and counts the task out: it alone, if adopt_running does so too. */
__noinline int leave_home(struct task_state *state)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	struct identity *identity;
	__u32 home;

	if (!state)
		return 0;
	home = __sync_lock_test_and_set(&state->home, 0);
	identity = identity_of(home);
	if (!identity)
		return 0;
	/* The last thread of the process: do_exit, kernel/exit.c, has counted this one out already. */
	if (!BPF_CORE_READ(signal, live.counter)) {
		if (BPF_CORE_READ(signal, oom_mm))
			__sync_fetch_and_add(&identity->oom_kills, 1);
		if (identity->pid == task->tgid) {
			identity->status = BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT
						   ? BPF_CORE_READ(signal, group_exit_code)
						   : BPF_CORE_READ(task, group_leader, exit_code);
			barrier();
			identity->flags |= IDENTITY_EXITED;
			tell(identity->id);
		}
	}
	return count_task(home, -1);
}

/* Writes a task's last records. */
static __always_inline void end_task(struct task_struct *task, struct task_state *state)
{
	struct scratch *scratch;

	if (state->tree[0])
		count_tree_tasks(state, -1);
	if (!state->count)
		return;
	if (state->in_call) {
		finish_call(state, 0, now(), CALL_UNFINISHED);
		state->in_call = 0;
	}
	scratch = take_scratch();
	if (!scratch)
		return;
	begin_record(scratch, state, TYPE_EXIT, sizeof(struct record_exit));
	scratch->exit.code = task->exit_code;
	/* Set for the rest of a process's life once it is a victim: mm/oom_kill.c, mark_oom_victim. */
	scratch->record.flags |= BPF_CORE_READ(task, signal, oom_mm) ? EXIT_OOM : 0;
	append_to_all(scratch, state);
	give_back(scratch);
}

/* Has another task take the state in the array. Of two that do this at once one does. */
static __always_inline void give_state_back(struct task_memory *memory)
{
	__u32 index = __sync_lock_test_and_set(&memory->index, 0);
	struct task_state *state;

	if (!index)
		return;
	state = bpf_map_lookup_elem(&states, &index);
	if (state) {
		/* All but its home, which adopt_running may be setting: that is taken away last, and never lost. */
		__builtin_memset(state, 0, __builtin_offsetof(struct task_state, home));
		__builtin_memset(&state->setup, 0, sizeof(*state) - __builtin_offsetof(struct task_state, setup));
		count_task(__sync_lock_test_and_set(&state->home, 0), -1);
	}
	bpf_map_push_elem(&free_states, &index, 0);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(exit_task)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state = recorded_current();
	struct task_memory *memory;

	if (state && !(task->flags & PF_IO_WORKER))
		end_task(task, state);
	forget_verdict(address_of((struct pt_regs *)bpf_task_pt_regs(task)));
	memory = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (!memory)
		return 0;
	/* Also of a task that made no call since it was adopted. */
	state = state_of(memory);
	if (state->home)
		leave_home(state);
	give_state_back(memory);
	return 0;
}

/* A process moved between cgroups is looked at anew, and with it everyone: moves are rare. */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(move_task, struct cgroup *to)
{
	if (cgroup_count)
		__sync_fetch_and_add((__u32 *)&moves, 1);
	return 0;
}

/* What the iterators below are asked; user space runs one at a time. */
volatile __u32 asked_id = 0;
volatile __u32 asked_pid = 0;
volatile __u32 reader = 0; /* the asker's own pid, in the initial PID namespace */
volatile __u64 reader_start = 0; /* when it began */
volatile __u64 found = 0; /* tasks that descend from asked_pid */
volatile __u64 adopted = 0; /* those of them that were not in the recording */

/* A way up through the ancestors of a task, to one of a number. */
struct ascent {
	struct task_struct *ancestor;
	__u32 pid;
	__u32 found;
};

static long ascend(__u32 i, struct ascent *ascent)
{
	struct task_struct *ancestor = ascent->ancestor;
	__u32 pid = BPF_CORE_READ(ancestor, tgid);

	ascent->found = pid == ascent->pid;
	if (ascent->found || pid <= 1)
		return 1;
	ascent->ancestor = BPF_CORE_READ(ancestor, real_parent);
	return 0;
}

enum { ANCESTORS = 512, ANCESTORS_OF_LOOP = 1 << 20 };

static __noinline bool descends_from(struct task_struct *task, __u32 pid)
{
	struct ascent ascent = {.ancestor = BPF_CORE_READ(task, group_leader), .pid = pid};

	if (can_loop()) {
		bpf_loop(ANCESTORS_OF_LOOP, ascend, &ascent, 0);
		return ascent.found;
	}
	for (int i = 0; i < ANCESTORS; i++) {
		if (ascend(i, &ascent))
			break;
		barrier();
	}
	return ascent.found;
}

/* Puts a process and its descendants, as they are now, into a recording. */
SEC("iter/task")
int adopt_tree(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct task_memory *memory;
	struct head *head;
	void *ring;

	if (!task || !descends_from(task, asked_pid))
		return 0;
	found++;
	memory = remember(task);
	if (!memory || !join_tree(state_of(memory), asked_id))
		return 0;
	adopted++;
	head = head_of(asked_id, &ring);
	if (head)
		__sync_fetch_and_add(&head->tasks, 1);
	return 0;
}

/*
 * Writes out the tasks that are in a call which a recording wants: each state,
 * what was captured at the call's entry, then the state's version once more. If the two differ, or are odd, the task moved on
 * while it was being copied.
 */
SEC("iter/task")
int list_calls(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct task_memory *memory;
	struct task_state *state;
	__u64 version;
	bool wanted = false;

	if (!task)
		return 0;
	memory = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (!memory)
		return 0;
	state = state_of(memory);
	if (!state->in_call)
		return 0;
	for (__u32 i = 0; i < MEMBERSHIPS; i++) {
		if (i < state->count && state->memberships[i].id == asked_id && state->wanted >> i & 1)
			wanted = true;
	}
	if (!wanted)
		return 0;
	bpf_seq_write(context->meta->seq, state, sizeof(*state));
	bpf_seq_write(context->meta->seq, memory->early, sizeof(memory->early));
	barrier();
	version = state->version;
	bpf_seq_write(context->meta->seq, &version, sizeof(version));
	return 0;
}

/* Finds out who asks and what the host is. */
SEC("iter/task")
int look_around(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;

	if (!task)
		return 0;
	reader = bpf_get_current_pid_tgid() >> 32;
	if (task->tgid == reader) {
		reader_start = BPF_CORE_READ(task, group_leader, start_boottime);
		self_root = root_of(task);
	}
	if (task->pid == 1)
		host_root = root_of(task);
	/* kthreadd: not the first process, which may have gone elsewhere. */
	if (task->pid == 2)
		host_namespace = namespace_of(task);
	return 0;
}

/* Adopts containers that run already, and counts their tasks. */
SEC("iter/task")
int adopt_running(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct task_memory *memory;
	struct task_state *state;
	struct identity *identity;
	__u64 address;
	__u32 home;

	if (!task || task->tgid == self || task->flags & (PF_EXITING | PF_KTHREAD))
		return 0;
	address = address_of((struct pt_regs *)task);
	home = find_home(address, 0, 1);
	if (!home)
		return 0;
	identity = identity_of(home);
	/* The process that all others descend from has the number 1, where it has a PID namespace of its own. */
	if (identity && (!identity->pid || read_tid_in_namespace(task) == 1) && identity->flags & IDENTITY_LATE)
		identity->pid = task->tgid;
	memory = remember(task);
	if (!memory) {
		pass_by(home);
		return 0;
	}
	state = state_of(memory);
	if (state->home)
		return 0;
	change_home(state, home, address);
	forget_verdict(address_of((struct pt_regs *)bpf_task_pt_regs(task)));
	barrier();
	/* It began to end in this moment: exit_task may have been there before. */
	if (*(volatile unsigned int *)&task->flags & PF_EXITING) {
		count_task(__sync_lock_test_and_set(&state->home, 0), -1);
		give_state_back(memory);
	}
	return 0;
}

/* Writes out the mount namespace of every task. */
SEC("iter/task")
int list_namespaces(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	__u64 key;

	if (!task)
		return 0;
	key = namespace_of(task);
	bpf_seq_write(context->meta->seq, &key, sizeof(key));
	return 0;
}
