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
