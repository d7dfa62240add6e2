package ring

// Record is one record of a ring: a system call, a signal, an exec, a fork or
// a task's end. The fields after the common ones belong to one [Type] each, and
// are zero for all others.
type Record struct {
	Type Type
	CPU  uint32 // that wrote the record: the one on which the call ended
	Task *Task  // whose record it is; shared by the task's records, never nil
	TID  uint32 // thread ID in the initial PID namespace, when the call began

	// SetUp says that a container's runtime made the record when it set the
	// container up: before the task's execve of what is to run there.
	SetUp bool

	// Start and End are CLOCK_BOOTTIME in nanoseconds. They are equal for
	// everything but a system call.
	Start, End uint64

	Call   Call    // Type == TypeCall
	Signal *Signal // Type == TypeSignal
	Exec   *Exec   // Type == TypeExec
	Fork   *Fork   // Type == TypeFork
	Exit   *Exit   // Type == TypeExit
}

// Task is what the kernel said of the task that made a record.
type Task struct {
	PID          uint32 // thread group ID in the initial PID namespace
	ContainerTID uint32 // thread ID in the task's own PID namespace
	ContainerPID uint32 // thread group ID in the task's own PID namespace
	Comm         string // at most 15 bytes, any bytes but NUL: hostile text
}

// Call is a system call. Which call a number means depends on ABI.
type Call struct {
	ABI    ABI
	State  State
	Number uint32
	// Arguments are the raw registers, as many as the call's row in the
	// kernel's copy of the table said (six for a number without a row).
	Arguments []uint64
	// Return is what the call returned: -errno on failure. Meaningless
	// unless State is StateReturned or StateNoEntry.
	Return int64
	// Captures is the memory behind arguments: first what was read when the
	// call began, then what was read when it had ended, each in the order of
	// arguments.
	Captures []Capture
}

// Capture is memory behind an argument. Memory that could not be read has no
// capture at all.
type Capture struct {
	// Argument is the argument's index, or ReturnArgument.
	Argument uint8
	// Part is 0 for the memory that the argument points to. Part n is memory
	// that this memory points to in turn, the n-th of the parts that the
	// argument's kind has (syscalls/kinds.txt). A part follows the capture
	// that has its pointer.
	Part   uint8
	Layout Layout
	// Entry says that the bytes were read when the call began, else when it
	// had ended.
	Entry bool
	// Truncated says that there was more memory than was captured: for a
	// string no NUL was met, for a vector there are more elements.
	Truncated bool
	// Data is the memory, without a string's NUL. How a vector's elements
	// stand in it is in recorder/bpf/layout.h, at enum layout.
	Data []byte
}

// Signal is a signal's delivery.
type Signal struct {
	Number uint32
	// Info is the start of the kernel's siginfo_t (include/uapi/asm-generic/siginfo.h):
	// si_signo, si_errno, si_code, padding, then the union. It is empty
	// where the kernel has none (a SIGKILL to a whole thread group).
	Info []byte
}

// Exec is a successful execve: the image that runs now.
type Exec struct {
	OldTID    uint32 // thread that called execve; the record's TID is the leader's
	Path      string // as the kernel resolved it, at most 511 bytes
	Arguments []byte // the new image's argument area, NUL after each argument
	Argc      uint32 // number of arguments, also of those that Arguments lacks
	Envc      uint32 // number of environment strings
}

// Fork is a new process or thread, told by its parent.
type Fork struct {
	ChildTID uint32
	ChildPID uint32 // the parent's own for a thread
}

// Exit is a task's end.
type Exit struct {
	// Code is as wait(2) has it: exit status << 8, or the signal in the low
	// seven bits with 0x80 for a core dump.
	Code uint32
	OOM  bool // a victim of the out-of-memory killer
}

// ABI is which of a kernel's ways of being called a call came through. What
// it is in full depends on the architecture: see syscalls.ABI.
type ABI uint8

// The ABIs a kernel may have.
const (
	ABINative ABI = iota // the kernel's own, 64 bits
	ABICompat            // its 32-bit one: i386 on amd64, arm on arm64
	ABIX32               // x32 on amd64
)

// State is how far a call had come.
type State uint8

// The states of a call.
const (
	StateReturned State = iota
	// StateUnfinished: the task ended in the call. So do exit and
	// exit_group always.
	StateUnfinished
	// StateInFlight: the call was going on when the ring was read.
	StateInFlight
	// StateNoEntry: only the call's end was seen. Either a seccomp filter
	// refused it, or it began before the recording. Start equals End.
	StateNoEntry
)
