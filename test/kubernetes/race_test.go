//go:build cluster && race

package kubernetes

// raceFlags have the agent and the plugin tell of data races, as these tests do.
var raceFlags = []string{"-race"}
