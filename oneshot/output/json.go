package output

import (
	"bufio"
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

// writeEnd writes the end of a run, with the answer in place of the null of an end without one. The answer can be megabytes, so it
// is written in pieces, and then dropped.
func writeEnd(w io.Writer, h Head, end RunEnd, answer *answer) error {
	end.Text = nil
	line, err := appendEvent(nil, h, end)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, flushAt)
	// The first match is the answer's: inside a string the quotes would be escaped, and data comes after text.
	if i := bytes.Index(line, []byte(`"text":null`)); i >= 0 && answer.end() {
		i += len(`"text":`)
		_, _ = out.Write(line[:i])
		_ = out.WriteByte('"')
		if err := answer.writeTo(out); err != nil {
			return err
		}
		_ = out.WriteByte('"')
		line = line[i+len("null"):]
	}
	answer.drop()
	_, _ = out.Write(line)
	return out.Flush() // which tells of earlier errors too
}

// NewJSON writes one document, the run.end event, on every path.
func NewJSON(w io.Writer) Encoder { return &document{w: w} }

type document struct {
	w      io.Writer
	answer answer
	piece  []byte
	ended  bool
}

func (d *document) Event(h Head, e Event) error {
	end, ok := e.(RunEnd)
	if !ok {
		return nil
	}
	d.ended = true
	return writeEnd(d.w, h, end, &d.answer)
}

func (d *document) Text(_ Head, delta []byte) error {
	d.piece = d.answer.appendTo(d.piece[:0], delta)
	return nil
}

func (d *document) Reasoning(Head, []byte) error { return nil }
func (d *document) Holds() bool                  { return true }
func (d *document) Keeps() bool                  { return true }
func (d *document) Restart()                     { d.answer.drop() }
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
	answer    answer
	reasoning []byte // an incomplete character at the end of the last reasoning.delta
	at        int64  // the millisecond of ts
	ts        []byte
	ended     bool
	failed    error
}

func (l *lines) Event(h Head, e Event) error {
	end, last := e.(RunEnd)
	if !last {
		var err error
		if l.buf, err = appendEvent(l.buf, h, e); err != nil {
			return err
		}
	}
	if err := l.Flush(); err != nil || !last {
		return err
	}
	l.ended, l.failed = true, writeEnd(l.w, h, end, &l.answer)
	return l.failed
}

func (l *lines) Text(h Head, delta []byte) error {
	l.open(h, "text.delta")
	l.buf = l.answer.appendTo(l.buf, delta)
	return l.shut()
}

func (l *lines) Reasoning(h Head, delta []byte) error {
	l.open(h, "reasoning.delta")
	l.buf, l.reasoning = appendPiece(l.buf, l.reasoning, delta)
	return l.shut()
}

// open begins the line of a delta. It is written also when there is no complete character: each event has a number, and none may
// be missing.
func (l *lines) open(h Head, kind string) {
	l.buf = append(append(append(l.buf, `{"v":1,"type":"`...), kind...), `","seq":`...)
	l.buf = strconv.AppendInt(l.buf, h.Seq, 10)
	l.buf = append(append(append(l.buf, `,"ts":"`...), l.time(h.At)...), `","run":"`...)
	l.buf = append(append(l.buf, h.Run...), `","text":"`...)
}

// shut ends the line of a delta.
func (l *lines) shut() error {
	if l.buf = append(l.buf, "\"}\n"...); len(l.buf) >= flushAt {
		return l.Flush()
	}
	return l.failed
}

func (l *lines) time(at time.Time) []byte {
	if ms := at.UnixMilli(); ms != l.at || len(l.ts) == 0 {
		l.at, l.ts = ms, at.UTC().AppendFormat(l.ts[:0], stamp)
	}
	return l.ts
}

func (l *lines) Holds() bool { return false }
func (l *lines) Keeps() bool { return true }
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

// appendPiece appends the complete characters of tail and piece as the content of a JSON string. rest is an incomplete character.
func appendPiece(dst, tail, piece []byte) (out, rest []byte) {
	if len(tail) > 0 {
		piece = append(tail, piece...)
		tail = nil
	}
	whole := len(piece) - incomplete(piece)
	return appendEscaped(dst, piece[:whole]), append(tail[:0], piece[whole:]...)
}

// appendEscaped appends p as the content of a JSON string; each byte that is not UTF-8 becomes U+FFFD.
func appendEscaped(dst, p []byte) []byte {
	if !utf8.Valid(p) {
		p = []byte(string([]rune(string(p))))
	}
	return jsonstring.Append(dst, p)
}
