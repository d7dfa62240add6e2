package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/event"
	"traceloop/internal/nodes"
	"traceloop/internal/output"
	"traceloop/recording"
	"traceloop/ring"
)

const (
	// How long is waited between two reads: as little where something comes,
	// more and more where nothing does.
	busyInterval = 100 * time.Millisecond
	idleInterval = time.Second
	// restShare is how much longer is waited than a read and its printing took,
	// so that to follow a busy container does not take a CPU.
	restShare = 4
)

// showGrowing prints a recording and what is added to it until it has ended,
// or whoever reads wants no more.
func (s *showCommand) showGrowing(ctx context.Context, c *client, file *os.File, r *found, damage error) error {
	ctx, stop := untilInterrupted(ctx)
	defer stop()
	options := s.options(file)
	options.Growing = true
	shown := *r.Recording
	printer, err := output.NewPrinter(file, &shown, options)
	if err != nil {
		return err
	}
	selection, follower := s.selection(), &follower{}
	interval := busyInterval
	// What a recording had when it was said to have ended is all of it.
	for last := false; ; {
		begin := time.Now()
		ended := r.of.GetState() != traceloopv1.State_STATE_RECORDING
		shown.Clock = r.Clock
		part := follower.next(&r.Snapshot, r.Architecture, last)
		count, err := printer.Print(part, selection)
		if err != nil {
			return err
		}
		// These are about what was there in the beginning.
		selection.Since, selection.Tail = 0, 0
		if last {
			s.sayWhatIsMissing(r.of.GetId(), r.Recording, follower.whole)
			return damage
		}
		if last = ended; !last {
			interval = min(interval*3/2, idleInterval)
			if count > 0 {
				interval = busyInterval
			}
			if !wait(ctx, file, max(interval, restShare*time.Since(begin))) {
				return nil
			}
		}
		// Not by its name, which may be another's by now.
		of, next, err := readAgain(ctx, c, cmp.Or(r.of.GetExactId(), r.of.GetId()), follower.floor)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errNotFound):
			return fmt.Errorf("the recording %s was deleted while it was shown", r.of.GetId())
		case next == nil:
			return err
		}
		r, damage = &found{next, of}, err
		r.Mask(s.redact)
	}
}

// returnTime is how long a daemon that is gone is waited for: it may be another
// version of it that is being started.
const returnTime = time.Minute

// readAgain is client.read of what was read before. It waits for a daemon that
// is gone, as what is recorded does not miss it.
func readAgain(ctx context.Context, c *client, reference string, after uint64) (*traceloopv1.Recording, *recording.Recording, error) {
	begin, told := time.Now(), false
	for {
		of, r, err := c.read(ctx, reference, after)
		if !isGone(err) || time.Since(begin) >= returnTime {
			return of, r, err
		}
		if !told {
			say("the daemon is gone: waiting %v for it to be back", returnTime)
			told = true
		}
		select {
		case <-ctx.Done():
			return nil, nil, err
		case <-time.After(idleInterval):
		}
	}
}

// isGone says that the daemon is not there, but may be in a moment: a node's is
// replaced by a new pod when it is upgraded.
func isGone(err error) bool {
	for _, one := range []error{errNoDaemon, errWentAway, syscall.ECONNREFUSED, nodes.ErrForward, nodes.ErrRefused, nodes.ErrNotReady, nodes.ErrNoAgent} {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

// untilInterrupted makes a context that ends with the signals by which a person
// or a system ends a program, unless they are ignored.
func untilInterrupted(ctx context.Context) (context.Context, context.CancelFunc) {
	var signals []os.Signal
	for _, one := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(one) {
			signals = append(signals, one)
		}
	}
	if len(signals) == 0 {
		return context.WithCancel(ctx) // no signals would be all of them
	}
	return signal.NotifyContext(ctx, signals...)
}

// wait waits. It returns false at once if the context is done, and before the
// time is up if whoever reads the file has gone, of which a writer with nothing
// to write would not hear.
func wait(ctx context.Context, file *os.File, duration time.Duration) bool {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	}
	poll := []unix.PollFd{{Fd: int32(file.Fd())}}
	count, err := unix.Poll(poll, 0)
	return err != nil || count == 0 || poll[0].Revents&unix.POLLERR == 0
}

// follower picks out of a recording that is read again and again what it has
// not given yet. Each event is given once, when it has ended.
type follower struct {
	// floor is the boot time until which everything has been given, and up to
	// which the next read may leave out what it likes.
	floor uint64
	// whole is all that the recording has, whatever the last read left out.
	whole    *event.History
	snapshot *ring.Snapshot

	// given are the events that ended after the floor, held those that are not
	// given yet, because what follows may change what they mean.
	given, held map[eventKey]bool
	// calls counts those that were given, ever; told is what the accounts so
	// far said to be missing.
	calls uint64
	told  ring.Account
}

// eventKey tells an event from all others: a CPU ends one thing at a time.
type eventKey struct {
	kind       ring.Type
	cpu        uint32
	start, end uint64
}

// overlap is how long after its end, by the kernel's own stamp, an event may
// come into the ring, ns. It is a matter of microseconds unless the CPU is taken
// away in between.
const overlap = uint64(time.Second)

// next returns what a newer snapshot has more, in the order of its end, with an
// account of what got lost in between. In the last one are also the calls that
// go on.
func (f *follower) next(snapshot *ring.Snapshot, architecture string, last bool) *event.History {
	floor := snapshot.Taken - min(snapshot.Taken, overlap)
	if f.snapshot != nil {
		idle := len(snapshot.Chunks) == 0 && !last
		snapshot.Merge(f.snapshot)
		if idle {
			f.snapshot, f.floor = snapshot, floor
			return &event.History{}
		}
	}
	f.snapshot = snapshot
	f.whole = event.Decode(snapshot, architecture)
	latest := findLatest(f.whole)
	given, held := make(map[eventKey]bool), make(map[eventKey]bool)
	part := &event.History{}
	heldCalls := uint64(0)
	for i := range f.whole.Events {
		e := &f.whole.Events[i]
		key := eventKey{e.Type, e.CPU, e.Start, e.End}
		switch isCall := e.Type == ring.TypeCall; {
		case isCall && e.Call.State == ring.StateInFlight:
			if last {
				part.Events = append(part.Events, *e)
			}
			continue
		case f.given[key] || e.End <= f.floor && !f.held[key]:
		case !last && latest.mayChange(e):
			held[key] = true
			if isCall {
				heldCalls++
			}
			continue
		default:
			part.Events = append(part.Events, *e)
			if isCall {
				f.calls++
			}
		}
		if e.End > floor {
			given[key] = true
		}
	}
	f.given, f.held, f.floor = given, held, floor
	slices.SortStableFunc(part.Events, func(a, b event.Event) int { return cmp.Compare(a.End, b.End) })
	part.Account = f.account(heldCalls)
	return part
}

// account is what is missing between the events that were given last and these.
func (f *follower) account(heldCalls uint64) ring.Account {
	now := f.whole.Account
	recorded := now.Kept + now.Overwritten
	missing := recorded - min(recorded, f.calls+heldCalls)
	account := ring.Account{
		Made:        now.Made - min(now.Made, f.told.Made),
		Overwritten: missing - min(missing, f.told.Overwritten),
		Lost:        now.Lost - min(now.Lost, f.told.Lost),
		Malformed:   now.Malformed - min(now.Malformed, f.told.Malformed),
		Damaged:     now.Damaged && !f.told.Damaged,
	}
	if account.Overwritten > 0 {
		account.CompleteSince = now.CompleteSince
	}
	f.told = ring.Account{
		Made:        max(now.Made, f.told.Made),
		Overwritten: max(missing, f.told.Overwritten),
		Lost:        max(now.Lost, f.told.Lost),
		Malformed:   max(now.Malformed, f.told.Malformed),
		Damaged:     now.Damaged || f.told.Damaged,
	}
	return account
}

// latest is when what happened to a thread last happened, by its ID.
type latest struct{ event, exit map[uint32]uint64 }

func findLatest(history *event.History) latest {
	l := latest{event: make(map[uint32]uint64), exit: make(map[uint32]uint64)}
	for i := range history.Events {
		e := &history.Events[i]
		l.event[e.TID] = max(l.event[e.TID], e.End)
		if e.Type == ring.TypeExit {
			l.exit[e.TID] = max(l.exit[e.TID], e.End)
		}
	}
	return l
}

// mayChange says whether what comes next of an event's thread may make another
// thing of the event (package event): a SIGKILL is none if the thread exits by
// itself, an interrupted call is restarted by nobody if it exits.
func (l latest) mayChange(e *event.Event) bool {
	const killed, restartFirst, restartLast = 9, -516, -512
	switch e.Type {
	case ring.TypeSignal:
		return e.Signal.Number == killed && l.exit[e.TID] < e.End
	case ring.TypeCall:
		return e.Call.Return >= restartFirst && e.Call.Return <= restartLast && l.event[e.TID] <= e.End
	}
	return false
}
