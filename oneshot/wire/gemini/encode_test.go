package gemini

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
	hello := `{"contents":[{"role":"user","parts":[{"text":"hi"}]}]`
	for _, c := range []struct {
		name string
		r    *wire.Request
		want string
	}{
		{"least", &wire.Request{Model: "m", Turns: wiretest.Hello().Turns}, hello + `}`},
		{"a limit", wiretest.Hello(), hello + `,"generationConfig":{"maxOutputTokens":10}}`},
		{
			"everything", wiretest.Everything(),
			`{"contents":[{"role":"user","parts":[{"text":"what is \"this\"?"},{"inlineData":{"mimeType":"image/png","data":"AQID"}},{"inlineData":{"mimeType":"application/pdf","data":"BA=="}}]},` +
				`{"role":"model","parts":[{"text":"let me look"},{"functionCall":{"name":"look","args":{"a":1},"id":"c1"}}]},` +
				`{"role":"user","parts":[{"functionResponse":{"name":"look","response":{"output":"a cat"},"id":"c1"}}]}],` +
				`"systemInstruction":{"parts":[{"text":"be\nbrief"}]},"generationConfig":{"maxOutputTokens":99,"temperature":0.5,"topP":0.9,"responseMimeType":"application/json",` +
				`"responseJsonSchema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false},"thinkingConfig":{"thinkingLevel":"LOW","includeThoughts":true}}}`,
		},
		{"tools", wiretest.WithTools(), hello + `,"generationConfig":{"maxOutputTokens":10},"tools":[{"functionDeclarations":[{"name":"look","description":"Look something up","parametersJsonSchema":{"type":"object"}}]}]}`},
		{
			"results, a member of the user's own, and thoughts that have no form to go back in",
			&wire.Request{Extra: []wire.Field{{Name: "labels", Value: json.RawMessage("[4]")}}, MaxTokens: 1, Turns: []wire.Turn{
				{Role: wire.Assistant, Parts: []wire.Part{
					{Kind: wire.PartReasoning, Text: [][]byte{[]byte("so")}}, {Kind: wire.PartCall, Call: &wire.Call{Name: "look", Arguments: json.RawMessage(`{}`)}},
				}},
				{Role: wire.User, Parts: []wire.Part{
					{Kind: wire.PartCallResult, Call: &wire.Call{Name: "look"}, Text: [][]byte{[]byte("no cat")}, Failed: true},
					{Kind: wire.PartCallResult, Call: &wire.Call{ID: "c", Name: "look"}, Text: [][]byte{[]byte("a cat")}, Media: []wire.Part{{Kind: wire.PartImage, MediaType: "image/png", Data: []byte{1, 2, 3}}}},
				}},
			}},
			`{"contents":[{"role":"model","parts":[{"functionCall":{"name":"look","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"look","response":{"error":"no cat"}}},` +
				`{"functionResponse":{"name":"look","response":{"output":"a cat"},"parts":[{"inlineData":{"mimeType":"image/png","data":"AQID"}}],"id":"c"}}]}],"generationConfig":{"maxOutputTokens":1},"labels":[4]}`,
		},
		{"stop", &wire.Request{Stop: []string{"x"}, Turns: wiretest.Hello().Turns}, hello + `,"generationConfig":{"stopSequences":["x"]}}`},
	} {
		if got := wiretest.Encoded(t, Protocol{}, c.r); got != c.want {
			t.Errorf("%s:\n%s\n%s", c.name, got, c.want)
		}
	}
	if got := wiretest.Refused(Protocol{}, &wire.Request{Stop: strings.Split("123456", "")}); got != "--stop" {
		t.Errorf("six stop sequences: refused %q", got)
	}
	if got := wiretest.Refused(Protocol{}, &wire.Request{Stop: strings.Split("12345", "")}); got != "" {
		t.Errorf("five stop sequences: refused %q", got)
	}
	for _, tools := range []bool{false, true} { // a schema beside tools
		r := wiretest.Everything()
		if tools {
			r.Tools = wiretest.WithTools().Tools
		}
		for _, older := range []bool{false, true} {
			if got := wiretest.Encoded(t, Protocol{Budget: older}, r); strings.Contains(got, "responseJsonSchema") != (!tools || !older) {
				t.Errorf("tools %v, older %v: %s", tools, older, got)
			}
		}
	}
}

func TestThinking(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		budget      bool
		level, want string
	}{
		{false, "none", `{"thinkingLevel":"MINIMAL"}`},
		{false, "max", `{"thinkingLevel":"HIGH","includeThoughts":true}`},
		{true, "none", `{"thinkingBudget":0}`},
		{false, "minimal", `{"thinkingLevel":"MINIMAL","includeThoughts":true}`},
		{true, "minimal", `{"thinkingBudget":512,"includeThoughts":true}`},
		{true, "medium", `{"thinkingBudget":8000,"includeThoughts":true}`},
		{true, "high", `{"thinkingBudget":16000,"includeThoughts":true}`},
		{true, "xhigh", `{"thinkingBudget":24576,"includeThoughts":true}`},
		{true, "max", `{"thinkingBudget":24576,"includeThoughts":true}`},
		{true, "low", `{"thinkingBudget":4000,"includeThoughts":true}`},
	} {
		r := wiretest.Hello()
		r.Reasoning = c.level
		if got := wiretest.Encoded(t, Protocol{Budget: c.budget}, r); !strings.Contains(got, `"thinkingConfig":`+c.want+`}`) {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestEndpointAndHeader(t *testing.T) {
	t.Parallel()
	const path = "/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse"
	for base, want := range map[string]string{
		"https://h":                 "https://h" + path,
		"https://h/v1beta":          "https://h" + path,
		"https://h/v1beta/openai/":  "https://h" + path,
		"https://h/gateway/v1beta":  "https://h/gateway" + path,
		"https://h/v1beta?tenant=7": "https://h" + path + "&tenant=7",
		"https://h/v1":              "https://h/v1/models/gemini-3-pro:streamGenerateContent?alt=sse",
	} {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		r := wiretest.Hello()
		for _, r.Model = range []string{"gemini-3-pro", "models/gemini-3-pro"} {
			if got := (Protocol{}).Endpoint(u, r).String(); got != want {
				t.Errorf("%s: %s, want %s", base, got, want)
			}
		}
	}
	for bearer, want := range map[bool]string{false: "X-Goog-Api-Key", true: "Authorization"} {
		h := http.Header{}
		Protocol{Bearer: bearer}.Header(h, "k")
		if len(h) != 1 || h.Get(want) == "" {
			t.Errorf("%v: %v", bearer, h)
		}
	}
}
