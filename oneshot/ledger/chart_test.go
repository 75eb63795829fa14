package ledger

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestChart(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.Local)
	days := map[string]int64{"2026-11-01": 9_000_000_000, "2026-11-20": 24_000_000, "2026-11-22": 1_000, "2026-11-23": 12_000_000}
	want := "\nTokens by day\n11-20 24.0M " + strings.Repeat("█", barWidth) + "\n11-21     0\n11-22  1000 ▏\n11-23 12.0M " + strings.Repeat("█", barWidth/2) + "\n11-24     0\n"
	if got := chart(days, now); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	for line := range strings.SplitSeq(want, "\n") {
		if n := utf8.RuneCountInString(line); n > 40 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for name, none := range map[string]map[string]int64{"nothing": nil, "long ago": {"2026-11-01": 7}, "failures alone": {"2026-11-24": 0}} {
		if got := chart(none, now); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "    0", 9_999: " 9999", 12_345: "  12k", 999_999: " 999k", 1_234_567: " 1.2M", 99_940_000: "99.9M", 123_456_789: " 123M", 12_345_678_901: "12345M"} {
		if got := short(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
