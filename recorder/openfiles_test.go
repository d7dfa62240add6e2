package recorder_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"traceloop/event"
	"traceloop/recorder"
	"traceloop/ring"
	"traceloop/strace"
	"traceloop/syscalls"
)

// said is what the calls of testprogram/descriptors.c were and what their
// descriptors stood for: those of write by the byte that was written, those of
// openat by the name that is not there.
func said(h *event.History, directory string) []string {
	var lines []string
	for _, e := range those(h, func(e *event.Event) bool {
		return e.Type == ring.TypeCall && (e.Name() == "write" && e.Call.Arguments[2] == 1 && len(firstCapture(e, 1)) == 1 ||
			e.Name() == "openat" && strings.HasPrefix(pathOf(e, 1), "none"))
	}) {
		path, ok := strace.DescriptorPath(e, 0)
		if !ok {
			path = "-"
		}
		if directory != "" {
			path = strings.Replace(path, directory, "DIR", 1)
		}
		lines = append(lines, firstCapture(e, 1)+" "+path)
	}
	return lines
}

// realTempDir is a directory of the test's own, by the name that the kernel has for it.
func realTempDir(t *testing.T) string {
	t.Helper()
	directory, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return directory
}

func TestDescriptorsThatWereReceived(t *testing.T) {
	h, _ := record(t, roomy, program(t, "descriptors"), "received")
	same(t, "paths", said(h, ""), []string{"1 /dev/zero", "2 -", "3 /dev/zero", "4 /dev/zero"})
}

func TestDescriptorsThatAnExecveCloses(t *testing.T) {
	path := program(t, "descriptors")
	want := []string{"1 /dev/null", "2 /dev/null", "3 -", "4 /dev/null"}
	t.Run("on the same processor", func(t *testing.T) {
		h, _ := record(t, roomy, path, "executed")
		same(t, "paths", said(h, ""), want)
	})
	t.Run("on another processor", func(t *testing.T) {
		needsProcessors(t)
		h, _ := record(t, roomy, path, "executed", "elsewhere")
		same(t, "paths", said(h, ""), want)
	})
}

// needsProcessors fails where there is one processor: what is tested cannot happen there.
func needsProcessors(t *testing.T) {
	t.Helper()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	if !set.IsSet(0) || !set.IsSet(1) {
		t.Fatal("the test needs the processors 0 and 1")
	}
}

// What a processor has described another one may have described anew meanwhile.
func TestDescriptorsOnSeveralProcessors(t *testing.T) {
	needsProcessors(t)
	directory := realTempDir(t)
	h, _ := record(t, roomy, program(t, "descriptors"), "processors", directory)
	same(t, "paths", said(h, directory), []string{
		"none a DIR/one", "1 /dev/null", "none b DIR/two", "2 /dev/zero", "none c DIR/one", "3 /dev/null", "4 -", "5 -",
	})
}

// A rename of a directory above a file changes nothing of the file's own name,
// by which a change is noticed: the path stays what it was until it is
// described anew.
func TestDescriptorsWhoseDirectoryIsRenamed(t *testing.T) {
	directory := realTempDir(t)
	h, _ := record(t, roomy, program(t, "descriptors"), "ancestors", directory)
	same(t, "paths", said(h, directory), []string{"1 DIR/one/file", "2 DIR/one/file"})
}

// A task's paths begin at its own root: what was said of its descriptors is void
// when it has another.
func TestDescriptorsBelowAnotherRoot(t *testing.T) {
	directory := realTempDir(t)
	h, _ := record(t, roomy, program(t, "descriptors"), "roots", directory)
	same(t, "paths", said(h, directory), []string{"1 /inner/file", "none a /inner", "none b /", "2 /", "3 /inner/before"})
}

func TestDescriptorsInOtherMounts(t *testing.T) {
	directory := realTempDir(t)
	h, _ := record(t, roomy, program(t, "descriptors"), "mounts", directory)
	same(t, "paths", said(h, directory), []string{"1 DIR/one/inner/file", "2 DIR/two/file", "3 DIR/two", "none a DIR/two"})
}

// A path that is too long has its end.
func TestDescriptorsWithLongPaths(t *testing.T) {
	directory := realTempDir(t)
	h, _ := record(t, roomy, program(t, "descriptors"), "deep", directory)
	lines := said(h, directory)
	if len(lines) != 4 {
		t.Fatalf("there are %q", lines)
	}
	long := strings.Repeat("n", 255)
	same(t, "a path of forty names", lines[0], "1 DIR"+strings.Repeat("/n", 40)+"/file")
	same(t, "a path of sixty names", lines[1], "2 ..."+strings.Repeat("/n", 47)+"/file")
	same(t, "a path of ten names of 255 bytes", lines[2], "3 DIR"+strings.Repeat("/"+long, 10)+"/file")
	if path := lines[3]; !strings.HasPrefix(path, "4 .../n") || !strings.HasSuffix(path, strings.Repeat("/"+long, 12)+"/file") {
		t.Errorf("a path of twenty names of 255 bytes: %q", path)
	}
}

func TestDescriptorsOfThreads(t *testing.T) {
	needsProcessors(t)
	h, _ := record(t, roomy, program(t, "descriptors"), "threads")
	same(t, "paths", said(h, ""), []string{"1 /dev/null", "2 /dev/null", "3 -"})
}

// Nothing that the process itself did says that its number is closed, or is something else.
func TestDescriptorsThatProcessesShare(t *testing.T) {
	needsProcessors(t)
	h, _ := record(t, roomy, program(t, "descriptors"), "table")
	same(t, "paths", said(h, ""), []string{"1 /dev/null", "2 -", "3 /dev/zero", "4 /dev/zero"})
}

// A call that begins with looking at a long path has the path, or the next one has.
func TestDescriptorsWithLongPathsThatACallCloses(t *testing.T) {
	directory := realTempDir(t)
	p := run(t, program(t, "descriptors"), "long and older", directory)
	p.awaitReady(t, 1)
	r := sharedRecorder(t)
	attach(t, r, t.Name(), recorder.ProcessTree(int(p.pid())), roomy)
	p.tell(t, "go")
	p.wait(t, 0)
	path := "DIR" + strings.Repeat("/"+strings.Repeat("n", 250), 6) + "/file"
	same(t, "paths", said(history(t, r, t.Name()), directory), []string{"1 " + path})
}

// Two recordings of a task have its descriptors, each as far as its own calls tell.
func TestDescriptorsOfTwoRecordings(t *testing.T) {
	needsProcessors(t)
	writes, err := syscalls.ParseFilter("write")
	if err != nil {
		t.Fatal(err)
	}
	some := roomy
	some.Filter = writes
	for _, test := range []struct {
		name          string
		first, second recorder.Options
	}{
		{"of all calls", roomy, roomy},
		{"the first of writes", some, roomy},
		{"the second of writes", roomy, some},
		{"of writes", some, some},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := run(t, program(t, "descriptors"), "shared")
			p.awaitReady(t, 1)
			r := sharedRecorder(t)
			attach(t, r, t.Name()+" 1", recorder.ProcessTree(int(p.pid())), test.first)
			attach(t, r, t.Name()+" 2", recorder.ProcessTree(int(p.pid())), test.second)
			p.tell(t, "go")
			p.wait(t, 0)
			for _, number := range []string{" 1", " 2"} {
				same(t, "paths of recording"+number, said(history(t, r, t.Name()+number), ""),
					[]string{"1 /dev/null", "2 -", "3 /dev/zero", "4 /dev/null", "5 /dev/zero"})
			}
		})
	}
}

// A number whose opening no recorded call tells is what it is when a call uses it.
func TestDescriptorsWithoutTheirOpening(t *testing.T) {
	needsProcessors(t)
	writes, err := syscalls.ParseFilter("write,openat")
	if err != nil {
		t.Fatal(err)
	}
	options := roomy
	options.Filter = writes
	directory := realTempDir(t)
	h, _ := record(t, options, program(t, "descriptors"), "processors", directory)
	same(t, "paths", said(h, directory), []string{
		"none a DIR/one", "1 /dev/null", "none b DIR/two", "2 /dev/zero", "none c DIR/one", "3 /dev/null", "4 -", "5 -",
	})
}

// The names of files are any bytes.
func TestDescriptorsWithHostileNames(t *testing.T) {
	directory := filepath.Join(realTempDir(t), "a\n<b>\x1b[31m\xff\"")
	if err := os.Mkdir(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	h, _ := record(t, roomy, program(t, "descriptors"), "ancestors", directory)
	write := callsWith(h, "write", 2, 1)
	if len(write) == 0 {
		t.Fatal("no write")
	}
	path, _ := strace.DescriptorPath(write[0], 0)
	same(t, "path", path, directory+"/one/file")
	line := string(strace.AppendEvent(nil, write[0], &strace.Options{Descriptors: strace.DescriptorsPaths}))
	if want := `a\n\74b\76\33[31m\377\"/one/file>`; !strings.Contains(line, want) {
		t.Errorf("the line %q has no %q", line, want)
	}
}

func TestDescriptorsOfSockets(t *testing.T) {
	path := program(t, "descriptors")
	r := attachChildren(t, roomy)
	p := run(t, path, "sockets")
	port, err := strconv.ParseUint(p.line(t), 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	p.wait(t, 0)
	found := map[string]ring.Socket{}
	for _, e := range callsWith(history(t, r, t.Name()), "write", 2, 1) {
		d, ok := e.Descriptor(int32(e.Call.Arguments[0]))
		if !ok || !d.IsSocket || d.Inode == 0 {
			t.Errorf("%q is written to %+v, %t", firstCapture(e, 1), d, ok)
		}
		found[firstCapture(e, 1)] = d.Socket
	}
	local := [16]byte{127, 0, 0, 1}
	client := found["2"].LocalPort
	if client == 0 {
		t.Errorf("the client has no port")
	}
	const established, closed, listening = 1, 7, 10
	same(t, "sockets", found, map[string]ring.Socket{
		"1": {Family: unix.AF_INET, Type: unix.SOCK_STREAM, Protocol: unix.IPPROTO_TCP, State: closed},
		"2": {Family: unix.AF_INET, Type: unix.SOCK_STREAM, Protocol: unix.IPPROTO_TCP, State: established,
			LocalPort: client, RemotePort: uint16(port), Local: local, Remote: local},
		"3": {Family: unix.AF_INET, Type: unix.SOCK_STREAM, Protocol: unix.IPPROTO_TCP, State: established,
			LocalPort: uint16(port), RemotePort: client, Local: local, Remote: local},
		"4": {Family: unix.AF_INET, Type: unix.SOCK_STREAM, Protocol: unix.IPPROTO_TCP, State: listening, LocalPort: uint16(port), Local: local},
		"5": {Family: unix.AF_UNIX, Type: unix.SOCK_DGRAM, State: closed, Name: []byte("\x00traceloop>\n\xff")},
		"6": {Family: unix.AF_NETLINK, Type: unix.SOCK_RAW, State: closed, PortID: 4242},
		"7": {Family: unix.AF_INET6, Type: unix.SOCK_DGRAM, Protocol: unix.IPPROTO_UDP, State: closed},
	})
}

// A record has room for 31 captures; what one call does not tell the next one may.
func TestDescriptorsInMemory(t *testing.T) {
	p := run(t, program(t, "descriptors"), "polled")
	p.awaitReady(t, 1)
	r := sharedRecorder(t)
	attach(t, r, t.Name(), recorder.ProcessTree(int(p.pid())), roomy)
	p.tell(t, "go")
	p.wait(t, 0)
	polls := callsNamed(history(t, r, t.Name()), "poll")
	if len(polls) != 2 {
		t.Fatalf("poll: %s", describe(polls))
	}
	for i, first := range []int32{300, 320} {
		if n := len(polls[i].Call.Captures); n > ring.CapturesMax || len(firstCapture(polls[i], 0)) < 19*8 {
			t.Errorf("poll %d has %d captures", i, n)
		}
		for number := first; number < first+16; number++ {
			if d, ok := polls[i].Descriptor(number); !ok || string(d.Names) != "null\x00dev\x00" {
				t.Errorf("poll %d, descriptor %d: %+v, %t", i, number, d, ok)
			}
		}
		if _, ok := polls[i].Descriptor(-1); ok {
			t.Error("-1 is something")
		}
	}
}
