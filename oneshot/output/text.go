package output

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

// flushAt is how many bytes an encoder holds at most before it writes them.
const flushAt = 64 << 10

// TextOptions change how the answer is written as text.
type TextOptions struct {
	Terminal bool      // the writer is a terminal: control sequences are made visible
	Thinking io.Writer // where reasoning goes (--show-thinking); nil drops it. Its errors are ignored
	Atomic   bool      // nothing is written before RunEnd says ok
}

// NewText writes the answer and nothing else. A newline is added when the answer does not end with one. When w is nil, only the
// reasoning is written.
func NewText(w io.Writer, o TextOptions) Encoder { return &text{w: w, o: o} }

type text struct {
	w       io.Writer
	o       TextOptions
	buf     []byte
	tail    []byte // on a terminal: the bytes of an incomplete character
	last    byte   // of the answer so far, 0 before it
	thought byte   // last byte of the reasoning
	half    []byte // the bytes of an incomplete character of it
	ended   bool
	failed  bool
}

func (t *text) Event(_ Head, e Event) error {
	end, ok := e.(RunEnd)
	if !ok {
		return nil
	}
	t.ended = true
	t.endThinking()
	if t.o.Atomic && !end.Answered() {
		t.buf = nil
		return nil
	}
	if t.o.Terminal && len(t.tail) > 0 {
		t.buf, t.tail = append(t.buf, "\uFFFD"...), nil
	}
	if t.last != 0 && t.last != '\n' && (end.Status == StatusOK || end.Status == StatusPartial || t.o.Terminal) && !t.failed {
		t.buf = append(t.buf, '\n')
	}
	return t.write()
}

func (t *text) Text(_ Head, delta []byte) error {
	if len(delta) == 0 {
		return nil
	}
	t.endThinking()
	if t.w == nil {
		return nil
	}
	t.last = delta[len(delta)-1]
	if t.o.Terminal {
		t.buf, t.tail = appendWhole(t.buf, t.tail, delta)
	} else {
		t.buf = append(t.buf, delta...)
	}
	if len(t.buf) >= flushAt && !t.o.Atomic {
		return t.write()
	}
	return nil
}

func (t *text) Reasoning(_ Head, delta []byte) error {
	if t.o.Thinking != nil && len(delta) > 0 {
		t.thought = delta[len(delta)-1]
		var shown []byte
		shown, t.half = appendWhole(nil, t.half, delta)
		_, _ = t.o.Thinking.Write(shown)
	}
	return nil
}

// endThinking ends the last line of the reasoning, before the answer begins.
func (t *text) endThinking() {
	if len(t.half) > 0 {
		_, _ = t.o.Thinking.Write([]byte("\uFFFD"))
		t.half = nil
	}
	if t.thought != 0 && t.thought != '\n' {
		_, _ = t.o.Thinking.Write([]byte("\n"))
	}
	t.thought = 0
}

func (t *text) Holds() bool { return t.o.Atomic || t.w == nil }
func (t *text) Keeps() bool { return t.Holds() }

func (t *text) Restart() {
	t.endThinking()
	t.buf, t.tail, t.last = nil, nil, 0
}

func (t *text) Flush() error {
	if t.o.Atomic {
		return nil
	}
	return t.write()
}

func (t *text) write() error {
	if len(t.buf) == 0 || t.failed {
		return nil
	}
	_, err := t.w.Write(t.buf)
	t.buf, t.failed = t.buf[:0], err != nil
	return err
}

func (t *text) Close() error {
	if !t.ended {
		return errors.New("closed without run.end")
	}
	return nil
}

// appendWhole appends the complete characters of tail and delta, control characters made visible. rest is an incomplete character.
func appendWhole(dst, tail, delta []byte) (out, rest []byte) {
	if len(tail) > 0 {
		delta = append(tail, delta...)
	}
	whole := len(delta) - incomplete(delta)
	return appendVisible(dst, delta[:whole]), bytes.Clone(delta[whole:])
}

// incomplete is the number of bytes at the end of p that begin a character and do not complete it.
func incomplete(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if utf8.RuneStart(p[len(p)-n]) {
			if utf8.FullRune(p[len(p)-n:]) {
				return 0
			}
			return n
		}
	}
	return 0
}

// appendVisible writes control characters as Unicode's pictures of them, and U+FFFD in place of what changes the direction of text.
func appendVisible(dst, p []byte) []byte {
	for len(p) > 0 {
		r, size := utf8.DecodeRune(p)
		switch {
		case r == '\n' || r == '\t':
			dst = append(dst, byte(r))
		case r < 0x20:
			dst = utf8.AppendRune(dst, 0x2400+r)
		case r == 0x7F:
			dst = utf8.AppendRune(dst, 0x2421)
		case r >= 0x80 && r < 0xA0, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			dst = utf8.AppendRune(dst, utf8.RuneError)
		default:
			dst = utf8.AppendRune(dst, r)
		}
		p = p[size:]
	}
	return dst
}
