package config

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
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
		_, err := Load(path, runFlags()...)
		e, ok := err.(*Error)
		if !ok || e.Line != want.line || e.Key != want.key || e.Class() != "config" {
			t.Errorf("%q: %v", content, err)
		}
	}
}

// envFile makes a .env in a fresh folder.
func envFile(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUnsetEnv(t *testing.T) {
	t.Parallel()
	path := envFile(t, "# c\nexport K=1\nA='x\ny'\nK=2\n")
	if had, err := UnsetEnv(path, "K"); !had || err != nil || read(t, path) != "# c\nA='x\ny'\n" {
		t.Errorf("%v, %v, %q", had, err, read(t, path))
	}
	if had, err := UnsetEnv(path, "K"); had || err != nil {
		t.Errorf("again: %v, %v", had, err)
	}
	path = envFile(t, "K=1\n")
	if had, err := UnsetEnv(path, "K"); !had || err != nil || read(t, path) != "" {
		t.Errorf("the only line: %v, %v, %q", had, err, read(t, path))
	}
	missing := filepath.Join(t.TempDir(), "none", ".env")
	if had, err := UnsetEnv(missing, "K"); had || err != nil {
		t.Errorf("a missing file: %v, %v", had, err)
	}
	if _, err := os.Stat(filepath.Dir(missing)); err == nil {
		t.Error("its folder was made")
	}
}

func TestSetEnvRefuses(t *testing.T) {
	t.Parallel()
	path := envFile(t, "A=1\n")
	for _, tc := range [][3]string{
		{"", "v", "not a name"},
		{"1A", "v", "not a name"},
		{"A-B", "v", "not a name"},
		{"Ä", "v", "not a name"},
		{"A=B", "v", "not a name"},
		{"PATH", "v", "changes how programs run"},
		{"Path", "v", "changes how programs run"},
		{"LD_PRELOAD", "v", "changes how programs run"},
		{"HERMES_HOME", "v", "changes how programs run"},
		{"HERMES_YOLO_MODE", "v", "changes how programs run"},
		{"PYTHONPATH", "v", "changes how programs run"},
		{"GIT_SSH_COMMAND", "v", "changes how programs run"},
		{"K", "canary\n", "line break"},
		{"K", "canary\rx", "line break"},
		{"K", "canary\x00", "line break or NUL"},
		{"X_API_KEY", "canary\u200b", "no key has"},
		{"X_TOKEN", "canäry canary", "no key has"},
		{"X_TOKEN", "canary\t", "no key has"},
	} {
		if err := SetEnv(path, tc[0], tc[1]); class(err) != "usage" || !strings.Contains(err.Error(), tc[2]) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s=%q: %v", tc[0], tc[1], err)
		}
	}
	open := envFile(t, "A=\"\nB=1\n")
	if err := SetEnv(open, "K", "#"); class(err) != "config" || !strings.Contains(err.Error(), ".env:1: the quotes") || read(t, open) != "A=\"\nB=1\n" {
		t.Errorf("an open quote that would swallow it: %v, %q", err, read(t, open))
	}
	for name, value := range map[string]string{"GIT_TOKEN": "x", "HERMES_X_API_KEY": "x", "MINE": "Zoë", "X_BASE_URL": "https://bücher.example"} {
		if err := SetEnv(path, name, value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEnvModeAndLink(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("modes and links of unix")
	}
	folder := t.TempDir()
	fresh := filepath.Join(folder, "home", ".env")
	if err := SetEnv(fresh, "K", "v"); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{fresh: 0o600, filepath.Dir(fresh): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	real, link := envFile(t, "K=1\n"), filepath.Join(folder, ".env")
	if err := os.Chmod(real, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	if err := SetEnv(link, "K", "2"); err != nil {
		t.Fatal(err)
	}
	at, err := os.Lstat(link)
	if err != nil || at.Mode()&os.ModeSymlink == 0 || read(t, real) != "K=2\n" {
		t.Errorf("%v, %v, %q", at.Mode(), err, read(t, real))
	}
	if info, _ := os.Stat(real); info.Mode().Perm() != 0o600 {
		t.Errorf("a file with a key keeps the mode %v", info.Mode())
	}
}

// TestParallelSecrets: two writers at once lose nothing, whoever is first.
func TestParallelSecrets(t *testing.T) {
	t.Parallel()
	path := envFile(t, "# c\nA=1\n")
	var wg sync.WaitGroup
	for name := range strings.SplitSeq("ABCDEFGHIJKLMNOP", "") {
		wg.Go(func() {
			if err := SetEnv(path, name, "v"+name); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := LoadEnv(path)
	if err != nil || len(got) != 16 || got["A"] != "vA" || got["P"] != "vP" {
		t.Errorf("%q, %v", got, err)
	}
}
