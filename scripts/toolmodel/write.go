package toolmodel

import (
	"encoding/json"
	"fmt"
	"strings"
)

type obj = map[string]any

// event is one of a stream. final ends the answer; args is a piece of a call's arguments.
type event struct {
	name        string
	data        any
	final, args bool
}

// pieces cuts a text.
func pieces(s string) []string {
	var all []string
	for n := 12; len(s) > n; s = s[n:] {
		for s[n]&0xC0 == 0x80 {
			n--
		}
		all = append(all, s[:n])
		n = 12
	}
	return append(all, s)
}

// events are a turn as the API streams it.
func (t Turn) events(wire, model string) []event {
	switch wire {
	case "anthropic":
		return t.anthropic(model)
	case "chat":
		return t.chat(model)
	case "responses":
		return t.responses(model)
	}
	return t.gemini(model)
}

func (t Turn) anthropic(model string) []event {
	var all []event
	add := func(name string, rest obj) *event {
		rest["type"] = name
		all = append(all, event{name: name, data: rest})
		return &all[len(all)-1]
	}
	add("message_start", obj{"message": obj{"id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": []any{}, "usage": obj{"input_tokens": 100, "output_tokens": 1}}})
	index := 0
	block := func(first obj, deltas ...obj) {
		add("content_block_start", obj{"index": index, "content_block": first})
		for _, d := range deltas {
			add("content_block_delta", obj{"index": index, "delta": d}).args = d["type"] == "input_json_delta" && d["partial_json"] != ""
		}
		add("content_block_stop", obj{"index": index})
		index++
	}
	if t.Thinking != nil {
		block(obj{"type": "thinking", "thinking": "", "signature": ""}, obj{"type": "thinking_delta", "thinking": *t.Thinking}, obj{"type": "signature_delta", "signature": t.sig})
	}
	if t.Text != "" {
		var deltas []obj
		for _, p := range pieces(t.Text) {
			deltas = append(deltas, obj{"type": "text_delta", "text": p})
		}
		block(obj{"type": "text", "text": ""}, deltas...)
	}
	if t.has("server_tool") {
		block(obj{"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": obj{}}, obj{"type": "input_json_delta", "partial_json": `{"query":"x"}`})
	}
	for _, c := range t.Calls {
		first := obj{"type": "tool_use", "id": wireID("anthropic", c.id), "name": c.Name, "input": obj{}}
		if t.has("input_in_start") {
			first["input"] = c.object()
			block(first)
			continue
		}
		deltas := []obj{{"type": "input_json_delta", "partial_json": ""}}
		for _, p := range pieces(*c.Raw) {
			deltas = append(deltas, obj{"type": "input_json_delta", "partial_json": p})
		}
		block(first, deltas...)
	}
	add("message_delta", obj{"delta": obj{"stop_reason": t.Stop, "stop_sequence": nil}, "usage": obj{"output_tokens": 42}}).final = true
	add("message_stop", obj{})
	return all
}

func (t Turn) chat(model string) []event {
	var all []event
	add := func(delta obj, finish any) *event {
		chunk := obj{"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": []any{obj{"index": 0, "delta": delta, "finish_reason": finish}}}
		all = append(all, event{data: chunk})
		return &all[len(all)-1]
	}
	add(obj{"role": "assistant", "content": nil}, nil)
	if t.Thinking != nil {
		add(obj{"reasoning_content": *t.Thinking}, nil)
	}
	if t.Text != "" {
		for _, p := range pieces(t.Text) {
			add(obj{"content": p}, nil)
		}
	}
	for i, c := range t.Calls {
		first := obj{"index": i, "type": "function", "id": wireID("chat", c.id), "function": obj{"name": c.Name, "arguments": ""}}
		if t.has("no_id") {
			delete(first, "id")
		}
		if t.has("one_chunk") {
			first["function"] = obj{"name": c.Name, "arguments": *c.Raw}
			add(obj{"tool_calls": []any{first}}, nil).args = true
			continue
		}
		add(obj{"tool_calls": []any{first}}, nil)
		for _, p := range pieces(*c.Raw) {
			function := obj{"arguments": p}
			if t.has("null_name") {
				function["name"] = nil
			}
			add(obj{"tool_calls": []any{obj{"index": i, "function": function}}}, nil).args = true
		}
	}
	finish := map[string]string{"tool_use": "tool_calls", "end_turn": "stop", "max_tokens": "length", "refusal": "content_filter"}[t.Stop]
	if t.has("finish_stop") {
		finish = "stop"
	}
	add(obj{}, finish).final = true
	usage := obj{"prompt_tokens": 100, "completion_tokens": 42, "total_tokens": 142}
	return append(all, event{data: obj{"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": []any{}, "usage": usage}}, event{data: "[DONE]"})
}

func (t Turn) responses(model string) []event {
	var all []event
	var output []any
	add := func(name string, rest obj) *event {
		rest["type"], rest["sequence_number"] = name, len(all)
		all = append(all, event{name: name, data: rest})
		return &all[len(all)-1]
	}
	whole := obj{"id": "resp_1", "object": "response", "created_at": 1, "model": model, "status": "in_progress", "output": []any{}}
	add("response.created", obj{"response": whole})
	item := func(open, done obj, between func(at obj)) {
		add("response.output_item.added", obj{"output_index": len(output), "item": open})
		between(obj{"output_index": len(output), "item_id": done["id"]})
		add("response.output_item.done", obj{"output_index": len(output), "item": done})
		output = append(output, done)
	}
	with := func(at obj, name string, v any) obj {
		return obj{"output_index": at["output_index"], "item_id": at["item_id"], name: v}
	}
	if t.Thinking != nil {
		done := obj{"id": "rs_1", "type": "reasoning", "summary": []any{obj{"type": "summary_text", "text": *t.Thinking}}, "encrypted_content": t.sig}
		item(obj{"id": "rs_1", "type": "reasoning", "summary": []any{}}, done, func(at obj) {
			add("response.reasoning_summary_text.delta", with(at, "delta", *t.Thinking))
		})
	}
	if t.Text != "" {
		done := obj{"id": "msg_1", "type": "message", "role": "assistant", "content": []any{obj{"type": "output_text", "text": t.Text, "annotations": []any{}}}}
		item(obj{"id": "msg_1", "type": "message", "role": "assistant", "content": []any{}}, done, func(at obj) {
			for _, p := range pieces(t.Text) {
				add("response.output_text.delta", with(at, "delta", p))
			}
			add("response.output_text.done", with(at, "text", t.Text))
		})
	}
	for i, c := range t.Calls {
		done := obj{"id": fmt.Sprint("fc_", i), "type": "function_call", "call_id": wireID("responses", c.id), "name": c.Name, "arguments": *c.Raw}
		item(obj{"id": done["id"], "type": "function_call", "call_id": done["call_id"], "name": c.Name, "arguments": ""}, done, func(at obj) {
			for _, p := range pieces(*c.Raw) {
				add("response.function_call_arguments.delta", with(at, "delta", p)).args = true
			}
			add("response.function_call_arguments.done", with(at, "arguments", *c.Raw))
		})
	}
	status := "completed"
	end := obj{"id": "resp_1", "object": "response", "model": model, "output": output, "usage": obj{"input_tokens": 100, "output_tokens": 42, "total_tokens": 142}}
	if reason := map[string]string{"max_tokens": "max_output_tokens", "refusal": "content_filter"}[t.Stop]; reason != "" {
		status, end["incomplete_details"] = "incomplete", obj{"reason": reason}
	}
	end["status"] = status
	add("response."+status, obj{"response": end}).final = true
	return all
}

func (t Turn) gemini(model string) []event {
	var all []event
	add := func(parts []any, finish string) *event {
		candidate := obj{"content": obj{"role": "model", "parts": parts}, "index": 0}
		if finish != "" {
			candidate["finishReason"] = finish
		}
		usage := obj{"promptTokenCount": 100, "candidatesTokenCount": 42, "totalTokenCount": 142}
		all = append(all, event{data: obj{"candidates": []any{candidate}, "modelVersion": model, "responseId": "r1", "usageMetadata": usage}})
		return &all[len(all)-1]
	}
	if t.Thinking != nil {
		add([]any{obj{"text": *t.Thinking, "thought": true}}, "")
	}
	if t.Text != "" {
		for _, p := range pieces(t.Text) {
			add([]any{obj{"text": p}}, "")
		}
	}
	for i, c := range t.Calls {
		function := obj{"name": c.Name, "args": c.object()}
		if !t.has("no_id") {
			function["id"] = wireID("gemini", c.id)
		}
		part := obj{"functionCall": function}
		if i == 0 && t.sig != "" {
			part["thoughtSignature"] = t.sig
		}
		add([]any{part}, "").args = true
	}
	add([]any{obj{"text": ""}}, map[string]string{"max_tokens": "MAX_TOKENS", "refusal": "SAFETY"}[t.Stop]+map[bool]string{true: "STOP"}[t.Stop == "tool_use" || t.Stop == "end_turn"]).final = true
	return all
}

// stream is the turn as bytes, as far as its cut lets it.
func (t Turn) stream(wire, model string) string {
	var b strings.Builder
	args := 0
	for _, e := range t.events(wire, model) {
		if t.Cut == "after_call" && e.final {
			break
		}
		if e.args {
			if args++; t.Cut == "mid_args" && (args == 2 || wire == "gemini") {
				break
			}
		}
		if e.name != "" {
			fmt.Fprintf(&b, "event: %s\n", e.name)
		}
		data, ok := e.data.(string)
		if !ok {
			raw, err := json.Marshal(e.data)
			if err != nil {
				raw = []byte(err.Error())
			}
			data = string(raw)
		}
		fmt.Fprintf(&b, "data: %s\n\n", data)
	}
	return b.String()
}
