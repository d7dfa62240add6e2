package main

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
)

// attachEmptyPrograms attaches a program that does nothing to each end of
// every system call: whatever uses these tracepoints costs at least that.
func attachEmptyPrograms() (detach func() error, err error) {
	var attached []link.Link
	detach = func() error {
		var errs []error
		for _, l := range attached {
			errs = append(errs, l.Close())
		}
		return errors.Join(errs...)
	}
	for _, tracepoint := range []string{"sys_enter", "sys_exit"} {
		l, err := attachEmptyProgram(tracepoint)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("attaching an empty program to %s: %w", tracepoint, err), detach())
		}
		attached = append(attached, l)
	}
	return detach, nil
}

func attachEmptyProgram(tracepoint string) (link.Link, error) {
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type:         ebpf.Tracing,
		AttachType:   ebpf.AttachTraceRawTp,
		AttachTo:     tracepoint,
		License:      "GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	})
	if err != nil {
		return nil, err
	}
	defer program.Close() // the link keeps it
	return link.AttachTracing(link.TracingOptions{Program: program})
}
