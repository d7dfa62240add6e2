/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls whose memory holds what should not be in a recording that is not to
 * have it: PAYLOAD in buffers, STRINGS in strings that are no paths.
 */
#include "program.h"
#include <linux/aio_abi.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/uio.h>

static char payload[] = "PAYLOAD PAYLOAD PAYLOAD";
static char *no_environment[] = {"STRINGS=STRINGS", NULL};

#define size (sizeof(payload) - 1)

static int secrets(int argc, char **argv)
{
	char room[64];
	struct iovec out = {payload, size}, in = {room, sizeof(room)}, third = {room, 8};
	struct msghdr message = {.msg_iov = &out, .msg_iovlen = 1}, received = {.msg_iov = &in, .msg_iovlen = 1};
	struct mmsghdr messages[2] = {{message}, {message}}, rooms[2] = {{received}, {received}};
	struct iocb block = {.aio_lio_opcode = IOCB_CMD_PWRITE, .aio_buf = (long)payload, .aio_nbytes = size};
	struct iocb *blocks[] = {&block};
	struct {
		long type;
		char text[64];
	} mail = {1};
	int file = must(memfd_create("file", 0)), sockets[2], ends[2];
	int queue = must(msgget(IPC_PRIVATE, 0600));
	char *arguments[] = {"STRINGS", "after", "STRINGS", NULL};
	unsigned long context = 0;

	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets));
	must(pipe(ends));
	must(write(file, payload, size));
	must(pwrite(file, payload, size, 0));
	must(writev(file, &out, 1));
	must(pwritev(file, &out, 1, 0));
	must(syscall(SYS_pwritev2, file, &out, 1, 0, 0, 0));
	must(pread(file, room, sizeof(room), 0));
	must(preadv(file, &in, 1, 0));
	must(lseek(file, 0, SEEK_SET));
	must(readv(file, &in, 1));
	must(lseek(file, 0, SEEK_SET));
	must(read(file, room, sizeof(room)));
	for (int i = 0; i < 6; i++)
		must(send(sockets[0], payload, size, 0));
	must(sendmsg(sockets[0], &message, 0));
	must(sendmmsg(sockets[0], messages, 2, 0));
	must(recv(sockets[1], room, sizeof(room), 0));
	must(recvmsg(sockets[1], &received, 0));
	must(recvmmsg(sockets[1], rooms, 2, 0, NULL));
	must(vmsplice(ends[1], &out, 1, 0));
	must(read(ends[0], room, sizeof(room)));
	must(process_vm_readv(getpid(), &in, 1, &out, 1, 0));
	must(process_vm_writev(getpid(), &out, 1, &third, 1, 0));
	memcpy(mail.text, payload, size);
	must(msgsnd(queue, &mail, size, 0));
	must(msgrcv(queue, &mail, sizeof(mail.text), 0, 0));
	must(msgctl(queue, IPC_RMID, NULL));
	block.aio_fildes = file;
	must(syscall(SYS_io_setup, 8, &context));
	must(syscall(SYS_io_submit, context, 1, blocks));
	/* These fail, and have been given it all the same. */
	syscall(SYS_fsetxattr, -1, "user.STRINGS", payload, size, 0);
	syscall(SYS_mq_timedsend, -1, payload, size, 0, NULL);
	syscall(SYS_add_key, "STRINGS", "STRINGS", payload, size, 0);
	syscall(SYS_memfd_create, "STRINGS", 0x8000);
	syscall(SYS_openat, AT_FDCWD, "/dev/null/path", O_RDONLY, 0);
	execve("/dev/null/path", arguments, no_environment);
	execve("/proc/self/exe", arguments, no_environment);
	return 99;
}

static int after(int argc, char **argv)
{
	mark(1, 1);
	return 0;
}

/* A write that does not come back while the test reads. */
static int blocked(int argc, char **argv)
{
	int ends[2];
	char *large = calloc(1, 1 << 20);

	must(pipe(ends));
	must(fcntl(ends[1], F_SETPIPE_SZ, 4096));
	for (int i = 0; i + size < 1 << 20; i += size)
		memcpy(large + i, payload, size);
	ready();
	write(ends[1], large, 1 << 20);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{"secrets", secrets},
		{"after", after},
		{"blocked", blocked},
		{},
	};

	return play(scenes, argc, argv);
}
