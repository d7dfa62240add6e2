package agent

import (
	"testing"
	"time"

	"traceloop/recording"
	"traceloop/ring"
)

func TestSalvagedRecording(t *testing.T) {
	t.Parallel()
	c := nginx("aa")
	begun := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	data, err := note{ID: id("aa"), Generation: 4, Container: &c, Clock: recording.ClockPair{Boot: 1000, Wall: begun.UnixNano()}}.encode()
	if err != nil {
		t.Fatal(err)
	}
	info := docker("bb")
	info.Name, info.Adopted, info.Attached, info.Late = "adopted-7", true, true, true
	info.Began, info.Executed, info.Ended, info.Exited, info.Status, info.Overwritten, info.RingSize = 2000, 3000, 4000, true, 7<<8, 5, ringSize
	snapshot := &ring.Snapshot{Taken: 5000, Chunks: [][]byte{chunk(1, "x")}}

	unnoted, err := Salvaged(info, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	if unnoted.Container.ID != id("bb") || unnoted.Container.Generation != 0 || unnoted.Started.IsZero() {
		t.Errorf("without a note: %+v", unnoted)
	}
	info.Note = data
	r, err := Salvaged(info, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	if r.Container.ID != id("aa") || r.Container.Generation != 4 || r.Name != "web-aa" || r.Container.Image != "nginx:1" || r.RingSize != ringSize || r.Overwritten != 5 ||
		!r.Ending.Exited || r.Ending.Status != 7<<8 || r.Host == "" || r.Kernel == "" || len(r.Snapshot.Chunks) != 1 {
		t.Errorf("%+v", r)
	}
	for what, got := range map[string]time.Duration{
		"started": r.Started.Sub(begun), "executed": r.Ending.Executed.Sub(begun) - 1000,
		"ended": r.Ending.Ended.Sub(begun) - 2000, "taken": r.Taken.Sub(begun) - 3000,
	} {
		if got != 1000 {
			t.Errorf("%s: %v after the clocks were read", what, got)
		}
	}
}
