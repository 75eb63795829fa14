package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"hermes/oneshot/wire/body"
)

// Exchange is a request beside the questions: for a list, a file, the state of a batch.
type Exchange struct {
	Method string
	URL    *url.URL
	Body   Payload // nil for none
	Type   string  // of the body; "" is JSON
	// Once says that a second request of this kind would do a second thing. It is sent again only when the server has refused it
	// with 429, or its credential: any other error leaves open whether the server did what was asked.
	Once bool
	// Read takes the body of an answer of status 2xx. It is called anew for each attempt; its error, or a *Failure, is that of Do.
	Read func(io.Reader) error
}

// Payload is a body: its exact size in bytes, and its bytes, which can be read as often as the request is sent.
type Payload interface {
	Size() int64
	Open() io.ReadCloser
}

// Do makes an exchange in the manners of a question: with the same credential, clocks, retries and trace. Its errors are those of Stream.
func (c *Client) Do(ctx context.Context, x Exchange) error {
	s := &stream{c: c, r: &Request{}, other: &x, yield: func(Event, error) bool { return true }, url: x.URL, body: x.Body}
	if s.body == nil {
		s.body = body.Body{}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return s.send(ctx)
}

// onto makes the exchange of a question's request.
func (e *Exchange) onto(req *http.Request) {
	req.Method = e.Method
	req.Header.Set("Accept", "*/*")
	switch {
	case req.ContentLength == 0:
		req.Body = nil
		req.Header.Del("Content-Type")
	case e.Type != "":
		req.Header.Set("Content-Type", e.Type)
	}
}

// hand gives the body to the reader of the exchange.
func (a *attempt) hand(e *Exchange) error {
	err := e.Read(a.body)
	if a.body.err != nil {
		return errBroken
	}
	if f, ok := errors.AsType[*Failure](err); ok {
		return a.failure(*f)
	}
	return err
}
