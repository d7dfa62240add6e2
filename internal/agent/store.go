package agent

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"traceloop/recording"
)

// store is the state directory: files of recordings that made room for others.
// A store without a directory keeps nothing.
type store struct {
	directory string
	limit     uint64 // bytes; 0: none
	problems  *problems
	log       *slog.Logger
	write     func(path string, r *recording.Recording) error

	jobs    chan *saved
	stopped chan struct{}

	mutex   sync.Mutex // guards what follows, and the files' own members; never held while the disk is waited for
	files   map[string]*saved
	waiting int // bytes of recordings that are not on the disk yet
	counts  storeCounts
}

// storeCounts are what became of recordings since the agent began.
type storeCounts struct {
	saved     uint64
	failures  uint64 // could not be saved, and are lost
	discarded uint64 // were saved, and then deleted for want of room
}

// saved is a recording in a file, or on its way there.
type saved struct {
	name string // the file's, of the agent's own making
	size int64  // bytes
	head *recording.Recording
	// pending is the whole recording, until it is on the disk; then nil.
	pending *recording.Recording
	deleted bool // while it was pending
	done    chan struct{}
	err     error // after done
}

// How the names of the state directory's files end, and how package recording
// begins those of files that are not whole yet. Of the latter, one that is there at
// the start is left from an earlier end.
const (
	FileSuffix      = ".traceloop"
	TemporaryPrefix = ".traceloop-"
)

const (
	// maximumWaiting bounds the recordings that wait for the disk, in number
	// and in bytes; one may always wait.
	maximumWaiting      = 16
	maximumWaitingBytes = 16 << 20
)

var (
	errTooSlow  = errors.New("the disk is too slow: too many recordings wait to be written")
	errNoSaving = errors.New("the daemon is ending")
)

// openStore reads what is in the directory, which it makes if need be. Files
// that are no recordings stay where they are.
func openStore(directory string, limit uint64, problems *problems, log *slog.Logger) (*store, error) {
	s := &store{
		directory: directory, limit: limit, problems: problems, log: log, write: recording.Save,
		jobs: make(chan *saved, maximumWaiting), stopped: make(chan struct{}), files: make(map[string]*saved),
	}
	if directory == "" {
		return s, nil
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("making the state directory: %w", err)
	}
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, fmt.Errorf("reading the state directory: %w", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case !entry.Type().IsRegular():
		case strings.HasPrefix(name, TemporaryPrefix):
			if err := os.Remove(filepath.Join(directory, name)); err != nil {
				log.Warn("cannot remove what is left of an earlier daemon", "error", err)
			}
		case strings.HasSuffix(name, FileSuffix):
			file, err := s.scan(name)
			if err != nil {
				log.Warn("a file in the state directory is of no use", "file", name, "error", err)
				continue
			}
			s.files[name] = file
		}
	}
	s.number()
	return s, nil
}

// scan reads the head of a file.
func (s *store) scan(name string) (*saved, error) {
	file, err := s.openFile(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	head, err := recording.ReadHead(file)
	if err != nil {
		return nil, err
	}
	done := make(chan struct{})
	close(done)
	return &saved{name: name, size: info.Size(), head: head, done: done}, nil
}

func (s *store) openFile(name string) (*os.File, error) {
	// Not a link, and no waiting for who may write into a pipe.
	return os.OpenFile(filepath.Join(s.directory, name), os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
}

// number gives generations to files that have none, such as those that were
// put there by hand.
func (s *store) number() {
	last := make(map[string]uint32)
	var without []*saved
	for _, file := range s.sorted() {
		if generation := file.head.Container.Generation; generation > 0 {
			last[file.base()] = max(last[file.base()], generation)
		} else {
			without = append(without, file)
		}
	}
	for _, file := range without {
		last[file.base()]++
		file.head.Container.Generation = last[file.base()]
	}
}

// base is the recording's ID without the generation.
func (f *saved) base() string {
	for _, id := range []string{f.head.Container.ID, f.head.Name} {
		if id != "" {
			return bound(id, longestID)
		}
	}
	return strings.TrimSuffix(f.name, FileSuffix)
}

// age orders files: by when their recordings ended.
func (f *saved) age() time.Time {
	if ended := f.head.Ending.Ended; !ended.IsZero() {
		return ended
	}
	return f.head.Taken
}

// sorted is the files, oldest first. The caller holds the mutex.
func (s *store) sorted() []*saved {
	all := make([]*saved, 0, len(s.files))
	for _, file := range s.files {
		all = append(all, file)
	}
	slices.SortFunc(all, func(a, b *saved) int {
		if order := a.age().Compare(b.age()); order != 0 {
			return order
		}
		return strings.Compare(a.name, b.name)
	})
	return all
}

// list is copies of what there is, oldest first.
func (s *store) list() []saved {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var all []saved
	for _, file := range s.sorted() {
		all = append(all, *file)
	}
	return all
}

// generation is the last generation of an ID that a file has; 0: none has.
func (s *store) generation(base string) uint32 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var last uint32
	for _, file := range s.files {
		if file.base() == base {
			last = max(last, file.head.Container.Generation)
		}
	}
	return last
}

// save has a recording written, and returns the file's name. It waits for that
// as long as patience says; with a nil error the recording is written, or will
// be, and is listed already. A nil error may turn out to be wrong, which is
// counted then.
func (s *store) save(r *recording.Recording, patience time.Duration) (name string, err error) {
	head := *r
	head.Snapshot.Chunks, head.Snapshot.InFlight = nil, nil
	var suffix [4]byte
	rand.Read(suffix[:]) // cannot fail
	file := &saved{
		name: time.Now().UTC().Format("20060102T150405Z-") + hex.EncodeToString(suffix[:]) + FileSuffix,
		head: &head, pending: r, size: size(r), done: make(chan struct{}),
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-s.stopped:
		return "", s.failed(errNoSaving)
	default:
	}
	for !s.reserve(file) {
		select {
		case <-time.After(patience / 10):
		case <-timer.C:
			return "", s.failed(errTooSlow)
		}
	}
	s.jobs <- file // which has room: recordings make room one after the other
	select {
	case <-file.done:
		s.mutex.Lock()
		defer s.mutex.Unlock()
		return file.name, file.err
	case <-timer.C:
		return file.name, nil
	}
}

// reserve finds room for one more recording that waits.
func (s *store) reserve(file *saved) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.jobs) == cap(s.jobs) || s.waiting > 0 && s.waiting+int(file.size) > maximumWaitingBytes {
		return false
	}
	s.waiting += int(file.size)
	s.files[file.name] = file
	return true
}

func (s *store) failed(err error) error {
	s.mutex.Lock()
	s.counts.failures++
	s.mutex.Unlock()
	err = fmt.Errorf("saving a recording that made room for others; it is lost: %w", err)
	s.problems.set("save", err)
	return err
}

// run writes what save was given, until stop.
func (s *store) run() {
	for {
		select {
		case file := <-s.jobs:
			s.finish(file)
		case <-s.stopped:
			for {
				select {
				case file := <-s.jobs:
					s.finish(file)
				default:
					return
				}
			}
		}
	}
}

// stop has run end when what waits is written. Nobody may save any more.
func (s *store) stop() { close(s.stopped) }

// finish writes one recording.
func (s *store) finish(file *saved) {
	path := filepath.Join(s.directory, file.name)
	err := s.write(path, file.pending)
	var written int64
	if err == nil {
		if info, statErr := os.Stat(path); statErr == nil {
			written = info.Size()
		}
	}
	s.mutex.Lock()
	s.waiting -= int(file.size)
	file.size, file.pending, file.err = written, nil, err
	deleted := file.deleted
	switch {
	case deleted:
	case err != nil:
		delete(s.files, file.name)
	default:
		s.counts.saved++
	}
	s.mutex.Unlock()
	switch {
	case deleted && err == nil:
		if err := s.unlink(file.name); err != nil {
			s.problems.set("discard", err)
		}
	case deleted:
	case err != nil:
		_ = s.failed(err) // counted and said
	default:
		s.problems.clear("save")
		s.makeRoom()
	}
	close(file.done)
}

// makeRoom deletes the oldest files while there are more than there may be.
func (s *store) makeRoom() {
	for _, file := range s.surplus() {
		if err := s.delete(file); err != nil {
			s.problems.set("discard", fmt.Errorf("making room in the state directory: %w", err))
			return
		}
		s.problems.clear("discard")
		s.mutex.Lock()
		s.counts.discarded++
		s.mutex.Unlock()
		s.log.Info("the state directory is full: the oldest recording was deleted", "file", file, "limit", s.limit)
	}
}

// surplus are the oldest files, of which there are too many.
func (s *store) surplus() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var total uint64
	for _, file := range s.files {
		if file.pending == nil {
			total += uint64(file.size)
		}
	}
	var names []string
	for _, file := range s.sorted() {
		if s.limit == 0 || total <= s.limit {
			break
		}
		if file.pending == nil {
			names = append(names, file.name)
			total -= uint64(file.size)
		}
	}
	return names
}

// delete deletes a file. One that is not there any more is no error.
func (s *store) delete(name string) error {
	s.mutex.Lock()
	file := s.files[name]
	delete(s.files, name)
	waits := file != nil && file.pending != nil
	if waits {
		file.deleted = true // by who writes it
	}
	s.mutex.Unlock()
	if file == nil || waits {
		return nil
	}
	err := s.unlink(name)
	if err != nil {
		s.mutex.Lock()
		s.files[name] = file
		s.mutex.Unlock()
	}
	return err
}

// unlink removes a file from the disk. Nobody holds the mutex: a disk may hang.
func (s *store) unlink(name string) error {
	if err := os.Remove(filepath.Join(s.directory, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("deleting a saved recording: %w", err)
	}
	return nil
}

// statistics are the counts, and how many bytes of files there are.
func (s *store) statistics() (counts storeCounts, files int, bytes uint64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, file := range s.files {
		bytes += uint64(file.size)
	}
	return s.counts, len(s.files), bytes
}

// size is how many bytes a recording takes in memory.
func size(r *recording.Recording) int64 {
	total := int64(len(r.Snapshot.InFlight))
	for _, chunk := range r.Snapshot.Chunks {
		total += int64(len(chunk))
	}
	return total
}

// open opens a file or, if it is not on the disk yet, returns the recording,
// which is not to be changed. The error is errGone if there is no such file.
func (s *store) open(name string) (file *os.File, pending *recording.Recording, err error) {
	s.mutex.Lock()
	there := s.files[name]
	if there != nil {
		pending = there.pending
	}
	s.mutex.Unlock()
	if there == nil {
		return nil, nil, errGone
	}
	if pending != nil {
		return nil, pending, nil
	}
	file, err = s.openFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		// Somebody deleted it, who is free to.
		s.mutex.Lock()
		delete(s.files, name)
		s.mutex.Unlock()
		return nil, nil, fmt.Errorf("%w: %w", errGone, err)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("opening a saved recording: %w", err)
	}
	return file, nil, nil
}
