//go:build unix

package authfile

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// script is an Exchange that answers from a list; the last answer repeats.
type script struct {
	mu     sync.Mutex
	sent   []string // refresh tokens
	answer []func(ctx context.Context) ([]byte, error)
}

func (s *script) exchange() Exchange {
	x := httpExchange("")
	x.Post = func(ctx context.Context, e Entry) ([]byte, error) {
		s.mu.Lock()
		s.sent = append(s.sent, e.RefreshToken)
		next := s.answer[min(len(s.sent), len(s.answer))-1]
		s.mu.Unlock()
		return next(ctx)
	}
	return x
}

func (s *script) tokens() string { return strings.Join(s.sent, " ") }

func pairAnswer(at, rt string) func(context.Context) ([]byte, error) {
	raw, _ := json.Marshal(map[string]any{"access_token": at, "refresh_token": rt, "expires_in": 900})
	return func(context.Context) ([]byte, error) { return raw, nil }
}

func rawAnswer(raw string) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return []byte(raw), nil }
}

func failure(e PostError) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return nil, &e }
}

func silence(ctx context.Context) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// The table of outcomes: what is sent, what the caller gets, what is on disk.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	type answers = []func(context.Context) ([]byte, error)
	good := pairAnswer("AT-1", "RT-1")
	refused := failure(PostError{Outcome: Refused, Code: "invalid_grant", HTTPStatus: 400})
	for _, tc := range []struct {
		name         string
		answers      answers
		token, class string
		sent         int
		disk         string // refresh token afterwards
		journal      bool
	}{
		{"success", answers{good}, "AT-1", "", 1, "RT-1", false},
		{"not sent, then success", answers{failure(PostError{Outcome: NotSent}), failure(PostError{Outcome: NotSent}), good}, "AT-1", "", 3, "RT-1", false},
		{"never sent", answers{failure(PostError{Outcome: NotSent})}, "", "network", 3, "RT-0", false},
		{"case 13: answer lost once", answers{failure(PostError{Outcome: Unknown}), good}, "AT-1", "", 2, "RT-1", false},
		{"case 13: lost, then refused", answers{failure(PostError{Outcome: Unknown}), refused}, "", "reauth_required", 2, "", false},
		{"case 13: never a third", answers{failure(PostError{Outcome: Unknown})}, "", "network", 2, "RT-0", true},
		{"lost, then 500", answers{failure(PostError{Outcome: Unknown}), failure(PostError{Outcome: Unknown, HTTPStatus: 500})}, "", "server_error", 2, "RT-0", true},
		{"500", answers{failure(PostError{Outcome: Unknown, HTTPStatus: 500})}, "", "server_error", 1, "RT-0", false},
		{"429, wait 2 s", answers{failure(PostError{Outcome: Transient, HTTPStatus: 429, RetryAfter: 2 * time.Second}), good}, "AT-1", "", 2, "RT-1", false},
		{"429 twice", answers{failure(PostError{Outcome: Transient, HTTPStatus: 429, RetryAfter: time.Second})}, "", "rate_limit", 2, "RT-0", false},
		{"503, wait a minute", answers{failure(PostError{Outcome: Transient, HTTPStatus: 503, RetryAfter: time.Minute})}, "", "overloaded", 1, "RT-0", false},
		{"refused", answers{refused}, "", "reauth_required", 1, "", false},
		{"invalid_client", answers{failure(PostError{Outcome: Misconfigured, HTTPStatus: 401, Code: "invalid_client", ErrClass: "auth_refused"})}, "", "auth_refused", 1, "RT-0", false},
		{"403 by plan", answers{failure(PostError{Outcome: Denied, HTTPStatus: 403, Message: "plan"})}, "", "billing", 1, "RT-0", false},
		{"case 14: HTML", answers{rawAnswer("<html>")}, "", "protocol", 1, "RT-0", true},
		{"case 14: no access token", answers{rawAnswer(`{"refresh_token":"RT-1"}`)}, "", "protocol", 1, "RT-0", true},
		{"case 38: no refresh token", answers{rawAnswer(`{"access_token":"AT-1","expires_in":900}`)}, "AT-1", "", 1, "RT-0", false},
		{"case 15: silence", answers{silence}, "", "timeout", 1, "RT-0", true},
		{"any other error", answers{func(context.Context) ([]byte, error) { return nil, errors.New("boom") }}, "", "network", 2, "RT-0", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
				x := &script{answer: tc.answers}
				began := time.Now()
				e, r, err := Open(home, Options{}).Renew(t.Context(), testID, "", x.exchange())
				if took := time.Since(began); took > 22*time.Second {
					t.Errorf("held the lock for %v", took)
				}
				if e.AccessToken != tc.token || classOf(err) != tc.class || r.Renewed != (tc.token != "") {
					t.Errorf("token %q, class %q, renewed %v: %v", e.AccessToken, classOf(err), r.Renewed, err)
				}
				if len(x.sent) != tc.sent {
					t.Errorf("sent %d times, want %d", len(x.sent), tc.sent)
				}
				disk := entryOf(t, home)
				if disk.RefreshToken != tc.disk || (tc.disk == "") != (disk.LastError != nil) {
					t.Errorf("on disk %q, last error %+v", disk.RefreshToken, disk.LastError)
				}
				if exists(filepath.Join(home, "auth.json.pending-"+testID)) != tc.journal {
					t.Errorf("files: %s", listed(t, home))
				}
				checkHome(t, home, tc.journal)
			})
		})
	}
}

// A pair that is newer than the one we sent is not overwritten by our answer.
func TestLoginDuringTheRequestWins(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	s := Open(home, Options{})
	x := &script{answer: []func(context.Context) ([]byte, error){func(ctx context.Context) ([]byte, error) {
		write(t, s.Path(), storeText(t, "LOGIN-AT", "LOGIN-RT", 10*time.Minute)) // by an editor, without the lock
		return pairAnswer("AT-1", "RT-1")(ctx)
	}}}
	e, r, err := s.Renew(t.Context(), testID, "", x.exchange())
	if err != nil || e.AccessToken != "LOGIN-AT" || !r.Adopted || r.Renewed {
		t.Errorf("%q %+v %v", e.AccessToken, r, err)
	}
	if disk := entryOf(t, home); disk.RefreshToken != "LOGIN-RT" {
		t.Errorf("on disk %q", disk.RefreshToken)
	}
	checkHome(t, home, false)
}

// A token that is due but works is used when the server has trouble, or when
// another process is on it, and not when the grant is dead.
func TestTokenInItsLastMinute(t *testing.T) {
	for name, tc := range map[string]struct {
		answer PostError
		token  string
	}{
		"server trouble": {PostError{Outcome: Unknown, HTTPStatus: 500}, "AT-0"},
		"no network":     {PostError{Outcome: NotSent}, "AT-0"},
		"dead grant":     {PostError{Outcome: Refused, HTTPStatus: 400}, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			home := homeWith(t, storeText(t, "AT-0", "RT-0", 50*time.Second))
			e, r, err := Open(home, Options{}).Renew(t.Context(), testID, "", (&script{answer: []func(context.Context) ([]byte, error){failure(tc.answer)}}).exchange())
			if e.AccessToken != tc.token || (err == nil) != (tc.token != "") || (tc.token != "") != (r.Warning != "") {
				t.Errorf("%s: %q %+v %v", name, e.AccessToken, r, err)
			}
			_, _, err = Open(home, Options{}).Renew(t.Context(), testID, "AT-0", (&script{answer: []func(context.Context) ([]byte, error){failure(tc.answer)}}).exchange())
			if err == nil {
				t.Errorf("%s: a token that the server refused was given out again", name)
			}
		})
	}
	home := homeWith(t, storeText(t, "AT-0", "RT-0", 50*time.Second))
	h, err := Open(home, Options{}).acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Release()
	if e, _, err := Open(home, Options{}).Renew(t.Context(), testID, "", Exchange{}); err != nil || e.AccessToken != "AT-0" {
		t.Errorf("behind a busy lock: %v", err)
	}
}

// Case 32: a token with an absurd expiry is used; its refusal causes exactly
// one renewal, and the next refusal of the new one another.
func TestAbsurdClockRenewsOnceFor401(t *testing.T) {
	for _, expires := range []string{
		`"2036-11-24T00:00:00+00:00"`, `"never"`, `-1`, `1e300`, `null`, `17954550930000`, `{"x":1}`,
	} {
		t.Run(expires, func(t *testing.T) {
			home := homeWith(t, `{"providers":{"minimax-oauth":{"access_token":"AT-0","refresh_token":"RT-0","expires_at":`+expires+`,"k":1}}}`)
			s := Open(home, Options{})
			x := &script{answer: []func(context.Context) ([]byte, error){pairAnswer("AT-1", "RT-1")}}
			if e, _, err := s.Renew(t.Context(), testID, "", x.exchange()); err != nil || e.AccessToken != "AT-0" || x.tokens() != "" {
				t.Fatalf("%q, sent %q: %v", e.AccessToken, x.tokens(), err)
			}
			for range 3 {
				if e, _, err := s.Renew(t.Context(), testID, "AT-0", x.exchange()); err != nil || e.AccessToken != "AT-1" {
					t.Errorf("%q %v", e.AccessToken, err)
				}
			}
			if x.tokens() != "RT-0" {
				t.Errorf("sent %s", x.tokens())
			}
		})
	}
}

// Case 38: what the server says is stored to the byte.
func TestStringsAreStoredExactly(t *testing.T) {
	for _, token := range []string{
		`q"uo\te`, "new\nline\r\t", "<script>&amp;", "é漢😀", "\u2028\u2029", "\x01\x1f\x7f", strings.Repeat("x", 64<<10), `.*?:#|@\`, " ",
	} {
		home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
		s := Open(home, Options{})
		x := &script{answer: []func(context.Context) ([]byte, error){pairAnswer("A"+token, "R"+token)}}
		if _, _, err := s.Renew(t.Context(), testID, "", x.exchange()); err != nil {
			t.Fatal(err)
		}
		if e := entryOf(t, home); e.AccessToken != "A"+token || e.RefreshToken != "R"+token {
			t.Errorf("%.20q came back as %.20q, %.20q", token, e.AccessToken, e.RefreshToken)
		}
		checkHome(t, home, false)
	}
}

// Case 40: a provider's name may contain anything.
func TestProviderNames(t *testing.T) {
	for _, id := range []string{`a.b*?:#|@\"`, "\n", "é", "#", "@this", "0", "custom:me.*"} {
		home := homeWith(t, storeText(t, "AT-0", "RT-0", time.Hour))
		s := Open(home, Options{})
		e := loginEntry("AT-9", "RT-9")
		e.Provider = id
		if err := s.Save(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		sn, err := s.Read()
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := sn.Entry(id); !ok || got.RefreshToken != "RT-9" || sn.PoolCount(id) != 1 || sn.Active() != id {
			t.Errorf("%q: %v %q", id, ok, got.RefreshToken)
		}
		if out, err := s.Remove(t.Context(), id); err != nil || out != (Removed{true, 1, true}) {
			t.Errorf("%q: %+v %v", id, out, err)
		}
		checkHome(t, home, false)
	}
}

// The failure of a server is shared for two seconds, then tried again.
func TestMemoLivesTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
		x := &script{answer: []func(context.Context) ([]byte, error){failure(PostError{Outcome: Unknown, HTTPStatus: 502, Message: "bad gateway"})}}
		for i, want := range []int{1, 1, 2} {
			_, _, err := Open(home, Options{}).Renew(t.Context(), testID, "", x.exchange())
			if classOf(err) != "server_error" || !strings.Contains(err.Error(), "bad gateway") || len(x.sent) != want {
				t.Errorf("run %d: sent %d times: %v", i, len(x.sent), err)
			}
			time.Sleep(1100 * time.Millisecond)
		}
	})
}

// A context that ends during the request is reported when all is saved; one
// that ended before sends nothing.
func TestContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
		s := Open(home, Options{})
		cause := errors.New("hang-up")
		ctx, cancel := context.WithCancelCause(t.Context())
		x := &script{answer: []func(context.Context) ([]byte, error){func(post context.Context) ([]byte, error) {
			cancel(cause)
			if !s.Busy() || post.Err() != nil {
				t.Error("not busy, or the request was cancelled")
			}
			time.Sleep(3 * time.Second)
			return pairAnswer("AT-1", "RT-1")(post)
		}}}
		if _, r, err := s.Renew(ctx, testID, "", x.exchange()); !errors.Is(err, cause) || !r.Renewed || s.Busy() {
			t.Errorf("%+v %v", r, err)
		}
		if e := entryOf(t, home); e.RefreshToken != "RT-1" {
			t.Errorf("on disk %q", e.RefreshToken)
		}
		if e, _, err := s.Renew(ctx, testID, "", x.exchange()); err != nil || e.AccessToken != "AT-1" {
			t.Errorf("a fresh token needs no context: %v", err)
		}
		write(t, s.Path(), storeText(t, "AT-5", "RT-5", -time.Minute))
		if e, _, err := s.Renew(ctx, testID, "", x.exchange()); err != nil || e.AccessToken != "AT-1" {
			t.Errorf("what was read a moment ago is read again: %v", err)
		}
		time.Sleep(recentFor)
		if _, _, err := s.Renew(ctx, testID, "", x.exchange()); !errors.Is(err, cause) || len(x.sent) != 1 {
			t.Errorf("sent %d times: %v", len(x.sent), err)
		}
		checkHome(t, home, false)
	})
}

// Many goroutines of one process share one exchange too.
func TestGoroutines(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	s := Open(home, Options{})
	x := &script{answer: []func(context.Context) ([]byte, error){pairAnswer("AT-1", "RT-1")}}
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			store := s
			if i%2 == 0 {
				store = Open(home, Options{})
			}
			if e, _, err := store.Renew(t.Context(), testID, "", x.exchange()); err != nil || e.AccessToken != "AT-1" {
				t.Errorf("%q %v", e.AccessToken, err)
			}
		})
	}
	wg.Wait()
	if x.tokens() != "RT-0" {
		t.Errorf("sent %s", x.tokens())
	}
}
