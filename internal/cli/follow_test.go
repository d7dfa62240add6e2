package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/api/traceloop/v1/traceloopv1connect"
	"traceloop/event"
	"traceloop/recording"
	"traceloop/ring"
	"traceloop/syscalls"
)

const second = uint64(time.Second)

// readOf is a read(2) of a descriptor, by which tests tell calls apart.
func readOf(descriptor, start, end uint64) ring.Record {
	number, _ := syscalls.Number(syscalls.AMD64, "read")
	return ring.Record{Type: ring.TypeCall, TID: 7, Task: &ring.Task{PID: 7, Comm: "cat"}, Start: start, End: end,
		Call: ring.Call{Number: number, Arguments: []uint64{descriptor, 0, 0}}}
}

func goingOn(record ring.Record) ring.Record {
	record.Call.State = ring.StateInFlight
	return record
}

// setUp makes a record one of the container's set-up.
func setUp(record ring.Record) ring.Record {
	record.SetUp = true
	return record
}

// snapshotOf is a ring's: a chunk of each list of records, as many calls counted
// as were ever made, and older ones overwritten up to the horizon.
func snapshotOf(taken, calls, horizon uint64, chunks ...[]ring.Record) *ring.Snapshot {
	s := &ring.Snapshot{Taken: taken, Cursors: []ring.Cursor{{Calls: calls, Horizon: horizon}}}
	for _, records := range chunks {
		s.Chunks = append(s.Chunks, ring.EncodeCalls(records))
	}
	return s
}

// descriptors are those of the calls of a part, with an exclamation mark behind
// calls that go on.
func descriptors(part *event.History) string {
	var texts []string
	for _, e := range part.Events {
		mark := ""
		if e.Call.State == ring.StateInFlight {
			mark = "!"
		}
		texts = append(texts, fmt.Sprint(e.Call.Arguments[0], mark))
	}
	return strings.Join(texts, " ")
}

func TestFollowerGivesEachCallOnce(t *testing.T) {
	f := &follower{}
	first := []ring.Record{readOf(1, 1*second, 2*second), readOf(2, 3*second, 4*second)}
	step := func(what string, snapshot *ring.Snapshot, last bool, want string, missing uint64) {
		t.Helper()
		part := f.next(snapshot.After(f.floor), "amd64", last)
		if got := descriptors(part); got != want || part.Account.Overwritten != missing {
			t.Errorf("%s: %q with %d missing, want %q with %d", what, got, part.Account.Overwritten, want, missing)
		}
	}
	snapshot := snapshotOf(10*second, 2, 0, first)
	snapshot.InFlight = ring.EncodeCalls([]ring.Record{goingOn(readOf(3, 1*second, 10*second))})
	step("what is there", snapshot, false, "1 2", 0)
	step("nothing new", snapshotOf(11*second, 2, 0, first), false, "", 0)
	// In the order of their end; 5 ended before the last snapshot was taken
	// but came into the ring later, in the middle of the others.
	grown := slices.Concat(first, []ring.Record{readOf(5, 9*second, 10*second+second/2), readOf(4, 12*second, 13*second), readOf(3, 1*second, 14*second)})
	step("grown", snapshotOf(14*second, 5, 0, grown), false, "5 4 3", 0)
	step("the same again", snapshotOf(14*second+1, 5, 0, grown), false, "", 0)
	// Six more were made, of which the newest two are left.
	newest := []ring.Record{readOf(6, 20*second, 21*second), readOf(7, 20*second, 22*second)}
	step("overwritten", snapshotOf(22*second, 11, 20*second, newest), false, "6 7", 4)
	step("not said twice", snapshotOf(23*second, 11, 20*second, newest), false, "", 0)
	snapshot = snapshotOf(24*second, 11, 20*second, newest)
	snapshot.InFlight = ring.EncodeCalls([]ring.Record{goingOn(readOf(8, 22*second, 24*second))})
	step("goes on", snapshot, false, "", 0)
	step("the end", snapshot, true, "8!", 0)
}

// The end of a thread may make another thing of what it did last.
func TestFollowerHoldsWhatMayChange(t *testing.T) {
	interrupted := readOf(1, 1*second, 2*second)
	interrupted.Call.Return = -512
	f := &follower{}
	if got := descriptors(f.next(snapshotOf(3*second, 1, 0, []ring.Record{interrupted}), "amd64", false)); got != "" {
		t.Errorf("gave %q at once", got)
	}
	// Long after the time in which others may come late.
	f.next(snapshotOf(9*second, 1, 0, []ring.Record{interrupted}).After(f.floor), "amd64", false)
	followed := []ring.Record{interrupted, readOf(2, 10*second, 11*second)}
	part := f.next(snapshotOf(12*second, 2, 0, followed), "amd64", false)
	if got := descriptors(part); got != "1 2" || part.Account.Overwritten != 0 {
		t.Errorf("gave %q, %+v", got, part.Account)
	}
	// What is overwritten while it is held is said to be missing.
	f = &follower{}
	f.next(snapshotOf(3*second, 1, 0, []ring.Record{interrupted}), "amd64", false)
	part = f.next(snapshotOf(20*second, 3, 10*second, []ring.Record{readOf(3, 11*second, 12*second)}), "amd64", false)
	if got := descriptors(part); got != "3" || part.Account.Overwritten != 2 {
		t.Errorf("gave %q, %+v", got, part.Account)
	}
}

// growing makes a daemon whose one recording is another at each Read: the
// snapshots in turn, the last one again and again; ended from a read on.
func growing(t *testing.T, ended int, snapshots ...*ring.Snapshot) *daemonOfTests {
	t.Helper()
	return serve(t, &daemonOfTests{read: growingRead(ended, snapshots...)})
}

func growingRead(ended int, snapshots ...*ring.Snapshot) func(*traceloopv1.ReadRequest) (*traceloopv1.Recording, *recording.Recording, error) {
	var reads atomic.Int32
	return func(r *traceloopv1.ReadRequest) (*traceloopv1.Recording, *recording.Recording, error) {
		n := int(reads.Add(1)) - 1
		if n > 0 && n <= ended && r.Reference != webID+".2" {
			return nil, nil, connect.NewError(connect.CodeInternal, fmt.Errorf("read %d is of %s", n, r.Reference))
		}
		of := &traceloopv1.Recording{Id: webID, ExactId: webID + ".2", Name: "web", State: traceloopv1.State_STATE_RECORDING}
		if n >= ended {
			of.State = traceloopv1.State_STATE_EXITED
		}
		snapshot := snapshots[min(n, len(snapshots)-1)].After(r.AfterBootNanoseconds)
		return of, &recording.Recording{Architecture: "amd64", Container: recording.Container{ID: webID, Name: "web"}, Snapshot: *snapshot}, nil
	}
}

func TestShowFollows(t *testing.T) {
	t.Parallel()
	first := []ring.Record{readOf(1, 1*second, 2*second), readOf(2, 1*second+1, 4*second), readOf(3, 1*second+2, 3*second)}
	grown := slices.Concat(first, []ring.Record{readOf(4, 5*second, 6*second)})
	last := snapshotOf(20*second, 9, 10*second, []ring.Record{readOf(5, 11*second, 12*second)})
	last.InFlight = ring.EncodeCalls([]ring.Record{goingOn(readOf(6, 13*second, 20*second))})
	d := growing(t, 3, snapshotOf(5*second, 3, 0, first), snapshotOf(7*second, 4, 0, grown), snapshotOf(8*second, 4, 0, grown), last)
	r := run(t, "show", "-f", "--tail", "2", "--socket", d.socket, "web")
	wantStatus(t, r, 0)
	// The last two in the order of their end, then all that comes.
	want := `7     read(3, NULL, 0)                 = 0
7     read(2, NULL, 0)                 = 0
7     read(4, NULL, 0)                 = 0
7     --- 4 of 5 calls were overwritten, complete since 1970-01-01T00:00:10.000000Z ---
7     read(5, NULL, 0)                 = 0
7     read(6,  <unfinished ...>
`
	if got := withoutPadding(r.stdout); got != withoutPadding(want) {
		t.Errorf("got\n%s\nwant\n%s", r.stdout, want)
	}
	if r.stderr != "" {
		t.Error(r.stderr)
	}
	requests := d.noted()
	if first, later := requests[0].(*traceloopv1.ReadRequest), requests[1].(*traceloopv1.ReadRequest); first.AfterBootNanoseconds != 0 || later.AfterBootNanoseconds != 4*second {
		t.Errorf("read after %d, %d", first.AfterBootNanoseconds, later.AfterBootNanoseconds)
	}
}

func withoutPadding(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n")
}

func TestShowFollowsColumnsAndJSON(t *testing.T) {
	t.Parallel()
	records := []ring.Record{readOf(1, 1*second, 2*second), readOf(2, 3*second, 4*second)}
	d := growing(t, 1, snapshotOf(3*second, 1, 0, records[:1]), snapshotOf(5*second, 2, 0, records))
	r := run(t, "show", "-f", "-o", "columns", "--socket", d.socket, "web")
	wantStatus(t, r, 0)
	if strings.Count(r.stdout, "TIME") != 1 || strings.Count(r.stdout, "\n") != 3 {
		t.Error(r.stdout)
	}
	d = growing(t, 1, snapshotOf(3*second, 1, 0, records[:1]), snapshotOf(5*second, 2, 0, records))
	r = run(t, "show", "-f", "-o", "json", "--socket", d.socket, "web")
	wantStatus(t, r, 0)
	wantMatch(t, r.stdout, `\A\{"type":"syscall".*"raw":1.*"container":\{"id":"`+webID+`","name":"web"\}\}\n\{"type":"syscall".*"raw":2.*\}\n\z`)
	wantStatus(t, run(t, "show", "-f", "-c", "--socket", d.socket, "web"), 2)
}

// followed starts show -f of a recording that does not end, and waits for its first line.
func followed(t *testing.T, d *daemonOfTests) (*exec.Cmd, *bufio.Reader, *bytes.Buffer) {
	t.Helper()
	command := traceloop(t, "show", "-f", "--socket", d.socket, "web")
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(stdout)
	if line, err := reader.ReadString('\n'); err != nil || !strings.Contains(line, "read(1,") {
		t.Fatalf("%q, %v", line, err)
	}
	return command, reader, &stderr
}

func endlessRead() func(*traceloopv1.ReadRequest) (*traceloopv1.Recording, *recording.Recording, error) {
	return growingRead(1<<30, snapshotOf(3*second, 1, 0, []ring.Record{readOf(1, 1*second, 2*second)}))
}

func endless(t *testing.T) *daemonOfTests {
	t.Helper()
	return serve(t, &daemonOfTests{read: endlessRead()})
}

func TestFollowEndsWithSignals(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		command, reader, stderr := followed(t, endless(t))
		if err := command.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if rest, err := reader.ReadString('\n'); rest != "" {
			t.Errorf("%q, %v", rest, err)
		}
		if err := command.Wait(); err != nil || stderr.Len() != 0 {
			t.Errorf("after %v: %v: %s", signal, err, stderr)
		}
	}
}

// Who goes away while nothing comes has nobody wait.
func TestFollowIntoClosedPipe(t *testing.T) {
	t.Parallel()
	d := endless(t)
	r := finish(t, exec.CommandContext(t.Context(), "sh", "-c", `timeout 60 "$0" show -o json -f --socket "$1" web | head -n 1`, programPath, d.socket))
	wantStatus(t, r, 0)
	if r.stderr != "" || strings.Count(r.stdout, "\n") != 1 {
		t.Errorf("%+v", r)
	}
}

func TestFollowOfWhatIsDeleted(t *testing.T) {
	t.Parallel()
	var deleted atomic.Bool
	read := endlessRead()
	d := serve(t, &daemonOfTests{read: func(r *traceloopv1.ReadRequest) (*traceloopv1.Recording, *recording.Recording, error) {
		if deleted.Load() {
			return nil, nil, connect.NewError(connect.CodeNotFound, errors.New("no recording is called "+r.Reference))
		}
		return read(r)
	}})
	command, _, stderr := followed(t, d)
	deleted.Store(true)
	if err := command.Wait(); command.ProcessState.ExitCode() != 1 {
		t.Error(err)
	}
	wantIn(t, stderr.String(), "was deleted while it was shown")
}

// A daemon may be replaced by another version while it is spoken to.
func TestFollowWaitsForTheDaemon(t *testing.T) {
	t.Parallel()
	records := []ring.Record{readOf(1, 1*second, 2*second), readOf(2, 4*second, 5*second)}
	d := &daemonOfTests{read: growingRead(1<<30, snapshotOf(3*second, 1, 0, records[:1])), socket: filepath.Join(t.TempDir(), "socket")}
	_, handler := traceloopv1connect.NewDaemonServiceHandler(d)
	stop := listenAndServe(t, d, handler)
	command, reader, stderr := followed(t, d)
	stop()
	next := &daemonOfTests{read: growingRead(0, snapshotOf(6*second, 2, 0, records)), socket: d.socket}
	_, handler = traceloopv1connect.NewDaemonServiceHandler(next)
	t.Cleanup(listenAndServe(t, next, handler))
	if line, err := reader.ReadString('\n'); err != nil || !strings.Contains(line, "read(2,") {
		t.Errorf("%q, %v", line, err)
	}
	if err := command.Wait(); err != nil {
		t.Errorf("%v: %s", err, stderr)
	}
}

// What goes through a client leaves nothing behind, whether it is answered or not.
func TestClientLeaksNothing(t *testing.T) {
	d := endless(t)
	descriptors := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	use := func() {
		c := newClient(d.socket)
		defer c.close()
		for range 3 {
			if _, r, err := c.read(t.Context(), webID+".2", 0); err != nil || len(r.Snapshot.Chunks) != 1 {
				t.Fatalf("%v, %v", r, err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, r, err := c.read(ctx, webID+".2", 0); r != nil || err == nil {
			t.Errorf("%v, %v", r, err)
		}
	}
	use()
	before, opened := runtime.NumGoroutine(), descriptors()
	for range 5 {
		use()
	}
	for deadline := time.Now().Add(patienceOfTests); runtime.NumGoroutine() > before || descriptors() > opened; {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines and %d descriptors, there were %d and %d", runtime.NumGoroutine(), descriptors(), before, opened)
		}
		time.Sleep(pollInterval)
	}
}

// oneRecording makes a daemon of one recording that has ended.
func oneRecording(t *testing.T, snapshot *ring.Snapshot) *daemonOfTests {
	t.Helper()
	return growing(t, 0, snapshot)
}

func TestShowWithSetUp(t *testing.T) {
	t.Parallel()
	calls := []ring.Record{setUp(readOf(1, 1*second, 2*second)), setUp(readOf(2, 3*second, 4*second)), readOf(3, 5*second, 6*second), readOf(4, 7*second, 8*second)}
	for _, test := range []struct {
		name    string
		records []ring.Record
		flags   []string
		want    []string // the descriptors of the calls
		message string
	}{
		{"container", calls, nil, []string{"3", "4"}, ""},
		{"all", calls, []string{"--with-setup"}, []string{"1", "2", "3", "4"}, ""},
		{"tail", calls, []string{"--tail", "3"}, []string{"3", "4"}, ""},
		{"no execve", calls[:2], nil, nil, "the container has not come to its execve: --with-setup shows it"},
		{"no execve, all", calls[:2], []string{"--with-setup"}, []string{"1", "2"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := oneRecording(t, snapshotOf(9*second, uint64(len(test.records)), 0, test.records))
			r := run(t, append([]string{"show", "--socket", d.socket, "web"}, test.flags...)...)
			wantStatus(t, r, 0)
			var got []string
			for line := range strings.Lines(r.stdout) {
				_, rest, _ := strings.Cut(line, "read(")
				number, _, _ := strings.Cut(rest, ",")
				got = append(got, number)
			}
			if !slices.Equal(got, test.want) || !strings.Contains(r.stderr, test.message) || test.message == "" && r.stderr != "" {
				t.Errorf("got %q: %s", got, r.stderr)
			}
			summary := run(t, append([]string{"show", "-c", "--socket", d.socket, "web"}, test.flags...)...)
			if len(test.want) > 0 {
				wantMatch(t, summary.stdout, fmt.Sprintf(` %d +total\n\z`, len(test.want)))
			}
		})
	}
	// A file has it as well.
	d := oneRecording(t, snapshotOf(9*second, 4, 0, calls))
	file := filepath.Join(t.TempDir(), "file")
	wantStatus(t, run(t, "save", "--socket", d.socket, "web", "-o", file), 0)
	r := run(t, "show", "-o", "json", "--with-setup", file)
	if strings.Count(r.stdout, `"setup":true`) != 2 || strings.Count(r.stdout, "\n") != 4 {
		t.Error(r.stdout)
	}
}

func TestShowFindsFilesAndRecordings(t *testing.T) {
	t.Parallel()
	file := saved(t)
	d := &daemonOfTests{recordings: someRecordings()}
	d.read = func(r *traceloopv1.ReadRequest) (*traceloopv1.Recording, *recording.Recording, error) {
		if r.Reference == "several" {
			return nil, nil, d.ambiguous("several")
		}
		if r.Reference != "web" && r.Reference != "default/web-1" {
			return nil, nil, connect.NewError(connect.CodeNotFound, errors.New("no recording matches "+r.Reference))
		}
		snapshot := snapshotOf(9*second, 1, 0, []ring.Record{readOf(1, 1*second, 2*second)})
		return d.recordings[0], &recording.Recording{Architecture: "amd64", Snapshot: *snapshot}, nil
	}
	serve(t, d)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	write := func(name string, data []byte) {
		t.Helper()
		path := filepath.Join(directory, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	const ofDaemon, ofFile = "read(1, NULL, 0)", "/nonexistent"
	show := func(reference, want, message string) {
		t.Helper()
		command := traceloop(t, "show", "--socket", d.socket, reference)
		command.Dir = directory
		r := finish(t, command)
		if want == "" {
			wantStatus(t, r, 1)
		} else {
			wantStatus(t, r, 0)
			wantIn(t, r.stdout, want)
		}
		if !strings.Contains(r.stderr, message) || message == "" && r.stderr != "" {
			t.Errorf("%s: %s", reference, r.stderr)
		}
	}
	show("web", ofDaemon, "")
	show("default/web-1", ofDaemon, "")
	show("nothing", "", "no recording matches nothing; nor is there a file nothing")
	show("./web", "", "no such file")
	show("several", "", "several matches 2 recordings:\nID ")
	write("web", []byte("no recording"))
	show("web", ofDaemon, "")
	write("nothing", []byte("no recording"))
	show("nothing", "", "nor is the file nothing a recording")
	write("web", data)
	show("web", ofFile, "web is a file here, which is taken, and a recording of the daemon")
	show("./web", ofFile, "")
	write("default/web-1", data)
	show("default/web-1", ofFile, "and a recording of the daemon")
	write("default/web-1", []byte("no recording"))
	show("default/web-1", "", "not a traceloop recording")
	show("default", "", "no recording matches default") // a directory is no recording
	write("other", data)
	show("other", ofFile, "")

	target := filepath.Join(directory, "saved")
	command := traceloop(t, "save", "--socket", d.socket, webID[:3]+"x", "-o", target)
	wantStatus(t, finish(t, command), 1)
	if _, err := os.Stat(target); err == nil {
		t.Error("there is a file of nothing")
	}
	command = traceloop(t, "save", "--socket", d.socket, "default/web-1", "-o", target)
	wantStatus(t, finish(t, command), 0)
	show("./saved", ofDaemon, "")
}
