// Package containers knows which containers there are: it asks the container
// runtimes, listens to their events and tells whoever subscribed.
//
// A [Registry] has one entry for each container, whatever the number of sources
// that know it; [Watch] makes every runtime of the host a source.
package containers

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Container is what a runtime says of one. Strings are the runtime's and so,
// in part, the container's author's: any characters, in valid UTF-8, bounded in
// length. Labels are shared by all who hold the container: they are not written to.
type Container struct {
	// ID is the runtime's, whole: the key. For Docker, Podman and CRI 64
	// hexadecimal digits; for containerd what its client chose, and NAMESPACE/ID
	// while another of its namespaces has a container of the same ID.
	ID      string
	Name    string
	Runtime string // "docker", "podman", "containerd", "cri-o"; of a container that no runtime knows: ""
	// RuntimeNamespace is containerd's ("default", "k8s.io"); else empty, as with
	// Docker's containers, which containerd has in "moby" too.
	RuntimeNamespace string
	Image            string
	Labels           map[string]string

	// Of a Kubernetes pod.
	Namespace     string
	Pod           string
	PodUID        string
	ContainerName string // in the pod
	Attempt       uint32 // how often it was restarted before
	Sandbox       bool   // the pod's pause container

	PID     int // of its first process, in the host's numbers; 0: it has none (any more) or that is not known
	Created time.Time
}

// What is kept of a container's strings. A Kubernetes label's key has 317 bytes
// at most, its value 63, a name 253.
const (
	maximumLabels   = 64
	maximumLabelKey = 320
	maximumText     = 256
	maximumImage    = 512
)

// bounded is the container with all its strings cut to what is kept, and labels
// of its own. If there are too many, Kubernetes' and then the first by name stay.
func bounded(c Container) Container {
	c.ID = cut(c.ID, maximumText)
	c.Name = cut(c.Name, maximumText)
	c.Runtime = cut(c.Runtime, maximumText)
	c.RuntimeNamespace = cut(c.RuntimeNamespace, maximumText)
	c.Image = cut(c.Image, maximumImage)
	c.Namespace = cut(c.Namespace, maximumText)
	c.Pod = cut(c.Pod, maximumText)
	c.PodUID = cut(c.PodUID, maximumText)
	c.ContainerName = cut(c.ContainerName, maximumText)

	labels := make(map[string]string, min(len(c.Labels), maximumLabels))
	for _, kubernetes := range []bool{true, false} {
		for _, key := range slices.Sorted(maps.Keys(c.Labels)) {
			if len(labels) == maximumLabels {
				break
			}
			if len(key) <= maximumLabelKey && strings.HasPrefix(key, "io.kubernetes.") == kubernetes {
				labels[cut(key, maximumLabelKey)] = cut(c.Labels[key], maximumText)
			}
		}
	}
	c.Labels = labels
	return c
}

// cut is the beginning of a text, in valid UTF-8. The copy lets go of the
// message that the text came in.
func cut(text string, maximum int) string {
	return strings.Clone(strings.ToValidUTF8(text[:min(len(text), maximum)], ""))
}

// fillKubernetes sets what the labels of a pod's container say and is not set yet.
func (c *Container) fillKubernetes() {
	c.Namespace = first(c.Namespace, c.Labels["io.kubernetes.pod.namespace"])
	c.Pod = first(c.Pod, c.Labels["io.kubernetes.pod.name"])
	c.PodUID = first(c.PodUID, c.Labels["io.kubernetes.pod.uid"])
	switch name := c.Labels["io.kubernetes.container.name"]; name {
	case "POD": // what cri-dockerd and CRI-O call the pause container
		c.Sandbox = true
	default:
		c.ContainerName = first(c.ContainerName, name)
	}
	if c.Labels["io.cri-containerd.kind"] == "sandbox" || c.Labels["io.kubernetes.docker.type"] == "podsandbox" {
		c.Sandbox = true
	}
}

// fillFrom sets what a less trusted source knows and c lacks. Its labels are not
// c's: containerd has some of its own on Docker's containers.
func (c *Container) fillFrom(other Container) {
	c.Name = first(c.Name, other.Name)
	c.Runtime = first(c.Runtime, other.Runtime)
	if c.Image == "" || isDigest(c.Image) && other.Image != "" {
		c.Image = other.Image // containerd has the name where its CRI has only the digest
	}
	c.Namespace = first(c.Namespace, other.Namespace)
	c.Pod = first(c.Pod, other.Pod)
	c.PodUID = first(c.PodUID, other.PodUID)
	c.ContainerName = first(c.ContainerName, other.ContainerName)
	c.Attempt = max(c.Attempt, other.Attempt)
	c.Sandbox = c.Sandbox || other.Sandbox
	if c.PID == 0 {
		c.PID = other.PID
	}
	if c.Created.IsZero() {
		c.Created = other.Created
	}
}

// isDigest says that an image has no name.
func isDigest(image string) bool { return strings.HasPrefix(image, "sha256:") }

// equal tells whether nothing differs.
func (c *Container) equal(other *Container) bool {
	return c.ID == other.ID && c.Name == other.Name && c.Runtime == other.Runtime &&
		c.RuntimeNamespace == other.RuntimeNamespace && c.Image == other.Image && maps.Equal(c.Labels, other.Labels) &&
		c.Namespace == other.Namespace && c.Pod == other.Pod && c.PodUID == other.PodUID &&
		c.ContainerName == other.ContainerName && c.Attempt == other.Attempt && c.Sandbox == other.Sandbox &&
		c.PID == other.PID && c.Created.Equal(other.Created)
}

// first is the first text that is not empty.
func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
