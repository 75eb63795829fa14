package dotenv

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

// FuzzParse: a line that cannot be read is named by its number and costs no other line its value; the error holds nothing of what
// stands there but a name; and a value with ${} knows only what is above.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"# c\r\nexport K='a\r\nb'\r\nA=\"x\\\"\" # d\r\n", "\ufeffA=1\nK='open\nB=2", "A=${B:-${C}}\nB=${A}${\nC=${D:+x}", "K=a\nexport K", "sk-canary", "'Q'x=canary\nQ=\"a\"b",
	} {
		f.Add([]byte(s))
	}
	messages := []string{"is not NAME=value", "a quote is not closed", "there is text after the closing quote"}
	lookup := func(name string) (string, bool) { return "<" + name + ">", len(name)%2 == 0 }
	f.Fuzz(func(t *testing.T, src []byte) {
		values, err := Parse(src, lookup)
		if bad, ok := errors.AsType[*Error](err); err != nil && (!ok || !slices.Contains(messages, bad.Msg) || bad.Line < 1 || bad.Line > 1+strings.Count(string(src), "\n")) {
			t.Fatalf("%q: %v", src, err)
		}
		longer, err2 := Parse([]byte(string(src)+"\nLAST=${LAST:-a}b\n"), lookup)
		before, known := lookup("LAST")
		if !known {
			before = "a"
		}
		for _, e := range scan(src) {
			if e.name == "LAST" && e.msg == "" {
				before = values["LAST"]
			}
		}
		if longer["LAST"] != before+"b" {
			t.Fatalf("%q: the last line sets %q, want %q", src, longer["LAST"], before+"b")
		}
		delete(values, "LAST")
		delete(longer, "LAST")
		if !maps.Equal(values, longer) || (err == nil) != (err2 == nil) {
			t.Fatalf("%q gives %q (%v), and with a line more %q (%v)", src, values, err, longer, err2)
		}
	})
}
