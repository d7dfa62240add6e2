/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the test programs share. They make system calls with arguments that
 * nothing else uses, so that a test finds them among those of the C library.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The test takes 99 for "the program could not set its scene". */
#define must(expression)                                                                \
	({                                                                              \
		__typeof__(expression) must_result = (expression);                      \
		if ((long)must_result == -1) {                                          \
			dprintf(2, "%s:%d: %s: %m\n", __FILE__, __LINE__, #expression); \
			_exit(99);                                                      \
		}                                                                       \
		must_result;                                                            \
	})

/*
 * A system call whose arguments are as wide as registers: through the ellipsis
 * of syscall(2) an int leaves the upper half as it happens to be.
 */
#define call6(number, a, b, c, d, e, f) \
	syscall(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define call3(number, a, b, c) call6(number, a, b, c, 0, 0, 0)
#define call4(number, a, b, c, d) call6(number, a, b, c, d, 0, 0)

/* A call that does nothing and fails with EBADF: its arguments are a message. */
static inline void mark(long value, int kind)
{
	call3(SYS_lseek, -1, value, kind);
}

/* Tells the test that the scene is set. */
static inline void ready(void)
{
	must(write(1, "r", 1));
}

/* Waits for the test; ends if the test has gone. */
static inline void await(void)
{
	char byte;

	if (read(0, &byte, 1) != 1)
		_exit(98);
}

/* A copy of data that ends where no memory is mapped. */
static inline void *tail(const void *data, size_t length)
{
	size_t page = 4096, pages = (length + page - 1) / page + 1;
	char *memory = mmap(NULL, (pages + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must((long)memory);
	must(munmap(memory + pages * page, page));
	memory += pages * page - length;
	if (data)
		memcpy(memory, data, length);
	return memory;
}

/*
 * A copy of data on a page that no page table has yet, as a string literal of
 * a program that has just started; it stands at an address if one is given.
 */
static inline void *cold_at(void *address, const void *data, size_t length)
{
	int file = must(memfd_create("cold", MFD_CLOEXEC));
	void *memory;

	must(pwrite(file, data, length, 0));
	memory = mmap(address, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | (address ? MAP_FIXED : 0), file, 0);
	must((long)memory);
	close(file);
	return memory;
}

#define cold(data, length) cold_at(NULL, data, length)
#define cold_string(text) ((char *)cold(text, sizeof(text)))

/* A case of a program: its name is the first argument. */
struct scene {
	const char *name;
	int (*run)(int argc, char **argv);
};

static inline int play(const struct scene *scenes, int argc, char **argv)
{
	for (; scenes->name; scenes++) {
		if (argc > 1 && !strcmp(scenes->name, argv[1]))
			return scenes->run(argc, argv);
	}
	dprintf(2, "%s: no such scene\n", argc > 1 ? argv[1] : "");
	return 99;
}
