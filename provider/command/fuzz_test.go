package command

import (
	"slices"
	"strings"
	"testing"
)

// FuzzSplit: words are read as they were quoted, in either way, and a line that is taken gives the same words when they are quoted anew.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{`op read "op://a b/c"`, `a '' "" \ b`, `a\`, "a'b\"c'd", "~/x # y", "a\r\n\tb", `"\q\$"`, "a$B"} {
		f.Add(s)
	}
	single := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
	double := func(s string) string {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(s) + `"`
	}
	f.Fuzz(func(t *testing.T, line string) {
		for _, quote := range []func(string) string{single, double} {
			if got, err := Split("x " + quote(line) + " y"); err != nil || !slices.Equal(got, []string{"x", line, "y"}) {
				t.Fatalf("%q is read as %q: %v", quote(line), got, err)
			}
		}
		words, err := Split(line)
		if err != nil {
			return
		}
		var again strings.Builder
		for _, w := range words {
			again.WriteString(single(w) + "\t")
		}
		if got, err := Split(again.String()); err != nil || !slices.Equal(got, words) {
			t.Fatalf("%q is %q, and quoted anew %q: %v", line, words, got, err)
		}
	})
}
