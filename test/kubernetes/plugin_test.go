//go:build cluster

package kubernetes

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
)

// shownEvent is of an event what the tests look at, as -o json has it.
type shownEvent struct {
	Type, Syscall, Errno, Comm string
	Args                       []struct{ Name, Value string }
	Container                  struct{ ID, Name, Namespace, Pod string }
}

// events are those that the plugin shows of a recording.
func events(t *testing.T, arguments ...string) []shownEvent {
	t.Helper()
	return decodeEvents(t, plugin(t, append([]string{"show", "--output", "json"}, arguments...)...))
}

func decodeEvents(t *testing.T, text string) []shownEvent {
	t.Helper()
	var all []shownEvent
	for line := range strings.Lines(text) {
		var e shownEvent
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, e)
	}
	return all
}

// nodeStatus is of what "kubectl traceloop status -o json" has what the tests look at.
type nodeStatus struct {
	Node, Pod, Error string

	Status struct {
		Version    string
		Recordings map[string]int
		RingsReady int
		Memory     struct{ Used string }
	}
}

// statuses are those of all nodes.
func statuses(t *testing.T, arguments ...string) []nodeStatus {
	t.Helper()
	text := plugin(t, append([]string{"status", "--output", "json"}, arguments...)...)
	var document struct{ Nodes []nodeStatus }
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	return document.Nodes
}

// TestPlugin shows that the plugin's commands do what they say.
func TestPlugin(t *testing.T) {
	agent(t)
	of := namespace(t)
	begin(t, "--namespace", of)
	// Its two containers have ended, with one that is like no other's ID.
	done := newPod("done", "sh", "-c", "cat /of-first; cat /of-first-too; exit 3")
	done.Spec.Containers[0].Name = "first"
	done.Spec.Containers = append(done.Spec.Containers, newContainer("second", "sh", "-c", "cat /of-second; true"))
	finish(t, done)
	waiting := run(t, newPod("waiting", "sh", "-c", "until cat /end; do sleep 0.1; done; cat /of-the-end; exit 7"))
	first := recordingOf(t, of, "done", "first", hasEnded)
	second := recordingOf(t, of, "done", "second", hasEnded)
	recordingOf(t, of, "waiting", "waiting", running)

	t.Run("start", func(t *testing.T) { testStart(t, of) })
	t.Run("list", func(t *testing.T) { testList(t, of) })
	t.Run("references", func(t *testing.T) { testReferences(t, of, first, second) })
	t.Run("show", func(t *testing.T) { testShow(t, of, first) })
	t.Run("save", func(t *testing.T) { testSave(t, of) })
	t.Run("complete", func(t *testing.T) { testCompletion(t, of, first) })
	t.Run("status", testStatus)
	t.Run("errors", func(t *testing.T) { testErrors(t, of) })
	t.Run("follow", func(t *testing.T) { testFollow(t, waiting) })
	t.Run("delete", func(t *testing.T) { testDelete(t, of, first, second) })
}

func testStart(t *testing.T, of string) {
	// What is recorded already is not started twice.
	text := plugin(t, "start", "--namespace", of)
	if !strings.Contains(text, "recording already, for ") {
		t.Errorf("start printed\n%s", text)
	}
	id := begin(t, "--namespace", of, "--pod", "no-such-pod", "--trace", "%file", "--node", "node1")
	text = kubectl(t, "get", "traces.gadget.kinvolk.io", "--namespace", agentNamespace, "--selector", "global-trace-id="+id, "--output",
		"jsonpath={.items[*]['spec.node','spec.gadget','spec.filter.namespace','spec.filter.podname','spec.parameters.syscall-filters','status.state','status.output']}")
	if want := "node1 traceloop " + of + " no-such-pod %file Started []"; text != want {
		t.Errorf("the Trace is %q, want %q", text, want)
	}
}

func testList(t *testing.T, of string) {
	containers := func(text string) []string {
		var names []string
		for _, r := range decodeRecorded(t, text) {
			if r.Namespace == of {
				names = append(names, r.Pod+"/"+r.Container)
			}
		}
		slices.Sort(names)
		return names
	}
	want := []string{"done/first", "done/second", "waiting/waiting"}
	for _, arguments := range [][]string{
		{"--namespace", of}, {"--all-namespaces"}, {"-A", "--node", "node1"}, {"-n", of, "--node", "node1", "--node", "node1"},
	} {
		text := plugin(t, append([]string{"list", "--output", "json"}, arguments...)...)
		if got := containers(text); !slices.Equal(got, want) {
			t.Errorf("list %v: %v, want %v", arguments, got, want)
		}
		for _, r := range decodeRecorded(t, text) {
			if r.Node != "node1" {
				t.Errorf("list %v: node %q", arguments, r.Node)
			}
		}
	}
	stdout, message, err := pluginSays(t, "list", "--namespace", "default")
	if err != nil || stdout != "" || !strings.Contains(message, "there are no recordings in namespace default") {
		t.Errorf("list of another namespace: %q, %q, %v", stdout, message, err)
	}
	all := listed(t, "--namespace", of)
	var ids strings.Builder
	for _, r := range all {
		ids.WriteString(r.ID + "\n")
	}
	if text := plugin(t, "list", "--namespace", of, "--output", "name"); text != ids.String() {
		t.Errorf("list -o name:\n%s\nwant\n%s", text, &ids)
	}
	text := plugin(t, "list", "--namespace", of, "--output", "yaml")
	for _, r := range all {
		if !strings.Contains(text, "id: "+r.ID+"\n") && !strings.Contains(text, "id: \""+r.ID+"\"\n") {
			t.Errorf("list -o yaml has no %s:\n%s", r.ID, text)
		}
	}
	text = plugin(t, "list", "--namespace", of, "--output", "wide", "--no-trunc")
	if strings.Count(text, " containerd ") != 3 || !strings.Contains(text, all[0].ID) {
		t.Errorf("list -o wide:\n%s", text)
	}
}

func testReferences(t *testing.T, of string, first, second recorded) {
	for _, arguments := range [][]string{
		{first.ID}, {first.ID[:12]}, {first.ExactID}, {"--namespace", of, "done/first"}, {of + "/done/first"}, {"--namespace", of, "pod/done", "-c", "first"},
		{of + "/done", "-c", "first"}, {"-n", of, "done", "-c", "first"},
	} {
		text := plugin(t, append([]string{"show"}, arguments...)...)
		wantLines(t, text, missing("/of-first"))
		wantNone(t, text, "/of-second")
	}
	_, message, err := pluginSays(t, "show", "--namespace", of, "done")
	wantFailure(t, err, message, 1, "done may mean 2 recordings: want -c CONTAINER, or an ID:", first.ID, second.ID)
	if lines := strings.Count(message, "\n"); lines != 4 {
		t.Errorf("it says %d lines, want 4:\n%s", lines, message)
	}
	// Nothing is deleted if one of them is not clear.
	_, message, err = pluginSays(t, "delete", "--namespace", of, first.ID, "done")
	wantFailure(t, err, message, 1, "done may mean 2 recordings")
	if all := listed(t, "--namespace", of); len(all) != 3 {
		t.Errorf("something was deleted: %+v", all)
	}
}

func testShow(t *testing.T, of string, first recorded) {
	show := func(arguments ...string) string {
		return plugin(t, append([]string{"show", first.ID}, arguments...)...)
	}
	whole := show()
	if text := show("--output", "strace"); text != whole {
		t.Errorf("-o strace is not what is printed into a pipe:\n%s", text)
	}
	text := show("--trace", "openat", "--failed", "--signal", "none")
	want := regexp.MustCompile(`^\d+ +` + regexp.QuoteMeta(missing("/of-first")) + `\n(\d+ +\+\+\+ .*\n)*` +
		`\d+ +` + regexp.QuoteMeta(missing("/of-first-too")) + `\n(\d+ +\+\+\+ .*\n)*\d+ +\+\+\+ exited with 3 \+\+\+\n$`)
	if !want.MatchString(text) {
		t.Errorf("-e openat --failed:\n%s", text)
	}
	if text := show("--tail", "2"); strings.Count(text, "\n") != 2 || !strings.HasSuffix(whole, text) {
		t.Errorf("--tail 2:\n%s", text)
	}
	if text := show("--output", "columns"); !regexp.MustCompile(`^TIME +PID +COMM +DURATION +CALL\n`).MatchString(text) || strings.Count(text, "\n") != strings.Count(whole, "\n")+1 {
		t.Errorf("-o columns:\n%s", text)
	}
	all := decodeEvents(t, show("--output", "json"))
	if len(all) == 0 {
		t.Fatal("-o json: nothing")
	}
	found := slices.ContainsFunc(all, func(e shownEvent) bool {
		return e.Type == "syscall" && e.Syscall == "openat" && e.Errno == "ENOENT" && len(e.Args) > 1 && e.Args[1].Value == `"/of-first"`
	})
	if !found {
		t.Errorf("-o json has no openat of /of-first: %+v", all)
	}
	for _, e := range all {
		if c := e.Container; c.ID != first.ID || c.Namespace != of || c.Pod != "done" || c.Name != "first" {
			t.Fatalf("-o json: the container is %+v, want %+v", c, first)
		}
	}
	if text := show("--summary-only"); !regexp.MustCompile(`(?m)^ *\S+ +\S+ +\d+ +\d+ +\d+ openat$`).MatchString(text) {
		t.Errorf("-c:\n%s", text)
	}
	// The runtime's own calls come before the container's.
	wantNone(t, whole, " getdents64(")
	text = show("--with-setup")
	wantLines(t, text, missing("/of-first"))
	if !strings.Contains(text, " getdents64(") {
		t.Errorf("--with-setup:\n%s", text)
	}
}

func testSave(t *testing.T, of string) {
	file := filepath.Join(t.TempDir(), "done.traceloop")
	plugin(t, "save", "--namespace", of, "done", "--container", "first", "--output", file)
	// The program under its own name, which needs no cluster.
	program := filepath.Join(t.TempDir(), "traceloop")
	must(t, os.Symlink(filepath.Join(directory, "kubectl-traceloop"), program))
	text, err := output(exec.Command(program, "show", "--output", "strace", file))
	must(t, err)
	if want := plugin(t, "show", "--namespace", of, "done", "--container", "first"); text != want {
		t.Errorf("the file has\n%s\nwant\n%s", text, want)
	}
	text, err = output(exec.Command(program, "list", file))
	must(t, err)
	if !strings.Contains(text, of) || !strings.Contains(text, "done") {
		t.Errorf("the file is listed as\n%s", text)
	}
}

func testCompletion(t *testing.T, of string, first recorded) {
	for _, test := range []struct {
		arguments []string
		want      []string
	}{
		{[]string{"show", "--namespace", of, ""}, []string{"done", "waiting", first.ID[:12]}},
		{[]string{"show", "--namespace", of, "wai"}, []string{"waiting"}},
		{[]string{"save", of + "/do"}, []string{of + "/done"}},
		{[]string{"delete", "--namespace", of, "done", "w"}, []string{"waiting"}},
		{[]string{"show", "--namespace", of, "done", "--container", ""}, []string{"first", "second"}},
		{[]string{"start", "--namespace", of, "--pod", ""}, []string{"done", "waiting"}},
		{[]string{"start", "--namespace", of, "--pod", "waiting", "--container", ""}, []string{"waiting"}},
		{[]string{"list", "--node", ""}, []string{"node1"}},
		{[]string{"list", "--namespace", of[:len(of)-1]}, []string{of}},
		{[]string{"list", "--output", ""}, []string{"wide", "json", "yaml", "name"}},
	} {
		text := plugin(t, append([]string{"__complete"}, test.arguments...)...)
		words := strings.Split(text, "\n")
		for _, word := range test.want {
			if !slices.Contains(words, word) {
				t.Errorf("%q is not completed by %q: %q", test.arguments, word, words)
			}
		}
		if begun := test.arguments[len(test.arguments)-1]; begun != "" && slices.ContainsFunc(words, func(word string) bool {
			return word != "" && !strings.HasPrefix(word, ":") && !strings.HasPrefix(word, begun)
		}) {
			t.Errorf("%q is completed by %q", test.arguments, words)
		}
	}
}

func testStatus(t *testing.T) {
	all := statuses(t)
	if len(all) != 1 || all[0].Node != "node1" || all[0].Error != "" || all[0].Pod != agentPod(t, "node1").Name {
		t.Errorf("status: %+v", all)
	}
	if of := all[0].Status.Recordings; of["exited"] < 2 || of["recording"] < 1 {
		t.Errorf("status has recordings %v", of)
	}
	text := plugin(t, "status")
	if !regexp.MustCompile(`(?m)^NODE +AGENT +KERNEL .*\nnode1 +\S+ +\S+ `).MatchString(text) {
		t.Errorf("status:\n%s", text)
	}
}

func testErrors(t *testing.T, of string) {
	for _, test := range []struct {
		arguments []string
		status    int
		texts     []string
	}{
		{[]string{"show", "--namespace", of, "nobody"}, 1, []string{"no such recording", "nobody", of}},
		{[]string{"show", "waiting"}, 1, []string{"pod waiting has none in namespace default, but in namespace " + of + ": want -n " + of}},
		{[]string{"show", "--namespace", of, "waiting", "-c", "nobody"}, 1, []string{"none is of container nobody of waiting in namespace " + of}},
		{[]string{"show", "--namespace", of, "waiting", "--previous"}, 1, []string{"has none before", "attempt 0"}},
		{[]string{"show"}, 2, []string{"want kubectl traceloop show REF"}},
		{[]string{"show", "--namespace", of, "waiting", "--trace", "nobody"}, 2, []string{`unknown system call "nobody"`}},
		{[]string{"show", "--namespace", of, "waiting", "--output", "nobody"}, 2, []string{"strace", "columns", "json"}},
		{[]string{"save", "--namespace", of, "waiting"}, 2, []string{"want -o FILE"}},
		{[]string{"delete", "--namespace", of, "nobody"}, 1, []string{"no such recording", "nobody"}},
		{[]string{"start", "--selector", "app!=web"}, 2, []string{`"app!=web"`, "want KEY=VALUE"}},
		{[]string{"start", "--selector", "app in (web)"}, 2, []string{"want KEY=VALUE"}},
		{[]string{"start", "--trace", "nobody"}, 2, []string{`unknown system call "nobody"`}},
		{[]string{"start", "--namespace", of, "--all-namespaces"}, 2, []string{"want one or the other"}},
		{[]string{"start", "--node", "nobody"}, 1, []string{"there is no agent on node nobody: want one of node1"}},
		{[]string{"stop", "nobody"}, 1, []string{"nothing was started with the ID nobody: want one of"}},
		{[]string{"list", "--node", "nobody"}, 1, []string{"there is no agent on node nobody: want one of node1"}},
		{[]string{"list", "--output", "nobody"}, 2, []string{"want wide, json, yaml, name"}},
		{[]string{"list", "--gadget-namespace", of}, 1, []string{"there are no agents in namespace " + of, "Helm chart"}},
		{[]string{"show", "waiting", "--gadget-namespace", of}, 1, []string{"there are no agents in namespace " + of}},
		{[]string{"start", "--gadget-namespace", of}, 1, []string{"there are no agents in namespace " + of}},
		{[]string{"status", "--gadget-namespace", of}, 1, []string{"there are no agents in namespace " + of}},
		{[]string{"list", "--kubeconfig", "/nonexistent"}, 1, []string{"/nonexistent"}},
		{[]string{"list", "--context", "nobody"}, 1, []string{"nobody"}},
		{[]string{"nobody"}, 2, []string{`unknown command "nobody"`}},
	} {
		_, message, err := pluginSays(t, test.arguments...)
		wantFailure(t, err, message, test.status, test.texts...)
		if t.Failed() {
			t.Fatalf("that was %q", test.arguments)
		}
	}
}

func testFollow(t *testing.T, pod *corev1.Pod) {
	command, stdout := follow(t, "show", "--namespace", pod.Namespace, pod.Name, "--follow", "--trace", "openat", "--output", "strace")
	lines := bufio.NewScanner(stdout)
	// It has begun. It ends when the container has.
	if !lines.Scan() {
		t.Fatal("nothing is followed")
	}
	kubectl(t, "exec", "--namespace", pod.Namespace, pod.Name, "--", "touch", "/end")
	var text strings.Builder
	for lines.Scan() {
		text.WriteString(lines.Text() + "\n")
	}
	must(t, errors.Join(lines.Err(), command.Wait()))
	wantLines(t, text.String(), missing("/of-the-end"))
	if !strings.HasSuffix(text.String(), " +++ exited with 7 +++\n") {
		t.Errorf("the end is not shown:\n%s", &text)
	}
	if r := recordingOf(t, pod.Namespace, pod.Name, pod.Name, hasEnded); r.ExitCode == nil || *r.ExitCode != 7 {
		t.Errorf("it ended with %+v", r)
	}
}

func testDelete(t *testing.T, of string, recordings ...recorded) {
	arguments := []string{"delete"}
	var ids strings.Builder
	for _, r := range recordings {
		arguments = append(arguments, r.ID)
		ids.WriteString(r.ID + "\n")
	}
	if text := plugin(t, arguments...); text != ids.String() {
		t.Errorf("delete printed\n%s\nwant\n%s", text, &ids)
	}
	for _, r := range listed(t, "--namespace", of) {
		if r.Pod == "done" {
			t.Errorf("it is still there: %+v", r)
		}
	}
	// The Trace does not list them any more either.
	eventually(t, "the Traces know", func() error {
		output := kubectl(t, "get", "traces.gadget.kinvolk.io", "--namespace", agentNamespace, "--output", "jsonpath={.items[*].status.output}")
		for _, r := range recordings {
			if strings.Contains(output, r.ID) {
				return fmt.Errorf("%s is in %s", r.ID, output)
			}
		}
		return nil
	})
	// A container that runs is not recorded any more.
	pod := newPod("running", "sleep", "1000")
	pod.Namespace = of
	run(t, pod)
	recordingOf(t, of, pod.Name, pod.Name, running)
	plugin(t, "delete", "--namespace", of, pod.Name)
	for _, r := range listed(t, "--namespace", of) {
		if r.Pod == pod.Name {
			t.Errorf("it is still there: %+v", r)
		}
	}
}

// TestHostilePods shows that what a pod's programs call themselves and their
// files never reaches a terminal as it is.
func TestHostilePods(t *testing.T) {
	agent(t)
	of := namespace(t)
	begin(t, "--namespace", of)
	// An escape sequence, a bell, the control that C1 has for it, a new line, the
	// override that has text run backwards, and what is no UTF-8.
	const hostile = `\033[2J\033]0;owned\007\302\233x\nnode1 \342\200\256\377`
	pod := finish(t, newPod("hostile", "sh", "-c", `name="$(printf '`+hostile+`')"
		cat "/$name"; cp /bin/busybox "/tmp/$(printf '\033[2Jc')"; "/tmp/$(printf '\033[2Jc')" "$name"; printf '`+hostile+`'; mkdir "/$name"; true`))
	recordingOf(t, of, pod.Name, pod.Name, hasEnded)
	for _, arguments := range [][]string{
		{"show", pod.Name}, {"show", pod.Name, "--output", "columns"}, {"show", pod.Name, "--output", "json"}, {"show", pod.Name, "-y", "--output", "strace"},
		{"show", pod.Name, "--summary-only"}, {"list"}, {"list", "--output", "json"}, {"list", "--output", "wide"},
		{"show", "\x1b[2Jno\u202ebody"}, {"list", "--node", "\x1b[2Jno\nbody"}, {"stop", "\x1b[2J"}, {"start", "--trace", "\x1b[2J"},
		{"start", "--selector", "\x1b[2J=x"},
	} {
		stdout, message, _ := pluginSays(t, append(arguments, "--namespace", of)...)
		for _, text := range []string{stdout, message} {
			if !utf8.ValidString(text) {
				t.Errorf("%q prints what is no text: %q", arguments, text)
			}
			for line := range strings.Lines(text) {
				if i := strings.IndexFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
					t.Fatalf("%q prints %q", arguments, line)
				}
			}
		}
	}
	// It is there, as text.
	text := plugin(t, "show", "--namespace", of, pod.Name)
	wantLines(t, text, missing(`/\33[2J\33]0;owned\7\302\233x\nnode1 \342\200\256\377`))
	found := slices.ContainsFunc(events(t, "--namespace", of, pod.Name), func(e shownEvent) bool { return strings.Contains(e.Comm, "[2Jc") })
	if !found {
		t.Errorf("nobody is called as the program is:\n%s", text)
	}
}
