package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"traceloop/recorder"
	"traceloop/syscalls"
)

// tracing is a way in which a workload runs: alone, recorded, under a rival.
type tracing struct {
	name string
	// attach begins what concerns this process's coming children, and returns
	// what ends it. Nil: nothing.
	attach func(*round) (detach func() error, err error)
	// prefix are the words before the workload's own, which run it under a rival.
	prefix []string
	// mounts says that the rival mounts what it misses and leaves it behind:
	// it gets a mount namespace of its own.
	mounts bool
}

func (t *tracing) rival() bool { return t.prefix != nil }

// begin attaches what the workload is to be measured with.
func (t *tracing) begin(r *round) (end func() error, err error) {
	if t.attach == nil {
		return func() error { return nil }, nil
	}
	end, err = t.attach(r)
	if err != nil {
		return nil, fmt.Errorf("preparing %q: %w", t.name, err)
	}
	return end, nil
}

var (
	plain = &tracing{name: "not traced"}
	floor = &tracing{name: "floor: two empty programs", attach: func(*round) (func() error, error) {
		return attachEmptyPrograms()
	}}
	idle = &tracing{name: "recorder loaded, nobody recorded", attach: func(r *round) (func() error, error) {
		_, err := r.recorder()
		return func() error { return nil }, err
	}}
	untraced = &tracing{name: "another process recorded", attach: recordAnother}
	filtered = &tracing{name: "recorded, call filtered out", attach: func(r *round) (func() error, error) {
		none, err := syscalls.ParseFilter("none")
		if err != nil {
			return nil, err
		}
		return r.record(recorder.Children(os.Getpid()), recorder.Options{
			RingSize: recorder.DefaultRingSize, StringLimit: recorder.DefaultStringLimit, Filter: none,
		})
	}}
	recorded = &tracing{name: "recorded", attach: func(r *round) (func() error, error) {
		return r.record(recorder.Children(os.Getpid()), defaults(recorder.DefaultRingSize))
	}}
)

// rivals are the other tracers. All write their text to the null device: what
// they would do to a disk is not counted.
var rivals = []*tracing{
	{name: "strace -f", prefix: []string{"strace", "-f", "-o", os.DevNull}},
	{name: "perf trace", prefix: []string{"perf", "trace", "-o", os.DevNull}, mounts: true},
}

func (b *benchmark) findRivals() {
	for _, rival := range rivals {
		if _, err := exec.LookPath(rival.prefix[0]); err != nil {
			b.report.machine = append(b.report.machine, fmt.Sprintf("%s: not installed, not measured", rival.prefix[0]))
			continue
		}
		b.rivals = append(b.rivals, rival)
	}
}

func defaults(ringSize int) recorder.Options {
	return recorder.Options{RingSize: ringSize, StringLimit: recorder.DefaultStringLimit}
}

// round is one turn of all variants. The variants that need a recorder share
// one, because loading its programs takes a second; those before them run
// without.
type round struct {
	loaded *recorder.Recorder
}

func (r *round) recorder() (*recorder.Recorder, error) {
	if r.loaded == nil {
		loaded, err := recorder.New()
		if err != nil {
			return nil, err
		}
		r.loaded = loaded
	}
	return r.loaded, nil
}

// unload ends the recorder, if there was one.
func (r *round) unload() error {
	if r.loaded == nil {
		return nil
	}
	err := r.loaded.Close()
	r.loaded = nil
	return err
}

const recordingName = "benchmark"

// record begins a recording, and returns what ends it.
func (r *round) record(scope recorder.Scope, options recorder.Options) (func() error, error) {
	loaded, err := r.recorder()
	if err != nil {
		return nil, err
	}
	if err := loaded.Attach(recordingName, scope, options); err != nil {
		return nil, err
	}
	return func() error { return loaded.Delete(recordingName) }, nil
}

// recordAnother records a process that has nothing to do with the workload.
func recordAnother(r *round) (func() error, error) {
	path, err := executable()
	if err != nil {
		return nil, err
	}
	another := exec.Command(path, roleWait)
	input, err := another.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := another.Start(); err != nil {
		return nil, err
	}
	dismiss := func() error { return errors.Join(input.Close(), another.Wait()) }
	end, err := r.record(recorder.ProcessTree(another.Process.Pid), defaults(recorder.DefaultRingSize))
	if err != nil {
		return nil, errors.Join(err, dismiss())
	}
	return func() error { return errors.Join(end(), dismiss()) }, nil
}

// waitForEnd is the role of a process that does nothing until its input ends.
func waitForEnd([]string) error {
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}
