package wire

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"hermes/oneshot/pace"
)

// Quota is what a server tells of the caller's limits, beside its answer.
type Quota struct{ Requests, Tokens Allowance }

// Allowance is one limit. What the server did not tell is nil or zero.
type Allowance struct {
	Limit, Remaining *int64
	// ResetAt is when Remaining is Limit again.
	ResetAt time.Time
}

// readQuota reads what OpenAI, Groq and others tell in x-ratelimit-{limit,remaining,reset}-{requests,tokens} (wires §4),
// Anthropic in anthropic-ratelimit-{requests,tokens}-{limit,remaining,reset} (provider-apis §3.6), and OpenRouter, without a
// kind, of its requests.
func readQuota(h http.Header, now time.Time) Quota {
	return Quota{
		Requests: firstTold(h, now,
			told{"X-Ratelimit-Limit-Requests", "X-Ratelimit-Remaining-Requests", "X-Ratelimit-Reset-Requests"},
			told{"Anthropic-Ratelimit-Requests-Limit", "Anthropic-Ratelimit-Requests-Remaining", "Anthropic-Ratelimit-Requests-Reset"},
			told{"X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset"}),
		Tokens: firstTold(h, now,
			told{"X-Ratelimit-Limit-Tokens", "X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Reset-Tokens"},
			told{"Anthropic-Ratelimit-Tokens-Limit", "Anthropic-Ratelimit-Tokens-Remaining", "Anthropic-Ratelimit-Tokens-Reset"}),
	}
}

// told are the headers of one limit, in their canonical form: they are looked up in each response.
type told struct{ limit, remaining, reset string }

func firstTold(h http.Header, now time.Time, all ...told) Allowance {
	for _, t := range all {
		a := Allowance{Limit: count(first(h, t.limit)), Remaining: count(first(h, t.remaining)), ResetAt: bounded(resetAt(first(h, t.reset), now))}
		if a != (Allowance{}) {
			return a
		}
	}
	return Allowance{}
}

// first is the first value of a header, "" for none.
func first(h http.Header, canonical string) string {
	if values := h[canonical]; len(values) > 0 {
		return strings.TrimSpace(values[0])
	}
	return ""
}

// bounded is a time that an event can hold, whatever the server wrote; none before 1970, and none that RFC 3339 has no year for.
func bounded(at time.Time) time.Time {
	if at.Unix() < 0 || at.UTC().Year() > 9999 {
		return time.Time{}
	}
	return at
}

// count is a whole number that is not negative; nil for anything else.
func count(s string) *int64 {
	if s == "" {
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return nil
	}
	return &n
}

// resetAt reads a time as servers write it: a duration ("6m0s", "120ms"), RFC 3339, or a number, which is seconds from now or,
// where it is too large for that, the seconds or milliseconds since 1970.
func resetAt(s string, now time.Time) time.Time {
	if s == "" {
		return time.Time{}
	}
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return at
	}
	if d, err := time.ParseDuration(s); err == nil {
		return now.Add(min(max(d, 0), farFuture))
	}
	switch n, err := strconv.ParseFloat(s, 64); {
	case err != nil || !(n >= 0 && n < 1e15):
		return time.Time{}
	case n >= 1e11:
		return time.UnixMilli(int64(n))
	case n >= 1e9:
		return time.Unix(int64(n), 0)
	default:
		return now.Add(min(time.Duration(n*float64(time.Second)), farFuture))
	}
}

// room is the allowance for who keeps the pace, nothing where the server told only a part.
func (a Allowance) room() pace.Room {
	if a.Limit == nil || a.Remaining == nil {
		return pace.Room{}
	}
	return pace.Room{Limit: *a.Limit, Remaining: *a.Remaining, Reset: a.ResetAt}
}

// exhausted is when the last of the limits that are used up is reset; zero when none is, or nobody told.
func (q Quota) exhausted() time.Time {
	var at time.Time
	for _, a := range [...]Allowance{q.Requests, q.Tokens} {
		if a.Remaining != nil && *a.Remaining == 0 && a.ResetAt.After(at) {
			at = a.ResetAt
		}
	}
	return at
}

// idHeaders are the names under which servers hand out a request's id. MiniMax has no "request-id" (provider-apis §1.6).
func idHeaders() []string {
	return []string{"Request-Id", "X-Request-Id", "Apim-Request-Id", "Trace-Id", "Minimax-Request-Id", "X-Mm-Request-Id"}
}

// requestID is the first id that a response has.
func requestID(h http.Header) string {
	for _, name := range idHeaders() {
		if id := first(h, name); id != "" {
			return id
		}
	}
	return ""
}

// Telling reports whether the client reads a response header of that name: for a request's id, a wait or a quota.
func Telling(name string) bool {
	name = http.CanonicalHeaderKey(name)
	switch name {
	case "Retry-After", "Retry-After-Ms", "X-Should-Retry":
		return true
	}
	if slices.Contains(idHeaders(), name) {
		return true
	}
	return strings.HasPrefix(name, "X-Ratelimit-") || strings.HasPrefix(name, "Anthropic-Ratelimit-")
}
