package shell

import (
	"strings"
	"testing"
)

func permuted() []Flag {
	return []Flag{{Long: "json"}, {Long: "quiet", Short: "q"}, {Long: "model", Short: "m", Placeholder: "NAME", Aliases: []string{"--engine"}}}
}

func TestPermute(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"hello --json world":      "--json -- hello world",
		"a -qm x b --model y c":   "-qm x --model y -- a b c",
		"a -mx b --model=y c":     "-mx --model=y -- a b c",
		"a --engine b c":          "--engine b -- a c",
		"a --json -- --model b":   "--json -- a --model b",
		"a --bogus b":             "--bogus -- a b",
		"a - --json":              "--json -- a -",
		"--json":                  "--json",
		"a --model":               "a --model",
		"a --model b -- --json -": "--model b -- a --json -",
	} {
		if got := strings.Join(Permute(strings.Fields(in), permuted()), " "); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

func TestOperand(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{"": -1, "a": 0, "-q": -1, "-qm b a": 2, "-mb a": 1, "--model=b - a": 1, "--engine b -- a": 3, "--": -1, "--json --": -1} {
		if got := Operand(strings.Fields(in), permuted()); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
}

func TestWithout(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"--help": "yes", "auth add -h x": "yes auth add x", "-h auth": "yes auth", "--json --help": "yes --json", "hello": "", "-- --help": "", "help": "", "-hq": "",
	} {
		words, ok := Without(strings.Fields(line), "-h", "--help")
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
		`<shell> must be one of "bash","zsh" but got "a \"b\""`:         `a \"b\": it is one of bash, zsh`,
		`unknown flag --x`: `unknown flag --x`,
		`--model: expected string value but got "EOL" (<EOL>)`: "--model needs a value",
	} {
		if got := Reword(msg, first); got != want {
			t.Errorf("%q\nbecame %q\nwant   %q", msg, got, want)
		}
	}
}
