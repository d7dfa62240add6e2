package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// describeMachine says what the figures depend on, and nothing that would tell
// whose machine it is.
func describeMachine() []string {
	lines := []string{fmt.Sprintf("CPU: %s, %d online%s", cpuModel(), runtime.NumCPU(), hypervisor())}
	var name unix.Utsname
	if err := unix.Uname(&name); err == nil {
		lines = append(lines, fmt.Sprintf("kernel: Linux %s %s, clock source %s",
			unix.ByteSliceToString(name.Release[:]), unix.ByteSliceToString(name.Machine[:]),
			firstLine("/sys/devices/system/clocksource/clocksource0/current_clocksource")))
	}
	for _, tool := range []struct{ name, option string }{
		{"strace", "-V"}, {"perf", "--version"}, {"redis-server", "--version"},
	} {
		if version := toolVersion(tool.name, tool.option); version != "" {
			lines = append(lines, tool.name+": "+version)
		}
	}
	lines = append(lines, runtime.Version()+fmt.Sprintf(", load average at the start: %s", loadAverage()))
	if others := tracingPrograms(); others > 0 {
		lines = append(lines, fmt.Sprintf("NOT COMPARABLE: %d other BPF tracing programs were loaded at the start", others))
	}
	return lines
}

func cpuModel() string {
	if model := cpuField("model name"); model != "" {
		return model
	}
	return runtime.GOARCH
}

func hypervisor() string {
	if strings.Contains(" "+cpuField("flags")+" ", " hypervisor ") {
		return ", a virtual machine"
	}
	return ""
}

// cpuField returns a field of the first CPU.
func cpuField(name string) string {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ":")
		if strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func firstLine(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	line, _, _ := bytes.Cut(content, []byte("\n"))
	return string(line)
}

func loadAverage() string {
	average, _, _ := strings.Cut(firstLine("/proc/loadavg"), " ")
	return average
}

// toolVersion returns the first word with a digit that a program says of
// itself, or "" if it is not installed.
func toolVersion(name, option string) string {
	output, err := exec.Command(name, option).Output()
	if err != nil {
		return ""
	}
	for word := range strings.FieldsSeq(string(output)) {
		if strings.ContainsAny(word, "0123456789") {
			return strings.TrimPrefix(word, "v=")
		}
	}
	return "of unknown version"
}

// tracingPrograms counts the loaded programs that may be attached to system
// calls: theirs is a cost that would count as everybody's.
func tracingPrograms() int {
	found := 0
	for id, err := ebpf.ProgramGetNextID(0); err == nil; id, err = ebpf.ProgramGetNextID(id) {
		program, err := ebpf.NewProgramFromID(id)
		if err != nil {
			continue // ended in the meantime
		}
		switch program.Type() {
		case ebpf.Tracing, ebpf.TracePoint, ebpf.RawTracepoint, ebpf.RawTracepointWritable:
			found++
		}
		program.Close()
	}
	return found
}
