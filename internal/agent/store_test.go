package agent

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/recording"
	"traceloop/ring"
)

func quiet() (*problems, *slog.Logger) {
	log := slog.New(slog.DiscardHandler)
	return newProblems(log), log
}

func kept(id string, ended int64, generation uint32) *recording.Recording {
	return &recording.Recording{
		Name:      "name",
		Container: recording.Container{ID: id, Name: "name", Generation: generation},
		Ending:    recording.Ending{Ended: time.Unix(ended, 0).UTC()},
		Started:   time.Unix(ended-1, 0).UTC(),
		Snapshot:  ring.Snapshot{Cursors: []ring.Cursor{{Calls: 5}}, Chunks: [][]byte{chunk(5, id)}},
	}
}

func TestStateDirectoryOfAnEarlierDaemon(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	save := func(name string, r *recording.Recording) {
		t.Helper()
		if err := recording.Save(filepath.Join(directory, name), r); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(directory, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save("b.traceloop", kept("two", 20, 4))
	save("a.traceloop", kept("one", 10, 1))
	save("by-hand.traceloop", kept("two", 15, 0))
	save("run.traceloop", &recording.Recording{Name: "make", Taken: time.Unix(5, 0)})
	save("other.name", kept("none", 1, 1))
	write("text.traceloop", []byte("no recording"))
	write("empty.traceloop", nil)
	write(TemporaryPrefix+"123", []byte("half a recording"))
	write("notes.txt", []byte("mine"))
	whole, err := os.ReadFile(filepath.Join(directory, "a.traceloop"))
	if err != nil {
		t.Fatal(err)
	}
	write("cut.traceloop", whole[:len(whole)-30])
	if err := os.Mkdir(filepath.Join(directory, "directory.traceloop"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", filepath.Join(directory, "link.traceloop")); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(directory, "pipe.traceloop"), 0o600); err != nil {
		t.Fatal(err)
	}
	problems, log := quiet()
	s, err := openStore(directory, 0, problems, log)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, file := range s.list() {
		got = append(got, fmt.Sprint(file.name, " ", file.base(), " ", file.head.Container.Generation))
	}
	want := []string{"run.traceloop make 1", "a.traceloop one 1", "cut.traceloop one 1", "by-hand.traceloop two 5", "b.traceloop two 4"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("files %q, want %q", got, want)
	}
	if last := s.generation("two"); last != 5 {
		t.Errorf("the last generation is %d", last)
	}
	for name, there := range map[string]bool{TemporaryPrefix + "123": false, "notes.txt": true, "text.traceloop": true, "other.name": true} {
		if _, err := os.Lstat(filepath.Join(directory, name)); (err == nil) != there {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStateDirectoryIsBounded(t *testing.T) {
	t.Parallel()
	problems, log := quiet()
	directory := t.TempDir()
	s, err := openStore(directory, 4000, problems, log)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); s.run() }()
	for i := range 30 {
		if _, err := s.save(kept(fmt.Sprint(i), int64(i+1), 1), deadline); err != nil {
			t.Fatal(err)
		}
	}
	s.stop()
	<-ended
	counts, files, bytes := s.statistics()
	if bytes > 4000 || files < 2 || counts.saved != 30 || int(counts.discarded) != 30-files {
		t.Errorf("%+v, %d files of %d bytes", counts, files, bytes)
	}
	if list := s.list(); list[len(list)-1].base() != "29" {
		t.Errorf("the newest is not there: %+v", list)
	}
	entries, err := os.ReadDir(directory)
	if err != nil || len(entries) != files {
		t.Errorf("%d files, %v", len(entries), err)
	}
	if _, err := s.save(kept("late", 100, 1), deadline); err == nil {
		t.Error("it saves when it has ended")
	}
}

func TestDamagedFileGoesOutAsItIs(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "a.traceloop")
	if err := recording.Save(path, kept("one", 10, 1)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)-30], 0o600); err != nil {
		t.Fatal(err)
	}
	d := begin(t, newFake(), Config{StateDirectory: directory})
	d.awaitIDs(t, "one saved")
	_, r, err := d.read(t.Context(), readRequest("one"))
	if r == nil || err == nil {
		t.Fatalf("%v, %v", r, err)
	}
	// Gone behind the daemon's back.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.read(t.Context(), readRequest("one")); err == nil {
		t.Error("it was read")
	}
	d.awaitIDs(t, "")
}

func readRequest(reference string) *traceloopv1.ReadRequest {
	return &traceloopv1.ReadRequest{Reference: reference}
}
