package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"
)

// ToolLogLine is a line of --tool-log: a call and what came of it.
type ToolLogLine struct {
	At        time.Time       `json:"ts"`
	Run       string          `json:"run"`
	Arguments json.RawMessage `json:"arguments"`
	ToolResult
}

// openToolLog is a sink that appends to a file, which is private to the user when it is made.
func openToolLog(name string) (*Sink, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, &WriteError{Sink: name, Err: err}
	}
	return &Sink{Name: name, Encoder: &toolLog{w: f}, Done: func(RunEnd, error) error { return f.Close() }}, nil
}

// toolLog writes calls alone, a line each in one write, so that runs side by side may share a file.
type toolLog struct {
	w     io.Writer
	open  []ToolCall
	ended bool
}

func (l *toolLog) Event(h Head, e Event) error {
	switch e := e.(type) {
	case ToolCall:
		l.open = append(l.open, e)
	case ToolResult:
		return l.write(h, e)
	case RunEnd:
		l.ended = true
	}
	return nil
}

func (l *toolLog) write(h Head, r ToolResult) error {
	line := ToolLogLine{At: h.At.UTC(), Run: h.Run, ToolResult: r}
	for i, c := range l.open {
		if c.ID == r.ID && c.Name == r.Name {
			line.Arguments = c.Arguments
			l.open = append(l.open[:i], l.open[i+1:]...)
			break
		}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(line); err != nil {
		return err
	}
	_, err := l.w.Write(buf.Bytes())
	return err
}

func (l *toolLog) Text(Head, []byte) error      { return nil }
func (l *toolLog) Reasoning(Head, []byte) error { return nil }
func (l *toolLog) Holds() bool                  { return true }
func (l *toolLog) Keeps() bool                  { return false }
func (l *toolLog) Restart()                     {}
func (l *toolLog) Flush() error                 { return nil }

func (l *toolLog) Close() error {
	if !l.ended {
		return errors.New("closed without run.end")
	}
	return nil
}
