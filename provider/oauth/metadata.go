package oauth

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// metadata is what RFC 8414 says about a server, as far as a login by device
// code needs it.
type metadata struct {
	device route    // device_authorization_endpoint, RFC 8628 section 4
	token  string   // token_endpoint
	scopes []string // scopes_supported
	pkce   bool     // S256 is among code_challenge_methods_supported
}

// discover reads the portal's metadata at the first place that has some. An
// *Error with codeNoMetadata says that there is none; redirects count as none.
func (c *Client) discover(ctx context.Context) (metadata, *Error) {
	portal, err := secureURL(c.Portal)
	if err != nil {
		return metadata{}, &Error{ErrClass: "config", Message: err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	var none *Error
	for _, place := range wellKnown(portal) {
		r, e := c.send(ctx, http.MethodGet, place, nil, nil)
		if e != nil {
			return metadata{}, e
		}
		if r.status == http.StatusOK {
			if a, _ := decode(r.body); a["issuer"] != nil {
				return c.parseMetadata(r, a)
			}
			none = malformed(codeNoMetadata, r, "answers with "+kind(r)+" where OAuth metadata was expected")
			continue
		}
		none = refusal(codeNoMetadata, r, "has no OAuth metadata")
		if none.passing() {
			none.Code = CodeAuthorizationFailed
			return metadata{}, none
		}
	}
	return metadata{}, none
}

// wellKnown lists where metadata may stand: RFC 8414 puts the name between
// host and path, OpenID Connect Discovery behind the path.
func wellKnown(portal *url.URL) []*url.URL {
	path := strings.TrimRight(portal.Path, "/")
	at := func(path string) *url.URL { return &url.URL{Scheme: portal.Scheme, Host: portal.Host, Path: path} }
	return []*url.URL{at("/.well-known/oauth-authorization-server" + path), at(path + "/.well-known/openid-configuration")}
}

// parseMetadata believes a document that names the portal as its issuer (RFC
// 8414 section 3.3) and endpoints of the portal's own. A slash at the end does
// not tell issuers apart: section 3.1 drops it before the document is asked for.
func (c *Client) parseMetadata(r reply, a answer) (metadata, *Error) {
	fail := func(what string) (metadata, *Error) {
		return metadata{}, malformed(CodeAuthorizationFailed, r, what)
	}
	if issuer := a.text("issuer"); strings.TrimRight(issuer, "/") != strings.TrimRight(c.Portal, "/") {
		return fail("speaks for another server: its issuer is " + quoteJSON(a["issuer"]))
	}
	m := metadata{token: a.text("token_endpoint"), scopes: a.list("scopes_supported")}
	m.pkce = slices.Contains(a.list("code_challenge_methods_supported"), "S256")
	endpoint := a.text("device_authorization_endpoint")
	switch {
	case endpoint == "":
		return fail("offers no login by device code (no device_authorization_endpoint)")
	case m.token == "":
		return fail("names no token_endpoint")
	}
	m.device = c.endpoint(endpoint)
	for _, to := range []route{m.device, c.endpoint(m.token)} {
		if to.err != nil {
			return fail("cannot be trusted: " + to.err.Error())
		}
	}
	return m, nil
}

// list reads an array of strings; one of anything else is no array.
func (a answer) list(key string) []string {
	var all []string
	if json.Unmarshal(a[key], &all) != nil {
		return nil
	}
	return all
}
