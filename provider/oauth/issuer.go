package oauth

import (
	"net/http"
	"strings"
)

// Issuer is who gives out a login: data.
type Issuer struct {
	Portal    string // base URL; the issuer of RFC 8414
	ClientID  string // of the public client that is registered there
	Scope     string
	Region    string // "" where there are no regions
	Inference string // path below the portal where its tokens are used

	// Regions are the same issuer in other regions.
	Regions []Issuer

	// Dialect is how its logins differ from what Begin finds out by itself; nil: in nothing.
	Dialect *Dialect
}

// At is the issuer at another portal.
func (i Issuer) At(portal string) Issuer {
	i.Portal = portal
	return i
}

// In is the issuer in that region; false where it has no such.
func (i Issuer) In(region string) (Issuer, bool) {
	if region == i.Region {
		return i, true
	}
	for _, other := range i.Regions {
		if other.Region == region {
			return other, true
		}
	}
	return i, false
}

// BaseURL is where the issuer's tokens are used.
func (i Issuer) BaseURL() string { return strings.TrimRight(i.Portal, "/") + i.Inference }

// Client is a client of the issuer. transport may be nil.
func (i Issuer) Client(transport http.RoundTripper) *Client {
	return &Client{Portal: i.Portal, ClientID: i.ClientID, Scope: i.Scope, Dialect: i.Dialect, Transport: transport}
}
