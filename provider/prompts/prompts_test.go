package prompts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFind: what the front matter says, and what stands behind it, byte for byte.
func TestFind(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, "prompts"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file  string
		want  Prompt
		fails string
	}{
		"plain":    {"Say {{input}}.\r\n", Prompt{Text: []byte("Say {{input}}.\r\n")}, ""},
		"whole":    {"---\nmodel: m\nsystem: |\n  Be brief.\nschema: s.json\n---\n\nText\n", Prompt{Model: "m", System: "Be brief.\n", Schema: filepath.Join(home, "prompts", "s.json"), Text: []byte("\nText\n")}, ""},
		"inline":   {"---\nschema: {type: object}\nprovider: lab\ndescription: d\n---\nx", Prompt{Provider: "lab", Description: "d", Schema: `{"type":"object"}`, Text: []byte("x")}, ""},
		"rule":     {"text\n---\nmore\n---\n", Prompt{Text: []byte("text\n---\nmore\n---\n")}, ""},
		"not-shut": {"---\nmodel: m\n", Prompt{Text: []byte("---\nmodel: m\n")}, ""},
		"unknown":  {"---\ntemperature: 1\n---\n", Prompt{}, "temperature: is no key of a prompt"},
		"a-list":   {"---\nmodel: [a]\n---\n", Prompt{}, "model: is not a text"},
		"bad-line": {"---\nmodel: m\nsystem: [\n---\n", Prompt{}, "bad-line.md:"},
		"no-doc":   {"---\nschema: 3\n---\n", Prompt{}, "schema: is neither"},
	} {
		path := filepath.Join(home, "prompts", name+".md")
		if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		got, ok, err := Find(home, name)
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s: %v", name, err)
			}
			_ = os.Remove(path)
			continue
		}
		c.want.Name, c.want.Path = name, path
		if !ok || err != nil || string(got.Text) != string(c.want.Text) {
			t.Errorf("%s: %q %v %v", name, got.Text, ok, err)
		}
		got.Text, c.want.Text = nil, nil
		if got.Description != c.want.Description || got.Provider != c.want.Provider || got.Model != c.want.Model || got.System != c.want.System || got.Schema != c.want.Schema {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	for _, name := range []string{"missing", "../whole", "whole.md", ""} {
		if _, ok, err := Find(home, name); ok || err != nil {
			t.Errorf("%q is there: %v", name, err)
		}
	}
	var names []string
	all, err := List(home)
	for _, p := range all {
		names = append(names, p.Name)
	}
	if got := strings.Join(names, " "); err != nil || got != "inline not-shut plain rule whole" {
		t.Error(got, err)
	}
	if all, err := List(t.TempDir()); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
}
