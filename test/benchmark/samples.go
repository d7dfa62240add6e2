package main

import (
	"slices"
	"time"
)

// samples are what one variant measured, a sample a round.
type samples []float64

func (s samples) minimum() float64 { return slices.Min(s) }

func (s samples) maximum() float64 { return slices.Max(s) }

func (s samples) median() float64 {
	sorted := slices.Sorted(slices.Values(s))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

// percentile is the least sample that so many percent of all do not exceed.
func (s samples) percentile(percent int) float64 {
	sorted := slices.Sorted(slices.Values(s))
	return sorted[max((len(sorted)*percent+99)/100, 1)-1]
}

// repeat measures rounds, each of all variants in turns, until another one
// would go beyond the time. Some it measures however long they take.
func (b *benchmark) repeat(budget time.Duration, least int, measure func(round int) error) error {
	begun := time.Now()
	var longest time.Duration
	for round := 0; round < least || time.Since(begun)+longest < budget; round++ {
		if err := b.context.Err(); err != nil {
			return err
		}
		start := time.Now()
		if err := measure(round); err != nil {
			return err
		}
		longest = max(longest, time.Since(start))
	}
	return nil
}
