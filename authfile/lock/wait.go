package lock

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// waiter is one wait for the lock.
type waiter struct {
	m       *Mutex
	started time.Time
	told    bool
}

// wait returns when turn takes a value or done gives one, whichever is not nil.
// gaveUp says that neither came in time.
func (w *waiter) wait(ctx context.Context, path string, turn chan<- struct{}, done <-chan error) (err error, gaveUp bool) {
	for {
		select {
		case turn <- struct{}{}:
			return nil, false
		case err := <-done:
			return err, false
		case <-w.notice():
			w.tell(path)
		case <-ctx.Done():
			return w.m.gaveUp(ctx, path), true
		}
	}
}

// notice fires one second after the wait began, once.
func (w *waiter) notice() <-chan time.Time {
	if w.told {
		return nil
	}
	return time.After(time.Until(w.started.Add(time.Second)))
}

func (w *waiter) tell(path string) {
	w.told = true
	if w.m.o.Waiting != nil {
		w.m.o.Waiting(HolderOf(path))
	}
}

// gaveUp explains a wait that ended without the lock.
func (m *Mutex) gaveUp(ctx context.Context, path string) error {
	cause := context.Cause(ctx)
	if !errors.Is(cause, errTimeout) {
		return cause
	}
	who := "another process"
	if h := HolderOf(path); h.PID != 0 {
		who = fmt.Sprintf("process %d", h.PID)
		if h.Name != "" {
			who += " (" + h.Name + ")"
		}
		if h.State == Suspended {
			who += ", which is suspended (resume it, for instance with fg)"
		}
	}
	err := errorf(path, nil, "%s is in use by %s for more than %v", path, who, m.o.Timeout)
	err.Timeout = true
	return err
}
