//go:build cluster

package kubernetes

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// TestStory is the story of the README: a pod fails and is gone, and what it did
// is read afterwards.
func TestStory(t *testing.T) {
	agent(t)
	of := namespace(t)
	id := begin(t, "--namespace", of)

	pod := finish(t, newPod("story", "sh", "-c", `echo "3*7*2" | bc > /tmp/file-$RANDOM; cat /tmp/file-other`))
	if pod.Status.Phase != corev1.PodFailed {
		t.Fatalf("the pod is %s, want it to fail", pod.Status.Phase)
	}
	remove(t, pod)

	text := plugin(t, "list", "--namespace", of)
	row := regexp.MustCompile(`(?m)^[0-9a-f]{12} +` + of + ` +story +story +0 +exited +exit 1 +\S+ +\d+ +0 +node1$`)
	if !row.MatchString(text) || strings.Count(text, "\n") != 2 {
		t.Errorf("the pod is not listed:\n%s", text)
	}
	text = plugin(t, "show", "--namespace", of, "story")
	wantLines(t, text,
		`openat(AT_FDCWD, "/tmp/file-other", O_RDONLY) = -1 ENOENT (No such file or directory)`,
		`write(1, "42\n", 3)               = 3`,
		`+++ exited with 1 +++`)
	if !regexp.MustCompile(`openat\(AT_FDCWD, "/tmp/file-\d+", O_WRONLY\|O_CREAT\|O_TRUNC, 0666\) = 3`).MatchString(text) {
		t.Errorf("the file of the result is not opened:\n%s", text)
	}

	shown := listed(t, "--namespace", of)
	if text := plugin(t, "delete", "--namespace", of, "story"); len(shown) != 1 || text != shown[0].ID+"\n" {
		t.Errorf("deleted %q, want %+v", text, shown)
	}
	if r := listed(t, "--namespace", of); len(r) != 0 {
		t.Errorf("after it was deleted: %+v", r)
	}
	_, message, err := pluginSays(t, "show", "--namespace", of, "story")
	wantFailure(t, err, message, 1, "no such recording")

	if text := plugin(t, "stop", id); text != "stopped on 1 node\n" {
		t.Errorf("stop printed %q", text)
	}
	_, message, err = pluginSays(t, "stop", id)
	if err == nil && !strings.Contains(message, "nothing is recorded") || err != nil && !strings.Contains(message, "nothing was started with the ID") {
		t.Errorf("what was stopped can be stopped again: %v %s", err, message)
	}
}

// begin begins to record by the plugin and returns the ID that stop takes. It is
// stopped when the test ends, if it was not before.
func begin(t *testing.T, arguments ...string) string {
	t.Helper()
	text := plugin(t, append([]string{"start"}, arguments...)...)
	_, id, found := strings.Cut(strings.SplitN(text, "\n", 2)[0], ", ID ")
	if !found || strings.Trim(id, "0123456789abcdef") != "" {
		t.Fatalf("start printed no ID:\n%s", text)
	}
	t.Cleanup(func() {
		if _, message, err := pluginSays(t, "stop", id); err != nil && !strings.Contains(message, "nothing was started with the ID") {
			t.Error(err)
		}
	})
	return id
}

// recorded is a recording as "kubectl traceloop list -o json" has it.
type recorded struct {
	Node, ID, ExactID, Namespace, Pod, Container, Image, State string

	Attempt, ExitSignal, OOMKills int
	ExitCode                      *int
	Calls                         string
}

// The states of a recording.
const (
	stateRecording = "STATE_RECORDING"
	stateExited    = "STATE_EXITED"
	stateUnknown   = "STATE_UNSPECIFIED"
)

// listed are the recordings that the plugin lists, the oldest first.
func listed(t *testing.T, arguments ...string) []recorded {
	t.Helper()
	text := plugin(t, append([]string{"list", "--output", "json"}, arguments...)...)
	return decodeRecorded(t, text)
}

func decodeRecorded(t *testing.T, text string) []recorded {
	t.Helper()
	var document struct{ Recordings []recorded }
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	for i := range document.Recordings {
		// An enumeration's first value is left out.
		if document.Recordings[i].State == "" {
			document.Recordings[i].State = stateUnknown
		}
	}
	return document.Recordings
}

// recordingOf waits until a namespace's container has a recording for which a
// condition holds, and returns it.
func recordingOf(t *testing.T, namespace, pod, container string, condition func(recorded) bool) recorded {
	t.Helper()
	var found recorded
	eventually(t, "the recording of "+pod+"/"+container, func() error {
		all := listed(t, "--namespace", namespace)
		for _, r := range all {
			if r.Pod == pod && r.Container == container && condition(r) {
				found = r
				return nil
			}
		}
		return fmt.Errorf("it is not among %+v", all)
	})
	return found
}

// The usual conditions of recordingOf.
func running(r recorded) bool  { return r.State == stateRecording }
func hasEnded(r recorded) bool { return r.State == stateExited }

// pluginSays runs the plugin and returns its standard output and its standard error.
func pluginSays(t *testing.T, arguments ...string) (string, string, error) {
	t.Helper()
	command := pluginCommand(t, arguments...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	if strings.Contains(stderr.String(), "DATA RACE") {
		t.Errorf("the plugin has a data race:\n%s", &stderr)
	}
	return stdout.String(), stderr.String(), err
}

// wantFailure checks that a command ended with a status and has said why.
func wantFailure(t *testing.T, err error, message string, status int, texts ...string) {
	t.Helper()
	var ended *exec.ExitError
	if !errors.As(err, &ended) || ended.ExitCode() != status {
		t.Errorf("%v, want exit status %d: %s", err, status, message)
	}
	for _, text := range texts {
		if !strings.Contains(message, text) {
			t.Errorf("it says %q, want %q", message, text)
		}
	}
	if !strings.HasPrefix(message, "traceloop: ") {
		t.Errorf("it says %q, want it to say who says it", message)
	}
}

// wantLines checks that lines that end so, behind the process, are in a text.
func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, " "+line+"\n") {
			t.Errorf("%q is not shown:\n%s", line, text)
		}
	}
}

// wantNone checks that none of the texts is in another.
func wantNone(t *testing.T, text string, others ...string) {
	t.Helper()
	for _, other := range others {
		if strings.Contains(text, other) {
			t.Errorf("%q is shown:\n%s", other, text)
		}
	}
}

// missing is strace's line for a file that somebody opened in vain.
func missing(path string) string {
	return fmt.Sprintf(`openat(AT_FDCWD, "%s", O_RDONLY) = -1 ENOENT (No such file or directory)`, path)
}

// follow starts a command of the plugin, which ends with the test, and returns
// it with its standard output.
func follow(t *testing.T, arguments ...string) (*exec.Cmd, io.Reader) {
	t.Helper()
	command := pluginCommand(t, arguments...)
	stdout, err := command.StdoutPipe()
	must(t, err)
	must(t, command.Start())
	t.Cleanup(func() {
		if command.ProcessState == nil {
			_ = command.Process.Kill()
			_ = command.Wait()
		}
	})
	return command, stdout
}
