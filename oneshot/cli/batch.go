package cli

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"hermes/authfile/atomicfile"
	"hermes/oneshot"
	"hermes/oneshot/batch"
	batchapi "hermes/oneshot/batch/provider"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/ledger"
	"hermes/oneshot/output"
	"hermes/provider"
)

// batchCmd has those flags of run that hold for every row.
type batchCmd struct{ batch.Flags }

const batchExamples = `Example:
  jq -nc '{id:"a",prompt:"one"},{id:"b",prompt:"two"}' | hermes batch --jobs 2 | jq -r .id
A row is a JSON string, the prompt; an object with the keys that hermes schema batch lists under $defs.request; or a row of
a batch file of OpenAI (custom_id, method, url, body) or Anthropic (custom_id, params).`

// Run answers the rows.
func (c *batchCmd) Run(ctx context.Context, a *App) error { return c.tell(ctx, a, c.answer) }

// tell does it, and tells of it as of a run: whatever fails is the end of the events too.
func (c *batchCmd) tell(ctx context.Context, a *App, do func(context.Context, *App, *batchEvents) error) error {
	each := runCmd{c.Each()}
	each.OutputFormat, each.Output, each.Events = "text", c.Output, c.Events
	if err := each.CheckPlaces(a.In, a.Out); err != nil {
		return err
	}
	ctx, stop, err := withParent(ctx, c.DieWithParent)
	if err != nil {
		return err
	}
	defer stop()
	em, err := output.OpenEvents(ctx, c.Events)
	if err != nil {
		return err
	}
	t := &batchEvents{em: em, start: output.RunStart{ToolVersion: a.Version, Input: output.Input{Sources: []output.Source{}}}, begun: time.Now()}
	return t.end(a, do(ctx, a, t))
}

// answer opens what the flags name, and answers the rows.
func (c *batchCmd) answer(ctx context.Context, a *App, t *batchEvents) error {
	if a.InTTY && (c.Requests == "" || c.Requests == "-") {
		return &input.Error{ErrClass: class.Usage, Msg: "no requests: hermes batch FILE, or pipe them in"}
	}
	in, err := c.Open(a.In)
	if err != nil {
		return err
	}
	defer in.Close()
	o, err := c.options(ctx, a)
	if err != nil {
		return err
	}
	defer o.Job.Tools.Close()
	o.In, o.Live, o.Elsewhere = in, true, batchapi.Elsewhere(c.Journal)
	return c.write(ctx, a, t, o)
}

// options are the batch as values, but for its rows.
func (c *batchCmd) options(ctx context.Context, a *App) (o batch.Options, err error) {
	if o, err = c.Options(a.Getenv); err != nil {
		return o, err
	}
	job, w, err := c.job(ctx, a)
	if err != nil {
		return o, err
	}
	o.Job, o.Target, o.Over = job, w.rows(c.Provider), w.book.Flush
	if !c.Quiet {
		o.Notice = func(line string) { a.stderr.Notice("%s", line) }
	}
	return o, nil
}

// write has the rows answered.
func (c *batchCmd) write(ctx context.Context, a *App, t *batchEvents, o batch.Options) error {
	// The memory of a long batch is a few large maps without pointers, which cost the collector nothing. To a short one it would come
	// each megabyte, which took a quarter of its cpu (scripts/compare, batch): 64 MB that nobody touches, and that take no memory, hold it off.
	debug.SetGCPercent(20)
	defer runtime.KeepAlive(make([]byte, 64<<20))
	o.Out, o.Settling, o.Progress = a.Out, a.settling.Store, t.progress
	if target, err := o.Job.Targets[0].Resolve(ctx); err == nil {
		t.start.Provider, t.start.ProviderSource, t.start.Model, t.start.ModelSource = target.Provider, target.ProviderSource, target.Model, target.ModelSource
	}
	defer t.draw(a, &c.ResultFlags).Stop()
	if c.Output == "" || c.Output == "-" {
		return batch.Run(ctx, o)
	}
	return c.toFile(ctx, o)
}

// draw begins the line on a terminal, unless it would stand among the results.
func (t *batchEvents) draw(a *App, f *batch.ResultFlags) *output.Progress {
	if t.line == nil && !f.Quiet && !(a.OutTTY && f.Output == "") {
		t.line = a.progress(true)
	}
	return t.line
}

// batchEvents tells of a batch on a terminal, and in events as of one run.
type batchEvents struct {
	em    *output.Emitter
	line  *output.Progress
	start output.RunStart
	begun time.Time
	open  bool // run.start is out
	cost  string
}

func (t *batchEvents) progress(p batch.Progress) {
	t.line.Set(p.Line())
	e := p.Event()
	t.cost = e.CostUSD
	t.begin()
	_ = t.em.Emit(e)
}

func (t *batchEvents) begin() {
	if !t.open {
		t.open = true
		_ = t.em.Emit(t.start)
	}
}

// end writes run.end.
func (t *batchEvents) end(a *App, err error) error {
	t.begin()
	end := output.RunEnd{Status: output.StatusOK, FinishReason: output.FinishStop, Provider: t.start.Provider, Model: t.start.Model, CostBasis: output.CostTable, CostUSD: &t.cost}
	if t.cost == "" {
		end.CostUSD, end.CostBasis = nil, output.CostUnknown
	}
	end.Timings.DurationMS = time.Since(t.begun).Milliseconds()
	if err != nil {
		f := a.explain(err)
		end.Status, end.FinishReason, end.ExitCode, end.Error = output.StatusError, output.FinishError, f.Code, &f
		switch f.Class {
		case class.Budget:
			end.FinishReason = output.FinishBudget
		case class.Hangup, class.Interrupt, class.Terminated, class.PipeClosed:
			end.Status, end.FinishReason = output.StatusCancelled, output.FinishCancelled
		}
	}
	if werr := t.em.Emit(end); err == nil {
		err = werr
	}
	return err
}

// toFile keeps the results when every row has one, be it a failure.
func (c *batchCmd) toFile(ctx context.Context, o batch.Options) error {
	f, err := atomicfile.Create(c.Output, 0o644)
	if err != nil {
		return oneshot.CannotWrite(c.Output, err)
	}
	o.Out = f
	err = batch.Run(ctx, o)
	if failed, ok := errors.AsType[*batch.Error](err); err != nil && (!ok || failed.Lacking) {
		f.Discard()
		return err
	}
	if cerr := f.Commit(); cerr != nil {
		return oneshot.CannotWrite(c.Output, cerr)
	}
	return err
}

// job is what the rows have in common.
func (c *batchCmd) job(ctx context.Context, a *App) (oneshot.Job, *wiring, error) {
	a.ask(c.Provider)
	h, err := a.open(opening{quiet: c.Quiet})
	if err != nil {
		return oneshot.Job{}, nil, err
	}
	each := runCmd{c.Each()}
	each.Default(h.defaults(nil))
	// The journal is what keeps the answers of a batch.
	each.Cache = nil
	// Rows may go on after SIGTERM.
	w := &wiring{app: a, home: h, life: context.WithoutCancel(ctx), many: true}
	w.book = ledger.NewBook(ledgerOf(h.Home), ledger.MaxSize)
	job := oneshot.Job{Explain: a.explain, Version: a.Version, Kill: a.Kill, Record: each.recorder(h, w.book.Append)}
	err = each.fill(ctx, w, &job, output.NewEmitter())
	job.Limits.Patient = true
	return job, w, err
}

// rows finds what a row asks that names a provider or a model, each once.
func (w *wiring) rows(common string) func(name, model string) oneshot.Candidate {
	var mu sync.Mutex
	known := map[provider.Flags]oneshot.Candidate{}
	return func(name, model string) oneshot.Candidate {
		f := provider.Flags{Provider: cmp.Or(name, common), Model: model}
		mu.Lock()
		defer mu.Unlock()
		c, ok := known[f]
		if !ok {
			c = oneshot.Candidate{Name: f.Provider, Resolve: w.once(f, func() (*provider.Choice, error) { return w.home.Resolve(f) })}
			known[f] = c
		}
		return c
	}
}
