package output

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/strace"
)

// Summary says whether a table of the calls is printed (strace -c and -C).
type Summary int

// The summaries.
const (
	SummaryNone Summary = iota
	SummaryOnly         // instead of the events
	SummaryToo          // behind the events
)

// The orders of a summary, as strace -S names them.
const (
	SortTime    = "time"
	SortMinTime = "min-time"
	SortMaxTime = "max-time"
	SortAvgTime = "avg-time"
	SortCalls   = "calls"
	SortErrors  = "errors"
	SortName    = "name"
	SortNothing = "nothing" // the order of the calls' numbers

)

// SummarySorts returns the orders that a summary can have; the first one is the default.
func SummarySorts() []string {
	return []string{SortTime, SortMinTime, SortMaxTime, SortAvgTime, SortCalls, SortErrors, SortName, SortNothing}
}

// tally is a summary's line. Times are in nanoseconds.
type tally struct {
	name                   string
	number                 uint32
	calls, errors          uint64
	total, shortest, worst uint64
}

func (t *tally) average() uint64 { return t.total / max(t.calls, 1) }

// add counts a call.
func (t *tally) add(e *event.Event) {
	duration := e.End - e.Start
	if t.calls == 0 || duration < t.shortest {
		t.shortest = duration
	}
	t.worst = max(t.worst, duration)
	t.total += duration
	t.calls++
	if e.Failed() {
		t.errors++
	}
}

// tallies counts the calls that have returned, by their names and in the order
// of their numbers.
func tallies(events []*event.Event) []*tally {
	byName := map[string]*tally{}
	var all []*tally
	for _, e := range events {
		if e.Type != ring.TypeCall || !e.Returned() {
			continue
		}
		name := e.Name()
		if name == "" {
			name = string(strace.AppendName(nil, e))
		}
		t := byName[name]
		if t == nil {
			t = &tally{name: name, number: e.Call.Number}
			byName[name] = t
			all = append(all, t)
		}
		t.add(e)
	}
	slices.SortFunc(all, func(a, b *tally) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.name, b.name))
	})
	return all
}

// sortTallies puts the lines in order; what is alike stays in the order of the numbers.
func sortTallies(all []*tally, order string) {
	key := map[string]func(*tally) uint64{
		"":          func(t *tally) uint64 { return t.total },
		SortTime:    func(t *tally) uint64 { return t.total },
		SortMinTime: func(t *tally) uint64 { return t.shortest },
		SortMaxTime: func(t *tally) uint64 { return t.worst },
		SortAvgTime: (*tally).average,
		SortCalls:   func(t *tally) uint64 { return t.calls },
		SortErrors:  func(t *tally) uint64 { return t.errors },
	}[order]
	switch {
	case key != nil:
		slices.SortStableFunc(all, func(a, b *tally) int { return cmp.Compare(key(b), key(a)) })
	case order == SortName:
		slices.SortFunc(all, func(a, b *tally) int { return strings.Compare(a.name, b.name) })
	}
}

// appendSummary appends strace's table of the calls: nothing if there are none.
func appendSummary(dst []byte, events []*event.Event, order string) []byte {
	all := tallies(events)
	if len(all) == 0 {
		return dst
	}
	sortTallies(all, order)
	sum := tally{name: "total"}
	var slowest uint64
	names := 0
	for _, t := range all {
		sum.calls += t.calls
		sum.errors += t.errors
		sum.total += t.total
		slowest = max(slowest, t.average())
		names = max(names, len(t.name))
	}
	// The widths that strace keeps for the sake of those who read it by
	// columns, unless something is wider.
	table := summaryTable{
		seconds: max(11, len(fmt.Sprintf("%.6f", float64(sum.total)/1e9))),
		average: max(11, len(fmt.Sprint(slowest/1e3))),
		calls:   max(9, len(fmt.Sprint(sum.calls))),
		errors:  max(9, len(fmt.Sprint(sum.errors))),
	}
	dst = fmt.Appendf(dst, "%% time %*s %*s %*s %*s syscall\n",
		table.seconds, "seconds", table.average, "usecs/call", table.calls, "calls", table.errors, "errors")
	rule := strings.Join([]string{strings.Repeat("-", 6), strings.Repeat("-", table.seconds), strings.Repeat("-", table.average),
		strings.Repeat("-", table.calls), strings.Repeat("-", table.errors), strings.Repeat("-", max(16, names+1))}, " ") + "\n"
	dst = append(dst, rule...)
	for _, t := range all {
		share := 0.0
		if t.total != 0 {
			share = 100 * float64(t.total) / float64(sum.total)
		}
		dst = table.append(dst, t, share)
	}
	dst = append(dst, rule...)
	return table.append(dst, &sum, 100)
}

// summaryTable is how wide the columns are.
type summaryTable struct{ seconds, average, calls, errors int }

func (w *summaryTable) append(dst []byte, t *tally, share float64) []byte {
	errors := ""
	if t.errors != 0 {
		errors = fmt.Sprint(t.errors)
	}
	return fmt.Appendf(dst, "%6.2f %*.6f %*d %*d %*s %s\n", share,
		w.seconds, float64(t.total)/1e9, w.average, t.average()/1e3, w.calls, t.calls, w.errors, errors, t.name)
}
