package strace

import (
	"testing"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/syscalls"
)

const (
	pipeFiles   = magicPipe
	socketFiles = magicSocket
	diskFiles   = 0xef53 // EXT4_SUPER_MAGIC
)

// descriptorData lays out struct descriptor of recorder/bpf/layout.h. The path
// has its names from the last one to the first.
func descriptorData(number int32, magic uint32, inode uint64, mode uint16, rest ...any) []byte {
	return bytes(number, magic, inode, uint32(0), mode, uint16(0), bytes(rest...))
}

// socketData lays out struct descriptor_socket.
func socketData(family, kind, protocol, state, local, remote uint16) []byte {
	const loopback = "\x7f\x00\x00\x01"
	return bytes(family, kind, protocol, state, local>>8|local<<8, remote>>8|remote<<8, uint32(0), loopback, 12, loopback, 12, uint64(0))
}

// is is what a descriptor was that the call used, or returned.
func is(index int, data []byte) part {
	return func(e *event.Event) {
		e.Call.Captures = append(e.Call.Captures, ring.Capture{Argument: uint8(index), Layout: ring.LayoutDescriptor, Entry: index != ring.ReturnArgument, Data: data})
	}
}

// recorded are events as a recording of them has them, one after the other.
func recorded(t *testing.T, events ...*event.Event) []event.Event {
	t.Helper()
	var records []ring.Record
	for i, e := range events {
		e.Task = &ring.Task{PID: e.TID}
		e.Start, e.End = uint64(10*i+10), uint64(10*i+15)
		records = append(records, *e.Record)
	}
	history := event.Decode(&ring.Snapshot{Chunks: [][]byte{ring.EncodeCalls(records)}}, "amd64")
	if len(history.Events) != len(events) {
		t.Fatalf("%d of %d calls were decoded", len(history.Events), len(events))
	}
	return history.Events
}

func TestDescriptors(t *testing.T) {
	const amd64 = syscalls.AMD64
	pipe := descriptorData(3, pipeFiles, 7, 0o010600)
	null := descriptorData(4, diskFiles, 8, 0o100644, "file\x00tmp\x00")
	received := descriptorData(9, diskFiles, 9, 0o100644, "other\x00tmp\x00")
	process := descriptorData(12, magicProcess, 10, 0o100600)
	rights := func(fd uint32) []byte { return bytes(uint64(20), uint32(1), uint32(1), fd, 4) }
	header := bytes(uint64(0), uint32(0), 4, uint64(0), uint64(0), uint64(at), uint64(24), uint32(0), 4)
	tests := []struct {
		event        *event.Event
		call, result string
	}{
		{made(t, amd64, "fsync", -22, arguments(3), is(0, pipe)), "fsync(3<pipe:[7]>)", "-1 EINVAL (Invalid argument)"},
		{made(t, amd64, "fsync", 0, arguments(4), is(0, null)), "fsync(4</tmp/file>)", "0"},
		{made(t, amd64, "poll", 1, arguments(at, 2, 5), late(0, uint32(3), uint16(1), uint16(1), uint32(4), uint16(4), uint16(0))),
			"poll([{fd=3<pipe:[7]>, events=POLLIN}, {fd=4</tmp/file>, events=POLLOUT}], 2, 5)", "1 ([{fd=3, revents=POLLIN}])"},
		{made(t, amd64, "select", 1, arguments(8, at, 0, at, 0), early(1, uint64(3<<3)), early(3, uint64(1<<5)), late(1, uint64(1<<3)), late(3, uint64(0))),
			"select(8, [3<pipe:[7]> 4</tmp/file>], NULL, [5], NULL)", "1 (in [3])"},
		{made(t, amd64, "sendmsg", 0, arguments(3, at, 0), late(1, header), attached(1, partControl, false, rights(4))),
			"sendmsg(3<pipe:[7]>, {msg_name=NULL, msg_namelen=0, msg_iov=NULL, msg_iovlen=0, msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[4</tmp/file>]}], msg_controllen=24, msg_flags=0}, 0)", "0"},
		{made(t, amd64, "recvmsg", 0, arguments(3, at, 0), early(1, header), late(1, header), attached(1, partControl, false, rights(9))),
			"recvmsg(3<pipe:[7]>, {msg_name=NULL, msg_namelen=0, msg_iov=NULL, msg_iovlen=0, msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[9</tmp/other>]}], msg_controllen=24, msg_flags=0}, 0)", "0"},
		{made(t, amd64, "fsync", 0, arguments(9), is(0, received)), "fsync(9</tmp/other>)", "0"},
		{made(t, amd64, "clone", 77, arguments(clonePidfd|17, 0, at), late(2, uint32(12))), "clone(child_stack=NULL, flags=CLONE_PIDFD|SIGCHLD, parent_tid=[12<anon_inode:[pidfd]>])", "77"},
		{made(t, amd64, "waitid", -10, arguments(3, 12, 0, 4, 0), is(1, process)), "waitid(P_PIDFD, 12<anon_inode:[pidfd]>, NULL, WEXITED, NULL)", "-1 ECHILD (No child processes)"},
		{made(t, amd64, "waitid", -10, arguments(1, 4, 0, 4, 0)), "waitid(P_PID, 4, NULL, WEXITED, NULL)", "-1 ECHILD (No child processes)"},
		{made(t, amd64, "kcmp", 1, arguments(4958, 4958, 0, 3, 4)), "kcmp(4958, 4958, KCMP_FILE, 3<pipe:[7]>, 4</tmp/file>)", "1"},
		{made(t, amd64, "kcmp", 1, arguments(4958, 4959, 0, 3, 4)), "kcmp(4958, 4959, KCMP_FILE, 3<pipe:[7]>, 4)", "1"},
		// strace's ways with what these return.
		{made(t, amd64, "open_by_handle_at", 4, arguments(4, 0, 0)), "open_by_handle_at(4</tmp/file>, NULL, O_RDONLY)", "4"},
		{made(t, amd64, "mount_setattr", 0, arguments(4, 0, 0, 0, 0), is(0, null)), "mount_setattr(4</tmp/file>, NULL, 0, NULL, 0)", "0"},
	}
	var events []*event.Event
	for _, test := range tests {
		events = append(events, test.event)
	}
	for i, e := range recorded(t, events...) {
		if got, want := printed(&e, &Options{StringLimit: 32, Descriptors: DescriptorsPaths}), line(tests[i].call, tests[i].result); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// What strace -yy printed of sockets.
func TestSockets(t *testing.T) {
	const stream, datagram, raw = 1, 2, 3
	for want, socket := range map[string][]byte{
		"TCP:[7]":                            socketData(familyInternet, stream, 6, 7, 0, 0),
		"TCP:[127.0.0.1:80]":                 socketData(familyInternet, stream, 6, 10, 80, 0),
		"TCP:[127.0.0.1:81->127.0.0.1:80]":   socketData(familyInternet, stream, 6, 1, 81, 80),
		"UDP:[127.0.0.1:53]":                 socketData(familyInternet, datagram, 17, 7, 53, 0),
		"UDP:[127.0.0.1:1234->127.0.0.1:53]": socketData(familyInternet, datagram, 17, 1, 1234, 53),
		"RAW:[7]":                            socketData(familyInternet, raw, 1, 7, 1, 0),
		"socket:[7]":                         socketData(familyPacket, raw, 0, 7, 0, 0),
	} {
		e := recorded(t, made(t, syscalls.AMD64, "fsync", 0, arguments(3), is(0, descriptorData(3, socketFiles, 7, 0o140777, socket))))[0]
		if got := printed(&e, &Options{Descriptors: DescriptorsDetails}); got != line("fsync(3<"+want+">)", "0") {
			t.Errorf("%s, want %s", got, want)
		}
	}
	// A connection was refused: the kernel has it in no list.
	e := recorded(t, made(t, syscalls.AMD64, "fsync", 0, arguments(3), is(0, descriptorData(3, socketFiles, 7, 0o140777, socketData(familyInternet, stream, 6, 7, 81, 80)))))[0]
	if got, want := printed(&e, &Options{Descriptors: DescriptorsDetails}), line("fsync(3<TCP:[7]>)", "0"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestEndOfALeader(t *testing.T) {
	exit := event.Event{Record: &ring.Record{Type: ring.TypeExit, TID: 10000, Exit: &ring.Exit{}}, SupersededBy: 10002}
	if got, want := string(AppendEvent(nil, &exit, nil)), "10000 +++ superseded by execve in pid 10002 +++"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestResumedCall(t *testing.T) {
	const restart = -516 // ERESTART_RESTARTBLOCK
	events := recorded(t, made(t, syscalls.AMD64, "nanosleep", restart, arguments(at, 0)), made(t, syscalls.AMD64, "restart_syscall", 0), made(t, syscalls.AMD64, "restart_syscall", 0))
	for _, e := range events[1:] {
		if got, want := printed(&e, nil), line("restart_syscall(<... resuming interrupted nanosleep ...>)", "0"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
