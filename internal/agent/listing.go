package agent

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/internal/containers"
	"traceloop/recording"
	"traceloop/ring"
)

// listed is a recording as the API has it, and what is needed to find it.
type listed struct {
	message    *traceloopv1.Recording
	container  containers.Container
	base       string // the ID without the generation
	generation uint32 // 0: not known yet
	ring       string // the recorder's name of it; empty: it is in a file
	file       string // its name
	adopted    bool
	ringSize   uint64 // bytes
	clock      recording.Clock
}

// running says that its tasks run, or may.
func (l *listed) running() bool {
	return l.message.State == traceloopv1.State_STATE_RECORDING
}

// exact is the ID that always means this recording.
func (l *listed) exact() string {
	if l.generation == 0 {
		return l.base
	}
	return l.base + "." + strconv.FormatUint(uint64(l.generation), 10)
}

// list is all recordings there are, as the recorder has them now, oldest first.
func (a *Agent) list() ([]*listed, error) {
	a.mutex.Lock()
	if err := a.refresh(); err != nil {
		a.mutex.Unlock()
		return nil, err
	}
	all := make([]*listed, 0, len(a.entries))
	type recordingKey struct {
		base       string
		generation uint32
	}
	live := make(map[recordingKey]bool, len(a.entries))
	for _, e := range a.entries {
		if !e.excluded && (!a.config.Claims || !e.info.Adopted || a.isClaimed(e)) {
			all = append(all, a.describe(e))
			live[recordingKey{e.base(), e.note.Generation}] = true
		}
	}
	a.mutex.Unlock()
	for _, file := range a.store.list() {
		// One that was just saved may have its ring still.
		if !live[recordingKey{file.base(), file.head.Container.Generation}] {
			all = append(all, describeFile(&file))
		}
	}
	slices.SortStableFunc(all, func(a, b *listed) int {
		return a.message.Started.AsTime().Compare(b.message.Started.AsTime())
	})
	setIDs(all)
	for _, l := range all {
		maskMessage(l.message, a.config.Redact)
	}
	return all, nil
}

// maskMessage masks what must not be shown.
func maskMessage(m *traceloopv1.Recording, patterns []*regexp.Regexp) {
	if len(patterns) == 0 {
		return
	}
	for _, text := range []*string{&m.Name, &m.RuntimeNamespace, &m.Image, &m.Namespace, &m.Pod, &m.PodUid, &m.Container, &m.Cgroup} {
		*text = ring.MaskText(patterns, *text)[0]
	}
	labels := make(map[string]string, len(m.Labels))
	for name, value := range m.Labels {
		masked := ring.MaskText(patterns, name, value)
		labels[masked[0]] = masked[1]
	}
	m.Labels = labels
}

// setIDs gives the recordings their IDs: the bare one to that which it means.
func setIDs(all []*listed) {
	groups := make(map[string][]*listed)
	for _, l := range all {
		groups[l.base] = append(groups[l.base], l)
	}
	for _, group := range groups {
		meant := pick(group)
		for _, l := range group {
			l.message.ExactId = l.exact()
			if len(meant) == 1 && meant[0] == l {
				l.message.Id = l.base
			} else {
				l.message.Id = l.exact()
			}
		}
	}
}

// pick is which of the recordings of one thing a name means: those that run, or
// else the newest. They are in the order of their beginnings.
func pick(group []*listed) []*listed {
	var meant []*listed
	for _, l := range group {
		if l.running() {
			meant = append(meant, l)
		}
	}
	if len(meant) > 0 || len(group) == 0 {
		return meant
	}
	newest := group[0]
	for _, l := range group {
		// A moment's clock is no order; the generation of one container is.
		if l.base != newest.base || l.generation >= newest.generation {
			newest = l
		}
	}
	return []*listed{newest}
}

// describe is the API's message for a recording. The caller holds the mutex.
func (a *Agent) describe(e *entry) *listed { return describe(e, a.clocks.since(e.note.Clock)) }

func describe(e *entry, clock recording.Clock) *listed {
	info := &e.info
	l := &listed{
		container:  e.container(),
		base:       e.base(),
		generation: e.note.Generation,
		ring:       info.Name,
		adopted:    info.Adopted,
		ringSize:   uint64(info.RingSize),
		clock:      clock,
	}
	m := containerMessage(&l.container)
	m.Cgroup = bound(cgroupPath(info.CgroupNames), 4096)
	if e.note.Cgroup != "" {
		m.Cgroup = e.note.Cgroup
	}
	m.MountNamespace = uint64(info.MountNamespace)
	m.Pid = info.PID
	if m.Pid == 0 {
		m.Pid = e.note.PID
	}
	m.State = traceloopv1.State_STATE_EXITED
	if running(info) {
		m.State = traceloopv1.State_STATE_RECORDING
	}
	wall := func(boot uint64) *timestamppb.Timestamp {
		if boot == 0 {
			return nil
		}
		return timestamp(l.clock.Wall(boot))
	}
	m.Started, m.Executed, m.Ended = wall(info.Began), wall(info.Executed), wall(e.ended())
	m.ExitCode, m.ExitSignal = status(info.Exited, info.Status)
	m.OomKills = info.OOMKills
	m.Calls, m.Overwritten, m.Filtered, m.Lost = info.Calls, info.Overwritten, info.Filtered, info.Lost
	m.Bytes = uint64(info.RingSize)
	m.Tasks = uint32(max(info.Tasks, 0))
	m.Scope = info.Scope
	if info.Adopted {
		m.Scope = "container"
	}
	l.message = m
	return l
}

// describeFile is the API's message for a saved recording.
func describeFile(file *saved) *listed {
	head := file.head
	l := &listed{
		container: containers.Container{
			ID: file.base(), Name: head.Container.Name, Runtime: head.Container.Runtime,
			RuntimeNamespace: head.Container.RuntimeNamespace, Image: head.Container.Image, Labels: head.Container.Labels,
			Namespace: head.Container.Namespace, Pod: head.Container.Pod, PodUID: head.Container.PodUID,
			ContainerName: head.Container.ContainerName, Attempt: head.Container.Attempt,
		},
		base:       file.base(),
		generation: head.Container.Generation,
		file:       file.name,
		adopted:    true,
		ringSize:   head.RingSize,
		clock:      head.Clock,
	}
	if l.container.Name == "" {
		l.container.Name = head.Name
	}
	m := containerMessage(&l.container)
	m.State = traceloopv1.State_STATE_SAVED
	m.Cgroup = bound(head.Container.Cgroup, 4096)
	m.Started, m.Executed, m.Ended = timestamp(head.Started), timestamp(head.Ending.Executed), timestamp(head.Ending.Ended)
	m.ExitCode, m.ExitSignal = status(head.Ending.Exited, head.Ending.Status)
	m.OomKills = head.Ending.OOMKills
	for _, cursor := range head.Snapshot.Cursors {
		m.Calls += cursor.Calls
		m.Filtered += cursor.Filtered
		m.Lost += cursor.Lost
	}
	m.Overwritten = head.Overwritten
	m.Bytes = uint64(max(file.size, 0))
	l.message = m
	return l
}

// containerMessage says which container a recording is of.
func containerMessage(c *containers.Container) *traceloopv1.Recording {
	clean := func(s string) string { return bound(s, 4096) }
	m := &traceloopv1.Recording{
		Name:             clean(c.Name),
		Runtime:          clean(c.Runtime),
		RuntimeNamespace: clean(c.RuntimeNamespace),
		Image:            clean(c.Image),
		Namespace:        clean(c.Namespace),
		Pod:              clean(c.Pod),
		PodUid:           clean(c.PodUID),
		Container:        clean(c.ContainerName),
		Attempt:          c.Attempt,
		Sandbox:          c.Sandbox,
	}
	if len(c.Labels) > 0 {
		m.Labels = make(map[string]string, len(c.Labels))
		for name, value := range c.Labels {
			m.Labels[clean(name)] = clean(value)
		}
	}
	return m
}

// status is how a process ended, as a shell has it and by which signal, of what
// wait(2) says.
func status(exited bool, status uint32) (code *uint32, signal uint32) {
	if !exited {
		return nil, 0
	}
	if signal = status & 0x7f; signal != 0 {
		return proto.Uint32(128 + signal), signal
	}
	return proto.Uint32(status >> 8 & 0xff), 0
}

func timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// String is how an error names a recording.
func (l *listed) String() string {
	text := fmt.Sprintf("%s (name %s", short(l.message.Id), short(l.message.Name))
	if l.message.Pod != "" {
		text += fmt.Sprintf(", pod %s/%s/%s", short(l.message.Namespace), short(l.message.Pod), short(l.message.Container))
	}
	return text + ", " + states[l.message.State] + ")"
}

// short quotes a string, and cuts what is too long for a message.
func short(s string) string {
	const most = 80
	if len(s) > most {
		s = bound(s[:most], most) + "..."
	}
	quoted := strconv.Quote(s)
	if quoted == `"`+s+`"` && s != "" {
		return s
	}
	return quoted
}

// states are what the API's states are called.
var states = map[traceloopv1.State]string{
	traceloopv1.State_STATE_RECORDING: "recording",
	traceloopv1.State_STATE_EXITED:    "exited",
	traceloopv1.State_STATE_SAVED:     "saved",
}
