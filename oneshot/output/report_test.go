package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"hermes/oneshot/class"
)

// TestUsageReport: the names of Hermes Agent, what nobody told as null, and how the run ended in each of its words.
func TestUsageReport(t *testing.T) {
	t.Parallel()
	cost, odd := "0.000123", "much"
	usage := &Usage{InputTokens: 1, OutputTokens: 2, CacheReadTokens: 3, CacheWriteTokens: 4, ReasoningTokens: 5, TotalTokens: 10, Auxiliary: &Usage{InputTokens: 1}}
	for name, c := range map[string]struct {
		end  RunEnd
		want string // members
	}{
		"a success":   {RunEnd{Status: StatusOK, FinishReason: FinishStop, Usage: usage, CostUSD: &cost, CostBasis: CostTable, Attempts: 2, Model: "m", Provider: "p"}, `"estimated_cost_usd":0.000123,"cost_usd":"0.000123","cost_status":"estimated","cost_source":"table","input_tokens":1,"output_tokens":2,"cache_read_tokens":3,"cache_write_tokens":4,"reasoning_tokens":5,"total_tokens":10,"api_calls":2,"model":"m","provider":"p","session_id":"r","completed":true,"partial":false,"interrupted":false,"turn_exit_reason":"stop","failed":false,"auxiliary":{"input_tokens":1,`},
		"an error":    {RunEnd{Status: StatusError, FinishReason: FinishError, CostBasis: CostUnknown, Error: &Failure{Class: class.Network, Message: "m"}}, `"estimated_cost_usd":null,"cost_usd":null,"cost_status":"unknown","cost_source":"unknown","input_tokens":null,"output_tokens":null,"cache_read_tokens":null,"cache_write_tokens":null,"reasoning_tokens":null,"total_tokens":null,"api_calls":0,"model":"","provider":"","session_id":"r","completed":false,"partial":false,"interrupted":false,"turn_exit_reason":"error","failed":true,"failure":{"class":"network"`},
		"a part":      {RunEnd{Status: StatusPartial, Error: &Failure{}}, `"completed":false,"partial":true,"interrupted":false,`},
		"a signal":    {RunEnd{Status: StatusCancelled, Error: &Failure{}}, `"completed":false,"partial":false,"interrupted":true,`},
		"an odd cost": {RunEnd{CostUSD: &odd}, `"estimated_cost_usd":null,"cost_usd":"much"`},
	} {
		doc := NewUsageReport(c.end, "r").JSON()
		var flat bytes.Buffer
		if err := json.Compact(&flat, doc); err != nil || !strings.Contains(flat.String(), c.want) || !bytes.HasSuffix(doc, []byte("}\n")) {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, flat.String(), c.want)
		}
	}
}

// TestProgress: it appears after 400 ms, counts, says what is waited for now, and leaves nothing behind.
func TestProgress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		play func(*Progress)
		want string
	}{
		"a short wait": {func(p *Progress) { p.Set("waiting"); time.Sleep(399 * time.Millisecond) }, ""},
		"a wait":       {func(p *Progress) { p.Set("waiting"); time.Sleep(time.Second) }, "\r\x1b[Kwaiting… 0s\r\x1b[K"},
		"a longer one": {func(p *Progress) { p.Set("waiting"); time.Sleep(2 * time.Second) }, "\r\x1b[Kwaiting… 0s\r\x1b[Kwaiting… 1s\r\x1b[K"},
		"another state": {func(p *Progress) {
			p.Set("waiting")
			time.Sleep(time.Second)
			p.Set("thinking")
			time.Sleep(time.Second)
		}, "\r\x1b[Kwaiting… 0s\r\x1b[Kthinking… 1s\r\x1b[K"},
		"nothing to say":          {func(*Progress) { time.Sleep(time.Minute) }, ""},
		"after the end":           {func(p *Progress) { p.Stop(); p.Set("waiting"); time.Sleep(time.Minute) }, ""},
		"a state that comes late": {func(p *Progress) { time.Sleep(time.Second); p.Set("waiting"); time.Sleep(time.Second) }, "\r\x1b[Kwaiting… 1s\r\x1b[K"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var w bytes.Buffer
				p := NewProgress(NewStderr(&w))
				c.play(p)
				p.Stop()
				p.Stop()
				time.Sleep(time.Minute)
				if w.String() != c.want {
					t.Errorf("%q, want %q", w.String(), c.want)
				}
			})
		})
	}
	var none *Progress
	none.Set("waiting")
	none.Stop()
}

// TestSchemas: each document is a schema, and holds what this program writes and no other thing.
func TestSchemas(t *testing.T) {
	t.Parallel()
	usage, cost, text := &Usage{ByModel: map[string]Usage{"m": {}}, Auxiliary: &Usage{}}, "0.10", "hi"
	end := RunEnd{Status: StatusOK, FinishReason: FinishStop, CostBasis: CostTable, Usage: usage, CostUSD: &cost, Text: &text, Data: json.RawMessage("[1]")}
	line, err := appendEvent(nil, Head{Run: newRunID(time.Now())}, end)
	if err != nil {
		t.Fatal(err)
	}
	row, err := json.Marshal(BatchRow{BatchHead{V: 1, Type: "batch.row"}, BatchEnd{Status: StatusError, Error: &Failure{Class: class.Network}, Usage: usage, CostUSD: &cost}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		good []byte
		bad  []string
	}{
		"result": {line, []string{`"exit_code":0`, `"status":"ok"`, `"cost_usd":"0.10"`, `"v":1`, `"finish_reason":"stop"`}},
		"events": {line, []string{`"exit_code":0`, `"type":"run.end"`}},
		"batch":  {row, []string{`"line":0`, `"class":"network"`, `"cost_usd":"0.10"`, `"status":"error"`}},
	} {
		s := compile(t, name)
		if err := s.Validate(parsed(t, c.good)); err != nil {
			t.Errorf("%s: %v\n%s", name, err, c.good)
		}
		for _, part := range c.bad {
			key, _, _ := strings.Cut(part, ":")
			wrong := bytes.Replace(c.good, []byte(part), []byte(key+`:"1e5"`), 1)
			if s.Validate(parsed(t, wrong)) == nil {
				t.Errorf("%s takes %s", name, wrong)
			}
		}
	}
	if _, err := Schema("other"); err == nil {
		t.Error("there is a schema of anything")
	}
}

func parsed(t *testing.T, raw []byte) any {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestTableOfExits: each class has one row and one code, and the hints of what may be tried again say so.
func TestTableOfExits(t *testing.T) {
	t.Parallel()
	seen, last := map[class.Class]bool{}, 0
	for _, x := range Exits() {
		if seen[x.Class] || !x.Class.Valid() || x.Hint == "" || x.Code < 1 || x.Code > 255 || x.Code < last && x.Code != 1 {
			t.Errorf("%+v", x)
		}
		seen[x.Class], last = true, x.Code
	}
	if len(seen) != len(class.All()) || class.Class("made up").Valid() {
		t.Errorf("%d rows for %d classes", len(seen), len(class.All()))
	}
}

// TestWriteErrorSays where, why, and which of the two it is.
func TestWriteErrorSays(t *testing.T) {
	t.Parallel()
	for err, class := range map[error]string{syscall.EPIPE: "pipe_closed", errors.New("full"): "io"} {
		w := &WriteError{Sink: "stdout", Err: err}
		if w.Error() != "cannot write stdout: "+err.Error() || !errors.Is(w, err) || w.Class() != class {
			t.Errorf("%v of class %s", w, w.Class())
		}
	}
}

// TestRunIDOfEvents is that of the emitter, on every line.
func TestRunIDOfEvents(t *testing.T) {
	t.Parallel()
	var w bytes.Buffer
	em := NewEmitter(&Sink{Encoder: NewStreamJSON(&w)})
	if err := errors.Join(em.Emit(RunStart{}), em.Text([]byte("a")), em.Reasoning([]byte("b")), em.Emit(RunEnd{Status: StatusOK}), em.Text([]byte("late")), em.Emit(Warning{})); err != nil {
		t.Error(err)
	}
	if n := strings.Count(w.String(), `"run":"`+em.RunID()+`"`); n != 4 || types(t, w.String()) != "run.start text.delta reasoning.delta run.end" {
		t.Errorf("%d lines of %s:\n%s", n, em.RunID(), w.String())
	}
}
