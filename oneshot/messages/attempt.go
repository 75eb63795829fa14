package messages

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Endpoint is the URL that a base URL leads to.
func Endpoint(base string) string {
	base = strings.TrimRight(base, "/")
	return strings.TrimSuffix(base, "/v1") + "/v1/messages"
}

func rootOf(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" {
		return "", errors.New("nothing to warm")
	}
	return u.Scheme + "://" + u.Host + "/", nil
}

// shown is a URL without what could be secret.
func shown(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// attempt is one request and what came of it.
type attempt struct {
	c       *Client
	info    RequestInfo
	started time.Time
	token   string
	yielded bool // text went out
	retry   retryHeader
}

// send makes the request and returns the response, whose body is bounded by the clocks.
func (a *attempt) send(ctx context.Context, r *Request) (*http.Response, error) {
	size, open := r.Body()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, Endpoint(a.c.BaseURL), open())
	if err != nil {
		return nil, &Error{ErrClass: "config", Message: fmt.Sprintf("base URL %q: not a URL", shown(a.c.BaseURL)), Err: err}
	}
	req.ContentLength = size
	req.GetBody = func() (io.ReadCloser, error) { return open(), nil }
	maps.Copy(req.Header, a.c.Header)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Anthropic-Version", "2023-06-01")
	a.authorize(req)
	a.c.traceRequest(req)
	resp, err := a.c.Transport.RoundTrip(req)
	if err != nil {
		return nil, a.failure(ctx, err)
	}
	a.info.TTFB = time.Since(a.started)
	a.info.HTTPStatus, a.info.RequestID = resp.StatusCode, requestID(resp.Header)
	a.retry = readRetryHeader(resp.Header, time.Now())
	a.c.traceResponse(resp, a.info.TTFB)
	return resp, nil
}

func (a *attempt) authorize(req *http.Request) {
	if a.token == "" {
		return
	}
	switch a.c.Scheme {
	case Bearer:
		req.Header.Set("Authorization", "Bearer "+a.token)
	case APIKey:
		req.Header.Set("X-Api-Key", a.token)
	}
}

// requestID is the first of the names under which a server hands out its id.
func requestID(h http.Header) string {
	for _, name := range []string{"Request-Id", "Trace-Id", "Minimax-Request-Id", "X-Mm-Request-Id"} {
		if id := h.Get(name); id != "" {
			return clean(id)
		}
	}
	return ""
}

// failure names a transport error: our own clock, the caller's end, or the network.
func (a *attempt) failure(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	e := &Error{ErrClass: "network", Message: "cannot reach " + hostOf(a.c.BaseURL) + ": " + clean(rootCause(err)), Retryable: true, Err: err}
	if timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && timeout.Timeout() {
		e.ErrClass = "timeout"
	}
	if isCertificate(err) {
		e.Retryable = false
	}
	return e
}

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return "the server"
	}
	return u.Host
}

// consume turns the response into events. ok is false when the consumer has left.
func (a *attempt) consume(resp *http.Response, yield func(Event, error) bool) (*Result, error, bool) {
	defer resp.Body.Close()
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return nil, a.redirected(resp), true
	}
	if resp.StatusCode != http.StatusOK {
		return nil, a.refused(resp), true
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case kind == "application/json":
		return a.whole(resp, yield)
	case kind == "text/html":
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
		return nil, a.wrong("a web page came instead of an answer" + title(body)), true
	}
	return a.stream(resp, yield)
}

func (a *attempt) wrong(msg string) *Error {
	return &Error{
		ErrClass: "protocol", Message: msg, HTTPStatus: a.info.HTTPStatus, RequestID: a.info.RequestID, Retryable: true,
	}
}

// redirected refuses to follow: a credential stays at the host it was meant for.
func (a *attempt) redirected(resp *http.Response) error {
	where := "elsewhere"
	if u, err := resp.Location(); err == nil {
		where = "to " + u.Host
	}
	e := a.wrong(fmt.Sprintf("%s redirects %s; redirects are not followed, set the base URL", hostOf(a.c.BaseURL), clean(where)))
	e.Retryable = false
	return e
}
