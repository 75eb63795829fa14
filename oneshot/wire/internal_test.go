package wire

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestLateClock: a clock that runs out late gives what is waiting a moment to be read, once.
func TestLateClock(t *testing.T) {
	t.Parallel()
	for read, want := range map[bool]int32{true: 0, false: 1} {
		synctest.Test(t, func(t *testing.T) {
			var fired atomic.Int32
			c := clock{limit: time.Second, fire: func() { fired.Add(1) }}
			c.start()
			c.hold()
			c.since = time.Now().Add(-time.Minute) // stopped for so long
			c.expire()
			if fired.Load() != 0 {
				t.Error("it did not wait")
			}
			if read {
				c.hold()
			}
			time.Sleep(moment + time.Nanosecond)
			synctest.Wait()
			if n := fired.Load(); n != want {
				t.Errorf("read %v: it fired %d times", read, n)
			}
			c.end()
		})
	}
}

func TestMasked(t *testing.T) {
	t.Parallel()
	const secret = "sk-cp-canary-0123456789-last"
	for _, c := range [][3]string{
		{"Authorization", "Bearer " + secret, "Bearer ****last"},
		{"Authorization", "Bearer short", "Bearer ****"},
		{"authorization", "Basic dXNlcjpwYXNzd29yZA==", "Basic ****ZA=="},
		{"Cookie", "first=secret; second=" + secret, "****last"},
		{"X-Api-Key", secret, "****last"},
		{"Proxy-Authorization", "x", "****"},
		{"Content-Type", "application/json", "application/json"},
	} {
		if got := masked(c[0], c[1]); got != c[2] {
			t.Errorf("%s: %s", c[0], got)
		}
	}
}

func TestNoTraceCostsNothing(t *testing.T) {
	a := &attempt{s: &stream{c: &Client{}}}
	if n := testing.AllocsPerRun(100, func() { a.traceEnd(nil); a.traceRequest(nil); a.traceResponse(nil) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestRetryHeaderNonsense(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, v := range []string{"", "soon", "-5", "0", "NaN", "-Inf", "Mon, 01 Jan 1990 00:00:00 GMT"} {
		if h := readRetryHeader(http.Header{"Retry-After": {v}}, now); h.after != 0 || !h.at.IsZero() {
			t.Errorf("%q: %+v", v, h)
		}
	}
	for _, v := range []string{"1e300", "Inf", "Sat, 31 Dec 9999 23:59:59 GMT"} {
		if h := readRetryHeader(http.Header{"Retry-After": {v}}, now); h.after != farFuture {
			t.Errorf("%q: %+v", v, h)
		}
	}
	if h := readRetryHeader(http.Header{"Retry-After": {"0.25"}}, now); h.after != 250*time.Millisecond {
		t.Errorf("a fraction: %v", h.after)
	}
}

// TestHide: a secret that a server repeats is masked however it is cut, spaced or disguised, and no part of it is left by
// the end of the line.
func TestHide(t *testing.T) {
	t.Parallel()
	const canary = "sk-cp-canary-0123456789-last"
	a := &attempt{s: &stream{token: canary, hidden: hidden([]string{"Team word-of-team-01", "short"}, &url.URL{RawQuery: "key=quer%79-value-02&flag-value-03&n=1"})}}
	long := strings.Repeat("x", maxMessage-9)
	for in, want := range map[string]string{
		"a " + canary + " b":          "a ****last b",
		canary + canary:               "****last****last",
		strings.ToUpper(canary) + "!": "****last!",
		"sk-cp-\u200bcanary\u2060-01\ufe0f234\u00ad567\u034f89-la\u0301st.":        "****last.",
		"sk-cp- canary-\n0123\t456789 -last":                                       "****last",
		long + canary:                                                              long + "****last",
		"the word-of-team-01, TEAM word-of-team-01":                                "the ****m-01, ****m-01",
		"query-value-02 quer%79-value-02 flag-value-03 short n":                    "****e-02 ****e-02 ****e-03 short n",
		unescaped(`{"k":"sk-cp-\u0063anary-0123456789\u200b-last\/\ud83d\ude00"}`): `{"k":"****last/\ud83d\ude00"}`,
		unescaped(`\u12`): `\u12`,
	} {
		if got := a.clean(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
