package oneshot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"hermes/oneshot/messages"
	"hermes/oneshot/output"
)

// DeadlineError is the end of a run by its own --deadline.
type DeadlineError struct{ After time.Duration }

func (e *DeadlineError) Error() string { return fmt.Sprintf("the deadline of %v has passed", e.After) }

// Class is deadline.
func (e *DeadlineError) Class() string { return "deadline" }

// PanicError is a bug of this program, kept from swallowing run.end.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("internal error: %v", e.Value) }

// Class is internal.
func (e *PanicError) Class() string { return "internal" }

// run is the state of one Run.
type run struct {
	job     Job
	em      *output.Emitter
	started time.Time
	begun   bool // run.start is out
	in      *gathered
	target  Target
	text    bytes.Buffer // the answer, when Job.Keep or a schema asks for it
	data    []byte       // the JSON that fits the schema
	written bool         // a byte of the answer went to the emitter
	blank   bool         // so far the answer is white space
	finish  string
	model   string // as the server names it
	bill    bill
	calls   counter
	timings output.Timings
}

// Run answers the job through em and returns the error that run.end reports, or nil for a whole answer.
func Run(ctx context.Context, job Job, em *output.Emitter) (err error) {
	r := &run{job: job, em: em, started: time.Now(), blank: true}
	if job.Limits.Deadline > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, job.Limits.Deadline, &DeadlineError{job.Limits.Deadline})
		defer stop()
	}
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{p, debug.Stack()}
		}
		err = r.end(err)
	}()
	return r.do(ctx)
}

// Fail is the run of a job that cannot start: run.start and run.end, and the error back.
func Fail(job Job, em *output.Emitter, err error) error {
	r := &run{job: job, em: em, started: time.Now(), blank: true}
	return r.end(err)
}

func (r *run) do(ctx context.Context) error {
	first, err := r.job.Targets[0].Resolve(ctx)
	r.target = first
	if err != nil && !(len(r.job.Targets) > 1 && r.mayFallBack(err)) {
		return r.job.Input.orMissing(ctx, err)
	}
	resolved := since(r.started)
	r.timings.ResolveMS = &resolved
	warm := r.warm(ctx, first, err)
	defer warm()
	if r.in, err = r.job.Input.gather(ctx); err != nil {
		return err
	}
	read := since(r.started) - resolved
	r.timings.StdinMS = &read
	if err := r.begin(); err != nil {
		return err
	}
	return r.askInOrder(ctx)
}

// warm opens the connection while stdin is still being read. The returned function ends what is left of it.
func (r *run) warm(ctx context.Context, t Target, err error) func() {
	if err != nil || r.job.Input.Stdin == nil || r.job.Input.Mode == "never" {
		return func() {}
	}
	ctx, stop := context.WithCancel(ctx)
	go r.client(t).Warm(ctx)
	return stop
}

// askInOrder asks the first target, then its fallbacks, while nothing was written and the failure may be another's
// luck. When all fail the first one's error stands.
func (r *run) askInOrder(ctx context.Context) error {
	var primary error
	for i, c := range r.job.Targets {
		t, err := c.Resolve(ctx)
		if err == nil {
			r.target = t
			err = r.attempt(ctx, t)
		}
		if err == nil {
			return nil
		}
		if primary == nil {
			primary = err
		}
		if r.written || ctx.Err() != nil || !r.mayFallBack(err) {
			return primary
		}
		if i+1 < len(r.job.Targets) {
			next := output.Fallback{From: c.Name, To: r.job.Targets[i+1].Name, Class: r.job.Explain(err).Class}
			if err := r.em.Emit(next); err != nil {
				return err
			}
		}
	}
	return primary
}

// mayFallBack: a login that does not work, or a failure that may pass.
func (r *run) mayFallBack(err error) bool {
	f := r.job.Explain(err)
	switch f.Class {
	case output.ClassNotLoggedIn, output.ClassReauthRequired, output.ClassAuthRefused:
		return true
	}
	return f.Retryable
}

// attempt asks one target, in as many requests as the job needs.
func (r *run) attempt(ctx context.Context, t Target) error {
	if err := r.fits(ctx, t); err != nil {
		return err
	}
	req, err := r.request(ctx, t)
	if err != nil {
		return err
	}
	if err := r.affordable(t, req); err != nil {
		return err
	}
	if r.job.Schema != nil {
		return r.askForJSON(ctx, t, req)
	}
	rep, err := r.ask(ctx, call{target: t, sink: r.write, req: req})
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
		r.written = true
		r.job.Progress.Stop()
	}
	if r.blank {
		r.blank = len(bytes.TrimSpace(delta)) == 0
	}
	if r.job.Keep {
		r.text.Write(delta)
	}
	if err := r.em.Text(delta); err != nil {
		return err
	}
	return r.bill.spend(len(delta))
}

// AnswerError is an answer that came, and is not what was asked for: refusal, truncated, context_length or empty.
type AnswerError struct {
	ErrClass string
	Msg      string
}

func (e *AnswerError) Error() string { return e.Msg }

// Class names the error's class for the exit code.
func (e *AnswerError) Class() string { return e.ErrClass }

// judge turns the model's stop reason into the run's: only a whole, non-empty answer is a success.
func (r *run) judge(rep messages.Result) error {
	r.model = rep.Model
	switch rep.StopReason {
	case "max_tokens":
		r.finish = output.FinishLength
		return &AnswerError{"truncated", "the answer was cut at max_tokens"}
	case "refusal":
		r.finish = output.FinishRefusal
		return &AnswerError{"refusal", join("the model refused to answer", rep.Refusal)}
	case "model_context_window_exceeded":
		r.finish = output.FinishContext
		return &AnswerError{"context_length", "the context window was full before the answer ended"}
	case "stop_sequence":
		r.finish = output.FinishStopSequence
	case "tool_use":
		r.finish = output.FinishToolUse
	case "pause_turn":
		r.finish = output.FinishPause
	default:
		r.finish = output.FinishStop
	}
	if r.blank {
		return &AnswerError{"empty", join("the answer is empty", rep.StopReason)}
	}
	return nil
}

func join(msg, detail string) string {
	if detail == "" {
		return msg
	}
	return msg + ": " + detail
}

func since(t time.Time) int64 { return time.Since(t).Milliseconds() }

func isClass(err error, classes ...string) bool {
	var c interface{ Class() string }
	if !errors.As(err, &c) {
		return false
	}
	for _, want := range classes {
		if c.Class() == want {
			return true
		}
	}
	return false
}
