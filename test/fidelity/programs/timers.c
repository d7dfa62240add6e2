/* Clocks and timers. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static void caught(int signal) { (void)signal; }

int main(void)
{
	struct timespec moment = { 0, 1000000 }, left;
	struct itimerval interval = { { 0, 0 }, { 0, 2000 } }, old;
	struct sigaction action = { .sa_handler = caught };
	sigaction(SIGALRM, &action, NULL);
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR2, &action, NULL);

	for (int clock = 0; clock < 13; clock++) {
		syscall(SYS_clock_gettime, clock, &moment);
		syscall(SYS_clock_getres, clock, &moment);
	}
	syscall(SYS_clock_gettime, -2, &moment);
	syscall(SYS_clock_gettime, 77, &moment);
	syscall(SYS_clock_getres, CLOCK_REALTIME, NULL);
	struct timeval now;
	struct timezone zone;
	syscall(SYS_gettimeofday, &now, &zone);
	syscall(SYS_gettimeofday, &now, NULL);
	syscall(SYS_time, NULL);
	time_t seconds;
	syscall(SYS_time, &seconds);

	moment = (struct timespec){ 0, 1000000 };
	nanosleep(&moment, &left);
	nanosleep(&(struct timespec){ 0, -1 }, NULL);
	clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, &left);
	clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &moment, NULL);
	setitimer(ITIMER_REAL, &interval, &old);
	getitimer(ITIMER_REAL, &old);
	moment = (struct timespec){ 1, 0 };
	nanosleep(&moment, &left); /* interrupted */
	setitimer(ITIMER_REAL, &interval, NULL);
	clock_nanosleep(CLOCK_BOOTTIME, 0, &moment, &left);
	setitimer(ITIMER_VIRTUAL, &(struct itimerval){ 0 }, NULL);
	getitimer(ITIMER_PROF, &old);
	getitimer(9, &old);
	alarm(100);
	alarm(0);

	timer_t timer;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2, .sigev_value.sival_int = 77 };
	/* Again and again: the first may come before the pause. */
	struct itimerspec every = { { 0, 50000000 }, { 0, 1000000 } }, previous;
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &every, &previous);
	timer_gettime(timer, &previous);
	pause();
	timer_getoverrun(timer);
	every.it_value.tv_sec = 1;
	timer_settime(timer, TIMER_ABSTIME, &every, NULL);
	timer_delete(timer);
	event.sigev_notify = SIGEV_NONE;
	timer_create(CLOCK_REALTIME, &event, &timer);
	timer_delete(timer);
	timer_create(CLOCK_PROCESS_CPUTIME_ID, NULL, &timer);
	timer_settime((timer_t)99, 0, NULL, NULL);

	struct timex state = { 0 };
	adjtimex(&state);
	state.modes = 0;
	clock_adjtime(CLOCK_REALTIME, &state);
	struct tms times_used;
	times(&times_used);
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	getrusage(RUSAGE_CHILDREN, &usage);
	getrusage(RUSAGE_THREAD, &usage);
	struct sysinfo information;
	sysinfo(&information);
	struct utsname name;
	uname(&name);
	return 0;
}
