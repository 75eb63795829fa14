package output

import (
	"bytes"
	"errors"
	"strings"
	"syscall"
	"testing"
)

// TestTextOnTerminal: whatever the model writes, nothing reaches a terminal that moves its cursor or turns its text.
func TestTextOnTerminal(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain é🎉\tx": "plain é🎉\tx", "\x1b]0;title\x07": "␛]0;title␇", "a\rb\b": "a␍b␈", "\x00\x7f": "␀␡",
		"\u0080\u009f\u00a0": "\ufffd\ufffd\u00a0", "\u202a\u202e\u2066\u2069": strings.Repeat("\ufffd", 4), "\u2065\u206a": "\u2065\u206a",
		"\xff\xc3(": "\ufffd\ufffd(", "\xed\xa0\x80": strings.Repeat("\ufffd", 3), "\xf0\x9f\x8e": "\ufffd", "\xf0\x9f\x8e\n": "\ufffd\ufffd\ufffd\n",
	} {
		if !strings.HasSuffix(want, "\n") {
			want += "\n"
		}
		for step := 1; step <= len(in); step++ {
			var pieces []string
			for rest := in; rest != ""; rest = rest[min(step, len(rest)):] {
				pieces = append(pieces, rest[:min(step, len(rest))])
			}
			var w bytes.Buffer
			if got := play(NewText(&w, TextOptions{Terminal: true}), &w, RunEnd{Status: StatusOK}, pieces...); got != want {
				t.Errorf("%q in pieces of %d: %q, want %q", in, step, got, want)
			}
		}
	}
}

// TestTextEnd: when a newline ends the answer, by how the run ended.
func TestTextEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status   string
		terminal bool
		want     string
	}{
		{StatusOK, false, "a\n"}, {StatusPartial, false, "a\n"}, {StatusCancelled, false, "a"}, {StatusCancelled, true, "a\n"}, {StatusPartial, true, "a\n"},
	} {
		var w bytes.Buffer
		if got := play(NewText(&w, TextOptions{Terminal: c.terminal}), &w, RunEnd{Status: c.status}, "a", ""); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// TestAtomicText: nothing before the end, and nothing at all but for a success, however much it is.
func TestAtomicText(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 3*flushAt)
	for status, want := range map[string]int{StatusOK: len(long) + 1, StatusPartial: 0, StatusError: 0, StatusCancelled: 0} {
		var w bytes.Buffer
		em := NewEmitter(&Sink{Name: "stdout", Encoder: NewText(&w, TextOptions{Atomic: true})})
		err := errors.Join(em.Text([]byte(long)), em.Flush())
		if err != nil || w.Len() > 0 {
			t.Errorf("%d bytes before the end, %v", w.Len(), err)
		}
		if err := em.Emit(RunEnd{Status: status}); err != nil || w.Len() != want {
			t.Errorf("%s: %d bytes, %v", status, w.Len(), err)
		}
	}
}

// TestLongTextIsWritten without being asked to, in each encoding that streams.
func TestLongTextIsWritten(t *testing.T) {
	t.Parallel()
	long := []byte(strings.Repeat("x", flushAt))
	for name, make := range map[string]func(*bytes.Buffer) Encoder{
		"text":        func(w *bytes.Buffer) Encoder { return NewText(w, TextOptions{}) },
		"stream-json": func(w *bytes.Buffer) Encoder { return NewStreamJSON(w) },
	} {
		var w bytes.Buffer
		enc := make(&w)
		if err := enc.Text(Head{}, long[:10]); err != nil || w.Len() > 0 {
			t.Errorf("%s: %d bytes at once, %v", name, w.Len(), err)
		}
		if err := enc.Text(Head{}, long); err != nil || w.Len() < flushAt {
			t.Errorf("%s: %d bytes, %v", name, w.Len(), err)
		}
	}
}

// TestThinking goes elsewhere, visible and a line of its own; a character that came in two pieces is one.
func TestThinking(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		give func(*Emitter)
		want string
	}{
		"before the answer": {func(e *Emitter) {
			_ = e.Reasoning([]byte("hm"))
			_ = e.Text([]byte("a"))
			_ = e.Reasoning([]byte("oh\n"))
		}, "hm\noh\n"},
		"alone":        {func(e *Emitter) { _ = e.Reasoning([]byte("hm")); _ = e.Reasoning(nil) }, "hm\n"},
		"controls":     {func(e *Emitter) { _ = e.Reasoning([]byte("\x1b[2J")) }, "␛[2J\n"},
		"cut in two":   {func(e *Emitter) { _ = e.Reasoning([]byte("\xf0\x9f")); _ = e.Reasoning([]byte("\x8e\x89!")) }, "🎉!\n"},
		"cut for good": {func(e *Emitter) { _ = e.Reasoning([]byte("a\xc3")); _ = e.Text([]byte("b")) }, "a\ufffd\n"},
		"nothing":      {func(e *Emitter) { _ = e.Text([]byte("a")) }, ""},
	} {
		var out, thought bytes.Buffer
		em := NewEmitter(&Sink{Encoder: NewText(&out, TextOptions{Thinking: &thought})})
		c.give(em)
		if err := em.Emit(RunEnd{Status: StatusOK}); err != nil || thought.String() != c.want || strings.Contains(out.String(), "hm") {
			t.Errorf("%s: %q, want %q; stdout %q", name, thought.String(), c.want, out.String())
		}
	}
	var out bytes.Buffer
	em := NewEmitter(&Sink{Encoder: NewText(&out, TextOptions{Thinking: broken{syscall.EPIPE}})})
	if err := errors.Join(em.Reasoning([]byte("hm")), em.Text([]byte("a")), em.Emit(RunEnd{Status: StatusOK})); err != nil || out.String() != "a\n" {
		t.Errorf("a broken stderr: %v, %q", err, out.String())
	}
}

// TestClosedWithoutEnd: an encoder that had no run.end is incomplete.
func TestClosedWithoutEnd(t *testing.T) {
	t.Parallel()
	for name, enc := range map[string]Encoder{
		"text": NewText(&bytes.Buffer{}, TextOptions{}), "json": NewJSON(&bytes.Buffer{}), "stream-json": NewStreamJSON(&bytes.Buffer{}),
	} {
		if err := errors.Join(enc.Event(Head{}, RunStart{}), enc.Text(Head{}, []byte("a")), enc.Reasoning(Head{}, []byte("b"))); err != nil {
			t.Error(err)
		}
		if enc.Close() == nil {
			t.Errorf("%s is whole", name)
		}
	}
}

// TestErrorsStay: after a failed write an encoder writes nothing more.
func TestErrorsStay(t *testing.T) {
	t.Parallel()
	for name, enc := range map[string]Encoder{
		"text": NewText(broken{syscall.ENOSPC}, TextOptions{}), "stream-json": NewStreamJSON(broken{syscall.ENOSPC}),
	} {
		_ = enc.Text(Head{}, []byte("a"))
		if err := enc.Flush(); err != syscall.ENOSPC {
			t.Errorf("%s: %v", name, err)
		}
	}
	enc := NewStreamJSON(broken{syscall.ENOSPC})
	if enc.Event(Head{}, RunStart{}) == nil || enc.Event(Head{}, Warning{}) == nil || enc.Text(Head{}, []byte("a")) == nil || enc.Close() == nil {
		t.Error("a failed stream goes on")
	}
}
