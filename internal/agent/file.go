package agent

import (
	"runtime"
	"slices"

	"traceloop/recorder"
	"traceloop/recording"
	"traceloop/ring"
)

// recording is what a file has of a recording: the snapshot, masked, and all
// that is known of the container.
func (a *Agent) recording(l *listed, snapshot *ring.Snapshot) (*recording.Recording, error) {
	r, err := fileOf(l, snapshot, a.host)
	if err != nil {
		return nil, err
	}
	r.TraceloopVersion = a.config.Version
	r.StringLimit = uint32(a.config.StringLimit)
	a.mask(r)
	return r, nil
}

// mask masks what must not be shown. An ID is no secret, and without it nobody
// could tell whose recording it is.
func (a *Agent) mask(r *recording.Recording) {
	id := r.Container.ID
	r.Mask(a.config.Redact)
	r.Container.ID = id
}

// Salvaged makes a file's recording of one that another build of the programs
// left, with what an agent noted of its container. The caller knows the version,
// and masks what must not be shown.
func Salvaged(info recorder.Info, snapshot *ring.Snapshot) (*recording.Recording, error) {
	here, err := thisHost()
	if err != nil {
		return nil, err
	}
	now, err := recording.ReadClocks()
	if err != nil {
		return nil, err
	}
	e := &entry{info: info, note: decodeNote(info.Note)}
	if ids := containerIDs(info.CgroupNames); !e.named() && len(ids) > 0 {
		e.note.ID = ids[0]
	}
	clocks := clocks{recording.Clock{now}}
	return fileOf(describe(e, clocks.since(e.note.Clock)), snapshot, here)
}

func fileOf(l *listed, snapshot *ring.Snapshot, here host) (*recording.Recording, error) {
	now, err := recording.ReadClocks()
	if err != nil {
		return nil, err
	}
	m := l.message
	r := &recording.Recording{
		Host:         here.name,
		Architecture: runtime.GOARCH,
		Kernel:       here.kernel,
		Name:         l.container.Name,
		Container: recording.Container{
			ID:               l.base,
			Name:             l.container.Name,
			Namespace:        l.container.Namespace,
			Pod:              l.container.Pod,
			Runtime:          l.container.Runtime,
			RuntimeNamespace: l.container.RuntimeNamespace,
			Image:            l.container.Image,
			Labels:           l.container.Labels,
			PodUID:           l.container.PodUID,
			ContainerName:    l.container.ContainerName,
			Attempt:          l.container.Attempt,
			Cgroup:           m.Cgroup,
			Generation:       l.generation,
		},
		RingSize:    m.Bytes,
		Clock:       append(slices.Clone(l.clock), now),
		Overwritten: m.Overwritten,
		Snapshot:    *snapshot,
	}
	// They are of all recordings together, since the programs were loaded: the
	// status is the place for them.
	r.Snapshot.Failures = nil
	r.Ending.OOMKills = m.OomKills
	if m.Started != nil {
		r.Started = m.Started.AsTime()
	}
	if m.Executed != nil {
		r.Ending.Executed = m.Executed.AsTime()
	}
	if m.Ended != nil {
		r.Ending.Ended = m.Ended.AsTime()
	}
	if m.ExitCode != nil {
		r.Ending.Exited = true
		r.Ending.Status = m.ExitSignal
		if m.ExitSignal == 0 {
			r.Ending.Status = *m.ExitCode << 8
		}
	}
	r.Taken = r.Clock.Wall(snapshot.Taken)
	return r, nil
}
