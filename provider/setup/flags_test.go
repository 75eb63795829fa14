package setup

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"hermes/provider/config"
)

// TestSetupByFlags: a script says everything, and is asked nothing.
func TestSetupByFlags(t *testing.T) {
	t.Parallel()
	const set = "sk-canary-0123456789"
	for name, tc := range map[string]struct {
		c             Command
		before, lines string
		want, says    string
	}{
		"a model alone":         {Command{Provider: "sandbox"}, "", "", "model:\n  default: sandbox\n  provider: sandbox\n", "test question  answered"},
		"no test":               {Command{Provider: "sandbox", NoTest: true}, "", "", "model:\n  default: sandbox\n  provider: sandbox\n", "test question  skipped"},
		"no login":              {Command{Provider: "minimax", NoLogin: true, NoTest: true}, "", "", "model:\n  default: MiniMax-M2.7\n  provider: minimax\n", "credential     missing"},
		"a key":                 {Command{Provider: "minimax", Model: "MiniMax-M3", NoTest: true}, "", set + "\n", "model:\n  default: MiniMax-M3\n  provider: minimax\n", "credential     key (MINIMAX_API_KEY)"},
		"a key by its kind":     {Command{Provider: "minimax-cn", Type: "api-key", NoTest: true}, "", set + "\n", "model:\n  default: MiniMax-M2.7\n  provider: minimax-cn\n", "credential     key (MINIMAX_CN_API_KEY)"},
		"own server":            {Command{Provider: "custom", BaseURL: "http://127.0.0.1:9", Model: "m", NoTest: true}, "", "", "model:\n  default: m\n  provider: custom\n  base_url: http://127.0.0.1:9\n", "base_url       http://127.0.0.1:9"},
		"own server, again":     {Command{Provider: "custom", NoTest: true}, "model: {provider: ollama, default: m, base_url: 'http://127.0.0.1:9'}\n", "", "model: {provider: custom, default: m, base_url: 'http://127.0.0.1:9'}\n", "model          m"},
		"a row of the file":     {Command{Provider: "LAB", NoTest: true}, lab, "", lab + "model:\n  default: qwen\n  provider: lab\n", "provider       lab"},
		"an old word's warning": {Command{Provider: "sandbox", Model: "sandbax", NoTest: true}, "", "", "model:\n  default: sandbax\n  provider: sandbox\n", "did you mean sandbox?"},
		"empty, as theirs":      {Command{Provider: "sandbox", NoTest: true}, "model: '' # none\n", "", "model: # none\n  default: sandbox\n  provider: sandbox\n", "provider       sandbox"},
	} {
		d, said, path := dialog(t, tc.before, tc.lines)
		d.Login.UI.Terminal = false
		asked := 0
		c := tc.c
		if err := c.Run(t.Context(), d, func() error { asked++; return nil }); err != nil {
			t.Errorf("%s: %v\n%s", name, err, said)
		}
		got, _ := os.ReadFile(path)
		if strings.ReplaceAll(string(got), "  # none", " # none") != tc.want || !strings.Contains(said.String(), tc.says) || strings.Contains(said.String(), "canary") || strings.Contains(said.String(), "[") {
			t.Errorf("%s: %q, want %q\n%s", name, got, tc.want, said)
		}
		if (asked == 1) == c.NoTest {
			t.Errorf("%s: the test question was asked %d times", name, asked)
		}
	}
}

// TestSetupTypeAsksForThatKind even where the other one is there already.
func TestSetupTypeAsksForThatKind(t *testing.T) {
	t.Parallel()
	d, said, _ := dialog(t, "", "")
	d.Login.UI.Terminal = false
	if err := config.SetEnv(d.Login.EnvFile, "MINIMAX_API_KEY", "sk-0123456789"); err != nil {
		t.Fatal(err)
	}
	again, err := d.Session.Again()
	if err != nil {
		t.Fatal(err)
	}
	d.Session = again
	none := func() error { return nil }
	if err := (&Command{Provider: "minimax", Type: "oauth", NoTest: true}).Run(t.Context(), d, none); err == nil || !strings.Contains(err.Error(), "takes an API key") {
		t.Errorf("%v\n%s", err, said)
	}
	if err := (&Command{Provider: "minimax", Type: "api-key", NoTest: true}).Run(t.Context(), d, none); err != nil {
		t.Errorf("the kind that is there: %v\n%s", err, said)
	}
}

// TestSetupWritesNoAddressThatCannotBe: by flag it ends, on a terminal it is asked again.
func TestSetupWritesNoAddressThatCannotBe(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"127.0.0.1:9", "ftp://h", "http://", "http://me:canary@h"} {
		d, said, path := dialog(t, "", "")
		d.Login.UI.Terminal = false
		err := (&Command{Provider: "custom", BaseURL: at, Model: "m", NoTest: true}).Run(t.Context(), d, nil)
		e, ok := errors.AsType[interface {
			error
			Class() string
		}](err)
		if got, _ := os.ReadFile(path); !ok || e.Class() != "usage" || !strings.Contains(err.Error(), "--base-url") || strings.Contains(err.Error(), "canary") || len(got) > 0 {
			t.Errorf("%s: %v, %q\n%s", at, err, got, said)
		}
	}
	d, said, path := dialog(t, "", "custom\nlocalhost:9\nhttp://localhost:9\nm\n")
	if err := d.Pick(t.Context(), "", false); err != nil || !strings.Contains(said.String(), "is not an http or https address") {
		t.Errorf("%v\n%s", err, said)
	}
	if got, _ := os.ReadFile(path); string(got) != "model:\n  default: m\n  provider: custom\n  base_url: http://localhost:9\n" {
		t.Errorf("%q", got)
	}
}

// TestSetupIsLeft: q before the choice is written changes nothing and says so; at the test question the choice stands, so
// that is what is said. A signal ends it anywhere.
func TestSetupIsLeft(t *testing.T) {
	t.Parallel()
	for lines, written := range map[string]bool{"": false, "q\n": false, "sandbox\nq\n": false, "minimax\nq\n": false, "sandbox\n\nq\n": true, "sandbox\n\n": true} {
		d, said, path := dialog(t, "", lines)
		err := (&Command{}).Run(t.Context(), d, func() error { t.Error("asked"); return nil })
		got, _ := os.ReadFile(path)
		if (len(got) > 0) != written || (err == nil) != written || strings.Contains(said.String(), "Summary:") != written {
			t.Errorf("%q: %v, %q\n%s", lines, err, got, said)
		}
		if e, ok := errors.AsType[*Error](err); !written && (!ok || e.Class() != "usage" || e.Hint() == "" || !strings.Contains(err.Error(), "config.yaml is as it was")) {
			t.Errorf("%q: %v", lines, err)
		}
	}
	ctx, stop := context.WithCancelCause(t.Context())
	ended := errors.New("a signal")
	stop(ended)
	d, _, _ := dialog(t, "", "")
	d.Login.UI.In = silent{}
	if err := (&Command{}).Run(ctx, d, nil); !errors.Is(err, ended) {
		t.Error(err)
	}
}

// silent is a terminal at which nobody types.
type silent struct{}

func (silent) Read([]byte) (int, error) { select {} }

func TestTerminalThatCannotBeRead(t *testing.T) {
	t.Parallel()
	d, _, _ := dialog(t, "", "")
	d.Login.UI.In = broken{}
	if err := d.Pick(t.Context(), "", false); err == nil || !strings.Contains(err.Error(), "cannot read the answer") {
		t.Error(err)
	}
	d.Login.UI.Terminal = false
	if err := d.Pick(t.Context(), "", false); err == nil || !strings.Contains(err.Error(), "asks on a terminal, and there is none") {
		t.Error(err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, os.ErrClosed }
