package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"

	"traceloop/recorder"
)

// manyRecordings are enough that what each of them takes shows.
const manyRecordings = 100

// manyRingSize is one that no other program's maps will have by chance.
const manyRingSize = recorder.DefaultRingSize + 3*4096

// measureMemory measures what recordings take of the kernel.
func measureMemory(b *benchmark) error {
	withoutRecorder, err := holdings()
	if err != nil {
		return err
	}
	r := &round{}
	defer r.unload()
	loaded, err := r.recorder()
	if err != nil {
		return err
	}
	before, err := holdings()
	if err != nil {
		return err
	}
	for i := range manyRecordings {
		// Nobody is in these mount namespaces: their numbers are far greater.
		if err := loaded.Attach(fmt.Sprint(i), recorder.MountNamespace(uint32(i+1)), defaults(manyRingSize)); err != nil {
			return err
		}
	}
	after, err := holdings()
	if err != nil {
		return err
	}
	charged, maps, err := ringMaps()
	if err != nil {
		return err
	}
	if maps != manyRecordings {
		return fmt.Errorf("the kernel has %d rings of %d bytes, not %d", maps, manyRingSize, manyRecordings)
	}

	t := table{
		title:   "Memory",
		columns: []string{"", "descriptors", "perf events among them", "bytes of kernel memory"},
		texts:   1,
	}
	row := func(name string, h held, bytes uint64) {
		t.add(name, count(float64(h.descriptors)), count(float64(h.perfEvents)), count(float64(bytes)))
	}
	row("no recorder", withoutRecorder, withoutRecorder.charged)
	row("recorder, no recording", before, before.charged)
	row(fmt.Sprintf("recorder, %d recordings", manyRecordings), after, after.charged+charged)
	each := float64(charged) / manyRecordings
	t.notef("Of the rings no descriptor is left open. Each recording has a `--ring-size` of %s bytes and takes %s: %.4f of it.",
		count(manyRingSize), count(each), each/manyRingSize)
	b.report.tables = append(b.report.tables, t)
	b.report.atMost("memory of a recording, against its `--ring-size`", "1.01", 1.01, each/manyRingSize, fmt.Sprintf("%.4f", each/manyRingSize))
	more := float64(after.descriptors-before.descriptors) / manyRecordings
	b.report.atMost("descriptors of a recording, perf events among them", "0", 0, more, fmt.Sprint(more))
	return nil
}

// held is what this process has open.
type held struct {
	descriptors, perfEvents int
	charged                 uint64 // bytes, for maps and programs with a descriptor
}

func holdings() (held, error) {
	const directory = "/proc/self/fd"
	entries, err := os.ReadDir(directory)
	if err != nil {
		return held{}, fmt.Errorf("counting the descriptors: %w", err)
	}
	var h held
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join(directory, entry.Name()))
		if err != nil {
			continue // the directory's own
		}
		h.descriptors++
		if strings.Contains(target, "perf_event") {
			h.perfEvents++
		}
		h.charged += chargedFor(entry.Name())
	}
	return h, nil
}

// chargedFor returns what the kernel charges for what is behind a descriptor,
// if that is a BPF map or program.
func chargedFor(descriptor string) uint64 {
	information, err := os.ReadFile(filepath.Join("/proc/self/fdinfo", descriptor))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(information)) {
		if value, found := strings.CutPrefix(line, "memlock:"); found {
			bytes, _ := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
			return bytes
		}
	}
	return 0
}

// ringMaps returns what the kernel charges for the rings of manyRecordings, and
// how many there are.
func ringMaps() (bytes uint64, found int, err error) {
	var id ebpf.MapID
	for {
		if id, err = ebpf.MapGetNextID(id); errors.Is(err, os.ErrNotExist) {
			return bytes, found, nil
		} else if err != nil {
			return 0, 0, fmt.Errorf("finding the rings: %w", err)
		}
		charged, ring, err := ringMap(id)
		if err != nil {
			return 0, 0, fmt.Errorf("looking at map %d: %w", id, err)
		}
		if ring {
			bytes += charged
			found++
		}
	}
}

// ringMap says whether a map is a ring of manyRecordings, and what is charged for it.
func ringMap(id ebpf.MapID) (charged uint64, ring bool, err error) {
	m, err := ebpf.NewMapFromID(id)
	if errors.Is(err, os.ErrNotExist) {
		return 0, false, nil // ended in the meantime
	}
	if err != nil {
		return 0, false, err
	}
	defer m.Close()
	if m.Type() != ebpf.Array || m.MaxEntries()*m.ValueSize() != manyRingSize {
		return 0, false, nil
	}
	info, err := m.Info()
	if err != nil {
		return 0, false, err
	}
	charged, known := info.Memlock()
	if !known {
		return 0, false, errors.New("the kernel does not say what it takes")
	}
	return charged, true, nil
}
