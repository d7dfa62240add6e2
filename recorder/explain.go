package recorder

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/features"
	"golang.org/x/sys/unix"
)

// FeatureError says that the kernel lacks something the recorder needs: the
// user needs another kernel, or another configuration of it.
type FeatureError struct {
	Feature string
	Least   string // the least version of Linux that has it
	Cause   error
}

func (e *FeatureError) Error() string {
	return fmt.Sprintf("this kernel lacks %s, which Linux has since %s: %v", e.Feature, e.Least, e.Cause)
}

func (e *FeatureError) Unwrap() error { return e.Cause }

// PrivilegeError says which capabilities the process lacks: the user runs it as
// root, or gives it these.
type PrivilegeError struct {
	Missing []string // such as "CAP_BPF"
	Cause   error
}

func (e *PrivilegeError) Error() string {
	if len(e.Missing) == 0 {
		return fmt.Sprintf("the kernel refuses BPF to this process although it has the capabilities: is it in a user namespace or under a security policy? %v", e.Cause)
	}
	// The cause would only guess what is said here.
	return fmt.Sprintf("not privileged to record: missing %s (root has them)", strings.Join(e.Missing, ", "))
}

func (e *PrivilegeError) Unwrap() error { return e.Cause }

// needed are the capabilities without which nothing can be recorded.
// CAP_SYS_ADMIN includes the other two: capabilities(7).
var needed = []struct {
	name string
	bit  int
}{
	{"CAP_BPF", unix.CAP_BPF},
	{"CAP_PERFMON", unix.CAP_PERFMON},
}

// explain finds out why the kernel refused the programs. Features are probed,
// not guessed from a version: distributions carry features back.
func explain(cause error) error {
	missing := missingCapabilities()
	if errors.Is(cause, unix.EPERM) || errors.Is(cause, unix.EACCES) && len(missing) > 0 {
		return &PrivilegeError{Missing: missing, Cause: cause}
	}
	if _, err := os.Stat("/sys/kernel/btf/vmlinux"); errors.Is(err, os.ErrNotExist) {
		return &FeatureError{Feature: "type information (CONFIG_DEBUG_INFO_BTF, /sys/kernel/btf/vmlinux)", Least: "5.4", Cause: cause}
	}
	for _, probe := range []struct {
		feature, least string
		missing        func() error
	}{
		{"memory-mapped BPF arrays (BPF_F_MMAPABLE)", "5.5", func() error { return features.HaveMapFlag(features.BPF_F_MMAPABLE) }},
		{"BPF arrays of different sizes in a map (BPF_F_INNER_MAP)", "5.10", func() error { return features.HaveMapFlag(features.BPF_F_INNER_MAP) }},
		{"BPF task storage (BPF_MAP_TYPE_TASK_STORAGE)", "5.11", func() error { return features.HaveMapType(ebpf.TaskStorage) }},
		{"the current task's registers in BPF programs (bpf_task_pt_regs)", "5.15", func() error {
			return features.HaveProgramHelper(ebpf.Kprobe, asm.FnTaskPtRegs)
		}},
	} {
		if err := probe.missing(); errors.Is(err, ebpf.ErrNotSupported) {
			return &FeatureError{Feature: probe.feature, Least: probe.least, Cause: cause}
		}
	}
	return cause
}

func missingCapabilities() []string {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return nil
	}
	has := func(bit int) bool { return data[bit/32].Effective>>(bit%32)&1 != 0 }
	if has(unix.CAP_SYS_ADMIN) {
		return nil
	}
	var missing []string
	for _, capability := range needed {
		if !has(capability.bit) {
			missing = append(missing, capability.name)
		}
	}
	return missing
}
