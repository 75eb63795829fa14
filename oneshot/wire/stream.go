package wire

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/pace"
)

// Stream sends r and yields what comes back, in order: for each attempt KindRequestStart, content, and KindRequestEnd;
// KindRetry between attempts; KindDone last. KindPause comes before everything that may block. An error is yielded once
// and ends the iteration: an *Error, an *Unsupported, the error of Client.Token, one of the transport that has a class of
// its own, or context.Cause(ctx).
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

	other  *Exchange // what is made in place of a question
	url    *url.URL
	body   Payload
	token  string
	hidden []string // what no line may show beside the token

	attempts int
	retries  int
	renewed  bool          // the credential was replaced after a 401
	begun    bool          // text or a tool call of this attempt went out
	waited   time.Duration // for resets of a quota
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
	if s.url, err = Endpoint(s.c.Protocol, s.c.BaseURL, s.r); err != nil {
		return err
	}
	if s.body, err = s.c.Protocol.Encode(s.r); err != nil {
		return err
	}
	return s.send(ctx)
}

// send makes attempts until one stands.
func (s *stream) send(ctx context.Context) error {
	if err := s.authenticate(ctx, ""); err != nil {
		return err
	}
	s.hidden = hidden(s.c.Secrets, s.url)
	for {
		turn, err := s.c.Pace.Wait(ctx, s.token, s.c.Tokens, func() { s.emit(Event{Kind: KindPause}) })
		if err != nil || s.left {
			return err
		}
		a, err := s.try(ctx, turn)
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
	if s.c.Token == nil {
		return nil
	}
	token, err := s.c.Token(ctx, rejected)
	if err != nil {
		return err
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return &Error{ErrClass: class.Config, Message: "the credential holds a control character"}
	}
	s.token = token
	return nil
}

// try makes one attempt and tells of it.
func (s *stream) try(ctx context.Context, turn pace.Turn) (*attempt, error) {
	s.attempts++
	a := &attempt{s: s, turn: turn, started: time.Now(), info: RequestInfo{Attempt: s.attempts, URL: Shown(s.url)}}
	start := a.info
	if !s.emit(Event{Kind: KindRequestStart, Request: &start}) || !s.emit(Event{Kind: KindPause}) {
		return a, nil
	}
	err := a.exchange(ctx)
	a.result.clean(a)
	a.info.Duration, a.info.Usage = time.Since(a.started), a.result.Usage
	if err == nil {
		u := a.result.Usage
		s.c.Pace.Spent(turn, u.InputTokens+u.CacheReadTokens+u.CacheWriteTokens+u.OutputTokens)
	}
	a.traceEnd(err)
	if s.emit(Event{Kind: KindRequestEnd, Request: &a.info}) && err == nil {
		s.emit(Event{Kind: KindDone, Result: &a.result})
	}
	return a, err
}

// Endpoint is where r is posted at a configured base URL. User info has no use there and is dropped. The error is an *Error
// of class config, which shows nothing that could be secret.
func Endpoint(p Protocol, base string, r *Request) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(base))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &Error{ErrClass: class.Config, Message: fmt.Sprintf("base URL %q is no http or https URL", harmless(base))}
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return p.Endpoint(u, r), nil
}

// Join is base with path behind its own, which loses slashes at its end and then the first suffix that it has. A base that
// ends with path already is returned as it is. path is escaped, as in a URL.
func Join(base *url.URL, path string, suffixes ...string) *url.URL {
	u := *base
	own := strings.TrimRight(u.EscapedPath(), "/")
	if path != "" && strings.HasSuffix(own, path) {
		return base
	}
	for _, suffix := range suffixes {
		if rest, ok := strings.CutSuffix(own, suffix); ok {
			own = strings.TrimRight(rest, "/")
			break
		}
	}
	u.RawPath = own + path
	u.Path, _ = url.PathUnescape(u.RawPath)
	if u.RawPath == u.Path {
		u.RawPath = ""
	}
	return &u
}

// SetCredential sets the credential in the header of that name, or as a Bearer token where name is "". No other header that could
// carry one stays beside it: other names them.
func SetCredential(h http.Header, name, credential string, other ...string) {
	if credential == "" {
		return
	}
	h.Del("Authorization")
	for _, o := range other {
		h.Del(o)
	}
	if name == "" {
		h.Set("Authorization", "Bearer "+credential)
	} else {
		h.Set(name, credential)
	}
}

// Shown is a URL without what could be secret. Of its query Gemini's alt and Azure's api-version stay.
func Shown(u *url.URL) string {
	shown, query := *u, url.Values{}
	for name, values := range u.Query() {
		if name == "alt" || name == "api-version" {
			query[name] = values
		}
	}
	shown.User, shown.RawQuery, shown.Fragment = nil, query.Encode(), ""
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
