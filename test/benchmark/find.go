package main

import (
	"context"
	"errors"
	"time"
)

// findCommand is the workload of many calls with paths and stat results. Its
// output goes to the null device.
var findCommand = []string{"find", "/usr"}

// measureFind measures a walk through a file tree, of which the kernel has all
// in its cache.
func measureFind(b *benchmark) error {
	if _, err := runSilently(b.context, plain, findCommand...); err != nil { // fills the cache
		return err
	}
	begun := time.Now()
	slow, err := b.findUnderRivals()
	if err != nil {
		return err
	}
	variants := []*tracing{plain, idle, recorded}
	times := make(map[*tracing]samples)
	err = b.repeat(b.budget-time.Since(begun), 3, func(int) error {
		r := &round{}
		defer r.unload()
		for _, variant := range variants {
			for range 2 {
				took, err := b.find(b.context, r, variant)
				if err != nil {
					return err
				}
				times[variant] = append(times[variant], took.Seconds())
			}
		}
		return nil
	})
	if err != nil {
		return err
	}

	t := table{
		title:   "`find /usr`",
		columns: []string{"traced", "runs", "s, least", "s, median", "against plain"},
		texts:   1,
	}
	alone := times[plain].minimum()
	for _, variant := range variants {
		s := times[variant]
		t.add(variant.name, count(float64(len(s))), seconds(s.minimum()), seconds(s.median()), ratio(s.minimum()/alone))
	}
	for _, run := range slow {
		more := ""
		if !run.ended {
			more = "> "
		}
		t.add(run.rival.name, "1", more+seconds(run.took), "", more+ratio(run.took/alone))
	}
	b.report.tables = append(b.report.tables, t)
	value := times[recorded].minimum() / alone
	b.report.atMost("`find /usr` recorded, against plain", "2×", 2, value, ratio(value))
	return nil
}

func (b *benchmark) find(ctx context.Context, r *round, variant *tracing) (time.Duration, error) {
	end, err := variant.begin(r)
	if err != nil {
		return 0, err
	}
	took, err := runSilently(ctx, variant, findCommand...)
	return took, errors.Join(err, end())
}

// slowRun is a run under a rival.
type slowRun struct {
	rival *tracing
	took  float64 // seconds
	ended bool    // and was not stopped because it took too long
}

// findUnderRivals runs it once under each rival, and takes no more than three
// quarters of the section's time for that.
func (b *benchmark) findUnderRivals() ([]slowRun, error) {
	var runs []slowRun
	left := b.budget * 3 / 4
	for i := range b.rivals {
		// The quickest first: it leaves the others more.
		rival := b.rivals[len(b.rivals)-1-i]
		ctx, cancel := context.WithTimeout(b.context, left)
		took, err := b.find(ctx, &round{}, rival)
		stopped := timedOut(ctx)
		cancel()
		if err != nil && !stopped {
			return nil, err
		}
		left -= took
		runs = append(runs, slowRun{rival, took.Seconds(), err == nil})
		if left <= 0 {
			break
		}
	}
	return runs, nil
}
