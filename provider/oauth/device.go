package oauth

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// defaultInterval is RFC 8628's, section 3.2.
const defaultInterval = 5 * time.Second

// beginDevice asks a standard server for a device code and a user code.
func (c *Client) beginDevice(ctx context.Context) (Login, *Error) {
	m, e := c.standard(ctx)
	if e != nil {
		return Login{}, e
	}
	scope := c.deviceScope(m.scopes)
	form := url.Values{"client_id": {c.clientID()}}
	if scope != "" {
		form.Set("scope", scope)
	}
	verifier := random(64)
	if m.pkce {
		form.Set("code_challenge", challenge(verifier))
		form.Set("code_challenge_method", "S256")
	}
	r, e := c.post(ctx, m.device, form)
	switch {
	case e != nil:
		return Login{}, e
	case r.status != http.StatusOK:
		return Login{}, refusal(CodeAuthorizationFailed, r, "gives no user code")
	}
	l, e := parseDevice(r, time.Now())
	if e != nil {
		return Login{}, e
	}
	l.Scope, l.TokenEndpoint = scope, m.token
	l.form.Set("client_id", c.clientID())
	if m.pkce {
		l.form.Set("code_verifier", verifier)
	}
	return l, nil
}

// standard is what is known of a standard server: from its dialect, else from its metadata.
func (c *Client) standard(ctx context.Context) (metadata, *Error) {
	d := c.Dialect
	switch {
	case d == nil:
		return c.discover(ctx)
	case d.Device == "":
		return metadata{}, &Error{ErrClass: "config", Message: c.Portal + " gives no user code to other programs"}
	}
	m := metadata{device: c.endpoint(c.ownPath(d.Device)), token: c.ownPath(d.Token)}
	if m.device.err != nil {
		return m, &Error{ErrClass: "config", Message: m.device.err.Error()}
	}
	return m, nil
}

// deviceScope is the client's own scope, if it has one. offline_access is what
// OpenID Connect Core section 11 wants for a refresh token, and only within
// openid; a server that lists neither decides without being asked.
func (c *Client) deviceScope(supported []string) string {
	var scope []string
	if c.Scope != DefaultScope {
		scope = strings.Fields(c.Scope)
	}
	for _, name := range []string{"openid", "offline_access"} {
		if slices.Contains(supported, name) && !slices.Contains(scope, name) {
			scope = append(scope, name)
		}
	}
	return strings.Join(scope, " ")
}

// parseDevice reads an answer of RFC 8628 section 3.2. The page is the one
// with the code in it, where there is one.
func parseDevice(r reply, now time.Time) (Login, *Error) {
	a, ok := decode(r.body)
	switch {
	case !ok:
		return Login{}, malformed(CodeAuthorizationFailed, r, "answers with "+kind(r)+" where JSON was expected")
	case a["device_code"] == nil && a.reason() != "":
		return Login{}, refusal(CodeAuthorizationFailed, r, "gives no user code")
	}
	for _, key := range []string{"device_code", "user_code", "verification_uri"} {
		if a.text(key) == "" {
			return Login{}, malformed(CodeAuthorizationIncomplete, r, "answers without "+key)
		}
	}
	life, ok := a.number("expires_in")
	if !ok {
		return Login{}, malformed(CodeAuthorizationIncomplete, r, "answers without expires_in")
	}
	page := a.text("verification_uri_complete")
	if page == "" {
		page = a.text("verification_uri")
	}
	interval := defaultInterval
	if n, ok := a.number("interval"); ok && n > 0 {
		interval = max(minInterval, seconds(n))
	}
	return Login{
		UserCode: a.text("user_code"), VerificationURI: page, Expires: now.Add(seconds(life)), Interval: interval,
		form: url.Values{"grant_type": {deviceCodeGrant}, "device_code": {a.text("device_code")}},
	}, nil
}

// seconds is a duration of at most a day.
func seconds(n float64) time.Duration {
	return time.Duration(min(max(n, 0), 86400) * float64(time.Second))
}
