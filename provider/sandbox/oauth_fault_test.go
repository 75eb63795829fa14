package sandbox

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTokenFaults(t *testing.T) {
	t.Parallel()
	t.Run("lost-answer", func(t *testing.T) {
		t.Parallel()
		s, base := start(t, Options{Fault: "lost-answer*1"})
		_, token := logIn(t, s)
		_, err := trySend(t, http.MethodPost, base+"/oauth/token",
			formOf("grant_type", "refresh_token", "client_id", testClient, "refresh_token", token).Encode(),
			"Content-Type", "application/x-www-form-urlencoded")
		if err == nil {
			t.Fatal("there was an answer")
		}
		if n := s.State(); n.Refreshes != 1 {
			t.Errorf("refreshes %d, want 1: it must be lost after the rotation", n.Refreshes)
		}
		if a := refresh(t, base, token); !strings.Contains(a.body, "refresh_token_reused") {
			t.Errorf("the second try on a strict server: %s", a.body)
		}
	})
	t.Run("lost-answer with grace", func(t *testing.T) {
		t.Parallel()
		s, base := start(t, Options{Fault: "lost-answer*1", Grace: time.Minute})
		_, token := logIn(t, s)
		_, err := trySend(t, http.MethodPost, base+"/oauth/token",
			formOf("grant_type", "refresh_token", "client_id", testClient, "refresh_token", token).Encode(),
			"Content-Type", "application/x-www-form-urlencoded")
		if err == nil {
			t.Fatal("there was an answer")
		}
		if a := refresh(t, base, token); a.status != 200 || text(a.object(t), "status") != "success" {
			t.Errorf("the second try: %d %s", a.status, a.body)
		}
		if n := s.State(); n.Refreshes != 1 || n.Graced != 1 || n.Reuses != 0 {
			t.Errorf("%+v", n)
		}
	})
	t.Run("slow-token", func(t *testing.T) {
		t.Parallel()
		s, base := start(t, Options{Fault: "slow-token=100ms"})
		_, token := logIn(t, s)
		begin := time.Now()
		answer := make(chan answered, 1)
		go func() { answer <- refresh(t, base, token) }()
		eventually(t, "the rotation comes before the wait", func() bool { return s.State().Refreshes == 1 })
		if a := <-answer; a.status != 200 || time.Since(begin) < 100*time.Millisecond {
			t.Errorf("%d after %v", a.status, time.Since(begin))
		}
	})
	t.Run("no-rotation", func(t *testing.T) {
		t.Parallel()
		s, base := start(t, Options{Fault: "no-rotation"})
		access, token := logIn(t, s)
		for range 2 {
			v := refresh(t, base, token).object(t)
			if _, named := v["refresh_token"]; named || text(v, "access_token") == access || text(v, "access_token") == "" {
				t.Errorf("%v", v)
			}
		}
	})
}

func TestLoginFaults(t *testing.T) {
	t.Parallel()
	t.Run("invalid-grant", func(t *testing.T) {
		t.Parallel()
		s, base := start(t, Options{Fault: "invalid-grant*1"})
		_, token := logIn(t, s)
		if a := refresh(t, base, token); a.status != 400 || !strings.Contains(a.body, "invalid_grant") {
			t.Errorf("%d %s", a.status, a.body)
		}
		if a := refresh(t, base, token); a.status != 200 {
			t.Errorf("afterwards: %d %s", a.status, a.body)
		}
	})
	t.Run("pending", func(t *testing.T) {
		t.Parallel()
		_, base := start(t, Options{Fault: "pending*2", AutoApprove: true})
		code := text(askCode(t, base, "/oauth/code").object(t), "user_code")
		for i, want := range []string{"pending", "pending", "success"} {
			if got := text(poll(t, base, code).object(t), "status"); got != want {
				t.Errorf("poll %d: %q, want %q", i+1, got, want)
			}
		}
	})
	t.Run("wrong-state", func(t *testing.T) {
		t.Parallel()
		_, base := start(t, Options{Fault: "wrong-state*1"})
		for i, same := range []bool{false, true} {
			if got := text(askCode(t, base, "/oauth/code").object(t), "state"); (got == testState) != same {
				t.Errorf("login %d: state %q", i+1, got)
			}
		}
	})
	t.Run("a code that lacks a field", func(t *testing.T) {
		t.Parallel()
		_, base := start(t, Options{Fault: "code:without=verification_uri"})
		if o := askCode(t, base, "/oauth/code").object(t); o["verification_uri"] != nil || o["user_code"] == nil {
			t.Errorf("%v", o)
		}
	})
	t.Run("cut in the middle of the answer", func(t *testing.T) {
		t.Parallel()
		s, base := start(t, Options{Fault: "token:cut=30*1"})
		_, token := logIn(t, s)
		if a := refresh(t, base, token); len(a.body) != 30 || a.err == nil {
			t.Errorf("%q, %v", a.body, a.err)
		}
		if s.State().Refreshes != 1 {
			t.Error("it did not rotate")
		}
	})
}

func TestRedirectToTheSecondPort(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{RedirectOAuth: true, AutoApprove: true})
	a := askCode(t, base, "/oauth/code")
	target := a.header.Get("Location")
	if a.status != 307 || a.body != "" || !strings.HasSuffix(target, "/oauth2/device/code") || strings.HasPrefix(target, base) {
		t.Fatalf("%d, Location %q, base %q", a.status, target, base)
	}
	begun := askCode(t, strings.TrimSuffix(target, "/oauth2/device/code"), "/oauth2/device/code").object(t)
	moved := poll(t, base, text(begun, "user_code"))
	target = moved.header.Get("Location")
	if moved.status != 307 || !strings.HasSuffix(target, "/oauth2/token") {
		t.Fatalf("%d, Location %q", moved.status, target)
	}
	done := postForm(t, target, "grant_type", userCodeGrant, "client_id", testClient,
		"user_code", text(begun, "user_code"), "code_verifier", testVerifier).object(t)
	if text(done, "status") != "success" {
		t.Errorf("%v", done)
	}
	if want := base + "/anthropic"; text(done, "resource_url") != want {
		t.Errorf("resource_url %q, want %q", text(done, "resource_url"), want)
	}
	if !strings.HasPrefix(text(begun, "verification_uri"), base) {
		t.Errorf("verification_uri %q", text(begun, "verification_uri"))
	}
}

func TestConcurrentRefreshesSpendATokenOnce(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{})
	_, token := logIn(t, s)
	const many = 16
	status := make(chan int, many)
	for range many {
		go func() { status <- refresh(t, base, token).status }()
	}
	good := 0
	for range many {
		if <-status == 200 {
			good++
		}
	}
	n := s.State()
	if good != 1 || n.Refreshes != 1 || n.Reuses != many-1 || n.RevokedGrants != 1 || n.Exchanges != many {
		t.Errorf("%d succeeded; %+v", good, n)
	}
}

func TestLoginEndpoint(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	v := postForm(t, base+"/_sandbox/login", "client_id", testClient).object(t)
	if a := refresh(t, base, text(v, "refresh_token")); a.status != 200 {
		t.Errorf("its refresh token: %d %s", a.status, a.body)
	}
	if text(v, "resource_url") != base+"/anthropic" {
		t.Errorf("resource_url %q", text(v, "resource_url"))
	}
	if a := postForm(t, base+"/_sandbox/login"); a.status != 400 {
		t.Errorf("without client_id: %d", a.status)
	}
}
