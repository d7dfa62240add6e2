package ring

// Snapshot is a copy of a ring's memory, as it was at one moment: what a
// recorder reads and what a recording file holds.
type Snapshot struct {
	// Taken is when the copy was begun: CLOCK_BOOTTIME, ns.
	Taken uint64
	// Cursors are the CPUs' accounts, indexed by CPU.
	Cursors []Cursor
	// Chunks are the chunks that were whole when copied, each cut to its used
	// bytes (at least a chunk's header), in no particular order.
	Chunks [][]byte
	// InFlight is one more chunk, with the calls that were going on: nil if none.
	InFlight []byte
	// Damaged says that there were more chunks than Chunks: the file that held
	// them is damaged.
	Damaged bool
	// Failures counts the kernel-side operations that failed, by place.
	Failures []Failure
}

// Cursor is what one CPU counted of a recording.
type Cursor struct {
	Calls    uint64 // recorded, ever: those overwritten since are among them
	Filtered uint64 // left out by the recording's set of calls
	Lost     uint64 // could not be written
	Horizon  uint64 // newest end of an overwritten record, CLOCK_BOOTTIME ns; 0: none
}

// Failure counts the failures of one operation of the BPF programs.
type Failure struct {
	Place string // the operation, such as "read string"
	Errno int32  // what it returned, positive
	Count uint64
}
