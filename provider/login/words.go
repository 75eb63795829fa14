package login

import (
	"fmt"
	"time"
)

// stamp is a moment as people and programs read it: RFC 3339, UTC, seconds; ""
// for one that is not known.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// validity is "valid for 14m", for a token whose expiry may be unknown.
func validity(at time.Time) string {
	if at.IsZero() {
		return "valid until the server refuses it"
	}
	return "valid for " + span(time.Until(at))
}

// span is a duration in its largest unit that leaves it above 1.
func span(d time.Duration) string {
	switch d = max(d, 0); {
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}

// remaining is "expires in 14m" or "expired 3h ago".
func remaining(at, now time.Time) string {
	if left := at.Sub(now); left > 0 {
		return "expires in " + span(left)
	}
	return "expired " + span(now.Sub(at)) + " ago"
}
