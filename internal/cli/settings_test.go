package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// examples are for every setting three values, none of them the default.
var examples = map[string][3]string{
	"memory":           {"128MiB", "512MiB", "1GiB"},
	"ring-size":        {"2MiB", "512KiB", "4MiB"},
	"ready-rings":      {"1", "2", "3"},
	"string-limit":     {"0", "16", "3072"},
	"capture":          {"paths", "strings", "paths"},
	"trace":            {"%file", "!read,write", "/^epoll_"},
	"redact":           {`pass(word)?=\S+`, `[0-9]{4,16}`, `"[^"]*"`},
	"filter":           {"name=web*", "namespace=shop,label=app=web", "image=nginx"},
	"sandboxes":        {"true", "true", "true"},
	"runtime-endpoint": {"docker=/run/docker.sock", "/run/containerd/containerd.sock", "podman=/run/podman/podman.sock"},
	"state-dir":        {"/var/lib/a", "/var/lib/b b", "/var/lib/c"},
	"state-size":       {"1MiB", "2GiB", "1000"},
	"bpffs":            {"", "/sys/fs/bpf/other", "/mnt"},
	"socket":           {"/run/a.sock", "/run/b.sock", "/run/c.sock"},
	"socket-mode":      {"0600", "0666", "0"},
	"socket-group":     {"daemon", "4242", "0"},
	"metrics-address":  {":9435", "127.0.0.1:1", "[::1]:9435"},
	"kubernetes":       {"true", "true", "true"},
	"node-name":        {"node-1", "node-2", "node-3"},
	"api-address":      {"127.0.0.1:7543", "localhost:1", "[::1]:7543"},
	"host-root":        {"/host", "/mnt", "/a/b"},
	"log-format":       {"json", "json", "json"},
	"log-level":        {"debug", "warn", "error"},
}

// newSettings makes settings as of a daemon that was given these flags.
func newSettings(t *testing.T, arguments ...string) *settings {
	t.Helper()
	s := &settings{
		flags:   newDaemonOptions().declare(),
		declare: func() *pflag.FlagSet { return newDaemonOptions().declare() },
	}
	if err := s.flags.Parse(arguments); err != nil {
		t.Fatal(err)
	}
	return s
}

// written is a file with this text.
func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// line is a flag with a value in YAML.
func line(flag *pflag.Flag, value string) string {
	quoted := "'" + strings.ReplaceAll(value, "'", "''") + "'"
	switch {
	case flag.Value.Type() == "bool":
		return fmt.Sprintf("%s: %s\n", flag.Name, value)
	case isList(flag):
		return fmt.Sprintf("%s:\n  - %s\n", flag.Name, quoted)
	}
	return fmt.Sprintf("%s: %s\n", flag.Name, quoted)
}

func isList(flag *pflag.Flag) bool {
	_, list := flag.Value.(pflag.SliceValue)
	return list
}

// value is a setting's value in force, as a list.
func value(s *settings, name string) []string {
	flag := s.flags.Lookup(name)
	if list, isList := flag.Value.(pflag.SliceValue); isList {
		return list.GetSlice()
	}
	return []string{flag.Value.String()}
}

// meaning is what a setting's value is when a flag gave it this text.
func meaning(t *testing.T, name, text string) []string {
	t.Helper()
	return value(newSettings(t, "--"+name+"="+text), name)
}

// Every setting can be set in all ways, and each way goes before the next.
func TestEverySettingInEveryWay(t *testing.T) {
	defaults := newSettings(t)
	defaults.flags.VisitAll(func(flag *pflag.Flag) {
		texts, known := examples[flag.Name]
		if !known {
			t.Errorf("there are no examples of %s", flag.Name)
			return
		}
		t.Run(flag.Name, func(t *testing.T) {
			byDefault := value(defaults, flag.Name)
			for _, test := range []struct {
				flag, environment, file bool
				want                    []string
				origin                  string
			}{
				{true, true, true, meaning(t, flag.Name, texts[0]), "flag"},
				{true, false, true, meaning(t, flag.Name, texts[0]), "flag"},
				{true, false, false, meaning(t, flag.Name, texts[0]), "flag"},
				{false, true, true, meaning(t, flag.Name, texts[1]), "environment " + variable(flag.Name)},
				{false, true, false, meaning(t, flag.Name, texts[1]), "environment " + variable(flag.Name)},
				{false, false, true, meaning(t, flag.Name, texts[2]), "config.yaml, line 2"},
				{false, false, false, byDefault, ""},
			} {
				var arguments []string
				if test.flag {
					arguments = append(arguments, "--"+flag.Name+"="+texts[0])
				}
				if test.environment {
					t.Setenv(variable(flag.Name), texts[1])
				} else {
					os.Unsetenv(variable(flag.Name))
				}
				text := "# Settings.\n"
				if test.file {
					text += line(flag, texts[2])
				}
				s := newSettings(t, arguments...)
				if err := s.load(written(t, text), true); err != nil {
					t.Errorf("%+v: %v", test, err)
					continue
				}
				if got := value(s, flag.Name); !slices.Equal(got, test.want) || test.origin != "" && slices.Equal(got, byDefault) {
					t.Errorf("%+v: %q, want %q", test, got, test.want)
				}
				if got := s.origins[flag.Name]; !strings.HasSuffix(got, test.origin) || s.given(flag.Name) != (test.origin != "") {
					t.Errorf("%+v: it comes from %q, want %q", test, got, test.origin)
				}
			}
		})
	})
	for name := range examples {
		if defaults.flags.Lookup(name) == nil {
			t.Errorf("there is no setting %s", name)
		}
	}
}

func TestListsInTheEnvironment(t *testing.T) {
	t.Setenv("TRACELOOP_FILTER", "name=web*,namespace=shop\n\n  \nimage=nginx\n")
	t.Setenv("TRACELOOP_REDACT", "")
	s := newSettings(t)
	if err := s.load(written(t, "redact: [secret]"), true); err != nil {
		t.Fatal(err)
	}
	if got, want := value(s, "filter"), []string{"name=web*,namespace=shop", "image=nginx"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := value(s, "redact"); len(got) != 0 {
		t.Errorf("an empty variable: %q, want an empty list", got)
	}
}

// What Kubernetes puts into the environment for a service called traceloop.
func TestVariablesThatAreNoSettings(t *testing.T) {
	t.Setenv("TRACELOOP_PORT", "tcp://10.0.0.1:80")
	t.Setenv("TRACELOOP_SERVICE_HOST", "10.0.0.1")
	if err := newSettings(t).load("/nonexistent/config.yaml", false); err != nil {
		t.Error(err)
	}
}

func TestSettingsFile(t *testing.T) {
	for _, test := range []struct{ text, setting, want string }{
		{"", "memory", "256MiB"},
		{"# nothing\n---\n", "memory", "256MiB"},
		{"memory: 1048576", "memory", "1MiB"},
		{"socket-mode: 0600", "socket-mode", "0600"},
		{"socket-mode: 0o600", "socket-mode", "0600"},
		{"socket-group: 7", "socket-group", "7"},
		{"sandboxes: true", "sandboxes", "true"},
		{"trace: '!%memory'", "trace", "!%memory"},
		{"filter: []", "filter", ""},
		{"memory: &m 1MiB\nstate-size: *m", "state-size", "1MiB"},
		{"bpffs: ''", "bpffs", ""},
	} {
		s := newSettings(t)
		if err := s.load(written(t, test.text), true); err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		if got := strings.Join(value(s, test.setting), " "); got != test.want {
			t.Errorf("%q: %s is %q, want %q", test.text, test.setting, got, test.want)
		}
	}
}

// What is wrong is said with its file, line, key and value, and with what would
// be right; and nothing is changed.
func TestWrongSettings(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
	}{
		{"# first\nmemry: 1MiB", []string{"config.yaml, line 2", `"memry"`, "memory, metrics-address"}},
		{"memory: lots", []string{"config.yaml, line 1", "memory", `"lots"`, "512KiB"}},
		{"memory: 1.5", []string{"line 1", "memory", `"1.5"`, "512KiB"}},
		{"memory: 2026-11-23", []string{"line 1", "memory", `"2026-11-23", which YAML takes for a timestamp`, "quotes"}},
		{"memory: true", []string{"line 1", `"true", which YAML takes for a bool`}},
		{"memory:", []string{"line 1", "memory", "nothing"}},
		{"memory: [1MiB]", []string{"line 1", "memory", "one text or number, not a list"}},
		{"memory: {size: 1MiB}", []string{"line 1", "memory", "not a mapping"}},
		{"filter: name=web", []string{"line 1", "filter", "want a list", `"name=web"`}},
		{"filter:\n - name=a\n - [b]", []string{"line 1", "filter", "in the list", "not a list"}},
		{"redact:\n - a\n - '('", []string{"line 1", "redact", `"("`, "missing closing"}},
		{"sandboxes: 1", []string{"line 1", "sandboxes", "true or false", `"1"`}},
		{"sandboxes: 'true'\ncapture: none", []string{"line 2", "capture", `"none"`, "paths, strings, all"}},
		{"socket-mode: 0999", []string{"line 1", "socket-mode", "0660"}},
		{"socket-mode: 01777", []string{"line 1", "socket-mode", "0777"}},
		{"socket: traceloop.sock", []string{"line 1", "socket", `"traceloop.sock"`, "begins with /"}},
		{"socket: ''", []string{"line 1", "socket", "want a path"}},
		{"metrics-address: localhost", []string{"line 1", "metrics-address", `"localhost"`, "HOST:PORT"}},
		{"metrics-address: a:99999", []string{"line 1", "HOST:PORT"}},
		{"ready-rings: 0", []string{"line 1", "ready-rings", `"0"`, "from 1 to"}},
		{"log-level: loud", []string{"line 1", "log-level", "debug, info, warn, error"}},
		{"trace: opena", []string{"line 1", "trace", `"opena"`, "did you mean open"}},
		{"memory: 1MiB\nring-size: 1MiB\nmemory: 2MiB", []string{"line 3", "memory", "twice", "line 1"}},
		{"config: other.yaml", []string{"line 1", `unknown setting "config"`}},
		{"unpin: true", []string{"line 1", `unknown setting "unpin"`}},
		{"- memory", []string{"line 1", `want lines such as "memory: 256MiB"`}},
		{"memory", []string{"line 1", `want lines such as "memory: 256MiB"`}},
		{"memory: 1MiB\n---\nmemory: 2MiB", []string{"one YAML document"}},
		{"trace: %file", []string{"config.yaml is no YAML", "quotes"}},
		{"\xff\xfe", []string{"config.yaml is no YAML"}},
		{"a: 1\nmemory: b\nlog-level: c", []string{"line 1", "line 3", "line 2"}[:1]},
	} {
		s := newSettings(t)
		before, err := s.yaml(false)
		if err != nil {
			t.Fatal(err)
		}
		err = s.load(written(t, test.text+"\n"), true)
		if err == nil {
			t.Errorf("%q: no error", test.text)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v: want %q in it", test.text, err, want)
			}
		}
		if after, _ := s.yaml(false); after != before {
			t.Errorf("%q changed the settings", test.text)
		}
	}
}

// A value that is wrong is an error also where another goes before it, and all
// that is wrong is said at once.
func TestAllThatIsWrongIsSaid(t *testing.T) {
	t.Setenv("TRACELOOP_MEMORY", "much")
	t.Setenv("TRACELOOP_SANDBOXES", "perhaps")
	s := newSettings(t, "--memory=1GiB")
	err := s.load(written(t, "memory: lots\nlog-level: debug"), true)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`config.yaml, line 1: invalid memory "lots"`, `environment TRACELOOP_MEMORY: invalid memory "much"`,
		`environment TRACELOOP_SANDBOXES: invalid sandboxes "perhaps": want true or false`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q in it", err, want)
		}
	}
	if got := value(s, "log-level")[0]; got != "info" {
		t.Errorf("the log's level is %s by now", got)
	}
}

func TestSettingsFileThatIsNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := newSettings(t).load(path, false); err != nil {
		t.Errorf("not required: %v", err)
	}
	if err := newSettings(t).load(path, true); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("required: %v", err)
	}
	long := written(t, strings.Repeat("# nothing\n", maximumSettings/8))
	if err := newSettings(t).load(long, true); err == nil || !strings.Contains(err.Error(), "1 MiB") {
		t.Errorf("a long one: %v", err)
	}
}

// What --print-config prints is a file that sets the same.
func TestPrintedSettingsSetTheSame(t *testing.T) {
	for number := range 4 {
		var arguments []string
		for name, texts := range examples {
			if number < 3 { // else the defaults
				arguments = append(arguments, "--"+name+"="+texts[number])
			}
		}
		for _, origins := range []bool{true, false} {
			text, err := newSettings(t, arguments...).yaml(origins)
			if err != nil {
				t.Fatal(err)
			}
			s := newSettings(t)
			if err := s.load(written(t, text), true); err != nil {
				t.Errorf("%v\n%s", err, text)
				continue
			}
			for name, texts := range examples {
				want := value(newSettings(t), name)
				if number < 3 {
					want = meaning(t, name, texts[number])
				}
				if got := value(s, name); !slices.Equal(got, want) {
					t.Errorf("%s is %q, want %q, after\n%s", name, got, want, text)
				}
			}
		}
	}
}

func TestPrintedSettingsSayWhereTheyComeFrom(t *testing.T) {
	t.Setenv("TRACELOOP_LOG_LEVEL", "debug")
	path := written(t, "filter:\n- name=a\n- name=b\nring-size: 2MiB\n")
	s := newSettings(t, "--memory=1GiB")
	if err := s.load(path, true); err != nil {
		t.Fatal(err)
	}
	text, err := s.yaml(true)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"memory: 1GiB # flag\n",
		"ring-size: 2MiB # " + path + ", line 4\n",
		"filter: # " + path + ", line 1\n    - name=a\n    - name=b\n",
		"log-level: debug # environment TRACELOOP_LOG_LEVEL\n",
		"redact: [] # default\n",
		"socket-mode: 0660 # default\n",
		"sandboxes: false # default\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
}

func TestHiddenSettings(t *testing.T) {
	s := newSettings(t, "--redact=hunter2", "--redact=(pass)", "--filter=name=web")
	text, err := s.yaml(false, "redact")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "hunter2") || !strings.Contains(text, "redact:\n    - (hidden)\n    - (hidden)\n") || !strings.Contains(text, "name=web") {
		t.Errorf("got\n%s", text)
	}
}
