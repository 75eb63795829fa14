package wire

import (
	"encoding/json"
	"errors"
	"io"

	"hermes/oneshot/class"
	"hermes/oneshot/sse"
)

// decode reads a stream by the protocol's decoder.
func (a *attempt) decode(r *sse.Reader) error {
	d := a.s.c.Protocol.Decoder(a.s.r, &Sink{a: a})
	return a.settle(d, a.events(d, r))
}

// events gives the decoder the events until the answer is whole.
func (a *attempt) events(d Decoder, r *sse.Reader) error {
	for first := true; ; first = false { // a pause came before the first read
		if !first && !r.Buffered() && !a.s.emit(Event{Kind: KindPause}) {
			return errLeft
		}
		ev, err := r.Next()
		switch {
		case err == io.EOF:
			return d.EOF()
		case err == sse.ErrTooLong:
			return &Failure{Class: class.Protocol, Message: err.Error()}
		case err != nil:
			return errBroken
		}
		a.noteEvent(ev)
		if done, err := d.Event(ev); done || err != nil {
			return err
		}
	}
}

// document reads an answer that came as one JSON document: an error under status 200, or a whole message from a server
// that does not stream.
func (a *attempt) document(body io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(body, sse.MaxLine))
	if err != nil {
		return errBroken
	}
	if !json.Valid(raw) {
		return a.fail(class.Protocol, "a document that is not JSON came instead of an event stream")
	}
	d := a.s.c.Protocol.Decoder(a.s.r, &Sink{a: a})
	return a.settle(d, d.Document(raw))
}

// settle lets the decoder hand out what it held back, and turns its failure into this attempt's error. Of an answer that
// failed before its first text nothing is handed out: it may be asked again.
func (a *attempt) settle(d Decoder, err error) error {
	if err != errLeft && (err == nil || a.s.begun) {
		if left := d.Flush(); left != nil {
			return left
		}
	}
	if f, ok := errors.AsType[*Failure](err); ok {
		return a.failure(*f)
	}
	return err
}
