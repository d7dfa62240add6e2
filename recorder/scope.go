package recorder

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// Scope is a set of tasks, as the kernel can tell them apart. It is made by
// [MountNamespace], [Cgroup], [ProcessTree] or [Children].
type Scope interface {
	attach(r *Recorder, id uint32) error
	detach(r *Recorder, id uint32) error
}

// MountNamespace is all tasks of a mount namespace, told by its inode number
// (that of /proc/PID/ns/mnt). The kernel gives the number of a namespace that
// is gone to a new one: who must tell them apart keeps an identity beside it.
func MountNamespace(inode uint32) Scope { return mountNamespace(inode) }

// Cgroup is all tasks of a cgroup of version 2 and of the cgroups below it,
// told by its ID, which is the inode number of its directory.
func Cgroup(id uint64) Scope { return cgroup(id) }

// ProcessTree is a process with its threads and all its descendants, those that
// it has already, up to 512 generations, and those to come; processes that lose
// their parent stay in.
func ProcessTree(pid int) Scope { return processTree(pid) }

// Children is all children that a process will have, from their execve on, with
// their descendants, but not the process itself. The recorder's own children
// can so be recorded from their first instruction.
func Children(pid int) Scope { return children(pid) }

type (
	mountNamespace uint32
	cgroup         uint64
	processTree    int
	children       int
)

func (s mountNamespace) attach(r *Recorder, id uint32) error {
	return r.addMember(r.objects.MountNamespaces, r.objects.MountNamespaceCount, uint32(s), id)
}

func (s mountNamespace) detach(r *Recorder, id uint32) error {
	return r.removeMember(r.objects.MountNamespaces, r.objects.MountNamespaceCount, uint32(s), id)
}

func (s cgroup) attach(r *Recorder, id uint32) error {
	return r.addMember(r.objects.Cgroups, r.objects.CgroupCount, uint64(s), id)
}

func (s cgroup) detach(r *Recorder, id uint32) error {
	return r.removeMember(r.objects.Cgroups, r.objects.CgroupCount, uint64(s), id)
}

func (s children) attach(r *Recorder, id uint32) error {
	pid, err := r.processID(int(s))
	if err != nil {
		return err
	}
	return r.addMember(r.objects.Parents, r.objects.ParentCount, pid, id)
}

func (s children) detach(r *Recorder, id uint32) error {
	pid, err := r.processID(int(s))
	if err != nil {
		return err
	}
	// What its children remember of the recording is void with its ID.
	return errors.Join(
		r.removeMember(r.objects.Parents, r.objects.ParentCount, pid, id),
		r.disown(id))
}

func (s processTree) attach(r *Recorder, id uint32) error {
	pid, err := r.processID(int(s))
	if err != nil {
		return err
	}
	if err := r.objects.AskedPid.Set(pid); err != nil {
		return fmt.Errorf("telling the programs the process: %w", err)
	}
	// A task that is in passes its membership on at fork. Those that were
	// forked while the iterator passed by are found in another pass.
	for first := true; ; first = false {
		found, adopted, err := r.adopt(id)
		switch {
		case err != nil:
			return err
		case found == 0 && first:
			return fmt.Errorf("process %d: %w", int(s), ErrNoProcess)
		case adopted == 0 && first:
			return fmt.Errorf("process %d: %w: it is in as many as one task can be", int(s), ErrTooMany)
		case adopted == 0:
			return r.bumpGeneration()
		}
	}
}

// ErrNoProcess says that no process has the ID: the caller asked for one that
// ended or never was.
var ErrNoProcess = errors.New("no such process")

func (s processTree) detach(r *Recorder, id uint32) error { return r.disown(id) }

// adopt puts tasks into a recording. It returns how many descend from the
// process, and how many of them were not in the recording yet.
func (r *Recorder) adopt(id uint32) (found, adopted uint64, err error) {
	if err := errors.Join(r.objects.AskedId.Set(id), r.objects.Found.Set(uint64(0)), r.objects.Adopted.Set(uint64(0))); err != nil {
		return 0, 0, fmt.Errorf("telling the programs the recording: %w", err)
	}
	if _, err := runIterator(r.objects.AdoptTree); err != nil {
		return 0, 0, fmt.Errorf("finding the process's descendants: %w", err)
	}
	if err := errors.Join(r.objects.Found.Get(&found), r.objects.Adopted.Get(&adopted)); err != nil {
		return 0, 0, fmt.Errorf("counting the process's descendants: %w", err)
	}
	return found, adopted, nil
}

// disown makes every task forget a recording that it is in by descent: no ID
// of a recording is used twice, so it is enough that this one becomes unknown.
func (r *Recorder) disown(id uint32) error {
	if err := r.void(id); err != nil {
		return err
	}
	return r.bumpGeneration()
}

// void makes a recording's ID unknown to the programs, and leaves the rest of
// its options as it is: they may be writing by it.
func (r *Recorder) void(id uint32) error {
	index := id & 0xffff
	var value programsRecording
	if err := r.objects.Recordings.Lookup(index, &value); err != nil {
		return fmt.Errorf("looking up the recording's options: %w", err)
	}
	value.Id = 0
	if err := r.objects.Recordings.Put(index, &value); err != nil {
		return fmt.Errorf("voiding the recording: %w", err)
	}
	return nil
}

// addMember enters a recording under a key of a scope's map. The map's count
// tells the programs whether to look into it at all.
func (r *Recorder) addMember(scopes *ebpf.Map, count *ebpf.Variable, key any, id uint32) error {
	var members programsMembers
	err := scopes.Lookup(key, &members)
	if err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		return fmt.Errorf("looking up the scope %v: %w", key, err)
	}
	free := slices.Index(members.Ids[:], 0)
	if free < 0 {
		return fmt.Errorf("scope %v: %w: %d recordings of one scope are the most", key, ErrTooMany, len(members.Ids))
	}
	members.Ids[free] = id
	if err := scopes.Put(key, &members); err != nil {
		return fmt.Errorf("entering the scope %v: %w", key, err)
	}
	if err := change(count, 1); err != nil {
		return err
	}
	return r.bumpGeneration()
}

func (r *Recorder) removeMember(scopes *ebpf.Map, count *ebpf.Variable, key any, id uint32) error {
	var members programsMembers
	if err := scopes.Lookup(key, &members); err != nil {
		return fmt.Errorf("looking up the scope %v: %w", key, err)
	}
	for i := range members.Ids {
		if members.Ids[i] == id {
			members.Ids[i] = 0
		}
	}
	var err error
	if members == (programsMembers{}) {
		err = scopes.Delete(key)
	} else {
		err = scopes.Put(key, &members)
	}
	if err != nil {
		return fmt.Errorf("leaving the scope %v: %w", key, err)
	}
	if err := change(count, ^uint32(0)); err != nil {
		return err
	}
	return r.bumpGeneration()
}

// bumpGeneration has every task's memberships looked up anew at its next call.
func (r *Recorder) bumpGeneration() error { return change(r.objects.Generation, 1) }

// change adds to a variable of the programs, which none of them changes. The
// caller holds the lock.
func change(variable *ebpf.Variable, by uint32) error {
	var value uint32
	if err := variable.Get(&value); err != nil {
		return fmt.Errorf("reading a variable of the programs: %w", err)
	}
	if err := variable.Set(value + by); err != nil {
		return fmt.Errorf("setting a variable of the programs: %w", err)
	}
	return nil
}

// runIterator runs an iterator program over all tasks and returns its output.
func runIterator(program *ebpf.Program) ([]byte, error) {
	iterator, err := link.AttachIter(link.IterOptions{Program: program})
	if err != nil {
		return nil, fmt.Errorf("attaching %s: %w", program, err)
	}
	defer iterator.Close()
	reader, err := iterator.Open()
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", program, err)
	}
	defer reader.Close()
	output, err := io.ReadAll(reader)
	if err != nil {
		return nil, fmt.Errorf("running %s: %w", program, err)
	}
	return output, nil
}
