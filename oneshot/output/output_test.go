package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"hermes/oneshot/class"
)

func compile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	raw, err := Schema(name)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("s", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("s")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEventsFitTheirSchema holds each type, empty and filled, against the schema that is printed.
func TestEventsFitTheirSchema(t *testing.T) {
	t.Parallel()
	schema := compile(t, "events")
	now, cost := time.Now(), "0.12"
	filled := []Event{
		RunEnd{Status: StatusOK, FinishReason: FinishStop, CostBasis: CostTable, CostUSD: &cost, Usage: &Usage{Auxiliary: &Usage{}, ByModel: map[string]Usage{"m": {}}}},
		RunEnd{Status: StatusError, FinishReason: FinishError, CostBasis: CostUnknown, Error: &Failure{Class: class.Quota, RetryAt: &now}},
		Retry{Class: class.RateLimit, Source: "header", RetryAt: &now},
		Fallback{Class: class.Network},
		RunStart{Input: Input{Sources: []Source{{Kind: "stdin"}}}},
		SchemaInvalid{Errors: []SchemaError{{}}},
	}
	for i, e := range append(filled, RequestStart{}, RequestEnd{}, AuthRefresh{}, Warning{}) {
		line, err := appendEvent(nil, Head{Seq: int64(i), At: now, Run: newRunID(now)}, e)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v\n%s", e.Type(), err, line)
		}
	}
	wrong, _ := jsonschema.UnmarshalJSON(strings.NewReader(`{"v":1,"type":"run.end"}`))
	if schema.Validate(wrong) == nil {
		t.Error("the schema takes anything")
	}
}

// play gives pieces of text to an encoder as a run would.
func play(enc Encoder, w *bytes.Buffer, end RunEnd, pieces ...string) string {
	em := NewEmitter(&Sink{Name: "stdout", Encoder: enc})
	_ = em.Emit(RunStart{})
	for _, p := range pieces {
		_ = em.Text([]byte(p))
		_ = em.Flush()
	}
	_ = em.Emit(end)
	_ = em.Emit(end)
	return w.String()
}

func TestText(t *testing.T) {
	t.Parallel()
	ok, cut := RunEnd{Status: StatusOK}, RunEnd{Status: StatusError}
	for _, c := range []struct {
		name   string
		o      TextOptions
		end    RunEnd
		pieces []string
		want   string
	}{
		{"one newline is added", TextOptions{}, ok, []string{"a", "b"}, "ab\n"},
		{"one that is there is enough", TextOptions{}, ok, []string{"a\n"}, "a\n"},
		{"nothing stays nothing", TextOptions{}, cut, nil, ""},
		{"a pipe gets the bytes", TextOptions{}, ok, []string{"\x1b[2J\xff"}, "\x1b[2J\xff\n"},
		{"a terminal gets pictures", TextOptions{Terminal: true}, ok, []string{"\x1b[2J\x07\u009b\u202e"}, "␛[2J␇\ufffd\ufffd\n"},
		{"a character cut in two", TextOptions{Terminal: true}, ok, []string{"\xc3", "\xa9"}, "é\n"},
		{"atomic and whole", TextOptions{Atomic: true}, ok, []string{"a"}, "a\n"},
		{"atomic and cut", TextOptions{Atomic: true}, cut, []string{"a"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var w bytes.Buffer
			if got := play(NewText(&w, c.o), &w, c.end, c.pieces...); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

// TestWriteErrors: the class tells a reader that left from a disk that is full, and later sinks hear of it.
func TestWriteErrors(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]string{syscall.EPIPE: "pipe_closed", syscall.ENOSPC: "io"} {
		var w bytes.Buffer
		em := NewEmitter(&Sink{Name: "stdout", Encoder: NewText(broken{err}, TextOptions{})}, &Sink{Name: "ev", Encoder: NewStreamJSON(&w)})
		em.Amend = func(end RunEnd, e *WriteError) RunEnd {
			end.Status, end.Error = StatusError, &Failure{Class: class.Of(e)}
			return end
		}
		_ = em.Emit(RunStart{})
		_ = em.Text([]byte("x"))
		werr := em.Emit(RunEnd{Status: StatusOK})
		e, ok := errors.AsType[*WriteError](werr)
		if !ok || e.Class() != want || !strings.Contains(w.String(), `"class":"`+want+`"`) {
			t.Errorf("%v: %v\n%s", err, werr, w.String())
		}
	}
}

// FuzzDeltas: however an answer is cut, the lines are JSON, numbered without a gap, and say the same.
func FuzzDeltas(f *testing.F) {
	f.Add("aé😀\n\"\\\x00", 1)
	f.Add("plain", 3)
	f.Fuzz(func(t *testing.T, text string, step int) {
		if !utf8.ValidString(text) || step < 1 {
			return
		}
		var pieces []string
		for rest := text; rest != ""; {
			n := min(step, len(rest))
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		var w bytes.Buffer
		out := play(NewStreamJSON(&w), &w, RunEnd{Status: StatusOK}, pieces...)
		var joined strings.Builder
		for i, line := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
			var e struct {
				Seq        int
				Type, Text string
			}
			if err := json.Unmarshal([]byte(line), &e); err != nil || e.Seq != i {
				t.Fatalf("line %d: %v %s", i, err, line)
			}
			if e.Type == "text.delta" {
				joined.WriteString(e.Text)
			}
		}
		if joined.String() != text {
			t.Errorf("%q, want %q", joined.String(), text)
		}
	})
}

// TestDeltaAllocations: a delta costs none, in any encoding. What an answer grows by is less than one a delta.
func TestDeltaAllocations(t *testing.T) {
	delta, h := []byte("a piece of text"), Head{At: time.Now(), Run: "r"}
	for name, enc := range map[string]Encoder{
		"text": NewText(io.Discard, TextOptions{}), "stream-json": NewStreamJSON(io.Discard), "json": NewJSON(io.Discard),
	} {
		n := testing.AllocsPerRun(1000, func() {
			_ = enc.Text(h, delta)
			_ = enc.Flush()
		})
		if n > 0 {
			t.Errorf("%s: %v allocations a delta", name, n)
		}
	}
}

func TestRunID(t *testing.T) {
	t.Parallel()
	a, b := newRunID(time.UnixMilli(1)), newRunID(time.UnixMilli(1))
	if a == b || len(a) != 36 || a[14] != '7' || !strings.HasPrefix(a, "00000000-0001-") {
		t.Error(a, b)
	}
}
