package oauth

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestRefresh(t *testing.T) {
	t.Parallel()
	p := &portal{script: []canned{{status: 200, body: goodToken}}}
	c := serve(t, p)
	c.ClientID = "other-client"
	raw, err := c.Refresh(t.Context(), "RT-0")
	if err != nil || string(raw) != goodToken {
		t.Fatalf("%q, %v", raw, err)
	}
	r := p.tokens()[0]
	if r.path != "/oauth/token" || r.form.Encode() != "client_id=other-client&grant_type=refresh_token&refresh_token=RT-0" {
		t.Errorf("path %s, form %v", r.path, r.form)
	}
	if r.header.Get("Connection") != "close" || r.header.Get("Accept-Encoding") != "identity" || r.header.Get("Idempotency-Key") != "" {
		t.Errorf("header %v", r.header)
	}
}

func TestRefreshRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status    int
		body      string
		class     string
		terminal  bool
		ourBlame  bool
		reason    string
		inMessage string
	}{
		"invalid_grant":             {400, `{"error":"invalid_grant","error_description":"already used"}`, "reauth_required", true, false, "invalid_grant", "invalid_grant: already used"},
		"invalid_grant, text":       {400, `Invalid_Grant`, "reauth_required", true, false, "", "Invalid_Grant"},
		"refresh_token_reused":      {401, `{"error":{"type":"refresh_token_reused","message":"spent"}}`, "reauth_required", true, false, "refresh_token_reused", "spent"},
		"invalid_refresh_token 500": {500, `{"message":"invalid_refresh_token"}`, "reauth_required", true, false, "", "invalid_refresh_token"},
		"400 JSON":                  {400, `{"base_resp":{"status_code":1004,"status_msg":"login fail"}}`, "reauth_required", true, false, "", "login fail"},
		"401 JSON":                  {401, `{"error":"token_revoked"}`, "reauth_required", true, false, "token_revoked", "token_revoked"},
		"401 page":                  {401, `<html>proxy</html>`, "auth_refused", false, true, "", "proxy"},
		"403 page":                  {403, `blocked by the firewall`, "auth_refused", false, true, "", "firewall"},
		"404":                       {404, ``, "auth_refused", false, true, "", "Not Found"},
		"302":                       {302, ``, "protocol", false, true, "", "Found"},
		"403 tier":                  {403, `{"error":"forbidden","error_description":"your tier has no access"}`, "billing", false, true, "forbidden", "tier"},
		"402":                       {402, `{"error":"pay"}`, "billing", false, true, "pay", "pay"},
		"invalid_client":            {401, `{"error":"invalid_client"}`, "auth_refused", false, true, "invalid_client", "invalid_client"},
		"invalid_request on grant":  {400, `{"error":"invalid_request","error_description":"invalid_grant missing"}`, "auth_refused", false, true, "invalid_request", "missing"},
		"2013":                      {400, `{"base_resp":{"status_code":2013,"status_msg":"invalid params"}}`, "auth_refused", false, true, "", "invalid params"},
		"429":                       {429, `later`, "rate_limit", false, false, "", "later"},
		"429 with an inner code":    {429, `{"base_resp":{"status_code":1000}}`, "rate_limit", false, false, "", "HTTP 429"},
		"429 with an OAuth word":    {429, `{"error":"temporarily_unavailable"}`, "rate_limit", false, false, "temporarily_unavailable", "HTTP 429"},
		"429 with invalid_grant":    {429, `{"error":"invalid_grant"}`, "rate_limit", false, false, "invalid_grant", "HTTP 429"},
		"403 JSON":                  {403, `{"error":"forbidden"}`, "auth_refused", false, true, "forbidden", "forbidden"},
		"503":                       {503, ``, "server_error", false, false, "", "Service Unavailable"},
		"500":                       {500, `{"oops":1}`, "server_error", false, false, "", `{"oops":1}`},
		"529":                       {529, ``, "overloaded", false, false, "", "HTTP 529"},
		"400 passing inside":        {400, `{"base_resp":{"status_code":1002}}`, "rate_limit", false, false, "", "HTTP 400"},
		"400 temporarily":           {400, `{"error":"temporarily_unavailable"}`, "server_error", false, false, "temporarily_unavailable", "temp"},
		"quota":                     {429, `{"base_resp":{"status_code":2056,"status_msg":"window used up"}}`, "quota", false, true, "", "window"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &portal{script: []canned{{tc.status, tc.body, "Retry-After: 3"}}}
			_, err := serve(t, p).Refresh(t.Context(), "RT-0")
			e := asError(t, err, CodeRefreshFailed, tc.class)
			if e.Terminal != tc.terminal || e.BlamesClient() != tc.ourBlame || e.Reason != tc.reason || !e.Sent || e.HTTPStatus != tc.status || e.RetryAfter != 3*time.Second {
				t.Errorf("%+v, blames the client %v", *e, e.BlamesClient())
			}
			if !strings.Contains(e.Message, tc.inMessage) || len(p.tokens()) != 1 {
				t.Errorf("%d requests, message %q", len(p.tokens()), e.Message)
			}
		})
	}
}

func TestRefreshWithoutToken(t *testing.T) {
	t.Parallel()
	p := &portal{}
	_, err := serve(t, p).Refresh(t.Context(), "")
	if e := asError(t, err, CodeNoRefreshToken, "reauth_required"); !e.Terminal || e.Sent || len(p.requests) != 0 {
		t.Errorf("%+v after %d requests", *e, len(p.requests))
	}
}

func TestRefreshSent(t *testing.T) {
	t.Parallel()
	hangUp := func(w http.ResponseWriter, r *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		conn.Close()
	}
	cutShort := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "500")
		w.Write([]byte(`{"status":"succ`))
	}
	tooLong := func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, maxAnswer+1)) }
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		class   string
	}{"hangs up": {hangUp, "network"}, "cut short": {cutShort, "network"}, "too long": {tooLong, "protocol"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var hits atomic.Int32
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { hits.Add(1); tc.handler(w, r) }))
			_, err := c.Refresh(t.Context(), "RT-0")
			if e := asError(t, err, CodeRefreshFailed, tc.class); !e.Sent || e.Terminal || e.BlamesClient() || int(hits.Load()) != 1 {
				t.Errorf("%+v after %d requests", *e, hits.Load())
			}
		})
	}
}

func TestRefreshNotSent(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	tlsOnly := httptest.NewUnstartedServer(http.NotFoundHandler()) // whose certificate we do not trust
	tlsOnly.Config.ErrorLog = log.New(io.Discard, "", 0)
	tlsOnly.StartTLS()
	t.Cleanup(tlsOnly.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	for name, tc := range map[string]struct{ portal, class string }{
		"nobody listens":      {"http://" + closed.Addr().String(), "network"},
		"no such name":        {"https://localhost:0", "network"},
		"unknown certificate": {tlsOnly.URL, "protocol"},
		"TLS to plain HTTP":   {strings.Replace(plain.URL, "http:", "https:", 1), "network"},
		"foreign host":        {"https://evil.test", "config"},
		"no portal":           {"", "config"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := (&Client{Portal: tc.portal}).Refresh(t.Context(), "RT-0")
			if e := asError(t, err, CodeRefreshFailed, tc.class); e.Sent || e.Terminal {
				t.Errorf("%+v", *e)
			}
		})
	}
}

func TestRefreshCancelled(t *testing.T) {
	t.Parallel()
	why := errors.New("interrupt")
	arrived, release := make(chan bool), make(chan bool)
	c := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived <- true; <-release }))
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-arrived; cancel(why) }()
	_, err := c.Refresh(ctx, "RT-0")
	if e := asError(t, err, CodeRefreshFailed, "network"); !e.Sent || !errors.Is(err, why) {
		t.Errorf("%+v", *e)
	}
	_, err = c.Refresh(cancelled(t, why), "RT-0")
	if e := asError(t, err, CodeRefreshFailed, "network"); !errors.Is(err, why) {
		t.Errorf("%+v", *e)
	}
}

func TestRefreshTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan bool)
		defer close(release)
		c := offline(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		start := time.Now()
		_, err := c.Refresh(t.Context(), "RT-0")
		if e := asError(t, err, CodeRefreshFailed, "timeout"); !e.Sent || time.Since(start) != defaultTimeout {
			t.Errorf("%+v after %v", *e, time.Since(start))
		}
	})
}

func TestErrorsShowNoSecret(t *testing.T) {
	t.Parallel()
	const secret = "RT/secret+0123456789"
	for name, body := range map[string]string{
		"echo":            "no such token " + secret,
		"escaped echo":    url.Values{"refresh_token": {secret}}.Encode(),
		"hidden echo":     "token RT/sec\u200bret+01234\x1b[0m56789 unknown",
		"in a JSON field": object("error", "invalid_grant", "error_description", "got "+secret),
		"in the reason":   object("error", secret),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := serve(t, &portal{script: []canned{{400, body, ""}}}).Refresh(t.Context(), secret)
			var e *Error
			if !errors.As(err, &e) || strings.Contains(e.Message+e.Said+e.Reason, "0123456789") || !strings.Contains(e.Message, "***") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestErrorBodiesAreBounded(t *testing.T) {
	t.Parallel()
	endless := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(500)
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte(strings.Repeat("\u202eno\x07\r\n", 1000))); err != nil {
				return
			}
		}
	})
	_, err := serve(t, endless).Refresh(t.Context(), "RT-0")
	e := asError(t, err, CodeRefreshFailed, "server_error")
	if n := len([]rune(e.Said)); n != 200 || !strings.HasPrefix(e.Said, "no no") && !strings.HasPrefix(e.Said, "no  no") {
		t.Errorf("%d runes: %q", n, e.Said)
	}
}

func TestParseToken(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 15, 30, 53, 649903000, time.UTC)
	tok, err := (&Client{}).ParseToken([]byte(object("status", "success", "access_token", "A", "refresh_token", "R", "expired_in", at.Add(30*time.Minute).UnixMilli(),
		"token_type", "bearer", "resource_url", "https://api.minimax.io", "notification_message", "hi", "base_resp", map[string]int{"status_code": 0})), at)
	want := Token{
		AccessToken: "A", RefreshToken: "R", TokenType: "bearer", ResourceURL: "https://api.minimax.io", Notice: "hi",
		ObtainedAt: at, ExpiresAt: at.Add(30 * time.Minute).Truncate(time.Millisecond), ExpiresIn: 1799,
	}
	if err != nil || tok != want {
		t.Errorf("%v; obtained %v expires %v in %d", err, tok.ObtainedAt, tok.ExpiresAt, tok.ExpiresIn)
	}
	tok, err = (&Client{}).ParseToken([]byte(`{"status":"success","access_token":"A","expired_in":7200,"token_type":" "}`), at)
	if err != nil || tok.RefreshToken != "" || tok.TokenType != "Bearer" || tok.ExpiresIn != 7200 || !tok.ExpiresAt.Equal(at.Add(2*time.Hour)) {
		t.Errorf("kept refresh token: %v, %d", err, tok.ExpiresIn)
	}
	if tok, err = (&Client{}).ParseToken([]byte("\ufeff"+`{"access_token":"A","expires_in":60}`), at); err != nil || tok.ExpiresIn != 60 {
		t.Errorf("plain OAuth: %v", err)
	}
	for _, raw := range []string{`{"access_token":"A"}`, `{"status":"success","access_token":"A","expired_in":null,"expires_in":null}`} {
		if tok, err = (&Client{}).ParseToken([]byte(raw), at); err != nil || !tok.ExpiresAt.IsZero() || tok.ExpiresIn != 0 || !tok.ObtainedAt.Equal(at) {
			t.Errorf("%s: %v, expires %v in %d", raw, err, tok.ExpiresAt, tok.ExpiresIn)
		}
	}
	if tok, err = (&Client{}).ParseToken([]byte(object("status", "success", "access_token", "A", "expired_in", at.Add(-time.Hour).UnixMilli())), at); err != nil || tok.ExpiresIn != 0 {
		t.Errorf("already over: %v, %d", err, tok.ExpiresIn)
	}
}

func TestParseTokenRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		raw, class string
		terminal   bool
	}{
		"status error":        {`{"status":"error"}`, "reauth_required", true},
		"status pending":      {`{"status":"pending"}`, "reauth_required", true},
		"status of no type":   {`{"status":3,"access_token":"A","expired_in":9}`, "reauth_required", true},
		"inner 1004":          {`{"base_resp":{"status_code":1004,"status_msg":"x"}}`, "reauth_required", true},
		"inner 9999":          {`{"status":"error","base_resp":{"status_code":9999}}`, "reauth_required", true},
		"success but inner":   {`{"status":"success","access_token":"A","expired_in":9,"base_resp":{"status_code":1000}}`, "server_error", false},
		"error field":         {`{"error":"invalid_grant"}`, "reauth_required", true},
		"error invalid_cl.":   {`{"error":"invalid_client"}`, "auth_refused", false},
		"inner 1001":          {`{"status":"error","base_resp":{"status_code":1001}}`, "server_error", false},
		"inner 1002":          {`{"status":"error","base_resp":{"status_code":1002}}`, "rate_limit", false},
		"inner 1013":          {`{"status":"error","base_resp":{"status_code":1013}}`, "server_error", false},
		"inner 1024":          {`{"status":"error","base_resp":{"status_code":1024}}`, "server_error", false},
		"inner 1033":          {`{"status":"error","base_resp":{"status_code":1033}}`, "server_error", false},
		"inner 2045":          {`{"status":"error","base_resp":{"status_code":2045}}`, "rate_limit", false},
		"inner 1008":          {`{"status":"error","base_resp":{"status_code":1008}}`, "billing", false},
		"inner 2061":          {`{"status":"error","base_resp":{"status_code":2061}}`, "billing", false},
		"inner 2056":          {`{"status":"error","base_resp":{"status_code":2056}}`, "quota", false},
		"empty object":        {`{}`, "protocol", false},
		"nothing":             {``, "protocol", false},
		"html":                {`<html>`, "protocol", false},
		"null":                {`null`, "protocol", false},
		"two documents":       {goodToken + goodToken, "protocol", false},
		"no access token":     {`{"status":"success","refresh_token":"R","expired_in":9}`, "protocol", false},
		"lifetime of words":   {`{"status":"success","access_token":"A","expired_in":"never"}`, "protocol", false},
		"control characters":  {`{"status":"success","access_token":"A\u0000","expired_in":9}`, "protocol", false},
		"a space in it":       {`{"status":"success","access_token":"A B","expired_in":9}`, "protocol", false},
		"refresh line break":  {`{"status":"success","access_token":"A","refresh_token":"R\nS","expired_in":9}`, "protocol", false},
		"non-ASCII":           {`{"status":"success","access_token":"Ä","expired_in":9}`, "protocol", false},
		"absurdly long token": {object("status", "success", "access_token", strings.Repeat("A", 33<<10), "expired_in", 9), "protocol", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tok, err := (&Client{}).ParseToken([]byte(tc.raw), time.Now())
			if e := asError(t, err, CodeRefreshFailed, tc.class); e.Terminal != tc.terminal || tok != (Token{}) {
				t.Errorf("%+v", *e)
			}
		})
	}
}

func FuzzParseToken(f *testing.F) {
	for _, seed := range []string{goodToken, `{}`, `{"status":"error","base_resp":{"status_code":1002}}`, `{"status":"success","access_token":"A","expired_in":"1e300"}`} {
		f.Add([]byte(seed))
	}
	at := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, raw []byte) {
		tok, err := (&Client{}).ParseToken(raw, at)
		switch {
		case err == nil && (tok.AccessToken == "" || !visible(tok.AccessToken+tok.RefreshToken) || tok.ExpiresIn < 0 || tok.ExpiresAt.Year() > 9999):
			t.Errorf("accepted %q, expiry %v", raw, tok.ExpiresAt)
		case err != nil:
			if e := err.(*Error); e.Message == "" || e.ErrClass == "" || Printable(e.Message, 0) != e.Message {
				t.Errorf("error %+v for %q", *e, raw)
			}
		}
	})
}
