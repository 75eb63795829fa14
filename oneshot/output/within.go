package output

import (
	"context"
	"os"
	"time"
)

// lastWait is how long open may still take when the context has already ended.
const lastWait = 20 * time.Millisecond

// Within calls open, which opens the file name for output, and returns the cause of ctx when that ends first. To open a named
// pipe waits for its reader, to open a device may wait for its line, and no context ends that wait: the call is left behind. A
// regular file is opened also when ctx has already ended, because the end of the run is written there.
func Within[T any](ctx context.Context, name string, open func() (T, error)) (T, error) {
	if info, err := os.Stat(name); err != nil || info.Mode().IsRegular() {
		return open()
	}
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := open()
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
	}
	select {
	case o := <-done:
		return o.value, o.err
	case <-time.After(lastWait):
		var none T
		return none, context.Cause(ctx)
	}
}
