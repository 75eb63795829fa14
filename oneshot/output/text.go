package output

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

// flushAt is how many bytes are gathered before they are written without being asked to.
const flushAt = 64 << 10

// TextOptions change how the answer is written as text.
type TextOptions struct {
	Terminal bool      // the writer is a terminal: control sequences are made visible
	Thinking io.Writer // where reasoning goes (--show-thinking); nil drops it. Its errors are ignored
	Atomic   bool      // nothing is written before RunEnd says ok
}

// NewText writes the answer and nothing else. One newline ends it if it has none. Without a writer there is no answer to
// write, only reasoning.
func NewText(w io.Writer, o TextOptions) Encoder { return &text{w: w, o: o} }

type text struct {
	w       io.Writer
	o       TextOptions
	buf     []byte
	tail    []byte // on a terminal: a character that is not whole yet
	last    byte   // of the answer so far, 0 before it
	thought byte   // last byte of the reasoning
	half    []byte // a character of it that is not whole yet
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
	if t.o.Atomic && end.Status != StatusOK {
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

// endThinking ends the line of the reasoning before something else comes.
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

// appendWhole appends the whole characters of tail and delta, control sequences made visible. A character cut in two
// waits for its rest.
func appendWhole(dst, tail, delta []byte) (out, rest []byte) {
	if len(tail) > 0 {
		delta = append(tail, delta...)
	}
	whole := len(delta) - incomplete(delta)
	return appendVisible(dst, delta[:whole]), bytes.Clone(delta[whole:])
}

// incomplete is the length of the beginning of a character at the end of p.
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

// appendVisible writes control characters as the pictures Unicode has for them and drops what turns text around.
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
