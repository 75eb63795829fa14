package supervise

import (
	"context"

	"hermes/oneshot/class"
)

// WithParent is a context that ends with the process that started this one, with a [*ParentError] as the cause. The kernel
// tells of it (a pidfd on Linux, a kqueue on darwin), so waiting costs nothing. A parent that was gone before this call is not known:
// its place has been taken by another process. The error says that this system, or this parent, cannot be watched.
func WithParent(ctx context.Context) (_ context.Context, stop func(), err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	unwatch, err := watchParent(func() { cancel(&ParentError{}) })
	if err != nil {
		cancel(nil)
		return nil, nil, err
	}
	return ctx, func() { unwatch(); cancel(nil) }, nil
}

// ParentError is the cause of a run that the end of its parent ended.
type ParentError struct{}

func (*ParentError) Error() string {
	return "the process that started this one is gone (--die-with-parent)"
}

// Class is hangup.
func (*ParentError) Class() string { return string(class.Hangup) }

// Hint is what to do next.
func (*ParentError) Hint() string { return "without the flag a run goes on until its end" }
