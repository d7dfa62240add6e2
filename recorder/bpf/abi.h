/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRACELOOP_ABI_H
#define TRACELOOP_ABI_H

/* What differs between architectures: registers, ABIs, a handful of call numbers. */

#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include "layout.h"

enum { ABI_NATIVE, ABI_COMPAT = CALL_COMPAT, ABI_X32 = CALL_X32 };

#if defined(__TARGET_ARCH_x86)

/* arch/x86/include/asm/thread_info.h: set at the entry of a 32-bit call. */
#define TS_COMPAT 0x0002
/* arch/x86/include/uapi/asm/unistd.h */
#define X32_SYSCALL_BIT 0x40000000

static __always_inline __u32 abi_of(struct task_struct *task, __u32 number)
{
	if (task->thread_info.status & TS_COMPAT)
		return ABI_COMPAT;
	if (number != (__u32)-1 && (number & X32_SYSCALL_BIT))
		return ABI_X32;
	return ABI_NATIVE;
}

static __always_inline void read_arguments(struct pt_regs *regs, __u32 abi, __u64 *arguments)
{
	if (abi == ABI_COMPAT) {
		arguments[0] = (__u32)regs->bx;
		arguments[1] = (__u32)regs->cx;
		arguments[2] = (__u32)regs->dx;
		arguments[3] = (__u32)regs->si;
		arguments[4] = (__u32)regs->di;
		arguments[5] = (__u32)regs->bp;
		return;
	}
	arguments[0] = regs->di;
	arguments[1] = regs->si;
	arguments[2] = regs->dx;
	arguments[3] = regs->r10;
	arguments[4] = regs->r8;
	arguments[5] = regs->r9;
}

/* The number that the exit tracepoint goes by: -1 after rt_sigreturn. */
static __always_inline __u32 number_at_exit(struct pt_regs *regs)
{
	return regs->orig_ax;
}

static __always_inline bool is_execve(__u32 abi, __u32 number)
{
	switch (abi) {
	case ABI_COMPAT:
		return number == 11 || number == 358;
	case ABI_X32:
		number &= ~X32_SYSCALL_BIT;
		return number == 520 || number == 545;
	default:
		return number == 59 || number == 322;
	}
}

/* fork, vfork, clone, clone3: their child returns 0 from a call it never made. */
static __always_inline bool is_fork(__u32 abi, __u32 number)
{
	if (abi == ABI_COMPAT)
		return number == 2 || number == 120 || number == 190 || number == 435;
	number &= ~X32_SYSCALL_BIT;
	return (number >= 56 && number <= 58) || number == 435;
}

/* unshare and setns, which may take a task to another mount namespace, in any ABI. */
static __always_inline bool changes_namespace(__u32 number)
{
	number &= ~X32_SYSCALL_BIT;
	return number == 272 || number == 308 || number == 310 || number == 346;
}

/* pivot_root and chroot; wait4 and getdents64 have their 32-bit numbers. Tasks make those a lot, and nobody these. */
static __always_inline bool changes_root(__u32 number)
{
	switch (number & ~X32_SYSCALL_BIT) {
	case 155:
	case 161:
		return !(bpf_get_current_task_btf()->thread_info.status & TS_COMPAT);
	case 61:
	case 217:
		return bpf_get_current_task_btf()->thread_info.status & TS_COMPAT;
	default:
		return false;
	}
}

#define COMPAT_SIGRETURN 119

/*
 * Where a signal's frame has the mask that (rt_)sigreturn restores. The return
 * from the handler has taken the frame's first word off the stack, and i386's
 * sigreturn the second: arch/x86/include/asm/sigframe.h.
 */
static __always_inline __u64 signal_mask_address(struct pt_regs *regs, __u32 abi, __u32 number)
{
	if (abi == ABI_COMPAT)
		return (__u32)regs->sp + (number == COMPAT_SIGRETURN ? 80 : 3 * 4 + 128 + 4 + 4 + 12 + 88);
	if (abi == ABI_X32)
		return regs->sp + 4 + 4 + 12 + 4 + 256;
	return regs->sp + 8 + 8 + 24 + 256;
}

/* x86 keeps the order of stores: what a store publishes, earlier stores wrote. */
#define publish(pointer, value) (*(volatile __u64 *)(pointer) = (value))

#elif defined(__TARGET_ARCH_arm64)

/* arch/arm64/include/asm/thread_info.h: TIF_32BIT */
#define TIF_32BIT (1UL << 22)

static __always_inline __u32 abi_of(struct task_struct *task, __u32 number)
{
	return task->thread_info.flags & TIF_32BIT ? ABI_COMPAT : ABI_NATIVE;
}

static __always_inline void read_arguments(struct pt_regs *regs, __u32 abi, __u64 *arguments)
{
	arguments[0] = regs->orig_x0;
	arguments[1] = regs->regs[1];
	arguments[2] = regs->regs[2];
	arguments[3] = regs->regs[3];
	arguments[4] = regs->regs[4];
	arguments[5] = regs->regs[5];
	if (abi == ABI_COMPAT) {
		for (int i = 0; i < 6; i++)
			arguments[i] = (__u32)arguments[i];
	}
}

static __always_inline __u32 number_at_exit(struct pt_regs *regs)
{
	return regs->syscallno;
}

static __always_inline bool is_execve(__u32 abi, __u32 number)
{
	return abi == ABI_COMPAT ? number == 11 || number == 387 : number == 221 || number == 281;
}

static __always_inline bool is_fork(__u32 abi, __u32 number)
{
	if (number == 435)
		return true;
	return abi == ABI_COMPAT ? number == 2 || number == 120 || number == 190 : number == 220;
}

static __always_inline bool changes_namespace(__u32 number)
{
	return number == 97 || number == 268 || number == 337 || number == 375;
}

/* pivot_root and chroot. */
static __always_inline bool changes_root(__u32 number)
{
	switch (number) {
	case 41:
	case 51:
		return !(bpf_get_current_task_btf()->thread_info.flags & TIF_32BIT);
	case 61:
	case 218:
		return bpf_get_current_task_btf()->thread_info.flags & TIF_32BIT;
	default:
		return false;
	}
}

#define COMPAT_SIGRETURN 119

/* Where a signal's frame has the mask: arch/arm64/kernel/signal.c and signal32.c. */
static __always_inline __u64 signal_mask_address(struct pt_regs *regs, __u32 abi, __u32 number)
{
	if (abi == ABI_COMPAT)
		return (__u32)regs->regs[13] + (number == COMPAT_SIGRETURN ? 0 : 128) + 4 + 4 + 12 + 84;
	return regs->sp + 128 + 8 + 8 + 24;
}

/* arm64 may reorder stores; an exchange is a full barrier. */
#define publish(pointer, value) ((void)__sync_lock_test_and_set((__u64 *)(pointer), (value)))

#endif

#endif
