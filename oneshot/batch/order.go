package batch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hermes/oneshot"
	"hermes/oneshot/batch/journal"
	"hermes/oneshot/output"
)

const (
	// window is how many rows may be read from the first one on that is not written yet.
	window = 1024
	// room is how many bytes of finished rows may wait for an earlier one before no more are asked.
	room = 64 << 20
	// settling is how long the rows under way may take to end when the batch is stopped.
	settling = 400 * time.Millisecond
)

// result is a row that ended.
type result struct {
	task
	number int64 // among the rows, from 0
	why    error // the row's error
	cut    bool  // it ended because the batch did
}

// sequence runs rows side by side and has them written, in the order of the input unless that does not matter. All of it is one
// goroutine's.
type sequence struct {
	o       Options
	journal *journal.Journal // nil for none
	jobs    int
	w       writer
	tally   tally
	total   int64 // rows of the input, 0 where that is not known
	begun   time.Time
	started int64
	running int
	rows    context.Context // of those under way, which may go on when the batch is to stop
	cancel  context.CancelCauseFunc
	workers int
	work    chan *result // rows to be answered, which always has room
	done    chan *result
	held    map[int64]row // finished, and waiting for an earlier row
	bytes   int           // of those
	room    int           // for those, before no more rows are asked
}

func newSequence(o Options, j *journal.Journal) *sequence {
	jobs := max(o.Jobs, 1)
	rows, cancel := context.WithCancelCause(context.Background())
	q := &sequence{
		rows: rows, cancel: cancel,
		o: o, journal: j, jobs: jobs, work: make(chan *result, jobs), done: make(chan *result, jobs), held: map[int64]row{}, room: room, begun: time.Now(),
		w: writer{out: o.Out, openAI: o.OpenAI}, tally: newTally(o.Job.Limits.MaxCost),
	}
	if j != nil {
		q.tally.cost.Set(j.Cost)
	}
	return q
}

// run answers the tasks. With an error rows may still be under way.
func (q *sequence) run(ctx context.Context, tasks <-chan task) error {
	var tick <-chan time.Time
	if q.o.Progress != nil {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		tick = t.C
	}
	for tasks != nil || q.running > 0 {
		from := tasks
		if q.running == q.jobs || q.started-q.w.rows >= window || q.bytes >= q.room {
			from = nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case t, ok := <-from:
			if !ok && ctx.Err() != nil { // the reader was told to end, too
				return context.Cause(ctx)
			}
			if !ok {
				tasks = nil
				continue
			}
			if err := q.start(t); err != nil {
				return err
			}
		case r := <-q.done:
			if err := q.finish(r); err != nil {
				return err
			}
		case <-tick:
			q.report()
		}
	}
	return nil
}

func (q *sequence) start(t task) error {
	r := &result{task: t, number: q.started}
	q.started++
	q.running++
	if t.done {
		if err := q.recall(r); err != nil {
			return &output.WriteError{Sink: q.o.Journal, Err: err}
		}
		if r.done {
			q.done <- r
			return nil
		}
	}
	if q.journal != nil && r.err == nil && !r.given {
		if r.again {
			q.tally.again++
		}
		if err := q.journal.Start(r.key); err != nil {
			return &output.WriteError{Sink: q.o.Journal, Err: err}
		}
	}
	if q.workers < q.running {
		q.workers++
		go q.answers()
	}
	q.work <- r
	return nil
}

// answers is one of as many as rows may be under way. It answers row after row: its stack has grown with the first.
func (q *sequence) answers() {
	ctx := q.rows
	for r := range q.work {
		r.why = q.answer(ctx, r)
		r.cut = r.why != nil && ctx.Err() != nil && errors.Is(r.why, context.Cause(ctx))
		q.done <- r
	}
}

// close ends what is left of the rows under way.
func (q *sequence) close() {
	close(q.work)
	q.cancel(nil)
}

// recall gives the row the result that the journal has. A good one stays as it stands there.
func (q *sequence) recall(r *result) (err error) {
	r.row.kept, err = q.journal.Result(r.key)
	r.done = r.row.kept != nil
	if r.row.Status = output.StatusOK; r.done && !(q.journal.State(r.key).OK && !q.o.OpenAI && r.row.isEnd()) {
		return r.row.open()
	}
	return err
}

// answer gives the row the result of a run. The error is the run's.
func (q *sequence) answer(ctx context.Context, r *result) error {
	if r.err != nil {
		f := r.job.Explain(r.err)
		r.row.Status, r.row.ExitCode, r.row.Error, r.row.Finish = output.StatusError, f.Code, &f, output.FinishError
		return r.err
	}
	record := r.job.Record
	r.job.Record = func(end output.RunEnd, run string) {
		row := &r.row
		row.Status, row.ExitCode, row.Error, row.Text, row.Data = end.Status, end.ExitCode, end.Error, end.Text, end.Data
		row.Finish, row.Model, row.Usage, row.CostUSD = end.FinishReason, end.Model, end.Usage, end.CostUSD
		if record != nil {
			record(end, run)
		}
	}
	return oneshot.Do(ctx, r.job)
}

// finish takes a row that ended, and writes it and those that waited for it.
func (q *sequence) finish(r *result) error {
	halt := q.o.halts(r)
	if err := q.hold(r, halt != nil && halt.all); err != nil {
		return err
	}
	if err := q.flush(q.o.Unordered); err != nil {
		return err
	}
	if halt != nil {
		return halt
	}
	return q.tally.overBudget()
}

// hold keeps a row until its turn, and notes its end. A row that was cut has none; one that failed for a reason that stops the
// whole batch is not written, so that who asks for the missing rows asks for it too.
func (q *sequence) hold(r *result, drop bool) error {
	q.running--
	if r.cut {
		return nil
	}
	if !r.done {
		q.tally.charge(r.row.CostUSD, r.row.Usage)
	}
	if !drop {
		q.tally.count(r.row)
		q.held[r.number] = r.row
		q.bytes += size(r.row)
	}
	if q.journal == nil || r.done || r.err != nil {
		return nil
	}
	e := journal.End{OK: r.row.Status == output.StatusOK, Final: isFinal(r.row.Error), Cost: r.row.CostUSD, Result: r.row.BatchEnd}
	if err := q.journal.End(r.key, e); err != nil {
		return &output.WriteError{Sink: q.o.Journal, Err: err}
	}
	return nil
}

// flush writes the rows whose turn it is; all of them where the order does not matter.
func (q *sequence) flush(all bool) error {
	next := func(yield func(int64) bool) {
		for n := q.w.rows; q.has(n) && yield(n); n++ {
		}
	}
	if all {
		next = slices.Values(slices.Sorted(maps.Keys(q.held)))
	}
	for number := range next {
		row := q.held[number]
		delete(q.held, number)
		q.bytes -= size(row)
		if err := q.w.write(row); err != nil {
			return err
		}
	}
	return nil
}

func (q *sequence) has(number int64) bool {
	_, ok := q.held[number]
	return ok
}

// settle is the end of a batch that was stopped: after SIGTERM it gives the rows under way their grace, then it waits a moment for
// them to be cut, and writes all that is finished. Rows that were cut are not written, so that who asks for the missing ones asks
// for these.
func (q *sequence) settle(why error) {
	if q.o.Grace > 0 && isTerm(why) {
		q.told(true)
		q.wait(q.o.Grace)
		q.told(false)
	}
	q.cancel(why)
	q.wait(settling)
	if w, ok := errors.AsType[*output.WriteError](why); !ok || w.Sink == q.o.Journal {
		_ = q.flush(true)
	}
}

func (q *sequence) told(settling bool) {
	if q.o.Settling != nil {
		q.o.Settling(settling)
	}
}

// wait takes rows that end, for so long, or until the process is to end at once.
func (q *sequence) wait(d time.Duration) {
	var kill <-chan struct{}
	if q.o.Job.Kill != nil {
		kill = q.o.Job.Kill.Done()
	}
	late := time.After(d)
	for q.running > 0 {
		select {
		case r := <-q.done:
			h := q.o.halts(r)
			if q.hold(r, h != nil && h.all) != nil {
				return
			}
		case <-late:
			return
		case <-kill:
			return
		}
	}
}

// size is about what a row takes in memory.
func size(row row) int {
	n := len(row.kept) + len(row.Data) + 512
	if row.Text != nil {
		n += len(*row.Text)
	}
	return n
}

func (q *sequence) report() {
	if q.o.Progress != nil {
		q.o.Progress(q.progress())
	}
}

// progress is the state of the batch now.
func (q *sequence) progress() Progress {
	p := Progress{Total: q.total, Elapsed: time.Since(q.begun), tally: q.tally}
	if q.o.Shard.N > 0 {
		p.Total = 0
	}
	return p
}

// verdict is the error of a batch that came to its end.
func (q *sequence) verdict(c counts) error {
	t := q.tally
	lacking := c.lacking + c.waiting
	if t.failed+t.pending+lacking == 0 {
		q.tell(c)
		return nil
	}
	return &Error{Failed: t.failed, Pending: t.pending + lacking, Rows: t.rows() + lacking, Lacking: lacking > 0, Summary: q.summary(c), Advice: q.advice(c)}
}

// advice is what to do about rows that wait for another try.
func (q *sequence) advice(c counts) string {
	switch {
	case q.tally.pending+c.lacking > 0:
		return q.o.Advice
	case c.waiting > 0:
		return "hermes batch collect --wait --journal " + q.o.Journal + " waits for them"
	}
	return ""
}

// tell writes the summary.
func (q *sequence) tell(c counts) {
	if q.o.Notice != nil {
		q.o.Notice(q.summary(c))
	}
}

// summary is one line on how the batch went.
func (q *sequence) summary(c counts) string {
	s := q.progress().String()
	add := func(n int64, format string) {
		if n > 0 {
			s += fmt.Sprintf("; "+format, n)
		}
	}
	add(c.left, "--limit left %d")
	add(c.waiting, "%d are in the provider's own batch")
	add(q.tally.again, "%d were asked again and may be paid twice")
	if j := q.journal; j != nil {
		add(int64(j.Torn), "%d lines of the journal were cut off and dropped")
		add(int64(j.Twice), "%d results of the journal were paid twice")
		if other := j.Finals() - c.known; c.known+c.left == 0 { // the whole batch is another
			add(other, "the journal has %d results of other requests")
		}
	}
	if c.lacking > 0 {
		s += fmt.Sprintf("; %d rows have no final end, from lines %s on", c.lacking, strings.Trim(fmt.Sprint(c.missing), "[]"))
	}
	return s
}
