/* SPDX-License-Identifier: Apache-2.0 */
/* New tasks, and tasks that move between namespaces. */
#include "program.h"
#include <linux/sched.h>
#include <sys/prctl.h>
#include <time.h>

static int child(void *kind)
{
	mark(1, (long)kind);
	return 0;
}

/* Every way to make a process; each child leaves its mark. */
static int forks(int argc, char **argv)
{
	static char stack[65536];
	struct clone_args arguments = {.exit_signal = SIGCHLD};
	long pid;

	mark(0, 0);
	pid = must(syscall(SYS_fork));
	if (!pid) {
		mark(1, 1);
		_exit(0);
	}
	must(waitpid(pid, NULL, 0));
	/* Not through syscall(2), whose frame the child would tear down. */
	pid = must(vfork());
	if (!pid) {
		mark(1, 2);
		_exit(0);
	}
	must(waitpid(pid, NULL, 0));
	pid = must(clone(child, stack + sizeof(stack), SIGCHLD, (void *)3));
	must(waitpid(pid, NULL, 0));
	pid = must(syscall(SYS_clone3, &arguments, sizeof(arguments)));
	if (!pid) {
		mark(1, 4);
		_exit(0);
	}
	must(waitpid(pid, NULL, 0));
	return 0;
}

/* Says whose numbers it has where it lives: leader and thread. */
static void *speak(void *unused)
{
	mark(syscall(SYS_gettid), 2);
	printf("%d %ld\n", getpid(), syscall(SYS_gettid));
	fflush(stdout);
	return NULL;
}

static int numbers(int argc, char **argv)
{
	pthread_t thread;

	mark(syscall(SYS_gettid), 1);
	pthread_create(&thread, NULL, speak, NULL);
	pthread_join(thread, NULL);
	return 0;
}

/* A child in a time namespace whose clocks are a day ahead. */
static int time_namespace(int argc, char **argv)
{
	struct timespec now;
	int file;
	pid_t pid;

	must(unshare(CLONE_NEWTIME));
	file = must(open("/proc/self/timens_offsets", O_WRONLY));
	must(dprintf(file, "boottime 86400 0\nmonotonic 86400 0\n"));
	close(file);
	pid = must(fork());
	if (pid) {
		must(waitpid(pid, NULL, 0));
		return 0;
	}
	must(syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &now));
	mark(now.tv_sec, 7);
	_exit(0);
}

/* A descendant that lost its parents, first and second, then waits. */
static int orphan(int argc, char **argv)
{
	pid_t parent = 0;

	for (int i = 0; i < 2; i++) {
		parent = getpid();
		if (must(fork()))
			_exit(0);
	}
	/* Until the parent is gone, and somebody else is. */
	while (getppid() == parent)
		sched_yield();
	mark(getpid(), 11);
	ready();
	await();
	mark(getpid(), 12);
	return 0;
}

/* Descendants in a chain, each the child of the one before, all waiting. */
static int chain(int argc, char **argv)
{
	int length = atoi(argv[2]);
	int gate[2];
	char byte;

	must(pipe(gate));
	for (int i = 1; i < length; i++) {
		pid_t pid = must(fork());

		if (pid) {
			close(gate[1]);
			/* The last one holds the other end, until it is told. */
			must(read(gate[0], &byte, 1) + 1);
			mark(i, 21);
			must(waitpid(pid, NULL, 0));
			return 0;
		}
	}
	close(gate[0]);
	ready();
	await();
	mark(length, 21);
	return 0;
}

/* Begets a child for each byte that it is given. */
static int parent(int argc, char **argv)
{
	char byte;

	ready();
	while (read(0, &byte, 1) == 1) {
		pid_t pid = must(fork());

		if (!pid) {
			if (argc > 2) {
				execv(argv[2], argv + 2);
				_exit(99);
			}
			mark(31, 0);
			_exit(0);
		}
		must(waitpid(pid, NULL, 0));
		ready();
	}
	return 0;
}

/* Begets a child that goes to the namespace of argv[2] and leaves two marks. */
static int moving_parent(int argc, char **argv)
{
	int other = must(open(argv[2], O_RDONLY));
	char byte;

	ready();
	while (read(0, &byte, 1) == 1) {
		pid_t pid = must(fork());

		if (!pid) {
			mark(1, 61);
			must(setns(other, CLONE_NEWNS));
			mark(2, 61);
			_exit(0);
		}
		must(waitpid(pid, NULL, 0));
		ready();
	}
	return 0;
}

/* Leaves a mark for each byte that it is given, with the byte's number. */
static int marker(int argc, char **argv)
{
	char byte;

	ready();
	for (long i = 1; read(0, &byte, 1) == 1; i++) {
		mark(i, 41);
		ready();
	}
	return 0;
}

/* Takes the steps that it is told: u: unshare, s: to the namespace of argv[2]. */
static int mover(int argc, char **argv)
{
	int home = must(open("/proc/self/ns/mnt", O_RDONLY));
	int other = -1;
	char step;

	if (argc > 2)
		other = must(open(argv[2], O_RDONLY));
	ready();
	for (long i = 1; read(0, &step, 1) == 1; i++) {
		switch (step) {
		case 'u':
			must(unshare(CLONE_NEWNS));
			break;
		case 's':
			must(setns(other, CLONE_NEWNS));
			break;
		case 'h':
			must(setns(home, CLONE_NEWNS));
			break;
		}
		mark(i, 51);
		ready();
	}
	return 0;
}

/*
 * Makes calls of which much is captured, without end until its standard input
 * ends: six kilobytes of path take the recorder longer than the kernel, which
 * refuses names of more than 255 bytes.
 */
static int busy(int argc, char **argv)
{
	static char text[3000], path[3000];
	int file = must(open("/dev/null", O_WRONLY));

	memset(text, 'w', sizeof(text));
	memset(path, 'p', sizeof(path) - 1);
	must(fcntl(0, F_SETFL, O_NONBLOCK));
	ready();
	for (;;) {
		char byte;

		for (int i = 0; i < 200; i++) {
			must(write(file, text, sizeof(text)));
			for (int k = 0; k < 3; k++)
				rename(path, path);
		}
		if (!read(0, &byte, 1))
			return 0;
	}
}

int main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{"forks", forks},
		{"numbers", numbers},
		{"time namespace", time_namespace},
		{"orphan", orphan},
		{"chain", chain},
		{"parent", parent},
		{"marker", marker},
		{"mover", mover},
		{"moving parent", moving_parent},
		{"busy", busy},
		{},
	};

	return play(scenes, argc, argv);
}
