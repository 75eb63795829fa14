package gemini

import (
	"strings"
	"testing"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/wiretest"
)

const recorded = "../../../testdata/sse-cases/gemini.json"

func TestRecordedStreams(t *testing.T) {
	t.Parallel()
	wiretest.RunCases(t, Protocol{}, recorded, map[int]string{
		47: "arguments come in parts only when they are asked for",
		67: "JSON without a field name is no event; the cut that follows is told",
	}, nil)
}

func chunk(parts, rest string) string {
	return `data: {"candidates": [{"content": {"parts": [` + parts + `],"role": "model"}` + rest + `}],"modelVersion": "m","responseId": "r1"}` + "\r\n\r\n"
}

func text(s string) string { return chunk(`{"text": "`+s+`"}`, `,"index": 0`) }

func end(word string) string {
	return `data: {"candidates": [{"finishReason": "` + word + `","index": 0}],"usageMetadata": {"promptTokenCount": 9,"candidatesTokenCount": 5,"totalTokenCount": 14}}` + "\r\n\r\n"
}

func TestConform(t *testing.T) {
	t.Parallel()
	wiretest.Conform(t, Protocol{}, wiretest.Sample{
		Events:       []string{text("Hel"), text("lo"), end("STOP")},
		WholeFrom:    3,
		Unknown:      `data: {"hologram": 3}` + "\r\n\r\n",
		Failure:      `data: {"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}` + "\r\n\r\n",
		FailureClass: "overloaded",
		OddFinish:    []string{text("Hello"), end("TIRED")},
		OddWord:      "TIRED",
		Call: []string{
			chunk(`{"text": "so", "thought": true}`, ""),
			chunk(`{"functionCall": {"name": "look","args": {"a": 1}},"thoughtSignature": "CloBvj72<=="}`, ""),
			end("STOP"),
		},
	})
}

func TestNoAllocationForADelta(t *testing.T) {
	wiretest.NoAllocations(t, Protocol{}, text("a"), text(`word word end\\n`), end("STOP"))
}

// TestUsageOfACut: the counts of the last chunk are told though the chunk was not read as JSON.
func TestUsageOfACut(t *testing.T) {
	t.Parallel()
	piece := func(n string) string {
		return `data: {"candidates":[{"content":{"parts":[{"text":"x"}]}}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":` + n + `}}` + "\n\n"
	}
	o := wiretest.ReadFor(t, Protocol{}, wiretest.Hello(), strings.NewReader(piece("1")+piece("2")+piece("13")))
	if o.Ends[0].Usage != (wire.Usage{InputTokens: 9, OutputTokens: 13}) || o.Text.String() != "xxx" || o.Err == nil {
		t.Errorf("%+v, %v", o.Ends[0].Usage, o.Err)
	}
}

// FuzzStream: any cut into reads gives the same events, and nothing panics.
func FuzzStream(f *testing.F) {
	wiretest.Seed(f, recorded)
	f.Fuzz(func(t *testing.T, body []byte) { wiretest.FuzzBody(t, Protocol{}, body) })
}
