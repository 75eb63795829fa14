package config

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// told runs a command of hermes config in a home that holds text, and gives what stands on both streams.
func told(t *testing.T, text string, command func(Commands) error, env map[string]string) (home, out, said string, err error) {
	t.Helper()
	home = filepath.Dir(write(t, text))
	var o, e bytes.Buffer
	c := Commands{Home: home, Out: &o, Err: &e, Flags: runFlags(), Getenv: func(name string) string { return env[name] }}
	c.Settings = func() []Setting {
		return []Setting{{"provider", "sandbox", "--provider"}, {"system", "two\nlines", "x"}, {"base_url", "", "none"}}
	}
	c.Warning = func(key, value string) string {
		if value == "unlisted" {
			return "there is no such thing as " + key
		}
		return ""
	}
	err = command(c)
	return home, o.String(), e.String(), err
}

func TestCommandGet(t *testing.T) {
	t.Parallel()
	const file = "model: {default: m, api_key: " + canary + "}\nn: 5\nl: [a]\nt: |\n  two\n  lines\n"
	for _, tc := range []struct {
		key  string
		json bool
		want string
	}{
		{"model", false, "m\n"},
		{"n", false, "5\n"},
		{"l", false, "[\"a\"]\n"},
		{"t", false, "two\nlines\n"},
		{"model.api_key", false, "****cdef\n"},
		{"n", true, `"value":5}`},
		{"model.api_key", true, `"value":"****cdef"}`},
		{"oneshot.retries", true, `{"key":"oneshot.retries","line":0,"path":"","source":"default","value":3}` + "\n"},
	} {
		_, out, said, err := told(t, file, func(c Commands) error { return c.Get(tc.key, tc.json) }, nil)
		if err != nil || said != "" || !strings.HasSuffix(out, strings.TrimSuffix(tc.want, "\n")+"\n") || !tc.json && out != tc.want || strings.Contains(out, "canary") {
			t.Errorf("%s: %q %q, %v", tc.key, out, said, err)
		}
	}
	nothing := func(c Commands) error { return c.Get("model.nothing", false) }
	if _, out, _, err := told(t, file, nothing, nil); class(err) != "usage" || out != "" {
		t.Errorf("%q, %v", out, err)
	}
}

// TestCommandEdits: stdout stays empty, stderr says what was done where, and what speaks against it.
func TestCommandEdits(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ verb, key, value, said, after string }{
		{"set", "model", "m", "hermes: CONFIG: model.default set to m\n", "model:\n  default: m\n"},
		{"set", "model", "unlisted", "hermes: there is no such thing as model.default\nhermes: CONFIG: model.default set to unlisted\n", "model:\n  default: unlisted\n"},
		{"set", "model", "old", "hermes: CONFIG: model.default unchanged\n", "model:\n  default: old\n"},
		{"set", "foreign", "unlisted", "hermes: foreign is not a key that this program reads\nhermes: CONFIG: foreign set to unlisted\n", "model:\n  default: old\nforeign: unlisted\n"},
		{"set", "model.api_key", canary, "hermes: CONFIG: model.api_key set to ****cdef\n", "model:\n  default: old\n  api_key: " + canary + "\n"},
		{"unset", "model", "", "hermes: CONFIG: model.default removed\n", ""},
	} {
		edit := func(c Commands) error { return c.Set(tc.key, tc.value) }
		if tc.verb == "unset" {
			edit = func(c Commands) error { return c.Unset(tc.key) }
		}
		home, out, said, err := told(t, "model:\n  default: old\n", edit, nil)
		path := filepath.Join(home, "config.yaml")
		if err != nil || out != "" || said != strings.ReplaceAll(tc.said, "CONFIG", path) || read(t, path) != tc.after {
			t.Errorf("%s %s: %q %q %q, %v", tc.verb, tc.key, out, said, read(t, path), err)
		}
	}
	wrong := func(c Commands) error { return c.Set("oneshot.retries", "many") }
	if _, out, said, err := told(t, "", wrong, nil); class(err) != "usage" || out+said != "" {
		t.Errorf("%q %q, %v", out, said, err)
	}
}

func TestCommandShowPathExplain(t *testing.T) {
	t.Parallel()
	const file = "# c\noneshot: {retries: 5, system: \"a\\nb\"}\napi_key: " + canary + "\n"
	explain := func(asJSON bool) func(Commands) error { return func(c Commands) error { return c.Explain(asJSON) } }
	for _, tc := range []struct {
		name    string
		command func(Commands) error
		wants   []string
	}{
		{"show", func(c Commands) error { return c.Show(false) }, []string{"# c\noneshot: {retries: 5, system: \"a\\nb\"}\napi_key: \"****cdef\"\n"}},
		{"path", Commands.Path, []string{"config.yaml\n"}},
		{"explain", explain(false), []string{"provider", "sandbox", "--provider", "two lines", "base_url               -", "oneshot.retries        5          config.yaml line 2", "oneshot.system         a b", "oneshot.idle_timeout   120s       default"}},
		{"explain as JSON", explain(true), []string{`"key": "provider"`, `"value": "two\nlines"`, `"source": "config.yaml line 2"`}},
	} {
		_, out, said, err := told(t, file, tc.command, nil)
		if err != nil || said != "" || strings.Contains(out, "canary") || strings.Contains(out, "oneshot.deadline") {
			t.Errorf("%s: %q, %v", tc.name, said, err)
		}
		for _, want := range tc.wants {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q in\n%s", tc.name, want, out)
			}
		}
	}
	if _, _, _, err := told(t, "a: [", explain(false), nil); class(err) != "config" {
		t.Errorf("explain of a broken file: %v", err)
	}
}

// TestCommandEditChecksAfterwards: VISUAL is before EDITOR, with its arguments; what no longer loads is told and kept.
func TestCommandEditChecksAfterwards(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("editors of unix")
	}
	for name, tc := range map[string]struct {
		env           map[string]string
		class, says   string
		before, after string
	}{
		"visual first": {map[string]string{"VISUAL": "sed -i s/1/2/", "EDITOR": "false"}, "", "", "a: 1\n", "a: 2\n"},
		"editor":       {map[string]string{"EDITOR": "sed -i s/1/[/"}, "config", "config.yaml:1: broken YAML", "a: 1\n", "a: [\n"},
		"it fails":     {map[string]string{"EDITOR": "false"}, "usage", "the editor false failed", "a: 1\n", "a: 1\n"},
		"not there":    {map[string]string{"EDITOR": "no-such-editor-anywhere -x"}, "usage", "the editor no-such-editor-anywhere failed", "a: 1\n", "a: 1\n"},
		"blanks alone": {map[string]string{"VISUAL": " ", "EDITOR": "true"}, "", "", "a: 1\n", "a: 1\n"},
	} {
		home, out, _, err := told(t, tc.before, Commands.Edit, tc.env)
		if class(err) != tc.class || err != nil && !strings.Contains(err.Error(), tc.says) || out != "" || read(t, filepath.Join(home, "config.yaml")) != tc.after {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestCommandCannotWrite(t *testing.T) {
	t.Parallel()
	for name, command := range map[string]func(Commands) error{
		"path": Commands.Path, "show": func(c Commands) error { return c.Show(false) },
		"explain": func(c Commands) error { return c.Explain(false) }, "get": func(c Commands) error { return c.Get("a", false) },
	} {
		c := Commands{Home: filepath.Dir(write(t, "a: 1\n")), Out: full{}, Err: full{}, Settings: func() []Setting { return nil }}
		if err := command(c); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
