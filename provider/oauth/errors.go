package oauth

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The codes of an Error, those of Hermes Agent.
const (
	CodeAuthorizationFailed     = "authorization_failed"     // Begin: no answer, or none that is a user code
	CodeAuthorizationIncomplete = "authorization_incomplete" // Begin: a field is missing
	CodeStateMismatch           = "state_mismatch"           // Begin: another state came back
	CodeTokenExchangeFailed     = "token_exchange_failed"    // Wait: an answer that waiting does not change
	CodeAuthorizationDenied     = "authorization_denied"     // Wait: the person or the portal said no
	CodeTokenIncomplete         = "token_incomplete"         // Wait: approved, but a field is missing
	CodeTimeout                 = "timeout"                  // Wait: not approved in time
	CodeNoRefreshToken          = "no_refresh_token"         // Refresh: nothing to send
	CodeRefreshFailed           = "refresh_failed"           // Refresh, ParseToken: no new token

	codeNoMetadata = "no_metadata" // of discover, never seen outside
)

// Error is a login or a renewal that did not work. Its texts are printable and
// hold no token.
type Error struct {
	Code       string // one of the Code constants
	Message    string // what Error returns: URL, what failed, status, Said
	Said       string // the server's own words alone, at most 200 runes; "" without any
	HTTPStatus int    // of the last answer, 0 without one
	Reason     string // its "error" field, e.g. invalid_grant; "" without one
	Inner      int    // its base_resp.status_code; 0 is none or success

	// Sent says that bytes of the form may have reached the server that
	// failed. A server that answered with a redirect did not use them.
	Sent bool

	RetryAfter time.Duration // as the server asked, 0 if it did not
	Terminal   bool          // the refresh token is dead; only another login helps
	ErrClass   string        // what Class returns

	cause error // cancellation only, so that errors.Is sees it
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Class names the kind of failure for an exit code: network, timeout,
// server_error, overloaded, rate_limit, quota, billing, auth_refused,
// reauth_required, protocol or config.
func (e *Error) Class() string { return e.ErrClass }

// Unwrap returns the reason for a cancelled request, else nil.
func (e *Error) Unwrap() error { return e.cause }

// passing reports whether the failure may go away by waiting.
func (e *Error) passing() bool {
	switch e.ErrClass {
	case "network", "timeout", "server_error", "overloaded", "rate_limit":
		return true
	}
	return false
}

// refusal turns an answer that is no success into an Error. text says what
// was wanted of the server, for the message.
func refusal(code string, r reply, wanted string) *Error {
	a, _ := decode(r.body)
	e := &Error{
		Code: code, HTTPStatus: r.status, Sent: true,
		Reason: cut(quote(a.reason(), r.form), 64), Inner: a.inner(), RetryAfter: retryAfter(r.header, time.Now()),
	}
	said := a.message()
	if said == "" {
		said = string(r.body)
	}
	if said = quote(said, r.form); said == "" {
		said = http.StatusText(r.status)
	}
	e.Said = said
	if guarded(r) {
		said = "a guard before the server refuses programs that it does not know; hermes says who it is, and does not pose as another"
		e.Said = said
	}
	e.ErrClass = classify(r.status, e.Inner, e.Reason, said)
	e.Message = strings.TrimSuffix(r.url+" "+wanted+": "+statusText(r.status)+": "+said, ": ")
	return e
}

// guarded reports an answer of a guard before the server, which judges by the program that asks and not by the login.
func guarded(r reply) bool {
	return r.header.Get("Cf-Mitigated") != "" || r.header.Get("X-Vercel-Mitigated") != ""
}

func statusText(status int) string {
	if status == http.StatusOK {
		return "refused"
	}
	return "HTTP " + strconv.Itoa(status)
}

// classify looks at the inner code first: MiniMax says "insufficient balance"
// with HTTP 500 and "try later" with HTTP 200. HTTP 429 says more than an inner
// code or an OAuth error that merely calls the trouble passing.
func classify(status, inner int, reason, said string) string {
	class := innerClass(inner)
	switch {
	case class == "billing", class == "quota":
		return class
	case status == http.StatusTooManyRequests:
		return "rate_limit"
	case class != "":
		return class
	case reason == "temporarily_unavailable", reason == "server_error":
		return "server_error"
	case status == http.StatusPaymentRequired, status == http.StatusForbidden && aboutPlan(reason+" "+said):
		return "billing"
	case status == 529:
		return "overloaded"
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status >= 500:
		return "server_error"
	case status >= 300 && status < 400:
		return "protocol"
	}
	return "auth_refused"
}

func aboutPlan(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(
		[]string{"plan", "tier", "subscri", "entitle", "billing", "balance", "quota", "upgrade", "payment"},
		func(word string) bool { return strings.Contains(text, word) },
	)
}

// deadGrant reports whether an answer to a refresh says that the token itself
// is of no use any more. Three markers anywhere in the body do, as for Hermes
// Agent; so does any JSON answer with status 400 or 401, unless it blames the
// client or says that it will pass. A page of a proxy never does, nor does a
// server that looked at no token (429).
func deadGrant(e *Error, body []byte) bool {
	if e.HTTPStatus == http.StatusTooManyRequests || e.namesClient() && e.Inner != 2013 {
		return false
	}
	text := strings.ToLower(string(body))
	for _, marker := range []string{"invalid_grant", "refresh_token_reused", "invalid_refresh_token"} {
		if strings.Contains(text, marker) {
			return true
		}
	}
	if e.namesClient() || e.ErrClass == "billing" || e.ErrClass == "quota" {
		return false
	}
	_, isJSON := decode(body)
	return isJSON && !e.passing() && (e.HTTPStatus == http.StatusBadRequest || e.HTTPStatus == http.StatusUnauthorized)
}

// namesClient reports an error about the request or its client, never about
// the token: those of RFC 6749 §5.2, and MiniMax's "invalid params".
func (e *Error) namesClient() bool {
	switch e.Reason {
	case "invalid_client", "invalid_request", "unauthorized_client", "unsupported_grant_type", "invalid_scope":
		return true
	}
	return e.Inner == 2013
}

// BlamesClient reports whether the server refused the client, its request or
// its address, so that the token is untouched and repeating is of no use.
func (e *Error) BlamesClient() bool {
	if e.Terminal || e.passing() || !e.Sent {
		return false
	}
	return e.namesClient() || e.HTTPStatus >= 300 && e.HTTPStatus < 500
}
