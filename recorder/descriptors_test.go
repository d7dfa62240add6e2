package recorder_test

import (
	"regexp"
	"testing"

	"traceloop/event"
	"traceloop/recorder"
	"traceloop/ring"
	"traceloop/strace"
)

// described is what the descriptors of the writes were, by what was written,
// and those of the calls openat of the file "none" by that.
func described(h *event.History) map[string]string {
	inode := regexp.MustCompile(`[0-9]{2,}`)
	found := map[string]string{}
	for _, e := range those(h, func(e *event.Event) bool {
		return e.Type == ring.TypeCall && (e.Name() == "write" && e.Call.Arguments[2] == 1 || e.Name() == "openat" && pathOf(e, 1) == "none")
	}) {
		path, ok := strace.DescriptorPath(e, 0)
		if !ok {
			path = "-"
		}
		what := firstCapture(e, 1)
		if e.Name() == "openat" && int32(e.Call.Arguments[0]) == -100 {
			what = "none here"
		}
		found[what] = inode.ReplaceAllString(path, "N")
	}
	return found
}

func TestDescriptorsHaveTheirPaths(t *testing.T) {
	directory := t.TempDir()
	path := program(t, "descriptors")
	h, _ := record(t, roomy, path, "paths", directory)
	digits := regexp.MustCompile(`[0-9]{2,}`)
	directory = digits.ReplaceAllString(directory, "N")
	same(t, "paths", described(h), map[string]string{
		"1":         directory + "/one/two/file",
		"2":         directory + "/one/moved",
		"3":         directory + "/one/moved",
		"none":      directory + "/one",
		"none here": directory + "/one/two",
		"4":         "/",
		"5":         "/dev/null",
		"6":         "/proc/N/comm",
		"7":         "-",
		"8":         "-",
	})
	if third, ok := those(h, func(e *event.Event) bool { return e.Name() == "write" && firstCapture(e, 1) == "3" })[0].Descriptor(3); !ok || !third.Deleted {
		t.Errorf("the file that was unlinked: %+v, %v", third, ok)
	}
}

func TestDescriptorsThatAreUsedAnew(t *testing.T) {
	h, _ := record(t, roomy, program(t, "descriptors"), "numbers")
	same(t, "paths", described(h), map[string]string{"1": "/dev/null", "2": "-", "3": "/memfd:memory", "4": "/dev/null"})
}

func TestDescriptorsOlderThanTheRecording(t *testing.T) {
	p := run(t, program(t, "descriptors"), "older")
	p.awaitReady(t, 1)
	r := sharedRecorder(t)
	attach(t, r, t.Name(), recorder.ProcessTree(int(p.pid())), roomy)
	p.tell(t, "go")
	p.wait(t, 0)
	h := history(t, r, t.Name())
	same(t, "paths", described(h), map[string]string{"1": "/dev/null", "2": "socket:[N]", "none here": "/usr"})
}

// What a descriptor is must not go with the part of the ring that is overwritten.
func TestDescriptorsOutliveTheirOpening(t *testing.T) {
	h, _ := record(t, recorder.Options{RingSize: minimumRingSize(t) + 64*ring.ChunkSize, StringLimit: 16}, program(t, "descriptors"), "long ago")
	if h.Account.Overwritten < 50_000 {
		t.Fatalf("%d calls were overwritten: the ring has not turned", h.Account.Overwritten)
	}
	reads := callsNamed(h, "read")
	if len(reads) < 3 {
		t.Fatalf("%d reads are left", len(reads))
	}
	for i, e := range reads {
		if path, ok := strace.DescriptorPath(e, 0); path != "/dev/zero" {
			t.Errorf("read %d of %d: %q, %v", i, len(reads), path, ok)
		}
	}
}
