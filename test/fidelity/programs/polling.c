/* Waiting for descriptors, in all ways. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

int main(void)
{
	int ends[2], more[2];
	pipe2(ends, O_CLOEXEC | O_NONBLOCK);
	pipe(more);
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGRTMIN + 2);

	struct pollfd watched[] = { { ends[0], POLLIN | POLLPRI }, { ends[1], POLLOUT | POLLRDHUP }, { 99, POLLIN }, { -1, POLLIN } };
	poll(watched, 1, 0);
	poll(watched, 2, 10);
	poll(watched, 4, -1);
	poll(NULL, 0, 5);
	poll((void *)16, 1, 5);
	struct timespec timeout = { 0, 1000000 };
	ppoll(watched, 1, &timeout, &mask);
	ppoll(watched, 2, NULL, NULL);
	write(ends[1], "abc", 3);
	ppoll(watched, 2, &timeout, NULL);

	fd_set reading, writing;
	FD_ZERO(&reading);
	FD_ZERO(&writing);
	FD_SET(ends[0], &reading);
	FD_SET(more[0], &reading);
	FD_SET(ends[1], &writing);
	struct timeval interval = { 1, 500 };
	select(10, &reading, &writing, NULL, &interval);
	FD_ZERO(&reading);
	FD_SET(more[0], &reading);
	interval = (struct timeval){ 0, 1000 };
	select(more[0] + 1, &reading, NULL, NULL, &interval);
	FD_SET(more[0], &reading);
	timeout = (struct timespec){ 0, 1000 };
	pselect(more[0] + 1, &reading, NULL, &writing, &timeout, &mask);
	FD_SET(50, &reading);
	select(51, &reading, NULL, NULL, NULL);
	select(-1, NULL, NULL, NULL, NULL);

	int instance = epoll_create1(EPOLL_CLOEXEC);
	close(epoll_create(5));
	struct epoll_event event = { EPOLLIN | EPOLLET | EPOLLONESHOT, { .u64 = 0x123456789abcdef } }, events[5];
	epoll_ctl(instance, EPOLL_CTL_ADD, ends[0], &event);
	event = (struct epoll_event){ EPOLLOUT | EPOLLRDHUP | EPOLLEXCLUSIVE, { .fd = ends[1] } };
	epoll_ctl(instance, EPOLL_CTL_ADD, ends[1], &event);
	epoll_ctl(instance, EPOLL_CTL_MOD, 99, &event);
	epoll_wait(instance, events, 5, 10);
	epoll_pwait(instance, events, 5, 10, &mask);
	struct { long long seconds, nanoseconds; } briefly = { 0, 10 };
	syscall(SYS_epoll_pwait2, instance, events, 5, &briefly, &mask, 8);
	epoll_ctl(instance, EPOLL_CTL_DEL, ends[0], NULL);
	epoll_wait(instance, events, -1, 10);
	epoll_wait(99, events, 1, 10);

	uint64_t value = 5;
	int counter = eventfd(3, EFD_SEMAPHORE | EFD_NONBLOCK);
	write(counter, &value, sizeof(value));
	read(counter, &value, sizeof(value));
	struct itimerspec every = { { 0, 2000000 }, { 0, 1000000 } }, old;
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	timerfd_settime(timer, TFD_TIMER_ABSTIME, &every, &old);
	timerfd_settime(timer, 0, &every, NULL);
	timerfd_gettime(timer, &old);
	poll(&(struct pollfd){ timer, POLLIN }, 1, 100);
	read(timer, &value, sizeof(value));

	sigprocmask(SIG_BLOCK, &mask, NULL);
	int signals = signalfd(-1, &mask, SFD_CLOEXEC);
	kill(getpid(), SIGUSR1);
	struct signalfd_siginfo info;
	read(signals, &info, sizeof(info));
	signalfd(signals, &mask, SFD_NONBLOCK);
	return 0;
}
