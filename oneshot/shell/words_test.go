package shell

import (
	"strings"
	"testing"
)

func TestPermute(t *testing.T) {
	t.Parallel()
	root := Command{Flags: []Flag{{Long: "version"}}, Commands: []Command{
		{Name: "run", Default: true, Flags: []Flag{{Long: "json"}, {Long: "quiet", Short: "q"}, {Long: "model", Short: "m", Placeholder: "NAME"}}},
		{Name: "auth"},
	}}
	for in, want := range map[string]string{
		"hello --json world":         "run --json -- hello world",
		"a -qm x b --model y c":      "run -qm x --model y -- a b c",
		"a -mx b --model=y c":        "run -mx --model=y -- a b c",
		"run a --json b":             "run --json -- a b",
		"a --json -- --model b":      "run --json -- a --model b",
		"a --bogus b":                "run --bogus -- a b",
		"a - --json":                 "run --json -- a -",
		"--json":                     "run --json --",
		"--version a --model":        "run --version --model -- a",
		"auth list --json again":     "",
		"--json auth list":           "",
		"run auth --json list":       "run --json -- auth list",
		"a --model auth b --json -q": "run --model auth --json -q -- a b",
	} {
		if got := strings.Join(Permute(strings.Fields(in), root), " "); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
	if got := Permute([]string{"a"}, Command{}); got != nil {
		t.Errorf("a grammar without a default gives %q", got)
	}
}
