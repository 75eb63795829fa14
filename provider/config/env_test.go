package config

import (
	"os"
	"path/filepath"
	"testing"
)

func TestEnv(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".env")
	const before = "# mine\r\nexport A=1\nB = \"x \\\"y\\\"\"\nC='$d'\nD=plain # note\n"
	if err := os.WriteFile(path, []byte(before), 0o640); err != nil {
		t.Fatal(err)
	}
	got, err := LoadEnv(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"A": "1", "B": `x "y"`, "C": "$d", "D": "plain"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if err := SetEnv(path, "A", "two words"); err != nil {
		t.Fatal(err)
	}
	if err := SetEnv(path, "E", "sk-1"); err != nil {
		t.Fatal(err)
	}
	if ok, err := UnsetEnv(path, "D"); !ok || err != nil {
		t.Error(ok, err)
	}
	raw, _ := os.ReadFile(path)
	if want := "# mine\r\nexport A=\"two words\"\r\nB = \"x \\\"y\\\"\"\nC='$d'\nE=sk-1\r\n"; string(raw) != want {
		t.Errorf("file is %q, want %q", raw, want)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	for name, value := range map[string]string{"PATH": "x", "a b": "x", "X": "a\nb"} {
		if SetEnv(path, name, value) == nil {
			t.Errorf("%q=%q was taken", name, value)
		}
	}
}

func TestEnvNamesTheLine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte("A=1\nnon sense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := LoadEnv(path)
	if e, ok := err.(*Error); !ok || e.Line != 2 || e.Class() != "config" {
		t.Errorf("error %v", err)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"minimax", "minimax-oauth", "sandbox"}
	for word, want := range map[string]string{"minimaks": "minimax", "sandbx": "sandbox", "openrouter": "", "": ""} {
		if got := Nearest(word, known); got != want {
			t.Errorf("%q is near %q, want %q", word, got, want)
		}
	}
}

// TestLoadGolden reads config.yaml as Hermes Agent writes it.
func TestLoadGolden(t *testing.T) {
	t.Parallel()
	c, err := Load("../../testdata/golden/13-hermes-model/config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if c.Model.Default != "MiniMax-M2.7" || c.Model.Provider != "minimax-oauth" || len(c.Providers) != 1 || c.Providers[0].KeyEnv != "LAB_KEY" {
		t.Errorf("%+v", c)
	}
}

func TestLoadNamesLineAndKey(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]struct {
		line int
		key  string
	}{
		"model: {default: [1]}\n":              {1, "model.default"},
		"a: 1\noneshot:\n  retries: x\n":       {3, "oneshot.retries"},
		"model:\n  default: a\n  default: b\n": {3, "model.default"},
		"model:\n\tdefault: a\n":               {2, ""},
		"- a\n":                                {1, ""},
	} {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path)
		e, ok := err.(*Error)
		if !ok || e.Line != want.line || e.Key != want.key || e.Class() != "config" {
			t.Errorf("%q: %v", content, err)
		}
	}
}
