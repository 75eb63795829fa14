package messages

import (
	"context"
	"iter"
	"time"
)

// Stream sends r and yields what comes back, in order: for each attempt
// KindRequestStart, KindResponse once headers are there, content, and
// KindRequestEnd; KindRetry between attempts; KindDone last. An error is
// yielded once and ends the iteration: an *Error, the error of Client.Token,
// or context.Cause(ctx).
func (c *Client) Stream(ctx context.Context, r *Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		s := &stream{c: c, r: r, yield: yield}
		if err := s.run(ctx); err != nil && !s.left {
			yield(Event{}, err)
		}
	}
}

// stream is one call of Stream: its attempts, and whether the consumer is still there.
type stream struct {
	c       *Client
	r       *Request
	yield   func(Event, error) bool
	left    bool
	n       int  // attempts so far
	failed  int  // of these, the ones that count as retries
	renewed bool // the credential was replaced after a 401
}

func (s *stream) emit(e Event) bool {
	if !s.left && !s.yield(e, nil) {
		s.left = true
	}
	return !s.left
}

func (s *stream) run(ctx context.Context) error {
	token, err := s.token(ctx, "")
	for err == nil && !s.left {
		a := &attempt{c: s.c, token: token}
		err = s.try(ctx, a)
		switch {
		case err == nil || s.left || ctx.Err() != nil:
			return err
		case s.renewable(a, err):
			s.renewed = true
			token, err = s.token(ctx, a.token)
		default:
			err = s.afterFailure(ctx, a, err)
		}
	}
	return err
}

func (s *stream) token(ctx context.Context, rejected string) (string, error) {
	if s.c.Token == nil || s.c.Scheme == None {
		return "", nil
	}
	return s.c.Token(ctx, rejected)
}

// try makes one attempt and tells of it.
func (s *stream) try(ctx context.Context, a *attempt) error {
	s.n++
	a.started = time.Now()
	a.info = RequestInfo{Attempt: s.n, URL: shown(Endpoint(s.c.BaseURL))}
	start := a.info
	if !s.emit(Event{Kind: KindRequestStart, Request: &start}) {
		return nil
	}
	result, err := s.exchange(ctx, a)
	a.info.Duration = time.Since(a.started)
	if result != nil {
		a.info.Usage = result.Usage
	}
	if !s.left && !s.emit(Event{Kind: KindRequestEnd, Request: &a.info}) {
		return nil
	}
	if err == nil && result != nil && !s.left {
		s.emit(Event{Kind: KindDone, Result: result})
	}
	return err
}

// exchange is the request and its answer under the clocks.
func (s *stream) exchange(ctx context.Context, a *attempt) (*Result, error) {
	timed, k := startClock(ctx, s.c.FirstByte, s.c.Idle)
	defer k.stop()
	resp, err := a.send(timed, s.r)
	if err != nil {
		return nil, err
	}
	resp.Body = &body{ReadCloser: resp.Body, k: k}
	if !s.emit(Event{Kind: KindResponse, Response: &ResponseInfo{a.info.HTTPStatus, a.info.RequestID, a.info.TTFB}}) {
		resp.Body.Close()
		return nil, nil
	}
	result, err, here := a.consume(resp, func(e Event, err error) bool { return s.yield(e, err) })
	if !here {
		s.left = true
		return result, nil
	}
	if err == nil {
		return result, nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return result, cause
	}
	if cause := context.Cause(timed); cause != nil {
		err = cause
	}
	return result, a.cut(err)
}

// cut makes a failure after the first text what it is: an answer that is not whole.
func (a *attempt) cut(err error) error {
	e, ok := err.(*Error)
	if !ok || !a.yielded || e.ErrClass != "timeout" && e.ErrClass != "network" {
		return err
	}
	whole := *e
	whole.ErrClass, whole.Message = "protocol", "the answer was cut: "+e.Message
	return &whole
}

// renewable reports whether the server refused the credential for the first time.
func (s *stream) renewable(a *attempt, err error) bool {
	e, ok := err.(*Error)
	return ok && e.ErrClass == "auth_refused" && !s.renewed && a.token != ""
}

// afterFailure waits for the next try, or returns the error that stands.
func (s *stream) afterFailure(ctx context.Context, a *attempt, err error) error {
	e, ok := err.(*Error)
	if s.left || !ok || a.yielded || !e.Retryable || s.failed >= s.c.Retries {
		return err
	}
	delay, source := a.retry.delay(s.failed)
	if delay > maxServerDelay {
		return err
	}
	s.failed++
	info := &RetryInfo{
		Attempt: s.n, Class: e.ErrClass, HTTPStatus: e.HTTPStatus, Delay: delay, At: time.Now().Add(delay), Source: source,
	}
	if !s.emit(Event{Kind: KindRetry, Retry: info}) {
		return nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
