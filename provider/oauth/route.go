package oauth

import (
	"fmt"
	"net/url"
	"strings"
)

// route is where a form goes: the target, the portal in whose name, and
// whether only the portal's own origin may see it. err is why it goes nowhere.
type route struct {
	portal, target *url.URL
	own            bool
	err            error
}

// below is a path of MiniMax's dialect.
func (c *Client) below(path string) route {
	portal, err := portalURL(c.Portal, c.AllowedHosts)
	if err != nil {
		return route{err: err}
	}
	target := *portal
	target.Path, target.RawPath = strings.TrimRight(portal.Path, "/")+path, ""
	return route{portal: portal, target: &target}
}

// token is where grants are exchanged: at the endpoint that came with the
// login, else at MiniMax's place.
func (c *Client) token(endpoint string) route {
	if endpoint == "" && c.Dialect != nil {
		return c.endpoint(c.ownPath(c.Dialect.Token))
	}
	if endpoint == "" {
		return c.below(tokenPath)
	}
	return c.endpoint(endpoint)
}

// endpoint is a URL out of metadata or a store. Neither is believed when it
// names another server than the portal: a refresh token is at stake.
func (c *Client) endpoint(raw string) route {
	portal, err := secureURL(c.Portal)
	if err == nil && c.Dialect != nil {
		portal, err = portalURL(c.Portal, c.hosts())
	}
	if err != nil {
		return route{err: err}
	}
	to, err := url.Parse(raw)
	switch {
	case err != nil:
		return route{err: fmt.Errorf("endpoint %q is not a URL", Printable(raw, 200))}
	case to.User != nil || to.Fragment != "" || !sameOrigin(to, portal) && !c.mayRenewAt(to, portal):
		return route{err: fmt.Errorf("endpoint %s is not one of the portal %s", shown(to), shown(portal))}
	}
	return route{portal: portal, target: to, own: true}
}

// sameOrigin compares scheme, host and port, with their defaults filled in.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && a.Hostname() != "" && hostPort(a) == hostPort(b)
}
