package main

import (
	"fmt"
	"strings"
)

const tableHead = "| workload | hermes wall · cpu · rss | gofloor | ratio wall · cpu · rss | curl | hermes/curl | target | ok |\n" +
	"| --- | --- | --- | --- | --- | --- | --- | --- |\n"

// row is one line of the table, with its cells as text.
type row struct {
	name, hermes, floor, ratio, curl, over string
	limits                                 []limit
	samples                                []sample // of hermes, gofloor and curl, where whole processes are compared
	wrong                                  int      // bytes that are not those sent: no question of speed
}

// limit is a target of the table in README.md. Its text begins with the quantity, as in "wall ≤ 1.3".
type limit struct {
	text        string
	value, most float64
}

// most is a limit on the quantity of that name.
func most(what string, value, bound float64) limit {
	return limit{strings.TrimSpace(fmt.Sprintf("%s ≤ %g", what, bound)), value, bound}
}

// holds is a limit without a number.
func holds(text string, ok bool) limit {
	if ok {
		return limit{text: text}
	}
	return limit{text: text, value: 1}
}

func (l limit) met() bool { return l.value <= l.most }

// String gives the row in Markdown. The last cell names what the row falls short in.
func (r row) String() string {
	var targets, short []string
	for _, l := range r.limits {
		targets = append(targets, l.text)
		if !l.met() {
			short = append(short, l.text)
		}
	}
	verdict := "ok"
	switch {
	case r.wrong > 0:
		verdict = "DIFF"
	case len(short) > 0:
		verdict = "no: " + strings.Join(short, ", ")
	case len(targets) == 0:
		verdict = ""
	}
	cells := []string{r.name, r.hermes, r.floor, r.ratio, r.curl, r.over, strings.Join(targets, ", "), verdict}
	var b strings.Builder
	for _, c := range cells {
		b.WriteString("| " + c)
		if c != "" {
			b.WriteByte(' ')
		}
	}
	return b.String() + "|"
}

// processes is the row of whole processes: hermes, gofloor, and curl where there is a third.
func processes(name string, all []sample, limits ...limit) row {
	r := row{name: name, hermes: all[0].String(), floor: all[1].String(), ratio: all[0].over(all[1]), limits: limits, samples: all}
	if len(all) > 2 {
		r.curl, r.over = all[2].String(), fmt.Sprintf("%.2f", ratio(all[0].Wall, all[2].Wall))
	}
	return r
}
