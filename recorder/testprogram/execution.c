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

static char **variables(int count)
{
	char **vector = calloc(count + 1, sizeof(*vector));

	for (int i = 0; i < count; i++)
		vector[i] = "name=value";
	return vector;
}

/* argv[2] with argv[3] arguments of about ten bytes each, and argv[4] variables. */
static int many(int argc, char **argv)
{
	int count = atoi(argv[3]);
	char **arguments = calloc(count + 1, sizeof(*arguments));

	for (int i = 0; i < count; i++) {
		arguments[i] = malloc(16);
		snprintf(arguments[i], 16, i == 1 ? "done" : "argument%02d", i);
	}
	execve(argv[2], arguments, argc > 4 ? variables(atoi(argv[4])) : no_environment);
	return 0;
}

/* argv[2] with arguments of a megabyte in all; the kernel takes 128 KiB of each. */
static int large(int argc, char **argv)
{
	char *arguments[] = {"large", "done", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
	char *environment[] = {"one=1", "two=2", "three=3", NULL};

	for (int i = 2; i < 10; i++) {
		arguments[i] = calloc(1, 128 * 1024);
		memset(arguments[i], 'a' + i, 128 * 1024 - 1);
	}
	execve(argv[2], arguments, environment);
	return 0;
}

/* argv[2] with vectors and strings that are not what they should be. */
static int hostile(int argc, char **argv)
{
	char *bad[] = {"good", (char *)0xffffffff81000000, "never", NULL};
	char **itself = malloc(2 * sizeof(*itself));
	char **end = tail(NULL, 2 * sizeof(*end));

	itself[0] = (char *)itself;
	itself[1] = NULL;
	end[0] = tail("at the end", 11);
	end[1] = tail("no end", 6);
	call3(SYS_execve, argv[2], bad, NULL);
	call3(SYS_execve, argv[2], end, no_environment);
	call3(SYS_execve, argv[2], 0x10, 0xffffffff81000000);
	call3(SYS_execve, 0xffffffff81000000, itself, itself);
	call3(SYS_execve, "/dev/null", itself, itself);
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
		{"large", large},
		{"hostile", hostile},
		{"by thread", by_thread},
		{},
	};

	return play(scenes, argc, argv);
}
