package oneshot

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"hermes/oneshot/class"
)

const (
	// heeding is how long a cancelled run may take to end by itself.
	heeding = 800 * time.Millisecond
	// look is how long a run lasts before it asks to be told when a reader of its output goes away.
	look = 10 * time.Millisecond
	// parting is how long the end of an abandoned run may take to be written.
	parting = 50 * time.Millisecond
)

// PanicError is a bug of this program, kept from swallowing run.end.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("internal error: %v", e.Value) }

// Class is internal.
func (e *PanicError) Class() string { return string(class.Internal) }

// guard makes a panic an error.
func guard(work func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{p, debug.Stack()}
		}
	}()
	return work()
}

// heed does work that heeds no context itself, such as opening a named pipe, and leaves it behind when ctx ends.
func heed[T any](ctx context.Context, work func(context.Context) (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		o.err = guard(func() (err error) {
			o.value, err = work(ctx)
			return err
		})
		done <- o
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// readWhole reads a file of settings.
func readWhole(ctx context.Context, name string) ([]byte, error) {
	return heed(ctx, func(context.Context) ([]byte, error) { return os.ReadFile(name) })
}

// await waits for the run's own end, and ends a run that heeds nothing.
func (r *run) await(ctx context.Context, done <-chan error) error {
	var kill <-chan struct{}
	if r.job.Kill != nil {
		kill = r.job.Kill.Done()
	}
	cancelled, late := ctx.Done(), (<-chan time.Time)(nil)
	for {
		select {
		case err := <-done:
			return err
		case <-cancelled:
			cancelled, late = nil, time.After(heeding)
		case <-late:
			return r.abandon(context.Cause(ctx))
		case <-kill:
			return r.abandon(context.Cause(r.job.Kill))
		}
	}
}

// watchReaders ends the run when one of its readers is gone. A short run is over before the watch begins, and pays nothing
// for it. The returned function ends the wait for that.
func (r *run) watchReaders(ctx context.Context) (stop func() bool) {
	return time.AfterFunc(look, func() { context.AfterFunc(ctx, r.em.Watch(r.stop)) }).Stop
}

// abandon writes the run's end over the head of whatever holds it.
func (r *run) abandon(cause error) error {
	r.em.Abandon(r.start(), r.summary(cause), parting)
	_ = r.report(cause, false)
	r.record(cause)
	r.job.Progress.Stop()
	return cause
}
