package output

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzAppendEscaped: a JSON reader gives back what went in, with U+FFFD for each byte that is no UTF-8; the result is
// UTF-8 on one line.
func FuzzAppendEscaped(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\/\b\f\n\r\t\x00\x1f\x7f", "é€🎉\u2028\u2029\ufffd", "a\xffb\xc3(\xed\xa0\x80", "<&>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := appendEscaped([]byte("before"), []byte(s))
		inside, ok := strings.CutPrefix(string(got), "before")
		if !ok || !utf8.ValidString(inside) || strings.ContainsFunc(inside, func(r rune) bool { return r < ' ' }) {
			t.Fatalf("%q became %q", s, got)
		}
		var back, want string
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if json.Unmarshal(raw, &want) != nil || json.Unmarshal([]byte(`"`+inside+`"`), &back) != nil || back != want {
			t.Errorf("%q became %q, which reads %q, want %q", s, inside, back, want)
		}
	})
}

// TestUsageAdd: sums are sums at each level, the order does not matter, and no operand changes.
func TestUsageAdd(t *testing.T) {
	t.Parallel()
	number := func() int64 { return rand.Int64N(1000) }
	any := func() Usage {
		u := Usage{InputTokens: number(), OutputTokens: number(), CacheReadTokens: number(), CacheWriteTokens: number(), ReasoningTokens: number()}
		u.TotalTokens = u.InputTokens + u.OutputTokens + u.CacheReadTokens + u.CacheWriteTokens
		return u
	}
	for range 500 {
		all := make([]Usage, 4)
		for i := range all {
			all[i] = any()
			if rand.IntN(2) == 0 {
				share := any()
				all[i].Auxiliary = &share
			}
			if rand.IntN(2) == 0 {
				all[i].ByModel = map[string]Usage{fmt.Sprint(rand.IntN(2)): any(), "m": any()}
			}
		}
		before := string(must(json.Marshal(all)))
		var forth, back Usage
		total := int64(0)
		for i := range all {
			forth.Add(all[i])
			back.Add(all[len(all)-1-i])
			total += all[i].TotalTokens
		}
		if a, b := must(json.Marshal(forth)), must(json.Marshal(back)); string(a) != string(b) || forth.TotalTokens != total {
			t.Fatalf("%s\n%s", a, b)
		}
		if after := string(must(json.Marshal(all))); after != before {
			t.Fatalf("an operand changed:\n%s\n%s", before, after)
		}
	}
}

func must(raw []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return raw
}
