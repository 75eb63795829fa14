package login

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
)

func matches(s, pattern string) bool { return regexp.MustCompile(pattern).MatchString(s) }

// loggedIn stores a login at the portal, changed by pairs.
func (r *room) loggedIn(t *testing.T, p *portal, pairs ...any) Account {
	t.Helper()
	a := r.portal(t, p)
	r.store(t, a.ID, append([]any{"portal_base_url", a.Issuer.Portal}, pairs...)...)
	return a
}

func TestToken(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		block    []any
		terminal bool
		show     bool
		class    string
		out      string
		requests int
	}{
		"fresh":                      {out: "OLD-AT\n"},
		"fresh, 59 s left":           {block: []any{"expires_at", iso(59 * time.Second)}, out: "NEW-AT\n", requests: 1},
		"expired":                    {block: []any{"expires_at", iso(-time.Hour)}, out: "NEW-AT\n", requests: 1},
		"terminal":                   {terminal: true, class: "usage"},
		"terminal, show":             {terminal: true, show: true, out: "OLD-AT\n"},
		"quarantined":                {block: []any{"access_token", nil, "refresh_token", nil}, class: "not_logged_in"},
		"expired, no refresh token":  {block: []any{"expires_at", iso(-time.Hour), "refresh_token", nil}, class: "not_logged_in"},
		"expired, foreign portal":    {block: []any{"expires_at", iso(-time.Hour), "portal_base_url", "https://evil.test"}, class: "config"},
		"expired, portal not stored": {block: []any{"expires_at", iso(-time.Hour), "portal_base_url", nil}, class: "reauth_required"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, p := newRoom(t), &portal{}
			a := r.loggedIn(t, p, tc.block...)
			r.UI.OutTerminal = tc.terminal
			wantClass(t, r.Token(t.Context(), a, tc.show), tc.class)
			if r.out.String() != tc.out || p.requests() != tc.requests {
				t.Errorf("stdout %q after %d requests, want %q after %d", r.out.String(), p.requests(), tc.out, tc.requests)
			}
			if strings.Contains(r.err.String(), "-AT") {
				t.Errorf("stderr %q", r.err.String())
			}
		})
	}
}

func TestTokenOfKeys(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	wantClass(t, r.Token(t.Context(), keyed(), false), "not_logged_in")
	wantClass(t, r.Token(t.Context(), Account{ID: "sandbox", Kind: KindNone}, false), "usage")
	wantClass(t, r.Token(t.Context(), minimax(), false), "not_logged_in")
	r.env["MINIMAX_API_KEY"], r.env["MINIMAX_CN_API_KEY"] = "sk-environment", "sk-china"
	wantClass(t, r.Token(t.Context(), keyed(), false), "")
	r.put(t, ".env", "MINIMAX_API_KEY=sk-from-file\n")
	wantClass(t, r.Token(t.Context(), keyed(), false), "")
	wantClass(t, r.Token(t.Context(), china(), false), "")
	r.store(t, "minimax-cn")
	wantClass(t, r.Token(t.Context(), china(), false), "")
	if want := "sk-environment\nsk-from-file\nsk-china\nOLD-AT\n"; r.out.String() != want {
		t.Errorf("%q, want %q", r.out.String(), want)
	}
	wantClass(t, r.Token(t.Context(), minimax(), false), "not_logged_in")
	r.put(t, "auth.json", "{")
	wantClass(t, r.Token(t.Context(), china(), false), "config")
	wantClass(t, r.Token(t.Context(), keyed(), false), "")
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		block    []any
		o        RefreshOptions
		requests int
		says     string
	}{
		"fresh":             {nil, RefreshOptions{}, 1, "minimax-oauth: renewed, valid for 14m"},
		"min-ttl, enough":   {nil, RefreshOptions{MinTTL: 10 * time.Minute}, 0, "still valid for 13m, not renewed"},
		"min-ttl, too few":  {nil, RefreshOptions{MinTTL: 30 * time.Minute}, 1, "renewed"},
		"expired":           {[]any{"expires_at", iso(-time.Hour)}, RefreshOptions{}, 1, "renewed"},
		"no access token":   {[]any{"access_token", nil}, RefreshOptions{}, 1, "renewed"},
		"min-ttl, no token": {[]any{"access_token", nil}, RefreshOptions{MinTTL: time.Minute}, 1, "renewed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, p := newRoom(t), &portal{}
			a := r.loggedIn(t, p, tc.block...)
			tc.o.JSON = true
			wantClass(t, r.Refresh(t.Context(), a, tc.o), "")
			wantText(t, "stderr", r.err.String(), tc.says)
			e := r.events(t)[0]
			if p.requests() != tc.requests || e["renewed"] != (tc.requests == 1) || e["provider"] != "minimax-oauth" || e["expires_in"].(float64) < 800 {
				t.Errorf("%d requests: %v", p.requests(), e)
			}
			want := "OLD-AT"
			if tc.requests == 1 {
				want = "NEW-AT"
				if f := p.forms[0]; f.Get("grant_type") != "refresh_token" || f.Get("refresh_token") != "OLD-RT" {
					t.Errorf("form %v", f)
				}
			}
			if got := block(t, r.file("auth.json"), "minimax-oauth"); string(got["access_token"]) != `"`+want+`"` || len(got) != 13 {
				t.Errorf("stored %s", got)
			}
			if strings.Contains(r.out.String()+r.err.String(), "-AT") {
				t.Error("a token was printed")
			}
		})
	}
}

func TestRefreshRefused(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	wantClass(t, r.Refresh(t.Context(), keyed(), RefreshOptions{}), "usage")
	wantClass(t, r.Refresh(t.Context(), minimax(), RefreshOptions{}), "not_logged_in")
	if r.file("auth.json") != "" {
		t.Error("auth.json was written")
	}
}

// TestRefreshDead is the quarantine of Hermes Agent: five keys go, the rest
// stays, and the next use makes no request.
func TestRefreshDead(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	p := &portal{token: always(400, object{"error": "invalid_grant", "error_description": "refresh token was already used"})}
	a := r.loggedIn(t, p)
	err := r.Refresh(t.Context(), a, RefreshOptions{})
	wantClass(t, err, "reauth_required")
	got := block(t, r.file("auth.json"), "minimax-oauth")
	for _, key := range []string{"access_token", "refresh_token", "expires_at", "expires_in", "obtained_at"} {
		if _, ok := got[key]; ok {
			t.Errorf("%s is still there", key)
		}
	}
	for _, key := range []string{"provider", "region", "portal_base_url", "inference_base_url", "client_id", "scope", "token_type", "resource_url"} {
		if _, ok := got[key]; !ok {
			t.Errorf("%s is gone", key)
		}
	}
	wantText(t, "last_auth_error", string(got["last_auth_error"]),
		`"provider": "minimax-oauth"`, `"code": "refresh_failed"`, `"reason": "runtime_refresh_failure"`, `"relogin_required": true`, `"at": "20`, "already used")
	requests := p.requests()
	wantClass(t, r.Token(t.Context(), a, false), "reauth_required")
	if p.requests() != requests || r.out.Len() != 0 {
		t.Errorf("%d requests more, stdout %q", p.requests()-requests, r.out.String())
	}
	p.token = nil
	if err := r.Add(t.Context(), a, AddOptions{}); err != nil {
		t.Fatal(err)
	}
	wantClass(t, r.Status([]Account{a}, false), "")
	if got := block(t, r.file("auth.json"), "minimax-oauth"); len(got) != 13 {
		t.Errorf("after the login: %q", keysOf(got))
	}
}

// TestRefreshTransient keeps the login whole.
func TestRefreshTransient(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status int
		doc    any
		class  string
	}{
		"429":     {429, "slow", "rate_limit"},
		"403":     {403, object{"error": "your plan"}, "billing"},
		"client":  {401, object{"error": "invalid_client"}, "auth_refused"},
		"200 bad": {200, "<html>", "protocol"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, p := newRoom(t), &portal{token: always(tc.status, tc.doc)}
			a := r.loggedIn(t, p)
			err := r.Refresh(t.Context(), a, RefreshOptions{})
			wantClass(t, err, tc.class)
			got := block(t, r.file("auth.json"), "minimax-oauth")
			if string(got["refresh_token"]) != `"OLD-RT"` || string(got["access_token"]) != `"OLD-AT"` {
				t.Errorf("stored %s", got)
			}
		})
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errBroken{} }

type errBroken struct{}

func (errBroken) Error() string { return "broken pipe" }

func TestStdoutFails(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.store(t, "minimax-oauth")
	r.UI.Out = brokenPipe{}
	for name, err := range map[string]error{
		"token":  r.Token(t.Context(), minimax(), false),
		"status": r.Status([]Account{minimax()}, false),
		"list":   r.List(accounts(), true),
		"add":    r.Add(t.Context(), r.portal(t, &portal{}), AddOptions{JSON: true}),
	} {
		if !errors.Is(err, errBroken{}) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
