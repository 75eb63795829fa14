package provider

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hermes/authfile"
	"hermes/provider/config"
	"hermes/provider/rows"
)

// stored is a home whose auth.json is this text.
func stored(t *testing.T, text string) *authfile.Snapshot {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "auth.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := authfile.Open(dir, authfile.Options{}).Read()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const (
	expired     = `{"version":1,"active_provider":"minimax-oauth","providers":{"minimax-oauth":{"access_token":"a","refresh_token":"r","expires_at":"2020-01-01T00:00:00+00:00"}}}`
	noRefresh   = `{"version":1,"active_provider":"minimax-oauth","providers":{"minimax-oauth":{"access_token":"a","expires_at":"2999-01-01T00:00:00+00:00"}}}`
	quarantined = `{"version":1,"active_provider":"minimax-oauth","providers":{"minimax-oauth":{"region":"global","last_auth_error":{"code":"refresh_failed","relogin_required":true}}}}`
	foreign     = `{"version":1,"active_provider":"copilot","providers":{"copilot":{"access_token":"a"},"minimax-oauth":{"access_token":"a","refresh_token":"r"}}}`
	foreignBad  = `{"version":1,"active_provider":"copilot","providers":{"copilot":{"last_auth_error":{"code":"x"}}}}`
	inactive    = `{"version":1,"active_provider":null,"providers":{"minimax-oauth":{"access_token":"a","refresh_token":"r"}}}`
	loggedOut   = `{"version":1,"active_provider":"minimax-oauth","providers":{}}`
	china       = `{"version":1,"active_provider":"minimax-cn","providers":{"minimax-cn":{"access_token":"a","refresh_token":"r","region":"cn"}}}`
)

// TestAutomatic is the fourth rung of contract §5: the active login, then the keys that are set, in registry order.
func TestAutomatic(t *testing.T) {
	t.Parallel()
	const key = "sk-0123456789"
	keyed := func(name, env string) config.Row {
		return config.Row{Name: name, Endpoint: config.Endpoint{BaseURL: "http://127.0.0.1:1", KeyEnv: env}, DefaultModel: "m"}
	}
	off, foreignWire := keyed("off", "OFF_KEY"), keyed("wire", "WIRE_KEY")
	off.Disabled, foreignWire.Err = true, errors.New("speaks another wire")
	rows := []config.Row{off, foreignWire, keyed("minimax", "OWN_KEY"), keyed("lab", "LAB_KEY")}
	for name, tc := range map[string]struct {
		auth, keys     string
		provider, from string // provider "" is the error that from is a part of
	}{
		"an expired login that can be renewed":   {expired, "MINIMAX_API_KEY", "minimax-oauth", "auth.json active_provider"},
		"a login that cannot be renewed":         {noRefresh, "", "minimax-oauth", "auth.json active_provider"},
		"a login of both kinds":                  {china, "MINIMAX_API_KEY", "minimax-cn", "auth.json active_provider"},
		"a refused login, a key":                 {quarantined, "MINIMAX_CN_API_KEY", "minimax-cn", "MINIMAX_CN_API_KEY is set"},
		"a refused login alone":                  {quarantined, "", "minimax-oauth", "auth.json active_provider"},
		"a login of another program, a key":      {foreign, "ANTHROPIC_API_KEY", "anthropic", "ANTHROPIC_API_KEY is set"},
		"a login of another program alone":       {foreign, "", "", "no provider is configured"},
		"a refused login of another program":     {foreignBad, "", "", "no provider is configured"},
		"a login that is not the active one":     {inactive, "", "", "no provider is configured"},
		"a login that is gone":                   {loggedOut, "", "", "no provider is configured"},
		"no auth.json":                           {"", "", "", "no provider is configured"},
		"minimax is before anthropic":            {"", "ANTHROPIC_API_KEY MINIMAX_API_KEY", "minimax", "MINIMAX_API_KEY is set"},
		"anthropic is before minimax-cn":         {"", "MINIMAX_CN_API_KEY ANTHROPIC_API_KEY", "anthropic", "ANTHROPIC_API_KEY is set"},
		"built-in rows are before those of file": {"", "LAB_KEY MINIMAX_CN_API_KEY", "minimax-cn", "MINIMAX_CN_API_KEY is set"},
		"a row of the file":                      {"", "LAB_KEY", "lab", "LAB_KEY is set"},
		"a row that is switched off":             {"", "OFF_KEY LAB_KEY", "lab", "LAB_KEY is set"},
		"a row of another wire":                  {"", "WIRE_KEY LAB_KEY", "lab", "LAB_KEY is set"},
		"another wire alone":                     {"", "WIRE_KEY", "", "no provider is configured"},
		"a row under a built-in name":            {"", "OWN_KEY LAB_KEY", "lab", "LAB_KEY is set"},
	} {
		q := Query{Config: &config.Config{Providers: rows}, Env: func(string) string { return "" }}
		q.Secret = func(name string) string {
			if strings.Contains(" "+tc.keys+" ", " "+name+" ") {
				return key
			}
			return ""
		}
		if tc.auth != "" {
			q.Auth = stored(t, tc.auth)
		}
		c, err := even(Resolve(q))
		switch {
		case tc.provider == "":
			if e, ok := errors.AsType[*Error](err); !ok || e.Class() != "config" || !strings.Contains(err.Error(), tc.from) {
				t.Errorf("%s: %+v, %v", name, c.Provider, err)
			}
		case err != nil || c.Provider != Setting{tc.provider, tc.from}:
			t.Errorf("%s: %+v, %v", name, c.Provider, err)
		}
	}
}

// even is a choice to look at even where there is none.
func even(c *Choice, err error) (*Choice, error) {
	if c == nil {
		c = &Choice{Row: nobody}
	}
	return c, err
}

// TestRowsUnderABuiltInName: enabled: false is obeyed, and what the file says of models; an address or a key is refused,
// never passed over for the next provider's key.
func TestRowsUnderABuiltInName(t *testing.T) {
	t.Parallel()
	const key = "sk-0123456789"
	for row, want := range map[string]string{
		"minimax: {enabled: false}":                                   "anthropic claude-sonnet-5 128000",
		"minimax: {enabled: no, base_url: 'http://127.0.0.1:2'}":      "anthropic claude-sonnet-5 128000",
		"minimax: {request_timeout_seconds: 5}":                       "minimax MiniMax-M2.7 131072",
		"minimax:":                                                    "minimax MiniMax-M2.7 131072",
		"MiniMax: {default_model: own, models: [own], max_tokens: 7}": "minimax own 7",
		"minimax: {base_url: 'http://127.0.0.1:2'}":                   "providers.minimax.base_url: minimax is a built-in provider",
		"minimax: {headers: {X-A: b}}":                                "providers.minimax.headers: minimax is a built-in provider",
		"minimax: {auth_header: bearer}":                              "providers.minimax.auth_header: minimax is",
		"minimax: {key_env: [a]}":                                     "providers.minimax.key_env: must be text",
	} {
		s := at(t, map[string]string{"config.yaml": "providers:\n  " + row + "\n"}, map[string]string{"MINIMAX_API_KEY": key, "ANTHROPIC_API_KEY": key})
		c, err := even(s.Resolve(Flags{}))
		if got := fmt.Sprint(c.Row.ID, " ", c.Model.Value, " ", c.Info.MaxOutput); (err == nil) != (got == want) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s, %v", row, got, err)
		}
	}
	s := at(t, map[string]string{"config.yaml": "providers: {minimax-oauth: {enabled: false}}", "auth.json": expired}, map[string]string{"ANTHROPIC_API_KEY": key})
	if c, err := s.Resolve(Flags{}); err != nil || c.Row.ID != "anthropic" {
		t.Errorf("a login that is switched off: %s, %v", c.Row.ID, err)
	}
}

// TestRowsOfTheFile: a row may take an alias's name, never a canonical one; one that is switched off or of another wire is
// not offered and says why when it is asked for.
func TestRowsOfTheFile(t *testing.T) {
	t.Parallel()
	s := at(t, map[string]string{"config.yaml": `providers:
  ollama: {base_url: "http://127.0.0.1:1", default_model: own}
  minimax: {base_url: "http://127.0.0.1:2", default_model: never}
  Lab: {base_url: "http://127.0.0.1:3", models: [first, second], auth_header: bearer, headers: {X-A: "1"}, max_tokens: 7, context_length: 9}
  off: {base_url: "http://127.0.0.1:4", default_model: m, enabled: false}
  LAB: {base_url: "http://127.0.0.1:6"}
  custom: {base_url: "http://127.0.0.1:7"}
  wire: {base_url: "http://127.0.0.1:5", transport: bedrock_converse}
`}, nil)
	for name, want := range map[string]string{
		"ollama": "http://127.0.0.1:1/v1 own", "minimax": "config: provider minimax (--provider): ", " LAB ": "http://127.0.0.1:3/v1 first",
		"off": "config: provider off (--provider): is switched off in config.yaml", "wire": "config: provider wire (--provider): ",
	} {
		c, err := even(s.Resolve(Flags{Provider: name}))
		got := c.BaseURL.Value + " " + c.Model.Value
		if e, ok := errors.AsType[*Error](err); ok {
			got = e.Class() + ": " + e.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	lab, _ := s.Rows().Lookup("lab")
	if lab.ID != "Lab" || lab.Quirks.KeyHeader != rows.Bearer || lab.Headers["X-A"] != "1" || lab.MaxTokens != 7 || lab.Context != 9 || !lab.Has("second") {
		t.Errorf("%+v", lab)
	}
	if m := lab.Model("second"); m.MaxOutput != 7 || m.Context != 9 {
		t.Errorf("%+v", m)
	}
	for name, offered := range map[string]bool{"minimax-oauth": true, "minimax": false, "sandbox": true, "ollama": true, "LAB": true, "off": false, "wire": false} {
		if _, ok := s.Rows().Usable().Lookup(name); ok != offered {
			t.Errorf("%s is offered: %v", name, ok)
		}
	}
}
