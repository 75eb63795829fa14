package output

import (
	"context"
	"os"
	"time"
)

// parting is how long what is about to open has when the context has ended already.
const parting = 20 * time.Millisecond

// Within has open open the file name for output, and gives up with the cause of ctx when that ends. A named pipe waits for
// its reader, a device for its line, and neither heeds a context: they are left behind. A regular file is opened at once,
// also when ctx has ended: the end of the run is told there.
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
	case <-time.After(parting):
		var none T
		return none, context.Cause(ctx)
	}
}
