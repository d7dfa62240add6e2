/* SPDX-License-Identifier: Apache-2.0 */
/* File descriptors: what they are, and become. */
#include "program.h"
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* The test gives a directory of its own as the second argument. */

static int paths(int argc, char **argv)
{
	int file, directory;

	must(chdir(argv[2]));
	must(mkdir("one", 0700));
	must(mkdir("one/two", 0700));
	file = must(open("one/two/file", O_CREAT | O_RDWR, 0600));
	call3(SYS_write, file, "1", 1);
	must(rename("one/two/file", "one/moved"));
	call3(SYS_write, file, "2", 1);
	must(unlink("one/moved"));
	call3(SYS_write, file, "3", 1);
	directory = must(open("one", O_PATH));
	call4(SYS_openat, directory, "none", O_RDONLY, 0);
	must(chdir("one/two"));
	call4(SYS_openat, AT_FDCWD, "none", O_RDONLY, 0);
	call3(SYS_write, must(open("/", O_RDONLY)), "4", 1);
	call3(SYS_write, must(open("/dev/null", O_RDWR)), "5", 1);
	call3(SYS_write, must(open("/proc/self/comm", O_RDWR)), "6", 1);
	call3(SYS_write, 99, "7", 1);
	call3(SYS_write, -1, "8", 1);
	return 0;
}

static int numbers(int argc, char **argv)
{
	int ends[2], file = must(open("/dev/null", O_RDWR));

	must(pipe(ends));
	must(dup2(file, ends[1]));
	call3(SYS_write, ends[1], "1", 1);
	must(close(ends[1]));
	call3(SYS_write, ends[1], "2", 1);
	/* The kernel gives the number, and the memory of its struct file, anew. */
	must(dup2(must(memfd_create("memory", 0)), ends[1]));
	call3(SYS_write, ends[1], "3", 1);
	if (!must(fork())) {
		/* On the stack: what the child has not touched yet, and /dev/null never reads, is on no page. */
		char four = '4';

		call3(SYS_write, file, &four, 1);
		_exit(0);
	}
	wait(NULL);
	return 0;
}

/* What was open before the recording began. */
static int older(int argc, char **argv)
{
	int file = must(open("/dev/null", O_RDWR));
	int sockets[2];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	must(chdir("/usr"));
	ready();
	await();
	call3(SYS_write, file, "1", 1);
	call3(SYS_write, sockets[0], "2", 1);
	call4(SYS_openat, AT_FDCWD, "none", O_RDONLY, 0);
	return 0;
}

/* Uses a descriptor again after so many other calls that the ring has turned. */
static int long_ago(int argc, char **argv)
{
	int file = must(open("/dev/zero", O_RDONLY));
	char byte;

	for (int i = 0; i < 100000; i++) {
		if (i % 1000 == 0)
			call3(SYS_read, file, &byte, 1);
		call3(SYS_lseek, -1, i, 0);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{"paths", paths}, {"numbers", numbers}, {"older", older}, {"long ago", long_ago}, {},
	};

	return play(scenes, argc, argv);
}
