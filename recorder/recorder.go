// Package recorder records the system calls of tasks into rings of overwritable
// memory that BPF programs write and anyone who maps them reads.
//
// A [Recorder] loads the programs once and holds any number of recordings; each
// has a [Scope], the tasks it covers, and a ring of its own. Two recordings may
// cover the same task, up to eight of them. What comes out is raw bytes, a
// [ring.Snapshot]; package event gives them a meaning.
//
// It needs Linux 5.15 with BTF: finding a task's registers (bpf_task_pt_regs) is
// the newest thing that it cannot do without. It needs CAP_BPF,
// CAP_PERFMON and, to show the memory of calls that are going on in other
// users' processes, CAP_SYS_PTRACE; root has them all.
package recorder

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"

	"traceloop/ring"
	"traceloop/syscalls"
)

var (
	// ErrNotFound says that there is no recording of that name: the caller
	// asked for one that was never attached or is deleted.
	ErrNotFound = errors.New("no such recording")
	// ErrExists says that there is a recording of that name: the caller takes
	// another or deletes the old one.
	ErrExists = errors.New("recording exists")
	// ErrTooMany says that no more recordings fit: the caller deletes some.
	ErrTooMany = errors.New("too many recordings")
	// ErrClosed says that the recorder was closed.
	ErrClosed = errors.New("recorder is closed")
)

// Options are what a recording may choose for itself.
type Options struct {
	// RingSize is how much memory the recording takes, in bytes: between
	// [MinimumRingSize] and [MaximumRingSize], rounded up to a multiple of
	// 4 KiB. It does not depend on the number of CPUs.
	RingSize int
	// StringLimit is how many bytes of a string or buffer are captured, at
	// most ring.StringLimitMax. Paths are captured up to ring.PathLimit bytes.
	// Of strings that are captured when a call begins (the arguments of an
	// execve that succeeds) a task in several recordings gives each as much as
	// the smallest limit.
	StringLimit int
	// Capture is what memory is captured: payloads can hold secrets.
	Capture Capture
	// Filter chooses the system calls to record; nil records all.
	Filter *syscalls.Filter
}

// Capture is how much of the memory that calls point to is captured.
type Capture uint8

// What is captured.
const (
	// CaptureAll captures all that StringLimit allows.
	CaptureAll Capture = iota
	// CaptureStrings leaves out the contents of buffers: what is read and
	// written, sent and received.
	CaptureStrings
	// CapturePaths also leaves out strings that are no paths, such as the
	// arguments of an execve: what remains are paths and structs.
	CapturePaths
)

// layouts are the layouts that the programs may capture, a bit each.
func (c Capture) layouts() uint32 {
	all := ^uint32(0)
	if c >= CaptureStrings {
		all &^= 1<<ring.LayoutBytes | 1<<ring.LayoutBuffers
	}
	if c >= CapturePaths {
		all &^= 1<<ring.LayoutString | 1<<ring.LayoutStrings
	}
	return all
}

// The defaults that a command line offers.
const (
	DefaultRingSize    = 1 << 20
	DefaultStringLimit = 64
)

// MaximumRingSize is the largest size of a ring, in bytes: a sequence number's
// slot must not repeat within what fits an int on any architecture.
const MaximumRingSize = 1 << 30

// MinimumRingSize returns the smallest size of a ring on this machine, in
// bytes: with fewer than two chunks for each CPU and eight in all, a busy CPU
// would overwrite what the others are still writing. It fails if the kernel
// does not tell how many CPUs there may be.
func MinimumRingSize() (int, error) {
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return 0, fmt.Errorf("counting the possible CPUs: %w", err)
	}
	return (ring.HeaderChunks(cpus) + max(8, 2*cpus)) * ring.ChunkSize, nil
}

// Recorder is the loaded BPF programs and their recordings. Its methods may be
// called from several goroutines.
type Recorder struct {
	cpus      int
	self      uint32          // the recorder's own process ID in the initial PID namespace
	directory string          // where its objects are pinned; "" if they end with the process
	news      *ringbuf.Reader // what Wait waits for; its owner is Wait's caller

	mutex      sync.Mutex // guards all below
	objects    *objects
	links      []link.Link
	recordings map[string]*recording // that were attached by name
	slots      []*recording          // by index, all of them; nil: free
	adoption   *Options              // of rings that are made ready; nil: none are
}

// objects is what is loaded into the kernel.
type objects struct {
	programsObjects
	variableMaps
}

// variableMaps is the memory of the programs' variables.
type variableMaps struct {
	Zeroed *ebpf.Map `ebpf:".bss"`
	Data   *ebpf.Map `ebpf:".data"`
}

func (o *objects) Close() error {
	return errors.Join(o.programsObjects.Close(), _ProgramsClose(o.Zeroed, o.Data))
}

// recording is one recording, whose ring stays until Delete.
type recording struct {
	id uint32 // index | incarnation << 16
	// ready: its ring was made for a container to come. It may have come.
	ready    bool
	name     string
	scope    Scope // nil if it is ready
	attached bool
	memory   []byte // the ring, mapped read-only
	// inFlight is the calls that were going on at Detach, as a chunk.
	inFlight []byte
}

func (r *recording) index() uint32 { return r.id & 0xffff }

// New loads the programs and attaches them. While no recording exists they
// cost every system call little more than empty programs would. The error of a
// kernel or a process that cannot do it is a [*FeatureError] or a
// [*PrivilegeError].
func New() (*Recorder, error) {
	r, spec, err := prepare()
	if err != nil {
		return nil, err
	}
	if err := r.load(spec); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// prepare makes a recorder that has nothing in the kernel yet.
func prepare() (*Recorder, *ebpf.CollectionSpec, error) {
	spec, err := loadPrograms()
	if err != nil {
		return nil, nil, fmt.Errorf("reading the BPF programs: %w", err)
	}
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return nil, nil, fmt.Errorf("counting the possible CPUs: %w", err)
	}
	return &Recorder{cpus: cpus, objects: &objects{}, recordings: make(map[string]*recording)}, spec, nil
}

// load loads the programs and attaches them.
func (r *Recorder) load(spec *ebpf.CollectionSpec) error {
	calls := spec.Maps["calls"].MaxEntries
	prepareCalls(spec)
	if err := spec.LoadAndAssign(r.objects, nil); err != nil {
		return explain(fmt.Errorf("loading the BPF programs: %w", err))
	}
	if err := r.begin(); err != nil {
		return err
	}
	table, err := encodeCalls(calls)
	if err != nil {
		return err
	}
	if err := table.load(r.objects.Calls, r.objects.Variants); err != nil {
		return err
	}
	// Index 0 means none, and the last value says that a task is unrecorded.
	for index := uint32(1); index < r.objects.FreeStates.MaxEntries(); index++ {
		if err := r.objects.FreeStates.Put(nil, index); err != nil {
			return fmt.Errorf("filling the stock of task states: %w", err)
		}
	}
	for _, program := range []*ebpf.Program{
		// Exits first: a call seen at its entry is then always seen to its end.
		r.objects.ExitCall, r.objects.ExitTask, r.objects.DeliverSignal, r.objects.ForkTask,
		r.objects.ExecTask, r.objects.MoveTask, r.objects.EnterCall,
	} {
		attached, err := link.AttachTracing(link.TracingOptions{Program: program})
		if err != nil {
			return explain(fmt.Errorf("attaching %s: %w", program, err))
		}
		r.links = append(r.links, attached)
	}
	return nil
}

// begin does what every process does that takes up the programs.
func (r *Recorder) begin() error {
	r.slots = make([]*recording, r.objects.Recordings.MaxEntries())
	if err := r.excludeSelf(); err != nil {
		return fmt.Errorf("excluding the recorder itself: %w", err)
	}
	news, err := ringbuf.NewReader(r.objects.News)
	if err != nil {
		return fmt.Errorf("opening the programs' news: %w", err)
	}
	r.news = news
	return nil
}

// excludeSelf tells the programs which process the recorder is. In a PID
// namespace of its own it does not know the kernel's number of itself; the
// iterator that it runs does. It also finds out what the host is.
func (r *Recorder) excludeSelf() error {
	if _, err := runIterator(r.objects.LookAround); err != nil {
		return err
	}
	var start uint64
	return errors.Join(
		r.objects.Reader.Get(&r.self), r.objects.ReaderStart.Get(&start),
		r.objects.SelfStart.Set(start), r.objects.Self.Set(r.self))
}

// processID translates a process ID to the kernel's own number of it.
func (r *Recorder) processID(pid int) (uint32, error) {
	switch {
	case pid <= 0:
		return 0, fmt.Errorf("process %d: a process ID is positive", pid)
	case pid == os.Getpid():
		return r.self, nil
	case r.self != uint32(os.Getpid()):
		return 0, fmt.Errorf("process %d: the recorder is in a PID namespace of its own, from where it knows no process but itself: run it in the host's", pid)
	default:
		return uint32(pid), nil
	}
}

// Close detaches and deletes all recordings and unloads the programs; of a
// recorder that [Open] returned it does neither. It may be called again.
func (r *Recorder) Close() error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.objects == nil {
		return nil
	}
	var errs []error
	if r.news != nil {
		errs = append(errs, r.news.Close())
	}
	for _, attached := range r.links {
		errs = append(errs, attached.Close())
	}
	for _, recording := range r.slots {
		if recording != nil {
			errs = append(errs, unix.Munmap(recording.memory))
		}
	}
	errs = append(errs, r.objects.Close())
	r.links, r.recordings, r.slots, r.objects = nil, nil, nil, nil
	return errors.Join(errs...)
}

// Attach begins a recording of the tasks in scope under a name of the
// caller's. Options are checked before anything changes.
func (r *Recorder) Attach(name string, scope Scope, options Options) error {
	if scope == nil {
		return fmt.Errorf("attaching %q: no scope: want a MountNamespace, a Cgroup, a ProcessTree or Children", name)
	}
	if err := options.check(); err != nil {
		return fmt.Errorf("attaching %q: %w", name, err)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.objects == nil {
		return ErrClosed
	}
	if _, found := r.recordings[name]; found {
		return fmt.Errorf("attaching %q: %w", name, ErrExists)
	}
	recording, err := r.create(options)
	if err != nil {
		return fmt.Errorf("attaching %q: %w", name, err)
	}
	recording.name, recording.scope = name, scope
	err = r.noteAttached(recording)
	if err == nil {
		err = scope.attach(r, recording.id)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("attaching %q: %w", name, err), r.free(recording))
	}
	recording.attached = true
	r.recordings[name] = recording
	return nil
}

func (o Options) check() error {
	minimum, err := MinimumRingSize()
	if err != nil {
		return err
	}
	if o.RingSize < minimum || o.RingSize > MaximumRingSize {
		return fmt.Errorf("ring size of %d bytes: must be from %d to %d on this machine", o.RingSize, minimum, MaximumRingSize)
	}
	if o.StringLimit < 0 || o.StringLimit > ring.StringLimitMax {
		return fmt.Errorf("string limit of %d bytes: must be from 0 to %d", o.StringLimit, ring.StringLimitMax)
	}
	if o.Capture > CapturePaths {
		return fmt.Errorf("capture level %d: must be CaptureAll, CaptureStrings or CapturePaths", o.Capture)
	}
	return nil
}

// create makes a recording's ring and its options known to the programs. No
// task is in it yet.
func (r *Recorder) create(options Options) (*recording, error) {
	free := slices.Index(r.slots, nil)
	if free < 0 {
		return nil, fmt.Errorf("%w: %d at once is the most", ErrTooMany, len(r.slots))
	}
	recording, err := r.createAt(uint32(free), options)
	if err != nil {
		return nil, err
	}
	r.slots[free] = recording
	return recording, nil
}

// createAt is create for a free index, which it leaves to the caller to take.
// It may be called for several at once.
func (r *Recorder) createAt(index uint32, options Options) (*recording, error) {
	var before programsRecording
	if err := r.objects.Recordings.Lookup(index, &before); err != nil {
		return nil, fmt.Errorf("looking up who was the recording before: %w", err)
	}
	value := r.optionsOf(options)
	memory, err := r.createRing(index, int(value.HeaderChunks+value.Slots))
	if err != nil {
		return nil, err
	}
	// Sixteen bits of incarnation, never 0, tell a recording from those that
	// had its index before.
	value.Incarnation = before.Incarnation%0x7fff + 1
	value.Id = index | value.Incarnation<<16
	recording := &recording{id: value.Id, memory: memory}
	if err := r.objects.Recordings.Put(index, &value); err != nil {
		err = fmt.Errorf("setting the recording's options: %w", err)
		return nil, errors.Join(err, r.deleteRing(index), r.unpinRing(index), unix.Munmap(memory))
	}
	return recording, nil
}

// optionsOf is a recording's options as the programs have them, but for who it is.
func (r *Recorder) optionsOf(options Options) programsRecording {
	chunks := (options.RingSize + ring.ChunkSize - 1) / ring.ChunkSize
	header := ring.HeaderChunks(r.cpus)
	slots := chunks - header
	value := programsRecording{
		Slots:        uint32(slots),
		HeaderChunks: uint32(header),
		StringLimit:  uint32(options.StringLimit),
		Layouts:      options.Capture.layouts(),
		// A CPU that makes few calls leaves its chunk after a quarter of a
		// lap, so that what others overwrite is never much newer than what
		// they keep.
		Stale: uint32(max(slots/4, 1)),
	}
	fillFilter(&value, options.Filter)
	return value
}

// createRing makes a ring and maps it. Its descriptor is closed again: the
// kernel keeps the map for the programs, the mapping keeps it for us, and a pin
// for the process after us: only with CAP_SYS_ADMIN could it ask the programs'
// map of rings for it (BPF_MAP_GET_FD_BY_ID, kernel/bpf/syscall.c).
func (r *Recorder) createRing(index uint32, chunks int) ([]byte, error) {
	ringMap, err := ebpf.NewMap(&ebpf.MapSpec{
		Name: "ring", Type: ebpf.Array, KeySize: 4, ValueSize: ring.ChunkSize,
		MaxEntries: uint32(chunks), Flags: unix.BPF_F_MMAPABLE | unix.BPF_F_INNER_MAP,
	})
	if err != nil {
		return nil, fmt.Errorf("making a ring of %d KiB: %w", chunks*ring.ChunkSize>>10, err)
	}
	defer ringMap.Close()
	memory, err := unix.Mmap(ringMap.FD(), 0, chunks*ring.ChunkSize, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mapping a ring of %d KiB: %w", chunks*ring.ChunkSize>>10, err)
	}
	if err := r.pinRing(index, ringMap); err != nil {
		return nil, errors.Join(err, unix.Munmap(memory))
	}
	if err := r.objects.Rings.Put(index, ringMap); err != nil {
		return nil, errors.Join(fmt.Errorf("giving the ring to the programs: %w", err), r.unpinRing(index), unix.Munmap(memory))
	}
	return memory, nil
}

// free gives back what create made.
func (r *Recorder) free(recording *recording) error {
	index := recording.index()
	// In this order: no program finds the recording any more; deleting its
	// ring waits for the programs that found it before; only then may the
	// options go, by which they write.
	err := errors.Join(
		r.void(recording.id),
		r.deleteRing(index),
		r.objects.Identities.Put(index, &programsIdentity{}),
		r.objects.Attachments.Put(index, &programsAttachment{}),
		r.deleteNote(recording.id),
		r.objects.Recordings.Put(index, &programsRecording{Incarnation: recording.id >> 16}),
		unix.Munmap(recording.memory),
		r.unpinRing(index))
	r.slots[index] = nil
	return err
}

// deleteRing takes a ring from the programs. A process that was killed may have
// done it already.
func (r *Recorder) deleteRing(index uint32) error {
	if err := r.objects.Rings.Delete(index); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		return fmt.Errorf("taking a ring from the programs: %w", err)
	}
	return nil
}

// find returns an existing recording. The caller holds the lock.
func (r *Recorder) find(name string) (*recording, error) {
	if r.objects == nil {
		return nil, ErrClosed
	}
	if recording, found := r.recordings[name]; found {
		return recording, nil
	}
	recording, err := r.findAdopted(name)
	if err != nil {
		return nil, err
	}
	if recording == nil {
		return nil, fmt.Errorf("%q: %w", name, ErrNotFound)
	}
	return recording, nil
}

// Detach ends a recording: its tasks go on unrecorded. What was recorded stays
// readable until Delete. Detaching a detached recording does nothing.
func (r *Recorder) Detach(name string) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	recording, err := r.find(name)
	if err != nil {
		return fmt.Errorf("detaching: %w", err)
	}
	return r.detach(name, recording)
}

func (r *Recorder) detach(name string, recording *recording) error {
	if !recording.attached {
		return nil
	}
	inFlight, err := r.callsInFlight(recording.id)
	if err != nil {
		return fmt.Errorf("detaching %q: %w", name, err)
	}
	if recording.ready {
		err = r.disown(recording.id)
	} else {
		err = recording.scope.detach(r, recording.id)
	}
	if err != nil {
		return fmt.Errorf("detaching %q: %w", name, err)
	}
	recording.inFlight = inFlight
	recording.attached = false
	if err := r.noteDetached(recording); err != nil {
		return fmt.Errorf("detaching %q: %w", name, err)
	}
	return nil
}

// Delete detaches a recording and frees its ring.
func (r *Recorder) Delete(name string) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	recording, err := r.find(name)
	if err != nil {
		return fmt.Errorf("deleting: %w", err)
	}
	if recording.ready {
		err = r.abandon(recording)
	} else {
		err = r.detach(name, recording)
	}
	if err != nil {
		return fmt.Errorf("deleting %q: %w", name, err)
	}
	delete(r.recordings, name)
	if err := r.free(recording); err != nil {
		return fmt.Errorf("deleting %q: %w", name, err)
	}
	return nil
}

// Read copies what a recording holds, and the calls that its tasks are in. It
// neither stops the tasks nor changes the recording.
func (r *Recorder) Read(name string) (*ring.Snapshot, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	recording, err := r.find(name)
	if err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	taken, err := bootTime()
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", name, err)
	}
	// First the calls that are going on, then those that ended: a call which
	// ends in between is seen twice, and once removed, but never missed.
	inFlight := recording.inFlight
	if recording.attached {
		if inFlight, err = r.callsInFlight(recording.id); err != nil {
			return nil, fmt.Errorf("reading %q: %w", name, err)
		}
	}
	snapshot, err := ring.Copy(recording.memory, r.cpus, taken)
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", name, err)
	}
	snapshot.InFlight = inFlight
	if snapshot.Failures, err = r.failures(); err != nil {
		return nil, fmt.Errorf("reading %q: %w", name, err)
	}
	return snapshot, nil
}

// Tasks returns how many tasks of a recording of a process tree are alive.
func (r *Recorder) Tasks(name string) (int, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	recording, err := r.find(name)
	if err != nil {
		return 0, fmt.Errorf("counting tasks: %w", err)
	}
	return int(ring.Tasks(recording.memory)), nil
}

func bootTime() (uint64, error) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return 0, fmt.Errorf("reading the boot time: %w", err)
	}
	return uint64(now.Nano()), nil
}
