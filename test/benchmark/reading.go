package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"traceloop/event"
	"traceloop/recorder"
	"traceloop/recording"
	"traceloop/ring"
	"traceloop/strace"
)

// readingRing is the ring that is read: it holds all that the workloads do.
const readingRing = 64 * mebibyte

// measureReading measures how fast a ring becomes text, on one CPU.
func measureReading(b *benchmark) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	t := table{
		title: "Reading, on one CPU",
		columns: []string{"recording of", "calls", "MiB", "read, ns a call", "decode, ns a call", "to text, ns a call",
			"calls/s, most", "calls/s, median"},
		texts: 1,
	}
	r := &round{}
	defer r.unload()

	snapshot, err := b.readLive(r, &t)
	if err != nil {
		return err
	}
	if err := b.readStored(snapshot, &t); err != nil {
		return err
	}
	if missingRedis() == "" {
		snapshot, err := b.recordRedis(r, readingRing, 50_000)
		if err != nil {
			return err
		}
		served, err := b.readRepeatedly(b.budget/3, func() (*ring.Snapshot, error) { return snapshot, nil })
		if err != nil {
			return err
		}
		served.addTo(&t, "`redis-server`, without the read")
	}
	b.report.tables = append(b.report.tables, t)
	return nil
}

// readLive reads a recording that is still attached, and returns what it has.
func (b *benchmark) readLive(r *round, t *table) (snapshot *ring.Snapshot, err error) {
	end, err := r.record(recorder.Children(os.Getpid()), defaults(readingRing))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	if _, err := runSilently(b.context, plain, findCommand...); err != nil {
		return nil, err
	}
	read := func() (*ring.Snapshot, error) { return r.loaded.Read(recordingName) }
	find, err := b.readRepeatedly(b.budget/3, read)
	if err != nil {
		return nil, err
	}
	find.addTo(t, "`find /usr`, from the ring")
	fastest := find.speeds.maximum()
	b.report.atLeast("reading and decoding to strace's text, per CPU", "500,000 calls/s", 500_000, fastest, count(fastest)+" calls/s")
	return read()
}

// readStored reads a recording from a file.
func (b *benchmark) readStored(snapshot *ring.Snapshot, t *table) error {
	directory, err := os.MkdirTemp("", "traceloop-benchmark-")
	if err != nil {
		return fmt.Errorf("making a directory for a stored recording: %w", err)
	}
	defer os.RemoveAll(directory)
	path := filepath.Join(directory, "find.traceloop")
	start := time.Now()
	err = recording.Save(path, &recording.Recording{
		Architecture: runtime.GOARCH, RingSize: readingRing, StringLimit: recorder.DefaultStringLimit, Snapshot: *snapshot,
	})
	if err != nil {
		return err
	}
	saved := time.Since(start)
	information, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("looking at the stored recording: %w", err)
	}
	stored, err := b.readRepeatedly(b.budget/3, func() (*ring.Snapshot, error) {
		opened, err := recording.Open(path)
		if err != nil {
			return nil, err
		}
		return &opened.Snapshot, nil
	})
	if err != nil {
		return err
	}
	stored.addTo(t, "`find /usr`, from a file")
	t.notef("The file has %.1f MiB, %.1f bytes a call; writing it took %.2f s.",
		float64(information.Size())/mebibyte, float64(information.Size())/float64(stored.calls), saved.Seconds())
	return nil
}

// reading is what one source of snapshots took.
type reading struct {
	calls, bytes       int
	read, decode, text samples // ns a call
	speeds             samples // calls a second, all three together
}

func (r *reading) addTo(t *table, name string) {
	t.add(name, count(float64(r.calls)), fmt.Sprintf("%.1f", float64(r.bytes)/mebibyte),
		count(r.read.minimum()), count(r.decode.minimum()), count(r.text.minimum()),
		count(r.speeds.maximum()), count(r.speeds.median()))
}

// readRepeatedly reads a snapshot, decodes it and writes its text.
func (b *benchmark) readRepeatedly(budget time.Duration, read func() (*ring.Snapshot, error)) (*reading, error) {
	result := &reading{}
	var text []byte
	err := b.repeat(budget, 3, func(int) error {
		// What an earlier round left is not this one's to clear.
		runtime.GC()
		start := time.Now()
		snapshot, err := read()
		if err != nil {
			return err
		}
		taken := time.Now()
		history := event.Decode(snapshot, runtime.GOARCH)
		decoded := time.Now()
		calls := 0
		for i := range history.Events {
			if history.Events[i].Type == ring.TypeCall {
				calls++
			}
			text = append(strace.AppendEvent(text[:0], &history.Events[i], nil), '\n')
		}
		written := time.Now()

		if calls == 0 {
			return errors.New("the recording has no calls")
		}
		result.calls, result.bytes = calls, 0
		for _, chunk := range snapshot.Chunks {
			result.bytes += len(chunk)
		}
		each := func(duration time.Duration) float64 { return float64(duration.Nanoseconds()) / float64(calls) }
		result.read = append(result.read, each(taken.Sub(start)))
		result.decode = append(result.decode, each(decoded.Sub(taken)))
		result.text = append(result.text, each(written.Sub(decoded)))
		result.speeds = append(result.speeds, 1e9/each(written.Sub(start)))
		return nil
	})
	return result, err
}
