package wire

import (
	"fmt"
	"io"
	"sync"
	"time"

	"hermes/oneshot/class"
)

// A clock that runs out late was not watched: the process was stopped and
// continued. What arrived meanwhile gets a moment to be read.
const (
	tooLate = 5 * time.Millisecond
	moment  = 250 * time.Millisecond
)

// clock ends an attempt when nothing happens for its limit. The zero clock
// has no limit and never ends anything.
type clock struct {
	limit time.Duration
	fire  func()

	mu    sync.Mutex
	timer *time.Timer
	since time.Time     // when it was last set going
	left  time.Duration // of the limit, while it is held
	again bool          // the moment after a late end was given
	over  bool
}

// start sets the clock going with its whole limit.
func (c *clock) start() { c.run(func() time.Duration { return c.limit }) }

// resume sets it going with what was left at hold.
func (c *clock) resume() { c.run(func() time.Duration { return c.left }) }

func (c *clock) run(limit func() time.Duration) {
	if c.limit <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	c.again = false
	c.set(limit())
}

func (c *clock) set(limit time.Duration) {
	c.left, c.since = limit, time.Now()
	if c.timer == nil {
		c.timer = time.AfterFunc(c.left, c.expire)
	} else {
		c.timer.Reset(c.left)
	}
}

func (c *clock) expire() {
	c.mu.Lock()
	late := time.Since(c.since) - c.left
	wait := late > tooLate && !c.again && !c.over
	if wait {
		c.again = true
		c.set(moment)
	}
	c.mu.Unlock()
	if !wait {
		c.fire()
	}
}

// hold stops the clock until it is started or resumed.
func (c *clock) hold() {
	if c.limit <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil && c.timer.Stop() {
		c.left -= time.Since(c.since)
	}
}

// end stops the clock for good, whoever starts it later.
func (c *clock) end() {
	c.hold()
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
}

// silence is the error of a clock that ran out.
func silence(name string, d time.Duration) *Error {
	return &Error{ErrClass: class.Timeout, Message: fmt.Sprintf("the server was silent for %v (%s)", d, name), Retryable: true}
}

// upload is a request body. While the server takes bytes of it, it is alive:
// a large prompt on a slow line is no reason to give up.
type upload struct {
	io.ReadCloser
	first *clock
	open  func() io.ReadCloser
}

// Reopen gives the same bytes from the start, for who keeps what was sent.
func (u *upload) Reopen() io.ReadCloser { return u.open() }

func (u *upload) Read(p []byte) (int, error) {
	u.first.start()
	return u.ReadCloser.Read(p)
}

// download is a response body under the clocks: first runs until its first byte,
// idle while a later read is under way. The time that the consumer takes for
// itself, with a full pipe before it, counts for neither.
type download struct {
	io.ReadCloser
	first, idle *clock
	begun       bool  // a byte came
	ended       bool  // the server closed it properly
	err         error // what broke it off
}

func (b *download) Read(p []byte) (int, error) {
	clock := b.idle
	if b.begun {
		clock.start()
	} else {
		clock = b.first
		clock.resume()
	}
	n, err := b.ReadCloser.Read(p)
	clock.hold()
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
