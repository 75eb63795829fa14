package oauth

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestWaitApproved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pending := canned{status: 200, body: `{"status":"pending"}`}
		p := &portal{script: []canned{pending, pending, {status: 200, body: goodToken}}}
		c := offline(p)
		l := begin(t, c)
		start := time.Now()
		tok, err := c.Wait(t.Context(), l)
		if err != nil || tok.AccessToken != "AT-1" || tok.RefreshToken != "RT-1" || tok.TokenType != "Bearer" || tok.ExpiresIn != 900 {
			t.Fatalf("err %v, access %q refresh %q type %q for %d s", err, tok.AccessToken, tok.RefreshToken, tok.TokenType, tok.ExpiresIn)
		}
		got := p.tokens()
		if len(got) != 3 {
			t.Fatalf("%d polls, want 3", len(got))
		}
		for i, r := range got {
			if want := time.Duration(i) * 2 * time.Second; r.at.Sub(start) != want {
				t.Errorf("poll %d after %v, want %v", i, r.at.Sub(start), want)
			}
		}
		form := got[0].form
		if len(form) != 4 || form.Get("grant_type") != "urn:ietf:params:oauth:grant-type:user_code" || form.Get("client_id") != DefaultClientID ||
			form.Get("user_code") != "ABCD-1234" || !p.verified(form) {
			t.Errorf("form %v", form)
		}
		if got[0].path != "/oauth/token" || got[0].header.Get("X-Request-Id") != "" || got[0].header.Get("Accept") != "application/json" {
			t.Errorf("path %s, header %v", got[0].path, got[0].header)
		}
	})
}

type waitCase struct {
	script              []canned
	after               time.Duration
	code, class, detail string // "" is a token
}

func waitCases() map[string]waitCase {
	ok := canned{status: 200, body: goodToken}
	return map[string]waitCase{
		"unknown status is pending":   {[]canned{{200, `{"status":"scanned"}`, ""}, ok}, 2 * time.Second, "", "", ""},
		"no status is pending":        {[]canned{{200, `{}`, ""}, ok}, 2 * time.Second, "", "", ""},
		"empty 200 is pending":        {[]canned{{200, ``, ""}, ok}, 2 * time.Second, "", "", ""},
		"authorization_pending":       {[]canned{{400, `{"error":"authorization_pending"}`, ""}, ok}, 2 * time.Second, "", "", ""},
		"authorization_pending, 200":  {[]canned{{200, `{"status":"authorization_pending"}`, ""}, ok}, 2 * time.Second, "", "", ""},
		"slow_down is kept":           {[]canned{{400, `{"error":"slow_down"}`, ""}, {200, `{"status":"pending"}`, ""}, ok}, 14 * time.Second, "", "", ""},
		"two slow_down":               {[]canned{{400, `{"error":"slow_down"}`, ""}, {429, `{"error":"slow_down"}`, ""}, ok}, 19 * time.Second, "", "", ""},
		"429 waits as told":           {[]canned{{429, ``, "Retry-After: 17"}, ok}, 17 * time.Second, "", "", ""},
		"429 twice backs off":         {[]canned{{429, ``, ""}, {429, ``, ""}, ok}, 12 * time.Second, "", "", ""},
		"5xx backs off and recovers":  {[]canned{{503, ``, ""}, {200, `{"status":"pending"}`, ""}, {502, ``, ""}, ok}, 10 * time.Second, "", "", ""},
		"500 unknown error 1000":      {[]canned{{500, `{"base_resp":{"status_code":1000}}`, ""}, ok}, 4 * time.Second, "", "", ""},
		"200 rate limited inside":     {[]canned{{200, `{"base_resp":{"status_code":1002,"status_msg":"rate"}}`, ""}, ok}, 4 * time.Second, "", "", ""},
		"400 rate limited inside":     {[]canned{{400, `{"base_resp":{"status_code":"2045"}}`, ""}, ok}, 4 * time.Second, "", "", ""},
		"status error but passing":    {[]canned{{200, `{"status":"error","base_resp":{"status_code":1033}}`, ""}, ok}, 4 * time.Second, "", "", ""},
		"token without status":        {[]canned{{200, `{"access_token":"A","refresh_token":"R","expires_in":60}`, ""}}, 0, "", "", ""},
		"denied":                      {[]canned{{200, `{"status":"error","base_resp":{"status_msg":"user said no"}}`, ""}}, 0, CodeAuthorizationDenied, "auth_refused", "user said no"},
		"denied, no words":            {[]canned{{200, `{"status":"error"}`, ""}}, 0, CodeAuthorizationDenied, "auth_refused", "denied"},
		"access_denied":               {[]canned{{400, `{"error":"access_denied"}`, ""}}, 0, CodeAuthorizationDenied, "auth_refused", "access_denied"},
		"expired_token":               {[]canned{{400, `{"error":"expired_token"}`, ""}}, 0, CodeTimeout, "timeout", "not approved in time"},
		"400":                         {[]canned{{400, `{"base_resp":{"status_code":1004,"status_msg":"login fail"}}`, ""}}, 0, CodeTokenExchangeFailed, "auth_refused", "HTTP 400: login fail"},
		"401 text":                    {[]canned{{401, "go\x1b[31m away", ""}}, 0, CodeTokenExchangeFailed, "auth_refused", "HTTP 401: go away"},
		"403 plan":                    {[]canned{{403, `{"error":"your plan does not include this"}`, ""}}, 0, CodeTokenExchangeFailed, "billing", "plan"},
		"500 balance":                 {[]canned{{500, `{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}`, ""}}, 0, CodeTokenExchangeFailed, "billing", "balance"},
		"html":                        {[]canned{{200, "<html>sign in to the hotel</html>", "Content-Type: text/html"}}, 0, CodeTokenExchangeFailed, "protocol", "text/html where JSON"},
		"success without access":      {[]canned{{200, `{"status":"success","refresh_token":"R","expired_in":9}`, ""}}, 0, CodeTokenIncomplete, "protocol", "access_token"},
		"success without refresh":     {[]canned{{200, `{"status":"success","access_token":"A","expired_in":9}`, ""}}, 0, CodeTokenIncomplete, "protocol", "refresh_token"},
		"success without expiry":      {[]canned{{200, `{"status":"success","access_token":"A","refresh_token":"R"}`, ""}}, 0, "", "", ""},
		"success with a number token": {[]canned{{200, `{"status":"success","access_token":7,"refresh_token":"R","expired_in":9}`, ""}}, 0, CodeTokenIncomplete, "protocol", "access_token"},
		"success with a line break":   {[]canned{{200, `{"status":"success","access_token":"A\r\nX: y","refresh_token":"R","expired_in":9}`, ""}}, 0, CodeTokenIncomplete, "protocol", "no header may carry"},
		"never approved":              {[]canned{{200, `{"status":"pending"}`, ""}}, 10 * time.Minute, CodeTimeout, "timeout", "not approved in time"},
		"never back":                  {[]canned{{503, "down", ""}}, 10 * time.Minute, CodeTimeout, "timeout", "HTTP 503: down"},
		"Retry-After past the end":    {[]canned{{429, "", "Retry-After: 3600"}}, 10 * time.Minute, CodeTimeout, "timeout", "HTTP 429"},
	}
}

// TestWaitAnswers plays a script and says when Wait returned and what.
func TestWaitAnswers(t *testing.T) {
	t.Parallel()
	for name, tc := range waitCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &portal{script: tc.script}
				c := offline(p)
				l := begin(t, c)
				start := time.Now()
				tok, err := c.Wait(t.Context(), l)
				if took := time.Since(start); took != tc.after {
					t.Errorf("took %v, want %v", took, tc.after)
				}
				if tc.code == "" {
					if err != nil || tok.AccessToken == "" || tok.RefreshToken == "" {
						t.Errorf("no token: %v", err)
					}
					return
				}
				e := asError(t, err, tc.code, tc.class)
				if !strings.Contains(e.Message, tc.detail) || tok != (Token{}) {
					t.Errorf("message %q lacks %q", e.Message, tc.detail)
				}
				if strings.Contains(e.Message, l.form.Get("code_verifier")) {
					t.Error("the message shows the verifier")
				}
			})
		})
	}
}

func TestWaitDeadlineInThePast(t *testing.T) {
	t.Parallel()
	p := &portal{script: []canned{{status: 200, body: goodToken}}}
	p.code = nil
	c := serve(t, p)
	l := begin(t, c)
	l.Expires = time.Now().Add(-time.Second)
	_, err := c.Wait(t.Context(), l)
	if e := asError(t, err, CodeTimeout, "timeout"); len(p.tokens()) != 0 || !strings.Contains(e.Message, "clock") {
		t.Errorf("%d polls, message %q", len(p.tokens()), e.Message)
	}
}

func TestWaitSurvivesLostConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &portal{script: []canned{{status: 200, body: goodToken}}}
		c := offline(p)
		l := begin(t, c)
		fails := 3
		good := c.Transport
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if fails--; fails >= 0 {
				return nil, errors.New("network is unreachable")
			}
			return good.RoundTrip(r)
		})
		var told []string
		c.Trouble = func(e *Error) { told = append(told, e.Message) }
		start := time.Now()
		tok, err := c.Wait(t.Context(), l)
		if err != nil || tok.AccessToken != "AT-1" || time.Since(start) != (4+8+16)*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if len(told) != 3 || !strings.Contains(told[0], "network is unreachable") {
			t.Errorf("told %q", told)
		}
	})
}

// A server that accepts and never answers must not hold the login past its
// end, and a poll that hangs is repeated.
func TestWaitHangingServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan bool)
		defer close(release)
		var polls atomic.Int32
		p := &portal{}
		c := offline(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/token") {
				polls.Add(1)
				<-release
			}
			p.ServeHTTP(w, r)
		}))
		l := begin(t, c)
		l.Expires = time.Now().Add(time.Minute)
		start := time.Now()
		_, err := c.Wait(t.Context(), l)
		asError(t, err, CodeTimeout, "timeout")
		if took := time.Since(start); took > 61*time.Second || polls.Load() < 3 {
			t.Errorf("%d polls in %v", polls.Load(), took)
		}
	})
}

func TestWaitCancelled(t *testing.T) {
	t.Parallel()
	why := errors.New("interrupt")
	t.Run("between polls", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := offline(&portal{script: []canned{{status: 200, body: `{"status":"pending"}`}}})
			l := begin(t, c)
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(why) })
			start := time.Now()
			if _, err := c.Wait(ctx, l); err != why || time.Since(start) != time.Second {
				t.Errorf("%v after %v", err, time.Since(start))
			}
		})
	})
	t.Run("during a poll", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			release := make(chan bool)
			defer close(release)
			c := offline(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
			c.Trouble = func(e *Error) { t.Errorf("told about %v", e) }
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(why) })
			start := time.Now()
			l := Login{UserCode: "U", Expires: start.Add(time.Hour)}
			if _, err := c.Wait(ctx, l); err != why || time.Since(start) != time.Second {
				t.Errorf("%v after %v", err, time.Since(start))
			}
		})
	})
}
