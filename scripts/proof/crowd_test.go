//go:build unix

package proof

import (
	"sync"
	"testing"
	"time"
)

// crowd starts n processes as one and returns what became of them, and how long the whole took.
func (h *home) crowd(n int, args ...string) ([]result, time.Duration) {
	h.t.Helper()
	began := time.Now()
	all := make([]result, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { all[i] = h.begin(args...).wait() })
	}
	wg.Wait()
	return all, time.Since(began)
}

// TestCrowd: any number of processes with an expired token make one exchange, and each has its answer.
func TestCrowd(t *testing.T) {
	t.Parallel()
	for _, id := range logins() {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, "--auto-approve")
			h := loginTo(t, srv, id)
			srv.tell("expire", "")
			srv.tell("fault", "token:slow-token=200ms")
			before := srv.state()
			all, took := h.crowd(number(200, 1000), "hello", "--stdin=never")
			for _, r := range all {
				if !r.answered() {
					t.Fatalf("exit %d: %s", r.code, r.err)
				}
			}
			after := srv.state()
			if n := after.tokens() - before.tokens(); n != 1 || after.Reuses != 0 {
				t.Errorf("%d exchanges, %d reuses", n, after.Reuses)
			}
			if left := h.leftovers(); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			t.Logf("%d processes, one exchange of 200 ms, %v in all", len(all), took.Round(time.Millisecond))
		})
	}
}

// TestDeadServer: those who wait for a server that fails share its failure.
func TestDeadServer(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]int{"token:status=500": 69, "token:invalid-grant": 77} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, "--auto-approve")
			h := login(t, srv)
			srv.tell("expire", "")
			srv.tell("fault", fault)
			before := srv.state()
			all, took := h.crowd(100, "hello", "--stdin=never")
			for _, r := range all {
				if r.code != want {
					t.Fatalf("exit %d, want %d: %s", r.code, want, r.err)
				}
			}
			if n := srv.state().tokens() - before.tokens(); n != 1 {
				t.Errorf("%d requests", n)
			}
			t.Logf("%d processes, one request, %v in all", len(all), took.Round(time.Millisecond))
		})
	}
}
