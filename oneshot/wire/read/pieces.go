package read

import (
	"bytes"

	"hermes/oneshot/jsonstring"
)

// Pieces takes a text's pieces as JSON writes them and gives them as they are. A surrogate pair that was split between
// two pieces is one character. The zero Pieces begins a text.
type Pieces struct {
	buf  []byte
	held []byte // the first half of a pair, still escaped
}

// Next is the text of a piece, valid until the next call. raw is the content of a JSON string; ok is false when it is none,
// and nothing happened then. A piece without escapes is given where it stands.
func (p *Pieces) Next(raw []byte) (text []byte, ok bool) {
	if len(p.held) == 0 && bytes.IndexByte(raw, '\\') < 0 {
		return raw, bytes.IndexByte(raw, '"') < 0
	}
	if len(p.held) > 0 {
		raw = append(bytes.Clone(p.held), raw...)
	}
	whole := len(raw) - halfPair(raw)
	if text, ok = jsonstring.Unquote(p.buf[:0], raw[:whole]); !ok {
		return nil, false
	}
	p.buf, p.held = text, append(p.held[:0], raw[whole:]...)
	return text, true
}

// Rest is what was held back at the end of the text: nothing, or U+FFFD for half a character.
func (p *Pieces) Rest() []byte {
	if len(p.held) == 0 {
		return nil
	}
	p.held = p.held[:0]
	return []byte("\ufffd")
}

// halfPair is the length of an escaped first half of a surrogate pair at the end of raw.
func halfPair(raw []byte) int {
	const length = len(`\ud83c`)
	n := len(raw) - length
	if n < 0 || raw[n] != '\\' || raw[n+1] != 'u' || raw[n+2] != 'd' && raw[n+2] != 'D' {
		return 0
	}
	switch raw[n+3] {
	case '8', '9', 'a', 'b', 'A', 'B':
	default:
		return 0
	}
	slashes := 0
	for i := n; i >= 0 && raw[i] == '\\'; i-- {
		slashes++
	}
	if slashes%2 == 0 { // the backslash is itself escaped
		return 0
	}
	return length
}
