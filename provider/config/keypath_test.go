package config

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitKeyTakesQuotedPartsAsTheyAre(t *testing.T) {
	t.Parallel()
	for key, want := range map[string][]string{
		"a":           {"a"},
		"a.b.c":       {"a", "b", "c"},
		`"a.b".c`:     {"a.b", "c"},
		`x."a.b"."c"`: {"x", "a.b", "c"},
		`a b.c`:       {"a b", "c"},
		`a".b`:        {`a"`, "b"},
		"ä.語":         {"ä", "語"},
	} {
		if got, err := splitKey(key); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", key, got, err)
		}
	}
}

func TestSplitKeyRefuses(t *testing.T) {
	t.Parallel()
	for key, says := range map[string]string{
		"":        "a dotted name",
		" a":      "a dotted name",
		"a ":      "a dotted name",
		"a..b":    "empty or padded",
		".a":      "empty or padded",
		"a.":      "empty or padded",
		"a. b":    "empty or padded",
		`""`:      "empty or padded",
		`a.""`:    "empty or padded",
		`"a`:      "not closed",
		`a."b`:    "not closed",
		`"a"b`:    "a dot must follow",
		`"a".`:    "empty or padded",
		"a\tb":    "control",
		"a\x7fb":  "control",
		"a\xffb":  "control",
		"a.<<":    "repeats another mapping",
		`a."<<".`: "repeats another mapping",
	} {
		parts, err := splitKey(key)
		if class(err) != "usage" || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %q, %v", key, parts, err)
		}
	}
}

// TestNames: which dots of a key belong to a name is told by the file first, then by the known keys.
func TestNames(t *testing.T) {
	t.Parallel()
	const file = "a.b: {c: 1}\na: {b: {d: 2}}\nl: [x, {k.l: 1}]\nproviders: {my.lab: {base_url: x}}\nbase: &b {m.n: 1}\nuse: {<<: *b}\n"
	d, err := parse("f", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"a.b.c":                        "a.b|c",
		"a.b.d":                        "a|b|d",
		"a.b.new":                      "a.b|new",
		"l.1.k.l":                      "l|1|k.l",
		"l.0":                          "l|0",
		"l.9.x":                        "l|9|x",
		"use.m.n":                      "use|m.n",
		"providers.my.lab.base_url":    "providers|my.lab|base_url",
		"providers.my.lab.api":         "providers|my.lab|api",
		"providers.v1.5.headers.X-A":   "providers|v1.5|headers|X-A",
		"prices.MiniMax-M2.7.input":    "prices|MiniMax-M2.7|input",
		"fallback_providers.0.model":   "fallback_providers|0|model",
		"wholly.new.key":               "wholly|new|key",
		"oneshot.stop.1":               "oneshot|stop|1",
		"auxiliary.vision.base_url":    "auxiliary|vision|base_url",
		"auxiliary.compression.v1.key": "auxiliary|compression|v1|key",
	} {
		parts, err := splitKey(key)
		if got := strings.Join(d.names(parts), "|"); err != nil || got != want {
			t.Errorf("%s: %s, want %s, %v", key, got, want, err)
		}
	}
}
