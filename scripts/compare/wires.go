package main

import "encoding/json"

// wire is one of the four APIs: how a client asks on it, and how a server answers.
type wire struct {
	transport string   // its name in config.yaml
	base      string   // the end of base_url in config.yaml, below the server's address
	path      string   // of the endpoint, below base
	headers   []string // that curl sends
	question  string   // the request of curl, and that of gofloor in other words

	opening, closing string // the events before and after the deltas of an answer
	before, after    string // the event of a delta, around its text as a JSON string
}

// wires are all four. The rows of the first do not name it.
func wires() []wire { return append([]wire{messages()}, others()...) }

// messages is the wire of all rows that name no other.
func messages() wire {
	return wire{
		transport: "anthropic_messages", path: "/v1/messages",
		headers:  []string{"anthropic-version: 2023-06-01", "x-api-key: sk-floor"},
		question: `{"model":"sandbox","max_tokens":4096,"stream":true,"messages":[{"role":"user","content":"hello"}]}`,
		opening: "event: message_start\n" +
			`data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"sandbox","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":2,"output_tokens":0}}}` + "\n\n" +
			"event: content_block_start\n" +
			`data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}` + "\n\n",
		before: "event: content_block_delta\n" + `data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":`,
		after:  "}}\n\n",
		closing: "event: content_block_stop\n" +
			`data: {"type":"content_block_stop","index":0}` + "\n\n" +
			"event: message_delta\n" +
			`data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}` + "\n\n" +
			"event: message_stop\n" +
			`data: {"type":"message_stop"}` + "\n\n",
	}
}

// others are the wires that OpenAI and Google made.
func others() []wire {
	const (
		bearer = "authorization: Bearer sk-floor"
		chunk  = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1767225600,"model":"sandbox","system_fingerprint":"fp_1",`
		gemini = `,"modelVersion":"sandbox","responseId":"r1","usageMetadata":{"promptTokenCount":2,"candidatesTokenCount":2,"totalTokenCount":4}}` + "\n\n"
	)
	return []wire{
		{
			transport: "chat_completions", base: "/v1", path: "/chat/completions", headers: []string{bearer},
			question: `{"model":"sandbox","stream":true,"messages":[{"role":"user","content":"hello"}]}`,
			opening:  chunk + `"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}` + "\n\n",
			before:   chunk + `"choices":[{"index":0,"delta":{"content":`,
			after:    `},"finish_reason":null}]}` + "\n\n",
			closing:  chunk + `"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n",
		},
		{
			transport: "responses", base: "/v1", path: "/responses", headers: []string{bearer},
			question: `{"model":"sandbox","stream":true,"input":"hello"}`,
			opening: "event: response.created\n" +
				`data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","model":"sandbox","status":"in_progress","output":[]}}` + "\n\n" +
				"event: response.output_item.added\n" +
				`data: {"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","status":"in_progress","content":[]}}` + "\n\n",
			before: "event: response.output_text.delta\n" +
				`data: {"type":"response.output_text.delta","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"logprobs":[],"delta":`,
			after: "}\n\n",
			closing: "event: response.completed\n" +
				`data: {"type":"response.completed","sequence_number":3,"response":{"id":"resp_1","object":"response","model":"sandbox","status":"completed","output":[],"usage":{"input_tokens":2,"output_tokens":2,"total_tokens":4}}}` + "\n\n",
		},
		{
			transport: "gemini", base: "/v1beta", path: "/models/sandbox:streamGenerateContent?alt=sse", headers: []string{"x-goog-api-key: sk-floor"},
			question: `{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}`,
			before:   `data: {"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":`,
			after:    `}]}}]` + gemini,
			closing:  `data: {"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP"}]` + gemini,
		},
	}
}

// row is the name of a row on this wire.
func (w wire) row(name string) string {
	if w.transport == messages().transport {
		return name
	}
	return name + ", " + w.transport
}

// delta is the event of a piece of the answer.
func (w wire) delta(text string) string {
	quoted, _ := json.Marshal(text) // a string always can be
	return w.before + string(quoted) + w.after
}

// whole is an answer of one delta.
func (w wire) whole(text string) string { return w.opening + w.delta(text) + w.closing }
