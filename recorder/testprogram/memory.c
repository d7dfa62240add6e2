/* SPDX-License-Identifier: Apache-2.0 */
/* Memory behind arguments: cold, missing, cut, next to what must not be read. */
#include "program.h"
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

/* Descriptors that nothing else uses. */
enum { READER = 100, WRITER = 101 };

static void make_pipe(void)
{
	int ends[2];

	must(pipe(ends));
	must(dup2(ends[0], READER));
	must(dup2(ends[1], WRITER));
}

static int cold_pages(int argc, char **argv)
{
	struct timespec moment = {0, 1234};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	make_pipe();
	call4(SYS_openat, AT_FDCWD, cold_string("/nonexistent/cold"), O_RDONLY, 0);
	call3(SYS_nanosleep, cold(&moment, sizeof(moment)), 0, 0);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, cold(&set, sizeof(set)), NULL, 8);
	call3(SYS_write, WRITER, cold_string("cold buffer"), 11);
	return 0;
}

static int bad_pointers(int argc, char **argv)
{
	make_pipe();
	call4(SYS_openat, AT_FDCWD, 0x10, O_RDONLY, 0);
	call4(SYS_openat, AT_FDCWD, 0xffffffff81000000, O_RDONLY, 0);
	call4(SYS_openat, AT_FDCWD, 0x8000000000000000, O_RDONLY, 0);
	call4(SYS_openat, AT_FDCWD, NULL, O_RDONLY, 0);
	call3(SYS_write, WRITER, 0x10, 8);
	call3(SYS_nanosleep, 0x10, 0, 0);
	return 0;
}

static int exact_bytes(int argc, char **argv)
{
	static const char zeros[] = "a\0b\0\0c";
	char *buffer = tail(NULL, 64);

	make_pipe();
	call3(SYS_write, WRITER, zeros, 6);
	/* The rest of the buffer is somebody's secret. */
	memset(buffer, 'S', 64);
	call3(SYS_read, READER, buffer, 64);
	call3(SYS_write, WRITER, tail("0123456789", 10), 10);
	call3(SYS_write, WRITER, tail("0123456789", 10), 0);
	call3(SYS_read, READER, tail(NULL, 10), 10);
	/* A page's end in the midst of what is written. */
	call3(SYS_write, WRITER, tail(NULL, 4096 + 3), 8);
	return 0;
}

static int strings(int argc, char **argv)
{
	char path[PATH_MAX];

	/* The NUL is the last byte that is mapped. */
	call4(SYS_openat, AT_FDCWD, tail("/nonexistent/tail", 18), O_RDONLY, 0);
	call4(SYS_openat, AT_FDCWD, tail("", 1), O_RDONLY, 0);
	/* No NUL before the end: EFAULT, and nothing to show. */
	call4(SYS_openat, AT_FDCWD, tail("/nonexistent/endless", 20), O_RDONLY, 0);
	call3(SYS_memfd_create, tail("short", 6), 0x8000, 0);
	call3(SYS_memfd_create, tail("exactly-sixteen.", 17), 0x8000, 0);
	call3(SYS_memfd_create, tail("seventeen-letters", 18), 0x8000, 0);
	/* Longer than what is kept of a path. */
	memset(path, 'p', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = 0;
	call4(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
	path[3072] = 0;
	call4(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
	return 0;
}

static int addresses(int argc, char **argv)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(any);
	int one = must(socket(AF_INET, SOCK_DGRAM, 0));
	int other = must(socket(AF_INET, SOCK_DGRAM, 0));
	unsigned char room[128];

	must(bind(one, (void *)&any, sizeof(any)));
	must(getsockname(one, (void *)&any, &length));
	must(sendto(other, "datagram", 8, 0, (void *)&any, sizeof(any)));
	must(dup2(one, READER));
	/* More room than the address takes. */
	memset(room, 'S', sizeof(room));
	length = sizeof(room);
	syscall(SYS_getsockname, READER, room, &length);
	/* Less: the kernel says how long the address is and writes what fits. */
	memset(room, 'S', sizeof(room));
	length = 4;
	syscall(SYS_getsockname, READER, room, &length);
	memset(room, 'S', sizeof(room));
	length = sizeof(room);
	syscall(SYS_recvfrom, READER, room + 64, 64, 0, room, &length);
	return 0;
}

static int vectors(int argc, char **argv)
{
	struct iovec out[3] = {{tail("one", 3), 3}, {NULL, 0}, {tail("t\0o", 3), 3}};
	char *first = tail(NULL, 4), *second = tail(NULL, 8), *third = tail(NULL, 8);
	struct iovec in[3] = {{first, 4}, {second, 8}, {third, 8}};

	make_pipe();
	memset(second, 'S', 8);
	memset(third, 'S', 8);
	syscall(SYS_writev, WRITER, tail(out, sizeof(out)), 3);
	syscall(SYS_readv, READER, tail(in, sizeof(in)), 3);
	printf("%lx %lx %lx %lx %lx\n", (long)out[0].iov_base, (long)out[2].iov_base, (long)first, (long)second,
	       (long)third);
	return 0;
}

/* Numbers that no call has, and two of x32. */
static int numbers(int argc, char **argv)
{
	call6(0x1ff, 1, 2, 3, 4, 5, 6);
	call6(0x12345678, 7, 8, 9, 10, 11, 0x123456789abc);
	call6(-1, 1, 2, 3, 4, 5, 6);
	/* A number of x32 without its bit is none. */
	call6(0x200, 1, 2, 3, 4, 5, 6);
	call6(0x3ff, 1, 2, 3, 4, 5, 6);
	call6(0x40000000 | 39, 1, 2, 3, 4, 5, 6);
	call6(0x40000000 | 700, 1, 2, 3, 4, 5, 6);
	mark(20, 0);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{"cold pages", cold_pages},   {"bad pointers", bad_pointers},
		{"exact bytes", exact_bytes}, {"strings", strings},
		{"addresses", addresses},     {"vectors", vectors},
		{"numbers", numbers},         {},
	};

	return play(scenes, argc, argv);
}
