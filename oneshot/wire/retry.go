package wire

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/guard"
)

const (
	firstDelay = 500 * time.Millisecond
	maxDelay   = 8 * time.Second
	// maxServerDelay is the longest wait that a server may impose; a longer
	// one is for the caller to decide.
	maxServerDelay = 60 * time.Second
	// farFuture keeps a server's number inside what time.Duration can hold.
	farFuture = 365 * 24 * time.Hour
)

// again decides what follows a failed attempt: nil after a renewed credential
// or a wait means another one, an error is the end.
func (s *stream) again(ctx context.Context, a *attempt, err error) error {
	e, ok := err.(*Error)
	if !ok {
		return err
	}
	if e.ErrClass == class.RateLimit {
		s.c.Pace.Refused(a.turn, a.retry.after)
	}
	if done, err := s.outwait(ctx, a, e); done {
		return err
	}
	renew := e.expired && !s.renewed && s.token != ""
	if !renew && s.other != nil && s.other.Once && e.HTTPStatus != http.StatusTooManyRequests {
		return err
	}
	if !renew && (!e.Retryable || e.final || s.retries >= s.c.Retries || a.retry.after > maxServerDelay) {
		return err
	}
	if s.begun && (s.c.Restart == nil || !s.c.Restart()) {
		return err
	}
	s.begun = false
	if renew {
		return s.renew(ctx, e)
	}
	delay, source := a.retry.delay(s.retries)
	s.retries++
	return s.pause(ctx, e, delay, source)
}

// outwait waits for a limit that the server told, where that is no retry: a reset that the caller waits for, and for a patient
// caller any refusal, which the pace spreads. done is false where neither is so.
func (s *stream) outwait(ctx context.Context, a *attempt, e *Error) (done bool, err error) {
	if s.begun || e.ErrClass != class.RateLimit && e.ErrClass != class.Quota {
		return false, nil
	}
	if s.c.Patient && e.ErrClass == class.RateLimit && !e.final && a.retry.after <= maxServerDelay && s.c.Pace.Bears() {
		return true, s.pause(ctx, e, 0, "header")
	}
	left := time.Until(e.RetryAt)
	if e.RetryAt.IsZero() || s.waited+left > s.c.ForQuota {
		return false, nil
	}
	left = max(left, 0) + spread(firstDelay, 0)
	s.waited += left
	return true, s.pause(ctx, e, left, "header")
}

// pause tells of the next attempt, and waits for it.
func (s *stream) pause(ctx context.Context, e *Error, delay time.Duration, source string) error {
	info := &RetryInfo{
		Attempt: s.attempts, Class: e.ErrClass, HTTPStatus: e.HTTPStatus,
		Delay: delay, At: time.Now().Add(delay), Source: source,
	}
	s.c.trace("* %s: next attempt in %v (%s)", e.ErrClass, delay, source)
	if !s.emit(Event{Kind: KindRetry, Retry: info}) || !s.emit(Event{Kind: KindPause}) {
		return nil
	}
	return guard.Sleep(ctx, delay)
}

// renew replaces a refused credential, once. The same one again would only be
// refused again.
func (s *stream) renew(ctx context.Context, refused *Error) error {
	s.renewed = true
	old := s.token
	if err := s.authenticate(ctx, old); err != nil {
		if class.Of(err) != refused.ErrClass {
			return err
		}
		told := *refused // the server's own refusal stays known, in the words of who owns the credential
		told.Message, told.Err = err.Error(), err
		return &told
	}
	if s.token == old || s.token == "" {
		return refused
	}
	return nil
}

// retryHeader is the server's word on when to come back.
type retryHeader struct {
	after time.Duration
	at    time.Time // zero when the server said nothing
}

// readRetryHeader reads Retry-After-Ms, then Retry-After, which is seconds or
// an HTTP date (provider-apis §3.9). A date is meant by the server's clock.
func readRetryHeader(h http.Header, now time.Time) retryHeader {
	after := amount(h.Get("Retry-After-Ms"), time.Millisecond)
	if after <= 0 {
		after = amount(h.Get("Retry-After"), time.Second)
	}
	if date, err := http.ParseTime(h.Get("Retry-After")); after <= 0 && err == nil {
		serverNow, err := http.ParseTime(h.Get("Date"))
		if err != nil {
			serverNow = now
		}
		after = min(date.Sub(serverNow), farFuture)
	}
	if after <= 0 {
		return retryHeader{}
	}
	return retryAfter(after, now)
}

// retryAfter is a server's wish to wait, in the header's or the body's words.
func retryAfter(d time.Duration, now time.Time) retryHeader {
	d = min(d, farFuture)
	return retryHeader{d, now.Add(d)}
}

// amount reads a number of units; 0 for anything that is not a positive number.
func amount(s string, unit time.Duration) time.Duration {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !(n > 0) {
		return 0
	}
	return time.Duration(min(n*float64(unit), float64(farFuture)))
}

// delay is the wait after the attempt that followed n retries: the longer of
// the server's word and our own back-off, and a part by chance on top of it.
// Many processes that a server refused in one moment would else all be back in
// one moment, and be refused again; each retry spreads them wider.
func (r retryHeader) delay(n int) (d time.Duration, source string) {
	own := min(firstDelay<<min(n, 10), maxDelay)
	d, source = own, "backoff"
	if r.after >= own {
		d, source = r.after, "header"
	}
	return d + time.Duration(rand.Int64N(int64(spread(own, r.after)))), source
}

// spread is the most that chance adds to a wait.
func spread(own, after time.Duration) time.Duration { return max(min(2*own, maxDelay), after/4) }
