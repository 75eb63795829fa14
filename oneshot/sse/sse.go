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
//   - The fields id and retry are kept for who can go on where a stream was cut: LastID and Retry.
//   - Read is called only when no complete event is in the buffer, which
//     Buffered tells beforehand.
package sse

import (
	"errors"
	"io"
	"strconv"
	"time"
)

// MaxLine is the longest line, and the longest data of one event, in bytes.
const MaxLine = 32 << 20

const (
	// Most answers are short, so that the buffer begins small; a stream that fills it in one read gets the usual one.
	firstBuffer = 4 << 10
	usualBuffer = 64 << 10
	// minRead keeps the reads from shrinking as the buffer fills up.
	minRead = 8 << 10
	// maxNames bounds the memory that a stream of ever new event names takes.
	maxNames = 64
	// maxEmptyReads is how often a source may return nothing and no error.
	maxEmptyReads = 100
)

// ErrTooLong says that a line, or the data of one event, passed MaxLine.
var ErrTooLong = errors.New("event stream line longer than 32 MiB")

// Event is one dispatched event.
type Event struct {
	// Type is the last "event" field of the event, "message" when there was none.
	Type string
	// Data holds the "data" lines joined with LF, valid until the next call of Next.
	Data []byte
}

// Reader takes events from a byte stream. It is not for concurrent use.
type Reader struct {
	src io.Reader
	err error // sticky, reported once the buffer holds no more event

	buf      []byte // buf[pos:end] is received and not yet parsed
	pos, end int
	noCR     int  // no CR in buf[pos:noCR]
	noLF     int  // no LF in buf[pos:noLF]
	atLF     bool // buf[noLF] is a LF
	begun    bool // the byte order mark, if there was one, is dropped
	skipLF   bool // the last line ended in CR: a LF here belongs to it

	// The event being collected; its joined data is buf[dataFrom:dataTo].
	dataFrom, dataTo int
	hasData          bool
	name             string

	id, lastID []byte // of the event being collected, and of the last that was complete
	retry      []byte

	full bool // the last read filled the buffer

	names map[string]string
	last  string // the name used last, tried before the map

	event Event // parsed ahead by Buffered
	ready bool
}

// NewReader returns a Reader on r. It reads nothing yet.
func NewReader(r io.Reader) *Reader {
	return &Reader{src: r, buf: make([]byte, firstBuffer)}
}

// Next returns the next event. At the end of the stream the error is io.EOF;
// any other error comes from the underlying reader, or is ErrTooLong. Events
// that were complete before an error are returned first.
func (r *Reader) Next() (Event, error) {
	for !r.parse() {
		if r.err != nil {
			return Event{}, r.err
		}
		r.err = r.fill()
	}
	r.ready = false
	return r.event, nil
}

// Buffered reports whether the next call of Next returns without reading,
// either because a complete event is in the buffer or because the stream is over.
func (r *Reader) Buffered() bool { return r.parse() || r.err != nil }

// parse moves on through the buffer until an event is ready; false says that
// it needs more bytes. It never touches what an earlier event's Data shows.
func (r *Reader) parse() bool {
	for !r.ready {
		line, ok := r.line()
		if !ok {
			return false
		}
		if len(line) == 0 {
			r.dispatch()
		} else {
			r.field(line)
		}
	}
	return true
}

// dispatch closes an event at its blank line. Without data there is none, but
// its name is forgotten all the same.
func (r *Reader) dispatch() {
	if r.hasData {
		r.event = Event{Type: r.name, Data: r.data()}
		if r.name == "" {
			r.event.Type = "message"
		}
		r.ready = true
	}
	r.hasData, r.name = false, ""
	r.lastID = append(r.lastID[:0], r.id...)
}

// LastID is the id of the last event, with data or without, that was complete; "" where the stream gave none.
func (r *Reader) LastID() string { return string(r.lastID) }

// Retry is how long the stream asks to wait before it is asked for again; false where it does not say.
func (r *Reader) Retry() (time.Duration, bool) {
	ms, err := strconv.ParseUint(string(r.retry), 10, 31)
	return time.Duration(ms) * time.Millisecond, err == nil
}
