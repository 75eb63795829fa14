package output

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"hermes/oneshot/class"
)

// Sink is a place that gets the events of a run, in one encoding.
type Sink struct {
	Name    string // for messages: "stdout", a file's name
	Encoder Encoder
	// Done, when set, is called once after the encoder was closed, with the RunEnd of this sink and the error of the sink, nil
	// when its document is complete. `-o FILE` renames or discards its temporary file here.
	Done func(end RunEnd, err error) error
	// File, when set, is what the encoder writes to, for Emitter.Watch.
	File *os.File

	mu     sync.Mutex // held while the sink is written to
	next   int64      // number of the next event
	failed *WriteError
	dead   bool
	over   bool // it was given its RunEnd
}

// Emitter numbers the events of a run and gives each to all sinks. It may be used by several goroutines.
type Emitter struct {
	// Amend, when set, returns the RunEnd for the sinks that follow one that could not be written.
	Amend func(end RunEnd, err *WriteError) RunEnd

	mu    sync.Mutex // every sink gets the events in the order of their numbers
	sinks []*Sink
	run   string
	seq   int64
	over  bool
}

// NewEmitter makes the emitter of one run and draws its id.
func NewEmitter(sinks ...*Sink) *Emitter { return &Emitter{sinks: sinks, run: newRunID(time.Now())} }

// newRunID is a UUIDv7: the time in milliseconds, then random bits (RFC 9562 §5.7). It names a run and protects nothing, so math/rand
// is enough: the runtime seeds it from the kernel.
func newRunID(now time.Time) string {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:], uint64(now.UnixMilli())<<16|rand.Uint64N(1<<16))
	binary.BigEndian.PutUint64(id[8:], rand.Uint64())
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// RunID is the id that every event of the run carries.
func (e *Emitter) RunID() string { return e.run }

func (e *Emitter) head() Head {
	h := Head{Seq: e.seq, At: time.Now(), Run: e.run}
	e.seq++
	return h
}

// Emit gives an event to all sinks. What comes after RunEnd is dropped. The error is the first *WriteError.
func (e *Emitter) Emit(ev Event) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return nil
	}
	end, last := ev.(RunEnd)
	e.over = last
	h := e.head()
	var failed error
	for _, s := range e.sinks {
		var err error
		if last {
			err = s.finish(h, end)
		} else {
			err = s.give(h.Seq+1, func(enc Encoder) error { return enc.Event(h, ev) })
		}
		if w, ok := errors.AsType[*WriteError](err); ok && failed == nil {
			failed = w
			if last && e.Amend != nil {
				end = e.Amend(end, w)
			}
		}
	}
	return failed
}

// Abandon ends the run while a call may still be blocked, such as a write into a pipe that nobody reads. Each sink that is free,
// or becomes free within patience, gets end. A sink that had no event so far gets start first.
func (e *Emitter) Abandon(start RunStart, end RunEnd, patience time.Duration) {
	var all sync.WaitGroup
	for _, s := range e.sinks {
		all.Go(func() { s.abandon(Head{At: time.Now(), Run: e.run}, start, end) })
	}
	done := make(chan struct{})
	go func() {
		all.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(patience):
	}
}

func (s *Sink) abandon(h Head, start RunStart, end RunEnd) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	if s.next == 0 {
		_ = s.try(func(enc Encoder) error { return enc.Event(h, start) })
		s.next = 1
	}
	h.Seq = s.next
	_ = s.last(h, end)
}

// finish gives a sink its RunEnd.
func (s *Sink) finish(h Head, end RunEnd) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return nil
	}
	return s.last(h, end)
}

func (s *Sink) last(h Head, end RunEnd) error {
	s.over = true
	err := s.try(func(enc Encoder) error { return enc.Event(h, end) })
	return errors.Join(err, s.close(end))
}

// close ends a sink's document.
func (s *Sink) close(end RunEnd) error {
	err := s.try(func(enc Encoder) error { return enc.Close() })
	if s.Done == nil {
		return err
	}
	var state error
	if s.failed != nil {
		state = s.failed
	}
	if derr := s.Done(end, state); derr != nil && err == nil {
		err = &WriteError{Sink: s.Name, Err: derr}
	}
	return err
}

// Text gives a piece of the answer to all sinks.
func (e *Emitter) Text(delta []byte) error {
	return e.each(true, func(enc Encoder, h Head) error { return enc.Text(h, delta) })
}

// Reasoning gives a piece of the model's reasoning to all sinks.
func (e *Emitter) Reasoning(delta []byte) error {
	return e.each(true, func(enc Encoder, h Head) error { return enc.Reasoning(h, delta) })
}

// Keeps reports whether one of the sinks keeps the answer until its end.
func (e *Emitter) Keeps() bool {
	return slices.ContainsFunc(e.sinks, func(s *Sink) bool { return s.Encoder.Keeps() })
}

// Restart discards the answer so far, because it is asked for again. It does nothing and reports false when one of the sinks
// writes the answer as it comes.
func (e *Emitter) Restart() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.sinks {
		if !s.Encoder.Holds() {
			return false
		}
	}
	for _, s := range e.sinks {
		s.mu.Lock()
		s.Encoder.Restart()
		s.mu.Unlock()
	}
	return true
}

// Flush writes what the sinks have buffered. To be called before anything that may block.
func (e *Emitter) Flush() error {
	return e.each(false, func(enc Encoder, _ Head) error { return enc.Flush() })
}

func (e *Emitter) each(numbered bool, give func(Encoder, Head) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return nil
	}
	var h Head
	if numbered {
		h = e.head()
	}
	var failed error
	for _, s := range e.sinks {
		if err := s.give(e.seq, func(enc Encoder) error { return give(enc, h) }); err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// give calls what with the sink's encoder unless the run is over; next is the number of the event that follows.
func (s *Sink) give(next int64, what func(Encoder) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return nil
	}
	s.next = next
	return s.try(what)
}

// try calls give with the sink's encoder unless the sink failed before.
func (s *Sink) try(give func(Encoder) error) error {
	if s.dead {
		return nil
	}
	if err := give(s.Encoder); err != nil {
		return s.fail(err)
	}
	return nil
}

func (s *Sink) fail(err error) *WriteError {
	s.dead, s.failed = true, &WriteError{Sink: s.Name, Err: err}
	return s.failed
}

// WriteError says that output could not be written.
type WriteError struct {
	Sink string
	Err  error
}

func (e *WriteError) Error() string {
	err := e.Err
	if path, ok := errors.AsType[*fs.PathError](err); ok { // its name is that of a descriptor, or of a temporary file
		err = path.Err
	}
	return fmt.Sprintf("cannot write %s: %v", e.Sink, err)
}

func (e *WriteError) Unwrap() error { return e.Err }

// Hint is what to do, where the system's word tells more than the class.
func (e *WriteError) Hint() string {
	switch {
	case errors.Is(e.Err, fs.ErrNotExist):
		return "its folder does not exist: make it first"
	case errors.Is(e.Err, fs.ErrPermission):
		return "check the permissions of the file and its folder"
	case errors.Is(e.Err, syscall.ENOSPC):
		return "free some space on that disk"
	}
	return ""
}

// Class is pipe_closed when the reader went away, else io.
func (e *WriteError) Class() string {
	if errors.Is(e.Err, syscall.EPIPE) {
		return string(class.PipeClosed)
	}
	return string(class.IO)
}
