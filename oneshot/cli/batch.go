package cli

import (
	"cmp"
	"context"
	"sync"

	"hermes/oneshot"
	"hermes/oneshot/batch"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
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
	job, w, err := c.job(ctx, a)
	if err != nil {
		return err
	}
	return batch.Run(ctx, batch.Options{
		In: in, Out: a.Out, Jobs: c.Jobs, Job: job, Model: c.Model, OpenAI: c.Format == "openai", Target: w.rows(c.Provider),
	})
}

// job is what the rows have in common.
func (c *batchCmd) job(ctx context.Context, a *App) (oneshot.Job, *wiring, error) {
	a.ask(c.Provider)
	h, err := a.open(opening{})
	if err != nil {
		return oneshot.Job{}, nil, err
	}
	each := runCmd{c.Each()}
	each.Default(h.defaults(nil))
	job := oneshot.Job{Explain: a.explain, Version: a.Version, Kill: a.Kill, Record: each.recorder(h)}
	w := &wiring{app: a, home: h, life: ctx}
	err = each.fill(ctx, w, &job, output.NewEmitter())
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
			c = oneshot.Candidate{Name: f.Provider, Resolve: w.once(f, func() (provider.Choice, error) { return w.home.Resolve(f) })}
			known[f] = c
		}
		return c
	}
}
