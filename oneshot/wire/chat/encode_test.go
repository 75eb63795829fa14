package chat

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/wiretest"
)

func TestBody(t *testing.T) {
	t.Parallel()
	hello := `"messages":[{"role":"user","content":"hi"}]}`
	for _, c := range []struct {
		name string
		p    Protocol
		r    *wire.Request
		want string
	}{
		{"least", Protocol{}, &wire.Request{Model: "m", Turns: wiretest.Hello().Turns}, `{"model":"m","stream":true,"stream_options":{"include_usage":true},` + hello},
		{"a limit of the row", Protocol{NoUsageOption: true}, wiretest.Hello(), `{"model":"m","stream":true,"max_tokens":10,` + hello},
		{"a limit's newer name", Protocol{CompletionTokens: true, NoUsageOption: true}, wiretest.Hello(), `{"model":"m","stream":true,"max_completion_tokens":10,` + hello},
		{
			"everything",
			Protocol{Developer: true, Schema: JSONSchema, Reasoning: Object},
			wiretest.Everything(),
			`{"model":"m","stream":true,"stream_options":{"include_usage":true},"max_tokens":99,"temperature":0.5,"top_p":0.9,"reasoning":{"effort":"low"},` +
				`"response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false},"strict":true}},` +
				`"messages":[{"role":"developer","content":"be\nbrief"},{"role":"user","content":[{"type":"text","text":"what is \"this\"?"},` +
				`{"type":"image_url","image_url":{"url":"data:image/png;base64,AQID"}},{"type":"file","file":{"filename":"a\"b.pdf","file_data":"data:application/pdf;base64,BA=="}}]},` +
				`{"role":"assistant","content":"let me look","tool_calls":[{"id":"c1","type":"function","function":{"name":"look","arguments":"{\"a\":1}"}}]},` +
				`{"role":"tool","tool_call_id":"c1","content":"a cat"}]}`,
		},
		{
			"the least of each",
			Protocol{NoUsageOption: true},
			&wire.Request{Model: "m", MaxTokens: 1, Stop: []string{"a"}, Turns: wiretest.Hello().Turns},
			`{"model":"m","stream":true,"max_tokens":1,"stop":["a"],` + hello,
		},
		{
			"stop sequences, members of the user's own, results of two calls beside a text",
			Protocol{NoUsageOption: true},
			&wire.Request{Model: "m", System: "s", Stop: []string{"a", "b", "c", "d"}, Extra: []wire.Field{{Name: "top_k", Value: json.RawMessage("4")}}, Turns: []wire.Turn{
				{Role: wire.Assistant, Parts: []wire.Part{{Kind: wire.PartCall, Call: &wire.Call{ID: "c1", Name: "look", Arguments: json.RawMessage(`{}`)}}}},
				{Role: wire.User, Parts: []wire.Part{{Kind: wire.PartCallResult, Call: &wire.Call{ID: "c1", Name: "look"}, Text: [][]byte{[]byte("a cat")}}, wire.TextPart([]byte("so?"))}},
				{Role: wire.Assistant, Parts: []wire.Part{wire.TextPart([]byte("yes"))}},
			}},
			`{"model":"m","stream":true,"stop":["a","b","c","d"],"messages":[{"role":"system","content":"s"},` +
				`{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"look","arguments":"{}"}}]},` +
				`{"role":"tool","tool_call_id":"c1","content":"a cat"},{"role":"user","content":"so?"},{"role":"assistant","content":"yes"}],"top_k":4}`,
		},
		{
			"a call that went wrong",
			Protocol{NoUsageOption: true},
			wiretest.WrongCall(),
			`{"model":"m","stream":true,"messages":[{"role":"tool","tool_call_id":"c1","content":"The call failed: no cat"}]}`,
		},
		{
			"tools",
			Protocol{NoUsageOption: true},
			wiretest.WithTools(),
			`{"model":"m","stream":true,"max_tokens":10,"tools":[{"type":"function","function":{"name":"look","description":"Look something up","parameters":{"type":"object"}}}],` + hello,
		},
	} {
		if got := wiretest.Encoded(t, c.p, c.r); got != c.want {
			t.Errorf("%s:\n%s\n%s", c.name, got, c.want)
		}
	}
}

// TestReasoning: an effort in each service's form.
func TestReasoning(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		form        Reasoning
		level, want string
	}{
		{"", "minimal", `"reasoning_effort":"minimal",`},
		{Effort, "none", `"reasoning_effort":"none",`},
		{OnOff, "low", `"reasoning_effort":"high",`},
		{OnOff, "none", `"reasoning_effort":"none",`},
		{Object, "max", `"reasoning":{"effort":"max"},`},
		{Object, "none", `"reasoning":{"enabled":false},`},
		{Enabled, "max", `"reasoning":{"enabled":true},"reasoning_effort":"high",`},
		{Enabled, "minimal", `"reasoning":{"enabled":true},"reasoning_effort":"low",`},
		{Enabled, "low", `"reasoning_effort":"low",`},
		{Enabled, "medium", `"reasoning_effort":"medium",`},
		{Enabled, "high", `"reasoning_effort":"high",`},
		{Enabled, "xhigh", `"reasoning_effort":"high",`},
		{Enabled, "none", `"reasoning":{"enabled":false},"messages"`},
		{Thinking, "low", `"thinking":{"type":"enabled"},"messages"`},
		{Thinking, "none", `"thinking":{"type":"disabled"},"messages"`},
		{DeepSeek, "low", `"thinking":{"type":"enabled"},"reasoning_effort":"high",`},
		{DeepSeek, "medium", `"reasoning_effort":"high",`},
		{DeepSeek, "high", `"reasoning_effort":"high",`},
		{DeepSeek, "xhigh", `"reasoning_effort":"high",`},
		{DeepSeek, "max", `"reasoning_effort":"max",`},
		{DeepSeek, "none", `"thinking":{"type":"disabled"},"messages"`},
		{Budget, "medium", `"enable_thinking":true,"thinking_budget":8000,`},
		{Budget, "minimal", `"thinking_budget":1024,`},
		{Budget, "low", `"thinking_budget":4000,`},
		{Budget, "high", `"thinking_budget":16000,`},
		{Budget, "xhigh", `"thinking_budget":32000,`},
		{Budget, "max", `"thinking_budget":64000,`},
		{Budget, "none", `"enable_thinking":false,"messages"`},
		{Template, "high", `"chat_template_kwargs":{"enable_thinking":true},`},
		{NoControl, "", `"max_tokens":10,"messages"`},
	} {
		r := wiretest.Hello()
		r.Reasoning = c.level
		if got := wiretest.Encoded(t, Protocol{Reasoning: c.form}, r); !strings.Contains(got, c.want) {
			t.Errorf("%s %s: %s", c.form, c.level, got)
		}
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	r := wiretest.Hello()
	r.Schema = json.RawMessage(`{"type":"object"}`)
	for way, want := range map[Schema]string{
		"":         `"max_tokens":10,"messages"`,
		JSONObject: `"response_format":{"type":"json_object"},`,
		JSONSchema: `"response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"}}},`,
	} {
		if got := wiretest.Encoded(t, Protocol{Schema: way}, r); !strings.Contains(got, want) {
			t.Errorf("%s: %s", way, got)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for flag, c := range map[string]struct {
		p Protocol
		r wire.Request
	}{
		"--stop":        {Protocol{NoStop: true}, wire.Request{Stop: []string{"x"}}},
		"--temperature": {Protocol{NoSampling: true}, wire.Request{Temperature: new(1.0)}},
		"--top-p":       {Protocol{NoSampling: true}, wire.Request{TopP: new(1.0)}},
		"--reasoning":   {Protocol{Reasoning: NoControl}, wire.Request{Reasoning: "low"}},
		"":              {Protocol{NoStop: true, NoSampling: true, Reasoning: NoControl}, wire.Request{}},
	} {
		if got := wiretest.Refused(c.p, &c.r); got != flag {
			t.Errorf("%s: refused %q", flag, got)
		}
	}
	if got := wiretest.Refused(Protocol{}, &wire.Request{Stop: []string{"a", "b", "c", "d", "e"}}); got != "--stop" {
		t.Errorf("five stop sequences: refused %q", got)
	}
}

func TestEndpointAndHeader(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"https://h/v1":                  "https://h/v1/chat/completions",
		"https://h/v1/":                 "https://h/v1/chat/completions",
		"https://h":                     "https://h/chat/completions",
		"https://h/v1/chat/completions": "https://h/v1/chat/completions",
		"https://h/openai/deployments/d?api-version=2025x": "https://h/openai/deployments/d/chat/completions?api-version=2025x",
	} {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Protocol{}).Endpoint(u, wiretest.Hello()).String(); got != want {
			t.Errorf("%s: %s, want %s", base, got, want)
		}
	}
	for key, want := range map[string]string{"": `{"Authorization":["Bearer k"]}`, "Api-Key": `{"Api-Key":["k"]}`} {
		h := http.Header{"Authorization": {"leak"}}
		Protocol{KeyHeader: key}.Header(h, "k")
		if got, _ := json.Marshal(h); string(got) != want {
			t.Errorf("%s: %s", key, got)
		}
	}
	h := http.Header{"Authorization": {"the caller's"}}
	if (Protocol{}).Header(h, ""); h.Get("Authorization") != "the caller's" {
		t.Error("a header of the caller's was dropped")
	}
}

// TestArguments: patterns, formats and enums with a slash are left out of a tool's schema where the service takes none.
func TestArguments(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","properties":{"a":{"type":"string","pattern":"^a$","format":"date"},"b":{"enum":["x/y"]}}}`
	all, err := Protocol{}.Arguments(json.RawMessage(schema))
	if err != nil || string(all) != schema {
		t.Errorf("%s, %v", all, err)
	}
	plain, err := Protocol{PlainSchemas: true}.Arguments(json.RawMessage(schema))
	if err != nil || strings.Contains(string(plain), `"pattern"`) || strings.Contains(string(plain), `"format"`) || strings.Contains(string(plain), "x/y") {
		t.Errorf("%s, %v", plain, err)
	}
}
