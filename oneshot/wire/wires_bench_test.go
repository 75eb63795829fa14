package wire_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
	"hermes/oneshot/wire/chat"
	"hermes/oneshot/wire/gemini"
	"hermes/oneshot/wire/responses"
	"hermes/oneshot/wire/wiretest"
)

// BenchmarkWires reads a stream of 100,000 deltas on each wire; its bytes come from memory.
func BenchmarkWires(b *testing.B) {
	const n = 100_000
	word := strings.Repeat("word ", 9) + `end\n\n`
	for name, c := range map[string]struct {
		p                wire.Protocol
		head, delta, end string
	}{
		"messages": {anthropic.Protocol{}, wiretest.MessageStart, wiretest.MessageText(word), wiretest.MessageEnd},
		"chat": {
			chat.Protocol{},
			"", `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"content":"` + word + `"},"finish_reason":null}]}` + "\n\n",
			`data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n",
		},
		"responses": {
			responses.Protocol{},
			"", "event: response.output_text.delta\n" + `data: {"type":"response.output_text.delta","sequence_number":7,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"` + word + `","logprobs":[]}` + "\n\n",
			`data: {"type":"response.completed","response":{"status":"completed","output":[]}}` + "\n\n",
		},
		"gemini": {
			gemini.Protocol{},
			"", `data: {"candidates": [{"content": {"parts": [{"text": "` + word + `"}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 9,"candidatesTokenCount": 5,"totalTokenCount": 14}}` + "\r\n\r\n",
			`data: {"candidates": [{"finishReason": "STOP"}]}` + "\r\n\r\n",
		},
	} {
		b.Run(name, func(b *testing.B) {
			body := []byte(c.head + strings.Repeat(c.delta, n) + c.end)
			b.SetBytes(int64(len(body)))
			client := &wire.Client{Protocol: c.p, BaseURL: "http://h", Transport: wiretest.Answer{Status: 200, Body: func() io.Reader { return bytes.NewReader(body) }}}
			for b.Loop() {
				for _, err := range client.Stream(b.Context(), wiretest.Hello()) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/delta")
		})
	}
}
