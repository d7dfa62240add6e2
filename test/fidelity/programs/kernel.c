/* BPF, performance events, keys, modules and other services of the kernel. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attributes, size_t size)
{
	return syscall(SYS_bpf, command, attributes, size);
}

static void programs(void)
{
	union bpf_attr attributes;
	uint32_t key = 1;
	uint64_t value = 2;

	memset(&attributes, 0, sizeof(attributes));
	attributes.map_type = BPF_MAP_TYPE_HASH;
	attributes.key_size = 4;
	attributes.value_size = 8;
	attributes.max_entries = 10;
	strcpy(attributes.map_name, "fidelity");
	int map = bpf(BPF_MAP_CREATE, &attributes, 64);
	memset(&attributes, 0, sizeof(attributes));
	attributes.map_fd = map;
	attributes.key = (uintptr_t)&key;
	attributes.value = (uintptr_t)&value;
	bpf(BPF_MAP_UPDATE_ELEM, &attributes, 32);
	bpf(BPF_MAP_LOOKUP_ELEM, &attributes, 32);
	attributes.next_key = (uintptr_t)&value;
	bpf(BPF_MAP_GET_NEXT_KEY, &attributes, 32);
	bpf(BPF_MAP_DELETE_ELEM, &attributes, 32);

	struct bpf_insn code[] = { { BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0 }, { BPF_JMP | BPF_EXIT, 0, 0, 0, 0 } };
	char log[200];
	memset(&attributes, 0, sizeof(attributes));
	attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attributes.insns = (uintptr_t)code;
	attributes.insn_cnt = 2;
	attributes.license = (uintptr_t)"GPL";
	attributes.log_buf = (uintptr_t)log;
	attributes.log_size = sizeof(log);
	attributes.log_level = 1;
	strcpy(attributes.prog_name, "fidelity");
	int program = bpf(BPF_PROG_LOAD, &attributes, 128);
	struct bpf_prog_info information = { 0 };
	memset(&attributes, 0, sizeof(attributes));
	attributes.info.bpf_fd = program;
	attributes.info.info_len = sizeof(information);
	attributes.info.info = (uintptr_t)&information;
	bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes, 16);
	char input[64] = { 0 };
	memset(&attributes, 0, sizeof(attributes));
	attributes.test.prog_fd = program;
	attributes.test.data_in = (uintptr_t)input;
	attributes.test.data_size_in = sizeof(input);
	bpf(BPF_PROG_TEST_RUN, &attributes, sizeof(attributes.test));
	memset(&attributes, 0, sizeof(attributes));
	attributes.pathname = (uintptr_t)"/nonexistent/pin";
	attributes.bpf_fd = program;
	bpf(BPF_OBJ_PIN, &attributes, 16);
	bpf(BPF_OBJ_GET, &attributes, 16);
	memset(&attributes, 0, sizeof(attributes));
	bpf(BPF_PROG_GET_NEXT_ID, &attributes, 12);
	attributes.prog_id = 0x7fffffff;
	bpf(BPF_PROG_GET_FD_BY_ID, &attributes, 12);
	memset(&attributes, 0, sizeof(attributes));
	attributes.target_fd = 99;
	attributes.attach_bpf_fd = program;
	attributes.attach_type = BPF_CGROUP_INET_INGRESS;
	bpf(BPF_PROG_ATTACH, &attributes, 16);
	attributes.link_create.prog_fd = program;
	bpf(BPF_LINK_CREATE, &attributes, 16);
	bpf(99, &attributes, 16);
	close(program);
	close(map);
}

static void performance(void)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attributes), .config = PERF_COUNT_SW_TASK_CLOCK,
		.sample_period = 100000, .sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID, .read_format = PERF_FORMAT_ID,
		.disabled = 1, .exclude_kernel = 1, .exclude_hv = 1,
	};
	uint64_t id, values[3];
	int event = syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	ioctl(event, PERF_EVENT_IOC_ENABLE, 0);
	ioctl(event, PERF_EVENT_IOC_RESET, 0);
	ioctl(event, PERF_EVENT_IOC_ID, &id);
	read(event, values, sizeof(values));
	ioctl(event, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
	close(event);
	attributes.type = PERF_TYPE_HARDWARE;
	attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
	syscall(SYS_perf_event_open, &attributes, -1, 0, -1, 0);
	attributes.type = PERF_TYPE_TRACEPOINT;
	attributes.config = 123456;
	syscall(SYS_perf_event_open, &attributes, 0, 0, -1, PERF_FLAG_FD_NO_GROUP);
	attributes.size = 3;
	syscall(SYS_perf_event_open, &attributes, 0, 0, -1, 0);
}

static void keys(void)
{
	char text[100];
	long ring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "fidelity");
	long key = syscall(SYS_add_key, "user", "name", "payload", 7, KEY_SPEC_SESSION_KEYRING);
	syscall(SYS_request_key, "user", "name", NULL, KEY_SPEC_PROCESS_KEYRING);
	syscall(SYS_request_key, "user", "missing", NULL, 0);
	syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
	syscall(SYS_keyctl, KEYCTL_DESCRIBE, key, text, sizeof(text));
	syscall(SYS_keyctl, KEYCTL_READ, key, text, sizeof(text));
	syscall(SYS_keyctl, KEYCTL_SETPERM, key, 0x3f3f0000);
	syscall(SYS_keyctl, KEYCTL_SEARCH, ring, "user", "name", 0);
	syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, 100);
	syscall(SYS_keyctl, KEYCTL_UPDATE, key, "other", 5);
	syscall(SYS_keyctl, KEYCTL_REVOKE, key);
	syscall(SYS_keyctl, KEYCTL_CLEAR, ring);
	syscall(SYS_keyctl, 999, 1, 2);
}

int main(void)
{
	char text[100];
	programs();
	performance();
	keys();
	syscall(SYS_syslog, 10, NULL, 0);
	syscall(SYS_syslog, 3, text, 50);
	syscall(SYS_init_module, "x", 1, "options");
	syscall(SYS_finit_module, 99, "options", 1);
	syscall(SYS_delete_module, "no_such_module", O_NONBLOCK);
	syscall(SYS_kexec_load, 0, 1, NULL, 0xff);
	syscall(SYS_reboot, 1, 2, 3, 4);
	swapon("/nonexistent", SWAP_FLAG_PREFER | 3);
	swapoff("/nonexistent");
	acct("/nonexistent/file");
	syscall(SYS_ustat, 1, text);
	syscall(SYS_sysfs, 3);
	syscall(SYS_lookup_dcookie, 1L, text, 10);
	syscall(SYS_nfsservctl, 1, 2, 3);
	syscall(SYS_iopl, 0);
	syscall(SYS_ioperm, 0x80, 1, 0);
	syscall(SYS_modify_ldt, 0, text, 16);
	syscall(SYS_vhangup + 1000, 1, 2, 3);
	syscall(SYS_ptrace, 0x4206, 1999999999, 0, 0);
	syscall(SYS_quotactl_fd, 99, 0x800007 << 8, 0, NULL);
	return 0;
}
