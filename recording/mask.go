package recording

import (
	"maps"
	"regexp"
	"slices"

	"traceloop/ring"
)

// Mask overwrites with asterisks what matches one of the patterns: in the
// snapshot, in place ([ring.Snapshot.Mask] says how), and in all that names the
// host, the container and the command. What the programs say of themselves
// stands: architecture, kernel, runtime, version.
func (r *Recording) Mask(patterns []*regexp.Regexp) {
	if len(patterns) == 0 {
		return
	}
	r.Snapshot.Mask(patterns)
	if r.Command != nil {
		r.Command = ring.MaskText(patterns, r.Command...)
	}
	c := &r.Container
	for _, name := range []*string{
		&r.Host, &r.Name,
		&c.ID, &c.Name, &c.Namespace, &c.Pod, &c.RuntimeNamespace, &c.Image, &c.PodUID, &c.ContainerName, &c.Cgroup,
	} {
		*name = ring.MaskText(patterns, *name)[0]
	}
	if c.Labels != nil {
		c.Labels = maskLabels(patterns, c.Labels)
	}
}

// maskLabels returns the labels masked: others may have the map that was given.
// Of names that are the same when masked one stays.
func maskLabels(patterns []*regexp.Regexp, labels map[string]string) map[string]string {
	masked := make(map[string]string, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		texts := ring.MaskText(patterns, name, labels[name])
		masked[texts[0]] = texts[1]
	}
	return masked
}
