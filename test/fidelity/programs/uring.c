/* Reads a file through io_uring, without a library. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void)
{
	struct io_uring_params parameters = { .flags = IORING_SETUP_CQSIZE, .cq_entries = 16 };
	int ring = syscall(SYS_io_uring_setup, 8, &parameters);
	if (ring < 0)
		return 1;
	size_t size = parameters.sq_off.array + parameters.sq_entries * sizeof(uint32_t);
	size_t completions = parameters.cq_off.cqes + parameters.cq_entries * sizeof(struct io_uring_cqe);
	char *queue = mmap(NULL, size > completions ? size : completions, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
	struct io_uring_sqe *entries = mmap(NULL, parameters.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
	int fd = open("/etc/passwd", O_RDONLY);
	static char text[4096];
	struct iovec buffers = { text, sizeof(text) };
	int files[] = { fd, -1 };
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &buffers, 1);
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, files, 2);
	static struct { struct io_uring_probe probe; struct io_uring_probe_op operations[64]; } probe;
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_PROBE, &probe, 64);
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_EVENTFD, &fd, 1);
	syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_BUFFERS, NULL, 0);
	for (int turn = 0; turn < 3; turn++) {
		uint32_t *tail = (uint32_t *)(queue + parameters.sq_off.tail);
		uint32_t at = *tail & (parameters.sq_entries - 1);
		memset(&entries[at], 0, sizeof(entries[at]));
		entries[at].opcode = turn ? IORING_OP_READ : IORING_OP_NOP;
		entries[at].fd = fd;
		entries[at].addr = (uintptr_t)text;
		entries[at].len = 100;
		((uint32_t *)(queue + parameters.sq_off.array))[at] = at;
		__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
		syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 8);
	}
	syscall(SYS_io_uring_enter, ring, 0, 0, 0, NULL, 0);
	syscall(SYS_io_uring_setup, 0, &parameters);
	write(1, text, 20);
	return 0;
}
