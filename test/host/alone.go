package host

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Alone waits until no other process's test starts containers on this machine
// or counts them: a recorder that adopts containers adopts everyone's. Its
// result ends that, as does the process's end.
func Alone() (release func(), err error) {
	path := filepath.Join(os.TempDir(), "traceloop-test.lock")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("waiting for other tests of containers: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		return nil, fmt.Errorf("waiting for other tests of containers: %w", err)
	}
	// Nothing was written; the file stays, as others may be waiting for it.
	return func() { _ = file.Close() }, nil
}
