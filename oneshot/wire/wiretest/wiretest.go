// Package wiretest holds the protocols to what the client of package wire expects of them: [Conform] is one table that
// every protocol's tests call, [Cases] are recorded streams with what a client should make of them.
package wiretest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"hermes/oneshot/wire"
)

// Outcome is what a consumer saw of one Stream.
type Outcome struct {
	Kinds           []wire.Kind // without KindPause
	Text, Reasoning strings.Builder
	Calls           []wire.Call
	Starts, Ends    []*wire.RequestInfo
	Retries         []*wire.RetryInfo
	Result          *wire.Result
	Pauses          int
	Err             error
}

// Collect runs a request to its end and keeps everything.
func Collect(t testing.TB, c *wire.Client, r *wire.Request) *Outcome {
	t.Helper()
	return CollectContext(t, t.Context(), c, r)
}

// CollectContext is Collect under a context of the caller's.
func CollectContext(t testing.TB, ctx context.Context, c *wire.Client, r *wire.Request) *Outcome {
	t.Helper()
	o := &Outcome{}
	for ev, err := range c.Stream(ctx, r) {
		if o.Err != nil {
			t.Error("an event after the error")
		}
		if o.Err = err; err == nil {
			o.take(ev)
		}
	}
	return o
}

func (o *Outcome) take(ev wire.Event) {
	if ev.Kind == wire.KindPause {
		o.Pauses++
		return
	}
	o.Kinds = append(o.Kinds, ev.Kind)
	switch ev.Kind {
	case wire.KindText:
		o.Text.Write(ev.Text)
	case wire.KindReasoning:
		o.Reasoning.Write(ev.Text)
	case wire.KindCall:
		o.Calls = append(o.Calls, *ev.Call)
	case wire.KindRequestStart:
		o.Starts = append(o.Starts, ev.Request)
	case wire.KindRequestEnd:
		o.Ends = append(o.Ends, ev.Request)
	case wire.KindRetry:
		o.Retries = append(o.Retries, ev.Retry)
	case wire.KindDone:
		o.Result = ev.Result
	}
}

// Error is the outcome's *wire.Error, or one without a class.
func (o *Outcome) Error() *wire.Error {
	if e, ok := o.Err.(*wire.Error); ok {
		return e
	}
	return &wire.Error{}
}

// Digest is what must not depend on how the bytes arrive.
func (o *Outcome) Digest() string {
	var b strings.Builder
	_ = json.NewEncoder(&b).Encode([]any{o.Kinds, o.Text.String(), o.Reasoning.String(), o.Calls, o.Result})
	if o.Err != nil {
		b.WriteString(o.Err.Error())
	}
	return b.String()
}

// Hello is a request of one word.
func Hello() *wire.Request {
	return &wire.Request{Model: "m", DefaultTokens: 10, Turns: []wire.Turn{{Role: wire.User, Parts: []wire.Part{wire.TextPart([]byte("hi"))}}}}
}

// WithTools is Hello with a tool offered, so that calls are handed out and the turn is kept.
func WithTools() *wire.Request {
	r := Hello()
	r.Tools = []wire.Tool{{Name: "look", Description: "Look something up", Schema: json.RawMessage(`{"type":"object"}`)}}
	return r
}

// Answer is a RoundTripper that answers every request alike, reading its body first. Header nil is an event stream.
type Answer struct {
	Status int
	Header http.Header
	Body   func() io.Reader
}

// RoundTrip answers.
func (a Answer) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	r.Body.Close()
	h := a.Header
	if h == nil {
		h = http.Header{"Content-Type": {"text/event-stream"}}
	}
	return &http.Response{
		StatusCode: a.Status, Status: http.StatusText(a.Status), Proto: "HTTP/1.1", Header: h,
		Body: io.NopCloser(a.Body()), Request: r,
	}, nil
}

// Read runs a body of status 200 through a whole client, with a tool offered.
func Read(t testing.TB, p wire.Protocol, body io.Reader) *Outcome {
	t.Helper()
	return ReadFor(t, p, WithTools(), body)
}

// ReadFor is Read for a request of the caller's.
func ReadFor(t testing.TB, p wire.Protocol, r *wire.Request, body io.Reader) *Outcome {
	t.Helper()
	return Collect(t, &wire.Client{Protocol: p, BaseURL: "http://h", Transport: Answer{Status: 200, Body: func() io.Reader { return body }}}, r)
}

// Refuse runs an error body through a whole client that does not retry.
func Refuse(t testing.TB, p wire.Protocol, status int, h http.Header, body string) *wire.Error {
	t.Helper()
	o := Collect(t, &wire.Client{Protocol: p, BaseURL: "http://h", Transport: Answer{status, h, func() io.Reader { return strings.NewReader(body) }}}, Hello())
	return o.Error()
}
