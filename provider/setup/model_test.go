package setup

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
)

const lab = "providers:\n  lab: {base_url: 'http://127.0.0.1:9', models: [qwen, phi]}\n  bare: {base_url: 'http://127.0.0.1:8'}\n  wire: {base_url: 'http://127.0.0.1:7', transport: bedrock_converse}\n  off: {base_url: 'http://127.0.0.1:6', enabled: false}\n"

// TestModelSet writes the name, its provider where that is named, and what the provider needs beside it.
func TestModelSet(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, provider, model, after, says string }{
		"the provider stays":     {"model: {provider: sandbox} # c\n", "", "sandbox-mini", "model: {provider: sandbox, default: sandbox-mini} # c\n", "sandbox-mini of sandbox"},
		"a name alone":           {"model: old\nprovider: sandbox\n", "", "new", "model:\n  default: new\nprovider: sandbox\n", "new is not a model that sandbox is known to have"},
		"one that was missing":   {lab + "model: {provider: bare}\n", "", "qwen", lab + "model: {provider: bare, default: qwen}\n", "qwen of bare"},
		"another provider":       {"model: {provider: minimax, default: m, base_url: 'https://x.example', api_mode: chat_completions}\n", "sandbox", "sandbox", "model: {provider: sandbox, default: sandbox}\n", "sandbox of sandbox"},
		"an alias":               {"", "MiniMax-Portal", "MiniMax-M2.7", "model:\n  default: MiniMax-M2.7\n  provider: minimax-oauth\n  base_url: https://api.minimax.io/anthropic\n", "of minimax-oauth"},
		"own server":             {lab, "lab", "phi", lab + "model:\n  default: phi\n  provider: lab\n", "phi of lab"},
		"custom keeps its place": {"model: {provider: ollama, default: a, base_url: 'http://127.0.0.1:1'}\n", "custom", "b", "model: {provider: custom, default: b, base_url: 'http://127.0.0.1:1'}\n", "b of custom"},
	} {
		d, said, path := dialog(t, tc.before, "")
		if err := d.SetModel(tc.model, tc.provider); err != nil || !strings.Contains(said.String(), tc.says) {
			t.Errorf("%s: %v, %s", name, err, said)
		}
		if got, _ := os.ReadFile(path); string(got) != tc.after {
			t.Errorf("%s: %q, want %q", name, got, tc.after)
		}
	}
}

func TestModelSetRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, provider, class, says string }{
		"nobody to ask":         {"", "", "config", "no provider is configured"},
		"nobody of that name":   {"", "nobody", "config", `unknown provider "nobody" (argument)`},
		"another wire":          {lab, "wire", "usage", "provider wire cannot be used: "},
		"one that is off":       {lab, "off", "usage", "provider off cannot be used: is switched off"},
		"custom without server": {"", "custom", "usage", "the provider custom needs an address"},
	} {
		d, said, path := dialog(t, tc.before, "")
		err := d.SetModel("m", tc.provider)
		if e, ok := errors.AsType[interface {
			error
			Class() string
		}](err); !ok || e.Class() != tc.class || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v\n%s", name, err, said)
		}
		if got, _ := os.ReadFile(path); string(got) != tc.before {
			t.Errorf("%s: %q was written", name, got)
		}
	}
}

// TestModelList: usable ones first, the current one marked, a script's form beside a person's.
func TestModelList(t *testing.T) {
	t.Parallel()
	d, said, _ := dialog(t, lab+"model: {provider: lab, default: phi}\n", "")
	if err := d.List(t.Context(), ListFlags{}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(said.String(), "\n")
	if !strings.HasPrefix(lines[0], "PROVIDER") || !strings.HasSuffix(lines[1], "usable") {
		t.Errorf("%s", said)
	}
	for _, want := range []string{"lab                    phi ", "needs hermes auth add minimax-oauth", "anthropic              claude-sonnet-5", "openrouter "} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	if strings.Count(said.String(), "current") != 1 || strings.Contains(said.String(), "wire") {
		t.Errorf("%s", said)
	}
	said.Reset()
	var all []map[string]any
	if err := d.List(t.Context(), ListFlags{JSON: true}); err != nil || json.Unmarshal(said.Bytes(), &all) != nil {
		t.Fatalf("%v: %s", err, said)
	}
	current := 0
	for _, m := range all {
		if m["current"] == true {
			if current++; m["provider"] != "lab" || m["model"] != "phi" || m["usable"] != true {
				t.Errorf("%v", m)
			}
		}
		if m["model"] == "MiniMax-M2.7" && m["provider"] == "minimax" && (m["usd_per_m_input"] != "0.30" || m["usable"] != false || m["images"] != false || m["context"] != 204_800.0) {
			t.Errorf("%v", m)
		}
	}
	if current != 1 {
		t.Errorf("%d are current", current)
	}
	d.Login.UI.Out = closed{}
	if err := d.List(t.Context(), ListFlags{JSON: true}); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, os.ErrClosed }
