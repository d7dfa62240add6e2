// Package agent is the daemon's heart: it joins what the kernel side records
// with what the container runtimes say, keeps the rings within a budget and
// answers the API.
//
// # What a recording is called
//
// A recording's ID is that of its container, as the runtime has it. A container
// may be started several times, and each time is a recording of its own. They
// are numbered from 1, and ID.NUMBER is always the same one of them; the bare ID
// means the one that runs, or the newest if none does. List shows the bare ID
// for that one and ID.NUMBER for the others, and as the exact ID always the
// latter. A container that no runtime knows
// has the ID in its cgroup's name or, where there is none, the recorder's own name,
// adopted-N; what was attached by hand has the name that it was given. Until a
// container's own execve it is not known which one it will be, and it is
// adopted-N too; that name goes on to be understood.
//
// # What is recorded
//
// Every container, but for those that are filtered out; or, with Config.Claims,
// those that somebody claims: see [Claim].
//
// # Who owns what
//
//	watch     waits for the recorder's news and wakes the next two
//	track     brings the model up to date: who is recorded, who that is
//	balance   gives rings back, evicts, stocks rings, adopts who was refused
//	save      writes files, one at a time
//
// The model is guarded by one mutex, under which nothing waits but for the
// kernel. Rings are given back, and room is given away, under another one
// (removals) that is taken first.
package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/internal/containers"
	"traceloop/recorder"
	"traceloop/ring"
	"traceloop/syscalls"
)

// Recorder is what the agent uses of a [recorder.Recorder].
type Recorder interface {
	List() ([]recorder.Info, error)
	Wait(ctx context.Context) error
	SetAdoption(options recorder.Options) error
	EndAdoption() error
	Adopting() (bool, error)
	Reconsider() error
	SetFilter(name string, filter *syscalls.Filter) error
	Stock(count int) (int, error)
	Ready() (int, error)
	AdoptRunning() (left int, err error)
	Refused() (uint64, error)
	SetNote(name string, note []byte) error
	Sweep() error
	Attach(name string, scope recorder.Scope, options recorder.Options) error
	Detach(name string) error
	Delete(name string) error
	Read(name string) (*ring.Snapshot, error)
	// Failures are the operations of the programs that failed, of all
	// recordings together.
	Failures() ([]ring.Failure, error)
}

// Config is what an agent is made of.
type Config struct {
	Recorder Recorder
	Registry *containers.Registry // nil: there are no runtimes to ask
	// Runtimes says how the runtimes are; nil: there are none.
	Runtimes func() []containers.RuntimeStatus
	Log      *slog.Logger // nil: nothing is logged

	Memory      uint64 // budget of all rings, bytes
	RingSize    int    // of one, bytes
	StringLimit int    // bytes captured of a string
	Capture     recorder.Capture
	Calls       *syscalls.Filter // which calls; nil: all
	Ready       int              // rings kept ready for containers to come

	Filter    *containers.Filter // which containers; nil: all
	Sandboxes bool               // record pods' pause containers too
	// Claims: containers are recorded that somebody claims, and no others. What an
	// earlier agent recorded stays until CompleteClaims says who still does.
	Claims bool

	StateDirectory string // where evicted recordings are saved; empty: nowhere
	StateSize      uint64 // how many bytes of files may be there, oldest go first; 0: any

	// Redact is what must not be shown: matches are masked in what is read and
	// saved, and in what is listed, but for IDs.
	Redact []*regexp.Regexp

	Version  string
	Settings string // what the daemon was told, as YAML
	// Pinned is the directory in which the recorder's work outlives the daemon;
	// empty: it does not.
	Pinned string
	// Since is when the programs were loaded; zero: just now.
	Since time.Time
}

// Agent keeps the recordings of one host. Its methods may be called from
// several goroutines; Run once.
type Agent struct {
	config   Config
	recorder Recorder
	log      *slog.Logger
	started  time.Time
	host     host
	features func() []*traceloopv1.Feature
	store    *store
	kernel   *containers.Source // in the registry: containers that no runtime knows; nil: there is no registry
	problems *problems

	requests  chan struct{} // places of requests and their answers
	reads     chan struct{} // places that clients have which are sent a recording
	turnstile chan struct{} // has one while a client waits for places
	reading   atomic.Int64  // clients that are sent a recording, or wait for it

	// Waiting times, and where things are, for tests to shorten and to change.
	grace          time.Duration // how long a runtime may take to announce a container
	idle           time.Duration // between looks when nothing happens
	patience       time.Duration // with the disk, for each recording that makes room
	sendTimeout    time.Duration // for a client to take a piece
	requestTimeout time.Duration // for a client to send its request
	cgroups        []string      // where a hierarchy of version 2 may be mounted
	processes      string        // where /proc is

	trackNews   chan struct{} // of capacity 1
	balanceNews chan struct{}
	claimNews   chan struct{}

	removals sync.Mutex // held by who deletes recordings or takes room; guards what follows
	adopting bool       // the recorder adopts containers
	adopt    bool       // containers that run may wait for a ring
	left     int        // how many did, when they were counted last
	stuck    map[string]time.Time

	mutex   sync.Mutex // guards what follows; never held while a file is read or written
	entries map[string]*entry
	known   map[string]*knownContainer
	claims  map[string]*claim
	// complete: all claims of before the agent's beginning are set.
	complete bool
	// heard is since when all runtimes are connected; zero: one is not.
	heard time.Time
	// strangers are IDs of containers that run, whose rings were given back
	// because no runtime knew them. One that does now has them adopted: returned.
	strangers map[string]bool
	returned  bool
	told      string // what was last said to have changed, see ClaimsChanged
	clocks    clocks
	retired   totals // of recordings that are gone
	counts    counts
	ready     int
	swept     time.Time
}

// totals are sums over recordings.
type totals struct{ calls, overwritten, filtered, lost uint64 }

func (t *totals) add(info *recorder.Info) {
	t.calls += info.Calls
	t.overwritten += info.Overwritten
	t.filtered += info.Filtered
	t.lost += info.Lost
}

// counts are what happened since the agent began.
type counts struct {
	evicted uint64
	leftOut uint64 // rings given back: sandboxes, filtered, no containers
	refused uint64 // by the kernel side, ever
}

// host says where this is.
type host struct{ name, kernel string }

func thisHost() (host, error) {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return host{}, fmt.Errorf("reading the kernel's name: %w", err)
	}
	return host{unix.ByteSliceToString(name.Nodename[:]), unix.ByteSliceToString(name.Release[:])}, nil
}

// New makes an agent. It reads the state directory, and makes it if need be.
// Errors: what is wrong with the configuration; a directory that cannot be used.
func New(config Config) (*Agent, error) {
	if config.Recorder == nil {
		return nil, errors.New("no recorder is given to the agent")
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	ring := uint64(ringBytes(config.RingSize))
	if config.Memory < ring || ring == 0 {
		return nil, fmt.Errorf("memory of %d bytes for rings of %d bytes: it must be enough for one at least", config.Memory, config.RingSize)
	}
	if config.Ready < 0 {
		return nil, fmt.Errorf("%d rings to be kept ready: must be 0 or more", config.Ready)
	}
	here, err := thisHost()
	if err != nil {
		return nil, err
	}
	a := &Agent{
		config:         config,
		recorder:       config.Recorder,
		log:            config.Log,
		started:        time.Now(),
		host:           here,
		features:       sync.OnceValue(func() []*traceloopv1.Feature { return features(config.Pinned) }),
		requests:       make(chan struct{}, maximumRequests),
		reads:          make(chan struct{}, maximumReads),
		turnstile:      make(chan struct{}, 1),
		grace:          2 * time.Second,
		idle:           10 * time.Second,
		patience:       250 * time.Millisecond,
		sendTimeout:    30 * time.Second,
		requestTimeout: 3 * time.Second,
		cgroups:        []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"},
		processes:      "/proc",
		trackNews:      make(chan struct{}, 1),
		balanceNews:    make(chan struct{}, 1),
		claimNews:      make(chan struct{}, 1),
		adopt:          true,
		stuck:          make(map[string]time.Time),
		entries:        make(map[string]*entry),
		known:          make(map[string]*knownContainer),
		claims:         make(map[string]*claim),
		strangers:      make(map[string]bool),
	}
	if a.config.Since.IsZero() {
		a.config.Since = a.started
	}
	if config.Registry != nil {
		a.kernel = config.Registry.NewSource("kernel", containers.RankKernel)
	}
	a.problems = newProblems(a.log)
	if err := a.clocks.look(); err != nil {
		return nil, err
	}
	if a.store, err = openStore(config.StateDirectory, config.StateSize, a.problems, a.log); err != nil {
		return nil, err
	}
	return a, nil
}

// Run keeps the recordings until ctx is done; recordings go on without it, if
// the recorder's do. It returns when all that it started has ended, and the
// recordings that were to be saved are, or have had ten seconds to be. Its error
// says why it could not begin.
func (a *Agent) Run(ctx context.Context) error {
	if err := a.beginAdopting(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	a.subscribe()
	defer a.unsubscribe()
	saved := make(chan struct{})
	go func() {
		defer close(saved)
		a.store.run()
	}()
	running.Go(func() { a.watch(ctx) })
	running.Go(func() { a.track(ctx) })
	running.Go(func() { a.balance(ctx) })
	<-ctx.Done()
	running.Wait()
	a.store.stop()
	select {
	case <-saved:
	case <-time.After(10 * time.Second):
		a.log.Error("the disk is too slow: recordings that made room for others are lost")
	}
	return nil
}

// beginAdopting has the recorder adopt containers. An agent that takes claims
// goes on with what an earlier one began, if there is that, as its claims are
// not known yet.
func (a *Agent) beginAdopting() error {
	a.removals.Lock()
	defer a.removals.Unlock()
	if a.config.Claims {
		on, err := a.recorder.Adopting()
		if err != nil || !on {
			return err
		}
	}
	if err := a.recorder.SetAdoption(a.adoption()); err != nil {
		return fmt.Errorf("setting how containers are recorded: %w", err)
	}
	a.adopting = true
	return nil
}

// adoption is how containers are recorded.
func (a *Agent) adoption() recorder.Options {
	return recorder.Options{
		RingSize:    a.config.RingSize,
		StringLimit: a.config.StringLimit,
		Capture:     a.config.Capture,
		Filter:      a.config.Calls,
	}
}

// watch wakes track when the recorder has news.
func (a *Agent) watch(ctx context.Context) {
	for ctx.Err() == nil {
		err := a.recorder.Wait(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			// Looks go on at their slow pace.
			a.problems.set("wait", fmt.Errorf("waiting for the recorder's news: %w", err))
			pause(ctx, a.idle)
			continue
		}
		a.problems.clear("wait")
		wake(a.balanceNews) // rings first: who they are can wait
		wake(a.trackNews)
	}
}

// breath is how long a flood of news may gather before it is looked at.
const breath = 20 * time.Millisecond

// share is the part of a core that looking takes in a flood of news: one of so many.
const share = 5

// track brings the model up to date whenever something happened, and now and
// then without that.
func (a *Agent) track(ctx context.Context) {
	for {
		begun := time.Now()
		waiting := a.look()
		wake(a.balanceNews)
		pause(ctx, max(breath, (share-1)*time.Since(begun)))
		next := a.idle
		if waiting {
			next = min(next, a.grace/2)
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-a.trackNews:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// wake tells a goroutine that there is news, unless it has been told already.
func wake(news chan struct{}) {
	select {
	case news <- struct{}{}:
	default:
	}
}

// pause waits, unless ctx is done before.
func pause(ctx context.Context, duration time.Duration) {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// ringBytes is how much memory a ring of that size takes.
func ringBytes(size int) int {
	page := os.Getpagesize()
	return (size + page - 1) / page * page
}
