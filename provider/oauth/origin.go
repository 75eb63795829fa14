package oauth

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// CheckPortal says whether a login may be sent to the portal: loopback over
// http or https, https on one of the allowed hosts, and https on any other for
// a client ID of its own, since then nothing of MiniMax's goes there. It does
// no I/O.
func (c *Client) CheckPortal() error {
	if c.foreign() {
		return nil
	}
	_, err := portalURL(c.Portal, c.hosts())
	return err
}

// foreign reports a portal that only the standard's dialect may be spoken to.
func (c *Client) foreign() bool {
	u, err := secureURL(c.Portal)
	return err == nil && c.Dialect == nil && !Loopback(u.Hostname()) && !listed(u, c.AllowedHosts) && c.clientID() != DefaultClientID
}

// portalURL is a portal that MiniMax's dialect may be spoken to.
func portalURL(portal string, allowed []string) (*url.URL, error) {
	u, err := secureURL(portal)
	if err == nil && !Loopback(u.Hostname()) && !listed(u, allowed) {
		why := ""
		if allowed == nil {
			why = "; a server of one's own needs a client ID of its own"
		}
		return nil, fmt.Errorf("portal %s: not a host that a login may be sent to%s", shown(u), why)
	}
	return u, err
}

// secureURL is a base URL on https or on loopback.
func secureURL(portal string) (*url.URL, error) {
	u, err := parseOrigin(portal)
	if err != nil {
		return nil, err
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("portal %s: a base URL has no query and no fragment", shown(u))
	}
	if !Loopback(u.Hostname()) && u.Scheme != "https" {
		return nil, fmt.Errorf("portal %s: only https may carry a login", shown(u))
	}
	return u, nil
}

// parseOrigin reads an absolute http(s) URL with a host and no userinfo.
func parseOrigin(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return nil, fmt.Errorf("no portal URL")
	case err != nil:
		return nil, fmt.Errorf("portal %q is not a URL", Printable(raw, 200))
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return nil, fmt.Errorf("portal %q is not an http(s) URL with a host", Printable(u.Redacted(), 200))
	case u.User != nil:
		return nil, fmt.Errorf("portal %s: a name or password in the URL", shown(u))
	}
	return u, nil
}

// Loopback reports whether host, without a port, is this machine: localhost
// or a literal address of 127.0.0.0/8 or ::1. Short and numeric spellings of
// addresses (127.1, 0x7f000001) are not recognised.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// listed compares u's host and port exactly with the allowed ones.
func listed(u *url.URL, allowed []string) bool {
	if allowed == nil {
		allowed = AllowedHosts()
	}
	for _, host := range allowed {
		if hostPort(u) == withPort(strings.ToLower(host)) {
			return true
		}
	}
	return false
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" && u.Scheme == "http" {
		port = "80"
	} else if port == "" {
		port = "443"
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

func withPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(host, "443")
}

// redirect returns where a form may be sent again. The portal decides, not
// the hop before: a chain cannot walk away step by step.
func (c *Client) redirect(r route, from *url.URL, location string) (*url.URL, error) {
	portal := r.portal
	to, err := from.Parse(location)
	switch {
	case location == "" || err != nil:
		return nil, fmt.Errorf("redirects to no URL")
	case to.User != nil || to.Hostname() == "":
		return nil, fmt.Errorf("redirects to a URL without a host or with a name in it")
	case r.own && !sameOrigin(to, portal):
		return nil, fmt.Errorf("redirects to %s, which is another server's", shown(to))
	case from.Scheme == "https" && to.Scheme != "https":
		return nil, fmt.Errorf("redirects to %s, from https to less", shown(to))
	case Loopback(to.Hostname()) && Loopback(portal.Hostname()) && (to.Scheme == "http" || to.Scheme == "https"):
		return to, nil
	case to.Scheme == "https" && (hostPort(to) == hostPort(portal) || listed(to, c.hosts())):
		return to, nil
	}
	return nil, fmt.Errorf("redirects to %s, which may not see a login", shown(to))
}

// shown is a URL for people: no userinfo, no query.
func shown(u *url.URL) string {
	return Printable((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String(), 200)
}
