package recording

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// ReadClocks reads both clocks of this machine at one moment, as nearly as can
// be: the boot time is the middle of what it was before and after.
func ReadClocks() (ClockPair, error) {
	var before, wall, after unix.Timespec
	err := errors.Join(
		unix.ClockGettime(unix.CLOCK_BOOTTIME, &before),
		unix.ClockGettime(unix.CLOCK_REALTIME, &wall),
		unix.ClockGettime(unix.CLOCK_BOOTTIME, &after))
	if err != nil {
		return ClockPair{}, fmt.Errorf("reading the clocks: %w", err)
	}
	return ClockPair{
		Boot: uint64(before.Nano() + (after.Nano()-before.Nano())/2),
		Wall: wall.Nano(),
	}, nil
}
