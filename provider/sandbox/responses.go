package sandbox

import (
	"bytes"
	"maps"
	"net/http"
	"strconv"
)

// responses is the Responses API as OpenAI serves it.
type responses struct{}

func (responses) scope() string                             { return scopeResponses }
func (responses) places() []string                          { return openAIPlaces() }
func (responses) failure(_ string, p problem) (int, obj)    { return openAIFailure(p) }
func (responses) headers(h http.Header, id string, q quota) { openAIHeaders(h, id, q) }
func (responses) models(names []string) obj                 { return openAIModels(names) }
func (responses) encoder(a *answer) encoder                 { return &responsesStream{a: a, output: []obj{}} }

// responsesFinish says Anthropic's reasons as the status of the response, or as the reason why it is incomplete.
func responsesFinish(stop string) string {
	switch stop {
	case "end_turn", "stop_sequence", "refusal", "tool_use":
		return "completed"
	case "max_tokens":
		return "max_output_tokens"
	}
	return stop
}

// status is that of the response and of what its last item says.
func (a *answer) status() string {
	switch word := a.finish(responsesFinish); word {
	case "completed", "failed":
		return word
	case "":
		return "in_progress"
	}
	return "incomplete"
}

// responsesFrame is the response without its output, as it begins.
func responsesFrame(a *answer) obj {
	format := obj{"type": "text"}
	if a.q.schema != nil {
		format["type"] = "json_schema"
	}
	return obj{
		"id": "resp_" + a.id, "object": "response", "created_at": created, "status": "in_progress", "background": false,
		"error": nil, "incomplete_details": nil, "instructions": nil, "max_output_tokens": a.q.maxTokens, "model": a.q.model,
		"output": []obj{}, "parallel_tool_calls": true, "previous_response_id": nil, "reasoning": obj{"effort": nil, "summary": nil},
		"service_tier": "default", "store": false, "temperature": 1.0, "text": obj{"format": format}, "tool_choice": "auto",
		"tools": []obj{}, "top_p": 1.0, "truncation": "disabled", "usage": nil, "user": nil, "metadata": obj{},
	}
}

// responsesEnd is the response as it ends.
func responsesEnd(a *answer, output []obj) obj {
	o := responsesFrame(a)
	o["status"], o["output"] = a.status(), output
	switch a.status() {
	case "incomplete":
		o["incomplete_details"] = obj{"reason": a.finish(responsesFinish)}
	case "failed":
		o["error"] = obj{"code": "server_error", "message": "The model failed to generate a response."}
	}
	if in, out := a.r.prompted(), a.r.usage.OutputTokens; a.tells() && a.status() != "failed" {
		o["usage"] = obj{
			"input_tokens": in, "input_tokens_details": obj{"cached_tokens": a.r.usage.CacheReadInputTokens},
			"output_tokens": out, "output_tokens_details": obj{"reasoning_tokens": a.r.reasoned()}, "total_tokens": in + out,
		}
	}
	return o
}

func (responses) document(a *answer) obj {
	output := []obj{}
	for _, p := range a.parts() {
		output = append(output, responsesItemOf(a, p, p.whole(), itemStatus(a)))
	}
	return responsesEnd(a, output)
}

func itemStatus(a *answer) string {
	if a.status() == "incomplete" {
		return "incomplete"
	}
	return "completed"
}

// responsesItemOf is a part as an item, with this much of its text.
func responsesItemOf(a *answer, p *part, text, status string) obj {
	id := itemID(a, p)
	switch p.kind {
	case partReasoning:
		summary := []obj{}
		if text != "" {
			summary = append(summary, summaryPart(text))
		}
		o := obj{"id": id, "type": "reasoning", "summary": summary}
		if a.q.sealed && text != "" {
			o["encrypted_content"] = signature(p.text)
		}
		return o
	case partCall:
		return obj{"id": id, "type": "function_call", "status": status, "call_id": p.id, "name": p.tool.Name, "arguments": text}
	}
	content := []obj{}
	if text != "" {
		content = append(content, contentPart(p, text))
	}
	return obj{"id": id, "type": "message", "status": status, "role": "assistant", "content": content}
}

func itemID(a *answer, p *part) string {
	prefix := "msg_"
	switch p.kind {
	case partReasoning:
		prefix = "rs_"
	case partCall:
		prefix = "fc_"
	}
	return prefix + a.id + strconv.Itoa(p.index)
}

func summaryPart(text string) obj { return obj{"type": "summary_text", "text": text} }

func contentPart(p *part, text string) obj {
	if p.kind == partRefusal {
		return obj{"type": "refusal", "refusal": text}
	}
	return obj{"type": "output_text", "text": text, "annotations": []obj{}, "logprobs": []obj{}}
}

// responsesStream numbers its events from 0. The last one repeats the whole answer; no [DONE] follows it.
type responsesStream struct {
	a      *answer
	seq    int
	item   string // the id of the part at hand
	output []obj
	long   []byte // what stands where an event says longMark
}

// longMark stands for the text of the fault big, which four events repeat. To encode it each time takes longer than many a client
// needs for the whole stream.
func (e *responsesStream) longMark() string { return "big_" + e.a.id }

func (*responsesStream) contentType() string { return "text/event-stream; charset=utf-8" }

func (e *responsesStream) event(name string, o obj) []byte {
	o["sequence_number"] = e.seq
	e.seq++
	b := typed(name, o)
	if e.long == nil {
		return b
	}
	return bytes.ReplaceAll(b, []byte(e.longMark()), e.long)
}

func (e *responsesStream) start() [][]byte {
	return [][]byte{
		e.event("response.created", obj{"response": responsesFrame(e.a)}),
		e.event("response.in_progress", obj{"response": responsesFrame(e.a)}),
	}
}

// place is where an event of a part belongs.
func (e *responsesStream) place(p *part, more obj) obj {
	o := obj{"item_id": e.item, "output_index": p.index}
	switch p.kind {
	case partReasoning:
		o["summary_index"] = 0
	case partText, partRefusal:
		o["content_index"] = 0
	}
	maps.Copy(o, more)
	return o
}

func (e *responsesStream) open(p *part) [][]byte {
	e.item = itemID(e.a, p)
	out := [][]byte{e.event("response.output_item.added", obj{
		"output_index": p.index, "item": responsesItemOf(e.a, p, "", "in_progress"),
	})}
	switch p.kind {
	case partReasoning:
		out = append(out, e.event("response.reasoning_summary_part.added", e.place(p, obj{"part": summaryPart("")})))
	case partText, partRefusal:
		out = append(out, e.event("response.content_part.added", e.place(p, obj{"part": contentPart(p, "")})))
	}
	return out
}

// responsesNames of the events that carry a part's text, and of the field that repeats it.
func responsesNames(p *part) (delta, done, field string) {
	switch p.kind {
	case partReasoning:
		return "response.reasoning_summary_text.delta", "response.reasoning_summary_text.done", "text"
	case partRefusal:
		return "response.refusal.delta", "response.refusal.done", "refusal"
	case partCall:
		return "response.function_call_arguments.delta", "response.function_call_arguments.done", "arguments"
	}
	return "response.output_text.delta", "response.output_text.done", "text"
}

func (e *responsesStream) delta(b []byte, p *part, quoted []byte) []byte {
	name, _, _ := responsesNames(p)
	b = append(b, "event: "...)
	b = append(b, name...)
	b = append(b, "\ndata: {\"type\":\""...)
	b = append(b, name...)
	b = append(b, `","sequence_number":`...)
	b = strconv.AppendInt(b, int64(e.seq), 10)
	b = append(b, `,"item_id":"`...)
	b = append(b, e.item...)
	b = append(b, `","output_index":`...)
	b = strconv.AppendInt(b, int64(p.index), 10)
	switch p.kind {
	case partReasoning:
		b = append(b, `,"summary_index":0`...)
	case partText:
		b = append(b, `,"content_index":0,"logprobs":[]`...)
	case partRefusal:
		b = append(b, `,"content_index":0`...)
	}
	b = append(b, `,"delta":`...)
	b = append(b, quoted...)
	e.seq++
	return append(b, "}\n\n"...)
}

func (e *responsesStream) close(p *part) [][]byte {
	whole := p.whole()
	if p.units > 0 {
		whole, e.long = e.longMark(), p.escaped()
	}
	_, done, field := responsesNames(p)
	more := obj{field: whole}
	switch p.kind {
	case partText:
		more["logprobs"] = []obj{}
	case partCall:
		more["name"] = p.tool.Name
	}
	out := [][]byte{e.event(done, e.place(p, more))}
	switch p.kind {
	case partReasoning:
		out = append(out, e.event("response.reasoning_summary_part.done", e.place(p, obj{"part": summaryPart(whole)})))
	case partText, partRefusal:
		out = append(out, e.event("response.content_part.done", e.place(p, obj{"part": contentPart(p, whole)})))
	}
	item := responsesItemOf(e.a, p, whole, itemStatus(e.a))
	e.output = append(e.output, item)
	return append(out, e.event("response.output_item.done", obj{"output_index": p.index, "item": item}))
}

// end is one event; an answer that keeps its end to itself has none.
func (e *responsesStream) end() [][]byte {
	if e.a.status() == "in_progress" {
		return nil
	}
	return [][]byte{e.event("response."+e.a.status(), obj{"response": responsesEnd(e.a, e.output)})}
}

// fail sends the error as api.openai.com was seen to: nested, and after it a failed response.
func (e *responsesStream) fail(p problem, sent int) [][]byte {
	_, body := openAIFailure(p)
	detail, _ := body["error"].(obj)
	code := detail["code"]
	if code == nil {
		code = detail["type"]
	}
	e.seq = sent // some that are numbered already may not have gone out
	o := responsesFrame(e.a)
	o["status"], o["output"], o["error"] = "failed", e.output, obj{"code": code, "message": detail["message"]}
	return [][]byte{
		e.event("error", textOnly(e.a.faults, body)),
		e.event("response.failed", obj{"response": o}),
	}
}
