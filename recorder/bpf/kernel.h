/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRACELOOP_KERNEL_H
#define TRACELOOP_KERNEL_H

/*
 * The kernel's types, only the members that the programs read. Offsets are
 * filled in at load time from the running kernel's BTF (CO-RE), so the order
 * and the gaps here mean nothing.
 */

#include <linux/types.h>
#include <linux/bpf.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[];
};

struct thread_info {
	unsigned long flags;
	__u32 status; /* x86 only */
};

struct mm_struct {
	unsigned long arg_start;
	unsigned long arg_end;
};

struct signal_struct {
	struct mm_struct *oom_mm;
};

struct sigpending {
	struct {
		unsigned long sig[1];
	} signal;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	__u32 pid;
	__u32 tgid;
	int exit_code;
	char comm[16];
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct signal_struct *signal;
	struct nsproxy *nsproxy;
	struct mm_struct *mm;
	struct sigpending pending;
};

struct linux_binprm {
	const char *filename;
	int argc;
	int envc;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct kernel_siginfo;
struct k_sigaction;
struct cgroup;

#if defined(__TARGET_ARCH_x86)

struct pt_regs {
	unsigned long r10, r9, r8, bp, bx, cx, dx, si, di, orig_ax;
};

#elif defined(__TARGET_ARCH_arm64)

struct user_pt_regs {
	__u64 regs[31];
};

struct pt_regs {
	union {
		struct user_pt_regs user_regs;
		struct {
			__u64 regs[31];
		};
	};
	__u64 orig_x0;
	__s32 syscallno;
};

#endif

#pragma clang attribute pop

#endif
