package recording

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	// closeReads is how many nanoseconds may pass between the readings of a pair of
	// clocks; where a busy machine takes longer they are read again, so many times.
	closeReads   = 10_000
	maximumReads = 8
)

// ReadClocks reads both clocks of this machine at one moment, as nearly as can
// be: the boot time is the middle of what it was before and after.
func ReadClocks() (ClockPair, error) {
	var pair ClockPair
	best := int64(-1)
	for range maximumReads {
		var before, wall, after unix.Timespec
		err := errors.Join(
			unix.ClockGettime(unix.CLOCK_BOOTTIME, &before),
			unix.ClockGettime(unix.CLOCK_REALTIME, &wall),
			unix.ClockGettime(unix.CLOCK_BOOTTIME, &after))
		if err != nil {
			return ClockPair{}, fmt.Errorf("reading the clocks: %w", err)
		}
		between := after.Nano() - before.Nano()
		if best < 0 || between < best {
			best = between
			pair = ClockPair{Boot: uint64(before.Nano() + between/2), Wall: wall.Nano()}
		}
		if best <= closeReads {
			break
		}
	}
	return pair, nil
}
