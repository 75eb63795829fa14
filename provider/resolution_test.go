package provider

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hermes/authfile"
)

// resolution is a home, and what Hermes Agent makes of it.
type resolution struct {
	Name string
	In   struct {
		Auth   json.RawMessage
		Root   json.RawMessage `json:"global_auth"`
		Home   string
		Config string
		Env    map[string]string
		Files  map[string]json.RawMessage
		Flags  struct{ Provider, Model string }
	}
	Out struct {
		Runtime struct {
			Provider string
			Mode     string `json:"api_mode"`
			Base     string `json:"base_url"`
			Key      string `json:"api_key"`
			Error    *struct{ Code string }
		}
	}
}

// TestResolutionOfHomes holds what a run makes of a home against what Hermes Agent makes of it, for the 68 homes of its that
// hold logins and pools. Where the answers are meant to differ, otherwise says what comes here, and why.
func TestResolutionOfHomes(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../testdata/golden-logins/resolution.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Cases []resolution }
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	differ := otherwise()
	for _, tc := range all.Cases {
		want, differs := differ[tc.Name]
		delete(differ, tc.Name)
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			got := tc.resolve(t)
			if !differs {
				want = tc.theirs()
			}
			if got != want.answer {
				t.Errorf("got  %s\nwant %s (%s)", got, want.answer, want.why)
			}
			if differs && got == tc.theirs().answer {
				t.Errorf("no difference: %s", got)
			}
		})
	}
	for name := range differ {
		t.Errorf("no case %q", name)
	}
}

// deviation is an answer that is not Hermes Agent's, and the reason.
type deviation struct{ answer, why string }

// theirs is what Hermes Agent answers, in the words of resolve.
func (r resolution) theirs() deviation {
	o := r.Out.Runtime
	if o.Error != nil {
		return deviation{answer: "error"}
	}
	return deviation{answer: strings.Join([]string{o.Provider, strings.Replace(o.Mode, "codex_", "", 1), o.Base, tail(o.Key)}, " ")}
}

// tail is the end of a credential, which tells them apart.
func tail(s string) string { return s[max(0, len(s)-16):] }

// resolve is provider, wire, address and credential of a run in the home, or "error".
func (r resolution) resolve(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	home := filepath.Join(root, ".hermes", filepath.FromSlash(r.In.Home))
	write(t, filepath.Join(home, "auth.json"), r.In.Auth)
	write(t, filepath.Join(root, ".hermes", "auth.json"), r.In.Root)
	write(t, filepath.Join(home, "config.yaml"), []byte(r.In.Config))
	for name, content := range r.In.Files {
		name = strings.Replace(name, "$HERMES_HOME", home, 1)
		write(t, strings.Replace(name, "~", root, 1), content)
	}
	env := map[string]string{"HOME": root}
	maps.Copy(env, r.In.Env)
	s, err := Open(home, func(name string) string { return env[name] }, authfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Use(noNetwork{})
	c, err := s.Resolve(Flags{Provider: r.In.Flags.Provider, Model: r.In.Flags.Model})
	if err != nil || c.Ready() != nil {
		return "error"
	}
	key := ""
	if token := s.Token(c); token != nil {
		if key, err = token(t.Context(), ""); err != nil {
			return "error"
		}
	}
	return strings.Join([]string{c.Row.ID, c.Wire.Value, c.BaseURL.Value, tail(key)}, " ")
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if len(content) == 0 {
		return
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// noNetwork reaches no server.
type noNetwork struct{}

func (noNetwork) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("no network")
}

// otherwise are the homes of which a run here makes something else, by the contract.
func otherwise() map[string]deviation {
	const subscription = "tokens of a Claude subscription are refused by name"
	const noVariable = "no environment variable but those of key providers changes where a run goes: §5"
	const nous = "nous chat_completions https://inference-api.nousresearch.com/v1 "
	const qwen = "qwen-oauth chat_completions https://portal.qwen.ai/v1 FAKE-QWEN-FILE"
	const codex = "openai-codex responses https://chatgpt.com/backend-api/codex FAKE-CODEX-FRESH"
	return map[string]deviation{
		"keys: deepseek row, nothing named": {"deepseek chat_completions https://api.deepseek.com/v1 sk-FAKE-ROW-1", "a stored key is a key that is set: §5"},
		"keys: openai-api row, OPENAI_API_KEY set, config names it": {
			"openai-api responses https://api.openai.com/v1 sk-FAKE-ENV", "the variables come before the pool: §6",
		},
		"keys: openrouter row, active minimax-oauth, nothing named": {
			"minimax-oauth anthropic_messages https://api.minimax.io/anthropic FAKE-MM-ACCESS", "the active login comes before keys: §5",
		},
		"nous: logged in, OPENROUTER_API_KEY set, nothing named":            {nous + ".FAKE-NOUS-FRESH", "the active login comes before keys: §5"},
		"xai: expired, out of reach, nothing named, OPENROUTER_API_KEY set": {"error", "the active login comes before keys, expired and renewable too: §5"},
		"xai: sole row dead": {"error", "a dead row is not asked again"},
		"codex: seeded row at its usage limit, singleton present": {"error", "nor is one that rests, by way of its copy"},
		"codex: quarantined, live pair in ~/.codex/auth.json":     {"error", "the login of OpenAI's own program is that program's"},
		"codex: openai_runtime codex_app_server":                  {codex, "no other program is started"},
		"nous: opaque token":                                      {nous + "FAKE-OPAQUE", "the server decides about a token that it gave out"},
		"nous: NOUS_INFERENCE_BASE_URL":                           {nous + ".FAKE-NOUS-FRESH", noVariable},
		"qwen: HERMES_QWEN_BASE_URL":                              {qwen, noVariable},
		"qwen: file and a manual row":                             {qwen, "the row is a copy that goes stale"},
		"qwen: file expired":                                      {"error", "an expired token is renewed, and not sent"},
		"anthropic: Claude Code's file expired":                   {"error", subscription},
		"anthropic: only CLAUDE_CODE_OAUTH_TOKEN, nothing named":  {"error", subscription},
		"anthropic: row of an sk-ant-oat token stored as api_key": {"error", subscription},
		"copilot: GH_TOKEN, config names it":                      {"error", "the exchange for Copilot's tokens is for GitHub's own editors"},
		"profile: profile's codex quarantined, root's alive":      {codex, "a profile has ROOT's logins where it has none: §6"},
	}
}
