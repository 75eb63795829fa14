package sandbox

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// BenchmarkListen is what `--provider sandbox` pays before its request.
func BenchmarkListen(b *testing.B) {
	for b.Loop() {
		s, err := New(Options{AnyToken: true})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		if _, err := s.Listen(ctx, ""); err != nil {
			b.Fatal(err)
		}
		cancel()
		if err := s.Wait(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStream(b *testing.B) {
	_, base := start(b, Options{AnyToken: true})
	client := newClient(b)
	for _, w := range wireTable() {
		for name, fault := range map[string]string{"default": "none", "big=100000": "big=100000"} {
			b.Run(w.name+" "+name, func(b *testing.B) {
				for b.Loop() {
					req, err := http.NewRequestWithContext(b.Context(), "POST", base+w.path, strings.NewReader(w.body(b, true)))
					if err != nil {
						b.Fatal(err)
					}
					req.Header.Set(FaultHeader, fault)
					res, err := client.Do(req)
					if err != nil {
						b.Fatal(err)
					}
					n, err := io.Copy(io.Discard, res.Body)
					res.Body.Close()
					if err != nil {
						b.Fatal(err)
					}
					b.SetBytes(n)
				}
			})
		}
	}
}
