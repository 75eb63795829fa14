package messages

import (
	"fmt"
	"net/http"
	"strings"
	"unicode"
)

const (
	maxMessage = 500 // runes
	minSecret  = 8   // bytes; what is shorter is no credential worth masking
)

// clean makes a line for people of words that a server chose, without the
// credential should the server repeat it.
func (a *attempt) clean(s string) string {
	if token := a.s.token; len(token) >= minSecret && strings.Contains(s, token) {
		s = strings.ReplaceAll(s, token, hint(token))
	}
	return clean(s)
}

// hint is what may be shown of a secret.
func hint(secret string) string {
	if len(secret) < 12 {
		return "****"
	}
	return "****" + clean(secret[len(secret)-4:])
}

// clean makes one short printable line: no control or format characters,
// which could drive a terminal or turn the line around.
func clean(s string) string {
	if len(s) > maxErrorBody {
		s = s[:maxErrorBody]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > maxMessage {
		s = string(runes[:maxMessage]) + "…"
	}
	return s
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
