package provider

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hermes/provider/rows"

	"hermes/authfile"
	"hermes/provider/config"
)

// TestOpenFails: a settings file that is broken or cannot be read stops the run by its class, naming file and line.
func TestOpenFails(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ file, text, says string }{
		"config.yaml":  {"config.yaml", "a: 1\noneshot: {retries: x}\n", "config.yaml:2: oneshot.retries: must be a whole number"},
		"a large file": {".env", strings.Repeat("# padding\n", 2<<20), ".env: is larger than 16 MB"},
	} {
		home := t.TempDir()
		if err := os.WriteFile(filepath.Join(home, tc.file), []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(home, func(string) string { return "" }, authfile.Options{}, config.Key{Path: "oneshot.retries", Type: "int"})
		if c, ok := errors.AsType[interface {
			error
			Class() string
		}](err); !ok || c.Class() != "config" && c.Class() != "io" || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOpenPassesOverBadLines: a malformed line of .env is told, without what stands in it, and hides no other line.
func TestOpenPassesOverBadLines(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, ".env"), []byte("A=1\nexport LAB\nB='canary\nC=3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var said []string
	s, err := Open(home, func(string) string { return "" }, authfile.Options{Warn: func(_, msg string) { said = append(said, msg) }})
	if err != nil || s.Secret("A") != "1" || s.Secret("C") != "3" || len(s.Config.Warnings) != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	if text := strings.Join(said, "|"); !strings.Contains(text, ".env:3: B: a quote is not closed; the line is passed over") || len(said) != 1 || strings.Contains(text, "canary") {
		t.Errorf("%q", said)
	}
}

// TestSecretsAndAddresses: a secret of .env beats the environment, an address does not; an empty line of .env says nothing.
func TestSecretsAndAddresses(t *testing.T) {
	t.Parallel()
	s := at(t, map[string]string{".env": "A=file\nB=\nMINIMAX_BASE_URL=https://file.example\n"}, map[string]string{"A": "env", "B": "env", "C": "env", "MINIMAX_BASE_URL": "https://env.example"})
	for name, want := range map[string]string{"A": "file", "B": "env", "C": "env", "D": ""} {
		if got := s.Secret(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if c, err := s.Resolve(Flags{Provider: "minimax"}); err != nil || c.BaseURL.Value != "https://env.example" {
		t.Errorf("%+v, %v", c.BaseURL, err)
	}
	s = at(t, map[string]string{".env": "MINIMAX_BASE_URL=https://file.example\n"}, nil)
	if c, err := s.Resolve(Flags{Provider: "minimax"}); err != nil || c.BaseURL.Value != "https://file.example" {
		t.Errorf("%+v, %v", c.BaseURL, err)
	}
}

// TestBrokenStore: auth.json is read only where a login could matter.
func TestBrokenStore(t *testing.T) {
	t.Parallel()
	for flags, fails := range map[Flags]bool{
		{Provider: "sandbox"}: false, {Provider: "anthropic"}: false, {Provider: "minimax-oauth"}: true, {Provider: "minimax-cn"}: true, {}: true,
	} {
		_, err := at(t, map[string]string{"auth.json": "{"}, map[string]string{"ANTHROPIC_API_KEY": "sk-0123456789"}).Resolve(flags)
		if (err != nil) != fails || fails && !strings.Contains(err.Error(), "auth.json") {
			t.Errorf("%+v: %v", flags, err)
		}
	}
}

func TestAgainSeesWhatWasWritten(t *testing.T) {
	t.Parallel()
	s := at(t, nil, nil)
	if err := os.WriteFile(filepath.Join(s.Home, "config.yaml"), []byte("model: {provider: sandbox}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := s.Again()
	if err != nil || again.Config.Model.Provider != "sandbox" || s.Config.Model.Provider != "" {
		t.Errorf("%+v, %v", again, err)
	}
}

// TestTokenOfAKey: a key answers as often as it is asked, and its own refusal with an error; who needs none has none.
func TestTokenOfAKey(t *testing.T) {
	t.Parallel()
	s := at(t, map[string]string{".env": "MINIMAX_API_KEY=sk-canary-0123456789\n"}, nil)
	c, err := s.Resolve(Flags{Provider: "minimax"})
	if err != nil {
		t.Fatal(err)
	}
	token := s.Token(c)
	for range 2 {
		if got, err := token(t.Context(), ""); err != nil || got != "sk-canary-0123456789" {
			t.Errorf("%q, %v", got, err)
		}
	}
	_, err = token(t.Context(), "sk-canary-0123456789")
	if e, ok := errors.AsType[*Error](err); !ok || e.Class() != "auth_refused" || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "MINIMAX_API_KEY") {
		t.Errorf("refused: %v", err)
	}
	missing, err := s.Resolve(Flags{Provider: "anthropic"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Token(missing)(t.Context(), ""); err == nil || err.Error() != missing.Ready().Error() {
		t.Errorf("missing: %v", err)
	}
	none, err := s.Resolve(Flags{Provider: "sandbox"})
	if err != nil || s.Token(none) != nil {
		t.Errorf("sandbox has a token: %v", err)
	}
}

type answer func(*http.Request) (*http.Response, error)

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

// TestTokenOfALogin: one that has time left is used as it is; one that ran out is renewed once, over the transport of the
// session, and whoever listens hears of it.
func TestTokenOfALogin(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		expires, reply, want, fails string
		calls, heard                int
	}{
		"fresh":   {time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "", "old", "", 0, 0},
		"expired": {"2020-01-01T00:00:00+00:00", `{"status":"success","access_token":"new","refresh_token":"r2","expired_in":900}`, "new", "", 1, 1},
		"refused": {"2020-01-01T00:00:00+00:00", `{"status":"error","error":"invalid_grant"}`, "", "re-authentication required", 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := at(t, map[string]string{"auth.json": `{"version":1,"active_provider":"minimax-oauth","providers":{"minimax-oauth":{"access_token":"old","refresh_token":"r","portal_base_url":"https://api.minimax.io","inference_base_url":"https://api.minimax.io/anthropic","client_id":"c","expires_at":"` + tc.expires + `"}}}`}, nil)
			calls, heard := 0, 0
			s.Use(answer(func(r *http.Request) (*http.Response, error) {
				calls++
				return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(tc.reply)), Request: r}, nil
			}))
			s.OnRenew = func(id string, r authfile.Renewal) {
				if heard++; id != "minimax-oauth" || !r.Renewed {
					t.Errorf("heard of %s %+v", id, r)
				}
			}
			c, err := s.Resolve(Flags{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Token(c)(t.Context(), "")
			if got != tc.want || (err != nil) != (tc.fails != "") || err != nil && !strings.Contains(err.Error(), tc.fails) || calls != tc.calls || heard != tc.heard {
				t.Errorf("%q, %v, %d calls, heard %d", got, err, calls, heard)
			}
		})
	}
}

// TestSecretsOfTheSession: what a recording must not hold is every credential that could be sent, wherever it stands.
func TestSecretsOfTheSession(t *testing.T) {
	t.Parallel()
	s := at(t, map[string]string{
		".env":        "A_API_KEY=from-dotenv\nSHORT=abc\n",
		"config.yaml": "model: {api_key: from-model-1}\nproviders: {lab: {base_url: 'http://127.0.0.1:1', key_env: LAB_KEY, api_key: from-row-12}}\nfallback_providers: [{provider: lab, model: m, api_key: from-fallback, key_env: FALL_KEY}]\n",
		"auth.json":   `{"version":1,"providers":{"minimax-oauth":{"access_token":"from-login","refresh_token":"from-refresh"}}}`,
	}, map[string]string{"LAB_KEY": "from-environment", "MINIMAX_API_KEY": "from-env-too", "FALL_KEY": "from-fall-env"})
	got := s.Secrets()
	for _, want := range []string{"from-dotenv", "from-model-1", "from-row-12", "from-login", "from-refresh", "from-environment", "from-env-too", "from-fallback", "from-fall-env"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s in %q", want, got)
		}
	}
	if slices.Contains(got, "abc") || slices.Contains(got, "") {
		t.Errorf("%q", got)
	}
	broken := at(t, map[string]string{".env": "A_API_KEY=from-dotenv\n", "auth.json": "{"}, nil)
	if got := broken.Secrets(); !slices.Contains(got, "from-dotenv") {
		t.Errorf("with a broken store: %q", got)
	}
}

// TestAccounts: who can hold a credential and the servers of config.yaml, in registry order and with the variable of its key; one by its name or alias.
func TestAccounts(t *testing.T) {
	t.Parallel()
	s := at(t, map[string]string{"config.yaml": "providers: {lab: {base_url: 'http://127.0.0.1:1', key_env: LAB_KEY}, open: {base_url: 'http://127.0.0.1:1'}, off: {base_url: 'http://127.0.0.1:1', key_env: K, enabled: false}, cmd: {base_url: 'http://127.0.0.1:1', key_cmd: k}, minimax: {enabled: false}}\n"}, nil)
	accounts, err := s.Accounts("")
	var got []string
	for _, a := range accounts {
		if _, builtIn := BuiltIn().Lookup(a.ID); !builtIn || strings.Contains("minimax-oauth minimax anthropic minimax-cn", a.ID) {
			got = append(got, a.Kind+" "+a.ID+" "+a.KeyEnv)
		}
	}
	if want := []string{"key minimax MINIMAX_API_KEY", "oauth minimax-oauth ", "key anthropic ANTHROPIC_API_KEY", "oauth minimax-cn MINIMAX_CN_API_KEY", "key lab LAB_KEY", "none open ", "none cmd "}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	for name, want := range map[string]string{"minimax-portal": "minimax-oauth", "MiniMax_CN": "minimax-cn", "lab": "lab", "sandbox": "sandbox"} {
		if one, err := s.Accounts(name); err != nil || len(one) != 1 || one[0].ID != want {
			t.Errorf("%s: %+v, %v", name, one, err)
		}
	}
	if _, err := s.Accounts("minimaks"); err == nil || !strings.HasPrefix(err.Error(), `unknown provider "minimaks" (argument); did you mean minimax-cn, minimax-oauth or `) {
		t.Error(err)
	}
}

// TestCatalogue: names are distinct and found, each row's default model is listed, and each list of names is whole.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, name := range BuiltIn().Names() {
		if r, ok := BuiltIn().Lookup(strings.ToUpper(name)); !ok || seen[name] || r.ID != name && !slices.Contains(r.Aliases, name) {
			t.Errorf("%s is %s", name, r.ID)
		}
		seen[name] = true
	}
	models := BuiltIn().ModelNames()
	for i, name := range models {
		if slices.Contains(models[:i], name) {
			t.Errorf("%s is there twice", name)
		}
	}
	for _, r := range BuiltIn() {
		for _, name := range []string{r.DefaultModel, r.AuxModel} {
			if name != "" && len(r.Models) > 0 && (!r.Has(name) || !slices.Contains(models, name)) {
				t.Errorf("%s: %s is not listed", r.ID, name)
			}
		}
		if _, err := time.Parse(time.DateOnly, rows.PricesVerified); err != nil || r.HasLogin() != (r.Account().Issuer.Portal != "") || r.Account().ID != r.ID {
			t.Errorf("%s: %+v", r.ID, r.Account())
		}
	}
}
