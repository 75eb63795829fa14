package sandbox

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestLoginFlow(t *testing.T) {
	t.Parallel()
	for _, paths := range [][2]string{
		{"/oauth/code", "/oauth/token"},
		{"/oauth2/device/code", "/oauth2/token"},
	} {
		t.Run(paths[0], func(t *testing.T) {
			t.Parallel()
			s, base := start(t, Options{PollInterval: 3 * time.Second})
			begun := askCode(t, base, paths[0]).object(t)
			code := text(begun, "user_code")
			if text(begun, "state") != testState || number(begun, "interval") != 3000 {
				t.Errorf("begun: %v", begun)
			}
			if want := base + "/oauth-authorize?user_code=" + code; text(begun, "verification_uri") != want {
				t.Errorf("verification_uri %q, want %q", text(begun, "verification_uri"), want)
			}
			fields := []string{
				"grant_type", userCodeGrant, "client_id", testClient, "user_code", code, "code_verifier", testVerifier,
			}
			if got := text(postForm(t, base+paths[1], fields...).object(t), "status"); got != "pending" {
				t.Errorf("before the person decides: status %q", got)
			}
			if a := postForm(t, base+approvePath, "user_code", code, "action", "approve"); a.status != 200 {
				t.Fatalf("approve: %d %s", a.status, a.body)
			}
			done := postForm(t, base+paths[1], fields...).object(t)
			if text(done, "status") != "success" || text(done, "token_type") != "Bearer" || text(done, "refresh_token") == "" {
				t.Fatalf("done: %v", done)
			}
			if text(done, "resource_url") != base+"/anthropic" || text(done, "notification_message") == "" {
				t.Errorf("done: %v", done)
			}
			a := send(t, http.MethodPost, base+"/anthropic/v1/messages", hello,
				"Authorization", "Bearer "+text(done, "access_token"))
			if a.status != 200 {
				t.Errorf("inference with the token: %d %s", a.status, a.body)
			}
			if n := s.State(); n.Logins != 1 || n.Polls != 2 || n.EarlyPolls != 1 {
				t.Errorf("logins %d, polls %d, early %d", n.Logins, n.Polls, n.EarlyPolls)
			}
		})
	}
}

func TestCodeRequestIsChecked(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	tests := []struct{ field, value, says string }{
		{"response_type", "token", "response_type"},
		{"response_type", "", "response_type"},
		{"client_id", "", "client_id"},
		{"scope", "", "scope"},
		{"state", "", "state"},
		{"code_challenge", "", "code_challenge"},
		{"code_challenge", "short", "code_challenge"},
		{"code_challenge_method", "plain", "S256"},
		{"code_challenge_method", "", "S256"},
	}
	for _, test := range tests {
		a := askCode(t, base, "/oauth/code", test.field, test.value)
		v := a.object(t)
		if a.status != 400 || !strings.Contains(text(v, "base_resp", "status_msg"), test.says) {
			t.Errorf("%s=%q: %d %s", test.field, test.value, a.status, a.body)
		}
	}
	a := send(t, http.MethodPost, base+"/oauth/code", `{"response_type":"code"}`, "Content-Type", "application/json")
	if a.status != 400 || !strings.Contains(a.body, "not a form") {
		t.Errorf("JSON instead of a form: %d %s", a.status, a.body)
	}
	if a := send(t, http.MethodGet, base+"/oauth/code", ""); a.status != 405 || a.header.Get("Allow") != "POST" {
		t.Errorf("GET: %d, Allow %q", a.status, a.header.Get("Allow"))
	}
}

func TestPKCE(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{AutoApprove: true})
	for _, verifier := range []string{"", "wrong", testVerifier + "x", challengeOf(testVerifier)} {
		code := text(askCode(t, base, "/oauth/code").object(t), "user_code")
		a := poll(t, base, code, "code_verifier", verifier)
		if a.status != 400 || !strings.Contains(a.body, "invalid_grant") || strings.Contains(a.body, "access_token") {
			t.Errorf("verifier %q: %d %s", verifier, a.status, a.body)
		}
		if a := poll(t, base, code); a.status != 400 {
			t.Errorf("the code outlived a wrong verifier: %d %s", a.status, a.body)
		}
	}
}

func TestPollRefusals(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{AutoApprove: true})
	fresh := func() string { return text(askCode(t, base, "/oauth/code").object(t), "user_code") }
	used := fresh()
	if a := poll(t, base, used); text(a.object(t), "status") != "success" {
		t.Fatalf("login: %s", a.body)
	}
	tests := []struct {
		what, code string
		more       []string
		says       string
	}{
		{"unknown code", "AAAA-BBBB", nil, "invalid_grant"},
		{"no code", "", nil, "invalid_grant"},
		{"used code", used, nil, "invalid_grant"},
		{"another client", fresh(), []string{"client_id", "somebody-else"}, "invalid_grant"},
		{"no client", fresh(), []string{"client_id", ""}, "invalid_client"},
		{"RFC 8628's grant type", fresh(), []string{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"}, "unsupported_grant_type"},
		{"no grant type", fresh(), []string{"grant_type", ""}, "unsupported_grant_type"},
	}
	for _, test := range tests {
		a := poll(t, base, test.code, test.more...)
		v := a.object(t)
		if a.status != 400 || text(v, "error") != test.says || !strings.Contains(text(v, "base_resp", "status_msg"), test.says) {
			t.Errorf("%s: %d %s", test.what, a.status, a.body)
		}
	}
}

func TestDeniedLogin(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	code := text(askCode(t, base, "/oauth/code").object(t), "user_code")
	if a := postForm(t, base+approvePath, "user_code", code, "action", "deny"); a.status != 200 {
		t.Fatalf("deny: %d", a.status)
	}
	a := poll(t, base, code)
	v := a.object(t)
	if a.status != 200 || text(v, "status") != "error" || !strings.Contains(text(v, "base_resp", "status_msg"), "denied") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestExpiredLogin(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{CodeTTL: time.Nanosecond, AutoApprove: true})
	code := text(askCode(t, base, "/oauth/code").object(t), "user_code")
	v := poll(t, base, code).object(t)
	if text(v, "status") != "error" || !strings.Contains(text(v, "base_resp", "status_msg"), "expired") {
		t.Errorf("%v", v)
	}
}

func TestExpiredInEncodings(t *testing.T) {
	t.Parallel()
	const ttl, skew = 20 * time.Minute, 2 * time.Hour
	tests := []struct {
		encoding string
		want     func(now time.Time, ttl time.Duration) (n, slack int64)
	}{
		{"", func(now time.Time, ttl time.Duration) (int64, int64) { return now.Add(ttl).UnixMilli(), 10_000 }},
		{"ms", func(now time.Time, ttl time.Duration) (int64, int64) { return now.Add(ttl).UnixMilli(), 10_000 }},
		{"epoch-s", func(now time.Time, ttl time.Duration) (int64, int64) { return now.Add(ttl).Unix(), 10 }},
		{"s", func(_ time.Time, ttl time.Duration) (int64, int64) { return int64(ttl / time.Second), 1 }},
	}
	for _, test := range tests {
		t.Run(test.encoding, func(t *testing.T) {
			t.Parallel()
			o := Options{ExpiresIn: test.encoding, TokenTTL: ttl, CodeTTL: 2 * ttl, ClockSkew: skew, AutoApprove: true}
			_, base := start(t, o)
			now := time.Now().Add(skew)
			begun := askCode(t, base, "/oauth/code").object(t)
			done := poll(t, base, text(begun, "user_code")).object(t)
			renewed := refresh(t, base, text(done, "refresh_token")).object(t)
			for what, v := range map[string]map[string]any{"begun": begun, "done": done, "renewed": renewed} {
				life := ttl
				if what == "begun" {
					life = 2 * ttl
				}
				want, slack := test.want(now, life)
				if got := int64(number(v, "expired_in")); got < want-slack || got > want+slack {
					t.Errorf("%s: expired_in %d, want about %d", what, got, want)
				}
			}
		})
	}
}

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{})
	access, token := logIn(t, s)
	seen := map[string]bool{access: true, token: true}
	for range 4 {
		a := refresh(t, base, token)
		v := a.object(t)
		if a.status != 200 || text(v, "status") != "success" {
			t.Fatalf("%d %s", a.status, a.body)
		}
		token = text(v, "refresh_token")
		for _, fresh := range []string{token, text(v, "access_token")} {
			if fresh == "" || seen[fresh] {
				t.Fatalf("token %q is not new", fresh)
			}
			seen[fresh] = true
		}
	}
	if n := s.State(); n.Refreshes != 4 || n.Exchanges != 4 || n.Reuses != 0 || n.RevokedGrants != 0 {
		t.Errorf("%+v", n)
	}
}

func TestReuseRevokesTheWholeGrant(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{})
	access, first := logIn(t, s)
	bystander, _ := logIn(t, s)
	second := refresh(t, base, first).object(t)
	a := refresh(t, base, first)
	v := a.object(t)
	if a.status != 400 || text(v, "error") != "invalid_grant" || !strings.Contains(a.body, "refresh_token_reused") {
		t.Fatalf("the reuse: %d %s", a.status, a.body)
	}
	if a := refresh(t, base, text(second, "refresh_token")); a.status != 400 || !strings.Contains(a.body, "invalid_grant") {
		t.Errorf("the successor: %d %s", a.status, a.body)
	}
	for what, token := range map[string]string{"old": access, "new": text(second, "access_token")} {
		if a := send(t, http.MethodPost, base+"/v1/messages", hello, "Authorization", "Bearer "+token); a.status != 401 {
			t.Errorf("the %s access token: %d", what, a.status)
		}
	}
	if a := send(t, http.MethodPost, base+"/v1/messages", hello, "Authorization", "Bearer "+bystander); a.status != 200 {
		t.Errorf("another login was hit: %d", a.status)
	}
	if n := s.State(); n.Reuses != 1 || n.RevokedGrants != 1 || n.Refreshes != 1 || n.Exchanges != 3 {
		t.Errorf("%+v", n)
	}
}

func TestRefreshRefusals(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{})
	_, token := logIn(t, s)
	tests := []struct {
		what, token string
		more        []string
		says        string
	}{
		{"unknown", "sbx-rt-unknown", nil, "invalid_refresh_token"},
		{"empty", "", nil, "invalid_refresh_token"},
		{"another client", token, []string{"client_id", "somebody-else"}, "invalid_client"},
		{"no client", token, []string{"client_id", ""}, "invalid_client"},
	}
	for _, test := range tests {
		if a := refresh(t, base, test.token, test.more...); a.status != 400 || !strings.Contains(a.body, test.says) {
			t.Errorf("%s: %d %s", test.what, a.status, a.body)
		}
	}
	if a := refresh(t, base, token); a.status != 200 {
		t.Errorf("the token did not survive the refusals: %d %s", a.status, a.body)
	}
}

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
