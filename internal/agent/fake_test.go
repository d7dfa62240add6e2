package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"traceloop/recorder"
	"traceloop/ring"
	"traceloop/syscalls"
)

// fakeRecorder is a recorder whose containers are the test's.
type fakeRecorder struct {
	news chan struct{}

	mutex    sync.Mutex // guards what follows
	options  recorder.Options
	on       bool              // containers are adopted
	filters  map[string]string // by recording, since SetFilter
	ignored  []recorder.Info   // deleted, and running
	all      []*recorder.Info  // oldest first
	ready    int
	next     int
	refused  uint64
	waiting  []recorder.Info  // refused, and running
	faults   map[string]error // by method
	deleted  []string
	most     int // memory of rings, ever
	chunks   int // in a snapshot
	payload  string
	random   bool // chunks hold what cannot be compressed
	attached map[string]recorder.Scope
}

func newFake() *fakeRecorder {
	return &fakeRecorder{news: make(chan struct{}, 1), faults: make(map[string]error), chunks: 1, attached: make(map[string]recorder.Scope), filters: make(map[string]string)}
}

func bootNow() uint64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		panic(err)
	}
	return uint64(now.Nano())
}

func (f *fakeRecorder) tell() {
	select {
	case f.news <- struct{}{}:
	default:
	}
}

// fault has a method fail, or with nil no longer.
func (f *fakeRecorder) fault(method string, err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.faults[method] = err
}

// do runs f with the lock, unless the method is to fail.
func (f *fakeRecorder) do(method string, body func() error) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if err := f.faults[method]; err != nil {
		return err
	}
	return body()
}

// start has a container begin that the programs adopt, and returns the
// recording's name; empty if there was no ring.
func (f *fakeRecorder) start(info recorder.Info) string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	defer f.tell()
	if info.Tasks == 0 {
		info.Tasks = 1
	}
	if !f.on {
		f.waiting = append(f.waiting, info)
		return ""
	}
	if f.ready == 0 {
		f.refused++
		f.waiting = append(f.waiting, info)
		return ""
	}
	return f.adopt(info)
}

func (f *fakeRecorder) adopt(info recorder.Info) string {
	f.ready--
	f.next++
	info.Name = fmt.Sprint("adopted-", f.next)
	info.Adopted, info.Attached = true, true
	info.Scope = "mount namespace"
	info.Began = bootNow()
	if info.Executed == 0 && !info.Late {
		info.Executed = info.Began + 1
	}
	info.RingSize = f.options.RingSize
	f.filters[info.Name] = f.options.Filter.String()
	f.all = append(f.all, &info)
	return info.Name
}

// change changes what is known of a recording.
func (f *fakeRecorder) change(name string, change func(*recorder.Info)) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, info := range f.all {
		if info.Name == name {
			change(info)
		}
	}
	f.tell()
}

// end has a container's only process end.
func (f *fakeRecorder) end(name string, status uint32) {
	f.change(name, func(info *recorder.Info) {
		info.Tasks, info.Ended, info.Exited, info.Status = 0, bootNow(), true, status
	})
}

// run has a container begin and end.
func (f *fakeRecorder) run(info recorder.Info) string {
	name := f.start(info)
	f.end(name, 0)
	return name
}

func (f *fakeRecorder) find(name string) (int, error) {
	at := slices.IndexFunc(f.all, func(info *recorder.Info) bool { return info.Name == name })
	if at < 0 {
		return 0, fmt.Errorf("%q: %w", name, recorder.ErrNotFound)
	}
	return at, nil
}

func (f *fakeRecorder) List() (all []recorder.Info, err error) {
	err = f.do("List", func() error {
		for _, info := range f.all {
			all = append(all, *info)
		}
		return nil
	})
	return all, err
}

func (f *fakeRecorder) Wait(ctx context.Context) error {
	if err := f.do("Wait", func() error { return nil }); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-f.news:
		return nil
	}
}

func (f *fakeRecorder) SetAdoption(options recorder.Options) error {
	return f.do("SetAdoption", func() error { f.options, f.on = options, true; return nil })
}

func (f *fakeRecorder) EndAdoption() error {
	return f.do("EndAdoption", func() error { f.on, f.ready = false, 0; return nil })
}

func (f *fakeRecorder) Adopting() (on bool, err error) {
	err = f.do("Adopting", func() error { on = f.on; return nil })
	return on, err
}

func (f *fakeRecorder) Reconsider() error {
	return f.do("Reconsider", func() error {
		f.waiting = append(f.waiting, f.ignored...)
		f.ignored = nil
		return nil
	})
}

func (f *fakeRecorder) SetFilter(name string, filter *syscalls.Filter) error {
	return f.do("SetFilter", func() error {
		_, err := f.find(name)
		f.filters[name] = filter.String()
		return err
	})
}

// filter is which calls a recording gets.
func (f *fakeRecorder) filter(name string) string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.filters[name]
}

func (f *fakeRecorder) used() int {
	used := f.ready * f.options.RingSize
	for _, info := range f.all {
		used += info.RingSize
	}
	return used
}

// peak is how much memory rings ever took.
func (f *fakeRecorder) peak() int {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.most
}

func (f *fakeRecorder) Stock(count int) (int, error) {
	err := f.do("Stock", func() error {
		f.ready = count
		f.most = max(f.most, f.used())
		return nil
	})
	ready, _ := f.Ready()
	return ready, err
}

func (f *fakeRecorder) Ready() (int, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.ready, nil
}

func (f *fakeRecorder) AdoptRunning() (left int, err error) {
	err = f.do("AdoptRunning", func() error {
		for f.ready > 0 && len(f.waiting) > 0 {
			info := f.waiting[0]
			info.Late = true
			f.waiting = f.waiting[1:]
			f.adopt(info)
		}
		left = len(f.waiting)
		return nil
	})
	return left, err
}

func (f *fakeRecorder) Refused() (refused uint64, err error) {
	err = f.do("Refused", func() error { refused = f.refused; return nil })
	return refused, err
}

func (f *fakeRecorder) SetNote(name string, note []byte) error {
	return f.do("SetNote", func() error {
		if len(note) > recorder.MaximumNote {
			return errors.New("note too long")
		}
		at, err := f.find(name)
		if err == nil {
			f.all[at].Note = slices.Clone(note)
		}
		return err
	})
}

func (f *fakeRecorder) Sweep() error { return f.do("Sweep", func() error { return nil }) }

func (f *fakeRecorder) Attach(name string, scope recorder.Scope, options recorder.Options) error {
	return f.do("Attach", func() error {
		if _, err := f.find(name); err == nil {
			return fmt.Errorf("attaching %q: %w", name, recorder.ErrExists)
		}
		f.attached[name] = scope
		f.all = append(f.all, &recorder.Info{Name: name, Scope: "process", Attached: true, Tasks: 1, Began: bootNow(), RingSize: options.RingSize})
		f.most = max(f.most, f.used())
		return nil
	})
}

func (f *fakeRecorder) Detach(name string) error {
	return f.do("Detach", func() error {
		at, err := f.find(name)
		if err == nil {
			f.all[at].Attached, f.all[at].Ended = false, bootNow()
		}
		return err
	})
}

func (f *fakeRecorder) Delete(name string) error {
	return f.do("Delete", func() error {
		at, err := f.find(name)
		if err == nil {
			if info := *f.all[at]; info.Tasks > 0 {
				info.Note = nil
				f.ignored = append(f.ignored, info)
			}
			f.all = slices.Delete(f.all, at, at+1)
			f.deleted = append(f.deleted, name)
		}
		return err
	})
}

func (f *fakeRecorder) Read(name string) (s *ring.Snapshot, err error) {
	err = f.do("Read", func() error {
		at, err := f.find(name)
		if err != nil {
			return err
		}
		s = &ring.Snapshot{Taken: bootNow(), Cursors: []ring.Cursor{{Calls: f.all[at].Calls, Filtered: f.all[at].Filtered, Lost: f.all[at].Lost}}}
		for i := range f.chunks {
			text := f.payload + name
			if f.random {
				bytes := make([]byte, 3000)
				rand.Read(bytes)
				text = string(bytes)
			}
			s.Chunks = append(s.Chunks, chunk(uint64(1000*(i+1)), text))
		}
		return nil
	})
	return s, err
}

func (f *fakeRecorder) Failures() (failures []ring.Failure, err error) {
	err = f.do("Failures", func() error {
		failures = []ring.Failure{{Place: "read a string of a task", Errno: 14, Count: 3}}
		return nil
	})
	return failures, err
}

// names are the recordings that have a ring.
func (f *fakeRecorder) names() []string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var names []string
	for _, info := range f.all {
		names = append(names, info.Name)
	}
	return names
}

// chunk is a chunk of a ring with one call, which ended then.
func chunk(end uint64, text string) []byte {
	return ring.EncodeCalls([]ring.Record{{
		Type: ring.TypeCall, Task: &ring.Task{PID: 1, Comm: "comm"}, TID: 1, Start: end - 1, End: end,
		Call: ring.Call{Arguments: []uint64{1}, Captures: []ring.Capture{{Data: []byte(text)}}},
	}})
}

// id is a container's ID that begins so.
func id(start string) string { return (start + strings.Repeat("0", 64))[:64] }

// docker is a container's cgroup as Docker names it.
func docker(start string) recorder.Info {
	return recorder.Info{CgroupNames: []string{"docker-" + id(start) + ".scope", "system.slice"}, PID: uint32(os.Getpid())}
}

// named is what the recorder knows of something in a cgroup of that path.
func inCgroup(path string) recorder.Info {
	names := strings.Split(strings.Trim(path, "/"), "/")
	slices.Reverse(names)
	return recorder.Info{CgroupNames: names}
}

var _ Recorder = (*fakeRecorder)(nil)

func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && !ended() {
		code = 1
	}
	os.Exit(code)
}
