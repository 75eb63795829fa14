//go:build unix

package proof

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"
)

// TestMixed: logins, renewals, removals, settings, and another program that writes the same file by Hermes Agent's
// habits, all at once. Whoever reads meets a whole document; the other program's key is never lost; and the login that
// comes last works.
func TestMixed(t *testing.T) {
	t.Parallel()
	srv := serve(t, "--auto-approve")
	h := login(t, srv)
	ctx, stop := context.WithTimeout(t.Context(), time.Duration(number(4, 60))*time.Second)
	defer stop()
	var all sync.WaitGroup
	loop := func(work func(n int)) {
		all.Go(func() {
			for n := 1; ctx.Err() == nil; n++ {
				work(n)
			}
		})
	}
	hermes := func(codes map[int]bool, args ...string) {
		if r := h.run(args...); !codes[r.code] {
			t.Errorf("%v: exit %d: %s", args, r.code, r.err)
		}
	}
	mayBeOut := map[int]bool{0: true, 77: true}
	loop(func(int) { hermes(mayBeOut, "auth", "refresh", "minimax-oauth") })
	loop(func(int) { hermes(mayBeOut, "hello", "--stdin=never", "--provider=minimax-oauth") })
	loop(func(n int) {
		h.relogin()
		if n%2 == 0 {
			hermes(mayBeOut, "auth", "remove", "minimax-oauth")
		}
	})
	loop(func(n int) { hermes(map[int]bool{0: true}, "config", "set", "oneshot.retries", strconv.Itoa(n%5)) })
	written := 0
	loop(func(n int) {
		if err := h.foreignWrite(n); err != nil {
			t.Error(err)
		}
		written = n
		time.Sleep(5 * time.Millisecond)
	})
	reads, seen := 0, 0.0
	loop(func(int) {
		n, _ := h.read().Foreign.(float64)
		if n < seen {
			t.Errorf("foreign key %v after %v", n, seen)
		}
		seen = n
		reads++
		time.Sleep(time.Millisecond)
	})
	all.Wait()
	if n, _ := h.read().Foreign.(float64); int(n) != written {
		t.Errorf("foreign key %v at the end, want %d", n, written)
	}
	h.relogin()
	if r := h.run("hello", "--stdin=never"); !r.answered() {
		t.Errorf("after the last login: exit %d: %s", r.code, r.err)
	}
	if left := h.leftovers(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	t.Logf("%d reads, %d foreign writes, %d logins, %d renewals", reads, written, srv.state().Logins, srv.state().Refreshes)
}

// foreignWrite changes a key of its own as Hermes Agent saves.
func (h *home) foreignWrite(n int) error {
	return h.underLock(func(doc map[string]any) { doc["foreign"] = n })
}
