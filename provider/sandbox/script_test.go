package sandbox

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func scriptFrom(t testing.TB, doc string) *Script {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(doc))
	d.DisallowUnknownFields()
	var s Script
	if err := d.Decode(&s); err != nil {
		t.Fatal(err)
	}
	return &s
}

func TestScriptMatches(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{Script: scriptFrom(t, `{"answers":[
		{"match":{"prompt":"(?i)weather"},"text":"by prompt"},
		{"match":{"system":"^terse"},"text":"by system"},
		{"match":{"model":"MiniMax-M3*"},"text":"by model"},
		{"match":{"model":"sandbox-mini","prompt":"both"},"text":"by both"},
		{"match":{"header":{"X-Job":"^nightly-[0-9]+$"}},"text":"by header"},
		{"match":{"prompt":"once"},"times":1,"text":"the first time"},
		{"match":{"prompt":"once"},"times":2,"text":"two more times"}
	]}`)})
	tests := []struct {
		what, model, prompt, system string
		headers                     []string
		want                        string
	}{
		{"prompt", "sandbox", "what Weather is it", "", nil, "by prompt"},
		{"the first rule wins", "MiniMax-M3", "weather", "terse", nil, "by prompt"},
		{"system", "sandbox", "hi", "terse please", nil, "by system"},
		{"system elsewhere", "sandbox", "hi", "be terse", nil, "Sandbox answer"},
		{"model", "MiniMax-M3.1-Flash", "hi", "", nil, "by model"},
		{"another model", "MiniMax-M2", "hi", "", nil, "Sandbox answer"},
		{"both", "sandbox-mini", "it takes both", "", nil, "by both"},
		{"one of both", "sandbox", "it takes both", "", nil, "Sandbox answer"},
		{"header", "sandbox", "hi", "", []string{"X-Job", "nightly-7"}, "by header"},
		{"header with another value", "sandbox", "hi", "", []string{"X-Job", "hourly"}, "Sandbox answer"},
		{"times 1", "sandbox", "once", "", nil, "the first time"},
		{"then the next", "sandbox", "once", "", nil, "two more times"},
		{"and again", "sandbox", "once", "", nil, "two more times"},
		{"all used up", "sandbox", "once", "", nil, "Sandbox answer"},
	}
	for _, test := range tests {
		body, err := json.Marshal(map[string]any{
			"model": test.model, "max_tokens": 500, "system": test.system,
			"messages": []any{map[string]any{"role": "user", "content": test.prompt}},
		})
		if err != nil {
			t.Fatal(err)
		}
		got := text(ask(t, base, string(body), test.headers...).object(t), "content", 0, "text")
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: %q, want %q", test.what, got, test.want)
		}
	}
}

func TestScriptedPromptIsTheLastMessageOnly(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{Script: scriptFrom(t, `{"answers":[{"match":{"prompt":"(?m)^data$"},"text":"seen"}]}`)})
	earlier := `{"model":"sandbox","max_tokens":99,"messages":[{"role":"user","content":"data"},
		{"role":"assistant","content":"a"},{"role":"user","content":"more"}]}`
	if got := text(ask(t, base, earlier).object(t), "content", 0, "text"); got == "seen" {
		t.Error("an earlier message matched")
	}
	blocks := userSays(t, "sandbox", false, []any{textBlock("task"), textBlock("data")})
	if got := text(ask(t, base, blocks).object(t), "content", 0, "text"); got != "seen" {
		t.Errorf("a second block did not match: %q", got)
	}
}

func TestScriptedContent(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{Script: scriptFrom(t, `{"answers":[{
		"text":"a scripted answer, größer","thinking":"hmm","chunk":4,"stop_reason":"pause_turn",
		"tool_use":{"id":"call_7","name":"lookup","input":{"q":"x","n":[1,2]}},
		"usage":{"input_tokens":11,"output_tokens":22,"cache_read_input_tokens":33,"cache_creation_input_tokens":44},
		"headers":{"X-Extra":"yes"}}]}`)})
	a := ask(t, base, helloStream)
	events := a.events(t)
	if got := said(events, "text_delta", "text"); got != "a scripted answer, größer" {
		t.Errorf("text %q", got)
	}
	if got := said(events, "thinking_delta", "thinking"); got != "hmm" {
		t.Errorf("thinking %q", got)
	}
	if got := said(events, "input_json_delta", "partial_json"); got != `{"n":[1,2],"q":"x"}` {
		t.Errorf("tool input %q", got)
	}
	for _, e := range events {
		if n := len([]rune(text(e.data, "delta", "text"))); n > 4 {
			t.Errorf("a delta of %d runes", n)
		}
	}
	last := find(t, events, "message_delta").data
	if text(last, "delta", "stop_reason") != "pause_turn" {
		t.Errorf("stop_reason: %v", last)
	}
	for field, want := range map[string]float64{
		"input_tokens": 11, "output_tokens": 22, "cache_read_input_tokens": 33, "cache_creation_input_tokens": 44,
	} {
		if got := number(last, "usage", field); got != want {
			t.Errorf("%s %v, want %v", field, got, want)
		}
	}
	if a.header.Get("X-Extra") != "yes" {
		t.Errorf("headers %v", a.header)
	}
	whole := ask(t, base, hello).object(t)
	checkWholeBlocks(t, whole, "a scripted answer, größer", "hmm", "lookup")
	if text(whole, "content", 2, "id") != "call_7" || number(whole, "content", 2, "input", "n", 1) != 2 {
		t.Errorf("tool_use: %v", at(whole, "content", 2))
	}
}

func TestScriptedToolWithoutInput(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{Script: scriptFrom(t, `{"answers":[{"tool_use":{"name":"now"}}]}`)})
	whole := ask(t, base, hello).object(t)
	if _, isObject := at(whole, "content", 0, "input").(map[string]any); !isObject || text(whole, "stop_reason") != "tool_use" {
		t.Errorf("%v", whole)
	}
	events := ask(t, base, helloStream).events(t)
	if got := said(events, "input_json_delta", "partial_json"); got != "{}" {
		t.Errorf("partial_json %q", got)
	}
}

func TestScriptedDelay(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{Script: scriptFrom(t, `{"answers":[{"text":"abcdefghij","chunk":1,"delay":"10ms"}]}`)})
	begin := time.Now()
	events := ask(t, base, helloStream).events(t)
	if d := time.Since(begin); d < 100*time.Millisecond || said(events, "text_delta", "text") != "abcdefghij" {
		t.Errorf("%v for %v", d, names(events))
	}
}

func TestScriptedResponses(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{Script: scriptFrom(t, `{"answers":[
		{"match":{"prompt":"status"},"status":529},
		{"match":{"prompt":"json"},"status":422,"body":"{\"why\":\"no\"}"},
		{"match":{"prompt":"page"},"body":"<html>login</html>"},
		{"match":{"prompt":"fault"},"fault":"status=429,retry-after=2","times":1},
		{"match":{"prompt":"plan"},"status":500,"fault":"code=2061,retry-after=4"},
		{"match":{"prompt":"stream"},"text":"cut here","fault":"cut-events=4"},
		{"match":{"prompt":"twice"},"text":"fine","fault":"status=500*2"}
	]}`)})
	tests := []struct {
		prompt, kind, body string
		status             int
	}{
		{"status", "application/json", `"overloaded_error"`, 529},
		{"json", "application/json", `{"why":"no"}`, 422},
		{"page", "text/html", `<html>login</html>`, 200},
		{"fault", "application/json", `"rate_limit_error"`, 429},
		{"fault", "application/json", `Sandbox answer`, 200},
		{"twice", "application/json", `"api_error"`, 500},
		{"twice", "application/json", `"api_error"`, 500},
		{"twice", "application/json", `"fine"`, 200},
	}
	for _, test := range tests {
		a := ask(t, base, userSays(t, "sandbox", false, test.prompt))
		if a.status != test.status || !strings.HasPrefix(a.header.Get("Content-Type"), test.kind) || !strings.Contains(a.body, test.body) {
			t.Errorf("%s: %d %s %s", test.prompt, a.status, a.header.Get("Content-Type"), a.body)
		}
	}
	if a := ask(t, base, userSays(t, "sandbox", false, "plan")); a.status != 500 ||
		a.header.Get("Retry-After") != "4" || !strings.Contains(a.body, "(2061)") {
		t.Errorf("plan: %d %v %s", a.status, a.header, a.body)
	}
	a := ask(t, base, userSays(t, "sandbox", true, "stream"))
	if got := len(a.events(t)); got != 4 || a.err == nil {
		t.Errorf("cut-events: %d events, %v", got, a.err)
	}
}

func TestARefusedRequestUsesNoAnswerUp(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{Script: scriptFrom(t, `{"answers":[{"text":"only once","times":1}]}`)})
	if a := ask(t, base, hello, "X-Api-Key", "sk-both"); a.status != 401 {
		t.Fatalf("both credentials: %d", a.status)
	}
	if a := ask(t, base, with(t, `"max_tokens":0`)); a.status != 400 {
		t.Fatalf("a bad request: %d", a.status)
	}
	if got := text(ask(t, base, hello).object(t), "content", 0, "text"); got != "only once" {
		t.Errorf("text %q", got)
	}
}

func TestScriptErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what   string
		answer Answer
		says   string
	}{
		{"prompt", Answer{Match: Match{Prompt: "("}}, "match.prompt"},
		{"system", Answer{Match: Match{System: "["}}, "match.system"},
		{"model", Answer{Match: Match{Model: "["}}, "match.model"},
		{"header", Answer{Match: Match{Header: map[string]string{"X-Job": "*"}}}, "match.header X-Job"},
		{"fault", Answer{Fault: "explode"}, `no fault of the name "explode"`},
		{"tool", Answer{ToolUse: &ToolUse{}}, "tool_use.name"},
		{"status", Answer{Status: 42}, "status 42"},
		{"times", Answer{Times: -1}, "cannot be negative"},
		{"chunk", Answer{Chunk: -1}, "cannot be negative"},
		{"delay", Answer{Delay: -1}, "cannot be negative"},
	}
	for _, test := range tests {
		_, err := New(Options{Script: &Script{Answers: []Answer{{}, test.answer}}})
		if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "answer 2") {
			t.Errorf("%s: %v", test.what, err)
		}
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	var d Duration
	if err := json.Unmarshal([]byte(`"20ms"`), &d); err != nil || time.Duration(d) != 20*time.Millisecond {
		t.Errorf("got %v, %v", time.Duration(d), err)
	}
	if err := d.UnmarshalText([]byte("20")); err == nil {
		t.Error("a number without unit passed")
	}
	if b, err := json.Marshal(Duration(time.Second)); err != nil || string(b) != `"1s"` {
		t.Errorf("got %s, %v", b, err)
	}
}
