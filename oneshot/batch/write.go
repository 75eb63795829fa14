package batch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"time"

	"hermes/oneshot/bill"
	"hermes/oneshot/output"
)

// writer writes rows.
type writer struct {
	out    io.Writer
	openAI bool
	rows   int64 // written
}

func (w *writer) write(r row) (err error) {
	r.Seq = w.rows
	w.rows++
	var line []byte
	switch {
	case w.openAI:
		line, err = encode(openAIResult(r.BatchRow))
	case r.kept != nil:
		line, err = r.renewed()
	default:
		line, err = encode(r.BatchRow)
	}
	if err != nil {
		return err
	}
	if _, err := w.out.Write(line); err != nil {
		return &output.WriteError{Sink: "stdout", Err: err}
	}
	return nil
}

// encode is a value as a line.
func encode(value any) ([]byte, error) {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	err := enc.Encode(value)
	return line.Bytes(), err
}

// row is one that is written. kept is its end as the journal has it, of which only the status is in the fields; nil where all is.
type row struct {
	output.BatchRow
	kept json.RawMessage
}

// open puts what was kept into the fields.
func (r *row) open() error {
	head := r.BatchHead
	err := json.Unmarshal(r.kept, &r.BatchRow)
	r.BatchHead, r.kept = head, nil
	return err
}

// isEnd reports whether what was kept is the end alone. Earlier versions kept the whole row.
func (r *row) isEnd() bool { return bytes.HasPrefix(r.kept, []byte(`{"status":`)) }

// renewed is the line of what was kept.
func (r *row) renewed() ([]byte, error) {
	line, err := encode(r.BatchHead)
	if err != nil {
		return nil, err
	}
	line = append(bytes.TrimSuffix(line, []byte("}\n")), ',')
	return append(append(line, r.kept[1:]...), '\n'), nil
}

// tally counts rows by their end. pending are failures that another try may change.
type tally struct {
	ok, failed, pending, again int64
	paid                       int64 // the rows that were asked by this process
	tokens                     int64 // that their answers have
	max                        string
	limit, cost                *big.Rat // limit is nil without a budget
}

func newTally(maxCost string) tally {
	t := tally{max: maxCost, cost: new(big.Rat)}
	if limit, ok := bill.Dollars(maxCost); ok {
		t.limit = limit
	}
	return t
}

func (t *tally) rows() int64 { return t.ok + t.failed + t.pending }

func (t *tally) count(row row) {
	switch {
	case row.Status == output.StatusOK:
		t.ok++
	case mayPass(row.Error):
		t.pending++
	default:
		t.failed++
	}
}

// charge adds the cost of a row, whether it is written or not.
func (t *tally) charge(cost *string, usage *output.Usage) {
	t.paid++
	if usage != nil {
		t.tokens += usage.OutputTokens
	}
	if cost == nil {
		return
	}
	if v, ok := new(big.Rat).SetString(*cost); ok {
		t.cost.Add(t.cost, v)
	}
}

// overBudget is the error of a batch that has cost more than --max-cost.
func (t *tally) overBudget() error {
	if t.limit == nil || t.cost.Cmp(t.limit) <= 0 {
		return nil
	}
	return &bill.Error{Msg: fmt.Sprintf("the batch has cost %s USD after %d rows, over the budget of %s", t.cost.FloatString(6), t.paid, t.max)}
}

// Progress is how far a batch has come.
type Progress struct {
	Total   int64 // rows of the input, 0 where that is not known
	Elapsed time.Duration
	tally
}

// Event is the state as an event.
func (p Progress) Event() output.BatchProgress {
	e := output.BatchProgress{
		Rows: p.rows(), OK: p.ok, Failed: p.failed, Pending: p.pending, Again: p.again, CostUSD: bill.USD(p.cost),
		DurationMS: p.Elapsed.Milliseconds(),
	}
	if p.Total > 0 {
		e.Total = &p.Total
	}
	if left := p.Left(); left > 0 {
		e.LeftMS = new(left.Milliseconds())
	}
	return e
}

// Rate is rows a second, those of the journal left out.
func (p Progress) Rate() float64 { return float64(p.paid) / max(p.Elapsed.Seconds(), 0.001) }

// Left is how long the rest will take at this rate, 0 where that is not known.
func (p Progress) Left() time.Duration {
	rest := p.Total - p.rows()
	if rest <= 0 || p.paid == 0 {
		return 0
	}
	return time.Duration(float64(rest) / p.Rate() * float64(time.Second)).Round(time.Second)
}

// String is the state in words: 12 of 40 rows, 11 ok, 1 failed, 0 to try again, 0.1 USD, 2.0 rows/s, 14s left.
func (p Progress) String() string {
	s := fmt.Sprintf("%d rows", p.rows())
	if p.Total > p.rows() {
		s = fmt.Sprintf("%d of %d rows", p.rows(), p.Total)
	}
	s += fmt.Sprintf(": %d ok", p.ok)
	if p.failed > 0 {
		s += fmt.Sprintf(", %d failed", p.failed)
	}
	if p.pending > 0 {
		s += fmt.Sprintf(", %d to try again", p.pending)
	}
	if p.cost.Sign() > 0 {
		s += ", " + bill.USD(p.cost) + " USD"
	}
	return s
}

// Line is the state for one who waits, with the rate and the time that is left.
func (p Progress) Line() string {
	s := fmt.Sprintf("%s, %.1f a second", p, p.Rate())
	if left := p.Left(); left > 0 {
		s += fmt.Sprintf(", %v left", left)
	}
	if p.tokens > 0 {
		s += fmt.Sprintf(", %.0f tokens/s", float64(p.tokens)/max(p.Elapsed.Seconds(), 0.001))
	}
	return s
}
