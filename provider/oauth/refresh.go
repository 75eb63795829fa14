package oauth

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Refresh presents a refresh token once and returns the whole body of a 200,
// unread, at most 1 MiB; give it to ParseToken. It never repeats the request.
// Errors are always *Error, of a cancelled ctx too: Sent says whether the
// token may be spent, Terminal that the portal called it dead.
func (c *Client) Refresh(ctx context.Context, refreshToken string) ([]byte, error) {
	if refreshToken == "" {
		return nil, &Error{Code: CodeNoRefreshToken, ErrClass: "reauth_required", Terminal: true, Message: "the stored login has no refresh token"}
	}
	form := url.Values{
		"grant_type":    {"refresh_token"},
		"client_id":     {c.clientID()},
		"refresh_token": {refreshToken},
	}
	sent, headers := form, []string(nil)
	if c.Dialect != nil && c.Dialect.renew != nil {
		sent, headers = c.Dialect.renew(form)
	}
	r, e := c.post(ctx, c.token(c.TokenEndpoint), sent, headers...)
	r.form = form
	if e != nil {
		e.Code = CodeRefreshFailed
		return nil, e
	}
	if r.status == http.StatusOK {
		return r.body, nil
	}
	e = refusal(CodeRefreshFailed, r, "does not renew the login")
	if e.Terminal = c.Dialect.ends(e, r.body); e.Terminal {
		e.ErrClass = "reauth_required"
	}
	if d := c.Dialect; d != nil && d.Denied != "" && r.status == http.StatusForbidden {
		e.ErrClass, e.Said, e.Message = "billing", d.Denied, e.Message+"; "+d.Denied
	}
	return nil, e
}

// ParseToken reads the 200 of a renewal that was sent at that moment. An
// answer whose status is not "success" is an *Error: Terminal, unless its
// inner code stands for something that passes or for the account's plan. One
// that is not JSON, or lacks a field, says nothing about the token and is not
// Terminal. An absent status with an access token counts as success; with a
// TokenEndpoint every status does, since OAuth knows none.
func (c *Client) ParseToken(raw []byte, at time.Time) (Token, error) {
	const who = "the portal"
	r := reply{url: who, status: http.StatusOK, body: raw}
	a, ok := decode(raw)
	if !ok {
		return Token{}, malformed(CodeRefreshFailed, r, "renews with "+kind(r)+" where JSON was expected")
	}
	status, present := a.text("status"), a["status"] != nil && c.TokenEndpoint == "" && c.Dialect == nil
	said := a.inner() != 0 || a.reason() != ""
	if !said && (status == "success" || !present) {
		token, err := grant(a, CodeRefreshFailed, who, at)
		if err != nil {
			return Token{}, err
		}
		return token, nil
	}
	e := refusal(CodeRefreshFailed, r, "does not renew the login")
	if e.ErrClass == "auth_refused" && !e.namesClient() {
		e.Terminal, e.ErrClass = true, "reauth_required"
	}
	return Token{}, e
}

// grant reads the fields of a success. A refresh token may be absent.
func grant(a answer, code, who string, at time.Time) (Token, *Error) {
	r := reply{url: who, status: http.StatusOK}
	t := Token{
		AccessToken: a.text("access_token"), RefreshToken: a.text("refresh_token"), TokenType: a.text("token_type"),
		IDToken: a.text("id_token"), ResourceURL: a.text("resource_url"), Notice: a.text("notification_message"),
	}
	if t.AccessToken == "" {
		return Token{}, malformed(code, r, "answers without access_token")
	}
	for _, secret := range []string{t.AccessToken, t.RefreshToken} {
		if !visible(secret) {
			return Token{}, malformed(code, r, "answers with a token that holds characters no header may carry")
		}
	}
	if t.TokenType == "" || !visible(t.TokenType) {
		t.TokenType = "Bearer"
	}
	expires, err := a.lasting(at)
	if err != nil {
		return Token{}, malformed(code, r, "answers with a lifetime that cannot be read: "+err.Error())
	}
	t.ObtainedAt = at.UTC().Round(0)
	if !expires.IsZero() {
		t.ExpiresAt, t.ExpiresIn = expires.UTC().Round(0), max(0, int64(expires.Sub(at)/time.Second))
	}
	return t, nil
}

// visible reports whether s is only VSCHAR (RFC 6749 appendix A), of a length
// that fits a header.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7e {
			return false
		}
	}
	return len(s) <= 32<<10
}
