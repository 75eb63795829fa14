package messages

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// clock ends an attempt when nothing happens for its limit. The zero clock
// has no limit and never ends anything.
type clock struct {
	limit time.Duration
	fire  func()

	mu    sync.Mutex
	timer *time.Timer
	over  bool
}

// start arms the clock, or arms it anew.
func (c *clock) start() {
	if c.limit <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.over:
	case c.timer == nil:
		c.timer = time.AfterFunc(c.limit, c.fire)
	default:
		c.timer.Reset(c.limit)
	}
}

// pause stops the clock until the next start.
func (c *clock) pause() {
	if c.limit <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Stop()
	}
}

// end stops the clock for good, whoever starts it later.
func (c *clock) end() {
	c.pause()
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
}

// silence is the error of a clock that ran out.
func silence(name string, d time.Duration) *Error {
	return &Error{ErrClass: "timeout", Message: fmt.Sprintf("the server was silent for %v (%s)", d, name), Retryable: true}
}

// upload is a request body. While the server takes bytes of it, it is alive:
// a large prompt on a slow line is no reason to give up.
type upload struct {
	io.ReadCloser
	first *clock
}

func (u *upload) Read(p []byte) (int, error) {
	u.first.start()
	return u.ReadCloser.Read(p)
}

// body is a response body under the clocks: first runs until its first byte,
// idle while a later read is under way. The time that the consumer takes for
// itself, with a full pipe before it, counts for neither.
type body struct {
	io.ReadCloser
	first, idle *clock
	begun       bool  // a byte came
	ended       bool  // the server closed it properly
	err         error // what broke it off
}

func (b *body) Read(p []byte) (int, error) {
	if b.begun {
		b.idle.start()
	}
	n, err := b.ReadCloser.Read(p)
	b.idle.pause()
	if n > 0 && !b.begun {
		b.begun = true
		b.first.end()
	}
	if err == io.EOF {
		b.ended = true
	} else if err != nil {
		b.err = err
	}
	return n, err
}
