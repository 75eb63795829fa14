package sandbox

import (
	"net/http"
	"strconv"
	"time"
)

// anthropic is the Messages API as MiniMax serves it: what was seen of MiniMax in 2026, and Anthropic's form where nobody
// has seen the real thing.
type anthropic struct{}

func (anthropic) scope() string { return scopeAnthropic }

func (anthropic) places() []string { return []string{"X-Api-Key", "Authorization"} }

// failure has MiniMax's shape: the inner code stands only at the end of the message, http_code is a string (facts:
// fixtures of 2026-04).
func (anthropic) failure(id string, p problem) (int, obj) {
	if p.status == 0 {
		p.own()
	}
	kind := p.kind
	if kind == "" {
		kind = errorType(p.status, p.code)
	}
	if p.code != 0 {
		p.message += " (" + strconv.Itoa(p.code) + ")"
	}
	return p.status, obj{
		"type":       "error",
		"error":      obj{"type": kind, "message": p.message, "http_code": strconv.Itoa(p.status)},
		"request_id": id,
	}
}

// own fills in what MiniMax says to a problem that the sandbox itself has found.
func (p *problem) own() {
	switch p.cause {
	case causeNoKey:
		p.status, p.code = http.StatusUnauthorized, 1004
	case causeKey:
		p.status, p.code = http.StatusUnauthorized, 2049
	case causeTooLarge:
		p.status, p.code = http.StatusRequestEntityTooLarge, 2013
	case causeRate:
		p.status = http.StatusTooManyRequests
	case causeOverload:
		p.status = 529
	case causeServer:
		p.status = http.StatusInternalServerError
	default:
		p.status, p.code = http.StatusBadRequest, 2013
		p.message = "invalid params, " + p.message
	}
}

// errorType is the error.type that MiniMax sends with a status.
func errorType(status, code int) string {
	switch {
	case code == 2049:
		return "authentication_error"
	case status == 401:
		return "authorized_error"
	case status == 403:
		return "permission_error"
	case status == 404:
		return "not_found_error"
	case status == 408:
		return "timeout_error"
	case status == 413:
		return "request_too_large"
	case status == 429:
		return "rate_limit_error"
	case status == 529:
		return "overloaded_error"
	case status >= 500:
		return "api_error"
	}
	return "bad_request_error"
}

func (anthropic) headers(h http.Header, id string, q quota) {
	h.Set("Request-Id", id)
	for name, n := range map[string]window60{"requests": q.requests, "tokens": q.tokens} {
		h.Set("Anthropic-Ratelimit-"+name+"-Limit", strconv.Itoa(n.limit))
		h.Set("Anthropic-Ratelimit-"+name+"-Remaining", strconv.Itoa(n.remaining))
		h.Set("Anthropic-Ratelimit-"+name+"-Reset", q.reset.UTC().Format(time.RFC3339))
	}
}

func (anthropic) models(names []string) obj {
	data := make([]obj, 0, len(names))
	for _, name := range names {
		data = append(data, obj{"id": name, "type": "model", "display_name": name, "created_at": "2026-01-01T00:00:00Z"})
	}
	return obj{"data": data, "first_id": names[0], "last_id": names[len(names)-1], "has_more": false}
}

// document is a message with its content.
func (anthropic) document(a *answer) obj {
	m := anthropicFrame(a)
	content := []obj{}
	for _, p := range a.parts() {
		content = append(content, anthropicBlock(p))
	}
	m["content"] = content
	m["stop_reason"] = orNil(a.finish(asIs))
	m["stop_sequence"] = orNil(a.r.stopSequence)
	if m["usage"] = a.r.usage; !a.tells() {
		delete(m, "usage")
	}
	if a.r.details != nil {
		m["stop_details"] = a.r.details
	}
	if !isClaude(a.q.model) {
		m["base_resp"] = obj{"status_code": 0, "status_msg": ""}
	}
	return m
}

func asIs(word string) string { return word }

// anthropicFrame is a message without content.
func anthropicFrame(a *answer) obj {
	return obj{
		"id": a.id, "type": "message", "role": "assistant", "model": a.q.model, "content": []obj{},
		"stop_reason": nil, "stop_sequence": nil, "usage": Usage{},
	}
}

func anthropicBlock(p *part) obj {
	switch p.kind {
	case partReasoning:
		return obj{"type": "thinking", "thinking": p.whole(), "signature": signature(p.text)}
	case partCall:
		return obj{"type": "tool_use", "id": p.id, "name": p.tool.Name, "input": p.tool.input()}
	}
	return obj{"type": "text", "text": p.whole()}
}

// anthropicStream has the order of MiniMax's own sample: message_start with an empty usage, ping, the blocks,
// message_delta with the real usage, message_stop.
type anthropicStream struct{ a *answer }

func (anthropic) encoder(a *answer) encoder { return &anthropicStream{a} }

func (*anthropicStream) contentType() string { return "text/event-stream; charset=utf-8" }

// typed is an event whose name is its data's type.
func typed(name string, o obj) []byte {
	o["type"] = name
	return sse(name, encode(o))
}

func (e *anthropicStream) start() [][]byte {
	return [][]byte{typed("message_start", obj{"message": anthropicFrame(e.a)}), typed("ping", obj{})}
}

// open: a block of thinking starts without a signature, which comes as the last delta.
func (e *anthropicStream) open(p *part) [][]byte {
	block := obj{"type": "text", "text": ""}
	switch p.kind {
	case partReasoning:
		block = obj{"type": "thinking", "thinking": ""}
	case partCall:
		block = obj{"type": "tool_use", "id": p.id, "name": p.tool.Name, "input": obj{}}
	}
	return [][]byte{typed("content_block_start", obj{"index": p.index, "content_block": block})}
}

func (e *anthropicStream) delta(b []byte, p *part, quoted []byte) []byte {
	switch p.kind {
	case partReasoning:
		return anthropicDelta(b, p.index, "thinking_delta", "thinking", quoted)
	case partCall:
		return anthropicDelta(b, p.index, "input_json_delta", "partial_json", quoted)
	}
	return anthropicDelta(b, p.index, "text_delta", "text", quoted)
}

// anthropicDelta has its fields in Anthropic's order, on which readers may build a short way.
func anthropicDelta(b []byte, index int, kind, field string, quoted []byte) []byte {
	b = append(b, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"...)
	b = strconv.AppendInt(b, int64(index), 10)
	b = append(b, `,"delta":{"type":"`...)
	b = append(b, kind...)
	b = append(b, `","`...)
	b = append(b, field...)
	b = append(b, `":`...)
	b = append(b, quoted...)
	return append(b, "}}\n\n"...)
}

func (e *anthropicStream) close(p *part) [][]byte {
	var out [][]byte
	if p.kind == partReasoning {
		out = append(out, anthropicDelta(nil, p.index, "signature_delta", "signature", encode(signature(p.text))))
	}
	return append(out, typed("content_block_stop", obj{"index": p.index}))
}

func (e *anthropicStream) end() [][]byte {
	delta := obj{"stop_reason": orNil(e.a.finish(asIs)), "stop_sequence": orNil(e.a.r.stopSequence)}
	if e.a.r.details != nil {
		delta["stop_details"] = e.a.r.details
	}
	o := obj{"delta": delta}
	if e.a.tells() {
		o["usage"] = e.a.r.usage
	}
	return [][]byte{typed("message_delta", o), typed("message_stop", obj{})}
}

func (e *anthropicStream) fail(p problem, _ int) [][]byte {
	body := textOnly(e.a.faults, obj{"error": obj{"details": nil, "type": p.kind, "message": p.message}, "request_id": e.a.id})
	return [][]byte{typed("error", body)}
}
