package containers

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// Rank says which source is believed where several know a container.
type Rank int

// From the least to the most: what the kernel shows of a container is believed
// where no runtime knows it; Docker and CRI know more of their containers than
// the containerd beneath them.
const (
	RankKernel Rank = iota
	RankContainerd
	RankCRI
	RankEngine // Docker, Podman
)

// Registry has every container of the host once, and tells subscribers of those
// that come, change and go. Its methods may be called from any goroutine.
type Registry struct {
	mutex sync.Mutex
	// The mutex guards these, and every Source's containers.
	containers  map[string]*entry // by ID
	ended       removals
	subscribers map[any]*subscriber
	closed      bool
}

// entry is a container that at least one source knows.
type entry struct {
	sources []*Source // the most trusted first
	rank    Rank      // of the most trusted that ever knew it
	shown   Container // what they say together
}

// NewRegistry makes one without sources. Close ends it.
func NewRegistry() *Registry {
	return &Registry{containers: make(map[string]*entry), subscribers: make(map[any]*subscriber)}
}

// removals are containers that were removed lately, for the news of less trusted
// sources that lag behind: what containerd says of a container's beginning may
// come when Docker has said its end.
type removals struct {
	last  map[string]removal
	order []string // the oldest first
}

type removal struct {
	rank Rank
	at   time.Time
}

// maximumRemovals is how many are remembered.
const maximumRemovals = 1024

func (r *removals) add(id string, rank Rank) {
	// No source but the kernel, whose news are of what there is, is trusted less.
	if rank <= RankContainerd {
		return
	}
	if r.last == nil {
		r.last = make(map[string]removal)
	}
	if _, ok := r.last[id]; !ok {
		r.order = append(r.order, id)
	}
	r.last[id] = removal{rank, time.Now()}
	if len(r.order) > maximumRemovals {
		delete(r.last, r.order[0])
		r.order = r.order[1:]
	}
}

// late tells whether a source of that rank has it from before the end.
func (r *removals) late(c Container, rank Rank) bool {
	end, ok := r.last[c.ID]
	return ok && rank > RankKernel && rank < end.rank && c.Created.Before(end.at)
}

// Source tells a Registry of the containers that it knows. A container is there
// from the first source that puts it to the last that removes it. A source that
// does not know for a while (a runtime that is stopped) does nothing; when it
// knows again it says all with Replace.
type Source struct {
	registry   *Registry
	name       string
	rank       Rank
	containers map[string]Container // guarded by the registry's mutex
}

// NewSource makes a source; name is for people.
func (r *Registry) NewSource(name string, rank Rank) *Source {
	return &Source{registry: r, name: name, rank: rank, containers: make(map[string]Container)}
}

// Name is what NewSource was given.
func (s *Source) Name() string { return s.name }

// Put says that a container exists, and all that the source knows of it. One
// without an ID is ignored.
func (s *Source) Put(c Container) {
	c = bounded(c)
	s.registry.mutex.Lock()
	defer s.registry.mutex.Unlock()
	s.put(c)
}

// Amend changes what the source said of a container, and tells whether the
// source knows it still: what was asked of a runtime may come when the container
// is gone. The function must not use the registry.
func (s *Source) Amend(id string, change func(*Container)) bool {
	s.registry.mutex.Lock()
	defer s.registry.mutex.Unlock()
	c, ok := s.containers[id]
	if ok {
		change(&c)
		c.ID = id
		s.put(bounded(c))
	}
	return ok
}

// Remove says that a container is no more. One that the source never knew is
// ignored.
func (s *Source) Remove(id string) {
	s.registry.mutex.Lock()
	defer s.registry.mutex.Unlock()
	s.remove(id)
}

// Replace says which containers there are: those that the source put before and
// that are not among them are removed.
func (s *Source) Replace(all []Container) {
	kept := make(map[string]bool, len(all))
	list := make([]Container, len(all))
	for i, c := range all {
		list[i] = bounded(c)
		kept[list[i].ID] = true
	}
	s.registry.mutex.Lock()
	defer s.registry.mutex.Unlock()
	for _, id := range slices.Sorted(maps.Keys(s.containers)) {
		if !kept[id] {
			s.remove(id)
		}
	}
	for _, c := range list {
		s.put(c)
	}
}

// Get is what this source said of a container.
func (s *Source) Get(id string) (Container, bool) {
	s.registry.mutex.Lock()
	defer s.registry.mutex.Unlock()
	c, ok := s.containers[id]
	return c, ok
}

// Count is the number of containers that this source knows.
func (s *Source) Count() int {
	s.registry.mutex.Lock()
	defer s.registry.mutex.Unlock()
	return len(s.containers)
}

// put is Put with the mutex held.
func (s *Source) put(c Container) {
	if c.ID == "" || s.registry.closed {
		return
	}
	_, known := s.containers[c.ID]
	s.containers[c.ID] = c
	e := s.registry.containers[c.ID]
	if e == nil {
		if s.registry.ended.late(c, s.rank) {
			delete(s.containers, c.ID)
			return
		}
		e = &entry{sources: []*Source{s}}
		e.shown = e.merged(c.ID)
		s.registry.containers[c.ID] = e
		s.registry.publish(Event{Added, e.shown})
		return
	}
	if !known {
		e.sources = append(e.sources, s)
		slices.SortStableFunc(e.sources, func(a, b *Source) int { return cmp.Compare(b.rank, a.rank) })
	}
	s.registry.refresh(e, c.ID)
}

// remove is Remove with the mutex held.
func (s *Source) remove(id string) {
	if _, known := s.containers[id]; !known || s.registry.closed {
		return
	}
	delete(s.containers, id)
	e := s.registry.containers[id]
	e.sources = slices.DeleteFunc(e.sources, func(other *Source) bool { return other == s })
	if len(e.sources) == 0 {
		delete(s.registry.containers, id)
		s.registry.ended.add(id, e.rank)
		s.registry.publish(Event{Removed, e.shown})
		return
	}
	s.registry.refresh(e, id)
}

// refresh tells what a container's sources say together, if that is new.
func (r *Registry) refresh(e *entry, id string) {
	if shown := e.merged(id); !shown.equal(&e.shown) {
		e.shown = shown
		r.publish(Event{Changed, shown})
	}
}

// merged is the best source's container with what it lacks from the others. When
// that source has removed the container, a moment before the others, it does not
// become worse known than it was; but whether it has a process is theirs to say.
func (e *entry) merged(id string) Container {
	c := e.sources[0].containers[id]
	for _, source := range e.sources[1:] {
		c.fillFrom(source.containers[id])
	}
	if e.sources[0].rank < e.rank {
		kept := e.shown
		kept.PID = c.PID
		return kept
	}
	e.rank = e.sources[0].rank
	return c
}

// publish tells the subscribers. The mutex is held, which is what puts the events
// in one order for all of them.
func (r *Registry) publish(event Event) {
	for _, s := range r.subscribers {
		s.put(event)
	}
}

// Subscribe returns the containers that the selector selects (nil: all), and from
// then on has the callback called with each change of them: each container is
// either returned or comes as Added, never both, and after Added or its return
// come its Changed and at last its Removed. One that begins to be selected when
// more is known of it comes as Added, one that no longer is as Removed.
//
// Calls come one at a time, in order, in a goroutine of the subscriber's own, and
// may begin before Subscribe has returned: a caller that keeps the containers
// holds a mutex over Subscribe and its result, and takes it in the callback.
//
// A subscriber that is slow delays nobody, nor does it lose a container: what it
// has not been told yet is kept and coalesced to one entry a container, however
// often that changes. Containers that came and went meanwhile are told as Added
// and Removed too, up to 4,096 of them; of more than that the oldest are left out
// whole.
//
// The key is for Unsubscribe; a subscriber that had it before is replaced. The
// selector is called with the registry locked: it must not use it.
func (r *Registry) Subscribe(key any, selector Selector, callback func(Event)) []Container {
	s := newSubscriber(selector, callback)
	r.mutex.Lock()
	if r.closed {
		r.mutex.Unlock()
		return nil
	}
	before := r.subscribers[key]
	r.subscribers[key] = s
	var existing []Container
	for id, e := range r.containers {
		if s.selects(&e.shown) {
			s.told[id] = true
			existing = append(existing, e.shown)
		}
	}
	go s.run()
	r.mutex.Unlock()
	if before != nil {
		before.stop()
	}
	sortByAge(existing)
	return existing
}

// Unsubscribe ends a subscription. When it returns the callback is not running
// and will not be called again: it must not be called from the callback, nor with
// a lock held that the callback takes. An unknown key is ignored.
func (r *Registry) Unsubscribe(key any) {
	r.mutex.Lock()
	s := r.subscribers[key]
	delete(r.subscribers, key)
	r.mutex.Unlock()
	if s != nil {
		s.stop()
	}
}

// Get is the container of an ID, and whether there is one.
func (r *Registry) Get(id string) (Container, bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if e := r.containers[id]; e != nil {
		return e.shown, true
	}
	return Container{}, false
}

// All are the containers that exist, the oldest first.
func (r *Registry) All() []Container {
	r.mutex.Lock()
	all := make([]Container, 0, len(r.containers))
	for _, e := range r.containers {
		all = append(all, e.shown)
	}
	r.mutex.Unlock()
	sortByAge(all)
	return all
}

// Close ends all subscriptions, as Unsubscribe does. What sources say afterwards
// is ignored.
func (r *Registry) Close() {
	r.mutex.Lock()
	subscribers := r.subscribers
	r.subscribers = make(map[any]*subscriber)
	r.closed = true
	r.mutex.Unlock()
	for _, s := range subscribers {
		s.stop()
	}
}

func sortByAge(all []Container) {
	slices.SortFunc(all, func(a, b Container) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
}
