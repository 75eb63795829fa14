package anthropic

import (
	"testing"

	"hermes/oneshot/wire/wiretest"
)

const recorded = "../../../testdata/sse-cases/anthropic.json"

func TestRecordedStreams(t *testing.T) {
	t.Parallel()
	wiretest.RunCases(t, Protocol{}, recorded, nil, func(t *testing.T, how string, c wiretest.Case, o *wiretest.Outcome) {
		if class := o.Error().ErrClass; c.Name == "error-midway" && class != "overloaded" || c.Name == "base-resp-error-in-200" && class != "rate_limit" {
			t.Errorf("%s: class %s", how, class)
		}
	})
}

func TestConform(t *testing.T) {
	t.Parallel()
	stop := func(word string) string {
		return wiretest.MessageEvent(`{"type":"message_delta","delta":{"stop_reason":"` + word + `"},"usage":{"input_tokens":9,"output_tokens":5}}`)
	}
	last := wiretest.MessageEvent(`{"type":"message_stop"}`)
	wiretest.Conform(t, Protocol{}, wiretest.Sample{
		Events:       []string{wiretest.MessageStart, wiretest.MessageText("Hel"), wiretest.MessageText("lo"), stop("end_turn"), last},
		WholeFrom:    5,
		Unknown:      wiretest.MessageEvent(`{"type":"hologram","depth":3}`),
		Failure:      wiretest.MessageEvent(`{"type":"error","error":{"type":"overloaded_error","message":"busy"}}`),
		FailureClass: "overloaded",
		OddFinish:    []string{wiretest.MessageStart, wiretest.MessageText("Hello"), stop("tired"), last},
		OddWord:      "tired",
		Call: []string{
			wiretest.MessageStart,
			wiretest.MessageEvent(`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}`),
			wiretest.MessageEvent(`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"so <\ud83c\udf89>"}}`),
			wiretest.MessageEvent(`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB=="}}`),
			wiretest.MessageEvent(`{"type":"content_block_stop","index":0}`),
			wiretest.MessageEvent(`{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"aGlkZGVu"}}`),
			wiretest.MessageEvent(`{"type":"content_block_stop","index":1}`),
			wiretest.MessageEvent(`{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t1","name":"look","input":{}}}`),
			wiretest.MessageEvent(`{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}`),
			wiretest.MessageEvent(`{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"1}"}}`),
			wiretest.MessageEvent(`{"type":"content_block_stop","index":2}`),
			stop("tool_use"), last,
		},
	})
}

func TestNoAllocationForADelta(t *testing.T) {
	wiretest.NoAllocations(t, Protocol{}, wiretest.MessageStart, wiretest.MessageText("word word end\\n"), wiretest.MessageEnd)
}

// FuzzStream: any cut into reads gives the same events, and nothing panics.
func FuzzStream(f *testing.F) {
	wiretest.Seed(f, recorded)
	f.Add([]byte(wiretest.MessageStart + wiretest.MessageText("a[", "e~[", `\ud83c`) + wiretest.MessageEnd))
	f.Add([]byte("\ufeff"))
	f.Add([]byte("\xef"))
	f.Add([]byte("\ufeff" + wiretest.MessageStart + wiretest.MessageEnd))
	f.Fuzz(func(t *testing.T, body []byte) { wiretest.FuzzBody(t, Protocol{}, body) })
}
