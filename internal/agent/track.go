package agent

import (
	"fmt"
	"time"

	"traceloop/internal/containers"
	"traceloop/recorder"
	"traceloop/recording"
)

// knownContainer is what a runtime said of a container.
type knownContainer struct {
	containers.Container
	since    time.Time // first heard of
	gone     time.Time // when the runtime had it no longer; zero: it has
	ran      bool      // it had a process
	recorded bool      // it had a recording, ever
}

const (
	// forgetAfter is how long what a runtime said is kept when the container is
	// gone: a recording of it may be found a little later.
	forgetAfter = time.Minute
	// maximumGone bounds how many such containers are kept.
	maximumGone = 4096
)

// look brings the model up to date. It says whether something is to be looked
// at again soon.
func (a *Agent) look() (waiting bool) {
	a.mutex.Lock()
	if err := a.clocks.look(); err != nil {
		a.problems.set("clock", err)
	}
	if err := a.refresh(); err != nil {
		a.mutex.Unlock()
		return true
	}
	now := time.Now()
	a.listen(now)
	for _, e := range a.entries {
		// Of claims others may come; what is not wanted otherwise never will be.
		e.excluded = e.excluded && !a.config.Claims || a.unwanted(e, now)
		if e.named() && !e.excluded {
			a.keepNote(e)
		}
		if known := a.known[e.note.ID]; known != nil {
			known.recorded = true
		}
		if e.announced != "" && (e.excluded || e.runtimeKnows() && e.note.ID != e.announced || !running(&e.info)) {
			a.withdraw(e)
		}
		if a.unannounced(e, now) {
			e.announced = e.note.ID
			a.kernel.Put(e.container())
		}
		waiting = waiting || e.open || e.info.Adopted && !e.runtimeKnows() && (a.config.Claims || now.Sub(e.seen) < a.grace)
	}
	a.forgetGone(now)
	a.tellClaims()
	sweep := now.Sub(a.swept) >= time.Minute
	if sweep {
		a.swept = now
	}
	a.mutex.Unlock()
	if sweep {
		if err := a.recorder.Sweep(); err != nil {
			a.problems.set("sweep", fmt.Errorf("forgetting namespaces that are gone: %w", err))
		} else {
			a.problems.clear("sweep")
		}
	}
	return waiting
}

// unannounced says that the registry is to be told of a container: no runtime
// has, in its time.
func (a *Agent) unannounced(e *entry, now time.Time) bool {
	return a.kernel != nil && e.info.Adopted && e.named() && e.announced == "" && !e.runtimeKnows() &&
		!e.excluded && running(&e.info) && now.Sub(e.seen) >= a.grace
}

// unwanted says that a recording is to give its ring back.
func (a *Agent) unwanted(e *entry, now time.Time) bool {
	if a.config.Claims {
		return a.unclaimed(e, now)
	}
	switch {
	case !e.info.Adopted || !e.settled():
		return false
	case e.runtimeKnows():
		container := e.note.Container
		return container.Sandbox && !a.config.Sandboxes || !a.config.Filter.Match(container)
	case now.Sub(e.seen) < a.grace:
		return false
	case !running(&e.info) && e.info.Executed == 0 && !e.info.Late:
		// It ended before it began: a namespace, and no container.
		return true
	default:
		container := e.container()
		return !a.config.Filter.Match(&container)
	}
}

// refresh asks the recorder what there is. The caller holds the mutex.
func (a *Agent) refresh() error {
	infos, err := a.recorder.List()
	if err != nil {
		err = fmt.Errorf("listing the recordings: %w", err)
		a.problems.set("list", err)
		return err
	}
	a.problems.clear("list")
	now := time.Now()
	there := make(map[string]bool, len(infos))
	for i := range infos {
		info := &infos[i]
		there[info.Name] = true
		e := a.entries[info.Name]
		if e == nil {
			e = &entry{seen: now, note: decodeNote(info.Note)}
			e.noted = e.note
			a.entries[info.Name] = e
			if e.note.Clock.Boot == 0 && len(a.clocks.history) > 0 {
				e.note.Clock = a.clocks.history[len(a.clocks.history)-1]
				if pair, err := recording.ReadClocks(); err == nil {
					e.note.Clock = pair
				}
			}
		}
		e.info = *info
	}
	for name := range a.entries {
		if !there[name] {
			a.forget(name)
		}
	}
	for i := range infos {
		a.identify(a.entries[infos[i].Name])
	}
	if ready, err := a.recorder.Ready(); err == nil {
		a.ready = ready
	}
	return nil
}

// forget drops a recording that has no ring any more. Its calls stay counted.
// The caller holds the mutex.
func (a *Agent) forget(name string) {
	e := a.entries[name]
	if e == nil {
		return
	}
	a.retired.add(&e.info)
	delete(a.entries, name)
	a.withdraw(e)
}

// withdraw has the registry forget a container that it was told of. The caller
// holds the mutex, which the registry never waits for.
func (a *Agent) withdraw(e *entry) {
	if e.announced != "" {
		a.kernel.Remove(e.announced)
		e.announced = ""
	}
}

// identify finds out which container a recording is of. The caller holds the mutex.
func (a *Agent) identify(e *entry) {
	if !e.info.Adopted {
		if !e.named() {
			a.name(e, e.info.Name)
		}
		if e.info.Ended == 0 && e.note.Ended == 0 && !running(&e.info) {
			if now, err := recording.ReadClocks(); err == nil {
				e.note.Ended = now.Boot
			}
		}
		return
	}
	if !e.settled() {
		return
	}
	if e.runtimeKnows() {
		if known := a.known[e.note.ID]; known != nil && known.gone.IsZero() && running(&e.info) {
			e.note.Container = &known.Container
		}
		return
	}
	if known := a.match(e); known != nil {
		e.note.Container = &known.Container
		if e.note.ID != known.ID {
			a.name(e, known.ID)
		}
		return
	}
	if e.named() {
		return
	}
	id := e.info.Name
	if ids := a.believed(e); len(ids) > 0 {
		id = ids[0]
	}
	a.name(e, id)
}

// name gives a recording its ID, and the next of the ID's generations.
func (a *Agent) name(e *entry, id string) {
	id = bound(id, longestID)
	generation := a.store.generation(id)
	for _, other := range a.entries {
		if other != e && other.note.ID == id {
			generation = max(generation, other.note.Generation)
		}
	}
	e.note.ID, e.note.Generation = id, generation+1
}

// match finds the container that a recording is of, among those that the
// runtimes know: by the ID in its cgroup's names, by its cgroup's own name, by
// its process. A mount namespace's number proves nothing: it is given again.
func (a *Agent) match(e *entry) *knownContainer {
	info := &e.info
	if ids := a.believed(e); len(ids) > 0 {
		return a.known[ids[0]]
	}
	if names := meaningful(info.CgroupNames); len(names) > 0 {
		if known := a.known[names[0]]; known != nil && !a.taken(e, known.ID) {
			parent := len(names) > 1 && names[1] == known.RuntimeNamespace
			stranger := running(info) && known.gone.IsZero() && known.PID != 0 && known.PID != int(info.PID)
			if parent || !stranger {
				return known
			}
		}
	}
	if !running(info) || info.PID == 0 {
		return nil
	}
	for _, known := range a.known {
		if known.PID == int(info.PID) && known.gone.IsZero() {
			return known
		}
	}
	return nil
}

// believed are the container IDs in a recording's cgroup's names, unless the
// innermost is another's.
func (a *Agent) believed(e *entry) []string {
	ids := containerIDs(e.info.CgroupNames)
	if len(ids) > 0 && a.taken(e, ids[0]) {
		return nil
	}
	return ids
}

// taken says that an ID is another container's, which runs. Who may make cgroups
// within a container can give them any name, a neighbour's ID too: an ID is not
// believed of a container that is deeper within others than one that has it already.
func (a *Agent) taken(e *entry, id string) bool {
	depth := a.depth(&e.info)
	if depth < 2 {
		return false
	}
	for _, other := range a.entries {
		if other != e && other.note.ID == id && running(&other.info) && a.depth(&other.info) < depth {
			return true
		}
	}
	return false
}

// depth is how many containers a recording's cgroup seems to be within, itself
// among them.
func (a *Agent) depth(info *recorder.Info) int {
	depth := 0
	for _, name := range info.CgroupNames {
		if a.known[name] != nil || containerCgroup.MatchString(name) {
			depth++
		}
	}
	if cutShort(info.CgroupNames) {
		depth++ // those that are not seen
	}
	return depth
}

// keepNote puts a recording's note down, if it has changed. The caller holds the mutex.
func (a *Agent) keepNote(e *entry) {
	if e.note == e.noted {
		return
	}
	data, err := e.note.encode()
	if err == nil {
		err = a.recorder.SetNote(e.info.Name, data)
	}
	if err != nil {
		a.problems.set("note", fmt.Errorf("keeping what is known of %q: %w", e.info.Name, err))
		return
	}
	a.problems.clear("note")
	e.noted = e.note
}

// subscribe has the registry tell the agent of containers that a runtime knows.
func (a *Agent) subscribe() {
	if a.config.Registry == nil {
		return
	}
	ofRuntime := func(container *containers.Container) bool { return container.Runtime != "" }
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for _, container := range a.config.Registry.Subscribe(a, ofRuntime, a.hear) {
		a.hearOf(container)
	}
}

// unsubscribe ends that, and withdraws what the agent told the registry.
func (a *Agent) unsubscribe() {
	if a.config.Registry != nil {
		a.config.Registry.Unsubscribe(a)
		a.kernel.Replace(nil)
	}
}

// hear takes what the registry tells of a container.
func (a *Agent) hear(event containers.Event) {
	id := event.Container.ID
	a.mutex.Lock()
	if event.Kind != containers.Removed {
		a.hearOf(event.Container)
	} else if known := a.known[id]; known != nil && known.gone.IsZero() {
		known.gone = time.Now()
	}
	a.mutex.Unlock()
	wake(a.trackNews)
}

// hearOf takes what a runtime says of a container. The caller holds the mutex.
func (a *Agent) hearOf(container containers.Container) {
	known := &knownContainer{Container: container, since: time.Now(), ran: container.PID != 0}
	if before := a.known[container.ID]; before != nil {
		known.since, known.ran, known.recorded = before.since, known.ran || before.ran, before.recorded
	}
	a.known[container.ID] = known
	if a.strangers[container.ID] {
		delete(a.strangers, container.ID)
		a.returned = true
		wake(a.balanceNews)
	}
}

// forgetGone drops what runtimes said of containers that are long gone, or too
// many. The caller holds the mutex.
func (a *Agent) forgetGone(now time.Time) {
	gone := 0
	for id, known := range a.known {
		if known.gone.IsZero() {
			continue
		}
		gone++
		if gone > maximumGone || now.Sub(known.gone) > forgetAfter {
			delete(a.known, id)
			for _, c := range a.claims {
				delete(c.released, id)
			}
		}
	}
}
