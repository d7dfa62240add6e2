package recorder_test

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"traceloop/recorder"
)

// roleVariable chooses what the test binary does when a test executes it anew.
const roleVariable = "TRACELOOP_TEST_ROLE"

// roles are what the test binary can be besides a test.
var roles = map[string]func() error{
	"record own mount namespace": recordOwnMountNamespace,
	"record own cgroup":          recordOwnCgroup,
	"record own children":        recordOwnChildren,
	"make and free":              makeAndFree,
}

func TestMain(m *testing.M) {
	if name := os.Getenv(roleVariable); name != "" {
		role, found := roles[name]
		if !found {
			fmt.Fprintf(os.Stderr, "no such role: %q\n", name)
			os.Exit(1)
		}
		if err := role(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	if shared.recorder != nil {
		if err := shared.recorder.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "closing the shared recorder:", err)
			code = 1
		}
	}
	if programs.directory != "" {
		os.RemoveAll(programs.directory)
	}
	os.Exit(code)
}

// shared is one recorder for all tests: loading the programs takes a second.
var shared struct {
	once     sync.Once
	recorder *recorder.Recorder
	err      error
}

func sharedRecorder(t *testing.T) *recorder.Recorder {
	t.Helper()
	shared.once.Do(func() { shared.recorder, shared.err = recorder.New() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.recorder
}
