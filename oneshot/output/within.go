package output

import (
	"context"
	"os"
	"time"

	"hermes/oneshot/guard"
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
	late, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastWait, func() { end(context.Cause(ctx)) }) })()
	return guard.Until(late, func(context.Context) (T, error) { return open() })
}
