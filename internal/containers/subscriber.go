package containers

import (
	"container/list"
	"sync"
)

// Kind is what happened to a container.
type Kind int

// Added: it exists from now on. Changed: more, or something else, is known of
// it. Removed: its runtime has deleted it; that it has exited is no removal.
const (
	Added Kind = iota
	Changed
	Removed
)

// String is the kind in a word.
func (k Kind) String() string {
	switch k {
	case Added:
		return "added"
	case Changed:
		return "changed"
	default:
		return "removed"
	}
}

// Event is what happened to a container; of a removed one Container is the last
// that was known.
type Event struct {
	Kind      Kind
	Container Container
}

// Selector tells which containers a subscriber wants; it must be quick.
type Selector func(*Container) bool

// maximumGone is how many containers that came and went are kept for a
// subscriber that has been told of neither.
const maximumGone = 4096

// subscriber has a queue with at most one entry for each life of a container
// that it has not been told of. Its length is so bounded by the containers that
// exist, those that the callback has been told of and that are gone, and
// maximumGone.
type subscriber struct {
	selector Selector
	callback func(Event)

	// told has the containers that the callback knows, or will when the queue is
	// empty; guarded by the registry's mutex.
	told map[string]bool

	mutex sync.Mutex
	// The mutex guards these.
	queue *list.List               // of *news, the oldest first
	last  map[string]*list.Element // of each container that exists, its entry in the queue
	gone  *list.List               // of those elements of the queue whose container came and went

	wake    chan struct{} // has one if the queue may have grown
	stopped chan struct{} // closed by stop
	ended   chan struct{} // closed when run returns
	once    sync.Once
}

// news is what the callback is to be told of one container.
type news struct {
	added     bool
	removed   bool
	container Container
	gone      *list.Element // in subscriber.gone
}

func newSubscriber(selector Selector, callback func(Event)) *subscriber {
	return &subscriber{
		selector: selector, callback: callback, told: make(map[string]bool),
		queue: list.New(), last: make(map[string]*list.Element), gone: list.New(),
		wake: make(chan struct{}, 1), stopped: make(chan struct{}), ended: make(chan struct{}),
	}
}

func (s *subscriber) selects(c *Container) bool { return s.selector == nil || s.selector(c) }

// put translates an event into what it is for this subscriber, and queues it. The
// registry's mutex is held. It never waits for the callback.
func (s *subscriber) put(event Event) {
	id := event.Container.ID
	told := s.told[id]
	wanted := event.Kind != Removed && s.selects(&event.Container)
	switch {
	case wanted && !told:
		s.told[id] = true
		event.Kind = Added
	case wanted:
		event.Kind = Changed
	case told:
		delete(s.told, id)
		event.Kind = Removed
	default:
		return
	}
	s.mutex.Lock()
	s.enqueue(event)
	s.mutex.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *subscriber) enqueue(event Event) {
	id := event.Container.ID
	element := s.last[id]
	if element == nil {
		element = s.queue.PushBack(&news{added: event.Kind == Added})
		s.last[id] = element
	}
	entry := element.Value.(*news)
	entry.container = event.Container
	if event.Kind != Removed {
		return
	}
	// What comes under this ID later is another container.
	entry.removed = true
	delete(s.last, id)
	if !entry.added {
		return
	}
	entry.gone = s.gone.PushBack(element)
	if s.gone.Len() > maximumGone {
		oldest := s.gone.Front()
		s.queue.Remove(oldest.Value.(*list.Element))
		s.gone.Remove(oldest)
	}
}

// dequeue takes the oldest news; nil if there is none.
func (s *subscriber) dequeue() *news {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	element := s.queue.Front()
	if element == nil {
		return nil
	}
	entry := s.queue.Remove(element).(*news)
	if s.last[entry.container.ID] == element {
		delete(s.last, entry.container.ID)
	}
	if entry.gone != nil {
		s.gone.Remove(entry.gone)
	}
	return entry
}

// run calls the callback until stop.
func (s *subscriber) run() {
	defer close(s.ended)
	for {
		entry := s.dequeue()
		if entry == nil {
			select {
			case <-s.wake:
				continue
			case <-s.stopped:
				return
			}
		}
		var kinds []Kind
		if entry.added {
			kinds = append(kinds, Added)
		}
		if entry.removed {
			kinds = append(kinds, Removed)
		}
		if len(kinds) == 0 {
			kinds = append(kinds, Changed)
		}
		for _, kind := range kinds {
			select {
			case <-s.stopped:
				return
			default:
				s.callback(Event{kind, entry.container})
			}
		}
	}
}

// stop ends run and waits for it.
func (s *subscriber) stop() {
	s.once.Do(func() { close(s.stopped) })
	<-s.ended
}
