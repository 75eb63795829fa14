package chat

import (
	"slices"
	"testing"

	"hermes/oneshot/wire/wiretest"
)

// delta is an event with this in its delta.
func delta(rest string) string {
	return "data: {\"choices\":[{\"index\":0,\"delta\":{" + rest + "}}]}\n\n"
}

func calls(rest string) string { return delta(`"tool_calls":[` + rest + `]`) }

// answer is a body, and what a caller learns of it.
type answer struct {
	name, body, want string
	p                Protocol
	quiet            bool // no tool is offered
}

const stop = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"

// callAnswers have calls.
func callAnswers() []answer {
	return []answer{
		{
			name: "text, reasoning and calls without ids", body: delta(`"content":"a<b"`) + delta(`"reasoning":"so "`) + delta(`"reasoning":"<so>"`) +
				calls(`{"function":{"name":"look","arguments":"{}"}},{"function":{"name":"look\u0000","arguments":{"b":2}}}`) + stop,
			want: `text: a<b | reasoning: so <so> | call: call_1_0 look {} | call: call_1_1 look_ {"b":2} | end: calls stop | kept: other {"content":"a<b","reasoning":"so <so>","role":"assistant","tool_calls":[{"function":{"arguments":"{}","name":"look"},"id":"call_1_0","type":"function"},{"function":{"arguments":"{\"b\":2}","name":"look_"},"id":"call_1_1","type":"function"}]} | kept: text a<b | kept: call | kept: call`,
		},
		{
			name: "a call alone", body: calls(`{"index":0,"id":"x","function":{"name":"look","arguments":"{}"}}`) + stop,
			want: `call: x look {} | end: calls stop | kept: other {"content":null,"role":"assistant","tool_calls":[{"function":{"arguments":"{}","name":"look"},"id":"x","type":"function"}]} | kept: call`,
		},
		{
			name: "nothing", body: stop,
			want: `end: stop stop | kept: other {"content":"","role":"assistant"}`,
		},
		{
			name: "a call that nobody keeps", quiet: true, body: calls(`{"index":0,"id":"x","function":{"name":"look","arguments":"{}"}}`) + stop,
			want: `end: calls stop`,
		},
		{
			name: "pieces of calls", body: calls(`{"index":0,"id":"x","function":{"name":"look","arguments":"{\"a\""}}`) + calls(`{"index":1,"id":"y","function":{"name":"see","arguments":"{\"b\""}}`) +
				calls(`{"index":0,"id":"x","function":{"name":"other","arguments":":1"}}`) + calls(`{"index":0,"function":{"arguments":"}"}}`) + calls(`{"index":1,"id":"z","function":{"name":"third","arguments":"{}"}}`) +
				calls(`{"id":"y","function":{"arguments":":2}"}}`) + calls(`{"id":"","function":{"name":"fourth","arguments":"{}"}}`) + stop,
			want: `call: x look {"a":1} | call: y see {"b":2} | call: z third {} | call: call_1_3 fourth {} | end: calls stop | kept: other {"content":null,"role":"assistant","tool_calls":[{"function":{"arguments":"{\"a\":1}","name":"look"},"id":"x","type":"function"},{"function":{"arguments":"{\"b\":2}","name":"see"},"id":"y","type":"function"},{"function":{"arguments":"{}","name":"third"},"id":"z","type":"function"},{"function":{"arguments":"{}","name":"fourth"},"id":"call_1_3","type":"function"}]} | kept: call | kept: call | kept: call | kept: call`,
		},
		{
			name: "an id that comes late", body: calls(`{"index":0,"function":{"name":"look","arguments":"{"}}`) + calls(`{"index":0,"id":"x","function":{"arguments":"}"}}`) + stop,
			want: `call: call_1_0 look {} | end: calls stop | kept: other {"content":null,"role":"assistant","tool_calls":[{"function":{"arguments":"{}","name":"look"},"id":"call_1_0","type":"function"}]} | kept: call`,
		},
		{
			name: "a call of the older form", body: delta(`"function_call":{"name":"look","arguments":"{}"}`) + stop,
			want: `call: call_1_0 look {} | end: calls stop | kept: other {"content":null,"role":"assistant","tool_calls":[{"function":{"arguments":"{}","name":"look"},"id":"call_1_0","type":"function"}]} | kept: call`,
		},
	}
}

// textAnswers have text and reasoning.
func textAnswers() []answer {
	return []answer{
		{
			name: "reasoning in details", body: delta(`"reasoning_details":[{"type":"reasoning.text","text":"so"},{"type":"reasoning.summary","summary":" it is"},{"type":"reasoning.encrypted","data":"x"}]`) + stop,
			want: `reasoning: so it is | end: stop stop | kept: other {"content":"","reasoning_details":[{"type":"reasoning.text","text":"so"},{"type":"reasoning.summary","summary":" it is"},{"type":"reasoning.encrypted","data":"x"}],"role":"assistant"}`,
		},
		{
			name: "reasoning in both", body: delta(`"reasoning":"","reasoning_content":"so","reasoning_details":[{"text":"so"}]`) + stop,
			want: `reasoning: so | end: stop stop | kept: other {"content":"","reasoning_content":"so","reasoning_details":[{"text":"so"}],"role":"assistant"}`,
		},
		{
			name: "the second name of reasoning", body: delta(`"reasoning_content":null,"reasoning":"s"`) + delta(`"reasoning_content":"","reasoning":"o"`) + stop,
			want: `reasoning: so | end: stop stop | kept: other {"content":"","reasoning":"so","role":"assistant"}`,
		},
		{
			name: "a refusal of one letter", quiet: true, body: delta(`"refusal":"n"`) + stop,
			want: `end: refusal stop | refusal: n`,
		},
		{
			name: "a member behind the text", quiet: true, body: delta(`"content":"a"`) + delta(`"content":"b","x":"y"`) + delta(`"content":"c","x":"y"`) + stop,
			want: `text: abc | end: stop stop`,
		},
		{
			name: "parts", body: delta(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"s"},{"type":"text","text":"o"}]},{"type":"text","text":"yes"},{"type":"reference"}]`) + stop,
			want: `text: yes | reasoning: so | end: stop stop | kept: other {"content":"yes","role":"assistant"} | kept: text yes`,
		},
		{
			name: "a refusal", body: delta(`"content":"I","refusal":"n"`) + delta(`"content":"I","refusal":"o"`) + stop,
			want: `text: II | end: refusal stop | refusal: no | kept: other {"content":"II","role":"assistant"} | kept: text II`,
		},
		{
			name: "text beside reasoning", quiet: true, body: delta(`"content":"a","reasoning":"x"`) + delta(`"content":"b","reasoning":"x"`) + stop,
			want: `text: ab | reasoning: xx | end: stop stop`,
		},
		{
			name: "text beside a refusal", quiet: true, body: delta(`"content":"I","refusal":"n"`) + delta(`"content":"I","refusal":"n"`) + stop,
			want: `text: II | end: refusal stop | refusal: nn`,
		},
		{
			name: "half a character at the end", quiet: true, body: delta(`"content":"a"`) + delta(`"content":"b\ud83c"`) + stop,
			want: `text: ab� | end: stop stop`,
		},
		{
			name: "names come once", body: `data: {"id":"","model":"","choices":[]}` + "\n\n" + `data: {"id":"1","model":"m1","choices":[]}` + "\n\n" + `data: {"id":"2","model":"m2","choices":[{"finish_reason":"stop"}]}` + "\n\n",
			want: `end: stop stop | names: m1 1 | kept: other {"content":"","role":"assistant"}`,
		},
		{
			name: "the last usage", quiet: true, body: `data: {"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":7,"completion_tokens":1}}` + "\n\n" + `data: {"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2}}` + "\n\n" +
				`data: {"choices":[{"delta":{"content":"c"}}],"usage":{"prompt_tokens":7,"completion_tokens":3}}` + "\n\n" + `data: {"choices":[{"delta":{"content":"d"}}],"usage":{"prompt_tokens":7,"completion_tokens":4}}` + "\n\n",
			want: `text: abcd | end: stop stop | usage: 7 0 0 4 0`,
		},
		{
			name: "a usage, then an event without", quiet: true, body: delta(`"content":"a"`) + delta(`"content":"b"`) + `data: {"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2}}` + "\n\n",
			want: `text: ab | end: stop stop | usage: 7 0 0 2 0`,
		},
	}
}

// usageAnswers have counts of tokens.
func usageAnswers() []answer {
	return []answer{
		{
			name: "an earlier usage that was not read", quiet: true, body: `data: {"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":7,"completion_tokens":1}}` + "\n\n" +
				`data: {"choices":[{"delta":{"content":"b"}}],"usage":{"prompt_tokens":7,"completion_tokens":2}}` + "\n\n" + `data: {"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3}}` + "\n\n",
			want: `text: ab | end: stop stop | usage: 7 0 0 3 0`,
		},
		{
			name: "cached tokens", body: `{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":2,"cache_write_tokens":3}}}`,
			want: `text: a | end: stop stop | usage: 4 2 3 5 0 | kept: other {"content":"a","role":"assistant"} | kept: text a`,
		},
		{
			name: "more cached than there is", body: `{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":5,"cached_tokens":4}}`,
			want: `text: a | end: stop stop | usage: 0 4 0 5 0 | kept: other {"content":"a","role":"assistant"} | kept: text a`,
		},
		{
			name: "reasoning inside", body: `{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14,"completion_tokens_details":{"reasoning_tokens":2}}}`,
			want: `text: a | end: stop stop | usage: 9 0 0 5 2 | kept: other {"content":"a","role":"assistant"} | kept: text a`,
		},
		{
			name: "reasoning beside", body: `{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":16,"completion_tokens_details":{"reasoning_tokens":2}}}`,
			want: `text: a | end: stop stop | usage: 9 0 0 7 2 | kept: other {"content":"a","role":"assistant"} | kept: text a`,
		},
	}
}

// endAnswers end in one way or another.
func endAnswers() []answer {
	return []answer{
		{
			name: "an end without a reason", body: delta(`"content":"a"`) + done,
			want: `text: a | error: protocol the stream ended before a finish_reason`,
		},
		{
			name: "an end that the row knows", p: Protocol{DoneIsEnd: true}, body: delta(`"content":"a"`) + done,
			want: `text: a | end: stop [DONE] | kept: other {"content":"a","role":"assistant"} | kept: text a`,
		},
		{
			name: "an end with a reason", p: Protocol{DoneIsEnd: true}, body: delta(`"content":"a"`) + `data: {"choices":[{"finish_reason":"length"}]}` + "\n\n" + done,
			want: `text: a | end: length length | kept: other {"content":"a","role":"assistant"} | kept: text a`,
		},
		{
			name: "a full window", body: `{"choices":[{"finish_reason":"model_context_window_exceeded"}]}`,
			want: `end: context model_context_window_exceeded | kept: other {"content":"","role":"assistant"}`,
		},
		{
			name: "a word nobody knows after one that is", body: stop + `data: {"choices":[{"finish_reason":"tired"}]}` + "\n\n",
			want: `end: unknown tired | kept: other {"content":"","role":"assistant"}`,
		},
		{
			name: "a filter", body: `{"choices":[{"finish_reason":"sensitive"}]}`,
			want: `end: refusal sensitive | kept: other {"content":"","role":"assistant"}`,
		},
		{
			name: "the server gave up", body: delta(`"content":"a"`) + `data: {"choices":[{"finish_reason":"abort"}]}` + "\n\n",
			want: `text: a | error: server_error the server gave up in the middle of the answer (finish_reason abort)`,
		},
	}
}

// lineAnswers have events that are no JSON, and documents.
func lineAnswers() []answer {
	return []answer{
		{
			name: "lines in one event", body: "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\ndata:\ndata: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\ndata: [DONE]\n\n",
			want: `text: ab | end: stop stop | kept: other {"content":"ab","role":"assistant"} | kept: text ab`,
		},
		{
			name: "an error among lines", body: "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\ndata: {\"error\":\"busy\"}\n\n" + stop,
			want: `text: a | error: server_error busy`,
		},
		{
			name: "a ping of words", body: "event: ping\ndata: still here\n\n" + stop,
			want: `end: stop stop | kept: other {"content":"","role":"assistant"}`,
		},
		{
			name: "a ping that is half an object", body: "event: ping\ndata: {\"a\"\n\n" + stop,
			want: `error: protocol an event of the stream is not JSON`,
		},
		{
			name: "an event of another API", body: `data: {"type":"message_start","message":{"content":[]}}` + "\n\n" + stop,
			want: `error: protocol events of another API came`,
		},
		{
			name: "words", body: "data: still here\n\n" + stop,
			want: `error: protocol an event of the stream is not JSON`,
		},
		{
			name: "an error of words", body: "event: error\ndata: sorry\n\n" + stop,
			want: `error: protocol an event of the stream is not JSON`,
		},
		{
			name: "a document of another kind", body: `{"hello":1}`,
			want: `error: protocol a JSON document that is no completion came instead of an event stream`,
		},
		{
			name: "a document without an end", body: `{"choices":[{"message":{"content":"a"}}]}`,
			want: `text: a | error: protocol the stream ended before a finish_reason`,
		},
		{
			name: "an error in a document", body: `{"error":{"message":"busy","type":"overloaded_error"}}`,
			want: `error: overloaded busy`,
		},
	}
}

// TestAnswer: what a caller learns of answers, and what is kept of them.
func TestAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(callAnswers(), textAnswers(), usageAnswers(), endAnswers(), lineAnswers()) {
		r := wiretest.WithTools()
		if c.quiet {
			r = wiretest.Hello()
		}
		if got := wiretest.Summary(t, c.p, r, c.body); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}
