// Package guard does work that may go wrong in ways that no error tells: by a panic, or by never coming back.
package guard

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"hermes/oneshot/class"
)

// PanicError is a panic that was caught, so that run.end can still be written.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("internal error: %v", e.Value) }

// Class is internal.
func (e *PanicError) Class() string { return string(class.Internal) }

// Do does work, and makes a panic in it an error.
func Do(work func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{p, debug.Stack()}
		}
	}()
	return work()
}

// Until does work that does not watch its context, such as opening a named pipe. When ctx ends first, the work is left behind,
// and the error is context.Cause(ctx).
func Until[T any](ctx context.Context, work func(context.Context) (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		o.err = Do(func() (err error) {
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

// Sleep waits for d. The error is context.Cause(ctx) when that ends first.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
