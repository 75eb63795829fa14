package setup

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hermes/authfile"
	"hermes/provider"
	"hermes/provider/login"
)

// desk is a home in front of which a person types the lines.
func desk(t *testing.T, config, lines string) (*Desk, *bytes.Buffer, string) {
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
	return &Desk{Session: s, Login: login.Desk{UI: ui, Store: s.Store, EnvFile: filepath.Join(home, ".env")}}, &said, path
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
		"wrong, then right": {"99\nnobody\nsandbox\n77\n1\n", "# mine\nmodel:\n  default: sandbox # here\n  provider: sandbox\n", `"nobody" is neither a number`},
		"without a login":   {"minimax-oauth\nn\n2\n", "# mine\nmodel:\n  default: MiniMax-M2.7-highspeed # here\n  provider: minimax-oauth\n  base_url: https://api.minimax.io/anthropic\n", "not logged in"},
		"own server":        {"ollama\nhttp://127.0.0.1:9\nqwen\n", "# mine\nmodel:\n  default: qwen # here\n  provider: custom\n  base_url: http://127.0.0.1:9\n", "needs a base URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, said, path := desk(t, mine, tc.lines)
			if err := (&ModelCommand{}).Do(t.Context(), "pick", d); err != nil {
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

// TestLeave: who leaves early finds everything as it was.
func TestLeave(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string]string{"at once": "", "q": "q\n", "after the provider": "sandbox\n", "at the model": "sandbox\nq\n", "at the login": "minimax\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const mine = "model: {default: m}\n"
			d, _, path := desk(t, mine, lines)
			err := (&ModelCommand{}).Do(t.Context(), "pick", d)
			if e, ok := errors.AsType[*Error](err); !ok || e.Class() != "usage" {
				t.Errorf("the error is %v", err)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != mine {
				t.Errorf("config.yaml is %q, %v", got, err)
			}
		})
	}
}

// TestSetup: flags answer the questions, and the test question is asked unless it is declined.
func TestSetup(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		c     Command
		lines string
		asked bool
	}{
		"all by flags": {Command{Provider: "sandbox", Model: "sandbox", NoTest: true}, "", false},
		"declined":     {Command{Provider: "sandbox", Model: "sandbox"}, "n\n", false},
		"accepted":     {Command{}, "sandbox\n\n\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, said, path := desk(t, "", tc.lines)
			asked, c := false, tc.c
			if err := c.Run(t.Context(), d, func() error { asked = true; return nil }); err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != "model:\n  provider: sandbox\n  default: sandbox\n" {
				t.Errorf("config.yaml is %q, %v", got, err)
			}
			if asked != tc.asked {
				t.Errorf("asked = %v\n%s", asked, said)
			}
		})
	}
}
