package agent

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"traceloop/internal/containers"
	"traceloop/recorder"
	"traceloop/recording"
	"traceloop/syscalls"
)

// entry is a recording that has a ring.
type entry struct {
	info recorder.Info
	seen time.Time // first

	// note is what the agent knows of the recording itself, and wants kept when
	// it is gone; noted is what was put down last.
	note, noted note

	// excluded: it is to give its ring back, for it is none that is wanted.
	excluded bool
	// announced is the ID under which the registry was told of a container that
	// no runtime knows; empty: it was not.
	announced string

	// open: whether some claim has it is not known yet.
	open bool
	// calls is which ones were last said to be recorded for the claims there are,
	// if filtered.
	calls    *syscalls.Filter
	filtered bool
}

// note is what outlives the agent, as JSON, with the kernel side's recording.
type note struct {
	// ID is the container's or, of one without, the recorder's own name for the
	// recording; with Generation it tells the recording from all others. Empty
	// until it is known which container it will be.
	ID         string `json:"id,omitempty"`
	Generation uint32 `json:"generation,omitempty"`
	// Container is what a runtime said; nil: no runtime knows it.
	Container *containers.Container `json:"container,omitempty"`
	// Clock is from when the recording was first seen.
	Clock recording.ClockPair `json:"clock,omitzero"`
	// Cgroup is the path that was attached.
	Cgroup string `json:"cgroup,omitempty"`
	// PID is the process that was attached.
	PID uint32 `json:"pid,omitempty"`
	// Ended is when a recording that was attached was seen to have ended, boot
	// time in ns: the kernel side does not say it of a process tree.
	Ended uint64 `json:"ended,omitempty"`
	// Claims says which claims have the recording.
	Claims *verdicts `json:"claims,omitempty"`
}

const (
	longestID     = 256
	longestString = 512 // of a container's other strings
)

// encode makes a note that the recorder takes: what is too long is cut, labels first.
func (n note) encode() ([]byte, error) {
	if n.Container != nil {
		container := *n.Container
		for _, s := range []*string{&container.Name, &container.RuntimeNamespace, &container.Image, &container.Namespace,
			&container.Pod, &container.PodUID, &container.ContainerName, &container.Runtime, &container.ID} {
			*s = bound(*s, longestString)
		}
		n.Container = &container
	}
	n.Cgroup = bound(n.Cgroup, 2*longestString)
	for {
		data, err := json.Marshal(n)
		if err != nil || len(data) <= recorder.MaximumNote || n.Container == nil || len(n.Container.Labels) == 0 {
			return data, err
		}
		if n.Container.Labels, err = withoutLongest(n.Container.Labels, len(data)-recorder.MaximumNote); err != nil {
			return nil, err
		}
	}
}

// withoutLongest leaves out the longest labels, of so many bytes of JSON at the
// least.
func withoutLongest(labels map[string]string, bytes int) (map[string]string, error) {
	type label struct {
		name   string
		length int // as JSON
	}
	var all []label
	for name, value := range labels {
		data, err := json.Marshal([]string{name, value})
		if err != nil {
			return nil, err
		}
		all = append(all, label{name, len(data)})
	}
	slices.SortFunc(all, func(a, b label) int {
		return cmp.Or(cmp.Compare(a.length, b.length), strings.Compare(a.name, b.name))
	})
	for len(all) > 0 && bytes > 0 {
		bytes -= all[len(all)-1].length
		all = all[:len(all)-1]
	}
	kept := make(map[string]string, len(all))
	for _, l := range all {
		kept[l.name] = labels[l.name]
	}
	return kept, nil
}

// decodeNote reads a note. One that makes no sense, such as another program's,
// is as good as none.
func decodeNote(data []byte) note {
	var n note
	if len(data) == 0 || json.Unmarshal(data, &n) != nil {
		return note{}
	}
	n.ID = bound(n.ID, longestID)
	return n
}

// running says that a recording's tasks run, or may.
func running(info *recorder.Info) bool {
	switch {
	case !info.Attached:
		return false
	case info.Tasks == 0:
		// A container that was adopted just now may have no task counted yet.
		return info.Adopted && info.Ended == 0
	default:
		return true
	}
}

// ended is when a recording ended, boot time in ns; 0: it has not, or that is
// not known.
func (e *entry) ended() uint64 {
	if running(&e.info) {
		return 0
	}
	if e.info.Ended != 0 {
		return e.info.Ended
	}
	return e.note.Ended
}

// settled says that the recording's cgroup and first process are the
// container's own and no longer its runtime's.
func (e *entry) settled() bool {
	return e.info.Executed != 0 || e.info.Late || !running(&e.info)
}

// named says that it is known which container it is.
func (e *entry) named() bool { return e.note.ID != "" }

// runtimeKnows says that a runtime knows the container.
func (e *entry) runtimeKnows() bool { return e.note.Container != nil }

// base is the ID without the generation.
func (e *entry) base() string {
	if e.named() {
		return e.note.ID
	}
	return e.info.Name
}

// container is what there is to say of the entry's container: what a runtime
// said or else what its cgroup is called.
func (e *entry) container() containers.Container {
	if e.note.Container != nil {
		return *e.note.Container
	}
	c := containers.Container{ID: e.base(), Name: e.base(), PID: int(e.info.PID)}
	if e.info.Adopted {
		if name := cgroupName(e.info.CgroupNames); name != "" {
			c.Name = name
		}
	}
	return c
}
