package recorder_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"traceloop/event"
	"traceloop/recorder"
	"traceloop/ring"
)

// mountNamespaceOf returns the inode number of a process's mount namespace.
func mountNamespaceOf(t *testing.T, pid uint32) uint32 {
	t.Helper()
	link, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", pid))
	if err != nil {
		t.Fatal(err)
	}
	var inode uint32
	if _, err := fmt.Sscanf(link, "mnt:[%d]", &inode); err != nil {
		t.Fatalf("%q: %v", link, err)
	}
	return inode
}

// inMountNamespace runs a program in a mount namespace of its own.
func inMountNamespace(t *testing.T, path string, arguments ...string) *process {
	t.Helper()
	command := exec.Command(path, arguments...)
	command.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	return start(t, command)
}

// cgroupRoot is where version 2 is mounted, on its own or beside version 1.
func cgroupRoot(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"/sys/fs/cgroup/unified", "/sys/fs/cgroup"} {
		var stat unix.Statfs_t
		if unix.Statfs(path, &stat) == nil && stat.Type == unix.CGROUP2_SUPER_MAGIC {
			return path
		}
	}
	t.Fatal("no cgroup v2 is mounted")
	return ""
}

// makeCgroup makes a cgroup and returns its path and its ID.
func makeCgroup(t *testing.T, parent, name string) (string, uint64) {
	t.Helper()
	path := filepath.Join(parent, name)
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	// The processes in it end in clean-ups that run before this one.
	t.Cleanup(func() {
		eventually(t, "the cgroup is empty", func() bool { return os.Remove(path) == nil })
	})
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		t.Fatal(err)
	}
	return path, stat.Ino
}

// moveTo moves a process into a cgroup.
func moveTo(t *testing.T, cgroup string, pid uint32) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(cgroup, "cgroup.procs"), []byte(fmt.Sprint(pid)), 0); err != nil {
		t.Fatal(err)
	}
}

func TestMountNamespaceIsRecordedAlone(t *testing.T) {
	path := program(t, "tasks")
	inside := inMountNamespace(t, path, "marker")
	outside := run(t, path, "marker")
	inside.awaitReady(t, 1)
	outside.awaitReady(t, 1)
	r := sharedRecorder(t)
	attach(t, r, t.Name(), recorder.MountNamespace(mountNamespaceOf(t, inside.pid())), roomy)
	inside.step(t, "x")
	outside.step(t, "x")
	inside.step(t, "x")
	h := history(t, r, t.Name())
	same(t, "marks", marks(h, 41), []int64{1, 2})
	for _, e := range h.Events {
		if e.TID != inside.pid() {
			t.Errorf("a stranger was recorded: %s", describe([]*event.Event{&e}))
		}
	}
}

// What moves into a mount namespace is recorded from its next call on, and
// what leaves it no longer; the calls that move it belong to where they began.
func TestTaskThatMovesBetweenMountNamespaces(t *testing.T) {
	path := program(t, "tasks")
	inside := inMountNamespace(t, path, "marker")
	inside.awaitReady(t, 1)
	r := sharedRecorder(t)
	attach(t, r, t.Name(), recorder.MountNamespace(mountNamespaceOf(t, inside.pid())), roomy)
	moving := run(t, path, "mover", fmt.Sprintf("/proc/%d/ns/mnt", inside.pid()))
	moving.awaitReady(t, 1)
	for _, step := range []string{"-", "s", "-", "h", "-", "s", "-", "u", "-", "s", "-", "-"} {
		moving.step(t, step)
	}
	h := history(t, r, t.Name())
	// In since step 2, out at 4, in at 6, out to a namespace of its own at 8, in at 10.
	same(t, "marks", marks(h, 51), []int64{2, 3, 6, 7, 10, 11, 12})
	same(t, "setns calls recorded", len(callsNamed(h, "setns")), 1)
	same(t, "unshare calls recorded", len(callsNamed(h, "unshare")), 1)
}

// A child that has not come to its execve is followed between namespaces, too.
func TestPendingChildThatEntersAMountNamespace(t *testing.T) {
	path := program(t, "tasks")
	inside := inMountNamespace(t, path, "marker")
	inside.awaitReady(t, 1)
	// A child that moves without an execve: a fork of a program whose
	// children are recorded from their execve on.
	begetter := run(t, path, "moving parent", fmt.Sprintf("/proc/%d/ns/mnt", inside.pid()))
	begetter.awaitReady(t, 1)
	r := sharedRecorder(t)
	attach(t, r, t.Name()+" children", recorder.Children(int(begetter.pid())), roomy)
	attach(t, r, t.Name(), recorder.MountNamespace(mountNamespaceOf(t, inside.pid())), roomy)
	begetter.step(t, "x")
	same(t, "marks in the namespace", marks(history(t, r, t.Name()), 61), []int64{2})
	same(t, "marks of children without an execve", marks(history(t, r, t.Name()+" children"), 61), []int64(nil))
}

func TestCgroupIsRecordedWithThoseBelow(t *testing.T) {
	path := program(t, "tasks")
	r := sharedRecorder(t)
	outer, id := makeCgroup(t, cgroupRoot(t), "traceloop-test-"+strconv.Itoa(os.Getpid()))
	inner, innerID := makeCgroup(t, outer, "inner")
	p := run(t, path, "marker")
	p.awaitReady(t, 1)
	attach(t, r, "outer", recorder.Cgroup(id), roomy)
	attach(t, r, "inner", recorder.Cgroup(innerID), roomy)
	p.step(t, "x")
	moveTo(t, outer, p.pid())
	p.step(t, "x")
	moveTo(t, inner, p.pid())
	p.step(t, "x")
	p.step(t, "x")
	moveTo(t, cgroupRoot(t), p.pid())
	p.step(t, "x")
	moveTo(t, inner, p.pid())
	p.step(t, "x")
	same(t, "marks in the outer cgroup", marks(history(t, r, "outer"), 41), []int64{2, 3, 4, 6})
	same(t, "marks in the inner cgroup", marks(history(t, r, "inner"), 41), []int64{3, 4, 6})
	if err := r.Detach("inner"); err != nil {
		t.Fatal(err)
	}
	p.step(t, "x")
	same(t, "marks in the outer cgroup", marks(history(t, r, "outer"), 41), []int64{2, 3, 4, 6, 7})
	same(t, "marks in the inner cgroup", marks(history(t, r, "inner"), 41), []int64{3, 4, 6})
	p.wait(t, 0)
}

// A process that starts in a cgroup is recorded from its first call on.
func TestProcessStartedInACgroup(t *testing.T) {
	path := program(t, "execution")
	r := sharedRecorder(t)
	directory, id := makeCgroup(t, cgroupRoot(t), "traceloop-test-"+strconv.Itoa(os.Getpid()))
	attach(t, r, t.Name(), recorder.Cgroup(id), roomy)
	file, err := os.Open(directory)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	command := exec.Command(path, "done")
	command.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(file.Fd())}
	start(t, command).wait(t, 0)
	h := history(t, r, t.Name())
	same(t, "execve calls", len(callsNamed(h, "execve")), 1)
	same(t, "marks", marks(h, 1), []int64{2})
	same(t, "ends", len(ofType(h, ring.TypeExit)), 1)
}

func TestProcessTreeHasThoseThatAreThereAndThoseToCome(t *testing.T) {
	path := program(t, "tasks")
	r := sharedRecorder(t)
	const length = 5
	p := run(t, path, "chain", strconv.Itoa(length))
	p.awaitReady(t, 1)
	stranger := run(t, path, "marker")
	stranger.awaitReady(t, 1)
	attach(t, r, t.Name(), recorder.ProcessTree(p.Process.Pid), roomy)
	tasks, err := r.Tasks(t.Name())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "tasks", tasks, length)
	stranger.step(t, "x")
	p.tell(t, "x")
	p.wait(t, 0)
	h := history(t, r, t.Name())
	found := map[int64]bool{}
	for _, value := range marks(h, 21) {
		found[value] = true
	}
	same(t, "processes that left their mark", len(found), length)
	same(t, "marks of strangers", marks(h, 41), []int64(nil))
	same(t, "ends", len(ofType(h, ring.TypeExit)), length)
	if tasks, err = r.Tasks(t.Name()); err != nil {
		t.Fatal(err)
	}
	same(t, "tasks at the end", tasks, 0)
}

// A long line of descendants is a tree as well.
func TestProcessTreeIsAsDeepAsItIs(t *testing.T) {
	path := program(t, "tasks")
	r := sharedRecorder(t)
	const length = 150
	p := run(t, path, "chain", strconv.Itoa(length))
	p.awaitReady(t, 1)
	attach(t, r, t.Name(), recorder.ProcessTree(p.Process.Pid), roomy)
	p.tell(t, "x")
	p.wait(t, 0)
	same(t, "ends", len(ofType(history(t, r, t.Name()), ring.TypeExit)), length)
}

func TestProcessTreeHasItsThreads(t *testing.T) {
	path := program(t, "flood")
	r := sharedRecorder(t)
	const threads = 50
	p := run(t, path, "blocked", strconv.Itoa(threads))
	p.awaitReady(t, 1)
	attach(t, r, t.Name(), recorder.ProcessTree(p.Process.Pid), roomy)
	tasks, err := r.Tasks(t.Name())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "tasks", tasks, threads+1)
	p.tell(t, "x")
	p.wait(t, 0)
	same(t, "ends", len(ofType(history(t, r, t.Name()), ring.TypeExit)), threads+1)
}

// Who lost its parent, and its parent's parent, stays in.
func TestProcessTreeKeepsOrphans(t *testing.T) {
	path := program(t, "tasks")
	r := sharedRecorder(t)
	p := run(t, path, "parent", path, "orphan")
	p.awaitReady(t, 1)
	attach(t, r, t.Name(), recorder.ProcessTree(p.Process.Pid), roomy)
	// The orphan is not the program's child any more: it speaks for itself,
	// through the program's output, as the program does when its child ended.
	p.tell(t, "x")
	p.awaitReady(t, 2)
	// Of the two that wait for a byte one gets it: the orphan ends, or another
	// is begotten. The input's end ends all.
	p.wait(t, 0)
	h := history(t, r, t.Name())
	orphans := those(h, func(e *event.Event) bool { return isMark(e) && e.Call.Arguments[2] == 11 })
	if len(orphans) == 0 {
		t.Fatal("no orphan left its mark")
	}
	for _, e := range orphans {
		if e.TID == p.pid() || e.Call.Arguments[1] != uint64(e.TID) {
			t.Errorf("not an orphan's mark: %s", describe([]*event.Event{e}))
		}
	}
}

func TestChildrenAreRecordedFromTheirExecve(t *testing.T) {
	path := program(t, "tasks")
	r := sharedRecorder(t)
	executing := run(t, path, "parent", program(t, "execution"), "done")
	forking := run(t, path, "parent")
	executing.awaitReady(t, 1)
	forking.awaitReady(t, 1)
	attach(t, r, "executing", recorder.Children(executing.Process.Pid), roomy)
	attach(t, r, "forking", recorder.Children(forking.Process.Pid), roomy)
	for range 3 {
		executing.step(t, "x")
		forking.step(t, "x")
	}
	h := history(t, r, "executing")
	same(t, "marks", marks(h, 1), []int64{2, 2, 2})
	same(t, "execve calls", len(callsNamed(h, "execve")), 3)
	for _, e := range h.Events {
		if e.TID == executing.pid() {
			t.Errorf("the process itself was recorded: %s", describe([]*event.Event{&e}))
		}
	}
	same(t, "events of children that do not execute", len(history(t, r, "forking").Events), 0)
}

// Both recordings cover the child, one by its descent and one by its parent.
func TestChildOfARecordedProcessIsInBothRecordings(t *testing.T) {
	path := program(t, "tasks")
	r := sharedRecorder(t)
	p := run(t, path, "parent", program(t, "execution"), "done")
	p.awaitReady(t, 1)
	attach(t, r, "tree", recorder.ProcessTree(p.Process.Pid), roomy)
	attach(t, r, "children", recorder.Children(p.Process.Pid), roomy)
	p.step(t, "x")
	same(t, "marks in the recording of children", marks(history(t, r, "children"), 1), []int64{2})
	same(t, "marks in the recording of the tree", marks(history(t, r, "tree"), 1), []int64{2})
}

// The recorder is itself in what it records, and leaves no trace there.
func TestRecorderIsNotInItsOwnRecordings(t *testing.T) {
	path := program(t, "tasks")
	for _, role := range []string{"record own mount namespace", "record own cgroup"} {
		t.Run(role, func(t *testing.T) {
			command := exec.Command("/proc/self/exe", path)
			command.Env = append(os.Environ(), roleVariable+"="+role)
			directory, _ := makeCgroup(t, cgroupRoot(t), "traceloop-test-"+strconv.Itoa(os.Getpid()))
			file, err := os.Open(directory)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			command.SysProcAttr = &syscall.SysProcAttr{
				Unshareflags: syscall.CLONE_NEWNS, UseCgroupFD: true, CgroupFD: int(file.Fd()),
			}
			if output, err := command.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, output)
			}
		})
	}
}

// A recorder that is in a PID namespace knows its own number there only.
func TestRecorderInAPIDNamespace(t *testing.T) {
	path := program(t, "tasks")
	for _, role := range []string{"record own mount namespace", "record own children"} {
		t.Run(role, func(t *testing.T) {
			command := exec.Command("/proc/self/exe", path)
			command.Env = append(os.Environ(), roleVariable+"="+role)
			command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID, Unshareflags: syscall.CLONE_NEWNS}
			if output, err := command.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, output)
			}
		})
	}
}

func recordOwnMountNamespace() error {
	link, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		return err
	}
	var inode uint32
	if _, err := fmt.Sscanf(link, "mnt:[%d]", &inode); err != nil {
		return err
	}
	return recordSelf(recorder.MountNamespace(inode))
}

func recordOwnCgroup() error {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return err
	}
	_, path, _ := strings.Cut("\n"+string(text), "\n0::")
	path, _, _ = strings.Cut(path, "\n")
	var stat unix.Stat_t
	for _, root := range []string{"/sys/fs/cgroup/unified", "/sys/fs/cgroup"} {
		if err = unix.Stat(root+path, &stat); err == nil {
			return recordSelf(recorder.Cgroup(stat.Ino))
		}
	}
	return err
}

func recordOwnChildren() error { return recordSelf(recorder.Children(os.Getpid())) }

// recordSelf records a scope that has this process in it, and a child, whose
// program is the first argument: the child must be recorded, the process not.
func recordSelf(scope recorder.Scope) error {
	r, err := recorder.New()
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Attach("self", scope, recorder.Options{RingSize: 4 << 20, StringLimit: 64}); err != nil {
		return err
	}
	marker := exec.Command(os.Args[1], "marker")
	marker.Stdin = strings.NewReader("xxx")
	if _, err := marker.Output(); err != nil {
		return err
	}
	for range 10 {
		if _, err := r.Read("self"); err != nil {
			return err
		}
	}
	s, err := r.Read("self")
	if err != nil {
		return err
	}
	// The file system is the host's, and so is the number.
	self, err := os.Readlink("/proc/self")
	if err != nil {
		return err
	}
	h := event.Decode(s, runtime.GOARCH)
	for _, e := range h.Events {
		if fmt.Sprint(e.Task.PID) == self {
			return fmt.Errorf("the recorder recorded itself: %+v %s", e.Task, describe([]*event.Event{&e}))
		}
	}
	if values := marks(h, 41); len(values) != 3 {
		return fmt.Errorf("the child's marks are %v, want three", values)
	}
	return nil
}
