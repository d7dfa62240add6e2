package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"traceloop/recorder"
	"traceloop/ring"
	"traceloop/syscalls"
)

const (
	threadCount = 16
	threadCalls = 200_000
)

// measureThreads measures many threads that make calls at the same time, and
// checks that each call is accounted for.
func measureThreads(b *benchmark) error {
	path, err := executable()
	if err != nil {
		return err
	}
	getppid, err := syscalls.ParseFilter("getppid")
	if err != nil {
		return err
	}
	variants := []struct {
		name     string
		ringSize int
		times    samples
	}{{name: plain.name}, {name: "recorded, 1 MiB", ringSize: mebibyte}, {name: "recorded, 128 MiB", ringSize: 128 * mebibyte}}
	err = b.repeat(b.budget, 3, func(int) error {
		r := &round{}
		defer r.unload()
		for i := range variants {
			v := &variants[i]
			end := func() error { return nil }
			if v.ringSize != 0 {
				options := defaults(v.ringSize)
				options.Filter = getppid
				if end, err = r.record(recorder.Children(os.Getpid()), options); err != nil {
					return err
				}
			}
			output, _, err := runCommand(b.context, plain, path, roleThreads, strconv.Itoa(threadCount), strconv.Itoa(threadCalls))
			if err == nil && v.ringSize != 0 {
				err = checkThreadCalls(r)
			}
			if err := errors.Join(err, end()); err != nil {
				return err
			}
			took, err := strconv.ParseFloat(strings.TrimSpace(output), 64)
			if err != nil {
				return fmt.Errorf("the threads printed %q", output)
			}
			v.times = append(v.times, took/1e9)
		}
		return nil
	})
	if err != nil {
		return err
	}
	t := table{
		title:   fmt.Sprintf("%d threads of %s calls of `getppid`", threadCount, count(threadCalls)),
		columns: []string{"traced", "runs", "s, least", "s, median", "against plain"},
		texts:   1,
	}
	for _, v := range variants {
		t.add(v.name, count(float64(len(v.times))), seconds(v.times.minimum()), seconds(v.times.median()),
			ratio(v.times.minimum()/variants[0].times.minimum()))
	}
	t.notef("The recordings choose `getppid` alone. In each run their account came to %s calls, as made.", count(threadCount*threadCalls))
	b.report.tables = append(b.report.tables, t)
	return nil
}

// checkThreadCalls says whether all calls of the threads, and no other, were recorded.
func checkThreadCalls(r *round) error {
	snapshot, err := r.loaded.Read(recordingName)
	if err != nil {
		return err
	}
	var calls, lost uint64
	for _, cursor := range snapshot.Cursors {
		calls += cursor.Calls
		lost += cursor.Lost
	}
	if calls != threadCount*threadCalls || lost != 0 {
		return fmt.Errorf("%d calls were recorded and %d lost, %d made", calls, lost, threadCount*threadCalls)
	}
	return checkFailures(snapshot)
}

// checkFailures says whether an operation of the programs failed.
func checkFailures(snapshot *ring.Snapshot) error {
	if len(snapshot.Failures) == 0 {
		return nil
	}
	return fmt.Errorf("the recorder's programs failed: %+v", snapshot.Failures)
}
