package provider

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"hermes/authfile"
	"hermes/provider/config"
)

// snapshot is a store of testdata/golden.
func snapshot(t *testing.T, golden string) *authfile.Snapshot {
	t.Helper()
	dir := t.TempDir()
	data, err := os.ReadFile(filepath.Join("../testdata/golden", golden, "auth.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "auth.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := authfile.Open(dir, authfile.Options{}).Read()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type resolveCase struct {
	name                                 string
	flags                                Flags
	cfg                                  config.Config
	handoff                              Handoff
	auth                                 *authfile.Snapshot
	env                                  map[string]string
	provider, source, model, modelSource string
	url, credential, class               string
}

func resolveCases(t *testing.T) []resolveCase {
	lab := config.Row{Name: "lab", Endpoint: config.Endpoint{BaseURL: "http://127.0.0.1:11434"}, DefaultModel: "qwen3"}
	open := config.Row{Name: "open", Endpoint: config.Endpoint{BaseURL: "http://example.com", KeyEnv: "K"}, DefaultModel: "m"}
	login := snapshot(t, "01-auth-add")
	return []resolveCase{
		{name: "nothing", class: "config"},
		{
			name: "flag beats all", flags: Flags{Provider: "sandbox"}, cfg: config.Config{Model: config.Model{Provider: "minimax"}}, auth: login,
			provider: "sandbox", source: "--provider", model: "sandbox", credential: "none",
		},
		{name: "alias", flags: Flags{Provider: "MiniMax_OAuth"}, auth: login, provider: "minimax-oauth", source: "--provider", model: "MiniMax-M2.7", credential: "login", url: "https://api.minimax.io/anthropic"},
		{
			name: "config beats handoff", cfg: config.Config{Model: config.Model{Provider: "minimax-oauth"}}, handoff: Handoff{Provider: "sandbox"}, auth: login,
			provider: "minimax-oauth", source: "config.yaml model.provider",
		},
		{
			name: "auto is absent", cfg: config.Config{Model: config.Model{Provider: "auto"}}, handoff: Handoff{Provider: "sandbox", Model: "sandbox-mini"},
			provider: "sandbox", source: handoffProvider, model: "sandbox-mini", modelSource: handoffModel,
		},
		{name: "active login, expired counts", auth: login, env: map[string]string{"MINIMAX_API_KEY": "sk-1234"}, provider: "minimax-oauth", source: "auth.json active_provider"},
		{name: "keys in registry order", env: map[string]string{"MINIMAX_CN_API_KEY": "sk-1234", "ANTHROPIC_API_KEY": "sk-5678"}, provider: "anthropic", source: "ANTHROPIC_API_KEY is set", credential: "key"},
		{name: "placeholder is no key", env: map[string]string{"MINIMAX_API_KEY": "changeme"}, class: "config"},
		{
			name: "oauth ignores base_url and key", cfg: config.Config{Model: config.Model{Provider: "minimax-oauth", BaseURL: "https://evil.example"}}, auth: login,
			env: map[string]string{"MINIMAX_API_KEY": "sk-1234", "MINIMAX_BASE_URL": "https://evil.example"}, provider: "minimax-oauth", credential: "login", url: "https://api.minimax.io/anthropic",
		},
		{
			name: "key provider takes base_url", cfg: config.Config{Model: config.Model{Provider: "minimax", BaseURL: "https://proxy.example/a"}}, env: map[string]string{"MINIMAX_API_KEY": "sk-1234"},
			provider: "minimax", url: "https://proxy.example/a",
		},
		{name: "key provider takes its variable", flags: Flags{Provider: "minimax"}, env: map[string]string{"MINIMAX_API_KEY": "sk-1234", "MINIMAX_BASE_URL": "http://127.0.0.1:1"}, url: "http://127.0.0.1:1"},
		{name: "model.default of another provider", flags: Flags{Provider: "sandbox"}, cfg: config.Config{Model: config.Model{Provider: "minimax", Default: "MiniMax-M3"}}, model: "sandbox", modelSource: "default of sandbox"},
		{name: "model.default that belongs", flags: Flags{Provider: "minimax"}, cfg: config.Config{Model: config.Model{Default: "MiniMax-M3"}}, env: map[string]string{"MINIMAX_API_KEY": "sk-1234"}, model: "MiniMax-M3", modelSource: "config.yaml model.default"},
		{name: "flag names the model", flags: Flags{Provider: "lab", Model: "x"}, cfg: config.Config{Providers: []config.Row{lab}}, provider: "lab", model: "x", modelSource: "--model", url: "http://127.0.0.1:11434/v1", credential: "none"},
		{name: "three lines", cfg: config.Config{Model: config.Model{Provider: "lab"}, Providers: []config.Row{lab}}, provider: "lab", model: "qwen3"},
		{name: "a key in the clear", flags: Flags{Provider: "open"}, cfg: config.Config{Providers: []config.Row{open}}, env: map[string]string{"K": "sk-1234"}, class: "config"},
		{name: "unknown", flags: Flags{Provider: "minimaks"}, class: "config"},
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	for _, c := range resolveCases(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			get := func(name string) string { return c.env[name] }
			got, err := Resolve(Query{Flags: c.flags, Config: &c.cfg, Handoff: c.handoff, Auth: c.auth, Secret: get, Env: get})
			if c.class != "" {
				e, ok := errors.AsType[*Error](err)
				if !ok || e.Class() != c.class {
					t.Fatalf("error %v, want class %s", err, c.class)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range []struct{ what, got, want string }{
				{"provider", got.Provider.Value, c.provider},
				{"source", got.Provider.Source, c.source},
				{"model", got.Model.Value, c.model},
				{"model source", got.Model.Source, c.modelSource},
				{"url", got.BaseURL.Value, c.url},
				{"credential", got.Credential.Value, c.credential},
			} {
				if f.want != "" && f.got != f.want {
					t.Errorf("%s %q, want %q", f.what, f.got, f.want)
				}
			}
		})
	}
}
