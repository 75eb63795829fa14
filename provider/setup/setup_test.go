package setup

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hermes/authfile"
	"hermes/provider"
	"hermes/provider/login"
)

// dialog is a home in front of which a person types the lines.
func dialog(t *testing.T, config, lines string) (*Env, *bytes.Buffer, string) {
	t.Helper()
	home := t.TempDir()
	path := filepath.Join(home, "config.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	none := func(string) string { return "" }
	s, err := provider.Open(home, none, authfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	ui := login.UI{In: strings.NewReader(lines), Out: &said, Err: &said, Terminal: true, Getenv: none}
	return &Env{Session: s, Login: login.Commands{UI: ui, Store: s.Store, EnvFile: filepath.Join(home, ".env")}}, &said, path
}

func TestPick(t *testing.T) {
	t.Parallel()
	const mine = "# mine\nmodel:\n  default: old # here\n"
	for name, tc := range map[string]struct {
		lines, want, says string
	}{
		"by name":           {"sandbox\n\n", "# mine\nmodel:\n  default: sandbox # here\n  provider: sandbox\n", ""},
		"by number":         {"1\n2\n", "# mine\nmodel:\n  default: sandbox-mini # here\n  provider: sandbox\n", ""},
		"a name of its own": {"sandbox\nnew-model\n", "# mine\nmodel:\n  default: new-model # here\n  provider: sandbox\n", ""},
		"nothing to skip":   {"sandbox\ns\n\n", "# mine\nmodel:\n  default: sandbox # here\n  provider: sandbox\n", "nothing is skipped here: an empty line takes sandbox"},
		"wrong, then right": {"99\nnobody\nsandbox\n77\n1\n", "# mine\nmodel:\n  default: sandbox # here\n  provider: sandbox\n", `"nobody" is neither a number`},
		"without a login":   {"minimax-oauth\nn\n2\n", "# mine\nmodel:\n  default: MiniMax-M2.7-highspeed # here\n  provider: minimax-oauth\n  base_url: https://api.minimax.io/anthropic\n", "not logged in"},
		"no key, later":     {"claude\nn\n\n", "# mine\nmodel:\n  default: claude-sonnet-5 # here\n  provider: anthropic\n", "later: hermes auth add anthropic"},
		"one letter":        {"minimax-cn\ns\n\n", "# mine\nmodel:\n  default: MiniMax-M2.7 # here\n  provider: minimax-cn\n", "Log in now, or enter an API key [Y/k/n]: "},
		"nothing is usable": {"\nn\n\n", "# mine\nmodel:\n  default: MiniMax-M2.7 # here\n  provider: minimax-oauth\n  base_url: https://api.minimax.io/anthropic\n", "1) Sandbox"},
		"own server, asked": {"custom\n\nhttp://127.0.0.1:9\nqwen\n", "# mine\nmodel:\n  default: qwen # here\n  provider: custom\n  base_url: http://127.0.0.1:9\n", "Base URL of the server"},
		"own server":        {"custom\nhttp://127.0.0.1:9\nqwen\n", "# mine\nmodel:\n  default: qwen # here\n  provider: custom\n  base_url: http://127.0.0.1:9\n", "Base URL of the server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, said, path := dialog(t, mine, tc.lines)
			if err := d.Pick(t.Context(), "", false); err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			got, err := os.ReadFile(path)
			if err != nil || string(got) != tc.want {
				t.Errorf("config.yaml is\n%swant\n%s%v", got, tc.want, err)
			}
			if !strings.Contains(said.String(), tc.says) {
				t.Errorf("no %q in\n%s", tc.says, said)
			}
		})
	}
}

// TestPickAgain: an empty line keeps what holds, the address of an own server included, and that address is nobody else's.
func TestPickAgain(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, lines, says string }{
		"own server": {"model:\n  provider: ollama\n  default: qwen\n  base_url: http://127.0.0.1:9\n", "\n\n\n", "1) Ollama               no login needed, current"},
		"another":    {"model:\n  provider: sandbox\n  default: sandbox-mini\n  base_url: http://127.0.0.1:9\n", "\n\n", "more: type a part of the name"},
	} {
		d, said, path := dialog(t, tc.before, tc.lines)
		if err := d.Pick(t.Context(), "", false); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, said)
		}
		want := tc.before
		if name == "another" {
			want = strings.Replace(want, "  base_url: http://127.0.0.1:9\n", "", 1)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want || !strings.Contains(said.String(), tc.says) {
			t.Errorf("%s: config.yaml is\n%swant\n%s%v\n%s", name, got, want, err, said)
		}
	}
}

// TestPickKey: the one provider that has both takes a key where the person says so.
func TestPickKey(t *testing.T) {
	t.Parallel()
	d, said, path := dialog(t, "", "minimax-cn\nk\n\n")
	d.Login.UI.ReadSecret = func(context.Context, string) (string, error) { return "sk-canary-0123456789", nil }
	if err := d.Pick(t.Context(), "", false); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	raw, err := os.ReadFile(filepath.Join(filepath.Dir(path), ".env"))
	if err != nil || string(raw) != "MINIMAX_CN_API_KEY=sk-canary-0123456789\n" || strings.Contains(said.String(), "canary") {
		t.Errorf("%q, %v\n%s", raw, err, said)
	}
}

// TestLeave: who leaves early finds everything as it was.
func TestLeave(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string]string{"at once": "", "q": "q\n", "after the provider": "sandbox\n", "at the model": "sandbox\nq\n", "at the login": "minimax\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const mine = "model: {default: m}\n"
			d, _, path := dialog(t, mine, lines)
			err := d.Pick(t.Context(), "", false)
			if e, ok := errors.AsType[*Error](err); !ok || e.Class() != "usage" {
				t.Errorf("the error is %v", err)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != mine {
				t.Errorf("config.yaml is %q, %v", got, err)
			}
		})
	}
}

// TestSetup: flags answer the questions, every step can be skipped, and a summary ends it.
func TestSetup(t *testing.T) {
	t.Parallel()
	const chosen = "model:\n  default: sandbox\n  provider: sandbox\n"
	const held = "model: {provider: sandbox, default: sandbox-mini}\n"
	for name, tc := range map[string]struct {
		c             Command
		before, lines string
		want, says    string
	}{
		"all by flags":     {Command{Provider: "sandbox", Model: "sandbox", NoTest: true}, "", "", chosen, "test question  skipped"},
		"declined":         {Command{Provider: "sandbox", Model: "sandbox"}, "", "n\n", chosen, "test question  skipped"},
		"accepted":         {Command{}, "", "sandbox\n\n\n", chosen, "test question  answered"},
		"all skipped":      {Command{}, held, "s\ns\ns\n", held, "provider       sandbox (config.yaml model.provider)"},
		"all kept":         {Command{}, held, "\n\nn\n", held, "model          sandbox-mini (config.yaml model.default)"},
		"provider skipped": {Command{}, held, "s\n1\nn\n", "model: {provider: sandbox, default: sandbox}\n", "credential     none"},
		"login skipped":    {Command{NoTest: true}, "", "minimax\nn\ns\n", "model:\n  default: MiniMax-M2.7\n  provider: minimax\n", "credential     missing (minimax needs an API key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, said, path := dialog(t, tc.before, tc.lines)
			c := tc.c
			if err := c.Run(t.Context(), d, func() error { return nil }); err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != tc.want {
				t.Errorf("config.yaml is %q, %v", got, err)
			}
			if text := said.String(); !strings.Contains(text, "Summary:") || !strings.Contains(text, tc.says) {
				t.Errorf("no %q in\n%s", tc.says, said)
			}
		})
	}
}

// TestSetupFails: what cannot be set up is not written; a test question that fails comes after the summary.
func TestSetupFails(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		c    Command
		says string
	}{
		"nothing to go by":     {Command{}, "there is none"},
		"an own server":        {Command{Provider: "custom", Model: "m"}, "needs an address"},
		"a server's model":     {Command{Provider: "custom", BaseURL: "http://127.0.0.1:9"}, "has no default model"},
		"nobody":               {Command{Provider: "nobody"}, "unknown provider"},
		"a key, none is given": {Command{Provider: "minimax-cn"}, "no key given for minimax-cn"},
		"a portal for a key":   {Command{Provider: "minimax", PortalURL: "https://api.minimax.io"}, "takes an API key"},
	} {
		d, said, path := dialog(t, "", "")
		d.Login.UI.Terminal = false
		c := tc.c
		err := c.Run(t.Context(), d, func() error { return nil })
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v\n%s", name, err, said)
		}
		if got, _ := os.ReadFile(path); len(got) > 0 {
			t.Errorf("%s: config.yaml is %q", name, got)
		}
	}
	d, said, _ := dialog(t, "", "sandbox\n\n\n")
	failed := errors.New("no answer")
	if err := (&Command{}).Run(t.Context(), d, func() error { return failed }); !errors.Is(err, failed) || !strings.Contains(said.String(), "test question  failed") {
		t.Errorf("%v\n%s", err, said)
	}
}
