package recorder

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"

	"traceloop/syscalls"
)

// ErrNoAdoption says that it was never said how to record adopted containers:
// the caller calls SetAdoption first.
var ErrNoAdoption = errors.New("adoption is not set")

// SetAdoption has the programs adopt containers from now on, into rings that
// Stock makes ready: every mount namespace that they have not seen before and
// whose tasks have another root directory or another PID namespace than the
// host. Rings that are ready already get the new options' filter; those that
// differ in more are given back.
func (r *Recorder) SetAdoption(options Options) error {
	if err := options.check(); err != nil {
		return fmt.Errorf("setting adoption: %w", err)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.objects == nil {
		return ErrClosed
	}
	if err := r.restock(options); err != nil {
		return fmt.Errorf("setting adoption: %w", err)
	}
	r.adoption = &options
	if err := r.beginAdopting(); err != nil {
		return fmt.Errorf("setting adoption: %w", err)
	}
	return r.bumpGeneration()
}

// restock has the ready rings be as the options say.
func (r *Recorder) restock(options Options) error {
	identities, err := r.identities()
	if err != nil {
		return err
	}
	wanted := r.optionsOf(options)
	surplus := make(map[uint32]bool)
	for index, recording := range r.slots {
		if recording == nil || !recording.ready || identities[index].Generation != 0 {
			continue
		}
		var value programsRecording
		if err := r.objects.Recordings.Lookup(uint32(index), &value); err != nil {
			return fmt.Errorf("looking up a ready ring: %w", err)
		}
		wanted.Id, wanted.Incarnation = value.Id, value.Incarnation
		if value == wanted {
			continue
		}
		value.Native, value.Compat = wanted.Native, wanted.Compat
		if value != wanted {
			surplus[recording.id] = true
			continue
		}
		// In place: there is no moment in which a container would not find it.
		if err := r.objects.Recordings.Put(uint32(index), &value); err != nil {
			return fmt.Errorf("changing a ready ring's filter: %w", err)
		}
	}
	if len(surplus) == 0 {
		return nil
	}
	ready, err := r.takeStock()
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ready {
		if surplus[id] {
			errs = append(errs, r.free(r.slots[id&0xffff]))
		} else {
			errs = append(errs, r.putInStock(id))
		}
	}
	return errors.Join(errs...)
}

// EndAdoption has the programs adopt no containers any more, until SetAdoption.
// Those that they have adopted are recorded no longer, as if all their tasks had
// ended; the ready rings are given back.
func (r *Recorder) EndAdoption() error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.objects == nil {
		return ErrClosed
	}
	if err := r.objects.Adopting.Set(uint32(0)); err != nil {
		return fmt.Errorf("ending adoption: %w", err)
	}
	r.adoption = nil
	ready, err := r.takeStock()
	errs := []error{err}
	for _, id := range ready {
		errs = append(errs, r.free(r.slots[id&0xffff]))
	}
	errs = append(errs, r.bumpGeneration())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("ending adoption: %w", err)
	}
	return nil
}

// Adopting says whether the programs adopt containers, be it since an earlier
// process told them to.
func (r *Recorder) Adopting() (bool, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.objects == nil {
		return false, ErrClosed
	}
	var adopting uint32
	if err := r.objects.Adopting.Get(&adopting); err != nil {
		return false, fmt.Errorf("finding out whether containers are adopted: %w", err)
	}
	return adopting != 0, nil
}

// SetFilter changes which calls a recording gets from now on; nil: all.
func (r *Recorder) SetFilter(name string, filter *syscalls.Filter) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	recording, err := r.find(name)
	if err != nil {
		return fmt.Errorf("changing a filter: %w", err)
	}
	var value programsRecording
	if err := r.objects.Recordings.Lookup(recording.index(), &value); err != nil {
		return fmt.Errorf("changing the filter of %q: %w", name, err)
	}
	value.Native, value.Compat = [9]uint64{}, [9]uint64{}
	fillFilter(&value, filter)
	if err := r.objects.Recordings.Put(recording.index(), &value); err != nil {
		return fmt.Errorf("changing the filter of %q: %w", name, err)
	}
	return nil
}

// Reconsider has containers that run be adopted again whose recordings were
// deleted, when AdoptRunning is called or they make a call.
func (r *Recorder) Reconsider() error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.objects == nil {
		return ErrClosed
	}
	namespaces, err := r.namespaces()
	if err != nil {
		return err
	}
	for key, namespace := range namespaces {
		if namespace.Verdict != programsNamespaceVerdictNAMESPACE_IGNORED {
			continue
		}
		namespace.Verdict = programsNamespaceVerdictNAMESPACE_OLD
		if err := r.objects.Namespaces.Update(key, &namespace, ebpf.UpdateExist); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return fmt.Errorf("reconsidering a mount namespace: %w", err)
		}
	}
	return r.bumpGeneration()
}

// beginAdopting has the programs adopt from now on, if they do not already.
// What is there was running before, whichever of its tasks they meet first.
func (r *Recorder) beginAdopting() error {
	var adopting uint32
	var host uint64
	if err := errors.Join(r.objects.Adopting.Get(&adopting), r.objects.HostNamespace.Get(&host)); err != nil || adopting != 0 {
		return err
	}
	there, err := r.liveNamespaces()
	if err != nil {
		return err
	}
	delete(there, host)
	delete(there, 0) // of tasks that are ending
	for key := range there {
		err := r.objects.Namespaces.Update(key, &programsNamespace{Verdict: programsNamespaceVerdictNAMESPACE_OLD}, ebpf.UpdateNoExist)
		if err != nil && !errors.Is(err, ebpf.ErrKeyExist) {
			return fmt.Errorf("noting a mount namespace: %w", err)
		}
	}
	return r.objects.Adopting.Set(uint32(1))
}

// liveNamespaces returns the mount namespaces of all tasks.
func (r *Recorder) liveNamespaces() (map[uint64]bool, error) {
	output, err := runIterator(r.objects.ListNamespaces)
	if err != nil {
		return nil, fmt.Errorf("listing the tasks' mount namespaces: %w", err)
	}
	live := make(map[uint64]bool)
	for ; len(output) >= 8; output = output[8:] {
		live[binary.NativeEndian.Uint64(output)] = true
	}
	return live, nil
}

// takeStock takes all ready rings from the programs.
func (r *Recorder) takeStock() ([]uint32, error) {
	var ready []uint32
	for {
		var id uint32
		err := r.objects.Stock.LookupAndDelete(nil, &id)
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			return ready, nil
		}
		if err != nil {
			return ready, fmt.Errorf("taking a ready ring back: %w", err)
		}
		ready = append(ready, id)
	}
}

func (r *Recorder) putInStock(id uint32) error {
	if err := r.objects.Stock.Put(nil, id); err != nil {
		return fmt.Errorf("making a ring ready: %w", err)
	}
	return nil
}

// Stock makes rings ready for containers to come until there are count, or
// gives surplus ones back. It returns how many there are; fewer than count with
// an error, such as that memory is short.
func (r *Recorder) Stock(count int) (int, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.objects == nil {
		return 0, ErrClosed
	}
	if r.adoption == nil {
		return 0, fmt.Errorf("making rings ready: %w", ErrNoAdoption)
	}
	ready, err := r.ready()
	if err != nil {
		return 0, err
	}
	if ready < count {
		made, err := r.makeReady(count - ready)
		return ready + made, err
	}
	for ; ready > count; ready-- {
		var id uint32
		err := r.objects.Stock.LookupAndDelete(nil, &id)
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			break // they were adopted meanwhile
		}
		if err != nil {
			return ready, fmt.Errorf("taking a ready ring back: %w", err)
		}
		if err := r.free(r.slots[id&0xffff]); err != nil {
			return ready, err
		}
	}
	return ready, nil
}

// makeReady makes rings, all at the same time: for each the kernel waits until
// no program can be looking at what its slot had before (synchronize_rcu, some
// ten milliseconds), and it is the same wait for all.
func (r *Recorder) makeReady(count int) (made int, err error) {
	var free []int
	for index, recording := range r.slots {
		if recording == nil && len(free) < count {
			free = append(free, index)
		}
	}
	errs := make([]error, count)
	if len(free) < count {
		errs[len(free)] = fmt.Errorf("%w: %d at once is the most", ErrTooMany, len(r.slots))
	}
	var makers sync.WaitGroup
	for i, index := range free {
		makers.Go(func() { r.slots[index], errs[i] = r.createAt(uint32(index), *r.adoption) })
	}
	makers.Wait()
	for i, index := range free {
		recording := r.slots[index]
		if recording == nil {
			continue
		}
		recording.ready, recording.attached = true, true
		if err := r.putInStock(recording.id); err != nil {
			errs[i] = errors.Join(err, r.free(recording))
			continue
		}
		made++
	}
	if err := errors.Join(errs...); err != nil {
		return made, fmt.Errorf("making %d of %d rings ready: %w", made, count, err)
	}
	return made, nil
}

// Ready returns how many rings are ready for containers to come.
func (r *Recorder) Ready() (int, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.objects == nil {
		return 0, ErrClosed
	}
	return r.ready()
}

func (r *Recorder) ready() (int, error) {
	identities, err := r.identities()
	if err != nil {
		return 0, err
	}
	count := 0
	for index, recording := range r.slots {
		if recording != nil && recording.ready && identities[index].Generation == 0 {
			count++
		}
	}
	return count, nil
}

// AdoptRunning adopts containers that were running before, and those that were
// refused for want of a ready ring, as far as there are ready rings now. It
// returns how many mount namespaces are still without one: the caller calls
// Stock and tries again.
func (r *Recorder) AdoptRunning() (left int, err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.objects == nil {
		return 0, ErrClosed
	}
	if r.adoption == nil {
		return 0, fmt.Errorf("adopting what runs: %w", ErrNoAdoption)
	}
	// Twice: a container's process may come before the one outside of it that
	// tells it from a sandbox within another container.
	for range 2 {
		if _, err := runIterator(r.objects.AdoptRunning); err != nil {
			return 0, fmt.Errorf("adopting what runs: %w", err)
		}
	}
	if err := r.bumpGeneration(); err != nil {
		return 0, err
	}
	namespaces, err := r.namespaces()
	if err != nil {
		return 0, err
	}
	for _, namespace := range namespaces {
		if namespace.Verdict == programsNamespaceVerdictNAMESPACE_REFUSED {
			left++
		}
	}
	return left, nil
}

// namespaces returns the mount namespaces that the programs have seen.
func (r *Recorder) namespaces() (map[uint64]programsNamespace, error) {
	var key uint64
	var value programsNamespace
	all := make(map[uint64]programsNamespace)
	entries := r.objects.Namespaces.Iterate()
	for entries.Next(&key, &value) {
		all[key] = value
	}
	// The programs change the map meanwhile: an iteration that they made begin
	// again has seen all there was.
	if err := entries.Err(); err != nil && !errors.Is(err, ebpf.ErrIterationAborted) {
		return nil, fmt.Errorf("listing mount namespaces: %w", err)
	}
	return all, nil
}

// Refused returns for how many containers there was no ready ring, ever.
func (r *Recorder) Refused() (uint64, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.objects == nil {
		return 0, ErrClosed
	}
	var refused uint64
	if err := r.objects.Refusals.Get(&refused); err != nil {
		return 0, fmt.Errorf("reading how many containers were refused: %w", err)
	}
	return refused, nil
}

// Sweep forgets mount namespaces that are gone; adopted recordings of them
// stay. Without it the map of namespaces fills up: the caller calls it every
// minute or so.
func (r *Recorder) Sweep() error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.objects == nil {
		return ErrClosed
	}
	// In this order: a namespace that comes meanwhile is not among the seen.
	seen, err := r.namespaces()
	if err != nil {
		return err
	}
	live, err := r.liveNamespaces()
	if err != nil {
		return err
	}
	for key := range seen {
		if live[key] {
			continue
		}
		if err := r.objects.Namespaces.Delete(key); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return fmt.Errorf("forgetting a mount namespace: %w", err)
		}
	}
	return nil
}

// Wait returns when containers were adopted, came to their execve, ended or
// were refused since it returned last, or with the context's error. One
// goroutine at a time may wait. What happened is for [Recorder.List] to say;
// Wait may return for nothing.
func (r *Recorder) Wait(ctx context.Context) error {
	// Its error is that the reader is closed, which the read says too.
	stop := context.AfterFunc(ctx, func() { _ = r.news.Flush() })
	defer stop()
	var record ringbuf.Record
	err := r.news.ReadInto(&record)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ringbuf.ErrFlushed):
		return nil // for a context of an earlier call
	case errors.Is(err, os.ErrClosed):
		return ErrClosed
	case err != nil:
		return fmt.Errorf("waiting for the programs' news: %w", err)
	}
	// What else there is would only say the same.
	r.news.SetDeadline(time.Unix(1, 0))
	defer r.news.SetDeadline(time.Time{})
	for err == nil {
		err = r.news.ReadInto(&record)
	}
	return ctx.Err()
}

const adoptedPrefix = "adopted-"

func adoptedName(generation uint64) string {
	return adoptedPrefix + strconv.FormatUint(generation, 10)
}

// findAdopted returns the recording of that name if the programs adopted it;
// nil if there is none. The caller holds the lock.
func (r *Recorder) findAdopted(name string) (*recording, error) {
	text, found := strings.CutPrefix(name, adoptedPrefix)
	if !found {
		return nil, nil
	}
	generation, err := strconv.ParseUint(text, 10, 64)
	if err != nil || generation == 0 {
		return nil, nil //nolint:nilerr // it is no name of an adopted one
	}
	identities, err := r.identities()
	if err != nil {
		return nil, err
	}
	for index, recording := range r.slots {
		if recording != nil && recording.ready && identities[index].Generation == generation {
			return recording, nil
		}
	}
	return nil, nil
}

// abandon has the programs forget an adopted container: if it still runs, for
// good. Its ring is to be freed then.
func (r *Recorder) abandon(recording *recording) error {
	var identity programsIdentity
	if err := r.objects.Identities.Lookup(recording.index(), &identity); err != nil {
		return fmt.Errorf("looking up the container: %w", err)
	}
	var err error
	if identity.Tasks > 0 {
		err = r.objects.Namespaces.Put(identity.Namespace, &programsNamespace{Verdict: programsNamespaceVerdictNAMESPACE_IGNORED})
	} else if err = r.objects.Namespaces.Delete(identity.Namespace); errors.Is(err, ebpf.ErrKeyNotExist) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("forgetting its mount namespace: %w", err)
	}
	recording.attached = false
	return r.disown(recording.id)
}

// identities returns what the programs know of adopted containers, by index.
func (r *Recorder) identities() ([]programsIdentity, error) {
	count := int(r.objects.Identities.MaxEntries())
	keys, identities := make([]uint32, count), make([]programsIdentity, count)
	var cursor ebpf.MapBatchCursor
	// An array is read whole by one batch; the error says that it was the last.
	if n, err := r.objects.Identities.BatchLookup(&cursor, keys, identities, nil); n != count {
		return nil, fmt.Errorf("reading who was adopted: %d of %d: %w", n, count, err)
	}
	return identities, nil
}
