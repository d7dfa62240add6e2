/* Signals: actions, masks, waiting, sending, in all ways. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static void caught(int signal) { (void)signal; }

static void caught_with_information(int signal, siginfo_t *information, void *context) {}

static void step_over(int signal, siginfo_t *information, void *context)
{
	/* Gives the faulting instruction a valid page. */
	mmap((void *)((uintptr_t)information->si_addr & ~0xfffUL), 4096, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

int main(void)
{
	struct sigaction action = { .sa_handler = caught }, old;
	sigset_t mask, pending, everything;
	sigfillset(&everything);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGUSR2);
	sigaddset(&mask, SIGRTMIN + 5);

	sigaction(SIGUSR1, &action, &old);
	action.sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER;
	action.sa_sigaction = caught_with_information;
	action.sa_mask = everything;
	sigaction(SIGUSR2, &action, NULL);
	action.sa_mask = mask;
	sigaction(SIGRTMIN + 5, &action, NULL);
	action = (struct sigaction){ .sa_handler = SIG_IGN, .sa_flags = SA_NOCLDSTOP | SA_NOCLDWAIT };
	sigaction(SIGWINCH, &action, NULL);
	sigaction(SIGCHLD, NULL, &old);
	sigaction(SIGKILL, &action, NULL);
	sigaction(99, &action, NULL);

	sigprocmask(SIG_BLOCK, &mask, &pending);
	sigprocmask(SIG_SETMASK, NULL, &pending);
	kill(getpid(), SIGUSR1);
	sigpending(&pending);
	siginfo_t information;
	struct timespec timeout = { 0, 1000000 };
	sigtimedwait(&mask, &information, &timeout);
	sigtimedwait(&mask, &information, &timeout);
	sigqueue(getpid(), SIGRTMIN + 5, (union sigval){ .sival_int = 42 });
	sigwaitinfo(&mask, &information);
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
	kill(getpid(), SIGUSR1);
	syscall(SYS_tgkill, getpid(), getpid(), SIGUSR2);
	syscall(SYS_tkill, getpid(), SIGUSR1);
	sigqueue(getpid(), SIGUSR2, (union sigval){ .sival_ptr = (void *)0x1234 });
	siginfo_t forged = { .si_signo = SIGUSR1, .si_code = SI_QUEUE };
	forged.si_pid = 1;
	forged.si_uid = 2;
	forged.si_value.sival_int = 3;
	syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &forged);
	syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGUSR1, &forged);
	raise(SIGWINCH);
	kill(0, 0);
	kill(getpid(), 0);
	kill(2000000000, SIGTERM);

	stack_t stack = { .ss_sp = malloc(SIGSTKSZ), .ss_size = SIGSTKSZ }, old_stack;
	sigaltstack(&stack, &old_stack);
	sigaltstack(NULL, &old_stack);
	stack.ss_flags = SS_DISABLE;
	sigaltstack(&stack, NULL);

	action = (struct sigaction){ .sa_sigaction = step_over, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND };
	sigaction(SIGSEGV, &action, NULL);
	*(volatile char *)0x10000000 = 1;

	/* A child that stops, goes on and ends. */
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = caught }, NULL);
	pid_t child = fork();
	if (child == 0) {
		raise(SIGSTOP);
		_exit(9);
	}
	int status;
	waitpid(child, &status, WUNTRACED);
	kill(child, SIGCONT);
	waitpid(child, &status, WCONTINUED);
	struct timespec pause_time = { 0, 50000000 };
	nanosleep(&pause_time, NULL);
	waitid(P_PID, child, &information, WEXITED | WNOWAIT);
	waitid(P_ALL, 0, &information, WEXITED | WNOHANG);
	waitid(P_ALL, 0, &information, WEXITED | WNOHANG);
	/* One that is killed, and one that suspends itself until it is told. */
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	kill(child, SIGKILL);
	wait4(child, &status, 0, NULL);
	/* Blocked, the signal waits if it comes too early. */
	sigprocmask(SIG_BLOCK, &mask, NULL);
	child = fork();
	if (child == 0) {
		sigset_t none;
		sigemptyset(&none);
		sigsuspend(&none);
		_exit(0);
	}
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
	nanosleep(&pause_time, NULL);
	kill(child, SIGUSR1);
	waitpid(-1, &status, 0);
	waitpid(-1, &status, WNOHANG);
	/* One that aborts. */
	child = fork();
	if (child == 0)
		abort();
	waitpid(child, &status, 0);
	return 0;
}
