package config

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPromote: the root-level keys of older versions move where a run reads them, and a run means the same afterwards.
func TestPromote(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, after string }{
		"all three":               {"# c\nmodel: gpt # d\nprovider: p\nbase_url: http://h\ncontext_length: 5\nz: 1\n", "# c\nmodel: # d\n  default: gpt\n  provider: p\n  base_url: http://h\n  context_length: 5\nz: 1\n"},
		"no section":              {"provider: p # c\nz: 1\n", "z: 1\nmodel:\n  provider: p\n"},
		"the section wins":        {"model: {provider: q}\nprovider: p\n", "model: {provider: q}\n"},
		"an empty word is silent": {"model: {provider: '', default: m}\nprovider: p\n", "model: {provider: 'p', default: m}\n"},
		"auto is silent":          {"model: {provider: auto}\nprovider: p\n", "model: {provider: p}\n"},
		"another spelling wins":   {"model: {api_base: http://u}\nbase_url: http://v\n", "model: {api_base: http://u}\n"},
		"zero is silent":          {"model: {context_length: 0}\ncontext_length: 5\n", "model: {context_length: 5}\n"},
		"nothing to say":          {"provider: ''\nbase_url:\nmodel: m\n", "model: m\n"},
		"an alias":                {"x: &x a\nprovider: *x\n", "x: &x a\nmodel:\n  provider: a\n"},
		"a reference":             {"base_url: ${URL}\n", "model:\n  base_url: \"${URL}\"\n"},
		"nothing old":             {"model: {provider: p}\n", "model: {provider: p}\n"},
		"no value at all":         {"# c\n", "# c\n"},
	} {
		path := write(t, tc.before)
		was, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := Promote(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := read(t, path); got != tc.after {
			t.Errorf("%s: %q, want %q", name, got, tc.after)
		}
		is, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if was.Model != is.Model || len(is.Warnings) > 0 {
			t.Errorf("%s: a run read %+v and reads %+v, %q", name, was.Model, is.Model, is.Warnings)
		}
	}
}

// TestPromoteRefuses: what cannot move stays, and so does the rest.
func TestPromoteRefuses(t *testing.T) {
	t.Parallel()
	for before, want := range map[string]string{
		"provider: {a: b}\n":                       "usage",
		"provider: p\ncontext_length: many\n":      "usage",
		"provider: &p x\ny: *p\n":                  "usage",
		"provider: p\nmodel: [a]\n":                "config",
		"provider: [\n":                            "config",
		"provider: p\nprovider: q\n":               "config",
		"model: {provider: [x]}\nprovider: hers\n": "config",
	} {
		path := write(t, before)
		if err := Promote(path); class(err) != want || read(t, path) != before {
			t.Errorf("%q: %v, and the file is %q", before, err, read(t, path))
		}
	}
	missing := filepath.Join(t.TempDir(), "config.yaml")
	if err := Promote(missing); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("a file was made")
	}
}
