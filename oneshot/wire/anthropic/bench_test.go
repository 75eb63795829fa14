package anthropic

import (
	"bytes"
	"io"
	"testing"

	"hermes/oneshot/wire"
)

// BenchmarkBody10MB makes the body of a prompt of 10 MB of text, size included.
func BenchmarkBody10MB(b *testing.B) {
	line := "The quick brown fox jumps over the \"lazy\" dog; naïve café — 0123456789.\n"
	text := bytes.Repeat([]byte(line), 10<<20/len(line))
	r := &wire.Request{Model: "m", MaxTokens: 1, Turns: []wire.Turn{{Role: wire.User, Parts: []wire.Part{wire.TextPart(text)}}}}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	buf := make([]byte, 32<<10)
	for b.Loop() {
		encoded, _ := Protocol{}.Encode(r)
		n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{encoded.Open()}, buf)
		if err != nil || n != encoded.Size() {
			b.Fatalf("%d of %d bytes, %v", n, encoded.Size(), err)
		}
	}
}
