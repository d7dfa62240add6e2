// Package krew has the test of the plugin's manifest for krew.
package krew

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// plugin is what krew reads of a manifest.
type plugin struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Version          string     `json:"version"`
		Homepage         string     `json:"homepage"`
		ShortDescription string     `json:"shortDescription"`
		Description      string     `json:"description"`
		Caveats          string     `json:"caveats"`
		Platforms        []platform `json:"platforms"`
	} `json:"spec"`
}

type platform struct {
	Selector struct {
		MatchLabels map[string]string `json:"matchLabels"`
	} `json:"selector"`
	URI    string `json:"uri"`
	SHA256 string `json:"sha256"`
	Files  []struct {
		From string `json:"from"`
		To   string `json:"to"`
	} `json:"files"`
	Bin string `json:"bin"`
}

// A release's manifest is the template with the words in braces put in.
func TestManifest(t *testing.T) {
	text, err := os.ReadFile("traceloop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	words := strings.NewReplacer(
		"{version}", "v1.2.3",
		"{location}", "https://releases.example/v1.2.3",
		"{sha256 linux/amd64}", strings.Repeat("a", 64),
		"{sha256 linux/arm64}", strings.Repeat("b", 64),
	)
	var manifest plugin
	if err := yaml.UnmarshalStrict([]byte(words.Replace(string(text))), &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.APIVersion != "krew.googlecontainertools.github.com/v1alpha2" || manifest.Kind != "Plugin" {
		t.Errorf("%s %s", manifest.APIVersion, manifest.Kind)
	}
	// krew wants the file to be called like the plugin.
	if manifest.Metadata.Name != "traceloop" || manifest.Spec.Version != "v1.2.3" {
		t.Errorf("plugin %s %s", manifest.Metadata.Name, manifest.Spec.Version)
	}
	if s := manifest.Spec; s.Homepage == "" || s.ShortDescription == "" || len(s.ShortDescription) > 50 || s.Description == "" {
		t.Errorf("it is described by %+v; want a short description of 50 characters at most", s)
	}
	checksums := map[string]string{"amd64": strings.Repeat("a", 64), "arm64": strings.Repeat("b", 64)}
	if len(manifest.Spec.Platforms) != len(checksums) {
		t.Fatalf("%d platforms, want %d", len(manifest.Spec.Platforms), len(checksums))
	}
	for _, p := range manifest.Spec.Platforms {
		architecture := p.Selector.MatchLabels["arch"]
		if p.Selector.MatchLabels["os"] != "linux" || p.SHA256 != checksums[architecture] {
			t.Errorf("%v has the checksum %s", p.Selector.MatchLabels, p.SHA256)
		}
		if want := "https://releases.example/v1.2.3/kubectl-traceloop_v1.2.3_linux_" + architecture + ".tar.gz"; p.URI != want {
			t.Errorf("%s is at %s, want %s", architecture, p.URI, want)
		}
		if p.Bin != "kubectl-traceloop" || len(p.Files) != 2 || p.Files[0].From != p.Bin || p.Files[1].From != "LICENSE" {
			t.Errorf("%s has %v, of which it runs %s", architecture, p.Files, p.Bin)
		}
	}
	if left := regexp.MustCompile(`\{[a-z][^}]*\}`).Find(regexp.MustCompile(`(?m)^#.*$`).ReplaceAll([]byte(words.Replace(string(text))), nil)); left != nil {
		t.Errorf("nobody puts in %s", left)
	}
}
