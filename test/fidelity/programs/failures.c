/* Calls that fail: bad pointers, bad lengths, odd values. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define BAD ((void *)0x10)

int main(void)
{
	/* Data that ends where memory ends. */
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(page + 4096, 4096);
	char *end = page + 4096;
	memset(page, 'a', 4096);
	int fd = open("file", O_RDWR | O_CREAT, 0600), ends[2];
	struct stat status;

	syscall(SYS_open, BAD, O_RDONLY);
	syscall(SYS_open, NULL, O_RDONLY);
	syscall(SYS_open, end - 5, O_RDONLY);
	syscall(SYS_openat, -5, page, O_RDONLY);
	syscall(SYS_read, fd, BAD, 10);
	syscall(SYS_write, fd, BAD, 10);
	syscall(SYS_write, fd, end - 5, 10);
	syscall(SYS_write, 99, end - 5, 5);
	syscall(SYS_write, fd, NULL, 0);
	syscall(SYS_read, fd, NULL, 5);
	lseek(fd, 0, SEEK_SET);
	syscall(SYS_read, fd, end - 2, 5);
	syscall(SYS_read, fd, page, -1L);
	struct iovec parts[3] = { { page, 3 }, { BAD, 3 }, { end - 2, 4 } };
	writev(fd, parts, 1);
	writev(fd, parts, 2);
	writev(fd, &parts[1], 1);
	writev(fd, &parts[2], 1);
	writev(fd, BAD, 2);
	memcpy(end - sizeof(struct iovec), parts, sizeof(struct iovec));
	writev(fd, (void *)(end - sizeof(struct iovec)), 3);
	writev(fd, (void *)(end - sizeof(struct iovec)), 2000);
	writev(fd, (void *)(end - sizeof(struct iovec)), -1);
	syscall(SYS_stat, "file", BAD);
	syscall(SYS_stat, BAD, &status);
	syscall(SYS_fstat, 99, &status);
	syscall(SYS_fstat, -1, BAD);
	syscall(SYS_pipe, BAD);
	syscall(SYS_pipe2, ends, 0x777);
	syscall(SYS_getcwd, BAD, 100);
	syscall(SYS_getcwd, page, 1);
	syscall(SYS_readlink, "file", page, 10);
	syscall(SYS_readlink, "file", BAD, -1);
	syscall(SYS_uname, BAD);
	syscall(SYS_nanosleep, BAD, NULL);
	syscall(SYS_nanosleep, (void *)(end - 8), NULL);
	syscall(SYS_clock_gettime, 0, BAD);
	syscall(SYS_gettimeofday, BAD, BAD);
	syscall(SYS_poll, BAD, 2, 0);
	struct pollfd watched = { 1, POLLOUT };
	memcpy(end - sizeof(watched), &watched, sizeof(watched));
	syscall(SYS_poll, end - sizeof(watched), 2, 0);
	syscall(SYS_poll, NULL, 0, 0);
	syscall(SYS_select, 10, BAD, NULL, NULL, NULL);
	syscall(SYS_select, 1, NULL, NULL, NULL, BAD);
	syscall(SYS_rt_sigaction, SIGUSR1, BAD, NULL, 8);
	syscall(SYS_rt_sigaction, SIGUSR1, NULL, BAD, 8);
	syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 7);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, BAD, NULL, 8);
	syscall(SYS_rt_sigprocmask, 77, NULL, NULL, 8);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, NULL, 3);
	syscall(SYS_rt_sigsuspend, BAD, 8);
	syscall(SYS_rt_sigtimedwait, BAD, BAD, BAD, 8);
	syscall(SYS_sigaltstack, BAD, NULL);
	syscall(SYS_kill, 1999999999, 99);
	syscall(SYS_socket, 1, 0xff00ff, 7);
	int client = socket(AF_UNIX, SOCK_STREAM, 0);
	connect(client, BAD, 10);
	connect(client, (void *)page, 1);
	connect(client, (void *)page, 2000);
	connect(client, NULL, 0);
	bind(client, (void *)(end - 4), 16);
	struct sockaddr unknown = { 0x6161, "data" };
	connect(client, &unknown, 10);
	getsockname(client, BAD, BAD);
	getsockname(99, &unknown, BAD);
	getsockopt(client, SOL_SOCKET, SO_TYPE, BAD, BAD);
	setsockopt(client, SOL_SOCKET, SO_REUSEADDR, BAD, 4);
	setsockopt(client, SOL_SOCKET, SO_REUSEADDR, page, 1);
	setsockopt(client, SOL_SOCKET, SO_LINGER, page, 3);
	setsockopt(client, SOL_SOCKET, SO_REUSEADDR, NULL, -1);
	sendto(client, BAD, 5, 0x10000000, NULL, 0);
	sendmsg(client, BAD, 0);
	struct msghdr message = { .msg_name = BAD, .msg_namelen = 5, .msg_iov = BAD, .msg_iovlen = 2, .msg_control = BAD, .msg_controllen = 20 };
	sendmsg(client, &message, MSG_DONTROUTE);
	recvmsg(client, &message, 0);
	message = (struct msghdr){ .msg_iov = parts, .msg_iovlen = 1, .msg_control = page, .msg_controllen = 15 };
	sendmsg(client, &message, 0);
	sendmmsg(client, BAD, 2, 0);
	recvmmsg(client, BAD, 2, 0, BAD);
	accept(client, BAD, BAD);
	int instance = epoll_create1(0);
	epoll_ctl(instance, EPOLL_CTL_ADD, 1, BAD);
	epoll_ctl(instance, 77, 1, NULL);
	syscall(SYS_epoll_wait, instance, BAD, 1, 0);
	syscall(SYS_epoll_create, 0);
	syscall(SYS_wait4, 99999, BAD, 0xf0, NULL);
	syscall(SYS_waitid, 9, 1, NULL, 0, NULL);
	syscall(SYS_getrlimit, 7, BAD);
	syscall(SYS_prlimit64, 0, 99, BAD, NULL);
	syscall(SYS_execve, BAD, NULL, NULL);
	syscall(SYS_execve, "/nonexistent", BAD, BAD);
	char *words[] = { "one", BAD, NULL };
	syscall(SYS_execve, "/nonexistent", words, NULL);
	char *many[60];
	for (int at = 0; at < 59; at++)
		many[at] = "word";
	many[59] = NULL;
	syscall(SYS_execve, "/nonexistent", many, many);
	syscall(SYS_execve, "file", (char *[]){ NULL }, (char *[]){ NULL });
	syscall(SYS_futex, BAD, 0, 0, NULL);
	syscall(SYS_mmap, 1, 2, 3, 4, 5, 6);
	syscall(SYS_mprotect, 1, -1, 0xffff);
	syscall(SYS_lseek, fd, -100, SEEK_END);
	syscall(SYS_fcntl, fd, F_SETLK, BAD);
	syscall(SYS_fcntl, fd, F_GETLK, NULL);
	syscall(SYS_ioctl, fd, 0x5413, BAD);
	syscall(SYS_ioctl, fd, -1L, -1L);
	syscall(SYS_clone, 0x11, 0, 0, 0, 0) ?: (_exit(0), 0);
	wait(NULL);
	syscall(SYS_chdir, "");
	syscall(SYS_mkdir, "file", 0xffff);
	syscall(SYS_setxattr, "file", BAD, BAD, 10, 0xf0);
	syscall(SYS_getxattr, "file", "user.x", BAD, 10);
	syscall(SYS_listxattr, BAD, BAD, 10);
	syscall(SYS_statfs, "/", BAD);
	syscall(SYS_utimensat, -100, "file", BAD, 0);
	syscall(SYS_sched_setaffinity, 0, 4, BAD);
	syscall(SYS_sched_getaffinity, 0, 3, page);
	syscall(SYS_timer_create, 0, BAD, BAD);
	syscall(SYS_timerfd_settime, fd, 0, BAD, NULL);
	syscall(SYS_bpf, 0, BAD, 20);
	syscall(SYS_perf_event_open, BAD, 0, 0, 0, 0);
	syscall(SYS_clone3, BAD, 88);
	syscall(SYS_clone3, NULL, 1);
	syscall(SYS_seccomp, 1, 0, BAD);
	syscall(SYS_prctl, 15, BAD);
	syscall(SYS_capget, BAD, BAD);
	syscall(SYS_openat2, -100, "file", BAD, 24);
	syscall(SYS_statx, -100, "file", 0, -1, BAD);
	syscall(SYS_io_setup, 1, BAD);
	syscall(SYS_io_uring_setup, 1, BAD);
	syscall(SYS_add_key, BAD, BAD, BAD, 5, 0);
	syscall(SYS_process_vm_readv, getpid(), BAD, 1, BAD, 1, 0);
	syscall(SYS_sysinfo, BAD);
	syscall(SYS_times, BAD);
	syscall(SYS_exit_group, 0x1234);
	return 0;
}
