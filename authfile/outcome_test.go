//go:build unix

package authfile

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hermes/authfile/journal"
)

// A refused grant is quarantined with Hermes Agent's keys, never sent again,
// and a login ends that.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	s := hasty(home)
	x := &script{answer: []func(context.Context) ([]byte, error){failure(PostError{Outcome: Refused, Code: "invalid_grant", HTTPStatus: 400})}}
	for range 3 {
		if _, _, err := s.Renew(t.Context(), testID, "", x.exchange()); classOf(err) != "reauth_required" || strings.Contains(err.Error(), "RT-0") {
			t.Errorf("%v", err)
		}
	}
	if x.tokens() != "RT-0" {
		t.Errorf("sent %s", x.tokens())
	}
	e := entryOf(t, home)
	if e.LoggedIn() || e.ClientID == "" || e.LastError.Code != "invalid_grant" || e.LastError.Reason != "runtime_refresh_failure" || !e.LastError.ReloginRequired {
		t.Errorf("%+v", e.LastError)
	}
	if text := read(t, s.Path()); !strings.Contains(text, `"active_provider": "minimax-oauth"`) || !strings.Contains(text, "x_future_field") {
		t.Error("more than the tokens went")
	}
	if err := s.Save(t.Context(), loginEntry("AT-9", "RT-9")); err != nil {
		t.Fatal(err)
	}
	if e, _, err := s.Renew(t.Context(), testID, "", x.exchange()); err != nil || e.AccessToken != "AT-9" || e.LastError != nil {
		t.Errorf("after a login: %v", err)
	}
}

// Case 34 and the dead token that comes back with an old copy of the file: the
// memo knows it, nothing is sent.
func TestRefusedTokenComesBackWithAnOldCopy(t *testing.T) {
	t.Parallel()
	old := storeText(t, "AT-0", "RT-0", -time.Minute)
	home := homeWith(t, old)
	s := hasty(home)
	x := &script{answer: []func(context.Context) ([]byte, error){failure(PostError{Outcome: Refused, Code: "invalid_grant", HTTPStatus: 400}), pairAnswer("AT-8", "RT-8")}}
	_, _, err := s.Renew(t.Context(), testID, "", x.exchange())
	if classOf(err) != "reauth_required" || !strings.Contains(err.Error(), "elsewhere") {
		t.Errorf("%v", err)
	}
	write(t, s.Path(), old)
	if _, _, err := s.Renew(t.Context(), testID, "", x.exchange()); classOf(err) != "reauth_required" || x.tokens() != "RT-0" {
		t.Errorf("sent %s: %v", x.tokens(), err)
	}
	write(t, s.Path(), storeText(t, "AT-7", "RT-7", -time.Minute)) // the other machine's file
	if e, _, err := s.Renew(t.Context(), testID, "", x.exchange()); err != nil || e.AccessToken != "AT-8" {
		t.Errorf("%v", err)
	}
}

// Before a refusal is believed the file is read again, also a little later: a
// program that renews without the lock may have been quicker.
func TestRefusalIsNotBelievedAtOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		after time.Duration
		life  time.Duration
		sent  string
		token string
	}{
		"at once":                {0, 10 * time.Minute, "RT-0", "AT-9"},
		"100 ms later":           {100 * time.Millisecond, 10 * time.Minute, "RT-0", "AT-9"},
		"another expired pair":   {100 * time.Millisecond, -time.Second, "RT-0 RT-9", "AT-10"},
		"it waited for our lock": {2900 * time.Millisecond, 10 * time.Minute, "RT-0", "AT-9"},
		"much later is too late": {4 * time.Second, 10 * time.Minute, "RT-0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
				s := Open(home, Options{})
				foreign := func() { write(t, s.Path(), storeText(t, "AT-9", "RT-9", tc.life)) }
				x := &script{answer: []func(context.Context) ([]byte, error){
					func(context.Context) ([]byte, error) {
						if tc.after == 0 {
							foreign()
						} else {
							time.AfterFunc(tc.after, foreign)
						}
						return nil, &PostError{Outcome: Refused, HTTPStatus: 400}
					},
					pairAnswer("AT-10", "RT-10"),
				}}
				e, r, err := s.Renew(t.Context(), testID, "", x.exchange())
				if e.AccessToken != tc.token || x.tokens() != tc.sent || (err == nil) != (tc.token != "") {
					t.Errorf("token %q, sent %s: %v", e.AccessToken, x.tokens(), err)
				}
				if tc.token == "AT-9" && (!r.Adopted || r.Renewed) {
					t.Errorf("%+v", r)
				}
				time.Sleep(2 * time.Second) // the foreign writer of the last case
			})
		})
	}
}

// A backup of the store, some renewals old, comes back: its grant is refused,
// and the one that we saved last is there again.
func TestOlderStoreComesBack(t *testing.T) {
	t.Parallel()
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	s := hasty(home)
	x := &script{answer: []func(context.Context) ([]byte, error){pairAnswer("AT-1", "RT-1"), failure(PostError{Outcome: Refused, HTTPStatus: 400})}}
	if _, _, err := s.Renew(t.Context(), testID, "", x.exchange()); err != nil {
		t.Fatal(err)
	}
	write(t, s.Path(), storeText(t, "AT-older", "RT-older", -time.Hour))
	if e, _, err := hasty(home).Renew(t.Context(), testID, "", x.exchange()); err != nil || e.AccessToken != "AT-1" || x.tokens() != "RT-0 RT-older" {
		t.Errorf("%q, sent %q: %v", e.AccessToken, x.tokens(), err)
	}
	if _, _, err := hasty(home).Renew(t.Context(), testID, "AT-1", x.exchange()); classOf(err) != "reauth_required" || x.tokens() != "RT-0 RT-older RT-1" {
		t.Errorf("when that one is refused too: sent %q: %v", x.tokens(), err)
	}
}

// heldRenewal is a renewal that has the lock of a home with the pair AT-0, RT-0.
func heldRenewal(t *testing.T) (*renewal, Entry) {
	t.Helper()
	s := Open(homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute)), Options{})
	h, err := s.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Release)
	r := &renewal{s: s, h: h, id: testID}
	e, _, err := r.current()
	if err != nil {
		t.Fatal(err)
	}
	return r, e
}

// Only the grant that was refused goes: a login that came meanwhile stays.
func TestQuarantineComparesTheGrant(t *testing.T) {
	r, e := heldRenewal(t)
	e.RefreshToken = "RT-older"
	before := read(t, r.s.Path())
	if err := r.quarantine(e, &PostError{Outcome: Refused}, "invalid_grant"); err != nil {
		t.Fatal(err)
	}
	if read(t, r.s.Path()) != before {
		t.Error("another grant was quarantined")
	}
}

// A token is spent by whoever has its journal, and only while it is the one in the file.
func TestAlone(t *testing.T) {
	r, e := heldRenewal(t)
	if err := r.alone(e); err != nil {
		t.Error(err)
	}
	older := e
	older.RefreshToken = "RT-older"
	if err := r.alone(older); err != journal.ErrInFlight {
		t.Errorf("another token is in the file: %v", err)
	}
	store, j, err := r.prepare(e)
	if err != nil {
		t.Fatal(err)
	}
	store.Discard()
	home := filepath.Dir(r.s.Path())
	before := listed(t, home)
	if _, _, err := r.prepare(e); err != journal.ErrInFlight {
		t.Errorf("a second journal: %v", err)
	}
	if after := listed(t, home); after != before {
		t.Errorf("it left %s, before it there was %s", after, before)
	}
	j.Drop()
}

// What cannot be sent is tried again as long as there is time for it.
func TestTimeForARepetition(t *testing.T) {
	for took, want := range map[time.Duration]int{time.Second: 3, repeatUntil - repeatAfter: 2, repeatUntil: 1} {
		r, e := heldRenewal(t)
		j, err := journal.Open(r.h.place.journal(r.id), journal.Attempt{RT: journal.Fingerprint("RT-0"), Provider: testID}, nil)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			sent := 0
			r.x.Post = func(context.Context, Entry) ([]byte, error) {
				sent++
				time.Sleep(took)
				return nil, &PostError{Outcome: NotSent}
			}
			if _, err := r.post(t.Context(), e, j); err == nil || sent != want {
				t.Errorf("%v each: sent %d times, want %d: %v", took, sent, want, err)
			}
		})
		j.Drop()
	}
}

// The answer of a renewal that was cut off may say why there is no pair; one that nobody understands is kept.
func TestUnusableAnswer(t *testing.T) {
	for _, c := range []struct {
		why  error
		kept bool
	}{{errors.New("not JSON"), true}, {&PostError{Outcome: Unknown}, true}, {&PostError{Outcome: Transient, HTTPStatus: 503}, false}} {
		r, e := heldRenewal(t)
		path := r.h.place.journal(r.id)
		write(t, path, journalText(t, "RT-0", testID, "<html>", 1, 0))
		line := journal.Attempt{RT: journal.Fingerprint("RT-0"), Provider: testID, Tries: 1}
		if err := r.unusable(e, line, c.why); err != nil || exists(path) != c.kept || (r.cut.Tries == 1) != c.kept {
			t.Errorf("%v: %v, the journal stands: %v, %d tries", c.why, err, exists(path), r.cut.Tries)
		}
	}
}
