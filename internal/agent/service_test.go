package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"golang.org/x/sys/unix"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/api/traceloop/v1/traceloopv1connect"
	"traceloop/internal/containers"
	"traceloop/recorder"
)

func TestReadLeavesOutOlderChunks(t *testing.T) {
	fake := newFake()
	fake.chunks = 5 // which end after 1000 ns, 2000 ns and so on
	d := begin(t, fake, Config{StringLimit: 77, Version: "v1"})
	d.fake.start(docker("aa"))
	d.awaitIDs(t, "aa recording")
	for after, want := range map[uint64]int{0: 5, 999: 5, 1000: 4, 4999: 1, 5000: 0, math.MaxUint64: 0} {
		message, r, err := d.read(t.Context(), &traceloopv1.ReadRequest{Reference: "aa", AfterBootNanoseconds: after})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Snapshot.Chunks) != want {
			t.Errorf("after %d: %d chunks, want %d", after, len(r.Snapshot.Chunks), want)
		}
		if abbreviate(message.Id) != "aa" || r.TraceloopVersion != "v1" || r.StringLimit != 77 || r.RingSize != ringSize || r.Host == "" || r.Architecture == "" {
			t.Errorf("%v, %+v", message, r)
		}
		if now := time.Now(); now.Sub(r.Taken).Abs() > time.Minute || now.Sub(r.Started).Abs() > time.Minute {
			t.Errorf("started %v, taken %v", r.Started, r.Taken)
		}
	}
	for reference, want := range map[string]connect.Code{"": connect.CodeInvalidArgument, "none": connect.CodeNotFound} {
		_, _, err := d.read(t.Context(), &traceloopv1.ReadRequest{Reference: reference})
		code(t, err, want)
	}
	d.fake.fault("Read", io.ErrUnexpectedEOF)
	_, _, err := d.read(t.Context(), &traceloopv1.ReadRequest{Reference: "aa"})
	code(t, err, connect.CodeInternal, io.ErrUnexpectedEOF.Error())
}

// One that makes room for others between its look-up and its reading is read
// from its file.
func TestRecordingIsEvictedWhileItIsRead(t *testing.T) {
	d := evictions(t, Config{StateDirectory: t.TempDir()})
	l, err := d.find("aa")
	if err != nil {
		t.Fatal(err)
	}
	d.fake.start(docker("bb"))
	d.awaitIDs(t, "aa saved, bb recording")
	if _, _, err := d.open(l, &traceloopv1.ReadRequest{}); err == nil || !strings.Contains(err.Error(), errGone.Error()) {
		t.Errorf("%v", err)
	}
	if _, r, err := d.read(t.Context(), &traceloopv1.ReadRequest{Reference: "aa", AfterBootNanoseconds: 1000}); err != nil || len(r.Snapshot.Chunks) != 0 {
		t.Errorf("%v", err)
	}
}

func TestDeleteIsAllOrNothing(t *testing.T) {
	d := begin(t, newFake(), Config{})
	for _, start := range []string{"aa", "ab", "bb"} {
		d.fake.start(docker(start))
	}
	d.awaitIDs(t, "aa recording, ab recording, bb recording")
	remove := func(references ...string) (*connect.Response[traceloopv1.DeleteResponse], error) {
		return d.client.Delete(t.Context(), connect.NewRequest(&traceloopv1.DeleteRequest{References: references}))
	}
	_, err := remove("bb", "none")
	code(t, err, connect.CodeNotFound, "none")
	_, err = remove("bb", "a")
	code(t, err, connect.CodeFailedPrecondition, id("aa"), id("ab"))
	_, err = remove()
	code(t, err, connect.CodeInvalidArgument)
	_, err = remove(make([]string, maximumReferences+1)...)
	code(t, err, connect.CodeInvalidArgument)
	if got := d.ids(t); got != "aa recording, ab recording, bb recording" {
		t.Errorf("after deletions that failed: %s", got)
	}
	response, err := remove("bb", "aa", id("bb"))
	if err != nil || len(response.Msg.Deleted) != 2 || abbreviate(response.Msg.Deleted[1].Id) != "aa" {
		t.Errorf("%v, %v", response, err)
	}
	d.awaitIDs(t, "ab recording")
}

func TestTotalsOnlyGrow(t *testing.T) {
	d := begin(t, newFake(), Config{})
	for _, start := range []string{"aa", "bb"} {
		name := d.fake.start(docker(start))
		d.fake.change(name, func(info *recorder.Info) { info.Calls, info.Overwritten, info.Filtered, info.Lost = 10, 4, 3, 1 })
	}
	check := func() {
		t.Helper()
		status := d.status(t)
		if got := []uint64{status.CallsRecorded, status.CallsOverwritten, status.CallsFiltered, status.CallsLost}; !reflect.DeepEqual(got, []uint64{20, 8, 6, 2}) {
			t.Errorf("%v", got)
		}
	}
	check()
	if _, err := d.client.Delete(t.Context(), connect.NewRequest(&traceloopv1.DeleteRequest{References: []string{"aa"}})); err != nil {
		t.Fatal(err)
	}
	check()
}

func TestAttachAndDetach(t *testing.T) {
	d := begin(t, newFake(), Config{})
	child := exec.Command("sleep", "1000")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = child.Process.Kill(); _ = child.Wait() })
	pid := uint32(child.Process.Pid)
	attach := func(request *traceloopv1.AttachRequest) (*traceloopv1.Recording, error) {
		response, err := d.client.Attach(t.Context(), connect.NewRequest(request))
		if err != nil {
			return nil, err
		}
		return response.Msg.Recording, nil
	}
	byPID := func(name string, pid uint32) (*traceloopv1.Recording, error) {
		return attach(&traceloopv1.AttachRequest{Name: name, Scope: &traceloopv1.AttachRequest_Pid{Pid: pid}})
	}
	first, err := byPID("", pid)
	if err != nil || first.Id != fmt.Sprint("pid-", pid) || first.Name != first.Id || first.Pid != pid || first.State != runs {
		t.Fatalf("%v, %v", first, err)
	}
	second, err := byPID("", pid)
	if err != nil || second.Name != first.Name+"-2" {
		t.Fatalf("%v, %v", second, err)
	}
	mine, err := byPID("mine", pid)
	if err != nil || mine.Name != "mine" {
		t.Fatalf("%v, %v", mine, err)
	}
	_, err = byPID("mine", pid)
	code(t, err, connect.CodeAlreadyExists, "mine")
	for _, name := range []string{"a/b", "\x1b[31m", " ", "x ", "adopted-7", strings.Repeat("x", 129), "line\n"} {
		_, err = byPID(name, pid)
		code(t, err, connect.CodeInvalidArgument)
	}
	for _, pid := range []uint32{0, math.MaxUint32} {
		_, err = byPID("", pid)
		code(t, err, connect.CodeInvalidArgument)
	}
	_, err = attach(&traceloopv1.AttachRequest{})
	code(t, err, connect.CodeInvalidArgument)
	d.fake.fault("Attach", fmt.Errorf("process 77: %w", recorder.ErrNoProcess))
	_, err = byPID("", 77)
	code(t, err, connect.CodeNotFound, "77")
	d.fake.fault("Attach", nil)

	var information unix.Stat_t
	if err := unix.Stat("/proc/self/ns/mnt", &information); err != nil {
		t.Fatal(err)
	}
	byNamespace := func(inode uint64) (*traceloopv1.Recording, error) {
		return attach(&traceloopv1.AttachRequest{Scope: &traceloopv1.AttachRequest_MountNamespace{MountNamespace: inode}})
	}
	if r, err := byNamespace(information.Ino); err != nil || r.Name != fmt.Sprint("mntns-", information.Ino) || d.fake.attached[r.Name] != recorder.MountNamespace(uint32(information.Ino)) {
		t.Errorf("%v, %v", r, err)
	}
	_, err = byNamespace(12345)
	code(t, err, connect.CodeNotFound)
	for _, inode := range []uint64{0, 1 << 32} {
		_, err = byNamespace(inode)
		code(t, err, connect.CodeInvalidArgument)
	}

	detach := func(reference string) (*traceloopv1.Recording, error) {
		response, err := d.client.Detach(t.Context(), connect.NewRequest(&traceloopv1.DetachRequest{Reference: reference}))
		if err != nil {
			return nil, err
		}
		return response.Msg.Recording, nil
	}
	if r, err := detach("mine"); err != nil || r.State != done || r.Ended == nil {
		t.Errorf("%v, %v", r, err)
	}
	_, err = detach("none")
	code(t, err, connect.CodeNotFound)
	d.fake.start(docker("aa"))
	_, err = detach("aa")
	code(t, err, connect.CodeFailedPrecondition, "by hand")
	// A process tree whose last process has ended.
	d.fake.change(second.Name, func(info *recorder.Info) { info.Tasks = 0 })
	eventually(t, "it has ended", func() bool { r := d.find1(t, second.Id); return r.State == done && r.Ended != nil })
}

func TestAttachCgroup(t *testing.T) {
	d := begin(t, newFake(), Config{})
	mount := d.cgroupMount()
	if mount == "" {
		t.Skip("no hierarchy of version 2")
	}
	name := fmt.Sprintf("traceloop-agent-%d", os.Getpid())
	directory := filepath.Join(mount, name, "in ner")
	if err := os.MkdirAll(directory, 0o755); err != nil {
		t.Skip("no cgroup can be made: ", err)
	}
	t.Cleanup(func() { os.Remove(directory); os.Remove(filepath.Dir(directory)) })
	var information unix.Stat_t
	if err := unix.Stat(directory, &information); err != nil {
		t.Fatal(err)
	}
	for i, path := range []string{directory, "/" + name + "/in ner", name + "/in ner/", directory + "/../in ner", "../../" + name + "/in ner"} {
		response, err := d.client.Attach(t.Context(), connect.NewRequest(&traceloopv1.AttachRequest{Scope: &traceloopv1.AttachRequest_Cgroup{Cgroup: path}}))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		r := response.Msg.Recording
		want := "in ner"
		if i > 0 {
			want = fmt.Sprint("in ner-", i+1)
		}
		if r.Name != want || r.Cgroup != "/"+name+"/in ner" || d.fake.attached[r.Name] != recorder.Cgroup(information.Ino) {
			t.Errorf("%s: %v", path, r)
		}
	}
	for path, want := range map[string]connect.Code{
		name + "/none":               connect.CodeNotFound,
		"/etc":                       connect.CodeNotFound,
		"../../../etc":               connect.CodeNotFound,
		"":                           connect.CodeInvalidArgument,
		"a\x00b":                     connect.CodeInvalidArgument,
		strings.Repeat("x", 5000):    connect.CodeInvalidArgument,
		name + "/cgroup.procs":       connect.CodeInvalidArgument,
		"/proc/self/root/etc/passwd": connect.CodeNotFound,
	} {
		_, err := d.client.Attach(t.Context(), connect.NewRequest(&traceloopv1.AttachRequest{Scope: &traceloopv1.AttachRequest_Cgroup{Cgroup: path}}))
		code(t, err, want)
	}
	d.cgroups = []string{t.TempDir()}
	_, err := d.client.Attach(t.Context(), connect.NewRequest(&traceloopv1.AttachRequest{Scope: &traceloopv1.AttachRequest_Cgroup{Cgroup: name}}))
	code(t, err, connect.CodeFailedPrecondition)
}

// A client that asks and then takes nothing is cut off, and does not keep the
// others from reading.
// Who sends half a request takes a place for a while, and is hung up on.
func TestClientThatStopsSending(t *testing.T) {
	d := begin(t, newFake(), Config{}, func(a *Agent) { a.requestTimeout = 200 * time.Millisecond })
	var halves []net.Conn
	for _, method := range []string{"Delete", "Read", "List"} {
		for range maximumRequests {
			connection, err := net.Dial("unix", d.socket)
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			request := "POST /traceloop.v1.DaemonService/" + method + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
				"Content-Length: 1000\r\n\r\n{\"refer"
			if method == "Read" {
				request = strings.Replace(request, "application/json", "application/connect+json", 1)
			}
			if _, err := io.WriteString(connection, request); err != nil {
				t.Fatal(err)
			}
			halves = append(halves, connection)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	if _, err := d.client.List(ctx, connect.NewRequest(&traceloopv1.ListRequest{})); err != nil {
		t.Errorf("who asks beside them: %v", err)
	}
	for _, half := range halves {
		if err := half.SetReadDeadline(time.Now().Add(deadline)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, half); err != nil && !errors.Is(err, unix.ECONNRESET) {
			t.Fatalf("half a request: %v", err)
		}
	}
	eventually(t, "the places are free", func() bool { return len(d.requests) == 0 })
}

// The time that a request has is not the answer's.
func TestAnswerThatTakesLong(t *testing.T) {
	fake := newFake()
	fake.chunks, fake.random = 200, true
	d := begin(t, fake, Config{}, func(a *Agent) { a.requestTimeout = 50 * time.Millisecond })
	d.fake.start(docker("aa"))
	d.awaitIDs(t, "aa recording")
	stream, err := d.client.Read(t.Context(), connect.NewRequest(&traceloopv1.ReadRequest{Reference: "aa"}))
	if err != nil || !stream.Receive() {
		t.Fatal(err)
	}
	time.Sleep(4 * d.requestTimeout) // that it may end the answer
	pieces := 1
	for stream.Receive() {
		pieces++
	}
	if err := stream.Err(); err != nil || pieces < 2 {
		t.Errorf("%d pieces, %v", pieces, err)
	}
	if err := stream.Close(); err != nil {
		t.Error(err)
	}
}

func TestClientThatStopsReading(t *testing.T) {
	fake := newFake()
	fake.chunks, fake.random = 200, true // more than sockets hold
	d := begin(t, fake, Config{}, func(a *Agent) { a.sendTimeout = 2 * time.Second })
	d.fake.start(docker("aa"))
	d.awaitIDs(t, "aa recording")
	request := "POST /traceloop.v1.DaemonService/Read HTTP/1.1\r\nHost: x\r\nContent-Type: application/connect+json\r\n" +
		"Connect-Protocol-Version: 1\r\nContent-Length: 25\r\n\r\n\x00\x00\x00\x00\x14{\"reference\":  \"aa\"}"
	var silent []net.Conn
	for range maximumReads {
		connection, err := net.Dial("unix", d.socket)
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		if _, err := io.WriteString(connection, request); err != nil {
			t.Fatal(err)
		}
		silent = append(silent, connection)
	}
	eventually(t, "all places are taken", func() bool { return len(d.reads) == maximumReads })
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	if _, _, err := d.read(ctx, &traceloopv1.ReadRequest{Reference: "aa"}); err != nil {
		t.Errorf("who reads beside them: %v", err)
	}
	eventually(t, "no place is taken", func() bool { return len(d.reads) == 0 && d.reading.Load() == 0 })
	// They are cut off: what they were sent has an end.
	for _, connection := range silent {
		if err := connection.SetReadDeadline(time.Now().Add(deadline)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, connection); err != nil {
			t.Error(err)
		}
	}
}

func TestClientThatGoesAwayWhileItWaits(t *testing.T) {
	d := begin(t, newFake(), Config{})
	d.fake.start(docker("aa"))
	for range maximumReads {
		d.reads <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() {
		_, _, err := d.read(ctx, &traceloopv1.ReadRequest{Reference: "aa"})
		result <- err
	}()
	eventually(t, "it waits", func() bool { return d.reading.Load() == 1 })
	cancel()
	code(t, <-result, connect.CodeCanceled)
	eventually(t, "it has gone", func() bool { return d.reading.Load() == 0 })
	for range maximumReads {
		<-d.reads
	}
}

// What curl would send and get.
func TestAPIWithoutAClientsLibrary(t *testing.T) {
	d := begin(t, newFake(), Config{})
	d.fake.start(docker("aa"))
	d.awaitIDs(t, "aa recording")
	transport := d.transport()
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	response, err := client.Post("http://localhost/traceloop.v1.DaemonService/List", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var list struct{ Recordings []struct{ ID, State string } }
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil || len(list.Recordings) != 1 || list.Recordings[0].State != "STATE_RECORDING" {
		t.Errorf("%+v, %v", list, err)
	}
	tooLarge, err := client.Post("http://localhost/traceloop.v1.DaemonService/List", "application/json", strings.NewReader(`{"filter":"`+strings.Repeat("x", maximumRequest)+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	tooLarge.Body.Close()
	if tooLarge.StatusCode == http.StatusOK {
		t.Error("a request of any size is read")
	}
}

func TestAPIOverGRPC(t *testing.T) {
	fake := newFake()
	fake.chunks, fake.payload = 300, strings.Repeat("x", 2000)
	d := begin(t, fake, Config{})
	d.fake.start(docker("aa"))
	transport := d.transport()
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	d.client = traceloopv1connect.NewDaemonServiceClient(&http.Client{Transport: transport}, "http://traceloop", connect.WithGRPC())
	d.awaitIDs(t, "aa recording")
	if _, r, err := d.read(t.Context(), &traceloopv1.ReadRequest{Reference: "aa"}); err != nil || len(r.Snapshot.Chunks) != 300 {
		t.Errorf("%v", err)
	}
}

func TestStatus(t *testing.T) {
	since := time.Now().Add(-time.Hour)
	d := begin(t, newFake(), Config{Version: "v1", Settings: "memory: 1\n", Since: since, Runtimes: func() []containers.RuntimeStatus {
		return []containers.RuntimeStatus{
			{Name: "docker", Endpoint: "docker=unix:///run/docker.sock", Connected: true, Containers: 3},
			{Name: "podman", Endpoint: "podman=unix:///run/podman.sock", Err: os.ErrNotExist},
		}
	}})
	d.awaitStock(t, 4)
	d.fake.start(docker("aa"))
	d.fake.run(docker("bb"))
	d.awaitIDs(t, "aa recording, bb exited")
	d.awaitStock(t, 4)
	s := d.status(t)
	if s.Version != "v1" || s.Settings != "memory: 1\n" || !s.RecordingSince.AsTime().Equal(since) || s.Pid != uint32(os.Getpid()) || s.Kernel == "" || s.Host == "" ||
		s.Uptime.AsDuration() <= 0 || s.RingsReady != 4 || s.RingsWanted != 4 || s.Memory.Used != 6*ringSize {
		t.Errorf("%v", s)
	}
	if !reflect.DeepEqual(s.Recordings, map[string]uint32{"recording": 1, "exited": 1, "saved": 0}) {
		t.Errorf("%v", s.Recordings)
	}
	if len(s.Runtimes) != 2 || !s.Runtimes[0].Connected || s.Runtimes[1].Error == "" || len(s.Failures) != 1 || s.Failures[0].Errno != 14 {
		t.Errorf("%v", s)
	}
	found := map[string]bool{}
	for _, feature := range s.Features {
		found[feature.Name] = feature.Present
	}
	if _, err := os.Stat("/sys/kernel/btf/vmlinux"); found["BTF"] != (err == nil) || len(found) < 5 {
		t.Errorf("%v", s.Features)
	}
}

// All at once, for the race detector.
func TestManyAtOnce(t *testing.T) {
	d := begin(t, newFake(), Config{Memory: 24 * ringSize, Ready: 8, StateDirectory: t.TempDir(), StateSize: 4000})
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	var all sync.WaitGroup
	loop := func(body func(i int)) {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				body(i)
			}
		})
	}
	loop(func(i int) {
		start := fmt.Sprintf("%03x", i%50)
		d.source.Put(nginx(start))
		name := d.fake.start(docker(start))
		d.fake.end(name, 0)
		if i%3 == 0 {
			d.source.Remove(id(start))
		}
		time.Sleep(time.Millisecond)
	})
	for range 3 {
		loop(func(i int) { _, _, _ = d.read(ctx, &traceloopv1.ReadRequest{Reference: fmt.Sprintf("%03x", i%50)}) })
	}
	loop(func(int) { _, _ = d.client.List(ctx, connect.NewRequest(&traceloopv1.ListRequest{})) })
	loop(func(int) { _, _ = d.client.Status(ctx, connect.NewRequest(&traceloopv1.StatusRequest{})) })
	loop(func(i int) {
		_, _ = d.client.Delete(ctx, connect.NewRequest(&traceloopv1.DeleteRequest{References: []string{fmt.Sprintf("%03x", i%50)}}))
	})
	loop(func(int) {
		response, err := d.client.Attach(ctx, connect.NewRequest(&traceloopv1.AttachRequest{Scope: &traceloopv1.AttachRequest_Pid{Pid: 1}}))
		if err == nil {
			_, _ = d.client.Detach(ctx, connect.NewRequest(&traceloopv1.DetachRequest{Reference: response.Msg.Recording.Id}))
		}
	})
	all.Wait()
	seen := map[string]bool{}
	for _, r := range d.recordings(t) {
		if seen[r.Id] {
			t.Errorf("two recordings have the ID %s", r.Id)
		}
		seen[r.Id] = true
	}
	// What is adopted between a look and the stocking after it takes a ring more,
	// for a moment.
	eventually(t, "the budget is kept", func() bool { return d.status(t).Memory.Used <= 24*ringSize })
	if d.fake.peak() > (24+8)*ringSize {
		t.Errorf("%d bytes of rings at once", d.fake.peak())
	}
}
