package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

const (
	maxAnswer    = 1 << 20  // bytes of a 200
	maxErrorBody = 16 << 10 // bytes of anything else
	maxHops      = 5
)

// reply is a fully read answer.
type reply struct {
	url    string // that gave it, without query
	form   url.Values
	status int
	header http.Header
	body   []byte
}

// post sends form where to says and follows its redirects. The error is an
// *Error without Code. headers come in pairs.
func (c *Client) post(ctx context.Context, to route, form url.Values, headers ...string) (reply, *Error) {
	if to.err != nil {
		return reply{}, &Error{ErrClass: "config", Message: to.err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	for at, hop := to.target, 0; ; hop++ {
		r, e := c.send(ctx, http.MethodPost, at, form, headers)
		if e != nil || r.status != http.StatusTemporaryRedirect && r.status != http.StatusPermanentRedirect {
			return r, e
		}
		if hop == maxHops {
			return r, refusedRedirect(r, fmt.Errorf("redirects more than %d times", maxHops))
		}
		var err error
		if at, err = c.redirect(to, at, r.header.Get("Location")); err != nil {
			return r, refusedRedirect(r, err)
		}
	}
}

func refusedRedirect(r reply, err error) *Error {
	return &Error{ErrClass: "protocol", HTTPStatus: r.status, Sent: true, Message: r.url + " " + err.Error()}
}

// send makes one request, which reaches the server at most once: a form may hold
// a refresh token, which is spent by its first use. net/http repeats by itself
// what it believes was not processed, for as long as the server says so (GOAWAY,
// RST_STREAM). Without GetBody it cannot repeat a form; what has no body is
// cancelled by the trace.
func (c *Client) send(ctx context.Context, method string, to *url.URL, form url.Values, headers []string) (reply, *Error) {
	r := reply{url: shown(to), form: form}
	once, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	trace := progress{cancel: cancel}
	body := form.Encode()
	if slices.Contains(headers, jsonType) {
		body = asObject(form)
	}
	req, err := http.NewRequestWithContext(trace.watch(once), method, to.String(), strings.NewReader(body))
	if err != nil {
		return r, &Error{ErrClass: "protocol", Message: r.url + " is not a URL to ask"}
	}
	req.Close, req.GetBody = true, nil
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("User-Agent", "hermes")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Encoding", "identity")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{Transport: c.transport(), CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	res, err := client.Do(req)
	if err != nil {
		// net/http explains to programmers why it did not send a form again.
		if context.Cause(once) == errRefused || strings.Contains(err.Error(), "cannot retry err [") {
			err = errRefused
		}
		return r, c.failure(ctx, r, err, trace.sent())
	}
	defer res.Body.Close()
	r.status, r.header = res.StatusCode, res.Header
	limit := maxErrorBody
	if r.status == http.StatusOK {
		limit = maxAnswer
	}
	r.body, err = io.ReadAll(io.LimitReader(res.Body, int64(limit)+1))
	switch {
	case r.status != http.StatusOK:
		r.body = r.body[:min(len(r.body), limit)] // what came before a cut is good enough
	case err != nil:
		return r, c.failure(ctx, r, err, true)
	case len(r.body) > limit:
		return r, &Error{ErrClass: "protocol", HTTPStatus: r.status, Sent: true, Message: fmt.Sprintf("%s answers with more than %d bytes", r.url, limit)}
	}
	return r, nil
}

// asObject is a form as a JSON object of texts.
func asObject(form url.Values) string {
	fields := map[string]string{}
	for name := range form {
		fields[name] = form.Get(name)
	}
	raw, _ := json.Marshal(fields) // texts always encode
	return string(raw)
}

// failure explains a request that got no whole answer.
func (c *Client) failure(ctx context.Context, r reply, err error, sent bool) *Error {
	e := &Error{ErrClass: "network", HTTPStatus: r.status, Sent: sent}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var timeout net.Error
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		e.cause = context.Cause(ctx)
		e.Message = r.url + ": cancelled"
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.ErrClass = "timeout"
		e.Message = r.url + " did not answer in time"
	case err == errRefused:
		e.Message = r.url + " " + err.Error()
	case untrusted(err):
		e.ErrClass = "protocol"
		e.Message = fmt.Sprintf("%s cannot be trusted: %s", r.url, quote(err.Error(), r.form))
	case r.status != 0:
		e.Message = fmt.Sprintf("%s broke off its answer: %s", r.url, quote(err.Error(), r.form))
	default:
		e.Message = fmt.Sprintf("%s cannot be reached: %s", r.url, quote(err.Error(), r.form))
	}
	return e
}

func (c *Client) transport() http.RoundTripper {
	if c.Transport != nil {
		return c.Transport
	}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true,
		DisableCompression:     true,
	}
}

// progress watches how far a request came. It errs on the side of "sent":
// having a connection counts, because net/http may still be writing when it
// reports that a request was cancelled, and so does a transport that reports
// nothing at all.
type progress struct {
	asked, connected, headers, wrote atomic.Bool
	cancel                           context.CancelCauseFunc // of the request, when it would be sent again
}

var errRefused = errors.New("refused the request, in HTTP/2's own words")

func (p *progress) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) {
			p.asked.Store(true)
			if p.headers.Load() {
				p.cancel(errRefused)
			}
		},
		WroteHeaders: func() { p.headers.Store(true) },
		GotConn:      func(httptrace.GotConnInfo) { p.connected.Store(true) },
		WroteRequest: func(httptrace.WroteRequestInfo) { p.wrote.Store(true) },
	})
}

func (p *progress) sent() bool {
	return p.wrote.Load() || p.connected.Load() || !p.asked.Load()
}
