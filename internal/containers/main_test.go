package containers

import (
	"fmt"
	"os"
	"testing"

	"traceloop/test/host"
)

// Others' tests count the containers that are started.
func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	release, err := host.Alone()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer release()
	return m.Run()
}
