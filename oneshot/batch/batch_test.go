package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hermes/oneshot"
	"hermes/oneshot/bill"
	"hermes/oneshot/class"
	"hermes/oneshot/output"
	"hermes/oneshot/wire/anthropic"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func reply(status int, text string) *http.Response {
	body := fmt.Sprintf(`{"type":"message","role":"assistant","model":"m","content":[{"type":"text","text":%q}],"stop_reason":"end_turn","usage":{"input_tokens":1000000,"output_tokens":0}}`, text)
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
}

// options asks rt.
func options(in string, out io.Writer, rt roundTrip) Options {
	target := oneshot.Target{Protocol: anthropic.Protocol{}, Provider: "p", Model: "m", BaseURL: "http://h.invalid", Header: http.Header{}, Transport: rt, MaxTokens: 10, Price: bill.Price{Input: "1", Output: "1"}}
	other := func(provider, model string) oneshot.Candidate {
		own := target
		own.Provider, own.Model = provider, model
		return oneshot.Candidate{Resolve: func(context.Context) (oneshot.Target, error) { return own, nil }}
	}
	return Options{In: strings.NewReader(in), Out: out, Jobs: 3, Target: other, Job: oneshot.Job{
		Explain: func(err error) output.Failure { return oneshot.Explain(err, "p") },
		Targets: []oneshot.Candidate{{Name: "p", Resolve: func(context.Context) (oneshot.Target, error) { return target, nil }}},
	}}
}

func rowsOf(t *testing.T, raw []byte) []output.BatchRow {
	t.Helper()
	var all []output.BatchRow
	for line := range bytes.Lines(raw) {
		var row output.BatchRow
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, row)
	}
	return all
}

// TestOrder: the first row is the slowest, and still the first; no more than Jobs are under way.
func TestOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		rt := func(r *http.Request) (*http.Response, error) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			raw, err := io.ReadAll(r.Body)
			if strings.Contains(string(raw), "row-0") {
				time.Sleep(time.Minute)
			}
			time.Sleep(time.Second)
			return reply(200, "fine"), err
		}
		var in strings.Builder
		for i := range 20 {
			fmt.Fprintf(&in, "{\"id\":\"i%d\",\"prompt\":\"row-%d.\"}\n", i, i)
		}
		var out bytes.Buffer
		begun := time.Now()
		if err := Run(t.Context(), options(in.String(), &out, rt)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took != 61*time.Second {
			t.Errorf("it took %v: the order is not free", took)
		}
		rows := rowsOf(t, out.Bytes())
		if len(rows) != 20 || most.Load() > 3 {
			t.Fatalf("%d rows, %d at once", len(rows), most.Load())
		}
		for i, row := range rows {
			if row.ID != fmt.Sprint("i", i) || row.Seq != int64(i) || row.Line != i+1 || row.Status != "ok" || row.Text == nil || *row.Text != "fine" {
				t.Errorf("row %d: %+v", i, row)
			}
		}
	})
}

// TestRows: what each line becomes, and that a row's own settings go out.
func TestRows(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]struct{ id, status, class, sent string }{
		`"bare"`:                                {"1", "ok", "", `"bare"`},
		`{"id":7,"prompt":"x"}`:                 {"7", "ok", "", `"x"`},
		`{"prompt":"x","model":"other"}`:        {"1", "ok", "", `"model":"other"`},
		`{"prompt":"x","max_tokens":77}`:        {"1", "ok", "", `"max_tokens":77`},
		`{"prompt":"x","system":"be brief"}`:    {"1", "ok", "", "be brief"},
		`{"prompt":`:                            {"1", "error", "invalid_input", ""},
		`{"prompt":5}`:                          {"1", "error", "invalid_input", ""},
		`{"id":"q"}`:                            {"q", "error", "no_input", ""},
		`{"id":"q","prompt":"please be wrong"}`: {"q", "error", "invalid_request", ""},
	} {
		var sent string
		var out bytes.Buffer
		err := Run(t.Context(), options(line, &out, func(r *http.Request) (*http.Response, error) {
			raw, err := io.ReadAll(r.Body)
			if sent = string(raw); strings.Contains(sent, "wrong") {
				return reply(400, ""), err
			}
			return reply(200, "a"), err
		}))
		rows := rowsOf(t, out.Bytes())
		if len(rows) != 1 || rows[0].ID != want.id || rows[0].Status != want.status || !strings.Contains(sent, want.sent) {
			t.Errorf("%s: %s, sent %s", line, out.String(), sent)
			continue
		}
		failed, ok := errors.AsType[*Error](err)
		if ok != (want.class != "") || ok && (failed.Class() != "batch_failed" || rows[0].Error.Class != class.Class(want.class)) {
			t.Errorf("%s: %v, %+v", line, err, rows[0].Error)
		}
	}
}

// TestBudget: the rows together may cost so much; each of these costs 1 USD.
func TestBudget(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := options(strings.Repeat("\"x\"\n", 50), &out, func(*http.Request) (*http.Response, error) { return reply(200, "a"), nil })
	o.Job.Limits.MaxCost = "2.5"
	err := Run(t.Context(), o)
	if e, ok := errors.AsType[*bill.Error](err); !ok || !strings.Contains(e.Error(), "after 3 rows") {
		t.Errorf("error %v", err)
	}
	if n := len(rowsOf(t, out.Bytes())); n < 3 || n > 5 { // two more may have ended with the third
		t.Errorf("%d rows", n)
	}
}

// TestEnds: a context that ends, a reader that went away, a target that cannot be asked.
func TestEnds(t *testing.T) {
	t.Parallel()
	fine := func(*http.Request) (*http.Response, error) { return reply(200, "a"), nil }
	cause := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	pr, pw := io.Pipe()
	defer pw.Close()
	o := options("", io.Discard, fine)
	o.In = pr
	time.AfterFunc(0, func() { cancel(cause) })
	if err := Run(ctx, o); !errors.Is(err, cause) {
		t.Errorf("a silent input: %v", err)
	}
	r, w := io.Pipe()
	r.Close()
	if _, ok := errors.AsType[*output.WriteError](Run(t.Context(), options(`"x"`, w, fine))); !ok {
		t.Error("a closed output is no error")
	}
	o = options(`"x"`, io.Discard, fine)
	o.Job.Targets[0].Resolve = func(context.Context) (oneshot.Target, error) { return oneshot.Target{}, cause }
	if err := Run(t.Context(), o); !errors.Is(err, cause) {
		t.Errorf("no target: %v", err)
	}
}
