package messages

import (
	"context"
	"fmt"
	"io"
	"time"
)

// clock cancels a request when the server is silent for too long: first until
// the first byte of the body, then between two bytes.
type clock struct {
	cancel context.CancelCauseFunc
	timer  *time.Timer
	idle   time.Duration
	last   time.Time
}

// startClock derives the context of an attempt.
func startClock(ctx context.Context, firstByte, idle time.Duration) (context.Context, *clock) {
	ctx, cancel := context.WithCancelCause(ctx)
	k := &clock{cancel: cancel, idle: idle}
	if firstByte > 0 {
		k.timer = time.AfterFunc(firstByte, func() { cancel(silence("first-byte-timeout", firstByte)) })
	}
	return ctx, k
}

func silence(name string, d time.Duration) *Error {
	return &Error{ErrClass: "timeout", Message: fmt.Sprintf("the server was silent for %v (--%s)", d, name), Retryable: true}
}

func (k *clock) stop() {
	if k.timer != nil {
		k.timer.Stop()
	}
	k.cancel(nil)
}

// heard notes a byte and arms the idle clock. Rearming is worth a system call
// at most a few times a second.
func (k *clock) heard() {
	now := time.Now()
	if k.idle <= 0 {
		if k.timer != nil {
			k.timer.Stop()
			k.timer = nil
		}
		return
	}
	if !k.last.IsZero() && now.Sub(k.last) < min(k.idle/100, 200*time.Millisecond) {
		return
	}
	k.last = now
	if k.timer != nil {
		k.timer.Stop()
	}
	idle, cancel := k.idle, k.cancel
	k.timer = time.AfterFunc(idle, func() { cancel(silence("idle-timeout", idle)) })
}

// body is a response body that the clock listens to.
type body struct {
	io.ReadCloser
	k     *clock
	bytes int64
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.bytes += int64(n)
		b.k.heard()
	}
	return n, err
}
