package recording

import (
	"cmp"
	"slices"
	"time"
)

// ClockPair is one moment, as two clocks saw it.
type ClockPair struct {
	Boot uint64 // CLOCK_BOOTTIME, ns
	Wall int64  // CLOCK_REALTIME, ns since 1970
}

// Clock turns boot time into wall-clock time. There is a pair from the
// recording's start and one from each time that the wall clock was found to
// have been set, in the order of Boot.
type Clock []ClockPair

// Wall is what the wall clock showed, in UTC, when the boot-time clock showed
// boot nanoseconds: counted from the last pair at or before it, or back from
// the first. It is the zero time if there are no pairs.
func (c Clock) Wall(boot uint64) time.Time {
	if len(c) == 0 {
		return time.Time{}
	}
	// The first pair after boot; the one before it counts.
	after, _ := slices.BinarySearchFunc(c, boot, func(pair ClockPair, boot uint64) int {
		if pair.Boot <= boot {
			return -1
		}
		return 1
	})
	pair := c[max(after-1, 0)]

	// Seconds and nanoseconds are added apart: a hostile file's times may be
	// more nanoseconds from each other than an int64 holds.
	const second = uint64(time.Second)
	seconds, nanoseconds := pair.Wall/int64(second), pair.Wall%int64(second)
	if boot >= pair.Boot {
		distance := boot - pair.Boot
		seconds += int64(distance / second)
		nanoseconds += int64(distance % second)
	} else {
		distance := pair.Boot - boot
		seconds -= int64(distance / second)
		nanoseconds -= int64(distance % second)
	}
	return time.Unix(seconds, nanoseconds).UTC()
}

// sort puts the pairs in the order that Wall relies on. Among pairs of the same
// moment the later one stays the later.
func (c Clock) sort() {
	slices.SortStableFunc(c, func(a, b ClockPair) int { return cmp.Compare(a.Boot, b.Boot) })
}
