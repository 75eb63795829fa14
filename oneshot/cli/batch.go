package cli

import (
	"context"

	"hermes/oneshot"
	"hermes/oneshot/batch"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
)

// batchCmd has those flags of run that hold for every row.
type batchCmd struct{ batch.Flags }

const batchExamples = `Example:
  jq -nc '{id:"a",prompt:"one"},{id:"b",prompt:"two"}' | hermes batch --jobs 2 | jq -r .id`

// Run answers the rows.
func (c *batchCmd) Run(ctx context.Context, a *App) error {
	if a.InTTY && (c.Requests == "" || c.Requests == "-") {
		return &input.Error{ErrClass: class.Usage, Msg: "no requests: hermes batch FILE, or pipe them in"}
	}
	if output.Closed(a.Out) {
		return oneshot.ClosedStdout()
	}
	in, err := c.Open(a.In)
	if err != nil {
		return err
	}
	defer in.Close()
	job, err := c.job(ctx, a)
	if err != nil {
		return err
	}
	return batch.Run(ctx, batch.Options{In: in, Out: a.Out, Jobs: c.Jobs, Job: job})
}

// job is what the rows have in common.
func (c *batchCmd) job(ctx context.Context, a *App) (oneshot.Job, error) {
	a.ask(c.Provider)
	h, err := a.open(opening{})
	if err != nil {
		return oneshot.Job{}, err
	}
	each := runCmd{c.Each()}
	each.Default(h.defaults(nil))
	job := oneshot.Job{Explain: a.explain, Version: a.Version, Kill: a.Kill, Record: each.recorder(h)}
	err = each.fill(ctx, &wiring{app: a, home: h, life: ctx}, &job, output.NewEmitter())
	return job, err
}
