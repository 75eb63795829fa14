package sandbox

import (
	"net/http"
	"strconv"
)

// chat is the Chat Completions API as OpenAI serves it, with the reasoning that others have added to it.
type chat struct{}

func (chat) scope() string                             { return scopeChat }
func (chat) places() []string                          { return openAIPlaces() }
func (chat) failure(_ string, p problem) (int, obj)    { return openAIFailure(p) }
func (chat) headers(h http.Header, id string, q quota) { openAIHeaders(h, id, q) }
func (chat) models(names []string) obj                 { return openAIModels(names) }
func (chat) encoder(a *answer) encoder                 { return newChatStream(a) }

// chatFinish says Anthropic's reasons in the words of this wire. A refusal ends as any answer does.
func chatFinish(stop string) string {
	switch stop {
	case "end_turn", "stop_sequence", "refusal":
		return "stop"
	case "max_tokens":
		return "length"
	case "tool_use":
		return "tool_calls"
	}
	return stop
}

// chatUsage: what was cached stands inside of the prompt, reasoning inside of the completion.
func chatUsage(r *reply) obj {
	in, out := r.prompted(), r.usage.OutputTokens
	return obj{
		"prompt_tokens": in, "completion_tokens": out, "total_tokens": in + out,
		"prompt_tokens_details":     obj{"cached_tokens": r.usage.CacheReadInputTokens, "audio_tokens": 0},
		"completion_tokens_details": obj{"reasoning_tokens": r.reasoned(), "audio_tokens": 0},
	}
}

func (chat) document(a *answer) obj {
	m := obj{"role": "assistant", "content": nil, "refusal": nil, "annotations": []obj{}}
	var calls []obj
	for _, p := range a.parts() {
		switch p.kind {
		case partReasoning:
			m["reasoning_content"] = p.whole()
			if a.faults.has("reasoning-twice") {
				delete(m, "reasoning_content")
				m["reasoning"], m["reasoning_details"] = p.whole(), reasoningDetails(p.whole())
			}
		case partText:
			m["content"] = p.whole()
		case partRefusal:
			m["refusal"] = p.whole()
		case partCall:
			calls = append(calls, chatCall(p, p.text))
		}
	}
	if calls != nil {
		m["tool_calls"] = calls
	}
	o := obj{
		"id": "chatcmpl-" + a.id, "object": "chat.completion", "created": created, "model": a.q.model,
		"choices":      []obj{{"index": 0, "message": m, "logprobs": nil, "finish_reason": orNil(a.finish(chatFinish))}},
		"service_tier": "default", "system_fingerprint": "fp_sandbox",
	}
	if a.tells() {
		o["usage"] = chatUsage(a.r)
	}
	return o
}

func chatCall(p *part, arguments string) obj {
	return obj{"id": p.id, "type": "function", "function": obj{"name": p.tool.Name, "arguments": arguments}}
}

func reasoningDetails(text string) []obj {
	return []obj{{"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}}
}

// chatStream: a chunk with the role, the deltas, a chunk with the finish reason, one with the usage where it was asked for,
// and [DONE].
type chatStream struct {
	a          *answer
	head, tail string // of every chunk: what stands before and after its choices
}

func newChatStream(a *answer) *chatStream {
	e := &chatStream{a: a}
	e.head = `{"id":"chatcmpl-` + a.id + `","object":"chat.completion.chunk","created":` + strconv.Itoa(created) +
		`,"model":` + string(encode(a.q.model)) + `,"service_tier":"default","system_fingerprint":"fp_sandbox","choices":[`
	e.tail = `]}`
	if e.usage() {
		e.tail = `],"usage":null}`
	}
	return e
}

func (*chatStream) contentType() string { return "text/event-stream" }

func (e *chatStream) usage() bool { return e.a.q.usage && e.a.tells() }

// chunk has one choice.
func (e *chatStream) chunk(delta obj, finish string) []byte {
	choice := obj{"index": 0, "delta": delta, "logprobs": nil, "finish_reason": orNil(finish)}
	return sse("", []byte(e.head+string(encode(choice))+e.tail))
}

func (e *chatStream) start() [][]byte {
	role, finish := obj{"role": "assistant", "content": "", "refusal": nil}, ""
	if e.a.faults.has("finish-first") {
		finish = e.a.finish(chatFinish)
	}
	return [][]byte{e.chunk(role, finish)}
}

// open starts a call; a text needs no start.
func (e *chatStream) open(p *part) [][]byte {
	if p.kind != partCall {
		return nil
	}
	call := chatCall(p, "")
	call["index"] = p.call
	return [][]byte{e.chunk(obj{"tool_calls": []obj{call}}, "")}
}

func (e *chatStream) delta(b []byte, p *part, quoted []byte) []byte {
	before, after := `"content":`, ""
	switch p.kind {
	case partRefusal:
		before = `"refusal":`
	case partCall:
		before, after = `"tool_calls":[{"index":`+strconv.Itoa(p.call)+`,"function":{"arguments":`, `}}]`
	case partReasoning:
		before = `"reasoning_content":`
		if e.a.faults.has("reasoning-twice") {
			before = `"reasoning":` + string(quoted) + `,"reasoning_details":[{"type":"reasoning.text","format":"unknown","index":0,"text":`
			after = `}]`
		}
	}
	b = append(b, "data: "...)
	b = append(b, e.head...)
	b = append(b, `{"index":0,"delta":{`...)
	b = append(b, before...)
	b = append(b, quoted...)
	b = append(b, after...)
	b = append(b, `},"logprobs":null,"finish_reason":null}`...)
	b = append(b, e.tail...)
	return append(b, "\n\n"...)
}

func (*chatStream) close(*part) [][]byte { return nil }

func (e *chatStream) end() [][]byte {
	var out [][]byte
	finish := e.a.finish(chatFinish)
	if finish != "" && !e.a.faults.has("finish-first") {
		out = append(out, e.chunk(obj{}, finish))
	}
	switch twice := e.a.faults.has("two-finishes"); {
	case twice && e.usage():
		choice := obj{"index": 0, "delta": obj{"role": "assistant", "content": ""}, "finish_reason": orNil(finish)}
		out = append(out, sse("", []byte(e.head+string(encode(choice))+`],"usage":`+string(encode(chatUsage(e.a.r)))+`}`)))
	case twice:
		out = append(out, e.chunk(obj{"role": "assistant", "content": ""}, finish))
	case e.usage():
		out = append(out, sse("", []byte(e.head+`],"usage":`+string(encode(chatUsage(e.a.r)))+`}`)))
	}
	return append(out, sse("", []byte("[DONE]")))
}

// fail ends the stream with the error, which no [DONE] follows unless a fault wants it.
func (e *chatStream) fail(p problem, _ int) [][]byte {
	_, body := openAIFailure(p)
	out := [][]byte{sse("", encode(textOnly(e.a.faults, body)))}
	if e.a.faults.has("done-after-error") {
		out = append(out, sse("", []byte("[DONE]")))
	}
	return out
}
