package recorder

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
)

func TestMain(m *testing.M) {
	if n := os.Getenv("LOOP"); n != "" {
		count, _ := strconv.Atoi(n)
		best := time.Hour
		for range 300 {
			start := time.Now()
			for range count {
				syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0)
			}
			best = min(best, time.Since(start))
		}
		fmt.Printf("%.2f", float64(best.Nanoseconds())/float64(count))
		return
	}
	os.Exit(m.Run())
}

func loop(t *testing.T) float64 {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "LOOP=5000")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		t.Fatal(err, string(out))
	}
	return f
}

func TestHot(t *testing.T) {
	for range 3 {
		plain := loop(t)
		floor := func() float64 {
			for _, n := range []string{"sys_enter", "sys_exit"} {
				p, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.Tracing, AttachType: ebpf.AttachTraceRawTp, AttachTo: n, License: "GPL",
					Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}})
				if err != nil {
					t.Fatal(err)
				}
				defer p.Close()
				l, err := link.AttachTracing(link.TracingOptions{Program: p})
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
			}
			return loop(t)
		}()
		r, err := New()
		if err != nil {
			t.Fatal(err)
		}
		idle := loop(t)
		if err := r.Attach("x", Children(os.Getpid()), Options{RingSize: 1 << 20, StringLimit: 64}); err != nil {
			t.Fatal(err)
		}
		recorded := loop(t)
		r.Delete("x")
		r.Attach("x", Children(1), Options{RingSize: 1 << 20, StringLimit: 64})
		untraced := loop(t)
		r.Close()
		f := floor - plain
		fmt.Printf("plain %.0f floor +%.0f idle +%.0f (%.2f) untraced +%.0f (%.2f) recorded +%.0f (%.2f)\n", plain, f, idle-plain, (idle-plain)/f, untraced-plain, (untraced-plain)/f, recorded-plain, (recorded-plain)/f)
	}
}

func TestPerf(t *testing.T) {
	r, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.Attach("x", Children(os.Getpid()), Options{RingSize: 1 << 20, StringLimit: 64})
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "LOOP=100000")
	cmd.Start()
	p := exec.Command("perf", "record", "-o", "/tmp/perf.data", "-e", "cpu-clock", "-F", "20000", "-p", strconv.Itoa(cmd.Process.Pid))
	p.Start()
	cmd.Wait()
	p.Wait()
	out, _ := exec.Command("perf", "report", "-i", "/tmp/perf.data", "--stdio", "-g", "none").CombinedOutput()
	fmt.Println(string(out))
}
