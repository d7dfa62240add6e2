package agent

import (
	"slices"
	"time"

	"traceloop/recording"
)

// clocks is what the wall clock showed: a pair from the beginning, and one from
// each time that it was found to have been set.
type clocks struct{ history recording.Clock }

const (
	// clockStep is by how much the wall clock must have moved against the
	// boot time to have been set. What a time server steers is less.
	clockStep    = 10 * time.Millisecond
	clockHistory = 64 // pairs at the most
)

// look looks at the clocks.
func (c *clocks) look() error {
	now, err := recording.ReadClocks()
	if err != nil {
		return err
	}
	if len(c.history) > 0 {
		last := c.history[len(c.history)-1]
		moved := now.Wall - last.Wall - int64(now.Boot-last.Boot)
		if moved > -int64(clockStep) && moved < int64(clockStep) {
			return nil
		}
	}
	if len(c.history) == clockHistory {
		c.history = slices.Delete(c.history, 1, 2)
	}
	c.history = append(c.history, now)
	return nil
}

// since is the pairs that count for what began when the clocks showed first,
// which is zero if that is not known.
func (c *clocks) since(first recording.ClockPair) recording.Clock {
	if first == (recording.ClockPair{}) {
		return slices.Clone(c.history)
	}
	pairs := recording.Clock{first}
	for _, pair := range c.history {
		if pair.Boot > first.Boot {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}
