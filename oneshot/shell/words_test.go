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

func TestWantsHelp(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"--help": "yes", "auth add -h x": "yes auth add x", "-h auth": "yes auth", "--json --help": "yes --json", "hello": "", "-- --help": "", "help": "", "-hq": "",
	} {
		words, ok := WantsHelp(strings.Fields(line))
		if got := strings.Join(append([]string{map[bool]string{true: "yes"}[ok]}, words...), " "); strings.TrimSpace(got) != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func TestReword(t *testing.T) {
	t.Parallel()
	first := func(word string, known []string) string {
		if word == "jsn" {
			return known[1]
		}
		return ""
	}
	for msg, want := range map[string]string{
		`--output-format must be one of "","text","json" but got "jsn"`: "--output-format jsn: it is one of text, json; did you mean json?",
		`<shell> must be one of "bash","zsh" but got "a \"b\""`:         `<shell> a \"b\": it is one of bash, zsh`,
		`unknown flag --x`: `unknown flag --x`,
		`--model: expected string value but got "EOL" (<EOL>)`: "--model needs a value",
	} {
		if got := Reword(msg, first); got != want {
			t.Errorf("%q\nbecame %q\nwant   %q", msg, got, want)
		}
	}
}
