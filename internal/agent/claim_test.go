package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/internal/containers"
	"traceloop/recorder"
	"traceloop/syscalls"
)

// claiming runs an agent that records what is claimed, before anybody has said
// which claims there are.
func claiming(t *testing.T, fake *fakeRecorder, config Config) *daemon {
	t.Helper()
	config.Claims = true
	return begin(t, fake, config)
}

// pod is a claim on the pods whose name a pattern matches.
func pods(name, pattern, calls string) Claim {
	claim := Claim{Name: name, Match: func(c *containers.Container) (bool, bool) {
		matched, err := path.Match(pattern, c.Pod)
		return matched && err == nil && !c.Sandbox, true
	}}
	if calls != "" {
		filter, err := syscalls.ParseFilter(calls)
		if err != nil {
			panic(err)
		}
		claim.Calls = filter
	}
	return claim
}

func (d *daemon) claim(t *testing.T, claim Claim) {
	t.Helper()
	if err := d.SetClaim(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
}

func (d *daemon) completed(t *testing.T) *daemon {
	t.Helper()
	if err := d.CompleteClaims(); err != nil {
		t.Fatal(err)
	}
	return d
}

// podContainer has a container of a pod begin, which the runtime tells of.
func (d *daemon) podContainer(start, pod string) (recording string) {
	d.source.Put(containers.Container{ID: id(start), Name: pod, Runtime: "containerd", Namespace: "default", Pod: pod, ContainerName: "main", PID: 1})
	return d.fake.start(docker(start))
}

// has is which pods' recordings a claim has.
func (d *daemon) has(t *testing.T, name string) string {
	t.Helper()
	all, err := d.Claimed(name)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, c := range all {
		text := c.Container.Pod
		if !c.Running {
			text += " ended"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}

func (d *daemon) awaitClaimed(t *testing.T, name, want string) {
	t.Helper()
	got := ""
	if !until(func() bool { got = d.has(t, name); return got == want }) {
		t.Fatalf("claim %s has %q, want %q\nlog:\n%s", name, got, want, d.log)
	}
}

func TestNothingIsRecordedThatNobodyClaims(t *testing.T) {
	fake := newFake()
	d := claiming(t, fake, Config{}).completed(t)
	d.podContainer("a", "web")
	if on, _ := fake.Adopting(); on {
		t.Error("containers are adopted that nobody claims")
	}
	d.claim(t, pods("one", "web", ""))
	if ready, _ := fake.Ready(); ready == 0 {
		t.Error("no ring is ready when a claim is set")
	}
	// What runs is taken in, late; of what comes only the claimed stays.
	d.awaitClaimed(t, "one", "web")
	other := d.podContainer("b", "shop")
	eventually(t, "what nobody claims is given back", func() bool { return !slices.Contains(fake.names(), other) })
	d.awaitIDs(t, "a recording")

	if err := d.RemoveClaim("one"); err != nil {
		t.Fatal(err)
	}
	if names := fake.names(); len(names) > 0 {
		t.Errorf("rings %v are there when nobody claims anything", names)
	}
	if on, _ := fake.Adopting(); on {
		t.Error("containers are adopted when nobody claims anything")
	}
	if err := d.RemoveClaim("one"); err != nil {
		t.Errorf("removing a claim again: %v", err)
	}
}

func TestTwoClaimsOfOneContainer(t *testing.T) {
	fake := newFake()
	d := claiming(t, fake, Config{}).completed(t)
	d.claim(t, pods("one", "*", "openat"))
	ended := d.podContainer("d", "early")
	fake.end(ended, 0)
	d.awaitClaimed(t, "one", "early ended")
	ring := d.podContainer("a", "web")
	d.awaitClaimed(t, "one", "early ended, web")
	if got := fake.filter(ring); got != "openat" {
		t.Errorf("recorded are %s, want what one claim wants", got)
	}
	d.claim(t, pods("two", "*", "write"))
	d.awaitClaimed(t, "two", "web") // and not what had ended before
	eventually(t, "both have their calls recorded", func() bool { return fake.filter(ring) == "openat or write" })

	if err := d.Release("one", id("a")); err != nil {
		t.Fatal(err)
	}
	d.awaitClaimed(t, "one", "early ended")
	d.awaitClaimed(t, "two", "web")
	if got := fake.filter(ring); got != "write" {
		t.Errorf("recorded are %s, want what is left", got)
	}
	if err := d.Release("one", id("a")); !errors.Is(err, recorder.ErrNotFound) {
		t.Errorf("releasing what it has not: %v", err)
	}
	d.claim(t, pods("three", "web", ""))
	d.awaitClaimed(t, "three", "web")
	if err := d.RemoveClaim("two"); err != nil {
		t.Fatal(err)
	}
	d.awaitClaimed(t, "three", "web")
	d.awaitClaimed(t, "one", "early ended")
	if got := fake.filter(ring); got != "all" {
		t.Errorf("recorded are %s, want all", got)
	}
	if err := d.Release("three", id("a")); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(fake.names(), ring) {
		t.Error("the ring is there when nobody claims it")
	}
	if r, err := d.ReadClaimed("one", id("d")); err != nil || r.Container.Pod != "early" {
		t.Errorf("reading a claimed recording: %v", err)
	}
	if _, err := d.ReadClaimed("one", id("a")); !errors.Is(err, recorder.ErrNotFound) {
		t.Errorf("reading what it has not: %v", err)
	}
}

func TestReleasedContainerStaysReleased(t *testing.T) {
	fake := newFake()
	d := claiming(t, fake, Config{}).completed(t)
	d.claim(t, pods("one", "*", ""))
	d.podContainer("a", "web")
	d.podContainer("b", "shop")
	d.awaitClaimed(t, "one", "web, shop")
	if err := d.Release("one", id("a")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.client.Delete(t.Context(), connect.NewRequest(&traceloopv1.DeleteRequest{References: []string{id("b")}})); err != nil {
		t.Fatal(err)
	}
	d.awaitClaimed(t, "one", "")
	// Who comes has what runs taken in anew.
	d.claim(t, pods("two", "*", ""))
	d.awaitClaimed(t, "two", "web, shop")
	d.awaitClaimed(t, "one", "")
	if all, err := d.Unrecorded("one"); err != nil || len(all) > 0 {
		t.Errorf("not recorded are %v, %v: want what was released left out", all, err)
	}
}

func TestClaimsOutliveTheAgent(t *testing.T) {
	fake := newFake()
	d := claiming(t, fake, Config{}).completed(t)
	d.claim(t, pods("one", "*", "openat"))
	d.claim(t, pods("two", "*", ""))
	kept, left := d.podContainer("a", "web"), d.podContainer("b", "shop")
	d.awaitClaimed(t, "one", "web, shop")
	d.awaitClaimed(t, "two", "web, shop")
	if err := d.Release("one", id("b")); err != nil {
		t.Fatal(err)
	}
	fake.end(left, 1)
	d.awaitClaimed(t, "two", "web, shop ended")
	eventually(t, "the verdicts are noted", func() bool { return strings.Contains(noteOf(fake, kept), "two") })
	d.stop()

	// Meanwhile nobody knows who claims what: everything stays.
	next := claiming(t, fake, Config{})
	between := next.podContainer("c", "between")
	next.source.Put(containers.Container{ID: id("a"), Runtime: "containerd", Namespace: "default", Pod: "web", ContainerName: "main", PID: 1})
	eventually(t, "what comes meanwhile is recorded", func() bool { return slices.Contains(fake.names(), between) })
	if names := fake.names(); len(names) != 3 {
		t.Errorf("rings %v are there, want all three", names)
	}
	claim := pods("one", "*", "openat")
	claim.Held = []string{id("a")}
	next.claim(t, claim)
	next.completed(t)
	next.awaitClaimed(t, "one", "web, between")
	eventually(t, "what only a claim had that is gone is given back", func() bool { return !slices.Contains(fake.names(), left) })
	if got := fake.filter(kept); got != "openat" {
		t.Errorf("recorded are %s, want what the claim that is left wants", got)
	}
}

func noteOf(fake *fakeRecorder, name string) string {
	all, _ := fake.List()
	for _, info := range all {
		if info.Name == name {
			return string(info.Note)
		}
	}
	return ""
}

func TestFileOfAClaim(t *testing.T) {
	fake := newFake()
	state := t.TempDir()
	d := claiming(t, fake, Config{StateDirectory: state, Memory: 4 * ringSize, Ready: 2}).completed(t)
	d.claim(t, pods("one", "*", ""))
	for i := range 6 {
		eventually(t, "a ring is ready", func() bool { ready, _ := fake.Ready(); return ready > 0 })
		fake.end(d.podContainer(fmt.Sprint("a", i), fmt.Sprint("web-", i)), 0)
		eventually(t, "it is claimed", func() bool { return strings.Contains(d.has(t, "one"), fmt.Sprint("web-", i)) })
	}
	var want []string
	for i := range 6 {
		want = append(want, fmt.Sprintf("web-%d ended", i))
	}
	d.awaitClaimed(t, "one", strings.Join(want, ", "))
	if r, err := d.ReadClaimed("one", id("a0")); err != nil || r.Container.Pod != "web-0" {
		t.Errorf("reading a file: %v", err)
	}
	if err := d.Release("one", id("a0")); err != nil {
		t.Fatal(err)
	}
	d.awaitClaimed(t, "one", strings.Join(want[1:], ", "))
	if err := d.RemoveClaim("one"); err != nil {
		t.Fatal(err)
	}
	if files := d.store.list(); len(files) > 0 || len(fake.names()) > 0 {
		t.Errorf("%d files and rings %v are there when nobody claims them", len(files), fake.names())
	}
}

func TestUnknownLabelsLeaveTheVerdictOpen(t *testing.T) {
	fake := newFake()
	d := claiming(t, fake, Config{}).completed(t)
	known := make(chan struct{})
	d.claim(t, Claim{Name: "one", Match: func(*containers.Container) (bool, bool) {
		select {
		case <-known:
			return true, true
		default:
			return false, false
		}
	}})
	ring := d.podContainer("a", "web")
	time.Sleep(3 * d.grace)
	if got := d.has(t, "one"); got != "" || !slices.Contains(fake.names(), ring) {
		t.Errorf("the claim has %q and the rings are %v while it is open", got, fake.names())
	}
	close(known)
	d.awaitClaimed(t, "one", "web")
}

func TestContainerThatCouldNotBeRecorded(t *testing.T) {
	fake := newFake()
	d := claiming(t, fake, Config{Memory: 2 * ringSize, Ready: 1}).completed(t)
	d.claim(t, pods("one", "web-*", ""))
	for i := range 3 {
		eventually(t, "a ring is ready, or will never be", func() bool { ready, _ := fake.Ready(); return ready > 0 || i > 1 })
		d.podContainer(fmt.Sprint("a", i), fmt.Sprint("web-", i))
	}
	d.podContainer("b", "shop")
	d.awaitClaimed(t, "one", "web-0, web-1")
	var all []Unrecorded
	eventually(t, "it is said which container is not recorded", func() bool {
		var err error
		all, err = d.Unrecorded("one")
		return err == nil && len(all) > 0
	})
	if len(all) != 1 || all[0].Container.Pod != "web-2" || !strings.Contains(all[0].Reason, "memory") {
		t.Errorf("not recorded are %+v, want web-2 for want of memory", all)
	}
}

func TestClaimsAreTold(t *testing.T) {
	fake := newFake()
	d := claiming(t, fake, Config{}).completed(t)
	d.claim(t, pods("one", "*", ""))
	drain := func() {
		select {
		case <-d.ClaimsChanged():
		default:
		}
	}
	drain()
	begun := time.Now()
	d.podContainer("a", "web")
	select {
	case <-d.ClaimsChanged():
	case <-time.After(deadline):
		t.Fatal("a new recording of a claim was not told")
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("a new recording of a claim was told after %v", took)
	}
	d.awaitClaimed(t, "one", "web")
}

func TestAgentWithoutClaimsTakesNone(t *testing.T) {
	d := begin(t, newFake(), Config{})
	for _, err := range []error{d.SetClaim(t.Context(), pods("one", "*", "")), d.RemoveClaim("one"), d.CompleteClaims()} {
		if !errors.Is(err, errNoClaims) {
			t.Errorf("error %v, want %v", err, errNoClaims)
		}
	}
}

func TestClaimThatCannotBeSet(t *testing.T) {
	fake := newFake()
	d := claiming(t, fake, Config{}).completed(t)
	fault := errors.New("no kernel")
	fake.fault("SetAdoption", fault)
	if err := d.SetClaim(t.Context(), pods("one", "*", "")); !errors.Is(err, fault) {
		t.Errorf("setting a claim: %v, want %v", err, fault)
	}
	if all, err := d.Claimed("one"); err != nil || len(all) > 0 {
		t.Errorf("the claim has %v, %v", all, err)
	}
	fake.fault("SetAdoption", nil)
	d.claim(t, pods("one", "*", ""))
	d.podContainer("a", "web")
	d.awaitClaimed(t, "one", "web")
}

// A runtime that is slow, or away, may still say that a container is its own.
func TestContainerThatIsNamedLate(t *testing.T) {
	fake := newFake()
	var mutex sync.Mutex
	connected := false
	runtimes := func() []containers.RuntimeStatus {
		mutex.Lock()
		defer mutex.Unlock()
		return []containers.RuntimeStatus{{Name: "containerd", Connected: connected}, {Name: "docker", Err: fs.ErrNotExist}}
	}
	d := claiming(t, fake, Config{Runtimes: runtimes}).completed(t)
	d.claim(t, pods("one", "*", ""))
	early := fake.start(docker("a"))
	time.Sleep((slownessOfRuntimes + 2) * d.grace)
	if !slices.Contains(fake.names(), early) {
		t.Fatal("its ring was given back while its runtime was away")
	}
	mutex.Lock()
	connected = true
	mutex.Unlock()
	d.source.Put(containers.Container{ID: id("a"), Runtime: "containerd", Namespace: "default", Pod: "early", PID: 1})
	d.awaitClaimed(t, "one", "early")

	late := fake.start(docker("b"))
	eventually(t, "a ring that no runtime knows is given back", func() bool { return !slices.Contains(fake.names(), late) })
	d.source.Put(containers.Container{ID: id("b"), Runtime: "containerd", Namespace: "default", Pod: "late", PID: 1})
	d.awaitClaimed(t, "one", "early, late")
}
