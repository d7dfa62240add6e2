package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// What one child process does with one loop. A batch is as short as the clock
// allows: the shorter, the better the chance that nothing interrupted one.
const (
	loopTime   = 60 * time.Millisecond
	loopBatch  = 500
	rivalTime  = 100 * time.Millisecond
	rivalBatch = 10
)

// callTimes are what one call of a loop took under one tracing, in nanoseconds.
type callTimes struct{ minima, medians samples }

// measureCalls measures what tracing adds to single system calls.
func measureCalls(b *benchmark) error {
	variants := append([]*tracing{plain, floor, idle, untraced, filtered, recorded}, b.rivals...)
	times := make(map[*tracing]map[string]*callTimes)
	for _, variant := range variants {
		times[variant] = make(map[string]*callTimes)
		for _, name := range loopNames {
			times[variant][name] = &callTimes{}
		}
	}
	rounds := 0
	err := b.repeat(b.budget, 3, func(int) error {
		rounds++
		// The rivals come last, when the recorder's programs are gone.
		r := &round{}
		defer r.unload()
		for _, variant := range variants {
			if variant.rival() {
				if err := r.unload(); err != nil {
					return err
				}
			}
			if err := b.measureLoops(r, variant, times[variant]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.reportCalls(variants, times, rounds)
	return nil
}

func (b *benchmark) measureLoops(r *round, variant *tracing, times map[string]*callTimes) error {
	path, err := executable()
	if err != nil {
		return err
	}
	duration, batch := loopTime, loopBatch
	if variant.rival() {
		duration, batch = rivalTime, rivalBatch
	}
	end, err := variant.begin(r)
	if err != nil {
		return err
	}
	output, _, err := runCommand(b.context, variant, path, roleLoop, duration.String(), fmt.Sprint(batch))
	if err := errors.Join(err, end()); err != nil {
		return err
	}
	return readLoops(output, times)
}

// readLoops reads what loopCalls printed.
func readLoops(output string, times map[string]*callTimes) error {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	if len(lines) != len(loopNames) {
		return fmt.Errorf("the loops printed %q", output)
	}
	for _, line := range lines {
		var name string
		var minimum, median float64
		if _, err := fmt.Sscan(line, &name, &minimum, &median); err != nil || times[name] == nil {
			return fmt.Errorf("the loops printed %q", line)
		}
		times[name].minima = append(times[name].minima, minimum)
		times[name].medians = append(times[name].medians, median)
	}
	return nil
}

var loopTitles = map[string]string{
	"getppid": "`getppid`",
	"openat":  "`openat` of a missing path",
	"write":   "`write` of 64 bytes to " + os.DevNull,
}

func (b *benchmark) reportCalls(variants []*tracing, times map[*tracing]map[string]*callTimes, rounds int) {
	t := table{
		title:   "A system call",
		columns: []string{"call", "traced", "ns, least", "ns, median", "added, ns", "× floor's"},
		texts:   2,
	}
	for _, name := range loopNames {
		alone := times[plain][name].minima.minimum()
		added := func(variant *tracing) float64 { return times[variant][name].minima.minimum() - alone }
		for _, variant := range variants {
			least, median := times[variant][name].minima.minimum(), times[variant][name].medians.median()
			if variant == plain {
				t.add(loopTitles[name], variant.name, count(least), count(median), "", "")
				continue
			}
			t.add("", variant.name, count(least), count(median), count(added(variant)), ratio(added(variant)/added(floor)))
		}
		if name != "getppid" {
			continue
		}
		for _, goal := range []struct {
			figure  string
			variant *tracing
			want    string
			bound   float64
		}{
			{"added to a recorded `getppid`, against what the floor adds", recorded, "3×", 3},
			{"added to an untraced process's `getppid`, against the floor", untraced, "1.35×", 1.35},
		} {
			value := added(goal.variant) / added(floor)
			b.report.atMost(goal.figure, goal.want, goal.bound, value, ratio(value))
		}
	}
	t.notef("%d rounds. Least: the fastest batch of %d calls (%d under a rival) of all rounds; what is added, and the ratio, are of these. Median: of the rounds' medians.",
		rounds, loopBatch, rivalBatch)
	b.report.tables = append(b.report.tables, t)
}
