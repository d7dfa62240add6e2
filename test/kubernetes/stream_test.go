//go:build cluster

package kubernetes

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"traceloop/api/gadget/v1alpha1"
)

// oldEvent is an event as old clients know it.
type oldEvent struct {
	Timestamp      int64          `json:"timestamp"`
	Type           string         `json:"type"`
	CPU            uint16         `json:"cpu"`
	PID            uint32         `json:"pid"`
	Comm           string         `json:"comm"`
	MountNamespace uint64         `json:"mountnsid"`
	Syscall        string         `json:"syscall"`
	Parameters     []oldParameter `json:"parameters"`
	Return         string         `json:"ret"`
	Kubernetes     oldKubernetes  `json:"k8s"`
}

type oldParameter struct {
	Name    string  `json:"name"`
	Value   string  `json:"value"`
	Content *string `json:"content"` // nil: it has none
}

type oldKubernetes struct {
	Node      string `json:"node"`
	Namespace string `json:"namespace"`
	Pod       string `json:"podName"`
	Container string `json:"containerName"`
}

// What an event's texts may be.
var (
	oldValue   = regexp.MustCompile(`^(-?[0-9]+|0x[0-9a-f]+)$`)
	oldContent = regexp.MustCompile(`^".*"(\.\.\.)?$`) // as strace has one that is longer
	oldReturn  = regexp.MustCompile(`^(-?[0-9]+|-1 \([^()]+\)|X|unfinished)$`)
	ascii      = regexp.MustCompile(`^[ -~]*$`)
)

// decodeOld decodes a stream's line as strictly as can be. All its events must be
// of one container.
func decodeOld(line []byte) ([]oldEvent, error) {
	if !ascii.Match(line) {
		return nil, fmt.Errorf("a line is not all of printable ASCII: %.200q", line)
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	var events []oldEvent
	if err := decoder.Decode(&events); err != nil {
		return nil, fmt.Errorf("decoding a line: %w: %.200q", err, line)
	}
	if decoder.More() || events == nil {
		return nil, fmt.Errorf("a line is no single array: %.200q", line)
	}
	for i, event := range events {
		switch {
		case event.Type != "normal", event.PID == 0, event.Comm == "", event.Syscall == "", event.Timestamp <= 0, event.Parameters == nil,
			int(event.CPU) >= runtime.NumCPU(), !oldReturn.MatchString(event.Return),
			event.Kubernetes != events[0].Kubernetes, event.MountNamespace != events[0].MountNamespace,
			i > 0 && event.Timestamp < events[i-1].Timestamp:
			return nil, fmt.Errorf("event %d is %+v", i, event)
		}
		for _, p := range event.Parameters {
			if p.Name == "" || !oldValue.MatchString(p.Value) || p.Content != nil && !oldContent.MatchString(*p.Content) {
				return nil, fmt.Errorf("a parameter of event %d, %s, is %+v: %s", i, event.Syscall, p, event.content(p.Name))
			}
		}
	}
	return events, nil
}

// parameter is an event's of a name; empty if it has none.
func (e *oldEvent) parameter(name string) oldParameter {
	for _, p := range e.Parameters {
		if p.Name == name {
			return p
		}
	}
	return oldParameter{}
}

// content is what was captured of a parameter, with its quotation marks.
func (e *oldEvent) content(name string) string {
	if content := e.parameter(name).Content; content != nil {
		return *content
	}
	return ""
}

// oldStream reads a Trace's stream as old clients do.
type oldStream struct {
	command *exec.Cmd
	stderr  bytes.Buffer
	lines   chan []byte // closed when the stream has ended
	ended   error       // why the command ended, when lines is closed
}

// readOld begins to read a Trace's stream.
func readOld(t *testing.T, trace *v1alpha1.Trace) *oldStream {
	t.Helper()
	words := strings.Split("/bin/gadgettracermanager -call receive-stream -tracerid trace_"+trace.Namespace+"_"+trace.Name, " ")
	s := &oldStream{lines: make(chan []byte)}
	s.command = shared.KubectlCommand(append([]string{
		"exec", "--namespace", agentNamespace, agentPod(t, trace.Spec.Node).Name, "--container", agentName, "--",
	}, words...)...)
	s.command.Stderr = &s.stderr
	stdout, err := s.command.StdoutPipe()
	must(t, err)
	must(t, s.command.Start())
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(s.lines)
		for reader := bufio.NewReader(stdout); ; {
			line, err := reader.ReadBytes('\n')
			if err != nil {
				if len(line) > 0 || !errors.Is(err, io.EOF) {
					s.ended = fmt.Errorf("its end is %.200q: %w", line, err)
				}
				break
			}
			select {
			case s.lines <- bytes.TrimSuffix(line, []byte{'\n'}):
			case <-ctx.Done():
			}
		}
		s.ended = errors.Join(s.ended, s.command.Wait())
	}()
	t.Cleanup(func() {
		cancel()
		_ = s.command.Process.Kill()
		for range s.lines {
		}
	})
	return s
}

// next is the events of the next line.
func (s *oldStream) next(t *testing.T) []oldEvent {
	t.Helper()
	select {
	case line, open := <-s.lines:
		if !open {
			diagnose(t)
			t.Fatalf("the stream has ended: %v: %s", s.ended, &s.stderr)
		}
		events, err := decodeOld(line)
		must(t, err)
		return events
	case <-time.After(patience):
		diagnose(t)
		t.Fatalf("no line within %v", patience)
	}
	return nil
}

// end waits for the end of a stream that has no more lines.
func (s *oldStream) end(t *testing.T) {
	t.Helper()
	select {
	case line, open := <-s.lines:
		if open {
			t.Fatalf("there is one more line: %.200q", line)
		}
		if s.ended != nil {
			t.Fatalf("the stream has not ended as it should: %v: %s", s.ended, &s.stderr)
		}
	case <-time.After(patience):
		diagnose(t)
		t.Fatalf("the stream has not ended within %v", patience)
	}
}

// collector is a Trace that collects, again and again, and its stream.
type collector struct {
	trace  *v1alpha1.Trace
	stream *oldStream
}

func newCollector(t *testing.T, name string) *collector {
	t.Helper()
	return &collector{trace: keep(t, newTrace(name, node, "", v1alpha1.OutputModeStream))}
}

// collect is what a started Trace has of a container.
func (c *collector) collect(t *testing.T, from *v1alpha1.Trace, container string) []oldEvent {
	t.Helper()
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]string{
		v1alpha1.OperationAnnotation:                                     v1alpha1.OperationCollect,
		v1alpha1.OperationArgumentPrefix + v1alpha1.ParameterName:        from.Namespace + "/" + from.Name,
		v1alpha1.OperationArgumentPrefix + v1alpha1.ParameterContainerID: container,
	}}})
	must(t, err)
	must(t, objects.Patch(t.Context(), c.trace.DeepCopy(), client.RawPatch("application/merge-patch+json", patch)))
	if c.stream == nil {
		until(t, c.trace, inState(v1alpha1.StateCompleted))
		c.stream = readOld(t, c.trace)
	}
	return c.stream.next(t)
}

// find is the first event that a condition holds for; nil if there is none.
func find(events []oldEvent, condition func(*oldEvent) bool) *oldEvent {
	for i := range events {
		if condition(&events[i]) {
			return &events[i]
		}
	}
	return nil
}

// TestContractStream: one line, in the schema of old clients, of a stream that is
// open until the Trace is deleted.
func TestContractStream(t *testing.T) {
	t.Parallel()
	agent(t)
	begun := time.Now()
	started := start(t, "started", nil)
	pod := run(t, newPod("many", "sh", "-c", `cat /etc/nothing; echo "hello \"you\""; exec sleep 1000000`))
	until(t, started, lists(*pod))
	mounts := strings.TrimSpace(kubectl(t, "exec", "--namespace", pod.Namespace, pod.Name, "--", "readlink", "/proc/self/ns/mnt"))

	c := newCollector(t, "collecting")
	var sleep *oldEvent
	var events []oldEvent
	eventually(t, "the container sleeps", func() error {
		events = c.collect(t, started, containerID(pod, "many"))
		sleep = find(events, func(e *oldEvent) bool { return strings.HasSuffix(e.Syscall, "nanosleep") })
		if sleep == nil {
			return errors.New("it does not yet")
		}
		return nil
	})
	if len(events) == 0 {
		t.Fatal("there are no events")
	}
	first, last := events[0], events[len(events)-1]
	if want := (oldKubernetes{node, pod.Namespace, pod.Name, "many"}); first.Kubernetes != want {
		t.Errorf("the events are of %+v, want %+v", first.Kubernetes, want)
	}
	if got := fmt.Sprintf("mnt:[%d]", first.MountNamespace); got != mounts {
		t.Errorf("the events are of the mount namespace %s, want %s", got, mounts)
	}
	if first.Timestamp < begun.UnixNano() || last.Timestamp > time.Now().UnixNano() {
		t.Errorf("the events are from %d to %d, which is not within this test", first.Timestamp, last.Timestamp)
	}

	open := find(events, func(e *oldEvent) bool { return e.Syscall == "openat" && e.content("filename") == `"/etc/nothing"` })
	if open == nil {
		t.Fatalf("there is no openat of /etc/nothing in %+v", events)
	}
	if name := open.parameter("filename").Value; !strings.HasPrefix(name, "0x") {
		t.Errorf("the pointer to the name is %q, want it in hexadecimal", name)
	}
	if dfd := open.parameter("dfd"); dfd.Value != "-100" || dfd.Content != nil {
		t.Errorf("the directory is %+v, want -100 and no content", dfd)
	}
	if open.Return != "-1 (no such file or directory)" || open.Comm != "cat" {
		t.Errorf("%s got %q of openat, want cat and \"-1 (no such file or directory)\"", open.Comm, open.Return)
	}
	var names []string
	for _, p := range open.Parameters {
		names = append(names, p.Name)
	}
	if want := []string{"dfd", "filename", "flags", "mode"}; !slices.Equal(names, want) && !slices.Equal(names, want[:3]) {
		t.Errorf("the parameters of openat are %q, want %q", names, want)
	}

	write := find(events, func(e *oldEvent) bool { return e.Syscall == "write" && e.Comm == "sh" })
	if write == nil {
		t.Fatalf("sh does not write in %+v", events)
	}
	if write.content("buf") != `"hello \"you\"\n"` || write.parameter("fd").Value != "1" || write.parameter("count").Value != "12" || write.Return != "12" {
		t.Errorf("sh writes %s: %+v", write.content("buf"), write)
	}

	exit := find(events, func(e *oldEvent) bool { return e.Syscall == "exit_group" })
	if exit == nil || exit.Return != "X" || exit.PID != open.PID || exit.parameter("error_code").Value != "1" {
		t.Errorf("cat ends with %+v, want exit_group of 1 that returns X", exit)
	}
	if handled := find(events, func(e *oldEvent) bool { return e.Syscall == "rt_sigreturn" }); handled == nil || handled.Return != "X" {
		t.Errorf("sh comes back from its handler of SIGCHLD with %+v, want rt_sigreturn that returns X", handled)
	}
	if sleep.Return != "unfinished" {
		t.Errorf("the sleep that is going on returns %q, want unfinished", sleep.Return)
	}
	if comm, err := os.ReadFile("/proc/" + strconv.Itoa(int(sleep.PID)) + "/comm"); string(comm) != "sleep\n" {
		t.Errorf("process %d, which sleeps, is %q (%v)", sleep.PID, comm, err)
	}

	// Another who comes later gets what was published, and both what is published yet.
	late := readOld(t, c.trace)
	late.next(t)
	again := c.collect(t, started, containerID(pod, "many"))
	if find(again, func(e *oldEvent) bool { return e.Timestamp == open.Timestamp && e.Syscall == "openat" }) == nil {
		t.Error("what was collected once is not collected again")
	}
	remove(t, c.trace.DeepCopy())
	c.stream.end(t)
	for open := true; open; {
		select {
		case _, open = <-late.lines:
		case <-time.After(patience):
			t.Fatal("the other stream does not end")
		}
	}
	if late.ended != nil {
		t.Errorf("the other stream has not ended as it should: %v", late.ended)
	}
	after := readOld(t, c.trace)
	for range after.lines {
		t.Error("the stream of a Trace that was deleted has a line")
	}
	if after.ended == nil || !strings.Contains(after.stderr.String(), strconv.Quote("trace_"+c.trace.Namespace+"_"+c.trace.Name)) {
		t.Errorf("to read the stream of a Trace that was deleted ends with %v: %s", after.ended, &after.stderr)
	}
}

// TestContractReadingNeverStopsTheWriter reads a container that writes numbers, in
// between too: none may be missing.
func TestContractReadingNeverStopsTheWriter(t *testing.T) {
	t.Parallel()
	const readings = 5
	agent(t)
	started := start(t, "started", func(trace *v1alpha1.Trace) {
		trace.Spec.Parameters = map[string]string{v1alpha1.ParameterSyscallFilters: "write"}
	})
	pod := run(t, newPod("writer", "sh", "-c",
		`i=0; while :; do i=$((i+1)); echo $i; n=0; while [ $n -lt 500 ]; do n=$((n+1)); done; done >/dev/null`))
	until(t, started, lists(*pod))
	c := newCollector(t, "collecting")
	newest, covered := 0, 0
	for deadline := time.Now().Add(patience); covered < readings; {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %d recordings that have what was written while they were read", patience, readings)
		}
		events := c.collect(t, started, containerID(pod, "writer"))
		var numbers []int
		for _, e := range events {
			text, err := strconv.Unquote(e.content("buf"))
			must(t, err)
			number, err := strconv.Atoi(strings.TrimSuffix(text, "\n"))
			must(t, err)
			numbers = append(numbers, number)
		}
		for i := 1; i < len(numbers); i++ {
			if numbers[i] != numbers[i-1]+1 {
				t.Fatalf("after %d it wrote %d", numbers[i-1], numbers[i])
			}
		}
		if len(numbers) == 0 || numbers[len(numbers)-1] < newest {
			t.Fatalf("it wrote %d before, and %v now", newest, numbers)
		}
		// It has what was written during the reading before.
		if newest > 0 && numbers[0] <= newest && numbers[len(numbers)-1] > newest {
			covered++
		}
		newest = numbers[len(numbers)-1]
	}
	remove(t, pod)
}
