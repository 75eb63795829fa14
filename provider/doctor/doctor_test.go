package doctor

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hermes/authfile"
	"hermes/provider"
)

// homeWith opens a home with these files as the program does.
func homeWith(t *testing.T, files map[string]string) Env {
	t.Helper()
	home := t.TempDir()
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(home, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	none := func(string) string { return "" }
	e := Env{Home: home, Getenv: none, Now: time.Now, Endpoint: func(c *provider.Choice) (string, string) {
		return c.BaseURL.Value + "/v1/messages", "the API of the test"
	}}
	e.Dial = func() (http.RoundTripper, error) { return http.DefaultTransport, nil }
	e.Session, e.Broken = provider.Open(home, none, authfile.Options{})
	return e
}

func examine(t *testing.T, c Command, e Env) (string, bool) {
	t.Helper()
	var out bytes.Buffer
	healthy, err := c.Run(t.Context(), e, &out)
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), healthy
}

const loggedIn = `{"version":1,"active_provider":"minimax-oauth","providers":{"minimax-oauth":{"access_token":"at-canary","refresh_token":"rt-canary","region":"global","expires_at":"2020-01-01T00:00:00+00:00"}}}`

func TestReport(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		files   map[string]string
		healthy bool
		want    []string
	}{
		"nothing there":      {nil, false, []string{"⚠ MiniMax OAuth (not logged in)", "✗ no provider is configured", "1 problem found."}},
		"logged in":          {map[string]string{"auth.json": loggedIn}, true, []string{"✓ MiniMax OAuth (logged in, region=global)", "by auth.json active_provider", "No problem found."}},
		"offline provider":   {map[string]string{"config.yaml": "model:\n  provider: sandbox\n"}, true, []string{"provider sandbox, by config.yaml model.provider"}},
		"unknown provider":   {map[string]string{"config.yaml": "model:\n  provider: minimx\n"}, false, []string{"✗ unknown provider"}},
		"a fallback's key":   {map[string]string{"config.yaml": "model: {provider: sandbox}\nfallback_providers: [{provider: minimax-oauth, api_key: canary-0123}]\n"}, false, []string{"✗", "fallback_providers.0.api_key: minimax-oauth takes a login alone"}},
		"a leftover":         {map[string]string{"config.yaml": "model: {provider: minimax, base_url: 'https://openrouter.ai/api/v1'}\n", ".env": "MINIMAX_API_KEY=sk-canary-0123456789\n"}, true, []string{"⚠ model.base_url of config.yaml is not used: openrouter.ai belongs to openrouter", "base URL https://api.minimax.io/anthropic"}},
		"broken config.yaml": {map[string]string{"config.yaml": "model: [\n"}, false, []string{"✗", "config.yaml:", "unknown while the home cannot be read"}},
		"broken auth.json":   {map[string]string{"auth.json": `{"providers":`}, false, []string{"✗ auth.json content"}},
		"key":                {map[string]string{".env": "MINIMAX_API_KEY=sk-canary-0123456789\n"}, true, []string{"✓ MiniMax (key set, MINIMAX_API_KEY from .env)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, healthy := examine(t, Command{}, homeWith(t, tc.files))
			for _, want := range tc.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			if healthy != tc.healthy {
				t.Errorf("healthy = %v\n%s", healthy, text)
			}
			if strings.Contains(text, "canary") {
				t.Errorf("a secret in\n%s", text)
			}
		})
	}
}

func TestFix(t *testing.T) {
	t.Parallel()
	d := homeWith(t, map[string]string{"auth.json": loggedIn, "config.yaml": "# mine\nprovider: sandbox\nmodel:\n  default: sandbox\n", ".env": "X_API_KEY=1\n"})
	for _, name := range []string{"auth.json", ".env"} {
		if err := os.Chmod(filepath.Join(d.Home, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before, _ := examine(t, Command{}, d)
	if n := strings.Count(before, "--fix mends it"); n != 2 {
		t.Errorf("%d fixable findings, want 2\n%s", n, before)
	}
	after, _ := examine(t, Command{Fix: true}, d)
	if n := strings.Count(after, "— fixed"); n != 2 {
		t.Errorf("%d fixed, want 2\n%s", n, after)
	}
	got, err := os.ReadFile(filepath.Join(d.Home, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "# mine\nprovider: sandbox\nmodel:\n  default: sandbox\n"; string(got) != want {
		t.Errorf("config.yaml is\n%swant\n%s", got, want)
	}
	for _, name := range []string{"auth.json", ".env"} {
		if info, err := os.Stat(filepath.Join(d.Home, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}

func TestOnline(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		off  time.Duration
		want string
	}{
		"right clock": {0, "✓ this clock is within 1m0s"},
		"slow clock":  {-5*time.Minute - 30*time.Second, "✗ this clock is -5m"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := make(chan http.Header, 1)
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen <- r.Header
				w.WriteHeader(http.StatusNotFound)
			}))
			defer srv.Close()
			d := homeWith(t, map[string]string{"config.yaml": "model:\n  provider: here\n  default: m\nproviders:\n  here:\n    transport: anthropic_messages\n    base_url: " + srv.URL + "\n    key_env: HERE_KEY\n", ".env": "HERE_KEY=sk-canary-0123456789\n"})
			d.Now = func() time.Time { return time.Now().Add(tc.off) }
			text, _ := examine(t, Command{Online: true}, d)
			for _, want := range []string{tc.want, "HTTP 404", "DNS: 127.0.0.1"} {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			for name, v := range <-seen {
				if strings.Contains(strings.Join(v, ""), "canary") {
					t.Errorf("%s carries the key", name)
				}
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	gone := srv.URL
	srv.Close()
	d := homeWith(t, map[string]string{"config.yaml": "model:\n  provider: here\n  default: m\nproviders:\n  here:\n    base_url: " + gone + "\n"})
	if text, healthy := examine(t, Command{Online: true}, d); healthy || !strings.Contains(text, "connection refused") {
		t.Errorf("healthy = %v\n%s", healthy, text)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	text, healthy := examine(t, Command{JSON: true}, homeWith(t, map[string]string{"auth.json": loggedIn}))
	var r Report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	if r.V != 1 || r.Healthy != healthy || len(r.Sections) != len(checks(false)) {
		t.Errorf("report %+v", r)
	}
	for _, s := range r.Sections {
		if len(s.Findings) == 0 {
			t.Errorf("%s found nothing", s.Name)
		}
	}
}

// TestJudged: what a server says to an empty request tells whether it speaks the language of a run.
func TestJudged(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status     int
		kind, body string
		healthy    bool
		want       string
	}{
		"refusal":            {400, "application/json", `{"type":"error"}`, true, "HTTP 400"},
		"no credential":      {401, "text/plain", "", true, "HTTP 401"},
		"its own not found":  {404, "application/json", `{"type":"error","error":{"type":"not_found_error"}}`, true, "HTTP 404"},
		"another language":   {404, "application/json", `{"error":{"message":"no route"}}`, false, "/v1/messages: HTTP 404: this server does not speak the API of the test there"},
		"no such method":     {405, "text/plain", "", false, "HTTP 405: this server does not speak"},
		"redirect":           {308, "text/html", "", false, "HTTP 308: it leads elsewhere"},
		"a page for all":     {200, "text/html; charset=utf-8", "<html>", false, "a web page"},
		"an answer to empty": {200, "application/json", `{}`, true, "HTTP 200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPost || r.URL.Path != "/v1/messages" || r.Header.Get("X-Api-Key")+r.Header.Get("Authorization") != "" {
					t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
				}
				w.Header().Set("Content-Type", tc.kind)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tc.status)
				_, _ = w.Write([]byte(tc.body))
			}))
			defer srv.Close()
			d := homeWith(t, map[string]string{"config.yaml": "model:\n  provider: here\n  default: m\nproviders:\n  here:\n    transport: anthropic_messages\n    base_url: " + srv.URL + "\n    key_env: HERE_KEY\n", ".env": "HERE_KEY=sk-canary-0123456789\n"})
			text, healthy := examine(t, Command{Online: true}, d)
			if healthy != tc.healthy || !strings.Contains(text, tc.want) {
				t.Errorf("healthy = %v, want %q in\n%s", healthy, tc.want, text)
			}
		})
	}
}
