package responses

import (
	"net/url"
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
		{"--max-tokens", Protocol{NoLimit: true}, wire.Request{MaxTokens: 1500}},
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
