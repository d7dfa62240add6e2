package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	traceloopv1 "traceloop/api/traceloop/v1"
)

// measureCrowd has many containers at once.
func measureCrowd(b *benchmark) error {
	const containers, starters = 200, 8
	return onStage(nil, runtimeStarts[:1], func(s *stage) error {
		begin := time.Now()
		var starting sync.WaitGroup
		errs := make([]error, starters)
		for starter := range starters {
			starting.Go(func() {
				for i := starter; i < containers && errs[starter] == nil; i += starters {
					errs[starter] = s.run(b, s.runtimes[0].CommandStart(fmt.Sprintf("crowd-%d", i), "sh", "-c", "while sleep 10; do :; done"))
				}
			})
		}
		starting.Wait()
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		took := time.Since(begin)
		recordings, err := s.named("crowd-")
		if err != nil {
			return err
		}
		attached := len(slices.DeleteFunc(recordings, func(r *traceloopv1.Recording) bool {
			return r.State != traceloopv1.State_STATE_RECORDING || r.Executed == nil
		}))
		var lists samples
		for range 20 {
			start := time.Now()
			if _, err := s.Run("list"); err != nil {
				return err
			}
			lists = append(lists, time.Since(start).Seconds()*1000)
		}
		idle, err := b.idleCPU(s.PID(), 30*time.Second)
		if err != nil {
			return err
		}
		own, all, err := memoryOf(s.PID())
		if err != nil {
			return err
		}
		status, err := s.Status()
		if err != nil {
			return err
		}
		descriptors, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.PID()))
		if err != nil {
			return err
		}
		t := table{title: fmt.Sprintf("%d containers at once", containers), columns: []string{"what", "measured"}, texts: 1}
		t.add(fmt.Sprintf("starting them, %d at a time", starters), fmt.Sprintf("%.1f s", took.Seconds()))
		t.add("recorded from their first call", count(float64(attached)))
		t.add("refused at first", count(float64(status.Refused)))
		t.add("`list`, with the program's start, median", milliseconds(lists.median()))
		t.add("`list`, slowest of 20", milliseconds(lists.maximum()))
		t.add("the daemon's memory but for the rings", mebibytes(own))
		t.add("with the rings that it has mapped", mebibytes(all))
		t.add("descriptors that it has open", count(float64(len(descriptors))))
		t.add("rings", mebibytes(float64(status.Memory.Used)))
		t.add("CPU time of the daemon while the containers sleep, 30 s", fmt.Sprintf("%.2f %% of a core", idle))
		b.report.tables = append(b.report.tables, t)
		b.report.atLeast(fmt.Sprintf("of %d containers at once, those attached", containers), count(containers), containers, float64(attached), count(float64(attached)))
		b.report.atMost(fmt.Sprintf("`list` of %d, slowest of 20", containers), "200 ms", 200, lists.maximum(), milliseconds(lists.maximum()))
		b.report.atMost("the daemon's memory beside the rings", "80 MiB", 80<<20, own, mebibytes(own))
		b.report.atMost("the daemon's idle CPU", "1 % of a core", 1, idle, fmt.Sprintf("%.2f %%", idle))
		return nil
	})
}

func mebibytes(value float64) string { return fmt.Sprintf("%.1f MiB", value/(1<<20)) }

// idleCPU is how much of a core a process takes over a time, in percent.
func (b *benchmark) idleCPU(pid int, over time.Duration) (float64, error) {
	before, err := cpuTime(pid)
	if err != nil {
		return 0, err
	}
	select {
	case <-time.After(over):
	case <-b.context.Done():
		return 0, b.context.Err()
	}
	after, err := cpuTime(pid)
	return 100 * (after - before).Seconds() / over.Seconds(), err
}

// cpuTime is how long a process has run: proc_pid_stat(5), fields 14 and 15,
// in hundredths of a second.
func cpuTime(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name may have blanks.
	_, rest, _ := bytes.Cut(text, []byte(") "))
	fields := strings.Fields(string(rest))
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat is %q", pid, text)
	}
	var ticks uint64
	for _, field := range fields[11:13] {
		value, err := strconv.ParseUint(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += value
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

// memoryOf is a process's memory, in bytes: all that is resident but the rings
// that it has mapped, and with them.
func memoryOf(pid int) (own, all float64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		return 0, 0, err
	}
	isRing := false
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) >= 5 && strings.Contains(fields[0], "-") {
			isRing = strings.Contains(line, "bpf-map")
			continue
		}
		if len(fields) != 3 || fields[0] != "Rss:" {
			continue
		}
		kib, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			return 0, 0, err
		}
		all += kib * 1024
		if !isRing {
			own += kib * 1024
		}
	}
	return own, all, nil
}
