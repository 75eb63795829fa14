package responses

import (
	"slices"
	"testing"

	"hermes/oneshot/wire/wiretest"
)

// answer is a body, and what a caller learns of it.
type answer struct {
	name, body, want string
	quiet            bool // no tool is offered
}

func begun(item string) string {
	return event("response.output_item.added", `,"output_index":0,"item":`+item)
}

func closed(item string) string {
	return event("response.output_item.done", `,"output_index":0,"item":`+item)
}

func completed(rest string) string {
	return event("response.completed", `,"response":{"status":"completed"`+rest+`}`)
}

const (
	hello = `{"type":"message","content":[{"type":"output_text","text":"Hello"}]}`
	look  = `{"type":"function_call","call_id":"c1","name":"look","arguments":"{}"}`
)

// textAnswers have text.
func textAnswers() []answer {
	return []answer{
		{
			name: "deltas, and the same again", body: begun(`{"type":"message"}`) + text("Hel") + text("lo") + event("response.output_text.done", `,"output_index":0,"text":"Hello"`) + closed(hello) + completed(`,"output":[`+hello+`]`),
			want: `text: Hello | end: stop completed | kept: text {"type":"message","content":[{"type":"output_text","text":"Hello"}]}Hello`,
		},
		{
			name: "no deltas", quiet: true, body: closed(hello) + completed(``),
			want: `text: Hello | end: stop completed`,
		},
		{
			name: "the text's own end alone", quiet: true, body: event("response.output_text.done", `,"output_index":0,"text":"Hello"`) + completed(``),
			want: `text: Hello | end: stop completed`,
		},
		{
			name: "the last event alone", body: completed(`,"output":[` + hello + `,` + look + `]`),
			want: `text: Hello | call: c1 look {} | end: calls completed | kept: text {"type":"message","content":[{"type":"output_text","text":"Hello"}]}Hello | kept: call {"type":"function_call","call_id":"c1","name":"look","arguments":"{}"}`,
		},
		{
			name: "a text that only the last event has, beside an item", quiet: true, body: begun(`{"type":"message"}`) + completed(`,"output":[`+hello+`]`),
			want: `text: Hello | end: stop completed`,
		},
		{
			name: "two items", quiet: true, body: text("a") + event("response.output_text.delta", `,"output_index":1,"delta":"b"`) + completed(``),
			want: `text: ab | end: stop completed`,
		},
		{
			name: "an index used twice", body: begun(hello) + text("a") + begun(look) + closed(look) + completed(``),
			want: `text: a | call: c1 look {} | end: calls completed | kept: call {"type":"function_call","call_id":"c1","name":"look","arguments":"{}"}`,
		},
		{
			name: "commentary", quiet: true, body: begun(`{"type":"message","phase":"commentary"}`) + text("so") + text("so") + event("response.output_item.added", `,"output_index":1,"item":{"type":"message"}`) +
				event("response.output_text.delta", `,"output_index":1,"delta":"a"`) + completed(``),
			want: `text: a | reasoning: soso | end: stop completed`,
		},
		{
			name: "commentary alone, and the text in the last event", quiet: true, body: begun(`{"type":"message","phase":"commentary"}`) + text("so") + completed(`,"output":[{"type":"message","phase":"commentary","content":[{"type":"output_text","text":"so"}]},`+hello+`]`),
			want: `text: Hello | reasoning: so | end: stop completed`,
		},
		{
			name: "half a character at the end", quiet: true, body: text(`a`) + text(`\ud83c`) + completed(``),
			want: `text: a� | end: stop completed`,
		},
		{
			name: "a quote in the text's place", quiet: true, body: text("a") + text(`b","x":"y`) + text("c") + completed(``),
			want: `text: abc | end: stop completed`,
		},
	}
}

// refusalAnswers have refusals, names and usage.
func refusalAnswers() []answer {
	return []answer{
		{
			name: "a refusal in deltas", body: event("response.refusal.delta", `,"output_index":0,"delta":"n"`) + event("response.refusal.delta", `,"output_index":0,"delta":"o"`) +
				closed(`{"type":"message","content":[{"type":"refusal","refusal":"no"}]}`) + completed(``),
			want: `end: refusal completed | refusal: no | kept: text {"type":"message","content":[{"type":"refusal","refusal":"no"}]}`,
		},
		{
			name: "a refusal of one letter", quiet: true, body: event("response.refusal.delta", `,"output_index":0,"delta":"n"`) + closed(`{"type":"message","content":[{"type":"refusal","refusal":"other"}]}`) + completed(``),
			want: `end: refusal completed | refusal: n`,
		},
		{
			name: "a refusal behind text", quiet: true, body: text("I") + closed(`{"type":"message","content":[{"type":"output_text","text":"I"},{"type":"refusal","refusal":"no"}]}`) + completed(``),
			want: `text: I | end: refusal completed | refusal: no`,
		},
		{
			name: "names", body: event("response.created", `,"response":{"id":"r1","model":"m1"}`) + event("response.in_progress", `,"response":{"id":"","model":""}`) + completed(`,"id":"r2"`),
			want: `end: stop completed | names: m1 r2`,
		},
		{
			name: "names of the start", body: event("response.created", `,"response":{"id":"r1","model":"m1"}`) + completed(``),
			want: `end: stop completed | names: m1 r1`,
		},
		{
			name: "usage", body: completed(`,"usage":{"input_tokens":9,"output_tokens":5,"input_tokens_details":{"cached_tokens":2,"cache_write_tokens":3},"output_tokens_details":{"reasoning_tokens":4}}`),
			want: `end: stop completed | usage: 4 2 3 5 4`,
		},
		{
			name: "more cached than there is", body: completed(`,"usage":{"input_tokens":1,"output_tokens":5,"input_tokens_details":{"cached_tokens":2}}`),
			want: `end: stop completed | usage: 0 2 0 5 0`,
		},
	}
}

// itemAnswers have reasoning and calls.
func itemAnswers() []answer {
	return []answer{
		{
			name: "reasoning in deltas, and the same again", body: event("response.reasoning_text.delta", `,"output_index":0,"delta":"so"`) + closed(`{"type":"reasoning","summary":[{"text":"so"}]}`) + completed(``),
			want: `reasoning: so | end: stop completed | kept: reasoning {"type":"reasoning","summary":[{"text":"so"}]}`,
		},
		{
			name: "a summary", body: closed(`{"type":"reasoning","summary":[{"text":"s"},{"text":"o"}],"content":[{"text":"no"}]}`) + completed(``),
			want: `reasoning: so | end: stop completed | kept: reasoning {"type":"reasoning","summary":[{"text":"s"},{"text":"o"}],"content":[{"text":"no"}]}`,
		},
		{
			name: "reasoning without a summary", body: closed(`{"type":"reasoning","summary":[],"content":[{"text":"so"}]}`) + completed(``),
			want: `reasoning: so | end: stop completed | kept: reasoning {"type":"reasoning","summary":[],"content":[{"text":"so"}]}`,
		},
		{
			name: "a call of deltas", body: begun(`{"type":"function_call","call_id":"c1","name":"look","arguments":""}`) + event("response.function_call_arguments.delta", `,"output_index":0,"delta":"{\"a\""`) +
				event("response.function_call_arguments.delta", `,"output_index":0,"delta":":1}"`) + completed(``),
			want: `call: c1 look {"a":1} | end: calls completed`,
		},
		{
			name: "a call whose arguments come whole", body: begun(`{"type":"function_call","call_id":"c1","name":"look"}`) + event("response.function_call_arguments.done", `,"output_index":0,"arguments":"{\"a\":1}"`) + completed(``),
			want: `call: c1 look {"a":1} | end: calls completed`,
		},
		{
			name: "a call of another kind", body: closed(`{"type":"custom_tool_call","call_id":"c1","name":"look","input":"7"}`) + completed(``),
			want: `call: c1 look 7 | end: calls completed | kept: call {"type":"custom_tool_call","call_id":"c1","name":"look","input":"7"}`,
		},
		{
			name: "a name that cannot go back", body: closed(`{"type":"function_call","call_id":"c1","name":"look\u0000","arguments":"{}"}`) + completed(``),
			want: `call: c1 look_ {} | end: calls completed | kept: call {"type":"function_call","call_id":"c1","name":"look_","arguments":"{}"}`,
		},
		{
			name: "a call that nobody keeps", quiet: true, body: closed(look) + completed(``),
			want: `end: calls completed`,
		},
		{
			name: "a call that only the last event has", body: text("a") + closed(hello) + completed(`,"output":[`+hello+`,`+look+`]`),
			want: `text: a | call: c1 look {} | end: calls completed | kept: text {"type":"message","content":[{"type":"output_text","text":"Hello"}]}Hello | kept: call {"type":"function_call","call_id":"c1","name":"look","arguments":"{}"}`,
		},
		{
			name: "a call that came", body: closed(look) + completed(`,"output":[`+look+`]`),
			want: `call: c1 look {} | end: calls completed | kept: call {"type":"function_call","call_id":"c1","name":"look","arguments":"{}"}`,
		},
		{
			name: "another call in the last event", body: closed(look) + completed(`,"output":[`+look+`,{"type":"function_call","call_id":"c2","name":"see","arguments":"{}"},{"type":"reasoning","summary":[{"text":"no"}]}]`),
			want: `call: c1 look {} | call: c2 see {} | end: calls completed | kept: call {"type":"function_call","call_id":"c1","name":"look","arguments":"{}"} | kept: call {"type":"function_call","call_id":"c2","name":"see","arguments":"{}"}`,
		},
		{
			name: "an item of the server's own", body: closed(`{"type":"web_search_call","id":"w"}`) + completed(``),
			want: `end: stop completed | kept: other {"type":"web_search_call","id":"w"}`,
		},
	}
}

// endAnswers end in one way or another.
func endAnswers() []answer {
	incomplete := func(rest string) string {
		return event("response.incomplete", `,"response":{"status":"incomplete"`+rest+`}`)
	}
	return []answer{
		{
			name: "too long", body: incomplete(`,"incomplete_details":{"reason":"max_output_tokens"}`),
			want: `end: length max_output_tokens`,
		},
		{
			name: "too long in another word", body: completed(`,"incomplete_details":{"reason":"max_tokens"}`),
			want: `end: length completed`,
		},
		{
			name: "a filter", body: incomplete(`,"incomplete_details":{"reason":"content_filter"}`),
			want: `end: refusal content_filter`,
		},
		{
			name: "incomplete for a reason nobody knows", body: incomplete(`,"incomplete_details":{"reason":"tired"}`),
			want: `end: unknown tired`,
		},
		{
			name: "incomplete for no reason", body: incomplete(``),
			want: `end: unknown incomplete`,
		},
		{
			name: "completed with a reason nobody knows", body: completed(`,"incomplete_details":{"reason":"tired"}`),
			want: `end: unknown completed`,
		},
		{
			name: "no end", body: text("a"),
			want: `text: a | error: protocol the stream ended before response.completed`,
		},
		{
			name: "failed", body: event("response.failed", `,"response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"slow"}}`),
			want: `error: rate_limit slow`,
		},
		{
			name: "failed in a word", body: event("response.failed", `,"response":{"status":"failed","error":"slow"}`),
			want: `error: server_error slow`,
		},
	}
}

// oddAnswers have events that are none of the API.
func oddAnswers() []answer {
	return []answer{
		{
			name: "an error without a type", body: "data: {\"error\":{\"message\":\"busy\",\"type\":\"overloaded_error\"}}\n\n" + completed(``),
			want: `error: overloaded busy`,
		},
		{
			name: "an event of another API", body: "data: {\"choices\":[]}\n\n" + completed(``),
			want: `error: protocol events of another API came`,
		},
		{
			name: "an event that nobody knows", body: "data: {\"type\":\"codex.limits\"}\n\ndata: {\"type\":\"response.hologram\"}\n\n" + completed(``),
			want: `end: stop completed`,
		},
		{
			name: "nothing and a mark", body: "data: \n\ndata:  [DONE] \n\n" + completed(``),
			want: `end: stop completed`,
		},
		{
			name: "words", body: "data: still here\n\n" + completed(``),
			want: `error: protocol an event of the stream is not JSON`,
		},
	}
}

// documentAnswers are one document.
func documentAnswers() []answer {
	return []answer{
		{
			name: "a document", body: `{"object":"response","status":"completed","output":[` + hello + `]}`,
			want: `text: Hello | end: stop completed | kept: text {"type":"message","content":[{"type":"output_text","text":"Hello"}]}Hello`,
		},
		{
			name: "a document that does not say what it is", body: `{"status":"completed","output":[` + hello + `]}`,
			want: `text: Hello | end: stop completed | kept: text {"type":"message","content":[{"type":"output_text","text":"Hello"}]}Hello`,
		},
		{
			name: "a document with no output", body: `{"object":"response","status":"completed"}`,
			want: `end: stop completed`,
		},
		{
			name: "a document of another kind", body: `{"hello":1}`,
			want: `error: protocol a JSON document that is no response came instead of an event stream`,
		},
		{
			name: "an error in a document", body: `{"error":{"message":"busy","type":"overloaded_error"}}`,
			want: `error: overloaded busy`,
		},
		{
			name: "an answer in a document that has an error too", body: `{"object":"response","status":"failed","error":{"message":"busy"},"output":[]}`,
			want: `error: server_error busy`,
		},
	}
}

// TestAnswer: what a caller learns of answers, and what is kept of them.
func TestAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(textAnswers(), refusalAnswers(), itemAnswers(), endAnswers(), oddAnswers(), documentAnswers()) {
		r := wiretest.WithTools()
		if c.quiet {
			r = wiretest.Hello()
		}
		if got := wiretest.Summary(t, Protocol{}, r, c.body); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}
