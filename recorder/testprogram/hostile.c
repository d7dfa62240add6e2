/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that memory points to, as nobody who means well lays it out. All of it
 * stands in an arena at a known address, so that the test knows every byte, and
 * between unmapped pages. What is not an object is filled with a marker, which
 * no recording may have.
 */
#include "program.h"
#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <termios.h>

#define ARENA 0x20000000UL
#define ARENA_SIZE 0x10000UL
#define ARENA_END (ARENA + ARENA_SIZE)
#define KERNEL 0xffffffff81000000UL
#define NOWHERE 0x10UL

/* Descriptors that nothing else uses. */
enum { RECEIVER = 100, SENDER = 101 };

/* Fills the arena with the marker. */
static void clear_arena(void)
{
	for (unsigned long at = ARENA; at < ARENA_END; at += 8)
		memcpy((void *)at, "LEAKLEAK", 8);
}

static void make_arena(void)
{
	void *memory = mmap((void *)(ARENA - 4096), ARENA_SIZE + 8192, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	must((long)memory);
	must(mprotect((void *)ARENA, ARENA_SIZE, PROT_READ | PROT_WRITE));
	clear_arena();
}

/* Puts an object at an offset into the arena; a negative one counts from its end. */
static unsigned long put(long offset, const void *data, size_t length)
{
	unsigned long at = (offset < 0 ? ARENA_END : ARENA) + offset;

	memcpy((void *)at, data, length);
	return at;
}

#define put_text(offset, text) put(offset, text, sizeof(text) - 1)

static void make_sockets(int type)
{
	int ends[2];

	must(socketpair(AF_UNIX, type, 0, ends));
	must(dup2(ends[0], RECEIVER));
	must(dup2(ends[1], SENDER));
}

static unsigned long put_header(long offset, unsigned long name, unsigned long name_length, unsigned long vector,
				unsigned long count, unsigned long control, unsigned long control_length)
{
	/* struct msghdr, with what the C library's types would not take. */
	unsigned long words[] = {name, name_length, vector, count, control, control_length, 0};

	return put(offset, words, sizeof(words));
}

static unsigned long put_buffer(long offset, unsigned long base, unsigned long length)
{
	unsigned long words[] = {base, length};

	return put(offset, words, sizeof(words));
}

/* sendmsg: each message alone in the arena. */
static int sent(int argc, char **argv)
{
	unsigned long vector, text;

	make_arena();
	make_sockets(SOCK_DGRAM);
	/* All parts, each among strangers. */
	text = put_text(0x100, "first");
	vector = put_buffer(0x200, text, 5);
	put_buffer(0x210, put_text(0x180, "a\0b"), 3);
	call3(SYS_sendmsg, SENDER,
	      put_header(0x300, put(0x400, "\1\0", 2), 2, vector, 2, put(0x500, "\0\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0", 16),
			 16),
	      1);
	/* The last byte that is mapped, then one too few. */
	clear_arena();
	vector = put_buffer(0x200, put_text(0x100, "last"), 4);
	call3(SYS_sendmsg, SENDER, put_header(-56, 0, 0, vector, 1, 0, 0), 2);
	call3(SYS_sendmsg, SENDER, ARENA_END - 55, 2);
	call3(SYS_sendmsg, SENDER, NOWHERE, 2);
	call3(SYS_sendmsg, SENDER, KERNEL, 2);
	/* Lengths of 2^64-1: of a buffer, of the vector, of the control messages and of the name. */
	clear_arena();
	vector = put_buffer(-16, put_text(-32, "sixteen bytes..."), -1);
	call3(SYS_sendmsg, SENDER, put_header(0x300, 0, 0, vector, 1, 0, 0), 3);
	clear_arena();
	vector = put_buffer(-32, put_text(0x100, "one"), 3);
	put_buffer(-16, put_text(0x180, "two"), 3);
	call3(SYS_sendmsg, SENDER, put_header(0x300, 0, 0, vector, -1, 0, 0), 4);
	clear_arena();
	vector = put_buffer(0x200, put_text(0x100, "one"), 3);
	call3(SYS_sendmsg, SENDER, put_header(0x300, 0, 0, vector, 1, put_text(-16, "control messages"), -1), 5);
	call3(SYS_sendmsg, SENDER, put_header(0x300, put_text(-16, "name of a socket"), -1, vector, 1, 0, 0), 6);
	/* Pointers to nothing and into the kernel. */
	call3(SYS_sendmsg, SENDER, put_header(0x300, NOWHERE, 8, NOWHERE, 1, NOWHERE, 16), 7);
	call3(SYS_sendmsg, SENDER, put_header(0x300, KERNEL, 8, KERNEL, 1, KERNEL, 16), 7);
	call3(SYS_sendmsg, SENDER, put_header(0x300, 0, 0, put_buffer(0x200, KERNEL, 8), 1, 0, 0), 7);
	/* Each pointer leads back to the header, whose first two words are a buffer: of itself. */
	clear_arena();
	put_header(0x300, ARENA + 0x300, 56, ARENA + 0x300, 1, ARENA + 0x300, 56);
	call3(SYS_sendmsg, SENDER, ARENA + 0x300, 8);
	/* A vector of as many buffers as there may be, and of one more. */
	clear_arena();
	text = put_text(0x100, "x");
	for (int i = 0; i < 1025; i++)
		vector = put_buffer(0x2000 + 16 * i, text, 1);
	call3(SYS_sendmsg, SENDER, put_header(0x300, 0, 0, ARENA + 0x2000, 1024, 0, 0), 9);
	call3(SYS_sendmsg, SENDER, put_header(0x300, 0, 0, ARENA + 0x2000, 1025, 0, 0), 9);
	call3(SYS_writev, SENDER, ARENA + 0x2000, 1024);
	return 0;
}

/* The kernel takes no more than 128 bytes of an address, whatever its length. */
static int long_names(int argc, char **argv)
{
	char name[128] = {AF_INET};
	unsigned long vector;
	int one = must(socket(AF_INET, SOCK_DGRAM, 0));

	make_arena();
	must(dup2(one, SENDER));
	put(0x400, name, sizeof(name));
	vector = put_buffer(0x200, put_text(0x100, "one"), 3);
	call3(SYS_sendmsg, SENDER, put_header(0x300, ARENA + 0x400, 500, vector, 1, 0, 0), 1);
	/* A negative length: the call looks at nothing. */
	call3(SYS_connect, SENDER, ARENA + 0x800, -1);
	call3(SYS_bind, SENDER, ARENA + 0x800, 0x80000000);
	/* The upper half of an int's register is nobody's. */
	call3(SYS_connect, SENDER, ARENA + 0x400, 0x4100000010);
	return 0;
}

static void say(const char *text, size_t length)
{
	must(send(SENDER, text, length, 0));
}

/* recvmsg: what stands behind what was received is not the call's. */
static int received(int argc, char **argv)
{
	unsigned long vector;

	make_arena();
	make_sockets(SOCK_DGRAM);
	/* Fewer bytes than there is room for. */
	say("onetwo", 6);
	vector = put_buffer(0x200, ARENA + 0x100, 3);
	put_buffer(0x210, ARENA + 0x140, 60);
	put_buffer(0x220, ARENA + 0x180, 60);
	syscall(SYS_recvmsg, RECEIVER, put_header(0x300, 0, 0, vector, 3, ARENA + 0x800, 64), MSG_DONTWAIT);
	/* More than there is room for, and the whole length is returned. */
	clear_arena();
	say("onetwo", 6);
	vector = put_buffer(0x200, ARENA + 0x100, 4);
	syscall(SYS_recvmsg, RECEIVER, put_header(0x300, 0, 0, vector, 1, 0, 0), MSG_DONTWAIT | MSG_TRUNC);
	/* Nothing. */
	clear_arena();
	vector = put_buffer(0x200, ARENA + 0x100, 60);
	syscall(SYS_recvmsg, RECEIVER, put_header(0x300, ARENA + 0x400, 64, vector, 1, ARENA + 0x800, 64),
		MSG_DONTWAIT);
	/* Bad buffers. */
	say("onetwo", 6);
	vector = put_buffer(0x200, KERNEL, 60);
	syscall(SYS_recvmsg, RECEIVER, put_header(0x300, 0, 0, vector, 1, 0, 0), MSG_DONTWAIT);
	return 0;
}

/* An address for which there was less room than it takes. */
static int received_names(int argc, char **argv)
{
	struct sockaddr_un any = {.sun_family = AF_UNIX};
	unsigned long vector;

	make_arena();
	make_sockets(SOCK_DGRAM);
	strcpy(any.sun_path + 1, "traceloop-hostile");
	must(bind(SENDER, (void *)&any, sizeof(any.sun_family) + 18));
	say("one", 3);
	vector = put_buffer(0x200, ARENA + 0x100, 3);
	syscall(SYS_recvmsg, RECEIVER, put_header(0x300, ARENA + 0x400, 4, vector, 1, 0, 0), MSG_DONTWAIT);
	say("two", 3);
	syscall(SYS_recvmsg, RECEIVER, put_header(0x300, ARENA + 0x400, 128, vector, 1, 0, 0), MSG_DONTWAIT);
	return 0;
}

/* struct mmsghdr at a place in the arena, with parts of its own behind it. */
static unsigned long put_message(long offset, int i, const char *text)
{
	unsigned long at = ARENA + 0x4000 + 0x400 * i;

	memcpy((void *)at, text, 4);
	put_buffer(at - ARENA + 0x10, at, 4);
	memcpy((void *)(at + 0x20), "\1\0name", 6);
	memcpy((void *)(at + 0x40), "\20\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0", 16);
	put_header(offset, at + 0x20, 6, at + 0x10, 1, at + 0x40, 16);
	return put(offset + 56, "\0\0\0\0\0\0\0\0", 8);
}

static int many_sent(int argc, char **argv)
{
	make_arena();
	make_sockets(SOCK_DGRAM);
	/* Six messages with all parts, then one and two more than are captured. */
	for (int i = 0; i < 6; i++)
		put_message(0x100 + 64 * i, i, "six.");
	call4(SYS_sendmmsg, SENDER, ARENA + 0x100, 6, 1);
	for (int i = 0; i < 9; i++)
		put_message(0x100 + 64 * i, i, "nine");
	call4(SYS_sendmmsg, SENDER, ARENA + 0x100, 9, 1);
	/* The count is an unsigned int: two messages, and the rest of the register is nobody's. */
	clear_arena();
	put_message(0x100, 0, "two1");
	put_message(0x140, 1, "two2");
	call4(SYS_sendmmsg, SENDER, ARENA + 0x100, 0x4100000002, 2);
	call4(SYS_sendmmsg, SENDER, ARENA + 0x100, 0, 3);
	/* 2^64-1 messages, of which two are mapped and a half. */
	clear_arena();
	put_message(-160, 0, "end1");
	put_message(-96, 1, "end2");
	call4(SYS_sendmmsg, SENDER, ARENA_END - 160, -1, 4);
	call4(SYS_sendmmsg, SENDER, NOWHERE, 2, 5);
	call4(SYS_sendmmsg, SENDER, KERNEL, -1, 5);
	return 0;
}

static int many_received(int argc, char **argv)
{
	struct sockaddr_un any = {.sun_family = AF_UNIX, .sun_path = "\0traceloop-many"};
	struct timespec second = {1, 0};
	int one = 1;

	make_arena();
	make_sockets(SOCK_DGRAM);
	/* Two of three, and less than there was room for. */
	say("one", 3);
	say("to", 2);
	for (int i = 0; i < 3; i++) {
		put_buffer(0x200 + 16 * i, ARENA + 0x1000 + 0x100 * i, 60);
		put_header(0x400 + 64 * i, 0, 0, ARENA + 0x200 + 16 * i, 1, 0, 0);
		put(0x400 + 64 * i + 56, "\0\0\0\0\0\0\0\0", 8);
	}
	call6(SYS_recvmmsg, RECEIVER, ARENA + 0x400, 3, MSG_DONTWAIT, put(0x800, &second, sizeof(second)), 0);
	/* None. */
	call6(SYS_recvmmsg, RECEIVER, ARENA + 0x400, 3, MSG_DONTWAIT, 0, 0);
	/* As many as are captured, with all parts. */
	must(bind(SENDER, (void *)&any, sizeof(any.sun_family) + 15));
	must(setsockopt(RECEIVER, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)));
	for (int i = 0; i < 7; i++) {
		say("many", 4);
		put_message(0x2000 + 64 * i, i, "room");
	}
	call6(SYS_recvmmsg, RECEIVER, ARENA + 0x2000, 7, MSG_DONTWAIT, put(0x800, &second, sizeof(second)), 0);
	return 0;
}

static unsigned long put_block(long offset, int operation, unsigned long buffer, unsigned long length, int file)
{
	struct iocb block = {
		.aio_data = 7,
		.aio_lio_opcode = operation,
		.aio_fildes = file,
		.aio_buf = buffer,
		.aio_nbytes = length,
	};

	return put(offset, &block, sizeof(block));
}

/* Sets a word of the arena. */
static void put_word(long offset, unsigned long word)
{
	put(offset, &word, sizeof(word));
}

static int blocks(int argc, char **argv)
{
	int file = must(memfd_create("blocks", 0));
	aio_context_t context = 0;

	make_arena();
	must(dup2(file, SENDER));
	must(syscall(SYS_io_setup, 8, &context));
	/* Two writes. */
	put_word(0x100, put_block(0x200, IOCB_CMD_PWRITE, put_text(0x300, "first"), 5, SENDER));
	put_word(0x108, put_block(0x280, IOCB_CMD_PWRITE, put_text(0x340, "second"), 6, SENDER));
	call3(SYS_io_submit, context, 2, ARENA + 0x100);
	/* The middle one of three is nowhere; then it is NULL. */
	put_word(0x110, ARENA + 0x280);
	put_word(0x108, NOWHERE);
	call3(SYS_io_submit, context, 3, ARENA + 0x100);
	put_word(0x108, 0);
	call3(SYS_io_submit, context, 3, ARENA + 0x100);
	/* A vector that points to itself. */
	clear_arena();
	put_word(0x100, ARENA + 0x100);
	for (int i = 1; i < 8; i++)
		put_word(0x100 + 8 * i, 0);
	call3(SYS_io_submit, context, 1, ARENA + 0x100);
	/* A block that is cut short, of a vector that is. */
	clear_arena();
	put_word(-8, ARENA_END - 63);
	call3(SYS_io_submit, context, 2, ARENA_END - 8);
	/* A buffer of 2^64-1 bytes, and one in the kernel. */
	put_word(0x100, put_block(0x200, IOCB_CMD_PWRITE, put_text(-16, "sixteen bytes..."), -1, SENDER));
	call3(SYS_io_submit, context, 1, ARENA + 0x100);
	put_word(0x100, put_block(0x200, IOCB_CMD_PWRITE, KERNEL, 8, SENDER));
	call3(SYS_io_submit, context, 1, ARENA + 0x100);
	/* What is read, or looked at by nobody. */
	clear_arena();
	must(ftruncate(file, 0));
	put_word(0x100, put_block(0x200, IOCB_CMD_PREAD, ARENA + 0x1000, 64, SENDER));
	call3(SYS_io_submit, context, 1, ARENA + 0x100);
	put_word(0x100, put_block(0x200, IOCB_CMD_NOOP, ARENA + 0x1000, 64, SENDER));
	call3(SYS_io_submit, context, 1, ARENA + 0x100);
	/* Counts of nothing and of more than there can be. */
	call3(SYS_io_submit, context, 0, ARENA + 0x100);
	call3(SYS_io_submit, context, 1, NOWHERE);
	call3(SYS_io_submit, context, 1, KERNEL);
	return 0;
}

/* What a call is by an argument's value, and structs with a size of their own. */
static int variants(int argc, char **argv)
{
	struct flock lock = {.l_type = F_WRLCK, .l_len = 5};
	struct open_how how = {.flags = O_RDONLY};
	int file = must(memfd_create("variants", 0));
	unsigned long path;

	make_arena();
	must(dup2(file, SENDER));
	path = put_text(0x100, "/dev/null\0");
	/* The struct ends where the memory does, and one byte later. */
	call3(SYS_fcntl, SENDER, F_SETLK, put(-32, &lock, sizeof(lock)));
	call3(SYS_fcntl, SENDER, F_SETLK, ARENA_END - 31);
	call3(SYS_fcntl, SENDER, F_SETLK, KERNEL);
	call3(SYS_fcntl, SENDER, F_GETFD, ARENA + 0x800);
	/* The upper half of the command is nobody's. */
	call3(SYS_fcntl, SENDER, 0x4100000000 | F_SETLK, put(0x200, &lock, sizeof(lock)));
	/* A command that there is not, with memory behind. */
	call3(SYS_fcntl, SENDER, 0x7eadbeef, ARENA + 0x800);
	call3(SYS_ioctl, SENDER, 0x7eadbeef, ARENA + 0x800);
	/* The call fails and writes nothing. */
	call3(SYS_ioctl, SENDER, TCGETS, ARENA + 0x800);
	call3(SYS_ioctl, SENDER, TCGETS, KERNEL);
	/* A name that does not end, of which fifteen bytes count; then one that fits. */
	call3(SYS_prctl, PR_SET_NAME, put_text(-12, "twelve bytes"), 0);
	call3(SYS_prctl, PR_SET_NAME, put_text(-8, "hostile\0"), 0);
	call3(SYS_prctl, PR_GET_NAME, ARENA + 0x900, 0);
	call3(SYS_prctl, PR_GET_NAME, ARENA_END - 8, 0);
	call3(SYS_prctl, 0x7eadbeef, ARENA + 0x800, 0);
	/* Of its own size: less than the struct, all, more than there is memory. */
	call4(SYS_openat2, AT_FDCWD, path, put(-8, &how, 8), 8);
	call4(SYS_openat2, AT_FDCWD, path, put(-24, &how, 24), 24);
	call4(SYS_openat2, AT_FDCWD, path, ARENA_END - 24, 32);
	call4(SYS_openat2, AT_FDCWD, path, ARENA_END - 24, -1);
	call4(SYS_openat2, AT_FDCWD, path, KERNEL, 24);
	clear_arena();
	call3(SYS_bpf, BPF_MAP_GET_NEXT_KEY, ARENA + 0x100, 0);
	call3(SYS_bpf, BPF_MAP_GET_NEXT_KEY, put(-8, "\377\377\377\377\0\0\0", 8), 8);
	call3(SYS_bpf, BPF_MAP_GET_NEXT_KEY, ARENA_END - 8, 16);
	call3(SYS_bpf, BPF_MAP_GET_NEXT_KEY, ARENA_END - 8, -1);
	call3(SYS_bpf, 0x7eadbeef, put(0x100, "\0\0\0\0\0\0\0", 8), 8);
	/* A path's pointer in a struct that ends before it, and in one that leads nowhere. */
	call3(SYS_bpf, BPF_OBJ_GET, put(-4, "\0\0\0", 4), 4);
	put_word(-16, KERNEL);
	put_word(-8, 0);
	call3(SYS_bpf, BPF_OBJ_GET, ARENA_END - 16, 16);
	put_word(-16, ARENA_END - 16);
	call3(SYS_bpf, BPF_OBJ_GET, ARENA_END - 16, 16);
	call3(SYS_keyctl, 0x7eadbeef, ARENA + 0x800, ARENA + 0x800);
	return 0;
}

/* A message queue's message has as many bytes as its length says. */
static int queues(int argc, char **argv)
{
	int queue = must(msgget(IPC_PRIVATE, 0600));

	make_arena();
	put(0x100, "\1\0\0\0\0\0\0", 8);
	put_text(0x108, "mail");
	call4(SYS_msgsnd, queue, ARENA + 0x100, 4, 0x4000);
	put(-12, "\1\0\0\0\0\0\0", 8);
	put_text(-4, "page");
	call4(SYS_msgsnd, queue, ARENA_END - 12, 4, 0x4000);
	clear_arena();
	call6(SYS_msgrcv, queue, ARENA + 0x100, 64, 0, IPC_NOWAIT, 0);
	msgctl(queue, IPC_RMID, NULL);
	return 0;
}

/* Strings of any bytes, at a page's end. */
static int bytes(int argc, char **argv)
{
	char all[256];

	make_arena();
	for (int i = 0; i < 255; i++)
		all[i] = i + 1;
	all[255] = 0;
	call3(SYS_memfd_create, put(-256, all, 256), 0x8000, 0);
	call4(SYS_openat, AT_FDCWD, put(-256, all, 256), O_RDONLY, 0);
	call4(SYS_openat, AT_FDCWD, ARENA_END - 1, O_RDONLY, 0);
	call4(SYS_openat, AT_FDCWD, ARENA_END, O_RDONLY, 0);
	call3(SYS_write, -1, put(-256, all, 256), 256);
	call3(SYS_write, -1, put(-256, all, 256), -1);
	call3(SYS_write, -1, ARENA_END - 256, 257);
	return 0;
}

#define OUT (ARENA + 0x1000)

/* Room that is larger than what the calls write there. */
static int outputs(int argc, char **argv)
{
	int file = must(memfd_create("outputs", 0)), directory = must(open("/", O_RDONLY | O_DIRECTORY));
	int poll = must(epoll_create1(0)), socket_file = must(socket(AF_INET, SOCK_STREAM, 0));
	struct epoll_event event = {.events = EPOLLIN};
	aio_context_t context = 0;
	unsigned length = 4000;
	int ends[2];

	make_arena();
	make_sockets(SOCK_DGRAM);
	must(pipe(ends));
	must(epoll_ctl(poll, EPOLL_CTL_ADD, ends[0], &event));
	must(write(file, "six by", 6));
	must(write(ends[1], "four", 4));
	call6(SYS_pread64, file, OUT, 4000, 0, 0, 0);
	call6(SYS_pread64, file, OUT, -1, 0, 0, 0);
	call6(SYS_pread64, file, OUT, 4000, 6, 0, 0);
	clear_arena();
	put_buffer(0x100, OUT, 3);
	put_buffer(0x110, OUT + 0x400, 1000);
	put_buffer(0x120, OUT + 0x800, 1000);
	call6(SYS_preadv, file, ARENA + 0x100, 3, 0, 0, 0);
	clear_arena();
	put_buffer(0x100, OUT, 500);
	put_buffer(0x200, put_text(0x300, "remote"), 6);
	call6(SYS_process_vm_readv, getpid(), ARENA + 0x100, 1, ARENA + 0x200, 1, 0);
	clear_arena();
	call3(SYS_getcwd, OUT, 4000, 0);
	call3(SYS_readlink, put_text(0x100, "/proc/self/exe\0"), OUT, 4000);
	call4(SYS_readlinkat, directory, put_text(0x100, "proc/self/cwd\0"), OUT, 4000);
	call4(SYS_getxattr, ARENA + 0x100, put_text(0x200, "user.none\0"), OUT, 4000);
	call3(SYS_flistxattr, directory, OUT, 4000);
	clear_arena();
	call3(SYS_getdents64, directory, OUT, 2000);
	call4(SYS_epoll_wait, poll, OUT, 100, 0);
	call3(SYS_sched_getaffinity, 0, 1024, OUT);
	call3(SYS_getgroups, 100, OUT, 0);
	call4(SYS_getsockopt, socket_file, SOL_SOCKET, SO_RCVBUF, OUT);
	syscall(SYS_getsockopt, socket_file, SOL_SOCKET, SO_RCVBUF, OUT, put(0x100, &length, 4));
	syscall(SYS_getsockopt, socket_file, IPPROTO_TCP, 11, OUT, put(0x100, &length, 4));
	syscall(SYS_getsockopt, RECEIVER, SOL_SOCKET, SO_PEERCRED, OUT, put(0x100, &length, 4));
	syscall(SYS_getsockname, RECEIVER, OUT, put(0x100, &length, 4));
	call6(SYS_recvfrom, RECEIVER, OUT, 4000, MSG_DONTWAIT, 0, 0);
	say("mail", 4);
	call6(SYS_recvfrom, RECEIVER, OUT, 4000, MSG_DONTWAIT, OUT + 0x800, put(0x100, &length, 4));
	clear_arena();
	must(syscall(SYS_io_setup, 8, &context));
	call6(SYS_io_getevents, context, 0, 8, OUT, 0, 0);
	call3(SYS_rt_sigpending, OUT, 8, 0);
	call4(SYS_sched_getattr, 0, OUT, 256, 0);
	call3(SYS_mincore, ARENA, 4096, OUT);
	call3(SYS_ioctl, ends[0], FIONREAD, OUT);
	call3(SYS_fcntl, ends[0], 16 /* F_GETOWN_EX */, OUT);
	call6(SYS_statx, file, put_text(0x100, "\0"), 0x1000, 0x7ff, OUT, 0);
	call3(SYS_getrandom, OUT, 16, 0);
	call3(SYS_keyctl, 31, OUT, 100);
	return 0;
}

/* Structs that have their own size in them, which is less than the kernel's. */
static int sized(int argc, char **argv)
{
	unsigned words[16] = {};

	make_arena();
	/* perf_event_open: type, size. */
	words[0] = 1;
	words[1] = 64;
	put(0x100, words, 64);
	call6(SYS_perf_event_open, ARENA + 0x100, 0, -1, -1, 0, 0);
	/* sched_setattr: size, policy; the first version has 48 bytes. */
	words[0] = 48;
	words[1] = 0;
	put(0x400, words, 48);
	call3(SYS_sched_setattr, 0, ARENA + 0x400, 0);
	/* clone3: the first version has 64 bytes; these flags are none. */
	memset(words, 0, sizeof(words));
	words[1] = 1 << 31;
	put(0x800, words, 64);
	call3(SYS_clone3, ARENA + 0x800, 64, 0);
	return 0;
}

/* Pointers that the calls do not follow, by what else they were given. */
static int ignored(int argc, char **argv)
{
	int poll = must(epoll_create1(0)), ends[2];
	struct epoll_event event = {.events = EPOLLIN};
	unsigned word = 0;

	make_arena();
	must(pipe(ends));
	must(epoll_ctl(poll, EPOLL_CTL_ADD, ends[0], &event));
	call4(SYS_epoll_ctl, poll, EPOLL_CTL_DEL, ends[0], OUT);
	call6(SYS_futex, put(0x100, &word, 4), 1 /* FUTEX_WAKE */, 1, OUT, OUT, 0);
	call3(SYS_shmctl, -1, IPC_RMID, OUT);
	call3(SYS_msgctl, -1, IPC_RMID, OUT);
	call4(SYS_semctl, -1, 0, IPC_RMID, OUT);
	call3(SYS_ioctl, ends[0], FIOCLEX, OUT);
	call6(SYS_fsconfig, -1, 0 /* FSCONFIG_SET_FLAG */, put_text(0x200, "key\0"), OUT, 0, 0);
	call3(SYS_fcntl, ends[0], F_SETFL, OUT & 0);
	return 0;
}

/* A mask of nodes has one bit less than its length says. */
static int nodes(int argc, char **argv)
{
	unsigned long mask = 1;

	make_arena();
	put(0x100, &mask, 8);
	call3(SYS_set_mempolicy, 0, ARENA + 0x100, 65);
	call3(SYS_set_mempolicy, 0, ARENA + 0x800, 1);
	call6(SYS_mbind, ARENA, 4096, 0, ARENA + 0x100, 65, 0);
	call6(SYS_get_mempolicy, 0, ARENA + 0x200, 65, 0, 0, 0);
	return 0;
}

/* A file's handle is as long as it says. */
static int handles(int argc, char **argv)
{
	unsigned words[2] = {128, 0};

	make_arena();
	call6(SYS_name_to_handle_at, AT_FDCWD, put_text(0x100, "/\0"), put(0x200, words, 8), OUT, 0, 0);
	call6(SYS_name_to_handle_at, AT_FDCWD, put_text(0x100, "/dev\0"), put(0x200, words, 8), OUT, 0, 0);
	words[0] = 0;
	call6(SYS_name_to_handle_at, AT_FDCWD, ARENA + 0x100, put(0x400, words, 8), OUT, 0, 0);
	words[0] = 8;
	put(0x408, "12345678", 8);
	call3(SYS_open_by_handle_at, -1, put(0x400, words, 8), 0);
	return 0;
}

static long call32(long number, long first, long second, long third)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(second), "d"(third) : "memory");
	return result;
}

static unsigned long put_words(long offset, unsigned a, unsigned b, unsigned c, unsigned d, unsigned e, unsigned f,
			       unsigned g)
{
	unsigned words[] = {a, b, c, d, e, f, g};

	return put(offset, words, sizeof(words));
}

/* The same by 32-bit calls: 370 is sendmsg, 102 socketcall, whose 16 is sendmsg too. */
static int narrow(int argc, char **argv)
{
	make_arena();
	make_sockets(SOCK_DGRAM);
	/* Two buffers behind a name; the control messages are too short to be any. */
	put_text(0x100, "first");
	put_text(0x180, "a\0b");
	put_words(0x200, ARENA + 0x100, 5, ARENA + 0x180, 3, 0, 0, 0);
	put_text(0x400, "\1\0name");
	put_text(0x500, "control.");
	put_words(-28, ARENA + 0x400, 6, ARENA + 0x200, 2, ARENA + 0x500, 8, 0);
	call32(370, SENDER, ARENA_END - 28, 1);
	call32(370, SENDER, ARENA_END - 27, 1);
	/* Lengths of 2^32-1. */
	put_text(-16, "sixteen bytes...");
	put_words(0x300, ARENA_END - 16, -1, ARENA + 0x200, 1, ARENA_END - 16, -1, 0);
	call32(370, SENDER, ARENA + 0x300, 2);
	memcpy((void *)(ARENA_END - 16), (void *)(ARENA + 0x200), 16);
	put_words(0x300, 0, 0, ARENA_END - 16, -1, 0, 0, 0);
	call32(370, SENDER, ARENA + 0x300, 2);
	/* The words of socketcall at the memory's end, and cut short. */
	put_words(0x300, 0, 0, ARENA + 0x200, 1, 0, 0, 0);
	put_words(0x600, SENDER, ARENA + 0x300, 3, 0, 0, 0, 0);
	memcpy((void *)(ARENA_END - 12), (void *)(ARENA + 0x600), 12);
	call32(102, 16, ARENA_END - 12, 0);
	call32(102, 16, ARENA_END - 11, 0);
	call32(102, 16, NOWHERE, 0);
	/* Itself. */
	put_words(0x700, SENDER, ARENA + 0x700, 4, 0, 0, 0, 0);
	call32(102, 16, ARENA + 0x700, 0);
	return 0;
}

/* Calls that do not come back while the test reads, whose ints have upper halves. */
static int waiting_poll(int argc, char **argv)
{
	struct {
		int file;
		short events, revents;
	} one = {1, 0, 0};

	make_arena();
	put(0x100, &one, sizeof(one));
	ready();
	call3(SYS_poll, ARENA + 0x100, 0x4100000001, -1);
	return 0;
}

static int waiting_connect(int argc, char **argv)
{
	struct sockaddr_un any = {.sun_family = AF_UNIX, .sun_path = "\0traceloop-waiting"};
	socklen_t length = sizeof(any.sun_family) + 18;
	int listener = must(socket(AF_UNIX, SOCK_STREAM, 0));

	make_arena();
	must(bind(listener, (void *)&any, length));
	must(listen(listener, 0));
	put(0x100, &any, length);
	must(connect(must(socket(AF_UNIX, SOCK_STREAM, 0)), (void *)&any, length));
	ready();
	call3(SYS_connect, must(socket(AF_UNIX, SOCK_STREAM, 0)), ARENA + 0x100, 0x4100000000 + length);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{"sent", sent},
		{"long names", long_names},
		{"received", received},
		{"received names", received_names},
		{"many sent", many_sent},
		{"many received", many_received},
		{"blocks", blocks},
		{"variants", variants},
		{"queues", queues},
		{"bytes", bytes},
		{"narrow", narrow},
		{"outputs", outputs},
		{"sized", sized},
		{"ignored", ignored},
		{"nodes", nodes},
		{"handles", handles},
		{"waiting poll", waiting_poll},
		{"waiting connect", waiting_connect},
		{},
	};

	return play(scenes, argc, argv);
}
