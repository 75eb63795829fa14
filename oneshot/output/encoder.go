package output

import "time"

// Head is an event's envelope: with v (1) and type it stands before the event's own fields.
type Head struct {
	Seq int64     // 0, 1, 2 … without a gap
	At  time.Time // written as RFC 3339, UTC, milliseconds
	Run string    // UUIDv7, one a run
}

// Encoder turns the events of one run into bytes. It gets them in order, RunEnd last, and is used by one goroutine at a
// time. The answer is complete only when Close returned nil. After an error an encoder must not be used again.
type Encoder interface {
	// Event takes every event but the two deltas.
	Event(h Head, e Event) error
	// Text takes a piece of the answer. delta is valid during the call only and may end within a character.
	Text(h Head, delta []byte) error
	// Reasoning takes a piece of the model's reasoning, on the terms of Text.
	Reasoning(h Head, delta []byte) error
	// Holds reports whether nothing of the answer goes out before RunEnd.
	Holds() bool
	// Keeps reports whether the answer is kept until RunEnd, gone out or not.
	Keeps() bool
	// Restart discards the answer so far, because it is asked for again. To be called only where Holds is true.
	Restart()
	// Flush writes what is buffered. To be called before anything that may block.
	Flush() error
	// Close completes the document: text ends its last line, json writes. Without a RunEnd before it, it is an error.
	Close() error
}
