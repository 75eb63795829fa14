package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestCredentials(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{})
	access, refreshToken := logIn(t, s)
	tests := []struct {
		what    string
		headers []string
		status  int
		says    string
	}{
		{"a bearer key", []string{"Authorization", "Bearer sk-cp-1"}, 200, ""},
		{"an x-api-key", []string{"X-Api-Key", "sk-1"}, 200, ""},
		{"an access token", []string{"Authorization", "Bearer " + access}, 200, ""},
		{"a scheme in lower case", []string{"Authorization", "bearer " + access}, 200, ""},
		{"nothing", nil, 401, "(1004)"},
		{"both", []string{"Authorization", "Bearer sk-1", "X-Api-Key", "sk-1"}, 401, "(1004)"},
		{"both, one empty", []string{"Authorization", "", "X-Api-Key", "sk-1"}, 401, "(1004)"},
		{"a wrong key", []string{"X-Api-Key", "sk-wrong-1"}, 401, "invalid api key (2049)"},
		{"a wrong bearer key", []string{"Authorization", "Bearer sk-wrong"}, 401, "(2049)"},
		{"no key at all", []string{"X-Api-Key", "hunter2"}, 401, "(1004)"},
		{"an unknown bearer", []string{"Authorization", "Bearer hunter2"}, 401, "(1004)"},
		{"an access token as key", []string{"X-Api-Key", access}, 401, "(1004)"},
		{"a refresh token", []string{"Authorization", "Bearer " + refreshToken}, 401, "(1004)"},
		{"another scheme", []string{"Authorization", "Basic c2stMQ=="}, 401, "(1004)"},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			a := send(t, http.MethodPost, base+"/v1/messages", hello, test.headers...)
			if a.status != test.status || !strings.Contains(a.body, test.says) {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
}

func TestAnyToken(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{AnyToken: true})
	tests := []struct {
		what    string
		headers []string
		status  int
	}{
		{"nothing", nil, 200},
		{"a word", []string{"Authorization", "Bearer whatever"}, 200},
		{"a wrong key", []string{"X-Api-Key", "sk-wrong"}, 200},
		{"both", []string{"Authorization", "Bearer x", "X-Api-Key", "x"}, 401},
	}
	for _, test := range tests {
		if a := send(t, http.MethodPost, base+"/v1/messages", hello, test.headers...); a.status != test.status {
			t.Errorf("%s: %d %s", test.what, a.status, a.body)
		}
	}
}

func TestExpiredAndRevokedTokens(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{})
	use := func(token string) int {
		return send(t, http.MethodPost, base+"/v1/messages", hello, "Authorization", "Bearer "+token).status
	}
	access, token := logIn(t, s)
	if a := send(t, http.MethodPost, base+"/_sandbox/expire", ""); number(a.object(t), "expired") != 1 {
		t.Errorf("expire: %s", a.body)
	}
	if got := use(access); got != 401 {
		t.Errorf("an expired token: %d", got)
	}
	v := refresh(t, base, token).object(t)
	if got := use(text(v, "access_token")); got != 200 {
		t.Errorf("its successor: %d", got)
	}
	if a := send(t, http.MethodPost, base+"/_sandbox/revoke", ""); number(a.object(t), "revoked") != 1 {
		t.Errorf("revoke: %s", a.body)
	}
	if got := use(text(v, "access_token")); got != 401 {
		t.Errorf("a revoked token: %d", got)
	}
	if a := refresh(t, base, text(v, "refresh_token")); a.status != 400 || !strings.Contains(a.body, "invalid_grant") {
		t.Errorf("its refresh token: %d %s", a.status, a.body)
	}
	if n := s.State(); n.Unauthorized != 2 {
		t.Errorf("unauthorized %d, want 2", n.Unauthorized)
	}
}

// with replaces or adds fields of a good request.
func with(t testing.TB, fields string) string {
	t.Helper()
	v := map[string]json.RawMessage{
		"model": json.RawMessage(`"sandbox"`), "max_tokens": json.RawMessage(`100`),
		"messages": json.RawMessage(`[{"role":"user","content":"hi"}]`),
	}
	var more map[string]json.RawMessage
	if err := json.Unmarshal([]byte("{"+fields+"}"), &more); err != nil {
		t.Fatalf("%s: %v", fields, err)
	}
	maps.Copy(v, more)
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// checkCase is a request and what is wrong with it, "" for a good one.
type checkCase struct{ what, body, says string }

func checkCases(t *testing.T) []checkCase {
	return []checkCase{
		{"no JSON", `{"model":`, "not the JSON"},
		{"an empty body", ``, "not the JSON"},
		{"two documents", hello + hello, "not the JSON"},
		{"a list", `[]`, "wrong type"},
		{"no model", `{"max_tokens":1,"messages":[{"role":"user","content":"hi"}]}`, "model is missing"},
		{"unknown model", with(t, `"model":"MiniMax-M3-highspeed"`), "unknown model 'MiniMax-M3-highspeed'"},
		{"a name in another case", with(t, `"model":"minimax-m3"`), "unknown model"},
		{"model of the wrong type", with(t, `"model":7`), "field model has the wrong type"},
	}
}

func checkFieldCases(t *testing.T) []checkCase {
	return []checkCase{
		{"any claude", with(t, `"model":"claude-opus-5"`), ""},

		{"no max_tokens", `{"model":"sandbox","messages":[{"role":"user","content":"hi"}]}`, "max_tokens is missing"},
		{"max_tokens null", with(t, `"max_tokens":null`), "max_tokens is missing"},
		{"max_tokens 0", with(t, `"max_tokens":0`), "max_tokens must be"},
		{"max_tokens too large", with(t, `"max_tokens":524289`), "max_tokens must be"},
		{"max_tokens at the limit", with(t, `"max_tokens":524288`), ""},
		{"max_tokens as text", with(t, `"max_tokens":"many"`), "wrong type"},
		{"max_tokens with a fraction", with(t, `"max_tokens":1.5`), "wrong type"},
		{"temperature 0", with(t, `"temperature":0`), "temperature"},
		{"temperature 0 for claude", with(t, `"temperature":0,"model":"claude-x"`), ""},
		{"temperature 1", with(t, `"temperature":1`), ""},
		{"temperature 1.1", with(t, `"temperature":1.1`), "temperature"},
		{"temperature -1", with(t, `"temperature":-1,"model":"claude-x"`), "temperature"},
		{"top_p 0", with(t, `"top_p":0`), "top_p"},
		{"top_p 0.95", with(t, `"top_p":0.95`), ""},
		{"top_p 2", with(t, `"top_p":2`), "top_p"},
		{"stream as text", with(t, `"stream":"yes"`), "wrong type"},
		{"what MiniMax ignores", with(t, `"top_k":5,"stop_sequences":["x"],"metadata":{"user_id":"u"},"whatever":1`), ""},

		{"no messages", `{"model":"sandbox","max_tokens":1}`, "messages is empty"},
		{"empty messages", with(t, `"messages":[]`), "messages is empty"},
		{"messages of the wrong type", with(t, `"messages":"hi"`), "wrong type"},
		{"role system", with(t, `"messages":[{"role":"system","content":"hi"}]`), "invalid message role: system"},
		{"role tool", with(t, `"messages":[{"role":"user","content":"hi"},{"role":"tool","content":"hi"}]`), "invalid message role: tool"},
		{"assistant first", with(t, `"messages":[{"role":"assistant","content":"hi"}]`), "first message"},
		{"prefill", with(t, `"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"{"}]`), ""},
		{"no content", with(t, `"messages":[{"role":"user"}]`), "no content"},
		{"empty blocks", with(t, `"messages":[{"role":"user","content":[]}]`), "no content"},
		{"empty text", with(t, `"messages":[{"role":"user","content":""}]`), "text is empty"},
		{"empty text block", with(t, `"messages":[{"role":"user","content":[{"type":"text","text":""}]}]`), "text is empty"},
		{"content of the wrong type", with(t, `"messages":[{"role":"user","content":7}]`), "neither a string nor a list"},
		{"an unknown block", with(t, `"messages":[{"role":"user","content":[{"type":"video"}]}]`), "unknown block type 'video'"},
		{"system as blocks", with(t, `"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}]`), ""},
		{"an image as system", with(t, `"system":[{"type":"image"}]`), "system holds"},

		{"tool_use and its result", with(t, `"messages":[{"role":"user","content":"hi"},
			{"role":"assistant","content":[{"type":"thinking","thinking":"t"},{"type":"tool_use","id":"c1","name":"n","input":{}}]},
			{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"r"}]}]`), ""},
		{"tool_use without id", with(t, `"messages":[{"role":"user","content":[{"type":"tool_use","name":"n"}]}]`), "tool_use without id"},
		{"tool_result without id", with(t, `"messages":[{"role":"user","content":[{"type":"tool_result"}]}]`), "without tool_use_id"},
		{"a tool without name", with(t, `"tools":[{"input_schema":{}}]`), "tool 0 has no name"},
		{"a tool without schema", with(t, `"tools":[{"name":"n"}]`), "no input_schema"},

		{"thinking adaptive", with(t, `"thinking":{"type":"adaptive"}`), ""},
		{"thinking disabled", with(t, `"thinking":{"type":"disabled"}`), ""},
		{"thinking enabled", with(t, `"thinking":{"type":"enabled","budget_tokens":50}`), ""},
		{"thinking maybe", with(t, `"thinking":{"type":"maybe"}`), `invalid thinking.type: \"maybe\"`},
		{"a small budget for claude", with(t, `"model":"claude-x","thinking":{"type":"enabled","budget_tokens":50}`), "budget_tokens"},
		{"a budget beyond max_tokens", with(t, `"model":"claude-x","thinking":{"type":"enabled","budget_tokens":2000}`), "budget_tokens"},
	}
}

func TestRequestsAreChecked(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	for _, test := range append(checkCases(t), checkFieldCases(t)...) {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			a := ask(t, base, test.body)
			if test.says == "" {
				if a.status != 200 {
					t.Errorf("%d %s", a.status, a.body)
				}
				return
			}
			v := a.object(t)
			message := text(v, "error", "message")
			if a.status != 400 || text(v, "error", "type") != "bad_request_error" || !strings.HasSuffix(message, " (2013)") {
				t.Errorf("%d %s", a.status, a.body)
			}
			if !strings.Contains(a.body, test.says) {
				t.Errorf("message %q, want %q in it", message, test.says)
			}
		})
	}
}

func TestWhoTakesFiles(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	tests := []struct {
		model           string
		image, document int
	}{
		{"MiniMax-M3", 200, 400},
		{"MiniMax-M3.1-Flash", 200, 400},
		{"MiniMax-M2.7", 400, 400},
		{"MiniMax-M2", 400, 400},
		{"sandbox", 200, 200},
		{"sandbox-vision", 200, 400},
		{"sandbox-mini", 400, 400},
		{"claude-sonnet-5", 200, 200},
	}
	for _, test := range tests {
		image := []any{textBlock("look"), fileBlock("image", "image/png", "data")}
		if a := ask(t, base, userSays(t, test.model, false, image)); a.status != test.image {
			t.Errorf("%s, image: %d %s", test.model, a.status, a.body)
		}
		document := []any{fileBlock("document", "application/pdf", "data")}
		if a := ask(t, base, userSays(t, test.model, false, document)); a.status != test.document {
			t.Errorf("%s, document: %d %s", test.model, a.status, a.body)
		}
	}
}

func TestSources(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	src := func(fields ...string) map[string]any {
		m := map[string]any{}
		for i := 0; i < len(fields); i += 2 {
			m[fields[i]] = fields[i+1]
		}
		return m
	}
	tests := []struct {
		what, kind string
		source     any
		says       string
	}{
		{"png", "image", src("type", "base64", "media_type", "image/png", "data", "eA=="), ""},
		{"webp", "image", src("type", "base64", "media_type", "image/webp", "data", "eA=="), ""},
		{"url", "image", src("type", "url", "url", "https://example.com/a.png"), ""},
		{"pdf", "document", src("type", "base64", "media_type", "application/pdf", "data", "eA=="), ""},
		{"text document", "document", src("type", "text", "media_type", "text/plain", "data", "plain"), ""},
		{"tiff", "image", src("type", "base64", "media_type", "image/tiff", "data", "eA=="), "unknown media_type"},
		{"a pdf as image", "image", src("type", "base64", "media_type", "application/pdf", "data", "eA=="), "unknown media_type"},
		{"no base64", "image", src("type", "base64", "media_type", "image/png", "data", "???"), "not base64"},
		{"no data", "image", src("type", "base64", "media_type", "image/png"), "not base64"},
		{"empty text", "document", src("type", "text", "media_type", "text/plain", "data", ""), "empty"},
		{"a file URL", "image", src("type", "url", "url", "file:///etc/passwd"), "not a URL"},
		{"file id", "image", src("type", "file", "file_id", "f1"), "unknown source type"},
		{"no source", "image", nil, "source is missing"},
	}
	for _, test := range tests {
		block := map[string]any{"type": test.kind, "source": test.source}
		a := ask(t, base, userSays(t, "sandbox", false, []any{textBlock("see"), block}))
		if good := a.status == 200; good != (test.says == "") || !strings.Contains(a.body, test.says) {
			t.Errorf("%s: %d %s", test.what, a.status, a.body)
		}
	}
}

func TestContextWindow(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	const k204, m1 = 204_800 * 4, 1_000_000 * 4
	tests := []struct {
		model string
		bytes int
		good  bool
	}{
		{"MiniMax-M2.7", k204, true},
		{"MiniMax-M2.7", k204 + 1, false},
		{"claude-x", k204 + 1, false},
		{"MiniMax-M3", k204 + 1, true},
		{"MiniMax-M3.1-Flash", m1 + 1, false},
		{"sandbox", m1, true},
		{"sandbox-mini", m1 + 1, false},
	}
	for _, test := range tests {
		a := ask(t, base, userSays(t, test.model, false, strings.Repeat("a", test.bytes)))
		if good := a.status == 200; good != test.good {
			t.Errorf("%s, %d bytes: %d", test.model, test.bytes, a.status)
		}
		if !test.good && !strings.Contains(a.body, "context window exceeds limit (2013)") {
			t.Errorf("%s, %d bytes: %s", test.model, test.bytes, a.body)
		}
	}
}

func TestBetaHeaders(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	tests := []struct {
		model, beta string
		status      int
	}{
		{"MiniMax-M2.7", "interleaved-thinking-2025-05-14", 200},
		{"MiniMax-M2.7", "interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14", 400},
		{"MiniMax-M3", "context-1m-2025-08-07", 400},
		{"claude-x", "context-1m-2025-08-07", 200},
		{"sandbox", "context-1m-2025-08-07", 200},
	}
	for _, test := range tests {
		a := ask(t, base, userSays(t, test.model, false, "hi"), "Anthropic-Beta", test.beta)
		if a.status != test.status {
			t.Errorf("%s, %s: %d %s", test.model, test.beta, a.status, a.body)
		}
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(hello))
	f.Add([]byte(with(f, `"system":[{"type":"text","text":"s"}],"thinking":{"type":"enabled"},"tools":[{"name":"n"}]`)))
	f.Add([]byte(`{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","data":"eA=="}}]}]}`))
	for _, w := range wireTable() {
		f.Add([]byte(w.body(f, false)))
		f.Add([]byte(w.body(f, true)))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, w := range []wire{anthropic{}, chat{}, responses{}, gemini{}} {
			r := &http.Request{URL: &url.URL{Path: "/v1beta/models/m:streamGenerateContent", RawQuery: "alt=sse"}}
			c := &call{body: body, r: r, wire: w, id: strings.Repeat("0", 32)}
			q, bad := w.read(c)
			if bad != nil {
				continue
			}
			if q.model == "" || len(q.messages) == 0 {
				t.Errorf("%s: %q passed the check", w.scope(), body)
			}
			said := &answer{q: q, r: c.reply(q, nil), id: c.id}
			if !json.Valid(encode(w.document(said))) {
				t.Errorf("%s: a good request gets no answer", w.scope())
			}
		}
	})
}
