/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRACELOOP_LAYOUT_H
#define TRACELOOP_LAYOUT_H

/*
 * The bytes that the BPF programs write and that package ring reads. All
 * numbers are in the host's byte order (little-endian on every supported
 * architecture). The Go side of these types is generated from this file's BTF.
 *
 * A ring is an mmap-able array of 4 KiB chunks. The first ones, as many as it
 * takes, hold the head and one cursor per possible CPU; the others hold records.
 *
 *        0            64           128
 *        +------------+------------+------------+-- - - --+
 *        | head       | cursor     | cursor     |         |   header chunks
 *        |            | of CPU 0   | of CPU 1   |         |
 *        +------------+------------+------------+-- - - --+
 *   4096 | chunk | task | call | call | call | ...  free  |   slot 0
 *        +-------+------+------+------+------+------------+
 *   8192 | chunk | task | call | task | call | call | ... |   slot 1
 *        +-------+------+------+------+------+------------+
 *        :                                                :
 *
 * A CPU takes a chunk by adding one to head.sequence: sequence number s lives
 * in slot s modulo the number of slots, and what was there is overwritten. It
 * then fills the chunk alone.
 */

enum chunk_constant {
	CHUNK_SIZE = 4096,
	/* Of chunk.state: bytes used, then the busy bit, then the sequence. */
	STATE_USED_MASK = 0x7fff,
	STATE_BUSY = 0x8000,
	STATE_SEQUENCE_SHIFT = 16,
};

/* The ring's first 64 bytes. */
struct head {
	__u64 sequence; /* newest sequence number that was handed out; 0: none yet */
	__u64 tasks;    /* tasks alive of a recording of a process tree */
	__u64 reserved[6];
};

/* One per possible CPU, a cache line each; only that CPU writes it. */
struct cursor {
	__u64 state;    /* state of the CPU's open chunk when idle; 0: none */
	__u32 slot;     /* where that chunk is */
	__u32 busy;     /* the CPU is in the middle of a write */
	__u64 base;     /* what the next record's delta counts from */
	__u64 calls;    /* calls that this CPU recorded, ever */
	__u64 filtered; /* calls that the recording's set of calls left out */
	__u64 horizon;  /* newest end of a record that this CPU overwrote */
	__u64 lost;     /* calls that could not be written */
	__u64 reserved;
};

/* The start of a chunk. */
struct chunk {
	__u64 state;        /* sequence << 16 | busy << 15 | bytes used; 0: never used */
	__u64 base;         /* CLOCK_BOOTTIME, ns, that the first delta counts from */
	__u64 calls_before; /* calls that this CPU recorded before this chunk */
	__u64 last;         /* end of the newest record, CLOCK_BOOTTIME, ns */
	__u32 cpu;
	__u32 reserved;
};

/* What a record is. */
enum type {
	TYPE_TASK = 1, /* who a thread ID is, for the rest of the chunk */
	TYPE_TIME,     /* a new base for the deltas that follow */
	TYPE_CALL,
	TYPE_SIGNAL,
	TYPE_EXEC,
	TYPE_FORK,
	TYPE_EXIT,
};

/* A flag of every type of record, beside the type's own. */
enum record_flag {
	/* Made before the task's execve in its container: the container's runtime, setting it up. */
	RECORD_SETUP = 1 << 7,
};

/* How every record begins; size counts all its bytes and is a multiple of 8. */
struct record {
	__u16 size;
	__u8 type;
	__u8 flags;
	__u32 tid;
};

/* TYPE_TASK */
struct record_task {
	struct record record;
	__u32 pid;
	__u32 container_tid;
	__u32 container_pid;
	__u32 reserved;
	char comm[16];
};

/* TYPE_TIME */
struct record_time {
	struct record record;
	__u64 base;
};

/* Flags of TYPE_CALL. */
enum call_flag {
	CALL_COMPAT = 1 << 0,     /* the kernel's 32-bit ABI */
	CALL_X32 = 1 << 1,        /* x86's third ABI */
	CALL_RETURN64 = 1 << 2,   /* the return value's upper half follows */
	CALL_LONG = 1 << 3,       /* number and duration did not fit: struct call_long follows */
	CALL_UNFINISHED = 1 << 4, /* the task ended in the call */
	CALL_NO_ENTRY = 1 << 5,   /* only the exit was seen: start and duration are unknown */
	CALL_IN_FLIGHT = 1 << 6,  /* written by the reader: the call is going on */
};

/*
 * TYPE_CALL:
 *
 *   struct record_call
 *   [struct call_long]               CALL_LONG
 *   [__u32 return value's upper half] CALL_RETURN64
 *   arguments, 4 bytes each, or 8 where its bit is set in wide
 *   captures: struct capture, then its bytes, without padding
 *   zeros up to a multiple of 8
 */
struct record_call {
	struct record record;
	__u32 delta;    /* end of the call, ns after the base */
	__u32 duration; /* ns */
	__u16 number;
	__u8 wide;   /* bit i: argument i takes 8 bytes */
	__u8 counts; /* arguments, captures << 3 */
	__s32 result; /* return value's lower half */
};

struct call_long {
	__u64 number;
	__u64 duration;
};

/* How captured bytes are laid out. */
enum layout {
	LAYOUT_NONE,
	LAYOUT_STRING,  /* up to a NUL; at most the recording's string limit */
	LAYOUT_PATH,    /* up to a NUL; at most PATH_LIMIT bytes */
	LAYOUT_BYTES,   /* as many as the count says; at most the string limit */
	LAYOUT_STRUCT,  /* a struct of fixed size, or as much of it as the count says */
	LAYOUT_ARRAY,   /* as many structs of fixed size as the count says, at most ARRAY_LIMIT bytes */
	LAYOUT_STRINGS, /* a NULL-ended vector of strings: per string __u16 length, bytes */
	LAYOUT_BUFFERS, /* an iovec array: per buffer struct buffer, bytes */
	LAYOUT_COUNT,   /* how many pointers a NULL-ended vector has: __u32 */
	LAYOUT_ENTRIES, /* how many directory entries as many bytes as the count says hold: __u32 */
	LAYOUT_POINTERS, /* a vector of pointers to structs of fixed size, captured one by one as LAYOUT_STRUCT */
	LAYOUT_DESCRIPTOR, /* what a file descriptor is: struct descriptor */
};

enum capture_constant {
	PATH_LIMIT = 3072,
	STRING_LIMIT_MAX = 3072, /* what a recording may ask for */
	ARRAY_LIMIT = 512,
	VECTOR_LIMIT = 64,   /* elements of LAYOUT_STRINGS and LAYOUT_BUFFERS */
	COUNT_LIMIT =
		65536, /* pointers counted of LAYOUT_COUNT; 512 before Linux 5.17. A vector with more is not counted */
	ENTRIES_LIMIT =
		65536, /* entries counted of LAYOUT_ENTRIES; 1,024 before Linux 5.17. A buffer with more is not counted */
	/* Of a length in LAYOUT_STRINGS. */
	STRING_TRUNCATED = 0x8000,
	STRING_UNREADABLE = 0x4000, /* 8 bytes follow: the pointer */
	BUFFER_UNREADABLE = 0xffff, /* of buffer.captured: no bytes follow */
	/* Of struct capture's flags. */
	CAPTURE_ENTRY = 1 << 0,
	CAPTURE_TRUNCATED = 1 << 1,
};

struct capture {
	__u8 argument; /* index or part, flags << 4 */
	__u8 layout;
	__u16 length;
};

enum argument_constant {
	ARGUMENTS_MASK = 7, /* of record_call.counts */
	CAPTURES_SHIFT = 3,
	CAPTURES_MAX = 31,
	RETURN_ARGUMENT = 7, /* of capture.argument: the capture is of what was returned */
	PART_BIT = 8, /* part n of the capture before it: PART_BIT + n - 1 */
};

/* One element of LAYOUT_BUFFERS. */
struct buffer {
	__u64 address;
	__u64 length; /* as the program gave it */
	__u16 captured; /* bytes that follow */
} __attribute__((packed));

/*
 * What an open file is. A socket has a struct descriptor_socket behind it and
 * its name in the unix domain; another file has the names of its path, the last
 * one first, each with a NUL.
 */
struct descriptor {
	__s32 number; /* the file descriptor; AT_FDCWD for the working directory */
	__u32 magic; /* of the file system: include/uapi/linux/magic.h */
	__u64 inode;
	__u32 device; /* of a device's inode, as the kernel has it: major << 20 | minor */
	__u16 mode; /* type and permissions; 0: nothing is open */
	__u16 flags;
};

enum descriptor_flag {
	DESCRIPTOR_DELETED = 1 << 0, /* the name is gone */
	DESCRIPTOR_CUT = 1 << 1, /* there are more names */
	DESCRIPTOR_NAMELESS = 1 << 2, /* no part of any tree of files: one name and no path */
};

struct descriptor_socket {
	__u16 family;
	__u16 type;
	__u16 protocol;
	__u16 state; /* include/net/tcp_states.h */
	__u16 local_port; /* in network order, as are all of the following */
	__u16 remote_port;
	__u32 port_id; /* netlink's, in the host's order */
	__u8 local[16]; /* an IPv4 address has the first four bytes */
	__u8 remote[16];
	__u64 peer; /* inode of a unix socket's peer */
};

/* TYPE_SIGNAL */
struct record_signal {
	struct record record;
	__u32 delta;
	__u32 number;
	__u32 length; /* of the siginfo that follows: 0 or sizeof info */
	__u32 reserved;
	__u8 info[48];
};

/* TYPE_EXEC: path and arguments follow, in this order. */
struct record_exec {
	struct record record;
	__u32 delta;
	__u32 old_tid;
	__u32 argc;
	__u32 envc;
	__u16 path_length;
	__u16 arguments_length;
	__u32 reserved;
};

/* TYPE_FORK */
struct record_fork {
	struct record record;
	__u32 delta;
	__u32 child_tid;
	__u32 child_pid;
	__u32 reserved;
};

enum exit_flag {
	EXIT_OOM = 1 << 0, /* a victim of the out-of-memory killer */
};

/* TYPE_EXIT */
struct record_exit {
	struct record record;
	__u32 delta;
	__u32 code;
};

/* When a capture is made; of a file descriptor: when to look what it is. */
enum when {
	WHEN_IN = 1, /* memory that the call only reads: read when it has ended, when no page is cold */
	WHEN_EARLY, /* memory that the call reads and overwrites, or that a call reads which never returns */
	WHEN_OUT, /* memory that the call writes: read if it succeeded */
	WHEN_IN_OUT, /* both: EARLY and OUT, two captures */
	WHEN_AROUND, /* EARLY, and when it has ended, with success or not */
};

/* What a capture counts: bytes of LAYOUT_BYTES and LAYOUT_STRUCT, elements of others. */
enum count {
	COUNT_ONE, /* the size alone */
	COUNT_ARGUMENT = 1, /* + i: the value of argument i */
	COUNT_RETURN = 7, /* the return value */
	COUNT_POINTED = 8, /* + i: the __u32 that argument i points to */
	COUNT_ARGUMENT_BITS = 16, /* + i: argument i counts bits, rounded up to 8-byte words (select) */
	COUNT_SELF = 25, /* the memory has its length in itself, in 32 bits */
	COUNT_ARGUMENT_BELOW = 32, /* + i: argument i counts bits and one more (mbind), as COUNT_ARGUMENT_BITS does */
	COUNT_STRUCT = 24, /* of a part: a number in the struct that has its pointer */
};

#endif
