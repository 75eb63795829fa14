package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"hermes/oneshot/jsonstring"
)

const stamp = "2006-01-02T15:04:05.000Z"

// appendHead begins an event's object with its envelope.
func appendHead(dst []byte, h Head, kind string) []byte {
	dst = append(dst, `{"v":1,"type":"`...)
	dst = append(append(dst, kind...), `","seq":`...)
	dst = strconv.AppendInt(dst, h.Seq, 10)
	dst = h.At.UTC().AppendFormat(append(dst, `,"ts":"`...), stamp)
	return append(append(append(dst, `","run":"`...), h.Run...), '"')
}

// appendEvent writes an event as one line: the envelope, then its own fields.
func appendEvent(dst []byte, h Head, e Event) ([]byte, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return dst, err
	}
	dst = appendHead(dst, h, e.Type())
	fields := bytes.TrimSpace(body.Bytes())
	if len(fields) == 2 {
		return append(dst, "}\n"...), nil
	}
	return append(append(append(dst, ','), fields[1:]...), '\n'), nil
}

// writeEnd writes buf and then the end of a run. The answer can be megabytes, so it is written in pieces, in place of the null of an
// end without an answer. The buffer that it returns is empty.
func writeEnd(w io.Writer, buf []byte, h Head, end RunEnd) ([]byte, error) {
	answer, start := end.Text, len(buf)
	end.Text = nil
	buf, err := appendEvent(buf, h, end)
	if err != nil {
		return buf, err
	}
	// The first match after start is the answer's: inside a string the quotes would be escaped, and data comes after text.
	if i := bytes.Index(buf[start:], []byte(`"text":null`)); i >= 0 && answer != nil {
		i += start + len(`"text":`)
		after := bytes.Clone(buf[i+len("null"):])
		buf = append(buf[:i], '"')
		for rest := *answer; len(rest) > 0 && err == nil; {
			n := pieceOf(rest)
			buf, rest = appendEscaped(buf, []byte(rest[:n])), rest[n:]
			if len(buf) >= flushAt {
				_, err = w.Write(buf)
				buf = buf[:0]
			}
		}
		buf = append(append(buf, '"'), after...)
	}
	if err == nil {
		_, err = w.Write(buf)
	}
	return buf[:0], err
}

// pieceOf is the length of the next piece of s, which does not end within a character.
func pieceOf(s string) int {
	n := flushAt / 2
	if len(s) <= n {
		return len(s)
	}
	for back := range utf8.UTFMax {
		if utf8.RuneStart(s[n-back]) {
			return n - back
		}
	}
	return n // not UTF-8
}

// NewJSON writes one document, the run.end event, on every path.
func NewJSON(w io.Writer) Encoder { return &document{w: w} }

type document struct {
	w     io.Writer
	ended bool
}

func (d *document) Event(h Head, e Event) error {
	end, ok := e.(RunEnd)
	if !ok {
		return nil
	}
	d.ended = true
	_, err := writeEnd(d.w, nil, h, end)
	return err
}

func (d *document) Text(Head, []byte) error      { return nil }
func (d *document) Reasoning(Head, []byte) error { return nil }
func (d *document) Holds() bool                  { return true }
func (d *document) Restart()                     {}
func (d *document) Flush() error                 { return nil }

func (d *document) Close() error {
	if !d.ended {
		return errors.New("closed without run.end")
	}
	return nil
}

// NewStreamJSON writes every event as a line.
func NewStreamJSON(w io.Writer) Encoder { return &lines{w: w} }

type lines struct {
	w         io.Writer
	buf       []byte
	text      []byte // an incomplete character at the end of the last text.delta
	reasoning []byte
	at        int64 // the millisecond of ts
	ts        []byte
	ended     bool
	failed    error
}

func (l *lines) Event(h Head, e Event) error {
	if l.failed != nil {
		return l.failed
	}
	var err error
	if end, ok := e.(RunEnd); ok {
		l.ended = true
		l.buf, l.failed = writeEnd(l.w, l.buf, h, end)
		return l.failed
	}
	if l.buf, err = appendEvent(l.buf, h, e); err != nil {
		return err
	}
	return l.Flush()
}

func (l *lines) Text(h Head, delta []byte) error {
	l.text = l.delta(h, "text.delta", l.text, delta)
	return l.full()
}

func (l *lines) Reasoning(h Head, delta []byte) error {
	l.reasoning = l.delta(h, "reasoning.delta", l.reasoning, delta)
	return l.full()
}

// delta writes the complete characters of tail and delta as one event, and returns the rest. It writes an event also when there is
// no complete character: each event has a number, and none may be missing.
func (l *lines) delta(h Head, kind string, tail, delta []byte) []byte {
	keep := incomplete(delta)
	l.buf = append(append(append(l.buf, `{"v":1,"type":"`...), kind...), `","seq":`...)
	l.buf = strconv.AppendInt(l.buf, h.Seq, 10)
	l.buf = append(append(append(l.buf, `,"ts":"`...), l.time(h.At)...), `","run":"`...)
	l.buf = append(append(l.buf, h.Run...), `","text":"`...)
	if len(tail) > 0 {
		whole := append(tail, delta...)
		keep = incomplete(whole)
		l.buf = appendEscaped(l.buf, whole[:len(whole)-keep])
		tail = append([]byte(nil), whole[len(whole)-keep:]...)
	} else {
		l.buf = appendEscaped(l.buf, delta[:len(delta)-keep])
		tail = append(tail[:0], delta[len(delta)-keep:]...)
	}
	l.buf = append(l.buf, "\"}\n"...)
	return tail
}

func (l *lines) time(at time.Time) []byte {
	if ms := at.UnixMilli(); ms != l.at || len(l.ts) == 0 {
		l.at, l.ts = ms, at.UTC().AppendFormat(l.ts[:0], stamp)
	}
	return l.ts
}

func (l *lines) full() error {
	if len(l.buf) >= flushAt {
		return l.Flush()
	}
	return l.failed
}

func (l *lines) Holds() bool { return false }
func (l *lines) Restart()    {}

func (l *lines) Flush() error {
	if len(l.buf) > 0 && l.failed == nil {
		_, l.failed = l.w.Write(l.buf)
		l.buf = l.buf[:0]
	}
	return l.failed
}

func (l *lines) Close() error {
	if !l.ended {
		return errors.New("closed without run.end")
	}
	return l.Flush()
}

// appendEscaped appends p as the content of a JSON string; each byte that is not UTF-8 becomes U+FFFD.
func appendEscaped(dst, p []byte) []byte {
	if !utf8.Valid(p) {
		p = []byte(string([]rune(string(p))))
	}
	return jsonstring.Append(dst, p)
}
