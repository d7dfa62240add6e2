/* SPDX-License-Identifier: Apache-2.0 */
/* The 32-bit ABI: built for 64 bits and, with -m32, for 32. */
#include "program.h"
#include <sys/uio.h>

static long call32(long number, long first, long second, long third)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(second), "d"(third) : "memory");
	return result;
}

/* 20 is getpid for 32 bits and writev for 64; 5 is open and fstat. */
static int interrupt(int argc, char **argv)
{
	char *path = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	must((long)path);
	strcpy(path, "/nonexistent/32");
	mark(1, 64);
	call32(20, 0, 0, 0);
	call32(5, (long)path, O_RDONLY, 0);
	call32(19, -1, 2, 32);
	mark(3, 64);
	return 0;
}

/* A 32-bit vector: pointers and lengths of four bytes. */
static int vector(int argc, char **argv)
{
	struct iovec buffers[2] = {{"four", 4}, {"eight...", 8}};
	int ends[2];

	must(pipe(ends));
	must(dup2(ends[1], 101));
	must(writev(101, buffers, 2));
	syscall(SYS_openat, -100, "/nonexistent/vector", O_RDONLY);
	mark(sizeof(long), 0);
	return 0;
}

/* Executes the programs that its arguments name, one after the other. */
static int hop(int argc, char **argv)
{
	mark(argc, sizeof(long));
	if (argc == 2)
		return 0;
	/* PROGRAM hop NEXT REST... becomes NEXT hop REST... */
	argv[0] = argv[2];
	memmove(&argv[2], &argv[3], (argc - 2) * sizeof(*argv));
	execv(argv[0], argv);
	return 99;
}

int main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{"interrupt", interrupt},
		{"vector", vector},
		{"hop", hop},
		{},
	};

	return play(scenes, argc, argv);
}
