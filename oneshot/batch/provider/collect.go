package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hermes/oneshot/batch"
	"hermes/oneshot/batch/journal"
	"hermes/oneshot/class"
	"hermes/oneshot/guard"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
	"hermes/oneshot/wire"
)

// Waiting says how long Fetch waits for the end of batches, and who hears of it.
type Waiting struct {
	Wait bool
	// Poll is the first pause between two looks; it grows to six times that.
	Poll time.Duration
	// Progress takes a line on the batches at each look. May be nil.
	Progress func(line string)
}

const (
	mostMisses = 10 // looks at a batch that may fail in a row: a 404 or a 5xx is not yet its end
	mostShort  = 3  // downloads that may hold fewer rows than the counts tell
)

// nothing is the error of a journal from which nothing was submitted.
func nothing(dir string) error {
	return &input.Error{
		ErrClass: class.NoInput, Msg: fmt.Sprintf("--journal %s: nothing was submitted from it", dir), Advice: "hermes batch submit FILE --journal DIR comes first",
	}
}

// Kept opens the rows as they were submitted, and reads what they have in common.
func Kept(dir string, settings any) (*os.File, error) {
	raw, err := os.ReadFile(filepath.Join(dir, settingsFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nothing(dir)
	}
	if err == nil {
		err = json.Unmarshal(raw, settings)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, settingsFile), err)
	}
	return os.Open(filepath.Join(dir, rowsFile))
}

// Fetch brings the results of the batches that have ended into the journal's folder. With Waiting.Wait it stays until all have.
// Others may not work on the journal meanwhile.
func (x *Session) Fetch(ctx context.Context, w Waiting) error {
	lock, err := journal.Lock(x.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return nothing(x.Dir)
	}
	if err != nil {
		return batch.JournalError(x.Dir, err)
	}
	defer lock.Close()
	if err := x.load(); err != nil {
		return err
	}
	misses, short, pause := map[*Sent]int{}, 0, w.Poll
	for {
		if err := x.resolveAll(ctx); err != nil {
			return err
		}
		var states []string
		for _, s := range x.open() {
			st, err := x.fetch(ctx, s)
			switch {
			case ctx.Err() != nil:
				return context.Cause(ctx)
			case err == nil:
				misses[s] = 0
				states = append(states, describe(s, st))
			case !w.Wait || !mayPass(err) || misses[s] == mostMisses:
				return &LookError{s.called(), err}
			default:
				misses[s]++
				states = append(states, fmt.Sprintf("%s: %v", s.called(), err))
			}
			if s.short {
				short++
			}
		}
		if !w.Wait || len(x.open()) == 0 || short >= mostShort {
			return nil
		}
		if w.Progress != nil {
			w.Progress(strings.Join(states, ", "))
		}
		if err := guard.Sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(pause*3/2, w.Poll*6)
	}
}

// mayPass reports an error of a look at a batch that says nothing of the batch.
func mayPass(err error) bool {
	e, ok := errors.AsType[*wire.Error](err)
	return ok && (e.Retryable || e.HTTPStatus == 404)
}

// describe is a batch for one who waits.
func describe(s *Sent, st State) string {
	line := s.called() + " " + st.Word
	if st.Counts.Done > 0 {
		line += fmt.Sprintf(" %d of %d rows", st.Counts.Done, st.Counts.Total)
	}
	return line + ", " + time.Since(s.At).Round(time.Second).String()
}

// fetch looks at a batch, and brings its results when it has ended.
func (x *Session) fetch(ctx context.Context, s *Sent) (State, error) {
	if s.Batch == "" { // whether it is there is not known yet
		return State{Word: "not found yet"}, nil
	}
	c, err := x.conn(ctx, s)
	if err != nil {
		return State{}, err
	}
	st, err := c.state(ctx, s.Batch)
	if err != nil || !st.Ended {
		return st, err
	}
	if st.Refused != "" {
		return st, s.note(later{Ended: true, Refused: st.Refused, Busy: st.Busy, Word: st.Word})
	}
	for try := 0; ; try++ {
		rows, err := x.download(ctx, c, s, st)
		if err != nil {
			return st, err
		}
		if rows >= min(st.listed, len(s.Keys)) {
			s.short = false
			return st, s.note(later{Ended: true, Word: st.Word})
		}
		if s.short = true; try == mostShort-1 {
			x.tell("the results of the batch %s have %d rows, and %s counts %d; the others may come with a later hermes batch collect", s.Batch, rows, s.Provider, st.listed)
			return st, nil
		}
	}
}

// download puts the results into their file, and counts the rows in them.
func (x *Session) download(ctx context.Context, c *conn, s *Sent, st State) (rows int, err error) {
	f, err := os.CreateTemp(x.Dir, ".new-*")
	if err != nil {
		return 0, err
	}
	for _, at := range c.results(c, st) {
		if err = c.append(ctx, at, f); err != nil {
			break
		}
	}
	if err == nil {
		if _, err = f.Seek(0, io.SeekStart); err == nil {
			_, rows, err = s.scan(f, c.form)
		}
	}
	return rows, place(f, err, s.path(outSuffix))
}

// append writes an answer behind what the file has, whole or not at all, and ends its last line.
func (c *conn) append(ctx context.Context, at *url.URL, f *os.File) error {
	begin, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	err = c.client.Do(ctx, wire.Exchange{Method: "GET", URL: at, Read: func(r io.Reader) error {
		if _, err := f.Seek(begin, io.SeekStart); err != nil {
			return err
		}
		if err := f.Truncate(begin); err != nil {
			return err
		}
		_, err := io.Copy(f, r)
		return err
	}})
	if err == nil {
		_, err = f.WriteString("\n")
	}
	return err
}

// Status asks for the state of each batch that was sent, or cancels it, and gives them in the order of their sending. It changes no
// file.
func (x *Session) Status(ctx context.Context, cancel bool, each func(output.BatchStatus) error) error {
	all, err := load(x.Dir)
	if err != nil {
		return err
	}
	if x.sent = all; len(all) == 0 {
		return nothing(x.Dir)
	}
	for _, s := range all {
		if s.Gone {
			continue
		}
		status, err := x.status(ctx, s, cancel)
		if err != nil {
			return &LookError{s.called(), err}
		}
		if err := each(status); err != nil {
			return err
		}
	}
	return nil
}

func (x *Session) status(ctx context.Context, s *Sent, cancel bool) (output.BatchStatus, error) {
	out := output.BatchStatus{
		V: 1, Type: "batch.status", Intent: s.Intent, Provider: s.Provider, Model: s.Model, Rows: len(s.Keys), State: s.Word,
		Ended: s.Ended, Fetched: s.Ended, Refused: s.Refused, Submitted: s.At,
	}
	id := s.Batch
	if s.Ended {
		out.Batch = &id
		return out, nil
	}
	c, err := x.conn(ctx, s)
	if err != nil {
		return out, err
	}
	if id == "" {
		st, _, err := x.find(ctx, c, s)
		if err != nil || st == nil {
			out.State = "not found yet"
			return out, err
		}
		id = st.ID
	}
	ask := c.state
	if cancel {
		ask = c.cancel
	}
	st, err := ask(ctx, id)
	out.Batch, out.State, out.Ended, out.Refused = &id, st.Word, st.Ended, st.Refused
	out.Counts = &output.BatchCounts{Total: st.Counts.Total, Done: st.Counts.Done, OK: st.Counts.OK}
	return out, err
}
