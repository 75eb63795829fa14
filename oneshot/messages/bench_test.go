package messages

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
)

// manyDeltas is a whole stream of n deltas of 50 bytes.
func manyDeltas(n int) []byte {
	var b bytes.Buffer
	b.WriteString(messageStart)
	b.WriteString(strings.Repeat(textOf(strings.Repeat("word ", 9)+`end\n\n`), n))
	b.WriteString(messageEnd)
	return b.Bytes()
}

// benchStream reads a stream of 100,000 deltas and reports what one costs.
func benchStream(b *testing.B, c *Client) {
	const n = 100_000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ReportAllocs()
	for b.Loop() {
		var deltas int
		for ev, err := range c.Stream(b.Context(), hello()) {
			if err != nil {
				b.Fatal(err)
			}
			if ev.Kind == KindText {
				deltas++
			}
		}
		if deltas != n {
			b.Fatalf("%d deltas", deltas)
		}
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/delta")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(b.N*n), "allocs/delta")
}

// BenchmarkStream100k is the client alone; its bytes come from memory.
func BenchmarkStream100k(b *testing.B) {
	body := manyDeltas(100_000)
	b.SetBytes(int64(len(body)))
	benchStream(b, &Client{BaseURL: "http://h", Transport: answerer{status: 200, body: func() io.Reader { return bytes.NewReader(body) }}})
}

// BenchmarkStream100kHTTP adds net/http on both sides of a loopback connection.
func BenchmarkStream100kHTTP(b *testing.B) {
	body := manyDeltas(100_000)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write(body)
	}))
	defer srv.Close()
	t, err := NewTransport(Net{Loopback: true})
	if err != nil {
		b.Fatal(err)
	}
	defer t.CloseIdleConnections()
	b.SetBytes(int64(len(body)))
	benchStream(b, &Client{BaseURL: srv.URL, Transport: t, Idle: 1e11, FirstByte: 1e11})
}

// BenchmarkBody10MB makes the body of a prompt of 10 MB of text, size included.
func BenchmarkBody10MB(b *testing.B) {
	line := "The quick brown fox jumps over the \"lazy\" dog; naïve café — 0123456789.\n"
	text := bytes.Repeat([]byte(line), 10<<20/len(line))
	r := &Request{Model: "m", MaxTokens: 1, Turns: []Turn{{Role: "user", Content: []Block{{Type: "text", Text: [][]byte{text}}}}}}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	buf := make([]byte, 32<<10)
	for b.Loop() {
		size, open := r.Body()
		n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{open()}, buf)
		if err != nil || n != size {
			b.Fatalf("%d of %d bytes, %v", n, size, err)
		}
	}
}
