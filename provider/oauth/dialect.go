package oauth

import (
	"context"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Dialect is the ways of an issuer that RFC 8628 and RFC 6749 do not tell. The zero value of a field follows them. Each
// dialect that needs more than data has a file of its own.
type Dialect struct {
	Hosts         []string // that may see its logins, beside loopback
	TokenHosts    []string // patterns of hosts where a stored token endpoint may stand, as in *.x.ai; none: the portal's own
	Device, Token string   // the endpoints, as paths below the portal

	// Dead are the error words of a renewal that end the grant; nil takes every refusal in JSON with 400 or 401 for one.
	Dead []string
	// Denied is what a 403 to a renewal means, "" where it means nothing of its own.
	Denied string
	// Elsewhere says which program makes the login, where that cannot be done here.
	Elsewhere string

	begin   func(ctx context.Context, c *Client) (Login, *Error)
	pending func(r reply) bool                                             // a poll's answer means "not yet"
	settle  func(ctx context.Context, c *Client, a answer) (reply, *Error) // gets the tokens for what an approved poll says
	renew   func(form url.Values) (sent url.Values, headers []string)      // where the form of a renewal is not all of it
}

// ownPath is an endpoint of the dialect at the client's portal.
func (c *Client) ownPath(path string) string { return strings.TrimRight(c.Portal, "/") + path }

// hosts are those that may see what is sent.
func (c *Client) hosts() []string {
	if c.AllowedHosts == nil && c.Dialect != nil {
		return c.Dialect.Hosts
	}
	return c.AllowedHosts
}

// mayRenewAt reports whether a token endpoint that a store names belongs to the issuer.
func (c *Client) mayRenewAt(u, portal *url.URL) bool {
	return c.Dialect != nil && u.Scheme == "https" && !Loopback(portal.Hostname()) && slices.ContainsFunc(c.Dialect.TokenHosts, func(pattern string) bool {
		ok, err := path.Match(pattern, hostPort(u))
		return ok && err == nil
	})
}

// ends reports whether an answer to a renewal says in the dialect's words that the grant is over.
func (d *Dialect) ends(e *Error, body []byte) bool {
	if d == nil || d.Dead == nil {
		return deadGrant(e, body)
	}
	_, isJSON := decode(body)
	return isJSON && !e.passing() && slices.Contains(d.Dead, e.Reason)
}
