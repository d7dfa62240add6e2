package agent

import (
	"regexp"
	"slices"
	"strings"
)

// A container's cgroup has its ID in its name, in one of these ways:
//
//	ID                                  cgroupfs drivers, and Docker's
//	libpod-ID, libpod-payload-ID        Podman
//	docker-ID.scope                     systemd drivers, also cri-containerd-, crio-,
//	                                    libpod-, nerdctl-
//	SLICE:cri-containerd:ID             a systemd driver's path given to cgroupfs
var containerCgroup = regexp.MustCompile(`(?s)^(?:.*[-:])?([0-9a-f]{64})(?:\.scope)?$`)

// containerIDs are the container IDs in a cgroup's names, of which the last one
// comes first, as do the innermost container's.
func containerIDs(names []string) []string {
	var ids []string
	for _, name := range names {
		match := containerCgroup.FindStringSubmatch(name)
		// The monitor beside a container is none itself.
		if match == nil || strings.Contains(name, "conmon-"+match[1]) || slices.Contains(ids, match[1]) {
			continue
		}
		ids = append(ids, match[1])
	}
	return ids
}

// What the recorder keeps of a cgroup's path (recorder/bpf/maps.h): so many names,
// as long as the bytes of those before, each with its end, leave room for any.
const (
	keptNames = 6
	keptBytes = 256
)

// cutShort says that the names may not be the whole path.
func cutShort(names []string) bool {
	bytes := 0
	for _, name := range names {
		bytes += len(name) + 1
	}
	return len(names) >= keptNames || bytes > keptBytes
}

// within are names that a container's manager gives to parts of its cgroup.
var within = map[string]bool{
	"container": true, "init": true, "init.scope": true, "payload": true,
	"runtime": true, "supervisor": true, "workload": true,
}

// meaningful cuts the names that say nothing of the container.
func meaningful(names []string) []string {
	for len(names) > 1 && within[names[0]] {
		names = names[1:]
	}
	return names
}

// cgroupName is what to call a container that no runtime knows; empty if its
// cgroup is the root.
func cgroupName(names []string) string {
	if ids := containerIDs(names); len(ids) > 0 {
		return ids[0]
	}
	if names = meaningful(names); len(names) > 0 {
		return names[0]
	}
	return ""
}

// cgroupPath is the path that the names make.
func cgroupPath(names []string) string {
	if len(names) == 0 {
		return ""
	}
	names = slices.Clone(names)
	slices.Reverse(names)
	return "/" + strings.Join(names, "/")
}

// bound cuts a string that is too long, and puts U+FFFD where it is no UTF-8,
// which neither the API nor metrics can carry.
func bound(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
