package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/internal/containers"
	"traceloop/recorder"
	"traceloop/recording"
	"traceloop/syscalls"
)

// Claim is somebody's wish to have containers recorded, such as a Trace's.
// Several may have one recording: its ring has the calls that any of them wants,
// and it is given back when nobody claims it.
//
// Whether a claim has a recording is decided once, when it is known which
// container it is, and noted with the recording: it holds when another agent
// takes over.
type Claim struct {
	// Name tells it from all others there ever are, such as a Trace's UID.
	Name string
	// Match says whether a container is claimed. Not known: it is asked again
	// soon, and the container is recorded meanwhile. It must not use the agent.
	Match func(container *containers.Container) (wanted, known bool)
	// Calls are those that are wanted; nil: all.
	Calls *syscalls.Filter
	// Held are the IDs of recordings that the claim had before the agent began.
	Held []string
}

// Claimed is a recording that a claim has.
type Claimed struct {
	// ID is the container's, or ID.NUMBER for an earlier recording of it.
	ID        string
	Container containers.Container
	Running   bool
	Started   time.Time // of the recording
	// MountNamespace is its inode number; 0: not known any more.
	MountNamespace uint32
}

// Unrecorded is a container that a claim wants and that is not recorded.
type Unrecorded struct {
	Container containers.Container
	Reason    string
}

// errNoClaims is the answer of an agent that records everything.
var errNoClaims = errors.New("this agent records every container: it takes no claims")

// claim is a claim that is set.
type claim struct {
	Claim
	held map[string]bool // IDs of files that it has
	set  time.Time
	// released are containers that it had and is not to have again: when another
	// claim comes, those that run are taken in anew.
	released map[string]bool
}

// verdicts say which claims have a recording, by their names. They are not
// changed once they are there, so that notes can be compared.
type verdicts map[string]bool

// verdict is what is decided between a recording and a claim.
func (n *note) verdict(name string) (has, decided bool) {
	if n.Claims == nil {
		return false, false
	}
	has, decided = (*n.Claims)[name]
	return has, decided
}

// decide puts a verdict down.
func (n *note) decide(name string, has bool) {
	changed := verdicts{}
	if n.Claims != nil {
		changed = maps.Clone(*n.Claims)
	}
	changed[name] = has
	n.Claims = &changed
}

// drop forgets what was decided of claims that are not kept.
func (n *note) drop(kept func(name string) bool) {
	if n.Claims == nil {
		return
	}
	changed := maps.Clone(*n.Claims)
	maps.DeleteFunc(changed, func(name string, _ bool) bool { return !kept(name) })
	if len(changed) < len(*n.Claims) {
		n.Claims = &changed
	}
}

// SetClaim adds a claim. When it returns, containers that start are recorded
// from their first call, and those that run will be soon. Of a claim that is set
// it changes what it wants of containers to come. Errors are the recorder's.
func (a *Agent) SetClaim(ctx context.Context, wish Claim) error {
	if !a.config.Claims {
		return errNoClaims
	}
	a.removals.Lock()
	err := a.addClaim(wish)
	a.removals.Unlock()
	if err != nil {
		return err
	}
	wake(a.balanceNews)
	a.awaitRings(ctx)
	a.look()
	return nil
}

// addClaim is SetClaim until the rings are to be made. The caller holds removals.
func (a *Agent) addClaim(wish Claim) error {
	a.mutex.Lock()
	if err := a.refresh(); err != nil {
		a.mutex.Unlock()
		return err
	}
	before := a.claims[wish.Name]
	added := &claim{Claim: wish, held: make(map[string]bool), set: time.Now(), released: make(map[string]bool)}
	for _, id := range wish.Held {
		added.held[id] = true
	}
	if before != nil {
		added.held, added.set, added.released = before.held, before.set, before.released
	}
	a.claims[wish.Name] = added
	if before == nil && a.complete {
		// What has ended ran before anybody wanted it.
		for _, e := range a.entries {
			if !running(&e.info) {
				e.note.decide(wish.Name, false)
			}
		}
	}
	a.mutex.Unlock()
	err := a.adoptForClaims()
	if err == nil {
		err = a.recorder.Reconsider()
	}
	if err != nil {
		a.mutex.Lock()
		if before == nil {
			delete(a.claims, wish.Name)
		} else {
			a.claims[wish.Name] = before
		}
		a.mutex.Unlock()
		return errors.Join(err, a.adoptForClaims())
	}
	a.adopt = true
	return nil
}

// adoptForClaims has the recorder adopt what the claims may want, or nothing if
// there are none. The caller holds removals.
func (a *Agent) adoptForClaims() error {
	a.mutex.Lock()
	wanted := len(a.claims) > 0 || !a.complete && a.adopting
	options := a.adoption()
	if a.complete {
		options.Filter = a.wantedCalls(func(string) bool { return true })
	}
	a.mutex.Unlock()
	if !wanted {
		if !a.adopting {
			return nil
		}
		a.adopting = false
		if err := a.recorder.EndAdoption(); err != nil {
			return fmt.Errorf("ending the recording of containers: %w", err)
		}
		return nil
	}
	if err := a.recorder.SetAdoption(options); err != nil {
		return fmt.Errorf("setting how containers are recorded: %w", err)
	}
	a.adopting = true
	return nil
}

// wantedCalls is which calls some of the claims want together: with the limits
// of the agent's own. The caller holds the mutex.
func (a *Agent) wantedCalls(chosen func(name string) bool) *syscalls.Filter {
	var filters []*syscalls.Filter
	for _, name := range slices.Sorted(maps.Keys(a.claims)) {
		if chosen(name) {
			if a.claims[name].Calls == nil {
				return a.config.Calls
			}
			filters = append(filters, a.claims[name].Calls)
		}
	}
	slices.SortFunc(filters, func(x, y *syscalls.Filter) int { return strings.Compare(x.String(), y.String()) })
	filters = slices.CompactFunc(filters, func(x, y *syscalls.Filter) bool { return x.String() == y.String() })
	return syscalls.Union(filters...)
}

// patienceWithRings is how long SetClaim waits for a ring that is ready.
const patienceWithRings = 5 * time.Second

// awaitRings waits until a container that starts would be recorded. Where there
// is no memory for that Unrecorded says so.
func (a *Agent) awaitRings(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patienceWithRings)
	defer cancel()
	for ctx.Err() == nil {
		if ready, err := a.recorder.Ready(); err != nil || ready > 0 {
			return
		}
		pause(ctx, 5*time.Millisecond)
	}
}

// CompleteClaims says that all claims are set that were there when an earlier
// agent ended: what none of them has is given back.
func (a *Agent) CompleteClaims() error {
	if !a.config.Claims {
		return errNoClaims
	}
	a.removals.Lock()
	a.mutex.Lock()
	a.complete = true
	a.mutex.Unlock()
	err := a.adoptForClaims()
	a.removals.Unlock()
	a.look()
	wake(a.balanceNews)
	return err
}

// RemoveClaim ends a claim. When it returns, the rings and files are released
// that nobody else claims. Removing one that is not there does nothing.
func (a *Agent) RemoveClaim(name string) error {
	if !a.config.Claims {
		return errNoClaims
	}
	a.removals.Lock()
	defer a.removals.Unlock()
	a.mutex.Lock()
	removed := a.claims[name]
	delete(a.claims, name)
	a.mutex.Unlock()
	if removed == nil {
		return nil
	}
	errs := []error{a.adoptForClaims()}
	a.look()
	a.mutex.Lock()
	var names []string
	for name, e := range a.entries {
		if e.excluded {
			names = append(names, name)
		}
	}
	var files []string
	for _, file := range a.store.list() {
		if removed.hasFile(&file) && !a.isFileClaimed(&file) {
			files = append(files, file.name)
		}
	}
	a.mutex.Unlock()
	for _, name := range names {
		errs = append(errs, a.remove(name))
	}
	for _, file := range files {
		errs = append(errs, a.store.delete(file))
	}
	wake(a.balanceNews)
	wake(a.claimNews)
	return errors.Join(errs...)
}

// hasFile says whether a claim has a saved recording.
func (c *claim) hasFile(file *saved) bool {
	l := describeFile(file)
	return c.held[l.exact()] || c.held[l.base]
}

func (a *Agent) isFileClaimed(file *saved) bool {
	for _, c := range a.claims {
		if c.hasFile(file) {
			return true
		}
	}
	return false
}

// noteFile has the claims of a recording have its file. The caller holds the mutex.
func (a *Agent) noteFile(e *entry, exact string) {
	for name, c := range a.claims {
		if has, _ := e.note.verdict(name); has {
			c.held[exact] = true
		}
	}
}

// judge decides which claims have a recording, as soon as it is known which
// container it is. The caller holds the mutex.
func (a *Agent) judge(e *entry) {
	e.open = false
	if !e.info.Adopted || !e.settled() || !e.runtimeKnows() {
		return
	}
	container := *e.note.Container
	for name, c := range a.claims {
		if _, decided := e.note.verdict(name); decided {
			continue
		}
		wanted, known := c.Match(&container)
		if known {
			e.note.decide(name, wanted && !c.released[container.ID] && a.config.Filter.Match(&container))
		}
		e.open = e.open || !known
	}
	if a.complete {
		e.note.drop(func(name string) bool { return a.claims[name] != nil })
	}
	a.narrow(e)
}

// narrow has a recording get the calls that its claims want, and no others. The
// caller holds the mutex.
func (a *Agent) narrow(e *entry) {
	if !a.complete || !running(&e.info) {
		return
	}
	wanted := a.wantedCalls(func(name string) bool {
		has, _ := e.note.verdict(name)
		return has || e.open
	})
	if e.filtered && e.calls.String() == wanted.String() {
		return
	}
	if err := a.recorder.SetFilter(e.info.Name, wanted); err != nil {
		a.problems.set("filter", fmt.Errorf("setting which calls of %s are recorded: %w", short(e.base()), err))
		return
	}
	a.problems.clear("filter")
	e.filtered, e.calls = true, wanted
}

// isClaimed says whether anybody has a recording. The caller holds the mutex.
func (a *Agent) isClaimed(e *entry) bool {
	if e.note.Claims == nil {
		return false
	}
	for name, has := range *e.note.Claims {
		if has && (a.claims[name] != nil || !a.complete) {
			return true
		}
	}
	return false
}

// unclaimed says that a recording is to give its ring back, as nobody claims it.
// The caller holds the mutex.
func (a *Agent) unclaimed(e *entry, now time.Time) bool {
	a.judge(e)
	switch {
	case !a.complete || !e.info.Adopted:
		return false
	case len(a.claims) == 0:
		return true
	case !e.settled():
		return false
	case !e.runtimeKnows():
		return a.nobodyKnows(e, now)
	default:
		return !e.open && !a.isClaimed(e)
	}
}

// nobodyKnows says that no runtime will say of a recording that it is of its own:
// all of them have had their time since, and are heard.
func (a *Agent) nobodyKnows(e *entry, now time.Time) bool {
	if a.heard.IsZero() {
		return false
	}
	since := e.seen
	if since.Before(a.heard) {
		since = a.heard
	}
	return now.Sub(since) >= slownessOfRuntimes*a.grace
}

// slownessOfRuntimes is how many times as long as an idle runtime a busy one may
// take to announce a container.
const slownessOfRuntimes = 5

// listen notes since when all runtimes that there are are connected: what one has
// not told while it was not, it still may. The caller holds the mutex.
func (a *Agent) listen(now time.Time) {
	if a.config.Runtimes != nil {
		for _, runtime := range a.config.Runtimes() {
			if !runtime.Connected && !errors.Is(runtime.Err, fs.ErrNotExist) {
				a.heard = time.Time{}
				return
			}
		}
	}
	if a.heard.IsZero() {
		a.heard = now
	}
}

// noteStranger remembers a container whose ring is given back because no runtime
// knows it: one may yet. The caller holds the mutex.
func (a *Agent) noteStranger(e *entry) {
	if !a.config.Claims || e.runtimeKnows() || !running(&e.info) {
		return
	}
	if len(a.strangers) >= maximumGone {
		clear(a.strangers) // they are recorded when the next claim comes
	}
	for _, id := range containerIDs(e.info.CgroupNames) {
		a.strangers[id] = true
	}
}

// Claimed returns the recordings that a claim has, the oldest first.
func (a *Agent) Claimed(name string) ([]Claimed, error) {
	listed, err := a.claimed(name)
	if err != nil {
		return nil, err
	}
	var all []Claimed
	for _, l := range listed {
		all = append(all, Claimed{
			ID: l.message.Id, Container: l.masked(), Running: l.running(), Started: l.message.Started.AsTime(),
			MountNamespace: uint32(l.message.MountNamespace),
		})
	}
	return all, nil
}

// masked is the container without what must not be shown.
func (l *listed) masked() containers.Container {
	c, m := l.container, l.message
	c.Name, c.RuntimeNamespace, c.Image, c.Labels = m.Name, m.RuntimeNamespace, m.Image, m.Labels
	c.Namespace, c.Pod, c.PodUID, c.ContainerName = m.Namespace, m.Pod, m.PodUid, m.Container
	return c
}

func (a *Agent) claimed(name string) ([]*listed, error) {
	all, err := a.list()
	if err != nil {
		return nil, err
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	c := a.claims[name]
	if c == nil {
		return nil, nil
	}
	return slices.DeleteFunc(all, func(l *listed) bool {
		if l.ring == "" {
			return !c.held[l.exact()] && !c.held[l.base]
		}
		e := a.entries[l.ring]
		if e == nil {
			return true
		}
		has, _ := e.note.verdict(name)
		return !has
	}), nil
}

// findClaimed finds a recording of a claim by its ID.
func (a *Agent) findClaimed(name, id string) (*listed, error) {
	all, err := a.claimed(name)
	if err != nil {
		return nil, err
	}
	for _, l := range all {
		if l.message.Id == id || l.exact() == id {
			return l, nil
		}
	}
	return nil, fmt.Errorf("recording %s: %w", short(id), recorder.ErrNotFound)
}

// Release takes a recording out of a claim. If nobody else claims it, it is
// detached if it still runs, and freed.
func (a *Agent) Release(name, id string) error {
	a.removals.Lock()
	defer a.removals.Unlock()
	defer wake(a.claimNews)
	l, err := a.findClaimed(name, id)
	if err != nil {
		return err
	}
	a.mutex.Lock()
	claimed := false
	if c := a.claims[name]; c != nil {
		delete(c.held, l.exact())
		delete(c.held, l.base)
	}
	if e := a.entries[l.ring]; e != nil {
		a.noteReleased(e, name)
		e.note.decide(name, false)
		a.keepNote(e)
		a.narrow(e)
		claimed = a.isClaimed(e)
	}
	for _, c := range a.claims {
		claimed = claimed || l.ring == "" && (c.held[l.exact()] || c.held[l.base])
	}
	a.mutex.Unlock()
	switch {
	case claimed:
		return nil
	case l.ring == "":
		return a.store.delete(l.file)
	}
	wake(a.balanceNews)
	return a.remove(l.ring)
}

// noteReleased has claims not take a recording's container again. The caller
// holds the mutex.
func (a *Agent) noteReleased(e *entry, names ...string) {
	for _, name := range names {
		if has, _ := e.note.verdict(name); has && a.claims[name] != nil && running(&e.info) {
			a.claims[name].released[e.note.ID] = true
		}
	}
}

// ReadClaimed returns what a recording of a claim holds. It stops nobody.
// Its calls are those that any claim of the recording asked for.
func (a *Agent) ReadClaimed(name, id string) (*recording.Recording, error) {
	for again := true; ; again = false {
		l, err := a.findClaimed(name, id)
		if err != nil {
			return nil, err
		}
		r, file, err := a.open(l, &traceloopv1.ReadRequest{})
		if errors.Is(err, errGone) && again {
			continue // it may be a file by now
		}
		if file != nil {
			r, err = readAll(file)
		}
		return r, err
	}
}

func readAll(file io.ReadCloser) (*recording.Recording, error) {
	defer file.Close()
	r, err := recording.Read(file)
	var damage *recording.DamageError
	if r != nil && errors.As(err, &damage) {
		return r, nil // what is there is shown, as from a file
	}
	return r, err
}

// slowness is how long after a container began it may still come to be recorded.
const slowness = 3 * time.Second

// Unrecorded returns the containers that a claim wants and that are not
// recorded, the oldest first: those that run, and for a minute those that have ended.
func (a *Agent) Unrecorded(name string) ([]Unrecorded, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.unrecorded(name), nil
}

func (a *Agent) unrecorded(name string) []Unrecorded {
	c := a.claims[name]
	if c == nil || !a.complete {
		return nil
	}
	recorded := make(map[string]bool, len(a.entries))
	open := false
	for _, e := range a.entries {
		recorded[e.note.ID] = true
		open = open || e.info.Adopted && !e.runtimeKnows() && running(&e.info)
	}
	var all []Unrecorded
	for id, known := range a.known {
		begun := known.since
		if begun.Before(c.set) {
			begun = c.set
		}
		switch {
		case known.Sandbox || !known.ran || recorded[id] || known.recorded || time.Since(begun) < slowness:
			continue
		case !known.gone.IsZero() && known.gone.Before(c.set):
			continue
		case known.PID == os.Getpid():
			continue // the agent's own: the recorder leaves itself out
		}
		if wanted, known := c.Match(&known.Container); !wanted || !known {
			continue
		}
		all = append(all, Unrecorded{known.Container, a.reason(open)})
	}
	slices.SortFunc(all, func(x, y Unrecorded) int {
		if order := x.Container.Created.Compare(y.Container.Created); order != 0 {
			return order
		}
		return strings.Compare(x.Container.ID, y.Container.ID)
	})
	return all
}

// reason is why a container is not recorded, as far as the agent knows.
func (a *Agent) reason(open bool) string {
	for _, key := range []string{"memory", "adopt", "stock", "list", "ready"} {
		if text := a.problems.text(key); text != "" {
			return text
		}
	}
	if open {
		return "which of the host's recordings is its own is not known"
	}
	return "no ring was ready when it came, or it made no call since the recording began"
}

// tellClaims says that what claims have has changed, if it has. The caller holds
// the mutex.
func (a *Agent) tellClaims() {
	if !a.config.Claims {
		return
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(a.claims)) {
		fmt.Fprintf(&text, "%q:", name)
		for _, ring := range slices.Sorted(maps.Keys(a.entries)) {
			if has, _ := a.entries[ring].note.verdict(name); has {
				fmt.Fprintf(&text, " %q", a.entries[ring].base())
			}
		}
		for _, id := range slices.Sorted(maps.Keys(a.claims[name].held)) {
			fmt.Fprintf(&text, " %q", id)
		}
		for _, u := range a.unrecorded(name) {
			fmt.Fprintf(&text, " without %q", u.Container.ID)
		}
		text.WriteByte('\n')
	}
	if now := text.String(); now != a.told {
		a.told = now
		wake(a.claimNews)
	}
}

// ClaimsChanged has one when what Claimed or Unrecorded return may have changed.
func (a *Agent) ClaimsChanged() <-chan struct{} { return a.claimNews }
