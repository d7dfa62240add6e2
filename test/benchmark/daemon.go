package main

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/test/host"
	"traceloop/test/runtimes"
)

// The sections of the daemon's suite: real containers of real runtimes.
var daemonSections = []section{
	{"short", 0, measureShort},
	{"stopped", 0, measureStopped},
	{"crowd", 0, measureCrowd},
	{"neighbour", 0, measureNeighbour},
	{"unshare", 0, measureUnshare},
	{"show", 0, measureShow},
	{"bystander", 40, measureBystander},
}

// runtimeStarts start what containers run under, in the order of the tables.
var runtimeStarts = []func() (*runtimes.Runtime, error){
	runtimes.StartContainerd, runtimes.StartDocker, runtimes.StartPodman,
}

// stage is a daemon with runtimes that it knows.
type stage struct {
	*host.Host
	runtimes []*runtimes.Runtime
}

// onStage starts runtimes and a daemon with flags, does what is to be measured
// and takes all down.
func onStage(flags []string, starts []func() (*runtimes.Runtime, error), measure func(*stage) error) (err error) {
	release, err := host.Alone()
	if err != nil {
		return err
	}
	defer release()
	s := &stage{}
	defer func() {
		for _, runtime := range s.runtimes {
			err = errors.Join(err, runtime.Close())
		}
	}()
	for _, start := range starts {
		runtime, err := start()
		if err != nil {
			return err
		}
		s.runtimes = append(s.runtimes, runtime)
		flags = append(flags, "--runtime-endpoint", runtime.Endpoint())
	}
	if s.Host, err = host.New(flags...); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Host.Close()) }()
	if err := s.Start(); err != nil {
		return err
	}
	return measure(s)
}

// run runs a container to its end.
func (s *stage) run(b *benchmark, command *exec.Cmd) error {
	if err := b.context.Err(); err != nil {
		return err
	}
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("running %s: %w%s", strings.Join(command.Args, " "), err, quoteEnd(string(output)))
	}
	return nil
}

// named are the recordings of containers whose names begin so.
func (s *stage) named(prefix string) ([]*traceloopv1.Recording, error) {
	all, err := s.List()
	if err != nil {
		return nil, err
	}
	var found []*traceloopv1.Recording
	for _, r := range all {
		if strings.HasPrefix(r.Name, prefix) {
			found = append(found, r)
		}
	}
	return found, nil
}

// whole says that a recording has all of a container's program: it begins with
// its execve and ends with its exit_group.
func (s *stage) whole(r *traceloopv1.Recording) (bool, error) {
	text, err := s.Run("show", "-o", "strace", r.ExactId)
	if err != nil {
		return false, err
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return len(lines) > 2 && strings.Contains(lines[0], "execve(") &&
		strings.Contains(lines[len(lines)-2], "exit_group(") && strings.Contains(lines[len(lines)-1], "+++ exited with"), nil
}

// countWhole counts those of the recordings that are whole.
func (s *stage) countWhole(recordings []*traceloopv1.Recording) (int, error) {
	count := 0
	for _, r := range recordings {
		whole, err := s.whole(r)
		if err != nil {
			return 0, err
		}
		if whole {
			count++
		}
	}
	return count, nil
}
