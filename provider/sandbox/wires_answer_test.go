package sandbox

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
)

const (
	thinkingText = "The sandbox does not think. It counts the bytes it was sent."
	helloText    = "Sandbox answer, no model was asked.\nReceived 5 bytes in 1 block, sha256 2cf24dba.\nFirst line: hello"
)

// eachWire runs a test on every wire, as a stream and as one document.
func eachWire(t *testing.T, f func(t *testing.T, w wireCase, stream bool)) {
	t.Helper()
	for _, w := range wireTable() {
		for how, stream := range map[string]bool{"stream": true, "document": false} {
			t.Run(w.name+" "+how, func(t *testing.T) {
				t.Parallel()
				f(t, w, stream)
			})
		}
	}
}

// words has, for each wire, what it calls a thing.
type words map[string]string

var finishWords = map[string]words{
	"end":    {"anthropic": "end_turn", "chat": "stop", "responses": "completed", "gemini": "STOP"},
	"stop":   {"anthropic": "stop_sequence", "chat": "stop", "gemini": "STOP"},
	"length": {"anthropic": "max_tokens", "chat": "length", "responses": "max_output_tokens", "gemini": "MAX_TOKENS"},
	"tool":   {"anthropic": "tool_use", "chat": "tool_calls", "responses": "completed", "gemini": "STOP"},
}

func TestEachWireAnswers(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	eachWire(t, func(t *testing.T, w wireCase, stream bool) {
		s := w.ask(t, base, stream, "none")
		if s.text != helloText || s.finish != finishWords["end"][w.name] || !s.ended || s.errType != "" || s.reasoning != "" {
			t.Errorf("%+v", s)
		}
		if !s.usage || s.in != 2 || s.out != float64(tokens(len(helloText))) || s.reasoned != 0 {
			t.Errorf("usage %+v", s)
		}
	})
}

func TestEachWireReasonsWhenAsked(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	ways := map[string][]string{
		"anthropic": {`"thinking":{"type":"adaptive"}`},
		"chat": {
			`"reasoning_effort":"low"`, `"reasoning":{"effort":"high"}`, `"reasoning":{"enabled":true}`, `"thinking":{"type":"enabled"}`,
			`"enable_thinking":true`, `"chat_template_kwargs":{"enable_thinking":true}`, `"include_reasoning":true`,
		},
		"responses": {`"reasoning":{"effort":"low","summary":"auto"}`},
		"gemini":    {`"generationConfig":{"thinkingConfig":{"thinkingBudget":-1,"includeThoughts":true}}`},
	}
	not := map[string]string{
		"anthropic": `"thinking":{"type":"disabled"}`, "chat": `"reasoning_effort":"none"`,
		"responses": `"reasoning":{"effort":"none"}`, "gemini": `"generationConfig":{"thinkingConfig":{"thinkingBudget":0,"includeThoughts":true}}`,
	}
	eachWire(t, func(t *testing.T, w wireCase, stream bool) {
		for _, way := range ways[w.name] {
			s := w.ask(t, base, stream, "none", way)
			if s.reasoning != thinkingText || s.text != helloText || s.finish != finishWords["end"][w.name] {
				t.Errorf("%s: %+v", way, s)
			}
			if want := float64(tokens(len(thinkingText))); w.name != "anthropic" && s.reasoned != want {
				t.Errorf("%s: %v tokens of reasoning, want %v", way, s.reasoned, want)
			}
			if want := float64(tokens(len(thinkingText) + len(helloText))); s.out != want {
				t.Errorf("%s: %v tokens out, want %v", way, s.out, want)
			}
		}
		if s := w.ask(t, base, stream, "none", not[w.name]); s.reasoning != "" || s.reasoned != 0 {
			t.Errorf("%s: %+v", not[w.name], s)
		}
	})
}

func TestReasoningThatIsHiddenIsCounted(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	ways := map[string]string{
		"chat": `"reasoning":{"effort":"low","exclude":true}`, "gemini": `"generationConfig":{"thinkingConfig":{"thinkingLevel":"LOW"}}`,
	}
	eachWire(t, func(t *testing.T, w wireCase, stream bool) {
		if ways[w.name] == "" {
			t.Skip("this wire hides nothing")
		}
		s := w.ask(t, base, stream, "none", ways[w.name])
		if s.reasoning != "" || s.text != helloText || s.reasoned == 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestEachWireTakesFiles(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	png, pdf := base64.StdEncoding.EncodeToString([]byte("PNG!")), base64.StdEncoding.EncodeToString([]byte("%PDF"))
	asked := map[string]string{
		"anthropic": `"messages":[{"role":"user","content":[{"type":"text","text":"look"},
			{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + png + `"}},
			{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"` + pdf + `"}}]}]`,
		"chat": `"messages":[{"role":"user","content":[{"type":"text","text":"look"},
			{"type":"image_url","image_url":{"url":"data:image/png;base64,` + png + `"}},
			{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,` + pdf + `"}}]}]`,
		"responses": `"input":[{"role":"user","content":[{"type":"input_text","text":"look"},
			{"type":"input_image","image_url":"data:image/png;base64,` + png + `"},
			{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,` + pdf + `"}]}]`,
		"gemini": `"contents":[{"parts":[{"text":"look"},{"inlineData":{"mimeType":"image/png","data":"` + png + `"}},
			{"inlineData":{"mimeType":"application/pdf","data":"` + pdf + `"}}]}]`,
	}
	want := "Sandbox answer, no model was asked.\n" + strings.Join([]string{
		"Received 12 bytes in 3 blocks, sha256 " + shortHash("lookPNG!%PDF") + ".",
		"Among them 1 image and 1 document.",
		"First line: look",
		"Block 1: text, 4 bytes, sha256 " + shortHash("look") + ".",
		"Block 2: image/png, 4 bytes, sha256 " + shortHash("PNG!") + ".",
		"Block 3: application/pdf, 4 bytes, sha256 " + shortHash("%PDF") + ".",
	}, "\n")
	eachWire(t, func(t *testing.T, w wireCase, stream bool) {
		if s := w.ask(t, base, stream, "none", asked[w.name]); s.text != want || s.in != 1+2*fileTokens {
			t.Errorf("%v in, text\n%s\nwant\n%s", s.in, s.text, want)
		}
	})
}

func TestEachWireStops(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	stop := map[string]string{
		"anthropic": `"stop_sequences":["\nReceived","no such"]`, "chat": `"stop":"\nReceived"`, "gemini": `"generationConfig":{"stopSequences":["\nReceived"]}`,
	}
	eachWire(t, func(t *testing.T, w wireCase, stream bool) {
		if w.name == "responses" {
			a := w.post(t, base, stream, w.body(t, stream, `"stop":["x"]`))
			if a.status != 400 || text(a.object(t), "error", "code") != "unknown_parameter" {
				t.Errorf("%d %s", a.status, a.body)
			}
			return
		}
		s := w.ask(t, base, stream, "none", stop[w.name])
		if s.text != "Sandbox answer, no model was asked." || s.finish != finishWords["stop"][w.name] {
			t.Errorf("%+v", s)
		}
	})
}

func TestEachWireIsCutByItsLimit(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	limits := map[string][]string{
		"anthropic": {`"max_tokens":20`}, "chat": {`"max_tokens":20`, `"max_completion_tokens":20`}, "responses": {`"max_output_tokens":20`},
		"gemini": {`"generationConfig":{"maxOutputTokens":20}`},
	}
	eachWire(t, func(t *testing.T, w wireCase, stream bool) {
		for _, limit := range limits[w.name] {
			s := w.ask(t, base, stream, "none", limit)
			if len(s.text) != 80 || s.finish != finishWords["length"][w.name] || s.out != 20 || !s.ended {
				t.Errorf("%s: %+v", limit, s)
			}
		}
	})
}

func TestEachWireRefuses(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	eachWire(t, func(t *testing.T, w wireCase, stream bool) {
		s := w.ask(t, base, stream, "refusal")
		want := map[string]string{"anthropic": "refusal", "chat": "stop", "responses": "completed", "gemini": "SAFETY"}[w.name]
		if s.finish != want {
			t.Errorf("%+v", s)
		}
		said := s.refusal
		if w.name == "anthropic" && !stream {
			said, s.text = s.text, ""
		}
		if s.text != "" || w.name != "gemini" && said != "I cannot help with this." {
			t.Errorf("%+v", s)
		}
	})
}

// script has one text for all wires.
func callScript() *Script {
	return &Script{Answers: []Answer{
		{
			Match: Match{Prompt: "^$"}, Text: "It is 9 degrees.", Usage: &Usage{InputTokens: 7, OutputTokens: 50, CacheReadInputTokens: 3},
		},
		{
			Match: Match{Prompt: "weather", System: "brief"}, Thinking: "Look it up.", Text: "One moment.",
			ToolUse:  &ToolUse{ID: "call_1", Name: "weather", Input: map[string]any{"city": "Paris"}},
			ToolUses: []*ToolUse{{Name: "time"}},
		},
		{Match: Match{Prompt: "odd"}, Text: "odd", StopReason: "pause_turn"},
	}}
}

func TestScriptOnEachWire(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{Script: callScript()})
	ask := map[string]string{
		"anthropic": `"system":"be brief","messages":[{"role":"user","content":"weather?"}]`,
		"chat":      `"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"weather?"}]`,
		"responses": `"instructions":"be brief","input":"weather?"`,
		"gemini":    `"systemInstruction":{"parts":[{"text":"be brief"}]},"contents":[{"role":"user","parts":[{"text":"weather?"}]}]`,
	}
	back := map[string]string{
		"anthropic": `"messages":[{"role":"user","content":"weather?"},
			{"role":"assistant","content":[{"type":"tool_use","id":"call_1","name":"weather","input":{}}]},
			{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"9"}]}]`,
		"chat": `"messages":[{"role":"user","content":"weather?"},
			{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"weather","arguments":"{}"}}]},
			{"role":"tool","tool_call_id":"call_1","content":"9"},{"role":"tool","tool_call_id":"call_2","content":"noon"}]`,
		"responses": `"input":[{"role":"user","content":"weather?"},{"type":"reasoning","id":"rs_1","summary":[]},
			{"type":"function_call","call_id":"call_1","name":"weather","arguments":"{}"},{"type":"function_call_output","call_id":"call_1","output":"9"}]`,
		"gemini": `"contents":[{"role":"user","parts":[{"text":"weather?"}]},{"role":"model","parts":[{"functionCall":{"name":"weather","args":{}}}]},
			{"role":"user","parts":[{"functionResponse":{"name":"weather","response":{"result":9}}}]}]`,
	}
	eachWire(t, func(t *testing.T, w wireCase, stream bool) {
		s := w.ask(t, base, stream, "none", ask[w.name])
		if s.text != "One moment." || s.reasoning != "Look it up." || s.finish != finishWords["tool"][w.name] ||
			!slices.Equal(s.calls, []string{`weather {"city":"Paris"}`, "time {}"}) {
			t.Errorf("the call: %+v", s)
		}
		s = w.ask(t, base, stream, "none", back[w.name])
		in := 10.0 // what was cached is part of the prompt everywhere but at Anthropic
		if w.name == "anthropic" {
			in = 7
		}
		if s.text != "It is 9 degrees." || s.in != in || s.out != 50 {
			t.Errorf("after it: %+v", s)
		}
	})
}

func TestToolChoiceOnEachWire(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	const schema = `{"type":"object","required":["city"],"properties":{"city":{"type":"string"}}}`
	tools := map[string]string{
		"anthropic": `"tools":[{"name":"a","input_schema":{"type":"object"}},{"name":"b","input_schema":` + schema + `}]`,
		"chat":      `"tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b","parameters":` + schema + `}}]`,
		"responses": `"tools":[{"type":"function","name":"a"},{"type":"function","name":"b","parameters":` + schema + `}]`,
		"gemini":    `"tools":[{"functionDeclarations":[{"name":"a"},{"name":"b","parameters":` + schema + `}]}]`,
	}
	choices := map[string][4]string{ // any, b, one that is not there, none has to
		"anthropic": {`{"type":"any"}`, `{"type":"tool","name":"b"}`, `{"type":"tool","name":"c"}`, `{"type":"auto"}`},
		"chat":      {`"required"`, `{"type":"function","function":{"name":"b"}}`, `{"type":"function","function":{"name":"c"}}`, `"auto"`},
		"responses": {`"required"`, `{"type":"function","name":"b"}`, `{"type":"function","name":"c"}`, `"auto"`},
		"gemini": {
			`{"functionCallingConfig":{"mode":"ANY"}}`, `{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["b"]}}`,
			`{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["c"]}}`, `{"functionCallingConfig":{"mode":"AUTO"}}`,
		},
	}
	eachWire(t, func(t *testing.T, w wireCase, stream bool) {
		field := `"tool_choice":`
		if w.name == "gemini" {
			field = `"toolConfig":`
		}
		for i, want := range []string{`a {}`, `b {"city":"sandbox"}`, "", ""} {
			a := w.post(t, base, stream, w.body(t, stream, tools[w.name], field+choices[w.name][i]))
			if i == 2 {
				if a.status != 400 {
					t.Errorf("a tool that is not there: %d %s", a.status, a.body)
				}
				continue
			}
			if s := w.read(t, stream, a); strings.Join(s.calls, ";") != want || (s.text == "") != (want != "") {
				t.Errorf("%s: %+v", choices[w.name][i], s)
			}
		}
	})
}

func TestSchemaOnEachWire(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	const schema = `{"type":"object","required":["ok","tags"],"additionalProperties":false,
		"properties":{"ok":{"type":"boolean"},"tags":{"type":"array","minItems":1,"items":{"enum":["a","b"]}}}}`
	ask := map[string]string{
		"anthropic": `"output_config":{"format":{"type":"json_schema","schema":` + schema + `}}`,
		"chat":      `"response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":` + schema + `}}`,
		"responses": `"text":{"format":{"type":"json_schema","name":"x","strict":true,"schema":` + schema + `}}`,
		"gemini":    `"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":` + schema + `}`,
	}
	eachWire(t, func(t *testing.T, w wireCase, stream bool) {
		if s := w.ask(t, base, stream, "none", ask[w.name]); s.text != `{"ok":true,"tags":["a"]}` {
			t.Errorf("%+v", s)
		}
		if w.name == "chat" || w.name == "responses" {
			a := w.post(t, base, stream, w.body(t, stream, strings.Replace(ask[w.name], `"additionalProperties":false,`, "", 1)))
			if a.status != 400 || !strings.Contains(a.body, "'additionalProperties' is required") {
				t.Errorf("not strict: %d %s", a.status, a.body)
			}
		}
	})
}

func TestUsageOfAChatStreamIsAskedFor(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	w := wireTable()[1]
	if s := w.ask(t, base, true, "none", `"stream_options":{}`); s.usage || !s.ended {
		t.Errorf("nobody asked: %+v", s)
	}
	events := eventsOf(t, w.post(t, base, true, w.body(t, true)).body)
	last := events[len(events)-2].data
	if choices, _ := last["choices"].([]any); len(choices) != 0 || number(last, "usage", "total_tokens") == 0 {
		t.Errorf("the chunk before [DONE]: %v", last)
	}
	for _, e := range events[:len(events)-2] {
		if v, there := e.data["usage"]; v != nil || !there {
			t.Errorf("a usage in %v", e.data)
		}
	}
}

func TestGrammarOfResponses(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	w := wireTable()[2]
	a := w.post(t, base, true, w.body(t, true, `"reasoning":{"summary":"auto"}`), FaultHeader, "tool_use")
	want := []string{
		"response.created", "response.in_progress",
		"response.output_item.added", "response.reasoning_summary_part.added", "response.reasoning_summary_text.delta",
		"response.reasoning_summary_text.done", "response.reasoning_summary_part.done", "response.output_item.done",
		"response.output_item.added", "response.content_part.added", "response.output_text.delta", "response.output_text.done",
		"response.content_part.done", "response.output_item.done",
		"response.output_item.added", "response.function_call_arguments.delta", "response.function_call_arguments.done",
		"response.output_item.done", "response.completed",
	}
	if got := slices.Compact(names(eventsOf(t, a.body))); !slices.Equal(got, want) {
		t.Errorf("order %v", got)
	}
}

// TestResponsesRepeatTheText: all four events that end an answer say the whole of it, a long one too.
func TestResponsesRepeatTheText(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	w := wireTable()[2]
	for fault, text := range map[string]string{"big=300": strings.Repeat(bigDelta(), 300), "none": w.ask(t, base, true, "none").text} {
		a := w.post(t, base, true, w.body(t, true), FaultHeader, fault)
		said := string(encode(text))
		if n := strings.Count(a.body, `"text":`+said); n != 4 || text == "" {
			t.Errorf("%s: %d times", fault, n)
		}
		eventsOf(t, a.body) // fails where the data of one is no JSON
	}
}

func TestGeminiArray(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	w := wireTable()[3]
	w.path = strings.TrimSuffix(w.path, "?alt=sse")
	for fault, chunks := range map[string]int{"none": 10, "error=api_error/2": 3, "no-stop": 9} {
		a := w.post(t, base, true, w.body(t, true), FaultHeader, fault)
		body := strings.ReplaceAll(a.body, "\r\n", "")
		if fault == "no-stop" {
			if strings.HasSuffix(body, "]") {
				t.Errorf("%s: the array is closed", fault)
			}
			body += "]"
		}
		list, _ := answered{body: `{"list":` + body + `}`}.object(t)["list"].([]any)
		if len(list) != chunks || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: %d chunks, %s", fault, len(list), a.body)
		}
	}
}
