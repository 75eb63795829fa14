package login

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

func accounts() []Account {
	return []Account{minimax(), keyed(), china(), {ID: "sandbox", Name: "Sandbox", Kind: KindNone}}
}

type statusCase struct {
	block         []any // pairs for store; nil stores nothing
	class         string
	says          []string
	state         string
	loggedIn      bool
	error, absent string
}

func statusCases() map[string]statusCase {
	return map[string]statusCase{
		"fresh": {
			[]any{"region", "global"},
			"",
			[]string{"minimax-oauth: logged in, region=global\n", "expires in 13m, renewed by itself", "portal: https://api.minimax.io\n"},
			StateLoggedIn, true, "", "",
		},
		"expired, refreshable": {
			[]any{"expires_at", iso(-3 * time.Hour)},
			"",
			[]string{"minimax-oauth: logged in, region=global\n", "expired 3h ago, renewed by the next run", "expires_at: 20"},
			StateLoggedIn, true, "", "",
		},
		"expired, access token only": {
			[]any{"expires_at", iso(-3 * time.Hour), "refresh_token", nil},
			"not_logged_in",
			[]string{"minimax-oauth: not logged in\n", "expired 3h ago, cannot be renewed"},
			StateNotLoggedIn, false, "hermes auth add minimax-oauth", "",
		},
		"access token only": {
			[]any{"refresh_token", nil}, "", []string{"logged in", "expires in 13m, cannot be renewed"}, StateLoggedIn, true, "", "",
		},
		"refresh token only": {
			[]any{"access_token", nil, "expires_at", nil}, "", []string{"logged in", "expiry unknown, can be renewed"}, StateLoggedIn, true, "", "expires_at",
		},
		"no region": {[]any{"region", nil}, "", []string{"region=global"}, StateLoggedIn, true, "", ""},
		"nothing": {
			nil, "not_logged_in", []string{"minimax-oauth: not logged in\n"}, StateNotLoggedIn, false, "not logged in to minimax-oauth; run: hermes auth add minimax-oauth", "expires",
		},
		"quarantined": {
			[]any{"access_token", nil, "refresh_token", nil, "expires_at", nil, "last_auth_error", map[string]any{
				"provider": "minimax-oauth", "code": "refresh_failed", "message": "refresh token \x1b[31mwas already used", "relogin_required": true,
			}},
			"reauth_required",
			[]string{"minimax-oauth: re-authentication required\n", "reason: refresh token was already used\n"},
			StateReauth, false, "re-authentication required: refresh token was already used; run: hermes auth add minimax-oauth", "portal:",
		},
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	for name, tc := range statusCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			if tc.block != nil {
				r.store(t, "minimax-oauth", tc.block...)
			}
			err := r.Status([]Account{minimax()}, false)
			wantClass(t, err, tc.class)
			wantText(t, "stdout", r.out.String(), tc.says...)
			if err != nil {
				wantText(t, "error", err.Error()+"; "+err.(*Error).Hint(), tc.error)
			}
			text := r.out.String()
			if tc.absent != "" && strings.Contains(text, tc.absent) || strings.Contains(text, "\x1b") {
				t.Errorf("stdout %q", text)
			}
			r.out.Reset()
			wantClass(t, r.Status([]Account{minimax()}, true), tc.class)
			e := r.events(t)[0]
			if e["state"] != tc.state || e["logged_in"] != tc.loggedIn || e["provider"] != "minimax-oauth" {
				t.Errorf("%v", e)
			}
			if strings.Contains(text+r.out.String()+r.err.String(), "OLD-") {
				t.Error("a token was printed")
			}
		})
	}
}

// TestStatusGolden reads what Hermes Agent wrote.
func TestStatusGolden(t *testing.T) {
	t.Parallel()
	for folder, class := range map[string]string{"01-auth-add": "", "04-login-cn": "", "07-quarantined-invalid-grant": "reauth_required", "16-symlink": ""} {
		raw, err := os.ReadFile("../../testdata/golden/" + folder + "/auth.json")
		if err != nil {
			t.Fatal(err)
		}
		r := newRoom(t)
		r.put(t, "auth.json", string(raw))
		wantClass(t, r.Status([]Account{minimax()}, false), class)
		if class != "" {
			wantText(t, "stdout", r.out.String(), "refresh token was already used")
		}
		if strings.Contains(r.out.String(), "FAKE-") {
			t.Errorf("%s: a token was printed", folder)
		}
	}
}

func TestStatusOfMixedAccount(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	cn := []Account{china()}
	wantClass(t, r.Status(cn, false), "not_logged_in")
	r.env["MINIMAX_CN_API_KEY"] = "sk-environment"
	r.out.Reset()
	wantClass(t, r.Status(cn, false), "")
	wantText(t, "stdout", r.out.String(), "minimax-cn: key set, MINIMAX_CN_API_KEY from the environment\n")
	r.put(t, ".env", "MINIMAX_CN_API_KEY=sk-from-file\n")
	r.store(t, "minimax-cn", "region", "cn")
	r.out.Reset()
	wantClass(t, r.Status(cn, false), "")
	wantText(t, "stdout", r.out.String(), "minimax-cn: logged in, region=cn\n", "minimax-cn: key set, MINIMAX_CN_API_KEY from .env\n")
	if strings.Contains(r.out.String(), "sk-") {
		t.Error("a key was printed")
	}
	wantClass(t, r.Status(nil, false), "not_logged_in")
	wantClass(t, r.Status([]Account{minimax(), china()}, false), "")
	r.put(t, "auth.json", "{")
	wantClass(t, r.Status(cn, false), "config")
}

func TestStatusOthers(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	wantClass(t, r.Status([]Account{{ID: "sandbox", Kind: KindNone}}, false), "")
	wantText(t, "stdout", r.out.String(), "sandbox: no login needed\n")
	r.env["MINIMAX_API_KEY"] = "changeme"
	r.out.Reset()
	wantClass(t, r.Status([]Account{keyed()}, false), "not_logged_in")
	wantText(t, "stdout", r.out.String(), "minimax: no key\n")
}

func TestList(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	if err := r.List(accounts(), false); err != nil || r.out.Len() != 0 {
		t.Errorf("%v, %q", err, r.out.String())
	}
	wantText(t, "stderr", r.err.String(), "no logins and no keys here; log in with: hermes auth add minimax-oauth")
	r.put(t, ".env", "MINIMAX_API_KEY=sk-from-file\n")
	raw, err := os.ReadFile("../../testdata/golden/01-auth-add/auth.json")
	if err != nil {
		t.Fatal(err)
	}
	r.put(t, "auth.json", strings.Replace(string(raw), `"providers": {`, `"providers": {"nous\u001b[2J": {"access_token": "FAKE-X"}, `, 1))
	if err := r.List(accounts(), false); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(r.out.String(), "\n")
	if len(lines) != 5 || strings.Contains(r.out.String(), "FAKE") || strings.Contains(r.out.String(), "sk-") || strings.Contains(r.out.String(), "\x1b") {
		t.Fatalf("%q", lines)
	}
	for i, want := range []string{
		`^PROVIDER +KIND +STATE +DETAILS$`,
		`^minimax-oauth +oauth +logged in +active, region=global, expires in \d+[mhd], renewed by itself, 1 pool row$|expired .* renewed by the next run, 1 pool row$`,
		`^minimax +key +key set +MINIMAX_API_KEY from \.env$`,
		`^nous +oauth +foreign`,
	} {
		if !matches(lines[i], want) {
			t.Errorf("line %q does not match %s", lines[i], want)
		}
	}
}

func TestListJSON(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	decode := func() (doc struct {
		Active string           `json:"active_provider"`
		Logins []map[string]any `json:"logins"`
	},
	) {
		t.Helper()
		r.out.Reset()
		if err := r.List(accounts(), true); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(r.out.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		return doc
	}
	if doc := decode(); doc.Logins == nil || len(doc.Logins) != 0 || doc.Active != "" {
		t.Errorf("%+v", doc)
	}
	r.store(t, "minimax-oauth")
	doc := decode()
	if doc.Active != "minimax-oauth" || len(doc.Logins) != 1 {
		t.Fatalf("%+v", doc)
	}
	for key, want := range map[string]any{
		"provider": "minimax-oauth", "kind": "oauth", "state": "logged_in", "logged_in": true, "active": true, "refreshable": true,
		"region": "global", "portal": "https://api.minimax.io", "inference": "https://api.minimax.io/anthropic",
	} {
		if doc.Logins[0][key] != want {
			t.Errorf("%s is %v, want %v", key, doc.Logins[0][key], want)
		}
	}
	r.put(t, "auth.json", "{")
	wantClass(t, r.List(accounts(), true), "config")
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 119 * time.Second: "119s", 2 * time.Minute: "2m", 119 * time.Minute: "119m", 2 * time.Hour: "2h", 47 * time.Hour: "47h", 48 * time.Hour: "2d", 1 << 62: "53375d",
	} {
		if got := span(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
