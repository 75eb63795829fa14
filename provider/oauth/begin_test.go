package oauth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestBeginRequest(t *testing.T) {
	t.Parallel()
	p := &portal{}
	c := serve(t, p)
	l := begin(t, c)
	begin(t, c)
	if l.UserCode != "ABCD-1234" || l.VerificationURI != "https://platform.minimax.io/oauth-authorize?user_code=ABCD-1234" {
		t.Errorf("login %q %q", l.UserCode, l.VerificationURI)
	}
	first, second := p.requests[0], p.requests[1]
	if first.path != "/oauth/code" || len(first.form) != 6 {
		t.Errorf("path %s, form %v", first.path, first.form)
	}
	for field, want := range map[string]string{
		"response_type": "code", "client_id": DefaultClientID, "scope": "group_id profile model.completion", "code_challenge_method": "S256",
	} {
		if got := first.form.Get(field); got != want {
			t.Errorf("%s = %q, want %q", field, got, want)
		}
	}
	for name, want := range map[string]string{
		"Content-Type": `^application/x-www-form-urlencoded$`, "Accept": `^application/json$`, "Authorization": `^$`,
		"X-Request-Id": `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
	} {
		if got := first.header.Get(name); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s: %q does not match %s", name, got, want)
		}
	}
	if len(l.form.Get("code_verifier")) != 86 || strings.Contains(l.form.Get("code_verifier"), "=") || len(first.form.Get("state")) != 22 {
		t.Errorf("verifier of %d characters, state of %d", len(l.form.Get("code_verifier")), len(first.form.Get("state")))
	}
	for _, fresh := range []string{"state", "code_challenge"} {
		if first.form.Get(fresh) == second.form.Get(fresh) {
			t.Errorf("%s is the same in two logins", fresh)
		}
	}
	if first.header.Get("X-Request-Id") == second.header.Get("X-Request-Id") {
		t.Error("x-request-id is the same in two logins")
	}
	if p.challenge = first.form.Get("code_challenge"); !p.verified(url.Values{"code_verifier": {l.form.Get("code_verifier")}}) {
		t.Error("the challenge is not the S256 of the verifier")
	}
}

func TestBeginAnswers(t *testing.T) {
	t.Parallel()
	good := func(change ...any) func(url.Values) (int, string) {
		return func(form url.Values) (int, string) {
			pairs := append([]any{"user_code", "UC", "verification_uri", "https://x.test/", "expired_in", 600, "state", form.Get("state")}, change...)
			return 200, object(pairs...)
		}
	}
	fixed := func(status int, body string) func(url.Values) (int, string) {
		return func(url.Values) (int, string) { return status, body }
	}
	for name, tc := range map[string]struct {
		code                 func(url.Values) (int, string)
		want, class, message string
	}{
		"400 text":             {fixed(400, "bad client"), CodeAuthorizationFailed, "auth_refused", "HTTP 400: bad client"},
		"400 empty":            {fixed(400, ""), CodeAuthorizationFailed, "auth_refused", "HTTP 400: Bad Request"},
		"429":                  {fixed(429, "slow"), CodeAuthorizationFailed, "rate_limit", "HTTP 429"},
		"503":                  {fixed(503, ""), CodeAuthorizationFailed, "server_error", "Service Unavailable"},
		"529":                  {fixed(529, `{"error":{"message":"high load"}}`), CodeAuthorizationFailed, "overloaded", "high load"},
		"302":                  {fixed(302, ""), CodeAuthorizationFailed, "protocol", "HTTP 302"},
		"html":                 {fixed(200, "<html>"), CodeAuthorizationFailed, "protocol", "where JSON was expected"},
		"list":                 {fixed(200, "[]"), CodeAuthorizationFailed, "protocol", "where JSON was expected"},
		"nothing":              {fixed(200, ""), CodeAuthorizationFailed, "protocol", "nothing where JSON"},
		"base_resp":            {fixed(200, `{"base_resp":{"status_code":1004,"status_msg":"login fail"}}`), CodeAuthorizationFailed, "auth_refused", "login fail"},
		"base_resp balance":    {fixed(500, `{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}`), CodeAuthorizationFailed, "billing", "insufficient"},
		"no user_code":         {good("user_code", nil), CodeAuthorizationIncomplete, "protocol", "without user_code"},
		"both missing":         {good("user_code", "", "verification_uri", ""), CodeAuthorizationIncomplete, "protocol", "without user_code"},
		"no verification_uri":  {good("verification_uri", ""), CodeAuthorizationIncomplete, "protocol", "without verification_uri"},
		"expired_in null":      {good("expired_in", nil), CodeAuthorizationIncomplete, "protocol", "expired_in"},
		"expired_in a word":    {good("expired_in", "soon"), CodeAuthorizationIncomplete, "protocol", "not a number"},
		"expired_in too large": {good("expired_in", 1e18), CodeAuthorizationIncomplete, "protocol", "year 9999"},
		"other state":          {good("state", "evil"), CodeStateMismatch, "protocol", "state mismatch"},
		"no state":             {good("state", nil), CodeStateMismatch, "protocol", "state mismatch"},
		"state is not text":    {good("state", 7), CodeStateMismatch, "protocol", "state mismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, &portal{code: tc.code})
			_, err := c.Begin(t.Context())
			e := asError(t, err, tc.want, tc.class)
			if !strings.Contains(e.Message, tc.message) || !strings.Contains(e.Message, c.Portal+"/oauth/code") || !e.Sent {
				t.Errorf("message %q (sent %v) lacks %q or the URL", e.Message, e.Sent, tc.message)
			}
		})
	}
}

func TestBeginWithoutServer(t *testing.T) {
	t.Parallel()
	c := serve(t, http.NotFoundHandler())
	c.Portal = "http://127.0.0.1:1"
	_, err := c.Begin(t.Context())
	if e := asError(t, err, CodeAuthorizationFailed, "network"); e.Sent {
		t.Error("a refused connection counts as sent")
	}
	c.Portal = "http://api.minimax.io"
	_, err = c.Begin(t.Context())
	asError(t, err, CodeAuthorizationFailed, "config")
	why := errors.New("interrupted")
	c.Portal = "http://127.0.0.1:1"
	if _, err = c.Begin(cancelled(t, why)); err != why {
		t.Errorf("cancelled: %v", err)
	}
}

func TestBeginTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan bool)
		defer close(release)
		c := offline(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		start := time.Now()
		_, err := c.Begin(t.Context())
		asError(t, err, CodeAuthorizationFailed, "timeout")
		if took := time.Since(start); took != defaultTimeout {
			t.Errorf("gave up after %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err = c.Begin(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the caller's deadline: %v", err)
		}
	})
}

func TestIntervalAndExpiry(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		json     string
		interval time.Duration
		left     time.Duration
	}{
		"seconds":             {`{"expired_in":3600,"interval":3000}`, 3 * time.Second, time.Hour},
		"seconds as text":     {`{"expired_in":"3600","interval":"5000"}`, 5 * time.Second, time.Hour},
		"fraction":            {`{"expired_in":1.5}`, 2 * time.Second, 1500 * time.Millisecond},
		"zero is one second":  {`{"expired_in":0,"interval":0}`, 2 * time.Second, time.Second},
		"negative":            {`{"expired_in":-9,"interval":-1}`, 2 * time.Second, time.Second},
		"epoch seconds":       {`{"expired_in":1795453200,"interval":null}`, 2 * time.Second, 2 * time.Hour},
		"epoch ms":            {`{"expired_in":1795453200123}`, 2 * time.Second, 2*time.Hour + 123*time.Millisecond},
		"epoch ms as text":    {`{"expired_in":"1795453200123"}`, 2 * time.Second, 2*time.Hour + 123*time.Millisecond},
		"epoch ms in science": {`{"expired_in":1.795453200123e12}`, 2 * time.Second, 2*time.Hour + 123*time.Millisecond},
		"past":                {`{"expired_in":1795445999000}`, 2 * time.Second, -time.Second},
		"below the seam":      {`{"expired_in":999999999}`, 2 * time.Second, 999999999 * time.Second},
		"above the seam":      {`{"expired_in":1000000000}`, 2 * time.Second, time.Unix(1e9, 0).Sub(now)},
		"expires_in":          {`{"expires_in":900}`, 2 * time.Second, 15 * time.Minute},
		"expired_in wins":     {`{"expired_in":60,"expires_in":900}`, 2 * time.Second, time.Minute},
		"interval floor":      {`{"expired_in":60,"interval":500}`, 2 * time.Second, time.Minute},
		"interval absurd":     {`{"expired_in":60,"interval":1e300}`, 24 * time.Hour, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, ok := decode([]byte(tc.json))
			at, err := a.expiry(now)
			if !ok || err != nil || at.Sub(now) != tc.left {
				t.Errorf("%v left, %v; want %v", at.Sub(now), err, tc.left)
			}
			if got := a.interval(); got != tc.interval {
				t.Errorf("interval %v, want %v", got, tc.interval)
			}
		})
	}
	for _, bad := range []string{`{}`, `{"expired_in":null}`, `{"expired_in":"NaN"}`, `{"expired_in":"Inf"}`, `{"expired_in":[1]}`, `{"expired_in":"null","expires_in":9}`} {
		if a, _ := decode([]byte(bad)); true {
			if at, err := a.expiry(now); err == nil {
				t.Errorf("%s gives %v", bad, at)
			}
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "5": 5 * time.Second, "0.5": 500 * time.Millisecond, "-3": 0, "soon": 0, "1e300": 24 * time.Hour,
		"Mon, 23 Nov 2026 15:00:30 GMT": 30 * time.Second, "Mon, 23 Nov 2026 14:00:00 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
	skewed := http.Header{"Retry-After": {"Mon, 23 Nov 2026 18:00:30 GMT"}, "Date": {"Mon, 23 Nov 2026 18:00:00 GMT"}}
	if got := retryAfter(skewed, now); got != 30*time.Second {
		t.Errorf("by the server's clock: %v", got)
	}
}
