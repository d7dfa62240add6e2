package containers

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Endpoint is where a runtime tells of its containers.
type Endpoint struct {
	Kind string // "containerd", "cri", "docker" or "podman", whose API a socket speaks; "podman-storage"
	Path string // of the socket; of podman-storage the directory where Podman keeps its containers
}

// String is the endpoint as ParseEndpoint reads it.
func (e Endpoint) String() string {
	if e.Kind == storageKind {
		return e.Kind + "=" + e.Path
	}
	return e.Kind + "=unix://" + e.Path
}

const storageKind = "podman-storage"

var kinds = []string{"containerd", "cri", "docker", "podman", storageKind}

const endpointHelp = "write KIND=unix:///PATH, where KIND is containerd, cri, docker or podman, or podman-storage=/DIRECTORY"

// ParseEndpoint reads an endpoint as --runtime-endpoint gives it: KIND=unix:///PATH,
// KIND=/PATH, or without KIND if the socket's name tells it: one with containerd,
// crio, docker or podman in it. podman-storage=/DIRECTORY is where Podman keeps
// its containers.
func ParseEndpoint(text string) (Endpoint, error) {
	kind, address, ok := strings.Cut(text, "=")
	if !ok || strings.ContainsAny(kind, "/:") {
		kind, address = "", text
	}
	path, unix := strings.CutPrefix(address, "unix://")
	switch {
	case !unix && strings.Contains(address, "://"):
		return Endpoint{}, fmt.Errorf("runtime endpoint %q is no unix socket: %s", text, endpointHelp)
	case !filepath.IsAbs(path):
		return Endpoint{}, fmt.Errorf("runtime endpoint %q: %q is no absolute path: %s", text, path, endpointHelp)
	case kind == "" && ok && !strings.ContainsAny(text[:strings.IndexByte(text, '=')], "/:"):
		return Endpoint{}, fmt.Errorf("runtime endpoint %q has no kind before the =: %s", text, endpointHelp)
	}
	path = filepath.Clean(path)
	if kind == "" {
		if kind = guessKind(filepath.Base(path)); kind == "" {
			return Endpoint{}, fmt.Errorf("runtime endpoint %q: its name does not tell which runtime it is: %s", text, endpointHelp)
		}
	}
	if kind == "crio" || kind == "cri-o" {
		kind = "cri"
	}
	if !slices.Contains(kinds, kind) {
		return Endpoint{}, fmt.Errorf("runtime endpoint %q: there is no kind %q: %s", text, kind, endpointHelp)
	}
	// A socket's address has no room for more.
	if kind != storageKind && len(path) > 107 {
		return Endpoint{}, fmt.Errorf("runtime endpoint %q: its path has %d bytes, a socket's has 107 at most", text, len(path))
	}
	return Endpoint{Kind: kind, Path: path}, nil
}

func guessKind(name string) string {
	for _, guess := range [][2]string{{"containerd", "containerd"}, {"crio", "cri"}, {"podman", "podman"}, {"docker", "docker"}} {
		if strings.Contains(name, guess[0]) {
			return guess[1]
		}
	}
	return ""
}

// UsualEndpoints are those where the runtimes of a host have their sockets; root
// is where the host's root directory is, "/" if it is the process's own. The CRI of containerd is asked beside its own API, as another containerd keeps its
// labels otherwise. Podman's storage is looked at as its service seldom runs.
func UsualEndpoints(root string) []Endpoint {
	endpoints := []Endpoint{
		{"containerd", "/run/containerd/containerd.sock"},
		{"cri", "/run/containerd/containerd.sock"},
		{"containerd", "/run/k3s/containerd/containerd.sock"},
		{"cri", "/run/k3s/containerd/containerd.sock"},
		{"cri", "/run/crio/crio.sock"},
		{"docker", "/run/docker.sock"},
		{"podman", "/run/podman/podman.sock"},
		{storageKind, "/var/lib/containers/storage"},
	}
	// Nearly everywhere the same directory.
	if target, err := filepath.EvalSymlinks(filepath.Join(root, "/var/run")); err == nil && target != filepath.Join(root, "/run") {
		endpoints = append(endpoints, Endpoint{"docker", "/var/run/docker.sock"})
	}
	for i := range endpoints {
		endpoints[i].Path = filepath.Join(root, endpoints[i].Path)
	}
	return endpoints
}
