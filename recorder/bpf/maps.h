/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRACELOOP_MAPS_H
#define TRACELOOP_MAPS_H

/* What the programs share with each other and with user space. */

#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include "layout.h"

enum limit {
	RECORDINGS = 1024,      /* at once */
	MEMBERSHIPS = 8,        /* recordings that one task can be in */
	CALL_NUMBERS = 576,     /* per ABI; x86's third ABI ends at 547 */
	RECORD_MAX = 3840,      /* bytes; with a chunk's header, a task and a time it fits a chunk */
	EARLY_MAX = 2560,       /* bytes captured at a call's entry */
	CAPTURES = 8,
	ELEMENTS = 7,           /* captured one by one of an array */
	CAPTURE_STEPS = 48,     /* captures tried for a call */
	DESCRIBED = 4096,       /* descriptors remembered to be described */
	DESCRIPTORS = 16,       /* looked at in one capture */
	CGROUP_DEPTH = 32,
	STATES = 4096,          /* tasks whose state is found without a look-up of their storage */
	VERDICTS = 16384,
	NAMESPACES = 16384,     /* mount namespaces that were seen and may still be */
	CGROUP_NAMES = 384,     /* bytes of a cgroup's path that are kept */
	CGROUP_NAME_MAX = 128,  /* bytes of one name, with its NUL */
	CGROUP_LEVELS = 6,      /* names */
	ATTACHMENT_NAME = 256,  /* bytes of a name that Attach was given */
	NOTE = 8192,            /* bytes */
	RING_LINE = 64,
	ERRNO_SLOTS = 64,       /* failures with a higher errno count in the last */
};

/* Operations that can fail, each counted by errno. */
enum place {
	PLACE_READ_STRING,   /* a string behind an argument */
	PLACE_READ_BYTES,    /* a buffer or struct behind an argument */
	PLACE_READ_VECTOR,   /* an element of a vector */
	PLACE_TASK_STORAGE,  /* memory for a task's state */
	PLACE_NESTED,        /* a program interrupted another on its CPU */
	PLACE_NO_RING,       /* a recording's ring is gone */
	PLACE_NO_CHUNK,      /* every chunk tried was being written */
	PLACE_TOO_LARGE,     /* a record did not fit a chunk */
	PLACE_MEMBERSHIPS,   /* a task is in more recordings than fit */
	PLACE_ADOPT,         /* an unseen mount namespace could not be noted */
	PLACES,
};

/* A recording's options, by its index. */
struct recording {
	__u32 id;             /* index | incarnation << 16; 0: free */
	__u32 layouts;        /* bit per layout that is captured */
	__u32 slots;          /* chunks that hold records */
	__u32 header_chunks;  /* chunks before them */
	__u32 string_limit;
	__u32 stale;          /* an open chunk this many sequence numbers old is left */
	__u32 incarnation;    /* of the last id with this index; it outlives the recording */
	__u32 reserved;
	__u64 native[9];      /* calls to record, a bit per number; the last bit: numbers beyond */
	__u64 compat[9];
};

enum identity_flag {
	IDENTITY_LATE = 1 << 0, /* it ran before the recording began */
	IDENTITY_EXITED = 1 << 1, /* its first process has ended */
	IDENTITY_OWN_PIDS = 1 << 2, /* it has a PID namespace of its own */
};

/*
 * Which container the programs adopted into a recording, by the recording's
 * index. They alone write it, while the recording lasts.
 */
struct identity {
	__u64 generation; /* no two adoptions have the same; 0: none */
	__u64 namespace; /* the mount namespace, as namespace_of tells it */
	__u64 cgroup; /* ID */
	__u64 root; /* address of its root directory's dentry */
	__u64 began, executed, ended; /* CLOCK_BOOTTIME, ns; 0: not yet */
	__u32 id; /* of the recording */
	__u32 inode; /* of the mount namespace */
	__u32 pid; /* of the first process */
	__u32 status; /* that it ended with */
	__u32 tasks; /* alive */
	enum identity_flag flags;
	__u32 oom_kills;
	__u32 names_length;
	char names[CGROUP_NAMES]; /* of the cgroup's path, the last one first, each with a NUL */
};

enum namespace_verdict {
	NAMESPACE_ADOPTED,
	NAMESPACE_IGNORED, /* never to be adopted again */
	NAMESPACE_REFUSED, /* there was no ring, and it is counted; a later call of its tasks tries again */
	NAMESPACE_OLD, /* it was there before containers were adopted */
};

/* A mount namespace that was seen. */
struct namespace
{
	__u32 id; /* of the recording; one that is gone means none */
	enum namespace_verdict verdict;
};

/* What user space must know of a recording that is there before it, by the recording's index. */
struct attachment {
	__u32 id; /* of the recording; 0: there is none, or the programs adopted it */
	__u32 scope;
	__u64 key;
	__u64 began; /* CLOCK_BOOTTIME, ns */
	__u64 ended; /* when it was detached; 0: it is attached */
	__u32 name_length;
	__u32 reserved;
	char name[ATTACHMENT_NAME];
};

/* A text that user space keeps with a recording. */
struct note {
	__u32 length;
	char text[NOTE];
};

/* Recordings that cover a mount namespace, a cgroup or a process's children. */
struct members {
	__u32 ids[MEMBERSHIPS]; /* 0: none */
};

/*
 * What to capture of one argument, or of the memory that this points to in
 * turn: its parts stand behind it.
 */
struct capture_row {
	__u8 argument;
	__u8 layout;
	__u8 when;
	__u8 count;
	__u16 size;
	__u8 limit; /* argument + 1 that the count never exceeds; of a part: where its struct says what was filled; 0: none */
	__u8 conditional; /* only if the row's condition of the same index holds */
	__u16 pointer; /* of a part: where its pointer stands in the struct before it; else bytes besides the count's */
	__u16 count_offset; /* of a part: where its count stands, or the count itself */
	__u8 count_width; /* of a part: bytes of its count; 0: it is count_offset */
	__u8 part; /* its number; 0: none */
	__u8 one_by_one; /* each element has a capture of its own, with its parts */
	__u8 descriptors; /* bytes from one file descriptor in it to the next; 0: there are none */
} __attribute__((aligned(8)));

/* Whether an argument points to memory, from another one's value. */
struct condition {
	__u64 values; /* a bit per value below 64 */
	__u32 mask;
	__u8 argument;
	__u8 reserved[3];
};

/* A system call, as far as the kernel side must know it. */
struct call_row {
	__u8 arguments; /* six for a number that has no row of its own */
	__u8 captures;
	__u8 early; /* of the captures, how many are made at entry */
	__u8 variant; /* argument + 1 whose value may lead to another row; 0: none */
	__u8 descriptors; /* bit per argument that is one; bit 7: what is returned is */
	__u8 early_descriptors; /* those of them that the call closes */
	__u8 late_descriptors; /* those of them that the call changes */
	__u8 on_stack; /* the first argument is where a signal's frame has its mask */
	__u8 indirect; /* the variants' arguments stand where the second argument points to */
	__u8 narrow; /* bit per argument that has 32 bits */
	__u8 is_signed; /* those of them that are signed: less than none is none */
	__u8 duplicates; /* what is returned is another number for the first argument's file */
	__u8 reserved[4];
	struct capture_row capture[CAPTURES];
	struct condition only[CAPTURES];
};

/* A membership of a task in a recording. */
struct membership {
	__u32 id;
	__u32 reserved;
	__u64 sequence; /* of the chunk that holds the task's record_task */
};

#define TREE_PENDING 0x80000000 /* of an id in tree: recorded from its next execve on */

/* What is kept of a recorded task and changes with each of its calls. */
struct task_state {
	__u32 generation; /* of the scopes that the memberships were made from */
	__u32 count; /* of memberships */

	/* The call that it is in. */
	__u32 version; /* odd while what follows changes */
	__u32 number;
	__u8 in_call;
	__u8 abi;
	__u8 wanted; /* bit per membership whose recording wants the call */
	__u8 early_count;
	__u8 early_arguments; /* bit per argument that was captured at entry */
	__u8 joined; /* bit per membership that is newer than the call */
	__u16 early_length;
	__u64 start;
	__u64 arguments[6];

	struct membership memberships[MEMBERSHIPS];
	__u32 tid, pid, container_tid, container_pid;
	union {
		char comm[16];
		__u64 comm_words[2];
	};
	__u32 tree[MEMBERSHIPS]; /* recordings it is in by descent */
	__u32 pending; /* one of tree is pending */
	__u32 row; /* of the call that it is in */
	__u32 inner; /* of an indirect call, which: the first argument that it was made with */
	__u32 home; /* recording of the container that it is in, which counts it; 0: none */
	__u32 setup; /* RECORD_SETUP, or 0: what its records are marked with */
	__u32 room; /* bytes that an address's length argument gave, ~0 if it gave none */
};

/*
 * A recorded task's storage. Finding it takes a helper call at each end of a
 * system call, a tenth of what recording a call costs: therefore a task's state
 * stands in an array as long as that has room, and here only when it has not.
 */
struct task_memory {
	__u32 index; /* of the state in the array; 0: it is here */
	__u32 reserved;
	struct task_state state;
	__u8 early[EARLY_MAX]; /* captured at a call's entry */
};

/* A path's way from a file up to the root of its task: addresses in the kernel. */
struct walk {
	__u64 dentry;
	__u64 mount;
	__u64 top; /* of the mount */
	__u64 root_dentry;
	__u64 root_mount;
	__s64 step; /* the last: as walk_up returns */
};

/* Where a CPU puts a record together. */
struct scratch {
	__u64 busy;
	__u64 result;
	__u64 arguments[6];
	__u32 size; /* of the record so far */
	__u32 string_limit;
	__u32 pointer_size; /* of the task: 4 or 8 */
	__u32 phase; /* CAPTURE_ENTRY or 0 */
	__u32 captures;
	__u32 room; /* as the state has it */
	__u32 offset; /* in the chunk, of what is written next */
	__u32 layouts;
	__u32 base; /* of the struct that was captured last */
	__u32 base_length;
	__u32 failed; /* the call has */
	__u32 negative; /* bit per argument that is a negative number */
	__u32 reserved;
	/* Of control messages: where they are in the record, and the descriptor that next_control found. */
	__u32 control_at;
	__u32 control_end;
	__u32 control_index;
	__s32 control_number;
	/* Where the captures of a row are: see next_capture. */
	__u32 at; /* row that is next */
	__u32 group; /* row + 1 whose elements are captured one by one; 0: none */
	__u32 turn; /* number of its element */
	__u64 turns; /* how many it has */
	__u64 element; /* address of the element; 0: an argument is captured */
	__u32 has_parts; /* what was captured last has its pointers */
	__u32 pid; /* whose descriptors are described */
	/* Of the recording, for what a descriptor is. */
	__u32 id;
	__u32 stale;
	__u64 newest; /* sequence number */
	struct capture_row row; /* what is captured */
	struct walk walk;
	union {
		struct record record;
		struct record_call call;
		struct record_signal signal;
		struct record_exec exec;
		struct record_fork fork;
		struct record_exit exit;
		__u8 bytes[8192];
	};
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__uint(key_size, 4);
	__uint(value_size, CHUNK_SIZE);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
} ring_template SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, RECORDINGS);
	__uint(key_size, 4);
	__array(values, typeof(ring_template));
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RECORDINGS);
	__type(key, __u32);
	__type(value, struct recording);
} recordings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * CALL_NUMBERS); /* then the variants' rows */
	__type(key, __u32);
	__type(value, struct call_row);
} calls SEC(".maps");

/* The row of a variant, by its call's row and the value of the argument that decides. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64); /* row << 32 | value */
	__type(value, __u32);
} variants SEC(".maps");

/*
 * A descriptor that was described, in this chunk or a later one. Not by CPU:
 * what one wrote down another must not think to be still so. Two that meet in a
 * slot leave what is neither's, and both describe once more.
 */
struct described {
	__u64 descriptor; /* pid << 32 | number */
	__u64 file;
	__u64 dentry;
	__u64 sequence;
	__u32 version; /* of the dentry: it changes with its name */
	__u32 id; /* of the recording */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DESCRIBED);
	__type(key, __u32);
	__type(value, struct described);
} descriptors SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_memory);
} tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, STATES);
	__type(key, __u32);
	__type(value, struct task_state);
} states SEC(".maps");

/* Indices of states that no task has; user space fills it. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, STATES);
	__uint(key_size, 0);
	__uint(value_size, sizeof(__u32));
} free_states SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

/*
 * Who is recorded, by the address of a task's registers, which is its kernel
 * stack's and so its own while it lives:
 *
 *   63        38 37          13 12        0
 *   +-----------+--------------+-----------+
 *   | tag       | generation   | index     |
 *   +-----------+--------------+-----------+
 *
 * The tag is what of the address the slot's number does not say. The index is
 * that of the task's state, or VERDICT_UNRECORDED. One word, so that no CPU
 * ever sees half of an entry. A task's entry is cleared when it ends.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, VERDICTS);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

#define VERDICT_INDEX_BITS 13
#define VERDICT_GENERATION_BITS 25
#define VERDICT_UNRECORDED ((1 << VERDICT_INDEX_BITS) - 1)

/* A word per CPU, through which a pointer becomes a number: see address_of. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} addresses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, RECORDINGS);
	__type(key, __u32); /* inode number */
	__type(value, struct members);
} mount_namespaces SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, RECORDINGS);
	__type(key, __u64); /* cgroup ID */
	__type(value, struct members);
} cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, RECORDINGS);
	__type(key, __u32); /* pid of a process whose coming children are recorded */
	__type(value, struct members);
} parents SEC(".maps");

/* Recordings with a ring that no container has yet; user space fills it. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, RECORDINGS);
	__uint(key_size, 0);
	__uint(value_size, sizeof(__u32));
} stock SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, NAMESPACES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64); /* as namespace_of tells it */
	__type(value, struct namespace);
} namespaces SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RECORDINGS);
	__type(key, __u32);
	__type(value, struct identity);
} identities SEC(".maps");

/* The next two are user space's alone; the programs keep them from being lost with it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RECORDINGS);
	__type(key, __u32);
	__type(value, struct attachment);
} attachments SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, RECORDINGS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32); /* ID of the recording */
	__type(value, struct note);
} notes SEC(".maps");

/* IDs of recordings of which something changed. Who misses one finds it in identities. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} news SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PLACES *ERRNO_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} failures SEC(".maps");

/*
 * Both only grow, and one of them does whenever the answer to "who is
 * recorded?" may have changed: user space's count and the programs' own.
 */
volatile __u32 generation = 1;
volatile __u32 moves = 0;
/* The recorder's own process, never recorded: its number, and when it began, for numbers are given again. */
volatile __u32 self = 0;
volatile __u64 self_start = 0;
/* The host: the kernel's own mount namespace, and the dentries of the first process's and the recorder's root. */
volatile __u64 host_namespace = 0;
volatile __u64 host_root = 0;
volatile __u64 self_root = 0;
/* Whether containers are adopted. */
volatile __u32 adopting = 0;
volatile __u64 adoptions = 0; /* so many, ever */
volatile __u64 refusals = 0; /* containers for which there was no ring */
/* How many entries the scope maps have: empty maps are not looked into. */
volatile __u32 mount_namespace_count = 0;
volatile __u32 cgroup_count = 0;
volatile __u32 parent_count = 0;

/*
 * Words at any address in a record. Functions and not casts: of the address of
 * a byte array's element the compiler knows that it may be odd, and writes a
 * word as eight bytes. Volatile, or it makes a memcpy of a loop.
 */
static __always_inline void store_word(void *to, __u64 word)
{
	*(volatile __u64 *)to = word;
}

static __always_inline void copy_word(void *to, void *from)
{
	store_word(to, *(volatile __u64 *)from);
}

/*
 * Functions that are not static are checked by the verifier once, for any
 * arguments, and not anew on every path that calls them.
 */
__noinline int count_failure(enum place place, long error)
{
	__u32 errno = error < 0 ? -error : error;
	__u32 key = place * ERRNO_SLOTS + (errno < ERRNO_SLOTS ? errno : ERRNO_SLOTS - 1);
	__u64 *count = bpf_map_lookup_elem(&failures, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}

#endif
