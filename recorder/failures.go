package recorder

import (
	"fmt"

	"github.com/cilium/ebpf"

	"traceloop/ring"
)

// places says in words what the programs count failures of.
var places = [programsPlacePLACES]string{
	programsPlacePLACE_READ_STRING:  "read a string of a task",
	programsPlacePLACE_READ_BYTES:   "read a buffer or struct of a task",
	programsPlacePLACE_READ_VECTOR:  "read a vector of a task",
	programsPlacePLACE_TASK_STORAGE: "allocate a task's storage",
	programsPlacePLACE_NESTED:       "record while the CPU was recording",
	programsPlacePLACE_NO_RING:      "find a recording's ring",
	programsPlacePLACE_NO_CHUNK:     "find a chunk that no CPU is writing",
	programsPlacePLACE_TOO_LARGE:    "fit a record into a chunk",
	programsPlacePLACE_MEMBERSHIPS:  "put a task into one more recording",
	programsPlacePLACE_ADOPT:        "note a mount namespace",
}

// failures returns what the programs count, of all recordings together. The
// caller holds the lock.
func (r *Recorder) failures() ([]ring.Failure, error) {
	var result []ring.Failure
	counts := make([]uint64, r.objects.Failures.MaxEntries())
	keys := make([]uint32, len(counts))
	var cursor ebpf.MapBatchCursor
	// An array is read whole by one batch; the error says that it was the last.
	if n, err := r.objects.Failures.BatchLookup(&cursor, keys, counts, nil); n != len(counts) {
		return nil, fmt.Errorf("reading the programs' failures: %d of %d: %w", n, len(counts), err)
	}
	slots := len(counts) / int(programsPlacePLACES)
	for i, count := range counts {
		if count != 0 {
			result = append(result, ring.Failure{Place: places[i/slots], Errno: int32(i % slots), Count: count})
		}
	}
	for name, program := range map[string]*ebpf.Program{
		"entry": r.objects.EnterCall, "exit": r.objects.ExitCall, "signal": r.objects.DeliverSignal,
		"fork": r.objects.ForkTask, "exec": r.objects.ExecTask, "task's end": r.objects.ExitTask,
	} {
		// The kernel does not run a program that it finds running on the CPU.
		stats, err := program.Stats()
		if err != nil {
			return nil, fmt.Errorf("reading what the kernel skipped: %w", err)
		}
		if stats.RecursionMisses != 0 {
			result = append(result, ring.Failure{Place: "run the program of an " + name, Count: stats.RecursionMisses})
		}
	}
	return result, nil
}

// Failures returns the operations of the programs that failed, of all
// recordings together, since the programs were loaded.
func (r *Recorder) Failures() ([]ring.Failure, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.objects == nil {
		return nil, ErrClosed
	}
	return r.failures()
}
