package oauth

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain text, Ünïcödé 你好":            "plain text, Ünïcödé 你好",
		"a\nb\tc\r\nd":                      "a b c  d",
		"  edges\n":                         "edges",
		"\x1b[31mred\x1b[0m":                "red",
		"\x1b[38;5;1;4mx":                   "x",
		"\x1b]0;title\x07after":             "after",
		"\x1b]8;;http://x\x1b\\link":        "link",
		"\x1bPdevice\u009cafter":            "after",
		"\x1b]never ends":                   "",
		"\x1bcreset":                        "reset",
		"\x1b":                              "",
		"\x1b[":                             "",
		"\u009b2Jclear":                     "clear",
		"nul\x00bell\x07del\x7f":            "nulbelldel",
		"\u0085next":                        "next",
		"abc\u202edcb\u2066x\u2069":         "abcdcbx",
		"zero\u200bwidth\u200d\ufeff":       "zerowidth",
		"tag\U000e0041":                     "tag",
		"line\u2028para\u2029end":           "line para end",
		"soft\u00adhyphen":                  "softhyphen",
		"bad\xff\xfeutf8":                   "bad\ufffd\ufffdutf8",
		"":                                  "",
		"\x1b[\x1b[31mnested":               "[31mnested",
		"\x1b]0;a\x1bb\x07" + "c\x1b]x\x9c": "c",
	} {
		if got := Printable(in, 0); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := Printable("äöüß", 3); got != "äö…" {
		t.Errorf("cut: %q", got)
	}
	if got := Printable("äöüß", 4); got != "äöüß" {
		t.Errorf("not cut: %q", got)
	}
}

func FuzzPrintable(f *testing.F) {
	for _, seed := range []string{"x", "\x1b[31mred", "\x1b]0;t\x07", "\u202e", "a\nb", "\xff", "\x1b\x1b[", "\u009b"} {
		f.Add(seed, 5)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		got := Printable(s, n)
		if !utf8.ValidString(got) || n > 0 && utf8.RuneCountInString(got) > n {
			t.Errorf("%q cut to %d: %q", s, n, got)
		}
		if i := strings.IndexFunc(got, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }); i >= 0 {
			t.Errorf("%q keeps %q", s, got[i:])
		}
	})
}

func FuzzLivePage(f *testing.F) {
	f.Add("https://www.minimax.io/oauth-authorize?user_code=X")
	f.Add("https://www.minimax.io:1/oauth-authorize")
	f.Fuzz(func(t *testing.T, raw string) {
		if got := livePage(livePage(raw)); got != livePage(raw) {
			t.Errorf("%q is rewritten twice: %q", raw, got)
		}
	})
}
