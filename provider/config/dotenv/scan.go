package dotenv

import (
	"bytes"
	"strings"
)

// entry is one setting of a .env file with the bytes of its lines, line break included.
type entry struct {
	from, to int    // its bytes
	line     int    // 1-based
	prefix   string // indentation and export
	name     string
	value    string // as it is written, ${NAME} included
	alone    bool   // there is no = behind the name
	msg      string // why the line is malformed; it is then one line
}

// scan finds the settings; blank lines and comments are between them.
func scan(src []byte) []entry {
	var out []entry
	at, line := 0, 1
	if bytes.HasPrefix(src, []byte("\ufeff")) {
		at = len("\ufeff")
	}
	for at < len(src) {
		e := scanEntry(src, at)
		e.line = line
		if e.name != "" || e.msg != "" {
			out = append(out, e)
		}
		line += bytes.Count(src[at:e.to], []byte("\n"))
		at = e.to
	}
	return out
}

func scanEntry(src []byte, at int) entry {
	end := lineAfter(src, at)
	e := entry{from: at, to: end}
	text := strings.TrimRight(string(src[at:end]), "\r\n")
	body := strings.TrimLeft(text, " \t")
	if body == "" || body[0] == '#' {
		return e
	}
	if rest, ok := strings.CutPrefix(body, "export"); ok && strings.TrimLeft(rest, " \t") != rest {
		body = strings.TrimLeft(rest, " \t")
	}
	e.prefix = text[:len(text)-len(body)]
	name, raw, ok := cutName(body)
	if !ok && !ValidName(name) { // as it may be a key that was pasted without its name, it is not shown
		name = ""
	}
	if e.name, e.alone = name, !ok && name != ""; name == "" {
		e.msg = "is not NAME=value"
	}
	if !ok {
		return e
	}
	raw = strings.TrimLeft(raw, " \t")
	if raw == "" || raw[0] != '"' && raw[0] != '\'' {
		e.value = bare(raw, strings.HasSuffix(body, "="+raw))
		return e
	}
	from := at + len(text) - len(raw)
	value, size := unquote(src[from:])
	if size == 0 {
		e.msg = "a quote is not closed"
		return e
	}
	stop := lineAfter(src, from+size)
	rest := strings.TrimSpace(string(src[from+size : stop]))
	if rest != "" && rest[0] != '#' {
		e.msg = "there is text after the closing quote"
		return e
	}
	e.value, e.to = value, stop
	return e
}

// cutName splits a line before and behind its =. A name may stand in single quotes, or alone with no more than a comment
// behind it; "" is no name.
func cutName(body string) (name, raw string, ok bool) {
	name, raw, ok = strings.Cut(body, "=")
	if !ok {
		name, _, _ = strings.Cut(body, "#")
	}
	name = strings.TrimSpace(name)
	if quoted, found := strings.CutPrefix(name, "'"); found {
		if inside, closed := strings.CutSuffix(quoted, "'"); closed && !strings.Contains(inside, "'") {
			return inside, raw, ok
		}
	}
	if name == "" || strings.ContainsAny(name, " \t#'\"") {
		return "", "", false
	}
	return name, raw, ok
}

func lineAfter(src []byte, at int) int {
	if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(src)
}

// bare reads a value without quotes. A # begins a comment after white space; tight says that none stands before raw.
func bare(raw string, tight bool) string {
	for i := range raw {
		if raw[i] == '#' && (i > 0 && (raw[i-1] == ' ' || raw[i-1] == '\t') || i == 0 && !tight) {
			raw = raw[:i]
			break
		}
	}
	return strings.TrimSpace(raw)
}

// unquote reads a quoted value and gives its length with quotes, 0 when it does not end.
func unquote(src []byte) (value string, size int) {
	var b strings.Builder
	quote := src[0]
	for i := 1; i < len(src); i++ {
		switch c := src[i]; {
		case c == quote:
			return b.String(), i + 1
		case c == '\\' && i+1 < len(src):
			i++
			b.WriteString(escape(quote, src[i]))
		default:
			b.WriteByte(c)
		}
	}
	return "", 0
}

// escape reads a backslash and c as python-dotenv does: what it does not know stays as it is.
func escape(quote, c byte) string {
	if i := strings.IndexByte(`abfnrtv`, c); i >= 0 && quote == '"' {
		return "\a\b\f\n\r\t\v"[i : i+1]
	}
	if c == '\\' || c == '\'' || c == '"' && quote == '"' {
		return string(rune(c))
	}
	return string([]byte{'\\', c})
}

// ValidName reports whether a name can be that of a variable: letters, digits and _, no digit first.
func ValidName(name string) bool {
	return name != "" && !strings.Contains("0123456789", name[:1]) && !strings.ContainsFunc(name, func(c rune) bool {
		return c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9')
	})
}
