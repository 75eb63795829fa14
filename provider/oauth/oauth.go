// Package oauth is a client for logins by a code that a person enters
// elsewhere: MiniMax's user-code dialect, and RFC 8628 (device authorization).
//
// MiniMax's dialect looks like the standard and is not: the grant type is
// "…:user_code", a PKCE challenge and a state travel with the first request,
// intervals are milliseconds, and one field, expired_in, means a number of
// seconds or a moment, whichever the server felt like. A login is
//
//	c := &oauth.Client{Portal: "https://api.minimax.io", ClientID: id, Scope: scope}
//	l, err := c.Begin(ctx)      // show l.VerificationURI and l.UserCode
//	t, err := c.Wait(ctx, l)    // polls until approval, refusal or l.Expires
//
// and a renewal is Refresh, which sends the refresh token exactly once, then
// ParseToken on the bytes it returned. The two are apart so that a caller can
// make the answer durable before looking at it: a refresh token is spent by
// its first use, and the answer is the only copy of its successor.
//
// Which dialect is spoken, Begin finds out: MiniMax's hosts are asked in
// theirs alone. A portal on loopback is asked so first, and in the standard's
// when it refuses and has OAuth metadata (RFC 8414); any other https portal in
// the standard's alone, and only for a client ID of its own. From then on the
// dialect is data: Login.TokenEndpoint, which a Client needs again for Refresh.
//
// Caveats:
//
//   - A Client talks to its portal and to the hosts of AllowedHosts, over TLS;
//     to loopback also in the clear. Anything else fails before a byte is sent.
//     In the standard's dialect it talks to the portal's own origin alone.
//   - 307 and 308 are followed with the form, because MiniMax answers them on
//     its older paths; other redirects are errors. It is never https to http.
//   - Texts of the server are untrusted. Those inside an Error are printable;
//     the fields of Login and Token are as they came, see Printable.
//   - Wait retries what may pass by itself, Begin and Refresh retry nothing.
package oauth

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const (
	deviceCodeGrant = "urn:ietf:params:oauth:grant-type:device_code" // RFC 8628 section 3.4
	defaultTimeout  = 15 * time.Second
)

// Client talks to one portal. The zero value of every field but Portal is
// usable; a Client holds no state and may be shared.
type Client struct {
	Portal   string // base URL, e.g. https://api.minimax.io; /oauth/code and /oauth/token are added; the issuer of RFC 8414
	ClientID string // "" is DefaultClientID
	Scope    string // "" is DefaultScope, and what a standard server needs for a refresh token

	// TokenEndpoint is that of the Login, for Refresh. "" is MiniMax's, below
	// the portal.
	TokenEndpoint string

	// Transport sends the requests. nil is a transport without keep-alive
	// that uses the proxy of the environment.
	Transport http.RoundTripper

	// Dialect is that of the portal; nil: Begin finds it out.
	Dialect *Dialect

	// AllowedHosts may receive what is sent; nil is AllowedHosts().
	AllowedHosts []string

	// Timeout bounds one request with its redirects; 0 is 15 s.
	Timeout time.Duration

	// Trouble, if set, is told what went wrong with a poll that Wait will
	// repeat, so that a person can be told why nothing happens.
	Trouble func(*Error)
}

func (c *Client) clientID() string {
	if c.ClientID == "" {
		return DefaultClientID
	}
	return c.ClientID
}

func (c *Client) scope() string {
	if c.Scope == "" {
		return DefaultScope
	}
	return c.Scope
}

func (c *Client) timeout() time.Duration {
	if c.Timeout <= 0 {
		return defaultTimeout
	}
	return c.Timeout
}

// Login is a login that waits for approval. It holds the PKCE verifier (and the
// device code), so it
// cannot be stored; formatting it shows none of its contents.
type Login struct {
	UserCode        string
	VerificationURI string        // with the live host, see Begin
	Expires         time.Time     // monotonic; may be moved forward to wait for less
	Interval        time.Duration // between polls, at least 2 s
	Scope           string        // that was asked for

	// TokenEndpoint is set by a standard server, and kept with the grant.
	TokenEndpoint string

	form url.Values // of a poll, with its secrets
	poll string     // where it goes, "" for the token endpoint
	json bool       // as JSON
}

// Format implements fmt.Formatter and keeps the form out of every verb.
func (l Login) Format(f fmt.State, _ rune) { fmt.Fprint(f, "oauth.Login{…}") }

// Token is a grant as the portal returned it. Formatting it shows none of its
// contents.
type Token struct {
	AccessToken  string
	RefreshToken string // "" in a renewal that keeps the old one
	IDToken      string // "" when there is none
	TokenType    string // "Bearer" when the portal names none
	ResourceURL  string // "" when null or absent
	Notice       string // notification_message, for the person, untrusted
	ObtainedAt   time.Time
	ExpiresAt    time.Time // zero when the portal did not say
	ExpiresIn    int64     // whole seconds from ObtainedAt to ExpiresAt, at least 0
}

// Format implements fmt.Formatter and keeps the tokens out of every verb.
func (t Token) Format(f fmt.State, _ rune) { fmt.Fprint(f, "oauth.Token{…}") }
