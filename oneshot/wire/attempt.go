package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/pace"
	"hermes/oneshot/wire/dial"
)

const (
	// An answer that is whole may still lack the last bytes of its transfer.
	// Reading them keeps the connection for the next request.
	lingerTime  = 100 * time.Millisecond
	lingerBytes = 64 << 10
	// onePacket is how large a body is that is copied to be sent in one packet with its header, in bytes.
	onePacket = 4 << 10
)

// attempt is one request and what came of it.
type attempt struct {
	s           *stream
	turn        pace.Turn
	started     time.Time
	info        RequestInfo
	result      Result
	retry       retryHeader
	first, idle clock
	body        *download
	cancel      context.CancelCauseFunc
	last        lastEvents // for the trace
}

// exchange sends the request and hands out its answer. Its events are emitted
// on the way; nil also means that the consumer left.
func (a *attempt) exchange(caller context.Context) error {
	ctx, cancel := context.WithCancelCause(caller)
	a.cancel = cancel
	first, idle := a.s.c.FirstByte, a.s.c.Idle
	a.first = clock{limit: first, fire: func() { cancel(silence("first-byte-timeout", first)) }}
	a.idle = clock{limit: idle, fire: func() { cancel(silence("idle-timeout", idle)) }}
	resp, err := a.send(ctx)
	if err != nil {
		a.first.end()
		cancel(nil)
		return a.unreached(caller, ctx, err)
	}
	if c, ok := resp.Body.(interface{ Cached() bool }); ok {
		a.info.Cached = c.Cached()
	}
	a.body = &download{ReadCloser: resp.Body, first: &a.first, idle: &a.idle}
	err = a.answer(resp)
	if err == errBroken {
		err = a.broken(caller, ctx, a.body.err)
	}
	a.leave(err == nil && !a.s.left, cancel)
	return err
}

func (a *attempt) answer(resp *http.Response) error {
	if !a.s.emit(Event{Kind: KindPause}) {
		return nil
	}
	if err := a.read(resp); err != errLeft {
		return err
	}
	return nil
}

// errBroken is a body that broke off; attempt.body.err says why.
var errBroken = errors.New("the body broke off")

// leave lets go of the response. The end of a whole answer is waited for
// elsewhere and not for long; anything else is dropped at once.
func (a *attempt) leave(whole bool, cancel context.CancelCauseFunc) {
	a.first.end()
	a.idle.end()
	if !whole || a.body.ended {
		cancel(nil)
		a.body.Close()
		return
	}
	rest := a.body.ReadCloser
	go func() {
		timer := time.AfterFunc(lingerTime, func() { cancel(nil) })
		_, _ = io.CopyN(io.Discard, rest, lingerBytes)
		timer.Stop()
		cancel(nil)
		rest.Close()
	}()
}

func (a *attempt) send(ctx context.Context) (*http.Response, error) {
	s := a.s
	req := &http.Request{
		Method: http.MethodPost, URL: s.url, Host: s.url.Host, Header: a.header(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		ContentLength: s.body.Size(),
		// There is no GetBody: with it net/http would send the request again by itself.
	}
	ctx, req.Body = a.upload(ctx)
	if s.other != nil {
		s.other.onto(req)
	}
	a.traceRequest(req)
	a.first.start()
	resp, err := s.c.Transport.RoundTrip(req.WithContext(ctx))
	a.first.hold()
	if err != nil {
		return nil, err
	}
	a.info.TTFB = time.Since(a.started)
	a.info.HTTPStatus, a.info.RequestID = resp.StatusCode, a.clean(requestID(resp.Header))
	now := time.Now()
	a.retry, a.info.Quota = readRetryHeader(resp.Header, now), readQuota(resp.Header, now)
	a.s.c.Pace.Heard(a.info.Quota.Requests.room(), a.info.Quota.Tokens.room(), resp.StatusCode < http.StatusBadRequest)
	a.traceResponse(resp)
	return resp, nil
}

// upload is the body of the request. One that is already in memory net/http sends in one packet with the header, where it is asked
// directly: who stands between may want to open the body again. To take a connection is then the sign of life.
func (a *attempt) upload(ctx context.Context) (context.Context, io.ReadCloser) {
	body := a.s.body
	if _, direct := a.s.c.Transport.(*http.Transport); !direct || body.Size() > onePacket {
		return ctx, &upload{body.Open(), &a.first, body.Open}
	}
	raw := make([]byte, body.Size())
	_, _ = io.ReadFull(body.Open(), raw) // of memory
	started := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { a.first.start() }}
	return httptrace.WithClientTrace(ctx, started), io.NopCloser(bytes.NewReader(raw))
}

// header makes the request's header. A credential in the caller's own is dropped where the protocol brings one.
func (a *attempt) header() http.Header {
	h := a.s.c.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "text/event-stream")
	a.s.c.Protocol.Header(h, a.s.token)
	return h
}

// unreached explains why no response came: the caller's end, our own clock,
// an error that knows its class, or the network.
func (a *attempt) unreached(caller, ctx context.Context, err error) error {
	if caller.Err() != nil {
		return context.Cause(caller)
	}
	if e, ok := context.Cause(ctx).(*Error); ok {
		return e
	}
	if slow, ok := errors.AsType[*dial.TimeoutError](err); ok {
		e := a.fail(class.Timeout, slow.Error())
		e.Err = err
		return e
	}
	if _, ok := errors.AsType[interface {
		error
		Class() string
	}](err); ok {
		return err
	}
	e := a.fail(class.Network, fmt.Sprintf("cannot reach %s: %s", a.s.url.Host, dial.Reason(err)))
	e.Err = err
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		e.ErrClass = class.Timeout
	}
	e.Retryable = !dial.Permanent(err)
	return e
}

// broken explains a body that broke off. After a piece of the answer went out
// it is a cut answer, whatever cut it.
func (a *attempt) broken(caller, ctx context.Context, err error) error {
	if caller.Err() != nil {
		return context.Cause(caller)
	}
	if e, ok := context.Cause(ctx).(*Error); ok {
		e.HTTPStatus, e.RequestID = a.info.HTTPStatus, a.info.RequestID
		if a.s.begun {
			e.ErrClass, e.Message = class.Protocol, "the answer was cut: "+e.Message
		}
		return e
	}
	e := a.fail(class.Protocol, "the answer was cut: "+dial.Reason(err))
	e.Err = err
	return e
}

// fail makes an error of this attempt that may be tried again.
func (a *attempt) fail(c class.Class, message string) *Error {
	return &Error{
		ErrClass: c, Message: a.clean(message), HTTPStatus: a.info.HTTPStatus, RequestID: a.info.RequestID,
		RetryAt: a.retry.at, Retryable: true,
	}
}

// failure makes an error of what the protocol read, or of the body where it read no message.
func (a *attempt) failure(f Failure) *Error {
	if f.Message == "" {
		f.Message = plainMessage(f.Body, a.info.HTTPStatus)
	}
	e := a.fail(f.Class, f.Message)
	e.Retryable, e.final, e.expired, e.ProviderCode = f.Retryable, f.Final, f.Expired, a.clean(f.Code)
	if e.API = f.API; f.API != "" {
		e.Asked = a.s.c.Protocol.API()
	}
	if e.RequestID == "" {
		e.RequestID = a.clean(f.RequestID)
	}
	if f.RetryAfter > 0 && a.retry.after == 0 {
		a.retry = retryAfter(f.RetryAfter, time.Now())
		e.RetryAt = a.retry.at
	}
	if !f.RetryAt.IsZero() {
		e.RetryAt = f.RetryAt
	}
	if e.RetryAt.IsZero() && (e.ErrClass == class.RateLimit || e.ErrClass == class.Quota) {
		e.RetryAt = a.info.Quota.exhausted() // for people: our own back-off may well come through before
	}
	return e
}
