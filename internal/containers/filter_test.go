package containers

import (
	"strings"
	"testing"
)

func TestFilter(t *testing.T) {
	c := &Container{
		Name: "web-1", Image: "docker.io/library/nginx:1", Runtime: "docker", Namespace: "shop", Pod: "web-abc",
		Labels: map[string]string{"tier": "front", "empty": ""},
	}
	for _, test := range []struct {
		filters string // with blanks between
		want    bool
	}{
		{"", true},
		{"name=web-1", true},
		{"name=web", false},
		{"name=web*", true},
		{"name=web-?", true},
		{"name=web-[0-4]", true},
		{"!name=web*", false},
		{"!name=db*", true},
		{"image=*nginx*", true},
		{"image=docker.io/*/nginx:?", true},
		{"image=nginx", false},
		{"namespace=shop,pod=web-*", true},
		{"namespace=shop,pod=db-*", false},
		{"namespace=shop,!pod=db-*", true},
		{"namespace=other name=web*", true},
		{"namespace=other name=db*", false},
		{"runtime=docker", true},
		{"label=tier", true},
		{"label=tier=front", true},
		{"label=tier=f*", true},
		{"label=tier=back", false},
		{"!label=tier=back", true},
		{"label=none", false},
		{"!label=none", true},
		{"label=empty", true},
		{"label=empty=", true},
		{"label=tier=", false},
	} {
		filter, err := ParseFilter(strings.Fields(test.filters)...)
		if err != nil {
			t.Errorf("%s: %v", test.filters, err)
			continue
		}
		if got := filter.Match(c); got != test.want {
			t.Errorf("%s: %v, want %v", test.filters, got, test.want)
		}
	}
	if !(*Filter)(nil).Match(c) {
		t.Error("no filter does not match")
	}
}

func TestFilterErrors(t *testing.T) {
	for text, want := range map[string]string{
		"web":            `"web" is no term: write name=GLOB`,
		"name=":          `nothing to compare with`,
		"name=a,,name=b": `a term is empty`,
		"!":              `is no term`,
		"colour=red":     `no "colour" to filter by: write name=GLOB`,
		"name=[a":        `syntax error in pattern: * is any text`,
		"label==x":       `names no label: write label=KEY`,
		"label=a=[":      `syntax error in pattern`,
	} {
		_, err := ParseFilter(text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "filter ") {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

func TestParseEndpoint(t *testing.T) {
	for text, want := range map[string]Endpoint{
		"docker=unix:///x/y.sock":              {"docker", "/x/y.sock"},
		"containerd=/x//y.sock":                {"containerd", "/x/y.sock"},
		"podman-storage=/var/lib/containers":   {"podman-storage", "/var/lib/containers"},
		"cri-o=/x.sock":                        {"cri", "/x.sock"},
		"/run/docker.sock":                     {"docker", "/run/docker.sock"},
		"unix:///run/containerd/k3s.sock":      {},
		"unix:///run/containerd/containerd.so": {"containerd", "/run/containerd/containerd.so"},
		"/run/crio/crio.sock":                  {"cri", "/run/crio/crio.sock"},
		"/run/podman/podman.sock":              {"podman", "/run/podman/podman.sock"},
		"/a=b/docker.sock":                     {"docker", "/a=b/docker.sock"},
		"":                                     {},
		"docker":                               {},
		"docker=":                              {},
		"=/run/docker.sock":                    {},
		"docker=tcp://127.0.0.1:1":             {},
		"rocket=/run/rocket.sock":              {},
		"docker=run/docker.sock":               {},
		"/run/x.sock":                          {},
		"docker=/" + strings.Repeat("x", 108):  {},
	} {
		got, err := ParseEndpoint(text)
		if got != want || (err == nil) != (want != Endpoint{}) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), "write KIND=unix:///PATH") && !strings.Contains(err.Error(), "107 at most") {
			t.Errorf("%q: %v: does not say what would be right", text, err)
		}
		if err == nil {
			if again, err := ParseEndpoint(got.String()); again != got || err != nil {
				t.Errorf("%v is read back as %v, %v", got, again, err)
			}
		}
	}
}
