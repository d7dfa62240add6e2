package main

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"

	"traceloop/event"
	"traceloop/recorder"
	"traceloop/ring"
	"traceloop/syscalls"
)

const mebibyte = 1 << 20

// measureHistory measures how many calls a ring holds, and what each takes.
func measureHistory(b *benchmark) error {
	t := table{
		title:   "History per MiB",
		columns: []string{"workload", "ring, MiB", "calls made", "calls kept", "kept per MiB"},
		texts:   1,
	}
	r := &round{}
	defer r.unload()
	var small *ring.Snapshot
	for _, size := range []int{recorder.DefaultRingSize, 8 * mebibyte} {
		snapshot, err := b.recordFind(r, size)
		if err != nil {
			return err
		}
		account := event.Decode(snapshot, runtime.GOARCH).Account
		if account.Overwritten == 0 {
			return fmt.Errorf("find /usr makes too few calls to fill %d MiB", size/mebibyte)
		}
		perMebibyte := float64(account.Kept) * mebibyte / float64(size)
		t.add("`find /usr`", count(float64(size)/mebibyte), count(float64(account.Made)), count(float64(account.Kept)), count(perMebibyte))
		if small == nil {
			small = snapshot
			b.report.atLeast("calls kept per MiB of ring, `find /usr`", "8,000", 8000, perMebibyte, count(perMebibyte))
		}
	}
	if missingRedis() == "" {
		snapshot, err := b.recordRedis(r, recorder.DefaultRingSize, 20_000)
		if err != nil {
			return err
		}
		account := event.Decode(snapshot, runtime.GOARCH).Account
		t.add("`redis-server`", count(recorder.DefaultRingSize/mebibyte), count(float64(account.Made)), count(float64(account.Kept)),
			count(float64(account.Kept)*mebibyte/recorder.DefaultRingSize))
	}
	b.report.tables = append(b.report.tables, t)
	return b.reportSpace(small)
}

// recordFind records the workload of many calls, and returns what the ring has then.
func (b *benchmark) recordFind(r *round, ringSize int) (*ring.Snapshot, error) {
	end, err := r.record(recorder.Children(os.Getpid()), defaults(ringSize))
	if err != nil {
		return nil, err
	}
	if _, err := runSilently(b.context, plain, findCommand...); err != nil {
		return nil, errors.Join(err, end())
	}
	snapshot, err := r.loaded.Read(recordingName)
	return snapshot, errors.Join(err, end())
}

// recordRedis records a server while its client makes requests.
func (b *benchmark) recordRedis(r *round, ringSize, requests int) (*ring.Snapshot, error) {
	server, err := b.startRedis(plain)
	if err != nil {
		return nil, err
	}
	defer server.stop()
	end, err := r.record(recorder.ProcessTree(server.cmd.Process.Pid), defaults(ringSize))
	if err != nil {
		return nil, err
	}
	if _, err := b.runRedisClient(server, requests); err != nil {
		return nil, errors.Join(err, end())
	}
	snapshot, err := r.loaded.Read(recordingName)
	return snapshot, errors.Join(err, end(), server.stop())
}

// Where records begin in a chunk, and where a record has what is needed here,
// as recorder/bpf/layout.h lays them out: package ring hands out records
// without their sizes.
const (
	chunkHeaderSize   = 40
	recordHeaderSize  = 8
	recordSizeOffset  = 0
	recordTypeOffset  = 2
	recordFlagsOffset = 3
	callSize          = 24
	callNumberOffset  = 16
	callLongFlag      = 1 << 3
)

// space is what records of one kind take of a ring.
type space struct{ records, bytes int }

// spaceOf adds up the records of a snapshot: calls by their name, the rest by
// what it is.
func spaceOf(snapshot *ring.Snapshot) (map[string]*space, error) {
	kinds := map[ring.Type]string{
		ring.TypeTask: "who made the calls, once a chunk", ring.TypeTime: "times",
		ring.TypeSignal: "signals", ring.TypeExec: "execs", ring.TypeFork: "forks", ring.TypeExit: "exits",
	}
	spaces := make(map[string]*space)
	add := func(name string, bytes int) {
		if spaces[name] == nil {
			spaces[name] = &space{}
		}
		spaces[name].records++
		spaces[name].bytes += bytes
	}
	for _, chunk := range snapshot.Chunks {
		add("chunks' headers and unused ends", chunkHeaderSize+ring.ChunkSize-len(chunk))
		for rest := chunk[chunkHeaderSize:]; len(rest) > 0; {
			record, err := firstRecord(rest)
			if err != nil {
				return nil, err
			}
			name, isOther := kinds[ring.Type(record[recordTypeOffset])]
			if !isOther {
				name = callName(record)
			}
			add(name, len(record))
			rest = rest[len(record):]
		}
	}
	return spaces, nil
}

func firstRecord(records []byte) ([]byte, error) {
	if len(records) >= recordHeaderSize {
		size := int(binary.LittleEndian.Uint16(records[recordSizeOffset:]))
		least := recordHeaderSize
		if ring.Type(records[recordTypeOffset]) == ring.TypeCall {
			least = callSize
		}
		if size >= least && size <= len(records) {
			return records[:size], nil
		}
	}
	return nil, errors.New("a chunk's records are not as layout.h says")
}

// callName returns the name of a call's record, as markdown.
func callName(record []byte) string {
	number := uint32(binary.LittleEndian.Uint16(record[callNumberOffset:]))
	if record[recordFlagsOffset]&callLongFlag != 0 && len(record) >= callSize+4 {
		number = binary.LittleEndian.Uint32(record[callSize:])
	}
	row := syscalls.Lookup(syscalls.ABIOf(runtime.GOARCH, ring.ABINative), number)
	if row == nil {
		return fmt.Sprintf("call %d", number)
	}
	return "`" + row.Name + "`"
}

// reportSpace says what takes most of a ring.
func (b *benchmark) reportSpace(snapshot *ring.Snapshot) error {
	spaces, err := spaceOf(snapshot)
	if err != nil {
		return err
	}
	all := 0
	for _, s := range spaces {
		all += s.bytes
	}
	names := slices.SortedFunc(maps.Keys(spaces), func(a, b string) int {
		return cmp.Or(cmp.Compare(spaces[b].bytes, spaces[a].bytes), cmp.Compare(a, b))
	})
	t := table{
		title:   "What a ring of `find /usr` is full of",
		columns: []string{"record", "records", "bytes each", "part of the ring"},
		texts:   1,
	}
	const most = 8
	for _, name := range names[:min(most, len(names))] {
		s := spaces[name]
		t.add(name, count(float64(s.records)), fmt.Sprintf("%.1f", float64(s.bytes)/float64(s.records)), fmt.Sprintf("%.1f%%", 100*float64(s.bytes)/float64(all)))
	}
	b.report.tables = append(b.report.tables, t)
	return nil
}
