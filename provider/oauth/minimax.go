package oauth

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// What MiniMax does in its own way stands in this file alone.

// The registered public client of Hermes Agent, the scope it asks for, and the grant type that is MiniMax's own.
const (
	DefaultClientID = "78257093-7e40-4613-99e0-527b14b39113"
	DefaultScope    = "group_id profile model.completion"
	userCodeGrant   = "urn:ietf:params:oauth:grant-type:user_code"
)

// Where MiniMax gives out codes and tokens, below its portal.
const (
	codePath  = "/oauth/code"
	tokenPath = "/oauth/token"
)

// MiniMax is MiniMax's issuer, which has a second region.
func MiniMax() *Issuer { return &miniMax }

// MiniMaxChina is MiniMax's issuer for accounts of the China region.
func MiniMaxChina() *Issuer { return &miniMaxChina }

var (
	miniMax = Issuer{
		Portal: "https://api.minimax.io", ClientID: DefaultClientID, Scope: DefaultScope, Region: "global", Inference: "/anthropic",
		Regions: []Issuer{miniMaxChina},
	}
	miniMaxChina = Issuer{Portal: "https://api.minimaxi.com", ClientID: DefaultClientID, Scope: DefaultScope, Region: "cn", Inference: "/anthropic"}
)

// beginUserCode asks for a user code in MiniMax's way: PKCE and a state go with the first request.
func (c *Client) beginUserCode(ctx context.Context) (Login, *Error) {
	verifier, state := random(64), random(16)
	form := url.Values{
		"response_type":         {"code"},
		"client_id":             {c.clientID()},
		"scope":                 {c.scope()},
		"code_challenge":        {challenge(verifier)},
		"code_challenge_method": {"S256"},
		"state":                 {state},
	}
	r, e := c.post(ctx, c.below(codePath), form, "x-request-id", uuid4())
	switch {
	case e != nil:
		return Login{}, e
	case r.status != http.StatusOK:
		return Login{}, refusal(CodeAuthorizationFailed, r, "gives no user code")
	}
	l, e := parseLogin(r, state, time.Now())
	l.Scope = c.scope()
	l.form = url.Values{
		"grant_type": {userCodeGrant}, "client_id": {c.clientID()}, "user_code": {l.UserCode}, "code_verifier": {verifier},
	}
	return l, e
}

func parseLogin(r reply, state string, now time.Time) (Login, *Error) {
	a, ok := decode(r.body)
	if !ok {
		return Login{}, malformed(CodeAuthorizationFailed, r, "answers with "+kind(r)+" where JSON was expected")
	}
	if a["user_code"] == nil && a.inner() != 0 {
		return Login{}, refusal(CodeAuthorizationFailed, r, "gives no user code")
	}
	for _, key := range []string{"user_code", "verification_uri"} {
		if a.text(key) == "" {
			return Login{}, malformed(CodeAuthorizationIncomplete, r, "answers without "+key)
		}
	}
	if a["expired_in"] == nil && a["expires_in"] == nil {
		return Login{}, malformed(CodeAuthorizationIncomplete, r, "answers without expired_in")
	}
	if subtle.ConstantTimeCompare([]byte(a.text("state")), []byte(state)) != 1 {
		return Login{}, malformed(CodeStateMismatch, r,
			"answers with another state than was sent (state mismatch, possible CSRF); a proxy or a redirect may be changing the answer")
	}
	expires, err := a.expiry(now)
	if err != nil {
		return Login{}, malformed(CodeAuthorizationIncomplete, r, err.Error())
	}
	return Login{
		UserCode: a.text("user_code"), VerificationURI: livePage(a.text("verification_uri")),
		Expires: now.Add(expires.Sub(now)), Interval: a.interval(),
	}, nil
}

// interval is in milliseconds, at least 2 s, which is also the default.
func (a answer) interval() time.Duration {
	ms, _ := a.number("interval")
	return max(minInterval, time.Duration(min(max(ms, 0), 86400e3))*time.Millisecond)
}

// expiry reads expired_in, which MiniMax fills with a number of seconds, an
// epoch in seconds or an epoch in milliseconds; the size tells (OpenClaw's
// rule). Some gateways send OAuth's expires_in, which is always seconds.
func (a answer) expiry(now time.Time) (time.Time, error) {
	n, ok := a.number("expired_in")
	if !ok && a.absent("expired_in") {
		if n, ok = a.number("expires_in"); ok {
			n = min(n, 1e9-1)
		}
	}
	switch {
	case !ok:
		return time.Time{}, fmt.Errorf("expired_in is %s, not a number", quoteJSON(a["expired_in"]))
	case n >= 253402300800000: // the year 10000, which RFC 3339 cannot write
		return time.Time{}, fmt.Errorf("expired_in is %s, after the year 9999", quoteJSON(a["expired_in"]))
	case n < 1e9:
		return now.Add(time.Duration(max(1, n) * float64(time.Second))), nil
	case n < 1e12:
		return time.Unix(int64(n), 0), nil
	}
	return time.UnixMilli(int64(n)), nil
}

// innerClass knows the base_resp codes that MiniMax documents; "" is a code
// that says nothing about class.
func innerClass(inner int) string {
	switch inner {
	case 1000, 1001, 1013, 1024, 1033:
		return "server_error"
	case 1002, 2045:
		return "rate_limit"
	case 1008, 2061:
		return "billing"
	case 1028, 1030, 2056:
		return "quota"
	case 1004, 2013, 2049:
		return "auth_refused"
	}
	return ""
}

// AllowedHosts lists the hosts of MiniMax that may see a login: the two
// portals, the account host that the portals redirect to, and the pages a
// person opens. A host matches as a whole and on port 443.
func AllowedHosts() []string {
	var hosts []string
	for _, domain := range []string{"minimax.io", "minimaxi.com", "minimax.cn"} {
		for _, name := range []string{"api", "account", "platform"} {
			hosts = append(hosts, name+"."+domain)
		}
	}
	return hosts
}

// livePage puts the platform host in place of the www host, whose approval
// page answers with the marketing home page (hermes-agent #19337). Reports
// name www.minimax.io, its source www.minimaxi.io; both are rewritten.
func livePage(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || !strings.HasPrefix(u.Path, "/oauth-authorize") {
		return raw
	}
	host := strings.ToLower(u.Hostname())
	if host != "www.minimax.io" && host != "www.minimaxi.io" {
		return raw
	}
	u.User = nil
	u.Host = "platform" + strings.TrimPrefix(host, "www") + portSuffix(u)
	return u.String()
}

func portSuffix(u *url.URL) string {
	if port := u.Port(); port != "" {
		return ":" + port
	}
	return ""
}
