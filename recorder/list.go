package recorder

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf"

	"traceloop/ring"
)

// The names of scopes, by the number that they are kept with.
var scopeNames = []string{"", "mount namespace", "cgroup", "process", "children"}

const (
	scopeMountNamespace = iota + 1
	scopeCgroup
	scopeProcessTree
	scopeChildren
)

// keyOf returns a scope as it is kept in the kernel.
func keyOf(scope Scope) (kind uint32, key uint64) {
	switch s := scope.(type) {
	case mountNamespace:
		return scopeMountNamespace, uint64(s)
	case cgroup:
		return scopeCgroup, uint64(s)
	case processTree:
		return scopeProcessTree, uint64(s)
	case children:
		return scopeChildren, uint64(s)
	}
	return 0, 0
}

// scopeOf is keyOf's opposite; nil if there is no such scope.
func scopeOf(kind uint32, key uint64) Scope {
	switch kind {
	case scopeMountNamespace:
		return mountNamespace(key)
	case scopeCgroup:
		return cgroup(key)
	case scopeProcessTree:
		return processTree(key)
	case scopeChildren:
		return children(key)
	}
	return nil
}

// noteAttached keeps what is to be known of a recording by name when this
// process is gone.
func (r *Recorder) noteAttached(recording *recording) error {
	var value programsAttachment
	if len(recording.name) > len(value.Name) {
		return fmt.Errorf("the name has %d bytes: want at most %d", len(recording.name), len(value.Name))
	}
	now, err := bootTime()
	if err != nil {
		return err
	}
	value.Id, value.Began = recording.id, now
	value.Scope, value.Key = keyOf(recording.scope)
	value.NameLength = uint32(len(recording.name))
	for i := range len(recording.name) {
		value.Name[i] = int8(recording.name[i])
	}
	if err := r.objects.Attachments.Put(recording.index(), &value); err != nil {
		return fmt.Errorf("keeping its name: %w", err)
	}
	return nil
}

func (r *Recorder) noteDetached(recording *recording) error {
	if recording.ready {
		return nil
	}
	var value programsAttachment
	if err := r.objects.Attachments.Lookup(recording.index(), &value); err != nil {
		return fmt.Errorf("looking up its name: %w", err)
	}
	now, err := bootTime()
	if err != nil {
		return err
	}
	value.Ended = now
	if err := r.objects.Attachments.Put(recording.index(), &value); err != nil {
		return fmt.Errorf("keeping that it was detached: %w", err)
	}
	return nil
}

// List returns what is known of all recordings, the oldest first. Rings that
// are ready for containers to come are not among them.
func (r *Recorder) List() ([]Info, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.objects == nil {
		return nil, ErrClosed
	}
	identities, err := r.identities()
	if err != nil {
		return nil, err
	}
	var all []Info
	for index, recording := range r.slots {
		if recording == nil || recording.ready && identities[index].Generation == 0 {
			continue
		}
		info, err := r.info(recording, &identities[index])
		if err != nil {
			return nil, err
		}
		all = append(all, info)
	}
	slices.SortStableFunc(all, func(a, b Info) int { return cmp.Compare(a.Began, b.Began) })
	return all, nil
}

// Stat returns what is known of one recording.
func (r *Recorder) Stat(name string) (Info, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	recording, err := r.find(name)
	if err != nil {
		return Info{}, err
	}
	var identity programsIdentity
	if err := r.objects.Identities.Lookup(recording.index(), &identity); err != nil {
		return Info{}, fmt.Errorf("looking up %q: %w", name, err)
	}
	return r.info(recording, &identity)
}

func (r *Recorder) info(recording *recording, identity *programsIdentity) (Info, error) {
	totals := ring.Total(recording.memory, r.cpus)
	info := Info{
		Name: recording.name, Attached: recording.attached, Tasks: -1,
		RingSize: len(recording.memory), Calls: totals.Calls, Overwritten: totals.Overwritten,
		Filtered: totals.Filtered, Lost: totals.Lost,
	}
	var err error
	if info.Note, err = r.note(recording.id); err != nil {
		return Info{}, err
	}
	if recording.ready {
		info.fromIdentity(identity)
		return info, nil
	}
	var attachment programsAttachment
	if err := r.objects.Attachments.Lookup(recording.index(), &attachment); err != nil {
		return Info{}, fmt.Errorf("looking up %q: %w", recording.name, err)
	}
	info.Began, info.Ended = attachment.Began, attachment.Ended
	kind, key := keyOf(recording.scope)
	info.Scope = scopeNames[kind]
	switch kind {
	case scopeMountNamespace:
		info.MountNamespace = uint32(key)
	case scopeCgroup:
		info.CgroupID = key
	case scopeProcessTree, scopeChildren:
		info.PID = uint32(key)
		info.Tasks = int(ring.Tasks(recording.memory))
	}
	return info, nil
}

func (i *Info) fromIdentity(identity *programsIdentity) {
	i.Name = adoptedName(identity.Generation)
	i.Adopted = true
	i.Scope = scopeNames[scopeMountNamespace]
	i.Late = identity.Flags&programsIdentityFlagIDENTITY_LATE != 0
	i.OwnPIDs = identity.Flags&programsIdentityFlagIDENTITY_OWN_PIDS != 0
	i.MountNamespace, i.NamespaceID = identity.Inode, identity.Namespace
	i.CgroupID = identity.Cgroup
	i.CgroupNames = namesOf(identity)
	i.PID = identity.Pid
	i.Tasks = int(int32(identity.Tasks))
	i.Began, i.Executed, i.Ended = identity.Began, identity.Executed, identity.Ended
	i.Exited = identity.Flags&programsIdentityFlagIDENTITY_EXITED != 0
	i.Status = identity.Status
	i.OOMKills = identity.OomKills
}

// namesOf returns the names of a container's cgroup, the last one first.
func namesOf(identity *programsIdentity) []string {
	text := make([]byte, 0, len(identity.Names))
	for _, c := range identity.Names[:min(int(identity.NamesLength), len(identity.Names))] {
		text = append(text, byte(c))
	}
	if len(text) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
}

// SetNote keeps a text with a recording, at most [MaximumNote] bytes: it is
// there as long as the recording, for whichever process takes it up.
func (r *Recorder) SetNote(name string, text []byte) error {
	if len(text) > MaximumNote {
		return fmt.Errorf("noting on %q: %d bytes: want at most %d", name, len(text), MaximumNote)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	recording, err := r.find(name)
	if err != nil {
		return fmt.Errorf("noting: %w", err)
	}
	value := programsNote{Length: uint32(len(text))}
	for i, c := range text {
		value.Text[i] = int8(c)
	}
	if err := r.objects.Notes.Put(recording.id, &value); err != nil {
		return fmt.Errorf("noting on %q: %w", name, err)
	}
	return nil
}

func (r *Recorder) note(id uint32) ([]byte, error) {
	var value programsNote
	err := r.objects.Notes.Lookup(id, &value)
	if errors.Is(err, ebpf.ErrKeyNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking up a recording's note: %w", err)
	}
	return value.bytes(), nil
}

func (n *programsNote) bytes() []byte {
	text := make([]byte, min(int(n.Length), len(n.Text)))
	for i := range text {
		text[i] = byte(n.Text[i])
	}
	return text
}

func (r *Recorder) deleteNote(id uint32) error {
	if err := r.objects.Notes.Delete(id); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		return fmt.Errorf("deleting a recording's note: %w", err)
	}
	return nil
}
