package ledger

import (
	"sync"
	"time"

	"hermes/oneshot/output"
)

const (
	writeAfter = time.Second // at most so long is a line kept back
	writeBytes = 16 << 10    // nor so many bytes
)

// Book notes many runs of one process in a ledger. To open the file for each would be a tenth of the cpu of a short run, so that
// lines are written together. A process that is killed loses those of its last second. It may be used by several goroutines.
type Book struct {
	name  string
	limit int64

	mu    sync.Mutex // held while what follows is used, and while lines are written
	lines []byte     // that are kept back
	timer *time.Timer
}

// NewBook notes runs in the file of that name as Append does. It opens nothing.
func NewBook(name string, limit int64) *Book { return &Book{name: name, limit: limit} }

// Append notes the run that ended now. The error is of the lines that were written, if any.
func (b *Book) Append(run string, end output.RunEnd) error {
	line, err := lineOf(run, end)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lines = append(b.lines, line...); len(b.lines) >= writeBytes {
		return b.flush()
	}
	if b.timer == nil {
		b.timer = time.AfterFunc(writeAfter, func() { _ = b.Flush() })
	}
	return nil
}

// Flush writes what is kept back.
func (b *Book) Flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.flush()
}

func (b *Book) flush() error {
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	if len(b.lines) == 0 {
		return nil
	}
	err := write(b.name, b.limit, b.lines)
	b.lines = b.lines[:0]
	return err
}
