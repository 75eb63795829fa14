package anthropic

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/wiretest"
)

func text(segments ...string) wire.Part {
	p := wire.Part{Kind: wire.PartText}
	for _, s := range segments {
		p.Text = append(p.Text, []byte(s))
	}
	return p
}

// toolCase has a tool, calls and their results.
func toolCase() bodyCase {
	image := []byte{0, 1, 2}
	return bodyCase{
		Protocol{},
		wire.Request{Model: "m", MaxTokens: 5, Tools: wiretest.WithTools().Tools, Turns: []wire.Turn{{Role: wire.Assistant, Parts: []wire.Part{
			{Kind: wire.PartReasoning, Text: [][]byte{[]byte("so")}},
			{Kind: wire.PartCall, Call: &wire.Call{ID: "c1", Name: "look", Arguments: json.RawMessage(`{"a":1}`)}},
			{Kind: wire.PartCall, Call: &wire.Call{ID: "c2", Name: "look", Arguments: json.RawMessage(`7`)}},
			{Kind: wire.PartCall, Call: &wire.Call{ID: "c3", Name: "look"}},
		}}, {Role: wire.User, Parts: []wire.Part{
			{Kind: wire.PartCallResult, Call: &wire.Call{ID: "c1"}, Text: [][]byte{[]byte("a cat")}, Media: []wire.Part{{Kind: wire.PartImage, MediaType: "image/png", Data: image}}},
			{Kind: wire.PartCallResult, Call: &wire.Call{ID: "c2"}, Text: [][]byte{[]byte("no cat")}, Failed: true},
			{Kind: wire.PartDocument, MediaType: "application/pdf", Data: image},
		}}}},
		`{"model":"m","max_tokens":5,"stream":true,"tools":[{"name":"look","description":"Look something up","input_schema":{"type":"object"}}],"messages":[{"role":"assistant","content":[` +
			`{"type":"tool_use","id":"c1","name":"look","input":{"a":1}},{"type":"tool_use","id":"c2","name":"look","input":{}},{"type":"tool_use","id":"c3","name":"look","input":{}}]},` +
			`{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"a cat"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAEC"}}]},` +
			`{"type":"tool_result","tool_use_id":"c2","content":"no cat","is_error":true},{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AAEC"}}]}]}`,
	}
}

type bodyCase struct {
	p    Protocol
	r    wire.Request
	want string
}

func bodyCases() map[string]bodyCase {
	image := []byte{0, 1, 2, 3, 4, 5, 6}
	return map[string]bodyCase{
		"least": {
			Protocol{},
			wire.Request{Model: "m", MaxTokens: 5, Turns: []wire.Turn{{Role: wire.User, Parts: []wire.Part{text("hi")}}}},
			`{"model":"m","max_tokens":5,"stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}`,
		},
		"everything": {
			Protocol{Thinking: Effort},
			wire.Request{
				Model: `a"b`, System: "be\nbrief", MaxTokens: 1, Temperature: new(0.0), TopP: new(0.95), Stop: []string{"END", `"`},
				Reasoning: "minimal",
				Turns: []wire.Turn{{Role: wire.User, Parts: []wire.Part{
					{Kind: wire.PartImage, MediaType: "image/png", Data: image},
					{Kind: wire.PartDocument, MediaType: "application/pdf", Name: `a "b".pdf`, Data: image[:2]},
					text("a\x00", "", "\"b\\", "é"),
				}}, {Role: wire.Assistant, Parts: []wire.Part{text("ok")}}},
			},
			`{"model":"a\"b","max_tokens":1,"stream":true,"system":"be\nbrief","temperature":0,"top_p":0.95,"stop_sequences":["END","\""],` +
				`"thinking":{"type":"adaptive"},"output_config":{"effort":"low"},"messages":[{"role":"user","content":[` +
				`{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAECAwQFBg=="}},` +
				`{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AAE="},"title":"a \"b\".pdf"},` +
				`{"type":"text","text":"a\u0000\"b\\é"}]},{"role":"assistant","content":[{"type":"text","text":"ok"}]}]}`,
		},
		"fields of a row": {
			Protocol{},
			wire.Request{Model: "m", DefaultTokens: 5, System: "s", Extra: []wire.Field{
				{Name: "top_k", Value: json.RawMessage("7")},
				{Name: "system", Value: json.RawMessage(`"no"`)},
				{Name: "max_tokens", Value: json.RawMessage("1")},
				{Name: "thinking", Value: json.RawMessage(`{"type":"disabled"}`)},
				{Name: "top_k", Value: json.RawMessage("8")},
				{Name: "messages", Value: json.RawMessage("[]")},
				{Name: `a"b`, Value: json.RawMessage("[null]")},
			}},
			`{"model":"m","max_tokens":5,"stream":true,"system":"s","messages":[],"top_k":7,"thinking":{"type":"disabled"},"a\"b":[null]}`,
		},
		"tools and results": toolCase(),
		"adaptive, no turns": {
			Protocol{Thinking: Adaptive},
			wire.Request{Model: "m", Reasoning: "high"},
			`{"model":"m","max_tokens":0,"stream":true,"thinking":{"type":"adaptive"},"messages":[]}`,
		},
	}
}

func TestBodyByte(t *testing.T) {
	t.Parallel()
	for name, c := range bodyCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			encoded, err := c.p.Encode(&c.r)
			if err != nil {
				t.Fatal(err)
			}
			for how, wrap := range map[string]func(io.Reader) io.Reader{
				"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader,
				"five bytes": func(r io.Reader) io.Reader { return small{r, 5} }, "again": iotest.DataErrReader,
			} {
				got, err := io.ReadAll(wrap(encoded.Open()))
				if err != nil || string(got) != c.want || int64(len(got)) != encoded.Size() {
					t.Errorf("%s: %d bytes of %d, %v\n%s\n%s", how, len(got), encoded.Size(), err, got, c.want)
				}
				if !json.Valid(got) {
					t.Errorf("%s: not JSON", how)
				}
			}
		})
	}
}

// small reads a few bytes at a time.
type small struct {
	io.Reader
	n int
}

func (s small) Read(p []byte) (int, error) { return s.Reader.Read(p[:min(len(p), s.n)]) }

func TestLargePromptIsNotCopied(t *testing.T) {
	line := "text with \"quotes\"\n"
	prompt := bytes.Repeat([]byte(line), 8<<20/len(line))
	r := &wire.Request{Model: "m", Turns: []wire.Turn{{Role: wire.User, Parts: []wire.Part{wire.TextPart(prompt), {Kind: wire.PartImage, Data: prompt}}}}}
	buf := make([]byte, 32<<10)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	encoded, _ := Protocol{}.Encode(r)
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{encoded.Open()}, buf)
	runtime.ReadMemStats(&after)
	if err != nil || n != encoded.Size() || n < int64(2*len(prompt)) {
		t.Fatalf("%d of %d bytes, %v", n, encoded.Size(), err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 256<<10 {
		t.Errorf("%d bytes allocated for a body of %d", got, n)
	}
}

// TestCacheMarks: a long system text is marked where the server takes marks.
func TestCacheMarks(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", cacheFrom)
	for _, c := range []struct {
		marks bool
		text  string
		want  string
	}{
		{true, long, `"system":[{"type":"text","text":"` + long + `","cache_control":{"type":"ephemeral"}}],`},
		{true, long[1:], `"system":"` + long[1:] + `",`},
		{false, long, `"system":"` + long + `",`},
	} {
		got := wiretest.Encoded(t, Protocol{CacheMarks: c.marks}, &wire.Request{Model: "m", System: c.text})
		if !strings.Contains(got, c.want) {
			t.Errorf("marks %v, %d bytes: %.120s", c.marks, len(c.text), got)
		}
	}
}

// TestThinking: an effort in each form of thinking.
func TestThinking(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		form  Thinking
		level string
		want  string
	}{
		{Budget, "low", `"max_tokens":8096,"stream":true,"temperature":1,"thinking":{"type":"enabled","budget_tokens":4000}`},
		{"", "max", `"max_tokens":68096,"stream":true,"temperature":1,"thinking":{"type":"enabled","budget_tokens":64000}`},
		{Budget, "none", `"max_tokens":100,"stream":true,"messages"`},
		{Adaptive, "high", `"max_tokens":100,"stream":true,"thinking":{"type":"adaptive"},"messages"`},
		{Adaptive, "none", `"thinking":{"type":"disabled"},"messages"`},
		{Effort, "xhigh", `"thinking":{"type":"adaptive"},"output_config":{"effort":"xhigh"}`},
		{Effort, "", `"max_tokens":100,"stream":true,"messages"`},
	} {
		encoded, err := Protocol{Thinking: c.form}.Encode(&wire.Request{Model: "m", DefaultTokens: 100, Reasoning: c.level})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(encoded.Open())
		if err != nil || !strings.Contains(string(raw), c.want) {
			t.Errorf("%s %s: %s, %v", c.form, c.level, raw, err)
		}
	}
	for limit, want := range map[int]string{1025: `"budget_tokens":1024}`, 2050: `"budget_tokens":1025}`, 7999: `"budget_tokens":3999}`, 9000: `"budget_tokens":4000}`} {
		if got := wiretest.Encoded(t, Protocol{}, &wire.Request{Reasoning: "low", MaxTokens: limit, Temperature: new(1.0)}); !strings.Contains(got, want) {
			t.Errorf("a limit of %d: %s", limit, got)
		}
	}
	for flag, r := range map[string]wire.Request{
		"--temperature": {Reasoning: "low", Temperature: new(0.5)},
		"--max-tokens":  {Reasoning: "low", MaxTokens: leastBudget},
	} {
		if _, err := (Protocol{}).Encode(&r); err == nil || err.(*wire.Unsupported).Flag != flag {
			t.Errorf("%s: %v", flag, err)
		}
	}
}

// TestHeader: the API's version, unless there is one, and the credential in one header alone.
func TestHeader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key  bool
		have http.Header
		want map[string]string
	}{
		{false, http.Header{"X-Api-Key": {"old"}}, map[string]string{"Anthropic-Version": "2023-06-01", "Authorization": "Bearer k"}},
		{true, http.Header{"Authorization": {"old"}, "Anthropic-Version": {"mine"}}, map[string]string{"Anthropic-Version": "mine", "X-Api-Key": "k"}},
	} {
		Protocol{APIKey: c.key}.Header(c.have, "k")
		for _, name := range []string{"Anthropic-Version", "Authorization", "X-Api-Key"} {
			if got := c.have.Get(name); got != c.want[name] {
				t.Errorf("key %v: %s is %q, want %q", c.key, name, got, c.want[name])
			}
		}
	}
}
