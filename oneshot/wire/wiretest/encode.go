package wiretest

import (
	"encoding/json"
	"io"
	"testing"

	"hermes/oneshot/wire"
)

// Encoded is the body of a request, which must be JSON of the size that was announced.
func Encoded(t testing.TB, p wire.Protocol, r *wire.Request) string {
	t.Helper()
	body, err := p.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(body.Open())
	if err != nil || int64(len(raw)) != body.Size() || !json.Valid(raw) {
		t.Fatalf("%d bytes of %d, %v: %s", len(raw), body.Size(), err, raw)
	}
	return string(raw)
}

// Refused is the flag that a protocol cannot carry, "" where it carries all.
func Refused(p wire.Protocol, r *wire.Request) string {
	_, err := p.Encode(r)
	if e, ok := err.(*wire.Unsupported); ok {
		return e.Flag
	}
	return ""
}

// Everything is a request with all that a protocol can be asked to carry but stop sequences and tools.
func Everything() *wire.Request {
	return &wire.Request{
		Model: "m", System: "be\nbrief", MaxTokens: 99, Temperature: new(0.5), TopP: new(0.9), Reasoning: "low",
		Schema: json.RawMessage(`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`),
		Turns: []wire.Turn{
			{Role: wire.User, Parts: []wire.Part{
				wire.TextPart([]byte("what "), []byte(`is "this"?`)),
				{Kind: wire.PartImage, MediaType: "image/png", Data: []byte{1, 2, 3}},
				{Kind: wire.PartDocument, MediaType: "application/pdf", Name: `a"b.pdf`, Data: []byte{4}},
			}},
			{Role: wire.Assistant, Parts: []wire.Part{
				wire.TextPart([]byte("let me look")), {Kind: wire.PartCall, Call: &wire.Call{ID: "c1", Name: "look", Arguments: json.RawMessage(`{"a":1}`)}},
			}},
			{Role: wire.User, Parts: []wire.Part{
				{Kind: wire.PartCallResult, Call: &wire.Call{ID: "c1", Name: "look"}, Text: [][]byte{[]byte("a cat")}},
			}},
		},
	}
}

// WrongCall is a request with the result of a call that went wrong.
func WrongCall() *wire.Request {
	result := wire.Part{Kind: wire.PartCallResult, Call: &wire.Call{ID: "c1", Name: "look"}, Text: [][]byte{[]byte("no cat")}, Failed: true}
	return &wire.Request{Model: "m", Turns: []wire.Turn{{Role: wire.User, Parts: []wire.Part{result}}}}
}
