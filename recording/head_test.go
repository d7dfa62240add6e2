package recording

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// described is a recording with all that can be said of a container.
func described() *Recording {
	r := large(300)
	r.Container = Container{
		ID: "id", Name: "name\x00", Namespace: "namespace", Pod: "pod", Runtime: "containerd",
		RuntimeNamespace: "k8s.io", Image: "image\xff:1", Labels: map[string]string{"": "", "a\xfe": "b\xff", "c": "d"},
		PodUID: "uid", ContainerName: "container", Attempt: 3, Cgroup: "/a/b\xff", Generation: 2,
	}
	r.Ending = Ending{
		Executed: time.Unix(1_700_000_001, 2).UTC(), Ended: time.Unix(1_700_000_002, 3).UTC(),
		Exited: true, Status: 0x8b, OOMKills: 4,
	}
	r.Overwritten = 1<<64 - 1
	return r
}

func TestContainersDescription(t *testing.T) {
	t.Parallel()
	want := described()
	got, err := read(write(t, want))
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(want, got, wholeBytes); difference != "" {
		t.Errorf("-written +read:\n%s", difference)
	}
}

// limited counts what was read of it.
type limited struct {
	io.Reader
	count int
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	l.count += n
	return n, err
}

func TestHead(t *testing.T) {
	t.Parallel()
	want := described()
	file := write(t, want)
	reader := &limited{Reader: bytes.NewReader(file)}
	got, err := ReadHead(reader)
	if err != nil {
		t.Fatal(err)
	}
	want.Snapshot.Chunks, want.Snapshot.InFlight = nil, nil
	if difference := cmp.Diff(want, got, wholeBytes); difference != "" {
		t.Errorf("-written +read:\n%s", difference)
	}
	if reader.count > 2*readStep {
		t.Errorf("%d bytes of %d were read", reader.count, len(file))
	}
}

func TestHeadOfDamagedFiles(t *testing.T) {
	t.Parallel()
	file := write(t, described())
	sections := places(t, file)

	// The first header is damaged: the other one is as good.
	damaged := bytes.Clone(file)
	damaged[sections[0].start+sizeofSection] ^= 1
	if got, err := ReadHead(bytes.NewReader(damaged)); got == nil || got.Container.ID != "id" {
		t.Errorf("damaged header: %v, %v", got, err)
	}
	// Both are.
	for _, section := range sections {
		if section.kind == sectionHeader {
			damaged[section.start+sizeofSection] = ^file[section.start+sizeofSection]
		}
	}
	if got, err := ReadHead(bytes.NewReader(damaged)); got != nil || !errors.Is(err, ErrHeaderLost) {
		t.Errorf("no header: %v, %v", got, err)
	}
	// All behind the header is missing.
	if got, err := ReadHead(bytes.NewReader(file[:sections[0].end])); err != nil || got.Snapshot.Cursors != nil {
		t.Errorf("header alone: %v, %v", got, err)
	}
	for name, data := range map[string][]byte{"empty": nil, "text": []byte("some text that is no recording"), "cut": file[:30]} {
		if got, err := ReadHead(bytes.NewReader(data)); got != nil || err == nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
