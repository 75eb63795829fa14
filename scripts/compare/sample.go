package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"hermes/scripts/launcher/spawn"
)

// job is a program to run.
type job = spawn.Job

// sample is what a process cost.
type sample struct {
	spawn.Sample
	walls []time.Duration // of a median: those of its rounds, in order
}

// medianOf is the median of each number; other fields are the last sample's.
func medianOf(all []sample) sample {
	s := all[len(all)-1]
	s.walls = nil
	for _, one := range all {
		s.walls = append(s.walls, one.Wall)
	}
	s.Wall = middle(all, func(s sample) time.Duration { return s.Wall })
	s.First = middle(all, func(s sample) time.Duration { return s.First })
	s.Late = middle(all, func(s sample) time.Duration { return s.Late })
	s.CPU = middle(all, func(s sample) time.Duration { return s.CPU })
	s.RSS = middle(all, func(s sample) int64 { return s.RSS })
	return s
}

func middle[T ~int64](all []sample, field func(sample) T) T {
	var values []T
	for _, s := range all {
		values = append(values, field(s))
	}
	return median(values)
}

// median of an even number of values is the mean of the two in the middle. It sorts what it is given.
func median[T ~int64](values []T) T {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	low, high := values[(len(values)-1)/2], values[len(values)/2]
	return low + (high-low)/2
}

// percentile is the smallest value that p percent of them do not exceed. It sorts what it is given.
func percentile[T ~int64](values []T, p float64) T {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	rank := int(math.Ceil(p / 100 * float64(len(values))))
	return values[min(max(rank, 1), len(values))-1]
}

// ratio is 0 where there is nothing to divide by.
func ratio[T ~int64 | ~int](a, b T) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func (s sample) String() string {
	return ms(s.Wall) + " · " + ms(s.CPU) + " · " + megabytes(s.RSS)
}

// over is wall, CPU and RSS as ratios.
func (s sample) over(f sample) string {
	return fmt.Sprintf("%.2f · %.2f · %.2f", ratio(s.Wall, f.Wall), ratio(s.CPU, f.CPU), ratio(s.RSS, f.RSS))
}

func ms(d time.Duration) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond)), ".0") + " ms"
}

func micros(d time.Duration) string { return fmt.Sprintf("%d µs", d.Microseconds()) }

func megabytes(kib int64) string { return fmt.Sprintf("%.1f MB", float64(kib)/1024) }
