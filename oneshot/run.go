package oneshot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"hermes/oneshot/bill"
	"hermes/oneshot/class"
	"hermes/oneshot/guard"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/dial"
)

// DeadlineError is the end of a run by its own --deadline.
type DeadlineError struct{ After time.Duration }

func (e *DeadlineError) Error() string { return fmt.Sprintf("the deadline of %v has passed", e.After) }

// Class is deadline.
func (e *DeadlineError) Class() string { return string(class.Deadline) }

// run is one Run: what its own goroutine works with, and its state.
type run struct {
	job      Job
	em       *output.Emitter
	started  time.Time
	stop     context.CancelCauseFunc
	begun    bool // run.start is out
	in       *input.Content
	blank    bool // so far the answer is white space
	bill     bill.Bill
	calls    counter
	recorded sync.Once

	mu sync.Mutex // held to change the state, and to read it from another goroutine
	state
}

// state is what run.start and run.end tell of a run, which may be ended from outside at any moment.
type state struct {
	target  Target
	input   output.Input
	text    strings.Builder // the answer, when Job.Keep asks for it
	data    []byte          // the JSON that fits the schema
	written bool            // a byte of the answer went to the emitter
	finish  string
	model   string // as the server names it
	timings output.Timings
	told    []output.Warning // of the targets
}

func newRun(job Job, em *output.Emitter) *run {
	r := &run{job: job, em: em, started: time.Now(), blank: true}
	r.input.Sources = []output.Source{}
	return r
}

func (r *run) set(change func(*state)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.state)
}

// Run answers the job through em and returns the error that run.end reports, or nil for a whole answer.
func Run(ctx context.Context, job Job, em *output.Emitter) error {
	r := newRun(job, em)
	if job.Limits.Deadline > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, job.Limits.Deadline, &DeadlineError{job.Limits.Deadline})
		defer stop()
	}
	ctx, r.stop = context.WithCancelCause(ctx)
	defer r.stop(nil)
	done := make(chan error, 1)
	go func() {
		done <- r.conclude(guard.Do(func() error { return r.do(ctx) }))
	}()
	defer r.watchReaders(ctx)()
	return r.await(ctx, done)
}

// Fail is the run of a job that cannot start: run.start and run.end, and the error back.
func Fail(job Job, em *output.Emitter, err error) error { return newRun(job, em).conclude(err) }

func (r *run) do(ctx context.Context) error {
	first, err := r.job.Targets[0].Resolve(ctx)
	r.set(func(s *state) { s.target = first })
	if err != nil && !(len(r.job.Targets) > 1 && mayFallBack(r.job.Explain(err))) {
		return r.job.Input.OrMissing(ctx, err)
	}
	if err := r.limit(); err != nil {
		return err
	}
	if err := r.job.Params.check(); err != nil {
		return err
	}
	resolved := since(r.started)
	r.set(func(s *state) { s.timings.ResolveMS = &resolved })
	warm := r.warm(ctx, first, err)
	defer warm()
	if r.in, err = r.job.Input.Read(ctx); err != nil {
		return err
	}
	told := r.in.Told()
	read := since(r.started) - resolved
	r.set(func(s *state) {
		s.timings.StdinMS = &read
		s.input = told
	})
	if err := r.begin(); err != nil {
		return err
	}
	return r.askInOrder(ctx)
}

// limit sets the budget of the run.
func (r *run) limit() error {
	if r.job.Limits.MaxCost == "" {
		return nil
	}
	budget, ok := bill.Dollars(r.job.Limits.MaxCost)
	if !ok {
		return misuse("--max-cost %q is not an amount in USD", r.job.Limits.MaxCost)
	}
	r.bill.Limit(budget)
	return nil
}

// warm opens the connection while stdin is still being read. The returned function ends what is left of it.
func (r *run) warm(ctx context.Context, t Target, err error) func() {
	if err != nil || r.job.Input.Stdin == nil || r.job.Input.Mode == "never" {
		return func() {}
	}
	u, err := wire.Endpoint(t.Protocol, t.BaseURL, &wire.Request{Model: t.Model})
	if err != nil {
		return func() {}
	}
	work := dial.Warmer(t.Transport, u)
	if work == nil {
		return func() {}
	}
	ctx, stop := context.WithCancel(ctx)
	go func() {
		if err := guard.Do(func() error { work(ctx); return nil }); err != nil {
			r.stop(err)
		}
	}()
	return stop
}

// askInOrder asks the first target, then its fallbacks, while no part of an answer is out and the failure may be another's
// luck. When all fail the first one's error stands, for that is whom the user chose; what ends the run itself, and the
// verdict on an answer that a fallback gave, stand before it.
func (r *run) askInOrder(ctx context.Context) error {
	var primary error
	var chosen Target
	var step output.Fallback
	for i, c := range r.job.Targets {
		t, err := c.Resolve(ctx)
		if i > 0 {
			step.To = t.name(c)
			if err := r.em.Emit(step); err != nil {
				return err
			}
		}
		if err == nil {
			r.set(func(s *state) { s.target = t })
			err = r.attempt(ctx, t)
		}
		if err == nil || ctx.Err() != nil || settles(err) {
			return err
		}
		f := r.job.Explain(err)
		if i == 0 {
			primary, chosen = &firstError{err, f.Hint}, t
		}
		last := i == len(r.job.Targets)-1 || !mayFallBack(f)
		if r.written && (last || !r.restart()) {
			return err
		}
		if last {
			break
		}
		step = output.Fallback{From: t.name(c), Class: f.Class}
	}
	r.set(func(s *state) { s.target = chosen })
	return primary
}

// firstError keeps the advice that was the first target's: Explain's caller may since have asked another.
type firstError struct {
	error
	hint string
}

func (e *firstError) Unwrap() error { return e.error }

// Hint is what to do about it.
func (e *firstError) Hint() string { return e.hint }

// settles: the run is over by itself, or the answer that came is not what was asked for. No other provider's failure
// says more.
func settles(err error) bool {
	_, answered := errors.AsType[*AnswerError](err)
	return answered || class.Is(err, class.IO, class.PipeClosed, class.Budget, class.Schema)
}

// mayFallBack: a login that does not work, or a failure that may pass.
func mayFallBack(f output.Failure) bool {
	switch f.Class {
	case class.NotLoggedIn, class.ReauthRequired, class.AuthRefused:
		return true
	}
	return f.Retryable
}

// name is provider/model, as far as they are known.
func (t Target) name(c Candidate) string {
	if t.Provider == "" {
		return c.Name
	}
	return t.Provider + "/" + t.Model
}

// attempt asks one target, in as many requests as the job needs. What of the input has to go for its window is there
// again for the next.
func (r *run) attempt(ctx context.Context, t Target) error {
	whole := r.in
	defer func() { r.in = whole }()
	if err := r.fits(ctx, t); err != nil {
		return err
	}
	req, err := r.request(ctx, t)
	if err != nil {
		return err
	}
	if r.job.Schema != nil {
		return r.askForJSON(ctx, t, req)
	}
	rep, err := r.ask(ctx, call{target: t, req: req, sink: r.write, restart: r.restart})
	if err != nil {
		return err
	}
	return r.judge(rep)
}

// write hands a piece of the answer to the emitter. Models like to begin with empty lines; a pipe does not.
func (r *run) write(delta []byte) error {
	if !r.written {
		if delta = bytes.TrimLeft(delta, "\n"); len(delta) == 0 {
			return nil
		}
		r.set(func(s *state) { s.written = true })
		r.job.Progress.Stop()
	}
	if r.blank {
		r.blank = len(bytes.TrimSpace(delta)) == 0
	}
	if r.job.Keep {
		r.set(func(s *state) { s.text.Write(delta) })
	}
	return r.em.Text(delta)
}

// restart forgets the answer so far. It reports false where a part of it is out.
func (r *run) restart() bool {
	if r.written && !r.em.Restart() {
		return false
	}
	r.blank = true
	r.set(func(s *state) {
		s.written = false
		s.text.Reset()
	})
	return true
}

// AnswerError is an answer that came, and is not what was asked for: refusal, truncated, context_length, empty, or
// protocol where the end that the server told is none of an answer.
type AnswerError struct {
	ErrClass class.Class
	Msg      string
	Advice   string // what to do next, where the class does not say it
}

func (e *AnswerError) Error() string { return e.Msg }

// Class names the error's class for the exit code.
func (e *AnswerError) Class() string { return string(e.ErrClass) }

// Hint is what to do next.
func (e *AnswerError) Hint() string { return e.Advice }

// judge turns the model's stop reason into the run's: only a whole, non-empty answer is a success.
func (r *run) judge(rep wire.Result) error {
	finish, err := verdict(rep)
	r.set(func(s *state) { s.model, s.finish = rep.Model, finish })
	if err == nil && r.blank {
		return &AnswerError{ErrClass: class.Empty, Msg: join("the answer is empty", rep.Word)}
	}
	return err
}

// verdict names the end of an answer. What is not on this list is no success, whatever came before it.
func verdict(rep wire.Result) (string, error) {
	switch rep.Finish {
	case wire.FinishStop:
		return output.FinishStop, nil
	case wire.FinishStopSequence:
		return output.FinishStopSequence, nil
	case wire.FinishLength:
		return output.FinishLength, &AnswerError{ErrClass: class.Truncated, Msg: "the answer was cut at max_tokens"}
	case wire.FinishRefusal:
		return output.FinishRefusal, &AnswerError{ErrClass: class.Refusal, Msg: join("the model refused to answer", rep.Refusal)}
	case wire.FinishContext:
		return output.FinishContext, &AnswerError{ErrClass: class.ContextLength, Msg: "the context window was full before the answer ended"}
	case wire.FinishCalls:
		return output.FinishToolUse, unfinished("the model stopped to call a tool ("+rep.Word+"), and no tool was offered", "say in the prompt that there are no tools")
	case wire.FinishPause:
		return output.FinishPause, unfinished("the model paused in the middle of its turn ("+rep.Word+")", "try again, or ask another model")
	}
	const advice = "try again; if it stays so, the server does not speak its API well"
	word := rep.Word
	if word == "" {
		return output.FinishError, unfinished("the answer ended without a reason, so it may be cut", advice)
	}
	if strings.Trim(word, "0123456789") != "" {
		word = strconv.Quote(word)
	}
	return output.FinishError, unfinished("the answer ended with the reason "+word+", which is no known end", advice)
}

func unfinished(msg, advice string) error {
	return &AnswerError{ErrClass: class.Protocol, Msg: msg, Advice: advice}
}

func join(msg, detail string) string {
	if detail == "" {
		return msg
	}
	return msg + ": " + detail
}

func since(t time.Time) int64 { return time.Since(t).Milliseconds() }
