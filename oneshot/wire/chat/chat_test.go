package chat

import (
	"strings"
	"testing"

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
