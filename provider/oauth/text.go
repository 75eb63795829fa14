package oauth

import (
	"net/url"
	"strings"
	"unicode"
)

// Printable makes a text of the server safe to show on a terminal and on one
// line: white space becomes a space, terminal escape sequences, control
// characters and invisible format characters (bidi controls, zero width) are
// dropped, invalid UTF-8 becomes U+FFFD. It is cut to that many runes, with an
// ellipsis as the last one; 0 cuts nothing.
func Printable(s string, runes int) string {
	var b strings.Builder
	for rest := []rune(s); len(rest) > 0; {
		n, r := nextVisible(rest)
		if r != 0 {
			b.WriteRune(r)
		}
		rest = rest[n:]
	}
	return cut(strings.TrimSpace(b.String()), runes)
}

// nextVisible returns how many runes to take and what to show for them, 0 for
// nothing.
func nextVisible(rs []rune) (int, rune) {
	switch r := rs[0]; {
	case r == 0x1b || r == 0x9b:
		return escapeLen(rs), 0
	case unicode.IsSpace(r) || unicode.In(r, unicode.Zl, unicode.Zp):
		return 1, ' '
	case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
		return 1, 0
	default:
		return 1, r
	}
}

// escapeLen measures the escape sequence that rs begins with: CSI up to its
// final byte, OSC and the other string sequences up to BEL or ST, else two
// runes. One that never ends is taken whole for strings, so that nothing of a
// hidden text shows.
func escapeLen(rs []rune) int {
	start := 1
	if rs[0] == 0x1b {
		if len(rs) == 1 {
			return 1
		}
		switch rs[1] {
		case ']', 'P', 'X', '^', '_':
			return stringLen(rs)
		case '[':
			start = 2
		default:
			return 2
		}
	}
	for i := start; i < len(rs); i++ {
		if rs[i] < 0x20 || rs[i] > 0x3f {
			return i + 1
		}
	}
	return len(rs)
}

func stringLen(rs []rune) int {
	for i := 2; i < len(rs); i++ {
		if rs[i] == 0x07 || rs[i] == 0x9c {
			return i + 1
		}
		if rs[i] == 0x1b && i+1 < len(rs) && rs[i+1] == '\\' {
			return i + 2
		}
	}
	return len(rs)
}

func cut(s string, runes int) string {
	if rs := []rune(s); runes > 0 && len(rs) > runes {
		return string(rs[:runes-1]) + "…"
	}
	return s
}

// quote is what an error shows of a server's text. Servers echo requests:
// what we sent in confidence is masked first, in both spellings.
func quote(text string, form url.Values) string {
	clean := Printable(text, 0)
	for _, field := range []string{"refresh_token", "code_verifier", "device_code", "state"} {
		if secret := form.Get(field); secret != "" {
			clean = strings.ReplaceAll(clean, secret, "***")
			clean = strings.ReplaceAll(clean, url.QueryEscape(secret), "***")
		}
	}
	return cut(clean, 200)
}
