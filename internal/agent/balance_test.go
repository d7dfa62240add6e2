package agent

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"golang.org/x/sys/unix"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/recorder"
	"traceloop/recording"
)

// awaitStock waits until there are so many ready rings.
func (d *daemon) awaitStock(t *testing.T, want int) {
	t.Helper()
	ready := 0
	if !until(func() bool { ready, _ = d.fake.Ready(); return ready == want }) {
		t.Fatalf("%d rings are ready, want %d\n%s", ready, want, d.log)
	}
}

func TestExitedMakeRoomAndOthersDoNot(t *testing.T) {
	const memory = 10
	d := begin(t, newFake(), Config{Memory: memory * ringSize, Ready: 4})
	d.source.Put(nginx("aa"))
	d.source.Put(nginx("bb"))
	d.source.Put(nginx("cc"))
	runs := d.fake.start(docker("aa"))
	d.fake.run(docker("bb"))
	d.fake.run(docker("cc"))
	d.awaitIDs(t, "aa recording, bb exited, cc exited")
	d.awaitStock(t, 4)
	// Two that no runtime knows: they go first, the older one before the other.
	d.fake.run(recorder.Info{})
	d.awaitStock(t, 4)
	d.fake.run(recorder.Info{})
	d.awaitStock(t, 4)
	eventually(t, "their time is over", func() bool {
		d.mutex.Lock()
		defer d.mutex.Unlock()
		for _, e := range d.entries {
			if time.Since(e.seen) < d.grace {
				return false
			}
		}
		return true
	})
	for _, want := range []string{
		"aa recording, bb exited, cc exited, adopted-4 exited, adopted-5 exited, dd recording",
		"aa recording, bb exited, cc exited, adopted-5 exited, dd recording, dd recording",
		"aa recording, bb exited, cc exited, dd recording, dd recording, dd recording",
		"aa recording, cc exited, dd recording, dd recording, dd recording, dd recording",
		"aa recording, dd recording, dd recording, dd recording, dd recording, dd recording",
	} {
		d.fake.start(docker("dd"))
		eventually(t, want, func() bool {
			var all []string
			for _, r := range d.recordings(t) {
				all = append(all, strings.Split(abbreviate(r.Id), ".")[0]+" "+states[r.State])
			}
			return strings.Join(all, ", ") == want
		})
		d.awaitStock(t, 4)
	}
	status := d.status(t)
	if status.Evicted != 4 || status.Refused != 0 || status.Memory.Used != memory*ringSize || status.Memory.Limit != memory*ringSize || status.RingsReady != 4 {
		t.Errorf("%v", status)
	}
	// None can be taken from those that run: fewer rings are ready, and at last none.
	for left := 3; left >= 0; left-- {
		d.fake.start(docker("dd"))
		d.awaitStock(t, left)
	}
	eventually(t, "it is said", func() bool { return d.warned(t, "those to come are not recorded") })
	if name := d.fake.start(docker("ee")); name != "" {
		t.Errorf("%s was adopted", name)
	}
	eventually(t, "it is counted", func() bool { return d.status(t).Refused == 1 })
	// When there is room again, who was refused is recorded, if late.
	d.fake.end(runs, 0)
	eventually(t, "who was refused is recorded", func() bool {
		for _, r := range d.recordings(t) {
			if abbreviate(r.Id) == "ee" && r.State == traceloopv1.State_STATE_RECORDING && r.Executed == nil {
				return true
			}
		}
		return false
	})
	if d.fake.peak() > memory*ringSize {
		t.Errorf("%d bytes of rings at once, of %d", d.fake.peak(), memory*ringSize)
	}
}

func TestManyThatRanBefore(t *testing.T) {
	fake := newFake()
	for i := range 20 {
		fake.waiting = append(fake.waiting, recorder.Info{Tasks: 1, PID: uint32(i + 1)})
	}
	d := begin(t, fake, Config{Memory: 64 * ringSize, Ready: 3})
	eventually(t, "all are recorded", func() bool { return len(d.recordings(t)) == 20 })
	d.awaitStock(t, 3)
	if got := d.status(t); got.Refused != 0 || len(got.Warnings) != 0 {
		t.Errorf("%v", got)
	}
}

func TestRingsOfAnotherSizeCount(t *testing.T) {
	d := begin(t, newFake(), Config{Memory: 8 * ringSize, Ready: 2})
	attach := func(size uint64) (*connect.Response[traceloopv1.AttachResponse], error) {
		return d.client.Attach(t.Context(), connect.NewRequest(&traceloopv1.AttachRequest{
			Scope: &traceloopv1.AttachRequest_Pid{Pid: uint32(os.Getpid())}, RingSize: size,
		}))
	}
	d.awaitStock(t, 2)
	if _, err := attach(5 * ringSize); err != nil {
		t.Fatal(err)
	}
	_, err := attach(2 * ringSize)
	code(t, err, connect.CodeResourceExhausted, "no room")
	name := d.fake.run(docker("aa"))
	d.awaitStock(t, 2)
	// What has ended makes room for this too.
	if _, err := attach(ringSize); err != nil {
		t.Fatal(err)
	}
	if _, err := d.fake.find(name); err == nil {
		t.Error("it is still there")
	}
	_, err = attach(1 << 40)
	code(t, err, connect.CodeInvalidArgument)
	_, err = attach(4096)
	code(t, err, connect.CodeInvalidArgument)
	if used := d.status(t).Memory.Used; used != 8*ringSize {
		t.Errorf("%d bytes are used", used)
	}
}

func TestRecordingThatCannotBeDeleted(t *testing.T) {
	directory := t.TempDir()
	d := begin(t, newFake(), Config{Memory: 4 * ringSize, Ready: 3, StateDirectory: directory})
	d.awaitStock(t, 3)
	d.fake.fault("Delete", errors.New("it is broken"))
	d.fake.run(docker("aa"))
	d.fake.run(docker("bb"))
	eventually(t, "it is said", func() bool { return d.warned(t, "giving a ring back: it is broken") })
	d.awaitIDs(t, "aa exited, bb exited")
	d.awaitStock(t, 2)
	_, err := d.client.Delete(t.Context(), connect.NewRequest(&traceloopv1.DeleteRequest{References: []string{"aa"}}))
	if err == nil {
		t.Error("it was deleted")
	}
	if evicted := d.status(t).Evicted; evicted != 0 {
		t.Errorf("%d were evicted", evicted)
	}
	d.fake.fault("Delete", nil)
	d.removals.Lock()
	clear(d.stuck)
	d.removals.Unlock()
	d.awaitStock(t, 3)
	d.awaitIDs(t, "aa saved, bb exited")
	if files, err := os.ReadDir(directory); err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
	eventually(t, "nothing is wrong", func() bool { return len(d.status(t).Warnings) == 0 })
}

// The kernel side may hold fewer recordings than the budget allows.
func TestKernelSideIsFull(t *testing.T) {
	d := begin(t, newFake(), Config{Memory: 64 * ringSize, Ready: 3})
	d.awaitStock(t, 3)
	d.fake.run(docker("aa"))
	d.awaitIDs(t, "aa exited")
	d.fake.fault("Stock", recorder.ErrTooMany)
	eventually(t, "it made room", func() bool { return d.ids(t) == "" })
	eventually(t, "it is said", func() bool { return d.warned(t, "not recorded") })
	d.fake.fault("Stock", nil)
	eventually(t, "nothing is wrong", func() bool { return len(d.status(t).Warnings) == 0 })
}

// evictions begins a daemon in which the next container evicts one that was
// called web-aa and had three calls.
func evictions(t *testing.T, config Config, change ...func(*Agent)) *daemon {
	t.Helper()
	config.Memory, config.Ready = 4*ringSize, 3
	d := begin(t, newFake(), config, change...)
	d.awaitStock(t, 3)
	d.source.Put(nginx("aa"))
	name := d.fake.start(docker("aa"))
	d.fake.change(name, func(info *recorder.Info) { info.Calls, info.Filtered, info.Overwritten, info.OOMKills = 3, 2, 1, 1 })
	d.fake.end(name, 3<<8)
	eventually(t, "it has its name", func() bool { return d.ids(t) == "aa exited" && d.find1(t, "aa").Name == "web-aa" })
	return d
}

func TestEvictedRecordingIsSaved(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "made", "by", "it")
	d := evictions(t, Config{StateDirectory: directory})
	before := d.find1(t, "aa")
	d.fake.start(docker("bb"))
	d.awaitIDs(t, "aa saved, bb recording")
	d.awaitStock(t, 3)
	status := d.status(t)
	if status.Evicted != 1 || status.Saved != 1 || status.SaveFailures != 0 || len(status.Warnings) != 0 || status.Recordings["saved"] != 1 {
		t.Errorf("%v", status)
	}
	check := func(d *daemon) {
		t.Helper()
		r, file, err := d.read(t.Context(), &traceloopv1.ReadRequest{Reference: "web-aa"})
		if err != nil {
			t.Fatal(err)
		}
		if r.Name != "web-aa" || r.Image != "nginx:1" || r.Labels["tier"] != "front" || r.GetExitCode() != 3 || r.OomKills != 1 || r.Cgroup != before.Cgroup ||
			r.Calls != 3 || r.Filtered != 2 || r.Overwritten != 1 || r.Bytes == 0 || !r.Ended.AsTime().Equal(before.Ended.AsTime()) || !r.Started.AsTime().Equal(before.Started.AsTime()) {
			t.Errorf("%v", r)
		}
		if !strings.Contains(string(file.Snapshot.Chunks[0]), "adopted-1") || file.Container.ID != id("aa") || len(file.Clock) < 2 {
			t.Errorf("%+v", file)
		}
	}
	check(d)
	d.stop()
	entries, err := os.ReadDir(directory)
	if err != nil || len(entries) != 1 || strings.ContainsAny(entries[0].Name(), "w/") {
		t.Errorf("files: %v, %v", entries, err)
	}
	if information, err := os.Stat(directory); err != nil || information.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", information.Mode(), err)
	}
	// Another daemon finds it, and counts on from its generation.
	again := begin(t, newFake(), Config{StateDirectory: directory})
	again.awaitIDs(t, "aa saved")
	check(again)
	again.fake.start(docker("aa"))
	again.awaitIDs(t, "aa.1 saved, aa recording")
	deleted, err := again.client.Delete(t.Context(), connect.NewRequest(&traceloopv1.DeleteRequest{References: []string{"aa.1", "aa", "aa.2"}}))
	if err != nil || len(deleted.Msg.Deleted) != 2 {
		t.Errorf("%v, %v", deleted, err)
	}
	if entries, err := os.ReadDir(directory); err != nil || len(entries) != 0 {
		t.Errorf("files: %v, %v", entries, err)
	}
}

func TestFullDisk(t *testing.T) {
	directory := t.TempDir()
	if err := unix.Mount("tmpfs", directory, "tmpfs", 0, "size=16k"); err != nil {
		t.Skip("a file system cannot be mounted: ", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(directory, 0); err != nil {
			t.Error(err)
		}
	})
	if err := os.WriteFile(filepath.Join(directory, "all"), make([]byte, 16<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	d := evictions(t, Config{StateDirectory: directory})
	defer d.stop() // before the file system goes
	d.fake.start(docker("bb"))
	// Those that come are recorded all the same.
	d.awaitIDs(t, "bb recording")
	d.awaitStock(t, 3)
	if status := d.status(t); status.Evicted != 1 || status.Saved != 0 || status.SaveFailures != 1 || !d.warned(t, "no space left on device") {
		t.Errorf("%v", status)
	}
	entries, err := os.ReadDir(directory)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// A disk that hangs delays a container's ring for a moment, and no longer.
func TestDiskThatHangs(t *testing.T) {
	hang := make(chan struct{})
	var release sync.Once
	free := func() { release.Do(func() { close(hang) }) }
	defer free()
	d := evictions(t, Config{StateDirectory: t.TempDir()}, func(a *Agent) {
		a.patience = 20 * time.Millisecond
		write := a.store.write
		a.store.write = func(path string, r *recording.Recording) error {
			<-hang
			return write(path, r)
		}
	})
	d.fake.start(docker("bb"))
	d.awaitIDs(t, "aa saved, bb recording")
	d.awaitStock(t, 3)
	// It can be read, and the API answers, before the disk has it.
	if _, r, err := d.read(t.Context(), &traceloopv1.ReadRequest{Reference: "aa"}); err != nil || len(r.Snapshot.Chunks) != 1 {
		t.Errorf("%v", err)
	}
	// More and more wait, until too many do.
	for i := range maximumWaiting + 5 {
		d.fake.mutex.Lock()
		last := d.fake.all[len(d.fake.all)-1].Name
		d.fake.mutex.Unlock()
		d.fake.end(last, 0)
		d.awaitStock(t, 3)
		d.fake.start(docker(fmt.Sprintf("c%02d", i)))
	}
	eventually(t, "it is said", func() bool { return d.warned(t, "too slow") })
	if failures := d.status(t).SaveFailures; failures == 0 || failures > 10 {
		t.Errorf("%d failures", failures)
	}
	if _, err := d.client.Delete(t.Context(), connect.NewRequest(&traceloopv1.DeleteRequest{References: []string{"aa"}})); err != nil {
		t.Error(err)
	}
	free()
	eventually(t, "all that waited is saved", func() bool { return d.status(t).Saved >= maximumWaiting-1 })
	d.stop()
	for _, file := range d.store.list() {
		if file.pending != nil || file.base() == id("aa") {
			t.Errorf("%+v", file)
		}
		if _, err := recording.Open(filepath.Join(d.store.directory, file.name)); err != nil {
			t.Error(err)
		}
	}
	entries, _ := os.ReadDir(d.store.directory)
	if len(entries) != len(d.store.list()) {
		t.Errorf("%d files, %d listed", len(entries), len(d.store.list()))
	}
}

func TestSecretsAreMaskedInFilesAndReads(t *testing.T) {
	directory := t.TempDir()
	d := evictions(t, Config{StateDirectory: directory, Redact: []*regexp.Regexp{regexp.MustCompile("secret|ngin.|a{2}0{20,}")}},
		func(a *Agent) { a.recorder.(*fakeRecorder).payload = "secret" })
	if r := d.find1(t, "aa"); r.Image != "*****:1" {
		t.Errorf("listed is %v", r)
	}
	clean := func(state string) {
		t.Helper()
		_, r, err := d.read(t.Context(), &traceloopv1.ReadRequest{Reference: "aa"})
		if err != nil {
			t.Fatal(err)
		}
		if text := string(r.Snapshot.Chunks[0]); !strings.Contains(text, "******adopted-1") || r.Container.Image != "*****:1" || r.Container.ID != id("aa") {
			t.Errorf("%s: %q", state, text)
		}
	}
	clean("in the ring")
	d.fake.start(docker("bb"))
	d.awaitIDs(t, "aa saved, bb recording")
	for _, file := range d.store.list() {
		r, err := recording.Open(filepath.Join(directory, file.name))
		if err != nil || strings.Contains(string(r.Snapshot.Chunks[0]), "secret") {
			t.Errorf("%v", err)
		}
	}
}

// Containers that ran before are adopted a few at a time, which is no problem
// while there is memory for all.
func TestRunningContainersThatAreManyMoreThanReadyRings(t *testing.T) {
	fake := newFake()
	fake.ready = 0
	for i := range 20 {
		fake.start(docker(fmt.Sprintf("%02d", i)))
	}
	d := begin(t, fake, Config{Ready: 2})
	eventually(t, "all are there", func() bool { return len(d.recordings(t)) == 20 })
	if strings.Contains(d.log.String(), "containers that run are not recorded") {
		t.Errorf("the log:\n%s", d.log)
	}
}
