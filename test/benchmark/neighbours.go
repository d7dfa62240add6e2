package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	traceloopv1 "traceloop/api/traceloop/v1"
)

// floodFor is the role of a process that calls getppid for so long.
func floodFor(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("a flood needs a duration")
	}
	duration, err := time.ParseDuration(arguments[0])
	if err != nil {
		return err
	}
	for begin := time.Now(); time.Since(begin) < duration; {
		for range 10_000 {
			syscall.RawSyscall(unix.SYS_GETPPID, 0, 0, 0)
		}
	}
	return nil
}

// measureNeighbour has a container that floods its ring beside a quiet one.
func measureNeighbour(b *benchmark) error {
	const duration, perSecond = 10, 1
	return onStage(nil, runtimeStarts[:1], func(s *stage) error {
		program := s.Path("flood")
		build := exec.Command("go", "build", "-o", program, "traceloop/test/benchmark")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("building what floods: %w: %s", err, output)
		}
		mount := []string{"--mount", "type=bind,src=" + filepath.Dir(program) + ",dst=/programs,options=rbind:ro"}
		flood := s.runtimes[0].CommandRunWith(mount, "flood", "/programs/"+filepath.Base(program), roleFlood, fmt.Sprintf("%ds", duration+2))
		if err := flood.Start(); err != nil {
			return err
		}
		script := fmt.Sprintf("for i in $(seq %d); do echo $i >/dev/null; sleep 1; done", duration*perSecond)
		if err := s.run(b, s.runtimes[0].CommandRun("quiet", "sh", "-c", script)); err != nil {
			return err
		}
		if err := flood.Wait(); err != nil {
			return fmt.Errorf("the container that floods: %w", err)
		}
		quiet, err := s.oneEnded("quiet")
		if err != nil {
			return err
		}
		loud, err := s.oneEnded("flood")
		if err != nil {
			return err
		}
		whole, err := s.whole(quiet)
		if err != nil {
			return err
		}
		text, err := s.Run("show", "-o", "strace", "-e", "write", quiet.ExactId)
		if err != nil {
			return err
		}
		t := table{title: "A quiet container beside a flood", columns: []string{"container", "calls", "overwritten", "lost"}, texts: 1}
		for _, r := range []*traceloopv1.Recording{quiet, loud} {
			t.add(r.Name, count(float64(r.Calls)), count(float64(r.Overwritten)), count(float64(r.Lost)))
		}
		b.report.tables = append(b.report.tables, t)
		missing := float64(quiet.Overwritten + quiet.Lost)
		if !whole {
			missing++
		}
		for i := range duration * perSecond {
			if !strings.Contains(text, fmt.Sprintf("write(1, \"%d\\n\", ", i+1)) {
				missing++
			}
		}
		b.report.atMost("calls missing of a quiet container beside a flood of `getppid` for 10 s", "0", 0, missing, count(missing))
		return nil
	})
}

func (s *stage) oneEnded(name string) (*traceloopv1.Recording, error) {
	found, err := s.awaitExited(name, 1)
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%d recordings are named %s", len(found), name)
	}
	return found[0], nil
}

// measureUnshare has a container make namespaces.
func measureUnshare(b *benchmark) error {
	const times, bystanders, memory = 2000, 5, 16 << 20
	flags := []string{"--memory", "16MiB", "--ready-rings", "4"}
	return onStage(flags, runtimeStarts[1:2], func(s *stage) error {
		docker := s.runtimes[0]
		for i := range bystanders {
			if err := s.run(b, docker.CommandRun(fmt.Sprintf("bystander-%d", i), "true")); err != nil {
				return err
			}
		}
		script := fmt.Sprintf("i=0; while [ $i -lt %d ]; do unshare -m true; i=$((i+1)); done", times)
		if err := s.run(b, docker.CommandRunWith([]string{"--cap-add", "SYS_ADMIN"}, "unsharer", "sh", "-c", script)); err != nil {
			return err
		}
		bystander, err := s.awaitExited("bystander-", bystanders)
		if err != nil {
			return err
		}
		whole, err := s.countWhole(bystander)
		if err != nil {
			return err
		}
		if err := s.awaitReady(4); err != nil {
			return err
		}
		status, err := s.Status()
		if err != nil {
			return err
		}
		all, err := s.List()
		if err != nil {
			return err
		}
		for _, r := range all {
			if r.Name != "unsharer" && !strings.HasPrefix(r.Name, "bystander-") {
				b.logf("  a recording of something else: %v", r)
			}
		}
		t := table{
			title:   fmt.Sprintf("`unshare -m true`, %s times in a container", count(times)),
			columns: []string{"recordings", "bystanders whole", "evicted", "refused", "rings ready", "memory used", "limit"},
		}
		t.add(count(float64(len(all))), count(float64(whole)), count(float64(status.Evicted)), count(float64(status.Refused)),
			count(float64(status.RingsReady)), mebibytes(float64(status.Memory.Used)), mebibytes(float64(status.Memory.Limit)))
		b.report.tables = append(b.report.tables, t)
		b.report.atLeast("other recordings whole after `unshare` in a loop", count(bystanders), bystanders, float64(whole), count(float64(whole)))
		b.report.atMost("rings that it took or lost", "0", 0, float64(len(all)-bystanders-1)+float64(status.Refused+status.Evicted),
			count(float64(len(all)-bystanders-1)+float64(status.Refused+status.Evicted)))
		b.report.atMost("memory then", mebibytes(memory), memory, float64(status.Memory.Used), mebibytes(float64(status.Memory.Used)))
		return nil
	})
}

// measureShow shows a full ring through the socket.
func measureShow(b *benchmark) error {
	return onStage(nil, runtimeStarts[:1], func(s *stage) error {
		script := "i=0; while [ $i -lt 30000 ]; do : </dev/null; i=$((i+1)); done"
		if err := s.run(b, s.runtimes[0].CommandRun("full", "sh", "-c", script)); err != nil {
			return err
		}
		full, err := s.oneEnded("full")
		if err != nil {
			return err
		}
		if full.Overwritten == 0 {
			return fmt.Errorf("the ring is not full: %v", full)
		}
		var times samples
		lines := 0
		for range 20 {
			start := time.Now()
			text, err := s.Run("show", "-o", "strace", full.ExactId)
			if err != nil {
				return err
			}
			times = append(times, time.Since(start).Seconds()*1000)
			lines = strings.Count(text, "\n")
		}
		t := table{
			title:   fmt.Sprintf("`show` of a full ring of %s through the socket, as strace's text", mebibytes(float64(full.Bytes))),
			columns: []string{"lines", "least", "median", "slowest of 20"},
		}
		t.add(count(float64(lines)), milliseconds(times.minimum()), milliseconds(times.median()), milliseconds(times.maximum()))
		b.report.tables = append(b.report.tables, t)
		b.report.atMost("`show` of a ring of 1 MiB through the socket, with the program's start, median", "100 ms", 100, times.median(), milliseconds(times.median()))
		return nil
	})
}

// measureBystander measures a process of the host while containers are recorded.
func measureBystander(b *benchmark) (err error) {
	const containers = 50
	variants := []*tracing{plain, floor, watched}
	times := make(map[*tracing]map[string]*callTimes)
	for _, variant := range variants {
		times[variant] = make(map[string]*callTimes)
		for _, name := range loopNames {
			times[variant][name] = &callTimes{}
		}
	}
	rounds := 0
	err = onStage(nil, runtimeStarts[:1], func(s *stage) error {
		for i := range containers {
			if err := s.run(b, s.runtimes[0].CommandStart(fmt.Sprintf("watched-%d", i), "sh", "-c", "while sleep 1; do :; done")); err != nil {
				return err
			}
		}
		if err := s.Unload(); err != nil {
			return err
		}
		watched.attach = func(*round) (func() error, error) {
			if err := s.Start(); err != nil {
				return nil, err
			}
			found, err := s.awaitRunning("watched-", containers)
			if err == nil && found != containers {
				err = fmt.Errorf("%d of %d containers are recorded\n%s", found, containers, s.Log())
			}
			return s.Unload, err
		}
		return b.repeat(b.budget, 3, func(int) error {
			rounds++
			for _, variant := range variants {
				if err := b.measureLoops(&round{}, variant, times[variant]); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	t := table{
		title:   fmt.Sprintf("`getppid` of a process of the host while %d containers are recorded", containers),
		columns: []string{"traced", "ns, least", "ns, median", "added, ns", "× floor's"},
		texts:   1,
	}
	alone := times[plain]["getppid"].minima.minimum()
	added := func(variant *tracing) float64 { return times[variant]["getppid"].minima.minimum() - alone }
	for _, variant := range variants {
		least, median := times[variant]["getppid"].minima.minimum(), times[variant]["getppid"].medians.median()
		if variant == plain {
			t.add(variant.name, count(least), count(median), "", "")
			continue
		}
		t.add(variant.name, count(least), count(median), count(added(variant)), ratio(added(variant)/added(floor)))
	}
	t.notef("%d rounds.", rounds)
	b.report.tables = append(b.report.tables, t)
	value := added(watched) / added(floor)
	b.report.atMost(fmt.Sprintf("added to an untraced process's `getppid` while %d containers are recorded, against the floor", containers), "1.35×", 1.35, value, ratio(value))
	return nil
}

var watched = &tracing{name: "the daemon records the containers"}

func (s *stage) awaitRunning(prefix string, want int) (count int, err error) {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		found, err := s.named(prefix)
		if err != nil {
			return 0, err
		}
		if len(found) >= want || time.Now().After(deadline) {
			return len(found), nil
		}
	}
}
