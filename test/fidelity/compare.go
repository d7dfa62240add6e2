package main

import (
	"cmp"
	"maps"
	"slices"
)

// difference is a pair that is not identical.
type difference struct {
	pair
	nature string // the known difference of nature that it is, or empty
	bare   bool
}

// comparison is how two logs of the same processes differ.
type comparison struct {
	identical   int
	differences []difference
}

// compare pairs the lines of strace's log with ours, thread by thread.
func compare(theirs, ours []line) comparison {
	var c comparison
	theirThreads, theirLines := byThread(theirs)
	ourThreads, ourLines := byThread(ours)
	for _, thread := range ourThreads {
		if _, found := theirLines[thread]; !found {
			theirThreads = append(theirThreads, thread)
		}
	}
	for _, thread := range theirThreads {
		c.add(align(theirLines[thread], ourLines[thread]))
	}
	return c
}

func (c *comparison) add(pairs []pair) {
	for at, p := range pairs {
		if p.identical() {
			c.identical++
			continue
		}
		d := difference{pair: p, nature: natureOf(pairs, at)}
		if d.nature == "" && p.theirs != nil && p.ours != nil {
			d.bare = isBare(p.theirs.text, p.ours.text)
		}
		c.differences = append(c.differences, d)
	}
}

// counts are what a report says of a comparison.
type counts struct {
	lines, identical, onlyTheirs, onlyOurs, nature, bare int
}

func (c *comparison) count() counts {
	n := counts{lines: c.identical + len(c.differences), identical: c.identical}
	for _, d := range c.differences {
		switch {
		case d.theirs == nil:
			n.onlyOurs++
		case d.ours == nil:
			n.onlyTheirs++
		}
		if d.nature != "" {
			n.nature++
		}
		if d.bare {
			n.bare++
		}
	}
	return n
}

func (n *counts) add(more counts) {
	n.lines += more.lines
	n.identical += more.identical
	n.onlyTheirs += more.onlyTheirs
	n.onlyOurs += more.onlyOurs
	n.nature += more.nature
	n.bare += more.bare
}

// share is how many of the lines are identical, from 0 to 1.
func (n counts) share() float64 {
	if n.lines == 0 {
		return 0
	}
	return float64(n.identical) / float64(n.lines)
}

// byName sorts differences by the names of their calls, the most frequent name first.
func byName(differences []difference) (names []string, of map[string][]difference) {
	of = make(map[string][]difference)
	for _, d := range differences {
		of[d.name()] = append(of[d.name()], d)
	}
	names = slices.SortedFunc(maps.Keys(of), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(of[b]), len(of[a])), cmp.Compare(a, b))
	})
	return names, of
}
