// Package batch answers many requests in one process: JSON lines in, JSON lines out, in the order of the input.
//
// Work is done side by side, written by one writer, a whole line at a time. A slow row holds no other up: those after it
// wait, finished, to be written. How many rows and bytes may wait is bounded, so a long input takes no more memory than a
// short one.
package batch

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"strconv"

	"hermes/oneshot"
	"hermes/oneshot/bill"
	"hermes/oneshot/class"
	"hermes/oneshot/output"
)

// Options are one batch, as values.
type Options struct {
	In   io.Reader
	Out  io.Writer
	Jobs int // rows under way at once; less than 1 counts as 1
	// Job is what every row begins with; of its Input only the template and its values are used. MaxCost holds for all rows
	// together.
	Job oneshot.Job
	// Target is asked by a row that names a provider or a model; the other of them may be "". Model is --model, which wins
	// over the one in a row of a provider's batch file.
	Target func(provider, model string) oneshot.Candidate
	Model  string
	// OpenAI asks for results in the form of OpenAI's batch file.
	OpenAI bool
}

// Error says that some rows failed. Its class is batch_failed.
type Error struct{ Failed, Rows int64 }

func (e *Error) Error() string { return fmt.Sprintf("%d of %d rows failed", e.Failed, e.Rows) }

// Class is batch_failed.
func (e *Error) Class() string { return string(class.BatchFailed) }

// Run answers every row. Its error is a *Error when rows failed, that of the first target when it cannot be asked, an
// *output.WriteError, an *bill.Error, or the cause of ctx. However it ends, rows that were finished are written,
// and a reader of Out that leaves ends it at once.
//
// Resolve of the job's targets is called by several goroutines.
func Run(ctx context.Context, o Options) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if _, err := o.Job.Targets[0].Resolve(ctx); err != nil && len(o.Job.Targets) == 1 {
		return err
	}
	if f, ok := o.Out.(*os.File); ok {
		defer output.Watch("stdout", f, stop)()
	}
	var broken error // written before lines is closed
	lines := make(chan line)
	go func() {
		defer close(lines)
		broken = read(ctx, o.In, lines)
	}()
	q := newSequence(o)
	if err := q.run(ctx, lines); err != nil {
		stop(err)
		q.settle(err)
		return err
	}
	return errors.Join(broken, q.w.verdict())
}

// answer is one row's run, and the error that it ended with.
func answer(ctx context.Context, o *Options, l line) (output.BatchRow, error) {
	row := output.BatchRow{V: 1, Type: "batch.row", Line: l.n}
	job := o.Job
	req, err := parse(l.text)
	row.ID, row.Metadata = cmp.Or(label(req.ID), strconv.Itoa(l.n)), req.Metadata
	if err == nil {
		err = req.into(ctx, &job, o)
	}
	if err != nil {
		err = refused(l.n, err)
		f := job.Explain(err)
		row.Status, row.ExitCode, row.Error, row.Finish = output.StatusError, f.Code, &f, output.FinishError
		return row, err
	}
	record := job.Record
	job.Record = func(end output.RunEnd, run string) {
		row.Status, row.ExitCode, row.Error, row.Text, row.Data = end.Status, end.ExitCode, end.Error, end.Text, end.Data
		row.Finish, row.Model, row.Usage, row.CostUSD = end.FinishReason, end.Model, end.Usage, end.CostUSD
		if record != nil {
			record(end, run)
		}
	}
	err = oneshot.Run(ctx, job, output.NewEmitter())
	return row, err
}

// writer writes rows and keeps the sums.
type writer struct {
	out          io.Writer
	openAI       bool
	rows, failed int64 // written
	ended        int64 // the rows that the cost is of
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
	doc := any(row)
	if w.openAI {
		doc = openAIResult(row)
	}
	if err := enc.Encode(doc); err != nil {
		return err
	}
	if _, err := w.out.Write(line.Bytes()); err != nil {
		return &output.WriteError{Sink: "stdout", Err: err}
	}
	return nil
}

// charge stops the batch once the rows that ended cost more together than the budget, whether they are written or not.
func (w *writer) charge(cost *string) error {
	w.ended++
	limit, ok := new(big.Rat).SetString(w.max)
	if !ok || cost == nil {
		return nil
	}
	if v, ok := new(big.Rat).SetString(*cost); ok && w.cost.Add(w.cost, v).Cmp(limit) > 0 {
		return &bill.Error{Msg: fmt.Sprintf("the batch has cost %s USD after %d rows, over the budget of %s", w.cost.FloatString(6), w.ended, w.max)}
	}
	return nil
}

func (w *writer) verdict() error {
	if w.failed == 0 {
		return nil
	}
	return &Error{w.failed, w.rows}
}
