package batch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
)

const (
	// window is how many rows may be read from the first one on that is not written yet.
	window = 1024
	// room is how many bytes of finished rows may wait for an earlier one before no more are asked.
	room = 64 << 20
	// parting is how long the rows under way may take to end when the batch is stopped.
	parting = 400 * time.Millisecond
)

// line is a row of the input.
type line struct {
	n    int // from 1, empty lines counted
	text []byte
}

// result is a row that ended.
type result struct {
	number int64 // among the rows, from 0
	row    output.BatchRow
	cut    bool // it ended because the batch did
}

// sequence runs rows side by side and has them written in the order of the input. All of it is one goroutine's.
type sequence struct {
	o       Options
	jobs    int
	w       writer
	started int64
	running int
	done    chan result
	held    map[int64]output.BatchRow // finished, and waiting for an earlier row
	bytes   int                       // of those
	room    int                       // for those, before no more rows are asked
}

func newSequence(o Options) *sequence {
	jobs := max(o.Jobs, 1)
	return &sequence{
		o: o, jobs: jobs, done: make(chan result, jobs), held: map[int64]output.BatchRow{}, room: room,
		w: writer{out: o.Out, openAI: o.OpenAI, max: o.Job.Limits.MaxCost, cost: new(big.Rat)},
	}
}

// run answers the lines. With an error rows may still be under way.
func (q *sequence) run(ctx context.Context, lines <-chan line) error {
	for lines != nil || q.running > 0 {
		from := lines
		if q.running == q.jobs || q.started-q.w.rows >= window || q.bytes >= q.room {
			from = nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case l, ok := <-from:
			if !ok {
				lines = nil
				continue
			}
			q.start(ctx, l)
		case r := <-q.done:
			if err := q.finish(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (q *sequence) start(ctx context.Context, l line) {
	number := q.started
	q.started++
	q.running++
	go func() {
		row, err := answer(ctx, &q.o, l)
		q.done <- result{number, row, err != nil && ctx.Err() != nil && errors.Is(err, context.Cause(ctx))}
	}()
}

// finish takes a row that ended, and writes it and those that waited for it.
func (q *sequence) finish(r result) error {
	q.hold(r)
	if err := q.w.charge(r.row.CostUSD); err != nil {
		return err
	}
	for {
		row, ok := q.held[q.w.rows]
		if !ok {
			return nil
		}
		delete(q.held, q.w.rows)
		q.bytes -= size(row)
		if err := q.w.write(row); err != nil {
			return err
		}
	}
}

func (q *sequence) hold(r result) {
	q.running--
	if !r.cut {
		q.held[r.number] = r.row
		q.bytes += size(r.row)
	}
}

// settle is the end of a batch that was stopped: it waits a moment for the rows under way, and writes all that is finished.
// Rows that were cut are not written, so that who asks for the missing ones asks for these.
func (q *sequence) settle(why error) {
	late := time.After(parting)
	for q.running > 0 {
		select {
		case r := <-q.done:
			q.hold(r)
			continue
		case <-late:
		}
		break
	}
	if _, ok := errors.AsType[*output.WriteError](why); ok {
		return
	}
	for _, number := range slices.Sorted(maps.Keys(q.held)) {
		if q.w.write(q.held[number]) != nil {
			return
		}
	}
}

// size is about what a row takes in memory.
func size(row output.BatchRow) int {
	n := len(row.Data) + 512
	if row.Text != nil {
		n += len(*row.Text)
	}
	return n
}

// read gives each line that holds something.
func read(ctx context.Context, in io.Reader, lines chan<- line) error {
	r := bufio.NewReader(in)
	for n := 1; ; n++ {
		text, err := r.ReadBytes('\n')
		if text = bytes.TrimSpace(text); len(text) > 0 {
			select {
			case lines <- line{n, text}:
			case <-ctx.Done():
				return nil
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &input.Error{ErrClass: class.NoInput, Msg: fmt.Sprintf("cannot read the batch after line %d: %v", n, err)}
		}
	}
}
