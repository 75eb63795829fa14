package oauth

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Codex is the issuer of logins with a ChatGPT subscription. A login begins and is polled in JSON, 403 and 404 stand for "not
// yet", and the approved poll brings a code and the PKCE verifier that the server made for it; only the exchange and the
// renewal follow RFC 6749 (logins §2).
func Codex() *Issuer { return &codex }

var codex = Issuer{
	Portal: "https://auth.openai.com", ClientID: "app_EMoamEEZ73f0CkXaXp7hrann", Inference: "/backend-api/codex",
	Dialect: &Dialect{
		Hosts: []string{"auth.openai.com"}, Token: "/oauth/token",
		Dead:  []string{"invalid_grant", "invalid_token", "refresh_token_reused"},
		begin: beginCodex, settle: settleCodex,
		pending: func(r reply) bool {
			return r.status == http.StatusForbidden && !guarded(r) || r.status == http.StatusNotFound
		},
	},
}

const (
	codexLife     = 15 * time.Minute // of a code; the server does not say
	codexInterval = 5 * time.Second
	codexLeast    = 3 * time.Second
	codexTries    = 4 // of a login whose beginning is answered with 429
	jsonType      = "application/json"
)

// asJSON sends a form as one JSON object.
func asJSON() []string { return []string{"Content-Type", jsonType} }

func beginCodex(ctx context.Context, c *Client) (Login, *Error) {
	var r reply
	for try := 1; ; try++ {
		var e *Error
		r, e = c.post(ctx, c.endpoint(c.ownPath("/api/accounts/deviceauth/usercode")), url.Values{"client_id": {c.clientID()}}, asJSON()...)
		if e != nil {
			return Login{}, e
		}
		if r.status == http.StatusOK {
			break
		}
		e = refusal(CodeAuthorizationFailed, r, "gives no user code")
		if e.ErrClass != "rate_limit" || try == codexTries || rest(ctx, max(e.RetryAfter, time.Second<<try)) != nil {
			return Login{}, e
		}
	}
	a, _ := decode(r.body)
	for _, key := range []string{"user_code", "device_auth_id"} {
		if a.text(key) == "" {
			return Login{}, malformed(CodeAuthorizationIncomplete, r, "answers without "+key)
		}
	}
	interval := codexInterval
	if n, ok := a.number("interval"); ok {
		interval = max(codexLeast, seconds(n))
	}
	return Login{
		UserCode: a.text("user_code"), VerificationURI: c.ownPath("/codex/device"), Expires: time.Now().Add(codexLife), Interval: interval,
		TokenEndpoint: c.ownPath("/oauth/token"), poll: c.ownPath("/api/accounts/deviceauth/token"), json: true,
		form: url.Values{"device_auth_id": {a.text("device_auth_id")}, "user_code": {a.text("user_code")}},
	}, nil
}

func settleCodex(ctx context.Context, c *Client, a answer) (reply, *Error) {
	return c.post(ctx, c.endpoint(c.ownPath("/oauth/token")), url.Values{
		"grant_type": {"authorization_code"}, "client_id": {c.clientID()}, "redirect_uri": {c.ownPath("/deviceauth/callback")},
		"code": {a.text("authorization_code")}, "code_verifier": {a.text("code_verifier")},
	})
}
