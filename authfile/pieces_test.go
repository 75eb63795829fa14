//go:build unix

package authfile

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"hermes/authfile/journal"
)

// TestPostError: what a failed exchange says, its class, and that a process which waited for it learns the same.
func TestPostError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		e           PostError
		text, class string
	}{
		{PostError{}, "token renewal failed", "network"},
		{PostError{HTTPStatus: 499}, "token renewal failed (HTTP 499)", "network"},
		{PostError{HTTPStatus: 500}, "token renewal failed (HTTP 500)", "server_error"},
		{PostError{Outcome: NotSent, Message: "m"}, "token renewal failed: m", "network"},
		{PostError{Outcome: Refused, Code: "c", Message: "m", HTTPStatus: 400}, "token renewal failed (HTTP 400): c: m", "reauth_required"},
		{PostError{Outcome: Misconfigured, Code: "c"}, "token renewal failed: c", "config"},
		{PostError{Outcome: Denied}, "token renewal failed", "billing"},
		{PostError{Outcome: Transient, HTTPStatus: 429}, "token renewal failed (HTTP 429)", "rate_limit"},
		{PostError{Outcome: Transient, HTTPStatus: 503}, "token renewal failed (HTTP 503)", "overloaded"},
		{PostError{Outcome: Refused, ErrClass: "io"}, "token renewal failed", "io"},
	} {
		if c.e.Error() != c.text || c.e.Class() != c.class {
			t.Errorf("%+v: %s, %s", c.e, c.e.Error(), c.e.Class())
		}
		m := memo{Class: c.e.Class(), Outcome: c.e.Outcome.String(), HTTP: c.e.HTTPStatus, Code: c.e.Code, Message: c.e.Message}
		if f := m.failure(); f.Outcome != c.e.Outcome || f.Error() != c.text || f.Class() != c.class || m.terminal() != (c.e.Outcome == Refused) {
			t.Errorf("%+v became %+v", c.e, f)
		}
	}
	late, cancel := context.WithCancel(t.Context())
	cancel()
	own := &PostError{Outcome: Denied}
	for _, c := range []struct {
		e     *PostError
		class string
	}{
		{asPostError(late, own), "billing"},
		{asPostError(late, errors.New("x")), "timeout"},
		{asPostError(t.Context(), context.DeadlineExceeded), "timeout"},
		{asPostError(t.Context(), errors.New("x")), "network"},
		{withAnswer(own), "billing"},
		{withAnswer(errors.New("x")), "protocol"},
	} {
		if c.e.Class() != c.class || c.class != "billing" && c.e.Outcome != Unknown {
			t.Errorf("%+v, want %s", c.e, c.class)
		}
	}
	if e := withAnswer(errors.New("x")); e.Error() != "token renewal failed (HTTP 200): the answer is not understood: x" || noAnswer(e) {
		t.Error(e)
	}
}

// TestRepeated: when a token is sent again, and after what pause.
func TestRepeated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		e          PostError
		try, tries int
		want       time.Duration
	}{
		{PostError{Outcome: NotSent}, 1, 0, repeatAfter},
		{PostError{Outcome: NotSent}, 2, 9, 2 * repeatAfter},
		{PostError{Outcome: NotSent}, 3, 0, 0},
		{PostError{}, 1, 1, repeatAfter},
		{PostError{}, 3, 1, repeatAfter},
		{PostError{}, 1, 2, 0},
		{PostError{HTTPStatus: 500}, 1, 1, 0},
		{PostError{Outcome: Transient, RetryAfter: longestPause}, 1, 1, longestPause},
		{PostError{Outcome: Transient, RetryAfter: longestPause + 1}, 1, 1, 0},
		{PostError{Outcome: Transient, RetryAfter: 1}, 2, 1, 0},
		{PostError{Outcome: Transient, RetryAfter: -1}, 1, 1, 0},
		{PostError{Outcome: Refused}, 1, 1, 0},
	} {
		if got := again(&c.e, c.try, c.tries); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestMemo: for whom and how long a failure stands.
func TestMemo(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	m := memo{Gen: 4, RT: journal.Fingerprint("RT"), Outcome: "transient", At: now}
	if !m.about("RT") || m.about("RT2") || (memo{RT: m.RT}).about("RT") {
		t.Error("which token it is about")
	}
	for _, c := range []struct {
		outcome     string
		gen         int64
		after       time.Duration
		binds       bool
		unconfirmed bool // for three seconds
	}{
		{"transient", 4, 0, true, true},
		{"transient", 4, memoLife - 1, true, true},
		{"transient", 4, memoLife, false, true},
		{"transient", 4, -1, false, false},
		{"transient", 3, memoLife, true, true},
		{"refused", 4, time.Hour, true, false},
		{"refused", 4, 3*time.Second - 1, true, true},
		{"refused", 4, 3 * time.Second, true, false},
	} {
		m.Outcome = c.outcome
		at := m.unconfirmed(now.Add(c.after), 3*time.Second)
		if m.binds(c.gen, now.Add(c.after)) != c.binds || at.IsZero() == c.unconfirmed || c.unconfirmed && !at.Equal(now.Add(3*time.Second)) {
			t.Errorf("%+v: %v", c, at)
		}
	}
	if m.Confirmed = true; !m.unconfirmed(now, time.Hour).IsZero() {
		t.Error("it was confirmed")
	}
}

// TestParsed: what an answer may leave out, and what it may not.
func TestParsed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answer  Entry
		refresh string
		text    string
	}{
		{Entry{AccessToken: "AT"}, "RT-0", ""},
		{Entry{AccessToken: "AT", RefreshToken: "RT", LastError: &LastError{}}, "RT", ""},
		{Entry{RefreshToken: "RT"}, "RT", "token renewal failed (HTTP 200): the answer has no access token"},
	} {
		x := Exchange{Parse: func(Entry, []byte, time.Time) (Entry, error) { return c.answer, nil }}
		e, err := x.parse(Entry{RefreshToken: "RT-0"}, nil, time.Time{})
		if e.RefreshToken != c.refresh || e.LastError != nil || (err == nil) != (c.text == "") || err != nil && err.Error() != c.text {
			t.Errorf("%+v: %+v, %v", c.answer, e, err)
		}
	}
}

// TestReadBlock: the layout of a block, a key of ours that stands twice, and values that are none.
func TestReadBlock(t *testing.T) {
	t.Parallel()
	for block, want := range map[string]struct {
		layout Layout
		twice  string
	}{
		`{}`: {Flat, ""},
		`{"access_token":"a","access_token":"b"}`: {Flat, "p.access_token"},
		`{"x":1,"x":2}`:                                          {Flat, ""},
		`{"tokens":{"access_token":"a"}}`:                        {Nested, ""},
		`{"tokens":{"access_token":"a","access_token":"b"}}`:     {Nested, "p.tokens.access_token"},
		`{"tokens":{},"tokens":{}}`:                              {Nested, "p.tokens"},
		`{"tokens":7}`:                                           {Flat, ""},
		`{"agent_key":null}`:                                     {Keyed, ""},
		`{"agent_key":1,"agent_key":2}`:                          {Keyed, ""},
		`{"tls":null}`:                                           {Keyed, ""},
		`{"portal_base_url":"u","client_id":"c"}`:                {Keyed, ""},
		`{"portal_base_url":"u","client_id":"c","provider":"p"}`: {Flat, ""},
		`{"portal_base_url":"u","client_id":"c","region":"r"}`:   {Flat, ""},
		`{"portal_base_url":"u"}`:                                {Flat, ""},
		`{"client_id":"c"}`:                                      {Flat, ""},
	} {
		if e, twice := readEntry("p", gjson.Parse(block), false); e.Layout != want.layout || twice != want.twice || e.Provider != "p" {
			t.Errorf("%s: %v, %q", block, e.Layout, twice)
		}
	}
	for raw, want := range map[string]int64{"7": 7, "-7": -7, "9007199254740991": 1<<53 - 1, "9007199254740992": 0, "-9007199254740992": 0, `"7"`: 0, "null": 0} {
		if e, _ := readEntry("p", gjson.Parse(`{"expires_in":`+raw+`}`), false); e.ExpiresIn != want {
			t.Errorf("%s: %d, want %d", raw, e.ExpiresIn, want)
		}
	}
	if e, _ := readEntry("p", gjson.Parse(`{"access_token":7,"resource_url":7,"expires_at":{}}`), true); e.Layout != Alone || e.AccessToken != "" || e.ResourceURL != nil || !e.ExpiresAt.IsZero() {
		t.Errorf("%+v", e)
	}
}

// TestClaims: what is read out of an access token that is a JWT.
func TestClaims(t *testing.T) {
	t.Parallel()
	// {"exp":2000000000,"iat":1999996400,"o":{"n":"v"}}, {"exp":0,"iat":7}, {"exp":1099511627777}, {"exp":1099511627776}, {"exp":100,"iat":100}
	const whole = "h.eyJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5NjQwMCwibyI6eyJuIjoidiJ9fQ.s"
	for token, want := range map[string][2]int64{
		whole: {2_000_000_000, 3600}, "h.eyJleHAiOjAsImlhdCI6N30.s": {}, "h.eyJleHAiOjEwOTk1MTE2Mjc3Nzd9.s": {}, "h.eyJleHAiOjEwOTk1MTE2Mjc3NzZ9.s": {1 << 40, 0},
		"h.eyJleHAiOjEwMCwiaWF0IjoxMDB9.s": {100, 0}, "a.b": {}, "a.b.c.d": {}, "a.!.c": {}, "opaque": {}, "": {},
	} {
		e := Entry{AccessToken: token}
		e.expiry()
		if at := e.ExpiresAt; at.IsZero() != (want[0] == 0) || want[0] != 0 && at.Unix() != want[0] || e.ExpiresIn != want[1] {
			t.Errorf("%s: %v, %d", token, e.ExpiresAt, e.ExpiresIn)
		}
	}
	e := Entry{AccessToken: whole, ExpiresIn: 5}
	if e.expiry(); e.ExpiresIn != 5 || e.Claim("o", "n") != "v" || e.Claim("o") != "" || e.Claim("x", "n") != "" || e.Claim("exp") != "" {
		t.Errorf("%d, %q", e.ExpiresIn, e.Claim("o", "n"))
	}
	e.ExpiresAt = time.Unix(5, 0)
	if e.expiry(); e.ExpiresAt.Unix() != 5 {
		t.Error("what the store says counts")
	}
}
