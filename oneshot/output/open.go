package output

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"hermes/oneshot/class"
)

// Spec says where the answer and the events of a run go.
type Spec struct {
	Format   string // text, json or stream-json, for Stdout
	Stdout   io.Writer
	Terminal bool // Stdout is a terminal
	Thinking io.Writer
	Atomic   bool
	// File, when set, gets the answer as text in place of Stdout's text.
	File *Pending
	// Events is "", a file's name, or fd:N.
	Events string
	// ToolLog is "", or a file that the calls are appended to.
	ToolLog string
	// Keep, when set, hears of the run's end when the answer is written, and before any event tells of it.
	Keep *Keeper
}

// Keeper keeps something of a run: see [Sink.Done].
type Keeper struct {
	Name string // for messages
	Done func(end RunEnd, err error) error
}

// Pending is a file that appears with its whole content or not at all.
type Pending struct {
	Name    string
	Writer  io.Writer
	Commit  func() error
	Discard func()
}

// Open makes the emitter of a run. The answer's sink comes first: when the answer cannot be written, the events already say so.
// When Open returns an error, the emitter has all sinks that could be opened, so that the error can be reported there. The reader of
// a named pipe for the events is waited for until ctx ends.
func Open(ctx context.Context, s Spec) (*Emitter, error) {
	var sinks []*Sink
	stdout, _ := s.Stdout.(*os.File)
	text := TextOptions{Terminal: s.Terminal, Thinking: s.Thinking, Atomic: s.Atomic}
	if s.File != nil {
		text.Terminal, text.Atomic = false, true
		sinks = append(sinks, &Sink{Name: s.File.Name, Encoder: NewText(s.File.Writer, text), Done: s.File.done})
	}
	if s.File == nil && s.Format != "json" && s.Format != "stream-json" {
		sinks = append(sinks, &Sink{Name: "stdout", Encoder: NewText(s.Stdout, text), File: stdout})
	}
	if s.Keep != nil {
		sinks = append(sinks, &Sink{Name: s.Keep.Name, Encoder: NewText(nil, TextOptions{}), Done: s.Keep.Done})
	}
	switch s.Format {
	case "json":
		sinks = append(sinks, &Sink{Name: "stdout", Encoder: NewJSON(s.Stdout), File: stdout})
	case "stream-json":
		sinks = append(sinks, &Sink{Name: "stdout", Encoder: NewStreamJSON(inWholeLines(s.Stdout)), File: stdout})
	}
	if s.File == nil && s.Format != "text" && s.Thinking != nil {
		sinks = append(sinks, &Sink{Name: "stderr", Encoder: NewText(nil, TextOptions{Thinking: s.Thinking})})
	}
	if s.ToolLog != "" {
		log, err := openToolLog(s.ToolLog)
		if err != nil {
			return NewEmitter(sinks...), err
		}
		sinks = append(sinks, log)
	}
	return OpenEvents(ctx, s.Events, sinks...)
}

// OpenEvents makes an emitter with a sink for events alone behind the others, where it is told a place for them.
func OpenEvents(ctx context.Context, where string, sinks ...*Sink) (*Emitter, error) {
	if where == "" {
		return NewEmitter(sinks...), nil
	}
	f, err := openEvents(ctx, where)
	if err != nil {
		return NewEmitter(sinks...), err
	}
	events := &Sink{Name: where, Encoder: NewStreamJSON(inWholeLines(f)), File: f}
	if f != os.Stdout && f != os.Stderr { // these are still needed
		events.Done = func(RunEnd, error) error { return f.Close() }
	}
	return NewEmitter(append(sinks, events)...), nil
}

// done keeps the file when the run succeeded and the answer was written completely.
func (p *Pending) done(end RunEnd, err error) error {
	if err != nil || !end.Answered() || end.Unchanged { // without a question there is no new answer
		p.Discard()
		return nil
	}
	return p.Commit()
}

// openEvents opens where the events go: a descriptor that the parent gave, or a file, whose old content is removed.
func openEvents(ctx context.Context, where string) (*os.File, error) {
	switch {
	case where == "-":
		return os.Stdout, nil
	case !strings.HasPrefix(where, "fd:"):
		return openFile(ctx, where)
	}
	return Descriptor("--events", where)
}

// Descriptor is the file of fd:N, a descriptor that the parent gave for the flag. The error is a *SpecError.
func Descriptor(flag, where string) (*os.File, error) {
	fd, err := strconv.ParseUint(strings.TrimPrefix(where, "fd:"), 10, 16)
	switch {
	case err != nil || fd == 0:
		return nil, &SpecError{fmt.Sprintf("%s %s: fd:N needs the number of an open descriptor", flag, where)}
	case fd == 1:
		return os.Stdout, nil
	case fd == 2:
		return os.Stderr, nil
	}
	if inherited(uintptr(fd)) {
		f := os.NewFile(uintptr(fd), where)
		if _, err := f.Stat(); err == nil {
			return f, nil
		}
	}
	return nil, &SpecError{fmt.Sprintf("%s %s: descriptor %d is not open", flag, where, fd)}
}

// openFile opens a file for the events.
func openFile(ctx context.Context, name string) (*os.File, error) {
	return Within(ctx, name, func() (*os.File, error) {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return nil, &WriteError{Sink: "--events", Err: err}
		}
		return f, nil
	})
}

// SpecError says that there is nothing where the user wants to write or read.
type SpecError struct{ Msg string }

func (e *SpecError) Error() string { return e.Msg }

// Class is usage.
func (e *SpecError) Class() string { return string(class.Usage) }
