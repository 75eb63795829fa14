package main

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
)

const diffHead = "| workload | hermes wall · cpu · rss | base | wall over base, and its range | verdict |\n| --- | --- | --- | --- | --- |\n"

// compareBase prints the rows of whole processes with an earlier hermes in gofloor's place. What the base cannot do, such as
// a wire that it does not speak, is said and left out.
func (b *bench) compareBase(out io.Writer, wanted *regexp.Regexp) {
	b.curl = ""
	fmt.Fprint(out, diffHead)
	for _, g := range groups() {
		if !wanted.MatchString(g.name) || strings.Contains(g.name, "lag of") || g.kind() == "failure" {
			continue
		}
		rows, err := b.measure(g)
		if err != nil {
			fmt.Fprintf(out, "| %s | | | | not measured: %s |\n", g.name, err)
		}
		for _, r := range rows {
			if len(r.samples) == 2 {
				fmt.Fprintln(out, r.overBase())
			}
		}
	}
	fmt.Fprintln(out, "\nThe range holds the true median 19 times in 20, but of less than six rounds it is all that was seen. A row is faster or slower when 1 is outside of it.")
}

func (r row) overBase() string {
	mid, low, high := pairs(r.samples[0], r.samples[1])
	verdict := "no difference beyond noise"
	switch {
	case r.wrong > 0:
		verdict = "DIFF"
	case low > 1:
		verdict = "slower"
	case high < 1:
		verdict = "faster"
	}
	return fmt.Sprintf("| %s | %s | %s | %.3f (%.3f to %.3f) | %s |", r.name, r.samples[0], r.samples[1], mid, low, high, verdict)
}

// pairs is the median of the ratios of the rounds, and the range in which the true median is with 95 % probability: the
// ratios at the ranks that a fair coin thrown once a round would leave between them.
func pairs(h, base sample) (mid, low, high float64) {
	var all []float64
	for i := range h.walls {
		all = append(all, ratio(h.walls[i], base.walls[i]))
	}
	slices.Sort(all)
	n := float64(len(all))
	last := len(all) - 1
	reach := 0.98 * math.Sqrt(n)
	lowest, highest := max(int(math.Floor(n/2-reach)), 0), min(int(math.Ceil(n/2+reach)), last)
	return (all[last/2] + all[len(all)/2]) / 2, all[lowest], all[highest]
}
