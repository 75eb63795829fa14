package anthropic

// The layout in which Anthropic and those who follow it write a piece of
// text. Anthropic pads the end with spaces, so those are allowed for.
const (
	deltaHead     = `{"type":"content_block_delta","index":`
	deltaText     = `,"delta":{"type":"text_delta","text":"`
	deltaThinking = `,"delta":{"type":"thinking_delta","thinking":"`
)

// cutDelta cuts the escaped text or reasoning out of an event in the usual layout; any other layout is not ok. More fields
// behind the text are not noticed here: then raw holds a bare quote, at which unescaping fails.
func cutDelta(data []byte) (raw []byte, reasoning, ok bool) {
	rest, ok := cutPrefix(data, deltaHead)
	if !ok {
		return nil, false, false
	}
	for len(rest) > 0 && rest[0] >= '0' && rest[0] <= '9' {
		rest = rest[1:]
	}
	if raw, ok = cutPrefix(rest, deltaText); !ok {
		reasoning = true
		if raw, ok = cutPrefix(rest, deltaThinking); !ok {
			return nil, false, false
		}
	}
	for _, c := range [...]byte{'}', '}', '"'} {
		for len(raw) > 0 && raw[len(raw)-1] == ' ' && c == '}' {
			raw = raw[:len(raw)-1]
		}
		if len(raw) == 0 || raw[len(raw)-1] != c {
			return nil, false, false
		}
		raw = raw[:len(raw)-1]
	}
	return raw, reasoning, true
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

// piece hands out the content of a JSON string. ok is false when raw is not one; nothing happened then.
func (d *decoder) piece(reasoning bool, raw []byte) (ok bool, err error) {
	if reasoning {
		text, ok := d.thoughts.Next(raw)
		if !ok {
			return false, nil
		}
		return true, d.to.Reasoning(text)
	}
	text, ok := d.text.Next(raw)
	switch {
	case !ok:
		return false, nil
	case d.marks:
		return true, d.marked(text)
	}
	return true, d.to.Text(text)
}

// marked hands out text but for an end that may begin a mark.
func (d *decoder) marked(text []byte) error {
	if len(d.held) > 0 {
		d.held = append(d.held, text...)
		text = d.held
	}
	n := markSuffix(text)
	if err := d.to.Text(text[:len(text)-n]); err != nil {
		return err
	}
	d.held = append(d.held[:0], text[len(text)-n:]...)
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

// Flush hands out what was held back, unless it is a whole mark.
func (d *decoder) Flush() error {
	rest := append(d.held, d.text.Rest()...)
	d.held = nil
	if string(rest) == mark {
		return nil
	}
	return d.to.Text(rest)
}
