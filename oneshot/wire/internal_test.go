package wire

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hermes/oneshot/sse"
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

// TestClockEnds: a clock that ended fires never again, one whose moment is late too fires, and one without a limit never.
func TestClockEnds(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int32{"ended": 0, "late twice": 1, "no limit": 0, "held and resumed": 1, "late, alive, late": 1} {
		synctest.Test(t, func(t *testing.T) {
			var fired atomic.Int32
			c := clock{limit: time.Second, fire: func() { fired.Add(1) }}
			switch name {
			case "ended":
				c.start()
				c.end()
				c.start()
				c.resume()
			case "late twice":
				c.start()
				for range 2 {
					c.hold()
					c.since = time.Now().Add(-time.Minute)
					c.expire()
				}
				c.hold()
			case "late, alive, late":
				for range 2 {
					c.start()
					c.hold()
					c.since = time.Now().Add(-time.Minute)
					c.expire()
					if fired.Load() != 0 {
						t.Error("it gave no moment")
					}
				}
			case "no limit":
				c.limit = 0
				c.start()
				c.resume()
			case "held and resumed":
				c.start()
				time.Sleep(time.Second / 2)
				c.hold()
				time.Sleep(time.Minute)
				c.resume()
				time.Sleep(time.Second/2 - time.Nanosecond)
				synctest.Wait()
				if fired.Load() != 0 {
					t.Error("it fired before what was left was over")
				}
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			if n := fired.Load(); n != want {
				t.Errorf("%s: it fired %d times", name, n)
			}
		})
	}
}

// TestNothingRead: the clock of the first byte runs on when a read gives none.
func TestNothingRead(t *testing.T) {
	t.Parallel()
	given := [][]byte{nil, []byte("x"), nil}
	d := download{first: &clock{}, idle: &clock{}, ReadCloser: io.NopCloser(reading(func(p []byte) (int, error) {
		n := copy(p, given[0])
		given = given[1:]
		return n, nil
	}))}
	for i, want := range []bool{false, true, true} {
		if _, err := d.Read(make([]byte, 9)); err != nil || d.begun != want {
			t.Errorf("read %d: begun %v, %v", i, d.begun, err)
		}
	}
}

type reading func([]byte) (int, error)

func (r reading) Read(p []byte) (int, error) { return r(p) }

// TestHarmless: of a broken base URL neither a password nor a query is shown.
func TestHarmless(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{"@h": "…@h", "user:pass@h/v1?k=v": "…@h/v1", "h/v1": "h/v1", "ftp://a@b@c": "…@c"} {
		if got := harmless(raw); got != want {
			t.Errorf("%q: %q", raw, got)
		}
	}
	for at, want := range map[int64]bool{-1: true, 0: false, 253402300799: false, 253402300800: true} {
		if got := bounded(time.Unix(at, 0)); got.IsZero() != want {
			t.Errorf("%d: %v", at, got)
		}
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
}

// TestRetryHeader: milliseconds come before seconds, seconds before a date, and a date is meant by the server's clock.
func TestRetryHeader(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	const date, ofServer = "Sun, 29 Nov 2026 12:00:30 GMT", "Sun, 29 Nov 2026 12:00:20 GMT"
	for _, c := range []struct {
		millis, after, date string
		want                time.Duration
	}{
		{"", "0.25", "", 250 * time.Millisecond},
		{"1500", "7", "", 1500 * time.Millisecond},
		{"0", "7", "", 7 * time.Second},
		{"soon", "7", "", 7 * time.Second},
		{"", date, "", 30 * time.Second},
		{"", date, ofServer, 10 * time.Second},
		{"1", date, ofServer, time.Millisecond},
		{"", ofServer, ofServer, 0},
		{"", ofServer, date, 0},
		{"", date, "noon", 30 * time.Second},
	} {
		h := readRetryHeader(http.Header{"Retry-After-Ms": {c.millis}, "Retry-After": {c.after}, "Date": {c.date}}, now)
		if h.after != c.want || h.at.IsZero() != (c.want == 0) || c.want != 0 && !h.at.Equal(now.Add(c.want)) {
			t.Errorf("%+v: %+v", c, h)
		}
	}
}

// TestTraceKeepsTheLastEvents: and says how many there were, and how the attempt ended.
func TestTraceKeepsTheLastEvents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		events int
		left   bool
		err    error
		want   []string
	}{
		{0, false, nil, []string{"* attempt 2: 0 events, headers after 1ms, first text after 2ms, end after 3ms: whole"}},
		{2, true, nil, []string{"< event 1: t 1", "< event 2: t 2", "* attempt 2: 2 events, headers after 1ms, first text after 2ms, end after 3ms: left by the caller"}},
		{6, true, errors.New("cut"), []string{
			"< event 3: t 3", "< event 4: t 4", "< event 5: t 5", "< event 6: t 6",
			"* attempt 2: 6 events, headers after 1ms, first text after 2ms, end after 3ms: cut",
		}},
	} {
		var got []string
		a := &attempt{s: &stream{c: &Client{Trace: func(line string) { got = append(got, line) }}, left: c.left}}
		a.info = RequestInfo{Attempt: 2, TTFB: time.Millisecond, TTFT: 2 * time.Millisecond, Duration: 3*time.Millisecond + 40*time.Microsecond}
		for i := range c.events {
			a.noteEvent(sse.Event{Type: "t", Data: strconv.AppendInt(nil, int64(i+1), 10)})
		}
		a.traceEnd(c.err)
		if !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestDelay: our own wait doubles from one retry to the next up to a bound; the server's is kept where it is longer, with a quarter by chance.
func TestDelay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n           int
		after       time.Duration
		least, most time.Duration
		source      string
	}{
		{0, 0, firstDelay, 3 * firstDelay, "backoff"},
		{1, 0, 2 * firstDelay, 6 * firstDelay, "backoff"},
		{2, firstDelay, 4 * firstDelay, 12 * firstDelay, "backoff"},
		{99, 0, maxDelay, 2 * maxDelay, "backoff"},
		{0, firstDelay, firstDelay, 3 * firstDelay, "header"},
		{0, 100 * maxDelay, 100 * maxDelay, 125 * maxDelay, "header"},
	} {
		low, high := farFuture, time.Duration(0)
		for range 200 {
			d, source := retryHeader{after: c.after}.delay(c.n)
			if d < c.least || d >= c.most || source != c.source {
				t.Fatalf("%+v: %v, %s", c, d, source)
			}
			low, high = min(low, d), max(high, d)
		}
		if high-low < (c.most-c.least)*9/10 {
			t.Errorf("%+v: from %v to %v only", c, low, high)
		}
	}
}

// TestWords: what a stranger's words become, and what an error body in no known shape says.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{clean(strings.Repeat("é", maxMessage)), strings.Repeat("é", maxMessage)},
		{clean(strings.Repeat("é", maxMessage+1)), strings.Repeat("é", maxMessage) + "…"},
		{clean("a\x1b[31m\u202eb\n\tc\xff"), "a[31mb c\ufffd"},
		{hint("12345678901"), "****"},
		{hint("123456789012"), "****9012"},
		{plainMessage(nil, 404), "status 404 Not Found"},
		{plainMessage([]byte(" \n"), 599), "status 599"},
		{plainMessage([]byte(" busy "), 503), "status 503 Service Unavailable: busy"},
		{plainMessage([]byte("<html><TITLE lang=x> Bad\ngateway</Title>"), 502), `status 502 Bad Gateway, an HTML page ("Bad gateway")`},
		{plainMessage([]byte("<title></title>"), 502), "status 502 Bad Gateway, an HTML page"},
		{plainMessage([]byte("<title>x"), 502), "status 502 Bad Gateway, an HTML page"},
		{plainMessage([]byte("<titlex"), 502), "status 502 Bad Gateway, an HTML page"},
		{unescaped(`a\u0041\/b\u00e9\ud83d\u004`), `aA/bé\ud83d\u004`},
	} {
		if c[0] != c[1] {
			t.Errorf("%q, want %q", c[0], c[1])
		}
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
