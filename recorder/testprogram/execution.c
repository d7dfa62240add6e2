/* SPDX-License-Identifier: Apache-2.0 */
/* execve in its ways: successful, failed, from cold memory, by another thread. */
#include "program.h"

static char *no_environment[] = {NULL};

static int done(int argc, char **argv)
{
	mark(argc, 1);
	return 0;
}

/* The path and the arguments stand where nothing has looked yet. */
static int cold_success(int argc, char **argv)
{
	char *arguments[] = {cold_string("renamed"), cold_string("done"), cold_string("third"), NULL};

	execve(cold_string("/proc/self/exe"), cold(arguments, sizeof(arguments)), no_environment);
	return 99;
}

/* argv[2] cannot be executed; its path stands on a cold page. */
static int cold_path(int argc, char **argv)
{
	char *arguments[] = {"one", "two", NULL};

	execve(cold(argv[2], strlen(argv[2]) + 1), arguments, no_environment);
	return 0;
}

/* The same with arguments on cold pages. */
static int cold_arguments(int argc, char **argv)
{
	char *arguments[] = {cold_string("one"), cold_string("two"), NULL};

	execve(argv[2], cold(arguments, sizeof(arguments)), no_environment);
	return 0;
}

/*
 * The path stands at an address where the next program has something else
 * (see stranger.c): who reads it after the execve reads the stranger's memory.
 */
static int collision(int argc, char **argv)
{
	char *path = cold_at((void *)0x10000000, argv[2], strlen(argv[2]) + 1);
	char *arguments[] = {"stranger", NULL};

	execve(path, arguments, no_environment);
	return 99;
}

/* argv[2] with argv[3] arguments of about ten bytes each. */
static int many(int argc, char **argv)
{
	int count = atoi(argv[3]);
	char **arguments = calloc(count + 1, sizeof(*arguments));

	for (int i = 0; i < count; i++) {
		arguments[i] = malloc(16);
		snprintf(arguments[i], 16, i == 1 ? "done" : "argument%02d", i);
	}
	execve(argv[2], arguments, no_environment);
	return 0;
}

static int script(int argc, char **argv)
{
	char *arguments[] = {argv[2], "with", "arguments", NULL};

	execve(argv[2], arguments, no_environment);
	return 99;
}

static void *execute(void *unused)
{
	char *arguments[] = {"renamed", "done", NULL};

	printf("%ld\n", syscall(SYS_gettid));
	fflush(stdout);
	await();
	execve("/proc/self/exe", arguments, no_environment);
	_exit(99);
}

/* A thread that is not the leader calls execve while the leader is in a call. */
static int by_thread(int argc, char **argv)
{
	pthread_t thread;

	pthread_create(&thread, NULL, execute, NULL);
	for (;;)
		syscall(SYS_pause);
	return 99;
}

int main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{"done", done},
		{"cold success", cold_success},
		{"cold path", cold_path},
		{"cold arguments", cold_arguments},
		{"collision", collision},
		{"many", many},
		{"script", script},
		{"by thread", by_thread},
		{},
	};

	return play(scenes, argc, argv);
}
