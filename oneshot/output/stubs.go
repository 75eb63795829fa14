package output

import (
	"io"
	"sync"
)

// TextOptions choose what NewText does beyond copying.
type TextOptions struct {
	Terminal         bool      // the writer is a terminal: control sequences are made visible
	Thinking         io.Writer // where reasoning goes (--show-thinking); nil drops it. Its errors are ignored
	ThinkingTerminal bool      // Thinking is a terminal
	Atomic           bool      // nothing is written before RunEnd says ok; RunEnd.Data, when set, is written in place of the text
}

type stub struct{}

func (stub) Event(Head, Event) error      { return nil }
func (stub) Text(Head, []byte) error      { return nil }
func (stub) Reasoning(Head, []byte) error { return nil }
func (stub) Flush() error                 { return nil }
func (stub) Close() error                 { return nil }

// NewText returns the encoder of --output-format text.
func NewText(w io.Writer, o TextOptions) Encoder { return stub{} }

// NewJSON returns the encoder of --output-format json: one object, the run.end event.
func NewJSON(w io.Writer) Encoder { return stub{} }

// NewStreamJSON returns the encoder of --output-format stream-json.
func NewStreamJSON(w io.Writer) Encoder { return stub{} }

// Sink is an encoder and what is known about the place it writes to.
type Sink struct {
	Name    string // for messages: "stdout", a file's name
	Encoder Encoder
	// Done, when set, is called once after the encoder was closed, with the RunEnd that this sink was given and with
	// what the sink failed with, nil when its document is whole. `-o FILE` renames or discards here.
	Done func(end RunEnd, err error) error
}

// Emitter gives each event its place in the run and hands it to all sinks.
type Emitter struct {
	// Amend, when set, corrects the RunEnd for the sinks after one that could not be written.
	Amend func(end RunEnd, err *WriteError) RunEnd
	mu    sync.Mutex
}

// NewEmitter returns an emitter with a new run id. The sink of the answer (stdout) comes first.
func NewEmitter(sinks ...Sink) *Emitter { return &Emitter{} }

// RunID returns the UUIDv7 of the run.
func (e *Emitter) RunID() string { return "" }

// Emit hands ev to all sinks. Events before RunStart wait for it.
func (e *Emitter) Emit(ev Event) error { return nil }

// Text hands a piece of the answer to all sinks.
func (e *Emitter) Text(delta []byte) error { return nil }

// Reasoning hands a piece of reasoning to all sinks.
func (e *Emitter) Reasoning(delta []byte) error { return nil }

// Flush flushes all sinks. Call it before a read that may block.
func (e *Emitter) Flush() error { return nil }

// Close ends what RunEnd has not ended and returns the first error of any sink.
func (e *Emitter) Close() error { return nil }

// WriteError says that a sink could not be written.
type WriteError struct {
	Sink string
	Err  error
}

func (e *WriteError) Error() string { return "cannot write " + e.Sink }

// Unwrap returns the writer's error.
func (e *WriteError) Unwrap() error { return e.Err }

// Class is "pipe_closed" when the reader is gone, else "io".
func (e *WriteError) Class() string { return string(ClassIO) }

// Schema returns the JSON Schema of "events", "result" or "batch".
func Schema(name string) ([]byte, error) { return nil, nil }

// UsageReport is the document of --usage-file.
type UsageReport struct{}

// NewUsageReport builds the usage file's content from the end of a run.
func NewUsageReport(e RunEnd, run string) UsageReport { return UsageReport{} }

// JSON returns the report indented, with a last newline.
func (r UsageReport) JSON() []byte { return nil }

// Progress is the status line of a terminal. A nil Progress does nothing.
type Progress struct{}

// NewProgress returns a status line on w.
func NewProgress(w io.Writer) *Progress { return &Progress{} }

// Set changes what the line says.
func (p *Progress) Set(state string) {}

// Hide erases the line before the caller writes one of its own to the same terminal.
func (p *Progress) Hide() {}

// Stop erases the line for good.
func (p *Progress) Stop() {}

// UseColor decides whether output for people is coloured.
func UseColor(terminal bool, getenv func(string) string, flag string) bool { return false }
