package provider

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hermes/authfile"
)

// at opens a home with these files, in an environment.
func at(t *testing.T, files, env map[string]string) *Session {
	t.Helper()
	home := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(home, func(name string) string { return env[name] }, authfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSettings: every setting that holds, with who decided it, and the reason where none does.
func TestSettings(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		files, env map[string]string
		want       []string
	}{
		"nothing at all":     {nil, nil, []string{"provider=none: no provider is configured"}},
		"a wrong name":       {map[string]string{"config.yaml": "model: {provider: minimaks}"}, nil, []string{`provider=minimaks: unknown provider "minimaks"`, "did you mean minimax, minimax-cn or "}},
		"a broken auth.json": {map[string]string{"auth.json": "{"}, nil, []string{"provider=unknown: ", "is broken"}},
		"no key":             {map[string]string{"config.yaml": "model: {provider: minimax}"}, nil, []string{"credential=missing: minimax needs an API key and MINIMAX_API_KEY is not set"}},
		"the handoff": {nil, map[string]string{"HERMES_INFERENCE_PROVIDER": "sandbox", "HERMES_INFERENCE_MODEL": "sandbox-mini", "HERMES_HOME": "x"}, []string{
			"home=", ": HERMES_HOME", "provider=sandbox: the parent's handoff", "model=sandbox-mini: the parent's handoff", "auxiliary.delegation=sandbox sandbox-mini: default of sandbox",
			"max_tokens=131072: known of sandbox-mini",
		}},
		"all of config.yaml": {map[string]string{".env": "MINIMAX_API_KEY=sk-canary-0123\n", "config.yaml": `model: {provider: minimax, default: MiniMax-M3, base_url: "http://127.0.0.1:1", context_length: 5000, max_tokens: 77}
prices:
  MiniMax-M3: {input: "1", output: "2"}
fallback_providers:
  - {provider: sandbox, model: sandbox}
auxiliary: {vision: {provider: lab, model: eye}, delegation: {model: hand}}
`}, nil, []string{
			"provider=minimax: config.yaml model.provider", "base_url=http://127.0.0.1:1: config.yaml model.base_url", "credential=key: MINIMAX_API_KEY",
			"context_length=5000: config.yaml model.context_length", "max_tokens=77: config.yaml model.max_tokens", "price.input=1: config.yaml prices", "price.output=2: ",
			"fallback.1=sandbox sandbox: config.yaml line 5", `auxiliary.vision=lab eye: unknown provider "lab" (config.yaml auxiliary.vision)`, "auxiliary.delegation=minimax hand: config.yaml auxiliary.delegation",
		}},
		"built in": {map[string]string{"config.yaml": "model: {provider: minimax, default: own}"}, nil, []string{"max_tokens=131072: default of minimax"}},
	} {
		var all []string
		for _, d := range at(t, tc.files, tc.env).Settings() {
			all = append(all, d.Key+"="+d.Value+": "+d.Source)
		}
		text := strings.Join(all, "\n")
		for _, want := range tc.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", name, want, text)
			}
		}
		if strings.Contains(text, "canary") {
			t.Errorf("%s: a key in\n%s", name, text)
		}
	}
}

func TestWarning(t *testing.T) {
	t.Parallel()
	s := at(t, map[string]string{"config.yaml": "model: {provider: minimax-portal}\nproviders: {lab: {base_url: 'http://127.0.0.1:1'}, wire: {base_url: 'http://127.0.0.1:1', transport: bedrock_converse}}\n"}, nil)
	for _, tc := range [][3]string{
		{"model.provider", "minimax-global", ""},
		{"model.provider", "lab", ""},
		{"model.provider", "auto", ""},
		{"model.provider", "minimaks", "did you mean minimax, minimax-cn or "},
		{"model.provider", "wire", "it speaks anthropic_messages, "},
		{"model.default", "MiniMax-M3", ""},
		{"model.default", "MiniMax-M2.8", "MiniMax-M2.8 is not a model that minimax-oauth is known to have; did you mean MiniMax-M2.7?"},
		{"model.default", "entirely-other", "known to have"},
		{"oneshot.retries", "nobody", ""},
	} {
		if got := s.Warning(tc[0], tc[1]); (got == "") != (tc[2] == "") || !strings.Contains(got, tc[2]) {
			t.Errorf("%s %s: %q", tc[0], tc[1], got)
		}
	}
}

// TestAuthArgs: the login of a provider that has both kinds is named as such, its key is not.
func TestAuthArgs(t *testing.T) {
	t.Parallel()
	const block = `{"version":1,"providers":{"minimax-cn":{%s"region":"cn"}}}`
	for name, tc := range map[string]struct{ auth, env, want string }{
		"login":     {`"access_token":"a","refresh_token":"r",`, "", "minimax-cn --type oauth"},
		"refused":   {`"last_auth_error":{"code":"refresh_failed","relogin_required":true},`, "", "minimax-cn --type oauth"},
		"key":       {"", "sk-0123456789", "minimax-cn"},
		"not there": {"", "", "minimax-cn"},
	} {
		s := at(t, map[string]string{"auth.json": strings.Replace(block, "%s", tc.auth, 1)}, map[string]string{"MINIMAX_CN_API_KEY": tc.env})
		c, err := s.Resolve(Flags{Provider: "minimax-china"})
		if got := c.AuthArgs(); err != nil || got != tc.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
