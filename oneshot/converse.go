package oneshot

import (
	"bytes"
	"context"
	"slices"

	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
	"hermes/oneshot/wire"
)

// conversation is one target that is asked in turns until an answer stands.
type conversation struct {
	*run
	target      Target
	turns       int          // that the model had
	corrections int          // that were asked for
	held        bytes.Buffer // the text of a turn, where it is not known before its end whether it is the answer
	calls       []wire.Call  // of the turn
	problems    []output.SchemaError
}

// converse asks until an answer stands. Behind a turn that does not, the model gets back what it said, in the server's own form
// where that was kept, and what there is to say to it: the results of its calls, or what is wrong with its answer.
func (r *run) converse(ctx context.Context, t Target, req *wire.Request) error {
	c := &conversation{run: r, target: t}
	for purpose := ""; ; {
		result, err := c.turn(ctx, req, purpose)
		if err != nil {
			return err
		}
		var reply []wire.Part
		again := true
		switch {
		case len(c.calls) > 0:
			r.acted, purpose = true, ""
			reply, err = c.callTools(ctx)
		case result.Finish == wire.FinishPause: // the server goes on from what it said
		default:
			reply, err = c.reply()
			again, purpose = reply != nil, purposeSchema
		}
		if err != nil {
			return err
		}
		if !again {
			r.job.Thread.hear(t, append(req.Turns[len(r.in.Turns):], wire.Turn{Role: wire.Assistant, Parts: c.said(result)}))
			return c.denied()
		}
		next := *req
		next.Turns = append(slices.Clone(req.Turns), wire.Turn{Role: wire.Assistant, Parts: c.said(result)})
		if reply != nil {
			next.Turns = append(next.Turns, wire.Turn{Role: wire.User, Parts: reply})
		}
		req = &next
	}
}

// denied is the error of an answer that stands although a call was denied on the way to it.
func (r *run) denied() error {
	if r.session == nil {
		return nil
	}
	return r.session.Denied()
}

// holds says that the text of a turn is kept until its end: a part of it may be all that is written, or it is no answer.
func (r *run) holds() bool { return r.job.Schema != nil || r.job.Extract.Wanted || r.session != nil }

// turn asks once, and judges how the turn ended.
func (c *conversation) turn(ctx context.Context, req *wire.Request, purpose string) (wire.Result, error) {
	one := call{target: c.target, req: req, sink: c.write, restart: c.restart, purpose: purpose}
	if c.holds() {
		c.held.Reset()
		one.sink, one.restart = into(&c.held)
	}
	c.calls = nil
	if c.session != nil {
		one.calls = &c.calls
	}
	result, err := c.ask(ctx, one)
	c.turns++
	if err == nil {
		if c.holds() {
			c.blank = len(bytes.TrimSpace(c.held.Bytes())) == 0
		}
		if err = c.judge(result); c.goesOn(result) {
			return result, c.em.Reasoning(c.held.Bytes()) // it is not the answer
		}
		c.calls = nil // those of a turn that was cut or refused are never run
		if err != nil && c.session != nil && c.job.Schema == nil && !c.job.Extract.Wanted {
			err = first(c.write(c.held.Bytes()), err) // as much as came, as where no tools are offered
		}
	}
	if purpose == purposeSchema && class.Is(err, class.ContextLength) { // the prompt fits; what is wrong is the answer
		err = &SchemaError{c.problems}
	}
	return result, err
}

// goesOn reports a turn that ended so that the model has to be asked again: by calls, or by a pause of the server's.
func (c *conversation) goesOn(result wire.Result) bool {
	switch {
	case c.session == nil:
		return false
	case len(c.calls) > 0:
		return result.Finish == wire.FinishCalls || result.Finish == wire.FinishStop
	}
	return result.Finish == wire.FinishPause && len(result.Turn) > 0 && c.turns < mostPauses
}

// mostPauses bounds how often a server may pause a turn.
const mostPauses = 20

// reply is what there is to say to a whole answer; nil when it stands. What was held back and stands is written.
func (c *conversation) reply() ([]wire.Part, error) {
	switch {
	case c.job.Extract.Wanted:
		return nil, c.extract()
	case c.job.Schema == nil && c.session != nil:
		return nil, c.write(c.held.Bytes())
	case c.job.Schema == nil:
		return nil, nil
	}
	doc, problems, err := c.job.Schema.check(c.held.Bytes())
	if err != nil {
		return nil, &SchemaError{[]output.SchemaError{{Message: "it cannot be judged: " + err.Error()}}}
	}
	if problems == nil {
		c.set(func(s *state) { s.data = doc })
		return nil, c.write(doc)
	}
	c.corrections++
	if err := c.em.Emit(output.SchemaInvalid{Attempt: c.corrections, Errors: problems}); err != nil {
		return nil, err
	}
	if c.corrections > c.job.SchemaRetries {
		return nil, &SchemaError{problems}
	}
	c.problems = problems
	return []wire.Part{correction(problems)}, nil
}

// mostAnswer bounds what goes back of an answer that did not fit, in bytes.
const mostAnswer = 32 << 10

// said is the model's turn, to be sent back.
func (c *conversation) said(result wire.Result) []wire.Part {
	if len(result.Turn) > 0 {
		return result.Turn
	}
	if !c.holds() { // a server whose turn could not be kept; a thread gets the text
		return []wire.Part{wire.TextPart([]byte(c.text.String()))}
	}
	answer := bytes.Clone(bytes.TrimSpace(c.held.Bytes()))
	if len(answer) > mostAnswer {
		answer = append(input.Head(answer, mostAnswer), "\n[… the rest is left out …]"...)
	}
	return []wire.Part{wire.TextPart(answer)}
}

// into makes a call's sink of a buffer, which can forget.
func into(b *bytes.Buffer) (sink func([]byte) error, restart func() bool) {
	return func(p []byte) error { b.Write(p); return nil }, func() bool { b.Reset(); return true }
}
