package messages

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

func (c *Client) trace(format string, args ...any) {
	if c.Trace != nil {
		c.Trace(fmt.Sprintf(format, args...))
	}
}

func (c *Client) traceRequest(req *http.Request) {
	if c.Trace == nil {
		return
	}
	c.trace("> %s %s (%d bytes)", req.Method, shown(req.URL.String()), req.ContentLength)
	c.traceHeader(">", req.Header)
}

func (c *Client) traceResponse(resp *http.Response, after time.Duration) {
	if c.Trace == nil {
		return
	}
	c.trace("< %s %s after %v", resp.Proto, resp.Status, after.Round(100*time.Microsecond))
	c.traceHeader("<", resp.Header)
}

func (c *Client) traceHeader(mark string, h http.Header) {
	var names []string
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c.trace("%s %s: %s", mark, strings.ToLower(name), masked(name, h.Get(name)))
	}
}

// masked hides what a header may hold of a secret: all but the last four characters of a long one.
func masked(name, value string) string {
	if !SecretHeader(name) {
		return clean(value)
	}
	scheme, secret, ok := strings.Cut(value, " ")
	if !ok {
		scheme, secret = "", value
	} else {
		scheme += " "
	}
	if len(secret) < 12 {
		return scheme + "****"
	}
	return scheme + "****" + clean(secret[len(secret)-4:])
}

// SecretHeader reports whether a header's name says that its value is a secret.
func SecretHeader(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"auth", "key", "token", "cookie", "secret"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
