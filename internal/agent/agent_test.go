package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/internal/containers"
	"traceloop/recorder"
)

// nginx is a container that Docker knows.
func nginx(start string) containers.Container {
	return containers.Container{
		ID: id(start), Name: "web-" + start, Runtime: "docker", Image: "nginx:1", Labels: map[string]string{"tier": "front"}, PID: 1,
	}
}

func TestContainerIsNamedByItsRuntime(t *testing.T) {
	d := begin(t, newFake(), Config{})
	name := d.fake.start(docker("aa"))
	d.awaitIDs(t, "aa recording")
	before := d.find1(t, "aa")
	if before.Name != id("aa") || before.Cgroup != "/system.slice/docker-"+id("aa")+".scope" || before.Scope != "container" {
		t.Errorf("before its runtime is heard: %v", before)
	}
	d.source.Put(nginx("aa"))
	eventually(t, "it has its name", func() bool { return d.find1(t, "aa").Name == "web-aa" })
	d.fake.change(name, func(info *recorder.Info) { info.Calls, info.Overwritten, info.Filtered, info.Lost = 10, 4, 3, 2 })
	d.fake.end(name, 9|0x80)
	d.awaitIDs(t, "aa exited")
	r := d.find1(t, "aa")
	if r.Image != "nginx:1" || r.Runtime != "docker" || r.Labels["tier"] != "front" || r.GetExitCode() != 137 || r.ExitSignal != 9 ||
		r.Calls != 10 || r.Overwritten != 4 || r.Filtered != 3 || r.Lost != 2 || r.Bytes != ringSize {
		t.Errorf("%v", r)
	}
	if now := time.Now(); now.Sub(r.Started.AsTime()).Abs() > time.Minute || r.Ended.AsTime().Before(r.Executed.AsTime()) || r.Executed.AsTime().Before(r.Started.AsTime()) {
		t.Errorf("started %v, executed %v, ended %v", r.Started.AsTime(), r.Executed.AsTime(), r.Ended.AsTime())
	}
	if got := d.filtered(t, "name=web*,label=tier=front"); len(got) != 1 {
		t.Errorf("the filter finds %v", got)
	}
	if got := d.filtered(t, "!name=web*"); len(got) != 0 {
		t.Errorf("the filter finds %v", got)
	}
	_, err := d.client.List(t.Context(), connect.NewRequest(&traceloopv1.ListRequest{Filter: "colour=red"}))
	code(t, err, connect.CodeInvalidArgument, "colour")
}

// A container that lives 5 ms is gone when its name is known.
func TestNameComesAfterTheContainerHasGone(t *testing.T) {
	d := begin(t, newFake(), Config{})
	d.source.Put(nginx("aa"))
	d.source.Remove(id("aa"))
	d.fake.run(docker("aa"))
	eventually(t, "it has its name", func() bool { return d.ids(t) == "aa exited" && d.find1(t, "aa").Name == "web-aa" })
	d.fake.run(docker("bb"))
	d.awaitIDs(t, "aa exited, bb exited")
	d.source.Put(nginx("bb"))
	d.source.Remove(id("bb"))
	eventually(t, "it has its name", func() bool { return d.find1(t, "bb").Name == "web-bb" })
}

func TestWhoContainersAre(t *testing.T) {
	for _, test := range []struct {
		name  string
		known containers.Container
		info  recorder.Info
		want  string
	}{
		{"ctr's cgroup", containers.Container{ID: "web", Runtime: "containerd", RuntimeNamespace: "default"}, inCgroup("/default/web"), "web"},
		{"a cgroup of its own choice", containers.Container{ID: "web", Runtime: "containerd", RuntimeNamespace: "default"}, inCgroup("/mine/web"), "web"},
		{"another's cgroup of that name", containers.Container{ID: "web", Runtime: "containerd", RuntimeNamespace: "default", PID: 7}, inCgroup("/mine/web"), "adopted-1"},
		{"its process", containers.Container{ID: "web", Runtime: "containerd", PID: 4242}, recorder.Info{PID: 4242, CgroupNames: []string{"x"}}, "web"},
		{"another process", containers.Container{ID: "web", Runtime: "containerd", PID: 4243}, recorder.Info{PID: 4242}, "adopted-1"},
		{"no process", containers.Container{ID: "web", Runtime: "containerd"}, recorder.Info{}, "adopted-1"},
		{"another's ID, its process", nginx("aa"), recorder.Info{PID: 1, CgroupNames: []string{"docker-" + id("bb") + ".scope"}}, "bb"},
		{"a container of a known one", nginx("aa"), inCgroup("/docker/" + id("aa") + "/kubepods/" + id("bb")), "bb"},
		{"a known one within another", nginx("bb"), inCgroup("/docker/" + id("aa") + "/kubepods/" + id("bb")), "bb"},
		{"before its execve", nginx("aa"), func() recorder.Info { i := docker("aa"); i.Executed, i.Late = 0, false; return i }(), "aa"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := begin(t, newFake(), Config{})
			d.source.Put(test.known)
			d.fake.start(test.info)
			d.awaitIDs(t, test.want+" recording")
		})
	}
}

// Before its execve a container may still be in its runtime's cgroup, which may
// be in another container.
func TestSetUpIsNobodysYet(t *testing.T) {
	fake := newFake()
	d := begin(t, fake, Config{})
	d.source.Put(nginx("aa"))
	fake.mutex.Lock()
	name := fake.adopt(docker("aa"))
	fake.all[0].Executed, fake.all[0].Tasks = 0, 1
	fake.mutex.Unlock()
	fake.tell()
	d.awaitIDs(t, "adopted-1 recording")
	fake.change(name, func(info *recorder.Info) {
		info.Executed, info.CgroupNames = bootNow(), docker("bb").CgroupNames
	})
	d.awaitIDs(t, "bb recording")
	// Its first name goes on to be understood.
	if r, _, err := d.read(t.Context(), &traceloopv1.ReadRequest{Reference: name}); err != nil || abbreviate(r.Id) != "bb" {
		t.Errorf("%v, %v", r, err)
	}
}

func TestRestartedContainerHasARecordingEachTime(t *testing.T) {
	d := begin(t, newFake(), Config{})
	d.source.Put(nginx("aa"))
	first := d.fake.run(docker("aa"))
	d.awaitIDs(t, "aa exited")
	second := d.fake.start(docker("aa"))
	d.awaitIDs(t, "aa.1 exited, aa recording")
	d.fake.end(second, 0)
	d.awaitIDs(t, "aa.1 exited, aa exited")
	for reference, want := range map[string]string{"aa": second, id("aa"): second, "web-aa": second, "aa.1": first, id("aa") + ".2": second} {
		_, r, err := d.read(t.Context(), &traceloopv1.ReadRequest{Reference: reference})
		if err != nil {
			t.Errorf("%s: %v", reference, err)
		} else if !strings.Contains(string(r.Snapshot.Chunks[0]), want) {
			t.Errorf("%s is not %s", reference, want)
		}
	}
}

func TestUnknownContainerIsAnnounced(t *testing.T) {
	d := begin(t, newFake(), Config{})
	name := d.fake.start(inCgroup("/machine.slice/machine-box.scope/payload"))
	var container containers.Container
	eventually(t, "the registry knows it", func() bool {
		var found bool
		container, found = d.registry.Get("adopted-1")
		return found
	})
	if container.Name != "machine-box.scope" || container.Runtime != "" {
		t.Errorf("%+v", container)
	}
	if r := d.find1(t, "adopted-1"); r.Name != "machine-box.scope" || r.Runtime != "" {
		t.Errorf("%v", r)
	}
	d.fake.end(name, 0)
	eventually(t, "the registry has forgotten it", func() bool {
		_, found := d.registry.Get("adopted-1")
		return !found
	})
	d.fake.start(inCgroup("/machine.slice/machine-tin.scope"))
	eventually(t, "the registry knows the other", func() bool { return len(d.registry.All()) == 1 })
	d.stop()
	if all := d.registry.All(); len(all) != 0 {
		t.Errorf("left in the registry: %v", all)
	}
}

func TestWhatIsLeftOut(t *testing.T) {
	filter, err := containers.ParseFilter("!name=secret*")
	if err != nil {
		t.Fatal(err)
	}
	d := begin(t, newFake(), Config{Filter: filter})
	sandbox := nginx("aa")
	sandbox.Sandbox = true
	d.source.Put(sandbox)
	secret := nginx("bb")
	secret.Name = "secret"
	d.source.Put(secret)
	d.fake.start(docker("aa"))
	d.fake.start(docker("bb"))
	d.fake.start(inCgroup("/secret.service"))
	d.fake.start(inCgroup("/nginx.service"))
	d.awaitIDs(t, "adopted-4 recording")
	// A namespace in which nothing was ever executed is none.
	d.fake.change(d.fake.start(recorder.Info{}), func(info *recorder.Info) { info.Executed, info.Tasks, info.Ended = 0, 0, 1 })
	eventually(t, "their rings are given back", func() bool { return len(d.fake.names()) == 1 })
	d.awaitIDs(t, "adopted-4 recording")
	d.mutex.Lock()
	counts := d.counts
	d.mutex.Unlock()
	if counts.leftOut != 4 || counts.evicted != 0 {
		t.Errorf("%+v", counts)
	}
}

func TestSandboxesIfAsked(t *testing.T) {
	d := begin(t, newFake(), Config{Sandboxes: true})
	sandbox := nginx("aa")
	sandbox.Sandbox = true
	d.source.Put(sandbox)
	d.fake.start(docker("aa"))
	d.awaitIDs(t, "aa recording")
	eventually(t, "it is one", func() bool { return d.find1(t, "aa").Sandbox })
}

// What the runtimes said is there when the agent comes back, also of containers
// that ended meanwhile.
func TestAgentComesBack(t *testing.T) {
	fake := newFake()
	first := begin(t, fake, Config{})
	first.source.Put(nginx("aa"))
	first.source.Put(nginx("bb"))
	fake.run(docker("aa"))
	stays := fake.start(docker("aa"))
	fake.start(docker("bb"))
	eventually(t, "all have their names", func() bool {
		for _, r := range first.recordings(t) {
			if !strings.HasPrefix(r.Name, "web") {
				return false
			}
		}
		return first.ids(t) == "aa.1 exited, aa recording, bb recording"
	})
	eventually(t, "that is noted", func() bool {
		fake.mutex.Lock()
		defer fake.mutex.Unlock()
		return !slices.ContainsFunc(fake.all, func(info *recorder.Info) bool { return !strings.Contains(string(info.Note), "nginx:1") })
	})
	started := first.find1(t, "aa").Started.AsTime()
	first.stop()
	fake.end(stays, 0)

	second := begin(t, fake, Config{})
	if got := second.ids(t); got != "aa.1 exited, aa exited, bb recording" {
		t.Errorf("at once: %s", got)
	}
	r := second.find1(t, "aa")
	if r.Name != "web-aa" || r.Image != "nginx:1" || r.Labels["tier"] != "front" {
		t.Errorf("%v", r)
	}
	if got := r.Started.AsTime(); !got.Equal(started) {
		t.Errorf("it started at %v, and now %v", started, got)
	}
}

func TestNotesAreBounded(t *testing.T) {
	t.Parallel()
	c := nginx("aa")
	c.Name = strings.Repeat("\xff<", 10_000)
	c.Image = strings.Repeat("i", 10_000)
	c.Labels = map[string]string{"small": "kept"}
	for i := range 500 {
		c.Labels[fmt.Sprint("label", i)] = strings.Repeat("\x01\"", i)
	}
	n := note{ID: id("aa"), Generation: 3, Container: &c, Cgroup: strings.Repeat("/x", 4000)}
	data, err := n.encode()
	if err != nil || len(data) > recorder.MaximumNote || !json.Valid(data) {
		t.Fatalf("%d bytes, %v", len(data), err)
	}
	got := decodeNote(data)
	if got.ID != n.ID || got.Generation != 3 || got.Container.Labels["small"] != "kept" || got.Container.Runtime != "docker" {
		t.Errorf("%+v of %d labels", got.Container.Labels, len(got.Container.Labels))
	}
	if len(c.Labels) != 501 || len(c.Image) != 10_000 {
		t.Error("the container itself was changed")
	}
	for _, text := range []string{"", "{", "null", `"x"`, `{"id":5}`, "\x00\xff", `{"container":{"Labels":{"a":{}}}}`} {
		if got := decodeNote([]byte(text)); got.ID != "" || got.Container != nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestRecorderThatFails(t *testing.T) {
	d := begin(t, newFake(), Config{})
	broken := errors.New("it is broken")
	for _, method := range []string{"List", "Wait", "Stock", "Refused", "SetNote", "Sweep", "AdoptRunning", "Failures"} {
		d.fake.fault(method, broken)
	}
	d.fake.tell() // who waits already
	d.removals.Lock()
	d.adopt = true
	d.removals.Unlock()
	d.mutex.Lock()
	d.swept = time.Time{}
	d.mutex.Unlock()
	for _, text := range []string{"listing the recordings: it is broken", "news: it is broken", "failures: it is broken"} {
		eventually(t, "it is said: "+text, func() bool { return d.warned(t, text) })
	}
	_, err := d.client.List(t.Context(), connect.NewRequest(&traceloopv1.ListRequest{}))
	code(t, err, connect.CodeInternal, "it is broken")
	d.fake.fault("List", nil)
	d.fake.start(docker("aa"))
	for _, text := range []string{"to come: it is broken", "no ring: it is broken", "run: it is broken", "gone: it is broken", `"adopted-1": it is broken`} {
		eventually(t, "it is said: "+text, func() bool { return d.warned(t, text) })
	}
	if lines := strings.Count(d.log.String(), "news: it is broken"); lines != 1 {
		t.Errorf("the log says the same %d times:\n%s", lines, d.log)
	}
	// And when all is well again, so is the agent.
	for _, method := range []string{"Wait", "Stock", "Refused", "SetNote", "Sweep", "AdoptRunning", "Failures"} {
		d.fake.fault(method, nil)
	}
	d.mutex.Lock()
	d.swept = time.Time{}
	d.mutex.Unlock()
	eventually(t, "nothing is wrong", func() bool { return len(d.status(t).Warnings) == 0 })
	d.awaitIDs(t, "aa recording")
}

func TestWhatNoAgentIsMadeOf(t *testing.T) {
	t.Parallel()
	good := Config{Recorder: newFake(), Memory: 2 * ringSize, RingSize: ringSize}
	for name, change := range map[string]func(*Config){
		"no recorder":         func(c *Config) { c.Recorder = nil },
		"no memory":           func(c *Config) { c.Memory = ringSize - 1 },
		"no ring":             func(c *Config) { c.RingSize = 0 },
		"negative":            func(c *Config) { c.Ready = -1 },
		"directory is a file": func(c *Config) { c.StateDirectory = "/dev/null" },
	} {
		config := good
		change(&config)
		if _, err := New(config); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	a, err := New(good)
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("it is broken")
	a.recorder.(*fakeRecorder).fault("SetAdoption", broken)
	if err := a.Run(context.Background()); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

// A neighbour's name for a cgroup must not make it the neighbour.
func TestContainerThatTakesAnothersName(t *testing.T) {
	d := begin(t, newFake(), Config{})
	for _, start := range []string{"aa", "bb"} {
		d.source.Put(nginx(start))
		d.fake.start(docker(start))
	}
	eventually(t, "both have their names", func() bool {
		return d.ids(t) == "aa recording, bb recording" && d.find1(t, "aa").Name == "web-aa"
	})
	d.fake.start(inCgroup("/system.slice/docker-" + id("bb") + ".scope/docker-" + id("aa") + ".scope"))
	d.fake.start(inCgroup("/system.slice/docker-" + id("bb") + ".scope/x/web-aa"))
	d.fake.start(inCgroup("/evil/web-aa"))
	// So deep that its own ID is beyond what is kept of the path.
	d.fake.start(inCgroup("/a/b/c/d/e/docker-" + id("aa") + ".scope"))
	d.fake.start(inCgroup("/" + strings.Repeat("x", 127) + "/" + strings.Repeat("y", 127) + "/" + id("aa")))
	// containerd's IDs are any names, below that of their namespace.
	task := nginx("task")
	task.ID, task.Name, task.Runtime, task.RuntimeNamespace, task.PID = "task", "task", "containerd", "default", 4711
	d.source.Put(task)
	inNamespace := inCgroup("/default/task")
	inNamespace.PID = 4711
	d.fake.start(inNamespace)
	eventually(t, "it has its name", func() bool {
		return strings.Contains(d.ids(t), "task recording") && d.find1(t, "task").Runtime == "containerd"
	})
	d.fake.start(inCgroup("/system.slice/docker-" + id("bb") + ".scope/default/task"))
	eventually(t, "all have names", func() bool {
		return len(d.recordings(t)) == 9 && d.find1(t, "adopted-5").Name == "web-aa" && d.find1(t, "adopted-9").Name != ""
	})
	if r, _, err := d.read(t.Context(), &traceloopv1.ReadRequest{Reference: "task"}); err != nil || r.Id != "task" || r.Runtime != "containerd" {
		t.Errorf("task is %v, %v", r, err)
	}
	for _, reference := range []string{id("aa"), "web-aa"} {
		if r, _, err := d.read(t.Context(), &traceloopv1.ReadRequest{Reference: reference}); err != nil || abbreviate(r.Id) != "aa" || r.Runtime != "docker" {
			t.Errorf("%s is %v, %v", reference, r, err)
		}
	}
}

func TestHostileNamesGoThroughTheAPI(t *testing.T) {
	d := begin(t, newFake(), Config{})
	hostile := "\x1b[31m\xff\"\n" + strings.Repeat("x", 300)
	d.fake.start(inCgroup("/a\xff/" + hostile))
	c := nginx("aa")
	c.Name, c.Image, c.Labels, c.Pod = hostile, hostile, map[string]string{hostile: hostile}, hostile
	d.source.Put(c)
	d.fake.start(docker("aa"))
	eventually(t, "both are there", func() bool {
		return len(d.recordings(t)) == 2 && strings.HasPrefix(d.find1(t, "aa").Name, "\x1b")
	})
	if r := d.find1(t, "adopted-1"); r.Name != strings.ToValidUTF8(hostile, "\ufffd") {
		t.Errorf("name %q", r.Name)
	}
	if _, r, err := d.read(t.Context(), &traceloopv1.ReadRequest{Reference: "aa"}); err != nil || !strings.HasPrefix(r.Container.Name, "\x1b[31m") {
		t.Errorf("%v", err)
	}
}
