package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"traceloop/internal/agent"
)

// unit is the lines of our unit that set something, by what they set.
func unit(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../deploy/systemd/traceloop.service")
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if key, value, found := strings.Cut(strings.TrimSpace(line), "="); found && !strings.HasPrefix(line, "#") {
			lines[key] = append(lines[key], value)
		}
	}
	return lines
}

// What the unit starts is a command line of ours.
func TestUnitStartsTheDaemon(t *testing.T) {
	lines := unit(t)
	if len(lines["ExecStart"]) != 1 {
		t.Fatalf("it starts %q", lines["ExecStart"])
	}
	words := strings.Fields(lines["ExecStart"][0])
	if filepath.Base(words[0]) != "traceloop" || words[1] != "daemon" {
		t.Fatalf("it starts %q", words)
	}
	command := newDaemon()
	started := false
	command.RunE = func(*cobra.Command, []string) error { started = true; return nil }
	command.SetArgs(append([]string{}, words[2:]...))
	if err := command.Execute(); err != nil || !started {
		t.Errorf("%q: %v", words, err)
	}
}

func TestUnitHasWhatTheDaemonCountsOn(t *testing.T) {
	lines := unit(t)
	capabilities := []string{"CAP_BPF", "CAP_DAC_READ_SEARCH", "CAP_PERFMON", "CAP_SYS_PTRACE"}
	for _, key := range []string{"CapabilityBoundingSet", "AmbientCapabilities"} {
		if got := slices.Sorted(slices.Values(strings.Fields(strings.Join(lines[key], " ")))); !slices.Equal(got, capabilities) {
			t.Errorf("%s is %q, want exactly %q", key, got, capabilities)
		}
	}
	for key, want := range map[string]string{
		"Type":                     "notify",
		"Restart":                  "always",
		"RestartPreventExitStatus": "2", // statusUsage
		"NoNewPrivileges":          "yes",
		"RuntimeDirectory":         filepath.Base(filepath.Dir(defaultSocket)),
		"RuntimeDirectoryMode":     "0755",
		"StateDirectory":           filepath.Base(defaultSalvage),
		"ConfigurationDirectory":   filepath.Base(filepath.Dir(defaultSettings)),
		"ReadWritePaths":           defaultBPFFS,
		"RequiresMountsFor":        defaultBPFFS,
	} {
		if got := lines[key]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

func TestUnitIsWhatSystemdUnderstands(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	text, err := os.ReadFile("../../deploy/systemd/traceloop.service")
	if err != nil {
		t.Fatal(err)
	}
	// It checks that what is started is there.
	text = []byte(strings.ReplaceAll(string(text), "/usr/local/bin/traceloop", programPath))
	path := filepath.Join(t.TempDir(), "traceloop.service")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", path).CombinedOutput()
	if err != nil || strings.Contains(string(output), path) {
		t.Errorf("%v\n%s", err, output)
	}
}

// metrics are the names of what the daemon serves at /metrics.
func metrics(t *testing.T) []string {
	t.Helper()
	descriptions := make(chan *prometheus.Desc)
	go func() {
		defer close(descriptions)
		(&agent.Agent{}).Collector().Describe(descriptions)
	}()
	name := regexp.MustCompile(`fqName: "([^"]+)"`)
	var names []string
	for description := range descriptions {
		names = append(names, name.FindStringSubmatch(description.String())[1])
	}
	return names
}

// The dashboard shows metrics that there are, and every one of traceloop's.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile("../../deploy/grafana/traceloop.json")
	if err != nil {
		t.Fatal(err)
	}
	type target struct{ Expr, RefID string }
	var dashboard struct {
		Title  string
		Panels []struct {
			ID      int
			Type    string
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []target
		}
		Templating struct{ List []struct{ Definition string } }
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	var expressions []string
	ids := map[int]bool{}
	for _, panel := range dashboard.Panels {
		if ids[panel.ID] || panel.GridPos.X+panel.GridPos.W > 24 || panel.Title == "" || panel.Type != "row" && len(panel.Targets) == 0 {
			t.Errorf("panel %d (%s) is not right", panel.ID, panel.Title)
		}
		ids[panel.ID] = true
		for _, target := range panel.Targets {
			expressions = append(expressions, target.Expr)
		}
	}
	for _, variable := range dashboard.Templating.List {
		expressions = append(expressions, variable.Definition)
	}
	known := metrics(t)
	shown := map[string]bool{}
	for _, expression := range expressions {
		for _, name := range regexp.MustCompile(`\btraceloop_[a-z_]+`).FindAllString(expression, -1) {
			shown[name] = true
			if !slices.Contains(known, name) {
				t.Errorf("%s: there is no metric %s; there are %q", expression, name, known)
			}
		}
	}
	for _, name := range known {
		// How many files there are says less than their size.
		if !shown[name] && name != "traceloop_state_files" {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}

// Every metric is described to those who write their own queries.
func TestMetricsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/daemon.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range metrics(t) {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/daemon.md lacks %s", name)
		}
	}
	newSettings(t).flags.VisitAll(documented(t, string(text)))
}

// The settings that the how-to shows are right.
func TestSettingsOfTheHowTo(t *testing.T) {
	text, err := os.ReadFile("../../docs/how-to.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```yaml\\n(.*?)```").FindAllSubmatch(text, -1)
	if len(examples) == 0 {
		t.Error("there are none")
	}
	for _, example := range examples {
		if err := newSettings(t).load(written(t, string(example[1])), true); err != nil {
			t.Errorf("%v, in\n%s", err, example[1])
		}
	}
}

// documented checks that a text has a row for a flag.
func documented(t *testing.T, text string) func(*pflag.Flag) {
	return func(flag *pflag.Flag) {
		if !regexp.MustCompile("(?m)^\\| .*`--" + flag.Name + "[ `]").MatchString(text) {
			t.Errorf("docs/daemon.md lacks --%s", flag.Name)
		}
	}
}
