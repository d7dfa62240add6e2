package strace

import (
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/syscalls"
)

// kernelCalls reads testdata/kernel.txt, which has two lines a call: the call with
// the memory behind its pointers, and the line that strace 6.1 -s 64 wrote when
// the call was made. The first is
//
//	ABI[-v] name result argument... [| argument.part in|out bytes]...
//
// with arguments and bytes in hexadecimal; -v stands for strace's option.
func kernelCalls(t testing.TB, each func(e *event.Event, o *Options, want string)) {
	data, err := os.ReadFile("testdata/kernel.txt")
	if err != nil {
		t.Fatal(err)
	}
	abis := map[string]syscalls.ABI{"amd64": syscalls.AMD64, "i386": syscalls.I386}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		parts := strings.Split(lines[i], " | ")
		words := strings.Fields(parts[0])
		name, verbose := strings.CutSuffix(words[0], "-v")
		abi, ok := abis[name]
		if !ok {
			t.Fatalf("line %d: no ABI %q", i+1, name)
		}
		number, ok := syscalls.Number(abi, words[1])
		if !ok {
			t.Fatalf("line %d: no call %q", i+1, words[1])
		}
		e := &event.Event{Record: &ring.Record{}, ABI: abi, Row: syscalls.Lookup(abi, number)}
		e.Type = ring.TypeCall
		e.Call.Number = number
		e.Call.Return, _ = strconv.ParseInt(words[2], 10, 64)
		for _, word := range words[3:] {
			argument, err := strconv.ParseUint(word, 16, 64)
			if err != nil {
				t.Fatalf("line %d: %v", i+1, err)
			}
			e.Call.Arguments = append(e.Call.Arguments, argument)
		}
		e.Row = e.Row.Variant(e.Call.Arguments)
		for _, p := range parts[1:] {
			var c ring.Capture
			var moment, bytes string
			if _, err := fmt.Sscanf(p+" ", "%d.%d %s %s", &c.Argument, &c.Part, &moment, &bytes); err != nil && bytes != "" {
				t.Fatalf("line %d: %v", i+1, err)
			}
			c.Entry = moment == "in"
			c.Layout = e.Row.Arguments[c.Argument].Memory.Layout
			if c.Data, err = hex.DecodeString(bytes); err != nil {
				t.Fatalf("line %d: %v", i+1, err)
			}
			e.Call.Captures = append(e.Call.Captures, c)
		}
		each(e, &Options{StringLimit: 64, Unabbreviated: verbose}, lines[i+1])
	}
}

func TestKernelCalls(t *testing.T) {
	calls := 0
	kernelCalls(t, func(e *event.Event, o *Options, want string) {
		calls++
		if got := string(AppendCall(nil, e, o)); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	})
	if calls < 100 {
		t.Errorf("only %d calls", calls)
	}
}

// Memory that was not captured is its address; memory that was captured in part is shown in part.
func TestKernelCallsWithoutMemory(t *testing.T) {
	kernelCalls(t, func(e *event.Event, o *Options, want string) {
		captures := e.Call.Captures
		e.Call.Captures = nil
		if got := string(AppendCall(nil, e, o)); strings.ContainsAny(got, `{"`) {
			t.Errorf("%s of\n%s", got, want)
		}
		for i := range captures {
			all := captures[i].Data
			for length := range all {
				captures[i].Data = all[:length:length]
				captures[i].Truncated = true
				e.Call.Captures = captures
				check(t, e, o, len(all))
				e.Call.Captures = captures[:i]
				check(t, e, o, len(all))
			}
			captures[i].Data, captures[i].Truncated = all, false
		}
	})
}

// behind is memory that the capture before it points to: its part of the number.
func behind(index int, number uint8, entry bool, data ...any) part {
	return func(e *event.Event) {
		e.Call.Captures = append(e.Call.Captures, ring.Capture{Argument: uint8(index), Part: number, Entry: entry, Data: bytes(data...)})
	}
}

// The wanted lines were seen in the output of strace 6.1 -s 64, but for addresses and numbers of objects.
func TestKernelCallsWithParts(t *testing.T) {
	const (
		amd64 = syscalls.AMD64
		i386  = syscalls.I386
		here  = 0x7f46a6c67e00
	)
	load := bytes(uint32(1), uint32(2), uint64(here), uint64(here), uint32(1), uint32(4096), uint64(here), uint32(0x60122), uint32(0), "prog", 12)
	write := bytes(uint64(0x1235), uint32(9), uint32(5), uint16(1), uint16(0x4003), uint32(4), uint64(here), uint64(3), uint64(5), uint64(0), uint32(6), uint32(7))
	poll := bytes(uint64(0x1239), uint64(0), uint16(5), uint16(0), uint32(4), uint64(9), 32)
	statistics := bytes(uint32(0), 16, uint16(0o600), 14, uint32(10), uint32(0), uint32(20), uint32(0), uint32(3), 8)
	tests := []struct {
		event        *event.Event
		call, result string
	}{
		{made(t, amd64, "bpf", 4, arguments(5, here, 64), early(1, load), behind(1, 1, true, "GPL\n"), behind(1, 2, true, "oldlog\x00x")),
			`bpf(BPF_PROG_LOAD, {prog_type=BPF_PROG_TYPE_SOCKET_FILTER, insn_cnt=2, insns=0x7f46a6c67e00, license="GPL\n", log_level=1, log_size=4096, log_buf="oldlog", kern_version=KERNEL_VERSION(6, 1, 34), prog_flags=0, prog_name="prog"}, 64)`, "4"},
		{made(t, amd64, "bpf", 4, arguments(5, here, 48), early(1, load[:48])),
			`bpf(BPF_PROG_LOAD, {prog_type=BPF_PROG_TYPE_SOCKET_FILTER, insn_cnt=2, insns=0x7f46a6c67e00, license=0x7f46a6c67e00, log_level=1, log_size=4096, log_buf=0x7f46a6c67e00, kern_version=KERNEL_VERSION(6, 1, 34), prog_flags=0}, 48)`, "4"},
		{made(t, amd64, "bpf", -2, arguments(6, here, 16), early(1, uint64(here), uint32(4), uint32(0)), behind(1, 1, true, "/sys/fs/bpf/nope/x")),
			`bpf(BPF_OBJ_PIN, {pathname="/sys/fs/bpf/nope/x", bpf_fd=4, file_flags=0}, 16)`, "-1 ENOENT (No such file or directory)"},
		{made(t, amd64, "bpf", 0, arguments(11, here, 12), early(1, 12), late(1, uint32(0), uint32(21301), uint32(0))),
			`bpf(BPF_PROG_GET_NEXT_ID, {start_id=0, next_id=0 => 21301, open_flags=0}, 12)`, "0"},
		{made(t, amd64, "bpf", 0, arguments(15, here, 16), early(1, uint32(4), uint32(300), uint64(here)), late(1, uint32(4), uint32(232), uint64(here))),
			`bpf(BPF_OBJ_GET_INFO_BY_FD, {info={bpf_fd=4, info_len=300 => 232, info=0x7f46a6c67e00}}, 16)`, "0"},
		{made(t, amd64, "bpf", 0, arguments(16, here, 32), early(1, uint32(5), 12, uint64(here), uint32(8), 4), late(1, uint32(5), 12, uint64(here), uint32(2), 4), behind(1, 1, false, uint32(7), uint32(9))),
			`bpf(BPF_PROG_QUERY, {query={target_fd=5, attach_type=BPF_CGROUP_INET_INGRESS, query_flags=0, attach_flags=0, prog_ids=[7, 9], prog_cnt=8 => 2}}, 32)`, "0"},
		{made(t, amd64, "bpf", 0, arguments(24, here, 56), early(1, 8, uint64(here), 16, uint32(3), uint32(3), 16), late(1, 8, uint64(here), 16, uint32(2), uint32(3), 16)),
			`bpf(BPF_MAP_LOOKUP_BATCH, {batch={in_batch=NULL, out_batch=0x7f46a6c67e00, keys=NULL, values=NULL, count=3, map_fd=3, elem_flags=BPF_ANY, flags=0}} => {batch={count=2}}, 56)`, "0"},
		{made(t, amd64, "bpf", -22, arguments(17, here, 16), early(1, uint64(here), uint32(4), uint32(0)), behind(1, 1, true, "no_such_tp")),
			`bpf(BPF_RAW_TRACEPOINT_OPEN, {raw_tracepoint={name="no_such_tp", prog_fd=4}}, 16)`, "-1 EINVAL (Invalid argument)"},
		{made(t, amd64, "bpf", -22, arguments(18, here, 28), early(1, uint64(here), uint64(0), uint32(9), 8), behind(1, 1, true, "\x9f\xeb\x01\x00hello")),
			`bpf(BPF_BTF_LOAD, {btf="\237\353\1\0hello", btf_log_buf=NULL, btf_size=9, btf_log_size=0, btf_log_level=0}, 28)`, "-1 EINVAL (Invalid argument)"},

		{made(t, amd64, "io_submit", 2, arguments(here, 2, here), late(2, write), behind(2, 1, false, "ddd"), late(2, poll)),
			`io_submit(0x7f46a6c67e00, 2, [{aio_data=0x1235, aio_key=9, aio_rw_flags=RWF_HIPRI|RWF_SYNC, aio_lio_opcode=IOCB_CMD_PWRITE, aio_reqprio=IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 3), aio_fildes=4, aio_buf="ddd", aio_nbytes=3, aio_offset=5, aio_flags=IOCB_FLAG_IOPRIO|0x4, aio_resfd=0x7}, {aio_data=0x1239, aio_lio_opcode=IOCB_CMD_POLL, aio_fildes=4, aio_buf=POLLIN|POLLERR}])`, "2"},
		{made(t, amd64, "io_submit", 0, arguments(here, 0, here)), `io_submit(0x7f46a6c67e00, 0, [])`, "0"},
		{made(t, amd64, "io_submit", -14, arguments(here, 3, here)), `io_submit(0x7f46a6c67e00, 3, 0x7f46a6c67e00)`, "-1 EFAULT (Bad address)"},

		{made(t, amd64, "io_uring_register", -6, arguments(3, 6, here, 5), late(2, uint32(2), uint32(0), uint64(here)), behind(2, 1, false, uint32(0), uint32(1), ^uint32(0), ^uint32(1), ^uint32(6))),
			`io_uring_register(3, IORING_REGISTER_FILES_UPDATE, {offset=2, fds=[0, 1, -1, IORING_REGISTER_FILES_SKIP, -7]}, 5)`, "-1 ENXIO (No such device or address)"},
		{made(t, amd64, "io_uring_register", -22, arguments(3, 13, here, 32), late(2, uint32(2), uint32(0), uint64(5), uint64(here), uint64(0x800000002)), behind(2, 1, false, uint32(0), uint32(1))),
			`io_uring_register(3, IORING_REGISTER_FILES2, {nr=2, flags=0, resv2=0x5, data=[0, 1], tags=0x800000002}, 32)`, "-1 EINVAL (Invalid argument)"},
		{made(t, amd64, "io_uring_register", -22, arguments(3, 16, here, 32), late(2, uint32(2), uint32(0), uint64(here), uint64(here), uint32(1), uint32(8)), behind(2, 1, false, uint64(here), uint64(4096)), behind(2, 2, false, uint64(7))),
			`io_uring_register(3, IORING_REGISTER_BUFFERS_UPDATE, {offset=2, data=[{iov_base=0x7f46a6c67e00, iov_len=4096}], tags=[0x7], nr=1, resv2=0x8}, 32)`, "-1 EINVAL (Invalid argument)"},
		{made(t, amd64, "io_uring_register", 0, arguments(3, 19, here, 2), early(2, uint32(1), uint32(2)), late(2, uint32(4), uint32(96343))),
			`io_uring_register(3, IORING_REGISTER_IOWQ_MAX_WORKERS, [[IO_WQ_BOUND]=1, [IO_WQ_UNBOUND]=2] => [[IO_WQ_BOUND]=4, [IO_WQ_UNBOUND]=96343], 2)`, "0"},
		{made(t, amd64, "io_uring_register", 1, arguments(3, 21, here, 1), early(2, 16)), `io_uring_register(3, IORING_UNREGISTER_RING_FDS, [{offset=0}], 1)`, "1"},
		{made(t, amd64, "io_uring_register", 0, arguments(3, 8, here, 2), late(2, uint8(1), uint8(2), 14, uint16(0), uint16(1), 4, uint16(1), uint16(1), 4, 480)),
			`io_uring_register(3, IORING_REGISTER_PROBE, {last_op=IORING_OP_READV, ops_len=2, ops=[{op=IORING_OP_NOP, flags=IO_URING_OP_SUPPORTED}, {op=IORING_OP_READV, flags=IO_URING_OP_SUPPORTED}]}, 2)`, "0"},

		// What ipc(2) does has its own name.
		{made(t, i386, "ipc", 0, arguments(1, 11, 1, 0, 0xf7cece00), late(4, uint16(1), uint16(0xffff), uint16(0x800))), `semop(11, [{sem_num=1, sem_op=-1, sem_flg=IPC_NOWAIT}], 1)`, "0"},
		{made(t, i386, "ipc", 0, arguments(3, 12, 1, 0x102, 0xf7cece00), late(4, uint32(0xf7cecf00)), behind(4, 1, false, statistics)),
			`semctl(12, 1, IPC_64|IPC_STAT, {sem_perm={uid=0, gid=0, mode=0600, key=0, cuid=0, cgid=0}, sem_otime=10, sem_ctime=20, sem_nsems=3})`, "0"},
		{made(t, i386, "ipc", 0, arguments(3, 12, 1, 0x110, 0xf7cece00), late(4, uint32(5))), `semctl(12, 1, IPC_64|SETVAL, [0x5])`, "0"},
		{made(t, i386, "ipc", 0, arguments(11, 6, 5, 0x800, 0xf7cece00), late(4, uint32(7), "abcde", 123)), `msgsnd(6, {mtype=7, mtext="abcde"}, 5, IPC_NOWAIT)`, "0"},
		{made(t, i386, "ipc", 5, arguments(12, 6, 5, 0, 0xf7cece00), late(4, uint32(0xf7cecf00), uint32(0)), behind(4, 1, false, uint32(7), "abcde", 123)), `msgrcv(6, {mtype=7, mtext="abcde"}, 5, 0, 0)`, "5"},
		{made(t, i386, "ipc", -14, arguments(12, 6, 30, 0x800, 0xfffff000, 7)), `msgrcv(6, 0xfffff000, 30, IPC_NOWAIT)`, "-1 EFAULT (Bad address)"},
		{made(t, i386, "ipc", 5, arguments(0x1000c, 6, 5, 0, 0xf7cece00, 7), late(4, uint32(7), "abcde", 123)), `msgrcv(6, {mtype=7, mtext="abcde"}, 5, 7, 0)`, "5"},
		{made(t, i386, "ipc", 0, arguments(21, 9, 0, 0xf7cece00), late(3, uint32(0xf7f30000))), `shmat(9, NULL, 0)`, "0xf7f30000"},
		{made(t, i386, "ipc", 0, arguments(22, 0, 0, 0, 0xf7f30000)), `shmdt(0xf7f30000)`, "0"},
		{made(t, i386, "ipc", 7, arguments(13, 0, 0o1600)), `msgget(IPC_PRIVATE, IPC_CREAT|0600)`, "7"},
		{made(t, i386, "ipc", -22, arguments(24, minus(1), 0x42, 0, 0xfffff000)), `shmctl(-1, 0x42 /* SHM_??? */, 0xfffff000)`, "-1 EINVAL (Invalid argument)"},
		{made(t, i386, "ipc", -38, arguments(0x10005, minus(1), 2, 3, 0xf7cece00, minus(1))), `ipc(1<<16|5, 0xffffffff, 0x2, 0x3, 0xf7cece00, 0xffffffff)`, "-1 ENOSYS (Function not implemented)"},
		{made(t, i386, "ipc", -14, arguments(0x1000c, 6, 5, 0, 0xf7cece00, 7), state(ring.StateUnfinished)), `msgrcv(6,  <unfinished ...>)`, "?"},
	}
	for _, test := range tests {
		got := string(AppendCall(nil, test.event, nil))
		if want := line(test.call, test.result); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}
