package agent

import (
	"context"
	"fmt"
	"os"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/ring"
)

// health is the agent's state in numbers, for the status and for metrics.
type health struct {
	used, limit           uint64 // bytes of rings
	ready, wanted         int
	states                map[string]uint32
	totals                totals // of all recordings, those that are gone among them
	counts                counts
	store                 storeCounts
	files                 int
	fileBytes             uint64
	reads                 int64
	runtimes              []*traceloopv1.Runtime
	failures              []ring.Failure
	recordings            []*listed
	failuresErr, stateErr error
}

// examine takes the agent's state.
func (a *Agent) examine() *health {
	h := &health{limit: a.config.Memory, wanted: a.config.Ready, states: make(map[string]uint32), reads: a.reading.Load()}
	h.recordings, h.stateErr = a.list()
	for _, name := range states {
		h.states[name] = 0
	}
	for _, l := range h.recordings {
		h.states[states[l.message.State]]++
	}
	a.mutex.Lock()
	h.ready, h.totals, h.counts = a.ready, a.retired, a.counts
	for _, e := range a.entries {
		h.totals.add(&e.info)
		h.used += uint64(ringBytes(e.info.RingSize))
	}
	a.mutex.Unlock()
	h.used += uint64(h.ready) * uint64(ringBytes(a.config.RingSize))
	h.store, h.files, h.fileBytes = a.store.statistics()
	h.failures, h.failuresErr = a.recorder.Failures()
	if a.config.Runtimes != nil {
		for _, runtime := range a.config.Runtimes() {
			message := &traceloopv1.Runtime{
				Name: bound(runtime.Name, longestString), Endpoint: bound(runtime.Endpoint, longestString),
				Connected: runtime.Connected, Containers: uint32(max(runtime.Containers, 0)),
			}
			if runtime.Err != nil {
				message.Error = bound(runtime.Err.Error(), longestString)
			}
			h.runtimes = append(h.runtimes, message)
		}
	}
	return h
}

// Status implements the API's Status.
func (s *service) Status(context.Context, *connect.Request[traceloopv1.StatusRequest]) (*connect.Response[traceloopv1.StatusResponse], error) {
	h := s.examine()
	response := &traceloopv1.StatusResponse{
		Version:          s.config.Version,
		Pid:              uint32(os.Getpid()),
		Started:          timestamppb.New(s.started),
		RecordingSince:   timestamppb.New(s.config.Since),
		Kernel:           bound(s.host.kernel, longestString),
		Host:             bound(s.host.name, longestString),
		Features:         s.features(),
		Memory:           &traceloopv1.Memory{Used: h.used, Limit: h.limit},
		RingsReady:       uint32(max(h.ready, 0)),
		RingsWanted:      uint32(h.wanted),
		Recordings:       h.states,
		CallsRecorded:    h.totals.calls,
		CallsFiltered:    h.totals.filtered,
		CallsOverwritten: h.totals.overwritten,
		CallsLost:        h.totals.lost,
		Refused:          h.counts.refused,
		Evicted:          h.counts.evicted,
		Saved:            h.store.saved,
		SaveFailures:     h.store.failures,
		Runtimes:         h.runtimes,
		Uptime:           durationpb.New(time.Since(s.started)),
		Settings:         s.config.Settings,
		Warnings:         s.problems.texts(),
	}
	for _, failure := range h.failures {
		response.Failures = append(response.Failures, &traceloopv1.Failure{Operation: failure.Place, Errno: failure.Errno, Count: failure.Count})
	}
	if h.failuresErr != nil {
		response.Warnings = append(response.Warnings, fmt.Sprintf("reading the kernel side's failures: %v", h.failuresErr))
	}
	if h.totals.lost > 0 {
		response.Warnings = append(response.Warnings, fmt.Sprintf("%d calls could not be recorded", h.totals.lost))
	}
	return connect.NewResponse(response), nil
}
