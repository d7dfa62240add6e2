/* SPDX-License-Identifier: Apache-2.0 */
/* File descriptors: what they are, and become. */
#include "program.h"
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/mount.h>
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

/* Goes on on a processor; a recorder's memory of descriptors is each processor's own. */
static void on_processor(int number)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(number, &set);
	must(sched_setaffinity(0, sizeof(set), &set));
}

static void write_one(int file, const char *text)
{
	/* On the stack: a literal that nobody has touched is on no page. */
	char byte = *text;

	call3(SYS_write, file, &byte, 1);
}

#define open_none(name) call4(SYS_openat, AT_FDCWD, name, O_RDONLY, 0)

static void send_file(int socket, int file)
{
	char byte = 's', control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec vector = {&byte, 1};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &file, sizeof(file));
	must(sendmsg(socket, &message, 0));
}

static int receive_file(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec vector = {&byte, 1};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int file;

	must(recvmsg(socket, &message, 0));
	memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(file));
	return file;
}

/* Files that come over a socket, from another process and from itself. */
static int received(int argc, char **argv)
{
	int sockets[2], file, again;

	on_processor(0);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	if (!must(fork())) {
		send_file(sockets[1], must(open("/dev/zero", O_RDWR)));
		_exit(0);
	}
	file = receive_file(sockets[0]);
	write_one(file, "1");
	/* The same file gets the same number again, and no call says what it is. */
	send_file(sockets[1], file);
	must(close(file));
	write_one(file, "2");
	again = receive_file(sockets[0]);
	if (again != file)
		return 99;
	write_one(file, "3");
	/* Nobody used the number meanwhile. */
	send_file(sockets[1], file);
	must(close(file));
	if (receive_file(sockets[0]) != file)
		return 99;
	write_one(file, "4");
	wait(NULL);
	return 0;
}

/* Numbers that an execve closes, and one that it does not. */
enum { CLOSED = 200, KEPT = 201 };

static int executed(int argc, char **argv)
{
	int file = must(open("/dev/null", O_RDWR));

	on_processor(0);
	must(dup3(file, CLOSED, O_CLOEXEC));
	must(dup2(file, KEPT));
	write_one(CLOSED, "1");
	write_one(KEPT, "2");
	on_processor(argc > 2);
	execl("/proc/self/exe", argv[0], "after execve", NULL);
	return 99;
}

static int after_execve(int argc, char **argv)
{
	write_one(CLOSED, "3");
	write_one(KEPT, "4");
	return 0;
}

/* What one processor knows is not what another one does. */
static int processors(int argc, char **argv)
{
	int null = must(open("/dev/null", O_RDWR)), zero = must(open("/dev/zero", O_RDWR));

	must(chdir(argv[2]));
	must(mkdir("one", 0700));
	must(mkdir("two", 0700));
	on_processor(0);
	must(chdir("one"));
	open_none("none a");
	must(dup2(null, KEPT));
	write_one(KEPT, "1");
	on_processor(1);
	must(chdir("../two"));
	open_none("none b");
	must(dup2(zero, KEPT));
	write_one(KEPT, "2");
	must(chdir("../one"));
	must(dup2(null, KEPT));
	on_processor(0);
	open_none("none c");
	write_one(KEPT, "3");
	/* A range of numbers is closed at once. */
	on_processor(1);
	must(syscall(SYS_close_range, KEPT, KEPT + 9, 0));
	write_one(KEPT, "4");
	on_processor(0);
	write_one(KEPT, "5");
	return 0;
}

/* Names above a file's own. */
static int ancestors(int argc, char **argv)
{
	int file;

	on_processor(0);
	must(chdir(argv[2]));
	must(mkdir("one", 0700));
	file = must(open("one/file", O_CREAT | O_RDWR, 0600));
	write_one(file, "1");
	must(rename("one", "two"));
	write_one(file, "2");
	return 0;
}

static int roots(int argc, char **argv)
{
	int file;

	on_processor(0);
	must(chdir(argv[2]));
	must(mkdir("root", 0700));
	must(mkdir("root/inner", 0700));
	file = must(open("root/inner/before", O_CREAT | O_RDWR, 0600));
	must(chroot("root"));
	must(chdir("/inner"));
	write_one(must(open("/inner/file", O_CREAT | O_RDWR, 0600)), "1");
	open_none("none a");
	must(chdir("/"));
	open_none("none b");
	write_one(must(open(".", O_RDONLY)), "2");
	write_one(must(dup(file)), "3");
	return 0;
}

static int mounts(int argc, char **argv)
{
	must(chdir(argv[2]));
	must(unshare(CLONE_NEWNS));
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	must(mkdir("one", 0700));
	must(mkdir("two", 0700));
	must(mount("none", "one", "tmpfs", 0, NULL));
	must(mkdir("one/inner", 0700));
	write_one(must(open("one/inner/file", O_CREAT | O_RDWR, 0600)), "1");
	must(mount("one/inner", "two", NULL, MS_BIND, NULL));
	write_one(must(open("two/file", O_RDWR)), "2");
	write_one(must(open("two", O_RDONLY)), "3");
	must(chdir("two"));
	open_none("none a");
	return 0;
}

/* A directory below argv[2] whose path has a number of names of a length; writes to a file in it. */
static void write_deep(const char *directory, int depth, int length, const char *text)
{
	char name[256] = "";

	memset(name, 'n', length);
	must(chdir(directory));
	for (int i = 0; i < depth; i++) {
		if (mkdir(name, 0700) && errno != EEXIST)
			_exit(99);
		must(chdir(name));
	}
	write_one(must(open("file", O_CREAT | O_RDWR, 0600)), text);
}

static int deep(int argc, char **argv)
{
	write_deep(argv[2], 40, 1, "1");
	write_deep(argv[2], 60, 1, "2");
	write_deep(argv[2], 10, 255, "3");
	write_deep(argv[2], 20, 255, "4");
	return 0;
}

/* Calls that look at a descriptor when they begin, and a path that is longer than what is kept then. */
static int long_and_older(int argc, char **argv)
{
	char name[256] = "";
	int file;

	on_processor(0);
	memset(name, 'n', 250);
	must(chdir(argv[2]));
	for (int i = 0; i < 6; i++) {
		must(mkdir(name, 0700));
		must(chdir(name));
	}
	file = must(open("file", O_CREAT | O_RDWR, 0600));
	ready();
	await();
	/* It stays what it is. */
	call3(SYS_dup2, -1, file, 0);
	write_one(file, "1");
	return 0;
}

/* Calls of which one recording has fewer than another. */
static int shared(int argc, char **argv)
{
	int file = must(open("/dev/null", O_RDWR)), zero = must(open("/dev/zero", O_RDWR));

	on_processor(0);
	must(dup2(file, KEPT));
	ready();
	await();
	/* It stays what it is. */
	call3(SYS_dup2, -1, KEPT, 0);
	write_one(KEPT, "1");
	must(close(KEPT));
	write_one(KEPT, "2");
	must(dup2(zero, KEPT));
	write_one(KEPT, "3");
	on_processor(1);
	must(dup2(file, KEPT));
	write_one(KEPT, "4");
	must(dup2(zero, KEPT));
	on_processor(0);
	write_one(KEPT, "5");
	return 0;
}

static int close_in_process(void *zero)
{
	on_processor(1);
	if (zero)
		must(dup2(must(open("/dev/zero", O_RDWR)), KEPT));
	else
		must(close(KEPT));
	_exit(0);
}

/* Processes that share their numbers without being threads of one. */
static int table(int argc, char **argv)
{
	char *stack = tail(NULL, 1 << 16);

	on_processor(0);
	must(dup2(must(open("/dev/null", O_RDWR)), KEPT));
	write_one(KEPT, "1");
	must(clone(close_in_process, stack + (1 << 16), CLONE_FILES | SIGCHLD, NULL));
	wait(NULL);
	on_processor(1);
	write_one(KEPT, "2");
	must(clone(close_in_process, stack + (1 << 16), CLONE_FILES | SIGCHLD, stack));
	wait(NULL);
	write_one(KEPT, "3");
	on_processor(0);
	write_one(KEPT, "4");
	return 0;
}

/* Sockets of each family, before and after they are connected. */
static int sockets(int argc, char **argv)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0traceloop>\n\xff"};
	struct sockaddr_nl link = {.nl_family = AF_NETLINK, .nl_pid = 4242};
	socklen_t length = sizeof(any);
	int listener = must(socket(AF_INET, SOCK_STREAM, 0)), client = must(socket(AF_INET, SOCK_STREAM, 0));
	int file = must(socket(AF_UNIX, SOCK_DGRAM, 0)), netlink = must(socket(AF_NETLINK, SOCK_RAW, 0));

	signal(SIGPIPE, SIG_IGN);
	must(bind(listener, (void *)&any, sizeof(any)));
	must(listen(listener, 1));
	must(getsockname(listener, (void *)&any, &length));
	write_one(client, "1");
	must(connect(client, (void *)&any, sizeof(any)));
	write_one(client, "2");
	write_one(must(accept(listener, NULL, NULL)), "3");
	write_one(listener, "4");
	must(bind(file, (void *)&name, sizeof(name.sun_family) + 13));
	write_one(file, "5");
	must(bind(netlink, (void *)&link, sizeof(link)));
	write_one(netlink, "6");
	write_one(must(socket(AF_INET6, SOCK_DGRAM, 0)), "7");
	printf("%d\n", ntohs(any.sin_port));
	return 0;
}

/* More descriptors in memory than are described in one call. */
static int polled(int argc, char **argv)
{
	struct pollfd files[40];
	int null = must(open("/dev/null", O_RDWR));

	for (int i = 0; i < 40; i++) {
		files[i].fd = must(dup2(null, 300 + i));
		files[i].events = POLLOUT;
	}
	files[39].fd = -1;
	ready();
	await();
	call3(SYS_poll, files, 40, 0);
	call3(SYS_poll, files + 20, 20, 0);
	return 0;
}

static void *open_in_thread(void *unused)
{
	on_processor(1);
	must(dup2(must(open("/dev/null", O_RDWR)), KEPT));
	write_one(KEPT, "1");
	return NULL;
}

static void *close_in_thread(void *unused)
{
	on_processor(1);
	must(close(KEPT));
	return NULL;
}

/* The threads of a process share its numbers. */
static int threads(int argc, char **argv)
{
	pthread_t thread;

	on_processor(0);
	pthread_create(&thread, NULL, open_in_thread, NULL);
	pthread_join(thread, NULL);
	write_one(KEPT, "2");
	pthread_create(&thread, NULL, close_in_thread, NULL);
	pthread_join(thread, NULL);
	write_one(KEPT, "3");
	return 0;
}

int main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{"paths", paths},
		{"numbers", numbers},
		{"older", older},
		{"long ago", long_ago},
		{"received", received},
		{"executed", executed},
		{"after execve", after_execve},
		{"processors", processors},
		{"ancestors", ancestors},
		{"roots", roots},
		{"mounts", mounts},
		{"deep", deep},
		{"long and older", long_and_older},
		{"shared", shared},
		{"threads", threads},
		{"table", table},
		{"sockets", sockets},
		{"polled", polled},
		{},
	};

	return play(scenes, argc, argv);
}
