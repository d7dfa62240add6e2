package main

import (
	"fmt"
	"strconv"
)

// goals are what the shares of identical lines must reach.
type goals struct {
	all  float64 // over all workloads
	each float64 // for each of them
	bare int     // bare numbers and addresses, at most
}

// goalsOf are the goals of a mode.
func goalsOf(m mode) goals {
	if m == modePlain {
		return goals{all: 0.99, each: 0.97}
	}
	return goals{all: 0.98, each: 0.96}
}

// missed says which goals a set of results does not reach.
func (g goals) missed(results []result) []string {
	var missed []string
	var all counts
	for _, r := range results {
		if r.err != nil {
			missed = append(missed, fmt.Sprintf("%s failed: %v", r.workload.name, r.err))
			continue
		}
		n := r.comparison.count()
		all.add(n)
		if n.share() < g.each {
			missed = append(missed, fmt.Sprintf("%s: %s of the lines are identical, not %s", r.workload.name, percent(n.share()), percent(g.each)))
		}
	}
	if all.share() < g.all {
		missed = append(missed, fmt.Sprintf("%s of all lines are identical, not %s", percent(all.share()), percent(g.all)))
	}
	if all.bare > g.bare {
		missed = append(missed, fmt.Sprintf("%d lines have a bare number or address, not %d", all.bare, g.bare))
	}
	return missed
}

func percent(share float64) string {
	// Rounded down: 100 % is said of nothing less.
	return strconv.FormatFloat(float64(int(share*10000))/100, 'f', 2, 64) + " %"
}
