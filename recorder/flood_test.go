package recorder_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Containers that end in the very moment in which they are adopted, by themselves
// or because they run, are counted out: their rings come back.
func TestAdoptionOfWhatEndsMeanwhile(t *testing.T) {
	r := adopting(t, 2)
	ended := make(chan error, 2)
	for range cap(ended) {
		go func() {
			ended <- exec.CommandContext(t.Context(), "sh", "-c", "for i in $(seq 1000); do unshare --mount --pid --fork true; done").Run()
		}()
	}
	adopted := 0
	for running := cap(ended); running > 0; {
		select {
		case err := <-ended:
			running--
			if err != nil {
				t.Error(err)
			}
		default:
		}
		if _, err := r.AdoptRunning(); err != nil {
			t.Fatal(err)
		}
		all, err := r.List()
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range all {
			if info.Ended != 0 && info.Tasks == 0 {
				adopted++
				if err := r.Delete(info.Name); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := r.Stock(2); err != nil {
			t.Fatal(err)
		}
	}
	if adopted < 10 {
		t.Errorf("only %d were adopted: nothing is tested", adopted)
	}
	var stuck []string
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		all, err := r.List()
		if err != nil {
			t.Fatal(err)
		}
		stuck = nil
		for _, info := range all {
			if _, err := os.Stat(fmt.Sprint("/proc/", info.PID)); info.Tasks > 0 && err != nil {
				stuck = append(stuck, info.Name)
			}
		}
		if len(stuck) == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("of %d these have tasks still: %s", adopted, strings.Join(stuck, " "))
		}
	}
}
