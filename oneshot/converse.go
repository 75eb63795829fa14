package oneshot

import (
	"bytes"
	"context"

	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
	"hermes/oneshot/wire"
)

// conversation is one target that is asked in turns until an answer stands.
type conversation struct {
	*run
	target   Target
	held     bytes.Buffer         // the answer, where it is checked before it is written
	problems []output.SchemaError // of the answer before
}

// converse asks until an answer stands. Behind one that does not, the model gets back what it said, in the server's own form
// where that was kept, and what there is to say to it.
func (r *run) converse(ctx context.Context, t Target, req *wire.Request) error {
	c := &conversation{run: r, target: t}
	for turn := 0; ; turn++ {
		result, err := c.turn(ctx, req, turn)
		if err != nil {
			return err
		}
		reply, err := c.reply(turn)
		if err != nil || reply == nil {
			return err
		}
		next := *req
		next.Turns = append(append([]wire.Turn(nil), req.Turns...),
			wire.Turn{Role: wire.Assistant, Parts: c.said(result)}, wire.Turn{Role: wire.User, Parts: reply})
		req = &next
	}
}

// holds says that an answer is kept until it is whole: a part of it may be all that is written.
func (c *conversation) holds() bool { return c.job.Schema != nil || c.job.Extract.Wanted }

// turn asks once, and judges how the answer ended.
func (c *conversation) turn(ctx context.Context, req *wire.Request, turn int) (wire.Result, error) {
	one := call{target: c.target, req: req, sink: c.write, restart: c.restart}
	if c.holds() {
		c.held.Reset()
		one.sink, one.restart = into(&c.held)
	}
	if turn > 0 {
		one.purpose = purposeSchema
	}
	result, err := c.ask(ctx, one)
	if err == nil {
		if c.holds() {
			c.blank = len(bytes.TrimSpace(c.held.Bytes())) == 0
		}
		err = c.judge(result)
	}
	if turn > 0 && class.Is(err, class.ContextLength) { // the prompt fits; what is wrong is the answer
		err = &SchemaError{c.problems}
	}
	return result, err
}

// reply is what there is to say to a whole answer; nil when it stands. What fits the schema is written.
func (c *conversation) reply(turn int) ([]wire.Part, error) {
	switch {
	case c.job.Extract.Wanted:
		return nil, c.extract()
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
	if err := c.em.Emit(output.SchemaInvalid{Attempt: turn + 1, Errors: problems}); err != nil {
		return nil, err
	}
	if turn >= c.job.SchemaRetries {
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
