package wire

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"hermes/oneshot/pace"
)

// quotaCase is what a server tells of its limits, and what of it is read.
type quotaCase struct {
	header [][2]string
	want   Quota
}

func quotas(now time.Time) map[string]quotaCase {
	n := func(i int64) *int64 { return &i }
	return map[string]quotaCase{
		"nothing": {nil, Quota{}},
		"OpenAI and Groq": {
			[][2]string{
				{"x-ratelimit-limit-requests", "60"},
				{"x-ratelimit-remaining-requests", "59"},
				{"x-ratelimit-reset-requests", "1s"},
				{"x-ratelimit-limit-tokens", "150000"},
				{"x-ratelimit-remaining-tokens", "0"},
				{"x-ratelimit-reset-tokens", "6m0.5s"},
			},
			Quota{Allowance{n(60), n(59), now.Add(time.Second)}, Allowance{n(150000), n(0), now.Add(6*time.Minute + 500*time.Millisecond)}},
		},
		"milliseconds": {[][2]string{{"x-ratelimit-reset-tokens", "120ms"}}, Quota{Tokens: Allowance{ResetAt: now.Add(120 * time.Millisecond)}}},
		"Anthropic": {
			[][2]string{
				{"anthropic-ratelimit-requests-limit", "50"},
				{"anthropic-ratelimit-requests-remaining", "49"},
				{"anthropic-ratelimit-requests-reset", "2026-11-29T12:00:05Z"},
				{"anthropic-ratelimit-tokens-limit", "80000"},
			},
			Quota{Allowance{n(50), n(49), now.Add(5 * time.Second)}, Allowance{Limit: n(80000)}},
		},
		"OpenRouter": {
			[][2]string{{"X-RateLimit-Limit", "20"}, {"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1795953660000"}},
			Quota{Requests: Allowance{n(20), n(0), time.UnixMilli(1795953660000)}},
		},
		"a moment": {[][2]string{{"x-ratelimit-reset-requests", "1e9"}, {"x-ratelimit-reset-tokens", "1e11"}}, Quota{Allowance{ResetAt: time.Unix(1e9, 0)}, Allowance{ResetAt: time.UnixMilli(1e11)}}},
		"long": {
			[][2]string{{"x-ratelimit-reset-requests", "999999999"}, {"x-ratelimit-reset-tokens", "999999h"}},
			Quota{Allowance{ResetAt: now.Add(farFuture)}, Allowance{ResetAt: now.Add(farFuture)}},
		},
		"over":    {[][2]string{{"x-ratelimit-reset-requests", "-5s"}, {"x-ratelimit-reset-tokens", "0"}}, Quota{Allowance{ResetAt: now}, Allowance{ResetAt: now}}},
		"no time": {[][2]string{{"x-ratelimit-reset-requests", "1e15"}, {"x-ratelimit-reset-tokens", "-1"}}, Quota{}},
		"seconds": {[][2]string{{"x-ratelimit-reset-requests", "7.5"}}, Quota{Requests: Allowance{ResetAt: now.Add(7500 * time.Millisecond)}}},
		"words that are none": {
			[][2]string{{"x-ratelimit-limit-requests", "many"}, {"x-ratelimit-remaining-requests", "-1"}, {"x-ratelimit-reset-requests", "soon"}, {"x-ratelimit-reset-tokens", "NaN"}},
			Quota{},
		},
	}
}

// TestReadQuota: what servers tell of their limits, each in its own words (wires §4, provider-apis §3.6).
func TestReadQuota(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for name, c := range quotas(now) {
		h := http.Header{}
		for _, pair := range c.header {
			h.Set(pair[0], pair[1])
			if !Telling(pair[0]) {
				t.Errorf("%s is not recorded", pair[0])
			}
		}
		got := readQuota(h, now)
		for _, pair := range [][2]Allowance{{got.Requests, c.want.Requests}, {got.Tokens, c.want.Tokens}} {
			if g, w := pair[0], pair[1]; !same(g.Limit, w.Limit) || !same(g.Remaining, w.Remaining) || !g.ResetAt.Equal(w.ResetAt) {
				t.Errorf("%s: %+v, want %+v", name, got, c.want)
			}
		}
	}
	if Telling("Set-Cookie") || Telling("Anthropic-Organization-Id") || !Telling("x-request-id") || !Telling("retry-after-ms") {
		t.Error("what is recorded of a header")
	}
}

func same(a, b *int64) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

// TestRoom: a limit is of use to the pace when it is told whole.
func TestRoom(t *testing.T) {
	t.Parallel()
	one, two, at := new(int64(1)), new(int64(2)), time.Unix(100, 0)
	for _, c := range []struct {
		a    Allowance
		want pace.Room
	}{
		{Allowance{two, one, at}, pace.Room{Limit: 2, Remaining: 1, Reset: at}}, {Allowance{nil, one, at}, pace.Room{}}, {Allowance{two, nil, at}, pace.Room{}},
	} {
		if got := c.a.room(); got != c.want {
			t.Errorf("%+v: %+v", c.a, got)
		}
	}
}

// TestExhausted: of the limits that are used up, the one that comes back last says when to try again.
func TestExhausted(t *testing.T) {
	t.Parallel()
	early, late := time.Unix(100, 0), time.Unix(200, 0)
	none, some := new(int64(0)), new(int64(1))
	for _, c := range []struct {
		q    Quota
		want time.Time
	}{
		{Quota{}, time.Time{}},
		{Quota{Allowance{nil, some, late}, Allowance{nil, none, early}}, early},
		{Quota{Allowance{nil, none, late}, Allowance{nil, none, early}}, late},
		{Quota{Requests: Allowance{ResetAt: late}}, time.Time{}},
		{Quota{Requests: Allowance{Remaining: none}}, time.Time{}},
	} {
		if got := c.q.exhausted(); !got.Equal(c.want) {
			t.Errorf("%+v: %v, want %v", c.q, got, c.want)
		}
	}
}

// FuzzQuota: whatever a server tells of its limits, no count is negative and no reset is further than a time can be, nor before now where
// it is told as a wait.
func FuzzQuota(f *testing.F) {
	for _, s := range []string{"6m0s", "120ms", "-1s", "2026-01-27T12:00:00Z", "1e308", "NaN", "-0", "1769515200", "1769515200000", "9223372036854775807", "0.5", "700000000000000", "9999-12-31T23:00:00-02:00", "0000-01-01T00:00:00+02:00"} {
		f.Add(s)
	}
	now := time.Date(2026, 1, 27, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, said string) {
		q := readQuota(http.Header{"X-Ratelimit-Limit-Requests": {said}, "X-Ratelimit-Remaining-Requests": {said}, "X-Ratelimit-Reset-Requests": {said}}, now)
		for _, n := range []*int64{q.Requests.Limit, q.Requests.Remaining} {
			if n != nil && *n < 0 {
				t.Fatalf("%q is %d", said, *n)
			}
		}
		at := q.Requests.ResetAt
		if _, err := time.ParseDuration(strings.TrimSpace(said)); err == nil && (at.Before(now) || at.After(now.Add(farFuture))) {
			t.Fatalf("%q is %v", said, at)
		}
		if _, err := at.UTC().MarshalJSON(); err != nil {
			t.Fatalf("%q is %v, which no event can hold: %v", said, at, err)
		}
	})
}
