package wire

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"hermes/oneshot/sse"
)

// lastEvents keeps the last events of a stream for the trace: a stream that
// goes wrong goes wrong at its end.
type lastEvents struct {
	n    int
	ring [4]string
}

func (c *Client) trace(format string, args ...any) {
	if c.Trace != nil {
		c.Trace(fmt.Sprintf(format, args...))
	}
}

func (a *attempt) traceRequest(req *http.Request) {
	if a.s.c.Trace == nil {
		return
	}
	a.s.c.trace("> %s %s (%d bytes)", req.Method, Shown(req.URL), req.ContentLength)
	a.traceHeader(">", req.Header)
}

func (a *attempt) traceResponse(resp *http.Response) {
	if a.s.c.Trace == nil {
		return
	}
	a.s.c.trace("< %s %s after %v", resp.Proto, a.clean(resp.Status), short(a.info.TTFB))
	a.traceHeader("<", resp.Header)
}

func (a *attempt) traceHeader(mark string, h http.Header) {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range h[name] {
			shown := masked(name, value)
			if slices.Contains(a.s.c.Secrets, value) {
				shown = hint(value)
			}
			a.s.c.trace("%s %s: %s", mark, strings.ToLower(a.clean(name)), a.clean(shown))
		}
	}
}

// noteEvent keeps an event for traceEnd; it does nothing without a trace.
func (a *attempt) noteEvent(ev sse.Event) {
	if a.s.c.Trace == nil {
		return
	}
	data := ev.Data[:min(len(ev.Data), maxErrorBody)] // a.clean shortens it, once no secret can be cut in two
	a.last.ring[a.last.n%len(a.last.ring)] = ev.Type + " " + string(data)
	a.last.n++
}

// traceEnd tells the last events, the timing and how the attempt ended.
func (a *attempt) traceEnd(err error) {
	if a.s.c.Trace == nil {
		return
	}
	kept := len(a.last.ring)
	for i := max(0, a.last.n-kept); i < a.last.n; i++ {
		a.s.c.trace("< event %d: %s", i+1, a.clean(unescaped(a.last.ring[i%kept])))
	}
	end := "whole"
	switch {
	case err != nil:
		end = a.clean(err.Error())
	case a.s.left:
		end = "left by the caller"
	}
	a.s.c.trace("* attempt %d: %d events, headers after %v, first text after %v, end after %v: %s",
		a.info.Attempt, a.last.n, short(a.info.TTFB), short(a.info.TTFT), short(a.info.Duration), end)
}

func short(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

// masked hides what a header may hold of a secret.
func masked(name, value string) string {
	if !SecretHeader(name) {
		return value
	}
	if scheme, secret, ok := strings.Cut(value, " "); ok && (scheme == "Bearer" || scheme == "Basic") {
		return scheme + " " + hint(secret)
	}
	return hint(value)
}

// SecretHeader reports whether a header's name says that its value is a secret.
func SecretHeader(name string) bool {
	name = strings.ToLower(name)
	for _, part := range [...]string{"auth", "key", "token", "cookie", "secret", "pass", "cred", "signature"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
