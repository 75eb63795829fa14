package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// wireCase is how a test asks on one wire and reads what comes: with nothing of the server's own code.
type wireCase struct {
	name  string
	path  string // of a stream
	whole string // of a document; "" is path, and the body says which
	key   string // the header of a key
	body  func(t testing.TB, stream bool, more ...string) string
	read  func(t testing.TB, stream bool, a answered) spoken
}

// spoken is an answer in words that are the same for all wires.
type spoken struct {
	text, reasoning, refusal string
	calls                    []string // NAME ARGUMENTS
	finish                   string   // as the wire has it
	in, out, reasoned        float64
	usage                    bool
	errType                  string // of an error in the middle
	ended                    bool   // by the wire's own last event
	events                   int
}

func wireTable() []wireCase {
	return []wireCase{
		{"anthropic", "/v1/messages", "", "X-Api-Key", anthropicAsk, readAnthropic},
		{"chat", "/v1/chat/completions", "", "Authorization", chatAsk, readChat},
		{"responses", "/v1/responses", "", "Authorization", responsesAsk, readResponses},
		{
			"gemini", "/v1beta/models/sandbox:streamGenerateContent?alt=sse", "/v1beta/models/sandbox:generateContent",
			"X-Goog-Api-Key", geminiAsk, readGemini,
		},
	}
}

// bodyOf is a JSON object: these fields, and those of more, which replace.
func bodyOf(t testing.TB, fields string, more []string) string {
	t.Helper()
	v := map[string]json.RawMessage{}
	for _, part := range append([]string{fields}, more...) {
		if err := json.Unmarshal([]byte("{"+part+"}"), &v); err != nil {
			t.Fatalf("%s: %v", part, err)
		}
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func streams(yes bool) string {
	if yes {
		return `"stream":true`
	}
	return `"stream":false`
}

func anthropicAsk(t testing.TB, stream bool, more ...string) string {
	return bodyOf(t, `"model":"sandbox","max_tokens":1000,"messages":[{"role":"user","content":"hello"}],`+streams(stream), more)
}

func chatAsk(t testing.TB, stream bool, more ...string) string {
	return bodyOf(t, `"model":"sandbox","messages":[{"role":"user","content":"hello"}],"stream_options":{"include_usage":true},`+streams(stream), more)
}

func responsesAsk(t testing.TB, stream bool, more ...string) string {
	return bodyOf(t, `"model":"sandbox","input":"hello",`+streams(stream), more)
}

func geminiAsk(t testing.TB, _ bool, more ...string) string {
	return bodyOf(t, `"contents":[{"role":"user","parts":[{"text":"hello"}]}]`, more)
}

// post asks with a good key and more headers.
func (w wireCase) post(t testing.TB, base string, stream bool, body string, headers ...string) answered {
	t.Helper()
	key := testKey
	if w.key == "Authorization" {
		key = "Bearer " + testKey
	}
	path := w.path
	if !stream && w.whole != "" {
		path = w.whole
	}
	return send(t, http.MethodPost, base+path, body, append([]string{w.key, key, "Content-Type", "application/json"}, headers...)...)
}

// ask posts a good question and reads the answer.
func (w wireCase) ask(t testing.TB, base string, stream bool, fault string, more ...string) spoken {
	t.Helper()
	a := w.post(t, base, stream, w.body(t, stream, more...), FaultHeader, fault)
	if a.status != 200 {
		t.Fatalf("%s: %d %s", w.name, a.status, a.body)
	}
	return w.read(t, stream, a)
}

// eventsOf cuts a stream: a name, where there is one, and data that is JSON or [DONE]. Comments are passed over.
func eventsOf(t testing.TB, body string) []event {
	t.Helper()
	var out []event
	for part := range strings.SplitSeq(strings.ReplaceAll(body, "\r\n", "\n"), "\n\n") {
		if part == "" || strings.HasPrefix(part, ":") {
			continue
		}
		e := event{}
		if name, rest, ok := strings.Cut(part, "\n"); ok {
			e.name, part = strings.TrimPrefix(name, "event: "), rest
		}
		data, ok := strings.CutPrefix(part, "data: ")
		if !ok {
			t.Fatalf("not an event: %q", part)
		}
		if data == "[DONE]" {
			e.name = data
		} else if err := json.Unmarshal([]byte(data), &e.data); err != nil {
			t.Fatalf("event %q: %v", part, err)
		}
		out = append(out, e)
	}
	return out
}

func readAnthropic(t testing.TB, stream bool, a answered) spoken {
	t.Helper()
	var s spoken
	if !stream {
		v := a.object(t)
		s.blocks(v["content"])
		s.finish, s.ended = text(v, "stop_reason"), true
		s.anthropicUsage(v["usage"])
		return s
	}
	events := eventsOf(t, a.body)
	s.events = len(events)
	for _, e := range events {
		switch e.name {
		case "content_block_start":
			if text(e.data, "content_block", "type") == "tool_use" {
				s.calls = append(s.calls, text(e.data, "content_block", "name")+" ")
			}
		case "content_block_delta":
			s.text += text(e.data, "delta", "text")
			s.reasoning += text(e.data, "delta", "thinking")
			if piece := text(e.data, "delta", "partial_json"); piece != "" {
				s.calls[len(s.calls)-1] += piece
			}
		case "message_delta":
			s.finish = text(e.data, "delta", "stop_reason")
			s.anthropicUsage(e.data["usage"])
		case "error":
			s.errType = errorIn(e.data)
		}
	}
	s.ended = s.events > 0 && events[s.events-1].name == "message_stop"
	if s.finish == "refusal" {
		s.text, s.refusal = "", s.text
	}
	return s
}

func (s *spoken) blocks(content any) {
	list, _ := content.([]any)
	for _, b := range list {
		s.text += text(b, "text")
		s.reasoning += text(b, "thinking")
		if text(b, "type") == "tool_use" {
			s.calls = append(s.calls, text(b, "name")+" "+string(encode(at(b, "input"))))
		}
	}
}

func (s *spoken) anthropicUsage(v any) {
	if v != nil {
		s.usage, s.in, s.out = true, number(v, "input_tokens"), number(v, "output_tokens")
	}
}

// errorIn is the word of an error in the middle of a stream, or its text where it is nothing else.
func errorIn(data map[string]any) string {
	if word := text(data, "error"); word != "" {
		return word
	}
	for _, key := range []string{"type", "status"} {
		if word := text(data, "error", key); word != "" {
			return word
		}
	}
	return ""
}

func readChat(t testing.TB, stream bool, a answered) spoken {
	t.Helper()
	var s spoken
	if !stream {
		v := a.object(t)
		m := at(v, "choices", 0, "message")
		s.chatDelta(m)
		s.finish, s.ended = text(v, "choices", 0, "finish_reason"), true
		s.chatUsage(v["usage"])
		return s
	}
	events := eventsOf(t, a.body)
	s.events = len(events)
	for _, e := range events {
		if e.data["error"] != nil {
			s.errType = errorIn(e.data)
		}
		s.chatDelta(at(e.data, "choices", 0, "delta"))
		if finish := text(e.data, "choices", 0, "finish_reason"); finish != "" {
			s.finish += finish
		}
		s.chatUsage(e.data["usage"])
	}
	s.ended = s.events > 0 && events[s.events-1].name == "[DONE]"
	return s
}

func (s *spoken) chatDelta(d any) {
	s.text += text(d, "content")
	s.reasoning += text(d, "reasoning_content") + text(d, "reasoning")
	s.refusal += text(d, "refusal")
	list, _ := at(d, "tool_calls").([]any)
	for _, c := range list {
		if name := text(c, "function", "name"); name != "" {
			s.calls = append(s.calls, name+" ")
		}
		s.calls[len(s.calls)-1] += text(c, "function", "arguments")
	}
}

func (s *spoken) chatUsage(v any) {
	if v != nil {
		s.usage, s.in, s.out = true, number(v, "prompt_tokens"), number(v, "completion_tokens")
		s.reasoned = number(v, "completion_tokens_details", "reasoning_tokens")
	}
}

func readResponses(t testing.TB, stream bool, a answered) spoken {
	t.Helper()
	var s spoken
	if !stream {
		s.responsesEnd(a.object(t))
		s.ended = true
		return s
	}
	events := eventsOf(t, a.body)
	s.events = len(events)
	var end map[string]any
	for i, e := range events {
		if text(e.data, "type") != e.name || number(e.data, "sequence_number") != float64(i) {
			t.Fatalf("event %d: %s %v", i, e.name, e.data)
		}
		switch e.name {
		case "response.output_text.delta":
			s.text += text(e.data, "delta")
		case "response.reasoning_summary_text.delta":
			s.reasoning += text(e.data, "delta")
		case "response.refusal.delta":
			s.refusal += text(e.data, "delta")
		case "response.output_item.added":
			if text(e.data, "item", "type") == "function_call" {
				s.calls = append(s.calls, text(e.data, "item", "name")+" ")
			}
		case "response.function_call_arguments.delta":
			s.calls[len(s.calls)-1] += text(e.data, "delta")
		case "error":
			s.errType = errorIn(e.data)
		case "response.completed", "response.incomplete", "response.failed":
			end = e.data
		}
	}
	if end != nil && s.errType == "" {
		again := spoken{}
		again.responsesEnd(at(end, "response"))
		if again.text != s.text || again.reasoning != s.reasoning || again.refusal != s.refusal || len(again.calls) != len(s.calls) {
			t.Errorf("the last event says something else than the deltas: %+v, %+v", again, s)
		}
		s.finish, s.usage, s.in, s.out, s.reasoned, s.ended = again.finish, again.usage, again.in, again.out, again.reasoned, true
	}
	return s
}

func (s *spoken) responsesEnd(v any) {
	output, _ := at(v, "output").([]any)
	for _, item := range output {
		s.reasoning += text(item, "summary", 0, "text")
		s.text += text(item, "content", 0, "text")
		s.refusal += text(item, "content", 0, "refusal")
		if text(item, "type") == "function_call" {
			s.calls = append(s.calls, text(item, "name")+" "+text(item, "arguments"))
		}
	}
	if s.finish = text(v, "status"); s.finish == "incomplete" {
		s.finish = text(v, "incomplete_details", "reason")
	}
	if u := at(v, "usage"); u != nil {
		s.usage, s.in, s.out = true, number(u, "input_tokens"), number(u, "output_tokens")
		s.reasoned = number(u, "output_tokens_details", "reasoning_tokens")
	}
}

func readGemini(t testing.TB, stream bool, a answered) spoken {
	t.Helper()
	var s spoken
	if !stream {
		s.geminiChunk(a.object(t))
		s.ended = true
		return s
	}
	if strings.Contains(strings.ReplaceAll(a.body, "\r\n", ""), "\n") {
		t.Error("a line that does not end in CR LF")
	}
	events := eventsOf(t, a.body)
	s.events = len(events)
	for _, e := range events {
		if e.data["error"] != nil {
			s.errType = errorIn(e.data)
			continue
		}
		s.geminiChunk(e.data)
	}
	s.ended = s.finish != ""
	return s
}

func (s *spoken) geminiChunk(v map[string]any) {
	parts, _ := at(v, "candidates", 0, "content", "parts").([]any)
	for _, p := range parts {
		if at(p, "thought") == true {
			s.reasoning += text(p, "text")
		} else {
			s.text += text(p, "text")
		}
		if call := at(p, "functionCall"); call != nil {
			s.calls = append(s.calls, text(call, "name")+" "+string(encode(at(call, "args"))))
		}
	}
	s.finish += text(v, "candidates", 0, "finishReason") + text(v, "promptFeedback", "blockReason")
	if u := v["usageMetadata"]; u != nil {
		s.usage, s.in, s.reasoned = true, number(u, "promptTokenCount"), number(u, "thoughtsTokenCount")
		s.out = number(u, "candidatesTokenCount") + s.reasoned
	}
}
