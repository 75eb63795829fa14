package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"hermes/authfile"
	"hermes/authfile/atomicfile"
	"hermes/oneshot"
	"hermes/oneshot/cache"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/ledger"
	"hermes/oneshot/output"
	"hermes/oneshot/supervise"
)

// runCmd is the standard command.
type runCmd struct{ oneshot.Flags }

const runExamples = `Examples:
  git diff --staged | hermes 'write a commit message'
  hermes --json --output-schema order.json 'the order' <mail | jq .data
  hermes --provider sandbox hello         (no key, no login, no network)`

// Run sends the prompt. Whatever fails before that is the end of a run too, for all who listen.
func (c *runCmd) Run(ctx context.Context, a *App) error {
	a.ask(c.Provider)
	h, err := c.open(a)
	c.Default(h.defaults(err))
	h.quiet = *c.Quiet
	if err == nil && c.talks(a) {
		return c.talk(ctx, a, h)
	}
	if err == nil && !c.Prompted() && (a.InTTY || c.Stdin == "never") {
		err = &input.Error{ErrClass: class.Usage, Msg: "no prompt: hermes [flags] PROMPT, or pipe it in"}
	}
	ctx, stop, berr := c.bound(ctx)
	defer stop()
	if err == nil {
		err = berr
	}
	return c.send(ctx, a, h, err)
}

// open opens the home, and takes --template from its library where it is there.
func (c *runCmd) open(a *App) (*home, error) {
	h, err := a.open(opening{lockTimeout: c.LockTimeout, quiet: c.Quiet != nil && *c.Quiet})
	if err == nil && c.Template != "" {
		err = h.library(&c.Flags)
		a.ask(c.Provider)
	}
	return h, err
}

// bound lets the deadline of a run begin now: to open its files is part of it. The end of the parent ends it too, where that is
// asked for. With an error there is a context all the same.
func (c *runCmd) bound(ctx context.Context) (context.Context, context.CancelFunc, error) {
	ctx, stop, err := withParent(ctx, c.DieWithParent)
	if c.Deadline == nil || *c.Deadline <= 0 {
		return ctx, stop, err
	}
	ctx, over := context.WithTimeoutCause(ctx, *c.Deadline, &oneshot.DeadlineError{After: *c.Deadline})
	return ctx, func() { over(); stop() }, err
}

// wrote tells a person where the answer is.
func (c *runCmd) wrote(a *App) {
	if a.ErrTTY && !*c.Quiet && c.ToFile() {
		a.stderr.Notice("the answer is in %s", c.Output)
	}
}

// withParent is a context that ends with the parent, where that is wanted.
func withParent(ctx context.Context, wanted bool) (context.Context, context.CancelFunc, error) {
	if !wanted {
		return ctx, func() {}, nil
	}
	own, stop, err := supervise.WithParent(ctx)
	if err != nil {
		return ctx, func() {}, &input.Error{ErrClass: class.Usage, Msg: "--die-with-parent: " + err.Error()}
	}
	return own, stop, nil
}

// send opens the places of the answer and asks, unless the run has already failed.
func (c *runCmd) send(ctx context.Context, a *App, h *home, err error) error {
	thread := c.thread(a, h)
	defer thread.Close()
	return c.sendIn(ctx, a, h, thread, err)
}

// sendIn is send within a thread, which may be nil.
func (c *runCmd) sendIn(ctx context.Context, a *App, h *home, thread *oneshot.Thread, err error) error {
	em, oerr := c.sinks(ctx, a, thread)
	if err == nil {
		err = oerr
	}
	job, w := c.job(ctx, a, h), &wiring{app: a, home: h, life: ctx}
	job.Thread = thread
	if err == nil {
		err = c.fill(ctx, w, &job, em)
	}
	defer job.Tools.Close()
	if err == nil {
		err = c.ifChanged(ctx, &job)
	}
	switch {
	case err != nil:
		return oneshot.Fail(job, em, err)
	case c.DryRun:
		return oneshot.DryRun(ctx, job, a.out())
	}
	if !*c.Quiet && !*c.ShowThinking { // the reasoning is progress enough, and shares the terminal
		job.Progress = a.progress(c.beside(a))
	}
	if err = oneshot.Run(ctx, job, em); err == nil {
		c.wrote(a)
		if err := w.cache.Keep(); err != nil {
			a.stderr.Notice("--cache: %v", err)
		}
	}
	if err := w.tape.End(); err != nil {
		a.stderr.Notice("--record: %v", err)
	}
	return err
}

// job is what every run has, also one that cannot begin. h is nil or has no session where no home was opened.
func (c *runCmd) job(ctx context.Context, a *App, h *home) oneshot.Job {
	return oneshot.Job{
		Explain: a.explain, Version: a.Version, Kill: a.Kill,
		Record: c.recorder(h, func(run string, end output.RunEnd) error {
			return ledger.Append(ledgerOf(h.Home), ledger.MaxSize, run, end)
		}),
		Report: c.UsageReport(a.Out, replaceFile(ctx)),
	}
}

// recorder writes what outlives the run: a line of the ledger, by the function. It never changes the run's end.
func (c *runCmd) recorder(h *home, note func(run string, end output.RunEnd) error) func(end output.RunEnd, run string) {
	return func(end output.RunEnd, run string) {
		if h == nil || h.Session == nil || c.DryRun {
			return
		}
		if *c.UsageLedger && !end.Cached && !end.Unchanged {
			_ = note(run, end)
		}
	}
}

// fill turns flags and config.yaml into the job.
func (c *runCmd) fill(ctx context.Context, w *wiring, job *oneshot.Job, em *output.Emitter) (err error) {
	a := w.app
	if err := c.Fill(ctx, job, a.In, a.InTTY); err != nil {
		return err
	}
	if a.OutTTY {
		job.Input.Missing = class.Usage
	}
	job.Input.TemplateText = w.home.prompt
	if c.Debug {
		job.Limits.Trace = func(line string) { a.stderr.Notice("%s", line) }
	}
	if !*c.Quiet {
		job.Input.Notice = func() {
			a.stderr.Notice("reading stdin, which is silent so far; close it (</dev/null), or pass --stdin never")
		}
		job.Input.Shared = func(before, rest int64) {
			a.stderr.Notice("stdin is a file of which another program read %d bytes; the other %d go along as data: in a loop over lines give hermes </dev/null", before, rest)
		}
	}
	w.home.OnRenew = func(id string, r authfile.Renewal) {
		_ = em.Emit(output.AuthRefresh{Provider: id, WaitedMS: r.Waited.Milliseconds(), Adopted: r.Adopted})
	}
	a.reach(w.home, &c.Flags)
	if job.Tools, err = w.tools(&c.Flags); err != nil {
		return err
	}
	if c.Cache != nil && !c.DryRun && c.Record+c.Replay == "" {
		w.cache = cache.Open(filepath.Join(w.home.Home, "cache"), *c.Cache)
	}
	job.Targets, err = w.candidates(&c.Flags)
	return err
}

// sinks opens the places for the answer and the events. With an error the emitter has those that could be opened; where two
// places are one, none but stdout is, and no other report is written.
func (c *runCmd) sinks(ctx context.Context, a *App, thread *oneshot.Thread) (*output.Emitter, error) {
	spec := c.Spec(a.Out, a.stderr, a.OutTTY)
	if thread != nil {
		spec.Keep = &output.Keeper{Name: thread.Name, Done: thread.Done}
	}
	if err := c.CheckPlaces(a.In, a.Out); err != nil {
		c.UsageFile, spec.Events = "", ""
		em, _ := output.Open(ctx, spec)
		return em, err
	}
	err := errors.Join(tryFile(c.UsageFile), tryFile(c.IfChanged))
	if c.ToFile() && !c.DryRun && err == nil {
		var f *atomicfile.Pending
		create := func() (*atomicfile.Pending, error) { return atomicfile.Create(c.Output, 0o644) }
		if f, err = output.Within(ctx, c.Output, create); err == nil {
			spec.File = &output.Pending{Name: c.Output, Writer: f, Commit: f.Commit, Discard: f.Discard}
		} else {
			err = oneshot.CannotWrite(c.Output, err)
		}
	}
	em, oerr := output.Open(ctx, spec)
	if err == nil {
		err = oerr
	}
	return em, err
}

// tryFile finds out before anything is sent whether a report can be written. A pipe or a device is not tried.
func tryFile(name string) error {
	info, err := os.Stat(name)
	if name == "" || name == "-" || err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil
	}
	f, err := atomicfile.Create(name, 0o644)
	if err != nil {
		return oneshot.CannotWrite(name, err)
	}
	f.Discard()
	return nil
}

// ifChanged reads what --if-changed knows, and has it replaced when the run has ended well.
func (c *runCmd) ifChanged(ctx context.Context, job *oneshot.Job) error {
	if c.IfChanged == "" || c.DryRun {
		return nil
	}
	known, err := os.ReadFile(c.IfChanged)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return input.Unopened(err)
	}
	f := &oneshot.Fingerprint{Known: strings.TrimSpace(string(known))}
	report, replace := job.Report, replaceFile(ctx)
	job.IfChanged, job.Report = f, func(end output.RunEnd, run string, over bool) error {
		if report != nil {
			if err := report(end, run, over); err != nil {
				return err
			}
		}
		if !over || end.Status != output.StatusOK || end.Unchanged {
			return nil
		}
		if err := replace(c.IfChanged, []byte(f.Now+"\n")); err != nil {
			return oneshot.CannotWrite(c.IfChanged, err)
		}
		return nil
	}
	return nil
}

// replaceFile writes a file whole, unless ctx ends while it waits for a reader.
func replaceFile(ctx context.Context) func(name string, data []byte) error {
	return func(name string, data []byte) error {
		_, err := output.Within(ctx, name, func() (struct{}, error) {
			return struct{}{}, atomicfile.Write(name, data, atomicfile.Options{Mode: 0o644, KeepMode: true})
		})
		return err
	}
}
