//go:build race

package host

// raceFlags have the daemon tell of data races, as who starts it does.
var raceFlags = []string{"-race"}
