// Package batch answers many requests in one process: JSON lines in, JSON lines out.
//
// Work is done side by side, written by one writer, a whole line at a time. A slow row holds no other up: those after it
// wait, finished, to be written. How many rows and bytes may wait is bounded, so a long input takes no more memory than a
// short one.
//
// With a journal (package journal) the same batch goes on where a crash ended it. A row is known again by what is asked, of whom
// and with which settings, and by a count where the same is asked twice; its place and its id may change. What was asked and has no
// end is asked again: no provider offers more than at least once. A result is written exactly once.
package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"hermes/oneshot"
	"hermes/oneshot/batch/journal"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
)

// Options are one batch, as values.
type Options struct {
	In   io.Reader // a regular file is read twice: no request is sent before all ids are known to differ
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
	// Unordered writes results as rows end.
	Unordered bool

	// Journal is the folder of the journal, "" for none.
	Journal string
	// RetryFailed asks rows again whose failure is final. Merge asks nothing, and is an error while a row has no final end.
	RetryFailed, Merge bool
	// Limit is how many rows may be asked, 0 for all.
	Limit int64
	// HaltOn are classes that end the batch beside those that end it anyway.
	HaltOn []class.Class
	// Shard chooses rows.
	Shard Shard
	// Elsewhere gives what tells of the rows that were handed to a provider's own batch, nil where none were. It is called once
	// nobody else works on the journal any more. Kept says that In is what Keep wrote of the rows, and Live that rows are asked
	// which the provider's batch left without an answer that stands.
	Elsewhere  func() (func(journal.Key) Elsewhere, error)
	Kept, Live bool
	// Folder is where the files that rows name are looked for, "" being the working folder.
	Folder string
	// Advice is what to do about rows without a result, "" where the same command again is it.
	Advice string

	// Grace is how long rows under way may go on after SIGTERM. Settling is told when that begins and ends; may be nil.
	Grace    time.Duration
	Settling func(bool)
	// Over is called when Run ends: what Job.Record keeps back is to be written. It may be nil.
	Over func() error
	// Notice writes a line for a person, Progress takes the state of the batch once a second and at the end. Both may be nil.
	Notice   func(line string)
	Progress func(Progress)
}

// Run answers every row. Its error is a *Error when rows failed, a *HaltError when no other row could do better, that of the first
// target when it cannot be asked, an *output.WriteError, an *input.Error, a *bill.Error, or the cause of ctx. However it ends, rows
// that were finished are written, and a reader of Out that leaves ends it at once.
//
// Resolve of the job's targets is called by several goroutines.
func Run(ctx context.Context, o Options) (err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if o.Over != nil {
		defer func() { _ = o.Over() }() // the ledger changes no run's end
	}
	if _, err := o.Job.Targets[0].Resolve(ctx); err != nil && len(o.Job.Targets) == 1 && !o.Merge {
		return err
	}
	if f, ok := o.Out.(*os.File); ok {
		defer output.Watch("stdout", f, stop)()
	}
	in := newIntake(&o)
	if err := in.prepare(ctx); err != nil {
		return err
	}
	if o.Journal != "" {
		if in.journal, err = OpenJournal(o); err != nil {
			return err
		}
		if err := in.lookElsewhere(); err != nil {
			in.journal.Close()
			return err
		}
		defer func() {
			if cerr := in.journal.Close(); cerr != nil && err == nil {
				err = &output.WriteError{Sink: o.Journal, Err: cerr}
			}
		}()
	}
	q := newSequence(o, in.journal)
	q.total = in.total
	defer q.close()
	tasks := make(chan task)
	var broken error // written before tasks is closed
	go func() {
		defer close(tasks)
		broken = in.read(ctx, tasks)
	}()
	defer q.report()
	if err := q.run(ctx, tasks); err != nil {
		q.settle(err)
		stop(err)
		if !class.Is(err, class.PipeClosed) {
			q.tell(in.counted())
		}
		return err
	}
	return errors.Join(broken, q.verdict(in.counted()))
}

// OpenJournal opens the journal of a batch for the rows of its shard.
func OpenJournal(o Options) (*journal.Journal, error) {
	j, err := journal.Open(o.Journal, o.Shard.name(), o.Shard.has)
	if err != nil {
		return nil, JournalError(o.Journal, err)
	}
	return j, nil
}

// JournalError is what a person hears of a journal that cannot be opened.
func JournalError(dir string, err error) error {
	if errors.Is(err, journal.ErrBusy) {
		return &input.Error{
			ErrClass: class.LockTimeout, Msg: fmt.Sprintf("--journal %s: %v", dir, err),
			Advice: "wait for its end; parts of one batch run side by side with --shard I/N",
		}
	}
	return &output.WriteError{Sink: dir, Err: err}
}
