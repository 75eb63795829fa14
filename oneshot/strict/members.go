package strict

import (
	"bytes"
	"encoding/json"
	"iter"
	"unicode/utf8"
)

// space is what may stand between the tokens of JSON.
const space = " \t\r\n"

// Members gives the members of a valid JSON object as they stand there, and nothing of any other value. The values
// are not decoded.
func Members(raw []byte) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		rest := bytes.Trim(raw, space)
		if len(rest) == 0 || rest[0] != '{' {
			return
		}
		for rest = bytes.TrimLeft(rest[1:], space); len(rest) > 0 && rest[0] == '"'; rest = bytes.TrimLeft(rest, space+",") {
			n := stringEnd(rest)
			name := text(rest[:n])
			rest = bytes.TrimLeft(rest[n:], space+":")
			n = valueEnd(rest)
			if !yield(name, json.RawMessage(rest[:n:n])) {
				return
			}
			rest = rest[n:]
		}
	}
}

// text is a string without its quotes and escapes.
func text(raw []byte) (s string) {
	if bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
		return string(raw[1 : len(raw)-1])
	}
	_ = json.Unmarshal(raw, &s) // it is valid
	return s
}

// valueEnd is the length of the value that p begins with.
func valueEnd(p []byte) int {
	depth := 0
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '"':
			i += stringEnd(p[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	return len(p)
}

// stringEnd is the length of the string that p begins with.
func stringEnd(p []byte) int {
	for i := 1; i < len(p); i++ {
		switch p[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(p)
}
