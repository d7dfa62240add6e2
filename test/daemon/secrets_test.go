package daemon

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	traceloopv1 "traceloop/api/traceloop/v1"
)

// What --redact matches leaves the daemon in no way.
func TestRedact(t *testing.T) {
	const secret = "hunter2"
	h := place(t)
	state := h.Path("state")
	h.SetFlags(append(endpoints(), "--redact", `(?i)hunter2\w*`, "--state-dir", state, "--memory", "6MiB", "--ready-rings", "2")...)
	must(t, h.Start())
	shared.docker.StartWith(t, []string{"--label", "token=" + secret}, "talkative", "sh", "-c",
		"echo Hunter2written >/tmp/hunter2file; cat /tmp/hunter2file; /bin/echo --password=hunter2argument; exec sleep 1000")
	one(t, h, "talkative", isRecording)
	wantNone := func(what, text, of string) {
		t.Helper()
		if found := strings.Index(strings.ToLower(text), secret); found >= 0 {
			t.Errorf("%s has the secret: …%q", what, text[max(found-100, 0):min(found+100, len(text))])
		}
		if !strings.Contains(text, of) {
			t.Errorf("%s has no %q: %s", what, of, text)
		}
	}
	eventually(t, "it sleeps", func() bool { return strings.Contains(show(t, h, "talkative"), `"sleep"`) })
	shows := func(reference string) {
		t.Helper()
		for _, flags := range [][]string{{"-o", "strace"}, {"-o", "json"}, {"-o", "columns"}, {"-o", "strace", "--with-setup"}} {
			text, err := h.Run(append(append([]string{"show", "-s", "3072"}, flags...), reference)...)
			must(t, err)
			wantNone(fmt.Sprint("show ", flags), text, "--password=*")
		}
	}
	shows("talkative")
	file := filepath.Join(t.TempDir(), "saved")
	_, err := h.Run("save", "talkative", "-o", file)
	must(t, err)
	shows(file)
	for _, arguments := range [][]string{{"list", "-o", "json"}, {"list", "-o", "wide", "--no-trunc"}, {"list", "-o", "yaml"}} {
		text, err := h.Run(arguments...)
		must(t, err)
		wantNone(fmt.Sprint(arguments), text, "talkative")
	}
	text, err := h.Run("status", "-o", "json")
	must(t, err)
	wantNone("status", text, "settings")

	// Nor does it come into a file that makes room.
	shared.docker.Kill(t, "talkative")
	eventually(t, "it is saved", func() bool {
		run(t, shared.containerd.CommandRun("makes-room", "true"))
		for _, r := range named(t, h, "talkative") {
			if r.State == traceloopv1.State_STATE_SAVED {
				return true
			}
		}
		return false
	})
	shows("talkative")
	files, err := filepath.Glob(filepath.Join(state, "*"))
	must(t, err)
	if len(files) == 0 {
		t.Error("there are no files")
	}
	for _, name := range append(files, file) {
		data, err := os.ReadFile(name)
		must(t, err)
		if bytes.Contains(bytes.ToLower(data), []byte(secret)) {
			t.Errorf("%s has the secret", name)
		}
	}
	wantNone("the log", h.Log(), "level=INFO")
}

// What is not to be captured never comes into a ring. By default all is.
func TestCapture(t *testing.T) {
	for level, want := range map[string]struct{ argument, written bool }{
		"paths": {false, false}, "strings": {true, false},
	} {
		t.Run(level, func(t *testing.T) {
			h := start(t, "--capture", level)
			run(t, shared.docker.CommandRun("captured-"+level, "sh", "-c", "/bin/echo for-the-argument; echo for-the-$((2*21)) >/tmp/of-the-path"))
			one(t, h, "captured-"+level, exited)
			text, err := h.Run("show", "-o", "strace", "--with-setup", "-s", "3072", "captured-"+level)
			must(t, err)
			for _, part := range []struct {
				text string
				want bool
			}{
				{`"/tmp/of-the-path"`, true}, {"for-the-argument", want.argument}, {"for-the-42", want.written},
			} {
				if strings.Contains(text, part.text) != part.want {
					t.Errorf("--capture %s: %s is there: %v:\n%s", level, part.text, !part.want, show(t, h, "captured-"+level))
				}
			}
		})
	}
}
