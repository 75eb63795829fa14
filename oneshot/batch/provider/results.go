package provider

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"

	"hermes/oneshot/batch"
	"hermes/oneshot/batch/journal"
	"hermes/oneshot/class"
)

// outcome is how a row ended: an answer with its status, or a word for why there is none.
type outcome struct {
	status int
	body   json.RawMessage
	word   string
}

// RowError is a row that its provider's batch left without an answer.
type RowError struct {
	ErrClass class.Class
	Msg      string
}

func (e *RowError) Error() string { return e.Msg }

// Class is batch_incomplete, or invalid_request or rate_limit where the batch failed as a whole.
func (e *RowError) Class() string { return string(e.ErrClass) }

// Hint is what to do next.
func (e *RowError) Hint() string {
	if e.ErrClass == class.InvalidRequest {
		return "change what the provider refused, and submit the rows again"
	}
	return "hermes batch submit sends it again with the next batch, hermes batch collect --then live asks it now, at the full price"
}

// index finds the results of rows by their keys.
type index struct {
	rows map[journal.Key]member
	outs map[*Sent]*results
}

// member is a row of a batch.
type member struct {
	sent   *Sent
	number int
}

func newIndex(all []*Sent) *index {
	x := &index{rows: map[journal.Key]member{}, outs: map[*Sent]*results{}}
	for _, s := range all {
		if s.Gone {
			continue
		}
		x.outs[s] = &results{sent: s}
		for n, k := range s.Keys {
			x.rows[k] = member{s, n} // the newest counts
		}
	}
	return x
}

// Elsewhere looks for the rows of a journal's folder that were handed to a provider.
func Elsewhere(dir string) func() (func(journal.Key) batch.Elsewhere, error) {
	return func() (func(journal.Key) batch.Elsewhere, error) {
		all, err := load(dir)
		if err != nil || len(all) == 0 {
			return nil, err
		}
		return newIndex(all).elsewhere, nil
	}
}

func (x *index) elsewhere(k journal.Key) (e batch.Elsewhere) {
	at, ok := x.rows[k]
	s := at.sent
	switch {
	case !ok:
		return e
	case s.Open() && !s.short:
		return batch.Elsewhere{Waiting: true}
	case s.Refused != "":
		c := class.InvalidRequest
		if s.Busy {
			c = class.RateLimit
		}
		return batch.Elsewhere{Again: true, Err: &RowError{c, fmt.Sprintf("the batch %s was refused: %s", s.Batch, s.Refused)}}
	}
	r, found, err := x.outs[s].of(at.number)
	switch {
	case err != nil:
		return batch.Elsewhere{Err: &RowError{class.BatchIncomplete, err.Error()}}
	case found && r.status != 0:
		again := r.status == http.StatusTooManyRequests || r.status == http.StatusRequestTimeout || r.status >= http.StatusInternalServerError
		return batch.Elsewhere{Answer: replay{r}, Half: s.Half, Again: again}
	case found:
		return batch.Elsewhere{Again: true, Err: &RowError{class.BatchIncomplete, "the batch " + s.Batch + " ended without an answer to the row: " + r.word}}
	case s.short:
		return batch.Elsewhere{Waiting: true}
	case s.stopped():
		return batch.Elsewhere{Again: true, Err: &RowError{class.BatchIncomplete, "the batch " + s.Batch + " ended without an answer to the row: " + s.Word}}
	}
	return batch.Elsewhere{Err: &RowError{class.BatchIncomplete, "the results of the batch " + s.Batch + " have no line for the row"}}
}

// stopped reports a batch that ended before all of its rows were asked.
func (s *Sent) stopped() bool {
	word := strings.ToLower(s.Word)
	return word == "cancelled" || word == "expired"
}

// replay answers a request with what came for its row.
type replay struct{ r outcome }

// RoundTrip implements http.RoundTripper.
func (p replay) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body.Close()
	}
	return &http.Response{
		StatusCode: p.r.status, Status: http.StatusText(p.r.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(p.r.body)), ContentLength: int64(len(p.r.body)),
	}, nil
}

// results are the lines of one batch, in whatever order they stand.
type results struct {
	sent *Sent

	once  sync.Once
	err   error
	form  form
	file  *os.File
	lines []span // by the number of the row; an empty one is not there
}

// span is a line of a file.
type span struct{ offset, size int64 }

// of reads the result of a row.
func (r *results) of(n int) (o outcome, found bool, err error) {
	r.once.Do(r.open)
	if r.err != nil || r.lines[n].size == 0 {
		return o, false, r.err
	}
	line := make([]byte, r.lines[n].size)
	if _, err := r.file.ReadAt(line, r.lines[n].offset); err != nil {
		return o, false, err
	}
	_, o, err = r.form.result(line)
	return o, err == nil, err
}

func (r *results) open() {
	if r.form, r.err = formOf(r.sent.Form); r.err != nil {
		return
	}
	if r.file, r.err = os.Open(r.sent.path(outSuffix)); r.err != nil {
		return
	}
	r.lines, _, r.err = r.sent.scan(r.file, r.form)
}

// scan finds the lines of rows, and counts them. A line that was cut is none.
func (s *Sent) scan(from io.Reader, f form) (lines []span, rows int, err error) {
	lines = make([]span, len(s.Keys))
	in := bufio.NewReaderSize(from, 64<<10)
	for offset := int64(0); ; {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, 0, err
		}
		if text := bytes.Trim(line, " \t\r\n"); len(text) > 0 { // what JSON has for space
			name, _, bad := f.result(text)
			if n, ok := rowNumber(s.Intent, name); ok && bad == nil && n < len(lines) && lines[n].size == 0 {
				lines[n] = span{offset, int64(len(line))}
				rows++
			}
		}
		if err != nil {
			return lines, rows, nil
		}
		offset += int64(len(line))
	}
}
