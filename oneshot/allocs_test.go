package oneshot

import (
	"bytes"
	"io"
	"math"
	"net/http"
	"strconv"
	"testing"

	"hermes/oneshot/output"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
	"hermes/oneshot/wire/chat"
	"hermes/oneshot/wire/gemini"
	"hermes/oneshot/wire/responses"
)

// events are those of an answer on one wire. The number between before and after differs from delta to delta, as in real streams.
type events struct {
	protocol                     wire.Protocol
	opening, before, after, ends string
}

const pieceOfText = `"a piece of text \"é\"\n"`

func eventsOfWires() map[string]events {
	const chunk, candidate = `data: {"id":"c","model":"m","choices":[{"index":0,"delta":`, `data: {"candidates":[{"content":{"role":"model","parts":[{"text":`
	return map[string]events{
		"anthropic_messages": {
			anthropic.Protocol{},
			"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\"}}\n\n",
			"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":", `,"delta":{"type":"text_delta","text":` + pieceOfText + "}}\n\n",
			"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
		},
		"chat_completions": {
			chat.Protocol{},
			chunk + `{"role":"assistant","content":""}}]}` + "\n\n",
			chunk + `{"content":` + pieceOfText + `},"finish_reason":null}],"created":`, "}\n\n",
			chunk + `{},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n",
		},
		"responses": {
			responses.Protocol{},
			`data: {"type":"response.created","response":{"id":"r","model":"m"}}` + "\n\n",
			`data: {"type":"response.output_text.delta","sequence_number":`, `,"item_id":"msg_1a2b","output_index":0,"content_index":0,"logprobs":[],"delta":` + pieceOfText + "}\n\n",
			`data: {"type":"response.completed","response":{"id":"r","model":"m","status":"completed","output":[]}}` + "\n\n",
		},
		"gemini": {
			gemini.Protocol{},
			candidate + `""}]}}],"modelVersion":"m"}` + "\n\n",
			candidate + pieceOfText + `}]}}],"usageMetadata":{"promptTokenCount":2,"candidatesTokenCount":`, `},"modelVersion":"m"}` + "\n\n",
			candidate + `""}]},"finishReason":"STOP"}],"modelVersion":"m"}` + "\n\n",
		},
	}
}

// deltas answers with n pieces of text, each given out by a read of its own, so that each is also flushed.
func (e events) deltas(n int) transport {
	return func(r *http.Request) (*http.Response, error) {
		_, _ = io.Copy(io.Discard, r.Body)
		left := n + 2
		body := readFunc(func(p []byte) (int, error) {
			switch left--; {
			case left == n+1:
				return copy(p, e.opening), nil
			case left > 0:
				return len(append(strconv.AppendInt(append(p[:0], e.before...), int64(left), 10), e.after...)), nil
			case left == 0:
				return copy(p, e.ends), nil
			}
			return 0, io.EOF
		})
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: io.NopCloser(body)}, nil
	}
}

// written counts writes, and the pieces of text in them.
type written struct{ writes, pieces int }

func (w *written) Write(p []byte) (int, error) {
	w.writes++
	w.pieces += bytes.Count(p, []byte("a piece of text"))
	return len(p), nil
}

// TestAllocationsPerDelta: from the bytes of the body to the write of the answer, a thousand deltas more cost a run no allocation
// and a thousand writes more, on each wire, as text and as stream-json. What a run costs at all is the same on both sides.
func TestAllocationsPerDelta(t *testing.T) {
	const more = 1000
	for name, wire := range eventsOfWires() {
		for format, c := range map[string]struct {
			enc   func(io.Writer) output.Encoder
			times int // that a piece is written
		}{
			"text":        {func(w io.Writer) output.Encoder { return output.NewText(w, output.TextOptions{}) }, 1},
			"stream-json": {output.NewStreamJSON, 2}, // run.end has it too
		} {
			run := func(n int) (allocs float64, wrote written) {
				job := asks(Target{Protocol: wire.protocol, Transport: wire.deltas(n)})
				allocs = testing.AllocsPerRun(10, func() {
					wrote = written{}
					if err := Run(t.Context(), job, output.NewEmitter(&output.Sink{Name: "stdout", Encoder: c.enc(&wrote)})); err != nil {
						t.Fatal(name, err)
					}
				})
				return allocs, wrote
			}
			base, few := run(more)
			whole, many := run(2 * more)
			each := math.Round((whole - base) / more) // a run's own number varies by some with how its goroutines meet
			t.Logf("%s, %s: a run allocates %g times, %g more for %d deltas more", name, format, base, whole-base, more)
			if each > 0 {
				t.Errorf("%s, %s: %g allocations a delta", name, format, each)
			}
			if writes, pieces := many.writes-few.writes, many.pieces-few.pieces; writes != more || pieces != c.times*more {
				t.Errorf("%s, %s: %d writes of %d pieces for %d deltas more", name, format, writes, pieces, more)
			}
		}
	}
}
