//go:build cluster && !race

package kubernetes

var raceFlags []string
