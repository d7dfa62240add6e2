// Code generated from recorder/bpf/layout.h; DO NOT EDIT.

package ring

// enum chunk_constant
const (
	ChunkSize          = 4096
	StateUsedMask      = 32767
	StateBusy          = 32768
	StateSequenceShift = 16
)

// enum capture_constant
const (
	PathLimit        = 3072
	StringLimitMax   = 3072
	ArrayLimit       = 512
	VectorLimit      = 64
	CountLimit       = 65536
	EntriesLimit     = 65536
	StringTruncated  = 32768
	StringUnreadable = 16384
	BufferUnreadable = 65535
	CaptureEntry     = 1
	CaptureTruncated = 2
)

// enum argument_constant
const (
	ArgumentsMask  = 7
	CapturesShift  = 3
	CapturesMax    = 31
	ReturnArgument = 7
	PartBit        = 8
)

// enum descriptor_flag
const (
	DescriptorDeleted  = 1
	DescriptorCut      = 2
	DescriptorNameless = 4
)

// Type is the kind of a record.
type Type uint8

// enum type
const (
	TypeTask   Type = 1
	TypeTime   Type = 2
	TypeCall   Type = 3
	TypeSignal Type = 4
	TypeExec   Type = 5
	TypeFork   Type = 6
	TypeExit   Type = 7
)

// enum record_flag
const (
	recordSetup = 128
)

// enum call_flag
const (
	callCompat     = 1
	callX32        = 2
	callReturn64   = 4
	callLong       = 8
	callUnfinished = 16
	callNoEntry    = 32
	callInFlight   = 64
)

// enum exit_flag
const (
	exitOom = 1
)

// Layout is how captured memory is laid out.
type Layout uint8

// enum layout
const (
	LayoutNone       Layout = 0
	LayoutString     Layout = 1
	LayoutPath       Layout = 2
	LayoutBytes      Layout = 3
	LayoutStruct     Layout = 4
	LayoutArray      Layout = 5
	LayoutStrings    Layout = 6
	LayoutBuffers    Layout = 7
	LayoutCount      Layout = 8
	LayoutEntries    Layout = 9
	LayoutPointers   Layout = 10
	LayoutDescriptor Layout = 11
)

// When is the moment at which memory is captured.
type When uint8

// enum when
const (
	WhenIn     When = 1
	WhenEarly  When = 2
	WhenOut    When = 3
	WhenInOut  When = 4
	WhenAround When = 5
)

// Count says where the number of bytes or elements of captured memory comes from.
type Count uint8

// enum count
const (
	CountOne           Count = 0
	CountArgument      Count = 1
	CountReturn        Count = 7
	CountPointed       Count = 8
	CountArgumentBits  Count = 16
	CountSelf          Count = 25
	CountArgumentBelow Count = 32
	CountStruct        Count = 24
)

// struct head
const (
	sizeofHead         = 64
	offsetHeadSequence = 0
	offsetHeadTasks    = 8
)

// struct cursor
const (
	sizeofCursor         = 64
	offsetCursorState    = 0
	offsetCursorSlot     = 8
	offsetCursorBusy     = 12
	offsetCursorBase     = 16
	offsetCursorCalls    = 24
	offsetCursorFiltered = 32
	offsetCursorHorizon  = 40
	offsetCursorLost     = 48
)

// struct chunk
const (
	sizeofChunk            = 40
	offsetChunkState       = 0
	offsetChunkBase        = 8
	offsetChunkCallsBefore = 16
	offsetChunkLast        = 24
	offsetChunkCpu         = 32
)

// struct record
const (
	sizeofRecord      = 8
	offsetRecordSize  = 0
	offsetRecordType  = 2
	offsetRecordFlags = 3
	offsetRecordTid   = 4
)

// struct record_task
const (
	sizeofRecordTask             = 40
	offsetRecordTaskPid          = 8
	offsetRecordTaskContainerTid = 12
	offsetRecordTaskContainerPid = 16
	offsetRecordTaskComm         = 24
)

// struct record_time
const (
	sizeofRecordTime     = 16
	offsetRecordTimeBase = 8
)

// struct record_call
const (
	sizeofRecordCall         = 24
	offsetRecordCallDelta    = 8
	offsetRecordCallDuration = 12
	offsetRecordCallNumber   = 16
	offsetRecordCallWide     = 18
	offsetRecordCallCounts   = 19
	offsetRecordCallResult   = 20
)

// struct call_long
const (
	sizeofCallLong         = 16
	offsetCallLongNumber   = 0
	offsetCallLongDuration = 8
)

// struct capture
const (
	sizeofCapture         = 4
	offsetCaptureArgument = 0
	offsetCaptureLayout   = 1
	offsetCaptureLength   = 2
)

// struct buffer
const (
	sizeofBuffer         = 18
	offsetBufferAddress  = 0
	offsetBufferLength   = 8
	offsetBufferCaptured = 16
)

// struct descriptor
const (
	sizeofDescriptor       = 24
	offsetDescriptorNumber = 0
	offsetDescriptorMagic  = 4
	offsetDescriptorInode  = 8
	offsetDescriptorDevice = 16
	offsetDescriptorMode   = 20
	offsetDescriptorFlags  = 22
)

// struct descriptor_socket
const (
	sizeofDescriptorSocket           = 56
	offsetDescriptorSocketFamily     = 0
	offsetDescriptorSocketType       = 2
	offsetDescriptorSocketProtocol   = 4
	offsetDescriptorSocketState      = 6
	offsetDescriptorSocketLocalPort  = 8
	offsetDescriptorSocketRemotePort = 10
	offsetDescriptorSocketPortId     = 12
	offsetDescriptorSocketLocal      = 16
	offsetDescriptorSocketRemote     = 32
	offsetDescriptorSocketPeer       = 48
)

// struct record_signal
const (
	sizeofRecordSignal       = 72
	offsetRecordSignalDelta  = 8
	offsetRecordSignalNumber = 12
	offsetRecordSignalLength = 16
	offsetRecordSignalInfo   = 24
)

// struct record_exec
const (
	sizeofRecordExec                = 32
	offsetRecordExecDelta           = 8
	offsetRecordExecOldTid          = 12
	offsetRecordExecArgc            = 16
	offsetRecordExecEnvc            = 20
	offsetRecordExecPathLength      = 24
	offsetRecordExecArgumentsLength = 26
)

// struct record_fork
const (
	sizeofRecordFork         = 24
	offsetRecordForkDelta    = 8
	offsetRecordForkChildTid = 12
	offsetRecordForkChildPid = 16
)

// struct record_exit
const (
	sizeofRecordExit      = 16
	offsetRecordExitDelta = 8
	offsetRecordExitCode  = 12
)
