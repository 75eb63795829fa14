package wire_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"hermes/oneshot/wire"
	"hermes/oneshot/wire/anthropic"
	"hermes/oneshot/wire/dial"
	"hermes/oneshot/wire/wiretest"
)

// manyDeltas is a whole stream of n deltas of 50 bytes.
func manyDeltas(n int) []byte {
	var b bytes.Buffer
	b.WriteString(wiretest.MessageStart)
	b.WriteString(strings.Repeat(wiretest.MessageText(strings.Repeat("word ", 9)+`end\n\n`), n))
	b.WriteString(wiretest.MessageEnd)
	return b.Bytes()
}

// benchStream reads a stream of 100,000 deltas and reports what one costs.
func benchStream(b *testing.B, c *wire.Client) {
	const n = 100_000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ReportAllocs()
	for b.Loop() {
		var deltas int
		for ev, err := range c.Stream(b.Context(), wiretest.Hello()) {
			if err != nil {
				b.Fatal(err)
			}
			if ev.Kind == wire.KindText {
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

// BenchmarkStream100kHTTP adds net/http on both sides of a loopback connection.
func BenchmarkStream100kHTTP(b *testing.B) {
	body := manyDeltas(100_000)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write(body)
	}))
	defer srv.Close()
	t, err := dial.NewTransport(dial.Net{Loopback: true})
	if err != nil {
		b.Fatal(err)
	}
	defer t.CloseIdleConnections()
	b.SetBytes(int64(len(body)))
	benchStream(b, &wire.Client{Protocol: anthropic.Protocol{}, BaseURL: srv.URL, Transport: t, Idle: 1e11, FirstByte: 1e11})
}
