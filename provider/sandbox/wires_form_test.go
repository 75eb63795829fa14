package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// errorCase is a failure and what each wire calls it: error.type and error.code at OpenAI, error.status at Google.
type errorCase struct {
	what, fault        string
	status, googleCode int
	kind, code, google string
}

func TestErrorsHaveTheFormOfTheWire(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	tests := []errorCase{
		{"rate limit", "status=429,retry-after=2", 429, 429, "requests", "rate_limit_exceeded", "RESOURCE_EXHAUSTED"},
		{"no money", "status=429,code=1008", 429, 429, "insufficient_quota", "insufficient_quota", "RESOURCE_EXHAUSTED"},
		{"used up", "status=429,code=2056", 429, 429, "usage_limit_reached", "usage_limit_reached", "RESOURCE_EXHAUSTED"},
		{"overload", "status=503", 503, 503, "service_unavailable_error", "server_is_overloaded", "UNAVAILABLE"},
		{"server", "status=500", 500, 500, "server_error", "", "INTERNAL"},
		{"key", "status=401,code=2049", 401, 401, "invalid_request_error", "invalid_api_key", "UNAUTHENTICATED"},
		{"forbidden", "status=403", 403, 403, "invalid_request_error", "permission_denied", "PERMISSION_DENIED"},
		{"unknown path", "status=404", 404, 404, "invalid_request_error", "", "NOT_FOUND"},
		{"window", "status=400,code=1039", 400, 400, "invalid_request_error", "context_length_exceeded", "INVALID_ARGUMENT"},
		{"content", "status=400,code=1026", 400, 400, "invalid_request_error", "content_policy_violation", "INVALID_ARGUMENT"},
		{"a 200", "error-200=rate_limit_error", 200, 200, "requests", "rate_limit_exceeded", "RESOURCE_EXHAUSTED"},
	}
	for _, test := range tests {
		for _, w := range wireTable()[1:] {
			t.Run(test.what+" "+w.name, func(t *testing.T) {
				t.Parallel()
				a := w.post(t, base, true, w.body(t, true), FaultHeader, test.fault)
				checkError(t, w, a, test)
			})
		}
	}
}

func checkError(t *testing.T, w wireCase, a answered, want errorCase) {
	t.Helper()
	e := at(a.object(t), "error")
	if a.status != want.status || text(e, "message") == "" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if w.name == "gemini" {
		if text(e, "status") != want.google || number(e, "code") < 400 {
			t.Errorf("%s", a.body)
		}
		return
	}
	m, _ := e.(map[string]any)
	if _, there := m["param"]; !there || text(e, "type") != want.kind || text(e, "code") != want.code {
		t.Errorf("%s", a.body)
	}
}

func TestGooglesWordsTellCausesApart(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	w := wireTable()[3]
	for fault, says := range map[string]string{
		"status=429":           "PerMinutePerProject",
		"status=429,code=2056": "PerDayPerProject",
		"status=429,code=1008": "limit: 0",
		"status=400,code=1039": "maximum number of tokens allowed",
		"status=503":           "The model is overloaded",
		"status=404":           `"message":"not found"`,
	} {
		if a := w.post(t, base, true, w.body(t, true), FaultHeader, fault); !strings.Contains(a.body, says) {
			t.Errorf("%s: %s", fault, a.body)
		}
	}
}

func TestWaitStandsInTheBodyToo(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	for _, w := range wireTable()[1:] {
		a := w.post(t, base, true, w.body(t, true), FaultHeader, "status=429,retry-after=7")
		want := "Please try again in 7s."
		if w.name == "gemini" {
			want = `"retryDelay":"7s"`
		}
		if !strings.Contains(a.body, want) {
			t.Errorf("%s: %s", w.name, a.body)
		}
	}
}

func TestCredentialsOfEachWire(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{})
	access, _ := logIn(t, s)
	tests := []struct {
		what, header, value string
		query               string
		openAI, google      int
	}{
		{"a bearer key", "Authorization", "Bearer sk-1", "", 200, 200},
		{"an access token", "Authorization", "Bearer " + access, "", 200, 200},
		{"Azure's header", "Api-Key", "sk-1", "", 200, 403},
		{"Google's header", "X-Goog-Api-Key", "AIza1", "", 401, 200},
		{"the query", "", "", "key=sk-1", 401, 200},
		{"Anthropic's header", "X-Api-Key", "sk-1", "", 401, 403},
		{"nothing", "", "", "", 401, 403},
		{"a wrong bearer", "Authorization", "Bearer sk-wrong", "", 401, 400},
		{"a wrong key of Google's", "X-Goog-Api-Key", "AIzaWrong", "", 401, 400},
		{"two at once", "Authorization", "Bearer sk-1", "key=sk-1", 200, 403},
	}
	for _, test := range tests {
		for _, w := range wireTable()[1:] {
			path, want := w.path, test.openAI
			if w.name == "gemini" {
				want = test.google
			}
			if test.query != "" {
				path += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + test.query
			}
			var headers []string
			if test.header != "" {
				headers = []string{test.header, test.value}
			}
			a := send(t, http.MethodPost, base+path, w.body(t, true), headers...)
			if a.status != want || want == 400 && !strings.Contains(a.body, "API_KEY_INVALID") {
				t.Errorf("%s on %s: %d, want %d: %s", test.what, w.name, a.status, want, a.body)
			}
		}
	}
}

func TestRequestsOfEachWireAreChecked(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	tests := []struct {
		wire, more, says string
		status           int
	}{
		{"chat", `"model":""`, "model is missing", 400},
		{"chat", `"model":"no-such-model"`, `"code":"model_not_found"`, 404},
		{"chat", `"messages":[]`, "messages is empty", 400},
		{"chat", `"messages":[{"role":"narrator","content":"x"}]`, "invalid message role", 400},
		{"chat", `"messages":[{"role":"user","content":[{"type":"hologram"}]}]`, "unknown block type 'hologram'", 400},
		{"chat", `"model":"gpt-5.6","max_tokens":5`, `"code":"unsupported_parameter"`, 400},
		{"chat", `"temperature":3`, `"param":"temperature"`, 400},
		{"chat", `"stop":["1","2","3","4","5"]`, `"param":"stop"`, 400},
		{"chat", `"response_format":{"type":"json_schema","json_schema":{"schema":{}}}`, `"param":"response_format"`, 400},
		{"chat", `"model":"sandbox-mini","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,eA=="}}]}]`, "does not take images", 400},
		{"responses", `"max_output_tokens":5`, "expected a value >= 16", 400},
		{"responses", `"seed":5`, `"code":"unknown_parameter"`, 400},
		{"responses", `"previous_response_id":"resp_1"`, `"code":"previous_response_not_found"`, 400},
		{"responses", `"input":[{"type":"hologram"}]`, "unknown block type 'hologram'", 400},
		{"responses", `"model":"no-such-model"`, `"code":"model_not_found"`, 404},
		{"gemini", `"contents":[]`, `"status":"INVALID_ARGUMENT"`, 400},
		{"gemini", `"generationConfig":{"responseSchema":{"type":"OBJECT"}}`, "response mime type", 400},
		{"gemini", `"generationConfig":{"temperature":3}`, "temperature", 400},
		{"gemini", `"contents":5`, `"status":"INVALID_ARGUMENT"`, 400},
	}
	for _, test := range tests {
		for _, w := range wireTable() {
			if w.name != test.wire {
				continue
			}
			a := w.post(t, base, true, w.body(t, true, test.more))
			if a.status != test.status || !strings.Contains(strings.ToLower(a.body), strings.ToLower(test.says)) {
				t.Errorf("%s %s: %d %s", test.wire, test.more, a.status, a.body)
			}
		}
	}
	for _, good := range []struct{ wire, more string }{
		{"responses", `"input":[{"role":"user","content":"x"},{"type":"item_reference","id":"fc_1"},{"type":"function_call_output","call_id":"c","output":"9"}]`},
		{"responses", `"tools":[{"type":"web_search"}]`},
		{"gemini", `"contents":[{"parts":[{"text":"x"}]},{"role":"model","parts":[{"text":""}]}]`},
		{"chat", `"messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","function":{"name":"f","arguments":""}}]}]`},
	} {
		for _, w := range wireTable() {
			if w.name == good.wire {
				w.ask(t, base, true, "none", good.more)
			}
		}
	}
	a := send(t, http.MethodPost, base+"/v1beta/models/no-such-model:generateContent", geminiAsk(t, false), "X-Goog-Api-Key", testKey)
	if a.status != 404 || !strings.Contains(a.body, `"status":"NOT_FOUND"`) {
		t.Errorf("gemini: %d %s", a.status, a.body)
	}
}

func TestPathsOfEachWire(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{AnyToken: true})
	bodies := map[string]func(testing.TB, bool, ...string) string{"chat": chatAsk, "responses": responsesAsk, "gemini": geminiAsk, "messages": anthropicAsk}
	tests := map[string][]string{
		"chat": {
			"/v1/chat/completions", "/chat/completions", "/openai/v1/chat/completions", "/v1beta/openai/chat/completions",
			"/openai/deployments/gpt-x/chat/completions?api-version=2024-10-21",
		},
		"responses": {"/v1/responses", "/responses", "/openai/v1/responses"},
		"gemini":    {"/v1beta/models/m:generateContent", "/v1beta/models/m:streamGenerateContent", "/v1/models/m:generateContent"},
		"messages":  {"/v1/messages", "/anthropic/v1/messages"},
	}
	for wire, paths := range tests {
		for _, path := range paths {
			if a := send(t, http.MethodPost, base+path, bodies[wire](t, false)); a.status != 200 {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
	}
	a := send(t, http.MethodPost, base+"/openai/deployments/gpt-x/chat/completions", bodyOf(t, `"messages":[{"role":"user","content":"hi"}]`, nil))
	if got := text(a.object(t), "model"); got != "gpt-x" {
		t.Errorf("the deployment's model is %q", got)
	}
	for _, path := range []string{"/v1/v1/chat/completions", "/v1/completions", "/v1beta/models/m:embedContent", "/messages"} {
		if a := send(t, http.MethodPost, base+path, "{}"); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestAServerOfOneAPI(t *testing.T) {
	t.Parallel()
	for _, served := range wireTable() {
		_, base := start(t, Options{Wires: []string{served.name}})
		for _, w := range wireTable() {
			a := w.post(t, base, true, w.body(t, true))
			if w.name == served.name {
				if a.status != 200 {
					t.Errorf("%s alone: %d %s", w.name, a.status, a.body)
				}
				continue
			}
			form := map[string]string{
				"anthropic": `"type":"not_found_error"`, "chat": `"param":null`, "responses": `"param":null`, "gemini": `"status":"NOT_FOUND"`,
			}[served.name]
			if a.status != 404 || !strings.Contains(a.body, "Invalid URL (POST /v1") || !strings.Contains(a.body, form) {
				t.Errorf("%s at a server of %s: %d %s", w.name, served.name, a.status, a.body)
			}
		}
	}
	if _, err := New(Options{Wires: []string{"telex"}}); err == nil || !strings.Contains(err.Error(), "telex") {
		t.Errorf("an unknown API: %v", err)
	}
}

func TestModelsOfEachWire(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	tests := []struct{ path, header, value, list, name string }{
		{"/v1/models", "Authorization", "Bearer sk-1", "data", "id"},
		{"/models", "Api-Key", "sk-1", "data", "id"},
		{"/v1beta/models", "X-Goog-Api-Key", "AIza1", "models", "name"},
		{"/v1beta/models?key=AIza1", "", "", "models", "name"},
		{"/anthropic/v1/models", "X-Api-Key", "sk-1", "data", "id"},
	}
	for _, test := range tests {
		var headers []string
		if test.header != "" {
			headers = []string{test.header, test.value}
		}
		v := send(t, http.MethodGet, base+test.path, "", headers...).object(t)
		list, _ := v[test.list].([]any)
		if len(list) != len(modelNames()) || !strings.HasSuffix(text(list[0], test.name), modelNames()[0]) {
			t.Errorf("%s: %v", test.path, v)
		}
		if test.path == "/v1/models" && (v["object"] != "list" || text(list[0], "object") != "model") {
			t.Errorf("not OpenAI's form: %v", v)
		}
	}
}

func TestHeadersOfEachWire(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	want := map[string][]string{
		"anthropic": {"Request-Id", "Anthropic-Ratelimit-Requests-Limit", "Anthropic-Ratelimit-Tokens-Remaining", "Anthropic-Ratelimit-Requests-Reset"},
		"chat":      {"X-Request-Id", "X-Ratelimit-Limit-Requests", "X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Reset-Requests"},
	}
	want["responses"] = want["chat"]
	eachWire(t, func(t *testing.T, w wireCase, stream bool) {
		a := w.post(t, base, stream, w.body(t, stream))
		for _, name := range want[w.name] {
			if a.header.Get(name) == "" {
				t.Errorf("no %s in %v", name, a.header)
			}
		}
		if w.name == "anthropic" {
			if _, err := time.Parse(time.RFC3339, a.header.Get(want[w.name][3])); err != nil {
				t.Error(err)
			}
		} else if w.name != "gemini" {
			if d, err := time.ParseDuration(a.header.Get("X-Ratelimit-Reset-Requests")); err != nil || d > time.Minute {
				t.Errorf("reset %v, %v", d, err)
			}
		}
	})
	a := wireTable()[1].post(t, base, true, chatAsk(t, true), FaultHeader, "status=429")
	if a.header.Get("X-Ratelimit-Remaining-Requests") != "0" {
		t.Errorf("with a 429: %v", a.header)
	}
}

func TestInstance(t *testing.T) {
	t.Parallel()
	tests := []struct{ schema, want string }{
		{`{"type":"object"}`, `{}`},
		{`{"type":"OBJECT","required":["a"],"properties":{"a":{"type":"STRING"},"b":{"type":"STRING"}}}`, `{"a":"sandbox"}`},
		{`{"enum":["x","y"]}`, `"x"`},
		{`{"const":null}`, `null`},
		{`{"type":["null","integer"],"minimum":5}`, `5`},
		{`{"type":"number","exclusiveMinimum":2}`, `3`},
		{`{"type":"integer","maximum":0}`, `0`},
		{`{"type":"string","minLength":9}`, `"sandboxxx"`},
		{`{"type":"string","maxLength":3}`, `"san"`},
		{`{"anyOf":[{"type":"boolean"},{"type":"null"}]}`, `true`},
		{`{"$ref":"#/$defs/a","$defs":{"a":{"type":"array","minItems":2,"items":{"type":"null"}}}}`, `[null,null]`},
		{`true`, `"sandbox"`},
	}
	for _, test := range tests {
		if got := string(encode(instance(json.RawMessage(test.schema)))); got != test.want {
			t.Errorf("%s: %s, want %s", test.schema, got, test.want)
		}
	}
	for _, endless := range []string{
		`{"$ref":"#"}`,
		`{"required":["a"],"properties":{"a":{"$ref":"#"}}}`,
		`{"required":["a","b"],"properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}}}`,
		`{"type":"array","minItems":1e12,"items":{"type":"string","minLength":1e12}}`,
	} {
		if got := encode(instance(json.RawMessage(endless))); !json.Valid(got) || len(got) > 32<<20 {
			t.Errorf("%s: %d bytes", endless, len(got))
		}
	}
}
