package agent

import (
	"errors"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	kernel "github.com/cilium/ebpf/features"
	"golang.org/x/sys/unix"

	traceloopv1 "traceloop/api/traceloop/v1"
)

// features are what the kernel and the machine have of what the recorder uses,
// which pins its work in a directory, if it is given one.
func features(pinned string) []*traceloopv1.Feature {
	if pinned == "" {
		pinned = "/sys/fs/bpf"
	}
	return []*traceloopv1.Feature{
		feature("BTF", "type information of the kernel; nothing is recorded without it", func() error {
			_, err := os.Stat("/sys/kernel/btf/vmlinux")
			return err
		}),
		feature("task storage", "calls in flight of any number of threads; nothing is recorded without it", func() error {
			return kernel.HaveMapType(ebpf.TaskStorage)
		}),
		feature("task registers", "arguments of calls that were denied; nothing is recorded without it", func() error {
			return kernel.HaveProgramHelper(ebpf.Kprobe, asm.FnTaskPtRegs)
		}),
		feature("bpf_loop", "programs that are verified faster; without it they are loaded with loops unrolled", func() error {
			return kernel.HaveProgramHelper(ebpf.Kprobe, asm.FnLoop)
		}),
		feature("BPF ring buffer", "news of containers at once", func() error {
			return kernel.HaveMapType(ebpf.RingBuf)
		}),
		feature("BPF file system", "recordings go on while the daemon is away; without it they end with the daemon", func() error {
			return mounted(pinned, unix.BPF_FS_MAGIC)
		}),
		feature("cgroup version 2", "containers are told by their cgroups; without it by those of version 1, and cgroups cannot be attached", func() error {
			if mounted("/sys/fs/cgroup", unix.CGROUP2_SUPER_MAGIC) == nil {
				return nil
			}
			return mounted("/sys/fs/cgroup/unified", unix.CGROUP2_SUPER_MAGIC)
		}),
	}
}

// feature looks for one. What cannot be told is not there, and the note says why.
func feature(name, note string, look func() error) *traceloopv1.Feature {
	err := look()
	if err != nil && !errors.Is(err, ebpf.ErrNotSupported) && !errors.Is(err, os.ErrNotExist) {
		note += " (could not tell: " + bound(err.Error(), longestString) + ")"
	}
	return &traceloopv1.Feature{Name: name, Present: err == nil, Note: note}
}

func mounted(path string, magic int64) error {
	var system unix.Statfs_t
	if err := unix.Statfs(path, &system); err != nil {
		return err
	}
	if system.Type != magic {
		return os.ErrNotExist
	}
	return nil
}
