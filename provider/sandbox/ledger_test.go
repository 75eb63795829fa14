package sandbox

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// These tests run on a clock of their own; the ledger does no I/O.

func ledgerFor(t *testing.T, o Options) *ledger {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s.ledger
}

func TestAccessTokenLife(t *testing.T) {
	t.Parallel()
	tests := []struct {
		ttl, wait time.Duration
		valid     bool
	}{
		{0, 15*time.Minute - time.Second, true}, // the default
		{0, 15 * time.Minute, false},
		{time.Hour, 59 * time.Minute, true},
		{time.Hour, time.Hour, false},
		{time.Second, 2 * time.Second, false},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			l := ledgerFor(t, Options{TokenTTL: test.ttl})
			p := l.issue(testClient, nil)
			if !l.valid(p.access) {
				t.Fatal("a fresh token is not valid")
			}
			time.Sleep(test.wait)
			if got := l.valid(p.access); got != test.valid {
				t.Errorf("ttl %v, after %v: valid %v", test.ttl, test.wait, got)
			}
		})
	}
}

func TestUserCodeLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := ledgerFor(t, Options{AutoApprove: true})
		code, expires := l.newCode(testClient, challengeOf(testVerifier))
		if got := time.Until(expires); got != 10*time.Minute {
			t.Errorf("life %v, want the default of 10 minutes", got)
		}
		time.Sleep(10 * time.Minute)
		if l.waits(code) || l.decide(code, "approve") {
			t.Error("the code still waits")
		}
		var no *refusal
		if _, err := l.poll(testClient, code, testVerifier, false, nil); !errors.As(err, &no) || no.code != "expired" {
			t.Errorf("poll: %v", err)
		}
	})
}

func TestGraceWindow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what        string
		grace, wait time.Duration
		same        bool
	}{
		{"strict, at once", 0, 0, false},
		{"at once", 10 * time.Second, 0, true},
		{"at its end", 10 * time.Second, 10 * time.Second, true},
		{"after it", 10 * time.Second, 11 * time.Second, false},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			l := ledgerFor(t, Options{Grace: test.grace})
			first := l.issue(testClient, nil)
			second, err := l.renew(testClient, first.refresh, false)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(test.wait)
			again, err := l.renew(testClient, first.refresh, false)
			if same := again == second && err == nil; same != test.same {
				t.Errorf("%s: got %v, %v", test.what, again, err)
			}
			if _, err := l.renew(testClient, second.refresh, false); (err == nil) != test.same {
				t.Errorf("%s: the successor: %v", test.what, err)
			}
		})
	}
}

func TestGraceDoesNotReviveARevokedGrant(t *testing.T) {
	t.Parallel()
	l := ledgerFor(t, Options{Grace: time.Hour})
	first := l.issue(testClient, nil)
	if _, err := l.renew(testClient, first.refresh, false); err != nil {
		t.Fatal(err)
	}
	if n := l.revokeAll(); n != 1 {
		t.Errorf("revoked %d", n)
	}
	if p, err := l.renew(testClient, first.refresh, false); err == nil {
		t.Errorf("got %v from a revoked grant", p)
	}
}

func TestEarlyPolls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := ledgerFor(t, Options{PollInterval: 3 * time.Second})
		code, _ := l.newCode(testClient, challengeOf(testVerifier))
		for _, wait := range []time.Duration{0, 3 * time.Second, time.Second, 2990 * time.Millisecond} {
			time.Sleep(wait)
			if p, err := l.poll(testClient, code, testVerifier, false, nil); p != nil || err != nil {
				t.Fatalf("poll: %v, %v", p, err)
			}
		}
		if _, polls, early := l.loginCounts(); polls != 4 || early != 1 {
			t.Errorf("polls %d, early %d; want 4 and 1", polls, early)
		}
	})
}

func TestExpireAllCountsTheLiving(t *testing.T) {
	t.Parallel()
	l := ledgerFor(t, Options{})
	a, b := l.issue(testClient, nil), l.issue(testClient, nil)
	l.expire(a.access)
	l.expire("unknown")
	if n := l.expireAll(); n != 1 || l.valid(b.access) {
		t.Errorf("expired %d, the other is valid: %v", n, l.valid(b.access))
	}
	if _, err := l.renew(testClient, b.refresh, false); err != nil {
		t.Errorf("the refresh token died too: %v", err)
	}
}

func TestCodesAreForPeople(t *testing.T) {
	t.Parallel()
	l := ledgerFor(t, Options{})
	seen := map[string]bool{}
	for range 50 {
		code, _ := l.newCode(testClient, "x")
		if len(code) != 9 || code[4] != '-' || seen[code] {
			t.Fatalf("code %q", code)
		}
		seen[code] = true
	}
}
