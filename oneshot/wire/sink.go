package wire

import (
	"errors"
	"fmt"
	"time"

	"hermes/oneshot/class"
)

// errLeft is what a sink answers when nobody listens any more.
var errLeft = errors.New("the consumer left")

// Sink takes what a decoder reads and hands it to the caller of Stream. Its methods that return an error may be called
// until the first one.
type Sink struct {
	a    *attempt
	held int
}

// Text hands out a piece of the answer. p may be reused afterwards.
func (s *Sink) Text(p []byte) error { return s.say(KindText, p) }

// Reasoning hands out a piece of the model's reasoning. p may be reused afterwards.
func (s *Sink) Reasoning(p []byte) error { return s.say(KindReasoning, p) }

func (s *Sink) say(kind Kind, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if s.a.info.TTFT == 0 {
		s.a.info.TTFT = max(time.Since(s.a.started), 1)
	}
	if kind == KindText {
		s.a.s.begun = true
	}
	return s.emit(Event{Kind: kind, Text: p})
}

// Call hands out a whole tool call.
func (s *Sink) Call(c Call) error {
	s.a.s.begun = true
	return s.emit(Event{Kind: KindCall, Call: &c})
}

func (s *Sink) emit(e Event) error {
	if !s.a.s.emit(e) {
		return errLeft
	}
	return nil
}

// Keeps reports whether the turn is to be kept, so that it can be sent back.
func (s *Sink) Keeps() bool { return s.a.s.r.Keep || len(s.a.s.r.Tools) > 0 }

// Turns is how many turns the conversation had before this one.
func (s *Sink) Turns() int { return len(s.a.s.r.Turns) }

// maxHeld bounds what decoders keep of one answer, in bytes.
const maxHeld = 256 << 20

// Hold counts bytes that a decoder keeps until the answer's end. The error, a *Failure, says that they are too many.
func (s *Sink) Hold(n int) error {
	if s.held += n; s.held > maxHeld {
		return &Failure{Class: class.Protocol, Message: fmt.Sprintf("the answer's calls and hidden parts are larger than %d MB", maxHeld>>20)}
	}
	return nil
}

// Keep adds a part to the turn, in the server's own form. It does nothing unless Keeps.
func (s *Sink) Keep(p Part) {
	if s.Keeps() {
		s.a.result.Turn = append(s.a.result.Turn, p)
	}
}

// Result is what the decoder fills in as it learns of it: names, usage, and how the answer ended.
func (s *Sink) Result() *Result { return &s.a.result }
