package responses

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
	hello := `"input":[{"role":"user","content":[{"type":"input_text","text":"hi"}]}]}`
	for _, c := range []struct {
		name string
		p    Protocol
		r    *wire.Request
		want string
	}{
		{"least", Protocol{NoLimit: true}, wiretest.Hello(), `{"model":"m","stream":true,"store":false,` + hello},
		{"a small limit of the row", Protocol{NoObfuscation: true}, wiretest.Hello(), `{"model":"m","stream":true,"store":false,"stream_options":{"include_obfuscation":false},"max_output_tokens":16,` + hello},
		{"no limit at all", Protocol{}, &wire.Request{Model: "m", Turns: wiretest.Hello().Turns}, `{"model":"m","stream":true,"store":false,` + hello},
		{
			"everything",
			Protocol{},
			wiretest.Everything(),
			`{"model":"m","stream":true,"store":false,"max_output_tokens":99,"instructions":"be\nbrief","temperature":0.5,"top_p":0.9,"reasoning":{"effort":"low"},` +
				`"text":{"format":{"type":"json_schema","name":"answer","schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false},"strict":true}},` +
				`"input":[{"role":"user","content":[{"type":"input_text","text":"what is \"this\"?"},{"type":"input_image","image_url":"data:image/png;base64,AQID"},` +
				`{"type":"input_file","filename":"a\"b.pdf","file_data":"data:application/pdf;base64,BA=="}]},` +
				`{"role":"assistant","content":[{"type":"output_text","text":"let me look"}]},{"type":"function_call","call_id":"c1","name":"look","arguments":"{\"a\":1}"},` +
				`{"type":"function_call_output","call_id":"c1","output":"a cat"}]}`,
		},
		{
			"a result with an image, a member of the user's own, and reasoning that has no form to go back in",
			Protocol{NoLimit: true},
			&wire.Request{Model: "m", Extra: []wire.Field{{Name: "top_k", Value: json.RawMessage("4")}}, Turns: []wire.Turn{
				{Role: wire.Assistant, Parts: []wire.Part{{Kind: wire.PartReasoning, Text: [][]byte{[]byte("so")}}, wire.TextPart([]byte("yes"))}},
				{Role: wire.User, Parts: []wire.Part{{
					Kind: wire.PartCallResult, Call: &wire.Call{ID: "c1", Name: "look"}, Text: [][]byte{[]byte("a cat")},
					Media: []wire.Part{{Kind: wire.PartImage, MediaType: "image/png", Data: []byte{1, 2, 3}}},
				}}},
			}},
			`{"model":"m","stream":true,"store":false,"input":[{"role":"assistant","content":[{"type":"output_text","text":"yes"}]},` +
				`{"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"a cat"},{"type":"input_image","image_url":"data:image/png;base64,AQID"}]}],"top_k":4}`,
		},
		{
			"a call that went wrong",
			Protocol{NoLimit: true},
			wiretest.WrongCall(),
			`{"model":"m","stream":true,"store":false,"input":[{"type":"function_call_output","call_id":"c1","output":"The call failed: no cat"}]}`,
		},
		{
			"tools",
			Protocol{NoLimit: true},
			wiretest.WithTools(),
			`{"model":"m","stream":true,"store":false,"include":["reasoning.encrypted_content"],"tools":[{"type":"function","name":"look","description":"Look something up","parameters":{"type":"object"},"strict":false}],` + hello,
		},
	} {
		if got := wiretest.Encoded(t, c.p, c.r); got != c.want {
			t.Errorf("%s:\n%s\n%s", c.name, got, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flag string
		p    Protocol
		r    wire.Request
	}{
		{"--stop", Protocol{}, wire.Request{Stop: []string{"x"}}},
		{"--max-tokens", Protocol{}, wire.Request{MaxTokens: 15}},
		{"--max-tokens", Protocol{}, wire.Request{MaxTokens: 1}},
		{"--max-tokens", Protocol{NoLimit: true}, wire.Request{MaxTokens: 1500}},
		{"--max-tokens", Protocol{NoLimit: true}, wire.Request{MaxTokens: 1}},
		{"", Protocol{NoLimit: true, NoSampling: true, NoReasoning: true}, wire.Request{}},
		{"--temperature", Protocol{NoSampling: true}, wire.Request{Temperature: new(1.0)}},
		{"--top-p", Protocol{NoSampling: true}, wire.Request{TopP: new(1.0)}},
		{"--reasoning", Protocol{NoReasoning: true}, wire.Request{Reasoning: "low"}},
		{"", Protocol{}, wire.Request{MaxTokens: 16, Reasoning: "low", TopP: new(1.0)}},
	} {
		if got := wiretest.Refused(c.p, &c.r); got != c.flag {
			t.Errorf("%s: refused %q", c.flag, got)
		}
	}
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"https://h/v1": "https://h/v1/responses", "https://h/v1/responses": "https://h/v1/responses", "https://h/backend-api/codex/": "https://h/backend-api/codex/responses",
	} {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Protocol{}).Endpoint(u, wiretest.Hello()).String(); got != want {
			t.Errorf("%s: %s, want %s", base, got, want)
		}
	}
}

// TestService: the header of the key, images in results, and schemas of tools without what the service does not take.
func TestService(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{"": "Bearer k", "Api-Key": "k"} {
		h := http.Header{}
		if (Protocol{KeyHeader: header}).Header(h, "k"); len(h) != 1 || h.Get("Authorization")+h.Get("Api-Key") != want {
			t.Errorf("%q: %v", header, h)
		}
	}
	if !(Protocol{}).Media().Results {
		t.Error("results have no images")
	}
	const schema = `{"type":"object","properties":{"a":{"type":"string","pattern":"^a$","format":"date"},"b":{"enum":["x/y"]}}}`
	for plain, n := range map[bool]int{false: 1, true: 0} {
		got, err := Protocol{PlainSchemas: plain}.Arguments(json.RawMessage(schema))
		if err != nil || strings.Count(string(got), `"pattern"`) != n || strings.Count(string(got), `"format"`) != n || strings.Count(string(got), "x/y") != n {
			t.Errorf("%v: %s, %v", plain, got, err)
		}
	}
}
