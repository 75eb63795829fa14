package messages

import (
	"bytes"
	"strings"
)

// The layout in which Anthropic and those who follow it write a piece of
// text. Anthropic pads the end with spaces, so those are allowed for.
const (
	deltaHead     = `{"type":"content_block_delta","index":`
	deltaText     = `,"delta":{"type":"text_delta","text":"`
	deltaThinking = `,"delta":{"type":"thinking_delta","thinking":"`
)

// cutDelta cuts the escaped text out of an event in the usual layout. Any
// other layout gives kind 0. More fields behind the text are not noticed
// here: then raw holds a bare quote, at which unescaping fails.
func cutDelta(data []byte) (raw []byte, kind Kind) {
	rest, ok := cutPrefix(data, deltaHead)
	if !ok {
		return nil, 0
	}
	for len(rest) > 0 && rest[0] >= '0' && rest[0] <= '9' {
		rest = rest[1:]
	}
	kind = KindText
	if raw, ok = cutPrefix(rest, deltaText); !ok {
		kind = KindThinking
		if raw, ok = cutPrefix(rest, deltaThinking); !ok {
			return nil, 0
		}
	}
	for _, c := range [...]byte{'}', '}', '"'} {
		for len(raw) > 0 && raw[len(raw)-1] == ' ' && c == '}' {
			raw = raw[:len(raw)-1]
		}
		if len(raw) == 0 || raw[len(raw)-1] != c {
			return nil, 0
		}
		raw = raw[:len(raw)-1]
	}
	return raw, kind
}

func cutPrefix(p []byte, prefix string) ([]byte, bool) {
	if len(p) < len(prefix) || string(p[:len(prefix)]) != prefix {
		return nil, false
	}
	return p[len(prefix):], true
}

// mark is control text that MiniMax can leave at the very end of an answer
// (provider-apis §1.7).
const mark = "[e~["

// leavesMarks reports whether a model is MiniMax's, under whatever reseller's name.
func leavesMarks(model string) bool { return strings.Contains(strings.ToLower(model), "minimax") }

// piece hands out the content of a JSON string. ok is false when raw is not
// one; nothing happened then. A piece without escapes is handed out where it
// stands, in the event's own bytes.
func (d *decoder) piece(kind Kind, raw []byte) (ok bool, err error) {
	text, held := raw, 0
	if kind == KindText {
		held = d.held
	}
	if held > 0 || bytes.IndexByte(raw, '\\') >= 0 {
		if kind != KindText && d.held > 0 { // buf holds back text
			text, ok = unescape(nil, raw)
		} else {
			text, ok = unescape(d.buf[:held], raw)
			d.buf = text
		}
		if !ok {
			return false, nil
		}
	} else if bytes.IndexByte(raw, '"') >= 0 {
		return false, nil
	}
	if kind == KindText && d.marks {
		return true, d.marked(text)
	}
	if !d.a.say(kind, text) {
		return true, errLeft
	}
	return true, nil
}

// marked hands out text but for an end that may begin a mark.
func (d *decoder) marked(text []byte) error {
	n := markSuffix(text)
	out := text[:len(text)-n]
	if !d.a.say(KindText, out) {
		return errLeft
	}
	d.buf = append(d.buf[:0], text[len(text)-n:]...)
	d.held = n
	return nil
}

// markSuffix is the length of the longest end of p with which the mark begins.
func markSuffix(p []byte) int {
	for n := min(len(mark), len(p)); n > 0; n-- {
		if string(p[len(p)-n:]) == mark[:n] {
			return n
		}
	}
	return 0
}

// release hands out what was held back, unless it is a whole mark.
func (d *decoder) release() bool {
	held := d.buf[:d.held]
	d.held = 0
	return string(held) == mark || d.a.say(KindText, held)
}
