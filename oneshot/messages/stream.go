package messages

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strings"
	"time"
)

// Stream sends r and yields what comes back, in order: for each attempt
// KindRequestStart, KindResponse once headers are there, content, and
// KindRequestEnd; KindRetry between attempts; KindDone last. KindPause comes
// before everything that may block. An error is yielded once and ends the
// iteration: an *Error, the error of Client.Token, one of the transport that
// has a class of its own, or context.Cause(ctx).
func (c *Client) Stream(ctx context.Context, r *Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		s := &stream{c: c, r: r, yield: yield}
		if err := s.run(ctx); err != nil && !s.left {
			yield(Event{}, err)
		}
	}
}

// stream is one call of Stream.
type stream struct {
	c     *Client
	r     *Request
	yield func(Event, error) bool
	left  bool // the consumer is gone

	url    *url.URL
	size   int64
	open   func() io.ReadCloser
	token  string
	hidden []string // what no line may show beside the token

	attempts int
	retries  int
	renewed  bool // the credential was replaced after a 401
	begun    bool // text or a tool call of this attempt went out
}

func (s *stream) emit(e Event) bool {
	if !s.left && !s.yield(e, nil) {
		s.left = true
	}
	return !s.left
}

func (s *stream) run(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var err error
	if s.url, err = endpoint(s.c.BaseURL); err != nil {
		return err
	}
	if err := s.authenticate(ctx, ""); err != nil {
		return err
	}
	s.hidden = hidden(s.c.Secrets, s.url)
	s.size, s.open = s.r.Body()
	for {
		a, err := s.try(ctx)
		if err == nil || s.left {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := s.again(ctx, a, err); err != nil || s.left {
			return err
		}
	}
}

// authenticate fetches the credential.
func (s *stream) authenticate(ctx context.Context, rejected string) error {
	if s.c.Token == nil || s.c.Scheme == None {
		return nil
	}
	token, err := s.c.Token(ctx, rejected)
	if err != nil {
		return err
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return &Error{ErrClass: "config", Message: "the credential holds a control character"}
	}
	s.token = token
	return nil
}

// try makes one attempt and tells of it.
func (s *stream) try(ctx context.Context) (*attempt, error) {
	s.attempts++
	a := &attempt{s: s, started: time.Now(), info: RequestInfo{Attempt: s.attempts, URL: shownURL(s.url)}}
	start := a.info
	if !s.emit(Event{Kind: KindRequestStart, Request: &start}) || !s.emit(Event{Kind: KindPause}) {
		return a, nil
	}
	err := a.exchange(ctx)
	a.result.clean(a)
	a.info.Duration, a.info.Usage = time.Since(a.started), a.result.Usage
	a.traceEnd(err)
	if s.emit(Event{Kind: KindRequestEnd, Request: &a.info}) && err == nil {
		s.emit(Event{Kind: KindDone, Result: &a.result})
	}
	return a, err
}

// Endpoint is the URL that a base URL leads to. It is meant to be shown and
// leaves out user info and query.
func Endpoint(base string) string {
	u, err := endpoint(base)
	if err != nil {
		return ""
	}
	return shownURL(u)
}

// endpoint checks a base URL and appends the path of the call. User info has no use here and is dropped.
func endpoint(base string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(base))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &Error{ErrClass: "config", Message: fmt.Sprintf("base URL %q is no http or https URL", harmless(base))}
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	path := strings.TrimSuffix(strings.TrimRight(u.EscapedPath(), "/"), "/v1")
	if u.RawPath, u.Path = "", strings.TrimRight(path, "/")+"/v1/messages"; strings.Contains(path, "%") {
		u.RawPath = u.Path
		u.Path, _ = url.PathUnescape(u.RawPath)
	}
	return u, nil
}

// shownURL is a URL without what could be secret.
func shownURL(u *url.URL) string {
	shown := *u
	shown.User, shown.RawQuery, shown.Fragment = nil, "", ""
	return shown.String()
}

// harmless cuts from a broken URL what could be secret.
func harmless(raw string) string {
	if i := strings.LastIndexByte(raw, '@'); i >= 0 {
		raw = "…" + raw[i:]
	}
	raw, _, _ = strings.Cut(raw, "?")
	return clean(raw)
}
