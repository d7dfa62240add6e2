/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRACELOOP_DESCRIPTOR_H
#define TRACELOOP_DESCRIPTOR_H

/*
 * What a file descriptor is, written down when a recorded call has it and the
 * ring does not tell already. A path is walked from its end to the root, name by
 * name: helpers that do so are open to few kinds of programs.
 */

#include "maps.h"
#include <bpf/bpf_core_read.h>

#define AT_FDCWD -100

/* include/uapi/linux/magic.h */
#define SOCKFS_MAGIC 0x534f434b
#define NSFS_MAGIC 0x6e736673

/* include/linux/socket.h */
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16

#define NAMES_END (RECORD_MAX - 512)
#define PATH_DEPTH 48

/*
 * From Linux 6.2 on the kernel's memory can be read by plain loads, which fault
 * to zeros; before it takes a call of a helper for each pointer on the way.
 */
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym __weak;

#define can_cast() (!!bpf_rdonly_cast)
#define cast(type, address) ((type *)bpf_rdonly_cast((void *)(address), bpf_core_type_id_kernel(type)))
/* A member of the kernel's struct at an address. */
#define peek(type, address, member)                                                 \
	({                                                                          \
		type *peeked_at = (void *)(address);                                \
		__typeof__(peeked_at->member) peeked;                               \
		if (can_cast())                                                     \
			peeked = cast(type, peeked_at)->member;                     \
		else                                                                \
			bpf_core_read(&peeked, sizeof(peeked), &peeked_at->member); \
		peeked;                                                             \
	})

/* Addresses in the kernel of what a number stands for. */
struct opened {
	__u64 file; /* 0 for the working directory */
	__u64 dentry;
};

/* Finds what a number stands for in the current task; false if for nothing. */
static __always_inline bool find_opened(__s32 number, struct opened *opened)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 slot, file = 0;

	opened->file = 0;
	opened->dentry = 0;
	if (number == AT_FDCWD) {
		opened->dentry = (__u64)task->fs->pwd.dentry;
		return opened->dentry;
	}
	if (number < 0 || (__u32)number >= task->files->fdt->max_fds)
		return false;
	slot = (__u64)task->files->fdt->fd + number * sizeof(void *);
	/* A pointer is the first member of a list, whatever it points to. */
	if (can_cast())
		file = (__u64)cast(struct list_head, slot)->next;
	else
		bpf_probe_read_kernel(&file, sizeof(file), (void *)slot);
	opened->file = file;
	if (file)
		opened->dentry = (__u64)peek(struct file, file, f_path.dentry);
	return opened->dentry;
}

static __always_inline struct described *described_slot(__u32 id, __u64 descriptor)
{
	__u32 key = (descriptor ^ (descriptor >> 32) * 61 ^ id << 8) % DESCRIBED;

	return bpf_map_lookup_elem(&descriptors, &key);
}

/* Takes one name of the walk down, or crosses to the mount below; 0 at the root, -1 if there is no room. */
__noinline int walk_up(struct scratch *scratch)
{
	__u64 dentry, parent;
	__u32 size;
	long length;

	if (!scratch)
		return 0;
	dentry = scratch->walk.dentry;
	if (scratch->walk.dentry == scratch->walk.root_dentry && scratch->walk.mount == scratch->walk.root_mount)
		return 0;
	parent = (__u64)peek(struct dentry, dentry, d_parent);
	if (dentry == scratch->walk.top || parent == dentry) {
		__u64 mount = scratch->walk.mount - bpf_core_field_offset(struct mount, mnt);
		__u64 above = (__u64)peek(struct mount, mount, mnt_parent);

		if (!above || above == mount)
			return 0;
		scratch->walk.dentry = (__u64)peek(struct mount, mount, mnt_mountpoint);
		scratch->walk.mount = above + bpf_core_field_offset(struct mount, mnt);
		scratch->walk.top = (__u64)peek(struct mount, above, mnt.mnt_root);
		return 1;
	}
	size = scratch->size;
	barrier_var(size);
	if (size > NAMES_END || (scratch->phase && size > EARLY_MAX - 512))
		return -1;
	length = bpf_probe_read_kernel_str(&scratch->bytes[size], 256, peek(struct dentry, dentry, d_name.name));
	if (length < 0)
		return 0;
	scratch->size = size + (length & 0x1ff);
	scratch->walk.dentry = parent;
	return 1;
}

/* Adds the names of a file's path; returns the flags that go with them. */
static __always_inline __u16 add_names(struct scratch *scratch, struct opened *opened)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 mount = (__u64)task->fs->pwd.mnt;
	__u64 dentry = opened->dentry;
	__u64 parent = (__u64)peek(struct dentry, dentry, d_parent);
	__u64 top;
	__u16 flags = 0;

	if (opened->file)
		mount = (__u64)peek(struct file, opened->file, f_path.mnt);
	top = (__u64)peek(struct vfsmount, mount, mnt_root);
	if (parent == dentry && dentry != top) {
		/* A file of no tree, which has but a name: a pipe, memory, an event. */
		__u32 size = scratch->size;
		long length;

		barrier_var(size);
		if (size > NAMES_END)
			return DESCRIPTOR_NAMELESS;
		length =
			bpf_probe_read_kernel_str(&scratch->bytes[size], 256, peek(struct dentry, dentry, d_name.name));
		if (length > 0)
			scratch->size = size + (length & 0x1ff);
		return DESCRIPTOR_NAMELESS;
	}
	if (parent != dentry && !peek(struct dentry, dentry, d_hash.pprev))
		flags |= DESCRIPTOR_DELETED;
	scratch->walk.dentry = dentry;
	scratch->walk.mount = mount;
	scratch->walk.top = top;
	scratch->walk.root_dentry = (__u64)task->fs->root.dentry;
	scratch->walk.root_mount = (__u64)task->fs->root.mnt;
	scratch->walk.step = 1;
	for (int i = 0; i < PATH_DEPTH; i++) {
		scratch->walk.step = walk_up(scratch);
		if (scratch->walk.step <= 0)
			break;
	}
	return scratch->walk.step ? flags | DESCRIPTOR_CUT : flags;
}

/* Of a namespace the kernel knows the kind by name: "mnt", "net". */
static __always_inline __u16 add_namespace(struct scratch *scratch, struct inode *inode)
{
	struct ns_common *namespace = BPF_CORE_READ(inode, i_private);
	__u32 size = scratch->size;
	long length;

	barrier_var(size);
	if (size > NAMES_END)
		return DESCRIPTOR_NAMELESS;
	length = bpf_probe_read_kernel_str(&scratch->bytes[size], 16, BPF_CORE_READ(namespace, ops, name));
	if (length > 0)
		scratch->size = size + (length & 0x1f);
	return DESCRIPTOR_NAMELESS;
}

__noinline int add_socket(struct scratch *scratch, struct opened *opened)
{
	struct descriptor_socket *to;
	struct unix_address *address;
	struct socket *socket;
	struct file *file;
	struct sock *sock;
	__u32 size;
	int length;

	if (!scratch || !opened)
		return 0;
	size = scratch->size;
	barrier_var(size);
	if (size > NAMES_END)
		return 0;
	to = (void *)&scratch->bytes[size];
	__builtin_memset(to, 0, sizeof(*to));
	scratch->size = size + sizeof(*to);
	file = (void *)opened->file;
	socket = BPF_CORE_READ(file, private_data);
	sock = BPF_CORE_READ(socket, sk);
	if (!sock)
		return 0;
	to->family = BPF_CORE_READ(sock, __sk_common.skc_family);
	to->type = BPF_CORE_READ(sock, sk_type);
	to->protocol = BPF_CORE_READ(sock, sk_protocol);
	to->state = BPF_CORE_READ(sock, __sk_common.skc_state);
	switch (to->family) {
	case AF_INET:
	case AF_INET6:
		to->local_port = BPF_CORE_READ((struct inet_sock *)sock, inet_sport);
		to->remote_port = BPF_CORE_READ(sock, __sk_common.skc_dport);
		if (to->family == AF_INET) {
			bpf_core_read(to->local, 4, &sock->__sk_common.skc_rcv_saddr);
			bpf_core_read(to->remote, 4, &sock->__sk_common.skc_daddr);
		} else if (bpf_core_field_exists(sock->__sk_common.skc_v6_daddr)) {
			bpf_core_read(to->local, 16, &sock->__sk_common.skc_v6_rcv_saddr);
			bpf_core_read(to->remote, 16, &sock->__sk_common.skc_v6_daddr);
		}
		break;
	case AF_NETLINK:
		if (bpf_core_type_exists(struct netlink_sock))
			to->port_id = BPF_CORE_READ((struct netlink_sock *)sock, portid);
		break;
	case AF_UNIX:
		if (!bpf_core_type_exists(struct unix_sock))
			break;
		socket = BPF_CORE_READ((struct unix_sock *)sock, peer, sk_socket);
		if (socket)
			to->peer = BPF_CORE_READ((struct socket_alloc *)socket, vfs_inode.i_ino);
		address = BPF_CORE_READ((struct unix_sock *)sock, addr);
		if (!address)
			break;
		length = BPF_CORE_READ(address, len) - 2;
		barrier_var(length);
		if (length < 0 || length > 108)
			break;
		/* Behind the family: include/uapi/linux/un.h. */
		if (!bpf_probe_read_kernel((void *)to + sizeof(*to), length,
					   (void *)address + bpf_core_field_offset(struct unix_address, name) + 2))
			scratch->size = size + sizeof(*to) + length;
		break;
	}
	return 0;
}

enum describe {
	DESCRIBE_ANEW = 1 << 0,    /* whatever the ring tells */
	DESCRIBE_CLOSING = 1 << 1, /* the call closes it: the same struct file may soon be another */
};

/* Of struct described: what it says is not to be relied on. */
#define NO_FILE (~0ULL)

/*
 * Captures what a file descriptor of the current task is, unless the ring tells
 * already. Returns how many captures it made.
 */
__noinline int describe(struct scratch *scratch, __u32 argument, __s32 number, __u32 how)
{
	bool anew = how & DESCRIBE_ANEW;
	struct opened opened;
	struct described *known;
	struct descriptor *to;
	struct capture *header;
	struct super_block *block;
	struct inode *inode;
	__u64 descriptor;
	__u32 start, version = 0;
	bool open;

	if (!scratch)
		return 0;
	open = find_opened(number, &opened);
	descriptor = (__u64)scratch->pid << 32 | (__u32)number;
	known = described_slot(scratch->id, descriptor);
	if (!known)
		return 0;
	if (known->descriptor != descriptor || known->id != scratch->id) {
		/* That a number means nothing is worth a word only where it meant something. */
		if (!open)
			return 0;
		anew = true;
	}
	if (open)
		version = peek(struct dentry, opened.dentry, d_seq.seqcount.sequence);
	if (!anew && known->file == opened.file && known->dentry == opened.dentry && known->version == version &&
	    scratch->newest - known->sequence <= scratch->stale) {
		if (how & DESCRIBE_CLOSING)
			known->file = NO_FILE;
		return 0;
	}
	start = scratch->size;
	barrier_var(start);
	if (start > NAMES_END - 256)
		return 0;
	scratch->walk.step = 0;
	known->descriptor = descriptor;
	known->file = opened.file;
	known->dentry = opened.dentry;
	known->version = version;
	known->id = scratch->id;
	known->sequence = scratch->newest;
	header = (void *)&scratch->bytes[start];
	to = (void *)header + sizeof(*header);
	__builtin_memset(to, 0, sizeof(*to));
	to->number = number;
	scratch->size = start + sizeof(*header) + sizeof(*to);
	if (open) {
		inode = peek(struct dentry, opened.dentry, d_inode);
		block = peek(struct inode, inode, i_sb);
		to->magic = peek(struct super_block, block, s_magic);
		to->inode = peek(struct inode, inode, i_ino);
		to->mode = peek(struct inode, inode, i_mode);
		to->device = peek(struct inode, inode, i_rdev);
		if (to->magic == SOCKFS_MAGIC)
			add_socket(scratch, &opened);
		else if (to->magic == NSFS_MAGIC)
			to->flags = add_namespace(scratch, inode);
		else
			to->flags = add_names(scratch, &opened);
	}
	/* What was cut is told whole where there is room. */
	if (scratch->walk.step < 0 || how & DESCRIBE_CLOSING)
		known->file = NO_FILE;
	header->argument = argument | scratch->phase << 4;
	header->layout = LAYOUT_DESCRIPTOR;
	header->length = scratch->size - start - sizeof(*header);
	return 1;
}

/* The working directory, and the least descriptors: more a task hardly keeps when it changes its root. */
enum { ROOTED = 17 };

/* After a task has changed its root directory its paths begin elsewhere: what the ring tells of them is void. */
__noinline int forget_descriptors(struct task_state *state)
{
	if (!state)
		return 0;
	for (__u32 i = 0; i < MEMBERSHIPS; i++) {
		if (i >= state->count)
			break;
		for (__u32 k = 0; k < ROOTED; k++) {
			__u32 number = k ? k - 1 : (__u32)AT_FDCWD;
			__u64 descriptor = (__u64)state->pid << 32 | number;
			struct described *known = described_slot(state->memberships[i].id, descriptor);

			if (known && known->descriptor == descriptor)
				known->file = NO_FILE;
		}
	}
	return 0;
}

/*
 * What a call made a second number for needs no words, if the ring tells what
 * the first one is: the call says that they are the same. Returns 1 then.
 */
__noinline int describe_duplicate(struct scratch *scratch, __s32 number, __s32 duplicate)
{
	struct described *known, *copy;

	if (!scratch)
		return 0;
	known = described_slot(scratch->id, (__u64)scratch->pid << 32 | (__u32)number);
	copy = described_slot(scratch->id, (__u64)scratch->pid << 32 | (__u32)duplicate);
	if (!known || !copy || known == copy)
		return 0;
	if (known->descriptor != ((__u64)scratch->pid << 32 | (__u32)number) || known->id != scratch->id ||
	    known->file == NO_FILE || scratch->newest - known->sequence > scratch->stale)
		return 0;
	copy->descriptor = (__u64)scratch->pid << 32 | (__u32)duplicate;
	copy->file = known->file;
	copy->dentry = known->dentry;
	copy->sequence = known->sequence;
	copy->version = known->version;
	copy->id = known->id;
	return 1;
}

#endif
