// Package batch answers many requests in one process: JSON lines in, JSON lines out, in the order of the input.
//
// Work is done side by side, written by one writer, a whole line at a time. No more rows are read than may be under
// way, so a long input takes no more memory than a short one.
package batch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"sync"

	"hermes/oneshot"
	"hermes/oneshot/output"
)

// Options are one batch, as values.
type Options struct {
	In   io.Reader
	Out  io.Writer
	Jobs int // rows under way at once; less than 1 counts as 1
	// Job is what every row begins with; its Input and Keep are the row's own. MaxCost holds for all rows together.
	Job oneshot.Job
}

// Error says that some rows failed. Its class is batch_failed.
type Error struct{ Failed, Rows int64 }

func (e *Error) Error() string { return fmt.Sprintf("%d of %d rows failed", e.Failed, e.Rows) }

// Class is batch_failed.
func (e *Error) Class() string { return string(output.ClassBatchFailed) }

// request is a line of the input; a bare string is the prompt alone.
type request struct {
	ID          json.RawMessage `json:"id"`
	Prompt      string          `json:"prompt"`
	System      *string         `json:"system"`
	MaxTokens   *int            `json:"max_tokens"`
	Temperature *float64        `json:"temperature"`
	Model       string          `json:"model"`
}

// Run answers every row. Its error is a *Error when rows failed, that of the first target when it cannot be asked, an
// *output.WriteError, an *oneshot.BudgetError, or the cause of ctx, in whose case whole rows stay written.
func Run(ctx context.Context, o Options) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	o.Job.Targets = shared(o.Job.Targets)
	if _, err := o.Job.Targets[0].Resolve(ctx); err != nil && len(o.Job.Targets) == 1 {
		return err
	}
	jobs := max(o.Jobs, 1)
	order := make(chan chan output.BatchRow, jobs)
	var broken error // written before order is closed
	go func() {
		defer close(order)
		broken = read(ctx, o, jobs, order)
	}()
	w := writer{out: o.Out, max: o.Job.Limits.MaxCost, cost: new(big.Rat)}
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case next, ok := <-order:
			if !ok {
				return errors.Join(broken, w.verdict())
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case row := <-next:
				if err := w.write(row); err != nil {
					return err
				}
			}
		}
	}
}

// shared makes the resolutions safe for rows side by side: one at a time.
func shared(all []oneshot.Candidate) []oneshot.Candidate {
	mu := &sync.Mutex{}
	out := make([]oneshot.Candidate, len(all))
	for i, c := range all {
		out[i] = oneshot.Candidate{Name: c.Name, Resolve: func(ctx context.Context) (oneshot.Target, error) {
			mu.Lock()
			defer mu.Unlock()
			return c.Resolve(ctx)
		}}
	}
	return out
}

// read starts a row for each line, in order. A place in free is a row under way.
func read(ctx context.Context, o Options, jobs int, order chan<- chan output.BatchRow) error {
	in := bufio.NewReader(o.In)
	free := make(chan struct{}, jobs)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			next := make(chan output.BatchRow, 1)
			select {
			case free <- struct{}{}:
			case <-ctx.Done():
				return nil
			}
			go func() {
				next <- answer(ctx, o.Job, n, line)
				<-free
			}()
			select {
			case order <- next:
			case <-ctx.Done():
				return nil
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &oneshot.InputError{ErrClass: "no_input", Msg: fmt.Sprintf("cannot read the batch after line %d: %v", n, err)}
		}
	}
}

// answer is one row's run.
func answer(ctx context.Context, job oneshot.Job, n int, line []byte) output.BatchRow {
	row := output.BatchRow{V: 1, Type: "batch.row", ID: strconv.Itoa(n), Line: n}
	req, err := parse(line)
	if len(req.ID) > 0 && string(req.ID) != "null" {
		if json.Unmarshal(req.ID, &row.ID) != nil {
			row.ID = string(req.ID)
		}
	}
	if err != nil {
		f := job.Explain(refused(n, err))
		row.Status, row.ExitCode, row.Error = output.StatusError, f.Code, &f
		return row
	}
	req.into(&job)
	record := job.Record
	job.Record = func(end output.RunEnd, run string) {
		row.Status, row.ExitCode, row.Error, row.Text, row.Data = end.Status, end.ExitCode, end.Error, end.Text, end.Data
		row.Model, row.Usage, row.CostUSD = end.Model, end.Usage, end.CostUSD
		if record != nil {
			record(end, run)
		}
	}
	_ = oneshot.Run(ctx, job, output.NewEmitter()) // Record has heard of it
	return row
}

// into puts the row's own settings over the batch's.
func (req request) into(job *oneshot.Job) {
	job.Keep = true
	job.Input = oneshot.Input{Prompt: req.Prompt, Mode: "never"}
	if req.System != nil {
		job.Params.System = *req.System
	}
	if req.MaxTokens != nil {
		job.Params.MaxTokens = *req.MaxTokens
	}
	if req.Temperature != nil {
		job.Params.Temperature = req.Temperature
	}
	if req.Model == "" {
		return
	}
	resolve := job.Targets[0].Resolve
	job.Targets = []oneshot.Candidate{{Name: job.Targets[0].Name, Resolve: func(ctx context.Context) (oneshot.Target, error) {
		t, err := resolve(ctx)
		t.Model, t.ModelSource = req.Model, "the row"
		t.Price = oneshot.Price{Plan: t.Price.Plan} // the price known is another model's
		return t, err
	}}}
}

// writer writes rows and keeps the sums.
type writer struct {
	out          io.Writer
	rows, failed int64
	max          string
	cost         *big.Rat
}

func (w *writer) write(row output.BatchRow) error {
	row.Seq = w.rows
	w.rows++
	if row.Status != output.StatusOK {
		w.failed++
	}
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(row); err != nil {
		return err
	}
	if _, err := w.out.Write(line.Bytes()); err != nil {
		return &output.WriteError{Sink: "stdout", Err: err}
	}
	return w.charge(row.CostUSD)
}

// charge stops the batch once its rows together cost more than the budget.
func (w *writer) charge(cost *string) error {
	limit, ok := new(big.Rat).SetString(w.max)
	if !ok || cost == nil {
		return nil
	}
	if v, ok := new(big.Rat).SetString(*cost); ok && w.cost.Add(w.cost, v).Cmp(limit) > 0 {
		return &oneshot.BudgetError{Msg: fmt.Sprintf("the batch has cost %s USD after %d rows, over the budget of %s", w.cost.FloatString(6), w.rows, w.max)}
	}
	return nil
}

func (w *writer) verdict() error {
	if w.failed == 0 {
		return nil
	}
	return &Error{w.failed, w.rows}
}
