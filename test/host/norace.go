//go:build !race

package host

var raceFlags []string
