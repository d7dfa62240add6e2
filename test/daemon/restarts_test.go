package daemon

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// However often the daemon is killed, what starts while rings are ready is whole.
func TestRestarts(t *testing.T) {
	const restarts, containers = 5, 10
	h := start(t)
	var running sync.WaitGroup
	running.Go(func() {
		for i := range containers {
			command := shared.containerd.CommandRun(fmt.Sprintf("throughout-%d", i), "sh", "-c", "sleep 0.2; exit 4")
			// Its status is 4: what it did is looked at below.
			_ = command.Run()
		}
	})
	for range restarts {
		if err := h.Kill(); err != nil {
			t.Error(err)
		}
		if err := h.Start(); err != nil {
			t.Error(err)
		}
	}
	running.Wait()
	for i := range containers {
		name := fmt.Sprintf("throughout-%d", i)
		r := one(t, h, name, exited)
		if r.ExitCode == nil || *r.ExitCode != 4 || r.Lost+r.Overwritten != 0 {
			t.Errorf("%v", r)
		}
		text := show(t, h, name)
		wantWhole(t, text, `"/bin/sh"`)
		if !strings.Contains(text, "exit_group(4)") {
			t.Errorf("%s:\n%s", name, text)
		}
	}
	status, err := h.Status()
	must(t, err)
	if status.Refused != 0 {
		t.Errorf("%d were refused with 16 rings", status.Refused)
	}
}

// Two daemons that know nothing of each other record the same container.
func TestTwoDaemons(t *testing.T) {
	first, second := start(t), start(t)
	run(t, shared.docker.CommandRun("of-both-daemons", "true"))
	one(t, first, "of-both-daemons", exited)
	one(t, second, "of-both-daemons", exited)
	text := show(t, first, "of-both-daemons")
	wantWhole(t, text, `"/bin/true"`)
	if other := show(t, second, "of-both-daemons"); other != text {
		t.Errorf("one has\n%s\nthe other\n%s", text, other)
	}
	// One's end is nothing to the other.
	must(t, first.Stop())
	must(t, first.Unload())
	run(t, shared.docker.CommandRun("of-the-second", "true"))
	one(t, second, "of-the-second", exited)
	wantWhole(t, show(t, second, "of-the-second"), `"/bin/true"`)
}
