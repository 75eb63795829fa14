package oneshot

import (
	"errors"

	"hermes/oneshot/bill"
	"hermes/oneshot/class"
	"hermes/oneshot/guard"
	"hermes/oneshot/output"
)

// begin writes run.start: who is asked, what was read, which bounds hold.
func (r *run) begin() error {
	r.begun = true
	return r.em.Emit(r.start())
}

func (r *run) start() output.RunStart {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.job.Limits
	start := output.RunStart{
		ToolVersion: r.job.Version,
		Provider:    r.target.Provider, ProviderSource: r.target.ProviderSource, Wire: r.target.Wire,
		Model: r.target.Model, ModelSource: r.target.ModelSource,
		Limits: output.Limits{
			ConnectTimeoutMS: l.Connect.Milliseconds(), FirstByteTimeoutMS: l.FirstByte.Milliseconds(),
			IdleTimeoutMS: l.Idle.Milliseconds(), DeadlineMS: ms(l.Deadline), Retries: l.Retries,
		},
		Input: r.input,
	}
	if limit, ok := bill.Dollars(l.MaxCost); ok {
		start.Limits.MaxCostUSD = new(bill.USD(limit))
	}
	if n := r.job.Params.MaxTokens; n > 0 {
		start.Limits.MaxTokens = &n
	}
	return start
}

// conclude ends the run. If that panics, the run is abandoned, so that run.end is written all the same.
func (r *run) conclude(err error) error {
	bug := guard.Do(func() error {
		err = r.end(err)
		return nil
	})
	if bug == nil {
		return err
	}
	return guard.Do(func() error { return r.abandon(bug) })
}

// end writes run.end, after run.start if nothing came so far, and returns the error that stands.
func (r *run) end(err error) error {
	r.job.Progress.Stop()
	if !r.begun {
		err = first(err, r.begin())
	}
	err = first(err, r.em.Flush())
	err = first(err, r.report(err, false))
	r.em.Amend = func(_ output.RunEnd, w *output.WriteError) output.RunEnd { return r.summary(w) }
	werr := r.em.Emit(r.summary(err))
	err = first(err, werr)
	err = first(err, r.report(err, true))
	if err != nil {
		r.job.Thread.undo()
	}
	r.record(err)
	return err
}

func (r *run) report(err error, over bool) error {
	if r.job.Report == nil {
		return nil
	}
	return r.job.Report(r.summary(err), r.em.RunID(), over)
}

// record tells of the run's end once.
func (r *run) record(err error) {
	r.recorded.Do(func() {
		if r.job.Record != nil {
			r.job.Record(r.summary(err), r.em.RunID())
		}
	})
}

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// summary is run.end as it stands with the error.
func (r *run) summary(err error) output.RunEnd {
	var f output.Failure
	if err != nil {
		f = r.job.Explain(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	end := output.RunEnd{
		Status: output.StatusOK, FinishReason: r.finish, Provider: r.target.Provider, Model: r.target.Model,
		Attempts: r.calls.value(), Timings: r.timings, Data: r.data, Tools: r.toolTotals(),
		Cached: r.calls.value() > 0 && !r.asked, Unchanged: r.unchanged,
	}
	end.Timings.DurationMS = since(r.started)
	end.Usage, end.CostUSD, end.CostBasis = r.bill.Total()
	if r.model != "" {
		end.Model = r.model
	}
	if r.job.Keep && r.written {
		text := r.text.String()
		end.Text = &text
	}
	if err != nil {
		end.Error, end.ExitCode = &f, f.Code
		end.Status, end.FinishReason = r.status(f.Class), r.finishOf(err, f.Class)
	}
	return end
}

func (r *run) status(c class.Class) string {
	switch c {
	case class.Hangup, class.Interrupt, class.Terminated, class.PipeClosed, class.Deadline:
		return output.StatusCancelled
	}
	if r.written {
		return output.StatusPartial
	}
	return output.StatusError
}

func (r *run) finishOf(err error, c class.Class) string {
	var answer *AnswerError
	switch {
	case errors.As(err, &answer) && r.finish != "":
		return r.finish
	case c == class.Budget:
		return output.FinishBudget
	case r.status(c) == output.StatusCancelled:
		return output.FinishCancelled
	}
	return output.FinishError
}
