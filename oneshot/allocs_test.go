package oneshot

import (
	"io"
	"math"
	"net/http"
	"strings"
	"testing"

	"hermes/oneshot/output"
)

// deltas answers with n pieces of text, each given out by a read of its own, so that each is also flushed.
func deltas(n int) transport {
	const one = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"a piece of text \\\"é\\\"\\n\"}}\n\n"
	const start = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\"}}\n\n"
	const end = "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
	return func(r *http.Request) (*http.Response, error) {
		_, _ = io.Copy(io.Discard, r.Body)
		left := n + 2
		body := readFunc(func(p []byte) (int, error) {
			switch left--; {
			case left == n+1:
				return copy(p, start), nil
			case left > 0:
				return copy(p, one), nil
			case left == 0:
				return copy(p, end), nil
			}
			return 0, io.EOF
		})
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: io.NopCloser(body)}, nil
	}
}

// TestAllocationsPerDelta: from the bytes of the body to the write of the answer, a thousand deltas more cost a run no
// allocation as text, and two each at most as stream-json. What a run costs at all is the same on both sides.
func TestAllocationsPerDelta(t *testing.T) {
	const more = 1000
	for _, c := range []struct {
		name string
		enc  func(io.Writer) output.Encoder
		most float64
	}{
		{"text", func(w io.Writer) output.Encoder { return output.NewText(w, output.TextOptions{}) }, 0},
		{"stream-json", output.NewStreamJSON, 2},
	} {
		run := func(n int) float64 {
			job := asks(Target{Transport: deltas(n)})
			return testing.AllocsPerRun(10, func() {
				var wrote strings.Builder
				wrote.Grow(1 << 20)
				if err := Run(t.Context(), job, output.NewEmitter(&output.Sink{Name: "stdout", Encoder: c.enc(&wrote)})); err != nil {
					t.Fatal(err)
				}
				if got := strings.Count(wrote.String(), "a piece of text"); got != n {
					t.Fatalf("%d of %d deltas were written", got, n)
				}
			})
		}
		base, whole := run(more), run(2*more)
		each := math.Round((whole - base) / more) // a run's own number varies by one or two with how its goroutines meet
		t.Logf("%s: a run allocates %g times, %g more for %d deltas more", c.name, base, whole-base, more)
		if each > c.most {
			t.Errorf("%s: %g allocations a delta, want %g at most", c.name, each, c.most)
		}
	}
}
