package peer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// loggedIn is a home after an approved login.
func loggedIn(t *testing.T) *home {
	t.Helper()
	h := move(t, serve(t, 0))
	if r := h.login(clientID, "allowed"); r.code != 0 || r.out != "" {
		t.Fatalf("login: exit %d, %q\n%s", r.code, r.out, r.err)
	} else if e := h.entry(); strings.Contains(r.err, e["access_token"].(string)) || strings.Contains(r.err, e["refresh_token"].(string)) {
		t.Errorf("a token was printed")
	}
	return h
}

func wantAnswer(t *testing.T, r result) {
	t.Helper()
	if r.code != 0 || !strings.HasPrefix(r.out, "Sandbox answer") || r.err != "" {
		t.Errorf("exit %d, %q, %q", r.code, r.out, r.err)
	}
}

// wantReauth wants exit 77 with its one line.
func wantReauth(t *testing.T, r result) {
	t.Helper()
	if r.code != 77 || r.out != "" || strings.Count(r.err, "\n") != 1 || !strings.Contains(r.err, "re-authentication required") {
		t.Errorf("exit %d, %q, %q", r.code, r.out, r.err)
	}
}

// TestLogin is the whole of it: a login by device code, then a piped question.
func TestLogin(t *testing.T) {
	t.Parallel()
	h := loggedIn(t)
	e := h.entry()
	for key, want := range map[string]any{
		"provider": "minimax-oauth", "client_id": clientID, "scope": "openid offline_access", "token_type": "Bearer",
		"portal_base_url": h.peer.url, "inference_base_url": h.inference, "token_endpoint": h.peer.url + "/oauth/token", "resource_url": nil,
	} {
		if e[key] != want {
			t.Errorf("%s is %v, want %v", key, e[key], want)
		}
	}
	if life, _ := e["expires_in"].(float64); len(e) != 14 || life < 290 || life > 300 || e["refresh_token"] == "" {
		t.Errorf("%d keys, %v s", len(e), life)
	}
	if info, err := os.Stat(filepath.Join(h.dir, "auth.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	wantAnswer(t, h.ask())
	if n := h.answered.Load(); n != 1 || h.peer.refreshes() != 0 {
		t.Errorf("%d requests with the user's bearer, %d renewals", n, h.peer.refreshes())
	}
	h.wantTidy()
}

// TestRenewal: a crowd with an expired token makes one exchange, which rotates
// the refresh token; an access token that the server took back makes another.
func TestRenewal(t *testing.T) {
	t.Parallel()
	h := loggedIn(t)
	before := h.entry()
	h.expire()
	const crowd = 20
	var wg sync.WaitGroup
	for range crowd {
		wg.Go(func() { wantAnswer(t, h.ask()) })
	}
	wg.Wait()
	after := h.entry()
	if n := h.peer.refreshes(); n != 1 || h.answered.Load() != crowd {
		t.Errorf("%d exchanges for %d answers, want 1 for %d", n, h.answered.Load(), crowd)
	}
	for _, key := range []string{"access_token", "refresh_token", "expires_at"} {
		if after[key] == before[key] {
			t.Errorf("%s is the same", key)
		}
	}
	if after["token_endpoint"] != before["token_endpoint"] || len(after) != 14 {
		t.Errorf("%v", after)
	}
	if who := h.peer.subject(t.Context(), fmt.Sprint("Bearer ", before["access_token"])); who != "" {
		t.Errorf("the old token still stands for %s", who)
	}
	h.peer.revoke(fmt.Sprint(after["access_token"]))
	wantAnswer(t, h.ask())
	if n := h.peer.refreshes(); n != 2 {
		t.Errorf("%d exchanges after a 401, want 2", n)
	}
	h.wantTidy()
}

// TestDeadGrant: a refresh token that was revoked, and one that was used
// before, end in one message and no second request.
func TestDeadGrant(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string]func(*home){
		"revoked": func(h *home) {
			h.peer.revoke(fmt.Sprint(h.entry()["refresh_token"]))
			h.expire()
		},
		"reused": func(h *home) {
			h.reuse()
			if err := os.Remove(filepath.Join(h.dir, "auth.json.last-minimax-oauth")); err != nil { // as on another machine
				h.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := loggedIn(t)
			kill(h)
			sent := h.peer.refreshes()
			wantReauth(t, h.ask())
			if n := h.peer.refreshes() - sent; n != 1 {
				t.Errorf("%d exchanges, want 1", n)
			}
			wantReauth(t, h.ask())
			if n := h.peer.refreshes() - sent; n != 1 {
				t.Errorf("%d exchanges after the second question", n)
			}
			e := h.entry()
			if e["access_token"] != nil || e["refresh_token"] != nil || e["last_auth_error"] == nil || e["token_endpoint"] == nil {
				t.Errorf("%v", e)
			}
			if r := h.login(clientID, "allowed"); r.code != 0 {
				t.Fatalf("another login: exit %d\n%s", r.code, r.err)
			}
			wantAnswer(t, h.ask())
			h.wantTidy()
		})
	}
}

// reuse puts a refresh token back that was used before, as an old copy of
// auth.json would.
func (h *home) reuse() {
	h.t.Helper()
	spent := fmt.Sprint(h.entry()["refresh_token"])
	h.expire()
	wantAnswer(h.t, h.ask())
	h.rewrite("refresh_token", spent)
	h.expire()
}

// TestOldCopy: on the machine where the login was renewed last, an old copy of
// auth.json costs no login, and no token is sent twice.
func TestOldCopy(t *testing.T) {
	t.Parallel()
	h := loggedIn(t)
	h.reuse()
	if r := h.ask(); r.code != 0 || !strings.Contains(r.err, "put back") {
		t.Errorf("exit %d, %q", r.code, r.err)
	}
	wantAnswer(t, h.ask())
	if n := h.peer.refreshes(); n != 1 {
		t.Errorf("%d exchanges, want 1", n)
	}
	h.wantTidy()
}

// TestNoLogin: the ways a login ends without a grant leave no auth.json.
func TestNoLogin(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		client, button string
		life           time.Duration
		code           int
		says           string
	}{
		"denied":         {clientID, "denied", 0, 77, "the login was denied"},
		"expired":        {clientID, "", time.Second, 69, "the login was not approved in time"},
		"unknown client": {"nobody", "", 0, 69, "client not found"}, // this server says it with a 500
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := move(t, serve(t, tc.life))
			r := h.login(tc.client, tc.button)
			lines := strings.Split(strings.TrimSpace(r.err), "\n")
			if last := lines[len(lines)-1]; r.code != tc.code || r.out != "" || !strings.Contains(last, tc.says) {
				t.Errorf("exit %d, %q", r.code, r.err)
			}
			if _, err := os.Stat(filepath.Join(h.dir, "auth.json")); !os.IsNotExist(err) {
				t.Errorf("auth.json: %v", err)
			}
			h.wantTidy()
		})
	}
}

// wantTidy wants no process of this home but the sandbox, and no file of a
// write or a renewal under way.
func (h *home) wantTidy() {
	h.t.Helper()
	names, err := os.ReadDir(h.dir)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range names {
		if !slices.Contains([]string{"config.yaml", "auth.json", "auth.json.last-minimax-oauth", "auth.lock", "auth.json.failed-minimax-oauth", "usage.jsonl"}, f.Name()) {
			h.t.Errorf("%s was left behind", f.Name())
		}
	}
	environs, _ := filepath.Glob("/proc/[0-9]*/environ") // none where there is no /proc
	for _, name := range environs {
		raw, err := os.ReadFile(name)
		if err == nil && strings.Contains(string(raw), "HERMES_HOME="+h.dir+"\x00") && name != fmt.Sprintf("/proc/%d/environ", h.endpoint) {
			h.t.Errorf("%s: a process was left behind", name)
		}
	}
}
