package login

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hermes/authfile"
	"hermes/provider/config"
	"hermes/provider/oauth"
)

// room is a home folder with the commands on it, and what they said.
type room struct {
	Commands
	home     string
	out, err bytes.Buffer
	env      map[string]string
}

func newRoom(t *testing.T) *room {
	t.Helper()
	r := &room{home: t.TempDir(), env: map[string]string{}}
	r.Commands = Commands{
		UI: UI{
			In: strings.NewReader(""), Out: &r.out, Err: &r.err, Getenv: func(name string) string { return r.env[name] },
		},
		Store: authfile.Open(r.home, authfile.Options{}), EnvFile: filepath.Join(r.home, ".env"),
	}
	return r
}

func (r *room) file(name string) string {
	raw, _ := os.ReadFile(filepath.Join(r.home, name))
	return string(raw)
}

func (r *room) put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.home, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// store writes an auth.json with one block of minimax-oauth, changed by pairs.
func (r *room) store(t *testing.T, id string, pairs ...any) {
	t.Helper()
	block := map[string]any{
		"provider": id, "region": "global", "portal_base_url": "https://api.minimax.io",
		"inference_base_url": "https://api.minimax.io/anthropic", "client_id": oauth.DefaultClientID, "scope": oauth.DefaultScope,
		"token_type": "Bearer", "access_token": "OLD-AT", "refresh_token": "OLD-RT", "resource_url": nil,
		"obtained_at": iso(-time.Minute), "expires_at": iso(14 * time.Minute), "expires_in": 900,
	}
	for i := 0; i < len(pairs); i += 2 {
		if block[pairs[i].(string)] = pairs[i+1]; pairs[i+1] == nil {
			delete(block, pairs[i].(string))
		}
	}
	raw, err := json.MarshalIndent(map[string]any{"version": 1, "providers": map[string]any{id: block}, "active_provider": id}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	r.put(t, "auth.json", string(raw))
}

func iso(fromNow time.Duration) string {
	return time.Now().Add(fromNow).UTC().Format("2006-01-02T15:04:05.000000+00:00")
}

// wantClass fails unless err has that class; "" wants no error.
func wantClass(t *testing.T, err error, class string) {
	t.Helper()
	var classed interface{ Class() string }
	switch {
	case class == "" && err == nil:
	case class == "" || !errors.As(err, &classed) || classed.Class() != class:
		t.Errorf("err = %v, want class %q", err, class)
	}
}

// wantText fails unless text holds every part.
func wantText(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s lacks %q:\n%s", what, part, text)
		}
	}
}

// wantPrefixed fails unless every line for people begins with the program.
func (r *room) wantPrefixed(t *testing.T) {
	t.Helper()
	for line := range strings.Lines(r.err.String()) {
		if !strings.HasPrefix(line, "hermes: ") {
			t.Errorf("stderr line %q", line)
		}
	}
}

// events decodes stdout as one JSON object a line.
func (r *room) events(t *testing.T) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(r.out.String()) {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("stdout line %q: %v", line, err)
		}
		all = append(all, e)
	}
	return all
}

// portal is a stand-in for the login server. code and token change its
// answers; nil answers well.
type portal struct {
	mu    sync.Mutex
	code  func(form url.Values) (int, any)
	token func(form url.Values) (int, any)
	forms []url.Values
}

func (p *portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	p.forms = append(p.forms, form)
	answer := p.token
	if strings.HasSuffix(r.URL.Path, "/oauth/code") {
		answer = p.code
		if answer == nil {
			answer = goodCode
		}
	} else if answer == nil {
		answer = goodToken
	}
	status, doc := answer(form)
	w.WriteHeader(status)
	if text, ok := doc.(string); ok {
		io.WriteString(w, text)
		return
	}
	json.NewEncoder(w).Encode(doc)
}

func (p *portal) requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.forms)
}

type object map[string]any

func goodCode(form url.Values) (int, any) {
	return 200, object{
		"user_code": "ABCD-1234", "verification_uri": "https://www.minimax.io/oauth-authorize?user_code=ABCD-1234",
		"expired_in": 600, "interval": 2000, "state": form.Get("state"),
	}
}

func goodToken(url.Values) (int, any) {
	return 200, object{
		"status": "success", "access_token": "NEW-AT", "refresh_token": "NEW-RT", "token_type": "Bearer",
		"expired_in": time.Now().Add(15 * time.Minute).UnixMilli(), "resource_url": nil,
	}
}

func always(status int, doc any) func(url.Values) (int, any) {
	return func(url.Values) (int, any) { return status, doc }
}

// login gives the room a portal on loopback and returns its account.
func (r *room) portal(t *testing.T, p *portal) Account {
	t.Helper()
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	a := minimax()
	a.Issuer.Portal, a.Inference = srv.URL, srv.URL+"/anthropic"
	return a
}

func minimax() Account {
	return Account{
		ID: "minimax-oauth", Name: "MiniMax (OAuth)", Kind: KindOAuth, Issuer: *oauth.MiniMax(), Inference: "https://api.minimax.io/anthropic",
	}
}

func china() Account {
	return Account{
		ID: "minimax-cn", Name: "MiniMax (China)", Kind: KindOAuth, Issuer: *oauth.MiniMaxChina(), KeyEnv: "MINIMAX_CN_API_KEY", Inference: "https://api.minimaxi.com/anthropic",
	}
}

func keyed() Account {
	return Account{ID: "minimax", Name: "MiniMax", Kind: KindKey, KeyEnv: "MINIMAX_API_KEY"}
}

func keysOf(m map[string]json.RawMessage) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (r *room) dotenv(t *testing.T) map[string]string {
	t.Helper()
	m, err := config.LoadEnv(r.EnvFile)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
