package cli

import (
	"fmt"
	"strings"

	"traceloop/ring"
	"traceloop/strace"
)

// sayLosses says what a recording lacks for other reasons than that newer
// calls overwrote it: one line for each reason.
func sayLosses(account *ring.Account, failures []ring.Failure) {
	if account.Lost > 0 {
		say("%d of %d calls could not be recorded", account.Lost, account.Made)
	}
	if account.Malformed > 0 {
		say("%s could not be understood whole; what they held is missing", counted(account.Malformed, "chunk of the recording"))
	}
	var items []string
	for _, failure := range failures {
		item := fmt.Sprintf("%s: %d", failure.Place, failure.Count)
		if name, _ := strace.Errno(int64(failure.Errno)); name != "" {
			item += " (" + name + ")"
		}
		items = append(items, item)
	}
	if len(items) > 0 {
		say("the kernel programs failed to %s", strings.Join(items, ", "))
	}
}
