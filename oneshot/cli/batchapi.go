package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"hermes/oneshot/batch"
	batchapi "hermes/oneshot/batch/provider"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
)

// The commands on a provider's own batches.
type (
	batchSubmit  struct{ batchapi.SubmitFlags }
	batchStatus  struct{ batchapi.StatusFlags }
	batchCollect struct{ batchapi.CollectFlags }
	batchCancel  struct{ batchapi.CancelFlags }
)

const submitExamples = `Example:
  hermes batch submit --provider anthropic --journal work rows.jsonl
  hermes batch collect --wait --journal work -o results.jsonl
The rows are those of hermes batch run. The provider answers them within a day, most at half the price.`

// submitted is what the rows of a submission have in common, for who collects them.
type submitted struct {
	Flags           batch.RowFlags
	Provider, Model string // that were chosen
	Folder          string
}

// Run hands the rows over, and prints the provider's name of each batch.
func (c *batchSubmit) Run(ctx context.Context, a *App) error {
	if a.InTTY && (c.Requests == "" || c.Requests == "-") {
		return &input.Error{ErrClass: class.Usage, Msg: "no requests: hermes batch submit FILE, or pipe them in"}
	}
	in, err := c.Open(a.In)
	if err != nil {
		return err
	}
	defer in.Close()
	return c.submit(ctx, a, in)
}

func (c *batchSubmit) submit(ctx context.Context, a *App, in *os.File) error {
	cmd := batchCmd{batch.Flags{RowFlags: c.RowFlags, Journal: c.Journal}}
	cmd.Jobs, cmd.WireFlags, cmd.Quiet, cmd.Fallback = 1, c.WireFlags, c.Quiet, new(false)
	o, err := cmd.options(ctx, a)
	if err != nil {
		return err
	}
	first, err := o.Job.Targets[0].Resolve(ctx)
	if err != nil {
		return err
	}
	kept := submitted{Flags: c.RowFlags, Provider: first.Provider, Model: first.Model}
	kept.Flags.Absolute()
	if kept.Folder, err = os.Getwd(); err != nil {
		return err
	}
	o.In = in
	x := session(c.SentFlags, o)
	done, err := x.Submit(ctx, o, kept)
	for _, s := range done.Sent {
		if s.Batch != "" { // else it is not known yet
			err = errors.Join(err, a.print(s.Batch+"\n"))
		}
	}
	if err == nil && o.Notice != nil {
		o.Notice(done.String())
	}
	return err
}

// session works on what was sent from a journal.
func session(f batchapi.SentFlags, o batch.Options) *batchapi.Session {
	return &batchapi.Session{Dir: f.Journal, Target: o.Target, Limits: o.Job.Limits, Settle: f.Settle, Notice: o.Notice}
}

// kept is the batch that was submitted from a journal, with flags for its results, and its rows.
func kept(journal string, f batch.ResultFlags) (*batchCmd, submitted, *os.File, error) {
	var s submitted
	rows, err := batchapi.Kept(journal, &s)
	cmd := &batchCmd{batch.Flags{RowFlags: s.Flags, ResultFlags: f, Journal: journal}}
	cmd.Requests, cmd.Limit, cmd.Provider, cmd.Model = "", 0, s.Provider, s.Model
	cmd.Jobs = max(cmd.Jobs, 1)
	return cmd, s, rows, err
}

// Run brings the results.
func (c *batchCollect) Run(ctx context.Context, a *App) error {
	cmd, s, rows, err := kept(c.Journal, c.ResultFlags)
	if err != nil {
		return err
	}
	defer rows.Close()
	return cmd.tell(ctx, a, func(ctx context.Context, a *App, t *batchEvents) error {
		return c.collect(ctx, a, t, cmd, s, rows)
	})
}

func (c *batchCollect) collect(ctx context.Context, a *App, t *batchEvents, cmd *batchCmd, s submitted, rows *os.File) error {
	o, err := cmd.options(ctx, a)
	if err != nil {
		return err
	}
	line := t.draw(a, &c.ResultFlags)
	if err := session(c.SentFlags, o).Fetch(ctx, batchapi.Waiting{Wait: c.Wait, Poll: c.Poll, Progress: line.Set}); err != nil {
		return err
	}
	o.Elsewhere = batchapi.Elsewhere(c.Journal)
	o.In, o.Kept, o.Folder, o.Model, o.Live = rows, true, s.Folder, s.Flags.Model, c.Then == "live"
	o.Merge, o.Advice = !o.Live, "hermes batch collect --then live asks what is missing at the full price, hermes batch submit submits it again"
	return cmd.write(ctx, a, t, o)
}

// Run prints the state of each batch.
func (c *batchStatus) Run(ctx context.Context, a *App) error {
	open := false
	err := states(ctx, a, c.SentFlags, false, func(s output.BatchStatus) error {
		open = open || !s.Ended
		if !c.JSON {
			return a.print(s.String() + "\n")
		}
		raw, err := json.Marshal(s)
		return errors.Join(err, a.print(string(raw)+"\n"))
	})
	if err == nil && open {
		return exitStatus(75)
	}
	return err
}

// Run stops the batches that have not ended. What they have answered is paid for, and collected as ever.
func (c *batchCancel) Run(ctx context.Context, a *App) error {
	return states(ctx, a, c.SentFlags, true, func(s output.BatchStatus) error { return a.print(s.String() + "\n") })
}

// states asks for the state of each batch of a journal.
func states(ctx context.Context, a *App, f batchapi.SentFlags, cancel bool, each func(output.BatchStatus) error) error {
	cmd, _, rows, err := kept(f.Journal, batch.ResultFlags{})
	if err != nil {
		return err
	}
	rows.Close()
	o, err := cmd.options(ctx, a)
	if err != nil {
		return fmt.Errorf("--journal %s: %w", f.Journal, err)
	}
	return session(f, o).Status(ctx, cancel, each)
}
