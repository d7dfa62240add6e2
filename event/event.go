// Package event joins what a recorder wrote with what it means: it merges the
// CPUs' records into one history, finds each call's row in the table, and
// turns the kernel's boot time into wall-clock time.
package event

import (
	"traceloop/ring"
	"traceloop/syscalls"
)

// Event is one thing that a task did or that befell it.
type Event struct {
	ring.Record
	// ABI is what the call's number belongs to. Zero for what is no call.
	ABI syscalls.ABI
	// Row is the call's row in the table, nil where the number is unknown.
	Row *syscalls.Call
}
