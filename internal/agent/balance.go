package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"traceloop/recorder"
)

// balance keeps the rings within the budget whenever the model has changed.
func (a *Agent) balance(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.balanceNews:
		}
		a.giveBack(ctx)
		// One recording makes room at a time, so that who deletes or attaches
		// something waits for one at the most.
		for ctx.Err() == nil && a.balanceOnce() {
		}
		pause(ctx, breath)
	}
}

// giveBack deletes the recordings that are none that are wanted.
func (a *Agent) giveBack(ctx context.Context) {
	var names []string
	a.mutex.Lock()
	for name, e := range a.entries {
		if e.excluded {
			names = append(names, name)
		}
	}
	a.mutex.Unlock()
	for _, name := range names {
		if ctx.Err() != nil {
			return
		}
		a.removals.Lock()
		a.mutex.Lock()
		e := a.entries[name]
		// Somebody may have claimed it meanwhile.
		if e != nil && a.config.Claims {
			e.excluded = a.unwanted(e, time.Now())
		}
		wanted := e == nil || !e.excluded
		if !wanted {
			a.noteStranger(e)
		}
		a.mutex.Unlock()
		if !wanted && a.remove(name) == nil {
			a.mutex.Lock()
			a.counts.leftOut++
			a.mutex.Unlock()
		}
		a.removals.Unlock()
	}
}

// remove deletes a recording and its ring. The caller holds removals.
func (a *Agent) remove(name string) error {
	if time.Now().Before(a.stuck[name]) {
		return fmt.Errorf("deleting %s failed a moment ago: it is tried again in a minute", short(name))
	}
	err := a.recorder.Delete(name)
	if err != nil && !errors.Is(err, recorder.ErrNotFound) {
		a.stuck[name] = time.Now().Add(time.Minute)
		err = fmt.Errorf("giving a ring back: %w", err)
		a.problems.set("delete", err)
		return err
	}
	delete(a.stuck, name)
	if len(a.stuck) == 0 {
		a.problems.clear("delete")
	}
	a.mutex.Lock()
	a.forget(name)
	a.mutex.Unlock()
	return nil
}

// room is what the budget leaves for ready rings, in bytes: all that recordings
// do not take. It may be less than nothing when the budget was made smaller.
func (a *Agent) room() int64 {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	room := int64(a.config.Memory)
	for _, e := range a.entries {
		room -= int64(ringBytes(e.info.RingSize))
	}
	return room
}

// balanceOnce stocks ready rings, evicts one recording if the budget does not
// suffice for them, and has containers adopted that were refused. It says
// whether it must be called again.
func (a *Agent) balanceOnce() (again bool) {
	a.removals.Lock()
	defer a.removals.Unlock()
	a.mutex.Lock()
	err := a.refresh()
	a.mutex.Unlock()
	if err != nil {
		return false
	}
	if !a.adopting {
		a.left = 0
		a.countRefused()
		a.sayLeft()
		a.problems.clear("memory")
		return false
	}
	a.takeBack()
	possible := int(max(a.room(), 0) / int64(ringBytes(a.config.RingSize)))
	wanted := a.config.Ready
	if a.adopt {
		wanted += a.left // at once, and not a few at a time
	}
	target := min(wanted, possible)
	ready, err := a.recorder.Stock(target)
	a.mutex.Lock()
	a.ready = ready
	a.mutex.Unlock()
	switch {
	case err != nil && !errors.Is(err, recorder.ErrTooMany):
		a.problems.set("stock", fmt.Errorf("making rings for containers to come: %w", err))
	case err == nil:
		a.problems.clear("stock")
	}
	a.countRefused()
	more := a.adoptRunning(ready)

	full := errors.Is(err, recorder.ErrTooMany) && ready < a.config.Ready
	if target >= a.config.Ready && !full {
		a.problems.clear("memory")
		return more
	}
	victim := a.victim()
	if victim == nil {
		if target == 0 || full {
			a.problems.set("memory", fmt.Errorf("no memory for recordings of more containers: %d bytes are taken by containers that run; those to come are not recorded", a.config.Memory))
		} else {
			a.problems.set("memory", fmt.Errorf("little memory for recordings of more containers: %d rings are ready of the %d that should be", ready, a.config.Ready))
		}
		return more
	}
	// One that cannot be evicted is passed over for a while.
	_ = a.evict(victim)
	return true
}

// takeBack has containers adopted again that a runtime has named after all. The
// caller holds removals.
func (a *Agent) takeBack() {
	a.mutex.Lock()
	returned := a.returned
	a.returned = false
	a.mutex.Unlock()
	if !returned {
		return
	}
	if err := a.recorder.Reconsider(); err != nil {
		a.problems.set("reconsider", fmt.Errorf("taking containers in that were left out: %w", err))
		return
	}
	a.problems.clear("reconsider")
	a.adopt = true
}

// countRefused looks how many containers found no ring.
func (a *Agent) countRefused() {
	refused, err := a.recorder.Refused()
	if err != nil {
		a.problems.set("refused", fmt.Errorf("counting the containers that found no ring: %w", err))
		return
	}
	a.problems.clear("refused")
	a.mutex.Lock()
	news := refused - a.counts.refused
	a.counts.refused = refused
	a.mutex.Unlock()
	if news > 0 {
		a.adopt = true
		a.problems.set("ready", fmt.Errorf("%d containers came when no ring was ready (%d are, at best): the beginning of what they did is not recorded", news, a.config.Ready))
	} else {
		a.problems.clear("ready")
	}
}

// adoptRunning has containers adopted that run and are not recorded. It says
// whether there are more of them than there were rings.
func (a *Agent) adoptRunning(ready int) (more bool) {
	if !a.adopt {
		return false
	}
	if ready == 0 {
		a.sayLeft()
		return false
	}
	if a.left > 0 {
		// Those that have ended meanwhile wait for nothing.
		if err := a.recorder.Sweep(); err != nil {
			a.problems.set("sweep", fmt.Errorf("forgetting namespaces that are gone: %w", err))
		}
	}
	left, err := a.recorder.AdoptRunning()
	if err != nil {
		a.problems.set("adopt", fmt.Errorf("finding containers that run: %w", err))
		return false
	}
	a.adopt = left > 0
	// It goes on as long as it gets on.
	more = left > 0 && (a.left == 0 || left < a.left)
	a.left = left
	if !more {
		a.sayLeft()
	}
	return more
}

// sayLeft says how many containers run that are not recorded.
func (a *Agent) sayLeft() {
	if a.left > 0 {
		a.problems.set("adopt", fmt.Errorf("%d containers that run are not recorded for want of memory: delete recordings, or give the daemon more", a.left))
	} else {
		a.problems.clear("adopt")
	}
}

// victim is the recording that makes room for others next: it has ended; those
// that no runtime ever knew go first, and then the oldest. Nil if there is none.
func (a *Agent) victim() *entry {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	now := time.Now()
	var all []*entry
	for _, e := range a.entries {
		if now.After(a.stuck[e.info.Name]) && !running(&e.info) {
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		return nil
	}
	unknown := func(e *entry) int {
		if e.info.Adopted && !e.runtimeKnows() && now.Sub(e.seen) >= a.grace {
			return 0
		}
		return 1
	}
	return slices.MinFunc(all, func(x, y *entry) int {
		return cmp.Or(cmp.Compare(unknown(x), unknown(y)), cmp.Compare(x.ended(), y.ended()), cmp.Compare(x.info.Began, y.info.Began))
	})
}

// evict saves a recording, if it is to be, and takes its ring. What cannot be
// saved is counted and lost: containers that come are to be recorded. The caller
// holds removals.
func (a *Agent) evict(e *entry) error {
	a.mutex.Lock()
	l, name, excluded := a.describe(e), e.info.Name, e.excluded
	a.mutex.Unlock()
	maskMessage(l.message, a.config.Redact)
	file := ""
	if a.config.StateDirectory != "" && !excluded {
		var err error
		if file, err = a.save(l); err != nil {
			a.log.Error("a recording is lost", "id", l.exact(), "name", l.message.Name, "error", err)
		} else {
			a.mutex.Lock()
			a.noteFile(e, l.exact())
			a.mutex.Unlock()
		}
	}
	if err := a.remove(name); err != nil {
		// It is still there, and will be saved again.
		return errors.Join(err, a.store.delete(file))
	}
	a.mutex.Lock()
	a.counts.evicted++
	a.mutex.Unlock()
	a.log.Info("a recording made room for others", "id", l.exact(), "name", l.message.Name, "namespace", l.message.Namespace, "pod", l.message.Pod)
	return nil
}

// save has a recording written as a file.
func (a *Agent) save(l *listed) (file string, err error) {
	snapshot, err := a.recorder.Read(l.ring)
	if err != nil {
		return "", a.store.failed(err)
	}
	r, err := a.recording(l, snapshot)
	if err != nil {
		return "", a.store.failed(err)
	}
	return a.store.save(r, a.patience)
}
