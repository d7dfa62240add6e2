package agent

import (
	"time"

	"traceloop/internal/containers"
	"traceloop/syscalls"
)

// Claim is somebody's wish to have containers recorded, such as a Trace's.
// Several may have one recording: its ring has the calls that any of them wants,
// and it is given back when nobody claims it.
type Claim struct {
	// Name tells it from all others there ever are, such as a Trace's UID.
	Name string
	// Match says whether a container is claimed. Not known: it is asked again
	// soon, and the container is recorded meanwhile. It must not use the agent.
	Match func(container *containers.Container) (wanted, known bool)
	// Calls are those that are wanted; nil: all.
	Calls *syscalls.Filter
	// Held are the IDs of recordings that the claim had before the agent began.
	Held []string
}

// Claimed is a recording that a claim has.
type Claimed struct {
	// ID is the container's, or ID.NUMBER for an earlier recording of it.
	ID        string
	Container containers.Container
	Running   bool
	Started   time.Time // of the recording
}
