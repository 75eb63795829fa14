package anthropic

import (
	"slices"
	"strings"
	"testing"

	"hermes/oneshot/wire/wiretest"
)

// answer is a body, and what a caller learns of it.
type answer struct {
	name, body, want string
	quiet            bool // no tool is offered
}

func stream(events ...string) string {
	return wiretest.MessageStart + strings.Join(events, "") + wiretest.MessageEnd
}

func opened(block string) string {
	return wiretest.MessageEvent(`{"type":"content_block_start","index":0,"content_block":` + block + `}`)
}

func added(delta string) string {
	return wiretest.MessageEvent(`{"type":"content_block_delta","index":0,"delta":` + delta + `}`)
}

func input(raw string) string {
	return added(`{"type":"input_json_delta","partial_json":"` + raw + `"}`)
}

// closed ends the block.
const closed = "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"

func document(rest string) string { return `{"type":"message"` + rest + `}` }

// blockAnswers have blocks of each kind.
func blockAnswers() []answer {
	return []answer{
		{
			name: "text", body: stream(opened(`{"type":"text","text":"a<"}`), added(`{"type":"text_delta","text":"b\""}`), closed),
			want: `text: a<b" | end: stop end_turn | names: MiniMax-M2.7 msg_1 | usage: 9 0 0 5 0 | kept: text {"type":"text","text":"a<b\""}a<b"`,
		},
		{
			name: "thinking", body: stream(opened(`{"type":"thinking","thinking":"s","signature":"x"}`), added(`{"type":"thinking_delta","thinking":"o"}`), added(`{"type":"signature_delta","signature":"y"}`), closed),
			want: `reasoning: so | end: stop end_turn | names: MiniMax-M2.7 msg_1 | usage: 9 0 0 5 0 | kept: reasoning {"type":"thinking","thinking":"so","signature":"xy"}so`,
		},
		{
			name: "a call with its input", body: stream(opened(`{"type":"tool_use","id":"t","name":"look","input":{"a":1}}`), closed),
			want: `call: t look {"a":1} | end: stop end_turn | names: MiniMax-M2.7 msg_1 | usage: 9 0 0 5 0 | kept: call {"type":"tool_use","id":"t","name":"look","input":{"a":1}}`,
		},
		{
			name: "a call of pieces", body: stream(opened(`{"type":"tool_use","id":"t","name":"look","input":{}}`), input(`{\"a\"`), input(`:1}`), closed),
			want: `call: t look {"a":1} | end: stop end_turn | names: MiniMax-M2.7 msg_1 | usage: 9 0 0 5 0 | kept: call {"type":"tool_use","id":"t","name":"look","input":{"a":1}}`,
		},
		{
			name: "a call of an empty piece", body: stream(opened(`{"type":"tool_use","id":"t","name":"look","input":{"a":1}}`), input(` `), closed),
			want: `call: t look {"a":1} | end: stop end_turn | names: MiniMax-M2.7 msg_1 | usage: 9 0 0 5 0 | kept: call {"type":"tool_use","id":"t","name":"look","input":{"a":1}}`,
		},
		{
			name: "a call whose input is no object", body: stream(opened(`{"type":"tool_use","id":"t","name":"look","input":null}`), input(`7`), closed),
			want: `call: t look 7 | end: stop end_turn | names: MiniMax-M2.7 msg_1 | usage: 9 0 0 5 0 | kept: call {"type":"tool_use","id":"t","name":"look","input":{}}`,
		},
		{
			name: "a call without an input", body: stream(opened(`{"type":"tool_use","id":"t","name":"look","input":7}`), closed),
			want: `call: t look {} | end: stop end_turn | names: MiniMax-M2.7 msg_1 | usage: 9 0 0 5 0 | kept: call {"type":"tool_use","id":"t","name":"look","input":{}}`,
		},
		{
			name: "a call that is never closed", body: stream(opened(`{"type":"tool_use","id":"t","name":"look","input":{}}`)),
			want: `call: t look {} | end: stop end_turn | names: MiniMax-M2.7 msg_1 | usage: 9 0 0 5 0 | kept: call {"type":"tool_use","id":"t","name":"look","input":{}}`,
		},
		{
			name: "a tool of the server's own", body: stream(opened(`{"type":"server_tool_use","id":"t","input":{}, "name":"w"}`), input(`{\"a\":1}`), closed),
			want: `end: stop end_turn | names: MiniMax-M2.7 msg_1 | usage: 9 0 0 5 0 | kept: other {"type":"server_tool_use","id":"t","input":{"a":1}, "name":"w"}`,
		},
		{
			name: "the same without pieces", body: stream(opened(`{"type":"server_tool_use","id":"t","input":{}}`), closed),
			want: `end: stop end_turn | names: MiniMax-M2.7 msg_1 | usage: 9 0 0 5 0 | kept: other {"type":"server_tool_use","id":"t","input":{}}`,
		},
		{
			name: "the same in half", body: stream(opened(`{"type":"server_tool_use","id":"t","input":{}}`), input(`{\"a\"`), closed),
			want: `end: stop end_turn | names: MiniMax-M2.7 msg_1 | usage: 9 0 0 5 0 | kept: other {"type":"server_tool_use","id":"t","input":{}}`,
		},
		{
			name: "pieces for what has no input", body: stream(opened(`{"type":"hologram"}`), input(`1`), closed),
			want: `end: stop end_turn | names: MiniMax-M2.7 msg_1 | usage: 9 0 0 5 0 | kept: other {"type":"hologram"}`,
		},
		{
			name: "text of a kind that nobody knows", quiet: true, body: stream(opened(`{"type":"hologram"}`), added(`{"type":"text_delta","text":"no"}`), closed, added(`{"type":"text_delta","text":"a"}`)),
			want: `text: a | end: stop end_turn | names: MiniMax-M2.7 msg_1 | usage: 9 0 0 5 0`,
		},
		{
			name: "text that is none", quiet: true, body: stream(opened(`{"type":"text","text":7}`), added(`{"type":"text_delta","text":null}`), closed),
			want: `end: stop end_turn | names: MiniMax-M2.7 msg_1 | usage: 9 0 0 5 0`,
		},
	}
}

// endAnswers end in one way or another.
func endAnswers() []answer {
	ended := func(rest string) string {
		return wiretest.MessageEvent(`{"type":"message_delta","delta":{`+rest+`}}`) + wiretest.MessageEvent(`{"type":"message_stop"}`)
	}
	return []answer{
		{
			name: "a sequence", quiet: true, body: ended(`"stop_reason":"stop_sequence","stop_sequence":"END"`),
			want: `end: stop sequence stop_sequence END`,
		},
		{
			name: "no sequence after one", quiet: true, body: wiretest.MessageEvent(`{"type":"message_delta","delta":{"stop_sequence":"END"}}`) + ended(`"stop_reason":"stop_sequence","stop_sequence":null`),
			want: `end: stop sequence stop_sequence END`,
		},
		{
			name: "a reason that is a number", quiet: true, body: ended(`"stop_reason":7`),
			want: `end: unknown 7`,
		},
		{
			name: "a reason that is empty", quiet: true, body: ended(`"stop_reason":""`),
			want: `end: unknown`,
		},
		{
			name: "a refusal", quiet: true, body: ended(`"stop_reason":"refusal","stop_details":{"category":"c","explanation":"e"}`),
			want: `end: refusal refusal | refusal: e`,
		},
		{
			name: "names of events alone", quiet: true, body: "event: message_delta\ndata: {\"delta\":{\"stop_reason\":\"end_turn\"}}\n\nevent: message_stop\ndata: {}\n\n",
			want: `end: stop end_turn`,
		},
		{
			name: "space around an event", quiet: true, body: "event: message_delta\ndata:   {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\nevent: message_stop\ndata: \t{\"type\":\"message_stop\"} \n\n",
			want: `end: stop end_turn`,
		},
		{
			name: "an error that has no type", quiet: true, body: "data: {\"error\":{\"message\":\"busy\",\"type\":\"overloaded_error\"}}\n\n" + stream(),
			want: `error: overloaded busy`,
		},
		{
			name: "an event of another API", quiet: true, body: "data: {\"choices\":[]}\n\n" + stream(),
			want: `error: protocol events of another API came`,
		},
		{
			name: "half an event", quiet: true, body: "data: {\"type\":\n\n" + stream(),
			want: `error: protocol an event of the stream is not JSON`,
		},
	}
}

// documentAnswers are one document.
func documentAnswers() []answer {
	return []answer{
		{
			name: "a document", body: document(`,"id":"1","model":"m","stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":4},"content":[{"type":"text","text":"a"},{"type":"thinking","thinking":"so","signature":"s"},{"type":"tool_use","id":"t","name":"look","input":{"a":1}}]`),
			want: `text: a | reasoning: so | call: t look {"a":1} | end: calls tool_use | names: m 1 | usage: 3 0 0 4 0 | kept: text {"type":"text","text":"a"}a | kept: reasoning {"type":"thinking","thinking":"so","signature":"s"}so | kept: call {"type":"tool_use","id":"t","name":"look","input":{"a":1}}`,
		},
		{
			name: "one that does not say what it is", body: `{"stop_reason":"end_turn","content":[{"type":"text","text":"a"}]}`,
			want: `text: a | end: stop end_turn | kept: text {"type":"text","text":"a"}a`,
		},
		{
			name: "one with no content", body: document(`,"stop_reason":"end_turn"`),
			want: `end: stop end_turn`,
		},
		{
			name: "one of another kind", body: `{"hello":1}`,
			want: `error: protocol a JSON document that is no message came instead of an event stream`,
		},
		{
			name: "one of another API", body: `{"object":"chat.completion","choices":[]}`,
			want: `error: protocol a JSON document that is no message came instead of an event stream`,
		},
		{
			name: "an error", body: `{"type":"error","error":{"type":"overloaded_error","message":"busy"}}`,
			want: `error: overloaded busy`,
		},
		{
			name: "too many blocks", quiet: true, body: document(`,"stop_reason":"end_turn","content":[` + strings.Repeat(`{"type":"hologram"},`, 10_001) + `{"type":"text","text":"a"}]`),
			want: `text: a | end: stop end_turn`,
		},
	}
}

// TestAnswer: what a caller learns of answers, and what is kept of them.
func TestAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(blockAnswers(), endAnswers(), documentAnswers()) {
		r := wiretest.WithTools()
		if c.quiet {
			r = wiretest.Hello()
		}
		if got := wiretest.Summary(t, Protocol{}, r, c.body); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}
