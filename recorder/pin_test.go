package recorder_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"traceloop/event"
	"traceloop/recorder"
	"traceloop/ring"
)

// pins is a directory for pins in a bpf file system of the test's own.
func pins(t *testing.T) string {
	t.Helper()
	alone(t)
	mount := t.TempDir()
	if err := syscall.Mount("bpf", mount, "bpf", 0, ""); err != nil {
		t.Fatal(err)
	}
	directory := filepath.Join(mount, "traceloop")
	t.Cleanup(func() {
		if err := recorder.Unpin(directory); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(directory); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("left behind: %v, %v", left, err)
		}
		if err := syscall.Unmount(mount, 0); err != nil {
			t.Errorf("unmounting %s: %v", mount, err)
		}
	})
	return directory
}

func open(t *testing.T, directory string) *recorder.Recorder {
	t.Helper()
	r, err := recorder.Open(directory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func closeRecorder(t *testing.T, r *recorder.Recorder) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestPinnedRecordingsOutliveTheirRecorder(t *testing.T) {
	directory := pins(t)
	r := open(t, directory)
	adopt(t, r, 8)
	if err := r.Attach("by hand", recorder.Children(os.Getpid()), roomy); err != nil {
		t.Fatal(err)
	}
	if err := r.Attach("detached", recorder.Children(os.Getpid()), roomy); err != nil {
		t.Fatal(err)
	}
	ended, running, late := container(t, "true"), container(t, "sh", "-c", "read x; uname; exit 7"), container(t, "false")
	input, err := running.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(ended.Run(), running.Start()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is adopted", func() bool { info, found := adoptedOf(t, r, running.Process.Pid); return found && info.Executed != 0 })
	before := wantAdopted(t, r, ended.Process.Pid)
	whole := history(t, r, before.Name)
	if err := errors.Join(r.SetNote(before.Name, []byte("ended")), r.Detach("detached")); err != nil {
		t.Fatal(err)
	}
	detached, err := r.Stat("detached")
	if err != nil {
		t.Fatal(err)
	}
	closeRecorder(t, r)

	// While nobody is there, one ends and one comes.
	if _, err := input.Write([]byte("x\n")); err != nil {
		t.Fatal(err)
	}
	var status *exec.ExitError
	if err := running.Wait(); !errors.As(err, &status) || status.ExitCode() != 7 {
		t.Fatal(err)
	}
	if err := late.Run(); !errors.As(err, &status) {
		t.Fatal(err)
	}

	r = open(t, directory)
	after := wantAdopted(t, r, ended.Process.Pid)
	before.Note = []byte("ended")
	same(t, "what is known of the one that ended", after, before)
	same(t, "its history", history(t, r, after.Name), whole)
	info := wantAdopted(t, r, running.Process.Pid)
	if info.Status != 7<<8 || info.Tasks != 0 || !info.Exited {
		t.Errorf("the one that ended meanwhile: %+v", info)
	}
	if calls := ownCalls(t, r, info.Name); !strings.HasPrefix(calls, "execve ") || !strings.HasSuffix(calls, " exit_group") || !strings.Contains(calls, "uname") {
		t.Errorf("it did %s", calls)
	}
	info = wantAdopted(t, r, late.Process.Pid)
	if calls := ownCalls(t, r, info.Name); !strings.HasPrefix(calls, "execve ") || !strings.HasSuffix(calls, " exit_group") {
		t.Errorf("the one that came meanwhile did %s", calls)
	}
	if again, err := r.Stat("detached"); err != nil || again.Attached || again.Calls != detached.Calls || again.Ended != detached.Ended {
		t.Errorf("the detached one is %+v, was %+v: %v", again, detached, err)
	}
	// Rings are made and given back as before.
	adopt(t, r, 5)
	run(t, "/bin/true").wait(t, 0)
	if h := history(t, r, "by hand"); !made(h, "exit_group") {
		t.Error("the recording by name did not go on")
	}
	for _, name := range []string{"by hand", "detached", after.Name} {
		if err := r.Delete(name); err != nil {
			t.Error(err)
		}
	}
}

func made(h *event.History, call string) bool {
	for _, e := range h.Events {
		if e.Type == ring.TypeCall && e.Name() == call {
			return true
		}
	}
	return false
}

func TestAnotherBuildsRecordingsAreSalvaged(t *testing.T) {
	directory := pins(t)
	r := open(t, directory)
	adopt(t, r, 4)
	c := container(t, "true")
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	if err := r.Attach("by hand", recorder.Children(os.Getpid()), roomy); err != nil {
		t.Fatal(err)
	}
	run(t, "/bin/true").wait(t, 0)
	want := wantAdopted(t, r, c.Process.Pid)
	if err := r.SetNote(want.Name, []byte("who it was")); err != nil {
		t.Fatal(err)
	}
	want.Note = []byte("who it was")
	wantHistory, byHand := history(t, r, want.Name), history(t, r, "by hand")
	closeRecorder(t, r)

	before := recorder.SetBuildVersion("another")
	defer recorder.SetBuildVersion(before)
	_, err := recorder.Open(directory)
	var layout *recorder.LayoutError
	if !errors.As(err, &layout) || layout.Pinned == layout.Wanted || layout.Directory != directory {
		t.Fatalf("opening it: %v", err)
	}
	found := map[string]bool{}
	err = recorder.Salvage(directory, func(info recorder.Info, snapshot *ring.Snapshot) error {
		got := event.Decode(snapshot, "amd64")
		switch info.Name {
		case want.Name:
			want.Attached = false
			same(t, "what is known", info, want)
			same(t, "its history", got.Events, wantHistory.Events)
		case "by hand":
			if info.Scope != "children" {
				t.Errorf("%+v", info)
			}
			same(t, "the history of the one by hand", got.Account, byHand.Account)
		default:
			return nil
		}
		found[info.Name] = true
		return nil
	})
	if err != nil || len(found) != 2 {
		t.Errorf("salvaged %v: %v", found, err)
	}
	// One that cannot be read loses none of the others.
	stock, err := ebpf.LoadPinnedMap(filepath.Join(directory, "map-stock"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer stock.Close()
	for index := range 5 {
		copied, err := stock.Clone()
		if err != nil {
			t.Fatal(err)
		}
		defer copied.Close()
		// It is read as a second ring of that index, and cannot be mapped.
		if err := copied.Pin(filepath.Join(directory, fmt.Sprint("ring-0", index))); err != nil {
			t.Fatal(err)
		}
	}
	again := 0
	err = recorder.Salvage(directory, func(recorder.Info, *ring.Snapshot) error { again++; return nil })
	if err == nil || strings.Count(err.Error(), "mapping its ring") < 2 || again < len(found) {
		t.Errorf("salvaged %d beside those that cannot be read: %v", again, err)
	}
	stop := errors.New("enough")
	if err := recorder.Salvage(directory, func(recorder.Info, *ring.Snapshot) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
	if err := recorder.Unpin(directory); err != nil {
		t.Fatal(err)
	}
	r = open(t, directory)
	if all, err := r.List(); err != nil || len(all) != 0 {
		t.Errorf("a new one has %v: %v", all, err)
	}
}

func TestWhatWasHalfDoneIsDoneAnew(t *testing.T) {
	directory := pins(t)
	closeRecorder(t, open(t, directory))
	builds, err := filepath.Glob(filepath.Join(directory, "build-*"))
	if err != nil || len(builds) != 1 {
		t.Fatalf("%q, %v", builds, err)
	}
	if err := os.Remove(builds[0]); err != nil {
		t.Fatal(err)
	}
	r := open(t, directory)
	adopt(t, r, 2)
	if _, err := os.Stat(builds[0]); err != nil {
		t.Error(err)
	}
}

func TestOpenWantsABPFFileSystem(t *testing.T) {
	_, err := recorder.Open(filepath.Join(t.TempDir(), "traceloop"))
	if err == nil || !strings.Contains(err.Error(), "mount -t bpf") {
		t.Errorf("%v", err)
	}
	_, err = recorder.Open(filepath.Join(t.TempDir(), "none", "traceloop"))
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if err := recorder.Unpin(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Errorf("unpinning nothing: %v", err)
	}
}

// makeAndFree is what a test's child process does until it is killed.
func makeAndFree() error {
	r, err := recorder.Open(os.Args[1])
	if err != nil {
		return err
	}
	fmt.Println("open")
	for i := 0; ; i++ {
		options := recorder.Options{RingSize: 1<<18 + i%2*1<<16}
		if err := r.SetAdoption(options); err != nil {
			return err
		}
		if _, err := r.Stock(2 + i%3); err != nil {
			return err
		}
		if err := r.Attach("x", recorder.Children(os.Getpid()), options); err != nil {
			return err
		}
		if err := r.Delete("x"); err != nil {
			return err
		}
	}
}

// A process may be killed in the middle of anything.
func TestKilledRecorderLeavesOrder(t *testing.T) {
	directory := pins(t)
	closeRecorder(t, open(t, directory))
	for range 6 {
		child := exec.Command("/proc/self/exe", directory)
		child.Env = append(os.Environ(), roleVariable+"=make and free")
		child.Stderr = os.Stderr
		output, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := output.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.IntN(40)) * time.Millisecond)
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()

		r, err := recorder.Open(directory)
		if err != nil {
			t.Fatal(err)
		}
		all, err := r.List()
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range all {
			if info.Name == "x" {
				if err := r.Delete("x"); err != nil {
					t.Error(err)
				}
			}
		}
		adopt(t, r, 3)
		rings, err := filepath.Glob(filepath.Join(directory, "ring-*"))
		if want := 3 + len(all); err != nil || len(rings) > want {
			t.Errorf("%d rings are there for 3 that are ready: %v", len(rings), all)
		}
		c := container(t, "true")
		if err := c.Run(); err != nil {
			t.Fatal(err)
		}
		if info := wantAdopted(t, r, c.Process.Pid); !strings.HasSuffix(ownCalls(t, r, info.Name), "exit_group") {
			t.Errorf("%+v", info)
		}
		for _, info := range all {
			if info.Adopted {
				if err := r.Delete(info.Name); err != nil {
					t.Error(err)
				}
			}
		}
		closeRecorder(t, r)
	}
}
