package ledger

import (
	"fmt"
	"strings"
	"time"
)

// chartDays are the days that a chart shows at most.
const chartDays = 14

// day is the day of a run where the person is.
func day(at time.Time) string { return at.Local().Format(time.DateOnly) }

// tokens are those that a run used.
func tokens(l Line) int64 {
	if l.Usage == nil {
		return 0
	}
	return l.Usage.InputTokens + l.Usage.CacheReadTokens + l.Usage.CacheWriteTokens + l.Usage.OutputTokens
}

// chart draws the tokens of the last days as bars, days without a run among them; nothing where there was none in that time. It fits 40
// columns.
func chart(days map[string]int64, now time.Time) string {
	most, first := int64(0), 0
	for back := range chartDays {
		if n, ran := days[day(now.AddDate(0, 0, -back))]; ran {
			most, first = max(most, n), back
		}
	}
	if most == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\nTokens by day\n")
	for back := first; back >= 0; back-- {
		date := day(now.AddDate(0, 0, -back))
		bar := strings.Repeat("█", int(days[date]*barWidth/most))
		if bar == "" && days[date] > 0 {
			bar = "▏"
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%s %s %s", date[len("2006-"):], short(days[date]), bar), " ") + "\n")
	}
	return b.String()
}

// short is a number in five columns: 999, 12k, 3.4M.
func short(n int64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%5d", n)
	case n < 1_000_000:
		return fmt.Sprintf("%4dk", n/1_000)
	case n < 100_000_000:
		return fmt.Sprintf("%4.1fM", float64(n)/1e6)
	}
	return fmt.Sprintf("%4dM", n/1_000_000)
}
