package recorder

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"traceloop/ring"
)

// What a directory of pins has:
//
//	map-NAME, program-NAME, link-NAME   the programs and what they share
//	ring-INDEX                          the recordings' rings
//	build-HASH                          which programs these are; it is pinned last
//
// A directory without the last is of a process that died before it was done.
const (
	mapPrefix     = "map-"
	programPrefix = "program-"
	linkPrefix    = "link-"
	ringPrefix    = "ring-"
	buildPrefix   = "build-"
)

// LayoutError says that what is pinned in the directory is of another build of
// the programs, whose data this one may not understand: the caller reads the
// recordings out by [Salvage], ends it by [Unpin] and opens the directory anew.
type LayoutError struct {
	Directory, Pinned, Wanted string
}

func (e *LayoutError) Error() string {
	return fmt.Sprintf("the programs in %s are of build %s, and this is build %s", e.Directory, e.Pinned, e.Wanted)
}

// Open loads the programs, or takes up those that an earlier process left in
// the directory with all their recordings. The directory is in a file system
// of type bpf and is made if it does not exist; what is in it goes on recording
// when the process is gone, until [Unpin]. One process at a time may have it
// open: the caller sees to that. Errors: [*LayoutError], and those of [New].
func Open(directory string) (*Recorder, error) {
	if err := checkFileSystem(directory); err != nil {
		return nil, err
	}
	// The kernel says so of new programs, but not of what is taken up.
	if missing := missingCapabilities(); len(missing) > 0 {
		return nil, &PrivilegeError{Missing: missing, Cause: unix.EPERM}
	}
	r, spec, err := prepare()
	if err != nil {
		return nil, err
	}
	wanted, err := buildOf(spec)
	if err != nil {
		return nil, err
	}
	pinned, err := pinnedBuild(directory)
	switch {
	case err != nil:
		return nil, err
	case pinned == "":
		if err := Unpin(directory); err != nil {
			return nil, err
		}
	case pinned != wanted:
		return nil, &LayoutError{Directory: directory, Pinned: pinned, Wanted: wanted}
	}
	r.directory = directory
	if pinned == "" {
		err = r.loadAndPin(spec, wanted)
	} else {
		err = r.takeUp(spec)
	}
	if err == nil {
		return r, nil
	}
	errs := []error{err, r.Close()}
	if pinned == "" {
		errs = append(errs, Unpin(directory))
	}
	return nil, errors.Join(errs...)
}

func checkFileSystem(directory string) error {
	var info unix.Statfs_t
	parent := filepath.Dir(directory)
	if err := unix.Statfs(parent, &info); err != nil {
		return fmt.Errorf("looking at the file system of %s: %w", parent, err)
	}
	if uint32(info.Type) != unix.BPF_FS_MAGIC {
		return fmt.Errorf("%s is no file system of type bpf, in which the recorder could leave its objects: mount -t bpf bpf %s", parent, parent)
	}
	return nil
}

// buildVersion tells builds apart whose programs and tables are the same; for tests.
var buildVersion string

// buildOf names the programs and the tables that they are given.
func buildOf(spec *ebpf.CollectionSpec) (string, error) {
	hash := sha256.New()
	hash.Write(_ProgramsBytes)
	hash.Write([]byte(buildVersion))
	table, err := encodeCalls(spec.Maps["calls"].MaxEntries)
	if err != nil {
		return "", err
	}
	for _, part := range []any{table.rows, table.variantKeys, table.variantRows} {
		if err := binary.Write(hash, binary.LittleEndian, part); err != nil {
			return "", fmt.Errorf("summing up the table of system calls: %w", err)
		}
	}
	return hex.EncodeToString(hash.Sum(nil)[:8]), nil
}

// pinnedBuild returns which programs are pinned in a directory; "" if none are.
func pinnedBuild(directory string) (string, error) {
	entries, err := os.ReadDir(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("looking for what an earlier recorder left: %w", err)
	}
	for _, entry := range entries {
		if build, found := strings.CutPrefix(entry.Name(), buildPrefix); found {
			return build, nil
		}
	}
	return "", nil
}

// loadAndPin is for a directory without pins.
func (r *Recorder) loadAndPin(spec *ebpf.CollectionSpec, build string) error {
	if err := os.MkdirAll(r.directory, 0o700); err != nil {
		return fmt.Errorf("making the directory of pins: %w", err)
	}
	if err := r.load(spec); err != nil {
		return err
	}
	for _, maps := range []any{&r.objects.programsMaps, &r.objects.variableMaps} {
		for name, value := range objectsOf(maps) {
			// The file system allows no dot in a name.
			if err := value.(*ebpf.Map).Pin(r.pin(mapPrefix, strings.TrimPrefix(name, "."))); err != nil {
				return fmt.Errorf("pinning map %s: %w", name, err)
			}
		}
	}
	for name, value := range objectsOf(&r.objects.programsPrograms) {
		if err := value.(*ebpf.Program).Pin(r.pin(programPrefix, name)); err != nil {
			return fmt.Errorf("pinning program %s: %w", name, err)
		}
	}
	for i, attached := range r.links {
		if err := attached.Pin(r.pin(linkPrefix, strconv.Itoa(i))); err != nil {
			return fmt.Errorf("pinning link %d: %w", i, err)
		}
	}
	// Any object does. A copy: pinning one a second time would move its first pin.
	named, err := r.objects.Identities.Clone()
	if err != nil {
		return fmt.Errorf("pinning the build's name: %w", err)
	}
	defer named.Close()
	if err := named.Pin(r.pin(buildPrefix, build)); err != nil {
		return fmt.Errorf("pinning the build's name: %w", err)
	}
	return nil
}

func (r *Recorder) pin(prefix, name string) string { return filepath.Join(r.directory, prefix+name) }

// objectsOf yields the members of one of the generated structs by their names
// in the programs.
func objectsOf(objects any) func(yield func(string, any) bool) {
	return func(yield func(string, any) bool) {
		value := reflect.ValueOf(objects).Elem()
		for i := range value.NumField() {
			if !yield(value.Type().Field(i).Tag.Get("ebpf"), value.Field(i).Interface()) {
				return
			}
		}
	}
}

// takeUp is for a directory with pins of this very build.
func (r *Recorder) takeUp(spec *ebpf.CollectionSpec) error {
	prepareCalls(spec)
	maps := make(map[string]*ebpf.Map)
	defer func() {
		for _, pinned := range maps {
			// A copy of each is in use.
			_ = pinned.Close()
		}
	}()
	for name := range spec.Maps {
		pinned, err := ebpf.LoadPinnedMap(r.pin(mapPrefix, strings.TrimPrefix(name, ".")), nil)
		if errors.Is(err, fs.ErrNotExist) {
			continue // nothing that the programs use
		}
		if err != nil {
			return explain(fmt.Errorf("taking up map %s: %w", name, err))
		}
		maps[name] = pinned
	}
	// Maps and variables alone: the programs are there.
	var data struct {
		programsMaps
		programsVariables
		variableMaps
	}
	if err := spec.LoadAndAssign(&data, &ebpf.CollectionOptions{MapReplacements: maps}); err != nil {
		return explain(fmt.Errorf("taking up the programs' maps: %w", err))
	}
	r.objects.programsMaps, r.objects.programsVariables, r.objects.variableMaps = data.programsMaps, data.programsVariables, data.variableMaps
	programs := reflect.ValueOf(&r.objects.programsPrograms).Elem()
	for i := range programs.NumField() {
		name := programs.Type().Field(i).Tag.Get("ebpf")
		program, err := ebpf.LoadPinnedProgram(r.pin(programPrefix, name), nil)
		if err != nil {
			return explain(fmt.Errorf("taking up program %s: %w", name, err))
		}
		programs.Field(i).Set(reflect.ValueOf(program))
	}
	if err := r.begin(); err != nil {
		return err
	}
	return r.takeUpRecordings()
}

// takeUpRecordings finds the recordings that an earlier process left. What it
// was in the middle of making or freeing when it died is freed.
func (r *Recorder) takeUpRecordings() error {
	identities, err := r.identities()
	if err != nil {
		return err
	}
	for index := range r.slots {
		if err := r.takeUpRecording(uint32(index), &identities[index]); err != nil {
			return fmt.Errorf("taking up recording %d: %w", index, err)
		}
	}
	// Rings that are neither in stock nor adopted were on their way into it.
	stock, err := r.takeStock()
	if err != nil {
		return err
	}
	known := make(map[uint32]bool)
	for _, id := range stock {
		known[id] = true
	}
	if identities, err = r.identities(); err != nil {
		return err
	}
	for index, recording := range r.slots {
		if recording != nil && recording.ready && identities[index].Generation == 0 && !known[recording.id] {
			stock = append(stock, recording.id)
		}
	}
	for _, id := range stock {
		if err := r.putInStock(id); err != nil {
			return err
		}
	}
	return nil
}

func (r *Recorder) takeUpRecording(index uint32, identity *programsIdentity) error {
	pinned, err := ebpf.LoadPinnedMap(r.pin(ringPrefix, strconv.Itoa(int(index))), nil)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer pinned.Close()
	memory, err := unix.Mmap(pinned.FD(), 0, int(pinned.MaxEntries())*ring.ChunkSize, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("mapping its ring: %w", err)
	}
	var options programsRecording
	var attachment programsAttachment
	if err := errors.Join(
		r.objects.Recordings.Lookup(index, &options),
		r.objects.Attachments.Lookup(index, &attachment),
	); err != nil {
		return errors.Join(err, unix.Munmap(memory))
	}
	recording := &recording{id: options.Id, memory: memory, attached: true}
	r.slots[index] = recording
	switch {
	case attachment.Id != 0:
		recording.id = attachment.Id
		recording.name = attachment.name()
		recording.attached = attachment.Ended == 0 && options.Id != 0
		recording.scope = scopeOf(attachment.Scope, attachment.Key)
	case identity.Generation != 0:
		recording.id = identity.Id
		recording.ready = true
	default:
		recording.ready = true
	}
	if recording.id == 0 || recording.ready && recording.id != options.Id || !recording.ready && recording.scope == nil {
		recording.id = index | options.Incarnation<<16
		return r.free(recording)
	}
	if !recording.ready {
		r.recordings[recording.name] = recording
	}
	return nil
}

func (a *programsAttachment) name() string {
	text := make([]byte, min(int(a.NameLength), len(a.Name)))
	for i := range text {
		text[i] = byte(a.Name[i])
	}
	return string(text)
}

func (r *Recorder) pinRing(index uint32, ringMap *ebpf.Map) error {
	if r.directory == "" {
		return nil
	}
	if err := ringMap.Pin(r.pin(ringPrefix, strconv.Itoa(int(index)))); err != nil {
		return fmt.Errorf("pinning a ring: %w", err)
	}
	return nil
}

func (r *Recorder) unpinRing(index uint32) error {
	if r.directory == "" {
		return nil
	}
	if err := os.Remove(r.pin(ringPrefix, strconv.Itoa(int(index)))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("unpinning a ring: %w", err)
	}
	return nil
}

// Unpin ends what a recorder that [Open] returned left in a directory, its
// recordings too, and removes the directory. That there is none is no error.
func Unpin(directory string) error {
	entries, err := os.ReadDir(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("unpinning: %w", err)
	}
	// First the name: what is left if this is interrupted is nobody's.
	var errs []error
	for _, first := range []bool{true, false} {
		for _, entry := range entries {
			if strings.HasPrefix(entry.Name(), buildPrefix) == first {
				errs = append(errs, os.Remove(filepath.Join(directory, entry.Name())))
			}
		}
	}
	errs = append(errs, os.Remove(directory))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("unpinning: %w", err)
	}
	return nil
}

// Salvage reads the recordings that any build of the programs left in a
// directory and gives them to f, as far as they can be read: calls that are
// going on are not among what they hold, and a recording made by a newer
// program may lack what this one does not know. It stops at f's first error.
// Recordings that cannot be read it leaves out, and returns their errors
// together when it has gone through the others.
func Salvage(directory string, f func(Info, *ring.Snapshot) error) error {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return fmt.Errorf("looking for what an earlier recorder left: %w", err)
	}
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return fmt.Errorf("counting the possible CPUs: %w", err)
	}
	old := &leftovers{cpus: cpus}
	defer old.close()
	for name, target := range map[string]**ebpf.Map{
		"identities": &old.identities, "attachments": &old.attachments, "notes": &old.notes,
	} {
		if *target, err = ebpf.LoadPinnedMap(filepath.Join(directory, mapPrefix+name), nil); err != nil {
			return explain(fmt.Errorf("reading what an earlier recorder left: map %s: %w", name, err))
		}
	}
	var errs []error
	for _, entry := range entries {
		text, found := strings.CutPrefix(entry.Name(), ringPrefix)
		index, err := strconv.ParseUint(text, 10, 16)
		if !found || err != nil {
			continue
		}
		info, snapshot, err := old.read(filepath.Join(directory, entry.Name()), uint32(index))
		if err != nil {
			errs = append(errs, fmt.Errorf("reading recording %d that an earlier recorder left: %w", index, err))
			continue
		}
		if snapshot == nil {
			continue
		}
		if err := f(info, snapshot); err != nil {
			return errors.Join(append(errs, err)...)
		}
	}
	return errors.Join(errs...)
}

// leftovers is the maps of another build. Their values only ever grow at the end.
type leftovers struct {
	cpus                           int
	identities, attachments, notes *ebpf.Map
}

func (l *leftovers) close() {
	for _, pinned := range []*ebpf.Map{l.identities, l.attachments, l.notes} {
		if pinned != nil {
			// Nothing was written.
			_ = pinned.Close()
		}
	}
}

// lookup reads a value of a map as far as both builds have it.
func lookup[T any](from *ebpf.Map, key uint32, value *T) error {
	data, err := from.LookupBytes(key)
	if err != nil || data == nil {
		return err
	}
	whole := make([]byte, binary.Size(value))
	copy(whole, data)
	_, err = binary.Decode(whole, binary.NativeEndian, value)
	return err
}

// read reads one recording; the snapshot is nil if its ring was only ready.
func (l *leftovers) read(path string, index uint32) (Info, *ring.Snapshot, error) {
	var identity programsIdentity
	var attachment programsAttachment
	var note programsNote
	if err := errors.Join(lookup(l.identities, index, &identity), lookup(l.attachments, index, &attachment)); err != nil {
		return Info{}, nil, err
	}
	id := attachment.Id
	if id == 0 {
		id = identity.Id
	}
	if attachment.Id == 0 && identity.Generation == 0 {
		return Info{}, nil, nil
	}
	if err := lookup(l.notes, id, &note); err != nil {
		return Info{}, nil, err
	}
	pinned, err := ebpf.LoadPinnedMap(path, nil)
	if err != nil {
		return Info{}, nil, err
	}
	defer pinned.Close()
	size := int(pinned.MaxEntries()) * int(pinned.ValueSize())
	memory, err := unix.Mmap(pinned.FD(), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return Info{}, nil, fmt.Errorf("mapping its ring: %w", err)
	}
	info := Info{Tasks: -1, RingSize: size, Note: note.bytes()}
	if attachment.Id != 0 {
		info.Name, info.Began, info.Ended = attachment.name(), attachment.Began, attachment.Ended
		if int(attachment.Scope) < len(scopeNames) {
			info.Scope = scopeNames[attachment.Scope]
		}
	} else {
		info.fromIdentity(&identity)
	}
	taken, err := bootTime()
	if err != nil {
		return Info{}, nil, errors.Join(err, unix.Munmap(memory))
	}
	snapshot, err := ring.Copy(memory, l.cpus, taken)
	if err == nil {
		totals := ring.Total(memory, l.cpus)
		info.Calls, info.Overwritten, info.Filtered, info.Lost = totals.Calls, totals.Overwritten, totals.Filtered, totals.Lost
	}
	return info, snapshot, errors.Join(err, unix.Munmap(memory))
}
