package recorder_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"traceloop/ring"
)

// signals is a signal set, as memory has it.
func signals(numbers ...uint) string {
	var set uint64
	for _, number := range numbers {
		set |= 1 << (number - 1)
	}
	return laid(set)
}

// The mask that rt_sigreturn puts back stands on the stack that the handler ran on.
func TestSignalFramesHaveTheirMasks(t *testing.T) {
	h, _ := record(t, roomy, program(t, "signals"), "masked")
	const rtMax = 64
	usr1, usr2 := uint(unix.SIGUSR1), uint(unix.SIGUSR2)
	var masks []string
	for _, e := range callsNamed(h, "rt_sigreturn") {
		masks = append(masks, firstCapture(e, 0))
	}
	same(t, "masks", masks, []string{signals(), signals(usr2, rtMax), signals(usr1), signals()})
	same(t, "handlers", marks(h, 3), []int64{int64(usr1), int64(usr1), int64(usr2), int64(usr1)})
}

// A stack that ends where the frame should be shows nothing, and the task's end is seen.
func TestSignalFrameThatIsNone(t *testing.T) {
	path := program(t, "signals")
	r := attachChildren(t, roomy)
	p := run(t, path, "no frame")
	p.wait(t, 11)
	h := history(t, r, t.Name())
	back := one(t, "rt_sigreturn", callsNamed(h, "rt_sigreturn"))
	same(t, "mask", firstCapture(back, 0), "-")
	signal := one(t, "signal", ofType(h, ring.TypeSignal))
	same(t, "signal", signal.Signal.Number, uint32(unix.SIGSEGV))
	same(t, "end", exitOf(t, h, p.pid())&0x7f, uint32(unix.SIGSEGV))
}
