package output

import (
	"fmt"
	"strconv"
	"strings"

	"traceloop/strace"
)

// Set is a choice of statuses or of signals: those that are false are left
// out. The nil Set leaves out nothing.
type Set []bool

func (s Set) has(number uint32) bool {
	return s == nil || int(number) < len(s) && s[number]
}

// The statuses of a call, in the order of StatusNames.
const (
	StatusSuccessful  = iota // returned without an error
	StatusFailed             // returned an error
	StatusUnfinished         // did not return: its task ended, or the call never returns
	StatusUnavailable        // its result is not known: no call of a recording is so
	StatusDetached           // was going on when the recording was read
	statuses
)

var statusNames = [statuses]string{"successful", "failed", "unfinished", "unavailable", "detached"}

// StatusNames returns the names of all statuses, which are strace's.
func StatusNames() []string { return statusNames[:] }

// OnlyStatus is the set of one status.
func OnlyStatus(status int) Set {
	set := make(Set, statuses)
	set[status] = true
	return set
}

// ParseStatuses parses a set of statuses as strace's -e status= has it.
func ParseStatuses(text string) (Set, error) {
	return parseSet(text, statuses, func(item string) (int, error) {
		for status, name := range statusNames {
			if item == name {
				return status, nil
			}
		}
		return 0, fmt.Errorf("unknown status %q: want %s, all or none", item, strings.Join(statusNames[:], ", "))
	})
}

// signals is how many numbers of signals there are, with 0, which is none.
const signals = 65

// SignalNames returns the names of all signals, without SIG.
func SignalNames() []string {
	names := make([]string, 0, signals)
	for number := uint32(1); number < signals; number++ {
		names = append(names, strings.TrimPrefix(strace.SignalName(number), "SIG"))
	}
	return names
}

// ParseSignals parses a set of signals as strace's -e signal= has it: names,
// with or without SIG, in capitals or not, and numbers.
func ParseSignals(text string) (Set, error) {
	names := SignalNames()
	return parseSet(text, signals, func(item string) (int, error) {
		if number, err := strconv.ParseUint(item, 10, 32); err == nil && number < signals {
			return int(number), nil
		}
		wanted := strings.TrimPrefix(strings.ToUpper(item), "SIG")
		for i, name := range names {
			if wanted == name {
				return i + 1, nil
			}
		}
		return 0, fmt.Errorf("unknown signal %q: want names such as SIGINT or int, numbers up to %d, all or none", item, signals-1)
	})
}

// parseSet parses "all", "none" or items with commas between them, of which
// each has a number below size; an exclamation mark before them takes all others.
func parseSet(text string, size int, number func(item string) (int, error)) (Set, error) {
	list, negated := strings.CutPrefix(strings.TrimSpace(text), "!")
	set := make(Set, size)
	for item := range strings.SplitSeq(list, ",") {
		switch item = strings.TrimSpace(item); item {
		case "none":
		case "all":
			for i := range set {
				set[i] = true
			}
		default:
			i, err := number(item)
			if err != nil {
				return nil, err
			}
			set[i] = true
		}
	}
	if negated {
		for i := range set {
			set[i] = !set[i]
		}
	}
	return set, nil
}
