package chat

import (
	"fmt"
	"strings"
	"testing"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/wiretest"
)

const recorded = "../../../testdata/sse-cases/chat.json"

func TestRecordedStreams(t *testing.T) {
	t.Parallel()
	wiretest.RunCases(t, Protocol{}, recorded, map[int]string{
		95:  "by the rules of event streams no event of it ended",
		127: "the field error is none of an event stream's; the cut that follows is told",
	}, nil)
}

func chunk(rest string) string {
	return `data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m",` + rest + "}\n\n"
}

func text(s string) string {
	return chunk(`"choices":[{"index":0,"delta":{"content":"` + s + `"},"finish_reason":null}]`)
}

func end(word string) string {
	return chunk(`"choices":[{"index":0,"delta":{},"finish_reason":"` + word + `"}],"usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14}`)
}

const done = "data: [DONE]\n\n"

func TestConform(t *testing.T) {
	t.Parallel()
	head := chunk(`"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]`)
	wiretest.Conform(t, Protocol{}, wiretest.Sample{
		Events:       []string{head, text("Hel"), text("lo"), end("stop"), done},
		WholeFrom:    4,
		Unknown:      `event: ping` + "\n" + `data: {"hologram":3}` + "\n\n",
		Failure:      `data: {"error":{"message":"busy","type":"overloaded_error","code":null}}` + "\n\n",
		FailureClass: "overloaded",
		OddFinish:    []string{head, text("Hello"), end("tired"), done},
		OddWord:      "tired",
		Call: []string{
			head,
			chunk(`"choices":[{"index":0,"delta":{"reasoning_content":"so <\ud83c\udf89>"},"finish_reason":null}]`),
			chunk(`"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"look","arguments":""}}]},"finish_reason":null}]`),
			chunk(`"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]},"finish_reason":null}]`),
			chunk(`"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]},"finish_reason":null}]`),
			end("tool_calls"), done,
		},
	})
}

// TestErrorByName: an event of the name error is one, whatever it holds.
func TestErrorByName(t *testing.T) {
	t.Parallel()
	o := wiretest.Read(t, Protocol{}, strings.NewReader(text("Hel")+"event: error\ndata: {\"detail\":\"busy\"}\n\n"+end("stop")+done))
	if e := o.Error(); o.Result != nil || e.ErrClass != "server_error" || e.Message != "busy" || o.Text.String() != "Hel" {
		t.Errorf("%+v, %v", o.Result, o.Err)
	}
}

func TestNoAllocationForADelta(t *testing.T) {
	head := chunk(`"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]`)
	wiretest.NoAllocations(t, Protocol{}, head, text(`word word end\\n`), end("stop")+done)
}

// FuzzStream: any cut into reads gives the same events, and nothing panics.
func FuzzStream(f *testing.F) {
	wiretest.Seed(f, recorded)
	f.Fuzz(func(t *testing.T, body []byte) { wiretest.FuzzBody(t, Protocol{}, body) })
}

// TestDialects: what single servers do otherwise is read as the rest. Mistral writes content as a list of parts, xAI counts reasoning beside
// the completion, others name no index of a call or call its end a stop.
func TestDialects(t *testing.T) {
	t.Parallel()
	delta := func(members string) string { return chunk(`"choices":[{"index":0,"delta":{` + members + `}}]`) }
	call := func(members string) string { return delta(`"tool_calls":[{` + members + `}]`) }
	for name, c := range map[string]struct{ stream, want string }{
		"parts": {
			delta(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"h"},{"type":"text","text":"m"}]}]`) +
				delta(`"content":[{"type":"reference","reference_ids":[1]},{"type":"text","text":"Hel"}]`) + text("lo") + end("stop"),
			`"Hello" "hm" stop [] 9 5`,
		},
		"details": {delta(`"reasoning_details":[{"type":"reasoning.text","text":"h"},{"type":"reasoning.summary","summary":"m"}]`) + text("Hello") + end("stop"), `"Hello" "hm" stop [] 9 5`},
		"reasoning beside the completion": {
			text("Hello") + chunk(`"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":21,"completion_tokens_details":{"reasoning_tokens":7}}`),
			`"Hello" "" stop [] 9 12`,
		},
		"a full window": {text("Hello") + end("model_context_window_exceeded"), `"Hello" "" context [] 9 5`},
		"no index": {
			call(`"id":"a","function":{"name":"look","arguments":"{\"a\":"}`) + call(`"id":"a","function":{"arguments":"1}"}`) +
				call(`"id":"b","function":{"name":"look","arguments":{"a":2}}`) + end("stop"),
			`"" "" calls [a {"a":1} b {"a":2}] 9 5`,
		},
		"a stream of lines":  {"data: " + strings.ReplaceAll(strings.ReplaceAll(text("Hel")+text("lo")+end("stop"), "data: ", ""), "\n\n", "\ndata: ") + "[DONE]\n\n", `"Hello" "" stop [] 9 5`},
		"no JSON":            {text("Hel") + "data: {so\n\n", "an event of the stream is not JSON"},
		"another's document": {`{"object":"list","data":[]}`, "a JSON document that is no completion came instead of an event stream"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := wiretest.Read(t, Protocol{}, strings.NewReader(c.stream))
			if o.Err != nil || o.Result == nil {
				if !strings.Contains(o.Error().Error(), c.want) {
					t.Errorf("%v, want %s", o.Err, c.want)
				}
				return
			}
			var calls []string
			for _, call := range o.Calls {
				calls = append(calls, call.ID, string(call.Arguments))
			}
			finish := map[wire.Finish]string{wire.FinishStop: "stop", wire.FinishCalls: "calls", wire.FinishContext: "context"}[o.Result.Finish]
			got := fmt.Sprintf("%q %q %s %v %d %d", o.Text.String(), o.Reasoning.String(), finish, calls, o.Result.Usage.InputTokens, o.Result.Usage.OutputTokens)
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
