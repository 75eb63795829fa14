package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// write makes a config.yaml in a fresh folder.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func golden(t testing.TB, name string) string {
	t.Helper()
	return read(t, filepath.Join("..", "..", "testdata", "golden", filepath.FromSlash(name)))
}

func class(err error) string {
	var c interface{ Class() string }
	if errors.As(err, &c) {
		return c.Class()
	}
	return ""
}

// edits holds key, value and the file before and after; an empty value means Unset.
var edits = []struct{ name, key, value, before, after string }{
	{"one scalar", "a.b", "v", "a:\n  b: x\n", "a:\n  b: v\n"},
	{"comment beside it", "model.default", "M3", "model:\n  default: gpt-x   # why\n\n  provider: p\n", "model:\n  default: M3   # why\n\n  provider: p\n"},
	{"single quotes stay", "a", "it's", "a: 'x'  # c\n", "a: 'it''s'  # c\n"},
	{"double quotes stay", "a", "x\"y", "a: \"x\" # c\n", "a: \"x\\\"y\" # c\n"},
	{"quotes where a reader would see a boolean", "model.default", "yes", "model: {default: x}\n", "model: {default: \"yes\"}\n"},
	{"quotes where a reader would see a number", "model.default", "4.1", "model:\n  default: x\n", "model:\n  default: \"4.1\"\n"},
	{"crlf", "model.provider", "b", "# c\r\nmodel:\r\n  provider: a\r\n", "# c\r\nmodel:\r\n  provider: b\r\n"},
	{"crlf new key", "model.default", "b", "model:\r\n  provider: a\r\nx: 1\r\n", "model:\r\n  provider: a\r\n  default: b\r\nx: 1\r\n"},
	{"bom", "a", "2", "\ufeffa: 1\n", "\ufeffa: 2\n"},
	{"characters of two bytes before it", "b", "x", "é: ü\nb: ä # ö\n", "é: ü\nb: x # ö\n"},
	{"same line as the name", "b", "x", "{é: ü, b: ä}\n", "{é: ü, b: x}\n"},
	{"no last line break", "a", "2", "a: 1", "a: 2"},
	{"no last line break, new key", "b", "2", "a: 1", "a: 1\nb: 2\n"},
	{"new key with the indentation of its mapping", "model.provider", "p", "model:\n      default: x\nz: 1\n", "model:\n      default: x\n      provider: p\nz: 1\n"},
	{"new section with the indentation of the file", "oneshot.retries", "5", "model:\n    default: x\n", "model:\n    default: x\noneshot:\n    retries: 5\n"},
	{"new section below blank lines and a footer", "oneshot.retries", "5", "model:\n  default: x\n\n# end\n", "model:\n  default: x\noneshot:\n  retries: 5\n\n# end\n"},
	{"comments inside a section stay there", "oneshot.retries", "5", "model:\n  default: x\n  # provider: p\n", "model:\n  default: x\n  # provider: p\noneshot:\n  retries: 5\n"},
	{"missing parents", "providers.lab.headers.X-A", "1", "a: 1\n", "a: 1\nproviders:\n  lab:\n    headers:\n      X-A: \"1\"\n"},
	{"empty file", "model", "m", "", "model:\n  default: m\n"},
	{"only comments", "model", "m", "# notes\n", "# notes\nmodel:\n  default: m\n"},
	{"comment without a line break", "model", "m", "# notes", "# notes\nmodel:\n  default: m\n"},
	{"document marker", "model", "m", "---\n# n\n", "---\n# n\nmodel:\n  default: m\n"},
	{"absent value", "model.default", "m", "model:\n  default:   # later\n  provider: p\n", "model:\n  default: m   # later\n  provider: p\n"},
	{"section without content", "model.default", "m", "model: # later\nz: 1\n", "model: # later\n  default: m\nz: 1\n"},
	{"null section", "model.default", "m", "model: null  # later\nz: 1\n", "model:  # later\n  default: m\nz: 1\n"},
	{"empty braces open", "providers.lab.base_url", "http://x", "providers: {}  # none\n", "providers:  # none\n  lab:\n    base_url: http://x\n"},
	{"empty braces at the root", "model", "m", "{}\n", "model:\n  default: m\n"},
	{"empty braces inside braces", "a.b.c", "1", "{a: {b: {}}}\n", "{a: {b: {c: 1}}}\n"},
	{"flow mapping", "model.provider", "p", "model: {default: x}  # c\n", "model: {default: x, provider: p}  # c\n"},
	{"flow mapping with an address", "model.base_url", "http://h:1/v1", "model: {default: x}\n", "model: {default: x, base_url: \"http://h:1/v1\"}\n"},
	{"flow mapping over lines", "model.provider", "p", "model: {\n  default: x, # c\n}\n", "model: {\n  default: x, provider: p, # c\n}\n"},
	{"name alone becomes a section", "model.provider", "p", "model: gpt-x  # c\nz: 1\n", "model:  # c\n  default: gpt-x\n  provider: p\nz: 1\n"},
	{"no name yet, as Hermes Agent writes it", "provider", "p", "model: ''  # none\nz: 1\n", "model:  # none\n  provider: p\nz: 1\n"},
	{"no name yet, model", "model", "m", "model: \"\"\n", "model:\n  default: m\n"},
	{"empty text where a section belongs", "oneshot.retries", "5", "oneshot: ''\n", "oneshot:\n  retries: 5\n"},
	{"quoted name alone", "provider", "p", "model: 'gpt x'\n", "model:\n  default: 'gpt x'\n  provider: p\n"},
	{"name alone is replaced", "model", "m", "model: \"gpt\" # c\n", "model: # c\n  default: \"m\"\n"},
	{"name alone inside braces", "model.provider", "p", "{model: gpt}\n", "{model: {default: gpt, provider: p}}\n"},
	{"the mapping is never replaced", "model", "m", "model:\n  default: x\n  provider: p\n", "model:\n  default: m\n  provider: p\n"},
	{"root-level provider is left for doctor", "provider", "p", "provider: old\n", "provider: old\nmodel:\n  provider: p\n"},
	{"list item", "fallback_providers.1.model", "m", "fallback_providers:\n  - {provider: a, model: b}\n  - provider: c\n    model: d # x\n", "fallback_providers:\n  - {provider: a, model: b}\n  - provider: c\n    model: m # x\n"},
	{"list item appended", "fallback_providers.1.provider", "c", "fallback_providers:\n- provider: a\n  model: b\nz: 1\n", "fallback_providers:\n- provider: a\n  model: b\n- provider: c\nz: 1\n"},
	{"list made", "fallback_providers.0.provider", "c", "z: 1\n", "z: 1\nfallback_providers:\n  - provider: c\n"},
	{"list item in brackets", "oneshot.stop.1", "END", "oneshot:\n  stop: [a, b] # c\n", "oneshot:\n  stop: [a, END] # c\n"},
	{"list in brackets appended", "oneshot.stop.1", "END", "oneshot:\n  stop: [a]\n", "oneshot:\n  stop: [a, END]\n"},
	{"list replaced whole", "oneshot.stop", "[a, 'b: c']", "oneshot:\n  stop: [x, y] # c\n  retries: 1\n", "oneshot:\n  stop: [a, \"b: c\"] # c\n  retries: 1\n"},
	{"name with a dot", `prices."MiniMax-M2.7".input`, "0.30", "prices:\n  MiniMax-M2.7: {output: 1}\n", "prices:\n  MiniMax-M2.7: {output: 1, input: \"0.30\"}\n"},
	{"new name with a dot", `prices."MiniMax-M2.7".input`, "0.3", "z: 1\n", "z: 1\nprices:\n  MiniMax-M2.7:\n    input: \"0.3\"\n"},
	{"literal dotted key", `"a.b"`, "2", "a.b: 1\na: {b: 3}\n", "a.b: 2\na: {b: 3}\n"},
	{"quoted part", `x."a.b".c`, "2", "x: {}\n", "x:\n  a.b:\n    c: 2\n"},
	{"folded plain text", "a", "new", "a: one\n  two\n\n  three # c\nb: 1\n", "a: new # c\nb: 1\n"},
	{"folded quoted text", "a", "new", "a: \"one\n  two\" # c\nb: 1\n", "a: \"new\" # c\nb: 1\n"},
	{"literal block", "a", "new", "a: | # c\n  one\n\n  two\n\nb: 1\n", "a: new # c\n\nb: 1\n"},
	{"literal block, keep", "a", "new", "a: |+\n  one\n\nb: 1\n", "a: new\nb: 1\n"},
	{"key after a literal block", "m.b", "2", "m:\n  a: |\n    x\n      y\n\nz: 1\n", "m:\n  a: |\n    x\n      y\n  b: 2\n\nz: 1\n"},
	{"alias replaced", "b", "2", "a: &x 1\nb: *x\n", "a: &x 1\nb: 2\n"},
	{"merged key overridden", "b.k", "2", "a: &x {k: 1}\nb:\n  <<: *x\n  j: 1\n", "a: &x {k: 1}\nb:\n  <<: *x\n  j: 1\n  k: 2\n"},
	{"tagged value", "a", "2", "a: !!str 1 # c\n", "a: 2 # c\n"},
	{"boolean", "oneshot.usage_ledger", "No", "oneshot:\n  usage_ledger: true\n", "oneshot:\n  usage_ledger: false\n"},
	{"a number with zeros before it", "oneshot.temperature", "007", "oneshot:\n  temperature: 1\n", "oneshot:\n  temperature: 7\n"},
	{"duration", "oneshot.idle_timeout", "90s", "oneshot: {idle_timeout: 120}\n", "oneshot: {idle_timeout: 90s}\n"},
	{"duration in seconds", "oneshot.idle_timeout", "90", "oneshot: {idle_timeout: 120s}\n", "oneshot: {idle_timeout: 90}\n"},
	{"unknown key guesses", "x.v", "1.5", "x: {}\n", "x:\n  v: 1.5\n"},
	{"known null", "oneshot.stop", "null", "oneshot: {retries: 1}\n", "oneshot: {retries: 1, stop: null}\n"},
	{"unknown null", "x", "none", "x: 1\n", "x: null\n"},
	{"unknown leading zero stays text", "x", "007", "x: 1\n", "x: \"007\"\n"},
	{"unknown list", "x", "[1, yes, {a: b}]", "x: 1\n", "x: [1, true, {a: b}]\n"},
	{"unknown lines of yaml", "x", "a: 1\nb: [c]\n", "x: 1\n", "x: {a: 1, b: [c]}\n"},
	{"lines of text", "oneshot.system", "be\nbrief", "oneshot: {system: x}\n", "oneshot: {system: \"be\\nbrief\"}\n"},
	{"value on the next line", "a", "2", "a:\n  # c\n  1\nb: 1\n", "a:\n  # c\n  2\nb: 1\n"},

	{"unset a line", "model.provider", "", "model:\n  default: x\n  # why\n  provider: p # c\nz: 1\n", "model:\n  default: x\n  # why\nz: 1\n"},
	{"unset empties the parents", "providers.lab.base_url", "", "a: 1\n\nproviders:\n  lab:\n    base_url: http://x\nz: 1\n", "a: 1\n\nz: 1\n"},
	{"unset the last key", "a", "", "# c\na: 1\n", "# c\n"},
	{"unset all there is", "a.b", "", "a:\n  b: 1\n", ""},
	{"unset in braces, first", "a.b", "", "a: {b: 1, c: 2}\n", "a: {c: 2}\n"},
	{"unset in braces, last", "a.c", "", "a: {b: 1, c: 2}\n", "a: {b: 1}\n"},
	{"an empty value in brackets", "x", "[{a:b}]", "x: []\n", "x: [{\"a:b\": null}]\n"},
	{"unset a list item", "l.0", "", "l:\n- a # x\n- b\n", "l:\n- b\n"},
	{"unset in brackets", "l.1", "", "l: [a, b, c]\n", "l: [a, c]\n"},
	{"unset beside a dash", "l.0.a", "", "l:\n  - a: 1\n    b: 2\n", "l:\n  - b: 2\n"},
	{"unset a section", "model.default", "", "model: gpt-x\nz: 1\n", "z: 1\n"},
	{"unset model alone", "model", "", "model:\n  default: a\n  provider: b\n", "model:\n  provider: b\n"},
	{"unset an old root key", "provider", "", "provider: x\nz: 1\n", "z: 1\n"},
	{"unset a literal block", "a", "", "a: |\n  x\n  y\nb: 1\n", "b: 1\n"},
	{"unset with a bom", "a", "", "\ufeffa: 1\nb: 2\n", "\ufeffb: 2\n"},
	{"unset crlf", "a", "", "a: 1\r\nb: 2\r\n", "b: 2\r\n"},
}

func TestEdits(t *testing.T) {
	t.Parallel()
	for _, tt := range edits {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, tt.before)
			var c Change
			var err error
			if tt.value == "" {
				c, err = Unset(path, tt.key)
			} else {
				c, err = Set(path, tt.key, tt.value, runFlags()...)
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := read(t, path); got != tt.after {
				t.Errorf("got  %q\nwant %q", got, tt.after)
			}
			if !c.Changed || c.Path != path {
				t.Errorf("change = %+v", c)
			}
			if tt.value == "" {
				return
			}
			if again, err := Set(path, tt.key, tt.value, runFlags()...); err != nil || again.Changed {
				t.Errorf("the same again: %+v, %v", again, err)
			}
		})
	}
}

func TestGoldenEdit(t *testing.T) {
	t.Parallel()
	before := golden(t, "12-config-set-existing/config.before.yaml")
	path := write(t, before)
	c, err := Set(path, "model.default", "MiniMax-M3")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(before, "default: gpt-x   # inline comment", "default: MiniMax-M3   # inline comment", 1)
	if got := read(t, path); got != want || got == before {
		t.Errorf("got %q", got)
	}
	if c != (Change{Key: "model.default", Path: path, Value: "MiniMax-M3", Old: "gpt-x", Changed: true}) {
		t.Errorf("change = %+v", c)
	}
	if info, _ := os.Stat(path); runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
		t.Errorf("mode = %v", info.Mode())
	}
	// The same meaning as what Hermes Agent wrote for the same command.
	var ours, theirs any
	for text, into := range map[string]*any{want: &ours, golden(t, "12-config-set-existing/config.yaml"): &theirs} {
		if err := DecodeYAML("f", []byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(ours, theirs) {
		t.Errorf("ours %v, theirs %v", ours, theirs)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if err != nil || len(left) != 2 { // the file and its lock
		t.Errorf("left behind: %v", left)
	}
}

// refusals are edits that are refused; an empty value means Unset. The file stays as it was.
var refusals = []struct{ name, key, value, before, class, says string }{
	{"empty key", "", "x", "", "usage", "dotted name"},
	{"padded key", " model", "x", "", "usage", "dotted name"},
	{"empty part", "a..b", "x", "", "usage", "empty or padded"},
	{"open quote", `a."b`, "x", "", "usage", "not closed"},
	{"scalar over a mapping", "providers.lab", "x", "providers:\n  lab:\n    base_url: http://x\n", "usage", "must be a mapping"},
	{"scalar over an unknown mapping", "x", "1", "x:\n  y: 1\n", "usage", ":2: x: holds a mapping; one value would replace all of it; edit the file by hand"},
	{"scalar over an unknown list", "x", "1", "x: [1]\n", "usage", ":1: x: holds a list"},
	{"a list of lines", "oneshot.stop", "[a]", "oneshot:\n  stop:\n    - x\n    - y\n", "usage", ":3: oneshot.stop: is a list over lines of its own; edit the file by hand"},
	{"a name over lines that becomes a section", "provider", "p", "model: |\n  x\n", "usage", ":1: model.provider: the layout around this value cannot be edited safely; edit the file by hand"},
	{"a name with a dot", "prices.MiniMax-M2.7.input", "1", "", "usage", `a name with a dot goes in quotes: prices."MiniMax-M2.7".input`},
	{"a name with dots", "providers.my.own.lab.api", "http://h", "", "usage", `goes in quotes: providers."my.own.lab".api`},
	{"below a scalar", "x.y", "1", "x: text\n", "usage", "not a mapping"},
	{"beyond the list", "x.5", "1", "x: [a]\n", "usage", "a list of 1"},
	{"wrong type", "oneshot.retries", "many", "", "usage", "whole number"},
	{"below the least", "oneshot.max_tokens", "0", "", "usage", "at least 1"},
	{"not a duration", "oneshot.idle_timeout", "soon", "", "usage", "10s"},
	{"negative duration", "oneshot.idle_timeout", "-1s", "", "usage", "10s"},
	{"no word of the enum", "oneshot.output_format", "xml", "", "usage", "one of text, json"},
	{"not a price", "prices.m.input", "cheap", "", "usage", "decimal"},
	{"no plain number", "oneshot.temperature", "1e3", "", "usage", "must be a number"},
	{"not a boolean", "oneshot.atomic", "maybe", "", "usage", "true or false"},
	{"wire that is not ours", "providers.lab.transport", "bedrock_converse", "providers: {lab: {base_url: 'http://x'}}\n", "usage", "anthropic_messages"},
	{"address without a host", "providers.lab.base_url", "lab:80", "", "usage", "http or https"},
	{"shared anchor", "a.x", "2", "a: &s {x: 1}\nb: *s\n", "usage", "anchor &s"},
	{"anchored value", "a", "2", "a: &s 1\nb: *s\n", "usage", "anchor &s"},
	{"through an alias", "b.x", "2", "a: &s {x: 1}\nb: *s\n", "usage", "*s"},
	{"unreadable list", "x", "[a", "x: 1\n", "usage", "not readable YAML"},
	{"list with an anchor", "x", "[&a 1, *a]", "x: 1\n", "usage", "not readable YAML"},
	{"broken file", "x", "1", "a: [1\n", "config", "broken YAML"},
	{"no mapping", "x", "1", "- a\n", "config", "not a list"},
	{"text alone", "x", "1", "hello\n", "config", "not text"},
	{"two documents", "x", "1", "a: 1\n---\nb: 2\n", "config", "second document"},
	{"duplicate keys", "x", "1", "a: 1\na: 2\n", "config", "twice"},
	{"nul", "x", "1", "a: 1\x00\n", "config", "NUL"},
	{"value not utf-8", "x", "\xff", "a: 1\n", "usage", "UTF-8"},
	{"key that holds a line break", "a\nb", "1", "a: 1\n", "usage", "control"},
	{"comment between brackets", "l.0", "", "l: [a, # why\n  b]\n", "usage", "by hand"},
	{"merge", "b.<<", "1", "a: &x {k: 1}\nb: {<<: *x}\n", "usage", "by hand"},
	{"unset what is not there", "model.default", "", "a: 1\n", "usage", "not set"},
	{"unset in a missing file", "x", "", "", "usage", "not set"},
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, tt.before)
			var err error
			if tt.value == "" {
				_, err = Unset(path, tt.key)
			} else {
				_, err = Set(path, tt.key, tt.value, runFlags()...)
			}
			if class(err) != tt.class || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error = %v (%s), want %s: …%s…", err, class(err), tt.class, tt.says)
			}
			if got := read(t, path); got != tt.before {
				t.Errorf("the file changed to %q", got)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	tests := []struct{ key, says string }{
		{"model.defualt", "model.default?"},
		{"retries", "oneshot.retries?"},
		{"oneshot.idle_timout", "oneshot.idle_timeout?"},
		{"providers.lab.baseurl", "providers.lab.base_url?"},
		{"wholly.different", "not a key that this program reads"},
	}
	for _, key := range []string{"agent.max_turns", "foo.bar_token", "list.0.a"} { // other programs' keys are near to none of ours
		if c, err := Set(write(t, ""), key, "x", runFlags()...); err != nil || !strings.Contains(c.Warning, "not a key") || strings.Contains(c.Warning, "mean") {
			t.Errorf("%s: %q, %v", key, c.Warning, err)
		}
	}
	for _, tt := range tests {
		c, err := Set(write(t, ""), tt.key, "x", runFlags()...)
		if err != nil || !strings.Contains(c.Warning, tt.says) {
			t.Errorf("%s: %q, %v", tt.key, c.Warning, err)
		}
	}
	for _, tt := range []struct{ before, key, value, says string }{
		{"model: {default: a}\n", "model.name", "b", "model.name has no effect beside model.default"},
		{"model: {base_url: 'http://h'}\n", "model.api_base", "http://i", "model.api_base has no effect beside model.base_url"},
		{"model: {name: a}\n", "model.default", "b", ""},
		{"providers: {lab: {base_url: 'http://h', url: 'http://h'}}\n", "providers.lab.url", "http://i", "providers.lab.url has no effect beside providers.lab.base_url"},
		{"providers: {lab: {base_url: 'http://h', url: 'http://h'}}\n", "providers.lab.api", "http://i", "providers.lab.api has no effect beside providers.lab.base_url"},
		{"providers: {lab: {url: 'http://h'}}\n", "providers.lab.api", "http://i", ""},
		{"model: {base_url: 'http://h'}\n", "base_url", "http://i", "base_url at the top level is an old place; it belongs to model.base_url"},
		{"", "context_length", "5", "context_length at the top level is an old place; it belongs to model.context_length"},
	} {
		if c, err := Set(write(t, tt.before), tt.key, tt.value, runFlags()...); err != nil || c.Warning != tt.says {
			t.Errorf("%s beside %q: %q, %v", tt.key, tt.before, c.Warning, err)
		}
	}
	if c, err := Set(write(t, ""), "oneshot.retries", "1", runFlags()...); err != nil || c.Warning != "" {
		t.Errorf("known key: %q, %v", c.Warning, err)
	}
}

func TestEditMakesHome(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "home", "config.yaml")
	if _, err := Set(path, "model", "m"); err != nil {
		t.Fatal(err)
	}
	for p, mode := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(p); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", p, info.Mode(), err)
		}
	}
}

func TestEditThroughSymlink(t *testing.T) {
	t.Parallel()
	real := write(t, "a: 1\n")
	link := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.Symlink(real, link); err != nil {
		t.Skip(err)
	}
	if _, err := Set(link, "a", "2"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 || read(t, real) != "a: 2\n" {
		t.Errorf("link %v, %v, content %q", info.Mode(), err, read(t, real))
	}
}

func TestParallelEdits(t *testing.T) {
	t.Parallel()
	path := write(t, "# top\nmodel:\n  default: x\n")
	var wg sync.WaitGroup
	const n = 24
	for i := range n {
		wg.Go(func() {
			if _, err := Set(path, "x.k"+string(rune('a'+i)), "1"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := strings.Count(read(t, path), ": 1\n"); got != n {
		t.Errorf("%d of %d edits are in the file", got, n)
	}
}
