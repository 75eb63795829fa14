package oneshot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"hermes/oneshot/bill"
	"hermes/oneshot/class"
	"hermes/oneshot/guard"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
	"hermes/oneshot/tool"
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
	acted    bool // tools were called: another model cannot go on from there
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
	session *tool.Session    // nil without tools

	asked     bool // a request went to a server
	unchanged bool // the input is what Job.IfChanged knows
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
	ctx, over := r.within(ctx)
	defer over()
	done := make(chan error, 1)
	go func() { done <- r.work(ctx) }()
	defer r.watchReaders(ctx)()
	return r.await(ctx, done)
}

// Do is Run for one of many, whose caller leaves it behind itself where it is stuck, and reads no events: nothing watches it.
func Do(ctx context.Context, job Job) error {
	r := newRun(job, output.NewEmitter())
	ctx, over := r.within(ctx)
	defer over()
	return r.work(ctx)
}

// within is the context of the run, which its deadline ends.
func (r *run) within(ctx context.Context) (context.Context, func()) {
	late := context.CancelFunc(func() {})
	if d := r.job.Limits.Deadline; d > 0 {
		ctx, late = context.WithTimeoutCause(ctx, d, &DeadlineError{d})
	}
	ctx, r.stop = context.WithCancelCause(ctx)
	return ctx, func() {
		r.stop(nil)
		late()
	}
}

// work asks, and ends the run.
func (r *run) work(ctx context.Context) error {
	return r.conclude(guard.Do(func() error { return r.do(ctx) }))
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
	ready := r.startTools(ctx)
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
	if err := ready(); err != nil || r.same(first) {
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

// askInOrder asks the first target, then its fallbacks, while no part of an answer is out and another target may succeed. When
// all fail, the error of the first one is returned, because the user chose that one; but an error that ends the run itself, and
// the verdict on an answer that a fallback gave, are returned as they are.
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
		if err == nil || ctx.Err() != nil || r.acted || settles(err) {
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

// settles reports an error after which no fallback is asked: the run is over, or an answer came and is not what was asked for.
func settles(err error) bool {
	_, answered := errors.AsType[*AnswerError](err)
	return answered || class.Is(err, class.IO, class.PipeClosed, class.Budget, class.Schema)
}

// mayFallBack reports a login that does not work, or a failure that may pass.
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

// attempt asks one target, in as many requests as the job needs. Input that is shortened for its window is whole again for the
// next target.
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
	return r.converse(ctx, t, req)
}

func since(t time.Time) int64 { return time.Since(t).Milliseconds() }
