package messages

import "bytes"

// The layout in which Anthropic and its imitators write a piece of text, byte for byte.
const (
	deltaHead = `{"type":"content_block_delta","index":`
	deltaText = `,"delta":{"type":"text_delta","text":"`
	deltaTail = `"}}`
)

// textDelta cuts the escaped text out of an event in the usual layout. Any
// other layout, an object with one more field included, is ok = false.
func textDelta(data []byte) (raw []byte, ok bool) {
	if len(data) < len(deltaHead)+len(deltaText)+len(deltaTail)+1 || string(data[:len(deltaHead)]) != deltaHead {
		return nil, false
	}
	rest := data[len(deltaHead):]
	for len(rest) > 0 && rest[0] >= '0' && rest[0] <= '9' {
		rest = rest[1:]
	}
	if len(rest) < len(deltaText)+len(deltaTail) || string(rest[:len(deltaText)]) != deltaText {
		return nil, false
	}
	rest = rest[len(deltaText):]
	raw = rest[:len(rest)-len(deltaTail)]
	if string(rest[len(raw):]) != deltaTail || unescapedQuote(raw) {
		return nil, false
	}
	return raw, true
}

// unescapedQuote reports whether the string ends before the tail, so that more fields follow it.
func unescapedQuote(raw []byte) bool {
	for {
		i := bytes.IndexByte(raw, '"')
		if i < 0 {
			return trailingBackslashes(raw)%2 == 1
		}
		if trailingBackslashes(raw[:i])%2 == 0 {
			return true
		}
		raw = raw[i+1:]
	}
}

func trailingBackslashes(p []byte) int {
	n := 0
	for n < len(p) && p[len(p)-1-n] == '\\' {
		n++
	}
	return n
}

// mark is control text that MiniMax can leave at the end of an answer.
const mark = "[e~["

// text yields a piece of the answer, without the mark where it ends the answer.
func (d *decoder) text(raw []byte) bool {
	d.seen = true
	words := raw
	if bytes.IndexByte(raw, '\\') >= 0 || len(d.held) > 0 {
		var ok bool
		d.buf, ok = unescape(append(d.buf[:0], d.held...), raw)
		if !ok {
			d.buf = append(append(d.buf[:0], d.held...), raw...)
		}
		words, d.held = d.buf, d.held[:0]
	}
	if n := markSuffix(words); n > 0 {
		d.held = append(d.held[:0], words[len(words)-n:]...)
		words = words[:len(words)-n]
	}
	if len(words) == 0 {
		return true
	}
	d.a.yielded = true
	d.first()
	return d.yield(Event{Kind: KindText, Text: words}, nil)
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

// release yields what was held back when it turned out to be no whole mark.
func (d *decoder) release() bool {
	if len(d.held) == 0 || string(d.held) == mark {
		return true
	}
	words := d.held
	d.held = nil
	d.a.yielded = true
	return d.yield(Event{Kind: KindText, Text: words}, nil)
}
