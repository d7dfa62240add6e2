package containers

import (
	"fmt"
	"math/rand/v2"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"
)

// patienceOfTests is when a test gives up: far more than anything takes.
const patienceOfTests = time.Minute

// eventually waits for a condition, whose text says what it is.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(patienceOfTests)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("in vain waited: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// noLeak checks when the test ends that no goroutine is left of those it started.
func noLeak(t *testing.T) {
	t.Helper()
	before := goruntime.NumGoroutine()
	t.Cleanup(func() {
		deadline := time.Now().Add(patienceOfTests)
		for goruntime.NumGoroutine() > before {
			if time.Now().After(deadline) {
				buffer := make([]byte, 1<<20)
				t.Errorf("%d goroutines, %d before:\n%s", goruntime.NumGoroutine(), before, buffer[:goruntime.Stack(buffer, true)])
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
}

// journal keeps what a subscriber was told, and checks each event against what it
// was told before.
type journal struct {
	mutex  sync.Mutex
	alive  map[string]Container
	events []string // "added ID"
	faults []string
}

// follow subscribes a journal.
func follow(r *Registry, key any, selector Selector) *journal {
	j := &journal{alive: make(map[string]Container)}
	j.mutex.Lock()
	defer j.mutex.Unlock()
	for _, c := range r.Subscribe(key, selector, j.take) {
		if _, ok := j.alive[c.ID]; ok {
			j.faults = append(j.faults, "returned twice: "+c.ID)
		}
		j.alive[c.ID] = c
	}
	return j
}

func (j *journal) take(event Event) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	id := event.Container.ID
	j.events = append(j.events, event.Kind.String()+" "+id)
	_, known := j.alive[id]
	if known != (event.Kind != Added) {
		j.faults = append(j.faults, fmt.Sprintf("%s %s, known: %v", event.Kind, id, known))
	}
	if event.Kind == Removed {
		delete(j.alive, id)
	} else {
		j.alive[id] = event.Container
	}
}

func (j *journal) count() int {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return len(j.events)
}

func (j *journal) get(id string) (Container, bool) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	c, ok := j.alive[id]
	return c, ok
}

// check compares the events with those expected.
func (j *journal) check(t *testing.T, want ...string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d events", len(want)), func() bool { return j.count() >= len(want) })
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if !slices.Equal(j.events, want) {
		t.Errorf("events %q, want %q", j.events, want)
	}
	for _, fault := range j.faults {
		t.Error(fault)
	}
}

func newTestRegistry(t *testing.T) *Registry {
	noLeak(t)
	r := NewRegistry()
	t.Cleanup(r.Close)
	return r
}

func TestSubscribe(t *testing.T) {
	r := newTestRegistry(t)
	s := r.NewSource("test", RankEngine)
	s.Put(Container{ID: "old"})
	all := follow(r, "all", nil)
	if _, ok := all.get("old"); !ok {
		t.Error("the container that existed was not returned")
	}
	some := follow(r, "some", func(c *Container) bool { return c.Name == "wanted" })

	s.Put(Container{ID: "new"})
	s.Put(Container{ID: "new"}) // nothing new
	all.check(t, "added new")
	s.Put(Container{ID: "new", Name: "wanted"})
	all.check(t, "added new", "changed new")
	some.check(t, "added new")
	s.Put(Container{ID: "new", Name: "renamed"})
	all.check(t, "added new", "changed new", "changed new")
	s.Remove("new")
	s.Remove("new")
	s.Remove("never known")
	all.check(t, "added new", "changed new", "changed new", "removed new")
	// Selected while it had the name.
	some.check(t, "added new", "removed new")

	r.Unsubscribe("all")
	r.Unsubscribe("all")
	s.Remove("old")
	s.Put(Container{ID: "sentinel", Name: "wanted"})
	some.check(t, "added new", "removed new", "added sentinel")
	all.check(t, "added new", "changed new", "changed new", "removed new")
}

func TestSourcesAreMerged(t *testing.T) {
	r := newTestRegistry(t)
	engine := r.NewSource("docker", RankEngine)
	beneath := r.NewSource("containerd", RankContainerd)
	kernel := r.NewSource("kernel", RankKernel)
	j := follow(r, "j", nil)

	kernel.Put(Container{ID: "a", Name: "/docker/a", PID: 5})
	j.check(t, "added a") // else what follows would be one with it
	beneath.Put(Container{ID: "a", Name: "a", Runtime: "containerd", RuntimeNamespace: "moby"})
	j.check(t, "added a", "changed a")
	engine.Put(Container{ID: "a", Name: "web", Runtime: "docker", Labels: map[string]string{"k": "v"}})
	j.check(t, "added a", "changed a", "changed a")
	got, _ := r.Get("a")
	want := Container{ID: "a", Name: "web", Runtime: "docker", Labels: map[string]string{"k": "v"}, PID: 5}
	if !got.equal(&want) {
		t.Errorf("merged %+v, want %+v", got, want)
	}

	// The one that knows best forgets it first: it keeps its name, but not a process.
	engine.Remove("a")
	kernel.Remove("a")
	if engine.Count() != 0 || kernel.Count() != 0 {
		t.Error("removed containers are counted")
	}
	j.check(t, "added a", "changed a", "changed a", "changed a")
	if got, _ := r.Get("a"); got.Name != "web" || got.Runtime != "docker" || got.PID != 0 {
		t.Errorf("after the best source removed it: %+v", got)
	}
	beneath.Remove("a")
	j.check(t, "added a", "changed a", "changed a", "changed a", "removed a")
	if len(r.All()) != 0 {
		t.Errorf("left: %v", r.All())
	}
}

// News of a container's beginning that come when a better source has told its
// end are not news.
func TestLateNews(t *testing.T) {
	r := newTestRegistry(t)
	engine := r.NewSource("docker", RankEngine)
	beneath := r.NewSource("containerd", RankContainerd)
	j := follow(r, "j", nil)
	engine.Put(Container{ID: "a", Created: time.Now()})
	j.check(t, "added a")
	engine.Remove("a")
	beneath.Put(Container{ID: "a", Created: time.Now().Add(-time.Second)})
	if _, ok := r.Get("a"); ok || beneath.Count() != 0 {
		t.Error("a container was added anew by late news")
	}
	beneath.Remove("a")
	beneath.Put(Container{ID: "a", Created: time.Now().Add(time.Second)})
	j.check(t, "added a", "removed a", "added a")
	for i := range 3 * maximumRemovals {
		engine.Put(Container{ID: fmt.Sprint(i)})
		engine.Remove(fmt.Sprint(i))
	}
	if len(r.ended.last) != maximumRemovals || len(r.ended.order) != maximumRemovals {
		t.Errorf("%d removals are remembered", len(r.ended.last))
	}
}

func TestReplace(t *testing.T) {
	r := newTestRegistry(t)
	s := r.NewSource("s", RankEngine)
	s.Put(Container{ID: "a"})
	s.Put(Container{ID: "b"})
	j := follow(r, "j", nil)
	s.Replace([]Container{{ID: "b"}, {ID: "c"}})
	j.check(t, "removed a", "added c")
	if s.Amend("a", func(c *Container) { c.PID = 1 }) {
		t.Error("amended a container that is gone")
	}
	if s.Count() != 2 {
		t.Errorf("%d containers, want 2", s.Count())
	}
}

// A subscriber that does not take its events: nobody waits for it, the queue is
// bounded, and what it gets in the end is whole.
func TestSlowSubscriber(t *testing.T) {
	r := newTestRegistry(t)
	s := r.NewSource("s", RankEngine)
	s.Put(Container{ID: "first"})
	release := make(chan struct{})
	blocked := make(chan struct{})
	var once sync.Once
	j := &journal{alive: map[string]Container{"first": {}}}
	r.Subscribe("slow", nil, func(event Event) {
		once.Do(func() { close(blocked) })
		<-release
		j.take(event)
	})
	s.Put(Container{ID: "first", PID: 1})
	<-blocked

	for i := range 1000 { // coalesced
		s.Put(Container{ID: "busy", PID: i})
	}
	for i := range maximumGone + 10 { // the oldest ten are left out
		id := fmt.Sprint("short-", i)
		s.Put(Container{ID: id})
		s.Remove(id)
	}
	s.Remove("first")
	s.Put(Container{ID: "first", PID: 2}) // another one
	close(release)

	want := []string{"changed first", "added busy"}
	for i := range maximumGone {
		want = append(want, fmt.Sprint("added short-", i+10), fmt.Sprint("removed short-", i+10))
	}
	want = append(want, "removed first", "added first")
	j.check(t, want...)
	if c, _ := j.get("busy"); c.PID != 999 {
		t.Errorf("the last that was told of busy: %+v", c)
	}
}

// Many sources, containers and subscribers that come and go: each subscriber's
// view has every container once, and in the end just those that exist.
func TestRegistryRace(t *testing.T) {
	r := newTestRegistry(t)
	const sources, ids, rounds = 8, 20, 400
	var working, following sync.WaitGroup
	var stop atomic.Bool
	for number := range sources {
		s := r.NewSource(fmt.Sprint(number), Rank(number%4))
		working.Go(func() {
			for range rounds {
				id := fmt.Sprint(rand.IntN(ids))
				switch rand.IntN(4) {
				case 0, 1:
					s.Put(Container{ID: id, PID: rand.IntN(3), Name: fmt.Sprint(rand.IntN(2))})
				case 2:
					s.Remove(id)
				default:
					s.Amend(id, func(c *Container) { c.PID++ })
				}
			}
		})
	}
	journals := make([]*journal, 6)
	for i := range journals {
		var selector Selector
		if i%2 == 1 {
			selector = func(c *Container) bool { return c.Name == "1" }
		}
		following.Go(func() {
			for !stop.Load() { // those that come and go
				j := follow(r, i, selector)
				goruntime.Gosched()
				r.Unsubscribe(i)
				for _, fault := range j.faults {
					t.Errorf("a subscriber for a moment: %s", fault)
				}
			}
			journals[i] = follow(r, i, selector)
		})
	}
	readers := make(chan struct{})
	go func() {
		defer close(readers)
		for !stop.Load() {
			for _, c := range r.All() {
				r.Get(c.ID)
			}
		}
	}()
	lasting := follow(r, "lasting", nil)
	working.Wait()
	stop.Store(true)
	following.Wait()
	<-readers

	for i, j := range append(journals, lasting) {
		var want []string
		for _, c := range r.All() {
			if i < len(journals) && i%2 == 1 && c.Name != "1" {
				continue
			}
			want = append(want, fmt.Sprintf("%+v", c))
		}
		slices.Sort(want)
		var got []string
		eventually(t, "a subscriber's view is the registry's", func() bool {
			j.mutex.Lock()
			defer j.mutex.Unlock()
			got = nil
			for _, c := range j.alive {
				got = append(got, fmt.Sprintf("%+v", c))
			}
			slices.Sort(got)
			return slices.Equal(got, want)
		})
		for _, fault := range j.faults {
			t.Errorf("subscriber %d: %s", i, fault)
		}
	}
}

// After Unsubscribe and Close no callback runs.
func TestUnsubscribeWaits(t *testing.T) {
	r := newTestRegistry(t)
	s := r.NewSource("s", RankEngine)
	for round := range 200 {
		var ended atomic.Bool
		r.Subscribe("key", nil, func(Event) {
			if ended.Load() {
				t.Error("called after the end")
			}
			goruntime.Gosched()
			if ended.Load() {
				t.Error("running after the end")
			}
		})
		go s.Put(Container{ID: fmt.Sprint(round)})
		if round%2 == 0 {
			r.Unsubscribe("key")
		} else {
			// A subscriber that replaces another ends it.
			r.Subscribe("key", nil, func(Event) {})
		}
		ended.Store(true)
	}
	r.Close()
	if got := r.Subscribe("late", nil, func(Event) { t.Error("called after Close") }); got != nil {
		t.Errorf("a closed registry returned %v", got)
	}
	s.Put(Container{ID: "late"})
}

func TestStringsAreBounded(t *testing.T) {
	r := newTestRegistry(t)
	labels := map[string]string{strings.Repeat("k", 1000): "too long a key", "io.kubernetes.pod.name": "kept\xff"}
	for i := range 1000 {
		labels[fmt.Sprintf("%04d", i)] = strings.Repeat("é", 1000)
	}
	s := r.NewSource("s", RankEngine)
	s.Put(Container{ID: "a", Name: strings.Repeat("n", 100000) + "\xff", Image: strings.Repeat("€", 1000), Labels: labels})
	c, _ := r.Get("a")
	if len(c.Name) != maximumText || len(c.Image) > maximumImage || !utf8.ValidString(c.Image) {
		t.Errorf("name of %d bytes, image of %d", len(c.Name), len(c.Image))
	}
	if len(c.Labels) != maximumLabels || c.Labels["io.kubernetes.pod.name"] != "kept" {
		t.Errorf("%d labels, the pod's name %q", len(c.Labels), c.Labels["io.kubernetes.pod.name"])
	}
	for key, value := range c.Labels {
		if len(key) > maximumLabelKey || len(value) > maximumText || !utf8.ValidString(value) {
			t.Errorf("label %q: %d bytes, value %d", key, len(key), len(value))
		}
	}
}
