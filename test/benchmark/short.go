package main

import (
	"fmt"
	"slices"
	"syscall"
	"time"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/test/runtimes"
)

const shortContainers = 200

// measureShort runs containers that live for milliseconds one after the other.
func measureShort(b *benchmark) error {
	t := table{
		title:   fmt.Sprintf("%d containers of `true`, one after the other", shortContainers),
		columns: []string{"runtime", "recorded", "under their names", "whole", "their own life, median", "its runtime's, median", "calls with the set-up, median"},
		texts:   1,
	}
	for _, start := range runtimeStarts {
		err := onStage([]string{"--memory", "300MiB"}, []func() (*runtimes.Runtime, error){start}, func(s *stage) error {
			runtime := s.runtimes[0]
			b.logf("  %s", runtime.Name())
			var runs samples
			for i := range shortContainers {
				begin := time.Now()
				if err := s.run(b, runtime.CommandRun(fmt.Sprintf("short-%d", i), "true")); err != nil {
					return err
				}
				runs = append(runs, time.Since(begin).Seconds()*1000)
			}
			named, err := s.awaitExited("short-", shortContainers)
			if err != nil {
				return err
			}
			// One whose name the runtime never told is under its ID.
			recordings, err := s.awaitExited("", shortContainers)
			if err != nil {
				return err
			}
			recordings = slices.DeleteFunc(recordings, func(r *traceloopv1.Recording) bool { return r.Executed == nil })
			whole, err := s.countWhole(recordings)
			if err != nil {
				return err
			}
			var lives, calls samples
			for _, r := range recordings {
				if r.Executed != nil && r.Ended != nil {
					lives = append(lives, r.Ended.AsTime().Sub(r.Executed.AsTime()).Seconds()*1000)
				}
				calls = append(calls, float64(r.Calls))
			}
			t.add(runtime.Name(), count(float64(len(recordings))), count(float64(len(named))), count(float64(whole)),
				milliseconds(lives.median()), milliseconds(runs.median()), count(calls.median()))
			b.report.atLeast(fmt.Sprintf("recordings with execve and exit_group of %d short containers, %s", shortContainers, runtime.Name()),
				count(shortContainers), shortContainers, float64(whole), count(float64(whole)))
			return nil
		})
		if err != nil {
			return err
		}
	}
	b.report.tables = append(b.report.tables, t)
	return nil
}

func milliseconds(value float64) string { return fmt.Sprintf("%.1f ms", value) }

// awaitExited waits until so many recordings have ended, and no longer than
// their names may take to come from the runtime.
func (s *stage) awaitExited(prefix string, want int) (found []*traceloopv1.Recording, err error) {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if found, err = s.named(prefix); err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(found, func(r *traceloopv1.Recording) bool { return r.State == traceloopv1.State_STATE_RECORDING })
		if len(found) >= want || time.Now().After(deadline) {
			return found, nil
		}
	}
}

// measureStopped does the same while the daemon is stopped, and then killed.
func measureStopped(b *benchmark) error {
	const ready, more = 64, 16
	flags := []string{"--memory", "300MiB", "--ready-rings", fmt.Sprint(ready)}
	return onStage(flags, runtimeStarts[:1], func(s *stage) error {
		if err := s.awaitReady(ready); err != nil {
			return err
		}
		if err := s.Signal(syscall.SIGSTOP); err != nil {
			return err
		}
		for i := range ready + more {
			if err := s.run(b, s.runtimes[0].CommandRun(fmt.Sprintf("stopped-%d", i), "true")); err != nil {
				return err
			}
		}
		if err := s.Kill(); err != nil {
			return err
		}
		if err := s.Start(); err != nil {
			return err
		}
		recordings, err := s.awaitExited("stopped-", ready)
		if err != nil {
			return err
		}
		whole, err := s.countWhole(recordings)
		if err != nil {
			return err
		}
		status, err := s.Status()
		if err != nil {
			return err
		}
		t := table{
			title:   "A daemon that is stopped, killed and started again",
			columns: []string{"ready rings", "containers meanwhile", "recorded whole", "counted as not recorded"},
		}
		t.add(count(ready), count(ready+more), count(float64(whole)), count(float64(status.Refused)))
		b.report.tables = append(b.report.tables, t)
		b.report.atLeast(fmt.Sprintf("whole recordings of containers while the daemon is stopped and killed, %d ready rings", ready),
			count(ready), ready, float64(whole), count(float64(whole)))
		b.report.atLeast(fmt.Sprintf("of the %d others, those that are counted", more), count(more), more, float64(status.Refused), count(float64(status.Refused)))
		return nil
	})
}

func (s *stage) awaitReady(want uint32) error {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		status, err := s.Status()
		if err != nil {
			return err
		}
		if status.RingsReady == want {
			return nil
		}
	}
	return fmt.Errorf("%d rings were not ready in time\n%s", want, s.Log())
}
