/* Processes and what belongs to them: making, limits, scheduling, rights. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/kcmp.h>
#include <linux/landlock.h>
#include <linux/membarrier.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void making(void)
{
	int descriptor = -1, status;
	pid_t ids[1] = { 0 };
	struct clone_args arguments = {
		.flags = CLONE_PIDFD | CLONE_PARENT_SETTID, .pidfd = (uintptr_t)&descriptor,
		.parent_tid = (uintptr_t)&ids[0], .exit_signal = SIGCHLD,
	};
	pid_t child = syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (child == 0)
		_exit(4);
	siginfo_t information;
	syscall(SYS_pidfd_send_signal, descriptor, 0, NULL, 0);
	waitid(P_PIDFD, descriptor, &information, WEXITED);
	close(descriptor);
	arguments.flags = CLONE_INTO_CGROUP;
	arguments.cgroup = 999;
	syscall(SYS_clone3, &arguments, sizeof(arguments));
	syscall(SYS_clone3, &arguments, 8);
	child = vfork();
	if (child == 0)
		_exit(0);
	wait4(child, &status, 0, NULL);
	child = syscall(SYS_clone, CLONE_NEWUTS | CLONE_NEWIPC | SIGCHLD, 0, 0, 0, 0);
	if (child == 0) {
		sethostname("fidelity", 8);
		setdomainname("example", 7);
		char *words[] = { "sh", "-c", "exit 5", NULL }, *environment[] = { "A=b", NULL };
		execve("/nonexistent", words, environment);
		syscall(SYS_execveat, AT_FDCWD, "/bin/sh", words, environment, 0);
	}
	struct rusage usage;
	wait4(child, &status, __WALL, &usage);
	descriptor = syscall(SYS_pidfd_open, getpid(), 0);
	syscall(SYS_pidfd_getfd, descriptor, 0, 0);
	syscall(SYS_setns, descriptor, CLONE_NEWUTS);
	syscall(SYS_pidfd_open, -1, 0);
	int namespace = open("/proc/self/ns/net", O_RDONLY);
	setns(namespace, CLONE_NEWNET);
	unshare(CLONE_FILES | CLONE_FS);
	unshare(0x100);
	getpid(); getppid(); gettid(); getpgid(0); getpgrp(); getsid(0);
	setpgid(0, 0);
	setsid();
	syscall(SYS_set_tid_address, ids);
}

static void limits(void)
{
	struct rlimit limit;
	struct rlimit other = { 100, RLIM_INFINITY };
	for (int resource = 0; resource < 17; resource++)
		getrlimit(resource, &limit);
	limit.rlim_cur = 512;
	setrlimit(RLIMIT_NOFILE, &limit);
	prlimit(getpid(), RLIMIT_CORE, &other, &limit);
	prlimit(0, RLIMIT_STACK, NULL, &limit);
	syscall(SYS_getrlimit, RLIMIT_AS, &limit);
	getpriority(PRIO_PROCESS, 0);
	setpriority(PRIO_PGRP, 0, 5);
	nice(1);
	syscall(SYS_ioprio_get, 1, 0);
	syscall(SYS_ioprio_set, 1, 0, (2 << 13) | 4);
	struct sched_param parameter = { 0 };
	sched_getscheduler(0);
	sched_getparam(0, &parameter);
	sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &parameter);
	sched_get_priority_max(SCHED_FIFO);
	sched_get_priority_min(SCHED_RR);
	struct timespec interval;
	sched_rr_get_interval(0, &interval);
	struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t runtime, deadline, period; uint32_t low, high; } attributes;
	memset(&attributes, 0, sizeof(attributes));
	syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0);
	attributes.nice = 6;
	syscall(SYS_sched_setattr, 0, &attributes, 0);
	attributes.policy = SCHED_DEADLINE;
	attributes.runtime = 1000;
	syscall(SYS_sched_setattr, 0, &attributes, 0);
	cpu_set_t set;
	sched_getaffinity(0, sizeof(set), &set);
	sched_setaffinity(0, sizeof(set), &set);
	sched_yield();
	unsigned cpu, node;
	syscall(SYS_getcpu, &cpu, &node, NULL);
	syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
	syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, 0, 1);
	syscall(SYS_kcmp, getpid(), getpid(), KCMP_VM, 0, 0);
}

static void rights(void)
{
	uid_t real, effective, saved, groups[64] = { 1, 2, 3 };
	getuid(); geteuid(); getgid(); getegid();
	getresuid(&real, &effective, &saved);
	getresgid(&real, &effective, &saved);
	getgroups(0, NULL);
	syscall(SYS_setgroups, 3, groups);
	getgroups(64, groups);
	setfsuid(1);
	setfsgid(0);
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	syscall(SYS_capget, &header, data);
	syscall(SYS_capset, &header, data);
	header.version = 1;
	syscall(SYS_capget, &header, NULL);
	personality(0xffffffff);
	personality(ADDR_NO_RANDOMIZE);
	setresuid(-1, -1, 0);
	setresgid(0, -1, -1);
	setreuid(-1, 0);
	setregid(0, 0);
	setuid(0);
	setgid(0);
}

static void controls(void)
{
	char name[16];
	int value;
	unsigned long address;
	prctl(PR_SET_NAME, "a long name of it all");
	prctl(PR_GET_NAME, name);
	prctl(PR_SET_PDEATHSIG, SIGHUP);
	prctl(PR_GET_PDEATHSIG, &value);
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_GET_DUMPABLE);
	prctl(PR_SET_KEEPCAPS, 1);
	prctl(PR_GET_KEEPCAPS);
	prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN);
	prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT);
	prctl(PR_SET_SECUREBITS, 1 << 4);
	prctl(PR_GET_SECUREBITS);
	prctl(PR_SET_TIMERSLACK, 50000);
	prctl(PR_GET_TIMERSLACK);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_GET_CHILD_SUBREAPER, &value);
	prctl(PR_GET_TID_ADDRESS, &address);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0);
	prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0);
	prctl(PR_MCE_KILL_GET, 0, 0, 0, 0);
	prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, 0x1000, 0x1000, "name");
	prctl(PR_SET_MM, PR_SET_MM_BRK, 0, 0, 0);
	prctl(PR_GET_TSC, &value);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	prctl(PR_SCHED_CORE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	prctl(PR_GET_SECCOMP);
	prctl(12345, 1, 2, 3, 4);
#ifdef SYS_arch_prctl
	syscall(SYS_arch_prctl, 0x1003, &address); /* ARCH_GET_FS */
	syscall(SYS_arch_prctl, 0x1011, 0); /* ARCH_GET_CPUID */
#endif
}

static void sandboxes(void)
{
	struct landlock_ruleset_attr attributes = { .handled_access_fs = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_DIR };
	int ruleset = syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
	syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_path_beneath_attr beneath = { .allowed_access = LANDLOCK_ACCESS_FS_READ_DIR, .parent_fd = open("/", O_PATH) };
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	syscall(SYS_landlock_restrict_self, ruleset, 0);
	open("file", O_WRONLY | O_CREAT, 0600);

	uint32_t action = SECCOMP_RET_ERRNO;
	struct seccomp_notif_sizes sizes;
	syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
	syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes);
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 77),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, code };
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program);
	getppid();
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	getppid();
	if (fork() == 0) {
		struct sock_filter trap[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP | 5),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		};
		program.filter = trap;
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
		getpgid(0);
	}
	wait(NULL);
}

static void *thread(void *unused)
{
	char name[16];
	struct timespec interval = { 0, 10000 };
	prctl(PR_SET_NAME, "thread");
	nanosleep(&interval, NULL);
	return NULL;
}

static uint32_t word = 1, words[2];

static void *waiter(void *unused)
{
	struct timespec timeout = { 2, 0 };
	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, &timeout);
	return NULL;
}

static void threads(void)
{
	pthread_t ids[3];
	for (int at = 0; at < 3; at++)
		pthread_create(&ids[at], NULL, at ? thread : waiter, NULL);
	struct timespec timeout = { 0, 50000000 };
	nanosleep(&timeout, NULL);
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1);
	for (int at = 0; at < 3; at++)
		pthread_join(ids[at], NULL);
	timeout.tv_nsec = 1000;
	syscall(SYS_futex, &word, FUTEX_WAIT, 1, &timeout);
	syscall(SYS_futex, &word, FUTEX_WAIT, 2, NULL);
	syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 1, &timeout, NULL, 0xff);
	syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0xff);
	syscall(SYS_futex, &word, FUTEX_REQUEUE, 1, 2, &words[0]);
	syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, &words[0], 1);
	syscall(SYS_futex, &word, FUTEX_WAKE_OP, 1, 1, &words[1], FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_GT, 0));
	syscall(SYS_futex, &words[0], FUTEX_TRYLOCK_PI, 0);
	syscall(SYS_futex, &words[0], FUTEX_UNLOCK_PI_PRIVATE, 0);
	syscall(SYS_futex, &words[1], 99, 0);
	void *list;
	size_t length;
	syscall(SYS_get_robust_list, 0, &list, &length);
	syscall(SYS_set_robust_list, list, length);
	syscall(SYS_rseq, NULL, 32, 0, 0x53053053);
	struct { uint64_t value, address; uint32_t flags, reserved; } vector[2] = { { 1, (uintptr_t)&word, 2, 0 }, { 2, (uintptr_t)&words[1], 2, 0 } };
	syscall(449, vector, 2, 0, &timeout, CLOCK_MONOTONIC); /* futex_waitv */
}

static void memory_of_others(void)
{
	char text[10];
	struct iovec local = { text, 10 }, remote = { "0123456789", 10 };
	process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
	process_vm_writev(getpid(), &remote, 1, &local, 1, 0);
	getrandom(text, 10, GRND_NONBLOCK);
	getrandom(text, 4, GRND_RANDOM | 4);
}

int main(void)
{
	threads();
	making();
	limits();
	rights();
	memory_of_others();
	controls();
	sandboxes();
	return 7;
}
