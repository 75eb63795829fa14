package wire

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

const (
	// maxErrorBody bounds what is read of an error, in bytes.
	maxErrorBody = 16 << 10
	maxMessage   = 500 // runes
	minSecret    = 8   // bytes; what is shorter is no credential worth masking
)

// clean makes a line for people of words that a server chose, without the
// secrets of the request should the server repeat them.
func (a *attempt) clean(s string) string { return Clean(s, append([]string{a.s.token}, a.s.hidden...)) }

// Clean makes one short printable line of a stranger's words, and masks what it
// holds of the secrets. They are looked for when all that is invisible is gone,
// and before the line is cut.
func Clean(s string, secrets []string) string {
	s = printable(s)
	for _, secret := range secrets {
		s = hide(s, secret)
	}
	return shorten(s)
}

// hidden lists the values of headers, the words in them, and the values of a
// query, each as it is sent and as it is meant.
func hidden(headers []string, u *url.URL) []string {
	var all []string
	for _, value := range headers {
		all = append(append(all, value), strings.Fields(value)...)
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		_, value, ok := strings.Cut(pair, "=")
		if !ok {
			value = pair
		}
		all = append(all, value)
		if plain, err := url.QueryUnescape(value); err == nil {
			all = append(all, plain)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(all)
}

// hide masks each place where s holds the secret. Letters of either case, and
// what a server may have strewn into it (spaces, letters of other alphabets,
// marks above a letter), make no difference.
func hide(s, secret string) string {
	if len(s) < minSecret || len(secret) < minSecret {
		return s
	}
	word, _ := graphic(secret)
	text, at := graphic(s)
	if len(word) < minSecret {
		return s
	}
	var b strings.Builder
	done, from := 0, 0
	for {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return b.String() + s[done:]
		}
		from += i
		b.WriteString(s[done:at[from]] + hint(secret))
		from += len(word)
		done = at[from-1] + 1
	}
}

// graphic is the visible ASCII of s in lower case, and where in s each byte is.
func graphic(s string) (text string, at []int) {
	var b strings.Builder
	b.Grow(len(s))
	at = make([]int, 0, len(s))
	for i := range len(s) {
		if c := s[i]; c > ' ' && c < 0x7f {
			b.WriteByte(c)
			at = append(at, i)
		}
	}
	return strings.ToLower(b.String()), at // ASCII keeps its length
}

// hint is what may be shown of a secret.
func hint(secret string) string {
	if len(secret) < 12 {
		return "****"
	}
	return "****" + clean(secret[len(secret)-4:])
}

// clean makes one short printable line.
func clean(s string) string { return shorten(printable(s)) }

// printable is one line without control, format and other invisible
// characters, which could drive a terminal, turn the line around or stand
// unseen within a word.
func printable(s string) string {
	if len(s) > maxErrorBody {
		s = s[:maxErrorBody]
	}
	if !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }) { // a name or an id, as nearly always
		return s
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return strings.Join(strings.Fields(s), " ")
}

func shorten(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	if runes := []rune(s); len(runes) > maxMessage {
		s = string(runes[:maxMessage]) + "…"
	}
	return s
}

// unescaped reads the escapes of JSON that could hide a secret: a raw event is
// shown as it came otherwise.
func unescaped(s string) string {
	s = strings.ReplaceAll(s, `\/`, "/")
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, `\u`)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		if n, err := strconv.ParseUint(rest[:min(4, len(rest))], 16, 16); err == nil && len(rest) >= 4 && !utf16.IsSurrogate(rune(n)) {
			b.WriteRune(rune(n))
			rest = rest[4:]
		} else {
			b.WriteString(`\u`)
		}
		s = rest
	}
}

// plainMessage makes a message of an error body in no known shape.
func plainMessage(raw []byte, status int) string {
	head := strings.TrimSpace(fmt.Sprintf("status %d %s", status, http.StatusText(status)))
	body := strings.TrimSpace(string(raw))
	switch {
	case body == "":
		return head
	case body[0] == '<':
		return head + ", an HTML page" + title(raw)
	}
	return head + ": " + body
}

// title is the title of a web page, quoted in parentheses.
func title(page []byte) string {
	lower := strings.ToLower(string(page))
	i := strings.Index(lower, "<title")
	if i < 0 || len(lower) != len(page) { // lower case of another length: not worth a guess
		return ""
	}
	_, rest, ok := strings.Cut(string(page[i:]), ">")
	j := strings.Index(strings.ToLower(rest), "</title")
	if !ok || j < 0 || clean(rest[:j]) == "" {
		return ""
	}
	return fmt.Sprintf(" (%q)", clean(rest[:j]))
}
