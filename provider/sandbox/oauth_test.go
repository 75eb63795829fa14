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
