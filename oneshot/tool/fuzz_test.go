package tool

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzSpec: a word of --tools that is taken names a server, and its guards match what another reading of their patterns matches; one with
// folders lets nothing pass that climbs.
func FuzzSpec(f *testing.F) {
	for _, s := range [][2]string{{"fs", ""}, {"fs:read_*", "x"}, {"fs:read_file(path=/data/*)", "/data/../etc"}, {`fs:x(a=1\,2,b=**)`, "1,2"}, {"cmd:(", "a"}, {":x", ""}, {"a:b(c=**/d?)", "x/y/d\n"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, word, value string) {
		s, err := ParseSpec(word)
		if err != nil {
			return
		}
		if s.Server == "" || s.Tool == "" && s.Guards != nil {
			t.Fatalf("%q is %+v", word, s)
		}
		if !utf8.ValidString(value) || !utf8.ValidString(word) {
			return
		}
		arg, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range s.Guards {
			if strings.Contains(g.Pattern, "/") && strings.HasPrefix(value, "../") && g.passes(map[string]json.RawMessage{g.Argument: arg}) {
				t.Fatalf("%q passes %q", g.Pattern, value)
			}
			for _, folders := range []bool{false, true} {
				if got, want := glob(g.Pattern, value, folders), matches([]rune(g.Pattern), []rune(value), folders); got != want {
					t.Fatalf("%q and %q, folders %v: %v, want %v", g.Pattern, value, folders, got, want)
				}
			}
		}
	})
}

// matches is glob in another way: the patterns of a value's beginnings, character by character.
func matches(pattern, s []rune, folders bool) bool {
	can := make([]bool, len(s)+1) // whether the pattern so far matches so much of s
	can[0] = true
	for i := 0; i < len(pattern); i++ {
		next := make([]bool, len(s)+1)
		switch c := pattern[i]; c {
		case '*':
			all := i+1 < len(pattern) && pattern[i+1] == '*'
			for all && i+1 < len(pattern) && pattern[i+1] == '*' {
				i++
			}
			next[0] = can[0]
			for j, r := range s {
				next[j+1] = can[j+1] || next[j] && (all || !folders || !slash(r))
			}
		default:
			for j, r := range s {
				next[j+1] = can[j] && (c == r || c == '?' && (!folders || !slash(r)))
			}
		}
		can = next
	}
	return can[len(s)]
}
