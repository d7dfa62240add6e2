/* SPDX-License-Identifier: Apache-2.0 */
/* Signals, and calls that end in other ways than by a return. */
#include "program.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <time.h>

static void handle(int number)
{
	mark(number, 1);
}

static void install(int number, void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

	must(sigaction(number, &action, NULL));
}

static int handled(int argc, char **argv)
{
	install(SIGUSR1, handle, 0);
	syscall(SYS_kill, getpid(), SIGUSR1);
	mark(7, 2);
	return 0;
}

static void move(int number)
{
	mark(number, 3);
}

/* A handler's end puts the mask back that its frame has; one runs on another stack, one in another. */
static int masked(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = move, .sa_flags = SA_ONSTACK};
	stack_t stack = {.ss_size = 1 << 16, .ss_sp = tail(NULL, 1 << 16)};
	sigset_t set;

	must(sigaltstack(&stack, NULL));
	must(sigaction(SIGUSR1, &action, NULL));
	must(sigaction(SIGUSR2, &action, NULL));
	syscall(SYS_kill, getpid(), SIGUSR1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMAX);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	syscall(SYS_kill, getpid(), SIGUSR1);
	/* Both at once: the second handler is in the first one's place. */
	sigaddset(&set, SIGUSR1);
	must(sigprocmask(SIG_SETMASK, &set, NULL));
	syscall(SYS_kill, getpid(), SIGUSR1);
	syscall(SYS_kill, getpid(), SIGUSR2);
	sigemptyset(&set);
	must(sigprocmask(SIG_SETMASK, &set, NULL));
	return 0;
}

/* A frame that is none: the stack ends before the mask. The kernel kills the task. */
static int no_frame(int argc, char **argv)
{
	char *end = tail(NULL, 64);

	__asm__ volatile("mov %0, %%rsp; syscall" : : "r"(end), "a"(SYS_rt_sigreturn) : "rcx", "r11", "memory");
	return 99;
}

/* The test stops and continues it: the sleep goes on by restart_syscall. */
static int sleeper(int argc, char **argv)
{
	struct timespec moment = {0, 400 * 1000 * 1000};

	return syscall(SYS_nanosleep, &moment, NULL) ? 99 : 0;
}

/* The test sends a signal while it reads, then lets the read end. */
static int interrupted(int argc, char **argv)
{
	char byte;

	install(SIGUSR1, handle, 0);
	install(SIGUSR2, handle, SA_RESTART);
	must(dup2(0, 100));
	ready();
	if (syscall(SYS_read, 100, &byte, 1) != -1 || errno != EINTR)
		return 99;
	ready();
	if (syscall(SYS_read, 100, &byte, 1) != 1)
		return 99;
	return 0;
}

static void *leave(void *unused)
{
	syscall(SYS_exit, 7);
	return NULL;
}

static int exits(int argc, char **argv)
{
	pthread_t thread;

	pthread_create(&thread, NULL, leave, NULL);
	pthread_join(thread, NULL);
	syscall(SYS_exit_group, 5);
	return 99;
}

static int word;

static void *wait_forever(void *unused)
{
	ready();
	for (;;)
		syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0x5ca1e);
	return NULL;
}

/* A reader and a waiter that the test kills. */
static int killed(int argc, char **argv)
{
	pthread_t thread;
	char room[16];

	must(dup2(0, 100));
	pthread_create(&thread, NULL, wait_forever, NULL);
	ready();
	syscall(SYS_read, 100, room, 16);
	return 99;
}

/* The leader leaves with the process while a thread waits in a call. */
static int thread_ended(int argc, char **argv)
{
	pthread_t thread;

	pthread_create(&thread, NULL, wait_forever, NULL);
	await();
	syscall(SYS_exit_group, 3);
	return 99;
}

static void forbid(int number, unsigned int action)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = 4, .filter = filter};

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

static int seccomp_errno(int argc, char **argv)
{
	forbid(SYS_mkdir, SECCOMP_RET_ERRNO | EACCES);
	syscall(SYS_mkdir, "/denied", 0712);
	forbid(SYS_rmdir, SECCOMP_RET_ERRNO | 0);
	syscall(SYS_rmdir, "/pretended");
	mark(1, 1);
	return 0;
}

/* The refused call's number is 0, and so is what it is told to return. */
static int seccomp_zero(int argc, char **argv)
{
	char byte = 'S';

	forbid(SYS_read, SECCOMP_RET_ERRNO | 0);
	return syscall(SYS_read, 100, &byte, 1) == 0 ? 0 : 99;
}

static int seccomp_kill_process(int argc, char **argv)
{
	forbid(SYS_mkdir, SECCOMP_RET_KILL_PROCESS);
	syscall(SYS_mkdir, "/fatal", 0712);
	return 99;
}

static void *die(void *unused)
{
	forbid(SYS_mkdir, SECCOMP_RET_KILL_THREAD);
	syscall(SYS_mkdir, "/fatal", 0712);
	return NULL;
}

static int seccomp_kill_thread(int argc, char **argv)
{
	pthread_t thread;

	pthread_create(&thread, NULL, die, NULL);
	pthread_join(thread, NULL);
	mark(2, 2);
	return 0;
}

static int seccomp_trap(int argc, char **argv)
{
	install(SIGSYS, handle, 0);
	forbid(SYS_mkdir, SECCOMP_RET_TRAP);
	syscall(SYS_mkdir, "/trapped", 0712);
	mark(3, 3);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{"handled", handled},
		{"masked", masked},
		{"no frame", no_frame},
		{"sleeper", sleeper},
		{"interrupted", interrupted},
		{"exits", exits},
		{"killed", killed},
		{"thread ended", thread_ended},
		{"seccomp errno", seccomp_errno},
		{"seccomp zero", seccomp_zero},
		{"seccomp kill process", seccomp_kill_process},
		{"seccomp kill thread", seccomp_kill_thread},
		{"seccomp trap", seccomp_trap},
		{},
	};

	return play(scenes, argc, argv);
}
