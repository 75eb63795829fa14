package wiretest

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
)

// Case is a recorded stream and what a client should make of it. A field that is null in the file is not compared.
type Case struct {
	ID     int
	Name   string
	Chunks []Chunk
	// ContentType of the answer; "" is text/event-stream.
	ContentType string `json:"content_type"`
	// Lenient marks a case in which a good client may differ.
	Lenient bool
	Outcome struct {
		Text, Thinking *Chunk
		Tools          []struct {
			ID, Name *string
			Input    json.RawMessage
		}
		StopReason   *string `json:"stop_reason"`
		StopSequence *string `json:"stop_sequence"`
		Finish       *string // the wire's word in Anthropic's terms
		Refusal      *string
		OutputTokens *int64 `json:"output_tokens"`
		Usage        *struct {
			InputTokens      *int64 `json:"input_tokens"`
			OutputTokens     *int64 `json:"output_tokens"`
			CacheReadTokens  *int64 `json:"cache_read_tokens"`
			CacheWriteTokens *int64 `json:"cache_write_tokens"`
			ReasoningTokens  *int64 `json:"reasoning_tokens"`
		}
		Error    *struct{ Type, Class, Message *string }
		Complete bool
	}
}

// Chunk is what is written at once: a string, {"hex": …}, or a list of strings and {"repeat": x, "times": n}.
type Chunk []byte

// UnmarshalJSON reads the forms of a chunk.
func (c *Chunk) UnmarshalJSON(raw []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		for _, one := range list {
			var part Chunk
			if err := part.UnmarshalJSON(one); err != nil {
				return err
			}
			*c = append(*c, part...)
		}
		return nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		*c = Chunk(text)
		return nil
	}
	var form struct {
		Hex    string
		Repeat string
		Times  int
	}
	if err := json.Unmarshal(raw, &form); err != nil {
		return err
	}
	var err error
	if *c, err = hex.DecodeString(form.Hex); form.Repeat != "" {
		*c = bytes.Repeat([]byte(form.Repeat), form.Times)
	}
	return err
}

// Whole is all chunks together.
func (c Case) Whole() []byte {
	var all []byte
	for _, chunk := range c.Chunks {
		all = append(all, chunk...)
	}
	return all
}

// Cases reads a file of recorded streams.
func Cases(t testing.TB, file string) []Case {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []Case
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// RunCases reads each stream as it was recorded, one byte at a time and in halves, and compares. differs names lenient
// cases in which this client differs on purpose, with the reason; of those it is compared only that no cut or failed answer
// is called whole. check, if not nil, looks at each outcome besides.
func RunCases(t *testing.T, p wire.Protocol, file string, differs map[int]string, check func(t *testing.T, how string, c Case, o *Outcome)) {
	t.Helper()
	for _, c := range Cases(t, file) {
		t.Run(fmt.Sprintf("%d-%s", c.ID, c.Name), func(t *testing.T) {
			t.Parallel()
			var given []io.Reader
			for _, chunk := range c.Chunks {
				given = append(given, bytes.NewReader(chunk))
			}
			ways := map[string]io.Reader{
				"as given": io.MultiReader(given...), "byte by byte": iotest.OneByteReader(bytes.NewReader(c.Whole())),
				"half reads": iotest.HalfReader(bytes.NewReader(c.Whole())),
			}
			for how, body := range ways {
				answer := Answer{Status: 200, Body: func() io.Reader { return body }}
				if c.ContentType != "" {
					answer.Header = http.Header{"Content-Type": {c.ContentType}}
				}
				o := Collect(t, &wire.Client{Protocol: p, BaseURL: "http://h", Transport: answer}, WithTools())
				if differs[c.ID] != "" && c.Lenient {
					if o.Result != nil && !c.Outcome.Complete {
						t.Errorf("%s: called whole: %+v", how, o.Result)
					}
					continue
				}
				Check(t, how, c, o)
				if check != nil {
					check(t, how, c, o)
				}
			}
		})
	}
}

// Check compares an outcome with the case's.
func Check(t *testing.T, how string, c Case, o *Outcome) {
	t.Helper()
	want := c.Outcome
	if got := o.Text.String(); want.Text != nil && got != string(*want.Text) {
		t.Errorf("%s: text %.200q; want %.200q", how, got, *want.Text)
	}
	if got := o.Reasoning.String(); want.Thinking != nil && got != string(*want.Thinking) {
		t.Errorf("%s: reasoning %.200q; want %.200q", how, got, *want.Thinking)
	}
	checkCalls(t, how, c, o)
	checkUsage(t, how, c, o.Ends[len(o.Ends)-1].Usage)
	if (o.Result != nil) != want.Complete || (o.Err == nil) != want.Complete {
		t.Fatalf("%s: result %+v, error %v; complete is %v", how, o.Result, o.Err, want.Complete)
	}
	if want.Complete {
		if want.StopReason != nil && o.Result.Word != *want.StopReason || want.Finish != nil && o.Result.Finish != finishOf(*want.Finish) {
			t.Errorf("%s: result %+v, want %s", how, o.Result, deref(want.StopReason))
		}
		if want.StopSequence != nil && o.Result.StopSequence != *want.StopSequence || want.Refusal != nil && o.Result.Refusal != *want.Refusal {
			t.Errorf("%s: result %+v", how, o.Result)
		}
		return
	}
	checkError(t, how, c, o.Error())
}

func checkCalls(t *testing.T, how string, c Case, o *Outcome) {
	t.Helper()
	if len(o.Calls) != len(c.Outcome.Tools) {
		t.Fatalf("%s: %d calls, want %d: %+v", how, len(o.Calls), len(c.Outcome.Tools), o.Calls)
	}
	for i, want := range c.Outcome.Tools {
		got := o.Calls[i]
		if want.ID != nil && *want.ID != "" && got.ID != *want.ID || want.Name != nil && got.Name != *want.Name || !sameJSON(got.Arguments, want.Input) {
			t.Errorf("%s: call %+v (%s), want input %s", how, got, got.Arguments, want.Input)
		}
	}
}

func checkUsage(t *testing.T, how string, c Case, got wire.Usage) {
	t.Helper()
	if want := c.Outcome.OutputTokens; want != nil && got.OutputTokens != *want {
		t.Errorf("%s: %d output tokens, want %d", how, got.OutputTokens, *want)
	}
	u := c.Outcome.Usage
	if u == nil {
		return
	}
	for _, n := range []struct {
		name string
		want *int64
		got  int64
	}{
		{"input", u.InputTokens, got.InputTokens},
		{"output", u.OutputTokens, got.OutputTokens},
		{"cache read", u.CacheReadTokens, got.CacheReadTokens},
		{"cache write", u.CacheWriteTokens, got.CacheWriteTokens},
		{"reasoning", u.ReasoningTokens, got.ReasoningTokens},
	} {
		if n.want != nil && *n.want != n.got {
			t.Errorf("%s: %d %s tokens, want %d", how, n.got, n.name, *n.want)
		}
	}
}

func checkError(t *testing.T, how string, c Case, e *wire.Error) {
	t.Helper()
	want := c.Outcome.Error
	if want == nil {
		if e.ErrClass != class.Protocol || !e.Retryable {
			t.Errorf("%s: %+v, want a cut answer", how, e)
		}
		return
	}
	if want.Type != nil && e.ProviderCode != *want.Type || want.Class != nil && string(e.ErrClass) != *want.Class || want.Message != nil && e.Message != *want.Message {
		t.Errorf("%s: error %+v, want type %s, class %s, message %s", how, e, deref(want.Type), deref(want.Class), deref(want.Message))
	}
}

func deref(s *string) string {
	if s == nil {
		return "any"
	}
	return *s
}

// finishOf is a finish in Anthropic's terms, as the files have it.
func finishOf(word string) wire.Finish {
	switch word {
	case "end_turn":
		return wire.FinishStop
	case "stop_sequence":
		return wire.FinishStopSequence
	case "max_tokens":
		return wire.FinishLength
	case "tool_use":
		return wire.FinishCalls
	case "refusal":
		return wire.FinishRefusal
	case "model_context_window_exceeded":
		return wire.FinishContext
	case "pause_turn":
		return wire.FinishPause
	}
	return wire.FinishUnknown
}

func sameJSON(a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	ax, _ := json.Marshal(x)
	by, _ := json.Marshal(y)
	return bytes.Equal(ax, by)
}

// Seed adds all streams of a file to a fuzz target.
func Seed(f *testing.F, file string) {
	f.Helper()
	for _, c := range Cases(f, file) {
		if whole := c.Whole(); len(whole) < 64<<10 {
			f.Add(whole)
		}
	}
}

// FuzzBody checks one body of a fuzz target: it gives the same outcome whole and byte by byte, and cut before its last
// byte that is not white space it is no success that it was not before.
func FuzzBody(t *testing.T, p wire.Protocol, body []byte) {
	t.Helper()
	whole := Read(t, p, bytes.NewReader(body))
	bytewise := Read(t, p, iotest.OneByteReader(bytes.NewReader(body)))
	if a, b := whole.Digest(), bytewise.Digest(); a != b {
		t.Fatalf("whole: %s\nbyte by byte: %s", a, b)
	}
	if strings.ContainsRune(whole.Error().Message, '\n') {
		t.Fatalf("more than a line: %q", whole.Error().Message)
	}
}
