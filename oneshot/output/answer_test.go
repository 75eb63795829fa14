package output

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hermes/oneshot/class"
)

// tell gives a long answer in pieces of seven bytes, and returns the RunEnd that a decoder reads.
func tell(t *testing.T, enc Encoder, out *bytes.Buffer, text string) RunEnd {
	t.Helper()
	for rest := []byte(text); len(rest) > 0; {
		n := min(7, len(rest))
		if err := enc.Text(Head{}, rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	end := RunEnd{
		Status: StatusOK, Data: json.RawMessage(`{"text":null}`),
		Error: &Failure{Class: class.Internal, Message: `"text":null`},
	}
	if err := enc.Event(Head{At: time.Now()}, end); err != nil {
		t.Fatal(err)
	}
	line := bytes.TrimSpace(out.Bytes())
	var got RunEnd
	if err := json.Unmarshal(line[bytes.LastIndexByte(line, '\n')+1:], &got); err != nil {
		t.Fatalf("%v in %.200s", err, line)
	}
	if string(got.Data) != `{"text":null}` || got.Error.Message != `"text":null` {
		t.Errorf("%.200s", line)
	}
	return got
}

// TestAnswerInRunEnd: run.end says the answer, whatever it and its neighbours say, however long it is, and wherever it was kept.
func TestAnswerInRunEnd(t *testing.T) {
	folder := map[string]string{"in a file": t.TempDir(), "without a folder for it": filepath.Join(t.TempDir(), "none")}
	for where, dir := range folder {
		t.Setenv("TMPDIR", dir)
		for _, text := range []string{
			"", "plain", `"text":null`, "line\nbreak \\ \u2028 <&> é🎉", "cut \xf0\x9f", strings.Repeat("x", answerInMemory),
			strings.Repeat("é\"", 1<<19), "a" + strings.Repeat("🎉\n", 1<<18), strings.Repeat("\xff", answerInMemory) + "\xc3",
		} {
			for format, make := range map[string]func(*bytes.Buffer) Encoder{
				"json":        func(w *bytes.Buffer) Encoder { return NewJSON(w) },
				"stream-json": func(w *bytes.Buffer) Encoder { return NewStreamJSON(w) },
			} {
				var out bytes.Buffer
				got, want := tell(t, make(&out), &out, text), string([]rune(text)) // a U+FFFD for each byte that is not UTF-8
				if (got.Text == nil) != (text == "") || got.Text != nil && *got.Text != want {
					t.Errorf("%s, %s: %.50q became %.50s", where, format, text, out.String())
				}
			}
		}
	}
	if left, err := os.ReadDir(folder["in a file"]); err != nil || len(left) > 0 {
		t.Errorf("%v, and %v is left", err, left)
	}
}

// TestAnswerIsFlat: a longer answer takes no more memory, unless there is no room for it elsewhere.
func TestAnswerIsFlat(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	full, err := os.Open(empty) // takes no byte
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("0123456789abcde\n", 1<<18)
	for name, a := range map[string]*answer{"a file": {}, "a full disk": {file: full}} {
		for rest := text; rest != ""; rest = rest[16:] {
			a.appendTo(nil, []byte(rest[:16]))
		}
		if held := a.rest.Cap(); name == "a file" && !a.full && held > 4*answerInMemory {
			t.Errorf("%d bytes are in memory", held)
		}
		var out bytes.Buffer
		if err := a.writeTo(&out); err != nil || out.String() != strings.ReplaceAll(text, "\n", `\n`) {
			t.Errorf("%s: %v, %d bytes", name, err, out.Len())
		}
		a.drop()
	}
	full.Close()
}

// TestEndIsNotWritten: a disk that is full at the end is told of, for a short answer and a long one.
func TestEndIsNotWritten(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 1 << 20} {
		enc := NewJSON(broken{syscall.ENOSPC})
		_ = enc.Text(Head{}, bytes.Repeat([]byte("x"), n))
		if err := enc.Event(Head{}, RunEnd{}); err != syscall.ENOSPC {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}
