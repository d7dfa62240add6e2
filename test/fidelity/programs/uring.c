/* Reads a file through io_uring, without a library, and registers with a ring what there is to register. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Registers with a ring: descriptors, buffers, workers. */
static void make_registrations(int ring, int fd, char *text)
{
	int files[] = { fd, -1, fd };
	struct iovec buffers[] = { { text, 1000 }, { text + 1000, 2000 } };
	uint64_t tags[] = { 1, 2, 3 };
	struct io_uring_files_update update = { .offset = 1, .fds = (uintptr_t)&fd };
	struct io_uring_rsrc_register files2 = { .nr = 3, .data = (uintptr_t)files, .tags = (uintptr_t)tags };
	struct io_uring_rsrc_update2 update2 = { .offset = 1, .data = (uintptr_t)files, .tags = (uintptr_t)tags, .nr = 2 };
	struct io_uring_rsrc_register buffers2 = { .nr = 2, .data = (uintptr_t)buffers };
	struct io_uring_rsrc_update2 buffers_update = { .data = (uintptr_t)buffers, .tags = (uintptr_t)tags, .nr = 1 };
	uint32_t workers[] = { 3, 4 };
	uint64_t cpus = 1;

	syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_EVENTFD, NULL, 0);
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES_UPDATE, &update, 1);
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES_UPDATE, &update, 0);
	syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_FILES, NULL, 0);
	syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_FILES, NULL, 0);
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES2, &files2, sizeof(files2));
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES_UPDATE2, &update2, sizeof(update2));
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES_UPDATE2, &update2, 5);
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS2, &buffers2, sizeof(buffers2));
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS_UPDATE, &buffers_update, sizeof(buffers_update));
	syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_BUFFERS, NULL, 0);
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, buffers, 2);
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, NULL, 2);
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_IOWQ_MAX_WORKERS, workers, 2);
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_IOWQ_AFF, &cpus, sizeof(cpus));
	syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_IOWQ_AFF, NULL, 0);
	int personality = syscall(SYS_io_uring_register, ring, IORING_REGISTER_PERSONALITY, NULL, 0);
	syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_PERSONALITY, NULL, personality);
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
	struct io_uring_restriction restrictions[] = {
		{ .opcode = IORING_RESTRICTION_REGISTER_OP, .register_op = IORING_REGISTER_BUFFERS },
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_READV },
		{ .opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED, .sqe_flags = IOSQE_ASYNC },
	};
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_RESTRICTIONS, restrictions, 3);
	struct io_uring_rsrc_update rings = { .offset = -1u, .data = ring };
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_RING_FDS, &rings, 1);
	syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_RING_FDS, &rings, 1);
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct io_uring_buf_reg provided = { .ring_addr = (uintptr_t)memory, .ring_entries = 8, .bgid = 5 };
	syscall(SYS_io_uring_register, ring, IORING_REGISTER_PBUF_RING, &provided, 1);
	syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_PBUF_RING, &provided, 1);
	syscall(SYS_io_uring_register, -1, IORING_REGISTER_EVENTFD_ASYNC, &fd, 1);
	syscall(SYS_io_uring_register, fd, 99, text, 7);
	uint64_t mask = 1 << 9;
	syscall(SYS_io_uring_enter, ring, 0, 0, IORING_ENTER_GETEVENTS, &mask, 8);
	syscall(SYS_io_uring_enter, fd, 1, 2, IORING_ENTER_SQ_WAKEUP | IORING_ENTER_SQ_WAIT | 0x100, NULL, 0);
}

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
	make_registrations(ring, fd, text);
	syscall(SYS_io_uring_setup, 0, &parameters);
	write(1, text, 20);
	return 0;
}
