package recorder

// Info is what the kernel side knows of a recording.
type Info struct {
	// Name is what Attach was given; of a container that the programs adopted
	// "adopted-N", where no two recordings ever have the same N.
	Name string
	// Adopted: the programs began the recording by themselves, when a task made
	// its first call in a mount namespace that they had not seen before.
	Adopted bool
	// Scope is what is recorded: "mount namespace", "cgroup", "process", "children".
	Scope string
	// Attached: the programs record its tasks. A detached recording keeps its ring.
	Attached bool
	// Late: it was running when the recording began, whose first calls are missing.
	Late bool

	// OwnPIDs: it has a PID namespace of its own. What has none and ended without
	// an execve was no container: Docker's daemon unpacks images so.
	OwnPIDs bool

	// MountNamespace is its inode number, of an adopted container and of a
	// recording of a mount namespace. The kernel gives the number of a namespace
	// that is gone to another; NamespaceID is never given again.
	MountNamespace uint32
	NamespaceID    uint64
	// CgroupID and CgroupNames are the first process's cgroup of version 2 (or,
	// where there is none, of a version 1 controller): its directory's inode
	// number and its path's names, the last one first.
	CgroupID    uint64
	CgroupNames []string

	// PID is the first process, in the initial PID namespace's numbers: the one
	// that made the container's execve; before it, the one that was adopted.
	PID uint32
	// Tasks are alive, threads counted. A recording of a cgroup or of a mount
	// namespace that was attached by hand does not count them: -1.
	Tasks int

	// CLOCK_BOOTTIME, ns. 0: not yet, or not known.
	Began    uint64 // the recording
	Executed uint64 // when the container's own execve began: what is before is its runtime's set-up
	Ended    uint64 // when the last task ended; it counts only while Tasks is 0

	Exited   bool   // the first process has ended
	Status   uint32 // as wait(2) has it: exit code << 8, or the signal that killed it; if Exited
	OOMKills uint32 // processes that the out-of-memory killer took

	RingSize    int    // bytes
	Calls       uint64 // recorded, ever
	Overwritten uint64 // of them
	Filtered    uint64
	Lost        uint64

	// Note is what SetNote kept.
	Note []byte
}

// MaximumNote is how many bytes a recording's note may have.
const MaximumNote = 8 << 10
