package batch

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"hermes/oneshot"
	"hermes/oneshot/batch/journal"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
)

// Elsewhere is what became of a row in a provider's own batch. The zero value is a row that is in none.
type Elsewhere struct {
	// Waiting says that the row has no end there yet: to ask it would be to pay for it twice.
	Waiting bool
	// Answer gives the answer that came for the row, to the request that a run would send. Half says that it cost half.
	Answer http.RoundTripper
	Half   bool
	// Err is why there is no answer.
	Err error
	// Again says that another try may bring another end, and that nothing was paid for this one.
	Again bool
}

// lookElsewhere finds what was handed to a provider's own batch.
func (in *intake) lookElsewhere() (err error) {
	if in.o.Elsewhere != nil {
		in.others, err = in.o.Elsewhere()
	}
	return err
}

// elsewhere takes what a provider's own batch made of the row.
func (in *intake) elsewhere(t *task) {
	if in.others == nil || t.done || t.err != nil {
		return
	}
	e := in.others(t.key)
	switch {
	case e.Waiting:
		t.waiting = true
	case e.Again && in.o.Live:
	case e.Answer != nil:
		t.given = true
		t.job.Limits.Retries, t.job.Limits.Patient, t.job.SchemaRetries = 0, false, 0
		t.job.Input = input.Sources{Prompt: "(answered)", Mode: "never"} // what was asked may be gone since
		target := t.job.Targets[0]
		t.job.Targets = []oneshot.Candidate{{Name: target.Name, Resolve: func(ctx context.Context) (oneshot.Target, error) {
			g, err := target.Resolve(ctx)
			g.Transport, g.Token, g.Pace, g.Vision, g.Delegate, g.Price.Half = e.Answer, nil, nil, nil, nil, e.Half
			return g, err
		}}}
	case e.Err != nil:
		t.err = e.Err
	}
}

// Row is a row of the input for who sends it in another way than Run.
type Row struct {
	Line int
	Text []byte // as it stands in the input
	Key  journal.Key
	Job  oneshot.Job
	Err  error // why it cannot be asked
	// Known says that it needs no request: it has its final end in the journal, or is elsewhere.
	Known bool
}

// Rows gives each row of the input that has to be known again.
func Rows(ctx context.Context, o Options, j *journal.Journal, each func(Row) error) error {
	in := newIntake(&o)
	in.journal = j
	if err := errors.Join(in.prepare(ctx), in.lookElsewhere()); err != nil {
		return err
	}
	return in.lines(ctx, o.In, func(l line) error {
		t := in.task(ctx, l)
		known := t.done || t.waiting || t.given
		if o.Limit > 0 && !known && t.err == nil {
			if in.asked++; in.asked > o.Limit {
				return nil
			}
		}
		return each(Row{Line: l.n, Text: l.text, Key: t.key, Job: t.job, Err: t.err, Known: known})
	})
}

// Ender notes the end of a row, as a journal does.
type Ender = func(journal.Key, journal.End) error

// Fail notes that the row cannot be asked, for good.
func (r Row) Fail(why error, end Ender) error {
	f := r.Job.Explain(why)
	row := output.BatchEnd{Status: output.StatusError, ExitCode: f.Code, Error: &f, Finish: output.FinishError}
	if err := end(r.Key, journal.End{Final: isFinal(&f), Result: row}); err != nil {
		return &output.WriteError{Sink: "the journal", Err: err}
	}
	return nil
}

// Keep writes the row in a form that a batch with Options.Kept reads: it is known again whatever became of its files.
func (r Row) Keep(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s %d %s\n", r.Key, r.Line, r.Text)
	return err
}

// line is a row of the input as it stands there. key is its own where Keep wrote it.
type line struct {
	n    int
	text []byte
	key  *journal.Key
}

// lines gives each line that holds something.
func (in *intake) lines(ctx context.Context, r io.Reader, each func(line) error) error {
	return lines(ctx, r, func(n int, text []byte) error {
		if !in.o.Kept {
			return each(line{n: n, text: text})
		}
		key, rest, _ := bytes.Cut(text, []byte(" "))
		number, text, _ := bytes.Cut(rest, []byte(" "))
		var k journal.Key
		raw, err := hex.DecodeString(string(key))
		at, nerr := strconv.Atoi(string(number))
		if err != nil || nerr != nil || copy(k[:], raw) != len(k) || len(text) == 0 {
			return &input.Error{ErrClass: class.IO, Msg: fmt.Sprintf("line %d of what the journal keeps of the rows is broken", n)}
		}
		return each(line{n: at, text: text, key: &k})
	})
}
